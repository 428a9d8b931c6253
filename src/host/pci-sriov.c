/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SR-IOV: the physical and virtual functions of a card, and their network interfaces. See pci.h. */
#define VIR_FROM VIR_FROM_NONE
#include "host/pci.h"
#include "host/attr.h"
#include "host/netdev.h"
#include "base/error.h"
#include <errno.h>
#include <unistd.h>

/* The device that a link in a device's folder points to: 1; 0: there is no such link; -1: an error. */
static int linked(const virHost *host, const virHostPCIAddress *from, const char *link, virHostPCIAddress *to, GError **error)
{
    g_autofree char *path = virHostPCIPath(host, from, link), *name = NULL;
    int code = virAttrReadLink(path, &name);
    if (code == ENOENT && virHostPCIExists(host, from))
        return 0;
    if (code == 0 && virHostPCIAddressParse(name, to))
        return 1;
    if (code == 0)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Failed to parse PCI config address '%s' that %s points to", name, path);
    else
        virSetSystemError(error, code, "Failed to resolve device link '%s'", path);
    return -1;
}

bool virHostPCIIsVirtualFunction(const virHost *host, const virHostPCIAddress *address)
{
    g_autofree char *path = virHostPCIPath(host, address, "physfn");
    return access(path, F_OK) == 0;
}

int virHostPCIGetPhysicalFunction(const virHost *host, const virHostPCIAddress *vf, virHostPCIAddress *pf, GError **error)
{
    return linked(host, vf, "physfn", pf, error);
}

GArray *virHostPCIGetVirtualFunctions(const virHost *host, const virHostPCIAddress *pf, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(virHostPCIAddress));
    for (;;) {
        char link[32];
        virHostPCIAddress vf;
        g_snprintf(link, sizeof(link), "virtfn%u", list->len);
        int there = linked(host, pf, link, &vf, error);
        if (there < 0)
            return NULL;
        if (there == 0)
            return g_steal_pointer(&list);
        g_array_append_val(list, vf);
    }
}

int virHostPCIGetVirtualFunctionIndex(const virHost *host, const virHostPCIAddress *vf, GError **error)
{
    virHostPCIAddress pf;
    g_autofree char *text = virHostPCIAddressFormat(vf);
    int there = virHostPCIGetPhysicalFunction(host, vf, &pf, error);
    if (there <= 0) {
        if (there == 0)
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "PCI device %s is not a virtual function", text);
        return -1;
    }
    g_autoptr(GArray) list = virHostPCIGetVirtualFunctions(host, &pf, error);
    if (!list)
        return -1;
    for (guint i = 0; i < list->len; i++)
        if (virHostPCIAddressEqual(vf, &g_array_index(list, virHostPCIAddress, i)))
            return i;
    g_autofree char *above = virHostPCIAddressFormat(&pf);
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "PCI device %s is not among the virtual functions of %s", text, above);
    return -1;
}

/* A count that the device's folder has: 1; 0: no such file; -1: an error. */
static int count(const virHost *host, const virHostPCIAddress *pf, const char *name, unsigned int *value, GError **error)
{
    g_autofree char *path = virHostPCIPath(host, pf, name);
    long long n = 0;
    int code = virAttrReadNumber(path, &n);
    if (code == 0 && (n < 0 || n > 0xffff))
        code = EINVAL;
    *value = code == 0 ? n : 0;
    if (code == 0 || (code == ENOENT && virHostPCIExists(host, pf)))
        return code == 0;
    g_autofree char *text = virHostPCIAddressFormat(pf);
    virSetSystemError(error, code, "Unable to read the number of virtual functions of PCI device %s from %s", text, path);
    return -1;
}

int virHostPCIGetVirtualFunctionCounts(const virHost *host, const virHostPCIAddress *pf, unsigned int *maximum, unsigned int *current,
                                       GError **error)
{
    *current = 0;
    int there = count(host, pf, "sriov_totalvfs", maximum, error);
    return there <= 0 ? there : count(host, pf, "sriov_numvfs", current, error) < 0 ? -1 : 1;
}

/* ---- network interfaces ---- */

typedef struct { char *name; long long port; } virInterfaceOfDevice;

static void interfaceClear(gpointer data)
{
    g_free(((virInterfaceOfDevice *)data)->name);
}

static int interfaceCompare(gconstpointer a, gconstpointer b)
{
    const virInterfaceOfDevice *x = a, *y = b;
    return x->port != y->port ? (x->port < y->port ? -1 : 1) : g_strcmp0(x->name, y->name);
}

static GArray *interfaces(const virHost *host, const virHostPCIAddress *address, GError **error)
{
    g_autofree char *path = virHostPCIPath(host, address, "net");
    g_auto(GStrv) names = NULL;
    int code = virAttrList(path, &names);
    if (code != 0 && !(code == ENOENT && virHostPCIExists(host, address))) {
        g_autofree char *text = virHostPCIAddressFormat(address);
        virSetSystemError(error, code, "Unable to list the network interfaces of PCI device %s in %s", text, path);
        return NULL;
    }
    GArray *list = g_array_new(FALSE, TRUE, sizeof(virInterfaceOfDevice));
    g_array_set_clear_func(list, interfaceClear);
    for (char **name = names; name && *name; name++) {
        g_autofree char *port = g_strdup_printf("%s/%s/dev_port", path, *name);
        virInterfaceOfDevice one = { g_strdup(*name), 0 };
        if (virAttrReadNumber(port, &one.port) != 0)
            one.port = 0;
        g_array_append_val(list, one);
    }
    g_array_sort(list, interfaceCompare);
    return list;
}

int virPCIGetNetName(const virHost *host, const virHostPCIAddress *address, unsigned int index, const char *physPortID, char **name,
                     GError **error)
{
    g_autoptr(GArray) list = interfaces(host, address, error);
    if (!list)
        return -1;
    for (guint i = physPortID ? 0 : index; i < list->len; i++) {
        const char *candidate = g_array_index(list, virInterfaceOfDevice, i).name;
        g_autofree char *id = NULL;
        if (physPortID && !virNetDevGetPhysPortID(host, candidate, &id, error))
            return -1;
        if (g_strcmp0(id, physPortID) != 0)
            continue;
        *name = g_strdup(candidate);
        return 1;
    }
    return 0;
}
