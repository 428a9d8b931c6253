/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The schema of a table. Rows are first gathered into a tree of elements (several rows, parts and union cases
 * speak of the same element), then written as RELAX NG: names and values are checked strictly, and that
 * what no list holds stands there once; order is left free, and presence too where no row says XF_WANTED.
 */
#include <string.h>
#include "xml/internal.h"

typedef struct _virShape virShape;
typedef struct {
    const char *name;
    GPtrArray *data;
    bool required;
} virShapeAttr; /* data: alternatives, RNG text */
struct _virShape {
    const char *name, *uri;
    GPtrArray *attrs, *data, *children;
    GPtrArray *types; /* contents given by tables of their own */
    GString *extra;   /* of hooks */
    bool any;
    bool blank; /* the text may be empty */
    bool many;        /* may stand there more than once */
    bool required;
};

static void attrFree(gpointer data)
{
    g_ptr_array_unref(((virShapeAttr *)data)->data);
    g_free(data);
}

static void shapeFree(gpointer data)
{
    virShape *s = data;
    g_ptr_array_unref(s->attrs);
    g_ptr_array_unref(s->data);
    g_ptr_array_unref(s->children);
    g_ptr_array_unref(s->types);
    g_string_free(s->extra, TRUE);
    g_free(s);
}

static virShape *shapeNew(const char *name, const char *uri)
{
    virShape *s = g_new0(virShape, 1);
    s->name = name;
    s->uri = uri;
    s->attrs = g_ptr_array_new_with_free_func(attrFree);
    s->data = g_ptr_array_new_with_free_func(g_free);
    s->children = g_ptr_array_new_with_free_func(shapeFree);
    s->types = g_ptr_array_new();
    s->extra = g_string_new(NULL);
    return s;
}

static virShape *child(virShape *s, const char *name, const char *uri)
{
    for (guint i = 0; i < s->children->len; i++) {
        virShape *c = s->children->pdata[i];
        if (strcmp(c->name, name) == 0 && g_strcmp0(c->uri, uri) == 0)
            return c;
    }
    virShape *c = shapeNew(name, uri);
    g_ptr_array_add(s->children, c);
    return c;
}

static void addOnce(GPtrArray *list, const char *text)
{
    if (!g_ptr_array_find_with_equal_func(list, text, g_str_equal, NULL))
        g_ptr_array_add(list, g_strdup(text));
}

static virShapeAttr *addAttr(virShape *s, const char *name, const char *data, bool required)
{
    for (guint i = 0; i < s->attrs->len; i++) {
        virShapeAttr *a = s->attrs->pdata[i];
        if (strcmp(a->name, name) != 0)
            continue;
        addOnce(a->data, data);
        a->required |= required;
        return a;
    }
    virShapeAttr *a = g_new0(virShapeAttr, 1);
    a->name = name;
    a->data = g_ptr_array_new_with_free_func(g_free);
    a->required = required;
    addOnce(a->data, data);
    g_ptr_array_add(s->attrs, a);
    return a;
}

#define PATTERN(p) "<data type='string'><param name='pattern'>" p "</param></data>"

static char *enumData(const virXmlEnum *en)
{
    GString *s = g_string_new("<choice>");
    for (int i = 0; i < en->n; i++)
        if (en->words[i])
            g_string_append_printf(s, "<value>%s</value>", en->words[i]);
    if (s->len == strlen("<choice>"))
        g_string_assign(s, "<notAllowed/>");    /* no word at all */
    else
        g_string_append(s, "</choice>");
    return g_string_free(s, FALSE);
}

/* Numbers written 31 or 0x1f: as many hexadecimal digits as the greatest one has, the first no greater than its. */
static char *boundedPattern(unsigned long long max)
{
    int digits = 1;
    unsigned long long lead = max;
    for (; lead > 15; lead >>= 4)
        digits++;
    g_autofree char *first = lead < 10 ? g_strdup_printf("[0-%llu]", lead) : g_strdup_printf("[0-9a-%cA-%c]", (char)('a' + lead - 10), (char)('A' + lead - 10));
    return digits == 1 ? g_strdup_printf(PATTERN("0*(%llu|[0-9]{0,%d}[0-9])|0x0*%s"), max, 0, first)
                       : g_strdup_printf(PATTERN("0*[0-9]{1,%d}|0x0*(%s?[0-9a-fA-F]{1,%d})"), (int)(digits * 1.21 + 1), first, digits - 1);
}

