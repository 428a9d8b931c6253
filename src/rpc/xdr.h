/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * XDR (RFC 4506), interpreted: a const descriptor of a C struct says for each member its kind on the wire, its offset and
 * its limit, and one pair of functions encodes and decodes all messages. Decoding is strict: limits, padding,
 * trailing bytes, booleans and embedded zero bytes are checked, and memory is not taken before the bytes for it are there.
 */
#pragma once

#include "base/error.h"
#include "base/util.h"
#include <stddef.h>
#include <stdint.h>

typedef enum {
    VIR_XDR_INT = 1,            /* scalars: `size` is that of the C member, which may be wider or narrower */
    VIR_XDR_UINT,
    VIR_XDR_HYPER,
    VIR_XDR_UHYPER,
    VIR_XDR_CHAR,
    VIR_XDR_UCHAR,
    VIR_XDR_SHORT,
    VIR_XDR_USHORT,
    VIR_XDR_BOOL,
    VIR_XDR_DOUBLE,
    VIR_XDR_STRING,             /* char *; with `optional` NULL is allowed and a flag precedes it */
    VIR_XDR_STRBUF,             /* char member[size], a string on the wire */
    VIR_XDR_CHARBUF,            /* char member[size], an array of char (four bytes each) on the wire, with its zero */
    VIR_XDR_FIXED,              /* opaque[limit] inside the struct */
    VIR_XDR_OPAQUE,             /* pointer and length member */
    VIR_XDR_STRUCT,             /* inside the struct */
    VIR_XDR_POINTER,            /* optional struct */
    VIR_XDR_ARRAY,              /* pointer and length member, up to `limit` elements of type `sub` */
    VIR_XDR_FIXARRAY,           /* `limit` elements inside the struct */
    VIR_XDR_UNION,              /* the fields of `sub` are its arms, told apart by `tag`; the tag's member is lenOffset */
} virXdrKind;

typedef struct _virXdrType virXdrType;

typedef struct {
    const char *name;
    uint8_t kind, size, lenSize;
    bool optional;
    uint32_t offset;
    uint32_t lenOffset;         /* of the counter or the tag; of a STRBUF: its bytes */
    uint32_t limit;
    int32_t tag;
    const virXdrType *sub;
} virXdrField;

struct _virXdrType {
    const char *name;
    uint32_t size, nfields;
    const virXdrField *fields;
};

/* Appends to `out`; on failure `out` is as before. */
bool virXdrEncode(const virXdrType *type, const void *data, GByteArray *out, GError **error);
/* Reads all of `in` into `data`. Memory is `arena`'s, or with NULL the heap's (virXdrFree; already done on failure). */
bool virXdrDecode(const virXdrType *type, const guint8 *in, gsize len, void *data, virArena *arena, GError **error);
/* The same for a part: `*used` says how much of `in` was read. */
bool virXdrDecodePrefix(const virXdrType *type, const guint8 *in, gsize len, void *data, virArena *arena, gsize *used,
                        GError **error);
/* Frees what members point to and zeroes them, not `data` itself. */
void virXdrFree(const virXdrType *type, void *data);
