/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a definition to a .vmx file. */
#define VIR_FROM VIR_FROM_NONE
#include "native/vmx.h"
#include "base/error.h"
#include <string.h>
#include "base/util.h"

typedef struct {
    GString *out;
    const virVmxContext *ctx;
    virDomainDef *def;
    bool floppies[2], scsi;
    GError **error;
} Writer;

static bool bad(Writer *w, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);
static bool bad(Writer *w, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    virErrorSet(w->error, w->ctx->from, code, "%s", text);
    return false;
}

static void put(Writer *w, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void put(Writer *w, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_printf(w->out, "%s = \"", key);
    g_string_append_vprintf(w->out, format, args);
    g_string_append(w->out, "\"\n");
    va_end(args);
}

/* The same with a printed beginning of the key. */
static void putAt(Writer *w, const char *prefix, const char *key, const char *value)
{
    g_string_append_printf(w->out, "%s.%s = \"%s\"\n", prefix, key, value);
}

static char *fileName(Writer *w, const char *source)
{
    return w->ctx->formatFile ? w->ctx->formatFile(source, w->ctx->opaque, w->error) : g_strdup(source);
}

/* ---- the machine ---- */

static void putUuid(Writer *w, const unsigned char *u)
{
    g_string_append(w->out, "uuid.bios = \"");
    for (int i = 0; i < 16; i++)
        g_string_append_printf(w->out, "%s%02x", i == 0 ? "" : i == 8 ? "-" : " ", u[i]);
    g_string_append(w->out, "\"\n");
}

static bool writeHead(Writer *w)
{
    virDomainDef *def = w->def;
    if (def->virtType != VIR_DOMAIN_VIRT_VMWARE)
        return bad(w, VIR_ERR_INTERNAL_ERROR, "Expecting virt type to be '%s' but found '%s'", "vmware", virDomainVirtTypeToString(def->virtType));
    put(w, ".encoding", "UTF-8");
    put(w, "config.version", "8");
    put(w, "virtualHW.version", "%d", w->ctx->hardware);
    if (def->os.arch != VIR_ARCH_I686 && def->os.arch != VIR_ARCH_X86_64)
        return bad(w, VIR_ERR_INTERNAL_ERROR, "Expecting domain XML attribute 'arch' of entry 'os/type' to be 'i686' or 'x86_64' but found '%s'",
                   virArchToString(def->os.arch));
    put(w, "guestOS", "%s", def->os.arch == VIR_ARCH_X86_64 ? "other-64" : "other");
    if (def->os.smbios == VIR_DOMAIN_SMBIOS_HOST)
        put(w, "smbios.reflecthost", "true");
    else if (def->os.smbios && def->os.smbios != VIR_DOMAIN_SMBIOS_EMULATE)
        return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "Unsupported SMBIOS mode '%s'", virDomainSmbiosModeToString(def->os.smbios));
    putUuid(w, def->uuid);
    g_autofree char *percent = virVmxEscape(def->name, "/\\%", '%'), *name = virVmxEscape(percent, "\"|", '|');
    put(w, "displayName", "%s", name);
    if (def->description) {
        g_autofree char *text = virVmxEscape(def->description, "\"|", '|');
        put(w, "annotation", "%s", text);
    }
    return true;
}

static bool writeMemory(Writer *w)
{
    const virDomainDef *def = w->def;
    unsigned long long mb = (def->memory + 4095) / 4096 * 4;     /* steps of 4 MiB */
    put(w, "memsize", "%llu", mb);
    if (def->currentMemory && def->currentMemory < def->memory)
        put(w, "sched.mem.max", "%llu", (def->currentMemory + 1023) / 1024);
    if (def->mem.minGuarantee)
        put(w, "sched.mem.minsize", "%llu", (def->mem.minGuarantee + 1023) / 1024);
    return true;
}

