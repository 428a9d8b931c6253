/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The many small devices: watchdogs, USB redirection, host devices, balloon, random numbers, file systems, memory modules. */
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

static bool commandFs(qemuCommand *cmd, const virDomainFsDef *fs, GError **error)
{
    if (fs->type != VIR_DOMAIN_FS_TYPE_MOUNT ||
        (fs->driver != VIR_DOMAIN_FS_DRIVER_NONE && fs->driver != VIR_DOMAIN_FS_DRIVER_PATH))
        return unsupported("filesystem driver", virDomainFsDriverToString(fs->driver), error);
    static const char *const modes[] = { "passthrough", "passthrough", "mapped", "none" };
    g_autoptr(GString) out = g_string_new("local");
    g_autofree char *path = qemuEscape(fs->source ? fs->source : ""), *id = g_strdup_printf("fsdev-%s", fs->info.alias);
    g_autofree char *driver = qemuVirtioDriver("virtio-9p", &fs->info, fs->model);
    g_string_append_printf(out, ",security_model=%s", modes[fs->accessmode]);
    if (fs->wrpolicy == VIR_DOMAIN_FS_WRPOLICY_IMMEDIATE)
        g_string_append(out, ",writeout=immediate");
    if (fs->multidevs != VIR_DOMAIN_FS_MULTIDEVS_NONE)
        g_string_append_printf(out, ",multidevs=%s", virDomainFsMultidevsToString(fs->multidevs));
    if (fs->fmode)
        g_string_append_printf(out, ",fmode=%04o", fs->fmode);
    if (fs->dmode)
        g_string_append_printf(out, ",dmode=%04o", fs->dmode);
    qemuArg(cmd, "-fsdev", "%s,id=%s,path=%s%s", out->str, id, path, fs->readonly ? ",readonly=on" : "");
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

/* ---- memory modules ---- */

bool qemuCommandMemoryDevices(qemuCommand *cmd, GError **error)
{
    for (unsigned int i = 0; i < cmd->def->mems.n; i++) {
        const virDomainMemoryDef *m = cmd->def->mems.v[i];
        g_autofree char *id = g_strdup_printf("mem%s", m->info.alias);
        bool pmem = m->model == VIR_DOMAIN_MEMORY_DEVICE_VIRTIO_PMEM;
        if (m->model != VIR_DOMAIN_MEMORY_DEVICE_DIMM && m->model != VIR_DOMAIN_MEMORY_DEVICE_NVDIMM && !pmem)
            return unsupported("memory device", virDomainMemoryDeviceModelToString(m->model), error);
        bool file = m->path != NULL;
        JsonNode *object = qmpArgs("s:qom-type", file ? "memory-backend-file" : "memory-backend-ram", "s:id", id,
                                   "s:mem-path", m->path, NULL);
        JsonObject *o = json_node_get_object(object);
        if (file)
            qmpAdd(o, "b:share", pmem || m->access == VIR_DOMAIN_MEMORY_ACCESS_SHARED, NULL);
        qmpAdd(o, "U:size", (m->size + 2047) / 2048 * 2048 * 1024, NULL); /* modules come in steps of 2 MiB */
        if (m->alignsize)
            qmpAdd(o, "U:align", m->alignsize * 1024, NULL);
        qmpAdd(o, "B:pmem", m->pmem, "B:readonly", m->readonly, NULL);
        qemuArgJson(cmd, "-object", object);
        g_autofree char *driver = pmem ? qemuVirtioDriver("virtio-pmem", &m->info, 0)
                                       : g_strdup(m->model == VIR_DOMAIN_MEMORY_DEVICE_DIMM ? "pc-dimm" : "nvdimm");
        JsonNode *node = qmpArgs("s:driver", driver, NULL);
        o = json_node_get_object(node);
        if (m->hasNode)
            qmpAdd(o, "i:node", m->node, NULL);
        if (m->labelSize)
            qmpAdd(o, "U:label-size", m->labelSize * 1024, NULL);
        qmpAdd(o, "s:memdev", id, "s:id", m->info.alias, NULL);
        if (!qemuDevice(cmd, node, &m->info, error))
            return false;
    }
    return true;
}

/* ---- host devices ---- */

static bool commandHostdev(qemuCommand *cmd, const virDomainHostdevDef *h, GError **error)
{
    if (h->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM && h->type == VIR_DOMAIN_HOSTDEV_TYPE_USB) {
        g_autofree char *path = g_strdup_printf("/dev/bus/usb/%03u/%03u", h->usbBus, h->usbDevice);
        bool resets = h->guestReset != VIR_DOMAIN_HOSTDEV_GUEST_RESET_NONE;
        JsonNode *node = qmpArgs("s:driver", "usb-host", "s:hostdevice", path, "s:id", h->info.alias, "P:bootindex",
                                 h->info.bootIndex, NULL);
        if (resets)
            qmpAdd(json_node_get_object(node), "b:guest-reset",
                   h->guestReset == VIR_DOMAIN_HOSTDEV_GUEST_RESET_UNINITIALIZED, "b:guest-resets-all", FALSE, NULL);
        return qemuDevice(cmd, node, &h->info, error);
    }
    if (h->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM && h->type == VIR_DOMAIN_HOSTDEV_TYPE_PCI) {
        g_autofree char *host =
            g_strdup_printf("%04x:%02x:%02x.%x", h->pci.domain, h->pci.bus, h->pci.slot, h->pci.function);
        JsonNode *node = qmpArgs("s:driver", "vfio-pci", "s:host", host, "s:id", h->info.alias, "P:bootindex",
                                 h->info.bootIndex, NULL);
        qemuAddAddress(cmd, json_node_get_object(node), &h->info, NULL);
        qemuAddRom(json_node_get_object(node), &h->info);
        qemuDevicePlain(cmd, node, &h->info);
        return true;
    }
    return unsupported("host device", virDomainHostdevTypeToString(h->type), error);
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

static bool commandRefused(const virDomainDef *def, GError **error)
{
    if (def->shmems.n)
        return unsupported("device", "shmem", error);
    if (def->vsock)
        return unsupported("device", "vsock", error);
    if (def->tpms.n && def->tpms.v[0]->backend != VIR_DOMAIN_TPM_BACKEND_PASSTHROUGH)
        return unsupported("TPM backend", virDomainTpmBackendToString(def->tpms.v[0]->backend), error);
    if (def->cryptos.n)
        return unsupported("device", "crypto", error);
    if (def->launchSecurity)
        return unsupported("launch security", virDomainLaunchSecurityTypeToString(def->launchSecurity->type), error);
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
    for (unsigned int i = 0; i < def->hostdevs.n; i++)
        if (!commandHostdev(cmd, def->hostdevs.v[i], error))
            return false;
    if (!commandBalloon(cmd, error))
        return false;
    for (unsigned int i = 0; i < def->rngs.n; i++)
        if (!commandRng(cmd, def->rngs.v[i], error))
            return false;
    if (def->features.vmcoreinfo == VIR_TRISTATE_SWITCH_ON)
        qemuArgJson(cmd, "-device", qmpArgs("s:driver", "vmcoreinfo", NULL));
    return true;
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
