/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Post-parse: the guest as a machine. Name, UUID, memory, vCPUs, boot order, clock, actions, iothreads, NUMA,
 * sysinfo. */
#define VIR_FROM VIR_FROM_DOMAIN
#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "base/util.h"
#include "model/passes.h"
#include "model/tables.h"

static bool passIdentity(virDomainDef *def, GError **error)
{
    static const unsigned char none[16];
    if (!def->name || !*def->name) {
        virSetError(error, VIR_ERR_NO_NAME, NULL);
        return false;
    }
    if (strchr(def->name, '/')) {
        virSetError(error, VIR_ERR_XML_ERROR, "name %s cannot contain '/'", def->name);
        return false;
    }
    if (def->title && strchr(def->title, '\n')) {
        virSetError(error, VIR_ERR_XML_ERROR, "Domain title can't contain newlines");
        return false;
    }
    if (!def->hasUuid && memcmp(def->uuid, none, 16) == 0)
        virUUIDGenerate(def->uuid);
    if (def->hasGenid && memcmp(def->genid, none, 16) == 0)
        virUUIDGenerate(def->genid);
    return true;
}

static bool anyBootIndex(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    return info->bootIndex == 0;
}

/* Keys can be enrolled only where secure boot is. */
static void passFirmware(virDomainDef *def)
{
    bool enrolled = false, secure = false;
    for (unsigned int i = 0; i < def->os.firmwareFeatures.n; i++) {
        const virDomainFirmwareFeature *f = def->os.firmwareFeatures.v[i];
        enrolled |=
            f->name == VIR_DOMAIN_OS_FIRMWARE_FEATURE_ENROLLED_KEYS && f->enabled == VIR_TRISTATE_BOOL_YES;
        secure |= f->name == VIR_DOMAIN_OS_FIRMWARE_FEATURE_SECURE_BOOT;
    }
    if (!enrolled || secure)
        return;
    virDomainFirmwareFeature *f = g_new0(virDomainFirmwareFeature, 1);
    f->name = VIR_DOMAIN_OS_FIRMWARE_FEATURE_SECURE_BOOT;
    f->enabled = VIR_TRISTATE_BOOL_YES;
    virListAppend(&def->os.firmwareFeatures, f);
}

static bool passOS(virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    if (!def->os.type && def->os.bootloader)
        def->os.type = def->virtType == VIR_DOMAIN_VIRT_XEN ? VIR_DOMAIN_OSTYPE_XEN : VIR_DOMAIN_OSTYPE_HVM;
    if (!def->os.type) {
        virSetError(error, VIR_ERR_XML_ERROR, "an os <type> must be specified");
        return false;
    }
    if (conf->lookup && !conf->lookup(conf, def, error))
        return false;
    const char *machine = conf->canonicalMachine ? conf->canonicalMachine(conf, def) : NULL;
    if (machine && g_strcmp0(machine, def->os.machine) != 0) {
        g_free(def->os.machine);
        def->os.machine = g_strdup(machine);
    }
    bool perDevice = !virDomainDefForeachInfo(def, anyBootIndex, NULL);
    if (perDevice && def->os.boots.n) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED,
                    "per-device boot elements cannot be used together with os/boot elements");
        return false;
    }
    if (def->os.type == VIR_DOMAIN_OSTYPE_HVM && !perDevice && !def->os.boots.n && !def->os.bootloader) {
        virDomainBootDef *boot = g_new0(virDomainBootDef, 1);
        boot->dev = VIR_DOMAIN_BOOT_HD;
        virListAppend(&def->os.boots, boot);
    }
    if (def->os.bootmenu != VIR_TRISTATE_BOOL_YES)
        def->os.hasBootmenuTimeout = false;
    if (def->os.loader && !def->os.loaderType)
        def->os.loaderType = VIR_DOMAIN_LOADER_TYPE_ROM;
    if (!def->os.firmware && !virDomainConfHas(conf, VIR_DOMAIN_CONF_QEMU))
        while (def->os.firmwareFeatures.n)      /* they choose among firmwares, which is not asked for */
            g_free(virListTake(&def->os.firmwareFeatures, 0));
    passFirmware(def);
    return true;
}

