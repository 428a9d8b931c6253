/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which driver a PCI device has. A change brings the device from the state that it is in to another; when a step of it fails, the
 * same function brings it back. See pci.h.
 */
#define VIR_FROM VIR_FROM_NONE
#include "host/pci.h"
#include "host/attr.h"
#include "host/process.h"
#include "base/error.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { POLL_US = 5000, PROBE_DEFERRED = 517 /* the kernel's own EPROBE_DEFER */ };

void virHostPCIBindingFree(virHostPCIBinding *binding)
{
    if (!binding)
        return;
    g_free(binding->driver);
    g_free(binding->driverOverride);
    g_free(binding);
}

typedef struct {
    const virHost *host;
    const virHostPCIAddress *address;
    const char *text;                           /* the address */
    int timeout;
    bool stuck;                                 /* the kernel is still at the last write: nothing that is asked now will be answered */
} virBindJob;

static virHostPCIBinding *bindingRead(const virBindJob *job, GError **error)
{
    g_autoptr(virHostPCIBinding) b = g_new0(virHostPCIBinding, 1);
    g_autofree char *path = virHostPCIPath(job->host, job->address, "driver_override");
    b->address = *job->address;
    if (!virHostPCIExists(job->host, job->address)) {
        g_autofree char *folder = virHostPCIPath(job->host, job->address, NULL);
        virSetSystemError(error, ENOENT, "Device %s not found: could not access %s", job->text, folder);
        return NULL;
    }
    if (!virHostPCIDriver(job->host, job->address, &b->driver, error))
        return NULL;
    int code = virAttrRead(path, &b->driverOverride);
    if (code != 0) {
        virSetSystemError(error, code, "Failed to read the driver_override interface of PCI device '%s' at %s", job->text, path);
        return NULL;
    }
    if (g_str_equal(b->driverOverride, "(null)") || !*b->driverOverride)
        g_clear_pointer(&b->driverOverride, g_free);
    return g_steal_pointer(&b);
}

static int jobWrite(virBindJob *job, const char *path, const char *text)
{
    int code = virAttrWrite(path, text, job->timeout);
    if (code == ETIMEDOUT)
        job->stuck = true;
    return code;
}

/* Wait until the driver is `driver` (NULL: until it is not `old`). */
static bool waitForDriver(const virBindJob *job, const char *driver, const char *old, GError **error)
{
    gint64 end = g_get_monotonic_time() + job->timeout * G_TIME_SPAN_MILLISECOND;
    for (;;) {
        g_autofree char *now = NULL;
        if (!virHostPCIDriver(job->host, job->address, &now, error))
            return false;
        if (driver ? g_strcmp0(now, driver) == 0 : g_strcmp0(now, old) != 0)
            return true;
        if (g_get_monotonic_time() >= end)
            break;
        g_usleep(POLL_US);
    }
    if (driver)
        virSetSystemError(error, ETIMEDOUT, "Failed to bind PCI device '%s' to %s", job->text, driver);
    else
        virSetSystemError(error, ETIMEDOUT, "Failed to unbind PCI device '%s' from %s", job->text, old);
    return false;
}

static bool setOverride(virBindJob *job, const char *driver, GError **error)
{
    g_autofree char *path = virHostPCIPath(job->host, job->address, "driver_override");
    int code = jobWrite(job, path, driver ? driver : "\n");
    if (code == 0)
        return true;
    if (driver)
        virSetSystemError(error, code, "Failed to add driver '%s' to driver_override interface of PCI device '%s'", driver, job->text);
    else
        virSetSystemError(error, code, "Failed to clear the driver_override interface of PCI device '%s'", job->text);
    return false;
}

static bool unbind(virBindJob *job, const char *driver, GError **error)
{
    g_autofree char *path = virHostPCIPath(job->host, job->address, "driver/unbind");
    int code = jobWrite(job, path, job->text);
    if (code == 0)
        return waitForDriver(job, NULL, driver, error);
    virSetSystemError(error, code, "Failed to unbind PCI device '%s' from %s", job->text, driver);
    return false;
}

