/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A port of a network: the table and what must hold. */
#define VIR_FROM VIR_FROM_NETWORK
#include "model/network-strict.h"
#include "model/network.h"
#include "model/tables.h"

VIR_ENUM_TABLE(virNetworkPlug, VIR_NETWORK_PLUG_VALUES)

#define S virNetworkPortDef
#define DEVICE .pattern = "[a-zA-Z0-9_\\.\\-\\\\:/]+"
static const virXmlRow bridgeRows[] = {
    X_STR("@bridge", bridge, 0, DEVICE),
    X_ENUM("@macTableManager", macTable, virNetworkMacTable, 0, .bad = "Invalid macTableManager setting '%s' in network port",
           .code = VIR_ERR_XML_ERROR),
    X_END
};
static X_TYPE_AS(bridgeXml, virNetworkPortDef, NULL, bridgeRows);
static const virXmlRow directRows[] = {
    X_STR("@dev", dev, 0, DEVICE),
    X_ENUM("@mode", mode, virNetMacvlanMode, XF_ALWAYS, .bad = "Invalid mode setting '%s' in network port", .code = VIR_ERR_XML_ERROR),
    X_END
};
static X_TYPE_AS(directXml, virNetworkPortDef, NULL, directRows);
static const virXmlRow pciRows[] = {
    X_YESNO("@managed", managed, 0),
    X_ENUM("driver/@name", driverName, virNetworkDriverName, 0, .bad = "Unknown driver name '%s' in network port",
           .code = VIR_ERR_XML_ERROR),
    X_INLINE_AS("address", pci, virPCIAddress, virPCISourceAddressXml, 0),
    X_END
};
static X_TYPE_AS(pciXml, virNetworkPortDef, NULL, pciRows);
static const virXmlCase plugs[] = {
    { VIR_NETWORK_PLUG_NETWORK, &bridgeXml }, { VIR_NETWORK_PLUG_BRIDGE, &bridgeXml }, { VIR_NETWORK_PLUG_DIRECT, &directXml },
    { VIR_NETWORK_PLUG_HOSTDEV_PCI, &pciXml }, { 0 }
};
static const virXmlRow portRows[] = {
    X_UUID("uuid", uuid, XF_WANTED, X_HAS(hasUuid), .bad = "Unable to parse UUID '%s'", .code = VIR_ERR_INTERNAL_ERROR),
    X_STR("owner/name", ownerName, XF_WANTED),
    X_UUID("owner/uuid", ownerUuid, XF_WANTED, X_HAS(hasOwnerUuid), .bad = "Unable to parse UUID '%s'", .code = VIR_ERR_INTERNAL_ERROR),
    X_STR("group", group, 0, DEVICE),
    X_MAC("mac/@address", mac, XF_WANTED, X_HAS(hasMac), .bad = "Unable to parse MAC '%s'", .code = VIR_ERR_INTERNAL_ERROR,
          .pattern = "[a-fA-F0-9][02468aAcCeE](:[a-fA-F0-9]{2}){5}"),
    X_OBJ("virtualport", virtualport, virNetDevVPort, XF_EMPTY),
    X_UINT("bandwidth/@classID", classId, 0),
    X_INLINE("bandwidth", bandwidth, virNetBandwidth, 0),
    X_YESNO("rxfilters/@trustGuest", trustGuestRxFilters, XF_WANTED),
    X_OBJ("vlan", vlan, virNetVlan, 0),
    X_YESNO("port/@isolated", portIsolated, 0),
    X_ENUM("plug/@type", plug, virNetworkPlug, 0),
    X_UNION("plug", plug, virNetworkPlug, plugs, 0),
    X_END
};
X_TYPE(virNetworkPortDef, "networkport", portRows, .init = virDocumentInit, .strict = virNetworkStrict);
#undef S

static bool isSet(const virPCIAddress *a)
{
    return a->domain || a->bus || a->slot || a->function;
}

static bool complete(virNetworkPortDef *def, unsigned int flags, GError **error)
{
    const char *missing = !def->hasUuid ? "network port has no uuid" : !def->ownerName ? "network port has no owner name" :
        !def->hasOwnerUuid ? "network port has no owner UUID" : !def->hasMac ? "network port has no mac" : NULL;
    const char *unplugged = (def->plug == VIR_NETWORK_PLUG_NETWORK || def->plug == VIR_NETWORK_PLUG_BRIDGE) && !def->bridge ?
        "Missing network port bridge name" :
        def->plug == VIR_NETWORK_PLUG_DIRECT && !def->dev ? "Missing network port link device name" :
        def->plug == VIR_NETWORK_PLUG_HOSTDEV_PCI && !isSet(&def->pci) ? "Missing network port PCI address" : NULL;
    if (missing || unplugged) {
        virSetError(error, missing ? VIR_ERR_INTERNAL_ERROR : VIR_ERR_XML_ERROR, "%s", missing ? missing : unplugged);
        return false;
    }
    return virNetVPortCheck(&def->virtualport, false, error) && virNetBandwidthCheck(&def->bandwidth, true, error) &&
           virNetVlanCheck(def->vlan, error);
}
VIR_DOCUMENT_DEFINE(virNetworkPortDef, "networkport", complete)
