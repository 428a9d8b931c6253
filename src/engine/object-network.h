/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls of virtual networks over a set of objects (conn->networkPriv): the real driver's and the test driver's. */
#pragma once

#include "engine/object.h"
#include "model/network.h"

/* What every kind of networks has in common; a driver's row begins with it. */
#define VIR_OBJECT_NETWORK_KIND \
    .from = VIR_FROM_NETWORK, .missing = VIR_ERR_NO_NETWORK, .lookup = "network", .define = "network", .xml = &virNetworkDefXml, \
    .name = G_STRUCT_OFFSET(virNetworkDef, name), .uuid = G_STRUCT_OFFSET(virNetworkDef, uuid), .flags = 0x3f, \
    .edit = "net-edit", .handle = virObjectNetworkHandle

gpointer virObjectNetworkParse(const char *text, void *node, GError **error);
gpointer virObjectNetworkHandle(virConnectPtr conn, const char *name, const unsigned char *uuid, gconstpointer def);
/* Every call that needs no more than definitions. Ports are kept in `set->run`. */
extern const virNetworkDriver virObjectNetworkDriver;

/* What a driver does for a port; each is called with the set's `writing` held, and may be NULL. */
typedef struct {
    /* Completes `port`: where it is plugged in, and what its network has for it. With `reclaim` it says so itself and is only checked. */
    bool (*plug)(virObject *obj, virNetworkPortDef *port, bool reclaim, GError **error);
    /* Makes it so on the host, and takes it back. */
    bool (*attach)(virObject *obj, virNetworkPortDef *port, bool reclaim, GError **error);
    void (*detach)(virObject *obj, const virNetworkPortDef *port);
    /* The port becomes `fresh`, which has other rates. */
    bool (*change)(virObject *obj, const virNetworkPortDef *old, virNetworkPortDef *fresh, GError **error);
    /* Something about the ports has changed: their number stands in the network's document. */
    void (*changed)(virObject *obj);
} virObjectPortOps;

/* object-port.c: adds the calls of ports. */
void virObjectPortCalls(virNetworkDriver *table, const virObjectPortOps *ops);
void virObjectPortsLoad(virObject *obj);        /* its network ran before our start */
void virObjectPortsDrop(virObject *obj);        /* its network stops */

/* object-rate.c: the rates of a port as typed parameters. */
int virObjectPortRates(const virNetworkPortDef *port, virTypedParameterPtr *params, int *nparams);
bool virObjectPortSetRates(virNetworkPortDef *port, virTypedParameterPtr params, int nparams, GError **error);
