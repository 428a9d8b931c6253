/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that manage domains. */
#include "console.h"
#include "output.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libvirt/libvirt-qemu.h>

/* ---- simple verbs: look the domain up, call, say so ---- */

typedef int (*DomainCall)(virDomainPtr dom, unsigned int flags);

static bool simple(Shell *sh, Cmd *cmd, DomainCall call, unsigned int flags, const char *done, const char *failed)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom)
        return false;
    const char *name = virDomainGetName(dom);
    if (call(dom, flags) < 0) {
        shellError(sh, "Failed to %s domain '%s'", failed, name);
        return false;
    }
    printExtra(sh, "Domain '%s' %s\n", name, done);
    return true;
}

static int suspendCall(virDomainPtr dom, unsigned int unused)
{
    return virDomainSuspend(dom);
}

static int resumeCall(virDomainPtr dom, unsigned int unused)
{
    return virDomainResume(dom);
}

/* "--mode acpi,agent" as bits of the call; both calls use the same bits. */
static bool modeFlags(Shell *sh, Cmd *cmd, unsigned int *flags)
{
    static const char *const modes[] = { "acpi", "agent", "initctl", "signal", "paravirt" };
    const char *text = cmdString(cmd, "mode");
    g_auto(GStrv) words = g_strsplit(text ? text : "", ",", -1);
    *flags = 0;
    for (char **w = words; *w; w++) {
        guint i = 0;
        while (i < G_N_ELEMENTS(modes) && !g_str_equal(modes[i], *w))
            i++;
        if (i == G_N_ELEMENTS(modes)) {
            shellError(sh, "Unknown mode %s value, expecting 'acpi', 'agent', 'initctl', 'signal', or 'paravirt'", *w);
            return false;
        }
        *flags |= 1u << i;
    }
    return true;
}

static bool cmdShutdown(Shell *sh, Cmd *cmd)
{
    unsigned int flags;
    return modeFlags(sh, cmd, &flags) && simple(sh, cmd, virDomainShutdownFlags, flags, "is being shutdown", "shutdown");
}

static bool cmdReboot(Shell *sh, Cmd *cmd)
{
    unsigned int flags;
    return modeFlags(sh, cmd, &flags) && simple(sh, cmd, virDomainReboot, flags, "is being rebooted", "reboot");
}

static bool cmdReset(Shell *sh, Cmd *cmd)
{
    return simple(sh, cmd, virDomainReset, 0, "was reset", "reset");
}

static bool cmdSuspend(Shell *sh, Cmd *cmd)
{
    return simple(sh, cmd, suspendCall, 0, "suspended", "suspend");
}

static bool cmdResume(Shell *sh, Cmd *cmd)
{
    return simple(sh, cmd, resumeCall, 0, "resumed", "resume");
}

static bool cmdDestroy(Shell *sh, Cmd *cmd)
{
    unsigned int flags = (cmdHas(cmd, "graceful") ? VIR_DOMAIN_DESTROY_GRACEFUL : 0) |
                         (cmdHas(cmd, "remove-logs") ? VIR_DOMAIN_DESTROY_REMOVE_LOGS : 0);
    return simple(sh, cmd, virDomainDestroyFlags, flags, "destroyed", "destroy");
}

static bool cmdAutostart(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    bool off = cmdHas(cmd, "disable"), once = cmdHas(cmd, "once");
    if (!dom)
        return false;
    int r = once ? virDomainSetAutostartOnce(dom, !off) : virDomainSetAutostart(dom, !off);
    if (r < 0) {
        shellError(sh, off ? "Failed to unmark domain '%s' as autostarted" : "Failed to mark domain '%s' as autostarted",
                   virDomainGetName(dom));
        return false;
    }
    printExtra(sh, "Domain '%s' %s as autostarted%s\n", virDomainGetName(dom), off ? "unmarked" : "marked",
               once ? " at the next boot only" : "");
    return true;
}

/* ---- define, create, start, undefine ---- */

