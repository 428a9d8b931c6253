/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting, adopting, signalling and waiting for processes through pidfds. */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "host.process"
#include "host/process.h"
#include "host/proc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/close_range.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

extern char **environ;

struct _virProcess {
    gatomicrefcount refs;
    pid_t pid;
    int fd;
    bool child;
    GMutex mutex;
    bool reaped;
    int status;
    virWatch *watch;
    void (*func)(virProcess *, gpointer);
    gpointer data;
    GDestroyNotify destroy;
};

static virProcess *processNew(pid_t pid, int fd, bool child)
{
    virProcess *p = g_new0(virProcess, 1);
    g_atomic_ref_count_init(&p->refs);
    g_mutex_init(&p->mutex);
    p->pid = pid;
    p->fd = fd;
    p->child = child;
    p->status = -1;
    return p;
}

virProcess *virProcessRef(virProcess *p)
{
    g_atomic_ref_count_inc(&p->refs);
    return p;
}

void virProcessUnref(virProcess *p)
{
    if (!p || !g_atomic_ref_count_dec(&p->refs))
        return;
    close(p->fd);
    g_mutex_clear(&p->mutex);
    g_free(p);
}

int virProcessFd(virProcess *p)
{
    return p->fd;
}

pid_t virProcessPid(virProcess *p)
{
    return p->pid;
}

/* ---- the child's side: only calls that are safe between fork and exec ---- */

typedef struct {
    const virProcessSpec *spec;
    gid_t *groups;
    int ngroups;
    int null, report;
} Child;

static void childFail(const Child *c, char step)
{
    struct { int code; char step; } message = { errno, step };
    if (write(c->report, &message, sizeof(message)) < 0)
        _exit(126);
    _exit(127);
}

static void childDescriptors(const Child *c)
{
    const virProcessSpec *s = c->spec;
    const int want[3] = { s->in, s->out, s->err };
    int from[3];
    for (int i = 0; i < 3; i++)         /* out of the way first: one of them may be 0, 1 or 2 */
        if ((from[i] = fcntl(want[i] < 0 ? c->null : want[i], F_DUPFD_CLOEXEC, 3)) < 0)
            childFail(c, 'd');
    for (int i = 0; i < 3; i++)
        if (dup2(from[i], i) < 0)
            childFail(c, 'd');
    if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
        childFail(c, 'd');
    for (guint i = 0; i < s->nfds; i++)
        if (fcntl(s->fds[i], F_SETFD, 0) < 0)
            childFail(c, 'd');
}

static void childUser(const Child *c)
{
    const virProcessSpec *s = c->spec;
    if (!s->switchUser)
        return;
    if (setgroups(c->ngroups, c->groups) < 0 || setresgid(s->gid, s->gid, s->gid) < 0 || setresuid(s->uid, s->uid, s->uid) < 0)
        childFail(c, 'u');
}

static void childMounts(const Child *c)
{
    const virProcessSpec *s = c->spec;
    if (s->bindFrom && (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
                        mount(s->bindFrom, s->bindTo, NULL, MS_BIND, NULL) < 0))
        childFail(c, 'm');
}

static void childLimits(const virProcessSpec *s)
{
    struct rlimit r;
    if (s->maxFiles > 0) {
        r.rlim_cur = r.rlim_max = s->maxFiles;
        setrlimit(RLIMIT_NOFILE, &r);
    }
    if (s->maxLocked > 0) {
        r.rlim_cur = r.rlim_max = s->maxLocked == ULLONG_MAX ? RLIM_INFINITY : s->maxLocked;
        setrlimit(RLIMIT_MEMLOCK, &r);
    }
    if (s->maxCore) {
        r.rlim_cur = r.rlim_max = RLIM_INFINITY;
        setrlimit(RLIMIT_CORE, &r);
    }
}

