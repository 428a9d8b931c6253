/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's sockets: passed by a service manager (LISTEN_FDS) or made here, with the permissions of the configuration. */
#define VIR_FROM VIR_FROM_RPC
#define VIR_LOG_NAME "daemon.sockets"
#include "daemon/daemon.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { FIRST_PASSED = 3, BACKLOG = 128 };

static bool setPermissions(const char *path, const char *perms, const char *group, GError **error)
{
    char *end;
    unsigned long mode = strtoul(perms, &end, 8);
    if (*end || mode > 0777) {
        virErrorSet(error, VIR_FROM_CONF, VIR_ERR_CONF_SYNTAX, "permissions '%s' of socket '%s' are not an octal mode", perms, path);
        return false;
    }
    if (group) {
        struct group *g = getgrnam(group);
        if (!g) {
            virErrorSet(error, VIR_FROM_CONF, VIR_ERR_CONF_SYNTAX, "unix_sock_group = \"%s\": there is no such group", group);
            return false;
        }
        if (chown(path, (uid_t)-1, g->gr_gid) < 0) {
            virSetSystemError(error, errno, "Failed to change group ID of '%s' to %u", path, g->gr_gid);
            return false;
        }
    }
    if (chmod(path, mode) < 0) {
        virSetSystemError(error, errno, "cannot set the permissions of '%s'", path);
        return false;
    }
    return true;
}

static bool listenAt(virServer *server, const char *dir, const char *name, const char *perms, const char *group, bool readonly,
                     virServerAuth auth, GError **error)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    if (g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path)) >= sizeof(addr.sun_path)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Path %s too long for unix socket", path);
        return false;
    }
    g_auto(virFd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        virSetSystemError(error, errno, "%s", "Failed to create socket");
        return false;
    }
    unlink(path);
    mode_t old = umask(0177);       /* nobody else gets in before the permissions are set */
    int r = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
    umask(old);
    if (r < 0) {
        virSetSystemError(error, errno, "Failed to bind socket to '%s'", path);
        return false;
    }
    if (!setPermissions(path, perms, group, error)) {
        unlink(path);
        return false;
    }
    if (listen(fd, BACKLOG) < 0) {
        virSetSystemError(error, errno, "Unable to listen on socket '%s'", path);
        unlink(path);
        return false;
    }
    virServerListen(server, virFdSteal(&fd), readonly, auth, path);
    return true;
}

static virServerAuth authOf(const char *setting)
{
    return g_str_equal(setting, "polkit") ? VIR_SERVER_AUTH_POLKIT : VIR_SERVER_AUTH_NONE;
}

/* What a passed socket is for shows in its name, as in the reference's units. */
static bool adoptPassed(const virDaemonConfig *c, int fd, virServer *server, virServer *admin, GError **error)
{
    struct sockaddr_un addr = { 0 };
    socklen_t len = sizeof(addr) - 1;
    if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0 || addr.sun_family != AF_UNIX) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "the service manager passed descriptor %d, which is no unix socket", fd);
        return false;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    bool isAdmin = strstr(addr.sun_path, "admin") != NULL;
    bool readonly = g_str_has_suffix(addr.sun_path, "-ro");
    virServerAuth auth = isAdmin ? VIR_SERVER_AUTH_NONE : authOf(readonly ? c->authRo : c->authRw);
    virServerListen(isAdmin ? admin : server, fd, readonly, auth, NULL);
    return true;
}

static int passedSockets(void)
{
    const char *pid = g_getenv("LISTEN_PID"), *n = g_getenv("LISTEN_FDS");
    int count = pid && n && atoi(pid) == (int)getpid() ? atoi(n) : 0;
    g_unsetenv("LISTEN_PID");
    g_unsetenv("LISTEN_FDS");
    g_unsetenv("LISTEN_FDNAMES");
    return count;
}

bool virDaemonListen(const virDaemonConfig *c, bool privileged, virServer *server, virServer *admin, GError **error)
{
    int passed = passedSockets();
    for (int i = 0; i < passed; i++)
        if (!adoptPassed(c, FIRST_PASSED + i, server, admin, error))
            return false;
    if (passed)
        return true;
    return virFileMakePath(c->sockDir, privileged ? 0755 : 0700, error) &&
           listenAt(server, c->sockDir, "libvirt-sock", c->sockRwPerms, c->sockGroup, false, authOf(c->authRw), error) &&
           (!privileged || listenAt(server, c->sockDir, "libvirt-sock-ro", c->sockRoPerms, c->sockGroup, true, authOf(c->authRo), error)) &&
           listenAt(admin, c->sockDir, "libvirt-admin-sock", c->sockAdminPerms, c->sockGroup, false, VIR_SERVER_AUTH_NONE,
                  error);
}
