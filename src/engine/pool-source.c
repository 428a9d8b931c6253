/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which pools would stand on the same storage. What is compared depends on the types: rows. */
#define VIR_FROM VIR_FROM_STORAGE
#include "engine/pool.h"
#include <string.h>

static bool sharesPath(const virStoragePoolDef *a, const virStoragePoolDef *b)
{
    return a->path && g_strcmp0(a->path, b->path) == 0;
}

static bool sharesDevice(const virStoragePoolDef *a, const virStoragePoolDef *b)
{
    for (unsigned int i = 0; i < a->devices.n; i++)
        for (unsigned int j = 0; j < b->devices.n; j++)
            if (g_strcmp0(a->devices.v[i]->path, b->devices.v[j]->path) == 0)
                return true;
    return false;
}

/* One host each, and the same. */
static bool sharesHost(const virStoragePoolDef *a, const virStoragePoolDef *b)
{
    return a->hosts.n == 1 && b->hosts.n == 1 && g_strcmp0(a->hosts.v[0]->name, b->hosts.v[0]->name) == 0 && a->hosts.v[0]->port == b->hosts.v[0]->port;
}

static bool sharesExport(const virStoragePoolDef *a, const virStoragePoolDef *b)
{
    return sharesHost(a, b) && a->dir && g_strcmp0(a->dir, b->dir) == 0;
}

static bool sharesTarget(const virStoragePoolDef *a, const virStoragePoolDef *b)
{
    return sharesHost(a, b) && sharesDevice(a, b) && g_strcmp0(a->initiator, b->initiator) == 0;
}

static bool sameText(const char *a, const char *b)
{
    return a && b && g_ascii_strcasecmp(a, b) == 0;
}

static bool sharesAdapter(const virStoragePoolDef *a, const virStoragePoolDef *b)
{
    const virStorageAdapter *x = a->adapter, *y = b->adapter;
    if (!x || !y || x->type != y->type)
        return false;
    if (x->type == VIR_STORAGE_ADAPTER_FC_HOST)
        return sameText(x->wwnn, y->wwnn) && sameText(x->wwpn, y->wwpn);
    if (x->hasParentAddr && y->hasParentAddr)
        return x->uniqueId == y->uniqueId && memcmp(&x->parentAddr, &y->parentAddr, sizeof(x->parentAddr)) == 0;
    const char *p = x->name && g_str_has_prefix(x->name, "scsi_") ? x->name + 5 : x->name;
    const char *q = y->name && g_str_has_prefix(y->name, "scsi_") ? y->name + 5 : y->name;
    return p && g_strcmp0(p, q) == 0;
}

static bool sharesName(const virStoragePoolDef *a, const virStoragePoolDef *b)
{
    return sharesHost(a, b) && g_strcmp0(a->sourceName, b->sourceName) == 0 && g_strcmp0(a->dir, b->dir) == 0;
}

static bool always(const virStoragePoolDef *a, const virStoragePoolDef *b)
{
    return true;
}

/* Types of one group are compared with each other. Everything that is on a device of the host is in one group. */
static const struct {
    int group;
    bool (*shares)(const virStoragePoolDef *a, const virStoragePoolDef *b);
} rows[virStoragePoolKindLast] = {
    [VIR_STORAGE_POOL_DIR] = { 1, sharesPath },
    [VIR_STORAGE_POOL_FS] = { 2, sharesDevice },
    [VIR_STORAGE_POOL_LOGICAL] = { 2, sharesDevice },
    [VIR_STORAGE_POOL_DISK] = { 2, sharesDevice },
    [VIR_STORAGE_POOL_ISCSI_DIRECT] = { 2, sharesDevice },
    [VIR_STORAGE_POOL_ZFS] = { 2, sharesDevice },
    [VIR_STORAGE_POOL_NETFS] = { 3, sharesExport },
    [VIR_STORAGE_POOL_GLUSTER] = { 4, sharesName },
    [VIR_STORAGE_POOL_ISCSI] = { 5, sharesTarget },
    [VIR_STORAGE_POOL_SCSI] = { 6, sharesAdapter },
    [VIR_STORAGE_POOL_MPATH] = { 7, always },
    [VIR_STORAGE_POOL_RBD] = { 8, sharesName },
    [VIR_STORAGE_POOL_SHEEPDOG] = { 9, sharesName },
    [VIR_STORAGE_POOL_VSTORAGE] = { 10, sharesName },
};

bool virPoolSourcesClash(const virStoragePoolDef *a, const virStoragePoolDef *b)
{
    return rows[a->type].group && rows[a->type].group == rows[b->type].group && rows[a->type].shares(a, b);
}
