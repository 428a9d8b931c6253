/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of boot, sysinfo, features, clock and tuning. */
#include "model/tables.h"
#include <string.h>

/* --- <os> --- */
#define S virDomainBootDef
static const virXmlRow bootRows[] = {
    X_ENUM("@dev", dev, virDomainBootDev, XF_REQ | XF_ALWAYS),
    X_END
};
static X_TYPE(virDomainBootDef, "boot", bootRows);
#undef S
#define S virDomainFirmwareFeature
static const virXmlRow firmwareFeatureRows[] = {
    X_YESNO("@enabled", enabled, XF_REQ),
    X_ENUM("@name", name, virDomainOsFirmwareFeature, XF_REQ | XF_ALWAYS),
    X_END
};
static X_TYPE(virDomainFirmwareFeature, "feature", firmwareFeatureRows);
#undef S
#define S virDomainInitEnv
static const virXmlRow initEnvRows[] = { X_STR("@name", name, XF_REQ), X_STR(".", value, 0), X_END };
static X_TYPE(virDomainInitEnv, "initenv", initEnvRows);
#undef S
/* Raw is what older documents mean. */
static bool notRaw(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virDomainOSDef *)obj)->loaderFormat != VIR_STORAGE_FORMAT_RAW;
}
#define S virDomainOSDef
static const virXmlRow osRows[] = {
    X_ENUM("@firmware", firmware, virDomainOsFirmware, XF_ABI, .bad = "unknown firmware value %s", .code = VIR_ERR_XML_ERROR),
    X_ENUM("type/@arch", arch, virArch, XF_ABI, .bad = "Unknown architecture %s"),
    X_STR("type/@machine", machine, XF_ABI),
    X_ENUM("type", type, virDomainOSType, XF_ABI | XF_WANTED, .bad = "unknown OS type '%s'"),
    X_LIST("firmware/feature", firmwareFeatures, virDomainFirmwareFeature, 0),
    X_STR("init", init, 0),
    X_STRV("initarg", initargv, 0),
    X_LIST("initenv", initenv, virDomainInitEnv, 0),
    X_STR("initdir", initdir, 0),
    X_STR("inituser", inituser, 0),
    X_STR("initgroup", initgroup, 0),
    X_YESNO("loader/@readonly", loaderReadonly, 0),
    X_YESNO("loader/@secure", loaderSecure, 0),
    X_ENUM("loader/@type", loaderType, virDomainLoaderType, 0),
    X_YESNO("loader/@stateless", loaderStateless, 0),
    X_ENUM("loader/@format", loaderFormat, virStorageFormat, 0, .when = notRaw),
    X_STR("loader", loader, 0),
    X_STR("nvram/@template", nvramTemplate, 0),
    X_ENUM("nvram/@templateFormat", nvramTemplateFormat, virStorageFormat, 0),
    X_ENUM("nvram/@format", nvramFormat, virStorageFormat, 0),
    X_ENUM("nvram/@type", nvramSource.type, virStorageType, 0),
    X_INLINE("nvram/source", nvramSource, virStorageSource, 0),
    X_STR("nvram", nvram, 0),
    X_STR("varstore/@template", varstoreTemplate, 0),
    X_STR("varstore/@path", varstore, 0),
    X_STR("kernel", kernel, 0),
    X_STR("initrd", initrd, 0),
    X_STR("cmdline", cmdline, 0),
    X_STR("dtb", dtb, 0),
    X_STR("shim", shim, 0),
    X_STR("root", root, 0),
    X_STR("acpi/table[@type='slic']", slic, 0),
    X_STRV("acpi/table[@type='raw']", acpiRaw, 0),
    X_STR("acpi/table[@type='rawset']", acpiRawset, 0),
    X_STR("acpi/table[@type='msdm']", acpiMsdm, 0),
    X_LIST("boot", boots, virDomainBootDef, 0),
    X_YESNO("bootmenu/@enable", bootmenu, XF_LENIENT),
    X_UINT("bootmenu/@timeout", bootmenuTimeout, 0, .max = 65535, .bad = "invalid value for boot menu timeout, must be in range [0,65535]", X_HAS(hasBootmenuTimeout)),
    X_YESNO("bios/@useserial", biosUseserial, 0),
    X_INT("bios/@rebootTimeout", biosRebootTimeout, 0, .max = 65535, X_HAS(hasBiosRebootTimeout)),
    X_ENUM("smbios/@mode", smbios, virDomainSmbiosMode, XF_ABI, .bad = "unknown smbios mode '%s'"),
    X_END
};
X_TYPE(virDomainOSDef, "os", osRows);
#undef S

