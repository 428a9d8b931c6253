/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the node device driver share. */
#pragma once

#include "api/handle.h"
#include "drivers/nodedev/list.h"
#include "drivers/nodedev/udev.h"

extern virNodeStore *virNodeDevices;            /* NULL: the driver does not run */
extern virNodeUdev *virNodeWatcher;             /* NULL: nobody has asked yet */

/* ---- watch.c ---- */

void virNodeWatchInit(bool privileged);
void virNodeWatchReload(void);
void virNodeWatchStop(void);
/* What every call does first: begins to look at the host, when none has before, and waits until the first list is complete. */
bool virNodeBegin(GError **error);
virNodeList *virNodeListGet(GError **error);
/* Of a handle, or an error; a reference. */
virNodeEntry *virNodeFind(const char *name, GError **error);
/* Until `name` is there (or is not); false after the deadline. */
bool virNodeAwait(const char *name, bool live, int timeout_ms);

/* mdev.c: definitions of mediated devices. Refresh asks mdevctl and publishes. */
bool virNodeMdevRefresh(GError **error);
/* watch.c: ask it again in a while. */
void virNodeMdevLater(void);
virNodeDevicePtr virNodeMdevCreateXML(virConnectPtr conn, const virNodeDeviceDef *def, GError **error);
int virNodeMdevDestroy(virNodeEntry *entry, GError **error);
virNodeDevicePtr virNodeMdevDefineXML(virConnectPtr conn, const char *xml, unsigned int flags, GError **error);
int virNodeMdevUndefine(virNodeDevicePtr dev, unsigned int flags, GError **error);
int virNodeMdevCreate(virNodeDevicePtr dev, unsigned int flags, GError **error);
int virNodeMdevSetAutostart(virNodeDevicePtr dev, int autostart, GError **error);
int virNodeMdevGetAutostart(virNodeDevicePtr dev, int *autostart, GError **error);
int virNodeMdevUpdate(virNodeDevicePtr dev, const char *xml, unsigned int flags, GError **error);

/* vport.c: virtual host adapters. */
virNodeDevicePtr virNodeVportCreateXML(virConnectPtr conn, const virNodeDeviceDef *def, GError **error);
int virNodeVportDestroy(virNodeEntry *entry, GError **error);

/* assign.c: to guests and back. */
int virNodeAssignDettach(virNodeDevicePtr dev, GError **error);
int virNodeAssignDetachFlags(virNodeDevicePtr dev, const char *driverName, unsigned int flags, GError **error);
int virNodeAssignReAttach(virNodeDevicePtr dev, GError **error);
int virNodeAssignReset(virNodeDevicePtr dev, GError **error);
