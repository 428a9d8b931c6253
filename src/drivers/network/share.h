/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The floors of ports: which share of a network's inbound rate an interface is guaranteed. With the set's `writing` held. */
#pragma once

#include "engine/object-network.h"

/* Can there be this much for the port? One without a floor has nothing to ask for. */
bool virNetworkShareCheck(const virObject *obj, const virNetworkPortDef *port, GError **error);
/* The port gets a class of its own; it is not among the network's ports yet. */
bool virNetworkShareTake(virObject *obj, virNetworkPortDef *port, GError **error);
void virNetworkShareDrop(virObject *obj, const virNetworkPortDef *port);
bool virNetworkShareChange(virObject *obj, const virNetworkPortDef *old, virNetworkPortDef *fresh, GError **error);
