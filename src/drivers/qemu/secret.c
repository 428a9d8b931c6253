/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of secrets, asked of the secret driver in this daemon; also those that clients may not read. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/qemu.h"
#include "src/api/connect.h"
#include "src/api/driver.h"
#include <unistd.h>

GBytes *qemuSecretValue(const virStorageSecret *ref, int usage, GError **error)
{
    g_autoptr(virConnect) conn = virConnectOpenName(geteuid() == 0 ? "secret:///system" : "secret:///session", NULL, 0, error);
    if (!conn)
        return NULL;
    conn->trusted = true;
    g_autoptr(virSecret) secret = ref->usage ? conn->secret->secretLookupByUsage(conn, usage, ref->usage, error)
                                             : conn->secret->secretLookupByUUID(conn, ref->uuid, error);
    size_t size = 0;
    unsigned char *value = secret ? conn->secret->secretGetValue(secret, &size, 0, error) : NULL;
    return value ? g_bytes_new_take(value, size) : NULL;
}
