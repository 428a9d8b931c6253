/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The I/O thread: one epoll descriptor in one GSource of a private main context. Plain GLib polling costs a pass over all
 * descriptors for each wakeup; behind epoll the cost does not grow with their number. Timers live in a balanced tree
 * whose first entry arms a single timerfd-free ready time of that source.
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
    GSource source;
    virLoop *loop;
} LoopSource;

typedef struct {
    void (*func)(gpointer);
    gpointer data;
} Invocation;

struct _virLoop {
    GMainContext *context;
    GThread *thread;
    GSource *source;
    int epoll, wakeup;
    int glib;                   /* the context's own wakeup descriptor, which is in the epoll set too; -1: not known yet */
    struct epoll_event batch[BATCH];
    int nbatch;                 /* events that waiting has fetched already; -1: it did not look */
    gboolean dispatching;
    GMutex mutex;               /* guards the members below; never held across a callback */
    GQueue invocations;
    GTree *timers;
    guint64 orders;
    gboolean wakeupPending;
    gint64 readyAt;             /* what the source was told last */
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

GMainContext *virLoopContext(virLoop *loop)
{
    return loop->context;
}

/* Also from its own thread: what a callback defers is done in the next turn. */
static void loopWake(virLoop *loop)
{
    uint64_t one = 1;
    while (write(loop->wakeup, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
}

/* On the I/O thread only. GLib wakes itself by a system call whenever a ready time is set: not for the same one again. */
static void loopReadyAt(virLoop *loop, gint64 time)
{
    if (loop->readyAt == time || loop->dispatching)     /* the end of a dispatch does all that is due */
        return;
    loop->readyAt = time;
    g_source_set_ready_time(loop->source, time);
}

/* ---- invocations ---- */

/* Locked; true: the thread must be woken. */
static gboolean loopQueue(virLoop *loop, void (*func)(gpointer), gpointer data)
{
    Invocation *i = g_new(Invocation, 1);
    *i = (Invocation){ func, data };
    g_queue_push_tail(&loop->invocations, i);
    gboolean kick = !loop->wakeupPending;
    loop->wakeupPending = TRUE;
    return kick;
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
    g_mutex_lock(&loop->mutex);
    loop->wakeupPending = FALSE;
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
    loopReadyAt(w->loop, 0);
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

static void loopRearm(virLoop *loop)
{
    g_mutex_lock(&loop->mutex);
    GTreeNode *first = g_tree_node_first(loop->timers);
    gint64 due = first ? ((virTimer *)g_tree_node_key(first))->due : -1;
    g_mutex_unlock(&loop->mutex);
    loopReadyAt(loop, loop->graveyard->len || loop->deadTimers->len ? 0 : due);
}

static void loopRearmCall(gpointer loop)
{
    loopRearm(loop);
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
    GTreeNode *first = g_tree_node_first(loop->timers);
    gboolean earliest = first && g_tree_node_key(first) == t;
    g_mutex_unlock(&loop->mutex);
    if (earliest && virLoopIsCurrent(loop))
        loopRearm(loop);
    else if (earliest)
        virLoopInvoke(loop, loopRearmCall, loop);
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
    loopReadyAt(t->loop, 0);
}

void virTimerRemove(virTimer *t)
{
    if (!t)
        return;
    g_atomic_int_set(&t->dead, TRUE);
    virTimerSet(t, -1);
    virLoopInvoke(t->loop, timerBury, t);
}

static void loopRunTimers(virLoop *loop)
{
    gint64 now = g_get_monotonic_time();
    for (;;) {
        g_mutex_lock(&loop->mutex);
        GTreeNode *first = g_tree_node_first(loop->timers);
        virTimer *t = first ? g_tree_node_key(first) : NULL;
        if (t && t->due <= now) {
            g_tree_remove(loop->timers, t);
            t->due = 0;
        } else {
            t = NULL;
        }
        g_mutex_unlock(&loop->mutex);
        if (!t)
            return;
        if (!g_atomic_int_get(&t->dead))
            t->func(t, t->data);
    }
}

/* ---- the source ---- */

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

/*
 * How the context waits. As long as it has nothing but our source, one epoll_wait() waits for both its own wakeup descriptor and ours, and
 * brings the events along: polling and then fetching would be two system calls for each wakeup.
 */
static gint loopPoll(GPollFD *fds, guint n, gint timeout)
{
    virLoop *loop = virLoopGet();
    GPollFD *own = n == 2 && fds[0].fd == loop->epoll ? &fds[1] : n == 2 && fds[1].fd == loop->epoll ? &fds[0] : NULL;
    if (own && loop->glib < 0) {
        struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &loop->glib };
        loop->glib = epoll_ctl(loop->epoll, EPOLL_CTL_ADD, own->fd, &ev) == 0 ? own->fd : -1;
    }
    loop->nbatch = -1;
    if (!own || own->fd != loop->glib)
        return g_poll(fds, n, timeout);
    int got = epoll_wait(loop->epoll, loop->batch, BATCH, timeout);
    fds[0].revents = fds[1].revents = 0;
    loop->nbatch = 0;
    for (int i = 0; i < got; i++)
        if (loop->batch[i].data.ptr == &loop->glib)
            own->revents = G_IO_IN;
        else
            loop->batch[loop->nbatch++] = loop->batch[i];
    if (loop->nbatch)
        fds[own == fds].revents = G_IO_IN;
    return got < 0 ? got : (own->revents != 0) + (loop->nbatch != 0);
}

static void loopEvents(virLoop *loop, const struct epoll_event *batch, int n)
{
    gint64 start = n > 0 ? g_get_monotonic_time() : 0;
    for (int i = 0; i < n; i++) {
        virWatch *w = batch[i].data.ptr;
        if ((gpointer)w == &loop->glib)
            continue;
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

static gboolean loopDispatch(GSource *source, GSourceFunc unused, gpointer unused2)
{
    virLoop *loop = ((LoopSource *)source)->loop;
    struct epoll_event *batch = loop->batch;
    int n = loop->nbatch >= 0 ? loop->nbatch : epoll_wait(loop->epoll, batch, BATCH, 0);
    loop->nbatch = -1;
    loop->dispatching = TRUE;
    loopEvents(loop, batch, n);
    loopRunInvocations(loop);
    loopRunTimers(loop);
    loopBury(&loop->graveyard, watchFree);
    loopBury(&loop->deadTimers, timerFree);
    loop->dispatching = FALSE;
    loopRearm(loop);
    return G_SOURCE_CONTINUE;
}

static gpointer loopMain(gpointer data)
{
    virLoop *loop = data;
    g_main_context_push_thread_default(loop->context);
    for (;;)
        g_main_context_iteration(loop->context, TRUE);
    return NULL;
}

static virLoop *loopStart(void)
{
    static GSourceFuncs funcs = { .dispatch = loopDispatch };
    virLoop *loop = g_new0(virLoop, 1);
    loop->context = g_main_context_new();
    g_main_context_set_poll_func(loop->context, loopPoll);
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
    loop->source = g_source_new(&funcs, sizeof(LoopSource));
    ((LoopSource *)loop->source)->loop = loop;
    loop->readyAt = -1;
    loop->glib = -1;
    g_source_add_unix_fd(loop->source, loop->epoll, G_IO_IN);
    /* Nothing here dispatches recursively; without this GLib takes the descriptor out and in again, with a wakeup each. */
    g_source_set_can_recurse(loop->source, TRUE);
    g_source_attach(loop->source, loop->context);
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
