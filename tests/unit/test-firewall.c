/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transactions of packet filter rules: what runs, what may fail, and what is undone. */
#include "host/firewall.h"
#include "base/error.h"
#include <string.h>

typedef struct {
    GString *ran;
    const char *refuse;         /* commands that have this word fail */
} Tools;

static const char letters[] = { 'e', '4', '6' };

static bool record(virFirewallLayer layer, const char *const *argv, char **output, gpointer data, GError **error)
{
    Tools *tools = data;
    g_autofree char *words = g_strjoinv(" ", (char **)argv);
    g_string_append_printf(tools->ran, "%c %s\n", letters[layer], words);
    if (output)
        *output = g_strdup(words);
    if (!tools->refuse || !g_strv_contains(argv, tools->refuse))
        return true;
    virErrorSet(error, VIR_FROM_FIREWALL, VIR_ERR_OPERATION_FAILED, "no %s", tools->refuse);
    return false;
}

static virFirewall *sample(void)
{
    virFirewall *fw = virFirewallNew();
    static const char *const rule[] = { "-A", "a", "-j", "DROP", NULL };
    virFirewallTry(fw, VIR_FIREWALL_IPV4, "-X", "gone", NULL);
    virFirewallAdd(fw, VIR_FIREWALL_IPV4, "-N", "a", NULL);
    virFirewallUndo(fw, VIR_FIREWALL_IPV4, "-X", "a", NULL);
    virFirewallAddArgv(fw, VIR_FIREWALL_IPV4, rule);
    virFirewallUndo(fw, VIR_FIREWALL_IPV4, "-F", "a", NULL);
    virFirewallAdd(fw, VIR_FIREWALL_ETHERNET, "-t", "nat", "-N", "b", NULL);
    return fw;
}

static char *apply(virFirewall *fw, const char *refuse, GError **error)
{
    Tools tools = { g_string_new(NULL), refuse };
    virFirewallSetRunner(record, &tools);
    virFirewallApply(fw, error);
    virFirewallSetRunner(NULL, NULL);
    return g_string_free(tools.ran, FALSE);
}

static void testApply(void)
{
    g_autoptr(virFirewall) fw = sample();
    g_autoptr(GError) error = NULL;
    g_autofree char *ran = apply(fw, "gone", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(ran, ==, "4 -X gone\n4 -N a\n4 -A a -j DROP\ne -t nat -N b\n");
}

static void testUndo(void)
{
    g_autoptr(virFirewall) fw = sample();
    g_autoptr(GError) error = NULL;
    g_autofree char *ran = apply(fw, "b", &error);
    g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_OPERATION_FAILED);
    g_assert_nonnull(strstr(error->message, "no b"));
    g_assert_cmpstr(ran, ==, "4 -X gone\n4 -N a\n4 -A a -j DROP\ne -t nat -N b\n4 -F a\n4 -X a\n");
}

static void testQuery(void)
{
    Tools tools = { g_string_new(NULL), "nosuch" };
    g_autofree char *out = NULL;
    g_autoptr(GError) error = NULL;
    const char *list[] = { "-S", "INPUT", NULL }, *bad[] = { "-S", "nosuch", NULL };
    virFirewallSetRunner(record, &tools);
    g_assert_true(virFirewallQuery(VIR_FIREWALL_IPV6, list, &out, &error));
    g_assert_cmpstr(out, ==, "-S INPUT");
    g_clear_pointer(&out, g_free);
    g_assert_false(virFirewallQuery(VIR_FIREWALL_IPV6, bad, &out, &error));
    virFirewallSetRunner(NULL, NULL);
    g_string_free(tools.ran, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/firewall/apply", testApply);
    g_test_add_func("/firewall/undo", testUndo);
    g_test_add_func("/firewall/query", testQuery);
    return g_test_run();
}
