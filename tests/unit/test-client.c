/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The client against a server of its own, a thread here that answers in any order, talks in between, breaks off or keeps silent:
 * many threads on one connection, events, streams, keepalive, the end.
 */
#include "api/wire.h"
#include "base/error.h"
#include "rpc/channel.h"
#include "rpc/keepalive.h"
#include "rpc/proc.h"
#include <glib/gstdio.h>
#include <libvirt/virterror.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { REMOTE = 0x20008086, OPEN = 1, LOOKUP = 23, FEATURE = 60, AUTH_LIST = 66, GET_STATE = 212, SCREENSHOT = 211,
       EVENT_REGISTER = 316, EVENT_LIFECYCLE = 318, REGISTER_CLOSE = 360 };
enum { THREADS = 8, CALLS = 400, EVENTS = 500, STREAM_BYTES = 3 * 1024 * 1024 };

typedef struct {
    virNetHeader header;
    GByteArray *body;
} Message;

typedef struct {
    char *path, *uri;
    int listener;
    GThread *thread;
    virChannel *channel;
    GRand *rand;
    /* what it does beside answering, set before the client connects */
    guint pingEvery, eventEvery, breakAfter;
    bool silent, nonsense;
    guint calls, events;
    gint pongs;
    gsize received;
} Server;

/* ---- the server ---- */

static void push(Server *s, virNetHeader h, const virXdrType *type, const void *data)
{
    GByteArray *out = virNetMessageBegin(NULL, &h, 0);
    if (type)
        g_assert_true(virXdrEncode(type, data, out, NULL));
    g_assert_true(virChannelPush(s->channel, out, NULL, 0, NULL));
}

static void reply(Server *s, const Message *m, const void *ret)
{
    virNetHeader h = m->header;
    h.type = VIR_NET_REPLY;
    push(s, h, ret ? virRpcProcFind(REMOTE, h.proc)->ret : NULL, ret);
}

static void sendEvent(Server *s)
{
    virNetHeader h = { .prog = REMOTE, .vers = 1, .proc = EVENT_LIFECYCLE, .type = VIR_NET_MESSAGE, .serial = 1 };
    virWireDomainEventLifecycleMsg msg = { .callbackID = 5, .dom.name = (char *)"guest", .dom.id = 1, .detail = s->events++ };
    push(s, h, virRpcProcFind(REMOTE, EVENT_LIFECYCLE)->args, &msg);
}

static void sendStream(Server *s, const Message *m)
{
    static guint8 chunk[100000];
    virNetHeader h = m->header;
    h.type = VIR_NET_STREAM;
    h.status = VIR_NET_CONTINUE;
    for (gsize sent = 0; sent < STREAM_BYTES; sent += sizeof(chunk)) {
        GByteArray *out = virNetMessageBegin(NULL, &h, 0);
        gsize n = MIN(sizeof(chunk), STREAM_BYTES - sent);
        for (gsize i = 0; i < n; i++)
            chunk[i] = (guint8)((sent + i) * 7);
        g_byte_array_append(out, chunk, n);
        g_assert_true(virChannelPush(s->channel, out, NULL, 0, NULL));
    }
    push(s, h, NULL, NULL);
}

static void *decode(const Message *m, virArena *arena)
{
    const virXdrType *type = virRpcProcFind(REMOTE, m->header.proc)->args;
    void *args = type ? virArenaAlloc(arena, type->size) : NULL;
    if (type)
        g_assert_true(virXdrDecode(type, m->body->data, m->body->len, args, arena, NULL));
    return args;
}

static void answerCall(Server *s, const Message *m)
{
    g_autoptr(virArena) arena = virArenaNew();
    const void *args = decode(m, arena);
    int none[] = { 0 };
    switch (m->header.proc) {
    case AUTH_LIST:
        reply(s, m, &(virWireAuthListRet){ .types = none, .typesLen = 1 });
        break;
    case FEATURE:
        reply(s, m, &(virWireConnectSupportsFeatureRet){ 1 });
        break;
    case LOOKUP: {
        const char *name = ((const virWireDomainLookupByNameArgs *)args)->name;
        reply(s, m, &(virWireDomainLookupByNameRet){ .result = { .name = (char *)name, .id = atoi(name + 5) } });
        break;
    }
    case GET_STATE:
        reply(s, m, &(virWireDomainGetStateRet){ .state = ((const virWireDomainGetStateArgs *)args)->domain.id, .reason = 1 });
        break;
    case EVENT_REGISTER:
        reply(s, m, &(virWireConnectDomainEventCallbackRegisterAnyRet){ .callbackID = 5 });
        break;
    case SCREENSHOT:
        if (((const virWireDomainScreenshotArgs *)args)->screen == 7) {
            virNetHeader h = m->header;
            virWireNetError e = { .code = VIR_ERR_OPERATION_FAILED, .message = (char *)"no such screen" };
            h.type = VIR_NET_REPLY;
            h.status = VIR_NET_ERROR;
            push(s, h, &virWireNetErrorXdr, &e);
            break;
        }
        reply(s, m, &(virWireDomainScreenshotRet){ .result = (char *)"image/png" });
        sendStream(s, m);
        break;
    default:
        reply(s, m, NULL);
        break;
    }
}

