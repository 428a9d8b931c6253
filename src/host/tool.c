/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running programs of the host: see tool.h. */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "host.tool"
#include "host/tool.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "host/process.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

enum { OUTPUT_LIMIT = 16 << 20, KILL_WAIT_MS = 2000 };

static virToolHook hook;
static gpointer hookData;

void virToolSetHook(virToolHook func, gpointer data)
{
    hook = func;
    hookData = data;
}

char *virToolFind(const char *name)
{
    static const char *const folders[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin" };
    char *path = g_find_program_in_path(name);
    for (gsize i = 0; !path && i < G_N_ELEMENTS(folders); i++) {
        path = g_build_filename(folders[i], name, NULL);
        if (!g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
            g_clear_pointer(&path, g_free);
    }
    return path;
}

typedef struct {
    virFd fd;
    GString *text;
} Stream;

/* False at the end of the stream. */
static bool take(Stream *s)
{
    char buffer[16384];
    ssize_t got = read(s->fd, buffer, sizeof(buffer));
    if (got < 0)
        return errno == EINTR || errno == EAGAIN;
    if (got > 0 && s->text->len < OUTPUT_LIMIT)
        g_string_append_len(s->text, buffer, got);
    return got > 0;
}

/* What is in it now. */
static void drain(Stream *s)
{
    struct pollfd pfd = { s->fd, POLLIN, 0 };
    while (s->fd >= 0 && poll(&pfd, 1, 0) > 0 && take(s))
        continue;
}

typedef enum { ENDED, LATE, GIVEN_UP } How;

/* Reads both streams until they are closed and the process has ended. */
static How follow(virProcess *p, Stream *streams, int deadline_ms, GCancellable *cancel)
{
    gint64 until = g_get_monotonic_time() + deadline_ms * 1000LL;
    int stop = cancel ? g_cancellable_get_fd(cancel) : -1;
    How how = ENDED;
    while (how == ENDED && (streams[0].fd >= 0 || streams[1].fd >= 0)) {
        struct pollfd pfd[] = { { streams[0].fd, POLLIN, 0 }, { streams[1].fd, POLLIN, 0 }, { stop, POLLIN, 0 }, { virProcessFd(p), POLLIN, 0 } };
        gint64 left = (until - g_get_monotonic_time()) / 1000;
        int n = left > 0 ? poll(pfd, G_N_ELEMENTS(pfd), (int)MIN(left, G_MAXINT)) : 0;
        if (n < 0 && errno != EINTR)
            break;
        if (n == 0)
            how = LATE;
        else if (pfd[2].revents)
            how = GIVEN_UP;
        for (int i = 0; n > 0 && i < 2; i++)
            if (pfd[i].revents && !take(&streams[i]))
                virFdClear(&streams[i].fd);
        /* A daemon that it left behind may keep the streams open. */
        if (n > 0 && virProcessWait(p, 0)) {
            drain(&streams[0]);
            drain(&streams[1]);
            break;
        }
    }
    while (how == ENDED && !virProcessWait(p, 50))
        how = g_cancellable_is_cancelled(cancel) ? GIVEN_UP : g_get_monotonic_time() > until ? LATE : ENDED;
    if (cancel)
        g_cancellable_release_fd(cancel);
    return how;
}

static void forget(virProcess *p, gpointer data)
{
    virDebug("process %d has ended at last", (int)virProcessPid(p));
}

/* A process that sleeps in the kernel ends when it can; nobody waits for it. */
static void finish(virProcess *p)
{
    virProcessSignal(p, SIGKILL);
    if (!virProcessWait(p, KILL_WAIT_MS))
        virProcessWatch(p, forget, virProcessRef(p), (GDestroyNotify)virProcessUnref);
}

static virProcess *spawn(const char *const *argv, const char *path, Stream *streams, GError **error)
{
    int out[2] = { -1, -1 }, err[2] = { -1, -1 };
    if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0) {
        virSetSystemError(error, errno, "cannot start %s", argv[0]);
        close(out[0]), close(out[1]);
        return NULL;
    }
    g_auto(virFd) outEnd = out[1], errEnd = err[1];
    streams[0].fd = out[0];
    streams[1].fd = err[0];
    g_autofree const char **full = g_new0(const char *, g_strv_length((char **)argv) + 1);
    for (guint i = 0; argv[i]; i++)
        full[i] = i == 0 ? path : argv[i];
    g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "LC_ALL", "C", TRUE);
    virProcessSpec spec = { .argv = full, .env = (const char *const *)env, .in = -1, .out = outEnd, .err = errEnd, .dieWithThread = true };
    return virProcessSpawn(&spec, error);
}

static bool judge(const char *command, int status, const char *errors, int *wanted, GError **error)
{
    if (wanted && WIFEXITED(status)) {
        *wanted = WEXITSTATUS(status);
        return true;
    }
    if (status == 0)
        return true;
    if (WIFEXITED(status))
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Child process (%s) unexpected exit status %d: %s", command, WEXITSTATUS(status), errors);
    else
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Child process (%s) unexpected fatal signal %d: %s", command, WTERMSIG(status), errors);
    return false;
}

static bool answer(const char *const *argv, char **output, int *status, GError **error)
{
    g_autofree char *text = NULL, *command = g_strjoinv(" ", (char **)argv);
    int end = 0;
    if (!hook(argv, &text, &end, hookData)) {
        virSetSystemError(error, ENOENT, "Cannot find '%s' in path", argv[0]);
        return false;
    }
    if (output)
        *output = text ? g_steal_pointer(&text) : g_strdup("");
    return judge(command, end << 8, "", status, error);
}

bool virToolRun(const char *const *argv, int deadline_ms, GCancellable *cancel, char **output, int *status, GError **error)
{
    if (hook)
        return answer(argv, output, status, error);
    g_autofree char *path = virToolFind(argv[0]), *rest = g_strjoinv(" ", (char **)argv + 1);
    if (!path) {
        virSetSystemError(error, ENOENT, "Cannot find '%s' in path", argv[0]);
        return false;
    }
    g_autofree char *command = *rest ? g_strdup_printf("%s %s", path, rest) : g_strdup(path);
    g_autoptr(GString) out = g_string_new(NULL), err = g_string_new(NULL);
    Stream streams[2] = { { -1, out }, { -1, err } };
    g_autoptr(virProcess) p = spawn(argv, path, streams, error);
    How how = p ? follow(p, streams, deadline_ms, cancel) : ENDED;
    virFdClear(&streams[0].fd);
    virFdClear(&streams[1].fd);
    if (!p)
        return false;
    if (how != ENDED) {
        finish(p);
        if (how == LATE)
            virSetError(error, VIR_ERR_OPERATION_TIMEOUT, "'%s' did not finish within %d s", command, deadline_ms / 1000);
        else
            virSetError(error, VIR_ERR_OPERATION_ABORTED, "'%s' was given up", command);
        return false;
    }
    if (output)
        *output = g_string_free(g_steal_pointer(&out), FALSE);
    return judge(command, virProcessStatus(p), err->str, status, error);
}
