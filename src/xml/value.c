/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scalars: from text, to text, are they there, are they equal. */
#define VIR_FROM VIR_FROM_XML
#include "xml/internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/util.h"

bool virXmlParseNumber(const char *text, int base, bool isSigned, long long *value)
{
    char *end = NULL;
    const char *p = text;
    while (g_ascii_isspace(*p))
        p++;
    errno = 0;
    if (isSigned || *p == '-')
        *value = strtoll(p, &end, base);
    else
        *value = (long long)strtoull(p, &end, base);
    return errno == 0 && end != p && !*end;
}

unsigned long long virXmlUnit(const char *unit)
{
    static const struct {
        const char *letters;
        int power;
    } prefix[] = { { "k", 1 }, { "m", 2 }, { "g", 3 }, { "t", 4 }, { "p", 5 }, { "e", 6 } };
    if (g_ascii_strcasecmp(unit, "b") == 0 || g_ascii_strcasecmp(unit, "byte") == 0 ||
        g_ascii_strcasecmp(unit, "bytes") == 0)
        return 1;
    for (size_t i = 0; i < G_N_ELEMENTS(prefix); i++) {
        if (g_ascii_tolower(*unit) != *prefix[i].letters)
            continue;
        unsigned int base = !unit[1] || g_ascii_strcasecmp(unit + 1, "ib") == 0 ? 1024
                            : g_ascii_strcasecmp(unit + 1, "b") == 0            ? 1000
                                                                                : 0;
        unsigned long long factor = base ? 1 : 0;
        for (int j = 0; j < prefix[i].power; j++)
            factor *= base;
        return factor;
    }
    return 0;
}

static bool isZero(const void *p, size_t n)
{
    for (const unsigned char *c = p; n; n--)
        if (*c++)
            return false;
    return true;
}

bool virXmlValuePresent(const virXmlRow *row, const void *obj)
{
    if (row->has && !(row->flags & XF_ALWAYS))
        return *(virXmlBoolMember *)virXmlAt(obj, row->has - 1);
    switch (row->kind) {
    case VIR_XML_STR:
    case VIR_XML_BITMAP:
        return *M_(obj, row, Ptr) != NULL;
    case VIR_XML_ENUM: {
        int v = *M_(obj, row, Int);
        return (v || row->flags & XF_ALWAYS) && virXmlEnumToString(row->en, v);
    }
    case VIR_XML_CONV:
        return true;
    case VIR_XML_FLAG:
        return *M_(obj, row, Bool);
    default:
        break;
    }
    if (row->flags & XF_ALWAYS)
        return true;
    switch (row->kind) {
    case VIR_XML_INT:
    case VIR_XML_UINT:
        return *M_(obj, row, Uint) != 0;
    case VIR_XML_LL:
    case VIR_XML_ULL:
    case VIR_XML_SIZE:
        return *M_(obj, row, ULL) != 0;
    case VIR_XML_BOOL:
        return *M_(obj, row, Bool);
    case VIR_XML_UUID:
        return !isZero(virXmlAt(obj, row->offset), 16);
    case VIR_XML_MAC:
        return !isZero(virXmlAt(obj, row->offset), 6);
    default:
        return false;
    }
}

static const char *numberText(const virXmlRow *row, unsigned long long v, bool negative, char *buf)
{
    char *p = buf + VIR_XML_BUF - 1;
    *p = 0;
    if (row->flags & (XF_HEX | XF_OCTAL)) {
        const char *digits = row->flags & XF_UPPER ? "0123456789ABCDEF" : "0123456789abcdef";
        unsigned int shift = row->flags & XF_HEX ? 4 : 3, n = 0;
        for (; v || n < MAX(row->digits, 1); v >>= shift, n++)
            *--p = digits[v & ((1u << shift) - 1)];
        if (shift == 4) {
            *--p = 'x';
            *--p = '0';
        }
        return p;
    }
    do
        *--p = '0' + v % 10;
    while (v /= 10);
    if (negative)
        *--p = '-';
    return p;
}

const char *virXmlValueText(const virXmlRow *row, const void *obj, char *buf, char **owned)
{
    switch (row->kind) {
    case VIR_XML_STR:
        return *M_(obj, row, Str);
    case VIR_XML_INT: {
        int v = *M_(obj, row, Int);
        return numberText(row, v < 0 ? -(unsigned long long)v : (unsigned long long)v, v < 0, buf);
    }
    case VIR_XML_UINT:
        return numberText(row, *M_(obj, row, Uint), false, buf);
    case VIR_XML_LL: {
        long long v = *M_(obj, row, LL);
        return numberText(row, v < 0 ? -(unsigned long long)v : (unsigned long long)v, v < 0, buf);
    }
    case VIR_XML_ULL:
    case VIR_XML_SIZE:
        return numberText(row, *M_(obj, row, ULL), false, buf);
    case VIR_XML_ENUM:
        return virXmlEnumToString(row->en, *M_(obj, row, Int));
    case VIR_XML_BOOL:
    case VIR_XML_FLAG:
        return *M_(obj, row, Bool) ? "yes" : "no";
    case VIR_XML_BITMAP:
        return *owned = virBitmapFormat(*M_(obj, row, Ptr));
    case VIR_XML_UUID:
        virUUIDFormat(virXmlAt(obj, row->offset), buf);
        return buf;
    case VIR_XML_MAC:
        virMacFormat(virXmlAt(obj, row->offset), buf);
        return buf;
    case VIR_XML_CONV:
        return *owned = row->conv->format ? row->conv->format(row, obj) : NULL;
    default:
        return NULL;
    }
}

