/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What bhyve's guests get by themselves: see bhyve.h. One PCI bus: slot 0 is the host bridge, slot 1 the ISA bridge's, the others in order. */
#define VIR_FROM VIR_FROM_BHYVE
#include "native/bhyve.h"
#include "base/error.h"

static void addController(virDomainDef *def, virDomainControllerType type)
{
    if (virDomainDefFindController(def, type, -1))
        return;
    virDomainControllerDef *c = g_new0(virDomainControllerDef, 1);
    c->type = type;
    c->hasIdx = true;
    if (type == VIR_DOMAIN_CONTROLLER_PCI)
        c->pciModel = VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT;
    virListAppend(&def->controllers, c);
}

bool virBhyvePostParse(const virDomainParseConfig *conf, virDomainDef *def, unsigned int flags, GError **error)
{
    addController(def, VIR_DOMAIN_CONTROLLER_PCI);
    if (def->serials.n || def->consoles.n || def->graphics.n || def->os.loader)
        addController(def, VIR_DOMAIN_CONTROLLER_ISA);
    return true;
}

/* ---- PCI ---- */

enum { BRIDGE_SLOT, ISA_SLOT, FIRST_SLOT, SLOTS = 32 };

typedef struct {
    guint8 functions[SLOTS];
    GError **error;
} Bus;

static bool take(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    Bus *bus = data;
    const virPCIAddress *at = &info->addr.pci;
    if (info->addr.type != VIR_DEVICE_ADDRESS_PCI)
        return true;
    if (at->domain || at->bus || at->slot >= SLOTS || at->function > 7) {
        virSetError(bus->error, VIR_ERR_XML_ERROR, "PCI address %04x:%02x:%02x.%x of a %s: bhyve has one bus of %d slots", at->domain, at->bus, at->slot,
                    at->function, kind, SLOTS);
        return false;
    }
    if (at->slot == BRIDGE_SLOT) {
        virSetError(bus->error, VIR_ERR_XML_ERROR, "PCI slot 0 of a %s is the host bridge's", kind);
        return false;
    }
    if (bus->functions[at->slot] & 1 << at->function) {
        virSetError(bus->error, VIR_ERR_XML_ERROR, "Attempted double use of PCI Address %04x:%02x:%02x.%x", at->domain, at->bus, at->slot, at->function);
        return false;
    }
    bus->functions[at->slot] |= 1 << at->function;
    return true;
}

static bool place(Bus *bus, virDeviceInfo *info, unsigned int slot)
{
    if (info->addr.type != VIR_DEVICE_ADDRESS_NONE)
        return true;
    while (slot < SLOTS && bus->functions[slot])
        slot++;
    if (slot == SLOTS) {
        virSetError(bus->error, VIR_ERR_INTERNAL_ERROR, "No more available PCI slots");
        return false;
    }
    bus->functions[slot] = 1;
    info->addr.type = VIR_DEVICE_ADDRESS_PCI;
    info->addr.pci = (virPCIAddress){ .slot = slot };
    return true;
}

static bool placeControllers(Bus *bus, virDomainDef *def)
{
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        virDomainControllerDef *c = def->controllers.v[i];
        bool isa = c->type == VIR_DOMAIN_CONTROLLER_ISA, onBus = isa || c->type == VIR_DOMAIN_CONTROLLER_SATA ||
                   c->type == VIR_DOMAIN_CONTROLLER_NVME || c->type == VIR_DOMAIN_CONTROLLER_USB;
        if (onBus && !place(bus, &c->info, isa ? ISA_SLOT : FIRST_SLOT))
            return false;
    }
    return true;
}

#define PLACE_ALL(bus, list, condition) \
    for (unsigned int i = 0; i < (list).n; i++) \
        if ((condition) && !place(bus, &(list).v[i]->info, FIRST_SLOT)) \
            return false

bool virBhyveAssignAddresses(const virDomainParseConfig *conf, virDomainDef *def, GError **error)
{
    Bus bus = { .error = error };
    bus.functions[BRIDGE_SLOT] = 1;
    if (!virDomainDefForeachInfo(def, take, &bus) || !placeControllers(&bus, def))
        return false;
    PLACE_ALL(&bus, def->nets, true);
    PLACE_ALL(&bus, def->disks, def->disks.v[i]->bus == VIR_DOMAIN_DISK_BUS_VIRTIO);
    PLACE_ALL(&bus, def->videos, true);
    PLACE_ALL(&bus, def->sounds, true);
    PLACE_ALL(&bus, def->fss, true);
    PLACE_ALL(&bus, def->rngs, true);
    return true;
}
