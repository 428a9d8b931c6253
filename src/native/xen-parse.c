/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a Xen configuration to a definition: the machine, as both dialects spell it. Devices are in xen-device.c. */
#define VIR_FROM VIR_FROM_XEN
#include "native/xen.h"
#include "base/error.h"
#include "base/util.h"
#include <string.h>

enum { STANDARD_MEMORY = 128 };          /* MiB */

#define STRING(r, name, value) virXenString((r)->config, name, value, (r)->error)
#define NUMBER(r, name, standard, value) virXenNumber((r)->config, name, standard, value, (r)->error)
#define FLAG(r, name, standard, value) virXenFlag((r)->config, name, standard, value, (r)->error)

static bool readIdentity(virXenReader *r)
{
    const char *name, *uuid;
    if (!STRING(r, "name", &name))
        return false;
    if (!name)
        return virXenBad(r->error, VIR_ERR_INTERNAL_ERROR, "config value name was missing");
    if (!STRING(r, "uuid", &uuid))
        return false;
    if (uuid && !virUUIDParse(uuid, r->def->uuid))
        return virXenBad(r->error, VIR_ERR_CONF_SYNTAX, "configuration file syntax error: %s not parseable", uuid);
    if (!uuid)
        virUUIDGenerate(r->def->uuid);
    r->def->hasUuid = true;
    r->def->name = g_strdup(name);
    return true;
}

/* "builder" is the older name of "type". */
static bool readKind(virXenReader *r)
{
    const char *type, *builder;
    bool pvh;
    virDomainOSDef *os = &r->def->os;
    if (!STRING(r, "type", &type) || !STRING(r, "builder", &builder) || !FLAG(r, "pvh", false, &pvh))
        return false;
    os->arch = VIR_ARCH_X86_64;
    os->type = VIR_DOMAIN_OSTYPE_XEN;
    if (type && g_str_equal(type, "hvm"))
        os->type = VIR_DOMAIN_OSTYPE_HVM;
    else if (type && g_str_equal(type, "pvh"))
        os->type = VIR_DOMAIN_OSTYPE_XENPVH;
    else if (type && !g_str_equal(type, "pv"))
        return virXenBad(r->error, VIR_ERR_CONFIG_UNSUPPORTED, "type %s is not supported", type);
    else if (!type && g_strcmp0(builder, "hvm") == 0)
        os->type = VIR_DOMAIN_OSTYPE_HVM;
    else if (!type && pvh)
        os->type = VIR_DOMAIN_OSTYPE_XENPVH;
    r->hvm = os->type == VIR_DOMAIN_OSTYPE_HVM;
    os->machine = g_strdup(r->hvm ? "xenfv" : os->type == VIR_DOMAIN_OSTYPE_XENPVH ? "xenpvh" : "xenpv");
    r->def->virtType = VIR_DOMAIN_VIRT_XEN;
    return true;
}

static bool readMemory(virXenReader *r)
{
    long long size, most;
    if (!NUMBER(r, "memory", STANDARD_MEMORY, &size) || !NUMBER(r, "maxmem", size, &most))
        return false;
    r->def->currentMemory = (unsigned long long)size * 1024;
    r->def->memory = (unsigned long long)most * 1024;
    return true;
}

static bool readCpus(virXenReader *r)
{
    long long n, most;
    const char *cpus;
    if (!NUMBER(r, "vcpus", 1, &n) || !NUMBER(r, "maxvcpus", n, &most) || !STRING(r, "cpus", &cpus))
        return false;
    r->def->maxVcpus = most;
    r->def->vcpus = MIN(n, most);
    r->def->vcpuPlacement = VIR_DOMAIN_CPU_PLACEMENT_STATIC;
    if (cpus && !(r->def->cpumask = virBitmapParse(cpus, 4096))) {
        virErrorSet(r->error, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, "Failed to parse bitmap '%s'", cpus);
        return false;
    }
    return true;
}

static bool readActions(virXenReader *r)
{
    struct {
        const char *name, *standard;
        virDomainOnAction *action;
    } all[] = { { "on_poweroff", "destroy", &r->def->onPoweroff }, { "on_reboot", "restart", &r->def->onReboot }, { "on_crash", "restart", &r->def->onCrash } };
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        const char *word;
        if (!STRING(r, all[i].name, &word))
            return false;
        int action = virDomainOnActionFromString(word ? word : all[i].standard);
        if (action < 0)
            return virXenBad(r->error, VIR_ERR_INTERNAL_ERROR, "unexpected value %s for %s", word, all[i].name);
        *all[i].action = action;
    }
    return true;
}

static virDomainTimerDef *addTimer(virXenReader *r, virDomainTimerName name, virTristateBool present, virDomainTimerMode mode)
{
    virDomainTimerDef *timer = g_new0(virDomainTimerDef, 1);
    timer->name = name;
    timer->present = present;
    timer->mode = mode;
    virListAppend(&r->def->clock.timers, timer);
    return timer;
}

static bool readTimers(virXenReader *r)
{
    static const struct {
        const char *word;
        virDomainTimerMode mode;
    } modes[] = { { "always_emulate", VIR_DOMAIN_TIMER_MODE_EMULATE }, { "native", VIR_DOMAIN_TIMER_MODE_NATIVE },
                  { "native_paravirt", VIR_DOMAIN_TIMER_MODE_PARAVIRT }, { NULL, VIR_DOMAIN_TIMER_MODE_AUTO } };
    const char *word;
    bool hpet;
    if (!STRING(r, "tsc_mode", &word) || !FLAG(r, "hpet", false, &hpet))
        return false;
    for (guint i = 0; word && i < G_N_ELEMENTS(modes); i++)
        if (!modes[i].word || g_str_equal(word, modes[i].word)) {
            addTimer(r, VIR_DOMAIN_TIMER_TSC, VIR_TRISTATE_BOOL_YES, modes[i].mode);
            break;
        }
    if (r->hvm && virXenGet(r->config, "hpet"))
        addTimer(r, VIR_DOMAIN_TIMER_HPET, hpet ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_NO, VIR_DOMAIN_TIMER_MODE_NONE);
    return true;
}

