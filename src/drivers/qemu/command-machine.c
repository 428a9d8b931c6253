/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine of the command line: board, accelerator, CPU, memory, topology. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/command.h"
#include "drivers/qemu/cpu.h"
#include <string.h>

static const char *onOff(int tristate)
{
    return tristate == VIR_TRISTATE_SWITCH_ON ? "on" : "off";
}

/* ---- -machine, -accel ---- */

static bool hasNvdimm(const virDomainDef *def)
{
    for (unsigned int i = 0; i < def->mems.n; i++)
        if (def->mems.v[i]->model == VIR_DOMAIN_MEMORY_DEVICE_NVDIMM)
            return true;
    return false;
}

/* The machine's main memory is an object of its own, named by the machine, unless NUMA cells carry it. */
static const char *defaultRam(const qemuCommand *cmd)
{
    const qemuMachine *m = cmd->caps ? qemuCapsMachine(cmd->caps, cmd->def->os.machine) : NULL;
    return cmd->def->cpu.cells.n == 0 && m ? m->defaultRam : NULL;
}

void qemuCommandMachine(qemuCommand *cmd)
{
    const virDomainDef *def = cmd->def;
    const virDomainFeatures *f = &def->features;
    const char *ram = defaultRam(cmd);
    g_autoptr(GString) m = g_string_new(def->os.machine);
    if (qemuIsX86(def))
        g_string_append(m, ",usb=off");
    if (f->vmport != VIR_TRISTATE_SWITCH_ABSENT)
        g_string_append_printf(m, ",vmport=%s", onOff(f->vmport));
    if (f->smm)
        g_string_append_printf(m, ",smm=%s", f->smmState == VIR_TRISTATE_SWITCH_OFF ? "off" : "on");
    if (f->ioapicDriver != VIR_DOMAIN_IOAPIC_NONE)
        g_string_append_printf(m, ",kernel_irqchip=%s", f->ioapicDriver == VIR_DOMAIN_IOAPIC_QEMU ? "split" : "on");
    g_string_append_printf(m, ",dump-guest-core=%s", def->dumpCore == VIR_TRISTATE_SWITCH_ON ? "on" : "off");
    if (def->mem.nosharepages)
        g_string_append(m, ",mem-merge=off");
    if (hasNvdimm(def))
        g_string_append(m, ",nvdimm=on");
    if (ram)
        g_string_append_printf(m, ",memory-backend=%s", ram);
    if (def->os.loader && def->os.loaderType == VIR_DOMAIN_LOADER_TYPE_PFLASH) {
        g_string_append(m, ",pflash0=libvirt-pflash0-format");
        if (def->os.nvram)
            g_string_append(m, ",pflash1=libvirt-pflash1-format");
    }
    qemuArg(cmd, "-machine", "%s", m->str);
    if (def->virtType == VIR_DOMAIN_VIRT_KVM && f->kvm.dirtyRing == VIR_TRISTATE_SWITCH_ON)
        qemuArg(cmd, "-accel", "kvm,dirty-ring-size=%u", f->kvm.dirtyRingSize);
    else if (def->virtType != VIR_DOMAIN_VIRT_KVM && f->tbCacheSize > 0)
        qemuArg(cmd, "-accel", "tcg,tb-size=%llu", f->tbCacheSize / 1024);
    else
        qemuArg(cmd, "-accel", "%s", def->virtType == VIR_DOMAIN_VIRT_KVM ? "kvm" : "tcg");
}

/* ---- -cpu ---- */

static void cpuHyperv(const virDomainHypervFeatures *h, GString *out)
{
    const struct {
        virTristateSwitch state;
        const char *name;
    } rows[] = {
        { h->relaxed, "relaxed" },
        { h->vapic, "vapic" },
        { h->spinlocks, "spinlocks" },
        { h->vpindex, "vpindex" },
        { h->runtime, "runtime" },
        { h->synic, "synic" },
        { h->stimer, "stimer" },
        { h->reset, "reset" },
        { h->vendorId, "vendor-id" },
        { h->frequencies, "frequencies" },
        { h->reenlightenment, "reenlightenment" },
        { h->tlbflush, "tlbflush" },
        { h->ipi, "ipi" },
        { h->evmcs, "evmcs" },
        { h->avic, "avic" },
        { h->emsrBitmap, "emsr-bitmap" },
        { h->xmmInput, "xmm-input" },
    };
    if (h->mode == VIR_DOMAIN_HYPERV_MODE_PASSTHROUGH) {
        g_string_append(out, ",hv-passthrough=on");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].state != VIR_TRISTATE_SWITCH_ON)
            continue;
        if (g_str_equal(rows[i].name, "spinlocks"))
            g_string_append_printf(out, ",hv-spinlocks=0x%x", h->spinlockRetries);
        else if (g_str_equal(rows[i].name, "vendor-id"))
            g_string_append_printf(out, ",hv-vendor-id=%s", h->vendorIdValue ? h->vendorIdValue : "");
        else
            g_string_append_printf(out, ",hv-%s=on", rows[i].name);
        if (g_str_equal(rows[i].name, "stimer") && h->stimerDirect == VIR_TRISTATE_SWITCH_ON)
            g_string_append(out, ",hv-stimer-direct=on");
    }
}

