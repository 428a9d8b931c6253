/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of storage pools, volumes and secrets. */
#define VIR_FROM VIR_FROM_STORAGE
#include "model/storage.h"
#include <string.h>
#include "base/util.h"

VIR_ENUM_TABLE(virStoragePoolKind, VIR_STORAGE_POOL_TYPE_VALUES)

static const unsigned char none[16];

#define S virStoragePerms
static const virXmlRow permsRows[] = {
    X_UINT("mode", mode, XF_OCTAL, .digits = 4, .max = 07777, X_HAS(hasMode)),
    X_INT("owner", owner, 0, X_HAS(hasOwner)),
    X_INT("group", group, 0, X_HAS(hasGroup)),
    X_STR("label", label, 0),
    X_END
};
static X_TYPE(virStoragePerms, NULL, permsRows);
#undef S

#define S virStoragePoolDef
static const virXmlRow sourceRows[] = {
    X_STR("host/@name", sourceHost, 0),
    X_STR("device/@path", sourceDevice, 0),
    X_STR("dir/@path", sourceDir, 0),
    X_STR("name", sourceName, 0),
    X_STR("format/@type", sourceFormat, 0),
    X_END
};
static X_TYPE_AS(sourceXml, virStoragePoolDef, NULL, sourceRows);
static const virXmlRow poolRows[] = {
    X_ENUM("@type", type, virStoragePoolKind, XF_REQ | XF_ALWAYS),
    X_STR("name", name, 0),
    X_UUID("uuid", uuid, 0, .bad = "malformed uuid element", .code = VIR_ERR_XML_ERROR),
    X_BYTES("capacity", capacity, XF_ALWAYS | XF_NOPARSE),
    X_BYTES("allocation", allocation, XF_ALWAYS | XF_NOPARSE),
    X_BYTES("available", available, XF_ALWAYS | XF_NOPARSE),
    X_SAME("source", sourceXml, XF_OPEN),
    X_STR("target/path", path, 0),
    X_INLINE("target/permissions", perms, virStoragePerms, 0),
    X_END
};
X_TYPE(virStoragePoolDef, "pool", poolRows, .init = virDocumentInit);
#undef S

/* "/x//y/" is "/x/y" */
static void tidyPath(char **path)
{
    char *w = *path;
    for (const char *r = *path; r && *r; r++)
        if (*r != '/' || (r[1] != '/' && (r[1] || w == *path)))
            *w++ = *r;
    if (*path)
        *w = 0;
}

static bool completePool(virStoragePoolDef *def, unsigned int flags, GError **error)
{
    if (!def->name && def->sourceName)
        def->name = g_strdup(def->sourceName);
    if (!def->name) {
        virSetError(error, VIR_ERR_XML_ERROR, "missing pool source name element");
        return false;
    }
    if (strchr(def->name, '/')) {
        virSetError(error, VIR_ERR_XML_ERROR, "name %s cannot contain '/'", def->name);
        return false;
    }
    if (def->type == VIR_STORAGE_POOL_DIR && !def->path) {
        virSetError(error, VIR_ERR_XML_ERROR, "missing storage pool target path");
        return false;
    }
    if (memcmp(def->uuid, none, 16) == 0)
        virUUIDGenerate(def->uuid);
    tidyPath(&def->path);
    return true;
}
VIR_DOCUMENT_DEFINE(virStoragePoolDef, "storage_pool_definition", completePool)

#define S virStorageVolDef
static const virXmlRow volRows[] = {
    X_ENUM("@type", type, virStorageType, XF_NOPARSE),
    X_STR("name", name, 0),
    X_STR("key", key, 0),
    X_BYTES("capacity", capacity, XF_ALWAYS),
    X_BYTES("allocation", allocation, XF_ALWAYS),
    X_BYTES("physical", physical, 0, X_HAS(hasPhysical)),
    X_STR("target/path", path, 0),
    X_STR("target/format/@type", format, 0),
    X_INLINE("target/permissions", perms, virStoragePerms, 0),
    X_STR("target/compat", compat, 0),
    X_STR("backingStore/path", backingPath, 0),
    X_STR("backingStore/format/@type", backingFormat, 0),
    X_BYTES("allocation", allocation, XF_NOFORMAT, X_HAS(hasAllocation)),
    X_END
};
X_TYPE(virStorageVolDef, "volume", volRows, .init = virDocumentInit);
#undef S

static bool completeVol(virStorageVolDef *def, unsigned int flags, GError **error)
{
    if (!def->name) {
        virSetError(error, VIR_ERR_XML_ERROR, "missing volume name element");
        return false;
    }
    if (!def->hasAllocation)
        def->allocation = def->capacity;
    return true;
}
VIR_DOCUMENT_DEFINE(virStorageVolDef, "storage_vol_definition", completeVol)

