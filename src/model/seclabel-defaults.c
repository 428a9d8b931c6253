/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Post-parse: security labels, of the guest and of single devices' sources. */
#define VIR_FROM VIR_FROM_DOMAIN
#include <string.h>
#include "base/error.h"
#include "model/passes.h"
#include "model/tables.h"

static bool missing(GError **error, const char *message)
{
    virSetError(error, VIR_ERR_XML_ERROR, "%s", message);
    return false;
}

static bool checkLabel(const virDomainSeclabel *s, GError **error)
{
    if (s->type == VIR_DOMAIN_SECLABEL_NONE && s->relabel == VIR_TRISTATE_BOOL_YES) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "resource relabeling is not compatible with 'none' label type");
        return false;
    }
    if (s->type == VIR_DOMAIN_SECLABEL_DYNAMIC && s->relabel == VIR_TRISTATE_BOOL_NO) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "dynamic label type must use resource relabeling");
        return false;
    }
    if (s->type == VIR_DOMAIN_SECLABEL_STATIC && !s->label)
        return missing(error, "security label is missing");
    return true;
}

/* A label without a model is of the host's first one, where the driver has any. */
static bool nameModel(virDomainSeclabel *s, const virDomainParseConfig *conf, GError **error)
{
    if (s->model || !conf->secModel)
        return true;
    bool plain = s->type == VIR_DOMAIN_SECLABEL_NONE || (s->type == VIR_DOMAIN_SECLABEL_DYNAMIC && !s->baselabel);
    if (!plain)
        return missing(error, "missing security model in domain seclabel");
    s->model = g_strdup(conf->secModel);
    return true;
}

static void complete(virDomainSeclabel *s, unsigned int flags)
{
    if (g_strcmp0(s->model, "none") == 0 && flags & VIR_DOMAIN_DEF_INACTIVE) {
        s->type = VIR_DOMAIN_SECLABEL_NONE;
        s->relabel = VIR_TRISTATE_BOOL_ABSENT;
        g_clear_pointer(&s->label, g_free);
        g_clear_pointer(&s->baselabel, g_free);
    }
    if (!s->relabel && s->type != VIR_DOMAIN_SECLABEL_NONE)
        s->relabel = s->type == VIR_DOMAIN_SECLABEL_DYNAMIC ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_NO;
    if (s->type == VIR_DOMAIN_SECLABEL_NONE)
        s->relabel = VIR_TRISTATE_BOOL_ABSENT;
    if (flags & VIR_DOMAIN_DEF_INACTIVE && s->type == VIR_DOMAIN_SECLABEL_DYNAMIC)
        g_clear_pointer(&s->label, g_free);
}

static bool passGuest(virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags, GError **error)
{
    for (unsigned int i = 0; i < def->seclabels.n; i++) {
        virDomainSeclabel *s = def->seclabels.v[i];
        if (!checkLabel(s, error))
            return false;
        for (unsigned int j = 0; j < i; j++) {
            if (g_strcmp0(def->seclabels.v[j]->model, s->model) != 0)
                continue;
            virSetError(error, VIR_ERR_XML_DETAIL, "seclabel for model %s is already provided", s->model ? s->model : "(null)");
            return false;
        }
    }
    for (unsigned int i = def->seclabels.n; i-- > 0;) {
        virDomainSeclabel *s = def->seclabels.v[i];
        if (!s->model && def->seclabels.n > 1)
            return missing(error, "missing security model when using multiple labels");
        if (!nameModel(s, conf, error))
            return false;
        complete(s, flags);
    }
    for (unsigned int i = def->seclabels.n; i-- > 0;)       /* nothing is said about the label */
        if (!def->seclabels.v[i]->type)
            virXmlFree(&virDomainSeclabelXml, virListTake(&def->seclabels, i));
    return true;
}

typedef VIR_LIST(virDeviceSeclabel) virDeviceSeclabels;

static bool passSource(virDeviceSeclabels *list, unsigned int flags, GError **error)
{
    for (unsigned int i = 0; i < list->n; i++) {
        const virDeviceSeclabel *s = list->v[i];
        if (s->label && s->relabel == VIR_TRISTATE_BOOL_NO) {
            virSetError(error, VIR_ERR_XML_ERROR, "Cannot specify a label if relabelling is turned off. model=%s",
                        s->model ? s->model : "<null>");
            return false;
        }
        for (unsigned int j = 0; j < i; j++) {
            if (g_strcmp0(list->v[j]->model, s->model) != 0)
                continue;
            virSetError(error, VIR_ERR_XML_DETAIL, "seclabel for model %s is already provided", s->model ? s->model : "<null>");
            return false;
        }
    }
    for (unsigned int i = list->n; i-- > 0;) {
        virDeviceSeclabel *s = list->v[i];
        if (flags & VIR_DOMAIN_DEF_INACTIVE)
            s->labelskip = VIR_TRISTATE_BOOL_ABSENT;        /* of a running guest only */
        if (s->label)
            s->relabel = VIR_TRISTATE_BOOL_YES;
        else if (s->relabel != VIR_TRISTATE_BOOL_NO && !s->labelskip)
            virXmlFree(&virDeviceSeclabelXml, virListTake(list, i));
    }
    return true;
}

static bool passChrs(virDomainChrDef **v, unsigned int n, unsigned int flags, GError **error)
{
    for (unsigned int i = 0; i < n; i++)
        if (!passSource((virDeviceSeclabels *)(void *)&v[i]->source.seclabels, flags, error))
            return false;
    return true;
}

bool virDomainPassSeclabels(virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags, GError **error)
{
    for (unsigned int i = 0; i < def->disks.n; i++)
        for (virStorageSource *s = &def->disks.v[i]->src; s; s = s->backing)
            if (!passSource((virDeviceSeclabels *)(void *)&s->seclabels, flags, error))
                return false;
    return passChrs(def->serials.v, def->serials.n, flags, error) && passChrs(def->parallels.v, def->parallels.n, flags, error) &&
           passChrs(def->consoles.v, def->consoles.n, flags, error) && passChrs(def->channels.v, def->channels.n, flags, error) &&
           passGuest(def, conf, flags, error);
}
