/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The QMP connection: bytes in and out on the I/O thread, commands waiting for their replies, events on their way to the actor. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.monitor"
#include "drivers/qemu/monitor.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/util.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
    INSTANT_MS = 5 * 1000,
    BLOCK_MS = 30 * 1000,
    HEAVY_MS = 0, /* 0: no deadline of its own */
    LINE_LIMIT = 64 << 20,
    READ_BATCH = 1 << 20,
    GARBAGE_LIMIT = 16,
};

typedef enum { DEADLINE_INSTANT, DEADLINE_BLOCK, DEADLINE_HEAVY } DeadlineClass;

/* Whatever is not listed is instant. A name that ends in '*' is a prefix. */
static const struct {
    const char *command;
    DeadlineClass class;
} deadlines[] = {
    { "cont", DEADLINE_BLOCK },
    { "stop", DEADLINE_BLOCK },
    { "blockdev-*", DEADLINE_BLOCK },
    { "block*", DEADLINE_BLOCK },
    { "device_add", DEADLINE_BLOCK },
    { "device_del", DEADLINE_BLOCK },
    { "object-*", DEADLINE_BLOCK },
    { "netdev_*", DEADLINE_BLOCK },
    { "chardev-*", DEADLINE_BLOCK },
    { "human-monitor-command", DEADLINE_BLOCK },
    { "query-cpu-model-expansion", DEADLINE_BLOCK },
    { "query-qmp-schema", DEADLINE_BLOCK },
    { "screendump", DEADLINE_BLOCK },
    { "migrate*", DEADLINE_BLOCK },
    { "system_reset", DEADLINE_BLOCK },
    { "transaction", DEADLINE_BLOCK },
    { "nbd-server-*", DEADLINE_BLOCK },
    { "dump-guest-memory", DEADLINE_HEAVY },
    { "memsave", DEADLINE_HEAVY },
    { "pmemsave", DEADLINE_HEAVY },
};

/* A command on its way. Lives on the stack of the caller that waits; `waiting` false: sent and forgotten, on the heap. */
typedef struct {
    const char *command;
    char *owned; /* command of a forgotten one */
    bool waiting, done, raw;
    virQmpResult result;
    JsonNode *reply;
    GError *error;
} Pending;

struct _virQmp {
    gatomicrefcount refs;
    int fd;
    virActor *actor;
    virQmpHandlers handlers;
    gpointer opaque;
    GDestroyNotify destroy;
    int deadline[3];

    GByteArray *in; /* I/O thread only */
    gsize scanned;
    guint garbage;

    GMutex mutex; /* guards what follows; never held across a handler */
    GCond cond;
    virWatch *watch;
    GByteArray *out;
    GHashTable *pending;  /* id -> Pending */
    GHashTable *timedOut; /* id -> command, replies that may still come */
    guint64 ids;
    bool greeted, closed;
    char *why; /* set: the connection has ended */
};

virQmp *virQmpRef(virQmp *qmp)
{
    g_atomic_ref_count_inc(&qmp->refs);
    return qmp;
}

static void pendingFree(Pending *p)
{
    g_free(p->owned);
    g_clear_error(&p->error);
    g_clear_pointer(&p->reply, json_node_unref);
    g_free(p);
}

void virQmpUnref(virQmp *qmp)
{
    if (!qmp || !g_atomic_ref_count_dec(&qmp->refs))
        return;
    if (qmp->destroy)
        qmp->destroy(qmp->opaque);
    virFdClear(&qmp->fd);
    g_clear_pointer(&qmp->actor, virActorUnref);
    g_byte_array_unref(qmp->in);
    g_byte_array_unref(qmp->out);
    g_hash_table_unref(qmp->pending);
    g_hash_table_unref(qmp->timedOut);
    g_mutex_clear(&qmp->mutex);
    g_cond_clear(&qmp->cond);
    g_free(qmp->why);
    g_free(qmp);
}

static int deadlineOf(virQmp *qmp, const char *command)
{
    for (guint i = 0; i < G_N_ELEMENTS(deadlines); i++) {
        const char *name = deadlines[i].command, *star = strchr(name, '*');
        if (star ? strncmp(command, name, star - name) == 0 : strcmp(command, name) == 0)
            return qmp->deadline[deadlines[i].class];
    }
    return qmp->deadline[DEADLINE_INSTANT];
}

