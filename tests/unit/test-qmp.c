/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The QMP client against a scripted server that answers, splits, garbles, stalls, is late or dies. */
#include "drivers/qemu/monitor.h"
#include "base/loop.h"
#include "base/util.h"
#include <string.h>
#include <sys/socket.h>

typedef struct {
    int fd;
    GThread *thread;
    virActor *actor;
    virQmp *qmp;
    GMutex mutex;
    GCond cond;
    int events, gone, late, figures;
} Fixture;

static void put(int fd, const char *text)
{
    g_assert_cmpint(send(fd, text, strlen(text), MSG_NOSIGNAL), ==, (ssize_t)strlen(text));
}

static char *getLine(int fd)
{
    g_autoptr(GString) line = g_string_new(NULL);
    char c;
    while (recv(fd, &c, 1, 0) == 1 && c != '\n')
        g_string_append_c(line, c);
    return line->len ? g_string_free(g_steal_pointer(&line), FALSE) : NULL;
}

static char *word(const char *line, const char *key)
{
    g_autofree char *tag = g_strdup_printf("\"%s\":", key);
    const char *at = strstr(line, tag);
    g_assert_nonnull(at);
    at += strlen(tag);
    at += *at == '"';
    return g_strndup(at, strcspn(at, "\",}"));
}

static void reply(int fd, const char *id, const char *value)
{
    g_autofree char *text = g_strdup_printf("{\"return\": %s, \"id\": %s}\r\n", value, id);
    put(fd, text);
}

static void answer(int fd, const char *line, const char *command, const char *id)
{
    if (g_str_equal(command, "split")) {
        g_autofree char *text = g_strdup_printf("{\"return\": {\"value\": 7}, \"id\": %s}\r\n", id);
        for (const char *c = text; *c; c++) {
            char one[2] = { *c, 0 };
            put(fd, one);
        }
    } else if (g_str_equal(command, "garble")) {
        put(fd, "]]} not json\r\n\r\n{\"id\": 5000}\r\n[1,2]\r\n");
        reply(fd, id, "{\"value\": 8}");
    } else if (g_str_equal(command, "refuse")) {
        g_autofree char *text =
            g_strdup_printf("{\"id\": %s, \"error\": {\"class\": \"GenericError\", \"desc\": \"no such thing\"}}\r\n", id);
        put(fd, text);
    } else if (g_str_equal(command, "event")) {
        put(fd, "{\"timestamp\": {\"seconds\": 12, \"microseconds\": 34}, \"event\": \"STOP\"}\r\n");
        reply(fd, id, "{}");
    } else if (g_str_equal(command, "qmp_capabilities") || g_str_equal(command, "yank")) {
        /* what may be out of band is, as was asked for */
        g_assert_cmpint(strstr(line, "\"exec-oob\"") != NULL, ==, g_str_equal(command, "yank"));
        g_assert_cmpint(strstr(line, "[\"oob\"]") != NULL, ==, !g_str_equal(command, "yank"));
        reply(fd, id, "{}");
    } else if (g_str_equal(command, "huge")) {
        g_autofree char *big = g_strnfill(3 << 20, 'x');
        g_autofree char *value = g_strdup_printf("{\"text\": \"%s\"}", big);
        reply(fd, id, value);
    } else {
        reply(fd, id, "{\"value\": 1}");
    }
}

static gpointer serve(gpointer data)
{
    Fixture *f = data;
    g_autofree char *stalled = NULL;
    put(f->fd, "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n");
    for (;;) {
        g_autofree char *line = getLine(f->fd);
        if (!line)
            break;
        g_autofree char *command = word(line, strstr(line, "exec-oob") ? "exec-oob" : "execute"), *id = word(line, "id");
        if (g_str_equal(command, "die"))
            break;
        if (g_str_equal(command, "stall")) {
            g_free(stalled);
            stalled = g_strdup(id);
        } else if (g_str_equal(command, "drop") || (stalled && !g_str_equal(command, "release") && !g_str_equal(command, "yank"))) {
            continue;
        } else if (g_str_equal(command, "release")) {
            reply(f->fd, stalled, "{\"value\": 3}");
            g_clear_pointer(&stalled, g_free);
            reply(f->fd, id, "{}");
        } else {
            answer(f->fd, line, command, id);
        }
    }
    shutdown(f->fd, SHUT_RDWR);
    return NULL;
}

