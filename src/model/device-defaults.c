/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Post-parse: the remaining devices. MAC addresses, input buses, TPM, rng, hostdevs, security labels. */
#define VIR_FROM VIR_FROM_DOMAIN
#include <string.h>
#include "base/error.h"
#include "base/util.h"
#include "model/passes.h"

/* Model names are QEMU's; those that were once written otherwise are put right. */
static void spellModel(char **model)
{
    static const char *const known[] = { "virtio",
                                         "virtio-transitional",
                                         "virtio-non-transitional",
                                         "e1000",
                                         "e1000e",
                                         "igb",
                                         "rtl8139",
                                         "ne2k_pci",
                                         "pcnet",
                                         "i82551",
                                         "i82557b",
                                         "i82559er",
                                         "vmxnet3",
                                         "usb-net",
                                         "spapr-vlan",
                                         "lan9118",
                                         "scm91c111",
                                         "vmxnet",
                                         "vmxnet2",
                                         "netfront",
                                         "am79c970a",
                                         "am79c973" };
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (g_ascii_strcasecmp(*model, known[i]) != 0 || strcmp(*model, known[i]) == 0)
            continue;
        g_free(*model);
        *model = g_strdup(known[i]);
    }
}

/* What each type of interface must say about its other end. */
static bool checkNetSource(const virDomainNetDef *net, GError **error)
{
    enum { SOURCED = 1 << VIR_DOMAIN_NET_TYPE_NETWORK | 1 << VIR_DOMAIN_NET_TYPE_DIRECT | 1 << VIR_DOMAIN_NET_TYPE_VDPA |
                     1 << VIR_DOMAIN_NET_TYPE_SERVER | 1 << VIR_DOMAIN_NET_TYPE_CLIENT | 1 << VIR_DOMAIN_NET_TYPE_MCAST |
                     1 << VIR_DOMAIN_NET_TYPE_UDP | 1 << VIR_DOMAIN_NET_TYPE_INTERNAL | 1 << VIR_DOMAIN_NET_TYPE_VHOSTUSER |
                     1 << VIR_DOMAIN_NET_TYPE_VDS,
           SOCKETS = 1 << VIR_DOMAIN_NET_TYPE_SERVER | 1 << VIR_DOMAIN_NET_TYPE_CLIENT | 1 << VIR_DOMAIN_NET_TYPE_MCAST |
                     1 << VIR_DOMAIN_NET_TYPE_UDP };
    unsigned int type = 1u << net->type;
    if (type & SOURCED && !net->hasSource) {
        virSetError(error, VIR_ERR_XML_ERROR, "interface type='%s' requires a 'source' element",
                    virDomainNetTypeToString(net->type));
        return false;
    }
    const char *missing = net->type == VIR_DOMAIN_NET_TYPE_NETWORK && !net->network ? "network"
                          : type & SOCKETS && !net->socketPort ? "port"
                          : type & SOCKETS && !net->socketAddress && net->type != VIR_DOMAIN_NET_TYPE_SERVER ? "address" : NULL;
    if (missing)
        virErrorSet(error, VIR_FROM_XML, VIR_ERR_XML_ERROR, "Missing required attribute '%s' in element '%s'", missing, "source");
    if (!missing && net->model && strspn(net->model, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != strlen(net->model)) {
        virSetError(error, VIR_ERR_INVALID_ARG, "Model name contains invalid characters");
        return false;
    }
    return !missing;
}

static bool passNet(virDomainDef *def, const virDomainParseConfig *conf, virDomainNetDef *net,
                    unsigned int flags, GError **error)
{
    if (!checkNetSource(net, error))
        return false;
    if (net->type == VIR_DOMAIN_NET_TYPE_BRIDGE && !net->bridge) {
        virSetError(error, VIR_ERR_XML_ERROR, "Missing required attribute '%s' in element '%s'", "bridge",
                    "source");
        return false;
    }
    if (virMacIsZero(&net->mac) && !net->hasMac) {
        net->hasMac = true;
        memcpy(net->mac.b, conf->macPrefix, 3);
        guint32 r = g_random_int();
        net->mac.b[3] = r, net->mac.b[4] = r >> 8, net->mac.b[5] = r >> 16;
    } else if (net->mac.b[0] & 1) {
        virSetError(error, VIR_ERR_XML_ERROR,
                    "expected unicast mac address, found multicast '%02x:%02x:%02x:%02x:%02x:%02x'",
                    net->mac.b[0], net->mac.b[1], net->mac.b[2], net->mac.b[3], net->mac.b[4], net->mac.b[5]);
        return false;
    }
    if (!virDomainPassNetParts(net, error))
        return false;
    if (net->model)
        spellModel(&net->model);
    if (net->type == VIR_DOMAIN_NET_TYPE_HOSTDEV) { /* no device of ours to tune or filter */
        net->queues = 0;
        g_clear_pointer(&net->filter, g_free);
    }
    if (net->type == VIR_DOMAIN_NET_TYPE_DIRECT && !net->macvlanMode)
        net->macvlanMode = VIR_NET_MACVLAN_MODE_VEPA;
    if (net->type == VIR_DOMAIN_NET_TYPE_HOSTDEV && !net->hasHostdevAddress) {
        if (!net->hasHostdevVendor) {
            virSetError(error, VIR_ERR_XML_ERROR, "missing source address type");
            return false;
        }
        net->hostdevType = VIR_DOMAIN_HOSTDEV_TYPE_USB;
    }
    if (net->ifname && flags & VIR_DOMAIN_DEF_INACTIVE &&
        (g_str_has_prefix(net->ifname, "vnet") ||
         (g_str_has_prefix(net->ifname, "macvtap") && net->type == VIR_DOMAIN_NET_TYPE_DIRECT)))
        g_clear_pointer(&net->ifname, g_free); /* names of an earlier run's making */
    if (!net->coalesceRxMax)
        net->hasCoalesce = false;
    if (net->queues == 1)
        net->queues = 0;
    if (net->type != VIR_DOMAIN_NET_TYPE_HOSTDEV && net->model &&
        !g_str_has_prefix(net->model, "virtio")) { /* virtio's options alone */
        net->driverName = VIR_DOMAIN_NET_DRIVER_NONE;
        net->queues = 0;
        g_clear_pointer(&net->backendVhost, g_free);
    }
    return true;
}

virDomainInputBus virDomainInputDefaultBus(const virDomainDef *def, const virDomainInputDef *input)
{
    if (input->type == VIR_DOMAIN_INPUT_TYPE_PASSTHROUGH)
        return VIR_DOMAIN_INPUT_BUS_VIRTIO;
    if (input->type == VIR_DOMAIN_INPUT_TYPE_EVDEV)
        return VIR_DOMAIN_INPUT_BUS_NONE;
    switch (input->info.addr.type) {
    case VIR_DEVICE_ADDRESS_USB:
        return VIR_DOMAIN_INPUT_BUS_USB;
    case VIR_DEVICE_ADDRESS_PCI:
    case VIR_DEVICE_ADDRESS_CCW:
    case VIR_DEVICE_ADDRESS_VIRTIO_MMIO:
        return VIR_DOMAIN_INPUT_BUS_VIRTIO;
    default:
        break;
    }
    if (def->os.type == VIR_DOMAIN_OSTYPE_XEN || def->os.type == VIR_DOMAIN_OSTYPE_XENPVH)
        return VIR_DOMAIN_INPUT_BUS_XEN;
    if (def->os.type != VIR_DOMAIN_OSTYPE_HVM)
        return VIR_DOMAIN_INPUT_BUS_PARALLELS;
    return input->type != VIR_DOMAIN_INPUT_TYPE_TABLET && virDomainArchIsX86(def->os.arch) ? VIR_DOMAIN_INPUT_BUS_PS2
                                                                                         : VIR_DOMAIN_INPUT_BUS_USB;
}

static void passRng(virDomainRngDef *rng)
{
    if (rng->backend == VIR_DOMAIN_RNG_BACKEND_RANDOM && !rng->path)
        rng->path = g_strdup("/dev/random");
    if (rng->rateBytes && !rng->ratePeriod)
        rng->ratePeriod = 1000;
}

/* USB versions have two digits after the point: "9.4" is 9.40. */
static void passVersion(char **version)
{
    const char *point = *version ? strchr(*version, '.') : NULL;
    if (!point || strlen(point) != 2)
        return;
    char *padded = g_strconcat(*version, "0", NULL);
    g_free(*version);
    *version = padded;
}

static void passTpm(virDomainDef *def, virDomainTpmDef *tpm)
{
    if (!tpm->model)
        tpm->model = VIR_DOMAIN_TPM_MODEL_TPM_TIS;
    if (tpm->backend == VIR_DOMAIN_TPM_BACKEND_PASSTHROUGH && !tpm->path)
        tpm->path = g_strdup("/dev/tpm0");
}

static void passHostdev(virDomainHostdevDef *dev)
{
    if (dev->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM && !dev->managed &&
        (dev->type == VIR_DOMAIN_HOSTDEV_TYPE_PCI || dev->type == VIR_DOMAIN_HOSTDEV_TYPE_USB ||
         dev->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI || dev->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI_HOST ||
         dev->type == VIR_DOMAIN_HOSTDEV_TYPE_MDEV))
        dev->managed = VIR_TRISTATE_BOOL_NO;
    if (dev->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI && dev->protocol == VIR_DOMAIN_HOSTDEV_SCSI_PROTOCOL_ISCSI)
        virStorageIscsiLun(&dev->iscsi);
}

bool virDomainPassDevices(virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags,
                          GError **error)
{
    for (unsigned int i = 0; i < def->nets.n; i++)
        if (!passNet(def, conf, def->nets.v[i], flags, error))
            return false;
    for (unsigned int i = 0; i < def->inputs.n; i++)
        if (!def->inputs.v[i]->bus)
            def->inputs.v[i]->bus = virDomainInputDefaultBus(def, def->inputs.v[i]);
    for (unsigned int i = 0; i < def->rngs.n; i++)
        passRng(def->rngs.v[i]);
    for (unsigned int i = 0; i < def->tpms.n; i++)
        passTpm(def, def->tpms.v[i]);
    for (unsigned int i = 0; i < def->hostdevs.n; i++)
        passHostdev(def->hostdevs.v[i]);
    for (unsigned int i = 0; def->redirfilter && i < def->redirfilter->rules.n; i++)
        passVersion(&def->redirfilter->rules.v[i]->version);
    for (unsigned int i = 0; i < def->fss.n; i++)
        if (!def->fss.v[i]->accessmode && !(def->fss.v[i]->driver == VIR_DOMAIN_FS_DRIVER_VIRTIOFS && def->fss.v[i]->socket))
            def->fss.v[i]->accessmode = VIR_DOMAIN_FS_ACCESSMODE_PASSTHROUGH;
    if (def->memballoon && def->memballoon->model == VIR_DOMAIN_MEMBALLOON_NONE)
        def->memballoon->info.addr.type = VIR_DEVICE_ADDRESS_NONE;
    if (def->vsock && !def->vsock->cid && !def->vsock->autoCid)
        def->vsock->autoCid = VIR_TRISTATE_BOOL_YES;
    return virDomainPassSeclabels(def, conf, flags, error);
}
