/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of node device commands share. */
#pragma once

#include "shell.h"

SHELL_FREE(virNodeDevice)

/* The device that --device names, by its name, or as "WWNN,WWPN" of a virtual host adapter. */
virNodeDevicePtr nodedevOf(Shell *sh, Cmd *cmd);

/* nodedev-watch.c */
bool cmdNodedevEvent(Shell *sh, Cmd *cmd);
bool cmdNodedevUpdate(Shell *sh, Cmd *cmd);
