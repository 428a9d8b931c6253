/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network comes and goes: a list of steps, each with the one that takes it back. */
#define VIR_FROM VIR_FROM_NETWORK
#define VIR_LOG_NAME "network.run"
#include "drivers/network/network.h"
#include "drivers/network/rules.h"
#include "base/log.h"
#include "host/bandwidth.h"
#include "host/netlink.h"
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

/* What a network has in the daemon while it runs; touched with the set's `writing` held. */
typedef struct { virProcess *dnsmasq; } Running;

static void runningFree(gpointer data)
{
    Running *r = data;
    g_clear_pointer(&r->dnsmasq, virProcessUnref);
    g_free(r);
}

static virProcess **dnsmasqOf(virObject *obj)
{
    if (!obj->value) {
        obj->value = g_new0(Running, 1);
        obj->valueFree = runningFree;
    }
    return &((Running *)obj->value)->dnsmasq;
}

/* ---- steps; `def` is the definition in use ---- */

typedef struct {
    bool (*up)(virObject *obj, const virNetworkDef *def, GError **error);
    void (*down)(virObject *obj, const virNetworkDef *def);
} Step;

static bool bridgeUp(virObject *obj, const virNetworkDef *def, GError **error)
{
    return virNetworkBridgeUp(def, error);
}

static void bridgeDown(virObject *obj, const virNetworkDef *def)
{
    virNetworkBridgeDown(def);
}

static bool rulesUp(virObject *obj, const virNetworkDef *def, GError **error)
{
    return virNetworkRulesAdd(def, error);
}

static void rulesDown(virObject *obj, const virNetworkDef *def)
{
    virNetworkRulesRemove(def);
}

static bool dnsmasqUp(virObject *obj, const virNetworkDef *def, GError **error)
{
    return virDnsmasqStart(def, dnsmasqOf(obj), error);
}

static void dnsmasqDown(virObject *obj, const virNetworkDef *def)
{
    virDnsmasqStop(def, dnsmasqOf(obj));
}

static bool shapeUp(virObject *obj, const virNetworkDef *def, GError **error)
{
    virBandwidthRate in, out;
    const virNetBandwidth *b = def->bandwidth;
    if (!b || !def->bridge)
        return true;
    if (b->in)
        in = (virBandwidthRate){ b->in->average, b->in->peak, 0, b->in->burst };
    if (b->out)
        out = (virBandwidthRate){ b->out->average, b->out->peak, 0, b->out->burst };
    return virBandwidthSet(def->bridge, b->in ? &in : NULL, b->out ? &out : NULL, true, error);
}

static void shapeDown(virObject *obj, const virNetworkDef *def)
{
    if (def->bandwidth && def->bridge)
        virBandwidthClear(def->bridge);
}

/* A bridge of the host's whose table of addresses is to be ours. It stays so: others may have learned to rely on it. */
static bool tableUp(virObject *obj, const virNetworkDef *def, GError **error)
{
    return !def->bridge || def->macTable != VIR_NETWORK_MAC_TABLE_LIBVIRT ||
           virBridgeSet(virHostLocal(), def->bridge, "vlan_filtering", 1, error);
}

static void tableDown(virObject *obj, const virNetworkDef *def)
{
}

/* With a bridge of our own, and with what the host has. */
static const Step ownSteps[] = {
    { bridgeUp, bridgeDown }, { rulesUp, rulesDown }, { dnsmasqUp, dnsmasqDown }, { shapeUp, shapeDown }, { NULL, NULL },
};
static const Step lentSteps[] = { { tableUp, tableDown }, { shapeUp, shapeDown }, { NULL, NULL } };

static const Step *stepsOf(const virNetworkDef *def)
{
    return virNetworkHasOwnBridge(def) ? ownSteps : lentSteps;
}

static void takeBack(virObject *obj, const virNetworkDef *def, guint n)
{
    while (n-- > 0)
        stepsOf(def)[n].down(obj, def);
}

static void takeAllBack(virObject *obj, const virNetworkDef *def)
{
    guint n = 0;
    while (stepsOf(def)[n].up)
        n++;
    takeBack(obj, def, n);
}

static bool bringUp(virObject *obj, const virNetworkDef *def, GError **error)
{
    for (guint i = 0; stepsOf(def)[i].up; i++)
        if (!stepsOf(def)[i].up(obj, def, error)) {
            takeBack(obj, def, i);
            return false;
        }
    return true;
}

/* ---- start and stop ---- */

