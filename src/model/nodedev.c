/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What node devices must say, and what of it is kept. */
#define VIR_FROM VIR_FROM_NODEDEV
#include "model/nodedev.h"
#include <stdlib.h>
#include <string.h>
#include "model/nodedev-check.h"

/* The device around a capability, for messages. */
static char *deviceName(xmlNode *node)
{
    while (node && strcmp((const char *)node->name, "device") != 0)
        node = node->parent;
    xmlNode *name = node ? virXmlChild(node, "name") : NULL;
    return name ? virXmlText(name) : g_strdup("new device");
}

static bool refuse(xmlNode *node, int code, GError **error, const char *words)
{
    g_autofree char *name = deviceName(node);
    virSetError(error, code, "%s for '%s'", words, name);
    return false;
}

VIR_NODE_CHECK(virNodeDeviceCheck)
{
    const virNodeDeviceDef *def = obj;
    for (xmlNode *n = virXmlChild(node, "devnode"); n; n = virXmlNext(n, "devnode")) {
        const char *type = virXmlProp(n, "type");
        if (!type)
            virErrorSet(error, VIR_FROM_XML, VIR_ERR_XML_ERROR, "Missing required attribute 'type' in element 'devnode'");
        else if (!g_str_equal(type, "dev") && !g_str_equal(type, "link"))
            virErrorSet(error, VIR_FROM_XML, VIR_ERR_XML_ERROR, "Invalid value for attribute 'type' in element 'devnode': '%s'.", type);
        else
            continue;
        return false;
    }
    if (!def->name && !(ctx->flags & VIR_NODE_DEVICE_NEW))
        virSetError(error, VIR_ERR_NO_NAME, NULL);
    else if (def->parentWwnn && !def->parentWwpn)
        virSetError(error, VIR_ERR_XML_ERROR, "when providing parent wwnn='%s', the wwpn must also be provided", def->parentWwnn);
    else if (def->parentWwpn && !def->parentWwnn)
        virSetError(error, VIR_ERR_XML_ERROR, "when providing parent wwpn='%s', the wwnn must also be provided", def->parentWwpn);
    else
        return true;
    return false;
}

/* ---- details that must be there ---- */

static const struct {
    virNodeCapType type;
    const char *path;           /* an element, or with a last part "@x" its attribute */
    const char *words;
    int code;
    bool madeWithout;           /* a new device learns it from the host */
} needs[] = {
#define NEED(type, path, words) { VIR_NODE_CAP_##type, path, "no " words " supplied", VIR_ERR_INTERNAL_ERROR, false }
#define MISS(type, path, words) { VIR_NODE_CAP_##type, path, "missing " words, VIR_ERR_CONFIG_UNSUPPORTED, false }
    NEED(SYSTEM, "hardware/uuid", "system UUID"),
    NEED(PCI, "domain", "PCI domain ID"), NEED(PCI, "bus", "PCI bus ID"), NEED(PCI, "slot", "PCI slot ID"), NEED(PCI, "function", "PCI function ID"),
    NEED(PCI, "vendor/@id", "PCI vendor ID"), NEED(PCI, "product/@id", "PCI product ID"),
    NEED(USB_DEVICE, "bus", "USB bus number"), NEED(USB_DEVICE, "device", "USB device number"), NEED(USB_DEVICE, "vendor/@id", "USB vendor ID"),
    NEED(USB_DEVICE, "product/@id", "USB product ID"),
    NEED(USB, "number", "USB interface number"), NEED(USB, "class", "USB interface class"), NEED(USB, "subclass", "USB interface subclass"),
    NEED(USB, "protocol", "USB interface protocol"),
    NEED(NET, "interface", "network interface"),
    { VIR_NODE_CAP_SCSI_HOST, "host", "no SCSI host ID supplied", VIR_ERR_INTERNAL_ERROR, true },
    NEED(SCSI_TARGET, "target", "target name"),
    NEED(SCSI, "host", "SCSI host ID"), NEED(SCSI, "bus", "SCSI bus ID"), NEED(SCSI, "target", "SCSI target ID"), NEED(SCSI, "lun", "SCSI LUN ID"),
    NEED(STORAGE, "block", "block device path"),
    { VIR_NODE_CAP_DRM, "type", "unknown drm type '(null)'", VIR_ERR_CONFIG_UNSUPPORTED, false },
    MISS(MDEV, "type/@id", "type id attribute"),
    MISS(CCW, "cssid", "cssid value"), MISS(CCW, "ssid", "ssid value"), MISS(CCW, "devno", "devno value"),
    MISS(CCWGROUP, "cssid", "cssid value"), MISS(CCWGROUP, "ssid", "ssid value"), MISS(CCWGROUP, "devno", "devno value"),
    MISS(CSS, "cssid", "cssid value"), MISS(CSS, "ssid", "ssid value"), MISS(CSS, "devno", "devno value"),
    MISS(AP_CARD, "ap-adapter", "ap-adapter value"),
    MISS(AP_QUEUE, "ap-adapter", "ap-adapter value"), MISS(AP_QUEUE, "ap-domain", "ap-domain value"),
};

