/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this QEMU can make of the CPU that a guest asks for. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/cpu.h"
#include "host/cpu-id.h"
#include <string.h>
#include <sys/utsname.h>

/* ---- names ---- */

/* Names that differ in more than '_' for '-'. NULL: QEMU has no such property, the feature comes and goes with others. */
static const struct {
    const char *ours, *qemus;
} names[] = {
    { "pclmuldq", "pclmulqdq" }, { "sse4.1", "sse4.1" }, { "sse4.2", "sse4.2" }, { "cmt", NULL },
    { "mbm_total", NULL },       { "mbm_local", NULL },  { "osxsave", NULL },    { "ospke", NULL },
};

char *qemuFeatureName(const char *feature)
{
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_equal(names[i].ours, feature))
            return g_strdup(names[i].qemus);
    return g_strdelimit(g_strdup(feature), "_", '-');
}

bool qemuFeatureSettable(const char *feature)
{
    g_autofree char *name = qemuFeatureName(feature);
    return name != NULL;
}

/* NULL: a property that is no feature of our tables. */
static const char *ourFeature(virArch arch, const char *theirs)
{
    static GHashTable *map;
    if (!virCpuIsX86(arch))
        return NULL;
    if (g_once_init_enter(&map)) {
        GHashTable *m = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        const char *ours;
        for (guint i = 0; (ours = virCpuFeatureName(arch, i)); i++) {
            char *name = qemuFeatureName(ours);
            g_hash_table_insert(m, g_strdup(ours), (gpointer)ours);
            if (name)
                g_hash_table_insert(m, name, (gpointer)ours);
        }
        g_once_init_leave(&map, m);
    }
    return g_hash_table_lookup(map, theirs);
}

static char **ourFeatures(virArch arch, char *const *theirs)
{
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    for (int i = 0; theirs && theirs[i]; i++) {
        const char *name = ourFeature(arch, theirs[i]);
        if (name)
            g_strv_builder_add(list, name);
    }
    return g_strv_builder_end(list);
}

/* ---- the host ---- */

const virCPUDef *qemuHostCpu(const virHost *host)
{
    static virCPUDef *cpu;
    if (g_once_init_enter(&cpu)) {
        struct utsname uts;
        int arch = uname(&uts) == 0 ? virArchFromString(uts.machine) : -1;
        virCpuReader reader = { virHostCpuRead, (gpointer)host };
        virCPUDef *found = virCpuIsX86(arch) ? virCpuDetect(arch, &reader) : NULL;
        bool scaling = false;
        if (!found)
            found = g_new0(virCPUDef, 1);
        found->arch = MAX(arch, 0);
        if (virHostTsc(host, &found->counterFrequency, &scaling)) {
            found->counter = g_strdup("tsc");
            found->counterScaling = scaling ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_NO;
        }
        g_once_init_leave(&cpu, found);
    }
    return cpu;
}

/* ---- what QEMU offers ---- */

/* Architectures that QEMU lists models of; the others have neither a list nor a "max" worth its name. */
bool qemuHasMaximum(virArch arch)
{
    return virCpuIsX86(arch) || arch == VIR_ARCH_AARCH64 || arch == VIR_ARCH_ARMV7L || arch == VIR_ARCH_ARMV6L || arch == VIR_ARCH_S390X;
}

/* Features that QEMU has here, but not for a guest that may be migrated. */
static char **unmovable(virArch arch, const qemuCpuBest *best)
{
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    for (int i = 0; best && best->features[i]; i++) {
        const char *name = ourFeature(arch, best->features[i]);
        if (name && !g_strv_contains((const char *const *)best->migratable, best->features[i]))
            g_strv_builder_add(list, name);
    }
    return g_strv_builder_end(list);
}

void qemuCpuOffersInit(qemuCpuOffers *o, const qemuCaps *caps, bool kvm)
{
    GPtrArray *models = caps->cpus[kvm];
    virArch arch = g_str_equal(caps->arch, "i386") ? VIR_ARCH_I686 : virArchFromString(caps->arch);
    *o = (qemuCpuOffers){ .offers = g_array_new(FALSE, TRUE, sizeof(virCpuOffer)),
                          .owned = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev) };
    for (guint i = 0; models && i < models->len; i++) {
        const qemuCpuModel *m = models->pdata[i];
        char **blockers = ourFeatures(arch, m->blockers);
        virCpuOffer offer = { m->name, (const char *const *)blockers };
        g_ptr_array_add(o->owned, blockers);
        g_array_append_val(o->offers, offer);
    }
    o->unmovable = unmovable(arch, caps->best[kvm]);
    o->choice = (virCpuChoice){ .unmovable = (const char *const *)o->unmovable, .offers = (const virCpuOffer *)(void *)o->offers->data, .noffers = o->offers->len };
}

