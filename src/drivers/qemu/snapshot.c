/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots of QEMU's guests. Internal ones are in the images: QEMU writes them with the machine's state, qemu-img those of a guest that is
 * off. External ones put a new image on top of each disk. Memory in a file of its own is not written yet.
 */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/snapshot.h"
#include <errno.h>
#include <fcntl.h>
#include <libvirt/libvirt-qemu.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/util.h"
#include "drivers/qemu/agent-guest.h"

enum { IMAGE_TOOL_MS = 60 * 1000 };

bool qemuSnapshotCheck(virDomainObj *obj, const virDomainSnapshotDef *def, unsigned int flags, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (strchr(def->m.name, '/'))
        virSetError(error, VIR_ERR_XML_DETAIL, "invalid snapshot name '%s': name can't contain '/'", def->m.name);
    else if (def->m.name[0] == '.')
        virSetError(error, VIR_ERR_XML_DETAIL, "invalid snapshot name '%s': name can't start with '.'", def->m.name);
    else if (flags & VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE && !(flags & VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY))
        virSetError(error, VIR_ERR_INVALID_ARG,
                    "Flag 'VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY' is required by flag 'VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE'");
    else if (flags & VIR_DOMAIN_SNAPSHOT_CREATE_LIVE && (!view->live || def->memory != VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL))
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "live snapshot creation is supported only during full system snapshots");
    else
        return !(flags & VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE) || qemuAgentReachable(obj, error);
    return false;
}

/* ---- may the disks be treated so? ---- */

typedef struct { unsigned int internal, external, none; } Modes;

static bool diskGood(const virSnapshotDisk *disk, const virDomainDiskDef *of, bool active, bool diskOnly, GError **error)
{
    if (disk->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_INTERNAL && active && diskOnly)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "active qemu domains require external disk snapshots; disk %s requested internal", disk->name);
    else if (disk->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_INTERNAL && of->src.format != VIR_STORAGE_FORMAT_QCOW2 && of->device == VIR_DOMAIN_DISK_DEVICE_DISK)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "internal snapshot for disk %s unsupported for storage type %s", disk->name,
                    virStorageFormatToString(of->src.format));
    else if (disk->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL && disk->src.format && disk->src.format != VIR_STORAGE_FORMAT_QCOW2 &&
             disk->src.format != VIR_STORAGE_FORMAT_QED)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "external snapshot format for disk %s is unsupported: %s", disk->name,
                    virStorageFormatToString(disk->src.format));
    else
        return true;
    return false;
}

static bool disksGood(virDomainSnapshotDef *def, bool active, bool diskOnly, Modes *modes, GError **error)
{
    for (unsigned int i = 0; i < def->disks.n; i++) {
        virSnapshotDisk *disk = def->disks.v[i];
        const virDomainDiskDef *of = def->m.dom->disks.v[i];
        bool empty = !of->src.path && of->src.type != VIR_STORAGE_NETWORK;
        if (!diskGood(disk, of, active, diskOnly, error))
            return false;
        modes->internal += disk->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_INTERNAL;
        modes->external += disk->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL;
        modes->none += disk->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_NO && !empty && !of->readonly;
        if (disk->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL && !disk->src.format)
            disk->src.format = VIR_STORAGE_FORMAT_QCOW2;
    }
    bool memory = def->memory > VIR_DOMAIN_DISK_SNAPSHOT_NO;
    if (!modes->internal && !modes->external && !memory)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "nothing selected for snapshot");
    else if ((modes->internal && modes->external) || (modes->internal && modes->none && diskOnly))
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "internal and full system snapshots require all disks to be selected for snapshot");
    else if (def->memory == VIR_DOMAIN_DISK_SNAPSHOT_INTERNAL && !modes->internal)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "internal and full system snapshots require all disks to be selected for snapshot");
    else
        return true;
    return false;
}

/* ---- in the images ---- */

bool qemuImageTool(GError **error, const char *first, ...)
{
    g_autofree char *tool = g_find_program_in_path("qemu-img");
    const char *argv[16] = { tool, first };
    if (!tool) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "unable to find qemu-img");
        return false;
    }
    va_list ap;
    va_start(ap, first);
    for (int n = 2; n < 15 && (argv[n] = va_arg(ap, const char *)); n++)
        ;
    va_end(ap);
    g_autofree char *output = NULL;
    return virProcessRun(argv, IMAGE_TOOL_MS, &output, error);
}

