/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Asks polkit. It may be slow, hang or not be there, and each question still gets an answer in
 * time. polkit takes questions one by one, so few are put to it at once and the others wait here:
 * the bus allows a service no great number of calls without an answer. A question that polkit asks
 * the user about takes as long as the user, and holds up no other. */

#include "judge.h"

#include <polkit/polkit.h>
#include <string.h>

#define MAX_RUNNING 4
#define MAX_PROMPTS 16
#define ANSWER_SECONDS 20 /* polkit 122 at times waits for 15, for a rule that has ended */
#define PROMPT_SECONDS 300

struct Judge {
    guint references;
    JudgeChanged changed; /* (nullable) once it was closed */
    gpointer data;
    PolkitAuthority *polkit; /* (owned) (nullable) until it was first asked */
    GQueue waiting;          /* of Inquiry */
    GQueue running;          /* of Inquiry */
    guint n_quick;           /* of the running ones, those that ask no user */
    gboolean ending;
};

typedef struct {
    Judge *judge; /* (owned) */
    PolkitSubject *subject;
    char *action;
    PolkitDetails *details;
    gboolean interactive;
    JudgeAnswer answer; /* (nullable) once it was told */
    gpointer data;
    GCancellable *cancellable;
    guint timer;
    gboolean late; /* the time is up */
} Inquiry;

Question *
question_new(const char *object, const char *permission, char **details)
{
    Question *question = g_new0(Question, 1);

    question->action = g_strdup_printf("org.libvirt1.%s.%s", object, permission);
    g_strdelimit(question->action, "_", '-');
    question->details = g_strdupv(details);

    return question;
}

Question *
question_copy(const Question *question)
{
    Question *copy = g_new0(Question, 1);

    copy->action = g_strdup(question->action);
    copy->details = g_strdupv(question->details);

    return copy;
}

void
question_free(Question *question)
{
    g_free(question->action);
    g_strfreev(question->details);
    g_free(question->grant);
    g_clear_error(&question->refusal);
    g_free(question);
}

static void
inquiry_free(Inquiry *inquiry)
{
    judge_unref(inquiry->judge);
    g_clear_handle_id(&inquiry->timer, g_source_remove);
    g_object_unref(inquiry->subject);
    g_object_unref(inquiry->details);
    g_object_unref(inquiry->cancellable);
    g_free(inquiry->action);
    g_free(inquiry);
}

static void judge_proceed(Judge *judge);

/* Once. */
static void
inquiry_tell(Inquiry *inquiry, Verdict verdict, const GError *error)
{
    JudgeAnswer answer = g_steal_pointer(&inquiry->answer);

    if (answer)
        answer(inquiry->data, verdict, error);
}

static void
inquiry_end(Inquiry *inquiry, Verdict verdict, GError *error)
{
    Judge *judge = inquiry->judge;

    g_queue_remove(&judge->running, inquiry);
    if (!inquiry->interactive)
        judge->n_quick--;

    if (inquiry->late && error) {
        g_clear_error(&error);
        error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "it does not answer");
    }
    if (error)
        g_dbus_error_strip_remote_error(error);

    inquiry_tell(inquiry, verdict, error);

    judge_proceed(judge);
    g_clear_error(&error);
    inquiry_free(inquiry);
}

static void
on_checked(GObject *polkit, GAsyncResult *asynchronous, gpointer data)
{
    GError *error = NULL;
    g_autoptr(PolkitAuthorizationResult) result =
        polkit_authority_check_authorization_finish(POLKIT_AUTHORITY(polkit), asynchronous, &error);
    Verdict verdict = VERDICT_NO;

    if (result && polkit_authorization_result_get_is_authorized(result))
        verdict = VERDICT_YES;
    else if (result && polkit_authorization_result_get_is_challenge(result))
        verdict = VERDICT_CHALLENGE;

    inquiry_end(data, verdict, error);
}

static void
inquiry_check(Inquiry *inquiry)
{
    polkit_authority_check_authorization(
        inquiry->judge->polkit, inquiry->subject, inquiry->action, inquiry->details,
        inquiry->interactive ? POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION
                             : POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE,
        inquiry->cancellable, on_checked, inquiry);
}

static void
on_changed(Judge *judge)
{
    judge->changed(judge->data);
}

static void
on_polkit(GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer data)
{
    Inquiry *inquiry = data;
    Judge *judge = inquiry->judge;
    GError *error = NULL;
    PolkitAuthority *polkit = polkit_authority_get_finish(result, &error);

    if (polkit && !judge->polkit) {
        judge->polkit = g_object_ref(polkit);
        if (judge->changed) {
            g_signal_connect_swapped(polkit, "changed", G_CALLBACK(on_changed), judge);
            g_signal_connect_swapped(polkit, "notify::owner", G_CALLBACK(on_changed), judge);
        }
    }
    if (polkit)
        inquiry_check(inquiry);
    else
        inquiry_end(inquiry, VERDICT_NO, error);

    g_clear_object(&polkit);
}

