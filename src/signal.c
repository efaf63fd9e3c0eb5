/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signals that wait until what they tell of is known. */

#include "connection.h"

Signal *
signal_copy(const Signal *signal)
{
    Signal *copy = g_memdup2(signal, sizeof(*signal));

    copy->element = g_strdup(signal->element);
    copy->details = g_strdupv(signal->details);
    g_variant_ref(copy->arguments);

    return copy;
}

void
signal_free(Signal *signal)
{
    g_free((char *)signal->element);
    g_variant_unref(signal->arguments);
    g_strfreev(signal->details);
    g_free(signal);
}
