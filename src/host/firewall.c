/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packet filter rules as one transaction. Starting a tool costs much more than a rule, so that neighbours of the same table go to its
 * "restore" form together, which takes all of them or none. Where that fails, they run one by one: the error then names the command,
 * and what succeeded before it is known and can be undone.
 */
#define VIR_FROM VIR_FROM_FIREWALL
#define VIR_LOG_NAME "host.firewall"
#include "host/firewall.h"
#include "host/process.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include <string.h>
#include <sys/mman.h>

enum { DEADLINE_MS = 30000, OUTPUT_LIMIT = 16 << 20, LINE_LIMIT = 8000 };

static const struct {
    const char *tool, *wait, *restore;
} tools[VIR_FIREWALL_LAYERS] = {
    { "ebtables", "--concurrent", "ebtables-restore" },
    { "iptables", "-w", "iptables-restore" },
    { "ip6tables", "-w", "ip6tables-restore" },
};

typedef struct {
    virFirewallLayer layer;
    char **argv;
    bool mayFail;
    virFirewallLayer undoLayer;
    char **undo;
} Command;

struct _virFirewall {
    GPtrArray *commands;
};

static GMutex transaction;
static virFirewallRunner runner;
static gpointer runnerData;

static void commandFree(gpointer data)
{
    Command *c = data;
    g_strfreev(c->argv);
    g_strfreev(c->undo);
    g_free(c);
}

virFirewall *virFirewallNew(void)
{
    virFirewall *fw = g_new0(virFirewall, 1);
    fw->commands = g_ptr_array_new_with_free_func(commandFree);
    return fw;
}

void virFirewallFree(virFirewall *fw)
{
    if (!fw)
        return;
    g_ptr_array_unref(fw->commands);
    g_free(fw);
}

void virFirewallSetRunner(virFirewallRunner func, gpointer data)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&transaction);
    runner = func;
    runnerData = data;
}

/* ---- making one ---- */

static char **argvFrom(va_list args)
{
    g_autoptr(GStrvBuilder) b = g_strv_builder_new();
    for (const char *arg; (arg = va_arg(args, const char *));)
        g_strv_builder_add(b, arg);
    return g_strv_builder_end(b);
}

static void append(virFirewall *fw, virFirewallLayer layer, char **argv, bool mayFail)
{
    Command *c = g_new0(Command, 1);
    c->layer = layer;
    c->argv = argv;
    c->mayFail = mayFail;
    g_ptr_array_add(fw->commands, c);
}

void virFirewallAdd(virFirewall *fw, virFirewallLayer layer, ...)
{
    va_list args;
    va_start(args, layer);
    append(fw, layer, argvFrom(args), false);
    va_end(args);
}

void virFirewallAddArgv(virFirewall *fw, virFirewallLayer layer, const char *const *argv)
{
    append(fw, layer, g_strdupv((char **)argv), false);
}

void virFirewallTry(virFirewall *fw, virFirewallLayer layer, ...)
{
    va_list args;
    va_start(args, layer);
    append(fw, layer, argvFrom(args), true);
    va_end(args);
}

void virFirewallUndo(virFirewall *fw, virFirewallLayer layer, ...)
{
    g_return_if_fail(fw->commands->len > 0);
    Command *c = fw->commands->pdata[fw->commands->len - 1];
    va_list args;
    va_start(args, layer);
    g_strfreev(c->undo);
    c->undo = argvFrom(args);
    c->undoLayer = layer;
    va_end(args);
}

/* ---- running the tools ---- */

static char *toolPath(const char *name)
{
    char *path = g_find_program_in_path(name);
    if (!path)          /* a service's PATH may lack the administrator's folders */
        path = g_strconcat("/usr/sbin/", name, NULL);
    return path;
}

static char *readAll(int fd)
{
    GString *s = g_string_new(NULL);
    char buffer[8192];
    ssize_t n;
    lseek(fd, 0, SEEK_SET);
    while (s->len < OUTPUT_LIMIT && (n = read(fd, buffer, sizeof(buffer))) > 0)
        g_string_append_len(s, buffer, n);
    return g_string_free(s, FALSE);
}

/* Run a tool to its end with `input`; its words in *output, whatever became of it. */
static bool runTool(const char *const *argv, const char *input, char **output, GError **error)
{
    g_auto(virFd) in = input ? memfd_create("rules", MFD_CLOEXEC) : -1, out = memfd_create("output", MFD_CLOEXEC);
    g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "LC_ALL", "C", TRUE);
    gsize len = input ? strlen(input) : 0;
    if (out < 0 || (input && (in < 0 || write(in, input, len) != (ssize_t)len))) {
        virSetSystemError(error, errno, "cannot start %s", argv[0]);
        return false;
    }
    if (input)
        lseek(in, 0, SEEK_SET);
    virProcessSpec spec = { .argv = argv, .env = (const char *const *)env, .in = in, .out = out, .err = out, .dieWithThread = true };
    g_autoptr(virProcess) p = virProcessSpawn(&spec, error);
    if (!p)
        return false;
    if (!virProcessWait(p, DEADLINE_MS)) {
        virProcessSignal(p, SIGKILL);
        virProcessWait(p, 1000);
        virSetError(error, VIR_ERR_OPERATION_TIMEOUT, "%s did not finish within %d ms", argv[0], DEADLINE_MS);
        return false;
    }
    *output = readAll(out);
    if (virProcessStatus(p) == 0)
        return true;
    g_autofree char *end = virProcessDescribeEnd(virProcessStatus(p));
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "%s %s: %s", argv[0], end, g_strchomp(*output));
    return false;
}

