/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls for every architecture. Those without a table of features compare models by name. */
#define VIR_FROM VIR_FROM_CPU
#include "cpu/map.h"
#include <string.h>

bool virCpuIsX86(virArch arch)
{
    return arch == VIR_ARCH_X86_64 || arch == VIR_ARCH_I686;
}

/* NULL and an error: nothing is known of it. */
static const virCpuNames *namesOf(virArch arch, GError **error)
{
    const virCpuNames *names = virCpuNamesOf(virArchToString(arch));
    if (!names)
        virSetError(error, VIR_ERR_NO_SUPPORT, "'%s' architecture is not supported by CPU driver", virArchToString(arch));
    return names;
}

bool virCpuSameKind(virArch a, virArch b)
{
    return a == b || (virCpuIsX86(a) && virCpuIsX86(b)) || (namesOf(a, NULL) && namesOf(a, NULL) == namesOf(b, NULL));
}

char **virCpuModelNames(virArch arch, GError **error)
{
    if (virCpuIsX86(arch))
        return virCpuX86ModelNames();
    const virCpuNames *names = namesOf(arch, error);
    return !names ? NULL : names->models ? g_strdupv(names->models) : g_new0(char *, 1);
}

bool virCpuHasModels(virArch arch)
{
    return virCpuIsX86(arch) || namesOf(arch, NULL);
}

const char *virCpuModelVendor(virArch arch, const char *model)
{
    const virCpuModel *m = virCpuIsX86(arch) && model ? g_hash_table_lookup(virCpuMapX86()->modelByName, model) : NULL;
    if (m)
        return m->family ? m->family->vendor : NULL;
    const virCpuNames *names = model && !virCpuIsX86(arch) ? namesOf(arch, NULL) : NULL;
    for (int i = 0; names && names->models && names->models[i]; i++)
        if (g_str_equal(names->models[i], model))
            return names->vendors[i];
    return NULL;
}

static const virCpuFeature *findFeature(virArch arch, const char *feature)
{
    const virCpuMap *map = virCpuIsX86(arch) ? virCpuMapX86() : NULL;
    guint place = map ? GPOINTER_TO_UINT(g_hash_table_lookup(map->featureByName, feature)) : 0;
    return place > 0 ? map->features->pdata[place - 1] : NULL;
}

bool virCpuFeatureKnown(virArch arch, const char *feature)
{
    const virCpuNames *names = virCpuIsX86(arch) ? NULL : namesOf(arch, NULL);
    if (virCpuIsX86(arch))
        return findFeature(arch, feature) != NULL;
    return !names || !names->features || g_strv_contains((const char *const *)names->features, feature);
}

bool virCpuFeatureIsMsr(virArch arch, const char *feature)
{
    const virCpuFeature *f = findFeature(arch, feature);
    return f && f->msr;
}

const char *virCpuFeatureName(virArch arch, guint i)
{
    const virCpuMap *map = virCpuIsX86(arch) ? virCpuMapX86() : NULL;
    return map && i < map->features->len ? ((const virCpuFeature *)map->features->pdata[i])->name : NULL;
}

bool virCpuFeatureMigratable(virArch arch, const char *feature)
{
    const virCpuFeature *f = findFeature(arch, feature);
    return !f || f->migratable;
}

bool virCpuModelHas(virArch arch, const char *model, const char *feature)
{
    const virCpuModel *m = virCpuIsX86(arch) && model ? g_hash_table_lookup(virCpuMapX86()->modelByName, model) : NULL;
    guint place = m ? GPOINTER_TO_UINT(g_hash_table_lookup(virCpuMapX86()->featureByName, feature)) : 0;
    return place > 0 && virCpuSetHas(&m->features, place - 1);
}

/* ---- comparison ---- */

static virCpuResult compareNames(const virCPUDef *host, const virCPUDef *cpu, char **why)
{
    const virCpuNames *names = namesOf(host->arch, NULL);
    if (!names || names->any || g_strcmp0(host->model, cpu->model) == 0)
        return VIR_CPU_IDENTICAL;
    *why = g_strdup_printf("host CPU model does not match required CPU model %s", cpu->model);
    return VIR_CPU_INCOMPATIBLE;
}

virCpuResult virCpuCompare(const virCPUDef *host, const virCPUDef *cpu, bool fail, GError **error)
{
    g_autofree char *why = NULL;
    virCpuResult result = VIR_CPU_INCOMPATIBLE;
    if (cpu->arch && !virCpuSameKind(cpu->arch, host->arch))
        why = g_strdup_printf("CPU arch %s does not match host arch", virArchToString(cpu->arch));
    else if (!cpu->model && cpu->features.n == 0)
        return VIR_CPU_SUPERSET;
    else
        result = virCpuIsX86(host->arch) ? virCpuX86Compare(host, cpu, &why, error) : compareNames(host, cpu, &why);
    if (result != VIR_CPU_INCOMPATIBLE || !fail)
        return result;
    virSetError(error, VIR_ERR_CPU_INCOMPATIBLE, "%s", why);
    return VIR_CPU_ERROR;
}

