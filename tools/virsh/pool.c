/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands about storage pools. */
#include "storage.h"
#include "wait.h"
#include <stdlib.h>
#include <string.h>

static bool isUuid(const char *word)
{
    return g_regex_match_simple("^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$", word, 0, 0);
}

virStoragePoolPtr poolOf(Shell *sh, Cmd *cmd, const char *option, PoolBy by)
{
    const char *word = cmdString(cmd, option);
    virStoragePoolPtr pool = (by & POOL_BY_UUID) && isUuid(word) ? virStoragePoolLookupByUUIDString(sh->conn, word) : NULL;
    if (!pool && (by & POOL_BY_NAME)) {
        virResetLastError();
        pool = virStoragePoolLookupByName(sh->conn, word);
    }
    if (!pool)
        shellError(sh, "failed to get pool '%s'", word);
    return pool;
}

char *prettySize(unsigned long long bytes)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    double value = (double)bytes;
    gsize i = 0;
    for (; value >= 1024 && i + 1 < G_N_ELEMENTS(units); i++)
        value /= 1024;
    return g_strdup_printf("%.2f %s", value, units[i]);
}

void factsSize(Facts *facts, const char *key, const char *label, unsigned long long bytes, bool inBytes)
{
    g_autofree char *pretty = prettySize(bytes);
    if (inBytes)
        factsNumber(facts, key, label, bytes, "%llu bytes");
    else
        factsBoth(facts, key, label, pretty, (double)bytes);
}

int compareNames(const char *a, const char *b)
{
    int order = g_ascii_strcasecmp(a, b);
    return order ? order : strcmp(a, b);
}

bool printXmlOf(Shell *sh, Cmd *cmd, const char *xml)
{
    if (xml && cmdHas(cmd, "xpath"))
        return printXpath(sh, xml, cmdString(cmd, "xpath"), cmdHas(cmd, "wrap"));
    if (xml)
        printDocument(sh, "xml", xml);
    return xml != NULL;
}

/* ---- verbs ---- */

/* `flags`: of the call, as options of the command give them. */
typedef int (*PoolCall)(virStoragePoolPtr pool, unsigned int flags);

static bool verb(Shell *sh, Cmd *cmd, PoolCall call, unsigned int flags, const char *doing, const char *done)
{
    g_autoptr(virStoragePool) pool = poolOf(sh, cmd, "pool", POOL_BY_ANY);
    if (!pool)
        return false;
    const char *name = virStoragePoolGetName(pool);         /* before the call: asking resets its error */
    if (call(pool, flags) < 0) {
        shellError(sh, "Failed to %s pool %s", doing, name);
        return false;
    }
    printExtra(sh, "Pool %s %s\n", name, done);
    return true;
}

static int callDestroy(virStoragePoolPtr pool, unsigned int flags)
{
    return virStoragePoolDestroy(pool);
}

static int callUndefine(virStoragePoolPtr pool, unsigned int flags)
{
    return virStoragePoolUndefine(pool);
}

/* False when the options that say how to build exclude each other. */
static bool createFlags(Shell *sh, Cmd *cmd, unsigned int *flags)
{
    if (!cmdExclusive(sh, cmd, "overwrite", "no-overwrite"))
        return false;
    *flags = (cmdHas(cmd, "build") ? VIR_STORAGE_POOL_CREATE_WITH_BUILD : 0) |
             (cmdHas(cmd, "overwrite") ? VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE : 0) |
             (cmdHas(cmd, "no-overwrite") ? VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE : 0);
    return true;
}

static bool cmdPoolStart(Shell *sh, Cmd *cmd)
{
    unsigned int flags;
    return createFlags(sh, cmd, &flags) && verb(sh, cmd, virStoragePoolCreate, flags, "start", "started");
}

static bool cmdPoolBuild(Shell *sh, Cmd *cmd)
{
    unsigned int flags = (cmdHas(cmd, "overwrite") ? VIR_STORAGE_POOL_BUILD_OVERWRITE : 0) |
                         (cmdHas(cmd, "no-overwrite") ? VIR_STORAGE_POOL_BUILD_NO_OVERWRITE : 0);
    return verb(sh, cmd, virStoragePoolBuild, flags, "build", "built");
}

