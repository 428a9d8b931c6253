/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libFuzzer: any text as a network, a port, a filter, a binding or a secret. An error or a definition whose text is stable. */
#include <stdint.h>
#include <string.h>
#include "base/error.h"
#include "model/network.h"
#include "model/nwfilter.h"
#include "model/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* `exact`: what is written is what was read. A filter that has the priority 0 is written without it, as the reference does, and gets its chain's. */
#define TRY(T, text, exact) \
    do { \
        g_autoptr(GError) error = NULL; \
        g_autoptr(T) def = T##Parse(text, NULL, 0, &error); \
        g_assert((def == NULL) == (error != NULL)); \
        if (def) { \
            g_autoptr(T) copy = T##Copy(def); \
            g_assert(virXmlEqual(&T##Xml, def, copy)); \
            g_autofree char *out = T##Format(copy, 0); \
            g_autoptr(T) again = T##Parse(out, NULL, 0, &error); \
            g_autofree char *second = again ? T##Format(again, 0) : NULL; \
            g_assert(!second || !(exact) || g_str_equal(out, second)); \
        } \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    TRY(virNetworkDef, text, true);
    TRY(virNetworkPortDef, text, true);
    TRY(virNWFilterDef, text, !strstr(text, "priority"));
    TRY(virNWFilterBindingDef, text, true);
    TRY(virSecretDef, text, true);
    /* an update of a network that has one of everything */
    if (size > 1) {
        static const char base[] = "<network><name>x</name><ip address='10.0.0.1' prefix='24'><dhcp><host name='a' ip='10.0.0.2'/></dhcp>"
                                   "</ip></network>";
        g_autoptr(GError) error = NULL;
        g_autoptr(virNetworkDef) def = virNetworkDefParse(base, NULL, 0, NULL);
        bool ok = virNetworkDefUpdate(def, data[0] % 6, data[1] % 14, -1, text + 1, &error);
        g_assert(ok == (error == NULL));
    }
    return 0;
}
