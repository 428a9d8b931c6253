/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes the paths of a table apart, once, on its first use. Tables live forever and so does this. */
#include "xml/internal.h"
#include <string.h>

enum { MAX_STEPS = 8 };

static const char *findUri(const virXmlType *type, const char *prefix, size_t len)
{
    for (const virXmlNamespace *ns = type->ns; ns && ns->prefix; ns++)
        if (strlen(ns->prefix) == len && strncmp(ns->prefix, prefix, len) == 0)
            return ns->uri;
    return NULL;
}

/* "qemu:arg" or "source[@mode='bind']" */
static void prepareStep(const virXmlType *type, const char *text, size_t len, virXmlStep *step)
{
    g_autofree char *own = g_strndup(text, len);
    char *pred = strstr(own, "[@");
    if (pred) {
        g_auto(GStrv) parts = g_strsplit_set(pred + 2, "='", -1); /* attr, "", value, "]" */
        if (g_strv_length(parts) == 4) {
            step->predAttr = g_intern_string(parts[0]);
            step->predValue = g_intern_string(parts[2]);
        }
        *pred = 0;
    }
    step->full = g_intern_string(own);
    step->len = strlen(own);
    const char *colon = strchr(step->full, ':');
    step->name = colon ? colon + 1 : step->full;
    if (colon)
        step->uri = findUri(type, step->full, colon - step->full);
}

static bool sameStep(const virXmlStep *a, const virXmlStep *b)
{
    return a->full == b->full && a->predAttr == b->predAttr && a->predValue == b->predValue;
}

static int share(const virXmlPrepRow *a, const virXmlPrepRow *b)
{
    int n = 0;
    while (a && n < a->nsteps && n < b->nsteps && sameStep(&a->steps[n], &b->steps[n]))
        n++;
    return n;
}

static void prepareRow(const virXmlType *type, const virXmlRow *row, virXmlPrepRow *prep)
{
    const char *path = row->path ? row->path : ".";
    virXmlStep steps[MAX_STEPS] = { 0 };
    while (*path && strcmp(path, ".") != 0 && *path != '@' && prep->nsteps < MAX_STEPS) {
        size_t len = strcspn(path, "/[");
        if (path[len] == '[')
            len += strcspn(path + len, "]") + 1;
        prepareStep(type, path, len, &steps[prep->nsteps++]);
        path += len;
        if (*path == '/')
            path++;
    }
    prep->steps = g_memdup2(steps, prep->nsteps * sizeof(*steps));
    if (*path == '@')
        prep->attr = g_intern_string(path + 1);
    if (prep->attr) {
        g_autofree char *open = g_strdup_printf(" %s='", prep->attr);
        prep->attrOpen = g_intern_string(open);
        prep->attrOpenLen = strlen(open);
    }
    if (virXmlIsElementKind(row->kind) && prep->nsteps > 0)
        prep->elem = &prep->steps[--prep->nsteps];
}

static virXmlTest testOf(const virXmlRow *row)
{
    bool always = row->flags & XF_ALWAYS;
    if (row->has && !always)
        return VIR_XML_TEST_BYTE;
    switch (row->kind) {
    case VIR_XML_STR:
    case VIR_XML_BITMAP:
    case VIR_XML_STRV:
    case VIR_XML_RAW:
    case VIR_XML_OBJ:
        return VIR_XML_TEST_LONG;
    case VIR_XML_ENUM:
        return always ? VIR_XML_TEST_CALL : VIR_XML_TEST_WORD;
    case VIR_XML_FLAG:
        return VIR_XML_TEST_BYTE;
    case VIR_XML_INT:
    case VIR_XML_UINT:
        return always ? VIR_XML_TEST_NONE : VIR_XML_TEST_WORD;
    case VIR_XML_LL:
    case VIR_XML_ULL:
    case VIR_XML_SIZE:
        return always ? VIR_XML_TEST_NONE : VIR_XML_TEST_LONG;
    case VIR_XML_BOOL:
        return always ? VIR_XML_TEST_NONE : VIR_XML_TEST_BYTE;
    case VIR_XML_UUID:
    case VIR_XML_MAC:
        return always ? VIR_XML_TEST_NONE : VIR_XML_TEST_BLOCK;
    default:
        return VIR_XML_TEST_NONE;
    }
}

