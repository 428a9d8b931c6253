/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses on USB, with hubs where ports run out, and on virtio-serial controllers. */
#define VIR_FROM VIR_FROM_DOMAIN
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "model/passes.h"
#include "model/tables.h"

/* --- USB --- */
enum { HUB_PORTS = 8, MAX_DEPTH = 4 };

typedef struct _virUSBHub virUSBHub;
struct _virUSBHub {
    unsigned int nports;
    guint64 used;
    virUSBHub *below[64]; /* hubs on the ports */
};

typedef struct {
    virDomainDef *def;
    GHashTable *buses;         /* controller's index -> virUSBHub */
    unsigned int count, ports; /* while counting */
    const char *kind;
    GError **error;
} virUSBSet;

static void hubFree(void *data)
{
    virUSBHub *hub = data;
    for (unsigned int i = 0; i < G_N_ELEMENTS(hub->below); i++)
        if (hub->below[i])
            hubFree(hub->below[i]);
    g_free(hub);
}

static unsigned int controllerPorts(const virDomainControllerDef *c)
{
    switch (c->usbModel) {
    case VIR_DOMAIN_CONTROLLER_USB_EHCI:
    case VIR_DOMAIN_CONTROLLER_USB_ICH9_EHCI1:
        return 6;
    case VIR_DOMAIN_CONTROLLER_USB_PCI_OHCI:
        return 3;
    case VIR_DOMAIN_CONTROLLER_USB_NEC_XHCI:
    case VIR_DOMAIN_CONTROLLER_USB_QEMU_XHCI:
        return c->hasPorts ? CLAMP(c->ports, 1, 63) : 4;
    case VIR_DOMAIN_CONTROLLER_USB_QUSB1:
    case VIR_DOMAIN_CONTROLLER_USB_QUSB2:
        return c->hasPorts ? CLAMP(c->ports, 1, 63) : 8;
    case VIR_DOMAIN_CONTROLLER_USB_NONE:
        return 0;
    default:
        return 2;
    }
}

static bool isUsb(const char *kind, const void *device)
{
    if (strcmp(kind, "hub") == 0 || strcmp(kind, "redirdev") == 0)
        return true;
    if (strcmp(kind, "input") == 0)
        return ((const virDomainInputDef *)device)->bus == VIR_DOMAIN_INPUT_BUS_USB;
    if (strcmp(kind, "disk") == 0)
        return ((const virDomainDiskDef *)device)->bus == VIR_DOMAIN_DISK_BUS_USB;
    if (strcmp(kind, "controller") == 0)
        return ((const virDomainControllerDef *)device)->type == VIR_DOMAIN_CONTROLLER_CCID;
    if (strcmp(kind, "sound") == 0)
        return ((const virDomainSoundDef *)device)->model == VIR_DOMAIN_SOUND_MODEL_USB;
    if (strcmp(kind, "serial") == 0)
        return ((const virDomainChrDef *)device)->serialTarget == VIR_DOMAIN_CHR_SERIAL_TARGET_USB_SERIAL;
    if (strcmp(kind, "hostdev") == 0) {
        const virDomainHostdevDef *dev = device;
        return dev->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM && dev->type == VIR_DOMAIN_HOSTDEV_TYPE_USB;
    }
    return false;
}

/* "1.3": walk down; the hub that holds the last port and that port's number (from 0). NULL: no such place. */
static virUSBHub *walkPort(virUSBSet *set, const virUSBAddress *a, unsigned int *port)
{
    virUSBHub *hub = g_hash_table_lookup(set->buses, GUINT_TO_POINTER(a->bus));
    for (char *p = a->port; hub;) {
        unsigned long n = strtoul(p, &p, 10);
        if (n < 1 || n > hub->nports)
            return NULL;
        *port = n - 1;
        if (!*p)
            return hub;
        p++;
        hub = hub->below[n - 1];
    }
    return NULL;
}

