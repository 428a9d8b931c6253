/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual networks of the test driver: what the engine makes of definitions, and nothing more. */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/test.h"
#include "engine/object-network.h"

/* Extensions of a real network's DHCP server mean nothing here. */
static gpointer parse(const char *text, void *node, GError **error)
{
    virNetworkDef *def = virObjectNetworkParse(text, node, error);
    while (def && def->options.n) {
        virNetworkOption *option = virListTake(&def->options, 0);
        g_free(option->value);
        g_free(option);
    }
    return def;
}

const virObjectKind virTestNetworkKind = {
    VIR_OBJECT_NETWORK_KIND,
    .self = VIR_FROM_TEST,
    .state = "Network",
    .running = "is already running",
    .stillRunning = "is still running",
    .listFunc = "testConnectListAllNetworks",
    .xmlFunc = "testNetworkGetXMLDesc",
    .parse = parse,
};
