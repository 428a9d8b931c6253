/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first walk: an element into a struct. Input order is free, the first of several equal elements counts,
 * unknown ones are ignored. */
#define VIR_FROM VIR_FROM_XML
#include "xml/internal.h"
#include <string.h>

static xmlNode *findChild(xmlNode *node, const virXmlStep *step)
{
    for (xmlNode *child = node ? node->children : NULL; child; child = child->next)
        if (virXmlStepMatches(step, child))
            return child;
    return NULL;
}

static bool missing(const virXmlRow *row, const virXmlPrepRow *prep, xmlNode *node, xmlNode *parent,
                    const virXmlContext *ctx, GError **error)
{
    if (row->lack)
        virXmlErrorAt(error, node ? node : parent, row->flags & XF_NOFROM ? VIR_FROM_NONE : ctx->from, row->lackCode ? row->lackCode : VIR_ERR_XML_ERROR, "%s", row->lack);
    else if (prep->attr)
        virXmlErrorAt(error, node, VIR_FROM, VIR_ERR_XML_ERROR,
                      "Missing required attribute '%s' in element '%s'", prep->attr, node->name);
    else
        virXmlErrorAt(error, node ? node : parent, VIR_FROM, VIR_ERR_XML_ERROR,
                      "missing required element '%s'", row->path);
    return false;
}

static bool parseScalar(const virXmlRow *row, const virXmlPrepRow *prep, void *obj, xmlNode *node,
                        xmlNode *self, virXmlContext *ctx, GError **error)
{
    if (!node)
        return row->flags & XF_REQ && !prep->attr ? missing(row, prep, NULL, self, ctx, error) : true;
    if (row->kind == VIR_XML_FLAG) {
        *M_(obj, row, Bool) = true;
        return true;
    }
    if (prep->attr) {
        const char *text = virXmlProp(node, prep->attr);
        if (!text && row->flags & XF_ELEM_ON)
            *M_(obj, row, Int) = 1;
        if (!text)
            return row->flags & XF_REQ ? missing(row, prep, node, self, ctx, error) : true;
        return virXmlValueParse(row, obj, text, node, prep->attr, ctx, error);
    }
    /* The usual element holds one text: no copy. */
    const xmlNode *only = node->children;
    if (only && !only->next && only->type == XML_TEXT_NODE)
        return virXmlValueParse(row, obj, (const char *)only->content, node, NULL, ctx, error);
    g_autofree char *text = virXmlText(node);
    if (!text && row->flags & XF_LENIENT)
        text = g_strdup("");
    if (!text)
        return row->flags & XF_REQ ? missing(row, prep, node, self, ctx, error) : true;
    return virXmlValueParse(row, obj, text, node, NULL, ctx, error);
}

static bool parseList(const virXmlRow *row, const virXmlStep *elem, void *obj, xmlNode *node,
                      virXmlContext *ctx, GError **error)
{
    virXmlList *list = virXmlAt(obj, row->offset);
    for (xmlNode *child = node ? node->children : NULL; child; child = child->next) {
        if (!virXmlStepMatches(elem, child))
            continue;
        void *item = virXmlParse((virXmlType *)row->sub, child, ctx, error);
        if (!item)
            return false;
        virXmlListInsert(list, list->n, item);
    }
    return true;
}

static void parseStrv(const virXmlRow *row, const virXmlStep *elem, void *obj, xmlNode *node)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    for (xmlNode *child = node ? node->children : NULL; child; child = child->next) {
        if (!virXmlStepMatches(elem, child))
            continue;
        char *text = virXmlText(child);
        if (text)
            g_ptr_array_add(words, text);
    }
    if (!words->len)
        return;
    g_ptr_array_add(words, NULL);
    g_strfreev(*M_(obj, row, Strv));
    *M_(obj, row, Strv) = (char **)g_ptr_array_free(g_steal_pointer(&words), FALSE);
}

/* Only elements of other namespaces stay, the first of each. */
static void keepForeign(xmlNode *node)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (xmlNode *n = node->children, *next; n; n = next) {
        next = n->next;
        if (n->type == XML_ELEMENT_NODE && n->ns && n->ns->href &&
            !g_hash_table_contains(seen, n->ns->href)) {
            g_hash_table_add(seen, (gpointer)n->ns->href);
            continue;
        }
        virXmlRemove(n);
    }
}

