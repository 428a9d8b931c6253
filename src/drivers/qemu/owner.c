/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that a guest opens belong to the guest's user while it runs. The former owner is remembered in extended attributes with a count of
 * guests that use the file (the reference's names and format, so that both can be exchanged on a host), and comes back with the last one.
 */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.owner"
#include "drivers/qemu/qemu.h"
#include "base/log.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define XATTR_OWNER "trusted.libvirt.security.dac"
#define XATTR_COUNT "trusted.libvirt.security.ref_dac"

static GMutex mutex; /* two guests may share an image: count and owner change together */

static bool readAttribute(const char *path, const char *name, char *value, size_t size)
{
    ssize_t n = getxattr(path, name, value, size - 1);
    if (n < 0)
        return false;
    value[n] = 0;
    return true;
}

static void remember(const char *path, const struct stat *st)
{
    char value[64];
    unsigned int count = readAttribute(path, XATTR_COUNT, value, sizeof(value)) ? strtoul(value, NULL, 10) : 0;
    if (count == 0) {
        snprintf(value, sizeof(value), "+%u:+%u", st->st_uid, st->st_gid);
        if (setxattr(path, XATTR_OWNER, value, strlen(value), 0) < 0)
            return; /* a file system without attributes: the owner will be root, as the reference does */
    }
    snprintf(value, sizeof(value), "%u", count + 1);
    if (setxattr(path, XATTR_COUNT, value, strlen(value), 0) < 0)
        virDebug("%s: %s", path, g_strerror(errno));
}

/* True when the file is to be given back; `st` gets the remembered owner. */
static bool recall(const char *path, struct stat *st)
{
    char value[64];
    if (!readAttribute(path, XATTR_COUNT, value, sizeof(value)))
        return true;
    unsigned int count = strtoul(value, NULL, 10);
    if (count > 1) {
        snprintf(value, sizeof(value), "%u", count - 1);
        setxattr(path, XATTR_COUNT, value, strlen(value), 0);
        return false;
    }
    if (readAttribute(path, XATTR_OWNER, value, sizeof(value)))
        sscanf(value, "+%u:+%u", &st->st_uid, &st->st_gid);
    removexattr(path, XATTR_OWNER);
    removexattr(path, XATTR_COUNT);
    return true;
}

static bool label(virDomainObj *obj, const char *path, GError **error)
{
    qemuDriver *driver = qemuDriverOfObj(obj);
    qemuGuest *guest = qemuGuestOf(obj);
    struct stat st;
    if (!path || stat(path, &st) < 0)
        return true; /* QEMU makes it, or says so itself */
    if (S_ISREG(st.st_mode) == 0 && S_ISBLK(st.st_mode) == 0 && S_ISCHR(st.st_mode) == 0)
        return true;
    g_mutex_lock(&mutex);
    if (driver->settings.rememberOwner)
        remember(path, &st);
    bool ok = (st.st_uid == driver->uid && st.st_gid == driver->gid) || chown(path, driver->uid, driver->gid) == 0;
    int code = errno;
    if (!ok && driver->settings.rememberOwner)
        recall(path, &st);
    g_mutex_unlock(&mutex);
    if (!ok &&
        (code == EROFS || code == EPERM || code == EOPNOTSUPP)) { /* may be readable all the same: QEMU will tell */
        virInfo("cannot change the owner of '%s': %s", path, g_strerror(code));
        return true;
    }
    if (!ok) {
        virSetSystemError(error, code, "unable to set user and group to '%u:%u' on '%s'", driver->uid, driver->gid,
                          path);
        return false;
    }
    g_ptr_array_add(guest->labelled, g_strdup(path));
    return true;
}

static void restore(const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return;
    st.st_uid = st.st_gid = 0;
    g_mutex_lock(&mutex);
    if (recall(path, &st) && chown(path, st.st_uid, st.st_gid) < 0)
        virWarn("cannot give '%s' back to %u:%u: %s", path, st.st_uid, st.st_gid, g_strerror(errno));
    g_mutex_unlock(&mutex);
}

/* Every path of the definition that the guest's process opens itself. */
static GPtrArray *pathsOf(const virDomainDef *def)
{
    const char *os[] = { def->os.kernel, def->os.initrd, def->os.dtb, def->os.slic, def->os.nvram };
    GPtrArray *paths = qemuHostdevNodes(def);
    for (guint i = 0; i < G_N_ELEMENTS(os); i++)
        if (os[i])
            g_ptr_array_add(paths, g_strdup(os[i]));
    for (unsigned int i = 0; i < def->disks.n; i++)
        for (const virStorageSource *s = &def->disks.v[i]->src; s; s = s->backing)
            if ((virStorageActual(s) == VIR_STORAGE_FILE || virStorageActual(s) == VIR_STORAGE_BLOCK) && s->path)
                g_ptr_array_add(paths, g_strdup(s->path));
    for (unsigned int i = 0; i < def->serials.n; i++)
        if (def->serials.v[i]->source.type == VIR_DOMAIN_CHR_DEV && def->serials.v[i]->source.path)
            g_ptr_array_add(paths, g_strdup(def->serials.v[i]->source.path));
    return paths;
}

/* What `more` has and `less` has not; one that is there twice counts twice, as its guests' count does. */
static GPtrArray *difference(const virDomainDef *more, const virDomainDef *less)
{
    GPtrArray *paths = pathsOf(more);
    g_autoptr(GPtrArray) others = pathsOf(less);
    for (guint i = 0; i < others->len; i++) {
        guint at;
        if (g_ptr_array_find_with_equal_func(paths, others->pdata[i], g_str_equal, &at))
            g_ptr_array_remove_index(paths, at);
    }
    return paths;
}

bool qemuLabelAll(virDomainObj *obj, virDomainDef *def, GError **error)
{
    qemuDriver *driver = qemuDriverOfObj(obj);
    if (!virEngineGetDirs(driver->engine)->privileged)
        return true;
    virDomainSeclabel *seclabel = g_new0(virDomainSeclabel, 1);
    *seclabel = (virDomainSeclabel){ .type = VIR_DOMAIN_SECLABEL_DYNAMIC,
                                     .model = g_strdup("dac"),
                                     .relabel = VIR_TRISTATE_BOOL_YES,
                                     .label = g_strdup_printf("+%u:+%u", driver->uid, driver->gid),
                                     .imagelabel = g_strdup_printf("+%u:+%u", driver->uid, driver->gid) };
    virListAppend(&def->seclabels, seclabel);
    if (!driver->switchUser || !driver->settings.dynamicOwnership)
        return true;
    g_autoptr(GPtrArray) paths = pathsOf(def);
    for (guint i = 0; i < paths->len; i++)
        if (!label(obj, paths->pdata[i], error)) {
            qemuRestoreAll(obj, def);
            return false;
        }
    return true;
}

/* A guest adopted after a restart: the definition tells what was labelled. */
static void noteLabelled(qemuGuest *guest, const virDomainDef *def)
{
    g_autoptr(GPtrArray) paths = guest->labelled->len == 0 ? pathsOf(def) : NULL;
    if (paths)
        g_ptr_array_extend_and_steal(guest->labelled, g_steal_pointer(&paths));
}

void qemuRestoreAll(virDomainObj *obj, const virDomainDef *def)
{
    qemuDriver *driver = qemuDriverOfObj(obj);
    qemuGuest *guest = qemuGuestOf(obj);
    if (!driver->switchUser || !driver->settings.dynamicOwnership)
        return;
    noteLabelled(guest, def);
    for (guint i = 0; i < guest->labelled->len; i++)
        restore(guest->labelled->pdata[i]);
    g_ptr_array_set_size(guest->labelled, 0);
}

bool qemuLabelPath(virDomainObj *obj, const char *path, GError **error)
{
    return !qemuGuestOf(obj) || label(obj, path, error);        /* only who runs needs files */
}

static void restoreOne(virDomainObj *obj, const char *path)
{
    GPtrArray *labelled = qemuGuestOf(obj)->labelled;
    guint at;
    if (!g_ptr_array_find_with_equal_func(labelled, path, g_str_equal, &at))
        return;
    restore(path);
    g_ptr_array_remove_index(labelled, at);
}

static bool labels(virDomainObj *obj)
{
    qemuDriver *driver = qemuDriverOfObj(obj);
    return driver->switchUser && driver->settings.dynamicOwnership && virEngineGetDirs(driver->engine)->privileged;
}

bool qemuLabelNew(virDomainObj *obj, const virDomainDef *def, const virDomainDef *old, GError **error)
{
    if (!labels(obj))
        return true;
    noteLabelled(qemuGuestOf(obj), old);
    g_autoptr(GPtrArray) paths = difference(def, old);
    for (guint i = 0; i < paths->len; i++)
        if (!label(obj, paths->pdata[i], error)) {
            while (i-- > 0)
                restoreOne(obj, paths->pdata[i]);
            return false;
        }
    return true;
}

void qemuRestoreGone(virDomainObj *obj, const virDomainDef *def, const virDomainDef *after)
{
    if (!labels(obj))
        return;
    noteLabelled(qemuGuestOf(obj), def);
    g_autoptr(GPtrArray) paths = difference(def, after);
    for (guint i = 0; i < paths->len; i++)
        restoreOne(obj, paths->pdata[i]);
}
