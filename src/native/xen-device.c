/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices that both dialects spell alike, read: networks, PCI devices, screens, ports, sound. */
#define VIR_FROM VIR_FROM_XEN
#include "native/xen.h"
#include "base/error.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_VNC_PORT = 5900 };

/* ---- networks ---- */

/* "10Mb/s": bits or bytes a second, perhaps "@20ms" behind it; in KiB a second. */
static bool readRate(virXenReader *r, virDomainNetDef *net, const char *text)
{
    char *end;
    unsigned long long n = g_ascii_strtoull(text, &end, 10);
    static const char units[] = "KMG";
    const char *unit = *end ? strchr(units, *end) : NULL;
    const char *kind = unit ? end + 1 : end;
    if (end == text || (*kind != 'b' && *kind != 'B') || kind[1] != '/' || kind[2] != 's' || (kind[3] && kind[3] != '@'))
        return virXenBad(r->error, VIR_ERR_INTERNAL_ERROR, "Invalid rate '%s' specified", text);
    for (int i = unit ? unit - units : 0; i > 0; i--)
        n *= 1024;
    if (*kind == 'b')
        n /= 8;
    net->bandwidth = g_new0(virNetBandwidth, 1);
    net->bandwidth->out = g_new0(virNetBandwidthRate, 1);
    net->bandwidth->out->average = n;
    return true;
}

/* Open vSwitch: "bridge.VLAN", or "bridge:VLAN:VLAN" for a trunk. */
static bool readSwitch(virXenReader *r, virDomainNetDef *net)
{
    g_auto(GStrv) words = g_strsplit_set(net->bridge, ".:", -1);
    net->virtualport = g_new0(virNetDevVPort, 1);
    net->virtualport->type = VIR_NETDEV_VPORT_OPENVSWITCH;
    if (!words[0] || !words[1])
        return true;
    net->vlan = g_new0(virNetVlan, 1);
    if (strchr(net->bridge, ':'))
        net->vlan->trunk = VIR_TRISTATE_BOOL_YES;
    for (char **word = words + 1; *word; word++) {
        char *end;
        virNetVlanTag *tag = g_new0(virNetVlanTag, 1);
        virListAppend(&net->vlan->tags, tag);
        tag->id = strtoul(*word, &end, 10);
        if (!**word || *end)
            return virXenBad(r->error, VIR_ERR_INTERNAL_ERROR, "cannot parse vlan tag '%s' of bridge '%s'", *word, net->bridge);
    }
    g_free(net->bridge);
    net->bridge = g_strdup(words[0]);
    return true;
}

static bool readNet(virXenReader *r, const char *text)
{
    g_autoptr(GHashTable) o = virXenOptions(text);
    const char *mac = g_hash_table_lookup(o, "mac"), *script = g_hash_table_lookup(o, "script"), *type = g_hash_table_lookup(o, "type"),
               *rate = g_hash_table_lookup(o, "rate"), *ip = g_hash_table_lookup(o, "ip");
    virDomainNetDef *net = g_new0(virDomainNetDef, 1);
    virListAppend(&r->def->nets, net);
    net->hasMac = true;                         /* one that is not said is all zero */
    if (mac && *mac && !virMacParse(mac, &net->mac))
        return virXenBad(r->error, VIR_ERR_INTERNAL_ERROR, "malformed mac address '%s'", mac);
    net->bridge = g_strdup(g_hash_table_lookup(o, "bridge"));
    net->type = net->bridge ? VIR_DOMAIN_NET_TYPE_BRIDGE : VIR_DOMAIN_NET_TYPE_ETHERNET;
    net->script = g_strdup(script);
    if (net->bridge && g_strcmp0(script, "vif-openvswitch") == 0 && !readSwitch(r, net))
        return false;
    net->ifname = g_strdup(g_hash_table_lookup(o, "vifname"));
    net->model = g_strdup(g_hash_table_lookup(o, "model"));
    if (!net->model && g_strcmp0(type, r->dialect == VIR_XEN_XL ? "vif" : "netfront") == 0)
        net->model = g_strdup("netfront");
    g_auto(GStrv) addresses = g_strsplit(ip ? ip : "", " ", -1);
    for (char **a = addresses; *a; a++) {
        if (!**a)
            continue;
        virNetIp *address = g_new0(virNetIp, 1);
        address->address = g_strdup(*a);
        address->family = g_strdup(strchr(*a, ':') ? "ipv6" : "ipv4");
        virListAppend(&net->guestIps, address);
    }
    return !rate || readRate(r, net, rate);
}