static bool writeCpus(Writer *w)
{
    const virDomainDef *def = w->def;
    const virCPUDef *cpu = &def->cpu;
    if (def->vcpus != def->maxVcpus)
        return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "No support for domain XML entry 'vcpu' attribute 'current'");
    put(w, "numvcpus", "%u", def->maxVcpus);
    if (virCPUTopologyCount(cpu)) {
        if (cpu->threads != 1)
            return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "Only 1 thread per core is supported");
        if (cpu->dies > 1)
            return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "Only 1 die per socket is supported");
        if (virCPUTopologyCount(cpu) != def->maxVcpus)
            return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "CPU topology doesn't match maximum vcpu count");
        put(w, "cpuid.coresPerSocket", "%u", cpu->cores);
    }
    if (def->cpumask && virBitmapCount(def->cpumask)) {
        if ((unsigned int)virBitmapCount(def->cpumask) < def->maxVcpus)
            return bad(w, VIR_ERR_INTERNAL_ERROR, "Expecting domain XML attribute 'cpuset' of entry 'vcpu' to contain at least %u CPU(s)", def->maxVcpus);
        g_string_append(w->out, "sched.cpu.affinity = \"");
        for (int c = virBitmapNext(def->cpumask, -1), first = 1; c >= 0; c = virBitmapNext(def->cpumask, c), first = 0)
            g_string_append_printf(w->out, "%s%d", first ? "" : ",", c);
        g_string_append(w->out, "\"\n");
    }
    if (def->cputune.hasShares) {
        unsigned long long s = def->cputune.shares, n = def->maxVcpus;
        const char *word = s == n * 500 ? "low" : s == n * 1000 ? "normal" : s == n * 2000 ? "high" : NULL;
        if (word)
            put(w, "sched.cpu.shares", "%s", word);
        else
            put(w, "sched.cpu.shares", "%llu", s);
    }
    return true;
}

static bool writeGraphics(Writer *w)
{
    for (unsigned int i = 0; i < w->def->graphics.n; i++) {
        const virDomainGraphicsDef *g = w->def->graphics.v[i];
        const virDomainGraphicsListen *l = g->listens.n ? g->listens.v[0] : NULL;
        if (g->type != VIR_DOMAIN_GRAPHICS_VNC)
            return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "Unsupported graphics type '%s'", virDomainGraphicsTypeToString(g->type));
        put(w, "RemoteDisplay.vnc.enabled", "true");
        if (g->autoport != VIR_TRISTATE_BOOL_YES)
            put(w, "RemoteDisplay.vnc.port", "%d", g->port);
        if (l && l->address)
            put(w, "RemoteDisplay.vnc.ip", "%s", l->address);
        if (g->keymap)
            put(w, "RemoteDisplay.vnc.keymap", "%s", g->keymap);
        if (g->passwd)
            put(w, "RemoteDisplay.vnc.password", "%s", g->passwd);
    }
    return true;
}

/* ---- disks ---- */

static bool writeScsi(Writer *w)
{
    bool used[4] = { 0 };
    const char *names[4] = { NULL };        /* the model may also stand as the driver of a disk */
    virDomainControllerModelScsi models[4] = { 0 };
    for (unsigned int i = 0; i < w->def->disks.n; i++) {
        const virDomainDiskDef *d = w->def->disks.v[i];
        if (d->bus != VIR_DOMAIN_DISK_BUS_SCSI)
            continue;
        if (d->info.addr.drive.controller >= G_N_ELEMENTS(used))
            return bad(w, VIR_ERR_INTERNAL_ERROR, "SCSI controller index %u out of [0..3] range", d->info.addr.drive.controller);
        used[d->info.addr.drive.controller] = true;
        if (d->device == VIR_DOMAIN_DISK_DEVICE_DISK && d->driverName && !names[d->info.addr.drive.controller])
            names[d->info.addr.drive.controller] = d->driverName;
    }
    for (unsigned int i = 0; i < w->def->controllers.n; i++) {
        const virDomainControllerDef *c = w->def->controllers.v[i];
        if (c->type != VIR_DOMAIN_CONTROLLER_SCSI)
            continue;
        if (c->idx >= G_N_ELEMENTS(used))
            return bad(w, VIR_ERR_INTERNAL_ERROR, "SCSI controller index %u out of [0..3] range", c->idx);
        models[c->idx] = c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_AUTO ? VIR_DOMAIN_CONTROLLER_SCSI_NONE : c->scsiModel;
        used[c->idx] |= c->scsiModel != VIR_DOMAIN_CONTROLLER_SCSI_NONE && used[c->idx];
    }
    for (unsigned int c = 0; c < G_N_ELEMENTS(used); c++) {
        g_autofree char *prefix = g_strdup_printf("scsi%u", c);
        if (!used[c])
            continue;
        if (w->ctx->scsiModel && !w->ctx->scsiModel(w->def, &models[c], w->ctx->opaque, w->error))
            return false;
        putAt(w, prefix, "present", "true");
        w->scsi = true;
        virDomainControllerDef *own = virDomainDefFindController(w->def, VIR_DOMAIN_CONTROLLER_SCSI, c);
        int named = names[c] ? virDomainControllerModelScsiFromString(names[c]) : -1;
        if (models[c] == VIR_DOMAIN_CONTROLLER_SCSI_NONE && named > 0)
            models[c] = named;
        if (own)
            own->scsiModel = models[c];
        const char *word = models[c] == VIR_DOMAIN_CONTROLLER_SCSI_VMPVSCSI ? "pvscsi" : virDomainControllerModelScsiToString(models[c]);
        if (models[c] == VIR_DOMAIN_CONTROLLER_SCSI_NONE)
            continue;
        if (models[c] != VIR_DOMAIN_CONTROLLER_SCSI_BUSLOGIC && models[c] != VIR_DOMAIN_CONTROLLER_SCSI_LSILOGIC &&
            models[c] != VIR_DOMAIN_CONTROLLER_SCSI_LSISAS1068 && models[c] != VIR_DOMAIN_CONTROLLER_SCSI_VMPVSCSI)
            return bad(w, VIR_ERR_INTERNAL_ERROR, "Expecting domain XML attribute 'model' of entry 'controller' to be 'buslogic' or 'lsilogic' or "
                                                  "'lsisas1068' or 'vmpvscsi' but found '%s'", word);
        putAt(w, prefix, "virtualDev", word);
    }
    return true;
}

