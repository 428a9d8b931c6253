/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands about the job that runs on a domain, and the calls that wait for it. */
#include "output.h"
#include <stdio.h>
#include <string.h>

static const char *const jobTypes[] = { "None", "Bounded", "Unbounded", "Completed", "Failed", "Cancelled" };
static const char *const operations[] = { "Unknown", "Start", "Save", "Restore", "Incoming migration", "Outgoing migration", "Snapshot",
                                          "Snapshot revert", "Dump", "Backup", "Snapshot delete" };

typedef enum { MILLISECONDS, BYTES, SPEED, NUMBER, PAGES } Unit;

/* In the order in which they are shown. */
static const struct {
    const char *field, *label;
    Unit unit;
} rows[] = {
    { VIR_DOMAIN_JOB_TIME_ELAPSED, "Time elapsed:", MILLISECONDS },
    { VIR_DOMAIN_JOB_TIME_ELAPSED_NET, "Time elapsed w/o network:", MILLISECONDS },
    { VIR_DOMAIN_JOB_TIME_REMAINING, "Time remaining:", MILLISECONDS },
    { VIR_DOMAIN_JOB_DATA_PROCESSED, "Data processed:", BYTES },
    { VIR_DOMAIN_JOB_DATA_REMAINING, "Data remaining:", BYTES },
    { VIR_DOMAIN_JOB_DATA_TOTAL, "Data total:", BYTES },
    { VIR_DOMAIN_JOB_MEMORY_PROCESSED, "Memory processed:", BYTES },
    { VIR_DOMAIN_JOB_MEMORY_REMAINING, "Memory remaining:", BYTES },
    { VIR_DOMAIN_JOB_MEMORY_TOTAL, "Memory total:", BYTES },
    { VIR_DOMAIN_JOB_MEMORY_BPS, "Memory bandwidth:", SPEED },
    { VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE, "Dirty rate:", PAGES },
    { VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE, "Page size:", NUMBER },
    { VIR_DOMAIN_JOB_MEMORY_ITERATION, "Iteration:", NUMBER },
    { VIR_DOMAIN_JOB_MEMORY_POSTCOPY_REQS, "Postcopy requests:", NUMBER },
    { VIR_DOMAIN_JOB_DISK_PROCESSED, "File processed:", BYTES },
    { VIR_DOMAIN_JOB_DISK_REMAINING, "File remaining:", BYTES },
    { VIR_DOMAIN_JOB_DISK_TOTAL, "File total:", BYTES },
    { VIR_DOMAIN_JOB_DISK_BPS, "File bandwidth:", SPEED },
    { VIR_DOMAIN_JOB_MEMORY_CONSTANT, "Constant pages:", NUMBER },
    { VIR_DOMAIN_JOB_MEMORY_NORMAL, "Normal pages:", NUMBER },
    { VIR_DOMAIN_JOB_MEMORY_NORMAL_BYTES, "Normal data:", BYTES },
    { VIR_DOMAIN_JOB_DOWNTIME, "Total downtime:", MILLISECONDS },
    { VIR_DOMAIN_JOB_DOWNTIME_NET, "Downtime w/o network:", MILLISECONDS },
    { VIR_DOMAIN_JOB_SETUP_TIME, "Setup time:", MILLISECONDS },
};

static void printScaled(const char *label, unsigned long long bytes, const char *suffix)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    double value = (double)bytes;
    guint u = 0;
    for (; value >= 1024 && u + 1 < G_N_ELEMENTS(units); u++)
        value /= 1024;
    printf("%-17s %-.3lf %s%s\n", label, value, units[u], suffix);
}

static void printRow(const char *label, Unit unit, unsigned long long value)
{
    if (unit == BYTES || unit == SPEED)
        printScaled(label, value, unit == SPEED ? "/s" : "");
    else
        printf("%-17s %-12llu%s\n", label, value, unit == MILLISECONDS ? " ms" : unit == PAGES ? " pages/s" : "");
}

static const char *wordFor(const char *const *words, guint n, int value)
{
    return value >= 0 && (guint)value < n ? words[value] : "Unknown";
}