static char *driverPath(const virHost *host, const char *driver, const char *name)
{
    return g_strdup_printf("%s/bus/pci/drivers/%s%s%s", host->sys, driver, name ? "/" : "", name ? name : "");
}

/* Ask the driver itself, not the bus: a probe of the bus keeps to itself why a driver refused. */
static bool bindTo(virBindJob *job, const char *driver, GError **error)
{
    g_autofree char *path = driverPath(job->host, driver, "bind");
    int code = jobWrite(job, path, job->text);
    g_autofree char *now = NULL;
    if (code == 0 || code == PROBE_DEFERRED)
        return waitForDriver(job, driver, NULL, error);
    /* busy: someone else's probe was quicker, as we wanted it; or the driver's own word */
    if (code == EBUSY && virHostPCIDriver(job->host, job->address, &now, NULL) && g_strcmp0(now, driver) == 0)
        return true;
    virSetSystemError(error, code, "Failed to bind PCI device '%s' to %s", job->text, driver);
    return false;
}

static bool probe(virBindJob *job, GError **error)
{
    g_autofree char *path = g_strconcat(job->host->sys, "/bus/pci/drivers_probe", NULL);
    int code = jobWrite(job, path, job->text);
    if (code != 0)
        virSetSystemError(error, code, "Failed to trigger a re-probe for PCI device '%s'", job->text);
    return code == 0;
}

/* The override comes first: whatever probes the bus meanwhile, the device goes nowhere else. */
static bool moveTo(virBindJob *job, const virHostPCIBinding *to, GError **error)
{
    g_autoptr(virHostPCIBinding) now = bindingRead(job, error);
    if (!now)
        return false;
    if (g_strcmp0(now->driverOverride, to->driverOverride) != 0 && !setOverride(job, to->driverOverride, error))
        return false;
    if (g_strcmp0(now->driver, to->driver) == 0)
        return true;
    if (now->driver && !unbind(job, now->driver, error))
        return false;
    return !to->driver || bindTo(job, to->driver, error);
}

/* After a failure: back to `from`, or say in the error why not. */
static void moveBack(virBindJob *job, const virHostPCIBinding *from, GError **error)
{
    g_autoptr(GError) undo = NULL;
    g_autofree char *more = NULL;
    if (job->stuck)
        more = g_strdup_printf("; the kernel is still at it, and the device not given back to %s",
                               from->driver ? from->driver : "no driver");
    else if (!moveTo(job, from, &undo))
        more = g_strdup_printf("; giving it back failed too: %s", undo->message);
    if (!more)
        return;
    char *words = g_strconcat((*error)->message, more, NULL);
    g_free((*error)->message);
    (*error)->message = words;
}

/* ---- what callers ask for ---- */

static bool nameIsSound(const char *driver, GError **error)
{
    if (*driver && !strpbrk(driver, "/\n") && *driver != '.' && *driver != '-')
        return true;
    virSetError(error, VIR_ERR_INVALID_ARG, "invalid name '%s' of a PCI driver", driver);
    return false;
}

/* What the driver, or that of the module, is called on the bus; NULL: it is not there. */
static char *driverFind(const virHost *host, const char *name)
{
    g_autofree char *path = driverPath(host, name, NULL), *module = g_strdelimit(g_strdup(name), "-", '_');
    if (access(path, F_OK) == 0)
        return g_strdup(name);
    g_autofree char *folder = g_strdup_printf("%s/module/%s/drivers", host->sys, module);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *entry = NULL;
    while (dir && (entry = g_dir_read_name(dir)))
        if (g_str_has_prefix(entry, "pci:"))
            break;
    return entry ? g_strdup(entry + strlen("pci:")) : NULL;
}

