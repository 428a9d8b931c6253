/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening and closing a connection over the wire, and the few operations that are answered on this side of it. */
#define VIR_FROM VIR_FROM_REMOTE
#define VIR_LOG_NAME "remote"
#include "client/target.h"
#include "api/stubs.h"
#include "api/wire.h"
#include "base/log.h"
#include "client/remote.h"
#include "src/api/clientconf.h"
#include "src/api/driver.h"
#include "src/client/events.h"

enum {
    PROC_OPEN = 1, PROC_CLOSE = 2, PROC_FEATURE = 60, PROC_AUTH_LIST = 66, PROC_AUTH_POLKIT = 70, PROC_GET_URI = 110,
    PROC_REGISTER_CLOSE = 360, PROC_UNREGISTER_CLOSE = 361,
};

/* What a peer may be able to do; the numbers travel. */
enum { FEATURE_REMOTE = 2, FEATURE_KEEPALIVE = 10, FEATURE_CLOSE_CALLBACK = 15 };

virRemote *virRemoteOf(virConnectPtr conn)
{
    bool ours = conn && (conn->driver == &virRemoteConnectDriver || conn->driver == &virRemoteAdminCarrier);
    return ours ? conn->priv : NULL;
}

static bool simpleCall(virRemote *r, int number, const void *args, void *ret, GError **error)
{
    return virRemoteCallOn(r, virRpcProcFind(VIR_PROGRAM_REMOTE, number), NULL, args, ret, error);
}

/* ---- the handshake ---- */

static bool authenticate(virRemote *r, GError **error)
{
    virWireAuthListRet list = { 0 };
    virWireAuthPolkitRet polkit = { 0 };
    g_autofree int *types = NULL;

    if (!simpleCall(r, PROC_AUTH_LIST, NULL, &list, error))
        return false;
    types = list.types;
    for (unsigned int i = 0; i < list.typesLen; i++) {
        if (types[i] == 0)
            return true;
        if (types[i] == 2)
            return simpleCall(r, PROC_AUTH_POLKIT, NULL, &polkit, error);
        virSetError(error, VIR_ERR_AUTH_FAILED, types[i] == 1 ?
                    "the daemon asks for SASL authentication, which is not built in yet" :
                    "unsupported authentication type %d", types[i]);
        return false;
    }
    return true;
}

static bool featureAsk(virRemote *r, int feature)
{
    virWireConnectSupportsFeatureArgs args = { feature };
    virWireConnectSupportsFeatureRet ret = { 0 };
    return simpleCall(r, PROC_FEATURE, &args, &ret, NULL) && ret.result;
}

static bool adoptUri(virConnectPtr conn, virRemote *r, GError **error)
{
    virWireConnectGetURIRet ret = { 0 };
    g_autoptr(GError) cause = NULL;

    if (!simpleCall(r, PROC_GET_URI, NULL, &ret, error))
        return false;
    conn->uriText = ret.result;
    conn->uri = g_uri_parse(ret.result, G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED, &cause);
    if (conn->uri)
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "the daemon answered the URI '%s', which cannot be read: %s", ret.result, cause->message);
    return false;
}

static bool handshake(virConnectPtr conn, virRemote *r, const virRemoteTarget *t, GError **error)
{
    virWireConnectOpenArgs args = { .name = t->name ? t->name : (char *)"", .flags = conn->flags & ~(unsigned int)VIR_CONNECT_NO_ALIASES };

    if (!authenticate(r, error))
        return false;
    /* Asking tells the daemon that pings will be answered: only an event loop does that reliably. */
    r->serverAnswersPings = r->watch >= 0 && featureAsk(r, FEATURE_KEEPALIVE);
    if (!simpleCall(r, PROC_OPEN, &args, NULL, error))
        return false;
    return conn->uriText || adoptUri(conn, r, error);
}

/* ---- operations of ours ---- */

static int remoteIsAlive(virConnectPtr conn, GError **error)
{
    return virRemoteAlive(virRemoteOf(conn));
}

static char *remoteGetURI(virConnectPtr conn, GError **error)
{
    return g_strdup(conn->uriText);
}

static int remoteIsSecure(virConnectPtr conn, GError **error)
{
    int far = virRemoteHypervisorDriver.connectIsSecure(conn, error);
    return far > 0 ? virRemoteOf(conn)->unixSocket : far;
}

