/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The node of the test driver: the built-in one of test:///default, or a <node> file. A member of the file is written out in place
 * or names a file of its own: <domain file='guest.xml'/>. The test: namespace says in which state a domain begins.
 */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/test.h"
#include "base/util.h"
#include <string.h>

static const virTestNode defaultNode = {
    .info = { .model = "i686", .memory = 3145728, .cpus = 16, .mhz = 1400, .nodes = 2, .sockets = 2, .cores = 2, .threads = 2 },
    .cellMemory = { 2097152, 4194304 },
    .cellPage = { 4, 8 },
};

static const virObjectKind *const kinds[VIR_TEST_SETS] = {
    &virTestNetworkKind, &virTestPoolKind, &virTestInterfaceKind, &virTestNodeDeviceKind,
};

static const char defaultDomain[] =
    "<domain type='test'>"
    "  <name>test</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>"
    "  <memory>8388608</memory><currentMemory>2097152</currentMemory><vcpu>2</vcpu>"
    "  <os><type>hvm</type></os>"
    "  <devices>"
    "    <disk type='file' device='disk'><source file='/guest/diskimage1'/><target dev='vda' bus='virtio'/>"
    "      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></disk>"
    "    <interface type='network'><mac address='aa:bb:cc:dd:ee:ff'/><source network='default'/><target dev='testnet0'/>"
    "      <address type='pci' domain='0x0000' bus='0x00' slot='0x01' function='0x0'/></interface>"
    "    <memballoon model='virtio'><address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/></memballoon>"
    "  </devices>"
    "</domain>";

static const struct {
    int set;
    const char *xml;
} defaultObjects[] = {
    { VIR_TEST_NETWORKS,
      "<network><name>default</name><uuid>dd8fe884-6c02-601e-7551-cca97df1c5df</uuid><forward/><bridge name='virbr0'/>"
      "<ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip>"
      "</network>" },
    { VIR_TEST_POOLS,
      "<pool type='dir'><name>default-pool</name><uuid>dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566</uuid>"
      "<target><path>/default-pool</path></target></pool>" },
    { VIR_TEST_INTERFACES,
      "<interface type='ethernet' name='eth1'><start mode='onboot'/><mac address='aa:bb:cc:dd:ee:ff'/><mtu size='1492'/>"
      "<protocol family='ipv4'><ip address='192.168.0.5' prefix='24'/><route gateway='192.168.0.1'/></protocol></interface>" },
    { VIR_TEST_NODE_DEVICES,
      "<device><name>computer</name><capability type='system'>"
      "<hardware><vendor>Libvirt</vendor><version>Test driver</version><serial>123456</serial>"
      "<uuid>11111111-2222-3333-4444-555555555555</uuid></hardware>"
      "<firmware><vendor>Libvirt</vendor><version>Test Driver</version><release_date>01/22/2007</release_date></firmware>"
      "</capability></device>" },
#define SCSI_HOST(name, parent, host, id, wwnn, wwpn, fabric, vports) \
    { VIR_TEST_NODE_DEVICES, \
      "<device><name>" name "</name><parent>" parent "</parent><capability type='scsi_host'><host>" host "</host>" \
      "<unique_id>" id "</unique_id><capability type='fc_host'><wwnn>" wwnn "</wwnn><wwpn>" wwpn "</wwpn>" \
      "<fabric_wwn>" fabric "</fabric_wwn></capability>" vports "</capability></device>" }
#define VPORTS "<capability type='vport_ops'><max_vports>0</max_vports><vports>0</vports></capability>"
    SCSI_HOST("scsi_host1", "computer", "1", "0", "2000000012341234", "1000000012341234", "2000000043214321", VPORTS),
    SCSI_HOST("scsi_host2", "computer", "2", "1", "2000000056785678", "1000000056785678", "2000000087658765", VPORTS),
    SCSI_HOST("scsi_host11", "scsi_host1", "11", "10", "2000000034563456", "1000000034563456", "2000000043214321", ""),
};

virObjectSet *virTestNodeSet(virEngine *engine, int which)
{
    const virTestNode *node = virEngineGetPrivate(engine);
    return node->sets[which];
}