static void printJob(int type, virTypedParameterPtr params, int nparams)
{
    int operation;
    printf("%-17s %-12s\n", "Job type:", wordFor(jobTypes, G_N_ELEMENTS(jobTypes), type));
    if (type == VIR_DOMAIN_JOB_NONE)
        return;
    if (virTypedParamsGetInt(params, nparams, VIR_DOMAIN_JOB_OPERATION, &operation) == 1)
        printf("%-17s %-12s\n", "Operation:", wordFor(operations, G_N_ELEMENTS(operations), operation));
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        unsigned long long value;
        if (virTypedParamsGetULLong(params, nparams, rows[i].field, &value) == 1 && (value || rows[i].unit == MILLISECONDS))
            printRow(rows[i].label, rows[i].unit, value);
    }
}

static const char *queued(virTypedParameterPtr params, int nparams, unsigned int i, const char *what)
{
    g_autofree char *name = g_strdup_printf("queue.%u.%s", i, what);
    const char *text = NULL;
    virTypedParamsGetString(params, nparams, name, &text);
    return text;
}

/* The calls of all clients that run or wait on the domain; only our daemon tells. */
static void printQueue(Shell *sh, virTypedParameterPtr params, int nparams)
{
    Table *table = tableNew(sh, "State", "Class", "Call", "Age", NULL);
    for (unsigned int i = 0;; i++) {
        const char *state = queued(params, nparams, i, "state"), *call = queued(params, nparams, i, "call");
        g_autofree char *name = g_strdup_printf("queue.%u.age", i);
        long long age = 0;
        if (!state || !call)
            break;
        virTypedParamsGetLLong(params, nparams, name, &age);
        g_autofree char *text = g_strdup_printf("%lld ms", age);
        tableRow(table, state, queued(params, nparams, i, "class"), call, text, NULL);
    }
    tableEnd(table);
}

static bool cmdDomjobinfo(Shell *sh, Cmd *cmd)
{
    bool completed = cmdHas(cmd, "completed"), keep = cmdHas(cmd, "keep-completed"), raw = cmdHas(cmd, "rawstats");
    virTypedParameterPtr params = NULL;
    int type, nparams = 0;
    if (keep && !completed) {
        shellError(sh, "--keep-completed requires --completed");
        return false;
    }
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom || virDomainGetJobStats(dom, &type, &params, &nparams, (completed ? VIR_DOMAIN_JOB_STATS_COMPLETED : 0) |
                                                                   (keep ? VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED : 0)) < 0)
        return false;
    if (cmdHas(cmd, "queue")) {
        printQueue(sh, params, nparams);
    } else if (sh->json) {
        printParams(sh, params, nparams, 0);
    } else if (raw) {
        printf("Job type: %d\n\n", type);
        printParams(sh, params, nparams, 0);
    } else {
        bool shown = cmdHas(cmd, "anystats") || (type != VIR_DOMAIN_JOB_FAILED && type != VIR_DOMAIN_JOB_CANCELLED);
        printJob(type, params, shown ? nparams : 0);
    }
    virTypedParamsFree(params, nparams);
    return true;
}

static bool cmdDomjobabort(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom)
        return false;
    return (cmdHas(cmd, "postcopy") ? virDomainAbortJobFlags(dom, VIR_DOMAIN_ABORT_JOB_POSTCOPY) : virDomainAbortJob(dom)) >= 0;
}

#define FLAG(name, what) { name, OPT_BOOL, false, what, NULL }

static const OptDef optsInfo[] = { OPT_DOMAIN("domain name, id or uuid", completeActiveDomains),
                                   FLAG("completed", "return statistics of a recently completed job"),
                                   FLAG("keep-completed", "don't destroy statistics of a recently completed job when reading"),
                                   FLAG("anystats", "print statistics for any kind of job (even failed ones)"),
                                   FLAG("rawstats", "print the raw data returned by libvirt"),
                                   FLAG("queue", "list the calls that run and wait on the domain"), OPT_END };
static const OptDef optsAbort[] = { OPT_DOMAIN("domain name, id or uuid", completeActiveDomains),
                                    FLAG("postcopy", "interrupt post-copy migration"), OPT_END };

static const CmdDef commands[] = {
    { "domjobabort", "abort active domain job", "Aborts the currently running domain job", optsAbort, cmdDomjobabort, 0 },
    { "domjobinfo", "domain job information", "Returns information about jobs running on a domain.", optsInfo, cmdDomjobinfo, CMD_FACTS },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

const CmdGroup groupJobs = { NULL, "domain", commands };
