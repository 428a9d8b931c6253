/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * x86: a processor is a set of features. The same set can be written as many models; which one is chosen here follows what the reference was seen
 * to choose, since guests' documents keep it: models are tried from the last of the table to the first, one whose signature is the processor's
 * beats one whose is not, then costs decide (see `cost`), and of equal ones the first tried stays.
 */
#define VIR_FROM VIR_FROM_CPU
#include "cpu/map.h"
#include <string.h>

typedef struct {
    virCpuSet features;
    const char *vendor;         /* NULL: anybody's */
    bool hasSignature;
    guint family, model, stepping;
} Data;

/* ---- sets ---- */

static virCpuSet setMinus(virCpuSet a, const virCpuSet *b)
{
    for (int i = 0; i < VIR_CPU_SET_WORDS; i++)
        a.w[i] &= ~b->w[i];
    return a;
}

static virCpuSet setOr(virCpuSet a, const virCpuSet *b)
{
    for (int i = 0; i < VIR_CPU_SET_WORDS; i++)
        a.w[i] |= b->w[i];
    return a;
}

static virCpuSet setAnd(virCpuSet a, const virCpuSet *b)
{
    for (int i = 0; i < VIR_CPU_SET_WORDS; i++)
        a.w[i] &= b->w[i];
    return a;
}

static guint setCount(const virCpuSet *s)
{
    guint n = 0;
    for (int i = 0; i < VIR_CPU_SET_WORDS; i++)
        n += __builtin_popcountll(s->w[i]);
    return n;
}

static const char *featureName(const virCpuMap *map, guint i)
{
    return ((const virCpuFeature *)map->features->pdata[i])->name;
}

static char *setText(const virCpuSet *s)
{
    const virCpuMap *map = virCpuMapX86();
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < map->features->len; i++)
        if (virCpuSetHas(s, i))
            g_string_append_printf(out, "%s%s", out->len ? ", " : "", featureName(map, i));
    return g_string_free(out, FALSE);
}

static bool addByName(virCpuSet *set, const char *name, GError **error)
{
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(virCpuMapX86()->featureByName, name));
    if (place == 0) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unknown CPU feature %s", name);
        return false;
    }
    virCpuSetAdd(set, place - 1);
    return true;
}

static const virCpuModel *findModel(const char *name, GError **error)
{
    const virCpuModel *m = name ? g_hash_table_lookup(virCpuMapX86()->modelByName, name) : NULL;
    if (!m)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unknown CPU model %s", name ? name : "(none)");
    return m;
}

/* Features of the document by policy; [VIR_CPU_FEATURE_REQUIRE] without the model's. */
static bool setsByPolicy(const virCPUDef *cpu, virCpuSet sets[virCPUFeaturePolicyLast], GError **error)
{
    memset(sets, 0, sizeof(virCpuSet) * virCPUFeaturePolicyLast);
    for (unsigned int i = 0; i < cpu->features.n; i++) {
        int policy = cpu->features.v[i]->policy;
        if (!addByName(&sets[policy ? policy : VIR_CPU_FEATURE_REQUIRE], cpu->features.v[i]->name, error))
            return false;
    }
    return true;
}

/* What a guest with this document has. */
static bool setOf(const virCPUDef *cpu, virCpuSet *set, GError **error)
{
    const virCpuModel *m = findModel(cpu->model, error);
    virCpuSet there = { 0 }, away = { 0 };
    for (unsigned int i = 0; m && i < cpu->features.n; i++) {
        const virCPUFeature *f = cpu->features.v[i];
        bool off = f->policy == VIR_CPU_FEATURE_DISABLE || f->policy == VIR_CPU_FEATURE_FORBID;
        if (f->policy != VIR_CPU_FEATURE_OPTIONAL && !addByName(off ? &away : &there, f->name, error))
            return false;
    }
    if (!m)
        return false;
    *set = setOr(m->features, &there);
    *set = setMinus(*set, &away);
    return true;
}

