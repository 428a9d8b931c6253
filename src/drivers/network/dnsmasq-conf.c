/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files that dnsmasq reads: see dnsmasq-conf.h. The order of the lines is the reference's. */
#define VIR_FROM VIR_FROM_NETWORK
#include "drivers/network/dnsmasq-conf.h"
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* Names of files stand in the configuration and on disk in the reference's spelling, quotes and the like as in XML. */
static char *escape(const char *name)
{
    g_autofree char *text = g_markup_escape_text(name, -1);
    g_auto(GStrv) parts = g_strsplit(text, "&#39;", -1);
    return g_strjoinv("&apos;", parts);
}

virDnsmasqPaths *virDnsmasqPathsNew(const char *state, const char *run, const char *network)
{
    virDnsmasqPaths *p = g_new0(virDnsmasqPaths, 1);
    g_autofree char *escaped = escape(network);
    p->conf = g_strdup_printf("%s/%s.conf", state, network);
    p->hosts = g_strdup_printf("%s/%s.hostsfile", state, escaped);
    p->names = g_strdup_printf("%s/%s.addnhosts", state, escaped);
    p->pid = g_strdup_printf("%s/%s.pid", run, escaped);
    return p;
}

void virDnsmasqPathsFree(virDnsmasqPaths *p)
{
    if (!p)
        return;
    g_free(p->conf);
    g_free(p->hosts);
    g_free(p->names);
    g_free(p->pid);
    g_free(p);
}

void virDnsmasqTextFree(virDnsmasqText *t)
{
    if (!t)
        return;
    g_free(t->conf);
    g_free(t->hosts);
    g_free(t->names);
    g_free(t);
}

/* ---- which parts there are ---- */

static bool hasDhcp(const virNetworkIp *ip)
{
    return ip->ranges.n || ip->hosts.n;
}

/* The <ip> of this family that has <dhcp>: there is one at most. */
static const virNetworkIp *dhcpOf(const virNetworkDef *def, int family)
{
    for (unsigned int i = 0; i < def->ips.n; i++)
        if (virNetworkIpFamily(def->ips.v[i]) == family && hasDhcp(def->ips.v[i]))
            return def->ips.v[i];
    return NULL;
}

static bool wantsDns(const virNetworkDef *def)
{
    return def->dns.enable != VIR_TRISTATE_BOOL_NO;
}

static bool isWanted(const virNetworkDef *def)
{
    bool any = def->ips.n && wantsDns(def);
    for (unsigned int i = 0; i < def->ips.n; i++)
        any |= hasDhcp(def->ips.v[i]) || def->ips.v[i]->tftpRoot;
    return any;
}

/* What goes into lines must not make lines of its own. */
static bool isOneLine(const virNetworkDef *def, const char *text, const char *what, GError **error)
{
    if (!text || !strpbrk(text, "\r\n"))
        return true;
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "the %s of network '%s' has a line break in it", what, def->name);
    return false;
}

static bool recordsCheck(const virNetworkDef *def, GError **error)
{
    bool ok = isOneLine(def, def->domain, "domain", error);
    for (unsigned int i = 0; ok && i < def->dns.forwarders.n; i++)
        ok = isOneLine(def, def->dns.forwarders.v[i]->domain, "forwarder's domain", error);
    for (unsigned int i = 0; ok && i < def->dns.txts.n; i++)
        ok = isOneLine(def, def->dns.txts.v[i]->name, "TXT record", error) && isOneLine(def, def->dns.txts.v[i]->value, "TXT record", error);
    for (unsigned int i = 0; ok && i < def->dns.srvs.n; i++) {
        const virNetworkDnsSrv *s = def->dns.srvs.v[i];
        ok = isOneLine(def, s->service, "SRV record", error) && isOneLine(def, s->domain, "SRV record", error) &&
             isOneLine(def, s->target, "SRV record", error);
    }
    for (unsigned int i = 0; ok && i < def->dns.hosts.n; i++)
        for (char **name = def->dns.hosts.v[i]->names; ok && name && *name; name++)
            ok = isOneLine(def, *name, "DNS host", error);
    return ok;
}

static bool addressesCheck(const virNetworkDef *def, GError **error)
{
    bool ok = true;
    for (unsigned int i = 0; ok && i < def->ips.n; i++) {
        const virNetworkIp *ip = def->ips.v[i];
        ok = isOneLine(def, ip->tftpRoot, "TFTP folder", error) && isOneLine(def, ip->bootfile, "boot file", error) &&
             isOneLine(def, ip->bootServer, "boot server", error);
        for (unsigned int j = 0; ok && j < ip->hosts.n; j++)
            ok = isOneLine(def, ip->hosts.v[j]->name, "DHCP host", error);
    }
    return ok;
}

