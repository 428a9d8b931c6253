/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What QEMU's machines bring along or want: implied devices and the default model of each device. */
#define VIR_FROM VIR_FROM_DOMAIN
#include <string.h>
#include "base/error.h"
#include "model/machine-defaults.h"
#include "model/passes.h"
#include "model/tables.h"

static bool has(const virDomainParseConfig *conf, const virDomainDef *def, const char *device)
{
    return !conf->hasDevice || conf->hasDevice(conf, def, device);
}

static void addInput(virDomainDef *def, virDomainInputType type, virDomainInputBus bus)
{
    for (unsigned int i = 0; i < def->inputs.n; i++) {
        const virDomainInputDef *input = def->inputs.v[i];
        bool tablet = input->type == VIR_DOMAIN_INPUT_TYPE_TABLET && type == VIR_DOMAIN_INPUT_TYPE_MOUSE &&
                      bus == VIR_DOMAIN_INPUT_BUS_USB;  /* one pointer is enough */
        virDomainInputBus own = input->bus ? input->bus : virDomainInputDefaultBus(def, input);
        if ((input->type == type || tablet) && own == bus)
            return;
    }
    virDomainInputDef *input = g_new0(virDomainInputDef, 1);
    input->type = type;
    input->bus = bus;
    virListAppend(&def->inputs, input);
}

/* Is there, or will there be once indexes are given, a controller 0? */
static bool hasFirst(const virDomainDef *def, virDomainControllerType type)
{
    for (unsigned int i = 0; i < def->controllers.n; i++)
        if (def->controllers.v[i]->type == type &&
            (!def->controllers.v[i]->hasIdx || def->controllers.v[i]->idx == 0))
            return true;
    return false;
}

/* The document may name the root without its index. */
static void addPciRoot(virDomainDef *def, virDomainControllerModelPci model)
{
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        virDomainControllerDef *c = def->controllers.v[i];
        if (c->type == VIR_DOMAIN_CONTROLLER_PCI && c->pciModel == model && !c->hasIdx) {
            c->hasIdx = true;
            return;
        }
    }
    if (!virDomainDefFindController(def, VIR_DOMAIN_CONTROLLER_PCI, 0))
        virDomainControllerAdd(def, VIR_DOMAIN_CONTROLLER_PCI, 0)->pciModel = model;
}

static void addPanic(virDomainDef *def, virDomainPanicModel model)
{
    for (unsigned int i = 0; i < def->panics.n; i++)
        if (!def->panics.v[i]->model || def->panics.v[i]->model == model)
            return;
    virDomainPanicDef *panic = g_new0(virDomainPanicDef, 1);
    panic->model = model;
    virListAppend(&def->panics, panic);
}

void virDomainPassQemuDevices(virDomainDef *def, const virDomainParseConfig *conf)
{
    const virMachine *m = virMachineOf(def);
    if (virDomainConfHas(conf, VIR_DOMAIN_CONF_DEFAULT_USB) && m->traits & VIR_MACHINE_USB && !hasFirst(def, VIR_DOMAIN_CONTROLLER_USB)) {
        virDomainControllerDef *usb = virDomainControllerAdd(def, VIR_DOMAIN_CONTROLLER_USB, 0);
        if (m->traits & VIR_MACHINE_SATA && has(conf, def, "qemu-xhci"))
            usb->usbModel = VIR_DOMAIN_CONTROLLER_USB_QEMU_XHCI;
    }
    if (m->traits & VIR_MACHINE_SATA && !hasFirst(def, VIR_DOMAIN_CONTROLLER_SATA))
        virDomainControllerAdd(def, VIR_DOMAIN_CONTROLLER_SATA, 0);
    if (m->root)
        addPciRoot(def, m->root);
    if (virDomainConfHas(conf, VIR_DOMAIN_CONF_MEMBALLOON) && m->traits & VIR_MACHINE_BALLOON && !def->memballoon)
        def->memballoon = g_new0(virDomainMemballoonDef, 1);
    if (m->traits & VIR_MACHINE_PS2) {
        addInput(def, VIR_DOMAIN_INPUT_TYPE_MOUSE, VIR_DOMAIN_INPUT_BUS_PS2);
        addInput(def, VIR_DOMAIN_INPUT_TYPE_KEYBOARD, VIR_DOMAIN_INPUT_BUS_PS2);
    }
    if (m->traits & VIR_MACHINE_USB_INPUT && def->graphics.n) {
        addInput(def, VIR_DOMAIN_INPUT_TYPE_KEYBOARD, VIR_DOMAIN_INPUT_BUS_USB);
        addInput(def, VIR_DOMAIN_INPUT_TYPE_MOUSE, VIR_DOMAIN_INPUT_BUS_USB);
    }
    if (m->traits & VIR_MACHINE_PANIC)
        addPanic(def, m->panic);
    if (m->traits & VIR_MACHINE_GIC && !def->features.gicVersion) {
        def->features.gic = true;
        def->features.gicVersion = VIR_GIC_VERSION_2;
    }
}

