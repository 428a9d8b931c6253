/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands about virtual networks and their ports. */
#include "network.h"
#include "output.h"
#include <string.h>

SHELL_FREE(virNetworkPort)

static bool isUuid(const char *word)
{
    return g_regex_match_simple("^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$", word, 0, 0);
}

virNetworkPtr networkOf(Shell *sh, Cmd *cmd, By by)
{
    const char *word = cmdString(cmd, "network");
    virNetworkPtr net = (by & BY_UUID) && isUuid(word) ? virNetworkLookupByUUIDString(sh->conn, word) : NULL;
    if (!net && (by & BY_NAME)) {
        virResetLastError();
        net = virNetworkLookupByName(sh->conn, word);
    }
    if (!net)
        shellError(sh, "failed to get network '%s'", word);
    return net;
}

/* ---- verbs ---- */

static bool simple(Shell *sh, Cmd *cmd, int (*call)(virNetworkPtr net), const char *verb, const char *done)
{
    g_autoptr(virNetwork) net = networkOf(sh, cmd, BY_ANY);
    if (!net)
        return false;
    const char *name = virNetworkGetName(net);          /* before the call: asking resets its error */
    if (call(net) < 0) {
        shellError(sh, "Failed to %s network %s", verb, name);
        return false;
    }
    printExtra(sh, "Network %s %s\n", name, done);
    return true;
}

static bool cmdNetStart(Shell *sh, Cmd *cmd)
{
    return simple(sh, cmd, virNetworkCreate, "start", "started");
}

static bool cmdNetDestroy(Shell *sh, Cmd *cmd)
{
    return simple(sh, cmd, virNetworkDestroy, "destroy", "destroyed");
}

static bool cmdNetUndefine(Shell *sh, Cmd *cmd)
{
    return simple(sh, cmd, virNetworkUndefine, "undefine", "has been undefined");
}

static bool cmdNetAutostart(Shell *sh, Cmd *cmd)
{
    g_autoptr(virNetwork) net = networkOf(sh, cmd, BY_ANY);
    bool off = cmdHas(cmd, "disable");
    if (!net)
        return false;
    const char *name = virNetworkGetName(net);
    if (virNetworkSetAutostart(net, !off) < 0) {
        shellError(sh, "failed to %smark network %s as autostarted", off ? "un" : "", name);
        return false;
    }
    printExtra(sh, "Network %s %smarked as autostarted\n", name, off ? "un" : "");
    return true;
}

static bool make(Shell *sh, Cmd *cmd, bool define)
{
    const char *file = cmdString(cmd, "file");
    g_autofree char *xml = readInput(sh, file);
    bool validate = cmdHas(cmd, "validate");
    if (!xml)
        return false;
    g_autoptr(virNetwork) net = !validate ? (define ? virNetworkDefineXML : virNetworkCreateXML)(sh->conn, xml)
                                          : (define ? virNetworkDefineXMLFlags : virNetworkCreateXMLFlags)(sh->conn, xml, 1);
    if (!net)
        shellError(sh, "Failed to %s network from %s", define ? "define" : "create", file);
    else
        printExtra(sh, "Network %s %s from %s\n", virNetworkGetName(net), define ? "defined" : "created", file);
    return net != NULL;
}

static bool cmdNetDefine(Shell *sh, Cmd *cmd)
{
    return make(sh, cmd, true);
}

static bool cmdNetCreate(Shell *sh, Cmd *cmd)
{
    return make(sh, cmd, false);
}

/* ---- facts ---- */

static bool printXml(Shell *sh, Cmd *cmd, const char *xml)
{
    if (xml && cmdHas(cmd, "xpath"))
        return printXpath(sh, xml, cmdString(cmd, "xpath"), cmdHas(cmd, "wrap"));
    if (xml)
        printDocument(sh, "xml", xml);
    return xml != NULL;
}

static bool cmdNetDumpxml(Shell *sh, Cmd *cmd)
{
    g_autoptr(virNetwork) net = networkOf(sh, cmd, BY_ANY);
    g_autofree char *xml = net ? virNetworkGetXMLDesc(net, cmdHas(cmd, "inactive") ? VIR_NETWORK_XML_INACTIVE : 0) : NULL;
    return printXml(sh, cmd, xml);
}

