/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a .vmx file to a definition. Words that stand for words are in tables; the rest is one function for each kind of device. */
#define VIR_FROM VIR_FROM_NONE
#include "native/vmx.h"
#include "base/error.h"
#include <stdlib.h>
#include <string.h>
#include "base/util.h"

typedef struct {
    const virVmxFile *file;
    const virVmxContext *ctx;
    virDomainDef *def;
    GError **error;
} Reader;

#define BOOL(r, standard, value, ...) virVmxBool((r)->file, standard, value, (r)->error, __VA_ARGS__)
#define NUMBER(r, standard, value, ...) virVmxNumber((r)->file, standard, value, (r)->error, __VA_ARGS__)
#define GET(r, ...) virVmxGet((r)->file, __VA_ARGS__)

static bool bad(Reader *r, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool bad(Reader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    virErrorSet(r->error, r->ctx->from, VIR_ERR_INTERNAL_ERROR, "%s", text);
    return false;
}

static bool is(const char *value, const char *word)
{
    return value && g_ascii_strcasecmp(value, word) == 0;
}

static bool endsWith(const char *value, const char *suffix)
{
    size_t n = value ? strlen(value) : 0, m = strlen(suffix);
    return n >= m && g_ascii_strcasecmp(value + n - m, suffix) == 0;
}

/* "56 4d 9b ef ac d9 b4 e0-c8 f0 ae a8 b9 10 35 15" */
static bool readUuid(const char *text, unsigned char uuid[16])
{
    int n = 0;
    for (; *text && n < 16; text++) {
        if (!g_ascii_isxdigit(text[0]))
            continue;
        if (!g_ascii_isxdigit(text[1]))
            return false;
        uuid[n++] = g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]);
        text++;
    }
    return n == 16;
}

/* ---- the machine ---- */

static bool readVersion(Reader *r)
{
    long long config, hardware;
    if (!NUMBER(r, 0, &config, "config.version") || !NUMBER(r, 0, &hardware, "virtualHW.version"))
        return false;
    if (config != 8)
        return bad(r, "Expecting VMX entry 'config.version' to be 8 but found %lld", config);
    if (hardware < 4)
        return bad(r, "Expecting VMX entry 'virtualHW.version' to be 4 or higher but found %lld", hardware);
    return true;
}

static bool readIdentity(Reader *r)
{
    const char *uuid = GET(r, "uuid.bios"), *name = GET(r, "displayName"), *annotation = GET(r, "annotation");
    if (uuid && !readUuid(uuid, r->def->uuid))
        return bad(r, "Could not parse UUID from string '%s'", uuid);
    if (name) {
        g_autofree char *text = virVmxUnescape(name, '|');
        r->def->name = virVmxUnescape(text, '%');
    }
    if (annotation)
        r->def->description = virVmxUnescape(annotation, '|');
    return true;
}

static bool readMemory(Reader *r)
{
    long long size, most, least;
    if (!NUMBER(r, 32, &size, "memsize") || !NUMBER(r, -1, &most, "sched.mem.max") || !NUMBER(r, 0, &least, "sched.mem.minsize"))
        return false;
    if (size <= 0 || size % 4)
        return bad(r, "Expecting VMX entry 'memsize' to be an unsigned integer (multiple of 4) but found %lld", size);
    r->def->memory = (unsigned long long)size * 1024;
    r->def->currentMemory = most < 0 ? r->def->memory : MIN((unsigned long long)most * 1024, r->def->memory);
    r->def->mem.minGuarantee = least > 0 ? MIN((unsigned long long)least * 1024, r->def->currentMemory) : 0;
    return true;
}

static bool readAffinity(Reader *r)
{
    const char *text = GET(r, "sched.cpu.affinity");
    if (!text || is(text, "all"))
        return true;
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    g_autoptr(virBitmap) cpus = virBitmapNew(0);
    for (char **word = words; *word; word++) {
        char *end;
        unsigned long cpu = strtoul(g_strstrip(*word), &end, 10);
        if (!**word || *end)
            return bad(r, "Expecting VMX entry 'sched.cpu.affinity' to be a comma separated list of unsigned integers but found '%s'", text);
        if (cpu >= 4096)
            return bad(r, "VMX entry 'sched.cpu.affinity' contains a %lu, this value is too large", cpu);
        virBitmapSet(cpus, cpu, true);
    }
    if ((unsigned int)virBitmapCount(cpus) < r->def->maxVcpus)
        return bad(r, "Expecting VMX entry 'sched.cpu.affinity' to contain at least as many values as 'numvcpus' (%u) but found only %d value(s)",
                   r->def->maxVcpus, (int)virBitmapCount(cpus));
    r->def->cpumask = g_steal_pointer(&cpus);
    return true;
}

