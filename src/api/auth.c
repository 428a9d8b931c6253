/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The credentials callback for programs on a terminal: asks on standard output and reads standard input. */
#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* NULL at the end of the input. */
static char *readLine(bool echo)
{
    char line[1024];
    struct termios saved, quiet;
    bool hide = !echo && tcgetattr(STDIN_FILENO, &saved) == 0;

    if (hide) {
        quiet = saved;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    char *got = fgets(line, sizeof(line), stdin);
    if (hide) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
        putchar('\n');
    }
    char *answer = got ? g_strdup(g_strchomp(line)) : NULL;
    explicit_bzero(line, sizeof(line));
    return answer;
}

static int askConsole(virConnectCredentialPtr cred, unsigned int ncred, void *unused)
{
    for (unsigned int i = 0; i < ncred; i++) {
        bool echo = cred[i].type == VIR_CRED_USERNAME || cred[i].type == VIR_CRED_AUTHNAME ||
                    cred[i].type == VIR_CRED_ECHOPROMPT || cred[i].type == VIR_CRED_REALM;
        if (!echo && cred[i].type != VIR_CRED_PASSPHRASE && cred[i].type != VIR_CRED_NOECHOPROMPT)
            return -1;
        printf("%s: ", cred[i].prompt);
        fflush(stdout);
        g_autofree char *answer = readLine(echo);
        if (!answer)
            return -1;
        const char *result = *answer || !cred[i].defresult ? answer : cred[i].defresult;
        cred[i].result = strdup(result);
        cred[i].resultlen = strlen(result);
    }
    return 0;
}

static int types[] = { VIR_CRED_AUTHNAME, VIR_CRED_ECHOPROMPT, VIR_CRED_REALM, VIR_CRED_PASSPHRASE, VIR_CRED_NOECHOPROMPT };
static virConnectAuth console = { .credtype = types, .ncredtype = G_N_ELEMENTS(types), .cb = askConsole };

virConnectAuthPtr virConnectAuthPtrDefault = &console;
