/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking emulators what they can do, and remembering the answers. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.caps"
#include "drivers/qemu/caps.h"
#include "drivers/qemu/monitor.h"
#include "host/process.h"
#include "base/log.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CACHE_FORMAT = 2, GREETING_MS = 20 * 1000, QUIT_MS = 2000 };

/* ---- reading replies ---- */

static void machineFree(gpointer data)
{
    qemuMachine *m = data;
    g_free(m->name);
    g_free(m->alias);
    g_free(m->defaultCpu);
    g_free(m->defaultRam);
    g_free(m);
}

static void cpuModelFree(gpointer data)
{
    qemuCpuModel *m = data;
    g_free(m->name);
    g_free(m->type);
    g_strfreev(m->blockers);
    g_free(m);
}

static void cpuBestFree(qemuCpuBest *best)
{
    if (!best)
        return;
    g_strfreev(best->features);
    g_strfreev(best->migratable);
    g_free(best->vendor);
    g_free(best);
}

void qemuCapsUnref(qemuCaps *caps)
{
    if (!caps || !g_atomic_ref_count_dec(&caps->refs))
        return;
    g_free(caps->binary);
    g_free(caps->arch);
    g_free(caps->package);
    g_clear_pointer(&caps->machines, g_ptr_array_unref);
    g_clear_pointer(&caps->cpus[0], g_ptr_array_unref);
    g_clear_pointer(&caps->cpus[1], g_ptr_array_unref);
    g_clear_pointer(&caps->types, g_hash_table_unref);
    cpuBestFree(caps->best[0]);
    cpuBestFree(caps->best[1]);
    g_free(caps);
}

bool qemuCapsHas(const qemuCaps *caps, const char *type)
{
    /* "cpu.migratable" and the like are properties that every QEMU from 7.2 on has, the oldest that we run. */
    if (g_str_equal(type, "lsi")) /* an alias of QEMU's, not a type */
        type = "lsi53c895a";
    return strchr(type, '.') || g_hash_table_contains(caps->types, type);
}

const qemuMachine *qemuCapsMachine(const qemuCaps *caps, const char *name)
{
    for (guint i = 0; i < caps->machines->len; i++) {
        const qemuMachine *m = caps->machines->pdata[i];
        if (name ? g_str_equal(name, m->name) || g_strcmp0(name, m->alias) == 0 : m->isDefault)
            return m;
    }
    return NULL;
}

static GPtrArray *readMachines(JsonArray *array)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(machineFree);
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonObject *o = qmpItem(array, i);
        const char *name = qmpStr(o, "name");
        if (!name || g_str_equal(name, "none"))
            continue;
        qemuMachine *m = g_new0(qemuMachine, 1);
        *m = (qemuMachine){ .name = g_strdup(name),
                            .alias = g_strdup(qmpStr(o, "alias")),
                            .maxCpus = qmpInt(o, "cpu-max", 0),
                            .isDefault = qmpBool(o, "is-default"),
                            .hotplugCpus = qmpBool(o, "hotpluggable-cpus"),
                            .numaMem = qmpBool(o, "numa-mem-supported"),
                            .deprecated = qmpBool(o, "deprecated"),
                            .defaultCpu = g_strdup(qmpStr(o, "default-cpu-type")),
                            .defaultRam = g_strdup(qmpStr(o, "default-ram-id")) };
        g_ptr_array_insert(list, m->isDefault ? 0 : -1, m);
    }
    return list;
}

static char **readWords(JsonArray *array)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    for (guint i = 0; array && i < json_array_get_length(array); i++)
        g_strv_builder_add(words, json_array_get_string_element(array, i));
    return g_strv_builder_end(words);
}

static GPtrArray *readCpus(JsonArray *array)
{
    GPtrArray *list = array ? g_ptr_array_new_with_free_func(cpuModelFree) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonObject *o = qmpItem(array, i);
        qemuCpuModel *m = g_new0(qemuCpuModel, 1);
        *m = (qemuCpuModel){ .name = g_strdup(qmpStr(o, "name")),
                             .type = g_strdup(qmpStr(o, "typename")),
                             .blockers = readWords(qmpArr(o, "unavailable-features")),
                             .rated = json_object_has_member(o, "unavailable-features"),
                             .deprecated = qmpBool(o, "deprecated") };
        g_ptr_array_add(list, m);
    }
    return list;
}