static bool writeFile(Writer *w, const virDomainDiskDef *d, const char *prefix, const char *type, const char *extension)
{
    putAt(w, prefix, "deviceType", type);
    if (!d->src.path) {
        if (d->device != VIR_DOMAIN_DISK_DEVICE_CDROM)
            return bad(w, VIR_ERR_INTERNAL_ERROR, "Missing source file of disk '%s'", d->dst);
        putAt(w, prefix, "fileName", "emptyBackingString");
        return true;
    }
    if (d->device == VIR_DOMAIN_DISK_DEVICE_DISK && !g_str_has_suffix(d->src.path, extension))
        return bad(w, VIR_ERR_INTERNAL_ERROR, "Image file for %s %s '%s' has unsupported suffix, expecting '%s'", virDomainDiskBusToString(d->bus), "harddisk",
                   d->dst, extension);
    g_autofree char *name = fileName(w, d->src.path);
    if (!name)
        return false;
    putAt(w, prefix, "fileName", name);
    return true;
}

static bool writeHarddisk(Writer *w, const virDomainDiskDef *d, const char *prefix)
{
    bool scsi = d->bus == VIR_DOMAIN_DISK_BUS_SCSI;
    putAt(w, prefix, "present", "true");
    if (d->src.type != VIR_STORAGE_FILE)
        return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "%s harddisk '%s' has an unsupported type '%s'", scsi ? "SCSI" : d->bus == VIR_DOMAIN_DISK_BUS_SATA ? "SATA" : "IDE",
                   d->dst, virStorageTypeToString(d->src.type));
    if (!writeFile(w, d, prefix, scsi ? "scsi-hardDisk" : d->bus == VIR_DOMAIN_DISK_BUS_SATA ? "sata-hardDisk" : "ata-hardDisk", ".vmdk"))
        return false;
    if (d->cache == VIR_DOMAIN_DISK_CACHE_WRITETHROUGH && scsi)
        putAt(w, prefix, "writeThrough", "true");
    else if (d->cache != VIR_DOMAIN_DISK_CACHE_DEFAULT && d->cache)
        return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "%s harddisk '%s' has an unsupported cache mode '%s'", scsi ? "SCSI" : "IDE", d->dst,
                   virDomainDiskCacheToString(d->cache));
    return true;
}

static bool writeCdrom(Writer *w, const virDomainDiskDef *d, const char *prefix)
{
    putAt(w, prefix, "present", "true");
    if (d->src.type == VIR_STORAGE_FILE)
        return writeFile(w, d, prefix, "cdrom-image", ".iso");
    if (d->src.type != VIR_STORAGE_BLOCK)
        return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "CD-ROM '%s' has an unsupported type '%s'", d->dst, virStorageTypeToString(d->src.type));
    putAt(w, prefix, "deviceType", d->device == VIR_DOMAIN_DISK_DEVICE_LUN ? "cdrom-raw" : "atapi-cdrom");
    if (!d->src.path && d->src.startupPolicy == VIR_DOMAIN_STARTUP_POLICY_OPTIONAL) {
        putAt(w, prefix, "autodetect", "true");
        putAt(w, prefix, "fileName", "auto detect");
    } else {
        putAt(w, prefix, "fileName", d->src.path ? d->src.path : "");
    }
    return true;
}

