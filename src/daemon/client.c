/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One client of the daemon: reading, writing, keepalive, its end. */
#define VIR_FROM VIR_FROM_RPC
#define VIR_LOG_NAME "daemon.client"
#include "daemon/server.h"
#include "daemon/events.h"
#include "src/api/driver.h"
#include "base/error.h"
#include "base/log.h"
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AUTH_WAIT_MS = 60 * 1000 };

/* Beyond the first a client's calls wait, unread, until it has read answers. Events can't wait: beyond the second, a client that
 * takes none is given up. */
enum { HELD_MAX = 1024, QUEUE_FULL = 1024 * 1024, QUEUE_MAX = 64 * 1024 * 1024 };

virServerClient *virServerClientRef(virServerClient *client)
{
    g_atomic_ref_count_inc(&client->refs);
    return client;
}

void virServerClientUnref(virServerClient *c)
{
    if (!c || !g_atomic_ref_count_dec(&c->refs))
        return;
    virServerReleaseConnection(c->conn);
    virHandleUnref(c->admin);
    virServerUserUnref(c->user);
    g_hash_table_unref(c->streams);
    g_hash_table_unref(c->actors);
    virChannelFree(c->channel);
    g_mutex_clear(&c->output);
    g_free(c);
}

static void clientUnref(gpointer client)
{
    virServerClientUnref(client);
}

static void cancelQueued(gpointer actor, gpointer unused, gpointer client)
{
    virActorCancelOwner(actor, client);
}

void virServerReleaseConnection(virConnectPtr conn)
{
    if (conn && virLoopIsCurrent(virLoopGet()) && !virConnectClosesAtOnce(conn))
        virWorkRun(virHandleUnref, conn);
    else
        virHandleUnref(conn);
}

static void listenersResume(virServer *server);

static void notAnonymous(virServerClient *c)
{
    if (c->authenticated)
        return;
    c->authenticated = true;
    c->server->anonymous--;
    listenersResume(c->server);
}

void virServerClientAdmit(virServerClient *c)
{
    notAnonymous(c);
    if (!c->keepaliveOn)
        virTimerSet(c->timer, -1);
}

void virServerClientDrop(virServerClient *c, const char *reason)
{
    if (c->dead)
        return;
    c->dead = true;
    g_mutex_lock(&c->output);
    c->gone = true;
    g_mutex_unlock(&c->output);
    notAnonymous(c);
    virInfo("client %" G_GUINT64_FORMAT " (pid %d) leaves: %s", c->id, (int)c->pid, reason);
    virServer *server = c->server;
    virServerDropHeld(c);
    g_hash_table_foreach(c->actors, cancelQueued, c);
    virServerEventsDrop(c, c->conn);
    g_hash_table_remove_all(c->streams);
    virTimerRemove(c->timer);
    c->timer = NULL;
    shutdown(virChannelFd(c->channel), SHUT_RDWR);
    virWatchRemove(c->watch);
    c->watch = NULL;
    if (c->conn) {
        virServerForgetClose(c->conn);
        virServerReleaseConnection(g_steal_pointer(&c->conn));
    }
    g_ptr_array_remove_fast(server->clients, c);        /* drops the server's reference */
    if (server->changed)
        server->changed(server);
}

gsize virServerClientQueued(virServerClient *c)
{
    g_mutex_lock(&c->output);
    gsize queued = virChannelQueued(c->channel);
    g_mutex_unlock(&c->output);
    return queued;
}

/* Another message may be taken in. */
static bool clientReady(virServerClient *c)
{
    return !c->dead && !c->closing && c->held.length < HELD_MAX && c->heldBytes < QUEUE_FULL && c->streamInput < QUEUE_FULL &&
           virServerClientQueued(c) < QUEUE_FULL;
}

static void clientWatch(virServerClient *c)
{
    if (!c->dead)
        virWatchSetEvents(c->watch, (clientReady(c) ? EPOLLIN : 0) | (virServerClientQueued(c) ? EPOLLOUT : 0));
}

