/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's memory on the command line: its backend objects, NUMA cells with their distances and caches, modules, shared memory. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/command.h"
#include "base/util.h"
#include <string.h>

static JsonNode *nodeArray(const virBitmap *map)
{
    JsonArray *array = json_array_new();
    for (int n = virBitmapNext(map, -1); n >= 0; n = virBitmapNext(map, n))
        json_array_add_int_element(array, n);
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(node, array);
    return node;
}

/* KiB: boards take memory in steps, POWER servers in great ones. */
static unsigned long long inSteps(const virDomainDef *def, unsigned long long kib)
{
    unsigned long long step = def->os.arch == VIR_ARCH_PPC64 || def->os.arch == VIR_ARCH_PPC64LE ? 256 << 10 : 1 << 10;
    return (kib + step - 1) / step * step;
}

const char *qemuDefaultRam(const qemuCommand *cmd)
{
    const qemuMachine *m = cmd->caps ? qemuCapsMachine(cmd->caps, cmd->def->os.machine) : NULL;
    return cmd->def->cpu.cells.n == 0 && m ? m->defaultRam : NULL;
}

/* ---- backends ---- */

/* One piece of guest memory and what the document says of it. */
typedef struct {
    const char *id;
    unsigned long long kib;
    int cell;                               /* -1: not of one cell */
    const virDomainMemoryDef *module;       /* NULL: main memory */
    unsigned long long pagesize;            /* KiB of a huge page, 0: ordinary ones */
    bool useful;                            /* does it say more than "memory"? */
} Piece;

static unsigned long long ordinaryPage(void)
{
    return 4;
}

/* What <hugepages> says of a cell: the page with its nodeset, or the one without any. 0: ordinary pages. */
static bool hugepageOf(const qemuCommand *cmd, int cell, unsigned long long *kib)
{
    const virDomainMemTune *mem = &cmd->def->mem;
    const virDomainHugepage *found = NULL;
    for (unsigned int i = 0; i < mem->pages.n; i++) {
        const virDomainHugepage *page = mem->pages.v[i];
        bool all = !page->nodemask || virBitmapCount(page->nodemask) == 0;
        if (all ? !found : virBitmapHas(page->nodemask, MAX(cell, 0)))
            found = page;
    }
    *kib = found && found->size ? found->size : cmd->defaultHugepage;
    return found || (mem->hugepages && !mem->pages.n);
}

static bool pageOf(const qemuCommand *cmd, Piece *p, GError **error)
{
    unsigned long long kib = 0;
    bool named = p->module && p->module->path;
    if (p->module && p->module->pagesize)
        kib = p->module->pagesize;
    else if (!hugepageOf(cmd, p->cell, &kib))
        return true;
    if (kib == ordinaryPage())
        return true;
    p->pagesize = kib;
    if (named || g_hash_table_lookup(cmd->hugeMounts, GUINT_TO_POINTER(kib)))
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unable to find any usable hugetlbfs mount for %llu KiB", kib);
    return false;
}

static int accessOf(const qemuCommand *cmd, const Piece *p)
{
    if (p->module && p->module->access)
        return p->module->access;
    if (!p->module && p->cell >= 0 && cmd->def->cpu.cells.v[p->cell]->access)
        return cmd->def->cpu.cells.v[p->cell]->access;
    return cmd->def->mem.access;
}

static bool discardOf(const qemuCommand *cmd, const Piece *p)
{
    int own = p->module ? (int)p->module->discard : p->cell >= 0 ? (int)cmd->def->cpu.cells.v[p->cell]->discard : 0;
    if (p->module && p->module->path && p->module->pmem)
        return false;
    return own ? own == VIR_TRISTATE_BOOL_YES : cmd->def->mem.discard;
}

/* Where it may lie on the host. */
static void addPolicy(JsonObject *o, const qemuCommand *cmd, Piece *p)
{
    static const char *const policies[] = { "bind", "preferred", "interleave", "restrictive" };
    const virDomainNumatune *tune = &cmd->def->numatune;
    const virBitmap *nodes = tune->hasMemory ? tune->nodeset : NULL;
    int mode = tune->mode;
    for (unsigned int i = 0; i < tune->nodes.n; i++)
        if ((int)tune->nodes.v[i]->cellid == p->cell) {
            nodes = tune->nodes.v[i]->nodeset;
            mode = tune->nodes.v[i]->mode;
            p->useful = true;
        }
    if (p->module && p->module->nodemask)
        nodes = p->module->nodemask;
    if (nodes && mode != VIR_DOMAIN_NUMATUNE_RESTRICTIVE)
        qmpAdd(o, "o:host-nodes", nodeArray(nodes), "s:policy", policies[mode], NULL);
}