/* <memory> is what the guest has at most without maxMemory: NUMA cells and DIMMs together. */
static bool passMemory(virDomainDef *def, unsigned int flags, GError **error)
{
    unsigned long long cells = 0, dimms = 0;
    for (unsigned int i = 0; i < def->cpu.cells.n; i++)
        cells += def->cpu.cells.v[i]->memory;
    for (unsigned int i = 0; i < def->mems.n; i++)
        dimms += def->mems.v[i]->size;
    if (cells && (flags & VIR_DOMAIN_DEF_ABI_UPDATE || !def->memory))
        def->memory = cells + dimms;
    if (!def->memory) {
        virSetError(error, VIR_ERR_XML_ERROR,
                    "Memory size must be specified via <memory> or in the <numa> configuration");
        return false;
    }
    virDomainMemTune *mem = &def->mem; /* the greatest size is how clients spell "unlimited" */
    mem->hasHardLimit &= mem->hardLimit < VIR_DOMAIN_MEMORY_PARAM_UNLIMITED;
    mem->hasSoftLimit &= mem->softLimit < VIR_DOMAIN_MEMORY_PARAM_UNLIMITED;
    mem->hasSwapHardLimit &= mem->swapHardLimit < VIR_DOMAIN_MEMORY_PARAM_UNLIMITED;
    if (!def->currentMemory || def->currentMemory > def->memory)
        def->currentMemory = def->memory;
    if ((def->maxMemory || def->memorySlots) && !(def->maxMemory && def->memorySlots)) {
        virSetError(error, VIR_ERR_XML_ERROR,
                    "both maximum memory size and memory slot count must be specified");
        return false;
    }
    if (def->maxMemory && def->maxMemory < def->memory) {
        virSetError(error, VIR_ERR_XML_ERROR,
                    "maximum memory size must be equal or greater than the actual memory size");
        return false;
    }
    return true;
}

static int compareVcpus(const void *a, const void *b)
{
    const virDomainVcpuDef *x = *(virDomainVcpuDef *const *)a, *y = *(virDomainVcpuDef *const *)b;
    return (x->id > y->id) - (x->id < y->id);
}

static bool passVcpus(virDomainDef *def, GError **error)
{
    if (!def->maxVcpus)
        def->maxVcpus = 1;
    if (!def->vcpus)
        def->vcpus = def->maxVcpus;
    if (def->vcpus > def->maxVcpus) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED,
                    "maximum vCPU count must not be less than current vCPU count (%u < %u)", def->maxVcpus, def->vcpus);
        return false;
    }
    if (!def->cpumask && def->numatune.placement == VIR_DOMAIN_CPU_PLACEMENT_AUTO)
        def->vcpuPlacement = VIR_DOMAIN_CPU_PLACEMENT_AUTO;
    else if (!def->vcpuPlacement)
        def->vcpuPlacement = VIR_DOMAIN_CPU_PLACEMENT_STATIC;
    if (def->vcpuPlacement == VIR_DOMAIN_CPU_PLACEMENT_AUTO)
        g_clear_pointer(&def->cpumask, virBitmapFree);
    if (def->vcpuList.n) {
        qsort(def->vcpuList.v, def->vcpuList.n, sizeof(void *), compareVcpus);
        unsigned int online = 0;
        for (unsigned int i = 0; i < def->vcpuList.n; i++)
            online += def->vcpuList.v[i]->enabled == VIR_TRISTATE_BOOL_YES;
        if (def->vcpuList.v[def->vcpuList.n - 1]->id >= def->maxVcpus) {
            virSetError(error, VIR_ERR_XML_ERROR,
                        "vcpu '%u' is present in the <vcpus> definition but is not within the maximum of %u",
                        def->vcpuList.v[def->vcpuList.n - 1]->id, def->maxVcpus);
            return false;
        }
        def->vcpus = MAX(online, 1);
    }
    return true;
}

static int comparePins(const void *a, const void *b)
{
    const virDomainPin *x = *(virDomainPin *const *)a, *y = *(virDomainPin *const *)b;
    return (x->id > y->id) - (x->id < y->id);
}

/* The count and the list of ids agree: the greater wins, missing ids are filled from 1. */
static bool passIothreads(virDomainDef *def, GError **error)
{
    enum { MOST = 32766 };
    if (def->niothreads > MOST) {
        virSetError(error, VIR_ERR_XML_ERROR, "invalid iothreads count '%u', at most %d are possible", def->niothreads, MOST);
        return false;
    }
    g_autoptr(virBitmap) used = virBitmapNew(MOST + 1);
    for (unsigned int i = 0; i < def->iothreads.n; i++)
        if (def->iothreads.v[i]->id <= MOST)
            virBitmapSet(used, def->iothreads.v[i]->id, true);
    if (def->niothreads < def->iothreads.n)
        def->niothreads = def->iothreads.n;
    for (unsigned int id = 1; def->iothreads.n < def->niothreads && id <= MOST; id++) {
        if (virBitmapHas(used, id))
            continue;
        virDomainIothreadDef *thread = g_new0(virDomainIothreadDef, 1);
        thread->id = id;
        thread->hasId = thread->automatic = true;
        virListAppend(&def->iothreads, thread);
    }
    if (def->cputune.iothreadpins.n)
        qsort(def->cputune.iothreadpins.v, def->cputune.iothreadpins.n, sizeof(void *), comparePins);
    if (def->cputune.vcpupins.n)
        qsort(def->cputune.vcpupins.v, def->cputune.vcpupins.n, sizeof(void *), comparePins);
    return true;
}

