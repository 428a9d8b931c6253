/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain capabilities document: which devices, models and features a guest of one emulator and machine may have. Most of it is one table
 * of words; a word stands when QEMU knows the type that it needs.
 */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/cpu.h"
#include "drivers/qemu/firmware.h"
#include "model/domcaps.h"
#include <string.h>

typedef enum { PART, ENUM, VALUE } Kind;

/* needs: a QOM type (or one of several, "a|b"), or "@" and a condition below; without it a part is not supported and a value not there. only: without it there is no word
 * of the part at all. */
typedef struct {
    Kind kind;
    const char *word, *needs, *only;
} Row;

static const Row rows[] = {
    { PART, "disk" },
    { ENUM, "diskDevice" },
    { VALUE, "disk" },
    { VALUE, "cdrom" },
    { VALUE, "floppy", "@!pseries" },
    { VALUE, "lun" },
    { ENUM, "bus" },
    { VALUE, "ide", "@i440fx" },
    { VALUE, "fdc", "@!pseries" },
    { VALUE, "scsi", "scsi-hd" },
    { VALUE, "virtio", "virtio-blk-pci" },
    { VALUE, "usb", "usb-storage" },
    { VALUE, "sata", "ich9-ahci" },
    { ENUM, "model" },
    { VALUE, "virtio" },
    { VALUE, "virtio-transitional", "virtio-blk-pci-transitional" },
    { VALUE, "virtio-non-transitional", "virtio-blk-pci-non-transitional" },
    { PART, "graphics" },
    { ENUM, "type" },
    { VALUE, "sdl" },
    { VALUE, "vnc" },
    { VALUE, "spice", "spicevmc" },
    { VALUE, "egl-headless", "egl-headless" },
    { VALUE, "dbus", "dbus-display" },
    { PART, "video" },
    { ENUM, "modelType" },
    { VALUE, "vga", "VGA" },
    { VALUE, "cirrus", "cirrus-vga" },
    { VALUE, "vmvga", "vmware-svga" },
    { VALUE, "qxl", "qxl" },
    { VALUE, "virtio", "virtio-gpu-pci" },
    { VALUE, "none" },
    { VALUE, "bochs", "bochs-display" },
    { VALUE, "ramfb", "ramfb" },
    { PART, "hostdev" },
    { ENUM, "mode" },
    { VALUE, "subsystem" },
    { ENUM, "startupPolicy" },
    { VALUE, "default" },
    { VALUE, "mandatory" },
    { VALUE, "requisite" },
    { VALUE, "optional" },
    { ENUM, "subsysType" },
    { VALUE, "usb", "usb-host" },
    { VALUE, "pci" },
    { VALUE, "scsi" },
    { ENUM, "capsType" },
    { ENUM, "pciBackend" },
    { PART, "rng" },
    { ENUM, "model" },
    { VALUE, "virtio", "virtio-rng-pci" },
    { VALUE, "virtio-transitional", "virtio-rng-pci-transitional" },
    { VALUE, "virtio-non-transitional", "virtio-rng-pci-non-transitional" },
    { ENUM, "backendModel" },
    { VALUE, "random", "rng-random" },
    { VALUE, "egd", "rng-egd" },
    { VALUE, "builtin", "rng-builtin" },
    { PART, "filesystem" },
    { ENUM, "driverType" },
    { VALUE, "path", "virtio-9p-pci" },
    { VALUE, "handle", "virtio-9p-pci" },
    { VALUE, "virtiofs", "vhost-user-fs-pci" },
    { PART, "tpm", "tpm-tis|tpm-tis-device|tpm-spapr" },
    { ENUM, "model" },
    { VALUE, "tpm-tis", "tpm-tis|tpm-tis-device" },
    { VALUE, "tpm-crb", "tpm-crb" },
    { VALUE, "tpm-spapr", "tpm-spapr" },
    { VALUE, "spapr-tpm-proxy", "spapr-tpm-proxy" },
    { ENUM, "backendModel" },
    { VALUE, "passthrough", "tpm-passthrough" },
    { PART, "redirdev", "usb-redir" },
    { ENUM, "bus" },
    { VALUE, "usb" },
    { PART, "channel" },
    { ENUM, "type" },
    { VALUE, "pty" },
    { VALUE, "unix" },
    { VALUE, "spicevmc", "spicevmc" },
    { PART, "memoryBacking" },
    { ENUM, "sourceType" },
    { VALUE, "file" },
    { VALUE, "anonymous" },
    { VALUE, "memfd" },
    { PART, "iothreads" },
    { PART, "gic", "@never" },
    { PART, "vmcoreinfo", "vmcoreinfo" },
    { PART, "genid", "vmgenid" },
    { PART, "backingStoreInput" },
    { PART, "backup" },
    { PART, "s390-pv", "@never", "@s390x" },
    { PART, "sev", "@never" },
    { PART, "sgx", "@never" },
    { PART, "hyperv", NULL, "@x86" },
    { ENUM, "features" },
    { VALUE, "spinlocks" },
    { VALUE, "vendor_id" },
};

