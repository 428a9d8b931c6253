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

static bool editConfig(virDomainObj *obj, const virDomainView *view, const Request *r, GError **error)
{
    const virHypervisor *hv = obj->engine->hv;
    const virDomainParseConfig *conf = hv->parseConfig(obj->engine, error);
    if (!conf)
        return false;
    g_autoptr(virDomainDef) def = virDomainDefCopy(view->config);
    bool ok = r->alias ? virDomainDefDetachAlias(def, r->alias, hv->from, error)
                       : virDomainDefChangeDevice(def, r->what, r->xml, conf, hv->from, error);
    if (!ok || (hv->validate && !hv->validate(obj->engine, def, error)) || !virPersistConfig(obj->engine, def, error))
        return false;
    virDomainView *next = virDomainViewEdit(obj);
    virDomainDefUnref(next->config);
    next->config = g_steal_pointer(&def);
    virDomainPublish(obj, next);
    return true;
}

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
    bool ok = virDomainRead(domain, &again, &view, error) && virDomainResolveFlags(view, flags, &live, &config, error);
    if (ok && live) {
        virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_OPERATION_UNSUPPORTED,
                    "devices of a running guest cannot be changed yet; use the config flag, which takes effect at its next start");
        ok = false;
    }
    ok = ok && editConfig(obj, view, r, error);
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
