/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Client stubs whose wire form does not follow from the C signature. */
#define VIR_FROM VIR_FROM_RPC
#include "api/stubs.h"
#include "src/client/take.h"

#define REMOTE(number) virRpcProcFind(0x20008086, number)

/* Starting a guest gives it an id, which old procedures do not send back. */
int virRemoteDomainCreate(virDomainPtr domain, GError **error)
{
    virWireDomainCreateArgs args = { .domain = virWireOfDomain(domain) };
    virWireDomainLookupByUUIDArgs look;
    virWireDomainLookupByUUIDRet ret = { 0 };

    if (!virRemoteCall(domain->conn, REMOTE(9), NULL, &args, NULL, error))
        return -1;
    memcpy(look.uuid, domain->uuid, sizeof(look.uuid));
    if (!virRemoteCall(domain->conn, REMOTE(24), NULL, &look, &ret, error))
        return -1;
    domain->id = ret.result.id;
    virXdrFree(REMOTE(24)->ret, &ret);
    return 0;
}

int virRemoteDomainCreateWithFlags(virDomainPtr domain, unsigned int flags, GError **error)
{
    virWireDomainCreateWithFlagsArgs args = { .domain = virWireOfDomain(domain), .flags = flags };
    virWireDomainCreateWithFlagsRet ret = { 0 };

    if (!virRemoteCall(domain->conn, REMOTE(196), NULL, &args, &ret, error))
        return -1;
    domain->id = ret.dom.id;
    virXdrFree(REMOTE(196)->ret, &ret);
    return 0;
}

int virRemoteDomainCreateWithFiles(virDomainPtr domain, unsigned int nfiles, int *files, unsigned int flags, GError **error)
{
    virWireDomainCreateWithFilesArgs args = { .domain = virWireOfDomain(domain), .flags = flags };
    virWireDomainCreateWithFilesRet ret = { 0 };
    virRpcIO io = { .fdsIn = files, .nfdsIn = nfiles };

    if (!virRemoteCall(domain->conn, REMOTE(310), &io, &args, &ret, error))
        return -1;
    domain->id = ret.dom.id;
    virXdrFree(REMOTE(310)->ret, &ret);
    return 0;
}

/* ---- CPU maps: the reply's array is one block, the caller's may be larger ---- */

int virRemoteDomainGetVcpus(virDomainPtr domain, virVcpuInfoPtr info, int maxinfo, unsigned char *cpumaps, int maplen,
                            GError **error)
{
    virWireDomainGetVcpusArgs args = { .domain = virWireOfDomain(domain), .maxinfo = maxinfo, .maplen = maplen };
    virWireDomainGetVcpusRet ret = { 0 };
    int n = -1;

    if (!virRemoteCall(domain->conn, REMOTE(20), NULL, &args, &ret, error))
        return -1;
    if (ret.infoLen > (guint)maxinfo || ret.cpumapsLen > (guint64)maxinfo * maplen) {
        virRemoteTooMany("virDomainGetVcpus", "cpumaps", error);
    } else {
        n = ret.infoLen;
        memset(info, 0, sizeof(*info) * maxinfo);
        if (n)
            memcpy(info, ret.info, sizeof(*info) * n);
        if (cpumaps) {
            memset(cpumaps, 0, (gsize)maxinfo * maplen);
            if (ret.cpumapsLen)
                memcpy(cpumaps, ret.cpumaps, ret.cpumapsLen);
        }
    }
    virXdrFree(REMOTE(20)->ret, &ret);
    return n;
}

/* `maps` has room for `size` bytes; takes `got`. */
static int takeMaps(const char *func, unsigned char *maps, guint64 size, unsigned char *got, guint gotLen, int result,
                    GError **error)
{
    g_autofree unsigned char *own = got;

    if (gotLen > size) {
        virRemoteTooMany(func, "cpumaps", error);
        return -1;
    }
    memset(maps, 0, size);
    if (gotLen)
        memcpy(maps, own, gotLen);
    return result;
}

