/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices of a definition attached, updated, detached. What the kinds have of their own is a row of `rules`: what may be done with
 * them, by what one is told from another, and the words when it is missing or there already.
 */
#define VIR_FROM VIR_FROM_DOMAIN
#include "model/device-change.h"
#include <string.h>
#include "base/util.h"
#include "model/device-list.h"
#include "model/passes.h"
#include "model/tables.h"

enum {
    CAN_ATTACH = 1 << VIR_DEVICE_ATTACH, CAN_UPDATE = 1 << VIR_DEVICE_UPDATE, CAN_DETACH = 1 << VIR_DEVICE_DETACH,
    LIVE = 3,                   /* the same for running guests, shifted */
    LIVE_CHANGE = (CAN_ATTACH | CAN_DETACH) << LIVE, LIVE_UPDATE = CAN_UPDATE << LIVE,
};

typedef struct {
    const virDomainDeviceKind *kind;
    const struct Rule *rule;
    virXmlList *list;           /* of the definition; for a single one, a list of it */
    virXmlList one;
    const void *given;          /* the device as written */
    int from;
    virDeviceChanged *live;     /* NULL: the persistent definition */
} Change;

typedef struct Rule {
    const char *kind;
    const char *name;           /* in messages; NULL: the kind */
    unsigned int can;
    /* Is this the device that the document speaks of? NULL: everything that is given agrees. */
    bool (*same)(const void *device, const void *given);
    int missing;                /* code and words when there is none */
    const char *words;
    const char *taken;          /* why a second one is not attached; NULL: it is */
    bool alone;                 /* there can be only one, whatever it looks like */
} Rule;

/* ---- which device? ---- */

static bool sameDisk(const void *a, const void *b)
{
    return g_strcmp0(((const virDomainDiskDef *)a)->dst, ((const virDomainDiskDef *)b)->dst) == 0;
}

static bool sameController(const void *a, const void *b)
{
    const virDomainControllerDef *x = a, *y = b;
    return x->type == y->type && y->hasIdx && x->idx == y->idx;
}

static bool sameLease(const void *a, const void *b)
{
    const virDomainLeaseDef *x = a, *y = b;
    return g_strcmp0(x->lockspace, y->lockspace) == 0 && g_strcmp0(x->key, y->key) == 0;
}

static bool sameFs(const void *a, const void *b)
{
    return g_strcmp0(((const virDomainFsDef *)a)->target, ((const virDomainFsDef *)b)->target) == 0;
}

static bool sameHostdev(const void *a, const void *b)
{
    const virDomainHostdevDef *x = a, *y = b;
    bool usb = x->mode == y->mode && x->type == y->type && x->type == VIR_DOMAIN_HOSTDEV_TYPE_USB;
    if (usb && !y->hasUsbAddress && y->hasVendor)       /* a running guest's has both: where it is was found out */
        return x->hasVendor && x->vendor == y->vendor && x->product == y->product;
    return virDomainHostdevSame(a, b);
}

static bool sameGraphics(const void *a, const void *b)
{
    return ((const virDomainGraphicsDef *)a)->type == ((const virDomainGraphicsDef *)b)->type;
}

static bool any(const void *a, const void *b)
{
    return true;
}

static bool sameAddress(const virDeviceAddress *a, const virDeviceAddress *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case VIR_DEVICE_ADDRESS_PCI:
        return a->pci.domain == b->pci.domain && a->pci.bus == b->pci.bus && a->pci.slot == b->pci.slot &&
               a->pci.function == b->pci.function;
    case VIR_DEVICE_ADDRESS_USB:
        return a->usb.bus == b->usb.bus && g_strcmp0(a->usb.port, b->usb.port) == 0;
    case VIR_DEVICE_ADDRESS_CCW:
        return memcmp(&a->ccw, &b->ccw, sizeof(a->ccw)) == 0;
    case VIR_DEVICE_ADDRESS_DIMM:
        return a->dimm.slot == b->dimm.slot && (!b->dimm.hasBase || a->dimm.base == b->dimm.base);
    default:
        return true;
    }
}

