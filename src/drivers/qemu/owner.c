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
static bool eachPath(const virDomainDef *def, bool (*func)(virDomainObj *, const char *, GError **), virDomainObj *obj,
                     GError **error)
{
    const char *os[] = { def->os.kernel, def->os.initrd, def->os.dtb, def->os.slic, def->os.nvram };
    for (guint i = 0; i < G_N_ELEMENTS(os); i++)
        if (os[i] && !func(obj, os[i], error))
            return false;
    for (unsigned int i = 0; i < def->disks.n; i++)
        for (const virStorageSource *s = &def->disks.v[i]->src; s; s = s->backing)
            if ((virStorageActual(s) == VIR_STORAGE_FILE || virStorageActual(s) == VIR_STORAGE_BLOCK) && s->path && !func(obj, s->path, error))
                return false;
    for (unsigned int i = 0; i < def->serials.n; i++)
        if (def->serials.v[i]->source.type == VIR_DOMAIN_CHR_DEV && !func(obj, def->serials.v[i]->source.path, error))
            return false;
    g_autoptr(GPtrArray) nodes = qemuHostdevNodes(def);
    for (guint i = 0; i < nodes->len; i++)
        if (!func(obj, nodes->pdata[i], error))
            return false;
    return true;
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
    if (eachPath(def, label, obj, error))
        return true;
    qemuRestoreAll(obj, def);
    return false;
}

static bool noteLabelled(virDomainObj *obj, const char *path, GError **error)
{
    g_ptr_array_add(qemuGuestOf(obj)->labelled, g_strdup(path));
    return true;
}

void qemuRestoreAll(virDomainObj *obj, const virDomainDef *def)
{
    qemuDriver *driver = qemuDriverOfObj(obj);
    qemuGuest *guest = qemuGuestOf(obj);
    if (!driver->switchUser || !driver->settings.dynamicOwnership)
        return;
    if (guest->labelled->len == 0) /* adopted after a restart: the definition tells */
        eachPath(def, noteLabelled, obj, NULL);
    for (guint i = 0; i < guest->labelled->len; i++)
        restore(guest->labelled->pdata[i]);
    g_ptr_array_set_size(guest->labelled, 0);
}

bool qemuLabelPath(virDomainObj *obj, const char *path, GError **error)
{
    return !qemuGuestOf(obj) || label(obj, path, error);        /* only who runs needs files */
}