static void count(Fixture *f, int *what)
{
    g_mutex_lock(&f->mutex);
    ++*what;
    g_cond_broadcast(&f->cond);
    g_mutex_unlock(&f->mutex);
}

static void expect(Fixture *f, int *what, int n)
{
    gint64 until = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
    g_mutex_lock(&f->mutex);
    while (*what < n)
        g_assert_true(g_cond_wait_until(&f->cond, &f->mutex, until));
    g_assert_cmpint(*what, ==, n);
    g_mutex_unlock(&f->mutex);
}

static void onEvent(virQmp *qmp, const char *name, JsonObject *data, gint64 seconds, unsigned int micros, gpointer opaque)
{
    Fixture *f = opaque;
    g_assert_cmpstr(name, ==, "STOP");
    g_assert_cmpint(seconds, ==, 12);
    g_assert_cmpint(micros, ==, 34);
    count(f, &f->events);
}

static void onGone(virQmp *qmp, const char *why, gpointer opaque)
{
    Fixture *f = opaque;
    count(f, &f->gone);
}

static void onLate(virQmp *qmp, const char *command, gpointer opaque)
{
    Fixture *f = opaque;
    count(f, &f->late);
}

static void setUp(Fixture *f, gconstpointer unused)
{
    static const virQmpHandlers handlers = { onEvent, onGone, onLate };
    int fds[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    f->fd = fds[1];
    f->actor = virActorNew("test");
    f->thread = g_thread_new("fake-qemu", serve, f);
    f->qmp = virQmpNew(fds[0], f->actor, &handlers, f, NULL);
    g_assert_cmpint(virQmpHandshake(f->qmp, 10000, NULL), ==, VIR_QMP_OK);
    g_assert_true(virActorEnter(f->actor, VIR_ACTOR_MODIFY, "test", -1, NULL));
}

static void tearDown(Fixture *f, gconstpointer unused)
{
    virActorLeave(f->actor);
    virQmpClose(f->qmp);
    shutdown(f->fd, SHUT_RDWR);
    g_thread_join(f->thread);
    virQmpUnref(f->qmp);
    virActorUnref(f->actor);
    close(f->fd);
}

static gint64 callValue(Fixture *f, const char *command)
{
    g_autoptr(JsonNode) node = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(qmpCall(f->qmp, command, qmpArgs("s:a", "b", NULL), &node, &error), ==, VIR_QMP_OK);
    g_assert_no_error(error);
    return qmpInt(qmpReplyObj(node), "value", -1);
}

static void testAnswers(Fixture *f, gconstpointer unused)
{
    g_assert_cmpint(callValue(f, "plain"), ==, 1);
    g_assert_cmpint(callValue(f, "split"), ==, 7);
    g_assert_cmpint(callValue(f, "garble"), ==, 8);
    g_autoptr(JsonNode) node = NULL;
    g_assert_cmpint(qmpCall(f->qmp, "huge", NULL, &node, NULL), ==, VIR_QMP_OK);
    g_assert_cmpuint(strlen(qmpStr(qmpReplyObj(node), "text")), ==, 3 << 20);
}

static void testError(Fixture *f, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(qmpCall(f->qmp, "refuse", NULL, NULL, &error), ==, VIR_QMP_ERROR);
    g_assert_nonnull(strstr(error->message, "unable to execute QEMU command 'refuse': no such thing"));
}

static void testMany(Fixture *f, gconstpointer unused)
{
    virQmpRequest r[3] = { { .command = "plain" }, { .command = "refuse" }, { .command = "split" } };
    g_autoptr(GError) error = NULL;
    g_assert_false(qmpCallMany(f->qmp, r, 3, &error));
    g_assert_nonnull(error);
    g_assert_cmpint(r[0].result, ==, VIR_QMP_OK);
    g_assert_cmpint(r[1].result, ==, VIR_QMP_ERROR);
    g_assert_cmpint(r[2].result, ==, VIR_QMP_OK);
    g_assert_cmpint(qmpInt(qmpReplyObj(r[2].reply), "value", -1), ==, 7);
    for (int i = 0; i < 3; i++)
        virQmpRequestClear(&r[i]);
}

static void tellRelease(Fixture *f)
{
    virActorLeave(f->actor);            /* messages of late replies may run now */
    qmpSend(f->qmp, "release", NULL);
    expect(f, &f->late, 2);             /* that of the command, and that all is well again */
    g_assert_true(virActorEnter(f->actor, VIR_ACTOR_MODIFY, "test", -1, NULL));
}

static gpointer second(gpointer data)
{
    Fixture *f = data;
    GError *error = NULL;
    if (virActorEnter(f->actor, VIR_ACTOR_MODIFY, "second", -1, &error))
        virActorLeave(f->actor);
    return error;
}

/* Over its deadline: calls fail at once, also those that wait for their turn, until the answer comes. */
static void testStall(Fixture *f, gconstpointer unused)
{
    g_autoptr(GError) error = NULL, again = NULL;
    int64_t age;
    virQmpSetDeadlines(f->qmp, 100, 100);
    GThread *waiter = g_thread_new("second", second, f);
    g_assert_cmpint(qmpCall(f->qmp, "stall", NULL, NULL, &error), ==, VIR_QMP_TIMEOUT);
    g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_OPERATION_TIMEOUT);
    g_assert_true(virQmpIsLate(f->qmp));
    g_autoptr(GError) refused = g_thread_join(waiter);
    g_assert_cmpint(virErrorCode(refused), ==, VIR_ERR_OPERATION_TIMEOUT);
    g_assert_nonnull(strstr(refused->message, "cannot acquire state change lock (held by monitor=test)"));
    g_assert_nonnull(strstr(refused->message, "QEMU has not answered 'stall'"));
    virQmpSetDeadlines(f->qmp, 10000, 10000);
    gint64 before = g_get_monotonic_time();
    g_assert_cmpint(qmpCall(f->qmp, "plain", NULL, NULL, &again), ==, VIR_QMP_TIMEOUT);
    g_assert_cmpint(g_get_monotonic_time() - before, <, G_USEC_PER_SEC);
    g_autofree char *waits = virQmpWaitsFor(f->qmp, &age);
    g_assert_cmpstr(waits, ==, "stall");
    g_assert_cmpint(age, >=, 100);
    g_assert_cmpint(qmpCall(f->qmp, "yank", NULL, NULL, NULL), ==, VIR_QMP_OK);         /* out of band, also now */
    tellRelease(f);
    g_assert_false(virQmpIsLate(f->qmp));
    g_assert_cmpint(callValue(f, "plain"), ==, 1);
}

