/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What generated stubs do with the arrays of a reply. */
#define VIR_FROM VIR_FROM_RPC
#include "src/client/take.h"

char **virRemoteTakeStrings(char **strings, unsigned int n)
{
    strings = g_renew(char *, strings, n + 1);
    strings[n] = NULL;
    return strings;
}

void *virRemoteTakeArray(void *block, unsigned int n, gsize size)
{
    void **list = g_new0(void *, n + 1);

    for (unsigned int i = 0; i < n; i++)
        list[i] = g_memdup2((char *)block + i * size, size);
    g_free(block);
    return list;
}

void virRemoteTooMany(const char *func, const char *what, GError **error)
{
    virSetError(error, VIR_ERR_RPC, "%s: the server sent more '%s' than there is room for", func, what);
}
