/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading XML text into a document, with the parser's complaints in the reference's form, and small helpers
 * over nodes. */
#define VIR_FROM VIR_FROM_XML
#include "xml/internal.h"
#include <libxml/xmlerror.h>
#include <stdarg.h>
#include <string.h>

enum { MAX_DOCUMENT = 64 << 20 };

typedef struct {
    const char *name; /* of the text, for messages */
    char *message;    /* the first complaint */
} virXmlComplaint;

/* The line around the error and a pointer below it. */
static char *errorContext(const xmlParserInput *input)
{
    if (!input || !input->base || input->end == input->base)
        return g_strdup("(null)\n^");
    const char *base = (const char *)input->base, *cur = (const char *)input->cur;
    while (cur > base && (*cur == '\n' || *cur == '\r' || !*cur))
        cur--;
    const char *begin = cur;
    while (begin > base && cur - begin < 80 && begin[-1] != '\n' && begin[-1] != '\r')
        begin--;
    size_t len = strcspn(begin, "\r\n");
    GString *s = g_string_new_len(begin, MIN(len, 160));
    g_string_append_c(s, '\n');
    const char *end = MIN((const char *)input->cur, begin + len);
    for (const char *p = begin; p < end; p++)
        g_string_append_c(s, *p == '\t' ? '\t' : '-');
    g_string_append_c(s, '^');
    return g_string_free(s, FALSE);
}

static void onError(void *data, xmlErrorPtr err)
{
    xmlParserCtxt *ctxt = data;
    virXmlComplaint *c = ctxt->_private;
    if (c->message || err->level < XML_ERR_ERROR)
        return;
    g_autofree char *text = g_strchomp(g_strdup(err->message ? err->message : "syntax error"));
    g_autofree char *context = errorContext(ctxt->input);
    c->message = g_strdup_printf("%s:%d: %s\n%s", c->name, err->line, text, context);
}

/* Expanding entities is how a small text becomes a huge one; no document of ours has any. */
static bool hasEntities(const xmlDoc *doc)
{
    return (doc->intSubset &&
            (doc->intSubset->entities || doc->intSubset->ExternalID || doc->intSubset->SystemID)) ||
           doc->extSubset;
}

virXmlDoc *virXmlDocParse(const char *text, const char *file, const char *what, const char *root, int from,
                          GError **error)
{
    g_autofree char *quoted = g_strdup_printf("(%s)", what ? what : "document");
    const virXmlLibrary *lib = virXmlLibraryLoad(error);
    if (!lib)
        return NULL;
    virXmlComplaint complaint = { .name = file ? file : quoted };
    size_t len = strlen(text);
    if (len > MAX_DOCUMENT) {
        virErrorSet(error, from, VIR_ERR_XML_ERROR,
                    "%s: document of %zu bytes is greater than the limit of %d", complaint.name, len,
                    MAX_DOCUMENT);
        return NULL;
    }
    if (!len) {
        virErrorSet(error, from, VIR_ERR_XML_DETAIL, "%s:1: Document is empty\n(null)\n^", complaint.name);
        return NULL;
    }
    xmlParserCtxt *ctxt = lib->xmlNewParserCtxt();
    ctxt->_private = &complaint;
    ctxt->sax->serror = (xmlStructuredErrorFunc)onError;
    g_autoptr(virXmlDoc) doc =
        lib->xmlCtxtReadMemory(ctxt, text, len, file, NULL,
                          XML_PARSE_NONET | XML_PARSE_NOWARNING | XML_PARSE_NOBLANKS | XML_PARSE_COMPACT);
    lib->xmlFreeParserCtxt(ctxt);
    g_autofree char *message = complaint.message;
    if (!doc || message) {
        virErrorSet(error, from, VIR_ERR_XML_DETAIL, "%s",
                    message ? message : "failed to parse xml document");
        return NULL;
    }
    xmlNode *node = virXmlRoot(doc);
    if (!node) {
        virErrorSet(error, VIR_FROM, VIR_ERR_INTERNAL_ERROR, "missing root element");
        return NULL;
    }
    if (hasEntities(doc)) {
        virErrorSet(error, from, VIR_ERR_XML_ERROR,
                    "%s: document type definitions and entities are not accepted", complaint.name);
        return NULL;
    }
    if (root && strcmp((const char *)node->name, root) != 0) {
        virErrorSet(error, VIR_FROM, VIR_ERR_XML_ERROR, "expecting root element of '%s', not '%s'", root,
                    node->name);
        return NULL;
    }
    return g_steal_pointer(&doc);
}

xmlNode *virXmlChild(xmlNode *node, const char *name)
{
    return node && node->children ? (node->children->type == XML_ELEMENT_NODE && !node->children->ns &&
                                             strcmp((const char *)node->children->name, name) == 0
                                         ? node->children
                                         : virXmlNext(node->children, name))
                                  : NULL;
}

xmlNode *virXmlNext(xmlNode *node, const char *name)
{
    while (node && (node = node->next))
        if (node->type == XML_ELEMENT_NODE &&
            (!name || (!node->ns && strcmp((const char *)node->name, name) == 0)))
            return node;
    return NULL;
}

const char *virXmlProp(xmlNode *node, const char *name)
{
    for (const xmlAttr *a = node ? node->properties : NULL; a; a = a->next) {
        if ((char)*a->name != *name || a->ns || strcmp((const char *)a->name, name) != 0)
            continue;
        if (!a->children)
            return "";
        /* Without entities the value of an attribute is one text node. */
        return a->children->content ? (const char *)a->children->content : "";
    }
    return NULL;
}

char *virXmlText(xmlNode *node)
{
    if (!node || !node->children)
        return NULL;
    if (!node->children->next && node->children->type == XML_TEXT_NODE)
        return *node->children->content ? g_strdup((const char *)node->children->content) : NULL;
    xmlChar *text = virXmlLib()->xmlNodeGetContent(node);
    char *copy = text && *text ? g_strdup((const char *)text) : NULL;
    virXmlLib()->release(text);
    return copy;
}

void virXmlErrorAt(GError **error, xmlNode *node, int from, int code, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    g_autofree char *message = g_strdup_vprintf(format, ap);
    va_end(ap);
    xmlChar *path = node ? virXmlLib()->xmlGetNodePath(node) : NULL;
    if (path)
        virErrorSet(error, from, code, "%s (at %s, line %ld)", message, (const char *)path,
                    virXmlLib()->xmlGetLineNo(node));
    else
        virErrorSet(error, from, code, "%s", message);
    if (path)
        virXmlLib()->release(path);
}

char *virXmlDump(xmlNode *node, int level)
{
    const virXmlLibrary *lib = virXmlLib();
    xmlBuffer *buf = lib->xmlBufferCreate();
    lib->xmlNodeDump(buf, node->doc, node, level, 1);
    char *text = g_strdup((const char *)lib->xmlBufferContent(buf));
    lib->xmlBufferFree(buf);
    return text;
}

void virXmlRemove(xmlNode *node)
{
    virXmlLib()->xmlUnlinkNode(node);
    virXmlLib()->xmlFreeNode(node);
}
