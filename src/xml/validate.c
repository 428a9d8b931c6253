/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Documents against the schema of their table: for callers who want typing errors told instead of ignored. */
#define VIR_FROM VIR_FROM_XML
#include <string.h>
#include "xml/engine.h"

static void onError(void *data, xmlErrorPtr err)
{
    GString *s = data;
    if (s->len > 2000 || !err->message)
        return;
    g_string_append_printf(s, "%sline %d: %s", s->len ? "\n" : "", err->line, err->message);
    g_strchomp(s->str);
    s->len = strlen(s->str);
}

/* libxml2's compiled schemas are not safe to share between threads while they validate; callers take turns.
 */
static GMutex lock;
static GHashTable *schemas; /* virXmlType -> xmlRelaxNG */

static xmlRelaxNG *schemaOf(const virXmlLibrary *lib, virXmlType *type)
{
    if (!schemas)
        schemas = g_hash_table_new(NULL, NULL);
    xmlRelaxNG *rng = g_hash_table_lookup(schemas, type);
    if (rng)
        return rng;
    g_autofree char *text = virXmlExportRng(type, NULL);
    xmlRelaxNGParserCtxt *parser = lib->xmlRelaxNGNewMemParserCtxt(text, strlen(text));
    rng = lib->xmlRelaxNGParse(parser);
    lib->xmlRelaxNGFreeParserCtxt(parser);
    g_hash_table_insert(schemas, type, rng);
    return rng;
}

bool virXmlValidate(virXmlType *type, xmlNode *node, GError **error)
{
    const virXmlLibrary *lib = virXmlLib();
    g_autoptr(GString) complaints = g_string_new(NULL);
    /* the schema starts at its root: a document of its own for the element */
    g_autoptr(virXmlDoc) doc = lib->xmlNewDoc((const xmlChar *)"1.0");
    lib->xmlDocSetRootElement(doc, lib->xmlDocCopyNode(node, doc, 1));
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    xmlRelaxNGValidCtxt *ctxt = lib->xmlRelaxNGNewValidCtxt(schemaOf(lib, type));
    lib->xmlRelaxNGSetValidStructuredErrors(ctxt, (xmlStructuredErrorFunc)onError, complaints);
    int result = lib->xmlRelaxNGValidateDoc(ctxt, doc);
    lib->xmlRelaxNGFreeValidCtxt(ctxt);
    const char *wrong = result ? complaints->str : type->strict ? type->strict(node) : NULL;
    g_autofree char *why = wrong ? virXmlExplain(type, node) : NULL;
    if (why)
        virErrorSet(error, VIR_FROM, VIR_ERR_XML_INVALID_SCHEMA, "Unable to validate doc against the schema of <%s>: %s\n%s", type->name, why, wrong);
    else if (wrong)
        virErrorSet(error, VIR_FROM, VIR_ERR_XML_INVALID_SCHEMA,
                    "Unable to validate doc against the schema of <%s>: %s", type->name, wrong);
    return !wrong;
}