static bool cmdPoolDestroy(Shell *sh, Cmd *cmd)
{
    return verb(sh, cmd, callDestroy, 0, "destroy", "destroyed");
}

static bool cmdPoolDelete(Shell *sh, Cmd *cmd)
{
    return verb(sh, cmd, virStoragePoolDelete, 0, "delete", "deleted");
}

static bool cmdPoolRefresh(Shell *sh, Cmd *cmd)
{
    return verb(sh, cmd, virStoragePoolRefresh, 0, "refresh", "refreshed");
}

static bool cmdPoolUndefine(Shell *sh, Cmd *cmd)
{
    return verb(sh, cmd, callUndefine, 0, "undefine", "has been undefined");
}

static bool cmdPoolAutostart(Shell *sh, Cmd *cmd)
{
    g_autoptr(virStoragePool) pool = poolOf(sh, cmd, "pool", POOL_BY_ANY);
    const char *un = cmdHas(cmd, "disable") ? "un" : "", *name = pool ? virStoragePoolGetName(pool) : NULL;
    if (!pool)
        return false;
    if (virStoragePoolSetAutostart(pool, !*un) < 0) {
        shellError(sh, "failed to %smark pool %s as autostarted", un, name);
        return false;
    }
    printExtra(sh, "Pool %s %smarked as autostarted\n", name, un);
    return true;
}

/* ---- making ---- */

static bool made(Shell *sh, virStoragePoolPtr pool, const char *verb, const char *what, const char *file)
{
    if (!pool)
        shellError(sh, "Failed to %s pool %s%s", verb, file ? "from " : "", what);
    else
        printExtra(sh, "Pool %s %sd%s%s\n", virStoragePoolGetName(pool), verb, file ? " from " : "", file ? file : "");
    return pool != NULL;
}

static bool cmdPoolDefine(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "file");
    g_autofree char *xml = readInput(sh, file);
    if (!xml)
        return false;
    g_autoptr(virStoragePool) pool = virStoragePoolDefineXML(sh->conn, xml, cmdHas(cmd, "validate") ? VIR_STORAGE_POOL_DEFINE_VALIDATE : 0);
    return made(sh, pool, "define", file, file);
}

static bool cmdPoolCreate(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "file");
    unsigned int flags;
    g_autofree char *xml = createFlags(sh, cmd, &flags) ? readInput(sh, file) : NULL;
    if (!xml)
        return false;
    g_autoptr(virStoragePool) pool = virStoragePoolCreateXML(sh->conn, xml, flags);
    return made(sh, pool, "create", file, file);
}

static bool fromOptions(Shell *sh, Cmd *cmd, bool define, unsigned int flags)
{
    g_autofree char *xml = poolDocument(cmd);
    if (cmdHas(cmd, "print-xml")) {
        printDocument(sh, "xml", xml);
        return true;
    }
    g_autoptr(virStoragePool) pool = (define ? virStoragePoolDefineXML : virStoragePoolCreateXML)(sh->conn, xml, flags);
    return made(sh, pool, define ? "define" : "create", cmdString(cmd, "name"), NULL);
}

static bool cmdPoolDefineAs(Shell *sh, Cmd *cmd)
{
    return fromOptions(sh, cmd, true, 0);
}

static bool cmdPoolCreateAs(Shell *sh, Cmd *cmd)
{
    unsigned int flags;
    return createFlags(sh, cmd, &flags) && fromOptions(sh, cmd, false, flags);
}

/* ---- documents ---- */

static bool cmdPoolDumpxml(Shell *sh, Cmd *cmd)
{
    g_autoptr(virStoragePool) pool = poolOf(sh, cmd, "pool", POOL_BY_ANY);
    g_autofree char *xml = pool ? virStoragePoolGetXMLDesc(pool, cmdHas(cmd, "inactive") ? VIR_STORAGE_XML_INACTIVE : 0) : NULL;
    return printXmlOf(sh, cmd, xml);
}

/* A transient pool has no other definition than the running one. */
static char *readForEdit(void *pool)
{
    char *xml = virStoragePoolGetXMLDesc(pool, VIR_STORAGE_XML_INACTIVE);
    return xml ? xml : virStoragePoolGetXMLDesc(pool, 0);
}

