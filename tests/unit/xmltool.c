/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads domain documents named on standard input as JSON-free blocks ("LENGTH\nTEXT"), answers each the same
 * way: for comparisons by scripts. Modes: fix (shape only), test, qemu (with the defaults of these drivers); rng writes the schema.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "model/domain-conf.h"
#include "base/error.h"
#include "model/tables.h"
#include "xmlconf.h"

static void answer(char kind, const char *text)
{
    printf("%c%zu\n%s\n", kind, strlen(text), text);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "fix";
    unsigned int format = argc > 2 ? atoi(argv[2]) : VIR_DOMAIN_DEF_INACTIVE;
    if (strcmp(mode, "rng") == 0) {
        g_autofree char *rng = virXmlExportRng(&virDomainDefXml, NULL);
        return puts(rng) < 0;
    }
    const virDomainParseConfig *conf = strcmp(mode, "qemu") == 0 ? virTestQemuConfig() : virTestTestConfig();
    unsigned int flags = VIR_DOMAIN_DEF_INACTIVE |
                         (strcmp(mode, "qemu") == 0 ? VIR_DOMAIN_DEF_ABI_UPDATE : 0) |
                         (strcmp(mode, "fix") == 0 ? VIR_DOMAIN_DEF_SKIP_POST_PARSE : 0);
    size_t len;
    while (scanf("%zu", &len) == 1) {
        getchar();
        char *text = calloc(1, len + 1);
        if (fread(text, 1, len, stdin) != len)
            return 1;
        GError *error = NULL;
        virDomainDef *def = virDomainDefParse(text, NULL, conf, flags, &error);
        if (def) {
            char *out = virDomainDefFormat(def, format);
            answer('+', out);
            free(out);
        } else {
            const virErrorDetail *detail = virErrorGetDetail(error);
            char *out = g_strdup_printf("%d %d %s", virErrorCode(error), detail->from, error->message);
            answer('-', out);
            g_free(out);
            g_clear_error(&error);
        }
        virDomainDefUnref(def);
        free(text);
    }
    return 0;
}
