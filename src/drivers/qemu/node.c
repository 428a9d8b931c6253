/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's figures as connections ask for them: processors, memory, NUMA cells, CPU models. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/cpu.h"
#include "drivers/qemu/qemu.h"
#include "host/cpu.h"
#include <stdlib.h>
#include <string.h>

static int nodeGetInfo(virConnectPtr conn, virNodeInfoPtr out, GError **error)
{
    g_autoptr(virHostInfo) info = virHostInfoRead(virHostLocal());
    memset(out, 0, sizeof(*out));
    g_strlcpy(out->model, info->arch, sizeof(out->model));
    for (guint i = 0; i < info->nodes->len; i++)
        out->memory += ((virHostNode *)info->nodes->pdata[i])->memory;
    if (out->memory == 0)
        out->memory = info->memory;
    out->cpus = info->online;
    out->mhz = info->mhz;
    out->nodes = info->nodes->len;
    out->sockets = MAX(info->sockets / MAX(info->nodes->len, 1), 1);
    out->cores = info->cores * info->dies;
    out->threads = info->threads;
    return 0;
}

static unsigned long long nodeGetFreeMemory(virConnectPtr conn, GError **error)
{
    unsigned long long total, free = 0;
    if (!virHostMemory(virHostLocal(), &total, &free)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unable to determine free memory: no /proc/meminfo");
        return 0;
    }
    unsigned long long only = 0;
    g_autofree char *text = virHostRead("%s/meminfo", virHostLocal()->proc);
    const char *at = text ? strstr(text, "MemFree:") : NULL;
    if (at)
        only = g_ascii_strtoull(at + strlen("MemFree:"), NULL, 10);
    return (only ? only : free) * 1024;
}

static int nodeGetCellsFreeMemory(virConnectPtr conn, unsigned long long *freeMems, int startCell, int maxCells,
                                  GError **error)
{
    g_autoptr(virHostInfo) info = virHostInfoRead(virHostLocal());
    if (startCell < 0 || startCell >= (int)info->nodes->len) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "start cell %d out of range (0-%d)", startCell,
                    (int)info->nodes->len - 1);
        return -1;
    }
    int n = 0;
    for (int i = startCell; i < (int)info->nodes->len && n < maxCells; i++) {
        const virHostNode *node = info->nodes->pdata[i];
        g_autofree char *text = virHostRead("%s/devices/system/node/node%u/meminfo", virHostLocal()->sys, node->id);
        const char *at = text ? strstr(text, "MemFree:") : NULL;
        freeMems[n++] = at ? g_ascii_strtoull(at + strlen("MemFree:"), NULL, 10) * 1024 : nodeGetFreeMemory(conn, NULL);
    }
    return n;
}

static int nodeGetCPUMap(virConnectPtr conn, unsigned char **cpumap, unsigned int *online, unsigned int flags,
                         GError **error)
{
    g_autoptr(virHostInfo) info = virHostInfoRead(virHostLocal());
    unsigned int n = info->cpus->len;
    if (online)
        *online = info->online;
    if (cpumap) {
        *cpumap = calloc(1, VIR_CPU_MAPLEN(n));
        for (guint i = 0; i < n; i++)
            if (((virHostCpu *)info->cpus->pdata[i])->online)
                VIR_USE_CPU(*cpumap, i);
    }
    return n;
}

static int nodeGetSecurityModel(virConnectPtr conn, virSecurityModelPtr model, GError **error)
{
    memset(model, 0, sizeof(*model));
    g_strlcpy(model->model, "none", sizeof(model->model));
    g_strlcpy(model->doi, "0", sizeof(model->doi));
    return 0;
}

/* Guests are confined by their user alone so far, which is not a security model of its own. */
static int domainGetSecurityLabel(virDomainPtr domain, virSecurityLabelPtr label, GError **error)
{
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    memset(label, 0, sizeof(*label));
    return obj ? 0 : -1;
}

void qemuNodeTable(virHypervisorDriver *table)
{
    table->nodeGetInfo = nodeGetInfo;
    table->nodeGetFreeMemory = nodeGetFreeMemory;
    table->nodeGetCellsFreeMemory = nodeGetCellsFreeMemory;
    table->nodeGetCPUMap = nodeGetCPUMap;
    table->nodeGetSecurityModel = nodeGetSecurityModel;
    table->domainGetSecurityLabel = domainGetSecurityLabel;
    qemuCpuTable(table);
    qemuSysinfoTable(table);
}
