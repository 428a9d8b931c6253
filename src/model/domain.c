/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domain definitions from text, to text, copied and compared; and small questions about them. */
#define VIR_FROM VIR_FROM_DOMAIN
#include <string.h>
#include "base/util.h"
#include "model/domain-conf.h"
#include "model/passes.h"
#include "model/tables.h"

virDomainDef *virDomainDefNew(void)
{
    return virXmlNew(&virDomainDefXml);
}

virDomainDef *virDomainDefRef(virDomainDef *def)
{
    g_atomic_int_inc(&def->refs);
    return def;
}

void virDomainDefUnref(virDomainDef *def)
{
    if (def && g_atomic_int_dec_and_test(&def->refs))
        virXmlFree(&virDomainDefXml, def);
}

virDomainDef *virDomainDefCopy(const virDomainDef *def)
{
    virDomainDef *copy = virXmlCopy(&virDomainDefXml, def);
    copy->refs = 1;
    return copy;
}

bool virDomainDefEqual(const virDomainDef *a, const virDomainDef *b)
{
    return virXmlEqual(&virDomainDefXml, a, b);
}

bool virDomainDefAbiCheck(const virDomainDef *src, const virDomainDef *dst, GError **error)
{
    g_autoptr(virXmlDifference) diff = virXmlDiff(&virDomainDefXml, src, dst, true);
    if (!diff)
        return true;
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Target domain %s %s does not match source %s", diff->path,
                diff->b ? diff->b : "(absent)", diff->a ? diff->a : "(absent)");
    return false;
}

virDomainDef *virDomainDefParseNode(void *node, const virDomainParseConfig *conf, unsigned int flags,
                                    GError **error)
{
    virXmlContext ctx = { .flags = flags, .from = VIR_FROM, .user = conf };
    if (flags & VIR_DOMAIN_DEF_VALIDATE_SCHEMA && !virXmlValidate(&virDomainDefXml, node, error))
        return NULL;
    g_autoptr(virDomainDef) def = virXmlParse(&virDomainDefXml, node, &ctx, error);
    if (!def)
        return NULL;
    if (flags & VIR_DOMAIN_DEF_SKIP_POST_PARSE)
        return g_steal_pointer(&def);
    if (!virDomainDefPostParse(def, conf, flags, error))
        return NULL;
    if (!(flags & VIR_DOMAIN_DEF_SKIP_VALIDATE) && !virDomainDefValidate(def, conf, error))
        return NULL;
    return g_steal_pointer(&def);
}

virDomainDef *virDomainDefParse(const char *xml, const char *file, const virDomainParseConfig *conf,
                                unsigned int flags, GError **error)
{
    g_autoptr(virXmlDoc) doc = virXmlDocParse(xml, file, "domain_definition", "domain", VIR_FROM, error);
    if (!doc)
        return NULL;
    return virDomainDefParseNode(virXmlRoot(doc), conf, flags, error);
}

virDomainDef *virDomainDefParseFile(const char *path, const virDomainParseConfig *conf, unsigned int flags,
                                    GError **error)
{
    g_autofree char *text = NULL;
    if (!virFileRead(path, 64 << 20, &text, NULL, error))
        return NULL;
    return virDomainDefParse(text, path, conf, flags, error);
}

void virDomainDefFormatTo(const virDomainDef *def, GString *out, int indent, unsigned int flags)
{
    g_autoptr(virDomainDef) migratable = NULL;
    if (flags & VIR_DOMAIN_DEF_MIGRATABLE && !(flags & VIR_DOMAIN_DEF_STATUS)) {
        def = migratable = virDomainDefMigratable(def);
        flags |= VIR_DOMAIN_DEF_INACTIVE;
        if (virDomainDefIsQemu(def))
            flags |= VIR_DOMAIN_DEF_SECURE;     /* the receiver needs the passwords */
    }
    virXmlFormat(&virDomainDefXml, NULL, def, flags, out, indent);
}

char *virDomainDefFormat(const virDomainDef *def, unsigned int flags)
{
    GString *out = g_string_sized_new(8192);
    virDomainDefFormatTo(def, out, 0, flags);
    return g_string_free(out, FALSE);
}

/* --- helpers --- */

static bool eachOfKind(virDomainDef *def, const virDomainDeviceKind *kind, virDeviceInfoFunc func, void *data)
{
    void *member = (char *)def + kind->offset;
    virXmlList one = { .v = member, .n = *(void **)member != NULL };
    virXmlList *list = kind->single ? &one : member;
    for (unsigned int i = 0; i < list->n; i++) {
        virDeviceInfo *info = (void *)((char *)list->v[i] + kind->info - 1);
        if (!func(def, kind->name, list->v[i], info, data))
            return false;
    }
    return true;
}

bool virDomainDefForeachInfo(virDomainDef *def, virDeviceInfoFunc func, void *data)
{
    for (const virDomainDeviceKind *kind = virDomainDeviceKinds; kind->name; kind++)
        if (kind->info && !eachOfKind(def, kind, func, data))
            return false;
    return true;
}

