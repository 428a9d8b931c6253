/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection and a stream: the handles that drivers fill. For each group of calls a connection has the table of its
 * driver, or NULL; drivers keep their state in `priv` or in a member of their own group.
 */
#pragma once

#include "api/driver.h"
#include "src/api/object.h"

struct _virActor;
struct _virConnectDriver;

typedef struct {
    virConnectCloseFunc func;
    void *opaque;
    virFreeCallback free;
} virConnectCloseHandler;

struct _virConnect {
    virObjectHead head;
    const struct _virConnectDriver *driver;     /* who opened it; NULL until then */
    GUri *uri;
    char *uriText;
    unsigned int flags;                         /* virConnectFlags; VIR_CONNECT_RO: changes are refused */
    bool trusted;                               /* opened by a driver for itself: may read what clients may not (values of private secrets) */
    bool deliverDirectly;                       /* the daemon's: callbacks run on the emitting thread */
    gint lingers;                               /* atomic: something ends with it, which may take a while (guests of VIR_DOMAIN_START_AUTODESTROY) */
    void *priv;                                 /* of `driver` */

    const virHypervisorDriver *hypervisor;
    const virNetworkDriver *network;
    const virInterfaceDriver *interface;
    const virStorageDriver *storage;
    const virNodeDeviceDriver *nodedev;
    const virSecretDriver *secret;
    const virNWFilterDriver *nwfilter;
    void *networkPriv, *interfacePriv, *storagePriv, *nodedevPriv, *secretPriv, *nwfilterPriv;

    /* The queue of an object for calls of a virActorClass (a new reference), for the daemon's way of a call; `uuid` NULL: of a call about
     * many objects. NULL: none */
    struct _virActor *(*actorOf)(virConnectPtr conn, const unsigned char *uuid, int class);

    GMutex lock;                                /* of what follows */
    virConnectCloseHandler close;
    virErrorFunc errorFunc;
    void *errorData;
    struct _virRemoteEvents *remoteEvents;      /* of src/client/events.c */
};

struct _virAdmConnect {
    virObjectHead head;
    virConnectPtr conn;                         /* carries the wire; NULL inside the daemon */
    const virAdminDriver *admin;
    void *priv;
    char *uriText;
    GMutex lock;
    struct {
        virAdmConnectCloseFunc func;
        void *opaque;
        virFreeCallback free;
    } close;
};

struct _virStream {
    virObjectHead head;
    virConnectPtr conn;
    const virStreamDriver *driver;              /* set by the call that opens the stream */
    void *priv;
    void (*privFree)(void *priv);
    unsigned int flags;                         /* VIR_STREAM_NONBLOCK */
};

virConnectPtr virConnectNew(void);              /* an empty connection, not opened */
virAdmConnectPtr virAdmConnectNew(void);
/* Called by drivers, on any thread, when the connection broke: calls the program's handler once. */
void virConnectClosed(virConnectPtr conn, int reason);
/* The handler of errors on this connection, when it has one; otherwise the two stay as they are. */
void virErrorHandlerOf(virConnectPtr conn, virErrorFunc *handler, void **data);
