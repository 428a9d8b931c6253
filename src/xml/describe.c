/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables looked at from outside: a JSON description for authors of clients and for the reference page, and a
 * check of tables for the tests. */
#include <string.h>
#include "xml/internal.h"

static const char *const kindNames[] = { "string", "integer", "integer",  "integer", "integer",
                                         "enum",   "yes/no",  "presence", "size",    "set",
                                         "uuid",   "mac",     "text",     "strings", "xml",
                                         "part",   "part",    "list",     "choice",  "text" };

typedef struct {
    GString *out;
    GPtrArray *stack;
    bool first;
} virJsonWriter;

static void describeType(virJsonWriter *w, virXmlType *type, const char *prefix);

static void describeRow(virJsonWriter *w, const virXmlRow *row, const char *path)
{
    g_string_append_printf(w->out, "%s\n  {\"path\": \"%s\", \"kind\": \"%s\"", w->first ? "" : ",", path,
                           kindNames[row->kind]);
    w->first = false;
    if (row->kind == VIR_XML_ENUM) {
        g_string_append(w->out, ", \"values\": [");
        const char *separator = "";
        for (int i = 0; i < row->en->n; i++) {
            if (!row->en->words[i])
                continue;
            g_string_append_printf(w->out, "%s\"%s\"", separator, row->en->words[i]);
            separator = ", ";
        }
        g_string_append_c(w->out, ']');
    }
    static const struct {
        unsigned int flag;
        const char *word;
    } flags[] = { { XF_REQ, "required" },
                  { XF_LIVE, "live" },
                  { XF_SECURE, "secret" },
                  { XF_ABI, "abi" },
                  { XF_NOFORMAT, "read-only-spelling" } };
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++)
        if (row->flags & flags[i].flag)
            g_string_append_printf(w->out, ", \"%s\": true", flags[i].word);
    if (row->doc)
        g_string_append_printf(w->out, ", \"doc\": \"%s\"", row->doc);
    g_string_append_c(w->out, '}');
}

static void describeType(virJsonWriter *w, virXmlType *type, const char *prefix)
{
    if (g_ptr_array_find(w->stack, type, NULL))
        return; /* layers within layers: said once */
    g_ptr_array_add(w->stack, type);
    for (const virXmlRow *row = type->rows; row->kind != VIR_XML_END; row++) {
        bool own = !row->path || strcmp(row->path, ".") == 0;
        g_autofree char *path = own ? g_strdup(prefix) : g_strconcat(prefix, "/", row->path, NULL);
        if (row->flags & XF_MEMORY)
            continue;
        if (row->kind == VIR_XML_UNION) {
            for (const virXmlCase *c = row->cases; c->sub; c++)
                describeType(w, (virXmlType *)c->sub, path);
            continue;
        }
        if (row->kind != VIR_XML_PART && !(row->kind == VIR_XML_HOOK && own))
            describeRow(w, row, path);
        if (row->kind == VIR_XML_PART || row->kind == VIR_XML_OBJ || row->kind == VIR_XML_LIST)
            describeType(w, (virXmlType *)row->sub, path);
    }
    g_ptr_array_remove_index(w->stack, w->stack->len - 1);
}

char *virXmlExportJson(virXmlType *type)
{
    g_autoptr(GPtrArray) stack = g_ptr_array_new();
    virJsonWriter w = { .out = g_string_new("["), .stack = stack, .first = true };
    g_autofree char *root = g_strconcat("/", type->name, NULL);
    describeType(&w, type, root);
    g_string_append(w.out, "\n]\n");
    return g_string_free(w.out, FALSE);
}

/* --- checks --- */

