/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capabilities document of a test node, from its numbers. */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/test.h"
#include "cpu/cpu.h"
#include "model/caps.h"
#include "model/sysinfo.h"

#define ADD(list, T, ...) \
    ({ T *item_ = g_new0(T, 1); *item_ = (T){ __VA_ARGS__ }; virListAppend(list, item_); item_; })

static const unsigned int hugePages[] = { 2048, 1048576 };      /* KiB; the node has none of them in use */

static void addPages(virCapsCell *cell, unsigned long long size, unsigned long long count)
{
    ADD(&cell->pages, virCapsPages, .unit = g_strdup("KiB"), .size = size, .count = count);
}

static void addCell(virCapsHost *host, const virTestNode *node, unsigned int id)
{
    unsigned int cpus = node->info.cpus / node->info.nodes, page = node->cellPage[MIN(id, 1)];
    virCapsCell *cell = ADD(&host->cells, virCapsCell, .id = id, .memoryUnit = g_strdup("KiB"), .memory = node->cellMemory[MIN(id, 1)],
                            .ncpus = cpus);
    addPages(cell, page, cell->memory / page);
    for (gsize i = 0; i < G_N_ELEMENTS(hugePages); i++)
        addPages(cell, hugePages[i], 0);
    for (unsigned int i = 0, cpu = id * cpus; i < cpus; i++, cpu++)
        ADD(&cell->cpus, virCapsCpu, .id = cpu, .socket = id, .core = i, .online = true, .siblings = g_strdup_printf("%u", cpu));
}

static void addGuest(virCapsDef *caps, const char *type, virArch arch)
{
    virCapsGuest *guest = ADD(&caps->guests, virCapsGuest, .osType = g_strdup(type), .arch = arch, .wordsize = 32, .pae = true, .nonpae = true,
                              .emulator = g_strdup("/usr/bin/test-hv"));
    ADD(&guest->domains, virCapsDomain, .type = g_strdup("test"));
}

static virCPUDef *hostCpu(const virTestNode *node, virArch arch)
{
    virCPUDef *cpu = g_new0(virCPUDef, 1);
    cpu->arch = arch;
    cpu->pae = cpu->nonpae = true;
    for (gsize i = 0; i < G_N_ELEMENTS(node->cellPage); i++)
        ADD(&cpu->pages, virCPUPages, .unit = g_strdup("KiB"), .size = node->cellPage[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(hugePages); i++)
        ADD(&cpu->pages, virCPUPages, .unit = g_strdup("KiB"), .size = hugePages[i]);
    return cpu;
}

char *virTestCapabilities(virEngine *engine, GError **error)
{
    const virTestNode *node = virEngineGetPrivate(engine);
    int arch = virArchFromString(node->info.model);
    g_autoptr(virCapsDef) caps = g_new0(virCapsDef, 1);
    virCapsHost *host = caps->host = g_new0(virCapsHost, 1);
    caps->refs = 1;
    host->cpu = hostCpu(node, arch);
    host->powerKnown = host->topology = true;
    host->iommu = VIR_TRISTATE_BOOL_NO;
    host->ncells = node->info.nodes;
    for (unsigned int i = 0; i < node->info.nodes; i++)
        addCell(host, node, i);
    ADD(&host->secmodels, virCapsSecModel, .model = g_strdup("testSecurity"), .doi = g_strdup(""));
    addGuest(caps, "hvm", arch);
    addGuest(caps, "xen", arch);
    return virCapsDefText(caps);
}

static char *baselineCPU(virConnectPtr conn, const char **xml, unsigned int n, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES, VIR_FROM, "testConnectBaselineCPU", error))
        return NULL;
    return virCpuBaselineXml(xml, n, VIR_CPU_DOCUMENT_HOST, 0, NULL, flags, error);
}

static int modelNames(virConnectPtr conn, const char *arch, char ***models, unsigned int flags, GError **error)
{
    return virCpuModelList(arch, models, VIR_FROM, error);
}

/* A notebook's firmware. */
static char *getSysinfo(virConnectPtr conn, unsigned int flags, GError **error)
{
    static const char *const bios[][2] = {
        { "vendor", "LENOVO" }, { "version", "G4ETA1WW (2.61 )" }, { "date", "05/07/2014" }, { "release", "2.61" }
    };
    g_autoptr(virSysinfoDef) def = g_new0(virSysinfoDef, 1);
    def->type = VIR_SYSINFO_SMBIOS;
    def->bios = g_new0(virSysinfoBlock, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(bios); i++)
        virSysinfoBlockAdd(def->bios, bios[i][0], bios[i][1]);
    return virSysinfoDefFormat(def);
}

void virTestCapabilitiesTable(virHypervisorDriver *table)
{
    table->connectGetSysinfo = getSysinfo;
    table->connectBaselineCPU = baselineCPU;
    table->connectGetCPUModelNames = modelNames;
}
