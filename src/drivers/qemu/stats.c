/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures of guests: CPU, balloon, virtual CPUs, interfaces, disks. Whatever needs QEMU is asked in one round trip. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.stats"
#include "drivers/qemu/qemu.h"
#include "base/log.h"
#include "host/link.h"
#include "host/proc.h"
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <unistd.h>

/* ---- processor time ---- */

static bool processTimes(const virDomainView *view, virProcStat *stat, GError **error)
{
    if (view->pid > 0 && virProcStatRead(virHostLocal(), view->pid, 0, stat))
        return true;
    virSetError(error, VIR_ERR_OPERATION_FAILED, "cannot read cputime for domain");
    return false;
}

bool qemuCpuTime(virDomainObj *obj, unsigned long long *ns, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    virProcStat stat;
    if (!processTimes(view, &stat, error))
        return false;
    *ns = stat.user + stat.system;
    return true;
}

static void statsCpu(const virProcStat *stat, virTypedParamList *list)
{
    virTypedParamListULLong(list, stat->user + stat->system, "cpu.time");
    virTypedParamListULLong(list, stat->user, "cpu.user");
    virTypedParamListULLong(list, stat->system, "cpu.system");
}

/* A copy of the threads' ids: the guest may end meanwhile. */
static pid_t *vcpuTids(qemuGuest *g, unsigned int *n)
{
    if (!g)
        return NULL;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&g->mutex);
    *n = g->nvcpuTids;
    return g_memdup2(g->vcpuTids, *n * sizeof(pid_t));
}

static void statsVcpu(qemuGuest *g, const virDomainView *view, virTypedParamList *list)
{
    const virDomainDef *def = view->live ? view->live : view->config;
    unsigned int n = 0;
    g_autofree pid_t *tids = view->live ? vcpuTids(g, &n) : NULL;
    virTypedParamListUInt(list, def->vcpus, "vcpu.current");
    virTypedParamListUInt(list, def->maxVcpus, "vcpu.maximum");
    for (unsigned int i = 0; i < n && i < def->maxVcpus; i++) {
        virProcStat stat;
        unsigned long long delay;
        if (tids[i] <= 0 || !virProcStatRead(virHostLocal(), view->pid, tids[i], &stat))
            continue;
        virTypedParamListInt(list, VIR_VCPU_RUNNING, "vcpu.%u.state", i);
        virTypedParamListULLong(list, stat.user + stat.system, "vcpu.%u.time", i);
        virTypedParamListULLong(list, 0, "vcpu.%u.wait", i);
        if (virProcRunDelay(virHostLocal(), view->pid, tids[i], &delay))
            virTypedParamListULLong(list, delay, "vcpu.%u.delay", i);
    }
}

/* ---- memory ---- */

bool qemuBalloon(virDomainObj *obj, unsigned long long *kib, GError **error)
{
    qemuGuest *g = qemuGuestOf(obj);
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    *kib = g ? __atomic_load_n(&g->balloon, __ATOMIC_RELAXED) : 0;
    if (*kib == 0 && view->live)
        *kib = view->live->currentMemory;
    return true;
}

static const struct {
    const char *qemu;
    int tag;
    unsigned int divisor;
    const char *name;
} balloonRows[] = {
    { "stat-swap-in", VIR_DOMAIN_MEMORY_STAT_SWAP_IN, 1024, "swap_in" },
    { "stat-swap-out", VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, 1024, "swap_out" },
    { "stat-major-faults", VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, 1, "major_fault" },
    { "stat-minor-faults", VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT, 1, "minor_fault" },
    { "stat-free-memory", VIR_DOMAIN_MEMORY_STAT_UNUSED, 1024, "unused" },
    { "stat-total-memory", VIR_DOMAIN_MEMORY_STAT_AVAILABLE, 1024, "available" },
    { "stat-available-memory", VIR_DOMAIN_MEMORY_STAT_USABLE, 1024, "usable" },
    { "stat-disk-caches", VIR_DOMAIN_MEMORY_STAT_DISK_CACHES, 1024, "disk_caches" },
    { "stat-htlb-pgalloc", VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC, 1, "hugetlb_pgalloc" },
    { "stat-htlb-pgfail", VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL, 1, "hugetlb_pgfail" },
};

/* ---- what QEMU last said: for the time that it says nothing ---- */

