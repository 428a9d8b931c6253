/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What dnsmasq is told of a network: its configuration, the DHCP hosts and the names. Text only, nothing is touched. */
#pragma once

#include "model/network.h"

/* Where things are; all of them are named in the configuration or by who starts dnsmasq. */
typedef struct {
    char *conf, *hosts, *names, *pid;
} virDnsmasqPaths;
/* `state`: kept over boots, `run`: not. */
virDnsmasqPaths *virDnsmasqPathsNew(const char *state, const char *run, const char *network);
void virDnsmasqPathsFree(virDnsmasqPaths *paths);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDnsmasqPaths, virDnsmasqPathsFree)

typedef struct {
    char *conf;                 /* NULL: the network needs no dnsmasq */
    char *hosts, *names;
} virDnsmasqText;
void virDnsmasqTextFree(virDnsmasqText *text);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDnsmasqText, virDnsmasqTextFree)

virDnsmasqText *virDnsmasqTextNew(const virNetworkDef *def, const virDnsmasqPaths *paths, GError **error);
