/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection to a guest's agent against a scripted one: synchronisation, old answers, silence, garbage, floods, the end. */
#include "drivers/qemu/agent-info.h"
#include "base/loop.h"
#include "base/util.h"
#include "drivers/qemu/monitor.h"
#include <string.h>
#include <sys/socket.h>

typedef struct {
    int fd;
    GThread *thread;
    virAgent *agent;
    gint mood;                  /* of synchronisations */
    GMutex mutex;
    GString *log;               /* what it was asked, commands with a space behind each */
} Fixture;

enum { WELL, DEAF, OLD, WRONG, TALKS };

static void putBytes(int fd, const char *text, gsize len)
{
    for (gsize done = 0; done < len;) {
        ssize_t n = send(fd, text + done, len - done, MSG_NOSIGNAL);
        if (n < 0)
            return;
        done += n;
    }
}

static void put(int fd, const char *text)
{
    putBytes(fd, text, strlen(text));
}

static char *getLine(int fd)
{
    g_autoptr(GString) line = g_string_new(NULL);
    char c;
    while (recv(fd, &c, 1, 0) == 1 && c != '\n')
        g_string_append_c(line, c);
    return line->len ? g_string_free(g_steal_pointer(&line), FALSE) : NULL;
}

static char *after(const char *line, const char *tag, const char *stop)
{
    const char *at = strstr(line, tag);
    return at ? g_strndup(at + strlen(tag), strcspn(at + strlen(tag), stop)) : NULL;
}

static void synchronise(Fixture *f, const char *line, const char *command)
{
    g_autofree char *id = after(line, "\"id\":", "}");
    bool delimited = g_str_equal(command, "guest-sync-delimited");
    g_autofree char *reply = g_strdup_printf("%s{\"return\": %s}\n", delimited ? "\xff" : "", id);
    int mood = g_atomic_int_get(&f->mood);
    g_assert_cmpint(line[0] == '\xff', ==, delimited);
    if (mood == OLD && delimited)
        put(f->fd, "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The command guest-sync-delimited has not been found\"}}\n");
    else if (mood == WRONG)
        put(f->fd, "\xff{\"return\": 4711}\n");
    else if (mood == TALKS)
        put(f->fd, "half a line {\"return\": 4711}\n{\"return\": {\"value\": 99}}\n{\"return\"");
    if (mood == WELL || mood == TALKS || (mood == OLD && !delimited))
        put(f->fd, reply);
}

static void answer(Fixture *f, const char *command)
{
    if (g_str_equal(command, "split")) {
        for (const char *c = "{\"return\": {\"value\": 7}}\n"; *c; c++)
            putBytes(f->fd, c, 1);
    } else if (g_str_equal(command, "garble")) {
        put(f->fd, "]]} not json\n\n{\"return\": \n[1]\n\xc3(\n{\"QMP\": 1}\n{\"return\": {\"value\": 8}}\n");
    } else if (g_str_equal(command, "refuse")) {
        put(f->fd, "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no such thing\"}}\n");
    } else if (g_str_equal(command, "deep")) {
        g_autofree char *deep = g_strnfill(1 << 20, '[');
        put(f->fd, "{\"return\": ");
        put(f->fd, deep);
        put(f->fd, "\n{\"return\": {\"value\": 9}}\n");
    } else if (g_str_equal(command, "huge")) {
        g_autofree char *piece = g_strnfill(1 << 20, 'x');
        for (int i = 0; i < 80; i++)
            put(f->fd, piece);
        put(f->fd, "\n");
    } else if (!g_str_equal(command, "silent") && !g_str_equal(command, "guest-shutdown")) {
        put(f->fd, "{\"return\": {\"value\": 1}}\n");
    }
}

static gpointer serve(gpointer data)
{
    Fixture *f = data;
    for (;;) {
        g_autofree char *line = getLine(f->fd);
        g_autofree char *command = line ? after(line, "\"execute\":\"", "\"") : NULL;
        if (!command || g_str_equal(command, "die"))
            break;
        g_mutex_lock(&f->mutex);
        g_string_append_printf(f->log, "%s ", command);
        g_mutex_unlock(&f->mutex);
        if (g_str_has_prefix(command, "guest-sync"))
            synchronise(f, line, command);
        else
            answer(f, command);
    }
    shutdown(f->fd, SHUT_RDWR);
    return NULL;
}

