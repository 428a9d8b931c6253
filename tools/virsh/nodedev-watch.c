/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands about the host's devices: their events, and changes of a mediated device. */
#include "nodedev.h"
#include "output.h"
#include "wait.h"
#include <string.h>

/* ---- nodedev-event ---- */

static void onLifecycle(virConnectPtr conn, virNodeDevicePtr dev, int event, int detail, void *data)
{
    static const char *const words[] = { "Created", "Deleted", "Defined", "Undefined" };
    waiterReport(data, "event 'lifecycle' for node device %s: %s", virNodeDeviceGetName(dev),
                 event >= 0 && event < (int)G_N_ELEMENTS(words) ? words[event] : "unknown");
}

static void onUpdate(virConnectPtr conn, virNodeDevicePtr dev, void *data)
{
    waiterReport(data, "event 'update' for node device %s", virNodeDeviceGetName(dev));
}

static const struct {
    const char *name;
    int id;
    virConnectNodeDeviceEventGenericCallback callback;
} kinds[] = {
    { "lifecycle", VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE, VIR_NODE_DEVICE_EVENT_CALLBACK(onLifecycle) },
    { "update", VIR_NODE_DEVICE_EVENT_ID_UPDATE, VIR_NODE_DEVICE_EVENT_CALLBACK(onUpdate) },
};

static int kindOf(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return i;
    return -1;
}

bool cmdNodedevEvent(Shell *sh, Cmd *cmd)
{
    const char *event = cmdString(cmd, "event");
    int timeout = 0, kind = event ? kindOf(event) : -1;
    for (gsize i = 0; cmdHas(cmd, "list") && i < G_N_ELEMENTS(kinds); i++)
        printf("%s\n", kinds[i].name);
    if (cmdHas(cmd, "list"))
        return true;
    if (cmdInt(sh, cmd, "timeout", &timeout) < 0)
        return false;
    if (kind < 0) {
        shellError(sh, event ? "unknown event type %s" : "%s", event ? event : "either --list or --event <type> is required");
        return false;
    }
    g_autoptr(virNodeDevice) dev = cmdHas(cmd, "device") ? nodedevOf(sh, cmd) : NULL;
    if (cmdHas(cmd, "device") && !dev)
        return false;
    Waiter *w = waiterBegin(sh, cmd);
    int id = virConnectNodeDeviceEventRegisterAny(sh->conn, dev, kinds[kind].id, kinds[kind].callback, w, NULL);
    if (id < 0)
        return false;
    bool any = waiterWait(w, timeout);
    virConnectNodeDeviceEventDeregisterAny(sh->conn, id);
    return any;
}

/* ---- nodedev-update ---- */

bool cmdNodedevUpdate(Shell *sh, Cmd *cmd)
{
    bool live = cmdHas(cmd, "live"), config = cmdHas(cmd, "config");
    if (!cmdExclusive(sh, cmd, "current", "live") || !cmdExclusive(sh, cmd, "current", "config"))
        return false;
    g_autoptr(virNodeDevice) dev = nodedevOf(sh, cmd);
    g_autofree char *xml = dev ? readInput(sh, cmdString(cmd, "file")) : NULL;
    if (!xml)
        return false;
    unsigned int flags = (live ? VIR_NODE_DEVICE_UPDATE_AFFECT_LIVE : 0) | (config ? VIR_NODE_DEVICE_UPDATE_AFFECT_CONFIG : 0);
    const char *name = virNodeDeviceGetName(dev);
    if (virNodeDeviceUpdate(dev, xml, flags) < 0) {
        shellError(sh, "Failed to update node device %s from '%s'", name, cmdString(cmd, "file"));
        return false;
    }
    const char *what = live && config ? "persistent config and live state" : config ? "persistent config" :
        live || virNodeDeviceIsActive(dev) > 0 ? "live state" : "persistent config";
    printExtra(sh, "Updated node device %s %s\n", name, what);
    return true;
}
