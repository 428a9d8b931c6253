/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fills any object from its table with random values: what the tables promise must hold for all of them. */
#include "xmlrandom.h"
#include <string.h>
#include "xml/internal.h"

static char *randomString(GRand *r)
{
    static const char *const pieces[] = { "a",  "Z", "7", "/", "<", ">", "&", "'",
                                          "\"", "-", "_", " ", "é", ".", ":", "x" };
    GString *s = g_string_new("s"); /* never blank */
    for (int n = g_rand_int_range(r, 0, 8); n > 0; n--)
        g_string_append(s, pieces[g_rand_int_range(r, 0, G_N_ELEMENTS(pieces))]);
    return g_string_free(s, FALSE);
}

static unsigned long long randomNumber(GRand *r, const virXmlRow *row)
{
    unsigned long long most = row->max ? row->max : g_rand_boolean(r) ? 10 : G_MAXINT;
    return g_rand_int_range(r, 1, (gint32)MIN(most, G_MAXINT - 1) + 1);
}

static void fillScalar(GRand *r, const virXmlRow *row, void *obj)
{
    if (row->has)
        *(virXmlBoolMember *)virXmlAt(obj, row->has - 1) = true;
    switch (row->kind) {
    case VIR_XML_STR:
        g_free(*M_(obj, row, Str));
        *M_(obj, row, Str) = randomString(r);
        return;
    case VIR_XML_INT:
    case VIR_XML_UINT:
        *M_(obj, row, Uint) = (unsigned int)randomNumber(r, row);
        return;
    case VIR_XML_LL:
    case VIR_XML_ULL:
    case VIR_XML_SIZE:
        *M_(obj, row, ULL) = randomNumber(r, row);
        return;
    case VIR_XML_ENUM:
        do
            *M_(obj, row, Int) = g_rand_int_range(r, 0, row->en->n);
        while (row->flags & (XF_REQ | XF_ELEM_ON | XF_WANTED) && !row->en->words[*M_(obj, row, Int)]);
        return;
    case VIR_XML_BOOL:
    case VIR_XML_FLAG:
        *M_(obj, row, Bool) = g_rand_boolean(r);
        return;
    case VIR_XML_BITMAP:
        virBitmapFree(*M_(obj, row, Ptr));
        *M_(obj, row, Ptr) = virBitmapNew(0);
        for (int n = g_rand_int_range(r, 1, 5); n > 0; n--)
            virBitmapSet(*M_(obj, row, Ptr), g_rand_int_range(r, 0, row->max ? (int)row->max : 100), true);
        return;
    case VIR_XML_UUID:
        for (int i = 0; i < 16; i++)
            ((unsigned char *)virXmlAt(obj, row->offset))[i] = g_rand_int_range(r, 1, 256);
        return;
    case VIR_XML_MAC:
        for (int i = 0; i < 6; i++)
            ((virMac *)virXmlAt(obj, row->offset))->b[i] = g_rand_int_range(r, 1, 256) & 0xfe;
        return;
    default:
        return;
    }
}

/* Parts whose members must fit each other (a hook that only checks): random ones would be refused. */
static bool isChecked(const virXmlType *type)
{
    for (const virXmlRow *row = type->rows; row->kind != VIR_XML_END; row++)
        if (row->kind == VIR_XML_HOOK && row->hook->parse && !row->hook->format)
            return true;
    return false;
}

void virTestXmlFill(GRand *r, const virXmlType *type, void *obj, int depth)
{
    for (const virXmlRow *row = type->rows; row->kind != VIR_XML_END; row++) {
        if (row->flags & XF_MEMORY)
            continue;
        bool skip = g_rand_int_range(r, 0, 3) == 0 && !(row->flags & (XF_REQ | XF_ALWAYS | XF_ELEM_ON | XF_WANTED));
        switch (row->kind) {
        case VIR_XML_PART:
            if (row->has)
                *(virXmlBoolMember *)virXmlAt(obj, row->has - 1) = !skip;
            virTestXmlFill(r, row->sub, virXmlAt(obj, row->offset), depth);
            break;
        case VIR_XML_UNION: {
            const virXmlType *sub = virXmlCaseOf(row, *M_(obj, row, Int));
            if (sub)
                virTestXmlFill(r, sub, obj, depth);
            break;
        }
        case VIR_XML_OBJ:
            if (!skip && !isChecked(row->sub) && depth > 0 && !*M_(obj, row, Ptr)) {
                *M_(obj, row, Ptr) = virXmlNew(row->sub);
                virTestXmlFill(r, row->sub, *M_(obj, row, Ptr), depth - 1);
            }
            break;
        case VIR_XML_LIST: {
            virXmlList *list = virXmlAt(obj, row->offset);
            for (int n = skip || list->n || isChecked(row->sub) || depth <= 0 ? 0 : g_rand_int_range(r, 1, 4); n > 0; n--) {
                void *item = virXmlNew(row->sub);
                virTestXmlFill(r, row->sub, item, depth - 1);
                virXmlListInsert(list, list->n, item);
            }
            break;
        }
        case VIR_XML_STRV:
            if (!skip && !*M_(obj, row, Strv)) {
                char **words = g_new0(char *, 3);
                words[0] = randomString(r);
                words[1] = randomString(r);
                *M_(obj, row, Strv) = words;
            }
            break;
        case VIR_XML_RAW:
        case VIR_XML_HOOK:
        case VIR_XML_CONV:
            break;
        default:
            if (!skip)
                fillScalar(r, row, obj);
        }
    }
}