static void cpuTimers(const virDomainDef *def, GString *out)
{
    for (unsigned int i = 0; i < def->clock.timers.n; i++) {
        const virDomainTimerDef *t = def->clock.timers.v[i];
        if (t->name == VIR_DOMAIN_TIMER_KVMCLOCK && t->present != VIR_TRISTATE_BOOL_ABSENT)
            g_string_append_printf(out, ",kvmclock=%s", t->present == VIR_TRISTATE_BOOL_YES ? "on" : "off");
        else if (t->name == VIR_DOMAIN_TIMER_HYPERVCLOCK && t->present == VIR_TRISTATE_BOOL_YES)
            g_string_append(out, ",hv-time=on");
        else if (t->name == VIR_DOMAIN_TIMER_TSC && t->frequency > 0)
            g_string_append_printf(out, ",tsc-frequency=%llu", t->frequency);
    }
}

static void cpuKvm(const virDomainDef *def, GString *out)
{
    const virDomainKvmFeatures *k = &def->features.kvm;
    for (unsigned int i = 0; i < def->panics.n; i++)
        if (def->panics.v[i]->model == VIR_DOMAIN_PANIC_MODEL_HYPERV)
            g_string_append(out, ",hv-crash");
    if (k->hidden == VIR_TRISTATE_SWITCH_ON)
        g_string_append(out, ",kvm=off");
    if (k->hintDedicated == VIR_TRISTATE_SWITCH_ON)
        g_string_append(out, ",kvm-hint-dedicated=on");
    if (k->pollControl == VIR_TRISTATE_SWITCH_ON)
        g_string_append(out, ",kvm-poll-control=on");
    if (k->pvIpi == VIR_TRISTATE_SWITCH_OFF)
        g_string_append(out, ",kvm-pv-ipi=off");
}

static void cpuFeatures(const virDomainDef *def, GString *out)
{
    const virDomainFeatures *f = &def->features;
    cpuTimers(def, out);
    if (f->pvspinlock != VIR_TRISTATE_SWITCH_ABSENT)
        g_string_append_printf(out, ",kvm-pv-unhalt=%s", onOff(f->pvspinlock));
    if (f->apicEoi != VIR_TRISTATE_SWITCH_ABSENT)
        g_string_append_printf(out, ",kvm-pv-eoi=%s", onOff(f->apicEoi));
    cpuHyperv(&f->hyperv, out);
    cpuKvm(def, out);
    if (f->pmu != VIR_TRISTATE_SWITCH_ABSENT)
        g_string_append_printf(out, ",pmu=%s", onOff(f->pmu));
    if (def->cpu.hasCache) {
        bool passthrough = def->cpu.cacheMode == VIR_CPU_CACHE_MODE_PASSTHROUGH,
             emulate = def->cpu.cacheMode == VIR_CPU_CACHE_MODE_EMULATE;
        if (passthrough)
            g_string_append(out, ",host-cache-info=on");
        else if (def->cpu.mode == VIR_CPU_MODE_HOST_PASSTHROUGH || def->cpu.mode == VIR_CPU_MODE_MAXIMUM)
            g_string_append_printf(out, ",host-cache-info=off,l3-cache=%s", emulate ? "on" : "off");
        else
            g_string_append_printf(out, ",l3-cache=%s", emulate ? "on" : "off");
    }
    if (def->cpu.hasMaxPhysAddr && def->cpu.maxPhysAddrMode == VIR_CPU_MAX_PHYS_ADDR_PASSTHROUGH)
        g_string_append(out, ",host-phys-bits=on");
    else if (def->cpu.hasMaxPhysAddr && def->cpu.maxPhysAddrBits > 0)
        g_string_append_printf(out, ",phys-bits=%u", def->cpu.maxPhysAddrBits);
}

