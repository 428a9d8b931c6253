/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages between the reference's client and daemon (tests/golden/rpc, recorded by record-rpc.py): the codec reads each and
 * writes it again byte for byte.
 */
#include "api/wire.h"
#include "base/error.h"
#include "rpc/channel.h"
#include "rpc/proc.h"
#include <string.h>

static guint seen[4], procedures;

static GByteArray *unhex(const char *text)
{
    GByteArray *out = g_byte_array_new();
    for (; text && text[0] && text[1]; text += 2) {
        guint8 byte = g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]);
        g_byte_array_append(out, &byte, 1);
    }
    return out;
}

/* The type of a payload; NULL: none, or raw bytes of a stream. `*skip`: leading bytes that are not XDR's. */
static const virXdrType *typeOf(const virRpcProc *proc, int kind, int status, gsize *skip)
{
    *skip = kind == VIR_NET_CALL_WITH_FDS || kind == VIR_NET_REPLY_WITH_FDS ? 4 : 0;
    if (kind == VIR_NET_STREAM_HOLE)
        return &virWireNetStreamHoleXdr;
    if (status == VIR_NET_ERROR && kind != VIR_NET_STREAM)
        return &virWireNetErrorXdr;
    if (kind == VIR_NET_CALL || kind == VIR_NET_CALL_WITH_FDS || kind == VIR_NET_MESSAGE)
        return proc->args;
    return kind == VIR_NET_STREAM ? NULL : proc->ret;
}

static void checkLine(uint32_t program, char **words)
{
    int number = atoi(words[0]), kind = atoi(words[1]), status = atoi(words[2]);
    const virRpcProc *proc = virRpcProcFind(program, number);
    g_autoptr(GByteArray) bytes = unhex(words[3]);
    g_autoptr(GByteArray) again = g_byte_array_new();
    g_autoptr(virArena) arena = virArenaNew();
    g_autoptr(GError) error = NULL;
    gsize skip;

    g_assert_nonnull(proc);
    const virXdrType *type = typeOf(proc, kind, status, &skip);
    if (!type) {
        g_assert_true(kind == VIR_NET_STREAM || bytes->len == skip);
        return;
    }
    void *data = virArenaAlloc(arena, type->size);
    g_assert_cmpuint(bytes->len, >=, skip);
    if (!virXdrDecode(type, bytes->data + skip, bytes->len - skip, data, arena, &error))
        g_error("%s (%d), message type %d: %s", proc->name, number, kind, error->message);
    g_byte_array_append(again, bytes->data, skip);
    g_assert_true(virXdrEncode(type, data, again, &error));
    if (again->len != bytes->len || memcmp(again->data, bytes->data, bytes->len) != 0)
        g_error("%s (%d), message type %d: written differently", proc->name, number, kind);
    procedures += kind == VIR_NET_CALL || kind == VIR_NET_CALL_WITH_FDS;
    seen[CLAMP(kind, 0, 3)]++;
}

static void checkFile(const char *name, uint32_t program, guint atLeast)
{
    g_autofree char *path = g_build_filename(g_getenv("GOLDEN_DIR"), name, NULL);
    g_autofree char *text = NULL;
    guint n = 0;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", -1);
        if (**line == '#' || g_strv_length(words) < 3)
            continue;
        checkLine(program, words);
        n++;
    }
    g_assert_cmpuint(n, >=, atLeast);
}

static void testRemote(void)
{
    checkFile("remote", 0x20008086, 600);
    g_assert_cmpuint(procedures, >=, 250);              /* with arguments; the others have nothing to compare */
    g_assert_cmpuint(seen[VIR_NET_MESSAGE], >=, 6);
}

static void testOthers(void)
{
    checkFile("qemu", 0x20008087, 8);
    checkFile("lxc", 0x00068000, 2);
    checkFile("admin", 0x06900690, 25);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/golden/remote", testRemote);
    g_test_add_func("/golden/others", testOthers);
    return g_test_run();
}
