/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's table of neighbours: /proc/net/arp, a line each after a headline. */
#include "host/arp.h"
#include <string.h>

enum { ADDRESS, FLAGS = 2, HARDWARE, FIELDS };

/* The kernel writes a line for each address, complete (0x2 in its flags) or still being asked for. */
static bool isComplete(const char *flags)
{
    return g_ascii_strtoull(flags, NULL, 16) & 0x2;
}

char **virArpFind(const virHost *host, const char *mac)
{
    g_autoptr(GStrvBuilder) found = g_strv_builder_new();
    g_autofree char *table = virHostRead("%s/net/arp", host->proc);
    g_auto(GStrv) lines = g_strsplit(table ? table : "", "\n", -1);
    for (guint i = 1; lines[0] && lines[i]; i++) {
        g_auto(GStrv) words = g_strsplit_set(lines[i], " \t", -1);
        const char *field[FIELDS] = { NULL };
        guint n = 0;
        for (char **w = words; *w && n < FIELDS; w++)
            if (**w)
                field[n++] = *w;
        if (n == FIELDS && isComplete(field[FLAGS]) && g_ascii_strcasecmp(field[HARDWARE], mac) == 0)
            g_strv_builder_add(found, field[ADDRESS]);
    }
    return g_strv_builder_end(found);
}
