/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of lxc-tools' configurations: see lxc.h. */
#define VIR_FROM VIR_FROM_CONF
#include "native/lxc.h"
#include "base/error.h"
#include <string.h>

static void freeEntry(void *data)
{
    virLxcEntry *entry = data;
    g_free(entry->key);
    g_free(entry->value);
    g_free(entry);
}

/* `key = value`: the value goes on to the end of the line, comments included, unless it is quoted. Returns what is wrong, or NULL. */
static const char *readLine(GPtrArray *entries, char *line)
{
    line += strspn(line, " \t");
    line[strcspn(line, "\r")] = 0;
    if (!*line || *line == '#')
        return NULL;
    if (!g_ascii_isalpha(*line))
        return "expecting a name";
    char *end = line;
    while (g_ascii_isalnum(*end) || *end == '_' || *end == '.')
        end++;
    char *value = end + strspn(end, " \t");
    if (*value != '=')
        return "expecting an assignment";
    value += 1 + strspn(value + 1, " \t");
    if (*value == '"' || *value == '\'') {
        char *close = strchr(value + 1, *value);
        if (!close)
            return "unterminated string";
        if (close[1 + strspn(close + 1, " \t")])
            return "expecting a separator";
        *close = 0;
        value++;
    }
    virLxcEntry *entry = g_new0(virLxcEntry, 1);
    entry->key = g_strndup(line, end - line);
    entry->value = g_strdup(value);
    g_ptr_array_add(entries, entry);
    return NULL;
}

GPtrArray *virLxcRead(const char *text, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(freeEntry);
    if (!g_utf8_validate(text, -1, NULL)) {
        virSetError(error, VIR_ERR_CONF_SYNTAX, "the configuration is not UTF-8 text");
        return NULL;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        const char *why = readLine(entries, lines[i]);
        if (!why)
            continue;
        virSetError(error, VIR_ERR_CONF_SYNTAX, "memory conf:%u: %s", i + 1, why);
        return NULL;
    }
    return g_steal_pointer(&entries);
}

const char *virLxcGet(const GPtrArray *entries, const char *key)
{
    for (guint i = 0; i < entries->len; i++) {
        const virLxcEntry *entry = entries->pdata[i];
        if (g_str_equal(entry->key, key))
            return entry->value;
    }
    return NULL;
}