/* --- default models --- */

static void passSerials(virDomainDef *def)
{
    const virMachine *m = virMachineOf(def);
    for (unsigned int i = 0; i < def->serials.n; i++) {
        virDomainChrDef *s = def->serials.v[i];
        bool builtIn = m->serialTarget == VIR_DOMAIN_CHR_SERIAL_TARGET_SYSTEM_SERIAL ||
                       m->serialTarget == VIR_DOMAIN_CHR_SERIAL_TARGET_SPAPR_VIO_SERIAL;
        if (builtIn && s->serialTarget == VIR_DOMAIN_CHR_SERIAL_TARGET_ISA_SERIAL && !s->serialModel)
            s->serialTarget = VIR_DOMAIN_CHR_SERIAL_TARGET_NONE;    /* once written for any port */
        if (!s->serialTarget)
            s->serialTarget =
                s->info.addr.type == VIR_DEVICE_ADDRESS_USB   ? VIR_DOMAIN_CHR_SERIAL_TARGET_USB_SERIAL
                : s->info.addr.type == VIR_DEVICE_ADDRESS_PCI ? VIR_DOMAIN_CHR_SERIAL_TARGET_PCI_SERIAL
                                                              : m->serialTarget;
        if (s->serialModel)
            continue;
        static const struct {
            virDomainChrSerialTarget target;
            virDomainChrSerialModel model;
        } models[] = {
            { VIR_DOMAIN_CHR_SERIAL_TARGET_ISA_SERIAL, VIR_DOMAIN_CHR_SERIAL_MODEL_ISA_SERIAL },
            { VIR_DOMAIN_CHR_SERIAL_TARGET_USB_SERIAL, VIR_DOMAIN_CHR_SERIAL_MODEL_USB_SERIAL },
            { VIR_DOMAIN_CHR_SERIAL_TARGET_PCI_SERIAL, VIR_DOMAIN_CHR_SERIAL_MODEL_PCI_SERIAL },
            { VIR_DOMAIN_CHR_SERIAL_TARGET_ISA_DEBUG, VIR_DOMAIN_CHR_SERIAL_MODEL_ISA_DEBUGCON },
            { VIR_DOMAIN_CHR_SERIAL_TARGET_SPAPR_VIO_SERIAL, VIR_DOMAIN_CHR_SERIAL_MODEL_SPAPR_VTY },
            { VIR_DOMAIN_CHR_SERIAL_TARGET_SCLP_SERIAL, VIR_DOMAIN_CHR_SERIAL_MODEL_SCLPCONSOLE },
        };
        for (size_t j = 0; j < G_N_ELEMENTS(models); j++)
            if (models[j].target == s->serialTarget)
                s->serialModel = models[j].model;
        if (s->serialTarget == VIR_DOMAIN_CHR_SERIAL_TARGET_SYSTEM_SERIAL)
            s->serialModel = m->systemSerial;
    }
}

