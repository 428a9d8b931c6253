/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Thunks that register events for a client. The local connection calls back with a virServerEvent, which knows the client. */
#define VIR_FROM VIR_FROM_RPC
#define VIR_LOG_NAME "daemon.events"
#include "src/daemon/events.h"
#include "src/daemon/thunk.h"
#include "api/entry.h"
#include "api/thunks.h"
#include "base/log.h"
#include <libvirt/libvirt-qemu.h>

struct _virServerEvent {
    gint refs;
    GMutex lock;                        /* held while registering: the number is known when the first event goes out */
    struct _virServerClient *client;    /* NULL: dropped */
    const virServerEventKind *kind;
    bool legacy;
    int callbackID;
};

static GMutex allLock;
static GPtrArray *all;                  /* of virServerEvent: few for each client, so a list will do */

static void eventUnref(void *data)
{
    virServerEvent *e = data;

    if (!g_atomic_int_dec_and_test(&e->refs))
        return;
    g_mutex_clear(&e->lock);
    g_free(e);
}

int virServerEventID(virServerEvent *event)
{
    g_mutex_lock(&event->lock);
    int id = event->callbackID;
    g_mutex_unlock(&event->lock);
    return id;
}

void virServerEventSend(virServerEvent *event, const void *msg)
{
    const virRpcProc *proc = virRpcProcFind(event->kind->program, event->legacy ? event->kind->legacy : event->kind->number);

    g_mutex_lock(&event->lock);
    if (event->client)
        virServerClientSendEvent(event->client, virRpcProgramFind(event->kind->program), proc, msg);
    g_mutex_unlock(&event->lock);
}

static const virServerEventKind *kindOf(uint32_t program, const char *group, int id, bool legacy, GError **error)
{
    for (const virServerEventKind *k = virServerEventKinds; k->program; k++)
        if (k->program == program && k->id == id && g_str_equal(k->group, group) && (!legacy || k->legacy))
            return k;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "unsupported event ID %d", id);
    return NULL;
}

/* One reference is the list's, the other goes with the driver's registration. */
static virServerEvent *eventNew(virRpcServerCall *call, const virServerEventKind *kind, bool legacy)
{
    virServerEvent *e = g_new0(virServerEvent, 1);

    e->refs = 2;
    e->client = call->client;
    e->kind = kind;
    e->legacy = legacy;
    g_mutex_init(&e->lock);
    return e;
}

/* After the driver answered: keep the event, or drop both references. */
static bool eventKeep(virServerEvent *e, int callbackID)
{
    e->callbackID = callbackID;
    g_mutex_unlock(&e->lock);
    if (callbackID < 0) {
        eventUnref(e);
        eventUnref(e);
        return false;
    }
    g_mutex_lock(&allLock);
    if (!all)
        all = g_ptr_array_new();
    g_ptr_array_add(all, e);
    g_mutex_unlock(&allLock);
    return true;
}

/* Takes an event of the client out of the list. */
static virServerEvent *eventTake(struct _virServerClient *client, uint32_t program, const char *group, bool legacy, int id,
                                 bool byKind, GError **error)
{
    virServerEvent *found = NULL;

    g_mutex_lock(&allLock);
    for (guint i = 0; all && !found && i < all->len; i++) {
        virServerEvent *e = all->pdata[i];
        if (e->client == client && e->kind->program == program && e->legacy == legacy &&
            g_str_equal(e->kind->group, group) && (byKind ? e->kind->id : e->callbackID) == id)
            found = g_ptr_array_steal_index_fast(all, i);
    }
    g_mutex_unlock(&allLock);
    if (!found)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, byKind ? "domain event %d not registered" :
                    "event callback %d not registered", id);
    return found;
}

static void eventDetach(virServerEvent *e)
{
    g_mutex_lock(&e->lock);
    e->client = NULL;
    g_mutex_unlock(&e->lock);
    eventUnref(e);
}

