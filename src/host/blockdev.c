/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block devices: see blockdev.h. */
#define VIR_FROM VIR_FROM_NONE
#include "host/blockdev.h"
#include "base/util.h"
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

bool virBlockSize(int fd, unsigned long long *size)
{
    struct stat st;
    guint64 bytes;
    if (fstat(fd, &st) < 0)
        return false;
    if (!S_ISBLK(st.st_mode)) {
        *size = st.st_size;
        return true;
    }
    if (ioctl(fd, BLKGETSIZE64, &bytes) < 0)
        return false;
    *size = bytes;
    return true;
}

/* In the order of asking: what stands later may also be the remains of an older use. */
#define MAGIC(text) text, sizeof(text) - 1
static const struct { const char *name; gsize at; const char *magic; gsize len; } contents[] = {
    { "luks", 0, MAGIC("LUKS\xba\xbe") },
    { "lvm2", 512, MAGIC("LABELONE") },
    { "xfs", 0, MAGIC("XFSB") },
    { "ext4", 0x438, MAGIC("\x53\xef") },       /* told apart below */
    { "btrfs", 0x10040, MAGIC("_BHRfS_M") },
    { "gfs2", 0x10000, MAGIC("\x01\x16\x19\x70") },
    { "ocfs2", 0x1000, MAGIC("OCFSV2") },
    { "iso9660", 32769, MAGIC("CD001") },
    { "udf", 32769, MAGIC("BEA01") },
    { "hfs+", 1024, MAGIC("H+") },
    { "vmfs", 0x100000, MAGIC("\x0d\xd0\x01\xc0") },
    { "linux-swap", 4086, MAGIC("SWAPSPACE2") },
    { "gpt", 512, MAGIC("EFI PART") },
    { "ufs", 0x55c + 8192, MAGIC("\x54\x19\x01\x00") },
    { "mac", 512, MAGIC("PM") },
    { "dvh", 0, MAGIC("\x0b\xe5\xa9\x41") },
    { "bsd", 512, MAGIC("\x57\x45\x56\x82") },
    { "sun", 508, MAGIC("\xda\xbe") },
    { "vfat", 54, MAGIC("FAT16   ") },
    { "vfat", 82, MAGIC("FAT32   ") },
    { "dos", 510, MAGIC("\x55\xaa") },
};

/* ext3 has a journal, ext4 more than that. */
static const char *extName(int fd)
{
    guint32 features[3] = { 0 };
    if (pread(fd, features, sizeof(features), 1024 + 0x5c) != sizeof(features))
        return "ext2";
    if (GUINT32_FROM_LE(features[1]) & ~0x1fu || GUINT32_FROM_LE(features[2]) & ~0x7u)
        return "ext4";
    return GUINT32_FROM_LE(features[0]) & 4 ? "ext3" : "ext2";
}

const char *virBlockContents(const char *path, bool *readable)
{
    g_auto(virFd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char buffer[128];
    *readable = fd >= 0;
    for (gsize i = 0; fd >= 0 && i < G_N_ELEMENTS(contents); i++)
        if (pread(fd, buffer, contents[i].len, contents[i].at) == (ssize_t)contents[i].len &&
            memcmp(buffer, contents[i].magic, contents[i].len) == 0)
            return g_str_equal(contents[i].name, "ext4") ? extName(fd) : contents[i].name;
    return NULL;
}

char *virBlockStablePath(const char *dir, const char *device)
{
    g_autoptr(GDir) folder = g_str_equal(dir, "/dev") || g_str_equal(dir, "/dev/") ? NULL : g_dir_open(dir, 0, NULL);
    g_autofree char *real = realpath(device, NULL);
    char *best = NULL;
    for (const char *name = folder ? g_dir_read_name(folder) : NULL; name && real; name = g_dir_read_name(folder)) {
        g_autofree char *path = g_build_filename(dir, name, NULL), *target = realpath(path, NULL);
        if (g_strcmp0(target, real) == 0 && (!best || strcmp(path, best) < 0)) {
            g_free(best);
            best = g_steal_pointer(&path);
        }
    }
    return best ? best : g_strdup(device);
}