/* One entry for each thread below `end`, in order. What is beyond stays together: few guests have that many, and a line may name them. */
static void splitScheds(virXmlList *list, unsigned int end)
{
    enum { MOST = 4096 };
    virXmlList old = *list;
    *list = (virXmlList){ 0 };
    for (unsigned int id = 0; id < MIN(end, MOST); id++)
        for (unsigned int i = 0; i < old.n; i++) {
            const virDomainSched *from = old.v[i];
            if (!virBitmapHas(from->ids, id))
                continue;
            virBitmapSet(from->ids, id, false);
            virDomainSched *one = g_memdup2(from, sizeof(*from));
            one->ids = virBitmapNew(0);
            virBitmapSet(one->ids, id, true);
            virXmlListInsert(list, list->n, one);
        }
    for (unsigned int i = 0; i < old.n; i++) {
        virDomainSched *rest = old.v[i];
        if (virBitmapCount(rest->ids)) {
            virXmlListInsert(list, list->n, rest);
            continue;
        }
        virBitmapFree(rest->ids);
        g_free(rest);
    }
    g_free(old.v);
}

/* Cache shares of vCPUs that don't exist fall away. */
static void clipResctrl(virDomainDef *def, virXmlList *list, virXmlType *type)
{
    for (unsigned int i = list->n; i-- > 0;) {
        virDomainResctrl *r = list->v[i];
        for (int cpu = virBitmapNext(r->vcpus, def->maxVcpus - 1); cpu >= 0;
             cpu = virBitmapNext(r->vcpus, cpu))
            virBitmapSet(r->vcpus, cpu, false);
        if (virBitmapCount(r->vcpus) == 0)
            virXmlFree(type, virXmlListTake(list, i));
    }
}

static void passClock(virDomainDef *def)
{
    virDomainClockDef *clock = &def->clock;
    /* utc and localtime with seconds are the older spelling of variable */
    if (clock->hasAdjustment && clock->adjustment &&
        (clock->offset == VIR_DOMAIN_CLOCK_UTC || clock->offset == VIR_DOMAIN_CLOCK_LOCALTIME)) {
        clock->basis = clock->offset == VIR_DOMAIN_CLOCK_UTC ? VIR_DOMAIN_CLOCK_BASIS_UTC
                                                             : VIR_DOMAIN_CLOCK_BASIS_LOCALTIME;
        clock->offset = VIR_DOMAIN_CLOCK_VARIABLE;
        clock->adjustment0 = clock->adjustment;
    }
}

static void passActions(virDomainDef *def)
{
    if (!def->onPoweroff)
        def->onPoweroff = VIR_DOMAIN_ON_DESTROY;
    if (!def->onReboot)
        def->onReboot = VIR_DOMAIN_ON_RESTART;
    if (!def->onCrash)
        def->onCrash = VIR_DOMAIN_ON_DESTROY;
}

static bool passCPU(virDomainDef *def, GError **error)
{
    return !def->cpu.given || virCPUDefComplete(&def->cpu, error);
}

static int compareCells(const void *a, const void *b)
{
    const virNumaCell *x = *(virNumaCell *const *)a, *y = *(virNumaCell *const *)b;
    return (x->id > y->id) - (x->id < y->id);
}

static unsigned int *distance(virNumaCell *cell, unsigned int to, bool add)
{
    for (unsigned int i = 0; i < cell->distances.n; i++)
        if (cell->distances.v[i]->id == to)
            return &cell->distances.v[i]->value;
    if (!add)
        return NULL;
    unsigned int at = 0;
    while (at < cell->distances.n && cell->distances.v[at]->id < to)
        at++;
    virNumaDistance *d = g_new0(virNumaDistance, 1);
    d->id = to;
    virListInsert(&cell->distances, at, d);
    return &d->value;
}

