/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* firewalld over the system bus. A host without the bus, or without the service on it, simply has no firewalld. */
#define VIR_FROM VIR_FROM_FIREWALLD
#include "host/firewalld.h"
#include "base/error.h"
#include <gio/gio.h>

#define NAME "org.fedoraproject.FirewallD1"
#define PATH "/org/fedoraproject/FirewallD1"
enum { DEADLINE_MS = 10000 };

static GDBusConnection *systemBus(void)
{
    return g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, NULL);
}

static bool hasOwner(GDBusConnection *bus)
{
    gboolean owned = FALSE;
    g_autoptr(GVariant) reply = bus ? g_dbus_connection_call_sync(bus, "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "NameHasOwner",
        g_variant_new("(s)", NAME), G_VARIANT_TYPE("(b)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, DEADLINE_MS, NULL, NULL) : NULL;
    if (reply)
        g_variant_get(reply, "(b)", &owned);
    return owned;
}

bool virFirewalldIsRunning(void)
{
    g_autoptr(GDBusConnection) bus = systemBus();
    return hasOwner(bus);
}

static GVariant *call(GDBusConnection *bus, const char *method, GVariant *args, GError **error)
{
    g_autoptr(GError) cause = NULL;
    GVariant *reply = g_dbus_connection_call_sync(bus, NAME, PATH, NAME ".zone", method, args, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                                  DEADLINE_MS, NULL, &cause);
    if (!reply)
        virSetError(error, VIR_ERR_DBUS_SERVICE, "firewalld's %s: %s", method, cause->message);
    return reply;
}

/* The first of `wanted` that there is. */
static const char *firstZone(GDBusConnection *bus, const char *const *wanted)
{
    g_autoptr(GVariant) reply = call(bus, "getZones", NULL, NULL);
    if (!reply || !g_variant_is_of_type(reply, G_VARIANT_TYPE("(as)")))
        return NULL;
    g_autofree const char **zones = NULL;
    g_variant_get(reply, "(^a&s)", &zones);
    while (*wanted && !g_strv_contains(zones, *wanted))
        wanted++;
    return *wanted;
}

bool virFirewalldSetZone(const char *interface, const char *zone, const char *const *usual, const char *network, GError **error)
{
    g_autoptr(GDBusConnection) bus = systemBus();
    if (!hasOwner(bus)) {
        if (zone)
            virErrorSet(error, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, "zone %s requested for network %s but firewalld is not active", zone,
                        network);
        return !zone;
    }
    const char *chosen = zone ? zone : firstZone(bus, usual);
    if (!chosen)
        return true;
    g_autoptr(GVariant) reply = call(bus, "changeZoneOfInterface", g_variant_new("(ss)", chosen, interface), error);
    return reply != NULL;
}
