/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For builds with ThreadSanitizer: GLib's own mutexes are futexes in a library that is not instrumented, so the sanitizer sees no
 * order between threads that use them. Preloaded into a test or linked into the daemon and virsh, this puts pthread's, which it knows,
 * in their place.
 */
#include <dlfcn.h>
#include <glib.h>
#include <pthread.h>
#include <sanitizer/tsan_interface.h>
#include <stdlib.h>
#include <time.h>

#pragma GCC visibility push(default)

static pthread_mutex_t *mutexOf(GMutex *m)
{
    pthread_mutex_t *p = __atomic_load_n((pthread_mutex_t **)&m->p, __ATOMIC_ACQUIRE);
    if (p)
        return p;
    pthread_mutex_t *fresh = malloc(sizeof(*fresh)), *none = NULL;
    pthread_mutex_init(fresh, NULL);
    if (__atomic_compare_exchange_n((pthread_mutex_t **)&m->p, &none, fresh, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    pthread_mutex_destroy(fresh);
    free(fresh);
    return none;
}

static pthread_cond_t *condOf(GCond *c)
{
    pthread_cond_t *p = __atomic_load_n((pthread_cond_t **)&c->p, __ATOMIC_ACQUIRE);
    if (p)
        return p;
    pthread_cond_t *fresh = malloc(sizeof(*fresh)), *none = NULL;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(fresh, &attr);
    if (__atomic_compare_exchange_n((pthread_cond_t **)&c->p, &none, fresh, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    pthread_cond_destroy(fresh);
    free(fresh);
    return none;
}

/* GIO hands objects from thread to thread in ways of its own: only what our code does with them is to be judged, not that they were made. */
void g_mutex_init(GMutex *m)
{
    __atomic_store_n((pthread_mutex_t **)&m->p, NULL, __ATOMIC_RELEASE);
}

void g_mutex_clear(GMutex *m)
{
    if (m->p)
        pthread_mutex_destroy(m->p);
    free(m->p);
    m->p = NULL;
}

void g_mutex_lock(GMutex *m)
{
    pthread_mutex_lock(mutexOf(m));
}

gboolean g_mutex_trylock(GMutex *m)
{
    return pthread_mutex_trylock(mutexOf(m)) == 0;
}

void g_mutex_unlock(GMutex *m)
{
    pthread_mutex_unlock(mutexOf(m));
}

void g_cond_init(GCond *c)
{
    c->p = NULL;
}

void g_cond_clear(GCond *c)
{
    if (c->p)
        pthread_cond_destroy(c->p);
    free(c->p);
    c->p = NULL;
}

void g_cond_wait(GCond *c, GMutex *m)
{
    pthread_cond_wait(condOf(c), mutexOf(m));
}

gboolean g_cond_wait_until(GCond *c, GMutex *m, gint64 until)
{
    struct timespec t = { until / G_USEC_PER_SEC, until % G_USEC_PER_SEC * 1000 };
    return pthread_cond_timedwait(condOf(c), mutexOf(m), &t) == 0;
}

void g_cond_signal(GCond *c)
{
    pthread_cond_signal(condOf(c));
}

void g_cond_broadcast(GCond *c)
{
    pthread_cond_broadcast(condOf(c));
}

static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t onceDone = PTHREAD_COND_INITIALIZER;
static void *under[64];

gboolean (g_once_init_enter)(volatile void *location)
{
    void *volatile *p = (void *volatile *)location;
    gboolean mine = FALSE;
    pthread_mutex_lock(&once);
    for (int i = 0; !*p && !mine;) {
        for (i = 0; i < 64 && under[i] != location; i++)
            continue;
        if (i < 64) {
            pthread_cond_wait(&onceDone, &once);
            continue;
        }
        for (i = 0; i < 64 && under[i]; i++)
            continue;
        under[i] = (void *)location;
        mine = TRUE;
    }
    pthread_mutex_unlock(&once);
    return mine;
}

void (g_once_init_leave)(volatile void *location, gsize result)
{
    pthread_mutex_lock(&once);
    __atomic_store_n((gsize *)location, result, __ATOMIC_RELEASE);
    for (int i = 0; i < 64; i++)
        if (under[i] == location)
            under[i] = NULL;
    pthread_cond_broadcast(&onceDone);
    pthread_mutex_unlock(&once);
}

void (g_atomic_ref_count_inc)(gatomicrefcount *r)
{
    __atomic_fetch_add(r, 1, __ATOMIC_SEQ_CST);
}

gboolean (g_atomic_ref_count_dec)(gatomicrefcount *r)
{
    return __atomic_fetch_sub(r, 1, __ATOMIC_SEQ_CST) == 1;
}

/* An interpreter has no GLib of its own: naming one of its functions brings the library along, in which the next lines look. */
void (*const virTsanNeedsGlib)(gpointer) = g_free;

/* Whoever gives an array up has read it before the last owner frees what is in it. */
void g_ptr_array_unref(GPtrArray *array)
{
    static void (*real)(GPtrArray *);
    void (*call)(GPtrArray *) = __atomic_load_n(&real, __ATOMIC_ACQUIRE);
    if (!call) {
        call = (void (*)(GPtrArray *))dlsym(RTLD_NEXT, "g_ptr_array_unref");
        __atomic_store_n(&real, call, __ATOMIC_RELEASE);
    }
    __tsan_release(array);
    __tsan_acquire(array);
    call(array);
}

#pragma GCC visibility pop
