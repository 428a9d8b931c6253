/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adding, changing and removing one device of a definition that nobody else sees yet. */
#pragma once

#include "model/domain-conf.h"

typedef enum { VIR_DEVICE_ATTACH, VIR_DEVICE_UPDATE, VIR_DEVICE_DETACH } virDeviceChange;

/* Do to `def` what the device document says. `from` is the driver's virErrorDomain. After a failure `def` is to be thrown away. */
bool virDomainDefChangeDevice(virDomainDef *def, virDeviceChange what, const char *xml, const virDomainParseConfig *conf, int from,
                              GError **error);
/* The device of a definition that goes by this alias: its kind's name and itself. */
bool virDomainDefDetachAlias(virDomainDef *def, const char *alias, int from, GError **error);
