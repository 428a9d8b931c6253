/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of guests: attached, updated and detached, from a document or from options. */
#include "output.h"
#include <string.h>

/* --persistent: live where the guest runs, and the next boot. False with a message when the options contradict each other. */
static bool affected(Shell *sh, Cmd *cmd, virDomainPtr dom, unsigned int *flags)
{
    bool persistent = cmdOffers(cmd, "persistent") && cmdHas(cmd, "persistent");
    if (!cmdExclusive(sh, cmd, "current", "live") || !cmdExclusive(sh, cmd, "current", "config") ||
        (persistent && !cmdExclusive(sh, cmd, "persistent", "current")))
        return false;
    *flags = (cmdHas(cmd, "config") || persistent ? VIR_DOMAIN_AFFECT_CONFIG : 0) | (cmdHas(cmd, "live") ? VIR_DOMAIN_AFFECT_LIVE : 0);
    if (persistent && virDomainIsActive(dom) == 1)
        *flags |= VIR_DOMAIN_AFFECT_LIVE;
    return true;
}

typedef struct {
    int (*change)(virDomainPtr dom, const char *xml, unsigned int flags);
    const char *done, *failed;  /* in words */
} Verb;

static const Verb attach = { virDomainAttachDeviceFlags, "attached", "attach" }, detach = { virDomainDetachDeviceFlags, "detached", "detach" },
                  update = { virDomainUpdateDeviceFlags, "updated", "update" };

/* `about`: behind the verb in the message of a failure. */
static bool apply(Shell *sh, Cmd *cmd, virDomainPtr dom, const Verb *verb, const char *what, const char *about, const char *xml)
{
    unsigned int flags = 0;
    if (!affected(sh, cmd, dom, &flags))
        return false;
    if (cmdOffers(cmd, "force") && cmdHas(cmd, "force"))
        flags |= VIR_DOMAIN_DEVICE_MODIFY_FORCE;
    if (verb->change(dom, xml, flags) < 0) {
        shellError(sh, "Failed to %s %s", verb->failed, about);
        return false;
    }
    printExtra(sh, "%s %s successfully\n", what, verb->done);
    return true;
}

static bool fromFile(Shell *sh, Cmd *cmd, const Verb *verb)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    g_autofree char *xml = dom ? readInput(sh, cmdString(cmd, "file")) : NULL;
    g_autofree char *about = g_strdup_printf("device from %s", cmdString(cmd, "file"));
    return xml && apply(sh, cmd, dom, verb, "Device", about, xml);
}

static bool cmdAttachDevice(Shell *sh, Cmd *cmd)
{
    return fromFile(sh, cmd, &attach);
}

static bool cmdDetachDevice(Shell *sh, Cmd *cmd)
{
    return fromFile(sh, cmd, &detach);
}

static bool cmdUpdateDevice(Shell *sh, Cmd *cmd)
{
    return fromFile(sh, cmd, &update);
}

static bool cmdDetachAlias(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    unsigned int flags = 0;
    const char *alias = cmdString(cmd, "alias");
    if (!dom || !affected(sh, cmd, dom, &flags))
        return false;
    if (virDomainDetachDeviceAlias(dom, alias, flags) < 0) {
        shellError(sh, "Failed to detach device with alias %s", alias);
        return false;
    }
    printExtra(sh, "Device detach request sent successfully\n");
    return true;
}

/* ---- documents from options ---- */

/* " name='value'", nothing for a value that was not given. */
static void attribute(GString *xml, const char *name, const char *value)
{
    g_autofree char *escaped = value ? g_markup_escape_text(value, -1) : NULL;
    if (escaped)
        g_string_append_printf(xml, " %s='%s'", name, escaped);
}

static void element(GString *xml, const char *name, const char *member, const char *value)
{
    if (!value)
        return;
    g_string_append_printf(xml, "  <%s", name);
    attribute(xml, member, value);
    g_string_append(xml, "/>\n");
}

static char *diskXml(Cmd *cmd)
{
    const char *source = cmdString(cmd, "source"), *type = cmdString(cmd, "sourcetype"), *mode = cmdString(cmd, "mode");
    bool block = type ? strcmp(type, "block") == 0 : source && g_str_has_prefix(source, "/dev/");
    GString *xml = g_string_new("<disk");
    attribute(xml, "type", block ? "block" : "file");
    attribute(xml, "device", cmdString(cmd, "type"));
    g_string_append(xml, ">\n");
    static const char *const driver[][2] = { { "driver", "name" }, { "subdriver", "type" }, { "iothread", "iothread" }, { "cache", "cache" }, { "io", "io" } };
    bool any = false;
    for (guint i = 0; i < G_N_ELEMENTS(driver); i++)
        any |= cmdString(cmd, driver[i][0]) != NULL;
    if (any) {
        g_string_append(xml, "  <driver");
        for (guint i = 0; i < G_N_ELEMENTS(driver); i++)
            attribute(xml, driver[i][1], cmdString(cmd, driver[i][0]));
        g_string_append(xml, "/>\n");
    }
    element(xml, "source", block ? "dev" : "file", source && *source ? source : NULL);
    g_string_append(xml, "  <target");
    attribute(xml, "dev", cmdString(cmd, "target"));
    attribute(xml, "bus", cmdString(cmd, "targetbus"));
    g_string_append(xml, "/>\n");
    if (cmdString(cmd, "serial"))
        g_string_append_printf(xml, "  <serial>%s</serial>\n", cmdString(cmd, "serial"));
    element(xml, "alias", "name", cmdString(cmd, "alias"));
    if (mode)
        g_string_append_printf(xml, "  <%s/>\n", mode);
    g_string_append(xml, "</disk>\n");
    return g_string_free(xml, FALSE);
}

