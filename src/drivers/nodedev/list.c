/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of devices: see list.h. */
#define VIR_FROM VIR_FROM_NODEDEV
#include "drivers/nodedev/list.h"
#include "drivers/nodedev/device.h"
#include <stdlib.h>
#include <string.h>

/* ---- entries ---- */

virNodeEntry *virNodeEntryRef(virNodeEntry *entry)
{
    g_atomic_ref_count_inc(&entry->refs);
    return entry;
}

void virNodeEntryUnref(virNodeEntry *entry)
{
    if (!entry || !g_atomic_ref_count_dec(&entry->refs))
        return;
    virNodeDeviceDefUnref(entry->live);
    virNodeDeviceDefUnref(entry->config);
    g_free(entry->configParent);
    g_clear_pointer(&entry->name, g_ref_string_release);
    g_clear_pointer(&entry->path, g_ref_string_release);
    g_clear_pointer(&entry->parent, g_ref_string_release);
    g_free(entry);
}

static GRefString *share(GRefString *text)
{
    return text ? g_ref_string_acquire(text) : NULL;
}

/* A copy that shares the definitions, for a writer. */
static virNodeEntry *entryCopy(const virNodeEntry *old, const char *name)
{
    virNodeEntry *entry = g_new0(virNodeEntry, 1);
    g_atomic_ref_count_init(&entry->refs);
    entry->name = old ? share(old->name) : g_ref_string_new(name);
    if (!old)
        return entry;
    entry->path = share(old->path);
    entry->parent = share(old->parent);
    entry->type = old->type;
    entry->print = old->print;
    entry->flags = old->flags;
    entry->live = old->live ? virNodeDeviceDefRef(old->live) : NULL;
    entry->config = old->config ? virNodeDeviceDefRef(old->config) : NULL;
    entry->configParent = g_strdup(old->configParent);
    entry->autostart = old->autostart;
    return entry;
}

/* Parent, kind and capabilities of what is there, else of what will be. `parent` may be NULL: it is not in the list. */
static void describe(virNodeEntry *entry, const virNodeDeviceDef *def, const virNodeEntry *parent)
{
    g_clear_pointer(&entry->parent, g_ref_string_release);
    entry->parent = parent ? share(parent->name) : def->parent ? g_ref_string_new(def->parent) : NULL;
    entry->type = def->caps.v[0]->type;
    entry->flags = virNodeDeviceFlags(def);
}

enum {
    STATES = VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE | (int)VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE |
             VIR_CONNECT_LIST_NODE_DEVICES_PERSISTENT | VIR_CONNECT_LIST_NODE_DEVICES_TRANSIENT
};

bool virNodeEntryIsPersistent(const virNodeEntry *entry)
{
    return entry->config || entry->type == VIR_NODE_CAP_SYSTEM;
}

static void entryFlags(virNodeEntry *entry)
{
    entry->flags = (entry->flags & ~(unsigned int)STATES) |
                   (entry->path ? VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE : VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE) |
                   (virNodeEntryIsPersistent(entry) ? VIR_CONNECT_LIST_NODE_DEVICES_PERSISTENT : VIR_CONNECT_LIST_NODE_DEVICES_TRANSIENT);
}

bool virNodeEntryIsActive(const virNodeEntry *entry)
{
    return entry->path != NULL;
}

const virNodeDeviceDef *virNodeEntryDef(const virNodeEntry *entry)
{
    return entry->live ? entry->live : entry->config;
}

bool virNodeEntryPasses(const virNodeEntry *entry, unsigned int flags)
{
    static const unsigned int groups[] = {
        (1U << 28) - 1,         /* VIR_CONNECT_LIST_NODE_DEVICES_CAP_*: the whole range of kinds */
        VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE | VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE,
        VIR_CONNECT_LIST_NODE_DEVICES_PERSISTENT | VIR_CONNECT_LIST_NODE_DEVICES_TRANSIENT,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(groups); i++)
        if ((flags & groups[i]) && !(flags & groups[i] & entry->flags))
            return false;
    return true;
}

