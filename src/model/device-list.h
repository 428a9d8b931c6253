/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of a definition by their kinds. Between the device files of the model. */
#pragma once

#include "model/tables.h"

const virDomainDeviceKind *virDeviceKindOf(const char *name);
/* The definition's own list of that kind; of a kind that has one device at most, *one made to be such a list. */
virXmlList *virDeviceListIn(const virDomainDeviceKind *kind, virDomainDef *def, virXmlList *one);
void virDevicePut(const virDomainDeviceKind *kind, virDomainDef *def, unsigned int at, void *device);
void *virDeviceTake(const virDomainDeviceKind *kind, virDomainDef *def, unsigned int at);      /* removed, and the caller's */
/* Removed with what goes with it: the console that is the first serial port, the memory that a module is. */
void virDeviceRemove(const virDomainDeviceKind *kind, virDomainDef *def, unsigned int at);
/* NULL: its kind has none. */
virDeviceInfo *virDeviceInfoIn(const virDomainDeviceKind *kind, void *device);
/* The kind and the place of the device with that alias; NULL: there is none. */
const virDomainDeviceKind *virDeviceFindAlias(virDomainDef *def, const char *alias, unsigned int *at, virXmlList *one);