static int driverDeregister(virConnectPtr conn, const virServerEventKind *kind, int id, GError **error)
{
    if (kind->program != VIR_PROGRAM_REMOTE)
        return virApiConnectDomainQemuMonitorEventDeregister(conn, id, error);
    switch (kind->group[0] | kind->group[1] << 8) {
    case 'h' | 'y' << 8: return virApiConnectDomainEventDeregisterAny(conn, id, error);
    case 'n' | 'e' << 8: return virApiConnectNetworkEventDeregisterAny(conn, id, error);
    case 's' | 't' << 8: return virApiConnectStoragePoolEventDeregisterAny(conn, id, error);
    case 'n' | 'o' << 8: return virApiConnectNodeDeviceEventDeregisterAny(conn, id, error);
    default: return virApiConnectSecretEventDeregisterAny(conn, id, error);
    }
}

void virServerEventsDrop(struct _virServerClient *client, virConnectPtr conn)
{
    g_autoptr(GPtrArray) mine = g_ptr_array_new();

    g_mutex_lock(&allLock);
    for (guint i = all ? all->len : 0; i-- > 0;)
        if (((virServerEvent *)all->pdata[i])->client == client)
            g_ptr_array_add(mine, g_ptr_array_steal_index_fast(all, i));
    g_mutex_unlock(&allLock);
    for (guint i = 0; i < mine->len; i++) {
        virServerEvent *e = mine->pdata[i];
        g_autoptr(GError) error = NULL;
        if (conn && driverDeregister(conn, e->kind, e->callbackID, &error) < 0)
            virWarn("cannot deregister callback %d: %s", e->callbackID, error->message);
        eventDetach(e);
    }
}

static bool deregister(virRpcServerCall *call, uint32_t program, const char *group, bool legacy, int id, bool byKind,
                       GError **error)
{
    if (!virThunkOpen(call, error))
        return false;
    virServerEvent *e = eventTake(call->client, program, group, legacy, id, byKind, error);
    if (!e)
        return false;
    int rc = driverDeregister(call->conn, e->kind, e->callbackID, error);
    eventDetach(e);
    return rc >= 0;
}

#define EVENTS(NAME, OBJECT, ARG, GROUP) \
    bool virThunkConnect##NAME##EventRegisterAny(virRpcServerCall *call, const void *argsData, void *retData, GError **error) \
    { \
        const virWireConnect##NAME##EventRegisterAnyArgs *args = argsData; \
        virWireConnect##NAME##EventRegisterAnyRet *ret = retData; \
        const virServerEventKind *kind = kindOf(VIR_PROGRAM_REMOTE, GROUP, args->eventID, false, error); \
        if (!kind || !virThunkOpen(call, error)) \
            return false; \
        g_autoptr(vir##OBJECT) handle = args->ARG ? virWireNew##OBJECT(call->conn, args->ARG) : NULL; \
        virServerEvent *e = eventNew(call, kind, false); \
        g_mutex_lock(&e->lock); \
        ret->result = virApiConnect##NAME##EventRegisterAny(call->conn, handle, kind->id, \
                                                            (virConnect##NAME##EventGenericCallback)kind->callback, e, \
                                                            eventUnref, error); \
        return eventKeep(e, ret->result); \
    } \
    bool virThunkConnect##NAME##EventDeregisterAny(virRpcServerCall *call, const void *argsData, void *retData, \
                                                   GError **error) \
    { \
        const virWireConnect##NAME##EventDeregisterAnyArgs *args = argsData; \
        return deregister(call, VIR_PROGRAM_REMOTE, GROUP, false, args->callbackID, false, error); \
    }

EVENTS(Network, Network, net, "network")
EVENTS(StoragePool, StoragePool, pool, "storage")
EVENTS(NodeDevice, NodeDevice, dev, "nodedev")
EVENTS(Secret, Secret, secret, "secret")

/* ---- domain events: with numbers, and the two older forms without ---- */