/* ---- the best model ---- */

typedef struct {
    const virCpuModel *model;
    const virCpuOffer *offer;
    virCpuSet more, less;       /* what the processor has beyond the model; what it lacks */
    virCpuSet lost;             /* what the model once had, the processor has not */
    guint nmore, nless;
    bool signature;
} Candidate;

typedef struct {
    const virCpuChoice *choice;
    bool host;                  /* no model of which something is lacking */
    const char *preferred;      /* taken when it fits at all */
    virCPUDef *const *inputs;   /* of a baseline: of these the one that lacks least is better, however much it has not */
    guint ninputs;
} Rules;

/* Pairs of lacking features grow dear: a document that takes much away from a new model is worse than one that adds to an old model. */
static guint pairs(guint less)
{
    return (less + 1) / 2;
}

static guint cost(const Candidate *c)
{
    return 2 * (c->nmore + c->nless) + (pairs(c->nless) + 1) * (pairs(c->nless) + 1);
}

static bool isInput(const Rules *rules, const virCpuModel *model)
{
    for (guint i = 0; i < rules->ninputs; i++)
        if (g_strcmp0(rules->inputs[i]->model, model->name) == 0)
            return true;
    return false;
}

static bool better(const Rules *rules, const Candidate *best, const Candidate *c)
{
    if (best->signature != c->signature)
        return c->signature;
    if (rules->host)
        return c->nmore < best->nmore;
    return cost(c) < cost(best) || (isInput(rules, c->model) && pairs(c->nless) < pairs(best->nless));
}

static bool signatureFits(const virCpuModel *model, const Data *data)
{
    const GArray *list = model->family ? model->family->signatures : NULL;
    for (guint i = 0; data->hasSignature && list && i < list->len; i++) {
        const virCpuSignature *s = &g_array_index(list, virCpuSignature, i);
        if (s->family == data->family && s->model == data->model && data->stepping >= s->first && data->stepping <= s->last)
            return true;
    }
    return false;
}

static bool findOffer(const virCpuChoice *choice, const virCpuModel *model, const virCpuOffer **offer)
{
    for (guint i = 0; choice && choice->offers && i < choice->noffers; i++)
        if (g_str_equal(choice->offers[i].name, model->name)) {
            *offer = &choice->offers[i];
            return true;
        }
    return !choice || !choice->offers;
}

static void addBlockers(Candidate *c)
{
    for (int i = 0; c->offer && c->offer->blockers && c->offer->blockers[i]; i++) {
        guint place = GPOINTER_TO_UINT(g_hash_table_lookup(virCpuMapX86()->featureByName, c->offer->blockers[i]));
        bool said = place > 0 && (virCpuSetHas(&c->more, place - 1) || virCpuSetHas(&c->less, place - 1) || virCpuSetHas(&c->lost, place - 1));
        if (place > 0 && !said)
            virCpuSetAdd(&c->less, place - 1);
    }
}

static bool candidate(const Rules *rules, const Data *data, const virCpuModel *model, Candidate *c)
{
    const char *vendor = model->family ? model->family->vendor : NULL;
    *c = (Candidate){ .model = model };
    if (model->never || (model->hostOnly && !rules->host) || (vendor && data->vendor && !g_str_equal(vendor, data->vendor)) ||
        !findOffer(rules->choice, model, &c->offer))
        return false;
    c->more = setMinus(data->features, &model->features);
    c->less = setMinus(model->features, &data->features);
    if (rules->host)
        return setCount(&c->less) == 0 && ((c->nmore = setCount(&c->more)), (c->signature = signatureFits(model, data)), true);
    c->lost = setMinus(model->lost, &data->features);
    addBlockers(c);
    c->nmore = setCount(&c->more);
    c->nless = setCount(&c->less) + setCount(&c->lost);
    c->signature = signatureFits(model, data);
    return true;
}

