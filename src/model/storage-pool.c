/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The types of storage pools: which parts each has and needs, its defaults and refusals, what can be made in it. */
#define VIR_FROM VIR_FROM_STORAGE
#include "model/storage-pool.h"
#include <string.h>
#include "base/util.h"
#include "model/storage-pool-type.h"

#define WORDS(...) (const char *const[]){ __VA_ARGS__, NULL }
static const char *const fileFormats[] = { "none", "raw", "dir", "bochs", "cloop", "dmg", "iso", "vpc", "vdi", "fat", "vhd", "ploop",
                                           "cow", "qcow", "qcow2", "qed", "vmdk", NULL };
static const char *const noFormats[] = { NULL };
#define FILES .volFormats = fileFormats, .volDefault = "raw"
#define NAMES (PART_VENDOR | PART_PRODUCT)

const virStoragePoolType virStoragePoolTypes[virStoragePoolKindLast] = {
    [VIR_STORAGE_POOL_DIR] = { .allows = NAMES, .noSource = true, FILES },
    [VIR_STORAGE_POOL_FS] = { .keeps = PART_DEVICE, .needs = PART_DEVICE, .allows = PART_DEVICE | PART_FORMAT | NAMES, .asks = PART_DEVICE,
        .formats = WORDS("auto", "ext2", "ext3", "ext4", "ufs", "iso9660", "udf", "gfs", "gfs2", "vfat", "hfs+", "xfs", "ocfs2", "vmfs"), FILES },
    [VIR_STORAGE_POOL_NETFS] = { .keeps = PART_HOST | PART_DIR, .needs = PART_HOST | PART_DIR,
        .allows = PART_HOST | PART_DIR | PART_FORMAT | PART_PROTOCOL | NAMES, .asks = PART_HOST | PART_DIR,
        .formats = WORDS("auto", "nfs", "glusterfs", "cifs"), FILES },
    [VIR_STORAGE_POOL_LOGICAL] = { .keeps = PART_NAME | PART_DEVICE, .allows = PART_NAME | PART_DEVICE | PART_FORMAT | NAMES, .path = "/dev/%s", .ownPath = true,
        .formats = WORDS("lvm2", "unknown") },
    [VIR_STORAGE_POOL_DISK] = { .keeps = PART_DEVICE, .needs = PART_DEVICE, .allows = PART_DEVICE | PART_FORMAT | NAMES, .asks = PART_DEVICE,
        .formats = WORDS("unknown", "dos", "dvh", "gpt", "mac", "bsd", "pc98", "sun", "lvm2"),
        .volFormats = WORDS("none", "linux", "fat16", "fat32", "linux-swap", "linux-lvm", "linux-raid", "extended"), .volDefault = "none" },
    [VIR_STORAGE_POOL_ISCSI] = { .keeps = PART_HOST | PART_DEVICE | PART_INITIATOR, .needs = PART_HOST,
        .allows = PART_HOST | PART_DEVICE | PART_INITIATOR | PART_AUTH | NAMES, .asks = PART_HOST | PART_DEVICE },
    [VIR_STORAGE_POOL_ISCSI_DIRECT] = { .keeps = PART_HOST | PART_DEVICE | PART_INITIATOR, .needs = PART_HOST | PART_INITIATOR,
        .allows = PART_HOST | PART_DEVICE | PART_INITIATOR | PART_AUTH, .asks = PART_HOST | PART_DEVICE | PART_INITIATOR, .target = VIR_STORAGE_POOL_NO_TARGET },
    [VIR_STORAGE_POOL_SCSI] = { .keeps = PART_ADAPTER, .needs = PART_ADAPTER, .allows = PART_ADAPTER | NAMES, .asks = PART_ADAPTER },
    [VIR_STORAGE_POOL_MPATH] = { .noSource = true },
    [VIR_STORAGE_POOL_RBD] = { .keeps = PART_HOST | PART_NAME, .needs = PART_HOST, .allows = PART_HOST | PART_NAME | PART_AUTH, .asks = PART_HOST | PART_NAME,
        .target = VIR_STORAGE_POOL_NO_TARGET, .volFormats = noFormats, .volDefault = "raw" },
    [VIR_STORAGE_POOL_SHEEPDOG] = { .keeps = PART_HOST | PART_NAME, .needs = PART_HOST, .allows = PART_HOST | PART_NAME, .asks = PART_HOST | PART_NAME,
        .target = VIR_STORAGE_POOL_NO_TARGET },
    [VIR_STORAGE_POOL_GLUSTER] = { .keeps = PART_HOST | PART_NAME | PART_DIR, .needs = PART_HOST, .allows = PART_HOST | PART_NAME | PART_DIR,
        .asks = PART_HOST | PART_NAME, .target = VIR_STORAGE_POOL_NO_TARGET, FILES },
    [VIR_STORAGE_POOL_ZFS] = { .keeps = PART_NAME | PART_DEVICE, .allows = PART_NAME | PART_DEVICE, .asks = PART_NAME, .target = VIR_STORAGE_POOL_ANY_TARGET,
        .path = "/dev/zvol/%s", .ownPath = true },
    [VIR_STORAGE_POOL_VSTORAGE] = { .keeps = PART_NAME, .allows = PART_NAME, .asks = PART_NAME, FILES },
};

