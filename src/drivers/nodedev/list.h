/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The devices that are known: of most just what a list says, since their documents are read from the host when they are asked for. A
 * reader takes the list as it is at that moment and never waits for a writer; a writer makes the next list and replaces the old one
 * whole. What udev shows of a device (`live`) and what mdevctl keeps of it (`config`) stand beside each other: neither source
 * overwrites the other's.
 */
#pragma once

#include "engine/events.h"
#include "model/nodedev.h"

typedef struct {
    gatomicrefcount refs;
    GRefString *name;
    GRefString *path;           /* its folder in sysfs ("": the machine itself); NULL: it is not there, but defined */
    GRefString *parent;         /* the name of the device above; NULL: none */
    virNodeCapType type;
    guint print;                /* of what was read of it last: something differs when this does */
    virNodeDeviceDef *live;     /* of those kinds of which calls ask more (virNodeDeviceIsKept) */
    virNodeDeviceDef *config;
    char *configParent;         /* config: the parent's address, as mdevctl names it */
    bool autostart;
    unsigned int flags;         /* VIR_CONNECT_LIST_NODE_DEVICES_* that it answers to */
} virNodeEntry;

virNodeEntry *virNodeEntryRef(virNodeEntry *entry);
void virNodeEntryUnref(virNodeEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNodeEntry, virNodeEntryUnref)
/* The host shows it. */
bool virNodeEntryIsActive(const virNodeEntry *entry);
/* mdevctl knows it; the machine itself comes back with every start, too. */
bool virNodeEntryIsPersistent(const virNodeEntry *entry);
/* Of a kind whose definitions are kept: the live one, else what it will be. Borrowed; NULL: it is of another kind. */
const virNodeDeviceDef *virNodeEntryDef(const virNodeEntry *entry);
/* `flags` of the listing call: capabilities, active or not, persistent or not. */
bool virNodeEntryPasses(const virNodeEntry *entry, unsigned int flags);

typedef struct {
    gatomicrefcount refs;
    guint n;
    virNodeEntry **v;           /* by name */
} virNodeList;

virNodeList *virNodeListRef(virNodeList *list);
void virNodeListUnref(virNodeList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNodeList, virNodeListUnref)
virNodeEntry *virNodeListFind(virNodeList *list, const char *name);     /* a reference, or NULL */

typedef struct _virNodeStore virNodeStore;
virNodeStore *virNodeStoreNew(void);
void virNodeStoreFree(virNodeStore *store);
virEventBus *virNodeStoreEvents(virNodeStore *store);
virNodeList *virNodeStoreGet(virNodeStore *store);
/* Until `func` is content with a list; false after the deadline. */
typedef bool (*virNodeListFunc)(virNodeList *list, gpointer data);
bool virNodeStoreWait(virNodeStore *store, virNodeListFunc func, gpointer data, int timeout_ms);

/* ---- writers: between Begin and End one at a time ---- */

typedef struct _virNodeChange virNodeChange;
virNodeChange *virNodeStoreBegin(virNodeStore *store);
/* The host shows `def` (taken) at `path`. `again`: it was away meanwhile; `touched`: tell of an update even when nothing differs. */
void virNodeChangeLive(virNodeChange *change, const char *path, virNodeDeviceDef *def, bool again, bool touched);
/* Nothing is at `path` any more. */
void virNodeChangeGone(virNodeChange *change, const char *path);
/* The device at `path` as it will be, borrowed; NULL. */
const virNodeEntry *virNodeChangeAt(virNodeChange *change, const char *path);
/* Every path that is known, for a comparison with what is there. */
GPtrArray *virNodeChangePaths(virNodeChange *change);
/* What mdevctl keeps of it: `def` (taken), its parent's address. */
void virNodeChangeConfig(virNodeChange *change, virNodeDeviceDef *def, const char *parent, bool autostart);
/* Devices whose configuration has not been given since Begin have none. */
void virNodeChangeConfigDone(virNodeChange *change);
/* The attributes of a mediated device that is there are now `cap`'s: sysfs does not show what mdevctl was told. */
void virNodeChangeAttrs(virNodeChange *change, const char *name, const virNodeCap *cap);
/* Publishes, then tells whoever listens. */
void virNodeStoreEnd(virNodeChange *change);

/* The number by which the event bus knows a device. */
void virNodeNameToUuid(const char *name, unsigned char uuid[16]);
