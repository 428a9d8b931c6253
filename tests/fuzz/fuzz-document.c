/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text as each of the smaller documents: nothing crashes, and what is accepted is written and read again. FUZZ_KIND names one kind. */
#include <stdint.h>
#include <string.h>
#include "model/backup.h"
#include "model/checkpoint.h"
#include "model/interface.h"
#include "model/nodedev.h"
#include "model/snapshot.h"
#include "model/storage-vol.h"

#define KIND(T, flags) \
    if (!only || strcmp(only, #T) == 0) { \
        g_autoptr(T) def = T##Parse(text, NULL, flags, NULL); \
        if (def) { \
            g_autofree char *once = T##Format(def, 0); \
            g_autoptr(T) again = T##Parse(once, NULL, flags, NULL); \
            g_autofree char *twice = again ? T##Format(again, 0) : NULL; \
            if (twice && strlen(twice) == 0) \
                abort(); \
        } \
    }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *only;
    static gboolean asked;
    if (!asked) {
        only = g_getenv("FUZZ_KIND");
        asked = TRUE;
    }
    g_autofree char *text = g_strndup((const char *)data, size);
    KIND(virStoragePoolDef, VIR_STORAGE_POOL_NAMESPACES | VIR_DOCUMENT_VALIDATE)
    KIND(virStoragePoolDef, VIR_STORAGE_POOL_NAMESPACES)
    KIND(virStorageVolDef, 0)
    KIND(virInterfaceDef, VIR_DOCUMENT_VALIDATE)
    KIND(virInterfaceDef, 0)
    KIND(virNodeDeviceDef, 0)
    KIND(virDomainSnapshotDef, VIR_MOMENT_REDEFINE)
    KIND(virDomainSnapshotDef, VIR_DOCUMENT_VALIDATE)
    KIND(virDomainCheckpointDef, VIR_MOMENT_REDEFINE | VIR_DOCUMENT_VALIDATE)
    KIND(virDomainBackupDef, VIR_DOCUMENT_VALIDATE)
    return 0;
}
