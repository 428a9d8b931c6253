/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a definition to a Xen configuration: what both dialects have in common, in the order that tools have always written. */
#define VIR_FROM VIR_FROM_XEN
#include "native/xen.h"
#include "base/error.h"
#include "base/util.h"

enum { FIRST_VNC_PORT = 5900, MIB = 1024 };

/* ---- the machine ---- */

static void writeHead(virXenWriter *w)
{
    const virDomainDef *def = w->def;
    char uuid[37];
    virUUIDFormat(def->uuid, uuid);
    virXenPutString(w->out, "name", def->name);
    virXenPutString(w->out, "uuid", uuid);
    virXenPutNumber(w->out, "maxmem", (def->memory + MIB - 1) / MIB);
    virXenPutNumber(w->out, "memory", (def->currentMemory + MIB - 1) / MIB);
    if (def->vcpus < def->maxVcpus)
        virXenPutNumber(w->out, "maxvcpus", def->maxVcpus);
    virXenPutNumber(w->out, "vcpus", def->vcpus);
    g_autofree char *cpus = def->cpumask ? virBitmapFormat(def->cpumask) : NULL;
    virXenPutString(w->out, "cpus", cpus);
}

static void writeFeatures(virXenWriter *w)
{
    const virDomainFeatures *f = &w->def->features;
    if (w->hvm) {
        virXenPutNumber(w->out, "pae", f->pae);
        virXenPutNumber(w->out, "acpi", f->acpi);
        virXenPutNumber(w->out, "apic", f->apic);
        if (f->hap == VIR_TRISTATE_SWITCH_OFF)
            virXenPutNumber(w->out, "hap", 0);
        virXenPutNumber(w->out, "viridian", f->viridian);
    } else if (f->xen.e820Host == VIR_TRISTATE_SWITCH_ON) {
        virXenPutNumber(w->out, "e820_host", 1);
    }
    if (f->xen.passthrough == VIR_TRISTATE_SWITCH_ON)
        virXenPutString(w->out, "passthrough", f->xen.passthroughMode ? virDomainXenPassthroughToString(f->xen.passthroughMode) : "enabled");
}

static bool writeTimers(virXenWriter *w)
{
    static const char *const modes[] = { [VIR_DOMAIN_TIMER_MODE_NATIVE] = "native",
                                         [VIR_DOMAIN_TIMER_MODE_PARAVIRT] = "native_paravirt",
                                         [VIR_DOMAIN_TIMER_MODE_EMULATE] = "always_emulate",
                                         [VIR_DOMAIN_TIMER_MODE_SMPSAFE] = NULL };
    for (unsigned int i = 0; i < w->def->clock.timers.n; i++) {
        const virDomainTimerDef *t = w->def->clock.timers.v[i];
        if (t->name == VIR_DOMAIN_TIMER_TSC)
            virXenPutString(w->out, "tsc_mode", modes[t->mode] ? modes[t->mode] : "default");
        else if (t->name == VIR_DOMAIN_TIMER_HPET && w->hvm)
            virXenPutNumber(w->out, "hpet", t->present != VIR_TRISTATE_BOOL_NO);
        else
            return virXenBad(w->error, VIR_ERR_CONFIG_UNSUPPORTED, "unsupported timer type %s", virDomainTimerNameToString(t->name));
    }
    return true;
}

static bool writeClock(virXenWriter *w)
{
    const virDomainClockDef *c = &w->def->clock;
    bool local = c->offset == VIR_DOMAIN_CLOCK_LOCALTIME, variable = c->offset == VIR_DOMAIN_CLOCK_VARIABLE;
    if ((!local && c->offset != VIR_DOMAIN_CLOCK_UTC && !variable) || (variable && !w->hvm))
        return virXenBad(w->error, VIR_ERR_CONFIG_UNSUPPORTED, "unsupported clock offset='%s'", virDomainClockOffsetToString(c->offset));
    if (w->hvm)
        virXenPutNumber(w->out, "rtc_timeoffset", variable ? c->adjustment : 0);
    virXenPutNumber(w->out, "localtime", local || (variable && c->basis == VIR_DOMAIN_CLOCK_BASIS_LOCALTIME));
    return true;
}