static void passDisks(virDomainDef *def, unsigned int flags)
{
    for (unsigned int i = 0; i < def->disks.n; i++) {
        virDomainDiskDef *disk = def->disks.v[i];
        if (!disk->driverName)
            disk->driverName = g_strdup("qemu");
        bool emptied = flags & VIR_DOMAIN_DEF_STATUS && !disk->src.path; /* a drive without a medium has no format while it runs */
        if (!disk->src.format && !emptied && disk->src.type != VIR_STORAGE_VOLUME)
            disk->src.format = VIR_STORAGE_FORMAT_RAW;
        if (disk->mirror && !disk->mirror->source.format)
            disk->mirror->source.format = VIR_STORAGE_FORMAT_RAW;
        if (disk->cache == VIR_DOMAIN_DISK_CACHE_DEFAULT)
            disk->cache = VIR_DOMAIN_DISK_CACHE_UNSET;
        for (virStorageSource *s = &disk->src; s; s = s->backing)
            if (s->encryption && !s->encryption->engine)
                s->encryption->engine = VIR_STORAGE_ENCRYPTION_ENGINE_QEMU;
        if (disk->encryption && !disk->encryption->engine)
            disk->encryption->engine = VIR_STORAGE_ENCRYPTION_ENGINE_QEMU;
    }
}

static void passNets(virDomainDef *def, const virDomainParseConfig *conf)
{
    const char *own = virMachineOf(def)->net;
    for (unsigned int i = 0; i < def->nets.n; i++) {
        virDomainNetDef *net = def->nets.v[i];
        if (!net->model && net->type != VIR_DOMAIN_NET_TYPE_HOSTDEV) {
            static const char *const preferred[] = { "rtl8139", "e1000", "virtio", NULL };
            net->model = g_strdup(net->type == VIR_DOMAIN_NET_TYPE_VDPA ? "virtio" : own);
            for (int j = 0; preferred[j] && !net->model; j++)
                if (has(conf, def, preferred[j]))
                    net->model = g_strdup(preferred[j]);
        }
    }
}

static virDomainControllerModelUsb usbModel(const virDomainDef *def, const virDomainParseConfig *conf)
{
    g_auto(GStrv) models = g_strsplit(virMachineOf(def)->usbModels, " ", 0);
    unsigned int i = 0;
    while (models[i + 1] && !has(conf, def, models[i]))
        i++;
    int model = virDomainControllerModelUsbFromString(models[i]);
    return model < 0 ? VIR_DOMAIN_CONTROLLER_USB_UNSET : (virDomainControllerModelUsb)model;
}

static bool isRoot(const virDomainControllerDef *c)
{
    return c->pciModel == VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT || c->pciModel == VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT;
}

static bool passPciController(const virDomainDef *def, virDomainControllerDef *c, GError **error)
{
    const virMachine *m = virMachineOf(def);
    bool bridges = m->traits & VIR_MACHINE_SPAPR && isRoot(c);
    if (isRoot(c) && c->idx != 0 && !bridges) {
        virErrorSet(error, VIR_FROM_QEMU, VIR_ERR_XML_ERROR,
                    "pci-root and pcie-root controllers should have index 0");
        return false;
    }
    return true;
}

static bool passController(virDomainDef *def, const virDomainParseConfig *conf, virDomainControllerDef *c,
                           GError **error)
{
    switch (c->type) {
    case VIR_DOMAIN_CONTROLLER_USB:
        if (!c->usbModel)
            c->usbModel = usbModel(def, conf);
        return true;
    case VIR_DOMAIN_CONTROLLER_SCSI:
        if (!c->scsiModel || c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_AUTO)
            c->scsiModel = virMachineOf(def)->scsi ? virMachineOf(def)->scsi
                           : has(conf, def, "lsi") ? VIR_DOMAIN_CONTROLLER_SCSI_LSILOGIC
                                                   : VIR_DOMAIN_CONTROLLER_SCSI_VIRTIO_SCSI;
        return true;
    case VIR_DOMAIN_CONTROLLER_PCI:
        return passPciController(def, c, error);
    default:
        return true;
    }
}

