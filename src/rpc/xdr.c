/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interpreter of message descriptors; see xdr.h. */
#define VIR_FROM VIR_FROM_RPC
#include "rpc/xdr.h"
#include <string.h>

#define PAD(n) ((4 - ((n) & 3)) & 3)

/* ---- members ---- */

static guint64 loadUnsigned(const void *p, uint8_t size)
{
    switch (size) {
    case 1: return *(const uint8_t *)p;
    case 2: return *(const uint16_t *)p;
    case 4: return *(const uint32_t *)p;
    default: return *(const uint64_t *)p;
    }
}

static gint64 loadSigned(const void *p, uint8_t size)
{
    switch (size) {
    case 1: return *(const int8_t *)p;
    case 2: return *(const int16_t *)p;
    case 4: return *(const int32_t *)p;
    default: return *(const int64_t *)p;
    }
}

static void store(void *p, uint8_t size, guint64 value)
{
    switch (size) {
    case 1: *(uint8_t *)p = value; break;
    case 2: *(uint16_t *)p = value; break;
    case 4: *(uint32_t *)p = value; break;
    default: *(uint64_t *)p = value; break;
    }
}

static bool isSigned(uint8_t kind)
{
    return kind == VIR_XDR_INT || kind == VIR_XDR_HYPER || kind == VIR_XDR_CHAR || kind == VIR_XDR_SHORT;
}

static bool isScalar(uint8_t kind)
{
    return kind >= VIR_XDR_INT && kind <= VIR_XDR_DOUBLE;
}

static bool isWide(uint8_t kind)
{
    return kind == VIR_XDR_HYPER || kind == VIR_XDR_UHYPER || kind == VIR_XDR_DOUBLE;
}

/* The smallest and largest value of a scalar kind on the wire. */
static gint64 kindMin(uint8_t kind)
{
    return kind == VIR_XDR_INT ? G_MININT32 : kind == VIR_XDR_SHORT ? G_MININT16 : kind == VIR_XDR_CHAR ? -128 :
        kind == VIR_XDR_HYPER ? G_MININT64 : 0;
}

static guint64 kindMax(uint8_t kind)
{
    switch (kind) {
    case VIR_XDR_INT: return G_MAXINT32;
    case VIR_XDR_UINT: return G_MAXUINT32;
    case VIR_XDR_HYPER: return G_MAXINT64;
    case VIR_XDR_SHORT: return G_MAXINT16;
    case VIR_XDR_USHORT: return G_MAXUINT16;
    case VIR_XDR_CHAR:                          /* peers send bytes above 127 with either sign */
    case VIR_XDR_UCHAR: return 255;
    case VIR_XDR_BOOL: return 1;
    default: return G_MAXUINT64;
    }
}

static const virXdrField *unionArm(const virXdrField *f, const void *base)
{
    gint64 tag = loadSigned((const char *)base + f->lenOffset, f->lenSize);

    for (uint32_t i = 0; i < f->sub->nfields; i++)
        if (f->sub->fields[i].tag == tag)
            return f->sub->fields + i;
    return NULL;
}

/* The fewest bytes that a value of the type takes on the wire: no more elements can follow than this allows. */
static gsize minSize(const virXdrType *type)
{
    gsize n = 0;

    for (uint32_t i = 0; i < type->nfields; i++) {
        const virXdrField *f = type->fields + i;
        n += isWide(f->kind) ? 8 : f->kind == VIR_XDR_FIXED ? f->limit + PAD(f->limit) :
            f->kind == VIR_XDR_STRUCT ? minSize(f->sub) : f->kind == VIR_XDR_FIXARRAY ? f->limit * minSize(f->sub) : 4;
    }
    return MAX(n, 4);
}

/* ---- encoding ---- */

typedef struct {
    GByteArray *out;
    const virXdrType *type;             /* for messages */
    GError **error;
} Encoder;

static void put32(Encoder *e, guint32 v)
{
    v = GUINT32_TO_BE(v);
    g_byte_array_append(e->out, (const guint8 *)&v, 4);
}

