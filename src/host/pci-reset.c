/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reset of PCI devices. See pci.h. */
#define VIR_FROM VIR_FROM_NONE
#include "host/pci.h"
#include "host/attr.h"
#include "base/error.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { COMMAND = 0x04, BRIDGE_CONTROL = 0x3e, BRIDGE_RESET = 0x40, SPACE = 256, HOLD_US = 100000, SETTLE_US = 200000, POLL_US = 10000 };

/* A device behind the bridge that is reset, with what its configuration space held. */
typedef struct { virHostPCIAddress address; GBytes *config; } virResetMember;

static void memberClear(gpointer data)
{
    g_clear_pointer(&((virResetMember *)data)->config, g_bytes_unref);
}

static bool configAccess(const virHost *host, const virHostPCIAddress *address, unsigned int at, gsize n, unsigned char *bytes, bool write,
                         GError **error)
{
    g_autofree char *path = virHostPCIPath(host, address, "config");
    g_auto(virFd) fd = open(path, (write ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
    ssize_t done = fd < 0 ? -1 : write ? pwrite(fd, bytes, n, at) : pread(fd, bytes, n, at);
    if (done == (ssize_t)n)
        return true;
    int code = done < 0 ? errno : EIO;
    g_autofree char *text = virHostPCIAddressFormat(address);
    virSetSystemError(error, code, "Failed to %s config space of PCI device %s at 0x%x", write ? "write" : "read", text, at);
    return false;
}

static bool contains(const GArray *addresses, const virHostPCIAddress *address)
{
    for (guint i = 0; addresses && i < addresses->len; i++)
        if (virHostPCIAddressEqual(&g_array_index(addresses, virHostPCIAddress, i), address))
            return true;
    return false;
}

static bool driverMayLose(const virHost *host, const virHostPCIDevice *d)
{
    return !d->driver || g_str_equal(d->driver, "pci-stub") || virHostPCIDriverIsVfio(host, &d->address, d->driver);
}

/* All devices behind `bridge`; NULL with an error when one of them is not ours to reset. */
static GArray *membersBehind(const virHost *host, const virHostPCIDevice *bridge, const virHostPCIDevice *device, const GArray *ours,
                             GError **error)
{
    g_autoptr(GArray) all = virHostPCIList(host, error);
    if (!all)
        return NULL;
    g_autofree char *prefix = g_strconcat(bridge->path, "/", NULL), *text = virHostPCIAddressFormat(&device->address);
    g_autoptr(GArray) members = g_array_new(FALSE, TRUE, sizeof(virResetMember));
    g_array_set_clear_func(members, memberClear);
    for (guint i = 0; i < all->len; i++) {
        virResetMember member = { g_array_index(all, virHostPCIAddress, i), NULL };
        g_autoptr(virHostPCIDevice) d = virHostPCIDeviceRead(host, &member.address, NULL);
        if (!d || !g_str_has_prefix(d->path, prefix))
            continue;                           /* gone, or elsewhere */
        bool known = contains(ours, &d->address) || virHostPCIAddressEqual(&d->address, &device->address);
        if (!known || !driverMayLose(host, d) || d->header != VIR_HOST_PCI_HEADER_ENDPOINT) {
            g_autofree char *other = virHostPCIAddressFormat(&d->address);
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "Active %s devices on bus with %s, not doing bus reset", other, text);
            return NULL;
        }
        member.config = virHostPCIConfigRead(host, &d->address, SPACE, error);
        if (member.config && g_bytes_get_size(member.config) == SPACE) {
            g_array_append_val(members, member);
            continue;
        }
        if (member.config) {
            g_autofree char *other = virHostPCIAddressFormat(&d->address);
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "the config space of PCI device %s cannot be saved before a bus reset", other);
        }
        memberClear(&member);
        return NULL;
    }
    return g_steal_pointer(&members);
}

/* It answers again: a device that is not ready yet gives ones, or the vendor 1. */
static bool waitForDevice(const virHost *host, const virHostPCIAddress *address, gint64 end, GError **error)
{
    unsigned char id[2];
    for (;;) {
        if (!configAccess(host, address, 0, sizeof(id), id, false, error))
            return false;
        unsigned int vendor = id[0] | id[1] << 8;
        if (vendor != 0xffff && vendor != 1)
            return true;
        if (g_get_monotonic_time() >= end)
            break;
        g_usleep(POLL_US);
    }
    g_autofree char *text = virHostPCIAddressFormat(address);
    virSetSystemError(error, ETIMEDOUT, "PCI device %s does not answer after a bus reset", text);
    return false;
}

