/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backups of running guests: QEMU copies each disk as it is at one instant. Push: into an image. Pull: what the guest overwrites goes into a
 * scratch image first, and both together are offered over NBD. Incremental: only what was written since a checkpoint, of whose bitmap the job
 * has a copy, since the checkpoint goes on. Encrypted targets are refused.
 */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/snapshot.h"
#include <string.h>
#include <unistd.h>
#include "api/entry.h"
#include "base/util.h"
#include "src/api/driver.h"

/* ---- may it be done so? ---- */

static bool secretThere(virDomainObj *obj, const virStorageSecret *secret, GError **error)
{
    static const unsigned char none[16];
    bool system = virEngineGetDirs(virDomainObjEngine(obj))->privileged;
    g_autoptr(GError) why = NULL;
    g_autoptr(virConnect) conn = virConnectOpenName(system ? "secret:///system" : "secret:///session", NULL, 0, &why);
    if (!conn) {                /* where there are no secrets, there is not this one */
        char uuid[37];
        virUUIDFormat(secret->uuid, uuid);
        virErrorSet(error, VIR_FROM_SECRET, VIR_ERR_NO_SECRET, "no secret with matching %s '%s': %s", secret->usage ? "usage" : "uuid",
                    secret->usage ? secret->usage : uuid, why->message);
        return false;
    }
    g_autoptr(virSecret) found = memcmp(secret->uuid, none, 16) != 0 ? virApiSecretLookupByUUID(conn, secret->uuid, error)
                                                                    : virApiSecretLookupByUsage(conn, VIR_SECRET_USAGE_TYPE_VOLUME, secret->usage, error);
    return found != NULL;
}

static bool diskGood(virDomainObj *obj, const virBackupDisk *disk, GError **error)
{
    for (unsigned int i = 0; disk->store.encryption && i < disk->store.encryption->secrets.n; i++)
        if (!secretThere(obj, disk->store.encryption->secrets.v[i], error))
            return false;
    if (disk->incremental && !virDomainHasCheckpoint(obj, disk->incremental))
        virSetError(error, VIR_ERR_NO_DOMAIN_CHECKPOINT, "Checkpoint '%s' for incremental backup of disk '%s' not found", disk->incremental, disk->name);
    else if (disk->store.encryption)
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "encryption of the backup of disk '%s' is not supported yet", disk->name);
    else
        return true;
    return false;
}

/* ---- images and nodes ---- */

typedef struct {
    virDomainObj *obj;
    virQmp *qmp;
    virDomainBackupDef *def;
    virDomainCheckpointDef *checkpoint;
    unsigned int flags;
    unsigned int made;              /* disks whose image and nodes are there */
    bool server, jobs;
} Work;

static char *nodeOf(unsigned int index, const char *layer)
{
    return g_strdup_printf("libvirt-%u-%s", index, layer);
}

static char *jobOf(const virBackupDisk *disk, unsigned int index)
{
    return g_strdup_printf("backup-%s-libvirt-%u-format", disk->name, index);
}

static bool call(Work *w, const char *command, JsonNode *args, GError **error)
{
    return qmpCall(w->qmp, command, args, NULL, error) == VIR_QMP_OK;
}

static gint64 sizeOf(Work *w, const char *node, GError **error)
{
    g_autoptr(JsonNode) reply = NULL;
    if (qmpCall(w->qmp, "query-named-block-nodes", qmpArgs("b:flat", true, NULL), &reply, error) != VIR_QMP_OK)
        return -1;
    JsonArray *nodes = qmpReplyArr(reply);
    for (guint i = 0; nodes && i < json_array_get_length(nodes); i++) {
        JsonObject *o = qmpItem(nodes, i);
        if (o && g_strcmp0(qmpStr(o, "node-name"), node) == 0)
            return qmpInt(qmpObj(o, "image"), "virtual-size", 0);
    }
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "QEMU does not know the block node '%s'", node);
    return -1;
}

