/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What networks, pools, interfaces, node devices, filters and secrets have in common: a registered object with a definition, an
 * active, a persistent and an autostart flag, its file, its events. A kind is a table row; the operations here are written once for
 * all of them. The order of locks: a set's `writing`, then its `lock`.
 */
#pragma once

#include "api/handle.h"
#include "base/error.h"
#include "engine/events.h"
#include "engine/registry.h"
#include "model/domain-disk.h"
#include "xml/engine.h"

typedef struct _virObject virObject;

/* What lifecycle events tell; a kind that numbers them otherwise has a table. */
typedef enum { VIR_OBJECT_DEFINED, VIR_OBJECT_UNDEFINED, VIR_OBJECT_STARTED, VIR_OBJECT_STOPPED, VIR_OBJECT_EVENTS } virObjectEvent;

typedef struct {
    int self;                   /* whose errors refused calls are: VIR_FROM_TEST */
    int from;                   /* whose errors a refused definition is: VIR_FROM_NETWORK */
    int missing;                /* VIR_ERR_NO_NETWORK */
    const char *lookup;         /* "no LOOKUP with matching name" */
    const char *define;         /* "DEFINE 'x' already exists with uuid" */
    const char *state;          /* "STATE 'x' is active"; NULL: the bare sentence */
    const char *running, *stillRunning, *notRunning;            /* the words that follow */
    bool staysActive;           /* undefined while active it goes on as a transient one */
    const char *fileless;       /* why a transient one cannot start by itself; NULL: it can */
    int filelessCode;           /* 0: VIR_ERR_INVALID_ARG */
    virXmlType *xml;
    gsize name, uuid;           /* where a definition has them; name 0: it is the uuid's text; uuid 0: nowhere */
    unsigned int flags;         /* of the listing call, and its name in messages */
    const char *listFunc, *xmlFunc;
    unsigned int xmlFlags;      /* of the call for the document; `inactive` among them asks for the definition of the next start */
    unsigned int inactive;
    const char *edit;           /* the virsh command that the head of a file names */
    const int *events;          /* [VIR_OBJECT_EVENTS], -1: none; NULL: numbered as in virObjectEvent */
    gpointer (*parse)(const char *text, void *node, GError **error);
    /* Before a definition is accepted, with `writing` held; may be NULL. */
    bool (*accept)(virRegistrySnapshot *all, gpointer def, GError **error);
    /* Does this definition have a file? NULL: each has. */
    bool (*isKept)(gconstpointer def);
    /* Flags that only this kind has; may be NULL. */
    bool (*passes)(gconstpointer def, unsigned int flags);
    /* What really starts and stops it, with `writing` held; may be NULL. */
    bool (*start)(virObject *obj, GError **error);
    bool (*stop)(virObject *obj, GError **error);
    /* The definition in use is about to become `fresh`: makes it so, with `writing` held. Undone by a call the other way. May be NULL. */
    bool (*apply)(virObject *obj, gconstpointer old, gconstpointer fresh, GError **error);
    gpointer (*handle)(virConnectPtr conn, const char *name, const unsigned char *uuid, gconstpointer def);
} virObjectKind;

typedef struct {
    const virObjectKind *kind;
    virRegistry *objects;
    virEventBus *events;
    char *dir;                  /* of definitions; NULL: nothing is kept on disk */
    char *run;                  /* of what lives until the host goes down; NULL: not kept */
    GMutex writing;             /* one change at a time, held while files are written */
    GMutex lock;                /* of what changes in its objects, for an instant */
} virObjectSet;

/* Read with the set's `lock`. A definition is never changed, it is replaced by another. */
struct _virObject {
    virObj head;
    virObjectSet *set;
    const virObjectKind *kind;
    gpointer def, next;         /* `next`: what it is after the next start, when that is something else than `def` */
    bool active, persistent, autostart;
    bool starting;              /* in its own lane (virObjectBegin): it cannot be undefined, and its definition stays as it is */
    GPtrArray *parts;           /* volumes of a pool, ports of a network; NULL until the first */
    gpointer value;             /* a kind's own */
    GDestroyNotify valueFree;
};
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virObject, virObjUnref)

virObjectSet *virObjectSetNew(const virObjectKind *kind);
void virObjectSetFree(virObjectSet *set);
/* Keeps definitions in `dir` from now on, as NAME.xml and autostart/NAME.xml, and loads those that are there. */
bool virObjectSetLoad(virObjectSet *set, const char *dir, GError **error);

gpointer virObjectDefRef(gpointer def);
void virObjectDefUnref(virXmlType *xml, gpointer def);
gpointer virObjectDefCopy(virXmlType *xml, gconstpointer def);

/* Each returns a reference, or NULL with the reference's sentence. */
virObject *virObjectFind(virObjectSet *set, const unsigned char *uuid, GError **error);
virObject *virObjectFindName(virObjectSet *set, const char *name, GError **error);
gpointer virObjectLookup(virObjectSet *set, virConnectPtr conn, const unsigned char *uuid, GError **error);
gpointer virObjectLookupName(virObjectSet *set, virConnectPtr conn, const char *name, GError **error);
gpointer virObjectHandle(virObject *obj, virConnectPtr conn);
gpointer virObjectDef(virObject *obj);          /* a reference */
/* The definition that VIR_DOMAIN_AFFECT_* name, a reference. */
gpointer virObjectChosen(virObject *obj, unsigned int flags, GError **error);