static char *dataOf(const virXmlRow *row)
{
    if (row->rng)
        return g_strdup(row->rng);
    if (row->max && row->flags & XF_ANYBASE && (row->kind == VIR_XML_UINT || row->kind == VIR_XML_INT))
        return boundedPattern(row->max);
    if (row->max && !(row->flags & XF_HEX) && (row->kind == VIR_XML_UINT || row->kind == VIR_XML_ULL) && !(row->flags & XF_OCTAL))
        return g_strdup_printf("<data type='nonNegativeInteger'><param name='maxInclusive'>%llu</param></data>", row->max);
    if (row->pattern)
        return g_strdup_printf(PATTERN("%s"), row->pattern);
    switch (row->kind) {
    case VIR_XML_INT:
    case VIR_XML_LL:
        return g_strdup(row->flags & XF_ANYBASE ? PATTERN("-?(0x[0-9a-fA-F]+|[0-9]+)")
                                                : "<data type='integer'/>");
    case VIR_XML_UINT:
    case VIR_XML_ULL:
        return g_strdup(row->flags & (XF_ANYBASE | XF_HEX) ? PATTERN("(0x)?[0-9a-fA-F]+")
                                                           : "<data type='nonNegativeInteger'/>");
    case VIR_XML_SIZE:
        return g_strdup("<data type='nonNegativeInteger'/>");
    case VIR_XML_ENUM:
        return enumData(row->en);
    case VIR_XML_BOOL:
        return g_strdup("<choice><value>yes</value><value>no</value></choice>");
    case VIR_XML_BITMAP:
        return g_strdup(PATTERN("[0-9,^ -]+"));
    case VIR_XML_UUID:
        return g_strdup(PATTERN("[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}"));
    case VIR_XML_MAC:
        return g_strdup(PATTERN("([0-9a-fA-F]{1,2}:){5}[0-9a-fA-F]{1,2}"));
    case VIR_XML_CONV:
        return row->conv->pattern ? g_strdup_printf(PATTERN("%s"), row->conv->pattern) : g_strdup("<text/>");
    default:
        return g_strdup("<text/>");
    }
}

static void addRows(virShape *s, virXmlType *type, bool inUnion)
{
    const virXmlPrep *prep = virXmlPrepare(type);
    for (unsigned int i = 0; i < prep->n; i++) {
        const virXmlRow *row = &type->rows[i];
        const virXmlPrepRow *p = &prep->rows[i];
        if (row->flags & (XF_MEMORY | XF_STATUS))
            continue;
        virShape *at = s;
        for (int j = 0; j < p->nsteps; j++) {
            const virXmlStep *step = &p->steps[j];
            at = child(at, step->name, step->uri);
            if (step->predAttr)
                addAttr(at, step->predAttr, "<text/>", false);
            at->many |= step->predAttr != NULL;
        }
        if (p->elem) {
            at = child(at, p->elem->name, p->elem->uri);
            if (p->elem->predAttr)
                addAttr(at, p->elem->predAttr, "<text/>", false);
            at->many |= p->elem->predAttr || row->kind == VIR_XML_LIST || row->kind == VIR_XML_STRV || row->kind == VIR_XML_HOOK;
        }
        at->required |= row->flags & XF_WANTED && !p->attr;
        if (row->kind == VIR_XML_PART) {
            addRows(at, (virXmlType *)row->sub, inUnion || p->nsteps);
        } else if (row->kind == VIR_XML_UNION) {
            for (const virXmlCase *c = row->cases; c->sub; c++)
                addRows(at, (virXmlType *)c->sub, true);
        } else if (row->kind == VIR_XML_OBJ || row->kind == VIR_XML_LIST) {
            if (!g_ptr_array_find(at->types, row->sub, NULL))
                g_ptr_array_add(at->types, (gpointer)row->sub);
        } else if (row->kind == VIR_XML_RAW) {
            at->any = true;
        } else if (row->kind == VIR_XML_HOOK) {
            if (row->hook->rng)
                g_string_append(at->extra, row->hook->rng);
            else
                at->any = true;
        } else if (row->kind != VIR_XML_FLAG) {
            g_autofree char *data = row->kind == VIR_XML_STRV ? g_strdup("<text/>") : dataOf(row);
            bool whole = (row->flags & XF_SCHEMA_REQ) || ((row->flags & XF_REQ) && p->nsteps == 0);
            virShapeAttr *attr = p->attr ? addAttr(at, p->attr, data, row->flags & XF_WANTED || (whole && !inUnion)) : NULL;
            if (attr && whole && !inUnion)
                at->required = true;
            if (!attr) {
                addOnce(at->data, data);
                at->blank |= row->kind != VIR_XML_ENUM;
            }
            if (row->kind == VIR_XML_SIZE)
                addAttr(at, row->unitAttr ? row->unitAttr : "unit", "<text/>", false);
        }
    }
}