/* An interface is known by whatever of MAC, address and alias is given. */
static bool sameNet(const void *a, const void *b)
{
    static const virMac none;
    const virDomainNetDef *x = a, *y = b;
    return (memcmp(&y->mac, &none, sizeof(none)) == 0 || memcmp(&x->mac, &y->mac, sizeof(none)) == 0) &&
           (y->info.addr.type == VIR_DEVICE_ADDRESS_NONE || sameAddress(&x->info.addr, &y->info.addr)) &&
           (!y->info.alias || g_strcmp0(x->info.alias, y->info.alias) == 0);
}

static bool sameChr(const void *a, const void *b)
{
    const virDomainChrDef *x = a, *y = b;
    switch (x->device) {
    case VIR_DOMAIN_CHR_DEVICE_CHANNEL:
        if (x->channelTarget != y->channelTarget || g_strcmp0(x->name, y->name) != 0 || g_strcmp0(x->address, y->address) != 0 ||
            (x->channelTarget == VIR_DOMAIN_CHR_CHANNEL_TARGET_GUESTFWD && x->port != y->port))
            return false;
        break;
    case VIR_DOMAIN_CHR_DEVICE_CONSOLE:
        if (x->consoleTarget != y->consoleTarget)
            return false;
        /* fall through */
    default:
        if (!y->hasPort || x->port != y->port)
            return false;
    }
    return x->source.type == y->source.type && (!y->source.path || g_strcmp0(x->source.path, y->source.path) == 0) &&
           (y->info.addr.type == VIR_DEVICE_ADDRESS_NONE || y->info.addr.type != x->info.addr.type ||
            (x->info.addr.vioserial.port == y->info.addr.vioserial.port &&
             x->info.addr.vioserial.controller == y->info.addr.vioserial.controller));
}

#define UNKNOWN VIR_ERR_DEVICE_MISSING
#define NOWHERE "device not present in domain configuration"
#define IS_THERE "device is already in the domain configuration"
enum { CHANGE = CAN_ATTACH | CAN_DETACH };
static const Rule rules[] = {
    { "disk", NULL, CHANGE | CAN_UPDATE | LIVE_CHANGE | LIVE_UPDATE, sameDisk, UNKNOWN, NULL, NULL, false },
    { "controller", NULL, CHANGE | LIVE_CHANGE, sameController, UNKNOWN, NOWHERE, NULL, false },
    { "lease", NULL, CHANGE | LIVE_CHANGE, sameLease, UNKNOWN, NULL, NULL, false },
    { "filesystem", NULL, CHANGE | LIVE_CHANGE, sameFs, UNKNOWN, "no matching filesystem device was found", "Target already exists", false },
    { "interface", NULL, CHANGE | CAN_UPDATE | LIVE_CHANGE | LIVE_UPDATE, sameNet, UNKNOWN, NULL, NULL, false },
    { "serial", "chr", CHANGE | LIVE_CHANGE, sameChr, VIR_ERR_INVALID_ARG, NOWHERE, "chardev already exists", false },
    { "parallel", "chr", CHANGE | LIVE_CHANGE, sameChr, VIR_ERR_INVALID_ARG, NOWHERE, "chardev already exists", false },
    { "console", "chr", CHANGE | LIVE_CHANGE, sameChr, VIR_ERR_INVALID_ARG, NOWHERE, "chardev already exists", false },
    { "channel", "chr", CHANGE | LIVE_CHANGE, sameChr, VIR_ERR_INVALID_ARG, NOWHERE, "chardev already exists", false },
    { "input", NULL, CHANGE | LIVE_CHANGE, NULL, UNKNOWN, "matching input device not found", NULL, false },
    { "graphics", NULL, CAN_UPDATE | LIVE_UPDATE, sameGraphics, 0, NULL, NULL, false },
    { "sound", NULL, CHANGE, NULL, UNKNOWN, NOWHERE, NULL, false },
    { "hostdev", NULL, CHANGE | LIVE_CHANGE, sameHostdev, UNKNOWN, NOWHERE, IS_THERE, false },
    { "redirdev", NULL, CHANGE | LIVE_CHANGE, NULL, UNKNOWN, "no matching redirdev was not found", NULL, false },
    { "watchdog", NULL, CHANGE | LIVE_CHANGE, any, UNKNOWN, "domain has no watchdog", "domain already has a watchdog", true },
    { "rng", NULL, CHANGE | LIVE_CHANGE, NULL, UNKNOWN, "no matching RNG device was found", NULL, false },
    { "shmem", NULL, CHANGE | LIVE_CHANGE, NULL, UNKNOWN, "matching shmem device was not found", IS_THERE, false },
    { "memory", NULL, CHANGE | CAN_UPDATE | LIVE_CHANGE | LIVE_UPDATE, NULL, UNKNOWN, "matching memory device was not found", NULL, false },
    { "vsock", NULL, CHANGE | LIVE_CHANGE, NULL, VIR_ERR_OPERATION_FAILED, "matching vsock device not found", "domain already has a vsock device", true },
    { 0 }
};

