/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Neighbours that the host has seen: IPv4 addresses of hardware addresses. */
#pragma once

#include "host/host.h"

/* Every address that the host knows for `mac` ("52:54:00:…", any case); a strv, empty when there is none. */
char **virArpFind(const virHost *host, const char *mac);
