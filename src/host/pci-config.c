/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configuration space of PCI devices and the capabilities in it. See pci.h. */
#define VIR_FROM VIR_FROM_NONE
#include "host/pci.h"
#include "host/attr.h"
#include "base/error.h"
#include <errno.h>

enum {
    STATUS = 0x06, STATUS_CAPABILITIES = 0x10, HEADER_TYPE = 0x0e, FIRST_CAPABILITY = 0x34, HEADER = 64, ORDINARY = 256, WHOLE = 4096,
    ID_POWER = 0x01, ID_EXPRESS = 0x10, ID_ADVANCED = 0x13, EXTENDED_ID_ACS = 0x0d,
};

GBytes *virHostPCIConfigRead(const virHost *host, const virHostPCIAddress *address, gsize most, GError **error)
{
    unsigned char bytes[WHOLE];
    g_autofree char *path = virHostPCIPath(host, address, "config");
    gsize n = 0;
    int code = virAttrReadBytes(path, bytes, MIN(most, WHOLE), &n);
    if (code == 0 && n < HEADER)
        code = ENODATA;
    if (code == 0)
        return g_bytes_new(bytes, n);
    g_autofree char *text = virHostPCIAddressFormat(address);
    virSetSystemError(error, code, "Failed to read config space of PCI device %s from '%s'", text, path);
    return NULL;
}

unsigned int virHostPCIConfigNumber(GBytes *config, unsigned int at, unsigned int bytes)
{
    gsize len;
    const unsigned char *data = g_bytes_get_data(config, &len);
    if (at + bytes > len)
        return UINT_MAX >> (32 - 8 * bytes);
    unsigned int value = 0;
    while (bytes-- > 0)
        value = value << 8 | data[at + bytes];
    return value;
}

virHostPCIHeader virHostPCIConfigHeader(GBytes *config)
{
    unsigned int type = virHostPCIConfigNumber(config, HEADER_TYPE, 1) & 0x7f;
    return type > VIR_HOST_PCI_HEADER_CARDBUS ? VIR_HOST_PCI_HEADER_UNKNOWN : (virHostPCIHeader)type;
}

int virHostPCIConfigFind(GBytes *config, unsigned int id)
{
    gsize len = g_bytes_get_size(config);
    if (!(virHostPCIConfigNumber(config, STATUS, 2) & STATUS_CAPABILITIES))
        return 0;
    /* a chain of at most 48 entries fits; a longer one is a loop */
    unsigned int at = virHostPCIConfigNumber(config, FIRST_CAPABILITY, 1) & ~3U;
    for (int i = 0; i < 48 && at >= HEADER && at + 1 < len; i++) {
        if (virHostPCIConfigNumber(config, at, 1) == id)
            return at;
        at = virHostPCIConfigNumber(config, at + 1, 1) & ~3U;
    }
    return at >= len ? -1 : 0;                  /* the rest of the space is root's to read */
}

int virHostPCIConfigFindExtended(GBytes *config, unsigned int id)
{
    gsize len = g_bytes_get_size(config);
    if (len <= ORDINARY)
        return len < ORDINARY ? -1 : 0;         /* a device without that space, or one where we may not read it */
    unsigned int at = ORDINARY;
    for (int i = 0; i < (WHOLE - ORDINARY) / 8 && at >= ORDINARY && at + 4 <= len; i++) {
        unsigned int head = virHostPCIConfigNumber(config, at, 4);
        if (head == 0 || head == UINT_MAX)
            return 0;
        if ((head & 0xffff) == id)
            return at;
        at = head >> 20 & ~3U;
    }
    return at + 4 > len ? -1 : 0;
}

int virHostPCIIsExpress(const virHost *host, const virHostPCIAddress *address)
{
    g_autoptr(GBytes) config = virHostPCIConfigRead(host, address, ORDINARY, NULL);
    int at = config ? virHostPCIConfigFind(config, ID_EXPRESS) : -1;
    return MIN(at, 1);
}

