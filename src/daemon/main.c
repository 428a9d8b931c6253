/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirtd: command line, settings, drivers, sockets, signals, the end. */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "daemon"
#include "daemon/daemon.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "src/api/driver.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <glib-unix.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* The drivers that a daemon brings up, in this order; one whose module is not installed is left out. */
static const char *const drivers[] = { "nodedev", "interface", "network", "secret", "nwfilter", "storage", "qemu", "lxc", "xen", NULL };

enum { START_WAIT_US = 60 * G_USEC_PER_SEC };

typedef struct {
    char *config, *pidFile;
    bool daemonize, verbose, privileged;
    unsigned int timeout;
} Options;

static struct {
    virServer *servers[3];          /* main, admin, NULL */
    GMainLoop *loop;
    GPtrArray *drivers;             /* virConnectDriver that run; complete when `ready` */
    GMutex mutex;
    GCond cond;
    gint ready;                     /* atomic; set under the mutex: the drivers have loaded what they know */
    virTimer *idle;
    unsigned int timeout;
} me;

virServer *virDaemonServer(int i)
{
    return i < 2 ? me.servers[1 - i] : NULL;        /* administrators see them by name */
}

virServer *virDaemonFindServer(const char *name)
{
    for (int i = 0; me.servers[i]; i++)
        if (g_str_equal(me.servers[i]->name, name))
            return me.servers[i];
    return NULL;
}

/* ---- idleness ---- */

static void quit(void)
{
    g_main_loop_quit(me.loop);
}

/* Sockets take clients while definitions are still being read; a connection that shows them opens when all are there. */
bool virDaemonHasDrivers(void)
{
    return g_atomic_int_get(&me.ready);
}

bool virDaemonAwaitDrivers(GError **error)
{
    gint64 until = g_get_monotonic_time() + START_WAIT_US;
    if (g_atomic_int_get(&me.ready))
        return true;
    g_mutex_lock(&me.mutex);
    while (!me.ready && g_cond_wait_until(&me.cond, &me.mutex, until))
        continue;
    bool ready = me.ready;
    g_mutex_unlock(&me.mutex);
    if (!ready)
        virSetError(error, VIR_ERR_OPERATION_TIMEOUT, "the daemon is still starting; try again");
    return ready;
}

static void driversReady(void)
{
    g_mutex_lock(&me.mutex);
    g_atomic_int_set(&me.ready, TRUE);
    g_cond_broadcast(&me.cond);
    g_mutex_unlock(&me.mutex);
}

static void onIdle(virTimer *timer, gpointer unused)
{
    if (!g_atomic_int_get(&me.ready)) {
        virTimerSet(timer, me.timeout * 1000);
        return;
    }
    for (guint i = 0; i < me.drivers->len; i++) {
        const virConnectDriver *d = me.drivers->pdata[i];
        if (d->stateBusy && d->stateBusy()) {
            virTimerSet(timer, me.timeout * 1000);
            return;
        }
    }
    virInfo("idle for %u s: the daemon ends", me.timeout);
    quit();
}

static void clientsChanged(virServer *server)
{
    if (me.timeout && virServerBusyClients(me.servers[0]) + virServerBusyClients(me.servers[1]) == 0)
        virTimerSet(me.idle, (int64_t)me.timeout * 1000);
    else
        virTimerSet(me.idle, -1);
}

void virDaemonSetTimeout(unsigned int seconds)
{
    me.timeout = seconds;
    clientsChanged(me.servers[0]);
}

/* ---- signals ---- */

static gboolean onTerminate(gpointer unused)
{
    quit();
    return G_SOURCE_CONTINUE;
}

static gboolean onReload(gpointer unused)
{
    for (guint i = 0; i < me.drivers->len; i++) {
        const virConnectDriver *d = me.drivers->pdata[i];
        g_autoptr(GError) error = NULL;
        if (d->stateReload && !d->stateReload(&error))
            virLogError("cannot reload driver %s: %s", d->name, error->message);
    }
    return G_SOURCE_CONTINUE;
}

/* ---- the command line ---- */

static void usage(const char *program)
{
    printf("\nUsage:\n  %s [options]\n\nOptions:\n"
           "  -h | --help            Display program help\n"
           "  -v | --verbose         Verbose messages\n"
           "  -d | --daemon          Run as a daemon & write PID file\n"
           "  -t | --timeout <secs>  Exit after timeout period\n"
           "  -f | --config <file>   Configuration file\n"
           "  -V | --version         Display version information\n"
           "  -p | --pid-file <file> Change name of PID file\n\n"
           "libvirt management daemon. Sockets, files and settings are in the reference's places:\n"
           "  " VIR_SYSCONFDIR "/libvirt/libvirtd.conf, " VIR_RUNSTATEDIR "/libvirt/libvirt-sock; for a user's session\n"
           "  $XDG_CONFIG_HOME/libvirt/libvirtd.conf, $XDG_RUNTIME_DIR/libvirt/libvirt-sock.\n\n",
           program);
}

