/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of secrets. */
#define VIR_FROM VIR_FROM_SECRET
#include "model/storage.h"
#include <string.h>
#include "base/util.h"

VIR_ENUM_TABLE(virSecretUsage, VIR_SECRET_USAGE_VALUES)

static const unsigned char none[16];

#define S virSecretDef
static const virXmlRow volumeCase[] = { X_STR("volume", usageId, 0), X_END };
static const virXmlRow nameCase[] = { X_STR("name", usageId, 0), X_END };
static const virXmlRow targetCase[] = { X_STR("target", usageId, 0), X_END };
static X_TYPE_AS(volumeXml, virSecretDef, NULL, volumeCase);
static X_TYPE_AS(nameXml, virSecretDef, NULL, nameCase);
static X_TYPE_AS(targetXml, virSecretDef, NULL, targetCase);
static const virXmlCase usageCases[] = {
    { VIR_SECRET_USE_VOLUME, &volumeXml }, { VIR_SECRET_USE_CEPH, &nameXml }, { VIR_SECRET_USE_ISCSI, &targetXml },
    { VIR_SECRET_USE_TLS, &nameXml },      { VIR_SECRET_USE_VTPM, &nameXml }, { 0 }
};
static const virXmlRow usageRows[] = {
    X_ENUM("@type", usage, virSecretUsage, XF_REQ),
    X_UNION(".", usage, virSecretUsage, usageCases, 0),
    X_END
};
static X_TYPE_AS(usageXml, virSecretDef, NULL, usageRows);
static const virXmlRow secretRows[] = {
    X_BOOL("@ephemeral", ephemeral, XF_ALWAYS),
    X_BOOL("@private", private, XF_ALWAYS),
    X_UUID("uuid", uuid, 0),
    X_STR("description", description, 0),
    X_SAME("usage", usageXml, 0),
    X_END
};
X_TYPE(virSecretDef, "secret", secretRows, .init = virDocumentInit);
#undef S

static bool completeSecret(virSecretDef *def, unsigned int flags, GError **error)
{
    if (memcmp(def->uuid, none, 16) == 0)
        virUUIDGenerate(def->uuid);
    if (def->usage && !def->usageId) {
        virSetError(error, VIR_ERR_XML_ERROR, "%s usage specified, but the element that names it is missing", virSecretUsageToString(def->usage));
        return false;
    }
    return true;
}
VIR_DOCUMENT_DEFINE(virSecretDef, "secret_definition", completeSecret)
