/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of a guest's process: start, adopt, end, and what is cleaned up after it. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.process"
#include "drivers/qemu/agent-guest.h"
#include "drivers/qemu/qemu.h"
#include "drivers/qemu/firmware.h"
#include "base/log.h"
#include "base/util.h"
#include "host/hugetlb.h"
#include "host/proc.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
    GREETING_MS = 30 * 1000, /* a guest with much memory and a slow host */
    TERM_MS = 800,
    KILL_MS = 1000, /* a stuck guest is gone within two seconds */
    GRACEFUL_MS = 15 * 1000,
    LINGER_MS = 5 * 1000,
    ADOPT_MS = 5 * 1000,
    LOG_TAIL = 4096,
};

/* ---- the guest's state ---- */

static qemuGuest *guestNew(virDomainObj *obj)
{
    qemuGuest *g = g_new0(qemuGuest, 1);
    g_mutex_init(&g->mutex);
    g->agentTurn = virDomainObjLane(obj, VIR_ACTOR_AGENT);
    g->agentTimeout = QEMU_AGENT_TIMEOUT_UNSET;
    g->shutdownDetail = -1;
    g->taps = g_ptr_array_new_with_free_func(g_free);
    g->labelled = g_ptr_array_new_with_free_func(g_free);
    g_cond_init(&g->unplugCond);
    return g;
}

static void guestClear(qemuGuest *g)
{
    g_clear_pointer(&g->domainDir, g_free);
    g_clear_pointer(&g->channelDir, g_free);
    g_clear_pointer(&g->logPath, g_free);
    g_clear_pointer(&g->pidPath, g_free);
    g_mutex_lock(&g->mutex); /* readers of statistics */
    g_clear_pointer(&g->vcpuTids, g_free);
    g->nvcpuTids = 0;
    g_clear_pointer(&g->blockFigures, json_node_unref);
    g_clear_pointer(&g->memoryFigures, json_node_unref);
    g_mutex_unlock(&g->mutex);
    g->fakeReboot = g->crashed = g->restarting = false;
    g->pauseReason = g->resumeReason = 0;
    g->shutdownDetail = -1;
}

void qemuGuestFree(gpointer data)
{
    qemuGuest *g = data;
    guestClear(g);
    qemuAgentDrop(g);
    virActorUnref(g->agentTurn);
    virQmpClose(g->qmp);
    virQmpUnref(g->qmp);
    virProcessUnref(g->process);
    qemuEventsForget(g);
    g_ptr_array_unref(g->taps);
    g_ptr_array_unref(g->labelled);
    g_free(g->unplugAlias);
    g_cond_clear(&g->unplugCond);
    g_mutex_clear(&g->mutex);
    g_free(g);
}

qemuGuest *qemuGuestReady(virDomainObj *obj)
{
    if (!qemuGuestOf(obj))
        virDomainObjSetPrivate(obj, guestNew(obj));
    return qemuGuestOf(obj);
}

/* "domain-1-NAME"; long names are cut, since the path of a socket has a limit. */
static void guestPaths(virDomainObj *obj, const virDomainDef *def)
{
    qemuGuest *g = qemuGuestReady(obj);
    const virEngineDirs *dirs = virEngineGetDirs(virDomainObjEngine(obj));
    guestClear(g);
    gsize cut = MIN(strlen(def->name), 20);
    while (cut > 0 && ((guchar)def->name[cut] & 0xc0) == 0x80)
        cut--;
    g_autofree char *part = g_strndup(def->name, cut);
    g->domainDir = g_strdup_printf("%s/domain-%d-%s", dirs->libDir, def->id, part);
    g->channelDir = g_strdup_printf("%s/channel/target/domain-%d-%s", dirs->libDir, def->id, part);
    g->logPath = g_strdup_printf("%s/%s.log", dirs->logDir, def->name);
    g->pidPath = g_strdup_printf("%s/%s.pid", dirs->stateDir, def->name);
}

virQmp *qemuGuestQmp(virDomainObj *obj, GError **error)
{
    qemuGuest *g = qemuGuestOf(obj);
    virQmp *qmp = NULL;
    if (g) {
        g_mutex_lock(&g->mutex);
        qmp = g->qmp ? virQmpRef(g->qmp) : NULL;
        g_mutex_unlock(&g->mutex);
    }
    if (!qmp)
        virSetError(error, VIR_ERR_OPERATION_INVALID, "domain is not running");
    return qmp;
}

static virProcess *guestProcess(qemuGuest *g)
{
    g_mutex_lock(&g->mutex);
    virProcess *p = g->process ? virProcessRef(g->process) : NULL;
    g_mutex_unlock(&g->mutex);
    return p;
}

