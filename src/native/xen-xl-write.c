/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only the xl dialect knows, written. */
#define VIR_FROM VIR_FROM_XENXL
#include "native/xen-xl.h"
#include "base/error.h"

static void writeOs(virXenWriter *w)
{
    const virDomainOSDef *os = &w->def->os;
    if (w->hvm) {
        virXenPutString(w->out, "builder", "hvm");
        virXenPutString(w->out, "acpi_firmware", os->slic);
        if (os->loader && os->loaderType == VIR_DOMAIN_LOADER_TYPE_PFLASH)
            virXenPutString(w->out, "bios", "ovmf");
    } else {
        virXenPutString(w->out, "type", os->type == VIR_DOMAIN_OSTYPE_XENPVH ? "pvh" : NULL);
        virXenPutString(w->out, "bootloader", os->bootloader);
        virXenPutString(w->out, "bootargs", os->bootloader ? os->bootloaderArgs : NULL);
    }
    virXenPutString(w->out, "kernel", os->kernel);
    virXenPutString(w->out, "ramdisk", os->initrd);
    virXenPutString(w->out, "cmdline", os->cmdline);
    if (w->hvm)
        virXenWriteBoot(w);
}

static const char *policy(virCPUFeaturePolicy p)
{
    return p == VIR_CPU_FEATURE_DISABLE || p == VIR_CPU_FEATURE_FORBID ? "0" : p == VIR_CPU_FEATURE_OPTIONAL ? "x" : "1";
}

static void writeCpu(virXenWriter *w)
{
    const virCPUDef *cpu = &w->def->cpu;
    g_autoptr(GString) words = g_string_new("host");
    bool nested = true, any = false;
    if (cpu->mode != VIR_CPU_MODE_HOST_PASSTHROUGH)
        return;
    for (unsigned int i = 0; i < cpu->features.n; i++) {
        const virCPUFeature *f = cpu->features.v[i];
        if (g_str_equal(f->name, "vmx") || g_str_equal(f->name, "svm")) {      /* nested guests */
            nested &= *policy(f->policy) != '0';
            continue;
        }
        g_string_append_printf(words, ",%s=%s", virXenFeatureXl(f->name), policy(f->policy));
        any = true;
    }
    if (w->hvm)
        virXenPutNumber(w->out, "nestedhvm", nested);
    if (any)
        virXenPutString(w->out, "cpuid", words->str);
}

static unsigned int distance(const virNumaCell *cell, unsigned int self, unsigned int other)
{
    enum { LOCAL = 10, REMOTE = 20 };
    for (unsigned int i = 0; i < cell->distances.n; i++)
        if (cell->distances.v[i]->id == other)
            return cell->distances.v[i]->value;
    return self == other ? LOCAL : REMOTE;
}

static void writeNuma(virXenWriter *w)
{
    const virCPUDef *cpu = &w->def->cpu;
    for (unsigned int i = 0; i < cpu->cells.n; i++) {
        const virNumaCell *cell = cpu->cells.v[i];
        g_autofree char *cpus = cell->cpus ? virBitmapFormat(cell->cpus) : NULL;
        g_string_append_printf(w->out, "%s[ \"pnode=%u\", \"size=%llu\", \"vcpus=%s\", \"vdistances=", i ? ", " : "vnuma = [ ", i, cell->memory / 1024,
                               cpus ? cpus : "");
        for (unsigned int j = 0; j < cpu->cells.n; j++)
            g_string_append_printf(w->out, "%s%u", j ? "," : "", distance(cell, i, j));
        g_string_append(w->out, "\" ]");
    }
    if (cpu->cells.n)
        g_string_append(w->out, " ]\n");
}

static void writeXenbus(virXenWriter *w)
{
    const virDomainControllerDef *bus = virDomainDefFindController(w->def, VIR_DOMAIN_CONTROLLER_XENBUS, -1);
    if (bus && bus->hasMaxEventChannels)
        virXenPutNumber(w->out, "max_event_channels", bus->maxEventChannels);
    if (bus && bus->hasMaxGrantFrames)
        virXenPutNumber(w->out, "max_grant_frames", bus->maxGrantFrames);
}

