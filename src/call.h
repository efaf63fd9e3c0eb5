/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gunixfdlist.h>

#include "connection.h"
#include "face.h"
#include "migration.h"
#include "service.h"

/* Where a call arrives: the manager, a connection, or, if @kind is set, an object below one. */
typedef struct {
    Service *service;
    const Face *face;
    Connection *connection; /* (nullable) */
    const Kind *kind;       /* (nullable) */
} Place;

/* A handle that libvirt returned. */
typedef struct {
    const Kind *kind;
    void *handle;   /* (owned) (nullable) */
    char **details; /* (owned) (nullable) for polkit */
} Found;

/* One call from the bus, from its arrival to its answer. */
struct Call {
    /* What bindings read. */
    virConnectPtr connect; /* (nullable) of the link that it runs on */
    void *object;          /* (owned) (nullable) the handle of the object called: a vir…Ptr */

    /* What call.c keeps. */
    GDBusMethodInvocation *invocation; /* (owned) */
    Caller *caller;                    /* (nullable) among whose calls it counts */
    Place place;                       /* its connection is owned */
    char *element;                     /* (owned) (nullable) the object's own path element */
    const Interface *interface;
    const Binding *binding; /* (nullable) with GetAll, which has many */
    BindingFunc run;
    Lane lane;
    GVariant *arguments; /* (owned) */

    struct Permit *permit;       /* (owned) (nullable) of a caller who must be asked about */
    Destination *destination;    /* (owned) (nullable) of a migration */
    Link *link;                  /* (owned) (nullable) */
    GVariant *result;            /* (owned) (nullable) */
    GError *error;               /* (owned) (nullable) */
    virErrorPtr details;         /* (owned) (nullable) */
    GUnixFDList *descriptors;    /* (owned) (nullable) that go with the result */
    int *received;               /* (owned) (nullable) descriptors among the arguments */
    GVariant *known;             /* (owned) (nullable) the property asked for, from the registry */
    GVariantBuilder *properties; /* (owned) (nullable) of GetAll: what has been read */
    guint n_readings;            /* of GetAll: what is still being read */
    guint n_unsettled;           /* changed objects that are still being looked at */
    gboolean entered;            /* it counts among the connection's calls */
    GArray *found;               /* (owned) (nullable) of Found, for the registry */
    gboolean may_reuse; /* what its link remembers: the registry has the object, of another link */
    gboolean is_later;  /* the binding has taken the call, returns NULL, and has it replied to some
                           time */
};

/* GDBus hands over all calls here; the user data is the Place. */
extern const GDBusInterfaceVTable call_vtable;

/* --- for those who take part in a call --- */

/* Answers with the call's result or error. It is the only one that does, and frees the call. */
void call_reply(Call *call);

/* The same when the main loop is idle next, for whoever may be within the call's binding. */
void call_reply_later(Call *call);

/* On the main thread: what a binding has begun there goes on in the long lane, with @run. */
void call_go_on(Call *call, BindingFunc run);

/* The caller's name on the bus. */
const char *call_get_sender(Call *call);

/* On a worker: finds the object, if it is not at hand already. */
gboolean call_look_up(Call *call);

const Interface *place_find_interface(const Place *place, const char *name);
const Binding *binding_find(const Binding *table, const char *name);

/* --- for objects.c --- */

/* Takes over a handle that libvirt returned. */
void call_remember(Call *call, const Kind *kind, void *handle);

/* --- for bindings --- */

/* Turns handles that libvirt returned into paths, and takes them over. Floating: o, ao. */
GVariant *call_take_object(Call *call, const Kind *kind, void *handle);
GVariant *call_take_objects(Call *call, const Kind *kind, void **handles, int n);

/* A new handle for the path of an object of the same connection. */
void *call_find_object(Call *call, const Kind *kind, const char *path, GError **error);