static virCPUDef *defFrom(const Candidate *c, bool host)
{
    const virCpuMap *map = virCpuMapX86();
    virCPUDef *def = g_new0(virCPUDef, 1);
    *def = (virCPUDef){ .given = true, .model = g_strdup(c->model->name) };
    if (!host) {
        def->mode = VIR_CPU_MODE_CUSTOM;
        def->match = VIR_CPU_MATCH_EXACT;
        def->fallback = VIR_CPU_FALLBACK_ALLOW;
    }
    const virCpuSet *const passes[] = { &c->more, &c->less, &c->lost };
    for (guint pass = 0; pass < G_N_ELEMENTS(passes); pass++)
        for (guint i = 0; i < map->features->len; i++) {
            if (!virCpuSetHas(passes[pass], i))
                continue;
            virCPUFeature *f = g_new0(virCPUFeature, 1);
            *f = (virCPUFeature){ g_strdup(featureName(map, i)), pass ? VIR_CPU_FEATURE_DISABLE : VIR_CPU_FEATURE_REQUIRE };
            virListAppend(&def->features, f);
        }
    return def;
}

/* NULL: no model fits. */
static virCPUDef *decode(const Rules *rules, const Data *data)
{
    const virCpuMap *map = virCpuMapX86();
    Candidate best = { 0 }, c;
    for (guint i = map->models->len; i-- > 0;) {
        if (!candidate(rules, data, map->models->pdata[i], &c))
            continue;
        if (g_strcmp0(c.model->name, rules->preferred) == 0) {
            best = c;
            break;
        }
        if (!best.model || better(rules, &best, &c))
            best = c;
    }
    if (!best.model)
        return NULL;
    virCPUDef *def = defFrom(&best, rules->host);
    if (!rules->host && g_strcmp0(best.model->name, rules->preferred) == 0)
        def->fallback = VIR_CPU_FALLBACK_FORBID;
    return def;
}

/* ---- comparison ---- */

virCpuResult virCpuX86Compare(const virCPUDef *host, const virCPUDef *cpu, char **why, GError **error)
{
    if (cpu->vendor && g_strcmp0(cpu->vendor, host->vendor) != 0) {
        *why = g_strdup_printf("host CPU vendor does not match required CPU vendor %s", cpu->vendor);
        return VIR_CPU_INCOMPATIBLE;
    }
    virCpuSet has, by[virCPUFeaturePolicyLast];
    static const virCpuModel none;
    const virCpuModel *model = cpu->model ? findModel(cpu->model, error) : &none;
    if (!model || !setsByPolicy(cpu, by, error) || !setOf(host, &has, error))
        return VIR_CPU_ERROR;
    virCpuSet forbidden = setAnd(by[VIR_CPU_FEATURE_FORBID], &has);
    if (setCount(&forbidden) > 0) {
        g_autofree char *list = setText(&forbidden);
        *why = g_strconcat("Host CPU provides forbidden features: ", list, NULL);
        return VIR_CPU_INCOMPATIBLE;
    }
    virCpuSet all = setOr(model->features, &by[VIR_CPU_FEATURE_REQUIRE]), needed = all;
    static const int notNeeded[] = { VIR_CPU_FEATURE_FORCE, VIR_CPU_FEATURE_OPTIONAL, VIR_CPU_FEATURE_DISABLE, VIR_CPU_FEATURE_FORBID };
    for (guint i = 0; i < G_N_ELEMENTS(notNeeded); i++) {
        needed = setMinus(needed, &by[notNeeded[i]]);
        all = setOr(all, &by[notNeeded[i]]);
    }
    virCpuSet missing = setMinus(needed, &has), extra = setMinus(has, &all);
    if (setCount(&missing) > 0) {
        g_autofree char *list = setText(&missing);
        *why = g_strconcat("Host CPU does not provide required features: ", list, NULL);
        return VIR_CPU_INCOMPATIBLE;
    }
    if (setCount(&extra) == 0)
        return VIR_CPU_IDENTICAL;
    if (cpu->match != VIR_CPU_MATCH_STRICT)
        return VIR_CPU_SUPERSET;
    g_autofree char *list = setText(&extra);
    *why = g_strconcat("Host CPU does not strictly match guest CPU: Extra features: ", list, NULL);
    return VIR_CPU_INCOMPATIBLE;
}

