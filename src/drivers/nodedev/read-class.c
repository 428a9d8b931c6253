/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What network and SCSI devices and disks tell. */
#define VIR_FROM VIR_FROM_NODEDEV
#include "drivers/nodedev/device.h"
#include "host/attr.h"
#include "host/devlink.h"
#include "host/ethtool.h"
#include "host/host.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- network ---- */

static bool hasRdma(const char *path)
{
    g_autofree char *folder = g_strconcat(path, "/device/infiniband", NULL);
    return access(folder, F_OK) == 0;
}

/* The switch is the whole card's: of a virtual function, that of its physical one. */
static bool hasSwitch(const char *path)
{
    g_autofree char *link = g_strconcat(path, "/device", NULL), *name = NULL;
    virHostPCIAddress address, above;
    if (virAttrReadLink(link, &name) != 0 || !virHostPCIAddressParse(name, &address))
        return false;
    bool isVirtual = virHostPCIGetPhysicalFunction(virHostLocal(), &address, &above, NULL) == 1;
    return virDevlinkIsSwitchdev(isVirtual ? &above : &address);
}

/* Offloads, and what else a card can do, as their features, in the order in which they are listed. */
static const struct {
    virLinkOffload offload;
    virNodeNetFeature feature;
    bool (*has)(const char *path);
} features[] = {
#define FEATURE(name) { VIR_LINK_OFFLOAD_##name, VIR_NODE_FEATURE_##name, NULL }
    FEATURE(RX), FEATURE(TX), FEATURE(SG), FEATURE(TSO), FEATURE(GSO), FEATURE(GRO), FEATURE(LRO), FEATURE(RXVLAN), FEATURE(TXVLAN),
    FEATURE(NTUPLE), FEATURE(RXHASH), { 0, VIR_NODE_FEATURE_RDMA, hasRdma }, FEATURE(TXUDPTNL),
    { 0, VIR_NODE_FEATURE_SWITCHDEV, hasSwitch },
};

void virNodeRefreshNet(const char *path, virNodeCap *cap)
{
    g_autofree char *state = virHostRead("%s/operstate", path);
    unsigned long long speed = 0;
    int link = state ? virInterfaceLinkFromString(state) : 0;
    cap->linkState = MAX(link, 0);
    bool up = state && g_str_equal(state, "up");
    cap->linkSpeed = up && virHostReadULL(&speed, "%s/speed", path) && speed < 1000 * 1000 * 10 ? speed : 0;
    while (cap->features.n)
        g_free(virListTake(&cap->features, cap->features.n - 1));
    unsigned int on = virLinkOffloads(cap->ifname);
    for (gsize i = 0; i < G_N_ELEMENTS(features); i++) {
        if (features[i].has ? !features[i].has(path) : !(on & features[i].offload))
            continue;
        virNodeFeature *feature = g_new0(virNodeFeature, 1);
        feature->name = features[i].feature;
        virListAppend(&cap->features, feature);
    }
}

bool virNodeReadNet(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    cap->ifname = virNodeProp(dev, "INTERFACE");
    if (!cap->ifname)
        cap->ifname = g_strdup(udev_device_get_sysname(dev));
    cap->address = virNodeAttr(dev, "address");
    cap->ieee80211 = g_strcmp0(udev_device_get_devtype(dev), "wlan") == 0;
    cap->ieee80203 = !cap->ieee80211;
    return true;
}

/* ---- SCSI ---- */

/* A name of the fabric without the kernel's "0x". */
static char *worldWideName(const char *path, const char *host, const char *attr)
{
    char *text = virHostRead("%s/fc_host/%s/%s", path, host, attr);
    if (text && g_str_has_prefix(text, "0x"))
        memmove(text, text + 2, strlen(text) - 1);
    return text;
}

/* Ports on a host adapter: the kernel has had their files in two places. */
static void readVports(const char *path, const char *host, virNodeCap *cap)
{
    static const char *const classes[] = { "fc_host", "scsi_host" };
    cap->vportOps = false;
    for (gsize i = 0; i < G_N_ELEMENTS(classes) && !cap->vportOps; i++) {
        g_autofree char *create = g_strdup_printf("%s/%s/%s/vport_create", path, classes[i], host);
        unsigned long long most = 0, used = 0;
        if (access(create, F_OK) < 0)
            continue;
        virHostReadULL(&most, "%s/%s/%s/max_npiv_vports", path, classes[i], host);
        virHostReadULL(&used, "%s/%s/%s/npiv_vports_inuse", path, classes[i], host);
        cap->vportOps = true;
        cap->maxVports = most;
        cap->vports = used;
    }
}

void virNodeRefreshScsiHost(const char *path, virNodeCap *cap)
{
    g_autofree char *host = g_path_get_basename(path);
    g_autofree char *folder = g_strdup_printf("%s/fc_host/%s", path, host);
    const struct { const char *attr; char **to; } names[] = {
        { "node_name", &cap->wwnn }, { "port_name", &cap->wwpn }, { "fabric_name", &cap->fabricWwn },
    };
    cap->fcHost = access(folder, F_OK) == 0;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_free(*names[i].to);
        *names[i].to = cap->fcHost ? worldWideName(path, host, names[i].attr) : NULL;
    }
    readVports(path, host, cap);
}

