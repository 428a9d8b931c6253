/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of .vmx files: see vmx.h. */
#define VIR_FROM VIR_FROM_NONE
#include "native/vmx.h"
#include "base/error.h"
#include <string.h>

struct _virVmxFile {
    GHashTable *values;         /* lower-case key -> value, UTF-8 */
};

void virVmxFileFree(virVmxFile *file)
{
    if (!file)
        return;
    g_hash_table_unref(file->values);
    g_free(file);
}

/* `key = "value"` or `key = value`; false: neither, and neither a comment nor blank. */
static bool readLine(virVmxFile *file, char *line)
{
    g_strstrip(line);
    if (!*line || *line == '#')
        return true;
    char *eq = strchr(line, '=');
    if (!eq || eq == line)
        return false;
    g_autofree char *key = g_strndup(line, eq - line);
    char *value = g_strstrip(eq + 1);
    if (*value == '"') {
        char *end = strrchr(++value, '"');
        if (!end)
            return false;
        *end = 0;
    }
    g_hash_table_insert(file->values, g_ascii_strdown(g_strstrip(key), -1), g_strdup(value));
    return true;
}

/* The first lines may name another character set than UTF-8. */
static char *toUtf8(const char *text, GError **error)
{
    const char *at = strstr(text, ".encoding");
    g_autofree char *encoding = NULL;
    if (at) {
        const char *from = strchr(at, '"'), *to = from ? strchr(from + 1, '"') : NULL;
        if (to)
            encoding = g_strndup(from + 1, to - from - 1);
    }
    if (!encoding || g_ascii_strcasecmp(encoding, "UTF-8") == 0) {
        if (g_utf8_validate(text, -1, NULL))
            return g_strdup(text);
        if (!encoding)
            return g_convert(text, -1, "UTF-8", "WINDOWS-1252", NULL, NULL, NULL);
    }
    g_autoptr(GError) why = NULL;
    char *utf8 = g_convert(text, -1, "UTF-8", encoding, NULL, NULL, &why);
    if (!utf8)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "the vmx file says that it is written in '%s', and is not: %s", encoding, why->message);
    return utf8;
}

virVmxFile *virVmxFileRead(const char *text, GError **error)
{
    g_autofree char *utf8 = toUtf8(text, error);
    if (!utf8) {
        if (error && !*error)
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "the vmx file is not UTF-8 and names no encoding");
        return NULL;
    }
    g_autoptr(virVmxFile) file = g_new0(virVmxFile, 1);
    file->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) lines = g_strsplit(utf8, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        if (readLine(file, lines[i]))
            continue;
        virErrorSet(error, VIR_FROM_CONF, VIR_ERR_CONF_SYNTAX, "(vmx file):%u: expecting key = \"value\": %s", i + 1, lines[i]);
        return NULL;
    }
    return g_steal_pointer(&file);
}

static const char *lookup(const virVmxFile *file, const char *key, va_list args)
{
    g_autofree char *name = g_strdup_vprintf(key, args), *lower = g_ascii_strdown(name, -1);
    return g_hash_table_lookup(file->values, lower);
}

const char *virVmxGet(const virVmxFile *file, const char *key, ...)
{
    va_list args;
    va_start(args, key);
    const char *value = lookup(file, key, args);
    va_end(args);
    return value;
}

bool virVmxBool(const virVmxFile *file, bool standard, bool *value, GError **error, const char *key, ...)
{
    va_list args;
    va_start(args, key);
    const char *text = lookup(file, key, args);
    va_end(args);
    *value = standard;
    if (!text)
        return true;
    *value = g_ascii_strcasecmp(text, "true") == 0;
    if (*value || g_ascii_strcasecmp(text, "false") == 0)
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "Config entry '%s' must represent a boolean value (true|false) but found '%s'", key, text);
    return false;
}

bool virVmxNumber(const virVmxFile *file, long long standard, long long *value, GError **error, const char *key, ...)
{
    va_list args;
    va_start(args, key);
    const char *text = lookup(file, key, args);
    va_end(args);
    char *end = NULL;
    *value = standard;
    if (!text || g_ascii_strcasecmp(text, "unlimited") == 0) {
        *value = text ? -1 : standard;
        return true;
    }
    *value = g_ascii_strtoll(text, &end, 10);
    if (*text && !*end)
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "Config entry '%s' must represent an integer value but found '%s'", key, text);
    return false;
}

char *virVmxUnescape(const char *text, char lead)
{
    GString *out = g_string_new(NULL);
    for (; *text; text++) {
        if (*text == lead && g_ascii_isxdigit(text[1]) && g_ascii_isxdigit(text[2])) {
            g_string_append_c(out, g_ascii_xdigit_value(text[1]) << 4 | g_ascii_xdigit_value(text[2]));
            text += 2;
        } else {
            g_string_append_c(out, *text);
        }
    }
    return g_string_free(out, FALSE);
}

char *virVmxEscape(const char *text, const char *special, char lead)
{
    GString *out = g_string_new(NULL);
    for (; *text; text++) {
        if (strchr(special, *text) || (unsigned char)*text < ' ')
            g_string_append_printf(out, "%c%02x", lead, (unsigned char)*text);
        else
            g_string_append_c(out, *text);
    }
    return g_string_free(out, FALSE);
}
