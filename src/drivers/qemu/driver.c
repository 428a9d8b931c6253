/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module: qemu:///system and qemu:///session of the daemon, and qemu:///embed?root=DIR inside a program. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.driver"
#include "drivers/qemu/qemu.h"
#include "base/log.h"
#include "base/util.h"
#include "src/api/connect.h"
#include "src/api/driver.h"
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

static GMutex mutex;
static qemuDriver *service;  /* the daemon's instance */
static GHashTable *embedded; /* root -> Embedded */
static virHypervisorDriver table;

typedef struct {
    qemuDriver *driver;
    unsigned int users;
    int lock;
} Embedded;

/* ---- an instance ---- */

static bool findId(const char *name, bool group, unsigned int *id, GError **error)
{
    char *end;
    const char *number = *name == '+' ? name + 1 : name;
    unsigned long value = strtoul(number, &end, 10);
    struct passwd *pw = !group && *name != '+' ? getpwnam(name) : NULL;
    struct group *gr = group && *name != '+' ? getgrnam(name) : NULL;
    if (pw || gr) {
        *id = pw ? pw->pw_uid : gr->gr_gid;
        return true;
    }
    if (*number && !*end) {
        *id = value;
        return true;
    }
    virSetError(error, VIR_ERR_INVALID_ARG, "Failed to parse %s '%s'", group ? "group" : "user", name);
    return false;
}

/* The first of Debian's and others' names that exists; root when none does. */
static void defaultUser(qemuDriver *driver)
{
    static const struct {
        const char *user, *group;
    } known[] = { { "libvirt-qemu", "kvm" }, { "qemu", "kvm" }, { "qemu", "qemu" } };
    for (guint i = 0; i < G_N_ELEMENTS(known); i++)
        if (getpwnam(known[i].user) && getgrnam(known[i].group)) {
            findId(known[i].user, false, &driver->uid, NULL);
            findId(known[i].group, true, &driver->gid, NULL);
            return;
        }
}

static bool chooseUser(qemuDriver *driver, bool privileged, GError **error)
{
    driver->uid = getuid();
    driver->gid = getgid();
    if (!privileged)
        return true;
    defaultUser(driver);
    if ((driver->settings.user && !findId(driver->settings.user, false, &driver->uid, error)) ||
        (driver->settings.group && !findId(driver->settings.group, true, &driver->gid, error)))
        return false;
    driver->switchUser = driver->uid != 0 || driver->gid != 0;
    return true;
}

static void driverFree(qemuDriver *driver)
{
    if (!driver)
        return;
    virEngineFree(driver->engine);
    qemuCapsCacheFree(driver->caps);
    qemuSettingsClear(&driver->settings);
    g_free(driver->kvmNode);
    g_free(driver);
}

static bool makeFolders(const virEngineDirs *dirs, qemuDriver *driver, GError **error)
{
    static const char *const folders[] = { "channel/target", "nvram", "save", "snapshot", "checkpoint", "dump", "ram" };
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = g_build_filename(dirs->libDir, folders[i], NULL);
        if (!virFileMakePath(path, dirs->privileged ? 0755 : 0700, error))
            return false;
    }
    return true;
}

/* Where udev has not opened /dev/kvm to the guests' user, they see a node of their own in its place. */
static void makeKvmNode(qemuDriver *driver, const char *libDir)
{
    struct stat st;
    g_autofree char *path = g_build_filename(libDir, "dev-kvm", NULL);
    bool closed = driver->switchUser && stat("/dev/kvm", &st) == 0 && !(st.st_mode & 06) &&
                  !(st.st_gid == driver->gid && (st.st_mode & 060) == 060);
    unlink(path);
    if (!closed)
        return;
    if (mknod(path, S_IFCHR | 0600, st.st_rdev) < 0 || chown(path, driver->uid, driver->gid) < 0) {
        virInfo("guests will not be able to use KVM: cannot make '%s': %s", path, g_strerror(errno));
        return;
    }
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) /* a file system without devices */
        return;
    close(fd);
    driver->kvmNode = g_steal_pointer(&path);
    qemuCapsCacheSetKvmNode(driver->caps, driver->kvmNode);
}

static qemuDriver *driverNew(bool privileged, const char *root, GError **error)
{
    qemuDriver *driver = g_new0(qemuDriver, 1);
    virEngineDirs *dirs = virEngineDirsNew("qemu", privileged, root);
    g_autofree char *conf = g_strconcat(dirs->configDir, ".conf", NULL);
    if (!qemuSettingsLoad(&driver->settings, conf, error) || !chooseUser(driver, privileged, error)) {
        driverFree(driver);
        return NULL;
    }
    qemuParseConfigInit(driver, dirs->libDir);
    driver->caps = qemuCapsCacheNew(dirs->cacheDir, driver->switchUser, driver->uid, driver->gid);
    driver->documents = (qemuDocumentContext){
        .host = virHostLocal(), .cache = driver->caps, .privileged = privileged, .uid = driver->uid, .gid = driver->gid
    };
    if (!virHostUuid(virHostLocal(), driver->documents.hostUuid))
        virUUIDGenerate(driver->documents.hostUuid);
    driver->engine = virEngineNew(&qemuHypervisor, dirs, driver, error);
    bool ok = driver->engine && makeFolders(dirs, driver, error);
    if (ok)
        makeKvmNode(driver, dirs->libDir);
    if (!ok || !virEngineLoad(driver->engine, error)) {
        driverFree(driver);
        return NULL;
    }
    return driver;
}

