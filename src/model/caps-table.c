/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of capabilities. */
#define VIR_FROM VIR_FROM_CAPABILITIES
#include "model/caps.h"
#include "model/tables.h"

#define S virCapsPages
static const virXmlRow pagesRows[] = {
    X_STR("@unit", unit, 0), X_ULL("@size", size, XF_REQ | XF_ALWAYS), X_ULL(".", count, XF_ALWAYS), X_END
};
static X_TYPE(virCapsPages, "pages", pagesRows);
#undef S

static bool online(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virCapsCpu *)obj)->online;
}

#define S virCapsCpu
static const virXmlRow cpuRows[] = {
    X_UINT("@id", id, XF_REQ | XF_ALWAYS),
    X_UINT("@socket_id", socket, XF_ALWAYS, X_HAS(online), .when = online),
    X_UINT("@die_id", die, XF_ALWAYS, .when = online),
    X_UINT("@core_id", core, XF_ALWAYS, .when = online),
    X_STR("@siblings", siblings, 0, .when = online),
    X_END
};
static X_TYPE(virCapsCpu, "cpu", cpuRows);
#undef S

#define S virCapsCell
static const virXmlRow cellRows[] = {
    X_UINT("@id", id, XF_REQ | XF_ALWAYS),
    X_STR("memory/@unit", memoryUnit, 0),
    X_ULL("memory", memory, 0),
    X_LIST("pages", pages, virCapsPages, 0),
    X_LIST("distances/sibling", distances, virNumaDistance, 0),
    X_LIST("cache", caches, virNumaCache, 0),
    X_UINT("cpus/@num", ncpus, XF_ALWAYS),
    X_LIST("cpus/cpu", cpus, virCapsCpu, 0),
    X_END
};
static X_TYPE(virCapsCell, "cell", cellRows);
#undef S

#define S virCapsControl
static const virXmlRow controlRows[] = {
    X_ULL("@granularity", granularity, 0),
    X_ULL("@min", min, 0),
    X_STR("@unit", unit, 0),
    X_STR("@type", type, 0),
    X_UINT("@maxAllocs", maxAllocs, 0),
    X_END
};
static X_TYPE(virCapsControl, "control", controlRows);
#undef S
#define S virCapsName
static const virXmlRow nameRows[] = { X_STR("@name", name, XF_REQ), X_END };
static X_TYPE(virCapsName, "feature", nameRows);
#undef S
#define S virCapsMonitor
static const virXmlRow monitorRows[] = {
    X_UINT("@level", level, 0),
    X_UINT("@reuseThreshold", reuseThreshold, 0),
    X_UINT("@maxMonitors", maxMonitors, 0),
    X_LIST("feature", features, virCapsName, 0),
    X_END
};
static X_TYPE(virCapsMonitor, "monitor", monitorRows);
#undef S
#define S virCapsBank
static const virXmlRow bankRows[] = {
    X_UINT("@id", id, XF_REQ | XF_ALWAYS),
    X_UINT("@level", level, XF_REQ | XF_ALWAYS),
    X_STR("@type", type, 0),
    X_ULL("@size", size, XF_ALWAYS),
    X_STR("@unit", unit, 0),
    X_STR("@cpus", cpus, 0),
    X_LIST("control", controls, virCapsControl, 0),
    X_END
};
static X_TYPE(virCapsBank, "bank", bankRows);
#undef S
#define S virCapsBandwidthNode
static const virXmlRow nodeRows[] = {
    X_UINT("@id", id, XF_REQ | XF_ALWAYS), X_STR("@cpus", cpus, 0), X_LIST("control", controls, virCapsControl, 0), X_END
};
static X_TYPE(virCapsBandwidthNode, "node", nodeRows);
#undef S

#define S virCapsBaseLabel
static const virXmlRow labelRows[] = { X_STR("@type", type, XF_REQ), X_STR(".", label, 0), X_END };
static X_TYPE(virCapsBaseLabel, "baselabel", labelRows);
#undef S
#define S virCapsSecModel
static const virXmlRow secmodelRows[] = {
    X_STR("model", model, 0), X_STR("doi", doi, XF_ALWAYS | XF_LENIENT), X_LIST("baselabel", labels, virCapsBaseLabel, 0), X_END
};
static X_TYPE(virCapsSecModel, "secmodel", secmodelRows);
#undef S

/* Drivers without a UUID of the host show none. */
static bool hasUuid(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    const virCapsHost *host = obj;
    for (int i = 0; i < 16; i++)
        if (host->uuid[i])
            return true;
    return false;
}

static bool hasTopology(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virCapsHost *)obj)->topology;
}