static bool reserveGiven(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    virUSBSet *set = data;
    bool hub = strcmp(kind, "hub") == 0;
    if (!isUsb(kind, device) || hub != (set->kind != NULL) || info->addr.type != VIR_DEVICE_ADDRESS_USB ||
        !info->addr.usb.port)
        return true;
    unsigned int port = 0;
    virUSBHub *at = walkPort(set, &info->addr.usb, &port);
    if (!at) {
        virSetError(set->error, VIR_ERR_XML_ERROR, "requested USB port %s not present on USB bus %u",
                    info->addr.usb.port, info->addr.usb.bus);
        return false;
    }
    if (at->used >> port & 1) {
        virSetError(set->error, VIR_ERR_XML_ERROR, "Duplicate USB address bus %u port %s", info->addr.usb.bus,
                    info->addr.usb.port);
        return false;
    }
    at->used |= 1ull << port;
    if (hub) {
        at->below[port] = g_new0(virUSBHub, 1);
        at->below[port]->nports = HUB_PORTS;
    }
    return true;
}

/* A hub's own free ports first, then those of the hubs below it, in order. The path's length, 0: none. */
static unsigned int findFree(virUSBHub *hub, unsigned int depth, unsigned int *path)
{
    for (unsigned int i = 0; i < hub->nports; i++) {
        path[depth] = i;
        if (!(hub->used >> i & 1))
            return depth + 1;
    }
    for (unsigned int i = 0; i < hub->nports && depth + 1 < MAX_DEPTH; i++) {
        path[depth] = i;
        unsigned int found = hub->below[i] ? findFree(hub->below[i], depth + 1, path) : 0;
        if (found)
            return found;
    }
    return 0;
}

static bool placeOnBus(virUSBHub *root, unsigned int bus, bool hub, virDeviceInfo *info)
{
    unsigned int path[MAX_DEPTH];
    unsigned int n = findFree(root, 0, path);
    if (!n)
        return false;
    g_autoptr(GString) port = g_string_new(NULL);
    virUSBHub *at = root;
    for (unsigned int i = 0; i < n; i++) {
        g_string_append_printf(port, "%s%u", i ? "." : "", path[i] + 1);
        if (i + 1 < n)
            at = at->below[path[i]];
    }
    at->used |= 1ull << path[n - 1];
    if (hub) {
        at->below[path[n - 1]] = g_new0(virUSBHub, 1);
        at->below[path[n - 1]]->nports = HUB_PORTS;
    }
    g_free(info->addr.usb.port);
    info->addr.type = VIR_DEVICE_ADDRESS_USB;
    info->addr.usb.bus = bus;
    info->addr.usb.port = g_strdup(port->str);
    return true;
}

static bool wantsUsb(const virDeviceInfo *info)
{
    return info->addr.type == VIR_DEVICE_ADDRESS_NONE ||
           (info->addr.type == VIR_DEVICE_ADDRESS_USB && !info->addr.usb.port);
}

static bool placeDevice(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    virUSBSet *set = data;
    if (!isUsb(kind, device) || !wantsUsb(info))
        return true;
    bool hub = strcmp(kind, "hub") == 0, fixedBus = info->addr.type == VIR_DEVICE_ADDRESS_USB;
    for (unsigned int i = 0; i < 256; i++) {
        virUSBHub *root = g_hash_table_lookup(set->buses, GUINT_TO_POINTER(i));
        if (root && (!fixedBus || info->addr.usb.bus == i) && placeOnBus(root, i, hub, info))
            return true;
    }
    virSetError(set->error, VIR_ERR_INTERNAL_ERROR, "No free USB ports");
    return false;
}

static bool countDevice(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    ((virUSBSet *)data)->count += isUsb(kind, device);
    return true;
}

