/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How commands print. Text is the layout that scripts parse; JSON has the same facts with machine-readable names and types.
 * `extra` text (headers, confirmations) is left out with --quiet and in JSON.
 */
#pragma once

#include "shell.h"

void printExtra(Shell *sh, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* One text as the whole answer: "TEXT\n", or {"key": "TEXT"}. */
void printText(Shell *sh, const char *key, const char *text);
/* The same for a document that ends its last line itself. */
void printDocument(Shell *sh, const char *key, const char *text);

/* Label and value, a line each, labels padded to `width`; in JSON an object. */
typedef struct _Facts Facts;
Facts *factsNew(Shell *sh, int width);
void factsString(Facts *facts, const char *key, const char *label, const char *value);      /* JSON: string, null for NULL */
/* A number; `format` prints it in text (one %llu), NULL: the bare number. */
void factsNumber(Facts *facts, const char *key, const char *label, unsigned long long value, const char *format);
/* A value that text and JSON spell differently. */
void factsBoth(Facts *facts, const char *key, const char *label, const char *text, double json);
void factsBool(Facts *facts, const char *key, const char *label, bool value, const char *yes, const char *no);
void factsEnd(Facts *facts);    /* prints, frees */
void factsDrop(Facts *facts);   /* frees */

/* Columns. The header's words, in lower case with "-" for spaces, are the members of the JSON objects. */
typedef struct _Table Table;
Table *tableNew(Shell *sh, const char *first, ...) G_GNUC_NULL_TERMINATED;
void tableRow(Table *table, const char *first, ...) G_GNUC_NULL_TERMINATED;
void tableRowv(Table *table, const char *const *cells);
void tableEnd(Table *table);    /* prints, frees */

/* Names under those of their parents; a name whose parent is none of them begins a tree. */
void printTree(const char *const *names, const char *const *parents, guint n);

/* Typed parameters: "name: value", names padded to `width`; in JSON an object. */
void printParams(Shell *sh, virTypedParameterPtr params, int nparams, int width);

char *paramText(const virTypedParameter *param);

/* Typed parameters of several things, as JSON: an array of {"name": …, "stats": {field: value}}. */
typedef struct _Records Records;
Records *recordsNew(Shell *sh);
void recordsAdd(Records *records, const char *name, virTypedParameterPtr params, int nparams);
void recordsEnd(Records *records);      /* prints, frees */

/* A JSON text with line breaks and indentation; NULL when it is none. */
char *jsonPretty(Shell *sh, const char *text);
