/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `help`: from the tables of commands alone. */
#include "shell.h"
#include <stdio.h>
#include <string.h>

static int byName(gconstpointer a, gconstpointer b)
{
    const CmdDef *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* With what other tables add to it. */
void helpGroup(const CmdGroup *g, const char *end)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    int tables = 0;
    for (int i = 0; shellGroups[i]; i++) {
        if (!g_str_equal(shellGroups[i]->keyword, g->keyword))
            continue;
        tables++;
        for (const CmdDef *c = shellGroups[i]->commands; c->name; c++)
            if (!(c->flags & CMD_ALIAS))
                g_ptr_array_add(all, (gpointer)c);
    }
    if (tables > 1)
        g_ptr_array_sort(all, byName);
    printf(" %s (help keyword '%s')%s\n", g->title, g->keyword, end);
    for (guint i = 0; i < all->len; i++) {
        const CmdDef *c = all->pdata[i];
        printf("    %-30s %s\n", c->name, c->help);
    }
}

void helpAll(Shell *sh)
{
    printf("Grouped commands:\n\n");
    for (int i = 0; shellGroups[i]; i++) {
        if (!shellGroups[i]->title)
            continue;
        helpGroup(shellGroups[i], ":");
        printf("\n");
    }
}

static const char *valueWord(const OptDef *o)
{
    return o->type == OPT_INT ? "<number>" : "<string>";
}

static void printSynopsis(const CmdDef *c)
{
    printf("\n  SYNOPSIS\n    %s", c->name);
    for (const OptDef *o = c->options; o && o->name; o++) {
        if (o->type == OPT_BOOL)
            printf(" [--%s]", o->name);
        else if (o->type == OPT_DATA)
            printf(o->required ? " <%s>" : " [--%s <string>]", o->name);
        else if (o->type == OPT_TAIL)
            printf(" [<%s>]...", o->name);
        else if (o->type == OPT_ARGV)
            printf(o->required ? " {[--%s] <string>}..." : " [[--%s] <string>]...", o->name);
        else
            printf(o->required ? " --%s %s" : " [--%s %s]", o->name, valueWord(o));
    }
    if (c->flags & CMD_FACTS)
        printf(" [--output <string>]");
    printf("\n");
}

static void printOptions(const CmdDef *c)
{
    if ((!c->options || !c->options->name) && !(c->flags & CMD_FACTS))
        return;
    printf("\n  OPTIONS\n");
    for (const OptDef *o = c->options; o && o->name; o++) {
        g_autofree char *left = NULL;
        if (o->type == OPT_BOOL)
            left = g_strdup_printf("--%s", o->name);
        else if (o->type == OPT_DATA && o->required)
            left = g_strdup_printf("[--%s] %s", o->name, valueWord(o));
        else if (o->type == OPT_TAIL)
            left = g_strdup_printf("<%s>", o->name);
        else if (o->type == OPT_ARGV)
            left = g_strdup_printf("[--%s] <string>", o->name);
        else
            left = g_strdup_printf("--%s %s", o->name, valueWord(o));
        printf("    %-15s  %s\n", left, o->help);
    }
    if (c->flags & CMD_FACTS)
        printf("    %-15s  %s\n", "--output <string>", "print as 'text' (default) or 'json'");
}

bool helpCommand(Shell *sh, const char *name)
{
    for (int i = 0; shellGroups[i]; i++) {
        const CmdGroup *g = shellGroups[i];
        if (g->title && (g_str_equal(g->keyword, name) || g_str_equal(g->title, name))) {
            helpGroup(g, ":");
            return true;
        }
    }
    const CmdDef *c = shellFind(name);
    if (!c) {
        shellError(sh, "command or command group '%s' doesn't exist", name);
        return false;
    }
    printf("  NAME\n    %s - %s\n", c->name, c->help);
    printSynopsis(c);
    g_auto(GStrv) lines = g_strsplit(c->description ? c->description : "", "\n", -1);
    if (c->description)
        printf("\n  DESCRIPTION\n");
    for (char **l = lines; *l; l++)
        printf("    %s\n", *l);
    printOptions(c);
    printf("\n");
    return true;
}
