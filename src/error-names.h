/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <libvirt/virterror.h>

/* Generated from libvirt's virErrorNumber: the name on the bus of each of its errors. */
extern const GDBusErrorEntry libvirt_error_entries[];
extern const guint n_libvirt_error_entries;