static bool makeImage(Work *w, const virBackupDisk *disk, gint64 size, GError **error)
{
    if (disk->store.type != VIR_STORAGE_FILE || w->flags & VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL)
        return qemuLabelPath(w->obj, disk->store.path, error);
    g_autofree char *bytes = g_strdup_printf("%" G_GINT64_FORMAT, size);
    if (g_file_test(disk->store.path, G_FILE_TEST_EXISTS)) {
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "store '%s' for backup of '%s' exists", disk->store.path, disk->name);
        return false;
    }
    return qemuImageTool(error, "create", "-q", "-f", virStorageFormatToString(disk->store.format), disk->store.path, bytes, NULL) && qemuLabelPath(w->obj, disk->store.path, error);
}

static bool addNodes(Work *w, const virBackupDisk *disk, const char *source, GError **error)
{
    g_autofree char *storage = nodeOf(disk->node, "storage"), *format = nodeOf(disk->node, "format");
    const char *driver = disk->store.type == VIR_STORAGE_BLOCK ? "host_device" : "file";
    if (!call(w, "blockdev-add", qmpArgs("s:driver", driver, "s:filename", disk->store.path, "s:node-name", storage, NULL), error))
        return false;
    if (call(w, "blockdev-add", qmpArgs("s:driver", virStorageFormatToString(disk->store.format), "s:node-name", format, "s:file", storage, "s:backing",
                                        w->def->mode == VIR_BACKUP_PULL ? source : NULL, NULL), error))
        return true;
    call(w, "blockdev-del", qmpArgs("s:node-name", storage, NULL), NULL);
    return false;
}

static unsigned int sourceIndex(Work *w, const virBackupDisk *disk)
{
    g_autoptr(virDomainView) view = virDomainObjView(w->obj);
    const virDomainDiskDef *of = virDomainDefFindDisk(view->live, disk->name);
    return of ? of->src.index : 0;
}

/* The name of the job's copy of the bitmap. */
static char *bitmapOf(const virBackupDisk *disk)
{
    return disk->exportBitmap ? g_strdup(disk->exportBitmap) : g_strdup_printf("backup-%s", disk->name);
}

static void addAction(JsonArray *actions, const char *type, JsonNode *data)
{
    json_array_add_element(actions, qmpArgs("s:type", type, "o:data", data, NULL));
}

/* What the checkpoint's bitmap says at that instant; it goes on, the copy does not. */
static void copyBitmap(JsonArray *actions, const virBackupDisk *disk, const char *source, const char *copy)
{
    JsonNode *from = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(from, json_array_new());
    json_array_add_string_element(json_node_get_array(from), disk->incremental);
    addAction(actions, "block-dirty-bitmap-add", qmpArgs("s:node", source, "s:name", copy, "b:disabled", true, NULL));
    addAction(actions, "block-dirty-bitmap-merge", qmpArgs("s:node", source, "s:target", copy, "o:bitmaps", from, NULL));
}

static bool startJobs(Work *w, GError **error)
{
    JsonArray *actions = json_array_new();
    bool pull = w->def->mode == VIR_BACKUP_PULL;
    for (unsigned int i = 0; i < w->def->disks.n; i++) {
        const virBackupDisk *disk = w->def->disks.v[i];
        if (disk->backup == VIR_TRISTATE_BOOL_NO)
            continue;
        unsigned int index = sourceIndex(w, disk);
        g_autofree char *source = nodeOf(index, "format"), *target = nodeOf(disk->node, "format"), *job = jobOf(disk, index);
        g_autofree char *copy = disk->incremental ? bitmapOf(disk) : NULL;
        bool some = copy && !pull;
        if (copy)
            copyBitmap(actions, disk, source, copy);
        addAction(actions, "blockdev-backup", qmpArgs("s:device", source, "s:target", target, "s:job-id", job, "s:sync", pull ? "none" : some ? "bitmap" : "full",
                                                      "s:bitmap", some ? copy : NULL, "s:bitmap-mode", some ? "never" : NULL, NULL));
    }
    if (w->checkpoint) {
        g_autoptr(virDomainView) view = virDomainObjView(w->obj);
        qemuCheckpointActions(actions, w->checkpoint, view->live, "block-dirty-bitmap-add", true);
    }
    JsonNode *list = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(list, actions);
    virDomainBackupSet(w->obj, virDomainBackupDefRef(w->def));  /* a small disk is copied before QEMU has told that it begins */
    w->jobs = call(w, "transaction", qmpArgs("o:actions", list, NULL), error);
    if (!w->jobs)
        virDomainBackupSet(w->obj, NULL);
    return w->jobs;
}

