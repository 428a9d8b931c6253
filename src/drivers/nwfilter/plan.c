/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tree of filters flattened: references are followed, variables replaced. A variable with several values makes several rules; those
 * that share an iterator ("[@1]") advance together, others are combined. What is said nearer to the port wins.
 */
#define VIR_FROM VIR_FROM_NWFILTER
#include "drivers/nwfilter/plan.h"
#include "base/error.h"
#include "xml/engine.h"
#include <string.h>

enum { MAX_DEPTH = 64, MAX_STEPS = 100000 };

/* The references on the way from the port. */
typedef struct _Scope {
    const virNWFilterInclude *ref;
    const struct _Scope *outer;
} Scope;

/* A variable in a rule. */
typedef struct {
    gsize member;
    const char *text;           /* "$IP[@1]" */
    GPtrArray *values;
    int iterator;               /* -1: none */
    guint at;
} Access;

/* Variables that advance together. */
typedef struct {
    int id;
    guint n, at;
} Iterator;

typedef struct {
    virNWFilterPlan *plan;
    virNWFilterFind find;
    gpointer data;
} Building;

static void stepFree(gpointer data)
{
    virNWFilterStep *s = data;
    if (s->match)
        virXmlFree(s->type, s->match);
    g_free(s);
}

void virNWFilterPlanFree(virNWFilterPlan *plan)
{
    if (!plan)
        return;
    g_ptr_array_unref(plan->steps);
    g_ptr_array_unref(plan->missing);
    g_ptr_array_unref(plan->filters);
    g_free(plan);
}

/* ---- variables ---- */

static GPtrArray *valuesOf(const Scope *scope, const char *name)
{
    GPtrArray *outer = scope->outer ? valuesOf(scope->outer, name) : g_ptr_array_new();
    if (outer->len > 0)
        return outer;
    for (unsigned int i = 0; i < scope->ref->params.n; i++)
        if (strcmp(scope->ref->params.v[i]->name, name) == 0)
            g_ptr_array_add(outer, scope->ref->params.v[i]->value);
    return outer;
}

static void accessClear(gpointer data)
{
    g_ptr_array_unref(((Access *)data)->values);
}

/* "$NAME", "$NAME[2]", "$NAME[@1]". False: it has no value. */
static bool resolve(const char *text, const Scope *scope, Access *access)
{
    gsize len = strcspn(text + 1, "[");
    const char *bracket = text[1 + len] ? text + 2 + len : NULL;
    g_autofree char *name = g_strndup(text + 1, len);
    access->text = text;
    access->values = valuesOf(scope, name);
    access->iterator = bracket && *bracket != '@' ? -1 : bracket ? (int)g_ascii_strtoull(bracket + 1, NULL, 10) : 0;
    access->at = access->iterator < 0 ? g_ascii_strtoull(bracket, NULL, 10) : 0;
    return access->at < access->values->len;
}

static void noteMissing(virNWFilterPlan *plan, const char *text)
{
    if (!g_ptr_array_find_with_equal_func(plan->missing, text, g_str_equal, NULL))
        g_ptr_array_add(plan->missing, g_strdup(text));
}

/* False when one of them has no value, which is noted. */
static bool accessesOf(virNWFilterPlan *plan, const virXmlType *type, const virNWFilterMatch *match, const Scope *scope, GArray *accesses)
{
    bool found = true;
    for (const virXmlRow *row = type->rows; row->kind != VIR_XML_END; row++) {
        const char *text = *X_AT(match, row, char *);
        if (!row->digits || row->digits == VIR_NWFILTER_COMMENT || !text || *text != '$')
            continue;
        Access access = { .member = row->offset };
        if (!resolve(text, scope, &access)) {
            noteMissing(plan, text + 1);
            found = false;
        }
        g_array_append_val(accesses, access);
    }
    return found;
}

/* The unnamed iterator turns fastest, the others in the order in which the protocol has them. */
static bool iteratorsOf(const GArray *accesses, GArray *iterators, GError **error)
{
    for (guint i = 0; i < accesses->len; i++) {
        const Access *a = &g_array_index(accesses, Access, i);
        guint k = 0;
        while (k < iterators->len && g_array_index(iterators, Iterator, k).id != a->iterator)
            k++;
        Iterator it = { a->iterator, a->values->len, 0 };
        if (a->iterator < 0)
            continue;
        if (k < iterators->len && g_array_index(iterators, Iterator, k).n != it.n) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "Cardinality of list items must be the same for processing them in parallel");
            return false;
        }
        if (k == iterators->len && it.id == 0)
            g_array_prepend_val(iterators, it);
        else if (k == iterators->len)
            g_array_append_val(iterators, it);
    }
    return true;
}

static bool advance(GArray *iterators)
{
    for (guint i = 0; i < iterators->len; i++) {
        Iterator *it = &g_array_index(iterators, Iterator, i);
        if (++it->at < it->n)
            return true;
        it->at = 0;
    }
    return false;
}

