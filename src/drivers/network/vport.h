/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual port profiles of a switch: of a port, its group and its network together. */
#pragma once

#include "model/network.h"

/* Completes *port, which may be NULL, by what the others have; each may be NULL. Identifiers that only must be unique are made up. */
bool virNetworkVPortMerge(virNetDevVPort **port, const virNetDevVPort *group, const virNetDevVPort *network, GError **error);
/* Not every way of plugging in knows every kind of profile. */
bool virNetworkVPortFits(const virNetworkPortDef *port, const char *network, GError **error);