static void put64(Encoder *e, guint64 v)
{
    v = GUINT64_TO_BE(v);
    g_byte_array_append(e->out, (const guint8 *)&v, 8);
}

static void putBytes(Encoder *e, const void *p, gsize n)
{
    static const guint8 zero[4];

    g_byte_array_append(e->out, p, n);
    g_byte_array_append(e->out, zero, PAD(n));
}

static bool tooLong(Encoder *e, const virXdrField *f, guint64 n)
{
    if (n <= f->limit)
        return false;
    virSetError(e->error, VIR_ERR_RPC, "cannot encode %s: '%s' has %" G_GUINT64_FORMAT " elements or bytes, the limit is %u",
                e->type->name, f->name, n, f->limit);
    return true;
}

static bool encodeFields(Encoder *e, const virXdrType *type, const void *data);

static bool encodeScalar(Encoder *e, const virXdrField *f, const void *p)
{
    guint64 v = isSigned(f->kind) ? (guint64)loadSigned(p, f->size) : loadUnsigned(p, f->size);

    if (f->kind == VIR_XDR_DOUBLE)
        memcpy(&v, p, 8);
    else if (f->kind == VIR_XDR_BOOL)
        v = v != 0;
    else if (isSigned(f->kind) ? (gint64)v < kindMin(f->kind) || (gint64)v > (gint64)kindMax(f->kind) : v > kindMax(f->kind)) {
        virSetError(e->error, VIR_ERR_RPC, "cannot encode %s: '%s' is out of range", e->type->name, f->name);
        return false;
    }
    if (isWide(f->kind))
        put64(e, v);
    else
        put32(e, v);
    return true;
}

static bool encodeString(Encoder *e, const virXdrField *f, const char *s)
{
    if (f->optional) {
        put32(e, s != NULL);
        if (!s)
            return true;
    } else if (!s) {
        virSetError(e->error, VIR_ERR_RPC, "cannot encode %s: '%s' must not be NULL", e->type->name, f->name);
        return false;
    }
    gsize n = strlen(s);
    if (tooLong(e, f, n))
        return false;
    put32(e, n);
    putBytes(e, s, n);
    return true;
}

static bool encodeElements(Encoder *e, const virXdrField *f, const char *p, guint64 n)
{
    for (guint64 i = 0; i < n; i++)
        if (!encodeFields(e, f->sub, p + i * f->sub->size))
            return false;
    return true;
}

static bool encodeUnion(Encoder *e, const virXdrField *f, const void *base)
{
    const virXdrField *arm = unionArm(f, base);
    gint64 tag = loadSigned((const char *)base + f->lenOffset, f->lenSize);

    if (!arm) {
        virSetError(e->error, VIR_ERR_RPC, "cannot encode %s: '%s' has the unknown type %" G_GINT64_FORMAT, e->type->name,
                    f->name, tag);
        return false;
    }
    virXdrField here = *arm;
    here.offset = f->offset;
    put32(e, tag);
    virXdrType one = { e->type->name, 0, 1, &here };
    return encodeFields(e, &one, base);
}

static bool encodeField(Encoder *e, const virXdrField *f, const void *base)
{
    const char *p = (const char *)base + f->offset;
    guint64 n = f->lenSize && f->kind != VIR_XDR_UNION ? loadUnsigned((const char *)base + f->lenOffset, f->lenSize) : 0;

    if (isScalar(f->kind))
        return encodeScalar(e, f, p);
    switch (f->kind) {
    case VIR_XDR_STRING:
        return encodeString(e, f, *(char *const *)p);
    case VIR_XDR_STRBUF:
        n = strnlen(p, f->lenOffset);
        put32(e, n);
        putBytes(e, p, n);
        return true;
    case VIR_XDR_CHARBUF:
        n = MIN(strnlen(p, f->limit) + 1, f->limit);
        put32(e, n);
        for (guint64 i = 0; i < n; i++)
            put32(e, (gint32)(signed char)p[i]);
        return true;
    case VIR_XDR_FIXED:
        putBytes(e, p, f->limit);
        return true;
    case VIR_XDR_OPAQUE:
        if (tooLong(e, f, n))
            return false;
        put32(e, n);
        putBytes(e, *(void *const *)p, n);
        return true;
    case VIR_XDR_STRUCT:
        return encodeFields(e, f->sub, p);
    case VIR_XDR_POINTER:
        put32(e, *(void *const *)p != NULL);
        return !*(void *const *)p || encodeFields(e, f->sub, *(void *const *)p);
    case VIR_XDR_ARRAY:
        if (tooLong(e, f, n))
            return false;
        put32(e, n);
        return encodeElements(e, f, *(char *const *)p, n);
    case VIR_XDR_FIXARRAY:
        return encodeElements(e, f, p, f->limit);
    default:
        return encodeUnion(e, f, base);
    }
}

