/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a configuration of the lxc tools to a definition. What is not about the container's resources (hooks, profiles, devices of the
 * cgroup) has no place in a definition and is passed over.
 */
#define VIR_FROM VIR_FROM_LXC
#include "native/lxc.h"
#include "base/error.h"
#include "base/util.h"
#include "native/size.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const GPtrArray *entries;
    virDomainDef *def;
    bool privnet;               /* no interface was named: the container is alone */
    GError **error;
} Reader;

static bool bad(Reader *r, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool bad(Reader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    virSetError(r->error, VIR_ERR_INTERNAL_ERROR, "%s", text);
    return false;
}

/* What the reference refuses without a word: the same code, and words. */
static bool refuse(Reader *r, const char *key, const char *value, const char *what)
{
    virErrorSet(r->error, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, "invalid %s value '%s': %s", key, value, what);
    return false;
}

/* The value by the newer or the older spelling of the key. */
static const char *get(Reader *r, const char *key, const char *older)
{
    const char *value = virLxcGet(r->entries, key);
    return value || !older ? value : virLxcGet(r->entries, older);
}

/* Numbers as C reads them: signs and leading blanks are fine, "-1" is the greatest. */
static bool number(const char *text, unsigned int *value)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    *value = n;
    return end != text && !*end && !errno && n >= -(long long)G_MAXINT && n <= G_MAXUINT;
}

