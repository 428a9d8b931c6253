/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that the agent inside a guest answers, and those that ask where its addresses are known. */
#include "output.h"
#include <libvirt/libvirt-qemu.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- values ---- */

/* As cmdInt(), for numbers from `least` that need more room. */
static int cmdNumber(Shell *sh, Cmd *cmd, const char *name, gint64 least, gint64 *value)
{
    const char *text = cmdString(cmd, name);
    if (!text)
        return 0;
    if (g_ascii_string_to_signed(text, 10, least, G_MAXINT64, value, NULL))
        return 1;
    shellError(sh, "Numeric value '%s' for <%s> option is malformed or out of range", text, name);
    return -1;
}

/* ---- any command ---- */

static bool commandTimeout(Shell *sh, Cmd *cmd, int *timeout)
{
    *timeout = VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT;
    int given = cmdInt(sh, cmd, "timeout", timeout);
    if (given > 0 && *timeout < 1) {
        shellError(sh, "timeout must be positive");
        return false;
    }
    if (given + cmdHas(cmd, "async") + cmdHas(cmd, "block") > 1) {
        shellError(sh, "timeout, async and block options are exclusive");
        return false;
    }
    if (cmdHas(cmd, "async"))
        *timeout = VIR_DOMAIN_QEMU_AGENT_COMMAND_NOWAIT;
    if (cmdHas(cmd, "block"))
        *timeout = VIR_DOMAIN_QEMU_AGENT_COMMAND_BLOCK;
    return given >= 0;
}

static bool cmdAgentCommand(Shell *sh, Cmd *cmd)
{
    int timeout;
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom || !commandTimeout(sh, cmd, &timeout))
        return false;
    g_ptr_array_add(cmd->rest, NULL);
    g_autofree char *text = g_strjoinv(" ", (char **)cmd->rest->pdata);
    char *reply = virDomainQemuAgentCommand(dom, text, timeout, 0);
    if (!reply)
        return false;
    g_autofree char *pretty = cmdHas(cmd, "pretty") ? jsonPretty(sh, reply) : NULL;
    printf("%s\n", pretty ? pretty : reply);
    free(reply);
    return true;
}

static bool cmdAgentTimeout(Shell *sh, Cmd *cmd)
{
    int timeout = VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK;
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    return dom && cmdInt(sh, cmd, "timeout", &timeout) >= 0 && virDomainAgentSetResponseTimeout(dom, timeout, 0) >= 0;
}

/* ---- file systems ---- */

typedef int (*FreezeCall)(virDomainPtr dom, const char **mountpoints, unsigned int n, unsigned int flags);

static bool freeze(Shell *sh, Cmd *cmd, FreezeCall call, const char *verb, const char *done)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    guint n = cmd->rest->len;
    int count = dom ? call(dom, n ? (const char **)cmd->rest->pdata : NULL, n, 0) : -1;
    if (dom && count < 0)
        shellError(sh, "Unable to %s filesystems", verb);
    if (count >= 0)
        printExtra(sh, "%s %d filesystem(s)\n", done, count);
    return count >= 0;
}

static bool cmdFreeze(Shell *sh, Cmd *cmd)
{
    return freeze(sh, cmd, virDomainFSFreeze, "freeze", "Froze");
}

static bool cmdThaw(Shell *sh, Cmd *cmd)
{
    return freeze(sh, cmd, virDomainFSThaw, "thaw", "Thawed");
}

static bool cmdTrim(Shell *sh, Cmd *cmd)
{
    gint64 minimum = 0;
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom || cmdNumber(sh, cmd, "minimum", 0, &minimum) < 0)
        return false;
    if (virDomainFSTrim(dom, cmdString(cmd, "mountpoint"), minimum, 0) >= 0)
        return true;
    shellError(sh, "Unable to invoke fstrim");
    return false;
}

static bool cmdFsinfo(Shell *sh, Cmd *cmd)
{
    virDomainFSInfoPtr *info = NULL;
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    int n = dom ? virDomainGetFSInfo(dom, &info, 0) : -1;
    if (n <= 0) {
        if (dom && n < 0)
            shellError(sh, "Unable to get filesystem information");
        else if (n == 0)
            shellError(sh, "No filesystems are mounted in the domain");
        free(info);
        return n == 0;
    }
    Table *table = tableNew(sh, "Mountpoint", "Name", "Type", "Target", NULL);
    for (int i = 0; i < n; i++) {
        g_autoptr(GString) targets = g_string_new(NULL);
        for (size_t k = 0; k < info[i]->ndevAlias; k++)
            g_string_append_printf(targets, "%s%s", k ? "," : "", info[i]->devAlias[k]);
        tableRow(table, info[i]->mountpoint, info[i]->name, info[i]->fstype, targets->str, NULL);
        virDomainFSInfoFree(info[i]);
    }
    free(info);
    tableEnd(table);
    return true;
}