static bool cmdNetInfo(Shell *sh, Cmd *cmd)
{
    g_autoptr(virNetwork) net = networkOf(sh, cmd, BY_ANY);
    char uuid[VIR_UUID_STRING_BUFLEN];
    int autostart = 0;
    if (!net)
        return false;
    Facts *f = factsNew(sh, 15);
    factsString(f, "name", "Name:", virNetworkGetName(net));
    if (virNetworkGetUUIDString(net, uuid) == 0)
        factsString(f, "uuid", "UUID:", uuid);
    int active = virNetworkIsActive(net), persistent = virNetworkIsPersistent(net);
    if (active >= 0)
        factsBool(f, "active", "Active:", active, "yes", "no");
    if (persistent < 0)
        factsString(f, "persistent", "Persistent:", "unknown");
    else
        factsBool(f, "persistent", "Persistent:", persistent, "yes", "no");
    if (virNetworkGetAutostart(net, &autostart) < 0)
        factsString(f, "autostart", "Autostart:", "no autostart");
    else
        factsBool(f, "autostart", "Autostart:", autostart, "yes", "no");
    g_autofree char *bridge = virNetworkGetBridgeName(net);
    if (bridge)
        factsString(f, "bridge", "Bridge:", bridge);
    virResetLastError();
    factsEnd(f);
    return true;
}

static bool cmdNetName(Shell *sh, Cmd *cmd)
{
    g_autoptr(virNetwork) net = networkOf(sh, cmd, BY_UUID);
    if (net)
        printText(sh, "name", virNetworkGetName(net));
    return net != NULL;
}

static bool cmdNetUuid(Shell *sh, Cmd *cmd)
{
    g_autoptr(virNetwork) net = networkOf(sh, cmd, BY_NAME);
    char uuid[VIR_UUID_STRING_BUFLEN];
    if (!net || virNetworkGetUUIDString(net, uuid) < 0)
        return false;
    printText(sh, "uuid", uuid);
    return true;
}

/* ---- lists ---- */

static void listRow(Shell *sh, Table *table, virNetworkPtr net, bool names, bool uuids)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    int autostart = 0;
    virNetworkGetUUIDString(net, uuid);
    if (uuids || names) {
        tableRow(table, uuids ? uuid : virNetworkGetName(net), NULL);
        return;
    }
    const char *starts = virNetworkGetAutostart(net, &autostart) < 0 ? "no autostart" : autostart ? "yes" : "no";
    tableRow(table, virNetworkGetName(net), virNetworkIsActive(net) ? "active" : "inactive", starts,
             virNetworkIsPersistent(net) ? "yes" : "no", NULL);
}

static bool cmdNetList(Shell *sh, Cmd *cmd)
{
    static const struct { const char *option; unsigned int bits; } filters[] = {
        { "persistent", VIR_CONNECT_LIST_NETWORKS_PERSISTENT }, { "transient", VIR_CONNECT_LIST_NETWORKS_TRANSIENT },
        { "autostart", VIR_CONNECT_LIST_NETWORKS_AUTOSTART },   { "no-autostart", VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART },
        { "inactive", VIR_CONNECT_LIST_NETWORKS_INACTIVE },
    };
    bool names = cmdHas(cmd, "name"), uuids = cmdHas(cmd, "uuid");
    unsigned int flags = cmdHas(cmd, "all") || cmdHas(cmd, "inactive") ? 0 : VIR_CONNECT_LIST_NETWORKS_ACTIVE;
    virNetworkPtr *list = NULL;
    if (names + uuids + cmdHas(cmd, "table") > 1) {
        shellError(sh, "%s", "Only one argument from --table, --name and --uuid may be specified.");
        return false;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(filters); i++)
        if (cmdHas(cmd, filters[i].option) && !(cmdHas(cmd, "all") && g_str_equal(filters[i].option, "inactive")))
            flags |= filters[i].bits;
    int n = virConnectListAllNetworks(sh->conn, &list, flags);
    if (n < 0) {
        shellError(sh, "%s", "Failed to list networks");
        return false;
    }
    if ((names || uuids) && !sh->json) {
        for (int i = 0; i < n; i++) {
            char uuid[VIR_UUID_STRING_BUFLEN];
            virNetworkGetUUIDString(list[i], uuid);
            printf("%s\n", uuids ? uuid : virNetworkGetName(list[i]));
        }
    } else {
        Table *table = names || uuids ? tableNew(sh, uuids ? "UUID" : "Name", NULL)
                                      : tableNew(sh, "Name", "State", "Autostart", "Persistent", NULL);
        for (int i = 0; i < n; i++)
            listRow(sh, table, list[i], names, uuids);
        tableEnd(table);
    }
    for (int i = 0; i < n; i++)
        virNetworkShellFree(list[i]);
    g_free(list);
    return true;
}

