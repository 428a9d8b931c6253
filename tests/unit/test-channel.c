/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Framing: messages cut at any byte, limits, descriptors, partial writes; errors on the wire; keepalive. */
#define VIR_FROM VIR_FROM_RPC
#include "base/error.h"
#include "rpc/channel.h"
#include "rpc/keepalive.h"
#include "rpc/neterror.h"
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void pairNew(virChannel **a, virChannel **b)
{
    int fds[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    *a = virChannelNew(fds[0]);
    *b = virChannelNew(fds[1]);
}

static GByteArray *messageOf(uint32_t serial, gsize size)
{
    virNetHeader h = { .prog = 0x20008086, .vers = 1, .proc = 60, .type = VIR_NET_CALL, .serial = serial };
    GByteArray *b = virNetMessageBegin(NULL, &h, 0);
    for (gsize i = 0; i < size; i++)
        g_byte_array_append(b, (guint8[]){ (guint8)(i * 7 + serial) }, 1);
    return b;
}

static void messageCheck(const virNetMessage *m, uint32_t serial, gsize size)
{
    g_assert_cmpuint(m->header.prog, ==, 0x20008086);
    g_assert_cmpint(m->header.proc, ==, 60);
    g_assert_cmpuint(m->header.serial, ==, serial);
    g_assert_cmpuint(m->len, ==, size);
    for (gsize i = 0; i < size; i++)
        g_assert_cmpuint(m->body[i], ==, (guint8)(i * 7 + serial));
}

static void testEveryCut(void)
{
    g_autoptr(GByteArray) whole = messageOf(3, 10);
    g_autoptr(GByteArray) second = messageOf(4, 0);
    g_assert_true(virNetMessageSeal(whole, NULL) && virNetMessageSeal(second, NULL));
    g_byte_array_append(whole, second->data, second->len);
    for (gsize cut = 1; cut < whole->len; cut++) {
        g_autoptr(virChannel) a = NULL;
        g_autoptr(virChannel) b = NULL;
        pairNew(&a, &b);
        guint seen = 0;
        for (int half = 0; half < 2; half++) {
            gsize from = half ? cut : 0, to = half ? whole->len : cut;
            g_assert_cmpint(write(virChannelFd(a), whole->data + from, to - from), ==, to - from);
            g_assert_cmpint(virChannelFill(b, false, NULL), ==, VIR_CHANNEL_DONE);
            virNetMessage m;
            while (virChannelNext(b, &m, NULL) == VIR_CHANNEL_DONE) {
                messageCheck(&m, 3 + seen, seen ? 0 : 10);
                seen++;
            }
        }
        g_assert_cmpuint(seen, ==, 2);
        g_assert_false(virChannelHasInput(b));
        g_assert_cmpint(virChannelFill(b, false, NULL), ==, VIR_CHANNEL_BLOCKED);
    }
}

static void testLengths(void)
{
    static const struct {
        uint32_t length;
        const char *says;
    } cases[] = { { 0, "too small" }, { 27, "too small" }, { 0xffffffff, "too large" },
                  { VIR_NET_MESSAGE_MAX + 5, "too large" } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(virChannel) a = NULL;
        g_autoptr(virChannel) b = NULL;
        g_autoptr(GError) error = NULL;
        guint8 bytes[28] = { 0 };
        virNetMessage m;
        pairNew(&a, &b);
        virNetPutUint(bytes, cases[i].length);
        g_assert_cmpint(write(virChannelFd(a), bytes, 28), ==, 28);
        virChannelFill(b, false, NULL);
        g_assert_cmpint(virChannelNext(b, &m, &error), ==, VIR_CHANNEL_BROKEN);
        g_assert_nonnull(strstr(error->message, cases[i].says));
    }
}

/* A long message needs many reads and writes; a limit set by the receiver holds. */
static void testLong(void)
{
    enum { SIZE = 3 * 1024 * 1024 };
    g_autoptr(virChannel) a = NULL;
    g_autoptr(virChannel) b = NULL;
    g_autoptr(GError) error = NULL;
    virNetMessage m = { 0 };
    int blocked = 0;

    pairNew(&a, &b);
    g_assert_true(virChannelPush(a, messageOf(1, SIZE), NULL, 0, NULL));
    g_assert_true(virChannelPush(a, messageOf(2, 5), NULL, 0, NULL));
    for (int seen = 0; seen < 2;) {
        blocked += virChannelFlush(a, &error) == VIR_CHANNEL_BLOCKED;
        g_assert_no_error(error);
        while (virChannelFill(b, false, &error) == VIR_CHANNEL_DONE)
            while (virChannelNext(b, &m, &error) == VIR_CHANNEL_DONE) {
                messageCheck(&m, seen + 1, seen ? 5 : SIZE);
                seen++;
            }
        g_assert_no_error(error);
    }
    g_assert_cmpint(blocked, >, 1);
    g_assert_cmpuint(virChannelQueued(a), ==, 0);
    virChannelSetLimit(b, 1000);
    g_assert_true(virChannelPush(a, messageOf(3, 1000), NULL, 0, NULL));
    g_assert_cmpint(virChannelFlush(a, NULL), ==, VIR_CHANNEL_DONE);
    virChannelFill(b, false, NULL);
    g_assert_cmpint(virChannelNext(b, &m, &error), ==, VIR_CHANNEL_BROKEN);
    g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_RPC);
}

