/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Server thunks whose wire form does not follow from the C signature. */
#define VIR_FROM VIR_FROM_RPC
#include "api/thunks.h"
#include "api/entry.h"
#include "src/daemon/thunk.h"
#include <libvirt/libvirt-qemu.h>

#define THUNK(NAME) bool virThunk##NAME(virRpcServerCall *call, const void *argsData, void *retData, GError **error)
#define ARGS(NAME) const virWire##NAME##Args *args = argsData
#define RET(NAME) virWire##NAME##Ret *ret = retData
#define OPEN() \
    do { \
        if (!virThunkOpen(call, error)) \
            return false; \
    } while (0)

THUNK(DomainCreate)
{
    ARGS(DomainCreate);
    OPEN();
    g_autoptr(virDomain) domain = virWireNewDomain(call->conn, &args->domain);
    return virApiDomainCreate(domain, error) >= 0;
}

THUNK(DomainCreateWithFlags)
{
    ARGS(DomainCreateWithFlags);
    RET(DomainCreateWithFlags);
    OPEN();
    virDomainPtr domain = virWireNewDomain(call->conn, &args->domain);
    bool done = virApiDomainCreateWithFlags(domain, args->flags, error) >= 0;
    virWireTakeDomain(&ret->dom, domain);
    return done;
}

THUNK(DomainCreateWithFiles)
{
    ARGS(DomainCreateWithFiles);
    RET(DomainCreateWithFiles);
    OPEN();
    virDomainPtr domain = virWireNewDomain(call->conn, &args->domain);
    bool done = virApiDomainCreateWithFiles(domain, call->nfdsIn, call->fdsIn, args->flags, error) >= 0;
    virWireTakeDomain(&ret->dom, domain);
    return done;
}

/* ---- CPU maps ---- */

/* n maps of `maplen` bytes, both from the client. */
static unsigned char *mapsNew(int n, int maplen, guint64 max, GError **error)
{
    if (n < 0 || maplen < 0 || (guint64)n * (guint64)maplen > max) {
        virSetError(error, VIR_ERR_RPC, "maxinfo * maplen > %" G_GUINT64_FORMAT, max);
        return NULL;
    }
    return g_malloc0(MAX((gsize)n * maplen, 1));
}

THUNK(DomainGetVcpus)
{
    ARGS(DomainGetVcpus);
    RET(DomainGetVcpus);
    OPEN();
    g_autoptr(virDomain) domain = virWireNewDomain(call->conn, &args->domain);
    if (!virThunkCount(args->maxinfo, 16384, "maxinfo", error))
        return false;
    ret->cpumaps = mapsNew(args->maxinfo, args->maplen, 8388608, error);
    if (!ret->cpumaps)
        return false;
    ret->info = g_new0(virVcpuInfo, MAX(args->maxinfo, 1));
    int n = virApiDomainGetVcpus(domain, ret->info, args->maxinfo, args->maplen ? ret->cpumaps : NULL, args->maplen, error);
    if (n < 0)
        return false;
    ret->infoLen = n;
    ret->cpumapsLen = args->maxinfo * args->maplen;
    return true;
}

THUNK(DomainGetVcpuPinInfo)
{
    ARGS(DomainGetVcpuPinInfo);
    RET(DomainGetVcpuPinInfo);
    OPEN();
    g_autoptr(virDomain) domain = virWireNewDomain(call->conn, &args->domain);
    if (!virThunkCount(args->ncpumaps, 16384, "ncpumaps", error))
        return false;
    ret->cpumaps = mapsNew(args->ncpumaps, args->maplen, 8388608, error);
    if (!ret->cpumaps)
        return false;
    ret->num = virApiDomainGetVcpuPinInfo(domain, args->ncpumaps, ret->cpumaps, args->maplen, args->flags, error);
    ret->cpumapsLen = ret->num < 0 ? 0 : ret->num * args->maplen;
    return ret->num >= 0;
}

THUNK(DomainGetEmulatorPinInfo)
{
    ARGS(DomainGetEmulatorPinInfo);
    RET(DomainGetEmulatorPinInfo);
    OPEN();
    g_autoptr(virDomain) domain = virWireNewDomain(call->conn, &args->domain);
    ret->cpumaps = mapsNew(1, args->maplen, 8388608, error);
    if (!ret->cpumaps)
        return false;
    ret->ret = virApiDomainGetEmulatorPinInfo(domain, ret->cpumaps, args->maplen, args->flags, error);
    ret->cpumapsLen = ret->ret < 0 ? 0 : args->maplen;
    return ret->ret >= 0;
}

THUNK(NodeGetCPUMap)
{
    ARGS(NodeGetCPUMap);
    RET(NodeGetCPUMap);
    OPEN();
    ret->ret = virApiNodeGetCPUMap(call->conn, args->need_map ? &ret->cpumap : NULL, args->need_online ? &ret->online : NULL,
                                   args->flags, error);
    if (ret->ret < 0)
        return false;
    ret->cpumapLen = ret->cpumap ? VIR_CPU_MAPLEN(ret->ret) : 0;
    return true;
}

/* ---- statistics ---- */

