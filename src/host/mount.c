/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts: see mount.h. The table is read, the file systems themselves are not asked: one of them may be dead. */
#define VIR_FROM VIR_FROM_NONE
#include "host/mount.h"
#include <mntent.h>
#include <stdio.h>
#include <string.h>

char *virMountSource(const virHost *host, const char *target)
{
    g_autofree char *path = g_build_filename(host->proc, "mounts", NULL), *found = NULL;
    FILE *file = setmntent(path, "re");
    struct mntent entry;
    char buffer[8192];
    while (file && getmntent_r(file, &entry, buffer, sizeof(buffer)))
        if (g_str_equal(entry.mnt_dir, target)) {
            g_free(found);
            found = g_strdup(entry.mnt_fsname);
        }
    if (file)
        endmntent(file);
    return g_steal_pointer(&found);
}
