/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A port's rules in the host's packet filter: put there, replaced, taken away, each as one transaction. */
#pragma once

#include "drivers/nwfilter/plan.h"
#include "host/firewall.h"

/* The chains that a port has. */
typedef struct {
    bool bridged[2];            /* of packets from the guest, to the guest */
    GPtrArray *chains[2];       /* char: chains below these */
    bool routed[VIR_FIREWALL_LAYERS];
    bool leftovers;             /* chains of an unfinished change */
} virNWFilterLayout;

virNWFilterLayout *virNWFilterLayoutNew(void);
void virNWFilterLayoutFree(virNWFilterLayout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNWFilterLayout, virNWFilterLayoutFree)
bool virNWFilterLayoutIsEmpty(const virNWFilterLayout *layout);
/* What is there now, whoever made it. */
virNWFilterLayout *virNWFilterLayoutRead(const char *port);

/* The port's rules become `plan`'s; what is there now is `old` (NULL: nothing). NULL: it stays. */
virNWFilterLayout *virNWFilterInstall(const char *port, const virNWFilterPlan *plan, const virNWFilterLayout *old, GError **error);
/* Take away what `layout` says, as far as it exists. */
void virNWFilterUninstall(const char *port, const virNWFilterLayout *layout);

/* Until a guest's address is known: it may speak ARP and IPv4 with its own MAC address; or DHCP only, to these servers (any, if none). */
virNWFilterLayout *virNWFilterInstallLearning(const char *port, const char *mac, const char *const *servers, bool dhcpOnly,
                                              const virNWFilterLayout *old, GError **error);

/* ---- one rule (rules.c) ---- */
virFirewallLayer virNWFilterRuleLayer(const virNWFilterRule *rule);
/* `match` may be NULL. */
bool virNWFilterRuleAddBridged(virFirewall *fw, const virNWFilterRule *rule, const virNWFilterMatch *match, const char *chain,
                               bool toGuest, GError **error);
bool virNWFilterRuleAddRouted(virFirewall *fw, const virNWFilterRule *rule, const virNWFilterMatch *match, const char *chain, bool toGuest,
                              GError **error);
