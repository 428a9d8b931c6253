/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configuration files: syntax, types, tables. */
#define VIR_FROM VIR_FROM_CONF
#include "base/config.h"
#include "base/error.h"
#include <string.h>

typedef struct {
    char *name;
    char **list;
    int signedOne;
    unsigned int limit;
    bool on;
} Settings;

static const virConfRow rows[] = {
    { "name", VIR_CONF_STRING, offsetof(Settings, name) },
    { "list", VIR_CONF_LIST, offsetof(Settings, list) },
    { "signed_one", VIR_CONF_INT, offsetof(Settings, signedOne) },
    { "limit", VIR_CONF_UINT, offsetof(Settings, limit) },
    { "on", VIR_CONF_BOOL, offsetof(Settings, on) },
    { "old", VIR_CONF_IGNORED, 0 },
    { NULL },
};

static void testValues(void)
{
    const char text[] = "# a comment\n"
                        "name = \"a # b\" # behind it\n"
                        "list = [ \"x\", # one\n   'y',\n ]\n"
                        "signed_one=-5\n\tlimit\t=\t20\r\non = 1\nold = 3\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(virConf) conf = virConfParse(text, strlen(text), "t.conf", &error);
    Settings s = { .name = g_strdup("default") };

    g_assert_no_error(error);
    g_assert_true(virConfApply(conf, rows, &s, &error));
    g_assert_cmpstr(s.name, ==, "a # b");
    g_assert_cmpuint(g_strv_length(s.list), ==, 2);
    g_assert_cmpstr(s.list[1], ==, "y");
    g_assert_cmpint(s.signedOne, ==, -5);
    g_assert_cmpuint(s.limit, ==, 20);
    g_assert_true(s.on);
    g_free(s.name);
    g_strfreev(s.list);
}

static void testBlockAndDefaults(void)
{
    const char text[] = "name = \"\"\"two\nlines\"\"\"\nlist = \"alone\"\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(virConf) conf = virConfParse(text, strlen(text), "t.conf", &error);
    Settings s = { .limit = 7 };

    g_assert_no_error(error);
    g_assert_true(virConfApply(conf, rows, &s, &error));
    g_assert_cmpstr(s.name, ==, "two\nlines");
    g_assert_cmpstr(s.list[0], ==, "alone");
    g_assert_cmpuint(s.limit, ==, 7);
    g_free(s.name);
    g_strfreev(s.list);
}

static void testErrors(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "name\n", "t.conf:1: expecting an assignment" },
        { "\nname = \n", "t.conf:2: expecting a value" },
        { "name = \"x\n", "t.conf:1: unterminated string" },
        { "name = [ \"x\"\n", "not closed" },
        { "name = [ 3 ]\n", "expecting a string in the list" },
        { "= 3\n", "expecting a name" },
        { "name = \"x\" y\n", "expecting a newline" },
        { "name = 3\n", "t.conf:1: 'name' must be a string, not an integer" },
        { "limit = -3\n", "must be between 0 and" },
        { "limit = 99999999999999999999\n", "expecting a value" },
        { "limit = \"3\"\n", "'limit' must be an integer, not a string" },
        { "on = 2\n", "must be between 0 and 1" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(virConf) conf = virConfParse(cases[i].text, strlen(cases[i].text), "t.conf", &error);
        Settings s = { 0 };
        g_assert_true(!conf || !virConfApply(conf, rows, &s, &error));
        g_assert_nonnull(error);
        g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_CONF_SYNTAX);
        if (!strstr(error->message, cases[i].says))
            g_error("%s: got '%s'", cases[i].text, error->message);
        g_free(s.name);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/config/values", testValues);
    g_test_add_func("/config/block", testBlockAndDefaults);
    g_test_add_func("/config/errors", testErrors);
    return g_test_run();
}