static qemuCpuBest *readBest(JsonObject *o)
{
    if (!o)
        return NULL;
    qemuCpuBest *best = g_new0(qemuCpuBest, 1);
    *best = (qemuCpuBest){ .features = readWords(qmpArr(o, "on")),
                           .migratable = readWords(qmpArr(o, "migratable")),
                           .vendor = g_strdup(qmpStr(o, "vendor")),
                           .family = qmpInt(o, "family", 0),
                           .model = qmpInt(o, "model", 0),
                           .stepping = qmpInt(o, "stepping", 0) };
    return best;
}

static JsonArray *replyArray(JsonObject *replies, const char *name)
{
    return qmpArr(replies, name);
}

/* ARM boards are too different for a default; the one that comes first is the one that the reference puts there. */
static void preferMachine(GPtrArray *machines, const char *name)
{
    for (guint i = 0; i < machines->len; i++) {
        qemuMachine *m = machines->pdata[i];
        if (!g_str_equal(m->name, name))
            continue;
        g_ptr_array_steal_index(machines, i);
        g_ptr_array_insert(machines, 0, m);
        return;
    }
}

/* "power9_v2.0-powerpc64-cpu" is what models call "power9". */
static void nameDefaultCpus(qemuCaps *caps)
{
    GPtrArray *models = caps->cpus[1] ? caps->cpus[1] : caps->cpus[0];
    for (guint i = 0; i < caps->machines->len; i++) {
        qemuMachine *m = caps->machines->pdata[i];
        g_autofree char *type = g_steal_pointer(&m->defaultCpu);
        for (guint k = 0; type && models && !m->defaultCpu && k < models->len; k++) {
            const qemuCpuModel *model = models->pdata[k];
            if (g_strcmp0(model->type, type) == 0)
                m->defaultCpu = g_str_has_prefix(model->name, "power") ? g_ascii_strup(model->name, -1) : g_strdup(model->name);
        }
    }
}

static qemuCaps *capsFromReplies(const char *binary, JsonObject *replies)
{
    qemuCaps *caps = g_new0(qemuCaps, 1);
    g_atomic_ref_count_init(&caps->refs);
    caps->binary = g_strdup(binary);
    JsonObject *version = qmpObj(replies, "query-version"), *numbers = qmpObj(version, "qemu");
    caps->version =
        qmpInt(numbers, "major", 0) * 1000000 + qmpInt(numbers, "minor", 0) * 1000 + qmpInt(numbers, "micro", 0);
    caps->package = g_strdup(qmpStr(version, "package"));
    caps->arch = g_strdup(qmpStr(qmpObj(replies, "query-target"), "arch"));
    caps->kvm = qmpBool(qmpObj(replies, "query-kvm"), "enabled");
    caps->machines = readMachines(replyArray(replies, "query-machines"));
    if (caps->machines->len > 0 && !((qemuMachine *)caps->machines->pdata[0])->isDefault)
        preferMachine(caps->machines, "integratorcp");
    caps->cpus[0] = readCpus(replyArray(replies, "cpus-tcg"));
    caps->cpus[1] = readCpus(replyArray(replies, "cpus-kvm"));
    nameDefaultCpus(caps);
    caps->best[0] = readBest(qmpObj(replies, "best-tcg"));
    caps->best[1] = readBest(qmpObj(replies, "best-kvm"));
    caps->types = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    JsonArray *types = replyArray(replies, "qom-list-types");
    for (guint i = 0; types && i < json_array_get_length(types); i++)
        g_hash_table_add(caps->types, g_strdup(qmpStr(qmpItem(types, i), "name")));
    return caps;
}

qemuCaps *qemuCapsFromCache(const char *text, const char *binary, const char *stamp)
{
    g_autoptr(JsonNode) root = json_from_string(text, NULL);
    JsonObject *o = qmpReplyObj(root), *replies = qmpObj(o, "replies");
    if (!replies || qmpInt(o, "format", 0) != CACHE_FORMAT || g_strcmp0(qmpStr(o, "stamp"), stamp) != 0 ||
        g_strcmp0(qmpStr(o, "binary"), binary) != 0)
        return NULL;
    return capsFromReplies(binary, replies);
}

/* ---- probing ---- */

