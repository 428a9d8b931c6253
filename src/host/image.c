/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Headers of disk images: see image.h. */
#define VIR_FROM VIR_FROM_NONE
#include "host/image.h"
#include <string.h>
#include <unistd.h>

enum { HEAD = 64 * 1024 };              /* all headers are shorter */

typedef struct {
    const unsigned char *data;
    gsize len;
} Bytes;

/* Numbers beyond the end read as zero. */
static guint64 number(const Bytes *b, gsize at, unsigned int size, bool big)
{
    guint64 value = 0;
    if (at > b->len || size > b->len - at)
        return 0;
    for (unsigned int i = 0; i < size; i++)
        value = value << 8 | b->data[at + (big ? i : size - 1 - i)];
    return value;
}

static char *textAt(const Bytes *b, guint64 at, guint64 size)
{
    return at && size && at < b->len && size <= b->len - at ? g_strndup((const char *)b->data + at, size) : NULL;
}

typedef struct _Format Format;
struct _Format {
    const char *name;
    gsize at;
    const char *magic;
    gsize magicLen;
    bool big;
    struct { gsize at; unsigned int size; guint32 low, high; } version;  /* size 0: not looked at */
    struct { gsize at; unsigned int size; unsigned int scale; } capacity;
    void (*more)(const Format *f, const Bytes *b, virImageHeader *h);
};

/* ---- what formats have beyond magic and size ---- */

enum { QCOW2_BACKING_FORMAT = 0xE2792ACA, QCOW2_EXTENDED_L2 = 1 << 4, QCOW2_LAZY_REFCOUNTS = 1 << 0 };

static void qcowCrypt(virImageHeader *h, guint64 method)
{
    h->encryption = method == 1 ? "qcow" : method == 2 ? "luks" : NULL;
}

static void qcow2Extensions(const Bytes *b, gsize at, guint64 end, virImageHeader *h)
{
    while (at + 8 <= MIN(end, b->len)) {
        guint64 type = number(b, at, 4, true), len = number(b, at + 4, 4, true);
        if (type == 0 || len > b->len)
            return;
        if (type == QCOW2_BACKING_FORMAT)
            h->backingFormat = textAt(b, at + 8, len);
        if (h->backingFormat)
            return;
        at += 8 + ((len + 7) & ~7ULL);
    }
}

static void qcow2(const Format *f, const Bytes *b, virImageHeader *h)
{
    guint64 version = number(b, 4, 4, true), bits = number(b, 20, 4, true), backing = number(b, 8, 8, true);
    qcowCrypt(h, number(b, 32, 4, true));
    h->versioned = version >= 3;
    h->clusterSize = bits >= 9 && bits <= 30 ? 1ULL << bits : 0;
    h->extendedL2 = h->versioned && (number(b, 72, 8, true) & QCOW2_EXTENDED_L2);
    h->lazyRefcounts = h->versioned && (number(b, 80, 8, true) & QCOW2_LAZY_REFCOUNTS);
    h->backing = textAt(b, backing, number(b, 16, 4, true));
    if (h->backing)
        qcow2Extensions(b, h->versioned ? number(b, 100, 4, true) : 72, backing, h);
}

static void qcow1(const Format *f, const Bytes *b, virImageHeader *h)
{
    qcowCrypt(h, number(b, 36, 4, true));
    h->backing = textAt(b, number(b, 8, 8, true), number(b, 16, 4, true));
}

static void qed(const Format *f, const Bytes *b, virImageHeader *h)
{
    guint64 features = number(b, 16, 8, false);
    if (!(features & 1))
        return;
    h->backing = textAt(b, number(b, 56, 4, false), number(b, 60, 4, false));
    if (h->backing && features & 4)
        h->backingFormat = g_strdup("raw");
}

static void cow(const Format *f, const Bytes *b, virImageHeader *h)
{
    if (b->len > 8 + 1024 && b->data[8])
        h->backing = g_strndup((const char *)b->data + 8, 1024);
}

static void vmdk(const Format *f, const Bytes *b, virImageHeader *h)
{
    static const char hint[] = "parentFileNameHint=\"";
    g_autofree char *text = textAt(b, number(b, 28, 8, false) * 512, number(b, 36, 8, false) * 512);
    char *start = text ? strstr(text, hint) : NULL, *end = start ? strchr(start + strlen(hint), '"') : NULL;
    if (end) {
        h->backing = g_strndup(start + strlen(hint), end - start - strlen(hint));
        h->backingFormat = g_strdup("vmdk");
    }
}

