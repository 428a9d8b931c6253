/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt-admin's way to a daemon: the same wire as other connections, with another program on it and another handshake. */
#define VIR_FROM VIR_FROM_ADMIN
#define VIR_LOG_NAME "admin"
#include "src/api/admin.h"
#include "api/stubs.h"
#include "api/wire.h"
#include "client/remote.h"
#include "client/target.h"
#include "src/api/clientconf.h"
#include "src/api/driver.h"
#include <unistd.h>

enum { PROC_OPEN = 1, PROC_CLOSE = 2 };

/* The carrier of the wire: a connection that serves no call but those of the admin program. */
static void carrierClose(virConnectPtr conn)
{
    virRemote *r = conn->priv;

    g_mutex_lock(&r->lock);
    r->conn = NULL;
    r->open = false;
    bool broken = r->broken != NULL;
    virRemoteUnlock(r);
    if (!broken)
        virRemoteCallOn(r, virRpcProcFind(VIR_PROGRAM_ADMIN, PROC_CLOSE), NULL, NULL, NULL, NULL);
    virRemoteLoopStop(r);
    virRemoteShutdown(r);
    virRemoteUnref(r);
}

static int carrierIsAlive(virConnectPtr conn, GError **error)
{
    return virRemoteAlive(virRemoteOf(conn));
}

static const virHypervisorDriver carrierTable = { .connectIsAlive = carrierIsAlive };

const virConnectDriver virRemoteAdminCarrier = { .name = "admin", .insideClient = true, .close = carrierClose };

static bool chooseUri(const char *name, char **text, GError **error)
{
    g_autoptr(virConf) conf = virClientConfig("libvirt-admin.conf", error);
    const char *env = g_getenv("LIBVIRT_ADMIN_DEFAULT_URI");
    if (!conf)
        return false;
    if (name && *name)
        *text = virClientConfigAlias(conf, name, error);
    else if (env && *env)
        *text = g_strdup(env);
    else if (!virConfGetString(conf, "uri_default", text, error))
        return false;
    else if (!*text)
        *text = g_strdup(geteuid() == 0 ? "libvirtd:///system" : "libvirtd:///session");
    return *text != NULL;
}

bool virAdmOpen(virAdmConnectPtr adm, const char *name, unsigned int flags, GError **error)
{
    g_autofree char *text = NULL;
    virWireAdmConnectOpenArgs args = { flags };
    if (!virFlagsCheck(flags, 0, VIR_FROM, "virAdmConnectOpen", error) || !chooseUri(name, &text, error))
        return false;
    g_autoptr(GUri) uri = virConnectParseUri(text, error);
    g_autoptr(virRemoteTarget) t = uri ? virAdminTargetNew(uri, error) : NULL;
    int fd = t ? virRemoteConnect(t, error) : -1;
    if (fd < 0)
        return false;
    g_autoptr(virConnect) conn = virConnectNew();
    g_autoptr(virRemote) r = virRemoteNew(fd, conn);
    r->unixSocket = true;
    virRemoteLoopStart(r);
    if (!virRemoteCallOn(r, virRpcProcFind(VIR_PROGRAM_ADMIN, PROC_OPEN), NULL, &args, NULL, error)) {
        virRemoteLoopStop(r);
        virRemoteShutdown(r);
        return false;
    }
    r->open = r->serverAnswersPings = true;
    conn->priv = g_steal_pointer(&r);
    conn->driver = &virRemoteAdminCarrier;
    conn->hypervisor = &carrierTable;
    adm->conn = g_steal_pointer(&conn);
    adm->admin = &virRemoteAdminDriver;
    adm->uriText = g_steal_pointer(&text);
    return true;
}
