/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in for the client's part (opening connections) until that lands; then this file goes. */
#define VIR_FROM VIR_FROM_NONE
#include "src/api/admin.h"
#include "base/error.h"
#include "rpc/proc.h"

virConnectAuthPtr virConnectAuthPtrDefault;

virConnectPtr virConnectOpenAuth(const char *name, virConnectAuthPtr auth, unsigned int flags)
{
    GError *error = NULL;

    virResetLastError();
    virSetError(&error, VIR_ERR_NO_CONNECT, "%s", name ? name : "(null)");
    virErrorDispatch(NULL, error);
    return NULL;
}

virConnectPtr virConnectOpen(const char *name)
{
    return virConnectOpenAuth(name, NULL, 0);
}

virConnectPtr virConnectOpenReadOnly(const char *name)
{
    return virConnectOpenAuth(name, NULL, VIR_CONNECT_RO);
}

bool virAdmOpen(virAdmConnectPtr conn, const char *name, unsigned int flags, GError **error)
{
    virSetError(error, VIR_ERR_NO_CONNECT, "%s", name ? name : "(null)");
    return false;
}

bool virRemoteCall(virConnectPtr conn, const virRpcProc *proc, virRpcIO *io, const void *args, void *ret, GError **error)
{
    virSetError(error, VIR_ERR_NO_CONNECT, "%s", proc->name);
    return false;
}