/* ---- clock ---- */

static bool setTime(Shell *sh, Cmd *cmd, virDomainPtr dom)
{
    gint64 seconds = 0;
    if (cmdHas(cmd, "now"))
        seconds = time(NULL);
    else if (!cmdHas(cmd, "sync") && cmdNumber(sh, cmd, "time", G_MININT64, &seconds) < 0)
        return false;
    return virDomainSetTime(dom, seconds, 0, cmdHas(cmd, "sync") ? VIR_DOMAIN_TIME_SYNC : 0) >= 0;
}

static bool cmdDomtime(Shell *sh, Cmd *cmd)
{
    long long seconds;
    unsigned int nseconds;
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom || !cmdExclusive(sh, cmd, "time", "now") || !cmdExclusive(sh, cmd, "time", "sync") || !cmdExclusive(sh, cmd, "now", "sync"))
        return false;
    if (cmdHas(cmd, "time") || cmdHas(cmd, "now") || cmdHas(cmd, "sync"))
        return setTime(sh, cmd, dom);
    if (virDomainGetTime(dom, &seconds, &nseconds, 0) < 0)
        return false;
    g_autoptr(GDateTime) when = cmdHas(cmd, "pretty") ? g_date_time_new_from_unix_utc(seconds) : NULL;
    g_autofree char *text = when ? g_date_time_format(when, "%Y-%m-%d %H:%M:%S") : g_strdup_printf("%lld", seconds);
    if (cmd->json)
        printText(sh, "time", text);
    else
        printf("Time: %s", text);
    return true;
}

/* ---- users ---- */

static bool cmdPassword(Shell *sh, Cmd *cmd)
{
    const char *user = cmdString(cmd, "user");
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom ||
        virDomainSetUserPassword(dom, user, cmdString(cmd, "password"), cmdHas(cmd, "encrypted") ? VIR_DOMAIN_PASSWORD_ENCRYPTED : 0) < 0)
        return false;
    printExtra(sh, "Password set successfully for %s in %s", user, virDomainGetName(dom));
    return true;
}

static bool cmdGetKeys(Shell *sh, Cmd *cmd)
{
    char **keys = NULL;
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    int n = dom ? virDomainAuthorizedSSHKeysGet(dom, cmdString(cmd, "user"), &keys, 0) : -1;
    for (int i = 0; i < n; i++) {
        printf("%s", keys[i]);
        free(keys[i]);
    }
    free(keys);
    return n >= 0;
}

/* The file's lines; NULL with a message. */
static char **readKeys(Shell *sh, const char *file)
{
    g_autofree char *text = file ? readInput(sh, file) : NULL;
    return text ? g_strsplit(text, "\n", -1) : NULL;
}

static bool cmdSetKeys(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "file");
    bool reset = cmdHas(cmd, "reset"), remove = cmdHas(cmd, "remove");
    unsigned int flags = remove ? VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE : reset ? 0 : VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND;
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom)
        return false;
    if (remove && !file) {
        shellError(sh, "Option --file is required by option --remove");
        return false;
    }
    if (!reset && !file) {
        shellError(sh, "Option --file is required");
        return false;
    }
    if (!cmdExclusive(sh, cmd, "reset", "remove"))
        return false;
    g_auto(GStrv) keys = readKeys(sh, file);
    return (keys || !file) &&
           virDomainAuthorizedSSHKeysSet(dom, cmdString(cmd, "user"), (const char **)keys, keys ? g_strv_length(keys) : 0, flags) >= 0;
}

/* ---- CPUs, and all that it knows ---- */

static bool cmdGuestvcpus(Shell *sh, Cmd *cmd)
{
    const char *cpus = cmdString(cmd, "cpulist");
    bool enable = cmdHas(cmd, "enable"), disable = cmdHas(cmd, "disable");
    if (!cmdExclusive(sh, cmd, "enable", "disable"))
        return false;
    if ((enable || disable) && !cpus) {
        shellError(sh, "Option --cpulist is required by option --%s", enable ? "enable" : "disable");
        return false;
    }
    if (cpus && !enable && !disable) {
        shellError(sh, "One of options --enable or --disable is required by option --cpulist");
        return false;
    }
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom || cpus)
        return dom && virDomainSetGuestVcpus(dom, cpus, enable, 0) >= 0;
    virTypedParameterPtr params = NULL;
    unsigned int n = 0;
    if (virDomainGetGuestVcpus(dom, &params, &n, 0) < 0)
        return false;
    printParams(sh, params, n, 15);
    virTypedParamsFree(params, n);
    return true;
}

