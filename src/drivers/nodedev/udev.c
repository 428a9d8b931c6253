/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two threads between udev and the list: see udev.h. */
#define VIR_FROM VIR_FROM_NODEDEV
#define VIR_LOG_NAME "nodedev.udev"
#include "drivers/nodedev/udev.h"
#include "base/log.h"
#include "base/util.h"
#include "drivers/nodedev/device.h"
#include "drivers/nodedev/folder.h"
#include "host/devices.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* Room for events while the receiving thread does not run; what exceeds it is found by comparison. Ordinary users get less. */
enum { RECEIVE_BUFFER = 32 << 20, SETTLE_MS = 100 };
/* What could not be read is tried again, and given up after so many times; each wait is twice as long as the one before. */
enum { AGAIN_FIRST_MS = 100, AGAIN_MOST = 8 };

/* What happened to a path since it was last looked at. */
typedef struct {
    bool gone, again, touched;          /* gone: last of all it went away; again: it was away in between */
} Note;

struct _virNodeUdev {
    virNodeStore *store;
    virNodeUdevNotify notify;
    gpointer data;
    virFd wake;                         /* ends the receiver's wait */
    virNodeFolder *folder;
    struct udev *ear, *eye;             /* the receiver's and the reader's: libudev's objects are for one thread each */
    struct udev_monitor *monitor;
    GThread *receiver, *reader;
    GMutex lock;                        /* of everything below */
    GCond changed;
    GHashTable *notes;                  /* path -> Note */
    bool rescan, stop, complete;
    GHashTable *later;                  /* path -> how often it was tried; the reader's, as the time of the next try is */
    gint64 next;
};

/* ---- the receiver ---- */

static void note(virNodeUdev *udev, const char *path, bool gone, bool touched)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&udev->lock);
    Note *n = g_hash_table_lookup(udev->notes, path);
    if (!n) {
        n = g_new0(Note, 1);
        g_hash_table_insert(udev->notes, g_strdup(path), n);
    }
    n->again |= n->gone && !gone;
    n->gone = gone;
    n->touched |= touched;
    g_cond_broadcast(&udev->changed);
}

static void noteEvent(virNodeUdev *udev, struct udev_device *dev)
{
    const char *action = udev_device_get_action(dev), *path = udev_device_get_syspath(dev);
    const char *subsystem = udev_device_get_subsystem(dev), *before = udev_device_get_property_value(dev, "DEVPATH_OLD");
    if (!path || !subsystem || !g_strv_contains(virNodeSubsystems, subsystem))
        return;
    if (before) {
        g_autofree char *old = g_strconcat("/sys", before, NULL);
        note(udev, old, true, false);
    }
    note(udev, path, g_strcmp0(action, "remove") == 0, g_strcmp0(action, "change") == 0);
}

/* All that the socket holds. False: it is of no use any more. */
static bool drain(virNodeUdev *udev, short events)
{
    for (;;) {
        errno = 0;
        struct udev_device *dev = udev_monitor_receive_device(udev->monitor);
        if (dev) {
            noteEvent(udev, dev);
            udev_device_unref(dev);
            continue;
        }
        if (errno == ENOBUFS) {
            virWarn("udev's events came faster than they could be read; all devices are looked at again");
            virNodeUdevRescan(udev);
            continue;
        }
        if (events & (POLLHUP | POLLNVAL)) {
            virLogError("udev's socket is closed; devices that come and go are not noticed any more");
            return false;
        }
        return true;
    }
}

static void drainWake(int fd)
{
    guint64 count;
    if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
        virWarn("cannot read an event counter: %s", g_strerror(errno));
}

static bool stopping(virNodeUdev *udev)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&udev->lock);
    return udev->stop;
}

