/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checked entries whose arguments depend on each other. */
#define VIR_FROM VIR_FROM_DOMAIN
#include "api/entry.h"
#include "src/api/check.h"
#include "base/error.h"

static bool mustBeNull(const void *value, const char *name, int from, const char *func, GError **error)
{
    if (!value)
        return true;
    virErrorSetArg(error, from, func, name, "%s in %s must be NULL", name, func);
    return false;
}

#define DOMAIN_OP(domain, op, func, fail) \
    const virHypervisorDriver *ops = (domain)->conn->hypervisor; \
    if (!ops || !ops->op) { \
        virNoSupport(VIR_FROM_DOMAIN, func, error); \
        return fail; \
    }

/* ---- metadata: the element belongs to a namespace, the title and the description to none ---- */

static bool metadataArgs(int type, const char *metadata, const char *key, const char *uri, bool set, int from, const char *func,
                         GError **error)
{
    const char *newline = type == VIR_DOMAIN_METADATA_TITLE && metadata ? strchr(metadata, '\n') : NULL;

    if (newline) {
        virErrorSetArg(error, from, func, "metadata", "metadata title can't contain newlines");
        return false;
    }
    if (type == VIR_DOMAIN_METADATA_TITLE || type == VIR_DOMAIN_METADATA_DESCRIPTION)
        return mustBeNull(uri, "uri", from, func, error) && mustBeNull(key, "key", from, func, error);
    if (type != VIR_DOMAIN_METADATA_ELEMENT)
        return true;
    return virCheckNonNull(uri, "uri", from, func, error) &&
        (!set || !metadata || virCheckNonNull(key, "key", from, func, error));
}

char *virApiDomainGetMetadata(virDomainPtr domain, int type, const char *uri, unsigned int flags, GError **error)
{
    static const char func[] = "virDomainGetMetadata";

    if (!virCheckHandle(domain, &virDomainClass, VIR_FROM_DOMAIN, func, error) ||
        !virCheckExclusive(flags, VIR_DOMAIN_AFFECT_LIVE, "VIR_DOMAIN_AFFECT_LIVE", VIR_DOMAIN_AFFECT_CONFIG,
                           "VIR_DOMAIN_AFFECT_CONFIG", VIR_FROM_DOMAIN, error) ||
        !metadataArgs(type, NULL, NULL, uri, false, VIR_FROM_DOMAIN, func, error))
        return NULL;
    DOMAIN_OP(domain, domainGetMetadata, func, NULL);
    return ops->domainGetMetadata(domain, type, uri, flags, error);
}

int virApiDomainSetMetadata(virDomainPtr domain, int type, const char *metadata, const char *key, const char *uri,
                            unsigned int flags, GError **error)
{
    static const char func[] = "virDomainSetMetadata";

    if (!virCheckHandle(domain, &virDomainClass, VIR_FROM_DOMAIN, func, error) ||
        !virCheckWritable(domain->conn, VIR_FROM_DOMAIN, func, error) ||
        !metadataArgs(type, metadata, key, uri, true, VIR_FROM_DOMAIN, func, error))
        return -1;
    DOMAIN_OP(domain, domainSetMetadata, func, -1);
    return ops->domainSetMetadata(domain, type, metadata, key, uri, flags, error);
}

char *virApiNetworkGetMetadata(virNetworkPtr network, int type, const char *uri, unsigned int flags, GError **error)
{
    static const char func[] = "virNetworkGetMetadata";

    if (!virCheckHandle(network, &virNetworkClass, VIR_FROM_NETWORK, func, error) ||
        !metadataArgs(type, NULL, NULL, uri, false, VIR_FROM_NETWORK, func, error))
        return NULL;
    if (!network->conn->network || !network->conn->network->networkGetMetadata) {
        virNoSupport(VIR_FROM_NETWORK, func, error);
        return NULL;
    }
    return network->conn->network->networkGetMetadata(network, type, uri, flags, error);
}

int virApiNetworkSetMetadata(virNetworkPtr network, int type, const char *metadata, const char *key, const char *uri,
                             unsigned int flags, GError **error)
{
    static const char func[] = "virNetworkSetMetadata";

    if (!virCheckHandle(network, &virNetworkClass, VIR_FROM_NETWORK, func, error) ||
        !virCheckWritable(network->conn, VIR_FROM_NETWORK, func, error) ||
        !metadataArgs(type, metadata, key, uri, true, VIR_FROM_NETWORK, func, error))
        return -1;
    if (!network->conn->network || !network->conn->network->networkSetMetadata) {
        virNoSupport(VIR_FROM_NETWORK, func, error);
        return -1;
    }
    return network->conn->network->networkSetMetadata(network, type, metadata, key, uri, flags, error);
}

/* ---- CPUs ---- */

