/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The <sysinfo> of a host, which is that of a guest with processors and memory beside it. */
#pragma once

#include "model/domain.h"

char *virSysinfoDefFormat(const virSysinfoDef *def);
void virSysinfoDefFree(virSysinfoDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virSysinfoDef, virSysinfoDefFree)
/* Appends "name: value" to the block unless the value is NULL or blank. */
void virSysinfoBlockAdd(virSysinfoBlock *block, const char *name, const char *value);
