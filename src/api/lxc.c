/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt-lxc: calls that change the calling process, not the container. */
#define VIR_FROM VIR_FROM_NONE
#include "src/api/check.h"
#include "base/error.h"
#include "base/util.h"
#include <libvirt/libvirt-lxc.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>

static int publish(virDomainPtr domain, GError *error)
{
    virErrorDispatch(domain ? domain->conn : NULL, error);
    return -1;
}

static void closeAll(int *fds, unsigned int n)
{
    for (unsigned int i = 0; fds && i < n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    g_free(fds);
}

/* Descriptors of the caller's own namespaces, in the order of `names`. */
static int *ownNamespaces(unsigned int *n, GError **error)
{
    static const char *const names[] = { "user", "ipc", "uts", "net", "pid", "mnt" };
    int *fds = g_new(int, G_N_ELEMENTS(names));

    for (*n = 0; *n < G_N_ELEMENTS(names); ++*n) {
        g_autofree char *path = g_strdup_printf("/proc/self/ns/%s", names[*n]);
        fds[*n] = open(path, O_RDONLY | O_CLOEXEC);
        if (fds[*n] < 0) {
            virSetSystemError(error, errno, "cannot open the namespace '%s'", path);
            closeAll(fds, *n);
            return NULL;
        }
    }
    return fds;
}

int virDomainLxcEnterNamespace(virDomainPtr domain, unsigned int nfdlist, int *fdlist, unsigned int *noldfdlist,
                               int **oldfdlist, unsigned int flags)
{
    GError *error = NULL;
    int *own = NULL;
    unsigned int n = 0;

    if (!virEntryHandle(domain, &virDomainClass, VIR_FROM, __func__) ||
        !virEntryNonNull(domain, fdlist, "fdlist", VIR_FROM, __func__))
        return -1;
    if (flags) {
        virErrorSetArg(&error, VIR_FROM, __func__, "flags", "unsupported flags (0x%x) in function %s", flags, __func__);
        return publish(domain, error);
    }
    if (noldfdlist && oldfdlist && !(own = ownNamespaces(&n, &error)))
        return publish(domain, error);
    for (unsigned int i = 0; i < nfdlist; i++) {
        if (fdlist[i] >= 0 && setns(fdlist[i], 0) < 0) {
            virSetSystemError(&error, errno, "cannot enter the namespace of descriptor %d", fdlist[i]);
            closeAll(own, n);
            return publish(domain, error);
        }
    }
    if (own) {
        *oldfdlist = own;
        *noldfdlist = n;
    }
    return 0;
}

int virDomainLxcEnterSecurityLabel(virSecurityModelPtr model, virSecurityLabelPtr label, virSecurityLabelPtr oldlabel,
                                   unsigned int flags)
{
    g_autofree char *old = NULL;
    g_autofree char *command = NULL;
    GError *error = NULL;
    gsize len = 0;

    virEntryBegin(__func__);
    if (!virEntryNonNull(NULL, model, "model", VIR_FROM, __func__) || !virEntryNonNull(NULL, label, "label", VIR_FROM, __func__))
        return -1;
    bool apparmor = g_str_equal(model->model, "apparmor");
    if (g_str_equal(model->model, "none"))
        return 0;
    if (!apparmor && !g_str_equal(model->model, "selinux")) {
        virErrorSetArg(&error, VIR_FROM, __func__, "model", "Security model %s cannot be entered", model->model);
        return publish(NULL, error);
    }
    if (oldlabel) {
        if (!virFileRead("/proc/self/attr/current", sizeof(oldlabel->label) - 1, &old, &len, &error))
            return publish(NULL, error);
        memset(oldlabel, 0, sizeof(*oldlabel));
        memcpy(oldlabel->label, old, len);
        oldlabel->enforcing = 1;
    }
    g_auto(virFd) fd = open("/proc/self/attr/current", O_WRONLY | O_CLOEXEC);
    command = apparmor ? g_strdup_printf("changeprofile %s", label->label) : g_strdup(label->label);
    if (fd < 0 || write(fd, command, strlen(command)) < 0) {
        virSetSystemError(&error, errno, "cannot take the security label '%s'", label->label);
        return publish(NULL, error);
    }
    return 0;
}

int virDomainLxcEnterCGroup(virDomainPtr domain, unsigned int flags)
{
    GError *error = NULL;

    if (!virEntryHandle(domain, &virDomainClass, VIR_FROM, __func__))
        return -1;
    virNoSupport(VIR_FROM, __func__, &error);
    return publish(domain, error);
}
