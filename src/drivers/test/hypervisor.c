/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A hypervisor that does nothing: guests start, pause and stop because the engine says so. What clients' test suites expect to
 * see moving (CPU time, counters) follows the clock.
 */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/test.h"
#include <string.h>

/* ---- what such guests are ---- */

static bool lookup(const virDomainParseConfig *conf, virDomainDef *def, GError **error)
{
    if (!def->os.type)
        def->os.type = VIR_DOMAIN_OSTYPE_HVM;
    if (!def->os.arch)
        def->os.arch = VIR_ARCH_I686;
    if (!def->virtType)
        def->virtType = VIR_DOMAIN_VIRT_TEST;
    return true;
}

static bool hasNet(const virDomainDef *def, const char *name)
{
    for (unsigned int i = 0; i < def->nets.n; i++)
        if (g_strcmp0(def->nets.v[i]->ifname, name) == 0)
            return true;
    return false;
}

/* Every interface has a device's name, running or not: clients' tests look interfaces up by it. */
static bool nameNets(const virDomainParseConfig *conf, virDomainDef *def, unsigned int flags, GError **error)
{
    for (unsigned int i = 0, n = 0; i < def->nets.n; i++) {
        char name[32];
        if (def->nets.v[i]->ifname)
            continue;
        do {
            g_snprintf(name, sizeof(name), "testnet%u", n++);
        } while (hasNet(def, name));
        def->nets.v[i]->ifname = g_strdup(name);
    }
    return true;
}

static const virDomainParseConfig testConfig = {
    .name = "TEST",
    .hostArch = VIR_ARCH_I686,
    .macPrefix = { 0x52, 0x54, 0x00 },
    .lookup = lookup,
    .postParse = nameNets,
};

static const virDomainParseConfig *parseConfig(virEngine *engine, GError **error)
{
    return &testConfig;
}

/* ---- lifecycle ---- */

static bool start(virDomainObj *obj, virDomainDef *def, unsigned int flags, pid_t *pid, GError **error)
{
    return true;
}

static bool stopAs(virDomainObj *obj, int detail)
{
    virDomainGone(obj, VIR_DOMAIN_SHUTOFF_SHUTDOWN, VIR_DOMAIN_EVENT_STOPPED, detail);
    return true;
}

static bool shutdown(virDomainObj *obj, unsigned int flags, GError **error)
{
    return stopAs(obj, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN);
}

/* What a real guest does when it is told to reboot is in its definition. */
static bool reboot(virDomainObj *obj, unsigned int flags, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    virDomainOnAction action = view->live->onReboot;
    if (action == VIR_DOMAIN_ON_DESTROY || action == VIR_DOMAIN_ON_PRESERVE)
        return stopAs(obj, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN);
    virDomainSetState(obj, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, -1, 0);
    virDomainEmit(obj, VIR_DOMAIN_EVENT_ID_REBOOT);
    return true;
}

static bool reset(virDomainObj *obj, unsigned int flags, GError **error)
{
    virDomainEmit(obj, VIR_DOMAIN_EVENT_ID_REBOOT);
    return true;
}

static bool nothing(virDomainObj *obj, GError **error)
{
    return true;
}

static bool injectNmi(virDomainObj *obj, unsigned int flags, GError **error)
{
    return true;
}

static bool sendKey(virDomainObj *obj, unsigned int codeset, unsigned int holdtime, const unsigned int *codes, int ncodes,
                    unsigned int flags, GError **error)
{
    return true;
}

static bool setMemory(virDomainObj *obj, unsigned long long kib, GError **error)
{
    virDomainEmit(obj, VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, kib);
    return true;
}

static bool setVcpus(virDomainObj *obj, unsigned int n, GError **error)
{
    return true;
}

/* ---- figures that move with the clock ---- */

static unsigned long long tick(void)
{
    return (unsigned long long)g_get_real_time();
}

