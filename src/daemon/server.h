/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server: sockets, clients, and the way of a call. Everything here runs on the I/O thread unless a comment says otherwise; work
 * that may block is handed to an actor or a work thread, which sends the reply itself where nothing else is to be done.
 */
#pragma once

#include "api/handle.h"
#include "src/api/connect.h"
#include "base/actor.h"
#include "base/loop.h"
#include "rpc/channel.h"
#include "rpc/keepalive.h"
#include "rpc/proc.h"

typedef struct _virServer virServer;
typedef struct _virServerClient virServerClient;
typedef struct _virServerStream virServerStream;
typedef struct _virServerUser virServerUser;

/* Numbers of the wire. */
typedef enum { VIR_SERVER_AUTH_NONE, VIR_SERVER_AUTH_SASL, VIR_SERVER_AUTH_POLKIT } virServerAuth;

typedef struct {
    unsigned int maxClients, maxAnonymousClients, maxClientRequests, maxUserRequests;
    int keepaliveInterval;
    unsigned int keepaliveCount;
} virServerLimits;

struct _virServer {
    char *name;                         /* "libvirtd", "admin" */
    virServerLimits limits;
    bool isAdmin;                       /* speaks the admin program instead of remote, qemu, lxc */
    GPtrArray *listeners;               /* virListener */
    GPtrArray *clients;
    guint anonymous;                    /* clients that have not authenticated yet */
    guint64 lastClientId;
    void (*changed)(virServer *server); /* the number of clients changed: for --timeout */
};

struct _virServerClient {
    gatomicrefcount refs;
    virServer *server;
    guint64 id;
    gint64 connectedAt;                 /* seconds since the epoch */
    bool readonly, closing, dead;
    GMutex output;                      /* guards the writing half of the channel and the next member: any thread may send */
    bool gone;                          /* nothing is sent any more */
    gint paused;                        /* atomic: its messages wait until calls are done or answers read; who does that tells us */
    virServerAuth auth;                 /* what the socket asks for */
    bool authenticated;
    gint admitted;                      /* said by the thread that asked polkit */
    uid_t uid;
    gid_t gid;
    pid_t pid;
    virChannel *channel;
    virWatch *watch;
    virKeepAlive keepalive;
    virTimer *timer;
    bool keepaliveOn;
    gint inFlight;                      /* atomic: calls that run or wait in a queue of an object's */
    GQueue held;                        /* decoded calls beyond what the client or its user may have under way */
    gsize heldBytes;
    virServerUser *user;
    virConnectPtr conn;                 /* of CONNECT_OPEN */
    virAdmConnectPtr admin;
    gsize streamInput;                  /* bytes of streams that drivers have not taken yet */
    GHashTable *streams;                /* serial → virServerStream */
    GHashTable *actors;                 /* actors that hold queued work of ours (a set) */
    bool closeCallback;                 /* wants to hear when the local connection breaks */
};

virServer *virServerNew(const char *name, bool isAdmin, const virServerLimits *limits);
/* Accept clients on a listening socket (taken). */
void virServerListen(virServer *server, int fd, bool readonly, virServerAuth auth, const char *path);
void virServerClose(virServer *server);         /* listeners and clients; waits for nothing */
guint virServerBusyClients(virServer *server);

virServerClient *virServerClientRef(virServerClient *client);
void virServerClientUnref(virServerClient *client);     /* any thread */
/* Gives a reference to a local connection back; its end may take a while, and is not waited for on the I/O thread. */
void virServerReleaseConnection(virConnectPtr conn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virServerClient, virServerClientUnref)
void virServerClientDrop(virServerClient *client, const char *reason);
/* Queue bytes that are already a message (taken) and write what the socket takes. */
void virServerClientPush(virServerClient *client, GByteArray *message, const int *fds, guint nfds);
/* The same from any thread, without descriptors: what nothing waits before leaves at once. `done`: it answers a call. */
void virServerClientPost(virServerClient *client, GByteArray *message, bool done);
gsize virServerClientQueued(virServerClient *client);   /* bytes that it has not taken */
/* The next messages, unless too many calls are in flight. */
void virServerClientResume(virServerClient *client);

/* dispatch.c */
void virServerDispatch(virServerClient *client, virNetMessage *message);
void virServerReplyError(virServerClient *client, const virNetHeader *call, GError *error);     /* takes the error */

void virServerStartHeld(virServerClient *client);       /* as many as may */
void virServerDropHeld(virServerClient *client);

/* user.c: what all clients of a user have under way */
virServerUser *virServerUserOf(virServer *server, uid_t uid);           /* a reference */
void virServerUserUnref(virServerUser *user);                           /* any thread */
bool virServerUserMayStart(virServerUser *user);
void virServerUserWaits(virServerUser *user);                           /* one of its clients holds calls */
void virServerCallBegins(virServerClient *client);
void virServerCallEnded(virServerClient *client);                       /* any thread */

/* special.c: the body of a procedure that is about the connection itself; NULL: it has a thunk. `quick`: it never blocks. */
bool virServerSpecialAtOnce(const virRpcProc *proc, const void *args);
virRpcThunk virServerSpecialFind(const virRpcProc *proc, bool *quick);

void virServerForgetClose(virConnectPtr conn);          /* the client that wanted to hear of its end has left */

/* It has asked whether we know the protocol, and so it does. */
void virServerClientKeepAlive(virServerClient *client);
/* The client may say more than its name from now on. */
void virServerClientAdmit(virServerClient *client);

/* auth.c: the same for authentication. */
virRpcThunk virServerAuthFind(const virRpcProc *proc, bool *quick);

/* admin.c */
virAdmConnectPtr virServerAdminConnect(void);

/* stream.c */
virServerStream *virServerStreamNew(virServerClient *client, const virNetHeader *call, virStreamPtr st, uint8_t direction);
void virServerStreamMessage(virServerStream *stream, virNetMessage *message);
void virServerStreamFree(gpointer stream);
void virServerStreamsResume(virServerClient *client);   /* the client read: there is room again */
