/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Value types that documents are made of beside C's own: enums with spellings, lists, bitmaps, MAC addresses, raw XML.
 * Structs of the model use them as members; the engine (table.h) knows how to read, write, copy, free and compare each.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The count of owners of a definition that threads share. It has eight bytes to itself: the formatter tests members by whole words,
 * and must not read one that other threads write. */
#define VIR_XML_REFS union { gint refs; guint64 refsAlone; }

/* --- enums: one list holds constant and spelling ---
 *   #define VIR_FOO_VALUES(E) E(VIR_FOO_NONE, NULL) E(VIR_FOO_BAR, "bar")
 *   VIR_ENUM(virFoo, VIR_FOO_VALUES)               in the header: the type, virFooEnum, virFooToString, virFooFromString
 *   VIR_ENUM_TABLE(virFoo, VIR_FOO_VALUES)         once, in a .c file
 */
typedef struct {
    const char *type;           /* "virFoo" */
    const char *const *words;   /* NULL: a value that documents can't spell ("not given") */
    int n;
} virXmlEnum;

const char *virXmlEnumToString(const virXmlEnum *e, int value);         /* NULL when there is no spelling */
int virXmlEnumFromString(const virXmlEnum *e, const char *word);        /* -1 when unknown */

#define VIR_ENUM_CONSTANT_(constant, word) constant,
#define VIR_ENUM_WORD_(constant, word) word,
#define VIR_ENUM(T, VALUES) \
    typedef enum { VALUES(VIR_ENUM_CONSTANT_) T##Last } T; \
    extern const virXmlEnum T##Enum; \
    static inline const char *T##ToString(int value) { return virXmlEnumToString(&T##Enum, value); } \
    static inline int T##FromString(const char *word) { return virXmlEnumFromString(&T##Enum, word); }
#define VIR_ENUM_TABLE(T, VALUES) \
    static const char *const T##Words[] = { VALUES(VIR_ENUM_WORD_) }; \
    const virXmlEnum T##Enum = { #T, T##Words, T##Last };

#define VIR_TRISTATE_BOOL_VALUES(E) \
    E(VIR_TRISTATE_BOOL_ABSENT, NULL) E(VIR_TRISTATE_BOOL_YES, "yes") E(VIR_TRISTATE_BOOL_NO, "no")
VIR_ENUM(virTristateBool, VIR_TRISTATE_BOOL_VALUES)
#define VIR_TRISTATE_SWITCH_VALUES(E) \
    E(VIR_TRISTATE_SWITCH_ABSENT, NULL) E(VIR_TRISTATE_SWITCH_ON, "on") E(VIR_TRISTATE_SWITCH_OFF, "off")
VIR_ENUM(virTristateSwitch, VIR_TRISTATE_SWITCH_VALUES)

/* --- lists of allocated elements: VIR_LIST(virDomainDiskDef) disks;  def->disks.v[i], i < def->disks.n --- */
#define VIR_LIST(T) struct { T **v; unsigned int n; }
typedef struct { void **v; unsigned int n; } __attribute__((may_alias)) virXmlList;
void virXmlListInsert(virXmlList *list, unsigned int at, void *item);   /* takes the item */
void *virXmlListTake(virXmlList *list, unsigned int at);                /* removes it and hands it out */
#define virListAppend(list, item) \
    ((void)sizeof(1 ? (item) : *(list)->v), virXmlListInsert((virXmlList *)(void *)(list), (list)->n, (item)))
#define virListInsert(list, at, item) \
    ((void)sizeof(1 ? (item) : *(list)->v), virXmlListInsert((virXmlList *)(void *)(list), (at), (item)))
#define virListTake(list, at) ((__typeof__(*(list)->v))virXmlListTake((virXmlList *)(void *)(list), (at)))

/* --- sets of small numbers: "0-3,^2" --- */
typedef struct { unsigned int nbits; unsigned long *bits; } virBitmap;
virBitmap *virBitmapNew(unsigned int nbits);            /* grows when a higher bit is set */
virBitmap *virBitmapCopy(const virBitmap *map);
void virBitmapFree(virBitmap *map);
void virBitmapSet(virBitmap *map, unsigned int bit, bool on);
bool virBitmapHas(const virBitmap *map, unsigned int bit);      /* false for NULL and beyond the end */
bool virBitmapEqual(const virBitmap *a, const virBitmap *b);    /* the same bits; lengths don't matter */
unsigned int virBitmapCount(const virBitmap *map);
int virBitmapNext(const virBitmap *map, int after);             /* -1: none; start with -1 */
int virBitmapLast(const virBitmap *map);                        /* -1 when empty */
bool virBitmapOverlaps(const virBitmap *a, const virBitmap *b);
virBitmap *virBitmapParse(const char *text, unsigned int limit);        /* NULL: bad syntax or a bit >= limit */
char *virBitmapFormat(const virBitmap *map);                            /* "0-1,3" */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virBitmap, virBitmapFree)

/* --- MAC addresses --- */
typedef struct { unsigned char b[6]; } virMac;
bool virMacParse(const char *text, virMac *mac);
void virMacFormat(const virMac *mac, char text[18]);
static inline bool virMacIsZero(const virMac *m) { return !(m->b[0] | m->b[1] | m->b[2] | m->b[3] | m->b[4] | m->b[5]); }
