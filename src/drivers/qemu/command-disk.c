/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks: the block graph (storage and format node for each layer) and the guest's device on top of it. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/command.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- numbering ---- */

static bool sourceEmpty(const virStorageSource *s)
{
    switch (s->type) {
    case VIR_STORAGE_FILE:
    case VIR_STORAGE_BLOCK:
    case VIR_STORAGE_DIR:
        return !s->path || !*s->path;
    case VIR_STORAGE_NETWORK:
        return s->protocol == VIR_STORAGE_PROTOCOL_NONE;
    case VIR_STORAGE_NONE:
        return true;
    default:
        return false;
    }
}

unsigned int qemuAssignNodeNames(virDomainDef *def)
{
    unsigned int next = 0;
    for (unsigned int i = def->disks.n; i-- > 0;) {
        virStorageSource *top = &def->disks.v[i]->src;
        if (def->disks.v[i]->bus == VIR_DOMAIN_DISK_BUS_SD)
            continue;           /* an old drive has no nodes */
        if (sourceEmpty(top))
            next++; /* a drive without a medium keeps a number for it */
        for (virStorageSource *s = top; s && !sourceEmpty(s); s = s->backing)
            s->index = ++next;
    }
    for (unsigned int i = 0; i < def->hostdevs.n; i++)
        if (def->hostdevs.v[i]->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM && def->hostdevs.v[i]->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI)
            def->hostdevs.v[i]->iscsi.index = ++next;
    return next;
}

/* ---- caching ---- */

/* guest's write cache, O_DIRECT, ignored flushes */
static const struct {
    bool writeback, direct, noflush;
} cacheModes[virDomainDiskCacheLast] = {
    [VIR_DOMAIN_DISK_CACHE_NONE] = { true, true, false },
    [VIR_DOMAIN_DISK_CACHE_WRITETHROUGH] = { false, false, false },
    [VIR_DOMAIN_DISK_CACHE_WRITEBACK] = { true, false, false },
    [VIR_DOMAIN_DISK_CACHE_DIRECTSYNC] = { false, true, false },
    [VIR_DOMAIN_DISK_CACHE_UNSAFE] = { true, false, true },
};

static bool hasCache(const virDomainDiskDef *disk)
{
    return disk && disk->cache > VIR_DOMAIN_DISK_CACHE_DEFAULT;
}

static void addCache(JsonObject *o, const virDomainDiskDef *disk)
{
    if (hasCache(disk))
        qmpAdd(o, "o:cache",
               qmpArgs("b:direct", cacheModes[disk->cache].direct, "b:no-flush", cacheModes[disk->cache].noflush, NULL),
               NULL);
}

/* ---- storage nodes ---- */

static JsonNode *serverAddress(const virStorageHost *h, unsigned int port, bool withType)
{
    g_autofree char *number = g_strdup_printf("%u", h->port ? h->port : port);
    if (h->transport == VIR_STORAGE_TRANSPORT_UNIX)
        return qmpArgs("s:type", "unix", "s:path", h->socket, NULL);
    return withType ? qmpArgs("s:type", "inet", "s:host", h->name, "s:port", number, NULL)
                    : qmpArgs("s:host", h->name, "s:port", number, NULL);
}

static JsonNode *serverList(const virStorageSource *s, unsigned int port, bool withType)
{
    JsonArray *list = json_array_new();
    for (unsigned int i = 0; i < s->hosts.n; i++)
        json_array_add_element(list, serverAddress(s->hosts.v[i], port, withType));
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(node, list);
    return node;
}

/* Objects with the secrets of one layer, made before its nodes; NULL where it needs none. */
typedef struct {
    char *auth, *cookies, *key;
} Secrets;

static void secretsClear(Secrets *secrets)
{
    g_free(secrets->auth);
    g_free(secrets->cookies);
    g_free(secrets->key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Secrets, secretsClear)

static bool cookieObject(qemuCommand *cmd, const virStorageSource *s, const char *id, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned int i = 0; i < s->cookies.n; i++)
        g_string_append_printf(text, "%s%s=%s", i ? "; " : "", s->cookies.v[i]->name, s->cookies.v[i]->value);
    return qemuSecretObject(cmd, id, (const unsigned char *)text->str, text->len, error);
}

