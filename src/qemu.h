/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "event.h"

/* What any QEMU process says on its monitor. */
extern const Event qemu_monitor_event;
