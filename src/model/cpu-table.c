/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of guest CPUs and NUMA cells. */
#include "model/tables.h"

#define S virCPUFeature
static const virXmlRow featureRows[] = {
    X_ENUM("@policy", policy, virCPUFeaturePolicy, XF_ABI, .bad = "Invalid CPU feature policy"),
    X_STR("@name", name, XF_ABI),       /* that it must be there is said by virCPUDefComplete, in the reference's words */
    X_END
};
X_TYPE(virCPUFeature, "feature", featureRows);
#undef S

#define S virNumaDistance
static const virXmlRow siblingRows[] = {
    X_UINT("@id", id, XF_REQ | XF_ALWAYS | XF_ABI),
    X_UINT("@value", value, XF_REQ | XF_ALWAYS | XF_ABI),
    X_END
};
X_TYPE(virNumaDistance, "sibling", siblingRows);
#undef S

#define S virNumaCache
static const virXmlRow cacheRows[] = {
    X_UINT("@level", level, XF_REQ | XF_POSITIVE | XF_ABI),
    X_ENUM("@associativity", associativity, virNumaCacheAssoc, XF_REQ | XF_ALWAYS | XF_ABI),
    X_ENUM("@policy", policy, virNumaCachePolicy, XF_REQ | XF_ALWAYS | XF_ABI),
    X_KIB("size/@value", size, XF_REQ | XF_ALWAYS | XF_ABI),
    X_(("line/@value"), SIZE, unsigned long long, line, XF_REQ | XF_ALWAYS | XF_ABI, .scale = 1, .unit = "B"),
    X_END
};
X_TYPE(virNumaCache, "cache", cacheRows);
#undef S

#define S virNumaCell
static const virXmlRow cellRows[] = {
    X_UINT("@id", id, XF_ABI, X_HAS(hasId)),
    X_BITMAP("@cpus", cpus, XF_ABI),
    X_KIB("@memory", memory, XF_REQ | XF_ALWAYS | XF_ABI),
    X_ENUM("@memAccess", access, virDomainMemoryAccess, 0),
    X_YESNO("@discard", discard, 0),
    X_LIST("distances/sibling", distances, virNumaDistance, XF_ABI),
    X_LIST("cache", caches, virNumaCache, XF_ABI),
    X_END
};
static X_TYPE(virNumaCell, "cell", cellRows);
#undef S

#define S virNumaInterconnectDef
static const virXmlRow latencyRows[] = {
    X_UINT("@initiator", initiator, XF_REQ | XF_ALWAYS | XF_ABI),
    X_UINT("@target", target, XF_REQ | XF_ALWAYS | XF_ABI),
    X_UINT("@cache", cache, XF_ABI, X_HAS(hasCache)),
    X_ENUM("@type", access, virMemoryLatency, XF_REQ | XF_ABI),
    X_ULL("@value", value, XF_REQ | XF_ALWAYS | XF_ABI),
    X_END
};
static X_TYPE_AS(latencyXml, virNumaInterconnectDef, "latency", latencyRows);
static const virXmlRow bandwidthRows[] = {
    X_UINT("@initiator", initiator, XF_REQ | XF_ALWAYS | XF_ABI),
    X_UINT("@target", target, XF_REQ | XF_ALWAYS | XF_ABI),
    X_UINT("@cache", cache, XF_ABI, X_HAS(hasCache)),
    X_ENUM("@type", access, virMemoryLatency, XF_REQ | XF_ABI),
    X_KIB("@value", value, XF_REQ | XF_ALWAYS | XF_ABI),
    X_END
};
static X_TYPE_AS(bandwidthXml, virNumaInterconnectDef, "bandwidth", bandwidthRows);
#undef S

#define S virCPUPages
static const virXmlRow pagesRows[] = { X_STR("@unit", unit, 0), X_ULL("@size", size, XF_REQ | XF_ALWAYS), X_END };
static X_TYPE(virCPUPages, "pages", pagesRows);
#undef S

#define S virCPUFeature
static const virXmlRow hostFeatureRows[] = { X_STR("@name", name, XF_LENIENT), X_END };
static X_TYPE_AS(hostFeatureXml, virCPUFeature, "feature", hostFeatureRows);
#undef S

