/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Commands and their deadlines. QEMU answers in the order of the commands, so the oldest one without an answer says how it is: once
 * that one is over its deadline, nothing more is sent but a probe, and every call fails at once, until an answer comes. A reply to a
 * later command means that the earlier ones were lost.
 */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.monitor"
#include "drivers/qemu/monitor-private.h"
#include "base/log.h"
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>

enum {
    SLOW_MS = 250,              /* from then on a query lets others pass that can do without QEMU */
    TROUBLE_MS = 5000,          /* from then on nobody queues behind the one who waits */
};

/* Whatever is not listed is instant. A name that ends in '*' is a prefix. */
static const struct {
    const char *command;
    int class;
} deadlines[] = {
    { "cont", VIR_QMP_BLOCK },
    { "stop", VIR_QMP_BLOCK },
    { "block*", VIR_QMP_BLOCK },
    { "device_add", VIR_QMP_BLOCK },
    { "device_del", VIR_QMP_BLOCK },
    { "getfd", VIR_QMP_BLOCK },
    { "object-*", VIR_QMP_BLOCK },
    { "netdev_*", VIR_QMP_BLOCK },
    { "chardev-*", VIR_QMP_BLOCK },
    { "human-monitor-command", VIR_QMP_BLOCK },
    { "query-cpu-model-expansion", VIR_QMP_BLOCK },
    { "query-qmp-schema", VIR_QMP_BLOCK },
    { "screendump", VIR_QMP_BLOCK },
    { "migrate*", VIR_QMP_BLOCK },
    { "system_reset", VIR_QMP_BLOCK },
    { "transaction", VIR_QMP_BLOCK },
    { "nbd-server-*", VIR_QMP_BLOCK },
    { "dump-guest-memory", VIR_QMP_HEAVY },
    { "memsave", VIR_QMP_HEAVY },
    { "pmemsave", VIR_QMP_HEAVY },
};

/* QEMU takes these in its monitor's own thread, also while its main loop hangs. */
static const char *const outOfBand[] = { "migrate-pause", "migrate-recover", "yank", NULL };

static int deadlineOf(const virQmp *qmp, const char *command)
{
    for (guint i = 0; i < G_N_ELEMENTS(deadlines); i++) {
        const char *name = deadlines[i].command, *star = strchr(name, '*');
        if (star ? strncmp(command, name, star - name) == 0 : strcmp(command, name) == 0)
            return qmp->deadline[deadlines[i].class];
    }
    return qmp->deadline[VIR_QMP_INSTANT];
}

void virQmpSetDeadlines(virQmp *qmp, int instant_ms, int block_ms)
{
    qmp->deadline[VIR_QMP_INSTANT] = instant_ms;
    qmp->deadline[VIR_QMP_BLOCK] = block_ms;
}

/* Nothing but a figure: a reply that comes too late changes nothing. */
static bool onlyAsks(const char *command)
{
    return g_str_has_prefix(command, "query-") || g_str_equal(command, "qom-get");
}

void virQmpCallUnref(virQmpCall *c)
{
    if (--c->refs > 0)
        return;
    g_free(c->command);
    g_clear_error(&c->error);
    g_clear_pointer(&c->reply, json_node_unref);
    g_free(c);
}

/* ---- how QEMU is doing; all locked ---- */

static virQmpCall *oldest(const virQmp *qmp)
{
    for (GList *l = qmp->calls.head; l; l = l->next)
        if (!((virQmpCall *)l->data)->oob)
            return l->data;
    return NULL;
}

static virQmpCall *overdue(const virQmp *qmp)
{
    virQmpCall *c = oldest(qmp);
    return c && c->until && c->until <= g_get_monotonic_time() ? c : NULL;
}

static int64_t ageOf(const virQmpCall *c)
{
    return (g_get_monotonic_time() - c->sent) / 1000;
}

static char *troubleWords(const virQmpCall *c)
{
    return g_strdup_printf("QEMU has not answered '%s' for %lld ms", c->command, (long long)ageOf(c));
}

bool virQmpIsLate(virQmp *qmp)
{
    g_mutex_lock(&qmp->mutex);
    bool late = overdue(qmp) != NULL;
    g_mutex_unlock(&qmp->mutex);
    return late;
}

bool virQmpIsSlow(virQmp *qmp)
{
    g_mutex_lock(&qmp->mutex);
    const virQmpCall *c = oldest(qmp);
    bool slow = c && ageOf(c) >= SLOW_MS;
    g_mutex_unlock(&qmp->mutex);
    return slow;
}