static bool commandSecrets(qemuCommand *cmd, const virStorageSource *s, const char *prefix, Secrets *secrets, GError **error)
{
    const virStorageEncryption *e = s->encryption;
    bool ceph = s->protocol == VIR_STORAGE_PROTOCOL_RBD;
    if (s->auth && s->type == VIR_STORAGE_NETWORK && s->protocol != VIR_STORAGE_PROTOCOL_SSH) {
        secrets->auth = g_strdup_printf("%s-storage-auth-secret0", prefix);
        if (!qemuSecretLookup(cmd, secrets->auth, &s->auth->secret, ceph ? VIR_SECRET_USAGE_TYPE_CEPH : VIR_SECRET_USAGE_TYPE_ISCSI, ceph, error))
            return false;
    }
    if (s->cookies.n) {
        secrets->cookies = g_strdup_printf("%s-storage-httpcookie-secret0", prefix);
        if (!cookieObject(cmd, s, secrets->cookies, error))
            return false;
    }
    if (!e || !e->secrets.n)
        return true;
    secrets->key = g_strdup_printf("%s-format-encryption-secret0", prefix);
    return qemuSecretLookup(cmd, secrets->key, e->secrets.v[0], VIR_SECRET_USAGE_TYPE_VOLUME, false, error);
}

static JsonNode *cephModes(void)
{
    JsonArray *list = json_array_new();
    json_array_add_string_element(list, "cephx");
    json_array_add_string_element(list, "none");
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(node, list);
    return node;
}

static JsonNode *networkUrl(const virStorageSource *s, const Secrets *secrets)
{
    const virStorageHost *h = s->hosts.n ? s->hosts.v[0] : NULL;
    static const unsigned int ports[] = { 80, 443, 21, 990, 69 };
    const char *protocol = virStorageProtocolToString(s->protocol);
    unsigned int port = h && h->port ? h->port : ports[s->protocol - VIR_STORAGE_PROTOCOL_HTTP];
    g_autofree char *url = g_strdup_printf("%s://%s:%u/%s%s%s", protocol, h ? h->name : "", port,
                                           s->name ? s->name + (s->name[0] == '/') : "", s->query ? "?" : "", s->query ? s->query : "");
    JsonNode *node = qmpArgs("s:driver", protocol, "s:url", url, NULL);
    JsonObject *o = json_node_get_object(node);
    if (s->auth)
        qmpAdd(o, "s:username", s->auth->username, "s:password-secret", secrets->auth, NULL);
    if (s->sslVerify != VIR_TRISTATE_BOOL_ABSENT)
        qmpAdd(o, "t:sslverify", s->sslVerify, NULL);
    qmpAdd(o, "s:cookie-secret", secrets->cookies, NULL);
    qmpAdd(o, "P:timeout", s->timeout, NULL);
    if (s->hasReadahead)
        qmpAdd(o, "U:readahead", s->readahead, NULL);
    return node;
}

static JsonNode *networkIscsi(const virStorageSource *s, const Secrets *secrets)
{
    const virStorageHost *h = s->hosts.n ? s->hosts.v[0] : NULL;
    g_autofree char *portal = g_strdup_printf("%s:%u", h ? h->name : "", h && h->port ? h->port : 3260);
    g_auto(GStrv) parts = g_strsplit(s->name ? s->name : "", "/", 2);
    return qmpArgs("s:driver", "iscsi", "s:portal", portal, "s:target", parts[0], "i:lun",
                   parts[0] && parts[1] ? atoi(parts[1]) : 0, "s:transport", "tcp", "s:user", s->auth ? s->auth->username : NULL, "s:password-secret", secrets->auth, "s:initiator-name", s->initiatorIqn,
                   NULL);
}

