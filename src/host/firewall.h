/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packet filter rules as one transaction through ebtables, iptables and ip6tables: all of its commands take effect, or what was
 * done is undone in reverse order. Transactions never run side by side.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { VIR_FIREWALL_ETHERNET, VIR_FIREWALL_IPV4, VIR_FIREWALL_IPV6, VIR_FIREWALL_LAYERS } virFirewallLayer;
typedef struct _virFirewall virFirewall;

virFirewall *virFirewallNew(void);
void virFirewallFree(virFirewall *fw);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virFirewall, virFirewallFree)

/* A command: arguments after the tool's name and without its waiting option, which is added here. */
void virFirewallAdd(virFirewall *fw, virFirewallLayer layer, ...) G_GNUC_NULL_TERMINATED;
void virFirewallAddArgv(virFirewall *fw, virFirewallLayer layer, const char *const *argv);
/* The same, but its failure does not fail the transaction (deleting what may be missing). */
void virFirewallTry(virFirewall *fw, virFirewallLayer layer, ...) G_GNUC_NULL_TERMINATED;
/* What undoes the last added command when a later one fails. */
void virFirewallUndo(virFirewall *fw, virFirewallLayer layer, ...) G_GNUC_NULL_TERMINATED;
bool virFirewallApply(virFirewall *fw, GError **error);

/* The output of a listing command. */
bool virFirewallQuery(virFirewallLayer layer, const char *const *argv, char **output, GError **error);

/* For tests: commands go one by one to `func` instead of the tools; NULL: to the tools. */
typedef bool (*virFirewallRunner)(virFirewallLayer layer, const char *const *argv, char **output, gpointer data, GError **error);
void virFirewallSetRunner(virFirewallRunner func, gpointer data);
