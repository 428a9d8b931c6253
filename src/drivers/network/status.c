/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What runs, as files of the host's uptime, from which a daemon that starts learns of it. */
#define VIR_FROM VIR_FROM_NETWORK
#define VIR_LOG_NAME "network.status"
#include "drivers/network/network.h"
#include "base/log.h"
#include "base/util.h"
#include "engine/object-file.h"
#include "host/bandwidth.h"
#include "model/network-status.h"

/* The classes of the tree: 0 to 2 are the bridge's own, the others its ports'. */
static char *classesOf(const virObject *obj, unsigned long long *floor)
{
    g_autofree bool *used = g_new0(bool, VIR_NETWORK_MAX_CLASS + 2);
    GString *s = g_string_new(NULL);
    for (unsigned int i = 0; i < VIR_BANDWIDTH_FIRST_CLASS; i++)
        used[i] = true;
    for (guint i = 0; obj->parts && i < obj->parts->len; i++) {
        const virNetworkPortDef *port = obj->parts->pdata[i];
        unsigned long long guaranteed = port->bandwidth.in ? port->bandwidth.in->floor : 0;
        if (guaranteed && port->classId && port->classId <= VIR_NETWORK_MAX_CLASS)
            used[port->classId] = true;
        *floor += port->classId ? guaranteed : 0;
    }
    for (unsigned int i = 0, end; i <= VIR_NETWORK_MAX_CLASS; i = end + 1) {
        for (end = i; used[end]; end++)
            continue;
        if (end > i)
            g_string_append_printf(s, end > i + 1 ? "%s%u-%u" : "%s%u", s->len ? "," : "", i, end - 1);
    }
    return g_string_free(s, FALSE);
}

bool virNetworkStatusSave(const virObject *obj, const virNetworkDef *def, GError **error)
{
    virNetworkStatus status = { .def = (virNetworkDef *)def };
    g_autofree char *classes = classesOf(obj, &status.floor);
    status.classes = classes;
    g_autofree char *path = virDefinitionPath(virNetworkDirs.run, "", def->name), *xml = virNetworkStatusFormat(&status);
    return virFileMakePath(virNetworkDirs.run, 0755, error) && virFileWriteAtomic(path, xml, -1, 0600, error);
}

void virNetworkStatusRemove(const char *name)
{
    g_autoptr(GError) error = NULL;
    if (!virDefinitionRemove(virNetworkDirs.run, "", name, &error))
        virWarn("%s", error->message);
}

void virNetworkForgetPorts(virNetworkDef *def)
{
    def->connections = 0;
    for (unsigned int i = 0; i < def->forwardIfs.n; i++)
        def->forwardIfs.v[i]->connections = 0;
    for (unsigned int i = 0; i < def->forwardPcis.n; i++)
        def->forwardPcis.v[i]->connections = 0;
}

typedef struct {
    void (*func)(virNetworkDef *def, gpointer data);
    gpointer data;
} Each;

static void loadOne(const char *path, const char *name, gpointer data)
{
    const Each *each = data;
    g_autofree char *xml = NULL;
    g_autoptr(GError) error = NULL;
    virNetworkDef *def = virFileRead(path, 16 << 20, &xml, NULL, &error) ? virNetworkStatusParse(xml, path, &error) : NULL;
    if (!def) {
        virLogError("ignoring '%s': %s", path, error->message);
        return;
    }
    virNetworkForgetPorts(def);         /* counted again when the ports are read */
    each->func(def, each->data);
}

void virNetworkStatusEach(void (*func)(virNetworkDef *def, gpointer data), gpointer data)
{
    Each each = { func, data };
    virDefinitionEach(virNetworkDirs.run, loadOne, &each);
}
