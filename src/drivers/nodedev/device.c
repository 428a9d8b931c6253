/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices are listed, under which names and parents, and those kinds that have little to tell. */
#define VIR_FROM VIR_FROM_NODEDEV
#include "drivers/nodedev/device.h"
#include "base/util.h"
#include "host/attr.h"
#include "host/host.h"
#include "host/mdev.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- attributes ---- */

static char *stripped(const char *text)
{
    char *copy = text ? g_strstrip(g_strdup(text)) : NULL;
    if (copy && !*copy)
        g_clear_pointer(&copy, g_free);
    if (copy && !g_utf8_validate(copy, -1, NULL)) {     /* what devices call themselves is any bytes */
        char *valid = g_utf8_make_valid(copy, -1);
        g_free(copy);
        copy = valid;
    }
    return copy;
}

char *virNodeAttr(struct udev_device *dev, const char *name)
{
    return stripped(udev_device_get_sysattr_value(dev, name));
}

char *virNodeProp(struct udev_device *dev, const char *name)
{
    return stripped(udev_device_get_property_value(dev, name));
}

bool virNodeAttrUint(struct udev_device *dev, const char *name, int base, unsigned long long *value)
{
    g_autofree char *text = virNodeAttr(dev, name);
    const char *digits = text && base == 16 && g_str_has_prefix(text, "0x") ? text + 2 : text;
    return digits && g_ascii_string_to_unsigned(digits, base, 0, G_MAXUINT64, (guint64 *)value, NULL);
}

/* ---- kinds that are little more than their name ---- */

static bool readScsiGeneric(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    cap->chardev = g_strdup(udev_device_get_devnode(dev));
    return cap->chardev != NULL;
}

static bool readDrm(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    const char *name = udev_device_get_sysname(dev);
    g_autofree char *devnode = virNodeProp(dev, "DEVNAME");
    /* Connectors ("card0-DP-1") are in the same class but are no devices of their own. */
    if (!devnode && !udev_device_get_devnode(dev))
        return false;
    cap->drm = g_str_has_prefix(name, "controlD") ? VIR_NODE_DRM_CONTROL :
               g_str_has_prefix(name, "renderD") ? VIR_NODE_DRM_RENDER : VIR_NODE_DRM_PRIMARY;
    return true;
}

static bool readMdev(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    const char *path = udev_device_get_syspath(dev);
    g_autofree char *link = g_strconcat(path, "/mdev_type", NULL), *type = g_file_read_link(link, NULL);
    g_autofree char *group = g_strconcat(path, "/iommu_group", NULL), *number = g_file_read_link(group, NULL);
    g_autofree char *above = g_path_get_dirname(path);
    if (!type || !virUUIDParse(udev_device_get_sysname(dev), cap->uuid))
        return false;
    cap->mdevType = g_path_get_basename(type);
    cap->parentAddr = g_path_get_basename(above);
    g_autofree char *base = number ? g_path_get_basename(number) : NULL;
    cap->iommuGroup = base ? g_ascii_strtoull(base, NULL, 10) : 0;
    return true;
}

/* "0.0.ffff" */
static bool readChannel(const char *text, unsigned int *cssid, unsigned int *ssid, unsigned int *devno)
{
    char rest;
    return sscanf(text, "%x.%x.%x%c", cssid, ssid, devno, &rest) == 3;
}

/* A name as all have it: letters, digits, and "_" for anything else. `suffix` may be NULL. */
static char *listName(const char *prefix, const char *sysname, const char *suffix)
{
    char *name = g_strdup_printf("%s_%s%s%s", prefix, sysname, suffix ? "_" : "", suffix ? suffix : "");
    for (char *c = name; *c; c++)
        if (!g_ascii_isalnum(*c))
            *c = '_';
    return name;
}

/* The name of the device that a link in the folder `path` points to; NULL: there is no such link. */
static char *linkedName(const char *path, const char *link, const char *prefix)
{
    g_autofree char *full = g_strconcat(path, "/", link, NULL), *sysname = NULL;
    return virAttrReadLink(full, &sysname) == 0 ? listName(prefix, sysname, NULL) : NULL;
}