static char *backingPath(const qemuCommand *cmd, const Piece *p)
{
    if (p->module && p->module->path)
        return g_strdup(p->module->path);
    const char *mount = p->pagesize ? g_hash_table_lookup(cmd->hugeMounts, GUINT_TO_POINTER(p->pagesize)) : NULL;
    return mount ? g_strdup_printf("%s/libvirt/qemu/%s", mount, strrchr(cmd->memoryDir, '/') + 1)
                 : g_strdup_printf("%s/%s", cmd->memoryDir, p->module ? p->module->info.alias : p->id);
}

static void addKind(JsonObject *o, const qemuCommand *cmd, Piece *p, bool memfd, bool file, int access)
{
    g_autofree char *path = file ? backingPath(cmd, p) : NULL;
    qmpAdd(o, "s:qom-type", memfd ? "memory-backend-memfd" : file ? "memory-backend-file" : "memory-backend-ram", "s:id", p->id,
           "s:mem-path", path, NULL);
    if (memfd && p->pagesize)
        qmpAdd(o, "b:hugetlb", TRUE, "U:hugetlbsize", (gint64)(p->pagesize * 1024), NULL);
    if ((memfd || file) && discardOf(cmd, p))
        qmpAdd(o, "b:discard-data", TRUE, NULL);
    bool pmem = p->module && p->module->model == VIR_DOMAIN_MEMORY_DEVICE_VIRTIO_PMEM;
    if ((memfd || file) && (access || pmem))
        qmpAdd(o, "b:share", pmem || access == VIR_DOMAIN_MEMORY_ACCESS_SHARED, NULL);
}

static JsonNode *backend(const qemuCommand *cmd, Piece *p, GError **error)
{
    const virDomainMemTune *mem = &cmd->def->mem;
    const virDomainMemoryDef *m = p->module;
    if (!pageOf(cmd, p, error))
        return NULL;
    bool named = m && m->path, isMem = m && m->model == VIR_DOMAIN_MEMORY_DEVICE_VIRTIO_MEM;
    int access = accessOf(cmd, p);
    bool memfd = !named && mem->source == VIR_DOMAIN_MEMORY_SOURCE_MEMFD;
    bool file = named || (!memfd && (p->pagesize || access || mem->source == VIR_DOMAIN_MEMORY_SOURCE_FILE));
    bool prealloc = !isMem && (p->pagesize || mem->allocation == VIR_DOMAIN_MEMORY_ALLOCATION_IMMEDIATE);
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(node, json_object_new());
    JsonObject *o = json_node_get_object(node);
    p->useful = file || memfd || (m && m->nodemask);
    addKind(o, cmd, p, memfd, file, access);
    if ((file || memfd) && !m && p->cell < 0)
        qmpAdd(o, "b:x-use-canonical-path-for-ramblock-id", FALSE, NULL);
    if (isMem)
        qmpAdd(o, "b:reserve", FALSE, NULL);
    if (prealloc)
        qmpAdd(o, "b:prealloc", TRUE, "P:prealloc-threads", mem->allocationThreads, NULL);
    qmpAdd(o, "U:size", (gint64)(p->kib * 1024), NULL);
    if (m && m->alignsize)
        qmpAdd(o, "U:align", (gint64)(m->alignsize * 1024), NULL);
    if (m)
        qmpAdd(o, "B:pmem", m->pmem, NULL);
    addPolicy(o, cmd, p);
    return node;
}

