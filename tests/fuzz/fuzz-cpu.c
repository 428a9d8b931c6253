/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A <cpu> of anybody's making: parse, compare with a host, baseline, expand. */
#include "cpu/cpu.h"
#include <libvirt/libvirt.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static virCPUDef *host;
    if (!host)
        host = virCPUDefParse("<cpu><arch>x86_64</arch><model>Haswell</model><vendor>Intel</vendor></cpu>", VIR_CPU_DOCUMENT_HOST, false, NULL);
    g_autofree char *xml = g_strndup((const char *)data, size);
    const char *both[] = { xml, "<cpu><arch>x86_64</arch><model>Penryn</model></cpu>" };
    virCpuCompareXml(host, 0, xml, size % 4, NULL);
    g_autofree char *baseline = virCpuBaselineXml(both, 1 + size % 2, VIR_CPU_DOCUMENT_ANY, 0, NULL, size % 4, NULL);
    g_autoptr(virCPUDef) guest = virCPUDefParse(xml, VIR_CPU_DOCUMENT_GUEST, false, NULL);
    g_autofree char *text = guest ? virCPUDefFormat(guest) : NULL;
    return 0;
}
