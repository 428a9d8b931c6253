/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The remaining walks: new, copy, free, and the differences of two objects. */
#include "xml/internal.h"
#include <string.h>

void *virXmlNew(const virXmlType *type)
{
    void *obj = g_malloc0(type->size);
    if (type->init)
        type->init(obj);
    return obj;
}

/* `dst` is a byte copy of `src`: replace each pointer that is still shared. Cases of a union may share
 * members, so a member that already differs has been done. */
static void copyRow(const virXmlRow *row, void *dst, const void *src)
{
    switch (row->kind) {
    case VIR_XML_STR:
    case VIR_XML_RAW:
        if (*M_(dst, row, Str) == *M_(src, row, Str))
            *M_(dst, row, Str) = g_strdup(*M_(src, row, Str));
        return;
    case VIR_XML_BITMAP:
        if (*M_(dst, row, Ptr) == *M_(src, row, Ptr))
            *M_(dst, row, Ptr) = virBitmapCopy(*M_(src, row, Ptr));
        return;
    case VIR_XML_STRV:
        if (*M_(dst, row, Strv) == *M_(src, row, Strv))
            *M_(dst, row, Strv) = g_strdupv(*M_(src, row, Strv));
        return;
    case VIR_XML_OBJ:
        if (*M_(src, row, Ptr) && *M_(dst, row, Ptr) == *M_(src, row, Ptr))
            *M_(dst, row, Ptr) = virXmlCopy(row->sub, *M_(src, row, Ptr));
        return;
    case VIR_XML_LIST: {
        virXmlList *d = virXmlAt(dst, row->offset);
        const virXmlList *s = virXmlAt(src, row->offset);
        if (!s->n || d->v != s->v)
            return;
        *d = (virXmlList){ 0 };
        for (unsigned int i = 0; i < s->n; i++)
            virXmlListInsert(d, i, virXmlCopy(row->sub, s->v[i]));
        return;
    }
    case VIR_XML_PART:
        virXmlCopyInto(row->sub, virXmlAt(dst, row->offset), virXmlAt(src, row->offset));
        return;
    case VIR_XML_UNION:
        for (const virXmlCase *c = row->cases; c->sub; c++)
            virXmlCopyInto(c->sub, dst, src);
        return;
    default:
        return;
    }
}

void virXmlCopyInto(const virXmlType *type, void *dst, const void *src)
{
    for (const virXmlRow *row = type->rows; row->kind != VIR_XML_END; row++)
        copyRow(row, dst, src);
}

void *virXmlCopy(const virXmlType *type, const void *obj)
{
    if (!obj)
        return NULL;
    void *copy = g_memdup2(obj, type->size);
    virXmlCopyInto(type, copy, obj);
    return copy;
}

static void clearRow(const virXmlRow *row, void *obj)
{
    switch (row->kind) {
    case VIR_XML_STR:
    case VIR_XML_RAW:
        g_clear_pointer(M_(obj, row, Str), g_free);
        return;
    case VIR_XML_BITMAP:
        virBitmapFree(*M_(obj, row, Ptr));
        *M_(obj, row, Ptr) = NULL;
        return;
    case VIR_XML_STRV:
        g_strfreev(*M_(obj, row, Strv));
        *M_(obj, row, Strv) = NULL;
        return;
    case VIR_XML_OBJ:
        virXmlFree(row->sub, *M_(obj, row, Ptr));
        *M_(obj, row, Ptr) = NULL;
        return;
    case VIR_XML_LIST: {
        virXmlList *list = virXmlAt(obj, row->offset);
        for (unsigned int i = 0; i < list->n; i++)
            virXmlFree(row->sub, list->v[i]);
        g_free(list->v);
        *list = (virXmlList){ 0 };
        return;
    }
    case VIR_XML_PART:
        virXmlClear(row->sub, virXmlAt(obj, row->offset));
        return;
    case VIR_XML_UNION:
        for (const virXmlCase *c = row->cases; c->sub; c++)
            virXmlClear(c->sub, obj);
        return;
    default:
        return;
    }
}

void virXmlClear(const virXmlType *type, void *obj)
{
    for (const virXmlRow *row = type->rows; row->kind != VIR_XML_END; row++)
        clearRow(row, obj);
}

void virXmlFree(const virXmlType *type, void *obj)
{
    if (!obj)
        return;
    virXmlClear(type, obj);
    g_free(obj);
}

/* --- differences --- */

typedef struct {
    bool abi;
    GString *path;
    virXmlDifference *found;
} virXmlDiffWalk;

static bool diffRows(const virXmlType *type, const void *a, const void *b, virXmlDiffWalk *walk);

