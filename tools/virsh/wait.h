/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that wait for events: one line for each that comes, until the first, the interrupt or the end of the time. */
#pragma once

#include "shell.h"

typedef struct _Waiter Waiter;

/* Takes --loop and --timestamp of the command. There is one waiter at a time; late callbacks may still report to it. */
Waiter *waiterBegin(Shell *sh, Cmd *cmd);
/* A line that says what came; dropped when nobody waits for it any more. */
void waiterReport(Waiter *w, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Waits, at most for so many seconds (0: without limit), and says how it ended. False: nothing came. */
bool waiterWait(Waiter *w, int seconds);

#define WAIT_CALL(func) ((void (*)(void))(func))
/* What a command NAME-event can wait for. */
typedef struct {
    const char *name;
    int id;
    void (*callback)(void);
} WaitKind;

/* Reads --list, --event and --timeout. NULL: nothing is to be waited for, and `*done` is how the command ends. */
const WaitKind *eventChosen(Shell *sh, Cmd *cmd, const WaitKind *kinds, gsize n, int *timeout, bool *done);
