/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of <domain> itself, and the list of device kinds. */
#include "model/passes.h"
#include "model/tables.h"
#include "base/util.h"

static bool isRunning(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virDomainDef *)obj)->id >= 0;
}

static bool vcpusDiffer(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    const virDomainDef *def = obj;
    return def->vcpus != def->maxVcpus;
}

static const virXmlHook namespaces = { .format = virDomainFormatNamespaces, .rng = "" };

/* Thousands of iothreads come as a count, a few with ids of their own; ids are written when they say more than the count. */
static bool idsMatter(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    const virDomainDef *def = obj;
    for (unsigned int i = 0; i < def->iothreads.n; i++)
        if (def->iothreads.v[i]->id != i + 1 || def->iothreads.v[i]->hasPoolMin || def->iothreads.v[i]->hasPoolMax || !def->iothreads.v[i]->automatic)
            return true;
    return false;
}

/* <genid/> asks for a new one at start */
static bool parseGenid(const virXmlRow *row, void *obj, const char *text, virXmlContext *ctx, GError **error)
{
    if (!*text || virUUIDParse(text, ((virDomainDef *)obj)->genid))
        return true;
    virErrorSet(error, ctx->from, VIR_ERR_INTERNAL_ERROR, "malformed genid element");
    return false;
}
static char *formatGenid(const virXmlRow *row, const void *obj)
{
    char text[37];
    virUUIDFormat(((const virDomainDef *)obj)->genid, text);
    return g_strdup(text);
}
static const virXmlConv virGenidConv = { parseGenid, formatGenid, NULL };

#define S virDomainPerfEvent
static const virXmlRow perfRows[] = { X_STR("@name", name, XF_REQ), X_YESNO("@enabled", enabled, XF_REQ), X_END };
static X_TYPE(virDomainPerfEvent, "event", perfRows);
#undef S

#define S virDomainDef
static const virXmlRow deviceRows[] = {
    X_STR("emulator", emulator, 0),
    X_LIST("disk", disks, virDomainDiskDef, XF_ABI),
    X_LIST("controller", controllers, virDomainControllerDef, XF_ABI),
    X_LIST("lease", leases, virDomainLeaseDef, 0),
    X_LIST("filesystem", fss, virDomainFsDef, XF_ABI),
    X_LIST("interface", nets, virDomainNetDef, XF_ABI),
    X_LIST("smartcard", smartcards, virDomainSmartcardDef, XF_ABI),
    X_LIST_AS("serial", serials, virDomainChrDef, virDomainSerialXml, XF_ABI),
    X_LIST_AS("parallel", parallels, virDomainChrDef, virDomainParallelXml, XF_ABI),
    X_LIST_AS("console", consoles, virDomainChrDef, virDomainConsoleXml, XF_ABI),
    X_LIST_AS("channel", channels, virDomainChrDef, virDomainChannelXml, XF_ABI),
    X_LIST("input", inputs, virDomainInputDef, XF_ABI),
    X_LIST("tpm", tpms, virDomainTpmDef, XF_ABI),
    X_LIST("graphics", graphics, virDomainGraphicsDef, 0),
    X_LIST("sound", sounds, virDomainSoundDef, XF_ABI),
    X_LIST("audio", audios, virDomainAudioDef, 0),
    X_LIST("video", videos, virDomainVideoDef, XF_ABI),
    X_LIST("hostdev", hostdevs, virDomainHostdevDef, XF_ABI),
    X_LIST("redirdev", redirdevs, virDomainRedirdevDef, XF_ABI),
    X_OBJ("redirfilter", redirfilter, virDomainRedirFilter, XF_EMPTY | XF_ABI, .lack = "only one set of redirection filter rule is supported", .lackCode = VIR_ERR_INTERNAL_ERROR),
    X_LIST("hub", hubs, virDomainHubDef, XF_ABI),
    X_LIST("watchdog", watchdogs, virDomainWatchdogDef, XF_ABI),
    X_OBJ("memballoon", memballoon, virDomainMemballoonDef, XF_ABI, .lack = "only a single memory balloon device is supported", .lackCode = VIR_ERR_INTERNAL_ERROR),
    X_LIST("rng", rngs, virDomainRngDef, XF_ABI),
    X_OBJ("nvram", nvram, virDomainNvramDef, XF_ABI | XF_EMPTY | XF_OPEN, .lack = "only a single nvram device is supported", .lackCode = VIR_ERR_INTERNAL_ERROR),
    X_LIST("panic", panics, virDomainPanicDef, XF_LAZY | XF_ABI),
    X_LIST("shmem", shmems, virDomainShmemDef, XF_ABI),
    X_LIST("memory", mems, virDomainMemoryDef, XF_ABI),
    X_LIST("crypto", cryptos, virDomainCryptoDef, XF_ABI),
    X_OBJ("iommu", iommu, virDomainIommuDef, XF_ABI, .lack = "only a single IOMMU device is supported", .lackCode = VIR_ERR_XML_ERROR),
    X_OBJ("vsock", vsock, virDomainVsockDef, XF_EMPTY | XF_ABI, .lack = "only a single vsock device is supported", .lackCode = VIR_ERR_XML_ERROR),
    X_OBJ("pstore", pstore, virDomainPstoreDef, XF_EMPTY | XF_ABI, .lack = "only a single pstore device is supported", .lackCode = VIR_ERR_XML_ERROR),
    X_END
};
static X_TYPE_AS(devicesXml, virDomainDef, NULL, deviceRows);