typedef struct {
    const qemuCaps *caps;
    const qemuChoice *choice;
    virDomCapsDef *def;
} Build;

static bool holds(const Build *b, const char *needs)
{
    /* Display backends are modules of QEMU that have no type of their own until they are loaded. */
    static const char *const modules[] = { "egl-headless", "dbus-display" };
    const char *machine = b->choice->machine->name;
    if (!needs || g_strv_contains((const char *const[]){ modules[0], modules[1], NULL }, needs))
        return true;
    if (g_str_equal(needs, "spicevmc"))
        return qemuCapsHas(b->caps, "chardev-spicevmc") || qemuCapsHas(b->caps, "qxl") || b->choice->arch != VIR_ARCH_NONE;
    if (g_str_equal(needs, "@i440fx"))
        return virCpuIsX86(b->choice->arch) && g_str_has_prefix(machine, "pc-") && !g_str_has_prefix(machine, "pc-q35");
    if (g_str_equal(needs, "@!pseries"))
        return !g_str_has_prefix(machine, "pseries");
    if (g_str_equal(needs, "@s390x"))
        return b->choice->arch == VIR_ARCH_S390X;
    if (g_str_equal(needs, "@x86"))
        return virCpuIsX86(b->choice->arch);
    if (needs[0] == '@')
        return false;
    g_auto(GStrv) types = g_strsplit(needs, "|", -1);
    for (int i = 0; types[i]; i++)
        if (qemuCapsHas(b->caps, types[i]))
            return true;
    return false;
}

/* ---- parts and their words ---- */

static virDomCapsPart *partOf(virDomCapsDef *def, const char *name)
{
    const struct {
        const char *name;
        virDomCapsPart **at;
    } parts[] = {
#define DEVICE(member) { #member, &def->member },
#define FEATURE(member, word) { word, &def->member },
        VIR_DOMCAPS_DEVICES(DEVICE) VIR_DOMCAPS_FEATURES(FEATURE)
    };
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        if (g_str_equal(parts[i].name, name))
            return *parts[i].at ? *parts[i].at : (*parts[i].at = g_new0(virDomCapsPart, 1));
    return g_str_equal(name, "iothreads") ? &def->iothreads : &def->memoryBacking;
}

static virDomCapsEnum *addEnum(virDomCapsPart *part, const char *name)
{
    virDomCapsEnum *e = g_new0(virDomCapsEnum, 1);
    e->name = g_strdup(name);
    virListAppend(&part->enums, e);
    return e;
}

static void addWords(virDomCapsPart *part, const char *name, const char *const *words)
{
    addEnum(part, name)->values = g_strdupv((char **)words);
}

/* An enum of rows[at] and the values that follow it. */
static void addRows(const Build *b, virDomCapsPart *part, guint at)
{
    g_autoptr(GStrvBuilder) values = g_strv_builder_new();
    virDomCapsEnum *e = addEnum(part, rows[at].word);
    for (guint i = at + 1; i < G_N_ELEMENTS(rows) && rows[i].kind == VALUE; i++)
        if (holds(b, rows[i].needs))
            g_strv_builder_add(values, rows[i].word);
    e->values = g_strv_builder_end(values);
}

static void addParts(const Build *b)
{
    virDomCapsPart *part = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Row *r = &rows[i];
        if (r->kind == PART) {
            part = holds(b, r->only) ? partOf(b->def, r->word) : NULL;
            if (part)
                part->supported = holds(b, r->needs) ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_NO;
        } else if (r->kind == ENUM && part && part->supported == VIR_TRISTATE_BOOL_YES) {
            addRows(b, part, i);
        }
    }
}

/* ---- firmware ---- */

