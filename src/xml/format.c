/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The second walk: a struct into text, without a document tree. An element is begun when something in it is
 * written. */
#include "xml/internal.h"
#include <stdarg.h>
#include <string.h>

typedef enum { PENDING, IN_TAG, IN_CHILDREN, IN_TEXT } virXmlOutState;
typedef struct {
    const virXmlStep *step;
    virXmlStep own;             /* of elements that hooks begin */
    virXmlOutState state;
} virXmlOutElement;

struct _virXmlOut {
    GString *s;
    int depth; /* of the outermost element */
    unsigned int flags;
    unsigned int skip; /* row flags that are not written */
    virXmlOutElement *stack;
    int top, room;
};

/* g_string_append_len without its call where there is room */
static inline void put(GString *s, const char *text, gsize len)
{
    if (G_UNLIKELY(s->len + len >= s->allocated_len)) {
        g_string_append_len(s, text, len);
        return;
    }
    memcpy(s->str + s->len, text, len);
    s->len += len;
    s->str[s->len] = 0;
}

static void appendIndent(virXmlOut *out, int level)
{
    static const char spaces[] = "                                                                ";
    for (int n = (out->depth + level) * 2; n > 0; n -= 64)
        put(out->s, spaces, MIN(n, 64));
}

/* Characters that XML can't hold are dropped. */
static void appendEscaped(GString *s, const char *text)
{
    static const bool special[256] = {
        [0 ... 0x1f] = true, ['<'] = true, ['>'] = true, ['&'] = true, ['\''] = true, ['"'] = true
    };
    for (;;) {
        const char *p = text;
        while (!special[(unsigned char)*p])
            p++;
        put(s, text, p - text);
        switch (*p) {
        case 0:
            return;
        case '<':
            put(s, "&lt;", 4);
            break;
        case '>':
            put(s, "&gt;", 4);
            break;
        case '&':
            put(s, "&amp;", 5);
            break;
        case '\'':
            put(s, "&apos;", 6);
            break;
        case '"':
            put(s, "&quot;", 6);
            break;
        case '\t':
        case '\n':
        case '\r':
            g_string_append_c(s, *p);
            break;
        default:
            break;
        }
        text = p + 1;
    }
}

static void writeAttr(GString *s, const char *name, const char *value)
{
    put(s, " ", 1);
    put(s, name, strlen(name));
    put(s, "='", 2);
    appendEscaped(s, value);
    put(s, "'", 1);
}

/* The stack moves when it grows: an element's own step is found from where it is now. */
static inline const virXmlStep *stepOf(const virXmlOutElement *e)
{
    return e->step ? e->step : &e->own;
}

/* Write the start tags that are due. Pending elements are always the topmost ones. */
static void flushPending(virXmlOut *out)
{
    int i = out->top;
    while (i > 0 && out->stack[i - 1].state == PENDING)
        i--;
    for (; i < out->top; i++) {
        virXmlOutElement *e = &out->stack[i];
        if (i > 0 && out->stack[i - 1].state == IN_TAG) {
            put(out->s, ">\n", 2);
            out->stack[i - 1].state = IN_CHILDREN;
        }
        appendIndent(out, i);
        put(out->s, "<", 1);
        put(out->s, stepOf(e)->full, stepOf(e)->len);
        e->state = IN_TAG;
        if (stepOf(e)->predAttr)
            writeAttr(out->s, stepOf(e)->predAttr, stepOf(e)->predValue);
    }
}

static inline void flush(virXmlOut *out)
{
    if (out->top && out->stack[out->top - 1].state == PENDING)
        flushPending(out);
}

static void begin(virXmlOut *out, const virXmlStep *step)
{
    if (out->top == out->room)
        out->stack = g_renew(virXmlOutElement, out->stack, out->room = out->room ? out->room * 2 : 16);
    virXmlOutElement *e = &out->stack[out->top++];
    e->step = step;
    e->state = PENDING;
}

void virXmlOutBegin(virXmlOut *out, const char *name, bool force)
{
    static const virXmlStep none;
    begin(out, &none);
    virXmlOutElement *e = &out->stack[out->top - 1];
    e->own = (virXmlStep){ .full = name, .len = strlen(name) };
    e->step = NULL;
    if (force)
        flush(out);
}

void virXmlOutEnd(virXmlOut *out)
{
    virXmlOutElement *e = &out->stack[--out->top];
    if (e->state == PENDING)
        return;
    if (e->state == IN_TAG) {
        put(out->s, "/>\n", 3);
        return;
    }
    if (e->state == IN_CHILDREN)
        appendIndent(out, out->top);
    put(out->s, "</", 2);
    put(out->s, stepOf(e)->full, stepOf(e)->len);
    put(out->s, ">\n", 2);
}