/* Channels are switched on and off without an event. */
static void refreshCcw(const char *path, virNodeCap *cap)
{
    unsigned long long online;
    g_free(cap->groupDevice);
    cap->groupDevice = linkedName(path, "group_device", "ccwgroup");
    bool known = virHostReadULL(&online, "%s/online", path);
    cap->ccwState = !known ? VIR_NODE_CCW_UNKNOWN : online ? VIR_NODE_CCW_ONLINE : VIR_NODE_CCW_OFFLINE;
}

static bool readCcw(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    refreshCcw(udev_device_get_syspath(dev), cap);
    return readChannel(udev_device_get_sysname(dev), &cap->cssid, &cap->ssid, &cap->devno);
}

/* Channels that are one device together, as a network card's three: links "cdev0", "cdev1" … */
static bool readCcwGroup(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    const char *path = udev_device_get_syspath(dev);
    for (unsigned int i = 0;; i++) {
        g_autofree char *ref = g_strdup_printf("cdev%u", i), *device = linkedName(path, ref, "ccw");
        if (!device)
            break;
        virNodeCcwMember *member = g_new0(virNodeCcwMember, 1);
        member->ref = g_steal_pointer(&ref);
        member->device = g_steal_pointer(&device);
        virListAppend(&cap->members, member);
    }
    cap->qeth = g_strcmp0(udev_device_get_driver(dev), "qeth") == 0;
    if (cap->qeth) {
        cap->cardType = virNodeAttr(dev, "card_type");
        cap->chpid = virNodeAttr(dev, "chpid");
    }
    return readCcw(dev, def, cap);
}

static bool readCss(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    g_autofree char *channel = virNodeAttr(dev, "dev_busid");
    cap->hasChannel = channel && readChannel(channel, &cap->channelCssid, &cap->channelSsid, &cap->channelDevno);
    /* Only what a guest could be given: subchannels without a device behind them are not worth listing. */
    if (!readChannel(udev_device_get_sysname(dev), &cap->cssid, &cap->ssid, &cap->devno))
        return false;
    virNodeRefreshMdevTypes(udev_device_get_syspath(dev), cap);
    const char *driver = udev_device_get_driver(dev);
    return cap->mdevTypes.n > 0 || g_strcmp0(driver, "io_subchannel") == 0 || g_strcmp0(driver, "vfio_ccw") == 0;
}

static bool readApCard(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    return sscanf(udev_device_get_sysname(dev), "card%x", &cap->apAdapter) == 1;
}

static bool readApQueue(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    return sscanf(udev_device_get_sysname(dev), "%x.%x", &cap->apAdapter, &cap->apDomain) == 2;
}

static bool readMdevParent(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    virNodeRefreshMdevTypes(udev_device_get_syspath(dev), cap);
    return true;
}

static bool readSampleParent(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    return readMdevParent(dev, def, cap) && cap->mdevTypes.n > 0;
}

static bool readVdpa(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    g_autoptr(GDir) dir = g_dir_open(udev_device_get_syspath(dev), 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));)
        if (g_str_has_prefix(name, "vhost-vdpa-")) {
            g_free(cap->chardev);
            cap->chardev = g_strconcat("/dev/", name, NULL);
        }
    return true;
}

void virNodeRefreshMdevTypes(const char *path, virNodeCap *cap)
{
    g_autoptr(GPtrArray) types = virHostMdevTypes(path, NULL);
    while (cap->mdevTypes.n) {
        virNodeMdevType *old = virListTake(&cap->mdevTypes, cap->mdevTypes.n - 1);
        g_free(old->id);
        g_free(old->name);
        g_free(old->deviceApi);
        g_free(old);
    }
    for (guint i = 0; types && i < types->len; i++) {
        const virHostMdevType *from = types->pdata[i];
        virNodeMdevType *type = g_new0(virNodeMdevType, 1);
        *type = (virNodeMdevType){ g_strdup(from->id), g_strdup(from->name), g_strdup(from->deviceApi), from->instances };
        virListAppend(&cap->mdevTypes, type);
    }
}

/* ---- the table ---- */