static char **words(const char *text, const char *blanks)
{
    g_auto(GStrv) all = g_strsplit_set(text, blanks, -1);
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    for (char **word = all; *word; word++)
        if (**word)
            g_ptr_array_add(list, g_strdup(*word));
    g_ptr_array_add(list, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
}

/* ---- file systems ---- */

static virDomainFsDef *addFs(Reader *r, virDomainFsType type, const char *source, const char *target)
{
    virDomainFsDef *fs = g_new0(virDomainFsDef, 1);
    fs->type = type;
    fs->accessmode = VIR_DOMAIN_FS_ACCESSMODE_PASSTHROUGH;
    fs->source = g_strdup(source);
    fs->target = g_strdup(target);
    virListAppend(&r->def->fss, fs);
    return fs;
}

static virDomainFsType typeOf(const char *source)
{
    return g_str_has_prefix(source, "/dev/") ? VIR_DOMAIN_FS_TYPE_BLOCK : VIR_DOMAIN_FS_TYPE_MOUNT;
}

static bool readRam(Reader *r, virDomainFsDef *fs, char *const *options)
{
    const char *size = NULL;
    unsigned long long bytes;
    for (char *const *o = options; *o && !size; o++)
        if (g_str_has_prefix(*o, "size="))
            size = *o + strlen("size=");
    if (!size)
        return bad(r, "missing tmpfs size, set the size option");
    if (g_str_has_suffix(size, "%"))
        return bad(r, "can't convert relative size: '%s'", size);
    if (!virNativeSize(size, &bytes))
        return bad(r, "failed to convert size: '%s'", size);
    fs->ramUsage = bytes / 1024;
    return true;
}

/* A line of an fstab: source target type options [dump pass]. */
static bool readMount(Reader *r, const char *key, const char *text)
{
    static const char *const own[] = { "proc", "/proc", "sys", "/sys", NULL };  /* every container has them */
    enum { SOURCE, TARGET, TYPE, OPTIONS, FIELDS };
    g_auto(GStrv) field = words(text, " \t");
    if (g_strv_length(field) < FIELDS)
        return refuse(r, key, text, "expecting source, target, type and options");
    if (g_strv_contains(own, field[TARGET]))
        return true;
    g_autofree char *target = g_strconcat(field[TARGET][0] == '/' ? "" : "/", field[TARGET], NULL);
    g_auto(GStrv) options = g_strsplit(field[OPTIONS], ",", -1);
    bool ram = g_str_equal(field[TYPE], "tmpfs");
    virDomainFsDef *fs = addFs(r, ram ? VIR_DOMAIN_FS_TYPE_RAM : typeOf(field[SOURCE]), ram ? NULL : field[SOURCE], target);
    fs->readonly = g_strv_contains((const char *const *)options, "ro");
    return !ram || readRam(r, fs, options);
}

static bool readMounts(Reader *r)
{
    const char *root = get(r, "lxc.rootfs.path", "lxc.rootfs");
    if (!root)
        return refuse(r, "lxc.rootfs.path", "", "the configuration names no root file system");
    addFs(r, typeOf(root), root, "/");
    if (get(r, "lxc.mount.fstab", "lxc.mount")) {
        virSetError(r->error, VIR_ERR_ARGUMENT_UNSUPPORTED, "lxc.mount.fstab or lxc.mount found, use lxc.mount.entry lines instead");
        return false;
    }
    for (guint i = 0; i < r->entries->len; i++) {
        const virLxcEntry *e = r->entries->pdata[i];
        if (g_str_equal(e->key, "lxc.mount.entry") && !readMount(r, e->key, e->value))
            return false;
    }
    return true;
}

/* ---- networks ---- */

enum { NO_INDEX = G_MAXUINT };

typedef struct {
    unsigned int index;         /* 0 of lxc.net.0.type; NO_INDEX: the older spelling, where each type begins another */
    const char *type, *link, *hwaddr, *flags, *mode, *vlan, *name, *gateway4, *gateway6;
    VIR_LIST(virNetIp) ips;
} Nic;

static void freeIp(virNetIp *ip)
{
    g_free(ip->family);
    g_free(ip->address);
    g_free(ip);
}

static void freeNic(void *data)
{
    Nic *nic = data;
    while (nic->ips.n)
        freeIp(virListTake(&nic->ips, 0));
    g_free(nic->ips.v);
    g_free(nic);
}

static bool readIp(Reader *r, Nic *nic, const char *text, bool ipv6)
{
    g_auto(GStrv) part = g_strsplit(text, "/", 2);
    unsigned char binary[16];
    unsigned int prefix;
    if (g_strv_length(part) != 2 || inet_pton(ipv6 ? AF_INET6 : AF_INET, part[0], binary) != 1 || !number(part[1], &prefix)) {
        virSetError(r->error, VIR_ERR_INVALID_ARG, "Invalid CIDR address: '%s'", text);
        return false;
    }
    virNetIp *ip = g_new0(virNetIp, 1);
    ip->family = g_strdup(ipv6 ? "ipv6" : "ipv4");
    ip->address = g_strdup(part[0]);
    ip->prefix = prefix;
    ip->hasPrefix = true;
    virListAppend(&nic->ips, ip);
    return true;
}

static bool readNicKey(Reader *r, Nic *nic, const virLxcEntry *e, const char *key)
{
    static const struct {
        const char *key;
        size_t at;
    } keys[] = { { "type", offsetof(Nic, type) }, { "link", offsetof(Nic, link) }, { "hwaddr", offsetof(Nic, hwaddr) }, { "flags", offsetof(Nic, flags) },
                 { "macvlan.mode", offsetof(Nic, mode) }, { "vlan.id", offsetof(Nic, vlan) }, { "name", offsetof(Nic, name) },
                 { "ipv4.gateway", offsetof(Nic, gateway4) }, { "ipv6.gateway", offsetof(Nic, gateway6) } };
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        if (g_str_equal(key, keys[i].key)) {
            G_STRUCT_MEMBER(const char *, nic, keys[i].at) = e->value;
            return true;
        }
    bool ipv6 = g_str_has_prefix(key, "ipv6");
    if ((ipv6 || g_str_has_prefix(key, "ipv4")) && (!key[4] || g_str_equal(key + 4, ".address")))
        return readIp(r, nic, e->value, ipv6);
    return refuse(r, e->key, e->value, "a definition has no place for this setting; remove the line");
}

/* The interface that a key speaks of; `rest` is what it says of it. NULL without error: the key is not about interfaces. */
static Nic *nicOf(Reader *r, GPtrArray *nics, const virLxcEntry *e, const char **rest)
{
    static const char older[] = "lxc.network.", newer[] = "lxc.net.";
    Nic *nic = NULL;
    unsigned int index = NO_INDEX;
    if (g_str_has_prefix(e->key, older)) {
        *rest = e->key + strlen(older);
        if (nics->len && !g_str_equal(*rest, "type"))
            nic = nics->pdata[nics->len - 1];
        else if (!g_str_equal(*rest, "type"))
            return refuse(r, e->key, e->value, "lxc.network.type must stand before it"), NULL;
    } else if (g_str_has_prefix(e->key, newer)) {
        const char *from = e->key + strlen(newer);
        size_t n = strspn(from, "0123456789");
        if (!n || from[n] != '.')
            return refuse(r, e->key, e->value, "expecting lxc.net.NUMBER.SETTING"), NULL;
        *rest = from + n + 1;
        index = MIN(strtoul(from, NULL, 10), NO_INDEX - 1);
        for (guint i = 0; i < nics->len && !nic; i++)
            nic = ((Nic *)nics->pdata[i])->index == index ? nics->pdata[i] : NULL;
    } else {
        return NULL;
    }
    if (!nic) {
        nic = g_new0(Nic, 1);
        nic->index = index;
        g_ptr_array_add(nics, nic);
    }
    return nic;
}

static virNetRoute *newRoute(Reader *r, const char *gateway, bool ipv6)
{
    unsigned char binary[16];
    if (inet_pton(ipv6 ? AF_INET6 : AF_INET, gateway, binary) != 1) {
        virErrorSet(r->error, VIR_FROM_NETWORK, VIR_ERR_XML_ERROR, "Domain interface: Bad gateway address '%s' in route definition", gateway);
        return NULL;
    }
    virNetRoute *route = g_new0(virNetRoute, 1);
    route->family = g_strdup(ipv6 ? "ipv6" : "ipv4");
    route->address = g_strdup(ipv6 ? "::" : "0.0.0.0");
    route->gateway = g_strdup(gateway);
    return route;
}

/* What interfaces and devices of the host have alike. */
static bool moveIps(Reader *r, Nic *nic, virXmlList *ips, virXmlList *routes)
{
    while (nic->ips.n)
        virXmlListInsert(ips, ips->n, virListTake(&nic->ips, 0));
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        const char *gateway = ipv6 ? nic->gateway6 : nic->gateway4;
        virNetRoute *route = gateway ? newRoute(r, gateway, ipv6) : NULL;
        if (gateway && !route)
            return false;
        if (route)
            virXmlListInsert(routes, routes->n, route);
    }
    return true;
}