static void answerStream(Server *s, const Message *m)
{
    virNetHeader h = m->header;
    h.status = VIR_NET_OK;
    if (m->header.status == VIR_NET_CONTINUE)
        s->received += m->body->len;
    else
        push(s, h, NULL, NULL);
}

static void answer(Server *s, const Message *m)
{
    if (m->header.prog == VIR_KEEPALIVE_PROGRAM) {
        g_atomic_int_inc(&s->pongs);
    } else if (m->header.type == VIR_NET_CALL) {
        bool opened = m->header.proc != AUTH_LIST && m->header.proc != FEATURE && m->header.proc != OPEN &&
                      m->header.proc != REGISTER_CLOSE;
        if (opened && s->silent)
            return;
        answerCall(s, m);
        s->calls += opened;
        if (opened && s->pingEvery && s->calls % s->pingEvery == 0)
            g_assert_true(virKeepAlivePush(s->channel, VIR_KEEPALIVE_PING, NULL));
        if (opened && s->eventEvery && s->calls % s->eventEvery == 0 && s->events < EVENTS)
            sendEvent(s);
    } else {
        answerStream(s, m);
    }
}

/* All that has come, in any order: replies need not follow the calls'. */
static void answerAll(Server *s)
{
    g_autoptr(GPtrArray) batch = g_ptr_array_new();
    virNetMessage m;
    while (virChannelNext(s->channel, &m, NULL) == VIR_CHANNEL_DONE) {
        Message *copy = g_new(Message, 1);
        *copy = (Message){ m.header, g_byte_array_new() };
        g_byte_array_append(copy->body, m.body, m.len);
        g_ptr_array_add(batch, copy);
    }
    while (batch->len) {
        /* Streams are in order by contract. */
        guint at = ((Message *)batch->pdata[0])->header.type == VIR_NET_CALL ? g_rand_int_range(s->rand, 0, batch->len) : 0;
        if (((Message *)batch->pdata[at])->header.type != VIR_NET_CALL)
            at = 0;
        Message *next = g_ptr_array_steal_index(batch, at);
        answer(s, next);
        g_byte_array_unref(next->body);
        g_free(next);
    }
}

static gpointer serve(gpointer data)
{
    Server *s = data;
    int fd = accept(s->listener, NULL, NULL);
    g_assert_cmpint(fd, >=, 0);
    s->channel = virChannelNew(fd);
    for (;;) {
        struct pollfd p = { fd, POLLIN | (virChannelQueued(s->channel) ? POLLOUT : 0), 0 };
        poll(&p, 1, -1);
        if ((p.revents & ~POLLOUT) && virChannelFill(s->channel, false, NULL) == VIR_CHANNEL_BROKEN)
            break;
        answerAll(s);
        if (s->nonsense && s->calls)
            g_assert_cmpint(write(fd, "\0\0\0\1nonsense", 12), ==, 12);
        if (virChannelFlush(s->channel, NULL) == VIR_CHANNEL_BROKEN || (s->breakAfter && s->calls >= s->breakAfter))
            break;
    }
    virChannelFree(s->channel);
    return NULL;
}

static void serverStart(Server *s)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    g_autofree char *dir = g_dir_make_tmp("test-client-XXXXXX", NULL);
    s->path = g_build_filename(dir, "sock", NULL);
    s->uri = g_strdup_printf("test+unix:///default?socket=%s", s->path);
    s->rand = g_rand_new_with_seed(1);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    strcpy(addr.sun_path, s->path);
    g_assert_cmpint(bind(s->listener, (struct sockaddr *)&addr, sizeof(addr)), ==, 0);
    g_assert_cmpint(listen(s->listener, 5), ==, 0);
    s->thread = g_thread_new("server", serve, s);
}

static virConnectPtr serverOpen(Server *s)
{
    serverStart(s);
    virConnectPtr conn = virConnectOpen(s->uri);
    if (!conn)
        g_error("%s", virGetLastErrorMessage());
    return conn;
}

static void serverEnd(Server *s)
{
    g_thread_join(s->thread);
    close(s->listener);
    g_unlink(s->path);
    g_autofree char *dir = g_path_get_dirname(s->path);
    g_rmdir(dir);
    g_free(s->path);
    g_free(s->uri);
    g_rand_free(s->rand);
}

