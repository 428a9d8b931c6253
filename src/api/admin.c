/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt-admin: the calls that are not driver calls. */
#define VIR_FROM VIR_FROM_ADMIN
#define VIR_LOG_NAME "admin"
#include "src/api/check.h"
#include "src/api/driver.h"
#include "src/api/admin.h"
#include "base/error.h"

int virAdmInitialize(void)
{
    return virInitialize();
}

int virAdmGetVersion(unsigned long long *libVer)
{
    virEntryBegin(__func__);
    if (!virEntryNonNull(NULL, libVer, "libVer", VIR_FROM, __func__))
        return -1;
    *libVer = LIBVIR_VERSION_NUMBER;
    return 0;
}

virAdmConnectPtr virAdmConnectOpen(const char *name, unsigned int flags)
{
    g_autoptr(virAdmConnect) conn = virAdmConnectNew();
    GError *error = NULL;

    virEntryBegin(__func__);
    if (virAdmOpen(conn, name, flags, &error))
        return g_steal_pointer(&conn);
    virErrorDispatch(NULL, error);
    return NULL;
}

int virAdmConnectClose(virAdmConnectPtr conn)
{
    if (!virEntryHandle(conn, &virAdmConnectClass, VIR_FROM, __func__))
        return -1;
    int left = g_atomic_int_get(&conn->head.refs) - 1;
    virHandleUnref(conn);
    return left;
}

char *virAdmConnectGetURI(virAdmConnectPtr conn)
{
    if (!virEntryHandle(conn, &virAdmConnectClass, VIR_FROM, __func__))
        return NULL;
    return g_strdup(conn->uriText);
}

int virAdmConnectIsAlive(virAdmConnectPtr conn)
{
    if (!virEntryHandle(conn, &virAdmConnectClass, VIR_FROM, __func__))
        return -1;
    return conn->conn ? virConnectIsAlive(conn->conn) : 1;
}

/* The broken wire tells the admin connection's program. */
static void closed(virConnectPtr wire, int reason, void *opaque)
{
    virAdmConnectPtr conn = opaque;

    g_mutex_lock(&conn->lock);
    virAdmConnectCloseFunc func = conn->close.func;
    void *data = conn->close.opaque;
    g_mutex_unlock(&conn->lock);
    if (func)
        func(conn, reason, data);
}

int virAdmConnectRegisterCloseCallback(virAdmConnectPtr conn, virAdmConnectCloseFunc cb, void *opaque, virFreeCallback freecb)
{
    GError *error = NULL;

    if (!virEntryHandle(conn, &virAdmConnectClass, VIR_FROM, __func__) ||
        !virEntryNonNull(NULL, (const void *)(gsize)cb, "cb", VIR_FROM, __func__))
        return -1;
    g_mutex_lock(&conn->lock);
    bool taken = conn->close.func != NULL;
    if (!taken) {
        conn->close.func = cb;
        conn->close.opaque = opaque;
        conn->close.free = freecb;
    }
    g_mutex_unlock(&conn->lock);
    if (taken) {
        virSetError(&error, VIR_ERR_OPERATION_INVALID, "A close callback is already registered");
        virErrorDispatch(NULL, error);
        return -1;
    }
    return conn->conn ? virConnectRegisterCloseCallback(conn->conn, closed, conn, NULL) : 0;
}

int virAdmConnectUnregisterCloseCallback(virAdmConnectPtr conn, virAdmConnectCloseFunc cb)
{
    GError *error = NULL;

    if (!virEntryHandle(conn, &virAdmConnectClass, VIR_FROM, __func__) ||
        !virEntryNonNull(NULL, (const void *)(gsize)cb, "cb", VIR_FROM, __func__))
        return -1;
    g_mutex_lock(&conn->lock);
    bool same = conn->close.func == cb;
    virFreeCallback freecb = conn->close.free;
    void *data = conn->close.opaque;
    if (same)
        memset(&conn->close, 0, sizeof(conn->close));
    g_mutex_unlock(&conn->lock);
    if (!same) {
        virSetError(&error, VIR_ERR_OPERATION_INVALID, "A different callback was requested");
        virErrorDispatch(NULL, error);
        return -1;
    }
    if (freecb)
        freecb(data);
    return conn->conn ? virConnectUnregisterCloseCallback(conn->conn, closed) : 0;
}