/* ---- names ---- */

static void forwarders(GString *out, const virNetworkDef *def)
{
    bool anyDomain = false;
    for (unsigned int i = 0; i < def->dns.forwarders.n; i++) {
        const virNetworkDnsForwarder *f = def->dns.forwarders.v[i];
        g_string_append(out, "server=");
        if (f->domain)
            g_string_append_printf(out, "/%s/", f->domain);
        g_string_append_printf(out, "%s\n", f->address ? f->address : "#");
        anyDomain |= !f->domain;
    }
    if (anyDomain)              /* they answer for all names: the host's own servers are not asked */
        g_string_append(out, "no-resolv\n");
}

static char *reverseName4(const virIp *ip, unsigned int prefix)
{
    GString *s = g_string_new(NULL);
    for (unsigned int i = prefix / 8; i-- > 0;)
        g_string_append_printf(s, "%u.", ip->b[i]);
    return g_string_free(g_string_append(s, "in-addr.arpa"), FALSE);
}

static char *reverseName6(const virIp *ip, unsigned int prefix)
{
    GString *s = g_string_new(NULL);
    for (unsigned int i = prefix / 4; i-- > 0;)
        g_string_append_printf(s, "%x.", i % 2 ? ip->b[i / 2] & 15 : ip->b[i / 2] >> 4);
    return g_string_free(g_string_append(s, "ip6.arpa"), FALSE);
}

static bool reverseZones(GString *out, const virNetworkDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->ips.n; i++) {
        const virNetworkIp *ip = def->ips.v[i];
        virIp address;
        if (ip->localPtr != VIR_TRISTATE_BOOL_YES || !virIpParse(ip->address, &address))
            continue;
        bool v4 = address.family == AF_INET;
        unsigned int prefix = virNetworkIpPrefix(ip, &address), unit = v4 ? 8 : 4;
        if (prefix == 0 || prefix == virIpBits(&address) || prefix % unit) {
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "PTR domain for IPv%d network with prefix %u cannot be automatically created",
                        v4 ? 4 : 6, prefix);
            return false;
        }
        g_autofree char *name = v4 ? reverseName4(&address, prefix) : reverseName6(&address, prefix);
        g_string_append_printf(out, "local=/%s/\n", name);
    }
    return true;
}

static bool domainLines(GString *out, const virNetworkDef *def, GError **error)
{
    if (!wantsDns(def))
        g_string_append(out, "port=0\n");
    forwarders(out, def);
    if (def->domain) {
        if (def->domainLocalOnly == VIR_TRISTATE_BOOL_YES)
            g_string_append_printf(out, "local=/%s/\n", def->domain);
        g_string_append_printf(out, "domain=%s\nexpand-hosts\n", def->domain);
    }
    if (!reverseZones(out, def, error))
        return false;
    if (def->dns.forwardPlainNames == VIR_TRISTATE_BOOL_NO)
        g_string_append(out, "domain-needed\nlocal=//\n");
    return true;
}

static unsigned long number(const char *text)
{
    return text ? strtoul(text, NULL, 10) : 0;
}

static void service(GString *out, const virNetworkDnsSrv *srv)
{
    unsigned long port = number(srv->port), priority = number(srv->priority), weight = number(srv->weight);
    g_string_append_printf(out, "srv-host=_%s._%s", srv->service, srv->protocol);
    if (srv->domain)
        g_string_append_printf(out, ".%s", srv->domain);
    if (srv->target && strcmp(srv->target, ".") != 0) {         /* "." says that there is no such service */
        g_string_append_printf(out, ",%s", srv->target);
        if (port || priority || weight)
            g_string_append_printf(out, ",%lu", port ? port : 1);
        if (priority || weight)
            g_string_append_printf(out, ",%lu", priority);
        if (weight)
            g_string_append_printf(out, ",%lu", weight);
    }
    g_string_append_c(out, '\n');
}

static void records(GString *out, const virNetworkDef *def)
{
    for (unsigned int i = 0; i < def->dns.txts.n; i++)
        g_string_append_printf(out, "txt-record=%s,%s\n", def->dns.txts.v[i]->name, def->dns.txts.v[i]->value);
    for (unsigned int i = 0; i < def->dns.srvs.n; i++)
        service(out, def->dns.srvs.v[i]);
}

