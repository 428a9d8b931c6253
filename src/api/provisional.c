/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in for the client's part (opening connections) until that lands; then this file goes. */
#define VIR_FROM VIR_FROM_NONE
#include "src/api/admin.h"
#include "src/api/driver.h"
#include "base/error.h"
#include "rpc/proc.h"

virConnectAuthPtr virConnectAuthPtrDefault;

static bool openRemote(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    virSetError(error, VIR_ERR_NO_CONNECT, "%s", conn->uriText);
    return false;
}

const virConnectDriver virRemoteConnectDriver = { .name = "remote", .open = openRemote };

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
