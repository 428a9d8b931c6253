/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints as JSON what src/host/ says of the machine's IOMMU groups and physical ports; listing.py compares it with the kernel's files. */
#include "host/netdev.h"
#include "host/pci.h"
#include <json-glib/json-glib.h>
#include <stdio.h>

static void addAddress(JsonBuilder *out, const virHostPCIAddress *address)
{
    g_autofree char *text = virHostPCIAddressFormat(address);
    json_builder_add_string_value(out, text);
}

static int actor(const virHostPCIAddress *address, gpointer out, GError **error)
{
    addAddress(out, address);
    return 0;
}

static bool addDevice(JsonBuilder *out, const virHostPCIAddress *address, GError **error)
{
    const virHost *host = virHostLocal();
    int number = virPCIDeviceAddressGetIOMMUGroupNum(host, address, error);
    if (number == -1)
        return false;
    json_builder_set_member_name(out, "number");
    json_builder_add_int_value(out, number);

    json_builder_set_member_name(out, "iterated");
    json_builder_begin_array(out);
    if (virPCIDeviceAddressIOMMUGroupIterate(host, address, actor, out, error) < 0)
        return false;
    json_builder_end_array(out);

    g_autoptr(virHostPCIDevice) device = virHostPCIDeviceRead(host, address, error);
    g_autoptr(GPtrArray) list = device ? virPCIDeviceGetIOMMUGroupList(host, device, error) : NULL;
    if (!list)
        return false;
    json_builder_set_member_name(out, "listed");
    json_builder_begin_array(out);
    for (guint i = 0; i < list->len; i++)
        addAddress(out, &((virHostPCIDevice *) list->pdata[i])->address);
    json_builder_end_array(out);

    g_autofree virHostPCIAddress *addresses = NULL;
    size_t n = 0;
    if (virPCIDeviceAddressGetIOMMUGroupAddresses(host, address, &addresses, &n, error) < 0)
        return false;
    json_builder_set_member_name(out, "array");
    json_builder_begin_array(out);
    for (size_t i = 0; i < n; i++)
        addAddress(out, &addresses[i]);
    json_builder_end_array(out);

    g_autofree char *node = number >= 0 ? virPCIDeviceGetIOMMUGroupDev(host, address, error) : NULL;
    json_builder_set_member_name(out, "node");
    node ? json_builder_add_string_value(out, node) : json_builder_add_null_value(out);
    return number < 0 || node;
}

static bool addPorts(JsonBuilder *out, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open("/sys/class/net", 0, error);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *id = NULL;
        if (!virNetDevGetPhysPortID(virHostLocal(), name, &id, error))
            return false;
        json_builder_set_member_name(out, name);
        json_builder_begin_object(out);
        json_builder_set_member_name(out, "id");
        id ? json_builder_add_string_value(out, id) : json_builder_add_null_value(out);
        json_builder_end_object(out);
    }
    return dir;
}

static bool addAll(JsonBuilder *out, GError **error)
{
    g_autoptr(GArray) devices = virHostPCIList(virHostLocal(), error);
    if (!devices)
        return false;
    json_builder_begin_object(out);
    json_builder_set_member_name(out, "pci");
    json_builder_begin_object(out);
    for (guint i = 0; i < devices->len; i++) {
        const virHostPCIAddress *address = &g_array_index(devices, virHostPCIAddress, i);
        g_autofree char *name = virHostPCIAddressFormat(address);
        json_builder_set_member_name(out, name);
        json_builder_begin_object(out);
        if (!addDevice(out, address, error))
            return false;
        json_builder_end_object(out);
    }
    json_builder_end_object(out);
    json_builder_set_member_name(out, "net");
    json_builder_begin_object(out);
    if (!addPorts(out, error))
        return false;
    json_builder_end_object(out);
    json_builder_end_object(out);
    return true;
}

int main(void)
{
    g_autoptr(JsonBuilder) out = json_builder_new();
    g_autoptr(GError) error = NULL;
    if (!addAll(out, &error)) {
        fprintf(stderr, "%s\n", error ? error->message : "no error was set");
        return 1;
    }
    g_autoptr(JsonNode) root = json_builder_get_root(out);
    g_autofree char *text = json_to_string(root, true);
    puts(text);
    return 0;
}
