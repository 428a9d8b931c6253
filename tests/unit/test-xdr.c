/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The codec: every message of every program goes out with generated values and comes back the same; every truncation of it and
 * many mutations are refused or read without harm; and a few messages are compared with their bytes.
 */
#define VIR_FROM VIR_FROM_RPC
#include "api/wire.h"
#include "rpc/proc.h"
#include <stdio.h>

/* ---- generated values ---- */

static void fillType(GRand *r, const virXdrType *type, void *data, int depth);

static char *randomText(GRand *r, guint32 max)
{
    guint n = g_rand_int_range(r, 0, MIN(max, 20));
    char *s = g_malloc0(n + 1);

    for (guint i = 0; i < n; i++)
        s[i] = "abcdefghij<>/ -_0123"[g_rand_int_range(r, 0, 20)];
    return s;
}

static void putNumber(void *p, guint size, guint64 v)
{
    switch (size) {
    case 1: *(guint8 *)p = v; break;
    case 2: *(guint16 *)p = v; break;
    case 4: *(guint32 *)p = v; break;
    default: *(guint64 *)p = v; break;
    }
}

static void fillField(GRand *r, const virXdrField *f, char *base, int depth)
{
    char *p = base + f->offset;
    g_autofree char *text = NULL;
    guint32 n = g_rand_int_range(r, 0, MIN(f->limit, 3) + 1);

    switch (f->kind) {
    case VIR_XDR_DOUBLE:
        *(double *)p = g_rand_double(r);
        break;
    case VIR_XDR_HYPER:
    case VIR_XDR_UHYPER:
        putNumber(p, f->size, (guint64)(g_rand_int(r) & G_MAXINT32) << (f->size == 8 ? 32 : 0) | g_rand_int(r));
        break;
    case VIR_XDR_BOOL:
        putNumber(p, f->size, g_rand_boolean(r));
        break;
    case VIR_XDR_STRING:
        if (!f->optional || g_rand_boolean(r))
            *(char **)p = randomText(r, f->limit);
        break;
    case VIR_XDR_STRBUF:
        text = randomText(r, f->lenOffset - 1);
        strcpy(p, text);
        break;
    case VIR_XDR_CHARBUF:
        text = randomText(r, f->limit - 1);
        strcpy(p, text);
        break;
    case VIR_XDR_FIXED:
        for (guint i = 0; i < f->limit; i++)
            p[i] = g_rand_int(r);
        break;
    case VIR_XDR_OPAQUE:
        if (n) {
            *(void **)p = g_malloc0(n);
            putNumber(base + f->lenOffset, f->lenSize, n);
        }
        break;
    case VIR_XDR_STRUCT:
        fillType(r, f->sub, p, depth);
        break;
    case VIR_XDR_POINTER:
        if (g_rand_boolean(r)) {
            *(void **)p = g_malloc0(f->sub->size);
            fillType(r, f->sub, *(void **)p, depth + 1);
        }
        break;
    case VIR_XDR_ARRAY:
        if (n) {
            *(void **)p = g_malloc0(n * f->sub->size);
            putNumber(base + f->lenOffset, f->lenSize, n);
            for (guint i = 0; i < n; i++)
                fillType(r, f->sub, *(char **)p + i * f->sub->size, depth + 1);
        }
        break;
    case VIR_XDR_FIXARRAY:
        for (guint i = 0; i < f->limit; i++)
            fillType(r, f->sub, p + i * f->sub->size, depth);
        break;
    case VIR_XDR_UNION: {
        virXdrField arm = f->sub->fields[g_rand_int_range(r, 0, f->sub->nfields)];
        arm.offset = f->offset;
        putNumber(base + f->lenOffset, f->lenSize, arm.tag);
        fillField(r, &arm, base, depth);
        break;
    }
    default:
        putNumber(p, f->size, g_rand_int(r) & (f->size == 1 ? 0x7f : f->size == 2 ? 0x7fff : G_MAXINT32));
        if (f->kind == VIR_XDR_CHAR || f->kind == VIR_XDR_UCHAR)
            putNumber(p, f->size, g_rand_int(r) & 0x7f);
    }
}

static void fillType(GRand *r, const virXdrType *type, void *data, int depth)
{
    for (guint i = 0; i < type->nfields; i++)
        fillField(r, type->fields + i, data, depth);
}

/* ---- every message ---- */

