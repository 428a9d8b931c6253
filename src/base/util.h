/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The few gaps of GLib: descriptors, UUIDs, files written whole, arenas. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>
#include <unistd.h>

/* g_auto(virFd) fd = open(…): closed at the end of the scope; virFdSteal hands it on. */
typedef int virFd;
static inline void virFdClear(virFd *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
static inline int virFdSteal(virFd *fd)
{
    int r = *fd;
    *fd = -1;
    return r;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virFd, virFdClear)

bool virUUIDParse(const char *text, unsigned char *uuid);       /* all spellings libvirt reads; 16 bytes */
void virUUIDFormat(const unsigned char *uuid, char *text);      /* 37 bytes, lower case */
void virUUIDGenerate(unsigned char *uuid);

/* Replace `path` by `data`: a temporary file beside it, fsync, rename. Nothing is left behind on failure. */
bool virFileWriteAtomic(const char *path, const char *data, gssize len, mode_t mode, GError **error);
bool virFileMakePath(const char *path, mode_t mode, GError **error);
bool virFileRead(const char *path, gsize max, char **data, gsize *len, GError **error);

/* Memory that goes away as a whole: everything a decoded message or a call needs. */
typedef struct _virArena virArena;
virArena *virArenaNew(void);
void virArenaFree(virArena *arena);
void *virArenaAlloc(virArena *arena, gsize size);               /* zeroed, aligned for anything */
/* `data` (any allocation) is freed with the arena. Returns `data`. */
void *virArenaAdopt(virArena *arena, void *data, GDestroyNotify destroy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virArena, virArenaFree)
