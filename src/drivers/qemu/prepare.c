/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host must have before a guest starts: folders, keys, NVRAM, ports, tap devices; and their removal. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.prepare"
#include "drivers/qemu/snapshot.h"
#include "base/log.h"
#include "base/util.h"
#include "engine/object.h"
#include "host/hugetlb.h"
#include "host/link.h"
#include "src/api/connect.h"
#include "src/api/driver.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files and folders ---- */

static bool makeOwned(qemuDriver *driver, const char *path, mode_t mode, GError **error)
{
    if (!virFileMakePath(path, mode, error))
        return false;
    if (driver->switchUser && chown(path, driver->uid, driver->gid) < 0) {
        virSetSystemError(error, errno, "cannot give '%s' to user %u", path, driver->uid);
        return false;
    }
    return true;
}

/* QEMU wants a key to encrypt secrets that are handed to it later. */
static bool makeMasterKey(qemuDriver *driver, const char *dir, GError **error)
{
    char key[32];
    g_autofree char *path = g_strconcat(dir, "/master-key.aes", NULL);
    if (getrandom(key, sizeof(key), 0) != sizeof(key)) {
        virSetSystemError(error, errno, "cannot get random bytes for '%s'", path);
        return false;
    }
    if (!virFileWriteAtomic(path, key, sizeof(key), 0600, error))
        return false;
    if (driver->switchUser && chown(path, driver->uid, driver->gid) < 0) {
        virSetSystemError(error, errno, "cannot give '%s' to user %u", path, driver->uid);
        return false;
    }
    return true;
}

GBytes *qemuMasterKey(const char *domainDir, GError **error)
{
    char *key = NULL;
    gsize len = 32;
    g_autofree char *path = domainDir ? g_strconcat(domainDir, "/master-key.aes", NULL) : NULL;
    if (path ? !virFileRead(path, 64, &key, &len, error) : getrandom(key = g_malloc(len), len, 0) != (ssize_t)len)
        return NULL;
    return g_bytes_new_take(key, len);
}

static bool makeNvram(qemuDriver *driver, virDomainDef *def, bool reset, GError **error)
{
    g_autofree char *data = NULL, *dir = NULL;
    gsize len = 0;
    if (!def->os.nvram || !def->os.nvramTemplate || (!reset && access(def->os.nvram, F_OK) == 0))
        return true;
    dir = g_path_get_dirname(def->os.nvram);
    return virFileRead(def->os.nvramTemplate, 64 << 20, &data, &len, error) && virFileMakePath(dir, 0755, error) &&
           virFileWriteAtomic(def->os.nvram, data, len, 0600, error);
}

bool qemuResolveVolume(virDomainDiskDef *disk, GError **error)
{
    virStorageSource *s = &disk->src;
    if (s->type != VIR_STORAGE_VOLUME)
        return true;
    if (!virObjectVolumeResolve(s, error))
        return false;
    if (s->actual == VIR_STORAGE_DIR && !disk->readonly) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "virtual FAT storage can't be accessed in read-write mode");
        return false;
    }
    if (!s->format)
        s->format = s->actual == VIR_STORAGE_DIR ? VIR_STORAGE_FORMAT_FAT : VIR_STORAGE_FORMAT_RAW;
    return true;
}

static bool checkSource(virDomainDiskDef *disk, GError **error)
{
    const virStorageSource *s = &disk->src;
    if (!qemuResolveVolume(disk, error))
        return false;
    bool local = virStorageActual(s) == VIR_STORAGE_FILE || virStorageActual(s) == VIR_STORAGE_BLOCK;
    if (!local || !s->path || access(s->path, F_OK) == 0)
        return true;
    virSetSystemError(error, errno, "Cannot access storage file '%s'", s->path);
    return false;
}

