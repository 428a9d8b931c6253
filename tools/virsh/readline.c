/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interactive line: readline and its history, in a module of its own: scripts need none of it. */
#include "module.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <readline/history.h>
#include <readline/readline.h>

static Shell *session;
static const ShellLines *lines;
static char **candidates;

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
    g_strfreev(candidates);
    candidates = lines->candidates(session, before, text);
    rl_attempted_completion_over = 1;
    return rl_completion_matches(text, nextCandidate);
}

void shellInteract(Shell *sh, const ShellLines *given)
{
    session = sh;
    lines = given;
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
            lines->run(sh, line);
        }
        free(line);
    }
    if (g_mkdir_with_parents(dir, 0755) == 0)
        write_history(history);
}
