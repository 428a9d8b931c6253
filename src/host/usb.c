/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* USB devices: see usb.h. */
#define VIR_FROM VIR_FROM_NONE
#include "host/usb.h"
#include "host/attr.h"
#include "base/error.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void virHostUSBDeviceFree(virHostUSBDevice *device)
{
    if (!device)
        return;
    g_free(device->port);
    g_free(device);
}

static bool readNumber(const char *folder, const char *name, int base, unsigned int *value)
{
    g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
    char *end;
    if (virAttrRead(path, &text) != 0)
        return false;
    *value = strtoul(text, &end, base);
    return end != text;
}

/* NULL: an interface of a device (which has no number), or a device that has just gone. */
static virHostUSBDevice *readDevice(const char *folder)
{
    virHostUSBDevice d = { 0 };
    g_autofree char *path = g_build_filename(folder, "devpath", NULL);
    if (!readNumber(folder, "busnum", 10, &d.bus) || !readNumber(folder, "devnum", 10, &d.device) ||
        !readNumber(folder, "idVendor", 16, &d.vendor) || !readNumber(folder, "idProduct", 16, &d.product))
        return NULL;
    if (virAttrRead(path, &d.port) != 0)
        d.port = NULL;
    return g_memdup2(&d, sizeof(d));
}

static int compare(gconstpointer a, gconstpointer b)
{
    const virHostUSBDevice *x = *(virHostUSBDevice *const *)a, *y = *(virHostUSBDevice *const *)b;
    return x->bus != y->bus ? (x->bus < y->bus ? -1 : 1) : x->device < y->device ? -1 : x->device > y->device;
}

GPtrArray *virHostUSBList(const virHost *host, GError **error)
{
    g_autofree char *folder = g_build_filename(host->sys, "bus/usb/devices", NULL);
    g_auto(GStrv) names = NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)virHostUSBDeviceFree);
    int code = virAttrList(folder, &names);
    if (code != 0) {
        virSetSystemError(error, code, "cannot open directory '%s'", folder);
        return NULL;
    }
    for (char **name = names; name && *name; name++) {
        g_autofree char *path = g_build_filename(folder, *name, NULL);
        virHostUSBDevice *device = strchr(*name, ':') ? NULL : readDevice(path);
        if (device)
            g_ptr_array_add(list, device);
    }
    g_ptr_array_sort(list, compare);
    return g_steal_pointer(&list);
}

char *virHostUSBNode(const virHost *host, unsigned int bus, unsigned int device)
{
    return g_strdup_printf("%s/bus/usb/%03u/%03u", host->dev, bus, device);
}