bool qemuCommandMemory(qemuCommand *cmd, GError **error)
{
    const virDomainDef *def = cmd->def;
    const char *ram = qemuDefaultRam(cmd);
    unsigned long long memory = def->cpu.cells.n ? 0 : def->memory;
    for (unsigned int i = 0; i < def->cpu.cells.n; i++)
        memory += inSteps(def, def->cpu.cells.v[i]->memory);
    if (!def->cpu.cells.n)
        for (unsigned int i = 0; i < def->mems.n; i++)
            memory -= MIN(memory, def->mems.v[i]->size);
    memory = inSteps(def, memory);
    if (def->maxMemory > 0)
        qemuArg(cmd, "-m", "size=%lluk,slots=%u,maxmem=%lluk", memory, def->memorySlots, def->maxMemory);
    else
        qemuArg(cmd, "-m", "%llu", memory / 1024);
    if (ram) {
        Piece p = { .id = ram, .kib = memory, .cell = -1 };
        JsonNode *node = backend(cmd, &p, error);
        if (!node)
            return false;
        qemuArgJson(cmd, "-object", node);
    } else if (def->cpu.cells.n == 0 && def->mem.allocation == VIR_DOMAIN_MEMORY_ALLOCATION_IMMEDIATE) {
        qemuArg(cmd, "-mem-prealloc", NULL);
    }
    return true;
}

/* ---- NUMA ---- */

bool qemuHasHmat(const virDomainDef *def)
{
    bool any = def->cpu.latencies.n || def->cpu.bandwidths.n;
    for (unsigned int i = 0; i < def->cpu.cells.n; i++)
        any |= def->cpu.cells.v[i]->caches.n > 0;
    return any;
}

static bool hasCpus(const virNumaCell *cell)
{
    return cell->cpus && virBitmapCount(cell->cpus) > 0;
}

/* The cell that reaches this one first: itself, else the nearest with CPUs. */
static unsigned int initiatorOf(const virCPUDef *cpu, unsigned int i)
{
    const virNumaCell *cell = cpu->cells.v[i];
    unsigned int best = 0, least = G_MAXUINT;
    if (hasCpus(cell))
        return i;
    for (unsigned int k = 0; k < cpu->cells.n; k++) {
        unsigned int distance = 20;
        for (unsigned int d = 0; d < cell->distances.n; d++)
            if (cell->distances.v[d]->id == k)
                distance = cell->distances.v[d]->value;
        if (hasCpus(cpu->cells.v[k]) && distance < least) {
            least = distance;
            best = k;
        }
    }
    return best;
}

static void appendCpus(GString *out, const virNumaCell *cell)
{
    for (int from = cell->cpus ? virBitmapNext(cell->cpus, -1) : -1; from >= 0;) {
        int to = from;
        while (virBitmapHas(cell->cpus, to + 1))
            to++;
        g_string_append_printf(out, from == to ? ",cpus=%d" : ",cpus=%d-%d", from, to);
        from = virBitmapNext(cell->cpus, to);
    }
}

static void commandInterconnects(qemuCommand *cmd, bool latency)
{
    static const char *const levels[] = { "memory", "first-level", "second-level", "third-level" };
    const virCPUDef *cpu = &cmd->def->cpu;
    unsigned int n = latency ? cpu->latencies.n : cpu->bandwidths.n;
    for (unsigned int i = 0; i < n; i++) {
        const virNumaInterconnectDef *link = latency ? cpu->latencies.v[i] : cpu->bandwidths.v[i];
        qemuArg(cmd, "-numa", "hmat-lb,initiator=%u,target=%u,hierarchy=%s,data-type=%s-%s,%s=%llu%s", link->initiator, link->target,
                levels[MIN(link->cache, 3)], virMemoryLatencyToString(link->access), latency ? "latency" : "bandwidth",
                latency ? "latency" : "bandwidth", link->value, latency ? "" : "K");
    }
}

static void commandHmat(qemuCommand *cmd)
{
    static const char *const policies[] = { "none", "write-back", "write-through" };
    static const char *const associativities[] = { "none", "direct", "complex" };
    const virCPUDef *cpu = &cmd->def->cpu;
    commandInterconnects(cmd, true);
    commandInterconnects(cmd, false);
    for (unsigned int i = 0; i < cpu->cells.n; i++)
        for (unsigned int k = 0; k < cpu->cells.v[i]->caches.n; k++) {
            const virNumaCache *c = cpu->cells.v[i]->caches.v[k];
            const char *assoc = virNumaCacheAssocToString(c->associativity), *policy = virNumaCachePolicyToString(c->policy);
            int a = g_strcmp0(assoc, "direct") == 0 ? 1 : g_strcmp0(assoc, "full") == 0 ? 2 : 0;
            int p = g_strcmp0(policy, "writeback") == 0 ? 1 : g_strcmp0(policy, "writethrough") == 0 ? 2 : 0;
            qemuArg(cmd, "-numa", "hmat-cache,node-id=%u,size=%lluK,level=%u,associativity=%s,policy=%s,line=%llu", i, c->size,
                    c->level, associativities[a], policies[p], c->line);
        }
}