static int remoteIsEncrypted(virConnectPtr conn, GError **error)
{
    return 0;                   /* no transport of ours is, so far; the daemon's own way on does not count */
}

/* Features of the wire are ours to answer, those of the hypervisor are the daemon's. Answers are kept. */
static int remoteSupportsFeature(virConnectPtr conn, int feature, GError **error)
{
    virRemote *r = virRemoteOf(conn);
    if (feature == FEATURE_REMOTE)
        return 1;
    if (feature < 0 || feature >= (int)G_N_ELEMENTS(r->features))
        return virRemoteHypervisorDriver.connectSupportsFeature(conn, feature, error);
    if (!r->features[feature]) {
        int answer = virRemoteHypervisorDriver.connectSupportsFeature(conn, feature, error);
        if (answer < 0)
            return -1;
        r->features[feature] = answer + 1;
    }
    return r->features[feature] - 1;
}

static const virHypervisorDriver *remoteHypervisor(void)
{
    static virHypervisorDriver driver;
    static gsize once;
    if (g_once_init_enter(&once)) {
        driver = virRemoteHypervisorDriver;
        driver.connectGetURI = remoteGetURI;
        driver.connectIsAlive = remoteIsAlive;
        driver.connectIsSecure = remoteIsSecure;
        driver.connectIsEncrypted = remoteIsEncrypted;
        driver.connectSetKeepAlive = virRemoteSetKeepAlive;
        driver.connectSupportsFeature = remoteSupportsFeature;
        g_once_init_leave(&once, 1);
    }
    return &driver;
}

/* ---- open and close ---- */

static bool remoteOpen(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    g_autofree char *mode = virClientConfigString("remote_mode");
    g_autoptr(virRemoteTarget) t = virRemoteTargetNew(conn->uri, flags & VIR_CONNECT_RO, mode, error);
    int fd = t ? virRemoteConnect(t, error) : -1;
    if (fd < 0)
        return false;
    g_autoptr(virRemote) r = virRemoteNew(fd, conn);
    r->unixSocket = t->transport == VIR_TRANSPORT_UNIX;
    virRemoteLoopStart(r);
    if (!handshake(conn, r, t, error)) {
        virRemoteLoopStop(r);
        virRemoteShutdown(r);
        return false;
    }
    r->open = true;
    conn->priv = g_steal_pointer(&r);
    conn->driver = &virRemoteConnectDriver;
    conn->hypervisor = remoteHypervisor();
    conn->network = &virRemoteNetworkDriver;
    conn->interface = &virRemoteInterfaceDriver;
    conn->storage = &virRemoteStorageDriver;
    conn->nodedev = &virRemoteNodeDeviceDriver;
    conn->secret = &virRemoteSecretDriver;
    conn->nwfilter = &virRemoteNWFilterDriver;
    if (t->keepaliveInterval > 0)
        virRemoteSetKeepAlive(conn, t->keepaliveInterval, t->keepaliveCount, NULL);
    return true;
}

static void remoteClose(virConnectPtr conn)
{
    virRemote *r = conn->priv;

    g_mutex_lock(&r->lock);
    r->conn = NULL;
    r->open = false;
    bool broken = r->broken != NULL;
    virRemoteUnlock(r);
    if (!broken)
        simpleCall(r, PROC_CLOSE, NULL, NULL, NULL);
    virRemoteLoopStop(r);
    virRemoteShutdown(r);
    virRemoteEventsFree(conn);
    virRemoteUnref(r);
    conn->priv = NULL;
}

/* What breaks behind the daemon's own connection is told to us only when asked for. */
static void remoteWatchClose(virConnectPtr conn, bool on)
{
    virRemote *r = virRemoteOf(conn);
    if (virRemoteAlive(r) && remoteSupportsFeature(conn, FEATURE_CLOSE_CALLBACK, NULL) > 0)
        simpleCall(r, on ? PROC_REGISTER_CLOSE : PROC_UNREGISTER_CLOSE, NULL, NULL, NULL);
}

const virConnectDriver virRemoteConnectDriver = {
    .name = "remote",
    .insideClient = true,
    .open = remoteOpen,
    .close = remoteClose,
    .watchClose = remoteWatchClose,
};