typedef struct {
    GString *out;
    GPtrArray *todo;
    GHashTable *names;
} virRngWriter;

static const char *defineName(virRngWriter *w, virXmlType *type)
{
    char *name = g_hash_table_lookup(w->names, type);
    if (!name) {
        name = g_strdup_printf("%s-%s-%u", type->structName, type->name ? type->name : "part",
                               g_hash_table_size(w->names));
        for (char *p = name; *p; p++)
            if (*p == ':')
                *p = '.';
        g_hash_table_insert(w->names, type, name);
        g_ptr_array_add(w->todo, type);
    }
    return name;
}

static void writeChoice(GString *out, const GPtrArray *alternatives)
{
    if (alternatives->len > 1)
        g_string_append(out, "<choice>");
    for (guint i = 0; i < alternatives->len; i++)
        g_string_append(out, alternatives->pdata[i]);
    if (alternatives->len > 1)
        g_string_append(out, "</choice>");
}

static void writeElement(virRngWriter *w, const virShape *s);

/* Attributes, text and children of one element. Typed text can't stand beside child elements in RELAX NG:
 * then any text will do. */
static void writeContent(virRngWriter *w, const virShape *s)
{
    GString *out = w->out;
    if (s->any) {
        g_string_append(out, "<ref name='anything'/>");
        return;
    }
    g_string_append(out, "<interleave>");
    for (guint i = 0; i < s->attrs->len; i++) {
        const virShapeAttr *a = s->attrs->pdata[i];
        g_string_append_printf(out, "%s<attribute name='%s'>", a->required ? "" : "<optional>", a->name);
        writeChoice(out, a->data);
        g_string_append_printf(out, "</attribute>%s\n", a->required ? "" : "</optional>");
    }
    if (s->children->len && s->data->len) {
        g_string_append(out, "<text/>\n");
    } else if (s->data->len) {
        g_string_append(out, s->blank ? "<choice><empty/>" : "<choice>");
        writeChoice(out, s->data);
        g_string_append(out, "</choice>\n");
    }
    for (guint i = 0; i < s->children->len; i++) {
        const virShape *c = s->children->pdata[i];
        const char *how = c->many ? c->required ? "oneOrMore" : "zeroOrMore" : c->required ? "group" : "optional";
        g_string_append_printf(out, "<%s>", how);
        writeElement(w, c);
        g_string_append_printf(out, "</%s>\n", how);
    }
    g_string_append(out, s->extra->str);
    g_string_append(out, "<empty/></interleave>");
}

