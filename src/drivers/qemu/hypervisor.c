/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMU as the engine sees it: the table, and what the model must know about QEMU's guests. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/agent-guest.h"
#include "drivers/qemu/cpu.h"
#include "drivers/qemu/qemu.h"
#include "drivers/qemu/snapshot.h"
#include "host/pci.h"
#include <string.h>
#include <sys/utsname.h>

qemuDriver *qemuDriverOf(virEngine *engine)
{
    return virEngineGetPrivate(engine);
}

/* ---- what the model asks ---- */

static bool lookup(const virDomainParseConfig *conf, virDomainDef *def, GError **error)
{
    qemuDriver *driver = conf->opaque;
    if (!def->os.type)
        def->os.type = VIR_DOMAIN_OSTYPE_HVM;
    if (def->os.type != VIR_DOMAIN_OSTYPE_HVM ||
        (def->virtType && def->virtType != VIR_DOMAIN_VIRT_QEMU && def->virtType != VIR_DOMAIN_VIRT_KVM)) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Emulator '%s' does not support %s '%s'",
                    def->emulator ? def->emulator : "qemu-system",
                    def->os.type == VIR_DOMAIN_OSTYPE_HVM ? "virt type" : "os type",
                    def->os.type == VIR_DOMAIN_OSTYPE_HVM ? virDomainVirtTypeToString(def->virtType)
                                                          : virDomainOSTypeToString(def->os.type));
        return false;
    }
    if (!def->os.arch)
        def->os.arch = conf->hostArch;
    const char *arch = virArchToString(def->os.arch);
    if (!def->emulator && !(def->emulator = qemuFindEmulator(arch))) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "No emulator found for arch '%s'", arch);
        return false;
    }
    g_autoptr(qemuCaps) caps = qemuCapsGet(driver->caps, def->emulator, error);
    if (!caps)
        return false;
    if (!def->virtType)
        def->virtType = caps->kvm ? VIR_DOMAIN_VIRT_KVM : VIR_DOMAIN_VIRT_QEMU;
    /* i686 guests run on the 64-bit emulator as well */
    bool fits = g_str_equal(qemuArchWord(arch), caps->arch) ||
                (def->os.arch == VIR_ARCH_I686 && g_str_equal(caps->arch, "x86_64"));
    if (!fits || (def->virtType == VIR_DOMAIN_VIRT_KVM && !caps->kvm)) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Emulator '%s' does not support %s '%s'", def->emulator,
                    fits ? "virt type" : "arch", fits ? "kvm" : arch);
        return false;
    }
    const qemuMachine *m = qemuCapsMachine(caps, def->os.machine);
    if (!m && def->os.machine) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Emulator '%s' does not support machine type '%s'",
                    def->emulator, def->os.machine);
        return false;
    }
    if (m && !def->os.machine)
        def->os.machine = g_strdup(m->name);
    return true;
}

static bool hostPCIIsExpress(const virDomainParseConfig *conf, const virPCIAddress *a)
{
    virHostPCIAddress address = { a->domain, a->bus, a->slot, a->function };
    return virHostPCIIsExpress(virHostLocal(), &address) != 0;
}

static const char *canonicalMachine(const virDomainParseConfig *conf, const virDomainDef *def)
{
    qemuDriver *driver = conf->opaque;
    g_autoptr(qemuCaps) caps = def->emulator ? qemuCapsGet(driver->caps, def->emulator, NULL) : NULL;
    const qemuMachine *m = caps && def->os.machine ? qemuCapsMachine(caps, def->os.machine) : NULL;
    return m ? g_intern_string(m->name) : NULL;
}

static bool hasDevice(const virDomainParseConfig *conf, const virDomainDef *def, const char *device)
{
    qemuDriver *driver = conf->opaque;
    g_autoptr(qemuCaps) caps = def->emulator ? qemuCapsGet(driver->caps, def->emulator, NULL) : NULL;
    return !caps || qemuCapsHas(caps, device);
}

/* A guest without a <cpu> gets the machine's own model in words, so that a later machine or emulator can't change it. */
static const char *defaultCpu(const virDomainParseConfig *conf, const virDomainDef *def)
{
    qemuDriver *driver = conf->opaque;
    bool known = virCpuHasModels(def->os.arch);
    g_autoptr(qemuCaps) caps = known && def->emulator ? qemuCapsGet(driver->caps, def->emulator, NULL) : NULL;
    const qemuMachine *m = caps ? qemuCapsMachine(caps, def->os.machine) : NULL;
    return m && m->defaultCpu ? g_intern_string(m->defaultCpu) : NULL;
}