static bool cmdGuestinfo(Shell *sh, Cmd *cmd)
{
    static const struct {
        const char *option;
        unsigned int type;
    } types[] = {
        { "user", VIR_DOMAIN_GUEST_INFO_USERS },           { "os", VIR_DOMAIN_GUEST_INFO_OS },
        { "timezone", VIR_DOMAIN_GUEST_INFO_TIMEZONE },    { "hostname", VIR_DOMAIN_GUEST_INFO_HOSTNAME },
        { "filesystem", VIR_DOMAIN_GUEST_INFO_FILESYSTEM }, { "disk", VIR_DOMAIN_GUEST_INFO_DISKS },
        { "interface", VIR_DOMAIN_GUEST_INFO_INTERFACES }, { "load", VIR_DOMAIN_GUEST_INFO_LOAD },
    };
    unsigned int wanted = 0;
    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        wanted |= cmdHas(cmd, types[i].option) ? types[i].type : 0;
    virTypedParameterPtr params = NULL;
    int n = 0;
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom || virDomainGetGuestInfo(dom, wanted, &params, &n, 0) < 0)
        return false;
    printParams(sh, params, n, 20);
    virTypedParamsFree(params, n);
    return true;
}

/* ---- names and addresses ---- */

static int sourceOf(Shell *sh, Cmd *cmd, const char *const *words, guint n)
{
    const char *word = cmdString(cmd, "source");
    for (guint i = 0; i < n; i++)
        if (word ? g_strcmp0(words[i], word) == 0 : true)
            return i;
    shellError(sh, "Unknown data source '%s'", word);
    return -1;
}

static bool cmdDomhostname(Shell *sh, Cmd *cmd)
{
    static const char *const words[] = { "", "lease", "agent" };
    static const unsigned int bits[] = { 0, VIR_DOMAIN_GET_HOSTNAME_LEASE, VIR_DOMAIN_GET_HOSTNAME_AGENT };
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    int source = dom ? sourceOf(sh, cmd, words, G_N_ELEMENTS(words)) : -1;
    if (source < 0)
        return false;
    char *name = virDomainGetHostname(dom, bits[source]);
    if (!name) {
        shellError(sh, "failed to get hostname");
        return false;
    }
    printText(sh, "hostname", name);
    free(name);
    return true;
}

static const char *const addressHeads[] = { "Name", "MAC address", "Protocol", "Address" };

static void addressRow(Shell *sh, Table *table, const char *name, const char *mac, const char *protocol, const char *address)
{
    if (table)
        tableRow(table, name, mac, protocol, address, NULL);
    else
        printf(" %-10s %-17s    %-12s %s\n", name, mac, protocol, address);
}

static void addressRows(Shell *sh, Table *table, const virDomainInterface *iface, bool full)
{
    const char *mac = iface->hwaddr && *iface->hwaddr ? iface->hwaddr : "N/A";
    if (iface->naddrs == 0)
        addressRow(sh, table, iface->name, mac, "N/A", "N/A");
    for (unsigned int i = 0; i < iface->naddrs; i++) {
        const virDomainIPAddress *a = &iface->addrs[i];
        const char *protocol = a->type == VIR_IP_ADDR_TYPE_IPV4 ? "ipv4" : a->type == VIR_IP_ADDR_TYPE_IPV6 ? "ipv6" : "";
        g_autofree char *text = g_strdup_printf("%s/%u", a->addr, a->prefix);
        bool name = full || i == 0 || table;
        addressRow(sh, table, name ? iface->name : "-", name ? mac : "-", protocol, text);
    }
}

static bool cmdDomifaddr(Shell *sh, Cmd *cmd)
{
    static const char *const words[] = { "lease", "agent", "arp" };
    const char *only = cmdString(cmd, "interface");
    virDomainInterfacePtr *ifaces = NULL;
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    int source = dom ? sourceOf(sh, cmd, words, G_N_ELEMENTS(words)) : -1;
    if (source < 0)
        return false;
    int n = virDomainInterfaceAddresses(dom, &ifaces, source, 0);
    if (n < 0) {
        shellError(sh, "Failed to query for interfaces addresses");
        return false;
    }
    Table *table = cmd->json ? tableNew(sh, addressHeads[0], addressHeads[1], addressHeads[2], addressHeads[3], NULL) : NULL;
    if (!table) {
        g_autofree char *line = g_strnfill(79, '-');
        printExtra(sh, " %-10s %-20s %-8s     %s\n%s\n", addressHeads[0], addressHeads[1], addressHeads[2], addressHeads[3], line);
    }
    for (int i = 0; i < n; i++) {
        if (!only || g_str_equal(ifaces[i]->name, only))
            addressRows(sh, table, ifaces[i], cmdHas(cmd, "full"));
        virDomainInterfaceFree(ifaces[i]);
    }
    free(ifaces);
    if (table)
        tableEnd(table);
    return true;
}

