/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks that generated entries make before a driver is called, and the edge where a GError becomes the thread's error. */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "api"
#include "src/api/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"

bool virCheckHandle(const void *handle, const virHandleClass *class, int from, const char *func, GError **error)
{
    if (virHandleIs(handle, class))
        return true;
    virErrorSet(error, class->from ? class->from : from, class->code, "%s", func);
    return false;
}

bool virCheckWritable(virConnectPtr conn, int from, const char *func, GError **error)
{
    if (!conn || !(conn->flags & VIR_CONNECT_RO))
        return true;
    virErrorSet(error, from, VIR_ERR_OPERATION_DENIED, "read only access prevents %s", func);
    return false;
}

bool virCheckWritableFlag(virConnectPtr conn, int from, const char *func, const char *words, GError **error)
{
    if (!conn || !(conn->flags & VIR_CONNECT_RO))
        return true;
    if (*words)
        virErrorSet(error, from, VIR_ERR_OPERATION_DENIED, "%s %s", func, words);
    else
        virErrorSet(error, from, VIR_ERR_OPERATION_DENIED, "read only access prevents %s", func);
    return false;
}

bool virCheckNonNull(const void *value, const char *name, int from, const char *func, GError **error)
{
    if (value)
        return true;
    virErrorSetArg(error, from, func, name, "%s in %s must not be NULL", name, func);
    return false;
}

bool virCheckNonNegative(long long value, const char *name, int from, const char *func, GError **error)
{
    if (value >= 0)
        return true;
    virErrorSetArg(error, from, func, name, "%s in %s must be zero or greater", name, func);
    return false;
}

bool virCheckLess(long long value, long long limit, const char *name, int from, const char *func, GError **error)
{
    if (value < limit)
        return true;
    virErrorSetArg(error, from, func, name, "%s in %s must be less than %lld", name, func, limit);
    return false;
}

bool virCheckPositive(long long value, const char *name, int from, const char *func, GError **error)
{
    if (value > 0)
        return true;
    virErrorSetArg(error, from, func, name, "%s in %s must be greater than zero", name, func);
    return false;
}

bool virCheckNonZero(unsigned long long value, const char *name, int from, const char *func, GError **error)
{
    if (value != 0)
        return true;
    virErrorSetArg(error, from, func, name, "%s in %s must not be zero", name, func);
    return false;
}

bool virCheckExclusive(unsigned long flags, unsigned long a, const char *aName, unsigned long b, const char *bName,
                       int from, GError **error)
{
    if (!(flags & a) || !(flags & b))
        return true;
    virErrorSetArg(error, from, "flags", aName, "Flags '%s' and '%s' are mutually exclusive", aName, bName);
    return false;
}

bool virCheckRequires(unsigned long flags, unsigned long a, const char *aName, unsigned long b, const char *bName,
                      int from, GError **error)
{
    if (!(flags & a) || (flags & b))
        return true;
    virErrorSetArg(error, from, "flags", aName, "Flag '%s' is required by flag '%s'", bName, aName);
    return false;
}

void virNoSupport(int from, const char *func, GError **error)
{
    virErrorSet(error, from, VIR_ERR_NO_SUPPORT, "%s", func);
}

void virEntryBegin(const char *func)
{
    virDebug("%s", func);
    virResetLastError();
}

void virEntryEnd(const void *handle, const virHandleClass *class, GError *error, bool failed)
{
    if (!error && failed)
        virSetError(&error, VIR_ERR_INTERNAL_ERROR, "the driver failed and did not say why");
    if (error)
        virErrorDispatch(virHandleIs(handle, class) ? class->conn(handle) : NULL, error);
}

bool virEntryHandle(const void *handle, const virHandleClass *class, int from, const char *func)
{
    GError *error = NULL;

    virResetLastError();
    if (virCheckHandle(handle, class, from, func, &error))
        return true;
    virErrorDispatch(NULL, error);
    return false;
}

bool virEntryNonNull(const void *handle, const void *value, const char *name, int from, const char *func)
{
    GError *error = NULL;

    if (virCheckNonNull(value, name, from, func, &error))
        return true;
    virErrorDispatch(virHandleConn(handle), error);
    return false;
}

bool virEntryUUID(const void *handle, const char *text, unsigned char *uuid, int from, const char *func)
{
    GError *error = NULL;

    if (virCheckNonNull(text, "uuidstr", from, func, &error)) {
        if (virUUIDParse(text, uuid))
            return true;
        virErrorSetArg(&error, from, func, "uuidstr", "Invalid UUID");
    }
    virErrorDispatch(virHandleConn(handle), error);
    return false;
}
