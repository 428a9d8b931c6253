/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network devices in sysfs: see netdev.h. */
#define VIR_FROM VIR_FROM_NONE
#include "host/netdev.h"
#include "host/attr.h"
#include "base/error.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static char *folder(const virHost *host, const char *name, const char *attribute)
{
    return g_strdup_printf("%s/class/net/%s%s%s", host->sys, name, attribute ? "/" : "", attribute ? attribute : "");
}

/* A name is a component of a path here. */
static bool nameIsSound(const char *name, GError **error)
{
    if (*name && !strchr(name, '/') && !g_str_equal(name, ".") && !g_str_equal(name, ".."))
        return true;
    virSetError(error, VIR_ERR_INVALID_ARG, "invalid network interface name '%s'", name);
    return false;
}

static bool fail(const virHost *host, const char *name, const char *what, int code, GError **error)
{
    g_autofree char *path = folder(host, name, NULL);
    if (access(path, F_OK) != 0)
        virSetSystemError(error, errno, "Cannot find network interface '%s' in %s", name, path);
    else
        virSetSystemError(error, code, "Cannot get %s of network interface '%s'", what, name);
    return false;
}

static bool getId(const virHost *host, const char *name, const char *attribute, char **id, GError **error)
{
    if (!nameIsSound(name, error))
        return false;
    g_autofree char *path = folder(host, name, attribute), *text = NULL, *device = folder(host, name, NULL);
    int code = virAttrRead(path, &text);
    bool none = code == EOPNOTSUPP || (code == ENOENT && access(device, F_OK) == 0);
    if (code != 0 && !none)
        return fail(host, name, attribute, code, error);
    *id = text && *text ? g_steal_pointer(&text) : NULL;
    return true;
}

bool virNetDevGetPhysPortID(const virHost *host, const char *name, char **id, GError **error)
{
    return getId(host, name, "phys_port_id", id, error);
}

bool virNetDevGetPhysSwitchID(const virHost *host, const char *name, char **id, GError **error)
{
    return getId(host, name, "phys_switch_id", id, error);
}

bool virNetDevGetMAC(const virHost *host, const char *name, char **mac, GError **error)
{
    if (!nameIsSound(name, error))
        return false;
    g_autofree char *path = folder(host, name, "address");
    int code = virAttrRead(path, mac);
    return code == 0 || fail(host, name, "MAC address", code, error);
}

bool virNetDevGetMTU(const virHost *host, const char *name, unsigned int *mtu, GError **error)
{
    if (!nameIsSound(name, error))
        return false;
    g_autofree char *path = folder(host, name, "mtu");
    long long n = 0;
    int code = virAttrReadNumber(path, &n);
    if (code == 0 && (n < 0 || n > G_MAXINT))
        code = EINVAL;
    *mtu = n;
    return code == 0 || fail(host, name, "MTU", code, error);
}

bool virNetDevGetLink(const virHost *host, const char *name, char **state, unsigned int *speed, GError **error)
{
    if (!nameIsSound(name, error))
        return false;
    g_autofree char *path = folder(host, name, "operstate"), *speedPath = folder(host, name, "speed"), *text = NULL;
    long long n = 0;
    int code = virAttrRead(path, &text);
    if (code != 0)
        return fail(host, name, "link state", code, error);
    *speed = 0;
    /* while a link is down, drivers refuse to say, or say anything */
    if (g_str_equal(text, "up") && virAttrReadNumber(speedPath, &n) == 0 && n > 0 && n < G_MAXINT)
        *speed = n;
    *state = g_steal_pointer(&text);
    return true;
}

int virNetDevGetPCIAddress(const virHost *host, const char *name, virHostPCIAddress *address, GError **error)
{
    if (!nameIsSound(name, error))
        return -1;
    g_autofree char *path = folder(host, name, "device"), *target = NULL, *self = folder(host, name, NULL);
    int code = virAttrReadLink(path, &target);
    if (code == 0)
        return virHostPCIAddressParse(target, address);
    if (code == ENOENT && access(self, F_OK) == 0)
        return 0;
    fail(host, name, "device", code, error);
    return -1;
}

int virNetDevIsVirtualFunction(const virHost *host, const char *name, GError **error)
{
    virHostPCIAddress address;
    int there = virNetDevGetPCIAddress(host, name, &address, error);
    return there > 0 ? virHostPCIIsVirtualFunction(host, &address) : there;
}

int virNetDevGetPhysicalFunctionOf(const virHost *host, const virHostPCIAddress *vf, const char *physPortID, char **pf,
                                   unsigned int *index, GError **error)
{
    virHostPCIAddress above;
    g_autofree char *name = NULL;
    int there = virHostPCIGetPhysicalFunction(host, vf, &above, error);
    if (there > 0)
        there = virPCIGetNetName(host, &above, 0, physPortID, &name, error);
    if (there <= 0)
        return there;
    if (index) {
        int n = virHostPCIGetVirtualFunctionIndex(host, vf, error);
        if (n < 0)
            return -1;
        *index = n;
    }
    *pf = g_steal_pointer(&name);
    return 1;
}

int virNetDevGetPhysicalFunction(const virHost *host, const char *name, char **pf, unsigned int *index, GError **error)
{
    virHostPCIAddress address;
    g_autofree char *id = NULL;
    int there = virNetDevGetPCIAddress(host, name, &address, error);
    if (there <= 0)
        return there;
    if (!virNetDevGetPhysPortID(host, name, &id, error))
        return -1;
    return virNetDevGetPhysicalFunctionOf(host, &address, id, pf, index, error);
}
