/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "call.h"

/* org.freedesktop.DBus.Properties: finds out what Get, Set or GetAll means. */
void properties_resolve(Call *call, const char *method, GVariant *parameters);

/* Whether the registry answers; the value is kept for the answer. */
gboolean properties_know(Call *call);

/* Reads all that is not known, at the same time, and answers. */
void properties_get_all(Call *call);
