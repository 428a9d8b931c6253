/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capabilities document of a test node, from its numbers. */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/test.h"
#include "cpu/cpu.h"

static const unsigned int hugePages[] = { 2048, 1048576 };      /* KiB; the node has none of them in use */

static void cell(GString *out, const virTestNode *node, unsigned int id)
{
    unsigned int cpus = node->info.cpus / node->info.nodes, page = node->cellPage[MIN(id, 1)];
    unsigned long long memory = node->cellMemory[MIN(id, 1)];
    g_string_append_printf(out, "        <cell id='%u'>\n          <memory unit='KiB'>%llu</memory>\n", id, memory);
    g_string_append_printf(out, "          <pages unit='KiB' size='%u'>%llu</pages>\n", page, memory / page);
    for (gsize i = 0; i < G_N_ELEMENTS(hugePages); i++)
        g_string_append_printf(out, "          <pages unit='KiB' size='%u'>0</pages>\n", hugePages[i]);
    g_string_append_printf(out, "          <cpus num='%u'>\n", cpus);
    for (unsigned int i = 0, cpu = id * cpus; i < cpus; i++, cpu++)
        g_string_append_printf(out, "            <cpu id='%u' socket_id='%u' die_id='0' core_id='%u' siblings='%u'/>\n", cpu, id, i, cpu);
    g_string_append(out, "          </cpus>\n        </cell>\n");
}

static void guest(GString *out, const char *type, const char *features, const char *arch)
{
    g_string_append_printf(out,
                           "  <guest>\n    <os_type>%s</os_type>\n    <arch name='%s'>\n      <wordsize>32</wordsize>\n"
                           "      <emulator>/usr/bin/test-hv</emulator>\n      <domain type='test'/>\n    </arch>\n"
                           "    <features>\n%s    </features>\n  </guest>\n\n",
                           type, arch, features);
}

char *virTestCapabilities(virEngine *engine, GError **error)
{
    const virTestNode *node = virEngineGetPrivate(engine);
    const char *arch = node->info.model;
    GString *out = g_string_new("<capabilities>\n\n  <host>\n    <cpu>\n");
    g_string_append_printf(out, "      <arch>%s</arch>\n      <features>\n        <pae/>\n        <nonpae/>\n      </features>\n", arch);
    for (gsize i = 0; i < G_N_ELEMENTS(node->cellPage); i++)
        g_string_append_printf(out, "      <pages unit='KiB' size='%u'/>\n", node->cellPage[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(hugePages); i++)
        g_string_append_printf(out, "      <pages unit='KiB' size='%u'/>\n", hugePages[i]);
    g_string_append(out, "    </cpu>\n    <power_management/>\n    <iommu support='no'/>\n    <topology>\n");
    g_string_append_printf(out, "      <cells num='%u'>\n", node->info.nodes);
    for (unsigned int i = 0; i < node->info.nodes; i++)
        cell(out, node, i);
    g_string_append(out, "      </cells>\n    </topology>\n    <secmodel>\n      <model>testSecurity</model>\n      <doi></doi>\n"
                         "    </secmodel>\n  </host>\n\n");
    guest(out, "hvm", "      <pae/>\n      <nonpae/>\n", arch);
    guest(out, "xen", "      <pae/>\n      <nonpae/>\n", arch);
    g_string_append(out, "</capabilities>\n");
    return g_string_free(out, FALSE);
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

void virTestCapabilitiesTable(virHypervisorDriver *table)
{
    table->connectBaselineCPU = baselineCPU;
    table->connectGetCPUModelNames = modelNames;
}
