/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the admin program tells and changes: servers, their clients and limits, logging. Runs on the I/O thread. */
#define VIR_FROM VIR_FROM_ADMIN
#define VIR_LOG_NAME "daemon.admin"
#include "daemon/daemon.h"
#include "api/driver.h"
#include "base/error.h"
#include "base/log.h"
#include "base/paramlist.h"
#include <grp.h>
#include <pwd.h>
#include <string.h>

static virServer *serverOf(virAdmServerPtr srv, GError **error)
{
    virServer *s = virDaemonFindServer(srv->name);
    if (!s)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "no server with matching name '%s' found", srv->name);
    return s;
}

static virServerClient *clientOf(virServer *s, unsigned long long id, GError **error)
{
    for (guint i = 0; s && i < s->clients->len; i++) {
        virServerClient *c = s->clients->pdata[i];
        if (c->id == id)
            return c;
    }
    if (s)
        virSetError(error, VIR_ERR_NO_CLIENT, "No client with matching ID '%llu'", id);
    return NULL;
}

static int connectListServers(virAdmConnectPtr conn, virAdmServerPtr **servers, unsigned int flags, GError **error)
{
    int n = 0;
    virServer *s;
    if (!virFlagsCheck(flags, 0, VIR_FROM, "virAdmConnectListServers", error))
        return -1;
    while (virDaemonServer(n))
        n++;
    if (servers) {
        *servers = g_new0(virAdmServerPtr, n + 1);
        for (int i = 0; (s = virDaemonServer(i)); i++)
            (*servers)[i] = virAdmServerNew(conn, s->name);
    }
    return n;
}

static virAdmServerPtr connectLookupServer(virAdmConnectPtr conn, const char *name, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "virAdmConnectLookupServer", error))
        return NULL;
    if (virDaemonFindServer(name))
        return virAdmServerNew(conn, name);
    virSetError(error, VIR_ERR_NO_SERVER, "No server named '%s'", name);
    return NULL;
}

static int connectGetLibVersion(virAdmConnectPtr conn, unsigned long long *version, GError **error)
{
    *version = LIBVIR_VERSION_NUMBER;
    return 0;
}

static int getFilters(virAdmConnectPtr conn, char **text, unsigned int flags, GError **error)
{
    *text = virLogGetFilters();
    return **text ? (int)strlen(*text) : 0;
}

static int getOutputs(virAdmConnectPtr conn, char **text, unsigned int flags, GError **error)
{
    *text = virLogGetOutputs();
    return **text ? (int)strlen(*text) : 0;
}

static int setFilters(virAdmConnectPtr conn, const char *text, unsigned int flags, GError **error)
{
    return virLogSetFilters(text, error) ? 0 : -1;
}

static int setOutputs(virAdmConnectPtr conn, const char *text, unsigned int flags, GError **error)
{
    return virLogSetOutputs(text, error) ? 0 : -1;
}

static int setTimeout(virAdmConnectPtr conn, unsigned int seconds, unsigned int flags, GError **error)
{
    virDaemonSetTimeout(seconds);
    return 0;
}

static int listClients(virAdmServerPtr srv, virAdmClientPtr **clients, unsigned int flags, GError **error)
{
    virServer *s = serverOf(srv, error);
    if (!s || !virFlagsCheck(flags, 0, VIR_FROM, "virAdmServerListClients", error))
        return -1;
    if (clients) {
        *clients = g_new0(virAdmClientPtr, s->clients->len + 1);
        for (guint i = 0; i < s->clients->len; i++) {
            virServerClient *c = s->clients->pdata[i];
            (*clients)[i] = virAdmClientNew(srv, c->id, c->connectedAt, VIR_CLIENT_TRANS_UNIX);
        }
    }
    return s->clients->len;
}

static virAdmClientPtr lookupClient(virAdmServerPtr srv, unsigned long long id, unsigned int flags, GError **error)
{
    virServerClient *c = clientOf(serverOf(srv, error), id, error);
    return c ? virAdmClientNew(srv, c->id, c->connectedAt, VIR_CLIENT_TRANS_UNIX) : NULL;
}

static int clientGetInfo(virAdmClientPtr client, virTypedParameterPtr *params, int *nparams, unsigned int flags, GError **error)
{
    virServerClient *c = clientOf(serverOf(client->srv, error), client->id, error);
    g_auto(virTypedParamList) list = { 0 };
    if (!c)
        return -1;
    struct passwd *user = getpwuid(c->uid);
    struct group *group = getgrgid(c->gid);
    virTypedParamListInt(&list, g_atomic_int_get(&c->inFlight), "requests");      /* additive, like the next: calls that are not answered */
    virTypedParamListULLong(&list, virServerClientQueued(c), "unread");            /* bytes of answers and events */
    virTypedParamListBoolean(&list, c->readonly, VIR_CLIENT_INFO_READONLY);
    virTypedParamListInt(&list, c->pid, VIR_CLIENT_INFO_UNIX_PROCESS_ID);
    virTypedParamListInt(&list, c->uid, VIR_CLIENT_INFO_UNIX_USER_ID);
    virTypedParamListString(&list, user ? user->pw_name : NULL, VIR_CLIENT_INFO_UNIX_USER_NAME);
    virTypedParamListInt(&list, c->gid, VIR_CLIENT_INFO_UNIX_GROUP_ID);
    virTypedParamListString(&list, group ? group->gr_name : NULL, VIR_CLIENT_INFO_UNIX_GROUP_NAME);
    *params = virTypedParamListSteal(&list, nparams);
    return 0;
}