void virQmpSetDeadlines(virQmp *qmp, int instant_ms, int block_ms)
{
    qmp->deadline[DEADLINE_INSTANT] = instant_ms;
    qmp->deadline[DEADLINE_BLOCK] = block_ms;
}

/* ---- handlers, through the actor ---- */

typedef struct {
    virQmp *qmp;
    JsonNode *message; /* event */
    char *text;        /* gone: why; late: command */
    void (*run)(virQmp *, const char *, gpointer);
} Delivery;

static void deliveryFree(gpointer data)
{
    Delivery *d = data;
    virQmpUnref(d->qmp);
    g_clear_pointer(&d->message, json_node_unref);
    g_free(d->text);
    g_free(d);
}

static void deliver(gpointer data)
{
    Delivery *d = data;
    g_mutex_lock(&d->qmp->mutex);
    bool closed = d->qmp->closed;
    g_mutex_unlock(&d->qmp->mutex);
    if (closed)
        return;
    if (d->run) {
        d->run(d->qmp, d->text, d->qmp->opaque);
        return;
    }
    JsonObject *o = json_node_get_object(d->message);
    JsonObject *stamp = qmpObj(o, "timestamp");
    d->qmp->handlers.event(d->qmp, qmpStr(o, "event"), qmpObj(o, "data"), qmpInt(stamp, "seconds", 0),
                           qmpInt(stamp, "microseconds", 0), d->qmp->opaque);
}

static void post(virQmp *qmp, JsonNode *message, const char *text, void (*run)(virQmp *, const char *, gpointer))
{
    Delivery *d = g_new(Delivery, 1);
    *d = (Delivery){ virQmpRef(qmp), message ? json_node_ref(message) : NULL, g_strdup(text), run };
    if (qmp->actor) {
        virActorPost(qmp->actor, deliver, d, deliveryFree);
    } else {
        deliver(d);
        deliveryFree(d);
    }
}

/* ---- the end ---- */

static void failAll(virQmp *qmp)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, qmp->pending);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Pending *p = value;
        p->result = VIR_QMP_GONE;
        p->done = true;
        if (!p->waiting)
            pendingFree(p);
    }
    g_hash_table_remove_all(qmp->pending);
    g_cond_broadcast(&qmp->cond);
}