static bool encodeFields(Encoder *e, const virXdrType *type, const void *data)
{
    for (uint32_t i = 0; i < type->nfields; i++)
        if (!encodeField(e, type->fields + i, data))
            return false;
    return true;
}

bool virXdrEncode(const virXdrType *type, const void *data, GByteArray *out, GError **error)
{
    Encoder e = { out, type, error };
    guint start = out->len;

    if (encodeFields(&e, type, data))
        return true;
    g_byte_array_set_size(out, start);
    return false;
}

/* ---- decoding ---- */

typedef struct {
    const guint8 *p, *end;
    virArena *arena;
    const virXdrType *type;
    GError **error;
} Decoder;

static bool G_GNUC_PRINTF(3, 4) bad(Decoder *d, const virXdrField *f, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    g_autofree char *text = g_strdup_vprintf(format, ap);
    va_end(ap);
    virSetError(d->error, VIR_ERR_RPC, "cannot decode %s: '%s' %s", d->type->name, f->name, text);
    return false;
}

static void *take(Decoder *d, gsize size)
{
    return d->arena ? virArenaAlloc(d->arena, size) : g_malloc0(MAX(size, 1));
}

static bool get32(Decoder *d, const virXdrField *f, guint32 *v)
{
    if (d->end - d->p < 4)
        return bad(d, f, "is cut off");
    memcpy(v, d->p, 4);
    *v = GUINT32_FROM_BE(*v);
    d->p += 4;
    return true;
}

/* `n` bytes with their padding; `*bytes` points into the message. */
static bool getBytes(Decoder *d, const virXdrField *f, gsize n, const guint8 **bytes)
{
    if ((gsize)(d->end - d->p) < n + PAD(n))
        return bad(d, f, "is cut off");
    *bytes = d->p;
    for (gsize i = n; i < n + PAD(n); i++)
        if (d->p[i])
            return bad(d, f, "has padding that is not zero");
    d->p += n + PAD(n);
    return true;
}

static bool getCount(Decoder *d, const virXdrField *f, guint32 *n)
{
    if (!get32(d, f, n))
        return false;
    return *n <= f->limit || bad(d, f, "has %u elements or bytes, the limit is %u", *n, f->limit);
}

static bool getFlag(Decoder *d, const virXdrField *f, guint32 *flag)
{
    return get32(d, f, flag) && (*flag <= 1 || bad(d, f, "has the presence flag %u, neither 0 nor 1", *flag));
}

static bool decodeFields(Decoder *d, const virXdrType *type, void *data);

/* The value fits the kind, and the C member. */
static bool fits(const virXdrField *f, guint64 v)
{
    int bits = 8 * f->size;

    if (isSigned(f->kind)) {
        gint64 s = v;
        if (s < kindMin(f->kind) || s > (gint64)kindMax(f->kind))
            return false;
        return bits == 64 || (s >= -(G_GINT64_CONSTANT(1) << (bits - 1)) && s < (G_GINT64_CONSTANT(1) << bits));
    }
    return v <= kindMax(f->kind) && (bits == 64 || v >> bits == 0);
}