static bool writeFloppy(Writer *w, const virDomainDiskDef *d)
{
    unsigned int unit = d->info.addr.drive.unit;
    if (unit > 1)
        return bad(w, VIR_ERR_INTERNAL_ERROR, "Floppy '%s' is on a unit beyond the second", d->dst);
    g_autofree char *prefix = g_strdup_printf("floppy%u", unit);
    w->floppies[unit] = true;
    putAt(w, prefix, "present", "true");
    if (d->src.type == VIR_STORAGE_FILE) {
        putAt(w, prefix, "fileType", "file");
        g_autofree char *name = d->src.path ? fileName(w, d->src.path) : NULL;
        if (d->src.path && !name)
            return false;
        if (name)
            putAt(w, prefix, "fileName", name);
    } else if (d->src.type == VIR_STORAGE_BLOCK) {
        putAt(w, prefix, "fileType", "device");
        if (d->src.path)
            putAt(w, prefix, "fileName", d->src.path);
    } else {
        return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "Floppy '%s' has an unsupported type '%s'", d->dst, virStorageTypeToString(d->src.type));
    }
    return true;
}

static bool writeDisk(Writer *w, const virDomainDiskDef *d)
{
    const virDriveAddress *a = &d->info.addr.drive;
    g_autofree char *prefix = d->bus == VIR_DOMAIN_DISK_BUS_SCSI   ? g_strdup_printf("scsi%u:%u", a->controller, a->unit)
                              : d->bus == VIR_DOMAIN_DISK_BUS_SATA ? g_strdup_printf("sata%u:%u", a->controller, a->unit)
                                                                   : g_strdup_printf("ide%u:%u", a->bus, a->unit);
    if (d->device == VIR_DOMAIN_DISK_DEVICE_FLOPPY)
        return writeFloppy(w, d);
    if (d->bus != VIR_DOMAIN_DISK_BUS_SCSI && d->bus != VIR_DOMAIN_DISK_BUS_SATA && d->bus != VIR_DOMAIN_DISK_BUS_IDE)
        return bad(w, VIR_ERR_INTERNAL_ERROR, "Unsupported bus type '%s' for device type '%s'", virDomainDiskBusToString(d->bus), virDomainDiskDeviceToString(d->device));
    if (d->bus == VIR_DOMAIN_DISK_BUS_SCSI && a->unit == 7)
        return bad(w, VIR_ERR_INTERNAL_ERROR, "SCSI unit index for disk '%s' must not be 7: it is the controller's own", d->dst);
    return d->device == VIR_DOMAIN_DISK_DEVICE_DISK ? writeHarddisk(w, d, prefix) : writeCdrom(w, d, prefix);
}

/* ---- networks ---- */

/* VMware gives out these addresses itself; others are said to be somebody's own. */
static void writeMac(Writer *w, const virDomainNetDef *net, const char *prefix)
{
    char mac[18];
    const unsigned char *m = (const unsigned char *)&net->mac;
    unsigned int vendor = m[0] << 16 | m[1] << 8 | m[2], suffix = m[3] << 16 | m[4] << 8 | m[5];
    bool generated = net->macType == VIR_DOMAIN_NET_MAC_TYPE_GENERATED, fixed = net->macType == VIR_DOMAIN_NET_MAC_TYPE_STATIC;
    virMacFormat(&net->mac, mac);
    if (vendor == 0x000c29 && !fixed) {
        putAt(w, prefix, "addressType", "generated");
        putAt(w, prefix, "generatedAddress", mac);
        putAt(w, prefix, "generatedAddressOffset", "0");
        return;
    }
    bool vpx = vendor == 0x005056 && suffix >= 0x800000 && suffix <= 0xbfffff;
    if ((vpx && !fixed) || generated) {
        putAt(w, prefix, "addressType", generated && !vpx ? "generated" : "vpx");
        putAt(w, prefix, "generatedAddress", mac);
        return;
    }
    putAt(w, prefix, "addressType", "static");
    putAt(w, prefix, "address", mac);
    bool ownRange = vendor == 0x005056 && suffix < 0x400000;
    if (net->macCheck == VIR_TRISTATE_BOOL_NO || (!net->macCheck && !ownRange && net->macType != VIR_DOMAIN_NET_MAC_TYPE_STATIC))
        putAt(w, prefix, "checkMACAddress", "false");
    else if (net->macCheck == VIR_TRISTATE_BOOL_YES)
        putAt(w, prefix, "checkMACAddress", "true");
}