/* ---- the log ---- */

static char *timeStamp(void)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *seconds = g_date_time_format(now, "%Y-%m-%d %H:%M:%S");
    return g_strdup_printf("%s.%03d+0000", seconds, g_date_time_get_microsecond(now) / 1000);
}

static void logWrite(int fd, const char *text)
{
    gsize len = strlen(text);
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno != EINTR)
            return;
        text += MAX(n, 0);
        len -= MAX(n, 0);
    }
}

static void logLine(const char *path, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void logLine(const char *path, const char *format, ...)
{
    g_auto(virFd) fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    va_list args;
    va_start(args, format);
    g_autofree char *words = g_strdup_vprintf(format, args), *stamp = timeStamp();
    va_end(args);
    g_autofree char *line = g_strdup_printf("%s: %s\n", stamp, words);
    if (fd >= 0)
        logWrite(fd, line);
}

static int logOpen(qemuGuest *g, const qemuCommand *cmd, GError **error)
{
    struct utsname uts;
    struct stat st;
    int fd = open(g->logPath, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        virSetSystemError(error, errno, "failed to open logfile %s", g->logPath);
        return -1;
    }
    uname(&uts);
    unsigned int v = cmd->caps->version;
    g_autofree char *text = qemuCommandToString(cmd, true), *stamp = timeStamp();
    g_autofree char *head =
        g_strdup_printf("%s: starting up libvirt version: %s, qemu version: %u.%u.%u%s, kernel: %s, hostname: %s\n%s\n",
                        stamp, PACKAGE_VERSION, v / 1000000, v / 1000 % 1000, v % 1000,
                        cmd->caps->package ? cmd->caps->package : "", uts.release, uts.nodename, text);
    logWrite(fd, head);
    g->logStart = fstat(fd, &st) == 0 ? st.st_size : 0;
    return fd;
}

/* What QEMU itself said in this run: the last words, for error messages. */
static char *logTail(qemuGuest *g)
{
    g_auto(virFd) fd = open(g->logPath, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= g->logStart)
        return NULL;
    off_t from = MAX(g->logStart, st.st_size - LOG_TAIL);
    char buffer[LOG_TAIL + 1];
    ssize_t n = pread(fd, buffer, LOG_TAIL, from);
    if (n <= 0)
        return NULL;
    buffer[n] = 0;
    return g_strdup(g_strstrip(buffer));
}

static void addTail(qemuGuest *g, GError **error)
{
    g_autofree char *tail = logTail(g);
    if (!tail || !*tail || !error || !*error)
        return;
    int code = virErrorCode(*error);
    g_clear_error(error);
    if (code == VIR_ERR_OPERATION_TIMEOUT)
        virSetError(error, code, "QEMU's monitor did not greet in time: %s", tail);
    else
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "process exited while connecting to monitor: %s", tail);
}

/* ---- the end of the process ---- */

/* Through the actor. */
static void guestEnded(gpointer data)
{
    virDomainObj *obj = data;
    qemuGuest *g = qemuGuestOf(obj);
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    g_autoptr(virProcess) p = g ? guestProcess(g) : NULL;
    if (!view->live || !p || !virProcessWait(p, 0))
        return;
    g_autofree char *end = virProcessDescribeEnd(virProcessStatus(p));
    if (g->shutdownDetail >= 0) {
        virDomainGone(obj, VIR_DOMAIN_SHUTOFF_SHUTDOWN, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN);
    } else if (g->crashed) {
        virDomainGone(obj, VIR_DOMAIN_SHUTOFF_CRASHED, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_CRASHED);
    } else {
        virWarn("QEMU of guest '%s' %s", view->live->name, end);
        virDomainGone(obj, VIR_DOMAIN_SHUTOFF_CRASHED, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED);
    }
}

static void processEnded(virProcess *process, gpointer obj)
{
    virActorPost(virDomainObjActor(obj), guestEnded, virDomainObjRef(obj), (GDestroyNotify)virDomainObjUnref);
}

static void guestSetProcess(virDomainObj *obj, virProcess *process)
{
    qemuGuest *g = qemuGuestOf(obj);
    g_mutex_lock(&g->mutex);
    g->process = virProcessRef(process);
    g_mutex_unlock(&g->mutex);
    virProcessWatch(process, processEnded, virDomainObjRef(obj), (GDestroyNotify)virDomainObjUnref);
}