static bool isThere(xmlNode *node, const char *path)
{
    g_auto(GStrv) steps = g_strsplit(path, "/", 0);
    for (char **step = steps; *step && node; step++) {
        if (**step == '@')
            return virXmlProp(node, *step + 1) != NULL;
        node = virXmlChild(node, *step);
    }
    g_autofree char *text = node ? virXmlText(node) : NULL;
    return text != NULL;
}

/* These stand inside others, or only the host knows them. */
static bool readable(virNodeCapType type)
{
    switch (type) {
    case VIR_NODE_CAP_FC_HOST:
    case VIR_NODE_CAP_VPORTS:
    case VIR_NODE_CAP_SCSI_GENERIC:
    case VIR_NODE_CAP_MDEV_TYPES:
    case VIR_NODE_CAP_VDPA:
    case VIR_NODE_CAP_VPD:
    case VIR_NODE_CAP_CCWGROUP_MEMBER:
        return false;
    default:
        return true;
    }
}

VIR_NODE_CHECK(virNodeCapNeeds)
{
    const virNodeCap *cap = obj;
    if (!readable(cap->type)) {
        g_autofree char *words = g_strdup_printf("unknown capability type '%d'", cap->type);
        return refuse(node, VIR_ERR_INTERNAL_ERROR, error, words);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(needs); i++)
        if (needs[i].type == cap->type && !(needs[i].madeWithout && ctx->flags & VIR_NODE_DEVICE_NEW) && !isThere(node, needs[i].path))
            return refuse(node, needs[i].code, error, needs[i].words);
    return true;
}

/* Capabilities in a PCI device, a subchannel or the AP matrix; unknown ones are read past. */
VIR_NODE_CHECK(virNodeNestedCheck)
{
    for (xmlNode *n = virXmlChild(node, "capability"); n; n = virXmlNext(n, "capability")) {
        const char *type = virXmlProp(n, "type");
        if (!type)
            virSetError(error, VIR_ERR_XML_ERROR, "Missing capability type");
        else if (g_str_equal(type, "phys_function") && !virXmlChild(n, "address"))
            virSetError(error, VIR_ERR_XML_ERROR, "Missing address in 'phys_function' capability");
        else
            continue;
        return false;
    }
    return true;
}

VIR_NODE_CHECK(virNodeAddressCheck)
{
    const virPCIAddress *a = obj;
    if (a->slot > 0x1F)
        virErrorSet(error, VIR_FROM_NONE, VIR_ERR_XML_ERROR, "Invalid PCI address slot='0x%x', must be <= 0x1F", a->slot);
    else if (a->function > 7)
        virErrorSet(error, VIR_FROM_NONE, VIR_ERR_XML_ERROR, "Invalid PCI address function=0x%x, must be <= 7", a->function);
    else
        return true;
    return false;
}

VIR_NODE_CHECK(virNodeFeatureCheck)
{
    if (virXmlProp(node, "name"))
        return true;
    virSetError(error, VIR_ERR_XML_ERROR, "missing network device feature name");
    return false;
}

VIR_NODE_CHECK(virNodeMdevTypeCheck)
{
    const virNodeMdevType *type = obj;
    if (!type->id)
        virSetError(error, VIR_ERR_XML_ERROR, "missing 'id' attribute for mediated device's <type> element");
    else if (!type->deviceApi)
        virSetError(error, VIR_ERR_XML_ERROR, "missing device API for mediated device type '%s'", type->id);
    else if (!isThere(node, "availableInstances"))
        virSetError(error, VIR_ERR_XML_ERROR, "missing number of available instances for mediated device type '%s'", type->id);
    else
        return true;
    return false;
}