static void remember(virDomainObj *obj, gsize offset, JsonNode *reply)
{
    qemuGuest *g = qemuGuestOf(obj);
    if (!g)
        return;
    g_mutex_lock(&g->mutex);
    JsonNode **slot = (JsonNode **)((char *)g + offset), *old = *slot;
    *slot = json_node_ref(reply);
    g->figuresAt = g_get_monotonic_time();
    g_mutex_unlock(&g->mutex);
    g_clear_pointer(&old, json_node_unref);
}

static void rememberBlocks(gpointer obj, JsonNode *reply)
{
    remember(obj, G_STRUCT_OFFSET(qemuGuest, blockFigures), reply);
}

static void rememberMemory(gpointer obj, JsonNode *reply)
{
    remember(obj, G_STRUCT_OFFSET(qemuGuest, memoryFigures), reply);
}

/* A reference to the reply just got, or to the last one. */
static JsonNode *figures(virDomainObj *obj, gsize offset, JsonNode *fresh)
{
    qemuGuest *g = qemuGuestOf(obj);
    if (fresh || !g)
        return fresh ? json_node_ref(fresh) : NULL;
    g_mutex_lock(&g->mutex);
    JsonNode *last = *(JsonNode **)((char *)g + offset);
    if (last)
        json_node_ref(last);
    g_mutex_unlock(&g->mutex);
    return last;
}
#define FIGURES(obj, member, fresh) figures(obj, G_STRUCT_OFFSET(qemuGuest, member), fresh)

static virQmpRequest guestStatsRequest(const virDomainDef *def)
{
    g_autofree char *path =
        g_strdup_printf("/machine/peripheral/%s",
                        def->memballoon && def->memballoon->info.alias ? def->memballoon->info.alias : "balloon0");
    return (virQmpRequest){ .command = "qom-get", .args = qmpArgs("s:path", path, "s:property", "guest-stats", NULL),
                            .arrived = rememberMemory };
}

int qemuMemoryStats(virDomainObj *obj, virDomainMemoryStatStruct *stats, unsigned int nstats, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
    if (!qmp || !view->live)
        return -1;
    unsigned int n = 0;
    virProcStat stat;
    virQmpRequest r[] = { { .command = "query-balloon" }, guestStatsRequest(view->live) };
    qmpCallMany(qmp, r, G_N_ELEMENTS(r), NULL);
    g_autoptr(JsonNode) last = FIGURES(obj, memoryFigures, r[1].reply);
    JsonObject *now = qmpReplyObj(r[0].reply), *guest = qmpReplyObj(last), *fine = qmpObj(guest, "stats");
    if (n < nstats)
        stats[n++] = (virDomainMemoryStatStruct){ VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON,
                                                  now ? (unsigned long long)qmpInt(now, "actual", 0) / 1024
                                                      : view->live->currentMemory };
    for (guint i = 0; fine && i < G_N_ELEMENTS(balloonRows); i++) {
        gint64 value = qmpInt(fine, balloonRows[i].qemu, -1);
        if (value >= 0 && n < nstats)
            stats[n++] =
                (virDomainMemoryStatStruct){ balloonRows[i].tag, (unsigned long long)value / balloonRows[i].divisor };
    }
    if (guest && n < nstats)
        stats[n++] = (virDomainMemoryStatStruct){ VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE, qmpInt(guest, "last-update", 0) };
    if (n < nstats && processTimes(view, &stat, NULL))
        stats[n++] = (virDomainMemoryStatStruct){ VIR_DOMAIN_MEMORY_STAT_RSS, stat.rss };
    virQmpRequestClear(&r[0]);
    virQmpRequestClear(&r[1]);
    return n;
}

static void statsBalloon(virDomainObj *obj, const virDomainView *view, const virProcStat *stat, JsonObject *guest, virTypedParamList *list)
{
    const virDomainDef *def = view->live ? view->live : view->config;
    unsigned long long kib = def->currentMemory;
    if (view->live)
        qemuBalloon(obj, &kib, NULL);
    if (view->live)
        virTypedParamListULLong(list, kib, "balloon.current");
    virTypedParamListULLong(list, def->memory, "balloon.maximum");
    JsonObject *fine = qmpObj(guest, "stats");
    for (guint i = 0; fine && i < G_N_ELEMENTS(balloonRows); i++) {
        gint64 value = qmpInt(fine, balloonRows[i].qemu, -1);
        if (value >= 0)
            virTypedParamListULLong(list, (unsigned long long)value / balloonRows[i].divisor, "balloon.%s",
                                    balloonRows[i].name);
    }
    if (guest)
        virTypedParamListULLong(list, qmpInt(guest, "last-update", 0), "balloon.last-update");
    if (stat)
        virTypedParamListULLong(list, stat->rss, "balloon.rss");
}

