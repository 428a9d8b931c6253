/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of definitions: see object-file.h. */
#define VIR_FROM VIR_FROM_NONE
#include "engine/object-file.h"
#include "base/util.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

char *virDefinitionPath(const char *dir, const char *sub, const char *name)
{
    return g_strdup_printf("%s/%s%s.xml", dir, sub, name);
}

bool virDefinitionWrite(const char *dir, const char *name, const char *edit, const char *xml, GError **error)
{
    g_autofree char *path = virDefinitionPath(dir, "", name);
    g_autofree char *text = g_strdup_printf("<!--\n"
                                            "The daemon wrote this file and will overwrite it: change it with\n"
                                            "  virsh %s %s\n"
                                            "or any other program that uses the libvirt API.\n"
                                            "-->\n\n%s",
                                            edit, strstr(name, "--") ? "NAME" : name, xml);
    return virFileWriteAtomic(path, text, -1, 0600, error);
}

bool virDefinitionRemove(const char *dir, const char *sub, const char *name, GError **error)
{
    g_autofree char *path = virDefinitionPath(dir, sub, name);
    if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
        return true;
    virSetSystemError(error, errno, "cannot remove '%s'", path);
    return false;
}

bool virDefinitionLink(const char *dir, const char *sub, const char *name, bool on, GError **error)
{
    if (!on)
        return virDefinitionRemove(dir, sub, name, error);
    g_autofree char *target = virDefinitionPath(dir, "", name);
    g_autofree char *link = virDefinitionPath(dir, sub, name);
    g_autofree char *folder = g_path_get_dirname(link);
    if (!virFileMakePath(folder, 0700, error))
        return false;
    if (symlink(target, link) == 0 || errno == EEXIST)
        return true;
    virSetSystemError(error, errno, "Failed to create symlink '%s' to '%s'", link, target);
    return false;
}

GHashTable *virDefinitionNames(const char *dir)
{
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    for (const char *file = d ? g_dir_read_name(d) : NULL; file; file = g_dir_read_name(d))
        g_hash_table_add(names, g_strndup(file, strlen(file) - (g_str_has_suffix(file, ".xml") ? 4 : 0)));
    return names;
}

void virDefinitionEach(const char *dir, void (*func)(const char *path, const char *name, gpointer data), gpointer data)
{
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    for (const char *file = d ? g_dir_read_name(d) : NULL; file; file = g_dir_read_name(d)) {
        if (!g_str_has_suffix(file, ".xml"))
            continue;
        g_autofree char *path = g_build_filename(dir, file, NULL);
        g_autofree char *name = g_strndup(file, strlen(file) - 4);
        func(path, name, data);
    }
}
