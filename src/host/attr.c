/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single files of sysfs: see attr.h. */
#include "host/attr.h"
#include "base/util.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

enum { LONGEST = 64 << 10, PAGE = 4096 };

/* Descriptor of an existing file; not one that would make us wait for its other end. */
static int readFd(int fd, char *bytes, gsize size, gsize *n)
{
    *n = 0;
    while (*n < size) {
        ssize_t got = read(fd, bytes + *n, size - *n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            break;
        *n += got;
    }
    return 0;
}

int virAttrReadBytes(const char *path, void *bytes, gsize size, gsize *n)
{
    g_auto(virFd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd < 0 ? errno : readFd(fd, bytes, size, n);
}

int virAttrRead(const char *path, char **text)
{
    char page[PAGE];                            /* attributes of sysfs are one page at most */
    g_autofree char *more = NULL;
    gsize n, rest = 0;
    g_auto(virFd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int code = fd < 0 ? errno : readFd(fd, page, sizeof(page), &n);
    if (code == 0 && n == sizeof(page)) {
        more = g_malloc(LONGEST - PAGE);
        code = readFd(fd, more, LONGEST - PAGE, &rest);
    }
    if (code != 0)
        return code;
    if (rest == LONGEST - PAGE)
        return EFBIG;
    char *all = g_malloc(n + rest + 1);
    memcpy(all, page, n);
    if (rest > 0)
        memcpy(all + n, more, rest);
    n += rest;
    if (n > 0 && all[n - 1] == '\n')
        n--;
    all[n] = 0;
    *text = all;
    return 0;
}

int virAttrReadNumber(const char *path, long long *value)
{
    g_autofree char *text = NULL;
    int code = virAttrRead(path, &text);
    if (code != 0)
        return code;
    char *end;
    errno = 0;
    long long n = g_ascii_strtoll(text, &end, g_str_has_prefix(text, "0x") ? 16 : 10);
    if (errno != 0 || end == text || *end != 0)
        return EINVAL;
    *value = n;
    return 0;
}

int virAttrReadLink(const char *path, char **name)
{
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof(target) - 1);
    if (n < 0)
        return errno;
    target[n] = 0;
    *name = g_path_get_basename(target);
    return 0;
}

int virAttrList(const char *path, char ***names)
{
    DIR *dir = opendir(path);
    if (!dir)
        return errno;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
    const struct dirent *entry;
    int code;
    while (errno = 0, entry = readdir(dir))
        if (!g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, ".."))
            g_ptr_array_add(list, g_strdup(entry->d_name));
    code = errno;
    closedir(dir);
    if (code != 0)
        return code;
    g_ptr_array_add(list, NULL);
    *names = (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
    return 0;
}

/* ---- writing: on a thread of its own, since nothing can call back one that the kernel holds ---- */

typedef struct {
    gatomicrefcount refs;
    GMutex lock;
    GCond changed;
    bool done;                                  /* under lock, as is code */
    int code;
    char *path, *text;
} virAttrWriting;

static void writingUnref(virAttrWriting *w)
{
    if (!g_atomic_ref_count_dec(&w->refs))
        return;
    g_mutex_clear(&w->lock);
    g_cond_clear(&w->changed);
    g_free(w->path);
    g_free(w->text);
    g_free(w);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virAttrWriting, writingUnref)

static int writeNow(const char *path, const char *text)
{
    g_auto(virFd) fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0)
        return errno;
    ssize_t n, len = strlen(text);
    do
        n = write(fd, text, len);               /* in one piece: the kernel takes each write for a whole value */
    while (n < 0 && errno == EINTR);
    return n < 0 ? errno : n < len ? EIO : 0;
}

static gpointer writingThread(gpointer data)
{
    g_autoptr(virAttrWriting) w = data;
    int code = writeNow(w->path, w->text);
    g_mutex_lock(&w->lock);
    w->code = code;
    w->done = true;
    g_cond_signal(&w->changed);
    g_mutex_unlock(&w->lock);
    return NULL;
}

int virAttrWrite(const char *path, const char *text, int timeout_ms)
{
    gint64 end = g_get_monotonic_time() + timeout_ms * G_TIME_SPAN_MILLISECOND;
    g_autoptr(virAttrWriting) w = g_new0(virAttrWriting, 1);
    g_atomic_ref_count_init(&w->refs);
    g_mutex_init(&w->lock);
    g_cond_init(&w->changed);
    w->path = g_strdup(path);
    w->text = g_strdup(text);
    g_atomic_ref_count_inc(&w->refs);
    GThread *thread = g_thread_try_new("sysfs", writingThread, w, NULL);
    if (!thread) {
        writingUnref(w);
        return EAGAIN;
    }
    g_thread_unref(thread);
    g_mutex_lock(&w->lock);
    while (!w->done && g_cond_wait_until(&w->changed, &w->lock, end))
        ;
    int code = w->done ? w->code : ETIMEDOUT;
    g_mutex_unlock(&w->lock);
    return code;
}