static bool cmdAttachDisk(Shell *sh, Cmd *cmd)
{
    const char *mode = cmdString(cmd, "mode");
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom)
        return false;
    if (mode && strcmp(mode, "readonly") != 0 && strcmp(mode, "shareable") != 0) {
        shellError(sh, "No support for %s in command 'attach-disk'", mode);
        return false;
    }
    g_autofree char *xml = diskXml(cmd);
    if (cmdHas(cmd, "print-xml")) {
        printDocument(sh, "xml", xml);
        return true;
    }
    return apply(sh, cmd, dom, &attach, "Disk", "disk", xml);
}

static char *interfaceXml(Cmd *cmd)
{
    static const struct { const char *type, *member; } sources[] = { { "network", "network" }, { "bridge", "bridge" }, { "direct", "dev" }, { "ethernet", "dev" } };
    const char *type = cmdString(cmd, "type"), *source = cmdString(cmd, "source");
    GString *xml = g_string_new("<interface");
    attribute(xml, "type", type);
    attribute(xml, "managed", cmdHas(cmd, "managed") ? "yes" : NULL);
    g_string_append(xml, ">\n");
    for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
        if (strcmp(sources[i].type, type) == 0)
            element(xml, "source", sources[i].member, source);
    unsigned int at[4];
    if (strcmp(type, "hostdev") == 0 && sscanf(source, "%x:%x:%x.%x", at, at + 1, at + 2, at + 3) == 4)
        g_string_append_printf(xml, "  <source>\n    <address type='pci' domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>\n  </source>\n",
                               at[0], at[1], at[2], at[3]);
    element(xml, "target", "dev", cmdString(cmd, "target"));
    element(xml, "mac", "address", cmdString(cmd, "mac"));
    element(xml, "script", "path", cmdString(cmd, "script"));
    element(xml, "model", "type", cmdString(cmd, "model"));
    element(xml, "alias", "name", cmdString(cmd, "alias"));
    g_string_append(xml, "</interface>\n");
    return g_string_free(xml, FALSE);
}

static bool cmdAttachInterface(Shell *sh, Cmd *cmd)
{
    static const char *const types[] = { "network", "bridge", "direct", "ethernet", "hostdev", "user", NULL };
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom)
        return false;
    if (!g_strv_contains(types, cmdString(cmd, "type"))) {
        shellError(sh, "No support for %s in command 'attach-interface'", cmdString(cmd, "type"));
        return false;
    }
    g_autofree char *xml = interfaceXml(cmd);
    if (cmdHas(cmd, "print-xml")) {
        printDocument(sh, "xml", xml);
        return true;
    }
    return apply(sh, cmd, dom, &attach, "Interface", "interface", xml);
}

/* ---- devices that the guest has ---- */

/* The device that `path` selects in the definition that the options are about; *n: how many there are. */
static char *findDevice(Shell *sh, virDomainPtr dom, bool config, const char *path, int *n)
{
    g_autofree char *xml = virDomainGetXMLDesc(dom, config ? VIR_DOMAIN_XML_INACTIVE : 0);
    *n = 0;
    return xml ? documentFirst(sh, xml, path, n) : NULL;
}

static bool inactiveOnly(Cmd *cmd, virDomainPtr dom)
{
    return virDomainIsActive(dom) != 1 || (cmdHas(cmd, "config") && !cmdHas(cmd, "live"));
}

static bool cmdDetachDisk(Shell *sh, Cmd *cmd)
{
    int n = 0;
    const char *target = cmdString(cmd, "target");
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom)
        return false;
    g_autofree char *path = strchr(target, '\'') ? g_strdup("/none") : g_strdup_printf("/domain/devices/disk[target/@dev='%s' or source/@file='%s' or source/@dev='%s']",
                                                                                         target, target, target);
    g_autofree char *xml = findDevice(sh, dom, inactiveOnly(cmd, dom), path, &n);
    if (!xml) {
        shellError(sh, "No disk found whose source path or target is %s", target);
        return false;
    }
    if (cmdHas(cmd, "print-xml")) {
        printText(sh, "xml", xml);
        return true;
    }
    return apply(sh, cmd, dom, &detach, "Disk", "disk", xml);
}

