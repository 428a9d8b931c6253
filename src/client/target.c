/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading connection URIs. */
#define VIR_FROM VIR_FROM_RPC
#define VIR_LOG_NAME "remote.uri"
#include "client/target.h"
#include "base/log.h"
#include <string.h>
#include <unistd.h>

static const char *const transports[] = { "unix", "tcp", "tls", "ssh", "libssh", "libssh2", "ext" };

/* Which daemon serves a driver when each has one of its own. */
static const struct {
    const char *driver, *daemon;
} daemons[] = {
    { "qemu", "virtqemud" }, { "lxc", "virtlxcd" }, { "xen", "virtxend" }, { "bhyve", "virtbhyved" }, { "vz", "virtvzd" },
    { "vbox", "virtvboxd" }, { "network", "virtnetworkd" }, { "storage", "virtstoraged" }, { "nodedev", "virtnodedevd" },
    { "nwfilter", "virtnwfilterd" }, { "interface", "virtinterfaced" }, { "secret", "virtsecretd" }, { "test", "virttestd" },
};

void virRemoteTargetFree(virRemoteTarget *t)
{
    if (!t)
        return;
    g_free(t->driver);
    g_free(t->host);
    g_free(t->port);
    g_free(t->name);
    g_free(t->socket);
    g_free(t->daemon);
    g_free(t);
}

bool virUriIsRemote(GUri *uri)
{
    const char *host = g_uri_get_host(uri);
    return strchr(g_uri_get_scheme(uri), '+') || (host && *host);
}

static bool transportParse(virRemoteTarget *t, GUri *uri, GError **error)
{
    const char *scheme = g_uri_get_scheme(uri), *plus = strchr(scheme, '+');
    const char *host = g_uri_get_host(uri);

    t->driver = plus ? g_strndup(scheme, plus - scheme) : g_strdup(scheme);
    t->host = host && *host ? g_strdup(host) : NULL;
    if (g_uri_get_port(uri) > 0)
        t->port = g_strdup_printf("%d", g_uri_get_port(uri));
    if (!plus) {
        t->transport = t->host ? VIR_TRANSPORT_TLS : VIR_TRANSPORT_UNIX;
        return true;
    }
    for (guint i = 0; i < G_N_ELEMENTS(transports); i++) {
        if (g_ascii_strcasecmp(plus + 1, transports[i]) == 0) {
            t->transport = i;
            return true;
        }
    }
    virSetError(error, VIR_ERR_INVALID_ARG, "remote_open: transport in URL not recognised (should be "
                   "tls|unix|ssh|ext|tcp|libssh2|libssh)");
    return false;
}

/* ---- parameters ---- */

typedef struct {
    char *mode;
    bool named;
} Extra;

static bool parameterTake(virRemoteTarget *t, Extra *extra, const char *key, const char *value, GError **error)
{
    if (g_str_equal(key, "name")) {
        g_free(t->name);
        t->name = *value ? g_strdup(value) : NULL;
        extra->named = true;
    } else if (g_str_equal(key, "socket")) {
        g_free(t->socket);
        t->socket = g_strdup(value);
    } else if (g_str_equal(key, "mode")) {
        g_free(extra->mode);
        extra->mode = g_strdup(value);
    } else if (g_str_equal(key, "keepalive_interval") || g_str_equal(key, "keepalive_count")) {
        gint64 n;
        if (!g_ascii_string_to_signed(value, 10, -1, G_MAXINT, &n, NULL)) {
            virSetError(error, VIR_ERR_INVALID_ARG, "%s=%s in the URI is not a number", key, value);
            return false;
        }
        if (key[10] == 'i')
            t->keepaliveInterval = n;
        else
            t->keepaliveCount = MAX(n, 0);
    }
    return true;
}

/* Parameters of any transport are not the daemon's business. */
static bool parameterIsOurs(const char *key)
{
    static const char *const ours[] = { "name", "socket", "mode", "keepalive_interval", "keepalive_count", "command", "auth",
        "sshauth", "netcat", "keyfile", "pkipath", "known_hosts", "known_hosts_verify", "tls_priority", "no_sanity", "no_verify",
        "no_tty", "proxy", NULL };
    return g_strv_contains(ours, key);
}

/* Reads the query, and leaves in `rest` what the daemon is to see of it. */
static bool parametersParse(virRemoteTarget *t, GUri *uri, Extra *extra, GString *rest, GError **error)
{
    g_auto(GStrv) parts = g_uri_get_query(uri) ? g_strsplit_set(g_uri_get_query(uri), "&;", -1) : NULL;
    for (char **p = parts; p && *p; p++) {
        char *eq = strchr(*p, '=');
        g_autofree char *key = g_uri_unescape_segment(*p, eq ? eq : *p + strlen(*p), NULL);
        g_autofree char *value = eq ? g_uri_unescape_string(eq + 1, NULL) : g_strdup("");
        if (!key || !value) {
            virSetError(error, VIR_ERR_INVALID_ARG, "cannot decode '%s' in the connection URI", *p);
            return false;
        }
        if (!parameterTake(t, extra, key, value, error))
            return false;
        if (**p && !parameterIsOurs(key))
            g_string_append_printf(rest, "%s%s", rest->len ? "&" : "", *p);
    }
    return true;
}