/* --- <sysinfo> --- */
#define S virSysinfoEntry
static const virXmlRow entryRows[] = { X_STR("@name", name, XF_REQ), X_STR(".", value, XF_ABI), X_END };
static X_TYPE(virSysinfoEntry, "entry", entryRows);
static const virXmlRow oemRows[] = { X_STR(".", value, XF_ABI), X_END };
static X_TYPE_AS(oemXml, virSysinfoEntry, "entry", oemRows);
#undef S
#define S virSysinfoBlock
static const virXmlRow blockRows[] = { X_LIST("entry", entries, virSysinfoEntry, XF_ABI), X_END };
static X_TYPE(virSysinfoBlock, NULL, blockRows);
static const virXmlRow oemBlockRows[] = { X_LIST_AS("entry", entries, virSysinfoEntry, oemXml, XF_ABI), X_END };
static X_TYPE_AS(oemBlockXml, virSysinfoBlock, "oemStrings", oemBlockRows);
#undef S
#define S virSysinfoFwCfg
static const virXmlRow fwcfgRows[] = { X_STR("@name", name, XF_REQ), X_STR("@file", file, 0), X_STR(".", value, 0), X_END };
static X_TYPE(virSysinfoFwCfg, "entry", fwcfgRows);
#undef S
#define S virSysinfoDef
static const virXmlRow smbiosCase[] = {
    X_OBJ("bios", bios, virSysinfoBlock, XF_ABI),
    X_OBJ("system", system, virSysinfoBlock, XF_ABI),
    X_LIST("baseBoard", baseBoards, virSysinfoBlock, XF_ABI),
    X_OBJ("chassis", chassis, virSysinfoBlock, XF_ABI),
    X_LIST("processor", processors, virSysinfoBlock, 0),
    X_LIST("memory_device", memoryDevices, virSysinfoBlock, 0),
    X_OBJ_AS("oemStrings", oemStrings, virSysinfoBlock, oemBlockXml, XF_ABI),
    X_END
};
static const virXmlRow fwcfgCase[] = { X_LIST("entry", fwcfg, virSysinfoFwCfg, XF_ABI), X_END };
static X_TYPE_AS(smbiosXml, virSysinfoDef, NULL, smbiosCase);
static X_TYPE_AS(fwcfgXml, virSysinfoDef, NULL, fwcfgCase);
static const virXmlCase sysinfoCases[] = { { VIR_SYSINFO_SMBIOS, &smbiosXml }, { VIR_SYSINFO_FWCFG, &fwcfgXml }, { 0 } };
static const virXmlRow sysinfoRows[] = {
    X_ENUM("@type", type, virSysinfoType, XF_REQ),
    X_UNION(".", type, virSysinfoType, sysinfoCases, XF_ABI),
    X_END
};
X_TYPE(virSysinfoDef, "sysinfo", sysinfoRows);
#undef S

/* --- <features> --- */
static bool refuseUnknownFeature(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error);
static const virXmlHook knownFeatures = { .parse = refuseUnknownFeature, .rng = "" };

#define S virDomainCapability
static const virXmlRow capRows[] = { X_ONOFF("@state", state, 0), X_END };
static X_TYPE(virDomainCapability, NULL, capRows);
#undef S

/* <capabilities policy=''> has an element named after each capability. */
static bool parseCapabilities(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    virDomainFeatures *f = obj;
    for (xmlNode *n = node->children; n; n = n->next) {
        if (n->type != XML_ELEMENT_NODE)
            continue;
        virDomainCapability *cap = virXmlParse(&virDomainCapabilityXml, n, ctx, error);
        if (!cap)
            return false;
        cap->name = g_strdup((const char *)n->name);
        virListAppend(&f->caps, cap);
    }
    return true;
}
static void formatCapabilities(const virXmlRow *row, const void *obj, virXmlOut *out)
{
    const virDomainFeatures *f = obj;
    for (unsigned int i = 0; i < f->caps.n; i++) {
        virXmlOutBegin(out, f->caps.v[i]->name, true);
        virXmlOutAttr(out, "state", virTristateSwitchToString(f->caps.v[i]->state));
        virXmlOutEnd(out);
    }
}
static const virXmlHook capabilities = { .parse = parseCapabilities, .format = formatCapabilities };

