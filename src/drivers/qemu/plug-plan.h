/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a running QEMU has to be told so that it becomes the guest of another definition: the options that one command line has and the
 * other has not, as QMP commands. So a device that is plugged in is the one that a start would have made.
 */
#pragma once

#include "drivers/qemu/command.h"

typedef struct {
    const char *command;        /* "device_add" */
    const char *undo;           /* "device_del"; NULL: nothing to take back */
    const char *idName;         /* how `undo` calls its argument */
    char *id;
    JsonNode *args;
    GArray *fds;                /* qemuPlugFd: handed over before; NULL: none */
} qemuPlugStep;
typedef struct { char *name; int fd; } qemuPlugFd;      /* the descriptor belongs to whoever opened it */

/*
 * The steps (qemuPlugStep) of what `with` has and `without` has not, in order; both are built. NULL: the difference is something that
 * only a start can make.
 */
GPtrArray *qemuPlugPlan(const qemuCommand *with, const qemuCommand *without, GError **error);
/* What goes with the step: the name stands for the descriptor. Takes `name`. */
void qemuPlugStepFd(qemuPlugStep *step, char *name, int fd);
bool qemuPlugIsDevice(const qemuPlugStep *step);
/* The ids of all devices on a command line. */
GPtrArray *qemuPlugDeviceIds(const qemuCommand *cmd);
/* Arguments of chardev-add for what -chardev was given. */
JsonNode *qemuChardevArgs(const char *option, GError **error);
