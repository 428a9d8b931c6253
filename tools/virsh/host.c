/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that show the host and the connection. */
#include "output.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool answer(Shell *sh, const char *key, char *text)
{
    g_autofree char *own = text;
    if (own)
        printText(sh, key, own);
    return own != NULL;
}

static bool cmdCapabilities(Shell *sh, Cmd *cmd)
{
    return answer(sh, "xml", virConnectGetCapabilities(sh->conn));
}

static bool cmdDomcapabilities(Shell *sh, Cmd *cmd)
{
    return answer(sh, "xml", virConnectGetDomainCapabilities(sh->conn, cmdString(cmd, "emulatorbin"), cmdString(cmd, "arch"),
                                                             cmdString(cmd, "machine"), cmdString(cmd, "virttype"), 0));
}

static bool cmdHostname(Shell *sh, Cmd *cmd)
{
    return answer(sh, "hostname", virConnectGetHostname(sh->conn));
}

static bool cmdUri(Shell *sh, Cmd *cmd)
{
    return answer(sh, "uri", virConnectGetURI(sh->conn));
}

static bool cmdSysinfo(Shell *sh, Cmd *cmd)
{
    g_autofree char *xml = virConnectGetSysinfo(sh->conn, 0);
    if (xml)
        printDocument(sh, "xml", xml);
    return xml != NULL;
}

static bool cmdNodeinfo(Shell *sh, Cmd *cmd)
{
    virNodeInfo info;
    if (virNodeGetInfo(sh->conn, &info) < 0) {
        shellError(sh, "%s", "failed to get node information");
        return false;
    }
    Facts *f = factsNew(sh, 20);
    factsString(f, "cpu-model", "CPU model:", info.model);
    factsNumber(f, "cpus", "CPU(s):", info.cpus, NULL);
    if (info.mhz)
        factsNumber(f, "cpu-mhz", "CPU frequency:", info.mhz, "%llu MHz");
    factsNumber(f, "sockets", "CPU socket(s):", info.sockets, NULL);
    factsNumber(f, "cores-per-socket", "Core(s) per socket:", info.cores, NULL);
    factsNumber(f, "threads-per-core", "Thread(s) per core:", info.threads, NULL);
    factsNumber(f, "numa-cells", "NUMA cell(s):", info.nodes, NULL);
    factsNumber(f, "memory-kib", "Memory size:", info.memory, "%llu KiB");
    factsEnd(f);
    return true;
}

/* ---- freecell ---- */

/* The ids of the NUMA cells in the capabilities; at least none. */
static GArray *cellIds(Shell *sh)
{
    static const char *const id[] = { "." };
    g_autofree char *xml = virConnectGetCapabilities(sh->conn);
    g_autoptr(GPtrArray) cells = xml ? documentRows(sh, xml, "/capabilities/host/topology/cells/cell/@id", id, 1) : NULL;
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(int));
    for (guint i = 0; cells && i < cells->len; i++) {
        const char *text = ((GPtrArray *)cells->pdata[i])->pdata[0];
        int number = text ? atoi(text) : 0;
        g_array_append_val(ids, number);
    }
    return ids;
}

static bool freecellAll(Shell *sh)
{
    g_autoptr(GArray) ids = cellIds(sh);
    unsigned long long total = 0;
    Facts *f = factsNew(sh, 0);
    for (guint i = 0; i < ids->len; i++) {
        unsigned long long bytes;
        int id = g_array_index(ids, int, i);
        g_autofree char *key = g_strdup_printf("cell-%d-kib", id);
        if (virNodeGetCellsFreeMemory(sh->conn, &bytes, id, 1) != 1) {
            shellError(sh, "failed to get free memory for NUMA node number: %d", id);
            factsDrop(f);
            return false;
        }
        if (!sh->json)
            printf("%5d: %10llu KiB\n", id, bytes / 1024);
        factsNumber(f, key, "", bytes / 1024, NULL);
        total += bytes / 1024;
    }
    if (sh->json) {
        factsNumber(f, "total-kib", "", total, NULL);
        factsEnd(f);
        return true;
    }
    factsDrop(f);
    printf("--------------------\n%5s: %10llu KiB\n", "Total", total);
    return true;
}

