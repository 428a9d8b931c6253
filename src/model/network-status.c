/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status file of a network: the table of its envelope. */
#define VIR_FROM VIR_FROM_NETWORK
#include "model/network-status.h"
#include "base/error.h"
#include "model/tables.h"
#include <string.h>

#define S virNetworkStatus
static const virXmlRow statusRows[] = {
    X_STR("class_id/@bitmap", classes, 0),
    X_ULL("floor/@sum", floor, XF_ALWAYS),
    X_OBJ("network", def, virNetworkDef, XF_REQ),
    X_END
};
static X_TYPE(virNetworkStatus, "networkstatus", statusRows);
#undef S

virNetworkDef *virNetworkStatusParse(const char *xml, const char *file, GError **error)
{
    g_autoptr(virXmlDoc) doc = virXmlDocParse(xml, file, "network_status", "networkstatus", VIR_FROM, error);
    virXmlContext ctx = { .from = VIR_FROM };
    virNetworkStatus *status = doc ? virXmlParse(&virNetworkStatusXml, virXmlRoot(doc), &ctx, error) : NULL;
    if (!status)
        return NULL;
    g_autoptr(virNetworkDef) def = g_steal_pointer(&status->def);
    virXmlFree(&virNetworkStatusXml, status);
    return virNetworkDefComplete(def, 0, error) ? g_steal_pointer(&def) : NULL;
}

char *virNetworkStatusFormat(const virNetworkStatus *status)
{
    static const char warning[] = "<!--\n"
                                  "WARNING: THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE\n"
                                  "OVERWRITTEN AND LOST. Changes to this xml configuration should be made using:\n"
                                  "  virsh net-edit %s\n"
                                  "or other application using the libvirt API.\n"
                                  "-->\n\n";
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, warning, strstr(status->def->name, "--") ? "NAME" : status->def->name);
    virXmlFormat(&virNetworkStatusXml, NULL, status, 0, out, 0);
    return g_string_free(out, FALSE);
}
