/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening a connection: which URI is meant, which driver takes it. Local drivers are modules that are loaded when their
 * scheme is asked for; everything else goes to a daemon.
 */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "connect"
#include "api/entry.h"
#include "src/api/check.h"
#include "src/api/driver.h"
#include "base/error.h"
#include "base/log.h"
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

static gint localDrivers;

void virConnectUseLocalDrivers(void)
{
    g_atomic_int_set(&localDrivers, TRUE);
}

/* ---- modules ---- */

/* In a build folder the modules lie where they were made; an installed library has its own place for them. */
static char *modulePath(const char *name)
{
    const char *dir = g_getenv("LIBVIRT_DRIVER_DIR");
    g_autofree char *file = g_strdup_printf("libvirt_driver_%s.so", name);
    Dl_info info;
    if (dir)
        return g_build_filename(dir, file, NULL);
    if (dladdr((void *)(gsize)virConnectUseLocalDrivers, &info) && info.dli_fname) {
        g_autofree char *own = g_path_get_dirname(info.dli_fname);
        g_autofree char *built = g_build_filename(own, "..", "drivers", name, file, NULL);
        if (g_file_test(built, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&built);
    }
    return g_build_filename(VIR_DRIVERDIR, file, NULL);
}

const virConnectDriver *virDriverLoad(const char *name, GError **error)
{
    static GMutex mutex;
    static GHashTable *loaded;          /* name → driver; modules stay for the life of the process */
    for (const char *p = name; *p; p++) {
        if (!g_ascii_isalnum(*p)) {
            virSetError(error, VIR_ERR_NO_CONNECT, "%s", name);
            return NULL;
        }
    }
    g_mutex_lock(&mutex);
    if (!loaded)
        loaded = g_hash_table_new(g_str_hash, g_str_equal);
    const virConnectDriver *driver = g_hash_table_lookup(loaded, name);
    if (!driver) {
        g_autofree char *path = modulePath(name);
        void *handle = dlopen(path, RTLD_NOW | RTLD_NODELETE);
        driver = handle ? dlsym(handle, "virDriverModule") : NULL;
        if (driver)
            g_hash_table_insert(loaded, g_strdup(name), (gpointer)driver);
        else
            virSetError(error, VIR_ERR_NO_CONNECT, "%s: %s", name, dlerror());
    }
    g_mutex_unlock(&mutex);
    return driver;
}

/* ---- which URI ---- */

static char *defaultUri(void)
{
    const char *env = g_getenv("LIBVIRT_DEFAULT_URI");
    if (env && *env)
        return g_strdup(env);
    return g_strdup(geteuid() == 0 ? "qemu:///system" : "qemu:///session");
}

/* Names that libvirt takes although they are no URIs. */
static char *spelledOut(const char *name)
{
    if (g_ascii_strcasecmp(name, "xen") == 0)
        return g_strdup("xen:///system");
    return g_strdup(name);
}

/* Does a module inside this process serve it? */
static bool isLocal(const char *scheme, GUri *uri)
{
    const char *host = g_uri_get_host(uri), *path = g_uri_get_path(uri);
    if (strchr(scheme, '+') || (host && *host))
        return false;
    if (g_atomic_int_get(&localDrivers))
        return true;
    return g_str_equal(scheme, "test") || g_str_has_prefix(path, "/embed");
}

virConnectPtr virConnectOpenName(const char *name, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    g_autofree char *text = name && *name ? spelledOut(name) : defaultUri();
    g_autoptr(GError) cause = NULL;
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_QUERY | G_URI_FLAGS_NON_DNS, &cause);
    if (!uri) {
        virErrorSet(error, VIR_FROM_URI, VIR_ERR_INTERNAL_ERROR, "Unable to parse URI %s: %s", text, cause->message);
        return NULL;
    }
    const char *scheme = g_uri_get_scheme(uri);
    const virConnectDriver *driver =
        isLocal(scheme, uri) ? virDriverLoad(scheme, error) : &virRemoteConnectDriver;
    if (!driver)
        return NULL;
    g_autoptr(virConnect) conn = virConnectNew();
    conn->uri = g_steal_pointer(&uri);
    conn->uriText = g_strdup(text);
    conn->flags = flags;
    if (!driver->open(conn, auth, flags, error))
        return NULL;
    conn->driver = driver;
    virDebug("opened %s with driver %s", text, driver->name);
    return g_steal_pointer(&conn);
}

static virConnectPtr openPublic(const char *name, virConnectAuthPtr auth, unsigned int flags)
{
    GError *error = NULL;
    virInitialize();
    virResetLastError();
    virConnectPtr conn = virConnectOpenName(name, auth, flags, &error);
    if (!conn)
        virErrorDispatch(NULL, error);
    return conn;
}

virConnectPtr virConnectOpen(const char *name)
{
    return openPublic(name, NULL, 0);
}

virConnectPtr virConnectOpenReadOnly(const char *name)
{
    return openPublic(name, NULL, VIR_CONNECT_RO);
}

virConnectPtr virConnectOpenAuth(const char *name, virConnectAuthPtr auth, unsigned int flags)
{
    return openPublic(name, auth, flags);
}