/* The way back is as long as the way there, and a cell is at home. */
static void mirrorDistances(virCPUDef *cpu)
{
    enum { HOME = 10 };
    for (unsigned int i = 0; i < cpu->cells.n; i++) {
        virNumaCell *cell = cpu->cells.v[i];
        unsigned int given = cell->distances.n;
        for (unsigned int j = 0; j < given; j++) {
            unsigned int to = cell->distances.v[j]->id, value = cell->distances.v[j]->value;
            if (to >= cpu->cells.n || to == cell->id)
                continue;
            virNumaCell *other = cpu->cells.v[to];
            if (!distance(other, cell->id, false))
                *distance(other, cell->id, true) = value;
        }
    }
    for (unsigned int i = 0; i < cpu->cells.n; i++)
        if (cpu->cells.v[i]->distances.n && !distance(cpu->cells.v[i], i, false))
            *distance(cpu->cells.v[i], i, true) = HOME;
}

static bool checkCells(const virCPUDef *cpu, GError **error)
{
    for (unsigned int i = 0; i < cpu->cells.n; i++)
        for (unsigned int j = 0; j < i; j++)
            if (cpu->cells.v[i]->cpus && cpu->cells.v[j]->cpus && virBitmapOverlaps(cpu->cells.v[i]->cpus, cpu->cells.v[j]->cpus)) {
                virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "NUMA cells %u and %u have overlapping vCPU ids", i, j);
                return false;
            }
    return true;
}

/* vCPUs that no cell names belong to the first. */
static void adoptCpus(virDomainDef *def)
{
    virCPUDef *cpu = &def->cpu;
    bool any = false;
    for (unsigned int i = 0; i < cpu->cells.n; i++)
        any |= cpu->cells.v[i]->cpus != NULL;
    for (unsigned int id = 0; any && id < def->maxVcpus; id++) {
        bool named = false;
        for (unsigned int i = 0; i < cpu->cells.n && !named; i++)
            named = cpu->cells.v[i]->cpus && virBitmapHas(cpu->cells.v[i]->cpus, id);
        if (named)
            continue;
        if (!cpu->cells.v[0]->cpus)
            cpu->cells.v[0]->cpus = virBitmapNew(0);
        virBitmapSet(cpu->cells.v[0]->cpus, id, true);
    }
}

static bool passNuma(virDomainDef *def, GError **error)
{
    virCPUDef *cpu = &def->cpu;
    unsigned int n = cpu->cells.n, greatest = 0;
    g_autofree bool *seen = g_new0(bool, n + 1);
    for (unsigned int i = 0; i < n; i++) {
        virNumaCell *cell = cpu->cells.v[i];
        if (!cell->hasId)
            cell->id = i, cell->hasId = true;
        if (cell->id >= n || seen[cell->id]) {
            virSetError(error, VIR_ERR_XML_ERROR,
                        cell->id >= n ? "Exactly one 'cell' element per guest NUMA cell allowed, "
                                        "non-contiguous ranges or ranges not starting from 0 are not allowed"
                                      : "Duplicate NUMA cell info for cell id '%u'",
                        cell->id);
            return false;
        }
        seen[cell->id] = true;
        greatest = MAX(greatest, (unsigned int)(virBitmapLast(cell->cpus) + 1));
    }
    if (n)
        qsort(cpu->cells.v, n, sizeof(void *), compareCells);
    mirrorDistances(cpu);
    if (!checkCells(cpu, error))
        return false;
    if (greatest > def->maxVcpus) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "CPU IDs in <numa> exceed the <vcpu> count");
        return false;
    }
    adoptCpus(def);
    virDomainNumatune *tune = &def->numatune;
    if (!tune->hasMemory && def->vcpuPlacement == VIR_DOMAIN_CPU_PLACEMENT_AUTO) {
        tune->hasMemory = true;
        tune->mode = VIR_DOMAIN_NUMATUNE_STRICT;
        tune->placement = VIR_DOMAIN_CPU_PLACEMENT_AUTO;
    }
    if (tune->nodeset && !tune->hasMemory)
        tune->hasMemory = true, tune->mode = VIR_DOMAIN_NUMATUNE_STRICT;
    if (!tune->hasMemory && tune->placement)
        tune->hasMemory = true, tune->mode = VIR_DOMAIN_NUMATUNE_STRICT;
    if (tune->hasMemory && !tune->placement)
        tune->placement = tune->nodeset ? VIR_DOMAIN_CPU_PLACEMENT_STATIC : def->vcpuPlacement;
    if (tune->placement == VIR_DOMAIN_CPU_PLACEMENT_AUTO)
        g_clear_pointer(&tune->nodeset, virBitmapFree);
    return true;
}

