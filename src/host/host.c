/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files of the kernel, read through a handle with the roots in it. */
#define VIR_FROM VIR_FROM_NONE
#include "host/host.h"
#include "base/error.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <linux/kvm.h>

static virHost *hostMake(const char *root, const char *release)
{
    virHost *host = g_new0(virHost, 1);
    host->sys = g_strconcat(root, "/sys", NULL);
    host->proc = g_strconcat(root, "/proc", NULL);
    host->dev = g_strconcat(root, "/dev", NULL);
    host->modules = g_build_filename(root, "/lib/modules", release, NULL);
    return host;
}

virHost *virHostNew(const char *root)
{
    return hostMake(root, NULL);
}

const virHost *virHostLocal(void)
{
    static virHost *local;
    if (g_once_init_enter(&local)) {
        struct utsname name = { 0 };
        uname(&name);
        g_once_init_leave(&local, hostMake("", name.release));
    }
    return local;
}

void virHostFree(virHost *host)
{
    if (!host)
        return;
    g_free(host->sys);
    g_free(host->proc);
    g_free(host->dev);
    g_free(host->modules);
    g_free(host);
}

static char *hostReadPath(const char *path)
{
    char *data = NULL;
    if (!virFileRead(path, 4 << 20, &data, NULL, NULL))
        return NULL;
    gsize len = strlen(data);
    if (len > 0 && data[len - 1] == '\n')
        data[len - 1] = 0;
    return data;
}

char *virHostRead(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *path = g_strdup_vprintf(format, args);
    va_end(args);
    return hostReadPath(path);
}

bool virHostReadULL(unsigned long long *value, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *path = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *text = hostReadPath(path);
    return text && g_ascii_string_to_unsigned(g_strstrip(text), 10, 0, G_MAXUINT64, (guint64 *)value, NULL);
}

bool virHostWrite(const char *text, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *path = g_strdup_vprintf(format, args);
    va_end(args);
    g_auto(virFd) fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text))
        return true;
    virSetSystemError(error, errno, "cannot write '%s' to %s", text, path);
    return false;
}

bool virHostForeachNumber(const char *list, void (*func)(unsigned int, gpointer), gpointer data)
{
    while (*list && *list != '\n') {
        char *end;
        unsigned long from = strtoul(list, &end, 10), to = from;
        if (end == list)
            return false;
        if (*end == '-') {
            list = end + 1;
            to = strtoul(list, &end, 10);
            if (end == list || to < from || to - from > 65536)
                return false;
        }
        for (unsigned long n = from; n <= to; n++)
            func(n, data);
        if (*end && *end != ',' && *end != '\n')
            return false;
        list = *end == ',' ? end + 1 : end;
    }
    return true;
}

bool virHostHasKvm(const virHost *host)
{
    g_autofree char *path = g_strconcat(host->dev, "/kvm", NULL);
    g_auto(virFd) fd = open(path, O_RDWR | O_CLOEXEC);
    return fd >= 0;
}

int virHostKvmMaxVcpus(const virHost *host, GError **error)
{
    g_autofree char *path = g_strconcat(host->dev, "/kvm", NULL);
    g_auto(virFd) fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        virSetSystemError(error, errno, "Unable to open %s", path);
        return -1;
    }
    int n = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
    return n > 0 ? n : MAX(ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_NR_VCPUS), 4);
}

bool virHostUuid(const virHost *host, unsigned char uuid[16])
{
    const char *said = g_getenv("LIBVIRT_HOST_UUID");
    if (said && virUUIDParse(said, uuid))
        return true;
    g_autofree char *smbios = g_strcmp0(said, "machine-id") == 0 ? NULL : virHostRead("%s/devices/virtual/dmi/id/product_uuid", host->sys);
    if (smbios && virUUIDParse(smbios, uuid))
        for (int i = 1; i < 16; i++)
            if (uuid[i] != uuid[0])
                return true;            /* all the same digits: a board that was never given one */
    g_autofree char *id = virHostRead("%s/../etc/machine-id", host->sys);
    return id && virUUIDParse(id, uuid);
}
