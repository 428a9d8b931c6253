/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packet filters on the ports of a guest: bindings, asked of the filter driver in this daemon. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.net"
#include "drivers/qemu/qemu.h"
#include "base/log.h"
#include "model/nwfilter.h"
#include "src/api/connect.h"
#include "src/api/driver.h"
#include <string.h>

static virNWFilterBindingDef *bindingOf(const virDomainDef *def, const virDomainNetDef *net)
{
    virNWFilterBindingDef *b = virXmlNew(&virNWFilterBindingDefXml);
    b->ownerName = g_strdup(def->name);
    memcpy(b->ownerUuid, def->uuid, sizeof(b->ownerUuid));
    b->hasOwnerUuid = b->hasMac = true;
    b->portDev = g_strdup(net->ifname);
    b->mac = net->mac;
    b->filter.filter = g_strdup(net->filter);
    for (unsigned int i = 0; i < net->filterParams.n; i++) {
        virNetFilterParam *p = g_new0(virNetFilterParam, 1);
        p->name = g_strdup(net->filterParams.v[i]->name);
        p->value = g_strdup(net->filterParams.v[i]->value);
        virListAppend(&b->filter.params, p);
    }
    return b;
}

/* Remove what is bound to the port; with `owner`, only if that is his. */
static void unbind(virConnectPtr conn, const char *port, const unsigned char *owner)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(virNWFilterBinding) binding = conn->nwfilter->nWFilterBindingLookupByPortDev(conn, port, NULL);
    g_autofree char *xml = binding ? conn->nwfilter->nWFilterBindingGetXMLDesc(binding, 0, NULL) : NULL;
    g_autoptr(virNWFilterBindingDef) def = xml ? virNWFilterBindingDefParse(xml, NULL, 0, NULL) : NULL;
    if (def && (!owner || memcmp(def->ownerUuid, owner, sizeof(def->ownerUuid)) == 0) &&
        conn->nwfilter->nWFilterBindingDelete(binding, &error) < 0)
        virWarn("the packet filter of '%s' could not be removed: %s", port, error->message);
}

bool qemuFilterNet(const virDomainDef *def, const virDomainNetDef *net, GError **error)
{
    if (!net->filter)
        return true;
    g_autoptr(virConnect) conn = virConnectOpenName("nwfilter:///system", NULL, 0, error);
    if (!conn)
        return false;
    g_autoptr(virNWFilterBindingDef) bound = bindingOf(def, net);
    g_autofree char *xml = virNWFilterBindingDefFormat(bound, 0);
    unbind(conn, net->ifname, NULL);    /* the port has just been made: what is bound to its name is left of another */
    g_autoptr(virNWFilterBinding) binding = conn->nwfilter->nWFilterBindingCreateXML(conn, xml, 0, error);
    return binding != NULL;
}

void qemuUnfilterNets(const virDomainDef *def)
{
    g_autoptr(virConnect) conn = NULL;
    for (unsigned int i = 0; i < def->nets.n; i++) {
        const virDomainNetDef *net = def->nets.v[i];
        if (net->filter && net->ifname && (conn || (conn = virConnectOpenName("nwfilter:///system", NULL, 0, NULL))))
            unbind(conn, net->ifname, def->uuid);
    }
}
