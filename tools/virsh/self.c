/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands of the shell itself. */
#include "output.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static bool cmdHelp(Shell *sh, Cmd *cmd)
{
    const char *name = cmdString(cmd, "command");
    if (name)
        return helpCommand(sh, name);
    helpAll(sh);
    return true;
}

static bool cmdConnect(Shell *sh, Cmd *cmd)
{
    const char *uri = cmdString(cmd, "name");
    if (!shellConnect(sh, uri, cmdHas(cmd, "readonly")))
        return false;
    g_free(sh->uri);
    sh->uri = g_strdup(uri);
    sh->readonly = cmdHas(cmd, "readonly");
    return true;
}

static bool cmdCd(Shell *sh, Cmd *cmd)
{
    const char *dir = cmdString(cmd, "dir");
    if (!sh->interactive) {
        shellError(sh, "%s", "cd: command valid only in interactive mode");
        return false;
    }
    if (chdir(dir ? dir : g_get_home_dir()) == 0)
        return true;
    shellError(sh, "cd: %s: %s", dir ? dir : g_get_home_dir(), g_strerror(errno));
    return false;
}

static bool cmdPwd(Shell *sh, Cmd *cmd)
{
    g_autofree char *dir = g_get_current_dir();
    printf("%s\n", dir);
    return true;
}

static bool cmdEcho(Shell *sh, Cmd *cmd)
{
    for (guint i = 0; i < cmd->rest->len; i++) {
        const char *word = cmd->rest->pdata[i];
        g_autofree char *quoted = cmdHas(cmd, "shell") ? g_shell_quote(word)
                                  : cmdHas(cmd, "xml") ? g_markup_escape_text(word, -1)
                                                       : g_strdup(word);
        printf("%s%s", i ? " " : "", quoted);
    }
    printf("\n");
    return true;
}

static bool cmdQuit(Shell *sh, Cmd *cmd)
{
    sh->exitNow = true;
    return true;
}

static char **completeCommands(Shell *sh, const char *text)
{
    g_autoptr(GStrvBuilder) out = g_strv_builder_new();
    for (int g = 0; shellGroups[g]; g++)
        for (const CmdDef *c = shellGroups[g]->commands; c->name; c++)
            if (g_str_has_prefix(c->name, text))
                g_strv_builder_add(out, c->name);
    return g_strv_builder_end(out);
}

#define FLAG(name, what) { name, OPT_BOOL, false, what, NULL }
static const OptDef optsNone[] = { OPT_END };
static const OptDef optsHelp[] = { { "command", OPT_DATA, false, "Prints global help, command specific help, or help for a group of related commands", completeCommands }, OPT_END };
static const OptDef optsConnect[] = { { "name", OPT_DATA, false, "hypervisor connection URI", NULL },
                                      FLAG("readonly", "read-only connection"), OPT_END };
static const OptDef optsCd[] = { { "dir", OPT_DATA, false, "directory to switch to (default: home or else root)", NULL }, OPT_END };
static const OptDef optsEcho[] = { FLAG("shell", "escape for shell use"), FLAG("xml", "escape for XML use"),
                                   { "string", OPT_TAIL, false, "arguments to echo", NULL }, OPT_END };

static const CmdDef commands[] = {
    { "cd", "change the current directory", "Change the current directory.", optsCd, cmdCd, CMD_NO_CONNECT },
    { "connect", "(re)connect to hypervisor", "Connect to local hypervisor. This is built-in command after shell start up.", optsConnect, cmdConnect, CMD_NO_CONNECT },
    { "echo", "echo arguments", "Print the arguments, quoted as asked.", optsEcho, cmdEcho, CMD_NO_CONNECT },
    { "exit", "quit this interactive terminal", NULL, optsNone, cmdQuit, CMD_NO_CONNECT },
    { "help", "print help", "Prints global help, command specific help, or help for a\ngroup of related commands", optsHelp, cmdHelp, CMD_NO_CONNECT },
    { "pwd", "print the current directory", "Print the current directory.", optsNone, cmdPwd, CMD_NO_CONNECT },
    { "quit", "quit this interactive terminal", NULL, optsNone, cmdQuit, CMD_NO_CONNECT },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

const CmdGroup groupSelf = { "Virsh itself", "virsh", commands };
