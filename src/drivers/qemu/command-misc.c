/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The many small devices: watchdogs, USB redirection, balloon, random numbers, file systems, memory modules. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/command.h"
#include "base/util.h"
#include <stdio.h>
#include <string.h>

static bool unsupported(const char *what, const char *which, GError **error)
{
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "%s '%s' is not supported yet by this driver", what,
                which ? which : "default");
    return false;
}

/* ---- file systems ---- */

/* A file system served by a virtiofsd: its socket. */
static bool commandVirtiofs(qemuCommand *cmd, const virDomainFsDef *fs, GError **error)
{
    g_autofree char *chardev = g_strdup_printf("chr-vu-%s", fs->info.alias);
    g_autofree char *own = fs->socket ? NULL : g_strdup_printf("%s/%s-fs.sock", cmd->domainDir, fs->info.alias);
    g_autofree char *path = qemuEscape(fs->socket ? fs->socket : own), *driver = qemuVirtioDriver("vhost-user-fs", &fs->info, 0);
    qemuArg(cmd, "-chardev", "socket,id=%s,path=%s", chardev, path);
    JsonNode *node = qmpArgs("s:driver", driver, NULL);
    JsonObject *o = json_node_get_object(node);
    qemuAddVirtio(o, &fs->virtio);
    qmpAdd(o, "s:id", fs->info.alias, "s:chardev", chardev, NULL);
    if (fs->queueSize)
        qmpAdd(o, "U:queue-size", (gint64)fs->queueSize, NULL);
    qmpAdd(o, "s:tag", fs->target, "P:bootindex", fs->info.bootIndex, NULL);
    return qemuDevice(cmd, node, &fs->info, error);
}

static bool commandFs(qemuCommand *cmd, const virDomainFsDef *fs, GError **error)
{
    if (fs->type == VIR_DOMAIN_FS_TYPE_MOUNT && fs->driver == VIR_DOMAIN_FS_DRIVER_VIRTIOFS)
        return commandVirtiofs(cmd, fs, error);
    if (fs->type != VIR_DOMAIN_FS_TYPE_MOUNT ||
        (fs->driver != VIR_DOMAIN_FS_DRIVER_NONE && fs->driver != VIR_DOMAIN_FS_DRIVER_PATH && fs->driver != VIR_DOMAIN_FS_DRIVER_HANDLE))
        return unsupported("filesystem driver", virDomainFsDriverToString(fs->driver), error);
    static const char *const modes[] = { "passthrough", "passthrough", "mapped", "none" };
    bool handle = fs->driver == VIR_DOMAIN_FS_DRIVER_HANDLE;
    g_autoptr(GString) out = g_string_new(handle ? "handle" : "local");
    g_autofree char *path = qemuEscape(fs->source ? fs->source : ""), *id = g_strdup_printf("fsdev-%s", fs->info.alias);
    g_autofree char *driver = qemuVirtioDriver("virtio-9p", &fs->info, fs->model);
    if (!handle)
        g_string_append_printf(out, ",security_model=%s", modes[fs->accessmode]);
    if (fs->multidevs != VIR_DOMAIN_FS_MULTIDEVS_NONE)
        g_string_append_printf(out, ",multidevs=%s", virDomainFsMultidevsToString(fs->multidevs));
    if (fs->fmode)
        g_string_append_printf(out, ",fmode=%04o", fs->fmode);
    if (fs->dmode)
        g_string_append_printf(out, ",dmode=%04o", fs->dmode);
    if (fs->wrpolicy == VIR_DOMAIN_FS_WRPOLICY_IMMEDIATE)
        g_string_append(out, ",writeout=immediate");
    qemuArg(cmd, "-fsdev", "%s,id=%s,path=%s%s", out->str, id, path, fs->readonly ? ",readonly" : "");
    JsonNode *node = qmpArgs("s:driver", driver, NULL);
    qemuAddVirtio(json_node_get_object(node), &fs->virtio);
    qmpAdd(json_node_get_object(node), "s:id", fs->info.alias, "s:fsdev", id, "s:mount_tag", fs->target, NULL);
    return qemuDevice(cmd, node, &fs->info, error);
}

bool qemuCommandFilesystems(qemuCommand *cmd, GError **error)
{
    for (unsigned int i = 0; i < cmd->def->fss.n; i++)
        if (!commandFs(cmd, cmd->def->fss.v[i], error))
            return false;
    return true;
}

/* ---- USB redirection ---- */

