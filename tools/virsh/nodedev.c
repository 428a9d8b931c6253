/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands about the host's devices. */
#include "nodedev.h"
#include "output.h"
#include <stdlib.h>
#include <string.h>

virNodeDevicePtr nodedevOf(Shell *sh, Cmd *cmd)
{
    const char *word = cmdString(cmd, "device"), *comma = strchr(word, ',');
    g_autofree char *node = comma ? g_strndup(word, comma - word) : NULL;
    virNodeDevicePtr dev =
        comma ? virNodeDeviceLookupSCSIHostByWWN(sh->conn, node, comma + 1, 0) : virNodeDeviceLookupByName(sh->conn, word);
    if (!dev)
        shellError(sh, "Could not find matching device '%s'", word);
    return dev;
}

/* ---- documents ---- */

static bool cmdDumpxml(Shell *sh, Cmd *cmd)
{
    g_autoptr(virNodeDevice) dev = nodedevOf(sh, cmd);
    g_autofree char *xml = dev ? virNodeDeviceGetXMLDesc(dev, cmdHas(cmd, "inactive") ? VIR_NODE_DEVICE_XML_INACTIVE : 0) : NULL;
    if (xml && cmdHas(cmd, "xpath"))
        return printXpath(sh, xml, cmdString(cmd, "xpath"), cmdHas(cmd, "wrap"));
    if (xml)
        printDocument(sh, "xml", xml);
    return xml != NULL;
}

static bool cmdCreate(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "file");
    g_autofree char *xml = readInput(sh, file);
    g_autoptr(virNodeDevice) dev =
        xml ? virNodeDeviceCreateXML(sh->conn, xml, cmdHas(cmd, "validate") ? VIR_NODE_DEVICE_CREATE_XML_VALIDATE : 0) : NULL;
    if (dev)
        printExtra(sh, "Node device %s created from %s\n", virNodeDeviceGetName(dev), file);
    else if (xml)
        shellError(sh, "Failed to create node device from %s", file);
    return dev != NULL;
}

static bool cmdDefine(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "file");
    g_autofree char *xml = readInput(sh, file);
    g_autoptr(virNodeDevice) dev =
        xml ? virNodeDeviceDefineXML(sh->conn, xml, cmdHas(cmd, "validate") ? VIR_NODE_DEVICE_DEFINE_XML_VALIDATE : 0) : NULL;
    if (dev)
        printExtra(sh, "Node device '%s' defined from '%s'\n", virNodeDeviceGetName(dev), file);
    else if (xml)
        shellError(sh, "Failed to define node device from '%s'", file);
    return dev != NULL;
}

/* ---- simple verbs ---- */

/* Formats take the device's name. */
static bool told(Shell *sh, virNodeDevicePtr dev, bool ok, const char *done, const char *failed)
{
    g_auto(GStrv) parts = g_strsplit(ok ? done : failed, "%s", 2);
    const char *name = virNodeDeviceGetName(dev);
    if (ok)
        printExtra(sh, "%s%s%s\n", parts[0], name, parts[1]);
    else
        shellError(sh, "%s%s%s", parts[0], name, parts[1]);
    return ok;
}

/* `virNodeDeviceGetName` would reset the error: it is kept first. */
static bool verb(Shell *sh, Cmd *cmd, int (*call)(virNodeDevicePtr dev), const char *done, const char *failed)
{
    g_autoptr(virNodeDevice) dev = nodedevOf(sh, cmd);
    bool ok = dev && call(dev) >= 0;
    if (dev && !ok)
        shellKeepError();
    return dev && told(sh, dev, ok, done, failed);
}

static int undefineCall(virNodeDevicePtr dev)
{
    return virNodeDeviceUndefine(dev, 0);
}

static int startCall(virNodeDevicePtr dev)
{
    return virNodeDeviceCreate(dev, 0);
}

static bool cmdDestroy(Shell *sh, Cmd *cmd)
{
    return verb(sh, cmd, virNodeDeviceDestroy, "Destroyed node device '%s'", "Failed to destroy node device '%s'");
}

static bool cmdReattach(Shell *sh, Cmd *cmd)
{
    return verb(sh, cmd, virNodeDeviceReAttach, "Device %s re-attached", "Failed to re-attach device %s");
}

static bool cmdReset(Shell *sh, Cmd *cmd)
{
    return verb(sh, cmd, virNodeDeviceReset, "Device %s reset", "Failed to reset device %s");
}

static bool cmdUndefine(Shell *sh, Cmd *cmd)
{
    return verb(sh, cmd, undefineCall, "Undefined node device '%s'", "Failed to undefine node device '%s'");
}

static bool cmdStart(Shell *sh, Cmd *cmd)
{
    return verb(sh, cmd, startCall, "Device %s started", "Failed to start device %s");
}

