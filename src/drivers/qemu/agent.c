/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The agent's channel: bytes in and out on the I/O thread, one call that waits for its lines. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.agent"
#include "drivers/qemu/agent.h"
#include "base/actor.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/util.h"
#include "drivers/qemu/monitor.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
    LINE_LIMIT = 64 << 20,      /* a file's piece in base64 fits; more is nobody's answer */
    HELD_LIMIT = LINE_LIMIT + (1 << 20),        /* lines that wait for their reader */
    READ_BATCH = 1 << 20,
};

static const char notNow[] = "Guest agent not available for now", closed[] = "closed";

struct _virAgent {
    gatomicrefcount refs;
    int fd;
    GByteArray *in;             /* I/O thread only */
    bool skipping;              /* the rest of a line that is too long; I/O thread only */
    gint64 ids;                 /* the caller's */

    GMutex mutex;               /* guards what follows */
    GCond cond;
    virWatch *watch;
    GByteArray *out;
    GQueue lines;               /* GBytes, for the call that listens */
    gsize held;
    bool listening, flooded;
    unsigned int events;        /* since the call began */
    char *why;                  /* set: the connection has ended */
};

virAgent *virAgentRef(virAgent *agent)
{
    g_atomic_ref_count_inc(&agent->refs);
    return agent;
}

/* Locked. */
static void dropLines(virAgent *agent)
{
    g_queue_clear_full(&agent->lines, (GDestroyNotify)g_bytes_unref);
    agent->held = 0;
    agent->flooded = false;
}

void virAgentUnref(virAgent *agent)
{
    if (!agent || !g_atomic_ref_count_dec(&agent->refs))
        return;
    virFdClear(&agent->fd);
    dropLines(agent);
    g_byte_array_unref(agent->in);
    g_byte_array_unref(agent->out);
    g_mutex_clear(&agent->mutex);
    g_cond_clear(&agent->cond);
    g_free(agent->why);
    g_free(agent);
}

/* ---- the end ---- */

static virWatch *end(virAgent *agent, const char *why)
{
    g_mutex_lock(&agent->mutex);
    if (!agent->why)
        agent->why = g_strdup(why);
    virWatch *watch = g_steal_pointer(&agent->watch);
    g_cond_broadcast(&agent->cond);
    g_mutex_unlock(&agent->mutex);
    return watch;
}

void virAgentClose(virAgent *agent)
{
    if (agent)
        virWatchRemove(end(agent, closed));
}

bool virAgentIsOpen(virAgent *agent)
{
    g_mutex_lock(&agent->mutex);
    bool open = !agent->why;
    g_mutex_unlock(&agent->mutex);
    return open;
}

void virAgentNotify(virAgent *agent, virAgentEvent event)
{
    g_mutex_lock(&agent->mutex);
    agent->events |= event;
    g_cond_broadcast(&agent->cond);
    g_mutex_unlock(&agent->mutex);
}

/* ---- bytes, on the I/O thread ---- */

/* Locked. */
static void keepLine(virAgent *agent)
{
    gsize len = agent->in->len;
    if (!agent->listening || len == 0) {
        g_byte_array_set_size(agent->in, 0);
    } else if (agent->held + len > HELD_LIMIT) {
        dropLines(agent);
        agent->flooded = true;
    } else {
        g_queue_push_tail(&agent->lines, g_byte_array_free_to_bytes(g_steal_pointer(&agent->in)));
        agent->in = g_byte_array_new();
        agent->held += len;
    }
    g_cond_broadcast(&agent->cond);
}

/* A line ends with a newline. A 0xFF, which is part of no text, says that what came before it on its line is garbage. */
static void takeBytes(virAgent *agent, const guint8 *data, gsize len)
{
    g_mutex_lock(&agent->mutex);
    for (const guint8 *stop = data + len; data < stop;) {
        gsize n = 0;
        while (data + n < stop && data[n] != '\n' && data[n] != 0xff)
            n++;
        if (!agent->skipping && agent->in->len + n <= LINE_LIMIT) {
            g_byte_array_append(agent->in, data, n);
        } else if (!agent->skipping) {
            agent->skipping = agent->flooded = true;
            g_cond_broadcast(&agent->cond);
        }
        data += n;
        if (data == stop)
            break;
        if (agent->skipping || *data == 0xff)
            g_byte_array_set_size(agent->in, 0);
        else
            keepLine(agent);
        agent->skipping = false;
        data++;
    }
    g_mutex_unlock(&agent->mutex);
}