/* ---- sockets ---- */

static char *socketPath(const char *daemon, const char *kind, bool session)
{
    /* libvirtd's own socket has another stem than its name. */
    const char *stem = g_str_equal(daemon, "libvirtd") ? "libvirt" : daemon;
    if (session)
        return g_strdup_printf("%s/libvirt/%s-%s", g_get_user_runtime_dir(), stem, kind);
    return g_strdup_printf("%s/libvirt/%s-%s", VIR_RUNSTATEDIR, stem, kind);
}

static const char *daemonOf(const char *driver)
{
    for (guint i = 0; driver && i < G_N_ELEMENTS(daemons); i++)
        if (g_str_equal(daemons[i].driver, driver))
            return daemons[i].daemon;
    return NULL;
}

static bool socketChoose(virRemoteTarget *t, const char *mode, bool readonly, GError **error)
{
    const char *own = daemonOf(t->driver), *kind = readonly && !t->session ? "sock-ro" : "sock";
    bool direct = mode && g_str_equal(mode, "direct");

    if (mode && !direct && !g_str_equal(mode, "legacy") && !g_str_equal(mode, "auto")) {
        virSetError(error, VIR_ERR_INVALID_ARG, "Unknown remote mode '%s'", mode);
        return false;
    }
    if (direct && !own) {
        virSetError(error, VIR_ERR_INVALID_ARG, "Cannot use direct socket mode if no URI is set");
        return false;
    }
    if (own && (!mode || g_str_equal(mode, "auto"))) {
        g_autofree char *path = socketPath(own, kind, t->session);
        direct = g_file_test(path, G_FILE_TEST_EXISTS);
    }
    t->daemon = g_strdup(direct ? own : "libvirtd");
    t->socket = socketPath(t->daemon, kind, t->session);
    return true;
}

virRemoteTarget *virRemoteTargetNew(GUri *uri, bool readonly, const char *mode, GError **error)
{
    g_autoptr(virRemoteTarget) t = g_new0(virRemoteTarget, 1);
    g_autoptr(GString) rest = g_string_new(NULL);
    Extra extra = { g_strdup(mode), false };

    t->keepaliveCount = 5;
    bool good = !uri || (transportParse(t, uri, error) && parametersParse(t, uri, &extra, rest, error));
    if (good && uri && !extra.named)
        t->name = g_strdup_printf("%s://%s%s%s", t->driver, g_uri_get_path(uri)[0] ? g_uri_get_path(uri) : "/",
                                  rest->len ? "?" : "", rest->str);
    if (good && t->transport == VIR_TRANSPORT_UNIX && t->host) {
        virSetError(error, VIR_ERR_INVALID_ARG, "using unix socket and remote server '%s' is not supported.",
                       t->host);
        good = false;
    }
    const char *path = uri ? g_uri_get_path(uri) : "";
    t->session = geteuid() != 0 && (g_str_equal(path, "/session") || g_strcmp0(t->driver, "test") == 0 || !uri);
    if (good && t->transport == VIR_TRANSPORT_UNIX && !t->socket)
        good = socketChoose(t, extra.mode, readonly, error);
    else
        t->session = false;
    g_free(extra.mode);
    return good ? g_steal_pointer(&t) : NULL;
}

virRemoteTarget *virAdminTargetNew(GUri *uri, GError **error)
{
    g_autoptr(virRemoteTarget) t = g_new0(virRemoteTarget, 1);
    g_autoptr(GString) rest = g_string_new(NULL);
    Extra extra = { NULL, false };

    if (!transportParse(t, uri, error) || !parametersParse(t, uri, &extra, rest, error))
        return NULL;
    g_free(extra.mode);
    if (t->transport != VIR_TRANSPORT_UNIX || t->host) {
        virErrorSet(error, VIR_FROM_ADMIN, VIR_ERR_INVALID_ARG, "the admin interface is reached through a unix socket of this host only");
        return NULL;
    }
    const char *path = g_uri_get_path(uri);
    t->session = g_str_equal(path, "/session");
    if (!t->session && !g_str_equal(path, "/system") && !t->socket) {
        virErrorSet(error, VIR_FROM_ADMIN, VIR_ERR_INVALID_ARG, "invalid URI path '%s', try '/system'", path);
        return NULL;
    }
    t->daemon = g_strdup(t->driver);
    if (!t->socket)
        t->socket = socketPath(t->daemon, "admin-sock", t->session);
    t->session = false;         /* an administrator doesn't start the daemon to look at it */
    return g_steal_pointer(&t);
}
