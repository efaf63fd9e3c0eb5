/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The event loop that libvirt asks its programs for.
 *
 * libvirt has one for GLib, with a GSource for each socket and each timer. But a worker that waits
 * for an answer takes the socket away from the loop and gives it back, and sets the timer of the
 * keepalive anew: three times a request that wakes the thread of the loop, for nothing.
 *
 * So there is one GSource. The sockets are in an epoll set, which can be changed while the loop
 * sleeps, and a timer that is put off lets the loop wake once at the old time and sleep on.
 *
 * libvirt calls from any thread. The loop calls libvirt without the lock, for libvirt calls back
 * from within; and as it alone frees what was removed, nothing is freed while it is being called.
 */

#include "event-loop.h"

#include <errno.h>
#include <gio/gio.h>
#include <libvirt/libvirt.h>
#include <sys/epoll.h>

#define AT_ONCE 16 /* sockets; the others have their turn when the loop comes round */

typedef struct {
    int fd;
    int events; /* VIR_EVENT_HANDLE_…; 0 if it is not in the set */
    virEventHandleCallback call;
    void *opaque;
    virFreeCallback free; /* (nullable) */
} Handle;

typedef struct {
    int interval; /* milliseconds; less than 0 if it stands still */
    gint64 due;   /* monotonic */
    virEventTimeoutCallback call;
    void *opaque;
    virFreeCallback free; /* (nullable) */
} Timer;

typedef struct {
    virFreeCallback free;
    void *opaque;
} Garbage;

/* libvirt's functions have no user data. */
static struct {
    GMutex lock;
    GSource *source;
    int set;             /* epoll */
    int last_id;         /* of either */
    GHashTable *handles; /* of Handle, by id */
    GHashTable *timers;  /* of Timer, by id */
    GArray *garbage;     /* of Garbage */
    gint64 next_due;     /* when the source wakes: no later than the next timer is due; or -1 */
} loop;

static int
new_id(void)
{
    do
        loop.last_id = loop.last_id == G_MAXINT ? 1 : loop.last_id + 1;
    while (g_hash_table_contains(loop.handles, GINT_TO_POINTER(loop.last_id)) ||
           g_hash_table_contains(loop.timers, GINT_TO_POINTER(loop.last_id)));

    return loop.last_id;
}

static void
wake_at(gint64 due)
{
    if (loop.next_due >= 0 && loop.next_due <= due)
        return;

    loop.next_due = due;
    g_source_set_ready_time(loop.source, due);
}

static void
throw_away(virFreeCallback free, void *opaque)
{
    const Garbage garbage = { free, opaque };

    if (!free)
        return;

    g_array_append_val(loop.garbage, garbage);
    wake_at(0);
}

/* --- sockets --- */

static guint32
to_epoll(int events)
{
    return (events & VIR_EVENT_HANDLE_READABLE ? (guint32)EPOLLIN : 0) |
           (events & VIR_EVENT_HANDLE_WRITABLE ? (guint32)EPOLLOUT : 0);
}

static int
from_epoll(guint32 events)
{
    return (events & EPOLLIN ? VIR_EVENT_HANDLE_READABLE : 0) |
           (events & EPOLLOUT ? VIR_EVENT_HANDLE_WRITABLE : 0) |
           (events & EPOLLERR ? VIR_EVENT_HANDLE_ERROR : 0) |
           (events & EPOLLHUP ? VIR_EVENT_HANDLE_HANGUP : 0);
}

/* A socket that nobody waits for is not in the set: epoll would report that its peer has gone,
 * over and over. */
static gboolean
handle_set_events(int id, Handle *handle, int events)
{
    struct epoll_event event = { .events = to_epoll(events), .data.fd = id };
    int operation = EPOLL_CTL_MOD;

    if (events == handle->events)
        return TRUE;
    if (handle->events == 0)
        operation = EPOLL_CTL_ADD;
    else if (events == 0)
        operation = EPOLL_CTL_DEL;

    handle->events = events;

    return epoll_ctl(loop.set, operation, handle->fd, &event) == 0;
}

static int
add_handle(int fd, int events, virEventHandleCallback call, void *opaque, virFreeCallback free)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&loop.lock);
    g_autofree Handle *handle = g_new(Handle, 1);
    int id = new_id();

    *handle = (Handle){ fd, 0, call, opaque, free };
    if (!handle_set_events(id, handle, events)) {
        g_warning("epoll: %s", g_strerror(errno));
        return -1;
    }
    g_hash_table_insert(loop.handles, GINT_TO_POINTER(id), g_steal_pointer(&handle));

    return id;
}

static void
update_handle(int id, int events)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&loop.lock);
    Handle *handle = g_hash_table_lookup(loop.handles, GINT_TO_POINTER(id));

    if (handle && !handle_set_events(id, handle, events))
        g_warning("epoll: %s", g_strerror(errno));
}

static int
remove_handle(int id)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&loop.lock);
    Handle *handle = g_hash_table_lookup(loop.handles, GINT_TO_POINTER(id));

    if (!handle)
        return -1;

    handle_set_events(id, handle, 0);
    throw_away(handle->free, handle->opaque);
    g_hash_table_remove(loop.handles, GINT_TO_POINTER(id));

    return 0;
}

