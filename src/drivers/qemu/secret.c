/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of secrets, by the engine's way to the secret driver. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/qemu.h"
#include "engine/object.h"

GBytes *qemuSecretValue(const virStorageSecret *ref, int usage, GError **error)
{
    return virObjectSecretValue(ref, usage, error);
}
