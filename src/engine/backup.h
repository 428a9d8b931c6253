/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The backup job of a guest: at most one. */
#pragma once

#include "base/paramlist.h"
#include "engine/hypervisor.h"
#include "model/backup.h"
#include "model/checkpoint.h"

/* What runs now, a reference; NULL: none. */
virDomainBackupDef *virDomainBackupOf(virDomainObj *obj);
/* Holder: another one runs (takes the reference), or none. */
void virDomainBackupSet(virDomainObj *obj, virDomainBackupDef *def);
/* Holder: it has ended; who asks for the statistics of what ended gets these, and events tell of it. `type`: virDomainJobType; `why`: NULL: well. */
void virDomainBackupFinish(virDomainObj *obj, int type, const char *why);
struct _virDomainJobPast;
/* What ended last, as parameters that are the caller's; the type, VIR_DOMAIN_JOB_NONE when nothing is known. */
int virDomainJobPast(virDomainObj *obj, bool keep, virTypedParamList *list);
void virDomainJobPastFree(struct _virDomainJobPast *past);
/* Milliseconds that the job has been running. */
unsigned long long virDomainJobAge(virDomainObj *obj);
bool virDomainHasCheckpoint(virDomainObj *obj, const char *name);
/* Holder: a checkpoint of the running guest as it is now, for which nothing has been done yet; and keeping it, the newest. */
virDomainCheckpointDef *virDomainCheckpointPrepare(virDomainObj *obj, const virDomainView *view, const char *xml, GError **error);
bool virDomainCheckpointKeep(virDomainObj *obj, const virDomainCheckpointDef *def, GError **error);