/* ---- net-update ---- */

static int wordIn(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++)
        if (g_str_equal(words[i], word))
            return i;
    return -1;
}

static bool cmdNetUpdate(Shell *sh, Cmd *cmd)
{
    static const char *const commands[] = { "none", "modify", "delete", "add-last", "add-first", NULL };
    static const char *const sections[] = { "none", "bridge", "domain", "ip", "ip-dhcp-host", "ip-dhcp-range", "forward", "forward-interface",
                                            "forward-pf", "portgroup", "dns-host", "dns-txt", "dns-srv", NULL };
    bool live = cmdHas(cmd, "live"), config = cmdHas(cmd, "config");
    const char *commandWord = cmdString(cmd, "command"), *xml = cmdString(cmd, "xml");
    int index = -1;
    if (!cmdExclusive(sh, cmd, "current", "live") || !cmdExclusive(sh, cmd, "current", "config"))
        return false;
    g_autoptr(virNetwork) net = networkOf(sh, cmd, BY_ANY);
    if (!net)
        return false;
    int command = g_str_equal(commandWord, "add") ? VIR_NETWORK_UPDATE_COMMAND_ADD_LAST : wordIn(commands, commandWord);
    int section = wordIn(sections, cmdString(cmd, "section"));
    if (command <= 0 || section <= 0) {
        shellError(sh, "unrecognized %s name '%s'", command <= 0 ? "command" : "section",
                   command <= 0 ? commandWord : cmdString(cmd, "section"));
        return false;
    }
    if (cmdInt(sh, cmd, "parent-index", &index) < 0)
        return false;
    g_autofree char *text = *xml == '<' ? g_strdup(xml) : readInput(sh, xml);
    if (!text)
        return false;
    unsigned int flags = (live ? VIR_NETWORK_UPDATE_AFFECT_LIVE : 0) | (config ? VIR_NETWORK_UPDATE_AFFECT_CONFIG : 0);
    const char *name = virNetworkGetName(net);
    if (virNetworkUpdate(net, command, section, index, text, flags) < 0) {
        shellError(sh, "Failed to update network %s", name);
        return false;
    }
    const char *what = live && config ? "persistent config and live state" : config ? "persistent config" :
        live || virNetworkIsActive(net) > 0 ? "live state" : "persistent config";
    printf("Updated network %s %s", name, what);
    return true;
}

/* ---- ports ---- */

static virNetworkPortPtr portOf(Shell *sh, Cmd *cmd, virNetworkPtr net)
{
    const char *word = cmdString(cmd, "port");
    virNetworkPortPtr port = virNetworkPortLookupByUUIDString(net, word);
    if (!port)
        shellError(sh, "failed to get network port '%s'", word);
    return port;
}

static bool cmdPortList(Shell *sh, Cmd *cmd)
{
    bool plain = cmdHas(cmd, "uuid");
    virNetworkPortPtr *list = NULL;
    if (plain && cmdHas(cmd, "table")) {
        shellError(sh, "%s", "Only one argument from --table and --uuid may be specified.");
        return false;
    }
    g_autoptr(virNetwork) net = networkOf(sh, cmd, BY_ANY);
    int n = net ? virNetworkListAllPorts(net, &list, 0) : -1;
    if (n < 0)
        return false;
    Table *table = plain && !sh->json ? NULL : tableNew(sh, "UUID", NULL);
    for (int i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN];
        virNetworkPortGetUUIDString(list[i], uuid);
        if (table)
            tableRow(table, uuid, NULL);
        else
            printf("%s\n", uuid);
        virNetworkPortShellFree(list[i]);
    }
    if (table)
        tableEnd(table);
    g_free(list);
    return true;
}

