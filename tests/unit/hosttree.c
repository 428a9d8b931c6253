/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host made of files: see hosttree.h. */
#include "hosttree.h"
#include "base/util.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

virHostTree *virHostTreeNew(void)
{
    virHostTree *tree = g_new0(virHostTree, 1);
    tree->root = g_dir_make_tmp("host-XXXXXX", NULL);
    g_assert_nonnull(tree->root);
    tree->host = virHostNew(tree->root);
    return tree;
}

static void removeAll(const char *path)
{
    GDir *dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        removeAll(below);
    }
    g_clear_pointer(&dir, g_dir_close);
    remove(path);
}

void virHostTreeFree(virHostTree *tree)
{
    removeAll(tree->root);
    g_free(tree->root);
    virHostFree(tree->host);
    g_free(tree);
}

char *virHostTreePath(const virHostTree *tree, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *path = g_strdup_vprintf(format, args);
    va_end(args);
    return g_build_filename(tree->host->sys, path, NULL);
}

static char *newPath(const virHostTree *tree, const char *path)
{
    char *full = g_build_filename(tree->host->sys, path, NULL);
    g_autofree char *dir = g_path_get_dirname(full);
    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    return full;
}

void virHostTreeBytes(const virHostTree *tree, const char *path, const void *bytes, gsize n)
{
    g_autofree char *full = newPath(tree, path);
    g_assert_true(g_file_set_contents(full, bytes, n, NULL));
}

void virHostTreeFile(const virHostTree *tree, const char *path, const char *text)
{
    virHostTreeBytes(tree, path, text, strlen(text));
}

void virHostTreeLink(const virHostTree *tree, const char *path, const char *target)
{
    g_autofree char *full = newPath(tree, path), *to = *target == '/' ? g_strdup(target) : g_build_filename(tree->host->sys, target, NULL);
    unlink(full);
    g_assert_cmpint(symlink(to, full), ==, 0);
}

void virHostTreeRemove(const virHostTree *tree, const char *path)
{
    g_autofree char *full = g_build_filename(tree->host->sys, path, NULL);
    removeAll(full);
}

virHostPCIAddress virHostTreeDevice(const virHostTree *tree, const char *place)
{
    static const struct { const char *name, *text; } files[] = {
        { "class", "0x020000\n" }, { "vendor", "0x8086\n" }, { "device", "0x10c9\n" }, { "subsystem_vendor", "0x8087\n" },
        { "subsystem_device", "0xa03c\n" }, { "revision", "0x01\n" }, { "numa_node", "-1\n" }, { "driver_override", "(null)\n" },
    };
    static const unsigned char config[4096] = { 0x86, 0x80, 0xc9, 0x10 };
    g_autofree char *address = g_path_get_basename(place), *entry = g_strconcat("bus/pci/devices/", address, NULL);
    g_autofree char *target = g_strconcat("../../../devices/", place, NULL), *full = newPath(tree, entry);
    virHostPCIAddress parsed;
    g_assert_true(virHostPCIAddressParse(address, &parsed));
    for (gsize i = 0; i <= G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_strdup_printf("devices/%s/%s", place, i < G_N_ELEMENTS(files) ? files[i].name : "config");
        if (i < G_N_ELEMENTS(files))
            virHostTreeFile(tree, path, files[i].text);
        else
            virHostTreeBytes(tree, path, config, sizeof(config));
    }
    g_assert_cmpint(symlink(target, full), ==, 0);
    return parsed;
}

void virHostTreeDriver(const virHostTree *tree, const char *address, const char *driver)
{
    g_autofree char *link = g_strdup_printf("bus/pci/devices/%s/driver", address), *to = g_strdup_printf("bus/pci/drivers/%s", driver);
    g_autofree char *inside = g_strdup_printf("%s/module", to);
    virHostTreeFile(tree, inside, "");
    virHostTreeLink(tree, link, to);
}

void virHostTreeGroup(const virHostTree *tree, unsigned int group, const char *const *addresses)
{
    g_autofree char *folder = g_strdup_printf("kernel/iommu_groups/%u", group);
    for (; *addresses; addresses++) {
        g_autofree char *member = g_strdup_printf("%s/devices/%s", folder, *addresses);
        g_autofree char *device = g_strdup_printf("bus/pci/devices/%s", *addresses), *link = g_strconcat(device, "/iommu_group", NULL);
        g_autofree char *full = g_build_filename(tree->host->sys, device, NULL);
        virHostTreeLink(tree, member, device);
        if (g_file_test(full, G_FILE_TEST_EXISTS))
            virHostTreeLink(tree, link, folder);
    }
}

void virHostTreeConfig(const virHostTree *tree, const char *address, unsigned int at, const void *bytes, gsize n)
{
    g_autofree char *path = virHostTreePath(tree, "bus/pci/devices/%s/config", address);
    g_auto(virFd) fd = open(path, O_WRONLY | O_CLOEXEC);
    g_assert_cmpint(pwrite(fd, bytes, n, at), ==, (int)n);
}