/* Only the machine's own kernel can be asked for a module. */
static char *driverLoad(const virHost *host, const char *driver, int timeout_ms, GError **error)
{
    g_autoptr(GError) why = NULL;
    const char *argv[] = { "/sbin/modprobe", "-b", "--", driver, NULL };
    g_autofree char *found = driverFind(host, driver);
    if (!found && host == virHostLocal() && virProcessRun(argv, timeout_ms, NULL, &why))
        found = driverFind(host, driver);
    if (!found)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Failed to load PCI driver module %s: %s", driver,
                    why ? why->message : "the kernel has no such driver");
    return g_steal_pointer(&found);
}

bool virHostPCIDriverIsVfio(const virHost *host, const virHostPCIAddress *address, const char *driver)
{
    if (g_str_equal(driver, "vfio-pci") || g_str_has_suffix(driver, "vfio_pci") || g_str_has_suffix(driver, "-vfio-pci"))
        return true;
    g_autofree char *now = NULL, *path = virHostPCIPath(host, address, "vfio-dev");
    return virHostPCIDriver(host, address, &now, NULL) && g_strcmp0(now, driver) == 0 && access(path, F_OK) == 0;
}

static bool isStub(const virHost *host, const virHostPCIAddress *address, const char *driver)
{
    return g_str_equal(driver, "pci-stub") || g_str_equal(driver, "pciback") || virHostPCIDriverIsVfio(host, address, driver);
}

virHostPCIBinding *virHostPCIBindingRead(const virHost *host, const virHostPCIAddress *address, GError **error)
{
    g_autofree char *text = virHostPCIAddressFormat(address);
    virBindJob job = { host, address, text, 0, false };
    return bindingRead(&job, error);
}

bool virHostPCIBind(const virHost *host, const virHostPCIAddress *address, const char *driver, int timeout_ms,
                    virHostPCIBinding **before, GError **error)
{
    g_autofree char *text = virHostPCIAddressFormat(address);
    virBindJob job = { host, address, text, timeout_ms, false };
    if (!nameIsSound(driver, error))
        return false;
    g_autoptr(virHostPCIBinding) from = bindingRead(&job, error);
    if (!from)
        return false;
    if (g_strcmp0(from->driver, driver) != 0) {
        g_autofree char *name = driverLoad(host, driver, timeout_ms, error);
        virHostPCIBinding to = { *address, name, name };
        g_autoptr(GError) why = NULL;
        if (!name)
            return false;
        if (!moveTo(&job, &to, &why)) {
            moveBack(&job, from, &why);
            g_propagate_error(error, g_steal_pointer(&why));
            return false;
        }
    }
    if (before)
        *before = g_steal_pointer(&from);
    return true;
}

bool virHostPCIRestore(const virHost *host, const virHostPCIBinding *before, int timeout_ms, GError **error)
{
    g_autofree char *text = virHostPCIAddressFormat(&before->address);
    virBindJob job = { host, &before->address, text, timeout_ms, false };
    g_autoptr(virHostPCIBinding) from = bindingRead(&job, error);
    g_autoptr(GError) why = NULL;
    if (!from)
        return false;
    bool away = before->driver && g_strcmp0(from->driver, before->driver) != 0;
    g_autofree char *name = away ? driverLoad(host, before->driver, timeout_ms, error) : NULL;
    if (away && !name)
        return false;
    if (moveTo(&job, before, &why))
        return true;
    moveBack(&job, from, &why);
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}

bool virHostPCIReprobe(const virHost *host, const virHostPCIAddress *address, int timeout_ms, GError **error)
{
    g_autofree char *text = virHostPCIAddressFormat(address);
    virBindJob job = { host, address, text, timeout_ms, false };
    virHostPCIBinding to = { *address, NULL, NULL };
    g_autoptr(GError) why = NULL;
    g_autoptr(virHostPCIBinding) from = bindingRead(&job, error);
    if (!from)
        return false;
    if (from->driver && !isStub(host, address, from->driver))
        return true;
    if (moveTo(&job, &to, &why) && probe(&job, &why))
        return true;
    moveBack(&job, from, &why);
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}
