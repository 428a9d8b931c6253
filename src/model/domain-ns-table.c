/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The drivers' own namespaces in <domain>: one row in `members` for each element, one in `prefixes` for each namespace. */
#include "model/passes.h"
#include "model/tables.h"
#include "xml/engine.h"
#include <string.h>

#define NS .ns = virDomainNamespaces
const virXmlNamespace virDomainNamespaces[] = {
    { "qemu", "http://libvirt.org/schemas/domain/qemu/1.0" },   { "lxc", "http://libvirt.org/schemas/domain/lxc/1.0" },
    { "bhyve", "http://libvirt.org/schemas/domain/bhyve/1.0" }, { "xen", "http://libvirt.org/schemas/domain/xen/1.0" },
    { "vmware", "http://libvirt.org/schemas/domain/vmware/1.0" }, { 0 }
};

#define S virDomainQemuArg
static const virXmlRow argRows[] = { X_STR("@value", value, XF_REQ), X_END };
static X_TYPE(virDomainQemuArg, "qemu:arg", argRows);
#undef S
#define S virDomainQemuEnv
static const virXmlRow envRows[] = { X_STR("@name", name, XF_REQ), X_STR("@value", value, 0), X_END };
static X_TYPE(virDomainQemuEnv, "qemu:env", envRows);
#undef S
#define S virDomainQemuCommandline
static const virXmlRow commandlineRows[] = {
    X_LIST("qemu:arg", args, virDomainQemuArg, 0),
    X_LIST("qemu:env", env, virDomainQemuEnv, 0),
    X_END
};
X_TYPE(virDomainQemuCommandline, "qemu:commandline", commandlineRows, NS);
#undef S
#define S virDomainXenCommandline
static const virXmlRow xenCommandlineRows[] = { X_LIST("xen:arg", args, virDomainQemuArg, 0), X_END };
X_TYPE(virDomainXenCommandline, "xen:commandline", xenCommandlineRows, NS);
#undef S
#define S virDomainQemuCap
static const virXmlRow qemuCapRows[] = { X_STR("@capability", name, XF_REQ), X_END };
static X_TYPE(virDomainQemuCap, NULL, qemuCapRows);
#undef S
#define S virDomainQemuCapabilities
static const virXmlRow qemuCapsRows[] = {
    X_LIST("qemu:add", add, virDomainQemuCap, 0),
    X_LIST("qemu:del", del, virDomainQemuCap, 0),
    X_END
};
X_TYPE(virDomainQemuCapabilities, "qemu:capabilities", qemuCapsRows, NS);
#undef S
#define S virDomainQemuProperty
static const virXmlRow propertyRows[] = { X_STR("@name", name, XF_REQ), X_STR("@type", type, XF_REQ), X_STR("@value", value, 0), X_END };
static X_TYPE(virDomainQemuProperty, "qemu:property", propertyRows);
#undef S
#define S virDomainQemuDevice
static const virXmlRow qemuDeviceRows[] = {
    X_STR("@alias", alias, XF_REQ),
    X_LIST("qemu:frontend/qemu:property", properties, virDomainQemuProperty, 0),
    X_END
};
static X_TYPE(virDomainQemuDevice, "qemu:device", qemuDeviceRows, NS);
#undef S
#define S virDomainQemuOverride
static const virXmlRow overrideRows[] = { X_LIST("qemu:device", devices, virDomainQemuDevice, 0), X_END };
X_TYPE(virDomainQemuOverride, "qemu:override", overrideRows, NS);
#undef S
#define S virDomainQemuDeprecation
static const virXmlRow deprecationRows[] = { X_STR("@behavior", behavior, 0), X_END };
X_TYPE(virDomainQemuDeprecation, "qemu:deprecation", deprecationRows);
#undef S
#define S virDomainBhyveCommandline
static const virXmlRow bhyveArgRows[] = { X_LIST("bhyve:arg", args, virDomainQemuArg, 0), X_LIST("bhyve:env", env, virDomainQemuEnv, 0), X_END };
X_TYPE(virDomainBhyveCommandline, "bhyve:commandline", bhyveArgRows, NS);
#undef S
#define S virDomainLxcShare
static const virXmlRow shareRows[] = { X_STR("@type", type, 0, .pattern = "netns|name|pid"), X_STR("@value", value, 0), X_END };
static X_TYPE(virDomainLxcShare, NULL, shareRows);
#undef S
#define S virDomainLxcShares
static const virXmlRow lxcRows[] = {
    X_OBJ("lxc:sharenet", sharenet, virDomainLxcShare, XF_EMPTY),
    X_OBJ("lxc:shareipc", shareipc, virDomainLxcShare, XF_EMPTY),
    X_OBJ("lxc:shareuts", shareuts, virDomainLxcShare, XF_EMPTY),
    X_END
};
X_TYPE(virDomainLxcShares, "lxc:namespace", lxcRows, NS);
#undef S

/* ---- which driver reads what ---- */

#define S virDomainDef
#define MEMBER(prefix, feature, T, member) { prefix, feature, &T##Xml, X_OFF_(T *, member) }
static const struct {
    const char *prefix;
    unsigned int feature;       /* of virDomainConfFeatures */
    const virXmlType *type;
    size_t offset;
} members[] = {
    MEMBER("qemu", VIR_DOMAIN_CONF_QEMU_NAMESPACE, virDomainQemuCommandline, qemuCommandline),
    MEMBER("qemu", VIR_DOMAIN_CONF_QEMU_NAMESPACE, virDomainQemuCapabilities, qemuCapabilities),
    MEMBER("qemu", VIR_DOMAIN_CONF_QEMU_NAMESPACE, virDomainQemuOverride, qemuOverride),
    MEMBER("qemu", VIR_DOMAIN_CONF_QEMU_NAMESPACE, virDomainQemuDeprecation, qemuDeprecation),
    MEMBER("lxc", VIR_DOMAIN_CONF_LXC_NAMESPACE, virDomainLxcShares, lxcNamespace),
    MEMBER("bhyve", VIR_DOMAIN_CONF_BHYVE_NAMESPACE, virDomainBhyveCommandline, bhyveCommandline),
    MEMBER("xen", VIR_DOMAIN_CONF_XEN, virDomainXenCommandline, xenCommandline),
};

void virDomainDropNamespaces(virDomainDef *def, unsigned int features)
{
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        if (!(features & members[i].feature))
            virXmlFree((virXmlType *)members[i].type, g_steal_pointer((void **)((char *)def + members[i].offset)));
    if (!(features & VIR_DOMAIN_CONF_VMWARE_NAMESPACE))
        g_clear_pointer(&def->datacenterPath, g_free);
}

/* Namespaces are declared on <domain> when something of them is written. */
void virDomainFormatNamespaces(const virXmlRow *row, const void *obj, virXmlOut *out)
{
    for (const virXmlNamespace *ns = virDomainNamespaces; ns->prefix; ns++) {
        bool used = strcmp(ns->prefix, "vmware") == 0 && ((const virDomainDef *)obj)->datacenterPath;
        for (size_t i = 0; i < G_N_ELEMENTS(members) && !used; i++) {
            const void *member = *(void *const *)((const char *)obj + members[i].offset);
            used = member && strcmp(members[i].prefix, ns->prefix) == 0 && !virXmlIsEmpty((virXmlType *)members[i].type, member);
        }
        g_autofree char *name = used ? g_strconcat("xmlns:", ns->prefix, NULL) : NULL;
        if (used)
            virXmlOutAttr(out, name, ns->uri);
    }
}
