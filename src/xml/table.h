/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables that bind a document to a struct: one row for each leaf, list, or part. From one table come parser, formatter,
 * copy, free, equality, guest-ABI comparison, the RNG schema and the reference page (engine.h). A table looks like this:
 *
 *   #define S virDomainHubDef
 *   static const virXmlRow hubRows[] = {
 *       X_ENUM("@type", type, virDomainHubType, XF_REQ),
 *       X_INLINE(".", info, virDeviceInfo, 0),
 *       X_END
 *   };
 *   X_TYPE(virDomainHubDef, "hub", hubRows);
 *   #undef S
 *
 * A path is relative to the struct's element: "@type", "target/@dev", "title" (the element's text), "." (own text or, for parts, own
 * element), "source[@mode='bind']/@host" (only the element that has this attribute; written back). Neighbouring rows with a
 * common beginning share one element in the output; elements appear when something in them does. Order of rows is order of output.
 * A wrong member type is a compile error. Absent scalars are 0/NULL, or told apart from 0 by X_HAS(member).
 */
#pragma once

#include <libxml/tree.h>
#include <stddef.h>
#include "base/error.h"
#include "xml/types.h"

typedef enum {
    VIR_XML_STR,        /* char * */
    VIR_XML_INT,        /* int */
    VIR_XML_UINT,       /* unsigned int */
    VIR_XML_LL,         /* long long */
    VIR_XML_ULL,        /* unsigned long long */
    VIR_XML_ENUM,       /* an enum of VIR_ENUM */
    VIR_XML_BOOL,       /* bool, spelled yes/no */
    VIR_XML_FLAG,       /* bool: is the element there? */
    VIR_XML_SIZE,       /* unsigned long long in units of row.scale bytes, unit= beside it */
    VIR_XML_BITMAP,     /* virBitmap * */
    VIR_XML_UUID,       /* unsigned char[16] */
    VIR_XML_MAC,        /* virMac */
    VIR_XML_CONV,       /* text that row.conv reads and writes */
    VIR_XML_STRV,       /* char **: repeated elements with text */
    VIR_XML_RAW,        /* char *: the element itself, verbatim */
    VIR_XML_OBJ,        /* T *: optional part */
    VIR_XML_PART,       /* T: embedded struct, or more rows on the same struct */
    VIR_XML_LIST,       /* VIR_LIST(T) */
    VIR_XML_UNION,      /* rows chosen by the enum at `offset` */
    VIR_XML_HOOK,       /* row.hook does it */
    VIR_XML_END
} virXmlKind;

enum {
    XF_REQ = 1 << 0,            /* must be there */
    XF_ALWAYS = 1 << 1,         /* write it even when 0 or empty */
    XF_LIVE = 1 << 2,           /* only in documents of running objects */
    XF_STATUS = 1 << 3,         /* only in status files */
    XF_SECURE = 1 << 4,         /* a secret: written with VIR_XML_SECURE only */
    XF_NOMIG = 1 << 5,          /* not in migratable documents */
    XF_ABI = 1 << 6,            /* guest can see it */
    XF_NOPARSE = 1 << 7,        /* written only */
    XF_NOFORMAT = 1 << 8,       /* read only: an old spelling */
    XF_OPEN = 1 << 9,           /* FLAG, PART: <x>…</x> even when empty, never <x/> */
    XF_POSITIVE = 1 << 10,      /* numbers: 0 is refused */
    XF_SIGNED_WRAP = 1 << 11,   /* unsigned: "-1" means the greatest value, as the reference reads it */
    XF_HEX = 1 << 12,           /* numbers: 0x%0*x with row.digits */
    XF_OCTAL = 1 << 13,         /* numbers: %04o with row.digits */
    XF_ANYBASE = 1 << 14,       /* reads 10, 0xa, 012; XF_HEX without it: 0x optional */
    XF_ANYNS = 1 << 15,         /* PART, LIST: the element may be of any namespace */
    XF_LENIENT = 1 << 16,       /* enums: an unknown word is ignored; texts: empty is kept */
    XF_MEMORY = 1 << 17,        /* not in the document at all: the row only owns the memory */
    XF_EMPTY = 1 << 18,         /* OBJ, PART: keep an empty element as <x/> */
    XF_LAZY = 1 << 22,          /* LIST: an element with nothing in it is not written */
    XF_FOREIGN = 1 << 21,       /* RAW: elements of foreign namespaces only, one of each */
    XF_UPPER = 1 << 20,         /* XF_HEX with capitals */
    XF_NOFROM = 1 << 24,        /* the error of `bad` speaks for no driver: what several kinds of documents share */
    XF_WANTED = 1 << 23,        /* the schema wants it; parsing leaves it to a pass, which has words of its own for it */
    XF_SCHEMA_REQ = 1 << 25,    /* the same, and the element with it */
    XF_ELEM_ON = 1 << 19,       /* enums: the element without the attribute means the first word */
};