static bool defineEdited(Shell *sh, const char *xml, bool validate)
{
    g_autoptr(virStoragePool) pool = virStoragePoolDefineXML(sh->conn, xml, 0);
    return pool != NULL;
}

static bool cmdPoolEdit(Shell *sh, Cmd *cmd)
{
    g_autoptr(virStoragePool) pool = poolOf(sh, cmd, "pool", POOL_BY_ANY);
    g_autofree char *label = pool ? g_strdup_printf("Pool %s", virStoragePoolGetName(pool)) : NULL;
    return pool && editDocument(sh, &(EditWhat){ label, pool, readForEdit, defineEdited }, false);
}

static bool cmdPoolCapabilities(Shell *sh, Cmd *cmd)
{
    g_autofree char *xml = virConnectGetStoragePoolCapabilities(sh->conn, 0);
    if (xml)
        printText(sh, "xml", xml);
    else
        shellError(sh, "%s", "failed to get storage pool capabilities");
    return xml != NULL;
}

static bool found(Shell *sh, Cmd *cmd, const char *spec)
{
    const char *type = cmdString(cmd, "type");
    g_autofree char *xml = virConnectFindStoragePoolSources(sh->conn, type, spec, 0);
    if (xml)
        printDocument(sh, "xml", xml);
    else
        shellError(sh, "Failed to find any %s pool sources", type);
    return xml != NULL;
}

static bool cmdFindSources(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "srcSpec");
    g_autofree char *spec = file ? readInput(sh, file) : NULL;
    return (spec || !file) && found(sh, cmd, spec);
}

static bool cmdFindSourcesAs(Shell *sh, Cmd *cmd)
{
    const char *host = cmdString(cmd, "host"), *port = cmdString(cmd, "port"), *initiator = cmdString(cmd, "initiator");
    if (!host)
        return found(sh, cmd, NULL);
    g_autofree char *portText = port ? g_markup_printf_escaped(" port='%s'", port) : g_strdup("");
    g_autofree char *hostText = g_markup_printf_escaped("  <host name='%s'", host);
    g_autofree char *iqn = initiator ? g_markup_printf_escaped("  <initiator>\n    <iqn name='%s'/>\n  </initiator>\n", initiator) : g_strdup("");
    g_autofree char *spec = g_strdup_printf("<source>\n%s%s/>\n%s</source>\n", hostText, portText, iqn);
    return found(sh, cmd, spec);
}

/* ---- facts ---- */

static const char *stateText(int state)
{
    static const char *const words[] = { "inactive", "building", "running", "degraded", "inaccessible" };
    return state >= 0 && state < (int)G_N_ELEMENTS(words) ? words[state] : "unknown";
}

static bool hasSizes(int state)
{
    return state == VIR_STORAGE_POOL_RUNNING || state == VIR_STORAGE_POOL_DEGRADED;
}

static bool cmdPoolInfo(Shell *sh, Cmd *cmd)
{
    g_autoptr(virStoragePool) pool = poolOf(sh, cmd, "pool", POOL_BY_ANY);
    char uuid[VIR_UUID_STRING_BUFLEN];
    virStoragePoolInfo info;
    int autostart = 0;
    if (!pool)
        return false;
    Facts *f = factsNew(sh, 15);
    factsString(f, "name", "Name:", virStoragePoolGetName(pool));
    if (virStoragePoolGetUUIDString(pool, uuid) == 0)
        factsString(f, "uuid", "UUID:", uuid);
    if (virStoragePoolGetInfo(pool, &info) < 0) {
        factsDrop(f);
        return false;
    }
    factsString(f, "state", "State:", stateText(info.state));
    int persistent = virStoragePoolIsPersistent(pool);
    if (persistent < 0)
        factsString(f, "persistent", "Persistent:", "unknown");
    else
        factsBool(f, "persistent", "Persistent:", persistent, "yes", "no");
    if (virStoragePoolGetAutostart(pool, &autostart) < 0)
        factsString(f, "autostart", "Autostart:", "no autostart");
    else
        factsBool(f, "autostart", "Autostart:", autostart, "yes", "no");
    if (hasSizes(info.state)) {
        bool bytes = cmdHas(cmd, "bytes");
        factsSize(f, "capacity", "Capacity:", info.capacity, bytes);
        factsSize(f, "allocation", "Allocation:", info.allocation, bytes);
        factsSize(f, "available", "Available:", info.available, bytes);
    }
    virResetLastError();
    factsEnd(f);
    return true;
}