/* Returns -1 to go on, else the exit status. */
static int parseOptions(int argc, char **argv, Options *o)
{
    static const struct option longs[] = {
        { "help", no_argument, NULL, 'h' },    { "verbose", no_argument, NULL, 'v' },      { "daemon", no_argument, NULL, 'd' },
        { "listen", no_argument, NULL, 'l' },  { "timeout", required_argument, NULL, 't' }, { "config", required_argument, NULL, 'f' },
        { "version", no_argument, NULL, 'V' }, { "pid-file", required_argument, NULL, 'p' }, { 0 },
    };
    int c;
    while ((c = getopt_long(argc, argv, "hvdlt:f:Vp:", longs, NULL)) != -1) {
        guint64 seconds;
        switch (c) {
        case 'v':
            o->verbose = true;
            break;
        case 'd':
            o->daemonize = true;
            break;
        case 't':
            if (!g_ascii_string_to_unsigned(optarg, 10, 1, G_MAXINT, &seconds, NULL)) {
                fprintf(stderr, "%s: Invalid value for timeout: %s\n", argv[0], optarg);
                return EXIT_FAILURE;
            }
            o->timeout = seconds;
            break;
        case 'f':
            o->config = g_strdup(optarg);
            break;
        case 'p':
            o->pidFile = g_strdup(optarg);
            break;
        case 'l':
            fprintf(stderr, "%s: --listen: this version serves unix sockets only\n", argv[0]);
            return EXIT_FAILURE;
        case 'V':
            printf("%s (libvirt) %s\n", argv[0], PACKAGE_VERSION);
            return EXIT_SUCCESS;
        case 'h':
            usage(argv[0]);
            return EXIT_SUCCESS;
        default:
            return EXIT_FAILURE;
        }
    }
    if (optind == argc)
        return -1;
    fprintf(stderr, "%s: unexpected, non-option, command line arguments\n", argv[0]);
    return EXIT_FAILURE;
}

/* ---- steps of the start ---- */

static bool lockPidFile(const char *path, GError **error)
{
    g_autofree char *text = g_strdup_printf("%d\n", (int)getpid());
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);       /* stays open: the lock is the daemon's life */
    if (fd < 0) {
        virSetSystemError(error, errno, "Failed to open pid file '%s'", path);
        return false;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        virSetSystemError(error, errno, "Failed to acquire pid file '%s': another daemon runs", path);
        close(fd);
        return false;
    }
    if (ftruncate(fd, 0) < 0 || write(fd, text, strlen(text)) < 0) {
        virSetSystemError(error, errno, "Failed to write to pid file '%s'", path);
        close(fd);
        return false;
    }
    return true;
}

static bool setUpLogging(const Options *o, const virDaemonConfig *c, GError **error)
{
    bool own = g_getenv("LIBVIRT_DEBUG") != NULL;
    return (own || virLogSetLevel(c->logLevel ? c->logLevel : o->verbose ? VIR_LOG_INFO : VIR_LOG_ERROR, error)) &&
           (!c->logFilters || virLogSetFilters(c->logFilters, error)) &&
           (!c->logOutputs || virLogSetOutputs(c->logOutputs, error));
}

static void startDrivers(bool privileged)
{
    me.drivers = g_ptr_array_new();
    for (int i = 0; drivers[i]; i++) {
        g_autoptr(GError) error = NULL;
        const virConnectDriver *d = virDriverLoad(drivers[i], &error);
        if (d && (!d->stateInit || d->stateInit(privileged, NULL, &error))) {
            g_ptr_array_add(me.drivers, (gpointer)d);
            if (d->attach)
                virDriverShare(d);
        } else {
            virLogError("driver %s is not available: %s", drivers[i], error->message);
        }
    }
}

/* Tell a service manager that we are ready; no library is worth one datagram. */
static void notifyReady(void)
{
    const char *path = g_getenv("NOTIFY_SOCKET");
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    if (!path || g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path)) >= sizeof(addr.sun_path))
        return;
    g_auto(virFd) fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t len = offsetof(struct sockaddr_un, sun_path) + strlen(path);
    if (path[0] == '@')
        addr.sun_path[0] = 0;
    if (fd >= 0 && sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&addr, len) < 0)
        virWarn("cannot tell the service manager that the daemon is ready: %s", g_strerror(errno));
}

