/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a driver tells the model about itself: which guests it runs and what they get when the document is silent.
 * The test driver and QEMU share all parsing, defaults and address assignment; they differ in this table only.
 */
#pragma once

#include "model/domain.h"

typedef enum {
    VIR_DOMAIN_CONF_ADDRESSES = 1 << 0,         /* assign PCI, USB, virtio-serial addresses (the test driver doesn't) */
    VIR_DOMAIN_CONF_QEMU = 1 << 1,              /* the defaults and implied devices of QEMU's machines */
    VIR_DOMAIN_CONF_QEMU_NAMESPACE = 1 << 2,    /* <qemu:commandline> and its siblings are read */
    VIR_DOMAIN_CONF_WIDE_SCSI = 1 << 3,         /* 16 SCSI targets a bus instead of 7 (VMware) */
    VIR_DOMAIN_CONF_DEFAULT_USB = 1 << 4,       /* add a USB controller when there is none */
    VIR_DOMAIN_CONF_XEN = 1 << 8,               /* the defaults of Xen; <xen:commandline> is read */
    VIR_DOMAIN_CONF_FDS = 1 << 6,               /* disks on descriptors that the client passes */
    VIR_DOMAIN_CONF_MEMBALLOON = 1 << 5,        /* add a memory balloon when there is none */
    VIR_DOMAIN_CONF_LONE_SATA = 1 << 7,         /* a SATA controller has one disk (bhyve of old) */
    VIR_DOMAIN_CONF_LXC_NAMESPACE = 1 << 9,     /* <lxc:namespace> is read, and so on */
    VIR_DOMAIN_CONF_BHYVE_NAMESPACE = 1 << 10,
    VIR_DOMAIN_CONF_VMWARE_NAMESPACE = 1 << 11,
} virDomainConfFeatures;

typedef struct _virDomainParseConfig virDomainParseConfig;
struct _virDomainParseConfig {
    const char *name;                   /* "QEMU", "TEST": the driver, for messages */
    unsigned int features;              /* virDomainConfFeatures */
    virArch hostArch;
    unsigned char macPrefix[3];         /* 52:54:00 */
    const char *channelTargetDir;       /* QEMU: where sockets of channels are made; such paths are not kept in definitions */
    const char *nvramDir;               /* where a guest's variables are kept ("…/nvram"); NULL: nowhere of the driver's */
    const char *secModel;               /* security model of labels that name none ("none", "apparmor"); NULL: they stay without */
    void *opaque;                       /* the driver's, for the functions below */

    /* Can this driver run such guests? Values of 0 in osType, arch, virtType mean "any". On success `def` gets defaults for
     * what it leaves open: os.type, os.arch, os.machine, virtType, emulator. */
    bool (*lookup)(const virDomainParseConfig *conf, virDomainDef *def, GError **error);
    /* Full name of a machine ("pc" -> "pc-i440fx-7.2"); NULL keeps it. Static or owned by the driver. */
    const char *(*canonicalMachine)(const virDomainParseConfig *conf, const virDomainDef *def);
    /* Is the named device type or capability in the emulator that `def` uses? (QEMU's device names: "qxl-vga", "piix3-usb-uhci", "pvpanic"…)
     * NULL: everything is. */
    bool (*hasDevice)(const virDomainParseConfig *conf, const virDomainDef *def, const char *device);
    /* Model of a <video> that names none; NULL: cirrus or what the virtualisation type suggests. */
    virDomainVideoType (*defaultVideo)(const virDomainParseConfig *conf, const virDomainDef *def);
    /* CPU model of a guest whose document names none (QEMU: "qemu64"); NULL, or a NULL answer: leave it open. */
    const char *(*defaultCpu)(const virDomainParseConfig *conf, const virDomainDef *def);
    /* Most vCPUs of the guest's machine; 0: not known. NULL: any number. */
    unsigned int (*maxCpus)(const virDomainParseConfig *conf, const virDomainDef *def);
    /* Does this host encrypt guests by AMD SEV? NULL: yes. */
    bool (*hasSev)(const virDomainParseConfig *conf);
    /* Can this host emulate a TPM of that version ("1.2", "2.0", "default")? NULL: any. */
    bool (*hasTpm)(const virDomainParseConfig *conf, const char *version);
    /* Does this device of the host have an express capability? NULL: no. */
    bool (*hostPCIIsExpress)(const virDomainParseConfig *conf, const virPCIAddress *address);
    /* The driver's own defaults and checks, after the model's. May be NULL. */
    bool (*postParse)(const virDomainParseConfig *conf, virDomainDef *def, unsigned int flags, GError **error);
    /* The driver's own places for devices, when all controllers are there. May be NULL. */
    bool (*assignAddresses)(const virDomainParseConfig *conf, virDomainDef *def, GError **error);
    bool (*validate)(const virDomainParseConfig *conf, const virDomainDef *def, GError **error);
    /* Private parts of the status file, between <domstatus> and <domain>. `node` is an xmlNode. Either may be NULL. */
    bool (*statusParse)(const virDomainParseConfig *conf, void *node, void **priv, GError **error);
};