static bool cmdPoolName(Shell *sh, Cmd *cmd)
{
    g_autoptr(virStoragePool) pool = poolOf(sh, cmd, "pool", POOL_BY_UUID);
    if (pool)
        printText(sh, "name", virStoragePoolGetName(pool));
    return pool != NULL;
}

static bool cmdPoolUuid(Shell *sh, Cmd *cmd)
{
    g_autoptr(virStoragePool) pool = poolOf(sh, cmd, "pool", POOL_BY_NAME);
    char uuid[VIR_UUID_STRING_BUFLEN];
    if (!pool || virStoragePoolGetUUIDString(pool, uuid) < 0)
        return false;
    printText(sh, "uuid", uuid);
    return true;
}

/* ---- the list ---- */

static const struct { const char *word; unsigned int bit; } types[] = {
    { "dir", VIR_CONNECT_LIST_STORAGE_POOLS_DIR },         { "fs", VIR_CONNECT_LIST_STORAGE_POOLS_FS },
    { "netfs", VIR_CONNECT_LIST_STORAGE_POOLS_NETFS },     { "logical", VIR_CONNECT_LIST_STORAGE_POOLS_LOGICAL },
    { "disk", VIR_CONNECT_LIST_STORAGE_POOLS_DISK },       { "iscsi", VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI },
    { "iscsi-direct", VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI_DIRECT },
    { "scsi", VIR_CONNECT_LIST_STORAGE_POOLS_SCSI },       { "mpath", VIR_CONNECT_LIST_STORAGE_POOLS_MPATH },
    { "rbd", VIR_CONNECT_LIST_STORAGE_POOLS_RBD },         { "sheepdog", VIR_CONNECT_LIST_STORAGE_POOLS_SHEEPDOG },
    { "gluster", VIR_CONNECT_LIST_STORAGE_POOLS_GLUSTER }, { "zfs", VIR_CONNECT_LIST_STORAGE_POOLS_ZFS },
    { "vstorage", VIR_CONNECT_LIST_STORAGE_POOLS_VSTORAGE },
};

static bool typeFlags(Shell *sh, const char *words, unsigned int *flags)
{
    g_auto(GStrv) list = g_strsplit(words ? words : "", ",", -1);
    for (char **w = list; *w; w++) {
        gsize i = 0;
        while (i < G_N_ELEMENTS(types) && !g_str_equal(types[i].word, *w))
            i++;
        if (i == G_N_ELEMENTS(types)) {
            shellError(sh, "Invalid pool type '%s'", *w);
            return false;
        }
        *flags |= types[i].bit;
    }
    return true;
}

static bool listFlags(Shell *sh, Cmd *cmd, unsigned int *flags)
{
    static const struct { const char *option; unsigned int bit; } filters[] = {
        { "inactive", VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE },   { "persistent", VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT },
        { "transient", VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT }, { "autostart", VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART },
        { "no-autostart", VIR_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART },
    };
    *flags = cmdHas(cmd, "all") || cmdHas(cmd, "inactive") ? 0 : VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE;
    for (gsize i = 0; i < G_N_ELEMENTS(filters); i++)
        if (cmdHas(cmd, filters[i].option) && !(i == 0 && cmdHas(cmd, "all")))
            *flags |= filters[i].bit;
    return typeFlags(sh, cmdString(cmd, "type"), flags);
}

static void detailsRow(Table *table, virStoragePoolPtr pool)
{
    virStoragePoolInfo info = { 0 };
    int autostart = 0, persistent = virStoragePoolIsPersistent(pool);
    bool known = virStoragePoolGetInfo(pool, &info) == 0, sizes = known && hasSizes(info.state);
    g_autofree char *capacity = prettySize(info.capacity), *allocation = prettySize(info.allocation), *available = prettySize(info.available);
    const char *starts = virStoragePoolGetAutostart(pool, &autostart) < 0 ? "no autostart" : autostart ? "yes" : "no";
    tableRow(table, virStoragePoolGetName(pool), known ? stateText(info.state) : "unknown", starts,
             persistent < 0 ? "unknown" : persistent ? "yes" : "no", sizes ? capacity : "-", sizes ? allocation : "-", sizes ? available : "-", NULL);
}

