/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An error on the wire: the payload of a reply or a stream message whose status is VIR_NET_ERROR. */
#pragma once

#include <glib.h>

void virNetErrorEncode(const GError *cause, GByteArray *out);   /* appends */
/* Always sets `error`: the peer's, or a complaint that it could not be read. */
void virNetErrorDecode(const guint8 *in, gsize len, GError **error);
