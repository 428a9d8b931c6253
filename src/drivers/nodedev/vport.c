/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual host adapters: ports that a Fibre Channel host adapter with NPIV opens beside its own. */
#define VIR_FROM VIR_FROM_NODEDEV
#include "drivers/nodedev/nodedev.h"
#include "host/attr.h"
#include "host/host.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { APPEAR_MS = 60 * 1000, WRITE_MS = 30 * 1000 };

/* ---- which adapter it hangs on ---- */

static bool isAdapter(const virNodeEntry *entry)
{
    return entry->live && entry->type == VIR_NODE_CAP_SCSI_HOST && entry->live->caps.v[0]->vportOps;
}

static bool fits(const virNodeEntry *entry, const virNodeDeviceDef *def)
{
    const virNodeCap *cap = entry->live->caps.v[0];
    if (def->parentWwnn)
        return g_strcmp0(cap->wwnn, def->parentWwnn) == 0 && g_strcmp0(cap->wwpn, def->parentWwpn) == 0;
    if (def->parentFabricWwn)
        return g_strcmp0(cap->fabricWwn, def->parentFabricWwn) == 0;
    return cap->vports < cap->maxVports;        /* any that has room */
}

static virNodeEntry *adapterFor(const virNodeDeviceDef *def, GError **error)
{
    g_autoptr(virNodeList) list = virNodeStoreGet(virNodeDevices);
    if (def->parent) {
        g_autoptr(virNodeEntry) parent = virNodeListFind(list, def->parent);
        if (parent && isAdapter(parent))
            return g_steal_pointer(&parent);
        virSetError(error, VIR_ERR_INTERNAL_ERROR, parent ? "Parent device %s is not capable of vport operations" :
                    "Could not find parent device for '%s'", parent ? def->parent : def->name);
        return NULL;
    }
    for (guint i = 0; i < list->n; i++)
        if (isAdapter(list->v[i]) && fits(list->v[i], def))
            return virNodeEntryRef(list->v[i]);
    virSetError(error, VIR_ERR_NO_NODE_DEVICE, "no host adapter for the virtual adapter '%s': none with these names is capable of vport "
                "operations", def->name);
    return NULL;
}

/* ---- the kernel's files ---- */

static bool writePort(const virNodeEntry *adapter, const char *operation, const virNodeCap *cap, GError **error)
{
    static const char *const classes[] = { "fc_host", "scsi_host" };
    g_autofree char *host = g_path_get_basename(adapter->path), *text = g_strconcat(cap->wwpn, ":", cap->wwnn, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
        g_autofree char *path = g_strdup_printf("%s/%s/%s/%s", adapter->path, classes[i], host, operation);
        if (access(path, F_OK) < 0)
            continue;
        int code = virAttrWrite(path, text, WRITE_MS);
        if (code)
            virSetSystemError(error, code, "Write of '%s' to '%s' during vport create/delete failed", text, path);
        return code == 0;
    }
    virSetError(error, VIR_ERR_OPERATION_FAILED, "host adapter '%s' has no '%s' any more", adapter->name, operation);
    return false;
}

/* A name of the kind that adapters make: 5, an organisation's number, and what must differ. */
static char *newName(void)
{
    return g_strdup_printf("5001a4a%04x%05x", g_random_int() & 0xffff, g_random_int() & 0xfffff);
}

/* ---- calls ---- */

typedef struct { const char *wwnn, *wwpn; char *name; } Named;

/* The adapter of those names in `list`; its own name is the answer. */
static bool byNames(virNodeList *list, gpointer data)
{
    Named *want = data;
    for (guint i = 0; i < list->n; i++) {
        const virNodeCap *cap = list->v[i]->live ? list->v[i]->live->caps.v[0] : NULL;
        if (!cap || !cap->fcHost || g_strcmp0(cap->wwnn, want->wwnn) || g_strcmp0(cap->wwpn, want->wwpn))
            continue;
        want->name = g_strdup(list->v[i]->name);
        return true;
    }
    return false;
}

virNodeDevicePtr virNodeVportCreateXML(virConnectPtr conn, const virNodeDeviceDef *def, GError **error)
{
    g_autoptr(virNodeDeviceDef) made = virNodeDeviceDefCopy(def);
    virNodeCap *cap = made->caps.v[0];
    if (!cap->fcHost) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Device is not a fibre channel HBA");
        return NULL;
    }
    g_autoptr(virNodeEntry) adapter = adapterFor(def, error);
    if (!adapter)
        return NULL;
    if (!cap->wwnn)
        cap->wwnn = newName();
    if (!cap->wwpn)
        cap->wwpn = newName();
    if (!writePort(adapter, "vport_create", cap, error))
        return NULL;
    Named named = { cap->wwnn, cap->wwpn, NULL };
    if (virNodeStoreWait(virNodeDevices, byNames, &named, APPEAR_MS)) {
        g_autofree char *name = named.name;
        return virNodeDeviceNew(conn, name);
    }
    g_autoptr(GError) ignored = NULL;
    writePort(adapter, "vport_delete", cap, &ignored);
    virSetError(error, VIR_ERR_NO_NODE_DEVICE, "no node device for '%s' with wwnn '%s' and wwpn '%s' has appeared", def->name,
                cap->wwnn, cap->wwpn);
    return NULL;
}

int virNodeVportDestroy(virNodeEntry *entry, GError **error)
{
    const virNodeCap *cap = virNodeEntryDef(entry)->caps.v[0];
    if (!cap->fcHost || !cap->wwnn || !cap->wwpn) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Device is not a fibre channel HBA");
        return -1;
    }
    g_autoptr(virNodeList) list = virNodeStoreGet(virNodeDevices);
    g_autoptr(virNodeEntry) adapter = virNodeListFind(list, entry->parent);
    if (!adapter || !isAdapter(adapter)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Parent device %s is not capable of vport operations", entry->parent);
        return -1;
    }
    if (!writePort(adapter, "vport_delete", cap, error))
        return -1;
    virNodeAwait(entry->name, false, APPEAR_MS);
    return 0;
}
