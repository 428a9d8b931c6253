/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of small numbers and their notation "0-3,7,^2". */
#include "xml/types.h"
#include <string.h>

enum { WORD = sizeof(unsigned long) * 8 };
#define WORDS(n) (((n) + WORD - 1) / WORD)

virBitmap *virBitmapNew(unsigned int nbits)
{
    virBitmap *map = g_new0(virBitmap, 1);
    map->nbits = nbits;
    map->bits = g_new0(unsigned long, WORDS(nbits) + 1);
    return map;
}

virBitmap *virBitmapCopy(const virBitmap *map)
{
    if (!map)
        return NULL;
    virBitmap *copy = virBitmapNew(map->nbits);
    memcpy(copy->bits, map->bits, WORDS(map->nbits) * sizeof(unsigned long));
    return copy;
}

void virBitmapFree(virBitmap *map)
{
    if (!map)
        return;
    g_free(map->bits);
    g_free(map);
}

void virBitmapSet(virBitmap *map, unsigned int bit, bool on)
{
    if (bit >= map->nbits) {
        if (!on)
            return;
        unsigned int old = WORDS(map->nbits), now = WORDS(bit + 1);
        if (now > old) {
            map->bits = g_renew(unsigned long, map->bits, now + 1);
            memset(map->bits + old, 0, (now + 1 - old) * sizeof(unsigned long));
        }
        map->nbits = bit + 1;
    }
    if (on)
        map->bits[bit / WORD] |= 1UL << bit % WORD;
    else
        map->bits[bit / WORD] &= ~(1UL << bit % WORD);
}

bool virBitmapHas(const virBitmap *map, unsigned int bit)
{
    return map && bit < map->nbits && (map->bits[bit / WORD] >> bit % WORD & 1);
}

int virBitmapNext(const virBitmap *map, int after)
{
    for (unsigned int bit = after + 1; map && bit < map->nbits; bit++) {
        if (bit % WORD == 0 && !map->bits[bit / WORD])
            bit += WORD - 1;
        else if (virBitmapHas(map, bit))
            return bit;
    }
    return -1;
}

int virBitmapLast(const virBitmap *map)
{
    for (int bit = map ? (int)map->nbits - 1 : -1; bit >= 0; bit--)
        if (virBitmapHas(map, bit))
            return bit;
    return -1;
}

unsigned int virBitmapCount(const virBitmap *map)
{
    unsigned int n = 0;
    for (unsigned int i = 0; map && i < WORDS(map->nbits); i++)
        n += __builtin_popcountl(map->bits[i]);
    return n;
}

bool virBitmapEqual(const virBitmap *a, const virBitmap *b)
{
    if (!a || !b)
        return a == b;
    unsigned int na = WORDS(a->nbits), nb = WORDS(b->nbits);
    for (unsigned int i = 0; i < MAX(na, nb); i++)
        if ((i < na ? a->bits[i] : 0) != (i < nb ? b->bits[i] : 0))
            return false;
    return true;
}

bool virBitmapOverlaps(const virBitmap *a, const virBitmap *b)
{
    for (unsigned int i = 0; a && b && i < MIN(WORDS(a->nbits), WORDS(b->nbits)); i++)
        if (a->bits[i] & b->bits[i])
            return true;
    return false;
}

static bool parseNumber(const char **p, unsigned int *value)
{
    if (!g_ascii_isdigit(**p))
        return false;
    unsigned long long v = 0;
    for (; g_ascii_isdigit(**p); (*p)++)
        if ((v = v * 10 + (**p - '0')) > 1 << 16)
            return false;
    *value = v;
    return true;
}

static void skipSpace(const char **p)
{
    while (g_ascii_isspace(**p))
        (*p)++;
}

virBitmap *virBitmapParse(const char *text, unsigned int limit)
{
    g_autoptr(virBitmap) map = virBitmapNew(0);
    const char *p = text;
    skipSpace(&p);
    if (!*p)
        return NULL;
    for (;;) {
        skipSpace(&p);
        bool negate = *p == '^';
        unsigned int first, last;
        p += negate;
        if (!parseNumber(&p, &first))
            return NULL;
        last = first;
        skipSpace(&p);
        if (*p == '-' && !negate) {
            p++;
            skipSpace(&p);
            if (!parseNumber(&p, &last) || last < first)
                return NULL;
            skipSpace(&p);
        }
        if (limit && last >= limit)
            return NULL;
        for (unsigned int bit = last + 1; bit-- > first;)
            virBitmapSet(map, bit, !negate);
        if (!*p)
            return g_steal_pointer(&map);
        if (*p++ != ',')
            return NULL;
    }
}

char *virBitmapFormat(const virBitmap *map)
{
    GString *s = g_string_new(NULL);
    for (int first = virBitmapNext(map, -1); first >= 0;) {
        int last = first;
        while (virBitmapHas(map, last + 1))
            last++;
        g_string_append_printf(s, first == last ? "%s%d" : "%s%d-%d", s->len ? "," : "", first, last);
        first = virBitmapNext(map, last);
    }
    return g_string_free(s, FALSE);
}