/* "-c" makes, "-d" deletes. */
static bool imageSnapshots(const virDomainSnapshotDef *def, const char *action, GError **error)
{
    for (unsigned int i = 0; i < def->disks.n; i++) {
        const virDomainDiskDef *of = virDomainDefFindDisk(def->m.dom, def->disks.v[i]->name);
        if (def->disks.v[i]->snapshot != VIR_DOMAIN_DISK_SNAPSHOT_INTERNAL || !of || !of->src.path)
            continue;
        if (qemuImageTool(error, "snapshot", action, def->m.name, of->src.path, NULL))
            continue;
        for (unsigned int j = i; j > 0 && g_str_equal(action, "-c"); j--)       /* nothing half done */
            if (def->disks.v[j - 1]->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_INTERNAL)
                qemuImageTool(NULL, "snapshot", "-d", def->m.name, virDomainDefFindDisk(def->m.dom, def->disks.v[j - 1]->name)->src.path, NULL);
        return false;
    }
    return true;
}

/* QEMU has these as commands for people: they answer with words. */
static bool humanCommand(virDomainObj *obj, const char *command, const char *name, GError **error)
{
    g_autofree char *quoted = g_strescape(name, NULL);
    g_autofree char *line = g_strdup_printf("%s \"%s\"", command, quoted);
    g_autofree char *words = qemuMonitorCommand(obj, line, VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP, error);
    if (!words)
        return false;
    g_strchomp(words);
    if (!*words)
        return true;
    virSetError(error, VIR_ERR_OPERATION_FAILED, "Failed to %s snapshot '%s': %s", g_str_equal(command, "savevm") ? "take" : "delete", name, words);
    return false;
}

/* ---- on top of the images ---- */

unsigned int qemuHighestNode(const virDomainDef *def)
{
    unsigned int most = 0;
    for (unsigned int i = 0; i < def->disks.n; i++)
        for (const virStorageSource *s = &def->disks.v[i]->src; s; s = s->backing)
            most = MAX(most, s->index);
    return most;
}

static bool makeImage(virDomainObj *obj, const virSnapshotDisk *disk, const virDomainDiskDef *of, unsigned int flags, GError **error)
{
    if (flags & VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT)
        return qemuLabelPath(obj, disk->src.path, error);
    struct stat st;
    if (disk->src.type == VIR_STORAGE_BLOCK && (stat(disk->src.path, &st) < 0 || !S_ISBLK(st.st_mode))) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "mismatch between configured type for snapshot disk '%s' and the type of existing file '%s'",
                    disk->name, disk->src.path);
        return false;
    }
    if (g_file_test(disk->src.path, G_FILE_TEST_EXISTS) && disk->src.type == VIR_STORAGE_FILE) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "external snapshot file for disk %s already exists and is not a block device: %s", disk->name,
                    disk->src.path);
        return false;
    }
    return qemuImageTool(error, "create", "-q", "-f", virStorageFormatToString(disk->src.format), "-F", virStorageFormatToString(of->src.format), "-b",
                     of->src.path, disk->src.path, NULL) &&
           qemuLabelPath(obj, disk->src.path, error);
}

static void dropImages(const virDomainSnapshotDef *def, unsigned int made, unsigned int flags)
{
    for (unsigned int i = 0; i < made && !(flags & VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT); i++)
        if (def->disks.v[i]->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL && def->disks.v[i]->src.type == VIR_STORAGE_FILE)
            unlink(def->disks.v[i]->src.path);
}

static bool makeImages(virDomainObj *obj, const virDomainSnapshotDef *def, unsigned int flags, GError **error)
{
    for (unsigned int i = 0; i < def->disks.n; i++) {
        const virSnapshotDisk *disk = def->disks.v[i];
        if (disk->snapshot != VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL)
            continue;
        if (disk->src.type == VIR_STORAGE_NETWORK || !disk->src.path) {
            virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "external snapshot of disk '%s' on network storage is not supported yet", disk->name);
            dropImages(def, i, flags);
            return false;
        }
        if (!makeImage(obj, disk, def->m.dom->disks.v[i], flags, error)) {
            dropImages(def, i, flags);
            return false;
        }
    }
    return true;
}

