/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest needs of this host and does not find: asked before a start and before a command line is shown. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/qemu.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/util.h"

/* ---- NUMA ---- */

static bool nodesExist(const virBitmap *nodes, const virHost *host, GError **error)
{
    for (int n = nodes ? virBitmapNext(nodes, -1) : -1; n >= 0; n = virBitmapNext(nodes, n)) {
        g_autofree char *path = g_strdup_printf("%s/devices/system/node/node%d", host->sys, n);
        if (access(path, F_OK) == 0)
            continue;
        virErrorSet(error, VIR_FROM_NONE, VIR_ERR_CONFIG_UNSUPPORTED, "NUMA node %d is unavailable", n);
        return false;
    }
    return true;
}

/* Automatic placement asks a program which nodes suit the guest best. */
static bool checkAutomaticPlacement(const virDomainDef *def, GError **error)
{
    bool automatic = def->numatune.hasMemory ? def->numatune.placement == VIR_DOMAIN_CPU_PLACEMENT_AUTO : def->vcpuPlacement == VIR_DOMAIN_CPU_PLACEMENT_AUTO;
    g_autofree char *numad = automatic ? g_find_program_in_path("numad") : NULL;
    if (!automatic)
        return true;
    virErrorSet(error, VIR_FROM_DOMAIN, VIR_ERR_INTERNAL_ERROR, "Advice from numad is needed in case of automatic numa placement%s",
                numad ? ", and this driver does not ask it yet" : "");
    return false;
}

static bool checkNuma(const virDomainDef *def, const virHost *host, GError **error)
{
    const virDomainNumatune *tune = &def->numatune;
    if (!checkAutomaticPlacement(def, error) || (tune->hasMemory && !nodesExist(tune->nodeset, host, error)))
        return false;
    for (unsigned int i = 0; i < tune->nodes.n; i++)
        if (!nodesExist(tune->nodes.v[i]->nodeset, host, error))
            return false;
    for (unsigned int i = 0; i < def->mems.n; i++)
        if (!nodesExist(def->mems.v[i]->nodemask, host, error))
            return false;
    return true;
}

/* ---- devices ---- */

static bool checkTpms(const virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->tpms.n; i++) {
        const virDomainTpmDef *tpm = def->tpms.v[i];
        if (tpm->backend != VIR_DOMAIN_TPM_BACKEND_PASSTHROUGH)
            continue;
        const char *path = tpm->path ? tpm->path : "/dev/tpm0";
        g_auto(virFd) fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0) {
            virSetSystemError(error, errno, "Could not open TPM device %s", path);
            return false;
        }
    }
    return true;
}

/* A program that renders for the guest, described by a file like firmware is. */
static bool hasVhostUserGpu(void)
{
    static const char *const folders[] = { "/usr/share/qemu/vhost-user", "/etc/qemu/vhost-user" };
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autoptr(GDir) dir = g_dir_open(folders[i], 0, NULL);
        const char *name;
        while (dir && (name = g_dir_read_name(dir))) {
            g_autofree char *path = g_build_filename(folders[i], name, NULL), *text = NULL;
            g_autoptr(JsonNode) root = g_str_has_suffix(name, ".json") && g_file_get_contents(path, &text, NULL, NULL) ? json_from_string(text, NULL) : NULL;
            if (g_strcmp0(qmpStr(qmpReplyObj(root), "type"), "gpu") == 0)
                return true;
        }
    }
    return false;
}

static bool checkVideos(const virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->videos.n; i++) {
        if (def->videos.v[i]->backend != VIR_DOMAIN_VIDEO_BACKEND_VHOSTUSER)
            continue;
        virSetError(error, hasVhostUserGpu() ? VIR_ERR_CONFIG_UNSUPPORTED : VIR_ERR_OPERATION_FAILED,
                    hasVhostUserGpu() ? "video cards with a process of their own are not supported yet by this driver"
                                      : "Unable to find a satisfying vhost-user-gpu");
        return false;
    }
    return true;
}

/* Rendering without a screen takes the first render node when none is named. */
static bool chooseRenderNodes(virDomainDef *def, const virHost *host, GError **error)
{
    for (unsigned int i = 0; i < def->graphics.n; i++) {
        virDomainGraphicsDef *g = def->graphics.v[i];
        bool renders = g->type == VIR_DOMAIN_GRAPHICS_EGL_HEADLESS ||
                       ((g->type == VIR_DOMAIN_GRAPHICS_SPICE || g->type == VIR_DOMAIN_GRAPHICS_DBUS) && g->gl == VIR_TRISTATE_BOOL_YES);
        if (!renders || g->rendernode)
            continue;
        g_autofree char *folder = g_strdup_printf("%s/dri", host->dev);
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        const char *name;
        if (!dir) {
            virErrorSet(error, VIR_FROM_NONE, VIR_ERR_SYSTEM_ERROR, "cannot open directory '%s': %s", folder, g_strerror(ENOENT));
            return false;
        }
        while (!g->rendernode && (name = g_dir_read_name(dir)))
            if (g_str_has_prefix(name, "renderD"))
                g->rendernode = g_build_filename(folder, name, NULL);
        if (!g->rendernode) {
            virErrorSet(error, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, "No suitable DRM render node");
            return false;
        }
    }
    return true;
}

