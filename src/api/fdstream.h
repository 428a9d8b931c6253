/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stream whose other end is a descriptor of this host: a console's pty or socket, a pipe, a file. */
#pragma once

#include "api/handle.h"
#include "base/error.h"

/* Makes `st` read from and write to `fd` (taken, also on failure; set to non-blocking). `onClose` (may be NULL) runs once when the stream
 * ends, on any thread: consoles use it to know that they are free again. Event callbacks of the stream come on the I/O thread for
 * connections of the daemon, else from the program's event loop. */
bool virFdStreamOpen(virStreamPtr st, int fd, void (*onClose)(gpointer), gpointer data, GError **error);
