/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <metadata>: elements of other programs, one for each namespace, kept as they are. */
#define VIR_FROM VIR_FROM_DOMAIN
#include <string.h>
#include "base/error.h"
#include "model/domain.h"
#include "model/metadata.h"
#include "xml/engine.h"

static virXmlDoc *openMetadata(const char *metadata)
{
    const char *xml = metadata ? metadata : "<metadata/>";
    return virXmlLib()->xmlReadMemory(xml, strlen(xml), NULL, NULL,
                                      XML_PARSE_NONET | XML_PARSE_NOBLANKS | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

static xmlNode *findUri(virXmlDoc *doc, const char *uri)
{
    xmlNode *root = doc ? virXmlRoot(doc) : NULL;
    for (xmlNode *n = root ? root->children : NULL; n; n = n->next)
        if (n->type == XML_ELEMENT_NODE && n->ns && n->ns->href &&
            strcmp((const char *)n->ns->href, uri) == 0)
            return n;
    return NULL;
}

/* What belongs to the element's namespace is handed out without it, as it was set. */
static void stripNamespace(xmlNode *node, const xmlNs *ns)
{
    if (node->ns == ns)
        node->ns = NULL;
    for (xmlNode *n = node->children; n; n = n->next)
        if (n->type == XML_ELEMENT_NODE)
            stripNamespace(n, ns);
}

char *virMetadataGet(const char *metadata, const char *uri)
{
    if (!metadata || !uri)
        return NULL;
    g_autoptr(virXmlDoc) doc = openMetadata(metadata);
    xmlNode *node = findUri(doc, uri);
    if (!node)
        return NULL;
    xmlNs *ns = node->ns;
    stripNamespace(node, ns);
    if (node->nsDef == ns)
        node->nsDef = ns->next;
    else
        ns = NULL;
    char *text = virXmlDump(node, 0);
    if (ns) {
        ns->next = node->nsDef;
        node->nsDef = ns;
    }
    return text;
}

static void adopt(xmlNode *node, xmlNs *ns)
{
    if (!node->ns)
        node->ns = ns;
    for (xmlNode *n = node->children; n; n = n->next)
        if (n->type == XML_ELEMENT_NODE)
            adopt(n, ns);
}

/* `xml` without its own declaration of `uri` gets one: everything in it belongs to that namespace. */
static xmlNode *newElement(virXmlDoc *doc, const char *xml, const char *key, const char *uri, GError **error)
{
    g_autoptr(virXmlDoc) own = virXmlDocParse(xml, NULL, "metadata_xml", NULL, VIR_FROM, error);
    if (!own)
        return NULL;
    xmlNode *node = virXmlLib()->xmlDocCopyNode(virXmlRoot(own), doc, 1);
    xmlNs *ns = virXmlLib()->xmlNewNs(node, (const xmlChar *)uri, (const xmlChar *)key);
    if (!ns) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "failed to create a namespace for '%s'", uri);
        virXmlLib()->xmlFreeNode(node);
        return NULL;
    }
    adopt(node, ns);
    return node;
}

bool virMetadataSet(char **metadata, const char *xml, const char *key, const char *uri, GError **error)
{
    if (!uri || (xml && !key)) {
        virSetError(error, VIR_ERR_INVALID_ARG, "metadata needs a namespace URI and a key");
        return false;
    }
    if (!virXmlLibraryLoad(error))
        return false;
    g_autoptr(virXmlDoc) doc = openMetadata(*metadata);
    xmlNode *root = doc ? virXmlRoot(doc) : NULL, *old = findUri(doc, uri);
    if (!root) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "the metadata are not readable");
        return false;
    }
    xmlNode *node = xml ? newElement(doc, xml, key, uri, error) : NULL;
    if (xml && !node)
        return false;
    if (old)
        virXmlRemove(old);
    if (node)
        virXmlLib()->xmlAddChild(root, node);
    g_free(*metadata);
    *metadata = root->children ? virXmlDump(root, 1) : NULL;
    return true;
}

char *virDomainDefGetMetadata(const virDomainDef *def, const char *uri)
{
    return virMetadataGet(def->metadata, uri);
}

bool virDomainDefSetMetadata(virDomainDef *def, const char *xml, const char *key, const char *uri, GError **error)
{
    return virMetadataSet(&def->metadata, xml, key, uri, error);
}