void virXmlOutAttr(virXmlOut *out, const char *name, const char *value)
{
    if (!value)
        return;
    flush(out);
    writeAttr(out->s, name, value);
}

void virXmlOutAttrF(virXmlOut *out, const char *name, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    g_autofree char *value = g_strdup_vprintf(format, ap);
    va_end(ap);
    virXmlOutAttr(out, name, value);
}

void virXmlOutText(virXmlOut *out, const char *text)
{
    if (!text || (out->top && out->stack[out->top - 1].state == IN_CHILDREN))
        return; /* an element has text or children */
    flush(out);
    g_string_append_c(out->s, '>');
    appendEscaped(out->s, text);
    out->stack[out->top - 1].state = IN_TEXT;
}

void virXmlOutChildren(virXmlOut *out)
{
    flush(out);
    if (out->stack[out->top - 1].state != IN_TAG)
        return;
    put(out->s, ">\n", 2);
    out->stack[out->top - 1].state = IN_CHILDREN;
}

/* Raw elements were kept with the indentation of depth 1; elsewhere they are laid out anew. */
void virXmlOutRaw(virXmlOut *out, const char *xml)
{
    if (out->top)
        virXmlOutChildren(out);
    appendIndent(out, out->top);
    int level = out->depth + out->top;
    g_autoptr(virXmlDoc) doc = level != 1
                                   ? virXmlLib()->xmlReadMemory(xml, strlen(xml), NULL, NULL,
                                                                XML_PARSE_NONET | XML_PARSE_NOBLANKS | XML_PARSE_NOERROR)
                                   : NULL;
    if (doc) {
        g_autofree char *text = virXmlDump(virXmlRoot(doc), level);
        g_string_append(out->s, text);
    } else {
        g_string_append(out->s, xml);
    }
    g_string_append_c(out->s, '\n');
}

unsigned int virXmlOutFlags(const virXmlOut *out)
{
    return out->flags;
}

static void formatRows(virXmlType *type, const void *obj, virXmlOut *out);

/* Bytes in the greatest unit that divides them. */
static const char *prettySize(unsigned long long bytes, char *buf, const char **unit)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    int i = 0;
    while (bytes && bytes % 1024 == 0 && i < 6) {
        bytes /= 1024;
        i++;
    }
    *unit = units[i];
    g_snprintf(buf, VIR_XML_BUF, "%llu", bytes);
    return buf;
}

static void formatScalar(const virXmlRow *row, const virXmlPrepRow *prep, const void *obj, virXmlOut *out)
{
    char buf[VIR_XML_BUF];
    g_autofree char *owned = NULL;
    if (row->kind == VIR_XML_FLAG) {
        flush(out);
        if (row->flags & XF_OPEN)
            virXmlOutChildren(out);
        return;
    }
    const char *text = virXmlValueText(row, obj, buf, &owned);
    if (!text)
        return;
    const char *unit = row->unit;
    if (row->kind == VIR_XML_SIZE && !unit)
        text = prettySize(*M_(obj, row, ULL), buf, &unit);
    if (row->kind == VIR_XML_SIZE && !prep->attr)
        virXmlOutAttr(out, row->unitAttr ? row->unitAttr : "unit", unit);
    if (prep->attr) {
        flush(out);
        put(out->s, prep->attrOpen, prep->attrOpenLen);
        appendEscaped(out->s, text);
        put(out->s, "'", 1);
    } else
        virXmlOutText(out, text);
    if (row->kind == VIR_XML_SIZE && prep->attr)
        virXmlOutAttr(out, row->unitAttr ? row->unitAttr : "unit", unit);
}

static void formatElement(const virXmlRow *row, const virXmlPrepRow *prep, const void *obj, bool force,
                          virXmlOut *out)
{
    begin(out, prep->elem);
    if (force)
        flush(out);
    formatRows((virXmlType *)row->sub, obj, out);
    if (row->flags & XF_OPEN)
        virXmlOutChildren(out);
    virXmlOutEnd(out);
}

