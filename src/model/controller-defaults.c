/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Post-parse: controllers. Indexes, order, and the controllers that other devices need. */
#define VIR_FROM VIR_FROM_DOMAIN
#include <string.h>
#include "base/error.h"
#include "model/passes.h"
#include "model/tables.h"

/* More buses than PCI can number; nothing has more controllers of a kind. */
enum { MOST_INDEX = 1023 };

static int orderOf(const virDomainControllerDef *c)
{
    return c->hasIdx ? (int)c->idx : -1;
}

static void insertSorted(virDomainDef *def, virDomainControllerDef *c)
{
    int at = -1;
    for (unsigned int i = def->controllers.n; i-- > 0;) {
        if (def->controllers.v[i]->type != c->type)
            continue;
        const virDomainControllerDef *d = def->controllers.v[i];
        bool companion = d->hasIdx && c->hasIdx && d->idx == c->idx && d->info.hasMaster &&
                         !c->info.hasMaster; /* after their master */
        if (orderOf(d) > orderOf(c) || companion)
            at = i;
        else if (at < 0)
            at = i + 1;
    }
    virListInsert(&def->controllers, at < 0 ? def->controllers.n : (unsigned int)at, c);
}

void virDomainControllersSort(virDomainDef *def)
{
    __typeof__(def->controllers) old = def->controllers;
    def->controllers.v = NULL;
    def->controllers.n = 0;
    for (unsigned int i = 0; i < old.n; i++)
        insertSorted(def, old.v[i]);
    g_free(old.v);
}

static unsigned int nextIndex(const virDomainDef *def, virDomainControllerType type)
{
    unsigned int idx = 0;
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        const virDomainControllerDef *c = def->controllers.v[i];
        if (c->type == type && c->hasIdx && c->idx == idx) {
            idx++;
            i = -1;
        }
    }
    return idx;
}

virDomainControllerDef *virDomainControllerAdd(virDomainDef *def, virDomainControllerType type, int idx)
{
    virDomainControllerDef *c = virXmlNew(&virDomainControllerDefXml);
    c->type = type;
    c->idx = idx >= 0 ? (unsigned int)idx : nextIndex(def, type);
    c->hasIdx = true;
    virListAppend(&def->controllers, c);
    return c;
}

void virDomainControllerUpTo(virDomainDef *def, virDomainControllerType type, unsigned int idx)
{
    for (unsigned int i = 0; i <= idx && i < 1024; i++)
        if (!virDomainDefFindController(def, type, i))
            virDomainControllerAdd(def, type, i);
}

static bool isCompanion(const virDomainControllerDef *c)
{
    return c->usbModel >= VIR_DOMAIN_CONTROLLER_USB_ICH9_EHCI1 &&
           c->usbModel <= VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI3;
}

/* A member of an ICH9 family joins the last family that lacks it. */
static unsigned int nextUsbIndex(const virDomainDef *def, const virDomainControllerDef *self)
{
    int found = -1;
    for (unsigned int i = 0; i < def->controllers.n && isCompanion(self); i++) {
        const virDomainControllerDef *c = def->controllers.v[i];
        if (c == self || c->type != VIR_DOMAIN_CONTROLLER_USB || !c->hasIdx || (int)c->idx <= found)
            continue;
        bool fits = true;
        for (unsigned int j = 0; j < def->controllers.n; j++) {
            const virDomainControllerDef *d = def->controllers.v[j];
            if (d != self && d->type == c->type && d->hasIdx && d->idx == c->idx)
                fits &= isCompanion(d) && d->usbModel != self->usbModel;
        }
        if (fits)
            found = c->idx;
    }
    return found >= 0 ? (unsigned int)found : nextIndex(def, VIR_DOMAIN_CONTROLLER_USB);
}

/* Controllers without an index get the next free one. */
static bool passIndexes(virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        virDomainControllerDef *c = def->controllers.v[i];
        bool usb = c->type == VIR_DOMAIN_CONTROLLER_USB;
        if (!c->hasIdx) {
            c->idx = usb ? nextUsbIndex(def, c) : nextIndex(def, c->type);
            c->hasIdx = true;
        }
        if (c->idx > MOST_INDEX) {
            virSetError(error, VIR_ERR_XML_ERROR, "index '%u' of controller '%s' is greater than %d", c->idx, virDomainControllerTypeToString(c->type), MOST_INDEX);
            return false;
        }
        for (unsigned int j = 0; j < i; j++) {
            virDomainControllerDef *other = def->controllers.v[j];
            if (usb || other->type != c->type || other->idx != c->idx) /* companions of USB share theirs */
                continue;
            virSetError(error, VIR_ERR_XML_ERROR, "Multiple '%s' controllers with index '%u'",
                        virDomainControllerTypeToString(c->type), c->idx);
            return false;
        }
    }
    return true;
}

/* Drives sit on controllers up to the greatest that a disk or host device names. */
static void addDriveControllers(virDomainDef *def)
{
    static const struct {
        virDomainDiskBus bus;
        virDomainControllerType type;
    } order[] = {
        { VIR_DOMAIN_DISK_BUS_SCSI, VIR_DOMAIN_CONTROLLER_SCSI },
        { VIR_DOMAIN_DISK_BUS_FDC, VIR_DOMAIN_CONTROLLER_FDC },
        { VIR_DOMAIN_DISK_BUS_IDE, VIR_DOMAIN_CONTROLLER_IDE },
        { VIR_DOMAIN_DISK_BUS_SATA, VIR_DOMAIN_CONTROLLER_SATA },
    };
    for (size_t o = 0; o < G_N_ELEMENTS(order); o++) {
        int greatest = -1;
        for (unsigned int i = 0; i < def->disks.n; i++)
            if (def->disks.v[i]->bus == order[o].bus &&
                def->disks.v[i]->info.addr.type == VIR_DEVICE_ADDRESS_DRIVE)
                greatest = MAX(greatest, (int)def->disks.v[i]->info.addr.drive.controller);
        for (unsigned int i = 0; i < def->hostdevs.n && order[o].type == VIR_DOMAIN_CONTROLLER_SCSI; i++)
            if (def->hostdevs.v[i]->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI &&
                def->hostdevs.v[i]->info.addr.type == VIR_DEVICE_ADDRESS_DRIVE)
                greatest = MAX(greatest, (int)def->hostdevs.v[i]->info.addr.drive.controller);
        if (greatest >= 0)
            virDomainControllerUpTo(def, order[o].type, greatest);
    }
}

