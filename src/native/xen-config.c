/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of Xen's configurations: numbers, strings in one of three quotes, lists (also of lists), comments; see xen.h. */
#define VIR_FROM VIR_FROM_CONF
#include "native/xen.h"
#include "base/error.h"
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 8 };           /* lists in lists */

typedef struct {
    const char *at;
    int line;
    GError **error;
} Scanner;

static void valueFree(gpointer data)
{
    virXenValue *v = data;
    if (!v)
        return;
    g_free(v->text);
    g_clear_pointer(&v->items, g_ptr_array_unref);
    g_free(v);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virXenValue, valueFree)

static bool fail(Scanner *s, const char *why)
{
    virSetError(s->error, VIR_ERR_CONF_SYNTAX, "memory conf:%d: %s", s->line, why);
    return false;
}

static void skipBlanks(Scanner *s, bool lines)
{
    for (; *s->at == ' ' || *s->at == '\t' || (lines && (*s->at == '\n' || *s->at == '\r')); s->at++)
        s->line += *s->at == '\n';
}

static bool scanString(Scanner *s, virXenValue *v)
{
    const char *quote = g_str_has_prefix(s->at, "\"\"\"") ? "\"\"\"" : *s->at == '"' ? "\"" : "'";
    const char *from = s->at + strlen(quote), *to = from;
    while (*to && !g_str_has_prefix(to, quote) && (quote[1] || (*to != '\n' && *to != '\r')))
        s->line += *to++ == '\n';
    if (!g_str_has_prefix(to, quote))
        return fail(s, "unterminated string");
    v->kind = VIR_XEN_STRING;
    v->text = g_strndup(from, to - from);
    s->at = to + strlen(quote);
    return true;
}

static virXenValue *scanValue(Scanner *s, int depth);

static bool scanList(Scanner *s, virXenValue *list, int depth)
{
    list->kind = VIR_XEN_LIST;
    list->items = g_ptr_array_new_with_free_func(valueFree);
    s->at++;
    for (skipBlanks(s, true); *s->at && *s->at != ']'; skipBlanks(s, true)) {
        if (list->items->len) {
            if (*s->at != ',')
                return fail(s, "expecting a separator in list");
            s->at++;
            skipBlanks(s, true);
            if (*s->at == ']')
                break;
        }
        virXenValue *item = scanValue(s, depth + 1);
        if (!item)
            return false;
        g_ptr_array_add(list->items, item);
    }
    if (*s->at != ']')
        return fail(s, "list is not closed with ]");
    s->at++;
    return true;
}

static virXenValue *scanValue(Scanner *s, int depth)
{
    g_autoptr(virXenValue) v = g_new0(virXenValue, 1);
    skipBlanks(s, false);
    if (*s->at == '"' || *s->at == '\'') {
        if (!scanString(s, v))
            return NULL;
    } else if (*s->at == '[' && depth < DEEPEST) {
        if (!scanList(s, v, depth))
            return NULL;
    } else if (g_ascii_isdigit(*s->at) || *s->at == '-' || *s->at == '+') {
        bool minus = *s->at == '-';
        unsigned long long n = 0;
        s->at += !g_ascii_isdigit(*s->at);
        if (!g_ascii_isdigit(*s->at))
            return fail(s, "expecting a number"), NULL;
        for (; g_ascii_isdigit(*s->at); s->at++)
            n = n * 10 + (*s->at - '0');
        v->kind = VIR_XEN_NUMBER;
        v->number = (long long)(minus ? -n : n);
    } else {
        return fail(s, "expecting a value"), NULL;
    }
    return g_steal_pointer(&v);
}

static bool isNameByte(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

static bool scanStatement(Scanner *s, virXenConfig *config)
{
    const char *from = s->at;
    if (!g_ascii_isalpha(*from))
        return fail(s, "expecting a name");
    while (isNameByte(*s->at) || (*s->at && strchr(".:-", *s->at)))
        s->at++;
    g_autofree char *name = g_strndup(from, s->at - from);
    skipBlanks(s, false);
    if (*s->at != '=')
        return fail(s, "expecting an assignment");
    s->at++;
    virXenValue *v = scanValue(s, 0);
    if (!v)
        return false;
    if (!g_hash_table_contains(config, name))           /* the first one counts */
        g_hash_table_insert(config, g_steal_pointer(&name), v);
    else
        valueFree(v);
    skipBlanks(s, false);
    if (!*s->at || *s->at == '\n' || *s->at == '\r' || *s->at == '#' || *s->at == ';')
        return true;
    return fail(s, "expecting a separator");
}

virXenConfig *virXenConfigRead(const char *text, GError **error)
{
    g_autoptr(GHashTable) config = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, valueFree);
    Scanner s = { text, 1, error };
    for (skipBlanks(&s, true); *s.at; skipBlanks(&s, true)) {
        if (*s.at == '#')
            s.at += strcspn(s.at, "\n");
        else if (!scanStatement(&s, config))
            return NULL;
        skipBlanks(&s, false);
        s.at += *s.at == ';';
    }
    return g_steal_pointer(&config);
}

