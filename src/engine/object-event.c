/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events of networks, pools, node devices and secrets: the driver's bus carries them, here is how a callback is called. */
#define VIR_FROM VIR_FROM_EVENT
#include "engine/object.h"

/* What a handle is made of, when the callback is called. */
typedef struct {
    const virObjectKind *kind;
    gpointer def;
} About;

static void aboutFree(gpointer data)
{
    About *about = data;
    virObjectDefUnref(about->kind->xml, about->def);
    g_free(about);
}

typedef void (*Lifecycle)(virConnectPtr conn, gpointer object, int event, int detail, void *opaque);
typedef void (*Generic)(virConnectPtr conn, gpointer object, void *opaque);
typedef void (*Metadata)(virConnectPtr conn, gpointer object, int type, const char *nsuri, void *opaque);

static gpointer handleOf(const virDomainEvent *e, virConnectPtr conn)
{
    const About *about = e->object;
    return about->kind->handle(conn, e->name, e->uuid, about->def);
}

static void callPlain(const virDomainEvent *e, virConnectPtr conn, gpointer callback, gpointer opaque)
{
    gpointer handle = handleOf(e, conn);
    if (e->id == 0)
        ((Lifecycle)callback)(conn, handle, e->i[0], e->i[1], opaque);
    else
        ((Generic)callback)(conn, handle, opaque);
    virHandleUnref(handle);
}

static void callMetadata(const virDomainEvent *e, virConnectPtr conn, gpointer callback, gpointer opaque)
{
    gpointer handle = handleOf(e, conn);
    ((Metadata)callback)(conn, handle, e->i[0], e->s[0], opaque);
    virHandleUnref(handle);
}

static virDomainEvent *eventNew(virObject *obj, int id)
{
    virDomainEvent *e = virDomainEventNew(id, obj->head.name, obj->head.uuid, -1);
    About *about = g_new(About, 1);
    *about = (About){ obj->kind, virObjectDef(obj) };
    e->call = callPlain;
    e->object = about;
    e->objectFree = aboutFree;
    return e;
}

void virObjectEmit(virObject *obj, int id, int event, int detail)
{
    virDomainEvent *e = eventNew(obj, id);
    e->i[0] = event;
    e->i[1] = detail;
    virEventBusEmit(obj->set->events, e);
}

void virObjectEmitLifecycle(virObject *obj, virObjectEvent event)
{
    int number = obj->kind->events ? obj->kind->events[event] : (int)event;
    if (number >= 0)
        virObjectEmit(obj, 0, number, 0);
}

void virObjectEmitMetadata(virObject *obj, int id, int type, const char *nsuri)
{
    virDomainEvent *e = eventNew(obj, id);
    e->i[0] = type;
    e->s[0] = g_strdup(nsuri);
    e->call = callMetadata;
    virEventBusEmit(obj->set->events, e);
}

int virObjectRegister(virObjectSet *set, virConnectPtr conn, const unsigned char *uuid, int id, gpointer callback, gpointer opaque,
                      virFreeCallback freecb, GError **error)
{
    return virEventBusAdd(set->events, conn, uuid, id, callback, opaque, freecb, NULL, 0, error);
}

int virObjectDeregister(virObjectSet *set, virConnectPtr conn, int id, GError **error)
{
    return virEventBusRemove(set->events, conn, id, error) ? 0 : -1;
}