#define S virDomainCapability
static const virXmlRow capMemoryRows[] = { X_STR("@name", name, XF_MEMORY), X_END };
static X_TYPE_AS(capMemoryXml, virDomainCapability, NULL, capMemoryRows);
#undef S

#define S virDomainHypervFeatures
static const virXmlRow hypervRows[] = {
    X_ENUM("@mode", mode, virDomainHypervMode, XF_ABI | XF_ELEM_ON),
    X_ONOFF("relaxed/@state", relaxed, XF_ABI | XF_REQ),
    X_ONOFF("vapic/@state", vapic, XF_ABI | XF_REQ),
    X_ONOFF("spinlocks/@state", spinlocks, XF_ABI | XF_REQ),
    X_UINT("spinlocks/@retries", spinlockRetries, XF_ABI),
    X_ONOFF("vpindex/@state", vpindex, XF_ABI | XF_REQ),
    X_ONOFF("runtime/@state", runtime, XF_ABI | XF_REQ),
    X_ONOFF("synic/@state", synic, XF_ABI | XF_REQ),
    X_ONOFF("stimer/@state", stimer, XF_ABI | XF_REQ),
    X_ONOFF("stimer/direct/@state", stimerDirect, XF_ABI),
    X_ONOFF("reset/@state", reset, XF_ABI | XF_REQ),
    X_ONOFF("vendor_id/@state", vendorId, XF_ABI | XF_REQ),
    X_STR("vendor_id/@value", vendorIdValue, XF_ABI),
    X_ONOFF("frequencies/@state", frequencies, XF_ABI | XF_REQ),
    X_ONOFF("reenlightenment/@state", reenlightenment, XF_ABI | XF_REQ),
    X_ONOFF("tlbflush/@state", tlbflush, XF_ABI | XF_REQ),
    X_ONOFF("tlbflush/direct/@state", tlbflushDirect, XF_ABI),
    X_ONOFF("tlbflush/extended/@state", tlbflushExtended, XF_ABI),
    X_ONOFF("ipi/@state", ipi, XF_ABI | XF_REQ),
    X_ONOFF("evmcs/@state", evmcs, XF_ABI | XF_REQ),
    X_ONOFF("avic/@state", avic, XF_ABI | XF_REQ),
    X_ONOFF("emsr_bitmap/@state", emsrBitmap, XF_ABI | XF_REQ),
    X_ONOFF("xmm_input/@state", xmmInput, XF_ABI | XF_REQ),
    X_END
};
static X_TYPE(virDomainHypervFeatures, NULL, hypervRows);
#undef S
static bool hypervGiven(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virDomainFeatures *)obj)->hyperv.mode;
}