static char *redirFilter(const virDomainRedirFilter *filter)
{
    if (!filter || filter->rules.n == 0)
        return NULL;
    GString *out = g_string_new(NULL);
    for (unsigned int i = 0; i < filter->rules.n; i++) {
        const virDomainRedirFilterRule *r = filter->rules.v[i];
        const struct {
            bool has;
            unsigned int value;
            const char *format;
        } part[] = {
            { r->hasClass, r->usbClass, "0x%02X" },
            { r->hasVendor, r->vendor, "0x%04X" },
            { r->hasProduct, r->product, "0x%04X" },
        };
        g_string_append(out, i ? "|" : "");
        for (guint k = 0; k < G_N_ELEMENTS(part); k++) {
            g_string_append_printf(out, part[k].has ? part[k].format : "-1", part[k].value);
            g_string_append_c(out, ':');
        }
        unsigned int major = 0, minor = 0;
        if (r->version && sscanf(r->version, "%u.%u", &major, &minor) >= 1)
            g_string_append_printf(out, "0x%02x%02x:", (major / 10 << 4) | major % 10, (minor / 10 << 4) | minor % 10);
        else
            g_string_append(out, "-1:");
        g_string_append_c(out, r->allow == VIR_TRISTATE_BOOL_YES ? '1' : '0');
    }
    return g_string_free(out, FALSE);
}

static bool commandRedirdev(qemuCommand *cmd, const virDomainRedirdevDef *r, GError **error)
{
    g_autofree char *id = g_strdup_printf("char%s", r->info.alias), *filter = redirFilter(cmd->def->redirfilter);
    return qemuChardev(cmd, &r->source, id, false, error) &&
           qemuDevice(cmd,
                      qmpArgs("s:driver", "usb-redir", "s:chardev", id, "s:id", r->info.alias, "s:filter", filter,
                              "P:bootindex", r->info.bootIndex, NULL),
                      &r->info, error);
}

/* ---- watchdog, balloon, random numbers ---- */

static bool commandWatchdogs(qemuCommand *cmd, GError **error)
{
    const char *action = NULL;
    for (unsigned int i = 0; i < cmd->def->watchdogs.n; i++) {
        const virDomainWatchdogDef *w = cmd->def->watchdogs.v[i];
        action = w->action == VIR_DOMAIN_WATCHDOG_ACTION_DUMP ? "pause" : virDomainWatchdogActionToString(w->action);
        if (w->model == VIR_DOMAIN_WATCHDOG_MODEL_ITCO)
            qemuArg(cmd, "-global", "ICH9-LPC.noreboot=off");
        else if (!qemuDevice(cmd,
                             qmpArgs("s:driver", virDomainWatchdogModelToString(w->model), "s:id", w->info.alias, NULL),
                             &w->info, error))
            return false;
    }
    if (action)
        qemuArg(cmd, "-watchdog-action", "%s", action);
    return true;
}

static bool commandBalloon(qemuCommand *cmd, GError **error)
{
    const virDomainMemballoonDef *b = cmd->def->memballoon;
    if (!b || b->model == VIR_DOMAIN_MEMBALLOON_NONE || b->model == VIR_DOMAIN_MEMBALLOON_XEN)
        return true;
    int model = b->model == VIR_DOMAIN_MEMBALLOON_VIRTIO_TRANSITIONAL       ? 2
                : b->model == VIR_DOMAIN_MEMBALLOON_VIRTIO_NON_TRANSITIONAL ? 3
                                                                            : 1;
    g_autofree char *driver = qemuVirtioDriver("virtio-balloon", &b->info, model);
    JsonNode *node = qmpArgs("s:driver", driver, NULL);
    JsonObject *o = json_node_get_object(node);
    qemuAddVirtio(o, &b->virtio);
    qmpAdd(o, "s:id", b->info.alias, "t:deflate-on-oom", b->autodeflate, "t:free-page-reporting", b->freePageReporting,
           NULL);
    return qemuDevice(cmd, node, &b->info, error);
}

static bool commandRng(qemuCommand *cmd, const virDomainRngDef *r, GError **error)
{
    g_autofree char *object = g_strdup_printf("obj%s", r->info.alias),
                    *chardev = g_strdup_printf("char%s", r->info.alias);
    g_autofree char *driver = qemuVirtioDriver("virtio-rng", &r->info, r->model + 1);
    switch (r->backend) {
    case VIR_DOMAIN_RNG_BACKEND_RANDOM:
        qemuArgJson(cmd, "-object",
                    qmpArgs("s:qom-type", "rng-random", "s:id", object, "s:filename",
                            r->path ? r->path : "/dev/urandom", NULL));
        break;
    case VIR_DOMAIN_RNG_BACKEND_BUILTIN:
        qemuArgJson(cmd, "-object", qmpArgs("s:qom-type", "rng-builtin", "s:id", object, NULL));
        break;
    default:
        if (!qemuChardev(cmd, &r->egd, chardev, false, error))
            return false;
        qemuArgJson(cmd, "-object", qmpArgs("s:qom-type", "rng-egd", "s:id", object, "s:chardev", chardev, NULL));
        break;
    }
    JsonNode *node = qmpArgs("s:driver", driver, NULL);
    JsonObject *o = json_node_get_object(node);
    qemuAddVirtio(o, &r->virtio);
    qmpAdd(o, "s:rng", object, "s:id", r->info.alias, NULL);
    if (r->rateBytes > 0)
        qmpAdd(o, "u:max-bytes", r->rateBytes, "u:period", r->ratePeriod ? r->ratePeriod : 1000, NULL);
    return qemuDevice(cmd, node, &r->info, error);
}

