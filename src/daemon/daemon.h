/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon as a whole: its servers, its settings, how long it lives. */
#pragma once

#include "daemon/server.h"

typedef struct {
    /* libvirtd.conf */
    char *sockGroup, *sockRoPerms, *sockRwPerms, *sockAdminPerms, *sockDir, *authRo, *authRw;
    unsigned int maxClients, maxAnonymousClients, maxClientRequests, maxUserRequests, adminMaxClients, adminMaxClientRequests;
    int keepaliveInterval, adminKeepaliveInterval, logLevel;
    unsigned int keepaliveCount, adminKeepaliveCount;
    char *logFilters, *logOutputs;
    char *hostUuid, *hostUuidSource;    /* "smbios" or "machine-id" */
} virDaemonConfig;

virDaemonConfig *virDaemonConfigNew(bool privileged);
void virDaemonConfigFree(virDaemonConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDaemonConfig, virDaemonConfigFree)
/* `mustExist`: the file was named on the command line. */
bool virDaemonConfigLoad(virDaemonConfig *config, const char *path, bool mustExist, GError **error);

virServer *virDaemonServer(int i);                      /* NULL past the end */
virServer *virDaemonFindServer(const char *name);
bool virDaemonHasDrivers(void);
bool virDaemonAwaitDrivers(GError **error);              /* any thread that may wait */
void virDaemonSetTimeout(unsigned int seconds);         /* of idleness; 0: never */

/* sockets.c: the sockets passed by a service manager, or else our own below config->sockDir. */
bool virDaemonListen(const virDaemonConfig *config, bool privileged, virServer *server, virServer *admin, GError **error);
