/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xen:///system of the daemon: definitions of a Xen host's guests, and Xen's own configurations from and to them. */
#define VIR_FROM VIR_FROM_LIBXL
#define VIR_LOG_NAME "xen.driver"
#include "drivers/xen/xen.h"
#include "base/log.h"
#include "engine/hypervisor.h"
#include "native/xen.h"
#include "src/api/connect.h"
#include "src/api/driver.h"

enum { MAX_VCPUS = 512, VERSION_MAJOR = 1000000, VERSION_MINOR = 1000 };

static GMutex mutex;
static virEngine *service;              /* the daemon's instance; its private data is the xenHost */

static const virDomainParseConfig *parseConfig(virEngine *engine, GError **error)
{
    return virXenParseConfig();
}

static bool dialect(const char *format, virXenDialect *which, GError **error)
{
    *which = g_str_equal(format, "xen-xm") ? VIR_XEN_XM : VIR_XEN_XL;
    if (*which == VIR_XEN_XM || g_str_equal(format, "xen-xl"))
        return true;
    virSetError(error, VIR_ERR_INVALID_ARG, "unsupported config type %s", format);
    return false;
}

static virDomainDef *fromNative(virEngine *engine, const char *format, const char *text, GError **error)
{
    virXenDialect which;
    return dialect(format, &which, error) ? virXenParse(text, which, virXenParseConfig(), error) : NULL;
}

static char *toNative(virEngine *engine, const char *format, virDomainDef *def, unsigned int flags, GError **error)
{
    virXenDialect which;
    return dialect(format, &which, error) ? virXenFormat(def, which, error) : NULL;
}

static bool start(virDomainObj *obj, virDomainDef *def, unsigned int flags, pid_t *pid, GError **error)
{
    virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "starting domain '%s' is not supported: this driver keeps Xen's definitions, and does not run guests",
                def->name);
    return false;
}

static char *capabilities(virEngine *engine, GError **error)
{
    return xenCapabilities(virEngineGetPrivate(engine));
}

static int version(virEngine *engine, unsigned long *number, GError **error)
{
    const xenHost *host = virEngineGetPrivate(engine);
    *number = host->major * VERSION_MAJOR + host->minor * VERSION_MINOR;
    return 0;
}

static int maxVcpus(virEngine *engine, const char *type, GError **error)
{
    return MAX_VCPUS;
}

static const virHypervisor hypervisor = {
    .name = "Xen",
    .from = VIR_FROM_LIBXL,
    .parseConfig = parseConfig,
    .fromNative = fromNative,
    .toNative = toNative,
    .start = start,
    .capabilities = capabilities,
    .version = version,
    .maxVcpus = maxVcpus,
};

static bool xenOpen(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    const char *path = g_uri_get_path(conn->uri);
    g_mutex_lock(&mutex);
    virEngine *engine = service;
    g_mutex_unlock(&mutex);
    if (!engine) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "libxenlight state driver is not active: this host is no control domain of Xen");
        return false;
    }
    if (*path && !g_str_equal(path, "/") && !g_str_equal(path, "/system")) {
        virErrorSet(error, VIR_FROM_XEN, VIR_ERR_INTERNAL_ERROR, "unexpected Xen URI path '%s', try xen:///system", path);
        return false;
    }
    virEngineConnect(engine, conn, &virEngineDriver);
    return true;
}

static void xenClose(virConnectPtr conn)
{
    virEngineDisconnect(conn);
}

/* Most hosts are not Xen's: that is no failure of the daemon's. */
static bool stateInit(bool privileged, const char *root, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(xenHost) host = privileged ? xenHostOpen(&cause) : NULL;
    if (!host) {
        virInfo("Xen's guests are not served: %s", cause ? cause->message : "that needs root");
        return true;
    }
    virEngine *engine = virEngineNew(&hypervisor, virEngineDirsNew("libxl", true, root), host, error);
    if (!engine)
        return false;
    g_steal_pointer(&host);
    if (!virEngineLoad(engine, error)) {
        xenHostFree(virEngineGetPrivate(engine));
        virEngineFree(engine);
        return false;
    }
    g_mutex_lock(&mutex);
    service = engine;
    g_mutex_unlock(&mutex);
    return true;
}

static void stateStop(void)
{
    /* The instance stays for threads that still use it; definitions are on disk. */
    virInfo("the Xen driver stops");
}

static const char *const schemes[] = { "xen", NULL };

const virConnectDriver virDriverModule = {
    .name = "Xen",
    .schemes = schemes,
    .open = xenOpen,
    .close = xenClose,
    .stateInit = stateInit,
    .stateStop = stateStop,
};
