/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain capabilities document: which devices, models and features a guest of one emulator and machine may have. The body is one table
 * of lines; a value stands when QEMU knows the type that it needs.
 */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/documents.h"
#include "drivers/qemu/firmware.h"
#include "drivers/qemu/monitor.h"
#include "model/domain-enums.h"
#include <string.h>
#include <sys/utsname.h>

typedef enum { OPEN, ENUM, VALUE, SHUT, FLAG } Kind;

/* needs: a QOM type; "!q35": not on that machine; NULL: always. */
typedef struct {
    Kind kind;
    const char *word, *needs;
} Row;

static const Row deviceRows[] = {
    { OPEN, "disk" },
    { ENUM, "diskDevice" },
    { VALUE, "disk" },
    { VALUE, "cdrom" },
    { VALUE, "floppy", "isa-fdc" },
    { VALUE, "lun" },
    { ENUM, "bus" },
    { VALUE, "ide", "!q35" },
    { VALUE, "fdc", "isa-fdc" },
    { VALUE, "scsi", "scsi-hd" },
    { VALUE, "virtio", "virtio-blk-pci" },
    { VALUE, "usb", "usb-storage" },
    { VALUE, "sata", "ich9-ahci" },
    { ENUM, "model" },
    { VALUE, "virtio" },
    { VALUE, "virtio-transitional", "virtio-blk-pci-transitional" },
    { VALUE, "virtio-non-transitional", "virtio-blk-pci-non-transitional" },
    { SHUT, "disk" },
    { OPEN, "graphics" },
    { ENUM, "type" },
    { VALUE, "sdl" },
    { VALUE, "vnc" },
    { VALUE, "spice", "spicevmc" },
    { VALUE, "egl-headless", "egl-headless" },
    { VALUE, "dbus", "dbus-display" },
    { SHUT, "graphics" },
    { OPEN, "video" },
    { ENUM, "modelType" },
    { VALUE, "vga", "VGA" },
    { VALUE, "cirrus", "cirrus-vga" },
    { VALUE, "vmvga", "vmware-svga" },
    { VALUE, "qxl", "qxl" },
    { VALUE, "virtio", "virtio-gpu-pci" },
    { VALUE, "none" },
    { VALUE, "bochs", "bochs-display" },
    { VALUE, "ramfb", "ramfb" },
    { SHUT, "video" },
    { OPEN, "hostdev" },
    { ENUM, "mode" },
    { VALUE, "subsystem" },
    { ENUM, "startupPolicy" },
    { VALUE, "default" },
    { VALUE, "mandatory" },
    { VALUE, "requisite" },
    { VALUE, "optional" },
    { ENUM, "subsysType" },
    { VALUE, "usb" },
    { VALUE, "pci" },
    { VALUE, "scsi" },
    { ENUM, "capsType" },
    { ENUM, "pciBackend" },
    { SHUT, "hostdev" },
    { OPEN, "rng" },
    { ENUM, "model" },
    { VALUE, "virtio", "virtio-rng-pci" },
    { VALUE, "virtio-transitional", "virtio-rng-pci-transitional" },
    { VALUE, "virtio-non-transitional", "virtio-rng-pci-non-transitional" },
    { ENUM, "backendModel" },
    { VALUE, "random", "rng-random" },
    { VALUE, "egd", "rng-egd" },
    { VALUE, "builtin", "rng-builtin" },
    { SHUT, "rng" },
    { OPEN, "filesystem" },
    { ENUM, "driverType" },
    { VALUE, "path", "virtio-9p-pci" },
    { VALUE, "handle", "virtio-9p-pci" },
    { VALUE, "virtiofs", "vhost-user-fs-pci" },
    { SHUT, "filesystem" },
    { OPEN, "tpm", "tpm-tis" },
    { ENUM, "model" },
    { VALUE, "tpm-tis", "tpm-tis" },
    { VALUE, "tpm-crb", "tpm-crb" },
    { ENUM, "backendModel" },
    { VALUE, "passthrough", "tpm-passthrough" },
    { SHUT, "tpm" },
    { OPEN, "redirdev", "usb-redir" },
    { ENUM, "bus" },
    { VALUE, "usb" },
    { SHUT, "redirdev" },
    { OPEN, "channel" },
    { ENUM, "type" },
    { VALUE, "pty" },
    { VALUE, "unix" },
    { VALUE, "spicevmc", "spicevmc" },
    { SHUT, "channel" },
};

static bool holds(const qemuCaps *caps, const char *machine, const char *needs)
{
    /* Display backends are modules of QEMU that have no type of their own until they are loaded. */
    static const char *const modules[] = { "egl-headless", "dbus-display", "spicevmc" };
    if (!needs)
        return true;
    if (needs[0] == '!')
        return !strstr(machine, needs + 1);
    for (guint i = 0; i < G_N_ELEMENTS(modules); i++)
        if (g_str_equal(needs, modules[i]))
            return i < 2 || qemuCapsHas(caps, "chardev-spicevmc") || qemuCapsHas(caps, "qxl");
    return qemuCapsHas(caps, needs);
}

