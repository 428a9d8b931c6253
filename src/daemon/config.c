/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirtd.conf: a row for each key that means something here; keys of parts that do not exist yet are known and ignored. */
#define VIR_FROM VIR_FROM_CONF
#include "daemon/daemon.h"
#include "base/config.h"
#include "base/error.h"
#include "base/util.h"
#include <unistd.h>

#define ROW(key, kind, member) { key, kind, offsetof(virDaemonConfig, member) }
#define IGNORED(key) { key, VIR_CONF_IGNORED, 0 }

static const virConfRow rows[] = {
    ROW("unix_sock_group", VIR_CONF_STRING, sockGroup),
    ROW("unix_sock_ro_perms", VIR_CONF_STRING, sockRoPerms),
    ROW("unix_sock_rw_perms", VIR_CONF_STRING, sockRwPerms),
    ROW("unix_sock_admin_perms", VIR_CONF_STRING, sockAdminPerms),
    ROW("unix_sock_dir", VIR_CONF_STRING, sockDir),
    ROW("auth_unix_ro", VIR_CONF_STRING, authRo),
    ROW("auth_unix_rw", VIR_CONF_STRING, authRw),
    ROW("max_clients", VIR_CONF_UINT, maxClients),
    ROW("max_anonymous_clients", VIR_CONF_UINT, maxAnonymousClients),
    ROW("max_client_requests", VIR_CONF_UINT, maxClientRequests),
    ROW("max_user_requests", VIR_CONF_UINT, maxUserRequests),
    ROW("admin_max_clients", VIR_CONF_UINT, adminMaxClients),
    ROW("admin_max_client_requests", VIR_CONF_UINT, adminMaxClientRequests),
    ROW("keepalive_interval", VIR_CONF_INT, keepaliveInterval),
    ROW("keepalive_count", VIR_CONF_UINT, keepaliveCount),
    ROW("admin_keepalive_interval", VIR_CONF_INT, adminKeepaliveInterval),
    ROW("admin_keepalive_count", VIR_CONF_UINT, adminKeepaliveCount),
    ROW("log_level", VIR_CONF_INT, logLevel),
    ROW("log_filters", VIR_CONF_STRING, logFilters),
    ROW("log_outputs", VIR_CONF_STRING, logOutputs),
    ROW("host_uuid", VIR_CONF_STRING, hostUuid),
    ROW("host_uuid_source", VIR_CONF_STRING, hostUuidSource),
    IGNORED("min_workers"),
    IGNORED("max_workers"),
    IGNORED("prio_workers"),
    IGNORED("admin_min_workers"),
    IGNORED("admin_max_workers"),
    IGNORED("admin_max_queued_clients"),
    IGNORED("max_queued_clients"),
    IGNORED("max_requests"),
    IGNORED("listen_tls"),
    IGNORED("listen_tcp"),
    IGNORED("auth_tcp"),
    IGNORED("auth_tls"),
    IGNORED("ovs_timeout"),
    IGNORED("audit_level"),
    IGNORED("audit_logging"),
    { NULL, VIR_CONF_IGNORED, 0 },
};

virDaemonConfig *virDaemonConfigNew(bool privileged)
{
    virDaemonConfig *c = g_new(virDaemonConfig, 1);
    *c = (virDaemonConfig){
        .sockRoPerms = g_strdup(privileged ? "0777" : "0700"),
        .sockRwPerms = g_strdup(privileged ? "0770" : "0700"),
        .sockAdminPerms = g_strdup("0700"),
        .authRo = g_strdup("none"),
        .authRw = g_strdup("none"),
        .maxClients = 5000,
        .maxAnonymousClients = 20,
        .maxClientRequests = 5,
        .maxUserRequests = 500,
        .adminMaxClients = 5,
        .adminMaxClientRequests = 5,
        .keepaliveInterval = 5,
        .keepaliveCount = 5,
        .adminKeepaliveInterval = 5,
        .adminKeepaliveCount = 5,
    };
    c->sockDir = privileged ? g_strdup(VIR_RUNSTATEDIR "/libvirt") : g_build_filename(g_get_user_runtime_dir(), "libvirt", NULL);
    return c;
}

void virDaemonConfigFree(virDaemonConfig *c)
{
    if (!c)
        return;
    for (const virConfRow *row = rows; row->key; row++)
        if (row->kind == VIR_CONF_STRING)
            g_free(*(char **)((char *)c + row->offset));
    g_free(c);
}

static bool checkAuth(const char *key, const char *value, GError **error)
{
    if (g_str_equal(value, "none") || g_str_equal(value, "polkit"))
        return true;
    virSetError(error, VIR_ERR_CONF_SYNTAX, "%s = \"%s\": this daemon offers \"none\" and \"polkit\"", key, value);
    return false;
}

/* The drivers ask the host layer, which finds it in the environment. */
static bool settleHostUuid(const virDaemonConfig *c, GError **error)
{
    unsigned char uuid[16];
    if (c->hostUuidSource && !g_str_equal(c->hostUuidSource, "smbios") && !g_str_equal(c->hostUuidSource, "machine-id")) {
        virSetError(error, VIR_ERR_CONF_SYNTAX, "host_uuid_source = \"%s\": say \"smbios\" or \"machine-id\"", c->hostUuidSource);
        return false;
    }
    if (c->hostUuid && !virUUIDParse(c->hostUuid, uuid)) {
        virSetError(error, VIR_ERR_CONF_SYNTAX, "host_uuid = \"%s\" is not a UUID", c->hostUuid);
        return false;
    }
    const char *value = c->hostUuid ? c->hostUuid : c->hostUuidSource;
    if (value)
        g_setenv("LIBVIRT_HOST_UUID", value, true);
    return true;
}

/* polkit guards the socket in place of its permissions, unless both are set. */
static void openToPolkit(virDaemonConfig *c, virConf *conf)
{
    if (!g_str_equal(c->authRw, "polkit") || virConfHas(conf, "unix_sock_rw_perms"))
        return;
    g_free(c->sockRwPerms);
    c->sockRwPerms = g_strdup("0777");
}

bool virDaemonConfigLoad(virDaemonConfig *c, const char *path, bool mustExist, GError **error)
{
    if (!mustExist && access(path, F_OK) < 0)
        return true;
    g_autoptr(virConf) conf = virConfLoad(path, error);
    if (!conf || !virConfApply(conf, rows, c, error) || !checkAuth("auth_unix_ro", c->authRo, error) ||
        !checkAuth("auth_unix_rw", c->authRw, error) || !settleHostUuid(c, error))
        return false;
    openToPolkit(c, conf);
    return true;
}
