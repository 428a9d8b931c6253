/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual port profiles: see vport.h. */
#define VIR_FROM VIR_FROM_NETWORK
#include "drivers/network/vport.h"
#include "base/error.h"
#include "base/util.h"
#include "model/tables.h"
#include <string.h>

static bool isSet(const unsigned char uuid[16])
{
    static const unsigned char none[16];
    return memcmp(uuid, none, 16) != 0;
}

/* What `to` lacks comes from `from`. */
static bool fill(virNetDevVPort *to, const virNetDevVPort *from, GError **error)
{
    if (to->type && from->type && to->type != from->type) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "attempt to merge virtualports with mismatched types (%s and %s)",
                    virNetDevVPortTypeToString(to->type), virNetDevVPortTypeToString(from->type));
        return false;
    }
    if (!to->type)
        to->type = from->type;
#define NUMBER(has, member) if (!to->has && from->has) to->has = true, to->member = from->member
    NUMBER(hasManagerId, managerId);
    NUMBER(hasTypeId, typeId);
    NUMBER(hasTypeIdVersion, typeIdVersion);
#undef NUMBER
    if (!isSet(to->instanceId))
        memcpy(to->instanceId, from->instanceId, 16);
    if (!isSet(to->interfaceId))
        memcpy(to->interfaceId, from->interfaceId, 16);
    if (!to->profileId)
        to->profileId = g_strdup(from->profileId);
    return true;
}

bool virNetworkVPortMerge(virNetDevVPort **port, const virNetDevVPort *group, const virNetDevVPort *network, GError **error)
{
    const virNetDevVPort *more[] = { group, network };
    for (guint i = 0; i < G_N_ELEMENTS(more); i++) {
        if (!more[i])
            continue;
        if (!*port)
            *port = virXmlCopy(&virNetDevVPortXml, more[i]);
        else if (!fill(*port, more[i], error))
            return false;
    }
    if (*port && (*port)->type)
        virNetVPortIdentify(*port);
    return virNetVPortCheck(port, false, error) && virNetVPortIsWhole(*port, error);
}

bool virNetworkVPortFits(const virNetworkPortDef *port, const char *network, GError **error)
{
#define BIT(type) (1u << VIR_NETDEV_VPORT_##type)
    static const struct { unsigned int types; const char *way; } ways[] = {
        [VIR_NETWORK_PLUG_NETWORK] = { 0, "IP forwarding" },
        [VIR_NETWORK_PLUG_BRIDGE] = { BIT(OPENVSWITCH) | BIT(MIDONET), "a bridge device" },
        [VIR_NETWORK_PLUG_DIRECT] = { BIT(802_1QBG) | BIT(802_1QBH), "a macvtap device" },
        [VIR_NETWORK_PLUG_HOSTDEV_PCI] = { BIT(802_1QBH), "an SR-IOV Virtual Function via PCI passthrough" },
    };
#undef BIT
    const virNetDevVPort *p = port->virtualport;
    if (!p || !p->type || (ways[port->plug].types & (1u << p->type)))
        return true;
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "<virtualport type='%s'> not supported for network '%s' which uses %s",
                virNetDevVPortTypeToString(p->type), network, ways[port->plug].way);
    return false;
}
