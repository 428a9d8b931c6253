/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dnsmasq, one for each network that needs it. It goes into the background by itself and outlives us; its pid file says which it is. */
#define VIR_FROM VIR_FROM_NETWORK
#define VIR_LOG_NAME "network.dnsmasq"
#include "drivers/network/network.h"
#include "base/log.h"
#include "base/util.h"
#include "host/proc.h"
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { START_MS = 30000, STOP_MS = 5000 };
#define HELPER "libvirt_leaseshelper"

static virDnsmasqPaths *pathsOf(const virNetworkDef *def)
{
    return virDnsmasqPathsNew(virNetworkDirs.state, virNetworkDirs.run, def->name);
}

static void removeFiles(const virDnsmasqPaths *paths)
{
    const char *all[] = { paths->conf, paths->hosts, paths->names, paths->pid };
    for (guint i = 0; i < G_N_ELEMENTS(all); i++)
        if (unlink(all[i]) < 0 && errno != ENOENT)
            virWarn("cannot remove '%s': %s", all[i], g_strerror(errno));
}

static bool writeHosts(const virDnsmasqPaths *paths, const virDnsmasqText *text, GError **error)
{
    /* dnsmasq reads these again when it is no longer root */
    return virFileWriteAtomic(paths->hosts, text->hosts, -1, 0644, error) && virFileWriteAtomic(paths->names, text->names, -1, 0644, error);
}

static bool writeAll(const virDnsmasqPaths *paths, const virDnsmasqText *text, GError **error)
{
    return virFileMakePath(virNetworkDirs.state, 0755, error) && virFileMakePath(virNetworkDirs.run, 0755, error) &&
           writeHosts(paths, text, error) && virFileWriteAtomic(paths->conf, text->conf, -1, 0600, error);
}

/* ---- the process ---- */

/* Beside this module in a build folder, else where it is installed. */
static char *helperPath(void)
{
    Dl_info info;
    if (dladdr((void *)(gsize)virDnsmasqStart, &info) && info.dli_fname) {
        g_autofree char *real = realpath(info.dli_fname, NULL);
        g_autofree char *dir = g_path_get_dirname(real ? real : info.dli_fname);
        g_autofree char *path = g_build_filename(dir, HELPER, NULL);
        if (access(path, X_OK) == 0)
            return g_steal_pointer(&path);
    }
    return g_build_filename(VIR_LIBEXECDIR, HELPER, NULL);
}

static char *programPath(void)
{
    char *path = g_find_program_in_path("dnsmasq");
    return path ? path : g_strdup("/usr/sbin/dnsmasq");         /* a service's PATH may lack the administrator's folders */
}

static bool isOurs(pid_t pid, const virDnsmasqPaths *paths)
{
    g_autofree char *file = g_strdup_printf("%s/%d/cmdline", virHostLocal()->proc, (int)pid), *text = NULL;
    g_autofree char *want = g_strdup_printf("--conf-file=%s", paths->conf);
    gsize len = 0;
    if (!virFileRead(file, 1 << 16, &text, &len, NULL) || len == 0)
        return false;
    g_autofree char *program = g_path_get_basename(text);
    bool found = false;
    for (gsize at = 0; at < len; at += strlen(text + at) + 1)
        found |= strcmp(text + at, want) == 0;
    return found && strcmp(program, "dnsmasq") == 0;
}

static virProcess *adopt(const virDnsmasqPaths *paths, GError **error)
{
    g_autofree char *text = virHostRead("%s", paths->pid);
    pid_t pid = text ? strtol(text, NULL, 10) : 0;
    virProcStat stat;
    if (pid <= 0 || !virProcStatRead(virHostLocal(), pid, 0, &stat) || !isOurs(pid, paths)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "no dnsmasq runs with the process id in '%s'", paths->pid);
        return NULL;
    }
    return virProcessAdopt(virHostLocal(), pid, stat.start, error);
}

virProcess *virDnsmasqAdopt(const virNetworkDef *def)
{
    g_autoptr(virDnsmasqPaths) paths = pathsOf(def);
    return adopt(paths, NULL);
}

static virProcess *run(const virNetworkDef *def, const virDnsmasqPaths *paths, GError **error)
{
    g_autofree char *program = programPath(), *helper = helperPath();
    g_autofree char *conf = g_strdup_printf("--conf-file=%s", paths->conf), *script = g_strdup_printf("--dhcp-script=%s", helper);
    g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "VIR_BRIDGE_NAME", def->bridge, TRUE);
    env = g_environ_setenv(env, "VIR_LEASES_DIR", virNetworkDirs.state, TRUE);
    const char *argv[] = { program, conf, "--leasefile-ro", script, NULL };
    unlink(paths->pid);
    return virProcessRunWith(argv, (const char *const *)env, START_MS, NULL, error) ? adopt(paths, error) : NULL;
}

static void end(virProcess *process)
{
    if (!virProcessSignal(process, SIGTERM) || virProcessWait(process, STOP_MS))
        return;
    virWarn("dnsmasq (process %d) does not end, killing it", (int)virProcessPid(process));
    virProcessSignal(process, SIGKILL);
    virProcessWait(process, STOP_MS);
}

static bool start(const virNetworkDef *def, const virDnsmasqPaths *paths, const virDnsmasqText *text, virProcess **process, GError **error)
{
    if (!text->conf)
        return true;
    if (writeAll(paths, text, error) && (*process = run(def, paths, error)))
        return true;
    removeFiles(paths);
    return false;
}

/* ---- for a network ---- */

bool virDnsmasqStart(const virNetworkDef *def, virProcess **process, GError **error)
{
    g_autoptr(virDnsmasqPaths) paths = pathsOf(def);
    g_autoptr(virDnsmasqText) text = virDnsmasqTextNew(def, paths, error);
    return text && start(def, paths, text, process, error);
}

void virDnsmasqStop(const virNetworkDef *def, virProcess **process)
{
    g_autoptr(virDnsmasqPaths) paths = pathsOf(def);
    g_autoptr(virProcess) p = g_steal_pointer(process);
    if (p)
        end(p);
    removeFiles(paths);
}

/* What it reads only when it starts is in the configuration; the lists of hosts it reads again when told so. */
bool virDnsmasqChange(const virNetworkDef *old, const virNetworkDef *fresh, virProcess **process, GError **error)
{
    g_autoptr(virDnsmasqPaths) paths = pathsOf(fresh);
    g_autoptr(virDnsmasqText) before = virDnsmasqTextNew(old, paths, NULL);
    g_autoptr(virDnsmasqText) after = virDnsmasqTextNew(fresh, paths, error);
    if (!after)
        return false;
    if (*process && before && g_strcmp0(before->conf, after->conf) == 0) {
        if (g_strcmp0(before->hosts, after->hosts) == 0 && g_strcmp0(before->names, after->names) == 0)
            return true;
        if (!writeHosts(paths, after, error))
            return false;
        if (virProcessSignal(*process, SIGHUP))
            return true;        /* else it is gone: it is started anew */
    }
    virDnsmasqStop(old, process);
    if (start(fresh, paths, after, process, error))
        return true;
    if (before && !start(old, paths, before, process, NULL))
        virLogError("dnsmasq of network '%s' could not be started again", old->name);
    return false;
}