bool virDomainAssignUSB(virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    static const char *const order[] = { "hub",   "hostdev", "disk",  "controller",
                                         "input", "serial",  "sound", "redirdev" };
    g_autoptr(GHashTable) buses = g_hash_table_new_full(NULL, NULL, NULL, hubFree);
    virUSBSet set = { .def = def, .buses = buses, .error = error };
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        const virDomainControllerDef *c = def->controllers.v[i];
        if (c->type != VIR_DOMAIN_CONTROLLER_USB || c->info.hasMaster ||
            g_hash_table_contains(buses, GUINT_TO_POINTER(c->idx)) || !controllerPorts(c))
            continue;
        virUSBHub *hub = g_new0(virUSBHub, 1);
        hub->nports = controllerPorts(c);
        set.ports += hub->nports;
        g_hash_table_insert(buses, GUINT_TO_POINTER(c->idx), hub);
    }
    if (!set.ports)
        return true;
    set.ports += def->hubs.n * HUB_PORTS;
    virDomainDefForeachInfo(def, countDevice, &set);
    if (set.count > set.ports) {
        unsigned int hubs = (set.count - set.ports + 1 + HUB_PORTS - 2) / (HUB_PORTS - 1);
        while (hubs--)
            virListAppend(&def->hubs, (virDomainHubDef *)virXmlNew(&virDomainHubDefXml));
    }
    set.kind = "hub";
    if (!virDomainDefForeachInfo(def, reserveGiven, &set))
        return false;
    set.kind = NULL;
    if (!virDomainDefForeachInfo(def, reserveGiven, &set))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        if (!virDomainDefForeachInfoOf(def, order[i], placeDevice, &set))
            return false;
    }
    return true;
}

/* --- virtio-serial --- */

static unsigned int portsOf(const virDomainControllerDef *c)
{
    return c->hasPorts ? (unsigned int)MAX(c->ports, 1) : 31;
}

static bool portTaken(const virDomainDef *def, unsigned int controller, unsigned int port,
                      const virDeviceInfo *except)
{
    for (unsigned int pass = 0; pass < 2; pass++) {
        unsigned int n = pass ? def->consoles.n : def->channels.n;
        for (unsigned int i = 0; i < n; i++) {
            const virDeviceInfo *info = pass ? &def->consoles.v[i]->info : &def->channels.v[i]->info;
            if (info != except && info->addr.type == VIR_DEVICE_ADDRESS_VIRTIO_SERIAL &&
                info->addr.vioserial.controller == controller && info->addr.vioserial.port == port &&
                (port || pass))
                return true;
        }
    }
    return false;
}

/* Channels only: virtio consoles keep what the document says. Port 0 is for consoles. */
static bool placePort(virDomainDef *def, virDeviceInfo *info, GError **error)
{
    if (info->addr.type == VIR_DEVICE_ADDRESS_VIRTIO_SERIAL && info->addr.vioserial.port) {
        if (!portTaken(def, info->addr.vioserial.controller, info->addr.vioserial.port, info))
            return true;
        virSetError(error, VIR_ERR_XML_ERROR, "virtio serial port %u on controller %u is already occupied",
                    info->addr.vioserial.port, info->addr.vioserial.controller);
        return false;
    }
    if (info->addr.type != VIR_DEVICE_ADDRESS_NONE && info->addr.type != VIR_DEVICE_ADDRESS_VIRTIO_SERIAL)
        return true;
    bool fixed = info->addr.type == VIR_DEVICE_ADDRESS_VIRTIO_SERIAL;
    for (unsigned int idx = 0; idx < 1024; idx++) {
        if (fixed && idx != info->addr.vioserial.controller)
            continue;
        const virDomainControllerDef *c =
            virDomainDefFindController(def, VIR_DOMAIN_CONTROLLER_VIRTIO_SERIAL, idx);
        if (!c)
            c = virDomainControllerAdd(def, VIR_DOMAIN_CONTROLLER_VIRTIO_SERIAL, idx);
        for (unsigned int port = 1; port < portsOf(c); port++) {
            if (portTaken(def, idx, port, info))
                continue;
            info->addr.type = VIR_DEVICE_ADDRESS_VIRTIO_SERIAL;
            info->addr.vioserial = (virVirtioSerialAddress){ .controller = idx, .port = port };
            return true;
        }
    }
    virSetError(error, VIR_ERR_XML_ERROR, "Unable to find a free virtio-serial port");
    return false;
}

bool virDomainAssignVirtioSerial(virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    for (unsigned int i = 0; i < def->channels.n; i++)
        if (def->channels.v[i]->channelTarget == VIR_DOMAIN_CHR_CHANNEL_TARGET_VIRTIO &&
            !placePort(def, &def->channels.v[i]->info, error))
            return false;
    return true;
}
