/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The event bus of a driver: listeners with a filter, and immutable events that are handed to each of them through its
 * connection (virConnectDeliver). Emitting never waits for a listener.
 */
#pragma once

#include "base/error.h"
#include "api/handle.h"

typedef struct _virEventBus virEventBus;

/* One event about a domain, or about another object (`call`). The values are the callback's arguments after the object, by kind
 * and in order. */
typedef struct _virDomainEvent {
    gatomicrefcount refs;
    int id;                         /* virDomainEventID, or VIR_EVENT_MONITOR */
    char *name;
    unsigned char uuid[16];
    int domainId;
    int i[4];
    long long l;
    unsigned long long u[2];
    char *s[7];
    virTypedParameterPtr params;
    int nparams;
    /* Of what is no domain: makes the handle and calls back. `object` is what it needs for that. */
    void (*call)(const struct _virDomainEvent *event, virConnectPtr conn, gpointer callback, gpointer opaque);
    gpointer object;
    GDestroyNotify objectFree;
} virDomainEvent;

enum { VIR_EVENT_MONITOR = 1000, VIR_EVENT_LEGACY_LIFECYCLE = 1001 };

virEventBus *virEventBusNew(void);
void virEventBusFree(virEventBus *bus);

virDomainEvent *virDomainEventNew(int id, const char *name, const unsigned char *uuid, int domainId);
void virEventBusEmit(virEventBus *bus, virDomainEvent *event);      /* takes the reference */

/* `uuid` NULL: every domain. The id of the listener, or -1. `kind` VIR_EVENT_LEGACY_LIFECYCLE: the oldest interface, one
 * registration for each callback. */
int virEventBusAdd(virEventBus *bus, virConnectPtr conn, const unsigned char *uuid, int kind, gpointer callback, gpointer opaque,
                   virFreeCallback freecb, const char *monitorEvent, unsigned int monitorFlags, GError **error);
bool virEventBusRemove(virEventBus *bus, virConnectPtr conn, int id, GError **error);
bool virEventBusRemoveLegacy(virEventBus *bus, virConnectPtr conn, gpointer callback, GError **error);
void virEventBusRemoveConnection(virEventBus *bus, virConnectPtr conn);