static void writeActions(virXenWriter *w)
{
    virXenPutString(w->out, "on_poweroff", virDomainOnActionToString(w->def->onPoweroff));
    virXenPutString(w->out, "on_reboot", virDomainOnActionToString(w->def->onReboot));
    virXenPutString(w->out, "on_crash", virDomainOnActionToString(w->def->onCrash));
}

void virXenWriteBoot(virXenWriter *w)
{
    static const char letters[] = "adcn";
    g_autoptr(GString) order = g_string_new(NULL);
    for (unsigned int i = 0; i < w->def->os.boots.n; i++)
        g_string_append_c(order, letters[w->def->os.boots.v[i]->dev]);
    virXenPutString(w->out, "boot", order->len ? order->str : "c");
}

/* ---- screens ---- */

static void writeHvmScreen(virXenWriter *w, const virDomainGraphicsDef *g)
{
    const char *listen = g->listens.n ? g->listens.v[0]->address : NULL;
    if (g->type == VIR_DOMAIN_GRAPHICS_SDL) {
        virXenPutNumber(w->out, "sdl", 1);
        virXenPutNumber(w->out, "vnc", 0);
        virXenPutString(w->out, "display", g->display);
        virXenPutString(w->out, "xauthority", g->xauth);
    } else if (g->type == VIR_DOMAIN_GRAPHICS_VNC) {
        bool chosen = g->autoport == VIR_TRISTATE_BOOL_YES;
        virXenPutNumber(w->out, "sdl", 0);
        virXenPutNumber(w->out, "vnc", 1);
        virXenPutNumber(w->out, "vncunused", chosen);
        if (!chosen)
            virXenPutNumber(w->out, "vncdisplay", g->port - FIRST_VNC_PORT);
        virXenPutString(w->out, "vnclisten", listen);
        virXenPutString(w->out, "vncpasswd", g->passwd);
        virXenPutString(w->out, "keymap", g->keymap);
    }
}

static void addOption(GString *out, const char *name, const char *value)
{
    if (value)
        g_string_append_printf(out, ",%s=%s", name, value);
}

static void writeParavirtScreen(virXenWriter *w, const virDomainGraphicsDef *g)
{
    g_autoptr(GString) out = g_string_new(NULL);
    if (g->type == VIR_DOMAIN_GRAPHICS_SDL) {
        g_string_append(out, "type=sdl");
        addOption(out, "display", g->display);
        addOption(out, "xauthority", g->xauth);
    } else if (g->type == VIR_DOMAIN_GRAPHICS_VNC) {
        bool chosen = g->autoport == VIR_TRISTATE_BOOL_YES;
        g_string_append_printf(out, "type=vnc,vncunused=%d", chosen);
        if (!chosen)
            g_string_append_printf(out, ",vncdisplay=%d", g->port - FIRST_VNC_PORT);
        addOption(out, "vnclisten", g->listens.n ? g->listens.v[0]->address : NULL);
        addOption(out, "vncpasswd", g->passwd);
        addOption(out, "keymap", g->keymap);
    } else {
        return;
    }
    g_string_append_printf(w->out, "vfb = [ \"%s\" ]\n", out->str);
}

/* ---- networks ---- */

/* "bridge.5" on a VLAN, "bridge:5:6" on a trunk of them. */
static void addBridge(GString *out, const virDomainNetDef *net)
{
    g_string_append_printf(out, ",bridge=%s", net->bridge);
    if (net->virtualport && net->virtualport->type == VIR_NETDEV_VPORT_OPENVSWITCH && net->vlan)
        for (unsigned int i = 0; i < net->vlan->tags.n; i++)
            g_string_append_printf(out, "%c%u", net->vlan->trunk == VIR_TRISTATE_BOOL_YES ? ':' : '.', net->vlan->tags.v[i]->id);
}

