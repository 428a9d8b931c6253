/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The I/O thread, actors and the small helpers of src/base. */
#define VIR_FROM VIR_FROM_NONE
#include "base/actor.h"
#include "base/error.h"
#include "base/loop.h"
#include "base/util.h"
#include <string.h>
#include <errno.h>
#include <sys/epoll.h>

static GMutex mutex;
static GCond cond;
static GString *trace;

static void say(const char *word)
{
    g_mutex_lock(&mutex);
    g_string_append_printf(trace, "%s ", word);
    g_cond_broadcast(&cond);
    g_mutex_unlock(&mutex);
}

/* Wait until the trace reads `want`; a stuck test is ended by the harness. */
static void expect(const char *want)
{
    g_mutex_lock(&mutex);
    gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (!g_str_equal(trace->str, want) && g_cond_wait_until(&cond, &mutex, until))
        continue;
    g_assert_cmpstr(trace->str, ==, want);
    g_string_truncate(trace, 0);
    g_mutex_unlock(&mutex);
}

static void testUuid(void)
{
    unsigned char uuid[16];
    char text[37];
    g_assert_true(virUUIDParse("C7A5FDBD-EDAF-9455-926A-D65C16DB1809", uuid));
    virUUIDFormat(uuid, text);
    g_assert_cmpstr(text, ==, "c7a5fdbd-edaf-9455-926a-d65c16db1809");
    g_assert_true(virUUIDParse(" c7a5fdbdedaf9455926ad65c16db1809 ", uuid));
    g_assert_false(virUUIDParse("c7a5fdbd-edaf-9455-926a-d65c16db180", uuid));
    g_assert_false(virUUIDParse("c7a5fdbd-edaf-9455-926a-d65c16db18090", uuid));
}

static void testErrorDetail(void)
{
    g_autoptr(GError) error = NULL;
    virErrorSetSystem(&error, VIR_FROM_QEMU, ENOENT, "cannot open '%s'", "/x");
    g_autoptr(GError) copy = g_error_copy(error);
    g_assert_cmpint(virErrorCode(copy), ==, VIR_ERR_SYSTEM_ERROR);
    g_assert_cmpint(virErrorGetDetail(copy)->from, ==, VIR_FROM_QEMU);
    g_assert_nonnull(strstr(copy->message, "cannot open '/x'"));
}

