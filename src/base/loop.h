/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The I/O thread. All sockets, pidfds and timers of the daemon and of local drivers are watched by one thread through one
 * epoll descriptor. Callbacks run on that thread and must never block; one that takes over 50 ms is reported in the log.
 * The functions may be called from any thread.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct _virLoop virLoop;
typedef struct _virWatch virWatch;
typedef struct _virTimer virTimer;

/* `events` are EPOLLIN/EPOLLOUT; EPOLLERR and EPOLLHUP are always reported. */
typedef void (*virWatchFunc)(virWatch *watch, int fd, uint32_t events, gpointer data);
typedef void (*virTimerFunc)(virTimer *timer, gpointer data);

virLoop *virLoopGet(void);                      /* the process's I/O thread, started on first use */
gboolean virLoopIsCurrent(virLoop *loop);       /* are we on the I/O thread? */

/* Watch `fd` (stays the caller's). `destroy` runs on the I/O thread when the watch is gone; no callback starts after it. */
virWatch *virWatchNew(virLoop *loop, int fd, uint32_t events, virWatchFunc func, gpointer data, GDestroyNotify destroy);
void virWatchSetEvents(virWatch *watch, uint32_t events);
/* Called on the I/O thread: no callback afterwards, and `fd` may be closed at once. From other threads: asynchronous. */
void virWatchRemove(virWatch *watch);

/* One-shot after `ms` milliseconds, repeated with virTimerSet; removed with virTimerRemove only. -1: not armed. */
virTimer *virTimerNew(virLoop *loop, int64_t ms, virTimerFunc func, gpointer data, GDestroyNotify destroy);
void virTimerSet(virTimer *timer, int64_t ms);
void virTimerRemove(virTimer *timer);

/* Run `func(data)` on the I/O thread soon, in the order of the calls; at once when already there and nothing is queued. */
void virLoopInvoke(virLoop *loop, void (*func)(gpointer), gpointer data);
/* The same, never at once: for a caller that holds what `func` may want. */
void virLoopDefer(virLoop *loop, void (*func)(gpointer), gpointer data);

/* Threads on demand for work that blocks: a small stack, idle threads are kept a few seconds. Never fails to start
 * before the cap of 2,000; beyond it work waits in a list. */
void virWorkRun(void (*func)(gpointer), gpointer data);

typedef struct {
    guint count, idle, waiting, cap;    /* threads; of them without work; work without a thread; the most threads there may be */
} virWorkState;
virWorkState virWorkLook(void);
void virWorkSetCap(guint cap);          /* from now on; threads beyond it end when their work does */