char *virQmpWaitsFor(virQmp *qmp, int64_t *age_ms)
{
    g_mutex_lock(&qmp->mutex);
    const virQmpCall *c = oldest(qmp);
    char *command = c ? g_strdup(c->command) : NULL;
    *age_ms = c ? ageOf(c) : 0;
    g_mutex_unlock(&qmp->mutex);
    return command;
}

/* ---- sending ---- */

/* Short: QEMU reads its monitor byte by byte, each with several system calls. */
static char *messageOf(const virQmpCall *c, JsonNode *args)
{
    g_autoptr(JsonObject) o = json_object_new();
    json_object_set_string_member(o, c->oob ? "exec-oob" : "execute", c->command);
    if (args)
        json_object_set_member(o, "arguments", args);
    json_object_set_int_member(o, "id", (gint64)c->id);
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_set_object(node, o);
    return json_to_string(node, FALSE);
}

/* Locked; a reference. */
static virQmpCall *queueCall(virQmp *qmp, const char *command, JsonNode *args, int fd)
{
    virQmpCall *c = g_new0(virQmpCall, 1);
    int ms = deadlineOf(qmp, command);
    *c = (virQmpCall){ .refs = 2, .id = ++qmp->ids, .command = g_strdup(command), .sent = g_get_monotonic_time() };
    c->until = ms > 0 ? c->sent + ms * 1000LL : 0;
    c->oob = qmp->oob && g_strv_contains(outOfBand, command);
    g_queue_push_tail(&qmp->calls, c);
    g_autofree char *text = messageOf(c, args);
    virDebug("-> %s", text);
    if (fd) {
        virQmpOutFd out = { qmp->out->len, fcntl(fd - 1, F_DUPFD_CLOEXEC, 3) };
        if (out.fd >= 0)                /* else QEMU says that none came */
            g_array_append_val(qmp->outFds, out);
    }
    g_byte_array_append(qmp->out, (guint8 *)text, strlen(text));
    g_byte_array_append(qmp->out, (const guint8 *)"\n", 1);
    return c;
}

/* Locked. The watch's thread sees EPOLLOUT when the socket is full; a broken socket is noticed by reading. */
static void writeQueued(virQmp *qmp)
{
    if (virQmpWriteOut(qmp) && qmp->out->len > 0 && qmp->watch)
        virWatchSetEvents(qmp->watch, EPOLLIN | EPOLLOUT);
}

static virQmpCall *submit(virQmp *qmp, const char *command, JsonNode *args)
{
    bool idle = qmp->out->len == 0;
    virQmpCall *c = queueCall(qmp, command, args, 0);
    if (idle)
        writeQueued(qmp);
    return c;
}

static void abandon(virQmpCall *c)
{
    c->abandoned = true;
    virQmpCallUnref(c);
}

/* An answer to this will show that QEMU is back, even when the one we miss was lost for good. */
static void probe(virQmp *qmp, const virQmpCall *missing)
{
    const virQmpCall *last = g_queue_peek_tail(&qmp->calls);
    if (last == missing)
        abandon(submit(qmp, "query-status", NULL));
}

/* ---- replies ---- */

static GError *qemuError(const char *command, JsonObject *error)
{
    GError *e = NULL;
    const char *class = qmpStr(error, "class"), *desc = qmpStr(error, "desc");
    int code = g_strcmp0(class, "CommandNotFound") == 0 ? VIR_ERR_OPERATION_UNSUPPORTED : VIR_ERR_INTERNAL_ERROR;
    virSetError(&e, code, "unable to execute QEMU command '%s': %s", command, desc ? desc : "no reason given");
    return e;
}

static void complete(virQmpCall *c, JsonNode *root, JsonObject *o)
{
    JsonObject *error = c->raw ? NULL : qmpObj(o, "error");
    c->result = error ? VIR_QMP_ERROR : VIR_QMP_OK;
    if (error)
        c->error = qemuError(c->command, error);
    else if (c->raw)
        c->reply = json_node_ref(root);
    else if (json_object_has_member(o, "return"))
        c->reply = json_object_dup_member(o, "return");
    c->done = true;
}

/* Takes the call with that id out of the list, and into `lost` the ones before it. */
static virQmpCall *takeCall(virQmp *qmp, guint64 id, GQueue *lost)
{
    virQmpCall *found = NULL;
    for (GList *l = qmp->calls.head; l && !found; l = l->next)
        found = ((virQmpCall *)l->data)->id == id ? l->data : NULL;
    if (!found)
        return NULL;
    for (GList *l = qmp->calls.head, *next; l; l = next) {
        virQmpCall *c = l->data;
        next = l->next;
        if (c != found && (found->oob || c->oob || c->id > id))
            continue;
        g_queue_unlink(&qmp->calls, l);
        if (c != found)
            g_queue_push_tail_link(lost, l);
        else
            g_list_free(l);
    }
    return found;
}