static int clientClose(virAdmClientPtr client, unsigned int flags, GError **error)
{
    virServerClient *c = clientOf(serverOf(client->srv, error), client->id, error);
    if (!c)
        return -1;
    virServerClientDrop(c, "an administrator closed it");
    return 0;
}

static int getLimits(virAdmServerPtr srv, virTypedParameterPtr *params, int *nparams, unsigned int flags, GError **error)
{
    virServer *s = serverOf(srv, error);
    g_auto(virTypedParamList) list = { 0 };
    if (!s)
        return -1;
    virTypedParamListUInt(&list, s->limits.maxClients, VIR_SERVER_CLIENTS_MAX);
    virTypedParamListUInt(&list, s->clients->len, VIR_SERVER_CLIENTS_CURRENT);
    virTypedParamListUInt(&list, s->limits.maxAnonymousClients, VIR_SERVER_CLIENTS_UNAUTH_MAX);
    virTypedParamListUInt(&list, s->anonymous, VIR_SERVER_CLIENTS_UNAUTH_CURRENT);
    *params = virTypedParamListSteal(&list, nparams);
    return 0;
}

static int setLimits(virAdmServerPtr srv, virTypedParameterPtr params, int nparams, unsigned int flags, GError **error)
{
    virServer *s = serverOf(srv, error);
    if (!s)
        return -1;
    virServerLimits limits = s->limits;
    for (int i = 0; i < nparams; i++) {
        bool max = g_str_equal(params[i].field, VIR_SERVER_CLIENTS_MAX);
        if (params[i].type != VIR_TYPED_PARAM_UINT || (!max && !g_str_equal(params[i].field, VIR_SERVER_CLIENTS_UNAUTH_MAX))) {
            virSetError(error, VIR_ERR_INVALID_ARG, "parameter '%s' cannot be set", params[i].field);
            return -1;
        }
        *(max ? &limits.maxClients : &limits.maxAnonymousClients) = params[i].value.ui;
    }
    if (limits.maxClients < limits.maxAnonymousClients) {
        virSetError(error, VIR_ERR_INVALID_ARG, "The overall maximum number of clients must be greater than the maximum number of "
                                               "clients waiting for authentication: %u < %u", limits.maxClients, limits.maxAnonymousClients);
        return -1;
    }
    s->limits = limits;
    return 0;
}

/* ---- workers: threads made on demand, shared by both servers ---- */

static int getThreadPool(virAdmServerPtr srv, virTypedParameterPtr *params, int *nparams, unsigned int flags, GError **error)
{
    g_auto(virTypedParamList) list = { 0 };
    virWorkState now = virWorkLook();
    if (!serverOf(srv, error))
        return -1;
    virTypedParamListUInt(&list, 0, VIR_THREADPOOL_WORKERS_MIN);
    virTypedParamListUInt(&list, now.cap, VIR_THREADPOOL_WORKERS_MAX);
    virTypedParamListUInt(&list, now.count, VIR_THREADPOOL_WORKERS_CURRENT);
    virTypedParamListUInt(&list, now.idle, VIR_THREADPOOL_WORKERS_FREE);
    virTypedParamListUInt(&list, 0, VIR_THREADPOOL_WORKERS_PRIORITY);
    virTypedParamListUInt(&list, now.waiting, VIR_THREADPOOL_JOB_QUEUE_DEPTH);
    *params = virTypedParamListSteal(&list, nparams);
    return 0;
}

static int setThreadPool(virAdmServerPtr srv, virTypedParameterPtr params, int nparams, unsigned int flags, GError **error)
{
    guint cap = virWorkLook().cap;
    if (!serverOf(srv, error))
        return -1;
    for (int i = 0; i < nparams; i++) {
        if (params[i].type != VIR_TYPED_PARAM_UINT || !g_str_equal(params[i].field, VIR_THREADPOOL_WORKERS_MAX)) {
            virSetError(error, VIR_ERR_ARGUMENT_UNSUPPORTED, "'%s' cannot be set: threads are made on demand, and urgent calls wait for "
                        "none; only '%s' limits them", params[i].field, VIR_THREADPOOL_WORKERS_MAX);
            return -1;
        }
        cap = params[i].value.ui;
    }
    if (cap == 0) {
        virSetError(error, VIR_ERR_INVALID_ARG, "'%s' must be at least 1", VIR_THREADPOOL_WORKERS_MAX);
        return -1;
    }
    virWorkSetCap(cap);
    return 0;
}

static int updateTlsFiles(virAdmServerPtr srv, unsigned int flags, GError **error)
{
    if (serverOf(srv, error))
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "no tls service found, unable to update tls files");
    return -1;
}

static const virAdminDriver table = {
    .admConnectListServers = connectListServers,
    .admConnectLookupServer = connectLookupServer,
    .admConnectGetLibVersion = connectGetLibVersion,
    .admConnectGetLoggingFilters = getFilters,
    .admConnectGetLoggingOutputs = getOutputs,
    .admConnectSetLoggingFilters = setFilters,
    .admConnectSetLoggingOutputs = setOutputs,
    .admConnectSetDaemonTimeout = setTimeout,
    .admServerListClients = listClients,
    .admServerLookupClient = lookupClient,
    .admClientGetInfo = clientGetInfo,
    .admClientClose = clientClose,
    .admServerGetClientLimits = getLimits,
    .admServerSetClientLimits = setLimits,
    .admServerGetThreadPoolParameters = getThreadPool,
    .admServerSetThreadPoolParameters = setThreadPool,
    .admServerUpdateTlsFiles = updateTlsFiles,
};

virAdmConnectPtr virServerAdminConnect(void)
{
    virAdmConnectPtr conn = virAdmConnectNew();
    conn->admin = &table;
    conn->uriText = g_strdup("libvirtd:///system");
    return conn;
}
