/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of domain capabilities. */
#define VIR_FROM VIR_FROM_CAPABILITIES
#include "model/domcaps.h"
#include "model/tables.h"

#define S virDomCapsEnum
static const virXmlRow enumRows[] = { X_STR("@name", name, XF_REQ), X_STRV("value", values, 0), X_END };
static X_TYPE(virDomCapsEnum, "enum", enumRows);
#undef S

#define S virDomCapsSection
static const virXmlRow sectionRows[] = {
    X_UINT("@node", node, XF_REQ | XF_ALWAYS), X_ULL("@size", size, XF_REQ | XF_ALWAYS), X_STR("@unit", unit, 0), X_END
};
static X_TYPE(virDomCapsSection, "section", sectionRows);
#undef S

#define S virDomCapsPart
static const virXmlRow partRows[] = {
    X_YESNO("@supported", supported, XF_REQ),
    X_STRV("value", values, 0),
    X_LIST("enum", enums, virDomCapsEnum, 0),
    X_UINT("cbitpos", cbitpos, 0),
    X_UINT("reducedPhysBits", reducedPhysBits, 0),
    X_UINT("maxGuests", maxGuests, 0),
    X_UINT("maxESGuests", maxESGuests, 0),
    X_YESNO("flc", flc, 0),
    X_YESNO("sgx1", sgx1, 0),
    X_YESNO("sgx2", sgx2, 0),
    X_KIB("section_size", sectionSize, 0),
    X_LIST("sections/section", sections, virDomCapsSection, 0),
    X_END
};
static X_TYPE(virDomCapsPart, NULL, partRows);
#undef S

#define S virDomCapsModel
static const virXmlRow modelRows[] = {
    X_ENUM("@fallback", fallback, virCPUFallback, 0),
    X_STR("@usable", usable, 0),
    X_STR("@vendor", vendor, 0),
    X_YESNO("@deprecated", deprecated, 0),
    X_STR(".", name, 0),
    X_END
};
static X_TYPE(virDomCapsModel, "model", modelRows);
#undef S

#define S virDomCapsMode
static const virXmlRow modeRows[] = {
    X_STR("@name", name, XF_REQ),
    X_INLINE(".", part, virDomCapsPart, 0),
    X_LIST("model", models, virDomCapsModel, 0),
    X_STR("vendor", vendor, 0),
    X_LIST("feature", features, virCPUFeature, 0),
    X_END
};
static X_TYPE(virDomCapsMode, "mode", modeRows);
#undef S

#define S virDomCapsDef
#define DEVICE_ROW(name, ...) X_OBJ("devices/" #name, name, virDomCapsPart, 0),
#define FEATURE_ROW(name, word) X_OBJ("features/" word, name, virDomCapsPart, 0),
static const virXmlRow capsRows[] = {
    X_STR("path", path, 0),
    X_STR("domain", domain, 0),
    X_STR("machine", machine, 0),
    X_ENUM("arch", arch, virArch, 0),
    X_UINT("vcpu/@max", maxVcpus, 0),
    X_INLINE("iothreads", iothreads, virDomCapsPart, 0),
    X_INLINE("os", os, virDomCapsPart, 0),
    X_INLINE("os/loader", loader, virDomCapsPart, 0),
    X_LIST("cpu/mode", modes, virDomCapsMode, 0),
    X_INLINE("memoryBacking", memoryBacking, virDomCapsPart, 0),
    VIR_DOMCAPS_DEVICES(DEVICE_ROW)
    VIR_DOMCAPS_FEATURES(FEATURE_ROW)
    X_END
};
X_TYPE(virDomCapsDef, "domainCapabilities", capsRows, .init = virDocumentInit);
#undef S

static bool complete(virDomCapsDef *def, unsigned int flags, GError **error)
{
    return true;
}
VIR_DOCUMENT_DEFINE(virDomCapsDef, "domain_capabilities", complete)