#define S virCapsHost
static const virXmlRow cellsRows[] = { X_UINT("@num", ncells, XF_ALWAYS), X_LIST("cell", cells, virCapsCell, 0), X_END };
static X_TYPE_AS(cellsXml, virCapsHost, NULL, cellsRows);
static const virXmlRow hostRows[] = {
    X_UUID("uuid", uuid, 0, .when = hasUuid),
    X_OBJ_AS("cpu", cpu, virCPUDef, virCPUHostXml, 0),
    X_FLAG("power_management", powerKnown, 0),
    X_FLAG("power_management/suspend_mem", suspendMem, 0),
    X_FLAG("power_management/suspend_disk", suspendDisk, 0),
    X_FLAG("power_management/suspend_hybrid", suspendHybrid, 0),
    X_YESNO("iommu/@support", iommu, 0),
    X_FLAG("migration_features/live", live, 0),
    X_STRV("migration_features/uri_transports/uri_transport", transports, 0),
    X_FLAG("topology", topology, XF_NOFORMAT),
    X_SAME("topology/cells", cellsXml, XF_OPEN, .when = hasTopology),
    X_LIST("cache/bank", banks, virCapsBank, 0),
    X_OBJ("cache/monitor", cacheMonitor, virCapsMonitor, 0),
    X_LIST("memory_bandwidth/node", bandwidth, virCapsBandwidthNode, 0),
    X_OBJ("memory_bandwidth/monitor", bandwidthMonitor, virCapsMonitor, 0),
    X_LIST("secmodel", secmodels, virCapsSecModel, 0),
    X_END
};
static X_TYPE(virCapsHost, "host", hostRows);
#undef S

#define S virCapsMachine
static const virXmlRow machineRows[] = {
    X_STR("@canonical", canonical, 0),
    X_UINT("@maxCpus", maxCpus, 0),
    X_YESNO("@deprecated", deprecated, 0),
    X_STR(".", name, 0),
    X_END
};
static X_TYPE(virCapsMachine, "machine", machineRows);
#undef S
#define S virCapsDomain
static const virXmlRow domainRows[] = {
    X_STR("@type", type, XF_REQ), X_STR("emulator", emulator, 0), X_LIST("machine", machines, virCapsMachine, 0), X_END
};
static X_TYPE(virCapsDomain, "domain", domainRows);
#undef S
#define S virCapsToggle
static const virXmlRow toggleRows[] = { X_ONOFF("@default", byDefault, 0), X_YESNO("@toggle", toggle, 0), X_END };
static X_TYPE(virCapsToggle, NULL, toggleRows);
#undef S
#define S virCapsGuest
static const virXmlRow guestRows[] = {
    X_STR("os_type", osType, 0),
    X_ENUM("arch/@name", arch, virArch, XF_REQ),
    X_UINT("arch/wordsize", wordsize, 0),
    X_STR("arch/emulator", emulator, 0),
    X_STR("arch/loader", loader, 0),
    X_LIST("arch/machine", machines, virCapsMachine, 0),
    X_LIST("arch/domain", domains, virCapsDomain, 0),
    X_FLAG("features/pae", pae, 0),
    X_FLAG("features/nonpae", nonpae, 0),
    X_FLAG("features/ia64_be", ia64be, 0),
    X_OBJ("features/acpi", acpi, virCapsToggle, 0),
    X_OBJ("features/apic", apic, virCapsToggle, 0),
    X_FLAG("features/cpuselection", cpuselection, 0),
    X_FLAG("features/deviceboot", deviceboot, 0),
    X_OBJ("features/disksnapshot", disksnapshot, virCapsToggle, 0),
    X_OBJ("features/hap", hap, virCapsToggle, 0),
    X_OBJ("features/externalSnapshot", externalSnapshot, virCapsToggle, XF_EMPTY),
    X_END
};
static X_TYPE(virCapsGuest, "guest", guestRows);
#undef S

#define S virCapsDef
static const virXmlRow capsRows[] = { X_OBJ("host", host, virCapsHost, 0), X_LIST("guest", guests, virCapsGuest, 0), X_END };
X_TYPE(virCapsDef, "capabilities", capsRows, .init = virDocumentInit);
#undef S

static bool complete(virCapsDef *def, unsigned int flags, GError **error)
{
    return true;
}
VIR_DOCUMENT_DEFINE(virCapsDef, "capabilities", complete)

char *virCapsDefText(const virCapsDef *caps)
{
    GString *out = g_string_new("<capabilities>\n\n");
    if (caps->host) {
        virXmlFormat(&virCapsHostXml, NULL, caps->host, 0, out, 1);
        g_string_append_c(out, '\n');
    }
    for (unsigned int i = 0; i < caps->guests.n; i++) {
        virXmlFormat(&virCapsGuestXml, NULL, caps->guests.v[i], 0, out, 1);
        g_string_append_c(out, '\n');
    }
    g_string_append(out, "</capabilities>\n");
    return g_string_free(out, FALSE);
}
