/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Child processes and adopted ones, each held by a pidfd: a signal never reaches a stranger that got the same number, and the end
 * is an event of the I/O thread.
 */
#pragma once

#include "base/loop.h"
#include "host/host.h"

typedef struct {
    const char *const *argv;
    const char *const *env;     /* NULL: ours */
    const int *fds;             /* stay open in the child under the same numbers */
    guint nfds;
    int in, out, err;           /* descriptors for 0, 1, 2; -1: /dev/null */
    bool session;               /* a session of its own, so that it survives us */
    bool dieWithThread;         /* killed when the calling thread ends: for helpers that it waits for */
    bool switchUser;
    uid_t uid;
    gid_t gid;                  /* supplementary groups of uid are looked up */
    mode_t umask;               /* 0: ours */
    const char *bindFrom, *bindTo;      /* in a mount namespace of its own, bindFrom is seen at bindTo; NULL: ours */
    const char *cwd;
    unsigned long long maxFiles;        /* RLIMIT_NOFILE, 0: ours */
    bool maxCore;               /* unlimited core dumps */
    unsigned long long maxLocked;       /* RLIMIT_MEMLOCK in bytes, 0: ours, the greatest number: none */
} virProcessSpec;

typedef struct _virProcess virProcess;

/* False leaves no process. An exec that fails is reported here, with its reason. */
virProcess *virProcessSpawn(const virProcessSpec *spec, GError **error);
/* A process that is not our child. `start` (virProcStat.start; 0: not known) guards against reuse of the number. */
virProcess *virProcessAdopt(const virHost *host, pid_t pid, unsigned long long start, GError **error);
virProcess *virProcessRef(virProcess *process);
void virProcessUnref(virProcess *process);      /* does not end it */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virProcess, virProcessUnref)

pid_t virProcessPid(virProcess *process);
int virProcessFd(virProcess *process);          /* its pidfd: readable once it has ended */
bool virProcessSignal(virProcess *process, int signum);         /* false: it is gone */
/* Wait for the end; thread that may block. timeout 0 asks. */
bool virProcessWait(virProcess *process, int timeout_ms);
/* Once it is gone: wait status, or -1 for an adopted process. */
int virProcessStatus(virProcess *process);
/* "exited with status 1", "was killed by signal 9 (Killed)" */
char *virProcessDescribeEnd(int status);
/* `func` runs on the I/O thread once, when the process ends. virProcessUnwatch: not any more. */
void virProcessWatch(virProcess *process, void (*func)(virProcess *process, gpointer data), gpointer data, GDestroyNotify destroy);
void virProcessUnwatch(virProcess *process);

/* How much memory a running process may lock, in bytes; the greatest number: no limit. `set` NULL asks only. */
bool virProcessMemlock(pid_t pid, const unsigned long long *set, unsigned long long *before, GError **error);

/* Run a helper to its end: output of both streams in *output (at most 1 MiB). False: could not run, deadline, or status not 0. */
bool virProcessRun(const char *const *argv, int timeout_ms, char **output, GError **error);
/* The same with an environment of its own. */
bool virProcessRunWith(const char *const *argv, const char *const *env, int timeout_ms, char **output, GError **error);
