/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers of agents become structs and typed parameters. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/agent-info.h"
#include "drivers/qemu/monitor.h"
#include <limits.h>
#include <string.h>

/* ---- members ---- */

static const char *needStr(JsonObject *o, const char *name, const char *command, GError **error)
{
    const char *value = qmpStr(o, name);
    if (!value)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "'%s' missing in reply of %s", name, command);
    return value;
}

static bool needInt(JsonObject *o, const char *name, gint64 *value, const char *command, GError **error)
{
    const gint64 none = G_MININT64;
    *value = qmpInt(o, name, none);
    if (*value == none)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "'%s' missing in reply of %s", name, command);
    return *value != none;
}

/* Seconds, possibly a fraction of them. */
static double number(JsonObject *o, const char *name, double otherwise)
{
    JsonNode *node = o ? json_object_get_member(o, name) : NULL;
    GType type = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_NONE;
    return type == G_TYPE_DOUBLE || type == G_TYPE_INT64 ? json_node_get_double(node) : otherwise;
}

static bool missing(const char *command, GError **error)
{
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "%s reply was missing return data", command);
    return false;
}

/* ---- simple groups ---- */

bool virAgentReadUsers(JsonNode *reply, virTypedParamList *list, GError **error)
{
    static const char command[] = "guest-get-users";
    JsonArray *users = qmpReplyArr(reply);
    if (!users)
        return missing(command, error);
    guint n = json_array_get_length(users);
    virTypedParamListUInt(list, n, VIR_DOMAIN_GUEST_INFO_USER_COUNT);
    for (guint i = 0; i < n; i++) {
        JsonObject *user = qmpItem(users, i);
        const char *name = needStr(user, "user", command, error);
        double since = number(user, "login-time", -1);
        if (!name)
            return false;
        if (!(since >= 0 && since < LLONG_MAX / 1000.0)) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "'login-time' missing in reply of %s", command);
            return false;
        }
        virTypedParamListString(list, name, "user.%u.name", i);
        virTypedParamListString(list, qmpStr(user, "domain"), "user.%u.domain", i);
        virTypedParamListULLong(list, (unsigned long long)(since * 1000), "user.%u.login-time", i);
    }
    return true;
}

bool virAgentReadOs(JsonNode *reply, virTypedParamList *list, GError **error)
{
    static const char *const members[] = { "id",      "name",    "pretty-name", "version",        "version-id",
                                           "machine", "variant", "variant-id",  "kernel-release", "kernel-version" };
    JsonObject *os = qmpReplyObj(reply);
    if (!os)
        return missing("guest-get-osinfo", error);
    for (guint i = 0; i < G_N_ELEMENTS(members); i++)
        virTypedParamListString(list, qmpStr(os, members[i]), "os.%s", members[i]);
    return true;
}

bool virAgentReadTimezone(JsonNode *reply, virTypedParamList *list, GError **error)
{
    static const char command[] = "guest-get-timezone";
    JsonObject *zone = qmpReplyObj(reply);
    gint64 offset;
    if (!zone)
        return missing(command, error);
    virTypedParamListString(list, qmpStr(zone, "zone"), VIR_DOMAIN_GUEST_INFO_TIMEZONE_NAME);
    if (!needInt(zone, "offset", &offset, command, error))
        return false;
    virTypedParamListInt(list, CLAMP(offset, INT_MIN, INT_MAX), VIR_DOMAIN_GUEST_INFO_TIMEZONE_OFFSET);
    return true;
}

bool virAgentReadLoad(JsonNode *reply, virTypedParamList *list, GError **error)
{
    static const struct { const char *member, *name; } loads[] = {
        { "load1m", VIR_DOMAIN_GUEST_INFO_LOAD_1M },
        { "load5m", VIR_DOMAIN_GUEST_INFO_LOAD_5M },
        { "load15m", VIR_DOMAIN_GUEST_INFO_LOAD_15M },
    };
    JsonObject *o = qmpReplyObj(reply);
    if (!o)
        return missing("guest-get-load", error);
    for (guint i = 0; i < G_N_ELEMENTS(loads); i++) {
        double value = number(o, loads[i].member, -1);
        if (!(value >= 0)) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "'%s' missing in reply of guest-get-load", loads[i].member);
            return false;
        }
        virTypedParamListDouble(list, value, "%s", loads[i].name);
    }
    return true;
}