/* ---- lists ---- */

static virNodeList *listNew(guint n)
{
    virNodeList *list = g_new0(virNodeList, 1);
    g_atomic_ref_count_init(&list->refs);
    list->v = g_new(virNodeEntry *, n + 1);
    return list;
}

virNodeList *virNodeListRef(virNodeList *list)
{
    g_atomic_ref_count_inc(&list->refs);
    return list;
}

void virNodeListUnref(virNodeList *list)
{
    if (!list || !g_atomic_ref_count_dec(&list->refs))
        return;
    for (guint i = 0; i < list->n; i++)
        virNodeEntryUnref(list->v[i]);
    g_free(list->v);
    g_free(list);
}

static int compareToName(const void *name, const void *entry)
{
    return strcmp(name, (*(virNodeEntry *const *)entry)->name);
}

static int compareEntries(const void *a, const void *b)
{
    return strcmp((*(virNodeEntry *const *)a)->name, (*(virNodeEntry *const *)b)->name);
}

static virNodeEntry *listLook(const virNodeList *list, const char *name)
{
    virNodeEntry **hit = bsearch(name, list->v, list->n, sizeof(*list->v), compareToName);
    return hit ? *hit : NULL;
}

virNodeEntry *virNodeListFind(virNodeList *list, const char *name)
{
    virNodeEntry *entry = listLook(list, name);
    return entry ? virNodeEntryRef(entry) : NULL;
}

/* ---- the store ---- */

struct _virNodeStore {
    GMutex lock;                /* of `list`, for the instant of taking a reference */
    GMutex writing;
    virNodeList *list;
    GHashTable *paths;          /* path -> name, both GRefString; the writer's */
    virEventBus *events;
    GCond replaced;             /* another list */
    bool configured;            /* mdevctl has been heard once; the writer's */
};

struct _virNodeChange {
    virNodeStore *store;
    virNodeList *old;
    GHashTable *entries;        /* name -> virNodeEntry of what changes; without path and config: it goes */
    GHashTable *configured;     /* names */
    GPtrArray *events;          /* virDomainEvent */
};

virNodeStore *virNodeStoreNew(void)
{
    virNodeStore *store = g_new0(virNodeStore, 1);
    g_mutex_init(&store->lock);
    g_mutex_init(&store->writing);
    g_cond_init(&store->replaced);
    store->list = listNew(0);
    GDestroyNotify release = (GDestroyNotify)g_ref_string_release;
    store->paths = g_hash_table_new_full(g_str_hash, g_str_equal, release, release);
    store->events = virEventBusNew();
    return store;
}

void virNodeStoreFree(virNodeStore *store)
{
    if (!store)
        return;
    virNodeListUnref(store->list);
    g_hash_table_unref(store->paths);
    virEventBusFree(store->events);
    g_mutex_clear(&store->lock);
    g_mutex_clear(&store->writing);
    g_cond_clear(&store->replaced);
    g_free(store);
}

virEventBus *virNodeStoreEvents(virNodeStore *store)
{
    return store->events;
}

virNodeList *virNodeStoreGet(virNodeStore *store)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&store->lock);
    return virNodeListRef(store->list);
}

bool virNodeStoreWait(virNodeStore *store, virNodeListFunc func, gpointer data, int timeout_ms)
{
    gint64 end = g_get_monotonic_time() + timeout_ms * G_TIME_SPAN_MILLISECOND;
    for (bool late = false;;) {
        g_autoptr(virNodeList) list = virNodeStoreGet(store);
        if (func(list, data))
            return true;
        if (late)
            return false;
        g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&store->lock);
        while (store->list == list && !late)
            late = !g_cond_wait_until(&store->replaced, &store->lock, end);
    }
}

