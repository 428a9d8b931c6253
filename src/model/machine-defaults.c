/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The families of QEMU's machines. The first row that fits counts. */
#include <string.h>
#include "model/machine-defaults.h"

#define X86 "x86_64 i686"
#define ARM "aarch64 armv7l armv6l armv7b"
#define PC (VIR_MACHINE_USB | VIR_MACHINE_BALLOON | VIR_MACHINE_PS2)
#define PLAIN (VIR_MACHINE_USB | VIR_MACHINE_BALLOON)
#define PIIX3 "piix3-uhci"
#define ARM_VIRT \
    .traits = VIR_MACHINE_GIC, .root = VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT, .net = "virtio", .video = VIR_DOMAIN_VIDEO_VIRTIO, \
    .serialTarget = VIR_DOMAIN_CHR_SERIAL_TARGET_SYSTEM_SERIAL, .systemSerial = VIR_DOMAIN_CHR_SERIAL_MODEL_PL011

static const virMachine machines[] = {
    { .archs = X86, .exact = "q35", .prefix = "pc-q35", .traits = PC | VIR_MACHINE_SATA,
      .root = VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT, .usbModels = PIIX3,
      .serialTarget = VIR_DOMAIN_CHR_SERIAL_TARGET_ISA_SERIAL, .panic = VIR_DOMAIN_PANIC_MODEL_ISA },
    { .archs = X86, .exact = "pc", .prefix = "pc-i440", .traits = PC,
      .root = VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT, .usbModels = PIIX3,
      .serialTarget = VIR_DOMAIN_CHR_SERIAL_TARGET_ISA_SERIAL, .panic = VIR_DOMAIN_PANIC_MODEL_ISA },
    { .archs = X86, .prefix = "pc-0.", .traits = PC, .root = VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT, .usbModels = PIIX3,
      .serialTarget = VIR_DOMAIN_CHR_SERIAL_TARGET_ISA_SERIAL, .panic = VIR_DOMAIN_PANIC_MODEL_ISA },
    { .archs = X86, .prefix = "pc-1.", .traits = PC, .root = VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT, .usbModels = PIIX3,
      .serialTarget = VIR_DOMAIN_CHR_SERIAL_TARGET_ISA_SERIAL, .panic = VIR_DOMAIN_PANIC_MODEL_ISA },
    { .archs = X86, .traits = VIR_MACHINE_BALLOON | VIR_MACHINE_PS2, .usbModels = PIIX3,
      .serialTarget = VIR_DOMAIN_CHR_SERIAL_TARGET_ISA_SERIAL, .panic = VIR_DOMAIN_PANIC_MODEL_ISA },
    { .archs = "aarch64", .exact = "virt", .prefix = "virt-", ARM_VIRT, .usbModels = "qemu-xhci nec-xhci" },
    { .archs = ARM, .exact = "virt", .prefix = "virt-", ARM_VIRT, .usbModels = PIIX3 },
    { .archs = ARM, .exact = "versatilepb", .usbModels = PIIX3, .net = "smc91c111" },
    { .archs = ARM, .prefix = "vexpress-", .traits = VIR_MACHINE_MMIO | VIR_MACHINE_NO_PCI, .usbModels = PIIX3, .net = "lan9118" },
    { .archs = "aarch64", .traits = VIR_MACHINE_NO_PCI, .usbModels = "qemu-xhci nec-xhci", .net = "lan9118" },
    { .archs = ARM, .traits = VIR_MACHINE_NO_PCI, .usbModels = PIIX3, .net = "lan9118" },
    { .archs = "ppc64 ppc64le", .exact = "pseries", .prefix = "pseries-",
      .traits = PLAIN | VIR_MACHINE_USB_INPUT | VIR_MACHINE_PANIC | VIR_MACHINE_SPAPR,
      .root = VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT, .usbModels = "qemu-xhci nec-xhci pci-ohci",
      .scsi = VIR_DOMAIN_CONTROLLER_SCSI_IBMVSCSI, .video = VIR_DOMAIN_VIDEO_VGA,
      .serialTarget = VIR_DOMAIN_CHR_SERIAL_TARGET_SPAPR_VIO_SERIAL, .panic = VIR_DOMAIN_PANIC_MODEL_PSERIES },
    { .archs = "ppc64 ppc64le", .traits = PLAIN | VIR_MACHINE_USB_INPUT, .root = VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT,
      .usbModels = "qemu-xhci nec-xhci pci-ohci", .video = VIR_DOMAIN_VIDEO_VGA },
    { .archs = "s390x s390", .prefix = "s390-ccw", .traits = VIR_MACHINE_BALLOON | VIR_MACHINE_PANIC | VIR_MACHINE_CCW,
      .root = VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT, .usbModels = "none", .scsi = VIR_DOMAIN_CONTROLLER_SCSI_VIRTIO_SCSI,
      .net = "virtio", .video = VIR_DOMAIN_VIDEO_VIRTIO, .serialTarget = VIR_DOMAIN_CHR_SERIAL_TARGET_SCLP_SERIAL,
      .panic = VIR_DOMAIN_PANIC_MODEL_S390 },
    { .archs = "riscv64 riscv32", .exact = "virt", .traits = VIR_MACHINE_BALLOON, .root = VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT,
      .usbModels = PIIX3, .net = "virtio", .video = VIR_DOMAIN_VIDEO_VIRTIO,
      .serialTarget = VIR_DOMAIN_CHR_SERIAL_TARGET_SYSTEM_SERIAL, .systemSerial = VIR_DOMAIN_CHR_SERIAL_MODEL_16550A },
    { .archs = "riscv64 riscv32", .traits = VIR_MACHINE_BALLOON | VIR_MACHINE_NO_PCI, .usbModels = PIIX3 },
    { .archs = "loongarch64", .prefix = "virt", .traits = PLAIN, .root = VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT,
      .usbModels = "qemu-xhci nec-xhci", .scsi = VIR_DOMAIN_CONTROLLER_SCSI_VIRTIO_SCSI, .net = "virtio",
      .video = VIR_DOMAIN_VIDEO_VIRTIO, .serialTarget = VIR_DOMAIN_CHR_SERIAL_TARGET_SYSTEM_SERIAL,
      .systemSerial = VIR_DOMAIN_CHR_SERIAL_MODEL_16550A },
    { .archs = "ppc ppcemb alpha sh4 sh4eb", .traits = PLAIN, .root = VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT, .usbModels = PIIX3 },
    { .archs = "mips mipsel mips64 mips64el", .exact = "malta", .traits = PLAIN, .root = VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT, .usbModels = PIIX3 },
    { .archs = "sparc64", .traits = PLAIN, .root = VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT, .usbModels = PIIX3 },
    { .archs = "", .traits = PLAIN, .usbModels = PIIX3 },
};

static bool inWords(const char *words, const char *word)
{
    size_t len = strlen(word);
    for (const char *p = words; (p = strstr(p, word)); p += len)
        if ((p == words || p[-1] == ' ') && (p[len] == ' ' || !p[len]))
            return true;
    return false;
}

const virMachine *virMachineOf(const virDomainDef *def)
{
    const char *arch = virArchToString(def->os.arch), *name = def->os.machine ? def->os.machine : "";
    const virMachine *m = machines;
    for (size_t i = 0; i < G_N_ELEMENTS(machines); i++, m++) {
        bool anyName = !m->exact && !m->prefix;
        if ((!*m->archs || (arch && inWords(m->archs, arch))) &&
            (anyName || (m->exact && strcmp(name, m->exact) == 0) || (m->prefix && g_str_has_prefix(name, m->prefix))))
            break;
    }
    return m;
}
