/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that count CPUs and change their number. */
#include "output.h"

static unsigned int affected(Cmd *cmd)
{
    return (cmdHas(cmd, "live") ? VIR_DOMAIN_AFFECT_LIVE : 0) | (cmdHas(cmd, "config") ? VIR_DOMAIN_AFFECT_CONFIG : 0);
}

static bool oneOf(Shell *sh, Cmd *cmd, const char *alone)
{
    return cmdExclusive(sh, cmd, alone, "live") && cmdExclusive(sh, cmd, alone, "config");
}

static const struct {
    const char *count, *where;
    unsigned int flags;
    int needs;                  /* 1: a persistent domain, 2: an active one */
} rows[] = {
    { "maximum", "config", VIR_DOMAIN_VCPU_MAXIMUM | VIR_DOMAIN_AFFECT_CONFIG, 1 },
    { "maximum", "live", VIR_DOMAIN_VCPU_MAXIMUM | VIR_DOMAIN_AFFECT_LIVE, 2 },
    { "current", "config", VIR_DOMAIN_AFFECT_CONFIG, 1 },
    { "current", "live", VIR_DOMAIN_AFFECT_LIVE, 2 },
};

static bool countAll(Shell *sh, Cmd *cmd, virDomainPtr dom)
{
    int has = (virDomainIsPersistent(dom) == 1 ? 1 : 0) | (virDomainIsActive(dom) == 1 ? 2 : 0);
    Facts *facts = factsNew(sh, 25);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!(has & rows[i].needs))
            continue;
        int n = virDomainGetVcpusFlags(dom, rows[i].flags);
        if (n < 0) {
            factsDrop(facts);
            return false;
        }
        g_autofree char *label = g_strdup_printf("%-12s %s", rows[i].count, rows[i].where);
        g_autofree char *key = g_strdup_printf("%s-%s", rows[i].count, rows[i].where);
        factsNumber(facts, key, label, n, "%3llu");
    }
    factsEnd(facts);
    return true;
}

static bool cmdVcpucount(Shell *sh, Cmd *cmd)
{
    bool maximum = cmdHas(cmd, "maximum"), active = cmdHas(cmd, "active"), guest = cmdHas(cmd, "guest");
    if (!cmdExclusive(sh, cmd, "live", "config") || !cmdExclusive(sh, cmd, "active", "maximum") ||
        !cmdExclusive(sh, cmd, "guest", "config"))
        return false;
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom)
        return false;
    if (!maximum && !active && !guest && !cmdHas(cmd, "current") && !affected(cmd))
        return countAll(sh, cmd, dom);
    int n = virDomainGetVcpusFlags(dom, affected(cmd) | (maximum ? VIR_DOMAIN_VCPU_MAXIMUM : 0) | (guest ? VIR_DOMAIN_VCPU_GUEST : 0));
    if (n < 0)
        return false;
    g_autofree char *text = g_strdup_printf("%d", n);
    printText(sh, "count", text);
    return true;
}

static bool cmdSetvcpus(Shell *sh, Cmd *cmd)
{
    int count = 0;
    unsigned int flags = affected(cmd) | (cmdHas(cmd, "maximum") ? VIR_DOMAIN_VCPU_MAXIMUM : 0) |
                         (cmdHas(cmd, "guest") ? VIR_DOMAIN_VCPU_GUEST : 0) |
                         (cmdHas(cmd, "hotpluggable") ? VIR_DOMAIN_VCPU_HOTPLUGGABLE : 0);
    if (!oneOf(sh, cmd, "current") || !cmdExclusive(sh, cmd, "guest", "config"))
        return false;
    if (cmdHas(cmd, "maximum") && !cmdHas(cmd, "config")) {
        shellError(sh, "Option --config is required by option --maximum");
        return false;
    }
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom || cmdInt(sh, cmd, "count", &count) < 0)
        return false;
    if (count < 1) {
        shellError(sh, count ? "Numeric value '%d' for <count> option is malformed or out of range" : "Can't set %d processors for a VM",
                   count);
        return false;
    }
    return (flags || cmdHas(cmd, "current") ? virDomainSetVcpusFlags(dom, count, flags) : virDomainSetVcpus(dom, count)) >= 0;
}

#define FLAG(name, what) { name, OPT_BOOL, false, what, NULL }

static const OptDef optsCount[] = { OPT_DOMAIN("domain name, id or uuid", completeDomains), FLAG("maximum", "get maximum count of vcpus"),
                                    FLAG("active", "get number of currently active vcpus"), FLAG("live", "get value from running domain"),
                                    FLAG("config", "get value to be used on next boot"),
                                    FLAG("current", "get value according to current domain state"),
                                    FLAG("guest", "retrieve vcpu count from the guest instead of the hypervisor"), OPT_END };
static const OptDef optsSet[] = { OPT_DOMAIN("domain name, id or uuid", completeDomains),
                                  { "count", OPT_DATA, true, "number of virtual CPUs", NULL },
                                  FLAG("maximum", "set maximum limit on next boot"),
                                  FLAG("config", "affect next boot"),
                                  FLAG("live", "affect running domain"),
                                  FLAG("current", "affect current domain"),
                                  FLAG("guest", "modify cpu state in the guest"),
                                  FLAG("hotpluggable", "make added vcpus hot(un)pluggable"),
                                  OPT_END };

static const CmdDef commands[] = {
    { "setvcpus", "change number of virtual CPUs", "Change the number of virtual CPUs in the guest domain.", optsSet, cmdSetvcpus, 0 },
    { "vcpucount", "domain vcpu counts", "Returns the number of virtual CPUs used by the domain.", optsCount, cmdVcpucount, CMD_FACTS },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

const CmdGroup groupVcpus = { NULL, "domain", commands };