const char *const *virStoragePoolFormats(virStoragePoolKind type)
{
    return virStoragePoolTypes[type].formats;
}

const char *const *virStoragePoolVolFormats(virStoragePoolKind type)
{
    return virStoragePoolTypes[type].volFormats;
}

const char *virStoragePoolDefaultVolFormat(virStoragePoolKind type)
{
    return virStoragePoolTypes[type].volDefault;
}

/* Two slashes at the beginning, not three, may mean something of their own: they stay. */
void virStorageTidyPath(char **path)
{
    char *w = *path;
    if (!w)
        return;
    bool two = w[0] == '/' && w[1] == '/' && w[2] != '/';
    char *start = two ? ++w : w;
    for (const char *r = w; *r; r++)
        if (*r != '/' || (r[1] != '/' && (r[1] || w == start)))
            *w++ = *r;
    *w = 0;
}

/* ---- adapters ---- */

static bool wwnGood(const char *wwn, GError **error)
{
    const char *digits = wwn && g_str_has_prefix(wwn, "0x") ? wwn + 2 : wwn;
    if (!wwn || (strlen(digits) == 16 && strspn(digits, "0123456789abcdefABCDEF") == 16))
        return true;
    virErrorSet(error, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, "Malformed wwn: %s", wwn);
    return false;
}

static bool pciGood(const virPCIAddress *a, GError **error)
{
    if (a->bus > 0xFF)
        virErrorSet(error, VIR_FROM_NONE, VIR_ERR_XML_ERROR, "Invalid PCI address bus='0x%x', must be <= 0xFF", a->bus);
    else if (a->slot > 0x1F)
        virErrorSet(error, VIR_FROM_NONE, VIR_ERR_XML_ERROR, "Invalid PCI address slot='0x%x', must be <= 0x1F", a->slot);
    else if (a->function > 7)
        virErrorSet(error, VIR_FROM_NONE, VIR_ERR_XML_ERROR, "Invalid PCI address function=0x%x, must be <= 7", a->function);
    else
        return true;
    return false;
}