static const Rule *ruleOf(const virDomainDeviceKind *kind)
{
    static const Rule none;
    for (const Rule *r = rules; r->kind; r++)
        if (strcmp(r->kind, kind->name) == 0)
            return r;
    return &none;
}

/* Equal in all but what the document leaves open: where it sits and its alias. */
static bool agrees(const virDomainDeviceKind *kind, const void *device, const void *given)
{
    void *copy = virXmlCopy(kind->type, device);
    virDeviceInfo *info = virDeviceInfoIn(kind, copy);
    const virDeviceInfo *want = virDeviceInfoIn(kind, (void *)given);
    bool same = true;
    if (info) {
        same = want->addr.type == VIR_DEVICE_ADDRESS_NONE || sameAddress(&info->addr, &want->addr);
        if (!want->alias)
            g_clear_pointer(&info->alias, g_free);
        g_free(info->addr.usb.port);
        info->addr = want->addr;
        info->addr.usb.port = g_strdup(want->addr.usb.port);
    }
    same = same && virXmlEqual(kind->type, copy, given);
    virXmlFree(kind->type, copy);
    return same;
}

static int find(const Change *c, unsigned int from)
{
    for (unsigned int i = from; i < c->list->n; i++)
        if (c->rule->same ? c->rule->same(c->list->v[i], c->given) : agrees(c->kind, c->list->v[i], c->given))
            return i;
    return -1;
}

/* ---- words ---- */

static bool refuse(const Change *c, int code, const char *words, GError **error)
{
    virErrorSet(error, c->from, code, "%s", words);
    return false;
}

static bool missingNet(const Change *c, GError **error)
{
    const virDomainNetDef *net = c->given;
    char mac[18];
    virMacFormat(&net->mac, mac);
    g_autofree char *address = NULL;
    const virDeviceAddress *a = &net->info.addr;
    if (a->type == VIR_DEVICE_ADDRESS_PCI)
        address = g_strdup_printf("%04x:%02x:%02x.%x", a->pci.domain, a->pci.bus, a->pci.slot, a->pci.function);
    else if (a->type == VIR_DEVICE_ADDRESS_CCW)
        address = g_strdup_printf("%x.%x.%04x", a->ccw.cssid, a->ccw.ssid, a->ccw.devno);
    virSetError(error, VIR_ERR_DEVICE_MISSING, "no device found at address '%s' matching MAC address '%s' and alias '%s'",
                address ? address : "(<null>)", mac, net->info.alias ? net->info.alias : "(<null>)");
    return false;
}

