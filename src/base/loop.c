/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The I/O thread: one epoll descriptor, so that what a wakeup costs does not grow with the number of descriptors, and no main context
 * of GLib's, whose iteration costs more than most of our callbacks. Timers live in a balanced tree whose first entry bounds the wait.
 */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "loop"
#include "base/loop.h"
#include "base/log.h"
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SLOW_CALLBACK_US = 50 * 1000, BATCH = 64 };

struct _virWatch {
    virLoop *loop;
    int fd;
    uint32_t events;
    gboolean dead;
    virWatchFunc func;
    gpointer data;
    GDestroyNotify destroy;
};

struct _virTimer {
    virLoop *loop;
    gint64 due;                 /* monotonic µs; 0: not armed */
    guint64 order;              /* makes the key unique */
    gboolean dead;
    virTimerFunc func;
    gpointer data;
    GDestroyNotify destroy;
};

typedef struct {
    void (*func)(gpointer);
    gpointer data;
} Invocation;

struct _virLoop {
    GThread *thread;
    int epoll, wakeup;
    GMutex mutex;               /* guards the members below; never held across a callback */
    GQueue invocations;
    GTree *timers;
    guint64 orders;
    gint wakeupPending;         /* there are invocations; read without the lock by the thread itself */
    gint64 due;                 /* of the first timer; 0: there is none */
    /* the thread's own */
    GPtrArray *graveyard;       /* watches removed during this dispatch: events of the same batch may still name them */
    GPtrArray *deadTimers;
};

static gint timerCompare(gconstpointer a, gconstpointer b, gpointer unused)
{
    const virTimer *x = a, *y = b;
    return x->due != y->due ? (x->due < y->due ? -1 : 1) : x->order < y->order ? -1 : x->order > y->order;
}

gboolean virLoopIsCurrent(virLoop *loop)
{
    return g_thread_self() == loop->thread;
}

