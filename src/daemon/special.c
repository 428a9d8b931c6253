/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Procedures that the server answers itself: opening and closing, what the wire can do. */
#define VIR_FROM VIR_FROM_RPC
#define VIR_LOG_NAME "daemon.special"
#include "daemon/daemon.h"
#include "daemon/events.h"
#include "api/driver.h"
#include "api/wire.h"
#include "base/error.h"
#include "src/api/driver.h"
#include <string.h>

enum { PROC_CONNECTION_CLOSED = 362 };

/* What a peer may ask of a connection (VIR_DRV_FEATURE_*); the others are the driver's to answer. */
enum {
    FEATURE_FD_PASSING = 8,
    FEATURE_TYPED_PARAM_STRING = 9,
    FEATURE_PROGRAM_KEEPALIVE = 10,
    FEATURE_REMOTE_EVENT_CALLBACK = 14,
    FEATURE_REMOTE_CLOSE_CALLBACK = 15,
    FEATURE_NETWORK_UPDATE_HAS_CORRECT_ORDER = 16,
};

static bool connectOpen(virRpcServerCall *call, const void *data, void *ret, GError **error)
{
    const virWireConnectOpenArgs *args = data;
    unsigned int flags = (args->flags & VIR_CONNECT_RO) | (call->client->readonly ? VIR_CONNECT_RO : 0);
    if (call->conn) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "connection already open");
        return false;
    }
    if (!virDaemonAwaitDrivers(error))
        return false;
    call->conn = virConnectOpenName(args->name, NULL, flags, error);
    if (call->conn)
        call->conn->deliverDirectly = true;
    return call->conn != NULL;
}

static bool connectClose(virRpcServerCall *call, const void *data, void *ret, GError **error)
{
    call->client->closing = true;
    return true;
}

static bool supportsFeature(virRpcServerCall *call, const void *data, void *out, GError **error)
{
    const virWireConnectSupportsFeatureArgs *args = data;
    virWireConnectSupportsFeatureRet *ret = out;
    if (args->feature == FEATURE_PROGRAM_KEEPALIVE)
        virServerClientKeepAlive(call->client);
    switch (args->feature) {
    case FEATURE_FD_PASSING:
    case FEATURE_TYPED_PARAM_STRING:
    case FEATURE_PROGRAM_KEEPALIVE:
    case FEATURE_REMOTE_EVENT_CALLBACK:
    case FEATURE_REMOTE_CLOSE_CALLBACK:
    case FEATURE_NETWORK_UPDATE_HAS_CORRECT_ORDER:
        ret->result = 1;
        return true;
    }
    if (!call->conn) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "hypervisor connection not open");
        return false;
    }
    if (!call->conn->hypervisor || !call->conn->hypervisor->connectSupportsFeature)
        return true;
    ret->result = call->conn->hypervisor->connectSupportsFeature(call->conn, args->feature, error);
    return ret->result >= 0;
}

/* Local drivers talk to things that end, too: what breaks behind our connection breaks the client's. */
static void connectionBroke(virConnectPtr conn, int reason, void *client)
{
    const virRpcProgram *program = virRpcProgramFind(VIR_PROGRAM_REMOTE);
    virWireConnectEventConnectionClosedMsg msg = { .reason = reason };
    virServerClientSendEvent(client, program, virRpcProcFind(program->number, PROC_CONNECTION_CLOSED), &msg);
}

static void forgetClient(void *client)
{
    virServerClientUnref(client);
}

static bool registerClose(virRpcServerCall *call, const void *data, void *ret, GError **error)
{
    if (!call->conn) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "hypervisor connection not open");
        return false;
    }
    if (virConnectRegisterCloseCallback(call->conn, connectionBroke, virServerClientRef(call->client), forgetClient) == 0)
        return true;
    virServerClientUnref(call->client);
    virErrorSetPublic(error, virGetLastError());
    return false;
}

void virServerForgetClose(virConnectPtr conn)
{
    g_mutex_lock(&conn->lock);
    bool ours = conn->close.func == connectionBroke;
    g_mutex_unlock(&conn->lock);
    if (ours)
        virConnectUnregisterCloseCallback(conn, connectionBroke);
}

static bool unregisterClose(virRpcServerCall *call, const void *data, void *ret, GError **error)
{
    if (call->conn && virConnectUnregisterCloseCallback(call->conn, connectionBroke) == 0)
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "the client has no close callback registered");
    return false;
}

static bool admOpen(virRpcServerCall *call, const void *data, void *ret, GError **error)
{
    if (!call->admin)
        call->admin = virServerAdminConnect();
    return true;
}

/* Opening what is there already need not leave the I/O thread. */
bool virServerSpecialAtOnce(const virRpcProc *proc, const void *data)
{
    const virWireConnectOpenArgs *args = data;
    return g_str_equal(proc->name, "virConnectOpen") && virDaemonHasDrivers() && virConnectOpensAtOnce(args->name);
}

static const struct {
    const char *name;
    virRpcThunk run;
    bool quick;
} specials[] = {
    { "virConnectOpen", connectOpen, false },
    { "virConnectClose", connectClose, true },
    { "virConnectSupportsFeature", supportsFeature, true },
    { "virConnectRegisterCloseCallback", registerClose, true },
    { "virConnectUnregisterCloseCallback", unregisterClose, true },
    { "virAdmConnectOpen", admOpen, true },
    { "virAdmConnectClose", connectClose, true },
};

virRpcThunk virServerSpecialFind(const virRpcProc *proc, bool *quick)
{
    for (gsize i = 0; i < G_N_ELEMENTS(specials); i++) {
        if (g_str_equal(specials[i].name, proc->name)) {
            *quick = specials[i].quick;
            return specials[i].run;
        }
    }
    *quick = false;
    return virServerAuthFind(proc, quick);
}
