/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processors, NUMA nodes, caches and memory of the host, from /proc/cpuinfo, /proc/meminfo and /sys/devices/system. */
#include "host/cpu.h"
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static void cpuFree(gpointer data)
{
    virHostCpu *cpu = data;
    g_free(cpu->siblings);
    g_free(cpu);
}

static void nodeFree(gpointer data)
{
    virHostNode *node = data;
    g_array_unref(node->cpus);
    g_array_unref(node->pages);
    g_array_unref(node->distances);
    g_free(node);
}

static void cacheFree(gpointer data)
{
    virHostCache *cache = data;
    g_free(cache->type);
    g_free(cache->cpus);
    g_free(cache);
}

void virHostInfoFree(virHostInfo *info)
{
    if (!info)
        return;
    g_free(info->arch);
    g_free(info->vendor);
    g_free(info->modelName);
    g_strfreev(info->flags);
    g_ptr_array_unref(info->cpus);
    g_ptr_array_unref(info->nodes);
    g_ptr_array_unref(info->caches);
    g_array_unref(info->pageSizes);
    g_free(info);
}

/* ---- /proc/cpuinfo: the first processor speaks for all ---- */

typedef struct {
    const char *key;
    size_t offset;
} CpuinfoNumber;

static const CpuinfoNumber cpuinfoNumbers[] = {
    { "cpu family", offsetof(virHostInfo, family) },
    { "model", offsetof(virHostInfo, model) },
    { "stepping", offsetof(virHostInfo, stepping) },
    { "microcode", offsetof(virHostInfo, microcode) },
    { "cpu MHz", offsetof(virHostInfo, mhz) },
};

static const struct { const char *cpuid, *name; } vendors[] = {
    { "GenuineIntel", "Intel" }, { "AuthenticAMD", "AMD" }, { "HygonGenuine", "Hygon" },
    { "CentaurHauls", "Centaur" }, { "  Shanghai  ", "Zhaoxin" },
};

static void cpuinfoLine(virHostInfo *info, const char *key, const char *value)
{
    for (guint i = 0; i < G_N_ELEMENTS(cpuinfoNumbers); i++)
        if (g_str_equal(key, cpuinfoNumbers[i].key))
            *(unsigned int *)((char *)info + cpuinfoNumbers[i].offset) = strtoul(value, NULL, 0);
    if (g_str_equal(key, "vendor_id"))
        for (guint i = 0; i < G_N_ELEMENTS(vendors); i++)
            if (g_str_equal(value, vendors[i].cpuid) && !info->vendor)
                info->vendor = g_strdup(vendors[i].name);
    if (g_str_equal(key, "model name") && !info->modelName)
        info->modelName = g_strdup(value);
    if (g_str_equal(key, "flags") && !info->flags)
        info->flags = g_strsplit(value, " ", -1);
    if (g_str_equal(key, "address sizes"))
        info->physBits = strtoul(value, NULL, 10);
}

static void readCpuinfo(const virHost *host, virHostInfo *info)
{
    g_autofree char *text = virHostRead("%s/cpuinfo", host->proc);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    for (int i = 0; lines[i] && (*lines[i] || i == 0); i++) {
        char *colon = strchr(lines[i], ':');
        if (!colon)
            continue;
        *colon = 0;
        cpuinfoLine(info, g_strchomp(lines[i]), g_strstrip(colon + 1));
    }
}

/* ---- memory ---- */

bool virHostMemory(const virHost *host, unsigned long long *total, unsigned long long *free)
{
    g_autofree char *text = virHostRead("%s/meminfo", host->proc);
    unsigned long long sum = 0, all = 0;
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    for (int i = 0; lines[i]; i++) {
        char *colon = strchr(lines[i], ':');
        unsigned long long kib = colon ? strtoull(colon + 1, NULL, 10) : 0;
        if (g_str_has_prefix(lines[i], "MemTotal:"))
            all = kib;
        else if (g_str_has_prefix(lines[i], "MemFree:") || g_str_has_prefix(lines[i], "Buffers:") ||
                 g_str_has_prefix(lines[i], "Cached:"))
            sum += kib;
    }
    if (total)
        *total = all;
    if (free)
        *free = sum;
    return all > 0;
}

/* ---- processors ---- */

typedef struct {
    const virHost *host;
    virHostInfo *info;
    virHostNode *node;
} Scan;

static unsigned int topology(const virHost *host, unsigned int cpu, const char *what)
{
    unsigned long long value = 0;
    return virHostReadULL(&value, "%s/devices/system/cpu/cpu%u/topology/%s", host->sys, cpu, what) && value < 65536 ? value : 0;
}

