/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUs as documents of their own, and what must hold within one. */
#define VIR_FROM VIR_FROM_CPU
#include "model/tables.h"
#include "model/document.h"
#include <string.h>

void virCPUDefFree(virCPUDef *cpu)
{
    if (!cpu)
        return;
    virXmlClear(&virCPUDefXml, cpu);
    virXmlClear(&virCPUHostXml, cpu);
    g_free(cpu);
}

virCPUDef *virCPUDefCopy(const virCPUDef *cpu)
{
    virCPUDef *copy = virXmlCopy(&virCPUDefXml, cpu);
    copy->counter = NULL;       /* the host's own, which its table copies */
    memset(&copy->pages, 0, sizeof(copy->pages));
    return copy;
}

static char *format(virXmlType *type, const virCPUDef *cpu)
{
    GString *out = g_string_new(NULL);
    virXmlFormat(type, "cpu", cpu, 0, out, 0);
    return g_string_free(out, FALSE);
}

char *virCPUDefFormat(const virCPUDef *cpu)
{
    return format(&virCPUDefXml, cpu);
}

char *virCPUDefFormatHost(const virCPUDef *cpu)
{
    return format(&virCPUHostXml, cpu);
}

virCPUFeature *virCPUDefFeature(const virCPUDef *cpu, const char *name)
{
    for (unsigned int i = 0; i < cpu->features.n; i++)
        if (g_str_equal(cpu->features.v[i]->name, name))
            return cpu->features.v[i];
    return NULL;
}

void virCPUDefDropFeature(virCPUDef *cpu, unsigned int at)
{
    virXmlFree(&virCPUFeatureXml, virListTake(&cpu->features, at));
}

void virCPUDefSetFeature(virCPUDef *cpu, const char *name, virCPUFeaturePolicy policy)
{
    virCPUFeature *f = virCPUDefFeature(cpu, name);
    if (!f) {
        f = g_new0(virCPUFeature, 1);
        f->name = g_strdup(name);
        virListAppend(&cpu->features, f);
    }
    f->policy = policy;
}

static bool completeFeatures(virCPUDef *cpu, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (unsigned int i = 0; i < cpu->features.n; i++) {
        virCPUFeature *f = cpu->features.v[i];
        if (!f->policy)
            f->policy = VIR_CPU_FEATURE_REQUIRE;
        if (!f->name || !*f->name) {
            virSetError(error, VIR_ERR_XML_ERROR, "Invalid CPU feature name");
            return false;
        }
        if (!g_hash_table_add(seen, f->name)) {
            virSetError(error, VIR_ERR_XML_ERROR, "CPU feature '%s' specified more than once", f->name);
            return false;
        }
    }
    return true;
}

static bool checkVendorId(const virCPUDef *cpu, GError **error)
{
    if (!cpu->vendorId)
        return true;
    if (strlen(cpu->vendorId) != 12) {
        virSetError(error, VIR_ERR_XML_ERROR, "vendor_id must be exactly 12 characters long");
        return false;
    }
    if (strchr(cpu->vendorId, ',')) {
        virSetError(error, VIR_ERR_XML_ERROR, "vendor id is invalid");
        return false;
    }
    return true;
}

static void completeMode(virCPUDef *cpu)
{
    if (cpu->sockets && !cpu->dies)
        cpu->dies = 1;
    if (cpu->model && !cpu->mode)
        cpu->mode = VIR_CPU_MODE_CUSTOM;
    if (cpu->mode == VIR_CPU_MODE_CUSTOM && cpu->model && !cpu->match)
        cpu->match = VIR_CPU_MATCH_EXACT;
    if (cpu->model && !cpu->fallback)
        cpu->fallback = VIR_CPU_FALLBACK_ALLOW;
    if (cpu->mode == VIR_CPU_MODE_CUSTOM && !cpu->model)
        cpu->mode = VIR_CPU_MODE_NONE, cpu->match = VIR_CPU_MATCH_NONE, cpu->check = VIR_CPU_CHECK_UNSET;
    if (cpu->mode != VIR_CPU_MODE_HOST_PASSTHROUGH && cpu->mode != VIR_CPU_MODE_HOST_MODEL && cpu->mode != VIR_CPU_MODE_MAXIMUM)
        return;
    cpu->match = VIR_CPU_MATCH_NONE;
    if (cpu->mode != VIR_CPU_MODE_HOST_MODEL) {
        g_clear_pointer(&cpu->model, g_free);
        g_clear_pointer(&cpu->vendor, g_free);
    }
    if (!cpu->model)
        cpu->fallback = VIR_CPU_FALLBACK_NONE;
}

bool virCPUDefComplete(virCPUDef *cpu, GError **error)
{
    completeMode(cpu);
    if (!checkVendorId(cpu, error))
        return false;
    if (cpu->migratable && cpu->mode != VIR_CPU_MODE_HOST_PASSTHROUGH && cpu->mode != VIR_CPU_MODE_MAXIMUM) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED,
                    "Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU mode");
        return false;
    }
    if (cpu->vendor && !cpu->model) {
        virSetError(error, VIR_ERR_XML_ERROR, "CPU vendor specified without CPU model");
        return false;
    }
    bool host = cpu->mode == VIR_CPU_MODE_HOST_PASSTHROUGH || cpu->mode == VIR_CPU_MODE_HOST_MODEL || cpu->mode == VIR_CPU_MODE_MAXIMUM;
    if (!cpu->model && !host && cpu->features.n > 0) {
        virSetError(error, VIR_ERR_XML_ERROR, "Non-empty feature list specified without CPU model");
        return false;
    }
    return completeFeatures(cpu, error);
}

/* What only guests' documents may say, and what a host's must. */
static bool checkHost(xmlNode *root, GError **error)
{
    if (virXmlProp(root, "mode")) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Attribute mode is only allowed for guest CPU");
        return false;
    }
    if (!virXmlChild(root, "arch")) {
        virSetError(error, VIR_ERR_XML_ERROR, "Missing CPU architecture");
        return false;
    }
    return true;
}

virCPUDef *virCPUDefParse(const char *xml, virCPUDocument kind, bool validate, GError **error)
{
    g_autoptr(virXmlDoc) doc = virXmlDocParse(xml, NULL, "CPU_definition", NULL, VIR_FROM, error);
    if (!doc)
        return NULL;
    xmlNode *root = virXmlRoot(doc);
    if (strcmp((const char *)root->name, "cpu") != 0) {
        virSetError(error, VIR_ERR_XML_ERROR, "XML does not contain expected 'cpu' element");
        return NULL;
    }
    bool host = kind == VIR_CPU_DOCUMENT_HOST || (kind == VIR_CPU_DOCUMENT_ANY && virXmlChild(root, "arch"));
    virXmlType *type = host ? &virCPUHostXml : &virCPUDefXml;
    if ((validate && !virXmlValidate(type, root, error)) || (host && !checkHost(root, error)))
        return NULL;
    virXmlContext ctx = { .from = VIR_FROM };
    g_autoptr(virCPUDef) cpu = virXmlParse(type, root, &ctx, error);
    if (!cpu)
        return NULL;
    if (host && !cpu->model) {
        virSetError(error, VIR_ERR_XML_ERROR, "Missing CPU model name");
        return NULL;
    }
    return (host ? completeFeatures(cpu, error) : virCPUDefComplete(cpu, error)) ? g_steal_pointer(&cpu) : NULL;
}
