/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the firmware says of the machine: SMBIOS structures. */
#pragma once

#include "host/host.h"

typedef struct {
    guint8 type;
    const guint8 *data;         /* the formatted part, header and all */
    guint8 length;
    const char *strings;        /* NUL after each, an empty one at the end */
} virHostSmbios;

/* Each structure of the table to `func`. False: there is no table. */
bool virHostSmbiosForeach(const virHost *host, void (*func)(const virHostSmbios *s, gpointer data), gpointer data);
/* The string that the byte at `offset` names; NULL: none. */
const char *virHostSmbiosString(const virHostSmbios *s, guint offset);
guint virHostSmbiosNumber(const virHostSmbios *s, guint offset, guint bytes);