static const virXmlRow domainRows[] = {
    X_ENUM("@type", virtType, virDomainVirtType, XF_REQ | XF_ABI, .bad = "invalid domain type %s", .code = VIR_ERR_INTERNAL_ERROR),
    X_INT("@id", id, XF_LIVE | XF_ALWAYS, .when = isRunning),
    X_HOOK(".", &namespaces, XF_NOPARSE),
    X_STR("name", name, 0),
    X_UUID("uuid", uuid, XF_ABI | XF_ALWAYS, X_HAS(hasUuid), .bad = "malformed uuid element", .code = VIR_ERR_INTERNAL_ERROR),
    X_CONV("genid", genid, unsigned char[16], &virGenidConv, XF_ABI | XF_LENIENT, X_HAS(hasGenid)),
    X_STR("title", title, 0),
    X_STR("description", description, 0),
    X_RAW("metadata", metadata, XF_FOREIGN),
    X_UINT("maxMemory/@slots", memorySlots, XF_ABI),
    X_KIB("maxMemory", maxMemory, XF_ABI),
    X_ONOFF("memory/@dumpCore", dumpCore, 0, .bad = "Invalid memory core dump attribute value '%s'"),
    X_KIB("memory", memory, XF_ALWAYS | XF_ABI),
    X_KIB("currentMemory", currentMemory, XF_ALWAYS),
    X_UINT("blkiotune/weight", blkioWeight, 0),
    X_LIST("blkiotune/device", blkioDevices, virDomainBlkioDevice, 0),
    X_INLINE("memtune", mem, virDomainMemTune, 0),
    X_INLINE_AS("memoryBacking", mem, virDomainMemTune, virDomainMemBackingXml, 0),
    X_ENUM("vcpu/@placement", vcpuPlacement, virDomainVcpuPlacement, 0),
    X_BITMAP("vcpu/@cpuset", cpumask, 0),
    X_UINT("vcpu/@current", vcpus, XF_ABI, .when = vcpusDiffer),
    X_UINT("vcpu", maxVcpus, XF_ALWAYS | XF_ABI, .bad = "maximum vcpus count must be an integer", .code = VIR_ERR_XML_ERROR),
    X_LIST("vcpus/vcpu", vcpuList, virDomainVcpuDef, 0),
    X_UINT("iothreads", niothreads, 0, .bad = "invalid iothreads count '%s'", .code = VIR_ERR_XML_ERROR),
    X_LIST("iothreadids/iothread", iothreads, virDomainIothreadDef, 0, .when = idsMatter),
    X_INT("defaultiothread/@thread_pool_min", iothreadPoolMin, 0, X_HAS(hasIothreadPoolMin)),
    X_INT("defaultiothread/@thread_pool_max", iothreadPoolMax, 0, X_HAS(hasIothreadPoolMax)),
    X_INLINE("cputune", cputune, virDomainCputune, 0),
    X_INLINE("numatune", numatune, virDomainNumatune, 0),
    X_STR("resource/partition", resourcePartition, 0),
    X_STR("resource/fibrechannel/@appid", fibreChannelAppid, 0),
    X_LIST("sysinfo", sysinfo, virSysinfoDef, XF_ABI),
    X_STR("bootloader", os.bootloader, 0),
    X_STR("bootloader_args", os.bootloaderArgs, 0),
    X_INLINE("os", os, virDomainOSDef, XF_ABI),
    X_LIST("idmap/uid", uidmap, virDomainIdMapEntry, 0),
    X_LIST("idmap/gid", gidmap, virDomainIdMapEntry, 0),
    X_LIST_AS("throttlegroups/throttlegroup", throttleGroups, virDomainIoTune, virDomainThrottleGroupXml, 0),
    X_INLINE("features", features, virDomainFeatures, XF_ABI),
    X_INLINE("cpu", cpu, virCPUDef, XF_ABI, X_HAS(cpu.given)),
    X_INLINE("clock", clock, virDomainClockDef, XF_ABI | XF_EMPTY),
    X_ENUM("on_poweroff", onPoweroff, virDomainOnAction, 0, .bad = "unknown on_poweroff action: %s"),
    X_ENUM("on_reboot", onReboot, virDomainOnAction, 0, .bad = "unknown on_reboot action: %s"),
    X_ENUM("on_crash", onCrash, virDomainOnAction, 0, .bad = "unknown on_crash action: %s"),
    X_ENUM("on_lockfailure", onLockfailure, virDomainLockFailure, 0, .bad = "unknown on_lockfailure action: %s"),
    X_YESNO("pm/suspend-to-mem/@enabled", suspendToMem, XF_ABI),
    X_YESNO("pm/suspend-to-disk/@enabled", suspendToDisk, XF_ABI),
    X_LIST("perf/event", perf, virDomainPerfEvent, 0),
    X_SAME("devices", devicesXml, XF_ABI | XF_OPEN),
    X_LIST("seclabel", seclabels, virDomainSeclabel, 0),
    X_OBJ("qemu:commandline", qemuCommandline, virDomainQemuCommandline, 0),
    X_OBJ("qemu:capabilities", qemuCapabilities, virDomainQemuCapabilities, 0),
    X_OBJ("qemu:override", qemuOverride, virDomainQemuOverride, 0),
    X_OBJ("qemu:deprecation", qemuDeprecation, virDomainQemuDeprecation, 0),
    X_OBJ("lxc:namespace", lxcNamespace, virDomainLxcShares, 0),
    X_OBJ("bhyve:commandline", bhyveCommandline, virDomainBhyveCommandline, 0),
    X_OBJ("xen:commandline", xenCommandline, virDomainXenCommandline, 0),
    X_STR("vmware:datacenterpath", datacenterPath, 0),
    X_LIST("keywrap/cipher", keywrap, virDomainKeyWrapDef, 0),
    X_OBJ("launchSecurity", launchSecurity, virDomainLaunchSecurity, 0),
    X_END
};

