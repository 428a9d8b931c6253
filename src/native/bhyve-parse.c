/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the command lines of bhyve and its loader to a definition. Devices that a definition can't tell of are passed over. */
#define VIR_FROM VIR_FROM_BHYVE
#include "native/bhyve.h"
#include "base/error.h"
#include "base/util.h"
#include "native/size.h"
#include <string.h>

typedef struct {
    virDomainDef *def;
    const virDomainParseConfig *conf;
    char **bhyve, **loader;     /* the commands, the loader's may be NULL */
    unsigned int virtioDisks, sataDisks;
    GError **error;
} Reader;

static bool bad(Reader *r, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool bad(Reader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    virSetError(r->error, VIR_ERR_OPERATION_FAILED, "%s", text);
    return false;
}

static bool isProgram(const char *path, const char *name)
{
    g_autofree char *base = g_path_get_basename(path);
    return g_str_equal(base, name);
}

/* ---- the commands ---- */

static bool readCommands(Reader *r, const char *text)
{
    g_autoptr(GString) joined = g_string_new(text);
    g_string_replace(joined, "\\\n", " ", 0);
    g_auto(GStrv) lines = g_strsplit(joined->str, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) argv = NULL;
        g_autoptr(GError) why = NULL;
        if (!*g_strstrip(*line) || **line == '#')
            continue;
        if (!g_shell_parse_argv(*line, NULL, &argv, &why))
            return bad(r, "Failed to parse the command '%s': %s", *line, why->message);
        char ***to = isProgram(argv[0], "bhyve") ? &r->bhyve : &r->loader;
        if (*to)
            return bad(r, "Failed to parse arguments: more than one command of %s", to == &r->bhyve ? "bhyve" : "a loader");
        *to = g_steal_pointer(&argv);
    }
    return r->bhyve || bad(r, "Failed to parse arguments: there is no command of bhyve");
}

typedef bool (*OptionFunc)(Reader *r, char option, const char *value);

/* `valued`: the letters that a value follows, in the same word or the next. `rest`: the first word that is no option. */
static bool eachOption(Reader *r, char **argv, const char *valued, OptionFunc func, char ***rest)
{
    char **arg = argv + 1;
    for (; *arg && **arg == '-' && (*arg)[1]; arg++) {
        if (g_str_equal(*arg, "--")) {
            arg++;
            break;
        }
        for (const char *letter = *arg + 1; *letter; letter++) {
            bool hasValue = strchr(valued, *letter) != NULL;
            const char *value = !hasValue ? NULL : letter[1] ? letter + 1 : *++arg;
            if (hasValue && !value)
                return bad(r, "Failed to parse arguments: option -%c of %s needs a value", *letter, argv[0]);
            if (!func(r, *letter, value))
                return false;
            if (hasValue)
                break;
        }
    }
    *rest = arg;
    return true;
}

/* Memory: MiB, or bytes with a unit. */
static bool readMemory(Reader *r, const char *text, unsigned long long *kib)
{
    guint64 plain;
    unsigned long long bytes;
    if (g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT, &plain, NULL) && plain < 1024 * 1024)
        bytes = plain * 1024 * 1024;
    else if (!virNativeSize(text, &bytes) || !bytes)
        return bad(r, "Failed to parse memory: '%s'", text);
    *kib = bytes / 1024;
    return true;
}

/* ---- devices ---- */

/* "2", "2:0", "0:2:0" */
static bool readSlot(const char *text, virPCIAddress *at)
{
    g_auto(GStrv) part = g_strsplit(text, ":", -1);
    guint n = g_strv_length(part), number[3] = { 0 };
    if (n < 1 || n > 3)
        return false;
    for (guint i = 0; i < n; i++) {
        guint64 value;
        if (!g_ascii_string_to_unsigned(part[i], 10, 0, 255, &value, NULL))
            return false;
        number[n == 3 ? i : i + 1] = value;
    }
    *at = (virPCIAddress){ .bus = number[0], .slot = number[1], .function = number[2] };
    return at->slot < 32 && at->function < 8;
}

