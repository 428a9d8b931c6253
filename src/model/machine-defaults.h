/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each family of QEMU's machines brings along: buses, default models of devices. One row for each family. */
#pragma once

#include "model/domain.h"

typedef enum {
    VIR_MACHINE_USB = 1 << 0,           /* has a USB controller unless told otherwise */
    VIR_MACHINE_BALLOON = 1 << 1,       /* and a memory balloon */
    VIR_MACHINE_SATA = 1 << 2,
    VIR_MACHINE_PS2 = 1 << 3,           /* mouse and keyboard */
    VIR_MACHINE_USB_INPUT = 1 << 4,     /* the same on USB, where there is a screen */
    VIR_MACHINE_PANIC = 1 << 5,         /* its panic device can't be left out */
    VIR_MACHINE_MMIO = 1 << 6,          /* virtio devices have virtio-mmio addresses */
    VIR_MACHINE_CCW = 1 << 7,           /* … CCW addresses */
    VIR_MACHINE_SPAPR = 1 << 8,         /* VIO bus, PCI host bridges */
    VIR_MACHINE_GIC = 1 << 9,
    VIR_MACHINE_NO_PCI = 1 << 10,       /* devices without a bus stay without an address */
} virMachineTraits;

typedef struct {
    const char *archs;                  /* words, "" any */
    const char *exact, *prefix;         /* names; both NULL: any */
    unsigned int traits;
    virDomainControllerModelPci root;
    const char *usbModels;              /* in the order of preference; the last needs no device of QEMU's to be looked for */
    virDomainControllerModelScsi scsi;  /* NONE: lsilogic, else virtio-scsi */
    const char *net;                    /* NULL: rtl8139, e1000, virtio */
    virDomainVideoType video;           /* NONE: cirrus */
    virDomainChrSerialTarget serialTarget;
    virDomainChrSerialModel systemSerial;       /* the model of its built-in port */
    virDomainPanicModel panic;
} virMachine;

/* Never NULL. */
const virMachine *virMachineOf(const virDomainDef *def);
static inline bool virMachineHas(const virDomainDef *def, unsigned int trait)
{
    return (virMachineOf(def)->traits & trait) != 0;
}
