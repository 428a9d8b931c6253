/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeps the list in step with the host. One thread does nothing but take udev's events and note which paths they name, so that the
 * socket is emptied as fast as the kernel fills it; another reads those devices and publishes. Events of one path that come faster than
 * they are worked off become one. When the socket did overflow, everything is compared with what is there: nothing is lost.
 */
#pragma once

#include "drivers/nodedev/list.h"

typedef struct _virNodeUdev virNodeUdev;

/* What somebody else wants to know, called on threads of their own: a folder of mdevctl has changed, a parent of mediated devices came. */
typedef void (*virNodeUdevNotify)(gpointer data);

/* `folder` is watched, whether it exists or not. NULL: udev cannot be used at all. From Start on the host is enumerated, in the
 * background. */
virNodeUdev *virNodeUdevNew(virNodeStore *store, const char *folder, virNodeUdevNotify notify, gpointer data, GError **error);
void virNodeUdevStart(virNodeUdev *udev);
/* Until the list is complete for the first time; false after the deadline, and after Stop. */
bool virNodeUdevWait(virNodeUdev *udev, int timeout_ms);
/* What the host shows now of a device that is there; NULL: it has gone a moment ago. */
virNodeDeviceDef *virNodeUdevDescribe(const virNodeEntry *entry);
/* Look at everything again, as after an overflow. */
void virNodeUdevRescan(virNodeUdev *udev);
/* Look at one device again: its driver has changed. */
void virNodeUdevTouch(virNodeUdev *udev, const char *path);
/* The list stays as it is. */
void virNodeUdevStop(virNodeUdev *udev);
void virNodeUdevFree(virNodeUdev *udev);
