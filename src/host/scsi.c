/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SCSI in sysfs: see scsi.h. */
#define VIR_FROM VIR_FROM_STORAGE
#include "host/scsi.h"
#include "base/error.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void virScsiUnitFree(virScsiUnit *unit)
{
    g_free(unit->block);
    g_free(unit);
}

static char *firstName(const char *dir)
{
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    return d ? g_strdup(g_dir_read_name(d)) : NULL;
}

static gint byPlace(gconstpointer a, gconstpointer b)
{
    const virScsiUnit *x = *(virScsiUnit *const *)a, *y = *(virScsiUnit *const *)b;
    unsigned int p[] = { x->bus, x->target, x->lun }, q[] = { y->bus, y->target, y->lun };
    for (int i = 0; i < 3; i++)
        if (p[i] != q[i])
            return p[i] < q[i] ? -1 : 1;
    return 0;
}

GPtrArray *virScsiUnits(const virHost *host, unsigned int number)
{
    GPtrArray *units = g_ptr_array_new_with_free_func((GDestroyNotify)virScsiUnitFree);
    g_autofree char *path = g_strdup_printf("%s/bus/scsi/devices", host->sys);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name = dir ? g_dir_read_name(dir) : NULL; name; name = g_dir_read_name(dir)) {
        virScsiUnit u = { 0 };
        int end = 0;
        if (sscanf(name, "%u:%u:%u:%u%n", &u.host, &u.bus, &u.target, &u.lun, &end) != 4 || name[end] || u.host != number)
            continue;
        g_autofree char *block = g_build_filename(path, name, "block", NULL);
        u.block = firstName(block);
        if (u.block)
            g_ptr_array_add(units, g_memdup2(&u, sizeof(u)));
    }
    g_ptr_array_sort(units, byPlace);
    return units;
}

bool virScsiHostNumber(const char *name, unsigned int *number)
{
    int end = 0;
    const char *digits = g_str_has_prefix(name, "scsi_") ? name + 5 : name;
    return sscanf(digits, "host%u%n", number, &end) == 1 && !digits[end];
}

/* The first host that `fits`. */
static bool findHost(const virHost *host, const char *class, bool (*fits)(const char *dir, gconstpointer data), gconstpointer data, unsigned int *number)
{
    g_autofree char *path = g_strdup_printf("%s/class/%s", host->sys, class);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name = dir ? g_dir_read_name(dir) : NULL; name; name = g_dir_read_name(dir)) {
        g_autofree char *full = g_build_filename(path, name, NULL);
        if (virScsiHostNumber(name, number) && fits(full, data))
            return true;
    }
    return false;
}

typedef struct {
    const char *first, *second;
    unsigned int id;
} Wanted;

static bool atParent(const char *dir, gconstpointer data)
{
    const Wanted *want = data;
    unsigned long long id;
    g_autofree char *real = realpath(dir, NULL), *part = g_strdup_printf("/%s/", want->first);
    return real && strstr(real, part) && virHostReadULL(&id, "%s/unique_id", dir) && id == want->id;
}

bool virScsiHostByParent(const virHost *host, const char *address, unsigned int uniqueId, unsigned int *number)
{
    return findHost(host, "scsi_host", atParent, &(Wanted){ address, NULL, uniqueId }, number);
}

static bool sameWwn(const char *dir, const char *file, const char *want)
{
    g_autofree char *is = virHostRead("%s/%s", dir, file);
    return !want || (is && g_ascii_strcasecmp(g_str_has_prefix(is, "0x") ? is + 2 : is, g_str_has_prefix(want, "0x") ? want + 2 : want) == 0);
}

static bool hasWwn(const char *dir, gconstpointer data)
{
    const Wanted *want = data;
    return sameWwn(dir, "node_name", want->first) && sameWwn(dir, "port_name", want->second);
}

bool virScsiHostByWwn(const virHost *host, const char *node, const char *port, unsigned int *number)
{
    return findHost(host, "fc_host", hasWwn, &(Wanted){ node, port, 0 }, number);
}

bool virScsiHostOfSession(const virHost *host, unsigned int session, unsigned int *number)
{
    g_autofree char *path = g_strdup_printf("%s/class/iscsi_session/session%u/device", host->sys, session);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name = dir ? g_dir_read_name(dir) : NULL; name; name = g_dir_read_name(dir))
        if (sscanf(name, "target%u:", number) == 1)
            return true;
    return false;
}

bool virScsiRescan(const virHost *host, unsigned int number, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/class/scsi_host/host%u/scan", host->sys, number);
    g_auto(virFd) fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        virSetSystemError(error, errno, "Could not open '%s' to trigger host scan", path);
        return false;
    }
    if (write(fd, "- - -", 5) == 5)
        return true;
    virSetSystemError(error, errno, "Write to '%s' to trigger host scan failed", path);
    return false;
}

static gint byText(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *virMultipathNames(const virHost *host, GPtrArray *devices)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *path = g_strdup_printf("%s/block", host->sys);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name = dir ? g_dir_read_name(dir) : NULL; name; name = g_dir_read_name(dir))
        if (g_str_has_prefix(name, "dm-"))
            g_ptr_array_add(found, g_strdup(name));
    g_ptr_array_sort(found, byText);
    for (guint i = 0; i < found->len; i++) {
        const char *device = found->pdata[i];
        g_autofree char *uuid = virHostRead("%s/%s/dm/uuid", path, device), *name = virHostRead("%s/%s/dm/name", path, device);
        if (!name || !uuid || !g_str_has_prefix(uuid, "mpath-"))
            continue;
        g_ptr_array_add(names, g_steal_pointer(&name));
        if (devices)
            g_ptr_array_add(devices, g_strdup(device));
    }
    return names;
}