static void parseRaw(const virXmlRow *row, const virXmlStep *elem, void *obj, xmlNode *node)
{
    xmlNode *child = findChild(node, elem);
    if (!child || (!child->children && !(row->flags & XF_FOREIGN)))     /* an empty one of the user's stays */
        return;
    if (row->flags & XF_FOREIGN)
        keepForeign(child);
    const virXmlLibrary *lib = virXmlLib();
    g_autoptr(virXmlDoc) own = lib->xmlNewDoc(NULL);    /* a copy takes along the namespaces that are declared further up */
    lib->xmlDocSetRootElement(own, lib->xmlDocCopyNode(child, own, 1));
    g_free(*M_(obj, row, Str));
    *M_(obj, row, Str) = virXmlDump(virXmlRoot(own), 1);
}

static bool parseObject(const virXmlRow *row, const virXmlPrepRow *prep, void *obj, xmlNode *node,
                        virXmlContext *ctx, GError **error)
{
    xmlNode *child = findChild(node, prep->elem);
    if (!child)
        return row->flags & XF_REQ && node ? missing(row, prep, node, node, ctx, error) : true;
    for (xmlNode *other = row->lack ? child->next : NULL; other; other = other->next)
        if (virXmlStepMatches(prep->elem, other))
            return missing(row, prep, other, other, ctx, error);
    void *part = virXmlParse((virXmlType *)row->sub, child, ctx, error);
    if (!part)
        return false;
    if (*M_(obj, row, Ptr))
        virXmlFree(row->sub, *M_(obj, row, Ptr));
    *M_(obj, row, Ptr) = part;
    return true;
}

static bool parseRow(const virXmlRow *row, const virXmlPrepRow *prep, void *obj, xmlNode *node, xmlNode *self,
                     virXmlContext *ctx, GError **error)
{
    switch (row->kind) {
    case VIR_XML_LIST:
        return parseList(row, prep->elem, obj, node, ctx, error);
    case VIR_XML_STRV:
        parseStrv(row, prep->elem, obj, node);
        return true;
    case VIR_XML_RAW:
        parseRaw(row, prep->elem, obj, node);
        return true;
    case VIR_XML_OBJ:
        return parseObject(row, prep, obj, node, ctx, error);
    case VIR_XML_PART:
        if (row->has && node)
            *(virXmlBoolMember *)virXmlAt(obj, row->has - 1) = true;
        return !node || virXmlParseInto((virXmlType *)row->sub, virXmlAt(obj, row->offset), node, ctx, error);
    case VIR_XML_UNION: {
        const virXmlType *sub = virXmlCaseOf(row, *M_(obj, row, Int));
        return !sub || !node || virXmlParseInto((virXmlType *)sub, obj, node, ctx, error);
    }
    case VIR_XML_HOOK:
        return !row->hook->parse || !node || row->hook->parse(row, obj, node, ctx, error);
    default:
        return parseScalar(row, prep, obj, node, self, ctx, error);
    }
}

bool virXmlParseInto(virXmlType *type, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    const virXmlPrep *prep = virXmlPrepare(type);
    unsigned int skip = XF_NOPARSE | XF_MEMORY | (ctx->flags & VIR_XML_INACTIVE ? XF_LIVE : 0) |
                        (ctx->flags & VIR_XML_WITH_STATUS ? 0 : XF_STATUS);
    xmlNode *path[9] = { node }; /* path[i]: the element of the first i steps, NULL when absent */
    int known = 0;               /* how many steps of `path` hold for the current row */
    if (++ctx->depth > VIR_XML_MAX_DEPTH) {
        virXmlErrorAt(error, node, VIR_FROM, VIR_ERR_XML_ERROR, "document is nested too deeply");
        return false;
    }
    for (unsigned int i = 0; i < prep->n; i++) {
        const virXmlRow *row = &type->rows[i];
        const virXmlPrepRow *p = &prep->rows[i];
        known = MIN(known, p->readShare);
        if (row->flags & skip)
            continue;
        for (; known < p->nsteps; known++)
            path[known + 1] = findChild(path[known], &p->steps[known]);
        if (!parseRow(row, p, obj, path[p->nsteps], node, ctx, error))
            return false;
    }
    ctx->depth--;
    return true;
}

void *virXmlParse(virXmlType *type, xmlNode *node, virXmlContext *ctx, GError **error)
{
    void *obj = virXmlNew(type);
    if (virXmlParseInto(type, obj, node, ctx, error))
        return obj;
    virXmlFree(type, obj);
    return NULL;
}
