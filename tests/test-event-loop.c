/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libvirt's event loop, through libvirt's own functions for it. */

#include "event-loop.h"

#include <gio/gio.h>
#include <libvirt/libvirt.h>
#include <unistd.h>

/* Never fires before a test has ended. */
#define FAR_MS 3600000

typedef struct {
    int ends[2]; /* of a pipe; the first is watched */
    int id;
    int events; /* that were last reported */
    guint n_calls;
    guint n_freed;
    gboolean reads;
    int then_remove; /* the handle or timer to remove when called, or 0 */
} Probe;

static gint n_polls; /* atomic */

static int
counting_poll(GPollFD *fds, guint n, int timeout)
{
    g_atomic_int_inc(&n_polls);
    return g_poll(fds, n, timeout);
}

static void
run_all(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

/* Until @probe has been called so often. */
static void
run_until(const Probe *probe, guint n_calls)
{
    while (probe->n_calls < n_calls)
        g_main_context_iteration(NULL, TRUE);
}

static void
on_freed(void *opaque)
{
    Probe *probe = opaque;

    probe->n_freed++;
}

static void
on_handle(int id, int fd, int events, void *opaque)
{
    Probe *probe = opaque;
    char byte;

    g_assert_cmpint(fd, ==, probe->ends[0]);
    if (probe->id)
        g_assert_cmpint(id, ==, probe->id);
    probe->n_calls++;
    probe->events = events;
    if (probe->reads)
        g_assert_cmpint(read(fd, &byte, 1), ==, 1);
    if (probe->then_remove)
        g_assert_cmpint(virEventRemoveHandle(probe->then_remove), ==, 0);
}

static void
on_timer(int id, void *opaque)
{
    Probe *probe = opaque;

    if (probe->id)
        g_assert_cmpint(id, ==, probe->id);
    probe->n_calls++;
    if (probe->then_remove)
        g_assert_cmpint(virEventRemoveTimeout(probe->then_remove), ==, 0);
}

static void
watch(Probe *probe, int events)
{
    g_assert_cmpint(pipe(probe->ends), ==, 0);
    probe->id = virEventAddHandle(probe->ends[0], events, on_handle, probe, on_freed);
    g_assert_cmpint(probe->id, >, 0);
}

static void
put(const Probe *probe)
{
    g_assert_cmpint(write(probe->ends[1], "", 1), ==, 1);
}

static void
unwatch(Probe *probe)
{
    g_assert_cmpint(virEventRemoveHandle(probe->id), ==, 0);
    g_assert_cmpuint(probe->n_freed, ==, 0); /* libvirt may hold a lock that that would take */
    run_all();
    g_assert_cmpuint(probe->n_freed, ==, 1);
    close(probe->ends[0]);
    close(probe->ends[1]);
}

static void
test_handle(void)
{
    Probe probe = { .reads = TRUE };

    watch(&probe, VIR_EVENT_HANDLE_READABLE);
    run_all();
    g_assert_cmpuint(probe.n_calls, ==, 0);

    put(&probe);
    run_all();
    g_assert_cmpuint(probe.n_calls, ==, 1);
    g_assert_cmpint(probe.events, ==, VIR_EVENT_HANDLE_READABLE);

    unwatch(&probe);
}

/* It says so, without end, only to who watches. */
static void
test_hangup(void)
{
    Probe probe = { 0 };

    watch(&probe, 0);
    close(probe.ends[1]);
    run_all();
    g_assert_cmpuint(probe.n_calls, ==, 0);

    virEventUpdateHandle(probe.id, VIR_EVENT_HANDLE_READABLE);
    run_until(&probe, 2);
    g_assert_cmpint(probe.events, ==, VIR_EVENT_HANDLE_HANGUP);

    virEventUpdateHandle(probe.id, 0);
    run_all();
    g_assert_cmpuint(probe.n_calls, ==, 2);

    unwatch(&probe);
}

/* Both can be read from; whichever comes first gives up the other. */
static void
test_handle_removed_by_another(void)
{
    Probe one = { .reads = TRUE }, other = { .reads = TRUE };

    watch(&one, VIR_EVENT_HANDLE_READABLE);
    watch(&other, VIR_EVENT_HANDLE_READABLE);
    one.then_remove = other.id;
    other.then_remove = one.id;
    put(&one);
    put(&other);
    run_all();

    g_assert_cmpuint(one.n_calls + other.n_calls, ==, 1);
    g_assert_cmpuint(one.n_freed + other.n_freed, ==, 1);
    g_assert_cmpuint(one.n_calls, ==, other.n_freed);

    g_assert_cmpint(virEventRemoveHandle(one.n_calls ? one.id : other.id), ==, 0);
    run_all();
    g_assert_cmpuint(one.n_freed + other.n_freed, ==, 2);
    for (int i = 0; i < 2; i++) {
        close(one.ends[i]);
        close(other.ends[i]);
    }
}

static void
test_timer(void)
{
    Probe probe = { 0 };

    probe.id = virEventAddTimeout(-1, on_timer, &probe, on_freed);
    run_all();
    g_assert_cmpuint(probe.n_calls, ==, 0);

    virEventUpdateTimeout(probe.id, 1);
    run_until(&probe, 3);
    virEventUpdateTimeout(probe.id, 0);
    run_until(&probe, 6);

    virEventUpdateTimeout(probe.id, FAR_MS);
    run_all();
    g_assert_cmpuint(probe.n_calls, ==, 6);

    g_assert_cmpint(virEventRemoveTimeout(probe.id), ==, 0);
    g_assert_cmpuint(probe.n_freed, ==, 0);
    run_all();
    g_assert_cmpuint(probe.n_freed, ==, 1);
}

/* The loop sleeps for the longer one when the shorter is set. */
static void
test_sooner(void)
{
    Probe late = { 0 }, soon = { 0 };
    int late_id = virEventAddTimeout(FAR_MS, on_timer, &late, NULL);
    int soon_id = virEventAddTimeout(FAR_MS, on_timer, &soon, NULL);

    run_all();
    virEventUpdateTimeout(soon_id, 1);
    run_until(&soon, 1);
    g_assert_cmpuint(late.n_calls, ==, 0);

    g_assert_cmpint(virEventRemoveTimeout(late_id), ==, 0);
    g_assert_cmpint(virEventRemoveTimeout(soon_id), ==, 0);
}

static void
test_timer_removed_by_another(void)
{
    Probe one = { 0 }, other = { 0 };

    one.id = virEventAddTimeout(0, on_timer, &one, on_freed);
    other.id = virEventAddTimeout(0, on_timer, &other, on_freed);
    one.then_remove = other.id;
    other.then_remove = one.id;
    while (one.n_calls + other.n_calls == 0)
        g_main_context_iteration(NULL, TRUE);

    g_assert_cmpuint(one.n_calls + other.n_calls, ==, 1);
    g_assert_cmpint(virEventRemoveTimeout(one.n_calls ? one.id : other.id), ==, 0);
    run_all();
    g_assert_cmpuint(one.n_freed + other.n_freed, ==, 2);
}

static void
test_unknown(void)
{
    g_assert_cmpint(virEventRemoveHandle(12345), ==, -1);
    g_assert_cmpint(virEventRemoveTimeout(12345), ==, -1);
    virEventUpdateHandle(12345, VIR_EVENT_HANDLE_READABLE);
    virEventUpdateTimeout(12345, 0);
}

typedef struct {
    const Probe *handle, *timer;
    gboolean done; /* atomic */
} Worker;

/* What libvirt does for each request, while the loop sleeps. */
static gpointer
work(gpointer data)
{
    Worker *worker = data;

    while (g_atomic_int_get(&n_polls) == 0)
        g_usleep(100);

    for (int i = 0; i < 1000; i++) {
        virEventUpdateHandle(worker->handle->id, 0);
        virEventUpdateTimeout(worker->timer->id, FAR_MS);
        virEventUpdateHandle(worker->handle->id, VIR_EVENT_HANDLE_READABLE);
    }
    g_atomic_int_set(&worker->done, TRUE);
    g_main_context_wakeup(NULL);

    return NULL;
}

/* The reason why there is such a loop at all. */
static void
test_sleeps(void)
{
    Probe handle = { 0 }, timer = { 0 };
    Worker worker = { &handle, &timer, FALSE };
    GThread *thread;

    watch(&handle, VIR_EVENT_HANDLE_READABLE);
    timer.id = virEventAddTimeout(FAR_MS, on_timer, &timer, NULL);
    run_all();

    g_main_context_set_poll_func(NULL, counting_poll);
    thread = g_thread_new("worker", work, &worker);
    while (!g_atomic_int_get(&worker.done))
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpint(g_atomic_int_get(&n_polls), ==, 1);
    g_thread_join(thread);

    g_main_context_set_poll_func(NULL, NULL);
    g_assert_cmpuint(handle.n_calls + timer.n_calls, ==, 0);
    g_assert_cmpint(virEventRemoveTimeout(timer.id), ==, 0);
    unwatch(&handle);
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    event_loop_register(NULL, &error);
    g_assert_no_error(error);

    g_test_add_func("/event-loop/handle", test_handle);
    g_test_add_func("/event-loop/hangup", test_hangup);
    g_test_add_func("/event-loop/handle-removed-by-another", test_handle_removed_by_another);
    g_test_add_func("/event-loop/timer", test_timer);
    g_test_add_func("/event-loop/sooner", test_sooner);
    g_test_add_func("/event-loop/timer-removed-by-another", test_timer_removed_by_another);
    g_test_add_func("/event-loop/unknown", test_unknown);
    g_test_add_func("/event-loop/sleeps", test_sleeps);

    return g_test_run();
}
