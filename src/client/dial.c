/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Getting a connected socket, if need be by starting the user's own daemon. */
#define VIR_FROM VIR_FROM_RPC
#define VIR_LOG_NAME "remote.dial"
#include "client/target.h"
#include "base/log.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { START_WAIT_MS = 20 * 1000 };

/* -1 with errno. */
static int unixTry(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    g_auto(virFd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (strlen(path) >= sizeof(addr.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(addr.sun_path, path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
        int saved = errno;
        virFdClear(&fd);
        errno = saved;
        return -1;
    }
    return virFdSteal(&fd);
}

static bool noDaemon(int errnum)
{
    return errnum == ENOENT || errnum == ECONNREFUSED;
}

/* ---- the user's daemon ---- */

static char *daemonBinary(const char *daemon)
{
    g_autofree char *upper = g_ascii_strup(daemon, -1);
    g_autofree char *variable = g_strconcat(upper, "_PATH", NULL);
    const char *set = g_getenv(variable);

    if (set && g_file_test(set, G_FILE_TEST_IS_DIR))
        return g_build_filename(set, daemon, NULL);
    if (set)
        return g_strdup(set);
    g_autofree char *installed = g_build_filename(VIR_SBINDIR, daemon, NULL);
    return g_file_test(installed, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer(&installed) : g_find_program_in_path(daemon);
}

static void ownSession(gpointer unused)
{
    setsid();
}

/* Starts the daemon. It holds the write end of a pipe, so that its death shows: returns the read end. */
static int daemonStart(const char *daemon, GError **error)
{
    g_autofree char *binary = daemonBinary(daemon);
    g_autoptr(GError) cause = NULL;
    int ends[2];

    if (!binary) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unable to find '%s' to start it for this user: is it installed?", daemon);
        return -1;
    }
    if (pipe2(ends, O_CLOEXEC) < 0) {
        virSetSystemError(error, errno, "cannot create a pipe to %s", binary);
        return -1;
    }
    const char *argv[] = { binary, "--timeout=120", NULL };
    int source = ends[1], target = 3;
    if (!g_spawn_async_with_pipes_and_fds(NULL, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                                          ownSession, NULL, -1, -1, -1, &source, &target, 1, NULL, NULL, NULL, NULL, &cause)) {
        close(ends[0]);
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "cannot start the daemon '%s': %s", binary, cause->message);
        g_clear_error(&cause);
        close(ends[1]);
        return -1;
    }
    close(ends[1]);
    virInfo("started %s for this user", binary);
    return ends[0];
}

/* Connect again and again until the deadline, or until the daemon that holds `pipe` is gone. */
static int awaitDaemon(const virRemoteTarget *t, int pipe, GError **error)
{
    gint64 until = g_get_monotonic_time() + START_WAIT_MS * 1000LL;
    int wait = 2, fd;
    bool gone = false;

    while ((fd = unixTry(t->socket)) < 0 && noDaemon(errno) && !gone && g_get_monotonic_time() < until) {
        struct pollfd p = { pipe, POLLIN, 0 };
        gone = poll(&p, 1, wait) > 0;
        wait = MIN(wait * 2, 100);
    }
    if (fd < 0)
        virSetSystemError(error, errno, "Failed to connect socket to '%s'%s", t->socket,
                          gone ? " (the daemon was started, and ended at once: see its log)" : "");
    return fd;
}

/* One client starts the daemon; others that come meanwhile wait for the lock and find it running. */
static int connectStarting(const virRemoteTarget *t, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(t->socket);
    g_autofree char *path = g_strdup_printf("%s/%s.lock", dir, t->daemon);

    if (!virFileMakePath(dir, 0700, error))
        return -1;
    g_auto(virFd) lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) < 0) {
        virSetSystemError(error, errno, "cannot lock '%s' to start the daemon", path);
        return -1;
    }
    int fd = unixTry(t->socket);
    if (fd >= 0)
        return fd;
    if (!noDaemon(errno)) {
        virSetSystemError(error, errno, "Failed to connect socket to '%s'", t->socket);
        return -1;
    }
    g_auto(virFd) pipe = daemonStart(t->daemon, error);
    return pipe < 0 ? -1 : awaitDaemon(t, pipe, error);
}

static int connectUnix(const virRemoteTarget *t, GError **error)
{
    int fd = unixTry(t->socket);
    if (fd >= 0)
        return fd;
    int errnum = errno;
    const char *never = g_getenv("LIBVIRT_AUTOSTART");
    if (t->session && noDaemon(errnum) && g_strcmp0(never, "0") != 0)
        return connectStarting(t, error);
    virSetSystemError(error, errnum, "Failed to connect socket to '%s'", t->socket);
    return -1;
}

/* ---- TCP ---- */

static int connectTcp(const virRemoteTarget *t, GError **error)
{
    const char *host = t->host ? t->host : "localhost", *port = t->port ? t->port : "16509";
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }, *list = NULL;
    int errnum = 0, r = getaddrinfo(host, port, &hints, &list);

    if (r != 0) {
        virSetError(error, VIR_ERR_SYSTEM_ERROR, "unable to resolve address '%s' service '%s': %s", host, port, gai_strerror(r));
        return -1;
    }
    int found = -1;
    for (struct addrinfo *a = list; a && found < 0; a = a->ai_next) {
        g_auto(virFd) fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            found = virFdSteal(&fd);
        else
            errnum = errno;
    }
    freeaddrinfo(list);
    if (found < 0)
        virSetSystemError(error, errnum, "unable to connect to server at '%s:%s'", host, port);
    return found;
}

int virRemoteConnect(const virRemoteTarget *t, GError **error)
{
    static const char *const missing[] = { [VIR_TRANSPORT_TLS] = "tls", [VIR_TRANSPORT_SSH] = "ssh",
        [VIR_TRANSPORT_LIBSSH] = "libssh", [VIR_TRANSPORT_LIBSSH2] = "libssh2", [VIR_TRANSPORT_EXT] = "ext" };

    if (t->transport == VIR_TRANSPORT_UNIX)
        return connectUnix(t, error);
    if (t->transport == VIR_TRANSPORT_TCP)
        return connectTcp(t, error);
    virSetError(error, VIR_ERR_NO_SUPPORT, "the transport '%s' of connection URIs is not built in yet (unix and tcp are)",
                missing[t->transport]);
    return -1;
}
