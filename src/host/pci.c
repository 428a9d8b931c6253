/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PCI devices of the host: addresses, and the record of a device. See pci.h. */
#define VIR_FROM VIR_FROM_NONE
#include "host/pci.h"
#include "host/attr.h"
#include "base/error.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- addresses ---- */

static bool hexNumber(const char **at, unsigned int digits, unsigned int most, unsigned int *value)
{
    unsigned int n = 0;
    *value = 0;
    for (; n < digits && g_ascii_isxdigit(**at); n++)
        *value = *value << 4 | g_ascii_xdigit_value(*(*at)++);
    return n > 0 && *value <= most;
}

bool virHostPCIAddressParse(const char *text, virHostPCIAddress *address)
{
    virHostPCIAddress a;
    if (!hexNumber(&text, 8, UINT_MAX, &a.domain) || *text++ != ':' || !hexNumber(&text, 2, 0xff, &a.bus) || *text++ != ':' ||
        !hexNumber(&text, 2, 0x1f, &a.slot) || *text++ != '.' || !hexNumber(&text, 1, 7, &a.function) || *text)
        return false;
    *address = a;
    return true;
}

char *virHostPCIAddressFormat(const virHostPCIAddress *a)
{
    return g_strdup_printf("%04x:%02x:%02x.%x", a->domain, a->bus, a->slot, a->function);
}

int virHostPCIAddressCompare(gconstpointer a, gconstpointer b)
{
    const virHostPCIAddress *x = a, *y = b;
    const unsigned int pairs[][2] = { { x->domain, y->domain }, { x->bus, y->bus }, { x->slot, y->slot }, { x->function, y->function } };
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
        if (pairs[i][0] != pairs[i][1])
            return pairs[i][0] < pairs[i][1] ? -1 : 1;
    return 0;
}

guint virHostPCIAddressHash(gconstpointer address)
{
    const virHostPCIAddress *a = address;
    return a->domain << 16 ^ a->bus << 8 ^ a->slot << 3 ^ a->function;
}

gboolean virHostPCIAddressEqual(gconstpointer a, gconstpointer b)
{
    return virHostPCIAddressCompare(a, b) == 0;
}

char *virHostPCIPath(const virHost *host, const virHostPCIAddress *a, const char *name)
{
    return g_strdup_printf("%s/bus/pci/devices/%04x:%02x:%02x.%x%s%s", host->sys, a->domain, a->bus, a->slot, a->function,
                           name ? "/" : "", name ? name : "");
}

bool virHostPCIExists(const virHost *host, const virHostPCIAddress *address)
{
    g_autofree char *path = virHostPCIPath(host, address, NULL);
    return access(path, F_OK) == 0;
}

GArray *virHostPCIList(const virHost *host, GError **error)
{
    g_autofree char *path = g_strconcat(host->sys, "/bus/pci/devices", NULL);
    g_auto(GStrv) names = NULL;
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(virHostPCIAddress));
    int code = virAttrList(path, &names);
    if (code != 0 && code != ENOENT) {
        virSetSystemError(error, code, "Unable to list the PCI devices in %s", path);
        return NULL;
    }
    for (char **name = names; name && *name; name++) {
        virHostPCIAddress address;
        if (virHostPCIAddressParse(*name, &address))
            g_array_append_val(list, address);
    }
    g_array_sort(list, virHostPCIAddressCompare);
    return g_steal_pointer(&list);
}

/* ---- the record ---- */

const char *virHostPCILinkSpeed(unsigned int generation)
{
    static const char *const speeds[] = { NULL, "2.5", "5", "8", "16", "32", "64" };
    return generation < G_N_ELEMENTS(speeds) ? speeds[generation] : NULL;
}

/* The device's folder without links. The bus's folder has links of one shape, so that one call does. */
static char *realFolder(const virHost *host, const char *path)
{
    static const char up[] = "../../../";
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof(target) - 1);
    if (n > 0) {
        target[n] = 0;
        if (g_str_has_prefix(target, up) && !strstr(target + strlen(up), ".."))
            return g_strconcat(host->sys, "/", target + strlen(up), NULL);
    }
    g_autofree char *real = realpath(path, NULL);
    return g_strdup(real ? real : path);
}

/* A folder's number; `missing` when it is not there, cannot be read, or is out of range. */
static long long number(const char *folder, const char *name, long long least, long long most, long long missing)
{
    g_autofree char *path = g_strconcat(folder, "/", name, NULL);
    long long value;
    return virAttrReadNumber(path, &value) == 0 && value >= least && value <= most ? value : missing;
}