static char *describe(const virXmlRow *row, const void *obj)
{
    char buf[VIR_XML_BUF];
    char *owned = NULL;
    if (!virXmlValuePresent(row, obj))
        return NULL;
    const char *text = virXmlValueText(row, obj, buf, &owned);
    return owned ? owned : g_strdup(text);
}

static bool report(const virXmlRow *row, char *a, char *b, virXmlDiffWalk *walk)
{
    walk->found = g_new0(virXmlDifference, 1);
    walk->found->path = g_strdup_printf("%s%s", walk->path->str,
                                        strcmp(row->path ? row->path : ".", ".") == 0 ? "" : row->path);
    if (g_str_has_suffix(walk->found->path, "/"))
        walk->found->path[strlen(walk->found->path) - 1] = 0;
    walk->found->a = a;
    walk->found->b = b;
    return true;
}

/* Compare two parts of the same type, one level deeper; index 0: no number in the path. */
static bool diffPart(const virXmlRow *row, const virXmlType *sub, const void *a, const void *b,
                     unsigned int index, virXmlDiffWalk *walk)
{
    if (!a || !b)
        return a != b && report(row, g_strdup(a ? "present" : NULL), g_strdup(b ? "present" : NULL), walk);
    gsize len = walk->path->len;
    if (strcmp(row->path, ".") != 0)
        g_string_append_printf(walk->path, index ? "%s[%u]/" : "%s/", row->path, index);
    bool found = diffRows(sub, a, b, walk);
    g_string_truncate(walk->path, len);
    return found;
}

static bool diffRow(const virXmlRow *row, const void *a, const void *b, virXmlDiffWalk *walk)
{
    switch (row->kind) {
    case VIR_XML_STRV: {
        char **x = *M_(a, row, Strv), **y = *M_(b, row, Strv);
        if (x == y || (x && y && g_strv_equal((const char *const *)x, (const char *const *)y)))
            return false;
        return report(row, x ? g_strjoinv(" ", x) : NULL, y ? g_strjoinv(" ", y) : NULL, walk);
    }
    case VIR_XML_RAW:
        return g_strcmp0(*M_(a, row, Str), *M_(b, row, Str)) != 0 &&
               report(row, g_strdup(*M_(a, row, Str)), g_strdup(*M_(b, row, Str)), walk);
    case VIR_XML_OBJ:
        return diffPart(row, row->sub, *M_(a, row, Ptr), *M_(b, row, Ptr), 0, walk);
    case VIR_XML_PART:
        return diffPart(row, row->sub, virXmlAt(a, row->offset), virXmlAt(b, row->offset), 0, walk);
    case VIR_XML_LIST: {
        const virXmlList *x = virXmlAt(a, row->offset), *y = virXmlAt(b, row->offset);
        if (x->n != y->n)
            return report(row, g_strdup_printf("%u elements", x->n), g_strdup_printf("%u elements", y->n),
                          walk);
        for (unsigned int i = 0; i < x->n; i++)
            if (diffPart(row, row->sub, x->v[i], y->v[i], i + 1, walk))
                return true;
        return false;
    }
    case VIR_XML_UNION: {
        const virXmlType *sub = virXmlCaseOf(row, *M_(a, row, Int));
        if (*M_(a, row, Int) != *M_(b, row, Int))
            return report(row, NULL, NULL, walk);
        return sub && diffPart(row, sub, a, b, 0, walk);
    }
    case VIR_XML_HOOK:
        return row->hook->equal && !row->hook->equal(row, a, b) && report(row, NULL, NULL, walk);
    default:
        return !virXmlValueEqual(row, a, b) && report(row, describe(row, a), describe(row, b), walk);
    }
}

static bool diffRows(const virXmlType *type, const void *a, const void *b, virXmlDiffWalk *walk)
{
    for (const virXmlRow *row = type->rows; row->kind != VIR_XML_END; row++) {
        if (row->flags & XF_NOFORMAT || (walk->abi && !(row->flags & XF_ABI)))
            continue;
        if (diffRow(row, a, b, walk))
            return true;
    }
    return false;
}

virXmlDifference *virXmlDiff(virXmlType *type, const void *a, const void *b, bool abi)
{
    g_autoptr(GString) path = g_string_new(NULL);
    virXmlDiffWalk walk = { .abi = abi, .path = path };
    diffRows(type, a, b, &walk);
    return walk.found;
}

bool virXmlEqual(virXmlType *type, const void *a, const void *b)
{
    g_autoptr(virXmlDifference) diff = virXmlDiff(type, a, b, false);
    return diff == NULL;
}

void virXmlDifferenceFree(virXmlDifference *diff)
{
    if (!diff)
        return;
    g_free(diff->path);
    g_free(diff->a);
    g_free(diff->b);
    g_free(diff);
}