/* Channels and virtio consoles; a controller has 31 ports, 0 being kept for the console. */
static void addVirtioSerial(virDomainDef *def)
{
    for (unsigned int pass = 0; pass < 2; pass++) {
        unsigned int n = pass ? def->consoles.n : def->channels.n;
        for (unsigned int i = 0; i < n; i++) {
            const virDomainChrDef *chr = pass ? def->consoles.v[i] : def->channels.v[i];
            bool virtio = pass ? chr->consoleTarget == VIR_DOMAIN_CHR_CONSOLE_TARGET_VIRTIO
                               : chr->channelTarget == VIR_DOMAIN_CHR_CHANNEL_TARGET_VIRTIO;
            if (!virtio)
                continue;
            if (pass && chr->info.addr.type != VIR_DEVICE_ADDRESS_NONE &&
                chr->info.addr.type != VIR_DEVICE_ADDRESS_VIRTIO_SERIAL)
                continue;
            unsigned int idx = chr->info.addr.type == VIR_DEVICE_ADDRESS_VIRTIO_SERIAL
                                   ? chr->info.addr.vioserial.controller
                                   : 0;
            if (!virDomainDefFindController(def, VIR_DOMAIN_CONTROLLER_VIRTIO_SERIAL, idx))
                virDomainControllerAdd(def, VIR_DOMAIN_CONTROLLER_VIRTIO_SERIAL, idx);
        }
    }
}

static void addCcid(virDomainDef *def)
{
    for (unsigned int i = 0; i < def->smartcards.n; i++) {
        virDeviceInfo *info = &def->smartcards.v[i]->info;
        if (info->addr.type == VIR_DEVICE_ADDRESS_NONE) {
            info->addr.type = VIR_DEVICE_ADDRESS_CCID;
            info->addr.ccid = (virCcidAddress){ .controller = 0, .slot = i };
        }
        if (info->addr.type == VIR_DEVICE_ADDRESS_CCID)
            virDomainControllerUpTo(def, VIR_DOMAIN_CONTROLLER_CCID, info->addr.ccid.controller);
    }
}

/* The next free place on a SCSI bus for host devices that name none. */
static bool scsiUsed(const virDomainDef *def, unsigned int controller, unsigned int unit)
{
    for (unsigned int i = 0; i < def->disks.n; i++) {
        const virDomainDiskDef *d = def->disks.v[i];
        if (d->bus == VIR_DOMAIN_DISK_BUS_SCSI && d->info.addr.type == VIR_DEVICE_ADDRESS_DRIVE &&
            d->info.addr.drive.controller == controller && d->info.addr.drive.bus == 0 &&
            d->info.addr.drive.target == 0 && d->info.addr.drive.unit == unit)
            return true;
    }
    for (unsigned int i = 0; i < def->hostdevs.n; i++) {
        const virDomainHostdevDef *d = def->hostdevs.v[i];
        if (d->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI && d->info.addr.type == VIR_DEVICE_ADDRESS_DRIVE &&
            d->info.addr.drive.controller == controller && d->info.addr.drive.bus == 0 &&
            d->info.addr.drive.target == 0 && d->info.addr.drive.unit == unit)
            return true;
    }
    return false;
}

static void placeScsiHostdevs(virDomainDef *def, const virDomainParseConfig *conf)
{
    unsigned int units = virDomainScsiWidth(conf);
    for (unsigned int i = 0; i < def->hostdevs.n; i++) {
        virDomainHostdevDef *dev = def->hostdevs.v[i];
        if (dev->mode != VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM || dev->type != VIR_DOMAIN_HOSTDEV_TYPE_SCSI ||
            dev->info.addr.type != VIR_DEVICE_ADDRESS_NONE)
            continue;
        for (unsigned int n = 0;; n++) {
            unsigned int controller = n / units, unit = n % units;
            if (unit == 7 || scsiUsed(def, controller, unit))
                continue;
            dev->info.addr.drive = (virDriveAddress){ .controller = controller, .unit = unit };
            dev->info.addr.type = VIR_DEVICE_ADDRESS_DRIVE;
            break;
        }
    }
}

/* Companions serve two ports each of their master's. */
static void passMasters(virDomainDef *def)
{
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        virDomainControllerDef *c = def->controllers.v[i];
        if (c->type != VIR_DOMAIN_CONTROLLER_USB || !isCompanion(c) ||
            c->usbModel == VIR_DOMAIN_CONTROLLER_USB_ICH9_EHCI1 || c->info.hasMaster)
            continue;
        c->info.hasMaster = true;
        c->info.masterStartport = (c->usbModel - VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI1) * 2;
    }
}

bool virDomainPassControllers(virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    passMasters(def);
    if (!passIndexes(def, error))
        return false;
    placeScsiHostdevs(def, conf);
    addDriveControllers(def);
    addVirtioSerial(def);
    addCcid(def);
    return true;
}
