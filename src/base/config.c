/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parser of configuration files, and the table that carries their values into a struct. */
#define VIR_FROM VIR_FROM_CONF
#define VIR_LOG_NAME "conf"
#include "base/config.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include <string.h>

enum { FILE_MAX = 10 * 1024 * 1024 };

typedef struct {
    virConfKind kind;           /* INT, STRING or LIST */
    int line;
    long long number;
    char *string;
    char **list;
} Value;

struct _virConf {
    char *filename;
    GHashTable *values;         /* key → Value */
    GPtrArray *keys;            /* in the file's order; owned by the table */
};

typedef struct {
    const char *p, *end, *filename;
    int line;
} Parser;

static void valueFree(gpointer data)
{
    Value *v = data;
    if (!v)
        return;
    g_free(v->string);
    g_strfreev(v->list);
    g_free(v);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Value, valueFree)

static bool fail(const Parser *ps, GError **error, const char *what)
{
    virSetError(error, VIR_ERR_CONF_SYNTAX, "%s:%d: %s", ps->filename, ps->line, what);
    return false;
}

static bool ended(const Parser *ps)
{
    return ps->p >= ps->end;
}

static void skipBlanks(Parser *ps, bool lines)
{
    while (!ended(ps)) {
        if (*ps->p == '#' && lines) {
            while (!ended(ps) && *ps->p != '\n')
                ps->p++;
        } else if (*ps->p == '\n' && lines) {
            ps->line++;
            ps->p++;
        } else if (*ps->p == ' ' || *ps->p == '\t' || (*ps->p == '\r' && lines)) {
            ps->p++;
        } else {
            return;
        }
    }
}

static char *parseString(Parser *ps, GError **error)
{
    bool block = ps->end - ps->p >= 3 && memcmp(ps->p, "\"\"\"", 3) == 0;
    char quote = *ps->p;
    const char *start = ps->p + (block ? 3 : 1), *close;
    if (block)
        close = g_strstr_len(start, ps->end - start, "\"\"\"");
    else
        close = memchr(start, quote, ps->end - start);
    if (!close || (!block && memchr(start, '\n', close - start))) {
        fail(ps, error, "unterminated string");
        return NULL;
    }
    for (const char *q = start; q < close; q++)
        if (*q == '\n')
            ps->line++;
    ps->p = close + (block ? 3 : 1);
    return g_strndup(start, close - start);
}

static bool parseList(Parser *ps, Value *v, GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);
    ps->p++;
    for (;;) {
        skipBlanks(ps, true);
        if (ended(ps))
            return fail(ps, error, "list is not closed with ]");
        if (*ps->p == ']')
            break;
        if (*ps->p != '"' && *ps->p != '\'')
            return fail(ps, error, "expecting a string in the list");
        char *item = parseString(ps, error);
        if (!item)
            return false;
        g_ptr_array_add(items, item);
        skipBlanks(ps, true);
        if (!ended(ps) && *ps->p == ',')
            ps->p++;
        else if (!ended(ps) && *ps->p != ']')
            return fail(ps, error, "expecting a separator in list");
    }
    ps->p++;
    g_ptr_array_add(items, NULL);
    v->kind = VIR_CONF_LIST;
    v->list = (char **)g_ptr_array_steal(items, NULL);
    return true;
}

static bool parseNumber(Parser *ps, Value *v, GError **error)
{
    const char *start = ps->p;
    while (!ended(ps) && (g_ascii_isdigit(*ps->p) || (ps->p == start && *ps->p == '-')))
        ps->p++;
    g_autofree char *text = g_strndup(start, ps->p - start);
    v->kind = VIR_CONF_INT;
    if (!g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &(gint64){ 0 }, NULL))
        return fail(ps, error, "expecting a value");
    v->number = g_ascii_strtoll(text, NULL, 10);
    return true;
}

static bool parseValue(Parser *ps, Value *v, GError **error)
{
    v->line = ps->line;
    if (ended(ps))
        return fail(ps, error, "expecting a value");
    if (*ps->p == '"' || *ps->p == '\'') {
        v->kind = VIR_CONF_STRING;
        return (v->string = parseString(ps, error)) != NULL;
    }
    return *ps->p == '[' ? parseList(ps, v, error) : parseNumber(ps, v, error);
}

static bool parseStatement(Parser *ps, virConf *conf, GError **error)
{
    const char *start = ps->p;
    if (!g_ascii_isalpha(*start))
        return fail(ps, error, "expecting a name");
    while (!ended(ps) && (g_ascii_isalnum(*ps->p) || *ps->p == '_' || *ps->p == '-' || *ps->p == '.'))
        ps->p++;
    g_autofree char *key = g_strndup(start, ps->p - start);
    skipBlanks(ps, false);
    if (ended(ps) || *ps->p != '=')
        return fail(ps, error, "expecting an assignment");
    ps->p++;
    skipBlanks(ps, false);
    g_autoptr(Value) v = g_new0(Value, 1);
    if (!parseValue(ps, v, error))
        return false;
    skipBlanks(ps, false);
    if (!ended(ps) && *ps->p != '\n' && *ps->p != '#' && *ps->p != '\r')
        return fail(ps, error, "expecting a newline after the value");
    if (!g_hash_table_contains(conf->values, key))
        g_ptr_array_add(conf->keys, g_strdup(key));
    g_hash_table_replace(conf->values, g_steal_pointer(&key), g_steal_pointer(&v));
    return true;
}

