/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logical units of a SCSI host as volumes: what the scsi and the iscsi backend share. */
#pragma once

#include "drivers/storage/storage.h"

bool virPoolUnits(virPoolTurn *turn, virStoragePoolDef *def, unsigned int host, GPtrArray *volumes, GError **error);
bool virPoolUnitLook(virPoolTurn *turn, virStorageVolDef *vol, GError **error);