static bool cmdPortCreate(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "file");
    char uuid[VIR_UUID_STRING_BUFLEN];
    g_autoptr(virNetwork) net = networkOf(sh, cmd, BY_ANY);
    g_autofree char *xml = net ? readInput(sh, file) : NULL;
    if (!xml)
        return false;
    g_autoptr(virNetworkPort) port = virNetworkPortCreateXML(net, xml, cmdHas(cmd, "validate") ? VIR_NETWORK_PORT_CREATE_VALIDATE : 0);
    if (!port) {
        shellError(sh, "Failed to create network from %s", file);
        return false;
    }
    virNetworkPortGetUUIDString(port, uuid);
    printExtra(sh, "Network port %s created from %s\n", uuid, file);
    return true;
}

static bool cmdPortDumpxml(Shell *sh, Cmd *cmd)
{
    g_autoptr(virNetwork) net = networkOf(sh, cmd, BY_ANY);
    g_autoptr(virNetworkPort) port = net ? portOf(sh, cmd, net) : NULL;
    g_autofree char *xml = port ? virNetworkPortGetXMLDesc(port, 0) : NULL;
    return printXml(sh, cmd, xml);
}

static bool cmdPortDelete(Shell *sh, Cmd *cmd)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    g_autoptr(virNetwork) net = networkOf(sh, cmd, BY_ANY);
    g_autoptr(virNetworkPort) port = net ? portOf(sh, cmd, net) : NULL;
    if (!port)
        return false;
    virNetworkPortGetUUIDString(port, uuid);
    if (virNetworkPortDelete(port, 0) < 0) {
        shellError(sh, "Failed to delete network port %s", uuid);
        return false;
    }
    printExtra(sh, "Network port %s deleted\n", uuid);
    return true;
}

/* ---- the group ---- */

#define NET { "network", OPT_DATA, true, "network name or uuid", NULL }
#define FLAG(name, help) { name, OPT_BOOL, false, help, NULL }
#define FILE_OF(what) { "file", OPT_DATA, true, "file containing an XML " what " description", NULL }
#define VALIDATE FLAG("validate", "validate the XML against the schema")
#define XPATH { "xpath", OPT_STRING, false, "xpath expression to filter the XML document", NULL }, \
    FLAG("wrap", "wrap xpath results in an common root element")
#define PORT { "port", OPT_DATA, true, "port UUID", NULL }