char *virAgentReadHostname(JsonNode *reply, GError **error)
{
    const char *name = qmpStr(qmpReplyObj(reply), "host-name");
    if (!name)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "'host-name' missing in guest-get-host-name reply");
    return g_strdup(name);
}

GStrv virAgentReadKeys(JsonNode *reply, GError **error)
{
    JsonArray *keys = qmpArr(qmpReplyObj(reply), "keys");
    guint n = keys ? json_array_get_length(keys) : 0;
    if (!keys) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "qemu agent didn't return an array of keys");
        return NULL;
    }
    g_auto(GStrv) list = g_new0(char *, n + 1);
    for (guint i = 0; i < n; i++) {
        JsonNode *key = json_array_get_element(keys, i);
        if (!JSON_NODE_HOLDS_VALUE(key) || json_node_get_value_type(key) != G_TYPE_STRING) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "malformed key %u in reply of guest-ssh-get-authorized-keys", i);
            return NULL;
        }
        list[i] = g_strdup(json_node_get_string(key));
    }
    return g_steal_pointer(&list);
}

GArray *virAgentReadVcpus(JsonNode *reply, GError **error)
{
    static const char command[] = "guest-get-vcpus";
    JsonArray *cpus = qmpReplyArr(reply);
    if (!cpus) {
        missing(command, error);
        return NULL;
    }
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(virAgentVcpu));
    for (guint i = 0; i < json_array_get_length(cpus); i++) {
        JsonObject *cpu = qmpItem(cpus, i);
        gint64 id;
        if (!needInt(cpu, "logical-id", &id, command, error))
            return NULL;
        if (id < 0 || id > USHRT_MAX || !json_object_has_member(cpu, "online")) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "malformed CPU %u in reply of %s", i, command);
            return NULL;
        }
        virAgentVcpu vcpu = { .id = id, .online = qmpBool(cpu, "online"), .canOffline = qmpBool(cpu, "can-offline") };
        g_array_append_val(list, vcpu);
    }
    return g_steal_pointer(&list);
}

/* ---- disks and file systems ---- */

static void diskFree(gpointer data)
{
    virAgentDisk *disk = data;
    if (!disk)
        return;
    g_free(disk->busType);
    g_free(disk->serial);
    g_free(disk->device);
    g_free(disk);
}

static void fsFree(gpointer data)
{
    virAgentFs *fs = data;
    g_free(fs->name);
    g_free(fs->mountpoint);
    g_free(fs->type);
    g_ptr_array_unref(fs->disks);
    g_free(fs);
}

static void deviceFree(gpointer data)
{
    virAgentDevice *device = data;
    g_free(device->name);
    g_free(device->alias);
    g_strfreev(device->dependencies);
    diskFree(device->disk);
    g_free(device);
}

/* A number that names no place is one that matches nothing. */
static unsigned int place(JsonObject *o, const char *name)
{
    gint64 value = qmpInt(o, name, -1);
    return value < 0 || value >= UINT_MAX ? UINT_MAX : value;
}

static virAgentDisk *readDisk(JsonObject *o)
{
    JsonObject *pci = qmpObj(o, "pci-controller");
    virAgentDisk *disk = g_new0(virAgentDisk, 1);
    *disk = (virAgentDisk){ .busType = g_strdup(qmpStr(o, "bus-type")),
                            .serial = g_strdup(qmpStr(o, "serial")),
                            .device = g_strdup(qmpStr(o, "dev")),
                            .hasPci = pci != NULL,
                            .domain = place(pci, "domain"),
                            .pciBus = place(pci, "bus"),
                            .slot = place(pci, "slot"),
                            .function = place(pci, "function"),
                            .bus = place(o, "bus"),
                            .target = place(o, "target"),
                            .unit = place(o, "unit") };
    return disk;
}