static bool writeSwitch(Writer *w, const virDomainNetDef *net, const char *prefix)
{
    const unsigned char *u = net->vdsSwitchId;
    g_string_append_printf(w->out, "%s.dvs.switchId = \"", prefix);
    for (int i = 0; i < 16; i++)
        g_string_append_printf(w->out, "%s%02x", i == 0 ? "" : i == 8 ? "-" : " ", u[i]);
    g_string_append_printf(w->out, "\"\n%s.dvs.portId = \"%lld\"\n", prefix, net->vdsPortId);
    putAt(w, prefix, "dvs.portgroupId", net->vdsPortgroupId ? net->vdsPortgroupId : "");
    g_string_append_printf(w->out, "%s.dvs.connectionId = \"%lld\"\n", prefix, net->vdsConnectionId);
    return true;
}

static bool writeNet(Writer *w, const virDomainNetDef *net, unsigned int n)
{
    static const char *const models[] = { "vlance", "vmxnet", "vmxnet2", "vmxnet3", "e1000", "e1000e", NULL };
    g_autofree char *prefix = g_strdup_printf("ethernet%u", n);
    if (n > 9)
        return bad(w, VIR_ERR_INTERNAL_ERROR, "Ethernet controller index %u out of [0..9] range", n);
    putAt(w, prefix, "present", "true");
    if (net->model) {
        g_autofree char *lower = g_ascii_strdown(net->model, -1);
        if (!g_strv_contains(models, lower))
            return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "Expecting domain XML entry 'devices/interface/model' to be 'vlance' or 'vmxnet' or 'vmxnet2' or "
                                                      "'vmxnet3' or 'e1000' or 'e1000e' but found '%s'", net->model);
        putAt(w, prefix, "virtualDev", strcmp(lower, "vmxnet2") == 0 ? "vmxnet" : lower);
        if (strcmp(lower, "vmxnet2") == 0)
            putAt(w, prefix, "features", "15");
    }
    switch (net->type) {
    case VIR_DOMAIN_NET_TYPE_BRIDGE:
        if (net->virtualport)
            return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "Unsupported virtualport type '%s'", virNetDevVPortTypeToString(net->virtualport->type));
        putAt(w, prefix, "networkName", net->bridge ? net->bridge : "");
        putAt(w, prefix, "connectionType", net->ifname ? "custom" : "bridged");
        if (net->ifname)
            putAt(w, prefix, "vnet", net->ifname);
        break;
    case VIR_DOMAIN_NET_TYPE_USER:
        putAt(w, prefix, "connectionType", "nat");
        break;
    case VIR_DOMAIN_NET_TYPE_VDS:
        writeSwitch(w, net, prefix);
        break;
    case VIR_DOMAIN_NET_TYPE_NULL:
        break;
    default:
        return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "Unsupported net type '%s'", virDomainNetTypeToString(net->type));
    }
    writeMac(w, net, prefix);
    return true;
}

/* ---- ports ---- */

static bool writeSource(Writer *w, const virDomainChrSource *s, const char *prefix, bool serial)
{
    static const char *const schemes[] = { [VIR_DOMAIN_CHR_PROTOCOL_RAW] = "tcp", [VIR_DOMAIN_CHR_PROTOCOL_TELNET] = "telnet",
                                           [VIR_DOMAIN_CHR_PROTOCOL_TELNETS] = "telnets", [VIR_DOMAIN_CHR_PROTOCOL_TLS] = "ssl" };
    putAt(w, prefix, "present", "true");
    switch (s->type) {
    case VIR_DOMAIN_CHR_DEV:
        putAt(w, prefix, "fileType", "device");
        putAt(w, prefix, "fileName", s->path ? s->path : "");
        break;
    case VIR_DOMAIN_CHR_FILE: {
        g_autofree char *name = s->path ? fileName(w, s->path) : g_strdup("");
        if (!name)
            return false;
        putAt(w, prefix, "fileType", "file");
        putAt(w, prefix, "fileName", name);
        break;
    }
    case VIR_DOMAIN_CHR_PIPE:
        if (!serial)
            return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "Unsupported character device type '%s'", virDomainChrTypeToString(s->type));
        putAt(w, prefix, "fileType", "pipe");
        putAt(w, prefix, "pipe.endPoint", "client");
        putAt(w, prefix, "tryNoRxLoss", "false");
        putAt(w, prefix, "fileName", s->path ? s->path : "");
        break;
    case VIR_DOMAIN_CHR_TCP: {
        if (!serial)
            return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "Unsupported character device type '%s'", virDomainChrTypeToString(s->type));
        bool listens = s->mode == VIR_DOMAIN_CHR_MODE_BIND || s->mode == VIR_DOMAIN_CHR_MODE_SERVER;
        g_autofree char *uri = g_strdup_printf("%s://%s:%s", schemes[s->protocol], s->host ? s->host : "", s->service ? s->service : "");
        putAt(w, prefix, "fileType", "network");
        putAt(w, prefix, "fileName", uri);
        putAt(w, prefix, "network.endPoint", listens ? "server" : "client");
        break;
    }
    default:
        return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "Unsupported character device type '%s'", virDomainChrTypeToString(s->type));
    }
    if (serial)
        putAt(w, prefix, "yieldOnMsrRead", "true");
    return true;
}