typedef struct _virXmlRow virXmlRow;
typedef struct _virXmlType virXmlType;
typedef struct _virXmlOut virXmlOut;

typedef struct {
    unsigned int flags;         /* virXmlFlags of the walk */
    int from;                   /* virErrorDomain of the caller */
    const void *user;           /* the caller's */
    unsigned int depth;
} virXmlContext;

typedef struct {                /* text <-> member (row->offset in obj) */
    bool (*parse)(const virXmlRow *row, void *obj, const char *text, virXmlContext *ctx, GError **error);
    char *(*format)(const virXmlRow *row, const void *obj);     /* NULL: nothing to write */
    const char *pattern;        /* regular expression of the text, for the schema; NULL: any */
} virXmlConv;

typedef struct {                /* any shape. `node` is the element at row->path's parent; any function may be NULL */
    bool (*parse)(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error);
    void (*format)(const virXmlRow *row, const void *obj, virXmlOut *out);
    bool (*equal)(const virXmlRow *row, const void *a, const void *b);
    const char *rng;            /* the schema's text for it; NULL: anything */
} virXmlHook;

typedef struct { int value; const virXmlType *sub; } virXmlCase;       /* list ended by sub NULL */

struct _virXmlRow {
    const char *path;
    virXmlKind kind;
    size_t offset;
    unsigned int flags;
    size_t has;                 /* offset + 1 of the bool "was given" */
    union {
        const virXmlEnum *en;
        const virXmlType *sub;
        const virXmlCase *cases;
        const virXmlConv *conv;
        const virXmlHook *hook;
    };
    unsigned int scale;         /* SIZE: bytes in one unit of the member */
    const char *unitAttr;       /* SIZE: NULL: "unit" */
    const char *unit;           /* SIZE: word written ("KiB"); NULL: the greatest that divides */
    unsigned int digits;
    unsigned long long max;     /* numbers: greatest value, 0 any; bitmaps: number of bits */
    const char *bad;            /* message (with %s) of an invalid value when the reference has words of its own; code below */
    const char *lack;           /* message of a missing required value, or of a second OBJ, of the document's domain; code below */
    int lackCode;
    const char *beyond;         /* message (with %llx) of a number greater than `max`, of no error domain */
    int code;                   /* 0: VIR_ERR_CONFIG_UNSUPPORTED with `bad`, VIR_ERR_XML_ERROR without */
    bool (*when)(const virXmlRow *row, const void *obj, const virXmlOut *out);  /* write only if */
    const char *rng;            /* the schema's text for the value, where the kind says too little */
    const char *doc;            /* for the reference page */
    const char *pattern;        /* texts: a regular expression, for the schema only */
};

typedef struct { const char *prefix, *uri; } virXmlNamespace;

struct _virXmlType {
    const char *name;           /* of its element; NULL for parts */
    const char *structName;
    size_t size;
    const virXmlRow *rows;
    void (*init)(void *obj);    /* after zeroing */
    const virXmlNamespace *ns;  /* prefixes that paths may use, ended by NULL */
    /* What no grammar made from rows says: presence, exclusion. Asked after the schema; NULL or what is wrong with the element. */
    const char *(*strict)(xmlNode *node);
    struct _virXmlPrep *prep;   /* the engine's, made on first use */
};

/* The member's type is checked when the table is compiled: different pointers can't be subtracted. */
#define X_OFF_(T, member) (offsetof(S, member) + 0 * sizeof((__typeof__(T) *)0 - &((S *)0)->member))
#define X_(p, k, T, member, f, ...) { .path = p, .kind = VIR_XML_##k, .offset = X_OFF_(T, member), .flags = (f), ##__VA_ARGS__ }
#define X_HAS(member) .has = X_OFF_(bool, member) + 1