static size_t memberSize(const virXmlRow *row)
{
    switch (row->kind) {
    case VIR_XML_INT:
    case VIR_XML_UINT:
    case VIR_XML_ENUM:
    case VIR_XML_UNION:
        return sizeof(int);
    case VIR_XML_LL:
    case VIR_XML_ULL:
    case VIR_XML_SIZE:
        return sizeof(long long);
    case VIR_XML_BOOL:
    case VIR_XML_FLAG:
        return sizeof(bool);
    case VIR_XML_UUID:
        return 16;
    case VIR_XML_MAC:
        return sizeof(virMac);
    case VIR_XML_LIST:
        return sizeof(virXmlList);
    case VIR_XML_PART:
        return row->sub->size;
    case VIR_XML_HOOK:
    case VIR_XML_CONV:
        return 0;
    default:
        return sizeof(void *);
    }
}

static void complain(GPtrArray *complaints, const virXmlType *type, const virXmlRow *row, const char *what)
{
    g_ptr_array_add(complaints,
                    g_strdup_printf("%s (%s): row '%s': %s", type->structName,
                                    type->name ? type->name : "part", row->path ? row->path : "", what));
}

/* Does a part put attributes (or children) into the element it stands on? */
static bool hasOwn(const virXmlRow *row, bool attrs)
{
    virXmlCase single[2] = { { 0, row->kind == VIR_XML_PART ? row->sub : NULL }, { 0 } };
    for (const virXmlCase *c = row->kind == VIR_XML_UNION ? row->cases : single; c->sub; c++) {
        const virXmlPrep *prep = virXmlPrepare((virXmlType *)c->sub);
        for (unsigned int i = 0; i < prep->n; i++) {
            const virXmlRow *r = &c->sub->rows[i];
            const virXmlPrepRow *p = &prep->rows[i];
            if (r->flags & (XF_NOFORMAT | XF_MEMORY))
                continue;
            bool part = r->kind == VIR_XML_PART || r->kind == VIR_XML_UNION, here = p->nsteps == 0;
            if (part && here ? hasOwn(r, attrs) : attrs ? here && p->attr : !here || p->elem)
                return true;
        }
    }
    return false;
}

/* Has the row's element got children from an earlier row while it was open? */
static bool afterChildren(const virXmlType *type, const virXmlPrep *prep, unsigned int i)
{
    const virXmlPrepRow *p = &prep->rows[i];
    int shared = p->nsteps;
    bool part = type->rows[i].kind == VIR_XML_PART || type->rows[i].kind == VIR_XML_UNION;
    if (!(part ? hasOwn(&type->rows[i], true) : p->attr != NULL) ||
        type->rows[i].flags & (XF_NOFORMAT | XF_MEMORY))
        return false;
    for (unsigned int j = i; j > 0 && shared == p->nsteps; j--) {
        const virXmlRow *before = &type->rows[j - 1];
        shared = MIN(shared, prep->rows[j].readShare);
        if (shared < p->nsteps || before->flags & (XF_NOFORMAT | XF_MEMORY) || before->kind == VIR_XML_HOOK)
            continue;
        if ((before->kind == VIR_XML_PART || before->kind == VIR_XML_UNION) &&
            prep->rows[j - 1].nsteps == p->nsteps) {
            if (hasOwn(before, false))
                return true;
            continue;
        }
        if (prep->rows[j - 1].nsteps > p->nsteps || prep->rows[j - 1].elem ||
            (!prep->rows[j - 1].attr && before->kind != VIR_XML_FLAG))
            return true;
    }
    return false;
}

