/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the tables of src/cpu/data: lines of words; an indented line continues the one before. They are ours, so a mistake in one aborts. */
#include "cpu/map.h"
#include <stdlib.h>
#include <string.h>

extern const char virCpuData_x86[], virCpuData_other[];

/* Each whole line's words to `line`. */
static void readLines(const char *text, void (*line)(char **words, gpointer data), gpointer data)
{
    g_autoptr(GString) joined = g_string_new(NULL);
    for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
        g_string_append_len(joined, at, strchr(at, '\n') - at);
        if (strchr(at, '\n')[1] == ' ')
            continue;
        g_autoptr(GStrvBuilder) words = g_strv_builder_new();
        g_auto(GStrv) parts = g_strsplit(joined->str, " ", -1);
        for (int i = 0; parts[i]; i++)
            if (*parts[i])
                g_strv_builder_add(words, parts[i]);
        g_auto(GStrv) v = g_strv_builder_end(words);
        line(v, data);
        g_string_truncate(joined, 0);
    }
}

/* cpuid LEAF[.SUB] REG name=bit[!] … */
static void addFeatures(virCpuMap *map, char **w)
{
    static const char *const regs[] = { "eax", "ebx", "ecx", "edx" };
    char *end;
    guint32 index = strtoul(w[1], &end, 0), sub = *end == '.' ? strtoul(end + 1, NULL, 0) : 0;
    guint8 reg = 0;
    while (!g_str_equal(w[2], regs[reg]))
        reg++;
    for (w += 3; *w; w++) {
        virCpuFeature *f = g_new0(virCpuFeature, 1);
        char *bit = strchr(*w, '=');
        *f = (virCpuFeature){ .name = g_strndup(*w, bit - *w), .index = index, .sub = sub, .reg = reg };
        f->bit = strtoul(bit + 1, &end, 10);
        f->migratable = *end != '!';
        g_ptr_array_add(map->features, f);
        g_hash_table_insert(map->featureByName, f->name, GUINT_TO_POINTER(map->features->len));
    }
    g_assert(map->features->len <= VIR_CPU_SET_WORDS * 64);
}

/* family NAME VENDOR FAMILY/MODEL[/STEPPING[-STEPPING]] … */
static void addFamily(virCpuMap *map, char **w)
{
    virCpuFamily *f = g_new0(virCpuFamily, 1);
    f->name = g_strdup(w[1]);
    for (guint i = 0; i < map->vendors->len; i++)
        if (g_str_equal(((virCpuVendor *)map->vendors->pdata[i])->name, w[2]))
            f->vendor = ((virCpuVendor *)map->vendors->pdata[i])->name;
    for (w += 3; *w; w++) {
        char *end;
        virCpuSignature s = { .family = strtoul(*w, &end, 10), .last = G_MAXUINT };
        s.model = strtoul(end + 1, &end, 10);
        if (*end == '/') {
            s.first = s.last = strtoul(end + 1, &end, 10);
            if (*end == '-')
                s.last = strtoul(end + 1, NULL, 10);
        }
        if (!f->signatures)
            f->signatures = g_array_new(FALSE, FALSE, sizeof(s));
        g_array_append_val(f->signatures, s);
    }
    g_ptr_array_add(map->families, f);
}

static const virCpuFamily *familyOf(const virCpuMap *map, const char *model)
{
    const virCpuFamily *best = NULL;
    for (guint i = 0; i < map->families->len; i++) {
        const virCpuFamily *f = map->families->pdata[i];
        gsize len = strlen(f->name);
        if (g_str_has_prefix(model, f->name) && (!model[len] || model[len] == '-') && (!best || len > strlen(best->name)))
            best = f;
    }
    return best;
}

