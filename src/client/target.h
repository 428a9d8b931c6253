/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a connection URI leads: transport, socket, daemon, and the name that the daemon is to open. */
#pragma once

#include "base/error.h"

typedef enum {
    VIR_TRANSPORT_UNIX,
    VIR_TRANSPORT_TCP,
    VIR_TRANSPORT_TLS,
    VIR_TRANSPORT_SSH,
    VIR_TRANSPORT_LIBSSH,
    VIR_TRANSPORT_LIBSSH2,
    VIR_TRANSPORT_EXT,
} virTransport;

typedef struct {
    virTransport transport;
    char *driver;               /* the scheme without the transport; NULL: the daemon chooses */
    char *host, *port;
    char *name;                 /* for the daemon's virConnectOpen; NULL: its default (an empty name on the wire) */
    char *socket;               /* of the unix transport */
    char *daemon;               /* whose socket that is: libvirtd, virtqemud… */
    bool session;               /* the user's own daemon, started when missing */
    int keepaliveInterval;
    unsigned int keepaliveCount;
} virRemoteTarget;

/* `uri` NULL: the default daemon. `mode` is the configured default of ?mode=, or NULL. */
virRemoteTarget *virRemoteTargetNew(GUri *uri, bool readonly, const char *mode, GError **error);
/* libvirt-admin's: libvirtd:///system, virtqemud:///session, libvirtd+unix:///?socket=… */
virRemoteTarget *virAdminTargetNew(GUri *uri, GError **error);
void virRemoteTargetFree(virRemoteTarget *target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virRemoteTarget, virRemoteTargetFree)

/* A connected socket. Starts the user's daemon where the target asks for it. */
int virRemoteConnect(const virRemoteTarget *target, GError **error);
/* Whether "scheme+transport" or a host make the URI one for the remote driver. */
bool virUriIsRemote(GUri *uri);
