/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that show domains. */
#include "output.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- list ---- */

static const struct {
    const char *option;
    unsigned int flag;
} listFilters[] = {
    { "persistent", VIR_CONNECT_LIST_DOMAINS_PERSISTENT },
    { "transient", VIR_CONNECT_LIST_DOMAINS_TRANSIENT },
    { "with-managed-save", VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE },
    { "without-managed-save", VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE },
    { "autostart", VIR_CONNECT_LIST_DOMAINS_AUTOSTART },
    { "no-autostart", VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART },
    { "with-snapshot", VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT },
    { "without-snapshot", VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT },
    { "with-checkpoint", VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT },
    { "without-checkpoint", VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT },
    { "state-running", VIR_CONNECT_LIST_DOMAINS_RUNNING },
    { "state-paused", VIR_CONNECT_LIST_DOMAINS_PAUSED },
    { "state-shutoff", VIR_CONNECT_LIST_DOMAINS_SHUTOFF },
    { "state-other", VIR_CONNECT_LIST_DOMAINS_OTHER },
};

static unsigned int listFlags(Cmd *cmd)
{
    const unsigned int activity = VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_INACTIVE;
    const unsigned int states = VIR_CONNECT_LIST_DOMAINS_RUNNING | VIR_CONNECT_LIST_DOMAINS_PAUSED |
                                VIR_CONNECT_LIST_DOMAINS_SHUTOFF | VIR_CONNECT_LIST_DOMAINS_OTHER;
    unsigned int flags = 0;
    for (guint i = 0; i < G_N_ELEMENTS(listFilters); i++)
        flags |= cmdHas(cmd, listFilters[i].option) ? listFilters[i].flag : 0;
    if (cmdHas(cmd, "all"))
        return flags | activity;
    if (cmdHas(cmd, "inactive"))
        return flags | VIR_CONNECT_LIST_DOMAINS_INACTIVE;
    return flags & states ? flags | activity : flags | VIR_CONNECT_LIST_DOMAINS_ACTIVE;
}

/* Running guests by id, then the others by name. */
static int compareDomains(const void *a, const void *b)
{
    virDomainPtr x = *(virDomainPtr *)a, y = *(virDomainPtr *)b;
    unsigned int i = virDomainGetID(x), j = virDomainGetID(y);
    return i != j ? (i < j ? -1 : 1) : g_ascii_strcasecmp(virDomainGetName(x), virDomainGetName(y));
}

static const char *listState(Shell *sh, Cmd *cmd, virDomainPtr dom)
{
    int state;
    if (virDomainGetState(dom, &state, NULL, 0) < 0)
        return "no state";
    if (cmdHas(cmd, "managed-save") && state == VIR_DOMAIN_SHUTOFF && virDomainHasManagedSaveImage(dom, 0) > 0)
        return "saved";
    return domainStateText(state);
}

static void listOneTable(Shell *sh, Cmd *cmd, Table *table, virDomainPtr dom)
{
    unsigned int id = virDomainGetID(dom);
    g_autofree char *idText = id == (unsigned int)-1 ? g_strdup("-") : g_strdup_printf("%u", id);
    g_autofree char *title = cmdHas(cmd, "title") ? virDomainGetMetadata(dom, VIR_DOMAIN_METADATA_TITLE, NULL, 0) : NULL;
    const char *state = listState(sh, cmd, dom);
    if (cmdHas(cmd, "title"))
        tableRow(table, idText, virDomainGetName(dom), state, title ? title : "", NULL);
    else
        tableRow(table, idText, virDomainGetName(dom), state, NULL);
}

/* --uuid, --name, --id: words on a line for each domain. */
static void listOneBare(Shell *sh, Cmd *cmd, virDomainPtr dom)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    g_autoptr(GString) line = g_string_new(NULL);
    unsigned int id = virDomainGetID(dom);
    if (cmdHas(cmd, "id") && id != (unsigned int)-1)
        g_string_append_printf(line, "%u", id);
    else if (cmdHas(cmd, "id"))
        g_string_append(line, "-");
    if (cmdHas(cmd, "uuid") && virDomainGetUUIDString(dom, uuid) == 0)
        g_string_append_printf(line, "%s%s", line->len ? " " : "", uuid);
    if (cmdHas(cmd, "name"))
        g_string_append_printf(line, "%s%s", line->len ? " " : "", virDomainGetName(dom));
    printf("%s\n", line->str);
}

