/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a device of udev to a definition. */
#pragma once

#include "model/nodedev.h"
#include <libudev.h>

/* What names the device nearest above that is in the list; NULL: none is. The answer is borrowed. */
typedef const char *(*virNodeParentFunc)(const char *path, gpointer data);

/* NULL: it is none of the kinds that are listed, it vanished while it was read, or (`*later`) it is there and should be listed, but what
 * has to be known of it could not be read. */
/* What a list needs, and what comes with an event. */
virNodeDeviceDef *virNodeDeviceRead(struct udev_device *dev, virNodeParentFunc parent, gpointer data, bool *later);
/* "computer": what all others hang on. */
virNodeDeviceDef *virNodeDeviceComputer(struct udev *udev);

/* Subsystems of which devices are listed; ended by NULL. */
extern const char *const virNodeSubsystems[];

/* Fill in, or read again, what a list does not need and what changes without an event: links, virtual functions, offloads, vports. */
void virNodeDeviceComplete(virNodeDeviceDef *def);
/* Calls ask of devices of this kind more than a list says: their definitions are kept. */
bool virNodeDeviceIsKept(const virNodeDeviceDef *def);

/* ---- readers of one kind each (read-*.c): false when `cap` is not worth listing ---- */

typedef bool (*virNodeReadFunc)(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap);
bool virNodeReadPci(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap);
bool virNodeReadUsbDevice(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap);
bool virNodeReadUsb(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap);
bool virNodeReadNet(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap);
bool virNodeReadScsiHost(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap);
bool virNodeReadScsiTarget(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap);
bool virNodeReadScsi(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap);
bool virNodeReadStorage(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap);

/* The rest of it; `path`: the device's folder. */
void virNodeRefreshPci(const char *path, virNodeCap *cap);
void virNodeRefreshNet(const char *path, virNodeCap *cap);
void virNodeRefreshScsiHost(const char *path, virNodeCap *cap);
void virNodeRefreshMdevTypes(const char *path, virNodeCap *cap);

/* ---- shared by the readers ---- */

/* Attribute or property without the blanks around it, NULL when it is missing or empty. */
char *virNodeAttr(struct udev_device *dev, const char *name);
char *virNodeProp(struct udev_device *dev, const char *name);
bool virNodeAttrUint(struct udev_device *dev, const char *name, int base, unsigned long long *value);
