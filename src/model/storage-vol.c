/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage volumes: their table, and what the type of the pool makes of them. */
#define VIR_FROM VIR_FROM_STORAGE
#include "model/storage-vol.h"
#include <string.h>
#include "model/storage-pool-type.h"
#include "model/tables.h"

VIR_ENUM_TABLE(virStorageVolKind, VIR_STORAGE_VOL_TYPE_VALUES)

extern virXmlType virStorageExtentXml;
#define S virStorageVolDevice
static const virXmlRow deviceRows[] = {
    X_STR("@path", path, 0),
    X_LIST("extent", extents, virStorageExtent, 0),
    X_END
};
static X_TYPE(virStorageVolDevice, "device", deviceRows);
#undef S
#define S virStorageTimes
static const virXmlRow timesRows[] = {
    X_STR("atime", atime, XF_NOPARSE), X_STR("mtime", mtime, XF_NOPARSE), X_STR("ctime", ctime, XF_NOPARSE), X_STR("btime", btime, XF_NOPARSE), X_END
};
static X_TYPE(virStorageTimes, NULL, timesRows);
#undef S

static bool featuresCheck(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    for (const xmlNode *f = node->children; f; f = f->next)
        if (f->type == XML_ELEMENT_NODE && strcmp((const char *)f->name, "lazy_refcounts") != 0 && strcmp((const char *)f->name, "extended_l2") != 0) {
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "unsupported feature %s", (const char *)f->name);
            return false;
        }
    return true;
}

#define S virStorageVolDef
#define SIZE_WORDS .bad = "malformed capacity element", .code = VIR_ERR_XML_ERROR
static const virXmlHook featuresHook = { .parse = featuresCheck, .rng = "" };
static const virXmlRow featureRows[] = {
    X_HOOK(".", &featuresHook, XF_NOFORMAT),
    X_FLAG("lazy_refcounts", lazyRefcounts, 0),
    X_FLAG("extended_l2", extendedL2, 0),
    X_END
};
static X_TYPE_AS(featuresXml, virStorageVolDef, NULL, featureRows);
static const virXmlRow sourceRows[] = { X_LIST("device", devices, virStorageVolDevice, XF_NOPARSE), X_END };
static X_TYPE_AS(sourceXml, virStorageVolDef, NULL, sourceRows);
static const virXmlRow volRows[] = {
    X_ENUM("@type", type, virStorageVolKind, XF_ALWAYS, .bad = "unknown volume type '%s'"),
    X_STR("name", name, 0),
    X_STR("key", key, 0),
    X_SAME("source", sourceXml, 0),
    X_BYTES("capacity", capacity, XF_ALWAYS, X_HAS(hasCapacity), SIZE_WORDS),
    X_BYTES("allocation", allocation, XF_ALWAYS, X_HAS(hasAllocation), SIZE_WORDS),
    X_BYTES("physical", physical, XF_NOPARSE, X_HAS(hasPhysical)),
    X_STR("target/path", path, 0),
    X_STR("target/format/@type", format, 0),
    X_INLINE("target/permissions", perms, virStoragePerms, 0),
    X_INLINE("target/timestamps", times, virStorageTimes, 0),
    X_OBJ("target/encryption", encryption, virStorageEncryption, 0),
    X_STR("target/compat", compat, 0),
    X_FLAG("target/nocow", nocow, XF_NOFORMAT),
    X_(("target/clusterSize"), SIZE, unsigned long long, clusterSize, 0, .scale = 1, .unit = "B"),
    X_SAME("target/features", featuresXml, XF_EMPTY, X_HAS(features)),
    X_STR("backingStore/path", backingPath, 0),
    X_STR("backingStore/format/@type", backingFormat, 0),
    X_INLINE("backingStore/permissions", backingPerms, virStoragePerms, 0),
    X_INLINE("backingStore/timestamps", backingTimes, virStorageTimes, 0),
    X_END
};
X_TYPE(virStorageVolDef, "volume", volRows, .init = virDocumentInit);
#undef S

