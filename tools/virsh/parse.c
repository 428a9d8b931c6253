/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a line to commands with their options bound. */
#include "shell.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

/* One word from *p (quotes and backslashes as in sh), up to a blank or ';'. False when a quote is left open. */
static bool takeWord(const char **p, GString *word)
{
    char quote = 0;
    for (; **p && (quote || (!g_ascii_isspace(**p) && **p != ';')); (*p)++) {
        if (**p == '\\' && quote != '\'' && (*p)[1]) {
            (*p)++;
            g_string_append_c(word, **p);
        } else if (quote && **p == quote) {
            quote = 0;
        } else if (!quote && (**p == '\'' || **p == '"')) {
            quote = **p;
        } else {
            g_string_append_c(word, **p);
        }
    }
    return !quote;
}

static void endCommand(GPtrArray *commands, GPtrArray *words)
{
    if (words->len == 0)
        return;
    char **list = g_new0(char *, words->len + 1);
    for (guint n = words->len; n-- > 0;)
        list[n] = g_ptr_array_steal_index(words, n);
    g_ptr_array_add(commands, list);
}

GPtrArray *shellSplit(Shell *sh, const char *line)
{
    g_autoptr(GPtrArray) commands = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    for (const char *p = line; *p;) {
        if (g_ascii_isspace(*p)) {
            p++;
        } else if (*p == ';') {
            endCommand(commands, words);
            p++;
        } else if (*p == '#' && words->len == 0) {
            break;
        } else {
            GString *word = g_string_new(NULL);
            if (!takeWord(&p, word)) {
                shellError(sh, "missing \"");
                g_string_free(word, TRUE);
                return NULL;
            }
            g_ptr_array_add(words, g_string_free(word, FALSE));
        }
    }
    endCommand(commands, words);
    return g_steal_pointer(&commands);
}

/* ---- commands ---- */

const CmdDef *shellFind(const char *name)
{
    for (int g = 0; shellGroups[g]; g++)
        for (const CmdDef *c = shellGroups[g]->commands; c->name; c++)
            if (g_str_equal(c->name, name))
                return c;
    return NULL;
}

static int optionIndex(const CmdDef *def, const char *name)
{
    for (int i = 0; def->options && def->options[i].name; i++)
        if (g_str_equal(def->options[i].name, name))
            return i;
    return -1;
}

static int optionCount(const CmdDef *def)
{
    int n = 0;
    while (def->options && def->options[n].name)
        n++;
    return n;
}

void cmdFree(Cmd *cmd)
{
    if (!cmd)
        return;
    for (int i = 0, n = optionCount(cmd->def); i < n; i++)
        g_free(cmd->values[i]);
    g_free(cmd->values);
    g_ptr_array_unref(cmd->rest);
    g_free(cmd);
}

/* "--name", "--name=value", "--name value". Returns the words used, 0 on error. */
static int bindNamed(Shell *sh, Cmd *cmd, char **words)
{
    const CmdDef *def = cmd->def;
    const char *equals = strchr(words[0], '=');
    g_autofree char *name = equals ? g_strndup(words[0] + 2, equals - words[0] - 2) : g_strdup(words[0] + 2);
    if (g_str_equal(name, "output") && (def->flags & CMD_FACTS)) {
        const char *value = equals ? equals + 1 : words[1];
        if (!value || (!g_str_equal(value, "json") && !g_str_equal(value, "text"))) {
            shellError(sh, "--output takes 'json' or 'text', not '%s'", value ? value : "nothing");
            return 0;
        }
        cmd->json = g_str_equal(value, "json");
        return equals ? 1 : 2;
    }
    int i = optionIndex(def, name);
    if (i < 0) {
        shellError(sh, "command '%s' doesn't support option --%s", def->name, name);
        return 0;
    }
    const OptDef *o = &def->options[i];
    if (cmd->values[i]) {
        shellError(sh, "option --%s already seen", name);
        return 0;
    }
    if (o->type == OPT_BOOL) {
        if (equals) {
            shellError(sh, "invalid '=' after option --%s", name);
            return 0;
        }
        cmd->values[i] = g_strdup("");
        return 1;
    }
    const char *value = equals ? equals + 1 : words[1];
    if (!value) {
        shellError(sh, "expected syntax: --%s <%s>", name, o->type == OPT_INT ? "number" : "string");
        return 0;
    }
    if (o->type >= OPT_ARGV)
        g_ptr_array_add(cmd->rest, g_strdup(value));
    else
        cmd->values[i] = g_strdup(value);
    return equals ? 1 : 2;
}

/* A word without "--": the first positional option that has no value yet. */
static bool bindPositional(Shell *sh, Cmd *cmd, const char *word)
{
    for (int i = 0; cmd->def->options && cmd->def->options[i].name; i++) {
        const OptDef *o = &cmd->def->options[i];
        if (o->type >= OPT_ARGV) {
            g_ptr_array_add(cmd->rest, g_strdup(word));
            return true;
        }
        if (o->type != OPT_BOOL && !cmd->values[i] && (o->type == OPT_DATA || o->required)) {
            cmd->values[i] = g_strdup(word);
            return true;
        }
    }
    /* Options with a value that were given no name take what is left, in their order. */
    for (int i = 0; cmd->def->options && cmd->def->options[i].name; i++) {
        if (cmd->def->options[i].type != OPT_BOOL && !cmd->values[i]) {
            cmd->values[i] = g_strdup(word);
            return true;
        }
    }
    shellError(sh, "unexpected data '%s'", word);
    return false;
}

