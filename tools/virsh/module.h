/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of the shell that need libraries of their own, loaded when they are used: JSON and the interactive line. */
#pragma once

#include "shell.h"

/* A function of the module; NULL with a message when it is not installed. */
void *shellModule(Shell *sh, const char *name, const char *function);

/* json.c */
typedef char *(*ShellJsonWriter)(GVariant *value);      /* dictionaries, arrays, texts, int64, double, boolean; Nothing is null */
typedef char *(*ShellJsonSpread)(const char *text);     /* over several lines; NULL: it is no JSON */
char *shellJsonWrite(GVariant *value);
char *shellJsonSpread(const char *text);

/* readline.c */
typedef struct {
    char **(*candidates)(Shell *sh, const char *before, const char *text);
    bool (*run)(Shell *sh, const char *line);
} ShellLines;
typedef void (*ShellInteract)(Shell *sh, const ShellLines *lines);
void shellInteract(Shell *sh, const ShellLines *lines);
