/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Callbacks reach a program from its event loop, never from a thread of ours. A connection that belongs to the daemon
 * (conn->deliverDirectly) takes them at once, on the emitting thread: its callback only queues a message.
 */
#pragma once

#include "api/handle.h"
#include "base/error.h"

/* Has the program registered an event loop? */
bool virEventLoopExists(void);
/* False when the program has registered no event loop: there would be no place to call back from. */
bool virConnectCanDeliver(virConnectPtr conn, GError **error);
/* Run func(data) from the event loop, in order; then destroy(data). `data` keeps the connection alive. */
void virConnectDeliver(virConnectPtr conn, void (*func)(gpointer), gpointer data, GDestroyNotify destroy);
