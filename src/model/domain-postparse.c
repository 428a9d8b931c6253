/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a document leaves open. Plain passes over the struct, each idempotent, in a fixed order. */
#define VIR_FROM VIR_FROM_DOMAIN
#include "base/error.h"
#include "model/passes.h"

bool virDomainArchIsX86(virArch arch)
{
    return arch == VIR_ARCH_X86_64 || arch == VIR_ARCH_I686;
}

static bool spellLoadparm(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    for (char *p = info->loadparm; p && *p; p++)
        *p = g_ascii_toupper(*p);
    return true;
}

/* Aliases of an earlier run are not part of a definition. */
static bool dropAlias(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    if (info->alias && !g_str_has_prefix(info->alias, "ua-"))
        g_clear_pointer(&info->alias, g_free);
    return true;
}

/* Addresses that can't be, whatever the machine. */
static bool checkAddress(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    enum { LAST_CSSID = 0xfe, LAST_SSID = 3, LAST_DEVNO = 0xffff };
    GError **error = data;
    virCCWAddress *a = &info->addr.ccw;
    if (info->addr.type == VIR_DEVICE_ADDRESS_VIRTIO_S390) {
        virSetError(error, VIR_ERR_XML_ERROR, "virtio-s390 bus doesn't have an address");
        return false;
    }
    if (info->addr.type != VIR_DEVICE_ADDRESS_CCW)
        return true;
    unsigned int given = a->hasCssid + a->hasSsid + a->hasDevno;
    a->assigned = given == 3;
    if (given != 0 && given != 3) {
        virErrorSet(error, VIR_FROM_DEVICE, VIR_ERR_INTERNAL_ERROR, "Invalid partial specification for virtio ccw address");
        return false;
    }
    if (given && (a->cssid > LAST_CSSID || a->ssid > LAST_SSID || a->devno > LAST_DEVNO)) {
        virErrorSet(error, VIR_FROM_DEVICE, VIR_ERR_INTERNAL_ERROR,
                    "Invalid specification for virtio ccw address: cssid='0x%x' ssid='0x%x' devno='0x%04x'", a->cssid, a->ssid, a->devno);
        return false;
    }
    return true;
}

bool virDomainDefPostParse(virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags,
                           GError **error)
{
    if (flags & VIR_DOMAIN_DEF_INACTIVE)
        virDomainDefForeachInfo(def, dropAlias, NULL);
    virDomainDefForeachInfo(def, spellLoadparm, NULL);
    if (!virDomainDefForeachInfo(def, checkAddress, error))
        return false;
    virDomainDropNamespaces(def, conf->features);
    if (!virDomainPassGeneral(def, conf, flags, error))
        return false;
    if (!(flags & VIR_DOMAIN_DEF_STATUS))
        virDomainControllersSort(def);
    if (virDomainConfHas(conf, VIR_DOMAIN_CONF_QEMU))
        virDomainPassQemuDevices(def, conf);
    if (!virDomainPassDisks(def, conf, error) || !virDomainPassChr(def, conf, error) ||
        !virDomainPassGraphics(def, conf, flags, error) || !virDomainPassDevices(def, conf, flags, error))
        return false;
    if (virDomainConfHas(conf, VIR_DOMAIN_CONF_QEMU) && !virDomainPassQemuModels(def, conf, flags, error))
        return false;
    if (conf->postParse && !conf->postParse(conf, def, flags, error))
        return false;
    if (!virDomainPassControllers(def, conf, error))
        return false;
    if (virDomainConfHas(conf, VIR_DOMAIN_CONF_QEMU) && !virDomainPassQemuControllers(def, conf, error))
        return false;
    if (virDomainConfHas(conf, VIR_DOMAIN_CONF_QEMU) && !virDomainQemuValidateRoot(def, error))
        return false;
    if (virDomainConfHas(conf, VIR_DOMAIN_CONF_ADDRESSES) && !virDomainDefAssignAddresses(def, conf, error))
        return false;
    if (conf->assignAddresses && !conf->assignAddresses(conf, def, error))
        return false;
    virDomainMirrorConsole(def);
    return true;
}

bool virDomainDefAssignAddresses(virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    unsigned int known = def->controllers.n;
    return virDomainAssignVirtioSerial(def, conf, error) && virDomainAssignVio(def, conf, error) &&
           virDomainAssignVirtio(def, conf, error) && virDomainAssignPCI(def, conf, error) &&
           virDomainAssignZpci(def, known, error) && virDomainAssignUSB(def, conf, error);
}
