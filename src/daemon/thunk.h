/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What generated thunks share. */
#pragma once

#include "base/typedparam.h"
#include "rpc/proc.h"

/* One for each program, in the order of virRpcPrograms; generated. */
typedef struct {
    const virRpcThunk *thunks;
    guint n;
} virRpcThunkTable;
extern const virRpcThunkTable virRpcThunkTables[];

/* False while the client has not opened its connection. */
bool virThunkOpen(virRpcServerCall *call, GError **error);
bool virThunkAdmin(virRpcServerCall *call, GError **error);
/* A number from the client, or of results for it: not negative, not above the limit of the wire. */
bool virThunkCount(long long count, unsigned int limit, const char *what, GError **error);
/* The wrong number of descriptors came with a call; always false. */
bool virThunkDescriptors(virRpcServerCall *call, guint expected, GError **error);
/* A list of structs becomes one block; takes the list. */
void *virThunkFlatten(void **list, unsigned int n, gsize size);
