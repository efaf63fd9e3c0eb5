/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "connection.h"

/* Where a domain goes that is being migrated: a connection of this service, and a link of the
 * migration's own to its hypervisor. */
typedef struct Destination Destination;

void destination_free(Destination *destination);

Connection *destination_get_connection(Destination *destination);
