/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the walks: tables with their paths taken apart, and values as text. */
#pragma once

#include "xml/engine.h"

typedef struct {
    const char *name;           /* local name */
    const char *full;           /* as written: with prefix */
    const char *uri;            /* NULL: no namespace */
    const char *predAttr, *predValue;
    unsigned int len;           /* of `full` */
} virXmlStep;

typedef struct {
    virXmlStep *steps;
    int nsteps;                 /* containers that are open while the row is read or written */
    const virXmlStep *elem;     /* OBJ, LIST, STRV, RAW: the element itself, below the containers */
    const char *attr;           /* NULL: the container's text */
    const char *attrOpen;       /* " attr='" */
    unsigned int attrOpenLen;
    int readShare;              /* containers in common with the row before */
    int writeShare;             /* … with the row before among those that are written */
} virXmlPrepRow;

/* How to see that there is nothing to write, without looking at the row. */
typedef enum {
    VIR_XML_TEST_NONE,          /* always look */
    VIR_XML_TEST_BYTE, VIR_XML_TEST_WORD, VIR_XML_TEST_LONG,    /* of that width at `offset` is 0 */
    VIR_XML_TEST_CALL,          /* virXmlValuePresent */
    VIR_XML_TEST_BLOCK          /* `size` bytes at `offset` are 0 */
} virXmlTest;

/* One row that is written, packed for the walk: most rows of most objects are absent. */
typedef struct {
    guint64 mask;               /* of the eight bytes at `word` (inside the object) that are 0 when the row is absent; 0: see `test` */
    unsigned int word;
    unsigned int offset, size, flags;
    unsigned char test, keep, nsteps;   /* keep: steps shared with the row written before */
    const virXmlRow *row;
    const virXmlPrepRow *prep;
} virXmlPlanRow;

typedef struct _virXmlPrep {
    unsigned int n;
    virXmlPrepRow *rows;
    unsigned int nplan;
    virXmlPlanRow *plan;
    bool quiet;                 /* an object of zeros is written as nothing */
} virXmlPrep;

enum { VIR_XML_MAX_DEPTH = 1000 };

const virXmlPrep *virXmlPrepare(virXmlType *type);
bool virXmlStepMatches(const virXmlStep *step, xmlNode *node);

static inline bool virXmlIsElementKind(virXmlKind kind)
{
    return kind == VIR_XML_OBJ || kind == VIR_XML_LIST || kind == VIR_XML_STRV || kind == VIR_XML_RAW;
}

static inline void *virXmlAt(const void *obj, size_t offset)
{
    return (char *)(gpointer)obj + offset;
}

/* The member's own memory, typed. */
typedef char *virXmlStrMember __attribute__((may_alias));
typedef char **virXmlStrvMember __attribute__((may_alias));
typedef void *virXmlPtrMember __attribute__((may_alias));
typedef int virXmlIntMember __attribute__((may_alias));
typedef unsigned int virXmlUintMember __attribute__((may_alias));
typedef long long virXmlLLMember __attribute__((may_alias));
typedef unsigned long long virXmlULLMember __attribute__((may_alias));
typedef bool virXmlBoolMember __attribute__((may_alias));
#define M_(obj, row, T) ((virXml##T##Member *)virXmlAt(obj, (row)->offset))

static inline const virXmlType *virXmlCaseOf(const virXmlRow *row, int value)
{
    for (const virXmlCase *c = row->cases; c->sub; c++)
        if (c->value == value)
            return c->sub;
    return NULL;
}

/* value.c: scalars. `buf` serves short texts; the result is `buf`, the member itself, or (with *owned) to be freed. */
enum { VIR_XML_BUF = 64 };
bool virXmlValuePresent(const virXmlRow *row, const void *obj);
const char *virXmlValueText(const virXmlRow *row, const void *obj, char *buf, char **owned);
bool virXmlValueParse(const virXmlRow *row, void *obj, const char *text, xmlNode *node, const char *attr, virXmlContext *ctx, GError **error);
bool virXmlValueEqual(const virXmlRow *row, const void *a, const void *b);
void virXmlValueExpected(const virXmlRow *row, GString *out);           /* "one of: a, b" */
static inline bool virXmlIsScalar(virXmlKind kind)
{
    return kind <= VIR_XML_CONV;
}