/* A list's first member is its array. */
static bool quietRow(const virXmlRow *row, virXmlTest test)
{
    switch (row->kind) {
    case VIR_XML_LIST:
        return true;
    case VIR_XML_PART:
        return !(row->flags & (XF_EMPTY | XF_OPEN)) && virXmlPrepare((virXmlType *)row->sub)->quiet;
    case VIR_XML_UNION: {
        const virXmlType *sub = virXmlCaseOf(row, 0);
        return !sub || virXmlPrepare((virXmlType *)sub)->quiet;
    }
    case VIR_XML_ENUM:
        return row->en->n == 0 || !row->en->words[0] || !(row->flags & XF_ALWAYS);
    default:
        return test != VIR_XML_TEST_NONE;
    }
}

/* Most tests are one masked load, which the processor need not guess about. */
static void maskTest(virXmlPlanRow *plan, size_t size)
{
    unsigned int width = plan->test == VIR_XML_TEST_BYTE ? 1 : plan->test == VIR_XML_TEST_WORD ? 4 : plan->test == VIR_XML_TEST_LONG ? 8 : 0;
    unsigned int word = plan->offset & ~7u;
    if (!width || word + 8 > size)
        return;
    unsigned char bytes[8] = { 0 };
    memset(bytes + (plan->offset - word), 0xff, width);
    memcpy(&plan->mask, bytes, 8);
    plan->word = word;
}

static void planRows(const virXmlType *type, virXmlPrep *prep)
{
    prep->plan = g_new0(virXmlPlanRow, prep->n);
    prep->quiet = true;
    for (unsigned int i = 0; i < prep->n; i++) {
        const virXmlRow *row = &type->rows[i];
        const virXmlPrepRow *p = &prep->rows[i];
        if (row->flags & (XF_NOFORMAT | XF_MEMORY))
            continue;
        virXmlTest test = testOf(row);
        prep->quiet &= quietRow(row, test);
        virXmlPlanRow *plan = &prep->plan[prep->nplan++];
        *plan = (virXmlPlanRow){ .offset = row->offset, .flags = row->flags, .test = test, .keep = p->writeShare,
                                 .nsteps = p->nsteps, .row = row, .prep = p };
        if (row->has && test == VIR_XML_TEST_BYTE)
            plan->offset = row->has - 1;
        if (test == VIR_XML_TEST_BLOCK)
            plan->size = row->kind == VIR_XML_UUID ? 16 : 6;
        bool part = row->kind == VIR_XML_PART && quietRow(row, test);
        if (part && !row->has && row->sub->size < type->size) {        /* a part that is the whole has its counts of owners, too */
            plan->test = VIR_XML_TEST_BLOCK;
            plan->size = row->sub->size;
        }
        if (row->kind == VIR_XML_LIST)
            plan->test = VIR_XML_TEST_LONG;
        maskTest(plan, type->size);
    }
}

static const virXmlPrep *prepare(virXmlType *type)
{
    if (type->prep)
        return type->prep;
    virXmlPrep *prep = g_new0(virXmlPrep, 1);
    while (type->rows[prep->n].kind != VIR_XML_END)
        prep->n++;
    prep->rows = g_new0(virXmlPrepRow, prep->n);
    virXmlPrepRow *written = NULL;
    for (unsigned int i = 0; i < prep->n; i++) {
        const virXmlRow *row = &type->rows[i];
        virXmlPrepRow *p = &prep->rows[i];
        prepareRow(type, row, p);
        p->readShare = share(i ? p - 1 : NULL, p);
        if (row->flags & (XF_NOFORMAT | XF_MEMORY))
            continue;
        p->writeShare = share(written, p);
        written = p;
    }
    planRows(type, prep);
    g_atomic_pointer_set(&type->prep, prep);
    return prep;
}

const virXmlPrep *virXmlPrepare(virXmlType *type)
{
    if (G_LIKELY(g_atomic_pointer_get(&type->prep)))
        return type->prep;
    static GRecMutex lock;      /* parts are prepared with the whole */
    g_rec_mutex_lock(&lock);
    const virXmlPrep *prep = prepare(type);
    g_rec_mutex_unlock(&lock);
    return prep;
}

bool virXmlStepMatches(const virXmlStep *step, xmlNode *node)
{
    /* most names differ in their first letter */
    if (node->type != XML_ELEMENT_NODE || (char)*node->name != *step->name ||
        strcmp((const char *)node->name, step->name) != 0)
        return false;
    if (!step->uri ? node->ns != NULL : !node->ns || strcmp((const char *)node->ns->href, step->uri) != 0)
        return false;
    if (!step->predAttr)
        return true;
    const char *value = virXmlProp(node, step->predAttr);
    return value && strcmp(value, step->predValue) == 0;
}