static gpointer receive(gpointer data)
{
    virNodeUdev *udev = data;
    struct pollfd fds[] = {
        { .fd = udev->wake, .events = POLLIN }, { .fd = udev->monitor ? udev_monitor_get_fd(udev->monitor) : -1, .events = POLLIN },
        { .fd = virNodeFolderFd(udev->folder), .events = POLLIN },
    };
    bool settling = false;
    while (!stopping(udev)) {
        int n = poll(fds, G_N_ELEMENTS(fds), settling ? SETTLE_MS : -1);
        if (n < 0 && errno != EINTR)
            virWarn("cannot wait for udev's events: %s", g_strerror(errno));
        if (n > 0 && fds[0].revents)
            drainWake(fds[0].fd);
        if (n > 0 && fds[1].revents && !drain(udev, fds[1].revents))
            fds[1].fd = -1;
        bool changed = n > 0 && fds[2].revents && virNodeFolderRead(udev->folder);
        if (settling && !changed && n == 0)
            udev->notify(udev->data);
        settling = changed || (settling && n > 0);
    }
    return NULL;
}

/* ---- the reader ---- */

static const char *parentName(const char *path, gpointer data)
{
    const virNodeEntry *entry = virNodeChangeAt(data, path);
    return entry ? entry->name : NULL;
}

/* It is there, and what a list has to say of it cannot be read. False: that has been tried often enough. */
static bool postpone(virNodeUdev *udev, const char *path)
{
    guint tries = GPOINTER_TO_UINT(g_hash_table_lookup(udev->later, path));
    if (tries == 0)
        virWarn("device %s cannot be read yet; it is left out for now", path);
    if (tries >= AGAIN_MOST) {
        virLogError("device %s cannot be read; it is left out until something happens to it", path);
        g_hash_table_remove(udev->later, path);
        return false;
    }
    gint64 when = g_get_monotonic_time() + ((gint64)AGAIN_FIRST_MS << tries) * G_TIME_SPAN_MILLISECOND;
    udev->next = g_hash_table_size(udev->later) ? MIN(udev->next, when) : when;
    g_hash_table_insert(udev->later, g_strdup(path), GUINT_TO_POINTER(tries + 1));
    return true;
}

/* The time has come for all that were postponed: they are looked at like any that something happened to. */
static void takeLater(virNodeUdev *udev, GHashTable *notes)
{
    GHashTableIter iter;
    gpointer path;
    if (!g_hash_table_size(udev->later) || g_get_monotonic_time() < udev->next)
        return;
    udev->next = G_MAXINT64;
    g_hash_table_iter_init(&iter, udev->later);
    while (g_hash_table_iter_next(&iter, &path, NULL))
        if (!g_hash_table_contains(notes, path))
            g_hash_table_insert(notes, g_strdup(path), g_new0(Note, 1));
}

/* True when it is a parent of mediated devices that was none before. */
static bool look(virNodeUdev *udev, virNodeChange *change, const char *path, const Note *n)
{
    struct udev_device *dev = n->gone ? NULL : udev_device_new_from_syspath(udev->eye, path);
    bool isParent = false, later = false;
    virNodeDeviceDef *def = dev ? virNodeDeviceRead(dev, parentName, change, &later) : NULL;
    later = later && postpone(udev, path);
    if (!later)
        g_hash_table_remove(udev->later, path);
    if (def) {
        const virNodeEntry *old = virNodeChangeAt(change, path);
        isParent = def->caps.v[0]->mdevTypes.n && !(old && (old->flags & VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES));
        virNodeChangeLive(change, path, def, n->again, n->touched);
    } else if (!later) {                /* what is known of it stays until it can be read again */
        virNodeChangeGone(change, path);
    }
    if (dev)
        udev_device_unref(dev);
    return isParent;
}