static bool scsiHostGood(const virStorageAdapter *adapter, xmlNode *node, GError **error)
{
    if (adapter->hasParentAddr && !adapter->hasUniqueId)
        virSetError(error, VIR_ERR_XML_ERROR, "Missing or invalid scsi adapter 'unique_id' value");
    else if (adapter->hasParentAddr && !virXmlChild(virXmlChild(node, "parentaddr"), "address"))
        virSetError(error, VIR_ERR_XML_ERROR, "Missing scsi_host PCI address element");
    else if (!adapter->name && !adapter->hasParentAddr)
        virSetError(error, VIR_ERR_XML_ERROR, "Either 'name' or 'parent' must be specified for the 'scsi_host' adapter");
    else if (adapter->name && adapter->hasParentAddr)
        virSetError(error, VIR_ERR_XML_ERROR, "Both 'name' and 'parent' cannot be specified for the 'scsi_host' adapter");
    else
        return !adapter->hasParentAddr || pciGood(&adapter->parentAddr, error);
    return false;
}

static bool fcHostGood(const virStorageAdapter *adapter, GError **error)
{
    if (!adapter->wwnn || !adapter->wwpn)
        virSetError(error, VIR_ERR_XML_ERROR, "'wwnn' and 'wwpn' must be specified for adapter type 'fchost'");
    else if (adapter->parentWwnn && !adapter->parentWwpn)
        virSetError(error, VIR_ERR_XML_ERROR, "when providing parent_wwnn='%s', the parent_wwpn must also be provided", adapter->parentWwnn);
    else if (adapter->parentWwpn && !adapter->parentWwnn)
        virSetError(error, VIR_ERR_XML_ERROR, "when providing parent_wwpn='%s', the parent_wwnn must also be provided", adapter->parentWwpn);
    else
        return wwnGood(adapter->wwnn, error) && wwnGood(adapter->wwpn, error) && wwnGood(adapter->parentWwnn, error) &&
               wwnGood(adapter->parentWwpn, error) && wwnGood(adapter->parentFabricWwn, error);
    return false;
}

/* Each type has attributes of its own; the others' are forgotten. */
bool virStorageAdapterCheck(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    virStorageAdapter *adapter = obj;
    if (!adapter->type) {
        if (adapter->wwnn || adapter->wwpn || adapter->parent || adapter->parentWwnn || adapter->parentWwpn || adapter->parentFabricWwn || adapter->managed) {
            virSetError(error, VIR_ERR_XML_ERROR, "Use of 'wwnn', 'wwpn', and 'parent' attributes requires use of the adapter 'type'");
            return false;
        }
        if (!adapter->name)
            return true;        /* like no adapter at all */
        adapter->type = VIR_STORAGE_ADAPTER_SCSI_HOST;
    }
    if (adapter->type == VIR_STORAGE_ADAPTER_FC_HOST) {
        g_clear_pointer(&adapter->name, g_free);
        adapter->hasParentAddr = false;
        return fcHostGood(adapter, error);
    }
    g_clear_pointer(&adapter->parent, g_free);
    g_clear_pointer(&adapter->parentWwnn, g_free);
    g_clear_pointer(&adapter->parentWwpn, g_free);
    g_clear_pointer(&adapter->parentFabricWwn, g_free);
    g_clear_pointer(&adapter->wwnn, g_free);
    g_clear_pointer(&adapter->wwpn, g_free);
    adapter->managed = 0;
    return scsiHostGood(adapter, node, error);
}

/* ---- the post-parse pass ---- */

/* Parts that mean nothing to the type are read past. */
static void forget(virStoragePoolDef *def, unsigned int keeps)
{
    while (!(keeps & PART_HOST) && def->hosts.n) {
        virStoragePoolHost *host = virListTake(&def->hosts, def->hosts.n - 1);
        g_free(host->name);
        g_free(host);
    }
    while (!(keeps & PART_DEVICE) && def->devices.n) {
        virStoragePoolDevice *device = virListTake(&def->devices, def->devices.n - 1);
        g_free(device->path);
        g_free(device);
    }
    char **texts[] = { keeps & PART_DIR ? NULL : &def->dir, keeps & PART_NAME ? NULL : &def->sourceName, keeps & PART_INITIATOR ? NULL : &def->initiator,
                       virStoragePoolTypes[def->type].formats ? NULL : &def->format };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        if (texts[i])
            g_clear_pointer(texts[i], g_free);
    if (!(keeps & PART_ADAPTER) && def->adapter) {
        g_free(def->adapter->name);
        g_clear_pointer(&def->adapter, g_free);
    }
}

