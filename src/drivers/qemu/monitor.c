/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The QMP connection: bytes in and out on the I/O thread, commands waiting for their replies, events on their way to the actor. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.monitor"
#include "drivers/qemu/monitor-private.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/util.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
    LINE_LIMIT = 64 << 20,
    READ_BATCH = 1 << 20,
    GARBAGE_LIMIT = 16,
};

virQmp *virQmpRef(virQmp *qmp)
{
    g_atomic_ref_count_inc(&qmp->refs);
    return qmp;
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
    for (guint i = 0; i < qmp->outFds->len; i++)
        close(g_array_index(qmp->outFds, virQmpOutFd, i).fd);
    g_array_unref(qmp->outFds);
    g_queue_clear_full(&qmp->calls, (GDestroyNotify)virQmpCallUnref);
    g_mutex_clear(&qmp->mutex);
    g_cond_clear(&qmp->cond);
    g_free(qmp->why);
    g_free(qmp);
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

void virQmpPost(virQmp *qmp, JsonNode *message, const char *text, void (*run)(virQmp *, const char *, gpointer))
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
    virQmpFailAll(qmp);
    bool trouble = qmp->trouble;
    qmp->trouble = false;
    g_mutex_unlock(&qmp->mutex);
    if (trouble)
        virActorSetTrouble(qmp->actor, NULL);
    if (first && qmp->handlers.gone)
        virQmpPost(qmp, NULL, why, qmp->handlers.gone);
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
    virQmpFailAll(qmp);
    g_mutex_unlock(&qmp->mutex);
    virLoopInvoke(virLoopGet(), closeOnLoop, virQmpRef(qmp));
}

/* ---- messages in ---- */

static void takeMessage(virQmp *qmp, JsonNode *root)
{
    JsonObject *o = qmpReplyObj(root);
    if (!o)
        return;
    if (qmpStr(o, "event")) {
        if (qmp->handlers.event)
            virQmpPost(qmp, root, NULL, NULL);
    } else if (json_object_has_member(o, "QMP")) {
        JsonArray *offered = qmpArr(qmpObj(o, "QMP"), "capabilities");
        g_mutex_lock(&qmp->mutex);
        qmp->greeted = true;
        for (guint i = 0; offered && i < json_array_get_length(offered); i++)
            qmp->oobOffered |= g_strcmp0(json_array_get_string_element(offered, i), "oob") == 0;
        g_cond_broadcast(&qmp->cond);
        g_mutex_unlock(&qmp->mutex);
    } else {
        virQmpTakeReply(qmp, root, o);
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
    bool one = qmpIsOneValue(line, len);
    if (one && json_parser_load_from_data(parser, line, len, &error))
        takeMessage(qmp, json_parser_get_root(parser));
    else if (++qmp->garbage >= GARBAGE_LIMIT)
        qmpEnd(qmp, "QEMU's monitor sends what is not JSON: %s", one ? error->message : "it is not one object");
    else
        virWarn("unreadable line of %" G_GSIZE_FORMAT " bytes on a QEMU monitor: %s", len, one ? error->message : "it is not one object");
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

/* As much as goes in one piece: with a descriptor when one belongs to the first byte, up to the next that has one. */
static ssize_t sendPiece(virQmp *qmp)
{
    const virQmpOutFd *fds = (const virQmpOutFd *)(void *)qmp->outFds->data;
    guint n = qmp->outFds->len;
    bool first = n > 0 && fds[0].at == 0;
    gsize end = n > first ? fds[first].at : qmp->out->len;
    struct iovec part = { qmp->out->data, end };
    union { struct cmsghdr head; char space[CMSG_SPACE(sizeof(int))]; } control = { 0 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    if (first) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control);
        control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
        memcpy(CMSG_DATA(&control.head), &fds[0].fd, sizeof(int));
    }
    ssize_t sent = sendmsg(qmp->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0 && first) {
        close(fds[0].fd);
        g_array_remove_index(qmp->outFds, 0);
    }
    return sent;
}

/* Locked. False when the connection is broken. */
bool virQmpWriteOut(virQmp *qmp)
{
    while (qmp->out->len > 0) {
        ssize_t n = sendPiece(qmp);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        g_byte_array_remove_range(qmp->out, 0, n);
        for (guint i = 0; i < qmp->outFds->len; i++)
            g_array_index(qmp->outFds, virQmpOutFd, i).at -= n;
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
        bool ok = virQmpWriteOut(qmp);
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
    virQmpSetDeadlines(qmp, 5 * 1000, 30 * 1000);
    qmp->in = g_byte_array_new();
    qmp->out = g_byte_array_new();
    qmp->outFds = g_array_new(FALSE, FALSE, sizeof(virQmpOutFd));
    g_queue_init(&qmp->calls);
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
    if (result != VIR_QMP_OK)
        return result;
    JsonNode *args = NULL;
    if (qmp->oobOffered) {
        JsonArray *enable = json_array_new();
        json_array_add_string_element(enable, "oob");
        JsonNode *list = json_node_init_array(json_node_alloc(), enable);
        json_array_unref(enable);
        args = qmpArgs("o:enable", list, NULL);
    }
    result = qmpCall(qmp, "qmp_capabilities", args, NULL, error);
    g_mutex_lock(&qmp->mutex);
    qmp->oob = qmp->oobOffered && result == VIR_QMP_OK;
    g_mutex_unlock(&qmp->mutex);
    return result;
}