static void guestDropProcess(qemuGuest *g)
{
    g_mutex_lock(&g->mutex);
    virProcess *process = g_steal_pointer(&g->process);
    virQmp *qmp = g_steal_pointer(&g->qmp);
    virTimer *timer = g_steal_pointer(&g->killTimer);
    g->unplugState = QEMU_UNPLUG_OVER;
    g_cond_broadcast(&g->unplugCond);
    g_mutex_unlock(&g->mutex);
    virTimerRemove(timer);
    qemuAgentDrop(g);
    virQmpClose(qmp);
    virQmpUnref(qmp);
    if (process && !virProcessWait(process, 0))
        virProcessUnwatch(process);
    virProcessUnref(process);
}

bool qemuKill(virDomainObj *obj, unsigned int flags, GError **error)
{
    qemuGuest *g = qemuGuestOf(obj);
    g_autoptr(virProcess) p = g ? guestProcess(g) : NULL;
    bool graceful = flags & VIR_DOMAIN_DESTROY_GRACEFUL;
    if (!p || !virProcessSignal(p, SIGTERM) || virProcessWait(p, graceful ? GRACEFUL_MS : TERM_MS))
        return true;
    if (graceful) {
        virSetError(error, VIR_ERR_OPERATION_FAILED, "failed to kill qemu process with SIGTERM: pid %d",
                    (int)virProcessPid(p));
        return false;
    }
    virProcessSignal(p, SIGKILL);
    if (virProcessWait(p, KILL_MS))
        return true;
    virSetError(error, VIR_ERR_SYSTEM_ERROR, "Failed to terminate process %d with SIGKILL: Device or resource busy",
                (int)virProcessPid(p));
    return false;
}

static void lingered(virTimer *timer, gpointer data)
{
    virProcess *p = data;
    virProcessSignal(p, SIGKILL);
}

void qemuEndProcess(virDomainObj *obj)
{
    qemuGuest *g = qemuGuestOf(obj);
    g_autoptr(virProcess) p = guestProcess(g);
    if (!p)
        return;
    virProcessSignal(p, SIGTERM);
    virTimer *timer = virTimerNew(virLoopGet(), LINGER_MS, lingered, virProcessRef(p), (GDestroyNotify)virProcessUnref);
    g_mutex_lock(&g->mutex);
    virTimer *old = g->killTimer;
    g->killTimer = timer;
    g_mutex_unlock(&g->mutex);
    virTimerRemove(old);
}

static void removeFolder(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        if (unlink(child) < 0 && (errno == EISDIR || errno == EPERM))
            removeFolder(child);
    }
    if (rmdir(path) < 0 && errno != ENOENT)
        virInfo("cannot remove '%s': %s", path, g_strerror(errno));
}

static const char *const reasonWords[] = { "unknown", "shutdown", "destroyed",     "crashed", "migrated",
                                           "saved",   "failed",   "from-snapshot", "daemon" };

static void removeMemoryFolder(const char *folder, bool huge, gpointer data)
{
    if (access(folder, F_OK) == 0)
        removeFolder(folder);
}

void qemuCleanup(virDomainObj *obj, virDomainDef *def, int reason)
{
    qemuGuest *g = qemuGuestOf(obj);
    if (!g)
        return;
    guestDropProcess(g);
    qemuEventsForget(g);
    if (g->logPath)
        logLine(g->logPath, "shutting down, reason=%s",
                reason >= 0 && reason < (int)G_N_ELEMENTS(reasonWords) ? reasonWords[reason] : "unknown");
    qemuRestoreAll(obj, def);
    qemuUnfilterNets(def);
    qemuDirectDrop(obj, def);
    qemuReleaseNets(obj);
    qemuHostdevsGive(obj, def->uuid, NULL);
    qemuPortsUnplug(def, NULL);
    if (g->pidPath)
        unlink(g->pidPath);
    if (g->domainDir) {
        qemuMemoryFolders(obj, removeMemoryFolder, NULL);
        removeFolder(g->domainDir);
    }
    if (g->channelDir)
        removeFolder(g->channelDir);
    guestClear(g);
}

/* ---- start ---- */

/* A listening socket that the guest's user may be connected at; QEMU gets the descriptor, so it need not be able to make one there. */
static int listenUnix(qemuDriver *driver, const char *path, mode_t mode, GError **error)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    g_auto(virFd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path)) >= sizeof(addr.sun_path)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "UNIX socket path '%s' too long", path);
        return -1;
    }
    unlink(path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || chmod(path, mode) < 0 || listen(fd, 4) < 0 ||
        (driver->switchUser && chown(path, driver->uid, driver->gid) < 0)) {
        virSetSystemError(error, errno, "Unable to bind to UNIX socket path '%s'", path);
        return -1;
    }
    return virFdSteal(&fd);
}

