/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Consoles and channels as streams: the guest's pty or socket is opened and joined to the stream. One user at a time for each device. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/qemu.h"
#include "base/util.h"
#include "src/api/connect.h"
#include "src/api/fdstream.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

/* Who has which device. A stream may end on any thread, long after the guest. */
static GMutex mutex;
static GHashTable *sessions; /* path of the device -> virStreamPtr, not a reference */

static const virDomainChrDef *findIn(virDomainChrDef *const *list, unsigned int n, const char *alias)
{
    for (unsigned int i = 0; i < n; i++)
        if (!alias || g_strcmp0(list[i]->info.alias, alias) == 0)
            return list[i];
    return NULL;
}

static const virDomainChrDef *findDevice(const virDomainDef *def, const char *alias)
{
    const virDomainChrDef *chr = findIn(def->consoles.v, def->consoles.n, alias);
    if (!chr)
        chr = findIn(def->serials.v, def->serials.n, alias);
    if (!chr && alias)
        chr = findIn(def->parallels.v, def->parallels.n, alias);
    if (!chr && alias)
        chr = findIn(def->channels.v, def->channels.n, alias);
    return chr;
}

static int openPty(const char *path, GError **error)
{
    struct termios raw;
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        virSetSystemError(error, errno, "Unable to open stream for '%s'", path);
        return -1;
    }
    if (tcgetattr(fd, &raw) == 0) {
        cfmakeraw(&raw);
        tcsetattr(fd, TCSANOW, &raw);
    }
    return fd;
}

static int openUnix(const char *path, GError **error)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    g_auto(virFd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path));
    if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
        return virFdSteal(&fd);
    virSetSystemError(error, errno, "Unable to connect to '%s'", path);
    return -1;
}

static void sessionEnded(gpointer data)
{
    g_autofree char *path = data;
    g_mutex_lock(&mutex);
    g_hash_table_remove(sessions, path);
    g_mutex_unlock(&mutex);
}

/* Claims the device for `st`; with FORCE the former user is cut off. */
static bool claim(const char *path, virStreamPtr st, bool force, GError **error)
{
    g_mutex_lock(&mutex);
    if (!sessions)
        sessions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    virStreamPtr old = g_hash_table_lookup(sessions, path);
    if (old && force)
        virHandleRef(old);
    bool ok = !old || force;
    g_mutex_unlock(&mutex);
    if (!ok) {
        virSetError(error, VIR_ERR_OPERATION_FAILED, "Active console session exists for this domain");
        return false;
    }
    if (old) {
        if (old->driver && old->driver->streamAbort)
            old->driver->streamAbort(old, NULL);
        virHandleUnref(old);
    }
    g_mutex_lock(&mutex);
    g_hash_table_insert(sessions, g_strdup(path), st);
    g_mutex_unlock(&mutex);
    return true;
}

bool qemuOpenConsole(virDomainObj *obj, const char *device, virStreamPtr st, unsigned int flags, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    const virDomainChrDef *chr = view->live ? findDevice(view->live, device) : NULL;
    if (flags & ~(unsigned int)(VIR_DOMAIN_CONSOLE_SAFE | VIR_DOMAIN_CONSOLE_FORCE)) {
        virSetError(error, VIR_ERR_INVALID_ARG, "unsupported flags (0x%x) in function qemuDomainOpenConsole", flags);
        return false;
    }
    if (!chr) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "cannot find character device %s", device ? device : "<null>");
        return false;
    }
    const char *path = chr->source.path, *alias = chr->info.alias ? chr->info.alias : "console0";
    bool pty = chr->source.type == VIR_DOMAIN_CHR_PTY, unixSocket = chr->source.type == VIR_DOMAIN_CHR_UNIX;
    if (!path || (!pty && !unixSocket)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "character device %s is not using a PTY or UNIX socket", alias);
        return false;
    }
    if (!claim(path, st, flags & VIR_DOMAIN_CONSOLE_FORCE, error))
        return false;
    int fd = pty ? openPty(path, error) : openUnix(path, error);
    if (fd >= 0 && virFdStreamOpen(st, fd, sessionEnded, g_strdup(path), error))
        return true;
    if (fd < 0)
        sessionEnded(g_strdup(path));
    return false;
}