/* Also from its own thread: what a callback defers is done in the next turn. */
static void loopWake(virLoop *loop)
{
    uint64_t one = 1;
    while (write(loop->wakeup, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
}

/* ---- invocations ---- */

/* Locked; true: the thread must be woken. */
static gboolean loopQueue(virLoop *loop, void (*func)(gpointer), gpointer data)
{
    Invocation *i = g_new(Invocation, 1);
    *i = (Invocation){ func, data };
    g_queue_push_tail(&loop->invocations, i);
    return g_atomic_int_compare_and_exchange(&loop->wakeupPending, FALSE, TRUE);
}

void virLoopInvoke(virLoop *loop, void (*func)(gpointer), gpointer data)
{
    g_mutex_lock(&loop->mutex);
    gboolean direct = virLoopIsCurrent(loop) && loop->invocations.length == 0;
    gboolean kick = !direct && loopQueue(loop, func, data);
    g_mutex_unlock(&loop->mutex);
    if (direct)
        func(data);
    else if (kick)
        loopWake(loop);
}

void virLoopDefer(virLoop *loop, void (*func)(gpointer), gpointer data)
{
    g_mutex_lock(&loop->mutex);
    gboolean kick = loopQueue(loop, func, data);
    g_mutex_unlock(&loop->mutex);
    if (kick)
        loopWake(loop);
}

static void loopRunInvocations(virLoop *loop)
{
    if (!g_atomic_int_get(&loop->wakeupPending))
        return;
    g_mutex_lock(&loop->mutex);
    g_atomic_int_set(&loop->wakeupPending, FALSE);
    guint n = loop->invocations.length;
    g_mutex_unlock(&loop->mutex);
    while (n-- > 0) {
        g_mutex_lock(&loop->mutex);
        g_autofree Invocation *i = g_queue_pop_head(&loop->invocations);
        g_mutex_unlock(&loop->mutex);
        i->func(i->data);
    }
}

/* ---- watches ---- */

static void watchAdd(gpointer data)
{
    virWatch *w = data;
    struct epoll_event ev = { .events = w->events, .data.ptr = w };
    if (!w->dead && epoll_ctl(w->loop->epoll, EPOLL_CTL_ADD, w->fd, &ev) < 0)
        virWarn("cannot watch descriptor %d: %s", w->fd, g_strerror(errno));
}

virWatch *virWatchNew(virLoop *loop, int fd, uint32_t events, virWatchFunc func, gpointer data, GDestroyNotify destroy)
{
    virWatch *w = g_new0(virWatch, 1);
    *w = (virWatch){ .loop = loop, .fd = fd, .events = events, .func = func, .data = data, .destroy = destroy };
    watchAdd(w);                /* epoll_ctl may be called from any thread */
    return w;
}

void virWatchSetEvents(virWatch *w, uint32_t events)
{
    if (w->events == events || w->dead)
        return;
    w->events = events;
    struct epoll_event ev = { .events = events, .data.ptr = w };
    if (epoll_ctl(w->loop->epoll, EPOLL_CTL_MOD, w->fd, &ev) < 0)
        virWarn("cannot watch descriptor %d: %s", w->fd, g_strerror(errno));
}

static void watchBury(gpointer data)
{
    virWatch *w = data;
    if (w->dead)
        return;
    w->dead = TRUE;
    epoll_ctl(w->loop->epoll, EPOLL_CTL_DEL, w->fd, NULL);
    g_ptr_array_add(w->loop->graveyard, w);
}

void virWatchRemove(virWatch *w)
{
    if (!w)
        return;
    if (virLoopIsCurrent(w->loop))
        watchBury(w);
    else
        virLoopInvoke(w->loop, watchBury, w);
}

static void watchFree(gpointer data)
{
    virWatch *w = data;
    if (w->destroy)
        w->destroy(w->data);
    g_free(w);
}

/* ---- timers ---- */

/* Locked. */
static void loopFirstTimer(virLoop *loop)
{
    GTreeNode *first = g_tree_node_first(loop->timers);
    loop->due = first ? ((virTimer *)g_tree_node_key(first))->due : 0;
}

void virTimerSet(virTimer *t, int64_t ms)
{
    virLoop *loop = t->loop;
    g_mutex_lock(&loop->mutex);
    if (t->due)
        g_tree_remove(loop->timers, t);
    t->due = 0;
    if (ms >= 0 && !g_atomic_int_get(&t->dead)) {
        t->due = g_get_monotonic_time() + ms * 1000;
        t->order = ++loop->orders;
        g_tree_insert(loop->timers, t, t);
    }
    gint64 before = loop->due;
    loopFirstTimer(loop);
    gboolean sooner = loop->due && (!before || loop->due < before);
    g_mutex_unlock(&loop->mutex);
    if (sooner && !virLoopIsCurrent(loop))
        loopWake(loop);
}

virTimer *virTimerNew(virLoop *loop, int64_t ms, virTimerFunc func, gpointer data, GDestroyNotify destroy)
{
    virTimer *t = g_new0(virTimer, 1);
    *t = (virTimer){ .loop = loop, .func = func, .data = data, .destroy = destroy };
    if (ms >= 0)
        virTimerSet(t, ms);
    return t;
}

static void timerFree(gpointer data)
{
    virTimer *t = data;
    if (t->destroy)
        t->destroy(t->data);
    g_free(t);
}

/* Freed when the dispatch is over: a callback may remove its own timer. */
static void timerBury(gpointer data)
{
    virTimer *t = data;
    g_ptr_array_add(t->loop->deadTimers, t);
}

void virTimerRemove(virTimer *t)
{
    if (!t)
        return;
    g_atomic_int_set(&t->dead, TRUE);
    virTimerSet(t, -1);
    virLoopInvoke(t->loop, timerBury, t);
}

/* The first timer whose time has come, taken out of the tree. */
static virTimer *loopTakeDue(virLoop *loop, gint64 *now)
{
    virTimer *t = NULL;
    g_mutex_lock(&loop->mutex);
    if (loop->due && !*now)
        *now = g_get_monotonic_time();
    if (loop->due && loop->due <= *now) {
        t = g_tree_node_key(g_tree_node_first(loop->timers));
        g_tree_remove(loop->timers, t);
        t->due = 0;
        loopFirstTimer(loop);
    }
    g_mutex_unlock(&loop->mutex);
    return t;
}

static void loopRunTimers(virLoop *loop)
{
    gint64 now = 0;
    for (;;) {
        virTimer *t = loopTakeDue(loop, &now);
        if (!t)
            return;
        if (!g_atomic_int_get(&t->dead))
            t->func(t, t->data);
    }
}

/* ---- the thread ---- */

static void loopReportSlow(gint64 since, int fd)
{
    gint64 took = g_get_monotonic_time() - since;
    if (took > SLOW_CALLBACK_US)
        virWarn("the I/O thread was held for %" G_GINT64_FORMAT " ms by the callback of descriptor %d", took / 1000, fd);
}

/* Free what a list of the dead holds; a destructor may add to the next one. */
static void loopBury(GPtrArray **list, GDestroyNotify free)
{
    if ((*list)->len == 0)
        return;
    g_autoptr(GPtrArray) dead = *list;
    *list = g_ptr_array_new_with_free_func(free);
}

/* How long to wait for a descriptor: -1 for ever. */
static int loopPatience(virLoop *loop)
{
    g_mutex_lock(&loop->mutex);
    gint64 due = loop->due;
    g_mutex_unlock(&loop->mutex);
    if (!due)
        return -1;
    gint64 left = due - g_get_monotonic_time();
    return left <= 0 ? 0 : (int)MIN((left + 999) / 1000, G_MAXINT);
}

static void loopEvents(virLoop *loop, const struct epoll_event *batch, int n)
{
    gint64 start = n > 0 ? g_get_monotonic_time() : 0;
    for (int i = 0; i < n; i++) {
        virWatch *w = batch[i].data.ptr;
        if (w && !w->dead) {
            int fd = w->fd;
            w->func(w, fd, batch[i].events, w->data);
            loopReportSlow(start, fd);
            start = i + 1 < n ? g_get_monotonic_time() : 0;
        } else if (!w) {
            uint64_t count;
            if (read(loop->wakeup, &count, sizeof(count)) < 0 && errno != EAGAIN)
                virWarn("cannot read the wakeup descriptor: %s", g_strerror(errno));
        }
    }
}

static gpointer loopMain(gpointer data)
{
    virLoop *loop = data;
    struct epoll_event batch[BATCH];
    for (;;) {
        int n = epoll_wait(loop->epoll, batch, BATCH, loopPatience(loop));
        loopEvents(loop, batch, n);
        loopRunInvocations(loop);
        loopRunTimers(loop);
        while (loop->graveyard->len || loop->deadTimers->len) {
            loopBury(&loop->graveyard, watchFree);
            loopBury(&loop->deadTimers, timerFree);
        }
    }
    return NULL;
}

static virLoop *loopStart(void)
{
    virLoop *loop = g_new0(virLoop, 1);
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll < 0 || loop->wakeup < 0)
        g_error("cannot create the descriptors of the I/O thread: %s", g_strerror(errno));
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };
    epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wakeup, &ev);
    loop->timers = g_tree_new_full(timerCompare, NULL, NULL, NULL);
    loop->graveyard = g_ptr_array_new_with_free_func(watchFree);
    loop->deadTimers = g_ptr_array_new_with_free_func(timerFree);
    g_mutex_init(&loop->mutex);
    g_mutex_lock(&loop->mutex);     /* the thread must not look at loop->thread before it is set */
    loop->thread = g_thread_new("io", loopMain, loop);
    g_mutex_unlock(&loop->mutex);
    return loop;
}

virLoop *virLoopGet(void)
{
    static virLoop *loop;
    if (g_once_init_enter(&loop))
        g_once_init_leave(&loop, loopStart());
    return loop;
}
