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

static void append(GString *out, const char *name, int tristate)
{
    if (tristate != VIR_TRISTATE_SWITCH_ABSENT)
        g_string_append_printf(out, ",%s=%s", name, onOff(tristate));
}

/* What only mainframes and POWER servers have. */
static void machineSpecials(const virDomainDef *def, GString *out)
{
    static const char *const levels[] = { NULL, "broken", "workaround", "fixed" };
    static const char *const ibs[] = { NULL, "broken", "workaround", "fixed-ibs", "fixed-ccd", "fixed-na" };
    const virDomainFeatures *f = &def->features;
    for (unsigned int i = 0; i < def->keywrap.n; i++)
        g_string_append_printf(out, ",%s-key-wrap=%s", virDomainKeyWrapCipherToString(def->keywrap.v[i]->name), onOff(def->keywrap.v[i]->state));
    if (def->os.arch == VIR_ARCH_AARCH64 && f->gicVersion)
        g_string_append_printf(out, ",gic-version=%s", virGicVersionToString(f->gicVersion));
    if (f->hptResizing)
        g_string_append_printf(out, ",resize-hpt=%s", virDomainHptResizingToString(f->hptResizing));
    if (f->hptMaxPageSize)
        g_string_append_printf(out, ",cap-hpt-max-page-size=%lluk", f->hptMaxPageSize);
    append(out, "cap-htm", f->htm);
    append(out, "cap-nested-hv", f->nestedHv);
    append(out, "cap-ccf-assist", f->ccfAssist);
    if (f->cfpc)
        g_string_append_printf(out, ",cap-cfpc=%s", levels[f->cfpc]);
    if (f->sbbc)
        g_string_append_printf(out, ",cap-sbbc=%s", levels[f->sbbc]);
    if (f->ibs)
        g_string_append_printf(out, ",cap-ibs=%s", ibs[f->ibs]);
    append(out, "ras", f->rasFeature);
}

/* The mainframe's loader is told by the disk that comes first. */
static const char *loadparm(const virDomainDef *def)
{
    const virDeviceInfo *first = NULL;
    for (unsigned int i = 0; i < def->disks.n; i++) {
        const virDeviceInfo *info = &def->disks.v[i]->info;
        if (info->bootIndex && (!first || info->bootIndex < first->bootIndex))
            first = info;
    }
    return first ? first->loadparm : NULL;
}

void qemuCommandMachine(qemuCommand *cmd)
{
    const virDomainDef *def = cmd->def;
    const virDomainFeatures *f = &def->features;
    const char *ram = qemuDefaultRam(cmd), *parm = loadparm(def);
    g_autoptr(GString) m = g_string_new(def->os.machine);
    g_string_append(m, ",usb=off");
    if (f->vmport != VIR_TRISTATE_SWITCH_ABSENT)
        g_string_append_printf(m, ",vmport=%s", onOff(f->vmport));
    if (f->smm)
        g_string_append_printf(m, ",smm=%s", f->smmState == VIR_TRISTATE_SWITCH_OFF ? "off" : "on");
    if (f->ioapicDriver != VIR_DOMAIN_IOAPIC_NONE)
        g_string_append_printf(m, ",kernel_irqchip=%s", f->ioapicDriver == VIR_DOMAIN_IOAPIC_QEMU ? "split" : "on");
    machineSpecials(def, m);
    g_string_append_printf(m, ",dump-guest-core=%s", def->dumpCore == VIR_TRISTATE_SWITCH_ON ? "on" : "off");
    if (def->mem.nosharepages)
        g_string_append(m, ",mem-merge=off");
    if (hasNvdimm(def))
        g_string_append(m, ",nvdimm=on");
    if (ram)
        g_string_append_printf(m, ",memory-backend=%s", ram);
    if (def->os.loader && def->os.loaderType == VIR_DOMAIN_LOADER_TYPE_PFLASH) {
        g_string_append(m, ",pflash0=libvirt-pflash0-format");
        if (def->os.nvram || def->os.nvramSource.type != VIR_STORAGE_NONE)
            g_string_append(m, ",pflash1=libvirt-pflash1-format");
    }
    if (qemuHasHmat(def))
        g_string_append(m, ",hmat=on");
    if (def->os.arch == VIR_ARCH_PPC64 && def->cpu.mode == VIR_CPU_MODE_HOST_MODEL && def->cpu.model)
        g_string_append_printf(m, ",max-cpu-compat=%s", def->cpu.model);
    if (parm)
        g_string_append_printf(m, ",loadparm=%s", parm);
    if (def->launchSecurity)
        g_string_append(m, ",confidential-guest-support=lsec0");
    qemuCommandEnclaves(cmd, m);
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
            g_string_append(out, def->cpu.mode == VIR_CPU_MODE_CUSTOM ? ",host-cache-info=on" : ",host-cache-info=on,l3-cache=off");
        else if (!emulate && (def->cpu.mode == VIR_CPU_MODE_HOST_PASSTHROUGH || def->cpu.mode == VIR_CPU_MODE_MAXIMUM))
            g_string_append(out, ",host-cache-info=off,l3-cache=off");
        else if (def->cpu.mode == VIR_CPU_MODE_HOST_PASSTHROUGH || def->cpu.mode == VIR_CPU_MODE_MAXIMUM)
            g_string_append_printf(out, ",l3-cache=%s,host-cache-info=off", emulate ? "on" : "off");
        else
            g_string_append_printf(out, ",l3-cache=%s", emulate ? "on" : "off");
    }
    if (def->cpu.hasMaxPhysAddr && def->cpu.maxPhysAddrMode == VIR_CPU_MAX_PHYS_ADDR_PASSTHROUGH)
        g_string_append(out, ",host-phys-bits=on");
    else if (def->cpu.hasMaxPhysAddrBits)
        g_string_append_printf(out, ",phys-bits=%u", def->cpu.maxPhysAddrBits);
}

static void cpuModelFeatures(const virCPUDef *cpu, GString *out)
{
    for (unsigned int i = 0; i < cpu->features.n; i++) {
        const virCPUFeature *f = cpu->features.v[i];
        g_autofree char *name = qemuFeatureName(f->name);
        bool off = f->policy == VIR_CPU_FEATURE_DISABLE || f->policy == VIR_CPU_FEATURE_FORBID;
        if (off && g_str_equal(f->name, "pconfig"))
            continue; /* QEMU has no such feature any more; documents say so because old ones had it in a model */
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
        if (cpu->migratable != VIR_TRISTATE_SWITCH_ABSENT && (!cmd->caps || qemuHasMigratable(cmd->caps)))
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
        } else if (m && m->defaultCpu && qemuIsX86(def)) {
            g_string_append(out, m->defaultCpu);
        }
        break;
    }
    cpuModelFeatures(cpu, out);
    return true;
}

bool qemuCommandCpu(qemuCommand *cmd, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    for (unsigned int i = 0; cmd->caps && i < cmd->def->clock.timers.n; i++) {
        const virDomainTimerDef *t = cmd->def->clock.timers.v[i];
        if (t->name == VIR_DOMAIN_TIMER_TSC && t->frequency > 0 && !qemuCpuCheckTsc(t->frequency, error))
            return false;
    }
    if (!cpuModel(cmd, out, error))
        return false;
    if (qemuIsX86(cmd->def))
        cpuFeatures(cmd->def, out);
    if (out->len > 0)
        qemuArg(cmd, "-cpu", "%s", out->str);
    return true;
}

/* ---- -smp ---- */

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