static void readIn(virAgent *agent)
{
    guint8 buffer[65536];
    for (gsize total = 0; total < READ_BATCH;) {
        ssize_t n = recv(agent->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            virWatchRemove(end(agent, n == 0 ? "End of file from agent socket" : g_strerror(errno)));
            return;
        }
        takeBytes(agent, buffer, n);
        total += n;
    }
}

/* Locked. Between calls nothing is read, so that a guest that talks without end costs nothing; its hanging up is seen all the same. */
static void watchFor(virAgent *agent)
{
    if (agent->watch)
        virWatchSetEvents(agent->watch, (agent->listening ? EPOLLIN : 0) | (agent->out->len > 0 ? EPOLLOUT : 0));
}

/* Locked. A broken socket is noticed by reading. */
static void writeOut(virAgent *agent)
{
    while (agent->out->len > 0) {
        ssize_t n = send(agent->fd, agent->out->data, agent->out->len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        g_byte_array_remove_range(agent->out, 0, n);
    }
    watchFor(agent);
}

static void ready(virWatch *watch, int fd, uint32_t events, gpointer data)
{
    g_autoptr(virAgent) agent = virAgentRef(data);
    if (events & EPOLLOUT) {
        g_mutex_lock(&agent->mutex);
        writeOut(agent);
        g_mutex_unlock(&agent->mutex);
    }
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        readIn(agent);
}

/* ---- making one ---- */

virAgent *virAgentNew(int fd)
{
    virAgent *agent = g_new0(virAgent, 1);
    g_atomic_ref_count_init(&agent->refs);
    agent->fd = fd;
    agent->in = g_byte_array_new();
    agent->out = g_byte_array_new();
    agent->ids = g_get_real_time();
    g_queue_init(&agent->lines);
    g_mutex_init(&agent->mutex);
    g_cond_init(&agent->cond);
    g_mutex_lock(&agent->mutex); /* the first callback must see agent->watch */
    agent->watch = virWatchNew(virLoopGet(), fd, 0, ready, virAgentRef(agent), (GDestroyNotify)virAgentUnref);
    g_mutex_unlock(&agent->mutex);
    return agent;
}

virAgent *virAgentConnect(const char *path, GError **error)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    g_auto(virFd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool fits = g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path)) < sizeof(addr.sun_path);
    if (fd >= 0 && fits && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
        return virAgentNew(virFdSteal(&fd));
    virSetSystemError(error, fits ? errno : ENAMETOOLONG, "failed to connect to agent socket '%s'", path);
    return NULL;
}

/* ---- lines, on the caller's thread ---- */

/* The answer in a line, NULL for everything else. */
static JsonNode *parseLine(GBytes *bytes)
{
    gsize len;
    const char *line = g_bytes_get_data(bytes, &len);
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    if (!g_utf8_validate(line, len, NULL) || !qmpIsOneValue(line, len) || !json_parser_load_from_data(parser, line, len, NULL))
        return NULL;
    JsonNode *root = json_parser_get_root(parser);
    JsonObject *o = qmpReplyObj(root);
    return o && (json_object_has_member(o, "return") || json_object_has_member(o, "error")) ? json_node_ref(root) : NULL;
}

typedef enum { WAIT_ANSWER, WAIT_EVENT, WAIT_TIMEOUT, WAIT_GONE, WAIT_FLOODED, WAIT_LEFT } WaitResult;

