/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interactive session: readline, history, and completion of commands, options and their values. */
#include "shell.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <readline/history.h>
#include <readline/readline.h>

static Shell *session;
static char **candidates;

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

static char **wordCandidates(char **words, guint n, const char *text)
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
            return o->complete(session, text);
    }
    return optionNames(def, words, text);
}

static char *nextCandidate(const char *text, int state)
{
    static guint at;
    if (state == 0)
        at = 0;
    return candidates && candidates[at] ? strdup(candidates[at++]) : NULL;
}

static char **complete(const char *text, int start, int end)
{
    g_autofree char *before = g_strndup(rl_line_buffer, start);
    const char *semicolon = strrchr(before, ';');
    g_auto(GStrv) parts = g_strsplit_set(semicolon ? semicolon + 1 : before, " \t", -1);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    for (char **p = parts; *p; p++)
        if (**p)
            g_ptr_array_add(words, *p);
    guint n = words->len;
    g_ptr_array_add(words, NULL);
    g_strfreev(candidates);
    candidates = wordCandidates((char **)words->pdata, n, text);
    rl_attempted_completion_over = 1;
    return rl_completion_matches(text, nextCandidate);
}

void shellReadline(Shell *sh)
{
    session = sh;
    rl_readline_name = "virsh";
    rl_attempted_completion_function = complete;
    rl_completer_word_break_characters = (char *)" \t\n;";
    g_autofree char *dir = g_build_filename(g_get_user_cache_dir(), "virsh", NULL);
    g_autofree char *history = g_build_filename(dir, "history", NULL);
    const char *size = g_getenv("VIRSH_HISTSIZE");
    stifle_history(size ? atoi(size) : 500);
    read_history(history);
    while (!sh->exitNow) {
        char *line = readline(sh->readonly ? "virsh > " : "virsh # ");
        if (!line) {
            printf("\n");
            break;
        }
        if (*line) {
            add_history(line);
            shellRunLine(sh, line);
        }
        free(line);
    }
    if (g_mkdir_with_parents(dir, 0755) == 0)
        write_history(history);
}
