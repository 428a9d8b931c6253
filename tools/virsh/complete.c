/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may stand where: completion of commands, options and their values, and the interactive session that asks for it. */
#include "module.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- values ---- */

static char **domainNames(Shell *sh, const char *text, unsigned int flags)
{
    g_autoptr(GStrvBuilder) out = g_strv_builder_new();
    virDomainPtr *list = NULL;
    int n = sh->conn ? virConnectListAllDomains(sh->conn, &list, flags) : 0;
    for (int i = 0; i < n; i++) {
        if (g_str_has_prefix(virDomainGetName(list[i]), text))
            g_strv_builder_add(out, virDomainGetName(list[i]));
        virDomainFree(list[i]);
    }
    free(list);
    return g_strv_builder_end(out);
}

char **completeDomains(Shell *sh, const char *text)
{
    return domainNames(sh, text, 0);
}

char **completeActiveDomains(Shell *sh, const char *text)
{
    return domainNames(sh, text, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
}

char **completeInactiveDomains(Shell *sh, const char *text)
{
    return domainNames(sh, text, VIR_CONNECT_LIST_DOMAINS_INACTIVE);
}

char **completePools(Shell *sh, const char *text)
{
    g_autoptr(GStrvBuilder) out = g_strv_builder_new();
    virStoragePoolPtr *list = NULL;
    int n = sh->conn ? virConnectListAllStoragePools(sh->conn, &list, 0) : -1;
    for (int i = 0; i < n; i++) {
        const char *name = virStoragePoolGetName(list[i]);
        if (g_str_has_prefix(name, text))
            g_strv_builder_add(out, name);
        virStoragePoolFree(list[i]);
    }
    free(list);
    return g_strv_builder_end(out);
}

/* ---- what may stand here ---- */

static char **commandNames(const char *text)
{
    g_autoptr(GStrvBuilder) out = g_strv_builder_new();
    for (int g = 0; shellGroups[g]; g++)
        for (const CmdDef *c = shellGroups[g]->commands; c->name; c++)
            if (g_str_has_prefix(c->name, text))
                g_strv_builder_add(out, c->name);
    return g_strv_builder_end(out);
}

static char **optionNames(const CmdDef *def, char **given, const char *text)
{
    g_autoptr(GStrvBuilder) out = g_strv_builder_new();
    for (const OptDef *o = def->options; o && o->name; o++) {
        g_autofree char *name = g_strdup_printf("--%s", o->name);
        if (g_str_has_prefix(name, text) && !g_strv_contains((const char *const *)given, name))
            g_strv_builder_add(out, name);
    }
    if ((def->flags & CMD_FACTS) && g_str_has_prefix("--output", text))
        g_strv_builder_add(out, "--output");
    return g_strv_builder_end(out);
}

static char **wordCandidates(Shell *sh, char **words, guint n, const char *text)
{
    const CmdDef *def = n ? shellFind(words[0]) : NULL;
    if (n == 0)
        return commandNames(text);
    if (!def)
        return NULL;
    if (g_str_has_prefix(text, "-"))
        return optionNames(def, words, text);
    const char *last = words[n - 1];
    for (const OptDef *o = def->options; o && o->name; o++) {
        bool named = g_str_has_prefix(last, "--") && g_str_equal(last + 2, o->name) && o->type != OPT_BOOL;
        bool positional = !g_str_has_prefix(last, "--") && (o->type == OPT_DATA || o->type >= OPT_ARGV);
        if ((named || positional || n == 1) && o->complete)
            return o->complete(sh, text);
    }
    return optionNames(def, words, text);
}

/* The words that may stand after `before`; those that begin with `text`. */
static char **candidatesFor(Shell *sh, const char *before, const char *text)
{
    const char *semicolon = strrchr(before, ';');
    g_auto(GStrv) parts = g_strsplit_set(semicolon ? semicolon + 1 : before, " \t", -1);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    for (char **p = parts; *p; p++)
        if (**p)
            g_ptr_array_add(words, *p);
    guint n = words->len;
    g_ptr_array_add(words, NULL);
    return wordCandidates(sh, (char **)words->pdata, n, text);
}

bool shellReadline(Shell *sh)
{
    static const ShellLines lines = { candidatesFor, shellRunLine };
    ShellInteract interact = (ShellInteract)shellModule(sh, "readline", "shellInteract");
    if (interact)
        interact(sh, &lines);
    return interact != NULL;
}
