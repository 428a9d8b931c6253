/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts and tables, as text or as JSON. */
#include "output.h"
#include "module.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct _Facts {
    Shell *sh;
    int width;
    GString *text;
    GVariantBuilder object;     /* a{sv} */
};

struct _Table {
    Shell *sh;
    guint columns;
    GPtrArray *cells;           /* header first, row by row */
};

void printExtra(Shell *sh, const char *format, ...)
{
    if (sh->quiet || sh->json)
        return;
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

/* ---- values, which a module knows how to write as JSON ---- */

static GVariant *textValue(const char *text)
{
    return text ? g_variant_new_take_string(g_utf8_make_valid(text, -1)) : g_variant_new_maybe(G_VARIANT_TYPE_STRING, NULL);
}

/* Takes a floating value. */
static void printValue(Shell *sh, GVariant *floating)
{
    g_autoptr(GVariant) value = g_variant_ref_sink(floating);
    ShellJsonWriter write = (ShellJsonWriter)shellModule(sh, "json", "shellJsonWrite");
    g_autofree char *text = write ? write(value) : NULL;
    if (text)
        printf("%s\n", text);
}

static void setMember(GVariantBuilder *object, const char *key, GVariant *value)
{
    g_variant_builder_add(object, "{sv}", key, value);
}

void printText(Shell *sh, const char *key, const char *text)
{
    if (!sh->json) {
        printf("%s\n", text);
        return;
    }
    GVariantBuilder o = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
    setMember(&o, key, textValue(text));
    printValue(sh, g_variant_builder_end(&o));
}

void printDocument(Shell *sh, const char *key, const char *text)
{
    if (sh->json)
        printText(sh, key, text);
    else
        fputs(text, stdout);
}

/* Where the string that begins a line ends; NULL: it begins with none. */
static const char *endOfName(const char *line)
{
    line += strspn(line, " ");
    if (*line != '"')
        return NULL;
    for (line++; *line && *line != '"'; line++)
        line += *line == '\\' && line[1];
    return *line ? line + 1 : NULL;
}

/* An empty object or array has a line of its own. */
static void openEmpty(GString *out, const char *line, const char *value)
{
    gsize n = value[0] == '[' ? 1 : value[0] == '{' ? 1 + strspn(value + 1, " ") : 0;
    bool empty = n && value[n] == (value[0] == '[' ? ']' : '}');
    if (empty)
        g_string_append_printf(out, "%c\n\n%.*s%s", value[0], (int)strspn(line, " "), line, value + n);
    else
        g_string_append(out, value);
}

/* As people have always been shown it: "name": value, and a line feed at the end. */
char *jsonPretty(Shell *sh, const char *text)
{
    ShellJsonSpread spread = (ShellJsonSpread)shellModule(sh, "json", "shellJsonSpread");
    g_autofree char *wide = spread ? spread(text) : NULL;
    g_auto(GStrv) lines = wide ? g_strsplit(wide, "\n", -1) : NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    for (char **l = lines; l && *l; l++) {
        const char *end = endOfName(*l);
        bool named = end && g_str_has_prefix(end, " : ");
        gsize indent = strspn(*l, " ");
        g_string_append_len(out, *l, named ? end - *l : (gssize)indent);
        if (named)
            g_string_append(out, ": ");
        openEmpty(out, *l, named ? end + 3 : *l + indent);
        g_string_append_c(out, '\n');
    }
    return wide ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}

/* ---- facts ---- */

Facts *factsNew(Shell *sh, int width)
{
    Facts *f = g_new0(Facts, 1);
    *f = (Facts){ .sh = sh, .width = width, .text = g_string_new(NULL) };
    g_variant_builder_init(&f->object, G_VARIANT_TYPE_VARDICT);
    return f;
}

static void factsLine(Facts *f, const char *label, const char *value)
{
    g_string_append_printf(f->text, "%-*s %s\n", f->width, label, value);
}

void factsString(Facts *f, const char *key, const char *label, const char *value)
{
    factsLine(f, label, value ? value : "-");
    setMember(&f->object, key, textValue(value));
}

void factsNumber(Facts *f, const char *key, const char *label, unsigned long long value, const char *format)
{
    g_autofree char *text = g_strdup_printf(format ? format : "%llu", value);
    factsLine(f, label, text);
    setMember(&f->object, key, g_variant_new_int64((gint64)value));
}

void factsBoth(Facts *f, const char *key, const char *label, const char *text, double json)
{
    factsLine(f, label, text);
    setMember(&f->object, key, g_variant_new_double(json));
}

void factsBool(Facts *f, const char *key, const char *label, bool value, const char *yes, const char *no)
{
    factsLine(f, label, value ? yes : no);
    setMember(&f->object, key, g_variant_new_boolean(value));
}

void factsEnd(Facts *f)
{
    if (f->sh->json)
        printValue(f->sh, g_variant_builder_end(&f->object));
    else
        fputs(f->text->str, stdout);
    factsDrop(f);
}

void factsDrop(Facts *f)
{
    g_variant_builder_clear(&f->object);
    g_string_free(f->text, TRUE);
    g_free(f);
}

/* ---- tables ---- */

static void tableAdd(Table *t, const char *first, va_list args)
{
    for (const char *cell = first; cell; cell = va_arg(args, const char *))
        g_ptr_array_add(t->cells, g_strdup(cell));
}

Table *tableNew(Shell *sh, const char *first, ...)
{
    Table *t = g_new0(Table, 1);
    t->sh = sh;
    t->cells = g_ptr_array_new_with_free_func(g_free);
    va_list args;
    va_start(args, first);
    tableAdd(t, first, args);
    va_end(args);
    t->columns = t->cells->len;
    return t;
}

void tableRow(Table *t, const char *first, ...)
{
    va_list args;
    va_start(args, first);
    tableAdd(t, first, args);
    va_end(args);
}

void tableRowv(Table *t, const char *const *cells)
{
    for (guint i = 0; i < t->columns; i++)
        g_ptr_array_add(t->cells, g_strdup(cells[i] ? cells[i] : "-"));
}

static int columnsOf(const char *text)
{
    int width = 0;
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char_validated(p, -1);
        if (c == (gunichar)-1 || c == (gunichar)-2)
            return (int)strlen(text);
        width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
    }
    return width;
}