/* Shares are a number, or a word for so many a CPU. */
static bool readShares(Reader *r)
{
    static const struct {
        const char *word;
        unsigned int each;
    } words[] = { { "low", 500 }, { "normal", 1000 }, { "high", 2000 } };
    const char *text = GET(r, "sched.cpu.shares");
    if (!text)
        return true;
    r->def->cputune.hasShares = true;
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (is(text, words[i].word)) {
            r->def->cputune.shares = words[i].each * r->def->maxVcpus;
            return true;
        }
    char *end;
    r->def->cputune.shares = g_ascii_strtoull(text, &end, 10);
    return (*text && !*end) || bad(r, "Expecting VMX entry 'sched.cpu.shares' to be an unsigned integer or 'low', 'normal' or 'high' but found '%s'", text);
}

static bool readCpus(Reader *r)
{
    long long n, cores;
    if (!NUMBER(r, 1, &n, "numvcpus") || !NUMBER(r, 0, &cores, "cpuid.coresPerSocket"))
        return false;
    if (n <= 0)
        return bad(r, "Expecting VMX entry 'numvcpus' to be an unsigned integer greater than 0 but found %lld", n);
    r->def->maxVcpus = r->def->vcpus = n;
    r->def->vcpuPlacement = VIR_DOMAIN_CPU_PLACEMENT_STATIC;
    if (!readAffinity(r) || !readShares(r))
        return false;
    if (cores > 1) {
        if (n % cores)
            return bad(r, "VMX entry 'numvcpus' must be a multiple of 'cpuid.coresPerSocket'");
        virCPUDef *cpu = &r->def->cpu;
        cpu->given = true;
        cpu->sockets = n / cores;
        cpu->dies = 1;
        cpu->cores = cores;
        cpu->threads = 1;
    }
    return true;
}

static bool readSystem(Reader *r)
{
    virDomainDef *def = r->def;
    const char *guest = GET(r, "guestOS");
    bool reflect, secure;
    def->virtType = VIR_DOMAIN_VIRT_VMWARE;
    def->os.type = VIR_DOMAIN_OSTYPE_HVM;
    def->os.arch = endsWith(guest, "-64") ? VIR_ARCH_X86_64 : VIR_ARCH_I686;
    def->clock.offset = VIR_DOMAIN_CLOCK_UTC;
    def->onPoweroff = VIR_DOMAIN_ON_DESTROY;
    def->onReboot = VIR_DOMAIN_ON_RESTART;
    def->onCrash = VIR_DOMAIN_ON_DESTROY;
    if (!BOOL(r, false, &reflect, "smbios.reflecthost") || !BOOL(r, false, &secure, "uefi.secureBoot.enabled"))
        return false;
    if (reflect)
        def->os.smbios = VIR_DOMAIN_SMBIOS_HOST;
    if (is(GET(r, "firmware"), "efi")) {
        def->os.firmware = VIR_DOMAIN_OS_FIRMWARE_EFI;
        if (secure)
            def->os.loaderSecure = VIR_TRISTATE_BOOL_YES;
    }
    return true;
}

/* ---- screens ---- */

static bool readVnc(Reader *r)
{
    bool enabled;
    long long port;
    if (!BOOL(r, false, &enabled, "RemoteDisplay.vnc.enabled") || !NUMBER(r, -1, &port, "RemoteDisplay.vnc.port"))
        return false;
    if (!enabled)
        return true;
    virDomainGraphicsDef *g = g_new0(virDomainGraphicsDef, 1);
    g->type = VIR_DOMAIN_GRAPHICS_VNC;
    virListAppend(&r->def->graphics, g);
    g->port = port;
    g->hasPort = true;
    g->autoport = port < 0 ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_NO;
    virDomainGraphicsListen *listen = g_new0(virDomainGraphicsListen, 1);
    listen->type = VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS;
    listen->address = g_strdup(GET(r, "RemoteDisplay.vnc.ip"));
    virListAppend(&g->listens, listen);
    g->keymap = g_strdup(GET(r, "RemoteDisplay.vnc.keymap"));
    g->passwd = g_strdup(GET(r, "RemoteDisplay.vnc.password"));
    return true;
}