static bool compatGood(virStorageVolDef *def, GError **error)
{
    if (def->features && !def->compat)
        def->compat = g_strdup("1.1");
    if (!def->compat || g_regex_match_simple("^[0-9]+\\.[0-9]+$", def->compat, G_REGEX_DOLLAR_ENDONLY, 0))
        return true;
    virSetError(error, VIR_ERR_XML_ERROR, "forbidden characters in 'compat' attribute");
    return false;
}

/* "none" is what a file without contents is called; nobody can ask for it. */
static bool takeFormat(virStoragePoolKind pool, char **format, GError **error)
{
    const virStoragePoolType *type = &virStoragePoolTypes[pool];
    if (!type->volFormats || type->volFormats[0] == NULL) {
        g_free(*format);
        *format = g_strdup(type->volDefault);
        return true;
    }
    if (!*format) {
        *format = g_strdup(type->volDefault);
        return true;
    }
    bool nameless = g_str_equal(*format, "none") && pool != VIR_STORAGE_POOL_DISK;
    if (g_strv_contains(type->volFormats, *format) && !nameless)
        return true;
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "unknown volume format type %s", *format);
    return false;
}

/* The kernel's offsets are signed. */
static bool sizesGood(const virStorageVolDef *def, GError **error)
{
    unsigned long long largest = MAX(def->capacity, def->allocation);
    if (largest <= G_MAXINT64)
        return true;
    virErrorSet(error, VIR_FROM_NONE, VIR_ERR_OVERFLOW, "value too large: %llu", largest);
    return false;
}

static bool complete(virStorageVolDef *def, unsigned int flags, GError **error)
{
    if (!def->name) {
        virSetError(error, VIR_ERR_XML_ERROR, "missing volume name element");
        return false;
    }
    if (!def->hasCapacity && !(flags & VIR_STORAGE_VOL_NO_CAPACITY)) {
        virSetError(error, VIR_ERR_XML_ERROR, "missing capacity element");
        return false;
    }
    if (!def->hasAllocation)
        def->allocation = def->capacity;
    if (!def->backingPath) {
        g_clear_pointer(&def->backingFormat, g_free);
        def->backingPerms.hasMode = def->backingPerms.hasOwner = def->backingPerms.hasGroup = false;
        g_clear_pointer(&def->backingPerms.label, g_free);
    }
    return sizesGood(def, error) && compatGood(def, error);
}
VIR_DOCUMENT_DEFINE(virStorageVolDef, "storage_volume_definition", complete)

static virStorageVolDef *finish(virStoragePoolKind pool, virStorageVolDef *taken, GError **error)
{
    g_autoptr(virStorageVolDef) def = taken;
    if (!def || !takeFormat(pool, &def->format, error) || (def->backingPath && !takeFormat(pool, &def->backingFormat, error)))
        return NULL;
    return g_steal_pointer(&def);
}

virStorageVolDef *virStorageVolDefParseFor(virStoragePoolKind pool, const char *xml, const char *file, unsigned int flags, GError **error)
{
    return finish(pool, virStorageVolDefParse(xml, file, flags, error), error);
}

virStorageVolDef *virStorageVolDefParseNodeFor(virStoragePoolKind pool, void *node, unsigned int flags, GError **error)
{
    return finish(pool, virStorageVolDefParseNode(node, flags, error), error);
}

char *virStorageVolDefFormatFor(virStoragePoolKind pool, const virStorageVolDef *def)
{
    if (virStoragePoolVolFormats(pool) || (!def->format && !def->backingFormat))
        return virStorageVolDefFormat(def, 0);
    g_autoptr(virStorageVolDef) shown = virStorageVolDefCopy(def);
    g_clear_pointer(&shown->format, g_free);
    g_clear_pointer(&shown->backingFormat, g_free);
    return virStorageVolDefFormat(shown, 0);
}