static bool sourceGood(virStoragePoolDef *def, const virStoragePoolType *type, GError **error)
{
    for (unsigned int i = 0; i < def->hosts.n; i++)
        if (!def->hosts.v[i]->name) {
            virSetError(error, VIR_ERR_XML_ERROR, "missing storage pool host name");
            return false;
        }
    for (unsigned int i = 0; i < def->devices.n; i++)
        if (!def->devices.v[i]->path) {
            virSetError(error, VIR_ERR_XML_ERROR, "missing storage pool source device path");
            return false;
        }
    if (def->auth && !def->auth->authtype) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "storage pool missing auth type");
        return false;
    }
    if (type->formats && !def->format) {
        def->format = g_strdup(type->formats[0]);
    } else if (type->formats && !g_strv_contains(type->formats, def->format)) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "unknown pool format type %s", def->format);
        return false;
    }
    return true;
}

/* The NFS version becomes a part of mount's options. */
static bool protocolGood(virStoragePoolDef *def, GError **error)
{
    if (def->protocol && !*def->protocol)
        g_clear_pointer(&def->protocol, g_free);
    if (def->protocol && def->type == VIR_STORAGE_POOL_NETFS && !g_str_equal(def->format, "nfs") && !g_str_equal(def->format, "auto")) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "storage pool protocol ver unsupported for pool type '%s'", def->format);
        return false;
    }
    if (def->protocol && strchr(def->protocol, ',')) {
        virSetError(error, VIR_ERR_XML_DETAIL, "storage pool protocol ver '%s' must not contain ','", def->protocol);
        return false;
    }
    return true;
}

static bool nameGood(virStoragePoolDef *def, const virStoragePoolType *type, GError **error)
{
    if (!def->name && type->keeps & PART_NAME)
        def->name = g_strdup(def->sourceName);
    if (!def->name)
        virSetError(error, VIR_ERR_XML_ERROR, "missing pool source name element");
    else if (strchr(def->name, '/'))
        virSetError(error, VIR_ERR_XML_ERROR, "name %s cannot contain '/'", def->name);
    else if (def->type == VIR_STORAGE_POOL_RBD && !def->sourceName)
        virSetError(error, VIR_ERR_XML_ERROR, "element 'name' is mandatory for RBD pool");
    else
        return true;
    return false;
}

static bool partsThere(virStoragePoolDef *def, const virStoragePoolType *type, GError **error)
{
    if (type->needs & PART_HOST && !def->hosts.n)
        virSetError(error, VIR_ERR_XML_ERROR, "missing storage pool source host name");
    else if (type->needs & PART_DIR && !def->dir)
        virSetError(error, VIR_ERR_XML_ERROR, "missing storage pool source path");
    else if (type->needs & PART_ADAPTER && (!def->adapter || !def->adapter->type))
        virSetError(error, VIR_ERR_XML_ERROR, "missing storage pool source adapter");
    else if (type->needs & PART_DEVICE && !def->devices.n)
        virSetError(error, VIR_ERR_XML_ERROR, "missing storage pool source device name");
    else if (type->needs & PART_INITIATOR && !def->initiator)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "missing initiator IQN");
    else if (def->cow && def->type != VIR_STORAGE_POOL_DIR && def->type != VIR_STORAGE_POOL_FS)
        virSetError(error, VIR_ERR_NO_SUPPORT, "cow feature may only be used for 'fs' and 'dir' pools");
    else
        return true;
    return false;
}