static bool cmdDetachInterface(Shell *sh, Cmd *cmd)
{
    int n = 0;
    const char *type = cmdString(cmd, "type"), *mac = cmdString(cmd, "mac");
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom)
        return false;
    g_autofree char *lower = mac ? g_ascii_strdown(mac, -1) : NULL, *which = mac ? g_strdup_printf("[mac/@address='%s']", lower) : g_strdup("");
    g_autofree char *path = strchr(type, '\'') || (mac && strchr(mac, '\'')) ? g_strdup("/none")
                                                                             : g_strdup_printf("/domain/devices/interface[@type='%s']%s", type, which);
    g_autofree char *xml = findDevice(sh, dom, inactiveOnly(cmd, dom), path, &n);
    if (n > 1)
        shellError(sh, "Domain has %d interfaces. Please specify which one to detach using --mac", n);
    else if (!xml && mac)
        shellError(sh, "No interface with MAC address %s was found", mac);
    else if (!xml)
        shellError(sh, "No interface found whose type is %s", type);
    return xml && n == 1 && apply(sh, cmd, dom, &detach, "Interface", "interface", xml);
}

#define FLAG(name, what) { name, OPT_BOOL, false, what, NULL }
#define TEXT(name, what) { name, OPT_STRING, false, what, NULL }
#define NEED(name, what) { name, OPT_DATA, true, what, NULL }
#define DOMAIN OPT_DOMAIN("domain name, id or uuid", completeDomains)
#define WHERE FLAG("config", "affect next boot"), FLAG("live", "affect running domain"), FLAG("current", "affect current domain")
#define PERSISTENT FLAG("persistent", "make live change persistent")

static const OptDef optsFile[] = { DOMAIN, NEED("file", "XML file"), PERSISTENT, WHERE, OPT_END };
static const OptDef optsUpdate[] = { DOMAIN, NEED("file", "XML file"), PERSISTENT, WHERE, FLAG("force", "force device update"), OPT_END };
static const OptDef optsAlias[] = { DOMAIN, NEED("alias", "device alias"), WHERE, OPT_END };
static const OptDef optsDisk[] = {
    DOMAIN, NEED("source", "source of disk device"), NEED("target", "target of disk device"), TEXT("targetbus", "target bus of disk device"),
    TEXT("driver", "driver of disk device"), TEXT("subdriver", "subdriver of disk device"), TEXT("iothread", "IOThread to be used by supported device"),
    TEXT("cache", "cache mode of disk device"), TEXT("io", "io policy of disk device"), TEXT("type", "target device type"),
    TEXT("mode", "mode of device reading and writing"), TEXT("sourcetype", "type of source (block|file)"), TEXT("serial", "serial of disk device"),
    TEXT("alias", "custom alias name of disk device"), FLAG("print-xml", "print XML document rather than attach the disk"), PERSISTENT, WHERE, OPT_END
};
static const OptDef optsDetachDisk[] = { DOMAIN, NEED("target", "target of disk device"), PERSISTENT, WHERE,
                                         FLAG("print-xml", "print XML document rather than detach the disk"), OPT_END };
static const OptDef optsInterface[] = {
    DOMAIN, NEED("type", "network interface type"), NEED("source", "source of network interface"), TEXT("target", "target network name"),
    TEXT("mac", "MAC address"), TEXT("script", "script used to bridge network interface"), TEXT("model", "model type"),
    TEXT("alias", "custom alias name of interface device"), FLAG("managed", "libvirt will automatically detach/attach the device from/to host"),
    FLAG("print-xml", "print XML document rather than attach the interface"), PERSISTENT, WHERE, OPT_END
};
static const OptDef optsDetachInterface[] = { DOMAIN, NEED("type", "network interface type"), TEXT("mac", "MAC address"), PERSISTENT, WHERE, OPT_END };

static const CmdDef commands[] = {
    { "attach-device", "attach device from an XML file", "Attach device from an XML <file>.", optsFile, cmdAttachDevice, 0 },
    { "attach-disk", "attach disk device", "Attach new disk device.", optsDisk, cmdAttachDisk, CMD_FACTS },
    { "attach-interface", "attach network interface", "Attach new network interface.", optsInterface, cmdAttachInterface, CMD_FACTS },
    { "detach-device", "detach device from an XML file", "Detach device from an XML <file>", optsFile, cmdDetachDevice, 0 },
    { "detach-device-alias", "detach device from an alias", "Detach device identified by the given alias from a domain", optsAlias, cmdDetachAlias, 0 },
    { "detach-disk", "detach disk device", "Detach disk device.", optsDetachDisk, cmdDetachDisk, CMD_FACTS },
    { "detach-interface", "detach network interface", "Detach network interface.", optsDetachInterface, cmdDetachInterface, 0 },
    { "update-device", "update device from an XML file", "Update device from an XML <file>.", optsUpdate, cmdUpdateDevice, 0 },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

const CmdGroup groupDevices = { NULL, "domain", commands };
