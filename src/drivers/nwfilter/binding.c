/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bindings: which filter guards which port of the host. Known by the port's name. */
#define VIR_FROM VIR_FROM_NWFILTER
#define VIR_LOG_NAME "nwfilter"
#include "drivers/nwfilter/nwfilter.h"
#include "drivers/nwfilter/install.h"
#include "drivers/nwfilter/learn.h"
#include "base/log.h"
#include "base/util.h"
#include "base/loop.h"
#include "engine/object-file.h"
#include "src/api/connect.h"
#include <string.h>

/* Changed by the holder of the filters' `writing`. */
typedef struct {
    virNWFilterBindingDef *def;
    virNWFilterLayout *layout;  /* what stands in the packet filter; NULL: nothing */
    GArray *learnt;             /* virNWFilterLease */
    virNWFilterLearner *learner;
    guint64 serial, heard;      /* of the learner, and of its last news: what comes late is not heard any more */
} Binding;

struct _virNWFilterBindings {
    GMutex lock;                /* of the array, for an instant */
    char *dir;
    virObjectSet *filters;
    GPtrArray *all;             /* Binding, in the order of their ports */
    guint64 serial;
};

/* Takes `leases`. */
static Binding *bindingNew(virNWFilterBindingDef *def, GArray *leases)
{
    Binding *b = g_new0(Binding, 1);
    b->def = virNWFilterBindingDefRef(def);
    b->learnt = leases;
    return b;
}

static void bindingFree(gpointer data)
{
    Binding *b = data;
    virNWFilterLearnerFree(b->learner);
    virNWFilterLayoutFree(b->layout);
    virNWFilterBindingDefUnref(b->def);
    g_array_unref(b->learnt);
    g_free(b);
}

virNWFilterBindings *virNWFilterBindingsNew(char *dir, virObjectSet *filters)
{
    virNWFilterBindings *b = g_new0(virNWFilterBindings, 1);
    g_mutex_init(&b->lock);
    b->dir = dir;
    b->filters = filters;
    b->all = g_ptr_array_new_with_free_func(bindingFree);
    return b;
}

static virNWFilterBindings *of(virConnectPtr conn)
{
    return ((virNWFilterState *)conn->nwfilterPriv)->bindings;
}

static int byPort(gconstpointer a, gconstpointer b)
{
    return strcmp((*(Binding *const *)a)->def->portDev, (*(Binding *const *)b)->def->portDev);
}

/* Takes `binding`. */
static void add(virNWFilterBindings *b, Binding *binding)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&b->lock);
    g_ptr_array_add(b->all, binding);
    g_ptr_array_sort(b->all, byPort);
}

/* Holder of a lock. */
static Binding *on(virNWFilterBindings *b, const char *port)
{
    for (guint i = 0; i < b->all->len; i++)
        if (strcmp(((Binding *)b->all->pdata[i])->def->portDev, port) == 0)
            return b->all->pdata[i];
    return NULL;
}

/* A reference; NULL when the port has none. */
static virNWFilterBindingDef *find(virConnectPtr conn, const char *port, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&of(conn)->lock);
    Binding *binding = on(of(conn), port);
    if (binding)
        return virNWFilterBindingDefRef(binding->def);
    virSetError(error, VIR_ERR_NO_NWFILTER_BINDING, "no nwfilter binding for port dev '%s'", port);
    return NULL;
}

/* ---- rules ---- */

static GPtrArray *paramsOf(const virNWFilterInclude *ref, const char *name)
{
    GPtrArray *values = g_ptr_array_new();
    for (unsigned int i = 0; i < ref->params.n; i++)
        if (strcmp(ref->params.v[i]->name, name) == 0)
            g_ptr_array_add(values, ref->params.v[i]->value);
    return values;
}

static void addParam(virNWFilterInclude *ref, const char *name, const char *value)
{
    virNetFilterParam *p = g_new0(virNetFilterParam, 1);
    p->name = g_strdup(name);
    p->value = g_strdup(value);
    virListAppend(&ref->params, p);
}

/* Filters as they are to be: `changed` instead of the one of its name. */
typedef struct {
    virRegistrySnapshot *all;
    virNWFilterDef *changed;
} Filters;

static virNWFilterDef *lookUp(const char *name, gpointer data)
{
    const Filters *f = data;
    if (f->changed && strcmp(f->changed->name, name) == 0)
        return virNWFilterDefRef(f->changed);
    return virNWFilterNamed(f->all, name);
}