static void setUp(Fixture *f, gconstpointer unused)
{
    int fds[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    f->fd = fds[1];
    f->log = g_string_new(NULL);
    f->thread = g_thread_new("fake-agent", serve, f);
    f->agent = virAgentNew(fds[0]);
}

static void tearDown(Fixture *f, gconstpointer unused)
{
    virAgentClose(f->agent);
    shutdown(f->fd, SHUT_RDWR);
    g_thread_join(f->thread);
    virAgentUnref(f->agent);
    close(f->fd);
    g_string_free(f->log, TRUE);
}

static bool call(Fixture *f, const char *command, int syncMs, int replyMs, JsonNode **reply, GError **error)
{
    virAgentRequest request = { .command = command, .syncMs = syncMs, .replyMs = replyMs };
    return virAgentCall(f->agent, &request, reply, NULL, error);
}

static gint64 value(Fixture *f, const char *command)
{
    g_autoptr(JsonNode) reply = NULL;
    g_autoptr(GError) error = NULL;
    bool ok = call(f, command, 10000, 10000, &reply, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return qmpInt(qmpReplyObj(reply), "value", -1);
}

static void refused(Fixture *f, const char *command, int syncMs, int replyMs, int code, const char *words)
{
    g_autoptr(JsonNode) reply = NULL;
    g_autoptr(GError) error = NULL;
    gint64 start = g_get_monotonic_time();
    g_assert_false(call(f, command, syncMs, replyMs, &reply, &error));
    g_assert_cmpint(virErrorCode(error), ==, code);
    g_assert_null(reply);
    if (!strstr(error->message, words))
        g_error("'%s' lacks '%s'", error->message, words);
    g_assert_cmpint(g_get_monotonic_time() - start, <, 8 * G_USEC_PER_SEC);
}

static void testAnswers(Fixture *f, gconstpointer unused)
{
    g_assert_cmpint(value(f, "plain"), ==, 1);
    g_assert_cmpint(value(f, "split"), ==, 7);
    g_assert_cmpint(value(f, "garble"), ==, 8);
    g_assert_cmpint(value(f, "deep"), ==, 9);
}

static void testRefusal(Fixture *f, gconstpointer unused)
{
    virAgentRequest request = { .command = "refuse", .syncMs = 10000, .replyMs = 10000 };
    const char *class = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(virAgentCall(f->agent, &request, NULL, &class, &error));
    g_assert_cmpstr(class, ==, "CommandNotFound");
    g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_AGENT_COMMAND_FAILED);
    g_assert_nonnull(strstr(error->message, "unable to execute QEMU agent command 'refuse': no such thing"));
    g_assert_cmpint(value(f, "plain"), ==, 1);
}

static void testSilence(Fixture *f, gconstpointer unused)
{
    g_atomic_int_set(&f->mood, DEAF);
    refused(f, "plain", 100, 10000, VIR_ERR_AGENT_UNRESPONSIVE, "Guest agent not available for now");
    g_mutex_lock(&f->mutex);
    g_assert_cmpstr(f->log->str, ==, "guest-sync-delimited ");         /* who does not synchronise is told nothing */
    g_mutex_unlock(&f->mutex);
    g_atomic_int_set(&f->mood, WELL);
    refused(f, "silent", 10000, 100, VIR_ERR_AGENT_COMMAND_TIMEOUT, "'silent'");
    refused(f, "silent", 10000, 0, VIR_ERR_AGENT_COMMAND_TIMEOUT, "'silent'");
    g_assert_cmpint(value(f, "plain"), ==, 1);
}

/* An answer that comes when nobody waits for it any more is nobody's, not the next one's. */
static void testLate(Fixture *f, gconstpointer unused)
{
    refused(f, "silent", 10000, 50, VIR_ERR_AGENT_COMMAND_TIMEOUT, "'silent'");
    put(f->fd, "{\"return\": {\"value\": 66}}\n");
    g_assert_cmpint(value(f, "plain"), ==, 1);
    refused(f, "silent", 10000, 50, VIR_ERR_AGENT_COMMAND_TIMEOUT, "'silent'");
    put(f->fd, "{\"return\": {\"val");                                  /* the rest never comes */
    g_assert_cmpint(value(f, "plain"), ==, 1);
    g_atomic_int_set(&f->mood, TALKS);
    g_assert_cmpint(value(f, "plain"), ==, 1);
}

static void testUnsynced(Fixture *f, gconstpointer unused)
{
    g_atomic_int_set(&f->mood, WRONG);
    refused(f, "plain", 200, 10000, VIR_ERR_AGENT_UNSYNCED, "guest agent returned ID: 4711 instead of ");
    g_atomic_int_set(&f->mood, OLD);
    g_assert_cmpint(value(f, "plain"), ==, 1);
}

static void testFlood(Fixture *f, gconstpointer unused)
{
    refused(f, "huge", 10000, 10000, VIR_ERR_INTERNAL_ERROR, "the guest agent sent more than");
    g_assert_cmpint(value(f, "plain"), ==, 1);
}

static gpointer notify(gpointer data)
{
    g_usleep(50 * 1000);
    virAgentNotify(data, VIR_AGENT_EVENT_SHUTDOWN);
    return NULL;
}

/* What says nothing when it works is over with QEMU's event, or with the next synchronisation. */
static void testSilentCommand(Fixture *f, gconstpointer unused)
{
    virAgentRequest request = { .command = "guest-shutdown", .syncMs = 10000, .replyMs = 10000, .silent = VIR_AGENT_EVENT_SHUTDOWN };
    g_assert_true(virAgentCall(f->agent, &request, NULL, NULL, NULL));
    request.command = "refuse";
    g_autoptr(GError) error = NULL;
    g_assert_false(virAgentCall(f->agent, &request, NULL, NULL, &error));
    g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_AGENT_COMMAND_FAILED);
    request.command = "die";
    g_assert_true(virAgentCall(f->agent, &request, NULL, NULL, NULL));
    g_thread_join(g_thread_new("event", notify, f->agent));    /* to one that is gone: nothing happens */
}