static int domainRegister(virRpcServerCall *call, const virWireDomain *wire, int id, bool legacy, GError **error)
{
    const virServerEventKind *kind = kindOf(VIR_PROGRAM_REMOTE, "hypervisor", id, legacy, error);

    if (!kind || !virThunkOpen(call, error))
        return -1;
    g_autoptr(virDomain) dom = wire ? virWireNewDomain(call->conn, wire) : NULL;
    virServerEvent *e = eventNew(call, kind, legacy);
    g_mutex_lock(&e->lock);
    int rc = virApiConnectDomainEventRegisterAny(call->conn, dom, id, (virConnectDomainEventGenericCallback)kind->callback, e,
                                                 eventUnref, error);
    return eventKeep(e, rc) ? rc : -1;
}

bool virThunkConnectDomainEventCallbackRegisterAny(virRpcServerCall *call, const void *argsData, void *retData, GError **error)
{
    const virWireConnectDomainEventCallbackRegisterAnyArgs *args = argsData;
    virWireConnectDomainEventCallbackRegisterAnyRet *ret = retData;

    ret->callbackID = domainRegister(call, args->dom, args->eventID, false, error);
    return ret->callbackID >= 0;
}

bool virThunkConnectDomainEventCallbackDeregisterAny(virRpcServerCall *call, const void *argsData, void *retData,
                                                     GError **error)
{
    const virWireConnectDomainEventCallbackDeregisterAnyArgs *args = argsData;

    return deregister(call, VIR_PROGRAM_REMOTE, "hypervisor", false, args->callbackID, false, error);
}

bool virThunkConnectDomainEventRegisterAny(virRpcServerCall *call, const void *argsData, void *retData, GError **error)
{
    const virWireConnectDomainEventRegisterAnyArgs *args = argsData;

    return domainRegister(call, NULL, args->eventID, true, error) >= 0;
}

bool virThunkConnectDomainEventDeregisterAny(virRpcServerCall *call, const void *argsData, void *retData, GError **error)
{
    const virWireConnectDomainEventDeregisterAnyArgs *args = argsData;

    return deregister(call, VIR_PROGRAM_REMOTE, "hypervisor", true, args->eventID, true, error);
}

bool virThunkConnectDomainEventRegister(virRpcServerCall *call, const void *argsData, void *retData, GError **error)
{
    virWireConnectDomainEventRegisterRet *ret = retData;

    ret->result = 1;
    return domainRegister(call, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE, true, error) >= 0;
}

bool virThunkConnectDomainEventDeregister(virRpcServerCall *call, const void *argsData, void *retData, GError **error)
{
    return deregister(call, VIR_PROGRAM_REMOTE, "hypervisor", true, VIR_DOMAIN_EVENT_ID_LIFECYCLE, true, error);
}

bool virThunkConnectDomainQemuMonitorEventRegister(virRpcServerCall *call, const void *argsData, void *retData, GError **error)
{
    const virWireConnectDomainQemuMonitorEventRegisterArgs *args = argsData;
    virWireConnectDomainQemuMonitorEventRegisterRet *ret = retData;
    const virServerEventKind *kind = kindOf(VIR_PROGRAM_QEMU, "hypervisor", -1, false, error);

    if (!kind || !virThunkOpen(call, error))
        return false;
    g_autoptr(virDomain) dom = args->dom ? virWireNewDomain(call->conn, args->dom) : NULL;
    virServerEvent *e = eventNew(call, kind, false);
    g_mutex_lock(&e->lock);
    ret->result = virApiConnectDomainQemuMonitorEventRegister(
        call->conn, dom, args->event, (virConnectDomainQemuMonitorEventCallback)kind->callback, e, eventUnref, args->flags,
        error);
    return eventKeep(e, ret->result);
}

bool virThunkConnectDomainQemuMonitorEventDeregister(virRpcServerCall *call, const void *argsData, void *retData,
                                                     GError **error)
{
    const virWireConnectDomainQemuMonitorEventDeregisterArgs *args = argsData;

    return deregister(call, VIR_PROGRAM_QEMU, "hypervisor", false, args->callbackID, false, error);
}