/* A process or descriptor that the guest needs from us beside QEMU itself; NULL: none. */
static const char *managedHelper(const virDomainDef *def)
{
    for (unsigned int i = 0; i < def->fss.n; i++)
        if (def->fss.v[i]->driver == VIR_DOMAIN_FS_DRIVER_VIRTIOFS && !def->fss.v[i]->socket)
            return "virtiofsd (name the socket of a running one in <source socket=''/>)";
    for (unsigned int i = 0; i < def->disks.n; i++)
        for (const virStorageSource *s = &def->disks.v[i]->src; s; s = s->backing)
            if (s->reservations && s->reservations->managed == VIR_TRISTATE_BOOL_YES)
                return "the helper for persistent reservations (name the socket of a running one in <reservations managed='no'>)";
    return def->vsock                                                               ? "the host's side of a vsock"
           : def->launchSecurity && def->launchSecurity->type == VIR_DOMAIN_LAUNCH_SECURITY_SEV ? "launch security of type sev"
                                                                                    : NULL;
}

/* Where guest memory lies that files hold: one folder for ordinary pages, one on each hugetlbfs. */
void qemuMemoryFolders(virDomainObj *obj, void (*func)(const char *folder, bool huge, gpointer data), gpointer data)
{
    const char *id = strrchr(qemuGuestOf(obj)->domainDir, '/') + strlen("/domain-");
    g_autoptr(GHashTable) huge = virHostHugetlbMounts(virHostLocal());
    g_autofree char *ordinary = g_strdup_printf("%s/ram/%s", virEngineGetDirs(virDomainObjEngine(obj))->libDir, id);
    GHashTableIter walk;
    gpointer mount;
    func(ordinary, false, data);
    g_hash_table_iter_init(&walk, huge);
    while (g_hash_table_iter_next(&walk, NULL, &mount)) {
        g_autofree char *dir = g_strdup_printf("%s/libvirt/qemu/%s", (char *)mount, id);
        func(dir, true, data);
    }
}

typedef struct {
    qemuDriver *driver;
    bool pages, ok;
    GError **error;
} MemoryFolders;

static void makeMemoryFolder(const char *folder, bool huge, gpointer data)
{
    MemoryFolders *m = data;
    if (m->ok && (!huge || m->pages))
        m->ok = makeOwned(m->driver, folder, 0700, m->error);
}

static bool makeMemoryFolders(virDomainObj *obj, const virDomainDef *def, GError **error)
{
    bool files = def->mem.source || def->mem.access || def->mem.hugepages || def->mems.n;
    for (unsigned int i = 0; i < def->cpu.cells.n; i++)
        files |= def->cpu.cells.v[i]->access != 0;
    if (!files)
        return true;
    MemoryFolders m = { .driver = qemuDriverOfObj(obj), .ok = true, .error = error };
    m.pages = def->mem.hugepages || def->mem.pages.n;
    for (unsigned int i = 0; i < def->mems.n; i++)
        m.pages |= def->mems.v[i]->pagesize > 0;
    qemuMemoryFolders(obj, makeMemoryFolder, &m);
    return m.ok;
}

static bool isTap(const virDomainNetDef *net)
{
    return net->type == VIR_DOMAIN_NET_TYPE_ETHERNET || net->type == VIR_DOMAIN_NET_TYPE_BRIDGE || net->type == VIR_DOMAIN_NET_TYPE_NETWORK;
}

/* What the document asks for and nobody does yet: an error where ignoring it would harm, a warning where it would not. */
static bool refuseUnsupported(const virDomainDef *def, GError **error)
{
    const struct {
        bool given;
        const char *what;
    } ignored[] = {
        { def->cputune.vcpupins.n || def->cputune.emulatorpin || def->cputune.hasShares || def->cputune.quota,
          "CPU tuning" },
        { def->mem.hasHardLimit || def->mem.hasSoftLimit || def->mem.hasSwapHardLimit, "memory tuning" },
        { def->blkioWeight || def->blkioDevices.n, "block I/O tuning" },
        { def->cpumask != NULL, "CPU affinity" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(ignored); i++)
        if (ignored[i].given)
            virWarn("guest '%s': %s is not applied yet", def->name, ignored[i].what);
    const char *helper = managedHelper(def);
    if (helper) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "%s is not started by this driver yet", helper);
        return false;
    }
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (def->disks.v[i]->transient) {
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED,
                        "transient disk '%s' is not supported yet: its image would keep the changes",
                        def->disks.v[i]->dst);
            return false;
        }
    for (unsigned int i = 0; i < def->nets.n; i++) {
        const virDomainNetDef *net = def->nets.v[i];
        bool filter = net->filter && !isTap(net);
        bool hostdev = net->type == VIR_DOMAIN_NET_TYPE_HOSTDEV;
        const char *what = filter ? "network filters" : hostdev ? NULL : net->vlan ? "VLAN tags" : net->virtualport ? "virtual ports" : NULL;
        if (what) {
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "%s of an interface are not supported yet by this driver",
                        what);
            return false;
        }
    }
    return true;
}