static int listenMonitor(qemuDriver *driver, const char *dir, GError **error)
{
    g_autofree char *path = g_strconcat(dir, "/monitor.sock", NULL);
    return listenUnix(driver, path, 0700, error);
}

static void closeSocket(gpointer fd)
{
    close(GPOINTER_TO_INT(fd) - 1);
}

/* All character devices, one list after the other; NULL past the last. */
static virDomainChrDef *chardevAt(const virDomainDef *def, unsigned int i)
{
    const struct {
        virDomainChrDef **v;
        unsigned int n;
    } lists[] = {
        { def->serials.v, def->serials.n },
        { def->parallels.v, def->parallels.n },
        { def->channels.v, def->channels.n },
        { def->consoles.v, def->consoles.n },
    };
    for (guint l = 0; l < G_N_ELEMENTS(lists); i -= lists[l++].n)
        if (i < lists[l].n)
            return lists[l].v[i];
    return NULL;
}

static bool listenChardevs(qemuDriver *driver, const virDomainDef *def, GHashTable *sockets, GError **error)
{
    virDomainChrDef *chr;
    for (unsigned int i = 0; (chr = chardevAt(def, i)); i++) {
        bool first = chr->device == VIR_DOMAIN_CHR_DEVICE_CONSOLE &&
                     chr->consoleTarget != VIR_DOMAIN_CHR_CONSOLE_TARGET_VIRTIO;
        if (first || chr->source.type != VIR_DOMAIN_CHR_UNIX || chr->source.mode != VIR_DOMAIN_CHR_MODE_BIND ||
            !chr->source.path)
            continue;
        int fd = listenUnix(driver, chr->source.path, 0775, error);
        if (fd < 0)
            return false;
        g_hash_table_insert(sockets, g_strdup_printf("char%s", chr->info.alias), GINT_TO_POINTER(fd + 1));
    }
    return true;
}

static virProcess *spawn(virDomainObj *obj, qemuCommand *cmd, const qemuNetHost *nets, GError **error)
{
    qemuDriver *driver = qemuDriverOfObj(obj);
    qemuGuest *g = qemuGuestOf(obj);
    g_auto(virFd) log = logOpen(g, cmd, error);
    if (log < 0)
        return NULL;
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
    g_array_append_val(fds, cmd->monitorFd);
    qemuNetFds(nets, cmd->def->nets.n, fds);
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, cmd->sockets);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        int fd = GPOINTER_TO_INT(value) - 1;
        g_array_append_val(fds, fd);
    }
    virProcessSpec spec = { .argv = (const char *const *)cmd->argv->pdata,
                            .env = (const char *const *)cmd->env->pdata,
                            .fds = (int *)(void *)fds->data,
                            .nfds = fds->len,
                            .in = -1,
                            .out = log,
                            .err = log,
                            .session = true,
                            .switchUser = driver->switchUser,
                            .uid = driver->uid,
                            .gid = driver->gid,
                            .umask = 002,
                            .bindFrom = cmd->def->virtType == VIR_DOMAIN_VIRT_KVM ? driver->kvmNode : NULL,
                            .bindTo = "/dev/kvm",
                            .maxLocked = qemuLockedBytes(cmd->def),
                            .maxFiles = driver->settings.maxFiles };
    virProcess *process = virProcessSpawn(&spec, error);
    if (process) {
        g_autofree char *pid = g_strdup_printf("%d\n", (int)virProcessPid(process));
        virFileWriteAtomic(g->pidPath, pid, -1, 0644, NULL);
    }
    return process;
}

static virQmpResult connectMonitor(virDomainObj *obj, int greeting_ms, GError **error)
{
    qemuGuest *g = qemuGuestOf(obj);
    g_autofree char *path = g_strconcat(g->domainDir, "/monitor.sock", NULL);
    virQmp *qmp = virQmpConnect(path, virDomainObjActor(obj), &qemuMonitorHandlers, virDomainObjRef(obj),
                                (GDestroyNotify)virDomainObjUnref, error);
    if (!qmp)
        return VIR_QMP_GONE;
    g_autoptr(virQmp) keep = virQmpRef(qmp);    /* the guest may end while we wait, and drop its own */
    g_mutex_lock(&g->mutex);
    g->qmp = qmp;
    g_mutex_unlock(&g->mutex);
    return virQmpHandshake(qmp, greeting_ms, error);
}

