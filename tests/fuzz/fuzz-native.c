/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers of the lxc tools and command lines of bhyve, of anybody's making: read, written out, and bhyve's read again. */
#define VIR_FROM VIR_FROM_NONE
#include "base/error.h"
#include "native/bhyve.h"
#include "native/lxc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void finish(virDomainDef *def, GError *error)
{
    g_assert_true(!def == !!error);
    g_autofree char *xml = def ? virDomainDefFormat(def, VIR_DOMAIN_DEF_SECURE | VIR_DOMAIN_DEF_INACTIVE) : NULL;
    g_clear_error(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const virDomainParseConfig conf = { .name = "fuzz", .hostArch = VIR_ARCH_X86_64, .macPrefix = { 0x52, 0x54, 0 },
                                               .postParse = virBhyvePostParse, .assignAddresses = virBhyveAssignAddresses };
    static const virBhyveContext ctx = { .ahci32 = true, .deviceMap = "/map" };
    g_autofree char *text = g_strndup((const char *)data, size);
    GError *error = NULL;
    g_autoptr(virDomainDef) container = virLxcParse(text, &conf, &error);
    finish(container, error);
    error = NULL;
    g_autoptr(virDomainDef) guest = virBhyveParse(text, &conf, &error);
    finish(guest, error);
    if (!guest || !virDomainDefPostParse(guest, &conf, 0, NULL))
        return 0;
    g_autofree char *command = virBhyveFormat(guest, &ctx, NULL), *loader = virBhyveFormatLoader(guest, &ctx, NULL);
    g_autoptr(virDomainDef) again = command ? virBhyveParse(command, &conf, NULL) : NULL;
    return 0;
}