/* The child returns with the pipe by which it reports; the parent ends with what it hears. */
static int daemonize(void)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -1;
    pid_t pid = fork();
    if (pid < 0)
        return -1;
    if (pid > 0) {
        char ok = 0;
        close(fds[1]);
        _exit(read(fds[0], &ok, 1) == 1 && ok ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    close(fds[0]);
    setsid();
    return fds[1];
}

static void detached(int report)
{
    char ok = 1;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; null >= 0 && i < 3; i++)
        dup2(null, i);
    if (write(report, &ok, 1) == 1)
        close(report);
}

static void watchIdleness(gpointer unused)
{
    clientsChanged(me.servers[0]);
}

static bool serve(const Options *o, const virDaemonConfig *c, GError **error)
{
    virServerLimits main = { c->maxClients, c->maxAnonymousClients, c->maxClientRequests, c->maxUserRequests, c->keepaliveInterval,
                             c->keepaliveCount };
    virServerLimits admin = { c->adminMaxClients, c->adminMaxClients, c->adminMaxClientRequests, 0, c->adminKeepaliveInterval,
                              c->adminKeepaliveCount };
    me.servers[0] = virServerNew("libvirtd", false, &main);
    me.servers[1] = virServerNew("admin", true, &admin);
    me.servers[0]->changed = me.servers[1]->changed = clientsChanged;
    me.idle = virTimerNew(virLoopGet(), -1, onIdle, NULL, NULL);
    virConnectUseLocalDrivers();
    me.timeout = o->timeout;            /* from here on it is the I/O thread's */
    if (!virDaemonListen(c, o->privileged, me.servers[0], me.servers[1], error))
        return false;
    startDrivers(o->privileged);
    driversReady();
    virLoopInvoke(virLoopGet(), watchIdleness, NULL);
    return true;
}

static void closeServers(gpointer closed)
{
    for (int i = 0; me.servers[i]; i++)
        virServerClose(me.servers[i]);
    g_atomic_int_set((gint *)closed, TRUE);
    g_main_context_wakeup(NULL);
}

static void endService(void)
{
    gint closed = FALSE;
    virLoopInvoke(virLoopGet(), closeServers, &closed);
    while (!g_atomic_int_get(&closed))
        g_main_context_iteration(NULL, TRUE);
    for (guint i = me.drivers->len; i-- > 0;) {
        const virConnectDriver *d = me.drivers->pdata[i];
        if (d->stateStop)
            d->stateStop();
    }
}

static bool run(const Options *o, int report, GError **error)
{
    g_autofree char *runDir = o->privileged ? g_strdup(VIR_RUNSTATEDIR) : g_build_filename(g_get_user_runtime_dir(), "libvirt", NULL);
    g_autofree char *pidFile = o->pidFile ? g_strdup(o->pidFile) : g_build_filename(runDir, "libvirtd.pid", NULL);
    g_autofree char *confFile = o->privileged ? g_strdup(VIR_SYSCONFDIR "/libvirt/libvirtd.conf")
                                              : g_build_filename(g_get_user_config_dir(), "libvirt", "libvirtd.conf", NULL);
    g_autoptr(virDaemonConfig) config = virDaemonConfigNew(o->privileged);
    me.loop = g_main_loop_new(NULL, FALSE);      /* before threads that may quit it */
    if (!virDaemonConfigLoad(config, o->config ? o->config : confFile, o->config != NULL, error) || !setUpLogging(o, config, error) ||
        !virFileMakePath(runDir, 0755, error) || !lockPidFile(pidFile, error) || !serve(o, config, error))
        return false;
    g_unix_signal_add(SIGTERM, onTerminate, NULL);
    g_unix_signal_add(SIGINT, onTerminate, NULL);
    g_unix_signal_add(SIGHUP, onReload, NULL);
    notifyReady();
    if (report >= 0)
        detached(report);
    g_main_loop_run(me.loop);
    endService();
    unlink(pidFile);
    return true;
}

int main(int argc, char **argv)
{
    Options o = { .privileged = geteuid() == 0 };
    g_autoptr(GError) error = NULL;
    int status = parseOptions(argc, argv, &o), report = -1;
    if (status >= 0)
        return status;
    umask(022);
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 2);            /* one for the I/O thread, one for the others: each more keeps memory of its own */
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);      /* for good: else one great reply lets all later ones stay in the heap */
#endif
    signal(SIGPIPE, SIG_IGN);
    if (o.daemonize && (report = daemonize()) < 0) {
        fprintf(stderr, "%s: cannot fork: %s\n", argv[0], g_strerror(errno));
        return EXIT_FAILURE;
    }
    if (run(&o, report, &error))
        return EXIT_SUCCESS;
    fprintf(stderr, "%s: %s\n", argv[0], error->message);
    return EXIT_FAILURE;
}
