/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of storage pools: one table for all types; what a type reads and writes of it is said by storage-pool.c. */
#define VIR_FROM VIR_FROM_STORAGE
#include "model/storage-pool.h"
#include "model/storage-pool-type.h"
#include "model/tables.h"

#define FS_URI "http://libvirt.org/schemas/storagepool/fs/1.0"
#define RBD_URI "http://libvirt.org/schemas/storagepool/rbd/1.0"

VIR_ENUM_TABLE(virStoragePoolKind, VIR_STORAGE_POOL_TYPE_VALUES)
VIR_ENUM_TABLE(virStorageAdapterType, VIR_STORAGE_ADAPTER_VALUES)
VIR_ENUM_TABLE(virStorageRefreshAllocation, VIR_STORAGE_REFRESH_VALUES)

/* --- permissions: an owner of -1 is none --- */
static bool parseMode(const virXmlRow *row, void *obj, const char *text, virXmlContext *ctx, GError **error)
{
    long long mode;
    if (virXmlParseNumber(text, 8, true, &mode) && mode >= 0 && mode <= 07777) {
        *X_AT(obj, row, unsigned int) = mode;
        return true;
    }
    virSetError(error, VIR_ERR_XML_ERROR, "malformed octal mode");
    return false;
}

static char *formatMode(const virXmlRow *row, const void *obj)
{
    return g_strdup_printf("0%o", *X_CAT(obj, row, unsigned int));
}

static bool parseId(const virXmlRow *row, void *obj, const char *text, virXmlContext *ctx, GError **error)
{
    long long id;
    if (!virXmlParseNumber(text, 10, true, &id) || id < -1 || id > G_MAXUINT) {
        virSetError(error, VIR_ERR_XML_ERROR, "malformed %s element", row->path);
        return false;
    }
    *X_AT(obj, row, unsigned int) = id;
    *(bool *)((char *)obj + row->has - 1) = (unsigned int)id != G_MAXUINT;
    return true;
}

static char *formatId(const virXmlRow *row, const void *obj)
{
    return g_strdup_printf("%d", (int)*X_CAT(obj, row, unsigned int));
}

#define S virStoragePerms
static const virXmlConv modeConv = { parseMode, formatMode, "[0-7]+" }, idConv = { parseId, formatId, "-1|[0-9]+" };
static const virXmlRow permsRows[] = {
    X_CONV("mode", mode, unsigned int, &modeConv, 0, X_HAS(hasMode)),
    X_CONV("owner", owner, unsigned int, &idConv, 0, X_HAS(hasOwner)),
    X_CONV("group", group, unsigned int, &idConv, 0, X_HAS(hasGroup)),
    X_STR("label", label, 0),
    X_END
};
X_TYPE(virStoragePerms, NULL, permsRows);
#undef S

/* --- what sources are made of --- */
#define S virStorageExtent
static const virXmlRow extentRows[] = { X_ULL("@start", start, XF_ALWAYS), X_ULL("@end", end, XF_ALWAYS), X_END };
X_TYPE(virStorageExtent, "extent", extentRows);
#undef S
#define S virStoragePoolDevice
static const virXmlRow deviceRows[] = {
    X_STR("@path", path, 0),
    X_YESNO("@part_separator", partSeparator, 0),
    X_LIST("freeExtent", freeExtents, virStorageExtent, XF_NOPARSE),
    X_END
};
static X_TYPE(virStoragePoolDevice, "device", deviceRows);
#undef S
#define S virStoragePoolHost
static const virXmlRow hostRows[] = { X_STR("@name", name, 0), X_INT("@port", port, 0), X_END };
static X_TYPE(virStoragePoolHost, "host", hostRows);
#undef S

