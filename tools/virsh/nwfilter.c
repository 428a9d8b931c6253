/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands about network filters and their bindings. */
#include "output.h"

SHELL_FREE(virNWFilter)
SHELL_FREE(virNWFilterBinding)

static virNWFilterPtr filterOf(Shell *sh, Cmd *cmd)
{
    const char *word = cmdString(cmd, "nwfilter");
    bool isUuid = g_regex_match_simple("^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$", word, 0, 0);
    virNWFilterPtr filter = isUuid ? virNWFilterLookupByUUIDString(sh->conn, word) : NULL;
    if (!filter) {
        virResetLastError();
        filter = virNWFilterLookupByName(sh->conn, word);
    }
    if (!filter)
        shellError(sh, "failed to get nwfilter '%s'", word);
    return filter;
}

static virNWFilterBindingPtr bindingOf(Shell *sh, Cmd *cmd)
{
    virNWFilterBindingPtr binding = virNWFilterBindingLookupByPortDev(sh->conn, cmdString(cmd, "binding"));
    if (!binding)
        shellError(sh, "failed to get nwfilter binding '%s'", cmdString(cmd, "binding"));
    return binding;
}

static bool printXml(Shell *sh, Cmd *cmd, const char *xml)
{
    if (xml && cmdHas(cmd, "xpath"))
        return printXpath(sh, xml, cmdString(cmd, "xpath"), cmdHas(cmd, "wrap"));
    if (xml)
        printDocument(sh, "xml", xml);
    return xml != NULL;
}

static bool cmdDefine(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "file");
    g_autofree char *xml = readInput(sh, file);
    if (!xml)
        return false;
    g_autoptr(virNWFilter) filter = cmdHas(cmd, "validate") ? virNWFilterDefineXMLFlags(sh->conn, xml, VIR_NWFILTER_DEFINE_VALIDATE)
                                                            : virNWFilterDefineXML(sh->conn, xml);
    if (!filter)
        shellError(sh, "Failed to define network filter from %s", file);
    else
        printExtra(sh, "Network filter %s defined from %s\n", virNWFilterGetName(filter), file);
    return filter != NULL;
}

static char *dumpToEdit(void *object)
{
    return virNWFilterGetXMLDesc(object, 0);
}

static bool defineEdited(Shell *sh, const char *xml, bool validate)
{
    g_autoptr(virNWFilter) changed = virNWFilterDefineXML(sh->conn, xml);
    return changed != NULL;
}

static bool cmdEdit(Shell *sh, Cmd *cmd)
{
    g_autoptr(virNWFilter) filter = filterOf(sh, cmd);
    if (!filter)
        return false;
    g_autofree char *label = g_strdup_printf("Network filter %s", virNWFilterGetName(filter));
    return editDocument(sh, &(EditWhat){ label, filter, dumpToEdit, defineEdited }, false);
}

static bool cmdUndefine(Shell *sh, Cmd *cmd)
{
    g_autoptr(virNWFilter) filter = filterOf(sh, cmd);
    if (!filter)
        return false;
    const char *name = virNWFilterGetName(filter);
    if (virNWFilterUndefine(filter) < 0) {
        shellError(sh, "Failed to undefine network filter %s", name);
        return false;
    }
    printExtra(sh, "Network filter %s undefined\n", name);
    return true;
}

static bool cmdDumpxml(Shell *sh, Cmd *cmd)
{
    g_autoptr(virNWFilter) filter = filterOf(sh, cmd);
    g_autofree char *xml = filter ? virNWFilterGetXMLDesc(filter, 0) : NULL;
    return printXml(sh, cmd, xml);
}

static bool cmdList(Shell *sh, Cmd *cmd)
{
    virNWFilterPtr *list = NULL;
    int n = virConnectListAllNWFilters(sh->conn, &list, 0);
    if (n < 0) {
        shellError(sh, "%s", "Failed to count network filters");
        return false;
    }
    Table *table = tableNew(sh, "UUID", "Name", NULL);
    for (int i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN];
        virNWFilterGetUUIDString(list[i], uuid);
        tableRow(table, uuid, virNWFilterGetName(list[i]), NULL);
        virNWFilterShellFree(list[i]);
    }
    tableEnd(table);
    g_free(list);
    return true;
}

/* ---- bindings ---- */

static bool cmdBindingCreate(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "file");
    g_autofree char *xml = readInput(sh, file);
    if (!xml)
        return false;
    unsigned int flags = cmdHas(cmd, "validate") ? VIR_NWFILTER_BINDING_CREATE_VALIDATE : 0;
    g_autoptr(virNWFilterBinding) binding = virNWFilterBindingCreateXML(sh->conn, xml, flags);
    if (!binding)
        shellError(sh, "Failed to create network filter from %s", file);
    else
        printExtra(sh, "Network filter binding on %s created from %s\n", virNWFilterBindingGetPortDev(binding), file);
    return binding != NULL;
}