/* On the I/O thread. */
static void qmpEnd(virQmp *qmp, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void qmpEnd(virQmp *qmp, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *why = g_strdup_vprintf(format, args);
    va_end(args);
    g_mutex_lock(&qmp->mutex);
    bool first = !qmp->why;
    if (first)
        qmp->why = g_strdup(why);
    virWatch *watch = g_steal_pointer(&qmp->watch);
    failAll(qmp);
    g_mutex_unlock(&qmp->mutex);
    if (first && qmp->handlers.gone)
        post(qmp, NULL, why, qmp->handlers.gone);
    virWatchRemove(watch);
}

static void closeOnLoop(gpointer data)
{
    virQmp *qmp = data;
    qmpEnd(qmp, "closed");
    virQmpUnref(qmp);
}

void virQmpClose(virQmp *qmp)
{
    if (!qmp)
        return;
    g_mutex_lock(&qmp->mutex);
    qmp->closed = true;
    if (!qmp->why)
        qmp->why = g_strdup("closed");
    failAll(qmp);
    g_mutex_unlock(&qmp->mutex);
    virLoopInvoke(virLoopGet(), closeOnLoop, virQmpRef(qmp));
}

/* ---- messages in ---- */

static GError *qemuError(const char *command, JsonObject *error)
{
    GError *e = NULL;
    const char *class = qmpStr(error, "class"), *desc = qmpStr(error, "desc");
    int code = g_strcmp0(class, "CommandNotFound") == 0 ? VIR_ERR_OPERATION_UNSUPPORTED : VIR_ERR_INTERNAL_ERROR;
    virSetError(&e, code, "unable to execute QEMU command '%s': %s", command, desc ? desc : "no reason given");
    return e;
}

static void takeReply(virQmp *qmp, JsonNode *root, JsonObject *o)
{
    const char *idText = qmpStr(o, "id");
    guint64 id =
        idText && g_str_has_prefix(idText, "libvirt-") ? g_ascii_strtoull(idText + strlen("libvirt-"), NULL, 10) : 0;
    gpointer key = GSIZE_TO_POINTER(id), late = NULL;
    g_mutex_lock(&qmp->mutex);
    Pending *p = g_hash_table_lookup(qmp->pending, key), *forgotten = p && !p->waiting ? p : NULL;
    if (p) {
        g_hash_table_remove(qmp->pending, key);
        JsonObject *error = p->raw ? NULL : qmpObj(o, "error");
        p->result = error ? VIR_QMP_ERROR : VIR_QMP_OK;
        if (error)
            p->error = qemuError(p->command, error);
        else if (p->raw)
            p->reply = json_node_ref(root);
        else if (json_object_has_member(o, "return"))
            p->reply = json_object_dup_member(o, "return");
        p->done = true;
        g_cond_broadcast(&qmp->cond);
    } else {
        g_hash_table_steal_extended(qmp->timedOut, key, NULL, &late);
    }
    g_mutex_unlock(&qmp->mutex);
    if (forgotten) { /* the other kind is its caller's again */
        if (forgotten->error)
            virWarn("%s", forgotten->error->message);
        pendingFree(forgotten);
    }
    if (late && qmp->handlers.late)
        post(qmp, NULL, late, qmp->handlers.late);
    g_free(late);
}

static void takeMessage(virQmp *qmp, JsonNode *root)
{
    JsonObject *o = qmpReplyObj(root);
    if (!o)
        return;
    if (qmpStr(o, "event")) {
        if (qmp->handlers.event)
            post(qmp, root, NULL, NULL);
    } else if (json_object_has_member(o, "QMP")) {
        g_mutex_lock(&qmp->mutex);
        qmp->greeted = true;
        g_cond_broadcast(&qmp->cond);
        g_mutex_unlock(&qmp->mutex);
    } else {
        takeReply(qmp, root, o);
    }
}

static void takeLine(virQmp *qmp, const char *line, gsize len)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) error = NULL;
    while (len > 0 && g_ascii_isspace(line[len - 1]))
        len--;
    if (len == 0)
        return;
    virDebug("<- %.*s", (int)MIN(len, 2000), line);
    if (json_parser_load_from_data(parser, line, len, &error))
        takeMessage(qmp, json_parser_get_root(parser));
    else if (++qmp->garbage >= GARBAGE_LIMIT)
        qmpEnd(qmp, "QEMU's monitor sends what is not JSON: %s", error->message);
    else
        virWarn("unreadable line of %" G_GSIZE_FORMAT " bytes on a QEMU monitor: %s", len, error->message);
}

static void takeLines(virQmp *qmp)
{
    gsize start = 0;
    for (gsize i = qmp->scanned; i < qmp->in->len; i++)
        if (qmp->in->data[i] == '\n') {
            takeLine(qmp, (const char *)qmp->in->data + start, i - start);
            start = i + 1;
        }
    if (start > 0)
        g_byte_array_remove_range(qmp->in, 0, start);
    qmp->scanned = qmp->in->len;
    if (qmp->in->len > LINE_LIMIT)
        qmpEnd(qmp, "QEMU's monitor sent a message of more than %d bytes", LINE_LIMIT);
}

