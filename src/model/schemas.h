/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of documents by the names of their schemas. */
#pragma once

#include "xml/engine.h"

typedef struct {
    const char *name;           /* "storagepool" */
    virXmlType *type;
} virSchema;

extern const virSchema virSchemas[];            /* ended by name NULL */
/* The schema of documents that begin with this element; NULL: there is none. */
const virSchema *virSchemaByRoot(const char *element);