static void
inquiry_start(Inquiry *inquiry)
{
    Judge *judge = inquiry->judge;

    g_queue_push_tail(&judge->running, inquiry);
    if (!inquiry->interactive)
        judge->n_quick++;

    if (judge->polkit)
        inquiry_check(inquiry);
    else
        polkit_authority_get_async(inquiry->cancellable, on_polkit, inquiry);
}

static void
judge_proceed(Judge *judge)
{
    while (judge->n_quick < MAX_RUNNING && judge->waiting.length > 0)
        inquiry_start(g_queue_pop_head(&judge->waiting));
}

static gboolean
on_late(gpointer data)
{
    Inquiry *inquiry = data;

    inquiry->timer = 0;
    inquiry->late = TRUE;
    g_cancellable_cancel(inquiry->cancellable);
    if (g_queue_remove(&inquiry->judge->waiting, inquiry))
        inquiry_start(inquiry);

    return G_SOURCE_REMOVE;
}

static gboolean
refuse(gpointer data)
{
    Inquiry *inquiry = data;
    g_autoptr(GError) error =
        g_error_new_literal(G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                            inquiry->judge->ending ? "the service is ending"
                                                   : "too many users are being asked already");

    inquiry_tell(inquiry, VERDICT_NO, error);
    inquiry_free(inquiry);

    return G_SOURCE_REMOVE;
}

static PolkitDetails *
pack_details(char **details)
{
    PolkitDetails *packed = polkit_details_new();

    for (; *details; details++) {
        const char *value = strchr(*details, '=') + 1;
        g_autofree char *name = g_strndup(*details, (gsize)(value - 1 - *details));

        polkit_details_insert(packed, name, value);
    }

    return packed;
}

void
judge_ask(Judge *judge, const char *sender, const Question *question, gboolean interactive,
          JudgeAnswer answer, gpointer data)
{
    Inquiry *inquiry = g_new0(Inquiry, 1);

    inquiry->judge = judge_ref(judge);
    inquiry->subject = polkit_system_bus_name_new(sender);
    inquiry->action = g_strdup(question->action);
    inquiry->details = pack_details(question->details);
    inquiry->interactive = interactive;
    inquiry->answer = answer;
    inquiry->data = data;
    inquiry->cancellable = g_cancellable_new();
    inquiry->timer =
        g_timeout_add_seconds(interactive ? PROMPT_SECONDS : ANSWER_SECONDS, on_late, inquiry);

    if (judge->ending || (interactive && judge->running.length - judge->n_quick >= MAX_PROMPTS)) {
        g_idle_add(refuse, inquiry);
    } else if (interactive) {
        inquiry_start(inquiry);
    } else {
        g_queue_push_tail(&judge->waiting, inquiry);
        judge_proceed(judge);
    }
}

/* A user is asked no longer. polkit's own answers come soon or never, and are ignored then: it
 * would complain if it was told that an answer which is on its way is not wanted. */
void
judge_end(Judge *judge)
{
    g_autoptr(GError) error =
        g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "the service is ending");
    g_autoptr(GList) running = g_list_copy(judge->running.head);
    Inquiry *inquiry;

    judge->ending = TRUE;
    while ((inquiry = g_queue_pop_head(&judge->waiting))) {
        inquiry_tell(inquiry, VERDICT_NO, error);
        inquiry_free(inquiry);
    }
    for (GList *i = running; i; i = i->next) {
        inquiry = i->data;
        if (inquiry->interactive)
            g_cancellable_cancel(inquiry->cancellable);
        else
            inquiry_tell(inquiry, VERDICT_NO, error);
    }
}

Judge *
judge_new(JudgeChanged changed, gpointer data)
{
    Judge *judge = g_new0(Judge, 1);

    judge->references = 1;
    judge->changed = changed;
    judge->data = data;
    g_queue_init(&judge->waiting);
    g_queue_init(&judge->running);

    return judge;
}

Judge *
judge_ref(Judge *judge)
{
    judge->references++;
    return judge;
}

void
judge_unref(Judge *judge)
{
    if (--judge->references > 0)
        return;

    g_clear_object(&judge->polkit);
    g_free(judge);
}

void
judge_close(Judge *judge)
{
    judge->changed = NULL;
    if (judge->polkit)
        g_signal_handlers_disconnect_by_data(judge->polkit, judge);
    judge_unref(judge);
}