/* A missing medium is fatal unless the document says that it may be left out. */
static bool checkDisks(virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->disks.n; i++) {
        virDomainDiskDef *disk = def->disks.v[i];
        g_autoptr(GError) why = NULL;
        if (checkSource(disk, &why))
            continue;
        if (disk->src.startupPolicy == VIR_DOMAIN_STARTUP_POLICY_OPTIONAL &&
            disk->device != VIR_DOMAIN_DISK_DEVICE_DISK) {
            virWarn("guest '%s' starts without the medium of '%s': %s", def->name, disk->dst, why->message);
            g_clear_pointer(&disk->src.path, g_free);
            if (disk->src.type == VIR_STORAGE_VOLUME) {
                disk->src.type = VIR_STORAGE_FILE;
                disk->src.format = VIR_STORAGE_FORMAT_NONE;
            }
            continue;
        }
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    return true;
}

/* ---- backing chains ---- */

/* qcow2: the name of the backing file stands at the offset of bytes 8 to 15, its length in bytes 16 to 19; extension 0xe2792aca has its
 * format. False: not readable by us, QEMU will say. `*backing` NULL: the image stands alone. */
static bool readBacking(const char *path, char **backing, char **format)
{
    g_auto(virFd) fd = open(path, O_RDONLY | O_CLOEXEC);
    guint8 head[4096] = { 0 };
    guint32 length, headerLength, version;
    guint64 offset;
    if (fd < 0 || pread(fd, head, sizeof(head), 0) < 72 || memcmp(head, "QFI\xfb", 4) != 0)
        return false;
    memcpy(&version, head + 4, 4);
    memcpy(&offset, head + 8, 8);
    memcpy(&length, head + 16, 4);
    memcpy(&headerLength, head + 100, 4);
    version = GUINT32_FROM_BE(version);
    offset = GUINT64_FROM_BE(offset);
    length = GUINT32_FROM_BE(length);
    headerLength = version >= 3 ? GUINT32_FROM_BE(headerLength) : 72;
    if (offset == 0 || length == 0)
        return true;
    if (length > 1023)
        return false;
    *backing = g_malloc0(length + 1);
    if (pread(fd, *backing, length, offset) != (ssize_t)length)
        return false;
    for (guint32 at = headerLength; at + 8 <= sizeof(head);) {
        guint32 type, size;
        memcpy(&type, head + at, 4);
        memcpy(&size, head + at + 4, 4);
        type = GUINT32_FROM_BE(type);
        size = GUINT32_FROM_BE(size);
        if (type == 0 || size > sizeof(head) - at - 8)
            break;
        if (type == 0xe2792aca)
            *format = g_strndup((char *)head + at + 8, size);
        at += 8 + (size + 7) / 8 * 8;
    }
    return true;
}

/* Every layer gets a node of its own, with a known owner and end, as the reference's live documents show it. A chain that the document
 * gives is taken as it is; what is not a local qcow2 or raw file is QEMU's to explore. */
