/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands about the host's interfaces. */
#include "output.h"
#include <stdlib.h>
#include <string.h>

SHELL_FREE(virInterface)

typedef enum { BY_NAME = 1 << 0, BY_MAC = 1 << 1 } Ways;

/* A name comes first: a word with a colon may be either. */
static virInterfacePtr interfaceOf(Shell *sh, Cmd *cmd, Ways ways)
{
    const char *word = cmdString(cmd, "interface");
    bool isMac = strlen(word) == 17 && word[2] == ':';
    virInterfacePtr iface = NULL;
    if (ways & BY_NAME && !(isMac && ways & BY_MAC))
        iface = virInterfaceLookupByName(sh->conn, word);
    if (!iface && ways & BY_MAC && isMac)
        iface = virInterfaceLookupByMACString(sh->conn, word);
    if (!iface && isMac)
        virResetLastError();
    if (!iface)
        shellError(sh, "failed to get interface '%s'", word);
    return iface;
}

/* ---- simple verbs ---- */

static bool verb(Shell *sh, Cmd *cmd, int (*call)(virInterfacePtr iface, unsigned int flags), const char *failed, const char *done)
{
    g_autoptr(virInterface) iface = interfaceOf(sh, cmd, BY_NAME | BY_MAC);
    if (!iface)
        return false;
    const char *name = virInterfaceGetName(iface);
    bool ok = call(iface, 0) >= 0;
    if (ok)
        printExtra(sh, "Interface %s %s\n", name, done);
    else
        shellError(sh, "Failed to %s interface %s", failed, name);
    return ok;
}

static int undefineCall(virInterfacePtr iface, unsigned int flags)
{
    return virInterfaceUndefine(iface);
}

static bool cmdUndefine(Shell *sh, Cmd *cmd)
{
    return verb(sh, cmd, undefineCall, "undefine", "undefined");
}

static bool cmdStart(Shell *sh, Cmd *cmd)
{
    return verb(sh, cmd, virInterfaceCreate, "start", "started");
}

static bool cmdDestroy(Shell *sh, Cmd *cmd)
{
    return verb(sh, cmd, virInterfaceDestroy, "destroy", "destroyed");
}

/* ---- transactions ---- */

static bool change(Shell *sh, int (*call)(virConnectPtr conn, unsigned int flags), const char *failed, const char *done)
{
    bool ok = call(sh->conn, 0) >= 0;
    if (ok)
        printExtra(sh, "Network config change transaction %s\n", done);
    else
        shellError(sh, "Failed to %s network config change transaction", failed);
    return ok;
}

static bool cmdBegin(Shell *sh, Cmd *cmd)
{
    return change(sh, virInterfaceChangeBegin, "begin", "started");
}

static bool cmdCommit(Shell *sh, Cmd *cmd)
{
    return change(sh, virInterfaceChangeCommit, "commit", "committed");
}

static bool cmdRollback(Shell *sh, Cmd *cmd)
{
    return change(sh, virInterfaceChangeRollback, "rollback", "rolled back");
}

/* ---- documents ---- */

static bool cmdDefine(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "file");
    g_autofree char *xml = readInput(sh, file);
    g_autoptr(virInterface) iface =
        xml ? virInterfaceDefineXML(sh->conn, xml, cmdHas(cmd, "validate") ? VIR_INTERFACE_DEFINE_VALIDATE : 0) : NULL;
    if (iface)
        printExtra(sh, "Interface %s defined from %s\n", virInterfaceGetName(iface), file);
    else if (xml)
        shellError(sh, "Failed to define interface from %s", file);
    return iface != NULL;
}

static bool cmdDumpxml(Shell *sh, Cmd *cmd)
{
    g_autoptr(virInterface) iface = interfaceOf(sh, cmd, BY_NAME | BY_MAC);
    g_autofree char *xml = iface ? virInterfaceGetXMLDesc(iface, cmdHas(cmd, "inactive") ? VIR_INTERFACE_XML_INACTIVE : 0) : NULL;
    if (xml && cmdHas(cmd, "xpath"))
        return printXpath(sh, xml, cmdString(cmd, "xpath"), cmdHas(cmd, "wrap"));
    if (xml)
        printDocument(sh, "xml", xml);
    return xml != NULL;
}

static bool cmdEdit(Shell *sh, Cmd *cmd)
{
    g_autoptr(virInterface) iface = interfaceOf(sh, cmd, BY_NAME | BY_MAC);
    g_autofree char *before = iface ? virInterfaceGetXMLDesc(iface, VIR_INTERFACE_XML_INACTIVE) : NULL;
    g_autofree char *edited = before ? editText(sh, before) : NULL;
    if (!edited)
        return false;
    if (g_str_equal(before, edited)) {
        printExtra(sh, "Interface %s XML configuration not changed.\n", virInterfaceGetName(iface));
        return true;
    }
    g_autofree char *now = virInterfaceGetXMLDesc(iface, VIR_INTERFACE_XML_INACTIVE);
    if (now && !g_str_equal(now, before))
        shellError(sh, "ERROR: the XML configuration was changed by another user");
    g_autoptr(virInterface) changed = now && g_str_equal(now, before) ? virInterfaceDefineXML(sh->conn, edited, 0) : NULL;
    if (changed)
        printExtra(sh, "Interface %s XML configuration edited.\n", virInterfaceGetName(changed));
    return changed != NULL;
}