static bool commandVsock(qemuCommand *cmd, GError **error)
{
    const virDomainVsockDef *v = cmd->def->vsock;
    if (!v)
        return true;
    g_autofree char *driver = qemuVirtioDriver("vhost-vsock", &v->info, v->model), *fd = g_strdup_printf("%d", cmd->vsockFd ? cmd->vsockFd : -1);
    JsonNode *node = qmpArgs("s:driver", driver, NULL);
    JsonObject *o = json_node_get_object(node);
    qemuAddVirtio(o, &v->virtio);
    qmpAdd(o, "s:id", v->info.alias, "u:guest-cid", v->cid, "s:vhostfd", fd, NULL);
    return qemuDevice(cmd, node, &v->info, error);
}

/* Memory that the host cannot read. */
static void commandLaunchSecurity(qemuCommand *cmd)
{
    const virDomainLaunchSecurity *l = cmd->def->launchSecurity;
    if (!l)
        return;
    if (l->type == VIR_DOMAIN_LAUNCH_SECURITY_S390_PV) {
        qemuArgJson(cmd, "-object", qmpArgs("s:qom-type", "s390-pv-guest", "s:id", "lsec0", NULL));
        return;
    }
    g_autofree char *dh = l->dhCert ? g_strdup_printf("%s/dh_cert.base64", cmd->domainDir) : NULL;
    g_autofree char *session = l->session ? g_strdup_printf("%s/session.base64", cmd->domainDir) : NULL;
    JsonNode *node = qmpArgs("s:qom-type", "sev-guest", "s:id", "lsec0", "u:cbitpos", l->cbitpos, "u:reduced-phys-bits", l->reducedPhysBits,
                             "u:policy", l->policy, "s:dh-cert-file", dh, "s:session-file", session, "t:kernel-hashes", l->kernelHashes, NULL);
    qemuArgJson(cmd, "-object", node);
}

static bool commandCryptos(qemuCommand *cmd, GError **error)
{
    for (unsigned int i = 0; i < cmd->def->cryptos.n; i++) {
        const virDomainCryptoDef *c = cmd->def->cryptos.v[i];
        g_autofree char *object = g_strdup_printf("obj%s", c->info.alias), *driver = qemuVirtioDriver("virtio-crypto", &c->info, 0);
        qemuArgJson(cmd, "-object", qmpArgs("s:qom-type", c->backend == VIR_DOMAIN_CRYPTO_BACKEND_LKCF ? "cryptodev-backend-lkcf" : "cryptodev-backend-builtin",
                                            "s:id", object, "P:queues", c->queues, NULL));
        JsonNode *node = qmpArgs("s:driver", driver, NULL);
        qemuAddVirtio(json_node_get_object(node), &c->virtio);
        qmpAdd(json_node_get_object(node), "s:cryptodev", object, "s:id", c->info.alias, NULL);
        if (!qemuDevice(cmd, node, &c->info, error))
            return false;
    }
    return true;
}

static bool commandRefused(const virDomainDef *def, GError **error)
{
    if (def->tpms.n && def->tpms.v[0]->backend != VIR_DOMAIN_TPM_BACKEND_PASSTHROUGH)
        return unsupported("TPM backend", virDomainTpmBackendToString(def->tpms.v[0]->backend), error);
    return true;
}

bool qemuCommandMisc(qemuCommand *cmd, GError **error)
{
    const virDomainDef *def = cmd->def;
    if (!commandRefused(def, error) || !commandWatchdogs(cmd, error))
        return false;
    for (unsigned int i = 0; i < def->redirdevs.n; i++)
        if (!commandRedirdev(cmd, def->redirdevs.v[i], error))
            return false;
    if (!qemuCommandHostdevs(cmd, error) || !commandBalloon(cmd, error))
        return false;
    for (unsigned int i = 0; i < def->rngs.n; i++)
        if (!commandRng(cmd, def->rngs.v[i], error))
            return false;
    if (def->features.vmcoreinfo == VIR_TRISTATE_SWITCH_ON)
        qemuArgJson(cmd, "-device", qmpArgs("s:driver", "vmcoreinfo", NULL));
    return true;
}

/* After the sandbox, as the reference has them. */
bool qemuCommandLate(qemuCommand *cmd, GError **error)
{
    if (!qemuCommandShmems(cmd, error))
        return false;
    commandLaunchSecurity(cmd);
    return commandVsock(cmd, error) && commandCryptos(cmd, error);
}

void qemuCommandPanics(qemuCommand *cmd)
{
    for (unsigned int i = 0; i < cmd->def->panics.n; i++) {
        const virDomainPanicDef *p = cmd->def->panics.v[i];
        if (p->model != VIR_DOMAIN_PANIC_MODEL_ISA)
            continue; /* the others are part of the CPU or the machine */
        JsonNode *node = qmpArgs("s:driver", "pvpanic", NULL);
        if (p->info.addr.type == VIR_DEVICE_ADDRESS_ISA && p->info.addr.isa.hasIobase)
            qmpAdd(json_node_get_object(node), "u:ioport", p->info.addr.isa.iobase, NULL);
        qemuDevicePlain(cmd, node, &p->info);
    }
}