static void scanCpu(unsigned int id, gpointer data)
{
    Scan *scan = data;
    unsigned long long online = 1;
    virHostReadULL(&online, "%s/devices/system/cpu/cpu%u/online", scan->host->sys, id);
    virHostCpu *cpu = g_new0(virHostCpu, 1);
    cpu->id = id;
    cpu->online = online;
    if (online) {
        cpu->socket = topology(scan->host, id, "physical_package_id");
        cpu->die = topology(scan->host, id, "die_id");
        cpu->core = topology(scan->host, id, "core_id");
        cpu->siblings = virHostRead("%s/devices/system/cpu/cpu%u/topology/thread_siblings_list", scan->host->sys, id);
        scan->info->online++;
    }
    if (!cpu->siblings)
        cpu->siblings = g_strdup_printf("%u", id);
    g_ptr_array_add(scan->info->cpus, cpu);
}

/* How many different (socket), (socket, die), (socket, die, core) there are among online processors of one socket. */
static void countTopology(virHostInfo *info)
{
    g_autoptr(GHashTable) sockets = g_hash_table_new(NULL, NULL), dies = g_hash_table_new(NULL, NULL), cores = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < info->cpus->len; i++) {
        virHostCpu *cpu = info->cpus->pdata[i];
        if (!cpu->online)
            continue;
        gsize socket = cpu->socket + 1, die = socket << 16 | cpu->die, core = die << 16 | cpu->core;
        g_hash_table_add(sockets, GSIZE_TO_POINTER(socket));
        g_hash_table_add(dies, GSIZE_TO_POINTER(die));
        g_hash_table_add(cores, GSIZE_TO_POINTER(core));
    }
    guint s = MAX(g_hash_table_size(sockets), 1), d = MAX(g_hash_table_size(dies), 1), c = MAX(g_hash_table_size(cores), 1);
    info->sockets = s;
    info->dies = MAX(d / s, 1);
    info->cores = MAX(c / d, 1);
    info->threads = MAX(info->online / c, 1);
}

/* ---- NUMA ---- */

static void nodeAddCpu(unsigned int id, gpointer data)
{
    Scan *scan = data;
    for (guint i = 0; i < scan->info->cpus->len; i++)
        if (((virHostCpu *)scan->info->cpus->pdata[i])->id == id)
            g_array_append_val(scan->node->cpus, i);
}

static gint comparePages(gconstpointer a, gconstpointer b)
{
    const virHostPages *x = a, *y = b;
    return x->size < y->size ? -1 : x->size > y->size;
}

/* The small pages are what the huge ones leave. */
static void readPages(virHostNode *node, const char *folder)
{
    unsigned long long small = sysconf(_SC_PAGESIZE) / 1024, huge = 0;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        virHostPages pages = { 0 };
        if (!g_str_has_prefix(name, "hugepages-"))
            continue;
        pages.size = strtoull(name + strlen("hugepages-"), NULL, 10);
        virHostReadULL(&pages.count, "%s/%s/nr_hugepages", folder, name);
        huge += pages.size * pages.count;
        g_array_append_val(node->pages, pages);
    }
    virHostPages base = { small, node->memory > huge ? (node->memory - huge) / small : 0 };
    g_array_append_val(node->pages, base);
    g_array_sort(node->pages, comparePages);
}

static virHostNode *nodeNew(unsigned int id)
{
    virHostNode *node = g_new0(virHostNode, 1);
    node->id = id;
    node->cpus = g_array_new(FALSE, FALSE, sizeof(guint));
    node->pages = g_array_new(FALSE, FALSE, sizeof(virHostPages));
    node->distances = g_array_new(FALSE, FALSE, sizeof(unsigned int));
    return node;
}

static void scanNode(unsigned int id, gpointer data)
{
    Scan *scan = data;
    const char *sys = scan->host->sys;
    scan->node = nodeNew(id);
    g_autofree char *cpus = virHostRead("%s/devices/system/node/node%u/cpulist", sys, id);
    g_autofree char *mem = virHostRead("%s/devices/system/node/node%u/meminfo", sys, id);
    g_autofree char *far = virHostRead("%s/devices/system/node/node%u/distance", sys, id);
    g_autofree char *pages = g_strdup_printf("%s/devices/system/node/node%u/hugepages", sys, id);
    virHostForeachNumber(cpus ? cpus : "", nodeAddCpu, scan);
    const char *total = mem ? strstr(mem, "MemTotal:") : NULL;
    scan->node->memory = total ? strtoull(total + strlen("MemTotal:"), NULL, 10) : 0;
    scan->info->nodesKnown = scan->info->nodesKnown && total;
    scan->info->pagesKnown = scan->info->pagesKnown && g_file_test(pages, G_FILE_TEST_IS_DIR);
    g_auto(GStrv) words = g_strsplit(far ? far : "", " ", -1);
    for (int i = 0; words[i] && *words[i]; i++) {
        unsigned int d = strtoul(words[i], NULL, 10);
        g_array_append_val(scan->node->distances, d);
    }
    readPages(scan->node, pages);
    g_ptr_array_add(scan->info->nodes, scan->node);
}

