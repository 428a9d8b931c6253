/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names by which a running guest's devices are known: to the user as aliases, to QEMU as ids. */
#include <stdlib.h>
#include <string.h>
#include "model/passes.h"

typedef struct {
    const char *prefix;
    int next;
} virAliasCounter;

static bool isRoot(const virDomainControllerDef *c)
{
    return c->pciModel == VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT ||
           c->pciModel == VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT;
}

static char *controllerAlias(const virDomainDef *def, const virDomainControllerDef *c)
{
    bool pc = virDomainDefIsI440FX(def), q35 = virDomainDefIsQ35(def);
    switch (c->type) {
    case VIR_DOMAIN_CONTROLLER_PCI:
        if (isRoot(c) && c->idx == 0)
            return g_strdup(c->pciModel == VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT ? "pcie.0" : "pci.0");
        return g_strdup_printf("pci.%u", c->idx);
    case VIR_DOMAIN_CONTROLLER_IDE:
        return pc && c->idx == 0 ? g_strdup("ide") : g_strdup_printf("ide%u", c->idx);
    case VIR_DOMAIN_CONTROLLER_SATA:
        return q35 && c->idx == 0 ? g_strdup("ide") : g_strdup_printf("sata%u", c->idx);
    case VIR_DOMAIN_CONTROLLER_USB:
        return c->idx == 0 ? g_strdup("usb") : g_strdup_printf("usb%u", c->idx);
    default:
        return g_strdup_printf("%s%u", virDomainControllerTypeToString(c->type), c->idx);
    }
}

static char *diskAlias(const virDomainDef *def, const virDomainDiskDef *disk)
{
    const char *bus = virDomainDiskBusToString(disk->bus);
    const virDriveAddress *a = &disk->info.addr.drive;
    if (disk->info.addr.type != VIR_DEVICE_ADDRESS_DRIVE)
        return g_strdup_printf("%s-disk%d", bus, MAX(virDomainDiskNameIndex(disk->dst), 0));
    if (disk->bus == VIR_DOMAIN_DISK_BUS_SCSI) {
        const virDomainControllerDef *c =
            virDomainDefFindController(def, VIR_DOMAIN_CONTROLLER_SCSI, a->controller);
        if (!c || c->scsiModel != VIR_DOMAIN_CONTROLLER_SCSI_LSILOGIC)
            return g_strdup_printf("scsi%u-%u-%u-%u", a->controller, a->bus, a->target, a->unit);
    }
    return g_strdup_printf("%s%u-%u-%u", bus, a->controller, a->bus, a->unit);
}

/* The next number after the greatest one in use: a detached device's name isn't given out while later ones
 * live. */
static bool findGreatest(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    virAliasCounter *counter = data;
    size_t len = strlen(counter->prefix);
    if (info->alias && strncmp(info->alias, counter->prefix, len) == 0 && g_ascii_isdigit(info->alias[len]))
        counter->next = MAX(counter->next, atoi(info->alias + len) + 1);
    return true;
}

static void number(virDomainDef *def, virDeviceInfo *info, const char *prefix)
{
    if (info->alias)
        return;
    virAliasCounter counter = { .prefix = prefix };
    virDomainDefForeachInfo(def, findGreatest, &counter);
    info->alias = g_strdup_printf("%s%d", prefix, counter.next);
}

static bool assign(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    static const struct {
        const char *kind, *prefix;
    } prefixes[] = {
        { "interface", "net" },
        { "filesystem", "fs" },
        { "sound", "sound" },
        { "video", "video" },
        { "serial", "serial" },
        { "parallel", "parallel" },
        { "console", "console" },
        { "channel", "channel" },
        { "hostdev", "hostdev" },
        { "redirdev", "redir" },
        { "smartcard", "smartcard" },
        { "hub", "hub" },
        { "input", "input" },
        { "watchdog", "watchdog" },
        { "memballoon", "balloon" },
        { "rng", "rng" },
        { "tpm", "tpm" },
        { "shmem", "shmem" },
        { "panic", "panic" },
        { "vsock", "vsock" },
        { "crypto", "crypto" },
        { "pstore", "pstore" },
        { "iommu", "iommu" },
    };
    if (info->alias)
        return true;
    if (strcmp(kind, "disk") == 0) {
        info->alias = diskAlias(def, device);
    } else if (strcmp(kind, "controller") == 0) {
        info->alias = controllerAlias(def, device);
    } else if (strcmp(kind, "memory") == 0) {
        const virDomainMemoryDef *mem = device;
        const char *model = mem->model == VIR_DOMAIN_MEMORY_DEVICE_NVDIMM        ? "nvdimm"
                            : mem->model == VIR_DOMAIN_MEMORY_DEVICE_DIMM        ? "dimm"
                            : mem->model == VIR_DOMAIN_MEMORY_DEVICE_VIRTIO_MEM  ? "virtiomem"
                            : mem->model == VIR_DOMAIN_MEMORY_DEVICE_VIRTIO_PMEM ? "virtiopmem"
                                                                                 : "epc";
        if (info->addr.type == VIR_DEVICE_ADDRESS_DIMM)
            info->alias = g_strdup_printf("%s%u", model, info->addr.dimm.slot);
        else
            number(def, info, model);
    } else if (strcmp(kind, "interface") == 0 && ((virDomainNetDef *)device)->type == VIR_DOMAIN_NET_TYPE_HOSTDEV) {
        number(def, info, "hostdev");
    } else if (strcmp(kind, "nvram") == 0) {
        info->alias = g_strdup("nvram");
    } else if (strcmp(kind, "vsock") == 0 || strcmp(kind, "iommu") == 0) {
        info->alias = g_strdup_printf("%s0", kind);
    } else {
        for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
            if (strcmp(kind, prefixes[i].kind) == 0)
                number(def, info, prefixes[i].prefix);
    }
    return true;
}

void virDomainDefAssignAliases(virDomainDef *def, const virDomainParseConfig *conf)
{
    /* the first console of an hvm guest is its first serial port */
    virDomainDefForeachInfo(def, assign, NULL);
    if (def->os.type == VIR_DOMAIN_OSTYPE_HVM && def->consoles.n && def->serials.n &&
        def->consoles.v[0]->consoleTarget == VIR_DOMAIN_CHR_CONSOLE_TARGET_SERIAL) {
        g_free(def->consoles.v[0]->info.alias);
        def->consoles.v[0]->info.alias = g_strdup(def->serials.v[0]->info.alias);
    }
}
