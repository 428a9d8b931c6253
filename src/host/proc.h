/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What /proc tells of a process. */
#pragma once

#include "host/host.h"

typedef struct {
    unsigned long long user, system;    /* ns, all threads */
    unsigned long long start;           /* clock ticks after boot: names a process together with its id */
    unsigned long long rss, vsize;      /* KiB */
    char state;
    int processor;
} virProcStat;

/* `tid` 0: the whole process. False when it does not exist. */
bool virProcStatRead(const virHost *host, pid_t pid, pid_t tid, virProcStat *stat);
/* Time that a thread was ready but not running (kernel's schedstat), ns. */
bool virProcRunDelay(const virHost *host, pid_t pid, pid_t tid, unsigned long long *ns);