virConf *virConfParse(const char *text, gsize len, const char *filename, GError **error)
{
    g_autoptr(virConf) conf = g_new0(virConf, 1);
    Parser ps = { text, text + len, filename, 1 };
    conf->filename = g_strdup(filename);
    conf->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, valueFree);
    conf->keys = g_ptr_array_new_with_free_func(g_free);
    for (skipBlanks(&ps, true); !ended(&ps); skipBlanks(&ps, true))
        if (!parseStatement(&ps, conf, error))
            return NULL;
    return g_steal_pointer(&conf);
}

virConf *virConfLoad(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize len;
    if (!virFileRead(path, FILE_MAX, &text, &len, error))
        return NULL;
    return virConfParse(text, len, path, error);
}

void virConfFree(virConf *conf)
{
    if (!conf)
        return;
    g_clear_pointer(&conf->values, g_hash_table_unref);
    g_clear_pointer(&conf->keys, g_ptr_array_unref);
    g_free(conf->filename);
    g_free(conf);
}

/* ---- reading values ---- */

bool virConfHas(virConf *conf, const char *key)
{
    return g_hash_table_contains(conf->values, key);
}

static bool mistyped(virConf *conf, const Value *v, const char *key, const char *want, GError **error)
{
    static const char *const names[] = { [VIR_CONF_STRING] = "a string", [VIR_CONF_LIST] = "a list", [VIR_CONF_INT] = "an integer" };
    virSetError(error, VIR_ERR_CONF_SYNTAX, "%s:%d: '%s' must be %s, not %s", conf->filename, v->line, key, want, names[v->kind]);
    return false;
}

bool virConfGetString(virConf *conf, const char *key, char **value, GError **error)
{
    const Value *v = g_hash_table_lookup(conf->values, key);
    if (!v)
        return true;
    if (v->kind != VIR_CONF_STRING)
        return mistyped(conf, v, key, "a string", error);
    g_free(*value);
    *value = g_strdup(v->string);
    return true;
}

bool virConfGetInt(virConf *conf, const char *key, long long min, long long max, long long *value, GError **error)
{
    const Value *v = g_hash_table_lookup(conf->values, key);
    if (!v)
        return true;
    if (v->kind != VIR_CONF_INT)
        return mistyped(conf, v, key, "an integer", error);
    if (v->number < min || v->number > max) {
        virSetError(error, VIR_ERR_CONF_SYNTAX, "%s:%d: '%s' must be between %lld and %lld, not %lld", conf->filename, v->line, key,
                    min, max, v->number);
        return false;
    }
    *value = v->number;
    return true;
}

bool virConfGetList(virConf *conf, const char *key, char ***value, GError **error)
{
    const Value *v = g_hash_table_lookup(conf->values, key);
    if (!v)
        return true;
    if (v->kind == VIR_CONF_INT)
        return mistyped(conf, v, key, "a list of strings", error);
    char *const one[] = { v->string, NULL };
    g_strfreev(*value);
    *value = g_strdupv(v->kind == VIR_CONF_LIST ? v->list : (char **)one);
    return true;
}

static bool applyRow(virConf *conf, const virConfRow *row, void *member, GError **error)
{
    long long n = 0;
    if (!virConfHas(conf, row->key) || row->kind == VIR_CONF_IGNORED)
        return true;
    switch (row->kind) {
    case VIR_CONF_STRING:
        return virConfGetString(conf, row->key, member, error);
    case VIR_CONF_LIST:
        return virConfGetList(conf, row->key, member, error);
    case VIR_CONF_INT:
        return virConfGetInt(conf, row->key, G_MININT, G_MAXINT, &n, error) && (*(int *)member = n, true);
    case VIR_CONF_UINT:
        return virConfGetInt(conf, row->key, 0, G_MAXUINT, &n, error) && (*(unsigned int *)member = n, true);
    default:
        return virConfGetInt(conf, row->key, 0, 1, &n, error) && (*(bool *)member = n, true);
    }
}

bool virConfApply(virConf *conf, const virConfRow *rows, void *settings, GError **error)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (const virConfRow *row = rows; row->key; row++) {
        if (!applyRow(conf, row, (char *)settings + row->offset, error))
            return false;
        g_hash_table_add(known, (gpointer)row->key);
    }
    for (guint i = 0; i < conf->keys->len; i++) {
        const char *key = conf->keys->pdata[i];
        const Value *v = g_hash_table_lookup(conf->values, key);
        if (!g_hash_table_contains(known, key))
            virWarn("%s:%d: unknown setting '%s' is ignored", conf->filename, v->line, key);
    }
    return true;
}
