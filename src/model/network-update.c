/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * virNetworkUpdate on a definition: one entry of a list is added, changed or removed. What a section is, is a row; the operation is
 * written once. The caller changes a copy and completes it afterwards, so nothing is half-done.
 */
#define VIR_FROM VIR_FROM_NETWORK
#include "model/network.h"
#include "model/network-address.h"
#include <libvirt/libvirt.h>
#include <netinet/in.h>
#include <string.h>

#define INVALID(...) (virSetError(error, VIR_ERR_OPERATION_INVALID, __VA_ARGS__), false)

typedef struct {
    const char *element;        /* <host> */
    const char *what;           /* in messages; NULL: a section that is never updated in parts */
    const char *section;        /* its name in messages */
    virXmlType *type;
    size_t list;                /* in virNetworkDef, or in virNetworkIp */
    bool inIp, modifies;
    /* The entry alone; `partial`: enough to find another by. */
    bool (*check)(virNetworkDef *def, virNetworkIp *ip, gpointer entry, unsigned int command, GError **error);
    /* Does an entry stand in the way of a new one? Is it the one to change? Is it the one to remove? */
    bool (*clash)(gconstpointer have, gconstpointer want);
    bool (*same)(gconstpointer have, gconstpointer want);
    bool (*match)(gconstpointer have, gconstpointer want);
    bool unique;                /* removing needs exactly one that matches */
} Section;