static bool optionsGood(virStoragePoolDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->mountOptions.n; i++)
        if (!def->mountOptions.v[i]->name || !*def->mountOptions.v[i]->name) {
            virSetError(error, VIR_ERR_XML_ERROR, "no storage pool mount options name specified");
            return false;
        }
    for (unsigned int i = 0; i < def->configOptions.n; i++) {
        const virStorageOption *option = def->configOptions.v[i];
        const char *what = !option->name || !*option->name ? "name" : !option->value || !*option->value ? "value" : NULL;
        if (what) {
            virSetError(error, VIR_ERR_XML_ERROR, "no rbd option %s specified", what);
            return false;
        }
    }
    return true;
}

/* Only the backend that defined a namespace knows it. */
static void dropOptions(virStoragePoolDef *def, unsigned int flags)
{
    bool fs = flags & VIR_STORAGE_POOL_NAMESPACES && (def->type == VIR_STORAGE_POOL_FS || def->type == VIR_STORAGE_POOL_NETFS);
    bool rbd = flags & VIR_STORAGE_POOL_NAMESPACES && def->type == VIR_STORAGE_POOL_RBD;
    virXmlList *lists[] = { fs ? NULL : (virXmlList *)&def->mountOptions, rbd ? NULL : (virXmlList *)&def->configOptions };
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
        while (lists[i] && lists[i]->n) {
            virStorageOption *option = virXmlListTake(lists[i], lists[i]->n - 1);
            g_free(option->name);
            g_free(option->value);
            g_free(option);
        }
}

static bool complete(virStoragePoolDef *def, unsigned int flags, GError **error)
{
    static const unsigned char none[16];
    const virStoragePoolType *type = &virStoragePoolTypes[def->type];
    if (!sourceGood(def, type, error) || !nameGood(def, type, error))
        return false;
    forget(def, type->keeps);
    dropOptions(def, flags);
    if (def->type == VIR_STORAGE_POOL_GLUSTER && (!def->dir || !*def->dir)) {
        g_free(def->dir);
        def->dir = g_strdup("/");
    }
    if (type->keeps & PART_NAME && !def->sourceName)
        def->sourceName = g_strdup(def->name);
    if (!partsThere(def, type, error) || !optionsGood(def, error) || !protocolGood(def, error))
        return false;
    if (type->ownPath) {
        g_free(def->path);
        def->path = g_strdup_printf(type->path, def->sourceName);
    } else if (type->target == VIR_STORAGE_POOL_NO_TARGET) {
        g_clear_pointer(&def->path, g_free);
    } else if (!def->path) {
        virSetError(error, VIR_ERR_XML_ERROR, "missing storage pool target path");
        return false;
    }
    if (def->vendor && !*def->vendor)
        g_clear_pointer(&def->vendor, g_free);
    if (def->product && !*def->product)
        g_clear_pointer(&def->product, g_free);
    virStorageTidyPath(&def->path);
    virStorageTidyPath(&def->dir);
    if (memcmp(def->uuid, none, 16) == 0)
        virUUIDGenerate(def->uuid);
    return true;
}

/* ---- what the schema asks beyond names and values ---- */

