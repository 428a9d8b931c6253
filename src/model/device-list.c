/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of a definition as lists by their kinds, and as what goes by an alias: see device-list.h. */
#define VIR_FROM VIR_FROM_DOMAIN
#include "model/device-list.h"
#include "model/device-change.h"
#include <string.h>
#include "model/passes.h"
#include "model/tables.h"

virDeviceInfo *virDeviceInfoIn(const virDomainDeviceKind *kind, void *device)
{
    return kind->info ? (virDeviceInfo *)(void *)((char *)device + kind->info - 1) : NULL;
}

void virDeviceChangedClear(virDeviceChanged *changed)
{
    g_clear_pointer(&changed->alias, g_free);
}

const virDomainDeviceKind *virDeviceKindOf(const char *name)
{
    const virDomainDeviceKind *kind = virDomainDeviceKinds;
    while (strcmp(kind->name, name) != 0)
        kind++;
    return kind;
}

virXmlList *virDeviceListIn(const virDomainDeviceKind *kind, virDomainDef *def, virXmlList *one)
{
    void *member = (char *)def + kind->offset;
    if (!kind->single)
        return member;
    *one = (virXmlList){ .v = member, .n = *(void **)member != NULL };
    return one;
}

void virDevicePut(const virDomainDeviceKind *kind, virDomainDef *def, unsigned int at, void *device)
{
    void *member = (char *)def + kind->offset;
    if (kind->single) {
        virXmlFree(kind->type, *(void **)member);
        *(void **)member = device;
    } else {
        virXmlListInsert(member, at, device);
    }
}

/* Remove and hand out. */
void *virDeviceTake(const virDomainDeviceKind *kind, virDomainDef *def, unsigned int at)
{
    void *member = (char *)def + kind->offset;
    return kind->single ? g_steal_pointer((void **)member) : virXmlListTake(member, at);
}

/* The console that only mirrors the first serial port goes with it. */
static void detachMirror(virDomainDef *def, const virDomainChrDef *serial, bool first)
{
    if (!first || !def->consoles.n || def->consoles.v[0]->consoleTarget != VIR_DOMAIN_CHR_CONSOLE_TARGET_SERIAL)
        return;
    virXmlFree(&virDomainConsoleXml, virListTake(&def->consoles, 0));
}

void virDeviceRemove(const virDomainDeviceKind *kind, virDomainDef *def, unsigned int at)
{
    void *device = virDeviceTake(kind, def, at);
    if (strcmp(kind->name, "memory") == 0) {
        unsigned long long size = ((virDomainMemoryDef *)device)->size;
        def->memory -= MIN(size, def->memory);
        def->currentMemory = def->currentMemory > size ? MIN(def->currentMemory - size, def->memory) : def->memory;
    }
    if (strcmp(kind->name, "serial") == 0)
        detachMirror(def, device, at == 0);
    virXmlFree(kind->type, device);
}

typedef struct {
    const char *alias, *kind;
    void *device;
} AliasWalk;

static bool hasAlias(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    AliasWalk *walk = data;
    if (g_strcmp0(info->alias, walk->alias) != 0)
        return true;
    walk->kind = kind;
    walk->device = device;
    return false;
}

/* The kind and the place of the device with that alias; NULL: there is none. */
const virDomainDeviceKind *virDeviceFindAlias(virDomainDef *def, const char *alias, unsigned int *at, virXmlList *one)
{
    AliasWalk walk = { .alias = alias };
    if (virDomainDefForeachInfo(def, hasAlias, &walk))
        return NULL;
    const virDomainDeviceKind *kind = virDeviceKindOf(walk.kind);
    virXmlList *list = virDeviceListIn(kind, def, one);
    for (*at = 0; list->v[*at] != walk.device; (*at)++)
        continue;
    return kind;
}

bool virDomainDefForgetAlias(virDomainDef *def, const char *alias)
{
    unsigned int at;
    virXmlList one;
    const virDomainDeviceKind *kind = virDeviceFindAlias(def, alias, &at, &one);
    if (kind)
        virDeviceRemove(kind, def, at);
    return kind != NULL;
}

static bool knowsAlias(const virDomainDef *def, const char *alias)
{
    unsigned int at;
    virXmlList one;
    return virDeviceFindAlias((virDomainDef *)def, alias, &at, &one) != NULL;
}

void virDomainDefGraft(virDomainDef *def, const virDomainDef *changed, const virDomainDef *base)
{
    for (const virDomainDeviceKind *kind = virDomainDeviceKinds; kind->name; kind++) {
        virXmlList one, two, *from = virDeviceListIn(kind, (virDomainDef *)changed, &one);
        for (unsigned int i = 0; kind->info && i < from->n; i++) {
            const virDeviceInfo *info = virDeviceInfoIn(kind, from->v[i]);
            if (info->alias && !knowsAlias(base, info->alias) && !knowsAlias(def, info->alias))
                virDevicePut(kind, def, MIN(i, virDeviceListIn(kind, def, &two)->n), virXmlCopy(kind->type, from->v[i]));
        }
    }
    def->memory += changed->memory - base->memory;
    def->currentMemory += changed->currentMemory - base->currentMemory;
}

bool virDomainDefReplaceAlias(virDomainDef *def, const char *alias, const void *device)
{
    unsigned int at;
    virXmlList one;
    const virDomainDeviceKind *kind = virDeviceFindAlias(def, alias, &at, &one);
    if (!kind)
        return false;
    void *copy = virXmlCopy(kind->type, device);
    virXmlFree(kind->type, virDeviceTake(kind, def, at));
    virDevicePut(kind, def, at, copy);
    return true;
}

virDeviceInfo *virDomainDeviceInfoOf(const char *kind, void *device)
{
    return virDeviceInfoIn(virDeviceKindOf(kind), device);
}