static bool readVideo(Reader *r)
{
    long long bytes;
    if (!NUMBER(r, 4 << 20, &bytes, "svga.vramSize"))
        return false;
    virDomainVideoDef *v = g_new0(virDomainVideoDef, 1);
    v->type = VIR_DOMAIN_VIDEO_VMVGA;
    v->vram = bytes / 1024 + (bytes % 1024 > 0);
    v->primary = VIR_TRISTATE_BOOL_YES;
    virListAppend(&r->def->videos, v);
    return true;
}

/* ---- disks ---- */

/* One place where a disk may be. */
typedef struct {
    virDomainDiskBus bus;
    virDomainControllerType controller;
    const char *prefix;         /* of its keys: "scsi0:0" */
    const char *target;         /* of its name in the guest: "sd" */
    unsigned int number, channel, unit, index;
} Place;

static char *fileName(Reader *r, const char *name, bool *missing, bool *failed)
{
    *missing = false;
    if (!r->ctx->parseFile)
        return g_strdup(name);
    g_autoptr(GError) why = NULL;
    char *file = r->ctx->parseFile(name, r->ctx->opaque, missing, &why);
    *failed = !file && !*missing;
    if (*failed)
        g_propagate_error(r->error, g_steal_pointer(&why));
    return file;
}

typedef enum { DISK_NONE, DISK_FILE, DISK_BLOCK, DISK_AUTO, DISK_EMPTY, DISK_BAD } Medium;

/* What the device is by its type and its file's name; NONE: a thing that definitions don't show. */
static Medium classify(Reader *r, const Place *p, const char *type, const char *file, virDomainDiskDevice *device)
{
    if (p->bus == VIR_DOMAIN_DISK_BUS_FDC) {
        *device = VIR_DOMAIN_DISK_DEVICE_FLOPPY;
        return is(type, "device") ? DISK_BLOCK : DISK_FILE;
    }
    bool disk = !type || is(type, "scsi-hardDisk") || is(type, "ata-hardDisk") || is(type, "sata-hardDisk") || is(type, "disk");
    if (endsWith(file, ".vmdk") && disk) {
        *device = VIR_DOMAIN_DISK_DEVICE_DISK;
        return DISK_FILE;
    }
    *device = VIR_DOMAIN_DISK_DEVICE_CDROM;
    if (is(type, "cdrom-image"))
        return is(file, "emptyBackingString") ? DISK_EMPTY : DISK_FILE;
    if (endsWith(file, ".iso"))
        return DISK_FILE;
    if (is(type, "atapi-cdrom"))
        return is(file, "auto detect") ? DISK_AUTO : is(file, "emptyBackingString") ? DISK_EMPTY : DISK_BLOCK;
    *device = VIR_DOMAIN_DISK_DEVICE_LUN;
    if (is(type, "cdrom-raw"))
        return is(file, "auto detect") ? DISK_AUTO : DISK_BLOCK;
    if (is(type, "scsi-passthru") && g_str_has_prefix(file, "/vmfs/devices/cdrom/"))
        return DISK_BLOCK;
    if (is(file, "emptyBackingString"))
        return DISK_NONE;
    if (disk && p->bus != VIR_DOMAIN_DISK_BUS_FDC)
        return DISK_BAD;
    return DISK_NONE;
}