static bool addNet(virXenWriter *w, GPtrArray *all, const virDomainNetDef *net)
{
    g_autoptr(GString) out = g_string_new(NULL);
    char mac[18];
    const char *script = net->script;
    virMacFormat(&net->mac, mac);
    g_string_append_printf(out, "mac=%s", mac);
    if (net->type == VIR_DOMAIN_NET_TYPE_BRIDGE) {
        bool ovs = net->virtualport && net->virtualport->type == VIR_NETDEV_VPORT_OPENVSWITCH;
        addBridge(out, net);
        if (!script)
            script = ovs ? "vif-openvswitch" : "vif-bridge";
    } else if (net->type == VIR_DOMAIN_NET_TYPE_NETWORK) {
        if (!net->bridge) {
            virErrorSet(w->error, VIR_FROM_XEN, VIR_ERR_NO_NETWORK, "Network not found: %s", net->network);
            return false;
        }
        addBridge(out, net);
    } else if (net->type != VIR_DOMAIN_NET_TYPE_ETHERNET) {
        return virXenBad(w->error, VIR_ERR_CONFIG_UNSUPPORTED, "unsupported net type '%s'", virDomainNetTypeToString(net->type));
    }
    addOption(out, "script", script);
    for (unsigned int i = 0; i < net->guestIps.n; i++)
        g_string_append_printf(out, "%s%s", i ? " " : ",ip=", net->guestIps.v[i]->address);
    if (!w->hvm || g_strcmp0(net->model, "netfront") != 0)
        addOption(out, "model", net->model);
    else
        g_string_append_printf(out, ",type=%s", w->dialect == VIR_XEN_XL ? "vif" : "netfront");
    addOption(out, "vifname", net->ifname);
    if (net->bandwidth && net->bandwidth->out && net->bandwidth->out->average)
        g_string_append_printf(out, ",rate=%lluKB/s", net->bandwidth->out->average);
    g_ptr_array_add(all, g_string_free(g_steal_pointer(&out), FALSE));
    return true;
}

/* ---- PCI, ports, sound ---- */

static void writePci(virXenWriter *w)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
    for (unsigned int i = 0; i < w->def->hostdevs.n; i++) {
        const virDomainHostdevDef *dev = w->def->hostdevs.v[i];
        if (dev->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM && dev->type == VIR_DOMAIN_HOSTDEV_TYPE_PCI)
            g_ptr_array_add(all, g_strdup_printf("%04x:%02x:%02x.%x%s", dev->pci.domain, dev->pci.bus, dev->pci.slot, dev->pci.function,
                                                 dev->writeFiltering == VIR_TRISTATE_BOOL_NO ? ",permissive=1" : ""));
    }
    virXenPutList(w->out, "pci", all);
}

char *virXenPort(const virDomainChrSource *s, GError **error)
{
    const char *wait = s->mode == VIR_DOMAIN_CHR_MODE_BIND || s->mode == VIR_DOMAIN_CHR_MODE_SERVER ? ",server,nowait" : "";
    const char *host = s->host ? s->host : "", *service = s->service ? s->service : "";
    switch (s->type) {
    case VIR_DOMAIN_CHR_NULL:
    case VIR_DOMAIN_CHR_STDIO:
    case VIR_DOMAIN_CHR_VC:
    case VIR_DOMAIN_CHR_PTY:
        return g_strdup(virDomainChrTypeToString(s->type));
    case VIR_DOMAIN_CHR_FILE:
    case VIR_DOMAIN_CHR_PIPE:
        return g_strdup_printf("%s:%s", virDomainChrTypeToString(s->type), s->path);
    case VIR_DOMAIN_CHR_DEV:
        return g_strdup(s->path);
    case VIR_DOMAIN_CHR_TCP:
        return g_strdup_printf("%s:%s:%s%s", s->protocol == VIR_DOMAIN_CHR_PROTOCOL_TELNET ? "telnet" : "tcp", host, service, wait);
    case VIR_DOMAIN_CHR_UDP:
        return s->bindHost || s->bindService ? g_strdup_printf("udp:%s:%s@%s:%s", host, service, s->bindHost ? s->bindHost : "", s->bindService ? s->bindService : "")
                                             : g_strdup_printf("udp:%s:%s", host, service);
    case VIR_DOMAIN_CHR_UNIX:
        return g_strdup_printf("unix:%s%s", s->path, wait);
    default:
        virXenBad(error, VIR_ERR_CONFIG_UNSUPPORTED, "unsupported chr device type '%s'", virDomainChrTypeToString(s->type));
        return NULL;
    }
}