/* ---- baseline ---- */

static virCPUDef *named(const char *model, virCPUFallback fallback)
{
    virCPUDef *def = g_new0(virCPUDef, 1);
    *def = (virCPUDef){ .given = true,
                        .mode = VIR_CPU_MODE_CUSTOM,
                        .match = VIR_CPU_MATCH_EXACT,
                        .model = g_strdup(model),
                        .fallback = fallback };
    return def;
}

static virCPUDef *baselineNames(const virCpuNames *names, virCPUDef *const *cpus, guint n, GError **error)
{
    if (names->any)
        return named(cpus[0]->model, VIR_CPU_FALLBACK_ALLOW);
    for (guint i = 0; i < n; i++) {
        const char *vendor = cpus[i]->vendor;
        if (!g_strv_contains((const char *const *)names->models, cpus[i]->model)) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unknown CPU model %s", cpus[i]->model);
            return NULL;
        }
        if (vendor && !g_strv_contains((const char *const *)names->vendors, vendor)) {
            virSetError(error, VIR_ERR_OPERATION_FAILED, "Unknown CPU vendor %s", vendor);
            return NULL;
        }
        if (!g_str_equal(cpus[i]->model, cpus[0]->model)) {
            virSetError(error, VIR_ERR_OPERATION_FAILED, "CPUs are incompatible");
            return NULL;
        }
    }
    return named(cpus[0]->model, VIR_CPU_FALLBACK_FORBID);
}

virCPUDef *virCpuBaseline(virCPUDef *const *cpus, guint n, const virCpuChoice *choice, GError **error)
{
    virArch arch = cpus[0]->arch ? cpus[0]->arch : VIR_ARCH_X86_64;
    const virCpuNames *names = virCpuIsX86(arch) ? NULL : namesOf(arch, error);
    if (!virCpuIsX86(arch) && !names)
        return NULL;
    for (guint i = 1; i < n; i++)
        if (cpus[i]->arch && !virCpuSameKind(cpus[i]->arch, arch)) {
            virSetError(error, VIR_ERR_OPERATION_FAILED, "CPUs are incompatible");
            return NULL;
        }
    if (arch == VIR_ARCH_S390 || arch == VIR_ARCH_S390X) {      /* only its emulator can */
        virSetError(error, VIR_ERR_NO_SUPPORT, "cannot compute baseline CPU of %s architecture", virArchToString(arch));
        return NULL;
    }
    virCPUDef *cpu = names ? baselineNames(names, cpus, n, error) : virCpuX86Baseline(cpus, n, choice, error);
    if (cpu)
        cpu->arch = arch;
    return cpu;
}

bool virCpuExpand(virCPUDef *cpu, virArch arch, GError **error)
{
    return virCpuIsX86(arch) && cpu->model ? virCpuX86Expand(cpu, error) : true;
}

/* Offers of names that are spelled otherwise here ("power9") count. */
static bool translateName(const virCPUDef *cpu, virArch arch, const virCpuChoice *choice, GError **error)
{
    const virCpuNames *names = namesOf(arch, error);
    bool known = names && (names->any || g_strv_contains((const char *const *)names->models, cpu->model));
    bool exact = cpu->fallback == VIR_CPU_FALLBACK_FORBID;      /* as a machine's own CPU is written down */
    for (guint i = 0; i < choice->noffers; i++)
        if ((known && g_ascii_strcasecmp(choice->offers[i].name, cpu->model) == 0) || (exact && g_str_equal(choice->offers[i].name, cpu->model)))
            return names != NULL;
    if (!names)
        return false;
    if (cpu->fallback == VIR_CPU_FALLBACK_FORBID)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "CPU model %s is not supported by hypervisor", cpu->model);
    else
        virSetError(error, VIR_ERR_NO_SUPPORT, "cannot translate CPU model %s to a supported model", cpu->model);
    return false;
}

bool virCpuTranslate(virCPUDef *cpu, virArch arch, const virCpuChoice *choice, GError **error)
{
    if (!cpu->model)
        return true;
    return virCpuIsX86(arch) ? virCpuX86Translate(cpu, choice, error) : translateName(cpu, arch, choice, error);
}

bool virCpuUpdate(virCPUDef *guest, const virCPUDef *host, GError **error)
{
    return virCpuIsX86(host->arch) && host->model ? virCpuX86Update(guest, host, error) : true;
}
