/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only the xl dialect knows, read: kernels of every kind of guest, CPUs, virtual NUMA, spice, USB controllers, channels. */
#define VIR_FROM VIR_FROM_XENXL
#include "native/xen-xl.h"
#include "base/error.h"
#include <stdlib.h>
#include <string.h>

static const char hvmloader[] = "/usr/lib/xen/boot/hvmloader", ovmf[] = "/usr/lib/xen/boot/ovmf.bin";

/* libxl's names of CPU features where they differ. */
static const struct {
    const char *xl, *name;
} features[] = {
    { "altmovcr8", "cr8legacy" }, { "clfsh", "clflush" },    { "cmplegacy", "cmp_legacy" }, { "cmpxchg16", "cx16" }, { "cmpxchg8", "cx8" },
    { "cntxid", "cid" },          { "dscpl", "ds_cpl" },     { "ffxsr", "fxsr_opt" },       { "htt", "ht" },         { "lahfsahf", "lahf_lm" },
    { "nodeid", "nodeid_msr" },   { "page1gb", "pdpe1gb" },  { "pclmulqdq", "pclmuldq" },   { "psn", "pn" },         { "sse3", "pni" },
    { "sysenter", "sep" },
};

const char *virXenFeatureName(const char *xl)
{
    for (guint i = 0; i < G_N_ELEMENTS(features); i++)
        if (g_str_equal(features[i].xl, xl))
            return features[i].name;
    return xl;
}

const char *virXenFeatureXl(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(features); i++)
        if (g_str_equal(features[i].name, name))
            return features[i].xl;
    return name;
}

