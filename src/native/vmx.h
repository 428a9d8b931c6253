/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VMware's .vmx files: lines of `key = "value"`, keys without regard to case. Where a file of the guest lies is said differently by each
 * product ("[datastore] dir/x.vmdk", "/vmfs/volumes/…", plain paths), so the two directions ask the driver for names.
 */
#pragma once

#include "model/domain-conf.h"

typedef struct {
    void *opaque;
    int from;                                   /* virErrorDomain of the driver */
    /* A file name of the .vmx as a definition has it; NULL without error: there is no such file any more. Default: as it is. */
    char *(*parseFile)(const char *name, void *opaque, bool *missing, GError **error);
    /* The other way. */
    char *(*formatFile)(const char *source, void *opaque, GError **error);
    /* Choose a controller's model when the document leaves it open; may be NULL. */
    bool (*scsiModel)(virDomainDef *def, virDomainControllerModelScsi *model, void *opaque, GError **error);
    int hardware;                               /* virtualHW.version to write: 4 … 21 */
} virVmxContext;

/* Completed by the passes of `conf`. */
virDomainDef *virVmxParse(const char *text, const virVmxContext *ctx, const virDomainParseConfig *conf, GError **error);
char *virVmxFormat(virDomainDef *def, const virVmxContext *ctx, GError **error);

/* --- the text --- */
typedef struct _virVmxFile virVmxFile;
virVmxFile *virVmxFileRead(const char *text, GError **error);
void virVmxFileFree(virVmxFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virVmxFile, virVmxFileFree)

/* Values by a printed key; NULL, or `standard`, when it is not there. A value of the wrong kind is an error that names key and value. */
const char *virVmxGet(const virVmxFile *file, const char *key, ...) G_GNUC_PRINTF(2, 3);
bool virVmxBool(const virVmxFile *file, bool standard, bool *value, GError **error, const char *key, ...) G_GNUC_PRINTF(5, 6);
bool virVmxNumber(const virVmxFile *file, long long standard, long long *value, GError **error, const char *key, ...) G_GNUC_PRINTF(5, 6);

char *virVmxUnescape(const char *text, char lead);      /* "|22" or "%22" to '"' */
char *virVmxEscape(const char *text, const char *special, char lead);