static bool writePorts(virXenWriter *w)
{
    const virDomainDef *def = w->def;
    g_autofree char *parallel = def->parallels.n ? virXenPort(&def->parallels.v[0]->source, w->error) : g_strdup("none");
    if (!parallel)
        return false;
    virXenPutString(w->out, "parallel", parallel);
    g_autoptr(GPtrArray) serials = g_ptr_array_new_with_free_func(g_free);
    unsigned int last = 0;
    for (unsigned int i = 0; i < def->serials.n; i++)
        last = MAX(last, MIN(def->serials.v[i]->port, 31));
    for (unsigned int port = 0; def->serials.n && port <= last; port++) {
        const virDomainChrDef *chr = NULL;
        for (unsigned int i = 0; i < def->serials.n && !chr; i++)
            chr = def->serials.v[i]->port == port ? def->serials.v[i] : NULL;
        char *text = chr ? virXenPort(&chr->source, w->error) : g_strdup("none");
        if (!text)
            return false;
        g_ptr_array_add(serials, text);
    }
    if (serials->len > 1 && w->dialect == VIR_XEN_XM)
        return virXenBad(w->error, VIR_ERR_CONFIG_UNSUPPORTED, "Multiple serial devices are not supported by xen-xm");
    if (serials->len > 1)
        virXenPutList(w->out, "serial", serials);
    else
        virXenPutString(w->out, "serial", serials->len ? serials->pdata[0] : "none");
    return true;
}

static void writeSound(virXenWriter *w)
{
    g_autoptr(GString) words = g_string_new(NULL);
    for (unsigned int i = 0; i < w->def->sounds.n; i++)
        g_string_append_printf(words, "%s%s", i ? "," : "", virDomainSoundModelToString(w->def->sounds.v[i]->model));
    virXenPutString(w->out, "soundhw", words->len ? words->str : NULL);
}

void virXenWriteUsbInput(virXenWriter *w)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    for (unsigned int i = 0; w->hvm && i < w->def->inputs.n; i++)
        if (w->def->inputs.v[i]->bus == VIR_DOMAIN_INPUT_BUS_USB)
            g_ptr_array_add(words, (char *)virDomainInputTypeToString(w->def->inputs.v[i]->type));
    if (!words->len)
        return;
    virXenPutNumber(w->out, "usb", 1);
    if (words->len == 1 || w->dialect == VIR_XEN_XM)
        virXenPutString(w->out, "usbdevice", words->pdata[0]);
    else
        virXenPutList(w->out, "usbdevice", words);
}

bool virXenWriteDevices(virXenWriter *w)
{
    const virDomainDef *def = w->def;
    g_autoptr(GPtrArray) vifs = g_ptr_array_new_with_free_func(g_free);
    virXenPutString(w->out, "device_model_override", def->emulator);
    if (def->graphics.n == 1 && w->hvm)
        writeHvmScreen(w, def->graphics.v[0]);
    else if (def->graphics.n == 1)
        writeParavirtScreen(w, def->graphics.v[0]);
    for (unsigned int i = 0; i < def->nets.n; i++)
        if (!addNet(w, vifs, def->nets.v[i]))
            return false;
    virXenPutList(w->out, "vif", vifs);
    writePci(w);
    if (!w->hvm)
        return true;
    if (!writePorts(w))
        return false;
    writeSound(w);
    return true;
}

bool virXenWriteCommon(virXenWriter *w)
{
    writeHead(w);
    writeFeatures(w);
    if (!writeTimers(w) || !writeClock(w))
        return false;
    writeActions(w);
    return virXenWriteDevices(w);
}

char *virXenFormat(const virDomainDef *def, virXenDialect dialect, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    virXenWriter w = { .out = out, .dialect = dialect, .def = def, .hvm = def->os.type == VIR_DOMAIN_OSTYPE_HVM, .error = error };
    if (!virXenWriteCommon(&w) || !(dialect == VIR_XEN_XL ? virXenWriteXl(&w) : virXenWriteXm(&w)))
        return NULL;
    return g_string_free(g_steal_pointer(&out), FALSE);
}