static void mutate(GRand *r, const virXdrType *type, const GByteArray *good)
{
    g_autofree void *data = g_malloc0(type->size);

    for (int i = 0; i < 20; i++) {
        g_autofree guint8 *bytes = g_memdup2(good->data, good->len);
        g_autoptr(GError) error = NULL;
        g_autoptr(virArena) arena = virArenaNew();
        for (int k = g_rand_int_range(r, 1, 4); k > 0; k--)
            bytes[g_rand_int_range(r, 0, good->len)] = g_rand_int(r);
        bool fine = virXdrDecode(type, bytes, good->len, data, i & 1 ? arena : NULL, &error);
        g_assert_true(fine == (error == NULL));
        if (fine && !(i & 1))
            virXdrFree(type, data);
    }
}

static void roundTrip(GRand *r, const virXdrType *type)
{
    g_autofree void *data = g_malloc0(type->size);
    g_autofree void *back = g_malloc0(type->size);
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autoptr(GByteArray) again = g_byte_array_new();
    g_autoptr(virArena) arena = virArenaNew();
    g_autoptr(GError) error = NULL;

    fillType(r, type, data, 0);
    virXdrEncode(type, data, out, &error);
    g_assert_no_error(error);
    g_assert_true(out->len % 4 == 0);

    g_assert_true(virXdrDecode(type, out->data, out->len, back, arena, &error));
    virXdrEncode(type, back, again, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(out->data, out->len, again->data, again->len);

    g_assert_true(virXdrDecode(type, out->data, out->len, back, NULL, &error));
    virXdrFree(type, back);
    for (guint len = 0; len < out->len; len += out->len > 400 ? 52 : 4) {
        g_autoptr(GError) cut = NULL;
        g_assert_false(virXdrDecode(type, out->data, len, back, NULL, &cut));
        g_assert_cmpint(cut->code, ==, VIR_ERR_RPC);
    }
    g_byte_array_set_size(out, out->len + 4);
    g_assert_false(virXdrDecode(type, out->data, out->len, back, NULL, &error));
    g_clear_error(&error);
    g_byte_array_set_size(out, out->len - 4);
    if (out->len)
        mutate(r, type, out);
    virXdrFree(type, data);
}

static void testAll(void)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(20260101);
    int seen = 0;

    for (const virRpcProgram *p = virRpcPrograms; p->number; p++) {
        for (guint i = 0; i < p->nprocs; i++) {
            const virRpcProc *proc = p->procs + i;
            if (!proc->number)
                continue;
            g_assert_cmpuint(proc->number, ==, i);
            seen++;
            for (int k = 0; k < 5; k++) {
                if (proc->args)
                    roundTrip(r, proc->args);
                if (proc->ret)
                    roundTrip(r, proc->ret);
            }
        }
    }
    g_assert_cmpint(seen, ==, 453 + 7 + 1 + 19);
}

/* ---- bytes ---- */

static void testBytes(void)
{
    static const guint8 expected[] = {
        0, 0, 0, 3, 'v', 'm', '1', 0,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        0xff, 0xff, 0xff, 0xff,
        0, 0, 0, 1,
    };
    const virRpcProc *proc = virRpcProcFind(0x20008086, 196);
    virWireDomainCreateWithFlagsArgs args = { .domain = { .name = (char *)"vm1", .id = -1 }, .flags = 1 };
    virWireDomainCreateWithFlagsArgs back;
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autoptr(GError) error = NULL;

    g_assert_cmpstr(proc->name, ==, "virDomainCreateWithFlags");
    for (int i = 0; i < 16; i++)
        args.domain.uuid[i] = i;
    g_assert_true(virXdrEncode(proc->args, &args, out, &error));
    g_assert_cmpmem(out->data, out->len, expected, sizeof(expected));

    out->data[7] = 1;           /* the padding of the name */
    g_assert_false(virXdrDecode(proc->args, out->data, out->len, &back, NULL, &error));
    g_assert_nonnull(strstr(error->message, "padding"));
}

