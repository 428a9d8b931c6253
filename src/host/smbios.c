/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks the table that the kernel keeps of the firmware's, /sys/firmware/dmi/tables/DMI (DSP0134). */
#include "host/smbios.h"
#include <string.h>

enum { HEADER = 4, END_OF_TABLE = 127 };

/* Where the strings after a structure end: behind the empty one. NULL: cut off. */
static const guint8 *afterStrings(const guint8 *at, const guint8 *end)
{
    for (; at + 1 < end; at++)
        if (!at[0] && !at[1])
            return at + 2;
    return NULL;
}

bool virHostSmbiosForeach(const virHost *host, void (*func)(const virHostSmbios *s, gpointer data), gpointer data)
{
    g_autofree char *path = g_strconcat(host->sys, "/firmware/dmi/tables/DMI", NULL), *table = NULL;
    gsize size;
    if (!g_file_get_contents(path, &table, &size, NULL))
        return false;
    const guint8 *at = (const guint8 *)table, *end = at + size;
    while (at && end - at >= HEADER && at[1] >= HEADER && at + at[1] < end) {
        virHostSmbios s = { .type = at[0], .data = at, .length = at[1], .strings = (const char *)at + at[1] };
        const guint8 *next = afterStrings(at + at[1], end);
        if (next && s.type != END_OF_TABLE)
            func(&s, data);
        at = s.type == END_OF_TABLE ? NULL : next;
    }
    return true;
}

guint virHostSmbiosNumber(const virHostSmbios *s, guint offset, guint bytes)
{
    guint value = 0;
    for (guint i = 0; offset + bytes <= s->length && i < bytes; i++)
        value |= (guint)s->data[offset + i] << (8 * i);
    return value;
}

const char *virHostSmbiosString(const virHostSmbios *s, guint offset)
{
    guint n = virHostSmbiosNumber(s, offset, 1);
    const char *at = s->strings;
    for (; n > 1 && *at; n--)
        at += strlen(at) + 1;
    return n == 1 && *at ? at : NULL;
}