static void missingHostdev(const Change *c, GError **error)
{
    const virDomainHostdevDef *h = c->given;
    if (h->type == VIR_DOMAIN_HOSTDEV_TYPE_PCI)
        virErrorSet(error, c->from, UNKNOWN, "host pci device %04x:%02x:%02x.%x not found", h->pci.domain, h->pci.bus, h->pci.slot, h->pci.function);
    else if (h->type == VIR_DOMAIN_HOSTDEV_TYPE_USB && h->hasVendor)
        virErrorSet(error, c->from, UNKNOWN, "host usb device vendor=0x%.4x product=0x%.4x not found", h->vendor, h->product);
    else if (h->type == VIR_DOMAIN_HOSTDEV_TYPE_USB)
        virErrorSet(error, c->from, UNKNOWN, "host usb device %03u.%03u not found", h->usbBus, h->usbDevice);
    else
        virErrorSet(error, c->from, UNKNOWN, "host device not found in the running guest");
}

/* A running guest's has words of its own. */
static bool missingLive(const Change *c, bool update, GError **error)
{
    const char *kind = c->kind->name;
    if (strcmp(kind, "disk") == 0 && update)
        virErrorSet(error, c->from, VIR_ERR_INTERNAL_ERROR, "disk '%s' not found", ((const virDomainDiskDef *)c->given)->dst);
    else if (strcmp(kind, "disk") == 0)
        virErrorSet(error, c->from, UNKNOWN, "disk %s not found", ((const virDomainDiskDef *)c->given)->dst);
    else if (strcmp(kind, "controller") == 0)
        virErrorSet(error, c->from, UNKNOWN, "controller %s:%u not found",
                    virDomainControllerTypeToString(((const virDomainControllerDef *)c->given)->type), ((const virDomainControllerDef *)c->given)->idx);
    else if (strcmp(kind, "rng") == 0)
        virErrorSet(error, c->from, UNKNOWN, "model '%s' RNG device not present in domain configuration",
                    virDomainRngBackendToString(((const virDomainRngDef *)c->given)->backend));
    else if (c->rule->same == sameChr)
        virErrorSet(error, c->from, UNKNOWN, "chr type '%s' device not present in domain configuration", kind);
    else if (strcmp(kind, "graphics") == 0)
        virErrorSet(error, c->from, UNKNOWN, "cannot find existing graphics device to modify of type '%s'",
                    virDomainGraphicsTypeToString(((const virDomainGraphicsDef *)c->given)->type));
    else if (strcmp(kind, "hostdev") == 0)
        missingHostdev(c, error);
    else
        return false;
    return true;
}

static bool missing(const Change *c, virDeviceChange what, GError **error)
{
    const char *kind = c->kind->name;
    bool update = what == VIR_DEVICE_UPDATE;
    if (c->live && missingLive(c, update, error))
        return false;
    if (strcmp(kind, "disk") == 0)
        virErrorSet(error, c->from, update ? VIR_ERR_INVALID_ARG : VIR_ERR_DEVICE_MISSING,
                    update ? "target %s doesn't exist." : "no target device %s", ((const virDomainDiskDef *)c->given)->dst);
    else if (strcmp(kind, "graphics") == 0)
        virErrorSet(error, c->from, VIR_ERR_INVALID_ARG, "cannot find existing graphics type '%s' device to modify",
                    virDomainGraphicsTypeToString(((const virDomainGraphicsDef *)c->given)->type));
    else if (strcmp(kind, "lease") == 0)
        virErrorSet(error, c->from, VIR_ERR_DEVICE_MISSING, "Lease %s in lockspace %s does not exist",
                    ((const virDomainLeaseDef *)c->given)->key, ((const virDomainLeaseDef *)c->given)->lockspace);
    else if (strcmp(kind, "interface") == 0)
        return missingNet(c, error);
    else if (update)
        return refuse(c, VIR_ERR_INVALID_ARG, "memory not found", error);
    else
        return refuse(c, c->rule->missing, c->rule->words, error);
    return false;
}