static bool decodeScalar(Decoder *d, const virXdrField *f, void *p)
{
    guint32 high = 0, low = 0;
    guint64 v;

    if (isWide(f->kind) && !get32(d, f, &high))
        return false;
    if (!get32(d, f, &low))
        return false;
    v = (guint64)high << 32 | low;
    if (f->kind == VIR_XDR_DOUBLE) {
        memcpy(p, &v, 8);
        return true;
    }
    if (isSigned(f->kind) && !isWide(f->kind))
        v = (gint64)(gint32)low;
    if (f->kind == VIR_XDR_UCHAR || f->kind == VIR_XDR_USHORT || f->kind == VIR_XDR_CHAR)
        v = (gint32)low < 0 && f->kind != VIR_XDR_CHAR ? (guint64)low : (guint64)(gint64)(gint32)low;
    if (!fits(f, v))
        return bad(d, f, "is out of range");
    store(p, f->size, v);
    return true;
}

static bool decodeString(Decoder *d, const virXdrField *f, char **p)
{
    const guint8 *bytes;
    guint32 n, flag = 1;

    if (f->optional && !getFlag(d, f, &flag))
        return false;
    if (!flag)
        return true;
    if (!getCount(d, f, &n) || !getBytes(d, f, n, &bytes))
        return false;
    if (memchr(bytes, 0, n))
        return bad(d, f, "has a zero byte inside");
    *p = take(d, (gsize)n + 1);
    memcpy(*p, bytes, n);
    return true;
}

static bool decodeStrbuf(Decoder *d, const virXdrField *f, char *p)
{
    const guint8 *bytes;
    guint32 n;

    if (!getCount(d, f, &n) || !getBytes(d, f, n, &bytes))
        return false;
    if (n >= f->lenOffset)
        return bad(d, f, "has %u bytes, there is room for %u", n, f->lenOffset - 1);
    if (memchr(bytes, 0, n))
        return bad(d, f, "has a zero byte inside");
    memcpy(p, bytes, n);
    return true;
}

static bool decodeCharbuf(Decoder *d, const virXdrField *f, char *p)
{
    guint32 n, v;

    if (!getCount(d, f, &n))
        return false;
    for (guint32 i = 0; i < n; i++) {
        if (!get32(d, f, &v))
            return false;
        if ((gint32)v < -128 || (gint32)v > 255)
            return bad(d, f, "is out of range");
        p[i] = (char)v;
    }
    if (n == f->limit && p[n - 1])
        return bad(d, f, "does not end in a zero byte");
    return true;
}

static bool decodeArray(Decoder *d, const virXdrField *f, char *base)
{
    guint32 n;

    if (!getCount(d, f, &n))
        return false;
    if (n > (gsize)(d->end - d->p) / minSize(f->sub))
        return bad(d, f, "is cut off");
    if (n == 0)
        return true;
    char *elements = take(d, (gsize)n * f->sub->size);
    *(void **)(base + f->offset) = elements;
    store(base + f->lenOffset, f->lenSize, n);
    for (guint32 i = 0; i < n; i++)
        if (!decodeFields(d, f->sub, elements + (gsize)i * f->sub->size))
            return false;
    return true;
}

static bool decodeOpaque(Decoder *d, const virXdrField *f, char *base)
{
    const guint8 *bytes;
    guint32 n;

    if (!getCount(d, f, &n) || !getBytes(d, f, n, &bytes))
        return false;
    if (n == 0)
        return true;
    void *copy = take(d, n);
    memcpy(copy, bytes, n);
    *(void **)(base + f->offset) = copy;
    store(base + f->lenOffset, f->lenSize, n);
    return true;
}

static bool decodeUnion(Decoder *d, const virXdrField *f, char *base)
{
    guint32 tag;

    if (!get32(d, f, &tag))
        return false;
    store(base + f->lenOffset, f->lenSize, tag);
    const virXdrField *arm = unionArm(f, base);
    if (!arm) {
        store(base + f->lenOffset, f->lenSize, 0);
        return bad(d, f, "has the unknown type %d", (int)tag);
    }
    virXdrField here = *arm;
    here.offset = f->offset;
    virXdrType one = { d->type->name, 0, 1, &here };
    return decodeFields(d, &one, base);
}

