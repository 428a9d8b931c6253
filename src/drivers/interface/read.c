/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From sysfs to interfaces: see read.h. */
#define VIR_FROM VIR_FROM_INTERFACE
#include "drivers/interface/read.h"
#include "host/devices.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *attr(const virHost *host, const char *name, const char *what)
{
    return virHostRead("%s/class/net/%s/%s", host->sys, name, what);
}

static bool has(const virHost *host, const char *name, const char *what)
{
    g_autofree char *path = g_strdup_printf("%s/class/net/%s/%s", host->sys, name, what);
    return access(path, F_OK) == 0;
}

static bool number(const virHost *host, const char *name, const char *what, unsigned int *value)
{
    unsigned long long all;
    bool ok = virHostReadULL(&all, "%s/class/net/%s/%s", host->sys, name, what) && all <= G_MAXUINT;
    *value = ok ? all : 0;
    return ok;
}

/* "active-backup 1": the word. */
static char *word(const virHost *host, const char *name, const char *what)
{
    char *text = attr(host, name, what), *space = text ? strchr(text, ' ') : NULL;
    if (space)
        *space = 0;
    return text;
}

/* ---- lists ---- */

void virInterfaceRecordFree(virInterfaceRecord *record)
{
    if (!record)
        return;
    g_free(record->name);
    g_free(record->mac);
    g_free(record);
}

virInterfaceRecord *virInterfaceFind(const virHost *host, const char *name)
{
    if (!*name || strchr(name, '/') || g_str_equal(name, ".") || g_str_equal(name, "..") || !has(host, name, "ifindex"))
        return NULL;
    g_autofree char *state = attr(host, name, "operstate"), *mac = attr(host, name, "address");
    virInterfaceRecord *record = g_new0(virInterfaceRecord, 1);
    *record = (virInterfaceRecord){ g_strdup(name), mac ? g_steal_pointer(&mac) : g_strdup(""), g_strcmp0(state, "up") == 0 };
    return record;
}

static int compareStrings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names, in the order of the devices' folders. */
static GPtrArray *names(const virHost *host)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
    virHostDevicePaths(host, "net", paths);
    if (paths->len)
        qsort(paths->pdata, paths->len, sizeof(gpointer), compareStrings);
    for (guint i = 0; i < paths->len; i++)
        g_ptr_array_add(all, g_path_get_basename(paths->pdata[i]));
    return all;
}

GPtrArray *virInterfaceList(const virHost *host)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)virInterfaceRecordFree);
    g_autoptr(GPtrArray) all = names(host);
    for (guint i = 0; i < all->len; i++) {
        virInterfaceRecord *record = has(host, all->pdata[i], "master") ? NULL : virInterfaceFind(host, all->pdata[i]);
        if (record)
            g_ptr_array_add(list, record);
    }
    return list;
}

/* ---- kinds ---- */

static virInterfaceDef *part(const virHost *host, const char *name);

/* The members of a bridge (links in "brif") or a bond (its list of slaves). */
static void addParts(const virHost *host, virInterfaceDef *def, char **members)
{
    guint n = g_strv_length(members);
    if (n)
        qsort(members, n, sizeof(*members), compareStrings);
    for (guint i = 0; i < n; i++) {
        virInterfaceDef *member = *members[i] ? part(host, members[i]) : NULL;
        if (member)
            virListAppend(&def->parts, member);
    }
}

static char **listFolder(const virHost *host, const char *name, const char *what)
{
    g_autofree char *path = g_strdup_printf("%s/class/net/%s/%s", host->sys, name, what);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    for (const char *entry; dir && (entry = g_dir_read_name(dir));)
        g_strv_builder_add(list, entry);
    return g_strv_builder_end(list);
}

static void readBridge(const virHost *host, virInterfaceDef *def)
{
    unsigned int stp;
    if (number(host, def->name, "bridge/stp_state", &stp))
        def->stp = stp ? VIR_TRISTATE_SWITCH_ON : VIR_TRISTATE_SWITCH_OFF;
    def->delay = attr(host, def->name, "bridge/forward_delay");
    g_auto(GStrv) members = listFolder(host, def->name, "brif");
    addParts(host, def, members);
}

