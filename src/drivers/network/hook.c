/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The administrator's scripts: hooks/network, then those in hooks/network.d by name. They read what they are about from standard input. */
#define VIR_FROM VIR_FROM_HOOK
#define VIR_LOG_NAME "network.hook"
#include "drivers/network/network.h"
#include "base/log.h"
#include "base/util.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { DEADLINE_MS = 120000, OUTPUT_LIMIT = 4096 };

static void indent(GString *out, char *xml)
{
    g_auto(GStrv) lines = g_strsplit(g_strchomp(xml), "\n", -1);
    for (char **line = lines; *line; line++)
        g_string_append_printf(out, "  %s\n", *line);
}

static char *inputOf(const virNetworkDef *def, const virNetworkPortDef *port)
{
    GString *out = g_string_new("<hookData>\n");
    g_autofree char *network = virNetworkDefFormat(def, 0), *plugged = port ? virNetworkPortDefFormat(port, 0) : NULL;
    indent(out, network);
    if (plugged)
        indent(out, plugged);
    return g_string_free(g_string_append(out, "</hookData>\n"), FALSE);
}

static int byName(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *scripts(const char *folder)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free), *more = g_ptr_array_new();
    g_autofree char *several = g_build_filename(folder, "network.d", NULL);
    g_autoptr(GDir) dir = g_dir_open(several, 0, NULL);
    g_ptr_array_add(all, g_build_filename(folder, "network", NULL));
    for (const char *name; dir && (name = g_dir_read_name(dir));)
        g_ptr_array_add(more, g_build_filename(several, name, NULL));
    g_ptr_array_sort(more, byName);
    g_ptr_array_extend_and_steal(all, more);
    return all;
}

/* What it said, as far as anybody wants to read it. */
static char *saidIn(int fd)
{
    char text[OUTPUT_LIMIT + 1];
    ssize_t n = pread(fd, text, OUTPUT_LIMIT, 0);
    text[MAX(n, 0)] = '\0';
    return g_strdup(g_strstrip(text));
}

static bool runScript(const char *const *argv, const char *input, GError **error)
{
    g_auto(virFd) in = memfd_create("hook", MFD_CLOEXEC), out = memfd_create("said", MFD_CLOEXEC);
    gsize len = strlen(input);
    if (in < 0 || out < 0 || pwrite(in, input, len, 0) != (ssize_t)len) {
        virSetSystemError(error, errno, "cannot run the hook script %s", argv[0]);
        return false;
    }
    virProcessSpec spec = { .argv = argv, .in = in, .out = out, .err = out, .dieWithThread = true };
    g_autoptr(GError) cause = NULL;
    g_autoptr(virProcess) process = virProcessSpawn(&spec, &cause);
    bool ended = process && virProcessWait(process, DEADLINE_MS);
    if (process && !ended) {
        virProcessSignal(process, SIGKILL);
        virProcessWait(process, 1000);
    }
    if (ended && virProcessStatus(process) == 0)
        return true;
    g_autofree char *end = ended ? virProcessDescribeEnd(virProcessStatus(process)) : NULL, *said = saidIn(out);
    virSetError(error, VIR_ERR_HOOK_SCRIPT_FAILED, "%s %s%s%s", argv[0], cause ? cause->message : ended ? end : "did not end in time",
                *said ? ": " : "", said);
    return false;
}

bool virNetworkHook(const virNetworkDef *def, const virNetworkPortDef *port, const char *operation, const char *sub, GError **error)
{
    bool ok = true;
    if (!virNetworkDirs.hooks || access(virNetworkDirs.hooks, F_OK) < 0)
        return true;
    g_autoptr(GPtrArray) all = scripts(virNetworkDirs.hooks);
    g_autofree char *input = NULL;
    for (guint i = 0; i < all->len; i++) {
        const char *argv[] = { all->pdata[i], def->name, operation, sub, "-", NULL };
        if (!g_file_test(argv[0], G_FILE_TEST_IS_REGULAR) || access(argv[0], X_OK) < 0)
            continue;
        if (!input)
            input = inputOf(def, port);
        ok &= runScript(argv, input, ok ? error : NULL);         /* the others run all the same */
    }
    return ok;
}

void virNetworkHookAfter(const virNetworkDef *def, const virNetworkPortDef *port, const char *operation, const char *sub)
{
    g_autoptr(GError) error = NULL;
    if (!virNetworkHook(def, port, operation, sub, &error))
        virWarn("%s", error->message);
}
