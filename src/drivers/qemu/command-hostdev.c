/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host that a guest gets: PCI, USB, SCSI, vhost-scsi, mediated; and interfaces that are such devices. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/command.h"
#include "base/util.h"
#include <string.h>

static bool commandScsiHostdev(qemuCommand *cmd, const virDomainHostdevDef *h, GError **error)
{
    const virDriveAddress *a = &h->info.addr.drive;
    const virDomainControllerDef *c = virDomainDefFindController(cmd->def, VIR_DOMAIN_CONTROLLER_SCSI, a->controller);
    g_autofree char *backend = g_strdup_printf("libvirt-%u-backend", h->iscsi.index);
    g_autofree char *bus = g_strdup_printf("%s.0", c && c->info.alias ? c->info.alias : "scsi0");
    JsonNode *node = h->protocol == VIR_DOMAIN_HOSTDEV_SCSI_PROTOCOL_ISCSI ? qemuIscsiNode(cmd, &h->iscsi, error)
                                                                         : qmpArgs("s:driver", "host_device", "s:filename", h->iscsi.path, NULL);
    if (!node)
        return false;
    qmpAdd(json_node_get_object(node), "s:node-name", backend, "b:read-only", h->readonly, NULL);
    qemuArgJson(cmd, "-blockdev", node);
    node = qmpArgs("s:driver", "scsi-generic", "B:share-rw", h->shareable, "s:drive", backend, "s:id", h->info.alias, "P:bootindex", h->info.bootIndex,
                   "s:bus", bus, NULL);
    if (c && c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_LSILOGIC)
        qmpAdd(json_node_get_object(node), "u:scsi-id", a->unit, NULL);
    else
        qmpAdd(json_node_get_object(node), "u:channel", a->bus, "u:scsi-id", a->target, "u:lun", a->unit, NULL);
    qemuDevicePlain(cmd, node, &h->info);
    return true;
}

/* ---- vfio ---- */

static bool wantsIommufd(const virDomainHostdevDef *h)
{
    return h->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM && h->type == VIR_DOMAIN_HOSTDEV_TYPE_PCI && h->iommufd == VIR_TRISTATE_BOOL_YES;
}

/* One for all devices that go through it. */
static bool commandIommufd(qemuCommand *cmd, GError **error)
{
    bool any = false;
    for (unsigned int i = 0; i < cmd->def->hostdevs.n; i++)
        any |= wantsIommufd(cmd->def->hostdevs.v[i]);
    if (any && !qemuCapsHas(cmd->caps, "iommufd")) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "IOMMUFD is not supported by this QEMU binary (it is since QEMU 8.2)");
        return false;
    }
    if (any)
        qemuArgJson(cmd, "-object", qmpArgs("s:qom-type", "iommufd", "s:id", "iommufd0", NULL));
    return true;
}

static void vfioPci(qemuCommand *cmd, const virPCIAddress *a, unsigned int boot, bool iommufd, const char *failover, const virDeviceInfo *info)
{
    g_autofree char *host = g_strdup_printf("%04x:%02x:%02x.%x", a->domain, a->bus, a->slot, a->function);
    JsonNode *node = qmpArgs("s:driver", "vfio-pci", "s:host", host, "s:id", info->alias, "P:bootindex", boot, "s:iommufd",
                             iommufd ? "iommufd0" : NULL, "s:failover_pair_id", failover, NULL);
    qemuAddAddress(cmd, json_node_get_object(node), info, NULL);
    qemuAddRom(json_node_get_object(node), info);
    qemuDevicePlain(cmd, node, info);
}

static bool commandMdev(qemuCommand *cmd, const virDomainHostdevDef *h, GError **error)
{
    static const char *const models[] = { [VIR_DOMAIN_HOSTDEV_MODEL_VFIO_PCI] = "vfio-pci", [VIR_DOMAIN_HOSTDEV_MODEL_VFIO_CCW] = "vfio-ccw",
                                          [VIR_DOMAIN_HOSTDEV_MODEL_VFIO_AP] = "vfio-ap" };
    char uuid[37];
    virUUIDFormat(h->mdevUuid, uuid);
    g_autofree char *path = g_strdup_printf("/sys/bus/mdev/devices/%s", uuid);
    const char *driver = h->ramfb == VIR_TRISTATE_SWITCH_ON ? "vfio-pci-nohotplug" : models[h->model];
    return qemuDevice(cmd, qmpArgs("s:driver", driver, "s:id", h->info.alias, "s:sysfsdev", path, "s:display",
                                   virTristateSwitchToString(h->display), "P:bootindex", h->info.bootIndex, "B:ramfb",
                                   h->ramfb == VIR_TRISTATE_SWITCH_ON, NULL), &h->info, error);
}

