/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs of the host that do work for us (mount, lvcreate, qemu-img …): looked for in PATH and the system's folders, run in the C locale
 * to their end. Each has a deadline, and whoever may have enough of it has a GCancellable.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

enum { VIR_TOOL_SHORT_MS = 30 * 1000, VIR_TOOL_LONG_MS = 24 * 3600 * 1000 };

/* The path of a program, NULL when there is none. */
char *virToolFind(const char *name);
/* argv[0] is a bare name. `output` (may be NULL): what it wrote to its standard output, at most 16 MiB. With `status` any regular end is a
 * success and the caller looks at the exit status; without it only 0 is. False: no such program, killed, late, given up. */
bool virToolRun(const char *const *argv, int deadline_ms, GCancellable *cancel, char **output, int *status, GError **error);

/* For tests: from now on nothing is run, `hook` answers instead. NULL: programs are run again. */
typedef bool (*virToolHook)(const char *const *argv, char **output, int *status, gpointer data);
void virToolSetHook(virToolHook hook, gpointer data);