/* A capability of the ordinary space, `least` bytes of which are there: its place, 0, or -1 with an error. */
static int findIn(GBytes *config, const virHostPCIAddress *address, unsigned int id, unsigned int least, GError **error)
{
    int at = virHostPCIConfigFind(config, id);
    if (at == 0 || (at > 0 && at + least <= g_bytes_get_size(config)))
        return at;
    g_autofree char *text = virHostPCIAddressFormat(address);
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "only %" G_GSIZE_FORMAT " bytes of the config space of PCI device %s can be read, "
                "its capabilities are behind them; this takes root", g_bytes_get_size(config), text);
    return -1;
}

int virHostPCIHasFLR(const virHost *host, const virHostPCIAddress *address, GError **error)
{
    if (virHostPCIIsVirtualFunction(host, address))
        return 1;                               /* the standard demands it */
    g_autoptr(GBytes) config = virHostPCIConfigRead(host, address, ORDINARY, error);
    if (!config)
        return -1;
    int at = findIn(config, address, ID_EXPRESS, 8, error);
    if (at < 0 || (at > 0 && virHostPCIConfigNumber(config, at + 4, 4) & 1U << 28))
        return at < 0 ? -1 : 1;
    at = findIn(config, address, ID_ADVANCED, 4, error);
    return at <= 0 ? at : (virHostPCIConfigNumber(config, at + 3, 1) & 3) == 3;
}

int virHostPCIHasPMReset(const virHost *host, const virHostPCIAddress *address, GError **error)
{
    enum { CONTROL = 4, NO_SOFT_RESET = 8 };
    g_autoptr(GBytes) config = virHostPCIConfigRead(host, address, ORDINARY, error);
    int at = config ? findIn(config, address, ID_POWER, 6, error) : -1;
    return at <= 0 ? at : !(virHostPCIConfigNumber(config, at + CONTROL, 2) & NO_SOFT_RESET);
}

int virHostPCIParent(const virHost *host, const virHostPCIAddress *address, virHostPCIAddress *parent, GError **error)
{
    g_autoptr(virHostPCIDevice) device = virHostPCIDeviceRead(host, address, error);
    if (!device)
        return -1;
    g_autofree char *above = g_path_get_dirname(device->path), *name = g_path_get_basename(above);
    return virHostPCIAddressParse(name, parent);
}

/* Is it a switch's downstream port, and are source validation, request and completion redirection, and forwarding upstream not all on? */
static int lacksACS(const virHost *host, const virHostPCIAddress *address, GError **error)
{
    enum { TYPE_DOWNSTREAM = 6, CONTROL = 6, WANTED = 0x1d };
    g_autoptr(GBytes) config = virHostPCIConfigRead(host, address, WHOLE, error);
    int at = config ? findIn(config, address, ID_EXPRESS, 4, error) : -1;
    if (at <= 0 || (virHostPCIConfigNumber(config, at + 2, 2) >> 4 & 0xf) != TYPE_DOWNSTREAM)
        return MIN(at, 0);
    at = virHostPCIConfigFindExtended(config, EXTENDED_ID_ACS);
    return at <= 0 || at + CONTROL + 2 > (int)g_bytes_get_size(config) ||
           (virHostPCIConfigNumber(config, at + CONTROL, 2) & WANTED) != WANTED;
}

int virHostPCIIsBehindSwitchLackingACS(const virHost *host, const virHostPCIAddress *address, virHostPCIAddress *port, GError **error)
{
    virHostPCIAddress at = *address, above;
    int more, lacks;
    while ((more = virHostPCIParent(host, &at, &above, error)) > 0) {
        if ((lacks = lacksACS(host, &above, error)) != 0) {
            if (lacks > 0 && port)
                *port = above;
            return lacks;
        }
        at = above;
    }
    return more;
}
