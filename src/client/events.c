/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Callbacks of a remote connection. Each has a registration of its own at the server, whose number comes back with every event.
 * An event may overtake the reply that names its callback; such early events wait in a short list.
 */
#define VIR_FROM VIR_FROM_REMOTE
#define VIR_LOG_NAME "client.events"
#include "src/client/events.h"
#include "api/deliver.h"
#include "api/stubs.h"
#include "base/log.h"

#define REMOTE 0x20008086
#define QEMU 0x20008087
#define EARLY_MAX 64

typedef struct {
    gint refs, removed;
    int id, remoteId;                   /* ours, the server's */
    uint32_t program;
    const char *group;
    virConnectDomainEventCallback legacy;       /* registered by virConnectDomainEventRegister */
    virRemoteCallback cb;
    void *opaque;
    virFreeCallback free;
} Callback;

typedef struct {
    const virRemoteEvent *kind;
    const virRpcProc *proc;
    GBytes *payload;
} Early;

struct _virRemoteEvents {
    GMutex lock;
    GPtrArray *callbacks;
    GQueue early;
    int last;
};
typedef struct _virRemoteEvents virRemoteEvents;

typedef struct {
    virConnectPtr conn;
    Callback *callback;
    const virRemoteEvent *kind;
    virArena *arena;
    void *msg;
} Delivery;

static void callbackUnref(gpointer data)
{
    Callback *c = data;

    if (!g_atomic_int_dec_and_test(&c->refs))
        return;
    if (c->free)
        c->free(c->opaque);
    g_free(c);
}

static virRemoteEvents *eventsOf(virConnectPtr conn)
{
    g_mutex_lock(&conn->lock);
    if (!conn->remoteEvents) {
        conn->remoteEvents = g_new0(virRemoteEvents, 1);
        g_mutex_init(&conn->remoteEvents->lock);
        conn->remoteEvents->callbacks = g_ptr_array_new_with_free_func(callbackUnref);
    }
    virRemoteEvents *events = conn->remoteEvents;
    g_mutex_unlock(&conn->lock);
    return events;
}

static void earlyFree(Early *e)
{
    g_bytes_unref(e->payload);
    g_free(e);
}

void virRemoteEventsFree(virConnectPtr conn)
{
    virRemoteEvents *events = g_steal_pointer(&conn->remoteEvents);
    Early *e;

    if (!events)
        return;
    for (guint i = 0; i < events->callbacks->len; i++)
        g_atomic_int_set(&((Callback *)events->callbacks->pdata[i])->removed, 1);
    g_ptr_array_unref(events->callbacks);
    while ((e = g_queue_pop_head(&events->early)))
        earlyFree(e);
    g_mutex_clear(&events->lock);
    g_free(events);
}

/* ---- messages ---- */

static void deliver(gpointer data)
{
    Delivery *d = data;

    if (!g_atomic_int_get(&d->callback->removed))
        d->kind->call(d->conn, d->msg, d->callback->cb, d->callback->opaque);
}

static void deliveryFree(gpointer data)
{
    Delivery *d = data;

    callbackUnref(d->callback);
    virHandleUnref(d->conn);
    virArenaFree(d->arena);
    g_free(d);
}

/* With the lock held: the callback with a reference, or NULL. */
static Callback *find(virRemoteEvents *events, const virRemoteEvent *kind, int remoteId)
{
    for (guint i = 0; i < events->callbacks->len; i++) {
        Callback *c = events->callbacks->pdata[i];
        if (c->remoteId == remoteId && c->program == kind->program && g_str_equal(c->group, kind->group)) {
            g_atomic_int_inc(&c->refs);
            return c;
        }
    }
    return NULL;
}

static const virRemoteEvent *kindOf(const virRpcProc *proc)
{
    for (const virRemoteEvent *k = virRemoteEventKinds; k->program; k++)
        if (virRpcProcFind(k->program, k->number) == proc)
            return k;
    return NULL;
}