static void testFileAtomic(void)
{
    g_autofree char *dir = g_dir_make_tmp("virbase-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "f", NULL), *data = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(virFileWriteAtomic(path, "one", -1, 0600, &error));
    g_assert_true(virFileWriteAtomic(path, "three", -1, 0600, &error));
    g_assert_true(virFileRead(path, 100, &data, NULL, &error));
    g_assert_cmpstr(data, ==, "three");
    g_assert_false(virFileRead(path, 4, &data, NULL, &error));
    g_assert_nonnull(error);
    unlink(path);
    rmdir(dir);
}

static void runSay(gpointer word)
{
    say(word);
}

static void cancelSay(gpointer word, GError *reason)
{
    g_assert_cmpint(virErrorCode(reason), ==, VIR_ERR_OPERATION_TIMEOUT);
    g_error_free(reason);
    say("cancelled");
}

static void cancelOwner(gpointer word, GError *reason)
{
    g_assert_cmpint(virErrorCode(reason), ==, VIR_ERR_OPERATION_ABORTED);
    g_error_free(reason);
    say("left");
}

static void never(gpointer unused)
{
    g_assert_not_reached();
}

static void testActorOrder(void)
{
    g_autoptr(virActor) a = virActorNew("a");
    g_autoptr(GError) error = NULL;
    int me;
    g_assert_true(virActorEnter(a, VIR_ACTOR_MODIFY, "outer", -1, &error));
    g_assert_true(virActorEnter(a, VIR_ACTOR_MODIFY, "inner", 0, &error));       /* nests */
    virActorSubmit(a, VIR_ACTOR_MODIFY, "one", -1, NULL, runSay, NULL, "one");
    virActorSubmit(a, VIR_ACTOR_MODIFY, "late", 1, NULL, never, cancelSay, NULL);
    expect("cancelled ");
    virActorSubmit(a, VIR_ACTOR_MODIFY, "two", -1, &me, never, cancelOwner, NULL);
    virActorSubmit(a, VIR_ACTOR_MODIFY, "three", -1, NULL, runSay, NULL, "three");
    virActorCancelOwner(a, &me);
    expect("left ");
    virActorPost(a, runSay, "post", NULL);
    virActorLeave(a);
    g_assert_true(virActorIsHeld(a));
    virActorLeave(a);
    expect("post one three ");
}

static void testActorPark(void)
{
    g_autoptr(virActor) a = virActorNew("a");
    g_assert_true(virActorEnter(a, VIR_ACTOR_MODIFY, "job", -1, NULL));
    virActorPost(a, runSay, "first", NULL);
    g_assert_cmpstr(trace->str, ==, "");
    virActorPark(a);
    expect("first ");
    virActorPost(a, runSay, "second", NULL);
    expect("second ");
    virActorUnpark(a);
    virActorPost(a, runSay, "third", NULL);
    g_assert_cmpstr(trace->str, ==, "");
    g_autofree char *holder = virActorHolder(a, NULL, NULL);
    g_assert_cmpstr(holder, ==, "job");
    virActorLeave(a);
    expect("third ");
}

static char *inWords(virActor *a)
{
    GString *s = g_string_new(NULL);
    g_autoptr(GArray) list = virActorList(a);
    for (guint i = 0; i < list->len; i++) {
        const virActorEntry *e = &g_array_index(list, virActorEntry, i);
        g_string_append_printf(s, "%s %s %s\n", e->running ? "running" : "waiting", e->class, e->what);
    }
    return g_string_free(s, FALSE);
}

/* A long job lets those classes in that it tolerates, one at a time, and takes its turn back before any other. */
static void testActorGate(void)
{
    g_autoptr(virActor) a = virActorNew("a");
    g_assert_true(virActorEnter(a, VIR_ACTOR_MODIFY, "dump", -1, NULL));
    virActorSubmit(a, VIR_ACTOR_MODIFY, "modify", -1, NULL, runSay, NULL, "modify");
    virActorSubmit(a, VIR_ACTOR_SUSPEND, "suspend", -1, NULL, runSay, NULL, "suspend");
    virActorOpenGate(a, VIR_ACTOR_SUSPEND);
    expect("suspend ");
    virActorSubmit(a, VIR_ACTOR_ABORT, "abort", -1, NULL, runSay, NULL, "abort");
    expect("abort ");
    virActorPost(a, runSay, "post", NULL);
    expect("post ");
    g_autofree char *holder = virActorHolder(a, NULL, NULL), *list = inWords(a);
    g_assert_cmpstr(holder, ==, "dump");
    g_assert_cmpstr(list, ==, "running job dump\nwaiting modify modify\n");
    virActorCloseGate(a);
    g_assert_true(virActorIsHeld(a));
    virActorSubmit(a, VIR_ACTOR_SUSPEND, "again", -1, NULL, runSay, NULL, "again");
    g_assert_cmpstr(trace->str, ==, "");
    virActorLeave(a);
    expect("modify again ");
}

static GMutex gate;

static void yieldSay(gpointer data)
{
    g_assert_true(virActorYield());
    g_assert_false(virActorYield());
    g_mutex_lock(&gate);                /* the test lets it go on */
    say(data);
    g_mutex_unlock(&gate);
}

static void testActorYield(void)
{
    g_autoptr(virActor) a = virActorNew("a");
    g_assert_false(virActorYield());
    g_mutex_lock(&gate);
    virActorSubmit(a, VIR_ACTOR_QUERY, "slow", -1, NULL, yieldSay, NULL, "slow");
    virActorSubmit(a, VIR_ACTOR_QUERY, "quick", -1, NULL, runSay, NULL, "quick");
    expect("quick ");
    g_autofree char *list = NULL;
    for (int i = 0; i < 1000 && g_strcmp0(list, "running query slow\n") != 0; i++) {  /* the quick one has spoken, but may still be leaving */
        g_usleep(1000);
        g_free(list);
        list = inWords(a);
    }
    g_assert_cmpstr(list, ==, "running query slow\n");
    g_mutex_unlock(&gate);
    expect("slow ");
}

static void cancelTrouble(gpointer data, GError *reason)
{
    g_assert_cmpint(virErrorCode(reason), ==, VIR_ERR_OPERATION_TIMEOUT);
    g_assert_nonnull(strstr(reason->message, "(held by monitor=holder)"));
    g_assert_nonnull(strstr(reason->message, "the sky has fallen"));
    g_error_free(reason);
    say(data);
}

static void testActorTrouble(void)
{
    g_autoptr(virActor) a = virActorNew("a");
    g_assert_true(virActorEnter(a, VIR_ACTOR_MODIFY, "holder", -1, NULL));
    virActorSubmit(a, VIR_ACTOR_MODIFY, "queued", -1, NULL, never, cancelTrouble, "queued");
    virActorSubmit(a, VIR_ACTOR_ABORT, "abort", -1, NULL, runSay, NULL, "abort");
    virActorSetTrouble(a, "the sky has fallen");
    expect("queued ");
    virActorSubmit(a, VIR_ACTOR_MODIFY, "new", -1, NULL, never, cancelTrouble, "new");
    expect("new ");
    virActorSetTrouble(a, NULL);
    virActorSubmit(a, VIR_ACTOR_MODIFY, "patient", -1, NULL, runSay, NULL, "patient");
    virActorLeave(a);
    expect("abort patient ");
}

static void onReadable(virWatch *watch, int fd, uint32_t events, gpointer data)
{
    char c;
    if (read(fd, &c, 1) == 1)
        say("read");
    else
        virWatchRemove(watch);
}

static void destroyed(gpointer data)
{
    say(data);
}

static void onTimer(virTimer *timer, gpointer data)
{
    say("timer");
    virTimerRemove(timer);
}

static void testLoop(void)
{
    virLoop *loop = virLoopGet();
    int fds[2];
    g_assert_cmpint(pipe(fds), ==, 0);
    virWatchNew(loop, fds[0], EPOLLIN, onReadable, "gone", destroyed);
    g_assert_cmpint(write(fds[1], "x", 1), ==, 1);
    expect("read ");
    close(fds[1]);
    expect("gone ");
    close(fds[0]);
    virTimerNew(loop, 5, onTimer, "freed", destroyed);
    expect("timer freed ");
    virLoopInvoke(loop, runSay, "a");
    virLoopInvoke(loop, runSay, "b");
    expect("a b ");
    virWorkRun(runSay, "work");
    expect("work ");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    trace = g_string_new(NULL);
    g_test_add_func("/base/uuid", testUuid);
    g_test_add_func("/base/error", testErrorDetail);
    g_test_add_func("/base/file", testFileAtomic);
    g_test_add_func("/base/actor/order", testActorOrder);
    g_test_add_func("/base/actor/park", testActorPark);
    g_test_add_func("/base/actor/gate", testActorGate);
    g_test_add_func("/base/actor/yield", testActorYield);
    g_test_add_func("/base/actor/trouble", testActorTrouble);
    g_test_add_func("/base/loop", testLoop);
    return g_test_run();
}