bool virDomainPassQemuControllers(virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    for (unsigned int i = 0; i < def->controllers.n; i++)
        if (!passController(def, conf, def->controllers.v[i], error))
            return false;
    return true;
}

static void passAudio(virDomainDef *def)
{
    bool spice = false, vnc = def->graphics.n == 0;
    for (unsigned int i = 0; i < def->graphics.n; i++) {
        spice |= def->graphics.v[i]->type == VIR_DOMAIN_GRAPHICS_SPICE;
        vnc |= def->graphics.v[i]->type == VIR_DOMAIN_GRAPHICS_VNC;
    }
    if (def->audios.n || !(spice || vnc))
        return;
    virDomainAudioDef *audio = g_new0(virDomainAudioDef, 1);
    audio->id = 1;
    audio->type = spice ? VIR_DOMAIN_AUDIO_SPICE : VIR_DOMAIN_AUDIO_NONE;
    virListAppend(&def->audios, audio);
}

/* A guest without a CPU model gets what its machine would choose, spelled out, so that it stays the same. */
static void passCPU(virDomainDef *def, const virDomainParseConfig *conf)
{
    virCPUDef *cpu = &def->cpu;
    const char *model = !cpu->mode && !cpu->model && conf->defaultCpu ? conf->defaultCpu(conf, def) : NULL;
    if (model) {
        cpu->given = true;
        cpu->mode = VIR_CPU_MODE_CUSTOM;
        cpu->match = VIR_CPU_MATCH_EXACT;
        cpu->check = VIR_CPU_CHECK_NONE;
        cpu->fallback = VIR_CPU_FALLBACK_FORBID;
        cpu->model = g_strdup(model);
    }
    if (cpu->mode == VIR_CPU_MODE_HOST_PASSTHROUGH && !cpu->migratable && virDomainArchIsX86(def->os.arch))
        cpu->migratable = def->emulator && g_str_has_suffix(def->emulator, "-i386")
                              ? VIR_TRISTATE_SWITCH_OFF
                              : VIR_TRISTATE_SWITCH_ON; /* the 32-bit emulator has no such property */
    if (cpu->check)
        return;
    switch (cpu->mode) {
    case VIR_CPU_MODE_HOST_PASSTHROUGH:
    case VIR_CPU_MODE_MAXIMUM:
        cpu->check = VIR_CPU_CHECK_NONE;
        break;
    case VIR_CPU_MODE_HOST_MODEL:
        cpu->check = VIR_CPU_CHECK_PARTIAL;
        break;
    case VIR_CPU_MODE_CUSTOM:
        cpu->check = def->virtType == VIR_DOMAIN_VIRT_KVM ? VIR_CPU_CHECK_PARTIAL : VIR_CPU_CHECK_NONE;
        break;
    default:
        break;
    }
}

static void passShmem(virDomainShmemDef *shmem)
{
    if (shmem->model != VIR_DOMAIN_SHMEM_MODEL_IVSHMEM_DOORBELL && !shmem->size)
        shmem->size = 4;
    if (shmem->model == VIR_DOMAIN_SHMEM_MODEL_IVSHMEM_DOORBELL) {
        shmem->msi = true;
        if (!shmem->ioeventfd)
            shmem->ioeventfd = VIR_TRISTATE_SWITCH_ON;
    }
}

/* Sockets that a run put into its own folder ("…/domain-7-NAME/channel") are not the definition's. */
static void dropChannelPaths(virDomainDef *def, const virDomainParseConfig *conf)
{
    for (unsigned int i = 0; i < def->channels.n; i++) {
        virDomainChrDef *c = def->channels.v[i];
        const char *path = c->source.path, *base = path ? strrchr(path, '/') : NULL, *dir = base;
        if (c->source.type != VIR_DOMAIN_CHR_UNIX || !base || !c->name || !g_str_has_suffix(base, c->name))
            continue;
        g_autofree char *folder = g_strndup(path, base - path);
        bool ours = g_strcmp0(folder, conf->channelTargetDir) == 0;
        if (!ours && strcmp(base + 1, c->name) != 0)
            continue;
        while (dir > path && dir[-1] != '/')
            dir--;
        if (ours || g_str_has_prefix(dir, "domain-"))
            g_clear_pointer(&c->source.path, g_free);
    }
}