static bool dispatch(virConnectPtr conn, const virRemoteEvent *kind, const virRpcProc *proc, GBytes *payload, GError **error)
{
    virRemoteEvents *events = eventsOf(conn);
    g_autoptr(virArena) arena = virArenaNew();
    void *msg = virArenaAlloc(arena, proc->args->size);
    gsize len;
    const guint8 *bytes = g_bytes_get_data(payload, &len);

    if (!virXdrDecode(proc->args, bytes, len, msg, arena, error))
        return false;
    g_mutex_lock(&events->lock);
    Callback *callback = find(events, kind, *(int *)msg);       /* every message begins with its callback's number */
    if (!callback && events->early.length < EARLY_MAX) {
        Early *e = g_new(Early, 1);
        *e = (Early){ kind, proc, g_bytes_ref(payload) };
        g_queue_push_tail(&events->early, e);
    }
    g_mutex_unlock(&events->lock);
    if (!callback)
        return true;
    Delivery *d = g_new(Delivery, 1);
    *d = (Delivery){ virHandleRef(conn), callback, kind, g_steal_pointer(&arena), msg };
    virConnectDeliver(conn, deliver, d, deliveryFree);
    return true;
}

bool virRemoteEventDispatch(virConnectPtr conn, const virRpcProc *proc, const guint8 *payload, gsize len, GError **error)
{
    const virRemoteEvent *kind = kindOf(proc);
    g_autoptr(GBytes) bytes = g_bytes_new(payload, len);

    if (!kind) {
        virWireConnectEventConnectionClosedMsg closed;
        if (!virXdrDecode(proc->args, payload, len, &closed, NULL, error))
            return false;
        virConnectClosed(conn, closed.reason);
        return true;
    }
    if (kind->legacy) {
        virDebug("ignoring the old form of %s, which we did not ask for", proc->name);
        return true;
    }
    return dispatch(conn, kind, proc, bytes, error);
}

/* ---- registration ---- */

static int add(virConnectPtr conn, const char *group, uint32_t program, int remoteId, virRemoteCallback cb,
               virConnectDomainEventCallback legacy, void *opaque, virFreeCallback freecb)
{
    virRemoteEvents *events = eventsOf(conn);
    GQueue early;
    Early *e;

    g_mutex_lock(&events->lock);
    Callback *c = g_new(Callback, 1);
    *c = (Callback){ 1, 0, events->last++, remoteId, program, group, legacy, cb, opaque, freecb };
    int id = c->id;
    g_ptr_array_add(events->callbacks, c);
    early = events->early;
    g_queue_init(&events->early);
    g_mutex_unlock(&events->lock);
    while ((e = g_queue_pop_head(&early))) {
        dispatch(conn, e->kind, e->proc, e->payload, NULL);
        earlyFree(e);
    }
    return id;
}

/* Takes the callback out of the list; its reference is the caller's. */
static Callback *removeCallback(virConnectPtr conn, const char *group, uint32_t program, int id, GError **error)
{
    virRemoteEvents *events = eventsOf(conn);
    Callback *found = NULL;

    g_mutex_lock(&events->lock);
    for (guint i = 0; !found && i < events->callbacks->len; i++) {
        Callback *c = events->callbacks->pdata[i];
        if (c->id == id && c->program == program && g_str_equal(c->group, group))
            found = g_ptr_array_steal_index(events->callbacks, i);
    }
    g_mutex_unlock(&events->lock);
    if (found)
        g_atomic_int_set(&found->removed, 1);
    else
        virSetError(error, VIR_ERR_INVALID_ARG, "could not find event callback %d for deletion", id);
    return found;
}

static int deregister(virConnectPtr conn, const char *group, uint32_t program, int number, int id, GError **error)
{
    virWireConnectNetworkEventDeregisterAnyArgs args;           /* the same for all: the number alone */
    Callback *c = removeCallback(conn, group, program, id, error);

    if (!c)
        return -1;
    args.callbackID = c->remoteId;
    bool done = virRemoteCall(conn, virRpcProcFind(program, number), NULL, &args, NULL, error);
    callbackUnref(c);
    return done ? 0 : -1;
}

#define REGISTER(NAME, OBJECT, ARG, GROUP, ON, OFF) \
    int virRemoteConnect##NAME##EventRegisterAny(virConnectPtr conn, vir##OBJECT##Ptr handle, int eventID, \
                                                 virConnect##NAME##EventGenericCallback cb, void *opaque, \
                                                 virFreeCallback freecb, GError **error) \
    { \
        virWire##OBJECT wire; \
        virWireConnect##NAME##EventRegisterAnyArgs args = { .eventID = eventID }; \
        virWireConnect##NAME##EventRegisterAnyRet ret = { 0 }; \
        if (handle) { \
            wire = virWireOf##OBJECT(handle); \
            args.ARG = &wire; \
        } \
        if (!virConnectCanDeliver(conn, error) || \
            !virRemoteCall(conn, virRpcProcFind(REMOTE, ON), NULL, &args, &ret, error)) \
            return -1; \
        return add(conn, GROUP, REMOTE, ret.result, (virRemoteCallback)cb, NULL, opaque, freecb); \
    } \
    int virRemoteConnect##NAME##EventDeregisterAny(virConnectPtr conn, int callbackID, GError **error) \
    { \
        return deregister(conn, GROUP, REMOTE, OFF, callbackID, error); \
    }

