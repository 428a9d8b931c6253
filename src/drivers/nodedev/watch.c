/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When the host's devices are looked at, and how calls come by the list. Nothing begins before somebody asks. */
#define VIR_FROM VIR_FROM_NODEDEV
#define VIR_LOG_NAME "nodedev.watch"
#include "base/log.h"
#include "base/loop.h"
#include "drivers/nodedev/mdevctl.h"
#include "drivers/nodedev/nodedev.h"

/* The first call waits for the first list, and for mdevctl's first word a little while. */
enum { FIRST_LIST_MS = 30 * 1000, FIRST_MDEVCTL_MS = 5 * 1000 };
/* When mdevctl has failed it is asked again, ever more seldom. */
enum { RETRY_FIRST_MS = 1000, RETRY_LAST_MS = 300 * 1000 };

virNodeStore *virNodeDevices;
virNodeUdev *virNodeWatcher;

static struct {
    GMutex lock;
    GCond changed;
    bool privileged, off;
    bool asked, asking, again;      /* mdevctl has answered once; is being asked; is to be asked once more */
    virTimer *retry;
    gint64 patience;                /* until the next retry, in milliseconds */
    gint complete;                  /* atomic: nobody has to wait any more */
} me;

/* ---- mdevctl, asked in the background ---- */

static void askSoon(gpointer data);

static void onRetry(virTimer *timer, gpointer unused)
{
    askSoon(NULL);
}

void virNodeMdevLater(void)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&me.lock);
    if (me.off)
        return;
    me.patience = CLAMP(me.patience * 2, RETRY_FIRST_MS, RETRY_LAST_MS);
    if (me.retry)
        virTimerSet(me.retry, me.patience);
    else
        me.retry = virTimerNew(virLoopGet(), me.patience, onRetry, NULL, NULL);
}

static void ask(gpointer data)
{
    bool more = true;
    while (more) {
        g_autoptr(GError) error = NULL;
        bool ok = virNodeUdevWait(virNodeWatcher, FIRST_LIST_MS) && virNodeMdevRefresh(&error);
        if (!ok && error)
            virLogError("%s", error->message);
        if (!ok)
            virNodeMdevLater();
        g_mutex_lock(&me.lock);
        if (ok)
            me.patience = 0;
        more = me.again && !me.off;
        me.again = false;
        me.asking = more;
        me.asked = true;
        g_cond_broadcast(&me.changed);
        g_mutex_unlock(&me.lock);
    }
}

static void askSoon(gpointer data)
{
    if (!me.privileged || !virMdevctlExists())
        return;
    g_mutex_lock(&me.lock);
    bool start = !me.asking && !me.off;
    me.again |= me.asking;
    me.asking |= start;
    g_mutex_unlock(&me.lock);
    if (start)
        virWorkRun(ask, NULL);
}

static void awaitMdevctl(void)
{
    gint64 end = g_get_monotonic_time() + FIRST_MDEVCTL_MS * G_TIME_SPAN_MILLISECOND;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&me.lock);
    while (me.asking && !me.asked)
        if (!g_cond_wait_until(&me.changed, &me.lock, end)) {
            virWarn("mdevctl has not answered yet: mediated devices that are only defined are not listed");
            break;
        }
}

/* ---- beginning and end ---- */

/* Of several callers one begins; a failure is the next caller's to try again. */
static bool start(GError **error)
{
    static GMutex starting;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&starting);
    if (virNodeWatcher)
        return true;
    virNodeUdev *watcher = virNodeUdevNew(virNodeDevices, "/etc/mdevctl.d", askSoon, NULL, error);
    if (!watcher)
        return false;
    virNodeWatcher = watcher;
    virNodeUdevStart(watcher);
    askSoon(NULL);
    return true;
}

bool virNodeBegin(GError **error)
{
    if (g_atomic_int_get(&me.complete))
        return true;
    if (!start(error))
        return false;
    if (!virNodeUdevWait(virNodeWatcher, FIRST_LIST_MS)) {
        virSetError(error, VIR_ERR_OPERATION_TIMEOUT, "the devices of the host have not all been read within %d seconds; try again",
                    FIRST_LIST_MS / 1000);
        return false;
    }
    awaitMdevctl();
    g_atomic_int_set(&me.complete, TRUE);
    return true;
}

void virNodeWatchInit(bool privileged)
{
    me.privileged = privileged;
    virNodeDevices = virNodeStoreNew();
}

void virNodeWatchReload(void)
{
    if (!g_atomic_int_get(&me.complete))
        return;                             /* what nobody has asked for is not out of date */
    virNodeUdevRescan(virNodeWatcher);
    askSoon(NULL);
}

/* Calls that still run keep what they use until the process ends. */
void virNodeWatchStop(void)
{
    g_mutex_lock(&me.lock);
    me.off = true;
    g_mutex_unlock(&me.lock);
    if (virNodeWatcher)
        virNodeUdevStop(virNodeWatcher);
}

/* ---- the list ---- */

virNodeList *virNodeListGet(GError **error)
{
    return virNodeBegin(error) ? virNodeStoreGet(virNodeDevices) : NULL;
}

virNodeEntry *virNodeFind(const char *name, GError **error)
{
    g_autoptr(virNodeList) list = virNodeListGet(error);
    virNodeEntry *entry = list ? virNodeListFind(list, name) : NULL;
    if (list && !entry)
        virSetError(error, VIR_ERR_NO_NODE_DEVICE, "no node device with matching name '%s'", name);
    return entry;
}

typedef struct { const char *name; bool live; } Awaited;

static bool isSo(virNodeList *list, gpointer data)
{
    const Awaited *awaited = data;
    g_autoptr(virNodeEntry) entry = virNodeListFind(list, awaited->name);
    return (entry && virNodeEntryIsActive(entry)) == awaited->live;
}

bool virNodeAwait(const char *name, bool live, int timeout_ms)
{
    Awaited awaited = { name, live };
    return virNodeStoreWait(virNodeDevices, isSo, &awaited, timeout_ms);
}
