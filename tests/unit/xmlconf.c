/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parse configurations of the tests: see xmlconf.h. */
#define VIR_FROM VIR_FROM_DOMAIN
#include "xmlconf.h"
#include <string.h>
#include "base/error.h"

/* The host's devices of the golden documents are conventional ones. */
static bool conventional(const virDomainParseConfig *conf, const virPCIAddress *address)
{
    return false;
}

static bool lookupTest(const virDomainParseConfig *conf, virDomainDef *def, GError **error)
{
    if (!def->os.arch)
        def->os.arch = VIR_ARCH_I686;
    return true;
}

const virDomainParseConfig *virTestTestConfig(void)
{
    static const virDomainParseConfig conf = { .name = "TEST", .hostArch = VIR_ARCH_I686, .macPrefix = { 0x52, 0x54, 0x00 }, .lookup = lookupTest };
    return &conf;
}

static bool lookupQemu(const virDomainParseConfig *conf, virDomainDef *def, GError **error)
{
    if (!def->os.arch)
        def->os.arch = VIR_ARCH_X86_64;
    if (def->virtType != VIR_DOMAIN_VIRT_QEMU && def->virtType != VIR_DOMAIN_VIRT_KVM) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Emulator '%s' does not support virt type '%s'", def->emulator ? def->emulator : "", virDomainVirtTypeToString(def->virtType));
        return false;
    }
    if (!def->emulator)
        def->emulator = g_strdup_printf("/usr/bin/qemu-system-%s", def->os.arch == VIR_ARCH_I686 ? "i386" : virArchToString(def->os.arch));
    if (!def->os.machine)
        def->os.machine = g_strdup("pc");
    return true;
}

static const char *canonicalQemu(const virDomainParseConfig *conf, const virDomainDef *def)
{
    return strcmp(def->os.machine, "pc") == 0 ? "pc-i440fx-7.2" : strcmp(def->os.machine, "q35") == 0 ? "pc-q35-7.2" : NULL;
}

static const char *defaultCpu(const virDomainParseConfig *conf, const virDomainDef *def)
{
    return strstr(def->emulator, "i386") ? "qemu32" : "qemu64";
}

static bool hasDevice(const virDomainParseConfig *conf, const virDomainDef *def, const char *device)
{
    return strcmp(device, "cpu.migratable") != 0 || !strstr(def->emulator, "i386");
}

const virDomainParseConfig *virTestQemuConfig(void)
{
    static const virDomainParseConfig conf = {
        .name = "QEMU", .hostArch = VIR_ARCH_X86_64, .macPrefix = { 0x52, 0x54, 0x00 },
        .features = VIR_DOMAIN_CONF_QEMU | VIR_DOMAIN_CONF_ADDRESSES | VIR_DOMAIN_CONF_QEMU_NAMESPACE
                    | VIR_DOMAIN_CONF_DEFAULT_USB | VIR_DOMAIN_CONF_MEMBALLOON,
        .channelTargetDir = "/var/lib/libvirt/qemu/channel/target", .lookup = lookupQemu, .canonicalMachine = canonicalQemu, .defaultCpu = defaultCpu, .hasDevice = hasDevice, .hostPCIIsExpress = conventional,
    };
    return &conf;
}
