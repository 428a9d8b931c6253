/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices as sysfs lists them: see devices.h. */
#include "host/devices.h"
#include <dirent.h>
#include <limits.h>
#include <unistd.h>

/* What the links in a folder point to; what is no link is no device. */
static void addLinks(const char *folder, GPtrArray *paths)
{
    DIR *dir = opendir(folder);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        char target[PATH_MAX];
        ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
        if (n <= 0)
            continue;
        target[n] = 0;
        g_ptr_array_add(paths, g_canonicalize_filename(target, folder));
    }
    if (dir)
        closedir(dir);
}

void virHostDevicePaths(const virHost *host, const char *subsystem, GPtrArray *paths)
{
    g_autofree char *bus = g_strdup_printf("%s/bus/%s/devices", host->sys, subsystem);
    g_autofree char *class = g_strdup_printf("%s/class/%s", host->sys, subsystem);
    addLinks(bus, paths);
    addLinks(class, paths);
}