static bool writePort(Writer *w, const virDomainChrDef *chr, const char *word, unsigned int most)
{
    g_autofree char *prefix = g_strdup_printf("%s%u", word, chr->port);
    if (chr->port >= most)
        return bad(w, VIR_ERR_INTERNAL_ERROR, "%s port index %u out of [0..%u] range", word[0] == 's' ? "Serial" : "Parallel", chr->port, most - 1);
    return writeSource(w, &chr->source, prefix, word[0] == 's');
}

/* Newer virtual hardware has the buses said out that its SCSI controllers sit on. */
static void writeBridges(Writer *w)
{
    if (w->ctx->hardware < 7)
        return;
    if (w->scsi)
        put(w, "pciBridge0.present", "true");
    for (int i = 4; w->scsi && i <= 7; i++)
        g_string_append_printf(w->out, "pciBridge%d.present = \"true\"\npciBridge%d.virtualDev = \"pcieRootPort\"\npciBridge%d.functions = \"8\"\n", i, i, i);
    put(w, "vmci0.present", "true");
}

static bool writeVideo(Writer *w)
{
    if (!w->def->videos.n)
        return true;
    const virDomainVideoDef *v = w->def->videos.v[0];
    if (w->def->videos.n > 1 || v->type != VIR_DOMAIN_VIDEO_VMVGA)
        return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, w->def->videos.n > 1 ? "No support for multiple video devices" : "Unsupported video device type '%s'",
                   virDomainVideoTypeToString(v->type));
    if (v->accel3d || v->accel2d)
        return bad(w, VIR_ERR_CONFIG_UNSUPPORTED, "Video acceleration is not supported");
    put(w, "svga.vramSize", "%llu", (unsigned long long)(v->vram + 63) / 64 * 64 * 1024);
    return true;
}

static void writeFirmware(Writer *w)
{
    const virDomainDef *def = w->def;
    if (def->os.firmware == VIR_DOMAIN_OS_FIRMWARE_EFI) {
        put(w, "firmware", "efi");
        if (def->os.loaderSecure)
            put(w, "uefi.secureBoot.enabled", "%s", def->os.loaderSecure == VIR_TRISTATE_BOOL_YES ? "TRUE" : "FALSE");
    }
}

char *virVmxFormat(virDomainDef *def, const virVmxContext *ctx, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Writer w = { .out = out, .ctx = ctx, .def = def, .error = error };
    if (!writeHead(&w) || !writeMemory(&w) || !writeCpus(&w) || !writeGraphics(&w) || !writeScsi(&w))
        return NULL;
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (!writeDisk(&w, def->disks.v[i]))
            return NULL;
    for (int i = 0; i < 2; i++)
        if (!w.floppies[i])
            g_string_append_printf(out, "floppy%d.present = \"false\"\n", i);
    for (unsigned int i = 0; i < def->nets.n; i++)
        if (!writeNet(&w, def->nets.v[i], i))
            return NULL;
    if (!writeVideo(&w))
        return NULL;
    for (unsigned int i = 0; i < def->serials.n; i++)
        if (!writePort(&w, def->serials.v[i], "serial", 4))
            return NULL;
    for (unsigned int i = 0; i < def->parallels.n; i++)
        if (!writePort(&w, def->parallels.v[i], "parallel", 3))
            return NULL;
    writeBridges(&w);
    writeFirmware(&w);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