/* ---- events ---- */

void virNodeNameToUuid(const char *name, unsigned char uuid[16])
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_MD5);
    gsize size = 16;
    g_checksum_update(sum, (const guchar *)name, -1);
    g_checksum_get_digest(sum, uuid, &size);
}

typedef void (*Lifecycle)(virConnectPtr conn, virNodeDevicePtr dev, int event, int detail, void *opaque);
typedef void (*Generic)(virConnectPtr conn, virNodeDevicePtr dev, void *opaque);

static void callBack(const virDomainEvent *e, virConnectPtr conn, gpointer callback, gpointer opaque)
{
    g_autoptr(virNodeDevice) dev = virNodeDeviceNew(conn, e->name);
    if (e->id == VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE)
        ((Lifecycle)callback)(conn, dev, e->i[0], e->i[1], opaque);
    else
        ((Generic)callback)(conn, dev, opaque);
}

static void tell(virNodeChange *change, const char *name, int id, int event)
{
    unsigned char uuid[16];
    virNodeNameToUuid(name, uuid);
    virDomainEvent *e = virDomainEventNew(id, name, uuid, -1);
    e->i[0] = event;
    e->call = callBack;
    g_ptr_array_add(change->events, e);
}

#define LIFECYCLE VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE

/* ---- changes ---- */

virNodeChange *virNodeStoreBegin(virNodeStore *store)
{
    virNodeChange *change = g_new0(virNodeChange, 1);
    g_mutex_lock(&store->writing);
    change->store = store;
    change->old = virNodeStoreGet(store);
    change->entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)virNodeEntryUnref);
    change->configured = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    change->events = g_ptr_array_new();
    return change;
}

/* As it will be; NULL when it is unknown. */
static virNodeEntry *look(virNodeChange *change, const char *name)
{
    virNodeEntry *entry = g_hash_table_lookup(change->entries, name);
    if (!entry)
        entry = listLook(change->old, name);
    return entry && (entry->path || entry->config) ? entry : NULL;
}

/* To be changed by its only owner. */
static virNodeEntry *edit(virNodeChange *change, const char *name)
{
    virNodeEntry *entry = g_hash_table_lookup(change->entries, name);
    if (entry)
        return entry;
    entry = entryCopy(listLook(change->old, name), name);
    g_hash_table_insert(change->entries, entry->name, entry);
    return entry;
}

static bool sameDef(const virNodeDeviceDef *a, const virNodeDeviceDef *b)
{
    return a && b && virXmlEqual(&virNodeDeviceDefXml, a, b);
}

static void dropLive(virNodeChange *change, const char *name)
{
    virNodeEntry *entry = edit(change, name);
    g_clear_pointer(&entry->live, virNodeDeviceDefUnref);
    g_clear_pointer(&entry->path, g_ref_string_release);
    if (entry->config)
        describe(entry, entry->config, look(change, entry->config->parent));
    tell(change, name, LIFECYCLE, VIR_NODE_DEVICE_EVENT_DELETED);
}

void virNodeChangeGone(virNodeChange *change, const char *path)
{
    GRefString *name = NULL, *key = NULL;
    if (!g_hash_table_steal_extended(change->store->paths, path, (gpointer *)&key, (gpointer *)&name))
        return;
    const virNodeEntry *entry = look(change, name);
    if (entry && g_strcmp0(entry->path, path) == 0)         /* not: it has moved, and is known at its new place */
        dropLive(change, name);
    g_ref_string_release(name);
    g_ref_string_release(key);
}

static guint printOf(const virNodeDeviceDef *def)
{
    g_autofree char *xml = virNodeDeviceDefFormat(def, 0);
    return g_str_hash(xml);
}