/* ---- sleep ---- */

static bool cmdPmsuspend(Shell *sh, Cmd *cmd)
{
    static const char *const targets[] = { [VIR_NODE_SUSPEND_TARGET_MEM] = "mem", [VIR_NODE_SUSPEND_TARGET_DISK] = "disk",
                                           [VIR_NODE_SUSPEND_TARGET_HYBRID] = "hybrid" };
    gint64 duration = 0;
    guint target = 0;
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom || cmdNumber(sh, cmd, "duration", 0, &duration) < 0)
        return false;
    while (target < G_N_ELEMENTS(targets) && !g_str_equal(targets[target], cmdString(cmd, "target")))
        target++;
    if (target == G_N_ELEMENTS(targets)) {
        shellError(sh, "Invalid target");
        return false;
    }
    const char *name = virDomainGetName(dom);
    bool ok = virDomainPMSuspendForDuration(dom, target, duration, 0) >= 0;
    if (ok)
        printExtra(sh, "Domain '%s' successfully suspended", name);
    else
        shellError(sh, "Domain '%s' could not be suspended", name);
    return ok;
}

static bool cmdPmwakeup(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    const char *name = dom ? virDomainGetName(dom) : NULL;
    bool ok = dom && virDomainPMWakeup(dom, 0) >= 0;
    if (ok)
        printExtra(sh, "Domain '%s' successfully woken up", name);
    else if (dom)
        shellError(sh, "Domain '%s' could not be woken up", name);
    return ok;
}

/* ---- the tables ---- */

#define FLAG(name, what) { name, OPT_BOOL, false, what, NULL }
#define DOMAIN OPT_DOMAIN("domain name, id or uuid", completeActiveDomains)

static const OptDef optsAgent[] = { DOMAIN,
                                    { "timeout", OPT_INT, false, "timeout seconds. must be positive.", NULL },
                                    FLAG("async", "execute command without waiting for timeout"),
                                    FLAG("block", "execute command without timeout"),
                                    FLAG("pretty", "pretty-print the output"),
                                    { "cmd", OPT_ARGV, true, "command", NULL },
                                    OPT_END };
static const OptDef optsTimeout[] = { DOMAIN, { "timeout", OPT_INT, false, "timeout seconds.", NULL }, OPT_END };
static const OptDef optsFreeze[] = { DOMAIN, { "mountpoint", OPT_ARGV, false, "mountpoint path to be frozen", NULL }, OPT_END };
static const OptDef optsThaw[] = { DOMAIN, { "mountpoint", OPT_ARGV, false, "mountpoint path to be thawed", NULL }, OPT_END };
static const OptDef optsTrim[] = { DOMAIN,
                                   { "minimum", OPT_INT, false, "Just a hint to ignore contiguous free ranges smaller than this (Bytes)",
                                     NULL },
                                   { "mountpoint", OPT_STRING, false, "which mount point to trim", NULL },
                                   OPT_END };
static const OptDef optsOnly[] = { DOMAIN, OPT_END };
static const OptDef optsTime[] = { DOMAIN, FLAG("now", "set to the time of the host running virsh"),
                                   FLAG("pretty", "print domain's time in human readable form"),
                                   FLAG("sync", "instead of setting given time, synchronize from domain's RTC"),
                                   { "time", OPT_INT, false, "time to set", NULL }, OPT_END };
static const OptDef optsPassword[] = { DOMAIN,
                                       { "user", OPT_DATA, true, "the username", NULL },
                                       { "password", OPT_DATA, true, "the new password", NULL },
                                       FLAG("encrypted", "the password is already encrypted"),
                                       OPT_END };
static const OptDef optsVcpus[] = { DOMAIN,
                                    { "cpulist", OPT_STRING, false, "list of cpus to enable or disable", NULL },
                                    FLAG("enable", "enable cpus specified by cpulist"),
                                    FLAG("disable", "disable cpus specified by cpulist"),
                                    OPT_END };