static void testTooLongToSend(void)
{
    g_autoptr(virChannel) a = NULL;
    g_autoptr(virChannel) b = NULL;
    g_autoptr(GError) error = NULL;
    GByteArray *big = messageOf(1, 0);
    pairNew(&a, &b);
    g_byte_array_set_size(big, VIR_NET_MESSAGE_MAX + 1);
    g_assert_false(virChannelPush(a, big, NULL, 0, &error));
    g_assert_cmpuint(virChannelQueued(a), ==, 0);
}

static void testDescriptors(void)
{
    g_autoptr(virChannel) a = NULL;
    g_autoptr(virChannel) b = NULL;
    g_autoptr(GError) error = NULL;
    virNetHeader h = { .prog = 1, .vers = 1, .proc = 2, .type = VIR_NET_CALL_WITH_FDS, .serial = 9 };
    int fds[] = { open("/dev/null", O_RDONLY | O_CLOEXEC), open("/dev/zero", O_RDONLY | O_CLOEXEC) };
    guint seen = 0;

    pairNew(&a, &b);
    GByteArray *msg = virNetMessageBegin(a, &h, 2);
    g_byte_array_append(msg, (const guint8 *)"abcd", 4);
    g_assert_true(virChannelPush(a, msg, fds, 2, NULL));
    g_assert_true(virChannelPush(a, messageOf(10, 1), NULL, 0, NULL));
    close(fds[0]);
    close(fds[1]);
    g_assert_cmpint(virChannelFlush(a, &error), ==, VIR_CHANNEL_DONE);
    g_assert_cmpuint(virChannelQueued(a), ==, 0);
    while (virChannelFill(b, false, &error) == VIR_CHANNEL_DONE) {
        virNetMessage m;
        while (virChannelNext(b, &m, &error) == VIR_CHANNEL_DONE) {
            if (seen++) {
                messageCheck(&m, 10, 1);
                continue;
            }
            struct stat null, zero;
            g_assert_cmpuint(m.nfds, ==, 2);
            g_assert_cmpmem(m.body, m.len, "abcd", 4);
            g_assert_true(fstat(m.fds[0], &null) == 0 && fstat(m.fds[1], &zero) == 0);
            g_assert_cmpuint(null.st_rdev, !=, zero.st_rdev);
            g_assert_true(fcntl(m.fds[0], F_GETFD) & FD_CLOEXEC);
            virNetMessageClear(&m);
        }
    }
    g_assert_no_error(error);
    g_assert_cmpuint(seen, ==, 2);
}

static void testDescriptorsMissing(void)
{
    g_autoptr(virChannel) a = NULL;
    g_autoptr(virChannel) b = NULL;
    g_autoptr(GError) error = NULL;
    virNetHeader h = { .type = VIR_NET_CALL_WITH_FDS };
    virNetMessage m;
    pairNew(&a, &b);
    g_assert_true(virChannelPush(a, virNetMessageBegin(a, &h, 1), NULL, 0, NULL));
    g_assert_cmpint(virChannelFlush(a, NULL), ==, VIR_CHANNEL_DONE);
    virChannelFill(b, false, NULL);
    g_assert_cmpint(virChannelNext(b, &m, &error), ==, VIR_CHANNEL_BLOCKED);
    g_assert_cmpint(write(virChannelFd(a), "", 1), ==, 1);
    virChannelFill(b, false, NULL);
    g_assert_cmpint(virChannelNext(b, &m, &error), ==, VIR_CHANNEL_BROKEN);
    g_clear_error(&error);
    h.type = VIR_NET_REPLY_WITH_FDS;
    g_assert_true(virChannelPush(b, virNetMessageBegin(b, &h, 33), NULL, 0, NULL));
    g_assert_cmpint(virChannelFlush(b, NULL), ==, VIR_CHANNEL_DONE);
    virChannelFill(a, false, NULL);
    g_assert_cmpint(virChannelNext(a, &m, &error), ==, VIR_CHANNEL_BROKEN);
    g_assert_nonnull(strstr(error->message, "33"));
}