static void tableJson(const Table *t)
{
    GVariantBuilder rows = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
    for (guint at = t->columns; at < t->cells->len; at += t->columns) {
        g_variant_builder_open(&rows, G_VARIANT_TYPE_VARDICT);
        for (guint c = 0; c < t->columns; c++) {
            g_autofree char *key = g_ascii_strdown(t->cells->pdata[c], -1);
            const char *cell = t->cells->pdata[at + c];
            setMember(&rows, g_strdelimit(key, " ", '-'), textValue(g_str_equal(cell, "-") ? NULL : cell));
        }
        g_variant_builder_close(&rows);
    }
    printValue(t->sh, g_variant_builder_end(&rows));
}

/* A control character would break the line, or worse. */
static char *printable(const char *text)
{
    GString *out = g_string_new(NULL);
    for (const char *c = text; *c; c++)
        if (g_ascii_iscntrl(*c))
            g_string_append_printf(out, "\\x%02x", (unsigned char)*c);
        else
            g_string_append_c(out, *c);
    return g_string_free(out, FALSE);
}

static void tableText(const Table *t)
{
    g_autofree int *widths = g_new0(int, t->columns);
    for (guint i = 0; i < t->cells->len; i++) {
        char *raw = t->cells->pdata[i];
        t->cells->pdata[i] = printable(raw);
        g_free(raw);
    }
    int total = 0;
    guint first = t->sh->quiet ? t->columns : 0;        /* without its header */
    for (guint i = first; i < t->cells->len; i++)
        widths[i % t->columns] = MAX(widths[i % t->columns], columnsOf(t->cells->pdata[i]));
    for (guint c = 0; c < t->columns; c++)
        total += widths[c] + 3;
    for (guint at = first; at < t->cells->len; at += t->columns) {
        for (guint c = 0; c < t->columns; c++) {
            const char *cell = t->cells->pdata[at + c];
            bool last = c + 1 == t->columns;
            printf("%s%s%*s", c ? "   " : " ", cell, last ? 0 : widths[c] - columnsOf(cell), "");
        }
        printf("\n");
        if (at == 0) {
            for (int i = 0; i < total; i++)
                putchar('-');
            putchar('\n');
        }
    }
}

void tableEnd(Table *t)
{
    if (t->sh->json)
        tableJson(t);
    else
        tableText(t);
    g_ptr_array_unref(t->cells);
    g_free(t);
}

/* ---- trees ---- */