static void setAttrs(virNodeCap *cap, const virNodeCap *from)
{
    while (cap->attrs.n) {
        virNodeMdevAttr *attr = virListTake(&cap->attrs, cap->attrs.n - 1);
        g_free(attr->name);
        g_free(attr->value);
        g_free(attr);
    }
    for (unsigned int i = 0; i < from->attrs.n; i++) {
        virNodeMdevAttr *attr = g_new0(virNodeMdevAttr, 1);
        attr->name = g_strdup(from->attrs.v[i]->name);
        attr->value = g_strdup(from->attrs.v[i]->value);
        virListAppend(&cap->attrs, attr);
    }
}

/* sysfs shows no attributes: what was known of them stays. */
static void keepAttrs(virNodeDeviceDef *def, const virNodeDeviceDef *from)
{
    if (from && def->caps.v[0]->type == VIR_NODE_CAP_MDEV)
        setAttrs(def->caps.v[0], from->caps.v[0]);
}

static void place(virNodeChange *change, virNodeEntry *entry, const char *path)
{
    if (g_strcmp0(entry->path, path) != 0) {
        g_clear_pointer(&entry->path, g_ref_string_release);
        entry->path = g_ref_string_new(path);
    }
    g_hash_table_replace(change->store->paths, share(entry->path), share(entry->name));
}

void virNodeChangeLive(virNodeChange *change, const char *path, virNodeDeviceDef *def, bool again, bool touched)
{
    const char *before = g_hash_table_lookup(change->store->paths, path);
    if (before && (again || !g_str_equal(before, def->name)))
        virNodeChangeGone(change, path);
    virNodeEntry *had = look(change, def->name);
    bool isNew = !had || !had->path;
    keepAttrs(def, had ? virNodeEntryDef(had) : NULL);
    guint print = printOf(def);
    if (!isNew && !touched && had->print == print) {           /* nothing to publish */
        virNodeDeviceDefUnref(def);
        return;
    }
    virNodeEntry *entry = edit(change, def->name);
    place(change, entry, path);
    describe(entry, def, def->parent ? look(change, def->parent) : NULL);
    entry->print = print;
    g_clear_pointer(&entry->live, virNodeDeviceDefUnref);
    if (virNodeDeviceIsKept(def))
        entry->live = virNodeDeviceDefRef(def);
    virNodeDeviceDefUnref(def);
    if (isNew)
        tell(change, entry->name, LIFECYCLE, VIR_NODE_DEVICE_EVENT_CREATED);
    else
        tell(change, entry->name, VIR_NODE_DEVICE_EVENT_ID_UPDATE, 0);
}

const virNodeEntry *virNodeChangeAt(virNodeChange *change, const char *path)
{
    const char *name = g_hash_table_lookup(change->store->paths, path);
    const virNodeEntry *entry = name ? look(change, name) : NULL;
    return entry && entry->path ? entry : NULL;
}

GPtrArray *virNodeChangePaths(virNodeChange *change)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer path;
    g_hash_table_iter_init(&iter, change->store->paths);
    while (g_hash_table_iter_next(&iter, &path, NULL))
        g_ptr_array_add(paths, g_strdup(path));
    return paths;
}

/* It was started before we were: by its definition, as far as anybody knows. */
static void adoptAttrs(virNodeEntry *entry, const virNodeDeviceDef *config)
{
    virNodeDeviceDef *def = virNodeDeviceDefCopy(entry->live);
    keepAttrs(def, config);
    virNodeDeviceDefUnref(entry->live);
    entry->live = def;
    entry->print = printOf(def);
}

