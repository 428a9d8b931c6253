/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iSCSI targets as pools, by iscsiadm. */
#define VIR_FROM VIR_FROM_STORAGE
#define VIR_LOG_NAME "storage.iscsi"
#include "drivers/storage/units.h"
#include "base/log.h"
#include "host/scsi.h"
#include <stdio.h>
#include <string.h>

enum { DEFAULT_PORT = 3260 };

static char *portal(const virStoragePoolDef *def, GError **error)
{
    if (def->hosts.n != 1) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Expected exactly 1 host for the storage pool");
        return NULL;
    }
    const virStoragePoolHost *h = def->hosts.v[0];
    return g_strdup_printf(strchr(h->name, ':') ? "[%s]:%d,1" : "%s:%d,1", h->name, h->port ? h->port : DEFAULT_PORT);
}

static const char *target(const virStoragePoolDef *def)
{
    return def->devices.n ? def->devices.v[0]->path : "";
}

/* ---- sessions ---- */

/* "tcp: [3] 192.0.2.1:3260,1 iqn.2004-04.example:storage (non-flash)" */
static bool session(virPoolTurn *turn, unsigned int *number)
{
    g_autofree char *text = NULL;
    int status = 0;
    if (!virToolRun(VIR_ARGV("iscsiadm", "--mode", "session"), VIR_TOOL_SHORT_MS, turn->cancel, &text, &status, NULL))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        char iqn[256];
        if (sscanf(*l, "%*s [%u] %*s %255s", number, iqn) == 2 && g_str_equal(iqn, target(turn->def)))
            return true;
    }
    return false;
}

static bool active(virPoolTurn *turn)
{
    unsigned int number;
    return session(turn, &number);
}

/* One word ("--login"), an operation ("new"), or an operation with a setting. */
static bool node(virPoolTurn *turn, const char *at, const char *what, const char *name, const char *value, GError **error)
{
    int status = 0;
    const char *argv[16] = { "iscsiadm", "--mode", "node", "--portal", at, "--targetname", target(turn->def) };
    int n = 7;
    if (*what != '-')
        argv[n++] = "--op";
    argv[n++] = what;
    if (name) {
        argv[n++] = "--name";
        argv[n++] = name;
        argv[n++] = "--value";
        argv[n++] = value;
    }
    g_autoptr(GError) why = NULL;
    if (!virToolRun(argv, VIR_TOOL_SHORT_MS, turn->cancel, NULL, &status, &why)) {
        /* The whole command in its message might hold a password. */
        virSetError(error, virErrorCode(why), "iscsiadm could not %s target '%s'", *what == '-' ? what + 2 : what, target(turn->def));
        return false;
    }
    if (status != 0)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "iscsiadm failed %s mode for target '%s' with status '%d'", what, target(turn->def), status);
    return status == 0;
}

static bool authenticate(virPoolTurn *turn, const char *at, GError **error)
{
    const virStorageAuth *auth = turn->def->auth;
    if (!auth || !auth->authtype)
        return true;
    if (auth->authtype != VIR_STORAGE_AUTH_CHAP) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "iscsi pool only supports 'chap' auth type");
        return false;
    }
    g_autoptr(GBytes) value = virObjectSecretValue(&auth->secret, VIR_SECRET_USAGE_TYPE_ISCSI, error);
    if (!value)
        return false;
    gsize size;
    const char *data = g_bytes_get_data(value, &size);
    g_autofree char *password = g_strndup(data, size);
    bool ok = node(turn, at, "update", "node.session.auth.authmethod", "CHAP", error) &&
              node(turn, at, "update", "node.session.auth.username", auth->username, error) &&
              node(turn, at, "update", "node.session.auth.password", password, error);
    memset(password, 0, size);
    return ok;
}

/* ---- the pool ---- */

static bool start(virPoolTurn *turn, GError **error)
{
    g_autofree char *at = portal(turn->def, error);
    if (!at)
        return false;
    if (turn->def->initiator) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "sessions with an initiator of their own ('%s') are not made: name it in the host's initiatorname.iscsi",
                    turn->def->initiator);
        return false;
    }
    return node(turn, at, "new", NULL, NULL, error) && authenticate(turn, at, error) && node(turn, at, "--login", NULL, NULL, error);
}

static bool stop(virPoolTurn *turn, GError **error)
{
    g_autofree char *at = portal(turn->def, error);
    return at && (!active(turn) || node(turn, at, "--logout", NULL, NULL, error));
}

static bool refresh(virPoolTurn *turn, virStoragePoolDef *def, GPtrArray *volumes, GError **error)
{
    unsigned int number, host;
    if (!session(turn, &number)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "cannot find iSCSI session of target '%s'", target(def));
        return false;
    }
    g_autofree char *id = g_strdup_printf("%u", number);
    if (!virPoolTool(turn, VIR_ARGV("iscsiadm", "--mode", "session", "-r", id, "-R"), NULL, error))
        return false;
    if (virScsiHostOfSession(virHostLocal(), number, &host))
        return virPoolUnits(turn, def, host, volumes, error);
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "Failed to get host number for iSCSI session with path 'session%u'", number);
    return false;
}

/* "192.0.2.1:3260,1 iqn.2004-04.example:storage" */
static char *find(const virStoragePoolDef *spec, GError **error)
{
    if (!spec) {
        virSetError(error, VIR_ERR_INVALID_ARG, "hostname must be specified for iscsi sources");
        return NULL;
    }
    g_autofree char *at = portal(spec, error), *text = NULL;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)virStoragePoolDefUnref);
    if (!at || !virToolRun(VIR_ARGV("iscsiadm", "--mode", "discovery", "--type", "sendtargets", "--portal", at, "--op", "nonpersistent"),
                           VIR_TOOL_SHORT_MS, NULL, &text, NULL, error))
        return NULL;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        char iqn[256];
        if (sscanf(*l, "%*s %255s", iqn) != 1)
            continue;
        virStoragePoolDef *def = virStoragePoolDefCopy(spec);
        if (!def->hosts.v[0]->port)
            def->hosts.v[0]->port = DEFAULT_PORT;
        virStoragePoolDevice *device = g_new0(virStoragePoolDevice, 1);
        device->path = g_strdup(iqn);
        virListAppend(&def->devices, device);
        g_ptr_array_add(found, def);
    }
    return virStoragePoolSourcesFormat((virStoragePoolDef *const *)found->pdata, found->len);
}

const virPoolBackend virPoolBackendIscsi = { .active = active, .start = start, .stop = stop, .refresh = refresh, .findSources = find,
                                             .lookVolume = virPoolUnitLook };