static gpointer closeSoon(gpointer data)
{
    g_usleep(50 * 1000);
    virAgentClose(data);
    return NULL;
}

static void testEnd(Fixture *f, gconstpointer how)
{
    GThread *closer = how ? g_thread_new("closer", closeSoon, f->agent) : NULL;
    refused(f, how ? "silent" : "die", 10000, -1, how ? VIR_ERR_AGENT_UNRESPONSIVE : VIR_ERR_INTERNAL_ERROR,
            how ? "Guest agent disappeared while executing command" : "End of file from agent socket");
    if (closer)
        g_thread_join(closer);
    g_assert_false(virAgentIsOpen(f->agent));
}

/* Shapes that no agent should answer with become errors, never crashes. */
static void testShapes(void)
{
    static const char *const texts[] = {
        "null",
        "1",
        "\"x\"",
        "[]",
        "{}",
        "[null]",
        "[1]",
        "[[]]",
        "[{}]",
        "{\"keys\": 1}",
        "{\"keys\": [1]}",
        "{\"zone\": 1, \"offset\": \"x\"}",
        "{\"host-name\": 5}",
        "[{\"user\": \"a\", \"login-time\": \"x\"}]",
        "[{\"user\": \"a\", \"login-time\": 1e300}]",
        "[{\"name\": 1}]",
        "[{\"name\": \"a\", \"ip-addresses\": [1]}]",
        "[{\"name\": \"a\", \"ip-addresses\": 1}]",
        "[{\"logical-id\": -1, \"online\": 1}]",
        "[{\"logical-id\": 99999999999, \"online\": true}]",
        "[{\"name\": \"a\", \"mountpoint\": \"/\", \"type\": \"t\", \"disk\": [1, {}]}]",
        "[{\"name\": \"a\", \"dependencies\": [1], \"address\": 7}]",
        "{\"load1m\": \"x\"}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(JsonNode) node = json_from_string(texts[i], NULL);
        g_auto(virTypedParamList) list = { 0 };
        virDomainInterfacePtr *interfaces = NULL;
        g_autoptr(GPtrArray) fs = virAgentReadFilesystems(node, NULL);
        g_autoptr(GPtrArray) devices = virAgentReadDevices(node, NULL);
        g_autoptr(GArray) cpus = virAgentReadVcpus(node, NULL);
        g_auto(GStrv) keys = virAgentReadKeys(node, NULL);
        g_autofree char *name = virAgentReadHostname(node, NULL);
        virAgentReadUsers(node, &list, NULL);
        virAgentReadOs(node, &list, NULL);
        virAgentReadTimezone(node, &list, NULL);
        virAgentReadLoad(node, &list, NULL);
        virAgentReadInterfaceGroup(node, &list, NULL);
        int n = virAgentReadInterfaces(node, &interfaces, NULL);
        for (int k = 0; k < n; k++)
            virDomainInterfaceFree(interfaces[k]);
        g_free(interfaces);
        g_assert_null(name);
        g_assert_true(!keys || !*keys);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/agent/shapes", testShapes);
    g_test_add("/agent/answers", Fixture, NULL, setUp, testAnswers, tearDown);
    g_test_add("/agent/refusal", Fixture, NULL, setUp, testRefusal, tearDown);
    g_test_add("/agent/silence", Fixture, NULL, setUp, testSilence, tearDown);
    g_test_add("/agent/late", Fixture, NULL, setUp, testLate, tearDown);
    g_test_add("/agent/unsynced", Fixture, NULL, setUp, testUnsynced, tearDown);
    g_test_add("/agent/flood", Fixture, NULL, setUp, testFlood, tearDown);
    g_test_add("/agent/silent-command", Fixture, NULL, setUp, testSilentCommand, tearDown);
    g_test_add("/agent/eof", Fixture, NULL, setUp, testEnd, tearDown);
    g_test_add("/agent/closed", Fixture, "closed", setUp, testEnd, tearDown);
    return g_test_run();
}