/* ---- PCI devices ---- */

/* "domain:bus:slot.function" without a domain or with it, "@slot in the guest", options. */
static bool readPci(virXenReader *r, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, ",", 2);
    g_autoptr(GHashTable) o = virXenOptions(words[0] && words[1] ? words[1] : "");
    unsigned int domain = 0, bus, slot, function;
    int used = 0;
    const char *at = words[0] ? words[0] : "";
    bool fits = (sscanf(at, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &used) == 4 && used) ||
                (domain = 0, used = 0, sscanf(at, "%2x:%2x.%1x%n", &bus, &slot, &function, &used) == 3 && used);
    if (!fits || at[used] || slot > 31 || function > 7) {
        virErrorSet(r->error, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, "cannot parse PCI device '%s': expected DOMAIN:BUS:SLOT.FUNCTION", text);
        return false;
    }
    virDomainHostdevDef *dev = g_new0(virDomainHostdevDef, 1);
    dev->mode = VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM;
    dev->type = VIR_DOMAIN_HOSTDEV_TYPE_PCI;
    dev->managed = VIR_TRISTATE_BOOL_NO;
    dev->pci = (virPCIAddress){ .domain = domain, .bus = bus, .slot = slot, .function = function };
    if (g_strcmp0(g_hash_table_lookup(o, "permissive"), "1") == 0)
        dev->writeFiltering = VIR_TRISTATE_BOOL_NO;
    virListAppend(&r->def->hostdevs, dev);
    return true;
}

/* ---- screens ---- */

static void setListen(virDomainGraphicsDef *g, const char *address)
{
    virDomainGraphicsListen *l = g_new0(virDomainGraphicsListen, 1);
    l->type = VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS;
    l->address = g_strdup(address);
    virListAppend(&g->listens, l);
}

static void addVnc(virXenReader *r, bool unused, const char *display, const char *listen, const char *password, const char *keymap)
{
    virDomainGraphicsDef *g = g_new0(virDomainGraphicsDef, 1);
    g->type = VIR_DOMAIN_GRAPHICS_VNC;
    g->autoport = unused ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_NO;
    g->port = unused ? -1 : display ? FIRST_VNC_PORT + atoi(display) : 0;
    g->hasPort = g->port > 0;
    g->passwd = g_strdup(password);
    g->keymap = g_strdup(keymap);
    setListen(g, listen);
    virListAppend(&r->def->graphics, g);
}

static void addSdl(virXenReader *r, const char *display, const char *xauth)
{
    virDomainGraphicsDef *g = g_new0(virDomainGraphicsDef, 1);
    g->type = VIR_DOMAIN_GRAPHICS_SDL;
    g->display = g_strdup(display);
    g->xauth = g_strdup(xauth);
    virListAppend(&r->def->graphics, g);
}

static bool readHvmScreen(virXenReader *r)
{
    bool vnc, sdl, unused;
    long long display;
    const char *listen, *password, *keymap, *sdlDisplay, *xauth;
    if (!virXenFlag(r->config, "vnc", false, &vnc, r->error) || !virXenFlag(r->config, "sdl", false, &sdl, r->error) ||
        !virXenFlag(r->config, "vncunused", true, &unused, r->error) || !virXenNumber(r->config, "vncdisplay", 0, &display, r->error) ||
        !virXenString(r->config, "vnclisten", &listen, r->error) || !virXenString(r->config, "vncpasswd", &password, r->error) ||
        !virXenString(r->config, "keymap", &keymap, r->error) || !virXenString(r->config, "display", &sdlDisplay, r->error) ||
        !virXenString(r->config, "xauthority", &xauth, r->error))
        return false;
    g_autofree char *number = g_strdup_printf("%lld", display);
    if (vnc)
        addVnc(r, unused, number, listen, password, keymap);
    else if (sdl)
        addSdl(r, sdlDisplay, xauth);
    return true;
}

