/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The migratable form of a guest: what an older receiver must see. Devices that every machine of the kind has, and that old
 * receivers add by themselves or don't know, are left out; so is everything that belongs to the running process.
 */
#include <string.h>
#include "model/machine-defaults.h"
#include "model/passes.h"
#include "model/tables.h"

bool virDomainDefIsQemu(const virDomainDef *def)
{
    return def->virtType == VIR_DOMAIN_VIRT_QEMU || def->virtType == VIR_DOMAIN_VIRT_KVM || def->virtType == VIR_DOMAIN_VIRT_HVF;
}

/* The only controller of a type, NULL when there are several. */
static int onlyController(const virDomainDef *def, virDomainControllerType type)
{
    int found = -1;
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        if (def->controllers.v[i]->type != type)
            continue;
        if (found >= 0)
            return -1;
        found = i;
    }
    return found;
}

static void dropController(virDomainDef *def, int at)
{
    virXmlFree(&virDomainControllerDefXml, virListTake(&def->controllers, at));
}

/* What other machines than PCs have by themselves. */
static void dropMachineDefaults(virDomainDef *def)
{
    const virMachine *m = virMachineOf(def);
    for (unsigned int i = 0; i < def->controllers.n; i++)
        if (def->controllers.v[i]->pciName == VIR_DOMAIN_CONTROLLER_PCI_NAME_SPAPR_PCI_HOST_BRIDGE)
            def->controllers.v[i]->pciName = VIR_DOMAIN_CONTROLLER_PCI_NAME_NONE;
    for (unsigned int i = def->panics.n; m->traits & VIR_MACHINE_PANIC && i-- > 0;)
        if (def->panics.v[i]->model == m->panic && def->panics.v[i]->info.addr.type == VIR_DEVICE_ADDRESS_NONE)
            virXmlFree(&virDomainPanicDefXml, virListTake(&def->panics, i));
    for (unsigned int i = 0; i < def->serials.n; i++) {
        virDomainChrDef *s = def->serials.v[i];
        if (s->serialTarget != VIR_DOMAIN_CHR_SERIAL_TARGET_SYSTEM_SERIAL &&
            s->serialTarget != VIR_DOMAIN_CHR_SERIAL_TARGET_SPAPR_VIO_SERIAL)
            continue;
        s->serialTarget = VIR_DOMAIN_CHR_SERIAL_TARGET_NONE;
        s->serialModel = VIR_DOMAIN_CHR_SERIAL_MODEL_NONE;
    }
}

static void dropQemuDefaults(virDomainDef *def)
{
    int usb = virDomainDefIsI440FX(def) ? onlyController(def, VIR_DOMAIN_CONTROLLER_USB) : -1;
    const virDomainControllerDef *c = usb >= 0 ? def->controllers.v[usb] : NULL;
    if (c && c->idx == 0 && (c->usbModel == VIR_DOMAIN_CONTROLLER_USB_UNSET || c->usbModel == VIR_DOMAIN_CONTROLLER_USB_PIIX3_UHCI)
        && !c->info.alias)
        dropController(def, usb);
    int pci = onlyController(def, VIR_DOMAIN_CONTROLLER_PCI);
    c = pci >= 0 ? def->controllers.v[pci] : NULL;
    if (c && c->idx == 0 && c->pciModel == VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT && !c->hasPcihole64 && !c->info.alias)
        dropController(def, pci);
    dropMachineDefaults(def);
    virDomainAudioDef plain = { .id = 1, .type = def->audios.n ? def->audios.v[0]->type : VIR_DOMAIN_AUDIO_NONE };
    bool implied = plain.type == VIR_DOMAIN_AUDIO_NONE || plain.type == VIR_DOMAIN_AUDIO_SPICE;
    if (def->audios.n == 1 && implied && virXmlEqual(&virDomainAudioDefXml, def->audios.v[0], &plain))
        virXmlFree(&virDomainAudioDefXml, virListTake(&def->audios, 0));
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (!def->disks.v[i]->src.format && def->disks.v[i]->driverName)
            def->disks.v[i]->src.format = VIR_STORAGE_FORMAT_RAW;
    for (unsigned int i = 0; i < def->channels.n; i++) {
        virDomainChrDef *channel = def->channels.v[i];
        if (channel->source.type == VIR_DOMAIN_CHR_UNIX && channel->source.path && strstr(channel->source.path, "/domain-"))
            g_clear_pointer(&channel->source.path, g_free);
    }
    for (unsigned int i = def->seclabels.n; i-- > 0;)      /* made at start */
        if (def->id >= 0 && def->seclabels.v[i]->type == VIR_DOMAIN_SECLABEL_DYNAMIC)
            virXmlFree(&virDomainSeclabelXml, virListTake(&def->seclabels, i));
}

static bool dropAlias(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    if (info->alias && !g_str_has_prefix(info->alias, "ua-"))
        g_clear_pointer(&info->alias, g_free);
    return true;
}

/* An older receiver's idea of the model has this feature, today's has not. */
static void spellCpu(virCPUDef *cpu)
{
    if (g_strcmp0(cpu->model, "Icelake-Server") == 0 && !virCPUDefFeature(cpu, "pconfig"))
        virCPUDefSetFeature(cpu, "pconfig", VIR_CPU_FEATURE_DISABLE);
}

virDomainDef *virDomainDefMigratable(const virDomainDef *def)
{
    virDomainDef *copy = virDomainDefCopy(def);
    virDomainDefForeachInfo(copy, dropAlias, NULL);
    for (unsigned int i = copy->inputs.n; i-- > 0;) {
        const virDomainInputDef *input = copy->inputs.v[i];
        if (input->type == VIR_DOMAIN_INPUT_TYPE_KEYBOARD && (input->bus == VIR_DOMAIN_INPUT_BUS_PS2 || input->bus == VIR_DOMAIN_INPUT_BUS_XEN))
            virXmlFree(&virDomainInputDefXml, virListTake(&copy->inputs, i));
    }
    if (virDomainDefIsQemu(def)) {
        spellCpu(&copy->cpu);
        /* a receiver reads it anew: buses are settled now, consoles are counted */
        virDomainControllersSort(copy);
        virDomainDisksSort(copy);
        for (unsigned int i = 0; i < copy->consoles.n; i++)
            if (!virDomainIsMirror(copy, "console", copy->consoles.v[i]))
                copy->consoles.v[i]->port = i;
        virDomainAssignZpci(copy, G_MAXUINT, NULL);
        dropQemuDefaults(copy);
    }
    return copy;
}
