/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The node of the test driver: the built-in one of test:///default, or a <node> file. A member of the file is written out in place
 * or names a file of its own: <domain file='guest.xml'/>. The test: namespace says in which state a domain begins.
 */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/test.h"
#include "base/util.h"
#include <libxml/parser.h>
#include <libxml/xpath.h>
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

static xmlDocPtr readDoc(const char *path, GError **error)
{
    xmlDocPtr doc = xmlReadFile(path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!doc) {
        const xmlError *e = xmlGetLastError();
        virSetError(error, VIR_ERR_XML_ERROR, "cannot read '%s': %s", path, e && e->message ? e->message : "no reason given");
    }
    return doc;
}

/* Texts of the elements named by `path`, as numbers; `fallback` where absent. */
static unsigned long long number(xmlXPathContextPtr ctx, const char *path, unsigned long long fallback)
{
    xmlXPathObjectPtr r = xmlXPathEvalExpression(BAD_CAST path, ctx);
    unsigned long long value = fallback;
    if (r && r->nodesetval && r->nodesetval->nodeNr > 0) {
        xmlChar *text = xmlNodeGetContent(r->nodesetval->nodeTab[0]);
        value = g_ascii_strtoull((const char *)text, NULL, 10);
        xmlFree(text);
    }
    xmlXPathFreeObject(r);
    return value;
}

static virTestNode *nodeFromFile(xmlXPathContextPtr ctx)
{
    virTestNode *node = g_memdup2(&defaultNode, sizeof(defaultNode));
    virNodeInfo *i = &node->info;
    i->nodes = number(ctx, "/node/cpu/nodes", i->nodes);
    i->sockets = number(ctx, "/node/cpu/sockets", i->sockets);
    i->cores = number(ctx, "/node/cpu/cores", i->cores);
    i->threads = number(ctx, "/node/cpu/threads", i->threads);
    i->cpus = number(ctx, "/node/cpu/active", i->nodes * i->sockets * i->cores * i->threads);
    i->mhz = number(ctx, "/node/cpu/mhz", i->mhz);
    i->memory = number(ctx, "/node/memory", i->memory);
    return node;
}

static int runState(xmlNodePtr domain, bool *transient)
{
    int state = VIR_DOMAIN_RUNNING;
    for (xmlNodePtr n = domain->children; n; n = n->next) {
        if (n->type != XML_ELEMENT_NODE || !n->ns || !strstr((const char *)n->ns->href, "/domain/test/"))
            continue;
        xmlChar *text = xmlNodeGetContent(n);
        if (g_str_equal((const char *)n->name, "runstate"))
            state = (int)g_ascii_strtoll((const char *)text, NULL, 10);
        else if (g_str_equal((const char *)n->name, "transient"))
            *transient = true;
        xmlFree(text);
    }
    return state;
}

static bool addDomain(virEngine *engine, xmlNodePtr node, GError **error)
{
    const virDomainParseConfig *conf = virTestHypervisor.parseConfig(engine, error);
    bool transient = false;
    int state = runState(node, &transient);
    g_autoptr(virDomainDef) def = virDomainDefParseNode(node, conf, VIR_DOMAIN_DEF_INACTIVE, error);
    return def && virEngineAddDomain(engine, def, !transient, state, error);
}

static bool addObject(virObjectSet *set, const char *xml, xmlNodePtr node, GError **error)
{
    g_autoptr(virObject) obj = virObjectAdd(set, set->kind->parse(xml, node, error), VIR_OBJECT_PRESET, error);
    return obj != NULL;
}

/* A member of the file; elements of no kind that a node has are passed over. */
static bool addMember(virEngine *engine, xmlNodePtr node, GError **error)
{
    if (g_str_equal((const char *)node->name, "domain"))
        return addDomain(engine, node, error);
    for (int i = 0; i < VIR_TEST_SETS; i++)
        if (g_str_equal((const char *)node->name, kinds[i]->xml->name))
            return addObject(virTestNodeSet(engine, i), NULL, node, error);
    return true;
}

static bool addFromFile(virEngine *engine, xmlNodePtr node, const char *dir, GError **error)
{
    xmlChar *file = xmlGetProp(node, BAD_CAST "file");
    if (!file)
        return addMember(engine, node, error);
    g_autofree char *path = g_path_is_absolute((char *)file) ? g_strdup((char *)file) : g_build_filename(dir, file, NULL);
    xmlFree(file);
    xmlDocPtr own = readDoc(path, error);
    bool ok = own && addMember(engine, xmlDocGetRootElement(own), error);
    if (own)
        xmlFreeDoc(own);
    return ok;
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
    if (!presets.domain)
        presets.domain = virDomainDefParse(defaultDomain, NULL, virTestHypervisor.parseConfig(engine, error), VIR_DOMAIN_DEF_INACTIVE, error);
    bool ok = presets.domain != NULL;
    for (gsize i = 0; ok && i < G_N_ELEMENTS(defaultObjects); i++) {
        if (!presets.objects[i])
            presets.objects[i] = kinds[defaultObjects[i].set]->parse(defaultObjects[i].xml, NULL, error);
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
    xmlDocPtr doc = readDoc(path, error);
    if (!doc)
        return NULL;
    xmlNodePtr root = xmlDocGetRootElement(doc);
    virEngine *engine = NULL;
    bool ok = root && g_str_equal((const char *)root->name, "node");
    if (!ok) {
        virSetError(error, VIR_ERR_XML_ERROR, "Root element is not 'node' in '%s'", path);
    } else {
        xmlXPathContextPtr ctx = xmlXPathNewContext(doc);
        g_autofree char *dir = g_path_get_dirname(path);
        engine = engineNew(nodeFromFile(ctx), error);
        xmlXPathFreeContext(ctx);
        for (xmlNodePtr n = root->children; n && ok; n = n->next)
            if (n->type == XML_ELEMENT_NODE)
                ok = addFromFile(engine, n, dir, error);
    }
    xmlFreeDoc(doc);
    if (!ok)
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
