/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of documents: see schemas.h. */
#include "model/schemas.h"
#include <string.h>

#define KINDS(K) \
    K("domain", virDomainDefXml) K("domainsnapshot", virDomainSnapshotDefXml) K("domaincheckpoint", virDomainCheckpointDefXml) \
    K("domainbackup", virDomainBackupDefXml) K("domaincaps", virDomCapsDefXml) K("capability", virCapsDefXml) K("cpu", virCPUAnyXml) \
    K("network", virNetworkDefXml) K("networkport", virNetworkPortDefXml) K("nwfilter", virNWFilterDefXml) \
    K("nwfilterbinding", virNWFilterBindingDefXml) K("storagepool", virStoragePoolDefXml) K("storagevol", virStorageVolDefXml) \
    K("nodedev", virNodeDeviceDefXml) K("interface", virInterfaceDefXml) K("secret", virSecretDefXml)

#define DECLARE(name, type) extern virXmlType type;
KINDS(DECLARE)
#define ROW(name, type) { name, &type },
const virSchema virSchemas[] = { KINDS(ROW) { 0 } };

const virSchema *virSchemaByRoot(const char *element)
{
    for (const virSchema *s = virSchemas; s->name; s++)
        if (strcmp(s->type->name, element) == 0)
            return s;
    return NULL;
}
