/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What several commands need: the domain an argument names, words for states, files, the user's editor. */
#include "shell.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *savedError;

void shellKeepError(void)
{
    if (virGetLastErrorCode() != VIR_ERR_OK && !savedError)
        savedError = g_strdup(virGetLastErrorMessage());
}

void shellDomainFree(virDomainPtr d)
{
    shellKeepError();
    if (d)
        virDomainFree(d);
}

char *shellTakeError(void)
{
    char *text = virGetLastErrorCode() != VIR_ERR_OK ? g_strdup(virGetLastErrorMessage()) : g_steal_pointer(&savedError);
    g_clear_pointer(&savedError, g_free);
    virResetLastError();
    return text;
}

virDomainPtr cmdDomainNamed(Shell *sh, const char *word)
{
    virDomainPtr dom = NULL;
    char *end;
    long id = strtol(word, &end, 10);
    if (*word && !*end && id >= 0)
        dom = virDomainLookupByID(sh->conn, (int)id);
    if (!dom && strlen(word) == VIR_UUID_STRING_BUFLEN - 1)
        dom = virDomainLookupByUUIDString(sh->conn, word);
    if (!dom)
        dom = virDomainLookupByName(sh->conn, word);
    if (!dom) {
        if (virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
            virResetLastError();
        shellError(sh, "failed to get domain '%s'", word);
    }
    return dom;
}

virDomainPtr cmdDomain(Shell *sh, Cmd *cmd)
{
    return cmdDomainNamed(sh, cmdString(cmd, "domain"));
}

char *readInput(Shell *sh, const char *path)
{
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    gsize length;
    if (!g_file_get_contents(g_str_equal(path, "-") ? "/dev/stdin" : path, &text, &length, &error)) {
        int code = errno;
        shellError(sh, "Failed to open file '%s': %s", path, g_strerror(code));
        return NULL;
    }
    if (length > 10 * 1024 * 1024) {
        shellError(sh, "Failed to read file '%s': it is larger than 10 MiB", path);
        g_clear_pointer(&text, g_free);
    }
    return text;
}

char *editText(Shell *sh, const char *text)
{
    const char *editor = g_getenv("VISUAL");
    if (!editor || !*editor)
        editor = g_getenv("EDITOR");
    if (!editor || !*editor)
        editor = "vi";
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "virshXXXXXX.xml", NULL);
    g_autoptr(GError) error = NULL;
    int fd = g_mkstemp(path);
    if (fd < 0) {
        shellError(sh, "cannot create '%s': %s", path, g_strerror(errno));
        return NULL;
    }
    close(fd);
    char *edited = NULL;
    if (!g_file_set_contents(path, text, -1, &error)) {
        shellError(sh, "%s", error->message);
    } else {
        g_autofree char *quoted = g_shell_quote(path);
        g_autofree char *line = g_strdup_printf("%s %s", editor, quoted);
        int status = system(line);
        if (status != 0)
            shellError(sh, "the editor '%s' ended with status %d", editor, status);
        else if (!g_file_get_contents(path, &edited, NULL, &error))
            shellError(sh, "%s", error->message);
    }
    unlink(path);
    return edited;
}

/* What the user says to a document that was refused. */
static char askAgain(Shell *sh)
{
    char answer[16];
    shellError(sh, "%s", virGetLastErrorMessage());
    virResetLastError();
    printf("Failed. Try again? [y,n,i,f,?]: ");
    fflush(stdout);
    return isatty(STDIN_FILENO) && fgets(answer, sizeof(answer), stdin) ? answer[0] : 'n';
}

bool editDocument(Shell *sh, const EditWhat *what, bool validate)
{
    g_autofree char *before = what->dump(what->object), *text = g_strdup(before);
    while (before) {
        g_autofree char *edited = editText(sh, text);
        if (!edited)
            return false;
        if (g_str_equal(edited, before)) {
            printf("%s XML configuration not changed.\n", what->label);
            return true;
        }
        g_autofree char *now = what->dump(what->object);
        if (!now)
            return false;
        if (!g_str_equal(now, before)) {
            shellError(sh, "%s", "The XML configuration was changed by another user");
            return false;
        }
        if (what->define(sh, edited, validate)) {
            printf("%s XML configuration edited.\n", what->label);
            return true;
        }
        g_free(text);
        text = g_steal_pointer(&edited);
        char answer = askAgain(sh);
        if (answer == 'n')
            return false;
        validate = validate && answer != 'i';
    }
    return false;
}

const char *domainStateText(int state)
{
    static const char *const words[] = {
        [VIR_DOMAIN_NOSTATE] = "no state",   [VIR_DOMAIN_RUNNING] = "running",   [VIR_DOMAIN_BLOCKED] = "idle",
        [VIR_DOMAIN_PAUSED] = "paused",      [VIR_DOMAIN_SHUTDOWN] = "in shutdown", [VIR_DOMAIN_SHUTOFF] = "shut off",
        [VIR_DOMAIN_CRASHED] = "crashed",    [VIR_DOMAIN_PMSUSPENDED] = "pmsuspended",
    };
    return state >= 0 && state < (int)G_N_ELEMENTS(words) ? words[state] : "no state";
}

const char *domainReasonText(int state, int reason)
{
    static const char *const running[] = { "unknown", "booted", "migrated", "restored", "from snapshot", "unpaused",
                                           "migration canceled", "save canceled", "event wakeup", "crashed", "post-copy",
                                           "post-copy failed" };
    static const char *const paused[] = { "unknown", "user", "migrating", "saving", "dumping", "I/O error", "watchdog",
                                          "from snapshot", "shutting down", "creating snapshot", "crashed", "starting up",
                                          "post-copy", "post-copy failed", "api error" };
    static const char *const shutdown_[] = { "unknown", "user" };
    static const char *const shutoff[] = { "unknown", "shutdown", "destroyed", "crashed", "migrated", "saved", "failed",
                                           "from snapshot", "daemon" };
    static const char *const crashed[] = { "unknown", "panicked" };
    static const struct {
        const char *const *words;
        gsize n;
    } all[] = {
        [VIR_DOMAIN_RUNNING] = { running, G_N_ELEMENTS(running) },    [VIR_DOMAIN_PAUSED] = { paused, G_N_ELEMENTS(paused) },
        [VIR_DOMAIN_SHUTDOWN] = { shutdown_, G_N_ELEMENTS(shutdown_) }, [VIR_DOMAIN_SHUTOFF] = { shutoff, G_N_ELEMENTS(shutoff) },
        [VIR_DOMAIN_CRASHED] = { crashed, G_N_ELEMENTS(crashed) },    [VIR_DOMAIN_PMSUSPENDED] = { NULL, 0 },
    };
    if (state < 0 || state >= (int)G_N_ELEMENTS(all) || reason < 0 || reason >= (int)all[state].n)
        return "unknown";
    return all[state].words[reason];
}