/* Paths of pseudo terminals, by the ids of their chardevs. */
void qemuTakePtys(virDomainDef *def, JsonArray *chardevs)
{
    virDomainChrDef *chr;
    for (unsigned int i = 0; (chr = chardevAt(def, i)); i++) {
        if (chr->source.type != VIR_DOMAIN_CHR_PTY || !chr->info.alias)
            continue;
        g_autofree char *id = g_strdup_printf("char%s", chr->info.alias);
        for (guint k = 0; chardevs && k < json_array_get_length(chardevs); k++) {
            JsonObject *o = qmpItem(chardevs, k);
            const char *file = qmpStr(o, "filename");
            if (g_strcmp0(qmpStr(o, "label"), id) != 0 || !file || !g_str_has_prefix(file, "pty:"))
                continue;
            g_free(chr->source.path);
            chr->source.path = g_strdup(file + strlen("pty:"));
        }
    }
    /* The first console is the first serial port again. */
    if (def->consoles.n > 0 && def->serials.n > 0 &&
        def->consoles.v[0]->consoleTarget != VIR_DOMAIN_CHR_CONSOLE_TARGET_VIRTIO) {
        virDomainChrDef *console = def->consoles.v[0], *serial = def->serials.v[0];
        g_free(console->source.path);
        console->source.path = g_strdup(serial->source.path);
        if (!console->info.alias)
            console->info.alias = g_strdup(serial->info.alias);
    }
    for (unsigned int i = 0; i < def->consoles.n; i++)
        if (def->consoles.v[i]->source.type == VIR_DOMAIN_CHR_PTY) {
            g_free(def->consoles.v[i]->tty);
            def->consoles.v[i]->tty = g_strdup(def->consoles.v[i]->source.path);
        }
}

static void takeVcpus(qemuGuest *g, JsonArray *cpus)
{
    guint n = cpus ? json_array_get_length(cpus) : 0;
    pid_t *tids = g_new0(pid_t, n + 1);
    for (guint i = 0; i < n; i++) {
        gint64 index = qmpInt(qmpItem(cpus, i), "cpu-index", i);
        if (index >= 0 && index < (gint64)n)
            tids[index] = qmpInt(qmpItem(cpus, i), "thread-id", 0);
    }
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&g->mutex);
    g_free(g->vcpuTids);
    g->vcpuTids = tids;
    g->nvcpuTids = n;
}

static const virDomainMemballoonDef *virtioBalloon(const virDomainDef *def)
{
    const virDomainMemballoonDef *b = def->memballoon;
    return b && b->model != VIR_DOMAIN_MEMBALLOON_NONE && b->model != VIR_DOMAIN_MEMBALLOON_XEN ? b : NULL;
}

/* Limits of disks, set on the guest's device once it is there. */
bool qemuThrottleDisk(virQmp *qmp, const virDomainDiskDef *d, GError **error)
{
    const virDomainIoTune *t = &d->iotune;
    if (!(t->totalBytes | t->readBytes | t->writeBytes | t->totalIops | t->readIops | t->writeIops))
        return true;
    bool virtio = d->bus == VIR_DOMAIN_DISK_BUS_VIRTIO; /* whose backend is a part of the device */
    g_autofree char *id =
        virtio ? g_strdup_printf("/machine/peripheral/%s/virtio-backend", d->info.alias) : g_strdup(d->info.alias);
    JsonNode *args =
        qmpArgs("s:id", id, "U:bps", t->totalBytes, "U:bps_rd", t->readBytes, "U:bps_wr", t->writeBytes, "U:iops",
                t->totalIops, "U:iops_rd", t->readIops, "U:iops_wr", t->writeIops, "s:group", t->group, NULL);
    const struct {
        const char *name;
        unsigned long long value;
    } more[] = {
        { "bps_max", t->totalBytesMax },
        { "bps_rd_max", t->readBytesMax },
        { "bps_wr_max", t->writeBytesMax },
        { "iops_max", t->totalIopsMax },
        { "iops_rd_max", t->readIopsMax },
        { "iops_wr_max", t->writeIopsMax },
        { "iops_size", t->sizeIops },
        { "bps_max_length", t->totalBytesMaxLength },
        { "bps_rd_max_length", t->readBytesMaxLength },
        { "bps_wr_max_length", t->writeBytesMaxLength },
        { "iops_max_length", t->totalIopsMaxLength },
        { "iops_rd_max_length", t->readIopsMaxLength },
        { "iops_wr_max_length", t->writeIopsMaxLength },
    };
    for (guint k = 0; k < G_N_ELEMENTS(more); k++)
        if (more[k].value)
            json_object_set_int_member(json_node_get_object(args), more[k].name, more[k].value);
    return qmpCall(qmp, "block_set_io_throttle", args, NULL, error) == VIR_QMP_OK;
}