int virRemoteDomainGetVcpuPinInfo(virDomainPtr domain, int ncpumaps, unsigned char *cpumaps, int maplen, unsigned int flags,
                                  GError **error)
{
    virWireDomainGetVcpuPinInfoArgs args = { .domain = virWireOfDomain(domain), .ncpumaps = ncpumaps, .maplen = maplen,
                                             .flags = flags };
    virWireDomainGetVcpuPinInfoRet ret = { 0 };

    if (!virRemoteCall(domain->conn, REMOTE(230), NULL, &args, &ret, error))
        return -1;
    return takeMaps("virDomainGetVcpuPinInfo", cpumaps, (guint64)ncpumaps * maplen, ret.cpumaps, ret.cpumapsLen, ret.num,
                    error);
}

int virRemoteDomainGetEmulatorPinInfo(virDomainPtr domain, unsigned char *cpumap, int maplen, unsigned int flags,
                                      GError **error)
{
    virWireDomainGetEmulatorPinInfoArgs args = { .domain = virWireOfDomain(domain), .maplen = maplen, .flags = flags };
    virWireDomainGetEmulatorPinInfoRet ret = { 0 };

    if (!virRemoteCall(domain->conn, REMOTE(280), NULL, &args, &ret, error))
        return -1;
    return takeMaps("virDomainGetEmulatorPinInfo", cpumap, maplen, ret.cpumaps, ret.cpumapsLen, ret.ret, error);
}

int virRemoteNodeGetCPUMap(virConnectPtr conn, unsigned char **cpumap, unsigned int *online, unsigned int flags,
                           GError **error)
{
    virWireNodeGetCPUMapArgs args = { .need_map = cpumap != NULL, .need_online = online != NULL, .flags = flags };
    virWireNodeGetCPUMapRet ret = { 0 };

    if (!virRemoteCall(conn, REMOTE(293), NULL, &args, &ret, error))
        return -1;
    if (cpumap)
        *cpumap = g_steal_pointer(&ret.cpumap);
    if (online)
        *online = ret.online;
    virXdrFree(REMOTE(293)->ret, &ret);
    return ret.ret;
}

/* ---- statistics ---- */

int virRemoteDomainGetCPUStats(virDomainPtr domain, virTypedParameterPtr params, unsigned int nparams, int start_cpu,
                               unsigned int ncpus, unsigned int flags, GError **error)
{
    virWireDomainGetCPUStatsArgs args = { .domain = virWireOfDomain(domain), .nparams = nparams, .start_cpu = start_cpu,
                                          .ncpus = ncpus, .flags = flags | VIR_TYPED_PARAM_STRING_OKAY };
    virWireDomainGetCPUStatsRet ret = { 0 };
    guint stride, cpus;

    if (!virRemoteCall(domain->conn, REMOTE(262), NULL, &args, &ret, error))
        return -1;
    /* The reply packs the parameters of each CPU; the caller's array has `nparams` places for each. */
    cpus = MAX(ncpus, 1);
    stride = ret.paramsLen / cpus;
    if (nparams == 0 || ncpus == 0) {
        virXdrFree(REMOTE(262)->ret, &ret);
        return ret.nparams;
    }
    if (stride > nparams || ret.paramsLen % cpus) {
        virXdrFree(REMOTE(262)->ret, &ret);
        virRemoteTooMany("virDomainGetCPUStats", "params", error);
        return -1;
    }
    memset(params, 0, sizeof(*params) * nparams * ncpus);
    for (guint i = 0; i < ncpus && stride; i++)
        memcpy(params + i * nparams, ret.params + i * stride, sizeof(*params) * stride);
    g_free(ret.params);
    return ret.nparams;
}

int virRemoteConnectGetDomainStats(virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms, unsigned int stats,
                                   virDomainStatsRecordPtr **retStats, unsigned int flags, GError **error)
{
    g_autofree virWireDomain *wire = g_new0(virWireDomain, MAX(ndoms, 1));
    virWireConnectGetDomainStatsArgs args = { .doms = wire, .domsLen = ndoms, .stats = stats, .flags = flags };
    virWireConnectGetDomainStatsRet ret = { 0 };

    for (guint i = 0; i < ndoms; i++)
        wire[i] = virWireOfDomain(doms[i]);
    if (!virRemoteCall(conn, REMOTE(344), NULL, &args, &ret, error))
        return -1;
    guint n = ret.retStatsLen;
    *retStats = g_new0(virDomainStatsRecordPtr, n + 1);
    for (guint i = 0; i < n; i++) {
        virDomainStatsRecordPtr r = (*retStats)[i] = g_new0(virDomainStatsRecord, 1);
        r->dom = virWireNewDomain(conn, &ret.retStats[i].dom);
        r->nparams = ret.retStats[i].nparams;
        r->params = g_steal_pointer(&ret.retStats[i].params);
        ret.retStats[i].nparams = 0;
    }
    virXdrFree(REMOTE(344)->ret, &ret);
    return n;
}