/* ---- baseline ---- */

static bool knownVendor(const char *name)
{
    const virCpuMap *map = virCpuMapX86();
    for (guint i = 0; i < map->vendors->len; i++)
        if (g_str_equal(((const virCpuVendor *)map->vendors->pdata[i])->name, name))
            return true;
    return false;
}

/* The i-th document's vendor into `vendor`, which all before agree on. The first one's model says nothing about it, the others' do. */
static bool agreeOnVendor(const virCPUDef *cpu, guint i, const char **vendor, GError **error)
{
    const char *own = virCpuModelVendor(VIR_ARCH_X86_64, cpu->model), *said = cpu->vendor;
    if (said && !knownVendor(said))
        virSetError(error, VIR_ERR_OPERATION_FAILED, "Unknown CPU vendor %s", said);
    else if (i > 0 && said && own && !g_str_equal(said, own))
        virSetError(error, VIR_ERR_OPERATION_FAILED, "CPU vendor %s of model %s differs from vendor %s", own, cpu->model, said);
    else {
        const char *mine = said ? said : i > 0 ? own : NULL;
        if (!mine || !*vendor || g_str_equal(mine, *vendor)) {
            *vendor = *vendor ? *vendor : mine;
            return true;
        }
        virSetError(error, VIR_ERR_OPERATION_FAILED, "CPU vendors do not match");
    }
    return false;
}

virCPUDef *virCpuX86Baseline(virCPUDef *const *cpus, guint n, const virCpuChoice *choice, GError **error)
{
    const virCpuMap *map = virCpuMapX86();
    Data data = { 0 };
    Rules rules = { .choice = choice, .preferred = cpus[0]->model, .inputs = cpus, .ninputs = n };
    bool allSay = true;
    for (guint i = 0; i < n; i++) {
        virCpuSet set;
        if (!setOf(cpus[i], &set, error) || !agreeOnVendor(cpus[i], i, &data.vendor, error))
            return NULL;
        data.features = i > 0 ? setAnd(data.features, &set) : set;
        allSay = allSay && cpus[i]->vendor;
        if (g_strcmp0(cpus[i]->model, rules.preferred) != 0)
            rules.preferred = NULL;
    }
    for (guint i = 0; choice && choice->migratable && i < map->features->len; i++) {
        const virCpuFeature *f = map->features->pdata[i];
        if (choice->unmovable ? g_strv_contains(choice->unmovable, f->name) : !f->migratable)
            virCpuSetDrop(&data.features, i);
    }
    if (setCount(&data.features) == 0) {
        virSetError(error, VIR_ERR_OPERATION_FAILED, "CPUs are incompatible");
        return NULL;
    }
    virCPUDef *def = decode(&rules, &data);
    if (!def) {
        virSetError(error, VIR_ERR_OPERATION_FAILED, "Cannot find suitable CPU model for given data");
        return NULL;
    }
    if (choice && choice->offers)
        def->fallback = VIR_CPU_FALLBACK_FORBID;
    if (allSay)
        def->vendor = g_strdup(data.vendor);
    return def;
}

/* ---- documents ---- */

static int byName(const void *a, const void *b)
{
    return strcmp((*(virCPUFeature *const *)a)->name, (*(virCPUFeature *const *)b)->name);
}

