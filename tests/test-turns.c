/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who is served when: each test takes turns for callers, named by letters, and serves them all. */

#include "turns.h"

typedef struct {
    char caller;
    Turn turn;
} Job;

static int
compare(gconstpointer a, gconstpointer b, gpointer user_data G_GNUC_UNUSED)
{
    const Job *first = a, *second = b;

    return turn_compare(&first->turn, &second->turn);
}

/* A dot is the service itself. */
static void
add(Turns *turns, GQueue *queue, const char *callers)
{
    for (; *callers; callers++) {
        const char name[] = { *callers, '\0' };
        Job *job = g_new(Job, 1);

        *job = (Job){ *callers, turns_take(turns, *callers == '.' ? NULL : name) };
        g_queue_insert_sorted(queue, job, compare, NULL);
    }
}

/* Serves at most @n; the callers in the order of it. */
static char *
serve(Turns *turns, GQueue *queue, guint n)
{
    GString *order = g_string_new(NULL);

    while (n-- > 0 && queue->length > 0) {
        g_autofree Job *job = g_queue_pop_head(queue);

        g_string_append_c(order, job->caller);
        turns_end(turns, &job->turn);
    }

    return g_string_free(order, FALSE);
}

static void
assert_order(const char *callers, const char *expected)
{
    Turns *turns = turns_new();
    GQueue queue = G_QUEUE_INIT;
    g_autofree char *order = NULL;

    add(turns, &queue, callers);
    order = serve(turns, &queue, G_MAXUINT);
    g_assert_cmpstr(order, ==, expected);
    turns_free(turns);
}

static void
assert_latecomer(const char *first, guint served, const char *late, const char *expected)
{
    Turns *turns = turns_new();
    GQueue queue = G_QUEUE_INIT;
    g_autofree char *order = NULL;

    add(turns, &queue, first);
    g_free(serve(turns, &queue, served));
    add(turns, &queue, late);
    order = serve(turns, &queue, G_MAXUINT);
    g_assert_cmpstr(order, ==, expected);
    turns_free(turns);
}

static void
test_one_after_the_other(void)
{
    assert_order("abc", "abc");
    assert_order("aaa", "aaa");
    assert_order("aaaab", "abaaa");
    assert_order("aaabbbc", "abcabab");
}

/* It goes before all but the next of each of the others. */
static void
test_latecomer(void)
{
    assert_latecomer("aaaaaaaa", 3, "b", "abaaaa");
    assert_latecomer("aaaabbbb", 4, "cc", "abcabc");
}

/* Who has waited for nothing has not saved up anything. */
static void
test_nothing_is_saved(void)
{
    assert_latecomer("baaaaaa", 5, "bbbb", "ababbb");
}

/* Two who ask again and again, once answered, do not keep out a third. */
static void
test_nobody_is_kept_out(void)
{
    Turns *turns = turns_new();
    GQueue queue = G_QUEUE_INIT;
    guint served = 0;

    add(turns, &queue, "cccabcab");
    while (queue.length > 0 && served < 30) {
        g_autofree char *order = serve(turns, &queue, 1);

        served++;
        if (*order == 'a' || *order == 'b')
            add(turns, &queue, order);
        for (GList *i = queue.head; i && served == 15; i = i->next)
            g_assert_cmpint(((Job *)i->data)->caller, !=, 'c');
    }
    g_assert_cmpuint(served, ==, 30);
    g_queue_clear_full(&queue, g_free);
    turns_free(turns);
}

static void
test_service(void)
{
    assert_order("aaa...", "a...aa");
    assert_latecomer("aaaa", 2, ".", "a.a");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/turns/one-after-the-other", test_one_after_the_other);
    g_test_add_func("/turns/latecomer", test_latecomer);
    g_test_add_func("/turns/nothing-is-saved", test_nothing_is_saved);
    g_test_add_func("/turns/nobody-is-kept-out", test_nobody_is_kept_out);
    g_test_add_func("/turns/service", test_service);

    return g_test_run();
}