static void readBond(const virHost *host, virInterfaceDef *def)
{
    const char *name = def->name;
    g_autofree char *mode = word(host, name, "bonding/mode"), *validate = word(host, name, "bonding/arp_validate");
    g_autofree char *slaves = attr(host, name, "bonding/slaves");
    unsigned int carrier;
    int value = mode ? virInterfaceBondModeFromString(mode) : VIR_INTERFACE_BOND_NONE;
    def->bondMode = MAX(value, 0);
    def->hasMii = number(host, name, "bonding/miimon", &def->miiFreq) && def->miiFreq > 0;
    if (def->hasMii) {
        number(host, name, "bonding/downdelay", &def->miiDown);
        number(host, name, "bonding/updelay", &def->miiUp);
        if (number(host, name, "bonding/use_carrier", &carrier))
            def->miiCarrier = carrier ? VIR_INTERFACE_CARRIER_NETIF : VIR_INTERFACE_CARRIER_IOCTL;
    } else if (number(host, name, "bonding/arp_interval", &def->arpInterval) && def->arpInterval > 0) {
        def->hasArp = true;
        def->arpTarget = word(host, name, "bonding/arp_ip_target");     /* there is room for one */
        value = validate ? virInterfaceArpValidateFromString(validate) : VIR_INTERFACE_VALIDATE_UNSET;
        def->arpValidate = MAX(value, 0);
    }
    g_auto(GStrv) members = g_strsplit(slaves ? slaves : "", " ", -1);
    addParts(host, def, members);
}

/* "eth0.100  VID: 100	 REORDER_HDR: 1 …", and further down "Device: eth0" */
static void readVlan(const virHost *host, virInterfaceDef *def)
{
    g_autofree char *text = virHostRead("%s/net/vlan/%s", host->proc, def->name);
    const char *tag = text ? strstr(text, "VID:") : NULL, *device = text ? strstr(text, "Device:") : NULL;
    g_auto(GStrv) tags = g_strsplit_set(tag ? g_strchug((char *)tag + 4) : "", " \t\n", 2);
    g_auto(GStrv) devices = g_strsplit_set(device ? g_strchug((char *)device + 7) : "", " \t\n", 2);
    def->tag = g_strdup(tags[0]);
    def->tagged = g_strdup(devices[0]);
    if (!def->tag || !*def->tag || !def->tagged || !*def->tagged) {     /* the module has no folder there: it cannot be told what it is */
        def->type = VIR_INTERFACE_TYPE_ETHERNET;
        g_clear_pointer(&def->tag, g_free);
        g_clear_pointer(&def->tagged, g_free);
    }
}

static virInterfaceType typeOf(const virHost *host, const char *name)
{
    g_autofree char *uevent = attr(host, name, "uevent");
    g_auto(GStrv) lines = g_strsplit(uevent ? uevent : "", "\n", -1);
    if (g_strv_contains((const char *const *)lines, "DEVTYPE=bridge"))
        return VIR_INTERFACE_TYPE_BRIDGE;
    if (g_strv_contains((const char *const *)lines, "DEVTYPE=bond"))
        return VIR_INTERFACE_TYPE_BOND;
    return g_strv_contains((const char *const *)lines, "DEVTYPE=vlan") ? VIR_INTERFACE_TYPE_VLAN : VIR_INTERFACE_TYPE_ETHERNET;
}

static void readLink(const virHost *host, virInterfaceDef *def)
{
    g_autofree char *state = attr(host, def->name, "operstate");
    int value = state ? virInterfaceLinkFromString(state) : VIR_INTERFACE_LINK_UNSET;
    def->linkState = MAX(value, 0);
    if (def->linkState == VIR_INTERFACE_LINK_UP && (!number(host, def->name, "speed", &def->linkSpeed) || def->linkSpeed > G_MAXINT))
        def->linkSpeed = 0;
}

/* What is common to an interface of its own and one inside another. */
static virInterfaceDef *part(const virHost *host, const char *name)
{
    if (!has(host, name, "ifindex"))
        return NULL;
    virInterfaceDef *def = virXmlNew(&virInterfaceDefXml);
    def->name = g_strdup(name);
    def->type = typeOf(host, name);
    if (def->type == VIR_INTERFACE_TYPE_VLAN)
        readVlan(host, def);
    if (def->type == VIR_INTERFACE_TYPE_BRIDGE)
        readBridge(host, def);
    else if (def->type == VIR_INTERFACE_TYPE_BOND)
        readBond(host, def);
    if (def->type == VIR_INTERFACE_TYPE_ETHERNET) {
        readLink(host, def);
        def->mac = attr(host, name, "address");
    }
    return def;
}

virInterfaceDef *virInterfaceRead(const virHost *host, const char *name)
{
    g_autoptr(virInterfaceRecord) record = virInterfaceFind(host, name);
    virInterfaceDef *def = record ? part(host, name) : NULL;
    if (def)
        number(host, name, "mtu", &def->mtu);
    return def;
}