typedef struct {
    virNWFilterBindings *bindings;
    char *port;
    GArray *leases;
    guint64 serial, number;
} News;

static void newsFree(gpointer data)
{
    News *n = data;
    g_free(n->port);
    if (n->leases)
        g_array_unref(n->leases);
    g_free(n);
}

static void learntLater(gpointer data);

static void learnt(const GArray *leases, gpointer data)
{
    News *about = data;
    News *n = g_new0(News, 1);
    n->bindings = about->bindings;
    n->port = g_strdup(about->port);
    n->leases = g_array_new(FALSE, FALSE, sizeof(virNWFilterLease));
    g_array_append_vals(n->leases, leases->data, leases->len);
    n->serial = about->serial;
    n->number = ++about->number;
    virWorkRun(learntLater, n);
}

/* The method, or NULL when the address must be given. */
static bool learningOf(const virNWFilterBindingDef *def, const virNWFilterPlan *plan, bool *learns, bool *dhcpOnly, GError **error)
{
    g_autoptr(GPtrArray) method = paramsOf(&def->filter, "CTRL_IP_LEARNING");
    const char *how = method->len > 0 ? method->pdata[0] : "any";
    g_autoptr(GString) others = g_string_new(NULL);
    bool wantsIp = false, wantsOthers = false;
    *dhcpOnly = g_ascii_strcasecmp(how, "dhcp") == 0;
    *learns = *dhcpOnly || g_ascii_strcasecmp(how, "any") == 0;
    for (guint i = 0; i < plan->missing->len; i++) {
        bool isIp = strcmp(plan->missing->pdata[i], "IP") == 0;
        wantsIp |= isIp;
        if (isIp && *learns)
            continue;
        wantsOthers = true;
        g_string_append_printf(others, "%s%s", others->len ? ", " : "", (char *)plan->missing->pdata[i]);
    }
    if (wantsIp && !*learns && g_ascii_strcasecmp(how, "none") != 0)
        virSetError(error, VIR_ERR_PARSE_FAILED, "filter '%s' learning value '%s' invalid.", def->filter.filter, how);
    else if (wantsOthers)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Cannot instantiate filter due to unresolvable variables or unavailable list elements: %s",
                    others->str);
    else
        return true;
    return false;
}

static bool startLearning(virNWFilterBindings *all, Binding *b, bool dhcpOnly, const char *const *servers, GError **error)
{
    if (b->learner)
        return true;
    News *about = g_new0(News, 1);
    about->bindings = all;
    about->port = g_strdup(b->def->portDev);
    about->serial = b->serial = ++all->serial;
    b->heard = 0;
    b->learner = virNWFilterLearnerNew(b->def->portDev, &b->def->mac, dhcpOnly, servers, b->learnt, learnt, about, newsFree, error);
    if (!b->learner)
        newsFree(about);
    return b->learner != NULL;
}

/* Rules for the time until the address is known. */
static virNWFilterLayout *learn(virNWFilterBindings *all, Binding *b, bool dhcpOnly, const virNWFilterLayout *old, GError **error)
{
    char mac[18];
    g_autoptr(GPtrArray) servers = paramsOf(&b->def->filter, "DHCPSERVER");
    g_ptr_array_add(servers, NULL);
    virMacFormat(&b->def->mac, mac);
    const char *const *names = (const char *const *)servers->pdata;
    if (!startLearning(all, b, dhcpOnly, names, error))
        return NULL;
    return virNWFilterInstallLearning(b->def->portDev, mac, names, dhcpOnly, old, error);
}

/* A guest whose addresses are learnt may get others. */
static bool keepLearning(virNWFilterBindings *all, Binding *b, GError **error)
{
    g_autoptr(GPtrArray) method = paramsOf(&b->def->filter, "CTRL_IP_LEARNING"), servers = paramsOf(&b->def->filter, "DHCPSERVER");
    g_ptr_array_add(servers, NULL);
    if (b->learnt->len == 0 || method->len == 0 || g_ascii_strcasecmp(method->pdata[0], "dhcp") != 0)
        return true;
    return startLearning(all, b, true, (const char *const *)servers->pdata, error);
}