int virObjectCount(virObjectSet *set, bool active);
int virObjectNames(virObjectSet *set, bool active, char **names, int max);
int virObjectListAll(virObjectSet *set, virConnectPtr conn, void ***list, unsigned int flags, GError **error);
char *virObjectXml(virObject *obj, unsigned int flags, GError **error);

/* Holder of a lock: false with the kind's words unless `obj` is active (or is not). */
bool virObjectCheckActive(virObject *obj, bool active, const char *words, GError **error);

/* How an object begins: of the node's file, defined, or created. */
typedef enum { VIR_OBJECT_DEFINE = 1, VIR_OBJECT_START = 2, VIR_OBJECT_PRESET = 3 } virObjectHow;
/* Takes `def`, which may be NULL with `error` set. The object, a reference. */
virObject *virObjectAdd(virObjectSet *set, gpointer def, virObjectHow how, GError **error);
/* The same from XML, for a call: the handle. */
gpointer virObjectAddXml(virObjectSet *set, virConnectPtr conn, const char *xml, virObjectHow how, bool validate, GError **error);
/*
 * For kinds that start and stop in a lane of their own, since that may take long: the same as virObjectAdd, but what is to start is
 * only marked as `starting`. Who has the lane then ends that by virObjectStarted or virObjectStopped.
 */
virObject *virObjectPlace(virObjectSet *set, gpointer def, virObjectHow how, GError **error);
/* The same for one that is there: false when it is active or starting. */
bool virObjectBegin(virObject *obj, GError **error);
void virObjectStarted(virObject *obj);
/* It is what its next start's definition says; one without a definition is forgotten. */
void virObjectStopped(virObject *obj);
/* Replace what is known of an object; takes both, either may be NULL. Arrays of `parts` are never changed, only replaced. */
void virObjectPublish(virObject *obj, gpointer def, GPtrArray *parts);
/* A definition from text, checked with the kind's schema first if told so. */
gpointer virObjectParse(const virObjectKind *kind, const char *xml, bool validate, GError **error);

/*
 * A change of what is running, of what it will be, or of both: `func` changes a copy of each, `flags` are VIR_DOMAIN_AFFECT_LIVE and
 * _CONFIG. Nothing is replaced unless all succeed. 0 or -1. Takes `obj`.
 */
typedef bool (*virObjectChangeFunc)(virObject *obj, gpointer def, bool live, gpointer data, GError **error);
int virObjectChange(virObject *obj, unsigned int flags, virObjectChangeFunc func, gpointer data, GError **error);

/* For drivers, with `writing` held: what is in use becomes `def` (taken); what was defined stays what it is after the next start. */
void virObjectSetLive(virObject *obj, gpointer def);
/* What runs already, from before our start: `def` (taken) describes it. No event is sent. A reference. */
virObject *virObjectAdopt(virObjectSet *set, gpointer def, GError **error);

/* For calls: `obj` (taken) may be NULL with `error` set. 0 or -1; queries answer the flag. */
int virObjectStart(virObject *obj, GError **error);
int virObjectStop(virObject *obj, GError **error);
int virObjectUndefine(virObject *obj, GError **error);
int virObjectIsActive(virObject *obj);
int virObjectIsPersistent(virObject *obj);
int virObjectGetAutostart(virObject *obj, int *autostart);
int virObjectSetAutostart(virObject *obj, int autostart, GError **error);

/* ---- events (object-event.c) ---- */

/* Callbacks of lifecycle events (id 0) have the shape (conn, object, event, detail, opaque), all others (conn, object, opaque). */
void virObjectEmit(virObject *obj, int id, int event, int detail);
void virObjectEmitLifecycle(virObject *obj, virObjectEvent event);
/* (conn, object, type, nsuri, opaque) */
void virObjectEmitMetadata(virObject *obj, int id, int type, const char *nsuri);
int virObjectRegister(virObjectSet *set, virConnectPtr conn, const unsigned char *uuid, int id, gpointer callback, gpointer opaque,
                      virFreeCallback freecb, GError **error);
int virObjectDeregister(virObjectSet *set, virConnectPtr conn, int id, GError **error);

/* ---- drivers of the host's objects (object-module.c) ---- */

/* PRIVILEGED: SYSCONFDIR/libvirt/PATH; else the user's configuration. With `run`: in the folder of what ends with the host's uptime. */
char *virObjectFolder(bool privileged, const char *root, bool run, const char *path);
/* Is the path of this connection's URI one that a daemon of our kind serves? The reference's sentences. */
bool virObjectUriFits(virConnectPtr conn, bool running, bool privileged, GError **error);
/* What a connection to such a driver alone answers of itself. */
const virHypervisorDriver *virObjectConnectDriver(void);

/* The value of a secret, asked of the secret driver in this daemon; also of one that clients may not read. `usage`: of VIR_SECRET_USAGE_TYPE_*. */
GBytes *virObjectSecretValue(const virStorageSecret *ref, int usage, GError **error);
/* A disk's source that names a volume of a pool: fills in what it is now, `actual`, and where. */
bool virObjectVolumeResolve(virStorageSource *source, GError **error);
/* The secret that is used for that, NULL when there is none. */
virSecretPtr virObjectSecretFind(int usage, const char *id);
