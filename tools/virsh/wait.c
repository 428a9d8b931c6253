/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waiting for events: see wait.h. */
#include "wait.h"
#include <signal.h>
#include <stdarg.h>

struct _Waiter {
    GMutex mutex;
    GCond cond;
    bool loop, timestamp, done;
    unsigned int count;
};

static Waiter waiter;           /* a late callback may still look at it */

Waiter *waiterBegin(Shell *sh, Cmd *cmd)
{
    Waiter *w = &waiter;
    shellNeedEvents(sh);
    g_mutex_lock(&w->mutex);
    w->count = 0;
    w->done = false;
    w->loop = cmdHas(cmd, "loop");
    w->timestamp = cmdHas(cmd, "timestamp");
    g_mutex_unlock(&w->mutex);
    return w;
}

void waiterReport(Waiter *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *line = g_strdup_vprintf(format, args);
    va_end(args);
    g_mutex_lock(&w->mutex);
    if (w->loop || !w->done) {
        if (w->timestamp) {
            g_autoptr(GDateTime) now = g_date_time_new_now_utc();
            g_autofree char *stamp = g_date_time_format(now, "%F %T");
            printf("%s.%03d+0000: ", stamp, g_date_time_get_microsecond(now) / 1000);
        }
        printf("%s\n", line);
        fflush(stdout);
        w->count++;
    }
    w->done = w->done || !w->loop;
    g_cond_signal(&w->cond);
    g_mutex_unlock(&w->mutex);
}

static void onInterrupt(int signal)
{
    waiter.done = true;                 /* seen by the waiting thread within its tick */
}

/* True: an event or the interrupt ended the wait; false: time is over. */
static bool waitUntilDone(Waiter *w, int seconds)
{
    struct sigaction act = { .sa_handler = onInterrupt }, old;
    gint64 until = seconds ? g_get_monotonic_time() + seconds * G_USEC_PER_SEC : G_MAXINT64;
    bool inTime = true;
    sigaction(SIGINT, &act, &old);
    g_mutex_lock(&w->mutex);
    while (!w->done && inTime) {
        gint64 tick = MIN(until, g_get_monotonic_time() + G_USEC_PER_SEC / 4);
        if (!g_cond_wait_until(&w->cond, &w->mutex, tick))
            inTime = g_get_monotonic_time() < until;
    }
    w->done = true;
    g_mutex_unlock(&w->mutex);
    sigaction(SIGINT, &old, NULL);
    return inTime;
}

bool waiterWait(Waiter *w, int seconds)
{
    virResetLastError();
    bool inTime = waitUntilDone(w, seconds);
    printf("%s", !inTime ? "event loop timed out\n" : w->loop ? "event loop interrupted\n" : "");
    printf("events received: %u\n", w->count);
    return w->count > 0;
}

const WaitKind *eventChosen(Shell *sh, Cmd *cmd, const WaitKind *kinds, gsize n, int *timeout, bool *done)
{
    const char *event = cmdString(cmd, "event");
    gsize kind = 0;
    *timeout = 0;
    *done = cmdHas(cmd, "list");
    for (gsize i = 0; *done && i < n; i++)
        printf("%s\n", kinds[i].name);
    if (*done || cmdInt(sh, cmd, "timeout", timeout) < 0)
        return NULL;
    while (event && kind < n && !g_str_equal(kinds[kind].name, event))
        kind++;
    if (event && kind < n)
        return &kinds[kind];
    shellError(sh, event ? "unknown event type %s" : "%s", event ? event : "either --list or --event <type> is required");
    return NULL;
}
