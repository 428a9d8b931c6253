/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * virNetMessageError by hand: it must be written and read even where no table of procedures is at hand. The objects in it (a
 * domain, a network) are skipped when read and never written: nothing of ours carries them.
 */
#define VIR_FROM VIR_FROM_RPC
#include "rpc/neterror.h"
#include "rpc/channel.h"
#include "base/error.h"
#include <string.h>

enum { STRING_MAX = 4194304, UUID = 16 };

static void putInt(GByteArray *out, int v)
{
    guint8 word[4];
    virNetPutUint(word, v);
    g_byte_array_append(out, word, 4);
}

static void putString(GByteArray *out, const char *s)
{
    static const guint8 zeros[4];
    gsize len = s ? MIN(strlen(s), (gsize)STRING_MAX) : 0;
    putInt(out, s != NULL);
    if (!s)
        return;
    putInt(out, len);
    g_byte_array_append(out, (const guint8 *)s, len);
    g_byte_array_append(out, zeros, -len & 3);
}

void virNetErrorEncode(const GError *error, GByteArray *out)
{
    const virErrorDetail *d = virErrorGetDetail(error);
    putInt(out, virErrorCode(error));
    putInt(out, d->from);
    putString(out, error->message);
    putInt(out, d->level);
    putInt(out, 0);
    putString(out, d->str1);
    putString(out, d->str2);
    putString(out, d->str3);
    putInt(out, d->int1);
    putInt(out, d->int2);
    putInt(out, 0);
}

typedef struct {
    const guint8 *p, *end;
    bool bad;
} Cursor;

static const guint8 *take(Cursor *c, gsize n)
{
    if (c->bad || (gsize)(c->end - c->p) < n) {
        c->bad = true;
        return NULL;
    }
    c->p += n;
    return c->p - n;
}

static int getInt(Cursor *c)
{
    const guint8 *p = take(c, 4);
    return p ? (int)virNetGetUint(p) : 0;
}

static char *getBytes(Cursor *c)
{
    gsize len = (guint32)getInt(c);
    if (len > STRING_MAX)
        c->bad = true;
    const guint8 *p = take(c, (len + 3) & ~(gsize)3);
    return p ? g_strndup((const char *)p, len) : NULL;
}

static char *getString(Cursor *c)
{
    return getInt(c) ? getBytes(c) : NULL;
}

/* `id`: a domain has one behind its UUID, a network has not. */
static void skipObject(Cursor *c, bool id)
{
    if (!getInt(c))
        return;
    g_free(getBytes(c));
    take(c, UUID + (id ? 4 : 0));
}

void virNetErrorDecode(const guint8 *in, gsize len, GError **error)
{
    Cursor c = { in, in + len, false };
    virError e = { .code = getInt(&c), .domain = getInt(&c) };
    e.message = getString(&c);
    e.level = getInt(&c);
    skipObject(&c, true);
    e.str1 = getString(&c);
    e.str2 = getString(&c);
    e.str3 = getString(&c);
    e.int1 = getInt(&c);
    e.int2 = getInt(&c);
    skipObject(&c, false);
    if (c.bad || c.p != c.end)
        virSetError(error, VIR_ERR_RPC, "the error that the peer reported cannot be decoded (%zu bytes)", len);
    else
        virErrorSetPublic(error, &e);
    g_free(e.message);
    g_free(e.str1);
    g_free(e.str2);
    g_free(e.str3);
}
