/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What Xen's guests are, and what they get when their document is silent. */
#define VIR_FROM VIR_FROM_CAPABILITIES
#include "native/xen.h"
#include "base/error.h"

static bool lookup(const virDomainParseConfig *conf, virDomainDef *def, GError **error)
{
    if (def->os.type == VIR_DOMAIN_OSTYPE_LINUX)         /* the oldest word for it */
        def->os.type = VIR_DOMAIN_OSTYPE_XEN;
    if (!def->os.arch)
        def->os.arch = conf->hostArch;
    bool runs = (def->os.type == VIR_DOMAIN_OSTYPE_HVM && (def->os.arch == VIR_ARCH_X86_64 || def->os.arch == VIR_ARCH_I686)) ||
                (def->os.type == VIR_DOMAIN_OSTYPE_XEN && (def->os.arch == VIR_ARCH_X86_64 || def->os.arch == VIR_ARCH_I686)) ||
                (def->os.type == VIR_DOMAIN_OSTYPE_XENPVH && def->os.arch == VIR_ARCH_X86_64);
    if (runs && def->virtType == VIR_DOMAIN_VIRT_XEN)
        return true;
    virSetError(error, VIR_ERR_INVALID_ARG, "could not find capabilities for arch=%s domaintype=%s ", virArchToString(def->os.arch),
                virDomainVirtTypeToString(def->virtType));
    return false;
}

static void addInput(virDomainDef *def, virDomainInputType type)
{
    virDomainInputBus bus = def->os.type == VIR_DOMAIN_OSTYPE_HVM ? VIR_DOMAIN_INPUT_BUS_PS2 : VIR_DOMAIN_INPUT_BUS_XEN;
    for (unsigned int i = 0; i < def->inputs.n; i++)
        if (def->inputs.v[i]->type == type && def->inputs.v[i]->bus == bus)
            return;
    virDomainInputDef *input = g_new0(virDomainInputDef, 1);
    input->type = type;
    input->bus = bus;
    virListAppend(&def->inputs, input);
}

static void addXenbus(virDomainDef *def)
{
    if (virDomainDefFindController(def, VIR_DOMAIN_CONTROLLER_XENBUS, -1))
        return;
    virDomainControllerDef *bus = g_new0(virDomainControllerDef, 1);
    bus->type = VIR_DOMAIN_CONTROLLER_XENBUS;
    bus->hasIdx = true;
    virListAppend(&def->controllers, bus);
}

static void addConsole(virDomainDef *def)
{
    if (!def->consoles.n && def->os.type != VIR_DOMAIN_OSTYPE_HVM) {
        virDomainChrDef *chr = g_new0(virDomainChrDef, 1);
        chr->device = VIR_DOMAIN_CHR_DEVICE_CONSOLE;
        chr->source.type = VIR_DOMAIN_CHR_PTY;
        chr->hasPort = true;
        virListAppend(&def->consoles, chr);
    }
    for (unsigned int i = 0; i < def->consoles.n; i++)
        if (def->os.type != VIR_DOMAIN_OSTYPE_HVM && !def->consoles.v[i]->consoleTarget)
            def->consoles.v[i]->consoleTarget = VIR_DOMAIN_CHR_CONSOLE_TARGET_XEN;
}

static bool postParse(const virDomainParseConfig *conf, virDomainDef *def, unsigned int flags, GError **error)
{
    bool hvm = def->os.type == VIR_DOMAIN_OSTYPE_HVM;
    def->features.pae |= hvm;
    addXenbus(def);
    addConsole(def);
    addInput(def, VIR_DOMAIN_INPUT_TYPE_MOUSE);
    addInput(def, VIR_DOMAIN_INPUT_TYPE_KEYBOARD);
    for (unsigned int i = 0; i < def->hostdevs.n; i++) {
        virDomainHostdevDef *dev = def->hostdevs.v[i];
        if (dev->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM && dev->type == VIR_DOMAIN_HOSTDEV_TYPE_PCI && !dev->backend)
            dev->backend = VIR_DOMAIN_HOSTDEV_PCI_BACKEND_XEN;
    }
    if (!def->memballoon) {
        def->memballoon = g_new0(virDomainMemballoonDef, 1);
        def->memballoon->model = VIR_DOMAIN_MEMBALLOON_XEN;
    }
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (!def->disks.v[i]->src.format)
            def->disks.v[i]->src.format = VIR_STORAGE_FORMAT_RAW;
    if (def->os.type == VIR_DOMAIN_OSTYPE_XEN)          /* how documents have always said it */
        def->os.type = VIR_DOMAIN_OSTYPE_LINUX;
    return true;
}

const virDomainParseConfig *virXenParseConfig(void)
{
    static const virDomainParseConfig config = { .name = "Xen",
                                                 .features = VIR_DOMAIN_CONF_XEN,
                                                 .hostArch = VIR_ARCH_X86_64,
                                                 .macPrefix = { 0x00, 0x16, 0x3e },
                                                 .lookup = lookup,
                                                 .postParse = postParse };
    return &config;
}
