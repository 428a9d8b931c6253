/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks that the table of node devices names. Inside src/model/ only. */
#pragma once

#include "model/nodedev.h"

#define VIR_NODE_CHECK(name) bool name(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
VIR_NODE_CHECK(virNodeDeviceCheck);
VIR_NODE_CHECK(virNodeCapNeeds);        /* before the details are read: those that must be there */
VIR_NODE_CHECK(virNodeCapCheck);        /* … and after */
VIR_NODE_CHECK(virNodeNestedCheck);
VIR_NODE_CHECK(virNodeAddressCheck);
VIR_NODE_CHECK(virNodeFeatureCheck);
VIR_NODE_CHECK(virNodeMdevTypeCheck);
VIR_NODE_CHECK(virNodeVpdCheck);