void qemuCpuOffersClear(qemuCpuOffers *o)
{
    g_clear_pointer(&o->offers, g_array_unref);
    g_clear_pointer(&o->owned, g_ptr_array_unref);
    g_clear_pointer(&o->unmovable, g_strfreev);
}

static const char *vendorName(const char *cpuid)
{
    static const struct {
        const char *cpuid, *name;
    } vendors[] = { { "GenuineIntel", "Intel" }, { "AuthenticAMD", "AMD" }, { "HygonGenuine", "Hygon" } };
    for (guint i = 0; i < G_N_ELEMENTS(vendors); i++)
        if (g_strcmp0(cpuid, vendors[i].cpuid) == 0)
            return vendors[i].name;
    return NULL;
}

bool qemuHasMigratable(const qemuCaps *caps)
{
    return !g_str_equal(caps->arch, "i386");
}

virCPUDef *qemuHostModel(const qemuCaps *caps, virArch arch, bool kvm, bool migratable)
{
    const qemuCpuBest *best = caps->best[kvm];
    if (!best || !virCpuIsX86(arch))
        return NULL;
    virCPUDef like = { .vendor = (char *)vendorName(best->vendor),
                       .hasSignature = true,
                       .family = best->family,
                       .modelNumber = best->model,
                       .stepping = best->stepping };
    g_auto(GStrv) all = ourFeatures(arch, best->features);
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    for (int i = 0; all[i]; i++)
        if (qemuHasMigratable(caps) || !virCpuFeatureIsMsr(arch, all[i]))
            g_strv_builder_add(list, all[i]);
    g_auto(GStrv) features = g_strv_builder_end(list), movable = ourFeatures(arch, best->migratable);
    g_auto(qemuCpuOffers) offers;
    qemuCpuOffersInit(&offers, caps, kvm);
    virCPUDef *cpu = virCpuFromFeatures(arch, (const char *const *)features, &like, false, &offers.choice);
    for (unsigned int i = 0; cpu && migratable && i < cpu->features.n;) {
        virCPUFeature *f = cpu->features.v[i];
        if (f->policy != VIR_CPU_FEATURE_REQUIRE || g_strv_contains((const char *const *)movable, f->name)) {
            i++;
            continue;
        }
        virCPUDefDropFeature(cpu, i);
    }
    if (cpu) {
        cpu->arch = arch;
        cpu->fallback = VIR_CPU_FALLBACK_FORBID;
    }
    return cpu;
}

/* ---- a guest's ---- */

/* Features as the document has them, over those of the host's model. */
static void mergeFeatures(virCPUDef *into, const virCPUDef *wishes)
{
    for (unsigned int i = 0; i < wishes->features.n; i++)
        virCPUDefSetFeature(into, wishes->features.v[i]->name, wishes->features.v[i]->policy);
}

static bool checkFeatures(const virCPUDef *cpu, virArch arch, GError **error)
{
    for (unsigned int i = 0; i < cpu->features.n; i++)
        if (!virCpuFeatureKnown(arch, cpu->features.v[i]->name)) {
            virErrorSet(error, VIR_FROM_CPU, VIR_ERR_CONFIG_UNSUPPORTED, "unknown CPU feature: %s", cpu->features.v[i]->name);
            return false;
        }
    return true;
}

/* The host's processor and what KVM adds to it. */
static virCPUDef *wholeHost(const virCPUDef *host, const virCPUDef *model)
{
    virCPUDef *whole = virCPUDefCopy(host);
    whole->arch = host->arch;
    g_autoptr(virCPUDef) all = virCPUDefCopy(model);
    if (!virCpuExpand(all, host->arch, NULL))
        return whole;
    for (unsigned int i = 0; i < all->features.n; i++)
        if (all->features.v[i]->policy == VIR_CPU_FEATURE_REQUIRE && !virCpuModelHas(host->arch, whole->model, all->features.v[i]->name))
            virCPUDefSetFeature(whole, all->features.v[i]->name, VIR_CPU_FEATURE_REQUIRE);
    return whole;
}

static bool compare(const virCPUDef *cpu, const virCPUDef *model, bool kvm, GError **error)
{
    const virCPUDef *real = qemuHostCpu(virHostLocal());
    g_autoptr(virCPUDef) whole = kvm && real->model ? wholeHost(real, model) : NULL;
    return virCpuCompare(whole ? whole : model, cpu, true, error) != VIR_CPU_ERROR;
}

