/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands about storage pools and volumes share. */
#pragma once

#include "output.h"

SHELL_FREE(virStoragePool)
SHELL_FREE(virStorageVol)

/* The pool that an option names, by UUID (when it looks like one), by name, or either; NULL with a message. */
typedef enum { POOL_BY_NAME = 1, POOL_BY_UUID = 2, POOL_BY_ANY = 3 } PoolBy;
virStoragePoolPtr poolOf(Shell *sh, Cmd *cmd, const char *option, PoolBy by);

/* The volume that an option names, by its name in the pool that `poolOption` names (NULL: none can be named), by key, by path. */
virStorageVolPtr volumeOf(Shell *sh, Cmd *cmd, const char *option, const char *poolOption);

/* "1.50 GiB" */
char *prettySize(unsigned long long bytes);
/* A size as people read it, or in bytes; as a number in JSON. */
void factsSize(Facts *facts, const char *key, const char *label, unsigned long long bytes, bool inBytes);
/* The order of lists. */
int compareNames(const char *a, const char *b);
bool printXmlOf(Shell *sh, Cmd *cmd, const char *xml);

/* The document that the options of pool-define-as and pool-create-as describe. */
char *poolDocument(Cmd *cmd);

/* volume-data.c */
bool cmdVolUpload(Shell *sh, Cmd *cmd);
bool cmdVolDownload(Shell *sh, Cmd *cmd);

#define FLAG(name, help) { name, OPT_BOOL, false, help, NULL }
#define STRING(name, help) { name, OPT_STRING, false, help, NULL }
#define DATA(name, help) { name, OPT_DATA, true, help, NULL }
#define XPATH STRING("xpath", "xpath expression to filter the XML document"), FLAG("wrap", "wrap xpath results in an common root element")
