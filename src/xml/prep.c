/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes the paths of a table apart, once, on its first use. Tables live forever and so does this. */
#include "xml/internal.h"
#include <string.h>

static const char *findUri(const virXmlType *type, const char *prefix, size_t len)
{
    for (const virXmlNamespace *ns = type->ns; ns && ns->prefix; ns++)
        if (strlen(ns->prefix) == len && strncmp(ns->prefix, prefix, len) == 0)
            return ns->uri;
    return NULL;
}

/* "qemu:arg" or "source[@mode='bind']" */
static void prepareStep(const virXmlType *type, const char *text, size_t len, virXmlStep *step)
{
    g_autofree char *own = g_strndup(text, len);
    char *pred = strstr(own, "[@");
    if (pred) {
        g_auto(GStrv) parts = g_strsplit_set(pred + 2, "='", -1); /* attr, "", value, "]" */
        if (g_strv_length(parts) == 4) {
            step->predAttr = g_intern_string(parts[0]);
            step->predValue = g_intern_string(parts[2]);
        }
        *pred = 0;
    }
    step->full = g_intern_string(own);
    const char *colon = strchr(step->full, ':');
    step->name = colon ? colon + 1 : step->full;
    if (colon)
        step->uri = findUri(type, step->full, colon - step->full);
}

static bool sameStep(const virXmlStep *a, const virXmlStep *b)
{
    return a->full == b->full && a->predAttr == b->predAttr && a->predValue == b->predValue;
}

static int share(const virXmlPrepRow *a, const virXmlPrepRow *b)
{
    int n = 0;
    while (a && n < a->nsteps && n < b->nsteps && sameStep(&a->steps[n], &b->steps[n]))
        n++;
    return n;
}

static void prepareRow(const virXmlType *type, const virXmlRow *row, virXmlPrepRow *prep)
{
    const char *path = row->path ? row->path : ".";
    prep->steps = g_new0(virXmlStep, 8);
    while (*path && strcmp(path, ".") != 0 && *path != '@' && prep->nsteps < 8) {
        size_t len = strcspn(path, "/[");
        if (path[len] == '[')
            len += strcspn(path + len, "]") + 1;
        prepareStep(type, path, len, &prep->steps[prep->nsteps++]);
        path += len;
        if (*path == '/')
            path++;
    }
    if (*path == '@')
        prep->attr = g_intern_string(path + 1);
    if (virXmlIsElementKind(row->kind) && prep->nsteps > 0)
        prep->elem = &prep->steps[--prep->nsteps];
}

const virXmlPrep *virXmlPrepare(virXmlType *type)
{
    if (G_LIKELY(g_atomic_pointer_get(&type->prep)))
        return type->prep;
    static GMutex lock;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    if (type->prep)
        return type->prep;
    virXmlPrep *prep = g_new0(virXmlPrep, 1);
    while (type->rows[prep->n].kind != VIR_XML_END)
        prep->n++;
    prep->rows = g_new0(virXmlPrepRow, prep->n);
    virXmlPrepRow *written = NULL;
    for (unsigned int i = 0; i < prep->n; i++) {
        const virXmlRow *row = &type->rows[i];
        virXmlPrepRow *p = &prep->rows[i];
        prepareRow(type, row, p);
        p->readShare = share(i ? p - 1 : NULL, p);
        if (row->flags & (XF_NOFORMAT | XF_MEMORY))
            continue;
        p->writeShare = share(written, p);
        written = p;
    }
    g_atomic_pointer_set(&type->prep, prep);
    return prep;
}

bool virXmlStepMatches(const virXmlStep *step, xmlNode *node)
{
    /* most names differ in their first letter */
    if (node->type != XML_ELEMENT_NODE || (char)*node->name != *step->name ||
        strcmp((const char *)node->name, step->name) != 0)
        return false;
    if (!step->uri ? node->ns != NULL : !node->ns || strcmp((const char *)node->ns->href, step->uri) != 0)
        return false;
    if (!step->predAttr)
        return true;
    const char *value = virXmlProp(node, step->predAttr);
    return value && strcmp(value, step->predValue) == 0;
}