static bool completeChain(virStorageSource *s, const char *disk, GError **error)
{
    for (unsigned int depth = 0; s->path && virStorageActual(s) == VIR_STORAGE_FILE && !s->backing && !s->hasBacking; depth++) {
        g_autofree char *backing = NULL, *format = NULL;
        bool qcow2 = s->format == VIR_STORAGE_FORMAT_QCOW2;
        if (!qcow2 && s->format != VIR_STORAGE_FORMAT_RAW)
            return true;
        if (qcow2 && !readBacking(s->path, &backing, &format))
            return true;
        s->hasBacking = true;
        if (!backing) {
            s->backing = g_new0(virStorageSource, 1); /* type NONE: the end */
            return true;
        }
        if (strstr(backing, "://") || g_str_has_prefix(backing, "json:")) {
            s->hasBacking = false;
            return true;
        }
        if (depth > 200) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR,
                        "the backing chain of disk '%s' is deeper than 200 layers or runs in a circle", disk);
            return false;
        }
        g_autofree char *folder = g_path_get_dirname(s->path);
        int known = format ? virStorageFormatFromString(format) : -1;
        s->backing = g_new0(virStorageSource, 1);
        s->backing->type = VIR_STORAGE_FILE;
        s->backing->path =
            g_path_is_absolute(backing) ? g_steal_pointer(&backing) : g_build_filename(folder, backing, NULL);
        if (known < 0) { /* guessing would let a guest choose the host's files: say so instead */
            virSetError(error, VIR_ERR_OPERATION_INVALID,
                        "format of backing image '%s' of image '%s' was not specified in the "
                        "image metadata (See https://libvirt.org/kbase/backing_chains.html for troubleshooting)",
                        s->backing->path, s->path);
            return false;
        }
        s->backing->format = known;
        s = s->backing;
        if (access(s->path, F_OK) < 0) {
            virSetSystemError(error, errno, "Cannot access backing file '%s' of disk '%s'", s->path, disk);
            return false;
        }
    }
    return true;
}

static bool completeChains(virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (!completeChain(&def->disks.v[i]->src, def->disks.v[i]->dst, error))
            return false;
    return true;
}

/* ---- ports of graphics ---- */

static bool portFree(int port)
{
    struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    struct sockaddr_in addr4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    int on = 1, off = 0;
    g_auto(virFd) six = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0),
                  four = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (six >= 0) {
        setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
        setsockopt(six, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(off));
        if (bind(six, (struct sockaddr *)&addr, sizeof(addr)) < 0 && errno == EADDRINUSE)
            return false;
    }
    setsockopt(four, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    return four < 0 || bind(four, (struct sockaddr *)&addr4, sizeof(addr4)) == 0 || errno != EADDRINUSE;
}

static GMutex portMutex;
static guint64 portsTaken[1024]; /* given to guests of ours that may not have opened them yet; one bit a port */

static int takePort(int from, int to)
{
    int found = 0;
    g_mutex_lock(&portMutex);
    for (int p = from; p <= to && !found; p++)
        if (!(portsTaken[p / 64] & (guint64)1 << p % 64) && portFree(p)) {
            portsTaken[p / 64] |= (guint64)1 << p % 64;
            found = p;
        }
    g_mutex_unlock(&portMutex);
    return found;
}

static void releasePorts(const virDomainDef *def)
{
    g_mutex_lock(&portMutex);
    for (unsigned int i = 0; i < def->graphics.n; i++) {
        const int ports[] = { def->graphics.v[i]->port, def->graphics.v[i]->tlsPort };
        for (guint k = 0; k < G_N_ELEMENTS(ports); k++)
            if (ports[k] > 0 && ports[k] < 65536)
                portsTaken[ports[k] / 64] &= ~((guint64)1 << ports[k] % 64);
    }
    g_mutex_unlock(&portMutex);
}

static bool prepareGraphics(qemuDriver *driver, virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->graphics.n; i++) {
        virDomainGraphicsDef *g = def->graphics.v[i];
        bool spice = g->type == VIR_DOMAIN_GRAPHICS_SPICE, vnc = g->type == VIR_DOMAIN_GRAPHICS_VNC;
        virDomainGraphicsListen *l = g->listens.n ? g->listens.v[0] : NULL;
        if (!spice && !vnc)
            continue;
        if (l && (l->type == VIR_DOMAIN_GRAPHICS_LISTEN_SOCKET || l->type == VIR_DOMAIN_GRAPHICS_LISTEN_NONE))
            continue;
        if (!l) {
            l = g_new0(virDomainGraphicsListen, 1);
            l->type = VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS;
            virListAppend(&g->listens, l);
        }
        if (!qemuListenFill(l, error))
            return false;
        if (!l->address) {
            l->address = g_strdup(spice ? driver->settings.spiceListen : driver->settings.vncListen);
            l->fromConfig = true;
        }
        if (g->port <= 0 && (g->autoport != VIR_TRISTATE_BOOL_NO || !g->hasPort)) {
            g->port = takePort(5900, 65535);
            g->hasPort = true;
            if (g->port == 0) {
                virSetError(error, VIR_ERR_OPERATION_FAILED, "Unable to find an unused port in range '%s' (5900-65535)",
                            spice ? "SPICE" : "VNC");
                return false;
            }
        }
        if (vnc && g->websocket == -1)
            g->websocket = takePort(5700, 65535);
    }
    return true;
}

