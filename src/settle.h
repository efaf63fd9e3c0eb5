/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "call.h"

/* Answers a call that has done its work, once what it changed has been looked at. */
void settle(Call *call);