/* A worker may have taken it, or libvirt given it up, since epoll reported it. */
static gboolean
handle_find(int id, Handle *found)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&loop.lock);
    const Handle *handle = g_hash_table_lookup(loop.handles, GINT_TO_POINTER(id));

    if (!handle || handle->events == 0)
        return FALSE;

    *found = *handle;
    return TRUE;
}

static void
run_handles(void)
{
    struct epoll_event events[AT_ONCE];
    int n = epoll_wait(loop.set, events, AT_ONCE, 0);
    Handle handle;

    for (int i = 0; i < n; i++) {
        int id = events[i].data.fd;

        if (handle_find(id, &handle))
            handle.call(id, handle.fd, from_epoll(events[i].events), handle.opaque);
    }
}

/* --- timers --- */

static void
timer_start(Timer *timer, int interval)
{
    timer->interval = interval;
    if (interval < 0)
        return;

    timer->due = g_get_monotonic_time() + interval * G_TIME_SPAN_MILLISECOND;
    wake_at(timer->due);
}

static int
add_timer(int interval, virEventTimeoutCallback call, void *opaque, virFreeCallback free)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&loop.lock);
    Timer *timer = g_new(Timer, 1);
    int id = new_id();

    *timer = (Timer){ .call = call, .opaque = opaque, .free = free };
    timer_start(timer, interval);
    g_hash_table_insert(loop.timers, GINT_TO_POINTER(id), timer);

    return id;
}

static void
update_timer(int id, int interval)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&loop.lock);
    Timer *timer = g_hash_table_lookup(loop.timers, GINT_TO_POINTER(id));

    if (timer)
        timer_start(timer, interval);
}

static int
remove_timer(int id)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&loop.lock);
    Timer *timer = g_hash_table_lookup(loop.timers, GINT_TO_POINTER(id));

    if (!timer)
        return -1;

    throw_away(timer->free, timer->opaque);
    g_hash_table_remove(loop.timers, GINT_TO_POINTER(id));

    return 0;
}

/* (owned) The ids of those that are due; and the source wakes when the next of the others is. */
static GArray *
timers_find_due(void)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&loop.lock);
    gint64 now = g_get_monotonic_time(), next = -1;
    GArray *due = g_array_new(FALSE, FALSE, sizeof(int));
    GHashTableIter i;
    gpointer id;
    Timer *timer;

    if (loop.next_due < 0 || loop.next_due > now)
        return due;

    g_hash_table_iter_init(&i, loop.timers);
    while (g_hash_table_iter_next(&i, &id, (gpointer *)&timer)) {
        int number = GPOINTER_TO_INT(id);

        if (timer->interval < 0)
            continue;
        if (timer->due <= now)
            g_array_append_val(due, number);
        else if (next < 0 || timer->due < next)
            next = timer->due;
    }

    loop.next_due = next;
    g_source_set_ready_time(loop.source, next);

    return due;
}

/* Set again for the next time, if it has not been stopped, put off or removed by one before it. */
static gboolean
timer_find(int id, Timer *found)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&loop.lock);
    Timer *timer = g_hash_table_lookup(loop.timers, GINT_TO_POINTER(id));

    if (!timer || timer->interval < 0 || timer->due > g_get_monotonic_time())
        return FALSE;

    timer_start(timer, timer->interval);
    *found = *timer;
    return TRUE;
}

static void
run_timers(void)
{
    g_autoptr(GArray) due = timers_find_due();
    Timer timer;

    for (guint i = 0; i < due->len; i++) {
        int id = g_array_index(due, int, i);

        if (timer_find(id, &timer))
            timer.call(id, timer.opaque);
    }
}

/* --- the source --- */

static void
empty_garbage(void)
{
    g_autoptr(GArray) garbage = g_array_new(FALSE, FALSE, sizeof(Garbage));
    GArray *full;

    g_mutex_lock(&loop.lock);
    full = loop.garbage;
    loop.garbage = g_steal_pointer(&garbage);
    g_mutex_unlock(&loop.lock);

    for (guint i = 0; i < full->len; i++) {
        const Garbage *piece = &g_array_index(full, Garbage, i);

        piece->free(piece->opaque);
    }
    g_array_unref(full);
}

static gboolean
dispatch(GSource *source G_GNUC_UNUSED, GSourceFunc callback G_GNUC_UNUSED,
         gpointer data G_GNUC_UNUSED)
{
    run_timers();
    run_handles();
    empty_garbage();

    return G_SOURCE_CONTINUE;
}

gboolean
event_loop_register(GMainContext *context, GError **error)
{
    static GSourceFuncs funcs = { .dispatch = dispatch };

    loop.set = epoll_create1(EPOLL_CLOEXEC);
    if (loop.set < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "epoll: %s",
                    g_strerror(errno));
        return FALSE;
    }

    loop.handles = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    loop.timers = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    loop.garbage = g_array_new(FALSE, FALSE, sizeof(Garbage));
    loop.next_due = -1;
    loop.source = g_source_new(&funcs, sizeof(GSource));
    g_source_set_name(loop.source, "libvirt");
    g_source_add_unix_fd(loop.source, loop.set, G_IO_IN);
    g_source_attach(loop.source, context);

    virEventRegisterImpl(add_handle, update_handle, remove_handle, add_timer, update_timer,
                         remove_timer);

    return TRUE;
}