JsonNode *qemuIscsiNode(qemuCommand *cmd, const virStorageSource *s, GError **error)
{
    g_auto(Secrets) secrets = { 0 };
    if (s->auth) {
        secrets.auth = g_strdup_printf("libvirt-%u-backend-auth-secret0", s->index);
        if (!qemuSecretLookup(cmd, secrets.auth, &s->auth->secret, VIR_SECRET_USAGE_TYPE_ISCSI, false, error))
            return NULL;
    }
    return networkIscsi(s, &secrets);
}

/* ceph's own library may do the encryption: <encryption engine='librbd'/> */
static JsonNode *rbdEncryption(const virStorageSource *s, const Secrets *secrets)
{
    const virStorageEncryption *e = s->encryption;
    if (!e || e->engine != VIR_STORAGE_ENCRYPTION_ENGINE_LIBRBD)
        return NULL;
    return qmpArgs("s:format", virStorageEncryptionFormatToString(e->format), "s:key-secret", secrets->key, NULL);
}

static JsonNode *networkNode(const virStorageSource *s, const Secrets *secrets, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(s->name ? s->name : "", "/", 2);
    const char *first = parts[0], *rest = parts[0] ? parts[1] : NULL;
    const virStorageHost *h = s->hosts.n ? s->hosts.v[0] : NULL;
    g_autofree char *path = NULL;
    switch (s->protocol) {
    case VIR_STORAGE_PROTOCOL_NBD:
        return qmpArgs("s:driver", "nbd", "o:server", h ? serverAddress(h, 10809, true) : NULL, "s:export", s->name,
                       NULL);
    case VIR_STORAGE_PROTOCOL_HTTP:
    case VIR_STORAGE_PROTOCOL_HTTPS:
    case VIR_STORAGE_PROTOCOL_FTP:
    case VIR_STORAGE_PROTOCOL_FTPS:
    case VIR_STORAGE_PROTOCOL_TFTP:
        return networkUrl(s, secrets);
    case VIR_STORAGE_PROTOCOL_ISCSI:
        return networkIscsi(s, secrets);
    case VIR_STORAGE_PROTOCOL_RBD:
        return qmpArgs("s:driver", "rbd", "s:pool", first, "s:image", rest, "s:snapshot", s->snapshot, "s:conf",
                       s->configFile, "o:server", s->hosts.n ? serverList(s, 0, false) : NULL, "s:user", s->auth ? s->auth->username : NULL,
                       "o:auth-client-required", s->auth ? cephModes() : NULL, "s:key-secret", secrets->auth, "o:encrypt", rbdEncryption(s, secrets), NULL);
    case VIR_STORAGE_PROTOCOL_GLUSTER:
        return qmpArgs("s:driver", "gluster", "s:volume", first, "s:path", rest, "o:server", serverList(s, 24007, true),
                       "i:debug", 4, NULL);
    case VIR_STORAGE_PROTOCOL_SHEEPDOG:
        return qmpArgs("s:driver", "sheepdog", "o:server", h ? serverAddress(h, 7000, true) : NULL, "s:vdi", s->name,
                       NULL);
    case VIR_STORAGE_PROTOCOL_NFS:
        path = g_strconcat(s->name && s->name[0] == '/' ? "" : "/", s->name, NULL);
        return qmpArgs("s:driver", "nfs", "o:server", h ? qmpArgs("s:host", h->name, "s:type", "inet", NULL) : NULL,
                       "s:path", path, "P:user", s->nfsUser ? atoi(s->nfsUser + (*s->nfsUser == '+')) : 0, "P:group",
                       s->nfsGroup ? atoi(s->nfsGroup + (*s->nfsGroup == '+')) : 0, NULL);
    case VIR_STORAGE_PROTOCOL_SSH:
        return qmpArgs("s:driver", "ssh", "s:path", s->name, "o:server", h ? serverAddress(h, 22, false) : NULL, NULL);
    default:
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "network protocol '%s' is not supported",
                    virStorageProtocolToString(s->protocol));
        return NULL;
    }
}

static bool isBlockDevice(const virStorageSource *s)
{
    struct stat st;
    return s->type == VIR_STORAGE_BLOCK || (s->path && stat(s->path, &st) == 0 && S_ISBLK(st.st_mode));
}