static bool throttleDisks(virQmp *qmp, const virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (!qemuThrottleDisk(qmp, def->disks.v[i], error))
            return false;
    return true;
}

void qemuCountMemory(virDomainObj *obj, const virDomainDef *def, bool fresh)
{
    if (fresh || !virtioBalloon(def))           /* a balloon has told us itself */
        __atomic_store_n(&qemuGuestOf(obj)->balloon, virtioBalloon(def) ? def->currentMemory : def->memory, __ATOMIC_RELAXED);
}

static bool cutLinks(virQmp *qmp, const virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->nets.n; i++)
        if (!qemuCutLink(qmp, def->nets.v[i], error))
            return false;
    return true;
}

bool qemuCutLink(virQmp *qmp, const virDomainNetDef *net, GError **error)
{
    return net->link != VIR_DOMAIN_NET_LINK_DOWN || net->type == VIR_DOMAIN_NET_TYPE_HOSTDEV ||
           qmpCall(qmp, "set_link", qmpArgs("s:name", net->info.alias, "b:up", FALSE, NULL), NULL, error) == VIR_QMP_OK;
}

/* Everything that is to be known of or set in a fresh QEMU, in one round trip. */
static bool configureGuest(virDomainObj *obj, virDomainDef *def, GError **error)
{
    qemuDriver *driver = qemuDriverOfObj(obj);
    qemuGuest *g = qemuGuestOf(obj);
    virQmpRequest r[10] = { { .command = "query-cpus-fast" }, { .command = "query-chardev" } };
    guint n = 2;
    const virDomainMemballoonDef *balloon = virtioBalloon(def);
    if (def->onReboot == VIR_DOMAIN_ON_DESTROY || def->onReboot == VIR_DOMAIN_ON_PRESERVE)
        r[n++] = (virQmpRequest){ .command = "set-action", .args = qmpArgs("s:reboot", "shutdown", NULL) };
    if (balloon && balloon->info.alias && balloon->statsPeriod) {
        g_autofree char *path = g_strdup_printf("/machine/peripheral/%s", balloon->info.alias);
        r[n++] = (virQmpRequest){ .command = "qom-set",
                                  .args = qmpArgs("s:path", path, "s:property", "guest-stats-polling-interval",
                                                  "u:value", balloon->statsPeriod, NULL) };
    }
    if (balloon && def->currentMemory > 0 && def->currentMemory < def->memory)
        r[n++] = (virQmpRequest){ .command = "balloon",
                                  .args = qmpArgs("U:value", (guint64)def->currentMemory * 1024, NULL) };
    for (unsigned int i = 0; i < def->graphics.n && n < G_N_ELEMENTS(r); i++) {
        const virDomainGraphicsDef *gr = def->graphics.v[i];
        bool vnc = gr->type == VIR_DOMAIN_GRAPHICS_VNC;
        const char *password = gr->passwd ? gr->passwd
                               : vnc      ? driver->settings.vncPassword
                                          : driver->settings.spicePassword;
        if (password && (vnc || gr->type == VIR_DOMAIN_GRAPHICS_SPICE))
            r[n++] =
                (virQmpRequest){ .command = "set_password",
                                 .args = qmpArgs("s:protocol", vnc ? "vnc" : "spice", "s:password", password, NULL) };
    }
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
    bool ok = qmp && qmpCallMany(qmp, r, n, error);
    ok = ok && throttleDisks(qmp, def, error) && cutLinks(qmp, def, error);
    if (ok) {
        takeVcpus(g, qmpReplyArr(r[0].reply));
        qemuTakePtys(def, qmpReplyArr(r[1].reply));
        qemuAgentTakeStates(def, qmpReplyArr(r[1].reply));
    }
    for (guint i = 0; i < n; i++)
        virQmpRequestClear(&r[i]);
    qemuCountMemory(obj, def, true);
    return ok;
}

