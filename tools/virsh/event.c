/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `virsh event`: one row for each kind of event says how its values are printed. */
#include "output.h"
#include "wait.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *name;
    int id;
    virConnectDomainEventGenericCallback callback;
} EventKind;

typedef struct {
    Waiter *waiter;
    const EventKind *kind;
} Subscription;

static void report(Subscription *s, virDomainPtr dom, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void report(Subscription *s, virDomainPtr dom, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *detail = g_strdup_vprintf(format, args);
    va_end(args);
    waiterReport(s->waiter, "event '%s' for domain '%s'%s%s", s->kind->name, virDomainGetName(dom), *detail ? ": " : "", detail);
}

static const char *word(const char *const *words, gsize n, int i)
{
    return i >= 0 && i < (int)n && words[i] ? words[i] : "unknown";
}
#define WORD(words, i) word(words, G_N_ELEMENTS(words), i)

/* ---- lifecycle ---- */

static int onLifecycle(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *data)
{
    static const char *const events[] = { "Defined", "Undefined", "Started", "Suspended", "Resumed", "Stopped", "Shutdown",
                                          "PMSuspended", "Crashed" };
    static const char *const details[][16] = {
        { "Added", "Updated", "Renamed", "Snapshot" },
        { "Removed", "Renamed" },
        { "Booted", "Migrated", "Restored", "Snapshot", "Event wakeup" },
        { "Paused", "Migrated", "I/O Error", "Watchdog", "Restored", "Snapshot", "API error", "Post-copy", "Post-copy Error" },
        { "Unpaused", "Migrated", "Snapshot", "Post-copy", "Post-copy Error" },
        { "Shutdown", "Destroyed", "Crashed", "Migrated", "Saved", "Failed", "Snapshot" },
        { "Finished", "Finished after guest request", "Finished after host request" },
        { "Memory", "Disk" },
        { "Panicked", "Crashloaded" },
    };
    const char *what = event >= 0 && event < (int)G_N_ELEMENTS(details) ? WORD(details[event], detail) : "unknown";
    report(data, dom, "%s %s", WORD(events, event), what);
    return 0;
}

/* ---- the others ---- */

static void onPlain(virConnectPtr conn, virDomainPtr dom, void *data)
{
    report(data, dom, "%s", "");
}

static void onRtc(virConnectPtr conn, virDomainPtr dom, long long offset, void *data)
{
    report(data, dom, "%lld", offset);
}

static void onWatchdog(virConnectPtr conn, virDomainPtr dom, int action, void *data)
{
    static const char *const words[] = { "none", "pause", "reset", "poweroff", "shutdown", "debug", "inject-nmi" };
    report(data, dom, "%s", WORD(words, action));
}

static const char *const ioActions[] = { "none", "pause", "report" };

static void onIoError(virConnectPtr conn, virDomainPtr dom, const char *path, const char *alias, int action, void *data)
{
    report(data, dom, "%s (%s) %s", path, alias, WORD(ioActions, action));
}

static void onIoErrorReason(virConnectPtr conn, virDomainPtr dom, const char *path, const char *alias, int action,
                            const char *reason, void *data)
{
    report(data, dom, "%s (%s) %s due to %s", path, alias, WORD(ioActions, action), reason);
}

static void onGraphics(virConnectPtr conn, virDomainPtr dom, int phase, const virDomainEventGraphicsAddress *local,
                       const virDomainEventGraphicsAddress *remote, const char *scheme, const virDomainEventGraphicsSubject *subject,
                       void *data)
{
    static const char *const phases[] = { "connect", "initialize", "disconnect" };
    static const char *const families[] = { "IPv4", "IPv6", "unix" };
    report(data, dom, "%s local[%s %s %s] remote[%s %s %s] %s", WORD(phases, phase), WORD(families, local->family), local->node,
           local->service, WORD(families, remote->family), remote->node, remote->service, scheme);
}

static void onBlockJob(virConnectPtr conn, virDomainPtr dom, const char *disk, int type, int status, void *data)
{
    static const char *const types[] = { "unknown", "Block Pull", "Block Copy", "Block Commit", "Active Block Commit", "Backup" };
    static const char *const states[] = { "completed", "failed", "canceled", "ready" };
    report(data, dom, "%s for %s %s", WORD(types, type), disk, WORD(states, status));
}

static void onDiskChange(virConnectPtr conn, virDomainPtr dom, const char *old, const char *new, const char *alias, int reason,
                         void *data)
{
    static const char *const reasons[] = { "changed", "dropped" };
    report(data, dom, "disk %s change: %s -> %s: %s", alias, old ? old : "", new ? new : "", WORD(reasons, reason));
}

static void onTray(virConnectPtr conn, virDomainPtr dom, const char *alias, int reason, void *data)
{
    static const char *const reasons[] = { "opened", "closed" };
    report(data, dom, "disk %s: %s", alias, WORD(reasons, reason));
}

static void onPm(virConnectPtr conn, virDomainPtr dom, int reason, void *data)
{
    report(data, dom, "%s", "");
}

static void onBalloon(virConnectPtr conn, virDomainPtr dom, unsigned long long kib, void *data)
{
    report(data, dom, "%lluKiB", kib);
}

static void onDevice(virConnectPtr conn, virDomainPtr dom, const char *alias, void *data)
{
    report(data, dom, "%s", alias);
}

static void onParams(virConnectPtr conn, virDomainPtr dom, virTypedParameterPtr params, int nparams, void *data)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < nparams; i++)
        g_string_append_printf(text, "\n\t%s", params[i].field);
    report(data, dom, "%s", text->str);
}