void virXmlValueExpected(const virXmlRow *row, GString *out)
{
    if (row->kind == VIR_XML_ENUM || row->kind == VIR_XML_BOOL) {
        const virXmlEnum *en = row->kind == VIR_XML_BOOL ? &virTristateBoolEnum : row->en;
        const char *separator = "one of: ";
        for (int i = 0; i < en->n; i++) {
            if (!en->words[i])
                continue;
            g_string_append_printf(out, "%s%s", separator, en->words[i]);
            separator = ", ";
        }
    } else if (row->kind == VIR_XML_UUID) {
        g_string_append(out, "a UUID");
    } else if (row->kind == VIR_XML_MAC) {
        g_string_append(out, "a MAC address");
    } else if (row->kind == VIR_XML_BITMAP) {
        g_string_append(out, "a set of numbers like '0-3,^2'");
    } else if (row->kind == VIR_XML_SIZE) {
        g_string_append(out, "a size");
    }
}

static bool invalid(const virXmlRow *row, const char *text, xmlNode *node, const char *attr,
                    const char *expected, virXmlContext *ctx, GError **error)
{
    if (row->bad) {
        g_autofree char *message = g_strdup_printf(row->bad, text);
        virXmlErrorAt(error, node, row->flags & XF_NOFROM ? VIR_FROM_NONE : ctx->from, row->code ? row->code : VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                      message);
        return false;
    }
    g_autoptr(GString) allowed = g_string_new(NULL);
    if (expected)
        g_string_append_printf(allowed, " Expected %s", expected);
    else {
        g_string_append(allowed, " Expected ");
        gsize before = allowed->len;
        virXmlValueExpected(row, allowed);
        if (allowed->len == before)
            g_string_truncate(allowed, 0);
    }
    if (attr)
        virXmlErrorAt(error, node, VIR_FROM, VIR_ERR_XML_ERROR,
                      "Invalid value for attribute '%s' in element '%s': '%s'.%s", attr, node->name, text,
                      allowed->str);
    else
        virXmlErrorAt(error, node, VIR_FROM, VIR_ERR_XML_ERROR,
                      "Invalid value '%s' for element or attribute './%s[1]'.%s", text, node->name,
                      allowed->str);
    return false;
}

static bool parseInteger(const virXmlRow *row, void *obj, const char *text, xmlNode *node, const char *attr,
                         virXmlContext *ctx, GError **error)
{
    bool isSigned = row->kind == VIR_XML_INT || row->kind == VIR_XML_LL;
    bool wide = row->kind == VIR_XML_LL || row->kind == VIR_XML_ULL;
    long long v = 0;
    int base = row->flags & XF_ANYBASE ? 0 : row->flags & XF_HEX ? 16 : row->flags & XF_OCTAL ? 8 : 10;
    if (!virXmlParseNumber(text, base, isSigned, &v))
        return invalid(row, text, node, attr, "integer value", ctx, error);
    bool minus = !isSigned && strchr(text, '-');
    if (minus && !(row->flags & XF_SIGNED_WRAP))
        return invalid(row, text, node, attr, "non-negative integer value", ctx, error);
    if (row->flags & XF_POSITIVE && (v == 0 || (isSigned && v < 0)))
        return invalid(row, text, node, attr, "positive integer value", ctx, error);
    if (!wide && (isSigned ? v < G_MININT || v > G_MAXINT : !minus && (unsigned long long)v > G_MAXUINT))
        return invalid(row, text, node, attr, "integer value", ctx, error);
    if (row->max && (isSigned ? v > (long long)row->max : (unsigned long long)v > row->max)) {
        if (row->beyond) {
            g_autofree char *message = g_strdup_printf(row->beyond, (unsigned long long)v);
            virXmlErrorAt(error, node, VIR_FROM_NONE, VIR_ERR_XML_ERROR, "%s", message);
            return false;
        }
        g_autofree char *most = g_strdup_printf("a value of at most %llu", row->max);
        return invalid(row, text, node, attr, most, ctx, error);
    }
    if (wide)
        *M_(obj, row, LL) = v;
    else
        *M_(obj, row, Int) = (int)v;
    return true;
}