/* The binding's rules, instead of `old`. On failure they stay. */
static bool instantiate(virNWFilterBindings *all, Binding *b, const virNWFilterLayout *old, virNWFilterDef *changed, GError **error)
{
    g_autoptr(virRegistrySnapshot) filters = virRegistryGet(all->filters->objects);
    g_autoptr(virNWFilterBindingDef) def = virNWFilterBindingDefCopy(b->def);
    Filters lookIn = { filters, changed };
    bool learns, dhcpOnly;
    for (guint i = 0; i < b->learnt->len; i++)
        addParam(&def->filter, "IP", g_array_index(b->learnt, virNWFilterLease, i).address);
    g_autoptr(virNWFilterPlan) plan = virNWFilterPlanNew(&def->filter, lookUp, &lookIn, error);
    if (!plan || (plan->missing->len > 0 && !learningOf(b->def, plan, &learns, &dhcpOnly, error)))
        return false;
    virNWFilterLayout *made;
    if (plan->missing->len > 0)
        made = learn(all, b, dhcpOnly, old, error);
    else
        made = keepLearning(all, b, error) ? virNWFilterInstall(b->def->portDev, plan, old, error) : NULL;
    if (!made)
        return false;
    virNWFilterLayoutFree(b->layout);
    b->layout = made;
    return true;
}

static bool sameAddresses(const GArray *a, const GArray *b)
{
    bool same = a->len == b->len;
    for (guint i = 0; same && i < a->len; i++)
        same = strcmp(g_array_index(a, virNWFilterLease, i).address, g_array_index(b, virNWFilterLease, i).address) == 0;
    return same;
}

static void learntLater(gpointer data)
{
    News *n = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&n->bindings->filters->writing);
    Binding *b = on(n->bindings, n->port);
    if (b && b->learner && b->serial == n->serial && b->heard < n->number) {
        bool same = sameAddresses(b->learnt, n->leases);
        b->heard = n->number;
        g_array_unref(b->learnt);
        b->learnt = g_steal_pointer(&n->leases);
        virNWFilterLeasesWrite(n->bindings->dir, n->port, b->learnt);
        if (!same && !instantiate(n->bindings, b, b->layout, NULL, &error))
            virLogError("'%s' keeps the rules that it has: %s", n->port, error->message);
        g_autoptr(GPtrArray) method = paramsOf(&b->def->filter, "CTRL_IP_LEARNING");
        if (method->len == 0 || g_ascii_strcasecmp(method->pdata[0], "dhcp") != 0)
            virNWFilterLearnerFree(g_steal_pointer(&b->learner));
    }
    newsFree(n);
}

bool virNWFilterBindingsUpdate(virNWFilterBindings *bindings, const char *name, virNWFilterDef *def, GError **error)
{
    g_autoptr(virRegistrySnapshot) filters = virRegistryGet(bindings->filters->objects);
    for (guint i = 0; i < bindings->all->len; i++) {
        Binding *b = bindings->all->pdata[i];
        const char *top = b->def->filter.filter;
        if (strcmp(top, name) != 0 && !virNWFilterReaches(filters, top, name))
            continue;
        if (instantiate(bindings, b, b->layout, def, error))
            continue;
        while (i-- > 0) {
            g_autoptr(GError) again = NULL;
            b = bindings->all->pdata[i];
            top = b->def->filter.filter;
            if ((strcmp(top, name) == 0 || virNWFilterReaches(filters, top, name)) && !instantiate(bindings, b, b->layout, NULL, &again))
                virLogError("the rules of '%s' could not be put back: %s", b->def->portDev, again->message);
        }
        return false;
    }
    return true;
}

void virNWFilterBindingsRestore(virNWFilterBindings *bindings)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&bindings->filters->writing);
    for (guint i = 0; i < bindings->all->len; i++) {
        Binding *b = bindings->all->pdata[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(virNWFilterLayout) there = virNWFilterLayoutRead(b->def->portDev);
        if (!instantiate(bindings, b, there, NULL, &error))
            virLogError("the rules of '%s' could not be put back: %s", b->def->portDev, error->message);
    }
}

/* ---- files ---- */

static void loadOne(const char *path, const char *name, gpointer data)
{
    g_autofree char *xml = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(virNWFilterBindingDef) def = virFileRead(path, 1 << 20, &xml, NULL, &error) ?
        virNWFilterBindingDefParse(xml, path, 0, &error) : NULL;
    if (def) {
        virNWFilterBindings *all = data;
        add(all, bindingNew(def, virNWFilterLeasesRead(all->dir, def->portDev)));
    } else {
        virLogError("ignoring '%s': %s", path, error->message);
    }
}