static bool startServer(Work *w, GError **error)
{
    const virDomainBackupDef *def = w->def;
    g_autofree char *port = g_strdup_printf("%u", def->port);
    if (def->tls == VIR_TRISTATE_BOOL_YES) {
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "backups over TLS are not supported yet");
        return false;
    }
    JsonNode *data = def->transport == VIR_BACKUP_UNIX ? qmpArgs("s:path", def->socket, NULL) : qmpArgs("s:host", def->host, "s:port", port, NULL);
    JsonNode *addr = qmpArgs("s:type", def->transport == VIR_BACKUP_UNIX ? "unix" : "inet", "o:data", data, NULL);
    return w->server = call(w, "nbd-server-start", qmpArgs("o:addr", addr, NULL), error);
}

static bool exportDisks(Work *w, GError **error)
{
    for (unsigned int i = 0; i < w->def->disks.n; i++) {
        const virBackupDisk *disk = w->def->disks.v[i];
        if (disk->backup == VIR_TRISTATE_BOOL_NO)
            continue;
        g_autofree char *node = nodeOf(disk->node, "format"), *copy = disk->incremental ? bitmapOf(disk) : NULL;
        JsonNode *args = qmpArgs("s:type", "nbd", "s:id", node, "s:node-name", node, "b:writable", false, "s:name", disk->exportName, NULL);
        if (copy) {
            JsonArray *bitmaps = json_array_new();
            json_array_add_string_element(bitmaps, copy);
            json_object_set_array_member(json_node_get_object(args), "bitmaps", bitmaps);
        }
        if (!call(w, "block-export-add", args, error))
            return false;
    }
    return true;
}

/* In the reverse order of what was done; what QEMU has let go of already it refuses, which is no news. */
static void undo(Work *w, bool removeFiles)
{
    for (unsigned int i = 0; w->jobs && i < w->def->disks.n; i++) {
        const virBackupDisk *disk = w->def->disks.v[i];
        g_autofree char *job = jobOf(disk, sourceIndex(w, disk));
        if (disk->backup != VIR_TRISTATE_BOOL_NO && !disk->done)
            call(w, "block-job-cancel", qmpArgs("s:device", job, "b:force", true, NULL), NULL);
    }
    if (w->server)
        call(w, "nbd-server-stop", NULL, NULL);
    for (unsigned int i = w->made; i > 0; i--) {
        const virBackupDisk *disk = w->def->disks.v[i - 1];
        if (disk->backup == VIR_TRISTATE_BOOL_NO)
            continue;
        g_autofree char *storage = nodeOf(disk->node, "storage"), *format = nodeOf(disk->node, "format");
        /* a cancelled job lets go of its target an instant later */
        for (int tries = 0; tries < 50 && !call(w, "blockdev-del", qmpArgs("s:node-name", format, NULL), NULL); tries++)
            g_usleep(10 * 1000);
        call(w, "blockdev-del", qmpArgs("s:node-name", storage, NULL), NULL);
        if (w->jobs && disk->incremental) {
            g_autofree char *source = nodeOf(sourceIndex(w, disk), "format"), *copy = bitmapOf(disk);
            call(w, "block-dirty-bitmap-remove", qmpArgs("s:node", source, "s:name", copy, NULL), NULL);
        }
        if (removeFiles && disk->store.type == VIR_STORAGE_FILE)
            unlink(disk->store.path);
    }
}

static bool prepareDisks(Work *w, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(w->obj);
    unsigned int index = qemuHighestNode(view->live);
    for (unsigned int i = 0; i < w->def->disks.n; i++) {
        virBackupDisk *disk = w->def->disks.v[i];
        if (disk->backup == VIR_TRISTATE_BOOL_NO)
            continue;
        disk->node = ++index;
        g_autofree char *source = nodeOf(sourceIndex(w, disk), "format");
        gint64 size = sizeOf(w, source, error);
        if (size < 0 || !makeImage(w, disk, size, error) || !addNodes(w, disk, source, error))
            return false;
        w->made = i + 1;
    }
    return true;
}

