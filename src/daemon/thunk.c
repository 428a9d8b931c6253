/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What generated thunks share. */
#define VIR_FROM VIR_FROM_RPC
#include "src/daemon/thunk.h"

bool virThunkOpen(virRpcServerCall *call, GError **error)
{
    if (call->conn)
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "connection not open");
    return false;
}

bool virThunkAdmin(virRpcServerCall *call, GError **error)
{
    if (call->admin)
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "connection not open");
    return false;
}

bool virThunkCount(long long count, unsigned int limit, const char *what, GError **error)
{
    if (count >= 0 && count <= limit)
        return true;
    virSetError(error, VIR_ERR_RPC, "too many '%s': %lld, the limit is %u", what, count, limit);
    return false;
}

bool virThunkDescriptors(virRpcServerCall *call, guint expected, GError **error)
{
    virSetError(error, VIR_ERR_RPC, "%s takes %u file descriptors, %u came with the call", call->proc->name, expected,
                call->nfdsIn);
    return false;
}

void *virThunkFlatten(void **list, unsigned int n, gsize size)
{
    if (!list)
        return NULL;
    char *block = g_malloc0_n(MAX(n, 1), size);
    for (unsigned int i = 0; i < n; i++) {
        memcpy(block + i * size, list[i], size);
        g_free(list[i]);
    }
    g_free(list);
    return block;
}

virRpcThunk virRpcThunkFor(const virRpcProc *proc)
{
    for (guint i = 0; virRpcPrograms[i].number; i++) {
        const virRpcProgram *p = virRpcPrograms + i;
        if (proc >= p->procs && proc < p->procs + p->nprocs)
            return proc->number < virRpcThunkTables[i].n ? virRpcThunkTables[i].thunks[proc->number] : NULL;
    }
    return NULL;
}
