/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checkpoints: the document, and how the disks that it names meet those of the guest. */
#define VIR_FROM VIR_FROM_DOMAIN_CHECKPOINT
#include "model/checkpoint.h"
#include <string.h>
#include "model/tables.h"

VIR_ENUM_TABLE(virCheckpointMode, VIR_CHECKPOINT_VALUES)

#define S virCheckpointDisk
static const virXmlRow diskRows[] = {
    X_STR("@name", name, 0),
    X_ENUM("@checkpoint", mode, virCheckpointMode, 0),
    X_STR("@bitmap", bitmap, 0),
    X_ULL("@size", size, XF_NOPARSE, X_HAS(hasSize)),
    X_END
};
static X_TYPE(virCheckpointDisk, "disk", diskRows);
#undef S

/* ---- what the schema asks beyond names and values ---- */

static bool nameGood(xmlNode *node)
{
    g_autofree char *text = node ? virXmlText(node) : NULL;
    return text && g_regex_match_simple("^[a-zA-Z0-9_\\-][a-zA-Z0-9_\\-.]*$", text, G_REGEX_DOLLAR_ENDONLY, 0);
}

static const char *strict(xmlNode *node)
{
    xmlNode *name = virXmlChild(node, "name"), *parent = virXmlChild(node, "parent"), *disks = virXmlChild(node, "disks");
    xmlNode *time = virXmlChild(node, "creationTime"), *dom = virXmlChild(node, "domain");
    g_autofree char *timeText = time ? virXmlText(time) : NULL;
    if ((name && !nameGood(name)) || (parent && !nameGood(virXmlChild(parent, "name"))))
        return "the name is not one that a file can have";
    if (time && (!timeText || strspn(timeText, "0123456789") != strlen(timeText)))
        return "the creation time is not a number";
    if (dom && !virXmlProp(dom, "type"))
        return "the domain is not a whole one";
    if (disks && !virXmlChild(disks, "disk"))
        return "there are no disks";
    for (xmlNode *disk = virXmlChild(disks, "disk"); disk; disk = virXmlNext(disk, "disk")) {
        const char *target = virXmlProp(disk, "name"), *mode = virXmlProp(disk, "checkpoint");
        if (!target || !g_regex_match_simple("^(((ioemu:)?(fd|hd|sd|vd|xvd|ubd)[a-zA-Z0-9_]+)|/.+)$", target, G_REGEX_DOLLAR_ENDONLY, 0))
            return "a disk's name is not one";
        if (mode && g_str_equal(mode, "no") && (virXmlProp(disk, "bitmap") || virXmlProp(disk, "size")))
            return "a disk that does not take part has no bitmap";
    }
    return NULL;
}

#define S virDomainCheckpointDef
static const virXmlRow checkpointRows[] = {
    X_STR("name", m.name, 0),
    X_STR("description", m.description, 0),
    X_STR("parent/name", m.parent, 0),
    X_STR("creationTime", m.timeText, XF_NOFORMAT),
    X_LL("creationTime", m.creationTime, XF_NOPARSE),
    X_LIST("disks/disk", disks, virCheckpointDisk, 0),
    X_OBJ("domain", m.dom, virDomainDef, XF_NOPARSE),
    X_END
};
X_TYPE(virDomainCheckpointDef, "domaincheckpoint", checkpointRows, .init = virDocumentInit, .strict = strict);
#undef S

static bool complete(virDomainCheckpointDef *def, unsigned int flags, GError **error)
{
    return virMomentComplete(&def->m, "checkpoint", VIR_FROM, flags, error);
}
VIR_DOCUMENT_DEFINE(virDomainCheckpointDef, "domain_checkpoint", complete)

/* Disks with a bitmap that the document does not name have one of the checkpoint's name. */
static void nameBitmaps(virDomainCheckpointDef *def)
{
    for (unsigned int i = 0; i < def->disks.n; i++) {
        virCheckpointDisk *disk = def->disks.v[i];
        if (!disk->mode)
            disk->mode = VIR_CHECKPOINT_BITMAP;
        if (disk->mode == VIR_CHECKPOINT_BITMAP && !disk->bitmap)
            disk->bitmap = g_strdup(def->m.name);
    }
}