static bool addDisk(Reader *r, const Place *p, Medium medium, virDomainDiskDevice device, const char *file, bool writeThrough)
{
    virDomainDiskDef *disk = g_new0(virDomainDiskDef, 1);
    bool failed = false, missing = false;
    virListAppend(&r->def->disks, disk);
    disk->device = device;
    disk->bus = p->bus;
    disk->src.type = medium == DISK_BLOCK || medium == DISK_AUTO ? VIR_STORAGE_BLOCK : VIR_STORAGE_FILE;
    if (medium == DISK_FILE)
        disk->src.path = fileName(r, file, &missing, &failed);
    else if (medium == DISK_BLOCK)
        disk->src.path = g_strdup(file);
    if (failed)
        return false;
    if (medium == DISK_AUTO)
        disk->src.startupPolicy = VIR_DOMAIN_STARTUP_POLICY_OPTIONAL;
    if (device == VIR_DOMAIN_DISK_DEVICE_CDROM || device == VIR_DOMAIN_DISK_DEVICE_LUN)
        disk->readonly = true;
    if (writeThrough)
        disk->cache = VIR_DOMAIN_DISK_CACHE_WRITETHROUGH;
    g_autofree char *letters = virDomainDiskLetters(p->index);
    disk->dst = g_strconcat(p->target, letters, NULL);
    disk->info.addr.type = VIR_DEVICE_ADDRESS_DRIVE;
    disk->info.addr.drive = (virDriveAddress){ .controller = p->number, .bus = p->channel, .unit = p->unit };
    return true;
}

static bool readDisk(Reader *r, const Place *p)
{
    bool present, client, through;
    const char *type = GET(r, p->bus == VIR_DOMAIN_DISK_BUS_FDC ? "%s.fileType" : "%s.deviceType", p->prefix), *file = GET(r, "%s.fileName", p->prefix);
    virDomainDiskDevice device;
    bool floppy = p->bus == VIR_DOMAIN_DISK_BUS_FDC;
    if (!BOOL(r, floppy, &present, "%s.present", p->prefix) || !BOOL(r, false, &client, "%s.clientDevice", p->prefix) ||
        !BOOL(r, false, &through, "%s.writeThrough", p->prefix))
        return false;
    if (floppy && !GET(r, "%s.present", p->prefix) && !type)
        present = false;        /* a floppy drive that is only mentioned */
    if (!present || client)
        return true;
    if (!file)
        return floppy || is(type, "cdrom-raw") || is(type, "atapi-cdrom") || bad(r, "Missing VMX entry '%s.fileName'", p->prefix);
    Medium medium = classify(r, p, type, file, &device);
    if (medium == DISK_BAD)
        return bad(r, "Invalid or not yet handled value '%s' for VMX entry '%s.fileName' for device type '%s'", file, p->prefix, type ? type : "unknown");
    return medium == DISK_NONE || addDisk(r, p, medium, device, file, through);
}

static virDomainControllerDef *addController(Reader *r, virDomainControllerType type, unsigned int index)
{
    virDomainControllerDef *c = virDomainDefFindController(r->def, type, index);
    if (c)
        return c;
    c = g_new0(virDomainControllerDef, 1);
    c->type = type;
    c->idx = index;
    c->hasIdx = true;
    virListAppend(&r->def->controllers, c);
    return c;
}

static bool readScsi(Reader *r)
{
    static const struct {
        const char *word;
        virDomainControllerModelScsi model;
    } models[] = { { "buslogic", VIR_DOMAIN_CONTROLLER_SCSI_BUSLOGIC }, { "lsilogic", VIR_DOMAIN_CONTROLLER_SCSI_LSILOGIC },
                   { "lsisas1068", VIR_DOMAIN_CONTROLLER_SCSI_LSISAS1068 }, { "pvscsi", VIR_DOMAIN_CONTROLLER_SCSI_VMPVSCSI } };
    enum { CONTROLLERS = 4, UNITS = 65, OWN = 7 };
    for (unsigned int c = 0; c < CONTROLLERS; c++) {
        bool present;
        const char *word = GET(r, "scsi%u.virtualDev", c);
        virDomainControllerModelScsi model = VIR_DOMAIN_CONTROLLER_SCSI_NONE;
        unsigned int before = r->def->disks.n;
        if (!BOOL(r, false, &present, "scsi%u.present", c))
            return false;
        if (!present)
            continue;
        for (guint i = 0; word && i < G_N_ELEMENTS(models); i++)
            if (is(word, models[i].word))
                model = models[i].model;
        if (word && model == VIR_DOMAIN_CONTROLLER_SCSI_NONE)
            return bad(r, "Expecting VMX entry 'scsi%u.virtualDev' to be 'buslogic' or 'lsilogic' or 'lsisas1068' or 'pvscsi' but found '%s'", c, word);
        for (unsigned int unit = 0; unit < UNITS; unit++) {
            g_autofree char *prefix = g_strdup_printf("scsi%u:%u", c, unit);
            Place p = { VIR_DOMAIN_DISK_BUS_SCSI, VIR_DOMAIN_CONTROLLER_SCSI, prefix, "sd", c, 0, unit, c * 15 + (unit < OWN ? unit : unit - 1) };
            if (unit != OWN && !readDisk(r, &p))
                return false;
        }
        if (r->def->disks.n > before)
            addController(r, VIR_DOMAIN_CONTROLLER_SCSI, c)->scsiModel = model;
    }
    return true;
}

