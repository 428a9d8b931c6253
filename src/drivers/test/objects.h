/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What networks, pools, interfaces and node devices of a node have in common: a registered object with a definition, an active, a
 * persistent and an autostart flag. A kind is a table row; the operations here are written once for all of them.
 */
#pragma once

#include "api/handle.h"
#include "base/error.h"
#include "engine/registry.h"
#include "xml/engine.h"

typedef struct _virTestObj virTestObj;

typedef struct {
    int from;                   /* whose errors a refused definition is: VIR_FROM_NETWORK */
    int missing;                /* VIR_ERR_NO_NETWORK */
    const char *lookup;         /* "no LOOKUP with matching name" */
    const char *define;         /* "DEFINE 'x' already exists with uuid" */
    const char *state;          /* "STATE 'x' is active"; NULL: the bare sentence */
    const char *running, *stillRunning, *notRunning;            /* the words that follow */
    const char *fileless;       /* why a transient one cannot start by itself; NULL: it can */
    virXmlType *xml;
    gsize name, uuid;           /* where a definition has them; uuid 0: nowhere */
    unsigned int flags;         /* of the listing call, and its name in messages */
    const char *listFunc, *xmlFunc;
    gpointer (*parse)(const char *text, void *node, GError **error);
    /* Before a definition is accepted, with the set locked; may be NULL. */
    bool (*accept)(virRegistrySnapshot *all, gpointer def, GError **error);
    /* Flags that only this kind has; may be NULL. */
    bool (*passes)(gconstpointer def, unsigned int flags);
    gpointer (*handle)(virConnectPtr conn, const char *name, const unsigned char *uuid, gconstpointer def);
} virTestKind;

typedef struct {
    const virTestKind *kind;
    virRegistry *objects;
    GMutex lock;                /* of what changes in its objects */
} virTestSet;

/* Read with the set locked. A definition is never changed, it is replaced by another. */
struct _virTestObj {
    virObj head;
    virTestSet *set;
    const virTestKind *kind;
    gpointer def, next;         /* `next`: defined anew while active, valid from the next start on */
    bool active, persistent, autostart;
    GPtrArray *volumes;         /* virStorageVolDef; of pools, NULL until the first */
};
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virTestObj, virObjUnref)

virTestSet *virTestSetNew(const virTestKind *kind);
void virTestSetFree(virTestSet *set);

gpointer virTestDefRef(gpointer def);
void virTestDefUnref(virXmlType *xml, gpointer def);

/* Each returns a reference, or NULL with the reference's sentence. */
virTestObj *virTestFind(virTestSet *set, const unsigned char *uuid, GError **error);
virTestObj *virTestFindName(virTestSet *set, const char *name, GError **error);
gpointer virTestLookup(virTestSet *set, virConnectPtr conn, const unsigned char *uuid, GError **error);
gpointer virTestLookupName(virTestSet *set, virConnectPtr conn, const char *name, GError **error);
gpointer virTestHandle(virTestObj *obj, virConnectPtr conn);
gpointer virTestObjDef(virTestObj *obj);        /* a reference */

int virTestCount(virTestSet *set, bool active);
int virTestNames(virTestSet *set, bool active, char **names, int max);
int virTestListAll(virTestSet *set, virConnectPtr conn, void ***list, unsigned int flags, GError **error);
char *virTestXml(virTestObj *obj, unsigned int flags, GError **error);

/* Holder of the lock: false with the kind's words unless `obj` is active (or is not). */
bool virTestCheckActive(virTestObj *obj, bool active, const char *words, GError **error);

/* How an object begins: of the node's file, defined, or created. */
typedef enum { VIR_TEST_DEFINE = 1, VIR_TEST_START = 2, VIR_TEST_PRESET = 3 } virTestHow;
/* Takes `def`, which may be NULL with `error` set. The object, a reference. */
virTestObj *virTestAdd(virTestSet *set, gpointer def, virTestHow how, GError **error);
/* The same from XML, for a call: the handle. */
gpointer virTestAddXml(virTestSet *set, virConnectPtr conn, const char *xml, virTestHow how, GError **error);

/* For calls: `obj` (taken) may be NULL with `error` set. 0 or -1; queries answer the flag. */
int virTestStart(virTestObj *obj, GError **error);
int virTestStop(virTestObj *obj, GError **error);
int virTestUndefine(virTestObj *obj, GError **error);
int virTestIsActive(virTestObj *obj);
int virTestIsPersistent(virTestObj *obj);
int virTestGetAutostart(virTestObj *obj, int *autostart);
int virTestSetAutostart(virTestObj *obj, int autostart, GError **error);
