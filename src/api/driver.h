/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a driver module exports: `const virConnectDriver virDriverModule`. A module brings one hypervisor, or one of the host's
 * object kinds (network, storage, …) which every local connection shares.
 */
#pragma once

#include "api/handle.h"

typedef struct _virConnectDriver {
    const char *name;                           /* "QEMU": also what virConnectGetType answers by default */
    const char *const *schemes;                 /* URI schemes without transport, NULL-terminated; NULL: no URI of its own */
    bool insideClient;                          /* may be loaded into a program (test, esx, qemu:///embed) */
    bool atOnce;                                /* in a daemon /system, /session and /default are opened and closed without asking anybody */

    /* Fill the connection's operation tables. `conn->uri`, `uriText` and `flags` are set. */
    bool (*open)(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error);
    void (*close)(virConnectPtr conn);          /* the last reference is gone */
    void (*watchClose)(virConnectPtr conn, bool on);    /* the program wants to hear when the connection breaks, or no more */

    /* A kind of the host's objects: gives its table to a hypervisor's connection that has none of that group, and takes it back. */
    void (*attach)(virConnectPtr conn);
    void (*detach)(virConnectPtr conn);

    /* The daemon's: before the first connection, and after the last. `root` is prefixed to every path (embedded drivers). */
    bool (*stateInit)(bool privileged, const char *root, GError **error);
    void (*stateStop)(void);
    bool (*stateReload)(GError **error);
    bool (*stateBusy)(void);                    /* guests run: an idle daemon stays */
} virConnectDriver;

/* ---- opening (connect.c) ---- */

/* Open `name` (NULL: the default) without touching the thread's error: what the public functions do inside, and the daemon. */
virConnectPtr virConnectOpenName(const char *name, virConnectAuthPtr auth, unsigned int flags, GError **error);
/* The parsed form of a connection URI. */
GUri *virConnectParseUri(const char *text, GError **error);
/* In a daemon whose drivers have loaded: opening that name waits for nothing. */
bool virConnectOpensAtOnce(const char *name);
/* So does closing, when this is its last reference. */
bool virConnectClosesAtOnce(virConnectPtr conn);
/* In a daemon every URI without a transport is served by a local driver. */
void virConnectUseLocalDrivers(void);
/* Connections of hypervisors opened from now on get this driver's table too. */
void virDriverShare(const virConnectDriver *driver);
/* Before a connection's own driver closes it. */
void virDriverDetachShared(virConnectPtr conn);
/* The driver module of that name ("qemu"), loaded once; NULL with the reason. */
const virConnectDriver *virDriverLoad(const char *name, GError **error);
/* The remote driver registers itself here: it takes what no local driver does. */
extern const virConnectDriver virRemoteConnectDriver;