virDomainCheckpointDef *virDomainCheckpointDefParseWith(const char *xml, const virDomainParseConfig *conf, unsigned int flags, GError **error)
{
    g_autoptr(virXmlDoc) doc = virXmlDocParse(xml, NULL, "domain_checkpoint", "domaincheckpoint", VIR_FROM, error);
    xmlNode *root = doc ? virXmlRoot(doc) : NULL;
    g_autoptr(virDomainCheckpointDef) def = root ? virDomainCheckpointDefParseNode(root, flags | VIR_DOCUMENT_VALIDATE, error) : NULL;
    if (!def)
        return NULL;
    xmlNode *dom = flags & VIR_MOMENT_REDEFINE ? virXmlChild(root, "domain") : NULL;
    if (dom && !(def->m.dom = virDomainDefParseNode(dom, conf, VIR_DOMAIN_DEF_INACTIVE | VIR_DOMAIN_DEF_SKIP_VALIDATE, error)))
        return NULL;
    if (!def->m.dom)
        nameBitmaps(def);
    return g_steal_pointer(&def);
}

char *virDomainCheckpointDefShow(const virDomainCheckpointDef *def, unsigned int flags, bool withDomain)
{
    unsigned int format = VIR_DOMAIN_DEF_INACTIVE | (flags & VIR_DOMAIN_DEF_SECURE);
    if (withDomain || !def->m.dom)
        return virDomainCheckpointDefFormat(def, format);
    g_autoptr(virDomainCheckpointDef) brief = virDomainCheckpointDefCopy(def);
    g_clear_pointer(&brief->m.dom, virDomainDefUnref);
    return virDomainCheckpointDefFormat(brief, format);
}

static bool takesPart(const virDomainDiskDef *disk)
{
    return !disk->readonly && (disk->src.path || disk->src.name || disk->src.type == VIR_STORAGE_NETWORK || disk->src.type == VIR_STORAGE_NVME);
}

bool virDomainCheckpointAlign(virDomainCheckpointDef *def, GError **error)
{
    unsigned int n = def->m.dom->disks.n, listed = def->disks.n;
    if (!n) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "domain must have at least one disk to perform checkpoints");
        return false;
    }
    if (listed > n) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "too many disk checkpoint requests for domain");
        return false;
    }
    g_autofree virCheckpointDisk **aligned = g_new0(virCheckpointDisk *, n + 1);
    for (unsigned int i = 0; i < listed; i++) {
        virCheckpointDisk *disk = def->disks.v[i];
        int at = virMomentDisk(&def->m, disk->name, VIR_FROM, error);
        if (at >= 0 && aligned[at])
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "disk '%s' specified twice", disk->name);
        else if (at >= 0 && disk->mode != VIR_CHECKPOINT_NO && !takesPart(def->m.dom->disks.v[at]))
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "disk '%s' is empty or readonly", disk->name);
        else if (at >= 0)
            aligned[at] = disk;
        if (at < 0 || aligned[at] != disk)
            return false;
        g_free(disk->name);
        disk->name = g_strdup(def->m.dom->disks.v[at]->dst);
    }
    while (def->disks.n)
        virListTake(&def->disks, def->disks.n - 1);
    for (unsigned int i = 0; i < n; i++) {
        if (!aligned[i]) {
            aligned[i] = g_new0(virCheckpointDisk, 1);
            aligned[i]->name = g_strdup(def->m.dom->disks.v[i]->dst);
            aligned[i]->mode = !listed && takesPart(def->m.dom->disks.v[i]) ? VIR_CHECKPOINT_BITMAP : VIR_CHECKPOINT_NO;
        }
        virListAppend(&def->disks, aligned[i]);
    }
    nameBitmaps(def);
    return true;
}
