/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers of the lxc tools: lines of `lxc.key = value`, in the spelling of version 3 (`lxc.net.0.type`) and the older one (`lxc.network.type`). */
#pragma once

#include "model/domain-conf.h"

/* `conf->lookup` says which architectures there are and gives the emulator; what the file leaves open stays open. Included files are not read. */
virDomainDef *virLxcParse(const char *text, const virDomainParseConfig *conf, GError **error);

/* --- the text: keys in the order of the file, any number of times --- */
typedef struct { char *key, *value; } virLxcEntry;
GPtrArray *virLxcRead(const char *text, GError **error);                /* virLxcEntry */
const char *virLxcGet(const GPtrArray *entries, const char *key);       /* the first; NULL: none */
