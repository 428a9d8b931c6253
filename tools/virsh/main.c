/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virsh: options of the program itself, the connection, running one command or a session of them. */
#include "output.h"
#include "shell.h"
#include <getopt.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

const CmdGroup *const shellGroups[] = { &groupDomain, &groupMonitor, &groupEvents, &groupHost, &groupNetwork, &groupFilter, &groupSecret,
                                         &groupPool, &groupVolume, &groupSnapshot, &groupCheckpoint, &groupBackup, &groupInterface, &groupNodedev,
                                         &groupSelf, &groupGuest, &groupGuestFigures, &groupVcpus, &groupDevices, &groupJobs, NULL };

void shellError(Shell *sh, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    fflush(stdout);
    fprintf(stderr, "error: %s\n", text);
    if (sh->log) {
        fprintf(sh->log, "error: %s\n", text);
        fflush(sh->log);
    }
}

/* What libvirt said of the last failure, once. */
static void reportLibraryError(Shell *sh)
{
    g_autofree char *message = shellTakeError();
    if (message)
        shellError(sh, "%s", message);
}

static void silent(void *unused, virErrorPtr error)
{
}

static gpointer eventThread(gpointer data)
{
    while (virEventRunDefaultImpl() == 0)
        continue;
    return NULL;
}

/* Events, consoles and keepalive need somebody who runs the loop; one-shot commands without them are spared the thread. */
void shellNeedEvents(Shell *sh)
{
    if (!sh->eventLoop) {
        g_thread_unref(g_thread_new("events", eventThread, NULL));
        sh->eventLoop = true;
    }
}

bool shellConnect(Shell *sh, const char *uri, bool readonly)
{
    if (sh->conn)
        virConnectClose(sh->conn);
    sh->conn = virConnectOpenAuth(uri, virConnectAuthPtrDefault, readonly ? VIR_CONNECT_RO : 0);
    if (!sh->conn) {
        shellError(sh, "failed to connect to the hypervisor");
        return false;
    }
    if (sh->keepaliveInterval > 0 && sh->eventLoop)
        virConnectSetKeepAlive(sh->conn, sh->keepaliveInterval, sh->keepaliveCount);
    return true;
}

static bool runCmd(Shell *sh, Cmd *cmd)
{
    gint64 start = g_get_monotonic_time();
    sh->json = cmd->json;
    g_free(shellTakeError());
    bool ok = (cmd->def->flags & CMD_NO_CONNECT) || sh->conn || shellConnect(sh, sh->uri, sh->readonly);
    ok = ok && cmd->def->run(sh, cmd);
    if (!ok)
        reportLibraryError(sh);
    if (sh->timing)
        printf("\n(Time: %.3f ms)\n", (g_get_monotonic_time() - start) / 1000.0);
    if (!sh->exitNow)
        printExtra(sh, "\n");
    sh->json = false;
    fflush(stdout);
    return ok;
}

bool shellRunWords(Shell *sh, char **words)
{
    g_autoptr(Cmd) cmd = cmdParse(sh, words);
    return cmd && runCmd(sh, cmd);
}

/* All commands of a line are understood before the first one runs; all of them run, and the last one says how it went. */
bool shellRunLine(Shell *sh, const char *line)
{
    g_autoptr(GPtrArray) commands = shellSplit(sh, line);
    g_autoptr(GPtrArray) parsed = g_ptr_array_new_with_free_func((GDestroyNotify)cmdFree);
    if (!commands)
        return false;
    for (guint i = 0; i < commands->len; i++) {
        Cmd *cmd = cmdParse(sh, commands->pdata[i]);
        if (!cmd)
            return false;
        g_ptr_array_add(parsed, cmd);
    }
    bool ok = true;             /* how the last one ended: those before it may fail */
    for (guint i = 0; i < parsed->len && !sh->exitNow; i++)
        ok = runCmd(sh, parsed->pdata[i]);
    return ok;
}

static void usage(void)
{
    printf("\nvirsh [options]... [<command_string>]\n"
           "virsh [options]... <command> [args...]\n\n"
           "  options:\n"
           "    -c | --connect=URI      hypervisor connection URI\n"
           "    -d | --debug=NUM        debug level [0-4]\n"
           "    -e | --escape <char>    set escape sequence for console\n"
           "    -h | --help             this help\n"
           "    -k | --keepalive-interval=NUM\n"
           "                            keepalive interval in seconds, 0 for disable\n"
           "    -K | --keepalive-count=NUM\n"
           "                            number of possible missed keepalive messages\n"
           "    -l | --log=FILE         output logging to file\n"
           "    -q | --quiet            quiet mode\n"
           "    -r | --readonly         connect readonly\n"
           "    -t | --timing           print timing information\n"
           "    -v                      short version\n"
           "    -V                      long version\n"
           "         --version[=TYPE]   version, TYPE is short or long (default short)\n"
           "  commands (non interactive mode):\n\n");
    for (int i = 0; shellGroups[i]; i++) {
        if (!shellGroups[i]->title)
            continue;
        helpGroup(shellGroups[i], "");
        printf("\n");
    }
    printf("\n  (specify help <group> for details about the commands in the group)\n\n"
           "  (specify help <command> for details about the command)\n\n");
}