/* What follows from a try to write. */
static void clientWritten(virServerClient *c, virChannelResult r, GError *error)
{
    if (r == VIR_CHANNEL_BROKEN)
        virServerClientDrop(c, error->message);
    else if (virServerClientQueued(c) > QUEUE_MAX)
        virServerClientDrop(c, "it does not read what it is sent");
    else if (c->closing && r == VIR_CHANNEL_DONE && c->held.length == 0 && g_atomic_int_get(&c->inFlight) == 0)
        virServerClientDrop(c, "it closed the connection");
    else
        clientWatch(c);
}

static void clientFlush(virServerClient *c)
{
    g_autoptr(GError) error = NULL;
    g_mutex_lock(&c->output);
    virChannelResult r = virChannelFlush(c->channel, &error);
    g_mutex_unlock(&c->output);
    clientWritten(c, r, error);
}

void virServerClientPush(virServerClient *c, GByteArray *message, const int *fds, guint nfds)
{
    g_autoptr(GError) error = NULL;
    if (c->dead) {
        g_byte_array_unref(message);
        return;
    }
    g_mutex_lock(&c->output);
    virChannelResult r = virChannelPush(c->channel, message, fds, nfds, &error) ? virChannelFlush(c->channel, &error) : VIR_CHANNEL_BROKEN;
    g_mutex_unlock(&c->output);
    clientWritten(c, r, error);
}

/* ---- sending from any thread ---- */

static void settle(gpointer client)
{
    g_autoptr(virServerClient) c = client;
    if (!c->dead)
        clientFlush(c);
    if (!c->dead)
        virServerClientResume(c);
}

void virServerClientPost(virServerClient *c, GByteArray *message, bool done)
{
    g_autoptr(GError) error = NULL;
    virChannelResult r = VIR_CHANNEL_DONE;
    g_mutex_lock(&c->output);
    bool alone = virChannelQueued(c->channel) == 0;
    if (c->gone)
        g_byte_array_unref(message);
    else if (!virChannelPush(c->channel, message, NULL, 0, &error))
        virWarn("client %" G_GUINT64_FORMAT " misses a message: %s", c->id, error->message);
    else if (alone)             /* otherwise the I/O thread waits to write already */
        r = virChannelFlush(c->channel, &error);
    bool tell = !c->gone && (r != VIR_CHANNEL_DONE || virChannelQueued(c->channel) > QUEUE_MAX);
    g_mutex_unlock(&c->output);
    if (done)
        virServerCallEnded(c);
    if (tell || (done && g_atomic_int_get(&c->paused)))
        virLoopDefer(virLoopGet(), settle, virServerClientRef(c));     /* it may drop the client with its events, whose lock the caller holds */
}

void virServerClientSendEvent(virServerClient *client, const virRpcProgram *program, const virRpcProc *proc, const void *msg)
{
    g_autoptr(GError) error = NULL;
    virNetHeader h = { .prog = program->number, .vers = program->version, .proc = proc->number, .type = VIR_NET_MESSAGE };
    GByteArray *out = virNetMessageBegin(NULL, &h, 0);
    if (!proc->args || virXdrEncode(proc->args, msg, out, &error)) {
        virServerClientPost(client, out, false);
        return;
    }
    virWarn("cannot send %s: %s", proc->name, error->message);
    g_byte_array_unref(out);
}

/* ---- keepalive ---- */

static void clientKeepAlive(virServerClient *c, int kind)
{
    g_mutex_lock(&c->output);
    bool ok = virKeepAlivePush(c->channel, kind, NULL);
    g_mutex_unlock(&c->output);
    if (ok)
        clientFlush(c);
}