int virRemoteNodeGetFreePages(virConnectPtr conn, unsigned int npages, unsigned int *pages, int startCell,
                              unsigned int cellCount, unsigned long long *counts, unsigned int flags, GError **error)
{
    virWireNodeGetFreePagesArgs args = { .pages = pages, .pagesLen = npages, .startCell = startCell,
                                         .cellCount = cellCount, .flags = flags };
    virWireNodeGetFreePagesRet ret = { 0 };

    if (!virRemoteCall(conn, REMOTE(340), NULL, &args, &ret, error))
        return -1;
    g_autofree unsigned long long *got = ret.counts;
    if (ret.countsLen > (guint64)npages * cellCount) {
        virRemoteTooMany("virNodeGetFreePages", "counts", error);
        return -1;
    }
    if (ret.countsLen)
        memcpy(counts, got, ret.countsLen * sizeof(*counts));
    return ret.countsLen;
}

/* ---- secrets ---- */

unsigned char *virRemoteSecretGetValue(virSecretPtr secret, size_t *value_size, unsigned int flags, GError **error)
{
    virWireSecretGetValueArgs args = { .secret = virWireOfSecret(secret), .flags = flags };
    virWireSecretGetValueRet ret = { 0 };

    if (!virRemoteCall(secret->conn, REMOTE(145), NULL, &args, &ret, error))
        return NULL;
    *value_size = ret.valueLen;
    return ret.value ? ret.value : g_malloc0(1);
}

/* ---- descriptors in the reply ---- */

int virRemoteDomainOpenGraphicsFD(virDomainPtr dom, unsigned int idx, unsigned int flags, GError **error)
{
    virWireDomainOpenGraphicsFDArgs args = { .dom = virWireOfDomain(dom), .idx = idx, .flags = flags };
    virRpcIO io = { 0 };
    int fd = -1;

    if (!virRemoteCall(dom->conn, REMOTE(343), &io, &args, NULL, error))
        return -1;
    if (io.nfdsOut == 1)
        fd = io.fdsOut[0];
    else
        virSetError(error, VIR_ERR_RPC, "the server sent %u descriptors instead of one", io.nfdsOut);
    for (guint i = 0; fd < 0 && i < io.nfdsOut; i++)
        close(io.fdsOut[i]);
    g_free(io.fdsOut);
    return fd;
}

int virRemoteDomainLxcOpenNamespace(virDomainPtr domain, int **fdlist, unsigned int flags, GError **error)
{
    virWireDomainLxcOpenNamespaceArgs args = { .domain = virWireOfDomain(domain), .flags = flags };
    virRpcIO io = { 0 };

    if (!virRemoteCall(domain->conn, virRpcProcFind(0x68000, 1), &io, &args, NULL, error))
        return -1;
    *fdlist = io.fdsOut;
    return io.nfdsOut;
}

int virRemoteDomainQemuMonitorCommandWithFiles(virDomainPtr domain, const char *cmd, unsigned int ninfiles, int *infiles,
                                               unsigned int *noutfiles, int **outfiles, char **result, unsigned int flags,
                                               GError **error)
{
    virWireDomainQemuMonitorCommandWithFilesArgs args = { .domain = virWireOfDomain(domain), .cmd = (char *)cmd,
                                                          .flags = flags };
    virWireDomainQemuMonitorCommandWithFilesRet ret = { 0 };
    virRpcIO io = { .fdsIn = infiles, .nfdsIn = ninfiles };

    if (!virRemoteCall(domain->conn, virRpcProcFind(0x20008087, 7), &io, &args, &ret, error))
        return -1;
    *result = ret.result;
    if (outfiles && noutfiles) {
        *outfiles = io.fdsOut;
        *noutfiles = io.nfdsOut;
        return 0;
    }
    for (guint i = 0; i < io.nfdsOut; i++)
        close(io.fdsOut[i]);
    g_free(io.fdsOut);
    return 0;
}