/* The helper that asks for persistent reservations on the guest's behalf: one of ours for all, or the document's. */
static char *reservationsId(const virStorageSource *s)
{
    return s->reservations->managed == VIR_TRISTATE_BOOL_YES ? g_strdup("pr-helper0") : g_strdup_printf("pr-helper-libvirt-%u-storage", s->index);
}

static void commandReservations(qemuCommand *cmd, const virStorageSource *s)
{
    if (!s->reservations)
        return;
    g_autofree char *id = reservationsId(s);
    bool own = s->reservations->managed == VIR_TRISTATE_BOOL_YES;
    g_autofree char *path = own ? g_strdup_printf("%s/pr-helper0.sock", cmd->domainDir) : g_strdup(s->reservations->path);
    if (own && cmd->hasPrHelper)
        return;
    cmd->hasPrHelper |= own;
    qemuArgJson(cmd, "-object", qmpArgs("s:qom-type", "pr-manager-helper", "s:id", id, "s:path", path, NULL));
}

static JsonNode *sourceNode(const virStorageSource *s, const virDomainDiskDef *disk, const Secrets *secrets, GError **error)
{
    const char *aio = disk && disk->io != VIR_DOMAIN_DISK_IO_NONE ? virDomainDiskIoToString(disk->io) : NULL;
    g_autofree char *pr = s->reservations ? reservationsId(s) : NULL;
    switch (s->type) {
    case VIR_STORAGE_FILE:
    case VIR_STORAGE_BLOCK:
        return qmpArgs("s:driver", isBlockDevice(s) ? "host_device" : "file", "s:filename", s->path, "s:aio", aio, "s:pr-manager", pr, NULL);
    case VIR_STORAGE_NVME: {
        const virPCIAddress *a = &s->nvmeAddress;
        g_autofree char *device = g_strdup_printf("%04x:%02x:%02x.%x", a->domain, a->bus, a->slot, a->function);
        return qmpArgs("s:driver", "nvme", "s:device", device, "u:namespace", s->nvmeNamespace, NULL);
    }
    case VIR_STORAGE_DIR:
        return qmpArgs("s:driver", "vvfat", "s:dir", s->path, "b:floppy",
                       disk && disk->device == VIR_DOMAIN_DISK_DEVICE_FLOPPY, "b:rw", FALSE, NULL);
    case VIR_STORAGE_NETWORK:
        return networkNode(s, secrets, error);
    default:
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "storage type '%s' of disk '%s' is not supported",
                    virStorageTypeToString(s->type), disk ? disk->dst : "pflash");
        return NULL;
    }
}

static void addFormat(JsonObject *o, const virStorageSource *s, const Secrets *secrets)
{
    const char *format = s->format == VIR_STORAGE_FORMAT_ISO || s->format == VIR_STORAGE_FORMAT_FAT ||
                                 s->format <= VIR_STORAGE_FORMAT_DIR
                             ? "raw"
                             : virStorageFormatToString(s->format);
    const virStorageEncryption *e = s->encryption;
    bool own = e && secrets->key && e->engine != VIR_STORAGE_ENCRYPTION_ENGINE_LIBRBD;
    qmpAdd(o, "s:driver", own && g_str_equal(format, "raw") ? "luks" : format, NULL);
    if (own && g_str_equal(format, "raw"))
        qmpAdd(o, "s:key-secret", secrets->key, NULL);
    else if (own)
        qmpAdd(o, "o:encrypt", qmpArgs("s:format", e->format == VIR_STORAGE_ENCRYPTION_QCOW ? "aes" : "luks", "s:key-secret", secrets->key, NULL), NULL);
    if (s->hasMetadataCache && s->metadataCacheMax)
        qmpAdd(o, "U:cache-size", s->metadataCacheMax, NULL);
}

/* Both nodes of a layer; those below it first, since QEMU opens them in that order. */
/* The layer's raw node: a plain format, where a slice needs no node of its own. */
static bool isPlain(const virStorageSource *s)
{
    return s->format <= VIR_STORAGE_FORMAT_RAW && !s->encryption;
}

