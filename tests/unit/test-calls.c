/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls from end to end without a socket: the client's stub encodes, the server's thunk decodes and calls a small driver, and
 * back. Events go the other way.
 */
#define VIR_FROM VIR_FROM_TEST
#include "api/deliver.h"
#include "api/entry.h"
#include "api/stubs.h"
#include "src/client/events.h"
#include "src/daemon/events.h"
#include "src/api/connect.h"

static virConnectPtr client, server;
static guint calls;

/* ---- the wire ---- */

bool virRemoteCall(virConnectPtr conn, const virRpcProc *proc, virRpcIO *io, const void *args, void *ret, GError **error)
{
    g_autoptr(GByteArray) out = g_byte_array_new(), back = g_byte_array_new();
    g_autoptr(virArena) arena = virArenaNew();
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
    void *in = proc->args ? virArenaAlloc(arena, proc->args->size) : NULL;
    void *result = proc->ret ? virArenaAlloc(arena, proc->ret->size) : NULL;
    virRpcServerCall call = { .conn = server, .client = (void *)&calls, .proc = proc, .arena = arena, .fdsOut = fds,
                              .fdsIn = io ? (int *)io->fdsIn : NULL, .nfdsIn = io ? io->nfdsIn : 0 };
    virRpcThunk thunk = virRpcThunkFor(proc);

    calls++;
    g_assert_nonnull(thunk);
    g_assert_true(!proc->args == !args && !proc->ret == !ret);
    if (args && (!virXdrEncode(proc->args, args, out, error) ||
                 !virXdrDecode(proc->args, out->data, out->len, in, arena, error)))
        return false;
    bool done = thunk(&call, in, result, error);
    g_assert_true(done == !*error);
    if (done && ret)
        done = virXdrEncode(proc->ret, result, back, error) &&
            virXdrDecode(proc->ret, back->data, back->len, ret, io ? io->arena : NULL, error);
    if (proc->ret)
        virXdrFree(proc->ret, result);
    return done;
}

void virServerClientSendEvent(struct _virServerClient *to, const virRpcProgram *program, const virRpcProc *proc, const void *msg)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autoptr(GError) error = NULL;

    g_assert_true(virXdrEncode(proc->args, msg, out, &error));
    g_assert_true(virRemoteEventDispatch(client, proc, out->data, out->len, &error));
}

/* ---- a driver with one guest ---- */