VIR_NODE_CHECK(virNodeVpdCheck)
{
    virNodePci *pci = obj;
    if (!pci->vpdName) {
        virSetError(error, VIR_ERR_XML_ERROR, "Could not read a device name from the <name> element");
        return false;
    }
    for (xmlNode *n = virXmlChild(node, "fields"); n; n = virXmlNext(n, "fields")) {
        const char *access = virXmlProp(n, "access");
        if (access && (g_str_equal(access, "readonly") || g_str_equal(access, "readwrite")))
            continue;
        virSetError(error, VIR_ERR_XML_ERROR, access ? "Unsupported VPD field access type specified %s" : "VPD fields access type parsing has failed", access);
        return false;
    }
    virXmlList *lists[] = { (virXmlList *)&pci->vpdVendor, (virXmlList *)&pci->vpdVendorRw, (virXmlList *)&pci->vpdSystemRw };
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
        for (unsigned int j = lists[i]->n; j > 0; j--) {
            virNodeVpdField *field = lists[i]->v[j - 1];
            if (field->index && field->value)
                continue;
            virXmlListTake(lists[i], j - 1);
            g_free(field->index);
            g_free(field->value);
            g_free(field);
        }
    return true;
}

/* ---- what a capability says as a whole ---- */

static int compareFeatures(const void *a, const void *b)
{
    return (int)(*(virNodeFeature *const *)a)->name - (int)(*(virNodeFeature *const *)b)->name;
}

static bool netGood(virNodeCap *cap, xmlNode *node, GError **error)
{
    xmlNode *sub = virXmlChild(node, "capability");
    const char *type = sub ? virXmlProp(sub, "type") : NULL;
    if (type && !g_str_equal(type, "80203") && !g_str_equal(type, "80211"))
        return refuse(node, VIR_ERR_CONFIG_UNSUPPORTED, error, "invalid network type supplied");
    cap->ieee80203 = type && g_str_equal(type, "80203");
    cap->ieee80211 = type && !cap->ieee80203;
    if (cap->features.n)
        qsort(cap->features.v, cap->features.n, sizeof(*cap->features.v), compareFeatures);
    for (unsigned int i = cap->features.n; i > 1; i--)
        if (cap->features.v[i - 1]->name == cap->features.v[i - 2]->name)
            g_free(virListTake(&cap->features, i - 1));
    return true;
}

/* Every capability inside is one of `known`. */
static bool onlyThese(xmlNode *node, const char *const *known, const char *what, GError **error)
{
    for (xmlNode *n = virXmlChild(node, "capability"); n; n = virXmlNext(n, "capability")) {
        const char *type = virXmlProp(n, "type");
        if (type && g_strv_contains(known, type))
            continue;
        g_autofree char *words = type ? g_strdup_printf("unknown %s capability type '%s'", what, type) : g_strdup_printf("missing %s capability type", what);
        return refuse(node, VIR_ERR_INTERNAL_ERROR, error, words);
    }
    return true;
}

static bool scsiHostGood(const virNodeCap *cap, xmlNode *node, virXmlContext *ctx, GError **error)
{
    static const char *const known[] = { "fc_host", "vport_ops", NULL };
    if (!onlyThese(node, known, "SCSI host", error))
        return false;
    if (cap->fcHost && !(ctx->flags & VIR_NODE_DEVICE_NEW) && (!cap->wwnn || !cap->wwpn)) {
        g_autofree char *name = deviceName(node);
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "no %s supplied for '%s', and auto-generation failed", cap->wwnn ? "WWPN" : "WWNN", name);
        return false;
    }
    return true;
}

static bool scsiTargetGood(const virNodeCap *cap, xmlNode *node, GError **error)
{
    static const char *const known[] = { "fc_remote_port", NULL };
    if (!onlyThese(node, known, "SCSI target", error))
        return false;
    if (cap->hasRport && !cap->rport)
        return refuse(node, VIR_ERR_INTERNAL_ERROR, error, "missing rport name");
    return !cap->hasRport || cap->rportWwpn || refuse(node, VIR_ERR_INTERNAL_ERROR, error, "missing wwpn identifier");
}

static bool storageGood(const virNodeCap *cap, xmlNode *node, GError **error)
{
    static const char *const known[] = { "removable", "hotpluggable", NULL };
    if (!onlyThese(node, known, "storage", error))
        return false;
    if (cap->removable && !isThere(virXmlChild(node, "capability"), "media_size"))
        return refuse(node, VIR_ERR_INTERNAL_ERROR, error, "no removable media size supplied");
    if (!cap->removable && !isThere(node, "size"))
        return refuse(node, VIR_ERR_INTERNAL_ERROR, error, "no size supplied");
    return true;
}