static bool decodeField(Decoder *d, const virXdrField *f, char *base)
{
    char *p = base + f->offset;
    const guint8 *bytes;
    guint32 flag;

    if (isScalar(f->kind))
        return decodeScalar(d, f, p);
    switch (f->kind) {
    case VIR_XDR_STRING:
        return decodeString(d, f, (char **)p);
    case VIR_XDR_STRBUF:
        return decodeStrbuf(d, f, p);
    case VIR_XDR_CHARBUF:
        return decodeCharbuf(d, f, p);
    case VIR_XDR_FIXED:
        if (!getBytes(d, f, f->limit, &bytes))
            return false;
        memcpy(p, bytes, f->limit);
        return true;
    case VIR_XDR_OPAQUE:
        return decodeOpaque(d, f, base);
    case VIR_XDR_STRUCT:
        return decodeFields(d, f->sub, p);
    case VIR_XDR_POINTER:
        if (!getFlag(d, f, &flag))
            return false;
        if (!flag)
            return true;
        *(void **)p = take(d, f->sub->size);
        return decodeFields(d, f->sub, *(void **)p);
    case VIR_XDR_ARRAY:
        return decodeArray(d, f, base);
    case VIR_XDR_FIXARRAY:
        for (uint32_t i = 0; i < f->limit; i++)
            if (!decodeFields(d, f->sub, p + (gsize)i * f->sub->size))
                return false;
        return true;
    default:
        return decodeUnion(d, f, base);
    }
}

static bool decodeFields(Decoder *d, const virXdrType *type, void *data)
{
    for (uint32_t i = 0; i < type->nfields; i++)
        if (!decodeField(d, type->fields + i, data))
            return false;
    return true;
}

bool virXdrDecodePrefix(const virXdrType *type, const guint8 *in, gsize len, void *data, virArena *arena, gsize *used,
                        GError **error)
{
    Decoder d = { in, in + len, arena, type, error };

    memset(data, 0, type->size);
    if (!decodeFields(&d, type, data)) {
        if (!arena)
            virXdrFree(type, data);
        return false;
    }
    *used = d.p - in;
    return true;
}

bool virXdrDecode(const virXdrType *type, const guint8 *in, gsize len, void *data, virArena *arena, GError **error)
{
    gsize used = 0;

    if (!virXdrDecodePrefix(type, in, len, data, arena, &used, error))
        return false;
    if (used == len)
        return true;
    virSetError(error, VIR_ERR_RPC, "cannot decode %s: %zu bytes follow the message", type->name, len - used);
    if (!arena)
        virXdrFree(type, data);
    return false;
}

/* ---- freeing ---- */

static void freeField(const virXdrField *f, char *base)
{
    char *p = base + f->offset;
    const virXdrField *arm;

    switch (f->kind) {
    case VIR_XDR_STRING:
    case VIR_XDR_OPAQUE:
        g_clear_pointer((void **)p, g_free);
        break;
    case VIR_XDR_STRUCT:
        virXdrFree(f->sub, p);
        break;
    case VIR_XDR_POINTER:
        if (*(void **)p)
            virXdrFree(f->sub, *(void **)p);
        g_clear_pointer((void **)p, g_free);
        break;
    case VIR_XDR_ARRAY:
        for (guint64 i = 0; *(char **)p && i < loadUnsigned(base + f->lenOffset, f->lenSize); i++)
            virXdrFree(f->sub, *(char **)p + i * f->sub->size);
        g_clear_pointer((void **)p, g_free);
        break;
    case VIR_XDR_UNION:
        if ((arm = unionArm(f, base))) {
            virXdrField here = *arm;
            here.offset = f->offset;
            freeField(&here, base);
        }
        break;
    default:
        break;
    }
    if (f->kind == VIR_XDR_OPAQUE || f->kind == VIR_XDR_ARRAY)
        store(base + f->lenOffset, f->lenSize, 0);
}

void virXdrFree(const virXdrType *type, void *data)
{
    for (uint32_t i = 0; i < type->nfields; i++)
        freeField(type->fields + i, data);
}
