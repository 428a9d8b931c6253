/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adding, changing and removing one device of a definition that nobody else sees yet. */
#pragma once

#include "model/domain-conf.h"

typedef enum { VIR_DEVICE_ATTACH, VIR_DEVICE_UPDATE, VIR_DEVICE_DETACH } virDeviceChange;

/* What became of a change to a running guest's definition. */
typedef struct {
    const char *kind;           /* "disk" */
    void *device;               /* in the definition; NULL: detached */
    char *alias;                /* of the one that was updated or detached; NULL: it had none */
} virDeviceChanged;
void virDeviceChangedClear(virDeviceChanged *changed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virDeviceChanged, virDeviceChangedClear)

/*
 * Do to `def` what the device document says. `from` is the driver's virErrorDomain. After a failure `def` is to be thrown away. With
 * `live` (zeroed) `def` is a running guest's: what may be done with which kinds is another matter, and an updated device keeps its alias
 * and address.
 */
bool virDomainDefChangeDevice(virDomainDef *def, virDeviceChange what, const char *xml, const virDomainParseConfig *conf, int from,
                              virDeviceChanged *live, GError **error);
/* The device of a definition that goes by this alias: its kind's name and itself. */
bool virDomainDefDetachAlias(virDomainDef *def, const char *alias, int from, virDeviceChanged *live, GError **error);
/* Remove the device, without a word about whether that is allowed. False: there is none. */
bool virDomainDefForgetAlias(virDomainDef *def, const char *alias);
/* `def` gets what `changed` has and `base` has not: devices by their aliases, and the memory that modules brought. */
void virDomainDefGraft(virDomainDef *def, const virDomainDef *changed, const virDomainDef *base);
/* The device with that alias becomes a copy of `device`. */
bool virDomainDefReplaceAlias(virDomainDef *def, const char *alias, const void *device);
/* The device's own record of alias and address; NULL: its kind has none. */
virDeviceInfo *virDomainDeviceInfoOf(const char *kind, void *device);