/* More than one interface fits. */
static bool ambiguous(const Change *c, GError **error)
{
    static const virMac none;
    const virDomainNetDef *net = c->given;
    char mac[18];
    virMacFormat(&net->mac, mac);
    if (memcmp(&net->mac, &none, sizeof(none)) != 0)
        virSetError(error, VIR_ERR_OPERATION_FAILED, "multiple devices matching MAC address %s found", mac);
    else
        virSetError(error, VIR_ERR_OPERATION_FAILED, "multiple matching devices found");
    return false;
}

/* The place of the device in its list, or -1. */
static int locate(const Change *c, virDeviceChange what, GError **error)
{
    int at = find(c, 0);
    if (at < 0)
        missing(c, what, error);
    else if (strcmp(c->kind->name, "interface") == 0 && find(c, at + 1) >= 0)
        return ambiguous(c, error) ? at : -1;
    return at;
}

static bool mayAttach(const Change *c, GError **error)
{
    const char *kind = c->kind->name;
    if (c->live && (strcmp(kind, "disk") == 0 || c->rule->same == sameChr))
        return true;                    /* the whole definition is looked at, and QEMU asked */
    if (c->live && strcmp(kind, "controller") == 0 && find(c, 0) >= 0) {
        const virDomainControllerDef *new = c->given;
        virErrorSet(error, c->from, VIR_ERR_OPERATION_FAILED, "target %s:%u already exists", virDomainControllerTypeToString(new->type), new->idx);
        return false;
    }
    if (!(c->rule->alone ? c->list->n > 0 : find(c, 0) >= 0))
        return true;
    if (c->rule->taken)
        return refuse(c, VIR_ERR_OPERATION_INVALID, c->rule->taken, error);
    if (strcmp(kind, "disk") == 0)
        virErrorSet(error, c->from, VIR_ERR_OPERATION_INVALID, "target %s already exists", ((const virDomainDiskDef *)c->given)->dst);
    else if (strcmp(kind, "controller") == 0)
        virErrorSet(error, c->from, VIR_ERR_OPERATION_INVALID, "controller index='%u' already exists",
                    ((const virDomainControllerDef *)c->given)->idx);
    else if (strcmp(kind, "lease") == 0)
        virErrorSet(error, c->from, VIR_ERR_OPERATION_INVALID, "Lease %s in lockspace %s already exists",
                    ((const virDomainLeaseDef *)c->given)->key, ((const virDomainLeaseDef *)c->given)->lockspace);
    else
        return true;
    return false;
}

/* ---- a document's device as a guest of this kind would have it ---- */

/*
 * Defaults and checks of the device by itself, before it is asked what it is to this guest: put alone of its kind into a copy, without
 * addresses. The result is the completed device, or NULL.
 */
/* Controllers that the device would bring with it, or brought with it before: whether the machine takes them is asked at its start. */
static void dropNewControllers(virDomainDef *trial, const virDomainDef *def)
{
    for (unsigned int i = trial->controllers.n; i-- > 0;) {
        const virDomainControllerDef *c = trial->controllers.v[i];
        if (c->type == VIR_DOMAIN_CONTROLLER_IDE || !virDomainDefFindController(def, c->type, c->idx))
            virXmlFree(&virDomainControllerDefXml, virListTake(&trial->controllers, i));
    }
}