struct _qemuCapsCache {
    char *folder, *kvmNode;
    bool switchUser;
    uid_t uid;
    gid_t gid;
    GMutex mutex;
    GCond cond;
    GHashTable *known; /* binary -> Entry */
};

typedef struct {
    qemuCaps *caps;
    char *stamp;
    gint64 checked; /* monotonic µs: when the stamp was last compared */
    bool busy;      /* somebody probes */
} Entry;

enum { FRESH_US = 100 * 1000 }; /* what was found on the host holds for so long: one document asks several times */

static virProcess *probeStart(qemuCapsCache *cache, const char *binary, bool kvm, int theirs, int output,
                              GError **error)
{
    g_autofree char *chardev = g_strdup_printf("socket,id=mon,fd=%d", theirs);
    const char *argv[] = { binary,  "-S",     "-no-user-config",          "-nodefaults", "-nographic", "-machine",
                           "none",  "-accel", kvm ? "kvm" : "tcg",        "-accel",      "tcg",        "-chardev",
                           chardev, "-mon",   "chardev=mon,mode=control", NULL };
    const char *env[] = { "LC_ALL=C", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL };
    virProcessSpec spec = { .argv = argv,
                            .env = env,
                            .fds = &theirs,
                            .nfds = 1,
                            .in = -1,
                            .out = output,
                            .err = output,
                            .dieWithThread = true,
                            .switchUser = cache->switchUser,
                            .uid = cache->uid,
                            .gid = cache->gid,
                            .bindFrom = kvm ? cache->kvmNode : NULL,
                            .bindTo = "/dev/kvm" };
    return virProcessSpawn(&spec, error);
}

static void probeAppendWords(int output, GError **error)
{
    char buffer[1024];
    ssize_t n = read(output, buffer, sizeof(buffer) - 1);
    if (n > 0 && error && *error) {
        buffer[n] = 0;
        g_prefix_error(error, "%s: ", g_strstrip(buffer));
    }
}

/* Ask one QEMU; the replies become members of `into`. */
static bool probeAsk(virQmp *qmp, bool full, const char *cpus, JsonObject *into, GError **error)
{
    virQmpRequest requests[] = {
        { .command = "query-cpu-definitions" },
        { .command = "query-target" },
        { .command = "query-kvm" },
        { .command = "query-version" },
        { .command = "query-machines" },
        { .command = "qom-list-types", .args = qmpArgs("b:abstract", FALSE, NULL) },
    };
    guint n = full ? G_N_ELEMENTS(requests) : 2;
    qmpCallMany(qmp, requests, n, NULL);
    bool ok = true;
    for (guint i = 0; i < n; i++) {
        bool optional = i == 0 && requests[i].result == VIR_QMP_ERROR; /* some targets have no CPU models */
        if (requests[i].result == VIR_QMP_OK)
            json_object_set_member(into, i == 0 ? cpus : requests[i].command, g_steal_pointer(&requests[i].reply));
        else if (ok && !optional)
            g_propagate_error(error, g_steal_pointer(&requests[i].error)), ok = false;
    }
    for (guint i = 0; i < G_N_ELEMENTS(requests); i++)
        virQmpRequestClear(&requests[i]);
    return ok;
}

/* Of some three hundred properties of a CPU model those that say what it is: names of features and the signature. */
static void addFeatures(JsonObject *into, const char *name, JsonObject *props)
{
    JsonArray *on = json_array_new();
    g_autoptr(GList) members = json_object_get_members(props);
    for (GList *l = members; l; l = l->next)
        if (qmpBool(props, l->data))
            json_array_add_string_element(on, l->data);
    json_object_set_array_member(into, name, on);
}