static void version(bool longer)
{
    if (!longer) {
        printf("%s\n", PACKAGE_VERSION);
        return;
    }
    printf("Virsh command line tool of libvirt %s\n\n"
           "Compiled with support for:\n"
           " Hypervisors: QEMU/KVM Test\n"
           " Networking: Remote\n"
           " Miscellaneous: Daemon Readline\n", PACKAGE_VERSION);
}

static bool parseEscape(Shell *sh, const char *text)
{
    if (strlen(text) == 1 && (unsigned char)text[0] < 32)
        sh->escape = text[0];
    else if (strlen(text) == 2 && text[0] == '^')
        sh->escape = g_ascii_toupper(text[1]) & 0x1f;
    else
        return false;
    return true;
}

/* Returns false to exit at once with *status. */
static bool parseOptions(Shell *sh, int argc, char **argv, int *status)
{
    static const struct option longs[] = {
        { "connect", required_argument, NULL, 'c' }, { "debug", required_argument, NULL, 'd' },
        { "escape", required_argument, NULL, 'e' },  { "help", no_argument, NULL, 'h' },
        { "keepalive-interval", required_argument, NULL, 'k' }, { "keepalive-count", required_argument, NULL, 'K' },
        { "log", required_argument, NULL, 'l' },     { "quiet", no_argument, NULL, 'q' },
        { "readonly", no_argument, NULL, 'r' },      { "timing", no_argument, NULL, 't' },
        { "version", optional_argument, NULL, 'v' }, { 0 },
    };
    int c;
    *status = EXIT_SUCCESS;
    while ((c = getopt_long(argc, argv, "+:c:d:e:hk:K:l:qrtvV", longs, NULL)) != -1) {
        switch (c) {
        case 'c':
            g_free(sh->uri);
            sh->uri = g_strdup(optarg);
            break;
        case 'd':
            sh->debug = atoi(optarg);
            break;
        case 'e':
            if (parseEscape(sh, optarg))
                break;
            shellError(sh, "Invalid string '%s' for escape sequence", optarg);
            *status = EXIT_FAILURE;
            return false;
        case 'h':
            usage();
            return false;
        case 'k':
            sh->keepaliveInterval = atoi(optarg);
            break;
        case 'K':
            sh->keepaliveCount = atoi(optarg);
            break;
        case 'l':
            sh->log = fopen(optarg, "ae");
            if (sh->log)
                break;
            shellError(sh, "%s", "failed to open the log file. check the log file path");
            *status = EXIT_FAILURE;
            return false;
        case 'q':
            sh->quiet = true;
            break;
        case 'r':
            sh->readonly = true;
            break;
        case 't':
            sh->timing = true;
            break;
        case 'v':
            version(optarg && g_str_equal(optarg, "long"));
            return false;
        case 'V':
            version(true);
            return false;
        default:
            shellError(sh, "unsupported option '-%c'. See --help.", optopt);
            *status = EXIT_FAILURE;
            return false;
        }
    }
    return true;
}

static bool runStdin(Shell *sh)
{
    char *line = NULL;
    size_t size = 0;
    while (!sh->exitNow && getline(&line, &size, stdin) > 0) {
        printf("virsh %c %s", sh->readonly ? '>' : '#', line);
        shellRunLine(sh, line);
    }
    free(line);
    if (!sh->exitNow)
        printf("virsh %c \n", sh->readonly ? '>' : '#');
    return true;
}

static bool runInteractive(Shell *sh)
{
    sh->interactive = true;
    shellNeedEvents(sh);
    if (!shellConnect(sh, sh->uri, sh->readonly))
        reportLibraryError(sh);
    if (!sh->quiet)
        printf("Welcome to virsh, the virtualization interactive terminal.\n\n"
               "Type:  'help' for help with commands\n"
               "       'quit' to quit\n\n");
    if (!isatty(STDIN_FILENO))
        return runStdin(sh);
    return shellReadline(sh);
}

int main(int argc, char **argv)
{
    Shell sh = { .escape = 0x1d, .keepaliveInterval = 5, .keepaliveCount = 6 };
    const char *uri = g_getenv("VIRSH_DEFAULT_CONNECT_URI");
    int status;
    setlocale(LC_ALL, "");
    if (uri)
        sh.uri = g_strdup(uri);
    if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0) {
        shellError(&sh, "%s", "failed to initialize libvirt");
        return EXIT_FAILURE;
    }
    virSetErrorFunc(NULL, silent);
    if (!parseOptions(&sh, argc, argv, &status))
        return status;
    bool ok = optind == argc       ? runInteractive(&sh)
              : optind + 1 == argc ? shellRunLine(&sh, argv[optind])
                                   : shellRunWords(&sh, argv + optind);
    if (sh.conn)
        virConnectClose(sh.conn);
    g_free(sh.uri);
    if (sh.log)
        fclose(sh.log);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