static bool addHostdev(Reader *r, Nic *nic)
{
    if (!nic->link) {
        virSetError(r->error, VIR_ERR_CONFIG_UNSUPPORTED, "Missing 'link' attribute for NIC");
        return false;
    }
    bool vlan = nic->vlan && g_str_equal(nic->type, "vlan");
    virDomainHostdevDef *dev = g_new0(virDomainHostdevDef, 1);
    dev->mode = VIR_DOMAIN_HOSTDEV_MODE_CAPABILITIES;
    dev->type = VIR_DOMAIN_HOSTDEV_TYPE_NET;
    dev->netdev = g_strconcat(nic->link, vlan ? "." : NULL, nic->vlan, NULL);
    dev->hasSource = true;
    virListAppend(&r->def->hostdevs, dev);
    return moveIps(r, nic, (virXmlList *)(void *)&dev->ips, (virXmlList *)(void *)&dev->routes);
}

static bool addNet(Reader *r, Nic *nic)
{
    virDomainNetDef *net = g_new0(virDomainNetDef, 1);
    virListAppend(&r->def->nets, net);
    net->hasMac = true;
    if (nic->hwaddr && !virMacParse(nic->hwaddr, &net->mac))
        net->mac = (virMac){ 0 };
    net->link = nic->flags && g_str_equal(nic->flags, "up") ? VIR_DOMAIN_NET_LINK_UP : VIR_DOMAIN_NET_LINK_DOWN;
    net->ifnameGuest = g_strdup(nic->name);
    net->type = VIR_DOMAIN_NET_TYPE_USER;
    if (g_str_equal(nic->type, "veth")) {
        net->type = nic->link ? VIR_DOMAIN_NET_TYPE_BRIDGE : VIR_DOMAIN_NET_TYPE_ETHERNET;
        net->bridge = g_strdup(nic->link);
        net->hasSource = nic->link != NULL;
    } else if (g_str_equal(nic->type, "macvlan")) {
        if (!nic->link)
            return refuse(r, "lxc.net.type", nic->type, "the interface of the host is missing, set its link");
        net->type = VIR_DOMAIN_NET_TYPE_DIRECT;
        net->dev = g_strdup(nic->link);
        net->hasSource = true;
        net->macvlanMode = !nic->mode || g_str_equal(nic->mode, "private") ? VIR_NET_MACVLAN_MODE_PRIVATE
                           : g_str_equal(nic->mode, "bridge") ? VIR_NET_MACVLAN_MODE_BRIDGE : VIR_NET_MACVLAN_MODE_VEPA;
    }
    return moveIps(r, nic, (virXmlList *)(void *)&net->guestIps, (virXmlList *)(void *)&net->guestRoutes);
}

