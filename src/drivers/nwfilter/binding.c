/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bindings: which filter guards which port of the host. Known by the port's name. */
#define VIR_FROM VIR_FROM_NWFILTER
#define VIR_LOG_NAME "nwfilter"
#include "drivers/nwfilter/nwfilter.h"
#include "base/log.h"
#include "base/util.h"
#include "engine/object-file.h"
#include "src/api/connect.h"
#include <string.h>

struct _virNWFilterBindings {
    GMutex lock;
    char *dir;
    GPtrArray *defs;            /* virNWFilterBindingDef, in the order of their ports */
};

virNWFilterBindings *virNWFilterBindingsNew(char *dir)
{
    virNWFilterBindings *b = g_new0(virNWFilterBindings, 1);
    g_mutex_init(&b->lock);
    b->dir = dir;
    b->defs = g_ptr_array_new_with_free_func((GDestroyNotify)virNWFilterBindingDefUnref);
    return b;
}

static virNWFilterBindings *of(virConnectPtr conn)
{
    return ((virNWFilterState *)conn->nwfilterPriv)->bindings;
}

static int byPort(gconstpointer a, gconstpointer b)
{
    return strcmp((*(virNWFilterBindingDef *const *)a)->portDev, (*(virNWFilterBindingDef *const *)b)->portDev);
}

static void add(virNWFilterBindings *b, virNWFilterBindingDef *def)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&b->lock);
    g_ptr_array_add(b->defs, virNWFilterBindingDefRef(def));
    g_ptr_array_sort(b->defs, byPort);
}

/* A reference; NULL when the port has none. */
static virNWFilterBindingDef *peek(virNWFilterBindings *b, const char *port)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&b->lock);
    for (guint i = 0; i < b->defs->len; i++)
        if (strcmp(((virNWFilterBindingDef *)b->defs->pdata[i])->portDev, port) == 0)
            return virNWFilterBindingDefRef(b->defs->pdata[i]);
    return NULL;
}

static virNWFilterBindingDef *find(virConnectPtr conn, const char *port, GError **error)
{
    virNWFilterBindingDef *def = peek(of(conn), port);
    if (!def)
        virSetError(error, VIR_ERR_NO_NWFILTER_BINDING, "no nwfilter binding for port dev '%s'", port);
    return def;
}

static void loadOne(const char *path, const char *name, gpointer data)
{
    g_autofree char *xml = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(virNWFilterBindingDef) def = virFileRead(path, 1 << 20, &xml, NULL, &error) ?
        virNWFilterBindingDefParse(xml, path, 0, &error) : NULL;
    if (def)
        add(data, def);
    else
        virLogError("ignoring '%s': %s", path, error->message);
}

bool virNWFilterBindingsLoad(virNWFilterBindings *bindings, GError **error)
{
    virDefinitionEach(bindings->dir, loadOne, bindings);
    return true;
}

GPtrArray *virNWFilterBindingFilters(virNWFilterState *state)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&state->bindings->lock);
    for (guint i = 0; i < state->bindings->defs->len; i++)
        g_ptr_array_add(names, g_strdup(((virNWFilterBindingDef *)state->bindings->defs->pdata[i])->filter.filter));
    return names;
}

/* ---- calls ---- */

static virNWFilterBindingPtr handleOf(virConnectPtr conn, const virNWFilterBindingDef *def)
{
    return virNWFilterBindingNew(conn, def->portDev, def->filter.filter);
}

static int connectListAllNWFilterBindings(virConnectPtr conn, virNWFilterBindingPtr **list, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "nwfilterConnectListAllNWFilterBindings", error))
        return -1;
    virNWFilterBindings *b = of(conn);
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&b->lock);
    if (list)
        *list = g_new0(virNWFilterBindingPtr, b->defs->len + 1);
    for (guint i = 0; list && i < b->defs->len; i++)
        (*list)[i] = handleOf(conn, b->defs->pdata[i]);
    return b->defs->len;
}

static virNWFilterBindingPtr nwfilterBindingLookupByPortDev(virConnectPtr conn, const char *port, GError **error)
{
    g_autoptr(virNWFilterBindingDef) def = find(conn, port, error);
    return def ? handleOf(conn, def) : NULL;
}

static char *nwfilterBindingGetXMLDesc(virNWFilterBindingPtr binding, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "nwfilterBindingGetXMLDesc", error))
        return NULL;
    g_autoptr(virNWFilterBindingDef) def = find(binding->conn, binding->portdev, error);
    return def ? virNWFilterBindingDefFormat(def, 0) : NULL;
}

static virNWFilterBindingPtr nwfilterBindingCreateXML(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, VIR_NWFILTER_BINDING_CREATE_VALIDATE, VIR_FROM, "nwfilterBindingCreateXML", error))
        return NULL;
    g_autoptr(virXmlDoc) doc = virXmlDocParse(xml, NULL, "nwfilterbinding", "filterbinding", VIR_FROM, error);
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    if (!root || ((flags & VIR_NWFILTER_BINDING_CREATE_VALIDATE) && !virXmlValidate(&virNWFilterBindingDefXml, root, error)))
        return NULL;
    g_autoptr(virNWFilterBindingDef) def = virNWFilterBindingDefParseNode(root, 0, error);
    g_autoptr(virNWFilterBindingDef) old = def ? peek(of(conn), def->portDev) : NULL;
    if (!def)
        return NULL;
    if (old) {
        virSetError(error, VIR_ERR_OPERATION_FAILED, "binding '%s' already exists", def->portDev);
        return NULL;
    }
    virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "filter '%s' cannot be put on port '%s': this version does not write rules into the "
                "host's packet filter", def->filter.filter, def->portDev);
    return NULL;
}

static int nwfilterBindingDelete(virNWFilterBindingPtr binding, GError **error)
{
    virNWFilterBindings *b = of(binding->conn);
    g_autoptr(virNWFilterBindingDef) def = find(binding->conn, binding->portdev, error);
    if (!def || !virDefinitionRemove(b->dir, "", def->portDev, error))
        return -1;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&b->lock);
    g_ptr_array_remove(b->defs, def);
    return 0;
}

void virNWFilterBindingCalls(virNWFilterDriver *table)
{
    table->connectListAllNWFilterBindings = connectListAllNWFilterBindings;
    table->nWFilterBindingLookupByPortDev = nwfilterBindingLookupByPortDev;
    table->nWFilterBindingGetXMLDesc = nwfilterBindingGetXMLDesc;
    table->nWFilterBindingCreateXML = nwfilterBindingCreateXML;
    table->nWFilterBindingDelete = nwfilterBindingDelete;
}
