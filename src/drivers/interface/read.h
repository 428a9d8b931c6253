/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces in sysfs. */
#pragma once

#include "host/host.h"
#include "model/interface.h"

typedef struct {
    char *name, *mac;           /* mac: "" where there is none */
    bool active;                /* its link is up */
} virInterfaceRecord;
void virInterfaceRecordFree(virInterfaceRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virInterfaceRecord, virInterfaceRecordFree)

/* Of virInterfaceRecord, in the order of their folders. Not of those that belong to a bridge or bond. */
GPtrArray *virInterfaceList(const virHost *host);
/* Any interface, whatever it belongs to; NULL: there is none of that name. */
virInterfaceRecord *virInterfaceFind(const virHost *host, const char *name);
/* NULL: it is not there. */
virInterfaceDef *virInterfaceRead(const virHost *host, const char *name);