static void addOs(const Build *b)
{
    static const char *const types[] = { "rom", "pflash", NULL }, *const readonly[] = { "yes", "no", NULL };
    qemuFirmwareOffer f = { 0 };
    qemuFirmwareList(NULL, qemuArchWord(virArchToString(b->choice->arch)), b->choice->machine->name, &f);
    const char *const firmware[] = { f.bios ? "bios" : f.efi ? "efi" : NULL, f.bios && f.efi ? "efi" : NULL, NULL };
    b->def->os.supported = b->def->loader.supported = VIR_TRISTATE_BOOL_YES;
    addWords(&b->def->os, "firmware", firmware);
    addWords(&b->def->loader, "type", types);
    addWords(&b->def->loader, "readonly", readonly);
    addWords(&b->def->loader, "secure", f.secure ? readonly : readonly + 1);
}

/* ---- CPUs ---- */

static virDomCapsMode *addMode(virDomCapsDef *def, const char *name, bool supported)
{
    virDomCapsMode *mode = g_new0(virDomCapsMode, 1);
    mode->name = g_strdup(name);
    mode->part.supported = supported ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_NO;
    virListAppend(&def->modes, mode);
    return mode;
}

static void addHostModel(const Build *b)
{
    g_autoptr(virCPUDef) cpu = qemuHostModel(b->caps, b->choice->arch, b->choice->kvm, false);
    virDomCapsMode *mode = addMode(b->def, "host-model", cpu);
    if (!cpu)
        return;
    virDomCapsModel *model = g_new0(virDomCapsModel, 1);
    *model = (virDomCapsModel){ .name = g_strdup(cpu->model), .fallback = cpu->fallback };
    virListAppend(&mode->models, model);
    mode->vendor = g_strdup(cpu->vendor);
    while (cpu->features.n > 0)
        virListAppend(&mode->features, virListTake(&cpu->features, 0));
}

/* Our name of QEMU's model; NULL: not one that documents name. */
static const char *modelName(char *const *known, const char *name)
{
    if (!known[0])
        return name; /* any */
    for (int i = 0; known[i]; i++)
        if (g_ascii_strcasecmp(known[i], name) == 0)
            return known[i];
    return NULL;
}

static void addModels(const Build *b)
{
    GPtrArray *models = b->caps->cpus[b->choice->kvm];
    g_auto(GStrv) known = virCpuModelNames(b->choice->arch, NULL);
    virDomCapsMode *mode = addMode(b->def, "custom", models && models->len > 0);
    for (guint i = 0; models && known && i < models->len; i++) {
        const qemuCpuModel *m = models->pdata[i];
        const char *name = modelName(known, m->name), *vendor = name ? virCpuModelVendor(b->choice->arch, name) : NULL;
        if (!name)
            continue;
        virDomCapsModel *model = g_new0(virDomCapsModel, 1);
        *model = (virDomCapsModel){ .name = g_strdup(name),
                                    .usable = g_strdup(!m->rated ? "unknown" : m->blockers[0] ? "no" : "yes"),
                                    .vendor = g_strdup(vendor ? vendor : "unknown"),
                                    .deprecated = m->deprecated ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_ABSENT };
        virListAppend(&mode->models, model);
    }
}

static void addCpu(const Build *b)
{
    static const char *const onOff[] = { "on", "off", NULL };
    virDomCapsMode *mode = addMode(b->def, "host-passthrough", b->choice->kvm);
    if (b->choice->kvm)
        addWords(&mode->part, "hostPassthroughMigratable", qemuHasMigratable(b->caps) ? onOff : onOff + 1);
    mode = addMode(b->def, "maximum", qemuHasMaximum(b->choice->arch));
    if (qemuHasMaximum(b->choice->arch))
        addWords(&mode->part, "maximumMigratable", onOff);
    addHostModel(b);
    addModels(b);
}

/* ---- the request ---- */

char *qemuDomainCapabilities(const qemuDocumentContext *ctx, const char *emulator, const char *arch,
                             const char *machine, const char *virttype, GError **error)
{
    qemuChoice c;
    g_autoptr(qemuCaps) caps = qemuChoose(ctx->cache, emulator, arch, machine, virttype, &c, error);
    if (!caps)
        return NULL;
    g_autoptr(virDomCapsDef) def = g_new0(virDomCapsDef, 1);
    *def = (virDomCapsDef){ .refs = 1,
                            .path = g_strdup(caps->binary),
                            .domain = g_strdup(c.kvm ? "kvm" : "qemu"),
                            .machine = g_strdup(c.machine->name),
                            .arch = c.arch,
                            .maxVcpus = c.machine->maxCpus };
    Build b = { caps, &c, def };
    addOs(&b);
    addCpu(&b);
    addParts(&b);
    return virDomCapsDefFormat(def, 0);
}
