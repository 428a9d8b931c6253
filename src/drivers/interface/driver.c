/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module of the host's network interfaces. */
#define VIR_FROM VIR_FROM_INTERFACE
#include "drivers/interface/read.h"
#include "engine/object.h"
#include "src/api/driver.h"
#include <string.h>

static bool running, privileged;

/* ---- lists ---- */

static int names(bool active, char **const out, int max)
{
    g_autoptr(GPtrArray) list = virInterfaceList(virHostLocal());
    int n = 0;
    for (guint i = 0; i < list->len && n < max; i++) {
        const virInterfaceRecord *record = list->pdata[i];
        if (record->active != active)
            continue;
        if (out)
            out[n] = g_strdup(record->name);
        n++;
    }
    return n;
}

static int connectNumOfInterfaces(virConnectPtr conn, GError **error)
{
    return names(true, NULL, G_MAXINT);
}

static int connectListInterfaces(virConnectPtr conn, char **const out, int maxnames, GError **error)
{
    return names(true, out, maxnames);
}

static int connectNumOfDefinedInterfaces(virConnectPtr conn, GError **error)
{
    return names(false, NULL, G_MAXINT);
}

static int connectListDefinedInterfaces(virConnectPtr conn, char **const out, int maxnames, GError **error)
{
    return names(false, out, maxnames);
}

static int connectListAllInterfaces(virConnectPtr conn, virInterfacePtr **ifaces, unsigned int flags, GError **error)
{
    const unsigned int known = VIR_CONNECT_LIST_INTERFACES_ACTIVE | VIR_CONNECT_LIST_INTERFACES_INACTIVE;
    if (!virFlagsCheck(flags, known, VIR_FROM, "interfaceConnectListAllInterfaces", error))
        return -1;
    g_autoptr(GPtrArray) list = virInterfaceList(virHostLocal());
    virInterfacePtr *handles = ifaces ? g_new0(virInterfacePtr, list->len + 1) : NULL;
    int n = 0;
    for (guint i = 0; i < list->len; i++) {
        const virInterfaceRecord *record = list->pdata[i];
        if (flags && !(flags & (record->active ? VIR_CONNECT_LIST_INTERFACES_ACTIVE : VIR_CONNECT_LIST_INTERFACES_INACTIVE)))
            continue;
        if (handles)
            handles[n] = virInterfaceNew(conn, record->name, record->mac);
        n++;
    }
    if (ifaces)
        *ifaces = handles;
    return n;
}

/* ---- one ---- */

static virInterfaceRecord *find(const char *name, GError **error)
{
    virInterfaceRecord *record = virInterfaceFind(virHostLocal(), name);
    if (!record)
        virSetError(error, VIR_ERR_NO_INTERFACE, "couldn't find interface named '%s'", name);
    return record;
}

static virInterfacePtr interfaceLookupByName(virConnectPtr conn, const char *name, GError **error)
{
    g_autoptr(virInterfaceRecord) record = find(name, error);
    return record ? virInterfaceNew(conn, record->name, record->mac) : NULL;
}

static virInterfacePtr interfaceLookupByMACString(virConnectPtr conn, const char *mac, GError **error)
{
    g_autoptr(GPtrArray) list = virInterfaceList(virHostLocal());
    const virInterfaceRecord *hit = NULL;
    for (guint i = 0; i < list->len; i++) {
        const virInterfaceRecord *record = list->pdata[i];
        if (g_ascii_strcasecmp(record->mac, mac) != 0)
            continue;
        if (hit) {
            virSetError(error, VIR_ERR_MULTIPLE_INTERFACES, "the MAC address '%s' matches multiple interfaces", mac);
            return NULL;
        }
        hit = record;
    }
    if (hit)
        return virInterfaceNew(conn, hit->name, hit->mac);
    virSetError(error, VIR_ERR_NO_INTERFACE, "couldn't find interface with MAC address '%s'", mac);
    return NULL;
}

static int interfaceIsActive(virInterfacePtr iface, GError **error)
{
    g_autoptr(virInterfaceRecord) record = find(iface->name, error);
    return record ? record->active : -1;
}

static char *interfaceGetXMLDesc(virInterfacePtr iface, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, VIR_INTERFACE_XML_INACTIVE, VIR_FROM, "interfaceGetXMLDesc", error))
        return NULL;
    g_autoptr(virInterfaceDef) def = virInterfaceRead(virHostLocal(), iface->name);
    if (def)
        return virInterfaceDefFormat(def, 0);
    virSetError(error, VIR_ERR_NO_INTERFACE, "couldn't find interface named '%s'", iface->name);
    return NULL;
}

static const virInterfaceDriver table = {
    .connectListAllInterfaces = connectListAllInterfaces,
    .connectListDefinedInterfaces = connectListDefinedInterfaces,
    .connectListInterfaces = connectListInterfaces,
    .connectNumOfDefinedInterfaces = connectNumOfDefinedInterfaces,
    .connectNumOfInterfaces = connectNumOfInterfaces,
    .interfaceGetXMLDesc = interfaceGetXMLDesc,
    .interfaceIsActive = interfaceIsActive,
    .interfaceLookupByMACString = interfaceLookupByMACString,
    .interfaceLookupByName = interfaceLookupByName,
};

/* ---- the module ---- */

static void attach(virConnectPtr conn)
{
    if (!conn->interface && running)
        conn->interface = &table;
}

static void detach(virConnectPtr conn)
{
}

static bool openAlone(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    if (!virObjectUriFits(conn, running, privileged, error))
        return false;
    conn->hypervisor = virObjectConnectDriver();
    attach(conn);
    return true;
}

static bool stateInit(bool isPrivileged, const char *root, GError **error)
{
    privileged = isPrivileged;
    running = true;
    return true;
}

static const char *const schemes[] = { "interface", NULL };

const virConnectDriver virDriverModule = {
    .name = "interface",
    .schemes = schemes,
    .open = openAlone,
    .close = detach,
    .attach = attach,
    .detach = detach,
    .stateInit = stateInit,
};