static bool equal(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool equalCase(const char *a, const char *b)
{
    return a && b && g_ascii_strcasecmp(a, b) == 0;
}

/* What is not given matches anything. */
static bool fits(const char *have, const char *want)
{
    return !want || equal(have, want);
}

/* ---- <dhcp><host>, <dhcp><range> ---- */

static bool hostCheck(virNetworkDef *def, virNetworkIp *ip, gpointer entry, unsigned int command, GError **error)
{
    virNetworkDhcpHost *host = entry;
    int family = virNetworkIpFamily(ip);
    bool partial = command == VIR_NETWORK_UPDATE_COMMAND_DELETE;
    virIp address;
    if (!virNetworkDhcpHostCheck(host, def->name, family == AF_INET6, partial, error))
        return false;
    if (!partial && host->ip && virIpParse(host->ip, &address) && address.family != family)
        return INVALID("the address family of a host entry IP must match the address family of the dhcp element's parent");
    return true;
}

static bool hostClash(gconstpointer a, gconstpointer b)
{
    const virNetworkDhcpHost *have = a, *want = b;
    return equalCase(have->mac, want->mac) || equal(have->name, want->name) || equal(have->ip, want->ip);
}

static bool hostMatch(gconstpointer a, gconstpointer b)
{
    const virNetworkDhcpHost *have = a, *want = b;
    return (!want->mac || equalCase(have->mac, want->mac)) && fits(have->name, want->name) && fits(have->ip, want->ip);
}

static bool rangeCheck(virNetworkDef *def, virNetworkIp *ip, gpointer entry, unsigned int command, GError **error)
{
    return virNetworkRangeCheck(entry, ip, def->name, error);
}

static bool rangeSame(gconstpointer a, gconstpointer b)
{
    const virNetworkRange *have = a, *want = b;
    return equal(have->start, want->start) && equal(have->end, want->end);
}

/* ---- <forward><interface>, <portgroup> ---- */

static bool ifCheck(virNetworkDef *def, virNetworkIp *ip, gpointer entry, unsigned int command, GError **error)
{
    if (((const virNetworkForwardIf *)entry)->dev)
        return true;
    virSetError(error, VIR_ERR_XML_ERROR, "missing dev attribute in <interface> element");
    return false;
}

static bool ifSame(gconstpointer a, gconstpointer b)
{
    return equal(((const virNetworkForwardIf *)a)->dev, ((const virNetworkForwardIf *)b)->dev);
}

static bool groupCheck(virNetworkDef *def, virNetworkIp *ip, gpointer entry, unsigned int command, GError **error)
{
    virNetworkPortGroup *group = entry;
    bool known = false, other = false;
    if (!virNetworkPortGroupCheck(group, error))
        return false;
    for (unsigned int i = 0; i < def->portgroups.n; i++) {
        const virNetworkPortGroup *have = def->portgroups.v[i];
        if (equal(have->name, group->name))
            known = true;
        else
            other |= have->isDefault == VIR_TRISTATE_BOOL_YES;
    }
    bool adds = command == VIR_NETWORK_UPDATE_COMMAND_MODIFY ? known : command != VIR_NETWORK_UPDATE_COMMAND_DELETE && !known;
    if (adds && other && group->isDefault == VIR_TRISTATE_BOOL_YES)
        return INVALID("a different portgroup entry in network '%s' is already set as the default. Only one default is allowed.", def->name);
    return true;
}

static bool groupSame(gconstpointer a, gconstpointer b)
{
    return equal(((const virNetworkPortGroup *)a)->name, ((const virNetworkPortGroup *)b)->name);
}

/* ---- <dns> ---- */

static bool dnsHostCheck(virNetworkDef *def, virNetworkIp *ip, gpointer entry, unsigned int command, GError **error)
{
    return virNetworkDnsHostCheck(entry, def->name, command == VIR_NETWORK_UPDATE_COMMAND_DELETE, error);
}

static bool shareName(const virNetworkDnsHost *a, const virNetworkDnsHost *b)
{
    for (char **n = a->names; n && *n; n++)
        if (b->names && g_strv_contains((const char *const *)b->names, *n))
            return true;
    return false;
}

/* An address may have several records, and so may a name; only what is there already is refused. */
static bool dnsHostClash(gconstpointer a, gconstpointer b)
{
    return equal(((const virNetworkDnsHost *)a)->ip, ((const virNetworkDnsHost *)b)->ip);
}

static bool dnsHostMatch(gconstpointer a, gconstpointer b)
{
    return dnsHostClash(a, b) || shareName(a, b);
}

static bool txtCheck(virNetworkDef *def, virNetworkIp *ip, gpointer entry, unsigned int command, GError **error)
{
    return virNetworkDnsTxtCheck(entry, def->name, command == VIR_NETWORK_UPDATE_COMMAND_DELETE, error);
}

static bool txtSame(gconstpointer a, gconstpointer b)
{
    return equal(((const virNetworkDnsTxt *)a)->name, ((const virNetworkDnsTxt *)b)->name);
}

static bool srvCheck(virNetworkDef *def, virNetworkIp *ip, gpointer entry, unsigned int command, GError **error)
{
    return virNetworkDnsSrvCheck(entry, def->name, command == VIR_NETWORK_UPDATE_COMMAND_DELETE, error);
}

static bool srvMatch(gconstpointer a, gconstpointer b)
{
    const virNetworkDnsSrv *have = a, *want = b;
    return fits(have->domain, want->domain) && fits(have->service, want->service) && fits(have->protocol, want->protocol) &&
           fits(have->target, want->target) && fits(have->port, want->port) && fits(have->priority, want->priority) &&
           fits(have->weight, want->weight);
}

#define IN_DEF(member) .list = offsetof(virNetworkDef, member)
static const Section sections[VIR_NETWORK_SECTION_DNS_SRV + 1] = {
    [VIR_NETWORK_SECTION_BRIDGE] = { .section = "bridge" },
    [VIR_NETWORK_SECTION_DOMAIN] = { .section = "domain" },
    [VIR_NETWORK_SECTION_IP] = { .section = "ip" },
    [VIR_NETWORK_SECTION_FORWARD] = { .section = "forward" },
    [VIR_NETWORK_SECTION_FORWARD_PF] = { .section = "forward pf" },
    [VIR_NETWORK_SECTION_IP_DHCP_HOST] = { "host", "dhcp host entry", NULL, &virNetworkDhcpHostXml, offsetof(virNetworkIp, hosts), true,
                                           true, hostCheck, hostClash, hostClash, hostMatch },
    [VIR_NETWORK_SECTION_IP_DHCP_RANGE] = { "range", "dhcp range entry", "dhcp ranges", &virNetworkRangeXml,
                                            offsetof(virNetworkIp, ranges), true, false, rangeCheck, rangeSame, rangeSame, rangeSame },
    [VIR_NETWORK_SECTION_FORWARD_INTERFACE] = { "interface", "interface entry", "forward interface entries", &virNetworkForwardIfXml,
                                                IN_DEF(forwardIfs), .check = ifCheck, .clash = ifSame, .match = ifSame },
    [VIR_NETWORK_SECTION_PORTGROUP] = { "portgroup", "portgroup entry", NULL, &virNetworkPortGroupXml, IN_DEF(portgroups),
                                        .modifies = true, .check = groupCheck, .clash = groupSame, .same = groupSame, .match = groupSame },
    [VIR_NETWORK_SECTION_DNS_HOST] = { "host", "DNS HOST record", "DNS HOST records", &virNetworkDnsHostXml, IN_DEF(dns.hosts),
                                       .check = dnsHostCheck, .clash = dnsHostClash, .match = dnsHostMatch, .unique = true },
    [VIR_NETWORK_SECTION_DNS_TXT] = { "txt", "DNS TXT record", "DNS TXT records", &virNetworkDnsTxtXml, IN_DEF(dns.txts),
                                      .check = txtCheck, .clash = txtSame, .match = txtSame },
    [VIR_NETWORK_SECTION_DNS_SRV] = { "srv", "DNS SRV record", "DNS SRV records", &virNetworkDnsSrvXml, IN_DEF(dns.srvs),
                                      .check = srvCheck, .clash = srvMatch, .match = srvMatch, .unique = true },
};

/* ---- the operation ---- */

/* The <ip> that is meant: the one of this number, else the first that has a <dhcp>, else the first. */
static virNetworkIp *ipOf(virNetworkDef *def, int index, GError **error)
{
    if (index >= 0 && (unsigned int)index < def->ips.n)
        return def->ips.v[index];
    for (unsigned int i = 0; index < 0 && i < def->ips.n; i++)
        if (def->ips.v[i]->ranges.n || def->ips.v[i]->hosts.n)
            return def->ips.v[i];
    if (index < 0 && def->ips.n)
        return def->ips.v[0];
    virSetError(error, VIR_ERR_OPERATION_INVALID, "couldn't update dhcp host entry - no <ip> element found at index %d in network '%s'", index,
                def->name);
    return NULL;
}

/* One IPv4 address only can have a DHCP server. */
static bool dhcpElsewhere(const virNetworkDef *def, const virNetworkIp *ip)
{
    for (unsigned int i = 0; virNetworkIpFamily(ip) == AF_INET && i < def->ips.n; i++)
        if (def->ips.v[i] != ip && virNetworkIpFamily(def->ips.v[i]) == AF_INET && (def->ips.v[i]->ranges.n || def->ips.v[i]->hosts.n))
            return true;
    return false;
}

static int find(const virXmlList *list, gconstpointer want, bool (*is)(gconstpointer, gconstpointer), unsigned int *count)
{
    int first = -1;
    *count = 0;
    for (unsigned int i = 0; i < list->n; i++) {
        if (!is(list->v[i], want))
            continue;
        if (first < 0)
            first = i;
        ++*count;
    }
    return first;
}

/* Takes `entry` when it answers true. */
static bool apply(const Section *s, const virNetworkDef *def, virXmlList *list, gpointer entry, unsigned int command, GError **error)
{
    unsigned int count;
    bool removes = command == VIR_NETWORK_UPDATE_COMMAND_DELETE, changes = command == VIR_NETWORK_UPDATE_COMMAND_MODIFY;
    int at = find(list, entry, removes ? s->match : changes ? s->same : s->clash, &count);
    if (removes && s->unique && count > 1)
        return INVALID("multiple matching %ss were found in network %s", s->what, def->name);
    if ((removes || changes) && at < 0)
        return INVALID("couldn't locate a matching %s in network '%s'", s->what, def->name);
    if (!removes && !changes && at >= 0)
        return INVALID("there is an existing %s in network '%s' that matches the new one", s->what, def->name);
    if (removes || changes)
        virXmlFree(s->type, virXmlListTake(list, at));
    if (removes)
        virXmlFree(s->type, entry);
    else
        virXmlListInsert(list, changes ? (unsigned int)at : command == VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST ? 0 : list->n, entry);
    return true;
}

static const Section *sectionOf(const virNetworkDef *def, unsigned int command, unsigned int section, GError **error)
{
    const Section *s = section < G_N_ELEMENTS(sections) ? &sections[section] : NULL;
    if (!s || (!s->what && !s->section))
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "can't update unrecognized section of network");
    else if (!s->what)
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "can't update '%s' section of network '%s'", s->section, def->name);
    else if (command <= VIR_NETWORK_UPDATE_COMMAND_NONE || command > VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST)
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "unrecognized network update command code %u", command);
    else
        return s;
    return NULL;
}