/* ---- USB, vhost ---- */

static bool usbHost(qemuCommand *cmd, unsigned int bus, unsigned int device, virDomainHostdevGuestReset reset, const virDeviceInfo *info,
                    GError **error)
{
    g_autofree char *path = g_strdup_printf("/dev/bus/usb/%03u/%03u", bus, device);
    JsonNode *node = qmpArgs("s:driver", "usb-host", "s:hostdevice", path, "s:id", info->alias, "P:bootindex", info->bootIndex, NULL);
    if (reset != VIR_DOMAIN_HOSTDEV_GUEST_RESET_NONE)
        qmpAdd(json_node_get_object(node), "b:guest-reset", reset == VIR_DOMAIN_HOSTDEV_GUEST_RESET_UNINITIALIZED, "b:guest-resets-all", FALSE, NULL);
    return qemuDevice(cmd, node, info, error);
}

/* Its descriptor comes from whoever starts the guest. */
static bool commandVhostScsi(qemuCommand *cmd, const virDomainHostdevDef *h, GError **error)
{
    static const int models[] = { [VIR_DOMAIN_HOSTDEV_MODEL_VIRTIO_TRANSITIONAL] = 2, [VIR_DOMAIN_HOSTDEV_MODEL_VIRTIO_NON_TRANSITIONAL] = 3 };
    g_autofree char *key = qemuVhostScsiKey(h);
    int known = cmd->sockets ? GPOINTER_TO_INT(g_hash_table_lookup(cmd->sockets, key)) - 1 : -1;
    g_autofree char *driver = qemuVirtioDriver("vhost-scsi", &h->info, h->model < G_N_ELEMENTS(models) ? models[h->model] : 0);
    g_autofree char *fd = g_strdup_printf("%d", known < 0 ? 3 : known);
    return qemuDevice(cmd, qmpArgs("s:driver", driver, "s:wwpn", h->wwpn, "s:vhostfd", fd, "s:id", h->info.alias, NULL), &h->info, error);
}

char *qemuVhostScsiKey(const virDomainHostdevDef *hostdev)
{
    return g_strdup_printf("vhost-%s", hostdev->info.alias);
}

/* ---- all ---- */

static bool commandHostdev(qemuCommand *cmd, const virDomainHostdevDef *h, GError **error)
{
    if (h->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM)
        switch (h->type) {
        case VIR_DOMAIN_HOSTDEV_TYPE_USB:
            return h->missing == VIR_TRISTATE_BOOL_YES || usbHost(cmd, h->usbBus, h->usbDevice, h->guestReset, &h->info, error);
        case VIR_DOMAIN_HOSTDEV_TYPE_PCI:
            vfioPci(cmd, &h->pci, h->info.bootIndex, wantsIommufd(h), h->teaming == VIR_DOMAIN_NET_TEAMING_TRANSIENT ? h->teamingPersistent : NULL,
                    &h->info);
            return true;
        case VIR_DOMAIN_HOSTDEV_TYPE_MDEV:
            return commandMdev(cmd, h, error);
        case VIR_DOMAIN_HOSTDEV_TYPE_SCSI:
            return commandScsiHostdev(cmd, h, error);
        case VIR_DOMAIN_HOSTDEV_TYPE_SCSI_HOST:
            return commandVhostScsi(cmd, h, error);
        default:
            break;
        }
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "host device '%s' is not supported yet by this driver", virDomainHostdevTypeToString(h->type));
    return false;
}

static bool commandNetHostdev(qemuCommand *cmd, const virDomainNetDef *net, GError **error)
{
    if (net->hostdevType == VIR_DOMAIN_HOSTDEV_TYPE_USB)
        return usbHost(cmd, net->hostdevUsbBus, net->hostdevUsbDevice, VIR_DOMAIN_HOSTDEV_GUEST_RESET_NONE, &net->info, error);
    vfioPci(cmd, &net->hostdevPci, qemuBootIndex(cmd, VIR_DOMAIN_BOOT_NETWORK, net, &net->info), false,
            net->teaming == VIR_DOMAIN_NET_TEAMING_TRANSIENT ? net->teamingPersistent : NULL, &net->info);
    return true;
}

bool qemuCommandHostdevs(qemuCommand *cmd, GError **error)
{
    const virDomainDef *def = cmd->def;
    if (!commandIommufd(cmd, error))
        return false;
    for (unsigned int i = 0; i < def->hostdevs.n; i++)
        if (!commandHostdev(cmd, def->hostdevs.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->nets.n; i++)
        if (def->nets.v[i]->type == VIR_DOMAIN_NET_TYPE_HOSTDEV && !commandNetHostdev(cmd, def->nets.v[i], error))
            return false;
    return true;
}