/* ---- addresses ---- */

static void leaseTime(GString *out, const virNetworkLease *lease)
{
    static const char units[] = { [VIR_NETWORK_LEASE_UNIT_NONE] = 'm', [VIR_NETWORK_LEASE_UNIT_SECONDS] = 's',
                                  [VIR_NETWORK_LEASE_UNIT_MINUTES] = 'm', [VIR_NETWORK_LEASE_UNIT_HOURS] = 'h' };
    if (lease && lease->expiry)
        g_string_append_printf(out, ",%llu%c", lease->expiry, units[lease->unit]);
    else if (lease)
        g_string_append(out, ",infinite");
}

static char *netmask4(unsigned int prefix)
{
    guint32 mask = prefix ? 0xffffffffu << (32 - prefix) : 0;
    return g_strdup_printf("%u.%u.%u.%u", mask >> 24, mask >> 16 & 255, mask >> 8 & 255, mask & 255);
}

/* How many addresses; ranges are checked to be short. */
static unsigned int rangeSize(const virNetworkRange *range)
{
    virIp start, end;
    if (!virIpParse(range->start, &start) || !virIpParse(range->end, &end))
        return 0;
    unsigned int bytes = virIpBits(&start) / 8;
    long size = 0;
    for (unsigned int i = 0; i < bytes; i++)
        size = size * 256 + end.b[i] - start.b[i];
    return size + 1;
}

static unsigned int ranges(GString *out, const virNetworkIp *ip)
{
    unsigned int leases = 0;
    virIp address;
    if (!virIpParse(ip->address, &address))
        return 0;
    bool v4 = address.family == AF_INET;
    unsigned int prefix = virNetworkIpPrefix(ip, &address);
    g_autofree char *size = v4 ? netmask4(prefix) : g_strdup_printf("%u", prefix);
    for (unsigned int i = 0; i < ip->ranges.n; i++) {
        const virNetworkRange *r = ip->ranges.v[i];
        g_string_append_printf(out, "dhcp-range=%s,%s,%s", r->start, r->end, size);
        leaseTime(out, r->lease);
        g_string_append_c(out, '\n');
        leases += rangeSize(r);
    }
    if (!ip->ranges.n)          /* known hosts only */
        g_string_append_printf(out, v4 ? "dhcp-range=%s,static\n" : "dhcp-range=%s,static,%s\n", ip->address, size);
    return leases;
}

static void tftp(GString *out, const virNetworkDef *def)
{
    bool first = true;
    for (unsigned int i = 0; i < def->ips.n; i++) {
        if (!def->ips.v[i]->tftpRoot)
            continue;
        g_string_append_printf(out, "%stftp-root=%s\n", first ? "enable-tftp\n" : "", def->ips.v[i]->tftpRoot);
        first = false;
    }
}

static void dhcp4(GString *out, const virNetworkIp *ip)
{
    g_string_append(out, "dhcp-no-override\ndhcp-authoritative\n");
    if (ip->bootfile)
        g_string_append_printf(out, ip->bootServer ? "dhcp-boot=%s,,%s\n" : "dhcp-boot=%s\n", ip->bootfile, ip->bootServer);
}

/* Without DHCP guests find their IPv6 addresses by themselves; with it the router is announced all the same. */
static void advertisements(GString *out, const virNetworkDef *def, bool dhcp)
{
    if (dhcp) {
        g_string_append(out, "enable-ra\n");
        return;
    }
    for (unsigned int i = 0; i < def->ips.n; i++)
        if (virNetworkIpFamily(def->ips.v[i]) == AF_INET6)
            g_string_append_printf(out, "dhcp-range=%s,ra-only\n", def->ips.v[i]->address);
}

static void addressLines(GString *out, const virNetworkDef *def, const virDnsmasqPaths *paths)
{
    const virNetworkIp *four = dhcpOf(def, AF_INET), *six = dhcpOf(def, AF_INET6);
    unsigned int leases = 0;
    tftp(out, def);
    if (four) {
        leases += ranges(out, four);
        dhcp4(out, four);
    }
    if (six)
        leases += ranges(out, six);
    if (leases)
        g_string_append_printf(out, "dhcp-lease-max=%u\n", leases);
    if (four || six)
        g_string_append_printf(out, "dhcp-hostsfile=%s\n", paths->hosts);
    if (wantsDns(def))
        g_string_append_printf(out, "addn-hosts=%s\n", paths->names);
    if (def->mtu)
        g_string_append_printf(out, "dhcp-option=option:mtu,%u\n", def->mtu);
    advertisements(out, def, six != NULL);
}