static gpointer parseEntry(const Section *s, const virNetworkDef *def, xmlNode *root, GError **error)
{
    virXmlContext ctx = { .from = VIR_FROM };
    if (strcmp((const char *)root->name, s->element) != 0) {
        virSetError(error, VIR_ERR_XML_ERROR, "unexpected element <%s>, expecting <%s>, while updating network '%s'",
                    (const char *)root->name, s->element, def->name);
        return NULL;
    }
    return virXmlParse(s->type, root, &ctx, error);
}

/* <forward> goes with its interfaces: its dev= names the first. */
static void followInterfaces(virNetworkDef *def)
{
    g_clear_pointer(&def->forwardDev, g_free);
    if (def->forwardIfs.n)
        def->forwardDev = g_strdup(def->forwardIfs.v[0]->dev);
}

bool virNetworkDefUpdate(virNetworkDef *def, unsigned int command, unsigned int section, int index, const char *xml, GError **error)
{
    const Section *s = sectionOf(def, command, section, error);
    g_autoptr(virXmlDoc) doc = s ? virXmlDocParse(xml, NULL, "network_update_xml", NULL, VIR_FROM, error) : NULL;
    if (!doc)
        return false;
    virNetworkIp *ip = s->inIp ? ipOf(def, index, error) : NULL;
    if (s->inIp && !ip)
        return false;
    if (command == VIR_NETWORK_UPDATE_COMMAND_MODIFY && !s->modifies) {
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "%s cannot be modified, only added or deleted", s->section);
        return false;
    }
    gpointer entry = parseEntry(s, def, virXmlRoot(doc), error);
    if (!entry)
        return false;
    virXmlList *list = G_STRUCT_MEMBER_P(ip ? (gpointer)ip : def, s->list);
    bool adds = command >= VIR_NETWORK_UPDATE_COMMAND_ADD_LAST;
    if (!s->check(def, ip, entry, command, error) || !apply(s, def, list, entry, command, error)) {
        virXmlFree(s->type, entry);
        return false;
    }
    if (adds && ip && dhcpElsewhere(def, ip))
        return INVALID("dhcp is supported only for a single IPv4 address on each network");
    if (section == VIR_NETWORK_SECTION_FORWARD_INTERFACE)
        followInterfaces(def);
    return virNetworkDefComplete(def, 0, error);
}
