/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The functions of libxml2 that the engine uses, in a module that is loaded with the first text that is read: libxml2 may bring ICU and
 * the C++ runtime along, 3 MB that a client which reads no document has no use for. Its structs are public and are read directly.
 */
#pragma once

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/tree.h>
#include <glib.h>

#define VIR_XML_LIBRARY(F) \
    F(xmlAddChild) F(xmlBufferContent) F(xmlBufferCreate) F(xmlBufferFree) F(xmlCtxtReadMemory) F(xmlDocCopyNode) F(xmlDocSetRootElement) \
    F(xmlFreeDoc) F(xmlFreeNode) F(xmlFreeParserCtxt) F(xmlGetLineNo) F(xmlGetNodePath) F(xmlInitParser) F(xmlNewDoc) F(xmlNewNs) \
    F(xmlNewParserCtxt) F(xmlNodeDump) F(xmlNodeGetContent) F(xmlReadMemory) F(xmlRelaxNGFreeParserCtxt) F(xmlRelaxNGFreeValidCtxt) \
    F(xmlRelaxNGNewMemParserCtxt) F(xmlRelaxNGNewValidCtxt) F(xmlRelaxNGParse) F(xmlRelaxNGSetValidStructuredErrors) F(xmlRelaxNGValidateDoc) \
    F(xmlUnlinkNode)

#define VIR_XML_LIBRARY_MEMBER_(name) __typeof__(name) *name;
typedef struct {
    gsize size;                         /* of this struct: a module of another version is refused */
    VIR_XML_LIBRARY(VIR_XML_LIBRARY_MEMBER_)
    void (*release)(void *memory);      /* xmlFree, which is a variable */
} virXmlLibrary;

/* NULL and an error when the module or libxml2 is not installed. */
const virXmlLibrary *virXmlLibraryLoad(GError **error);
/* For callers that hold a document, or work on what was read from one: it is loaded. */
const virXmlLibrary *virXmlLib(void);
