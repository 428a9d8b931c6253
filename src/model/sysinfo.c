/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <sysinfo> as a document of its own. */
#include "model/sysinfo.h"
#include "model/tables.h"

char *virSysinfoDefFormat(const virSysinfoDef *def)
{
    GString *out = g_string_new(NULL);
    virXmlFormat(&virSysinfoDefXml, "sysinfo", def, 0, out, 0);
    return g_string_free(out, FALSE);
}

void virSysinfoDefFree(virSysinfoDef *def)
{
    virXmlFree(&virSysinfoDefXml, def);
}

void virSysinfoBlockAdd(virSysinfoBlock *block, const char *name, const char *value)
{
    g_autofree char *trimmed = value ? g_strstrip(g_strdup(value)) : NULL;
    if (!trimmed || !*trimmed)
        return;
    virSysinfoEntry *entry = g_new0(virSysinfoEntry, 1);
    *entry = (virSysinfoEntry){ name ? g_strdup(name) : NULL, g_steal_pointer(&trimmed) };
    virListAppend(&block->entries, entry);
}