static bool cmdList(Shell *sh, Cmd *cmd)
{
    bool bare = cmdHas(cmd, "uuid") || cmdHas(cmd, "name") || cmdHas(cmd, "id");
    if (!cmdExclusive(sh, cmd, "table", "name") || !cmdExclusive(sh, cmd, "table", "uuid") ||
        !cmdExclusive(sh, cmd, "table", "id"))
        return false;
    virDomainPtr *list = NULL;
    int n = virConnectListAllDomains(sh->conn, &list, listFlags(cmd));
    if (n < 0) {
        shellError(sh, "%s", "Failed to list domains");
        return false;
    }
    if (n)
        qsort(list, n, sizeof(*list), compareDomains);
    bare = bare && !sh->json;
    Table *table = bare                   ? NULL
                   : cmdHas(cmd, "title") ? tableNew(sh, "Id", "Name", "State", "Title", NULL)
                                          : tableNew(sh, "Id", "Name", "State", NULL);
    for (int i = 0; i < n; i++) {
        if (bare)
            listOneBare(sh, cmd, list[i]);
        else
            listOneTable(sh, cmd, table, list[i]);
        virDomainFree(list[i]);
    }
    free(list);
    if (table)
        tableEnd(table);
    return true;
}

/* ---- one domain ---- */

static bool cmdDomstate(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    int state, reason;
    if (!dom || virDomainGetState(dom, &state, &reason, 0) < 0)
        return false;
    if (sh->json) {
        Facts *f = factsNew(sh, 0);
        factsString(f, "state", "", domainStateText(state));
        factsString(f, "reason", "", domainReasonText(state, reason));
        factsEnd(f);
    } else if (cmdHas(cmd, "reason")) {
        printf("%s (%s)\n", domainStateText(state), domainReasonText(state, reason));
    } else {
        printf("%s\n", domainStateText(state));
    }
    return true;
}

static void infoMemory(Facts *f, const virDomainInfo *info)
{
    if (info->maxMem != (unsigned long)-1)
        factsNumber(f, "max-memory-kib", "Max memory:", info->maxMem, "%llu KiB");
    else
        factsString(f, "max-memory-kib", "Max memory:", "no limit");
    factsNumber(f, "used-memory-kib", "Used memory:", info->memory, "%llu KiB");
}

static void infoSecurity(Shell *sh, Facts *f, virDomainPtr dom)
{
    virSecurityModel model;
    virSecurityLabel label;
    if (virNodeGetSecurityModel(sh->conn, &model) < 0 || !model.model[0]) {
        virResetLastError();
        return;
    }
    factsString(f, "security-model", "Security model:", model.model);
    factsString(f, "security-doi", "Security DOI:", model.doi);
    if (virDomainGetSecurityLabel(dom, &label) == 0 && label.label[0]) {
        g_autofree char *text = g_strdup_printf("%s (%s)", label.label, label.enforcing ? "enforcing" : "permissive");
        factsString(f, "security-label", "Security label:", text);
    }
    virResetLastError();
}

static void infoMessages(Facts *f, virDomainPtr dom)
{
    char **messages = NULL;
    int n = virDomainGetMessages(dom, &messages, 0);
    virResetLastError();
    for (int i = 0; i < n; i++) {
        factsString(f, "messages", i ? "" : "Messages:", messages[i]);
        free(messages[i]);
    }
    if (n > 0)
        free(messages);
}

