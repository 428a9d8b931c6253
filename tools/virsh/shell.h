/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The shell's core. A command is a row: name, help, options, function. From the row follow parsing, `help`, completion, and the
 * checks of its arguments. Commands print facts through output.h, so that each of them can also answer in JSON.
 */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct _Shell Shell;
typedef struct _Cmd Cmd;

typedef enum {
    OPT_BOOL,
    OPT_STRING,         /* --name VALUE */
    OPT_INT,            /* --name NUMBER */
    OPT_DATA,           /* positional or --name VALUE */
    OPT_ARGV,           /* everything that is left; with or without its name before each */
    OPT_TAIL,           /* the same without */
} OptType;

/* Candidates for a word that begins with `text`; a strv or NULL. */
typedef char **(*Completer)(Shell *sh, const char *text);

typedef struct {
    const char *name;
    OptType type;
    bool required;
    const char *help;
    Completer complete;
} OptDef;

typedef enum {
    CMD_NO_CONNECT = 1 << 0,
    CMD_FACTS = 1 << 1,         /* prints facts: takes --output json */
    CMD_ALIAS = 1 << 2,         /* not listed */
} CmdFlags;

typedef struct {
    const char *name;
    const char *help;           /* one line */
    const char *description;    /* a few lines */
    const OptDef *options;      /* ended by a NULL name */
    bool (*run)(Shell *sh, Cmd *cmd);
    unsigned int flags;
} CmdDef;

typedef struct {
    const char *title, *keyword;        /* no title: more of the group with that keyword */
    const CmdDef *commands;     /* ended by a NULL name */
} CmdGroup;

extern const CmdGroup groupDomain, groupMonitor, groupEvents, groupHost, groupSelf, groupNetwork, groupFilter, groupSecret, groupGuest,
    groupGuestFigures, groupVcpus, groupDevices, groupJobs, groupSnapshot, groupCheckpoint, groupBackup, groupInterface,
    groupNodedev, groupPool, groupVolume;
extern const CmdGroup *const shellGroups[];     /* ended by NULL */

struct _Shell {
    char *uri;
    bool readonly, quiet, timing, interactive;
    int debug;
    char escape;                /* as a control character */
    int keepaliveInterval, keepaliveCount;
    virConnectPtr conn;
    bool eventLoop;
    bool json;                  /* the running command's --output json */
    bool exitNow;
    FILE *log;
};

struct _Cmd {
    const CmdDef *def;
    char **values;              /* one for each option; booleans hold "" */
    GPtrArray *rest;            /* OPT_ARGV */
    bool json;
};

/* parse.c */
typedef struct _Script Script;
/* Split a line into commands (";" between them); quotes as in sh. NULL with a message printed. */
GPtrArray *shellSplit(Shell *sh, const char *line);            /* of strv */
Cmd *cmdParse(Shell *sh, char **words);
void cmdFree(Cmd *cmd);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cmd, cmdFree)
const CmdDef *shellFind(const char *name);
bool cmdHas(const Cmd *cmd, const char *name);
bool cmdOffers(const Cmd *cmd, const char *name);              /* is there such an option? */
const char *cmdString(const Cmd *cmd, const char *name);       /* NULL: not given */
/* Sets *value and returns 1; 0: not given; -1: not a number (message printed). */
int cmdInt(Shell *sh, const Cmd *cmd, const char *name, int *value);
/* The same; with `negative` "-1" is the largest number, which is how scripts say "all". */
int cmdLongLong(Shell *sh, const Cmd *cmd, const char *name, bool negative, unsigned long long *value);
/* A size with a unit ("10M", "7KB", bytes without one). False, with a message, when it is none. */
bool parseSize(Shell *sh, const char *text, unsigned long long *bytes);
/* Two options that exclude each other: false, with a message, when both are given. */
bool cmdExclusive(Shell *sh, const Cmd *cmd, const char *a, const char *b);

/* help.c */
bool helpCommand(Shell *sh, const char *name);
void helpAll(Shell *sh);
void helpGroup(const CmdGroup *group, const char *end);

/* main.c */
void shellError(Shell *sh, const char *format, ...) G_GNUC_PRINTF(2, 3);
bool shellConnect(Shell *sh, const char *uri, bool readonly);
void shellNeedEvents(Shell *sh);
bool shellRunLine(Shell *sh, const char *line);
bool shellRunWords(Shell *sh, char **words);

/* complete.c */
bool shellReadline(Shell *sh);
char **completeDomains(Shell *sh, const char *text);
char **completeActiveDomains(Shell *sh, const char *text);
char **completeInactiveDomains(Shell *sh, const char *text);
char **completePools(Shell *sh, const char *text);

/* util.c */
/* The domain that --domain names by id, UUID or name; a message when there is none. */
virDomainPtr cmdDomain(Shell *sh, Cmd *cmd);
virDomainPtr cmdDomainNamed(Shell *sh, const char *word);
char *readInput(Shell *sh, const char *path);
/* Let the user edit `text`; NULL with a message on failure. */
char *editText(Shell *sh, const char *text);
/* Dump a document, let the user edit it, define the result; again, while that fails and the user wants to. */
typedef struct {
    const char *label;          /* "Domain 'x'" */
    void *object;
    char *(*dump)(void *object);
    bool (*define)(Shell *sh, const char *xml, bool validate);
} EditWhat;
bool editDocument(Shell *sh, const EditWhat *what, bool validate);
const char *domainStateText(int state);
/* The message of the command's failure, also when freeing a handle reset it since; NULL when there is none. */
char *shellTakeError(void);
/* Before a handle is freed: keep the message, which freeing resets. */
void shellKeepError(void);
const char *domainReasonText(int state, int reason);

/* document.c: the nodes that --xpath selects, in one element with --wrap. */
bool printXpath(Shell *sh, const char *xml, const char *path, bool wrap);
/* Rows of texts from a document (module.h); NULL with a message when it cannot be read. */
GPtrArray *documentRows(Shell *sh, const char *xml, const char *path, const char *const *columns, guint n);
/* The first of the `*n` nodes that `path` selects, as text; NULL: there is none. */
char *documentFirst(Shell *sh, const char *xml, const char *path, int *n);

/* Handles of other kinds, freed at the end of their block. */
#define SHELL_FREE(T) \
    static inline void T##ShellFree(T##Ptr handle) \
    { \
        shellKeepError(); \
        if (handle) \
            T##Free(handle); \
    } \
    G_DEFINE_AUTOPTR_CLEANUP_FUNC(T, T##ShellFree)

#define FREE_DOMAIN(d) g_autoptr(virDomain) d
void shellDomainFree(virDomainPtr d);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, shellDomainFree)

#define OPT_DOMAIN(what, completer) { "domain", OPT_DATA, true, what, completer }
#define OPT_END { NULL, 0, false, NULL, NULL }
