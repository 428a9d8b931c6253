/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The public face of errors: the thread's last error, its handlers, and the functions by which programs read them.
 */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "error"
#include "api/handle.h"
#include "base/error.h"
#include "base/log.h"
#include <string.h>
#include <stdio.h>

static void lastErrorFree(gpointer data)
{
    virFreeError(data);
}

static GPrivate lastErrorKey = G_PRIVATE_INIT(lastErrorFree);
static virErrorFunc globalHandler;
static void *globalHandlerData;

static virErrorPtr lastError(void)
{
    virErrorPtr e = g_private_get(&lastErrorKey);
    if (!e) {
        e = g_new0(virError, 1);
        g_private_set(&lastErrorKey, e);
    }
    return e;
}

void virErrorDispatch(virConnectPtr conn, GError *error)
{
    g_autoptr(GError) own = error;
    virErrorPtr e = lastError();
    virResetError(e);
    virErrorFill(e, own);
    virDebug("error %d from %d: %s", e->code, e->domain, e->message);
    virErrorFunc handler = globalHandler;
    void *data = globalHandlerData;
    virErrorHandlerOf(conn, &handler, &data);
    if (handler)
        handler(data, e);
    else
        virDefaultErrorFunc(e);
}

virErrorPtr virGetLastError(void)
{
    virErrorPtr e = g_private_get(&lastErrorKey);
    return e && e->code != VIR_ERR_OK ? e : NULL;
}

int virGetLastErrorCode(void)
{
    virErrorPtr e = virGetLastError();
    return e ? e->code : VIR_ERR_OK;
}

int virGetLastErrorDomain(void)
{
    virErrorPtr e = virGetLastError();
    return e ? e->domain : VIR_FROM_NONE;
}

const char *virGetLastErrorMessage(void)
{
    virErrorPtr e = virGetLastError();
    return !e ? "no error" : e->message ? e->message : "unknown error";
}

int virCopyLastError(virErrorPtr to)
{
    virErrorPtr e = virGetLastError();
    if (!to)
        return -1;
    if (!e) {
        memset(to, 0, sizeof(*to));
        return 0;
    }
    *to = *e;
    to->conn = NULL;
    to->dom = NULL;
    to->net = NULL;
    to->message = g_strdup(e->message);
    to->str1 = g_strdup(e->str1);
    to->str2 = g_strdup(e->str2);
    to->str3 = g_strdup(e->str3);
    return to->code;
}

virErrorPtr virSaveLastError(void)
{
    virErrorPtr copy = g_new0(virError, 1);
    virCopyLastError(copy);
    return copy;
}

void virResetError(virErrorPtr e)
{
    if (!e)
        return;
    g_free(e->message);
    g_free(e->str1);
    g_free(e->str2);
    g_free(e->str3);
    memset(e, 0, sizeof(*e));
}

void virResetLastError(void)
{
    virErrorPtr e = g_private_get(&lastErrorKey);
    if (e)
        virResetError(e);
}

void virFreeError(virErrorPtr e)
{
    virResetError(e);
    g_free(e);
}

virErrorPtr virConnGetLastError(virConnectPtr conn)
{
    return conn ? virGetLastError() : NULL;
}

int virConnCopyLastError(virConnectPtr conn, virErrorPtr to)
{
    return conn && virGetLastError() ? virCopyLastError(to) : conn ? 0 : -1;
}

void virConnResetLastError(virConnectPtr conn)
{
    if (conn)
        virResetLastError();
}

void virSetErrorFunc(void *userData, virErrorFunc handler)
{
    globalHandler = handler;
    globalHandlerData = userData;
}

void virDefaultErrorFunc(virErrorPtr err)
{
    if (!err || err->code == VIR_ERR_OK)
        return;
    const char *level = err->level == VIR_ERR_WARNING ? "warning" : err->level == VIR_ERR_ERROR ? "error" : "";
    const char *part = virErrorDomainName(err->domain);
    fprintf(stderr, "libvirt: %s%s%s : %s\n", part, *part ? " " : "", level, err->message ? err->message : "");
}