typedef struct {
    const char *const *names, *const *parents;
    guint n;
} Tree;

static guint nextChild(const Tree *t, const char *parent, guint from)
{
    while (from < t->n && g_strcmp0(t->parents[from], parent) != 0)
        from++;
    return from;
}

static void printBranch(const Tree *t, const char *name, const char *indent, bool root, bool last)
{
    printf(root ? "%s%s\n" : "%s+- %s\n", indent, name);
    g_autofree char *under = root ? g_strconcat(indent, "  ", NULL) : g_strconcat(indent, last ? "    " : "|   ", NULL);
    guint child = nextChild(t, name, 0);
    if (child < t->n)
        printf("%s|\n", under);
    else if (last)
        printf("%s%s\n", indent, root ? "" : "  ");
    while (child < t->n) {
        guint next = nextChild(t, name, child + 1);
        printBranch(t, t->names[child], under, false, next >= t->n);
        child = next;
    }
}

void printTree(const char *const *names, const char *const *parents, guint n)
{
    Tree t = { names, parents, n };
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < n; i++)
        g_hash_table_add(known, (gpointer)names[i]);
    for (guint i = 0; i < n; i++)
        if (!parents[i] || !g_hash_table_contains(known, parents[i]))
            printBranch(&t, names[i], "", true, true);
}

/* ---- typed parameters ---- */

struct _Records {
    Shell *sh;
    GVariantBuilder rows;       /* aa{sv} */
};

Records *recordsNew(Shell *sh)
{
    Records *r = g_new(Records, 1);
    r->sh = sh;
    g_variant_builder_init(&r->rows, G_VARIANT_TYPE("aa{sv}"));
    return r;
}

static GVariant *paramValue(const virTypedParameter *p)
{
    switch (p->type) {
    case VIR_TYPED_PARAM_INT:
        return g_variant_new_int64(p->value.i);
    case VIR_TYPED_PARAM_UINT:
        return g_variant_new_int64(p->value.ui);
    case VIR_TYPED_PARAM_LLONG:
        return g_variant_new_int64(p->value.l);
    case VIR_TYPED_PARAM_ULLONG:
        return g_variant_new_int64((gint64)p->value.ul);
    case VIR_TYPED_PARAM_DOUBLE:
        return g_variant_new_double(p->value.d);
    case VIR_TYPED_PARAM_BOOLEAN:
        return g_variant_new_boolean(p->value.b);
    default:
        return textValue(p->value.s);
    }
}

static GVariant *paramsValue(virTypedParameterPtr params, int nparams)
{
    GVariantBuilder o = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
    for (int i = 0; i < nparams; i++)
        setMember(&o, params[i].field, paramValue(&params[i]));
    return g_variant_builder_end(&o);
}

char *paramText(const virTypedParameter *p)
{
    switch (p->type) {
    case VIR_TYPED_PARAM_INT:
        return g_strdup_printf("%d", p->value.i);
    case VIR_TYPED_PARAM_UINT:
        return g_strdup_printf("%u", p->value.ui);
    case VIR_TYPED_PARAM_LLONG:
        return g_strdup_printf("%lld", p->value.l);
    case VIR_TYPED_PARAM_ULLONG:
        return g_strdup_printf("%llu", p->value.ul);
    case VIR_TYPED_PARAM_DOUBLE:
        return g_strdup_printf("%f", p->value.d);
    case VIR_TYPED_PARAM_BOOLEAN:
        return g_strdup(p->value.b ? "yes" : "no");
    default:
        return g_strdup(p->value.s);
    }
}

void printParams(Shell *sh, virTypedParameterPtr params, int nparams, int width)
{
    if (sh->json) {
        printValue(sh, paramsValue(params, nparams));
        return;
    }
    for (int i = 0; i < nparams; i++) {
        g_autofree char *text = paramText(&params[i]);
        printf("%-*s: %s\n", width, params[i].field, text);
    }
}

void recordsAdd(Records *records, const char *name, virTypedParameterPtr params, int nparams)
{
    g_variant_builder_open(&records->rows, G_VARIANT_TYPE_VARDICT);
    setMember(&records->rows, "name", textValue(name));
    setMember(&records->rows, "stats", paramsValue(params, nparams));
    g_variant_builder_close(&records->rows);
}

void recordsEnd(Records *records)
{
    printValue(records->sh, g_variant_builder_end(&records->rows));
    g_free(records);
}
