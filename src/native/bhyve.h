/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* FreeBSD's bhyve: its command line and that of its loaders (bhyveload, grub-bhyve, any other), read and written; and what its guests get by themselves. */
#pragma once

#include "model/domain-conf.h"

typedef struct {
    bool ahci32;                /* this bhyve takes several drives on one AHCI controller */
    const char *tap;            /* the host's end of interfaces that name none; NULL: "tap0", "tap1" … */
    const char *deviceMap;      /* grub-bhyve: where the text of virBhyveDeviceMap will stand */
} virBhyveContext;

/* One or two commands, each on a line of its own (which a backslash continues): the loader and bhyve itself, in any order. */
virDomainDef *virBhyveParse(const char *text, const virDomainParseConfig *conf, GError **error);

/* Commands with one option a line. The loader's is "" where the firmware needs none. */
char *virBhyveFormat(const virDomainDef *def, const virBhyveContext *ctx, GError **error);
char *virBhyveFormatLoader(const virDomainDef *def, const virBhyveContext *ctx, GError **error);
/* What grub-bhyve calls the disk it starts from: "(hd0) /tmp/disk.img\n". */
char *virBhyveDeviceMap(const virDomainDef *def, GError **error);

/* For a driver's virDomainParseConfig: implied controllers, and PCI slots. */
bool virBhyvePostParse(const virDomainParseConfig *conf, virDomainDef *def, unsigned int flags, GError **error);
bool virBhyveAssignAddresses(const virDomainParseConfig *conf, virDomainDef *def, GError **error);