typedef struct {
    const char *subsystem, *devtype;            /* devtype NULL: any; "": none */
    virNodeCapType type;
    const char *prefix;                         /* of the name; what follows is the kernel's name */
    virNodeReadFunc read;
    bool all;                                   /* none of them may be left out: what cannot be read is not yet, or not now */
    void (*refresh)(const char *path, virNodeCap *cap);
} Kind;

static const Kind kinds[] = {
    { "pci", NULL, VIR_NODE_CAP_PCI, "pci", virNodeReadPci, true, virNodeRefreshPci },
    { "usb", "usb_device", VIR_NODE_CAP_USB_DEVICE, "usb", virNodeReadUsbDevice, true },
    { "usb", "usb_interface", VIR_NODE_CAP_USB, "usb", virNodeReadUsb, true },
    { "net", "", VIR_NODE_CAP_NET, "net", virNodeReadNet, false, virNodeRefreshNet },         /* bridges, VLANs and the like have one */
    { "net", "wlan", VIR_NODE_CAP_NET, "net", virNodeReadNet, false, virNodeRefreshNet },
    { "scsi", "scsi_host", VIR_NODE_CAP_SCSI_HOST, "scsi", virNodeReadScsiHost, true, virNodeRefreshScsiHost },
    { "scsi", "scsi_target", VIR_NODE_CAP_SCSI_TARGET, "scsi", virNodeReadScsiTarget, false },
    { "scsi", "scsi_device", VIR_NODE_CAP_SCSI, "scsi", virNodeReadScsi, true },
    { "block", "disk", VIR_NODE_CAP_STORAGE, "block", virNodeReadStorage, false },
    { "drm", NULL, VIR_NODE_CAP_DRM, "drm", readDrm, false },
    { "scsi_generic", NULL, VIR_NODE_CAP_SCSI_GENERIC, "scsi_generic", readScsiGeneric, true },
    { "mdev", NULL, VIR_NODE_CAP_MDEV, "mdev", readMdev, true },
    { "ccw", NULL, VIR_NODE_CAP_CCW, "ccw", readCcw, true, refreshCcw },
    { "ccwgroup", NULL, VIR_NODE_CAP_CCWGROUP, "ccwgroup", readCcwGroup, true, refreshCcw },
    { "css", NULL, VIR_NODE_CAP_CSS, "css", readCss, false, virNodeRefreshMdevTypes },
    { "vdpa", NULL, VIR_NODE_CAP_VDPA, "vdpa", readVdpa, false },
    { "ap", "ap_card", VIR_NODE_CAP_AP_CARD, "ap", readApCard, true },
    { "ap", "ap_queue", VIR_NODE_CAP_AP_QUEUE, "ap", readApQueue, true },
    { "matrix", NULL, VIR_NODE_CAP_AP_MATRIX, "ap", readMdevParent, false, virNodeRefreshMdevTypes },
    /* The kernel's sample of a driver with mediated devices, which every test of them uses. */
    { "mtty", NULL, VIR_NODE_CAP_MDEV_TYPES, "mtty", readSampleParent, false, virNodeRefreshMdevTypes },
};

const char *const virNodeSubsystems[] = {
    "pci", "usb", "net", "scsi", "block", "drm", "scsi_generic", "mdev", "ccw", "ccwgroup", "css", "vdpa", "ap", "matrix", "mtty", NULL
};

static const Kind *kindOf(struct udev_device *dev)
{
    const char *subsystem = udev_device_get_subsystem(dev), *devtype = udev_device_get_devtype(dev);
    for (gsize i = 0; subsystem && i < G_N_ELEMENTS(kinds); i++)
        if (g_str_equal(kinds[i].subsystem, subsystem) && (!kinds[i].devtype || g_str_equal(kinds[i].devtype, devtype ? devtype : "")))
            return &kinds[i];
    return NULL;
}

/* What distinguishes devices of one name over time, or in one machine: an address, a serial number, a mediated device's parent. */
static const char *nameSuffix(const virNodeCap *cap)
{
    switch (cap->type) {
    case VIR_NODE_CAP_NET:
        return cap->address;
    case VIR_NODE_CAP_STORAGE:
        return cap->serial;
    case VIR_NODE_CAP_MDEV:
        return cap->parentAddr;
    default:
        return NULL;
    }
}