static void plainRow(Table *table, virStoragePoolPtr pool)
{
    int autostart = 0;
    const char *starts = virStoragePoolGetAutostart(pool, &autostart) < 0 ? "no autostart" : autostart ? "yes" : "no";
    tableRow(table, virStoragePoolGetName(pool), virStoragePoolIsActive(pool) ? "active" : "inactive", starts, NULL);
}

static void printNames(Shell *sh, Cmd *cmd, virStoragePoolPtr *list, int n)
{
    bool names = cmdHas(cmd, "name"), uuids = cmdHas(cmd, "uuid");
    Table *table = !sh->json ? NULL : names && uuids ? tableNew(sh, "UUID", "Name", NULL) : tableNew(sh, uuids ? "UUID" : "Name", NULL);
    for (int i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN];
        const char *name = virStoragePoolGetName(list[i]);
        virStoragePoolGetUUIDString(list[i], uuid);
        if (table)
            tableRow(table, uuids ? uuid : name, names && uuids ? name : NULL, NULL);
        else if (uuids)
            printf(names ? "%s %-20s\n" : "%s\n", uuid, name);
        else
            printf("%-20s\n", name);
    }
    if (table)
        tableEnd(table);
}

static int byName(const void *a, const void *b)
{
    return compareNames(virStoragePoolGetName(*(virStoragePoolPtr const *)a), virStoragePoolGetName(*(virStoragePoolPtr const *)b));
}

static bool cmdPoolList(Shell *sh, Cmd *cmd)
{
    unsigned int flags;
    virStoragePoolPtr *list = NULL;
    bool details = cmdHas(cmd, "details");
    if (!cmdExclusive(sh, cmd, "details", "uuid") || !cmdExclusive(sh, cmd, "details", "name") || !listFlags(sh, cmd, &flags))
        return false;
    int n = virConnectListAllStoragePools(sh->conn, &list, flags);
    if (n < 0) {
        shellError(sh, "%s", "Failed to list pools");
        return false;
    }
    qsort(list, n, sizeof(*list), byName);
    if (cmdHas(cmd, "name") || cmdHas(cmd, "uuid")) {
        printNames(sh, cmd, list, n);
    } else {
        Table *table = details ? tableNew(sh, "Name", "State", "Autostart", "Persistent", "Capacity", "Allocation", "Available", NULL)
                               : tableNew(sh, "Name", "State", "Autostart", NULL);
        for (int i = 0; i < n; i++)
            (details ? detailsRow : plainRow)(table, list[i]);
        tableEnd(table);
    }
    for (int i = 0; i < n; i++)
        virStoragePoolShellFree(list[i]);
    g_free(list);
    return true;
}

/* ---- events ---- */

static void onLifecycle(virConnectPtr conn, virStoragePoolPtr pool, int event, int detail, void *waiter)
{
    static const char *const words[] = { "Defined", "Undefined", "Started", "Stopped", "Created", "Deleted" };
    waiterReport(waiter, "event 'lifecycle' for storage pool %s: %s", virStoragePoolGetName(pool),
                 event >= 0 && event < (int)G_N_ELEMENTS(words) ? words[event] : "unknown");
}

static void onRefresh(virConnectPtr conn, virStoragePoolPtr pool, void *waiter)
{
    waiterReport(waiter, "event 'refresh' for storage pool %s", virStoragePoolGetName(pool));
}

static const WaitKind kinds[] = {
    { "lifecycle", VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE, WAIT_CALL(onLifecycle) },
    { "refresh", VIR_STORAGE_POOL_EVENT_ID_REFRESH, WAIT_CALL(onRefresh) },
};

static bool waitFor(Shell *sh, Cmd *cmd, const WaitKind *kind, int timeout)
{
    g_autoptr(virStoragePool) pool = cmdHas(cmd, "pool") ? poolOf(sh, cmd, "pool", POOL_BY_ANY) : NULL;
    if (cmdHas(cmd, "pool") && !pool)
        return false;
    Waiter *w = waiterBegin(sh, cmd);
    int id = virConnectStoragePoolEventRegisterAny(sh->conn, pool, kind->id, (virConnectStoragePoolEventGenericCallback)kind->callback, w, NULL);
    bool ok = id >= 0 && waiterWait(w, timeout);
    if (id >= 0)
        virConnectStoragePoolEventDeregisterAny(sh->conn, id);
    return ok;
}

