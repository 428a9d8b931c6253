/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Backup jobs: the document, always checked against its schema, and how its disks meet those of the guest. */
#define VIR_FROM VIR_FROM_DOMAIN
#include "model/backup.h"
#include <string.h>
#include "model/tables.h"

VIR_ENUM_TABLE(virBackupMode, VIR_BACKUP_MODE_VALUES)
VIR_ENUM_TABLE(virBackupDiskMode, VIR_BACKUP_DISK_MODE_VALUES)
VIR_ENUM_TABLE(virBackupTransport, VIR_BACKUP_TRANSPORT_VALUES)

#define S virStorageSource
static const virXmlRow storeRows[] = {
    X_STR("@file", path, XF_NOFORMAT),
    X_STR("@dev", path, XF_NOFORMAT),
    X_SAME(".", virStorageSourceXml, XF_NOPARSE),
    X_OBJ("encryption", encryption, virStorageEncryption, XF_NOFORMAT),
    X_LIST("seclabel", seclabels, virDeviceSeclabel, XF_NOFORMAT),
    X_END
};
static X_TYPE_AS(storeXml, virStorageSource, NULL, storeRows);
#undef S

static bool takesPart(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virBackupDisk *)obj)->backup != VIR_TRISTATE_BOOL_NO;
}

static bool isPush(const virBackupDisk *disk)
{
    return !disk->exportName;
}

static bool isTarget(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return takesPart(row, obj, out) && isPush(obj);
}

static bool isScratch(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return takesPart(row, obj, out) && !isPush(obj);
}

#define S virBackupDisk
static const virXmlRow diskRows[] = {
    X_STR("@name", name, 0),
    X_YESNO("@backup", backup, 0),
    X_ENUM("@type", store.type, virStorageType, 0, .when = takesPart),
    X_ENUM("@backupmode", mode, virBackupDiskMode, 0),
    X_STR("@incremental", incremental, 0),
    X_STR("@exportname", exportName, 0),
    X_STR("@exportbitmap", exportBitmap, 0),
    X_UINT("@index", node, XF_STATUS),
    X_UINT("@index", node, XF_LIVE | XF_NOPARSE, .when = takesPart),
    X_ENUM("driver/@type", store.format, virStorageFormat, 0, .when = takesPart),
    X_INLINE_AS("target", store, virStorageSource, storeXml, 0, .when = isTarget),
    X_INLINE_AS("scratch", store, virStorageSource, storeXml, 0, .when = isScratch),
    X_END
};
static X_TYPE(virBackupDisk, "disk", diskRows);
#undef S

/* ---- what the schema asks beyond names and values ---- */

static const char *strictDisk(xmlNode *disk, bool pull)
{
    xmlNode *store = virXmlChild(disk, pull ? "scratch" : "target"), *driver = virXmlChild(disk, "driver");
    xmlNode *encryption = store ? virXmlChild(store, "encryption") : NULL;
    const char *backup = virXmlProp(disk, "backup"), *type = virXmlProp(disk, "type"), *mode = virXmlProp(disk, "backupmode");
    const char *attr = g_strcmp0(type, "block") == 0 ? "dev" : "file", *path = store ? virXmlProp(store, attr) : NULL;
    if (!virXmlProp(disk, "name") || virXmlChild(disk, pull ? "target" : "scratch"))
        return "a disk has no name, or parts of the other mode";
    if (!pull && (virXmlProp(disk, "exportname") || virXmlProp(disk, "exportbitmap")))
        return "a disk that is pushed is not exported";
    if (mode && g_str_equal(mode, "full") && virXmlProp(disk, "incremental"))
        return "a full backup is not incremental";
    if (backup && g_str_equal(backup, "no"))
        return type || store || driver ? "a disk that does not take part has no target" : NULL;
    if ((!type && (!pull || backup)) || (type && !g_str_equal(type, "file") && !g_str_equal(type, "block")))
        return "a disk's target is a file or a block device";
    if (store && (!path || path[0] != '/'))
        return "a disk's target has no path";
    if (pull && ((driver && (!store || g_strcmp0(virXmlProp(driver, "type"), "qcow2") != 0)) || (g_strcmp0(type, "block") == 0 && !store)))
        return "what is overwritten is kept in a qcow2 image";
    if (encryption && (g_strcmp0(virXmlProp(encryption, "format"), "luks") != 0 || !virXmlChild(encryption, "secret")))
        return "the encryption is not one";
    return NULL;
}