VIR_NODE_CHECK(virNodeCapCheck)
{
    virNodeCap *cap = obj;
    switch (cap->type) {
    case VIR_NODE_CAP_NET:
        return netGood(cap, node, error);
    case VIR_NODE_CAP_SCSI_HOST:
        return scsiHostGood(cap, node, ctx, error);
    case VIR_NODE_CAP_SCSI_TARGET:
        return scsiTargetGood(cap, node, error);
    case VIR_NODE_CAP_STORAGE:
        return storageGood(cap, node, error);
    case VIR_NODE_CAP_CSS:
        for (xmlNode *c = virXmlChild(node, "channel_dev_addr"), *n = NULL; c && !n; n = c)
            for (const char *const *part = (const char *const[]){ "cssid", "ssid", "devno", NULL }; *part; part++)
                if (!isThere(c, *part)) {
                    g_autofree char *words = g_strdup_printf("missing %s value", *part);
                    return refuse(node, VIR_ERR_CONFIG_UNSUPPORTED, error, words);
                }
        return true;
    case VIR_NODE_CAP_PCI:
        cap->pci.hasNuma &= cap->pci.numa >= 0;
        cap->pci.hasIommu &= cap->pci.iommuDevices.n > 0;
        while (cap->pci.physFunction.n > 1)
            g_free(virListTake(&cap->pci.physFunction, cap->pci.physFunction.n - 1));
        return true;
    case VIR_NODE_CAP_MDEV:
        for (unsigned int i = cap->attrs.n; i > 0; i--)
            if (!cap->attrs.v[i - 1]->name || !cap->attrs.v[i - 1]->value) {
                virNodeMdevAttr *attr = virListTake(&cap->attrs, i - 1);
                g_free(attr->name);
                g_free(attr->value);
                g_free(attr);
            }
        return true;
    default:
        return true;
    }
}

static bool complete(virNodeDeviceDef *def, unsigned int flags, GError **error)
{
    if (!def->name)
        def->name = g_strdup("new device");
    if (def->caps.n)
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "no device capabilities for '%s'", def->name);
    return false;
}
VIR_DOCUMENT_DEFINE(virNodeDeviceDef, "node_device_definition", complete)

/* ---- what devices are listed as ---- */

unsigned int virNodeCapFlag(virNodeCapType type)
{
    static const unsigned int flags[virNodeCapTypeLast] = {
#define FLAG(name) [VIR_NODE_CAP_##name] = VIR_CONNECT_LIST_NODE_DEVICES_CAP_##name
        FLAG(SYSTEM), FLAG(NET), FLAG(SCSI_HOST), FLAG(SCSI_TARGET), FLAG(SCSI), FLAG(STORAGE), FLAG(FC_HOST), FLAG(VPORTS), FLAG(SCSI_GENERIC),
        FLAG(DRM), FLAG(MDEV_TYPES), FLAG(MDEV), FLAG(VDPA), FLAG(AP_CARD), FLAG(AP_QUEUE), FLAG(AP_MATRIX), FLAG(VPD),
        [VIR_NODE_CAP_PCI] = VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV, [VIR_NODE_CAP_USB_DEVICE] = VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_DEV,
        [VIR_NODE_CAP_USB] = VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_INTERFACE, [VIR_NODE_CAP_CCW] = VIR_CONNECT_LIST_NODE_DEVICES_CAP_CCW_DEV,
        [VIR_NODE_CAP_CSS] = VIR_CONNECT_LIST_NODE_DEVICES_CAP_CSS_DEV, [VIR_NODE_CAP_CCWGROUP] = VIR_CONNECT_LIST_NODE_DEVICES_CAP_CCWGROUP_DEV,
        FLAG(CCWGROUP_MEMBER),
    };
    return flags[type];
}

unsigned int virNodeDeviceFlags(const virNodeDeviceDef *def)
{
    unsigned int flags = 0;
    for (unsigned int i = 0; i < def->caps.n; i++) {
        const virNodeCap *cap = def->caps.v[i];
        flags |= virNodeCapFlag(cap->type) | (cap->fcHost ? VIR_CONNECT_LIST_NODE_DEVICES_CAP_FC_HOST : 0) |
                 (cap->vportOps ? VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPORTS : 0) |
                 (cap->groupDevice ? VIR_CONNECT_LIST_NODE_DEVICES_CAP_CCWGROUP_MEMBER : 0) |
                 (cap->mdevTypes.n ? VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES : 0) | (cap->pci.hasVpd ? VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPD : 0);
    }
    return flags;
}