static void cpuModelFeatures(const virCPUDef *cpu, GString *out)
{
    for (unsigned int i = 0; i < cpu->features.n; i++) {
        const virCPUFeature *f = cpu->features.v[i];
        g_autofree char *name = qemuFeatureName(f->name);
        bool off = f->policy == VIR_CPU_FEATURE_DISABLE || f->policy == VIR_CPU_FEATURE_FORBID;
        if (name)
            g_string_append_printf(out, ",%s=%s", name, off ? "off" : "on");
    }
}

static bool cpuModel(qemuCommand *cmd, GString *out, GError **error)
{
    const virDomainDef *def = cmd->def;
    const qemuMachine *m = cmd->caps ? qemuCapsMachine(cmd->caps, def->os.machine) : NULL;
    g_autoptr(virCPUDef) cpu =
        cmd->caps ? qemuCpuResolve(&def->cpu, def->os.arch, def->virtType == VIR_DOMAIN_VIRT_KVM, cmd->caps, error) : virCPUDefCopy(&def->cpu);
    if (!cpu)
        return false;
    switch (cpu->mode) {
    case VIR_CPU_MODE_HOST_PASSTHROUGH:
        g_string_append(out, "host");
        if (cpu->migratable != VIR_TRISTATE_SWITCH_ABSENT)
            g_string_append_printf(out, ",migratable=%s", onOff(cpu->migratable));
        break;
    case VIR_CPU_MODE_MAXIMUM:
        g_string_append(out, "max");
        if (cpu->migratable != VIR_TRISTATE_SWITCH_ABSENT)
            g_string_append_printf(out, ",migratable=%s", onOff(cpu->migratable));
        break;
    default:
        if (cpu->model) {
            g_string_append(out, cpu->model);
            if (cpu->vendorId)
                g_string_append_printf(out, ",vendor=%s", cpu->vendorId);
        } else if (m && m->defaultCpu) { /* "qemu64-x86_64-cpu" */
            const char *suffix = strstr(m->defaultCpu, cmd->caps->arch);
            g_string_append_len(out, m->defaultCpu,
                                suffix && suffix > m->defaultCpu ? suffix - 1 - m->defaultCpu
                                                                 : (gssize)strlen(m->defaultCpu));
        }
        break;
    }
    cpuModelFeatures(cpu, out);
    return true;
}

bool qemuCommandCpu(qemuCommand *cmd, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    if (!cpuModel(cmd, out, error))
        return false;
    if (qemuIsX86(cmd->def))
        cpuFeatures(cmd->def, out);
    if (out->len > 0)
        qemuArg(cmd, "-cpu", "%s", out->str);
    return true;
}

/* ---- -m and memory objects ---- */

static JsonNode *nodeArray(const virBitmap *map)
{
    JsonArray *array = json_array_new();
    for (int n = virBitmapNext(map, -1); n >= 0; n = virBitmapNext(map, n))
        json_array_add_int_element(array, n);
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(node, array);
    return node;
}

static void addNumaPolicy(JsonObject *o, const virDomainDef *def, int cell)
{
    static const char *const policies[] = { "bind", "preferred", "interleave", "restrictive" };
    const virBitmap *nodes = def->numatune.hasMemory ? def->numatune.nodeset : NULL;
    int mode = def->numatune.mode;
    for (unsigned int i = 0; i < def->numatune.nodes.n; i++)
        if ((int)def->numatune.nodes.v[i]->cellid == cell) {
            nodes = def->numatune.nodes.v[i]->nodeset;
            mode = def->numatune.nodes.v[i]->mode;
        }
    if (nodes && mode != VIR_DOMAIN_NUMATUNE_RESTRICTIVE)
        qmpAdd(o, "o:host-nodes", nodeArray(nodes), "s:policy", policies[mode], NULL);
}