static bool readNets(Reader *r)
{
    static const char *const silent[] = { "", "none", "empty", NULL }, *const hosts[] = { "phys", "vlan", NULL };
    g_autoptr(GPtrArray) nics = g_ptr_array_new_with_free_func(freeNic);
    g_autoptr(GError) failed = NULL;
    GError **error = r->error;
    r->error = &failed;
    for (guint i = 0; i < r->entries->len && !failed; i++) {
        const char *rest;
        Nic *nic = nicOf(r, nics, r->entries->pdata[i], &rest);
        if (nic)
            readNicKey(r, nic, r->entries->pdata[i], rest);
    }
    for (guint i = 0; i < nics->len && !failed; i++) {
        Nic *nic = nics->pdata[i];
        if (!nic->type || g_strv_contains(silent, nic->type))
            continue;
        if (g_strv_contains(hosts, nic->type))
            addHostdev(r, nic);
        else
            addNet(r, nic);
    }
    r->error = error;
    r->privnet = nics->len == 0;
    if (!failed)
        return true;
    g_propagate_error(error, g_steal_pointer(&failed));
    return false;
}

/* ---- consoles, ids, capabilities ---- */

static bool readConsoles(Reader *r)
{
    enum { MOST = 1024 };
    const char *text = get(r, "lxc.tty.max", "lxc.tty");
    unsigned int n;
    if (!text)
        return true;
    if (!number(text, &n) || n > MOST)
        return bad(r, "failed to parse int: '%s'", text);
    for (unsigned int i = 0; i < n; i++) {
        virDomainChrDef *chr = g_new0(virDomainChrDef, 1);
        chr->device = VIR_DOMAIN_CHR_DEVICE_CONSOLE;
        chr->consoleTarget = VIR_DOMAIN_CHR_CONSOLE_TARGET_LXC;
        chr->source.type = VIR_DOMAIN_CHR_PTY;
        chr->port = i;
        chr->hasPort = true;
        virListAppend(&r->def->consoles, chr);
    }
    return true;
}

static bool readIds(Reader *r)
{
    for (guint i = 0; i < r->entries->len; i++) {
        const virLxcEntry *e = r->entries->pdata[i];
        char kind;
        virDomainIdMapEntry id;
        if (!g_str_equal(e->key, "lxc.idmap") && !g_str_equal(e->key, "lxc.id_map"))
            continue;
        if (sscanf(e->value, "%c %u %u %u", &kind, &id.target, &id.start, &id.count) != 4)
            return bad(r, "invalid %s: '%s'", e->key, e->value);
        if (kind != 'u' && kind != 'g')
            return refuse(r, e->key, e->value, "expecting 'u' or 'g' first");
        if (kind == 'u')
            virListAppend(&r->def->uidmap, g_memdup2(&id, sizeof(id)));
        else
            virListAppend(&r->def->gidmap, g_memdup2(&id, sizeof(id)));
    }
    while (!r->def->uidmap.n && r->def->gidmap.n)       /* groups are mapped only beside users */
        g_free(virListTake(&r->def->gidmap, 0));
    return true;
}

static void readCapabilities(Reader *r)
{
    static const char *const known[] = {
        "audit_control", "audit_write", "block_suspend", "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "ipc_lock", "ipc_owner",
        "kill", "lease", "linux_immutable", "mac_admin", "mac_override", "mknod", "net_admin", "net_bind_service", "net_broadcast", "net_raw",
        "setgid", "setfcap", "setpcap", "setuid", "sys_admin", "sys_boot", "sys_chroot", "sys_module", "sys_nice", "sys_pacct", "sys_ptrace",
        "sys_rawio", "sys_resource", "sys_time", "sys_tty_config", "syslog", "wake_alarm" };
    virDomainFeatures *f = &r->def->features;
    const char *text = virLxcGet(r->entries, "lxc.cap.drop");
    f->capabilities = true;
    f->capabilitiesPolicy = VIR_DOMAIN_FEATURE_CAPS_ALLOW;
    g_auto(GStrv) dropped = words(text ? text : "", " ");
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (!g_strv_contains((const char *const *)dropped, known[i]))
            continue;
        virDomainCapability *cap = g_new0(virDomainCapability, 1);
        cap->name = g_strdup(known[i]);
        cap->state = VIR_TRISTATE_SWITCH_OFF;
        virListAppend(&f->caps, cap);
    }
}