static bool commandLayer(qemuCommand *cmd, const virStorageSource *given, const virDomainDiskDef *disk, const char *prefix,
                         bool readonly, bool top, GError **error)
{
    virStorageSource layer = *given;        /* what stands beneath <disk> for its top layer is seen as the layer's own */
    const virStorageSource *s = &layer;
    layer.type = virStorageActual(given);
    if (top && disk && !layer.auth)
        layer.auth = disk->auth;
    if (top && disk && !layer.encryption)
        layer.encryption = disk->encryption;
    bool ends = (s->hasBacking || s->backing) && (!s->backing || sourceEmpty(s->backing));
    if (s->backing && !sourceEmpty(s->backing)) {
        g_autofree char *below = g_strdup_printf("libvirt-%u", s->backing->index);
        if (!commandLayer(cmd, s->backing, disk, below, true, false, error))
            return false;
    }
    g_autofree char *storage = g_strdup_printf("%s-storage", prefix), *format = g_strdup_printf("%s-format", prefix);
    g_autofree char *slice = s->hasSlice && !isPlain(s) ? g_strdup_printf("%s-slice-sto", prefix) : NULL;
    commandReservations(cmd, s);
    g_auto(Secrets) secrets = { 0 };
    JsonNode *node = commandSecrets(cmd, s, prefix, &secrets, error) ? sourceNode(s, disk, &secrets, error) : NULL;
    if (!node)
        return false;
    JsonObject *o = json_node_get_object(node);
    if (s->type == VIR_STORAGE_NETWORK && s->protocol == VIR_STORAGE_PROTOCOL_NBD && s->tls == VIR_TRISTATE_BOOL_YES) {
        g_autofree char *creds = g_strdup_printf("obj%s_tls0", storage);
        qemuArgJson(cmd, "-object",
                    qmpArgs("s:qom-type", "tls-creds-x509", "s:id", creds, "s:dir", "/etc/pki/qemu", "s:endpoint",
                            "client", "b:verify-peer", TRUE, NULL));
        qmpAdd(o, "s:tls-creds", creds, "s:tls-hostname", s->tlsHostname, NULL);
    }
    qmpAdd(o, "s:node-name", storage, NULL);
    addCache(o, disk);
    qmpAdd(o, "b:auto-read-only", TRUE, "s:discard", "unmap", NULL);
    qemuArgJson(cmd, "-blockdev", node);

    if (slice) {        /* part of a file, as if it were one */
        node = qmpArgs("s:driver", "raw", "s:node-name", slice, "U:offset", (gint64)s->sliceOffset, "U:size", (gint64)s->sliceSize, "s:file", storage,
                       "b:auto-read-only", TRUE, "s:discard", "unmap", NULL);
        addCache(json_node_get_object(node), disk);
        qemuArgJson(cmd, "-blockdev", node);
    }
    node = qmpArgs("s:node-name", format, "b:read-only", readonly, NULL);
    o = json_node_get_object(node);
    if (disk) {
        const char *discard = disk->discard ? virDomainDiskDiscardToString(disk->discard) : NULL;
        const char *zeroes = top && disk->detectZeroes ? virDomainDiskDetectZeroesToString(disk->detectZeroes) : NULL;
        bool weak = g_strcmp0(zeroes, "unmap") == 0 &&
                    g_strcmp0(discard, "unmap") != 0; /* QEMU wants both, else plain detection */
        qmpAdd(o, "s:discard", discard, "s:detect-zeroes", weak ? "on" : zeroes, NULL);
    }
    addCache(o, disk);
    addFormat(o, s, &secrets);
    if (s->hasSlice && isPlain(s))
        qmpAdd(o, "U:offset", (gint64)s->sliceOffset, "U:size", (gint64)s->sliceSize, NULL);
    qmpAdd(o, "s:file", slice ? slice : storage, NULL);
    if (s->backing && !sourceEmpty(s->backing)) {
        g_autofree char *below = g_strdup_printf("libvirt-%u-format", s->backing->index);
        qmpAdd(o, "s:backing", below, NULL);
    } else if (ends && (s->format == VIR_STORAGE_FORMAT_QCOW2 || s->format == VIR_STORAGE_FORMAT_QED ||
                        s->format == VIR_STORAGE_FORMAT_VMDK)) {
        json_object_set_null_member(o, "backing");
    }
    qemuArgJson(cmd, "-blockdev", node);
    return true;
}