static void childMain(const Child *c)
{
    const virProcessSpec *s = c->spec;
    struct sigaction dfl = { .sa_handler = SIG_DFL };
    sigset_t none;
    for (int i = 1; i < NSIG; i++)
        sigaction(i, &dfl, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (s->session && setsid() < 0)
        childFail(c, 's');
    if (s->umask)
        umask(s->umask);
    if (s->cwd && chdir(s->cwd) < 0)
        childFail(c, 'c');
    childLimits(s);
    childMounts(c);
    childDescriptors(c);
    childUser(c);
    if (s->dieWithThread)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    execve(s->argv[0], (char *const *)s->argv, s->env ? (char *const *)s->env : environ);
    childFail(c, 'x');
}

/* ---- our side ---- */

static int pidfdOpen(pid_t pid)
{
    return syscall(SYS_pidfd_open, pid, 0);
}

static gid_t *userGroups(uid_t uid, gid_t gid, int *n)
{
    struct passwd pw, *found = NULL;
    char buffer[4096];
    *n = 64;
    gid_t *groups = g_new(gid_t, *n);
    if (getpwuid_r(uid, &pw, buffer, sizeof(buffer), &found) != 0 || !found) {
        groups[0] = gid;
        *n = 1;
    } else if (getgrouplist(found->pw_name, gid, groups, n) < 0) {
        groups = g_renew(gid_t, groups, *n);
        getgrouplist(found->pw_name, gid, groups, n);
    }
    return groups;
}

static bool spawnFailed(int report, const virProcessSpec *s, GError **error)
{
    struct { int code; char step; } message;
    if (read(report, &message, sizeof(message)) != sizeof(message))
        return false;
    const char *what = message.step == 'u' ? "cannot change to user %u and group %u for" :
                       message.step == 'x' ? "cannot execute binary" : "cannot prepare the child process of";
    g_autofree char *words = message.step == 'u' ? g_strdup_printf("cannot change to user %u and group %u for", s->uid, s->gid) : g_strdup(what);
    virSetSystemError(error, message.code, "%s %s", words, s->argv[0]);
    return true;
}

virProcess *virProcessSpawn(const virProcessSpec *spec, GError **error)
{
    int pipefd[2];
    Child child = { .spec = spec };
    g_auto(virFd) null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || pipe2(pipefd, O_CLOEXEC) < 0) {
        virSetSystemError(error, errno, "cannot start %s", spec->argv[0]);
        return NULL;
    }
    g_auto(virFd) report = pipefd[0], theirs = pipefd[1];
    child.null = null;
    child.report = theirs;
    g_autofree gid_t *groups = spec->switchUser ? userGroups(spec->uid, spec->gid, &child.ngroups) : NULL;
    child.groups = groups;
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);   /* none of our handlers may run in the child */
    pid_t pid = fork();
    if (pid == 0)
        childMain(&child);
    int code = errno;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (pid < 0) {
        virSetSystemError(error, code, "cannot fork child process for %s", spec->argv[0]);
        return NULL;
    }
    virFdClear(&theirs);
    int fd = pidfdOpen(pid);
    code = errno;
    if (fd < 0 || spawnFailed(report, spec, error)) {
        if (fd < 0)
            virSetSystemError(error, code, "cannot watch child process %d", (int)pid);
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        virFdClear(&fd);
        return NULL;
    }
    return processNew(pid, fd, true);
}

virProcess *virProcessAdopt(const virHost *host, pid_t pid, unsigned long long start, GError **error)
{
    g_auto(virFd) fd = pid > 0 ? pidfdOpen(pid) : -1;
    virProcStat stat;
    if (fd < 0) {
        virSetSystemError(error, pid > 0 ? errno : EINVAL, "no process %d", (int)pid);
        return NULL;
    }
    if (!virProcStatRead(host, pid, 0, &stat) || stat.state == 'Z') {
        virSetError(error, VIR_ERR_OPERATION_FAILED, "process %d has ended", (int)pid);
        return NULL;
    }
    if (start != 0 && stat.start != start) {
        virSetError(error, VIR_ERR_OPERATION_FAILED, "process %d is another one (started at %llu, expected %llu)", (int)pid, stat.start, start);
        return NULL;
    }
    return processNew(pid, virFdSteal(&fd), false);
}

static bool processEnded(virProcess *p, int timeout_ms)
{
    struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
    gint64 until = g_get_monotonic_time() + timeout_ms * 1000LL;
    int n;
    while ((n = poll(&pfd, 1, timeout_ms)) < 0 && errno == EINTR)
        timeout_ms = MAX(0, (until - g_get_monotonic_time()) / 1000);
    return n > 0;
}

static void processReap(virProcess *p)
{
    siginfo_t info = { 0 };
    g_mutex_lock(&p->mutex);
    if (!p->reaped && p->child && waitid(P_PIDFD, p->fd, &info, WEXITED | WNOHANG) == 0 && info.si_pid == p->pid)
        p->status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
    p->reaped = true;
    g_mutex_unlock(&p->mutex);
}

bool virProcessWait(virProcess *p, int timeout_ms)
{
    if (!processEnded(p, timeout_ms))
        return false;
    processReap(p);
    return true;
}

int virProcessStatus(virProcess *p)
{
    g_mutex_lock(&p->mutex);
    int status = p->status;
    g_mutex_unlock(&p->mutex);
    return status;
}

