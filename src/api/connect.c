/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening a connection: which URI is meant, which driver takes it. Local drivers are modules that are loaded when their
 * scheme is asked for; everything else goes to a daemon.
 */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "connect"
#include "api/entry.h"
#include "src/api/check.h"
#include "src/api/clientconf.h"
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

static GMutex modules;
static GHashTable *loaded;              /* name → driver; modules stay for the life of the process */

const virConnectDriver *virDriverLoad(const char *name, GError **error)
{
    for (const char *p = name; *p; p++) {
        if (!g_ascii_isalnum(*p)) {
            virSetError(error, VIR_ERR_NO_CONNECT, "%s", name);
            return NULL;
        }
    }
    g_mutex_lock(&modules);
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
    g_mutex_unlock(&modules);
    return driver;
}

/* Never waits for a module that is being loaded. */
static const virConnectDriver *driverLoaded(const char *name)
{
    if (!g_mutex_trylock(&modules))
        return NULL;
    const virConnectDriver *driver = loaded ? g_hash_table_lookup(loaded, name) : NULL;
    g_mutex_unlock(&modules);
    return driver;
}

/* ---- drivers that every hypervisor's connection shares ---- */

static GPtrArray *shared;           /* made before the first connection, not changed after that */

void virDriverShare(const virConnectDriver *driver)
{
    if (!shared)
        shared = g_ptr_array_new();
    g_ptr_array_add(shared, (gpointer)driver);
}

/* One that keeps no state here (test, remote) brings all its groups itself; one of the host's kinds stands for its own only. */
static bool shares(const virConnectDriver *driver)
{
    return shared && driver && driver->stateInit && !driver->attach;
}

static void attachShared(virConnectPtr conn)
{
    for (guint i = 0; shares(conn->driver) && i < shared->len; i++)
        ((const virConnectDriver *)shared->pdata[i])->attach(conn);
}

void virDriverDetachShared(virConnectPtr conn)
{
    for (guint i = 0; shares(conn->driver) && i < shared->len; i++)
        ((const virConnectDriver *)shared->pdata[i])->detach(conn);
}

/* ---- which URI ---- */

/* What the caller did not say: LIBVIRT_DEFAULT_URI, then the configuration. `*text` stays NULL when neither says: the daemon
 * knows what it serves. */
static bool defaultUri(virConf *conf, char **text, GError **error)
{
    const char *env = g_getenv("LIBVIRT_DEFAULT_URI");
    if (env && *env)
        *text = g_strdup(env);
    else if (!virConfGetString(conf, "uri_default", text, error))
        return false;
    if (!*text && g_atomic_int_get(&localDrivers))
        *text = g_strdup(geteuid() == 0 ? "qemu:///system" : "qemu:///session");
    return true;
}

static bool chooseUri(const char *name, unsigned int flags, char **text, GError **error)
{
    if (name && strchr(name, ':') && g_atomic_int_get(&localDrivers)) {      /* no alias, and the client has read its configuration */
        *text = g_strdup(name);
        return true;
    }
    g_autoptr(virConf) conf = virClientConfig("libvirt.conf", error);
    if (!conf)
        return false;
    if (!name || !*name)
        return defaultUri(conf, text, error);
    if (flags & VIR_CONNECT_NO_ALIASES)
        *text = g_strdup(name);
    else
        *text = virClientConfigAlias(conf, name, error);
    if (*text && g_ascii_strcasecmp(*text, "xen") == 0) {     /* the oldest name of all */
        g_free(*text);
        *text = g_strdup("xen:///system");
    }
    return *text != NULL;
}

GUri *virConnectParseUri(const char *text, GError **error)
{
    g_autoptr(GError) cause = NULL;
    if (!strchr(text, ':')) {
        virSetError(error, VIR_ERR_NO_CONNECT, "URI '%s' does not include a driver name", text);
        return NULL;
    }
    GUri *uri = g_uri_parse(text, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_QUERY | G_URI_FLAGS_NON_DNS, &cause);
    if (!uri)
        virErrorSet(error, VIR_FROM_URI, VIR_ERR_INTERNAL_ERROR, "Unable to parse URI %s: %s", text, cause->message);
    return uri;
}

/* What runs in the client's process although no daemon was asked for: no state of ours, or none that outlives the connection. */
static const struct {
    const char *scheme, *module;
} clientSide[] = {
    { "test", "test" },
    { "vmwareplayer", "vmware" },
    { "vmwarews", "vmware" },
    { "vmwarefusion", "vmware" },
};

/* The module inside this process that serves the URI; NULL without an error: none, it is the daemon's. */
static const virConnectDriver *localDriver(GUri *uri, GError **error)
{
    const char *scheme = uri ? g_uri_get_scheme(uri) : "+", *host = uri ? g_uri_get_host(uri) : NULL;
    if (strchr(scheme, '+') || (host && *host))
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(clientSide); i++)
        if (g_str_equal(scheme, clientSide[i].scheme))
            return virDriverLoad(clientSide[i].module, error);
    if (g_atomic_int_get(&localDrivers) || g_str_has_prefix(g_uri_get_path(uri), "/embed"))
        return virDriverLoad(scheme, error);
    return NULL;
}

virConnectPtr virConnectOpenName(const char *name, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) cause = NULL;
    if (!chooseUri(name, flags, &text, error))
        return NULL;
    g_autoptr(virConnect) conn = virConnectNew();
    if (text && !(conn->uri = virConnectParseUri(text, error)))
        return NULL;
    const virConnectDriver *driver = localDriver(conn->uri, &cause);
    if (cause) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return NULL;
    }
    if (!driver)
        driver = &virRemoteConnectDriver;
    conn->uriText = g_steal_pointer(&text);
    conn->flags = flags;
    if (!driver->open(conn, auth, flags, error))
        return NULL;
    conn->driver = driver;
    attachShared(conn);
    virDebug("opened %s with driver %s", conn->uriText, driver->name);
    return g_steal_pointer(&conn);
}

bool virConnectOpensAtOnce(const char *name)
{
    static const char *const paths[] = { ":///system", ":///session", ":///default" };
    const char *path = name ? strchr(name, ':') : NULL;
    bool known = false;
    for (gsize i = 0; path && i < G_N_ELEMENTS(paths); i++)
        known |= g_str_equal(path, paths[i]);
    g_autofree char *scheme = known ? g_strndup(name, path - name) : NULL;
    const virConnectDriver *driver = scheme ? driverLoaded(scheme) : NULL;
    return driver && driver->atOnce;
}

bool virConnectClosesAtOnce(virConnectPtr conn)
{
    return conn->driver && conn->driver->atOnce && !g_atomic_int_get(&conn->lingers);
}

static virConnectPtr openPublic(const char *name, virConnectAuthPtr auth, unsigned int flags)
{
    GError *error = NULL;
    virInitialize();
    virResetLastError();
    virConnectPtr conn = virFlagsCheck(flags, VIR_CONNECT_RO | VIR_CONNECT_NO_ALIASES, VIR_FROM, "virConnectOpenAuth", &error) ?
        virConnectOpenName(name, auth, flags, &error) : NULL;
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