static bool hasSpice(const virDomainDef *def)
{
    for (unsigned int i = 0; i < def->graphics.n; i++)
        if (def->graphics.v[i]->type == VIR_DOMAIN_GRAPHICS_SPICE)
            return true;
    return false;
}

static bool needsSpice(const virDomainDef *def)
{
    for (unsigned int i = 0; i < def->channels.n; i++)
        if (def->channels.v[i]->source.type == VIR_DOMAIN_CHR_SPICEVMC)
            return true;
    for (unsigned int i = 0; i < def->redirdevs.n; i++)
        if (def->redirdevs.v[i]->source.type == VIR_DOMAIN_CHR_SPICEVMC)
            return true;
    return false;
}

static unsigned int maxCpus(const virDomainParseConfig *conf, const virDomainDef *def)
{
    qemuDriver *driver = conf->opaque;
    g_autoptr(qemuCaps) caps = def->emulator ? qemuCapsGet(driver->caps, def->emulator, NULL) : NULL;
    const qemuMachine *m = caps && def->os.machine ? qemuCapsMachine(caps, def->os.machine) : NULL;
    return m ? m->maxCpus : 0;
}

static bool hasSev(const virDomainParseConfig *conf)
{
    return g_file_test("/dev/sev", G_FILE_TEST_EXISTS);
}

/* The emulated TPM is a program of its own. */
static bool hasTpm(const virDomainParseConfig *conf, const char *version)
{
    g_autofree char *swtpm = g_find_program_in_path("swtpm");
    return swtpm != NULL;
}

static bool checkAddressBits(const virCPUDef *cpu, GError **error)
{
    bool emulate = cpu->maxPhysAddrMode == VIR_CPU_MAX_PHYS_ADDR_EMULATE;
    if (!cpu->hasMaxPhysAddr || emulate == cpu->hasMaxPhysAddrBits)
        return true;
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED,
                emulate ? "if using CPU maximum physical address mode='emulate', bits= must be specified too"
                        : "CPU maximum physical address bits number specification cannot be used with mode='passthrough'");
    return false;
}

static bool confValidate(const virDomainParseConfig *conf, const virDomainDef *def, GError **error)
{
    if (!checkAddressBits(&def->cpu, error))
        return false;
    if (def->cpu.mode == VIR_CPU_MODE_MAXIMUM && !qemuHasMaximum(def->os.arch)) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "maximum CPU is not supported by QEMU binary");
        return false;
    }
    if (needsSpice(def) && !hasSpice(def)) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "chardev 'spicevmc' not supported without spice graphics");
        return false;
    }
    unsigned int topology = virCPUTopologyCount(&def->cpu);
    if (topology > 0 && topology != def->maxVcpus) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "CPU topology doesn't match maximum vcpu count");
        return false;
    }
    return true;
}

void qemuParseConfigInit(qemuDriver *driver, const char *libDir)
{
    g_autofree char *channels = g_strdup_printf("%s/channel/target", libDir), *nvram = g_strdup_printf("%s/nvram", libDir);
    struct utsname uts;
    int arch = uname(&uts) == 0 ? virArchFromString(uts.machine) : -1;
    driver->conf = (virDomainParseConfig){
        .name = "QEMU",
        .features = VIR_DOMAIN_CONF_ADDRESSES | VIR_DOMAIN_CONF_QEMU | VIR_DOMAIN_CONF_QEMU_NAMESPACE |
                    VIR_DOMAIN_CONF_WIDE_SCSI | VIR_DOMAIN_CONF_FDS | VIR_DOMAIN_CONF_DEFAULT_USB | VIR_DOMAIN_CONF_MEMBALLOON,
        .hostArch = arch > 0 ? (virArch)arch : VIR_ARCH_X86_64,
        .macPrefix = { 0x52, 0x54, 0x00 },
        .channelTargetDir = g_intern_string(channels),
        .nvramDir = g_intern_string(nvram),
        .secModel = "none",
        .hasTpm = hasTpm,
        .maxCpus = maxCpus,
        .hasSev = hasSev,
        .opaque = driver,
        .lookup = lookup,
        .canonicalMachine = canonicalMachine,
        .hostPCIIsExpress = hostPCIIsExpress,
        .hasDevice = hasDevice,
        .defaultCpu = defaultCpu,
        .validate = confValidate,
    };
}

