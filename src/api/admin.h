/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt-admin needs from the client: the wire to a daemon's admin socket. */
#pragma once

#include "api/handle.h"

/* Opens `name` (libvirtd:///system, virtqemud+unix:///session, NULL: the default) and fills conn->conn, admin and uriText. */
bool virAdmOpen(virAdmConnectPtr conn, const char *name, unsigned int flags, GError **error);