static char *parentOf(const char *path, virNodeParentFunc parent, gpointer data)
{
    g_autofree char *above = g_strdup(path);
    for (char *slash; (slash = strrchr(above, '/')) && slash != above;) {
        *slash = 0;
        const char *name = parent(above, data);
        if (name)
            return g_strdup(name);
    }
    return g_strdup("computer");
}

static int compareStrings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void readNodes(struct udev_device *dev, virNodeDeviceDef *def)
{
    struct udev_list_entry *entry;
    GPtrArray *links = g_ptr_array_new();
    def->devnode = g_strdup(udev_device_get_devnode(dev));
    udev_list_entry_foreach(entry, udev_device_get_devlinks_list_entry(dev))
        g_ptr_array_add(links, g_strdup(udev_list_entry_get_name(entry)));
    if (links->len)
        qsort(links->pdata, links->len, sizeof(gpointer), compareStrings);
    g_ptr_array_add(links, NULL);
    def->links = (char **)g_ptr_array_free(links, FALSE);
}

static virNodeDeviceDef *defNew(virNodeCapType type)
{
    virNodeDeviceDef *def = virXmlNew(&virNodeDeviceDefXml);
    virNodeCap *cap = g_new0(virNodeCap, 1);
    cap->type = type;
    virListAppend(&def->caps, cap);
    return def;
}

virNodeDeviceDef *virNodeDeviceRead(struct udev_device *dev, virNodeParentFunc parent, gpointer data, bool *later)
{
    const Kind *kind = kindOf(dev);
    const char *path = udev_device_get_syspath(dev);
    *later = false;
    if (!kind || !path)
        return NULL;
    g_autoptr(virNodeDeviceDef) def = defNew(kind->type);
    virNodeCap *cap = def->caps.v[0];
    def->path = g_strdup(path);
    def->driver = g_strdup(udev_device_get_driver(dev));
    readNodes(dev, def);
    if (!kind->read(dev, def, cap)) {
        *later = kind->all && access(path, F_OK) == 0;
        return NULL;
    }
    def->name = listName(kind->prefix, udev_device_get_sysname(dev), nameSuffix(cap));
    def->parent = parentOf(path, parent, data);
    return g_steal_pointer(&def);
}

void virNodeDeviceComplete(virNodeDeviceDef *def)
{
    for (gsize i = 0; def->path && i < G_N_ELEMENTS(kinds); i++)
        if (kinds[i].type == def->caps.v[0]->type && kinds[i].refresh) {
            kinds[i].refresh(def->path, def->caps.v[0]);
            return;
        }
}

bool virNodeDeviceIsKept(const virNodeDeviceDef *def)
{
    switch (def->caps.v[0]->type) {
    case VIR_NODE_CAP_SYSTEM:           /* has no folder to read it from */
    case VIR_NODE_CAP_SCSI_HOST:        /* is looked for by its names on the fabric */
    case VIR_NODE_CAP_MDEV:             /* has attributes that sysfs does not show */
        return true;
    default:
        return false;
    }
}

/* ---- the machine itself ---- */

virNodeDeviceDef *virNodeDeviceComputer(struct udev *udev)
{
    virNodeDeviceDef *def = defNew(VIR_NODE_CAP_SYSTEM);
    virNodeCap *cap = def->caps.v[0];
    def->name = g_strdup("computer");
    struct udev_device *dmi = udev_device_new_from_subsystem_sysname(udev, "dmi", "id");
    if (!dmi)
        return def;
    const struct { const char *attr; char **to; } texts[] = {
        { "product_name", &cap->product }, { "sys_vendor", &cap->hwVendor }, { "product_version", &cap->hwVersion },
        { "product_serial", &cap->hwSerial }, { "bios_vendor", &cap->fwVendor }, { "bios_version", &cap->fwVersion },
        { "bios_date", &cap->fwDate },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i].to = virNodeAttr(dmi, texts[i].attr);
    g_autofree char *uuid = virNodeAttr(dmi, "product_uuid");
    if (uuid)
        virUUIDParse(uuid, cap->uuid);
    udev_device_unref(dmi);
    return def;
}