static bool cmdPoolEvent(Shell *sh, Cmd *cmd)
{
    int timeout;
    bool done;
    const WaitKind *kind = eventChosen(sh, cmd, kinds, G_N_ELEMENTS(kinds), &timeout, &done);
    return kind ? waitFor(sh, cmd, kind, timeout) : done;
}

/* ---- the group ---- */

#define POOL { "pool", OPT_DATA, true, "pool name or uuid", completePools }
#define FILE_OF DATA("file", "file containing an XML pool description")
#define BUILD FLAG("build", "build the pool as normal"), FLAG("no-overwrite", "do not overwrite any existing data"), \
    FLAG("overwrite", "overwrite any existing data")
#define AS \
    DATA("name", "name of the pool"), DATA("type", "type of the pool"), FLAG("print-xml", "print XML document, but don't define/create"), \
    STRING("source-host", "source-host for underlying storage"), STRING("source-path", "source path for underlying storage"), \
    STRING("source-dev", "source device for underlying storage"), STRING("source-name", "source name for underlying storage"), \
    STRING("target", "target for underlying storage"), STRING("source-format", "format for underlying storage"), \
    STRING("auth-type", "auth type to be used for underlying storage"), \
    STRING("auth-username", "auth username to be used for underlying storage"), \
    STRING("secret-usage", "auth secret usage to be used for underlying storage"), \
    STRING("secret-uuid", "auth secret UUID to be used for underlying storage"), \
    STRING("adapter-name", "adapter name to be used for underlying storage"), \
    STRING("adapter-wwnn", "adapter wwnn to be used for underlying storage"), \
    STRING("adapter-wwpn", "adapter wwpn to be used for underlying storage"), \
    STRING("adapter-parent", "adapter parent scsi_hostN to be used for underlying vHBA storage"), \
    STRING("adapter-parent-wwnn", "adapter parent scsi_hostN wwnn to be used for underlying vHBA storage"), \
    STRING("adapter-parent-wwpn", "adapter parent scsi_hostN wwpn to be used for underlying vHBA storage"), \
    STRING("adapter-parent-fabric-wwn", "adapter parent scsi_hostN fabric_wwn to be used for underlying vHBA storage"), \
    STRING("source-protocol-ver", "nfsvers value for NFS pool mount option"), \
    STRING("source-initiator", "initiator iqn for underlying storage")

static const OptDef optsPool[] = { POOL, OPT_END };
static const OptDef optsAutostart[] = { POOL, FLAG("disable", "disable autostarting"), OPT_END };
static const OptDef optsBuild[] = { POOL, FLAG("no-overwrite", "do not overwrite any existing data"),
                                    FLAG("overwrite", "overwrite any existing data"), OPT_END };
static const OptDef optsStart[] = { POOL, BUILD, OPT_END };
static const OptDef optsCreate[] = { FILE_OF, BUILD, OPT_END };
static const OptDef optsDefine[] = { FILE_OF, FLAG("validate", "validate the XML against the schema"), OPT_END };
static const OptDef optsDefineAs[] = { AS, OPT_END };
static const OptDef optsCreateAs[] = { AS, BUILD, OPT_END };
static const OptDef optsDumpxml[] = { POOL, FLAG("inactive", "show inactive defined XML"), XPATH, OPT_END };
static const OptDef optsInfo[] = { POOL, FLAG("bytes", "Return pool info in bytes"), OPT_END };
static const OptDef optsName[] = { POOL, OPT_END };
static const OptDef optsNone[] = { OPT_END };
static const OptDef optsList[] = {
    FLAG("inactive", "list inactive pools"), FLAG("all", "list inactive & active pools"), FLAG("transient", "list transient pools"),
    FLAG("persistent", "list persistent pools"), FLAG("autostart", "list pools with autostart enabled"),
    FLAG("no-autostart", "list pools with autostart disabled"), STRING("type", "only list pool of specified type(s) (if supported)"),
    FLAG("details", "display extended details for pools"), FLAG("uuid", "list UUID of active pools only"),
    FLAG("name", "list name of active pools only"), OPT_END
};
static const OptDef optsFind[] = { DATA("type", "type of storage pool sources to discover"),
                                   STRING("srcSpec", "optional file of source xml to query for pools"), OPT_END };