bool qemuCommandFrameInit(qemuCommandFrame *frame, virDomainObj *obj, const virDomainDef *def, const qemuCaps *caps, GError **error)
{
    qemuDriver *driver = qemuDriverOfObj(obj);
    qemuGuest *g = qemuGuestOf(obj);
    const virEngineDirs *dirs = virEngineGetDirs(driver->engine);
    *frame = (qemuCommandFrame){ .huge = virHostHugetlbMounts(virHostLocal()) };
    frame->memoryDir = g_strdup_printf("%s/ram/%s", dirs->libDir, strrchr(g->domainDir, '/') + strlen("/domain-"));
    frame->cmd = (qemuCommand){ .def = def,
                                .caps = caps,
                                .masterKey = qemuMasterKey(g->domainDir, error),
                                .secret = qemuSecretValue,
                                .stateDir = dirs->stateDir,
                                .hugeMounts = frame->huge,
                                .defaultHugepage = virHostHugepageDefault(virHostLocal()),
                                .spiceTlsDir = driver->settings.spiceTls ? driver->settings.spiceTlsDir : NULL,
                                .domainDir = g->domainDir,
                                .channelDir = g->channelDir,
                                .memoryDir = frame->memoryDir,
                                .monitorFd = -1,
                                .sandbox = driver->settings.seccomp != 0,
                                .timestamps = true,
                                .vncSasl = driver->settings.vncSasl };
    return frame->cmd.masterKey != NULL;
}

void qemuCommandFrameClear(qemuCommandFrame *frame)
{
    qemuCommandClear(&frame->cmd);
    g_clear_pointer(&frame->cmd.masterKey, g_bytes_unref);
    g_clear_pointer(&frame->huge, g_hash_table_unref);
    g_clear_pointer(&frame->memoryDir, g_free);
}

static bool launch(virDomainObj *obj, virDomainDef *def, qemuNetHost *nets, const qemuCaps *caps, GError **error)
{
    qemuDriver *driver = qemuDriverOfObj(obj);
    qemuGuest *g = qemuGuestOf(obj);
    g_autoptr(GHashTable) sockets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, closeSocket);
    g_auto(virFd) monitor = listenMonitor(driver, g->domainDir, error);
    g_auto(qemuCommandFrame) frame = { 0 };
    if (monitor < 0 || !listenChardevs(driver, def, sockets, error) || !qemuHostdevOpen(def, NULL, sockets, error) ||
        !qemuCommandFrameInit(&frame, obj, def, caps, error))
        return false;
    frame.cmd.monitorFd = monitor;
    frame.cmd.nets = nets;
    frame.cmd.sockets = sockets;
    g_autoptr(virProcess) process = qemuCommandBuild(&frame.cmd, error) ? spawn(obj, &frame.cmd, nets, error) : NULL;
    virFdClear(&monitor); /* ours goes, so that a QEMU that dies before the greeting is noticed */
    qemuCloseNetFds(nets, def->nets.n);
    if (!process)
        return false;
    guestSetProcess(obj, process);
    if (connectMonitor(obj, GREETING_MS, error) == VIR_QMP_OK)
        return true;
    virProcessWait(process, 200); /* its last words come before its end */
    addTail(g, error);
    return false;
}

bool qemuStart(virDomainObj *obj, virDomainDef *def, unsigned int flags, pid_t *pid, GError **error)
{
    qemuDriver *driver = qemuDriverOfObj(obj);
    g_autoptr(qemuCaps) caps = qemuCapsGet(driver->caps, def->emulator, error);
    g_autofree qemuNetHost *nets = g_new0(qemuNetHost, def->nets.n + 1);
    if (!caps)
        return false;
    guestPaths(obj, def);
    qemuEventsKeep(obj);
    g_autofree char *nvramDir = g_strdup_printf("%s/nvram", virEngineGetDirs(driver->engine)->libDir);
    bool ok = qemuFirmwareChoose(def, NULL, nvramDir, error) && qemuPortsPlug(def, error);
    virDomainDefAssignAliases(def, &driver->conf);      /* now that it is known which interfaces are devices of the host */
    ok = ok && qemuHostdevsTake(obj, def, true, error) &&
              qemuCheckHost(def, virHostLocal(), error) && qemuPrepareHost(obj, def, flags, error) && qemuPrepareNets(obj, def, nets, error) &&
              qemuLabelAll(obj, def, error) && launch(obj, def, nets, caps, error) && configureGuest(obj, def, error);
    if (ok && !(flags & VIR_DOMAIN_START_PAUSED)) {
        g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
        ok = qmp && qmpCall(qmp, "cont", NULL, NULL, error) == VIR_QMP_OK;
    }
    qemuGuest *g = qemuGuestOf(obj);
    if (ok) {
        *pid = virProcessPid(g->process);
        qemuAgentStarted(obj, def);
        qemuEventsTell(obj);
        return true;
    }
    qemuCloseNetFds(nets, def->nets.n);
    qemuKill(obj, 0, NULL);
    qemuCleanup(obj, def, VIR_DOMAIN_SHUTOFF_FAILED);
    return false;
}

/* ---- after a restart of the daemon ---- */