/* The member counts units of row->scale bytes; parts of a unit are rounded up. */
static bool parseSize(const virXmlRow *row, void *obj, const char *text, xmlNode *node, const char *attr,
                      virXmlContext *ctx, GError **error)
{
    long long v;
    if (!virXmlParseNumber(text, 10, false, &v) || strchr(text, '-'))
        return invalid(row, text, node, attr, NULL, ctx, error);
    const char *unit = virXmlProp(node, row->unitAttr ? row->unitAttr : "unit");
    unsigned long long factor = unit ? virXmlUnit(unit) : row->scale;
    if (!factor) {
        virXmlErrorAt(error, node, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, "unknown suffix '%s'", unit);
        return false;
    }
    unsigned long long bytes;
    if (__builtin_mul_overflow((unsigned long long)v, factor, &bytes)) {
        virXmlErrorAt(error, node, VIR_FROM_NONE, VIR_ERR_OVERFLOW, "value too large: %lld%s", v,
                      unit ? unit : "");
        return false;
    }
    *M_(obj, row, ULL) = bytes / row->scale + (bytes % row->scale != 0);
    return true;
}

bool virXmlValueParse(const virXmlRow *row, void *obj, const char *text, xmlNode *node, const char *attr,
                      virXmlContext *ctx, GError **error)
{
    if (row->has)
        *(virXmlBoolMember *)virXmlAt(obj, row->has - 1) = true;
    switch (row->kind) {
    case VIR_XML_STR:
        g_free(*M_(obj, row, Str));
        *M_(obj, row, Str) = g_strdup(text);
        return true;
    case VIR_XML_INT:
    case VIR_XML_UINT:
    case VIR_XML_LL:
    case VIR_XML_ULL:
        return parseInteger(row, obj, text, node, attr, ctx, error);
    case VIR_XML_SIZE:
        return parseSize(row, obj, text, node, attr, ctx, error);
    case VIR_XML_ENUM: {
        int v = virXmlEnumFromString(row->en, text);
        if (v < 0)
            return row->flags & XF_LENIENT ? true : invalid(row, text, node, attr, NULL, ctx, error);
        *M_(obj, row, Int) = v;
        return true;
    }
    case VIR_XML_BOOL:
        if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0 && !(row->flags & XF_LENIENT))
            return invalid(row, text, node, attr, NULL, ctx, error);
        *M_(obj, row, Bool) = strcmp(text, "yes") == 0;
        return true;
    case VIR_XML_BITMAP: {
        virBitmap *map = virBitmapParse(text, row->max);
        if (!map && !row->bad) {
            virXmlErrorAt(error, node, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, "Failed to parse bitmap '%s'", text);
            return false;
        }
        if (!map)
            return invalid(row, text, node, attr, NULL, ctx, error);
        virBitmapFree(*M_(obj, row, Ptr));
        *M_(obj, row, Ptr) = map;
        return true;
    }
    case VIR_XML_UUID:
        return virUUIDParse(text, virXmlAt(obj, row->offset)) ||
               invalid(row, text, node, attr, NULL, ctx, error);
    case VIR_XML_MAC:
        return virMacParse(text, virXmlAt(obj, row->offset)) ||
               invalid(row, text, node, attr, NULL, ctx, error);
    case VIR_XML_CONV: {
        GError *cause = NULL;
        if (!row->conv->parse || row->conv->parse(row, obj, text, ctx, &cause))
            return true;
        if (!cause)
            return invalid(row, text, node, attr, NULL, ctx, error);
        g_propagate_error(error, cause);
        return false;
    }
    default:
        return true;
    }
}

bool virXmlValueEqual(const virXmlRow *row, const void *a, const void *b)
{
    if (row->has &&
        *(virXmlBoolMember *)virXmlAt(a, row->has - 1) != *(virXmlBoolMember *)virXmlAt(b, row->has - 1))
        return false;
    switch (row->kind) {
    case VIR_XML_STR:
        return g_strcmp0(*M_(a, row, Str), *M_(b, row, Str)) == 0;
    case VIR_XML_INT:
    case VIR_XML_UINT:
    case VIR_XML_ENUM:
        return *M_(a, row, Int) == *M_(b, row, Int);
    case VIR_XML_LL:
    case VIR_XML_ULL:
    case VIR_XML_SIZE:
        return *M_(a, row, LL) == *M_(b, row, LL);
    case VIR_XML_BOOL:
    case VIR_XML_FLAG:
        return *M_(a, row, Bool) == *M_(b, row, Bool);
    case VIR_XML_BITMAP:
        return virBitmapEqual(*M_(a, row, Ptr), *M_(b, row, Ptr));
    case VIR_XML_UUID:
        return memcmp(virXmlAt(a, row->offset), virXmlAt(b, row->offset), 16) == 0;
    case VIR_XML_MAC:
        return memcmp(virXmlAt(a, row->offset), virXmlAt(b, row->offset), 6) == 0;
    case VIR_XML_CONV: {
        g_autofree char *ta = row->conv->format ? row->conv->format(row, a) : NULL;
        g_autofree char *tb = row->conv->format ? row->conv->format(row, b) : NULL;
        return g_strcmp0(ta, tb) == 0;
    }
    default:
        return true;
    }
}