/* ---- interfaces: a tap sees the guest's traffic from the other side ---- */

bool qemuInterfaceStats(virDomainObj *obj, const char *device, virDomainInterfaceStatsStruct *stats, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    const virDomainNetDef *net = view->live ? virDomainDefFindNet(view->live, device) : NULL;
    virLinkCounters c;
    if (!net || !net->ifname) {
        virSetError(error, VIR_ERR_INVALID_ARG,
                    net ? "interface '%s' has no device on the host to count at" : "'%s' is not a known interface",
                    device);
        return false;
    }
    if (!virLinkReadCounters(virHostLocal(), net->ifname, &c, error))
        return false;
    *stats = (virDomainInterfaceStatsStruct){ .rx_bytes = c.txBytes,
                                              .rx_packets = c.txPackets,
                                              .rx_errs = c.txErrors,
                                              .rx_drop = c.txDropped,
                                              .tx_bytes = c.rxBytes,
                                              .tx_packets = c.rxPackets,
                                              .tx_errs = c.rxErrors,
                                              .tx_drop = c.rxDropped };
    return true;
}

static void statsInterfaces(const virDomainView *view, virTypedParamList *list)
{
    if (!view->live)
        return;
    virTypedParamListUInt(list, view->live->nets.n, "net.count");
    for (unsigned int i = 0; i < view->live->nets.n; i++) {
        const virDomainNetDef *net = view->live->nets.v[i];
        virLinkCounters c;
        if (!net->ifname)
            continue;
        virTypedParamListString(list, net->ifname, "net.%u.name", i);
        if (!virLinkReadCounters(virHostLocal(), net->ifname, &c, NULL))
            continue;
        const struct {
            const char *name;
            unsigned long long value;
        } rows[] = {
            { "rx.bytes", c.txBytes },  { "rx.pkts", c.txPackets }, { "rx.errs", c.txErrors },
            { "rx.drop", c.txDropped }, { "tx.bytes", c.rxBytes },  { "tx.pkts", c.rxPackets },
            { "tx.errs", c.rxErrors },  { "tx.drop", c.rxDropped },
        };
        for (guint k = 0; k < G_N_ELEMENTS(rows); k++)
            virTypedParamListULLong(list, rows[k].value, "net.%u.%s", i, rows[k].name);
    }
}

/* ---- disks ---- */

/* QEMU names the device by its path in the object tree, which ends in our alias or has it before "/virtio-backend". */
static JsonObject *blockEntry(JsonArray *entries, const virDomainDiskDef *disk)
{
    for (guint i = 0; entries && disk->info.alias && i < json_array_get_length(entries); i++) {
        JsonObject *o = qmpItem(entries, i);
        const char *qdev = qmpStr(o, "qdev") ? qmpStr(o, "qdev") : qmpStr(o, "device");
        g_auto(GStrv) parts = g_strsplit(qdev ? qdev : "", "/", -1);
        if (g_strv_contains((const char *const *)parts, disk->info.alias))
            return o;
    }
    return NULL;
}

static JsonArray *queryBlock(virDomainObj *obj, JsonNode **reply, GError **error)
{
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
    return qmp && qmpCall(qmp, "query-blockstats", NULL, reply, error) == VIR_QMP_OK ? qmpReplyArr(*reply) : NULL;
}

bool qemuBlockStats(virDomainObj *obj, const char *path, virDomainBlockStatsStruct *stats, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    g_autoptr(JsonNode) reply = NULL;
    const virDomainDiskDef *disk = view->live && *path ? virDomainDefFindDisk(view->live, path) : NULL;
    if (!disk && *path) {
        virSetError(error, VIR_ERR_INVALID_ARG, "invalid path: %s", path);
        return false;
    }
    JsonArray *entries = queryBlock(obj, &reply, error);
    if (!entries)
        return false;
    *stats = (virDomainBlockStatsStruct){ .errs = -1 };
    for (unsigned int i = 0; i < view->live->disks.n; i++) {
        JsonObject *o = !disk || disk == view->live->disks.v[i]
                            ? qmpObj(blockEntry(entries, view->live->disks.v[i]), "stats")
                            : NULL;
        stats->rd_req += qmpInt(o, "rd_operations", 0);
        stats->rd_bytes += qmpInt(o, "rd_bytes", 0);
        stats->wr_req += qmpInt(o, "wr_operations", 0);
        stats->wr_bytes += qmpInt(o, "wr_bytes", 0);
    }
    return true;
}

