/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program's event loop: the functions it registers (or GLib's main context as the default implementation), and
 * the queue by which our threads hand callbacks to it.
 */
#define VIR_FROM VIR_FROM_EVENT
#define VIR_LOG_NAME "event"
#include "api/deliver.h"
#include "base/log.h"
#include <glib-unix.h>

static virEventAddHandleFunc addHandle;
static virEventUpdateHandleFunc updateHandle;
static virEventRemoveHandleFunc removeHandle;
static virEventAddTimeoutFunc addTimeout;
static virEventUpdateTimeoutFunc updateTimeout;
static virEventRemoveTimeoutFunc removeTimeout;

void virEventRegisterImpl(virEventAddHandleFunc addH, virEventUpdateHandleFunc updateH, virEventRemoveHandleFunc removeH,
                          virEventAddTimeoutFunc addT, virEventUpdateTimeoutFunc updateT, virEventRemoveTimeoutFunc removeT)
{
    if (addHandle) {
        virWarn("an event loop is registered already: ignoring the later one");
        return;
    }
    updateHandle = updateH;
    removeHandle = removeH;
    updateTimeout = updateT;
    removeTimeout = removeT;
    addTimeout = addT;
    addHandle = addH;
}

bool virEventLoopExists(void)
{
    return addHandle != NULL;
}

int virEventAddHandle(int fd, int events, virEventHandleCallback cb, void *opaque, virFreeCallback ff)
{
    return addHandle ? addHandle(fd, events, cb, opaque, ff) : -1;
}

void virEventUpdateHandle(int watch, int events)
{
    if (updateHandle)
        updateHandle(watch, events);
}

int virEventRemoveHandle(int watch)
{
    return removeHandle ? removeHandle(watch) : -1;
}

int virEventAddTimeout(int timeout, virEventTimeoutCallback cb, void *opaque, virFreeCallback ff)
{
    return addTimeout ? addTimeout(timeout, cb, opaque, ff) : -1;
}

void virEventUpdateTimeout(int timer, int timeout)
{
    if (updateTimeout)
        updateTimeout(timer, timeout);
}

int virEventRemoveTimeout(int timer)
{
    return removeTimeout ? removeTimeout(timer) : -1;
}

/* ---- the default implementation, on the default main context ---- */

typedef struct {
    int id, fd, events, timeout;
    virEventHandleCallback handle;
    virEventTimeoutCallback timer;
    void *opaque;
    virFreeCallback ff;
    GSource *source;
} Entry;

static GMutex entriesMutex;
static GHashTable *entries[2];              /* handles, timers: id → Entry */
static int lastEntry;

static GIOCondition conditionOf(int events)
{
    return (events & VIR_EVENT_HANDLE_READABLE ? G_IO_IN : 0) | (events & VIR_EVENT_HANDLE_WRITABLE ? G_IO_OUT : 0) |
           (events & VIR_EVENT_HANDLE_ERROR ? G_IO_ERR : 0) | (events & VIR_EVENT_HANDLE_HANGUP ? G_IO_HUP : 0);
}

static int eventsOf(GIOCondition c)
{
    return (c & G_IO_IN ? VIR_EVENT_HANDLE_READABLE : 0) | (c & G_IO_OUT ? VIR_EVENT_HANDLE_WRITABLE : 0) |
           (c & (G_IO_ERR | G_IO_NVAL) ? VIR_EVENT_HANDLE_ERROR : 0) | (c & G_IO_HUP ? VIR_EVENT_HANDLE_HANGUP : 0);
}

static gboolean entryFreeLater(gpointer data)
{
    Entry *e = data;
    g_mutex_lock(&entriesMutex);        /* whoever removed it has let go */
    g_mutex_unlock(&entriesMutex);
    if (e->ff)
        e->ff(e->opaque);
    g_free(e);
    return G_SOURCE_REMOVE;
}

static gboolean handleReady(int fd, GIOCondition condition, gpointer data)
{
    g_mutex_lock(&entriesMutex);
    Entry e = *(Entry *)data;
    g_mutex_unlock(&entriesMutex);
    e.handle(e.id, fd, eventsOf(condition), e.opaque);
    return G_SOURCE_CONTINUE;
}

static gboolean timerReady(gpointer data)
{
    g_mutex_lock(&entriesMutex);
    Entry e = *(Entry *)data;
    g_mutex_unlock(&entriesMutex);
    e.timer(e.id, e.opaque);
    return G_SOURCE_CONTINUE;
}

/* Called with entriesMutex held. */
static void entryArm(Entry *e)
{
    if (e->source) {
        g_source_destroy(e->source);
        g_clear_pointer(&e->source, g_source_unref);
    }
    if (e->handle && e->events) {
        e->source = g_unix_fd_source_new(e->fd, conditionOf(e->events));
        g_source_set_callback(e->source, G_SOURCE_FUNC(handleReady), e, NULL);
    } else if (e->timer && e->timeout >= 0) {
        e->source = g_timeout_source_new(e->timeout);
        g_source_set_callback(e->source, timerReady, e, NULL);
    }
    if (e->source)
        g_source_attach(e->source, NULL);
}