static bool cmdBindingDelete(Shell *sh, Cmd *cmd)
{
    g_autoptr(virNWFilterBinding) binding = bindingOf(sh, cmd);
    if (!binding)
        return false;
    const char *port = virNWFilterBindingGetPortDev(binding);
    if (virNWFilterBindingDelete(binding) < 0) {
        shellError(sh, "Failed to delete network filter binding %s", port);
        return false;
    }
    printExtra(sh, "Network filter binding on %s deleted\n", port);
    return true;
}

static bool cmdBindingDumpxml(Shell *sh, Cmd *cmd)
{
    g_autoptr(virNWFilterBinding) binding = bindingOf(sh, cmd);
    g_autofree char *xml = binding ? virNWFilterBindingGetXMLDesc(binding, 0) : NULL;
    return printXml(sh, cmd, xml);
}

static bool cmdBindingList(Shell *sh, Cmd *cmd)
{
    virNWFilterBindingPtr *list = NULL;
    int n = virConnectListAllNWFilterBindings(sh->conn, &list, 0);
    if (n < 0) {
        shellError(sh, "%s", "Failed to list network filter bindings");
        return false;
    }
    Table *table = tableNew(sh, "Port Dev", "Filter", NULL);
    for (int i = 0; i < n; i++) {
        tableRow(table, virNWFilterBindingGetPortDev(list[i]), virNWFilterBindingGetFilterName(list[i]), NULL);
        virNWFilterBindingShellFree(list[i]);
    }
    tableEnd(table);
    g_free(list);
    return true;
}

/* ---- the group ---- */

#define FLAG(name, help) { name, OPT_BOOL, false, help, NULL }
#define VALIDATE FLAG("validate", "validate the XML against the schema")
#define XPATH { "xpath", OPT_STRING, false, "xpath expression to filter the XML document", NULL }, \
    FLAG("wrap", "wrap xpath results in an common root element")
#define FILTER { "nwfilter", OPT_DATA, true, "network filter name or uuid", NULL }
#define BINDING { "binding", OPT_DATA, true, "network filter binding port dev", NULL }
static const OptDef optsDefine[] = { { "file", OPT_DATA, true, "file containing an XML network filter description", NULL }, VALIDATE, OPT_END };
static const OptDef optsFilter[] = { FILTER, OPT_END };
static const OptDef optsDumpxml[] = { FILTER, XPATH, OPT_END };
static const OptDef optsNone[] = { OPT_END };
static const OptDef optsCreate[] = { { "file", OPT_DATA, true, "file containing an XML network filter binding description", NULL }, VALIDATE,
                                     OPT_END };
static const OptDef optsBinding[] = { BINDING, OPT_END };
static const OptDef optsBindingDumpxml[] = { BINDING, XPATH, OPT_END };

static const CmdDef commands[] = {
    { "nwfilter-define", "define or update a network filter from an XML file", "Define a new network filter or update an existing one.",
      optsDefine, cmdDefine, 0 },
    { "nwfilter-dumpxml", "network filter information in XML", "Output the network filter information as an XML dump to stdout.", optsDumpxml,
      cmdDumpxml, CMD_FACTS },
    { "nwfilter-edit", "edit XML configuration for a network filter", "Edit the XML configuration for a network filter.", optsFilter, cmdEdit,
      0 },
    { "nwfilter-list", "list network filters", "Returns list of network filters.", optsNone, cmdList, CMD_FACTS },
    { "nwfilter-undefine", "undefine a network filter", "Undefine a given network filter.", optsFilter, cmdUndefine, 0 },
    { "nwfilter-binding-create", "create a network filter binding from an XML file", "Create a new network filter binding.", optsCreate,
      cmdBindingCreate, 0 },
    { "nwfilter-binding-delete", "delete a network filter binding", "Delete a given network filter binding.", optsBinding, cmdBindingDelete, 0 },
    { "nwfilter-binding-dumpxml", "network filter information in XML", "Output the network filter information as an XML dump to stdout.",
      optsBindingDumpxml, cmdBindingDumpxml, CMD_FACTS },
    { "nwfilter-binding-list", "list network filter bindings", "Returns list of network filter bindings.", optsNone, cmdBindingList, CMD_FACTS },
    { NULL, NULL, NULL, NULL, NULL, 0 }
};
const CmdGroup groupFilter = { "Network Filter", "filter", commands };