#define S virDomainFeatures
#define SWITCH(name, member) X_ONOFF(name "/@state", member, XF_ABI | XF_ELEM_ON)
static const virXmlRow featureRows[] = {
    X_HOOK(".", &knownFeatures, XF_NOFORMAT),
    X_FLAG("acpi", acpi, XF_ABI),
    X_FLAG("apic", apic, XF_ABI),
    X_ONOFF("apic/@eoi", apicEoi, XF_ABI),
    X_FLAG("pae", pae, XF_ABI),
    SWITCH("hap", hap),
    X_FLAG("viridian", viridian, XF_ABI),
    X_FLAG("privnet", privnet, XF_ABI),
    X_INLINE("hyperv", hyperv, virDomainHypervFeatures, XF_ABI | XF_OPEN, .when = hypervGiven),
    X_ONOFF("kvm/hidden/@state", kvm.hidden, XF_ABI | XF_REQ),
    X_ONOFF("kvm/hint-dedicated/@state", kvm.hintDedicated, XF_ABI | XF_REQ),
    X_ONOFF("kvm/poll-control/@state", kvm.pollControl, XF_ABI | XF_REQ),
    X_ONOFF("kvm/pv-ipi/@state", kvm.pvIpi, XF_ABI | XF_REQ),
    X_ONOFF("kvm/dirty-ring/@state", kvm.dirtyRing, XF_ABI | XF_REQ),
    X_UINT("kvm/dirty-ring/@size", kvm.dirtyRingSize, XF_ABI),
    SWITCH("pvspinlock", pvspinlock),
    X_ENUM("capabilities/@policy", capabilitiesPolicy, virDomainFeatureCaps, 0, X_HAS(capabilities)),
    X_HOOK("capabilities", &capabilities, 0),
    X_LIST_AS("capabilities/x", caps, virDomainCapability, capMemoryXml, XF_MEMORY),
    SWITCH("pmu", pmu),
    X_ONOFF("vmport/@state", vmport, XF_ABI | XF_ELEM_ON),
    X_FLAG("gic", gic, XF_ABI),
    X_ENUM("gic/@version", gicVersion, virGicVersion, XF_ABI),
    X_FLAG("smm", smm, XF_NOFORMAT),
    X_ONOFF("smm/@state", smmState, XF_ABI | XF_ELEM_ON),
    X_(("smm/tseg"), SIZE, unsigned long long, tseg, XF_ABI, .scale = 1, .unit = NULL, X_HAS(hasTseg)),
    X_ENUM("ioapic/@driver", ioapicDriver, virDomainIoapic, XF_ABI),
    X_ENUM("hpt/@resizing", hptResizing, virDomainHptResizing, XF_ABI),
    X_KIB("hpt/maxpagesize", hptMaxPageSize, XF_ABI),
    SWITCH("vmcoreinfo", vmcoreinfo),
    X_ONOFF("htm/@state", htm, XF_ABI),
    X_ONOFF("nested-hv/@state", nestedHv, XF_ABI),
    X_ENUM("msrs/@unknown", msrsUnknown, virDomainMsrsUnknown, XF_ABI),
    X_ONOFF("ccf-assist/@state", ccfAssist, XF_ABI),
    X_ONOFF("xen/e820_host/@state", xen.e820Host, XF_ABI),
    X_ONOFF("xen/passthrough/@state", xen.passthrough, XF_ABI),
    X_ENUM("xen/passthrough/@mode", xen.passthroughMode, virDomainXenPassthrough, XF_ABI),
    X_ENUM("cfpc/@value", cfpc, virDomainPpcCap, XF_ABI),
    X_ENUM("sbbc/@value", sbbc, virDomainPpcCap, XF_ABI),
    X_ENUM("ibs/@value", ibs, virDomainPpcCap, XF_ABI),
    X_(("tcg/tb-cache"), SIZE, unsigned long long, tbCacheSize, 0, .scale = 1024, .unit = "KiB"),
    X_YESNO("async-teardown/@enabled", asyncTeardown, 0),
    X_ONOFF("ras/@state", ras, XF_ABI),
    X_ONOFF("ps2/@state", ps2, XF_ABI),
    X_ENUM("aia/@value", aia, virDomainAia, XF_ABI),
    X_END
};
X_TYPE(virDomainFeatures, "features", featureRows);
#undef S

static bool refuseUnknownFeature(const virXmlRow *unused, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    for (xmlNode *n = node->children; n; n = n->next) {
        if (n->type != XML_ELEMENT_NODE)
            continue;
        size_t len = strlen((const char *)n->name);
        const virXmlRow *row = featureRows;
        while (row->kind != VIR_XML_END && (strncmp(row->path, (const char *)n->name, len) != 0 || (row->path[len] && row->path[len] != '/')))
            row++;
        if (row->kind == VIR_XML_END) {
            virXmlErrorAt(error, n, ctx->from, VIR_ERR_CONFIG_UNSUPPORTED, "unexpected feature '%s'", n->name);
            return false;
        }
    }
    return true;
}

/* --- <clock> --- */
#define S virDomainTimerDef
static const virXmlRow timerRows[] = {
    X_ENUM("@name", name, virDomainTimerName, XF_REQ | XF_ALWAYS | XF_ABI),
    X_YESNO("@present", present, XF_ABI),
    X_ENUM("@tickpolicy", tickpolicy, virDomainTimerTickpolicy, XF_ABI),
    X_ENUM("@track", track, virDomainTimerTrack, XF_ABI),
    X_ULL("@frequency", frequency, XF_ABI),
    X_ENUM("@mode", mode, virDomainTimerMode, XF_ABI),
    X_ULL("catchup/@threshold", catchupThreshold, XF_POSITIVE),
    X_ULL("catchup/@slew", catchupSlew, XF_POSITIVE),
    X_ULL("catchup/@limit", catchupLimit, XF_POSITIVE),
    X_END
};
static X_TYPE(virDomainTimerDef, "timer", timerRows);
#undef S