static void setAddress(virDeviceInfo *info, const virPCIAddress *at)
{
    info->addr.type = VIR_DEVICE_ADDRESS_PCI;
    info->addr.pci = *at;
}

/* A bus names its disks by one letter: those after the 26th have no place in a definition. */
static bool busFull(const Reader *r, bool virtio)
{
    return (virtio ? r->virtioDisks : r->sataDisks) >= 26;
}

static virDomainDiskDef *addDisk(Reader *r, virDomainDiskBus bus, virDomainDiskDevice device, const char *path)
{
    bool virtio = bus == VIR_DOMAIN_DISK_BUS_VIRTIO;
    virDomainDiskDef *disk = g_new0(virDomainDiskDef, 1);
    disk->bus = bus;
    disk->device = device;
    disk->src.type = g_str_has_prefix(path, "/dev/") ? VIR_STORAGE_BLOCK : VIR_STORAGE_FILE;
    disk->src.path = g_strdup(path);
    disk->hasSource = true;
    g_autofree char *letters = virDomainDiskLetters(virtio ? r->virtioDisks++ : r->sataDisks++);
    disk->dst = g_strconcat(virtio ? "vd" : "sd", letters, NULL);
    virListAppend(&r->def->disks, disk);
    return disk;
}

static bool readVirtioDisk(Reader *r, const virPCIAddress *at, char **args)
{
    if (!args[0])
        return bad(r, "Failed to parse arguments: a disk in slot %u has no path", at->slot);
    if (busFull(r, true))
        return true;
    setAddress(&addDisk(r, VIR_DOMAIN_DISK_BUS_VIRTIO, VIR_DOMAIN_DISK_DEVICE_DISK, args[0])->info, at);
    return true;
}

static bool readAhciDrive(Reader *r, const virPCIAddress *at, char **args, virDomainDiskDevice device)
{
    if (!args[0])
        return bad(r, "Failed to parse arguments: a disk in slot %u has no path", at->slot);
    if (busFull(r, false))
        return true;
    setAddress(&addDisk(r, VIR_DOMAIN_DISK_BUS_SATA, device, args[0])->info, at);
    return true;
}

static bool readAhciDisk(Reader *r, const virPCIAddress *at, char **args)
{
    return readAhciDrive(r, at, args, VIR_DOMAIN_DISK_DEVICE_DISK);
}

static bool readAhciCdrom(Reader *r, const virPCIAddress *at, char **args)
{
    return readAhciDrive(r, at, args, VIR_DOMAIN_DISK_DEVICE_CDROM);
}

/* A controller with drives: "hd:PATH", "cd:PATH" */
static bool readAhci(Reader *r, const virPCIAddress *at, char **args)
{
    virDomainControllerDef *c = g_new0(virDomainControllerDef, 1);
    c->type = VIR_DOMAIN_CONTROLLER_SATA;
    while (virDomainDefFindController(r->def, c->type, c->idx))
        c->idx++;
    c->hasIdx = true;
    setAddress(&c->info, at);
    virListAppend(&r->def->controllers, c);
    for (guint unit = 0; args[unit]; unit++) {
        bool cdrom = g_str_has_prefix(args[unit], "cd:");
        if ((!cdrom && !g_str_has_prefix(args[unit], "hd:")) || busFull(r, false))
            continue;
        virDomainDiskDef *disk = addDisk(r, VIR_DOMAIN_DISK_BUS_SATA, cdrom ? VIR_DOMAIN_DISK_DEVICE_CDROM : VIR_DOMAIN_DISK_DEVICE_DISK, args[unit] + 3);
        disk->info.addr.type = VIR_DEVICE_ADDRESS_DRIVE;
        disk->info.addr.drive = (virDriveAddress){ .controller = c->idx, .unit = unit };
    }
    return true;
}