static bool cmdDominfo(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    virDomainInfo info;
    char uuid[VIR_UUID_STRING_BUFLEN];
    if (!dom || virDomainGetInfo(dom, &info) < 0 || virDomainGetUUIDString(dom, uuid) < 0)
        return false;
    unsigned int id = virDomainGetID(dom);
    g_autofree char *os = virDomainGetOSType(dom);
    Facts *f = factsNew(sh, 15);
    if (id != (unsigned int)-1)
        factsNumber(f, "id", "Id:", id, NULL);
    else
        factsString(f, "id", "Id:", NULL);
    factsString(f, "name", "Name:", virDomainGetName(dom));
    factsString(f, "uuid", "UUID:", uuid);
    if (os)
        factsString(f, "os-type", "OS Type:", os);
    factsString(f, "state", "State:", domainStateText(info.state));
    factsNumber(f, "vcpus", "CPU(s):", info.nrVirtCpu, NULL);
    if (info.cpuTime != 0) {
        g_autofree char *seconds = g_strdup_printf("%.1fs", info.cpuTime / 1e9);
        factsBoth(f, "cpu-time-seconds", "CPU time:", seconds, info.cpuTime / 1e9);
    }
    infoMemory(f, &info);
    int persistent = virDomainIsPersistent(dom), autostart, saved;
    if (persistent >= 0)
        factsBool(f, "persistent", "Persistent:", persistent, "yes", "no");
    if (virDomainGetAutostart(dom, &autostart) == 0)
        factsBool(f, "autostart", "Autostart:", autostart, "enable", "disable");
    if ((saved = virDomainHasManagedSaveImage(dom, 0)) >= 0)
        factsBool(f, "managed-save", "Managed save:", saved, "yes", "no");
    virResetLastError();
    infoSecurity(sh, f, dom);
    infoMessages(f, dom);
    factsEnd(f);
    return true;
}

/* ---- devices, read from the document ---- */

/* One row for each device element at `path`; `columns` are the paths of its cells, alternatives separated by "|". */
static bool deviceTable(Shell *sh, Cmd *cmd, Table *table, const char *path, const char *const *columns, guint ncolumns)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    g_autofree char *xml = dom ? virDomainGetXMLDesc(dom, cmdHas(cmd, "inactive") ? VIR_DOMAIN_XML_INACTIVE : 0) : NULL;
    g_autoptr(GPtrArray) rows = xml ? documentRows(sh, xml, path, columns, ncolumns) : NULL;
    for (guint i = 0; rows && i < rows->len; i++)
        tableRowv(table, (const char *const *)((GPtrArray *)rows->pdata[i])->pdata);
    return rows != NULL;
}

static bool cmdDomblklist(Shell *sh, Cmd *cmd)
{
    static const char *const columns[] = { "@type", "@device", "target/@dev",
                                           "source/@file|source/@dev|source/@dir|source/@name|source/@volume|source/@path" };
    bool details = cmdHas(cmd, "details");
    Table *table = details ? tableNew(sh, "Type", "Device", "Target", "Source", NULL) : tableNew(sh, "Target", "Source", NULL);
    bool ok = deviceTable(sh, cmd, table, "/domain/devices/disk", columns + (details ? 0 : 2), details ? 4 : 2);
    tableEnd(table);
    return ok;
}

static bool cmdDomiflist(Shell *sh, Cmd *cmd)
{
    static const char *const columns[] = { "target/@dev", "@type",
                                           "source/@bridge|source/@dev|source/@network|source/@name|source/@path",
                                           "model/@type", "mac/@address" };
    Table *table = tableNew(sh, "Interface", "Type", "Source", "Model", "MAC", NULL);
    bool ok = deviceTable(sh, cmd, table, "/domain/devices/interface", columns, G_N_ELEMENTS(columns));
    tableEnd(table);
    return ok;
}

/* ---- statistics ---- */