static void *complete(const virDomainDeviceKind *kind, const void *given, const virDomainDef *def, const virDomainParseConfig *conf,
                      unsigned int flags, GError **error)
{
    g_autoptr(virDomainDef) trial = virDomainDefCopy(def);
    virDomainParseConfig plain = *conf;
    plain.features &= ~(unsigned int)VIR_DOMAIN_CONF_ADDRESSES;
    virXmlList one, *list = virDeviceListIn(kind, trial, &one);
    while (!kind->single && list->n)
        virXmlFree(kind->type, virXmlListTake(list, list->n - 1));
    while (trial->os.boots.n)           /* whose order it is, is a question to the whole guest */
        g_free(virListTake(&trial->os.boots, 0));
    void *device = virXmlCopy(kind->type, given);
    virDevicePut(kind, trial, 0, device);
    bool ok = virDomainDefPostParse(trial, &plain, flags, error);
    if (strcmp(kind->name, "controller") != 0)
        dropNewControllers(trial, def);
    if (!ok || (!(flags & VIR_DOMAIN_DEF_SKIP_VALIDATE) && !virDomainDefValidate(trial, &plain, error)))
        return NULL;
    list = virDeviceListIn(kind, trial, &one);
    for (unsigned int i = 0; i < list->n; i++)
        if (list->v[i] == device)
            return virDeviceTake(kind, trial, i);
    virErrorSet(error, VIR_FROM, VIR_ERR_CONFIG_UNSUPPORTED, "a %s like this does not stay in the guest's definition", kind->name);
    return NULL;
}

/* ---- the changes ---- */

/* Disks and controllers stand in the order of their bus and name; the rest as they come. */
static unsigned int placeOf(const Change *c)
{
    if (strcmp(c->kind->name, "disk") != 0)
        return c->list->n;
    const virDomainDiskDef *disk = c->given;
    int at = -1;
    for (unsigned int i = 0; i < c->list->n; i++) {
        const virDomainDiskDef *other = c->list->v[i];
        if (other->bus != disk->bus)
            continue;
        if (virDomainDiskNameIndex(other->dst) > virDomainDiskNameIndex(disk->dst))
            return i;
        at = i;
    }
    return at < 0 ? c->list->n : (unsigned int)at + 1;
}

static bool isMemory(const Change *c)
{
    return strcmp(c->kind->name, "memory") == 0;
}

static bool serialConsole(const Change *c)
{
    return strcmp(c->kind->name, "console") == 0 &&
           ((const virDomainChrDef *)c->given)->consoleTarget <= VIR_DOMAIN_CHR_CONSOLE_TARGET_SERIAL;
}

static bool attach(Change *c, virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    if (!mayAttach(c, error))
        return false;
    if (isMemory(c)) {
        unsigned long long size = ((const virDomainMemoryDef *)c->given)->size;
        def->memory += size;
        def->currentMemory += size;
    }
    void *device = virXmlCopy(c->kind->type, c->given);
    virDevicePut(c->kind, def, placeOf(c), device);
    if (c->live)
        *c->live = (virDeviceChanged){ c->kind->name, device, NULL };
    return virDomainDefPostParse(def, conf, 0, error) && (!c->live || virDomainDefValidate(def, conf, error));
}

/* What the guest knows it by stays. */
static void keepInfo(const Change *c, void *device, void *old)
{
    virDeviceInfo *info = virDeviceInfoIn(c->kind, device), *before = virDeviceInfoIn(c->kind, old);
    *c->live = (virDeviceChanged){ c->kind->name, device, before ? g_strdup(before->alias) : NULL };
    if (!info)
        return;
    g_free(info->alias);
    info->alias = g_strdup(before->alias);
    if (info->addr.type == VIR_DEVICE_ADDRESS_NONE) {
        info->addr = before->addr;
        info->addr.usb.port = g_strdup(before->addr.usb.port);
    }
}

static bool update(Change *c, virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    int at = locate(c, VIR_DEVICE_UPDATE, error);
    if (at < 0)
        return false;
    void *device = virXmlCopy(c->kind->type, c->given);
    void *old = virDeviceTake(c->kind, def, at);
    if (c->live)
        keepInfo(c, device, old);
    virXmlFree(c->kind->type, old);
    virDevicePut(c->kind, def, at, device);
    return virDomainDefPostParse(def, conf, 0, error);
}

static bool detach(Change *c, virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    if (serialConsole(c))
        return refuse(c, VIR_ERR_OPERATION_INVALID, "detaching serial console is not supported", error);
    int at = locate(c, VIR_DEVICE_DETACH, error);
    if (at < 0)
        return false;
    virDeviceInfo *info = virDeviceInfoIn(c->kind, c->list->v[at]);
    if (c->live)
        *c->live = (virDeviceChanged){ c->kind->name, NULL, info ? g_strdup(info->alias) : NULL };
    virDeviceRemove(c->kind, def, at);
    return c->live || virDomainDefPostParse(def, conf, 0, error);
}