static gint compareSizes(gconstpointer a, gconstpointer b)
{
    const unsigned long long *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void readPageSizes(const virHost *host, virHostInfo *info)
{
    unsigned long long size = sysconf(_SC_PAGESIZE) / 1024;
    g_autofree char *folder = g_strconcat(host->sys, "/kernel/mm/hugepages", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    info->pageSizes = g_array_new(FALSE, FALSE, sizeof(size));
    g_array_append_val(info->pageSizes, size);
    while (dir && (name = g_dir_read_name(dir)))
        if (g_str_has_prefix(name, "hugepages-")) {
            size = strtoull(name + strlen("hugepages-"), NULL, 10);
            g_array_append_val(info->pageSizes, size);
        }
    g_array_sort(info->pageSizes, compareSizes);
}

static void readNodes(Scan *scan)
{
    scan->info->nodesKnown = scan->info->pagesKnown = true;
    g_autofree char *online = virHostRead("%s/devices/system/node/online", scan->host->sys);
    scan->info->nodesListed = online != NULL;
    if (online)
        virHostForeachNumber(online, scanNode, scan);
    if (scan->info->nodes->len > 0)
        return;
    scan->node = nodeNew(0);            /* a kernel without NUMA: one node with everything */
    for (guint i = 0; i < scan->info->cpus->len; i++)
        g_array_append_val(scan->node->cpus, i);
    scan->node->memory = scan->info->memory;
    g_autofree char *pages = g_strdup_printf("%s/kernel/mm/hugepages", scan->host->sys);
    readPages(scan->node, pages);
    g_ptr_array_add(scan->info->nodes, scan->node);
}

/* ---- caches: level 3 banks, each once ---- */

static bool cacheKnown(virHostInfo *info, unsigned int id, unsigned int level)
{
    for (guint i = 0; i < info->caches->len; i++) {
        virHostCache *c = info->caches->pdata[i];
        if (c->id == id && c->level == level)
            return true;
    }
    return false;
}

static unsigned long long kibibytes(const char *text)
{
    char *end;
    unsigned long long n = strtoull(text, &end, 10);
    return *end == 'M' ? n * 1024 : *end == 'G' ? n * 1024 * 1024 : n;
}

static void readCaches(const virHost *host, virHostInfo *info)
{
    for (guint i = 0; i < info->cpus->len; i++) {
        unsigned int cpu = ((virHostCpu *)info->cpus->pdata[i])->id;
        for (unsigned int n = 0; n < 16; n++) {
            unsigned long long level, id = 0;
            if (!virHostReadULL(&level, "%s/devices/system/cpu/cpu%u/cache/index%u/level", host->sys, cpu, n))
                break;
            if (level < 3 || !virHostReadULL(&id, "%s/devices/system/cpu/cpu%u/cache/index%u/id", host->sys, cpu, n) ||
                cacheKnown(info, id, level))
                continue;
            g_autofree char *type = virHostRead("%s/devices/system/cpu/cpu%u/cache/index%u/type", host->sys, cpu, n);
            g_autofree char *size = virHostRead("%s/devices/system/cpu/cpu%u/cache/index%u/size", host->sys, cpu, n);
            virHostCache *c = g_new0(virHostCache, 1);
            *c = (virHostCache){ .id = id, .level = level, .size = size ? kibibytes(size) : 0 };
            c->type = g_strdup(g_strcmp0(type, "Instruction") == 0 ? "code" : g_strcmp0(type, "Data") == 0 ? "data" : "both");
            c->cpus = virHostRead("%s/devices/system/cpu/cpu%u/cache/index%u/shared_cpu_list", host->sys, cpu, n);
            g_ptr_array_add(info->caches, c);
        }
    }
}

virHostInfo *virHostInfoRead(const virHost *host)
{
    virHostInfo *info = g_new0(virHostInfo, 1);
    struct utsname uts;
    info->arch = g_strdup(uname(&uts) == 0 ? uts.machine : "unknown");
    info->cpus = g_ptr_array_new_with_free_func(cpuFree);
    info->nodes = g_ptr_array_new_with_free_func(nodeFree);
    info->caches = g_ptr_array_new_with_free_func(cacheFree);
    readCpuinfo(host, info);
    virHostMemory(host, &info->memory, NULL);
    Scan scan = { .host = host, .info = info };
    g_autofree char *present = virHostRead("%s/devices/system/cpu/present", host->sys);
    info->cpusKnown = present != NULL;
    virHostForeachNumber(present ? present : "0", scanCpu, &scan);
    readPageSizes(host, info);
    countTopology(info);
    readNodes(&scan);
    readCaches(host, info);
    return info;
}
