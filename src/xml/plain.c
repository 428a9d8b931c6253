/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Documents that are built into a program, read by GLib, so that having them does not load libxml2. */
#define VIR_FROM VIR_FROM_XML
#include <string.h>
#include "xml/internal.h"

typedef struct {
    virArena *arena;
    xmlNode *root, *at;         /* the element that is open */
} virXmlPlain;

static const xmlChar *keep(virArena *arena, const char *text, gsize len)
{
    char *copy = virArenaAlloc(arena, len + 1);
    memcpy(copy, text, len);
    return (const xmlChar *)copy;
}

static xmlNode *newNode(virXmlPlain *plain, xmlElementType type, const char *name)
{
    xmlNode *node = virArenaAlloc(plain->arena, sizeof(*node)), *parent = plain->at;
    node->type = type;
    node->name = keep(plain->arena, name, strlen(name));
    node->parent = parent;
    node->prev = parent ? parent->last : NULL;
    if (node->prev)
        node->prev->next = node;
    else if (parent)
        parent->children = node;
    if (parent)
        parent->last = node;
    return node;
}

static void addText(virXmlPlain *plain, const char *text, gsize len)
{
    newNode(plain, XML_TEXT_NODE, "text")->content = (xmlChar *)keep(plain->arena, text, len);
}

static void onStart(GMarkupParseContext *ctx, const char *name, const char **names, const char **values, gpointer data, GError **error)
{
    virXmlPlain *plain = data;
    xmlNode *node = newNode(plain, XML_ELEMENT_NODE, name);
    xmlAttr **link = &node->properties;
    for (; *names; names++, values++) {
        xmlAttr *attr = *link = virArenaAlloc(plain->arena, sizeof(*attr));
        attr->type = XML_ATTRIBUTE_NODE;
        attr->name = keep(plain->arena, *names, strlen(*names));
        attr->parent = node;
        link = &attr->next;
        if (!**values)
            continue;
        attr->children = attr->last = virArenaAlloc(plain->arena, sizeof(xmlNode));
        attr->children->type = XML_TEXT_NODE;
        attr->children->content = (xmlChar *)keep(plain->arena, *values, strlen(*values));
    }
    plain->at = node;
    if (!plain->root)
        plain->root = node;
}

static void onEnd(GMarkupParseContext *ctx, const char *name, gpointer data, GError **error)
{
    virXmlPlain *plain = data;
    plain->at = plain->at->parent;
}

static void onText(GMarkupParseContext *ctx, const char *text, gsize len, gpointer data, GError **error)
{
    gsize i = 0;
    while (i < len && g_ascii_isspace(text[i]))
        i++;
    if (i < len)                /* what only lays the document out is nothing */
        addText(data, text, len);
}

xmlNode *virXmlPlainParse(const char *text, virArena *arena)
{
    static const GMarkupParser parser = { .start_element = onStart, .end_element = onEnd, .text = onText };
    g_autoptr(GError) error = NULL;
    virXmlPlain plain = { .arena = arena };
    GMarkupParseContext *ctx = g_markup_parse_context_new(&parser, 0, &plain, NULL);
    if (!g_markup_parse_context_parse(ctx, text, -1, &error) || !g_markup_parse_context_end_parse(ctx, &error))
        g_error("a document of the program's own is not well formed: %s", error->message);
    g_markup_parse_context_free(ctx);
    return plain.root;
}
