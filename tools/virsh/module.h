/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of the shell that need libraries of their own, loaded when they are used: JSON, documents and the interactive line. */
#pragma once

#include "shell.h"

/* A function of the module; NULL with a message when it is not installed. */
void *shellModule(Shell *sh, const char *name, const char *function);

/* json.c */
typedef char *(*ShellJsonWriter)(GVariant *value);      /* dictionaries, arrays, texts, int64, double, boolean; Nothing is null */
typedef char *(*ShellJsonSpread)(const char *text);     /* over several lines; NULL: it is no JSON */
char *shellJsonWrite(GVariant *value);
char *shellJsonSpread(const char *text);

/* xml.c */
typedef char *(*ShellXmlSelect)(const char *xml, const char *path, gboolean wrap);
typedef GPtrArray *(*ShellXmlRows)(const char *xml, const char *path, const char *const *columns, guint n);
typedef char *(*ShellXmlFirst)(const char *xml, const char *path, int *n);
typedef char *(*ShellXmlRename)(const char *xml, const char *name);
/* The nodes that `path` selects, each a document of its own; `wrap` puts them under one root. NULL: it is no path of nodes. */
char *shellXmlSelect(const char *xml, const char *path, gboolean wrap);
/* The first of the `*n` nodes that `path` selects, as it stands there; NULL: there is none. */
char *shellXmlFirst(const char *xml, const char *path, int *n);
/* For each node at `path` an array of the texts of `columns`, paths from there; NULL where there is none. NULL: unreadable. */
GPtrArray *shellXmlRows(const char *xml, const char *path, const char *const *columns, guint n);
/* The document with another <name>; NULL when it has none. */
char *shellXmlRename(const char *xml, const char *name);

/* readline.c */
typedef struct {
    char **(*candidates)(Shell *sh, const char *before, const char *text);
    bool (*run)(Shell *sh, const char *line);
} ShellLines;
typedef void (*ShellInteract)(Shell *sh, const ShellLines *lines);
void shellInteract(Shell *sh, const ShellLines *lines);