static virAgentFs *readFs(JsonObject *o, GError **error)
{
    static const char command[] = "guest-get-fsinfo";
    static const char *const needed[] = { "mountpoint", "name", "type" };
    for (guint i = 0; i < G_N_ELEMENTS(needed); i++)
        if (!needStr(o, needed[i], command, error))
            return NULL;
    virAgentFs *fs = g_new0(virAgentFs, 1);
    gint64 total = qmpInt(o, "total-bytes", -1), used = qmpInt(o, "used-bytes", -1);
    JsonArray *disks = qmpArr(o, "disk");
    *fs = (virAgentFs){ .name = g_strdup(qmpStr(o, "name")),
                        .mountpoint = g_strdup(qmpStr(o, "mountpoint")),
                        .type = g_strdup(qmpStr(o, "type")),
                        .hasTotal = total >= 0,
                        .total = total,
                        .hasUsed = used >= 0,
                        .used = used,
                        .disks = g_ptr_array_new_with_free_func(diskFree) };
    for (guint i = 0; disks && i < json_array_get_length(disks); i++)
        if (qmpItem(disks, i))
            g_ptr_array_add(fs->disks, readDisk(qmpItem(disks, i)));
    return fs;
}

/* The last one first, as clients have always been told. */
GPtrArray *virAgentReadFilesystems(JsonNode *reply, GError **error)
{
    JsonArray *array = qmpReplyArr(reply);
    if (!array) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Malformed guest-get-fsinfo data array");
        return NULL;
    }
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(fsFree);
    for (guint i = json_array_get_length(array); i > 0; i--) {
        virAgentFs *fs = readFs(qmpItem(array, i - 1), error);
        if (!fs)
            return NULL;
        g_ptr_array_add(list, fs);
    }
    return g_steal_pointer(&list);
}

static GStrv readStrings(JsonArray *array)
{
    g_autoptr(GStrvBuilder) strings = g_strv_builder_new();
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
            g_strv_builder_add(strings, json_node_get_string(node));
    }
    return g_strv_builder_end(strings);
}

GPtrArray *virAgentReadDevices(JsonNode *reply, GError **error)
{
    JsonArray *array = qmpReplyArr(reply);
    if (!array) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "qemu agent didn't return an array of disks");
        return NULL;
    }
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(deviceFree);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonObject *o = qmpItem(array, i), *address = qmpObj(o, "address");
        const char *name = needStr(o, "name", "guest-get-disks", error);
        JsonArray *dependencies = qmpArr(o, "dependencies");
        if (!name)
            return NULL;
        virAgentDevice *device = g_new0(virAgentDevice, 1);
        *device = (virAgentDevice){ .name = g_strdup(name), .alias = g_strdup(qmpStr(o, "alias")), .partition = qmpBool(o, "partition"),
                                    .dependencies = dependencies && json_array_get_length(dependencies) ? readStrings(dependencies) : NULL,
                                    .disk = address ? readDisk(address) : NULL };
        g_ptr_array_add(list, device);
    }
    return g_steal_pointer(&list);
}

/* ---- interfaces ---- */

