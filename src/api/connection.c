/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bodies of connection-level calls that no record can express: versions, close handlers, error handlers, statistics lists. */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "connect"
#include "api/entry.h"
#include "src/api/check.h"
#include "src/api/driver.h"
#include "base/error.h"
#include "base/log.h"

int virInitialize(void)
{
    static gsize once;

    if (g_once_init_enter(&once)) {
        virLogFromEnvironment();
        g_once_init_leave(&once, 1);
    }
    return 0;
}

/* Programs that never call it get their log settings all the same. */
static void __attribute__((constructor)) initialize(void)
{
    virInitialize();
}

int virGetVersion(unsigned long *libVer, const char *type, unsigned long *typeVer)
{
    virEntryBegin(__func__);
    if (!virEntryNonNull(NULL, libVer, "libVer", VIR_FROM_NONE, __func__))
        return -1;
    *libVer = LIBVIR_VERSION_NUMBER;
    if (typeVer)
        *typeVer = LIBVIR_VERSION_NUMBER;
    return 0;
}

int virConnectClose(virConnectPtr conn)
{
    if (!virEntryHandle(conn, &virConnectClass, VIR_FROM_NONE, __func__))
        return -1;
    int left = g_atomic_int_get(&conn->head.refs) - 1;
    virHandleUnref(conn);
    return left;
}

char *virApiConnectGetURI(virConnectPtr conn, GError **error)
{
    if (!virCheckHandle(conn, &virConnectClass, VIR_FROM_DOMAIN, "virConnectGetURI", error))
        return NULL;
    if (conn->hypervisor && conn->hypervisor->connectGetURI)
        return conn->hypervisor->connectGetURI(conn, error);
    if (!conn->uriText)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "the connection has no URI");
    return g_strdup(conn->uriText);
}

int virApiConnectGetLibVersion(virConnectPtr conn, unsigned long *libVer, GError **error)
{
    if (!virCheckHandle(conn, &virConnectClass, VIR_FROM_DOMAIN, "virConnectGetLibVersion", error) ||
        !virCheckNonNull(libVer, "libVer", VIR_FROM_DOMAIN, "virConnectGetLibVersion", error))
        return -1;
    if (conn->hypervisor && conn->hypervisor->connectGetLibVersion)
        return conn->hypervisor->connectGetLibVersion(conn, libVer, error);
    *libVer = LIBVIR_VERSION_NUMBER;
    return 0;
}

/* ---- what happens when the connection breaks ---- */

int virConnectRegisterCloseCallback(virConnectPtr conn, virConnectCloseFunc cb, void *opaque, virFreeCallback freecb)
{
    GError *error = NULL;

    if (!virEntryHandle(conn, &virConnectClass, VIR_FROM_DOMAIN, __func__) ||
        !virEntryNonNull(conn, (const void *)(gsize)cb, "cb", VIR_FROM_DOMAIN, __func__))
        return -1;
    g_mutex_lock(&conn->lock);
    bool taken = conn->close.func != NULL;
    if (!taken)
        conn->close = (virConnectCloseHandler){ cb, opaque, freecb };
    g_mutex_unlock(&conn->lock);
    if (!taken && conn->driver && conn->driver->watchClose)
        conn->driver->watchClose(conn, true);
    if (!taken)
        return 0;
    virErrorSet(&error, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_INVALID, "A close callback is already registered");
    virErrorDispatch(conn, error);
    return -1;
}

static virConnectCloseHandler closeTake(virConnectPtr conn)
{
    g_mutex_lock(&conn->lock);
    virConnectCloseHandler handler = conn->close;
    conn->close = (virConnectCloseHandler){ NULL };
    g_mutex_unlock(&conn->lock);
    return handler;
}

int virConnectUnregisterCloseCallback(virConnectPtr conn, virConnectCloseFunc cb)
{
    GError *error = NULL;

    if (!virEntryHandle(conn, &virConnectClass, VIR_FROM_DOMAIN, __func__) ||
        !virEntryNonNull(conn, (const void *)(gsize)cb, "cb", VIR_FROM_DOMAIN, __func__))
        return -1;
    g_mutex_lock(&conn->lock);
    bool same = conn->close.func == cb;
    g_mutex_unlock(&conn->lock);
    if (!same) {
        virErrorSet(&error, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_INVALID, "A different callback was requested");
        virErrorDispatch(conn, error);
        return -1;
    }
    virConnectCloseHandler handler = closeTake(conn);
    if (handler.free)
        handler.free(handler.opaque);
    if (conn->driver && conn->driver->watchClose)
        conn->driver->watchClose(conn, false);
    return 0;
}

void virConnectClosed(virConnectPtr conn, int reason)
{
    virConnectCloseHandler handler = closeTake(conn);

    if (handler.func)
        handler.func(conn, reason, handler.opaque);
    if (handler.free)
        handler.free(handler.opaque);
}

/* ---- a connection's own error handler ---- */

void virConnSetErrorFunc(virConnectPtr conn, void *userData, virErrorFunc handler)
{
    if (!virHandleIs(conn, &virConnectClass))
        return;
    g_mutex_lock(&conn->lock);
    conn->errorFunc = handler;
    conn->errorData = userData;
    g_mutex_unlock(&conn->lock);
}

