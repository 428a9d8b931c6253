/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt.conf and libvirt-admin.conf: /etc/libvirt for root, the user's configuration folder otherwise. */
#pragma once

#include "base/config.h"

/* A missing file is an empty one. */
virConf *virClientConfig(const char *filename, GError **error);
char *virClientConfigString(const char *key);           /* of libvirt.conf; NULL: not set or not readable */
/* The URI that `name` stands for: itself, or what uri_aliases says. */
char *virClientConfigAlias(virConf *conf, const char *name, GError **error);
