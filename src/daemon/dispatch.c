/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way of a call: decode, choose the way by its class, run the thunk, encode, reply. A snapshot call never leaves the I/O
 * thread; everything else runs on a thread of its own, in the turn of the object's actor where there is one.
 */
#define VIR_FROM VIR_FROM_RPC
#define VIR_LOG_NAME "daemon.dispatch"
#include "daemon/server.h"
#include "base/error.h"
#include "base/log.h"
#include "rpc/neterror.h"
#include <string.h>
#include <unistd.h>

typedef struct {
    virRpcServerCall call;
    virNetHeader header;
    virServerClient *client;
    const virRpcProgram *program;
    virRpcThunk run;                    /* the generated thunk or the special's body */
    bool quick, special;                /* never blocks; is about the connection itself */
    gsize size;                         /* of the message */
    bool inlined;                       /* finished inside the loop that reads the client's messages */
    void *args, *ret;
    GByteArray *out;                    /* the encoded reply */
    GError *error;
} Pending;

/* ---- replies ---- */

static GByteArray *encodeError(virServerClient *client, const virNetHeader *call, const GError *error)
{
    virNetHeader h = *call;
    h.type = h.type == VIR_NET_STREAM || h.type == VIR_NET_STREAM_HOLE ? VIR_NET_STREAM : VIR_NET_REPLY;
    h.status = VIR_NET_ERROR;
    GByteArray *out = virNetMessageBegin(client->channel, &h, 0);
    virNetErrorEncode(error, out);
    return out;
}

void virServerReplyError(virServerClient *client, const virNetHeader *call, GError *error)
{
    g_autoptr(GError) own = error;
    virServerClientPush(client, encodeError(client, call, own), NULL, 0);
}

static void closeFds(Pending *p)
{
    for (guint i = 0; i < p->call.nfdsIn; i++)
        close(p->call.fdsIn[i]);
    g_free(p->call.fdsIn);
    for (guint i = 0; p->call.fdsOut && i < p->call.fdsOut->len; i++)
        close(g_array_index(p->call.fdsOut, int, i));
    g_clear_pointer(&p->call.fdsOut, g_array_unref);
}

static void pendingFree(Pending *p)
{
    closeFds(p);
    if (p->out)
        g_byte_array_unref(p->out);
    g_mutex_lock(&p->client->output);
    bool gone = p->client->gone;        /* `dead` is the I/O thread's */
    g_mutex_unlock(&p->client->output);
    if (gone)                   /* it may be the last reference */
        virServerReleaseConnection(p->call.conn);
    else
        virHandleUnref(p->call.conn);
    virHandleUnref(p->call.admin);
    virHandleUnref(p->call.stream);
    virServerClientUnref(p->client);
    g_clear_error(&p->error);
    virArenaFree(p->call.arena);        /* holds `p` itself */
}

/* The successful reply as a message; fills p->error when it cannot be encoded. */
static GByteArray *encodeReply(Pending *p)
{
    guint nfds = p->call.fdsOut ? p->call.fdsOut->len : 0;
    bool withFds = p->call.proc->fds & VIR_RPC_FDS_REPLY;
    virNetHeader h = p->header;
    h.type = withFds ? VIR_NET_REPLY_WITH_FDS : VIR_NET_REPLY;
    h.status = VIR_NET_OK;
    GByteArray *out = virNetMessageBegin(p->client->channel, &h, nfds);
    if (!p->call.proc->ret || virXdrEncode(p->call.proc->ret, p->ret, out, &p->error))
        return out;
    g_byte_array_unref(out);
    return NULL;
}

/* A connection that this call opened becomes the client's. */
static void adopt(Pending *p)
{
    virServerClient *c = p->client;
    if (!c->authenticated && g_atomic_int_get(&c->admitted))
        virServerClientAdmit(c);
    if (!c->conn && p->call.conn)
        c->conn = virHandleRef(p->call.conn);
    if (!c->admin && p->call.admin)
        c->admin = virHandleRef(p->call.admin);
    if (c->conn || c->admin)
        virChannelSetLimit(c->channel, VIR_NET_MESSAGE_MAX);
}