static bool cpuTime(virDomainObj *obj, unsigned long long *ns, GError **error)
{
    *ns = tick() * 1000;
    return true;
}

static bool blockStats(virDomainObj *obj, const char *disk, virDomainBlockStatsStruct *stats, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (!virDomainDefFindDisk(view->live, disk)) {
        virSetError(error, VIR_ERR_INVALID_ARG, "invalid path: %s", disk);
        return false;
    }
    unsigned long long t = tick() / 10;
    *stats = (virDomainBlockStatsStruct){ .rd_req = t, .rd_bytes = t / 2, .wr_req = t / 3, .wr_bytes = t / 4, .errs = 0 };
    return true;
}

static bool interfaceStats(virDomainObj *obj, const char *device, virDomainInterfaceStatsStruct *stats, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (!virDomainDefFindNet(view->live, device)) {
        virSetError(error, VIR_ERR_INVALID_ARG, "invalid path, '%s' is not a known interface", device);
        return false;
    }
    unsigned long long t = tick() / 10;
    *stats = (virDomainInterfaceStatsStruct){ .rx_bytes = t, .rx_packets = t / 100, .tx_bytes = t / 2, .tx_packets = t / 110 };
    return true;
}

static int memoryStats(virDomainObj *obj, virDomainMemoryStatStruct *stats, unsigned int nstats, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    const unsigned long long kib = view->live->currentMemory;
    const virDomainMemoryStatStruct all[] = {
        { VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, kib }, { VIR_DOMAIN_MEMORY_STAT_SWAP_IN, 0 },
        { VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, 0 },         { VIR_DOMAIN_MEMORY_STAT_UNUSED, kib / 2 },
        { VIR_DOMAIN_MEMORY_STAT_AVAILABLE, kib },      { VIR_DOMAIN_MEMORY_STAT_USABLE, kib / 2 },
        { VIR_DOMAIN_MEMORY_STAT_RSS, kib / 2 },
    };
    unsigned int n = MIN(nstats, G_N_ELEMENTS(all));
    memcpy(stats, all, n * sizeof(*all));
    return n;
}

static bool blockInfo(virDomainObj *obj, const char *disk, virDomainBlockInfo *info, GError **error)
{
    const unsigned long long tib = 1ULL << 40;
    *info = (virDomainBlockInfo){ .capacity = tib, .allocation = tib, .physical = tib };
    return true;
}

static int version(virEngine *engine, unsigned long *v, GError **error)
{
    *v = 2;
    return 0;
}

static int maxVcpus(virEngine *engine, const char *type, GError **error)
{
    return 32;
}

const virHypervisor virTestHypervisor = {
    .name = "TEST",
    .from = VIR_FROM_TEST,
    .parseConfig = parseConfig,
    .start = start,
    .shutdown = shutdown,
    .reboot = reboot,
    .reset = reset,
    .suspend = nothing,
    .resume = nothing,
    .injectNmi = injectNmi,
    .sendKey = sendKey,
    .setMemory = setMemory,
    .setVcpus = setVcpus,
    .cpuTime = cpuTime,
    .blockStats = blockStats,
    .interfaceStats = interfaceStats,
    .memoryStats = memoryStats,
    .blockInfo = blockInfo,
    .snapshotsOfTest = true,
    .snapshotCreateFlags = VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT | VIR_DOMAIN_SNAPSHOT_CREATE_HALT |
                           VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE | VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC | VIR_DOMAIN_SNAPSHOT_CREATE_LIVE |
                           VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE,
    .snapshotDeleteFlags = VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN | VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY,
    .checkpointCreateFlags = VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE | VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE,
    .snapshotCheck = virTestSnapshotCheck,
    .snapshotTake = virTestSnapshotTake,
    .snapshotRevert = virTestSnapshotRevert,
    .checkpointTake = virTestCheckpointTake,
    .capabilities = virTestCapabilities,
    .version = version,
    .maxVcpus = maxVcpus,
};
