/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Huge pages: see hugetlb.h. */
#include "host/hugetlb.h"
#include <stdio.h>
#include <string.h>

unsigned long long virHostHugepageDefault(const virHost *host)
{
    g_autofree char *text = virHostRead("%s/meminfo", host->proc);
    const char *line = text ? strstr(text, "\nHugepagesize:") : NULL;
    return line ? g_ascii_strtoull(line + strlen("\nHugepagesize:"), NULL, 10) : 0;
}

/* "rw,relatime,pagesize=2M" */
static unsigned long long pageOf(const char *options, unsigned long long standard)
{
    const char *size = strstr(options, "pagesize=");
    char *end = NULL;
    unsigned long long n = size ? g_ascii_strtoull(size + strlen("pagesize="), &end, 10) : 0;
    if (!size)
        return standard;
    return *end == 'G' ? n << 20 : *end == 'M' ? n << 10 : *end == 'K' ? n : n >> 10;
}

GHashTable *virHostHugetlbMounts(const virHost *host)
{
    GHashTable *mounts = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    unsigned long long standard = virHostHugepageDefault(host);
    g_autofree char *text = virHostRead("%s/mounts", host->proc);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) field = g_strsplit(*line, " ", 5);
        if (g_strv_length(field) < 4 || strcmp(field[2], "hugetlbfs") != 0)
            continue;
        unsigned long long kib = pageOf(field[3], standard);
        if (kib && !g_hash_table_contains(mounts, GUINT_TO_POINTER(kib)))
            g_hash_table_insert(mounts, GUINT_TO_POINTER(kib), g_strcompress(field[1]));       /* blanks are written \040 */
    }
    return mounts;
}