/* Interfaces of other kinds than tap (netgraph, vale) have no place in a definition. */
static bool readNet(Reader *r, const virPCIAddress *at, char **args, const char *model)
{
    enum { PREFIX = 3 };
    if (!args[0] || !g_str_has_prefix(args[0], "tap"))
        return true;
    virDomainNetDef *net = g_new0(virDomainNetDef, 1);
    net->type = VIR_DOMAIN_NET_TYPE_BRIDGE;
    net->bridge = g_strdup("virbr0");
    net->hasSource = true;
    net->ifname = g_strdup(args[0]);
    net->model = g_strdup(model);
    net->hasMac = true;
    memcpy(net->mac.b, r->conf->macPrefix, PREFIX);
    for (int i = PREFIX; i < 6; i++)
        net->mac.b[i] = g_random_int_range(0, 256);
    for (char **arg = args + 1; *arg; arg++)
        if (g_str_has_prefix(*arg, "mac=") && !virMacParse(*arg + strlen("mac="), &net->mac))
            net->mac = (virMac){ 0 };
    setAddress(&net->info, at);
    virListAppend(&r->def->nets, net);
    return true;
}

static bool readVirtioNet(Reader *r, const virPCIAddress *at, char **args)
{
    return readNet(r, at, args, "virtio");
}

static bool readE1000(Reader *r, const virPCIAddress *at, char **args)
{
    return readNet(r, at, args, "e1000");
}

/* "tcp=HOST:PORT" */
static bool readListen(Reader *r, virDomainGraphicsDef *g, const char *text)
{
    const char *colon = strrchr(text, ':');
    guint64 port;
    if (!g_ascii_string_to_unsigned(colon ? colon + 1 : text, 10, 0, G_MAXUINT16, &port, NULL))
        return bad(r, "Failed to parse 'fbuf' argument: tcp=%s", text);
    g->port = port;
    if (colon && colon > text) {
        g_free(g->listens.v[0]->address);
        g->listens.v[0]->address = g_strndup(text, colon - text);
    }
    return true;
}

static bool readFramebufferArg(Reader *r, virDomainGraphicsDef *g, virDomainVideoDef *video, const char *arg)
{
    const char *value = strchr(arg, '=');
    guint64 number = 0;
    if (!value)
        return true;
    value++;
    bool numeric = g_ascii_string_to_unsigned(value, 10, 0, G_MAXUINT16, &number, NULL);
    if (g_str_has_prefix(arg, "tcp=") || g_str_has_prefix(arg, "rfb="))
        return readListen(r, g, value);
    if (g_str_has_prefix(arg, "vga=")) {
        int vga = virDomainVideoVgaConfFromString(value);
        if (vga <= 0)
            return bad(r, "Failed to parse 'fbuf' argument: %s", arg);
        video->vgaconf = vga;
        return true;
    }
    if (g_str_has_prefix(arg, "w=") || g_str_has_prefix(arg, "h=")) {
        if (!numeric)
            return bad(r, "Failed to parse 'fbuf' argument: %s", arg);
        *(arg[0] == 'w' ? &video->resX : &video->resY) = number;
    } else if (g_str_has_prefix(arg, "password=")) {
        g_free(g->passwd);
        g->passwd = g_strdup(value);
    }
    return true;
}

static bool readFramebuffer(Reader *r, const virPCIAddress *at, char **args)
{
    virDomainGraphicsDef *g = g_new0(virDomainGraphicsDef, 1);
    virDomainVideoDef *video = g_new0(virDomainVideoDef, 1);
    virDomainGraphicsListen *listen = g_new0(virDomainGraphicsListen, 1);
    virListAppend(&r->def->graphics, g);
    virListAppend(&r->def->videos, video);
    virListAppend(&g->listens, listen);
    g->type = VIR_DOMAIN_GRAPHICS_VNC;
    g->hasPort = true;
    g->port = 5900;
    g->autoport = VIR_TRISTATE_BOOL_NO;
    listen->type = VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS;
    listen->address = g_strdup("127.0.0.1");
    video->type = VIR_DOMAIN_VIDEO_GOP;
    video->heads = 1;
    for (char **arg = args; *arg; arg++)
        if (!readFramebufferArg(r, g, video, *arg))
            return false;
    g->listenAttr = g_strdup(listen->address);
    return true;
}

