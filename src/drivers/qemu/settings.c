/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* qemu.conf. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/qemu.h"
#include "base/config.h"
#include <unistd.h>

#define ROW(key, kind, member) \
    { \
        key, VIR_CONF_##kind, G_STRUCT_OFFSET(qemuSettings, member) \
    }

static const virConfRow rows[] = {
    ROW("user", STRING, user),
    ROW("group", STRING, group),
    ROW("dynamic_ownership", BOOL, dynamicOwnership),
    ROW("remember_owner", BOOL, rememberOwner),
    ROW("seccomp_sandbox", INT, seccomp),
    ROW("max_files", UINT, maxFiles),
    ROW("vnc_listen", STRING, vncListen),
    ROW("vnc_password", STRING, vncPassword),
    ROW("vnc_sasl", BOOL, vncSasl),
    ROW("spice_listen", STRING, spiceListen),
    ROW("spice_tls", BOOL, spiceTls),
    ROW("spice_tls_x509_cert_dir", STRING, spiceTlsDir),
    ROW("spice_password", STRING, spicePassword),
    ROW("relaxed_acs_check", BOOL, relaxedAcs),
    ROW("auto_start_bypass_cache", INT, autostartBypass),
    { "security_driver", VIR_CONF_IGNORED, 0 },
    { "stdio_handler", VIR_CONF_IGNORED, 0 },
    { "namespaces", VIR_CONF_IGNORED, 0 },
    { NULL },
};

bool qemuSettingsLoad(qemuSettings *s, const char *path, GError **error)
{
    *s = (qemuSettings){ .vncListen = g_strdup("127.0.0.1"),
                         .spiceListen = g_strdup("127.0.0.1"),
                         .spiceTlsDir = g_strdup("/etc/pki/qemu"),
                         .dynamicOwnership = true,
                         .rememberOwner = true,
                         .seccomp = -1 };
    if (access(path, F_OK) < 0)
        return true;
    g_autoptr(virConf) conf = virConfLoad(path, error);
    return conf && virConfApply(conf, rows, s, error);
}

void qemuSettingsClear(qemuSettings *s)
{
    g_free(s->user);
    g_free(s->group);
    g_free(s->vncListen);
    g_free(s->spiceListen);
    g_free(s->spiceTlsDir);
    g_free(s->vncPassword);
    g_free(s->spicePassword);
}
