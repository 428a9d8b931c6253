/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Post-parse: disks. Bus from the target's name, address from the target's number, source and driver
 * defaults. */
#define VIR_FROM VIR_FROM_DOMAIN
#include <string.h>
#include "base/error.h"
#include "model/passes.h"

char *virDomainDiskLetters(unsigned int index)
{
    char *text = g_strdup_printf("%c", 'a' + index % 26);
    while (index >= 26) {
        index = index / 26 - 1;
        char *longer = g_strdup_printf("%c%s", 'a' + index % 26, text);
        g_free(text);
        text = longer;
    }
    return text;
}

int virDomainDiskNameIndex(const char *name)
{
    static const char *const prefixes[] = { "fd", "hd", "vd", "sd", "xvd", "ubd", NULL };
    const char *p = NULL;
    for (int i = 0; prefixes[i] && !p; i++)
        if (g_str_has_prefix(name, prefixes[i]))
            p = name + strlen(prefixes[i]);
    if (!p || !g_ascii_islower(*p))
        return -1;
    int index = 0;
    for (int n = 0; g_ascii_islower(*p); n++, p++) {
        if (index > G_MAXINT / 27)
            return -1;
        index = (index + (n > 0)) * 26 + (*p - 'a');
    }
    while (g_ascii_isdigit(*p))
        p++;
    return *p ? -1 : index;
}

/* A file system's free place is not known from the name; these buses are counted by controllers. */
bool virDomainDiskAddressFromTarget(const virDomainDef *def, const virDomainParseConfig *conf,
                                    virDomainDiskDef *disk, GError **error)
{
    int index = virDomainDiskNameIndex(disk->dst);
    if (index < 0) {
        virSetError(error, VIR_ERR_XML_ERROR, "Unknown disk name '%s' and no address specified", disk->dst);
        return false;
    }
    virDriveAddress *a = &disk->info.addr.drive;
    unsigned int perBus;
    switch (disk->bus) {
    case VIR_DOMAIN_DISK_BUS_SCSI:
        perBus = virDomainScsiWidth(conf);
        *a = (virDriveAddress){ .controller = index / perBus, .unit = index % perBus };
        if (perBus == 16 && a->unit >= 7) /* unit 7 is the controller's own */
            a->unit++, a->controller = index / 15, a->unit = index % 15 >= 7 ? index % 15 + 1 : index % 15;
        break;
    case VIR_DOMAIN_DISK_BUS_IDE:
        *a = (virDriveAddress){ .controller = index / 4, .bus = index % 4 / 2, .unit = index % 2 };
        break;
    case VIR_DOMAIN_DISK_BUS_SATA:
        perBus = virDomainConfHas(conf, VIR_DOMAIN_CONF_LONE_SATA) ? 1 : 6;
        *a = (virDriveAddress){ .controller = index / perBus, .unit = index % perBus };
        break;
    case VIR_DOMAIN_DISK_BUS_FDC:
        *a = (virDriveAddress){ .controller = index / 2, .unit = index % 2 };
        break;
    default:
        return true;
    }
    disk->info.addr.type = VIR_DEVICE_ADDRESS_DRIVE;
    return true;
}

static virDomainDiskBus busFromName(const virDomainDiskDef *disk)
{
    static const struct {
        const char *prefix;
        virDomainDiskBus bus;
    } names[] = {
        { "hd", VIR_DOMAIN_DISK_BUS_IDE },    { "sd", VIR_DOMAIN_DISK_BUS_SCSI },
        { "vd", VIR_DOMAIN_DISK_BUS_VIRTIO }, { "xvd", VIR_DOMAIN_DISK_BUS_XEN },
        { "ubd", VIR_DOMAIN_DISK_BUS_UML },   { "fd", VIR_DOMAIN_DISK_BUS_FDC },
    };
    if (disk->device == VIR_DOMAIN_DISK_DEVICE_FLOPPY)
        return VIR_DOMAIN_DISK_BUS_FDC;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_has_prefix(disk->dst, names[i].prefix))
            return names[i].bus;
    return VIR_DOMAIN_DISK_BUS_IDE;
}

static bool sourceIsEmpty(const virStorageSource *src)
{
    switch (src->type) {
    case VIR_STORAGE_NETWORK:
        return src->protocol == VIR_STORAGE_PROTOCOL_NONE;
    case VIR_STORAGE_VOLUME:
        return !src->pool;
    case VIR_STORAGE_NVME:
        return !src->nvmeNamespace;
    default:
        return !src->path || !*src->path;
    }
}

void virStorageIscsiLun(virStorageSource *src)
{
    if (!src->name || strchr(src->name, '/'))
        return;
    char *name = g_strconcat(src->name, "/0", NULL);
    g_free(src->name);
    src->name = name;
}

/* Ports that a network protocol is served on when the document names none. */
static unsigned int defaultPort(virStorageProtocol protocol)
{
    static const unsigned short ports[virStorageProtocolLast] = {
        [VIR_STORAGE_PROTOCOL_NBD] = 10809,     [VIR_STORAGE_PROTOCOL_SHEEPDOG] = 7000,
        [VIR_STORAGE_PROTOCOL_GLUSTER] = 24007, [VIR_STORAGE_PROTOCOL_ISCSI] = 3260,
        [VIR_STORAGE_PROTOCOL_HTTP] = 80,       [VIR_STORAGE_PROTOCOL_HTTPS] = 443,
        [VIR_STORAGE_PROTOCOL_FTP] = 21,        [VIR_STORAGE_PROTOCOL_FTPS] = 990,
        [VIR_STORAGE_PROTOCOL_TFTP] = 69,       [VIR_STORAGE_PROTOCOL_SSH] = 22,
        [VIR_STORAGE_PROTOCOL_VXHS] = 9999,
    };
    return ports[protocol];
}