/* adjustment='reset' or seconds */
static bool parseAdjustment(const virXmlRow *row, void *obj, const char *text, virXmlContext *ctx, GError **error)
{
    virDomainClockDef *clock = obj;
    clock->adjustmentReset = strcmp(text, "reset") == 0;
    clock->hasAdjustment = !clock->adjustmentReset;
    if (clock->adjustmentReset || virXmlParseNumber(text, 10, true, &clock->adjustment))
        return true;
    virErrorSet(error, ctx->from, VIR_ERR_XML_ERROR, "invalid clock adjustment '%s'", text);
    return false;
}
static char *formatAdjustment(const virXmlRow *row, const void *obj)
{
    const virDomainClockDef *clock = obj;
    if (clock->offset == VIR_DOMAIN_CLOCK_VARIABLE)
        return g_strdup_printf("%lld", clock->adjustment);
    return clock->adjustmentReset ? g_strdup("reset") : NULL;
}
static const virXmlConv adjustment = { parseAdjustment, formatAdjustment, "reset|-?[0-9]+" };

#define S virDomainClockDef
static const virXmlRow adjustableCase[] = { X_CONV("@adjustment", adjustment, long long, &adjustment, 0), X_END };
static const virXmlRow variableCase[] = {
    X_CONV("@adjustment", adjustment, long long, &adjustment, 0),
    X_ENUM("@basis", basis, virDomainClockBasis, XF_ALWAYS | XF_ABI, .bad = "unknown clock basis '%s'"),
    X_LL("@adjustment0", adjustment0, XF_STATUS),
    X_END
};
static const virXmlRow timezoneCase[] = { X_STR("@timezone", timezone, XF_ABI), X_END };
static const virXmlRow absoluteCase[] = { X_ULL("@start", start, XF_REQ | XF_ALWAYS | XF_ABI), X_END };
static X_TYPE_AS(adjustableXml, virDomainClockDef, NULL, adjustableCase);
static X_TYPE_AS(variableXml, virDomainClockDef, NULL, variableCase);
static X_TYPE_AS(timezoneXml, virDomainClockDef, NULL, timezoneCase);
static X_TYPE_AS(absoluteXml, virDomainClockDef, NULL, absoluteCase);
static const virXmlCase clockCases[] = {
    { VIR_DOMAIN_CLOCK_UTC, &adjustableXml },     { VIR_DOMAIN_CLOCK_LOCALTIME, &adjustableXml }, { VIR_DOMAIN_CLOCK_VARIABLE, &variableXml },
    { VIR_DOMAIN_CLOCK_TIMEZONE, &timezoneXml },  { VIR_DOMAIN_CLOCK_ABSOLUTE, &absoluteXml },    { 0 }
};
static const virXmlRow clockRows[] = {
    X_ENUM("@offset", offset, virDomainClockOffset, XF_ALWAYS | XF_ABI | XF_WANTED, .bad = "unknown clock offset '%s'"),
    X_UNION(".", offset, virDomainClockOffset, clockCases, XF_ABI),
    X_LIST("timer", timers, virDomainTimerDef, XF_ABI),
    X_END
};
X_TYPE(virDomainClockDef, "clock", clockRows);
#undef S

