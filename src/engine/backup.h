/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The backup job of a guest: at most one. */
#pragma once

#include "engine/hypervisor.h"
#include "model/backup.h"

/* What runs now, a reference; NULL: none. */
virDomainBackupDef *virDomainBackupOf(virDomainObj *obj);
/* Holder: another one runs (takes the reference), or none. */
void virDomainBackupSet(virDomainObj *obj, virDomainBackupDef *def);
bool virDomainHasCheckpoint(virDomainObj *obj, const char *name);