static void finish(gpointer data)
{
    Pending *p = data;
    virServerClient *c = p->client;
    if (!p->inlined)
        virServerCallEnded(c);
    if (c->dead) {
        pendingFree(p);
        return;
    }
    if (!p->error && p->call.stream && !p->call.stream->driver)
        virSetError(&p->error, VIR_ERR_INTERNAL_ERROR, "%s did not open its stream", p->call.proc->name);
    if (p->error) {
        virServerReplyError(c, &p->header, g_steal_pointer(&p->error));
    } else {
        adopt(p);
        if (p->call.stream)
            virServerStreamNew(c, &p->header, p->call.stream, p->call.proc->stream);
        virServerClientPush(c, g_steal_pointer(&p->out), p->call.fdsOut ? (int *)p->call.fdsOut->data : NULL, p->call.fdsOut ? p->call.fdsOut->len : 0);
    }
    bool inlined = p->inlined;
    g_autoptr(virServerClient) keep = virServerClientRef(c);
    pendingFree(p);
    if (!inlined && !keep->dead)
        virServerClientResume(keep);
}

/* ---- running ---- */

/* The thunk and the encoding of what it gave, on whatever thread the class of the call chose. */
static void runThunk(Pending *p)
{
    bool ok = p->run(&p->call, p->args, p->ret, &p->error);
    if (!ok && !p->error)
        virSetError(&p->error, VIR_ERR_INTERNAL_ERROR, "%s failed and did not say why", p->call.proc->name);
    if (ok)
        p->out = encodeReply(p);
    if (p->call.proc->ret)
        virXdrFree(p->call.proc->ret, p->ret);
}

/* Nothing but the reply is left to do, so the I/O thread need not be woken for it. */
static bool isPlain(const Pending *p)
{
    return !p->special && !p->call.stream && !p->call.fdsOut && !p->client->server->isAdmin && (p->error || virNetMessageSeal(p->out, NULL));
}

static void runOnThread(gpointer data)
{
    Pending *p = data;
    runThunk(p);
    if (!isPlain(p)) {
        virLoopInvoke(virLoopGet(), finish, p);
        return;
    }
    GByteArray *out = p->error ? encodeError(p->client, &p->header, p->error) : g_steal_pointer(&p->out);
    virServerClientPost(p->client, out, true);
    pendingFree(p);
}

static void cancelled(gpointer data, GError *reason)
{
    Pending *p = data;
    p->error = reason;
    virLoopInvoke(virLoopGet(), finish, p);
}

/* The UUID of the object that a call is about: that of the first handle among its arguments. */
static const unsigned char *objectUuid(const virXdrType *type, const void *args)
{
    if (!type || !type->nfields || type->fields[0].kind != VIR_XDR_STRUCT)
        return NULL;
    const virXdrField *first = &type->fields[0];
    const char *object = (const char *)args + first->offset;
    for (guint i = 0; i < first->sub->nfields; i++) {
        const virXdrField *f = &first->sub->fields[i];
        if (f->kind == VIR_XDR_FIXED && f->limit == 16)
            return (const unsigned char *)object + f->offset;
    }
    return objectUuid(first->sub, object);
}

/* A call with a list of objects. */
static bool isAboutMany(const virXdrType *type)
{
    return type && type->nfields && type->fields[0].kind == VIR_XDR_ARRAY && type->fields[0].sub;
}

static void submit(Pending *p)
{
    const virRpcProc *proc = p->call.proc;
    virActorClass class = proc->run == VIR_RUN_MODIFY ? VIR_ACTOR_MODIFY : proc->run == VIR_RUN_AGENT ? VIR_ACTOR_AGENT : VIR_ACTOR_QUERY;
    virConnectPtr conn = p->call.conn;
    const unsigned char *uuid = objectUuid(proc->args, p->args);
    g_autoptr(virActor) actor = conn && conn->actorOf && (uuid || isAboutMany(proc->args)) ? conn->actorOf(conn, uuid, class) : NULL;
    if (!actor) {
        virWorkRun(runOnThread, p);
        return;
    }
    g_hash_table_add(p->client->actors, virActorRef(actor));
    virActorSubmit(actor, class, proc->name, -1, p->client, runOnThread, cancelled, p);
}

/* ---- whose turn it is ---- */

/* A client may have so many calls under way, and so may all clients of a user together; the rest waits here. */
static bool mayStart(virServerClient *c)
{
    return g_atomic_int_get(&c->inFlight) < (gint)c->server->limits.maxClientRequests && virServerUserMayStart(c->user);
}

static void startOnThread(Pending *p)
{
    virServerCallBegins(p->client);
    if (p->call.proc->run == VIR_RUN_QUERY || p->call.proc->run == VIR_RUN_MODIFY || p->call.proc->run == VIR_RUN_AGENT)
        submit(p);
    else
        virWorkRun(runOnThread, p);
}