static bool readDevice(Reader *r, const char *text)
{
    static const struct {
        const char *word;
        bool (*read)(Reader *r, const virPCIAddress *at, char **args);
    } kinds[] = { { "virtio-blk", readVirtioDisk }, { "ahci-hd", readAhciDisk }, { "ahci-cd", readAhciCdrom }, { "ahci", readAhci },
                  { "virtio-net", readVirtioNet }, { "e1000", readE1000 }, { "fbuf", readFramebuffer } };
    g_auto(GStrv) word = g_strsplit(text, ",", -1);
    virPCIAddress at;
    if (g_strv_length(word) < 2 || !readSlot(word[0], &at))
        return bad(r, "Failed to parse PCI slot: '%s'", text);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_str_equal(word[1], kinds[i].word))
            return kinds[i].read(r, &at, word + 2);
    return true;
}

/* "com1,/dev/nmdm0A": the guest has one end of a null modem, people the other. */
static bool readLpc(Reader *r, const char *text)
{
    static const char *const ports[] = { "com1,", "com2,", NULL };
    static const char device[] = "/dev/nmdm";
    if (!g_str_has_prefix(text, "com"))
        return true;            /* bootrom */
    guint port = 0;
    while (ports[port] && !g_str_has_prefix(text, ports[port]))
        port++;
    if (!ports[port])
        return bad(r, "Only com1 and com2 ports are supported, not '%s'", text);
    const char *path = text + strlen(ports[port]);
    size_t n = strlen(path), digits = g_str_has_prefix(path, device) ? strspn(path + strlen(device), "0123456789") : 0;
    if (!digits || n != strlen(device) + digits + 1 || (path[n - 1] != 'A' && path[n - 1] != 'B'))
        return bad(r, "Failed to parse console: '%s' is no end of a null modem, /dev/nmdmNUMBERA or /dev/nmdmNUMBERB", path);
    virDomainChrDef *chr = g_new0(virDomainChrDef, 1);
    chr->device = VIR_DOMAIN_CHR_DEVICE_SERIAL;
    chr->port = port;
    chr->hasPort = true;
    chr->source.type = VIR_DOMAIN_CHR_NMDM;
    chr->source.master = g_strdup(path);
    chr->source.slave = g_strdup(path);
    chr->source.slave[n - 1] = path[n - 1] == 'A' ? 'B' : 'A';
    virListAppend(&r->def->serials, chr);
    return true;
}

/* "2" or "cpus=2,sockets=1,cores=2,threads=1" */
static bool readCpus(Reader *r, const char *text)
{
    virCPUDef *cpu = &r->def->cpu;
    struct {
        const char *word;
        unsigned int *to;
        unsigned int value;
    } parts[] = { { "cpus", &r->def->maxVcpus, 1 }, { "sockets", &cpu->sockets, 1 }, { "cores", &cpu->cores, 1 }, { "threads", &cpu->threads, 1 } };
    g_auto(GStrv) list = g_strsplit(text, ",", -1);
    bool topology = false;
    for (char **item = list; *item; item++) {
        char *equals = strchr(*item, '=');
        guint i = 0;
        guint64 n;
        if (equals)
            *equals = 0;
        while (equals && i < G_N_ELEMENTS(parts) && !g_str_equal(*item, parts[i].word))
            i++;
        if (i == G_N_ELEMENTS(parts) || !g_ascii_string_to_unsigned(equals ? equals + 1 : *item, 10, 1, G_MAXUINT16, &n, NULL))
            return bad(r, "Failed to parse number of vCPUs: '%s'", text);
        parts[i].value = n;
        topology |= i > 0;
    }
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        if (i == 0 || topology)
            *parts[i].to = parts[i].value;
    cpu->given = topology;
    cpu->dies = topology ? 1 : 0;
    return true;
}