/* Locked. False when the connection is broken. */
static bool writeOut(virQmp *qmp)
{
    while (qmp->out->len > 0) {
        ssize_t n = send(qmp->fd, qmp->out->data, qmp->out->len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        g_byte_array_remove_range(qmp->out, 0, n);
    }
    return true;
}

static void qmpReadable(virQmp *qmp)
{
    char buffer[65536];
    for (gsize total = 0; total < READ_BATCH;) {
        ssize_t n = recv(qmp->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            qmpEnd(qmp, n == 0 ? "End of file from qemu monitor" : "Unable to read from monitor: %s",
                   g_strerror(errno));
            return;
        }
        g_byte_array_append(qmp->in, (guint8 *)buffer, n);
        takeLines(qmp);
        total += n;
        if (!qmp->watch)
            return;
    }
}

static void qmpReady(virWatch *watch, int fd, uint32_t events, gpointer data)
{
    g_autoptr(virQmp) qmp = virQmpRef(data);
    if (events & EPOLLOUT) {
        g_mutex_lock(&qmp->mutex);
        bool ok = writeOut(qmp);
        if (qmp->out->len == 0 && qmp->watch)
            virWatchSetEvents(qmp->watch, EPOLLIN);
        int code = errno;
        g_mutex_unlock(&qmp->mutex);
        if (!ok)
            qmpEnd(qmp, "Unable to write to monitor: %s", g_strerror(code));
    }
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        qmpReadable(qmp);
}

/* ---- making one ---- */

virQmp *virQmpNew(int fd, virActor *actor, const virQmpHandlers *handlers, gpointer opaque, GDestroyNotify destroy)
{
    virQmp *qmp = g_new0(virQmp, 1);
    g_atomic_ref_count_init(&qmp->refs);
    qmp->fd = fd;
    qmp->actor = actor ? virActorRef(actor) : NULL;
    if (handlers)
        qmp->handlers = *handlers;
    qmp->opaque = opaque;
    qmp->destroy = destroy;
    qmp->deadline[DEADLINE_INSTANT] = INSTANT_MS;
    qmp->deadline[DEADLINE_BLOCK] = BLOCK_MS;
    qmp->deadline[DEADLINE_HEAVY] = HEAVY_MS;
    qmp->in = g_byte_array_new();
    qmp->out = g_byte_array_new();
    qmp->pending = g_hash_table_new(NULL, NULL);
    qmp->timedOut = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_mutex_init(&qmp->mutex);
    g_cond_init(&qmp->cond);
    g_mutex_lock(&qmp->mutex); /* the first callback must see qmp->watch */
    qmp->watch =
        virWatchNew(virLoopGet(), fd, EPOLLIN | EPOLLOUT, qmpReady, virQmpRef(qmp), (GDestroyNotify)virQmpUnref);
    g_mutex_unlock(&qmp->mutex);
    return qmp;
}

virQmp *virQmpConnect(const char *path, virActor *actor, const virQmpHandlers *handlers, gpointer opaque,
                      GDestroyNotify destroy, GError **error)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    g_auto(virFd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool fits = g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path)) < sizeof(addr.sun_path);
    if (fd >= 0 && fits && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
        return virQmpNew(virFdSteal(&fd), actor, handlers, opaque, destroy);
    virSetSystemError(error, fits ? errno : ENAMETOOLONG, "failed to connect to monitor socket '%s'", path);
    if (destroy)
        destroy(opaque);
    return NULL;
}

/* ---- calls ---- */

/* Locked. The watch's thread sees EPOLLOUT when the socket is full; a broken socket is noticed by reading. */
static guint64 submit(virQmp *qmp, Pending *p, JsonNode *args)
{
    guint64 id = ++qmp->ids;
    g_autoptr(JsonObject) o = json_object_new();
    json_object_set_string_member(o, "execute", p->command);
    if (args)
        json_object_set_member(o, "arguments", args);
    g_autofree char *idText = g_strdup_printf("libvirt-%" G_GUINT64_FORMAT, id);
    json_object_set_string_member(o, "id", idText);
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_set_object(node, o);
    g_autofree char *text = json_to_string(node, FALSE);
    virDebug("-> %s", text);
    bool idle = qmp->out->len == 0;
    g_byte_array_append(qmp->out, (guint8 *)text, strlen(text));
    g_byte_array_append(qmp->out, (const guint8 *)"\r\n", 2);
    g_hash_table_insert(qmp->pending, GSIZE_TO_POINTER(id), p);
    if (idle && writeOut(qmp) && qmp->out->len > 0 && qmp->watch)
        virWatchSetEvents(qmp->watch, EPOLLIN | EPOLLOUT);
    return id;
}

/* Locked. Returns with p->done, or after the deadline with p->result TIMEOUT. */
static void await(virQmp *qmp, Pending *p, guint64 id, gint64 until)
{
    while (!p->done) {
        if (until == 0) {
            g_cond_wait(&qmp->cond, &qmp->mutex);
        } else if (!g_cond_wait_until(&qmp->cond, &qmp->mutex, until) && !p->done) {
            g_hash_table_remove(qmp->pending, GSIZE_TO_POINTER(id));
            g_hash_table_insert(qmp->timedOut, GSIZE_TO_POINTER(id), g_strdup(p->command));
            p->result = VIR_QMP_TIMEOUT;
            p->done = true;
        }
    }
}

static GError *callError(virQmp *qmp, Pending *p)
{
    GError *e = NULL;
    if (p->result == VIR_QMP_ERROR)
        return g_steal_pointer(&p->error);
    if (p->result == VIR_QMP_TIMEOUT)
        virSetError(&e, VIR_ERR_OPERATION_TIMEOUT, "QEMU did not answer '%s' within %d ms", p->command,
                    deadlineOf(qmp, p->command));
    else
        virSetError(&e, VIR_ERR_OPERATION_FAILED, "QEMU's monitor went away during '%s': %s", p->command,
                    qmp->why ? qmp->why : "closed");
    return e;
}