void virServerStartHeld(virServerClient *c)
{
    for (;;) {
        while (c->held.length && mayStart(c)) {
            Pending *p = g_queue_pop_head(&c->held);
            c->heldBytes -= p->size;
            startOnThread(p);
        }
        if (!c->held.length)
            return;
        virServerUserWaits(c->user);                /* who ends a call tells us from now on; one may have ended just before */
        g_atomic_int_set(&c->paused, TRUE);
        if (!mayStart(c))
            return;
    }
}

void virServerDropHeld(virServerClient *c)
{
    Pending *p;
    while ((p = g_queue_pop_head(&c->held)))
        pendingFree(p);
    c->heldBytes = 0;
}

static void hold(Pending *p)
{
    virServerClient *c = p->client;
    g_queue_push_tail(&c->held, p);
    c->heldBytes += p->size;
    virServerStartHeld(c);
}

static void start(Pending *p)
{
    virServerClient *c = p->client;
    /* What the admin program asks about belongs to this thread. */
    if (p->quick || c->server->isAdmin || p->call.proc->run == VIR_RUN_SNAPSHOT) {
        p->inlined = true;
        runThunk(p);
        finish(p);
    } else if (p->call.proc->run != VIR_RUN_KILL && (c->held.length || !mayStart(c))) {
        hold(p);
    } else {
        startOnThread(p);
    }
}

/* ---- understanding ---- */

/* Is this server's client allowed to speak that program? */
static const virRpcProgram *programOf(virServer *server, const virNetHeader *h)
{
    const virRpcProgram *p = virRpcProgramFind(h->prog);
    return p && h->vers == p->version && g_str_equal(p->name, "admin") == server->isAdmin ? p : NULL;
}

static bool understand(Pending *p, virNetMessage *m, GError **error)
{
    virServerClient *c = p->client;
    p->program = programOf(c->server, &m->header);
    if (!p->program) {
        virSetError(error, VIR_ERR_RPC, "Cannot find program %u version %u", m->header.prog, m->header.vers);
        return false;
    }
    const virRpcProc *proc = virRpcProcFind(m->header.prog, m->header.proc);
    if (!proc || proc->event || m->header.proc < 0) {
        virSetError(error, VIR_ERR_RPC, "unknown procedure: %d", m->header.proc);
        return false;
    }
    p->call.proc = proc;
    p->run = virServerSpecialFind(proc, &p->quick);
    p->special = p->run != NULL;
    if (!p->special)
        p->run = virRpcThunkFor(proc);
    if (!p->run) {
        virSetError(error, VIR_ERR_NO_SUPPORT, "%s", proc->name);
        return false;
    }
    bool quick;
    if (!c->authenticated && !virServerAuthFind(proc, &quick)) {
        virSetError(error, VIR_ERR_RPC, "authentication required");
        return false;
    }
    if (!p->special && !c->conn && !c->server->isAdmin) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "hypervisor connection not open");
        return false;
    }
    g_autoptr(GError) cause = NULL;
    p->args = proc->args ? virArenaAlloc(p->call.arena, proc->args->size) : NULL;
    p->ret = proc->ret ? virArenaAlloc(p->call.arena, proc->ret->size) : NULL;
    if (proc->args ? !virXdrDecode(proc->args, m->body, m->len, p->args, p->call.arena, &cause) : m->len != 0) {
        virSetError(error, VIR_ERR_RPC, "Unable to decode message payload%s%s", cause ? ": " : "", cause ? cause->message : "");
        return false;
    }
    p->quick |= p->special && virServerSpecialAtOnce(proc, p->args);
    return true;
}

void virServerDispatch(virServerClient *c, virNetMessage *m)
{
    GError *error = NULL;
    virArena *arena = virArenaNew();
    Pending *p = virArenaAlloc(arena, sizeof(*p));
    p->client = virServerClientRef(c);
    p->header = m->header;
    p->size = m->len;
    p->call = (virRpcServerCall){ .client = c, .arena = arena, .fdsIn = g_steal_pointer(&m->fds), .nfdsIn = m->nfds };
    m->nfds = 0;
    if (!understand(p, m, &error)) {
        virServerReplyError(c, &m->header, error);
        pendingFree(p);
        return;
    }
    p->call.conn = virHandleRef(c->conn);
    p->call.admin = virHandleRef(c->admin);
    if (p->call.proc->fds & VIR_RPC_FDS_REPLY)
        p->call.fdsOut = g_array_new(FALSE, FALSE, sizeof(int));
    if (p->call.proc->stream) {
        p->call.stream = virStreamNew(c->conn, VIR_STREAM_NONBLOCK);
    }
    start(p);
}