static void writeSpice(virXenWriter *w)
{
    const virDomainGraphicsDef *g = w->def->graphics.n ? w->def->graphics.v[0] : NULL;
    if (!w->hvm || !g || g->type != VIR_DOMAIN_GRAPHICS_SPICE)
        return;
    virXenPutNumber(w->out, "sdl", 0);
    virXenPutNumber(w->out, "vnc", 0);
    virXenPutNumber(w->out, "spice", 1);
    virXenPutString(w->out, "spicehost", g->listens.n ? g->listens.v[0]->address : NULL);
    virXenPutNumber(w->out, "spiceport", MAX(g->port, 0));
    virXenPutNumber(w->out, "spicetls_port", MAX(g->tlsPort, 0));
    virXenPutNumber(w->out, "spicedisable_ticketing", !g->passwd);
    virXenPutString(w->out, "spicepasswd", g->passwd);
    bool mouse = g->mousemode == VIR_DOMAIN_MOUSE_MODE_CLIENT, clipboard = g->copypaste == VIR_TRISTATE_BOOL_YES;
    if (g->mousemode)
        virXenPutNumber(w->out, "spiceagent_mouse", mouse);
    if (mouse || clipboard)
        virXenPutNumber(w->out, "spicevdagent", 1);
    if (clipboard)
        virXenPutNumber(w->out, "spice_clipboard_sharing", 1);
}

static void writeUsb(virXenWriter *w)
{
    g_autoptr(GPtrArray) devices = g_ptr_array_new_with_free_func(g_free), controllers = g_ptr_array_new_with_free_func(g_free);
    bool any = false;
    for (unsigned int i = 0; i < w->def->hostdevs.n; i++) {
        const virDomainHostdevDef *dev = w->def->hostdevs.v[i];
        if (dev->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM && dev->type == VIR_DOMAIN_HOSTDEV_TYPE_USB)
            g_ptr_array_add(devices, g_strdup_printf("hostbus=%x,hostaddr=%x", dev->usbBus, dev->usbDevice));
    }
    for (unsigned int i = 0; i < w->def->controllers.n; i++) {
        const virDomainControllerDef *c = w->def->controllers.v[i];
        if (c->type != VIR_DOMAIN_CONTROLLER_USB)
            continue;
        any = true;
        if (c->usbModel != VIR_DOMAIN_CONTROLLER_USB_QUSB1 && c->usbModel != VIR_DOMAIN_CONTROLLER_USB_QUSB2)
            continue;
        int version = c->usbModel == VIR_DOMAIN_CONTROLLER_USB_QUSB1 ? 1 : 2;
        g_ptr_array_add(controllers, c->hasPorts ? g_strdup_printf("type=qusb,version=%d,ports=%d", version, c->ports)
                                                 : g_strdup_printf("type=qusb,version=%d", version));
    }
    virXenPutList(w->out, "usbdev", devices);
    virXenPutList(w->out, "usbctrl", controllers);
    if (any && !controllers->len)
        g_string_append(w->out, "usbctrl = [  ]\n");
}

static bool writeChannels(virXenWriter *w)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
    for (unsigned int i = 0; i < w->def->channels.n; i++) {
        const virDomainChrDef *chr = w->def->channels.v[i];
        if (chr->channelTarget != VIR_DOMAIN_CHR_CHANNEL_TARGET_XEN)
            continue;
        bool socket = chr->source.type == VIR_DOMAIN_CHR_UNIX;
        if (!socket && chr->source.type != VIR_DOMAIN_CHR_PTY)
            return virXenBad(w->error, VIR_ERR_CONFIG_UNSUPPORTED, "unsupported channel type '%s'", virDomainChrTypeToString(chr->source.type));
        g_autoptr(GString) out = g_string_new(socket ? "connection=socket" : "connection=pty");
        if (socket && chr->source.path)
            g_string_append_printf(out, ",path=%s", chr->source.path);
        g_string_append_printf(out, ",name=%s", chr->name ? chr->name : "");
        g_ptr_array_add(all, g_string_free(g_steal_pointer(&out), FALSE));
    }
    virXenPutList(w->out, "channel", all);
    return true;
}

static void writeCommandline(virXenWriter *w)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    const virDomainXenCommandline *line = w->def->xenCommandline;
    for (unsigned int i = 0; line && i < line->args.n; i++)
        g_ptr_array_add(all, line->args.v[i]->value);
    virXenPutList(w->out, "device_model_args", all);
}

bool virXenWriteXl(virXenWriter *w)
{
    writeOs(w);
    writeCpu(w);
    writeNuma(w);
    writeXenbus(w);
    virXenWriteXlDisks(w);
    writeSpice(w);
    virXenWriteUsbInput(w);
    writeUsb(w);
    if (!writeChannels(w))
        return false;
    writeCommandline(w);
    return true;
}