bool qmpCallMany(virQmp *qmp, virQmpRequest *requests, guint n, GError **error)
{
    g_autofree Pending *p = g_new0(Pending, n);
    g_autofree guint64 *ids = g_new(guint64, n);
    gint64 now = g_get_monotonic_time();
    g_assert(!virLoopIsCurrent(virLoopGet()));
    if (qmp->actor)
        virActorPark(qmp->actor);
    g_mutex_lock(&qmp->mutex);
    for (guint i = 0; i < n; i++) {
        p[i] = (Pending){ .command = requests[i].command, .waiting = true, .raw = requests[i].raw };
        JsonNode *args = g_steal_pointer(&requests[i].args);
        if (!qmp->why) {
            ids[i] = submit(qmp, &p[i], args);
            continue;
        }
        g_clear_pointer(&args, json_node_unref);
        p[i].done = true;
        p[i].result = VIR_QMP_GONE;
    }
    for (guint i = 0; i < n; i++) {
        int ms = deadlineOf(qmp, p[i].command);
        await(qmp, &p[i], ids[i], ms > 0 ? now + ms * 1000LL : 0);
    }
    g_mutex_unlock(&qmp->mutex);
    if (qmp->actor)
        virActorUnpark(qmp->actor);
    bool ok = true;
    for (guint i = 0; i < n; i++) {
        requests[i].result = p[i].result;
        requests[i].reply = p[i].reply;
        if (p[i].result == VIR_QMP_OK)
            continue;
        requests[i].error = callError(qmp, &p[i]);
        if (ok && error)
            *error = g_error_copy(requests[i].error);
        ok = false;
    }
    return ok;
}

void virQmpRequestClear(virQmpRequest *request)
{
    g_clear_pointer(&request->args, json_node_unref);
    g_clear_pointer(&request->reply, json_node_unref);
    g_clear_error(&request->error);
}

virQmpResult qmpCall(virQmp *qmp, const char *command, JsonNode *args, JsonNode **reply, GError **error)
{
    virQmpRequest request = { .command = command, .args = args };
    qmpCallMany(qmp, &request, 1, error);
    if (reply)
        *reply = g_steal_pointer(&request.reply);
    virQmpRequestClear(&request);
    return request.result;
}

bool virQmpIsLate(virQmp *qmp)
{
    g_mutex_lock(&qmp->mutex);
    bool late = g_hash_table_size(qmp->timedOut) > 0;
    g_mutex_unlock(&qmp->mutex);
    return late;
}

void qmpSend(virQmp *qmp, const char *command, JsonNode *args)
{
    Pending *p = g_new0(Pending, 1);
    p->command = p->owned = g_strdup(command);
    g_mutex_lock(&qmp->mutex);
    bool gone = qmp->why != NULL;
    if (!gone)
        submit(qmp, p, args);
    g_mutex_unlock(&qmp->mutex);
    if (!gone)
        return;
    g_clear_pointer(&args, json_node_unref);
    pendingFree(p);
}

virQmpResult virQmpHandshake(virQmp *qmp, int timeout_ms, GError **error)
{
    gint64 until = g_get_monotonic_time() + timeout_ms * 1000LL;
    if (qmp->actor)
        virActorPark(qmp->actor);
    g_mutex_lock(&qmp->mutex);
    while (!qmp->greeted && !qmp->why && g_cond_wait_until(&qmp->cond, &qmp->mutex, until))
        continue;
    virQmpResult result = qmp->why ? VIR_QMP_GONE : qmp->greeted ? VIR_QMP_OK : VIR_QMP_TIMEOUT;
    g_autofree char *why = g_strdup(qmp->why);
    g_mutex_unlock(&qmp->mutex);
    if (qmp->actor)
        virActorUnpark(qmp->actor);
    if (result == VIR_QMP_GONE)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "process exited while connecting to monitor: %s", why);
    else if (result == VIR_QMP_TIMEOUT)
        virSetError(error, VIR_ERR_OPERATION_TIMEOUT, "QEMU's monitor did not greet within %d ms", timeout_ms);
    return result == VIR_QMP_OK ? qmpCall(qmp, "qmp_capabilities", NULL, NULL, error) : result;
}