static const OptDef optsNet[] = { NET, OPT_END };
static const OptDef optsAutostart[] = { NET, FLAG("disable", "disable autostarting"), OPT_END };
static const OptDef optsFile[] = { FILE_OF("network"), VALIDATE, OPT_END };
static const OptDef optsDumpxml[] = { NET, FLAG("inactive", "show inactive defined XML"), XPATH, OPT_END };
static const OptDef optsName[] = { { "network", OPT_DATA, true, "network uuid", NULL }, OPT_END };
static const OptDef optsUuid[] = { { "network", OPT_DATA, true, "network name", NULL }, OPT_END };
static const OptDef optsList[] = {
    FLAG("inactive", "list inactive networks"), FLAG("all", "list inactive & active networks"),
    FLAG("persistent", "list persistent networks"), FLAG("transient", "list transient networks"),
    FLAG("autostart", "list networks with autostart enabled"), FLAG("no-autostart", "list networks with autostart disabled"),
    FLAG("uuid", "list uuid's only"), FLAG("name", "list network names only"), FLAG("table", "list table (default)"), OPT_END
};
static const OptDef optsUpdate[] = {
    NET,
    { "command", OPT_DATA, true, "type of update (add-first, add-last (add), delete, or modify)", NULL },
    { "section", OPT_DATA, true, "which section of network configuration to update", NULL },
    { "xml", OPT_DATA, true, "name of file containing xml (or, if it starts with '<', the complete xml element itself) to add/modify, or to "
      "be matched for search", NULL },
    { "parent-index", OPT_INT, false, "which parent object to search through", NULL },
    FLAG("config", "affect next network startup"), FLAG("live", "affect running network"),
    FLAG("current", "affect current state of network"), OPT_END
};
static const OptDef optsLeases[] = { NET, { "mac", OPT_STRING, false, "MAC address", NULL }, OPT_END };
static const OptDef optsEvent[] = {
    { "network", OPT_STRING, false, "filter by network name or uuid", NULL },
    { "event", OPT_STRING, false, "which event type to wait for", NULL }, FLAG("loop", "loop until timeout or interrupt, rather than one-shot"),
    { "timeout", OPT_INT, false, "timeout seconds", NULL }, FLAG("list", "list valid event types"),
    FLAG("timestamp", "show timestamp for each printed event"), OPT_END
};
static const OptDef optsPortList[] = { NET, FLAG("uuid", "list uuid's only"), FLAG("table", "list table (default)"), OPT_END };
static const OptDef optsPortCreate[] = { NET, FILE_OF("network port"), VALIDATE, OPT_END };
static const OptDef optsPortDumpxml[] = { NET, PORT, XPATH, OPT_END };
static const OptDef optsPort[] = { NET, PORT, OPT_END };

static const CmdDef commands[] = {
    { "net-autostart", "autostart a network", "Configure a network to be automatically started at boot.", optsAutostart, cmdNetAutostart, 0 },
    { "net-create", "create a network from an XML file", "Create a network.", optsFile, cmdNetCreate, 0 },
    { "net-define", "define an inactive persistent virtual network or modify an existing persistent one from an XML file",
      "Define or modify a persistent virtual network.", optsFile, cmdNetDefine, 0 },
    { "net-destroy", "destroy (stop) a network", "Forcefully stop a given network.", optsNet, cmdNetDestroy, 0 },
    { "net-dhcp-leases", "print lease info for a given network", "Print lease info for a given network", optsLeases, cmdNetLeases, CMD_FACTS },
    { "net-dumpxml", "network information in XML", "Output the network information as an XML dump to stdout.", optsDumpxml, cmdNetDumpxml,
      CMD_FACTS },
    { "net-edit", "edit XML configuration for a network", "Edit the XML configuration for a network.", optsNet, cmdNetEdit, 0 },
    { "net-event", "Network Events", "List event types, or wait for network events to occur", optsEvent, cmdNetEvent, 0 },
    { "net-info", "network information", "Returns basic information about the network", optsNet, cmdNetInfo, CMD_FACTS },
    { "net-list", "list networks", "Returns list of networks.", optsList, cmdNetList, CMD_FACTS },
    { "net-name", "convert a network UUID to network name", NULL, optsName, cmdNetName, CMD_FACTS },
    { "net-start", "start a (previously defined) inactive network", "Start a network.", optsNet, cmdNetStart, 0 },
    { "net-undefine", "undefine a persistent network", "Undefine the configuration for a persistent network.", optsNet, cmdNetUndefine, 0 },
    { "net-update", "update parts of an existing network's configuration", NULL, optsUpdate, cmdNetUpdate, 0 },
    { "net-uuid", "convert a network name to network UUID", NULL, optsUuid, cmdNetUuid, CMD_FACTS },
    { "net-port-list", "list network ports", "Returns list of network ports.", optsPortList, cmdPortList, CMD_FACTS },
    { "net-port-create", "create a network port from an XML file", "Create a network port.", optsPortCreate, cmdPortCreate, 0 },
    { "net-port-dumpxml", "network port information in XML", "Output the network port information as an XML dump to stdout.",
      optsPortDumpxml, cmdPortDumpxml, CMD_FACTS },
    { "net-port-delete", "delete the specified network port", "Delete the specified network port.", optsPort, cmdPortDelete, 0 },
    { NULL, NULL, NULL, NULL, NULL, 0 }
};
const CmdGroup groupNetwork = { "Networking", "network", commands };
