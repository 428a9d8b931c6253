/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capabilities document: the host's hardware and the guests that its emulators run. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/cpu.h"
#include "host/cpu.h"
#include "host/resctrl.h"
#include "model/caps.h"
#include <string.h>

#define ADD(list, T, ...) \
    ({ T *item_ = g_new0(T, 1); *item_ = (T){ __VA_ARGS__ }; virListAppend(list, item_); item_; })

/* ---- processors and memory ---- */

static virCPUDef *hostCpu(const qemuDocumentContext *ctx, const virHostInfo *info)
{
    const virCPUDef *real = qemuHostCpu(ctx->host);
    bool known = info->cpusKnown && info->nodesKnown;
    virCPUDef *cpu = known ? virCPUDefCopy(real) : g_new0(virCPUDef, 1);
    cpu->arch = real->arch;
    for (guint i = 0; info->nodesKnown && i < info->pageSizes->len; i++)
        ADD(&cpu->pages, virCPUPages, .unit = g_strdup("KiB"), .size = g_array_index(info->pageSizes, unsigned long long, i));
    if (!known)
        return cpu;
    cpu->counter = g_strdup(real->counter);
    cpu->microcode = info->microcode;
    cpu->sockets = info->sockets;
    cpu->dies = info->dies;
    cpu->cores = info->cores;
    cpu->threads = info->threads;
    cpu->hasMaxPhysAddr = cpu->hasMaxPhysAddrBits = info->physBits > 0;
    cpu->maxPhysAddrMode = VIR_CPU_MAX_PHYS_ADDR_EMULATE;
    cpu->maxPhysAddrBits = info->physBits;
    return cpu;
}

static void addCell(virCapsHost *host, const virHostInfo *info, const virHostNode *node)
{
    virCapsCell *cell = ADD(&host->cells, virCapsCell, .id = node->id, .memoryUnit = g_strdup("KiB"), .memory = node->memory,
                            .ncpus = node->cpus->len);
    for (guint i = 0; i < node->pages->len; i++) {
        const virHostPages *p = &g_array_index(node->pages, virHostPages, i);
        ADD(&cell->pages, virCapsPages, .unit = g_strdup("KiB"), .size = p->size, .count = p->count);
    }
    for (guint i = 0; i < node->distances->len && i < info->nodes->len; i++)
        ADD(&cell->distances, virNumaDistance, .id = ((const virHostNode *)info->nodes->pdata[i])->id,
            .value = g_array_index(node->distances, unsigned int, i));
    for (guint i = 0; i < node->cpus->len; i++) {
        const virHostCpu *c = info->cpus->pdata[g_array_index(node->cpus, guint, i)];
        ADD(&cell->cpus, virCapsCpu, .id = c->id, .socket = c->socket, .die = c->die, .core = c->core, .online = c->online,
            .siblings = g_strdup(c->siblings));
    }
}

/* A node without distances is not one that memory can be bound to. One that keeps its memory secret hides the whole topology. */
static void addTopology(virCapsHost *host, const virHostInfo *info)
{
    host->topology = true;
    for (guint i = 0; info->cpusKnown && i < info->nodes->len; i++) {
        const virHostNode *node = info->nodes->pdata[i];
        if (info->nodesListed && node->distances->len == 0)
            continue;
        host->topology = host->topology && info->nodesKnown && info->pagesKnown;
        addCell(host, info, node);
    }
    host->ncells = host->cells.n;
}

/* ---- caches and bandwidth ---- */

static void addControls(virCapsBank *bank, const virHostCache *cache, const virHostResctrl *resctrl)
{
    for (guint i = 0; i < resctrl->controls->len; i++) {
        const virHostControl *c = resctrl->controls->pdata[i];
        if (c->level != cache->level || c->level == 0 || c->bits == 0)
            continue;
        unsigned long long step = cache->size / c->bits, least = step * c->minBits;
        bool mib = step % 1024 == 0 && least % 1024 == 0;
        ADD(&bank->controls, virCapsControl, .granularity = mib ? step / 1024 : step,
            .min = least != step ? (mib ? least / 1024 : least) : 0, .unit = g_strdup(mib ? "MiB" : "KiB"), .type = g_strdup(c->type),
            .maxAllocs = c->groups);
    }
}

/* What can be watched and begins with `prefix`; NULL: nothing. */
static virCapsMonitor *monitor(const virHostResctrl *resctrl, const char *prefix)
{
    virCapsMonitor *m = NULL;
    for (int i = 0; resctrl->monitors && resctrl->monitors[i]; i++) {
        if (!g_str_has_prefix(resctrl->monitors[i], prefix))
            continue;
        if (!m)
            m = g_new0(virCapsMonitor, 1);
        m->maxMonitors = resctrl->maxMonitors;
        ADD(&m->features, virCapsName, .name = g_strdup(resctrl->monitors[i]));
    }
    return m;
}