static bool possible(const Change *c, virDeviceChange what, GError **error)
{
    static const char *const verbs[] = { "attach", "update", "detach" };
    if (c->rule->can & (1U << what) << (c->live ? LIVE : 0))
        return true;
    bool update = c->live && what == VIR_DEVICE_UPDATE;
    virErrorSet(error, c->from, update ? VIR_ERR_CONFIG_UNSUPPORTED : VIR_ERR_OPERATION_UNSUPPORTED, "%s %s of device '%s' is not supported",
                c->live ? "live" : "persistent", update ? "update" : verbs[what], c->rule->name && !c->live ? c->rule->name : c->kind->name);
    return false;
}

static bool apply(Change *c, virDeviceChange what, virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    static bool (*const changes[])(Change *c, virDomainDef *def, const virDomainParseConfig *conf, GError **error) = { attach, update, detach };
    if (!possible(c, what, error))
        return false;
    virDomainControllersSort(def);
    return changes[what](c, def, conf, error);
}

static bool roomForMemory(const virDomainDef *def, const virDomainMemoryDef *mem, GError **error)
{
    bool needsNode = mem->model != VIR_DOMAIN_MEMORY_DEVICE_VIRTIO_PMEM;
    if (needsNode && !def->cpu.cells.n)
        virSetError(error, VIR_ERR_XML_DETAIL, "can't add memory backend as guest has no NUMA nodes configured");
    else if (!def->maxMemory)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "cannot use/hotplug a memory device when domain 'maxMemory' is not defined");
    return def->maxMemory && (!needsNode || def->cpu.cells.n);
}

/* The first thing that a running guest's devices of some kinds are told. */
static bool possibleLive(const Change *c, virDeviceChange what, GError **error)
{
    const char *kind = c->kind->name;
    if (!possible(c, what, error))
        return false;
    if (what != VIR_DEVICE_ATTACH)
        return true;
    if (strcmp(kind, "controller") == 0 && ((const virDomainControllerDef *)c->given)->type != VIR_DOMAIN_CONTROLLER_SCSI)
        virErrorSet(error, c->from, VIR_ERR_OPERATION_UNSUPPORTED, "'%s' controller cannot be hot plugged.",
                    virDomainControllerTypeToString(((const virDomainControllerDef *)c->given)->type));
    else if (strcmp(kind, "filesystem") == 0 && ((const virDomainFsDef *)c->given)->driver != VIR_DOMAIN_FS_DRIVER_VIRTIOFS)
        virErrorSet(error, c->from, VIR_ERR_OPERATION_UNSUPPORTED, "only virtiofs filesystems can be hotplugged");
    else if (strcmp(kind, "input") == 0 && ((const virDomainInputDef *)c->given)->bus != VIR_DOMAIN_INPUT_BUS_USB &&
             ((const virDomainInputDef *)c->given)->bus != VIR_DOMAIN_INPUT_BUS_VIRTIO)
        virErrorSet(error, c->from, VIR_ERR_OPERATION_UNSUPPORTED, "input device on bus '%s' cannot be hot plugged.",
                    virDomainInputBusToString(((const virDomainInputDef *)c->given)->bus));
    else if (serialConsole(c))
        virErrorSet(error, c->from, VIR_ERR_CONFIG_UNSUPPORTED, "unsupported console target type %s", "serial");
    else
        return true;
    return false;
}

