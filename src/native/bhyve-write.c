/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a definition to the command lines of bhyve and its loader. Each option stands on a line of its own. */
#define VIR_FROM VIR_FROM_BHYVE
#include "native/bhyve.h"
#include "base/error.h"
#include <string.h>

static const char bhyve[] = "/usr/sbin/bhyve", bhyveload[] = "/usr/sbin/bhyveload";

typedef struct {
    const virDomainDef *def;
    const virBhyveContext *ctx;
    GString *out;
    GError **error;
} Writer;

static bool refuse(Writer *w, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool refuse(Writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    virSetError(w->error, VIR_ERR_CONFIG_UNSUPPORTED, "%s", text);
    return false;
}

/* A word as a shell reads it, quoted only where it must be. */
static void addWord(Writer *w, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
    g_autofree char *quoted = *word && !word[strspn(word, plain)] ? g_strdup(word) : g_shell_quote(word);
    g_string_append(w->out, quoted);
}

/* An option (may be NULL) and its value (may be NULL). */
static void add(Writer *w, const char *option, const char *value)
{
    g_string_append(w->out, w->out->len ? " \\\n" : "");
    if (option)
        addWord(w, option);
    if (option && value)
        g_string_append_c(w->out, ' ');
    if (value)
        addWord(w, value);
}

static void addf(Writer *w, const char *option, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void addf(Writer *w, const char *option, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *value = g_strdup_vprintf(format, args);
    va_end(args);
    add(w, option, value);
}

/* "SLOT:FUNCTION,WHAT" */
static void addDevice(Writer *w, const virDeviceInfo *info, const char *what)
{
    addf(w, "-s", "%u:%u,%s", info->addr.pci.slot, info->addr.pci.function, what);
}

/* ---- the machine ---- */

static bool writeCpus(Writer *w)
{
    const virDomainDef *def = w->def;
    const virCPUDef *cpu = &def->cpu;
    if (!cpu->sockets) {
        addf(w, "-c", "%u", def->vcpus);
        return true;
    }
    if (cpu->dies > 1)
        return refuse(w, "Only 1 die per socket is supported");
    if (virCPUTopologyCount(cpu) != def->maxVcpus)
        return refuse(w, "Invalid CPU topology: total number of vCPUs must equal the product of sockets, cores, and threads");
    addf(w, "-c", "cpus=%u,sockets=%u,cores=%u,threads=%u", def->vcpus, cpu->sockets, cpu->cores, cpu->threads);
    return true;
}

static bool writeMachine(Writer *w)
{
    const virDomainDef *def = w->def;
    bool utc = def->clock.offset == VIR_DOMAIN_CLOCK_UTC;
    const struct {
        bool given;
        const char *option;
    } flags[] = { { def->mem.locked, "-S" }, { def->features.acpi, "-A" }, { def->features.apic, "-I" },
                  { def->features.msrsUnknown == VIR_DOMAIN_MSRS_UNKNOWN_IGNORE, "-w" }, { utc, "-u" }, { true, "-H" }, { true, "-P" } };
    if (!utc && def->clock.offset != VIR_DOMAIN_CLOCK_LOCALTIME)
        return refuse(w, "unsupported clock offset '%s', use utc or localtime", virDomainClockOffsetToString(def->clock.offset));
    if (def->clock.timers.n)
        return refuse(w, "bhyve does not support timers");
    addf(w, "-m", "%llu", def->memory / 1024);
    for (guint i = 0; i < G_N_ELEMENTS(flags); i++)
        if (flags[i].given)
            add(w, flags[i].option, NULL);
    add(w, "-s", "0:0,hostbridge");
    if (def->os.loader)
        addf(w, "-l", "bootrom,%s", def->os.loader);
    return true;
}

/* ---- disks ---- */

static bool checkDisk(Writer *w, const virDomainDiskDef *disk)
{
    if (disk->device != VIR_DOMAIN_DISK_DEVICE_DISK && disk->device != VIR_DOMAIN_DISK_DEVICE_CDROM)
        return refuse(w, "unsupported disk device '%s' of disk '%s'", virDomainDiskDeviceToString(disk->device), disk->dst);
    if (disk->src.type != VIR_STORAGE_FILE && disk->src.type != VIR_STORAGE_BLOCK && disk->src.type != VIR_STORAGE_VOLUME)
        return refuse(w, "unsupported disk type '%s' of disk '%s'", virStorageTypeToString(disk->src.type), disk->dst);
    return disk->src.path || disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM || refuse(w, "disk '%s' has no source", disk->dst);
}

static bool writeSata(Writer *w, const virDomainControllerDef *c)
{
    const virDomainDiskDef *only = NULL;
    unsigned int n = 0;
    g_autoptr(GString) drives = g_string_new("ahci");
    for (unsigned int i = 0; i < w->def->disks.n; i++) {
        const virDomainDiskDef *disk = w->def->disks.v[i];
        const char *kind = disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM ? "cd" : "hd";
        if (disk->bus != VIR_DOMAIN_DISK_BUS_SATA || disk->info.addr.drive.controller != c->idx)
            continue;
        if (!checkDisk(w, disk))
            return false;
        if (!disk->src.path)
            continue;
        if (w->ctx->ahci32)
            g_string_append_printf(drives, ",%s:%s", kind, disk->src.path);
        else
            g_string_append_printf(drives, "-%s,%s", kind, disk->src.path);
        only = disk;
        n++;
    }
    if (n > 1 && !w->ctx->ahci32)
        return refuse(w, "SATA controller %u has %u disks, this bhyve takes one on each", c->idx, n);
    if (only)
        addDevice(w, &c->info, drives->str);
    return true;
}

static bool writeUsb(Writer *w, const virDomainControllerDef *c)
{
    unsigned int controllers = 0, tablets = 0;
    for (unsigned int i = 0; i < w->def->controllers.n; i++)
        controllers += w->def->controllers.v[i]->type == VIR_DOMAIN_CONTROLLER_USB;
    for (unsigned int i = 0; i < w->def->inputs.n; i++) {
        const virDomainInputDef *input = w->def->inputs.v[i];
        if (input->bus != VIR_DOMAIN_INPUT_BUS_USB || input->type != VIR_DOMAIN_INPUT_TYPE_TABLET)
            return refuse(w, "Only tablet devices are supported on the USB bus");
        tablets++;
    }
    if (c->usbModel != VIR_DOMAIN_CONTROLLER_USB_NEC_XHCI)
        return refuse(w, "only nec-xhci USB controllers are supported");
    if (controllers != 1)
        return refuse(w, "only single USB controller is supported");
    if (tablets != 1)
        return refuse(w, "at least one USB device is required for the USB controller, and no more: a tablet");
    addDevice(w, &c->info, "xhci,tablet");
    return true;
}

static bool writeNvme(Writer *w, const virDomainControllerDef *c)
{
    for (unsigned int i = 0; i < w->def->disks.n; i++) {
        const virDomainDiskDef *disk = w->def->disks.v[i];
        if (disk->bus != VIR_DOMAIN_DISK_BUS_NVME || disk->info.addr.drive.controller != c->idx)
            continue;
        g_autofree char *what = g_strdup_printf("nvme,%s", disk->src.path);
        if (!checkDisk(w, disk))
            return false;
        addDevice(w, &c->info, what);
    }
    return true;
}

static bool writeControllers(Writer *w)
{
    for (unsigned int i = 0; i < w->def->controllers.n; i++) {
        const virDomainControllerDef *c = w->def->controllers.v[i];
        bool ok = true;
        switch (c->type) {
        case VIR_DOMAIN_CONTROLLER_PCI:
            if (c->pciModel != VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT)
                return refuse(w, "unsupported PCI controller model: only PCI root supported");
            break;
        case VIR_DOMAIN_CONTROLLER_ISA:
            addDevice(w, &c->info, "lpc");
            break;
        case VIR_DOMAIN_CONTROLLER_SATA:
            ok = writeSata(w, c);
            break;
        case VIR_DOMAIN_CONTROLLER_USB:
            ok = writeUsb(w, c);
            break;
        case VIR_DOMAIN_CONTROLLER_NVME:
            ok = writeNvme(w, c);
            break;
        default:
            return refuse(w, "unsupported controller device '%s'", virDomainControllerTypeToString(c->type));
        }
        if (!ok)
            return false;
    }
    return true;
}

static bool writeVirtioDisks(Writer *w)
{
    for (unsigned int i = 0; i < w->def->disks.n; i++) {
        const virDomainDiskDef *disk = w->def->disks.v[i];
        if (disk->bus == VIR_DOMAIN_DISK_BUS_SATA || disk->bus == VIR_DOMAIN_DISK_BUS_NVME)
            continue;
        if (disk->bus != VIR_DOMAIN_DISK_BUS_VIRTIO)
            return refuse(w, "unsupported bus '%s' of disk '%s'", virDomainDiskBusToString(disk->bus), disk->dst);
        if (!checkDisk(w, disk))
            return false;
        if (disk->device != VIR_DOMAIN_DISK_DEVICE_DISK)
            return refuse(w, "unsupported disk device '%s' of disk '%s' on bus virtio", virDomainDiskDeviceToString(disk->device), disk->dst);
        g_autofree char *what = g_strdup_printf("virtio-blk,%s", disk->src.path);
        addDevice(w, &disk->info, what);
    }
    return true;
}

/* ---- other devices ---- */

static bool writeNets(Writer *w)
{
    for (unsigned int i = 0; i < w->def->nets.n; i++) {
        const virDomainNetDef *net = w->def->nets.v[i];
        bool e1000 = g_strcmp0(net->model, "e1000") == 0;
        char mac[18];
        if (net->type != VIR_DOMAIN_NET_TYPE_BRIDGE && net->type != VIR_DOMAIN_NET_TYPE_NETWORK)
            return refuse(w, "Network type %s is not supported", virDomainNetTypeToString(net->type));
        if (!net->model)
            return refuse(w, "NIC model must be specified, virtio or e1000");
        if (!e1000 && !g_str_equal(net->model, "virtio"))
            return refuse(w, "NIC model '%s' is not supported, use virtio or e1000", net->model);
        virMacFormat(&net->mac, mac);
        g_autofree char *tap = net->ifname ? g_strdup(net->ifname) : w->ctx->tap ? g_strdup(w->ctx->tap) : g_strdup_printf("tap%u", i);
        g_autofree char *what = g_strdup_printf("%s,%s,mac=%s", e1000 ? "e1000" : "virtio-net", tap, mac);
        addDevice(w, &net->info, what);
    }
    return true;
}

static bool writeScreen(Writer *w)
{
    const virDomainDef *def = w->def;
    enum { FIRST_PORT = 5900 };
    if (!def->graphics.n || !def->videos.n)
        return true;
    const virDomainGraphicsDef *g = def->graphics.v[0];
    const virDomainVideoDef *video = def->videos.v[0];
    const virDomainGraphicsListen *listen = g->listens.n ? g->listens.v[0] : NULL;
    if (def->graphics.n > 1 || def->videos.n > 1)
        return refuse(w, "Only a single screen is supported");
    if (g->type != VIR_DOMAIN_GRAPHICS_VNC)
        return refuse(w, "Only VNC supported");
    if (!def->os.loader)
        return refuse(w, "a screen needs firmware, give a <loader>");
    if (listen && listen->type != VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS)
        return refuse(w, "Unsupported listen type '%s', use address", virDomainGraphicsListenTypeToString(listen->type));
    const char *host = listen && listen->address ? listen->address : "127.0.0.1";
    bool wide = strchr(host, ':') != NULL;
    g_autoptr(GString) what = g_string_new(NULL);
    g_string_append_printf(what, "fbuf,tcp=%s%s%s:%d", wide ? "[" : "", host, wide ? "]" : "", g->port > 0 ? g->port : FIRST_PORT);
    if (video->resX && video->resY)
        g_string_append_printf(what, ",w=%u,h=%u", video->resX, video->resY);
    if (video->vgaconf)
        g_string_append_printf(what, ",vga=%s", virDomainVideoVgaConfToString(video->vgaconf));
    if (g->passwd)
        g_string_append_printf(what, ",password=%s", g->passwd);
    addDevice(w, &video->info, what->str);
    return true;
}

static const virDomainAudioDef *findAudio(const virDomainDef *def, unsigned int id)
{
    for (unsigned int i = 0; i < def->audios.n; i++)
        if (!id || def->audios.v[i]->id == id)
            return def->audios.v[i];
    return NULL;
}

static bool writeSounds(Writer *w)
{
    for (unsigned int i = 0; i < w->def->sounds.n; i++) {
        const virDomainSoundDef *sound = w->def->sounds.v[i];
        const virDomainAudioDef *audio = findAudio(w->def, sound->audioId);
        g_autoptr(GString) what = g_string_new("hda");
        if (sound->model != VIR_DOMAIN_SOUND_MODEL_ICH7)
            return refuse(w, "Sound device model '%s' is not supported, use ich7", virDomainSoundModelToString(sound->model));
        if (audio && audio->type != VIR_DOMAIN_AUDIO_OSS)
            return refuse(w, "Unsupported audio backend '%s', use oss", virDomainAudioTypeToString(audio->type));
        if (audio && audio->output && audio->output->dev)
            g_string_append_printf(what, ",play=%s", audio->output->dev);
        if (audio && audio->input && audio->input->dev)
            g_string_append_printf(what, ",rec=%s", audio->input->dev);
        addDevice(w, &sound->info, what->str);
    }
    return true;
}

static bool writeFileSystems(Writer *w)
{
    for (unsigned int i = 0; i < w->def->fss.n; i++) {
        const virDomainFsDef *fs = w->def->fss.v[i];
        if (fs->type != VIR_DOMAIN_FS_TYPE_MOUNT)
            return refuse(w, "unsupported filesystem type '%s'", virDomainFsTypeToString(fs->type));
        if (fs->driver)
            return refuse(w, "unsupported filesystem driver '%s'", virDomainFsDriverToString(fs->driver));
        if (fs->accessmode != VIR_DOMAIN_FS_ACCESSMODE_PASSTHROUGH)
            return refuse(w, "unsupported filesystem accessmode '%s'", virDomainFsAccessmodeToString(fs->accessmode));
        g_autofree char *what = g_strdup_printf("virtio-9p,%s=%s%s", fs->target, fs->source, fs->readonly ? ",ro" : "");
        addDevice(w, &fs->info, what);
    }
    return true;
}

static bool writeSerials(Writer *w)
{
    enum { PORTS = 4 };
    for (unsigned int i = 0; i < w->def->serials.n; i++) {
        const virDomainChrDef *chr = w->def->serials.v[i];
        if (chr->source.type != VIR_DOMAIN_CHR_NMDM)
            return refuse(w, "only nmdm console types are supported");
        if (chr->port >= PORTS)
            return refuse(w, "serial port %u: bhyve has %d", chr->port, PORTS);
        addf(w, "-l", "com%u,%s", chr->port + 1, chr->source.master);
    }
    return true;
}

char *virBhyveFormat(const virDomainDef *def, const virBhyveContext *ctx, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Writer w = { def, ctx, out, error };
    add(&w, bhyve, NULL);
    if (!writeCpus(&w) || !writeMachine(&w) || !writeControllers(&w) || !writeNets(&w) || !writeVirtioDisks(&w) || !writeScreen(&w) ||
        !writeSounds(&w) || !writeFileSystems(&w) || !writeSerials(&w))
        return NULL;
    add(&w, NULL, def->name);
    g_string_append_c(out, '\n');
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- loaders ---- */

/* The disk to start from: by order, or the first of the first kind to boot. */
static const virDomainDiskDef *bootDisk(Writer *w)
{
    const virDomainDef *def = w->def;
    const virDomainDiskDef *found = NULL;
    bool cdrom = def->os.boots.n && def->os.boots.v[0]->dev == VIR_DOMAIN_BOOT_CDROM;
    for (unsigned int i = 0; i < def->disks.n; i++) {
        const virDomainDiskDef *disk = def->disks.v[i];
        unsigned int order = disk->info.bootIndex;
        bool kind = disk->device == (cdrom ? VIR_DOMAIN_DISK_DEVICE_CDROM : VIR_DOMAIN_DISK_DEVICE_DISK);
        if (order ? !found || !found->info.bootIndex || order < found->info.bootIndex : kind && !found)
            found = disk;
    }
    if (!found || !found->src.path) {
        refuse(w, def->disks.n ? "Cannot find boot device" : "Domain should have at least one disk defined");
        return NULL;
    }
    if (found->src.type != VIR_STORAGE_FILE && found->src.type != VIR_STORAGE_BLOCK) {
        refuse(w, "Invalid disk type: bhyve cannot load a guest from disk '%s'", found->dst);
        return NULL;
    }
    return found;
}

static bool isGrub(const virDomainDef *def)
{
    g_autofree char *base = def->os.bootloader ? g_path_get_basename(def->os.bootloader) : NULL;
    return base && g_str_has_prefix(base, "grub-bhyve");
}

static bool writeOwnLoader(Writer *w)
{
    g_auto(GStrv) args = NULL;
    g_autoptr(GError) why = NULL;
    const char *text = w->def->os.bootloaderArgs;
    add(w, w->def->os.bootloader, NULL);
    if (text && *text && !g_shell_parse_argv(text, NULL, &args, &why))
        return refuse(w, "bootloader_args '%s' cannot be read: %s", text, why->message);
    for (char **arg = args; arg && *arg; arg++)
        if (**arg == '-')
            add(w, *arg, NULL);
        else {
            g_string_append_c(w->out, ' ');
            addWord(w, *arg);
        }
    return true;
}

static bool writeLoader(Writer *w)
{
    const virDomainDef *def = w->def;
    bool grub = isGrub(def);
    if (def->os.bootloader && (!grub || def->os.bootloaderArgs))
        return writeOwnLoader(w);
    const virDomainDiskDef *disk = bootDisk(w);
    if (!disk)
        return false;
    add(w, grub ? def->os.bootloader : bhyveload, NULL);
    if (grub) {
        add(w, "--root", disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM ? "cd" : "hd0,msdos1");
        if (w->ctx->deviceMap)
            add(w, "--device-map", w->ctx->deviceMap);
        addf(w, "--memory", "%llu", def->memory / 1024);
    } else {
        addf(w, "-m", "%llu", def->memory / 1024);
        add(w, "-d", disk->src.path);
    }
    add(w, NULL, def->name);
    return true;
}

char *virBhyveFormatLoader(const virDomainDef *def, const virBhyveContext *ctx, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Writer w = { def, ctx, out, error };
    if (def->os.loader && !def->os.bootloader)
        return g_strdup("");
    if (!writeLoader(&w))
        return NULL;
    g_string_append_c(out, '\n');
    return g_string_free(g_steal_pointer(&out), FALSE);
}

char *virBhyveDeviceMap(const virDomainDef *def, GError **error)
{
    Writer w = { .def = def, .error = error };
    const virDomainDiskDef *disk = bootDisk(&w);
    return disk ? g_strdup_printf("(%s) %s\n", disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM ? "cd" : "hd0", disk->src.path) : NULL;
}