/* ---- values ---- */

const virXenValue *virXenGet(virXenConfig *config, const char *name)
{
    return g_hash_table_lookup(config, name);
}

bool virXenBad(GError **error, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    virErrorSet(error, VIR_FROM_XEN, code, "%s", text);
    return false;
}

bool virXenString(virXenConfig *config, const char *name, const char **value, GError **error)
{
    const virXenValue *v = virXenGet(config, name);
    *value = v ? v->text : NULL;
    if (!v || v->kind == VIR_XEN_STRING)
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "memory conf: expected a string for '%s' parameter", name);
    return false;
}

bool virXenNumber(virXenConfig *config, const char *name, long long standard, long long *value, GError **error)
{
    const virXenValue *v = virXenGet(config, name);
    char *end = NULL;
    *value = !v ? standard : v->kind == VIR_XEN_STRING ? g_ascii_strtoll(v->text, &end, 10) : v->number;
    if (!v || v->kind == VIR_XEN_NUMBER || (v->kind == VIR_XEN_STRING && !*end))
        return *value >= 0 || virXenBad(error, VIR_ERR_INTERNAL_ERROR, "config value %s was malformed", name);
    return virXenBad(error, VIR_ERR_INTERNAL_ERROR, "config value %s was malformed", name);
}

bool virXenFlag(virXenConfig *config, const char *name, bool standard, bool *value, GError **error)
{
    const virXenValue *v = virXenGet(config, name);
    *value = !v ? standard : v->kind == VIR_XEN_STRING ? g_str_equal(v->text, "1") : v->number != 0;
    return !v || v->kind != VIR_XEN_LIST || virXenBad(error, VIR_ERR_INTERNAL_ERROR, "config value %s was malformed", name);
}

GPtrArray *virXenStrings(virXenConfig *config, const char *name)
{
    GPtrArray *strings = g_ptr_array_new();
    const virXenValue *v = virXenGet(config, name);
    if (v && v->kind == VIR_XEN_STRING)
        g_ptr_array_add(strings, v->text);
    for (guint i = 0; v && v->items && i < v->items->len; i++) {
        const virXenValue *item = v->items->pdata[i];
        if (item->kind == VIR_XEN_STRING)
            g_ptr_array_add(strings, item->text);
    }
    return strings;
}

GHashTable *virXenOptions(const char *text)
{
    GHashTable *options = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    for (char **word = words; *word; word++) {
        char *eq = strchr(g_strstrip(*word), '=');
        if (**word)
            g_hash_table_insert(options, eq ? g_strndup(*word, eq - *word) : g_strdup(*word), g_strdup(eq ? eq + 1 : ""));
    }
    return options;
}

/* ---- writing ---- */

static void putQuoted(GString *out, const char *value)
{
    const char *quote = !strchr(value, '"') && !strchr(value, '\n') ? "\"" : !strchr(value, '\'') && !strchr(value, '\n') ? "'" : "\"\"\"";
    g_string_append_printf(out, "%s%s%s", quote, value, quote);
}

void virXenPutString(GString *out, const char *name, const char *value)
{
    if (!value)
        return;
    g_string_append_printf(out, "%s = ", name);
    putQuoted(out, value);
    g_string_append_c(out, '\n');
}

void virXenPutNumber(GString *out, const char *name, long long value)
{
    g_string_append_printf(out, "%s = %lld\n", name, value);
}

void virXenPutList(GString *out, const char *name, GPtrArray *items)
{
    if (!items->len)
        return;
    g_string_append_printf(out, "%s = [ ", name);
    for (guint i = 0; i < items->len; i++) {
        g_string_append(out, i ? ", " : "");
        putQuoted(out, items->pdata[i]);
    }
    g_string_append(out, " ]\n");
}