static void checkRow(virXmlType *type, unsigned int i, GPtrArray *complaints)
{
    const virXmlRow *row = &type->rows[i];
    const virXmlPrepRow *p = &virXmlPrepare(type)->rows[i];
    if (!row->path || !*row->path)
        complain(complaints, type, row, "no path");
    if (row->offset + memberSize(row) > type->size || (row->has && row->has - 1 + sizeof(bool) > type->size))
        complain(complaints, type, row, "member outside of the struct");
    if (virXmlIsElementKind(row->kind) && !p->elem)
        complain(complaints, type, row, "an element kind needs an element's name");
    if (virXmlIsElementKind(row->kind) && p->attr)
        complain(complaints, type, row, "an element kind can't be an attribute");
    for (int s = 0; s < p->nsteps; s++)
        if (strchr(p->steps[s].full, ':') && !p->steps[s].uri)
            complain(complaints, type, row, "prefix without a namespace");
    if (p->elem && strchr(p->elem->full, ':') && !p->elem->uri)
        complain(complaints, type, row, "prefix without a namespace");
    if (row->kind == VIR_XML_ENUM && (!row->en || row->en->n == 0))
        complain(complaints, type, row, "enum without words");
    if ((row->kind == VIR_XML_OBJ || row->kind == VIR_XML_LIST || row->kind == VIR_XML_PART) && !row->sub)
        complain(complaints, type, row, "no table");
    if (row->kind == VIR_XML_CONV && (!row->conv || !row->conv->parse || !row->conv->format))
        complain(complaints, type, row, "conversion needs both directions");
    if (row->flags & XF_NOPARSE && row->flags & XF_NOFORMAT)
        complain(complaints, type, row, "neither read nor written");
    if (afterChildren(type, virXmlPrepare(type), i))
        complain(complaints, type, row, "attribute after children: it can't be written any more");
    for (unsigned int j = 0; j < i; j++) {
        const virXmlRow *other = &type->rows[j];
        bool both = virXmlIsScalar(row->kind) && virXmlIsScalar(other->kind) &&
                    !((row->flags | other->flags) & (XF_NOPARSE | XF_NOFORMAT | XF_MEMORY));
        if (both && row->kind != VIR_XML_FLAG && other->kind != VIR_XML_FLAG &&
            strcmp(row->path, other->path) == 0)
            complain(complaints, type, row, "path stands twice");
    }
    if (row->kind != VIR_XML_UNION)
        return;
    for (const virXmlCase *c = row->cases; c->sub; c++) {
        if (c->sub->size != type->size)
            complain(complaints, type, row, "case of another struct");
        for (const virXmlCase *d = row->cases; d != c; d++)
            if (d->value == c->value)
                complain(complaints, type, row, "case stands twice");
    }
}

static void checkType(virXmlType *type, GHashTable *seen, GPtrArray *complaints)
{
    if (!g_hash_table_add(seen, type))
        return;
    const virXmlPrep *prep = virXmlPrepare(type);
    for (unsigned int i = 0; i < prep->n; i++) {
        const virXmlRow *row = &type->rows[i];
        checkRow(type, i, complaints);
        if (row->kind == VIR_XML_PART || row->kind == VIR_XML_OBJ || row->kind == VIR_XML_LIST)
            checkType((virXmlType *)row->sub, seen, complaints);
        for (const virXmlCase *c = row->kind == VIR_XML_UNION ? row->cases : NULL; c && c->sub; c++)
            checkType((virXmlType *)c->sub, seen, complaints);
    }
}

void virXmlCheckTable(virXmlType *type, GPtrArray *complaints)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    checkType(type, seen, complaints);
}

static void countType(virXmlType *type, GHashTable *seen, unsigned int *rows, unsigned int *hooks)
{
    if (!g_hash_table_add(seen, type))
        return;
    for (const virXmlRow *row = type->rows; row->kind != VIR_XML_END; row++) {
        ++*rows;
        *hooks += row->kind == VIR_XML_HOOK || row->kind == VIR_XML_CONV || row->when;
        if (row->kind == VIR_XML_PART || row->kind == VIR_XML_OBJ || row->kind == VIR_XML_LIST)
            countType((virXmlType *)row->sub, seen, rows, hooks);
        for (const virXmlCase *c = row->kind == VIR_XML_UNION ? row->cases : NULL; c && c->sub; c++)
            countType((virXmlType *)c->sub, seen, rows, hooks);
    }
}

void virXmlCountRows(virXmlType *type, unsigned int *rows, unsigned int *hooks)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    *rows = *hooks = 0;
    countType(type, seen, rows, hooks);
}
