/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VMware's vmx files: whatever is read must be writable, and what was written must be read again as the same guest. */
#include <stdint.h>
#include <string.h>
#include "base/error.h"
#include "native/vmx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const virDomainParseConfig config = { .name = "VMware", .features = VIR_DOMAIN_CONF_WIDE_SCSI, .hostArch = VIR_ARCH_X86_64 };
static const virVmxContext context = { .from = VIR_FROM_VMWARE, .hardware = 13 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(virDomainDef) def = virVmxParse(text, &context, &config, &error);
    g_assert(!def == !!error);
    if (!def)
        return 0;
    g_autofree char *xml = virDomainDefFormat(def, VIR_DOMAIN_DEF_SECURE), *vmx = virVmxFormat(def, &context, NULL);
    if (!vmx)
        return 0;               /* definitions say more than such files can */
    g_autoptr(virDomainDef) again = virVmxParse(vmx, &context, &config, &error);
    g_assert(!again == !!error);
    return 0;
}