static void onTimer(virTimer *timer, gpointer data)
{
    virServerClient *c = data;
    int wait;
    if (!c->authenticated && !g_atomic_int_get(&c->inFlight)) {
        virServerClientDrop(c, "it has not authenticated in time");
        return;
    }
    switch (virKeepAliveCheck(&c->keepalive, g_get_monotonic_time(), &wait)) {
    case VIR_KEEPALIVE_DEAD:
        virServerClientDrop(c, "it answers no keepalive");
        return;
    case VIR_KEEPALIVE_SEND_PING:
        clientKeepAlive(c, VIR_KEEPALIVE_PING);
        break;
    case VIR_KEEPALIVE_WAIT:
        break;
    }
    if (!c->dead)
        virTimerSet(timer, wait);
}

void virServerClientKeepAlive(virServerClient *c)
{
    if (c->keepaliveOn || !c->authenticated || c->server->limits.keepaliveInterval <= 0)
        return;
    c->keepaliveOn = true;
    virKeepAliveStart(&c->keepalive, c->server->limits.keepaliveInterval, c->server->limits.keepaliveCount, g_get_monotonic_time());
    virTimerSet(c->timer, c->server->limits.keepaliveInterval * 1000);
}

/* ---- reading ---- */

static void clientMessage(virServerClient *c, virNetMessage *m)
{
    bool answer;
    virKeepAliveReceived(&c->keepalive, g_get_monotonic_time());
    if (virKeepAliveIs(m, &answer)) {
        if (answer)
            clientKeepAlive(c, VIR_KEEPALIVE_PONG);
        return;
    }
    if (m->header.type == VIR_NET_STREAM || m->header.type == VIR_NET_STREAM_HOLE) {
        virServerStream *s = g_hash_table_lookup(c->streams, GUINT_TO_POINTER(m->header.serial));
        if (s)
            virServerStreamMessage(s, m);
        return;                 /* of a stream that ended: what was under way when it did */
    }
    if (m->header.type == VIR_NET_CALL || m->header.type == VIR_NET_CALL_WITH_FDS)
        virServerDispatch(c, m);
    else
        virServerClientDrop(c, "it sent a message of a type that servers don't take");
}

/* True: the client is not to be read further for now; otherwise there is nothing left to read. */
static bool takeMessages(virServerClient *c)
{
    while (clientReady(c)) {
        g_autoptr(GError) error = NULL;
        g_auto(virNetMessage) m = { 0 };
        virChannelResult r = virChannelNext(c->channel, &m, &error);
        if (r == VIR_CHANNEL_BROKEN)
            virServerClientDrop(c, error->message);
        if (r != VIR_CHANNEL_DONE)
            return false;
        clientMessage(c, &m);
    }
    return true;
}

/* Who ends a call from now on tells us; did somebody end one before? */
static bool stillReady(virServerClient *c)
{
    g_atomic_int_set(&c->paused, TRUE);
    return clientReady(c);
}

static void clientMessages(virServerClient *c)
{
    virServerStartHeld(c);
    do
        g_atomic_int_set(&c->paused, c->held.length > 0);
    while (takeMessages(c) && stillReady(c));
    clientWatch(c);
}

void virServerClientResume(virServerClient *c)
{
    clientMessages(c);
}

static void onSocket(virWatch *watch, int fd, uint32_t events, gpointer data)
{
    g_autoptr(virServerClient) c = virServerClientRef(data);
    g_autoptr(GError) error = NULL;
    if ((events & EPOLLOUT) && virServerClientQueued(c)) {
        clientFlush(c);
        if (!c->dead)
            virServerStreamsResume(c);
        if (!c->dead)
            clientMessages(c);          /* what has been read already, and had to wait */
    }
    if (!c->dead && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
        if (virChannelFill(c->channel, false, &error) == VIR_CHANNEL_BROKEN)
            virServerClientDrop(c, error->message);
        else
            clientMessages(c);
    }
}

/* ---- birth ---- */

