/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The passes of virDomainDefPostParse, in the order in which they run. Inside src/model/ only. */
#pragma once

#include "model/domain-conf.h"

bool virDomainPassGeneral(virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags, GError **error);     /* defaults.c */
bool virDomainPassChr(virDomainDef *def, const virDomainParseConfig *conf, GError **error);             /* chr-defaults.c */
bool virDomainPassChrSource(virDomainChrSource *source, bool needsPath, GError **error);
bool virDomainPassDisks(virDomainDef *def, const virDomainParseConfig *conf, GError **error);           /* disk-defaults.c */
bool virDomainPassGraphics(virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags, GError **error);    /* graphics-defaults.c */
bool virDomainPassDevices(virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags, GError **error);     /* device-defaults.c */
void virDomainPassQemuDevices(virDomainDef *def, const virDomainParseConfig *conf);                     /* qemu-defaults.c: implied devices */
bool virDomainPassQemuModels(virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags, GError **error);      /* … and default models */
bool virDomainPassQemuControllers(virDomainDef *def, const virDomainParseConfig *conf, GError **error);
bool virDomainPassControllers(virDomainDef *def, const virDomainParseConfig *conf, GError **error);     /* controller-defaults.c */

/* The copy that a migratable document shows. migratable.c */
virDomainDef *virDomainDefMigratable(const virDomainDef *def);
bool virDomainDefIsQemu(const virDomainDef *def);
/* What no QEMU takes, whatever its build. qemu-validate.c */
bool virDomainQemuValidate(const virDomainDef *def, const virDomainParseConfig *conf, GError **error);
bool virDomainQemuValidateRoot(const virDomainDef *def, GError **error);     /* before addresses are given: they depend on it */
bool virDomainQemuValidateDevices(const virDomainDef *def, const virDomainParseConfig *conf, GError **error);   /* qemu-validate-device.c */
/* Do both take the same device of the host? validate.c */
bool virDomainHostdevSame(const virDomainHostdevDef *a, const virDomainHostdevDef *b);
/* Extensions of other drivers mean nothing to this one. domain-ns-table.c */
void virDomainDropNamespaces(virDomainDef *def, unsigned int features);

/* Controllers of a type stand together as they are read; implied ones are appended. */
void virDomainControllersSort(virDomainDef *def);
virDomainControllerDef *virDomainControllerAdd(virDomainDef *def, virDomainControllerType type, int idx);   /* idx -1: next free */
/* Add controllers 0..idx of a type as far as they are missing. */
/* Disks of one bus stand together, in the order of their targets. disk-defaults.c */
void virDomainDisksSort(virDomainDef *def);
void virDomainControllerUpTo(virDomainDef *def, virDomainControllerType type, unsigned int idx);

virDomainInputBus virDomainInputDefaultBus(const virDomainDef *def, const virDomainInputDef *input);     /* device-defaults.c */
/* The first console of an hvm guest is its first serial port seen from another side: the same address and alias. chr-defaults.c */
void virDomainMirrorConsole(virDomainDef *def);
bool virDomainIsMirror(const virDomainDef *def, const char *kind, const void *device);

bool virDomainPassNetParts(virDomainNetDef *net, GError **error);    /* net-check.c */
bool virDomainPassSeclabels(virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags, GError **error);   /* seclabel-defaults.c */
bool virDomainValidateDevices(const virDomainDef *def, const virDomainParseConfig *conf, GError **error);   /* validate-device.c */

/* address assignment, pci-address.c and bus-address.c */
bool virDomainAssignPCI(virDomainDef *def, const virDomainParseConfig *conf, GError **error);
bool virDomainAssignUSB(virDomainDef *def, const virDomainParseConfig *conf, GError **error);
bool virDomainAssignVirtioSerial(virDomainDef *def, const virDomainParseConfig *conf, GError **error);
/* machine-address.c: CCW or virtio-mmio for virtio devices; VIO; s390's PCI numbers */
bool virDomainAssignVirtio(virDomainDef *def, const virDomainParseConfig *conf, GError **error);
bool virDomainAssignVio(virDomainDef *def, const virDomainParseConfig *conf, GError **error);
/* Of the PCI controllers only the first `known` get one: those that were added on the way have none until the next reading. */
bool virDomainAssignZpci(virDomainDef *def, unsigned int known, GError **error);
/* Where a disk goes by its target's name ("sdb" on scsi: controller 0, unit 1). False: not a name of such a disk. */
bool virDomainDiskAddressFromTarget(const virDomainDef *def, const virDomainParseConfig *conf, virDomainDiskDef *disk, GError **error);
/* The name ends with the LUN: "iqn…/0" when none is given. */
void virStorageIscsiLun(virStorageSource *src);
/* "sda" 0, "vdb" 1, "sdaa" 26; -1: not a disk name. The partition's number, if any, is cut off. */
int virDomainDiskNameIndex(const char *name);

#define virDomainConfHas(conf, feature) (((conf)->features & (feature)) != 0)
bool virDomainArchIsX86(virArch arch);
/* Targets of a SCSI bus. QEMU's take more, but its guests have always been counted by the narrow bus. */
static inline unsigned int virDomainScsiWidth(const virDomainParseConfig *conf)
{
    return virDomainConfHas(conf, VIR_DOMAIN_CONF_WIDE_SCSI) && !virDomainConfHas(conf, VIR_DOMAIN_CONF_QEMU) ? 16 : 7;
}
