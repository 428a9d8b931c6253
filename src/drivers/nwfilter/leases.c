/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was learnt, on disk: a guest keeps its address when the daemon is started anew. A line is "ADDRESS END". */
#define VIR_FROM VIR_FROM_NWFILTER
#define VIR_LOG_NAME "nwfilter.leases"
#include "drivers/nwfilter/learn.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

static char *pathOf(const char *dir, const char *port)
{
    return g_strdup_printf("%s/%s.leases", dir, port);
}

void virNWFilterLeasesWrite(const char *dir, const char *port, const GArray *leases)
{
    g_autofree char *path = pathOf(dir, port);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    for (guint i = 0; leases && i < leases->len; i++) {
        const virNWFilterLease *l = &g_array_index(leases, virNWFilterLease, i);
        g_string_append_printf(text, "%s %" G_GINT64_FORMAT "\n", l->address, l->end);
    }
    if (text->len == 0)
        unlink(path);
    else if (!virFileWriteAtomic(path, text->str, text->len, 0600, &error))
        virWarn("the addresses of '%s' will have to be learnt again: %s", port, error->message);
}

static bool leaseParse(char *line, gint64 now, virNWFilterLease *lease)
{
    struct in_addr address;
    char *end, *blank = strchr(line, ' ');
    if (!blank || blank - line >= (gssize)sizeof(lease->address))
        return false;
    *blank = 0;
    lease->end = g_ascii_strtoll(blank + 1, &end, 10);
    g_strlcpy(lease->address, line, sizeof(lease->address));
    return end > blank + 1 && !*end && (lease->end == 0 || lease->end > now) && inet_pton(AF_INET, line, &address) == 1;
}

GArray *virNWFilterLeasesRead(const char *dir, const char *port)
{
    g_autofree char *path = pathOf(dir, port), *text = NULL;
    GArray *leases = g_array_new(FALSE, FALSE, sizeof(virNWFilterLease));
    if (!virFileRead(path, 1 << 16, &text, NULL, NULL))
        return leases;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    for (char **line = lines; *line; line++) {
        virNWFilterLease lease;
        if (leaseParse(*line, now, &lease))
            g_array_append_val(leases, lease);
    }
    return leases;
}