/* ---- names and lists ---- */

static bool cmdMac(Shell *sh, Cmd *cmd)
{
    g_autoptr(virInterface) iface = interfaceOf(sh, cmd, BY_NAME);
    if (iface)
        printText(sh, "mac", virInterfaceGetMACString(iface));
    return iface != NULL;
}

static bool cmdName(Shell *sh, Cmd *cmd)
{
    g_autoptr(virInterface) iface = interfaceOf(sh, cmd, BY_MAC);
    if (iface)
        printText(sh, "name", virInterfaceGetName(iface));
    return iface != NULL;
}

static int byName(const void *a, const void *b)
{
    return strcmp(virInterfaceGetName(*(const virInterfacePtr *)a), virInterfaceGetName(*(const virInterfacePtr *)b));
}

static bool cmdList(Shell *sh, Cmd *cmd)
{
    unsigned int flags = cmdHas(cmd, "all")        ? VIR_CONNECT_LIST_INTERFACES_ACTIVE | VIR_CONNECT_LIST_INTERFACES_INACTIVE
                         : cmdHas(cmd, "inactive") ? VIR_CONNECT_LIST_INTERFACES_INACTIVE
                                                   : VIR_CONNECT_LIST_INTERFACES_ACTIVE;
    virInterfacePtr *list = NULL;
    int n = virConnectListAllInterfaces(sh->conn, &list, flags);
    if (n < 0) {
        shellError(sh, "Failed to list interfaces");
        return false;
    }
    qsort(list, n, sizeof(*list), byName);
    Table *table = tableNew(sh, "Name", "State", "MAC Address", NULL);
    for (int i = 0; i < n; i++) {
        tableRow(table, virInterfaceGetName(list[i]), virInterfaceIsActive(list[i]) == 1 ? "active" : "inactive",
                 virInterfaceGetMACString(list[i]), NULL);
        virInterfaceFree(list[i]);
    }
    free(list);
    tableEnd(table);
    return true;
}

/* ---- the table ---- */

#define FLAG(name, what) { name, OPT_BOOL, false, what, NULL }
#define INTERFACE(what) { "interface", OPT_DATA, true, what, NULL }

static const OptDef optsNone[] = { OPT_END };
static const OptDef optsOne[] = { INTERFACE("interface name or MAC address"), OPT_END };
static const OptDef optsMac[] = { INTERFACE("interface name"), OPT_END };
static const OptDef optsName[] = { INTERFACE("interface mac"), OPT_END };
static const OptDef optsDefine[] = { { "file", OPT_DATA, true, "file containing an XML interface description", NULL },
                                     FLAG("validate", "validate the XML against the schema"), OPT_END };
static const OptDef optsDumpxml[] = { INTERFACE("interface name or MAC address"), FLAG("inactive", "show inactive defined XML"),
                                      { "xpath", OPT_STRING, false, "xpath expression to filter the XML document", NULL },
                                      FLAG("wrap", "wrap xpath results in an common root element"), OPT_END };
static const OptDef optsList[] = { FLAG("inactive", "list inactive interfaces"), FLAG("all", "list inactive & active interfaces"),
                                   OPT_END };

static const CmdDef commands[] = {
    { "iface-begin",
      "create a snapshot of current interfaces settings, which can be later committed (iface-commit) or restored (iface-rollback)",
      "Create a restore point for interfaces settings", optsNone, cmdBegin, 0 },
    { "iface-commit", "commit changes made since iface-begin and free restore point", "commit changes and free restore point", optsNone,
      cmdCommit, 0 },
    { "iface-define", "define an inactive persistent physical host interface or modify an existing persistent one from an XML file",
      "Define or modify a persistent physical host interface.", optsDefine, cmdDefine, 0 },
    { "iface-destroy", "destroy a physical host interface (disable it / \"if-down\")", "forcefully stop a physical host interface.",
      optsOne, cmdDestroy, 0 },
    { "iface-dumpxml", "interface information in XML", "Output the physical host interface information as an XML dump to stdout.",
      optsDumpxml, cmdDumpxml, 0 },
    { "iface-edit", "edit XML configuration for a physical host interface", "Edit the XML configuration for a physical host interface.",
      optsOne, cmdEdit, 0 },
    { "iface-list", "list physical host interfaces", "Returns list of physical host interfaces.", optsList, cmdList, CMD_FACTS },
    { "iface-mac", "convert an interface name to interface MAC address", NULL, optsMac, cmdMac, CMD_FACTS },
    { "iface-name", "convert an interface MAC address to interface name", NULL, optsName, cmdName, CMD_FACTS },
    { "iface-rollback", "rollback to previous saved configuration created via iface-begin", "rollback to previous restore point", optsNone,
      cmdRollback, 0 },
    { "iface-start", "start a physical host interface (enable it / \"if-up\")", "start a physical host interface.", optsOne, cmdStart, 0 },
    { "iface-undefine", "undefine a physical host interface (remove it from configuration)", "undefine an interface.", optsOne, cmdUndefine,
      0 },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

const CmdGroup groupInterface = { "Interface", "interface", commands };
