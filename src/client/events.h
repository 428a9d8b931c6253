/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events of a remote connection: the program's callbacks, and how a message of the server finds its callback. */
#pragma once

#include "api/handle.h"
#include "rpc/proc.h"

typedef void (*virRemoteCallback)(void);        /* cast to the event's own type before it is called */

typedef struct {
    uint32_t program, number;
    bool legacy;                                /* a message without a callback's number */
    const char *group;                          /* "hypervisor", "network"… */
    int id;                                     /* VIR_DOMAIN_EVENT_ID_…; -1: the program has this one only */
    void (*call)(virConnectPtr conn, const void *msg, virRemoteCallback cb, void *opaque);
} virRemoteEvent;

extern const virRemoteEvent virRemoteEventKinds[];      /* generated; ended by program 0 */

/* A message of the server (its payload): hands it to the program's event loop. Called on the I/O thread. False: not decodable. */
bool virRemoteEventDispatch(virConnectPtr conn, const virRpcProc *proc, const guint8 *payload, gsize len, GError **error);
/* Forgets all callbacks: the connection is closing. */
void virRemoteEventsFree(virConnectPtr conn);
