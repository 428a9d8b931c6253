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

typedef struct {
    virNodeInfo info;
    unsigned long long cellMemory[2];       /* KiB */
} TestNode;

static const TestNode defaultNode = {
    .info = { .model = "i686", .memory = 3145728, .cpus = 16, .mhz = 1400, .nodes = 2, .sockets = 2, .cores = 2, .threads = 2 },
    .cellMemory = { 2097152, 4194304 },
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

int virTestNodeInfo(virConnectPtr conn, virNodeInfoPtr info, GError **error)
{
    const TestNode *node = virEngineGetPrivate(virEngineOf(conn));
    *info = node->info;
    return 0;
}

int virTestNodeFreeMemory(virConnectPtr conn, unsigned long long *freeMems, int startCell, int maxCells, GError **error)
{
    const TestNode *node = virEngineGetPrivate(virEngineOf(conn));
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
    const TestNode *node = virEngineGetPrivate(virEngineOf(conn));
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

static TestNode *nodeFromFile(xmlXPathContextPtr ctx)
{
    TestNode *node = g_memdup2(&defaultNode, sizeof(defaultNode));
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

static bool addDomain(virEngine *engine, xmlNodePtr node, const char *dir, GError **error)
{
    const virDomainParseConfig *conf = virTestHypervisor.parseConfig(engine, error);
    xmlDocPtr own = NULL;
    xmlChar *file = xmlGetProp(node, BAD_CAST "file");
    if (file) {
        g_autofree char *path = g_path_is_absolute((char *)file) ? g_strdup((char *)file) : g_build_filename(dir, file, NULL);
        xmlFree(file);
        own = readDoc(path, error);
        if (!own)
            return false;
        node = xmlDocGetRootElement(own);
    }
    bool transient = false;
    int state = runState(node, &transient);
    g_autoptr(virDomainDef) def = virDomainDefParseNode(node, conf, VIR_DOMAIN_DEF_INACTIVE, error);
    bool ok = def && virEngineAddDomain(engine, def, !transient, state, error);
    if (own)
        xmlFreeDoc(own);
    return ok;
}

static bool addDefault(virEngine *engine, GError **error)
{
    const virDomainParseConfig *conf = virTestHypervisor.parseConfig(engine, error);
    g_autoptr(virDomainDef) def = virDomainDefParse(defaultDomain, NULL, conf, VIR_DOMAIN_DEF_INACTIVE, error);
    return def && virEngineAddDomain(engine, def, true, VIR_DOMAIN_RUNNING, error);
}

virEngine *virTestNodeOpen(const char *path, GError **error)
{
    if (!path) {
        virEngine *engine = virEngineNew(&virTestHypervisor, NULL, g_memdup2(&defaultNode, sizeof(defaultNode)), error);
        return engine && addDefault(engine, error) ? engine : NULL;
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
        engine = virEngineNew(&virTestHypervisor, NULL, nodeFromFile(ctx), error);
        xmlXPathFreeContext(ctx);
        for (xmlNodePtr n = root->children; n && ok; n = n->next)
            if (n->type == XML_ELEMENT_NODE && g_str_equal((const char *)n->name, "domain"))
                ok = addDomain(engine, n, dir, error);
    }
    xmlFreeDoc(doc);
    if (!ok)
        g_clear_pointer(&engine, virTestNodeClose);
    return engine;
}

void virTestNodeClose(virEngine *engine)
{
    g_free(virEngineGetPrivate(engine));
    virEngineFree(engine);
}
