/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Interfaces that are macvtap devices on a link of the host. Unlike taps they do not go with QEMU's descriptors: those that were made for a
 * guest are listed (qemuGuest.taps) and removed when it lets go of them. One that passes a link through gives it the guest's address;
 * the link's own stands in a file meanwhile.
 */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.net"
#include "drivers/qemu/qemu.h"
#include "base/log.h"
#include "base/util.h"
#include "host/bandwidth.h"
#include "host/link.h"
#include "host/macvtap.h"
#include <string.h>
#include <unistd.h>

static const virMacvtapMode modes[] = {
    [VIR_NET_MACVLAN_MODE_NONE] = VIR_MACVTAP_VEPA,           [VIR_NET_MACVLAN_MODE_VEPA] = VIR_MACVTAP_VEPA,
    [VIR_NET_MACVLAN_MODE_PRIVATE] = VIR_MACVTAP_PRIVATE,     [VIR_NET_MACVLAN_MODE_BRIDGE] = VIR_MACVTAP_BRIDGE,
    [VIR_NET_MACVLAN_MODE_PASSTHROUGH] = VIR_MACVTAP_PASSTHROUGH,
};

/* ---- the address of a link that is passed through ---- */

static char *keptPath(virDomainObj *obj, const char *link)
{
    return g_strdup_printf("%s/passthrough-%s", virEngineGetDirs(virDomainObjEngine(obj))->stateDir, link);
}

/* After the device was made, which fails where the link is passed through already. It hands its address down. */
static bool lendAddress(virDomainObj *obj, const virDomainNetDef *net, GError **error)
{
    g_autofree char *path = keptPath(obj, net->dev);
    virMac own;
    char text[18];
    if (!virLinkGetMac(net->dev, own.b, error))
        return false;
    virMacFormat(&own, text);
    return virFileWriteAtomic(path, text, -1, 0600, error) && virLinkSetMac(net->ifname, net->mac.b, error) && virLinkSetUp(net->dev, true, error);
}

static void returnAddress(virDomainObj *obj, const virDomainNetDef *net)
{
    g_autofree char *path = keptPath(obj, net->dev), *text = NULL;
    g_autoptr(GError) error = NULL;
    virMac own;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return;
    if (!virMacParse(text, &own) || !virLinkSetMac(net->dev, own.b, &error))
        virWarn("network interface '%s' does not get its address %s back: %s", net->dev, text, error ? error->message : "it is none");
    unlink(path);
}

/* ---- the device ---- */

static bool create(virDomainObj *obj, virDomainNetDef *net, GError **error)
{
    const virHost *host = virHostLocal();
    qemuGuest *guest = qemuGuestOf(obj);
    if (net->ifname && g_str_has_prefix(net->ifname, "macvtap"))
        g_clear_pointer(&net->ifname, g_free);          /* names of that shape are ours to give */
    if (!virMacvtapCreate(host, &net->ifname, net->dev, modes[net->macvlanMode], net->mac.b, error))
        return false;
    g_ptr_array_add(guest->taps, g_strdup(net->ifname));
    return net->macvlanMode != VIR_NET_MACVLAN_MODE_PASSTHROUGH || lendAddress(obj, net, error);
}

static virBandwidthRate rateOf(const virNetBandwidthRate *r)
{
    return r ? (virBandwidthRate){ r->average, r->peak, 0, r->burst } : (virBandwidthRate){ 0 };
}

bool qemuDirectPrepare(virDomainObj *obj, virDomainNetDef *net, unsigned int queues, int *fds, GError **error)
{
    const virNetBandwidth *b = net->bandwidth;
    virBandwidthRate in = rateOf(b ? b->in : NULL), out = rateOf(b ? b->out : NULL);
    return create(obj, net, error) && (net->mtu == 0 || virLinkSetMtu(net->ifname, net->mtu, error)) &&
           virLinkSetUp(net->ifname, net->link != VIR_DOMAIN_NET_LINK_DOWN, error) &&
           /* Other than a tap, the device sends what the guest does. */
           (!b || virBandwidthSet(net->ifname, b->out ? &out : NULL, b->in ? &in : NULL, false, error)) &&
           virMacvtapOpen(virHostLocal(), net->ifname, queues, fds, error);
}

void qemuDirectDrop(virDomainObj *obj, const virDomainDef *def)
{
    qemuGuest *guest = qemuGuestOf(obj);
    for (unsigned int i = 0; i < def->nets.n; i++) {
        const virDomainNetDef *net = def->nets.v[i];
        g_autoptr(GError) error = NULL;
        guint at;
        if (net->type != VIR_DOMAIN_NET_TYPE_DIRECT || !net->ifname ||
            !g_ptr_array_find_with_equal_func(guest->taps, net->ifname, g_str_equal, &at))
            continue;
        g_ptr_array_remove_index_fast(guest->taps, at);
        if (virLinkExists(virHostLocal(), net->ifname) && !virMacvtapDelete(net->ifname, &error))
            virWarn("%s", error->message);
        if (net->macvlanMode == VIR_NET_MACVLAN_MODE_PASSTHROUGH)
            returnAddress(obj, net);
    }
}

void qemuDirectAdopt(virDomainObj *obj, const virDomainDef *def)
{
    for (unsigned int i = 0; i < def->nets.n; i++)
        if (def->nets.v[i]->type == VIR_DOMAIN_NET_TYPE_DIRECT && def->nets.v[i]->ifname)
            g_ptr_array_add(qemuGuestOf(obj)->taps, g_strdup(def->nets.v[i]->ifname));
}