bool virCpuX86Expand(virCPUDef *cpu, GError **error)
{
    const virCpuMap *map = virCpuMapX86();
    const virCpuModel *m = findModel(cpu->model, error);
    for (guint i = 0; m && i < map->features->len; i++)
        if (virCpuSetHas(&m->features, i) && !virCPUDefFeature(cpu, featureName(map, i)))
            virCPUDefSetFeature(cpu, featureName(map, i), VIR_CPU_FEATURE_REQUIRE);
    if (m && cpu->features.n > 0)
        qsort(cpu->features.v, cpu->features.n, sizeof(void *), byName);
    return m != NULL;
}

/* What a model once had it must not get from an emulator that still thinks so. */
static void disableLost(virCPUDef *cpu, const virCpuModel *m)
{
    const virCpuMap *map = virCpuMapX86();
    for (guint i = 0; i < map->features->len; i++)
        if (virCpuSetHas(&m->lost, i) && !virCPUDefFeature(cpu, featureName(map, i)))
            virCPUDefSetFeature(cpu, featureName(map, i), VIR_CPU_FEATURE_DISABLE);
}

bool virCpuX86Translate(virCPUDef *cpu, const virCpuChoice *choice, GError **error)
{
    const virCpuOffer *offer = NULL;
    const virCpuModel *m = findModel(cpu->model, error);
    if (!m || findOffer(choice, m, &offer))
        return m != NULL;
    if (cpu->fallback == VIR_CPU_FALLBACK_FORBID) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "CPU model %s is not supported by hypervisor", cpu->model);
        return false;
    }
    Data data = { .vendor = cpu->vendor ? cpu->vendor : m->family ? m->family->vendor : NULL };
    Rules rules = { .choice = choice };
    if (!setOf(cpu, &data.features, error))
        return false;
    g_autoptr(virCPUDef) def = decode(&rules, &data);
    if (!def) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "CPU model %s is not supported by hypervisor, nor is one like it", cpu->model);
        return false;
    }
    g_free(cpu->model);
    cpu->model = g_steal_pointer(&def->model);
    while (cpu->features.n > 0)
        virCPUDefDropFeature(cpu, cpu->features.n - 1);
    while (def->features.n > 0)
        virListAppend(&cpu->features, virListTake(&def->features, 0));
    disableLost(cpu, m);
    return true;
}

bool virCpuX86Update(virCPUDef *guest, const virCPUDef *host, GError **error)
{
    const virCpuMap *map = virCpuMapX86();
    virCpuSet has;
    if (!setOf(host, &has, error))
        return false;
    for (unsigned int i = 0; i < guest->features.n; i++) {
        virCPUFeature *f = guest->features.v[i];
        guint place = GPOINTER_TO_UINT(g_hash_table_lookup(map->featureByName, f->name));
        if (f->policy == VIR_CPU_FEATURE_OPTIONAL)
            f->policy = place > 0 && virCpuSetHas(&has, place - 1) ? VIR_CPU_FEATURE_REQUIRE : VIR_CPU_FEATURE_DISABLE;
    }
    const virCpuModel *m = guest->model ? g_hash_table_lookup(map->modelByName, guest->model) : NULL;
    if (m)
        disableLost(guest, m);
    return true;
}

virCPUDef *virCpuFromFeatures(virArch arch, const char *const *features, const virCPUDef *like, bool host, const virCpuChoice *choice)
{
    Data data = { .vendor = like->vendor,
                  .hasSignature = like->hasSignature,
                  .family = like->family,
                  .model = like->modelNumber,
                  .stepping = like->stepping };
    Rules rules = { .choice = choice, .host = host };
    for (int i = 0; features[i]; i++)
        addByName(&data.features, features[i], NULL);
    virCPUDef *def = virCpuIsX86(arch) ? decode(&rules, &data) : NULL;
    if (def)
        def->vendor = g_strdup(like->vendor);
    return def;
}

char **virCpuX86ModelNames(void)
{
    const virCpuMap *map = virCpuMapX86();
    char **names = g_new0(char *, map->models->len + 1);
    for (guint i = 0; i < map->models->len; i++)
        names[i] = g_strdup(((const virCpuModel *)map->models->pdata[i])->name);
    return names;
}
