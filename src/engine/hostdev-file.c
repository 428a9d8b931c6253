/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a PCI device was before a guest got it: one small file for each, written before the device is touched and removed after. */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "engine.hostdev"
#include "engine/hostdev-item.h"
#include "base/log.h"
#include "base/util.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".device"

static char *pathOf(const virHostdevs *devices, const char *name)
{
    return g_strdup_printf("%s/%s" SUFFIX, devices->folder, name);
}

static void setText(GKeyFile *file, const char *group, const char *key, const char *text)
{
    if (text)
        g_key_file_set_string(file, group, key, text);
}

static void writeVf(GKeyFile *file, const virHostdevItem *item)
{
    char mac[18];
    const unsigned char *m = item->vfBefore.mac;
    if (!item->pf)
        return;
    snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
    setText(file, "function", "physical", item->pf);
    g_key_file_set_integer(file, "function", "index", item->index);
    g_key_file_set_integer(file, "function", "parts", item->vfBefore.parts);
    setText(file, "function", "mac", mac);
    g_key_file_set_integer(file, "function", "vlan", item->vfBefore.vlan);
    g_key_file_set_integer(file, "function", "qos", item->vfBefore.qos);
    g_key_file_set_boolean(file, "function", "trust", item->vfBefore.trust);
}

bool virHostdevFileWrite(virHostdevs *devices, const virHostdevItem *item, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *path = pathOf(devices, item->name);
    char uuid[37];
    gsize size;
    virUUIDFormat(item->uuid, uuid);
    setText(file, "guest", "instance", item->instance);
    setText(file, "guest", "driver", item->driver);
    setText(file, "guest", "name", item->guest);
    setText(file, "guest", "uuid", uuid);
    g_key_file_set_boolean(file, "device", "managed", item->managed);
    setText(file, "device", "wanted", item->want);
    if (item->before) {
        setText(file, "device", "driver", item->before->driver ? item->before->driver : "");
        setText(file, "device", "override", item->before->driverOverride);
    }
    writeVf(file, item);
    g_autofree char *text = g_key_file_to_data(file, &size, NULL);
    return virFileMakePath(devices->folder, 0700, error) && virFileWriteAtomic(path, text, size, 0600, error);
}

void virHostdevFileRemove(virHostdevs *devices, const virHostdevItem *item)
{
    g_autofree char *path = pathOf(devices, item->name);
    if (unlink(path) < 0 && errno != ENOENT)
        virWarn("cannot remove '%s': %s", path, g_strerror(errno));
}

static char *getText(GKeyFile *file, const char *group, const char *key)
{
    return g_key_file_get_string(file, group, key, NULL);
}

static void readVf(GKeyFile *file, virHostdevItem *item)
{
    unsigned int m[6];
    g_autofree char *mac = getText(file, "function", "mac");
    if (!mac || sscanf(mac, "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3, m + 4, m + 5) != 6)
        return;
    for (int i = 0; i < 6; i++)
        item->vfBefore.mac[i] = m[i];
    item->pf = getText(file, "function", "physical");
    item->index = g_key_file_get_integer(file, "function", "index", NULL);
    item->vfBefore.parts = g_key_file_get_integer(file, "function", "parts", NULL);
    item->vfBefore.vlan = g_key_file_get_integer(file, "function", "vlan", NULL);
    item->vfBefore.qos = g_key_file_get_integer(file, "function", "qos", NULL);
    item->vfBefore.trust = g_key_file_get_boolean(file, "function", "trust", NULL);
}

virHostdevItem *virHostdevFileRead(virHostdevs *devices, const char *name, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *path = pathOf(devices, name), *driver = NULL, *uuid = NULL;
    g_autoptr(GError) why = NULL;
    g_autoptr(virHostdevItem) item = g_new0(virHostdevItem, 1);
    if (access(path, F_OK) < 0)
        return NULL;
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &why)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "cannot read '%s': %s", path, why->message);
        return NULL;
    }
    item->name = g_strdup(name);
    item->instance = getText(file, "guest", "instance");
    item->driver = getText(file, "guest", "driver");
    item->guest = getText(file, "guest", "name");
    item->managed = g_key_file_get_boolean(file, "device", "managed", NULL);
    item->want = getText(file, "device", "wanted");
    uuid = getText(file, "guest", "uuid");
    if (!item->instance || !item->driver || !item->guest || !uuid || !virUUIDParse(uuid, item->uuid) ||
        !virHostPCIAddressParse(name, &item->pci)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "'%s' does not say whose device it is about", path);
        return NULL;
    }
    if ((driver = getText(file, "device", "driver"))) {
        item->before = g_new0(virHostPCIBinding, 1);
        item->before->address = item->pci;
        item->before->driver = *driver ? g_strdup(driver) : NULL;
        item->before->driverOverride = getText(file, "device", "override");
    }
    readVf(file, item);
    return g_steal_pointer(&item);
}

GPtrArray *virHostdevFileNames(virHostdevs *devices)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(devices->folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir)))
        if (g_str_has_suffix(name, SUFFIX))
            g_ptr_array_add(names, g_strndup(name, strlen(name) - strlen(SUFFIX)));
    return names;
}