void virNodeChangeConfig(virNodeChange *change, virNodeDeviceDef *def, const char *parent, bool autostart)
{
    virNodeEntry *had = look(change, def->name);
    bool isNew = !had || !had->config;
    g_hash_table_add(change->configured, g_strdup(def->name));
    if (!isNew && had->autostart == autostart && sameDef(had->config, def)) {
        virNodeDeviceDefUnref(def);
        return;
    }
    bool changed = !isNew && !sameDef(had->config, def);
    virNodeEntry *entry = edit(change, def->name);
    virNodeDeviceDefUnref(entry->config);
    entry->config = def;
    entry->autostart = autostart;
    g_free(entry->configParent);
    entry->configParent = g_strdup(parent);
    if (!entry->path)
        describe(entry, def, look(change, def->parent));
    if (!change->store->configured && entry->live && !entry->live->caps.v[0]->attrs.n)
        adoptAttrs(entry, def);
    if (isNew)
        tell(change, def->name, LIFECYCLE, VIR_NODE_DEVICE_EVENT_DEFINED);
    else if (changed)
        tell(change, def->name, VIR_NODE_DEVICE_EVENT_ID_UPDATE, 0);
}

static void dropConfig(virNodeChange *change, const char *name)
{
    virNodeEntry *entry = edit(change, name);
    g_clear_pointer(&entry->config, virNodeDeviceDefUnref);
    g_clear_pointer(&entry->configParent, g_free);
    entry->autostart = false;
    tell(change, name, LIFECYCLE, VIR_NODE_DEVICE_EVENT_UNDEFINED);
}

void virNodeChangeConfigDone(virNodeChange *change)
{
    change->store->configured = true;
    for (guint i = 0; i < change->old->n; i++) {
        const virNodeEntry *entry = change->old->v[i];
        if (entry->config && !g_hash_table_contains(change->configured, entry->name))
            dropConfig(change, entry->name);
    }
}

void virNodeChangeAttrs(virNodeChange *change, const char *name, const virNodeCap *from)
{
    virNodeEntry *had = look(change, name);
    if (!had || !had->live || (!from->attrs.n && !had->live->caps.v[0]->attrs.n))
        return;
    virNodeEntry *entry = edit(change, name);
    virNodeDeviceDef *def = virNodeDeviceDefCopy(entry->live);
    setAttrs(def->caps.v[0], from);
    virNodeDeviceDefUnref(entry->live);
    entry->live = def;
    entry->print = printOf(def);
    tell(change, name, VIR_NODE_DEVICE_EVENT_ID_UPDATE, 0);
}

/* The next list: the old one, with what changed put in its place, taken out or added. */
static virNodeList *nextList(virNodeChange *change)
{
    virNodeList *old = change->old, *next = listNew(old->n + g_hash_table_size(change->entries));
    GHashTableIter iter;
    gpointer value;
    guint added = 0;
    for (guint i = 0; i < old->n; i++) {
        virNodeEntry *entry = g_hash_table_lookup(change->entries, old->v[i]->name);
        if (!entry)
            entry = old->v[i];
        if (entry->path || entry->config)
            next->v[next->n++] = virNodeEntryRef(entry);
    }
    g_hash_table_iter_init(&iter, change->entries);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        virNodeEntry *entry = value;
        if (!entry->path && !entry->config)
            continue;
        entryFlags(entry);
        if (listLook(old, entry->name))
            continue;
        next->v[next->n++] = virNodeEntryRef(entry);
        added++;
    }
    if (added)
        qsort(next->v, next->n, sizeof(*next->v), compareEntries);
    return next;
}

void virNodeStoreEnd(virNodeChange *change)
{
    virNodeStore *store = change->store;
    if (g_hash_table_size(change->entries)) {
        virNodeList *next = nextList(change);
        g_mutex_lock(&store->lock);
        virNodeList *old = store->list;
        store->list = next;
        g_cond_broadcast(&store->replaced);
        g_mutex_unlock(&store->lock);
        virNodeListUnref(old);
    }
    for (guint i = 0; i < change->events->len; i++)
        virEventBusEmit(store->events, change->events->pdata[i]);
    g_mutex_unlock(&store->writing);
    g_ptr_array_unref(change->events);
    g_hash_table_unref(change->entries);
    g_hash_table_unref(change->configured);
    virNodeListUnref(change->old);
    g_free(change);
}