void qemuStatusFill(virDomainObj *obj, virDomainStatus *status)
{
    qemuGuest *g = qemuGuestOf(obj);
    if (!g || !g->domainDir)
        return;
    status->monitorPath = g_strconcat(g->domainDir, "/monitor.sock", NULL);
    status->monitorType = g_strdup("unix");
    status->libDir = g_strdup(g->domainDir);
    status->channelTargetDir = g_strdup(g->channelDir);
    status->rememberOwner = true;
    status->nodename = g->nodes;
    status->agentTimeout = g_atomic_int_get(&g->agentTimeout);
    status->hasAgentTimeout = status->agentTimeout != QEMU_AGENT_TIMEOUT_UNSET;
    for (unsigned int i = 0; i < g->nvcpuTids; i++) {
        virDomainStatusVcpu *v = g_new0(virDomainStatusVcpu, 1);
        *v = (virDomainStatusVcpu){ .id = i, .pid = g->vcpuTids[i] };
        virListAppend(&status->vcpus, v);
    }
}

bool qemuStatusTake(virDomainObj *obj, const virDomainStatus *status, GError **error)
{
    guestPaths(obj, status->def);
    qemuGuest *g = qemuGuestOf(obj);
    g->nodes = status->nodename;
    g_atomic_int_set(&g->agentTimeout, status->hasAgentTimeout ? status->agentTimeout : QEMU_AGENT_TIMEOUT_UNSET);
    if (status->libDir) {
        g_free(g->domainDir);
        g->domainDir = g_strdup(status->libDir);
    }
    if (status->channelTargetDir) {
        g_free(g->channelDir);
        g->channelDir = g_strdup(status->channelTargetDir);
    }
    return true;
}

/* Is that process our guest, and not one that got its number later? Its command line names the guest. */
static bool isOurGuest(pid_t pid, const virDomainDef *def)
{
    g_autofree char *path = g_strdup_printf("%s/%d/cmdline", virHostLocal()->proc, (int)pid), *data = NULL;
    gsize len = 0;
    if (!virFileRead(path, 4 << 20, &data, &len, NULL))
        return false;
    for (gsize i = 0; i < len; i++)
        if (data[i] == 0)
            data[i] = '\n';
    g_autofree char *name = qemuEscape(def->name), *option = g_strdup_printf("guest=%s,", name);
    return strstr(data, option) != NULL;
}

bool qemuReconnect(virDomainObj *obj, virDomainDef *def, pid_t pid, GError **error)
{
    qemuGuest *g = qemuGuestReady(obj);
    if (!g->domainDir)
        guestPaths(obj, def);
    qemuDirectAdopt(obj, def);
    g_autoptr(virProcess) process = virProcessAdopt(virHostLocal(), pid, 0, error);
    if (process && !isOurGuest(pid, def)) {
        virSetError(error, VIR_ERR_OPERATION_FAILED, "process %d is not guest '%s'", (int)pid, def->name);
        return false;
    }
    if (!process)
        return false;
    guestSetProcess(obj, process);
    virQmpResult result = connectMonitor(obj, ADOPT_MS, error);
    if (result == VIR_QMP_TIMEOUT) { /* stuck, but alive: it is reconciled when it answers, and can be destroyed */
        g_autoptr(virQmp) stuck = qemuGuestQmp(obj, NULL);
        virWarn("guest '%s' does not answer: %s", def->name, error && *error ? (*error)->message : "");
        g_clear_error(error);
        if (stuck && !virQmpIsLate(stuck))
            qmpCall(stuck, "qmp_capabilities", NULL, NULL, NULL); /* it reads this after its greeting */
        return true;
    }
    if (result != VIR_QMP_OK) {
        qemuKill(obj, 0, NULL); /* nobody could ever talk to it again */
        return false;
    }
    virQmpRequest r[3] = { { .command = "query-cpus-fast" }, { .command = "query-balloon" }, { .command = "query-chardev" } };
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
    if (!qmp)
        return false;
    qmpCallMany(qmp, r, G_N_ELEMENTS(r), NULL);
    takeVcpus(g, qmpReplyArr(r[0].reply));
    qemuAgentRefresh(obj, qmpReplyArr(r[2].reply));
    gint64 actual = qmpInt(qmpReplyObj(r[1].reply), "actual", (gint64)def->memory * 1024);
    __atomic_store_n(&g->balloon, actual / 1024, __ATOMIC_RELAXED);
    for (guint i = 0; i < G_N_ELEMENTS(r); i++)
        virQmpRequestClear(&r[i]);
    qemuReconcile(obj);
    qemuDevicesReconcile(obj);
    return true;
}