static void writeElement(virRngWriter *w, const virShape *s)
{
    g_string_append_printf(w->out, "<element name='%s' ns='%s'>", s->name, s->uri ? s->uri : "");
    /* cases of a union may see the same element differently */
    bool own = !s->types->len || s->attrs->len || s->children->len;
    if (s->types->len + own > 1)
        g_string_append(w->out, "<choice>");
    for (guint i = 0; i < s->types->len; i++)
        g_string_append_printf(w->out, "<ref name='%s'/>", defineName(w, s->types->pdata[i]));
    if (own)
        writeContent(w, s);
    if (s->types->len + own > 1)
        g_string_append(w->out, "</choice>");
    g_string_append(w->out, "</element>");
}

char *virXmlExportRng(virXmlType *type, const char *ns)
{
    g_autoptr(GPtrArray) todo = g_ptr_array_new();
    g_autoptr(GHashTable) names = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    virRngWriter w = { .out = g_string_new(NULL), .todo = todo, .names = names };
    g_string_append_printf(
        w.out,
        "<?xml version='1.0'?>\n<grammar xmlns='http://relaxng.org/ns/structure/1.0' ns='%s'"
        " datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'>\n<start><element name='%s'><ref "
        "name='%s'/></element></start>\n",
        ns ? ns : "", type->name, defineName(&w, type));
    for (guint i = 0; i < todo->len; i++) {
        virXmlType *t = todo->pdata[i];
        virShape *s = shapeNew(t->name, NULL);
        addRows(s, t, false);
        g_string_append_printf(w.out, "<define name='%s'>", (char *)g_hash_table_lookup(names, t));
        writeContent(&w, s);
        g_string_append(w.out, "</define>\n");
        shapeFree(s);
    }
    g_string_append(
        w.out,
        "<define name='anything'><zeroOrMore><choice><attribute><anyName/></attribute><text/>"
        "<element><anyName/><ref name='anything'/></element></choice></zeroOrMore></define>\n</grammar>\n");
    return g_string_free(w.out, FALSE);
}

/* --- what is wrong with a document --- */

typedef struct {
    GHashTable *shapes;         /* virXmlType -> its virShape, owned */
} virExplain;

static virShape *shapeOf(virExplain *ex, virXmlType *type)
{
    virShape *s = g_hash_table_lookup(ex->shapes, type);
    if (!s) {
        s = shapeNew(type->name, NULL);
        addRows(s, type, false);
        g_hash_table_insert(ex->shapes, type, s);
    }
    return s;
}

/* Insertions, deletions, replacements that make one word of the other. */
static unsigned int distance(const char *a, const char *b)
{
    enum { MOST = 40 };
    size_t n = strlen(a), m = strlen(b);
    unsigned int row[MOST + 1];
    if (n > MOST || m > MOST)
        return MOST;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        unsigned int diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            unsigned int replace = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = MIN(replace, MIN(row[j - 1], row[j]) + 1);
        }
    }
    return row[m];
}

/* "; did you mean 'x'?" when one of the words is near, else nothing. */
static char *suggestion(const char *word, const GPtrArray *allowed)
{
    const char *best = NULL;
    unsigned int least = MAX(2, strlen(word) / 2);
    for (guint i = 0; i < allowed->len; i++) {
        unsigned int d = distance(word, allowed->pdata[i]);
        if (d <= least && (!best || d < least)) {
            best = allowed->pdata[i];
            least = d;
        }
    }
    return best ? g_strdup_printf("; did you mean '%s'?", best) : g_strdup("");
}

static char *complain(xmlNode *at, const char *what, const char *word, const GPtrArray *allowed)
{
    xmlChar *path = virXmlLib()->xmlGetNodePath(at);
    g_autofree char *hint = suggestion(word, allowed);
    char *text = g_strdup_printf("%s '%s' is not allowed at %s (line %ld)%s", what, word, path, virXmlLib()->xmlGetLineNo(at), hint);
    virXmlLib()->release(path);
    return text;
}

/* The words of "<choice><value>a</value>…"; false when anything else is allowed too. */
static bool collectWords(const GPtrArray *data, GPtrArray *words)
{
    for (guint i = 0; i < data->len; i++) {
        const char *p = data->pdata[i];
        if (!g_str_has_prefix(p, "<choice><value>"))
            return false;
        while ((p = strstr(p, "<value>"))) {
            p += strlen("<value>");
            g_ptr_array_add(words, g_strndup(p, strcspn(p, "<")));
        }
    }
    return data->len > 0;
}

