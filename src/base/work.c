/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads on demand for work that blocks. Each has a small stack; one that finds nothing to do for a few seconds ends. */
#define VIR_LOG_NAME "work"
#include "base/loop.h"
#include "base/log.h"
#include <pthread.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { STACK = 512 * 1024, IDLE_US = 5 * G_USEC_PER_SEC };

typedef struct {
    void (*func)(gpointer);
    gpointer data;
} Work;

static GMutex mutex;
static GCond cond;
static GQueue queue = G_QUEUE_INIT;
static guint idle, count, cap = 2000;

/* After a burst of work: what it freed in small pieces goes back to the system. */
static void giveBack(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

static void *workThread(void *unused)
{
    for (;;) {
        g_mutex_lock(&mutex);
        idle++;
        gint64 until = g_get_monotonic_time() + IDLE_US;
        while (queue.length == 0 && count <= cap)
            if (!g_cond_wait_until(&cond, &mutex, until))
                break;
        idle--;
        g_autofree Work *w = count <= cap ? g_queue_pop_head(&queue) : NULL;
        bool last = !w && --count == 0;
        g_mutex_unlock(&mutex);
        if (last)
            giveBack();
        if (!w)
            return NULL;
        w->func(w->data);
    }
}

static bool workSpawn(void)
{
    pthread_attr_t attr;
    pthread_t id;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int r = pthread_create(&id, &attr, workThread, NULL);
    pthread_attr_destroy(&attr);
    if (r != 0)
        virLogError("cannot start a thread: %s; work waits for one of the %u running", g_strerror(r), count);
    return r == 0;
}

void virWorkRun(void (*func)(gpointer), gpointer data)
{
    Work *w = g_new(Work, 1);
    *w = (Work){ func, data };
    g_mutex_lock(&mutex);
    g_queue_push_tail(&queue, w);
    gboolean spawn = queue.length > idle && count < cap;
    if (spawn)
        count++;
    g_mutex_unlock(&mutex);
    g_cond_signal(&cond);       /* the woken finds the lock free */
    if (spawn && !workSpawn()) {
        g_mutex_lock(&mutex);
        count--;
        g_mutex_unlock(&mutex);
    }
}

virWorkState virWorkLook(void)
{
    g_mutex_lock(&mutex);
    virWorkState state = { count, idle, queue.length, cap };
    g_mutex_unlock(&mutex);
    return state;
}

void virWorkSetCap(guint most)
{
    g_mutex_lock(&mutex);
    cap = MAX(most, 1);
    g_cond_broadcast(&cond);
    g_mutex_unlock(&mutex);
}