/* All disks at one instant. */
static bool switchLive(virDomainObj *obj, const virDomainSnapshotDef *def, virDomainDef *live, GError **error)
{
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
    if (!qmp)
        return false;
    JsonArray *actions = json_array_new();
    unsigned int index = qemuHighestNode(live);
    for (unsigned int i = 0; i < def->disks.n; i++) {
        const virSnapshotDisk *top = def->disks.v[i];
        virDomainDiskDef *disk = virDomainDefFindDisk(live, top->name);
        if (top->snapshot != VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL || !disk)
            continue;
        g_autofree char *node = g_strdup_printf("libvirt-%u-format", disk->src.index);
        g_autofree char *next = g_strdup_printf("libvirt-%u-format", ++index);
        json_array_add_element(actions, qmpArgs("s:type", "blockdev-snapshot-sync", "o:data",
                                                qmpArgs("s:node-name", node, "s:snapshot-file", top->src.path, "s:snapshot-node-name", next, "s:format",
                                                        virStorageFormatToString(top->src.format), "s:mode", "existing", NULL), NULL));
        virSnapshotPutOnTop(disk, top, index);
    }
    JsonNode *list = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(list, actions);
    return qmpCall(qmp, "transaction", qmpArgs("o:actions", list, NULL), NULL, error) == VIR_QMP_OK;
}

static bool takeExternal(virDomainObj *obj, const virDomainView *view, virDomainSnapshotDef *def, unsigned int flags, GError **error)
{
    if (!makeImages(obj, def, flags, error))
        return false;
    g_autoptr(virDomainDef) live = view->live ? virDomainDefCopy(view->live) : NULL;
    g_autoptr(virDomainDef) config = view->config ? virDomainDefCopy(view->config) : NULL;
    if (live && !switchLive(obj, def, live, error)) {
        dropImages(def, def->disks.n, flags);
        return false;
    }
    for (unsigned int i = 0; config && i < def->disks.n; i++) {
        virDomainDiskDef *disk = virDomainDefFindDisk(config, def->disks.v[i]->name);
        if (!disk || def->disks.v[i]->snapshot != VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL)
            continue;
        virSnapshotPutOnTop(disk, def->disks.v[i], 0);
    }
    if (live)
        virDomainSetLive(obj, g_steal_pointer(&live));
    return !config || virDomainSetConfig(obj, g_steal_pointer(&config), error);
}

/* With the guest's file systems frozen meanwhile, if that is asked for. */
static bool takeQuiet(virDomainObj *obj, virDomainSnapshotDef *def, unsigned int flags, GError **error)
{
    bool quiesce = flags & VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE;
    if (quiesce && !qemuAgentFreeze(obj, error))
        return false;
    g_autoptr(virDomainView) view = virDomainObjView(obj);      /* now: the guest ran on while its agent was asked */
    bool ok = takeExternal(obj, view, def, flags, error);
    if (quiesce)
        qemuAgentThaw(obj);
    return ok;
}

/* ---- the hypervisor's functions ---- */

void qemuMomentDomain(virDomainDef *dom)
{
    for (unsigned int i = dom->seclabels.n; i > 0; i--)
        if (dom->seclabels.v[i - 1]->type == VIR_DOMAIN_SECLABEL_DYNAMIC && !dom->seclabels.v[i - 1]->baselabel) {
            virDomainSeclabel *label = virListTake(&dom->seclabels, i - 1);
            g_free(label->model);
            g_free(label->label);
            g_free(label->imagelabel);
            g_free(label);
        }
    if (!dom->resourcePartition)
        dom->resourcePartition = g_strdup("/machine");          /* where guests are by default */
}

bool qemuSnapshotTake(virDomainObj *obj, virDomainSnapshotDef *def, unsigned int flags, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    bool diskOnly = flags & VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY;
    Modes modes = { 0 };
    if (view->live)
        qemuMomentDomain(def->m.dom);
    if (view->live && def->memory > VIR_DOMAIN_DISK_SNAPSHOT_NO)
        def->cookie = virSaveCookieFormat(&view->live->cpu);
    if (!disksGood(def, view->live, diskOnly, &modes, error))
        return false;
    if (def->memory == VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL) {
        g_auto(virFd) fd = open(def->memoryFile, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0)
            virSetSystemError(error, errno, "Failed to create file '%s'", def->memoryFile);
        else
            virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "the memory of a guest cannot be saved in a file of its own yet");
        return false;
    }
    if (flags & VIR_DOMAIN_SNAPSHOT_CREATE_HALT && view->live) {
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "halting the guest after the snapshot is not supported yet");
        return false;
    }
    if (modes.external)
        return takeQuiet(obj, def, flags, error);
    return view->live ? humanCommand(obj, "savevm", def->m.name, error) : imageSnapshots(def, "-c", error);
}

bool qemuSnapshotDelete(virDomainObj *obj, const virDomainSnapshotDef *def, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (virDomainSnapshotIsExternal(def)) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "deletion of 1 external disk snapshots not supported yet");
        return false;
    }
    if (def->state == VIR_SNAPSHOT_DISK_SNAPSHOT)
        return true;
    return view->live ? humanCommand(obj, "delvm", def->m.name, error) : imageSnapshots(def, "-d", error);
}
