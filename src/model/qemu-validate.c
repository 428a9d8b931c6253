/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What no QEMU takes, whatever its build: combinations that its machines and devices exclude. What depends on
 * the binary is the driver's. */
#define VIR_FROM VIR_FROM_QEMU
#include <string.h>
#include "base/error.h"
#include "model/machine-defaults.h"
#include "model/passes.h"

static bool unsupported(GError **error, const char *message)
{
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "%s", message);
    return false;
}

static bool validateCPU(const virDomainDef *def, GError **error)
{
    const virCPUDef *cpu = &def->cpu;
    if (cpu->sockets && virCPUTopologyCount(cpu) != def->maxVcpus)
        return unsupported(error, "CPU topology doesn't match maximum vcpu count");
    if (cpu->hasCache && cpu->cacheMode == VIR_CPU_CACHE_MODE_EMULATE && cpu->hasCacheLevel &&
        cpu->cacheLevel != 3)
        return unsupported(error, "CPU cache mode 'emulate' can only be used with level='3'");
    if (cpu->hasCache && cpu->cacheMode == VIR_CPU_CACHE_MODE_PASSTHROUGH) {
        if (cpu->mode != VIR_CPU_MODE_HOST_PASSTHROUGH && cpu->mode != VIR_CPU_MODE_MAXIMUM)
            return unsupported(
                error,
                "CPU cache mode 'passthrough' can only be used with 'host-passthrough' / 'maximum' CPUs");
        if (cpu->hasCacheLevel)
            return unsupported(error, "unsupported CPU cache level for mode 'passthrough'");
    }
    if (def->vcpuList.n && def->vcpuList.v[0]->id == 0 && def->vcpuList.v[0]->enabled == VIR_TRISTATE_BOOL_NO)
        return unsupported(error, "vcpu 0 can't be offline");
    if ((def->cputune.cachetunes.n || def->cputune.memorytunes.n) && def->virtType != VIR_DOMAIN_VIRT_KVM)
        return unsupported(error, "cachetune is only supported for KVM domains");
    if (def->maxMemory && !cpu->cells.n)
        return unsupported(error, "At least one numa node has to be configured when enabling memory hotplug");
    return true;
}

bool virDomainQemuValidateRoot(const virDomainDef *def, GError **error)
{
    const virDomainControllerDef *root = virDomainDefFindController(def, VIR_DOMAIN_CONTROLLER_PCI, 0);
    virDomainControllerModelPci want = virMachineOf(def)->root;
    if (root && want && root->pciModel != want) {
        virSetError(error, VIR_ERR_XML_ERROR,
                    "The PCI controller with index='0' must be model='%s' for this machine type, but "
                    "model='%s' was found instead",
                    virDomainControllerModelPciToString(want),
                    virDomainControllerModelPciToString(root->pciModel));
        return false;
    }
    return true;
}

static bool hasHyperv(const virDomainDef *def)
{
    const virDomainHypervFeatures *h = &def->features.hyperv;
    const virTristateSwitch *all[] = { &h->relaxed, &h->vapic, &h->spinlocks, &h->vpindex, &h->runtime, &h->synic, &h->stimer, &h->reset, &h->vendorId,
                                       &h->frequencies, &h->reenlightenment, &h->tlbflush, &h->ipi, &h->evmcs, &h->avic };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        if (*all[i] == VIR_TRISTATE_SWITCH_ON)
            return true;
    return h->mode == VIR_DOMAIN_HYPERV_MODE_PASSTHROUGH;
}

static bool validateMachine(const virDomainDef *def, GError **error)
{
    bool q35 = virDomainDefIsQ35(def), x86 = virDomainArchIsX86(def->os.arch);
    const virDomainOSDef *os = &def->os;
    if (os->firmwareFeatures.n && !os->firmware) {
        virErrorSet(
            error, VIR_FROM_DOMAIN, VIR_ERR_XML_DETAIL,
            "cannot use feature-based firmware autoselection when firmware autoselection is disabled");
        return false;
    }
    if (x86 && !def->features.acpi &&
        (os->firmware == VIR_DOMAIN_OS_FIRMWARE_EFI || os->loaderType == VIR_DOMAIN_LOADER_TYPE_PFLASH))
        return unsupported(error, "UEFI requires ACPI on this architecture");
    if (def->features.hasTseg && !q35)
        return unsupported(error, "SMM TSEG is only supported with q35 machine type");
    if (def->features.hasTseg && def->features.tseg % (1 << 20))
        return unsupported(error, "SMM TSEG size must be divisible by 1 MiB");
    bool arm = virMachineHas(def, VIR_MACHINE_GIC);
    if (arm && def->features.acpi && os->firmware != VIR_DOMAIN_OS_FIRMWARE_EFI && os->loaderType != VIR_DOMAIN_LOADER_TYPE_PFLASH)
        return unsupported(error, "ACPI requires UEFI on this architecture");
    if (def->features.gic && !arm) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "The 'gic' feature is not supported for architecture '%s' or machine type '%s'",
                    virArchToString(def->os.arch), os->machine);
        return false;
    }
    if (!x86 && !virMachineHas(def, VIR_MACHINE_GIC) && hasHyperv(def)) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Hyperv features are not supported for architecture '%s' or machine type '%s'",
                    virArchToString(def->os.arch), os->machine);
        return false;
    }
    if (!x86 && (def->suspendToMem || def->suspendToDisk))
        return unsupported(error, def->suspendToMem ? "setting ACPI S3 not supported" : "setting ACPI S4 not supported");
    if (q35 && def->maxVcpus > 255 && !(def->iommu && def->iommu->eim == VIR_TRISTATE_SWITCH_ON))
        return unsupported(error, "more than 255 vCPUs require extended interrupt mode enabled on the iommu device");
    for (unsigned int i = 0; i < def->clock.timers.n; i++) {
        const virDomainTimerDef *t = def->clock.timers.v[i];
        bool pcOnly = t->name == VIR_DOMAIN_TIMER_TSC || t->name == VIR_DOMAIN_TIMER_KVMCLOCK || t->name == VIR_DOMAIN_TIMER_HYPERVCLOCK ||
                      t->name == VIR_DOMAIN_TIMER_PIT || t->name == VIR_DOMAIN_TIMER_HPET;
        bool armOnly = t->name == VIR_DOMAIN_TIMER_ARMVTIMER;
        if (t->present == VIR_TRISTATE_BOOL_NO || !((pcOnly && !x86) || (armOnly && !(arm && def->virtType == VIR_DOMAIN_VIRT_KVM))))
            continue;
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Configuring the '%s' timer is not supported for virtType=%s arch=%s machine=%s guests",
                    virDomainTimerNameToString(t->name), virDomainVirtTypeToString(def->virtType), virArchToString(def->os.arch), os->machine);
        return false;
    }
    if (def->iommu && def->iommu->model == VIR_DOMAIN_IOMMU_MODEL_VIRTIO && !q35 && !arm)
        return unsupported(error, "IOMMU device: 'virtio' is only supported with Q35 and ARM Virt machines");
    if (def->iommu && def->iommu->model == VIR_DOMAIN_IOMMU_MODEL_VIRTIO &&
        def->iommu->info.addr.type != VIR_DEVICE_ADDRESS_PCI)
        return unsupported(error, "IOMMU device: 'virtio' needs a PCI address");
    return true;
}