static bool readSata(Reader *r)
{
    for (unsigned int c = 0; c < 4; c++) {
        bool present;
        if (!BOOL(r, false, &present, "sata%u.present", c))
            return false;
        for (unsigned int unit = 0; present && unit < 30; unit++) {
            g_autofree char *prefix = g_strdup_printf("sata%u:%u", c, unit);
            Place p = { VIR_DOMAIN_DISK_BUS_SATA, VIR_DOMAIN_CONTROLLER_SATA, prefix, "sd", c, 0, unit, c * 30 + unit };
            if (!readDisk(r, &p))
                return false;
        }
    }
    return true;
}

static bool readIdeAndFloppies(Reader *r)
{
    for (unsigned int i = 0; i < 4; i++) {
        g_autofree char *prefix = g_strdup_printf("ide%u:%u", i / 2, i % 2);
        Place p = { VIR_DOMAIN_DISK_BUS_IDE, VIR_DOMAIN_CONTROLLER_IDE, prefix, "hd", 0, i / 2, i % 2, i };
        if (!readDisk(r, &p))
            return false;
    }
    for (unsigned int i = 0; i < 2; i++) {
        g_autofree char *prefix = g_strdup_printf("floppy%u", i);
        Place p = { VIR_DOMAIN_DISK_BUS_FDC, VIR_DOMAIN_CONTROLLER_FDC, prefix, "fd", 0, 0, i, i };
        if (!readDisk(r, &p))
            return false;
    }
    return true;
}

/* ---- networks ---- */

static bool readMac(Reader *r, virDomainNetDef *net, unsigned int n)
{
    const char *type = GET(r, "ethernet%u.addressType", n), *generated = GET(r, "ethernet%u.generatedAddress", n),
               *address = GET(r, "ethernet%u.address", n), *text = NULL;
    bool check;
    if (!type || is(type, "generated") || is(type, "vpx")) {
        text = generated;
        net->macType = VIR_DOMAIN_NET_MAC_TYPE_GENERATED;
    } else if (is(type, "static")) {
        text = address;
        net->macType = VIR_DOMAIN_NET_MAC_TYPE_STATIC;
    } else {
        return bad(r, "Expecting VMX entry 'ethernet%u.addressType' to be 'generated' or 'static' or 'vpx' but found '%s'", n, type);
    }
    if (text && !virMacParse(text, &net->mac))
        return bad(r, "Expecting VMX entry 'ethernet%u.%s' to be MAC address but found '%s'", n, net->macType == VIR_DOMAIN_NET_MAC_TYPE_STATIC ? "address" : "generatedAddress", text);
    net->hasMac = text != NULL;
    if (!BOOL(r, true, &check, "ethernet%u.checkMACAddress", n))
        return false;
    if (!check)
        net->macCheck = VIR_TRISTATE_BOOL_NO;
    return true;
}

static bool readModel(Reader *r, virDomainNetDef *net, unsigned int n)
{
    const char *word = GET(r, "ethernet%u.virtualDev", n);
    long long features;
    if (!word)
        return true;
    static const char *const known[] = { "vlance", "vmxnet", "vmxnet3", "e1000", "e1000e", NULL };
    g_autofree char *lower = g_ascii_strdown(word, -1);
    if (!g_strv_contains(known, lower))
        return bad(r, "Expecting VMX entry 'ethernet%u.virtualDev' to be 'vlance' or 'vmxnet' or 'vmxnet3' or 'e1000' or 'e1000e' but found '%s'", n, word);
    if (!NUMBER(r, 0, &features, "ethernet%u.features", n))
        return false;
    net->model = g_strdup(is(word, "vmxnet") && features == 15 ? "vmxnet2" : lower);
    return true;
}