static const struct {
    const char *option;
    unsigned int bits;
} statsGroups[] = {
    { "state", VIR_DOMAIN_STATS_STATE },         { "cpu-total", VIR_DOMAIN_STATS_CPU_TOTAL },
    { "balloon", VIR_DOMAIN_STATS_BALLOON },     { "vcpu", VIR_DOMAIN_STATS_VCPU },
    { "interface", VIR_DOMAIN_STATS_INTERFACE }, { "block", VIR_DOMAIN_STATS_BLOCK },
    { "perf", VIR_DOMAIN_STATS_PERF },           { "iothread", VIR_DOMAIN_STATS_IOTHREAD },
    { "memory", VIR_DOMAIN_STATS_MEMORY },       { "dirtyrate", VIR_DOMAIN_STATS_DIRTYRATE },
    { "vm", VIR_DOMAIN_STATS_VM },
}, statsFlags[] = {
    { "list-active", VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE },
    { "list-inactive", VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE },
    { "list-persistent", VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT },
    { "list-transient", VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT },
    { "list-running", VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING },
    { "list-paused", VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED },
    { "list-shutoff", VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF },
    { "list-other", VIR_CONNECT_GET_ALL_DOMAINS_STATS_OTHER },
    { "enforce", VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS },
    { "backing", VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING },
    { "nowait", VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT },
};

/* "dirtyrate.calc_mode" and its like are numbers on the wire and words for people. */
static char *prettyParam(Cmd *cmd, const virTypedParameter *p)
{
    static const char *const modes[] = { "page-sampling", "dirty-bitmap", "dirty-ring" };
    if (!cmdHas(cmd, "raw") && g_str_equal(p->field, "dirtyrate.calc_mode") && p->value.i >= 0 &&
        p->value.i < (int)G_N_ELEMENTS(modes))
        return g_strdup(modes[p->value.i]);
    return paramText(p);
}

static void statsText(Cmd *cmd, virDomainStatsRecordPtr record)
{
    printf("Domain: '%s'\n", virDomainGetName(record->dom));
    for (int i = 0; i < record->nparams; i++) {
        g_autofree char *value = prettyParam(cmd, &record->params[i]);
        printf("  %s=%s\n", record->params[i].field, value);
    }
}

static void freeDomain(gpointer dom)
{
    virDomainFree(dom);
}

static virDomainPtr *statsDomains(Shell *sh, Cmd *cmd)
{
    g_autoptr(GPtrArray) doms = g_ptr_array_new_with_free_func(freeDomain);
    for (guint i = 0; i < cmd->rest->len; i++) {
        virDomainPtr dom = cmdDomainNamed(sh, cmd->rest->pdata[i]);
        if (!dom)
            return NULL;
        g_ptr_array_add(doms, dom);
    }
    g_ptr_array_set_free_func(doms, NULL);
    g_ptr_array_add(doms, NULL);
    return (virDomainPtr *)g_ptr_array_free(g_steal_pointer(&doms), FALSE);
}

static bool cmdDomstats(Shell *sh, Cmd *cmd)
{
    unsigned int groups = 0, flags = 0;
    for (guint i = 0; i < G_N_ELEMENTS(statsGroups); i++)
        groups |= cmdHas(cmd, statsGroups[i].option) ? statsGroups[i].bits : 0;
    for (guint i = 0; i < G_N_ELEMENTS(statsFlags); i++)
        flags |= cmdHas(cmd, statsFlags[i].option) ? statsFlags[i].bits : 0;
    virDomainStatsRecordPtr *records = NULL;
    virDomainPtr *doms = cmd->rest->len ? statsDomains(sh, cmd) : NULL;
    if (cmd->rest->len && !doms)
        return false;
    int n = doms ? virDomainListGetStats(doms, groups, &records, flags)
                 : virConnectGetAllDomainStats(sh->conn, groups, &records, flags);
    for (int i = 0; doms && doms[i]; i++)
        virDomainFree(doms[i]);
    g_free(doms);
    if (n < 0)
        return false;
    Records *json = sh->json ? recordsNew(sh) : NULL;
    for (int i = 0; i < n; i++) {
        if (json)
            recordsAdd(json, virDomainGetName(records[i]->dom), records[i]->params, records[i]->nparams);
        else
            statsText(cmd, records[i]);
        if (!json && i + 1 < n)
            printf("\n");
    }
    if (json)
        recordsEnd(json);
    virDomainStatsRecordListFree(records);
    return true;
}

/* ---- the table ---- */