static virCPUDef *asHostModel(const virCPUDef *cpu, virArch arch, bool kvm, const qemuCaps *caps, GError **error)
{
    g_autoptr(virCPUDef) model = qemuHostModel(caps, arch, kvm, true);
    g_autoptr(virCPUDef) pure = virCPUDefCopy(model);
    pure->arch = arch;
    mergeFeatures(model, cpu);
    model->vendorId = g_strdup(cpu->vendorId);
    return virCpuUpdate(model, pure, error) ? g_steal_pointer(&model) : NULL;
}

/* Of a CPU that is the host's itself nothing is optional: what there is, is there. */
static void dropOptional(virCPUDef *cpu)
{
    for (unsigned int i = cpu->features.n; i-- > 0;) {
        if (cpu->features.v[i]->policy != VIR_CPU_FEATURE_OPTIONAL)
            continue;
        virCPUDefDropFeature(cpu, i);
    }
}

static bool modeSupported(const virCPUDef *cpu, virArch arch, bool kvm, const virCPUDef *host, GError **error)
{
    virArch here = qemuHostCpu(virHostLocal())->arch;
    bool ok = true;
    g_auto(GStrv) names = NULL;
    if (cpu->mode == VIR_CPU_MODE_HOST_PASSTHROUGH)
        ok = kvm && virCpuSameKind(arch, here);
    else if (cpu->mode == VIR_CPU_MODE_HOST_MODEL)
        ok = host != NULL;
    if (cpu->mode && cpu->mode != VIR_CPU_MODE_MAXIMUM && !(names = virCpuModelNames(arch, error)))
        return false;
    if (!ok)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "CPU mode '%s' for %s %s domain on %s host is not supported by hypervisor",
                    virCPUModeToString(cpu->mode), virArchToString(arch), kvm ? "kvm" : "qemu", virArchToString(here));
    return ok;
}

virCPUDef *qemuCpuResolve(const virCPUDef *cpu, virArch arch, bool kvm, const qemuCaps *caps, GError **error)
{
    g_autoptr(virCPUDef) host = qemuHostModel(caps, arch, kvm, false);
    if (!checkFeatures(cpu, arch, error) || !modeSupported(cpu, arch, kvm, host, error))
        return NULL;
    bool wish = cpu->mode == VIR_CPU_MODE_HOST_MODEL || cpu->match == VIR_CPU_MATCH_MINIMUM;
    bool check = cpu->check == VIR_CPU_CHECK_PARTIAL && (cpu->mode == VIR_CPU_MODE_CUSTOM || cpu->mode == VIR_CPU_MODE_HOST_MODEL);
    g_autoptr(virCPUDef) copy = virCPUDefCopy(cpu);
    g_auto(qemuCpuOffers) offers = { 0 };
    qemuCpuOffersInit(&offers, caps, kvm);
    bool translate = cpu->mode == VIR_CPU_MODE_CUSTOM && offers.choice.noffers > 0;
    if (!host && cpu->match == VIR_CPU_MATCH_MINIMUM && arch == VIR_ARCH_S390X) {
        virErrorSet(error, VIR_FROM_CPU, VIR_ERR_CONFIG_UNSUPPORTED, "match mode minimum not supported");
        return NULL;
    }
    if (!host && check) {
        virErrorSet(error, VIR_FROM_CPU, VIR_ERR_CPU_INCOMPATIBLE, "unknown host CPU");
        return NULL;
    }
    if (!host)
        return !translate || virCpuTranslate(copy, arch, &offers.choice, error) ? g_steal_pointer(&copy) : NULL;
    if (check && !compare(copy, host, kvm, error))
        return NULL;
    if (wish)
        return asHostModel(copy, arch, kvm, caps, error);
    if (cpu->mode != VIR_CPU_MODE_CUSTOM) {
        dropOptional(copy);
        return g_steal_pointer(&copy);
    }
    return virCpuUpdate(copy, host, error) && (!translate || virCpuTranslate(copy, arch, &offers.choice, error)) ? g_steal_pointer(&copy)
                                                                                                               : NULL;
}

enum { TSC_TOLERANCE = 250 };   /* ppm, as KVM itself takes it */

bool qemuCpuCheckTsc(unsigned long long wanted, GError **error)
{
    const virCPUDef *host = qemuHostCpu(virHostLocal());
    unsigned long long own = host->counterFrequency, room = own * TSC_TOLERANCE / 1000000;
    if (!own || host->counterScaling == VIR_TRISTATE_BOOL_YES || (wanted >= own - room && wanted <= own + room))
        return true;
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED,
                "Requested TSC frequency %llu Hz is outside tolerance range ([%llu, %llu] Hz) around host frequency %llu Hz and TSC "
                "scaling is not supported by the host CPU",
                wanted, own - room, own + room, own);
    return false;
}