bool virNWFilterBindingsLoad(virNWFilterBindings *bindings, GError **error)
{
    if (!virFileMakePath(bindings->dir, 0700, error))
        return false;
    virDefinitionEach(bindings->dir, loadOne, bindings);
    virNWFilterBindingsRestore(bindings);
    return true;
}

bool virNWFilterBindingsBusy(virNWFilterBindings *bindings)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&bindings->lock);
    return bindings->all->len > 0;
}

GPtrArray *virNWFilterBindingFilters(virNWFilterBindings *bindings)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&bindings->lock);
    for (guint i = 0; i < bindings->all->len; i++)
        g_ptr_array_add(names, g_strdup(((Binding *)bindings->all->pdata[i])->def->filter.filter));
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
        *list = g_new0(virNWFilterBindingPtr, b->all->len + 1);
    for (guint i = 0; list && i < b->all->len; i++)
        (*list)[i] = handleOf(conn, ((Binding *)b->all->pdata[i])->def);
    return b->all->len;
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

/* The guest's MAC address is a parameter like others, unless one of that name is given. */
static void addMac(virNWFilterBindingDef *def)
{
    char mac[18];
    g_autoptr(GPtrArray) given = paramsOf(&def->filter, "MAC");
    if (given->len > 0)
        return;
    virMacFormat(&def->mac, mac);
    addParam(&def->filter, "MAC", mac);
    unsigned int i = def->filter.params.n - 1;
    for (; i > 0 && strcmp(def->filter.params.v[i - 1]->name, "MAC") > 0; i--) {
        virNetFilterParam *p = def->filter.params.v[i];
        def->filter.params.v[i] = def->filter.params.v[i - 1];
        def->filter.params.v[i - 1] = p;
    }
}

static bool bind(virNWFilterBindings *all, virNWFilterBindingDef *def, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&all->filters->writing);
    if (on(all, def->portDev)) {
        virSetError(error, VIR_ERR_OPERATION_FAILED, "binding '%s' already exists", def->portDev);
        return false;
    }
    if (strchr(def->portDev, '/')) {
        virSetError(error, VIR_ERR_INVALID_ARG, "'%s' is not the name of a network device: it contains '/'", def->portDev);
        return false;
    }
    addMac(def);
    Binding *b = bindingNew(def, g_array_new(FALSE, FALSE, sizeof(virNWFilterLease)));
    virNWFilterLeasesWrite(all->dir, def->portDev, NULL);       /* of another guest on a port of this name */
    g_autofree char *xml = virNWFilterBindingDefFormat(def, 0);
    if (!instantiate(all, b, NULL, NULL, error) || !virDefinitionWrite(all->dir, def->portDev, "nwfilter-binding-create", xml, error)) {
        if (b->layout)
            virNWFilterUninstall(def->portDev, b->layout);
        bindingFree(b);
        return false;
    }
    add(all, b);
    return true;
}

static virNWFilterBindingPtr nwfilterBindingCreateXML(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, VIR_NWFILTER_BINDING_CREATE_VALIDATE, VIR_FROM, "nwfilterBindingCreateXML", error))
        return NULL;
    g_autoptr(virXmlDoc) doc = virXmlDocParse(xml, NULL, "nwfilterbinding", "filterbinding", VIR_FROM, error);
    xmlNode *root = doc ? virXmlRoot(doc) : NULL;
    if (!root || ((flags & VIR_NWFILTER_BINDING_CREATE_VALIDATE) && !virXmlValidate(&virNWFilterBindingDefXml, root, error)))
        return NULL;
    g_autoptr(virNWFilterBindingDef) def = virNWFilterBindingDefParseNode(root, 0, error);
    return def && bind(of(conn), def, error) ? handleOf(conn, def) : NULL;
}

static int nwfilterBindingDelete(virNWFilterBindingPtr binding, GError **error)
{
    virNWFilterBindings *b = of(binding->conn);
    g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&b->filters->writing);
    g_autoptr(virNWFilterBindingDef) def = find(binding->conn, binding->portdev, error);
    if (!def || !virDefinitionRemove(b->dir, "", def->portDev, error))
        return -1;
    Binding *gone = on(b, def->portDev);
    virNWFilterLeasesWrite(b->dir, def->portDev, NULL);
    if (gone->layout)
        virNWFilterUninstall(def->portDev, gone->layout);
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&b->lock);
    g_ptr_array_remove(b->all, gone);
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