static const char *strictAdapter(xmlNode *adapter)
{
    static const char *const names[] = { "wwnn", "wwpn", "parent_wwnn", "parent_wwpn", "parent_fabric_wwn" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (!wwnGood(virXmlProp(adapter, names[i]), NULL))
            return "an adapter's world wide name is not one";
    xmlNode *address = virXmlChild(virXmlChild(adapter, "parentaddr"), "address");
    const char *slot = virXmlProp(address, "slot"), *function = virXmlProp(address, "function"), *type = virXmlProp(adapter, "type");
    if (virXmlChild(adapter, "parentaddr") && (!address || virXmlProp(address, "multifunction") ||
                                               (slot && g_ascii_strtoull(slot, NULL, 0) > 0x1f) || (function && g_ascii_strtoull(function, NULL, 0) > 7)))
        return "the place of an adapter's parent is not one";
    if (g_strcmp0(type, "scsi_host") == 0 && !virXmlProp(adapter, "name") == !address)
        return "a SCSI host is either named or found at its parent";
    return NULL;
}

static const char *strictAuth(xmlNode *auth)
{
    const char *type = virXmlProp(auth, "type");
    xmlNode *secret = virXmlChild(auth, "secret");
    if (!type || (!g_str_equal(type, "chap") && !g_str_equal(type, "ceph")) || !virXmlProp(auth, "username"))
        return "the authentication has no type or no name";
    return !secret || !virXmlProp(secret, "uuid") == !virXmlProp(secret, "usage") || virXmlProp(secret, "type") ? "the secret is not one" : NULL;
}

static const char *strictHosts(xmlNode *host)
{
    for (; host; host = virXmlNext(host, "host")) {
        const char *port = virXmlProp(host, "port");
        if (!virXmlProp(host, "name") || (port && (*port == '-' || g_ascii_strtoull(port, NULL, 10) > 65535)))
            return "a host has no name, or its port is not one";
    }
    return NULL;
}

static const char *strictSource(const virStoragePoolType *type, xmlNode *source)
{
    static const char *const names[] = { VIR_STORAGE_PART_NAMES };
    unsigned int there = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        xmlNode *part = virXmlChild(source, names[i]);
        if (!part)
            continue;
        there |= 1u << i;
        bool many = 1u << i == PART_HOST || ((1u << i) == PART_DEVICE && type == &virStoragePoolTypes[VIR_STORAGE_POOL_LOGICAL]);
        if (!many && virXmlNext(part, names[i]))
            return "a part of the source stands there twice";
        const char *attr = (1u << i) & (PART_DEVICE | PART_DIR) ? "path" : (1u << i) & (PART_HOST | PART_VENDOR | PART_PRODUCT) ? "name"
                         : (1u << i) == PART_FORMAT ? "type" : (1u << i) == PART_PROTOCOL ? "ver" : NULL;
        if (attr && !virXmlProp(part, attr))
            return "a part of the source lacks its attribute";
    }
    xmlNode *format = virXmlChild(source, "format"), *initiator = virXmlChild(source, "initiator"), *adapter = virXmlChild(source, "adapter");
    if (format && type->formats && !g_strv_contains(type->formats, virXmlProp(format, "type")))
        return "pools of this type do not have that format";
    if (initiator && !virXmlProp(virXmlChild(initiator, "iqn"), "name"))
        return "the initiator has no name";
    xmlNode *auth = virXmlChild(source, "auth"), *dir = virXmlChild(source, "dir");
    const char *wrong = adapter ? strictAdapter(adapter) : NULL, *word = format ? virXmlProp(format, "type") : NULL;
    bool relative = word && (g_str_equal(word, "cifs") || g_str_equal(word, "glusterfs"));
    if (!wrong && auth)
        wrong = strictAuth(auth);
    if (!wrong)
        wrong = strictHosts(virXmlChild(source, "host"));
    if (dir && (relative ? !*virXmlProp(dir, "path") : *virXmlProp(dir, "path") != '/'))
        return "the source's folder is not one";
    if (relative && there & PART_PROTOCOL)
        return "only NFS has versions";
    return wrong ? wrong : there & ~type->allows ? "the source has parts that pools of this type do not have"
         : type->asks & ~there ? "the source lacks a part" : NULL;
}