/* Controllers and ports that a new device would want are there when a guest starts; only SCSI controllers come with it later. */
static bool noNewControllers(const virDomainDef *def, const virDomainDef *before, GError **error)
{
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        const virDomainControllerDef *c = def->controllers.v[i];
        if (c->type == VIR_DOMAIN_CONTROLLER_SCSI || virDomainDefFindController(before, c->type, c->idx))
            continue;
        if (c->type == VIR_DOMAIN_CONTROLLER_PCI)
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "No more available PCI slots");
        else
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "Could not find %s controller with index %u required for device",
                        virDomainControllerTypeToString(c->type), c->idx);
        return false;
    }
    return true;
}

bool virDomainDefChangeDevice(virDomainDef *def, virDeviceChange what, const char *xml, const virDomainParseConfig *conf, int from,
                              virDeviceChanged *live, GError **error)
{
    g_autoptr(virDomainDevice) raw = virDomainDeviceParse(xml, NULL, conf, VIR_DOMAIN_DEF_INACTIVE, error);
    if (!raw)
        return false;
    const virDomainDeviceKind *kind = virDeviceKindOf(raw->kind);
    if (what != VIR_DEVICE_DETACH && strcmp(kind->name, "memory") == 0 && !roomForMemory(def, raw->data, error))
        return false;
    Change c = { .kind = kind, .rule = ruleOf(kind), .from = from, .given = raw->data, .live = live };
    g_autoptr(virDomainDef) before = live && what == VIR_DEVICE_ATTACH ? virDomainDefCopy(def) : NULL;
    if (live && !possibleLive(&c, what, error))
        return false;
    /* What is wrong with these is a matter of the whole guest, and does not come up where they can't be changed anyway. */
    if ((strcmp(kind->name, "iommu") == 0 || strcmp(kind->name, "panic") == 0) && !possible(&c, what, error))
        return false;
    if (what == VIR_DEVICE_ATTACH && serialConsole(&c))
        return refuse(&c, VIR_ERR_OPERATION_UNSUPPORTED, "attaching serial console is not supported", error);
    unsigned int flags = what == VIR_DEVICE_DETACH ? VIR_DOMAIN_DEF_SKIP_VALIDATE : 0;
    void *full = complete(kind, raw->data, def, conf, flags, error);
    if (!full)
        return false;
    c.list = virDeviceListIn(kind, def, &c.one);
    /* where a document is silent, a character device, an interface or a controller is any; the others get what it would have been */
    bool open = c.rule->same == sameChr || c.rule->same == sameNet || c.rule->same == sameController || what != VIR_DEVICE_DETACH;
    if (open && what == VIR_DEVICE_DETACH && c.rule->same == sameChr)
        ((virDomainChrDef *)raw->data)->channelTarget = ((virDomainChrDef *)full)->channelTarget,
        ((virDomainChrDef *)raw->data)->consoleTarget = ((virDomainChrDef *)full)->consoleTarget,
        ((virDomainChrDef *)raw->data)->device = ((virDomainChrDef *)full)->device;
    c.given = open && !(live && what == VIR_DEVICE_UPDATE) ? raw->data : full;
    bool ok = apply(&c, what, def, conf, error) && (!before || noNewControllers(def, before, error));
    virXmlFree(kind->type, full);
    return ok;
}

bool virDomainDefDetachAlias(virDomainDef *def, const char *alias, int from, virDeviceChanged *live, GError **error)
{
    unsigned int at;
    virXmlList one;
    virDomainControllersSort(def);
    const virDomainDeviceKind *kind = virDeviceFindAlias(def, alias, &at, &one);
    if (!kind) {
        if (live)
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "no device found with alias %s", alias);
        else
            virErrorSet(error, from, VIR_ERR_DEVICE_MISSING, "no device found with alias %s", alias);
        return false;
    }
    Change c = { .kind = kind, .rule = ruleOf(kind), .from = from, .live = live };
    c.list = virDeviceListIn(kind, def, &c.one);
    if (!possible(&c, VIR_DEVICE_DETACH, error))
        return false;
    if (live)
        *live = (virDeviceChanged){ kind->name, NULL, g_strdup(alias) };
    virDeviceRemove(kind, def, at);
    return true;
}