THUNK(DomainGetCPUStats)
{
    ARGS(DomainGetCPUStats);
    RET(DomainGetCPUStats);
    OPEN();
    g_autoptr(virDomain) domain = virWireNewDomain(call->conn, &args->domain);
    if (!virThunkCount(args->nparams, 16, "nparams", error) || !virThunkCount(args->ncpus, 128, "ncpus", error))
        return false;
    guint cpus = MAX(args->ncpus, 1);
    g_autofree virTypedParameterPtr all = args->nparams ? g_new0(virTypedParameter, args->nparams * cpus) : NULL;
    ret->nparams = virApiDomainGetCPUStats(domain, all, args->nparams, args->start_cpu, args->ncpus,
                                           args->flags & ~(unsigned int)VIR_TYPED_PARAM_STRING_OKAY, error);
    if (ret->nparams < 0)
        return false;
    if (args->nparams == 0 || args->ncpus == 0)
        return true;
    /* The wire packs what the caller's array leaves room between. */
    ret->params = g_new0(virTypedParameter, MAX(ret->nparams * cpus, 1));
    for (guint i = 0; i < cpus; i++)
        memcpy(ret->params + i * ret->nparams, all + i * args->nparams, sizeof(*all) * ret->nparams);
    ret->paramsLen = ret->nparams * cpus;
    return true;
}

THUNK(ConnectGetDomainStats)
{
    ARGS(ConnectGetDomainStats);
    RET(ConnectGetDomainStats);
    OPEN();
    g_autoptr(GPtrArray) doms = g_ptr_array_new_with_free_func(virHandleUnref);
    virDomainStatsRecordPtr *stats = NULL;

    for (guint i = 0; i < args->domsLen; i++)
        g_ptr_array_add(doms, virWireNewDomain(call->conn, args->doms + i));
    int n = virApiConnectGetDomainStats(call->conn, doms->len ? (virDomainPtr *)doms->pdata : NULL, doms->len, args->stats,
                                        &stats, args->flags, error);
    if (n < 0)
        return false;
    ret->retStats = g_new0(virWireDomainStatsRecord, MAX(n, 1));
    for (int i = 0; i < n; i++) {
        virWireDomainStatsRecord *w = &ret->retStats[ret->retStatsLen++];
        virWireTakeDomain(&w->dom, virHandleRef(stats[i]->dom));
        w->nparams = stats[i]->nparams;
        w->params = g_steal_pointer(&stats[i]->params);
        stats[i]->nparams = 0;
    }
    virDomainStatsRecordListFree(stats);
    return virThunkCount(n, 16384, "retStats", error);
}

THUNK(NodeGetFreePages)
{
    ARGS(NodeGetFreePages);
    RET(NodeGetFreePages);
    OPEN();
    guint64 want = (guint64)args->pagesLen * args->cellCount;
    if (!virThunkCount(MIN(want, G_MAXINT32), 1024, "npages * cellCount", error))
        return false;
    ret->counts = g_new0(unsigned long long, MAX(want, 1));
    int n = virApiNodeGetFreePages(call->conn, args->pagesLen, args->pages, args->startCell, args->cellCount, ret->counts,
                                   args->flags, error);
    if (n < 0)
        return false;
    ret->countsLen = n;
    return true;
}

/* ---- secrets ---- */

THUNK(SecretGetValue)
{
    ARGS(SecretGetValue);
    RET(SecretGetValue);
    size_t size = 0;
    OPEN();
    g_autoptr(virSecret) secret = virWireNewSecret(call->conn, &args->secret);
    ret->value = virApiSecretGetValue(secret, &size, args->flags, error);
    if (!ret->value || !virThunkCount(size, 65536, "value", error))
        return false;
    ret->valueLen = size;
    return true;
}

/* ---- descriptors in the reply ---- */

THUNK(DomainOpenGraphicsFD)
{
    ARGS(DomainOpenGraphicsFD);
    OPEN();
    g_autoptr(virDomain) dom = virWireNewDomain(call->conn, &args->dom);
    int fd = virApiDomainOpenGraphicsFD(dom, args->idx, args->flags, error);
    if (fd < 0)
        return false;
    g_array_append_val(call->fdsOut, fd);
    return true;
}

THUNK(DomainLxcOpenNamespace)
{
    ARGS(DomainLxcOpenNamespace);
    g_autofree int *fds = NULL;
    OPEN();
    g_autoptr(virDomain) domain = virWireNewDomain(call->conn, &args->domain);
    int n = virApiDomainLxcOpenNamespace(domain, &fds, args->flags, error);
    if (n < 0)
        return false;
    g_array_append_vals(call->fdsOut, fds, n);
    return true;
}

THUNK(DomainQemuMonitorCommandWithFiles)
{
    ARGS(DomainQemuMonitorCommandWithFiles);
    RET(DomainQemuMonitorCommandWithFiles);
    g_autofree int *out = NULL;
    unsigned int nout = 0;
    OPEN();
    g_autoptr(virDomain) domain = virWireNewDomain(call->conn, &args->domain);
    int rc = virApiDomainQemuMonitorCommandWithFiles(domain, args->cmd, call->nfdsIn, call->fdsIn, &nout, &out, &ret->result,
                                                     args->flags, error);
    if (rc < 0)
        return false;
    g_array_append_vals(call->fdsOut, out, nout);
    return true;
}
