/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words by which status files name the reason of a state: one list for each virDomainState, in the order of its enum. */
#include "engine/internal.h"

static const char *const running[] = { "unknown", "booted", "migrated", "restored", "from snapshot", "unpaused", "migration canceled",
                                       "save canceled", "wakeup", "crashed", "post-copy", "post-copy failed", NULL };
static const char *const paused[] = { "unknown", "user", "migration", "save", "dump", "ioerror", "watchdog", "from snapshot",
                                      "shutdown", "snapshot", "panicked", "starting up", "post-copy", "post-copy failed", "api error",
                                      NULL };
static const char *const shutdown_[] = { "unknown", "user", NULL };
static const char *const shutoff[] = { "unknown", "shutdown", "destroyed", "crashed", "migrated", "saved", "failed",
                                       "from snapshot", "daemon", NULL };
static const char *const crashed[] = { "unknown", "panicked", NULL };
static const char *const other[] = { "unknown", NULL };

static const char *const *const reasons[] = {
    [VIR_DOMAIN_NOSTATE] = other,       [VIR_DOMAIN_RUNNING] = running,  [VIR_DOMAIN_BLOCKED] = other,
    [VIR_DOMAIN_PAUSED] = paused,       [VIR_DOMAIN_SHUTDOWN] = shutdown_, [VIR_DOMAIN_SHUTOFF] = shutoff,
    [VIR_DOMAIN_CRASHED] = crashed,     [VIR_DOMAIN_PMSUSPENDED] = other,
};

const char *virDomainStateReasonToString(int state, int reason)
{
    if (state < 0 || state >= (int)G_N_ELEMENTS(reasons))
        return "unknown";
    for (int i = 0; reasons[state][i]; i++)
        if (i == reason)
            return reasons[state][i];
    return "unknown";
}

int virDomainStateReasonFromString(int state, const char *word)
{
    if (state < 0 || state >= (int)G_N_ELEMENTS(reasons) || !word)
        return 0;
    for (int i = 0; reasons[state][i]; i++)
        if (g_str_equal(reasons[state][i], word))
            return i;
    return 0;
}