static void formatDevices(GString *out, const qemuCaps *caps, const char *machine)
{
    bool inEnum = false, empty = true;
    for (guint i = 0; i < G_N_ELEMENTS(deviceRows); i++) {
        const Row *r = &deviceRows[i];
        if ((r->kind == ENUM || r->kind == SHUT) && inEnum) {
            g_string_append(out, empty ? "/>\n" : "      </enum>\n");
            inEnum = false;
        }
        if (r->kind == OPEN && !holds(caps, machine, r->needs)) {
            g_string_append_printf(out, "    <%s supported='no'/>\n", r->word);
            while (deviceRows[i].kind != SHUT)
                i++;
        } else if (r->kind == OPEN) {
            g_string_append_printf(out, "    <%s supported='yes'>\n", r->word);
        } else if (r->kind == ENUM) {
            g_string_append_printf(out, "      <enum name='%s'", r->word);
            inEnum = empty = true;
        } else if (r->kind == VALUE && holds(caps, machine, r->needs)) {
            g_string_append_printf(out, "%s        <value>%s</value>\n", empty ? ">\n" : "", r->word);
            empty = false;
        } else if (r->kind == SHUT) {
            g_string_append_printf(out, "    </%s>\n", r->word);
        }
    }
}

/* ---- CPU models ---- */

static const struct {
    const char *prefix, *vendor;
} cpuVendors[] = {
    { "phenom", "AMD" },       { "athlon", "AMD" },      { "Opteron", "AMD" },       { "EPYC", "AMD" },
    { "Dhyana", "Hygon" },     { "n270", "Intel" },      { "core", "Intel" },        { "Westmere", "Intel" },
    { "Snowridge", "Intel" },  { "Skylake", "Intel" },   { "SandyBridge", "Intel" }, { "Penryn", "Intel" },
    { "Nehalem", "Intel" },    { "IvyBridge", "Intel" }, { "Icelake", "Intel" },     { "Haswell", "Intel" },
    { "Cooperlake", "Intel" }, { "Conroe", "Intel" },    { "Cascadelake", "Intel" }, { "Broadwell", "Intel" },
    { "Sapphire", "Intel" },
};

static const char *cpuVendor(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(cpuVendors); i++)
        if (g_str_has_prefix(name, cpuVendors[i].prefix))
            return cpuVendors[i].vendor;
    return "unknown";
}

/* Names with a version ("EPYC-v2") are QEMU's private ones; max, host and base are modes, not models. */
static bool isModel(const char *name)
{
    static const char *const others[] = { "max", "host", "base", "KnightsMill", "Denverton" };
    const char *v = strrchr(name, '-');
    if (v && v[1] == 'v' && g_ascii_isdigit(v[2]))
        return false;
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        if (g_str_equal(name, others[i]))
            return false;
    return true;
}

static void formatCpu(GString *out, const qemuCaps *caps, bool kvm)
{
    GPtrArray *models = caps->cpus[kvm];
    g_string_append(out, "  <cpu>\n");
    g_string_append(
        out, kvm ? "    <mode name='host-passthrough' supported='yes'>\n      <enum name='hostPassthroughMigratable'>\n"
                   "        <value>on</value>\n        <value>off</value>\n      </enum>\n    </mode>\n"
                 : "    <mode name='host-passthrough' supported='no'/>\n");
    g_string_append(
        out,
        "    <mode name='maximum' supported='yes'>\n      <enum name='maximumMigratable'>\n        <value>on</value>\n"
        "        <value>off</value>\n      </enum>\n    </mode>\n    <mode name='host-model' supported='no'/>\n");
    g_string_append(out, models && models->len > 0 ? "    <mode name='custom' supported='yes'>\n"
                                                   : "    <mode name='custom' supported='no'/>\n");
    for (guint i = 0; models && i < models->len; i++) {
        const qemuCpuModel *m = models->pdata[i];
        if (isModel(m->name))
            g_string_append_printf(out, "      <model usable='%s' vendor='%s'>%s</model>\n",
                                   m->blockers[0] ? "no" : "yes", cpuVendor(m->name), m->name);
    }
    if (models && models->len > 0)
        g_string_append(out, "    </mode>\n");
    g_string_append(out, "  </cpu>\n");
}

/* ---- firmware ---- */

static void formatOs(GString *out, const qemuCaps *caps, const char *machine)
{
    qemuFirmwareOffer f = { 0 };
    qemuFirmwareList(NULL, caps->arch, machine, &f);
    g_string_append(out, "  <iothreads supported='yes'/>\n  <os supported='yes'>\n    <enum name='firmware'");
    g_string_append_printf(out, f.bios || f.efi ? ">\n%s%s    </enum>\n" : "/>\n",
                           f.bios ? "      <value>bios</value>\n" : "", f.efi ? "      <value>efi</value>\n" : "");
    g_string_append_printf(out,
                           "    <loader supported='yes'>\n"
                           "      <enum name='type'>\n        <value>rom</value>\n        <value>pflash</value>\n      "
                           "</enum>\n      <enum name='readonly'>\n"
                           "        <value>yes</value>\n        <value>no</value>\n      </enum>\n      <enum "
                           "name='secure'>\n%s        <value>no</value>\n      </enum>\n"
                           "    </loader>\n  </os>\n",
                           f.secure ? "        <value>yes</value>\n" : "");
}