/* --- memory --- */
#define S virDomainHugepage
static const virXmlRow pageRows[] = {
    X_KIB("@size", size, XF_REQ),
    X_BITMAP("@nodeset", nodemask, 0),
    X_END
};
static X_TYPE(virDomainHugepage, "page", pageRows);
#undef S
#define S virDomainMemTune
static const virXmlRow memtuneRows[] = {
    X_KIB("hard_limit", hardLimit, 0, X_HAS(hasHardLimit)),
    X_KIB("soft_limit", softLimit, 0, X_HAS(hasSoftLimit)),
    X_KIB("min_guarantee", minGuarantee, 0),
    X_KIB("swap_hard_limit", swapHardLimit, 0, X_HAS(hasSwapHardLimit)),
    X_END
};
X_TYPE(virDomainMemTune, NULL, memtuneRows);
static const virXmlRow backingRows[] = {
    X_FLAG("hugepages", hugepages, 0),
    X_LIST("hugepages/page", pages, virDomainHugepage, 0),
    X_FLAG("nosharepages", nosharepages, 0),
    X_FLAG("locked", locked, 0),
    X_ENUM("source/@type", source, virDomainMemorySource, 0),
    X_ENUM("access/@mode", access, virDomainMemoryAccess, 0),
    X_ENUM("allocation/@mode", allocation, virDomainMemoryAllocation, 0),
    X_UINT("allocation/@threads", allocationThreads, 0),
    X_FLAG("discard", discard, 0),
    X_END
};
X_TYPE_AS(virDomainMemBackingXml, virDomainMemTune, NULL, backingRows);
#undef S
#define S virDomainNumaNodeTune
static const virXmlRow memnodeRows[] = {
    X_UINT("@cellid", cellid, XF_REQ | XF_ALWAYS),
    X_ENUM("@mode", mode, virDomainNumatuneMode, XF_ALWAYS),
    X_BITMAP("@nodeset", nodeset, XF_REQ),
    X_END
};
static X_TYPE(virDomainNumaNodeTune, "memnode", memnodeRows);
#undef S
static bool numatuneAuto(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    const virDomainNumatune *tune = obj;
    return tune->hasMemory && tune->placement == VIR_DOMAIN_CPU_PLACEMENT_AUTO;
}
#define S virDomainNumatune
static const virXmlRow numatuneRows[] = {
    X_ENUM("memory/@mode", mode, virDomainNumatuneMode, 0, X_HAS(hasMemory)),
    X_ENUM("memory/@placement", placement, virDomainVcpuPlacement, XF_NOFORMAT),
    X_BITMAP("memory/@nodeset", nodeset, 0),
    X_ENUM("memory/@placement", placement, virDomainVcpuPlacement, XF_NOPARSE, .when = numatuneAuto),
    X_LIST("memnode", nodes, virDomainNumaNodeTune, 0),
    X_END
};
X_TYPE(virDomainNumatune, NULL, numatuneRows);
#undef S

/* --- vCPUs, threads, tuning --- */
#define S virDomainVcpuDef
static const virXmlRow vcpuRows[] = {
    X_UINT("@id", id, XF_REQ | XF_ALWAYS | XF_ABI),
    X_YESNO("@enabled", enabled, XF_REQ | XF_ABI),
    X_YESNO("@hotpluggable", hotpluggable, 0),
    X_UINT("@order", order, XF_ABI),
    X_END
};
X_TYPE(virDomainVcpuDef, "vcpu", vcpuRows);
#undef S
#define S virDomainIothreadDef
static const virXmlRow iothreadRows[] = {
    X_UINT("@id", id, XF_REQ | XF_POSITIVE, X_HAS(hasId)),
    X_INT("@thread_pool_min", poolMin, 0, X_HAS(hasPoolMin)),
    X_INT("@thread_pool_max", poolMax, 0, X_HAS(hasPoolMax)),
    X_END
};
X_TYPE(virDomainIothreadDef, "iothread", iothreadRows);
#undef S
#define S virDomainPin
static const virXmlRow vcpupinRows[] = { X_UINT("@vcpu", id, XF_REQ | XF_ALWAYS), X_BITMAP("@cpuset", cpuset, XF_REQ), X_END };
static X_TYPE_AS(vcpupinXml, virDomainPin, "vcpupin", vcpupinRows);
static const virXmlRow iothreadpinRows[] = { X_UINT("@iothread", id, XF_REQ | XF_ALWAYS), X_BITMAP("@cpuset", cpuset, XF_REQ), X_END };
static X_TYPE_AS(iothreadpinXml, virDomainPin, "iothreadpin", iothreadpinRows);
#undef S
#define S virDomainSched
#define SCHED_ROWS \
    X_ENUM("@scheduler", policy, virDomainSchedPolicy, XF_REQ), \
    X_INT("@priority", priority, 0, X_HAS(hasPriority)), \
    X_END