int virApiDomainGetVcpus(virDomainPtr domain, virVcpuInfoPtr info, int maxinfo, unsigned char *cpumaps, int maplen,
                         GError **error)
{
    static const char func[] = "virDomainGetVcpus";

    if (!virCheckHandle(domain, &virDomainClass, VIR_FROM_DOMAIN, func, error) ||
        !virCheckNonNull(info, "info", VIR_FROM_DOMAIN, func, error) ||
        !virCheckPositive(maxinfo, "maxinfo", VIR_FROM_DOMAIN, func, error) ||
        (cpumaps && !virCheckPositive(maplen, "maplen", VIR_FROM_DOMAIN, func, error)))
        return -1;
    if (!cpumaps && maplen) {
        virErrorSetArg(error, VIR_FROM_DOMAIN, func, "maplen", "maplen in %s must be zero", func);
        return -1;
    }
    DOMAIN_OP(domain, domainGetVcpus, func, -1);
    return ops->domainGetVcpus(domain, info, maxinfo, cpumaps, maplen, error);
}

/* Four questions in one call: how many CPUs, how many parameters, the total, or single CPUs. */
int virApiDomainGetCPUStats(virDomainPtr domain, virTypedParameterPtr params, unsigned int nparams, int start_cpu,
                            unsigned int ncpus, unsigned int flags, GError **error)
{
    static const char func[] = "virDomainGetCPUStats";

    if (!virCheckHandle(domain, &virDomainClass, VIR_FROM_DOMAIN, func, error))
        return -1;
    if (start_cpu == -1 && ncpus != 1) {
        virErrorSetArg(error, VIR_FROM_DOMAIN, func, "start_cpu", "ncpus in %s must be 1 when start_cpu is -1", func);
        return -1;
    }
    if (start_cpu < -1) {
        virErrorSetArg(error, VIR_FROM_DOMAIN, func, "start_cpu", "start_cpu in %s must be -1 or greater", func);
        return -1;
    }
    if (nparams == 0 || ncpus == 0 ? !mustBeNull(params, "params", VIR_FROM_DOMAIN, func, error) :
        !virCheckNonNull(params, "params", VIR_FROM_DOMAIN, func, error))
        return -1;
    DOMAIN_OP(domain, domainGetCPUStats, func, -1);
    return ops->domainGetCPUStats(domain, params, nparams, start_cpu, ncpus, flags, error);
}

/* ---- disks ---- */

int virApiDomainBlockRebase(virDomainPtr dom, const char *disk, const char *base, unsigned long bandwidth, unsigned int flags,
                            GError **error)
{
    static const char func[] = "virDomainBlockRebase";
    const unsigned int copyOnly = VIR_DOMAIN_BLOCK_REBASE_SHALLOW | VIR_DOMAIN_BLOCK_REBASE_REUSE_EXT |
        VIR_DOMAIN_BLOCK_REBASE_COPY_RAW | VIR_DOMAIN_BLOCK_REBASE_COPY_DEV;

    if (!virCheckHandle(dom, &virDomainClass, VIR_FROM_DOMAIN, func, error) ||
        !virCheckWritable(dom->conn, VIR_FROM_DOMAIN, func, error) ||
        !virCheckNonNull(disk, "disk", VIR_FROM_DOMAIN, func, error))
        return -1;
    if (flags & VIR_DOMAIN_BLOCK_REBASE_COPY) {
        if (!virCheckNonNull(base, "base", VIR_FROM_DOMAIN, func, error))
            return -1;
    } else if (flags & copyOnly) {
        virErrorSetArg(error, VIR_FROM_DOMAIN, func, "flags", "use of flags requires a copy job");
        return -1;
    }
    DOMAIN_OP(dom, domainBlockRebase, func, -1);
    return ops->domainBlockRebase(dom, disk, base, bandwidth, flags, error);
}

int virApiStorageVolResize(virStorageVolPtr vol, unsigned long long capacity, unsigned int flags, GError **error)
{
    static const char func[] = "virStorageVolResize";

    if (!virCheckHandle(vol, &virStorageVolClass, VIR_FROM_STORAGE, func, error) ||
        !virCheckWritable(vol->conn, VIR_FROM_STORAGE, func, error))
        return -1;
    if (capacity == 0 && !(flags & (VIR_STORAGE_VOL_RESIZE_DELTA | VIR_STORAGE_VOL_RESIZE_SHRINK))) {
        virErrorSetArg(error, VIR_FROM_STORAGE, func, "capacity",
                       "capacity in %s cannot be zero without 'delta' or 'shrink' flags set", func);
        return -1;
    }
    if (!vol->conn->storage || !vol->conn->storage->storageVolResize) {
        virNoSupport(VIR_FROM_STORAGE, func, error);
        return -1;
    }
    return vol->conn->storage->storageVolResize(vol, capacity, flags, error);
}