bool qemuCommandPflash(qemuCommand *cmd, GError **error)
{
    const virDomainOSDef *os = &cmd->def->os;
    if (!os->loader || os->loaderType != VIR_DOMAIN_LOADER_TYPE_PFLASH)
        return true;
    virStorageSource code = { .type = VIR_STORAGE_FILE, .path = os->loader, .format = VIR_STORAGE_FORMAT_RAW };
    virStorageSource vars = { .type = VIR_STORAGE_FILE, .path = os->nvram, .format = VIR_STORAGE_FORMAT_RAW };
    if (os->nvramSource.type != VIR_STORAGE_NONE)
        vars = os->nvramSource;
    if (!vars.format)
        vars.format = VIR_STORAGE_FORMAT_RAW;
    return commandLayer(cmd, &code, NULL, "libvirt-pflash0", os->loaderReadonly != VIR_TRISTATE_BOOL_NO, true, error) &&
           (sourceEmpty(&vars) || commandLayer(cmd, &vars, NULL, "libvirt-pflash1", false, true, error));
}

/* ---- the guest's device ---- */

static JsonNode *deviceVirtio(const qemuCommand *cmd, const virDomainDiskDef *d)
{
    g_autofree char *driver =
        qemuVirtioDriver(d->src.type == VIR_STORAGE_VHOSTUSER ? "vhost-user-blk" : "virtio-blk", &d->info, d->model);
    g_autofree char *iothread = d->iothread ? g_strdup_printf("iothread%u", d->iothread) : NULL;
    JsonNode *node = qmpArgs("s:driver", driver, NULL);
    JsonObject *o = json_node_get_object(node);
    qemuAddVirtio(o, &d->virtio);
    qmpAdd(o, "s:iothread", iothread, "t:ioeventfd", d->ioeventfd, "t:event_idx", d->eventIdx, NULL);
    if (d->hasQueues)
        qmpAdd(o, "u:num-queues", d->queues, NULL);
    qmpAdd(o, "P:queue-size", d->queueSize, NULL);
    qemuAddAddress(cmd, o, &d->info, NULL);
    return node;
}

static JsonNode *deviceScsi(const qemuCommand *cmd, const virDomainDiskDef *d)
{
    const virDriveAddress *a = &d->info.addr.drive;
    const virDomainControllerDef *c = virDomainDefFindController(cmd->def, VIR_DOMAIN_CONTROLLER_SCSI, a->controller);
    const char *driver = d->device == VIR_DOMAIN_DISK_DEVICE_LUN     ? "scsi-block"
                         : d->device == VIR_DOMAIN_DISK_DEVICE_CDROM ? "scsi-cd"
                                                                     : "scsi-hd";
    g_autofree char *bus = g_strdup_printf("%s.0", c && c->info.alias ? c->info.alias : "scsi0");
    g_autofree char *unnamed = g_strdup_printf("drive-%s", d->info.alias);
    bool lsi =
        c && (c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_LSILOGIC || c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_NONE ||
              c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_AUTO);
    JsonNode *node = qmpArgs("s:driver", driver, NULL);
    JsonObject *o = json_node_get_object(node);
    if (lsi)
        qmpAdd(o, "s:bus", bus, "u:scsi-id", a->unit, NULL);
    else
        qmpAdd(o, "s:bus", bus, "u:channel", a->bus, "u:scsi-id", a->target, "u:lun", a->unit, NULL);
    if (d->device != VIR_DOMAIN_DISK_DEVICE_LUN)
        qmpAdd(o, "s:device_id", d->serial ? d->serial : unnamed, NULL);
    return node;
}

