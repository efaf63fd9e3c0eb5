/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whoever had a connection opened, for as long as anything of it is left: each of its links has a
 * reference, also one that was given up because the other side never answers. So what is on the
 * account is what is really in use. */

#include "opener.h"

#include "error.h"

struct Opener {
    guint references;
    Account *account; /* (owned) */
};

virConnectPtr
opener_open(Opener *opener G_GNUC_UNUSED, const char *uri, gboolean read_only, GError **error)
{
    virConnectPtr connect =
        virConnectOpenAuth(*uri ? uri : NULL, NULL, read_only ? VIR_CONNECT_RO : 0);

    return connect ? connect : error_from_libvirt(error);
}

Opener *
opener_new(Account *account)
{
    Opener *opener = g_new0(Opener, 1);

    opener->references = 1;
    opener->account = g_rc_box_acquire(account);
    (*opener->account)++;

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
    g_free(opener);
}
