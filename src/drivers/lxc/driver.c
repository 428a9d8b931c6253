/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers of Linux: definitions, kept by the engine. Starting one is not implemented, and said so. */
#define VIR_FROM VIR_FROM_LXC
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include "base/util.h"
#include "engine/hypervisor.h"
#include "host/host.h"
#include "model/caps.h"
#include "native/lxc.h"
#include "xml/engine.h"
#include "src/api/connect.h"
#include "src/api/driver.h"

#define CONTROLLER "/usr/lib/libvirt/libvirt_lxc"

static GMutex mutex;
static virEngine *service;  /* the daemon's instance */

/* ---- what such guests are ---- */

/* The host's own architecture, and the 32 bits that its kernel also runs. */
static bool runs(virArch host, virArch arch)
{
    return arch == host || (host == VIR_ARCH_X86_64 && arch == VIR_ARCH_I686);
}

static bool lookup(const virDomainParseConfig *conf, virDomainDef *def, GError **error)
{
    virArch arch = def->os.arch ? def->os.arch : conf->hostArch;
    if (def->os.type != VIR_DOMAIN_OSTYPE_EXE || def->virtType != VIR_DOMAIN_VIRT_LXC || !runs(conf->hostArch, arch)) {
        g_autofree char *named = def->os.arch ? g_strdup_printf("arch=%s ", virArchToString(arch)) : g_strdup("");
        virErrorSet(error, VIR_FROM_CAPABILITIES, VIR_ERR_INVALID_ARG, "could not find capabilities for ostype=%s %sdomaintype=%s ",
                    virDomainOSTypeToString(def->os.type), named, virDomainVirtTypeToString(def->virtType));
        return false;
    }
    def->os.arch = arch;
    if (!def->emulator)
        def->emulator = g_strdup(CONTROLLER);
    return true;
}

/* Where a namespace comes from that the container shares. */
static bool checkShare(const virDomainLxcShare *share, GError **error)
{
    if (share && !share->type)
        virErrorSet(error, VIR_FROM_LXC, VIR_ERR_INTERNAL_ERROR, "No lxc environment type specified");
    else if (share && !g_str_equal(share->type, "netns") && !g_str_equal(share->type, "name") && !g_str_equal(share->type, "pid"))
        virErrorSet(error, VIR_FROM_LXC, VIR_ERR_INTERNAL_ERROR, "Unknown LXC namespace source '%s'", share->type);
    else
        return true;
    return false;
}

static bool postParse(const virDomainParseConfig *conf, virDomainDef *def, unsigned int flags, GError **error)
{
    if (!def->os.init) {
        virErrorSet(error, VIR_FROM_DOMAIN, VIR_ERR_XML_ERROR, "init binary must be specified");
        return false;
    }
    const virDomainLxcShares *ns = def->lxcNamespace;
    if (ns && (!checkShare(ns->sharenet, error) || !checkShare(ns->shareipc, error) || !checkShare(ns->shareuts, error)))
        return false;
    if (!def->uidmap.n != !def->gidmap.n) {
        virErrorSet(error, VIR_FROM_DOMAIN, VIR_ERR_CONFIG_UNSUPPORTED, "uid and gid should be mapped both");
        return false;
    }
    return true;
}

static const virDomainParseConfig *parseConfig(virEngine *engine, GError **error)
{
    static virDomainParseConfig config = { .name = "LXC", .macPrefix = { 0x52, 0x54, 0x00 }, .secModel = "none",
                                           .features = VIR_DOMAIN_CONF_LXC_NAMESPACE, .lookup = lookup, .postParse = postParse };
    static gsize once;
    if (g_once_init_enter(&once)) {
        struct utsname host;
        uname(&host);
        int arch = virArchFromString(host.machine);
        config.hostArch = arch > 0 ? (virArch)arch : VIR_ARCH_X86_64;
        g_once_init_leave(&once, 1);
    }
    return &config;
}