Cmd *cmdParse(Shell *sh, char **words)
{
    const CmdDef *def = shellFind(words[0]);
    if (!def) {
        shellError(sh, "unknown command: '%s'", words[0]);
        return NULL;
    }
    g_autoptr(Cmd) cmd = g_new0(Cmd, 1);
    cmd->def = def;
    cmd->values = g_new0(char *, optionCount(def) + 1);
    cmd->rest = g_ptr_array_new_with_free_func(g_free);
    bool data = false;
    for (char **w = words + 1; *w;) {
        if (!data && g_str_equal(*w, "--")) {
            data = true;
            w++;
        } else if (!data && g_str_has_prefix(*w, "--")) {
            int used = bindNamed(sh, cmd, w);
            if (!used)
                return NULL;
            w += used;
        } else {
            if (!bindPositional(sh, cmd, *w))
                return NULL;
            w++;
        }
    }
    for (int i = 0; def->options && def->options[i].name; i++) {
        const OptDef *o = &def->options[i];
        if (o->required && !cmd->values[i] && !(o->type >= OPT_ARGV && cmd->rest->len)) {
            shellError(sh, o->type == OPT_DATA || o->type >= OPT_ARGV ? "command '%s' requires <%s> option"
                                                                      : "command '%s' requires --%s option",
                       def->name, o->name);
            return NULL;
        }
    }
    return g_steal_pointer(&cmd);
}

bool cmdOffers(const Cmd *cmd, const char *name)
{
    return optionIndex(cmd->def, name) >= 0;
}

const char *cmdString(const Cmd *cmd, const char *name)
{
    int i = optionIndex(cmd->def, name);
    g_assert(i >= 0);           /* a command asked for an option that its table lacks */
    return cmd->values[i];
}

bool cmdHas(const Cmd *cmd, const char *name)
{
    return cmdString(cmd, name) != NULL;
}

int cmdInt(Shell *sh, const Cmd *cmd, const char *name, int *value)
{
    const char *text = cmdString(cmd, name);
    gint64 n;
    if (!text)
        return 0;
    if (!g_ascii_string_to_signed(text, 10, G_MININT, G_MAXINT, &n, NULL)) {
        shellError(sh, "Numeric value '%s' for <%s> option is malformed or out of range", text, name);
        return -1;
    }
    *value = (int)n;
    return 1;
}

int cmdLongLong(Shell *sh, const Cmd *cmd, const char *name, bool negative, unsigned long long *value)
{
    const char *text = cmdString(cmd, name);
    gint64 low = 0;
    guint64 n = 0;
    if (!text)
        return 0;
    bool wraps = negative && g_ascii_string_to_signed(text, 10, G_MININT64, -1, &low, NULL);
    if (!wraps && !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &n, NULL)) {
        shellError(sh, "Numeric value '%s' for <%s> option is malformed or out of range", text, name);
        return -1;
    }
    *value = wraps ? (unsigned long long)low : n;
    return 1;
}

/* The base is 1000 before a plain "B", else 1024. False: no such unit. */
static bool unitOf(const char *text, guint64 *base, unsigned int *power)
{
    static const char letters[] = "kmgtpe";
    const char *at = *text ? strchr(letters, g_ascii_tolower(*text)) : NULL;
    *base = 1024;
    *power = 0;
    if (!*text || g_ascii_strcasecmp(text, "b") == 0 || g_ascii_strcasecmp(text, "byte") == 0 || g_ascii_strcasecmp(text, "bytes") == 0)
        return true;
    if (!at || !(text[1] == 0 || g_ascii_strcasecmp(text + 1, "ib") == 0 || g_ascii_strcasecmp(text + 1, "b") == 0))
        return false;
    *base = g_ascii_strcasecmp(text + 1, "b") == 0 ? 1000 : 1024;
    *power = (unsigned int)(at - letters) + 1;
    return true;
}

bool parseSize(Shell *sh, const char *text, unsigned long long *bytes)
{
    char *unit;
    guint64 base;
    unsigned int power;
    errno = 0;
    guint64 n = g_ascii_strtoull(text, &unit, 10);
    bool number = unit != text && errno == 0 && !strchr(text, '-');
    if (number && !unitOf(unit, &base, &power)) {
        shellError(sh, "Malformed size %s", text);
        shellError(sh, "invalid argument: unknown suffix '%s'", unit);
        return false;
    }
    for (; number && power && n <= G_MAXUINT64 / base; power--)
        n *= base;
    if (!number || power) {
        shellError(sh, "Malformed size %s", text);
        if (number)
            shellError(sh, "numerical overflow: value too large: %s", text);
        return false;
    }
    *bytes = n;
    return true;
}

bool cmdExclusive(Shell *sh, const Cmd *cmd, const char *a, const char *b)
{
    if (!cmdHas(cmd, a) || !cmdHas(cmd, b))
        return true;
    shellError(sh, "Options --%s and --%s are mutually exclusive", a, b);
    return false;
}