static bool readSwitch(Reader *r, virDomainNetDef *net, unsigned int n)
{
    const char *id = GET(r, "ethernet%u.dvs.switchId", n), *group = GET(r, "ethernet%u.dvs.portgroupId", n);
    if (!readUuid(id, net->vdsSwitchId))
        return bad(r, "Could not parse UUID from string '%s'", id);
    net->type = VIR_DOMAIN_NET_TYPE_VDS;
    net->hasSource = true;
    net->vdsPortgroupId = g_strdup(group ? group : "");
    return NUMBER(r, 0, &net->vdsPortId, "ethernet%u.dvs.portId", n) && NUMBER(r, 0, &net->vdsConnectionId, "ethernet%u.dvs.connectionId", n);
}

static bool readNet(Reader *r, unsigned int n)
{
    bool present, started;
    const char *kind = GET(r, "ethernet%u.connectionType", n), *network = GET(r, "ethernet%u.networkName", n);
    if (!BOOL(r, false, &present, "ethernet%u.present", n) || !BOOL(r, true, &started, "ethernet%u.startConnected", n))
        return false;
    if (!present)
        return true;
    virDomainNetDef *net = g_new0(virDomainNetDef, 1);
    virListAppend(&r->def->nets, net);
    if (!readMac(r, net, n) || !readModel(r, net, n))
        return false;
    if (GET(r, "ethernet%u.dvs.switchId", n))
        return readSwitch(r, net, n);
    if (!kind && !network) {
        net->type = VIR_DOMAIN_NET_TYPE_NULL;
    } else if (!kind || is(kind, "bridged")) {
        net->type = VIR_DOMAIN_NET_TYPE_BRIDGE;
        net->bridge = g_strdup(network ? network : "");
    } else if (is(kind, "hostonly")) {
        net->type = VIR_DOMAIN_NET_TYPE_NETWORK;
        net->hasSource = true;
        net->network = g_strdup("hostonly");
    } else if (is(kind, "nat")) {
        net->type = VIR_DOMAIN_NET_TYPE_USER;
    } else if (is(kind, "custom")) {
        net->type = VIR_DOMAIN_NET_TYPE_BRIDGE;
        net->bridge = g_strdup(network ? network : "");
        net->ifname = g_strdup(GET(r, "ethernet%u.vnet", n));
    } else {
        return bad(r, "Invalid value '%s' for VMX entry 'ethernet%u.connectionType'", kind, n);
    }
    return true;
}

/* ---- ports ---- */

/* "telnet://host:port", "telnets://", "ssl://", "tcp://" and the last two with TLS or without */
static bool readUri(Reader *r, virDomainChrSource *s, const char *prefix, const char *text)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_PARSE_RELAXED, NULL);
    static const struct {
        const char *scheme;
        virDomainChrProtocol protocol;
    } schemes[] = { { "telnet", VIR_DOMAIN_CHR_PROTOCOL_TELNET }, { "telnets", VIR_DOMAIN_CHR_PROTOCOL_TELNETS },
                    { "ssl", VIR_DOMAIN_CHR_PROTOCOL_TLS }, { "tcp+ssl", VIR_DOMAIN_CHR_PROTOCOL_TLS }, { "tcp4+ssl", VIR_DOMAIN_CHR_PROTOCOL_TLS },
                    { "tcp6+ssl", VIR_DOMAIN_CHR_PROTOCOL_TLS }, { "tcp", VIR_DOMAIN_CHR_PROTOCOL_RAW }, { "tcp4", VIR_DOMAIN_CHR_PROTOCOL_RAW },
                    { "tcp6", VIR_DOMAIN_CHR_PROTOCOL_RAW } };
    if (!uri || g_uri_get_port(uri) < 0)
        return bad(r, "VMX entry '%s.fileName' doesn't contain a port part", prefix);
    const char *scheme = g_uri_get_scheme(uri);
    bool known = false;
    for (guint i = 0; i < G_N_ELEMENTS(schemes) && !known; i++)
        if ((known = is(scheme, schemes[i].scheme)))
            s->protocol = schemes[i].protocol;
    if (!known)
        return bad(r, "VMX entry '%s.fileName' contains unsupported scheme '%s'", prefix, scheme);
    s->type = VIR_DOMAIN_CHR_TCP;
    s->host = g_strdup(g_uri_get_host(uri));
    s->service = g_strdup_printf("%d", g_uri_get_port(uri));
    return true;
}