static bool cmdDefine(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "file");
    g_autofree char *xml = readInput(sh, file);
    if (!xml)
        return false;
    FREE_DOMAIN(dom) = cmdHas(cmd, "validate") ? virDomainDefineXMLFlags(sh->conn, xml, VIR_DOMAIN_DEFINE_VALIDATE)
                                              : virDomainDefineXML(sh->conn, xml);
    if (!dom)
        shellError(sh, "Failed to define domain from %s", file);
    else
        printExtra(sh, "Domain '%s' defined from %s\n", virDomainGetName(dom), file);
    return dom != NULL;
}

/* "3,4" → descriptors. */
static bool parseFds(Shell *sh, Cmd *cmd, int **fds, unsigned int *n)
{
    const char *text = cmdString(cmd, "pass-fds");
    g_auto(GStrv) words = g_strsplit(text ? text : "", ",", -1);
    *n = text ? g_strv_length(words) : 0;
    *fds = g_new0(int, *n + 1);
    for (unsigned int i = 0; i < *n; i++) {
        gint64 v;
        if (!g_ascii_string_to_signed(words[i], 10, 0, G_MAXINT, &v, NULL)) {
            shellError(sh, "Unable to parse FD number '%s'", words[i]);
            return false;
        }
        (*fds)[i] = (int)v;
    }
    return true;
}

static unsigned int startFlags(Cmd *cmd)
{
    return (cmdHas(cmd, "paused") ? VIR_DOMAIN_START_PAUSED : 0) |
           (cmdHas(cmd, "autodestroy") ? VIR_DOMAIN_START_AUTODESTROY : 0) |
           (cmdHas(cmd, "reset-nvram") ? VIR_DOMAIN_START_RESET_NVRAM : 0);
}

static bool cmdCreate(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "file");
    unsigned int flags = startFlags(cmd) | (cmdHas(cmd, "validate") ? VIR_DOMAIN_START_VALIDATE : 0);
    g_autofree char *xml = readInput(sh, file);
    g_autofree int *fds = NULL;
    unsigned int nfds;
    if (!xml || !parseFds(sh, cmd, &fds, &nfds))
        return false;
    FREE_DOMAIN(dom) = nfds ? virDomainCreateXMLWithFiles(sh->conn, xml, nfds, fds, flags)
                            : virDomainCreateXML(sh->conn, xml, flags);
    if (!dom) {
        shellError(sh, "Failed to create domain from %s", file);
        return false;
    }
    printExtra(sh, "Domain '%s' created from %s\n", virDomainGetName(dom), file);
    return !cmdHas(cmd, "console") || consoleRun(sh, dom, NULL, 0);
}

static bool cmdStart(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    unsigned int flags = startFlags(cmd) | (cmdHas(cmd, "bypass-cache") ? VIR_DOMAIN_START_BYPASS_CACHE : 0) |
                         (cmdHas(cmd, "force-boot") ? VIR_DOMAIN_START_FORCE_BOOT : 0);
    g_autofree int *fds = NULL;
    unsigned int nfds;
    if (!dom || !parseFds(sh, cmd, &fds, &nfds))
        return false;
    if (virDomainGetID(dom) != (unsigned int)-1) {
        shellError(sh, "%s", "Domain is already active");
        return false;
    }
    const char *name = virDomainGetName(dom);           /* before the call: asking resets its error */
    int r = nfds    ? virDomainCreateWithFiles(dom, nfds, fds, flags)
            : flags ? virDomainCreateWithFlags(dom, flags)
                    : virDomainCreate(dom);
    if (r < 0) {
        shellError(sh, "Failed to start domain '%s'", name);
        return false;
    }
    printExtra(sh, "Domain '%s' started\n", name);
    return !cmdHas(cmd, "console") || consoleRun(sh, dom, NULL, 0);
}