/* ---- what the engine asks ---- */

static const virDomainParseConfig *parseConfig(virEngine *engine, GError **error)
{
    return &qemuDriverOf(engine)->conf;
}

static char *capabilities(virEngine *engine, GError **error)
{
    return qemuHostCapabilities(&qemuDriverOf(engine)->documents);
}

static char *domainCapabilities(virEngine *engine, const char *emulator, const char *arch, const char *machine,
                                const char *virttype, unsigned int flags, GError **error)
{
    if (flags) {
        virSetError(error, VIR_ERR_INVALID_ARG, "unsupported flags (0x%x) in function virConnectGetDomainCapabilities",
                    flags);
        return NULL;
    }
    return qemuDomainCapabilities(&qemuDriverOf(engine)->documents, emulator, arch, machine, virttype, error);
}

static qemuCaps *hostCaps(virEngine *engine, GError **error)
{
    qemuDriver *driver = qemuDriverOf(engine);
    const char *arch = virArchToString(driver->conf.hostArch);
    g_autofree char *binary = qemuFindEmulator(arch);
    if (!binary) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Cannot find suitable emulator for %s", arch);
        return NULL;
    }
    return qemuCapsGet(driver->caps, binary, error);
}

static int version(virEngine *engine, unsigned long *v, GError **error)
{
    g_autoptr(qemuCaps) caps = hostCaps(engine, error);
    if (!caps)
        return -1;
    *v = caps->version;
    return 0;
}

static int maxVcpus(virEngine *engine, const char *type, GError **error)
{
    if (type && g_ascii_strcasecmp(type, "qemu") != 0 && g_ascii_strcasecmp(type, "kvm") != 0) {
        virSetError(error, VIR_ERR_INVALID_ARG, "unknown type '%s'", type);
        return -1;
    }
    int kvm = type && g_ascii_strcasecmp(type, "kvm") == 0 ? virHostKvmMaxVcpus(virHostLocal(), error) : 0;
    return kvm ? kvm : 16; /* what clients have always been told of plain QEMU */
}

const virHypervisor qemuHypervisor = {
    .name = "QEMU",
    .from = VIR_FROM_QEMU,
    .evolves = true,
    .parseConfig = parseConfig,
    .start = qemuStart,
    .kill = qemuKill,
    .cleanup = qemuCleanup,
    .shutdown = qemuShutdown,
    .reboot = qemuReboot,
    .reset = qemuReset,
    .suspend = qemuSuspend,
    .resume = qemuResume,
    .injectNmi = qemuInjectNmi,
    .sendKey = qemuSendKey,
    .reconnect = qemuReconnect,
    .statusFill = qemuStatusFill,
    .statusTake = qemuStatusTake,
    .privateFree = qemuGuestFree,
    .cpuTime = qemuCpuTime,
    .balloon = qemuBalloon,
    .statsAsk = qemuStatsAsk,
    .stats = qemuStats,
    .waitsFor = qemuWaitsFor,
    .blockStats = qemuBlockStats,
    .interfaceStats = qemuInterfaceStats,
    .memoryStats = qemuMemoryStats,
    .blockInfo = qemuBlockInfo,
    .setMemory = qemuSetMemory,
    .snapshotCreateFlags = (VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE << 1) - 1,
    .snapshotDeleteFlags = VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN | VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY | VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY,
    .checkpointCreateFlags =
        VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE | VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE | VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE,
    .snapshotCheck = qemuSnapshotCheck,
    .snapshotTake = qemuSnapshotTake,
    .snapshotDelete = qemuSnapshotDelete,
    .checkpointTake = qemuCheckpointTake,
    .checkpointDelete = qemuCheckpointDelete,
    .backupBegin = qemuBackupBegin,
    .backupEnd = qemuBackupEnd,
    .attachDevice = qemuAttachDevice,
    .updateDevice = qemuUpdateDevice,
    .detachDevice = qemuDetachDevice,
    .guest = &qemuGuestCalls,
    .openConsole = qemuOpenConsole,
    .monitorCommand = qemuMonitorCommand,
    .capabilities = capabilities,
    .domainCapabilities = domainCapabilities,
    .toNative = qemuToNative,
    .version = version,
    .maxVcpus = maxVcpus,
};
