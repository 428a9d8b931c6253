/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events on their way to a client: the callbacks that the server registers with a local connection for it. */
#pragma once

#include "api/handle.h"
#include "rpc/proc.h"

typedef void (*virServerCallback)(void);        /* of the event's own type */

typedef struct {
    uint32_t program, number, legacy;           /* legacy: the procedure without a callback's number, or 0 */
    const char *group;
    int id;
    virServerCallback callback;                 /* builds the message; its opaque is a virServerEvent */
} virServerEventKind;

typedef struct _virServerEvent virServerEvent;

extern const virServerEventKind virServerEventKinds[];  /* generated; ended by program 0 */

int virServerEventID(virServerEvent *event);
void virServerEventSend(virServerEvent *event, const void *msg);

/* The client is gone, or closes its connection: nothing is sent to it afterwards. */
void virServerEventsDrop(struct _virServerClient *client, virConnectPtr conn);

/* The server's: encodes `msg` at once and queues it. Any thread. */
void virServerClientSendEvent(struct _virServerClient *client, const virRpcProgram *program, const virRpcProc *proc,
                              const void *msg);
