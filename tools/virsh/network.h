/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of network commands share. */
#pragma once

#include "shell.h"

SHELL_FREE(virNetwork)

/* The network that --network names, by UUID (when it looks like one), by name, or either. */
typedef enum { BY_NAME = 1, BY_UUID = 2, BY_ANY = 3 } By;
virNetworkPtr networkOf(Shell *sh, Cmd *cmd, By by);

/* network-watch.c */
bool cmdNetEdit(Shell *sh, Cmd *cmd);
bool cmdNetEvent(Shell *sh, Cmd *cmd);
bool cmdNetLeases(Shell *sh, Cmd *cmd);
