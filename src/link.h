/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <libvirt/libvirt.h>

#include "handles.h"
#include "opener.h"

/* One life of a libvirt connection, with the workers that use it. All of this is called on the main
 * thread and returns at once. */
typedef struct Link Link;

typedef struct {
    const char *uri;
    gboolean read_only;
    guint workers;
    Opener *opener; /* (nullable) */
} LinkOptions;

/* What a link does for its owner, and tells it. */
typedef struct {
    gpointer (*prepare)(virConnectPtr connect,
                        Link *link);                   /* (nullable) on the worker that opened */
    void (*opened)(gpointer owner, gpointer prepared); /* (nullable) */
    void (*release)(virConnectPtr connect, gpointer prepared); /* on the thread that closes */
    void (*lost)(gpointer owner, Link *link,
                 const GError *error); /* could not be opened, or broke */
    void (*freed)(gpointer owner);     /* (nullable) has a job less to do */
} LinkFuncs;

/* Starts opening it. */
Link *link_new(const LinkOptions *options, const LinkFuncs *funcs, gpointer owner);

Link *link_ref(Link *link);
void link_unref(Link *link);

/* Gives up the owner's reference; the owner is told nothing more. */
void link_abandon(Link *link);

gpointer link_get_owner(Link *link); /* (nullable) once it was abandoned */
guint link_get_n_jobs(Link *link);   /* that wait or run */
gboolean link_is_idle(Link *link);   /* is open, and a job more would run at once */
gboolean link_is_open(Link *link);

/* For its workers. */
Handles *link_get_handles(Link *link);

/* Calls @run on a worker once the connection is open, then @done on the main thread; or only @done,
 * with an error, if it cannot be opened. Callers take turns; the service itself has no name. */
typedef void (*LinkRun)(virConnectPtr connect, gpointer data);
typedef void (*LinkDone)(gpointer data, const GError *error);

void link_push(Link *link, const char *caller, LinkRun run, LinkDone done, gpointer data);

/* The links that are not yet closed and freed. */
guint link_count(void);