static const OptDef optsFindAs[] = { DATA("type", "type of storage pool sources to find"), STRING("host", "optional host to query"),
                                     STRING("port", "optional port to query"),
                                     STRING("initiator", "optional initiator IQN to use for query"), OPT_END };
static const OptDef optsEvent[] = {
    { "pool", OPT_STRING, false, "filter by storage pool name or uuid", completePools }, STRING("event", "which event type to wait for"),
    FLAG("loop", "loop until timeout or interrupt, rather than one-shot"), { "timeout", OPT_INT, false, "timeout seconds", NULL },
    FLAG("list", "list valid event types"), FLAG("timestamp", "show timestamp for each printed event"), OPT_END
};

static const CmdDef commands[] = {
    { "find-storage-pool-sources-as", "find potential storage pool sources", "Returns XML <sources> document.", optsFindAs, cmdFindSourcesAs,
      CMD_FACTS },
    { "find-storage-pool-sources", "discover potential storage pool sources", "Returns XML <sources> document.", optsFind, cmdFindSources,
      CMD_FACTS },
    { "pool-autostart", "autostart a pool", "Configure a pool to be automatically started at boot.", optsAutostart, cmdPoolAutostart, 0 },
    { "pool-build", "build a pool", "Build a given pool.", optsBuild, cmdPoolBuild, 0 },
    { "pool-create-as", "create a pool from a set of args", "Create a pool.", optsCreateAs, cmdPoolCreateAs, 0 },
    { "pool-create", "create a pool from an XML file", "Create a pool.", optsCreate, cmdPoolCreate, 0 },
    { "pool-define-as", "define a pool from a set of args", "Define a pool.", optsDefineAs, cmdPoolDefineAs, 0 },
    { "pool-define", "define an inactive persistent storage pool or modify an existing persistent one from an XML file",
      "Define or modify a persistent storage pool.", optsDefine, cmdPoolDefine, 0 },
    { "pool-delete", "delete a pool", "Delete a given pool.", optsPool, cmdPoolDelete, 0 },
    { "pool-destroy", "destroy (stop) a pool", "Forcefully stop a given pool. Raw data in the pool is untouched", optsPool, cmdPoolDestroy, 0 },
    { "pool-dumpxml", "pool information in XML", "Output the pool information as an XML dump to stdout.", optsDumpxml, cmdPoolDumpxml, CMD_FACTS },
    { "pool-edit", "edit XML configuration for a storage pool", "Edit the XML configuration for a storage pool.", optsPool, cmdPoolEdit, 0 },
    { "pool-info", "storage pool information", "Returns basic information about the storage pool.", optsInfo, cmdPoolInfo, CMD_FACTS },
    { "pool-list", "list pools", "Returns list of pools.", optsList, cmdPoolList, CMD_FACTS },
    { "pool-name", "convert a pool UUID to pool name", NULL, optsName, cmdPoolName, CMD_FACTS },
    { "pool-refresh", "refresh a pool", "Refresh a given pool.", optsPool, cmdPoolRefresh, 0 },
    { "pool-start", "start a (previously defined) inactive pool", "Start a pool.", optsStart, cmdPoolStart, 0 },
    { "pool-undefine", "undefine an inactive pool", "Undefine the configuration for an inactive pool.", optsPool, cmdPoolUndefine, 0 },
    { "pool-uuid", "convert a pool name to pool UUID", NULL, optsName, cmdPoolUuid, CMD_FACTS },
    { "pool-event", "Storage Pool Events", "List event types, or wait for storage pool events to occur", optsEvent, cmdPoolEvent, 0 },
    { "pool-capabilities", "storage pool capabilities", "Returns capabilities of storage pool support.", optsNone, cmdPoolCapabilities, CMD_FACTS },
    { NULL, NULL, NULL, NULL, NULL, 0 }
};
const CmdGroup groupPool = { "Storage Pool", "pool", commands };