static bool cmdDetach(Shell *sh, Cmd *cmd)
{
    const char *driver = cmdString(cmd, "driver");
    g_autoptr(virNodeDevice) dev = nodedevOf(sh, cmd);
    bool ok = dev && (driver ? virNodeDeviceDetachFlags(dev, driver, 0) : virNodeDeviceDettach(dev)) >= 0;
    if (dev && !ok)
        shellKeepError();
    return dev && told(sh, dev, ok, "Device %s detached", "Failed to detach device %s");
}

static bool cmdAutostart(Shell *sh, Cmd *cmd)
{
    bool off = cmdHas(cmd, "disable");
    g_autoptr(virNodeDevice) dev = nodedevOf(sh, cmd);
    bool ok = dev && virNodeDeviceSetAutostart(dev, !off) >= 0;
    if (dev && !ok)
        shellKeepError();
    return dev && told(sh, dev, ok, off ? "Device %s unmarked as autostarted" : "Device %s marked as autostarted",
                       off ? "failed to unmark device %s as autostarted" : "failed to mark device %s as autostarted");
}

static bool cmdInfo(Shell *sh, Cmd *cmd)
{
    int autostart = 0;
    g_autoptr(virNodeDevice) dev = nodedevOf(sh, cmd);
    if (!dev)
        return false;
    Facts *facts = factsNew(sh, 15);
    const char *parent = virNodeDeviceGetParent(dev);
    factsString(facts, "name", "Name:", virNodeDeviceGetName(dev));
    factsString(facts, "parent", "Parent:", parent ? parent : "");
    factsBool(facts, "active", "Active:", virNodeDeviceIsActive(dev) == 1, "yes", "no");
    factsBool(facts, "persistent", "Persistent:", virNodeDeviceIsPersistent(dev) == 1, "yes", "no");
    if (virNodeDeviceGetAutostart(dev, &autostart) < 0)
        factsString(facts, "autostart", "Autostart:", "no autostart");
    else
        factsBool(facts, "autostart", "Autostart:", autostart, "yes", "no");
    virResetLastError();
    factsEnd(facts);
    return true;
}

/* ---- lists ---- */

static bool capabilityFlags(Shell *sh, Cmd *cmd, unsigned int *flags)
{
    /* a bit of virConnectListAllNodeDeviceFlags each, in their order */
    static const char *const names[] = { "system",      "pci",        "usb_device", "usb",     "net",      "scsi_host",
                                         "scsi_target", "scsi",       "storage",    "fc_host", "vports",   "scsi_generic",
                                         "drm",         "mdev_types", "mdev",       "ccw",     "css",      "vdpa",
                                         "ap_card",     "ap_queue",   "ap_matrix",  "vpd",     "ccwgroup", "ccwgroup_member" };
    const char *text = cmdString(cmd, "cap");
    g_auto(GStrv) words = g_strsplit(text ? text : "", ",", -1);
    for (char **w = words; *w; w++) {
        guint i = 0;
        while (i < G_N_ELEMENTS(names) && !g_str_equal(names[i], *w))
            i++;
        if (i == G_N_ELEMENTS(names)) {
            shellError(sh, "Invalid capability type");
            return false;
        }
        *flags |= 1u << i;
    }
    return true;
}

static int byName(const void *a, const void *b)
{
    return strcmp(virNodeDeviceGetName(*(const virNodeDevicePtr *)a), virNodeDeviceGetName(*(const virNodeDevicePtr *)b));
}

static void listTree(virNodeDevicePtr *list, int n)
{
    g_autofree const char **names = g_new0(const char *, n + 1), **parents = g_new0(const char *, n + 1);
    for (int i = 0; i < n; i++) {
        names[i] = virNodeDeviceGetName(list[i]);
        parents[i] = virNodeDeviceGetParent(list[i]);
    }
    printTree(names, parents, n);
}

static bool cmdList(Shell *sh, Cmd *cmd)
{
    bool tree = cmdHas(cmd, "tree"), all = cmdHas(cmd, "all"), inactive = cmdHas(cmd, "inactive");
    unsigned int flags =
        (inactive ? 0 : VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE) | (inactive || all ? VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE : 0) |
        (cmdHas(cmd, "persistent") ? VIR_CONNECT_LIST_NODE_DEVICES_PERSISTENT : 0) |
        (cmdHas(cmd, "transient") ? VIR_CONNECT_LIST_NODE_DEVICES_TRANSIENT : 0);
    virNodeDevicePtr *list = NULL;
    if (all && inactive)
        shellError(sh, "Option --all is incompatible with --inactive");
    else if (tree && (cmdHas(cmd, "cap") || inactive))
        shellError(sh, "Option --tree is incompatible with --cap and --inactive");
    if ((all && inactive) || (tree && (cmdHas(cmd, "cap") || inactive)) || !capabilityFlags(sh, cmd, &flags))
        return false;
    int n = virConnectListAllNodeDevices(sh->conn, &list, flags);
    if (n < 0) {
        shellError(sh, "Failed to list node devices");
        return false;
    }
    qsort(list, n, sizeof(*list), byName);
    if (tree)
        listTree(list, n);
    for (int i = 0; i < n; i++) {
        if (!tree)
            printf("%s\n", virNodeDeviceGetName(list[i]));
        virNodeDeviceFree(list[i]);
    }
    free(list);
    return true;
}