bool virNodeReadScsiHost(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    const char *path = udev_device_get_syspath(dev), *host = udev_device_get_sysname(dev);
    unsigned long long unique;
    if (sscanf(host, "host%u", &cap->host) != 1)
        return false;
    cap->hasHost = true;
    cap->hasUniqueId = virHostReadULL(&unique, "%s/scsi_host/%s/unique_id", path, host);
    cap->uniqueId = cap->hasUniqueId ? unique : 0;
    virNodeRefreshScsiHost(path, cap);
    return true;
}

bool virNodeReadScsiTarget(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    const char *path = udev_device_get_syspath(dev);
    cap->target = g_strdup(udev_device_get_sysname(dev));
    /* Of Fibre Channel: …/rport-6:0-0/target6:0:0 */
    g_autofree char *above = g_path_get_dirname(path), *rport = g_path_get_basename(above);
    if (!g_str_has_prefix(rport, "rport-"))
        return true;
    char *name = virHostRead("%s/fc_remote_ports/%s/port_name", above, rport);
    if (name && g_str_has_prefix(name, "0x"))
        memmove(name, name + 2, strlen(name) - 1);
    cap->hasRport = name != NULL;
    cap->rportWwpn = name;
    cap->rport = name ? g_steal_pointer(&rport) : NULL;
    return true;
}

/* Peripheral device types of SCSI. */
static const char *const scsiTypes[] = {
    [0x0] = "disk", [0x1] = "tape", [0x2] = "printer", [0x3] = "processor", [0x4] = "worm", [0x5] = "cdrom", [0x6] = "scanner",
    [0x7] = "mod", [0x8] = "changer", [0x9] = "comm", [0xc] = "raid", [0xd] = "enclosure", [0xe] = "disk",
};

bool virNodeReadScsi(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    unsigned long long type;
    char rest;
    if (sscanf(udev_device_get_sysname(dev), "%u:%u:%u:%u%c", &cap->host, &cap->scsiBus, &cap->scsiTarget, &cap->scsiLun, &rest) != 4)
        return false;
    if (virNodeAttrUint(dev, "type", 10, &type))
        cap->scsiType = g_strdup(type < G_N_ELEMENTS(scsiTypes) && scsiTypes[type] ? scsiTypes[type] : "unknown");
    return true;
}

/* ---- disks ---- */

/* Drivers whose devices udev's database says nothing of; what comes after the prefix is a letter or a number. */
static const char *const diskPrefixes[] = { "sd", "vd", "xvd", "hd", "nvme", "mmcblk", "dasd", "pmem", NULL };

/* "disk", "cdrom", "floppy", "sd"; NULL: nothing that is plugged in (a loop device, memory, a volume made of others). */
static char *driveType(struct udev_device *dev)
{
    static const struct { const char *prop, *type; } said[] = {
        { "ID_CDROM", "cdrom" }, { "ID_DRIVE_FLOPPY", "floppy" }, { "ID_DRIVE_FLASH_SD", "sd" },
    };
    const char *name = udev_device_get_sysname(dev);
    for (gsize i = 0; i < G_N_ELEMENTS(said); i++) {
        g_autofree char *value = virNodeProp(dev, said[i].prop);
        if (value && !g_str_equal(value, "0"))
            return g_strdup(said[i].type);
    }
    g_autofree char *type = virNodeProp(dev, "ID_TYPE");
    if (type && g_str_equal(type, "cd"))
        return g_strdup("cdrom");
    if (type && !g_str_equal(type, "generic"))
        return g_steal_pointer(&type);
    if (g_str_has_prefix(name, "sr") && g_ascii_isdigit(name[2]))
        return g_strdup("cdrom");
    if (g_str_has_prefix(name, "fd") && g_ascii_isdigit(name[2]))
        return g_strdup("floppy");
    for (int i = 0; diskPrefixes[i]; i++)
        if (g_str_has_prefix(name, diskPrefixes[i]))
            return g_strdup("disk");
    return NULL;
}

static void readMedia(struct udev_device *dev, unsigned long long bytes, virNodeCap *cap)
{
    g_autofree char *media = virNodeProp(dev, "ID_CDROM_MEDIA");
    cap->removable = true;
    cap->mediaAvailable = g_str_equal(cap->driveType, "cdrom") ? media && !g_str_equal(media, "0") : bytes > 0;
    cap->mediaSize = cap->mediaAvailable ? bytes : 0;
    cap->mediaLabel = cap->mediaAvailable ? virNodeProp(dev, "ID_FS_LABEL") : NULL;
}

bool virNodeReadStorage(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    unsigned long long sectors = 0, block = 512;
    cap->driveType = driveType(dev);
    cap->block = g_strdup(udev_device_get_devnode(dev));
    if (!cap->driveType || !cap->block)
        return false;
    cap->bus = virNodeProp(dev, "ID_BUS");
    cap->serial = virNodeProp(dev, "ID_SERIAL");
    cap->vendorText = virNodeAttr(dev, "device/vendor");
    cap->model = virNodeAttr(dev, "device/model");
    if (!cap->model && g_str_has_prefix(udev_device_get_sysname(dev), "nvme"))
        cap->model = virNodeProp(dev, "ID_MODEL");
    virNodeAttrUint(dev, "size", 10, &sectors);                 /* always of 512 bytes */
    virNodeAttrUint(dev, "queue/logical_block_size", 10, &block);
    if (!g_str_equal(cap->driveType, "disk")) {
        readMedia(dev, sectors * 512, cap);
        return true;
    }
    cap->size = sectors * 512;
    cap->logicalBlockSize = block ? block : 512;
    cap->blocks = cap->size / cap->logicalBlockSize;
    return true;
}