/* Entries of sysinfo blocks are written in this order. */
static const char *const biosOrder[] = { "vendor", "version", "date", "release", NULL };
static const char *const systemOrder[] = { "manufacturer", "product", "version", "serial",
                                           "uuid",         "sku",     "family",  NULL };
static const char *const boardOrder[] = { "manufacturer", "product",  "version", "serial",
                                          "asset",        "location", NULL };
static const char *const chassisOrder[] = { "manufacturer", "version", "serial", "asset", "sku", NULL };

static void sortEntries(virSysinfoBlock *block, const char *const *order)
{
    unsigned int done = 0;
    for (; block && *order; order++) {
        for (unsigned int i = done; i < block->entries.n; i++) {
            if (strcmp(block->entries.v[i]->name, *order) != 0)
                continue;
            virSysinfoEntry *entry = virListTake(&block->entries, i);
            virListInsert(&block->entries, done, entry);
            done++;
            break;
        }
    }
}

static const char *entryValue(const virSysinfoBlock *block, const char *name)
{
    for (unsigned int i = 0; block && i < block->entries.n; i++)
        if (g_strcmp0(block->entries.v[i]->name, name) == 0)
            return block->entries.v[i]->value;
    return NULL;
}

static bool passCachetunes(const virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->cputune.cachetunes.n; i++) {
        const virDomainResctrl *tune = def->cputune.cachetunes.v[i];
        for (unsigned int j = 0; j < tune->caches.n; j++)
            for (unsigned int k = 0; k < j; k++) {
                const virDomainCacheAlloc *a = tune->caches.v[j], *b = tune->caches.v[k];
                if (a->level != b->level || a->id != b->id || a->type != b->type)
                    continue;
                virErrorSet(error, VIR_FROM_RESCTRL, VIR_ERR_XML_ERROR,
                            "Colliding cache allocations for cache level '%u' id '%u', type '%s'", a->level, a->id,
                            virDomainResctrlCacheToString(a->type));
                return false;
            }
    }
    return true;
}

static bool passSysinfo(virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->sysinfo.n; i++) {
        virSysinfoDef *info = def->sysinfo.v[i];
        sortEntries(info->bios, biosOrder);
        sortEntries(info->system, systemOrder);
        sortEntries(info->chassis, chassisOrder);
        for (unsigned int j = 0; j < info->baseBoards.n; j++)
            sortEntries(info->baseBoards.v[j], boardOrder);
        const char *date = entryValue(info->bios, "date"), *uuid = entryValue(info->system, "uuid");
        unsigned int month, day, year;
        if (date && (sscanf(date, "%u/%u/%u", &month, &day, &year) != 3 || month < 1 || month > 12 ||
                     day < 1 || day > 31 || (year >= 100 && (year < 1900 || year > 9999)))) {
            virSetError(error, VIR_ERR_XML_DETAIL, "Invalid BIOS 'date' format");
            return false;
        }
        unsigned char parsed[16];
        if (uuid && !virUUIDParse(uuid, parsed)) {
            virSetError(error, VIR_ERR_XML_DETAIL, "malformed <sysinfo> uuid element");
            return false;
        }
        if (uuid && memcmp(parsed, def->uuid, 16) != 0) {
            virSetError(error, VIR_ERR_XML_DETAIL, "UUID mismatch between <uuid> and <sysinfo>");
            return false;
        }
    }
    return true;
}

bool virDomainPassGeneral(virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags,
                          GError **error)
{
    if (!passIdentity(def, error) || !passOS(def, conf, error) || !passMemory(def, flags, error) ||
        !passVcpus(def, error) || !passCPU(def, error) || !passNuma(def, error) || !passSysinfo(def, error))
        return false;
    if (!passIothreads(def, error) || !passCachetunes(def, error))
        return false;
    splitScheds((virXmlList *)(void *)&def->cputune.vcpuscheds, def->maxVcpus);
    splitScheds((virXmlList *)(void *)&def->cputune.iothreadscheds, G_MAXUINT);
    clipResctrl(def, (virXmlList *)(void *)&def->cputune.cachetunes, &virDomainCachetuneXml);
    clipResctrl(def, (virXmlList *)(void *)&def->cputune.memorytunes, &virDomainMemorytuneXml);
    passClock(def);
    passActions(def);
    return true;
}
