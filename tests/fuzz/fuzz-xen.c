/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Xen's configurations: whatever is read can be written again, in both dialects. The first byte chooses the dialect. */
#define VIR_FROM VIR_FROM_NONE
#include "base/error.h"
#include "native/xen.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size == 0)
        return 0;
    virXenDialect dialect = data[0] & 1 ? VIR_XEN_XL : VIR_XEN_XM;
    g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
    g_autoptr(GError) error = NULL, writing = NULL;
    g_autoptr(virDomainDef) def = virXenParse(text, dialect, virXenParseConfig(), &error);
    g_assert_true(!def == !!error);
    g_autofree char *again = def ? virXenFormat(def, dialect, &writing) : NULL;
    return 0;
}
