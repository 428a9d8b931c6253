/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network filters: definitions, and who refers to whom. */
#define VIR_FROM VIR_FROM_NWFILTER
#include "drivers/nwfilter/nwfilter.h"
#include "src/api/connect.h"
#include "src/api/driver.h"
#include <string.h>

static bool privileged;

static gpointer parse(const char *text, void *node, GError **error)
{
    return text ? virNWFilterDefParse(text, NULL, 0, error) : virNWFilterDefParseNode(node, 0, error);
}

static gpointer handle(virConnectPtr conn, const char *name, const unsigned char *uuid, gconstpointer def)
{
    return virNWFilterNew(conn, name, uuid);
}

virNWFilterDef *virNWFilterNamed(virRegistrySnapshot *all, const char *name)
{
    for (guint i = 0; i < all->n; i++)
        if (strcmp(all->byName[i].name, name) == 0)
            return virObjectDef((virObject *)all->byName[i].obj);
    return NULL;
}

/* Does `def`, or what it refers to, refer to `name`? */
static bool reaches(virRegistrySnapshot *all, const virNWFilterDef *def, const char *name, int depth)
{
    for (unsigned int i = 0; def && depth < 64 && i < def->filters.n; i++) {
        const char *to = def->filters.v[i]->filter;
        if (strcmp(to, name) == 0)
            return true;
        g_autoptr(virNWFilterDef) next = virNWFilterNamed(all, to);
        if (reaches(all, next, name, depth + 1))
            return true;
    }
    return false;
}

bool virNWFilterReaches(virRegistrySnapshot *all, const char *from, const char *to)
{
    g_autoptr(virNWFilterDef) def = virNWFilterNamed(all, from);
    return reaches(all, def, to, 0);
}

static virNWFilterState *state;

/* The ports that it guards get the new rules before it is accepted. */
static bool accept(virRegistrySnapshot *all, gpointer data, GError **error)
{
    virNWFilterDef *def = data;
    if (!reaches(all, def, def->name, 0))
        return !state || virNWFilterBindingsUpdate(state->bindings, def->name, def, error);
    virSetError(error, VIR_ERR_OPERATION_FAILED, "filter would introduce a loop");
    return false;
}

static const int events[VIR_OBJECT_EVENTS] = { -1, -1, -1, -1 };

static const virObjectKind kind = {
    .self = VIR_FROM_NWFILTER,
    .from = VIR_FROM_NWFILTER,
    .missing = VIR_ERR_NO_NWFILTER,
    .lookup = "nwfilter",
    .define = "filter",
    .xml = &virNWFilterDefXml,
    .name = G_STRUCT_OFFSET(virNWFilterDef, name),
    .uuid = G_STRUCT_OFFSET(virNWFilterDef, uuid),
    .listFunc = "nwfilterConnectListAllNWFilters",
    .xmlFunc = "nwfilterGetXMLDesc",
    .edit = "nwfilter-edit",
    .events = events,
    .parse = parse,
    .accept = accept,
    .handle = handle,
};

/* ---- calls ---- */

static virObjectSet *setOf(virConnectPtr conn)
{
    return ((const virNWFilterState *)conn->nwfilterPriv)->filters;
}

static virObject *find(virNWFilterPtr filter, GError **error)
{
    return virObjectFind(setOf(filter->conn), filter->uuid, error);
}

static int connectNumOfNWFilters(virConnectPtr conn, GError **error)
{
    return virObjectCount(setOf(conn), false);
}

static int connectListNWFilters(virConnectPtr conn, char **const names, int maxnames, GError **error)
{
    return virObjectNames(setOf(conn), false, names, maxnames);
}

static int connectListAllNWFilters(virConnectPtr conn, virNWFilterPtr **list, unsigned int flags, GError **error)
{
    return virObjectListAll(setOf(conn), conn, (void ***)list, flags, error);
}

static virNWFilterPtr nwfilterLookupByName(virConnectPtr conn, const char *name, GError **error)
{
    return virObjectLookupName(setOf(conn), conn, name, error);
}

