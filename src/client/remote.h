/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The client's end of a connection. Any number of threads call at the same time: each writes its message itself, then one of
 * them reads for all (the leader) while the others sleep; when the leader has its reply the next takes over. So a
 * call of a program with one thread costs a write and a read and wakes nobody. With an event loop, the program's loop
 * reads what comes between calls: events, keepalive, the end of the connection.
 */
#pragma once

#include "api/handle.h"
#include "base/error.h"
#include "rpc/channel.h"
#include "rpc/keepalive.h"
#include "rpc/proc.h"

typedef struct _virRemote virRemote;
typedef struct _virRemoteStream virRemoteStream;

/* A thread that waits for something that a message brings. On the waiting thread's stack. */
typedef struct {
    GList link;
    GCond cond;
    bool done, asleep;          /* waking a condition is a system call even when nobody waits */
} virRemoteWaiter;

typedef struct {
    virRemoteWaiter waiter;
    uint32_t program, serial;
    const virRpcProc *proc;
    virRpcIO *io;
    void *ret;
    bool good;
    GError *error;
} virRemotePending;

struct _virRemote {
    gatomicrefcount refs;
    GMutex lock;
    virChannel *channel;
    uint32_t serials;
    bool reading;               /* a thread is the leader */
    GQueue waiters;             /* virRemoteWaiter, in order of arrival */
    GQueue pending;             /* virRemotePending */
    GHashTable *streams;        /* serial → virRemoteStream (referenced) */
    GError *broken;             /* why the connection can't be used any more */
    int closeReason;            /* virConnectCloseReason */
    virConnectPtr conn;         /* whose; not referenced, NULL once that is being closed */

    int epoll;                  /* what the program's loop watches: it can be silenced without waking the loop */
    int watch, timer;           /* -1: the program has no event loop */
    uint32_t watched;           /* events that the epoll descriptor reports now */
    bool delivers;              /* callbacks can reach the program */

    GQueue parcels;             /* callbacks for the program's loop, handed over when the lock is free */
    bool delivering;

    virKeepAlive keepalive;
    bool serverAnswersPings;
    int features[32];           /* cached answers plus one; 0: not asked */
    bool unixSocket, open;
};

virRemote *virRemoteNew(int fd, virConnectPtr conn);
virRemote *virRemoteRef(virRemote *remote);
void virRemoteUnref(virRemote *remote);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virRemote, virRemoteUnref)
virRemote *virRemoteOf(virConnectPtr conn);     /* NULL when another driver opened it */
bool virRemoteAlive(virRemote *remote);
struct _virConnectDriver;
extern const struct _virConnectDriver virRemoteAdminCarrier;    /* of connections that carry libvirt-admin's calls */

/* Parts from the connection's handle, shuts the socket and fails all that waits. */
void virRemoteShutdown(virRemote *remote);
/* Lock held: give the connection up; `error` is taken. */
void virRemoteBreak(virRemote *remote, int reason, GError *error);

/* Lock held: queue a message and write what can be written. False when the connection is or goes broken. */
bool virRemoteSend(virRemote *remote, GByteArray *message, const int *fds, guint nfds, GError **error);
/* Lock held; released while waiting. True when the waiter is done, false with the reason when the connection broke. */
bool virRemoteWait(virRemote *remote, virRemoteWaiter *waiter, GError **error);
void virRemoteWaiterWake(virRemoteWaiter *waiter);
void virRemoteWaiterDone(virRemoteWaiter *waiter);
/* Every unlock: does what virRemoteDeliver put off. The program's loop is never called under our lock: it may want a lock of
 * its own that a caller of ours holds. */
void virRemoteUnlock(virRemote *remote);
/* Lock held: func(conn, data) is to run when the lock is free, unless the connection is being closed; then destroy(data). */
void virRemoteDeliver(virRemote *remote, void (*func)(virConnectPtr conn, gpointer data), gpointer data,
                      GDestroyNotify destroy);
/* Wait until the output has been written, so that a fast sender can't fill the memory. */
bool virRemoteDrain(virRemote *remote, GError **error);

bool virRemoteCallOn(virRemote *remote, const virRpcProc *proc, virRpcIO *io, const void *args, void *ret, GError **error);

/* ---- event loop (loop.c) ---- */
void virRemoteLoopStart(virRemote *remote);
void virRemoteLoopStop(virRemote *remote);
void virRemoteLoopWatch(virRemote *remote);             /* lock held: adapt what is watched to the state */
int virRemoteKeepAliveStep(virRemote *remote);          /* lock held: pings when due; ms until the next step, -1: none */
void virRemoteReportClosed(virRemote *remote);          /* lock held */
int virRemoteSetKeepAlive(virConnectPtr conn, int interval, unsigned int count, GError **error);

/* Lock held, by whoever reads: take in what the channel has. */
void virRemoteReadAll(virRemote *remote);

/* ---- streams (stream.c) ---- */
bool virRemoteStreamAttach(virRemote *remote, virStreamPtr stream, const virRpcProc *proc, uint32_t program, uint32_t serial);
void virRemoteStreamDetach(virRemote *remote, uint32_t serial);
void virRemoteStreamForget(virRemote *remote, virStreamPtr stream);     /* the call failed: the handle is as new */
void virRemoteStreamMessage(virRemote *remote, const virNetMessage *message);
void virRemoteStreamsBreak(virRemote *remote);
void virRemoteStreamsWritable(virRemote *remote);     /* output has been written: senders may go on */
void virRemoteStreamUnref(virRemoteStream *stream);
extern const virStreamDriver virRemoteStreams;

void virRemoteEventMessage(virRemote *remote, const virNetMessage *message);
/* A reference, unless the connection is being freed at this moment. */
virConnectPtr virRemoteConnRef(virRemote *remote);
