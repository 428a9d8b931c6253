/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VMware Workstation, Player and Fusion: definitions as .vmx files beside their disks. */
#define VIR_FROM VIR_FROM_VMWARE
#include <string.h>
#include <unistd.h>
#include "base/util.h"
#include "engine/hypervisor.h"
#include "native/vmx.h"
#include "src/api/connect.h"
#include "src/api/driver.h"

enum { HARDWARE = 7 };          /* what every product since 2009 understands */

/* ---- what such guests are ---- */

static bool lookup(const virDomainParseConfig *conf, virDomainDef *def, GError **error)
{
    if (!def->os.arch)
        def->os.arch = VIR_ARCH_I686;
    if (def->virtType != VIR_DOMAIN_VIRT_VMWARE) {
        virErrorSet(error, VIR_FROM_CAPABILITIES, VIR_ERR_INVALID_ARG, "could not find capabilities for arch=%s domaintype=%s ", virArchToString(def->os.arch),
                    virDomainVirtTypeToString(def->virtType));
        return false;
    }
    return true;
}

static bool validate(const virDomainParseConfig *conf, const virDomainDef *def, GError **error)
{
    if (!def->os.firmware)
        return true;
    virErrorSet(error, VIR_FROM_DOMAIN, VIR_ERR_XML_DETAIL, "firmware auto selection not implemented for this driver");
    return false;
}

static const virDomainParseConfig *parseConfig(virEngine *engine, GError **error)
{
    static const virDomainParseConfig config = { .name = "VMware", .features = VIR_DOMAIN_CONF_WIDE_SCSI | VIR_DOMAIN_CONF_VMWARE_NAMESPACE, .hostArch = VIR_ARCH_X86_64,
                                                 .macPrefix = { 0x00, 0x0c, 0x29 }, .lookup = lookup, .validate = validate };
    return &config;
}

static const virVmxContext context = { .from = VIR_FROM_VMWARE, .hardware = HARDWARE };

static virDomainDef *fromNative(virEngine *engine, const char *format, const char *text, GError **error)
{
    if (!g_str_equal(format, "vmware-vmx")) {
        virSetError(error, VIR_ERR_INVALID_ARG, "Unsupported config format '%s'", format);
        return NULL;
    }
    return virVmxParse(text, &context, parseConfig(engine, NULL), error);
}

/* ---- files ---- */

/* Where the guest's own files are: beside its first hard disk. */
static char *vmxPath(const virDomainDef *def, GError **error)
{
    if (!def->disks.n) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Domain XML doesn't contain any disks, cannot deduce datastore and path for VMX file");
        return NULL;
    }
    for (unsigned int i = 0; i < def->disks.n; i++) {
        const virDomainDiskDef *d = def->disks.v[i];
        if (d->device != VIR_DOMAIN_DISK_DEVICE_DISK || d->src.type != VIR_STORAGE_FILE)
            continue;
        if (!d->src.path) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "First file-based harddisk has no source, cannot deduce datastore and path for VMX file");
            return NULL;
        }
        g_autofree char *dir = g_path_get_dirname(d->src.path), *name = virVmxEscape(def->name, "/\\%", '%');
        return g_str_equal(dir, ".") ? g_strdup_printf("%s.vmx", name) : g_strdup_printf("%s/%s.vmx", dir, name);
    }
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "Domain XML doesn't contain any file-based harddisks, cannot deduce datastore and path for VMX file");
    return NULL;
}

static bool defined(virDomainObj *obj, virDomainDef *def, GError **error)
{
    g_autofree char *text = virVmxFormat(def, &context, error), *path = text ? vmxPath(def, error) : NULL;
    return path && virFileWriteAtomic(path, text, strlen(text), 0600, error);
}

/* ---- connections ---- */

static int version(virEngine *engine, unsigned long *number, GError **error)
{
    virSetError(error, VIR_ERR_NO_SUPPORT, "virConnectGetVersion");
    return -1;
}

static const virHypervisor hypervisor = {
    .name = "VMware",
    .from = VIR_FROM_VMWARE,
    .parseConfig = parseConfig,
    .fromNative = fromNative,
    .defined = defined,
    .version = version,
};

static bool vmwareOpen(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    const char *path = g_uri_get_path(conn->uri);
    g_autofree char *vmrun = g_find_program_in_path("vmrun");
    if (!g_str_equal(path, "/session")) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "unexpected VMware URI path '%s', try vmwareplayer:///session, vmwarews:///session or vmwarefusion:///session", path);
        return false;
    }
    if (!vmrun) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "vmrun utility is missing");
        return false;
    }
    virEngine *engine = virEngineNew(&hypervisor, NULL, NULL, error);
    if (engine)
        virEngineConnect(engine, conn, &virEngineDriver);
    return engine != NULL;
}

static void vmwareClose(virConnectPtr conn)
{
    virEngine *engine = virEngineOf(conn);
    virEngineDisconnect(conn);
    virEngineFree(engine);
}

static const char *const schemes[] = { "vmwareplayer", "vmwarews", "vmwarefusion", NULL };

const virConnectDriver virDriverModule = {
    .name = "VMWARE",
    .schemes = schemes,
    .insideClient = true,
    .open = vmwareOpen,
    .close = vmwareClose,
};
