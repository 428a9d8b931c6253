/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the storage driver share. A pool is an object whose slow work (start, stop, build, refresh, everything about its
 * volumes' data) is done in its lane, the object's actor: a turn. Readers see what was last published and never wait for a turn.
 */
#pragma once

#include "engine/pool.h"
#include "host/tool.h"
#include "src/api/connect.h"

/* ---- turns (lane.c) ---- */

typedef struct {
    virObject *obj;
    virStoragePoolDef *def;     /* as it was published when the turn began, a reference */
    GPtrArray *volumes;         /* the same; empty when the pool is not active */
    GCancellable *cancel;       /* ends the programs that run for this turn */
} virPoolTurn;

/* IDLE: inactive, in the words of who would start it. PATIENT: others may copy whole disks in this lane, and the caller would rather wait. */
typedef enum { VIR_POOL_ANY, VIR_POOL_ACTIVE, VIR_POOL_INACTIVE, VIR_POOL_IDLE, VIR_POOL_PATIENT } virPoolNeed;

/* Waits for the lane. `what`: a static string for messages. NULL: the lane was not free in time, or the pool is not as it needs to be. */
virPoolTurn *virPoolTurnNew(virObject *obj, const char *what, virPoolNeed need, GError **error);
void virPoolTurnFree(virPoolTurn *turn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virPoolTurn, virPoolTurnFree)
/* Give up what runs in the pool's lane now, and what would begin before the next turn that is asked for. */
void virPoolCancel(virObject *obj);
/* A program, as part of a turn. */
bool virPoolTool(virPoolTurn *turn, const char *const *argv, char **output, GError **error);
/* How long a program of a turn may take: for those that copy or format whole devices. */
bool virPoolToolLong(virPoolTurn *turn, const char *const *argv, GError **error);
#define VIR_ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })
/* What was found: published, and the turn's from now on. Takes both; either may be NULL. */
void virPoolTurnPublish(virPoolTurn *turn, virStoragePoolDef *def, GPtrArray *volumes);
/* One volume new, changed or gone, and `bytes` more of the pool allocated. */
void virPoolTurnVolume(virPoolTurn *turn, virStorageVolDef *vol, bool remove, long long bytes);

/*
 * Work in the lane that may hang in the kernel, where no program can be ended: it runs on a thread of its own, and who asked waits so long
 * only. LATE: what has begun goes on, and its outcome is nobody's. `data` is freed when the work has ended or is given up before it began.
 */
typedef enum { VIR_POOL_DONE, VIR_POOL_FAILED, VIR_POOL_LATE } virPoolResult;
typedef bool (*virPoolWork)(virObject *obj, gpointer data, GError **error);
virPoolResult virPoolWorkRun(virObject *obj, const char *what, int wait_ms, virPoolWork work, gpointer data, GDestroyNotify clear, GError **error);
/* The same with a minute or two, and an error for what is late. */
bool virPoolWorkWait(virObject *obj, const char *what, virPoolWork work, gpointer data, GDestroyNotify clear, GError **error);

/* Status files: what a restarted daemon adopts. */
void virPoolStatusWrite(virObject *obj);
void virPoolStatusRemove(virObject *obj);
void virPoolStatusLoad(virObjectSet *set);

/* ---- backends: one row for each type of pool (backend.c) ---- */

typedef struct {
    bool (*active)(virPoolTurn *turn);                                  /* is it there already? NULL: never */
    bool (*start)(virPoolTurn *turn, GError **error);
    bool (*stop)(virPoolTurn *turn, GError **error);
    /* Frees a turn that hangs in the kernel, from outside of the lane. */
    void (*unblock)(const virStoragePoolDef *def);
    unsigned int buildFlags;                                            /* VIR_STORAGE_POOL_BUILD_* */
    bool (*build)(virPoolTurn *turn, unsigned int flags, GError **error);
    bool (*remove)(virPoolTurn *turn, unsigned int flags, GError **error);
    /* Fills sizes into a copy of the definition, and the volumes. */
    bool (*refresh)(virPoolTurn *turn, virStoragePoolDef *def, GPtrArray *volumes, GError **error);
    bool refreshAfter;                          /* the whole pool looks different when a volume was made or removed */
    char *(*findSources)(const virStoragePoolDef *spec, GError **error);
    /* Place and name of a volume that is to be made: type, path, key. */
    bool (*placeVolume)(virPoolTurn *turn, virStorageVolDef *vol, GError **error);
    /* Make it; `from`: with the contents of that one. Leaves nothing behind when it fails. */
    bool (*makeVolume)(virPoolTurn *turn, virStorageVolDef *vol, const virStorageVolDef *from, unsigned int flags, GError **error);
    bool (*removeVolume)(virPoolTurn *turn, const virStorageVolDef *vol, unsigned int flags, GError **error);
    /* Look at it again. */
    bool (*lookVolume)(virPoolTurn *turn, virStorageVolDef *vol, GError **error);
    bool (*resizeVolume)(virPoolTurn *turn, virStorageVolDef *vol, unsigned long long capacity, unsigned int flags, GError **error);
} virPoolBackend;

/* NULL: pools of this type cannot be used here. */
const virPoolBackend *virPoolBackendOf(virStoragePoolKind type);
unsigned int virPoolBackends(void);             /* as bits */
extern const virPoolBackend virPoolBackendDir, virPoolBackendFs, virPoolBackendNetfs, virPoolBackendLogical, virPoolBackendDisk, virPoolBackendIscsi,
    virPoolBackendScsi, virPoolBackendMpath;

/* ---- calls ---- */

void virPoolCallsFill(virStorageDriver *table);         /* pool.c */
void virVolumeCallsFill(virStorageDriver *table);       /* volume.c */
/* In the turn of a pool that is starting or active. */
bool virPoolRefreshIn(virPoolTurn *turn, GError **error);
bool virPoolStartIn(virPoolTurn *turn, unsigned int flags, GError **error);

/* transfer.c */
int virVolumeUpload(virStorageVolPtr vol, virStreamPtr stream, unsigned long long offset, unsigned long long length, unsigned int flags, GError **error);
int virVolumeDownload(virStorageVolPtr vol, virStreamPtr stream, unsigned long long offset, unsigned long long length, unsigned int flags, GError **error);
/* wipe.c */
bool virVolumeWipe(virPoolTurn *turn, const virStorageVolDef *vol, unsigned int algorithm, GError **error);

/* ---- files and devices as volumes (target.c) ---- */

typedef enum { VIR_TARGET_OK, VIR_TARGET_SKIP, VIR_TARGET_FAILED } virTargetResult;
/* Fill sizes, permissions and times from what is at vol->path; with `contents` also format, backing file, features. SKIP: nothing that
 * could be a volume. */
virTargetResult virTargetLook(virStorageVolDef *vol, bool contents, GError **error);
/* Owner, group and mode that a definition asks for. */
bool virTargetPermissions(const char *path, const virStoragePerms *perms, mode_t mode, bool directory, GError **error);
/* Size and room of the file system around a pool's target, and the target's permissions. */
bool virTargetPoolSizes(virStoragePoolDef *def, GError **error);
/* A volume of a pool that consists of block devices: `device` is what the kernel calls it. NULL without error: not one. */
virStorageVolDef *virTargetDevice(const virStoragePoolDef *def, const char *name, const char *device, GError **error);

/* ---- file volumes (file-volume.c) ---- */
bool virFileVolumePlace(virPoolTurn *turn, virStorageVolDef *vol, GError **error);
bool virFileVolumeMake(virPoolTurn *turn, virStorageVolDef *vol, const virStorageVolDef *from, unsigned int flags, GError **error);
bool virFileVolumeRemove(virPoolTurn *turn, const virStorageVolDef *vol, unsigned int flags, GError **error);
bool virFileVolumeLook(virPoolTurn *turn, virStorageVolDef *vol, GError **error);
bool virFileVolumeResize(virPoolTurn *turn, virStorageVolDef *vol, unsigned long long capacity, unsigned int flags, GError **error);
bool virFilePoolRefresh(virPoolTurn *turn, virStoragePoolDef *def, GPtrArray *volumes, GError **error);
/* Copy the bytes of `from` into a device or a file that is there, and fill it with `vol`. */
bool virVolumeCopyInto(virPoolTurn *turn, const virStorageVolDef *vol, const virStorageVolDef *from, unsigned int flags, GError **error);

/* ---- qemu-img (image-command.c) ---- */

typedef struct {
    const virStorageVolDef *vol, *from;         /* `from` NULL: empty */
    bool preallocate;                           /* metadata */
    const char *secret, *fromSecret;            /* files with the keys */
} virImageTask;

/* The commands that do it, each a strv, in order; NULL with the reason why qemu-img is not asked. */
GPtrArray *virImageCommands(const virImageTask *task, GError **error);
GStrv virImageResizeCommand(const virStorageVolDef *vol, unsigned long long capacity, bool shrink, bool preallocate, const char *secret);
/* Makes the image with its keys in files that are gone afterwards. */
bool virImageMake(virPoolTurn *turn, const virStorageVolDef *vol, const virStorageVolDef *from, unsigned int flags, GError **error);
bool virImageResize(virPoolTurn *turn, const virStorageVolDef *vol, unsigned long long capacity, unsigned int flags, GError **error);