static bool addAddress(virDomainInterfacePtr iface, JsonObject *o, GError **error)
{
    const char *type = qmpStr(o, "ip-address-type"), *address = qmpStr(o, "ip-address");
    gint64 prefix = qmpInt(o, "prefix", -1);
    bool v4 = g_strcmp0(type, "ipv4") == 0, v6 = g_strcmp0(type, "ipv6") == 0;
    if (!type)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "qemu agent didn't provide 'ip-address-type' field for interface '%s'", iface->name);
    else if (!v4 && !v6)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "unknown ip address type '%s'", type);
    else if (!address)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "qemu agent didn't provide 'ip-address' field for interface '%s'", iface->name);
    else if (prefix < 0 || prefix > 128)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "malformed 'prefix' field");
    else {
        iface->addrs = g_renew(virDomainIPAddress, iface->addrs, iface->naddrs + 1);
        iface->addrs[iface->naddrs++] = (virDomainIPAddress){ .type = v4 ? VIR_IP_ADDR_TYPE_IPV4 : VIR_IP_ADDR_TYPE_IPV6,
                                                              .addr = g_strdup(address), .prefix = prefix };
        return true;
    }
    return false;
}

/* "eth0:1" is another address of eth0. */
static virDomainInterfacePtr interfaceOf(GPtrArray *list, GHashTable *byName, const char *name, const char *hwaddr)
{
    g_autofree char *base = g_strndup(name, strcspn(name, ":"));
    virDomainInterfacePtr iface = g_hash_table_lookup(byName, base);
    if (iface)
        return iface;
    iface = g_new0(virDomainInterface, 1);
    iface->name = g_steal_pointer(&base);
    iface->hwaddr = g_strdup(hwaddr);
    g_ptr_array_add(list, iface);
    g_hash_table_insert(byName, iface->name, iface);
    return iface;
}

static GPtrArray *readInterfaces(JsonNode *reply, GError **error)
{
    JsonArray *array = qmpReplyArr(reply);
    if (!array) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "qemu agent didn't return an array of interfaces");
        return NULL;
    }
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)virDomainInterfaceFree);
    g_autoptr(GHashTable) byName = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonObject *o = qmpItem(array, i);
        const char *name = qmpStr(o, "name");
        if (!name) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "qemu agent didn't provide 'name' field");
            return NULL;
        }
        virDomainInterfacePtr iface = interfaceOf(list, byName, name, qmpStr(o, "hardware-address"));
        JsonArray *addresses = qmpArr(o, "ip-addresses");
        for (guint k = 0; addresses && k < json_array_get_length(addresses); k++)
            if (!addAddress(iface, qmpItem(addresses, k), error))
                return NULL;
    }
    return g_steal_pointer(&list);
}

int virAgentReadInterfaces(JsonNode *reply, virDomainInterfacePtr **ifaces, GError **error)
{
    g_autoptr(GPtrArray) list = readInterfaces(reply, error);
    if (!list)
        return -1;
    int n = list->len;
    g_ptr_array_add(list, NULL);
    *ifaces = (virDomainInterfacePtr *)g_ptr_array_steal(list, NULL);
    return n;
}

bool virAgentReadInterfaceGroup(JsonNode *reply, virTypedParamList *list, GError **error)
{
    g_autoptr(GPtrArray) interfaces = readInterfaces(reply, error);
    if (!interfaces)
        return false;
    virTypedParamListUInt(list, interfaces->len, VIR_DOMAIN_GUEST_INFO_IF_COUNT);
    for (guint i = 0; i < interfaces->len; i++) {
        virDomainInterfacePtr iface = interfaces->pdata[i];
        virTypedParamListString(list, iface->name, "if.%u.name", i);
        virTypedParamListString(list, iface->hwaddr ? iface->hwaddr : "", "if.%u.hwaddr", i);
        virTypedParamListUInt(list, iface->naddrs, "if.%u.addr.count", i);
        for (guint k = 0; k < iface->naddrs; k++) {
            virTypedParamListString(list, iface->addrs[k].type == VIR_IP_ADDR_TYPE_IPV4 ? "ipv4" : "ipv6", "if.%u.addr.%u.type", i, k);
            virTypedParamListString(list, iface->addrs[k].addr, "if.%u.addr.%u.addr", i, k);
            virTypedParamListUInt(list, iface->addrs[k].prefix, "if.%u.addr.%u.prefix", i, k);
        }
    }
    return true;
}