static bool readParavirtScreen(virXenReader *r)
{
    g_autoptr(GPtrArray) screens = virXenStrings(r->config, "vfb");
    if (!screens->len)
        return true;
    g_autoptr(GHashTable) o = virXenOptions(screens->pdata[0]);
    const char *type = g_hash_table_lookup(o, "type"), *sdl = g_hash_table_lookup(o, "sdl"), *unused = g_hash_table_lookup(o, "vncunused");
    if (g_strcmp0(type, "sdl") == 0 || g_strcmp0(sdl, "1") == 0)
        addSdl(r, g_hash_table_lookup(o, "display"), g_hash_table_lookup(o, "xauthority"));
    else
        addVnc(r, g_strcmp0(unused, "0") != 0, g_hash_table_lookup(o, "vncdisplay"), g_hash_table_lookup(o, "vnclisten"),
               g_hash_table_lookup(o, "vncpasswd"), g_hash_table_lookup(o, "keymap"));
    return true;
}

/* ---- ports ---- */

/* "host:port" */
static void readPlace(const char *text, char **host, char **service)
{
    const char *colon = strrchr(text, ':');
    if (colon && colon > text)
        *host = g_strndup(text, colon - text);
    if (colon && colon[1])
        *service = g_strdup(colon + 1);
}

bool virXenReadPort(const char *text, virDomainChrSource *s, GError **error)
{
    static const struct {
        const char *word;
        virDomainChrType type;
    } kinds[] = { { "null", VIR_DOMAIN_CHR_NULL }, { "vc", VIR_DOMAIN_CHR_VC }, { "pty", VIR_DOMAIN_CHR_PTY }, { "stdio", VIR_DOMAIN_CHR_STDIO },
                  { "file:", VIR_DOMAIN_CHR_FILE }, { "pipe:", VIR_DOMAIN_CHR_PIPE }, { "tcp:", VIR_DOMAIN_CHR_TCP }, { "telnet:", VIR_DOMAIN_CHR_TCP },
                  { "udp:", VIR_DOMAIN_CHR_UDP }, { "unix:", VIR_DOMAIN_CHR_UNIX } };
    guint k = 0;
    for (; k < G_N_ELEMENTS(kinds) && !g_str_has_prefix(text, kinds[k].word); k++)
        ;
    if (text[0] == '/') {
        s->type = VIR_DOMAIN_CHR_DEV;
        s->path = g_strdup(text);
        return true;
    }
    if (k == G_N_ELEMENTS(kinds))
        return virXenBad(error, VIR_ERR_INTERNAL_ERROR, "unknown chr device type '%s'", text);
    g_auto(GStrv) words = g_strsplit(text + strlen(kinds[k].word), ",", 2);
    const char *rest = words[0] ? words[0] : "", *options = words[0] && words[1] ? words[1] : "";
    s->type = kinds[k].type;
    s->mode = strstr(options, "server") ? VIR_DOMAIN_CHR_MODE_BIND : VIR_DOMAIN_CHR_MODE_CONNECT;
    if (s->type == VIR_DOMAIN_CHR_FILE || s->type == VIR_DOMAIN_CHR_PIPE || s->type == VIR_DOMAIN_CHR_UNIX) {
        s->path = g_strdup(rest);
    } else if (s->type == VIR_DOMAIN_CHR_TCP) {
        s->protocol = g_str_has_prefix(text, "telnet:") ? VIR_DOMAIN_CHR_PROTOCOL_TELNET : VIR_DOMAIN_CHR_PROTOCOL_RAW;
        readPlace(rest, &s->host, &s->service);
    } else if (s->type == VIR_DOMAIN_CHR_UDP) {
        g_auto(GStrv) ends = g_strsplit(rest, "@", 2);
        readPlace(ends[0] ? ends[0] : "", &s->host, &s->service);
        if (ends[0] && ends[1])
            readPlace(ends[1], &s->bindHost, &s->bindService);
    }
    return true;
}

static virDomainChrDef *newChr(virDomainChrDevice device, unsigned int port)
{
    virDomainChrDef *chr = g_new0(virDomainChrDef, 1);
    chr->device = device;
    chr->port = port;
    chr->hasPort = true;
    return chr;
}