static void passPorts(virStorageSource *src)
{
    for (virStorageSource *s = src; s; s = s->backing)
        for (unsigned int i = 0; i < s->hosts.n; i++)
            if (!s->hosts.v[i]->port && s->hosts.v[i]->transport == VIR_STORAGE_TRANSPORT_TCP)
                s->hosts.v[i]->port = defaultPort(s->protocol);
}

/* Each protocol has its own kind of secret. */
static bool checkAuth(const virStorageAuth *auth, virStorageProtocol protocol, GError **error)
{
    const char *want = protocol == VIR_STORAGE_PROTOCOL_ISCSI ? "iscsi"
                       : protocol == VIR_STORAGE_PROTOCOL_RBD ? "ceph"
                                                              : NULL;
    static const char *const known[] = { "volume", "ceph", "iscsi", "tls", "vtpm", NULL };
    if (!auth || !want)
        return true;
    const char *type = auth->secret.type;
    if (!type || !g_strv_contains(known, type)) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "unknown secret type '%s'", type ? type : "<null>");
        return false;
    }
    if (strcmp(type, want) != 0) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "invalid secret type '%s'", type);
        return false;
    }
    return true;
}

static bool passDisk(virDomainDef *def, const virDomainParseConfig *conf, virDomainDiskDef *disk,
                     GError **error)
{
    bool removable =
        disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM || disk->device == VIR_DOMAIN_DISK_DEVICE_FLOPPY;
    if (!disk->dst) {
        if (disk->src.path)
            virSetError(error, VIR_ERR_NO_TARGET, "%s", disk->src.path);
        else
            virSetError(error, VIR_ERR_NO_TARGET, NULL);
        return false;
    }
    if (sourceIsEmpty(&disk->src) && !removable && disk->src.startupPolicy != VIR_DOMAIN_STARTUP_POLICY_OPTIONAL) {
        virSetError(error, VIR_ERR_NO_SOURCE, "%s", disk->dst);
        return false;
    }
    if (disk->src.auth && disk->auth) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "an <auth> definition already found for disk source");
        return false;
    }
    if (disk->src.encryption && disk->encryption) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED,
                    "an <encryption> definition already found for disk source");
        return false;
    }
    for (const virStorageSource *b = disk->src.backing; b && b->type; b = b->backing) {
        const char *missing = !b->format ? "format" : sourceIsEmpty(b) ? "source" : NULL;
        if (!missing)
            continue;
        virSetError(error, VIR_ERR_XML_ERROR, "missing disk backing store %s", missing);
        return false;
    }
    const virStorageEncryption *enc = disk->encryption ? disk->encryption : disk->src.encryption;
    if (enc && enc->cipherName) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED,
                    "supplying <cipher> for domain disk definition is unnecessary");
        return false;
    }
    if (!checkAuth(disk->auth ? disk->auth : disk->src.auth, disk->src.protocol, error))
        return false;
    if (!disk->bus)
        disk->bus = busFromName(disk);
    if (!disk->snapshot && disk->src.type == VIR_STORAGE_VHOSTUSER)
        disk->snapshot = VIR_DOMAIN_DISK_SNAPSHOT_NO;
    if (!disk->src.startupPolicy && sourceIsEmpty(&disk->src) && (!disk->hasSource || disk->src.type == VIR_STORAGE_NETWORK))      /* a drive without a medium */
        disk->src.type = VIR_STORAGE_FILE;
    if (disk->src.protocol == VIR_STORAGE_PROTOCOL_ISCSI)
        virStorageIscsiLun(&disk->src);
    if (disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM)
        disk->readonly = true;
    passPorts(&disk->src);
    for (unsigned int i = 0; i < disk->src.hosts.n; i++) {
        virStorageHost *host = disk->src.hosts.v[i];
        if (host->transport == VIR_STORAGE_TRANSPORT_UNIX && !host->socket) {
            virSetError(error, VIR_ERR_XML_ERROR, "missing socket for unix transport");
            return false;
        }
    }
    if (disk->info.addr.type == VIR_DEVICE_ADDRESS_NONE)
        return virDomainDiskAddressFromTarget(def, conf, disk, error);
    return true;
}

static int indexOf(const virDomainDiskDef *disk)
{
    return disk->dst ? virDomainDiskNameIndex(disk->dst) : -1;
}

/* Disks of one bus stand together, in the order of their targets. */
static void insertDisk(virDomainDef *def, virDomainDiskDef *disk)
{
    int index = indexOf(disk), at = -1;
    for (unsigned int i = def->disks.n; i-- > 0;) {
        if (def->disks.v[i]->bus != disk->bus)
            continue;
        if (indexOf(def->disks.v[i]) > index)
            at = i;
        else if (at < 0)
            at = i + 1;
    }
    virListInsert(&def->disks, at < 0 ? def->disks.n : (unsigned int)at, disk);
}

void virDomainDisksSort(virDomainDef *def)
{
    __typeof__(def->disks) old = def->disks;
    def->disks.v = NULL;
    def->disks.n = 0;
    for (unsigned int i = 0; i < old.n; i++)
        insertDisk(def, old.v[i]);
    g_free(old.v);
}

bool virDomainPassDisks(virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    virDomainDisksSort(def);     /* by what the document says: disks that name no bus are one group */
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (!passDisk(def, conf, def->disks.v[i], error))
            return false;
    return true;
}