static bool cmdUndefine(Shell *sh, Cmd *cmd)
{
    static const struct {
        const char *option;
        unsigned int flag;
    } map[] = {
        { "managed-save", VIR_DOMAIN_UNDEFINE_MANAGED_SAVE },
        { "snapshots-metadata", VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA },
        { "checkpoints-metadata", VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA },
        { "nvram", VIR_DOMAIN_UNDEFINE_NVRAM },
        { "keep-nvram", VIR_DOMAIN_UNDEFINE_KEEP_NVRAM },
        { "tpm", VIR_DOMAIN_UNDEFINE_TPM },
        { "keep-tpm", VIR_DOMAIN_UNDEFINE_KEEP_TPM },
    };
    unsigned int flags = 0;
    for (guint i = 0; i < G_N_ELEMENTS(map); i++)
        flags |= cmdHas(cmd, map[i].option) ? map[i].flag : 0;
    return cmdExclusive(sh, cmd, "nvram", "keep-nvram") && cmdExclusive(sh, cmd, "tpm", "keep-tpm") &&
           simple(sh, cmd, virDomainUndefineFlags, flags, "has been undefined", "undefine");
}

/* ---- documents ---- */

static bool cmdDumpxml(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    unsigned int flags = (cmdHas(cmd, "inactive") ? VIR_DOMAIN_XML_INACTIVE : 0) |
                         (cmdHas(cmd, "security-info") ? VIR_DOMAIN_XML_SECURE : 0) |
                         (cmdHas(cmd, "update-cpu") ? VIR_DOMAIN_XML_UPDATE_CPU : 0) |
                         (cmdHas(cmd, "migratable") ? VIR_DOMAIN_XML_MIGRATABLE : 0);
    g_autofree char *xml = dom ? virDomainGetXMLDesc(dom, flags) : NULL;
    if (!xml)
        return false;
    if (cmdHas(cmd, "xpath"))
        return printXpath(sh, xml, cmdString(cmd, "xpath"), cmdHas(cmd, "wrap"));
    printDocument(sh, "xml", xml);
    return true;
}

static char *dumpToEdit(void *object)
{
    return virDomainGetXMLDesc(object, VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE);
}

static bool defineEdited(Shell *sh, const char *xml, bool validate)
{
    FREE_DOMAIN(changed) = virDomainDefineXMLFlags(sh->conn, xml, validate ? VIR_DOMAIN_DEFINE_VALIDATE : 0);
    return changed != NULL;
}

static bool cmdEdit(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom)
        return false;
    g_autofree char *label = g_strdup_printf("Domain '%s'", virDomainGetName(dom));
    return editDocument(sh, &(EditWhat){ label, dom, dumpToEdit, defineEdited }, !cmdHas(cmd, "skip-validate"));
}

/* ---- names ---- */

static bool cmdDomid(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom)
        return false;
    unsigned int id = virDomainGetID(dom);
    g_autofree char *text = id == (unsigned int)-1 ? g_strdup("-") : g_strdup_printf("%u", id);
    printText(sh, "id", text);
    return true;
}

static bool cmdDomuuid(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    char uuid[VIR_UUID_STRING_BUFLEN];
    if (!dom || virDomainGetUUIDString(dom, uuid) < 0)
        return false;
    printText(sh, "uuid", uuid);
    return true;
}

static bool cmdDomname(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (dom)
        printText(sh, "name", virDomainGetName(dom));
    return dom != NULL;
}

static bool cmdRename(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom || virDomainRename(dom, cmdString(cmd, "new-name"), 0) < 0)
        return false;
    printExtra(sh, "Domain successfully renamed\n");
    return true;
}

/* ---- console and monitor ---- */

static bool cmdConsole(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    unsigned int flags = (cmdHas(cmd, "force") ? VIR_DOMAIN_CONSOLE_FORCE : 0) |
                         (cmdHas(cmd, "safe") ? VIR_DOMAIN_CONSOLE_SAFE : 0);
    return dom && consoleRun(sh, dom, cmdString(cmd, "devname"), flags);
}

