/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two halves of the QMP connection share: bytes and messages (monitor.c), commands and their deadlines (monitor-call.c). */
#pragma once

#include "drivers/qemu/monitor.h"
#include "base/loop.h"

enum { VIR_QMP_INSTANT, VIR_QMP_BLOCK, VIR_QMP_HEAVY, VIR_QMP_CLASSES };

/* A command on its way. The connection holds one reference until QEMU has answered, whoever waits another. */
typedef struct {
    gint refs;                  /* under the connection's mutex */
    guint64 id;
    char *command;
    gint64 sent, until;         /* until 0: no deadline */
    bool oob, raw;
    bool abandoned;             /* nobody waits any more */
    bool overdue;               /* it was seen to be; a reply now is news */
    bool done;
    virQmpResult result;
    JsonNode *reply;
    GError *error;
    void (*arrived)(gpointer opaque, JsonNode *reply);
} virQmpCall;

typedef struct { gsize at; int fd; } virQmpOutFd;

struct _virQmp {
    gatomicrefcount refs;
    int fd;
    virActor *actor;
    virQmpHandlers handlers;
    gpointer opaque;
    GDestroyNotify destroy;
    int deadline[VIR_QMP_CLASSES];

    GByteArray *in;             /* I/O thread only */
    gsize scanned;
    guint garbage;

    GMutex mutex;               /* guards what follows; never held across a handler */
    GCond cond;
    virWatch *watch;
    GByteArray *out;
    GArray *outFds;             /* virQmpOutFd: what goes with which byte of `out`, in order */
    GQueue calls;               /* virQmpCall, not answered yet, in the order of their ids */
    guint64 ids;
    bool greeted, closed, oobOffered, oob;
    bool trouble;               /* the actor was told that QEMU does not answer */
    bool yielded;               /* a query gave up its turn while it waits */
    char *why;                  /* set: the connection has ended */
};

/* Run a handler through the actor, with the message of an event or a text. */
void virQmpPost(virQmp *qmp, JsonNode *message, const char *text, void (*run)(virQmp *, const char *, gpointer));
bool virQmpWriteOut(virQmp *qmp);               /* locked; false when the connection is broken */

void virQmpCallUnref(virQmpCall *call);         /* locked, or the last user */
void virQmpTakeReply(virQmp *qmp, JsonNode *root, JsonObject *o);
void virQmpFailAll(virQmp *qmp);                /* locked */