static void probeBest(virQmp *qmp, bool kvm, JsonObject *into)
{
    const char *arch = qmpStr(qmpObj(into, "query-target"), "arch");
    if (g_strcmp0(arch, "x86_64") != 0 && g_strcmp0(arch, "i386") != 0)
        return; /* the others tell nothing that we could use without KVM */
    virQmpRequest requests[2] = { 0 };
    for (int i = 0; i < 2; i++)
        requests[i] = (virQmpRequest){
            .command = "query-cpu-model-expansion",
            .args = qmpArgs("s:type", "full", "o:model",
                            qmpArgs("s:name", kvm ? "host" : "max", "o:props", qmpArgs("b:migratable", i, NULL), NULL), NULL)
        };
    JsonObject *best = json_object_new();
    if (qmpCallMany(qmp, requests, 2, NULL)) {
        JsonObject *all = qmpObj(qmpObj(qmpReplyObj(requests[0].reply), "model"), "props");
        JsonObject *migratable = qmpObj(qmpObj(qmpReplyObj(requests[1].reply), "model"), "props");
        static const char *const numbers[] = { "family", "model", "stepping" };
        for (guint i = 0; all && i < G_N_ELEMENTS(numbers); i++)
            json_object_set_int_member(best, numbers[i], qmpInt(all, numbers[i], 0));
        if (all && migratable) {
            json_object_set_string_member(best, "vendor", qmpStr(all, "vendor"));
            addFeatures(best, "on", all);
            addFeatures(best, "migratable", migratable);
            json_object_set_object_member(into, kvm ? "best-kvm" : "best-tcg", json_object_ref(best));
        }
    }
    json_object_unref(best);
    virQmpRequestClear(&requests[0]);
    virQmpRequestClear(&requests[1]);
}

bool qemuCapsAsk(qemuCapsCache *cache, const char *binary, bool kvm, bool (*func)(virQmp *qmp, gpointer data, GError **error), gpointer data,
                 GError **error)
{
    int pair[2], words[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 || pipe2(words, O_CLOEXEC | O_NONBLOCK) < 0) {
        virSetSystemError(error, errno, "cannot probe %s", binary);
        return false;
    }
    g_auto(virFd) theirs = pair[1], said = words[0], says = words[1];
    g_autoptr(virQmp) qmp = virQmpNew(pair[0], NULL, NULL, NULL, NULL);
    virQmpSetDeadlines(qmp, GREETING_MS, GREETING_MS);          /* no guest is in it: a slow answer is only a busy host's */
    g_autoptr(virProcess) process = probeStart(cache, binary, kvm, theirs, says, error);
    virFdClear(&theirs);
    virFdClear(&says);
    bool ok = false;
    if (process) {
        ok = virQmpHandshake(qmp, GREETING_MS, error) == VIR_QMP_OK && func(qmp, data, error);
        if (!ok)
            probeAppendWords(said, error);
        virProcessSignal(process, SIGKILL); /* nothing of it is worth an orderly end */
        virProcessWait(process, QUIT_MS);
    }
    virQmpClose(qmp);
    return ok;
}

typedef struct {
    bool kvm, full;
    JsonObject *into;
} Probe;

static bool probeAll(virQmp *qmp, gpointer data, GError **error)
{
    Probe *p = data;
    if (!probeAsk(qmp, p->full, p->kvm ? "cpus-kvm" : "cpus-tcg", p->into, error))
        return false;
    probeBest(qmp, p->kvm && (!p->full || qmpBool(qmpObj(p->into, "query-kvm"), "enabled")), p->into);
    return true;
}

static bool probeOnce(qemuCapsCache *cache, const char *binary, bool kvm, bool full, JsonObject *into, GError **error)
{
    Probe p = { kvm, full, into };
    return qemuCapsAsk(cache, binary, kvm, probeAll, &p, error);
}

typedef struct {
    qemuCapsCache *cache;
    const char *binary;
    JsonObject *replies;
    GError *error;
} Tcg;

static gpointer probeTcg(gpointer data)
{
    Tcg *t = data;
    return GINT_TO_POINTER(probeOnce(t->cache, t->binary, false, false, t->replies, &t->error));
}

static void takeMember(JsonObject *into, JsonObject *from, const char *name)
{
    if (json_object_has_member(from, name))
        json_object_set_member(into, name, json_object_dup_member(from, name));
}