static bool cmdQemuMonitor(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    unsigned int flags = cmdHas(cmd, "hmp") ? VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP : 0;
    if (!dom || !cmdExclusive(sh, cmd, "hmp", "pretty"))
        return false;
    g_ptr_array_add(cmd->rest, NULL);
    g_autofree char *text = g_strjoinv(" ", (char **)cmd->rest->pdata);
    char *reply = NULL;
    if (virDomainQemuMonitorCommand(dom, text, &reply, flags) < 0)
        return false;
    g_autofree char *pretty = cmdHas(cmd, "pretty") ? jsonPretty(sh, reply) : NULL;
    if (pretty)
        printf("%s", g_strchomp(pretty));
    else
        printf("%s\n", reply);
    free(reply);
    return true;
}

/* ---- the table ---- */

#define OPT_FILE(what) { "file", OPT_DATA, true, what, NULL }
#define FLAG(name, what) { name, OPT_BOOL, false, what, NULL }
#define START_FLAGS \
    FLAG("console", "attach to console after creation"), FLAG("paused", "leave the guest paused after creation"), \
        FLAG("autodestroy", "automatically destroy the guest when virsh disconnects")
#define START_FILES \
    { "pass-fds", OPT_STRING, false, "pass file descriptors N,M,... to the guest", NULL }
#define RESET_NVRAM FLAG("reset-nvram", "re-initialize NVRAM from its pristine template")

static const OptDef optsActive[] = { OPT_DOMAIN("domain name, id or uuid", completeActiveDomains), OPT_END };
static const OptDef optsDomain[] = { OPT_DOMAIN("domain name, id or uuid", completeDomains), OPT_END };
static const OptDef optsMode[] = { OPT_DOMAIN("domain name, id or uuid", completeActiveDomains),
                                   { "mode", OPT_STRING, false, "shutdown mode: acpi|agent|initctl|signal|paravirt", NULL },
                                   OPT_END };
static const OptDef optsAutostart[] = { OPT_DOMAIN("domain name, id or uuid", completeDomains), FLAG("disable", "disable autostarting"),
                                        FLAG("once", "control the state for next boot only"), OPT_END };
static const OptDef optsConsole[] = { OPT_DOMAIN("domain name, id or uuid", completeActiveDomains),
                                      { "devname", OPT_STRING, false, "character device name", NULL },
                                      FLAG("force", "force console connection (disconnect already connected sessions)"),
                                      FLAG("safe", "only connect if safe console handling is supported"), OPT_END };
static const OptDef optsCreate[] = { OPT_FILE("file containing an XML domain description"), START_FLAGS, START_FILES,
                                     FLAG("validate", "validate the XML against the schema"), RESET_NVRAM, OPT_END };
static const OptDef optsDefine[] = { OPT_FILE("file containing an XML domain description"),
                                     FLAG("validate", "validate the XML against the schema"), OPT_END };
static const OptDef optsDestroy[] = { OPT_DOMAIN("domain name, id or uuid", completeActiveDomains),
                                      FLAG("graceful", "terminate gracefully"),
                                      FLAG("remove-logs", "remove domain logs"), OPT_END };
static const OptDef optsRename[] = { OPT_DOMAIN("domain name, id or uuid", completeInactiveDomains),
                                     { "new-name", OPT_DATA, true, "new domain name", NULL }, OPT_END };
static const OptDef optsDumpxml[] = { OPT_DOMAIN("domain name, id or uuid", completeDomains), FLAG("inactive", "show inactive defined XML"),
                                      FLAG("security-info", "include security sensitive information in XML dump"),
                                      FLAG("update-cpu", "update guest CPU according to host CPU"),
                                      FLAG("migratable", "provide XML suitable for migrations"),
                                      { "xpath", OPT_STRING, false, "xpath expression to filter the XML document", NULL },
                                      FLAG("wrap", "wrap xpath results in an common root element"), OPT_END };
static const OptDef optsEdit[] = { OPT_DOMAIN("domain name, id or uuid", completeDomains),
                                   FLAG("skip-validate", "skip validation of the XML against the schema"), OPT_END };
