/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capabilities document: the host's hardware and the guests that its emulators run. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/documents.h"
#include "host/cpu.h"
#include "model/domain-enums.h"
#include "base/util.h"
#include <string.h>
#include <unistd.h>

/* Features that QEMU's and the kernel's words differ for. What is not here has the same name, '_' instead of '-' aside. */
static void hostCpu(GString *out, const virHostInfo *info)
{
    g_string_append_printf(out, "    <cpu>\n      <arch>%s</arch>\n", info->arch);
    if (info->vendor)
        g_string_append_printf(out, "      <vendor>%s</vendor>\n", info->vendor);
    if (info->microcode)
        g_string_append_printf(out, "      <microcode version='%u'/>\n", info->microcode);
    if (info->vendor)
        g_string_append_printf(out, "      <signature family='%u' model='%u' stepping='%u'/>\n", info->family,
                               info->model, info->stepping);
    g_string_append_printf(out, "      <topology sockets='%u' dies='%u' cores='%u' threads='%u'/>\n", info->sockets,
                           info->dies, info->cores, info->threads);
    if (info->physBits)
        g_string_append_printf(out, "      <maxphysaddr mode='emulate' bits='%u'/>\n", info->physBits);
    virHostNode *first = info->nodes->len > 0 ? info->nodes->pdata[0] : NULL;
    for (guint i = 0; first && i < first->pages->len; i++)
        g_string_append_printf(out, "      <pages unit='KiB' size='%llu'/>\n",
                               g_array_index(first->pages, virHostPages, i).size);
    g_string_append(out, "    </cpu>\n");
}

static void hostNode(GString *out, const virHostInfo *info, const virHostNode *node)
{
    g_string_append_printf(out, "        <cell id='%u'>\n          <memory unit='KiB'>%llu</memory>\n", node->id,
                           node->memory);
    for (guint i = 0; i < node->pages->len; i++) {
        virHostPages *p = &g_array_index(node->pages, virHostPages, i);
        g_string_append_printf(out, "          <pages unit='KiB' size='%llu'>%llu</pages>\n", p->size, p->count);
    }
    if (node->distances->len > 0) {
        g_string_append(out, "          <distances>\n");
        for (guint i = 0; i < node->distances->len && i < info->nodes->len; i++)
            g_string_append_printf(out, "            <sibling id='%u' value='%u'/>\n",
                                   ((virHostNode *)info->nodes->pdata[i])->id,
                                   g_array_index(node->distances, unsigned int, i));
        g_string_append(out, "          </distances>\n");
    }
    g_string_append_printf(out, "          <cpus num='%u'>\n", node->cpus->len);
    for (guint i = 0; i < node->cpus->len; i++) {
        const virHostCpu *cpu = info->cpus->pdata[g_array_index(node->cpus, guint, i)];
        if (cpu->online)
            g_string_append_printf(out,
                                   "            <cpu id='%u' socket_id='%u' die_id='%u' core_id='%u' siblings='%s'/>\n",
                                   cpu->id, cpu->socket, cpu->die, cpu->core, cpu->siblings);
        else
            g_string_append_printf(out, "            <cpu id='%u'/>\n", cpu->id);
    }
    g_string_append(out, "          </cpus>\n        </cell>\n");
}

static void hostCaches(GString *out, const virHostInfo *info)
{
    if (info->caches->len == 0)
        return;
    g_string_append(out, "    <cache>\n");
    for (guint i = 0; i < info->caches->len; i++) {
        const virHostCache *c = info->caches->pdata[i];
        bool mib = c->size % 1024 == 0;
        g_string_append_printf(out, "      <bank id='%u' level='%u' type='%s' size='%llu' unit='%s' cpus='%s'/>\n",
                               c->id, c->level, c->type, mib ? c->size / 1024 : c->size, mib ? "MiB" : "KiB", c->cpus);
    }
    g_string_append(out, "    </cache>\n");
}

static void hostSecurity(GString *out, const qemuDocumentContext *ctx)
{
    g_string_append(out, "    <secmodel>\n      <model>none</model>\n      <doi>0</doi>\n    </secmodel>\n");
    if (ctx->privileged)
        g_string_append_printf(out,
                               "    <secmodel>\n      <model>dac</model>\n      <doi>0</doi>\n      <baselabel "
                               "type='kvm'>+%u:+%u</baselabel>\n"
                               "      <baselabel type='qemu'>+%u:+%u</baselabel>\n    </secmodel>\n",
                               ctx->uid, ctx->gid, ctx->uid, ctx->gid);
}