static const OptDef optsInfo[] = { DOMAIN, FLAG("user", "report active users"), FLAG("os", "report operating system information"),
                                   FLAG("timezone", "report timezone information"), FLAG("hostname", "report hostname"),
                                   FLAG("filesystem", "report filesystem information"), FLAG("disk", "report disk information"),
                                   FLAG("interface", "report interface information"), FLAG("load", "report load averages"), OPT_END };
static const OptDef optsHostname[] = { DOMAIN, { "source", OPT_STRING, false, "address source: 'lease' or 'agent'", NULL }, OPT_END };
static const OptDef optsAddresses[] = { DOMAIN, { "interface", OPT_STRING, false, "network interface name", NULL },
                                        FLAG("full", "always display names and MACs of interfaces"),
                                        { "source", OPT_STRING, false, "address source: 'lease', 'agent', or 'arp'", NULL }, OPT_END };
static const OptDef optsGetKeys[] = { DOMAIN, { "user", OPT_DATA, true, "user to list authorized keys for", NULL }, OPT_END };
static const OptDef optsSetKeys[] = { DOMAIN, { "user", OPT_DATA, true, "user to set authorized keys for", NULL },
                                      { "file", OPT_STRING, false, "optional file to read keys from", NULL },
                                      FLAG("reset", "clear out authorized keys file before adding new keys"),
                                      FLAG("remove", "remove keys from the authorized keys file"), OPT_END };
static const OptDef optsSuspend[] = { DOMAIN,
                                      { "target", OPT_DATA, true, "mem(Suspend-to-RAM), disk(Suspend-to-Disk), hybrid(Hybrid-Suspend)",
                                        NULL },
                                      { "duration", OPT_INT, false, "duration in seconds", NULL },
                                      OPT_END };

static const CmdDef commands[] = {
    { "domfsfreeze", "Freeze domain's mounted filesystems.", "Freeze domain's mounted filesystems.", optsFreeze, cmdFreeze, 0 },
    { "domfsinfo", "Get information of domain's mounted filesystems.", "Get information of domain's mounted filesystems.", optsOnly,
      cmdFsinfo, CMD_FACTS },
    { "domfsthaw", "Thaw domain's mounted filesystems.", "Thaw domain's mounted filesystems.", optsThaw, cmdThaw, 0 },
    { "domfstrim", "Invoke fstrim on domain's mounted filesystems.", "Invoke fstrim on domain's mounted filesystems.", optsTrim, cmdTrim,
      0 },
    { "domhostname", "print the domain's hostname", NULL, optsHostname, cmdDomhostname, CMD_FACTS },
    { "dompmsuspend", "suspend a domain gracefully using power management functions",
      "Suspends a running domain using guest OS's power management. (Note: This requires a guest agent configured and running in the guest "
      "OS).",
      optsSuspend, cmdPmsuspend, 0 },
    { "dompmwakeup", "wakeup a domain from pmsuspended state", "Wakeup a domain that was previously suspended by power management.",
      optsOnly, cmdPmwakeup, 0 },
    { "get-user-sshkeys", "list authorized SSH keys for given user (via agent)",
      "Use the guest agent to query authorized SSH keys for given user", optsGetKeys, cmdGetKeys, 0 },
    { "guest-agent-timeout", "Set the guest agent timeout", "Set the number of seconds to wait for a response from the guest agent.",
      optsTimeout, cmdAgentTimeout, 0 },
    { "guestinfo", "query information about the guest (via agent)",
      "Use the guest agent to query various information from guest's point of view", optsInfo, cmdGuestinfo, CMD_FACTS },
    { "guestvcpus", "query or modify state of vcpu in the guest (via agent)",
      "Use the guest agent to query or set cpu state from guest's point of view", optsVcpus, cmdGuestvcpus, CMD_FACTS },
    { "qemu-agent-command", "QEMU Guest Agent Command", "Run an arbitrary qemu guest agent command; use at your own risk", optsAgent,
      cmdAgentCommand, 0 },
    { "set-user-password", "set the user password inside the domain", "changes the password of the specified user inside the domain",
      optsPassword, cmdPassword, 0 },
    { "set-user-sshkeys", "manipulate authorized SSH keys file for given user (via agent)",
      "Append, reset or remove specified key from the authorized keys file for given user", optsSetKeys, cmdSetKeys, 0 },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

static const CmdDef figures[] = {
    { "domifaddr", "Get network interfaces' addresses for a running domain", "Get network interfaces' addresses for a running domain",
      optsAddresses, cmdDomifaddr, CMD_FACTS },
    { "domtime", "domain time", "Gets or sets the domain's system time", optsTime, cmdDomtime, CMD_FACTS },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

const CmdGroup groupGuest = { NULL, "domain", commands };
const CmdGroup groupGuestFigures = { NULL, "monitor", figures };
