/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors on the wire. The objects in them (a domain, a network) are read and dropped, and never written: nothing asks for them. */
#define VIR_FROM VIR_FROM_RPC
#include "rpc/neterror.h"
#include "api/wire.h"

void virNetErrorEncode(const GError *cause, GByteArray *out)
{
    const virErrorDetail *d = virErrorGetDetail(cause);
    virWireNetError e = { .code = virErrorCode(cause), .domain = d->from, .message = cause->message, .level = d->level,
                          .str1 = d->str1, .str2 = d->str2, .str3 = d->str3, .int1 = d->int1, .int2 = d->int2 };
    if (virXdrEncode(&virWireNetErrorXdr, &e, out, NULL))
        return;
    e.message = (char *)"the error's text is too long for the wire";
    e.str1 = e.str2 = e.str3 = NULL;
    virXdrEncode(&virWireNetErrorXdr, &e, out, NULL);
}

void virNetErrorDecode(const guint8 *in, gsize len, GError **error)
{
    g_autoptr(virArena) arena = virArenaNew();
    g_autoptr(GError) why = NULL;
    virWireNetError w = { 0 };

    if (!virXdrDecode(&virWireNetErrorXdr, in, len, &w, arena, &why)) {
        virSetError(error, VIR_ERR_RPC, "the error that the peer reported cannot be decoded: %s", why->message);
        return;
    }
    virError e = { .code = w.code, .domain = w.domain, .message = w.message, .level = w.level, .str1 = w.str1,
                   .str2 = w.str2, .str3 = w.str3, .int1 = w.int1, .int2 = w.int2 };
    virErrorSetPublic(error, &e);
}