#define FLAG(name, what) { name, OPT_BOOL, false, what, NULL }
static const OptDef optsList[] = {
    FLAG("inactive", "list inactive domains"), FLAG("all", "list inactive & active domains"),
    FLAG("transient", "list transient domains"), FLAG("persistent", "list persistent domains"),
    FLAG("with-snapshot", "list domains with existing snapshot"), FLAG("without-snapshot", "list domains without a snapshot"),
    FLAG("with-checkpoint", "list domains with existing checkpoint"),
    FLAG("without-checkpoint", "list domains without a checkpoint"), FLAG("state-running", "list domains in running state"),
    FLAG("state-paused", "list domains in paused state"), FLAG("state-shutoff", "list domains in shutoff state"),
    FLAG("state-other", "list domains in other states"), FLAG("autostart", "list domains with autostart enabled"),
    FLAG("no-autostart", "list domains with autostart disabled"),
    FLAG("with-managed-save", "list domains with managed save state"),
    FLAG("without-managed-save", "list domains without managed save"), FLAG("uuid", "list uuid's only"),
    FLAG("name", "list domain names only"), FLAG("id", "list domain IDs only"), FLAG("table", "list table (default)"),
    FLAG("managed-save", "mark inactive domains with managed save state"), FLAG("title", "show domain title"), OPT_END
};
static const OptDef optsDomain[] = { OPT_DOMAIN("domain name, id or uuid", completeDomains), OPT_END };
static const OptDef optsState[] = { OPT_DOMAIN("domain name, id or uuid", completeDomains),
                                    FLAG("reason", "also print reason for the state"), OPT_END };
static const OptDef optsIflist[] = { OPT_DOMAIN("domain name, id or uuid", completeDomains),
                                     FLAG("inactive", "get inactive rather than running configuration"), OPT_END };
static const OptDef optsBlklist[] = { OPT_DOMAIN("domain name, id or uuid", completeDomains),
                                      FLAG("inactive", "get inactive rather than running configuration"),
                                      FLAG("details", "additionally display the type and device value"), OPT_END };
static const OptDef optsStats[] = {
    FLAG("state", "report domain state"), FLAG("cpu-total", "report domain physical cpu usage"),
    FLAG("balloon", "report domain balloon statistics"), FLAG("vcpu", "report domain virtual cpu information"),
    FLAG("interface", "report domain network interface information"), FLAG("block", "report domain block device statistics"),
    FLAG("perf", "report domain perf event statistics"), FLAG("iothread", "report domain IOThread information"),
    FLAG("memory", "report domain memory usage"), FLAG("dirtyrate", "report domain dirty rate information"),
    FLAG("vm", "report hypervisor-specific statistics"), FLAG("list-active", "list only active domains"),
    FLAG("list-inactive", "list only inactive domains"), FLAG("list-persistent", "list only persistent domains"),
    FLAG("list-transient", "list only transient domains"), FLAG("list-running", "list only running domains"),
    FLAG("list-paused", "list only paused domains"), FLAG("list-shutoff", "list only shutoff domains"),
    FLAG("list-other", "list only domains in other states"), FLAG("raw", "do not pretty-print the fields"),
    FLAG("enforce", "enforce requested stats parameters"),
    FLAG("backing", "add backing chain information to block stats"),
    FLAG("nowait", "report only stats that are accessible instantly"),
    { "domain", OPT_TAIL, false, "list of domains to get stats for", completeDomains }, OPT_END
};

static const CmdDef commands[] = {
    { "domblklist", "list all domain blocks", "Get the summary of block devices for a domain.", optsBlklist, cmdDomblklist, CMD_FACTS },
    { "domiflist", "list all domain virtual interfaces", NULL, optsIflist, cmdDomiflist, CMD_FACTS },
    { "dominfo", "domain information", "Returns basic information about the domain.", optsDomain, cmdDominfo, CMD_FACTS },
    { "domstate", "domain state", "Returns state about a domain.", optsState, cmdDomstate, CMD_FACTS },
    { "domstats", "get statistics about one or multiple domains", "Gets statistics about one or more (or all) domains", optsStats, cmdDomstats, CMD_FACTS },
    { "list", "list domains", "Returns list of domains.", optsList, cmdList, CMD_FACTS },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

const CmdGroup groupMonitor = { "Domain Monitoring", "monitor", commands };
