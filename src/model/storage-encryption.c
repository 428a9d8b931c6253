/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How storage is locked and unlocked: encryption, authentication and the secrets that both name. Pools, volumes and disks share these
 * tables; so that all refuse alike, each has a row that checks the element and writes nothing.
 */
#define VIR_FROM VIR_FROM_STORAGE
#include "model/tables.h"
#include "base/util.h"

static bool secretCheck(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    const char *uuid = virXmlProp(node, "uuid"), *usage = virXmlProp(node, "usage");
    unsigned char parsed[16];
    if (!uuid && !usage)
        virErrorSet(error, VIR_FROM_NONE, VIR_ERR_XML_ERROR, "missing secret uuid or usage attribute");
    else if (uuid && usage)
        virErrorSet(error, VIR_FROM_NONE, VIR_ERR_XML_ERROR, "either secret uuid or usage expected");
    else if (uuid && !virUUIDParse(uuid, parsed))
        virErrorSet(error, VIR_FROM_NONE, VIR_ERR_XML_ERROR, "invalid secret uuid '%s'", uuid);
    else
        return true;
    return false;
}

static bool keySecretCheck(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    const char *type = virXmlProp(node, "type");
    if (!type)
        virSetError(error, VIR_ERR_XML_ERROR, "unknown volume encryption secret type");
    else if (!g_str_equal(type, "passphrase"))
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "unknown volume encryption secret type %s", type);
    else
        return true;
    return false;
}

#define S virStorageSecret
static const virXmlHook secretHook = { .parse = secretCheck, .rng = "" };
static const virXmlRow secretRows[] = {
    X_HOOK(".", &secretHook, XF_NOFORMAT),
    X_STR("@type", type, 0),
    X_UUID("@uuid", uuid, 0),
    X_STR("@usage", usage, 0),
    X_END
};
static X_TYPE(virStorageSecret, "secret", secretRows);
static const virXmlHook keySecretHook = { .parse = keySecretCheck, .rng = "" };
static const virXmlRow keySecretRows[] = {
    X_HOOK(".", &keySecretHook, XF_NOFORMAT),
    X_SAME(".", virStorageSecretXml, 0),
    X_END
};
static X_TYPE_AS(keySecretXml, virStorageSecret, "secret", keySecretRows);
#undef S

static bool authCheck(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    const char *type = virXmlProp(node, "type");
    if (!virXmlProp(node, "username"))
        virSetError(error, VIR_ERR_XML_ERROR, "missing username for auth");
    else if (type && virStorageAuthTypeFromString(type) < 0 && !g_str_equal(type, "none"))
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "unknown auth type '%s'", type);
    else if (!virXmlChild(node, "secret"))
        virSetError(error, VIR_ERR_XML_ERROR, "Missing <secret> element in auth");
    else
        return true;
    return false;
}

#define S virStorageAuth
static const virXmlHook authHook = { .parse = authCheck, .rng = "" };
static const virXmlRow authRows[] = {
    X_HOOK(".", &authHook, XF_NOFORMAT),
    X_ENUM("@type", authtype, virStorageAuthType, XF_LENIENT),
    X_STR("@username", username, 0),
    X_INLINE("secret", secret, virStorageSecret, 0),
    X_END
};
X_TYPE(virStorageAuth, "auth", authRows);
#undef S

static bool encryptionCheck(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    const char *format = virXmlProp(node, "format");
    if (!format)
        virSetError(error, VIR_ERR_XML_ERROR, "unknown volume encryption format");
    else if (virStorageEncryptionFormatFromString(format) < 0)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "unknown volume encryption format type %s", format);
    else
        return true;
    return false;
}

/* The key's derivation means something to LUKS only; elsewhere it is not read. */
static bool isLuks(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    const virStorageEncryption *enc = obj;
    return enc->format == VIR_STORAGE_ENCRYPTION_LUKS || enc->format == VIR_STORAGE_ENCRYPTION_LUKS2;
}

static bool cipherCheck(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    xmlNode *cipher = virXmlChild(node, "cipher"), *ivgen = virXmlChild(node, "ivgen");
    if (!isLuks(row, obj, NULL))
        return true;
    if (cipher && !virXmlProp(cipher, "name"))
        virSetError(error, VIR_ERR_XML_ERROR, "cipher info missing 'name' attribute");
    else if (cipher && !virXmlProp(cipher, "size"))
        virErrorSet(error, VIR_FROM_XML, VIR_ERR_XML_ERROR, "Missing required attribute 'size' in element 'cipher'");
    else if (ivgen && !cipher)
        virSetError(error, VIR_ERR_XML_ERROR, "ivgen element found, but cipher is missing");
    else if (ivgen && !virXmlProp(ivgen, "name"))
        virSetError(error, VIR_ERR_XML_ERROR, "missing ivgen info name string");
    else
        return true;
    return false;
}

#define S virStorageEncryption
static const virXmlHook encryptionHook = { .parse = encryptionCheck, .rng = "" };
static const virXmlHook cipherHook = { .parse = cipherCheck, .rng = "" };
static const virXmlRow cipherRows[] = {
    X_STR("cipher/@name", cipherName, 0),
    X_UINT("cipher/@size", cipherSize, 0),
    X_STR("cipher/@mode", cipherMode, 0),
    X_STR("cipher/@hash", cipherHash, 0),
    X_STR("ivgen/@name", ivgenName, 0),
    X_STR("ivgen/@hash", ivgenHash, 0),
    X_END
};
static X_TYPE_AS(cipherXml, virStorageEncryption, NULL, cipherRows);
static void openTag(const virXmlRow *row, const void *obj, virXmlOut *out)
{
    virXmlOutChildren(out);     /* never <encryption/> */
}
static const virXmlHook openHook = { .format = openTag, .rng = "" };
static const virXmlRow encryptionRows[] = {
    X_HOOK(".", &encryptionHook, XF_NOFORMAT),
    X_ENUM("@format", format, virStorageEncryptionFormat, XF_ALWAYS),
    X_ENUM("@engine", engine, virStorageEncryptionEngine, 0),
    X_LIST_AS("secret", secrets, virStorageSecret, keySecretXml, 0),
    X_HOOK(".", &cipherHook, XF_NOFORMAT),
    X_SAME(".", cipherXml, 0, .when = isLuks),
    X_HOOK(".", &openHook, XF_NOPARSE),
    X_END
};
X_TYPE(virStorageEncryption, "encryption", encryptionRows);
#undef S