/* The next answer. `until` 0: no deadline but that the caller is still there. Events end the wait after the lines that came before them. */
static WaitResult await(virAgent *agent, gint64 until, unsigned int events, JsonNode **answer)
{
    WaitResult result = WAIT_ANSWER;
    *answer = NULL;
    g_mutex_lock(&agent->mutex);
    while (!*answer && result == WAIT_ANSWER) {
        g_autoptr(GBytes) line = g_queue_pop_head(&agent->lines);
        if (line) {
            agent->held -= g_bytes_get_size(line);
            g_mutex_unlock(&agent->mutex);
            *answer = parseLine(line);
            g_mutex_lock(&agent->mutex);
        } else if (agent->flooded) {
            result = WAIT_FLOODED;
        } else if (agent->events & events) {
            result = WAIT_EVENT;
        } else if (agent->why) {
            result = WAIT_GONE;
        } else if (until == 0 && virActorAbandoned()) {
            result = WAIT_LEFT;
        } else if (until == 0) {
            g_cond_wait_until(&agent->cond, &agent->mutex, g_get_monotonic_time() + G_USEC_PER_SEC);
        } else if (until <= g_get_monotonic_time()) {
            result = WAIT_TIMEOUT;
        } else if (!g_cond_wait_until(&agent->cond, &agent->mutex, until) && g_queue_is_empty(&agent->lines)) {
            result = WAIT_TIMEOUT;
        }
    }
    g_mutex_unlock(&agent->mutex);
    return result;
}

/* ---- calls ---- */

static void say(virAgent *agent, const char *command, JsonNode *args, bool mark)
{
    g_autoptr(JsonNode) node = qmpArgs("s:execute", command, "o:arguments", args, NULL);
    g_autofree char *text = json_to_string(node, FALSE);
    virDebug("-> %s", command);         /* not its arguments: one of them may be a password */
    g_mutex_lock(&agent->mutex);
    if (mark)
        g_byte_array_append(agent->out, (const guint8 *)"\xff", 1);
    g_byte_array_append(agent->out, (const guint8 *)text, strlen(text));
    g_byte_array_append(agent->out, (const guint8 *)"\n", 1);
    writeOut(agent);
    g_mutex_unlock(&agent->mutex);
}

static gint64 deadline(int ms)
{
    return ms < 0 ? 0 : g_get_monotonic_time() + ms * 1000LL;
}

/* `late`: what being silent for too long means. */
static void waitError(virAgent *agent, WaitResult result, const char *command, int late, GError **error)
{
    if (result == WAIT_FLOODED)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "the guest agent sent more than %d bytes during '%s'", LINE_LIMIT, command);
    else if (result == WAIT_GONE && !g_str_equal(agent->why, closed))    /* it is set once */
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "%s", agent->why);
    else if (result == WAIT_GONE)
        virSetError(error, VIR_ERR_AGENT_UNRESPONSIVE, "Guest agent disappeared while executing command");
    else if (result == WAIT_LEFT)
        virSetError(error, VIR_ERR_OPERATION_ABORTED, "nobody waits for the answer to '%s' any more", command);
    else if (late == VIR_ERR_AGENT_COMMAND_TIMEOUT)
        virSetError(error, late, "guest agent did not answer '%s' in time", command);
    else
        virSetError(error, late, "%s", notNow);
}

/* Classes that callers tell apart. */
static const char *classOf(JsonObject *refusal)
{
    static const char *const known[] = { "CommandNotFound", "CommandDisabled" };
    const char *class = qmpStr(refusal, "class");
    for (guint i = 0; class && i < G_N_ELEMENTS(known); i++)
        if (g_str_equal(class, known[i]))
            return known[i];
    return "";
}

static gint64 saySync(virAgent *agent)
{
    gint64 id = ++agent->ids;
    say(agent, "guest-sync-delimited", qmpArgs("I:id", id, NULL), true);
    return id;
}

