/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration files (libvirtd.conf, libvirt.conf, qemu.conf): lines `key = value`, where a value is an integer, a string in
 * double or single quotes (three double quotes may span lines) or a list of strings in brackets; # begins a comment.
 * A program describes its settings by a table of rows, one for each key, that point into a struct of its own.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct _virConf virConf;

virConf *virConfParse(const char *text, gsize len, const char *filename, GError **error);
virConf *virConfLoad(const char *path, GError **error);
void virConfFree(virConf *conf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virConf, virConfFree)

bool virConfHas(virConf *conf, const char *key);
/* True and `value` untouched when the key is missing; false when its value is of another type. */
bool virConfGetString(virConf *conf, const char *key, char **value, GError **error);
bool virConfGetInt(virConf *conf, const char *key, long long min, long long max, long long *value, GError **error);
bool virConfGetList(virConf *conf, const char *key, char ***value, GError **error);     /* a lone string is a list of one */

typedef enum {
    VIR_CONF_STRING,            /* char *, replaced with g_free */
    VIR_CONF_LIST,              /* char **, NULL-terminated */
    VIR_CONF_INT,               /* int */
    VIR_CONF_UINT,              /* unsigned int */
    VIR_CONF_BOOL,              /* bool; 0 or 1 in the file */
    VIR_CONF_IGNORED,           /* known, of no effect */
} virConfKind;

typedef struct {
    const char *key;
    virConfKind kind;
    size_t offset;
} virConfRow;

/* Set the members of `settings` that the file names. Keys that no row names are reported as warnings. `rows` ends with
 * key NULL. */
bool virConfApply(virConf *conf, const virConfRow *rows, void *settings, GError **error);