static bool translates(const virNetworkDef *def)
{
    bool six = def->nat && def->nat->ipv6 == VIR_TRISTATE_BOOL_YES;
    for (unsigned int i = 0; i < def->ips.n && def->forwardMode == VIR_NETWORK_FORWARD_NAT; i++)
        if (six || virNetworkIpFamily(def->ips.v[i]) == AF_INET)
            return true;
    return false;
}

/* What a definition leaves open and is settled while it runs. */
static bool settle(virNetworkDef *def, GError **error)
{
    virNetworkForgetPorts(def);
    if (translates(def)) {
        if (!def->nat)
            def->nat = g_new0(virNetworkNat, 1);
        if (!def->nat->port) {
            def->nat->port = g_new0(virNetworkNatRange, 1);
            def->nat->port->start = g_strdup("1024");
            def->nat->port->end = g_strdup("65535");
        }
    }
    return virNetworkHasOwnBridge(def) || virNetworkPoolFill(def, virHostLocal(), error);
}

bool virNetworkRunStart(virObject *obj, GError **error)
{
    g_autoptr(virNetworkDef) def = virNetworkDefCopy(obj->def);
    if (!settle(def, error) || !virNetworkHook(def, NULL, "start", "begin", error) || !bringUp(obj, def, error))
        return false;
    if (!virNetworkStatusSave(obj, def, error) || !virNetworkHook(def, NULL, "started", "begin", error)) {
        takeAllBack(obj, def);
        virNetworkStatusRemove(def->name);
        return false;
    }
    virObjectSetLive(obj, g_steal_pointer(&def));
    return true;
}

bool virNetworkRunStop(virObject *obj, GError **error)
{
    g_autoptr(virNetworkDef) def = virNetworkDefRef(obj->def);
    virObjectPortsDrop(obj);
    bool own = virNetworkHasOwnBridge(def);
    if (own)
        virNetworkMacClear(def);
    takeAllBack(obj, def);
    if (own && !obj->persistent) {      /* else its guests get their addresses back the next time */
        g_autofree char *leases = virNetworkLeaseFile(def->bridge);
        unlink(leases);
    }
    virNetworkStatusRemove(def->name);
    virNetworkHookAfter(def, NULL, "stopped", "end");
    return true;
}

/* ---- changes ---- */

static bool changeRules(const virNetworkDef *old, const virNetworkDef *fresh, GError **error)
{
    if (virNetworkRulesEqual(old, fresh))
        return true;
    virNetworkRulesRemove(old);
    if (virNetworkRulesAdd(fresh, error))
        return true;
    if (!virNetworkRulesAdd(old, NULL))
        virLogError("the packet filter rules of network '%s' could not be put back", old->name);
    return false;
}

static bool changeOwn(virObject *obj, const virNetworkDef *old, const virNetworkDef *fresh, GError **error)
{
    if (!changeRules(old, fresh, error))
        return false;
    if (virDnsmasqChange(old, fresh, dnsmasqOf(obj), error))
        return true;
    changeRules(fresh, old, NULL);
    return false;
}

bool virNetworkRunApply(virObject *obj, gconstpointer old, gconstpointer fresh, GError **error)
{
    bool own = virNetworkHasOwnBridge(fresh);
    if (own && !changeOwn(obj, old, fresh, error))
        return false;
    if (virNetworkStatusSave(obj, fresh, error) && virNetworkHook(fresh, NULL, "updated", "begin", error))
        return true;
    if (own)
        changeOwn(obj, fresh, old, NULL);
    if (!virNetworkStatusSave(obj, old, NULL))
        virLogError("the status of network '%s' could not be put back", obj->head.name);
    return false;
}

void virNetworkRunRefresh(virObject *obj)
{
    g_autoptr(virNetworkDef) def = virObjectDef(obj);
    g_autoptr(GError) error = NULL;
    virProcess **dnsmasq = dnsmasqOf(obj);
    if (!virNetworkHasOwnBridge(def))
        return;
    virNetworkRulesRemove(def);
    if (!virNetworkRulesAdd(def, &error)) {
        virLogError("network '%s': %s", def->name, error->message);
        g_clear_error(&error);
    }
    if (*dnsmasq && virProcessWait(*dnsmasq, 0))
        g_clear_pointer(dnsmasq, virProcessUnref);
    if (!*dnsmasq)
        *dnsmasq = virDnsmasqAdopt(def);
    if (!*dnsmasq && !virDnsmasqStart(def, dnsmasq, &error))
        virLogError("network '%s': %s", def->name, error->message);
}
