/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxenlight, opened when the daemon starts: its name carries Xen's version, and a host without Xen doesn't have it. Only what has been the
 * same in every version is used: a context, and the beginning of the version's record.
 */
#define VIR_FROM VIR_FROM_LIBXL
#include "drivers/xen/xen.h"
#include <dlfcn.h>
#include <string.h>
#include "host/host.h"
#include "model/caps.h"

typedef struct {
    int major, minor;
    char *extra, *compiler, *compileBy, *compileDomain, *compileDate, *capabilities;
} VersionInfo;                          /* the beginning of libxl_version_info */

typedef int (*ContextAlloc)(void **context, int version, unsigned int flags, void *logger);
typedef int (*ContextFree)(void *context);
typedef const VersionInfo *(*GetVersion)(void *context);
typedef void *(*NewLogger)(FILE *to, int level, unsigned int flags);

enum { LOG_CRITICAL = 9 };              /* xentoollog's greatest level */

/* The newest first. */
static const char *const libraries[] = { "libxenlight.so.4.20", "libxenlight.so.4.19", "libxenlight.so.4.18", "libxenlight.so.4.17",
                                         "libxenlight.so.4.16", "libxenlight.so.4.15", "libxenlight.so.4.14", NULL };

static bool loadLibrary(GError **error)
{
    for (int i = 0; libraries[i]; i++)
        if (dlopen(libraries[i], RTLD_NOW | RTLD_GLOBAL))
            return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "cannot load libxenlight: is Xen's toolstack installed? (%s)", dlerror());
    return false;
}

xenHost *xenHostOpen(GError **error)
{
    g_autofree char *store = g_build_filename(virHostLocal()->dev, "xen", "xenstored", NULL),
                    *bus = g_build_filename(virHostLocal()->dev, "xen", "xenbus", NULL);
    if (!g_file_test(store, G_FILE_TEST_EXISTS) && !g_file_test(bus, G_FILE_TEST_EXISTS)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "this host is no control domain of Xen: there is no '%s'", store);
        return NULL;
    }
    if (!loadLibrary(error))
        return NULL;
    ContextAlloc alloc = (ContextAlloc)dlsym(RTLD_DEFAULT, "libxl_ctx_alloc");
    ContextFree release = (ContextFree)dlsym(RTLD_DEFAULT, "libxl_ctx_free");
    GetVersion version = (GetVersion)dlsym(RTLD_DEFAULT, "libxl_get_version_info");
    NewLogger newLogger = (NewLogger)dlsym(RTLD_DEFAULT, "xtl_createlogger_stdiostream");
    void *context = NULL, *logger = newLogger ? newLogger(stderr, LOG_CRITICAL, 0) : NULL;
    if (!alloc || !release || !version || !logger || alloc(&context, 0, 0, logger) != 0) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "libxenlight cannot talk to the hypervisor: this host is no control domain of Xen");
        return NULL;
    }
    const VersionInfo *info = version(context);
    xenHost *host = NULL;
    if (info) {
        host = g_new0(xenHost, 1);
        host->major = info->major;
        host->minor = info->minor;
        host->capabilities = g_strdup(info->capabilities ? info->capabilities : "");
    } else {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "libxenlight does not tell Xen's version");
    }
    release(context);
    return host;
}

void xenHostFree(xenHost *host)
{
    if (!host)
        return;
    g_free(host->capabilities);
    g_free(host);
}

/* ---- capabilities ---- */

static void addGuest(virCapsDef *caps, virArch arch, const char *type, const char *machine)
{
    bool hvm = g_str_equal(type, "hvm"), paravirt = g_str_equal(type, "xen");
    for (unsigned int i = 0; i < caps->guests.n; i++)
        if (caps->guests.v[i]->arch == arch && g_str_equal(caps->guests.v[i]->osType, type))
            return;
    virCapsGuest *guest = g_new0(virCapsGuest, 1);
    virCapsDomain *domain = g_new0(virCapsDomain, 1);
    virCapsMachine *m = g_new0(virCapsMachine, 1);
    guest->osType = g_strdup(type);
    guest->arch = arch;
    guest->wordsize = arch == VIR_ARCH_X86_64 ? 64 : 32;
    guest->emulator = g_strdup("/usr/lib/xen/bin/qemu-system-i386");
    guest->loader = hvm ? g_strdup("/usr/lib/xen/boot/hvmloader") : NULL;
    m->name = g_strdup(machine);
    virListAppend(&guest->machines, m);
    domain->type = g_strdup("xen");
    virListAppend(&guest->domains, domain);
    guest->pae = arch == VIR_ARCH_I686 && (hvm || paravirt);
    guest->nonpae = arch == VIR_ARCH_I686 && hvm;
    if (hvm) {
        guest->acpi = g_new0(virCapsToggle, 1);
        guest->apic = g_new0(virCapsToggle, 1);
        *guest->acpi = (virCapsToggle){ VIR_TRISTATE_SWITCH_ON, VIR_TRISTATE_BOOL_YES };
        *guest->apic = (virCapsToggle){ VIR_TRISTATE_SWITCH_ON, VIR_TRISTATE_BOOL_NO };
    }
    if (!paravirt) {
        guest->hap = g_new0(virCapsToggle, 1);
        *guest->hap = (virCapsToggle){ VIR_TRISTATE_SWITCH_ON, VIR_TRISTATE_BOOL_YES };
    }
    virListAppend(&caps->guests, guest);
}

/* One word for each kind of guest: KIND-VERSION-ARCH. */
char *xenCapabilities(const xenHost *host)
{
    g_autoptr(virCapsDef) caps = g_new0(virCapsDef, 1);
    g_auto(GStrv) words = g_strsplit(host->capabilities, " ", -1);
    caps->refs = 1;
    caps->host = g_new0(virCapsHost, 1);
    caps->host->cpu = g_new0(virCPUDef, 1);
    caps->host->cpu->arch = VIR_ARCH_X86_64;
    caps->host->powerKnown = caps->host->live = true;
    caps->host->iommu = VIR_TRISTATE_BOOL_NO;
    for (char **word = words; *word; word++) {
        virArch arch = g_str_has_suffix(*word, "-x86_64") ? VIR_ARCH_X86_64 : strstr(*word, "-x86_32") ? VIR_ARCH_I686 : VIR_ARCH_NONE;
        if (arch && g_str_has_prefix(*word, "xen-")) {
            addGuest(caps, arch, "xen", "xenpv");
        } else if (arch && g_str_has_prefix(*word, "hvm-")) {
            addGuest(caps, arch, "hvm", "xenfv");
            addGuest(caps, arch, "xenpvh", "xenpvh");
        }
    }
    return virCapsDefText(caps);
}