static void clientAccept(virServer *server, int fd, bool readonly, virServerAuth auth)
{
    struct ucred peer = { .pid = -1 };
    socklen_t len = sizeof(peer);
    virServerClient *c = g_new0(virServerClient, 1);
    g_atomic_ref_count_init(&c->refs);
    g_mutex_init(&c->output);
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
    c->server = server;
    c->id = ++server->lastClientId;
    c->connectedAt = g_get_real_time() / G_USEC_PER_SEC;
    c->readonly = readonly;
    c->uid = peer.uid;
    c->gid = peer.gid;
    c->pid = peer.pid;
    c->user = virServerUserOf(server, peer.uid);
    c->auth = auth;
    c->authenticated = auth == VIR_SERVER_AUTH_NONE || peer.uid == 0;
    server->anonymous += !c->authenticated;
    c->channel = virChannelNew(fd);
    virChannelSetLimit(c->channel, VIR_NET_MESSAGE_INITIAL);    /* strangers get no 32 MiB of our memory */
    c->streams = g_hash_table_new_full(NULL, NULL, NULL, virServerStreamFree);
    c->actors = g_hash_table_new_full(NULL, NULL, (GDestroyNotify)virActorUnref, NULL);
    c->timer = virTimerNew(virLoopGet(), c->authenticated ? -1 : AUTH_WAIT_MS, onTimer, c, NULL);
    g_ptr_array_add(server->clients, c);
    c->watch = virWatchNew(virLoopGet(), fd, EPOLLIN, onSocket, virServerClientRef(c), clientUnref);
    if (server->changed)
        server->changed(server);
}

/* ---- listening ---- */

typedef struct {
    virServer *server;
    virWatch *watch;
    int fd;
    bool readonly;
    virServerAuth auth;
    char *path;                 /* to be removed at the end; NULL: passed to us */
} Listener;

/* So many have not said who they are that no more are let in for now; they wait in the socket's queue. */
static bool listenerFull(const Listener *l)
{
    const virServer *s = l->server;
    return l->auth != VIR_SERVER_AUTH_NONE && s->limits.maxAnonymousClients && s->anonymous >= s->limits.maxAnonymousClients;
}

static void listenersResume(virServer *server)
{
    for (guint i = 0; i < server->listeners->len; i++) {
        Listener *l = server->listeners->pdata[i];
        virWatchSetEvents(l->watch, listenerFull(l) ? 0 : EPOLLIN);
    }
}

static void onListener(virWatch *watch, int fd, uint32_t events, gpointer data)
{
    Listener *l = data;
    while (!listenerFull(l)) {
        int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client < 0)
            return;
        if (l->server->clients->len >= l->server->limits.maxClients) {
            virWarn("Too many active clients (%u), dropping connection", l->server->clients->len);
            close(client);
            continue;
        }
        clientAccept(l->server, client, l->readonly, l->auth);
    }
    virWatchSetEvents(watch, 0);
}

static void listenerFree(gpointer data)
{
    Listener *l = data;
    virWatchRemove(l->watch);
    close(l->fd);
    if (l->path)
        unlink(l->path);
    g_free(l->path);
    g_free(l);
}

void virServerListen(virServer *server, int fd, bool readonly, virServerAuth auth, const char *path)
{
    Listener *l = g_new(Listener, 1);
    *l = (Listener){ .server = server, .fd = fd, .readonly = readonly, .auth = auth, .path = g_strdup(path) };
    g_ptr_array_add(server->listeners, l);
    l->watch = virWatchNew(virLoopGet(), fd, EPOLLIN, onListener, l, NULL);
}

virServer *virServerNew(const char *name, bool isAdmin, const virServerLimits *limits)
{
    virServer *s = g_new0(virServer, 1);
    *s = (virServer){ .name = g_strdup(name), .isAdmin = isAdmin, .limits = *limits,
                      .listeners = g_ptr_array_new_with_free_func(listenerFree),
                      .clients = g_ptr_array_new_with_free_func(clientUnref) };
    return s;
}

void virServerClose(virServer *s)
{
    g_ptr_array_set_size(s->listeners, 0);
    while (s->clients->len)
        virServerClientDrop(s->clients->pdata[0], "the daemon ends");
}

guint virServerBusyClients(virServer *s)
{
    return s->clients->len;
}
