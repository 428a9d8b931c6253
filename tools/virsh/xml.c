/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Documents that virsh looks into, in a module of its own: libxml2 brings much along, and most commands print what they were given. */
#include "module.h"
#include <libxml/parser.h>
#include <libxml/xpath.h>

typedef struct {
    xmlDoc *doc;
    xmlXPathContext *ctx;
} Document;

static void documentClose(Document *d)
{
    xmlXPathFreeContext(d->ctx);
    if (d->doc)
        xmlFreeDoc(d->doc);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Document, documentClose)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathObject, xmlXPathFreeObject)

static Document documentOpen(const char *xml, int options)
{
    Document d = { xmlReadDoc(BAD_CAST xml, NULL, NULL, XML_PARSE_NONET | options), NULL };
    d.ctx = d.doc ? xmlXPathNewContext(d.doc) : NULL;
    return d;
}

static int count(const xmlXPathObject *found)
{
    return found && found->type == XPATH_NODESET && found->nodesetval ? found->nodesetval->nodeNr : 0;
}

/* One node, or those that a path selects, as documents. */
static char *dump(Document *d, xmlNode *const *nodes, int n, int format, const char *end)
{
    xmlBuffer *out = xmlBufferCreate();
    for (int i = 0; i < n; i++) {
        xmlNodeDump(out, d->doc, nodes[i], 0, format);
        xmlBufferCat(out, BAD_CAST end);
    }
    char *text = g_strdup((const char *)xmlBufferContent(out));
    xmlBufferFree(out);
    return text;
}

char *shellXmlSelect(const char *xml, const char *path, gboolean wrap)
{
    g_auto(Document) d = documentOpen(xml, XML_PARSE_NOBLANKS);
    g_autoptr(xmlXPathObject) found = d.ctx ? xmlXPathEvalExpression(BAD_CAST path, d.ctx) : NULL;
    if (!found || found->type != XPATH_NODESET)
        return NULL;
    if (!wrap)
        return dump(&d, found->nodesetval ? found->nodesetval->nodeTab : NULL, count(found), 1, "\n");
    xmlNode *root = xmlNewDocNode(d.doc, NULL, BAD_CAST "nodes", NULL);
    for (int i = 0; i < count(found); i++)
        xmlAddChild(root, xmlDocCopyNode(found->nodesetval->nodeTab[i], d.doc, 1));
    char *text = dump(&d, &root, 1, 1, "\n");
    xmlFreeNode(root);
    return text;
}

char *shellXmlFirst(const char *xml, const char *path, int *n)
{
    g_auto(Document) d = documentOpen(xml, 0);
    g_autoptr(xmlXPathObject) found = d.ctx ? xmlXPathEvalExpression(BAD_CAST path, d.ctx) : NULL;
    *n = count(found);
    return *n ? dump(&d, found->nodesetval->nodeTab, 1, 0, "") : NULL;
}

/* The text of the first node, NULL when there is none or it is empty; of other values, as text. */
static char *textAt(Document *d, const char *path)
{
    g_autoptr(xmlXPathObject) found = xmlXPathEvalExpression(BAD_CAST path, d->ctx);
    if (!count(found) && (!found || found->type == XPATH_NODESET))
        return NULL;
    xmlChar *content = count(found) ? xmlNodeGetContent(found->nodesetval->nodeTab[0]) : xmlXPathCastToString(found);
    char *text = *content ? g_strdup((char *)content) : NULL;
    xmlFree(content);
    return text;
}

GPtrArray *shellXmlRows(const char *xml, const char *path, const char *const *columns, guint n)
{
    g_auto(Document) d = documentOpen(xml, 0);
    if (!d.ctx)
        return NULL;
    GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    g_autoptr(xmlXPathObject) found = xmlXPathEvalExpression(BAD_CAST path, d.ctx);
    for (int i = 0; i < count(found); i++) {
        GPtrArray *cells = g_ptr_array_new_with_free_func(g_free);
        d.ctx->node = found->nodesetval->nodeTab[i];
        for (guint c = 0; c < n; c++)
            g_ptr_array_add(cells, textAt(&d, columns[c]));
        g_ptr_array_add(rows, cells);
    }
    return rows;
}

char *shellXmlRename(const char *xml, const char *name)
{
    g_auto(Document) d = documentOpen(xml, 0);
    xmlNode *root = d.doc ? xmlDocGetRootElement(d.doc) : NULL, *at = root ? xmlFirstElementChild(root) : NULL;
    while (at && !g_str_equal((const char *)at->name, "name"))
        at = xmlNextElementSibling(at);
    if (!at)
        return NULL;
    xmlNodeSetContent(at, NULL);
    xmlNodeAddContent(at, BAD_CAST name);
    return dump(&d, &root, 1, 1, "");
}
