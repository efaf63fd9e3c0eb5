/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

/* Answers that are ready for whoever asks the same again. For the main thread. */
typedef struct Answers Answers;

Answers *answers_new(GDBusConnection *bus);
void answers_free(Answers *answers);

/* Its caller gets @body, without being asked about, each time it sends @call again. */
void answers_keep(Answers *answers, GDBusMessage *call, GVariant *body);

/* Something has changed. What is sent from now on comes after the last of the old answers. */
void answers_forget(Answers *answers);