static void initDomain(void *obj)
{
    virDomainDef *def = obj;
    def->refs = 1;
    def->id = -1;
}

X_TYPE(virDomainDef, "domain", domainRows, .init = initDomain, .ns = virDomainNamespaces);

#define KIND(name, member, T, table) { name, &table, offsetof(S, member), false, offsetof(T, info) + 1 }
#define ONE(name, member, T) { name, &T##Xml, offsetof(S, member), true, offsetof(T, info) + 1 }
#define PLAIN(name, member, T) { name, &T##Xml, offsetof(S, member), false, 0 }
const virDomainDeviceKind virDomainDeviceKinds[] = {
    KIND("disk", disks, virDomainDiskDef, virDomainDiskDefXml),
    KIND("controller", controllers, virDomainControllerDef, virDomainControllerDefXml),
    PLAIN("lease", leases, virDomainLeaseDef),
    KIND("filesystem", fss, virDomainFsDef, virDomainFsDefXml),
    KIND("interface", nets, virDomainNetDef, virDomainNetDefXml),
    KIND("smartcard", smartcards, virDomainSmartcardDef, virDomainSmartcardDefXml),
    KIND("serial", serials, virDomainChrDef, virDomainSerialXml),
    KIND("parallel", parallels, virDomainChrDef, virDomainParallelXml),
    KIND("console", consoles, virDomainChrDef, virDomainConsoleXml),
    KIND("channel", channels, virDomainChrDef, virDomainChannelXml),
    KIND("input", inputs, virDomainInputDef, virDomainInputDefXml),
    KIND("tpm", tpms, virDomainTpmDef, virDomainTpmDefXml),
    PLAIN("graphics", graphics, virDomainGraphicsDef),
    KIND("sound", sounds, virDomainSoundDef, virDomainSoundDefXml),
    PLAIN("audio", audios, virDomainAudioDef),
    KIND("video", videos, virDomainVideoDef, virDomainVideoDefXml),
    KIND("hostdev", hostdevs, virDomainHostdevDef, virDomainHostdevDefXml),
    KIND("redirdev", redirdevs, virDomainRedirdevDef, virDomainRedirdevDefXml),
    KIND("hub", hubs, virDomainHubDef, virDomainHubDefXml),
    KIND("watchdog", watchdogs, virDomainWatchdogDef, virDomainWatchdogDefXml),
    ONE("memballoon", memballoon, virDomainMemballoonDef),
    KIND("rng", rngs, virDomainRngDef, virDomainRngDefXml),
    ONE("nvram", nvram, virDomainNvramDef),
    ONE("pstore", pstore, virDomainPstoreDef),
    KIND("panic", panics, virDomainPanicDef, virDomainPanicDefXml),
    KIND("shmem", shmems, virDomainShmemDef, virDomainShmemDefXml),
    KIND("memory", mems, virDomainMemoryDef, virDomainMemoryDefXml),
    KIND("crypto", cryptos, virDomainCryptoDef, virDomainCryptoDefXml),
    ONE("iommu", iommu, virDomainIommuDef),
    ONE("vsock", vsock, virDomainVsockDef),
    { 0 }
};
#undef S
