/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The few gaps of GLib: UUIDs, files written whole, arenas. */
#define VIR_FROM VIR_FROM_NONE
#include "base/util.h"
#include "base/error.h"
#include <errno.h>
#include <stddef.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/random.h>

bool virUUIDParse(const char *text, unsigned char *uuid)
{
    int digits = 0;
    while (g_ascii_isspace(*text))
        text++;
    for (; *text && digits < 32; text++) {
        if (*text == '-')
            continue;
        int v = g_ascii_xdigit_value(*text);
        if (v < 0)
            return false;
        uuid[digits / 2] = digits % 2 ? uuid[digits / 2] | v : v << 4;
        digits++;
    }
    while (g_ascii_isspace(*text))
        text++;
    return digits == 32 && !*text;
}

void virUUIDFormat(const unsigned char *uuid, char *text)
{
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *text++ = '-';
        *text++ = hex[uuid[i] >> 4];
        *text++ = hex[uuid[i] & 15];
    }
    *text = 0;
}

void virUUIDGenerate(unsigned char *uuid)
{
    if (getrandom(uuid, 16, 0) != 16)
        for (int i = 0; i < 16; i++)
            uuid[i] = g_random_int_range(0, 256);
    uuid[6] = (uuid[6] & 0x0f) | 0x40;
    uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

static bool writeAll(int fd, const char *data, gsize len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n;
        len -= n;
    }
    return true;
}

bool virFileWriteAtomic(const char *path, const char *data, gssize len, mode_t mode, GError **error)
{
    g_autofree char *tmp = g_strdup_printf("%s.new.XXXXXX", path);
    g_auto(virFd) fd = g_mkstemp_full(tmp, O_WRONLY | O_CLOEXEC, mode);
    if (fd < 0) {
        virSetSystemError(error, errno, "cannot create file '%s'", tmp);
        return false;
    }
    if (!writeAll(fd, data, len < 0 ? strlen(data) : (gsize)len) || fchmod(fd, mode) < 0 || fdatasync(fd) < 0) {
        virSetSystemError(error, errno, "cannot write file '%s'", path);
        unlink(tmp);
        return false;
    }
    if (rename(tmp, path) < 0) {
        virSetSystemError(error, errno, "cannot rename file '%s' to '%s'", tmp, path);
        unlink(tmp);
        return false;
    }
    return true;
}

bool virFileMakePath(const char *path, mode_t mode, GError **error)
{
    if (g_mkdir_with_parents(path, mode) == 0)
        return true;
    virSetSystemError(error, errno, "cannot create directory '%s'", path);
    return false;
}

bool virFileRead(const char *path, gsize max, char **data, gsize *len, GError **error)
{
    g_auto(virFd) fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        virSetSystemError(error, errno, "Failed to open file '%s'", path);
        return false;
    }
    g_autoptr(GString) out = g_string_new(NULL);
    char buffer[16384];
    for (;;) {
        ssize_t n = read(fd, buffer, sizeof(buffer));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            virSetSystemError(error, errno, "Failed to read file '%s'", path);
            return false;
        }
        if (n == 0)
            break;
        if (out->len + n > max) {
            virSetError(error, VIR_ERR_OPERATION_FAILED, "file '%s' is larger than %" G_GSIZE_FORMAT " bytes", path, max);
            return false;
        }
        g_string_append_len(out, buffer, n);
    }
    if (len)
        *len = out->len;
    *data = g_string_free(g_steal_pointer(&out), FALSE);
    return true;
}

/* ---- arena: a chain of blocks, newest first; big requests get a block of their own ---- */

typedef struct virArenaBlock {
    struct virArenaBlock *next;
    gsize used, size;
    _Alignas(max_align_t) char data[];
} virArenaBlock;

typedef struct virArenaGuest {
    struct virArenaGuest *next;
    void *data;
    GDestroyNotify destroy;
} virArenaGuest;

struct _virArena {
    virArenaBlock *blocks;
    virArenaGuest *guests;
};

virArena *virArenaNew(void)
{
    return g_new0(virArena, 1);
}

void virArenaFree(virArena *arena)
{
    if (!arena)
        return;
    for (virArenaGuest *g = arena->guests; g; g = g->next)
        g->destroy(g->data);
    for (virArenaBlock *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        g_free(b);
    }
    g_free(arena);
}

void *virArenaAlloc(virArena *arena, gsize size)
{
    size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
    virArenaBlock *b = arena->blocks;
    if (!b || b->size - b->used < size) {
        gsize want = MAX(size, 1024 - sizeof(virArenaBlock));
        b = g_malloc(sizeof(virArenaBlock) + want);
        b->next = arena->blocks;
        b->used = 0;
        b->size = want;
        arena->blocks = b;
    }
    void *p = b->data + b->used;
    b->used += size;
    return memset(p, 0, size);
}

void *virArenaAdopt(virArena *arena, void *data, GDestroyNotify destroy)
{
    if (!data)
        return NULL;
    virArenaGuest *g = virArenaAlloc(arena, sizeof(*g));
    *g = (virArenaGuest){ .next = arena->guests, .data = data, .destroy = destroy };
    arena->guests = g;
    return data;
}