/* ---- the program's event loop ---- */

static GThread *loopThread;

static gpointer runLoop(gpointer unused)
{
    for (;;)
        virEventRunDefaultImpl();
    return NULL;
}

/* ---- tests ---- */

typedef struct {
    virConnectPtr conn;
    int n;
    guint good, failed;
} Caller;

static gpointer callMany(gpointer data)
{
    Caller *c = data;
    g_autofree char *name = g_strdup_printf("guest%d", c->n);
    virDomainPtr dom = virDomainLookupByName(c->conn, name);
    for (int i = 0; dom && i < CALLS; i++) {
        int state, reason;
        if (virDomainGetState(dom, &state, &reason, 0) < 0) {
            c->failed++;
            continue;
        }
        g_assert_cmpint(state, ==, c->n);       /* each thread gets its own answers */
        c->good++;
    }
    if (dom)
        virDomainFree(dom);
    else
        c->failed++;
    return NULL;
}

static void callFromThreads(virConnectPtr conn, Caller *callers)
{
    GThread *threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        callers[i] = (Caller){ .conn = conn, .n = i + 1 };
        threads[i] = g_thread_new("caller", callMany, &callers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
}

static void testThreads(void)
{
    Server s = { .pingEvery = 50 };
    Caller callers[THREADS];
    virConnectPtr conn = serverOpen(&s);
    callFromThreads(conn, callers);
    for (int i = 0; i < THREADS; i++)
        g_assert_cmpuint(callers[i].good, ==, CALLS);
    g_assert_cmpint(virConnectClose(conn), ==, 0);
    serverEnd(&s);
    g_assert_cmpint(s.pongs, >=, THREADS * CALLS / 50);
}

typedef struct {
    GMutex lock;
    GCond cond;
    int events;
    bool inOrder, inLoop;
    int closed, reason;
} Seen;

static int onEvent(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *opaque)
{
    Seen *seen = opaque;
    g_mutex_lock(&seen->lock);
    seen->inOrder &= detail == seen->events;
    seen->inLoop &= g_thread_self() == loopThread && g_str_equal(virDomainGetName(dom), "guest");
    seen->events++;
    g_cond_signal(&seen->cond);
    g_mutex_unlock(&seen->lock);
    return 0;
}

static void onClose(virConnectPtr conn, int reason, void *opaque)
{
    Seen *seen = opaque;
    g_mutex_lock(&seen->lock);
    seen->closed++;
    seen->reason = reason;
    seen->inLoop &= g_thread_self() == loopThread;
    g_cond_signal(&seen->cond);
    g_mutex_unlock(&seen->lock);
}

static void testEvents(void)
{
    Server s = { .eventEvery = 3 };
    Seen seen = { .inOrder = true, .inLoop = true };
    Caller callers[THREADS];
    virConnectPtr conn = serverOpen(&s);
    int id = virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                              VIR_DOMAIN_EVENT_CALLBACK(onEvent), &seen, NULL);
    g_assert_cmpint(id, >=, 0);
    callFromThreads(conn, callers);
    g_mutex_lock(&seen.lock);
    while (seen.events < EVENTS)
        g_cond_wait(&seen.cond, &seen.lock);
    g_assert_true(seen.inOrder);
    g_assert_true(seen.inLoop);
    g_mutex_unlock(&seen.lock);
    g_assert_cmpint(virConnectDomainEventDeregisterAny(conn, id), ==, 0);
    virConnectClose(conn);
    serverEnd(&s);
}

static void waitClosed(Seen *seen)
{
    g_mutex_lock(&seen->lock);
    while (!seen->closed)
        g_cond_wait(&seen->cond, &seen->lock);
    g_assert_cmpint(seen->closed, ==, 1);
    g_assert_true(seen->inLoop);
    g_mutex_unlock(&seen->lock);
}

static void testEnd(void)
{
    Server s = { .breakAfter = 500 };
    Seen seen = { .inLoop = true };
    Caller callers[THREADS];
    guint good = 0, failed = 0;
    virConnectPtr conn = serverOpen(&s);
    g_assert_cmpint(virConnectIsAlive(conn), ==, 1);
    g_assert_cmpint(virConnectRegisterCloseCallback(conn, onClose, &seen, NULL), ==, 0);
    callFromThreads(conn, callers);
    for (int i = 0; i < THREADS; i++) {
        good += callers[i].good;
        failed += callers[i].failed;
    }
    g_assert_cmpuint(good, <=, 500);
    g_assert_cmpuint(failed, >, 0);
    waitClosed(&seen);
    g_assert_cmpint(virConnectIsAlive(conn), ==, 0);
    g_assert_null(virDomainLookupByName(conn, "guest1"));
    g_assert_nonnull(strstr(virGetLastErrorMessage(), "client socket is closed"));
    virConnectClose(conn);
    serverEnd(&s);
}

