/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices attached to, updated in and detached from a guest. The persistent definition is the model's affair (model/device-change.h); a
 * running guest is asked first, so that nothing is recorded that did not happen.
 */
#define VIR_FROM VIR_FROM_DOMAIN
#include "engine/internal.h"
#include "model/device-change.h"

typedef struct {
    virDeviceChange what;
    const char *call;
    const char *xml;            /* or */
    const char *alias;
} Request;

static bool edit(virDomainObj *obj, virDomainDef *def, const Request *r, virDeviceChanged *live, GError **error)
{
    const virHypervisor *hv = obj->engine->hv;
    const virDomainParseConfig *conf = hv->parseConfig(obj->engine, error);
    if (!conf)
        return false;
    return r->alias ? virDomainDefDetachAlias(def, r->alias, hv->from, live, error)
                    : virDomainDefChangeDevice(def, r->what, r->xml, conf, hv->from, live, error);
}

/* ---- the persistent definition ---- */

static virDomainDef *editConfig(virDomainObj *obj, const virDomainView *view, const Request *r, GError **error)
{
    const virHypervisor *hv = obj->engine->hv;
    g_autoptr(virDomainDef) def = virDomainDefCopy(view->config);
    return edit(obj, def, r, NULL, error) && (!hv->validate || hv->validate(obj->engine, def, error)) ? g_steal_pointer(&def) : NULL;
}

static bool keepConfig(virDomainObj *obj, virDomainDef *def, GError **error)
{
    if (!virPersistConfig(obj->engine, def, error))
        return false;
    virDomainView *next = virDomainViewEdit(obj);
    virDomainDefUnref(next->config);
    next->config = virDomainDefRef(def);
    virDomainPublish(obj, next);
    return true;
}

/* ---- the running guest ---- */

static void publishLive(virDomainObj *obj, virDomainDef *def)
{
    virDomainView *next = virDomainViewEdit(obj);
    virDomainDefUnref(next->live);
    next->live = def;
    next->updated = true;
    virDomainPublish(obj, next);
    virPersistStatus(obj);
}

/* The guest may have told us of other things meanwhile: what is new goes into the definition as it stands now. */
static bool attachLive(virDomainObj *obj, const virDomainView *view, virDomainDef *def, const virDeviceChanged *changed, GError **error)
{
    if (!obj->engine->hv->attachDevice(obj, def, changed, error))
        return false;
    g_autoptr(virDomainView) now = virDomainObjView(obj);
    if (!now->live)
        return true;                    /* it ended at that moment */
    virDomainDef *next = now->live == view->live ? virDomainDefRef(def) : virDomainDefCopy(now->live);
    if (now->live != view->live)
        virDomainDefGraft(next, def, view->live);
    publishLive(obj, next);
    const virDeviceInfo *info = virDomainDeviceInfoOf(changed->kind, changed->device);
    if (info && info->alias)
        virDomainEmit(obj, VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, info->alias);
    return true;
}

static bool updateLive(virDomainObj *obj, const virDomainView *view, virDomainDef *def, const virDeviceChanged *changed, unsigned int flags,
                       GError **error)
{
    if (!obj->engine->hv->updateDevice(obj, def, changed, flags, error))
        return false;
    g_autoptr(virDomainView) now = virDomainObjView(obj);
    if (!now->live)
        return true;
    g_autoptr(virDomainDef) next = now->live == view->live ? virDomainDefRef(def) : virDomainDefCopy(now->live);
    if (now->live == view->live || (changed->alias && virDomainDefReplaceAlias(next, changed->alias, changed->device)))
        publishLive(obj, g_steal_pointer(&next));
    return true;
}

/* An interface that was given no address has the same one now and at the next start. */
static void sameAddress(const virDeviceChanged *changed, const virDomainDef *config)
{
    if (config && config->nets.n && g_str_equal(changed->kind, "interface"))
        ((virDomainNetDef *)changed->device)->mac = config->nets.v[config->nets.n - 1]->mac;
}

