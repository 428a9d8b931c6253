/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kinds of mediated devices: see mdev.h. */
#define VIR_FROM VIR_FROM_NONE
#include "host/mdev.h"
#include "host/attr.h"
#include "base/error.h"
#include <errno.h>
#include <unistd.h>

void virHostMdevTypeFree(virHostMdevType *type)
{
    if (!type)
        return;
    g_free(type->id);
    g_free(type->name);
    g_free(type->description);
    g_free(type->deviceApi);
    g_free(type);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostMdevType, virHostMdevTypeFree)

static int readText(const char *folder, const char *name, char **text)
{
    g_autofree char *path = g_strconcat(folder, "/", name, NULL);
    return virAttrRead(path, text);
}

/* 1; 0: it has vanished; -1: an error. */
static int typeRead(const char *folder, virHostMdevType *type, GError **error)
{
    g_autofree char *path = g_strconcat(folder, "/available_instances", NULL);
    long long n = 0;
    int code = readText(folder, "device_api", &type->deviceApi);
    if (code == 0)
        code = virAttrReadNumber(path, &n);
    if (code == 0 && (n < 0 || n > G_MAXUINT))
        code = EINVAL;
    if (code != 0 && access(folder, F_OK) != 0)
        return 0;
    if (code != 0) {
        virSetSystemError(error, code, "Failed to read %s of the mediated device type %s",
                          type->deviceApi ? "available_instances" : "device_api", folder);
        return -1;
    }
    type->instances = n;
    readText(folder, "name", &type->name);          /* these two a driver may leave out */
    readText(folder, "description", &type->description);
    return 1;
}

static int typeCompare(gconstpointer a, gconstpointer b)
{
    return g_strcmp0((*(virHostMdevType *const *)a)->id, (*(virHostMdevType *const *)b)->id);
}

GPtrArray *virHostMdevTypes(const char *parent, GError **error)
{
    g_autofree char *path = g_strconcat(parent, "/mdev_supported_types", NULL);
    g_auto(GStrv) names = NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)virHostMdevTypeFree);
    int code = virAttrList(path, &names);
    if (code != 0 && code != ENOENT) {
        virSetSystemError(error, code, "Unable to list the mediated device types in %s", path);
        return NULL;
    }
    for (char **name = names; name && *name; name++) {
        g_autoptr(virHostMdevType) type = g_new0(virHostMdevType, 1);
        g_autofree char *folder = g_build_filename(path, *name, NULL);
        type->id = g_strdup(*name);
        int there = typeRead(folder, type, error);
        if (there < 0)
            return NULL;
        if (there > 0)
            g_ptr_array_add(list, g_steal_pointer(&type));
    }
    g_ptr_array_sort(list, typeCompare);
    return g_steal_pointer(&list);
}