static bool cmdFreecell(Shell *sh, Cmd *cmd)
{
    unsigned long long bytes;
    int cell, given = cmdInt(sh, cmd, "cellno", &cell);
    if (given < 0 || !cmdExclusive(sh, cmd, "cellno", "all"))
        return false;
    if (cmdHas(cmd, "all"))
        return freecellAll(sh);
    if (given && virNodeGetCellsFreeMemory(sh->conn, &bytes, cell, 1) != 1)
        return false;
    if (!given && !(bytes = virNodeGetFreeMemory(sh->conn)))
        return false;
    g_autofree char *label = given ? g_strdup_printf("%d:", cell) : g_strdup("Total:");
    Facts *f = factsNew(sh, 0);
    factsNumber(f, given ? "free-kib" : "total-kib", label, bytes / 1024, "%llu KiB");
    factsEnd(f);
    return true;
}

/* ---- version ---- */

static char *versionText(unsigned long v)
{
    return g_strdup_printf("%lu.%lu.%lu", v / 1000000, v / 1000 % 1000, v % 1000);
}

static bool cmdVersion(Shell *sh, Cmd *cmd)
{
    const char *type = virConnectGetType(sh->conn);
    unsigned long lib, api, hypervisor = 0, daemon;
    if (!type || virGetVersion(&lib, type, &api) < 0 || virConnectGetVersion(sh->conn, &hypervisor) < 0)
        return false;
    g_autofree char *compiled = versionText(LIBVIR_VERSION_NUMBER), *libText = versionText(lib), *apiText = versionText(api);
    g_autofree char *hvText = versionText(hypervisor), *daemonText = NULL;
    if (cmdHas(cmd, "daemon")) {
        if (virConnectGetLibVersion(sh->conn, &daemon) < 0)
            return false;
        daemonText = versionText(daemon);
    }
    if (sh->json) {
        Facts *f = factsNew(sh, 0);
        factsString(f, "compiled-against", "", compiled);
        factsString(f, "library", "", libText);
        factsString(f, "api", "", type);
        factsString(f, "api-version", "", apiText);
        factsString(f, "hypervisor-version", "", hypervisor ? hvText : NULL);
        if (daemonText)
            factsString(f, "daemon", "", daemonText);
        factsEnd(f);
        return true;
    }
    printf("Compiled against library: libvirt %s\nUsing library: libvirt %s\nUsing API: %s %s\n", compiled, libText, type, apiText);
    if (hypervisor)
        printf("Running hypervisor: %s %s\n", type, hvText);
    else
        printf("Cannot extract running %s hypervisor version\n", type);
    if (daemonText)
        printf("Running against daemon: %s\n", daemonText);
    return true;
}

#define FLAG(name, what) { name, OPT_BOOL, false, what, NULL }
static const OptDef optsNone[] = { OPT_END };
static const OptDef optsDomcaps[] = { { "virttype", OPT_STRING, false, "virtualization type (/domain/@type)", NULL },
                                      { "emulatorbin", OPT_STRING, false, "path to emulator binary (/domain/devices/emulator)", NULL },
                                      { "arch", OPT_STRING, false, "domain architecture (/domain/os/type/@arch)", NULL },
                                      { "machine", OPT_STRING, false, "machine type (/domain/os/type/@machine)", NULL }, OPT_END };
static const OptDef optsFreecell[] = { { "cellno", OPT_INT, false, "NUMA cell number", NULL },
                                       FLAG("all", "show free memory for all NUMA cells"), OPT_END };
static const OptDef optsVersion[] = { FLAG("daemon", "report daemon version too"), OPT_END };

static const CmdDef commands[] = {
    { "capabilities", "capabilities", "Returns capabilities of hypervisor/driver.", optsNone, cmdCapabilities, CMD_FACTS },
    { "domcapabilities", "domain capabilities", "Returns capabilities of emulator with respect to host and libvirt.", optsDomcaps, cmdDomcapabilities, CMD_FACTS },
    { "freecell", "NUMA free memory", "display available free memory for the NUMA cell.", optsFreecell, cmdFreecell, CMD_FACTS },
    { "hostname", "print the hypervisor hostname", NULL, optsNone, cmdHostname, CMD_FACTS },
    { "nodeinfo", "node information", "Returns basic information about the node.", optsNone, cmdNodeinfo, CMD_FACTS },
    { "sysinfo", "print the hypervisor sysinfo", "output an XML string for the hypervisor sysinfo, if available", optsNone, cmdSysinfo, CMD_FACTS },
    { "uri", "print the hypervisor canonical URI", NULL, optsNone, cmdUri, CMD_FACTS },
    { "version", "show version", "Display the system version information.", optsVersion, cmdVersion, CMD_FACTS },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

const CmdGroup groupHost = { "Host and Hypervisor", "host", commands };