static int comparePaths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What is there now, and what was: each is looked at. */
static void everything(virNodeUdev *udev, virNodeChange *change, GHashTable *notes)
{
    g_autoptr(GPtrArray) there = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; virNodeSubsystems[i]; i++)          /* libudev would open each folder on the way to each of them, twice */
        virHostDevicePaths(virHostLocal(), virNodeSubsystems[i], there);
    g_autoptr(GPtrArray) known = virNodeChangePaths(change);
    for (guint i = 0; i < known->len; i++) {
        Note *n = g_hash_table_lookup(notes, known->pdata[i]);
        if (!n && !g_str_equal(known->pdata[i], ""))
            g_hash_table_insert(notes, g_strdup(known->pdata[i]), g_new0(Note, 1));
    }
    for (guint i = 0; i < there->len; i++) {
        const char *path = there->pdata[i];
        Note *n = g_hash_table_lookup(notes, path);
        if (!n)
            g_hash_table_insert(notes, g_strdup(path), g_new0(Note, 1));
        else if (n->gone)
            n->gone = false;            /* an event that is older than what we see */
    }
}

static void work(virNodeUdev *udev, GHashTable *notes, bool rescan)
{
    virNodeChange *change = virNodeStoreBegin(udev->store);
    bool parents = false;
    if (rescan)
        everything(udev, change, notes);
    g_autofree char **paths = (char **)g_hash_table_get_keys_as_array(notes, NULL);
    guint n = g_hash_table_size(notes);
    qsort(paths, n, sizeof(*paths), comparePaths);              /* parents before children */
    for (guint i = 0; i < n; i++)
        parents |= look(udev, change, paths[i], g_hash_table_lookup(notes, paths[i]));
    if (rescan && !virNodeChangeAt(change, ""))                 /* once: it has no path of its own */
        virNodeChangeLive(change, "", virNodeDeviceComputer(udev->eye), false, false);
    virNodeStoreEnd(change);
#ifdef __GLIBC__
    if (rescan)
        malloc_trim(0);                 /* all that was read and is not kept */
#endif
    if (parents)
        udev->notify(udev->data);
}

static GHashTable *notesNew(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static gpointer readDevices(gpointer data)
{
    virNodeUdev *udev = data;
    g_mutex_lock(&udev->lock);
    while (!udev->stop) {
        bool due = g_hash_table_size(udev->later) && g_get_monotonic_time() >= udev->next;
        if (!udev->rescan && !g_hash_table_size(udev->notes) && !due) {
            if (g_hash_table_size(udev->later))
                g_cond_wait_until(&udev->changed, &udev->lock, udev->next);
            else
                g_cond_wait(&udev->changed, &udev->lock);
            continue;
        }
        g_autoptr(GHashTable) notes = g_steal_pointer(&udev->notes);
        bool rescan = udev->rescan;
        udev->notes = notesNew();
        udev->rescan = false;
        g_mutex_unlock(&udev->lock);
        takeLater(udev, notes);
        work(udev, notes, rescan);
        g_mutex_lock(&udev->lock);
        udev->complete = true;
        g_cond_broadcast(&udev->changed);
    }
    g_mutex_unlock(&udev->lock);
    return NULL;
}

/* ---- documents ---- */

static const char *sameParent(const char *path, gpointer parent)
{
    return parent;
}

virNodeDeviceDef *virNodeUdevDescribe(const virNodeEntry *entry)
{
    virNodeDeviceDef *def = entry->live ? virNodeDeviceDefCopy(entry->live) : NULL;
    if (!def) {
        struct udev *eye = udev_new();
        struct udev_device *dev = eye ? udev_device_new_from_syspath(eye, entry->path) : NULL;
        bool later;
        def = dev ? virNodeDeviceRead(dev, sameParent, entry->parent, &later) : NULL;
        g_clear_pointer(&dev, udev_device_unref);
        g_clear_pointer(&eye, udev_unref);
    }
    if (!def)
        return NULL;
    g_free(def->name);                  /* it is known by this one, even if it has got another address meanwhile */
    def->name = g_strdup(entry->name);
    virNodeDeviceComplete(def);
    return def;
}

/* ---- beginning and end ---- */

/* udev tells of a device when its rules have run. Where no udev runs, the kernel's own word has to do. */
static struct udev_monitor *listen(struct udev *ear)
{
    const char *source = access("/run/udev/control", F_OK) == 0 ? "udev" : "kernel";
    struct udev_monitor *monitor = udev_monitor_new_from_netlink(ear, source);
    if (!monitor)
        return NULL;
    if (udev_monitor_set_receive_buffer_size(monitor, RECEIVE_BUFFER) < 0)
        virDebug("udev's socket keeps the buffer that it has");
    if (udev_monitor_enable_receiving(monitor) >= 0)
        return monitor;
    udev_monitor_unref(monitor);
    return NULL;
}

/* libudev chooses a number for all its tables when it makes the first one, and does not expect two threads to do that. */
static void makeTable(struct udev *udev)
{
    struct udev_enumerate *first = udev_enumerate_new(udev);
    udev_enumerate_add_match_subsystem(first, virNodeSubsystems[0]);
    udev_enumerate_unref(first);
}

virNodeUdev *virNodeUdevNew(virNodeStore *store, const char *folder, virNodeUdevNotify notify, gpointer data, GError **error)
{
    virNodeUdev *udev = g_new0(virNodeUdev, 1);
    *udev = (virNodeUdev){ .store = store, .notify = notify, .data = data, .rescan = true, .notes = notesNew() };
    udev->later = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_mutex_init(&udev->lock);
    g_cond_init(&udev->changed);
    udev->ear = udev_new();
    udev->eye = udev_new();
    udev->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!udev->ear || !udev->eye || udev->wake < 0) {
        virSetSystemError(error, errno, "cannot use udev");
        virNodeUdevFree(udev);
        return NULL;
    }
    makeTable(udev->eye);
    udev->folder = virNodeFolderNew(folder);
    udev->monitor = listen(udev->ear);          /* before the first look, so that nothing is missed in between */
    if (!udev->monitor)
        virWarn("udev's events cannot be received: %s; devices that come and go are not noticed", g_strerror(errno));
    return udev;
}