int virTestNodeInfo(virConnectPtr conn, virNodeInfoPtr info, GError **error)
{
    const virTestNode *node = virEngineGetPrivate(virEngineOf(conn));
    *info = node->info;
    return 0;
}

int virTestNodeFreeMemory(virConnectPtr conn, unsigned long long *freeMems, int startCell, int maxCells, GError **error)
{
    const virTestNode *node = virEngineGetPrivate(virEngineOf(conn));
    if (startCell < 0 || startCell >= (int)node->info.nodes) {
        virSetError(error, VIR_ERR_INVALID_ARG, "Range exceeds available cells");
        return -1;
    }
    int n = MIN(maxCells, (int)node->info.nodes - startCell);
    for (int i = 0; i < n; i++)
        freeMems[i] = node->cellMemory[MIN(startCell + i, 1)] * 1024;
    return n;
}

unsigned long long virTestNodeFree(virConnectPtr conn, GError **error)
{
    const virTestNode *node = virEngineGetPrivate(virEngineOf(conn));
    return (unsigned long long)node->info.memory * 1024;
}

/* ---- <node> files ---- */

static virXmlDoc *readDoc(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) why = NULL;
    if (!g_file_get_contents(path, &text, NULL, &why)) {
        virSetError(error, VIR_ERR_XML_ERROR, "cannot read '%s': %s", path, why->message);
        return NULL;
    }
    return virXmlDocParse(text, path, NULL, NULL, VIR_FROM, error);
}

/* The text of a child element as a number; `fallback` where there is none. */
static unsigned long long number(xmlNode *parent, const char *name, unsigned long long fallback)
{
    xmlNode *node = virXmlChild(parent, name);
    g_autofree char *text = virXmlText(node);
    return node ? text ? g_ascii_strtoull(text, NULL, 10) : 0 : fallback;
}

static virTestNode *nodeFromFile(xmlNode *root)
{
    virTestNode *node = g_memdup2(&defaultNode, sizeof(defaultNode));
    virNodeInfo *i = &node->info;
    xmlNode *cpu = virXmlChild(root, "cpu");
    i->nodes = number(cpu, "nodes", i->nodes);
    i->sockets = number(cpu, "sockets", i->sockets);
    i->cores = number(cpu, "cores", i->cores);
    i->threads = number(cpu, "threads", i->threads);
    i->cpus = number(cpu, "active", i->nodes * i->sockets * i->cores * i->threads);
    i->mhz = number(cpu, "mhz", i->mhz);
    i->memory = number(root, "memory", i->memory);
    return node;
}

static int runState(xmlNode *domain, bool *transient)
{
    int state = VIR_DOMAIN_RUNNING;
    for (xmlNode *n = domain->children; n; n = n->next) {
        if (n->type != XML_ELEMENT_NODE || !n->ns || !strstr((const char *)n->ns->href, "/domain/test/"))
            continue;
        g_autofree char *text = virXmlText(n);
        if (g_str_equal((const char *)n->name, "runstate"))
            state = text ? (int)g_ascii_strtoll(text, NULL, 10) : 0;
        else if (g_str_equal((const char *)n->name, "transient"))
            *transient = true;
    }
    return state;
}

static bool addDomain(virEngine *engine, xmlNode *node, GError **error)
{
    const virDomainParseConfig *conf = virTestHypervisor.parseConfig(engine, error);
    bool transient = false;
    int state = runState(node, &transient);
    g_autoptr(virDomainDef) def = virDomainDefParseNode(node, conf, VIR_DOMAIN_DEF_INACTIVE, error);
    return def && virEngineAddDomain(engine, def, !transient, state, error);
}

static bool addObject(virObjectSet *set, xmlNode *node, GError **error)
{
    g_autoptr(virObject) obj = virObjectAdd(set, set->kind->parse(NULL, node, error), VIR_OBJECT_PRESET, error);
    return obj != NULL;
}

