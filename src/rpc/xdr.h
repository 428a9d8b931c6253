/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Provisional: the interface of the interpreting codec, until it lands. */
#pragma once

#include <glib.h>
#include "base/util.h"

typedef struct _virXdrType virXdrType;
bool virXdrEncode(const virXdrType *type, const void *data, GByteArray *out, GError **error);
bool virXdrDecode(const virXdrType *type, const guint8 *in, gsize len, void *data, virArena *arena, GError **error);
gsize virXdrSize(const virXdrType *type);
