/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `virsh console`: the terminal in raw mode on one side, a stream on the other. Everything runs in the event loop's thread; the command
 * waits until one side ends.
 */
#include "console.h"
#include "output.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

typedef struct {
    Shell *sh;
    virStreamPtr st;
    GMutex mutex;               /* guards done, by which the event loop gives the object back */
    GCond cond;
    bool done, ending, failed;
    GByteArray *toGuest, *toUser;
    int in, out;                /* watches */
} Console;

static void finish(Console *c, bool failed)
{
    c->ending = true;
    c->failed = c->failed || failed;
}

/* The last thing a callback does: after the end nobody calls back any more, and the waiting command may free `c`. */
static void settle(Console *c)
{
    if (!c->ending || c->done)
        return;
    virEventRemoveHandle(c->in);
    virEventRemoveHandle(c->out);
    virStreamEventRemoveCallback(c->st);
    g_mutex_lock(&c->mutex);
    c->done = true;
    g_cond_signal(&c->cond);
    g_mutex_unlock(&c->mutex);
}

static void updateStream(Console *c)
{
    virStreamEventUpdateCallback(c->st, VIR_STREAM_EVENT_READABLE | (c->toGuest->len ? VIR_STREAM_EVENT_WRITABLE : 0));
}

static void readStream(Console *c)
{
    char buffer[4096];
    int got = virStreamRecv(c->st, buffer, sizeof(buffer));
    if (got == -2)
        return;
    if (got <= 0) {
        finish(c, got < 0);
        return;
    }
    g_byte_array_append(c->toUser, (guint8 *)buffer, got);
    virEventUpdateHandle(c->out, VIR_EVENT_HANDLE_WRITABLE);
}

static void writeStream(Console *c)
{
    int sent = virStreamSend(c->st, (char *)c->toGuest->data, c->toGuest->len);
    if (sent == -2)
        return;
    if (sent < 0) {
        finish(c, true);
        return;
    }
    g_byte_array_remove_range(c->toGuest, 0, sent);
    updateStream(c);
}

static void onStream(virStreamPtr st, int events, void *data)
{
    Console *c = data;
    if (events & VIR_STREAM_EVENT_READABLE)
        readStream(c);
    if ((events & VIR_STREAM_EVENT_WRITABLE) && c->toGuest->len)
        writeStream(c);
    if (events & (VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP))
        finish(c, false);
    settle(c);
}

static void onInput(int watch, int fd, int events, void *data)
{
    Console *c = data;
    char buffer[1024];
    ssize_t n = read(fd, buffer, sizeof(buffer));
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    char *escape = n > 0 ? memchr(buffer, c->sh->escape, n) : NULL;
    gsize keep = escape ? (gsize)(escape - buffer) : n > 0 ? (gsize)n : 0;
    g_byte_array_append(c->toGuest, (guint8 *)buffer, keep);
    updateStream(c);
    if (n <= 0 || escape)
        finish(c, false);
    settle(c);
}

static void onOutput(int watch, int fd, int events, void *data)
{
    Console *c = data;
    ssize_t n = c->toUser->len ? write(fd, c->toUser->data, c->toUser->len) : 0;
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        finish(c, true);
    else if (n > 0)
        g_byte_array_remove_range(c->toUser, 0, n);
    if (!c->toUser->len)
        virEventUpdateHandle(watch, 0);
    settle(c);
}

/* Runs in the event loop, so that no callback sees a half-built object. */
static void begin(int timer, void *data)
{
    Console *c = data;
    virEventRemoveTimeout(timer);
    c->in = virEventAddHandle(STDIN_FILENO, VIR_EVENT_HANDLE_READABLE, onInput, c, NULL);
    c->out = virEventAddHandle(STDOUT_FILENO, 0, onOutput, c, NULL);
    if (virStreamEventAddCallback(c->st, VIR_STREAM_EVENT_READABLE, onStream, c, NULL) < 0) {
        finish(c, true);
        settle(c);
    }
}

static void rawTerminal(struct termios *saved)
{
    struct termios raw = *saved;
    cfmakeraw(&raw);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
}

/* Returns with everything printed that the guest sent before the end. */
static void pumpUntilDone(Console *c)
{
    virEventAddTimeout(0, begin, c, NULL);
    g_mutex_lock(&c->mutex);
    while (!c->done)
        g_cond_wait(&c->cond, &c->mutex);
    g_mutex_unlock(&c->mutex);
    while (c->toUser->len) {
        ssize_t n = write(STDOUT_FILENO, c->toUser->data, c->toUser->len);
        if (n <= 0)
            break;
        g_byte_array_remove_range(c->toUser, 0, n);
    }
}

bool consoleRun(Shell *sh, virDomainPtr dom, const char *device, unsigned int flags)
{
    struct termios saved;
    bool tty = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &saved) == 0;
    int state;
    if (virDomainGetState(dom, &state, NULL, 0) < 0)
        return false;
    if (state == VIR_DOMAIN_SHUTOFF) {
        shellError(sh, "%s", "The domain is not running");
        return false;
    }
    shellNeedEvents(sh);
    virStreamPtr st = virStreamNew(sh->conn, VIR_STREAM_NONBLOCK);
    if (!st)
        return false;
    printExtra(sh, "Connected to domain '%s'\n", virDomainGetName(dom));
    printExtra(sh, "Escape character is ^%c", sh->escape | 0x40);
    if (sh->escape == 0x1d)
        printExtra(sh, " (Ctrl + ])");
    printExtra(sh, "\n");
    fflush(stdout);
    bool ok = virDomainOpenConsole(dom, device, st, flags) == 0;
    if (ok) {
        Console c = { .sh = sh, .st = st, .toGuest = g_byte_array_new(), .toUser = g_byte_array_new() };
        if (tty)
            rawTerminal(&saved);
        pumpUntilDone(&c);
        if (tty)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
        ok = !c.failed;
        virStreamAbort(st);
        g_byte_array_unref(c.toGuest);
        g_byte_array_unref(c.toUser);
    }
    virStreamFree(st);
    return ok;
}