static void testNonsense(void)
{
    Server s = { .nonsense = true };
    virConnectPtr conn = serverOpen(&s);
    virDomainPtr dom = virDomainLookupByName(conn, "guest1");
    g_assert_true(!dom || virDomainIsActive(dom) < 0);
    g_assert_nonnull(strstr(virGetLastErrorMessage(), "too small"));
    if (dom)
        virDomainFree(dom);
    virConnectClose(conn);
    serverEnd(&s);
}

static void testKeepAlive(void)
{
    Server s = { .silent = true };
    Seen seen = { .inLoop = true };
    virConnectPtr conn = serverOpen(&s);
    g_assert_cmpint(virConnectRegisterCloseCallback(conn, onClose, &seen, NULL), ==, 0);
    g_assert_cmpint(virConnectSetKeepAlive(conn, 1, 1), ==, 0);
    g_assert_null(virDomainLookupByName(conn, "guest1"));       /* would wait for ever */
    g_assert_nonnull(strstr(virGetLastErrorMessage(), "keepalive timeout"));
    waitClosed(&seen);
    g_assert_cmpint(seen.reason, ==, VIR_CONNECT_CLOSE_REASON_KEEPALIVE);
    virConnectClose(conn);
    serverEnd(&s);
}

static void testStreams(void)
{
    Server s = { 0 };
    virConnectPtr conn = serverOpen(&s);
    virDomainPtr dom = virDomainLookupByName(conn, "guest1");
    virStreamPtr st = virStreamNew(conn, 0);
    g_assert_null(virDomainScreenshot(dom, st, 7, 0));
    g_assert_cmpstr(virGetLastErrorMessage(), ==, "no such screen");
    g_autofree char *mime = virDomainScreenshot(dom, st, 0, 0);         /* the stream is as good as before */
    gsize got = 0;
    char buffer[5000];
    int n, state;

    g_assert_cmpstr(mime, ==, "image/png");
    g_assert_cmpint(virDomainGetState(dom, &state, NULL, 0), ==, 0);    /* calls go on while data waits */
    while ((n = virStreamRecv(st, buffer, sizeof(buffer))) > 0)
        for (int i = 0; i < n; i++, got++)
            g_assert_cmpint((guint8)buffer[i], ==, (guint8)(got * 7));
    g_assert_cmpint(n, ==, 0);
    g_assert_cmpuint(got, ==, STREAM_BYTES);
    for (gsize sent = 0; sent < STREAM_BYTES; sent += n)
        g_assert_cmpint(n = virStreamSend(st, buffer, MIN(sizeof(buffer), STREAM_BYTES - sent)), >, 0);
    g_assert_cmpint(virStreamFinish(st), ==, 0);
    g_assert_cmpuint(s.received, ==, STREAM_BYTES);
    g_assert_cmpint(virStreamSend(st, buffer, 1), ==, -1);
    virStreamFree(st);

    st = virStreamNew(conn, VIR_STREAM_NONBLOCK);
    g_free(g_steal_pointer(&mime));
    mime = virDomainScreenshot(dom, st, 0, 0);
    g_assert_cmpint(virStreamAbort(st), ==, 0);
    virStreamFree(st);
    st = virStreamNew(conn, 0);
    g_free(g_steal_pointer(&mime));
    mime = virDomainScreenshot(dom, st, 0, 0);
    virStreamFree(st);                          /* dropped in the middle */
    g_assert_cmpint(virDomainGetState(dom, &state, NULL, 0), ==, 0);
    virDomainFree(dom);
    g_assert_cmpint(virConnectClose(conn), ==, 0);
    serverEnd(&s);
}

static void quiet(void *unused, virErrorPtr error)
{
}

/* From here on the program has an event loop. */
static void testLoop(void)
{
    virEventRegisterDefaultImpl();
    loopThread = g_thread_new("loop", runLoop, NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    virSetErrorFunc(NULL, quiet);
    g_test_add_func("/client/threads-without-loop", testThreads);
    g_test_add_func("/client/streams-without-loop", testStreams);
    g_test_add_func("/client/loop", testLoop);
    g_test_add_func("/client/threads", testThreads);
    g_test_add_func("/client/streams", testStreams);
    g_test_add_func("/client/events", testEvents);
    g_test_add_func("/client/end", testEnd);
    g_test_add_func("/client/nonsense", testNonsense);
    g_test_add_func("/client/keepalive", testKeepAlive);
    return g_test_run();
}
