/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What /proc tells of a process: times, start, state, memory. */
#include "host/proc.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool virProcStatRead(const virHost *host, pid_t pid, pid_t tid, virProcStat *stat)
{
    g_autofree char *text = tid > 0 ? virHostRead("%s/%d/task/%d/stat", host->proc, (int)pid, (int)tid)
                                    : virHostRead("%s/%d/stat", host->proc, (int)pid);
    const char *after = text ? strrchr(text, ')') : NULL;      /* the name may hold anything, also blanks and parentheses */
    unsigned long long utime, stime, vsize;
    long long rss;
    memset(stat, 0, sizeof(*stat));
    if (!after || sscanf(after, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu %llu %lld"
                                " %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*d %d",
                         &stat->state, &utime, &stime, &stat->start, &vsize, &rss, &stat->processor) < 6)
        return false;
    unsigned long long tick = 1000000000ULL / sysconf(_SC_CLK_TCK);
    stat->user = utime * tick;
    stat->system = stime * tick;
    stat->vsize = vsize / 1024;
    stat->rss = rss * (sysconf(_SC_PAGESIZE) / 1024);
    return true;
}

bool virProcRunDelay(const virHost *host, pid_t pid, pid_t tid, unsigned long long *ns)
{
    g_autofree char *text = virHostRead("%s/%d/task/%d/schedstat", host->proc, (int)pid, (int)tid);
    return text && sscanf(text, "%*u %llu", ns) == 1;
}