static void addCaches(virCapsHost *host, const virHostInfo *info, const virHostResctrl *resctrl)
{
    for (guint i = 0; i < info->caches->len; i++) {
        const virHostCache *c = info->caches->pdata[i];
        bool mib = c->size % 1024 == 0;
        virCapsBank *bank = ADD(&host->banks, virCapsBank, .id = c->id, .level = c->level, .type = g_strdup(c->type),
                                .size = mib ? c->size / 1024 : c->size, .unit = g_strdup(mib ? "MiB" : "KiB"), .cpus = g_strdup(c->cpus));
        addControls(bank, c, resctrl);
        for (guint k = 0; k < resctrl->controls->len; k++) {
            const virHostControl *b = resctrl->controls->pdata[k];
            if (b->level > 0 || c->level != 3)
                continue;
            virCapsBandwidthNode *node = ADD(&host->bandwidth, virCapsBandwidthNode, .id = c->id, .cpus = g_strdup(c->cpus));
            ADD(&node->controls, virCapsControl, .granularity = b->granularity, .min = b->minimum, .maxAllocs = b->groups);
        }
    }
    host->cacheMonitor = monitor(resctrl, "llc_");
    if (host->cacheMonitor) {
        host->cacheMonitor->level = 3;
        host->cacheMonitor->reuseThreshold = resctrl->reuseThreshold;
    }
    host->bandwidthMonitor = monitor(resctrl, "mbm_");
}

/* ---- the host ---- */

static void addSecurity(virCapsHost *host, const qemuDocumentContext *ctx)
{
    static const char *const types[] = { "kvm", "qemu" };
    ADD(&host->secmodels, virCapsSecModel, .model = g_strdup("none"), .doi = g_strdup("0"));
    if (!ctx->privileged)
        return;
    virCapsSecModel *dac = ADD(&host->secmodels, virCapsSecModel, .model = g_strdup("dac"), .doi = g_strdup("0"));
    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        ADD(&dac->labels, virCapsBaseLabel, .type = g_strdup(types[i]), .label = g_strdup_printf("+%u:+%u", ctx->uid, ctx->gid));
}

static virCapsHost *hostPart(const qemuDocumentContext *ctx)
{
    static const char *const transports[] = { "tcp", "rdma", NULL };
    g_autoptr(virHostInfo) info = virHostInfoRead(ctx->host);
    g_autoptr(virHostResctrl) resctrl = virHostResctrlRead(ctx->host);
    g_autofree char *groups = g_strconcat(ctx->host->sys, "/kernel/iommu_groups", NULL);
    g_autoptr(GDir) dir = g_dir_open(groups, 0, NULL);
    virCapsHost *host = g_new0(virCapsHost, 1);
    memcpy(host->uuid, ctx->hostUuid, sizeof(host->uuid));
    host->cpu = hostCpu(ctx, info);
    host->powerKnown = true;
    host->iommu = dir && g_dir_read_name(dir) ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_NO;
    host->live = true;
    host->transports = g_strdupv((char **)transports);
    addTopology(host, info);
    addCaches(host, info, resctrl);
    addSecurity(host, ctx);
    return host;
}

/* ---- guests ---- */

static void addMachines(virCapsGuest *guest, const qemuCaps *caps)
{
    for (guint i = 0; i < caps->machines->len; i++) {
        const qemuMachine *m = caps->machines->pdata[i];
        virTristateBool old = m->deprecated ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_ABSENT;
        ADD(&guest->machines, virCapsMachine, .name = g_strdup(m->name), .maxCpus = m->maxCpus, .deprecated = old);
        if (m->alias)
            ADD(&guest->machines, virCapsMachine, .name = g_strdup(m->alias), .canonical = g_strdup(m->name), .maxCpus = m->maxCpus,
                .deprecated = old);
    }
}

static virCapsToggle *toggle(bool mayChange)
{
    virCapsToggle *t = g_new0(virCapsToggle, 1);
    *t = (virCapsToggle){ VIR_TRISTATE_SWITCH_ON, mayChange ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_NO };
    return t;
}

static bool is64(virArch arch)
{
    const char *word = virArchToString(arch);
    return strstr(word, "64") || arch == VIR_ARCH_S390X || arch == VIR_ARCH_ALPHA || arch == VIR_ARCH_SH4EB;
}

static void addGuest(virCapsDef *def, virArch arch, const qemuCaps *caps)
{
    virCapsGuest *guest = ADD(&def->guests, virCapsGuest, .osType = g_strdup("hvm"), .arch = arch, .wordsize = is64(arch) ? 64 : 32,
                              .emulator = g_strdup(caps->binary), .cpuselection = true, .deviceboot = true, .disksnapshot = toggle(false));
    addMachines(guest, caps);
    ADD(&guest->domains, virCapsDomain, .type = g_strdup("qemu"));
    if (caps->kvm)
        ADD(&guest->domains, virCapsDomain, .type = g_strdup("kvm"));
    guest->pae = guest->nonpae = arch == VIR_ARCH_I686;
    if (virCpuIsX86(arch) || arch == VIR_ARCH_AARCH64)
        guest->acpi = toggle(true);
    if (virCpuIsX86(arch))
        guest->apic = toggle(false);
}

char *qemuHostCapabilities(const qemuDocumentContext *ctx)
{
    g_autoptr(virCapsDef) def = g_new0(virCapsDef, 1);
    def->refs = 1;
    def->host = hostPart(ctx);
    for (int a = VIR_ARCH_NONE + 1; a < virArchLast; a++) {
        g_autofree char *binary = qemuFindEmulator(virArchToString(a));
        g_autoptr(qemuCaps) caps = binary ? qemuCapsGet(ctx->cache, binary, NULL) : NULL;
        if (caps && caps->machines->len > 0)
            addGuest(def, a, caps);
    }
    return virCapsDefText(def);
}