static void onAgent(virConnectPtr conn, virDomainPtr dom, int state, int reason, void *data)
{
    static const char *const states[] = { "unknown", "connected", "disconnected" };
    static const char *const reasons[] = { "unknown", "domain started", "channel event" };
    report(data, dom, "state: '%s' reason: '%s'", WORD(states, state), WORD(reasons, reason));
}

static void onIteration(virConnectPtr conn, virDomainPtr dom, int iteration, void *data)
{
    report(data, dom, "iteration: '%d'", iteration);
}

static void onMetadata(virConnectPtr conn, virDomainPtr dom, int type, const char *uri, void *data)
{
    static const char *const types[] = { "description", "title", "element" };
    report(data, dom, "type %s, uri %s", WORD(types, type), uri ? uri : "<null>");
}

static void onThreshold(virConnectPtr conn, virDomainPtr dom, const char *dev, const char *path, unsigned long long threshold,
                        unsigned long long excess, void *data)
{
    report(data, dom, "dev: %s(%s) %llu %llu", dev, path ? path : "", threshold, excess);
}

static void onMemoryFailure(virConnectPtr conn, virDomainPtr dom, int recipient, int action, unsigned int flags, void *data)
{
    static const char *const recipients[] = { "hypervisor", "guest" };
    static const char *const actions[] = { "ignore", "inject", "fatal", "reset" };
    report(data, dom, "recipient: %s\naction: %s\nflags: 0x%x", WORD(recipients, recipient), WORD(actions, action), flags);
}

static void onMemorySize(virConnectPtr conn, virDomainPtr dom, const char *alias, unsigned long long size, void *data)
{
    report(data, dom, "alias: %s\nsize: %llu", alias, size);
}

