/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The module: connections of test:///default share one node for as long as one of them is open; each test:///PATH has its own.
 */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/test.h"
#include "engine/object-network.h"
#include "src/api/connect.h"
#include "src/api/driver.h"

static GMutex mutex;
static virEngine *defaultNode;
static guint defaultUsers;

static virHypervisorDriver table;

/* Since its first release the test driver says so of every guest, and clients' tests expect it. */
static char *domainGetOSType(virDomainPtr domain, GError **error)
{
    g_autofree char *type = virEngineDriver.domainGetOSType(domain, error);
    return type ? g_strdup("linux") : NULL;
}

static void fillTable(void)
{
    static gsize once;
    if (!g_once_init_enter(&once))
        return;
    table = virEngineDriver;
    table.domainGetOSType = domainGetOSType;
    virTestCapabilitiesTable(&table);
    table.nodeGetInfo = virTestNodeInfo;
    table.nodeGetCellsFreeMemory = virTestNodeFreeMemory;
    table.nodeGetFreeMemory = virTestNodeFree;
    g_once_init_leave(&once, 1);
}

static virEngine *openNode(const char *path, GError **error)
{
    if (!g_str_equal(path, "/default"))
        return virTestNodeOpen(path, error);
    g_mutex_lock(&mutex);
    if (!defaultNode)
        defaultNode = virTestNodeOpen(NULL, error);
    if (defaultNode)
        defaultUsers++;
    virEngine *node = defaultNode;
    g_mutex_unlock(&mutex);
    return node;
}

static bool testOpen(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    const char *path = g_uri_get_path(conn->uri);
    if (!path || !*path || g_str_equal(path, "/")) {
        virSetError(error, VIR_ERR_INVALID_ARG, "%s: supply a path or use test:///default", "testConnectOpen");
        return false;
    }
    virEngine *engine = openNode(path, error);
    if (!engine)
        return false;
    fillTable();
    virEngineConnect(engine, conn, &table);
    conn->network = &virObjectNetworkDriver;
    conn->networkPriv = virTestNodeSet(engine, VIR_TEST_NETWORKS);
    conn->storage = virTestStorageDriver();
    conn->storagePriv = virTestNodeSet(engine, VIR_TEST_POOLS);
    conn->interface = &virTestInterfaceDriver;
    conn->interfacePriv = virTestNodeSet(engine, VIR_TEST_INTERFACES);
    conn->nodedev = &virTestNodeDeviceDriver;
    conn->nodedevPriv = virTestNodeSet(engine, VIR_TEST_NODE_DEVICES);
    return true;
}

static void testClose(virConnectPtr conn)
{
    virEngine *engine = virEngineOf(conn);
    virEngineDisconnect(conn);
    g_mutex_lock(&mutex);
    bool last = engine != defaultNode || --defaultUsers == 0;
    if (last && engine == defaultNode)
        defaultNode = NULL;
    g_mutex_unlock(&mutex);
    if (last)
        virTestNodeClose(engine);
}

static const char *const schemes[] = { "test", NULL };

const virConnectDriver virDriverModule = {
    .name = "TEST",
    .schemes = schemes,
    .atOnce = true,
    .insideClient = true,
    .open = testOpen,
    .close = testClose,
};