/* Size as the guest sees it is QEMU's to say for formats; of raw files and devices the host knows. */
static bool hostSizes(const virStorageSource *s, virDomainBlockInfo *info, GError **error)
{
    struct stat st;
    if (s->type == VIR_STORAGE_VOLUME && !s->path) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "missing storage backend for 'volume' storage");
        return false;
    }
    if (!s->path || (virStorageActual(s) != VIR_STORAGE_FILE && virStorageActual(s) != VIR_STORAGE_BLOCK)) {
        virSetError(error, VIR_ERR_INVALID_ARG, "the disk has no source on this host");
        return false;
    }
    if (stat(s->path, &st) < 0) {
        virSetSystemError(error, errno, "failed to stat '%s'", s->path);
        return false;
    }
    unsigned long long size = st.st_size;
    if (S_ISBLK(st.st_mode)) {
        int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        guint64 bytes = 0;
        if (fd >= 0 && ioctl(fd, BLKGETSIZE64, &bytes) == 0)
            size = bytes;
        if (fd >= 0)
            close(fd);
    }
    *info = (virDomainBlockInfo){ .capacity = size,
                                  .physical = size,
                                  .allocation = S_ISBLK(st.st_mode) ? size : (unsigned long long)st.st_blocks * 512 };
    return true;
}

/* qcow2: the virtual size stands in the header, big-endian at byte 24. */
static void readVirtualSize(const virStorageSource *s, unsigned long long *capacity)
{
    unsigned char head[32];
    int fd = s->format == VIR_STORAGE_FORMAT_QCOW2 ? open(s->path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    if (pread(fd, head, sizeof(head), 0) == sizeof(head) && memcmp(head, "QFI\xfb", 4) == 0) {
        *capacity = 0;
        for (int i = 24; i < 32; i++)
            *capacity = *capacity << 8 | head[i];
    }
    close(fd);
}

bool qemuBlockInfo(virDomainObj *obj, const char *path, virDomainBlockInfo *info, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    const virDomainDef *def = view->live ? view->live : view->config;
    const virDomainDiskDef *disk = def ? virDomainDefFindDisk(def, path) : NULL;
    if (!disk) {
        virSetError(error, VIR_ERR_INVALID_ARG, "invalid path %s not assigned to domain", path);
        return false;
    }
    if (!disk->src.path && disk->src.type == VIR_STORAGE_FILE) {
        virSetError(error, VIR_ERR_INVALID_ARG, "disk '%s' does not currently have a source assigned", path);
        return false;
    }
    if (!hostSizes(&disk->src, info, error))
        return false;
    readVirtualSize(&disk->src, &info->capacity);
    return true;
}

static void statsDisk(const virDomainView *view, const virDomainDiskDef *disk, unsigned int i, JsonArray *entries,
                      virTypedParamList *list)
{
    static const struct {
        const char *qemu, *name;
    } rows[] = {
        { "rd_operations", "rd.reqs" },     { "rd_bytes", "rd.bytes" },
        { "rd_total_time_ns", "rd.times" }, { "wr_operations", "wr.reqs" },
        { "wr_bytes", "wr.bytes" },         { "wr_total_time_ns", "wr.times" },
        { "flush_operations", "fl.reqs" },  { "flush_total_time_ns", "fl.times" },
    };
    virDomainBlockInfo info;
    JsonObject *entry = view->live ? blockEntry(entries, disk) : NULL, *stats = qmpObj(entry, "stats");
    virTypedParamListString(list, disk->dst, "block.%u.name", i);
    virTypedParamListString(list, disk->src.path, "block.%u.path", i);
    if (disk->src.index)
        virTypedParamListUInt(list, disk->src.index, "block.%u.backingIndex", i);
    for (guint k = 0; stats && k < G_N_ELEMENTS(rows); k++)
        virTypedParamListULLong(list, qmpInt(stats, rows[k].qemu, 0), "block.%u.%s", i, rows[k].name);
    if (!disk->src.path || !hostSizes(&disk->src, &info, NULL))
        return;
    readVirtualSize(&disk->src, &info.capacity);
    virTypedParamListULLong(list, stats ? (unsigned long long)qmpInt(stats, "wr_highest_offset", 0) : info.allocation,
                            "block.%u.allocation", i);
    virTypedParamListULLong(list, info.capacity, "block.%u.capacity", i);
    virTypedParamListULLong(list, MAX(info.allocation, info.physical), "block.%u.physical", i);
}

/* ---- domstats ---- */

typedef struct {
    virQmp *qmp;
    virQmpBatch *batch;         /* NULL: QEMU is not asked, because it is slow or time is over */
    virQmpRequest requests[2], *blocks, *memory;        /* what the latter two name is among the former; NULL: not asked for */
} Asked;

gpointer qemuStatsAsk(virDomainObj *obj, unsigned int groups, gint64 until)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    const virDomainDef *def = view->live;
    bool blocks = def && groups & VIR_DOMAIN_STATS_BLOCK && def->disks.n;
    bool memory = def && groups & VIR_DOMAIN_STATS_BALLOON && def->memballoon && def->memballoon->model != VIR_DOMAIN_MEMBALLOON_NONE;
    g_autoptr(virQmp) qmp = blocks || memory ? qemuGuestQmp(obj, NULL) : NULL;
    if (!qmp)
        return NULL;
    Asked *a = g_new0(Asked, 1);
    guint n = 0;
    a->blocks = blocks ? &a->requests[n++] : NULL;
    a->memory = memory ? &a->requests[n++] : NULL;
    if (blocks)
        *a->blocks = (virQmpRequest){ .command = "query-blockstats", .arrived = rememberBlocks };
    if (memory)
        *a->memory = guestStatsRequest(def);
    if (!virQmpIsSlow(qmp) && (!until || g_get_monotonic_time() < until))
        a->batch = virQmpBegin(qmp, a->requests, n);
    a->qmp = g_steal_pointer(&qmp);
    return a;
}

