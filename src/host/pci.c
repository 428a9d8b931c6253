/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PCI devices of the host: see pci.h. */
#include "host/pci.h"
#include <string.h>

enum { STATUS = 0x06, STATUS_CAPABILITIES = 0x10, FIRST_CAPABILITY = 0x34, ID_EXPRESS = 0x10, HEADER = 64 };

int virHostPCIIsExpress(const virHost *host, const virHostPCIAddress *a)
{
    g_autofree char *path = g_strdup_printf("%s/bus/pci/devices/%04x:%02x:%02x.%x/config", host->sys, a->domain, a->bus, a->slot, a->function);
    g_autofree char *text = NULL;
    gsize len = 0;
    if (!g_file_get_contents(path, &text, &len, NULL) || len < HEADER)
        return -1;
    const unsigned char *config = (const unsigned char *)text;
    if (!(config[STATUS] & STATUS_CAPABILITIES))
        return 0;
    /* a chain of at most 48 entries fits; a longer one is a loop */
    unsigned int at = config[FIRST_CAPABILITY] & ~3U;
    for (int i = 0; i < 48 && at >= HEADER && at + 1 < len; i++) {
        if (config[at] == ID_EXPRESS)
            return 1;
        at = config[at + 1] & ~3U;
    }
    return at >= len ? -1 : 0;          /* the rest of the space is root's to read */
}
