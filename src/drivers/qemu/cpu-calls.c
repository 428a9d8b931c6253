/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls about CPUs: compare and baseline against the host or against what an emulator makes of it. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/cpu.h"
#include "drivers/qemu/qemu.h"
#include <string.h>

enum {
    COMPARE_FLAGS = VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE | VIR_CONNECT_COMPARE_CPU_VALIDATE_XML,
    BASELINE_FLAGS = VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES | VIR_CONNECT_BASELINE_CPU_MIGRATABLE,
};

static int compareCPU(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, COMPARE_FLAGS, VIR_FROM, "qemuConnectCompareCPU", error))
        return VIR_CPU_COMPARE_ERROR;
    return virCpuCompareXml(qemuHostCpu(virHostLocal()), 0, xml, flags, error);
}

static char *baselineCPU(virConnectPtr conn, const char **xml, unsigned int n, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, BASELINE_FLAGS, VIR_FROM, "qemuConnectBaselineCPU", error))
        return NULL;
    virCpuChoice choice = { .keep = qemuFeatureSettable };
    return virCpuBaselineXml(xml, n, VIR_CPU_DOCUMENT_HOST, 0, &choice, flags, error);
}

static int modelNames(virConnectPtr conn, const char *arch, char ***models, unsigned int flags, GError **error)
{
    return virFlagsCheck(flags, 0, VIR_FROM, "qemuConnectGetCPUModelNames", error) ? virCpuModelList(arch, models, VIR_FROM, error) : -1;
}

static qemuCaps *choose(virConnectPtr conn, const char *emulator, const char *arch, const char *machine, const char *type,
                        qemuChoice *choice, GError **error)
{
    return qemuChoose(qemuDriverOf(virEngineOf(conn))->caps, emulator, arch, machine, type, choice, error);
}

static int compareHypervisorCPU(virConnectPtr conn, const char *emulator, const char *arch, const char *machine, const char *type,
                                const char *xml, unsigned int flags, GError **error)
{
    qemuChoice c;
    if (!virFlagsCheck(flags, COMPARE_FLAGS, VIR_FROM, "qemuConnectCompareHypervisorCPU", error))
        return VIR_CPU_COMPARE_ERROR;
    g_autoptr(qemuCaps) caps = choose(conn, emulator, arch, machine, type, &c, error);
    if (!caps)
        return VIR_CPU_COMPARE_ERROR;
    g_autoptr(virCPUDef) best = qemuHostModel(caps, c.arch, c.kvm, false);
    if (best)
        return virCpuCompareXml(best, 0, xml, flags, error);
    virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "QEMU '%s' does not support reporting CPU model for virttype '%s'", caps->binary,
                c.kvm ? "kvm" : "qemu");
    return VIR_CPU_COMPARE_ERROR;
}

static char *baselineHypervisorCPU(virConnectPtr conn, const char *emulator, const char *arch, const char *machine, const char *type,
                                   const char **xml, unsigned int n, unsigned int flags, GError **error)
{
    qemuChoice c;
    if (!virFlagsCheck(flags, BASELINE_FLAGS, VIR_FROM, "qemuConnectBaselineHypervisorCPU", error))
        return NULL;
    g_autoptr(qemuCaps) caps = choose(conn, emulator, arch, machine, type, &c, error);
    if (!caps)
        return NULL;
    if (!caps->cpus[c.kvm] || caps->cpus[c.kvm]->len == 0) {
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "QEMU '%s' does not support any CPU models for virttype '%s'", caps->binary,
                    c.kvm ? "kvm" : "qemu");
        return NULL;
    }
    if (c.arch == VIR_ARCH_S390X)
        return qemuCpuAskBaseline(qemuDriverOf(virEngineOf(conn))->caps, caps, c.kvm, xml, n, flags, error);
    if (!virCpuIsX86(c.arch)) {
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "computing baseline hypervisor CPU is not supported for arch %s",
                    virArchToString(c.arch));
        return NULL;
    }
    g_auto(qemuCpuOffers) offers;
    qemuCpuOffersInit(&offers, caps, c.kvm);
    offers.choice.keep = qemuFeatureSettable;
    return virCpuBaselineXml(xml, n, VIR_CPU_DOCUMENT_ANY, c.arch, &offers.choice, flags, error);
}

void qemuCpuTable(virHypervisorDriver *table)
{
    table->connectCompareCPU = compareCPU;
    table->connectBaselineCPU = baselineCPU;
    table->connectGetCPUModelNames = modelNames;
    table->connectCompareHypervisorCPU = compareHypervisorCPU;
    table->connectBaselineHypervisorCPU = baselineHypervisorCPU;
}