#define X_STR(p, m, f, ...) X_(p, STR, char *, m, f, ##__VA_ARGS__)
#define X_INT(p, m, f, ...) X_(p, INT, int, m, f, ##__VA_ARGS__)
#define X_UINT(p, m, f, ...) X_(p, UINT, unsigned int, m, f, ##__VA_ARGS__)
#define X_LL(p, m, f, ...) X_(p, LL, long long, m, f, ##__VA_ARGS__)
#define X_ULL(p, m, f, ...) X_(p, ULL, unsigned long long, m, f, ##__VA_ARGS__)
#define X_HEX(p, m, n, f, ...) X_(p, UINT, unsigned int, m, (f) | XF_HEX, .digits = n, ##__VA_ARGS__)
#define X_ENUM(p, m, T, f, ...) X_(p, ENUM, T, m, f, .en = &T##Enum, ##__VA_ARGS__)
#define X_YESNO(p, m, f, ...) X_ENUM(p, m, virTristateBool, f, ##__VA_ARGS__)
#define X_ONOFF(p, m, f, ...) X_ENUM(p, m, virTristateSwitch, f, ##__VA_ARGS__)
#define X_BOOL(p, m, f, ...) X_(p, BOOL, bool, m, f, ##__VA_ARGS__)
#define X_FLAG(p, m, f, ...) X_(p, FLAG, bool, m, f, ##__VA_ARGS__)
#define X_KIB(p, m, f, ...) X_(p, SIZE, unsigned long long, m, f, .scale = 1024, .unit = "KiB", ##__VA_ARGS__)
#define X_BYTES(p, m, f, ...) X_(p, SIZE, unsigned long long, m, f, .scale = 1, .unit = "bytes", ##__VA_ARGS__)
#define X_BITMAP(p, m, f, ...) X_(p, BITMAP, virBitmap *, m, f, ##__VA_ARGS__)
#define X_UUID(p, m, f, ...) X_(p, UUID, unsigned char[16], m, f, ##__VA_ARGS__)
#define X_MAC(p, m, f, ...) X_(p, MAC, virMac, m, f, ##__VA_ARGS__)
#define X_CONV(p, m, T, c, f, ...) X_(p, CONV, T, m, f, .conv = c, ##__VA_ARGS__)
#define X_STRV(p, m, f, ...) X_(p, STRV, char **, m, f, ##__VA_ARGS__)
#define X_RAW(p, m, f, ...) X_(p, RAW, char *, m, f, ##__VA_ARGS__)
#define X_OBJ(p, m, T, f, ...) X_(p, OBJ, T *, m, f, .sub = &T##Xml, ##__VA_ARGS__)
#define X_OBJ_AS(p, m, T, table, f, ...) X_(p, OBJ, T *, m, f, .sub = &table, ##__VA_ARGS__)
#define X_INLINE(p, m, T, f, ...) X_(p, PART, T, m, f, .sub = &T##Xml, ##__VA_ARGS__)
#define X_INLINE_AS(p, m, T, table, f, ...) X_(p, PART, T, m, f, .sub = &table, ##__VA_ARGS__)
#define X_SAME(p, table, f, ...) { .path = p, .kind = VIR_XML_PART, .flags = (f), .sub = &table, ##__VA_ARGS__ }
#define X_LIST_OFF_(T, m) (offsetof(S, m) + 0 * sizeof((T ***)0 - &((S *)0)->m.v))
#define X_LIST(p, m, T, f, ...) X_LIST_AS(p, m, T, T##Xml, f, ##__VA_ARGS__)
#define X_LIST_AS(p, m, T, table, f, ...) \
    { .path = p, .kind = VIR_XML_LIST, .offset = X_LIST_OFF_(T, m), .flags = (f), .sub = &table, ##__VA_ARGS__ }
/* `m` is the enum; every table in `c` is of the same struct S */
#define X_UNION(p, m, T, c, f, ...) X_(p, UNION, T, m, f, .cases = c, ##__VA_ARGS__)
#define X_HOOK(p, h, f, ...) { .path = p, .kind = VIR_XML_HOOK, .flags = (f), .hook = h, ##__VA_ARGS__ }
#define X_END { .kind = VIR_XML_END }

#define X_TYPE(T, name_, rows_, ...) X_TYPE_AS(T##Xml, T, name_, rows_, ##__VA_ARGS__)
#define X_TYPE_AS(var, T, name_, rows_, ...) \
    virXmlType var = { .name = name_, .structName = #T, .size = sizeof(T), .rows = rows_, ##__VA_ARGS__ }

#define X_AT(obj, row, T) ((T *)(void *)((char *)(obj) + (row)->offset))
#define X_CAT(obj, row, T) ((const T *)(const void *)((const char *)(obj) + (row)->offset))
