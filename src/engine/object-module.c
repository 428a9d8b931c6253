/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the drivers of the host's objects (networks, filters, secrets, pools …) share as modules: folders, URIs, the bare connection. */
#define VIR_FROM VIR_FROM_NONE
#include "engine/object.h"
#include "engine/hypervisor.h"
#include "src/api/connect.h"
#include "src/api/driver.h"
#include <unistd.h>

char *virObjectFolder(bool privileged, const char *root, bool run, const char *path)
{
    if (root)
        return g_build_filename(root, run ? "run" : "etc", path, NULL);
    if (privileged)
        return g_build_filename(run ? VIR_RUNSTATEDIR : VIR_SYSCONFDIR, "libvirt", path, NULL);
    return g_build_filename(run ? g_get_user_runtime_dir() : g_get_user_config_dir(), "libvirt", path, NULL);
}

bool virObjectUriFits(virConnectPtr conn, bool running, bool privileged, GError **error)
{
    const char *path = g_uri_get_path(conn->uri), *scheme = g_uri_get_scheme(conn->uri);
    const char *own = privileged ? "/system" : "/session";
    if (!running)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "%s state driver is not active", scheme);
    else if (g_strcmp0(path, own) != 0)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "unexpected %s URI path '%s', try %s://%s", scheme, path, scheme, own);
    return running && g_strcmp0(path, own) == 0;
}

const virHypervisorDriver *virObjectConnectDriver(void)
{
    static virHypervisorDriver table;
    static gsize once;
    if (g_once_init_enter(&once)) {
        table.connectGetHostname = virEngineDriver.connectGetHostname;
        table.connectIsAlive = virEngineDriver.connectIsAlive;
        table.connectIsSecure = virEngineDriver.connectIsSecure;
        table.connectIsEncrypted = virEngineDriver.connectIsEncrypted;
        g_once_init_leave(&once, 1);
    }
    return &table;
}

/* ---- secrets of what these objects stand on ---- */

static virConnectPtr secretConnection(GError **error)
{
    virConnectPtr conn = virConnectOpenName(geteuid() == 0 ? "secret:///system" : "secret:///session", NULL, 0, error);
    if (conn)
        conn->trusted = true;
    return conn;
}

GBytes *virObjectSecretValue(const virStorageSecret *ref, int usage, GError **error)
{
    g_autoptr(virConnect) conn = secretConnection(error);
    if (!conn)
        return NULL;
    g_autoptr(virSecret) secret = ref->usage ? conn->secret->secretLookupByUsage(conn, usage, ref->usage, error)
                                             : conn->secret->secretLookupByUUID(conn, ref->uuid, error);
    size_t size = 0;
    unsigned char *value = secret ? conn->secret->secretGetValue(secret, &size, 0, error) : NULL;
    return value ? g_bytes_new_take(value, size) : NULL;
}

virSecretPtr virObjectSecretFind(int usage, const char *id)
{
    g_autoptr(virConnect) conn = secretConnection(NULL);
    return conn ? conn->secret->secretLookupByUsage(conn, usage, id, NULL) : NULL;
}