bool qemuCommandNuma(qemuCommand *cmd, GError **error)
{
    const virDomainDef *def = cmd->def;
    const qemuMachine *machine = cmd->caps ? qemuCapsMachine(cmd->caps, def->os.machine) : NULL;
    bool hmat = qemuHasHmat(def), objects = !(machine && machine->numaMem);
    unsigned int n = def->cpu.cells.n;
    g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func((GDestroyNotify)json_node_unref);
    for (unsigned int i = 0; i < n; i++) {
        g_autofree char *id = g_strdup_printf("ram-node%u", i);
        Piece p = { .id = id, .kib = inSteps(def, def->cpu.cells.v[i]->memory), .cell = i };
        JsonNode *node = backend(cmd, &p, error);
        if (!node)
            return false;
        objects |= p.useful;
        g_ptr_array_add(nodes, node);
    }
    if (n && !objects && def->mem.allocation == VIR_DOMAIN_MEMORY_ALLOCATION_IMMEDIATE)
        qemuArg(cmd, "-mem-prealloc", NULL);
    for (unsigned int i = 0; i < n; i++) {
        const virNumaCell *cell = def->cpu.cells.v[i];
        g_autoptr(GString) numa = g_string_new(NULL);
        g_string_printf(numa, "node,nodeid=%u", i);
        appendCpus(numa, cell);
        if (hmat)
            g_string_append_printf(numa, ",initiator=%u", initiatorOf(&def->cpu, i));
        if (objects) {
            qemuArgJson(cmd, "-object", json_node_ref(nodes->pdata[i]));
            g_string_append_printf(numa, ",memdev=ram-node%u", i);
        } else {
            g_string_append_printf(numa, ",mem=%llu", inSteps(def, cell->memory) / 1024);
        }
        qemuArg(cmd, "-numa", "%s", numa->str);
    }
    for (unsigned int i = 0; i < n; i++)
        for (unsigned int k = 0; k < def->cpu.cells.v[i]->distances.n; k++)
            qemuArg(cmd, "-numa", "dist,src=%u,dst=%u,val=%u", i, def->cpu.cells.v[i]->distances.v[k]->id,
                    def->cpu.cells.v[i]->distances.v[k]->value);
    if (hmat)
        commandHmat(cmd);
    return true;
}

/* ---- modules ---- */

static JsonNode *moduleDevice(const virDomainMemoryDef *m, const char *id)
{
    static const char *const drivers[] = { [VIR_DOMAIN_MEMORY_DEVICE_DIMM] = "pc-dimm", [VIR_DOMAIN_MEMORY_DEVICE_NVDIMM] = "nvdimm" };
    bool virtioMem = m->model == VIR_DOMAIN_MEMORY_DEVICE_VIRTIO_MEM, pmem = m->model == VIR_DOMAIN_MEMORY_DEVICE_VIRTIO_PMEM;
    g_autofree char *driver = virtioMem || pmem ? qemuVirtioDriver(pmem ? "virtio-pmem" : "virtio-mem", &m->info, 0) : g_strdup(drivers[m->model]);
    JsonNode *node = qmpArgs("s:driver", driver, NULL);
    JsonObject *o = json_node_get_object(node);
    if (m->hasNode)
        qmpAdd(o, "i:node", m->node, NULL);
    if (m->labelSize)
        qmpAdd(o, "U:label-size", (gint64)(m->labelSize * 1024), NULL);
    if (virtioMem)
        qmpAdd(o, "U:block-size", (gint64)(m->blockSize * 1024), "U:requested-size", (gint64)(m->requested * 1024), NULL);
    if (m->model == VIR_DOMAIN_MEMORY_DEVICE_NVDIMM && memcmp(m->uuid, (unsigned char[16]){ 0 }, 16) != 0) {
        char uuid[37];
        virUUIDFormat(m->uuid, uuid);
        qmpAdd(o, "s:uuid", uuid, NULL);
    }
    qmpAdd(o, "B:unarmed", m->readonly && m->model == VIR_DOMAIN_MEMORY_DEVICE_NVDIMM, "s:memdev", id, "s:id", m->info.alias, NULL);
    return node;
}

