/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Typed parameters: all types in and out, text to values, what is refused and in which words. */
#define VIR_FROM VIR_FROM_TEST
#include "base/typedparam.h"
#include <string.h>

static virTypedParameterPtr params;
static int n, max;

static void refused(int result, int code, const char *words)
{
    g_assert_cmpint(result, ==, -1);
    g_assert_cmpint(virGetLastErrorCode(), ==, code);
    if (!strstr(virGetLastErrorMessage(), words))
        g_error("'%s' does not contain '%s'", virGetLastErrorMessage(), words);
}

static void testTypes(void)
{
    const char *list[] = { "one", "two", NULL }, *s = NULL;
    int i = 0;
    unsigned int ui = 0;
    long long l = 0;
    unsigned long long ul = 0;
    double d = 0;

    g_assert_cmpint(virTypedParamsAddInt(&params, &n, &max, "i", -5), ==, 0);
    g_assert_cmpint(virTypedParamsAddUInt(&params, &n, &max, "ui", 4000000000U), ==, 0);
    g_assert_cmpint(virTypedParamsAddLLong(&params, &n, &max, "l", G_MININT64), ==, 0);
    g_assert_cmpint(virTypedParamsAddULLong(&params, &n, &max, "ul", G_MAXUINT64), ==, 0);
    g_assert_cmpint(virTypedParamsAddDouble(&params, &n, &max, "d", 1.5), ==, 0);
    g_assert_cmpint(virTypedParamsAddBoolean(&params, &n, &max, "b", 7), ==, 0);
    g_assert_cmpint(virTypedParamsAddString(&params, &n, &max, "s", NULL), ==, 0);
    g_assert_cmpint(virTypedParamsAddStringList(&params, &n, &max, "list", list), ==, 0);
    g_assert_cmpint(n, ==, 9);

    g_assert_cmpint(virTypedParamsGetInt(params, n, "i", &i), ==, 1);
    g_assert_cmpint(virTypedParamsGetUInt(params, n, "ui", &ui), ==, 1);
    g_assert_cmpint(virTypedParamsGetLLong(params, n, "l", &l), ==, 1);
    g_assert_cmpint(virTypedParamsGetULLong(params, n, "ul", &ul), ==, 1);
    g_assert_cmpint(virTypedParamsGetDouble(params, n, "d", &d), ==, 1);
    g_assert_true(i == -5 && ui == 4000000000U && l == G_MININT64 && ul == G_MAXUINT64 && d == 1.5);
    g_assert_cmpint(virTypedParamsGetBoolean(params, n, "b", &i), ==, 1);
    g_assert_cmpint(i, ==, 1);
    g_assert_cmpint(virTypedParamsGetString(params, n, "s", &s), ==, 1);
    g_assert_cmpstr(s, ==, "");
    g_assert_cmpint(virTypedParamsGetString(params, n, "list", &s), ==, 1);
    g_assert_cmpstr(s, ==, "one");
    g_assert_cmpint(virTypedParamsGetInt(params, n, "nobody", &i), ==, 0);
    g_assert_null(virTypedParamsGet(params, n, "nobody"));
    refused(virTypedParamsGetInt(params, n, "s", &i), VIR_ERR_INVALID_ARG,
            "Invalid type 'int' requested for parameter 's', actual type is 'string'");

    virTypedParameterPtr copy = virTypedParamsCopy(params, n);
    g_assert_cmpstr(copy[7].value.s, ==, "one");
    g_assert_cmpint(virTypedParamsDropStrings(copy, n), ==, 6);
    g_assert_cmpstr(copy[5].field, ==, "b");
    virTypedParamsFree(copy, 6);
}

