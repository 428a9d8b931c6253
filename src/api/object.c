/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reference counting of handles, and the three handles that the records leave opaque: connection, admin connection, stream. */
#include "api/handle.h"
#include "src/api/driver.h"

void *virHandleNew(const virHandleClass *class)
{
    virObjectHead *head = g_malloc0(class->size);

    head->class = class;
    head->refs = 1;
    return head;
}

void *virHandleRef(void *handle)
{
    virObjectHead *head = handle;

    if (head)
        g_atomic_int_inc(&head->refs);
    return handle;
}

void virHandleUnref(void *handle)
{
    virObjectHead *head = handle;

    if (!head || !g_atomic_int_dec_and_test(&head->refs))
        return;
    head->class->clear(handle);
    head->class = NULL;                         /* a stale pointer is not taken for a handle */
    g_free(handle);
}

virConnectPtr virHandleConn(const void *handle)
{
    const virObjectHead *head = handle;

    return head && head->class ? head->class->conn(handle) : NULL;
}

static void connectClear(void *handle)
{
    virConnectPtr conn = handle;

    virDriverDetachShared(conn);
    if (conn->driver && conn->driver->close)
        conn->driver->close(conn);
    if (conn->close.free)
        conn->close.free(conn->close.opaque);
    g_clear_pointer(&conn->uri, g_uri_unref);
    g_free(conn->uriText);
    g_mutex_clear(&conn->lock);
}

static virConnectPtr connectConn(const void *handle)
{
    return (virConnectPtr)handle;
}

const virHandleClass virConnectClass = {
    .what = "virConnect",
    .size = sizeof(virConnect),
    .code = VIR_ERR_INVALID_CONN,
    .clear = connectClear,
    .conn = connectConn,
};

virConnectPtr virConnectNew(void)
{
    virConnectPtr conn = virHandleNew(&virConnectClass);

    g_mutex_init(&conn->lock);
    return conn;
}

static void admConnectClear(void *handle)
{
    virAdmConnectPtr conn = handle;

    if (conn->close.free)
        conn->close.free(conn->close.opaque);
    virHandleUnref(conn->conn);
    g_free(conn->uriText);
    g_mutex_clear(&conn->lock);
}

static virConnectPtr admConnectConn(const void *handle)
{
    return NULL;
}

const virHandleClass virAdmConnectClass = {
    .what = "virAdmConnect",
    .size = sizeof(virAdmConnect),
    .code = VIR_ERR_INVALID_CONN,
    .clear = admConnectClear,
    .conn = admConnectConn,
};

virAdmConnectPtr virAdmConnectNew(void)
{
    virAdmConnectPtr conn = virHandleNew(&virAdmConnectClass);

    g_mutex_init(&conn->lock);
    return conn;
}

static void streamClear(void *handle)
{
    virStreamPtr st = handle;

    if (st->privFree)
        st->privFree(st->priv);
    virHandleUnref(st->conn);
}

static virConnectPtr streamConn(const void *handle)
{
    return ((virStreamPtr)handle)->conn;
}

const virHandleClass virStreamClass = {
    .what = "virStream",
    .size = sizeof(virStream),
    .code = VIR_ERR_INVALID_STREAM,
    .from = VIR_FROM_STREAMS,
    .clear = streamClear,
    .conn = streamConn,
};
