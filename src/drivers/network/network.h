/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the network driver share. */
#pragma once

#include "drivers/network/dnsmasq-conf.h"
#include "engine/object-network.h"
#include "host/process.h"

/* Folders: of what is kept over boots (leases, dnsmasq's files), of what is not (status, process ids), and of scripts (NULL: none). */
typedef struct { char *state, *run, *hooks; } virNetworkFolders;
extern virNetworkFolders virNetworkDirs;

/* The highest class of traffic that a port may have. */
enum { VIR_NETWORK_MAX_CLASS = 99 };

/* A bridge of libvirt's own, not something that the host has. */
static inline bool virNetworkHasOwnBridge(const virNetworkDef *def)
{
    return def->forwardMode <= VIR_NETWORK_FORWARD_OPEN;
}

/* validate.c: completes and checks a definition before it is kept. */
bool virNetworkDriverAccept(virRegistrySnapshot *all, gpointer def, GError **error);

/* bridge.c: the bridge with addresses, routes and settings of the kernel. */
bool virNetworkBridgeUp(const virNetworkDef *def, GError **error);
void virNetworkBridgeDown(const virNetworkDef *def);

/* dnsmasq.c: NULL in *process: the network needs none. */
bool virDnsmasqStart(const virNetworkDef *def, virProcess **process, GError **error);
/* The one that runs for this network already, NULL when there is none. */
virProcess *virDnsmasqAdopt(const virNetworkDef *def);
/* Tells it what has changed, by a signal where that is enough. */
bool virDnsmasqChange(const virNetworkDef *old, const virNetworkDef *fresh, virProcess **process, GError **error);
void virDnsmasqStop(const virNetworkDef *def, virProcess **process);

/* run.c: a network comes, goes and changes. */
bool virNetworkRunStart(virObject *obj, GError **error);
bool virNetworkRunStop(virObject *obj, GError **error);
bool virNetworkRunApply(virObject *obj, gconstpointer old, gconstpointer fresh, GError **error);
/* Its rules anew, and dnsmasq if that is gone. */
void virNetworkRunRefresh(virObject *obj);

/*
 * hook.c: calls the administrator's scripts; they may refuse. `port`: what it is about, or NULL. The other form is for what can't be
 * refused any more.
 */
bool virNetworkHook(const virNetworkDef *def, const virNetworkPortDef *port, const char *operation, const char *sub, GError **error);
void virNetworkHookAfter(const virNetworkDef *def, const virNetworkPortDef *port, const char *operation, const char *sub);

/* status.c: what runs, for a daemon that starts. */
bool virNetworkStatusSave(const virObject *obj, const virNetworkDef *def, GError **error);
void virNetworkStatusRemove(const char *name);
/* The numbers of ports that a document names are not ours: none yet. */
void virNetworkForgetPorts(virNetworkDef *def);
/* Calls `func` for each; it takes the definition. */
void virNetworkStatusEach(void (*func)(virNetworkDef *def, gpointer data), gpointer data);

/* plug.c: ports. */
extern const virObjectPortOps virNetworkPortOps;

/* pool.c: fills the pool of devices by the physical function that it names. */
bool virNetworkPoolFill(virNetworkDef *def, const virHost *host, GError **error);

/* macs.c: which guest has which addresses, for programs that resolve names of guests. */
bool virNetworkMacAdd(const virNetworkDef *def, const char *guest, const virMac *mac, GError **error);
void virNetworkMacRemove(const virNetworkDef *def, const char *guest, const virMac *mac);
void virNetworkMacClear(const virNetworkDef *def);

/* leases.c */
int virNetworkLeases(virNetworkPtr network, const char *mac, virNetworkDHCPLeasePtr **leases, unsigned int flags, GError **error);
char *virNetworkLeaseFile(const char *bridge);
