/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libFuzzer: any text as a domain document. An error or a guest whose text is stable; never a crash. */
#include <stdint.h>
#include "base/error.h"
#include "xmlconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try(const char *text, const virDomainParseConfig *conf)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(virDomainDef) def = virDomainDefParse(text, NULL, conf, VIR_DOMAIN_DEF_INACTIVE, &error);
    g_assert((def == NULL) == (error != NULL));
    if (!def)
        return;
    g_autofree char *out = virDomainDefFormat(def, VIR_DOMAIN_DEF_SECURE | VIR_DOMAIN_DEF_INACTIVE);
    g_autoptr(virDomainDef) copy = virDomainDefCopy(def);
    g_assert(virDomainDefEqual(def, copy));
    g_autoptr(virDomainDef) again =
        virDomainDefParse(out, NULL, conf, VIR_DOMAIN_DEF_INACTIVE | VIR_DOMAIN_DEF_SKIP_POST_PARSE, &error);
    if (again) {
        g_autofree char *second = virDomainDefFormat(again, VIR_DOMAIN_DEF_SECURE | VIR_DOMAIN_DEF_INACTIVE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    try(text, virTestTestConfig());
    try(text, virTestQemuConfig());
    return 0;
}