/* model NAME [host] [never]: [PARENT] +feature -feature ~feature =feature … */
static void addModel(virCpuMap *map, char **w)
{
    virCpuModel *m = g_new0(virCpuModel, 1);
    bool head = true;
    m->name = g_strdup(w[1]);
    g_strdelimit(m->name, ":", 0);
    m->family = familyOf(map, m->name);
    for (int i = 1; w[i]; i++) {
        m->hostOnly |= head && g_str_has_prefix(w[i], "host");
        m->never |= head && g_str_has_prefix(w[i], "never");
        if (head) {
            head = !g_str_has_suffix(w[i], ":");
            continue;
        }
        const virCpuModel *parent = g_hash_table_lookup(map->modelByName, w[i]);
        if (parent) {
            m->features = parent->features;
            m->lost = parent->lost;
            continue;
        }
        guint place = GPOINTER_TO_UINT(g_hash_table_lookup(map->featureByName, w[i] + 1));
        g_assert(place > 0);
        if (*w[i] == '+')
            virCpuSetAdd(&m->features, place - 1);
        else if (*w[i] == '-')
            virCpuSetDrop(&m->features, place - 1);
        else if (*w[i] == '~')
            virCpuSetAdd(&m->lost, place - 1);
        else
            virCpuSetDrop(&m->lost, place - 1);
    }
    g_ptr_array_add(map->models, m);
    g_hash_table_insert(map->modelByName, m->name, m);
}

static void x86Line(char **w, gpointer data)
{
    virCpuMap *map = data;
    if (g_str_equal(w[0], "vendor")) {
        virCpuVendor *v = g_new0(virCpuVendor, 1);
        *v = (virCpuVendor){ g_strdup(w[1]), g_strdup(w[2]) };
        g_ptr_array_add(map->vendors, v);
    } else if (g_str_equal(w[0], "family")) {
        addFamily(map, w);
    } else if (g_str_equal(w[0], "model")) {
        addModel(map, w);
    } else {
        guint before = map->features->len;
        addFeatures(map, w);
        for (guint i = before; i < map->features->len; i++)
            ((virCpuFeature *)map->features->pdata[i])->msr = g_str_equal(w[0], "msr");
    }
}

const virCpuMap *virCpuMapX86(void)
{
    static virCpuMap *map;
    if (g_once_init_enter(&map)) {
        virCpuMap *m = g_new0(virCpuMap, 1);
        m->features = g_ptr_array_new();
        m->vendors = g_ptr_array_new();
        m->families = g_ptr_array_new();
        m->models = g_ptr_array_new();
        m->featureByName = g_hash_table_new(g_str_hash, g_str_equal);
        m->modelByName = g_hash_table_new(g_str_hash, g_str_equal);
        readLines(virCpuData_x86, x86Line, m);
        g_once_init_leave(&map, m);
    }
    return map;
}

/* ---- names only ---- */

static char **appended(char **list, const char *word)
{
    guint n = list ? g_strv_length(list) : 0;
    list = g_renew(char *, list, n + 2);
    list[n] = g_strdup(word);
    list[n + 1] = NULL;
    return list;
}

static void namesLine(char **w, gpointer data)
{
    GPtrArray *all = data;
    if (g_str_equal(w[0], "arch"))
        g_ptr_array_add(all, g_new0(virCpuNames, 1));
    virCpuNames *n = all->pdata[all->len - 1];
    if (g_str_equal(w[0], "arch"))
        for (w++; *w; w++)
            n->arches = appended(n->arches, *w);
    else if (g_str_equal(w[0], "vendor"))
        n->vendor = g_intern_string(w[1]);
    else if (g_str_equal(w[0], "features"))
        for (w++; *w; w++)
            n->features = appended(n->features, *w);
    else if (g_str_equal(w[1], "*"))
        n->any = true;
    else
        for (w++; *w; w++) {
            n->models = appended(n->models, *w);
            n->vendors = appended(n->vendors, n->vendor);
        }
}

const virCpuNames *virCpuNamesOf(const char *arch)
{
    static GPtrArray *all;
    if (g_once_init_enter(&all)) {
        GPtrArray *list = g_ptr_array_new();
        readLines(virCpuData_other, namesLine, list);
        g_once_init_leave(&all, list);
    }
    for (guint i = 0; i < all->len; i++) {
        const virCpuNames *n = all->pdata[i];
        if (g_strv_contains((const char *const *)n->arches, arch))
            return n;
    }
    return NULL;
}
