/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same five functions for every kind of definition: parse, format, copy, reference. A definition begins with `gint refs`. */
#pragma once

#include "base/error.h"
#include "xml/engine.h"

#define VIR_DOCUMENT_DECLARE(T) \
    extern virXmlType T##Xml; \
    T *T##Parse(const char *xml, const char *file, unsigned int flags, GError **error); \
    T *T##ParseNode(void *node, unsigned int flags, GError **error); \
    char *T##Format(const T *def, unsigned int flags); \
    T *T##Copy(const T *def); \
    T *T##Ref(T *def); \
    void T##Unref(T *def); \
    G_DEFINE_AUTOPTR_CLEANUP_FUNC(T, T##Unref)

enum { VIR_DOCUMENT_VALIDATE = 1 << 10 };       /* parse: check against the schema; the bit is that of VIR_DOMAIN_DEF_VALIDATE_SCHEMA */

/* `complete` is the post-parse pass: bool complete(T *def, unsigned int flags, GError **error). VIR_FROM is the file's. */
#define VIR_DOCUMENT_DEFINE(T, what, complete) \
    T *T##ParseNode(void *node, unsigned int flags, GError **error) \
    { \
        if (flags & VIR_DOCUMENT_VALIDATE && !virXmlValidate(&T##Xml, node, error)) \
            return NULL; \
        virXmlContext ctx = { .flags = flags, .from = VIR_FROM }; \
        g_autoptr(T) def = virXmlParse(&T##Xml, node, &ctx, error); \
        return def && complete(def, flags, error) ? g_steal_pointer(&def) : NULL; \
    } \
    T *T##Parse(const char *xml, const char *file, unsigned int flags, GError **error) \
    { \
        g_autoptr(virXmlDoc) doc = virXmlDocParse(xml, file, what, T##Xml.name, VIR_FROM, error); \
        return doc ? T##ParseNode(virXmlRoot(doc), flags, error) : NULL; \
    } \
    char *T##Format(const T *def, unsigned int flags) \
    { \
        GString *out = g_string_new(NULL); \
        virXmlFormat(&T##Xml, NULL, def, flags, out, 0); \
        return g_string_free(out, FALSE); \
    } \
    T *T##Copy(const T *def) \
    { \
        T *copy = virXmlCopy(&T##Xml, def); \
        *(gint *)copy = 1; \
        return copy; \
    } \
    T *T##Ref(T *def) \
    { \
        g_atomic_int_inc((gint *)def); \
        return def; \
    } \
    void T##Unref(T *def) \
    { \
        if (def && g_atomic_int_dec_and_test((gint *)def)) \
            virXmlFree(&T##Xml, def); \
    }

/* For the tables' .init */
static inline void virDocumentInit(void *obj)
{
    *(gint *)obj = 1;
}