/* What TCG offers beside KVM another QEMU tells, at the same time. */
static JsonObject *probeBoth(qemuCapsCache *cache, const char *binary, GError **error)
{
    g_autoptr(JsonObject) replies = json_object_new(), other = json_object_new();
    Tcg tcg = { cache, binary, other, NULL };
    GThread *thread = g_thread_new("probe", probeTcg, &tcg);
    bool ok = probeOnce(cache, binary, true, true, replies, error);
    bool also = GPOINTER_TO_INT(g_thread_join(thread));         /* bounded by its own deadlines */
    g_autoptr(GError) why = tcg.error;
    if (!ok)
        return NULL;
    if (!qmpBool(qmpObj(replies, "query-kvm"), "enabled")) {    /* it fell back to TCG */
        if (json_object_has_member(replies, "cpus-kvm")) {
            json_object_set_member(replies, "cpus-tcg", json_object_dup_member(replies, "cpus-kvm"));
            json_object_remove_member(replies, "cpus-kvm");
        }
        return g_steal_pointer(&replies);
    }
    if (!also) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    takeMember(replies, other, "cpus-tcg");
    takeMember(replies, other, "best-tcg");
    return g_steal_pointer(&replies);
}

static JsonObject *probe(qemuCapsCache *cache, const char *binary, GError **error)
{
    if (virHostHasKvm(virHostLocal()))
        return probeBoth(cache, binary, error);
    g_autoptr(JsonObject) replies = json_object_new();
    return probeOnce(cache, binary, false, true, replies, error) ? g_steal_pointer(&replies) : NULL;
}

/* ---- the cache ---- */

static void entryFree(gpointer data)
{
    Entry *e = data;
    qemuCapsUnref(e->caps);
    g_free(e->stamp);
    g_free(e);
}

qemuCapsCache *qemuCapsCacheNew(const char *folder, bool switchUser, uid_t uid, gid_t gid)
{
    qemuCapsCache *cache = g_new0(qemuCapsCache, 1);
    *cache = (qemuCapsCache){ .folder = g_strdup(folder), .switchUser = switchUser, .uid = uid, .gid = gid };
    g_mutex_init(&cache->mutex);
    g_cond_init(&cache->cond);
    cache->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entryFree);
    return cache;
}

void qemuCapsCacheFree(qemuCapsCache *cache)
{
    if (!cache)
        return;
    g_hash_table_unref(cache->known);
    g_mutex_clear(&cache->mutex);
    g_cond_clear(&cache->cond);
    g_free(cache->folder);
    g_free(cache->kvmNode);
    g_free(cache);
}

void qemuCapsCacheSetKvmNode(qemuCapsCache *cache, const char *path)
{
    g_free(cache->kvmNode);
    cache->kvmNode = g_strdup(path);
}

static char *cachePath(qemuCapsCache *cache, const char *binary)
{
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, binary, -1);
    return g_strdup_printf("%s/capabilities/%s.json", cache->folder, sum);
}

static void cacheStore(qemuCapsCache *cache, const char *binary, const char *stamp, JsonObject *replies)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) root = qmpArgs("i:format", CACHE_FORMAT, "s:binary", binary, "s:stamp", stamp, NULL);
    json_object_set_object_member(json_node_get_object(root), "replies", json_object_ref(replies));
    g_autofree char *text = json_to_string(root, FALSE), *path = cachePath(cache, binary),
                    *dir = g_path_get_dirname(path);
    if (!virFileMakePath(dir, 0755, &error) || !virFileWriteAtomic(path, text, -1, 0600, &error))
        virWarn("capabilities of %s are not kept: %s", binary, error->message);
}

static qemuCaps *capsLoadOrProbe(qemuCapsCache *cache, const char *binary, const char *stamp, GError **error)
{
    if (cache->folder) {
        g_autofree char *path = cachePath(cache, binary), *text = NULL;
        qemuCaps *caps = virFileRead(path, 64 << 20, &text, NULL, NULL) ? qemuCapsFromCache(text, binary, stamp) : NULL;
        if (caps)
            return caps;
    }
    g_autoptr(JsonObject) replies = probe(cache, binary, error);
    if (!replies)
        return NULL;
    if (cache->folder)
        cacheStore(cache, binary, stamp, replies);
    return capsFromReplies(binary, replies);
}

static char *stampOf(qemuCapsCache *cache, const char *binary, GError **error)
{
    struct stat st;
    if (stat(binary, &st) < 0 || access(binary, X_OK) < 0) {
        virSetSystemError(error, errno, "Cannot check QEMU binary %s", binary);
        return NULL;
    }
    return g_strdup_printf("%lld %lld.%09ld kvm=%d user=%d", (long long)st.st_size, (long long)st.st_mtim.tv_sec,
                           st.st_mtim.tv_nsec, virHostHasKvm(virHostLocal()), cache->switchUser ? (int)cache->uid : -1);
}