/* An answer to a later command says that the earlier one gets none. */
static void testDrop(Fixture *f, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    virQmpRequest r[2] = { { .command = "drop" }, { .command = "plain" } };
    g_assert_false(qmpCallMany(f->qmp, r, 2, &error));
    g_assert_cmpint(r[0].result, ==, VIR_QMP_TIMEOUT);
    g_assert_cmpint(r[1].result, ==, VIR_QMP_OK);
    virQmpRequestClear(&r[0]);
    virQmpRequestClear(&r[1]);
    virQmpSetDeadlines(f->qmp, 50, 50);
    g_assert_cmpint(qmpCall(f->qmp, "drop", NULL, NULL, NULL), ==, VIR_QMP_TIMEOUT);
    qmpCall(f->qmp, "plain", NULL, NULL, NULL); /* refused; its probe is answered */
    virActorLeave(f->actor);
    expect(f, &f->late, 3);
    g_assert_true(virActorEnter(f->actor, VIR_ACTOR_MODIFY, "test", -1, NULL));
    virQmpSetDeadlines(f->qmp, 10000, 10000);
    g_assert_cmpint(callValue(f, "plain"), ==, 1);
}

static void onFigures(gpointer opaque, JsonNode *reply)
{
    Fixture *f = opaque;
    g_assert_cmpint(qmpInt(qmpReplyObj(reply), "value", -1), ==, 3);
    count(f, &f->figures);
}