/* ---- resources ---- */

static bool readMemory(Reader *r)
{
    static const struct {
        const char *key;
        size_t value, has;
    } keys[] = { { "lxc.cgroup.memory.limit_in_bytes", offsetof(virDomainMemTune, hardLimit), offsetof(virDomainMemTune, hasHardLimit) },
                 { "lxc.cgroup.memory.soft_limit_in_bytes", offsetof(virDomainMemTune, softLimit), offsetof(virDomainMemTune, hasSoftLimit) },
                 { "lxc.cgroup.memory.memsw.limit_in_bytes", offsetof(virDomainMemTune, swapHardLimit), offsetof(virDomainMemTune, hasSwapHardLimit) } };
    enum { STANDARD = 64 * 1024 };
    r->def->memory = STANDARD;
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        const char *text = virLxcGet(r->entries, keys[i].key);
        unsigned long long bytes;
        if (!text)
            continue;
        if (!virNativeSize(text, &bytes))
            return bad(r, "failed to convert size: '%s'", text);
        G_STRUCT_MEMBER(unsigned long long, &r->def->mem, keys[i].value) = bytes / 1024;
        G_STRUCT_MEMBER(bool, &r->def->mem, keys[i].has) = bytes / 1024 < VIR_DOMAIN_MEMORY_PARAM_UNLIMITED;
        if (i == 0)
            r->def->memory = bytes / 1024;
    }
    r->def->currentMemory = r->def->memory;
    if (!r->def->memory)
        virErrorSet(r->error, VIR_FROM_DOMAIN, VIR_ERR_XML_ERROR, "Memory size must be specified via <memory> or in the <numa> configuration");
    return r->def->memory != 0;
}

static bool readNumber(Reader *r, const char *key, long long *value, bool *given)
{
    const char *text = virLxcGet(r->entries, key);
    char *end;
    *value = text ? g_ascii_strtoll(text, &end, 10) : 0;
    *given = text != NULL;
    return !text || (*text && !*end) || bad(r, "failed to parse integer: '%s'", text);
}

static bool readSet(Reader *r, const char *key, virBitmap **set)
{
    const char *text = virLxcGet(r->entries, key);
    if (!text || (*set = virBitmapParse(text, 1 << 20)))
        return true;
    virErrorSet(r->error, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, "Failed to parse bitmap '%s'", text);
    return false;
}

static bool readCpus(Reader *r)
{
    virDomainDef *def = r->def;
    long long shares, period;
    bool given;
    if (!readNumber(r, "lxc.cgroup.cpu.shares", &shares, &def->cputune.hasShares) ||
        !readNumber(r, "lxc.cgroup.cpu.cfs_quota_us", &def->cputune.quota, &given) || !readNumber(r, "lxc.cgroup.cpu.cfs_period_us", &period, &given) ||
        !readSet(r, "lxc.cgroup.cpuset.cpus", &def->cpumask) || !readSet(r, "lxc.cgroup.cpuset.mems", &def->numatune.nodeset))
        return false;
    def->cputune.shares = shares;
    def->cputune.period = period;
    if (def->numatune.nodeset) {
        def->numatune.hasMemory = true;
        def->numatune.mode = VIR_DOMAIN_NUMATUNE_STRICT;
        def->numatune.placement = VIR_DOMAIN_CPU_PLACEMENT_STATIC;
    }
    return true;
}

static virDomainBlkioDevice *blkioDevice(virDomainDef *def, const char *path)
{
    for (unsigned int i = 0; i < def->blkioDevices.n; i++)
        if (g_str_equal(def->blkioDevices.v[i]->path, path))
            return def->blkioDevices.v[i];
    virDomainBlkioDevice *device = g_new0(virDomainBlkioDevice, 1);
    device->path = g_strdup(path);
    virListAppend(&def->blkioDevices, device);
    return device;
}

