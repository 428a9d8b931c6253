/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The backup job of a guest: at most one. */
#pragma once

#include "engine/hypervisor.h"
#include "model/backup.h"
#include "model/checkpoint.h"

/* What runs now, a reference; NULL: none. */
virDomainBackupDef *virDomainBackupOf(virDomainObj *obj);
/* Holder: another one runs (takes the reference), or none. */
void virDomainBackupSet(virDomainObj *obj, virDomainBackupDef *def);
bool virDomainHasCheckpoint(virDomainObj *obj, const char *name);
/* Holder: a checkpoint of the running guest as it is now, for which nothing has been done yet; and keeping it, the newest. */
virDomainCheckpointDef *virDomainCheckpointPrepare(virDomainObj *obj, const virDomainView *view, const char *xml, GError **error);
bool virDomainCheckpointKeep(virDomainObj *obj, const virDomainCheckpointDef *def, GError **error);