/* ---- embedded instances: one for each root, locked against a second process ---- */

static void embeddedFree(gpointer data)
{
    Embedded *e = data;
    virFdClear(&e->lock);
    driverFree(e->driver);
    g_free(e);
}

static int lockRoot(const char *root, GError **error)
{
    g_autofree char *path = g_build_filename(root, "run", "qemu", "driver.pid", NULL), *dir = g_path_get_dirname(path);
    if (!virFileMakePath(dir, 0755, error))
        return -1;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    virSetSystemError(error, errno, "Failed to acquire pid file '%s': another process uses this root", path);
    virFdClear(&fd);
    return -1;
}

static char *rootOf(virConnectPtr conn, GError **error)
{
    const char *query = g_uri_get_query(conn->uri);
    g_autoptr(GHashTable) params = query ? g_uri_parse_params(query, -1, "&;", G_URI_PARAMS_NONE, NULL) : NULL;
    const char *root = params ? g_hash_table_lookup(params, "root") : NULL;
    if (!root || root[0] != '/') {
        virSetError(error, VIR_ERR_INVALID_ARG,
                    root ? "root path in %s must be absolute"
                         : "no 'root' parameter in %s: say qemu:///embed?root=/some/path",
                    conn->uriText);
        return NULL;
    }
    return g_strdup(root);
}

static qemuDriver *embeddedOpen(const char *root, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&mutex);
    if (!embedded)
        embedded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, embeddedFree);
    Embedded *e = g_hash_table_lookup(embedded, root);
    if (!e) {
        g_auto(virFd) mine = lockRoot(root, error);
        qemuDriver *driver = mine >= 0 ? driverNew(geteuid() == 0, root, error) : NULL;
        if (!driver)
            return NULL;
        e = g_new0(Embedded, 1);
        *e = (Embedded){ .driver = driver, .lock = virFdSteal(&mine) };
        g_hash_table_insert(embedded, g_strdup(root), e);
    }
    e->users++;
    return e->driver;
}

static void embeddedClose(qemuDriver *driver)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&mutex);
    GHashTableIter iter;
    gpointer value;
    if (!embedded)
        return;
    g_hash_table_iter_init(&iter, embedded);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (((Embedded *)value)->driver == driver)
            ((Embedded *)value)->users--; /* the guests stay, and with them the instance */
}

/* ---- connections ---- */

static void fillTable(void)
{
    static gsize once;
    if (!g_once_init_enter(&once))
        return;
    table = virEngineDriver;
    qemuNodeTable(&table);
    g_once_init_leave(&once, 1);
}

/* The daemon's instance, where it serves that path. Nothing waits for an embedded one that is being opened. */
static qemuDriver *pathFits(const char *path, GError **error)
{
    qemuDriver *driver = g_atomic_pointer_get(&service);
    const virEngineDirs *dirs = driver ? virEngineGetDirs(driver->engine) : NULL;
    if (!dirs) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "qemu state driver is not active");
        return NULL;
    }
    bool session = g_str_equal(path, "/session"), system = g_str_equal(path, "/system");
    if ((dirs->privileged && (system || session)) || (!dirs->privileged && session))
        return driver;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "unexpected QEMU URI path '%s', try qemu:///%s", path,
                dirs->privileged ? "system" : "session");
    return NULL;
}

static bool qemuOpen(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    const char *path = g_uri_get_path(conn->uri);
    bool embed = g_strcmp0(path, "/embed") == 0;
    g_autofree char *root = embed ? rootOf(conn, error) : NULL;
    if (embed && !root)
        return false;
    fillTable();
    qemuDriver *driver = embed ? embeddedOpen(root, error) : pathFits(path ? path : "", error);
    if (!driver)
        return false;
    virEngineConnect(driver->engine, conn, &table);
    return true;
}

static void qemuClose(virConnectPtr conn)
{
    qemuDriver *driver = qemuDriverOf(virEngineOf(conn));
    virEngineDisconnect(conn);
    if (driver != g_atomic_pointer_get(&service))
        embeddedClose(driver);
}

static bool stateInit(bool privileged, const char *root, GError **error)
{
    qemuDriver *driver = driverNew(privileged, root, error);
    if (driver)
        g_atomic_pointer_set(&service, driver);
    return driver != NULL;
}

static void stateStop(void)
{
    /* Guests go on without us; their monitors close with the process. The instance stays for threads that still use it. */
    virInfo("the QEMU driver stops; running guests are left alone");
}

static const char *const schemes[] = { "qemu", NULL };

const virConnectDriver virDriverModule = {
    .name = "QEMU",
    .schemes = schemes,
    .atOnce = true,
    .insideClient = true,
    .open = qemuOpen,
    .close = qemuClose,
    .stateInit = stateInit,
    .stateStop = stateStop,
};