/* `config` is what the persistent definition becomes; NULL: it stays. */
static bool changeLive(virDomainObj *obj, const virDomainView *view, const virDomainDef *config, const Request *r, unsigned int flags, GError **error)
{
    const virHypervisor *hv = obj->engine->hv;
    const bool known[] = { [VIR_DEVICE_ATTACH] = hv->attachDevice, [VIR_DEVICE_UPDATE] = hv->updateDevice, [VIR_DEVICE_DETACH] = hv->detachDevice };
    if (!known[r->what]) {
        virErrorSet(error, hv->from, VIR_ERR_OPERATION_UNSUPPORTED,
                    "devices of a running guest cannot be changed by this driver; use the config flag, which takes effect at its next start");
        return false;
    }
    g_auto(virDeviceChanged) changed = { 0 };
    g_autoptr(virDomainDef) def = virDomainDefCopy(view->live);
    if (!edit(obj, def, r, &changed, error))
        return false;
    if (r->what == VIR_DEVICE_ATTACH)
        sameAddress(&changed, config);
    return r->what == VIR_DEVICE_ATTACH   ? attachLive(obj, view, def, &changed, error)
           : r->what == VIR_DEVICE_UPDATE ? updateLive(obj, view, def, &changed, flags, error)
                                          : hv->detachDevice(obj, def, &changed, error);
}

/* ---- both ---- */

/* The persistent definition is tried first, and kept when the guest has followed. */
static int changeDevice(virDomainPtr domain, const Request *r, unsigned int flags, unsigned int known, GError **error)
{
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    const unsigned int affect = VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG;
    bool live, config;
    if (!obj || !virFlagsCheck(flags, affect | known, VIR_ENGINE_FROM(obj->engine), r->call, error) ||
        !virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, r->call, -1, error))
        return -1;
    g_autoptr(virDomainObj) again = NULL;
    g_autoptr(virDomainView) view = NULL;
    g_autoptr(virDomainDef) def = NULL;
    bool ok = virDomainRead(domain, &again, &view, error) && virDomainResolveFlags(view, flags, &live, &config, error);
    ok = ok && (!config || (def = editConfig(obj, view, r, error))) && (!live || changeLive(obj, view, def, r, flags, error)) &&
         (!config || keepConfig(obj, def, error));
    virActorLeave(obj->head.actor);
    return ok ? 0 : -1;
}

static int domainAttachDeviceFlags(virDomainPtr domain, const char *xml, unsigned int flags, GError **error)
{
    Request r = { VIR_DEVICE_ATTACH, "virDomainAttachDeviceFlags", xml, NULL };
    return changeDevice(domain, &r, flags, 0, error);
}

static int domainAttachDevice(virDomainPtr domain, const char *xml, GError **error)
{
    return domainAttachDeviceFlags(domain, xml, VIR_DOMAIN_AFFECT_LIVE, error);
}

static int domainUpdateDeviceFlags(virDomainPtr domain, const char *xml, unsigned int flags, GError **error)
{
    Request r = { VIR_DEVICE_UPDATE, "virDomainUpdateDeviceFlags", xml, NULL };
    return changeDevice(domain, &r, flags, VIR_DOMAIN_DEVICE_MODIFY_FORCE, error);
}

static int domainDetachDeviceFlags(virDomainPtr domain, const char *xml, unsigned int flags, GError **error)
{
    Request r = { VIR_DEVICE_DETACH, "virDomainDetachDeviceFlags", xml, NULL };
    return changeDevice(domain, &r, flags, 0, error);
}

static int domainDetachDevice(virDomainPtr domain, const char *xml, GError **error)
{
    return domainDetachDeviceFlags(domain, xml, VIR_DOMAIN_AFFECT_LIVE, error);
}

static int domainDetachDeviceAlias(virDomainPtr domain, const char *alias, unsigned int flags, GError **error)
{
    Request r = { VIR_DEVICE_DETACH, "virDomainDetachDeviceAlias", NULL, alias };
    return changeDevice(domain, &r, flags, 0, error);
}

static void __attribute__((constructor)) deviceCalls(void)
{
    virEngineDriver.domainAttachDeviceFlags = domainAttachDeviceFlags;
    virEngineDriver.domainAttachDevice = domainAttachDevice;
    virEngineDriver.domainUpdateDeviceFlags = domainUpdateDeviceFlags;
    virEngineDriver.domainDetachDeviceFlags = domainDetachDeviceFlags;
    virEngineDriver.domainDetachDevice = domainDetachDevice;
    virEngineDriver.domainDetachDeviceAlias = domainDetachDeviceAlias;
}
