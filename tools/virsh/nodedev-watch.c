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

static const WaitKind kinds[] = {
    { "lifecycle", VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE, WAIT_CALL(onLifecycle) },
    { "update", VIR_NODE_DEVICE_EVENT_ID_UPDATE, WAIT_CALL(onUpdate) },
};

bool cmdNodedevEvent(Shell *sh, Cmd *cmd)
{
    int timeout;
    bool done;
    const WaitKind *kind = eventChosen(sh, cmd, kinds, G_N_ELEMENTS(kinds), &timeout, &done);
    if (!kind)
        return done;
    g_autoptr(virNodeDevice) dev = cmdHas(cmd, "device") ? nodedevOf(sh, cmd) : NULL;
    if (cmdHas(cmd, "device") && !dev)
        return false;
    Waiter *w = waiterBegin(sh, cmd);
    int id = virConnectNodeDeviceEventRegisterAny(sh->conn, dev, kind->id, (virConnectNodeDeviceEventGenericCallback)kind->callback, w, NULL);
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