static void formatFeatures(GString *out, const qemuCaps *caps)
{
    static const char *const plain[] = { "gic", "vmcoreinfo", "genid", "backingStoreInput", "backup", "sev", "sgx" };
    static const char *const needs[] = { NULL, "vmcoreinfo", "vmgenid", "", "", NULL, NULL };
    g_string_append(out, "  <features>\n");
    for (guint i = 0; i < G_N_ELEMENTS(plain); i++)
        g_string_append_printf(out, "    <%s supported='%s'/>\n", plain[i],
                               needs[i] && (!*needs[i] || qemuCapsHas(caps, needs[i])) ? "yes" : "no");
    g_string_append(out,
                    "    <hyperv supported='yes'>\n      <enum name='features'>\n        <value>spinlocks</value>\n"
                    "        <value>vendor_id</value>\n      </enum>\n    </hyperv>\n  </features>\n");
}

/* ---- the request ---- */

static bool chooseType(const qemuCaps *caps, const char *word, bool *kvm, GError **error)
{
    int type = word ? virDomainVirtTypeFromString(word) : caps->kvm ? VIR_DOMAIN_VIRT_KVM : VIR_DOMAIN_VIRT_QEMU;
    if (type < 0)
        virSetError(error, VIR_ERR_INVALID_ARG, "unknown virttype: %s", word);
    else if (type != VIR_DOMAIN_VIRT_KVM && type != VIR_DOMAIN_VIRT_QEMU)
        virSetError(error, VIR_ERR_INVALID_ARG, "the accelerator '%s' is not supported by '%s' on this host", word,
                    caps->binary);
    else if (type == VIR_DOMAIN_VIRT_KVM && !caps->kvm)
        virSetError(error, VIR_ERR_INVALID_ARG, "the accelerator 'kvm' is not supported by '%s' on this host",
                    caps->binary);
    else {
        *kvm = type == VIR_DOMAIN_VIRT_KVM;
        return true;
    }
    return false;
}

static char *chooseEmulator(const char *emulator, const char *arch, GError **error)
{
    char *binary = emulator ? g_strdup(emulator) : qemuFindEmulator(arch);
    if (!binary)
        virSetError(error, VIR_ERR_INVALID_ARG, "unable to find any emulator to serve '%s' architecture", arch);
    return binary;
}

char *qemuDomainCapabilities(const qemuDocumentContext *ctx, const char *emulator, const char *arch,
                             const char *machine, const char *virttype, GError **error)
{
    struct utsname uts;
    bool kvm = false;
    if (arch && virArchFromString(arch) < 0) {
        virSetError(error, VIR_ERR_INVALID_ARG, "unknown architecture: %s", arch);
        return NULL;
    }
    const char *host = uname(&uts) == 0 ? uts.machine : "x86_64";
    g_autofree char *binary = chooseEmulator(emulator, arch ? arch : host, error);
    g_autoptr(qemuCaps) caps = binary ? qemuCapsGet(ctx->cache, binary, error) : NULL;
    if (!caps || !chooseType(caps, virttype, &kvm, error))
        return NULL;
    const char *theirs = arch ? arch : g_str_equal(caps->arch, "i386") ? "i686" : caps->arch;
    if (!g_str_equal(qemuArchWord(theirs), caps->arch)) {
        virSetError(error, VIR_ERR_INVALID_ARG, "architecture from emulator '%s' doesn't match given architecture '%s'",
                    caps->arch, theirs);
        return NULL;
    }
    const qemuMachine *m = qemuCapsMachine(caps, machine);
    if (!m) {
        virSetError(error, VIR_ERR_INVALID_ARG, "the machine '%s' is not supported by emulator '%s'",
                    machine ? machine : "(default)", binary);
        return NULL;
    }
    GString *out = g_string_new("<domainCapabilities>\n");
    g_string_append_printf(
        out,
        "  <path>%s</path>\n  <domain>%s</domain>\n  <machine>%s</machine>\n  <arch>%s</arch>\n  <vcpu max='%u'/>\n",
        binary, kvm ? "kvm" : "qemu", m->name, theirs, m->maxCpus);
    formatOs(out, caps, m->name);
    formatCpu(out, caps, kvm);
    g_string_append(out, "  <memoryBacking supported='yes'>\n    <enum name='sourceType'>\n      <value>file</value>\n "
                         "     <value>anonymous</value>\n"
                         "      <value>memfd</value>\n    </enum>\n  </memoryBacking>\n  <devices>\n");
    formatDevices(out, caps, m->name);
    g_string_append(out, "  </devices>\n");
    formatFeatures(out, caps);
    g_string_append(out, "</domainCapabilities>\n");
    return g_string_free(out, FALSE);
}
