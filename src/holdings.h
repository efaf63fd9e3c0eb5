/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "connection.h"
#include "service.h"

/* Who holds which connection. For the main thread alone. */
typedef struct Holdings Holdings;

/* What somebody wants to have open. */
typedef struct {
    const char *caller; /* a unique name of the bus */
    guint user;         /* who alone may see it, or CALLERS_NOBODY */
    const char *uri;    /* "": libvirt's default */
    gboolean read_only;
    const char *name;  /* (nullable) its path element */
    const char *agent; /* (nullable) the caller's object that answers libvirt's questions */
    gboolean keep;
} Wish;

Holdings *holdings_new(Service *service, const Config *config);
void holdings_free(Holdings *holdings);

/* Whether it is for a connection of the configuration. */
gboolean holdings_is_configured(Holdings *holdings, const Wish *wish);

/* The connection that a wish is for, which the caller holds once more from now on; it need not be
 * open, and the bus need not know it. NULL if the caller may have no more, or not this. */
Connection *holdings_take(Holdings *holdings, const Wish *wish, GError **error);

/* It is open: the bus knows it from now on. What is returned is what the caller holds then, as it
 * may turn out to be the same as another. */
Connection *holdings_publish(Holdings *holdings, Connection *connection, const char *caller);

/* The caller holds it once less; FALSE if it does not hold it. */
gboolean holdings_give_back(Holdings *holdings, Connection *connection, const char *caller);

/* Closes what was kept and is held by nobody; FALSE if that is not so. */
gboolean holdings_close_kept(Holdings *holdings, Connection *connection);

/* The caller has left the bus and holds nothing any more. */
void holdings_forget(Holdings *holdings, const char *caller);

/* Gives up those that the bus does not know yet. */
void holdings_end(Holdings *holdings);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Holdings, holdings_free)