/* The one whose effect is not known: its reply came late, or never will. */
static void reportLate(virQmp *qmp, const virQmpCall *c)
{
    if (qmp->handlers.late && !onlyAsks(c->command))
        virQmpPost(qmp, NULL, c->command, qmp->handlers.late);
}

static void endTrouble(virQmp *qmp, bool told)
{
    if (!told)
        return;
    virWarn("QEMU answers again");
    if (qmp->actor)
        virActorSetTrouble(qmp->actor, NULL);
    if (qmp->handlers.late)
        virQmpPost(qmp, NULL, "query-status", qmp->handlers.late);
}

void virQmpTakeReply(virQmp *qmp, JsonNode *root, JsonObject *o)
{
    guint64 id = (guint64)qmpInt(o, "id", 0);
    GQueue lost = G_QUEUE_INIT;
    g_mutex_lock(&qmp->mutex);
    virQmpCall *c = takeCall(qmp, id, &lost);
    bool told = c && !c->oob && qmp->trouble, forgotten = c && c->abandoned, late = c && c->overdue;
    if (told)
        qmp->trouble = false;
    if (c)
        complete(c, root, o);
    for (GList *l = lost.head; l; l = l->next) {
        virQmpCall *gone = l->data;
        gone->result = VIR_QMP_TIMEOUT;
        gone->done = true;
    }
    g_cond_broadcast(&qmp->cond);
    g_mutex_unlock(&qmp->mutex);
    if (c && c->arrived && c->reply)
        c->arrived(qmp->opaque, c->reply);
    if (forgotten && c->error)
        virWarn("%s", c->error->message);
    if (late)
        reportLate(qmp, c);
    for (GList *l = lost.head; l; l = l->next)
        reportLate(qmp, l->data);
    endTrouble(qmp, told);
    g_mutex_lock(&qmp->mutex);
    if (c)
        virQmpCallUnref(c);
    g_queue_clear_full(&lost, (GDestroyNotify)virQmpCallUnref);
    g_mutex_unlock(&qmp->mutex);
}

void virQmpFailAll(virQmp *qmp)
{
    virQmpCall *c;
    while ((c = g_queue_pop_head(&qmp->calls))) {
        c->result = VIR_QMP_GONE;
        c->done = true;
        virQmpCallUnref(c);
    }
    g_cond_broadcast(&qmp->cond);
}

/* ---- calls ---- */

static GError *callError(virQmp *qmp, virQmpResult result, const virQmpCall *c, const char *command)
{
    GError *e = NULL;
    if (result == VIR_QMP_GONE)
        virSetError(&e, VIR_ERR_OPERATION_FAILED, "QEMU's monitor went away during '%s': %s", command, qmp->why ? qmp->why : "closed");
    else if (c && c->done)
        virSetError(&e, VIR_ERR_OPERATION_TIMEOUT, "QEMU passed over '%s' and answered a later command", command);
    else if (c)
        virSetError(&e, VIR_ERR_OPERATION_TIMEOUT, "QEMU did not answer '%s' within %lld ms", command, (long long)ageOf(c));
    return e;
}

/* Locked. Not sent: the connection has ended, or QEMU is not answering. */
static void refuse(virQmp *qmp, virQmpRequest *r, virQmpCall *missing)
{
    r->result = missing ? VIR_QMP_TIMEOUT : VIR_QMP_GONE;
    if (!missing) {
        r->error = callError(qmp, VIR_QMP_GONE, NULL, r->command);
        return;
    }
    g_autofree char *words = troubleWords(missing);
    virSetError(&r->error, VIR_ERR_OPERATION_TIMEOUT, "cannot acquire state change lock (held by monitor=%s): %s; '%s' was not sent",
                missing->command, words, r->command);
    missing->overdue = true;
    probe(qmp, missing);
}

struct _virQmpBatch {
    virQmp *qmp;
    virQmpRequest *requests;
    guint n;
    virQmpCall *calls[];        /* NULL: not sent */
};