static bool readOption(Reader *r, char option, const char *value)
{
    virDomainDef *def = r->def;
    switch (option) {
    case 'A':
        def->features.acpi = true;
        break;
    case 'I':
        def->features.apic = true;
        break;
    case 'S':
        def->mem.locked = true;
        break;
    case 'u':
        def->clock.offset = VIR_DOMAIN_CLOCK_UTC;
        break;
    case 'w':
        def->features.msrsUnknown = VIR_DOMAIN_MSRS_UNKNOWN_IGNORE;
        break;
    case 'c':
        return readCpus(r, value);
    case 'm':
        return readMemory(r, value, &def->memory);
    case 's':
        return readDevice(r, value);
    case 'l':
        return readLpc(r, value);
    case 'U':
        return virUUIDParse(value, def->uuid) || bad(r, "Cannot parse UUID '%s'", value);
    default:
        break;
    }
    return true;
}

/* ---- the loader ---- */

static bool readLoaderOption(Reader *r, char option, const char *value)
{
    unsigned long long memory;
    if (option == 'm') {
        if (!readMemory(r, value, &memory))
            return false;
        return memory == r->def->memory || bad(r, "Failed to parse arguments: memory size mismatch: bhyveload has %llu KiB, bhyve %llu KiB", memory, r->def->memory);
    }
    for (unsigned int i = 0; option == 'd' && i < r->def->disks.n; i++) {
        virDomainDiskDef *disk = r->def->disks.v[i];
        if (g_strcmp0(disk->src.path, value) == 0) {
            disk->info.bootIndex = 1;
            break;
        }
    }
    return true;
}

static bool readLoader(Reader *r)
{
    char **rest;
    if (!r->loader)
        return true;
    if (!isProgram(r->loader[0], "bhyveload")) {
        r->def->os.bootloader = g_strdup(r->loader[0]);
        r->def->os.bootloaderArgs = r->loader[1] ? g_strjoinv(" ", r->loader + 1) : NULL;
        return true;
    }
    if (!eachOption(r, r->loader, "cdehlm", readLoaderOption, &rest))
        return false;
    if (!rest[0] || rest[1])
        return bad(r, "Failed to parse arguments: bhyveload wants one name of a guest");
    return g_str_equal(rest[0], r->def->name) || bad(r, "Failed to parse arguments: VM name mismatch: bhyveload has '%s', bhyve '%s'", rest[0], r->def->name);
}

static bool readGuest(Reader *r)
{
    virDomainDef *def = r->def;
    char **rest;
    def->virtType = VIR_DOMAIN_VIRT_BHYVE;
    def->os.type = VIR_DOMAIN_OSTYPE_HVM;
    def->clock.offset = VIR_DOMAIN_CLOCK_LOCALTIME;
    def->onPoweroff = def->onReboot = def->onCrash = VIR_DOMAIN_ON_DESTROY;
    def->maxVcpus = 1;
    def->memory = 256 * 1024;
    def->vcpuPlacement = VIR_DOMAIN_CPU_PLACEMENT_STATIC;
    virUUIDGenerate(def->uuid);
    if (!eachOption(r, r->bhyve, "cflmoprsBGKU", readOption, &rest))
        return false;
    if (!rest[0] || rest[1])
        return bad(r, rest[0] ? "Failed to parse arguments: there are more words after the guest's name '%s'"
                              : "Failed to parse arguments: the guest's name is missing%s", rest[0] ? rest[0] : "");
    def->name = g_strdup(rest[0]);
    def->vcpus = def->maxVcpus;
    def->currentMemory = def->memory;
    return true;
}

virDomainDef *virBhyveParse(const char *text, const virDomainParseConfig *conf, GError **error)
{
    g_autoptr(virDomainDef) def = virDomainDefNew();
    Reader r = { .def = def, .conf = conf, .error = error };
    bool ok = readCommands(&r, text) && readGuest(&r) && readLoader(&r);
    g_strfreev(r.bhyve);
    g_strfreev(r.loader);
    return ok ? g_steal_pointer(&def) : NULL;
}