static bool syntax(virXenReader *r, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool syntax(virXenReader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    virSetError(r->error, VIR_ERR_CONF_SYNTAX, "configuration file syntax error: %s", text);
    return false;
}

/* ---- the machine ---- */

static bool readOs(virXenReader *r)
{
    const char *bios, *slic;
    if (!virXenReadParavirtKernel(r))
        return false;
    if (!r->hvm)
        return true;
    if (!virXenString(r->config, "bios", &bios, r->error) || !virXenString(r->config, "acpi_firmware", &slic, r->error) || !virXenReadBoot(r))
        return false;
    r->def->os.slic = g_strdup(slic);
    r->def->os.loader = g_strdup(g_strcmp0(bios, "ovmf") == 0 ? ovmf : hvmloader);
    if (g_strcmp0(bios, "ovmf") == 0) {
        r->def->os.loaderType = VIR_DOMAIN_LOADER_TYPE_PFLASH;
        r->def->os.loaderReadonly = VIR_TRISTATE_BOOL_YES;
    }
    return true;
}

static virCPUDef *hostCpu(virXenReader *r)
{
    r->def->cpu.given = true;
    r->def->cpu.mode = VIR_CPU_MODE_HOST_PASSTHROUGH;
    return &r->def->cpu;
}

/* "host,name=POLICY,…": 1 and 0 are on and off, x, k, s as the host has it. */
static bool readCpuid(virXenReader *r)
{
    const char *text;
    if (!virXenString(r->config, "cpuid", &text, r->error))
        return false;
    if (!text)
        return true;
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    if (g_strcmp0(words[0], "host") != 0)
        return syntax(r, "cpuid starting with %s is not supported, only libxl format is", words[0] ? words[0] : "");
    hostCpu(r);
    for (char **word = words + 1; *word; word++) {
        char *value = strchr(*word, '=');
        if (!value)
            return syntax(r, "Invalid libxl cpuid key=value element: %s", *word);
        *value++ = 0;
        if (strlen(value) != 1 || !strchr("01xks", *value))
            return syntax(r, "Invalid libxl cpuid value: %s=%s", *word, value);
        virCPUDefSetFeature(&r->def->cpu, virXenFeatureName(*word),
                            *value == '0' ? VIR_CPU_FEATURE_DISABLE : *value == '1' ? VIR_CPU_FEATURE_FORCE : VIR_CPU_FEATURE_OPTIONAL);
    }
    return true;
}

static bool readCpu(virXenReader *r)
{
    bool nested;
    if (!virXenFlag(r->config, "nestedhvm", false, &nested, r->error))
        return false;
    if (r->hvm && virXenGet(r->config, "nestedhvm")) {
        hostCpu(r);
        if (!nested)
            virCPUDefSetFeature(&r->def->cpu, "vmx", VIR_CPU_FEATURE_DISABLE);
    }
    return readCpuid(r);
}

/* ---- virtual NUMA: a list of options for each node ---- */

static bool readDistances(virXenReader *r, virNumaCell *cell, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    for (unsigned int i = 0; words[i]; i++) {
        virNumaDistance *d = g_new0(virNumaDistance, 1);
        virListAppend(&cell->distances, d);
        d->id = i;
        d->value = atoi(words[i]);
        if (d->value < 10 || d->value > 255)
            return syntax(r, "vnuma vdistances: '%s' is not a distance between 10 and 255", words[i]);
    }
    return true;
}

static bool readNode(virXenReader *r, const virXenValue *node, unsigned int index)
{
    virNumaCell *cell = g_new0(virNumaCell, 1);
    bool placed = false;
    virListAppend(&r->def->cpu.cells, cell);
    cell->id = index;
    cell->hasId = true;
    for (guint i = 0; node->items && i < node->items->len; i++) {
        const virXenValue *item = node->items->pdata[i];
        const char *text = item->text ? item->text : "", *eq = strchr(text, '='), *value = eq ? eq + 1 : "";
        if (!*value)
            return syntax(r, "vnuma vnode %u contains an invalid option '%s'", index, text);
        if (g_str_has_prefix(text, "pnode="))
            placed = true;
        else if (g_str_has_prefix(text, "size="))
            cell->memory = g_ascii_strtoull(value, NULL, 10) * 1024;
        else if (g_str_has_prefix(text, "vcpus=") && !cell->cpus)
            cell->cpus = virBitmapParse(value, 4096);
        else if (g_str_has_prefix(text, "vdistances=") && !cell->distances.n) {
            if (!readDistances(r, cell, value))
                return false;
        } else
            return syntax(r, "vnuma vnode %u contains an invalid option '%s'", index, text);
    }
    return (placed && cell->memory && cell->cpus) || syntax(r, "Incomplete vnuma configuration for vnode %u", index);
}

static bool readNuma(virXenReader *r)
{
    const virXenValue *nodes = virXenGet(r->config, "vnuma");
    if (!nodes || nodes->kind != VIR_XEN_LIST || !nodes->items->len)
        return true;
    r->def->cpu.given = true;
    for (guint i = 0; i < nodes->items->len; i++)
        if (!readNode(r, nodes->items->pdata[i], i))
            return false;
    return true;
}

/* ---- devices ---- */

static bool readSpice(virXenReader *r)
{
    bool spice, open, mouse, clipboard;
    long long port, tls;
    const char *host, *password;
    if (!r->hvm || !virXenFlag(r->config, "spice", false, &spice, r->error) || !spice)
        return !r->hvm || !virXenGet(r->config, "spice") || virXenGet(r->config, "spice")->kind != VIR_XEN_LIST;
    if (!virXenString(r->config, "spicehost", &host, r->error) || !virXenNumber(r->config, "spicetls_port", 0, &tls, r->error) ||
        !virXenNumber(r->config, "spiceport", 0, &port, r->error) || !virXenFlag(r->config, "spicedisable_ticketing", false, &open, r->error) ||
        !virXenString(r->config, "spicepasswd", &password, r->error) || !virXenFlag(r->config, "spiceagent_mouse", false, &mouse, r->error) ||
        !virXenFlag(r->config, "spice_clipboard_sharing", false, &clipboard, r->error))
        return false;
    if (!open && !password)
        return syntax(r, "missing spicepasswd, and spicedisable_ticketing is not set");
    virDomainGraphicsDef *g = g_new0(virDomainGraphicsDef, 1);
    virDomainGraphicsListen *l = g_new0(virDomainGraphicsListen, 1);
    g->type = VIR_DOMAIN_GRAPHICS_SPICE;
    l->type = VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS;
    l->address = g_strdup(host);
    virListAppend(&g->listens, l);
    g->port = port;
    g->tlsPort = tls;
    g->hasPort = port != 0;
    g->hasTlsPort = tls != 0;
    g->autoport = port || tls ? VIR_TRISTATE_BOOL_NO : VIR_TRISTATE_BOOL_YES;
    g->passwd = open ? NULL : g_strdup(password);
    g->mousemode = mouse ? VIR_DOMAIN_MOUSE_MODE_CLIENT : VIR_DOMAIN_MOUSE_MODE_SERVER;
    g->copypaste = clipboard ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_NO;
    virListAppend(&r->def->graphics, g);
    return true;
}

static bool readXenbus(virXenReader *r)
{
    long long frames, channels;
    if (!virXenNumber(r->config, "max_grant_frames", 0, &frames, r->error) || !virXenNumber(r->config, "max_event_channels", 0, &channels, r->error))
        return false;
    virDomainControllerDef *bus = g_new0(virDomainControllerDef, 1);
    bus->type = VIR_DOMAIN_CONTROLLER_XENBUS;
    bus->hasIdx = true;
    bus->maxGrantFrames = frames;
    bus->hasMaxGrantFrames = frames != 0;
    bus->maxEventChannels = channels;
    bus->hasMaxEventChannels = channels != 0;
    virListAppend(&r->def->controllers, bus);
    return true;
}

static bool readUsbControllers(virXenReader *r)
{
    enum { VERSION = 2, PORTS = 8 };
    g_autoptr(GPtrArray) all = virXenStrings(r->config, "usbctrl");
    unsigned int index = 0;
    for (guint i = 0; i < all->len; i++) {
        g_autoptr(GHashTable) o = virXenOptions(all->pdata[i]);
        const char *type = g_hash_table_lookup(o, "type"), *version = g_hash_table_lookup(o, "version"), *ports = g_hash_table_lookup(o, "ports");
        int v = version ? atoi(version) : VERSION;
        if ((type && !g_str_equal(type, "qusb")) || v < 1)
            continue;
        virDomainControllerDef *c = g_new0(virDomainControllerDef, 1);
        c->type = VIR_DOMAIN_CONTROLLER_USB;
        c->idx = index++;
        c->hasIdx = true;
        c->usbModel = v == 1 ? VIR_DOMAIN_CONTROLLER_USB_QUSB1 : VIR_DOMAIN_CONTROLLER_USB_QUSB2;
        c->ports = ports ? atoi(ports) : PORTS;
        c->hasPorts = true;
        virListAppend(&r->def->controllers, c);
    }
    return true;
}

/* Numbers of the host's devices are hexadecimal. */
static bool readUsbDevices(virXenReader *r)
{
    g_autoptr(GPtrArray) all = virXenStrings(r->config, "usbdev");
    for (guint i = 0; i < all->len; i++) {
        g_autoptr(GHashTable) o = virXenOptions(all->pdata[i]);
        const char *bus = g_hash_table_lookup(o, "hostbus"), *device = g_hash_table_lookup(o, "hostaddr");
        if (!bus || !device)
            continue;
        virDomainHostdevDef *dev = g_new0(virDomainHostdevDef, 1);
        dev->mode = VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM;
        dev->type = VIR_DOMAIN_HOSTDEV_TYPE_USB;
        dev->managed = VIR_TRISTATE_BOOL_NO;
        dev->usbBus = strtoul(bus, NULL, 16);
        dev->usbDevice = strtoul(device, NULL, 16);
        dev->hasUsbAddress = true;
        virListAppend(&r->def->hostdevs, dev);
    }
    return true;
}

static bool readChannels(virXenReader *r)
{
    g_autoptr(GPtrArray) all = virXenStrings(r->config, "channel");
    for (guint i = 0; i < all->len; i++) {
        g_autoptr(GHashTable) o = virXenOptions(all->pdata[i]);
        const char *kind = g_hash_table_lookup(o, "connection");
        bool socket = g_strcmp0(kind, "socket") == 0;
        if (!socket && g_strcmp0(kind, "pty") != 0)
            return virXenBad(r->error, VIR_ERR_CONFIG_UNSUPPORTED, "channel '%s': connection must be pty or socket", (char *)all->pdata[i]);
        virDomainChrDef *chr = g_new0(virDomainChrDef, 1);
        chr->device = VIR_DOMAIN_CHR_DEVICE_CHANNEL;
        chr->channelTarget = VIR_DOMAIN_CHR_CHANNEL_TARGET_XEN;
        chr->name = g_strdup(g_hash_table_lookup(o, "name"));
        chr->source.type = socket ? VIR_DOMAIN_CHR_UNIX : VIR_DOMAIN_CHR_PTY;
        chr->source.path = socket ? g_strdup(g_hash_table_lookup(o, "path")) : NULL;
        chr->source.mode = chr->source.path ? VIR_DOMAIN_CHR_MODE_BIND : VIR_DOMAIN_CHR_MODE_NONE;
        virListAppend(&r->def->channels, chr);
    }
    return true;
}

static bool readCommandline(virXenReader *r)
{
    g_autoptr(GPtrArray) all = virXenStrings(r->config, "device_model_args");
    if (!all->len)
        return true;
    r->def->xenCommandline = g_new0(virDomainXenCommandline, 1);
    for (guint i = 0; i < all->len; i++) {
        virDomainQemuArg *arg = g_new0(virDomainQemuArg, 1);
        arg->value = g_strdup(all->pdata[i]);
        virListAppend(&r->def->xenCommandline->args, arg);
    }
    return true;
}

bool virXenReadXl(virXenReader *r)
{
    return readOs(r) && readCpu(r) && readNuma(r) && readXenbus(r) && virXenReadXlDisks(r) && readSpice(r) && virXenReadUsbInput(r) &&
           readUsbControllers(r) && readUsbDevices(r) && readChannels(r) && readCommandline(r);
}
