/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QMP: one connection to one QEMU. Commands are pipelined, each with an id; a caller waits for its own reply with a deadline and
 * parks the domain's actor meanwhile. Reading, writing and dispatch happen on the I/O thread.
 */
#pragma once

#include <json-glib/json-glib.h>
#include "base/actor.h"
#include "base/error.h"

typedef struct _virQmp virQmp;

typedef enum {
    VIR_QMP_OK,
    VIR_QMP_ERROR,              /* QEMU refused: its class and words are in the error */
    VIR_QMP_TIMEOUT,            /* no answer in time; the command may still take effect */
    VIR_QMP_GONE,               /* the connection has ended */
} virQmpResult;

/* Called through the actor (virActorPost), never on a thread that is in the middle of something; without an actor on the I/O thread. */
typedef struct {
    void (*event)(virQmp *qmp, const char *name, JsonObject *data, gint64 seconds, unsigned int micros, gpointer opaque);
    void (*gone)(virQmp *qmp, const char *why, gpointer opaque);        /* once; not after virQmpClose */
    void (*late)(virQmp *qmp, const char *command, gpointer opaque);    /* a reply that nobody waits for any more: reconcile */
} virQmpHandlers;

/* Takes `fd`, a connected stream socket. `opaque` lives until `destroy`, after the last handler. */
virQmp *virQmpNew(int fd, virActor *actor, const virQmpHandlers *handlers, gpointer opaque, GDestroyNotify destroy);
virQmp *virQmpConnect(const char *path, virActor *actor, const virQmpHandlers *handlers, gpointer opaque, GDestroyNotify destroy,
                      GError **error);
virQmp *virQmpRef(virQmp *qmp);
void virQmpUnref(virQmp *qmp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virQmp, virQmpUnref)
void virQmpClose(virQmp *qmp);                  /* waiting calls get GONE; no handler starts afterwards */
void virQmpSetDeadlines(virQmp *qmp, int instant_ms, int block_ms);     /* tests; the defaults are 5 s and 30 s */

/* Greeting and qmp_capabilities. */
virQmpResult virQmpHandshake(virQmp *qmp, int timeout_ms, GError **error);

/* `args` is an object or NULL and is taken. `reply` may be NULL; it is the value of "return". */
virQmpResult qmpCall(virQmp *qmp, const char *command, JsonNode *args, JsonNode **reply, GError **error);

/* Several commands sent at once, in order; each gets its own result. True when all are OK; `error` is the first failure's. */
typedef struct {
    const char *command;
    JsonNode *args;             /* taken */
    bool raw;                   /* `reply` is QEMU's whole message, whether "return" or "error" */
    int fd;                     /* a descriptor that goes along, plus 1; the caller keeps its own. 0: none */
    /* With each successful reply, also one that nobody waits for any more, on the I/O thread; `opaque` is the connection's. May be NULL. */
    void (*arrived)(gpointer opaque, JsonNode *reply);
    JsonNode *reply;            /* owned by the caller afterwards */
    GError *error;
    virQmpResult result;
} virQmpRequest;
bool qmpCallMany(virQmp *qmp, virQmpRequest *requests, guint n, GError **error);
void virQmpRequestClear(virQmpRequest *request);

/* The same in two steps, so that many guests can be asked at once. `requests` live until End, which waits until each is answered, is over
 * its deadline, or `until` has come (monotonic; 0: none). */
typedef struct _virQmpBatch virQmpBatch;
virQmpBatch *virQmpBegin(virQmp *qmp, virQmpRequest *requests, guint n);
bool virQmpEnd(virQmpBatch *batch, gint64 until, GError **error);

/* A command has run into its deadline and is still not answered. Calls fail at once until QEMU answers. */
bool virQmpIsLate(virQmp *qmp);
/* A command has been without an answer for a while: whoever can do with old figures should not wait. */
bool virQmpIsSlow(virQmp *qmp);
/* The command that QEMU is to answer next and how long it has been waited for; NULL: none. */
char *virQmpWaitsFor(virQmp *qmp, int64_t *age_ms);

/* Sent and forgotten: for handlers, which must not wait. A failure is logged. */
void qmpSend(virQmp *qmp, const char *command, JsonNode *args);

/* qmpArgs("s:id", "drive0", "i:value", 5, "b:force", true, "o:node", node, NULL): s string, i int, u unsigned, I/U 64 bits, b bool,
 * o JsonNode (taken). Left out: a NULL string or node; P: an unsigned of 0; B: a false bool; an absent tristate, which t writes as bool and
 * p as "on" and "off". */
JsonNode *qmpArgs(const char *first, ...) G_GNUC_NULL_TERMINATED;
void qmpAdd(JsonObject *o, const char *first, ...) G_GNUC_NULL_TERMINATED;

/* Members of replies; missing or of another type: the default. */
const char *qmpStr(JsonObject *o, const char *name);
gint64 qmpInt(JsonObject *o, const char *name, gint64 otherwise);
bool qmpBool(JsonObject *o, const char *name);
JsonObject *qmpObj(JsonObject *o, const char *name);
JsonArray *qmpArr(JsonObject *o, const char *name);
/* Is a line one object or array, or the beginning of one, with few enough brackets within each other for the parser, whose recursion is on our stack? Of what
 * follows a first value it would forget to free the first. */
bool qmpIsOneValue(const char *text, gsize len);
JsonObject *qmpReplyObj(JsonNode *reply);       /* NULL unless it is an object */
JsonArray *qmpReplyArr(JsonNode *reply);
JsonObject *qmpItem(JsonArray *array, guint i); /* NULL unless it is an object */