static const unsigned char uuid[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static virDomainPtr lookup(virConnectPtr conn, const char *name, GError **error)
{
    if (g_str_equal(name, "vm"))
        return virDomainNew(conn, name, uuid, 7);
    virSetError(error, VIR_ERR_NO_DOMAIN, "no domain with matching name '%s'", name);
    return NULL;
}

static int listAll(virConnectPtr conn, virDomainPtr **domains, unsigned int flags, GError **error)
{
    if (domains) {
        *domains = g_new0(virDomainPtr, 3);
        (*domains)[0] = virDomainNew(conn, "vm", uuid, 7);
        (*domains)[1] = virDomainNew(conn, "other", uuid, -1);
    }
    return 2;
}

static int listNames(virConnectPtr conn, char **const names, int maxnames, GError **error)
{
    for (int i = 0; i < MIN(maxnames, 2); i++)
        names[i] = g_strdup_printf("off%d", i);
    return MIN(maxnames, 2);
}

static int getInfo(virDomainPtr domain, virDomainInfoPtr info, GError **error)
{
    *info = (virDomainInfo){ VIR_DOMAIN_RUNNING, 2097152, 1048576, 4, 1234567890123ULL };
    return 0;
}

static int getBlockInfo(virDomainPtr domain, const char *disk, virDomainBlockInfoPtr info, unsigned int flags, GError **error)
{
    *info = (virDomainBlockInfo){ .capacity = 1, .allocation = 2, .physical = 3 };
    return 0;
}

static int getMemory(virDomainPtr domain, virTypedParameterPtr params, int *nparams, unsigned int flags, GError **error)
{
    g_assert_cmpuint(flags, ==, VIR_DOMAIN_AFFECT_LIVE);
    if (*nparams == 0) {
        *nparams = 2;
        return 0;
    }
    params[0] = (virTypedParameter){ .field = "hard_limit", .type = VIR_TYPED_PARAM_ULLONG, .value.ul = 99 };
    params[1] = (virTypedParameter){ .field = "why", .type = VIR_TYPED_PARAM_STRING, .value.s = g_strdup("because") };
    *nparams = 2;
    return 0;
}

static int getFSInfo(virDomainPtr domain, virDomainFSInfoPtr **info, unsigned int flags, GError **error)
{
    virDomainFSInfoPtr fs = g_new0(virDomainFSInfo, 1);

    fs->mountpoint = g_strdup("/");
    fs->name = g_strdup("vda1");
    fs->fstype = g_strdup("ext4");
    fs->ndevAlias = 2;
    fs->devAlias = g_new0(char *, 2);
    fs->devAlias[0] = g_strdup("vda");
    fs->devAlias[1] = g_strdup("vdb");
    *info = g_new0(virDomainFSInfoPtr, 2);
    (*info)[0] = fs;
    return 1;
}

static int blockStats(virDomainPtr domain, const char *disk, virDomainBlockStatsPtr stats, GError **error)
{
    stats->rd_req = 5;
    return 0;
}

static int getStats(virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms, unsigned int stats,
                    virDomainStatsRecordPtr **records, unsigned int flags, GError **error)
{
    virDomainStatsRecordPtr r = g_new0(virDomainStatsRecord, 1);
    int max = 0;

    g_assert_cmpuint(ndoms, ==, 1);
    r->dom = virHandleRef(doms[0]);
    virTypedParamsAddInt(&r->params, &r->nparams, &max, "state.state", 1);
    *records = g_new0(virDomainStatsRecordPtr, 2);
    (*records)[0] = r;
    return 1;
}

static int createFlags(virDomainPtr domain, unsigned int flags, GError **error)
{
    domain->id = 42;
    return 0;
}

static int destroy(virDomainPtr domain, GError **error)
{
    return 0;
}

static virConnectDomainEventGenericCallback registered;
static void *registeredData;
static virFreeCallback registeredFree;

static int registerAny(virConnectPtr conn, virDomainPtr dom, int eventID, virConnectDomainEventGenericCallback cb, void *opaque,
                       virFreeCallback freecb, GError **error)
{
    registered = cb;
    registeredData = opaque;
    registeredFree = freecb;
    return 11;
}

static int deregisterAny(virConnectPtr conn, int callbackID, GError **error)
{
    g_assert_cmpint(callbackID, ==, 11);
    registeredFree(registeredData);
    registered = NULL;
    return 0;
}

static const virHypervisorDriver driver = {
    .domainLookupByName = lookup,
    .connectListAllDomains = listAll,
    .connectListDefinedDomains = listNames,
    .domainGetInfo = getInfo,
    .domainGetBlockInfo = getBlockInfo,
    .domainGetMemoryParameters = getMemory,
    .domainGetFSInfo = getFSInfo,
    .domainBlockStats = blockStats,
    .connectGetAllDomainStats = getStats,
    .domainCreateWithFlags = createFlags,
    .domainDestroy = destroy,
    .connectDomainEventRegisterAny = registerAny,
    .connectDomainEventDeregisterAny = deregisterAny,
};

/* ---- tests ---- */

static void silent(void *data, virErrorPtr error)
{
}

static void testObjects(void)
{
    g_autoptr(virDomain) dom = virDomainLookupByName(client, "vm");
    virDomainPtr *list = NULL;
    char *names[5] = { NULL };

    g_assert_nonnull(dom);
    g_assert_cmpint(virDomainGetID(dom), ==, 7);
    g_assert_cmpmem(dom->uuid, 16, uuid, 16);
    g_assert_null(virDomainLookupByName(client, "nobody"));
    g_assert_cmpint(virGetLastErrorCode(), ==, VIR_ERR_NO_DOMAIN);
    g_assert_cmpstr(virGetLastErrorMessage(), ==, "Domain not found: no domain with matching name 'nobody'");

    g_assert_cmpint(virConnectListAllDomains(client, NULL, 0), ==, 2);
    g_assert_cmpint(virConnectListAllDomains(client, &list, 0), ==, 2);
    g_assert_cmpstr(virDomainGetName(list[1]), ==, "other");
    g_assert_null(list[2]);
    virDomainFree(list[0]);
    virDomainFree(list[1]);
    g_free(list);

    g_assert_cmpint(virConnectListDefinedDomains(client, names, 5), ==, 2);
    g_assert_cmpstr(names[1], ==, "off1");
    g_free(names[0]);
    g_free(names[1]);
    g_assert_cmpint(virDomainCreateWithFlags(dom, 0), ==, 0);
    g_assert_cmpint(virDomainGetID(dom), ==, 42);
    g_assert_cmpint(virDomainDestroy(dom), ==, 0);
    g_assert_cmpint((int)virDomainGetID(dom), ==, -1);
}

static void testStructs(void)
{
    g_autoptr(virDomain) dom = virDomainLookupByName(client, "vm");
    virDomainInfo info;
    virDomainBlockInfo block;
    virDomainBlockStatsStruct stats;
    virDomainFSInfoPtr *fs = NULL;

    g_assert_cmpint(virDomainGetInfo(dom, &info), ==, 0);
    g_assert_cmpuint(info.maxMem, ==, 2097152);
    g_assert_cmpuint(info.nrVirtCpu, ==, 4);
    g_assert_cmpuint(info.cpuTime, ==, 1234567890123ULL);
    g_assert_cmpint(virDomainGetBlockInfo(dom, "vda", &block, 0), ==, 0);
    g_assert_true(block.capacity == 1 && block.allocation == 2 && block.physical == 3);
    g_assert_cmpint(virDomainBlockStats(dom, "vda", &stats, sizeof(stats)), ==, 0);
    g_assert_cmpint(stats.rd_req, ==, 5);
    g_assert_cmpint(stats.errs, ==, -1);
    g_assert_cmpint(virDomainGetFSInfo(dom, &fs, 0), ==, 1);
    g_assert_cmpstr(fs[0]->devAlias[1], ==, "vdb");
    g_assert_null(fs[1]);
    virDomainFSInfoFree(fs[0]);
    g_free(fs);
}

static void testParams(void)
{
    g_autoptr(virDomain) dom = virDomainLookupByName(client, "vm");
    virDomainPtr one[2] = { dom, NULL };
    virDomainStatsRecordPtr *records = NULL;
    virTypedParameter params[2];
    int n = 0;

    g_assert_cmpint(virDomainGetMemoryParameters(dom, NULL, &n, VIR_DOMAIN_AFFECT_LIVE), ==, 0);
    g_assert_cmpint(n, ==, 2);
    g_assert_cmpint(virDomainGetMemoryParameters(dom, params, &n, VIR_DOMAIN_AFFECT_LIVE), ==, 0);
    g_assert_cmpint(n, ==, 2);
    g_assert_cmpstr(params[1].value.s, ==, "because");
    virTypedParamsClear(params, n);
    g_assert_cmpint(virDomainListGetStats(one, 0, &records, 0), ==, 1);
    g_assert_cmpint(records[0]->params[0].value.i, ==, 1);
    g_assert_cmpstr(virDomainGetName(records[0]->dom), ==, "vm");
    virDomainStatsRecordListFree(records);
}

static void testRefusals(void)
{
    g_autoptr(virDomain) dom = virDomainLookupByName(client, "vm");
    guint before = calls;

    g_assert_cmpint(virDomainGetInfo(dom, NULL), ==, -1);
    g_assert_cmpstr(virGetLastErrorMessage(), ==, "info in virDomainGetInfo must not be NULL");
    g_assert_cmpint(virDomainGetInfo((virDomainPtr)client, NULL), ==, -1);
    g_assert_cmpstr(virGetLastErrorMessage(), ==, "invalid domain pointer in virDomainGetInfo");
    g_assert_cmpint(virDomainGetMemoryParameters(dom, NULL, &(int){ 0 }, 3), ==, -1);
    g_assert_cmpstr(virGetLastErrorMessage(), ==,
                    "Flags 'VIR_DOMAIN_AFFECT_LIVE' and 'VIR_DOMAIN_AFFECT_CONFIG' are mutually exclusive");
    client->flags = VIR_CONNECT_RO;
    g_assert_cmpint(virDomainDestroy(dom), ==, -1);
    g_assert_cmpstr(virGetLastErrorMessage(), ==, "operation forbidden: read only access prevents virDomainDestroy");
    client->flags = 0;
    g_assert_cmpuint(calls, ==, before);

    /* the server's driver has no such operation */
    g_assert_cmpint(virDomainSuspend(dom), ==, -1);
    g_assert_cmpstr(virGetLastErrorMessage(), ==, "this function is not supported by the connection driver: virDomainSuspend");
    g_assert_cmpuint(calls, ==, before + 1);
}

static int seen, freed;

static int lifecycle(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *opaque)
{
    g_assert_true(conn == client && opaque == &seen);
    g_assert_cmpstr(virDomainGetName(dom), ==, "vm");
    g_assert_cmpint(event * 10 + detail, ==, 21);
    seen++;
    return 0;
}

static void forget(void *opaque)
{
    freed++;
}

static void emit(void)
{
    g_autoptr(virDomain) dom = virDomainNew(server, "vm", uuid, 7);

    ((virConnectDomainEventCallback)(virRemoteCallback)registered)(server, dom, 2, 1, registeredData);
}

static void testEvents(void)
{
    client->deliverDirectly = true;
    int id = virConnectDomainEventRegisterAny(client, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                              (virConnectDomainEventGenericCallback)(virRemoteCallback)lifecycle, &seen, forget);
    g_assert_cmpint(id, >=, 0);
    emit();
    g_assert_cmpint(seen, ==, 1);
    g_assert_cmpint(virConnectDomainEventDeregisterAny(client, id), ==, 0);
    g_assert_cmpint(freed, ==, 1);
    g_assert_null(registered);
    g_assert_cmpint(virConnectDomainEventDeregisterAny(client, id), ==, -1);

    g_assert_cmpint(virConnectDomainEventRegister(client, lifecycle, &seen, forget), ==, 0);
    emit();
    g_assert_cmpint(seen, ==, 2);
    virServerEventsDrop((void *)&calls, server);
    g_assert_null(registered);
    virRemoteEventsFree(client);
    g_assert_cmpint(freed, ==, 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    virSetErrorFunc(NULL, silent);
    client = virConnectNew();
    client->hypervisor = &virRemoteHypervisorDriver;
    server = virConnectNew();
    server->hypervisor = &driver;
    g_test_add_func("/calls/objects", testObjects);
    g_test_add_func("/calls/structs", testStructs);
    g_test_add_func("/calls/params", testParams);
    g_test_add_func("/calls/refusals", testRefusals);
    g_test_add_func("/calls/events", testEvents);
    int rc = g_test_run();
    virHandleUnref(client);
    virHandleUnref(server);
    return rc;
}
