/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Firmware: the descriptors that distributions install (QEMU's firmware.json), and the choice among them for one guest. */
#pragma once

#include "base/error.h"
#include "model/domain.h"

typedef struct {
    bool bios, efi, secure;             /* what descriptors for this machine offer; secure: needs SMM */
} qemuFirmwareOffer;

/* For domain capabilities. `folders` ended by NULL; NULL: the system's. */
void qemuFirmwareList(const char *const *folders, const char *arch, const char *machine, qemuFirmwareOffer *offer);

/* Settle loader, variables and what they need of the guest, in its private copy. `nvramDir` holds variables without a path of their own. */
bool qemuFirmwareChoose(virDomainDef *def, const char *const *folders, const char *nvramDir, GError **error);