/* ---- the table ---- */

#define FLAG(name, what) { name, OPT_BOOL, false, what, NULL }
#define DEVICE(what) { "device", OPT_DATA, true, what, NULL }
#define WWN "device name or wwn pair in 'wwnn,wwpn' format"

static const OptDef optsFile[] = { { "file", OPT_DATA, true, "file containing an XML description of the device", NULL },
                                   FLAG("validate", "validate the XML against the schema"), OPT_END };
static const OptDef optsOne[] = { DEVICE(WWN), OPT_END };
static const OptDef optsKey[] = { DEVICE("device key"), OPT_END };
static const OptDef optsStart[] = { DEVICE("device name"), OPT_END };
static const OptDef optsDetach[] = { DEVICE("device key"),
                                     { "driver", OPT_STRING, false, "pci device assignment backend driver (e.g. 'vfio' or 'xen')", NULL },
                                     OPT_END };
static const OptDef optsDumpxml[] = { DEVICE(WWN), FLAG("inactive", "show inactive defined XML"),
                                      { "xpath", OPT_STRING, false, "xpath expression to filter the XML document", NULL },
                                      FLAG("wrap", "wrap xpath results in an common root element"), OPT_END };
static const OptDef optsList[] = { FLAG("tree", "list devices in a tree"),
                                   { "cap", OPT_STRING, false, "capability names, separated by comma", NULL },
                                   FLAG("inactive", "list inactive devices"),
                                   FLAG("all", "list inactive & active devices"),
                                   FLAG("persistent", "list persistent devices"), FLAG("transient", "list transient devices"),
                                   OPT_END };
static const OptDef optsEvent[] = { { "device", OPT_STRING, false, "filter by node device name", NULL },
                                    { "event", OPT_STRING, false, "which event type to wait for", NULL },
                                    FLAG("loop", "loop until timeout or interrupt, rather than one-shot"),
                                    { "timeout", OPT_INT, false, "timeout seconds", NULL }, FLAG("list", "list valid event types"),
                                    FLAG("timestamp", "show timestamp for each printed event"), OPT_END };
static const OptDef optsUpdate[] = { DEVICE(WWN), { "file", OPT_DATA, true, "file containing an XML description of the device", NULL },
                                     FLAG("config", "affect next node device startup"), FLAG("live", "affect running node device"),
                                     FLAG("current", "affect current state of node device"), OPT_END };
static const OptDef optsAutostart[] = { DEVICE(WWN), FLAG("disable", "disable autostarting"), OPT_END };

static const CmdDef commands[] = {
    { "nodedev-create", "create a device defined by an XML file on the node",
      "Create a device on the node.  Note that this command creates devices on the physical host that can then be assigned to a virtual "
      "machine.",
      optsFile, cmdCreate, 0 },
    { "nodedev-destroy", "destroy (stop) a device on the node",
      "Destroy a device on the node.  Note that this command destroys devices on the physical host", optsOne, cmdDestroy, 0 },
    { "nodedev-detach", "detach node device from its device driver",
      "Detach node device from its device driver before assigning to a domain.", optsDetach, cmdDetach, 0 },
    { "nodedev-dumpxml", "node device details in XML", "Output the node device details as an XML dump to stdout.", optsDumpxml, cmdDumpxml,
      0 },
    { "nodedev-list", "enumerate devices on this host", NULL, optsList, cmdList, 0 },
    { "nodedev-reattach", "reattach node device to its device driver",
      "Reattach node device to its device driver once released by the domain.", optsKey, cmdReattach, 0 },
    { "nodedev-reset", "reset node device", "Reset node device before or after assigning to a domain.", optsKey, cmdReset, 0 },
    { "nodedev-event", "Node Device Events", "List event types, or wait for node device events to occur", optsEvent, cmdNodedevEvent, 0 },
    { "nodedev-define", "Define a device by an xml file on a node",
      "Defines a persistent device on the node that can be assigned to a domain. The device must be started before it can be assigned to a "
      "domain.",
      optsFile, cmdDefine, 0 },
    { "nodedev-undefine", "Undefine an inactive node device", "Undefines the configuration for an inactive node device", optsOne,
      cmdUndefine, 0 },
    { "nodedev-start", "Start an inactive node device", "Starts an inactive node device that was previously defined", optsStart, cmdStart,
      0 },
    { "nodedev-autostart", "autostart a defined node device", "Configure a node device to be automatically started at boot.", optsAutostart,
      cmdAutostart, 0 },
    { "nodedev-info", "node device information", "Returns basic information about the node device", optsOne, cmdInfo, CMD_FACTS },
    { "nodedev-update", "update an active and/or inactive node device",
      "Changes the attributes of a mediated device: of the one that runs, of its definition, or both.", optsUpdate, cmdNodedevUpdate, 0 },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

const CmdGroup groupNodedev = { "Node Device", "nodedev", commands };
