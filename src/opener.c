/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whoever had a connection opened, for as long as anything of it is left: each of its links has a
 * reference, also one that was given up because the other side never answers. So what is on the
 * account is what is really in use.
 *
 * When libvirt wants to know a password, it looks into its client auth file and then asks here, on
 * the worker that opens the connection. That waits for the caller's agent; nobody else does.
 *
 * Secrets are nowhere for longer than needed: the answer is overwritten, what others have copied of
 * it is overwritten when they free it, and the buffer in which GDBus received it by what it
 * receives next. */

#include "opener.h"

#include <malloc.h>
#include <string.h>

#include "error.h"

#define AGENT_INTERFACE "org.libvirt1.AuthAgent"
#define AGENT_MILLISECONDS (120 * 1000)

struct Opener {
    guint references;
    Account *account;     /* (owned) */
    GDBusConnection *bus; /* (owned) */
    char *caller;         /* (owned) */
    char *agent;          /* (owned) (nullable) */
};

/* One opening of a connection. */
typedef struct {
    Opener *opener; /* (nullable) */
    const char *uri;
    GError *error; /* (owned) (nullable) why there were no answers */
} Attempt;

static GVariant *
pack_prompts(const char *uri, virConnectCredentialPtr credentials, guint n)
{
    GVariantBuilder prompts;

    g_variant_builder_init(&prompts, G_VARIANT_TYPE("a(isssb)"));
    for (guint i = 0; i < n; i++) {
        const virConnectCredential *c = &credentials[i];
        gboolean hidden = c->type == VIR_CRED_PASSPHRASE || c->type == VIR_CRED_NOECHOPROMPT;
        g_autofree char *prompt = g_utf8_make_valid(c->prompt ? c->prompt : "", -1);
        g_autofree char *challenge = g_utf8_make_valid(c->challenge ? c->challenge : "", -1);
        g_autofree char *fallback = g_utf8_make_valid(c->defresult ? c->defresult : "", -1);

        g_variant_builder_add(&prompts, "(isssb)", c->type, prompt, challenge, fallback, hidden);
    }

    return g_variant_new("(sa(isssb))", uri, &prompts);
}

/* libvirt frees the result. */
static void
give(virConnectCredentialPtr credential, const char *answer)
{
    if (*answer == '\0' && credential->defresult)
        answer = credential->defresult;

    credential->result = strdup(answer);
    credential->resultlen = credential->result ? strlen(answer) : 0;
}

/* The strings are this process's own, and nobody reads them any more. */
static void
wipe(GVariant *answers)
{
    for (gsize i = 0; i < g_variant_n_children(answers); i++) {
        g_autoptr(GVariant) child = g_variant_get_child_value(answers, i);
        gsize length;
        const char *text = g_variant_get_string(child, &length);

        explicit_bzero((char *)text, length);
    }
}

static GVariant *
call_bus(Opener *opener, const char *name, const char *path, const char *interface,
         const char *method, GVariant *arguments, const char *type, GError **error)
{
    return g_dbus_connection_call_sync(opener->bus, name, path, interface, method, arguments,
                                       G_VARIANT_TYPE(type), G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                       AGENT_MILLISECONDS, NULL, error);
}

/* Several kilobytes come, where the answer was. */
static void
overwrite_received(Opener *opener)
{
    g_autoptr(GVariant) unused G_GNUC_UNUSED =
        call_bus(opener, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                 "org.freedesktop.DBus.Introspectable", "Introspect", NULL, "(s)", NULL);
}

static gboolean
ask_agent(Attempt *attempt, virConnectCredentialPtr credentials, guint n)
{
    Opener *opener = attempt->opener;
    g_autoptr(GVariant) answers = NULL;
    g_autoptr(GVariant) reply =
        call_bus(opener, opener->caller, opener->agent, AGENT_INTERFACE, "Request",
                 pack_prompts(attempt->uri, credentials, n), "(as)", &attempt->error);
    gboolean complete;

    if (!reply) {
        g_dbus_error_strip_remote_error(attempt->error);
        g_prefix_error(&attempt->error, "the agent %s does not answer: ", opener->agent);
        return FALSE;
    }

    answers = g_variant_get_child_value(reply, 0);
    complete = g_variant_n_children(answers) == n;
    if (!complete)
        error_invalid(&attempt->error,
                      "the agent %s was asked for %u answers and gave %" G_GSIZE_FORMAT,
                      opener->agent, n, g_variant_n_children(answers));
    for (guint i = 0; complete && i < n; i++) {
        g_autoptr(GVariant) answer = g_variant_get_child_value(answers, i);

        give(&credentials[i], g_variant_get_string(answer, NULL));
    }

    wipe(answers);
    overwrite_received(opener);

    return complete;
}

static int
on_credentials(virConnectCredentialPtr credentials, unsigned int n, void *data)
{
    Attempt *attempt = data;

    g_clear_error(&attempt->error);
    if (!attempt->opener || !attempt->opener->agent) {
        error_invalid(&attempt->error,
                      "no agent was named, and libvirt's auth file does not answer '%s'",
                      n > 0 && credentials[0].prompt ? credentials[0].prompt : "");
        return -1;
    }

    return ask_agent(attempt, credentials, n) ? 0 : -1;
}

gboolean
opener_asks(Opener *opener)
{
    return opener && opener->agent;
}

virConnectPtr
opener_open(Opener *opener, const char *uri, gboolean read_only, GError **error)
{
    static int types[] = { VIR_CRED_AUTHNAME, VIR_CRED_ECHOPROMPT, VIR_CRED_REALM,
                           VIR_CRED_PASSPHRASE, VIR_CRED_NOECHOPROMPT };
    Attempt attempt = { opener, uri, NULL };
    virConnectAuth auth = { types, G_N_ELEMENTS(types), on_credentials, &attempt };
    g_autoptr(GError) reason = NULL;
    virConnectPtr connect =
        virConnectOpenAuth(*uri ? uri : NULL, &auth, read_only ? VIR_CONNECT_RO : 0);

    reason = g_steal_pointer(&attempt.error);
    if (connect)
        return connect;

    error_from_libvirt(error);
    if (reason)
        g_prefix_error(error, "%s: ", reason->message);

    return NULL;
}

Opener *
opener_new(Account *account, GDBusConnection *bus, const char *caller, const char *agent)
{
    Opener *opener = g_new0(Opener, 1);

    opener->references = 1;
    opener->account = g_rc_box_acquire(account);
    opener->bus = g_object_ref(bus);
    opener->caller = g_strdup(caller);
    opener->agent = g_strdup(agent);
    (*opener->account)++;
    if (agent)
        mallopt(M_PERTURB, 0xff);

    return opener;
}

Opener *
opener_ref(Opener *opener)
{
    opener->references++;
    return opener;
}

void
opener_unref(Opener *opener)
{
    if (--opener->references > 0)
        return;

    (*opener->account)--;
    g_rc_box_release(opener->account);
    g_object_unref(opener->bus);
    g_free(opener->caller);
    g_free(opener->agent);
    g_free(opener);
}
