/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pool that is named by a physical function: its virtual functions are the devices. */
#define VIR_FROM VIR_FROM_NETWORK
#include "drivers/network/network.h"
#include "host/link.h"
#include <stdio.h>
#include <string.h>

static bool addPci(virNetworkDef *def, const char *name)
{
    virPCIAddress a = { 0 };
    if (sscanf(name, "%x:%x:%x.%x", &a.domain, &a.bus, &a.slot, &a.function) != 4)
        return false;
    virNetworkForwardPci *f = g_new0(virNetworkForwardPci, 1);
    f->type = g_strdup("pci");
    f->pci = a;
    virListAppend(&def->forwardPcis, f);
    return true;
}

static void addInterface(virNetworkDef *def, const char *name)
{
    virNetworkForwardIf *f = g_new0(virNetworkForwardIf, 1);
    f->dev = g_strdup(name);
    virListAppend(&def->forwardIfs, f);
}

bool virNetworkPoolFill(virNetworkDef *def, const virHost *host, GError **error)
{
    if (!def->forwardPfs.n || def->forwardIfs.n || def->forwardPcis.n)
        return true;
    const char *pf = def->forwardPfs.v[0]->dev;
    g_autoptr(GPtrArray) functions = virLinkVirtualFunctions(host, pf);
    bool pci = def->forwardMode == VIR_NETWORK_FORWARD_HOSTDEV;
    for (guint i = 0; i < functions->len; i++) {
        const virLinkFunction *f = functions->pdata[i];
        if (pci)
            addPci(def, f->pci);
        else if (f->netdev)
            addInterface(def, f->netdev);
    }
    if (def->forwardIfs.n || def->forwardPcis.n)
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "No usable Vf's present on SRIOV PF %s", pf);
    return false;
}