static void askedFree(Asked *a)
{
    if (!a)
        return;
    virQmpRequestClear(&a->requests[0]);
    virQmpRequestClear(&a->requests[1]);
    virQmpUnref(a->qmp);
    g_free(a);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Asked, askedFree)

/* How old the figures are that are not of now. */
static void statsAge(virDomainObj *obj, virTypedParamList *list)
{
    qemuGuest *g = qemuGuestOf(obj);
    g_mutex_lock(&g->mutex);
    gint64 at = g->blockFigures || g->memoryFigures ? g->figuresAt : 0;
    g_mutex_unlock(&g->mutex);
    virTypedParamListULLong(list, at ? (g_get_monotonic_time() - at) / 1000 : 0, "stale.age");
}

bool qemuStats(virDomainObj *obj, unsigned int groups, virTypedParamList *list, gpointer asked, gint64 until, GError **error)
{
    g_autoptr(Asked) a = asked;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    const virDomainDef *def = view->live ? view->live : view->config;
    /* A guest without a driver for its balloon has no figures of it: that is no reason to call the others old. */
    bool fresh = !a || (a->batch && (virQmpEnd(a->batch, until, NULL) || a->requests[0].result <= VIR_QMP_ERROR));
    if (!def)
        return true;
    g_autoptr(JsonNode) blocks = a && a->blocks ? FIGURES(obj, blockFigures, a->blocks->reply) : NULL;
    g_autoptr(JsonNode) memory = a && a->memory ? FIGURES(obj, memoryFigures, a->memory->reply) : NULL;
    virProcStat stat;
    bool runs = view->live && groups & (VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON) && processTimes(view, &stat, NULL);
    if (runs && groups & VIR_DOMAIN_STATS_CPU_TOTAL)
        statsCpu(&stat, list);
    if (groups & VIR_DOMAIN_STATS_BALLOON)
        statsBalloon(obj, view, runs ? &stat : NULL, qmpReplyObj(memory), list);
    if (groups & VIR_DOMAIN_STATS_VCPU)
        statsVcpu(qemuGuestOf(obj), view, list);
    if (groups & VIR_DOMAIN_STATS_INTERFACE)
        statsInterfaces(view, list);
    if (groups & VIR_DOMAIN_STATS_BLOCK) {
        virTypedParamListUInt(list, def->disks.n, "block.count");
        for (unsigned int i = 0; i < def->disks.n; i++)
            statsDisk(view, def->disks.v[i], i, qmpReplyArr(blocks), list);
    }
    if (!fresh)
        statsAge(obj, list);
    return true;
}