static virNWFilterPtr nwfilterLookupByUUID(virConnectPtr conn, const unsigned char *uuid, GError **error)
{
    return virObjectLookup(setOf(conn), conn, uuid, error);
}

static virNWFilterPtr nwfilterDefineXMLFlags(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, VIR_NWFILTER_DEFINE_VALIDATE, VIR_FROM, "nwfilterDefineXMLFlags", error))
        return NULL;
    return virObjectAddXml(setOf(conn), conn, xml, VIR_OBJECT_DEFINE, flags & VIR_NWFILTER_DEFINE_VALIDATE, error);
}

static virNWFilterPtr nwfilterDefineXML(virConnectPtr conn, const char *xml, GError **error)
{
    return nwfilterDefineXMLFlags(conn, xml, 0, error);
}

static char *nwfilterGetXMLDesc(virNWFilterPtr filter, unsigned int flags, GError **error)
{
    return virObjectXml(find(filter, error), flags, error);
}

/* Is it on a port, itself or through another filter? */
static bool isUsed(virConnectPtr conn, const char *name)
{
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(setOf(conn)->objects);
    g_autoptr(GPtrArray) used = virNWFilterBindingFilters(state->bindings);
    for (guint i = 0; i < used->len; i++)
        if (strcmp(used->pdata[i], name) == 0 || virNWFilterReaches(all, used->pdata[i], name))
            return true;
    return false;
}

static int nwfilterUndefine(virNWFilterPtr filter, GError **error)
{
    g_autoptr(virObject) obj = find(filter, error);
    if (!obj)
        return -1;
    if (isUsed(filter->conn, obj->head.name)) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "nwfilter is in use");
        return -1;
    }
    return virObjectUndefine(virObjRef(obj), error);
}

/* ---- the module ---- */

static virNWFilterDriver table = {
    .connectNumOfNWFilters = connectNumOfNWFilters,
    .connectListNWFilters = connectListNWFilters,
    .connectListAllNWFilters = connectListAllNWFilters,
    .nWFilterLookupByName = nwfilterLookupByName,
    .nWFilterLookupByUUID = nwfilterLookupByUUID,
    .nWFilterDefineXML = nwfilterDefineXML,
    .nWFilterDefineXMLFlags = nwfilterDefineXMLFlags,
    .nWFilterGetXMLDesc = nwfilterGetXMLDesc,
    .nWFilterUndefine = nwfilterUndefine,
};

static void attach(virConnectPtr conn)
{
    if (conn->nwfilter || !state)
        return;
    conn->nwfilter = &table;
    conn->nwfilterPriv = state;
}

static void detach(virConnectPtr conn)
{
}

static bool openAlone(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    if (!virObjectUriFits(conn, state, privileged, error))
        return false;
    conn->hypervisor = virObjectConnectDriver();
    attach(conn);
    return true;
}

/* Packet filters are the system's; a user's session has none. */
static bool stateInit(bool isPrivileged, const char *root, GError **error)
{
    if (!isPrivileged)
        return true;
    g_autofree char *dir = virObjectFolder(true, root, false, "nwfilter");
    virNWFilterState *s = g_new0(virNWFilterState, 1);
    s->filters = virObjectSetNew(&kind);
    s->bindings = virNWFilterBindingsNew(virObjectFolder(true, root, true, "nwfilter-binding"), s->filters);
    virNWFilterBindingCalls(&table);
    if (!virObjectSetLoad(s->filters, dir, error) || !virNWFilterBindingsLoad(s->bindings, error))
        return false;
    privileged = true;
    state = s;
    return true;
}

static bool stateReload(GError **error)
{
    if (state)
        virNWFilterBindingsRestore(state->bindings);
    return true;
}

static bool stateBusy(void)
{
    return state && virNWFilterBindingsBusy(state->bindings);
}

static const char *const schemes[] = { "nwfilter", NULL };

const virConnectDriver virDriverModule = {
    .name = "nwfilter",
    .schemes = schemes,
    .open = openAlone,
    .close = detach,
    .attach = attach,
    .detach = detach,
    .stateInit = stateInit,
    .stateReload = stateReload,
    .stateBusy = stateBusy,
};