const char *virStoragePoolStrict(xmlNode *node)
{
    const char *word = virXmlProp(node, "type");
    int kind = word ? virStoragePoolKindFromString(word) : -1;
    if (kind < 0)
        return "the pool has no type";
    const virStoragePoolType *type = &virStoragePoolTypes[kind];
    static const char *const once[] = { "name", "uuid", "capacity", "allocation", "available", "features", "source", "target", "refresh" };
    for (gsize i = 0; i < G_N_ELEMENTS(once); i++)
        if (virXmlNext(virXmlChild(node, once[i]), once[i]))
            return "an element stands there twice";
    xmlNode *source = virXmlChild(node, "source"), *target = virXmlChild(node, "target"), *path = virXmlChild(target, "path");
    xmlNode *name = virXmlChild(node, "name"), *uuid = virXmlChild(node, "uuid"), *cow = virXmlChild(virXmlChild(node, "features"), "cow");
    g_autofree char *text = path ? virXmlText(path) : NULL, *nameText = name ? virXmlText(name) : NULL, *uuidText = uuid ? virXmlText(uuid) : NULL;
    if (!(type->keeps & PART_NAME) && !name)
        return "the pool has no name";
    if ((name && (!nameText || strpbrk(nameText, "/\n"))) || (uuid && !uuidText))
        return "name or UUID is not one";
    if (!source && !type->noSource)
        return "the pool has no source";
    const char *wrong = source ? strictSource(type, source) : NULL;
    if (wrong)
        return wrong;
    if (target ? type->target == VIR_STORAGE_POOL_NO_TARGET : type->target == VIR_STORAGE_POOL_TARGET)
        return target ? "pools of this type have no target" : "the pool has no target";
    if (target && !path && !type->path)
        return "the target has no path";
    if (path && (!text || text[0] != '/' || !text[1]))
        return "the target's path is not absolute";
    if ((cow && !virXmlProp(cow, "state")) || (virXmlChild(node, "refresh") && type != &virStoragePoolTypes[VIR_STORAGE_POOL_RBD]))
        return "the pool has parts that pools of this type do not have";
    return NULL;
}

char *virStoragePoolSourcesFormat(virStoragePoolDef *const *list, unsigned int n)
{
    GString *out = g_string_new("<sources>\n");
    for (unsigned int i = 0; i < n; i++)
        virXmlFormat(&virStoragePoolSourceXml, NULL, list[i], 0, out, 1);
    g_string_append(out, "</sources>\n");
    return g_string_free(out, FALSE);
}

virStoragePoolDef *virStoragePoolSourceParse(void *node, virStoragePoolKind type, GError **error)
{
    virXmlContext ctx = { .from = VIR_FROM };
    virStoragePoolDef *def = virXmlParse(&virStoragePoolSourceXml, node, &ctx, error);
    if (def) {
        def->refs = 1;
        def->type = type;
    }
    return def;
}
VIR_DOCUMENT_DEFINE(virStoragePoolDef, "storage_pool_definition", complete)

/* ---- capabilities ---- */

static void formatChoice(GString *out, const char *part, const char *name, const char *first, const char *const *words)
{
    g_string_append_printf(out, "    <%s>\n      <defaultFormat type='%s'/>\n      <enum name='%s'>\n", part, first, name);
    for (; words && *words; words++)
        g_string_append_printf(out, "        <value>%s</value>\n", *words);
    g_string_append_printf(out, "      </enum>\n    </%s>\n", part);
}

char *virStoragePoolCapsFormat(unsigned int supported)
{
    static const char *const logical[] = { "unknown", "lvm2", NULL };   /* here the default does not come first */
    GString *out = g_string_new("<storagepoolCapabilities>\n");
    for (int i = 0; i < virStoragePoolKindLast; i++) {
        const virStoragePoolType *type = &virStoragePoolTypes[i];
        g_string_append_printf(out, "  <pool type='%s' supported='%s'>\n", virStoragePoolKindToString(i), supported & 1u << i ? "yes" : "no");
        if (type->formats)
            formatChoice(out, "poolOptions", "sourceFormatType", type->formats[0], i == VIR_STORAGE_POOL_LOGICAL ? logical : type->formats);
        if (type->volFormats)
            formatChoice(out, "volOptions", "targetFormatType", type->volDefault, type->volFormats);
        g_string_append(out, "  </pool>\n");
    }
    g_string_append(out, "</storagepoolCapabilities>\n");
    return g_string_free(out, FALSE);
}