/* A member of the file; elements of no kind that a node has are passed over. */
static bool addMember(virEngine *engine, xmlNode *node, GError **error)
{
    if (g_str_equal((const char *)node->name, "domain"))
        return addDomain(engine, node, error);
    for (int i = 0; i < VIR_TEST_SETS; i++)
        if (g_str_equal((const char *)node->name, kinds[i]->xml->name))
            return addObject(virTestNodeSet(engine, i), node, error);
    return true;
}

static bool addFromFile(virEngine *engine, xmlNode *node, const char *dir, GError **error)
{
    const char *file = virXmlProp(node, "file");
    if (!file)
        return addMember(engine, node, error);
    g_autofree char *path = g_path_is_absolute(file) ? g_strdup(file) : g_build_filename(dir, file, NULL);
    g_autoptr(virXmlDoc) own = readDoc(path, error);
    return own && addMember(engine, virXmlRoot(own), error);
}

/* What never changes is read once; nodes come and go with their connections. */
static struct {
    virDomainDef *domain;
    gpointer objects[G_N_ELEMENTS(defaultObjects)];
} presets;

static bool presetsRead(virEngine *engine, GError **error)
{
    static GMutex mutex;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&mutex);
    g_autoptr(virArena) arena = virArenaNew();
    if (!presets.domain)
        presets.domain = virDomainDefParseNode(virXmlPlainParse(defaultDomain, arena), virTestHypervisor.parseConfig(engine, error),
                                               VIR_DOMAIN_DEF_INACTIVE, error);
    bool ok = presets.domain != NULL;
    for (gsize i = 0; ok && i < G_N_ELEMENTS(defaultObjects); i++) {
        if (!presets.objects[i])
            presets.objects[i] = kinds[defaultObjects[i].set]->parse(NULL, virXmlPlainParse(defaultObjects[i].xml, arena), error);
        ok = presets.objects[i] != NULL;
    }
    return ok;
}

static bool addDefault(virEngine *engine, GError **error)
{
    bool ok = presetsRead(engine, error) && virEngineAddDomain(engine, presets.domain, true, VIR_DOMAIN_RUNNING, error);
    for (gsize i = 0; ok && i < G_N_ELEMENTS(defaultObjects); i++) {
        virObjectSet *set = virTestNodeSet(engine, defaultObjects[i].set);
        g_autoptr(virObject) obj = virObjectAdd(set, virObjectDefRef(presets.objects[i]), VIR_OBJECT_PRESET, error);
        ok = obj != NULL;
    }
    return ok;
}

static virEngine *engineNew(virTestNode *node, GError **error)
{
    for (int i = 0; i < VIR_TEST_SETS; i++)
        node->sets[i] = virObjectSetNew(kinds[i]);
    return virEngineNew(&virTestHypervisor, NULL, node, error);
}

virEngine *virTestNodeOpen(const char *path, GError **error)
{
    if (!path) {
        virEngine *engine = engineNew(g_memdup2(&defaultNode, sizeof(defaultNode)), error);
        if (engine && !addDefault(engine, error))
            g_clear_pointer(&engine, virTestNodeClose);
        return engine;
    }
    g_autoptr(virXmlDoc) doc = readDoc(path, error);
    xmlNode *root = virXmlRoot(doc);
    if (!root)
        return NULL;
    if (!g_str_equal((const char *)root->name, "node")) {
        virSetError(error, VIR_ERR_XML_ERROR, "Root element is not 'node' in '%s'", path);
        return NULL;
    }
    g_autofree char *dir = g_path_get_dirname(path);
    virEngine *engine = engineNew(nodeFromFile(root), error);
    bool ok = engine != NULL;
    for (xmlNode *n = root->children; n && ok; n = n->next)
        if (n->type == XML_ELEMENT_NODE)
            ok = addFromFile(engine, n, dir, error);
    if (!ok && engine)
        g_clear_pointer(&engine, virTestNodeClose);
    return engine;
}

void virTestNodeClose(virEngine *engine)
{
    virTestNode *node = virEngineGetPrivate(engine);
    for (int i = 0; i < VIR_TEST_SETS; i++)
        virObjectSetFree(node->sets[i]);
    g_clear_pointer(&node->interfacesBefore, g_ptr_array_unref);
    g_free(node);
    virEngineFree(engine);
}
