/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status file: the table of its envelope, and the definition inside with everything that only we know. */
#define VIR_FROM VIR_FROM_DOMAIN
#include "model/domain-status.h"
#include "base/error.h"
#include "model/tables.h"

#define S virDomainStatusVcpu
static const virXmlRow vcpuRows[] = { X_UINT("@id", id, XF_REQ | XF_ALWAYS), X_LL("@pid", pid, XF_REQ), X_END };
static X_TYPE(virDomainStatusVcpu, "vcpu", vcpuRows);
#undef S
#define S virDomainStatusName
static const virXmlRow taintRows[] = { X_STR("@flag", name, XF_REQ), X_END };
static X_TYPE_AS(taintXml, virDomainStatusName, "taint", taintRows);
static const virXmlRow flagRows[] = { X_STR("@name", name, XF_REQ), X_END };
static X_TYPE_AS(flagXml, virDomainStatusName, "flag", flagRows);
static const virXmlRow deviceRows[] = { X_STR("@alias", name, XF_REQ), X_END };
static X_TYPE_AS(deviceXml, virDomainStatusName, "device", deviceRows);
#undef S

#define S virDomainStatus
static const virXmlRow statusRows[] = {
    X_ENUM("@state", state, virDomainStatusState, XF_REQ | XF_ALWAYS),
    X_STR("@reason", reason, 0),
    X_LL("@pid", pid, XF_REQ | XF_ALWAYS),
    X_LIST_AS("taint", taints, virDomainStatusName, taintXml, 0),
    X_STR("monitor/@path", monitorPath, 0),
    X_STR("monitor/@type", monitorType, 0),
    X_FLAG("namespaces/mount", mountNamespace, 0),
    X_LIST("vcpus/vcpu", vcpus, virDomainStatusVcpu, 0),
    X_LIST_AS("qemuCaps/flag", qemuCaps, virDomainStatusName, flagXml, 0),
    X_LIST_AS("devices/device", devices, virDomainStatusName, deviceXml, 0),
    X_STR("libDir/@path", libDir, 0),
    X_STR("channelTargetDir/@path", channelTargetDir, 0),
    X_OBJ("cpu", cpu, virCPUDef, 0),
    X_FLAG("chardevStdioLogd", chardevStdioLogd, 0),
    X_FLAG("rememberOwner", rememberOwner, 0),
    X_YESNO("allowReboot/@value", allowReboot, 0),
    X_ULL("nodename/@index", nodename, 0),
    X_UINT("fdset/@index", fdset, 0, X_HAS(hasFdset)),
    X_BOOL("blockjobs/@active", blockjobsActive, XF_ALWAYS),
    X_INT("agentTimeout", agentTimeout, 0, X_HAS(hasAgentTimeout)),
    X_OBJ("domain", def, virDomainDef, XF_REQ),
    X_END
};
static X_TYPE(virDomainStatus, "domstatus", statusRows);
#undef S

enum { STATUS_FLAGS = VIR_DOMAIN_DEF_STATUS | VIR_DOMAIN_DEF_SECURE };

virDomainStatus *virDomainStatusParse(const char *xml, const char *file, const virDomainParseConfig *conf, GError **error)
{
    g_autoptr(virXmlDoc) doc = virXmlDocParse(xml, file, "domain_status", "domstatus", VIR_FROM, error);
    if (!doc)
        return NULL;
    virXmlContext ctx = { .flags = STATUS_FLAGS, .from = VIR_FROM, .user = conf };
    g_autoptr(virDomainStatus) status = virXmlParse(&virDomainStatusXml, virXmlRoot(doc), &ctx, error);
    if (!status || !virDomainDefPostParse(status->def, conf, STATUS_FLAGS, error))
        return NULL;
    return g_steal_pointer(&status);
}

char *virDomainStatusFormat(const virDomainStatus *status)
{
    static const char warning[] = "<!--\n"
                                  "WARNING: THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE\n"
                                  "OVERWRITTEN AND LOST. Changes to this xml configuration should be made using:\n"
                                  "  virsh edit %s\n"
                                  "or other application using the libvirt API.\n"
                                  "-->\n\n";
    /* a comment can't hold "--" */
    g_autofree char *name = g_strdup(status->def->name);
    for (char *p = name; *p; p++)
        if (p[0] == '-' && p[1] == '-')
            p[1] = '_';
    GString *out = g_string_sized_new(16384);
    g_string_append_printf(out, warning, name);
    virXmlFormat(&virDomainStatusXml, NULL, status, STATUS_FLAGS, out, 0);
    return g_string_free(out, FALSE);
}

void virDomainStatusFree(virDomainStatus *status)
{
    if (!status)
        return;
    virDomainDefUnref(g_steal_pointer(&status->def));
    virXmlFree(&virDomainStatusXml, status);
}