bool qemuCommandMemoryDevices(qemuCommand *cmd, GError **error)
{
    for (unsigned int i = 0; i < cmd->def->mems.n; i++) {
        const virDomainMemoryDef *m = cmd->def->mems.v[i];
        g_autofree char *id = g_strdup_printf("mem%s", m->info.alias);
        Piece p = { .id = id, .kib = (m->size + 2047) / 2048 * 2048, .cell = m->hasNode ? m->node : -1, .module = m };
        if (m->model == VIR_DOMAIN_MEMORY_DEVICE_SGX_EPC)
            continue;           /* part of the machine */
        JsonNode *object = backend(cmd, &p, error);
        if (!object)
            return false;
        qemuArgJson(cmd, "-object", object);
        if (!qemuDevice(cmd, moduleDevice(m, id), &m->info, error))
            return false;
    }
    return true;
}

/* Enclave memory has its backends before the machine that names them. */
void qemuCommandEnclaves(qemuCommand *cmd, GString *machine)
{
    unsigned int n = 0;
    for (unsigned int i = 0; i < cmd->def->mems.n; i++) {
        const virDomainMemoryDef *m = cmd->def->mems.v[i];
        if (m->model != VIR_DOMAIN_MEMORY_DEVICE_SGX_EPC)
            continue;
        g_string_append_printf(machine, ",sgx-epc.%u.memdev=mem%s,sgx-epc.%u.node=%d", n, m->info.alias, n, m->hasNode ? m->node : 0);
        n++;
    }
}

bool qemuCommandEnclaveBackends(qemuCommand *cmd, GError **error)
{
    for (unsigned int i = 0; i < cmd->def->mems.n; i++) {
        const virDomainMemoryDef *m = cmd->def->mems.v[i];
        g_autofree char *id = g_strdup_printf("mem%s", m->info.alias);
        if (m->model != VIR_DOMAIN_MEMORY_DEVICE_SGX_EPC)
            continue;
        JsonNode *node = qmpArgs("s:qom-type", "memory-backend-epc", "s:id", id, "b:prealloc", TRUE, "U:size", (gint64)(m->size * 1024), NULL);
        Piece p = { .id = id, .cell = -1, .module = m };
        addPolicy(json_node_get_object(node), cmd, &p);
        qemuArgJson(cmd, "-object", node);
    }
    return true;
}

/* ---- memory shared with the host ---- */

bool qemuCommandShmems(qemuCommand *cmd, GError **error)
{
    for (unsigned int i = 0; i < cmd->def->shmems.n; i++) {
        const virDomainShmemDef *s = cmd->def->shmems.v[i];
        bool doorbell = s->model == VIR_DOMAIN_SHMEM_MODEL_IVSHMEM_DOORBELL;
        g_autofree char *memory = g_strdup_printf("shmmem-%s", s->info.alias), *chardev = g_strdup_printf("char%s", s->info.alias);
        const char *master = s->role == VIR_DOMAIN_SHMEM_ROLE_MASTER ? "on" : s->role == VIR_DOMAIN_SHMEM_ROLE_PEER ? "off" : NULL;
        JsonNode *node;
        if (doorbell) {
            node = qmpArgs("s:driver", "ivshmem-doorbell", "s:id", s->info.alias, "s:chardev", chardev, "s:master", master, "P:vectors",
                           s->vectors, "t:ioeventfd", s->ioeventfd, NULL);
        } else {
            g_autofree char *path = g_strdup_printf("/dev/shm/%s", s->name);
            qemuArgJson(cmd, "-object", qmpArgs("s:qom-type", "memory-backend-file", "s:id", memory, "s:mem-path", path, "U:size",
                                                (gint64)(s->size << 20), "b:share", TRUE, NULL));
            node = qmpArgs("s:driver", "ivshmem-plain", "s:id", s->info.alias, "s:memdev", memory, "s:master", master, NULL);
        }
        if (!qemuDevice(cmd, node, &s->info, error))
            return false;
        if (doorbell) {
            g_autofree char *standard = g_strdup_printf(VIR_LOCALSTATEDIR "/lib/libvirt/shmem-%s-sock", s->name);
            g_autofree char *path = qemuEscape(s->serverPath ? s->serverPath : standard);
            qemuArg(cmd, "-chardev", "socket,id=%s,path=%s", chardev, path);
        }
    }
    return true;
}