static const virXmlRow vcpuschedRows[] = { X_BITMAP("@vcpus", ids, XF_REQ), SCHED_ROWS };
static X_TYPE_AS(vcpuschedXml, virDomainSched, "vcpusched", vcpuschedRows);
static const virXmlRow iothreadschedRows[] = { X_BITMAP("@iothreads", ids, XF_REQ), SCHED_ROWS };
static X_TYPE_AS(iothreadschedXml, virDomainSched, "iothreadsched", iothreadschedRows);
static const virXmlRow emulatorschedRows[] = { SCHED_ROWS };
static X_TYPE_AS(emulatorschedXml, virDomainSched, "emulatorsched", emulatorschedRows);
#undef S
#define S virDomainCacheAlloc
static const virXmlRow cacheAllocRows[] = {
    X_UINT("@id", id, XF_REQ | XF_ALWAYS),
    X_UINT("@level", level, XF_REQ | XF_ALWAYS),
    X_ENUM("@type", type, virDomainResctrlCache, XF_REQ | XF_ALWAYS),
    X_(("@size"), SIZE, unsigned long long, size, XF_REQ | XF_ALWAYS, .scale = 1, .unit = NULL),
    X_END
};
static X_TYPE(virDomainCacheAlloc, "cache", cacheAllocRows);
#undef S
#define S virDomainResctrlMonitor
static const virXmlRow cacheMonitorRows[] = { X_UINT("@level", level, XF_REQ), X_BITMAP("@vcpus", vcpus, XF_REQ), X_END };
static X_TYPE_AS(cacheMonitorXml, virDomainResctrlMonitor, "monitor", cacheMonitorRows);
static const virXmlRow memoryMonitorRows[] = { X_BITMAP("@vcpus", vcpus, XF_REQ), X_END };
static X_TYPE_AS(memoryMonitorXml, virDomainResctrlMonitor, "monitor", memoryMonitorRows);
#undef S
#define S virDomainMemBandwidth
static const virXmlRow nodeRows[] = { X_UINT("@id", id, XF_REQ | XF_ALWAYS), X_UINT("@bandwidth", bandwidth, XF_REQ | XF_ALWAYS), X_END };
static X_TYPE(virDomainMemBandwidth, "node", nodeRows);
#undef S
#define S virDomainResctrl
static const virXmlRow cachetuneRows[] = {
    X_BITMAP("@vcpus", vcpus, XF_REQ),
    X_LIST("cache", caches, virDomainCacheAlloc, 0),
    X_LIST_AS("monitor", monitors, virDomainResctrlMonitor, cacheMonitorXml, 0),
    X_END
};
X_TYPE_AS(virDomainCachetuneXml, virDomainResctrl, "cachetune", cachetuneRows);
static const virXmlRow memorytuneRows[] = {
    X_BITMAP("@vcpus", vcpus, XF_REQ),
    X_LIST("node", nodes, virDomainMemBandwidth, 0),
    X_LIST_AS("monitor", monitors, virDomainResctrlMonitor, memoryMonitorXml, 0),
    X_END
};
X_TYPE_AS(virDomainMemorytuneXml, virDomainResctrl, "memorytune", memorytuneRows);
#undef S
#define S virDomainCputune
static const virXmlRow cputuneRows[] = {
    X_ULL("shares", shares, 0, X_HAS(hasShares)),
    X_ULL("period", period, 0),
    X_LL("quota", quota, 0),
    X_ULL("global_period", globalPeriod, 0),
    X_LL("global_quota", globalQuota, 0),
    X_ULL("emulator_period", emulatorPeriod, 0),
    X_LL("emulator_quota", emulatorQuota, 0),
    X_ULL("iothread_period", iothreadPeriod, 0),
    X_LL("iothread_quota", iothreadQuota, 0),
    X_LIST_AS("vcpupin", vcpupins, virDomainPin, vcpupinXml, 0),
    X_BITMAP("emulatorpin/@cpuset", emulatorpin, 0),
    X_LIST_AS("iothreadpin", iothreadpins, virDomainPin, iothreadpinXml, 0),
    X_OBJ_AS("emulatorsched", emulatorsched, virDomainSched, emulatorschedXml, 0),
    X_LIST_AS("vcpusched", vcpuscheds, virDomainSched, vcpuschedXml, 0),
    X_LIST_AS("iothreadsched", iothreadscheds, virDomainSched, iothreadschedXml, 0),
    X_LIST_AS("cachetune", cachetunes, virDomainResctrl, virDomainCachetuneXml, 0),
    X_LIST_AS("memorytune", memorytunes, virDomainResctrl, virDomainMemorytuneXml, 0),
    X_END
};
X_TYPE(virDomainCputune, NULL, cputuneRows);
#undef S
#define S virDomainBlkioDevice
static const virXmlRow blkioRows[] = {
    X_STR("path", path, XF_REQ),
    X_UINT("weight", weight, 0),
    X_UINT("read_iops_sec", readIops, 0),
    X_UINT("write_iops_sec", writeIops, 0),
    X_ULL("read_bytes_sec", readBytes, 0),
    X_ULL("write_bytes_sec", writeBytes, 0),
    X_END
};
X_TYPE(virDomainBlkioDevice, "device", blkioRows);
#undef S