static char *explainValue(xmlNode *node, const char *what, const char *text, const GPtrArray *data)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    if (!collectWords(data, words) || g_ptr_array_find_with_equal_func(words, text, g_str_equal, NULL))
        return NULL;
    g_autofree char *value = g_strdup_printf("value of %s", what);
    return complain(node, value, text, words);
}

static char *explainAttr(xmlNode *node, const xmlAttr *attr, const GPtrArray *shapes)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GPtrArray) data = g_ptr_array_new();
    const char *name = (const char *)attr->name;
    for (guint i = 0; i < shapes->len; i++) {
        const virShape *s = shapes->pdata[i];
        for (guint j = 0; j < s->attrs->len; j++) {
            const virShapeAttr *a = s->attrs->pdata[j];
            g_ptr_array_add(names, (gpointer)a->name);
            for (guint k = 0; strcmp(a->name, name) == 0 && k < a->data->len; k++)
                g_ptr_array_add(data, a->data->pdata[k]);
        }
    }
    if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
        return complain(node, "attribute", name, names);
    g_autofree char *what = g_strdup_printf("attribute '%s'", name);
    return explainValue(node, what, virXmlProp(node, name), data);
}

static char *explainNode(virExplain *ex, xmlNode *node, const GPtrArray *shapes);

static char *explainChild(virExplain *ex, xmlNode *node, const GPtrArray *shapes)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new(), found = g_ptr_array_new();
    for (guint i = 0; i < shapes->len; i++) {
        const virShape *s = shapes->pdata[i];
        if (s->extra->len)
            return NULL; /* a hook may know it */
        for (guint j = 0; j < s->children->len; j++) {
            virShape *c = s->children->pdata[j];
            g_ptr_array_add(names, (gpointer)c->name);
            if (strcmp(c->name, (const char *)node->name) != 0 || g_strcmp0(c->uri, node->ns ? (const char *)node->ns->href : NULL) != 0)
                continue;
            g_ptr_array_add(found, c);
            for (guint k = 0; k < c->types->len; k++)
                g_ptr_array_add(found, shapeOf(ex, c->types->pdata[k]));
        }
    }
    return found->len ? explainNode(ex, node, found) : complain(node->parent, "element", (const char *)node->name, names);
}

static char *explainNode(virExplain *ex, xmlNode *node, const GPtrArray *shapes)
{
    char *wrong = NULL;
    for (guint i = 0; i < shapes->len; i++)
        if (((const virShape *)shapes->pdata[i])->any)
            return NULL;
    for (const xmlAttr *a = node->properties; a && !wrong; a = a->next)
        wrong = a->ns ? NULL : explainAttr(node, a, shapes);
    for (xmlNode *n = node->children; n && !wrong; n = n->next)
        wrong = n->type == XML_ELEMENT_NODE ? explainChild(ex, n, shapes) : NULL;
    if (wrong || virXmlNext(node->children, NULL) || (node->children && node->children->type == XML_ELEMENT_NODE))
        return wrong;
    g_autofree char *text = virXmlText(node);
    g_autoptr(GPtrArray) data = g_ptr_array_new();
    for (guint i = 0; i < shapes->len; i++)
        g_ptr_array_extend(data, ((virShape *)shapes->pdata[i])->data, NULL, NULL);
    return text ? explainValue(node, "the element", text, data) : NULL;
}

char *virXmlExplain(virXmlType *type, xmlNode *node)
{
    g_autoptr(GHashTable) shapes = g_hash_table_new_full(NULL, NULL, NULL, shapeFree);
    virExplain ex = { shapes };
    g_autoptr(GPtrArray) root = g_ptr_array_new();
    g_ptr_array_add(root, shapeOf(&ex, type));
    return explainNode(&ex, node, root);
}