static bool identity(virHostPCIDevice *d, const char *folder, const char *text, GError **error)
{
    const struct { const char *name; unsigned int *value; long long most; bool needed; } rows[] = {
        { "class", &d->class, 0xffffff, true }, { "vendor", &d->vendor, 0xffff, true }, { "device", &d->product, 0xffff, true },
        { "subsystem_vendor", &d->subsystemVendor, 0xffff, false }, { "subsystem_device", &d->subsystem, 0xffff, false },
        { "revision", &d->revision, 0xff, false },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat(folder, "/", rows[i].name, NULL);
        long long value = 0;
        int code = virAttrReadNumber(path, &value);
        if (code == 0 && (value < 0 || value > rows[i].most))
            code = EINVAL;
        if (code == 0) {
            *rows[i].value = value;
        } else if (rows[i].needed) {
            virSetSystemError(error, code, "Failed to read the %s of PCI device %s from %s", rows[i].name, text, path);
            return false;
        }
    }
    return true;
}

static virHostPCILink linkAt(GBytes *config, unsigned int at, unsigned int bytes)
{
    unsigned int word = virHostPCIConfigNumber(config, at, bytes);
    return (virHostPCILink){ .there = true, .generation = word & 0xf, .width = word >> 4 & 0x3f, .port = bytes == 4 ? word >> 24 : 0 };
}

/* What its configuration space says. Devices inside the root complex are express, but hang on no link. */
static void fromConfig(const virHost *host, virHostPCIDevice *d)
{
    enum { ID_EXPRESS = 0x10, TYPE_ENDPOINT = 9, TYPE_EVENTS = 10 };
    g_autoptr(GBytes) config = virHostPCIConfigRead(host, &d->address, 256, NULL);
    d->header = config ? virHostPCIConfigHeader(config) : VIR_HOST_PCI_HEADER_UNKNOWN;
    if (d->header == VIR_HOST_PCI_HEADER_UNKNOWN)
        return;
    d->multifunction = virHostPCIConfigNumber(config, 0x0e, 1) & 0x80;
    int at = virHostPCIConfigFind(config, ID_EXPRESS);
    d->express = at > 0;
    if (!d->express || at + 0x14 > (int)g_bytes_get_size(config))
        return;
    unsigned int type = virHostPCIConfigNumber(config, at + 2, 2) >> 4 & 0xf;
    if (type == TYPE_ENDPOINT || type == TYPE_EVENTS)
        return;
    d->capability = linkAt(config, at + 0x0c, 4);
    d->status = linkAt(config, at + 0x12, 2);
}

bool virHostPCIDriver(const virHost *host, const virHostPCIAddress *address, char **driver, GError **error)
{
    g_autofree char *path = virHostPCIPath(host, address, "driver");
    char *name = NULL;
    int code = virAttrReadLink(path, &name);
    if (code == ENOENT && virHostPCIExists(host, address))
        code = 0;
    if (code != 0) {
        g_autofree char *text = virHostPCIAddressFormat(address);
        virSetSystemError(error, code, "Unable to resolve device %s driver symlink %s", text, path);
        return false;
    }
    *driver = name;
    return true;
}

virHostPCIDevice *virHostPCIDeviceRead(const virHost *host, const virHostPCIAddress *address, GError **error)
{
    g_autofree char *folder = virHostPCIPath(host, address, NULL), *text = virHostPCIAddressFormat(address);
    if (access(folder, F_OK) != 0) {
        virSetSystemError(error, errno, "Device %s not found: could not access %s", text, folder);
        return NULL;
    }
    g_autoptr(virHostPCIDevice) d = g_new0(virHostPCIDevice, 1);
    d->address = *address;
    d->path = realFolder(host, folder);
    if (!identity(d, folder, text, error))
        return NULL;
    virHostPCIDriver(host, address, &d->driver, NULL);
    fromConfig(host, d);
    d->numaNode = number(folder, "numa_node", 0, INT_MAX, -1);
    d->iommuGroup = virPCIDeviceAddressGetIOMMUGroupNum(host, address, NULL);
    d->iommuGroup = MAX(d->iommuGroup, -1);
    return g_steal_pointer(&d);
}

virHostPCIDevice *virHostPCIDeviceCopy(const virHostPCIDevice *device)
{
    virHostPCIDevice *copy = g_new(virHostPCIDevice, 1);
    *copy = *device;
    copy->path = g_strdup(device->path);
    copy->driver = g_strdup(device->driver);
    return copy;
}

void virHostPCIDeviceFree(virHostPCIDevice *device)
{
    if (!device)
        return;
    g_free(device->path);
    g_free(device->driver);
    g_free(device);
}