/* Who does not wait for the deadline leaves the guest in no trouble, and the answer is taken when it comes. */
static void testImpatient(Fixture *f, gconstpointer unused)
{
    virQmpRequest r = { .command = "stall", .arrived = onFigures };
    gint64 before = g_get_monotonic_time();
    g_assert_false(virQmpEnd(virQmpBegin(f->qmp, &r, 1), before + 20000, NULL));
    g_assert_cmpint(g_get_monotonic_time() - before, <, G_USEC_PER_SEC);
    g_assert_cmpint(r.result, ==, VIR_QMP_TIMEOUT);
    virQmpRequestClear(&r);
    g_assert_false(virQmpIsLate(f->qmp));
    g_assert_cmpint(qmpCall(f->qmp, "release", NULL, NULL, NULL), ==, VIR_QMP_OK);
    expect(f, &f->figures, 1);
    g_assert_cmpint(f->late, ==, 0);
}

static void testEvent(Fixture *f, gconstpointer unused)
{
    g_assert_cmpint(qmpCall(f->qmp, "event", NULL, NULL, NULL), ==, VIR_QMP_OK);
    virActorLeave(f->actor);
    expect(f, &f->events, 1);
    g_assert_true(virActorEnter(f->actor, VIR_ACTOR_MODIFY, "test", -1, NULL));
}

static void testDeath(Fixture *f, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(qmpCall(f->qmp, "die", NULL, NULL, &error), ==, VIR_QMP_GONE);
    g_assert_nonnull(error);
    g_assert_cmpint(qmpCall(f->qmp, "plain", NULL, NULL, NULL), ==, VIR_QMP_GONE);
    virActorLeave(f->actor);
    expect(f, &f->gone, 1);
    g_assert_true(virActorEnter(f->actor, VIR_ACTOR_MODIFY, "test", -1, NULL));
}

static void testArgs(void)
{
    g_autoptr(JsonNode) node = qmpArgs("s:a", "x", "s:none", NULL, "i:b", -1, "I:c", (gint64)1 << 40, "b:d", TRUE, "o:e", NULL, NULL);
    g_autofree char *text = json_to_string(node, FALSE);
    g_assert_cmpstr(text, ==, "{\"a\":\"x\",\"b\":-1,\"c\":1099511627776,\"d\":true}");
}

static void testOneValue(void)
{
    static const struct { const char *text; bool one; } lines[] = {
        { "{}", true }, { "{\"a\": [1, {}]} \r", true }, { "{\"a\": \"}{\\\"\"}", true }, { " [7]", true }, { "{\"a\": ", true },
        { "{}{}", false }, { "{\"a\": {}} x", false }, { "[1]\"id\"", false }, { "}{", false }, { "7", false }, { "0{}", false }, { "", false },
    };
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++)
        g_assert_cmpint(qmpIsOneValue(lines[i].text, strlen(lines[i].text)), ==, lines[i].one);
    char deep[400];
    memset(deep, '[', sizeof(deep));
    g_assert_false(qmpIsOneValue(deep, sizeof(deep)));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qmp/one-value", testOneValue);
    g_test_add_func("/qmp/args", testArgs);
    g_test_add("/qmp/answers", Fixture, NULL, setUp, testAnswers, tearDown);
    g_test_add("/qmp/error", Fixture, NULL, setUp, testError, tearDown);
    g_test_add("/qmp/many", Fixture, NULL, setUp, testMany, tearDown);
    g_test_add("/qmp/stall", Fixture, NULL, setUp, testStall, tearDown);
    g_test_add("/qmp/drop", Fixture, NULL, setUp, testDrop, tearDown);
    g_test_add("/qmp/impatient", Fixture, NULL, setUp, testImpatient, tearDown);
    g_test_add("/qmp/event", Fixture, NULL, setUp, testEvent, tearDown);
    g_test_add("/qmp/death", Fixture, NULL, setUp, testDeath, tearDown);
    return g_test_run();
}
