/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of secrets. */
#define VIR_FROM VIR_FROM_SECRET
#include "model/secret.h"
#include "base/util.h"
#include <string.h>

VIR_ENUM_TABLE(virSecretUsage, VIR_SECRET_USAGE_VALUES)

#define S virSecretDef
static const virXmlRow volumeRows[] = { X_STR("volume", usageId, 0, .pattern = "/.*"), X_END };
static X_TYPE_AS(volumeXml, virSecretDef, NULL, volumeRows);
static const virXmlRow nameRows[] = { X_STR("name", usageId, 0), X_END };
static X_TYPE_AS(nameXml, virSecretDef, NULL, nameRows);
static const virXmlRow targetRows[] = { X_STR("target", usageId, 0), X_END };
static X_TYPE_AS(targetXml, virSecretDef, NULL, targetRows);
static const virXmlCase usages[] = {
    { VIR_SECRET_USAGE_VOLUME, &volumeXml }, { VIR_SECRET_USAGE_CEPH, &nameXml }, { VIR_SECRET_USAGE_ISCSI, &targetXml },
    { VIR_SECRET_USAGE_TLS, &nameXml }, { VIR_SECRET_USAGE_VTPM, &nameXml }, { 0 }
};
static const virXmlRow secretRows[] = {
    X_BOOL("@ephemeral", ephemeral, XF_ALWAYS, .bad = "invalid value of 'ephemeral'", .code = VIR_ERR_XML_ERROR),
    X_BOOL("@private", private, XF_ALWAYS, .bad = "invalid value of 'private'", .code = VIR_ERR_XML_ERROR),
    X_UUID("uuid", uuid, 0, .bad = "malformed uuid element", .code = VIR_ERR_INTERNAL_ERROR),
    X_STR("description", description, 0),
    X_FLAG("usage", hasUsage, XF_NOFORMAT),
    X_ENUM("usage/@type", usage, virSecretUsage, XF_WANTED, .pattern = "volume|ceph|iscsi|tls|vtpm", .bad = "unknown secret usage type %s"),
    X_UNION("usage", usage, virSecretUsage, usages, 0),
    X_END
};
X_TYPE(virSecretDef, "secret", secretRows, .init = virDocumentInit);
#undef S

static bool complete(virSecretDef *def, unsigned int flags, GError **error)
{
    static const unsigned char none[16];
    static const char *const missing[virSecretUsageLast] = {
        [VIR_SECRET_USAGE_VOLUME] = "volume usage specified, but volume path is missing",
        [VIR_SECRET_USAGE_CEPH] = "Ceph usage specified, but name is missing",
        [VIR_SECRET_USAGE_ISCSI] = "iSCSI usage specified, but target is missing",
        [VIR_SECRET_USAGE_TLS] = "TLS usage specified, but name is missing",
        [VIR_SECRET_USAGE_VTPM] = "vTPM usage specified, but name is missing",
    };
    if (!memcmp(def->uuid, none, 16))
        virUUIDGenerate(def->uuid);
    if (missing[def->usage] && !def->usageId) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "%s", missing[def->usage]);
        return false;
    }
    return true;
}
VIR_DOCUMENT_DEFINE(virSecretDef, "definition_of_secret", complete)
