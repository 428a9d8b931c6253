/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Provisional: the table of procedures, until it lands with the generator's. */
#pragma once

#include <stdint.h>
#include <libvirt/libvirt.h>
#include "rpc/xdr.h"

struct _virRpcServerCall;
typedef bool (*virRpcThunk)(struct _virRpcServerCall *call, const void *args, void *ret, GError **error);

typedef enum { VIR_RUN_SNAPSHOT, VIR_RUN_QUERY, VIR_RUN_MODIFY, VIR_RUN_AGENT, VIR_RUN_KILL, VIR_RUN_CONNECT, VIR_RUN_HOST } virRunClass;

typedef struct _virRpcProc {
    uint32_t number;
    const char *name;
    const virXdrType *args, *ret;
    virRunClass run;
    uint8_t deadline;
    uint8_t stream;
    uint8_t fds;
    bool event, highPriority;
    const char *acl, *aclFilter;
    virRpcThunk thunk;
} virRpcProc;

typedef struct {
    uint32_t number, version;
    const char *name;
    const virRpcProc *procs;
    uint32_t nprocs;
} virRpcProgram;
extern const virRpcProgram virRpcPrograms[];

typedef struct {
    virArena *arena;
    const int *fdsIn;
    guint nfdsIn;
    int *fdsOut;
    guint nfdsOut;
    virStreamPtr stream;
} virRpcIO;
bool virRemoteCall(virConnectPtr conn, const virRpcProc *proc, virRpcIO *io, const void *args, void *ret, GError **error);

typedef struct _virRpcServerCall {
    virConnectPtr conn;
    struct _virServerClient *client;
    const virRpcProc *proc;
    virArena *arena;
    int *fdsIn;
    guint nfdsIn;
    GArray *fdsOut;
    virStreamPtr stream;
} virRpcServerCall;