static void testTypedParams(void)
{
    virTypedParameter params[2] = { { .field = "cpu_shares", .type = VIR_TYPED_PARAM_ULLONG, .value.ul = 1024 },
                                    { .field = "on", .type = VIR_TYPED_PARAM_BOOLEAN, .value.b = 1 } };
    const virRpcProc *proc = virRpcProcFind(0x20008086, 58);
    virWireDomainSetSchedulerParametersArgs args = { .domain = { .name = (char *)"" }, .params = params, .paramsLen = 2 };
    virWireDomainSetSchedulerParametersArgs back;
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autoptr(GError) error = NULL;

    g_assert_true(virXdrEncode(proc->args, &args, out, &error));
    g_assert_cmpuint(out->len, ==, 4 + 16 + 4 + 4 + (4 + 12 + 4 + 8) + (4 + 4 + 4 + 4));
    g_assert_true(virXdrDecode(proc->args, out->data, out->len, &back, NULL, &error));
    g_assert_cmpuint(back.paramsLen, ==, 2);
    g_assert_cmpstr(back.params[0].field, ==, "cpu_shares");
    g_assert_cmpuint(back.params[0].value.ul, ==, 1024);
    g_assert_cmpint(back.params[1].value.b, ==, 1);
    virXdrFree(proc->args, &back);

    args.paramsLen = 17;        /* over the limit of 16: refused before it is read */
    g_assert_false(virXdrEncode(proc->args, &args, out, &error));
    g_assert_nonnull(strstr(error->message, "limit is 16"));
}

static void testHugeCount(void)
{
    const virRpcProc *proc = virRpcProcFind(0x20008086, 273);   /* a list that claims 16,000 domains in 8 bytes */
    static const guint8 bytes[] = { 0, 0, 0x3e, 0x80, 0, 0, 0, 0 };
    virWireConnectListAllDomainsRet ret;
    g_autoptr(GError) error = NULL;

    g_assert_false(virXdrDecode(proc->ret, bytes, sizeof(bytes), &ret, NULL, &error));
    g_assert_nonnull(strstr(error->message, "cut off"));
}

/* ---- messages recorded from the reference's client and daemon ---- */

static const char *goldenDir;

static GByteArray *fromHex(const char *hex)
{
    GByteArray *out = g_byte_array_new();

    for (; g_ascii_isxdigit(hex[0]) && g_ascii_isxdigit(hex[1]); hex += 2) {
        guint8 byte = g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]);
        g_byte_array_append(out, &byte, 1);
    }
    return out;
}

/* What a recorded message must decode as: calls, replies, errors, events; NULL for streams. */
static const virXdrType *goldenType(const virRpcProc *proc, int type, int status)
{
    if (type == 3)
        return NULL;
    if (status == 1)
        return &virWireNetErrorXdr;
    return type == 1 || type == 5 ? proc->ret : proc->args;
}

static int goldenFile(const virRpcProgram *program)
{
    g_autofree char *path = g_build_filename(goldenDir, program->name, NULL);
    g_autofree char *text = NULL;
    int n = 0;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        int number, type, status, at = 0;
        if (sscanf(lines[i], "%d %d %d%n", &number, &type, &status, &at) != 3)
            continue;
        const virRpcProc *proc = virRpcProcFind(program->number, number);
        g_assert_nonnull(proc);
        const virXdrType *t = goldenType(proc, type, status);
        g_autoptr(GByteArray) in = fromHex(g_strchug(lines[i] + at));
        if (type == 3)
            continue;
        if (!t) {
            g_assert_cmpuint(in->len, ==, 0);
            continue;
        }
        /* An announcement of descriptors precedes the payload. */
        guint skip = type == 4 || type == 5 ? 4 : 0;
        g_autofree void *data = g_malloc0(t->size);
        g_autoptr(GByteArray) out = g_byte_array_new();
        g_autoptr(GError) error = NULL;
        virXdrDecode(t, in->data + skip, in->len - skip, data, NULL, &error);
        if (error)
            g_printerr("%s, line %u of %s\n", proc->name, i + 1, path);
        g_assert_no_error(error);
        g_assert_true(virXdrEncode(t, data, out, &error));
        g_assert_cmpmem(out->data, out->len, in->data + skip, in->len - skip);
        virXdrFree(t, data);
        n++;
    }
    return n;
}

static void testGolden(void)
{
    int n = 0;

    for (const virRpcProgram *p = virRpcPrograms; p->number; p++)
        n += goldenFile(p);
    g_assert_cmpint(n, >, 300);
    g_test_message("%d recorded messages", n);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    goldenDir = argc > 1 ? argv[1] : "tests/golden/rpc";
    g_test_add_func("/xdr/golden", testGolden);
    g_test_add_func("/xdr/all", testAll);
    g_test_add_func("/xdr/bytes", testBytes);
    g_test_add_func("/xdr/typed-params", testTypedParams);
    g_test_add_func("/xdr/huge-count", testHugeCount);
    return g_test_run();
}
