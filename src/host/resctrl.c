/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads /sys/fs/resctrl/info: a folder for each resource. */
#include "host/resctrl.h"
#include <stdlib.h>

static void controlFree(gpointer data)
{
    virHostControl *c = data;
    g_free(c->type);
    g_free(c);
}

static unsigned int number(const virHost *host, const char *resource, const char *file)
{
    unsigned long long value = 0;
    return virHostReadULL(&value, "%s/fs/resctrl/info/%s/%s", host->sys, resource, file) && value <= G_MAXUINT ? value : 0;
}

static void readCache(const virHost *host, const char *resource, unsigned int level, const char *type, virHostResctrl *r)
{
    g_autofree char *mask = virHostRead("%s/fs/resctrl/info/%s/cbm_mask", host->sys, resource);
    if (!mask)
        return;
    virHostControl *c = g_new0(virHostControl, 1);
    *c = (virHostControl){ .level = level,
                           .type = g_strdup(type),
                           .bits = __builtin_popcountll(strtoull(mask, NULL, 16)),
                           .minBits = number(host, resource, "min_cbm_bits"),
                           .groups = number(host, resource, "num_closids") };
    g_ptr_array_add(r->controls, c);
}

static void readBandwidth(const virHost *host, virHostResctrl *r)
{
    virHostControl c = { .granularity = number(host, "MB", "bandwidth_gran"),
                         .minimum = number(host, "MB", "min_bandwidth"),
                         .groups = number(host, "MB", "num_closids") };
    if (c.granularity > 0)
        g_ptr_array_add(r->controls, g_memdup2(&c, sizeof(c)));
}

virHostResctrl *virHostResctrlRead(const virHost *host)
{
    static const struct {
        const char *suffix, *type;
    } kinds[] = { { "", "both" }, { "CODE", "code" }, { "DATA", "data" } };
    virHostResctrl *r = g_new0(virHostResctrl, 1);
    r->controls = g_ptr_array_new_with_free_func(controlFree);
    for (unsigned int level = 2; level <= 3; level++)
        for (guint k = 0; k < G_N_ELEMENTS(kinds); k++) {
            g_autofree char *resource = g_strdup_printf("L%u%s", level, kinds[k].suffix);
            readCache(host, resource, level, kinds[k].type, r);
        }
    readBandwidth(host, r);
    g_autofree char *features = virHostRead("%s/fs/resctrl/info/L3_MON/mon_features", host->sys);
    if (features && *features)
        r->monitors = g_strsplit(features, "\n", -1);
    r->maxMonitors = number(host, "L3_MON", "num_rmids");
    r->reuseThreshold = number(host, "L3_MON", "max_threshold_occupancy");
    return r;
}

void virHostResctrlFree(virHostResctrl *r)
{
    if (!r)
        return;
    g_ptr_array_unref(r->controls);
    g_strfreev(r->monitors);
    g_free(r);
}