void virNodeUdevStart(virNodeUdev *udev)
{
    udev->receiver = g_thread_new("nodedev-udev", receive, udev);
    udev->reader = g_thread_new("nodedev-read", readDevices, udev);
}

bool virNodeUdevWait(virNodeUdev *udev, int timeout_ms)
{
    gint64 end = g_get_monotonic_time() + timeout_ms * G_TIME_SPAN_MILLISECOND;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&udev->lock);
    while (!udev->complete && !udev->stop)
        if (!g_cond_wait_until(&udev->changed, &udev->lock, end))
            break;
    return udev->complete;
}

void virNodeUdevRescan(virNodeUdev *udev)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&udev->lock);
    udev->rescan = true;
    g_cond_broadcast(&udev->changed);
}

void virNodeUdevTouch(virNodeUdev *udev, const char *path)
{
    note(udev, path, false, false);
}

void virNodeUdevStop(virNodeUdev *udev)
{
    g_mutex_lock(&udev->lock);
    udev->stop = true;
    g_cond_broadcast(&udev->changed);
    g_mutex_unlock(&udev->lock);
    guint64 one = 1;
    if (udev->wake >= 0 && write(udev->wake, &one, sizeof(one)) < 0)
        virWarn("cannot wake a thread: %s", g_strerror(errno));
    g_clear_pointer(&udev->receiver, g_thread_join);
    g_clear_pointer(&udev->reader, g_thread_join);
}

void virNodeUdevFree(virNodeUdev *udev)
{
    if (!udev)
        return;
    virNodeUdevStop(udev);
    g_clear_pointer(&udev->monitor, udev_monitor_unref);
    g_clear_pointer(&udev->ear, udev_unref);
    g_clear_pointer(&udev->eye, udev_unref);
    virNodeFolderFree(udev->folder);
    virFdClear(&udev->wake);
    g_hash_table_unref(udev->notes);
    g_hash_table_unref(udev->later);
    g_mutex_clear(&udev->lock);
    g_cond_clear(&udev->changed);
    g_free(udev);
}
