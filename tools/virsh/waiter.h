/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What commands that wait for events have in common: lines printed from any thread, until enough came, time is over or Ctrl-C. */
#pragma once

#include "shell.h"

typedef struct {
    GMutex mutex;
    GCond cond;
    bool loop, timestamp, done;
    unsigned int count;
} Waiter;

/* Sets it up by --loop and --timestamp of the command. */
void waiterBegin(Waiter *w, const Cmd *cmd);
/* An event: prints its line. For callbacks. */
void waiterSay(Waiter *w, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Waits for it and prints how it ended; `seconds` 0: for ever. False: none came. */
bool waiterEnd(Waiter *w, int seconds);

#define OPTS_WAITER \
    { "loop", OPT_BOOL, false, "loop until timeout or interrupt, rather than one-shot", NULL }, \
    { "timeout", OPT_INT, false, "timeout seconds", NULL }, { "list", OPT_BOOL, false, "list valid event types", NULL }, \
    { "timestamp", OPT_BOOL, false, "show timestamp for each printed event", NULL }
