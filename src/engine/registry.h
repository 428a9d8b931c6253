/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The set of objects of one kind (domains, networks, pools …). Readers take an immutable snapshot and never wait for a writer;
 * a writer builds the next snapshot and replaces it whole. An object is found by UUID or name.
 */
#pragma once

#include "base/actor.h"
#include <glib.h>
#include <stdbool.h>

/* What every registered object starts with. Former names stay allocated with the object, so a reader needs no lock. */
typedef struct _virObj {
    gatomicrefcount refs;
    unsigned char uuid[16];
    const char *name;
    GSList *names;
    virActor *actor;
    void (*free)(struct _virObj *obj);      /* frees what stands behind this head */
} virObj;

void virObjInit(virObj *obj, const unsigned char *uuid, const char *name, void (*free)(virObj *obj));
gpointer virObjRef(gpointer obj);
void virObjUnref(gpointer obj);

typedef struct {
    const char *name;           /* as it was when the snapshot was made */
    virObj *obj;
} virRegistryName;

typedef struct {
    gatomicrefcount refs;
    guint n;
    virObj **byUuid;            /* each holds one reference */
    virRegistryName *byName;    /* borrowed from byUuid */
} virRegistrySnapshot;

void virRegistrySnapshotUnref(virRegistrySnapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virRegistrySnapshot, virRegistrySnapshotUnref)

typedef struct _virRegistry virRegistry;
virRegistry *virRegistryNew(void);
void virRegistryFree(virRegistry *registry);

virRegistrySnapshot *virRegistryGet(virRegistry *registry);
/* A reference, or NULL. */
gpointer virRegistryFind(virRegistry *registry, const unsigned char *uuid);
gpointer virRegistryFindName(virRegistry *registry, const char *name);

/* Add `obj` unless an object has its UUID or its name. The one in the way is returned (a reference), NULL when added. */
gpointer virRegistryAdd(virRegistry *registry, virObj *obj);
/* Many at once, one new snapshot; for loading. Objects in the way of others are left out and put into `rejected`. */
void virRegistryAddMany(virRegistry *registry, GPtrArray *objs, GPtrArray *rejected);
bool virRegistryRemove(virRegistry *registry, virObj *obj);
/* False when `name` is taken by another object. */
bool virRegistryRename(virRegistry *registry, virObj *obj, const char *name);
