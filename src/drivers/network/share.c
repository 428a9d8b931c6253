/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shares of a network's inbound rate: see share.h. What is given away is always counted from the ports that there are. */
#define VIR_FROM VIR_FROM_NETWORK
#define VIR_LOG_NAME "network.share"
#include "drivers/network/network.h"
#include "drivers/network/share.h"
#include "base/log.h"
#include "host/bandwidth.h"
#include <string.h>

static unsigned long long floorOf(const virNetworkPortDef *port)
{
    return port->bandwidth.in ? port->bandwidth.in->floor : 0;
}

/* Its class of the tree, 0: none. A port without a guaranteed rate has none, whatever number its document names. */
static unsigned int classOf(const virNetworkPortDef *port)
{
    return floorOf(port) ? port->classId : 0;
}

static virBandwidthRate rateOf(const virNetBandwidthRate *r)
{
    return (virBandwidthRate){ r->average, r->peak, r->floor, r->burst };
}

static const virNetBandwidthRate *wholeOf(const virObject *obj)
{
    const virNetworkDef *net = obj->def;
    return net->bandwidth ? net->bandwidth->in : NULL;
}

static bool isOther(const virNetworkPortDef *a, const virNetworkPortDef *b)
{
    return memcmp(a->uuid, b->uuid, 16) != 0;
}

/* Of all ports but this. */
static unsigned long long others(const virObject *obj, const virNetworkPortDef *port)
{
    unsigned long long sum = 0;
    for (guint i = 0; obj->parts && i < obj->parts->len; i++) {
        const virNetworkPortDef *p = obj->parts->pdata[i];
        if (isOther(p, port) && classOf(p))
            sum += floorOf(p);
    }
    return sum;
}

static unsigned int freeClass(const virObject *obj)
{
    for (unsigned int id = VIR_BANDWIDTH_FIRST_CLASS; id <= VIR_NETWORK_MAX_CLASS; id++) {
        bool used = false;
        for (guint i = 0; obj->parts && i < obj->parts->len; i++)
            used |= classOf(obj->parts->pdata[i]) == id;
        if (!used)
            return id;
    }
    return 0;
}

bool virNetworkShareCheck(const virObject *obj, const virNetworkPortDef *port, GError **error)
{
    const virNetworkDef *net = obj->def;
    const virNetBandwidthRate *whole = wholeOf(obj);
    unsigned long long sum = others(obj, port) + floorOf(port);
    char mac[18];
    virMacFormat(&port->mac, mac);
    if (!floorOf(port))
        return true;
    if (!virNetworkHasOwnBridge(net)) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Invalid use of 'floor' on interface with MAC address %s - 'floor' is only supported "
                    "for interface type 'network' with forward type 'nat', 'route', 'open' or none", mac);
        return false;
    }
    if (!whole) {
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "Invalid use of 'floor' on interface with MAC address %s - network '%s' has no "
                    "inbound QoS set", mac, net->name);
        return false;
    }
    unsigned long long limit = whole->peak ? whole->peak : whole->average;
    if (sum <= limit)
        return true;
    virSetError(error, VIR_ERR_OPERATION_INVALID, "Cannot plug '%s' interface into '%s' because new combined inbound floor=%llu would "
                "overcommit %s=%llu on network '%s'", mac, net->bridge, sum, whole->peak ? "peak" : "average", limit, net->name);
    return false;
}

/* What nobody is guaranteed is everybody's. */
static bool setRest(const virObject *obj, unsigned long long given, GError **error)
{
    const virNetworkDef *net = obj->def;
    virBandwidthRate whole = rateOf(wholeOf(obj));
    unsigned long long limit = whole.peak ? whole.peak : whole.average;
    return virBandwidthUpdate(net->bridge, &whole, VIR_BANDWIDTH_FIRST_CLASS - 1, limit > given ? limit - given : 1, error);
}

bool virNetworkShareTake(virObject *obj, virNetworkPortDef *port, GError **error)
{
    const virNetworkDef *net = obj->def;
    if (!floorOf(port))
        return true;
    port->classId = 0;
    unsigned int id = freeClass(obj);
    if (!id) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Could not generate next class ID: network '%s' has all of its %d in use", net->name,
                    VIR_NETWORK_MAX_CLASS - VIR_BANDWIDTH_FIRST_CLASS + 1);
        return false;
    }
    virBandwidthRate whole = rateOf(wholeOf(obj)), rate = rateOf(port->bandwidth.in);
    if (!virBandwidthPlug(net->bridge, &whole, port->mac.b, &rate, id, error))
        return false;
    if (!setRest(obj, others(obj, port) + rate.floor, error)) {
        virBandwidthUnplug(net->bridge, id, NULL);
        return false;
    }
    port->classId = id;
    return true;
}

void virNetworkShareDrop(virObject *obj, const virNetworkPortDef *port)
{
    const virNetworkDef *net = obj->def;
    g_autoptr(GError) error = NULL;
    if (!classOf(port) || !wholeOf(obj) || !virNetworkHasOwnBridge(net))
        return;
    if (!virBandwidthUnplug(net->bridge, classOf(port), &error) || !setRest(obj, others(obj, port), &error))
        virWarn("network '%s': %s", net->name, error->message);
}

bool virNetworkShareChange(virObject *obj, const virNetworkPortDef *old, virNetworkPortDef *fresh, GError **error)
{
    const virNetworkDef *net = obj->def;
    if (!virNetworkShareCheck(obj, fresh, error))
        return false;
    if (!floorOf(fresh) || !classOf(old)) {
        if (classOf(old))
            virNetworkShareDrop(obj, old);
        return virNetworkShareTake(obj, fresh, error);
    }
    if (floorOf(old) == floorOf(fresh))
        return true;
    virBandwidthRate whole = rateOf(wholeOf(obj));
    return virBandwidthUpdate(net->bridge, &whole, old->classId, floorOf(fresh), error) &&
           setRest(obj, others(obj, fresh) + floorOf(fresh), error);
}