bool virProcessSignal(virProcess *p, int signum)
{
    return syscall(SYS_pidfd_send_signal, p->fd, signum, NULL, 0) == 0;
}

char *virProcessDescribeEnd(int status)
{
    if (status < 0)
        return g_strdup("has ended");
    if (WIFSIGNALED(status))
        return g_strdup_printf("was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    return g_strdup_printf("exited with status %d", WEXITSTATUS(status));
}

/* ---- the end as an event ---- */

static void watchDestroy(gpointer data)
{
    virProcess *p = data;
    if (p->destroy)
        p->destroy(p->data);
    virProcessUnref(p);
}

static void watchEnded(virWatch *watch, int fd, uint32_t events, gpointer data)
{
    virProcess *p = data;
    processReap(p);
    p->watch = NULL;
    virWatchRemove(watch);
    p->func(p, p->data);
}

static void watchStart(gpointer data)
{
    virProcess *p = data;
    p->watch = virWatchNew(virLoopGet(), p->fd, EPOLLIN, watchEnded, p, watchDestroy);
}

void virProcessWatch(virProcess *p, void (*func)(virProcess *, gpointer), gpointer data, GDestroyNotify destroy)
{
    p->func = func;
    p->data = data;
    p->destroy = destroy;
    virLoopInvoke(virLoopGet(), watchStart, virProcessRef(p));         /* `watch` belongs to the I/O thread */
}

static void unwatch(gpointer data)
{
    virProcess *p = data;
    virWatch *watch = g_steal_pointer(&p->watch);
    virWatchRemove(watch);
    virProcessUnref(p);
}

void virProcessUnwatch(virProcess *p)
{
    virLoopInvoke(virLoopGet(), unwatch, virProcessRef(p));
}

/* ---- helpers run to their end ---- */

enum { OUTPUT_LIMIT = 1 << 20 };

static bool collect(int fd, GString *out, int timeout_ms)
{
    gint64 until = g_get_monotonic_time() + timeout_ms * 1000LL;
    char buffer[8192];
    for (;;) {
        struct pollfd pfd = { .fd = fd, .events = POLLIN };
        gint64 left = (until - g_get_monotonic_time()) / 1000;
        int n = left > 0 ? poll(&pfd, 1, left) : 0;
        if (n == 0)
            return false;
        ssize_t got = read(fd, buffer, sizeof(buffer));
        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return true;
        if (got > 0 && out->len < OUTPUT_LIMIT)
            g_string_append_len(out, buffer, got);
    }
}

bool virProcessMemlock(pid_t pid, const unsigned long long *set, unsigned long long *before, GError **error)
{
    rlim_t bytes = set && *set == ULLONG_MAX ? RLIM_INFINITY : set ? *set : 0;
    struct rlimit fresh = { bytes, bytes }, old;
    if (prlimit(pid, RLIMIT_MEMLOCK, set ? &fresh : NULL, &old) < 0) {
        virSetSystemError(error, errno, "cannot %s the limit of locked memory of process %d", set ? "set" : "read", (int)pid);
        return false;
    }
    if (before)
        *before = old.rlim_cur == RLIM_INFINITY ? ULLONG_MAX : old.rlim_cur;
    return true;
}

bool virProcessRun(const char *const *argv, int timeout_ms, char **output, GError **error)
{
    return virProcessRunWith(argv, NULL, timeout_ms, output, error);
}

bool virProcessRunWith(const char *const *argv, const char *const *env, int timeout_ms, char **output, GError **error)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0) {
        virSetSystemError(error, errno, "cannot start %s", argv[0]);
        return false;
    }
    g_auto(virFd) ours = fds[0], theirs = fds[1];
    virProcessSpec spec = { .argv = argv, .env = env, .in = -1, .out = theirs, .err = theirs, .dieWithThread = true };
    g_autoptr(virProcess) p = virProcessSpawn(&spec, error);
    if (!p)
        return false;
    virFdClear(&theirs);
    g_autoptr(GString) out = g_string_new(NULL);
    bool done = collect(ours, out, timeout_ms) && virProcessWait(p, timeout_ms);
    if (!done) {
        virProcessSignal(p, SIGKILL);
        virProcessWait(p, 1000);
        virSetError(error, VIR_ERR_OPERATION_TIMEOUT, "%s did not finish within %d ms", argv[0], timeout_ms);
        return false;
    }
    int status = virProcessStatus(p);
    if (status != 0) {
        g_autofree char *end = virProcessDescribeEnd(status);
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "%s %s: %s", argv[0], end, g_strchomp(out->str));
        return false;
    }
    if (output)
        *output = g_string_free(g_steal_pointer(&out), FALSE);
    return true;
}