/* ---- tap devices ---- */

void qemuCloseNetFds(qemuNetHost *nets, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        for (unsigned int k = 0; k < nets[i].ntap; k++)
            virFdClear(&nets[i].tap[k]);
        for (unsigned int k = 0; k < nets[i].nvhost; k++)
            virFdClear(&nets[i].vhost[k]);
    }
}

void qemuNetFds(const qemuNetHost *nets, unsigned int n, GArray *fds)
{
    for (unsigned int i = 0; i < n; i++) {
        g_array_append_vals(fds, nets[i].tap, nets[i].ntap);
        g_array_append_vals(fds, nets[i].vhost, nets[i].nvhost);
    }
}

static void openVhost(const virDomainNetDef *net, qemuNetHost *host)
{
    bool isVirtio = net->model && g_str_has_prefix(net->model, "virtio");
    if (!isVirtio || net->driverName == VIR_DOMAIN_NET_DRIVER_QEMU)
        return;
    for (unsigned int i = 0; i < host->ntap; i++) {
        int fd = open(net->backendVhost ? net->backendVhost : "/dev/vhost-net", O_RDWR | O_CLOEXEC);
        if (fd < 0)
            return; /* optional: QEMU moves the packets itself */
        host->vhost[host->nvhost++] = fd;
    }
}

static bool setUpTap(const virDomainNetDef *net, const char *bridge, bool ownTable, GError **error)
{
    virMac mac = net->mac;
    unsigned int mtu = net->mtu;
    mac.b[0] = 0xfe; /* a high address: the bridge must not take the guest's as its own */
    if (!virLinkSetMac(net->ifname, mac.b, error) || (mtu == 0 && bridge && !virLinkGetMtu(bridge, &mtu, error)) ||
        (mtu != 0 && !virLinkSetMtu(net->ifname, mtu, error)))
        return false;
    return (!bridge || virBridgeAddPort(bridge, net->ifname, error)) && qemuTapTune(net, bridge, ownTable, error) &&
           virLinkSetUp(net->ifname, net->link != VIR_DOMAIN_NET_LINK_DOWN, error);
}

bool qemuPrepareNet(virDomainObj *obj, const virDomainDef *def, virDomainNetDef *net, qemuNetHost *host, GError **error)
{
    unsigned int queues = CLAMP(net->queues, 1, G_N_ELEMENTS(host->tap));
    if (net->type == VIR_DOMAIN_NET_TYPE_DIRECT && !qemuDirectPrepare(obj, net, queues, host->tap, error))
        return false;
    if (net->type == VIR_DOMAIN_NET_TYPE_DIRECT) {
        host->ntap = queues;
        openVhost(net, host);
        return true;
    }
    if (!isTap(net))
        return true;
    qemuGuest *guest = qemuGuestOf(obj);
    const char *bridge = net->type == VIR_DOMAIN_NET_TYPE_ETHERNET ? NULL : net->bridge;
    bool existing = net->type == VIR_DOMAIN_NET_TYPE_ETHERNET && net->targetManaged == VIR_TRISTATE_BOOL_NO;
    if (net->ifname && (g_str_has_prefix(net->ifname, "vnet") || strchr(net->ifname, '%')) && !existing)
        g_clear_pointer(&net->ifname, g_free); /* names of that shape are ours to give */
    if (!net->ifname)
        net->ifname = g_strdup("vnet%d");
    if (!virTapOpen(virHostLocal(), &net->ifname, queues, false, host->tap, error))
        return false;
    host->ntap = queues;
    g_ptr_array_add(guest->taps, g_strdup(net->ifname));
    openVhost(net, host);
    if (!qemuFilterNet(def, net, error))        /* before the first packet can pass */
        return false;
    if (existing)
        return true;
    return setUpTap(net, bridge, net->ownTable, error);
}

