/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* firewalld, where it runs: interfaces and their zones, over the system bus. */
#pragma once

#include <glib.h>
#include <stdbool.h>

bool virFirewalldIsRunning(void);
/* Without firewalld all is well when `zone` is NULL; with it, NULL means the first of `usual` that it has, if any. */
bool virFirewalldSetZone(const char *interface, const char *zone, const char *const *usual, const char *network, GError **error);