static void hostElement(GString *out, const qemuDocumentContext *ctx)
{
    g_autoptr(virHostInfo) info = virHostInfoRead(ctx->host);
    char uuid[37];
    virUUIDFormat(ctx->hostUuid, uuid);
    g_string_append_printf(out, "  <host>\n    <uuid>%s</uuid>\n", uuid);
    hostCpu(out, info);
    g_string_append(out, "    <power_management/>\n");
    g_autofree char *groups = g_strconcat(ctx->host->sys, "/kernel/iommu_groups", NULL);
    g_autoptr(GDir) dir = g_dir_open(groups, 0, NULL);
    g_string_append_printf(out, "    <iommu support='%s'/>\n", dir && g_dir_read_name(dir) ? "yes" : "no");
    g_string_append(
        out,
        "    <migration_features>\n      <live/>\n      <uri_transports>\n        <uri_transport>tcp</uri_transport>\n"
        "        <uri_transport>rdma</uri_transport>\n      </uri_transports>\n    </migration_features>\n");
    g_string_append_printf(out, "    <topology>\n      <cells num='%u'>\n", info->nodes->len);
    for (guint i = 0; i < info->nodes->len; i++)
        hostNode(out, info, info->nodes->pdata[i]);
    g_string_append(out, "      </cells>\n    </topology>\n");
    hostCaches(out, info);
    hostSecurity(out, ctx);
    g_string_append(out, "  </host>\n\n");
}

/* ---- guests ---- */

static bool is64(const char *arch)
{
    return strstr(arch, "64") || g_str_equal(arch, "s390x") || g_str_equal(arch, "alpha");
}

static void guestMachines(GString *out, const qemuCaps *caps)
{
    for (guint i = 0; i < caps->machines->len; i++) {
        const qemuMachine *m = caps->machines->pdata[i];
        const char *deprecated = m->deprecated ? " deprecated='yes'" : "";
        g_string_append_printf(out, "      <machine maxCpus='%u'%s>%s</machine>\n", m->maxCpus, deprecated, m->name);
        if (m->alias)
            g_string_append_printf(out, "      <machine canonical='%s' maxCpus='%u'%s>%s</machine>\n", m->name,
                                   m->maxCpus, deprecated, m->alias);
    }
}

static void guestElement(GString *out, const char *arch, const qemuCaps *caps)
{
    bool i686 = g_str_equal(arch, "i686"), x86 = i686 || g_str_equal(arch, "x86_64");
    g_string_append_printf(
        out,
        "  <guest>\n    <os_type>hvm</os_type>\n    <arch name='%s'>\n      <wordsize>%d</wordsize>\n"
        "      <emulator>%s</emulator>\n",
        arch, is64(arch) ? 64 : 32, caps->binary);
    guestMachines(out, caps);
    g_string_append(out, "      <domain type='qemu'/>\n");
    if (caps->kvm)
        g_string_append(out, "      <domain type='kvm'/>\n");
    g_string_append(out, "    </arch>\n    <features>\n");
    if (i686)
        g_string_append(out, "      <pae/>\n      <nonpae/>\n");
    if (x86)
        g_string_append(out, "      <acpi default='on' toggle='yes'/>\n      <apic default='on' toggle='no'/>\n");
    g_string_append(out, "      <cpuselection/>\n      <deviceboot/>\n      <disksnapshot default='on' toggle='no'/>\n"
                         "    </features>\n  </guest>\n\n");
}

char *qemuHostCapabilities(const qemuDocumentContext *ctx)
{
    GString *out = g_string_new("<capabilities>\n\n");
    hostElement(out, ctx);
    for (int a = VIR_ARCH_NONE + 1; a < virArchLast; a++) {
        const char *arch = virArchToString(a);
        g_autofree char *binary = qemuFindEmulator(arch);
        g_autoptr(qemuCaps) caps = binary ? qemuCapsGet(ctx->cache, binary, NULL) : NULL;
        if (caps && caps->machines->len > 0)
            guestElement(out, arch, caps);
    }
    g_string_append(out, "</capabilities>\n");
    return g_string_free(out, FALSE);
}