static bool runOne(virFirewallLayer layer, char **argv, char **output, GError **error)
{
    g_autofree char *words = g_strjoinv(" ", argv);
    virDebug("%s %s", tools[layer].tool, words);
    if (runner)
        return runner(layer, (const char *const *)argv, output, runnerData, error);
    g_autoptr(GPtrArray) full = g_ptr_array_new();
    g_autofree char *path = toolPath(tools[layer].tool), *said = NULL;
    g_autoptr(GError) cause = NULL;
    g_ptr_array_add(full, path);
    g_ptr_array_add(full, (gpointer)tools[layer].wait);
    for (char **a = argv; *a; a++)
        g_ptr_array_add(full, *a);
    g_ptr_array_add(full, NULL);
    if (!runTool((const char *const *)full->pdata, NULL, &said, &cause)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Failed to apply firewall rules %s %s %s: %s", path, tools[layer].wait, words,
                    cause->message);
        return false;
    }
    if (output)
        *output = g_steal_pointer(&said);
    return true;
}

/* ---- many at once ---- */

static const char *tableOf(char **argv)
{
    for (char **a = argv; *a; a++)
        if ((strcmp(*a, "-t") == 0 || strcmp(*a, "--table") == 0) && a[1])
            return a[1];
    return "filter";
}

static bool isBatchable(const Command *c)
{
    static const char *const not[] = { "-L", "-S", "--list", "--list-rules", NULL };
    gsize len = 0;
    for (char **a = c->argv; *a; a++) {
        if (!**a || strchr(*a, '\n') || g_strv_contains(not, *a))
            return false;
        len += 2 * strlen(*a) + 3;
    }
    return len < LINE_LIMIT;
}

static bool isRename(const Command *c)
{
    return g_strv_contains((const char *const *)c->argv, "-E") || g_strv_contains((const char *const *)c->argv, "--rename-chain");
}

/* The tools rename no chain that the same batch makes: the first rename begins a batch. */
static bool goTogether(const Command *a, const Command *b)
{
    return a->layer == b->layer && a->mayFail == b->mayFail && strcmp(tableOf(a->argv), tableOf(b->argv)) == 0 && isBatchable(b) &&
           (!isRename(b) || isRename(a));
}

static void appendWord(GString *out, const char *word)
{
    g_string_append_c(out, ' ');
    if (word[strspn(word, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_+.,:/@%=!")] == 0) {
        g_string_append(out, word);
        return;
    }
    g_string_append_c(out, '"');
    for (const char *p = word; *p; p++) {
        if (strchr("\"\\", *p))
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
}

static bool runBatch(Command *const *commands, guint n)
{
    virFirewallLayer layer = commands[0]->layer;
    const char *table = tableOf(commands[0]->argv);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *path = toolPath(tools[layer].restore), *said = NULL;
    g_autoptr(GError) error = NULL;
    const char *argv[] = { path, "--noflush", layer == VIR_FIREWALL_ETHERNET ? NULL : "-w", NULL };
    g_string_append_printf(text, "*%s", table);
    for (guint i = 0; i < n; i++) {
        g_string_append_c(text, '\n');
        gsize start = text->len;
        for (char **a = commands[i]->argv; *a; a++) {
            if ((strcmp(*a, "-t") == 0 || strcmp(*a, "--table") == 0) && a[1])
                a++;
            else
                appendWord(text, *a);
        }
        g_string_erase(text, start, 1);         /* the blank before the first word */
    }
    g_string_append(text, "\nCOMMIT\n");
    virDebug("%s: %s", tools[layer].restore, text->str);
    if (runTool(argv, text->str, &said, &error))
        return true;
    virDebug("not taken together: %s", error->message);
    return false;
}

/* How many of them took effect; fewer than `n` with an error, unless they may fail. */
static guint runGroup(Command **commands, guint n, GPtrArray *done, GError **error)
{
    bool together = n > 1 && !runner && runBatch(commands, n);
    for (guint i = 0; i < n; i++) {
        g_autoptr(GError) cause = NULL;
        if (together || runOne(commands[i]->layer, commands[i]->argv, NULL, &cause)) {
            g_ptr_array_add(done, commands[i]);
        } else if (commands[i]->mayFail) {
            virDebug("ignored: %s", cause->message);
        } else {
            g_propagate_error(error, g_steal_pointer(&cause));
            return i;
        }
    }
    return n;
}

static void undoAll(GPtrArray *done)
{
    for (guint i = done->len; i-- > 0;) {
        const Command *c = done->pdata[i];
        g_autoptr(GError) error = NULL;
        if (c->undo && !runOne(c->undoLayer, c->undo, NULL, &error))
            virWarn("could not be undone: %s", error->message);
    }
}

bool virFirewallApply(virFirewall *fw, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&transaction);
    g_autoptr(GPtrArray) done = g_ptr_array_new();
    Command **all = (Command **)fw->commands->pdata;
    for (guint i = 0, n; i < fw->commands->len; i += n) {
        for (n = 1; isBatchable(all[i]) && i + n < fw->commands->len && goTogether(all[i + n - 1], all[i + n]); n++)
            continue;
        if (runGroup(all + i, n, done, error) < n) {
            undoAll(done);
            return false;
        }
    }
    return true;
}

bool virFirewallQuery(virFirewallLayer layer, const char *const *argv, char **output, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&transaction);
    return runOne(layer, (char **)argv, output, error);
}
