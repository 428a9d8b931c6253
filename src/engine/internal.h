/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the engine share and nobody else sees. */
#pragma once

#include "engine/events.h"
#include "engine/hypervisor.h"
#include "engine/registry.h"

struct _virEngine {
    const virHypervisor *hv;
    virEngineDirs *dirs;            /* NULL: nothing is kept on disk */
    gpointer priv;
    virRegistry *domains;
    virEventBus *events;
    virActor *survey;               /* the queue of calls that ask many guests */
    gint nextId;                    /* the id of the last guest started */
};

struct _virDomainObj {
    virObj head;                    /* uuid, name, actor */
    virEngine *engine;
    GMutex mutex;                   /* guards `view` for the instant of taking a reference */
    virDomainView *view;
    gint id;                        /* as in the view; read without it by lookups */
    gpointer priv;
    virActor *queries, *agent;      /* the queues beside the actor's; made on first use, guarded by `mutex` */
    gint destroying;                /* a kill is under way: an exit seen now is its doing */
    struct _virMoments *snapshots, *checkpoints;        /* through virDomainObjSnapshots, virDomainObjCheckpoints (moment.h) */
    virDomainBackupDef *backup;     /* the job that runs, and since when; guarded by `mutex` as is what is known of the last one */
    gint64 backupSince;
    struct _virDomainJobPast *past;
    virConnectPtr autodestroy;      /* written by the holder of the actor, read by closing connections; atomic like the above */
};

#define VIR_DOMAIN_OBJ_NAME(obj) ((obj)->head.name)

/* domainobj.c */
virDomainObj *virDomainObjNew(virEngine *engine, const unsigned char *uuid, const char *name);
/* Start a new view from the current one; Publish makes it the current one (takes it). Holder only. */
virDomainView *virDomainViewEdit(virDomainObj *obj);
void virDomainPublish(virDomainObj *obj, virDomainView *view);
virDomainPtr virDomainObjHandle(virDomainObj *obj, virConnectPtr conn);
/* Which of the two definitions VIR_DOMAIN_AFFECT_* names; sets `live` and `config`. */
bool virDomainResolveFlags(const virDomainView *view, unsigned int flags, bool *live, bool *config, GError **error);
bool virDomainRequireActive(const virDomainView *view, int from, GError **error);

/* persist.c: files below dirs->configDir and stateDir. No-ops without directories. */
bool virPersistConfig(virEngine *engine, const virDomainDef *def, GError **error);
bool virPersistRemoveConfig(virEngine *engine, const char *name, GError **error);
bool virPersistAutostart(virEngine *engine, const char *name, bool autostart, bool once, GError **error);
void virPersistStatus(virDomainObj *obj);
void virPersistRemoveStatus(virEngine *engine, const char *name);
bool virPersistLoad(virEngine *engine, GError **error);

/* lookup.c: the object behind a handle with what readers see of it; the caller frees both, also after false. */
bool virDomainRead(virDomainPtr domain, virDomainObj **obj, virDomainView **view, GError **error);
virDomainView *virDomainViewOf(virDomainPtr domain, GError **error);
enum { VIR_ENGINE_LIST_FLAGS = (VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT << 1) - 1 };      /* all filters */
bool virDomainViewPasses(const virDomainView *view, unsigned int flags);

/* state.c: the words of status files for virDomainXxxReason. */
const char *virDomainStateReasonToString(int state, int reason);
int virDomainStateReasonFromString(int state, const char *word);

/* lifecycle.c */
bool virDomainStart(virDomainObj *obj, virConnectPtr conn, unsigned int flags, const char *what, GError **error);
/* Kill hard; returns when the guest is gone and its shutoff state is published. */
bool virDomainKill(virDomainObj *obj, unsigned int flags, const char *what, GError **error);

/* moment.c: what an inactive guest would leave behind, its snapshots and checkpoints: refused, or removed as the flags of undefine say. */
bool virMomentsUndefine(virDomainObj *obj, bool live, unsigned int flags, GError **error);
void virMomentsLoadAll(virDomainObj *obj, const virDomainParseConfig *conf);

#define VIR_ENGINE_FROM(engine) ((engine)->hv->from)