static void testText(void)
{
    static const struct {
        int type;
        const char *text;
        int result;
    } rows[] = {
        { VIR_TYPED_PARAM_INT, "12", 0 }, { VIR_TYPED_PARAM_INT, " 5", 0 }, { VIR_TYPED_PARAM_INT, "12x", -1 },
        { VIR_TYPED_PARAM_INT, "99999999999", -1 }, { VIR_TYPED_PARAM_INT, "", -1 }, { VIR_TYPED_PARAM_UINT, "-1", 0 },
        { VIR_TYPED_PARAM_UINT, "4294967296", -1 }, { VIR_TYPED_PARAM_LLONG, "-5", 0 }, { VIR_TYPED_PARAM_LLONG, "12 ", -1 },
        { VIR_TYPED_PARAM_DOUBLE, "1.5", 0 }, { VIR_TYPED_PARAM_DOUBLE, "x", -1 }, { VIR_TYPED_PARAM_BOOLEAN, "TRUE", 0 },
        { VIR_TYPED_PARAM_BOOLEAN, "2", -1 }, { VIR_TYPED_PARAM_STRING, "x", 0 }, { VIR_TYPED_PARAM_STRING, NULL, -1 },
        { 8, "x", -1 }, { 0, "1", -1 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        int before = n;
        int got = virTypedParamsAddFromString(&params, &n, &max, "f", rows[i].type, rows[i].text);
        if (got != rows[i].result)
            g_error("type %d, '%s': %d", rows[i].type, rows[i].text, got);
        g_assert_cmpint(n, ==, before + (got == 0));
    }
    refused(virTypedParamsAddFromString(&params, &n, &max, "f", 8, "x"), VIR_ERR_INTERNAL_ERROR, "unexpected type 8 for field f");
}

static void testLimits(void)
{
    g_autofree char *name = g_strnfill(VIR_TYPED_PARAM_FIELD_LENGTH, 'x');

    refused(virTypedParamsAddInt(&params, &n, &max, name, 1), VIR_ERR_INTERNAL_ERROR, "too long");
    name[VIR_TYPED_PARAM_FIELD_LENGTH - 1] = '\0';
    g_assert_cmpint(virTypedParamsAddInt(&params, &n, &max, name, 1), ==, 0);
    refused(virTypedParamsAddInt(NULL, &n, &max, "a", 1), VIR_ERR_INVALID_ARG, "must not be NULL");
}

static void testRules(void)
{
    static const virTypedParamRule rules[] = { { "a", VIR_TYPED_PARAM_INT }, { "m", VIR_TYPED_PARAM_STRING, true }, { NULL } };
    virTypedParameter p[3] = { { .field = "a", .type = VIR_TYPED_PARAM_INT },
                               { .field = "m", .type = VIR_TYPED_PARAM_STRING, .value.s = (char *)"1" },
                               { .field = "m", .type = VIR_TYPED_PARAM_STRING, .value.s = (char *)"2" } };
    g_autoptr(GError) error = NULL;

    g_assert_true(virTypedParamsCheck(p, 3, rules, VIR_FROM, &error));
    p[2] = p[0];
    g_assert_false(virTypedParamsCheck(p, 3, rules, VIR_FROM, &error));
    g_assert_nonnull(strstr(error->message, "multiple times"));
    g_clear_error(&error);
    p[0].type = VIR_TYPED_PARAM_UINT;
    g_assert_false(virTypedParamsCheck(p, 1, rules, VIR_FROM, &error));
    g_assert_nonnull(strstr(error->message, "invalid type 'unsigned int' for parameter 'a', expected 'int'"));
    g_clear_error(&error);
    strcpy(p[1].field, "z");
    g_assert_false(virTypedParamsCheck(p + 1, 1, rules, VIR_FROM, &error));
    g_assert_nonnull(strstr(error->message, "'z' is not supported"));
}

static void quiet(void *data, virErrorPtr error)
{
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    virSetErrorFunc(NULL, quiet);
    g_test_add_func("/typedparam/types", testTypes);
    g_test_add_func("/typedparam/text", testText);
    g_test_add_func("/typedparam/limits", testLimits);
    g_test_add_func("/typedparam/rules", testRules);
    int rc = g_test_run();
    virTypedParamsFree(params, n);
    return rc;
}