void virErrorHandlerOf(virConnectPtr conn, virErrorFunc *handler, void **data)
{
    if (!conn)
        return;
    g_mutex_lock(&conn->lock);
    if (conn->errorFunc) {
        *handler = conn->errorFunc;
        *data = conn->errorData;
    }
    g_mutex_unlock(&conn->lock);
}

/* ---- statistics of several guests ---- */

static int statsEnd(virConnectPtr conn, int result, GError *error)
{
    virEntryEnd(conn, &virConnectClass, error, result < 0);
    return result;
}

int virConnectGetAllDomainStats(virConnectPtr conn, unsigned int stats, virDomainStatsRecordPtr **retStats,
                                unsigned int flags)
{
    GError *error = NULL;

    virEntryBegin(__func__);
    int n = virApiConnectGetDomainStats(conn, NULL, 0, stats, retStats, flags, &error);
    return statsEnd(conn, n, error);
}

int virDomainListGetStats(virDomainPtr *doms, unsigned int stats, virDomainStatsRecordPtr **retStats, unsigned int flags)
{
    GError *error = NULL;
    unsigned int n = 0;

    virEntryBegin(__func__);
    if (!virEntryNonNull(NULL, doms, "doms", VIR_FROM_DOMAIN, __func__))
        return -1;
    if (!doms[0]) {
        virErrorSetArg(&error, VIR_FROM_DOMAIN, __func__, "doms", "doms array in %s must contain at least one domain",
                       __func__);
        return statsEnd(NULL, -1, error);
    }
    for (; doms[n]; n++) {
        if (!virCheckHandle(doms[n], &virDomainClass, VIR_FROM_DOMAIN, __func__, &error))
            return statsEnd(NULL, -1, error);
        if (doms[n]->conn != doms[0]->conn) {
            virErrorSetArg(&error, VIR_FROM_DOMAIN, __func__, "doms",
                           "domains in 'doms' array must belong to a single connection in %s", __func__);
            return statsEnd(doms[0]->conn, -1, error);
        }
    }
    virConnectPtr conn = doms[0]->conn;
    int found = virApiConnectGetDomainStats(conn, doms, n, stats, retStats, flags, &error);
    return statsEnd(conn, found, error);
}

/* The structs are the caller's and may be smaller than ours: a program built long ago. */
#define SIZED_STATS(CALL, OP, STRUCT, WHAT) \
    int virApi##CALL(virDomainPtr dom, const char *WHAT, STRUCT##Ptr stats, size_t size, GError **error) \
    { \
        STRUCT##Struct full; \
        if (!virCheckHandle(dom, &virDomainClass, VIR_FROM_DOMAIN, "vir" #CALL, error) || \
            !virCheckNonNull(WHAT, #WHAT, VIR_FROM_DOMAIN, "vir" #CALL, error) || \
            !virCheckNonNull(stats, "stats", VIR_FROM_DOMAIN, "vir" #CALL, error)) \
            return -1; \
        if (size > sizeof(full)) { \
            virErrorSetArg(error, VIR_FROM_DOMAIN, "vir" #CALL, "size", "size must not exceed %zu", sizeof(full)); \
            return -1; \
        } \
        memset(&full, -1, sizeof(full)); \
        if (!dom->conn->hypervisor || !dom->conn->hypervisor->OP) { \
            virNoSupport(VIR_FROM_DOMAIN, "vir" #CALL, error); \
            return -1; \
        } \
        if (dom->conn->hypervisor->OP(dom, WHAT, &full, error) < 0) \
            return -1; \
        memcpy(stats, &full, size); \
        return 0; \
    }

SIZED_STATS(DomainBlockStats, domainBlockStats, virDomainBlockStats, disk)
SIZED_STATS(DomainInterfaceStats, domainInterfaceStats, virDomainInterfaceStats, device)

/* ---- what callers get and give back ---- */

void virDomainStatsRecordListFree(virDomainStatsRecordPtr *stats)
{
    for (virDomainStatsRecordPtr *next = stats; next && *next; next++) {
        virTypedParamsFree((*next)->params, (*next)->nparams);
        virHandleUnref((*next)->dom);
        g_free(*next);
    }
    g_free(stats);
}

void virDomainFSInfoFree(virDomainFSInfoPtr info)
{
    if (!info)
        return;
    g_free(info->mountpoint);
    g_free(info->name);
    g_free(info->fstype);
    for (size_t i = 0; i < info->ndevAlias; i++)
        g_free(info->devAlias[i]);
    g_free(info->devAlias);
    g_free(info);
}

void virDomainIOThreadInfoFree(virDomainIOThreadInfoPtr info)
{
    if (!info)
        return;
    g_free(info->cpumap);
    g_free(info);
}

void virDomainInterfaceFree(virDomainInterfacePtr iface)
{
    if (!iface)
        return;
    g_free(iface->name);
    g_free(iface->hwaddr);
    for (unsigned int i = 0; i < iface->naddrs; i++)
        g_free(iface->addrs[i].addr);
    g_free(iface->addrs);
    g_free(iface);
}

void virNetworkDHCPLeaseFree(virNetworkDHCPLeasePtr lease)
{
    if (!lease)
        return;
    g_free(lease->iface);
    g_free(lease->mac);
    g_free(lease->iaid);
    g_free(lease->ipaddr);
    g_free(lease->hostname);
    g_free(lease->clientid);
    g_free(lease);
}
