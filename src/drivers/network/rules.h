/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packet filter rules of a network with a bridge of libvirt's own, in chains of libvirt's own that those of the kernel jump to. */
#pragma once

#include "model/network.h"

/* Makes the chains where they are missing, then the rules; nothing is left when it fails. */
bool virNetworkRulesAdd(const virNetworkDef *def, GError **error);
/* What is missing is no matter. */
void virNetworkRulesRemove(const virNetworkDef *def);
bool virNetworkRulesEqual(const virNetworkDef *a, const virNetworkDef *b);