/* What differs, from the end to the beginning, so that the command register comes after the addresses that it switches on. */
static bool restore(const virHost *host, const virResetMember *member, GError **error)
{
    gsize len;
    const unsigned char *saved = g_bytes_get_data(member->config, &len);
    unsigned char now[SPACE], word[4];
    if (!configAccess(host, &member->address, 0, sizeof(now), now, false, error))
        return false;
    for (unsigned int at = SPACE - 4; at >= COMMAND; at -= 4) {
        if (memcmp(now + at, saved + at, 4) == 0)
            continue;
        memcpy(word, saved + at, 4);
        if (!configAccess(host, &member->address, at, at == COMMAND ? 2 : 4, word, true, error))
            return false;
    }
    return true;
}

/* The bit in the bridge is cleared whatever happens. */
static bool pulse(const virHost *host, const virHostPCIAddress *bridge, GError **error)
{
    unsigned char control[2];
    if (!configAccess(host, bridge, BRIDGE_CONTROL, 2, control, false, error))
        return false;
    control[0] |= BRIDGE_RESET;
    if (!configAccess(host, bridge, BRIDGE_CONTROL, 2, control, true, error))
        return false;
    g_usleep(HOLD_US);
    control[0] &= ~BRIDGE_RESET;
    return configAccess(host, bridge, BRIDGE_CONTROL, 2, control, true, error);
}

static bool busReset(const virHost *host, const virHostPCIDevice *device, const GArray *ours, int timeout_ms, GError **error)
{
    virHostPCIAddress above;
    g_autofree char *text = virHostPCIAddressFormat(&device->address);
    int there = virHostPCIParent(host, &device->address, &above, error);
    if (there <= 0 || virHostPCIIsVirtualFunction(host, &device->address)) {
        if (there >= 0)
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unable to reset PCI device %s: no FLR, PM reset or bus reset available", text);
        return false;
    }
    g_autoptr(virHostPCIDevice) bridge = virHostPCIDeviceRead(host, &above, error);
    g_autoptr(GArray) members = bridge ? membersBehind(host, bridge, device, ours, error) : NULL;
    if (!members)
        return false;
    g_autofree char *path = virHostPCIPath(host, &above, "reset_subordinate");
    int code = virAttrWrite(path, "1", timeout_ms);     /* kernels since 6.13 do all of it themselves */
    if (code != ENOENT) {
        if (code != 0)
            virSetSystemError(error, code, "Unable to reset the bus of PCI device %s", text);
        return code == 0;
    }
    gint64 end = g_get_monotonic_time() + SETTLE_US + timeout_ms * G_TIME_SPAN_MILLISECOND;
    if (!pulse(host, &above, error))
        return false;
    g_usleep(SETTLE_US);
    bool ok = true;
    for (guint i = 0; i < members->len; i++) {          /* each of them, even when one does not come back */
        const virResetMember *member = &g_array_index(members, virResetMember, i);
        GError **first = ok ? error : NULL;
        ok &= waitForDevice(host, &member->address, end, first) && restore(host, member, first);
    }
    return ok;
}

bool virHostPCIReset(const virHost *host, const virHostPCIAddress *address, const GArray *ours, int timeout_ms, GError **error)
{
    g_autoptr(virHostPCIDevice) device = virHostPCIDeviceRead(host, address, error);
    if (!device)
        return false;
    g_autofree char *text = virHostPCIAddressFormat(address), *path = virHostPCIPath(host, address, "reset");
    if (device->driver && virHostPCIDriverIsVfio(host, address, device->driver))
        return true;
    if (!driverMayLose(host, device)) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "PCI device %s is in use by the host's driver %s; detach it before it is reset", text,
                    device->driver);
        return false;
    }
    int code = virAttrWrite(path, "1", timeout_ms);
    if (code == 0)
        return true;
    g_autoptr(GError) why = NULL;
    if (code != ETIMEDOUT && busReset(host, device, ours, timeout_ms, &why))
        return true;
    if (!why)
        virSetSystemError(error, code, "Unable to reset PCI device %s", text);
    else if (code == ENOENT)                    /* the kernel knows no way of its own */
        g_propagate_error(error, g_steal_pointer(&why));
    else
        virSetSystemError(error, code, "Unable to reset PCI device %s (%s)", text, why->message);
    return false;
}
