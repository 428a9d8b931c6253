/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the xm dialect spells its own way: disks as "driver:path,target,mode", and a fully virtual guest's loader as its kernel. */
#define VIR_FROM VIR_FROM_XEN
#include "native/xen.h"
#include "base/error.h"
#include <string.h>

/* "phy:", "file:", "tap:aio:", "tap2:qcow2:"; what stands before the path says what drives the disk. */
static void readDriver(virDomainDiskDef *d, const char *source)
{
    const char *colon = strchr(source, ':');
    if (colon && source[0] != '/') {
        d->driverName = g_strndup(source, colon - source);
        source = colon + 1;
        if (g_str_has_prefix(d->driverName, "tap") && (colon = strchr(source, ':'))) {
            g_autofree char *format = g_strndup(source, colon - source);
            int known = virStorageFormatFromString(g_str_equal(format, "aio") ? "raw" : format);
            d->src.format = known > 0 ? (virStorageFormat)known : VIR_STORAGE_FORMAT_NONE;
            source = colon + 1;
        }
    }
    if (!d->driverName)
        d->driverName = g_strdup(!*source || g_str_has_prefix(source, "/dev/") ? "phy" : "file");
    d->src.type = g_str_equal(d->driverName, "phy") ? VIR_STORAGE_BLOCK : VIR_STORAGE_FILE;
    d->src.path = *source ? g_strdup(source) : NULL;
    d->hasSource = true;                /* a drive without a medium is one of that type too */
}

static bool readDisk(virXenReader *r, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, ",", 3);
    if (g_strv_length(words) < 3 || (g_str_has_prefix(words[0], "tap:") && !strchr(words[0] + strlen("tap:"), ':')))
        return true;                    /* xm passed such entries over */
    virDomainDiskDef *d = g_new0(virDomainDiskDef, 1);
    virListAppend(&r->def->disks, d);
    readDriver(d, g_strstrip(words[0]));
    char *target = g_strstrip(words[1]), *kind = strchr(target, ':');
    const char *mode = words[2];
    if (g_str_has_prefix(target, "ioemu:"))
        kind = strchr(target += strlen("ioemu:"), ':');
    if (kind && g_str_equal(kind, ":cdrom"))
        d->device = VIR_DOMAIN_DISK_DEVICE_CDROM;
    d->dst = kind ? g_strndup(target, kind - target) : g_strdup(target);
    d->readonly = d->device == VIR_DOMAIN_DISK_DEVICE_CDROM || strchr(mode, 'r');
    d->shareable = strchr(mode, '!') != NULL;
    return true;
}

bool virXenReadXm(virXenReader *r)
{
    g_autoptr(GPtrArray) disks = virXenStrings(r->config, "disk");
    if (r->hvm) {
        const char *kernel;
        if (!virXenString(r->config, "kernel", &kernel, r->error) || !virXenReadBoot(r))
            return false;
        if (!kernel)
            return virXenBad(r->error, VIR_ERR_INTERNAL_ERROR, "config value kernel was missing");
        r->def->os.loader = g_strdup(kernel);
    } else if (!virXenReadParavirtKernel(r)) {
        return false;
    }
    for (guint i = 0; i < disks->len; i++)
        if (!readDisk(r, disks->pdata[i]))
            return false;
    return virXenReadUsbInput(r);
}

/* ---- the other way ---- */

static char *diskText(const virDomainDiskDef *d)
{
    GString *out = g_string_new(NULL);
    if (d->src.path && d->driverName) {
        bool tap = g_str_has_prefix(d->driverName, "tap");
        g_string_append_printf(out, "%s:", d->driverName);
        if (tap && d->src.format)
            g_string_append_printf(out, "%s:", d->src.format == VIR_STORAGE_FORMAT_RAW ? "aio" : virStorageFormatToString(d->src.format));
    }
    g_string_append_printf(out, "%s,%s%s,%s", d->src.path ? d->src.path : "", d->dst, d->device == VIR_DOMAIN_DISK_DEVICE_CDROM ? ":cdrom" : "",
                           d->readonly ? "r" : d->shareable ? "!" : "w");
    return g_string_free(out, FALSE);
}

bool virXenWriteXm(virXenWriter *w)
{
    const virDomainOSDef *os = &w->def->os;
    if (w->hvm) {
        virXenPutString(w->out, "builder", "hvm");
        virXenPutString(w->out, "kernel", os->loader);
        virXenWriteBoot(w);
    } else {
        virXenPutString(w->out, "bootloader", os->bootloader);
        virXenPutString(w->out, "bootargs", os->bootloader ? os->bootloaderArgs : NULL);
        virXenPutString(w->out, "kernel", os->kernel);
        virXenPutString(w->out, "ramdisk", os->initrd);
        virXenPutString(w->out, "extra", os->cmdline);
    }
    g_autoptr(GPtrArray) disks = g_ptr_array_new_with_free_func(g_free);
    for (unsigned int i = 0; i < w->def->disks.n; i++)
        if (w->def->disks.v[i]->device != VIR_DOMAIN_DISK_DEVICE_FLOPPY)
            g_ptr_array_add(disks, diskText(w->def->disks.v[i]));
    virXenPutList(w->out, "disk", disks);
    virXenWriteUsbInput(w);
    return true;
}