static bool checkHostdevs(const virDomainDef *def, const virHost *host, GError **error)
{
    g_autofree char *vhost = g_strdup_printf("%s/vhost-scsi", host->dev);
    for (unsigned int i = 0; i < def->hostdevs.n; i++) {
        const virDomainHostdevDef *h = def->hostdevs.v[i];
        if (h->mode != VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM)
            continue;
        if (h->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI_HOST && access(vhost, F_OK) < 0) {
            virErrorSet(error, VIR_FROM_NONE, VIR_ERR_CONFIG_UNSUPPORTED, "vhost-scsi device file '%s' cannot be found", vhost);
            return false;
        }
        if (h->type == VIR_DOMAIN_HOSTDEV_TYPE_USB && !h->usbBus && !h->usbDevice && h->missing != VIR_TRISTATE_BOOL_YES) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "USB host device is missing bus/device information");
            return false;
        }
    }
    return true;
}

/* /dev/sgN of each SCSI device that is assigned: its name is known to sysfs only. */
static bool findScsiDevices(virDomainDef *def, const virHost *host, GError **error)
{
    for (unsigned int i = 0; i < def->hostdevs.n; i++) {
        virDomainHostdevDef *h = def->hostdevs.v[i];
        if (h->mode != VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM || h->type != VIR_DOMAIN_HOSTDEV_TYPE_SCSI || h->protocol == VIR_DOMAIN_HOSTDEV_SCSI_PROTOCOL_ISCSI)
            continue;
        const char *number = h->adapter && g_str_has_prefix(h->adapter, "scsi_host") ? h->adapter + strlen("scsi_host") : "0";
        g_autofree char *folder = g_strdup_printf("%s/bus/scsi/devices/%s:%u:%u:%" G_GUINT64_FORMAT "/scsi_generic", host->sys, number, h->scsiBus,
                                                  h->scsiTarget, (guint64)h->scsiUnit);
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        const char *name = dir ? g_dir_read_name(dir) : NULL;
        if (!name) {
            virErrorSet(error, VIR_FROM_NONE, VIR_ERR_SYSTEM_ERROR, "cannot open directory '%s': %s", folder, g_strerror(ENOENT));
            return false;
        }
        g_free(h->iscsi.path);
        h->iscsi.path = g_strdup_printf("%s/%s", host->dev, name);
    }
    return true;
}

/* ---- the document against what can be said to QEMU ---- */

static bool checkDocument(const virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->sysinfo.n; i++)
        if (def->os.smbios == VIR_DOMAIN_SMBIOS_SYSINFO && def->sysinfo.v[i]->baseBoards.n > 1) {
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "qemu does not support more than one entry to Type 2 in SMBIOS table");
            return false;
        }
    for (unsigned int i = 0; i < def->graphics.n; i++) {
        const virDomainGraphicsDef *g = def->graphics.v[i];
        bool listens = !g->listens.n || g->listens.v[0]->type == VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS || g->listens.v[0]->type == VIR_DOMAIN_GRAPHICS_LISTEN_NETWORK;
        if (g->type == VIR_DOMAIN_GRAPHICS_VNC && listens && g->hasPort && g->autoport != VIR_TRISTATE_BOOL_YES && (g->port < 5900 || g->port > 65535)) {
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "vnc port must be in range [5900,65535]");
            return false;
        }
    }
    if (def->os.biosUseserial == VIR_TRISTATE_BOOL_YES && !def->serials.n) {
        virSetError(error, VIR_ERR_XML_ERROR, "need at least one serial port to use BIOS serial output");
        return false;
    }
    for (unsigned int i = 0; i < def->disks.n; i++)
        for (const virStorageSource *s = &def->disks.v[i]->src; s; s = s->backing)
            if (s->fdgroup) {
                virSetError(error, VIR_ERR_INVALID_ARG, "file descriptor group '%s' was not associated with the domain", s->fdgroup);
                return false;
            }
    return true;
}

bool qemuCheckHostdevs(virDomainDef *def, const virHost *host, GError **error)
{
    return checkHostdevs(def, host, error) && findScsiDevices(def, host, error);
}

bool qemuCheckHost(virDomainDef *def, const virHost *host, GError **error)
{
    return checkDocument(def, error) && checkNuma(def, host, error) && checkTpms(def, error) && checkVideos(def, error) &&
           qemuCheckHostdevs(def, host, error) && chooseRenderNodes(def, host, error);
}