REGISTER(Network, Network, net, "network", 313, 314)
REGISTER(StoragePool, StoragePool, pool, "storage", 368, 369)
REGISTER(NodeDevice, NodeDevice, dev, "nodedev", 374, 375)
REGISTER(Secret, Secret, secret, "secret", 380, 381)

/* Domain events have a second pair of procedures, with numbers for callbacks; the first pair is for programs of old. */
static int domainRegister(virConnectPtr conn, virDomainPtr dom, int eventID, virRemoteCallback cb,
                          virConnectDomainEventCallback legacy, void *opaque, virFreeCallback freecb, GError **error)
{
    virWireDomain wire;
    virWireConnectDomainEventCallbackRegisterAnyArgs args = { .eventID = eventID };
    virWireConnectDomainEventCallbackRegisterAnyRet ret = { 0 };

    if (dom) {
        wire = virWireOfDomain(dom);
        args.dom = &wire;
    }
    if (!virConnectCanDeliver(conn, error) || !virRemoteCall(conn, virRpcProcFind(REMOTE, 316), NULL, &args, &ret, error))
        return -1;
    return add(conn, "hypervisor", REMOTE, ret.callbackID, cb, legacy, opaque, freecb);
}

int virRemoteConnectDomainEventRegisterAny(virConnectPtr conn, virDomainPtr dom, int eventID,
                                           virConnectDomainEventGenericCallback cb, void *opaque, virFreeCallback freecb,
                                           GError **error)
{
    return domainRegister(conn, dom, eventID, (virRemoteCallback)cb, NULL, opaque, freecb, error);
}

int virRemoteConnectDomainEventDeregisterAny(virConnectPtr conn, int callbackID, GError **error)
{
    return deregister(conn, "hypervisor", REMOTE, 317, callbackID, error);
}

int virRemoteConnectDomainEventRegister(virConnectPtr conn, virConnectDomainEventCallback cb, void *opaque,
                                        virFreeCallback freecb, GError **error)
{
    int id = domainRegister(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE, (virRemoteCallback)cb, cb, opaque, freecb, error);

    return id < 0 ? -1 : 0;
}

int virRemoteConnectDomainEventDeregister(virConnectPtr conn, virConnectDomainEventCallback cb, GError **error)
{
    virRemoteEvents *events = eventsOf(conn);
    int id = -1;

    g_mutex_lock(&events->lock);
    for (guint i = 0; i < events->callbacks->len; i++) {
        Callback *c = events->callbacks->pdata[i];
        if (c->legacy == cb)
            id = c->id;
    }
    g_mutex_unlock(&events->lock);
    return deregister(conn, "hypervisor", REMOTE, 317, id, error);
}

int virRemoteConnectDomainQemuMonitorEventRegister(virConnectPtr conn, virDomainPtr dom, const char *event,
                                                   virConnectDomainQemuMonitorEventCallback cb, void *opaque,
                                                   virFreeCallback freecb, unsigned int flags, GError **error)
{
    virWireDomain wire;
    virWireConnectDomainQemuMonitorEventRegisterArgs args = { .event = (char *)event, .flags = flags };
    virWireConnectDomainQemuMonitorEventRegisterRet ret = { 0 };

    if (dom) {
        wire = virWireOfDomain(dom);
        args.dom = &wire;
    }
    if (!virConnectCanDeliver(conn, error) || !virRemoteCall(conn, virRpcProcFind(QEMU, 4), NULL, &args, &ret, error))
        return -1;
    return add(conn, "hypervisor", QEMU, ret.result, (virRemoteCallback)cb, NULL, opaque, freecb);
}

int virRemoteConnectDomainQemuMonitorEventDeregister(virConnectPtr conn, int callbackID, GError **error)
{
    return deregister(conn, "hypervisor", QEMU, 5, callbackID, error);
}