bool qemuPrepareNets(virDomainObj *obj, virDomainDef *def, qemuNetHost *nets, GError **error)
{
    for (unsigned int i = 0; i < def->nets.n; i++) {
        virDomainNetDef *net = def->nets.v[i];
        if (!qemuPrepareNet(obj, def, net, &nets[i], error)) {
            qemuCloseNetFds(nets, def->nets.n);
            return false;
        }
    }
    return true;
}

/* Taps are not persistent: they go with the last descriptor, QEMU's. Nothing to undo but the list. */
void qemuReleaseNets(virDomainObj *obj)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (view->live)
        releasePorts(view->live);
    g_ptr_array_set_size(qemuGuestOf(obj)->taps, 0);
}

/* ---- all ---- */

bool qemuPrepareHost(virDomainObj *obj, virDomainDef *def, unsigned int flags, GError **error)
{
    qemuDriver *driver = qemuDriverOfObj(obj);
    qemuGuest *guest = qemuGuestOf(obj);
    if (!refuseUnsupported(def, error) || !makeOwned(driver, guest->domainDir, 0750, error) ||
        !makeOwned(driver, guest->channelDir, 0750, error) || !makeMemoryFolders(obj, def, error) || !makeMasterKey(driver, guest->domainDir, error) ||
        !checkDisks(def, error) || !makeNvram(driver, def, flags & VIR_DOMAIN_START_RESET_NVRAM, error) ||
        !prepareGraphics(driver, def, error) || !completeChains(def, error))
        return false;
    if (def->hasGenid && memcmp(def->genid, (unsigned char[16]){ 0 }, 16) == 0)
        virUUIDGenerate(def->genid);
    guest->nodes = qemuAssignNodeNames(def);
    qemuFillSocketPaths(def, guest->domainDir, guest->channelDir);
    return true;
}

/* ---- a device of a running guest ---- */

/* A number that no node has had: one that is gone may still be spoken of. */
static unsigned int nextNode(virDomainObj *obj, const virDomainDef *def)
{
    qemuGuest *guest = qemuGuestOf(obj);
    return guest->nodes = MAX(guest->nodes, qemuHighestNode(def)) + 1;
}

static void numberNodes(virDomainObj *obj, virDomainDef *def, virStorageSource *top)
{
    for (virStorageSource *s = top; s && s->type != VIR_STORAGE_NONE; s = s->backing)
        s->index = nextNode(obj, def);
}

bool qemuPrepareDisk(virDomainObj *obj, virDomainDef *def, virDomainDiskDef *disk, GError **error)
{
    if (!checkSource(disk, error) || !completeChain(&disk->src, disk->dst, error))
        return false;
    if (disk->src.path || disk->src.type == VIR_STORAGE_NETWORK)
        numberNodes(obj, def, &disk->src);
    return true;
}

static bool isIn(const virDomainDef *def, const char *alias)
{
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (g_strcmp0(def->disks.v[i]->info.alias, alias) == 0)
            return true;
    return false;
}

bool qemuPrepareNew(virDomainObj *obj, virDomainDef *def, const virDomainDef *old, GError **error)
{
    qemuGuest *guest = qemuGuestOf(obj);
    if (!refuseUnsupported(def, error) || !makeMemoryFolders(obj, def, error))
        return false;
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (!isIn(old, def->disks.v[i]->info.alias) && !qemuPrepareDisk(obj, def, def->disks.v[i], error))
            return false;
    for (unsigned int i = old->hostdevs.n; i < def->hostdevs.n; i++)
        if (def->hostdevs.v[i]->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM && def->hostdevs.v[i]->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI)
            def->hostdevs.v[i]->iscsi.index = nextNode(obj, def);
    qemuFillSocketPaths(def, guest->domainDir, guest->channelDir);
    return true;
}
