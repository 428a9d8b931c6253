/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands about networks: their events, the addresses they gave out, and editing their definitions. */
#include "network.h"
#include "output.h"
#include "wait.h"
#include <stdlib.h>
#include <string.h>

/* ---- net-event ---- */

static void onLifecycle(virConnectPtr conn, virNetworkPtr net, int event, int detail, void *data)
{
    static const char *const words[] = { "Defined", "Undefined", "Started", "Stopped" };
    waiterReport(data, "event 'lifecycle' for network %s: %s", virNetworkGetName(net),
              event >= 0 && event < (int)G_N_ELEMENTS(words) ? words[event] : "unknown");
}

static void onMetadata(virConnectPtr conn, virNetworkPtr net, int type, const char *uri, void *data)
{
    static const char *const words[] = { "description", "title", "element" };
    waiterReport(data, "event 'metadata-change' for network %s: %s %s", virNetworkGetName(net),
              type >= 0 && type < (int)G_N_ELEMENTS(words) ? words[type] : "unknown", uri ? uri : "");
}

static const WaitKind kinds[] = {
    { "lifecycle", VIR_NETWORK_EVENT_ID_LIFECYCLE, WAIT_CALL(onLifecycle) },
    { "metadata-change", VIR_NETWORK_EVENT_ID_METADATA_CHANGE, WAIT_CALL(onMetadata) },
};

bool cmdNetEvent(Shell *sh, Cmd *cmd)
{
    int timeout;
    bool done;
    const WaitKind *kind = eventChosen(sh, cmd, kinds, G_N_ELEMENTS(kinds), &timeout, &done);
    if (!kind)
        return done;
    g_autoptr(virNetwork) net = cmdHas(cmd, "network") ? networkOf(sh, cmd, BY_ANY) : NULL;
    if (cmdHas(cmd, "network") && !net)
        return false;
    Waiter *w = waiterBegin(sh, cmd);
    int id = virConnectNetworkEventRegisterAny(sh->conn, net, kind->id, (virConnectNetworkEventGenericCallback)kind->callback, w, NULL);
    if (id < 0)
        return false;
    bool any = waiterWait(w, timeout);
    virConnectNetworkEventDeregisterAny(sh->conn, id);
    return any;
}

/* ---- net-dhcp-leases ---- */

static int byTime(const void *a, const void *b)
{
    const virNetworkDHCPLease *x = *(virNetworkDHCPLeasePtr const *)a, *y = *(virNetworkDHCPLeasePtr const *)b;
    return (x->expirytime > y->expirytime) - (x->expirytime < y->expirytime);
}

static void leaseRow(Table *table, const virNetworkDHCPLease *l)
{
    g_autoptr(GDateTime) end = l->expirytime ? g_date_time_new_from_unix_local(l->expirytime) : NULL;
    g_autofree char *time = end ? g_date_time_format(end, "%Y-%m-%d %H:%M:%S") : g_strdup("infinite");
    g_autofree char *address = g_strdup_printf("%s/%u", l->ipaddr, l->prefix);
    tableRow(table, time, l->mac ? l->mac : "-", l->type == VIR_IP_ADDR_TYPE_IPV4 ? "ipv4" : "ipv6", address,
             l->hostname ? l->hostname : "-", l->clientid ? l->clientid : "-", NULL);
}

bool cmdNetLeases(Shell *sh, Cmd *cmd)
{
    g_autoptr(virNetwork) net = networkOf(sh, cmd, BY_ANY);
    virNetworkDHCPLeasePtr *leases = NULL;
    int n = net ? virNetworkGetDHCPLeases(net, cmdString(cmd, "mac"), &leases, 0) : -1;
    if (net && n < 0)
        shellError(sh, "Failed to get leases info for %s", cmdString(cmd, "network"));
    if (n < 0)
        return false;
    qsort(leases, n, sizeof(*leases), byTime);
    Table *table = tableNew(sh, "Expiry Time", "MAC address", "Protocol", "IP address", "Hostname", "Client ID or DUID", NULL);
    for (int i = 0; i < n; i++) {
        leaseRow(table, leases[i]);
        virNetworkDHCPLeaseFree(leases[i]);
    }
    free(leases);
    tableEnd(table);
    return true;
}

/* ---- net-edit ---- */

/* Not every driver tells the next start's definition from the one in use. */
static char *dumpToEdit(void *object)
{
    char *xml = virNetworkGetXMLDesc(object, VIR_NETWORK_XML_INACTIVE);
    if (xml || virGetLastErrorCode() != VIR_ERR_INVALID_ARG)
        return xml;
    virResetLastError();
    return virNetworkGetXMLDesc(object, 0);
}

static bool defineEdited(Shell *sh, const char *xml, bool validate)
{
    g_autoptr(virNetwork) changed = virNetworkDefineXML(sh->conn, xml);
    return changed != NULL;
}

bool cmdNetEdit(Shell *sh, Cmd *cmd)
{
    g_autoptr(virNetwork) net = networkOf(sh, cmd, BY_ANY);
    if (!net)
        return false;
    g_autofree char *label = g_strdup_printf("Network %s", virNetworkGetName(net));
    return editDocument(sh, &(EditWhat){ label, net, dumpToEdit, defineEdited }, false);
}