static qemuCaps *capsRef(qemuCaps *caps)
{
    g_atomic_ref_count_inc(&caps->refs);
    return caps;
}

static qemuCaps *lookAt(qemuCapsCache *cache, const char *binary)
{
    g_mutex_lock(&cache->mutex);
    Entry *e = g_hash_table_lookup(cache->known, binary);
    bool fresh = e && e->caps && g_get_monotonic_time() < e->checked + FRESH_US;
    qemuCaps *caps = fresh ? capsRef(e->caps) : NULL;
    g_mutex_unlock(&cache->mutex);
    return caps;
}

qemuCaps *qemuCapsGet(qemuCapsCache *cache, const char *binary, GError **error)
{
    qemuCaps *caps = lookAt(cache, binary);
    g_autofree char *stamp = caps ? NULL : stampOf(cache, binary, error);
    if (!stamp)
        return caps;
    g_mutex_lock(&cache->mutex);
    Entry *e = g_hash_table_lookup(cache->known, binary);
    if (!e)
        g_hash_table_insert(cache->known, g_strdup(binary), e = g_new0(Entry, 1));
    while (e->busy) /* bounded by the probe's own deadlines */
        g_cond_wait(&cache->cond, &cache->mutex);
    caps = e->caps && g_str_equal(e->stamp, stamp) ? capsRef(e->caps) : NULL;
    e->busy = !caps;
    e->checked = g_get_monotonic_time();
    g_mutex_unlock(&cache->mutex);
    if (caps)
        return caps;
    caps = capsLoadOrProbe(cache, binary, stamp, error);
    g_mutex_lock(&cache->mutex);
    e->busy = false;
    if (caps) {
        qemuCapsUnref(e->caps);
        e->caps = capsRef(caps);
        g_free(e->stamp);
        e->stamp = g_steal_pointer(&stamp);
    } else {
        g_clear_pointer(&e->caps, qemuCapsUnref);       /* of the program that was there before */
    }
    g_cond_broadcast(&cache->cond);
    g_mutex_unlock(&cache->mutex);
    return caps;
}

/* ---- emulators on the host ---- */

static const struct {
    const char *ours, *qemus;
} archWords[] = {
    { "i686", "i386" }, { "armv6l", "arm" }, { "armv7l", "arm" }, { "ppc64le", "ppc64" },
};

const char *qemuArchWord(const char *arch)
{
    for (guint i = 0; i < G_N_ELEMENTS(archWords); i++)
        if (g_str_equal(arch, archWords[i].ours))
            return archWords[i].qemus;
    return arch;
}

static char *searchProgram(const char *name)
{
    char *path = g_find_program_in_path(name);
    if (path)
        return path;
    static const char *const folders[] = { "/usr/libexec", "/usr/bin", "/usr/local/bin" };
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *candidate = g_build_filename(folders[i], name, NULL);
        if (access(candidate, X_OK) == 0)
            return g_steal_pointer(&candidate);
    }
    return NULL;
}

typedef struct {
    char *path; /* NULL: there is none */
    gint64 at;
} Found;

static void foundFree(gpointer data)
{
    Found *f = data;
    g_free(f->path);
    g_free(f);
}

/* The folders of PATH can be many, and each document asks. */
static char *findProgram(const char *name)
{
    static GMutex mutex;
    static GHashTable *known;
    gint64 now = g_get_monotonic_time();
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&mutex);
    if (!known)
        known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, foundFree);
    Found *f = g_hash_table_lookup(known, name);
    if (!f || now > f->at + FRESH_US) {
        f = g_new(Found, 1);
        *f = (Found){ searchProgram(name), now };
        g_hash_table_replace(known, g_strdup(name), f);
    }
    return g_strdup(f->path);
}

char *qemuFindEmulator(const char *arch)
{
    g_autofree char *own = g_strconcat("qemu-system-", arch, NULL), *name = g_strconcat("qemu-system-", qemuArchWord(arch), NULL);
    char *found = findProgram(own);
    if (!found)
        found = findProgram(name);
    if (!found && g_str_equal(arch, "i686"))
        found = findProgram("qemu-system-x86_64");
    return found ? found : g_str_equal(arch, "x86_64") ? findProgram("qemu-kvm") : NULL;
}