static const OptDef optsMonitor[] = { OPT_DOMAIN("domain name, id or uuid", completeActiveDomains),
                                      FLAG("hmp", "command is in human monitor protocol"),
                                      FLAG("pretty", "pretty-print any qemu monitor protocol output"),
                                      { "cmd", OPT_ARGV, true, "command", NULL }, OPT_END };
static const OptDef optsStart[] = { OPT_DOMAIN("name of the inactive domain", completeInactiveDomains), START_FLAGS,
                                    FLAG("bypass-cache", "avoid file system cache when loading"),
                                    FLAG("force-boot", "force fresh boot by discarding any managed save"), START_FILES, RESET_NVRAM,
                                    OPT_END };
static const OptDef optsUndefine[] = {
    OPT_DOMAIN("domain name, id or uuid", completeDomains),
    FLAG("managed-save", "remove domain managed state file"),
    FLAG("snapshots-metadata", "remove all domain snapshot metadata (vm must be inactive)"),
    FLAG("checkpoints-metadata", "remove all domain checkpoint metadata (vm must be inactive)"),
    FLAG("nvram", "remove nvram file"), FLAG("keep-nvram", "keep nvram file"),
    FLAG("tpm", "remove TPM state"), FLAG("keep-tpm", "keep TPM state"), OPT_END
};

static const CmdDef commands[] = {
    { "autostart", "autostart a domain", "Configure a domain to be automatically started at boot.", optsAutostart, cmdAutostart, 0 },
    { "console", "connect to the guest console", "Connect the virtual serial console for the guest", optsConsole, cmdConsole, 0 },
    { "create", "create a domain from an XML file", "Create a domain.", optsCreate, cmdCreate, 0 },
    { "define", "define (but don't start) a domain from an XML file", "Define a domain.", optsDefine, cmdDefine, 0 },
    { "destroy", "destroy (stop) a domain", "Forcefully stop a given domain, but leave its resources intact.", optsDestroy, cmdDestroy, 0 },
    { "domid", "convert a domain name or UUID to domain id", NULL, optsDomain, cmdDomid, CMD_FACTS },
    { "domname", "convert a domain id or UUID to domain name", NULL, optsDomain, cmdDomname, CMD_FACTS },
    { "domrename", "rename a domain", "Rename an inactive domain.", optsRename, cmdRename, 0 },
    { "domuuid", "convert a domain name or id to domain UUID", NULL, optsDomain, cmdDomuuid, CMD_FACTS },
    { "dumpxml", "domain information in XML", "Output the domain information as an XML dump to stdout.", optsDumpxml, cmdDumpxml, CMD_FACTS },
    { "edit", "edit XML configuration for a domain", "Edit the XML configuration for a domain.", optsEdit, cmdEdit, 0 },
    { "qemu-monitor-command", "QEMU Monitor Command", "Send a command to the monitor of a QEMU guest.", optsMonitor, cmdQemuMonitor, 0 },
    { "reboot", "reboot a domain", "Run a reboot command in the target domain.", optsMode, cmdReboot, 0 },
    { "reset", "reset a domain", "Reset the target domain as if by power button", optsActive, cmdReset, 0 },
    { "resume", "resume a domain", "Resume a previously suspended domain.", optsActive, cmdResume, 0 },
    { "shutdown", "gracefully shutdown a domain", "Run shutdown in the target domain.", optsMode, cmdShutdown, 0 },
    { "start", "start a (previously defined) inactive domain",
      "Start a domain, either from the last managedsave\nstate, or via a fresh boot if no managedsave state\nis present.", optsStart, cmdStart, 0 },
    { "suspend", "suspend a domain", "Suspend a running domain.", optsActive, cmdSuspend, 0 },
    { "undefine", "undefine a domain", "Undefine an inactive domain, or convert persistent to transient.", optsUndefine, cmdUndefine, 0 },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

const CmdGroup groupDomain = { "Domain Management", "domain", commands };