static const char *valueNow(const Access *access, const GArray *iterators)
{
    for (guint i = 0; i < iterators->len; i++)
        if (g_array_index(iterators, Iterator, i).id == access->iterator)
            return access->values->pdata[g_array_index(iterators, Iterator, i).at];
    return access->values->pdata[access->at];
}

/* ---- rules ---- */

static bool addStep(Building *b, const virNWFilterDef *filter, const virNWFilterRule *rule, virXmlType *type, virNWFilterMatch *match,
                    GError **error)
{
    virNWFilterStep *s = g_new0(virNWFilterStep, 1);
    s->filter = filter;
    s->rule = rule;
    s->type = type;
    s->match = match;
    s->priority = g_ascii_strtoll(rule->priority, NULL, 10);
    g_ptr_array_add(b->plan->steps, s);
    if (b->plan->steps->len <= MAX_STEPS)
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "filter '%s' makes more than %d rules: its variables have too many values", filter->name,
                MAX_STEPS);
    return false;
}

static bool addMatch(Building *b, const virNWFilterDef *filter, const virNWFilterRule *rule, virXmlType *type,
                     const virNWFilterMatch *match, const Scope *scope, GError **error)
{
    g_autoptr(GArray) accesses = g_array_new(FALSE, FALSE, sizeof(Access)), iterators = g_array_new(FALSE, FALSE, sizeof(Iterator));
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_array_set_clear_func(accesses, accessClear);
    if (!accessesOf(b->plan, type, match, scope, accesses))
        return true;
    if (!iteratorsOf(accesses, iterators, error))
        return false;
    do {
        g_autoptr(GString) key = g_string_new(NULL);
        for (guint i = 0; i < accesses->len; i++)
            g_string_append_printf(key, "%s\n", valueNow(&g_array_index(accesses, Access, i), iterators));
        if (!g_hash_table_add(seen, g_strdup(key->str)))
            continue;
        virNWFilterMatch *copy = virXmlCopy(type, match);
        for (guint i = 0; i < accesses->len; i++) {
            char **at = (char **)((char *)copy + g_array_index(accesses, Access, i).member);
            g_free(*at);
            *at = g_strdup(valueNow(&g_array_index(accesses, Access, i), iterators));
        }
        if (!addStep(b, filter, rule, type, copy, error))
            return false;
    } while (advance(iterators));
    return true;
}

static bool addRule(Building *b, const virNWFilterDef *filter, const virNWFilterRule *rule, const Scope *scope, GError **error)
{
    for (int i = 0; i < VIR_NWFILTER_PROTOCOLS; i++)
        if (rule->protocol[i])
            return addMatch(b, filter, rule, virNWFilterProtocolXml[i], rule->protocol[i], scope, error);
    return addStep(b, filter, rule, NULL, NULL, error);
}

static bool addFilter(Building *b, const Scope *scope, int depth, GError **error)
{
    virNWFilterDef *def = b->find(scope->ref->filter, b->data);
    if (!def || depth > MAX_DEPTH) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, def ? "filter '%s' refers to itself" : "referenced filter '%s' is missing",
                    scope->ref->filter);
        virNWFilterDefUnref(def);
        return false;
    }
    g_ptr_array_add(b->plan->filters, def);
    unsigned int rule = 0, filter = 0;
    for (const char *p = def->order; p && *p; p++) {
        if (*p == 'r' && !addRule(b, def, def->rules.v[rule++], scope, error))
            return false;
        Scope inner = { *p == 'r' ? NULL : def->filters.v[filter++], scope };
        if (inner.ref && !addFilter(b, &inner, depth + 1, error))
            return false;
    }
    return true;
}

/* Rules of the root chain come first: those of the upper layer, which has no chains, have this order too. */
static int byPriority(gconstpointer a, gconstpointer b)
{
    const virNWFilterStep *x = *(virNWFilterStep *const *)a, *y = *(virNWFilterStep *const *)b;
    bool rootX = strcmp(x->filter->chain, "root") == 0, rootY = strcmp(y->filter->chain, "root") == 0;
    return rootX != rootY ? rootY - rootX : x->priority - y->priority;
}

virNWFilterPlan *virNWFilterPlanNew(const virNWFilterInclude *ref, virNWFilterFind find, gpointer data, GError **error)
{
    g_autoptr(virNWFilterPlan) plan = g_new0(virNWFilterPlan, 1);
    plan->steps = g_ptr_array_new_with_free_func(stepFree);
    plan->missing = g_ptr_array_new_with_free_func(g_free);
    plan->filters = g_ptr_array_new_with_free_func((GDestroyNotify)virNWFilterDefUnref);
    Building b = { plan, find, data };
    Scope scope = { ref, NULL };
    if (!addFilter(&b, &scope, 0, error))
        return NULL;
    g_ptr_array_sort(plan->steps, byPriority);          /* stable */
    return g_steal_pointer(&plan);
}

int virNWFilterChainPriority(const virNWFilterDef *filter)
{
    return filter->priority ? g_ascii_strtoll(filter->priority, NULL, 10) : 0;
}
