/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public calls as they come: XML and flags in, XML or a number out; the same for every driver. */
#define VIR_FROM VIR_FROM_CPU
#include "cpu/cpu.h"
#include <libvirt/libvirt.h>
#include <stdlib.h>
#include <string.h>

int virCpuCompareXml(const virCPUDef *host, virArch arch, const char *xml, unsigned int flags, GError **error)
{
    g_autoptr(virCPUDef) cpu = virCPUDefParse(xml, VIR_CPU_DOCUMENT_ANY, flags & VIR_CONNECT_COMPARE_CPU_VALIDATE_XML, error);
    if (!cpu)
        return VIR_CPU_COMPARE_ERROR;
    if (arch && !cpu->arch)
        cpu->arch = arch;
    return virCpuCompare(host, cpu, flags & VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE, error);
}

static void dropFeatures(virCPUDef *cpu, bool (*keep)(const char *feature))
{
    for (unsigned int i = 0; i < cpu->features.n;) {
        if (keep(cpu->features.v[i]->name)) {
            i++;
            continue;
        }
        virCPUDefDropFeature(cpu, i);
    }
}

static virCPUDef *baseline(const char *const *xml, guint n, virCPUDocument kind, virArch arch, const virCpuChoice *choice, unsigned int flags,
                           GError **error)
{
    g_autoptr(GPtrArray) cpus = g_ptr_array_new_with_free_func((GDestroyNotify)virCPUDefFree);
    for (guint i = 0; i < n; i++) {
        virCPUDef *cpu = virCPUDefParse(xml[i], kind, false, error);
        if (!cpu)
            return NULL;
        g_ptr_array_add(cpus, cpu);
        if (arch)
            cpu->arch = arch;
        if (choice && choice->keep)
            dropFeatures(cpu, choice->keep);
        if (!cpu->model) {
            virSetError(error, VIR_ERR_INVALID_ARG, "no CPU model specified at index %u", i);
            return NULL;
        }
    }
    virCpuChoice rules = choice ? *choice : (virCpuChoice){ 0 };
    rules.migratable = flags & VIR_CONNECT_BASELINE_CPU_MIGRATABLE;
    return virCpuBaseline((virCPUDef *const *)cpus->pdata, cpus->len, &rules, error);
}

char *virCpuBaselineXml(const char *const *xml, guint n, virCPUDocument kind, virArch arch, const virCpuChoice *choice, unsigned int flags,
                        GError **error)
{
    if (n == 0) {
        virSetError(error, VIR_ERR_INVALID_ARG, "no CPUs given");
        return NULL;
    }
    g_autoptr(virCPUDef) cpu = baseline(xml, n, kind, arch, choice, flags, error);
    if (!cpu || ((flags & VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES) && !virCpuExpand(cpu, cpu->arch, error)))
        return NULL;
    return virCPUDefFormat(cpu);
}

int virCpuModelList(const char *name, char ***models, int from, GError **error)
{
    int arch = virArchFromString(name);
    if (arch <= 0) {
        virErrorSet(error, from, VIR_ERR_INVALID_ARG, "cannot find architecture %s", name);
        return -1;
    }
    g_auto(GStrv) names = virCpuModelNames(arch, error);
    if (!names)
        return -1;
    int n = g_strv_length(names);
    if (models) {               /* the caller frees with free() */
        *models = calloc(n + 1, sizeof(char *));
        for (int i = 0; i < n; i++)
            (*models)[i] = strdup(names[i]);
    }
    return n;
}