static const char *strict(xmlNode *node)
{
    const char *mode = virXmlProp(node, "mode"), *wrong = NULL;
    bool pull = mode && g_str_equal(mode, "pull");
    xmlNode *server = virXmlChild(node, "server"), *disks = virXmlChild(node, "disks");
    if (pull != (server != NULL))
        return pull ? "there is no server" : "only what is pulled has a server";
    const char *transport = server ? virXmlProp(server, "transport") : NULL;
    bool local = transport && g_str_equal(transport, "unix");
    if (server && (!virXmlProp(server, local ? "socket" : "name") || virXmlProp(server, local ? "name" : "socket") || (local && virXmlProp(server, "port"))))
        return "the server's address is not one";
    if (disks && !virXmlChild(disks, "disk"))
        return "there are no disks";
    for (xmlNode *disk = virXmlChild(disks, "disk"); disk && !wrong; disk = virXmlNext(disk, "disk"))
        wrong = strictDisk(disk, pull);
    return wrong;
}

#define S virDomainBackupDef
static const virXmlRow serverRows[] = {
    X_ENUM("@transport", transport, virBackupTransport, XF_ALWAYS),
    X_YESNO("@tls", tls, 0),
    X_STR("@name", host, 0),
    X_UINT("@port", port, 0),
    X_STR("@socket", socket, 0),
    X_END
};
static X_TYPE_AS(serverXml, virDomainBackupDef, NULL, serverRows);
static const virXmlRow backupRows[] = {
    X_ENUM("@mode", mode, virBackupMode, XF_ALWAYS),
    X_STR("incremental", incremental, 0),
    X_SAME("server", serverXml, 0, X_HAS(hasServer)),
    X_LIST("disks/disk", disks, virBackupDisk, 0),
    X_STR(".", failure, XF_MEMORY),
    X_END
};
X_TYPE(virDomainBackupDef, "domainbackup", backupRows, .init = virDocumentInit, .strict = strict);
#undef S

static bool complete(virDomainBackupDef *def, unsigned int flags, GError **error)
{
    return true;
}
VIR_DOCUMENT_DEFINE(virDomainBackupDef, "domain_backup", complete)

static bool canTakePart(const virDomainDiskDef *disk)
{
    return !disk->readonly && (disk->src.path || disk->src.name || disk->src.type == VIR_STORAGE_NETWORK || disk->src.type == VIR_STORAGE_NVME);
}

static bool diskComplete(const virDomainBackupDef *def, virBackupDisk *disk, const virDomainDiskDef *of, GError **error)
{
    disk->backup = VIR_TRISTATE_BOOL_YES;
    if (!disk->store.type)
        disk->store.type = VIR_STORAGE_FILE;
    if (!disk->store.path && disk->store.type == VIR_STORAGE_FILE && of->src.path)
        disk->store.path = g_strdup_printf("%s.%s", of->src.path, def->incremental ? def->incremental : def->mode == VIR_BACKUP_PULL ? "scratch" : "backup");
    if (!disk->store.path) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "refusing to generate file name for disk '%s'", disk->name);
        return false;
    }
    if (!disk->store.format)
        disk->store.format = VIR_STORAGE_FORMAT_QCOW2;
    if (def->mode == VIR_BACKUP_PULL && !disk->exportName)
        disk->exportName = g_strdup(disk->name);
    if (!disk->mode)
        disk->mode = disk->incremental || def->incremental ? VIR_BACKUP_DISK_INCREMENTAL : VIR_BACKUP_DISK_FULL;
    if (disk->mode == VIR_BACKUP_DISK_INCREMENTAL && !disk->incremental)
        disk->incremental = g_strdup(def->incremental);
    if (def->mode == VIR_BACKUP_PULL && disk->mode == VIR_BACKUP_DISK_INCREMENTAL && !disk->exportBitmap)
        disk->exportBitmap = g_strdup_printf("backup-%s", disk->name);
    if (disk->mode == VIR_BACKUP_DISK_INCREMENTAL && !disk->incremental) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "'incremental' backup mode of disk '%s' requires setting 'incremental' field for disk or backup",
                    disk->name);
        return false;
    }
    return true;
}

bool virDomainBackupAlign(virDomainBackupDef *def, const virDomainDef *dom, GError **error)
{
    bool all = !def->disks.n;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (unsigned int i = 0; i < dom->disks.n && all; i++) {
        virBackupDisk *disk = g_new0(virBackupDisk, 1);
        disk->name = g_strdup(dom->disks.v[i]->dst);
        disk->backup = canTakePart(dom->disks.v[i]) ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_NO;
        virListAppend(&def->disks, disk);
    }
    for (unsigned int i = 0; i < def->disks.n; i++) {
        virBackupDisk *disk = def->disks.v[i];
        const virDomainDiskDef *of = virDomainDefFindDisk(dom, disk->name);
        if (!of)
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "no disk named '%s'", disk->name);
        else if (!g_hash_table_add(seen, disk->name))
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "backup for disk '%s' requested multiple times", disk->name);
        else if (disk->backup == VIR_TRISTATE_BOOL_NO)
            continue;
        else if (!canTakePart(of))
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "disk '%s' is empty or readonly", disk->name);
        else if (diskComplete(def, disk, of, error))
            continue;
        return false;
    }
    return true;
}