static void luks(const Format *f, const Bytes *b, virImageHeader *h)
{
    bool second = number(b, 6, 2, true) == 2;
    h->encryption = second ? "luks2" : "luks";
    h->payload = second ? 0 : number(b, 104, 4, true) * 512;
}

#define MAGIC(text) text, sizeof(text) - 1
static const Format formats[] = {
    { "raw", 0, MAGIC("LUKS\xba\xbe"), true, { 6, 2, 1, 2 }, { 0, 0, 0 }, luks },
    { "qcow2", 0, MAGIC("QFI\xfb"), true, { 4, 4, 2, 3 }, { 24, 8, 1 }, qcow2 },
    { "qcow", 0, MAGIC("QFI\xfb"), true, { 4, 4, 1, 1 }, { 24, 8, 1 }, qcow1 },
    { "qed", 0, MAGIC("QED\0"), false, { 0, 0, 0, 0 }, { 48, 8, 1 }, qed },
    { "vmdk", 0, MAGIC("KDMV"), false, { 4, 4, 1, 3 }, { 12, 8, 512 }, vmdk },
    { "vdi", 64, MAGIC("\x7f\x10\xda\xbe"), false, { 68, 4, 0x10001, 0x10001 }, { 368, 8, 1 }, NULL },
    { "vpc", 0, MAGIC("conectix"), true, { 12, 4, 0x10000, 0x10000 }, { 48, 8, 1 }, NULL },
    { "cow", 0, MAGIC("OOOM"), true, { 4, 4, 2, 2 }, { 4 + 4 + 1024 + 4, 8, 1 }, cow },
    { "cloop", 0, MAGIC("#!/bin/sh\n#V2.0 Format\nmodprobe cloop file=$0 && mount -r -t iso9660 /dev/cloop $1\n"), false, { 0, 0, 0, 0 }, { 0, 0, 0 }, NULL },
    { "bochs", 0, MAGIC("Bochs Virtual HD Image"), false, { 64, 4, 0x20000, 0x20000 }, { 88, 8, 1 }, NULL },
    { "bochs", 0, MAGIC("Bochs Virtual HD Image"), false, { 64, 4, 0x10000, 0x10000 }, { 84, 8, 1 }, NULL },
    { "ploop", 0, MAGIC("WithouFreSpacExt"), false, { 16, 4, 2, 2 }, { 36, 8, 512 }, NULL },
    { "ploop", 0, MAGIC("WithoutFreeSpace"), false, { 16, 4, 2, 2 }, { 36, 4, 512 }, NULL },
    { "iso", 32769, MAGIC("CD001"), false, { 0, 0, 0, 0 }, { 0, 0, 0 }, NULL },
};

static bool matches(const Format *f, const Bytes *b)
{
    guint64 version = number(b, f->version.at, f->version.size, f->big);
    return b->len >= f->at + f->magicLen && memcmp(b->data + f->at, f->magic, f->magicLen) == 0 &&
           (!f->version.size || (version >= f->version.low && version <= f->version.high));
}

virImageHeader *virImageHeaderRead(int fd, const char *format)
{
    g_autofree unsigned char *data = g_malloc(HEAD);
    gsize len = 0;
    ssize_t got;
    while (len < HEAD && (got = TEMP_FAILURE_RETRY(pread(fd, data + len, HEAD - len, len))) != 0) {
        if (got < 0)
            return NULL;
        len += got;
    }
    const Bytes b = { data, len };
    virImageHeader *h = g_new0(virImageHeader, 1);
    h->format = "raw";
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        const Format *f = &formats[i];
        if ((format && !g_str_equal(format, f->name)) || !matches(f, &b))
            continue;
        h->format = f->name;
        guint64 size = number(&b, f->capacity.at, f->capacity.size, f->big);
        h->capacity = size <= G_MAXUINT64 / MAX(f->capacity.scale, 1) ? size * f->capacity.scale : 0;
        if (f->more)
            f->more(f, &b, h);
        break;
    }
    return h;
}

void virImageHeaderFree(virImageHeader *h)
{
    if (!h)
        return;
    g_free(h->backing);
    g_free(h->backingFormat);
    g_free(h);
}