static void formatRow(const virXmlRow *row, const virXmlPrepRow *prep, const void *obj, virXmlOut *out)
{
    switch (row->kind) {
    case VIR_XML_LIST: {
        const virXmlList *list = virXmlAt(obj, row->offset);
        for (unsigned int i = 0; i < list->n; i++)
            formatElement(row, prep, list->v[i], !(row->flags & XF_LAZY), out);
        return;
    }
    case VIR_XML_STRV: {
        char **words = *M_(obj, row, Strv);
        for (; words && *words; words++) {
            begin(out, prep->elem);
            virXmlOutText(out, *words);
            virXmlOutEnd(out);
        }
        return;
    }
    case VIR_XML_RAW:
        if (*M_(obj, row, Str))
            virXmlOutRaw(out, *M_(obj, row, Str));
        return;
    case VIR_XML_OBJ:
        if (*M_(obj, row, Ptr))
            formatElement(row, prep, *M_(obj, row, Ptr), row->flags & XF_EMPTY, out);
        return;
    case VIR_XML_PART:
        if (row->has && !*(virXmlBoolMember *)virXmlAt(obj, row->has - 1))
            return;
        if (row->flags & (XF_EMPTY | XF_OPEN))
            flush(out);
        formatRows((virXmlType *)row->sub, virXmlAt(obj, row->offset), out);
        if (row->flags & XF_OPEN)
            virXmlOutChildren(out);
        return;
    case VIR_XML_UNION: {
        const virXmlType *sub = virXmlCaseOf(row, *M_(obj, row, Int));
        if (sub)
            formatRows((virXmlType *)sub, obj, out);
        return;
    }
    case VIR_XML_HOOK:
        if (row->hook->format)
            row->hook->format(row, obj, out);
        return;
    default:
        formatScalar(row, prep, obj, out);
    }
}

static bool allZero(const void *p, size_t n)
{
    static const char zeros[1024];
    return n <= sizeof(zeros) && memcmp(p, zeros, n) == 0;
}

static inline bool isAbsent(const virXmlPlanRow *plan, const void *obj)
{
    const void *at = virXmlAt(obj, plan->offset);
    if (G_LIKELY(plan->mask)) {
        guint64 word;
        memcpy(&word, virXmlAt(obj, plan->word), sizeof(word));
        return !(word & plan->mask);
    }
    switch ((virXmlTest)plan->test) {
    case VIR_XML_TEST_BYTE:
        return !*(const virXmlBoolMember *)at;
    case VIR_XML_TEST_WORD:
        return !*(const virXmlUintMember *)at;
    case VIR_XML_TEST_LONG:
        return !*(const virXmlULLMember *)at;
    case VIR_XML_TEST_BLOCK:
        return allZero(at, plan->size);
    case VIR_XML_TEST_CALL:
        return !virXmlValuePresent(plan->row, obj);
    default:
        return false;
    }
}

bool virXmlIsEmpty(virXmlType *type, const void *obj)
{
    const virXmlPrep *prep = virXmlPrepare(type);
    for (unsigned int i = 0; i < prep->nplan; i++)
        if (!isAbsent(&prep->plan[i], obj))
            return false;
    return true;
}

static void formatRows(virXmlType *type, const void *obj, virXmlOut *out)
{
    const virXmlPrep *prep = virXmlPrepare(type);
    int base = out->top, keep = 0; /* `keep`: steps open now that the current row shares */
    for (const virXmlPlanRow *plan = prep->plan, *end = prep->nplan ? plan + prep->nplan : plan; plan < end; plan++) {
        keep = MIN(keep, plan->keep);
        if (isAbsent(plan, obj) || plan->flags & out->skip)
            continue;
        while (out->top - base > keep)
            virXmlOutEnd(out);
        const virXmlRow *row = plan->row;
        if (row->when && !row->when(row, obj, out))
            continue;
        for (; keep < plan->nsteps; keep++)
            begin(out, &plan->prep->steps[keep]);
        formatRow(row, plan->prep, obj, out);
    }
    while (out->top > base)
        virXmlOutEnd(out);
}

void virXmlFormat(virXmlType *type, const char *name, const void *obj, unsigned int flags, GString *s,
                  int depth)
{
    virXmlOut out = { .s = s, .depth = depth, .flags = flags };
    out.skip = (flags & VIR_XML_INACTIVE ? XF_LIVE : 0) | (flags & VIR_XML_WITH_STATUS ? 0 : XF_STATUS) |
               (flags & VIR_XML_SECURE ? 0 : XF_SECURE) | (flags & VIR_XML_MIGRATABLE ? XF_NOMIG : 0);
    virXmlOutBegin(&out, name ? name : type->name, true);
    formatRows(type, obj, &out);
    virXmlOutEnd(&out);
    g_free(out.stack);
}