static bool readClock(virXenReader *r)
{
    virDomainClockDef *clock = &r->def->clock;
    long long offset;
    bool local;
    if (!FLAG(r, "localtime", false, &local))
        return false;
    if (r->hvm) {
        if (!NUMBER(r, "rtc_timeoffset", 0, &offset))
            return false;
        clock->offset = VIR_DOMAIN_CLOCK_VARIABLE;
        clock->basis = local ? VIR_DOMAIN_CLOCK_BASIS_LOCALTIME : VIR_DOMAIN_CLOCK_BASIS_UTC;
        clock->adjustment = offset;
    } else {
        clock->offset = local ? VIR_DOMAIN_CLOCK_LOCALTIME : VIR_DOMAIN_CLOCK_UTC;
        clock->adjustmentReset = true;
    }
    return true;
}

static bool readXenFeatures(virXenReader *r)
{
    virDomainXenFeatures *xen = &r->def->features.xen;
    const char *passthrough;
    bool e820;
    if (!FLAG(r, "e820_host", false, &e820) || !STRING(r, "passthrough", &passthrough))
        return false;
    if (e820 && !r->hvm)
        xen->e820Host = VIR_TRISTATE_SWITCH_ON;
    int mode = passthrough ? virDomainXenPassthroughFromString(passthrough) : -1;
    if (mode > 0 || g_strcmp0(passthrough, "enabled") == 0)
        xen->passthrough = VIR_TRISTATE_SWITCH_ON;
    if (mode > 0)
        xen->passthroughMode = mode;
    return true;
}

static bool readFeatures(virXenReader *r)
{
    virDomainFeatures *f = &r->def->features;
    bool hap = true;
    if (r->hvm && (!FLAG(r, "pae", true, &f->pae) || !FLAG(r, "acpi", true, &f->acpi) || !FLAG(r, "apic", true, &f->apic) ||
                   !FLAG(r, "hap", true, &hap) || !FLAG(r, "viridian", false, &f->viridian)))
        return false;
    if (!hap)
        f->hap = VIR_TRISTATE_SWITCH_OFF;
    return readXenFeatures(r);
}

static bool readEmulator(virXenReader *r)
{
    const char *emulator;
    if (!STRING(r, "device_model_override", &emulator))
        return false;
    r->def->emulator = g_strdup(emulator);
    return true;
}

bool virXenReadBoot(virXenReader *r)
{
    static const char letters[] = "adcn";       /* in the order of virDomainBootDev */
    const char *order;
    if (!STRING(r, "boot", &order))
        return false;
    for (const char *c = order ? order : "c"; *c; c++) {
        const char *letter = strchr(letters, *c);
        virDomainBootDef *boot = g_new0(virDomainBootDef, 1);
        boot->dev = letter ? (virDomainBootDev)(letter - letters) : VIR_DOMAIN_BOOT_HD;
        virListAppend(&r->def->os.boots, boot);
    }
    return true;
}

/* What both dialects have for guests that bring their own kernel: `root` and `extra` make up its command line. */
bool virXenReadParavirtKernel(virXenReader *r)
{
    const char *bootloader, *args, *kernel, *ramdisk, *root, *extra, *line = NULL;
    virDomainOSDef *os = &r->def->os;
    if (!STRING(r, "bootloader", &bootloader) || !STRING(r, "bootargs", &args) || !STRING(r, "kernel", &kernel) || !STRING(r, "ramdisk", &ramdisk) ||
        !STRING(r, "root", &root) || !STRING(r, "extra", &extra) || (r->dialect == VIR_XEN_XL && !STRING(r, "cmdline", &line)))
        return false;
    if (!r->hvm) {
        os->bootloader = g_strdup(bootloader);
        os->bootloaderArgs = g_strdup(args);
    }
    os->kernel = g_strdup(kernel);
    os->initrd = g_strdup(ramdisk);
    os->cmdline = line            ? g_strdup(line)
                  : root && extra ? g_strdup_printf("root=%s %s", root, extra)
                  : root          ? g_strdup_printf("root=%s", root)
                                  : g_strdup(extra);
    return true;
}

bool virXenReadCommon(virXenReader *r)
{
    return readKind(r) && readIdentity(r) && readMemory(r) && readCpus(r) && readActions(r) && readFeatures(r) && readTimers(r) && readClock(r) &&
           readEmulator(r) && virXenReadDevices(r);
}

virDomainDef *virXenParse(const char *text, virXenDialect dialect, const virDomainParseConfig *conf, GError **error)
{
    g_autoptr(GHashTable) config = virXenConfigRead(text, error);
    if (!config)
        return NULL;
    g_autoptr(virDomainDef) def = virDomainDefNew();
    virXenReader r = { .config = config, .dialect = dialect, .def = def, .error = error };
    if (!virXenReadCommon(&r) || !(dialect == VIR_XEN_XL ? virXenReadXl(&r) : virXenReadXm(&r)) || !virDomainDefPostParse(def, conf, VIR_DOMAIN_DEF_ABI_UPDATE, error))
        return NULL;
    for (unsigned int i = 0; i < def->nets.n; i++)      /* a port's identity is made when the definition is kept */
        if (def->nets.v[i]->virtualport)
            memset(def->nets.v[i]->virtualport->interfaceId, 0, sizeof(def->nets.v[i]->virtualport->interfaceId));
    return g_steal_pointer(&def);
}
