/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The driver of connections that a daemon serves. */
#pragma once

#include "api/handle.h"
#include "client/target.h"
#include "src/api/driver.h"

extern const virConnectDriver virRemoteDriver;

/* Opens `conn` over the wire. `conn->uri` NULL: the daemon's default, whose URI is then asked for. `mode`: the configured
 * default of ?mode=. */
bool virRemoteOpen(virConnectPtr conn, virConnectAuthPtr auth, const char *mode, GError **error);
