/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The snapshots of a guest, or its checkpoints: a forest of immutable documents that begin with a virMoment. Changed by the holder of the
 * guest's actor, read by anybody. With a folder each is kept as NAME.xml.
 */
#pragma once

#include "engine/internal.h"
#include "model/snapshot.h"

typedef struct {
    virXmlType *xml;
    int from, missing;              /* error domain, and VIR_ERR_NO_DOMAIN_SNAPSHOT */
    const char *what, *edit;        /* "snapshot", and the virsh command for the head of its file */
    char *(*format)(const virMoment *m, bool current);          /* as files keep it */
    virMoment *(*parse)(const char *xml, const virDomainParseConfig *conf, bool *current, GError **error);
} virMomentKind;
extern const virMomentKind virSnapshotKind, virCheckpointKind;

typedef struct _virMoments {
    const virMomentKind *kind;
    char *dir;                      /* NULL: nothing is kept on disk */
    GMutex lock;
    GPtrArray *all;                 /* virMoment */
    char *current;
} virMoments;

/* Those of a guest; they live as long as it does. */
virMoments *virDomainObjSnapshots(virDomainObj *obj);
virMoments *virDomainObjCheckpoints(virDomainObj *obj);
virMoments *virMomentsNew(const virMomentKind *kind);
void virMomentsFree(virMoments *set);

virMoment *virMomentRef(virMoment *m);
void virMomentUnref(const virMomentKind *kind, virMoment *m);

/* References or copies; NULL: none. `error` (may be NULL) gets the reference's sentence. */
virMoment *virMomentsFind(virMoments *set, const char *name, GError **error);
char *virMomentsCurrent(virMoments *set);
unsigned int virMomentsCount(virMoments *set);

typedef enum {
    VIR_MOMENTS_ROOTS = 1, VIR_MOMENTS_DESCENDANTS = 1, VIR_MOMENTS_LEAVES = 2, VIR_MOMENTS_NO_LEAVES = 4, VIR_MOMENTS_TOPOLOGICAL = 8,
} virMomentsHow;
/* Names: of all (below `under`: of its children, or of all descendants) that `passes` (NULL: all) lets through. */
GPtrArray *virMomentsNames(virMoments *set, const char *under, unsigned int how, bool (*passes)(const virMoment *m, unsigned int flags), unsigned int flags);

/* Holder. Put takes `m`; one of the same name is replaced, its children stay. Remove hands its children to its parent. Both write files. */
bool virMomentsCheckParent(virMoments *set, const virMoment *m, GError **error);
bool virMomentsPut(virMoments *set, virMoment *m, bool current, GError **error);
bool virMomentsRemove(virMoments *set, const char *name, GError **error);
bool virMomentsSetCurrent(virMoments *set, const char *name, GError **error);
bool virMomentsClear(virMoments *set, GError **error);

/* For the calls about snapshots and checkpoints: their deletion with or without children. `one` undoes what the hypervisor has of it. */
enum { VIR_MOMENTS_CHILDREN = 1, VIR_MOMENTS_CHILDREN_ONLY = 2 };
bool virMomentsDelete(virMoments *set, const char *name, unsigned int how, bool (*one)(virDomainObj *obj, const virMoment *m, GError **error),
                      virDomainObj *obj, GError **error);