static void testEnd(void)
{
    g_autoptr(virChannel) a = NULL;
    g_autoptr(virChannel) b = NULL;
    g_autoptr(GError) error = NULL;
    pairNew(&a, &b);
    g_clear_pointer(&a, virChannelFree);
    g_assert_cmpint(virChannelFill(b, false, &error), ==, VIR_CHANNEL_BROKEN);
    g_assert_nonnull(strstr(error->message, "End of file while reading data"));
    g_clear_error(&error);
    g_assert_true(virChannelPush(b, messageOf(1, 1), NULL, 0, NULL));
    g_assert_cmpint(virChannelFlush(b, &error), ==, VIR_CHANNEL_BROKEN);
}

static void testError(void)
{
    g_autoptr(GError) sent = NULL;
    g_autoptr(GError) got = NULL;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    virErrorSet(&sent, VIR_FROM_QEMU, VIR_ERR_NO_DOMAIN, "no domain with matching name '%s'", "xyz");
    virNetErrorEncode(sent, bytes);
    g_assert_cmpuint(bytes->len % 4, ==, 0);
    virNetErrorDecode(bytes->data, bytes->len, &got);
    g_assert_cmpint(got->code, ==, sent->code);
    g_assert_cmpstr(got->message, ==, sent->message);
    g_assert_cmpint(virErrorGetDetail(got)->from, ==, VIR_FROM_QEMU);
    g_assert_cmpstr(virErrorGetDetail(got)->str2, ==, virErrorGetDetail(sent)->str2);
    for (guint len = 0; len < bytes->len; len++) {
        g_autoptr(GError) cut = NULL;
        virNetErrorDecode(bytes->data, len, &cut);
        g_assert_cmpint(virErrorCode(cut), ==, VIR_ERR_RPC);
    }
}

static void testKeepAlive(void)
{
    const gint64 s = G_USEC_PER_SEC;
    virKeepAlive ka;
    int wait;
    virKeepAliveStart(&ka, 5, 2, 100 * s);
    g_assert_cmpint(virKeepAliveCheck(&ka, 101 * s, &wait), ==, VIR_KEEPALIVE_WAIT);
    g_assert_cmpint(wait, ==, 4000);
    g_assert_cmpint(virKeepAliveCheck(&ka, 105 * s, &wait), ==, VIR_KEEPALIVE_SEND_PING);
    g_assert_cmpint(wait, ==, 5000);
    g_assert_cmpint(virKeepAliveCheck(&ka, 110 * s, &wait), ==, VIR_KEEPALIVE_SEND_PING);
    virKeepAliveReceived(&ka, 111 * s);
    g_assert_cmpint(virKeepAliveCheck(&ka, 115 * s, &wait), ==, VIR_KEEPALIVE_WAIT);
    g_assert_cmpint(virKeepAliveCheck(&ka, 116 * s, &wait), ==, VIR_KEEPALIVE_SEND_PING);
    g_assert_cmpint(virKeepAliveCheck(&ka, 121 * s, &wait), ==, VIR_KEEPALIVE_SEND_PING);
    g_assert_cmpint(virKeepAliveCheck(&ka, 126 * s, &wait), ==, VIR_KEEPALIVE_DEAD);
    virKeepAliveStart(&ka, -1, 2, 100 * s);
    g_assert_cmpint(virKeepAliveCheck(&ka, 900 * s, &wait), ==, VIR_KEEPALIVE_WAIT);
    g_assert_cmpint(wait, ==, -1);
    virKeepAliveStart(&ka, 5, 0, 100 * s);
    g_assert_cmpint(virKeepAliveCheck(&ka, 105 * s, &wait), ==, VIR_KEEPALIVE_DEAD);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/channel/cuts", testEveryCut);
    g_test_add_func("/channel/lengths", testLengths);
    g_test_add_func("/channel/long", testLong);
    g_test_add_func("/channel/too-long", testTooLongToSend);
    g_test_add_func("/channel/descriptors", testDescriptors);
    g_test_add_func("/channel/descriptors-missing", testDescriptorsMissing);
    g_test_add_func("/channel/end", testEnd);
    g_test_add_func("/channel/error", testError);
    g_test_add_func("/channel/keepalive", testKeepAlive);
    return g_test_run();
}