static JsonNode *deviceNode(const qemuCommand *cmd, const virDomainDiskDef *d, GError **error)
{
    const virDriveAddress *a = &d->info.addr.drive;
    bool cdrom = d->device == VIR_DOMAIN_DISK_DEVICE_CDROM;
    g_autofree char *bus = NULL;
    JsonNode *node;
    switch (d->bus) {
    case VIR_DOMAIN_DISK_BUS_IDE:
        bus = g_strdup_printf("ide.%u", a->bus);
        return qmpArgs("s:driver", cdrom ? "ide-cd" : "ide-hd", "s:bus", bus, "u:unit", a->unit, NULL);
    case VIR_DOMAIN_DISK_BUS_SATA: {
        const virDomainControllerDef *c =
            virDomainDefFindController(cmd->def, VIR_DOMAIN_CONTROLLER_SATA, a->controller);
        bool onBoard = a->controller == 0 && virDomainDefIsQ35(cmd->def);
        bus = g_strdup_printf("%s.%u", onBoard || !c ? "ide" : c->info.alias, a->unit);
        return qmpArgs("s:driver", cdrom ? "ide-cd" : "ide-hd", "s:bus", bus, NULL);
    }
    case VIR_DOMAIN_DISK_BUS_VIRTIO:
        return deviceVirtio(cmd, d);
    case VIR_DOMAIN_DISK_BUS_SCSI:
        return deviceScsi(cmd, d);
    case VIR_DOMAIN_DISK_BUS_USB:
        node = qmpArgs("s:driver", "usb-storage", NULL);
        qemuAddAddress(cmd, json_node_get_object(node), &d->info, NULL);
        return node;
    case VIR_DOMAIN_DISK_BUS_FDC:
        return qmpArgs("s:driver", "floppy", "u:unit", a->unit, NULL);
    default:
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "unsupported disk bus '%s' with device setup",
                    virDomainDiskBusToString(d->bus));
        return NULL;
    }
}

static void addErrorPolicies(JsonObject *o, const virDomainDiskDef *d)
{
    static const char *const words[] = { NULL, "stop", "report", "ignore", "enospc" };
    int read = d->rerrorPolicy                                           ? d->rerrorPolicy
               : d->errorPolicy == VIR_DOMAIN_DISK_ERROR_POLICY_ENOSPACE ? 0
                                                                         : d->errorPolicy;
    qmpAdd(o, "s:werror", words[d->errorPolicy], "s:rerror", words[read], NULL);
}

/* Guests have always seen serial numbers with a backslash before each blank. */
static char *escapeBlanks(const char *text)
{
    GString *out = g_string_new(NULL);
    for (; *text; text++) {
        if (*text == ' ')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *text);
    }
    return g_string_free(out, FALSE);
}

static bool commandDevice(qemuCommand *cmd, const virDomainDiskDef *d, const char *drive, GError **error)
{
    static const virDomainBootDev kinds[] = { VIR_DOMAIN_BOOT_HD, VIR_DOMAIN_BOOT_CDROM, VIR_DOMAIN_BOOT_FD,
                                              VIR_DOMAIN_BOOT_HD };
    JsonNode *node = deviceNode(cmd, d, error);
    if (!node)
        return false;
    JsonObject *o = json_node_get_object(node);
    bool floppy = d->bus == VIR_DOMAIN_DISK_BUS_FDC, vhost = d->src.type == VIR_STORAGE_VHOSTUSER;
    unsigned long long wwn = d->wwn ? g_ascii_strtoull(d->wwn, NULL, 16) : 0;
    qmpAdd(o, "B:share-rw", d->shareable, vhost ? "s:chardev" : "s:drive", drive, "s:id", d->info.alias, NULL);
    qmpAdd(o, "P:bootindex", floppy ? 0 : qemuBootIndex(cmd, kinds[d->device], d, &d->info), "P:logical_block_size",
           d->logicalBlockSize, "P:physical_block_size", d->physicalBlockSize, "P:discard_granularity",
           d->discardGranularity, NULL);
    if (wwn)
        qmpAdd(o, "U:wwn", wwn, NULL);
    if (d->hasRotationRate)
        qmpAdd(o, "u:rotation_rate", d->rotationRate, NULL);
    qmpAdd(o, "s:vendor", d->vendor, "s:product", d->product, NULL);
    if (d->bus == VIR_DOMAIN_DISK_BUS_USB)
        qmpAdd(o, "b:removable", d->removable == VIR_TRISTATE_SWITCH_ON, NULL);
    qmpAdd(o, "P:cyls", d->cyls, "P:heads", d->heads, "P:secs", d->secs, "s:bios-chs-trans",
           d->trans ? virDomainDiskGeometryTransToString(d->trans) : NULL, NULL);
    if (hasCache(d) && !floppy && !vhost && d->device != VIR_DOMAIN_DISK_DEVICE_CDROM)
        qmpAdd(o, "s:write-cache", cacheModes[d->cache].writeback ? "on" : "off", NULL);
    g_autofree char *serial = d->serial ? escapeBlanks(d->serial) : NULL;
    qmpAdd(o, "s:serial", serial, NULL);
    if (!vhost)
        addErrorPolicies(o, d);
    qemuDevicePlain(cmd, node, &d->info);
    return true;
}