/* ---- the files ---- */

static char *confText(const virNetworkDef *def, const virDnsmasqPaths *paths, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_string_append_printf(out,
        "##WARNING:  THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE\n"
        "##OVERWRITTEN AND LOST.  Changes to this configuration should be made using:\n"
        "##    virsh net-edit %s\n"
        "## or other application using the libvirt API.\n"
        "##\n## dnsmasq conf file created by libvirt\nstrict-order\n", def->name);
    if (!domainLines(out, def, error))
        return NULL;
    g_string_append_printf(out, "pid-file=%s\nexcept-interface=lo\nbind-dynamic\ninterface=%s\n", paths->pid, def->bridge);
    if (def->forwardMode == VIR_NETWORK_FORWARD_NONE)          /* no router, no names of outside, no default route */
        g_string_append(out, "dhcp-option=3\nno-resolv\nra-param=*,0,0\n");
    records(out, def);
    addressLines(out, def, paths);
    for (unsigned int i = 0; i < def->options.n; i++)
        g_string_append_printf(out, "%s\n", def->options.v[i]->value);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void hostLine(GString *out, const virNetworkDhcpHost *host, bool v6)
{
    const char *fields[4];
    guint n = 0;
    g_autofree char *id = host->id ? g_strdup_printf("id:%s", host->id) : NULL;
    g_autofree char *ip = !host->ip ? NULL : v6 ? g_strdup_printf("[%s]", host->ip) : g_strdup(host->ip);
    const char *who = v6 ? id : host->mac;
    if (who)
        fields[n++] = who;
    if (v6 && host->name)
        fields[n++] = host->name;
    if (!v6 && host->name && !who)
        fields[n++] = host->name;
    if (ip)
        fields[n++] = ip;
    if (!v6 && host->name && who)
        fields[n++] = host->name;
    for (guint i = 0; i < n; i++)
        g_string_append_printf(out, "%s%s", i ? "," : "", fields[i]);
    leaseTime(out, host->lease);
    g_string_append_c(out, '\n');
}

static char *hostsText(const virNetworkDef *def)
{
    static const int families[] = { AF_INET, AF_INET6 };
    GString *out = g_string_new(NULL);
    for (guint f = 0; f < G_N_ELEMENTS(families); f++) {
        const virNetworkIp *ip = dhcpOf(def, families[f]);
        for (unsigned int i = 0; ip && i < ip->hosts.n; i++)
            hostLine(out, ip->hosts.v[i], families[f] == AF_INET6);
    }
    return g_string_free(out, FALSE);
}

/* Names of one address stand in one line, that of its first record. */
static bool isNamedBefore(const virNetworkDns *dns, unsigned int at)
{
    for (unsigned int i = 0; i < at; i++)
        if (strcmp(dns->hosts.v[i]->ip, dns->hosts.v[at]->ip) == 0)
            return true;
    return false;
}

static char *namesText(const virNetworkDef *def)
{
    GString *out = g_string_new(NULL);
    const virNetworkDns *dns = &def->dns;
    for (unsigned int i = 0; i < dns->hosts.n; i++) {
        const char *ip = dns->hosts.v[i]->ip;
        if (isNamedBefore(dns, i))
            continue;
        g_string_append_printf(out, "%s\t", ip);
        for (unsigned int k = i; k < dns->hosts.n; k++)
            for (char **name = strcmp(dns->hosts.v[k]->ip, ip) == 0 ? dns->hosts.v[k]->names : NULL; name && *name; name++)
                g_string_append_printf(out, "%s\t", *name);
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

virDnsmasqText *virDnsmasqTextNew(const virNetworkDef *def, const virDnsmasqPaths *paths, GError **error)
{
    g_autoptr(virDnsmasqText) text = g_new0(virDnsmasqText, 1);
    if (!isWanted(def))
        return g_steal_pointer(&text);
    if (!recordsCheck(def, error) || !addressesCheck(def, error))
        return NULL;
    text->conf = confText(def, paths, error);
    text->hosts = hostsText(def);
    text->names = namesText(def);
    return text->conf ? g_steal_pointer(&text) : NULL;
}
