/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

/* Where a binding runs. */
typedef enum {
    LANE_MAIN,     /* begins on the main thread, and may have the call answered later */
    LANE_MEMORY,   /* asks nothing that is not in this process already */
    LANE_REGISTRY, /* likewise, once the connection is open */
    LANE_SHORT,    /* one or a few quick requests */
    LANE_LONG,     /* may take minutes */
} Lane;

/* When a permission is asked for: that may depend on a number among the call's arguments. */
typedef enum {
    WHEN_ALWAYS,
    WHEN_ANY_SET,  /* (argument & value) != 0 */
    WHEN_NONE_SET, /* (argument & value) == 0 */
    WHEN_EQUAL,    /* argument == value */
} When;

typedef struct {
    const char *object;     /* what libvirt's access control calls it: "domain" */
    const char *permission; /* "read_secure" */
    When when;
    guint argument; /* which of the arguments WHEN looks at */
    guint32 value;
} Permission;

/* What the service does besides running a binding. */
typedef enum {
    BINDING_READS,     /* nothing */
    BINDING_CHANGES,   /* looks afterwards at what the call was made to or returned */
    BINDING_ANNOUNCED, /* answers from the registry, which knows this property */
    BINDING_CONSTANT,  /* likewise, and once read it need not be read again */
} Effect;

typedef struct Call Call;

/* Does the work of one member. Returns a floating value, or NULL with @error set. */
typedef GVariant *(*BindingFunc)(Call *call, GVariant *arguments, GError **error);

typedef struct {
    const char *name;
    const Permission *permissions; /* ends with a row without an object */
    const Permission *results;     /* (nullable) what is needed for each object that it returns */
    int xml_argument;              /* the one whose XML says what the call makes, or -1 */
    Lane lane;
    Effect effect;
    BindingFunc run; /* properties may share one, which returns a dictionary of them */
} Binding;

/* All of an interface. Each table is sorted by name and ends with a row without one. */
typedef struct {
    GDBusInterfaceInfo *info;
    const char *driver; /* (nullable) the only libvirt driver that has it */
    const Binding *methods;
    const Binding *getters;
    const Binding *setters;
} Interface;
