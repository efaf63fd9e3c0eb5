/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "call.h"

/* Descriptors that libvirt opened, on their way out; taken over whether it fails or not. Floating:
 * h, ah. */
GVariant *call_take_descriptor(Call *call, int descriptor, GError **error);
GVariant *call_take_descriptors(Call *call, const int *list, gsize n, GError **error);

/* Those behind an ah that came in. The array stays the call's and is NULL only with an error. */
const int *call_find_descriptors(Call *call, GVariant *handles, guint *n, GError **error);