virQmpBatch *virQmpBegin(virQmp *qmp, virQmpRequest *requests, guint n)
{
    virQmpBatch *b = g_malloc0(sizeof(*b) + n * sizeof(b->calls[0]));
    b->qmp = virQmpRef(qmp);
    b->requests = requests;
    b->n = n;
    g_mutex_lock(&qmp->mutex);
    bool idle = qmp->out->len == 0;
    for (guint i = 0; i < n; i++) {
        virQmpRequest *r = &requests[i];
        g_autoptr(JsonNode) args = g_steal_pointer(&r->args);
        virQmpCall *missing = qmp->oob && g_strv_contains(outOfBand, r->command) ? NULL : overdue(qmp);
        if (qmp->why || missing) {
            refuse(qmp, r, qmp->why ? NULL : missing);
            continue;
        }
        b->calls[i] = queueCall(qmp, r->command, g_steal_pointer(&args), r->fd);
        b->calls[i]->raw = r->raw;
        b->calls[i]->arrived = r->arrived;
    }
    if (idle)                   /* all in one message, and QEMU is woken once */
        writeQueued(qmp);
    g_mutex_unlock(&qmp->mutex);
    return b;
}

/* Locked. QEMU hangs, as far as one can tell. */
static void tellTrouble(virQmp *qmp, const virQmpCall *c)
{
    g_autofree char *words = troubleWords(c);
    if (qmp->trouble || !qmp->actor)
        return;
    qmp->trouble = true;
    g_mutex_unlock(&qmp->mutex);
    virWarn("%s", words);
    virActorSetTrouble(qmp->actor, words);
    g_mutex_lock(&qmp->mutex);
}

/* Locked. What others are to know while this one waits on; returns when to look again, 0: never. */
static gint64 stages(virQmp *qmp, const virQmpCall *c, bool *yielded)
{
    int64_t age = ageOf(c);
    if (age < SLOW_MS)
        return c->sent + SLOW_MS * 1000LL;
    if (!qmp->yielded) {
        g_mutex_unlock(&qmp->mutex);
        *yielded = virActorYield();
        g_mutex_lock(&qmp->mutex);
        qmp->yielded |= *yielded;
    }
    if (age < TROUBLE_MS)
        return c->sent + TROUBLE_MS * 1000LL;
    tellTrouble(qmp, c);
    return 0;
}

/* Locked. Returns with c->done, or when it is over. */
static void await(virQmp *qmp, virQmpCall *c, gint64 until, bool *yielded)
{
    while (!c->done && !(until && g_get_monotonic_time() >= until)) {
        gint64 next = stages(qmp, c, yielded);
        if (c->done)
            break;
        if (until && (!next || until < next))
            next = until;
        if (next)
            g_cond_wait_until(&qmp->cond, &qmp->mutex, next);
        else
            g_cond_wait(&qmp->cond, &qmp->mutex);
    }
    if (!c->done && c->until && g_get_monotonic_time() >= c->until) {
        c->overdue = true;
        tellTrouble(qmp, c);
    }
}

/* Locked. Moves what became of it into its request. */
static void settle(virQmp *qmp, virQmpCall *c, virQmpRequest *r)
{
    r->result = c->done ? c->result : VIR_QMP_TIMEOUT;
    r->reply = c->done && c->reply ? json_node_ref(c->reply) : NULL;
    if (r->result == VIR_QMP_ERROR)
        r->error = g_error_copy(c->error);
    else if (r->result != VIR_QMP_OK)
        r->error = callError(qmp, r->result, c, r->command);
    abandon(c);
}

bool virQmpEnd(virQmpBatch *b, gint64 until, GError **error)
{
    virQmp *qmp = b->qmp;
    bool ok = true, yielded = false;
    g_assert(!virLoopIsCurrent(virLoopGet()));
    if (qmp->actor)
        virActorPark(qmp->actor);
    g_mutex_lock(&qmp->mutex);
    for (guint i = 0; i < b->n; i++) {
        virQmpCall *c = b->calls[i];
        if (!c)
            continue;
        await(qmp, c, until && (!c->until || until < c->until) ? until : c->until, &yielded);
        settle(qmp, c, &b->requests[i]);
    }
    if (yielded)
        qmp->yielded = false;
    g_mutex_unlock(&qmp->mutex);
    if (qmp->actor)
        virActorUnpark(qmp->actor);
    for (guint i = 0; i < b->n && ok; i++) {
        ok = b->requests[i].result == VIR_QMP_OK;
        if (!ok && error)
            *error = g_error_copy(b->requests[i].error);
    }
    virQmpUnref(qmp);
    g_free(b);
    return ok;
}

bool qmpCallMany(virQmp *qmp, virQmpRequest *requests, guint n, GError **error)
{
    return virQmpEnd(virQmpBegin(qmp, requests, n), 0, error);
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

void qmpSend(virQmp *qmp, const char *command, JsonNode *args)
{
    g_mutex_lock(&qmp->mutex);
    if (qmp->why)
        g_clear_pointer(&args, json_node_unref);
    else
        abandon(submit(qmp, command, args));
    g_mutex_unlock(&qmp->mutex);
}
