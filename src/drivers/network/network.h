/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the network driver share. */
#pragma once

#include "engine/object-network.h"

/* Completes and checks a definition before it is kept. */
bool virNetworkDriverAccept(virRegistrySnapshot *all, gpointer def, GError **error);