#define KIND(name, ID, f) { name, VIR_DOMAIN_EVENT_ID_##ID, VIR_DOMAIN_EVENT_CALLBACK(f) }
static const EventKind kinds[] = {
    KIND("lifecycle", LIFECYCLE, onLifecycle),
    KIND("reboot", REBOOT, onPlain),
    KIND("rtc-change", RTC_CHANGE, onRtc),
    KIND("watchdog", WATCHDOG, onWatchdog),
    KIND("io-error", IO_ERROR, onIoError),
    KIND("graphics", GRAPHICS, onGraphics),
    KIND("io-error-reason", IO_ERROR_REASON, onIoErrorReason),
    KIND("control-error", CONTROL_ERROR, onPlain),
    KIND("block-job", BLOCK_JOB, onBlockJob),
    KIND("disk-change", DISK_CHANGE, onDiskChange),
    KIND("tray-change", TRAY_CHANGE, onTray),
    KIND("pm-wakeup", PMWAKEUP, onPm),
    KIND("pm-suspend", PMSUSPEND, onPm),
    KIND("balloon-change", BALLOON_CHANGE, onBalloon),
    KIND("pm-suspend-disk", PMSUSPEND_DISK, onPm),
    KIND("device-removed", DEVICE_REMOVED, onDevice),
    KIND("block-job-2", BLOCK_JOB_2, onBlockJob),
    KIND("tunable", TUNABLE, onParams),
    KIND("agent-lifecycle", AGENT_LIFECYCLE, onAgent),
    KIND("device-added", DEVICE_ADDED, onDevice),
    KIND("migration-iteration", MIGRATION_ITERATION, onIteration),
    KIND("job-completed", JOB_COMPLETED, onParams),
    KIND("device-removal-failed", DEVICE_REMOVAL_FAILED, onDevice),
    KIND("metadata-change", METADATA_CHANGE, onMetadata),
    KIND("block-threshold", BLOCK_THRESHOLD, onThreshold),
    KIND("memory-failure", MEMORY_FAILURE, onMemoryFailure),
    KIND("memory-device-size-change", MEMORY_DEVICE_SIZE_CHANGE, onMemorySize),
};

/* ---- the command ---- */

static bool subscribe(Shell *sh, Waiter *w, virDomainPtr dom, const char *only, GArray *registrations)
{
    bool any = false;
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (only && !g_str_equal(only, kinds[i].name))
            continue;
        Subscription *s = g_new(Subscription, 1);
        *s = (Subscription){ w, &kinds[i] };
        int id = virConnectDomainEventRegisterAny(sh->conn, dom, kinds[i].id, kinds[i].callback, s, g_free);
        if (id < 0) {
            g_free(s);
            if (only)
                return false;
            continue;               /* with --all, an older daemon may lack some kinds */
        }
        g_array_append_val(registrations, id);
        any = true;
    }
    if (!any && only)
        shellError(sh, "unknown event type %s", only);
    return any;
}

static bool cmdEvent(Shell *sh, Cmd *cmd)
{
    const char *event = cmdString(cmd, "event");
    int timeout = 0;
    if (cmdHas(cmd, "list")) {
        for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
            printf("%s\n", kinds[i].name);
        return true;
    }
    if (!cmdExclusive(sh, cmd, "event", "all") || cmdInt(sh, cmd, "timeout", &timeout) < 0)
        return false;
    if (!event && !cmdHas(cmd, "all")) {
        shellError(sh, "%s", "one of --list, --all, or --event <type> is required");
        return false;
    }
    FREE_DOMAIN(dom) = NULL;
    if (cmdHas(cmd, "domain") && !(dom = cmdDomain(sh, cmd)))
        return false;
    Waiter *w = waiterBegin(sh, cmd);
    g_autoptr(GArray) registrations = g_array_new(FALSE, FALSE, sizeof(int));
    bool ok = subscribe(sh, w, dom, event, registrations) && waiterWait(w, timeout);
    for (guint i = 0; i < registrations->len; i++)
        virConnectDomainEventDeregisterAny(sh->conn, g_array_index(registrations, int, i));
    return ok;
}

#define FLAG(name, what) { name, OPT_BOOL, false, what, NULL }
static const OptDef optsEvent[] = {
    { "domain", OPT_STRING, false, "filter by domain name, id or uuid", completeDomains },
    { "event", OPT_STRING, false, "which event type to wait for", NULL },
    FLAG("all", "wait for all events instead of just one type"), FLAG("loop", "loop until timeout or interrupt, rather than one-shot"),
    { "timeout", OPT_INT, false, "timeout seconds", NULL }, FLAG("list", "list valid event types"),
    FLAG("timestamp", "show timestamp for each printed event"), OPT_END
};

static const CmdDef commands[] = {
    { "event", "Domain Events", "List event types, or wait for domain events to occur", optsEvent, cmdEvent, 0 },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

const CmdGroup groupEvents = { "Domain Events", "events", commands };