/* --- security, id maps --- */
#define S virDomainSeclabel
static const virXmlRow seclabelRows[] = {
    X_ENUM("@type", type, virDomainSeclabelType, XF_ALWAYS),
    X_STR("@model", model, 0),
    X_YESNO("@relabel", relabel, 0),
    X_STR("label", label, 0),
    X_STR("imagelabel", imagelabel, XF_LIVE),
    X_STR("baselabel", baselabel, 0),
    X_END
};
X_TYPE(virDomainSeclabel, "seclabel", seclabelRows);
#undef S
#define S virDomainKeyWrapDef
static const virXmlRow cipherRows[] = {
    X_ENUM("@name", name, virDomainKeyWrapCipher, XF_REQ | XF_ALWAYS),
    X_ONOFF("@state", state, XF_REQ),
    X_END
};
X_TYPE(virDomainKeyWrapDef, "cipher", cipherRows);
#undef S
#define S virDomainLaunchSecurity
static const virXmlRow sevCase[] = {
    X_YESNO("@kernelHashes", kernelHashes, 0),
    X_UINT("cbitpos", cbitpos, 0, X_HAS(hasCbitpos)),
    X_UINT("reducedPhysBits", reducedPhysBits, 0, X_HAS(hasReducedPhysBits)),
    X_HEX("policy", policy, 4, XF_REQ | XF_ALWAYS | XF_ANYBASE),
    X_STR("dhCert", dhCert, 0),
    X_STR("session", session, 0),
    X_END
};
static X_TYPE_AS(sevXml, virDomainLaunchSecurity, NULL, sevCase);
static const virXmlRow snpCase[] = {
    X_YESNO("@kernelHashes", kernelHashes, 0),
    X_YESNO("@authorKey", authorKey, 0),
    X_YESNO("@vcek", vcek, 0),
    X_UINT("cbitpos", cbitpos, 0, X_HAS(hasCbitpos)),
    X_UINT("reducedPhysBits", reducedPhysBits, 0, X_HAS(hasReducedPhysBits)),
    X_(("policy"), ULL, unsigned long long, snpPolicy, XF_HEX | XF_ANYBASE | XF_REQ | XF_ALWAYS, .digits = 8),
    X_STR("guestVisibleWorkarounds", guestVisibleWorkarounds, 0),
    X_STR("idBlock", idBlock, 0),
    X_STR("idAuth", idAuth, 0),
    X_STR("hostData", hostData, 0),
    X_END
};
static const virXmlRow tdxCase[] = {
    X_(("policy"), ULL, unsigned long long, snpPolicy, XF_HEX | XF_ANYBASE, .digits = 1, X_HAS(hasPolicy)),
    X_STR("mrConfigId", mrConfigId, 0),
    X_STR("mrOwner", mrOwner, 0),
    X_STR("mrOwnerConfig", mrOwnerConfig, 0),
    X_FLAG("quoteGenerationService", quoteService, 0),
    X_STR("quoteGenerationService/@path", quoteServicePath, 0),
    X_END
};
static X_TYPE_AS(snpXml, virDomainLaunchSecurity, NULL, snpCase);
static X_TYPE_AS(tdxXml, virDomainLaunchSecurity, NULL, tdxCase);
static const virXmlCase launchCases[] = {
    { VIR_DOMAIN_LAUNCH_SECURITY_SEV, &sevXml }, { VIR_DOMAIN_LAUNCH_SECURITY_SEV_SNP, &snpXml }, { VIR_DOMAIN_LAUNCH_SECURITY_TDX, &tdxXml }, { 0 }
};
static const virXmlRow launchRows[] = {
    X_ENUM("@type", type, virDomainLaunchSecurityType, XF_REQ),
    X_UNION(".", type, virDomainLaunchSecurityType, launchCases, 0),
    X_END
};
X_TYPE(virDomainLaunchSecurity, "launchSecurity", launchRows);
#undef S
#define S virDomainIdMapEntry
static const virXmlRow idmapRows[] = {
    X_UINT("@start", start, XF_ALWAYS),
    X_UINT("@target", target, XF_ALWAYS),
    X_UINT("@count", count, XF_ALWAYS),
    X_END
};
X_TYPE(virDomainIdMapEntry, NULL, idmapRows);
#undef S