/* "sdb" -> 1 */
static int virDomainDiskIndex(const virDomainDiskDef *d)
{
    return d->dst && strlen(d->dst) == 3 ? d->dst[2] - 'a' : 0;
}

static bool commandDisk(qemuCommand *cmd, const virDomainDiskDef *d, GError **error)
{
    g_autofree char *prefix = g_strdup_printf("libvirt-%u", d->src.index), *drive = NULL;
    if (d->src.type == VIR_STORAGE_VHOSTUSER) {
        g_autofree char *reconnect = d->src.reconnect == VIR_TRISTATE_BOOL_YES
                                         ? g_strdup_printf(",reconnect=%u", d->src.reconnectTimeout)
                                         : g_strdup("");
        g_autofree char *path = qemuEscape(d->src.path ? d->src.path : "");
        drive = g_strdup_printf("chr-vu-%s", d->info.alias);
        qemuArg(cmd, "-chardev", "socket,id=%s,path=%s%s", drive, path, reconnect);
        return commandDevice(cmd, d, drive, error);
    }
    if (d->bus == VIR_DOMAIN_DISK_BUS_SD) {     /* soldered to the board: it takes the drive that says if=sd */
        g_autofree char *path = qemuEscape(d->src.path ? d->src.path : "");
        qemuArg(cmd, "-drive", "file=%s,format=%s,if=sd,index=%d", path, d->src.format > VIR_STORAGE_FORMAT_DIR ? virStorageFormatToString(d->src.format) : "raw",
                virDomainDiskIndex(d));
        return true;
    }
    if (d->shareBacking == VIR_TRISTATE_BOOL_YES)
        return true;            /* plugged in after the start, on top of an overlay */
    if (sourceEmpty(&d->src))
        return commandDevice(cmd, d, NULL, error);
    bool readonly = d->readonly || d->device == VIR_DOMAIN_DISK_DEVICE_CDROM || d->src.type == VIR_STORAGE_DIR;
    if (!commandLayer(cmd, &d->src, d, prefix, readonly, true, error))
        return false;
    drive = g_strdup_printf("%s-format", prefix);
    if (d->copyOnRead == VIR_TRISTATE_SWITCH_ON) {
        g_autofree char *cor = g_strdup_printf("libvirt-CoR-%s", d->dst);
        qemuArgJson(
            cmd, "-blockdev",
            qmpArgs("s:driver", "copy-on-read", "s:node-name", cor, "s:file", drive, "s:discard", "unmap", NULL));
        return commandDevice(cmd, d, cor, error);
    }
    return commandDevice(cmd, d, drive, error);
}

bool qemuCommandDisks(qemuCommand *cmd, GError **error)
{
    for (unsigned int i = 0; i < cmd->def->disks.n; i++)
        if (!commandDisk(cmd, cmd->def->disks.v[i], error))
            return false;
    return true;
}