/* Throws away what older calls have left. Old agents know the plain synchronisation only. */
static bool synchronise(virAgent *agent, int ms, GError **error)
{
    gint64 id = saySync(agent), until = deadline(ms), other = 0;
    bool plain = false, wrong = false;
    for (;;) {
        g_autoptr(JsonNode) answer = NULL;
        WaitResult result = await(agent, until, 0, &answer);
        JsonObject *o = qmpReplyObj(answer);
        if (result == WAIT_TIMEOUT && wrong) {
            virSetError(error, VIR_ERR_AGENT_UNSYNCED, "guest agent returned ID: %" G_GINT64_FORMAT " instead of %" G_GINT64_FORMAT, other,
                        id);
            return false;
        }
        if (result != WAIT_ANSWER) {
            waitError(agent, result, "guest-sync", VIR_ERR_AGENT_UNRESPONSIVE, error);
            return false;
        }
        if (qmpInt(o, "return", -1) == id)
            return true;
        wrong = wrong || qmpInt(o, "return", -1) >= 0;
        other = qmpInt(o, "return", other);
        if (!plain && g_str_equal(classOf(qmpObj(o, "error")), "CommandNotFound")) {
            say(agent, "guest-sync", qmpArgs("I:id", id, NULL), false);
            plain = true;
        }
    }
}

static bool takeAnswer(const virAgentRequest *request, JsonNode *answer, JsonNode **reply, const char **refused, GError **error)
{
    JsonObject *o = qmpReplyObj(answer);
    if (json_object_has_member(o, "error")) {
        JsonObject *refusal = qmpObj(o, "error");
        const char *words = qmpStr(refusal, "desc");
        if (refused)
            *refused = classOf(refusal);
        virSetError(error, VIR_ERR_AGENT_COMMAND_FAILED, "unable to execute QEMU agent command '%s': %s", request->command,
                    words ? words : "unknown error");
        return false;
    }
    if (reply)
        g_clear_pointer(reply, json_node_unref);
    if (reply)
        *reply = request->whole ? json_node_ref(answer) : json_object_dup_member(o, "return");
    return true;
}

/*
 * After a command that says nothing when it works: an error, or one of its events, or the end of the agent. An agent that takes
 * commands in turn and answers the next synchronisation has carried it out as well.
 */
static bool awaitSilence(virAgent *agent, const virAgentRequest *request, JsonNode **reply, const char **refused, GError **error)
{
    gint64 until = deadline(request->replyMs), id = saySync(agent);
    for (;;) {
        g_autoptr(JsonNode) answer = NULL;
        WaitResult result = await(agent, until, request->silent, &answer);
        if (result == WAIT_EVENT || result == WAIT_GONE)
            return true;
        if (result != WAIT_ANSWER) {
            waitError(agent, result, request->command, VIR_ERR_AGENT_COMMAND_TIMEOUT, error);
            return false;
        }
        if (qmpInt(qmpReplyObj(answer), "return", -1) == id)
            return true;
        if (!takeAnswer(request, answer, reply, refused, error))
            return false;
    }
}

static bool carryOut(virAgent *agent, virAgentRequest *request, JsonNode **reply, const char **refused, GError **error)
{
    if (!synchronise(agent, request->syncMs, error))
        return false;
    say(agent, request->command, g_steal_pointer(&request->args), false);
    if (request->silent)
        return awaitSilence(agent, request, reply, refused, error);
    g_autoptr(JsonNode) answer = NULL;
    WaitResult result = await(agent, deadline(request->replyMs), 0, &answer);
    if (result == WAIT_ANSWER)
        return takeAnswer(request, answer, reply, refused, error);
    waitError(agent, result, request->command, VIR_ERR_AGENT_COMMAND_TIMEOUT, error);
    return false;
}

bool virAgentCall(virAgent *agent, virAgentRequest *request, JsonNode **reply, const char **refused, GError **error)
{
    g_assert(!virLoopIsCurrent(virLoopGet()));
    if (refused)
        *refused = NULL;
    if (reply)
        *reply = NULL;
    g_mutex_lock(&agent->mutex);
    dropLines(agent);
    agent->listening = true;
    agent->events = 0;
    g_mutex_unlock(&agent->mutex);
    bool ok = carryOut(agent, request, reply, refused, error);
    g_mutex_lock(&agent->mutex);
    agent->listening = false;
    dropLines(agent);
    if (!ok)
        g_byte_array_set_size(agent->out, 0);   /* a guest that does not read must not make us hoard */
    watchFor(agent);
    g_mutex_unlock(&agent->mutex);
    g_clear_pointer(&request->args, json_node_unref);
    return ok;
}
