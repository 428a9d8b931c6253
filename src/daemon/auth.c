/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may speak: a socket asks for nothing (its permissions are the guard) or for polkit's word about the process at the other
 * end. root needs no word. Until a client is authenticated it may only authenticate, and not take long over it.
 */
#define VIR_FROM VIR_FROM_POLKIT
#define VIR_LOG_NAME "daemon.auth"
#include "daemon/server.h"
#include "api/wire.h"
#include "base/error.h"
#include "base/log.h"
#include "host/proc.h"
#include <gio/gio.h>
#include <string.h>

enum { ALLOW_USER_INTERACTION = 1, POLKIT_WAIT_MS = 10 * 60 * 1000 };      /* somebody may have to type a password */

/* When the process began: with it polkit knows a process from a later one of the same number. */
static guint64 startTime(pid_t pid)
{
    virProcStat stat;
    return virProcStatRead(virHostLocal(), pid, 0, &stat) ? stat.start : 0;
}

static GVariant *question(const virServerClient *c, const char *action)
{
    GVariantBuilder subject, details;
    g_variant_builder_init(&subject, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&subject, "{sv}", "pid", g_variant_new_uint32(c->pid));
    g_variant_builder_add(&subject, "{sv}", "start-time", g_variant_new_uint64(startTime(c->pid)));
    g_variant_builder_add(&subject, "{sv}", "uid", g_variant_new_int32(c->uid));
    g_variant_builder_init(&details, G_VARIANT_TYPE("a{ss}"));
    return g_variant_new("((sa{sv})sa{ss}us)", "unix-process", &subject, action, &details, ALLOW_USER_INTERACTION, "");
}

/* On a thread of its own: it takes as long as the user takes. */
static bool polkitAsk(const virServerClient *c, GError **error)
{
    const char *action = c->readonly ? "org.libvirt.unix.monitor" : "org.libvirt.unix.manage";
    g_autoptr(GError) cause = NULL;
    g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &cause);
    g_autoptr(GVariant) answer = bus == NULL ? NULL : g_dbus_connection_call_sync(
        bus, "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1.Authority",
        "CheckAuthorization", question(c, action), G_VARIANT_TYPE("((bba{ss}))"), G_DBUS_CALL_FLAGS_NONE, POLKIT_WAIT_MS, NULL,
        &cause);
    gboolean authorized, challenge;

    if (!answer) {
        virSetError(error, VIR_ERR_AUTH_UNAVAILABLE, "polkit cannot be asked about action '%s': %s", action, cause->message);
        return false;
    }
    g_variant_get(answer, "((bb@a{ss}))", &authorized, &challenge, NULL);
    if (authorized)
        return true;
    if (challenge)
        virSetError(error, VIR_ERR_AUTH_UNAVAILABLE, "no polkit agent available to authenticate action '%s'", action);
    else
        virSetError(error, VIR_ERR_AUTH_FAILED, "access denied by policy: action '%s' for user %u", action, (unsigned int)c->uid);
    return false;
}

static bool authPolkit(virRpcServerCall *call, const void *data, void *out, GError **error)
{
    virServerClient *c = call->client;
    virWireAuthPolkitRet *ret = out;

    if (c->auth != VIR_SERVER_AUTH_POLKIT) {
        virSetError(error, VIR_ERR_AUTH_FAILED, "client tried unsupported PolicyKit init request");
        return false;
    }
    if (!polkitAsk(c, error)) {
        virWarn("client %" G_GUINT64_FORMAT " (pid %d, uid %u) is not let in", c->id, (int)c->pid, (unsigned int)c->uid);
        return false;
    }
    g_atomic_int_set(&c->admitted, TRUE);       /* takes effect on the I/O thread, before the reply goes out */
    ret->complete = 1;
    return true;
}

static bool authSasl(virRpcServerCall *call, const void *data, void *ret, GError **error)
{
    virSetError(error, VIR_ERR_AUTH_FAILED, "this server does not offer SASL (%s)", call->proc->name);
    return false;
}

static bool authList(virRpcServerCall *call, const void *data, void *out, GError **error)
{
    virWireAuthListRet *ret = out;
    ret->types = g_new0(int, 1);
    ret->types[0] = call->client->authenticated ? VIR_SERVER_AUTH_NONE : call->client->auth;
    ret->typesLen = 1;
    return true;
}

virRpcThunk virServerAuthFind(const virRpcProc *proc, bool *quick)
{
    static const struct {
        const char *name;
        virRpcThunk run;
        bool quick;
    } rows[] = {
        { "virAuthList", authList, true },
        { "virAuthPolkit", authPolkit, false },
        { "virAuthSaslInit", authSasl, true },
        { "virAuthSaslStart", authSasl, true },
        { "virAuthSaslStep", authSasl, true },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (g_str_equal(rows[i].name, proc->name)) {
            *quick = rows[i].quick;
            return rows[i].run;
        }
    }
    return NULL;
}
