/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual networks of the host: the module, what it finds running when the daemon starts, and what starts with it. */
#define VIR_FROM VIR_FROM_NETWORK
#define VIR_LOG_NAME "network"
#include "drivers/network/network.h"
#include "drivers/network/rules.h"
#include "base/log.h"
#include "base/util.h"
#include "host/link.h"
#include "src/api/connect.h"
#include "src/api/driver.h"
#include <unistd.h>

static virObjectSet *networks;
static bool privileged;
static virNetworkDriver table;

virNetworkFolders virNetworkDirs;

static const virObjectKind kind = {
    VIR_OBJECT_NETWORK_KIND,
    .self = VIR_FROM_NETWORK,
    .state = "network",
    .running = "is already active",
    .notRunning = "is not active",
    .staysActive = true,
    .fileless = "cannot set autostart for transient network",
    .filelessCode = VIR_ERR_OPERATION_INVALID,
    .listFunc = "networkConnectListAllNetworks",
    .xmlFunc = "networkGetXMLDesc",
    .xmlFlags = VIR_NETWORK_XML_INACTIVE,
    .inactive = VIR_NETWORK_XML_INACTIVE,
    .parse = virObjectNetworkParse,
    .accept = virNetworkDriverAccept,
    .start = virNetworkRunStart,
    .stop = virNetworkRunStop,
    .apply = virNetworkRunApply,
};

/* ---- connections ---- */

static void attach(virConnectPtr conn)
{
    if (conn->network || !networks)
        return;
    conn->network = &table;
    conn->networkPriv = networks;
}

static void detach(virConnectPtr conn)
{
    if (conn->networkPriv == networks)
        virEventBusRemoveConnection(networks->events, conn);
}

static bool openAlone(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    if (!virObjectUriFits(conn, networks, privileged, error))
        return false;
    conn->hypervisor = virObjectConnectDriver();
    attach(conn);
    return true;
}

/* ---- what runs from before ---- */

/* Its bridge was taken away: what else there was of it goes too. */
static void bury(const virNetworkDef *def)
{
    g_autoptr(virProcess) dnsmasq = virDnsmasqAdopt(def);
    virWarn("network '%s' has lost its bridge '%s' and is not active any more", def->name, def->bridge);
    virDnsmasqStop(def, &dnsmasq);
    virNetworkRulesRemove(def);
    virNetworkStatusRemove(def->name);
}

static void adopt(virNetworkDef *def, gpointer data)
{
    virObjectSet *set = data;
    g_autoptr(GError) error = NULL;
    if (virNetworkHasOwnBridge(def) && !virLinkExists(virHostLocal(), def->bridge)) {
        bury(def);
        virNetworkDefUnref(def);
        return;
    }
    g_autoptr(virObject) obj = virObjectAdopt(set, def, &error);
    if (!obj) {
        virLogError("an active network is not taken over: %s", error->message);
        return;
    }
    g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&set->writing);
    virObjectPortsLoad(obj);
    virNetworkRunRefresh(obj);
}

static bool stateReload(GError **error)
{
    g_autoptr(virRegistrySnapshot) all = networks ? virRegistryGet(networks->objects) : NULL;
    for (guint i = 0; all && i < all->n; i++) {
        virObject *obj = (virObject *)all->byName[i].obj;
        g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&networks->writing);
        if (obj->active)
            virNetworkRunRefresh(obj);
    }
    return true;
}

/* ---- the daemon's ---- */

/* Once while the host is up: what was stopped since then stays so. */
static bool isFirstStart(void)
{
    g_autofree char *mark = g_strdup_printf("%s/autostarted", virNetworkDirs.run);
    g_autoptr(GError) error = NULL;
    if (access(mark, F_OK) == 0)
        return false;
    if (!virFileMakePath(virNetworkDirs.run, 0755, &error) || !virFileWriteAtomic(mark, "", 0, 0600, &error))
        virWarn("%s", error->message);
    return true;
}

static void autostart(virObjectSet *set)
{
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    for (guint i = 0; i < all->n; i++) {
        virObject *obj = (virObject *)all->byName[i].obj;
        g_autoptr(GError) error = NULL;
        if (obj->autostart && !obj->active && virObjectStart(virObjRef(obj), &error) < 0)
            virLogError("cannot autostart network '%s': %s", obj->head.name, error->message);
    }
}

static char *stateFolder(bool isPrivileged, const char *root)
{
    if (root)
        return g_build_filename(root, "lib", "dnsmasq", NULL);
    return isPrivileged ? g_strdup(VIR_LOCALSTATEDIR "/lib/libvirt/dnsmasq")
                        : g_build_filename(g_get_user_config_dir(), "libvirt", "qemu", "lib", "dnsmasq", NULL);
}

static bool stateInit(bool isPrivileged, const char *root, GError **error)
{
    g_autofree char *dir = virObjectFolder(isPrivileged, root, false, "qemu/networks");
    virObjectSet *set = virObjectSetNew(&kind);
    table = virObjectNetworkDriver;
    table.networkGetDHCPLeases = virNetworkLeases;
    virObjectPortCalls(&table, &virNetworkPortOps);
    set->run = virObjectFolder(isPrivileged, root, true, "network");
    virNetworkDirs = (virNetworkFolders){ stateFolder(isPrivileged, root), set->run,
                                          root ? NULL : g_strdup(VIR_SYSCONFDIR "/libvirt/hooks") };
    if (!virObjectSetLoad(set, dir, error)) {
        virObjectSetFree(set);
        return false;
    }
    privileged = isPrivileged;
    networks = set;
    virNetworkStatusEach(adopt, set);
    if (isFirstStart())
        autostart(set);
    return true;
}

static const char *const schemes[] = { "network", NULL };

const virConnectDriver virDriverModule = {
    .name = "network",
    .schemes = schemes,
    .open = openAlone,
    .close = detach,
    .attach = attach,
    .detach = detach,
    .stateInit = stateInit,
    .stateReload = stateReload,
};