bool virDomainDefForeachInfoOf(virDomainDef *def, const char *name, virDeviceInfoFunc func, void *data)
{
    for (const virDomainDeviceKind *kind = virDomainDeviceKinds; kind->name; kind++)
        if (kind->info && kind->name[0] == name[0] && g_str_equal(kind->name, name) && !eachOfKind(def, kind, func, data))
            return false;
    return true;
}

virDomainControllerDef *virDomainDefFindController(const virDomainDef *def, virDomainControllerType type,
                                                   int idx)
{
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        virDomainControllerDef *c = def->controllers.v[i];
        if (c->type == type && (idx < 0 || (c->hasIdx && c->idx == (unsigned int)idx)))
            return c;
    }
    return NULL;
}

virDomainDiskDef *virDomainDefFindDisk(const virDomainDef *def, const char *target)
{
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (g_strcmp0(def->disks.v[i]->dst, target) == 0)
            return def->disks.v[i];
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (g_strcmp0(def->disks.v[i]->src.path, target) == 0)
            return def->disks.v[i];
    return NULL;
}

virDomainNetDef *virDomainDefFindNet(const virDomainDef *def, const char *device)
{
    virMac mac;
    bool isMac = virMacParse(device, &mac);
    for (unsigned int i = 0; i < def->nets.n; i++) {
        virDomainNetDef *net = def->nets.v[i];
        if (isMac ? memcmp(&mac, &net->mac, sizeof(mac)) == 0
                  : g_strcmp0(net->ifname, device) == 0 || g_strcmp0(net->info.alias, device) == 0)
            return net;
    }
    return NULL;
}

unsigned int virCPUTopologyCount(const virCPUDef *cpu)
{
    return cpu->sockets * (cpu->dies ? cpu->dies : 1) * cpu->cores * cpu->threads;
}

static bool isX86(const virDomainDef *def)
{
    return def->os.arch == VIR_ARCH_X86_64 || def->os.arch == VIR_ARCH_I686;
}

bool virDomainDefIsQ35(const virDomainDef *def)
{
    const char *m = def->os.machine;
    return isX86(def) && m && (strcmp(m, "q35") == 0 || g_str_has_prefix(m, "pc-q35"));
}

bool virDomainDefIsI440FX(const virDomainDef *def)
{
    const char *m = def->os.machine;
    return isX86(def) && m &&
           (strcmp(m, "pc") == 0 || g_str_has_prefix(m, "pc-0.") || g_str_has_prefix(m, "pc-1.") ||
            g_str_has_prefix(m, "pc-i440"));
}

/* --- one device --- */

static const virDomainDeviceKind *findKind(const char *name)
{
    for (const virDomainDeviceKind *kind = virDomainDeviceKinds; kind->name; kind++)
        if (strcmp(kind->name, name) == 0)
            return kind;
    return NULL;
}

/* Give a new device what it would get in its guest: defaults and a free address. It is put into a copy of the
 * guest for that and taken out again. On failure it is freed with the copy. */
static bool completeDevice(const virDomainDeviceKind *kind, void *data, const virDomainDef *def,
                           const virDomainParseConfig *conf, unsigned int flags, GError **error)
{
    g_autoptr(virDomainDef) trial = virDomainDefCopy(def);
    virXmlList *list = (void *)((char *)trial + kind->offset);
    void **single = (void *)list;
    if (kind->single) {
        virXmlFree(kind->type, *single);
        *single = data;
    } else {
        virXmlListInsert(list, list->n, data);
    }
    if (!virDomainDefPostParse(trial, conf, flags, error) ||
        (!(flags & VIR_DOMAIN_DEF_SKIP_VALIDATE) && !virDomainDefValidate(trial, conf, error)))
        return false;
    if (kind->single) {
        *single = NULL;
        return true;
    }
    unsigned int at = 0;
    while (list->v[at] != data)
        at++;
    virXmlListTake(list, at);
    return true;
}

virDomainDevice *virDomainDeviceParse(const char *xml, const virDomainDef *def,
                                      const virDomainParseConfig *conf, unsigned int flags, GError **error)
{
    g_autoptr(virXmlDoc) doc = virXmlDocParse(xml, NULL, "device_definition", NULL, VIR_FROM, error);
    if (!doc)
        return NULL;
    xmlNode *node = virXmlRoot(doc);
    const virDomainDeviceKind *kind = findKind((const char *)node->name);
    if (!kind) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "unknown device type '%s'", node->name);
        return NULL;
    }
    virXmlContext ctx = { .flags = flags, .from = VIR_FROM, .user = conf };
    void *data = virXmlParse(kind->type, node, &ctx, error);
    if (!data || (def && !completeDevice(kind, data, def, conf, flags, error)))
        return NULL;
    virDomainDevice *device = g_new0(virDomainDevice, 1);
    device->kind = kind->name;
    device->data = data;
    return device;
}

void virDomainDeviceFree(virDomainDevice *device)
{
    if (!device)
        return;
    if (device->data)
        virXmlFree(findKind(device->kind)->type, device->data);
    g_free(device);
}

char *virDomainDeviceFormat(const char *kind, const void *data, unsigned int flags)
{
    GString *out = g_string_new(NULL);
    virXmlFormat(findKind(kind)->type, NULL, data, flags, out, 0);
    return g_string_free(out, FALSE);
}