/* Firmware on flash that the guest can't write keeps its variables elsewhere. */
static void passNvram(virDomainDef *def, const virDomainParseConfig *conf)
{
    virDomainOSDef *os = &def->os;
    bool wanted = os->loader && os->loaderType == VIR_DOMAIN_LOADER_TYPE_PFLASH && os->loaderReadonly == VIR_TRISTATE_BOOL_YES &&
                  os->loaderStateless != VIR_TRISTATE_BOOL_YES;
    if (wanted && conf->nvramDir && !os->nvram && !os->nvramSource.type)
        os->nvram = g_strdup_printf("%s/%s_VARS.fd", conf->nvramDir, def->name);
}

/* The size of an NVDIMM on pseries: whole blocks of 256 MiB and the label. */
static bool passNvdimms(virDomainDef *def, GError **error)
{
    enum { BLOCK = 256 << 10 };         /* KiB */
    unsigned long long before = 0, after = 0;
    for (unsigned int i = 0; i < def->mems.n && virMachineHas(def, VIR_MACHINE_SPAPR); i++) {
        virDomainMemoryDef *m = def->mems.v[i];
        if (m->model != VIR_DOMAIN_MEMORY_DEVICE_NVDIMM)
            continue;
        unsigned long long size = m->size > m->labelSize ? (m->size - m->labelSize) / BLOCK * BLOCK : 0;
        if (!size) {
            virErrorSet(error, VIR_FROM_DOMAIN, VIR_ERR_XML_ERROR, "minimum target size for the NVDIMM must be 256MB plus the label size");
            return false;
        }
        before += m->size;
        m->size = size + m->labelSize;
        after += m->size;
    }
    def->memory = def->memory - before + after;
    def->currentMemory = MIN(def->currentMemory, def->memory);
    return true;
}

static bool slotTaken(const virDomainDef *def, unsigned int slot)
{
    for (unsigned int i = 0; i < def->mems.n; i++)
        if (def->mems.v[i]->info.addr.type == VIR_DEVICE_ADDRESS_DIMM && def->mems.v[i]->info.addr.dimm.slot == slot)
            return true;
    return false;
}

static void placeDimms(virDomainDef *def)
{
    for (unsigned int i = 0; i < def->mems.n; i++) {
        virDomainMemoryDef *m = def->mems.v[i];
        bool dimm = m->model == VIR_DOMAIN_MEMORY_DEVICE_DIMM || m->model == VIR_DOMAIN_MEMORY_DEVICE_NVDIMM;
        unsigned int slot = 0;
        if (!dimm || m->info.addr.type != VIR_DEVICE_ADDRESS_NONE)
            continue;
        while (slotTaken(def, slot))
            slot++;
        if (slot >= def->memorySlots)
            continue;
        m->info.addr.type = VIR_DEVICE_ADDRESS_DIMM;
        m->info.addr.dimm = (virDimmAddress){ .slot = slot };
    }
}

bool virDomainPassQemuModels(virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags,
                             GError **error)
{
    if (flags & VIR_DOMAIN_DEF_INACTIVE)
        dropChannelPaths(def, conf);
    if (!passNvdimms(def, error))
        return false;
    placeDimms(def);
    passSerials(def);
    passNvram(def, conf);
    passCPU(def, conf);
    passDisks(def, flags);
    passNets(def, conf);
    passAudio(def);
    for (unsigned int i = 0; i < def->panics.n; i++)
        if (!def->panics.v[i]->model)
            def->panics.v[i]->model = virMachineOf(def)->panic;
    if (def->vsock && !def->vsock->model)
        def->vsock->model = VIR_DOMAIN_VSOCK_MODEL_VIRTIO;
    for (unsigned int i = 0; i < def->shmems.n; i++)
        passShmem(def->shmems.v[i]);
    return true;
}
