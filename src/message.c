/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "message.h"

gboolean
message_calls(GDBusMessage *message, const char *interface, const char *member)
{
    return g_dbus_message_get_message_type(message) == G_DBUS_MESSAGE_TYPE_METHOD_CALL &&
           g_strcmp0(g_dbus_message_get_member(message), member) == 0 &&
           g_strcmp0(g_dbus_message_get_interface(message), interface) == 0;
}

gboolean
message_wants_answer(GDBusMessage *call)
{
    return !(g_dbus_message_get_flags(call) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
}
