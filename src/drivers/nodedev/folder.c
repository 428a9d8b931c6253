/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inotify on a folder of folders: see folder.h. */
#include "drivers/nodedev/folder.h"
#include "base/util.h"
#include <string.h>
#include <sys/inotify.h>

struct _virNodeFolder {
    char *path, *name;
    virFd fd;
    int above;                  /* the watch of the folder that it is in */
};

enum { CHANGES = IN_CREATE | IN_DELETE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB };

/* Watches that exist already stay as they are. */
static void watchAll(virNodeFolder *folder)
{
    if (inotify_add_watch(folder->fd, folder->path, CHANGES | IN_ONLYDIR) < 0)
        return;
    g_autoptr(GDir) dir = g_dir_open(folder->path, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder->path, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            inotify_add_watch(folder->fd, path, CHANGES | IN_ONLYDIR);
    }
}

virNodeFolder *virNodeFolderNew(const char *path)
{
    virNodeFolder *folder = g_new0(virNodeFolder, 1);
    g_autofree char *above = g_path_get_dirname(path);
    folder->path = g_strdup(path);
    folder->name = g_path_get_basename(path);
    folder->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    folder->above = -1;
    if (folder->fd >= 0) {
        folder->above = inotify_add_watch(folder->fd, above, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
        watchAll(folder);
    }
    return folder;
}

int virNodeFolderFd(const virNodeFolder *folder)
{
    return folder->fd;
}

bool virNodeFolderRead(virNodeFolder *folder)
{
    char buffer[8192] __attribute__((aligned(8)));
    bool changed = false;
    for (ssize_t n; (n = read(folder->fd, buffer, sizeof(buffer))) > 0;)
        for (char *at = buffer; at < buffer + n;) {
            const struct inotify_event *event = (const struct inotify_event *)(void *)at;
            bool ours = event->wd != folder->above || (event->len && strcmp(event->name, folder->name) == 0);
            changed |= ours && !(event->mask & IN_IGNORED);
            at += sizeof(*event) + event->len;
        }
    if (changed)
        watchAll(folder);       /* folders that are new in it */
    return changed;
}

void virNodeFolderFree(virNodeFolder *folder)
{
    if (!folder)
        return;
    virFdClear(&folder->fd);
    g_free(folder->path);
    g_free(folder->name);
    g_free(folder);
}