static int entryAdd(int table, Entry *e)
{
    g_mutex_lock(&entriesMutex);
    e->id = ++lastEntry;
    g_hash_table_insert(entries[table], GINT_TO_POINTER(e->id), e);
    entryArm(e);
    int id = e->id;
    g_mutex_unlock(&entriesMutex);
    return id;
}

static int defaultAddHandle(int fd, int events, virEventHandleCallback cb, void *opaque, virFreeCallback ff)
{
    Entry *e = g_new0(Entry, 1);
    *e = (Entry){ .fd = fd, .events = events, .handle = cb, .opaque = opaque, .ff = ff };
    return entryAdd(0, e);
}

static int defaultAddTimeout(int timeout, virEventTimeoutCallback cb, void *opaque, virFreeCallback ff)
{
    Entry *e = g_new0(Entry, 1);
    *e = (Entry){ .timeout = timeout, .timer = cb, .opaque = opaque, .ff = ff };
    return entryAdd(1, e);
}

static void defaultUpdateHandle(int watch, int events)
{
    g_mutex_lock(&entriesMutex);
    Entry *e = g_hash_table_lookup(entries[0], GINT_TO_POINTER(watch));
    if (e && e->events != events) {
        e->events = events;
        entryArm(e);
    }
    g_mutex_unlock(&entriesMutex);
}

static void defaultUpdateTimeout(int timer, int timeout)
{
    g_mutex_lock(&entriesMutex);
    Entry *e = g_hash_table_lookup(entries[1], GINT_TO_POINTER(timer));
    if (e) {
        e->timeout = timeout;
        entryArm(e);
    }
    g_mutex_unlock(&entriesMutex);
}

static int entryRemove(int table, int id)
{
    gpointer data = NULL;
    g_mutex_lock(&entriesMutex);
    if (g_hash_table_steal_extended(entries[table], GINT_TO_POINTER(id), NULL, &data)) {
        Entry *e = data;
        if (e->source) {
            g_source_destroy(e->source);
            g_clear_pointer(&e->source, g_source_unref);
        }
        /* Not now: the caller may be the callback itself or hold a lock that `ff` takes. */
        g_idle_add_full(G_PRIORITY_DEFAULT, entryFreeLater, e, NULL);
    }
    g_mutex_unlock(&entriesMutex);
    return data ? 0 : -1;
}

static int defaultRemoveHandle(int watch)
{
    return entryRemove(0, watch);
}

static int defaultRemoveTimeout(int timer)
{
    return entryRemove(1, timer);
}

int virEventRegisterDefaultImpl(void)
{
    virResetLastError();
    g_mutex_lock(&entriesMutex);
    for (int i = 0; i < 2; i++)
        if (!entries[i])
            entries[i] = g_hash_table_new(NULL, NULL);
    g_mutex_unlock(&entriesMutex);
    virEventRegisterImpl(defaultAddHandle, defaultUpdateHandle, defaultRemoveHandle, defaultAddTimeout, defaultUpdateTimeout,
                         defaultRemoveTimeout);
    return 0;
}

int virEventRunDefaultImpl(void)
{
    virResetLastError();
    if (addHandle != defaultAddHandle) {
        GError *error = NULL;
        virSetError(&error, VIR_ERR_INVALID_ARG, "virEventRunDefaultImpl needs virEventRegisterDefaultImpl first");
        virErrorDispatch(NULL, error);
        return -1;
    }
    g_main_context_iteration(NULL, TRUE);
    return 0;
}

/* ---- callbacks on their way to the program ---- */

typedef struct {
    void (*func)(gpointer);
    gpointer data;
    GDestroyNotify destroy;
} Parcel;

static GMutex parcelMutex;
static GQueue parcels = G_QUEUE_INIT;
static int parcelTimer = -1;

static void deliverParcels(int timer, void *unused)
{
    Parcel *p;
    virEventUpdateTimeout(timer, -1);
    g_mutex_lock(&parcelMutex);
    while ((p = g_queue_pop_head(&parcels))) {
        g_mutex_unlock(&parcelMutex);
        p->func(p->data);
        p->destroy(p->data);
        g_free(p);
        g_mutex_lock(&parcelMutex);
    }
    g_mutex_unlock(&parcelMutex);
}

bool virConnectCanDeliver(virConnectPtr conn, GError **error)
{
    if (conn->deliverDirectly)
        return true;
    g_mutex_lock(&parcelMutex);
    if (parcelTimer < 0 && addTimeout)
        parcelTimer = virEventAddTimeout(-1, deliverParcels, NULL, NULL);
    bool ready = parcelTimer >= 0;
    g_mutex_unlock(&parcelMutex);
    if (!ready)
        virSetError(error, VIR_ERR_INTERNAL_ERROR,
                    "could not initialize domain event timer: register an event loop before callbacks");
    return ready;
}

void virConnectDeliver(virConnectPtr conn, void (*func)(gpointer), gpointer data, GDestroyNotify destroy)
{
    if (conn->deliverDirectly) {
        func(data);
        destroy(data);
        return;
    }
    Parcel *p = g_new(Parcel, 1);
    *p = (Parcel){ func, data, destroy };
    g_mutex_lock(&parcelMutex);
    g_queue_push_tail(&parcels, p);
    bool first = parcels.length == 1;
    int timer = parcelTimer;
    g_mutex_unlock(&parcelMutex);
    if (first)
        virEventUpdateTimeout(timer, 0);
}