static bool readPorts(virXenReader *r)
{
    const char *parallel;
    if (!virXenString(r->config, "parallel", &parallel, r->error))
        return false;
    if (parallel && !g_str_equal(parallel, "none")) {
        virDomainChrDef *chr = newChr(VIR_DOMAIN_CHR_DEVICE_PARALLEL, 0);
        virListAppend(&r->def->parallels, chr);
        if (!virXenReadPort(parallel, &chr->source, r->error))
            return false;
    }
    const virXenValue *serial = virXenGet(r->config, "serial");
    if (serial && serial->kind == VIR_XEN_LIST && serial->items->len > 1 && r->dialect == VIR_XEN_XM)
        return virXenBad(r->error, VIR_ERR_CONFIG_UNSUPPORTED, "Multiple serial devices are not supported by xen-xm");
    g_autoptr(GPtrArray) serials = virXenStrings(r->config, "serial");
    for (guint i = 0; i < serials->len; i++) {
        if (g_str_equal(serials->pdata[i], "none"))
            continue;
        virDomainChrDef *chr = newChr(VIR_DOMAIN_CHR_DEVICE_SERIAL, i);
        virListAppend(&r->def->serials, chr);
        if (!virXenReadPort(serials->pdata[i], &chr->source, r->error))
            return false;
    }
    return true;
}

static bool addSound(virXenReader *r, virDomainSoundModel model)
{
    virDomainSoundDef *sound = g_new0(virDomainSoundDef, 1);
    sound->model = model;
    virListAppend(&r->def->sounds, sound);
    return true;
}

static bool readSound(virXenReader *r)
{
    const char *words;
    if (!virXenString(r->config, "soundhw", &words, r->error))
        return false;
    if (!words)
        return true;
    if (g_str_equal(words, "all"))
        return addSound(r, VIR_DOMAIN_SOUND_MODEL_SB16) && addSound(r, VIR_DOMAIN_SOUND_MODEL_ES1370);
    g_auto(GStrv) all = g_strsplit(words, ",", -1);
    for (char **word = all; *word; word++) {
        int model = virDomainSoundModelFromString(*word);
        if (model < 0) {
            virErrorSet(r->error, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, "unknown sound model '%s' in soundhw", *word);
            return false;
        }
        addSound(r, model);
    }
    return true;
}

/* USB devices of the emulator's own; others are the host's. */
bool virXenReadUsbInput(virXenReader *r)
{
    const char *single;
    if (r->dialect == VIR_XEN_XM && !virXenString(r->config, "usbdevice", &single, r->error))
        return false;
    g_autoptr(GPtrArray) devices = virXenStrings(r->config, "usbdevice");
    for (guint i = 0; r->hvm && i < devices->len; i++) {
        int type = virDomainInputTypeFromString(devices->pdata[i]);
        if (type != VIR_DOMAIN_INPUT_TYPE_MOUSE && type != VIR_DOMAIN_INPUT_TYPE_TABLET && type != VIR_DOMAIN_INPUT_TYPE_KEYBOARD)
            continue;
        virDomainInputDef *input = g_new0(virDomainInputDef, 1);
        input->type = type;
        input->bus = VIR_DOMAIN_INPUT_BUS_USB;
        virListAppend(&r->def->inputs, input);
    }
    return true;
}

/* A paravirtual guest has one console and nothing of an emulator's. */
static void addConsole(virXenReader *r)
{
    virDomainChrDef *chr = newChr(VIR_DOMAIN_CHR_DEVICE_CONSOLE, 0);
    chr->source.type = VIR_DOMAIN_CHR_PTY;
    chr->consoleTarget = VIR_DOMAIN_CHR_CONSOLE_TARGET_XEN;
    virListAppend(&r->def->consoles, chr);
}

bool virXenReadDevices(virXenReader *r)
{
    g_autoptr(GPtrArray) vifs = virXenStrings(r->config, "vif"), pcis = virXenStrings(r->config, "pci");
    if (!(r->hvm ? readHvmScreen(r) : readParavirtScreen(r)))
        return false;
    for (guint i = 0; i < vifs->len; i++)
        if (!readNet(r, vifs->pdata[i]))
            return false;
    for (guint i = 0; i < pcis->len; i++)
        if (!readPci(r, pcis->pdata[i]))
            return false;
    if (r->hvm)
        return readPorts(r) && readSound(r);
    addConsole(r);
    const char *parallel;
    return virXenString(r->config, "parallel", &parallel, r->error);
}
