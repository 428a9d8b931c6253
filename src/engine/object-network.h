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

/* object-port.c: adds the calls of ports. */
void virObjectPortCalls(virNetworkDriver *table);
void virObjectPortsLoad(virObject *obj);        /* while its network is brought up again */
void virObjectPortsDrop(virObject *obj);        /* its network stops */