static virDomainDef *fromNative(virEngine *engine, const char *format, const char *text, GError **error)
{
    if (g_str_equal(format, "lxc-tools"))
        return virLxcParse(text, parseConfig(engine, NULL), error);
    virSetError(error, VIR_ERR_INVALID_ARG, "unsupported config type %s", format);
    return NULL;
}

static bool start(virDomainObj *obj, virDomainDef *def, unsigned int flags, pid_t *pid, GError **error)
{
    virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED,
                "container '%s' cannot be started: this daemon keeps definitions of containers and does not run them", def->name);
    return false;
}

/* ---- documents ---- */

static void addGuest(virCapsDef *caps, virArch arch)
{
    virCapsGuest *guest = g_new0(virCapsGuest, 1);
    virCapsDomain *domain = g_new0(virCapsDomain, 1);
    guest->osType = g_strdup("exe");
    guest->arch = arch;
    guest->wordsize = arch == VIR_ARCH_I686 ? 32 : 64;
    guest->emulator = g_strdup(CONTROLLER);
    domain->type = g_strdup("lxc");
    virListAppend(&guest->domains, domain);
    virListAppend(&caps->guests, guest);
}

static char *capabilities(virEngine *engine, GError **error)
{
    virArch arch = parseConfig(engine, NULL)->hostArch;
    g_autoptr(virCapsDef) caps = virXmlNew(&virCapsDefXml);
    virCapsSecModel *model = g_new0(virCapsSecModel, 1);
    caps->host = g_new0(virCapsHost, 1);
    caps->host->cpu = g_new0(virCPUDef, 1);
    caps->host->cpu->arch = arch;
    virHostUuid(virHostLocal(), caps->host->uuid);
    model->model = g_strdup("none");
    model->doi = g_strdup("0");
    virListAppend(&caps->host->secmodels, model);
    addGuest(caps, arch);
    if (arch == VIR_ARCH_X86_64)
        addGuest(caps, VIR_ARCH_I686);
    return virCapsDefText(caps);
}

/* The kernel is the hypervisor. */
static int version(virEngine *engine, unsigned long *number, GError **error)
{
    struct utsname host;
    unsigned int major, minor, micro = 0;
    uname(&host);
    if (sscanf(host.release, "%u.%u.%u", &major, &minor, &micro) < 2) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unknown release: %s", host.release);
        return -1;
    }
    *number = major * 1000000UL + minor * 1000UL + micro;
    return 0;
}

static const virHypervisor hypervisor = {
    .name = "LXC",
    .from = VIR_FROM_LXC,
    .parseConfig = parseConfig,
    .start = start,
    .fromNative = fromNative,
    .capabilities = capabilities,
    .version = version,
};

/* ---- connections ---- */

static bool lxcOpen(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    const char *path = g_uri_get_path(conn->uri);
    g_mutex_lock(&mutex);
    virEngine *engine = service;
    g_mutex_unlock(&mutex);
    if (!engine) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "lxc state driver is not active: containers are the system daemon's");
        return false;
    }
    if (!g_str_equal(path, "/system")) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unexpected LXC URI path '%s', try lxc:///system", path);
        return false;
    }
    virEngineConnect(engine, conn, &virEngineDriver);
    return true;
}

static bool stateInit(bool privileged, const char *root, GError **error)
{
    if (!privileged)
        return true;
    virEngine *engine = virEngineNew(&hypervisor, virEngineDirsNew("lxc", privileged, root), NULL, error);
    if (!engine || !virEngineLoad(engine, error)) {
        virEngineFree(engine);
        return false;
    }
    g_mutex_lock(&mutex);
    service = engine;
    g_mutex_unlock(&mutex);
    return true;
}

static const char *const schemes[] = { "lxc", NULL };

const virConnectDriver virDriverModule = {
    .name = "LXC",
    .schemes = schemes,
    .atOnce = true,
    .open = lxcOpen,
    .close = virEngineDisconnect,
    .stateInit = stateInit,
};