#define S virStorageAdapter
static const virXmlRow parentAddrRows[] = {
    X_UINT("@unique_id", uniqueId, XF_LENIENT, X_HAS(hasUniqueId), .bad = "Missing or invalid scsi adapter 'unique_id' value", .code = VIR_ERR_XML_ERROR),
    X_INLINE_AS("address", parentAddr, virPCIAddress, virPCISourceAddressXml, 0),
    X_ONOFF("address/@multifunction", parentAddr.multi, XF_NOFORMAT),
    X_END
};
static X_TYPE_AS(parentAddrXml, virStorageAdapter, NULL, parentAddrRows);
static const virXmlHook adapterHook = { .parse = virStorageAdapterCheck, .rng = "" };
static const virXmlRow adapterRows[] = {
    X_ENUM("@type", type, virStorageAdapterType, 0),
    X_STR("@name", name, 0),
    X_STR("@parent", parent, 0),
    X_STR("@parent_wwnn", parentWwnn, 0),
    X_STR("@parent_wwpn", parentWwpn, 0),
    X_STR("@parent_fabric_wwn", parentFabricWwn, 0),
    X_YESNO("@managed", managed, 0),
    X_STR("@wwnn", wwnn, 0),
    X_STR("@wwpn", wwpn, 0),
    X_SAME("parentaddr", parentAddrXml, 0, X_HAS(hasParentAddr)),
    X_HOOK(".", &adapterHook, XF_NOFORMAT),
    X_END
};
static X_TYPE(virStorageAdapter, "adapter", adapterRows);
#undef S

#define S virStorageOption
static const virXmlRow optionRows[] = { X_STR("@name", name, 0), X_STR("@value", value, 0), X_END };
static X_TYPE(virStorageOption, "option", optionRows);
#undef S

/* --- the pool --- */
static void formatNamespaces(const virXmlRow *row, const void *obj, virXmlOut *out)
{
    const virStoragePoolDef *def = obj;
    virXmlOutAttr(out, "xmlns:fs", def->mountOptions.n ? FS_URI : NULL);
    virXmlOutAttr(out, "xmlns:rbd", def->configOptions.n ? RBD_URI : NULL);
}

static void openTag(const virXmlRow *row, const void *obj, virXmlOut *out)
{
    virXmlOutChildren(out);
}

#define S virStoragePoolDef
static const virXmlRow sourceRows[] = {
    X_LIST("host", hosts, virStoragePoolHost, 0),
    X_LIST("device", devices, virStoragePoolDevice, 0),
    X_STR("dir/@path", dir, 0),
    X_OBJ("adapter", adapter, virStorageAdapter, 0),
    X_STR("name", sourceName, 0),
    X_STR("initiator/iqn/@name", initiator, 0),
    X_STR("format/@type", format, 0),
    X_OBJ("auth", auth, virStorageAuth, 0),
    X_STR("protocol/@ver", protocol, 0),
    X_STR("vendor/@name", vendor, 0),
    X_STR("product/@name", product, 0),
    X_HOOK(".", (&(const virXmlHook){ .format = openTag, .rng = "" }), 0),
    X_END
};
X_TYPE_AS(virStoragePoolSourceXml, virStoragePoolDef, "source", sourceRows);
static const virXmlRow targetRows[] = {
    X_STR("path", path, 0),
    X_INLINE("permissions", perms, virStoragePerms, 0),
    X_END
};
static X_TYPE_AS(targetXml, virStoragePoolDef, NULL, targetRows);

static bool hasTarget(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return virStoragePoolTypes[((const virStoragePoolDef *)obj)->type].target != VIR_STORAGE_POOL_NO_TARGET;
}

static const virXmlRow poolRows[] = {
    X_ENUM("@type", type, virStoragePoolKind, XF_REQ | XF_ALWAYS),
    X_HOOK(".", (&(const virXmlHook){ .format = formatNamespaces, .rng = "" }), 0),
    X_STR("name", name, 0),
    X_UUID("uuid", uuid, 0, .bad = "malformed uuid element", .code = VIR_ERR_XML_ERROR),
    X_BYTES("capacity", capacity, XF_ALWAYS | XF_NOPARSE),
    X_BYTES("allocation", allocation, XF_ALWAYS | XF_NOPARSE),
    X_BYTES("available", available, XF_ALWAYS | XF_NOPARSE),
    X_YESNO("features/cow/@state", cow, 0),
    X_SAME("source", virStoragePoolSourceXml, 0),
    X_SAME("target", targetXml, 0, .when = hasTarget),
    X_ENUM("refresh/volume/@allocation", refreshAllocation, virStorageRefreshAllocation, 0, X_HAS(hasRefreshAllocation),
           .bad = "unknown storage pool volume refresh allocation type %s"),
    X_LIST("fs:mount_opts/fs:option", mountOptions, virStorageOption, 0),
    X_LIST("rbd:config_opts/rbd:option", configOptions, virStorageOption, 0),
    X_END
};
X_TYPE(virStoragePoolDef, "pool", poolRows, .init = virDocumentInit, .strict = virStoragePoolStrict, .ns = (const virXmlNamespace[]){ { "fs", FS_URI }, { "rbd", RBD_URI }, { 0 } });
#undef S