static bool readSource(Reader *r, virDomainChrSource *s, const char *prefix, bool network)
{
    const char *type = GET(r, "%s.fileType", prefix), *file = GET(r, "%s.fileName", prefix), *end = GET(r, "%s.network.endPoint", prefix);
    bool failed = false, missing = false;
    if (!file && !(network && is(type, "network")))
        return bad(r, "Missing VMX entry '%s.fileName'", prefix);
    if (!type || is(type, "device")) {
        s->type = VIR_DOMAIN_CHR_DEV;
        s->path = g_strdup(file);
    } else if (is(type, "file")) {
        s->type = VIR_DOMAIN_CHR_FILE;
        s->path = fileName(r, file, &missing, &failed);
    } else if (is(type, "pipe") && network) {
        s->type = VIR_DOMAIN_CHR_PIPE;
        s->path = g_strdup(file);
    } else if (is(type, "network") && network) {
        if (!file || !readUri(r, s, prefix, file))
            return file ? false : bad(r, "Missing VMX entry '%s.fileName'", prefix);
        if (!end || is(end, "server"))
            s->mode = VIR_DOMAIN_CHR_MODE_BIND;
        else if (is(end, "client"))
            s->mode = VIR_DOMAIN_CHR_MODE_CONNECT;
        else
            return bad(r, "Expecting VMX entry '%s.network.endPoint' to be 'server' or 'client' but found '%s'", prefix, end);
    } else {
        return bad(r, "Expecting VMX entry '%s.fileType' to be %s but found '%s'", prefix,
                   network ? "'device', 'file' or 'pipe' or 'network'" : "'device' or 'file'", type);
    }
    return !failed;
}

static bool readPorts(Reader *r, const char *word, unsigned int most, bool serial)
{
    for (unsigned int i = 0; i < most; i++) {
        g_autofree char *prefix = g_strdup_printf("%s%u", word, i);
        bool present, connected;
        if (!BOOL(r, false, &present, "%s.present", prefix) || !BOOL(r, true, &connected, "%s.startConnected", prefix))
            return false;
        if (!present || !connected)
            continue;
        virDomainChrDef *chr = g_new0(virDomainChrDef, 1);
        chr->device = serial ? VIR_DOMAIN_CHR_DEVICE_SERIAL : VIR_DOMAIN_CHR_DEVICE_PARALLEL;
        chr->port = i;
        chr->hasPort = true;
        if (serial)
            virListAppend(&r->def->serials, chr);
        else
            virListAppend(&r->def->parallels, chr);
        if (!readSource(r, &chr->source, prefix, serial))
            return false;
    }
    return true;
}

virDomainDef *virVmxParse(const char *text, const virVmxContext *ctx, const virDomainParseConfig *conf, GError **error)
{
    g_autoptr(virVmxFile) file = virVmxFileRead(text, error);
    if (!file)
        return NULL;
    g_autoptr(virDomainDef) def = virDomainDefNew();
    Reader r = { file, ctx, def, error };
    if (!readVersion(&r) || !readIdentity(&r) || !readMemory(&r) || !readCpus(&r) || !readSystem(&r) || !readVnc(&r) || !readScsi(&r) ||
        !readSata(&r) || !readIdeAndFloppies(&r))
        return NULL;
    for (unsigned int i = 0; i < 10; i++)
        if (!readNet(&r, i))
            return NULL;
    if (!readVideo(&r) || !readPorts(&r, "serial", 4, true) || !readPorts(&r, "parallel", 3, false))
        return NULL;
    def->hasUuid = true;                /* also one that is all zero */
    if (!virDomainDefPostParse(def, conf, 0, error))
        return NULL;
    def->videos.v[0]->heads = 0;        /* not said by such files */
    return g_steal_pointer(&def);
}
