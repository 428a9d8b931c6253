/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "shell.h"

/* Joins this terminal (or pipe) with a console of the guest until the escape character, the end of input, or the end of the guest. */
bool consoleRun(Shell *sh, virDomainPtr dom, const char *device, unsigned int flags);