bool qemuBackupBegin(virDomainObj *obj, virDomainBackupDef *def, virDomainCheckpointDef *checkpoint, unsigned int flags, GError **error)
{
    unsigned int n = 0;
    if (def->mode == VIR_BACKUP_PULL && def->transport == VIR_BACKUP_TCP && !def->port) {
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "<domainbackup> must specify TCP port for now");
        return false;
    }
    for (unsigned int i = 0; i < def->disks.n; i++) {
        if (def->disks.v[i]->backup == VIR_TRISTATE_BOOL_NO)
            continue;
        n++;
        if (!diskGood(obj, def->disks.v[i], error))
            return false;
    }
    if (!n) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "no disks selected for backup");
        return false;
    }
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (checkpoint && !qemuCheckpointGood(checkpoint, view->live, error))
        return false;
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
    Work w = { .obj = obj, .qmp = qmp, .def = def, .checkpoint = checkpoint, .flags = flags };
    bool pull = def->mode == VIR_BACKUP_PULL;
    if (!qmp)
        return false;
    if ((pull && !startServer(&w, error)) || !prepareDisks(&w, error) || !startJobs(&w, error) || (pull && !exportDisks(&w, error))) {
        undo(&w, !(flags & VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL));
        virDomainBackupSet(obj, NULL);
        return false;
    }
    return true;
}

bool qemuBackupEnd(virDomainObj *obj, virDomainBackupDef *def, GError **error)
{
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
    Work w = { .obj = obj, .qmp = qmp, .def = def, .made = def->disks.n, .jobs = true, .server = def->mode == VIR_BACKUP_PULL };
    if (!qmp)
        return false;
    undo(&w, def->mode == VIR_BACKUP_PULL);
    return true;
}

/* QEMU tells that a copy has ended. Runs as a message of the actor: nothing here waits. */
void qemuBackupJobEnded(virDomainObj *obj, JsonObject *ended)
{
    const char *job = qmpStr(ended, "device"), *failure = qmpStr(ended, "error");
    g_autoptr(virDomainBackupDef) def = virDomainBackupOf(obj);
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, NULL);
    Work w = { .obj = obj, .qmp = qmp, .def = def };
    bool all = def && def->mode == VIR_BACKUP_PUSH;
    if (!all || !qmp || !job)
        return;
    g_autoptr(virDomainBackupDef) next = virDomainBackupDefCopy(def);
    for (unsigned int i = 0; i < next->disks.n; i++) {
        virBackupDisk *disk = next->disks.v[i];
        g_autofree char *own = jobOf(disk, sourceIndex(&w, disk));
        bool now = g_str_equal(own, job);
        disk->done = def->disks.v[i]->done || now;
        disk->size = now ? (unsigned long long)qmpInt(ended, "len", 0) : def->disks.v[i]->size;
        disk->copied = now ? (unsigned long long)qmpInt(ended, "offset", 0) : def->disks.v[i]->copied;
        if (now && failure && !next->failure)
            next->failure = g_strdup(failure);
        all &= disk->done || disk->backup == VIR_TRISTATE_BOOL_NO;
    }
    for (unsigned int i = 0; all && i < next->disks.n; i++) {
        const virBackupDisk *disk = next->disks.v[i];
        g_autofree char *storage = nodeOf(disk->node, "storage"), *format = nodeOf(disk->node, "format");
        if (disk->backup == VIR_TRISTATE_BOOL_NO)
            continue;
        qmpSend(qmp, "blockdev-del", qmpArgs("s:node-name", format, NULL));
        qmpSend(qmp, "blockdev-del", qmpArgs("s:node-name", storage, NULL));
        if (disk->incremental) {
            g_autofree char *source = nodeOf(sourceIndex(&w, disk), "format"), *copy = bitmapOf(disk);
            qmpSend(qmp, "block-dirty-bitmap-remove", qmpArgs("s:node", source, "s:name", copy, NULL));
        }
    }
    g_autofree char *why = g_strdup(next->failure);
    virDomainBackupSet(obj, g_steal_pointer(&next));
    if (all)
        virDomainBackupFinish(obj, why ? VIR_DOMAIN_JOB_FAILED : VIR_DOMAIN_JOB_COMPLETED, why);
}