/* One piece of guest memory; `cell` -1: all of it. */
static JsonNode *memoryObject(const qemuCommand *cmd, const char *id, unsigned long long kib, int cell)
{
    const virDomainDef *def = cmd->def;
    const virDomainMemTune *mem = &def->mem;
    int access = cell >= 0 && def->cpu.cells.v[cell]->access ? def->cpu.cells.v[cell]->access : mem->access;
    bool memfd = mem->source == VIR_DOMAIN_MEMORY_SOURCE_MEMFD,
         file = mem->source == VIR_DOMAIN_MEMORY_SOURCE_FILE || (access && !memfd);
    g_autofree char *path = file ? g_strdup_printf("%s/%s", cmd->memoryDir, id) : NULL;
    JsonNode *node = qmpArgs("s:qom-type",
                             memfd  ? "memory-backend-memfd"
                             : file ? "memory-backend-file"
                                    : "memory-backend-ram",
                             "s:id", id, "s:mem-path", path, NULL);
    JsonObject *o = json_node_get_object(node);
    if (memfd && mem->hugepages)
        qmpAdd(o, "b:hugetlb", TRUE, NULL);
    if (mem->discard && (file || memfd))
        qmpAdd(o, "b:discard-data", TRUE, NULL);
    if (file || memfd)
        qmpAdd(o, "b:share", access == VIR_DOMAIN_MEMORY_ACCESS_SHARED, NULL);
    if ((file || memfd) && cell < 0)
        qmpAdd(o, "b:x-use-canonical-path-for-ramblock-id", FALSE, NULL);
    if (mem->allocation == VIR_DOMAIN_MEMORY_ALLOCATION_IMMEDIATE)
        qmpAdd(o, "b:prealloc", TRUE, "P:prealloc-threads", mem->allocationThreads, NULL);
    qmpAdd(o, "U:size", kib * 1024, NULL);
    addNumaPolicy(o, def, cell);
    return node;
}

bool qemuCommandMemory(qemuCommand *cmd, GError **error)
{
    const virDomainDef *def = cmd->def;
    const char *ram = defaultRam(cmd);
    unsigned long long memory = def->cpu.cells.n ? 0 : def->memory;
    for (unsigned int i = 0; i < def->cpu.cells.n; i++)
        memory += (def->cpu.cells.v[i]->memory + 1023) / 1024 * 1024;
    if (def->maxMemory > 0)
        qemuArg(cmd, "-m", "size=%lluk,slots=%u,maxmem=%lluk", memory, def->memorySlots, def->maxMemory);
    else
        qemuArg(cmd, "-m", "%llu", (memory + 1023) / 1024);
    if (ram)
        qemuArgJson(cmd, "-object", memoryObject(cmd, ram, (def->memory + 1023) / 1024 * 1024, -1));
    else if (def->cpu.cells.n == 0 && def->mem.allocation == VIR_DOMAIN_MEMORY_ALLOCATION_IMMEDIATE)
        qemuArg(cmd, "-mem-prealloc", NULL);
    return true;
}

bool qemuCommandNuma(qemuCommand *cmd, GError **error)
{
    const virDomainDef *def = cmd->def;
    for (unsigned int i = 0; i < def->cpu.cells.n; i++) {
        const virNumaCell *cell = def->cpu.cells.v[i];
        g_autofree char *id = g_strdup_printf("ram-node%u", i);
        g_autoptr(GString) numa = g_string_new(NULL);
        g_string_printf(numa, "node,nodeid=%u", i);
        for (int from = cell->cpus ? virBitmapNext(cell->cpus, -1) : -1; from >= 0;) {
            int to = from;
            while (virBitmapHas(cell->cpus, to + 1))
                to++;
            g_string_append_printf(numa, from == to ? ",cpus=%d" : ",cpus=%d-%d", from, to);
            from = virBitmapNext(cell->cpus, to);
        }
        g_string_append_printf(numa, ",memdev=%s", id);
        qemuArgJson(cmd, "-object", memoryObject(cmd, id, (cell->memory + 1023) / 1024 * 1024, i));
        qemuArg(cmd, "-numa", "%s", numa->str);
    }
    for (unsigned int i = 0; i < def->cpu.cells.n; i++)
        for (unsigned int k = 0; k < def->cpu.cells.v[i]->distances.n; k++)
            qemuArg(cmd, "-numa", "dist,src=%u,dst=%u,val=%u", i, def->cpu.cells.v[i]->distances.v[k]->id,
                    def->cpu.cells.v[i]->distances.v[k]->value);
    return true;
}

void qemuCommandSmp(qemuCommand *cmd)
{
    const virDomainDef *def = cmd->def;
    const virCPUDef *cpu = &def->cpu;
    g_autoptr(GString) smp = g_string_new(NULL);
    g_string_printf(smp, "%u", def->vcpus);
    if (def->maxVcpus != def->vcpus)
        g_string_append_printf(smp, ",maxcpus=%u", def->maxVcpus);
    if (virCPUTopologyCount(cpu) > 0)
        g_string_append_printf(smp, ",sockets=%u,dies=%u,cores=%u,threads=%u", cpu->sockets, MAX(cpu->dies, 1),
                               cpu->cores, cpu->threads);
    else
        g_string_append_printf(smp, ",sockets=%u,cores=1,threads=1", def->maxVcpus);
    qemuArg(cmd, "-smp", "%s", smp->str);
}
