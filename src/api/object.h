/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What all public handles have in common: a class, by which a foreign or stale pointer is told from a good one, and a
 * reference count. The structs themselves are generated into api/handle.h from the `object` records.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <string.h>
#include <libvirt/libvirt.h>
#include <libvirt/libvirt-admin.h>
#include <libvirt/virterror.h>

typedef struct {
    const char *what;                           /* for logs */
    gsize size;
    int code, from;                             /* the error for a bad handle; from 0: the part of the called function */
    void (*clear)(void *handle);                /* releases what the handle holds */
    virConnectPtr (*conn)(const void *handle);
} virHandleClass;

typedef struct {
    const virHandleClass *class;
    gint refs;
} virObjectHead;

static inline bool virHandleIs(const void *handle, const virHandleClass *class)
{
    return handle && ((const virObjectHead *)handle)->class == class;
}

void *virHandleNew(const virHandleClass *class);        /* zeroed, with one reference */
void *virHandleRef(void *handle);                       /* returns it; NULL stays NULL */
void virHandleUnref(void *handle);
virConnectPtr virHandleConn(const void *handle);        /* the connection, not referenced; NULL for NULL */