/* "8:0 1000" */
static bool readBlkio(Reader *r)
{
    static const struct {
        const char *key, *what;
        size_t at;
        bool wide;
    } keys[] = { { "lxc.cgroup.blkio.device_weight", "device weight", offsetof(virDomainBlkioDevice, weight), false },
                 { "lxc.cgroup.blkio.throttle.read_bps_device", "read_bps_device", offsetof(virDomainBlkioDevice, readBytes), true },
                 { "lxc.cgroup.blkio.throttle.write_bps_device", "write_bps_device", offsetof(virDomainBlkioDevice, writeBytes), true },
                 { "lxc.cgroup.blkio.throttle.read_iops_device", "read_iops_device", offsetof(virDomainBlkioDevice, readIops), false },
                 { "lxc.cgroup.blkio.throttle.write_iops_device", "write_iops_device", offsetof(virDomainBlkioDevice, writeIops), false } };
    long long weight;
    bool given;
    if (!readNumber(r, "lxc.cgroup.blkio.weight", &weight, &given))
        return false;
    r->def->blkioWeight = weight;
    for (guint i = 0; i < r->entries->len; i++) {
        const virLxcEntry *e = r->entries->pdata[i];
        guint k = 0;
        while (k < G_N_ELEMENTS(keys) && !g_str_equal(e->key, keys[k].key))
            k++;
        if (k == G_N_ELEMENTS(keys))
            continue;
        g_auto(GStrv) part = words(e->value, " \t");
        guint64 n;
        if (g_strv_length(part) < 2)
            return bad(r, "invalid %s value: '%s'", e->key, e->value);
        if (!g_ascii_string_to_unsigned(part[1], 10, 0, keys[k].wide ? G_MAXUINT64 : G_MAXUINT, &n, NULL))
            return bad(r, "failed to parse %s: '%s'", keys[k].what, part[1]);
        g_autofree char *path = g_strconcat("/dev/block/", part[0], NULL);
        void *device = blkioDevice(r->def, path);
        if (keys[k].wide)
            G_STRUCT_MEMBER(unsigned long long, device, keys[k].at) = n;
        else
            G_STRUCT_MEMBER(unsigned int, device, keys[k].at) = n;
    }
    return true;
}

/* ---- the container ---- */

static void readArch(Reader *r)
{
    static const struct {
        const char *word;
        virArch arch;
    } archs[] = { { "x86", VIR_ARCH_I686 }, { "amd64", VIR_ARCH_X86_64 } };
    const char *text = virLxcGet(r->entries, "lxc.arch");
    if (!text)
        return;
    int arch = virArchFromString(text);
    for (guint i = 0; i < G_N_ELEMENTS(archs); i++)
        if (g_str_equal(text, archs[i].word))
            arch = archs[i].arch;
    r->def->os.arch = MAX(arch, 0);
}

static bool readContainer(Reader *r)
{
    virDomainDef *def = r->def;
    const char *name = get(r, "lxc.uts.name", "lxc.utsname");
    if (!name)
        return refuse(r, "lxc.uts.name", "", "the configuration gives the container no name");
    if (strchr(name, '/')) {
        virErrorSet(r->error, VIR_FROM_DOMAIN, VIR_ERR_XML_ERROR, "name %s cannot contain '/'", name);
        return false;
    }
    def->name = g_strdup(name);
    virUUIDGenerate(def->uuid);
    def->virtType = VIR_DOMAIN_VIRT_LXC;
    def->os.type = VIR_DOMAIN_OSTYPE_EXE;
    def->os.init = g_strdup("/sbin/init");
    def->maxVcpus = def->vcpus = 1;
    def->vcpuPlacement = VIR_DOMAIN_CPU_PLACEMENT_STATIC;
    def->clock.offset = VIR_DOMAIN_CLOCK_UTC;
    def->onPoweroff = VIR_DOMAIN_ON_DESTROY;
    def->onReboot = VIR_DOMAIN_ON_RESTART;
    def->onCrash = VIR_DOMAIN_ON_DESTROY;
    readArch(r);
    return true;
}

virDomainDef *virLxcParse(const char *text, const virDomainParseConfig *conf, GError **error)
{
    g_autoptr(GPtrArray) entries = virLxcRead(text, error);
    if (!entries)
        return NULL;
    g_autoptr(virDomainDef) def = virDomainDefNew();
    Reader r = { entries, def, false, error };
    if (!readContainer(&r) || !readMounts(&r) || !readNets(&r) || !readConsoles(&r) || !readIds(&r) || !readMemory(&r) || !readCpus(&r) || !readBlkio(&r))
        return NULL;
    readCapabilities(&r);
    def->features.privnet = r.privnet;
    virArch arch = def->os.arch;
    if (conf->lookup && !conf->lookup(conf, def, error))
        return NULL;
    def->os.arch = arch;        /* one that the file leaves open stays open */
    return g_steal_pointer(&def);
}
