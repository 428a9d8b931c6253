/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The walks over tables (table.h): parse, format, copy, free, compare, and the exporters. */
#pragma once

#include "base/util.h"
#include "xml/library.h"
#include "xml/table.h"

typedef enum {                  /* the same bits as VIR_DOMAIN_DEF_* and VIR_DOMAIN_XML_* */
    VIR_XML_SECURE = 1 << 0,
    VIR_XML_INACTIVE = 1 << 1,
    VIR_XML_MIGRATABLE = 1 << 3,
    VIR_XML_WITH_STATUS = 1 << 8,
} virXmlFlags;

/* --- documents --- */
typedef xmlDoc virXmlDoc;
static inline void virXmlDocFree(virXmlDoc *doc) { if (doc) virXmlLib()->xmlFreeDoc(doc); }
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virXmlDoc, virXmlDocFree)
/* `file` NULL: messages name the text "(domain_definition)" when `what` is "domain_definition". `root`: the element expected, NULL any. */
virXmlDoc *virXmlDocParse(const char *text, const char *file, const char *what, const char *root, int from, GError **error);

static inline xmlNode *virXmlRoot(const virXmlDoc *doc)
{
    xmlNode *n = doc ? doc->children : NULL;
    while (n && n->type != XML_ELEMENT_NODE)
        n = n->next;
    return n;
}
/* A document that is part of the program: without namespaces, known to be right. It lives as long as the arena. */
xmlNode *virXmlPlainParse(const char *text, virArena *arena);
char *virXmlDump(xmlNode *node, int level);                     /* as text, laid out for that depth */
void virXmlRemove(xmlNode *node);                               /* from its document, and free it */

/* --- walks --- */
/* Reads `node` into a new object; NULL and an error that names path, line, value and what is allowed. */
void *virXmlParse(virXmlType *type, xmlNode *node, virXmlContext *ctx, GError **error);
bool virXmlParseInto(virXmlType *type, void *obj, xmlNode *node, virXmlContext *ctx, GError **error);
/* Writes <name>…</name> of `obj` at the given depth of indentation. */
void virXmlFormat(virXmlType *type, const char *name, const void *obj, unsigned int flags, GString *out, int depth);
void *virXmlNew(const virXmlType *type);
void *virXmlCopy(const virXmlType *type, const void *obj);
void virXmlCopyInto(const virXmlType *type, void *dst, const void *src);
void virXmlClear(const virXmlType *type, void *obj);
void virXmlFree(const virXmlType *type, void *obj);
bool virXmlIsEmpty(virXmlType *type, const void *obj);       /* nothing of it would be written */
bool virXmlEqual(virXmlType *type, const void *a, const void *b);
/* NULL when equal; else where and what: "devices/disk[2]/target/@bus" with both values as text. abi: XF_ABI rows only. */
typedef struct { char *path, *a, *b; } virXmlDifference;
virXmlDifference *virXmlDiff(virXmlType *type, const void *a, const void *b, bool abi);
void virXmlDifferenceFree(virXmlDifference *diff);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virXmlDifference, virXmlDifferenceFree)

/* --- exporters --- */
char *virXmlExportRng(virXmlType *type, const char *ns);        /* a whole grammar; strict about names and values */
/* Check an element against the schema of its table; compiled once for each table. */
bool virXmlValidate(virXmlType *type, xmlNode *node, GError **error);
/* The first name or word that the schema does not know, with its path, line and the nearest that it does; NULL: none. */
char *virXmlExplain(virXmlType *type, xmlNode *node);
char *virXmlExportJson(virXmlType *type);                       /* every path with kind, values, flags */
/* Walks a table and all below it; complaints about wrong rows are appended. For the tests. */
void virXmlCheckTable(virXmlType *type, GPtrArray *complaints);
/* Rows of a table and all below it, and how many of them have code of their own (hooks, conversions, conditions). */
void virXmlCountRows(virXmlType *type, unsigned int *rows, unsigned int *hooks);

/* --- for hooks --- */
xmlNode *virXmlChild(xmlNode *node, const char *name);          /* first child element without namespace, NULL */
xmlNode *virXmlNext(xmlNode *node, const char *name);           /* next sibling of that name (NULL: any element) */
const char *virXmlProp(xmlNode *node, const char *name);        /* NULL: absent. Valid while the document is unchanged */
char *virXmlText(xmlNode *node);                                /* NULL when empty */
void virXmlErrorAt(GError **error, xmlNode *node, int from, int code, const char *format, ...) G_GNUC_PRINTF(5, 6);
bool virXmlParseNumber(const char *text, int base, bool isSigned, long long *value);    /* whole text, no overflow */
/* "MiB", "G", "bytes" … as a factor; 0 unknown */
unsigned long long virXmlUnit(const char *unit);

/* Output: elements appear when something is written into them, unless forced. */
void virXmlOutBegin(virXmlOut *out, const char *name, bool force);
void virXmlOutEnd(virXmlOut *out);
void virXmlOutAttr(virXmlOut *out, const char *name, const char *value);
void virXmlOutAttrF(virXmlOut *out, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);
void virXmlOutText(virXmlOut *out, const char *text);
void virXmlOutChildren(virXmlOut *out);                         /* close the start tag: "<x>" */
void virXmlOutRaw(virXmlOut *out, const char *xml);             /* lines of XML at the current depth */
unsigned int virXmlOutFlags(const virXmlOut *out);
