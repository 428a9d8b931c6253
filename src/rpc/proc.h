/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Procedures of the wire: their tables (generated into api/wire.c from the records), the client's way to call one, and the server's
 * thunks (api/thunks.c, in the daemon only).
 */
#pragma once

#include "api/handle.h"
#include "base/error.h"
#include "rpc/xdr.h"

typedef enum {
    VIR_RUN_SNAPSHOT,       /* from immutable views, on the I/O thread; never blocks */
    VIR_RUN_QUERY,          /* asks the guest, also during a job */
    VIR_RUN_MODIFY,         /* one at a time for each object */
    VIR_RUN_AGENT,          /* the guest agent's own queue */
    VIR_RUN_KILL,           /* passes every queue */
    VIR_RUN_CONNECT,        /* opening, closing, authentication */
    VIR_RUN_HOST,           /* work on the host that may block, without an object */
} virRunClass;

typedef enum { VIR_DEADLINE_INSTANT, VIR_DEADLINE_BLOCK, VIR_DEADLINE_HEAVY } virDeadlineClass;

enum { VIR_RPC_STREAM_NONE, VIR_RPC_STREAM_WRITE, VIR_RPC_STREAM_READ };    /* seen from the client */
enum { VIR_RPC_FDS_NONE = 0, VIR_RPC_FDS_CALL = 1, VIR_RPC_FDS_REPLY = 2 };

typedef struct _virRpcProc {
    uint32_t number;            /* 0 in holes of the table: procs[number] */
    const char *name;           /* "virDomainCreateWithFlags"; events: "virDomainEventLifecycle" */
    const virXdrType *args, *ret;       /* NULL: void. Events: the message is `args` */
    virRunClass run;
    uint8_t deadline;           /* virDeadlineClass */
    uint8_t stream;             /* VIR_RPC_STREAM_* */
    uint8_t fds;                /* VIR_RPC_FDS_* */
    bool event, highPriority;
    const char *acl, *aclFilter;        /* "domain:write domain:save:FLAG": object:permission[:condition] */
} virRpcProc;

typedef struct {
    uint32_t number, version;
    const char *name;
    const virRpcProc *procs;
    uint32_t nprocs;            /* highest number + 1 */
} virRpcProgram;

/* Numbers of the programs, where one is meant by name. */
enum { VIR_PROGRAM_REMOTE = 0x20008086, VIR_PROGRAM_QEMU = 0x20008087, VIR_PROGRAM_ADMIN = 0x06900690 };

extern const virRpcProgram virRpcPrograms[];    /* ended by number 0 */
const virRpcProgram *virRpcProgramFind(uint32_t number);
/* NULL for holes, unknown numbers and unknown programs. */
const virRpcProc *virRpcProcFind(uint32_t program, uint32_t number);

/* ---- client ---- */

typedef struct {
    virArena *arena;            /* memory of the decoded reply; NULL: the heap, to be freed with virXdrFree */
    const int *fdsIn;
    guint nfdsIn;
    int *fdsOut;                /* descriptors of the reply; g_malloc'ed, the caller's */
    guint nfdsOut;
    virStreamPtr stream;        /* becomes the stream of this call */
} virRpcIO;

/* Encodes, sends, waits, decodes the reply into `ret` (zeroed by the caller). False with the server's error. `io` may be NULL. */
bool virRemoteCall(virConnectPtr conn, const virRpcProc *proc, virRpcIO *io, const void *args, void *ret, GError **error);

/* ---- server ---- */

struct _virServerClient;

typedef struct _virRpcServerCall {
    virConnectPtr conn;         /* the client's connection to the local driver; NULL before CONNECT_OPEN */
    virAdmConnectPtr admin;     /* the same for the admin program */
    struct _virServerClient *client;
    const virRpcProc *proc;
    virArena *arena;            /* lives until the reply is written */
    int *fdsIn;
    guint nfdsIn;
    GArray *fdsOut;             /* of int; created by the server */
    virStreamPtr stream;        /* created by the server for procedures with a stream; the thunk hands it to the driver */
} virRpcServerCall;

/* Fills `ret` (zeroed before) with memory of the heap. The server calls virXdrFree(proc->ret, ret) after encoding it, and also
 * after a failure. */
typedef bool (*virRpcThunk)(virRpcServerCall *call, const void *args, void *ret, GError **error);
/* NULL for events and for procedures that the server answers itself. */
virRpcThunk virRpcThunkFor(const virRpcProc *proc);