static bool validateDisks(const virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->disks.n; i++) {
        const virDomainDiskDef *disk = def->disks.v[i];
        if (disk->src.format == VIR_STORAGE_FORMAT_COW) {
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "'%s' storage format is not supported",
                        virStorageFormatToString(disk->src.format));
            return false;
        }
        if (disk->bus == VIR_DOMAIN_DISK_BUS_USB && disk->info.addr.type != VIR_DEVICE_ADDRESS_NONE &&
            disk->info.addr.type != VIR_DEVICE_ADDRESS_USB) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "unexpected address type for usb disk");
            return false;
        }
    }
    for (unsigned int i = 0; i < def->fss.n; i++)
        if (def->fss.v[i]->driver == VIR_DOMAIN_FS_DRIVER_VIRTIOFS && def->fss.v[i]->readonly)
            return unsupported(error, "virtiofs does not yet support read-only mode");
    for (unsigned int i = 0; i < def->hostdevs.n; i++)
        if (def->hostdevs.v[i]->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI_HOST &&
            def->hostdevs.v[i]->info.bootIndex)
            return unsupported(error, "booting from assigned devices is not supported by vhost SCSI devices");
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        const virDomainControllerDef *c = def->controllers.v[i];
        bool xhci = c->type == VIR_DOMAIN_CONTROLLER_USB && (c->usbModel == VIR_DOMAIN_CONTROLLER_USB_QEMU_XHCI || c->usbModel == VIR_DOMAIN_CONTROLLER_USB_NEC_XHCI);
        if (!xhci || !c->hasPorts || c->ports <= 15)
            continue;
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "'%s' controller only supports up to '15' ports", virDomainControllerModelUsbToString(c->usbModel));
        return false;
    }
    return true;
}

static bool validateGraphics(const virDomainDef *def, GError **error)
{
    unsigned int headless = 0, remote = 0, gl = 0;
    for (unsigned int i = 0; i < def->graphics.n; i++) {
        const virDomainGraphicsDef *g = def->graphics.v[i];
        for (unsigned int a = 0; g->type == VIR_DOMAIN_GRAPHICS_DBUS && g->audioId && a < def->audios.n; a++)
            if (def->audios.v[a]->id == g->audioId && def->audios.v[a]->type != VIR_DOMAIN_AUDIO_DBUS)
                return unsupported(error, "The associated audio is not of 'dbus' kind.");
        headless += g->type == VIR_DOMAIN_GRAPHICS_EGL_HEADLESS;
        remote += g->type == VIR_DOMAIN_GRAPHICS_VNC || g->type == VIR_DOMAIN_GRAPHICS_SPICE ||
                  g->type == VIR_DOMAIN_GRAPHICS_DBUS;
        gl += g->gl == VIR_TRISTATE_BOOL_YES || g->type == VIR_DOMAIN_GRAPHICS_EGL_HEADLESS;
    }
    if (headless && headless + remote < def->graphics.n)
        return unsupported(
            error,
            "graphics type 'egl-headless' is only supported with one of: 'vnc', 'spice' graphics types");
    if (gl > 1)
        return unsupported(error, "multiple OpenGL displays are not supported by QEMU");
    bool spice = false, spicevmc = false;
    for (unsigned int i = 0; i < def->graphics.n; i++)
        spice |= def->graphics.v[i]->type == VIR_DOMAIN_GRAPHICS_SPICE;
    for (unsigned int i = 0; i < def->redirdevs.n; i++)
        spicevmc |= def->redirdevs.v[i]->source.type == VIR_DOMAIN_CHR_SPICEVMC;
    for (unsigned int i = 0; i < def->channels.n; i++)
        spicevmc |= def->channels.v[i]->source.type == VIR_DOMAIN_CHR_SPICEVMC;
    if (spicevmc && !spice)
        return unsupported(error, "chardev 'spicevmc' not supported without spice graphics");
    return true;
}

bool virDomainQemuValidate(const virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    return validateCPU(def, error) && validateMachine(def, error) && validateDisks(def, error) &&
           virDomainQemuValidateDevices(def, conf, error) && validateGraphics(def, error);
}