#define S virCPUDef
static const virXmlRow topologyRows[] = {
    X_UINT("@sockets", sockets, XF_REQ | XF_POSITIVE | XF_ABI),
    X_UINT("@dies", dies, XF_POSITIVE | XF_ABI),
    X_UINT("@cores", cores, XF_REQ | XF_POSITIVE | XF_ABI),
    X_UINT("@threads", threads, XF_REQ | XF_POSITIVE | XF_ABI),
    X_END
};
static X_TYPE_AS(topologyXml, virCPUDef, NULL, topologyRows);
static const virXmlRow addressRows[] = {
    X_ENUM("@mode", maxPhysAddrMode, virCPUMaxPhysAddrMode, XF_REQ | XF_ABI, X_HAS(hasMaxPhysAddr)),
    X_UINT("@bits", maxPhysAddrBits, XF_ABI, X_HAS(hasMaxPhysAddrBits)),
    X_END
};
static X_TYPE_AS(addressXml, virCPUDef, NULL, addressRows);
static const virXmlRow guestRows[] = {
    X_ENUM("@mode", mode, virCPUMode, XF_ABI, .bad = "Invalid mode attribute '%s'"),
    X_ENUM("@match", match, virCPUMatch, XF_ABI),
    X_ENUM("@check", check, virCPUCheck, 0),
    X_ONOFF("@migratable", migratable, XF_ABI),
    X_ENUM("model/@fallback", fallback, virCPUFallback, 0, .bad = "Invalid fallback attribute"),
    X_STR("model/@vendor_id", vendorId, XF_ABI),
    X_STR("model", model, XF_ABI),
    X_STR("vendor", vendor, XF_ABI),
    X_SAME("topology", topologyXml, 0),
    X_UINT("cache/@level", cacheLevel, XF_ABI, X_HAS(hasCacheLevel)),
    X_ENUM("cache/@mode", cacheMode, virCPUCacheMode, XF_REQ | XF_ABI, X_HAS(hasCache)),
    X_SAME("maxphysaddr", addressXml, 0),
    X_LIST("feature", features, virCPUFeature, XF_ABI),
    X_LIST("numa/cell", cells, virNumaCell, XF_ABI),
    X_LIST_AS("numa/interconnects/latency", latencies, virNumaInterconnectDef, latencyXml, XF_ABI),
    X_LIST_AS("numa/interconnects/bandwidth", bandwidths, virNumaInterconnectDef, bandwidthXml, XF_ABI),
    X_END
};
X_TYPE(virCPUDef, "cpu", guestRows);
static const virXmlRow chipRows[] = {
    X_UINT("microcode/@version", microcode, 0, .bad = "invalid microcode version"),
    X_UINT("signature/@family", family, XF_REQ, X_HAS(hasSignature)),
    X_UINT("signature/@model", modelNumber, XF_REQ, X_HAS(hasSignature)),
    X_UINT("signature/@stepping", stepping, XF_REQ, X_HAS(hasSignature)),
    X_STR("counter/@name", counter, XF_REQ),
    X_ULL("counter/@frequency", counterFrequency, XF_REQ),
    X_YESNO("counter/@scaling", counterScaling, 0),
    X_END
};
static X_TYPE_AS(chipXml, virCPUDef, NULL, chipRows);
static const virXmlRow hostRows[] = {
    X_ENUM("arch", arch, virArch, XF_REQ, .bad = "Unknown architecture %s"),
    X_FLAG("features/pae", pae, 0),
    X_FLAG("features/nonpae", nonpae, 0),
    X_STR("model", model, 0),
    X_STR("vendor", vendor, 0),
    X_SAME(".", chipXml, 0),
    X_SAME("topology", topologyXml, 0),
    X_SAME("maxphysaddr", addressXml, 0),
    X_LIST_AS("feature", features, virCPUFeature, hostFeatureXml, 0),
    X_LIST("pages", pages, virCPUPages, 0),
    X_END
};
X_TYPE_AS(virCPUHostXml, virCPUDef, "cpu", hostRows);
/* Either, for the schema. */
static const virXmlRow anyRows[] = {
    X_ENUM("arch", arch, virArch, 0),
    X_SAME(".", virCPUDefXml, 0),
    X_SAME(".", chipXml, 0),
    X_LIST("pages", pages, virCPUPages, 0),
    X_END
};
X_TYPE_AS(virCPUAnyXml, virCPUDef, "cpu", anyRows);
#undef S
