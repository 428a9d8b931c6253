/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who has which device of the host: over a tree of files, a thread that plays the kernel, and a card that remembers what it is told. */
#include "hosttree.h"
#include "base/error.h"
#include "base/util.h"
#include "engine/hostdev.h"
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PF "0000:02:00.0"
#define VF0 "0000:02:10.0"
#define VF1 "0000:02:10.2"
#define NVME "0000:03:00.0"
#define NVME2 "0000:03:00.1"
enum { LONG = 5000 };

/* ---- the kernel ---- */

static const char *const drivers[] = { "igbvf", "igb", "nvme", "vfio-pci", "mlx5_vfio_pci" };
enum { PIPES = 2 * G_N_ELEMENTS(drivers) + 1 };

typedef struct {
    virHostTree *tree;
    int fds[PIPES], stop[2];
    GThread *thread;
    gint refuseVfio;            /* vfio-pci takes nothing */
    gint binds;
    virHostdevs *devices;
    char *folder;
} World;

static virNetDevVf card[2];     /* what the physical function keeps */
static int refuseSet;           /* -1: nothing */

static bool cardGet(const char *pf, unsigned int index, virNetDevVf *vf, GError **error)
{
    g_assert_cmpstr(pf, ==, "ens1");
    *vf = card[index];
    vf->parts = VIR_NETDEV_VF_MAC | VIR_NETDEV_VF_VLAN | VIR_NETDEV_VF_TRUST;
    return true;
}

static bool cardSet(const char *pf, unsigned int index, const virNetDevVf *vf, GError **error)
{
    if (refuseSet == (int)index) {
        virErrorSet(error, VIR_FROM_NONE, VIR_ERR_SYSTEM_ERROR, "the card says no");
        return false;
    }
    if (vf->parts & VIR_NETDEV_VF_MAC)
        memcpy(card[index].mac, vf->mac, 6);
    if (vf->parts & VIR_NETDEV_VF_VLAN)
        card[index].vlan = vf->vlan;
    if (vf->parts & VIR_NETDEV_VF_TRUST)
        card[index].trust = vf->trust;
    return true;
}

static void toDriver(World *w, const char *address, const char *driver)
{
    g_autofree char *path = virHostTreePath(w->tree, "bus/pci/devices/%s/driver_override", address), *override = NULL;
    g_assert_true(g_file_get_contents(path, &override, NULL, NULL));
    g_strstrip(override);
    if (*override && !g_str_equal(override, "(null)") && driver && !g_str_equal(override, driver))
        return;
    if (!driver)
        driver = strstr(address, ":03:") ? "nvme" : "igbvf";
    g_atomic_int_inc(&w->binds);
    virHostTreeDriver(w->tree, address, driver);
}

static gpointer kernelThread(gpointer data)
{
    World *w = data;
    struct pollfd polls[PIPES + 1];
    for (int i = 0; i < (int)PIPES; i++)
        polls[i] = (struct pollfd){ w->fds[i], POLLIN, 0 };
    polls[PIPES] = (struct pollfd){ w->stop[0], POLLIN, 0 };
    while (poll(polls, PIPES + 1, -1) >= 0 && !polls[PIPES].revents)
        for (int i = 0; i < (int)PIPES; i++) {
            char text[16] = "";
            if (!(polls[i].revents & POLLIN) || read(w->fds[i], text, 12) <= 0)
                continue;
            g_autofree char *link = g_strdup_printf("bus/pci/devices/%s/driver", text);
            const char *driver = i / 2 < (int)G_N_ELEMENTS(drivers) ? drivers[i / 2] : NULL;
            if (i % 2)
                virHostTreeRemove(w->tree, link);
            else if (!(driver && strstr(driver, "vfio") && g_atomic_int_get(&w->refuseVfio)))
                toDriver(w, text, driver);
        }
    return NULL;
}

static int makePipe(World *w, const char *name)
{
    g_autofree char *path = virHostTreePath(w->tree, "bus/pci/%s", name), *dir = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    g_assert_cmpint(mkfifo(path, 0644), ==, 0);
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static const virHostdevNetOps cardOps = { cardGet, cardSet };
static const virHostdevOwner qemu = { "qemu:///system", "QEMU" }, lxc = { "lxc:///system", "LXC" };

static void makeDevice(World *w, const char *place, const char *driver, const char *pf, unsigned int index)
{
    virHostPCIAddress address = virHostTreeDevice(w->tree, place);
    g_autofree char *text = virHostPCIAddressFormat(&address), *reset = g_strdup_printf("bus/pci/devices/%s/reset", text);
    virHostTreeDriver(w->tree, text, driver);
    virHostTreeFile(w->tree, reset, "");
    if (!pf)
        return;
    g_autofree char *link = g_strdup_printf("bus/pci/devices/%s/physfn", text), *target = g_strdup_printf("bus/pci/devices/%s", pf);
    g_autofree char *back = g_strdup_printf("bus/pci/devices/%s/virtfn%u", pf, index), *self = g_strdup_printf("bus/pci/devices/%s", text);
    virHostTreeLink(w->tree, link, target);
    virHostTreeLink(w->tree, back, self);
}

static World *worldNew(void)
{
    World *w = g_new0(World, 1);
    w->tree = virHostTreeNew();
    makeDevice(w, "pci0000:00/" PF, "igb", NULL, 0);
    virHostTreeFile(w->tree, "bus/pci/devices/" PF "/net/ens1/dev_port", "0\n");
    makeDevice(w, "pci0000:00/" VF0, "igbvf", PF, 0);
    makeDevice(w, "pci0000:00/" VF1, "igbvf", PF, 1);
    makeDevice(w, "pci0000:00/" NVME, "nvme", NULL, 0);
    makeDevice(w, "pci0000:00/" NVME2, "nvme", NULL, 0);
    virHostTreeGroup(w->tree, 1, (const char *[]){ PF, NULL });
    virHostTreeGroup(w->tree, 2, (const char *[]){ VF0, NULL });
    virHostTreeGroup(w->tree, 3, (const char *[]){ VF1, NULL });
    virHostTreeGroup(w->tree, 4, (const char *[]){ NVME, NVME2, NULL });
    for (guint i = 0; i < G_N_ELEMENTS(drivers); i++) {
        g_autofree char *bind = g_strdup_printf("drivers/%s/bind", drivers[i]), *unbind = g_strdup_printf("drivers/%s/unbind", drivers[i]);
        w->fds[2 * i] = makePipe(w, bind);
        w->fds[2 * i + 1] = makePipe(w, unbind);
    }
    w->fds[PIPES - 1] = makePipe(w, "drivers_probe");
    g_assert_cmpint(pipe(w->stop), ==, 0);
    w->thread = g_thread_new("kernel", kernelThread, w);
    w->folder = g_build_filename(w->tree->root, "run", NULL);
    w->devices = virHostdevsNew(w->tree->host, w->folder, &cardOps, LONG);
    memset(card, 0, sizeof(card));
    refuseSet = -1;
    return w;
}

static void worldFree(World *w)
{
    g_assert_cmpint(write(w->stop[1], "", 1), ==, 1);
    g_thread_join(w->thread);
    for (int i = 0; i < (int)PIPES; i++)
        close(w->fds[i]);
    close(w->stop[0]);
    close(w->stop[1]);
    virHostdevsFree(w->devices);
    virHostTreeFree(w->tree);
    g_free(w->folder);
    g_free(w);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, worldFree)

/* The process ends without a word and another one takes its place. */
static void crash(World *w)
{
    virHostdevsFree(w->devices);
    w->devices = virHostdevsNew(w->tree->host, w->folder, &cardOps, LONG);
}

static void bound(const World *w, const char *address, const char *driver)
{
    virHostPCIAddress a;
    g_autofree char *now = NULL;
    g_assert_true(virHostPCIAddressParse(address, &a));
    for (int i = 0; i < 400 && g_strcmp0(now, driver) != 0; i++) {      /* nobody waits for what a probe of the bus finds */
        g_clear_pointer(&now, g_free);
        g_assert_true(virHostPCIDriver(w->tree->host, &a, &now, NULL));
        g_usleep(i ? 5000 : 0);
    }
    g_assert_cmpstr(now, ==, driver);
}

static guint files(const World *w)
{
    g_autoptr(GDir) dir = g_dir_open(w->folder, 0, NULL);
    guint n = 0;
    while (dir && g_dir_read_name(dir))
        n++;
    return n;
}

static void said(GError **error, int code, const char *words)
{
    g_assert_nonnull(*error);
    if (virErrorCode(*error) != code || !strstr((*error)->message, words))
        g_error("%d \"%s\" is not in %d \"%s\"", code, words, virErrorCode(*error), (*error)->message);
    g_clear_error(error);
}

/* ---- guests ---- */

static virDomainDef *guest(const char *name)
{
    virDomainDef *def = virDomainDefNew();
    def->name = g_strdup(name);
    memset(def->uuid, 0, 16);
    memcpy(def->uuid, name, MIN(strlen(name), 16));
    return def;
}

static virPCIAddress modelAddress(const char *text)
{
    virHostPCIAddress a;
    g_assert_true(virHostPCIAddressParse(text, &a));
    return (virPCIAddress){ .domain = a.domain, .bus = a.bus, .slot = a.slot, .function = a.function };
}

static virDomainHostdevDef *addHostdev(virDomainDef *def, virDomainHostdevType type)
{
    virDomainHostdevDef *h = g_new0(virDomainHostdevDef, 1);
    h->mode = VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM;
    h->type = type;
    h->managed = VIR_TRISTATE_BOOL_YES;
    virListAppend(&def->hostdevs, h);
    return h;
}

static virDomainHostdevDef *addPCI(virDomainDef *def, const char *address, bool managed)
{
    virDomainHostdevDef *h = addHostdev(def, VIR_DOMAIN_HOSTDEV_TYPE_PCI);
    h->managed = managed ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_NO;
    h->pci = modelAddress(address);
    return h;
}

static virDomainNetDef *addNet(virDomainDef *def, const char *address, unsigned int vlan)
{
    virDomainNetDef *n = g_new0(virDomainNetDef, 1);
    n->type = VIR_DOMAIN_NET_TYPE_HOSTDEV;
    n->hostdevType = VIR_DOMAIN_HOSTDEV_TYPE_PCI;
    n->hostdevPci = modelAddress(address);
    n->managed = VIR_TRISTATE_BOOL_YES;
    n->mac = (virMac){ { 0x52, 0x54, 0, 1, 2, 3 } };
    n->trustGuestRxFilters = VIR_TRISTATE_BOOL_YES;
    if (vlan) {
        n->vlan = g_new0(virNetVlan, 1);
        virNetVlanTag *tag = g_new0(virNetVlanTag, 1);
        tag->id = vlan;
        virListAppend(&n->vlan->tags, tag);
    }
    virListAppend(&def->nets, n);
    return n;
}

static void taken(World *w, virDomainDef *def)
{
    g_autoptr(GError) error = NULL;
    virHostdevsPrepare(w->devices, &qemu, def, VIR_HOSTDEV_COLD, &error);
    g_assert_no_error(error);
}

static void refused(World *w, const virHostdevOwner *owner, virDomainDef *def, int code, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(virHostdevsPrepare(w->devices, owner, def, VIR_HOSTDEV_COLD, &error));
    said(&error, code, words);
}

/* ---- PCI ---- */

static void testManaged(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a"), b = guest("b");
    g_autofree char *driver = NULL, *name = NULL;
    virHostPCIAddress address;
    g_assert_true(virHostPCIAddressParse(VF0, &address));
    addPCI(a, VF0, true);
    addPCI(b, VF0, true);
    taken(w, a);
    bound(w, VF0, "vfio-pci");
    g_assert_cmpuint(files(w), ==, 1);
    g_assert_true(virHostdevsHolder(w->devices, &address, &driver, &name));
    g_assert_cmpstr(driver, ==, "QEMU");
    g_assert_cmpstr(name, ==, "a");
    refused(w, &lxc, b, VIR_ERR_OPERATION_INVALID, "PCI device " VF0 " is in use by driver QEMU, domain a");
    virHostdevsRelease(w->devices, &lxc, b->uuid, NULL);        /* who has nothing gives nothing */
    bound(w, VF0, "vfio-pci");
    virHostdevsRelease(w->devices, &qemu, a->uuid, NULL);
    bound(w, VF0, "igbvf");
    g_assert_cmpuint(files(w), ==, 0);
    taken(w, b);
    bound(w, VF0, "vfio-pci");
}

static void testUnmanaged(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a");
    addPCI(a, VF0, false);
    refused(w, &qemu, a, VIR_ERR_OPERATION_INVALID, "Unmanaged PCI device " VF0 " must be manually detached from the host");
    virHostTreeDriver(w->tree, VF0, "vfio-pci");
    taken(w, a);
    virHostdevsRelease(w->devices, &qemu, a->uuid, NULL);
    bound(w, VF0, "vfio-pci");
    g_assert_cmpint(g_atomic_int_get(&w->binds), ==, 0);
}

static void testVariant(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a");
    addPCI(a, VF0, true)->driverModel = g_strdup("mlx5_vfio_pci");
    taken(w, a);
    bound(w, VF0, "mlx5_vfio_pci");
    virHostdevsRelease(w->devices, &qemu, a->uuid, NULL);
    bound(w, VF0, "igbvf");
}

static void testGroup(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a"), b = guest("b"), both = guest("both");
    addPCI(a, NVME, true);
    refused(w, &qemu, a, VIR_ERR_OPERATION_INVALID, "group 4 is not viable, the host uses " NVME2 " (nvme)");
    bound(w, NVME, "nvme");
    addPCI(both, NVME, true);
    addPCI(both, NVME2, true);
    taken(w, both);
    bound(w, NVME2, "vfio-pci");
    virHostdevsRelease(w->devices, &qemu, both->uuid, NULL);
    bound(w, NVME, "nvme");
    bound(w, NVME2, "nvme");
    virHostTreeDriver(w->tree, NVME2, "vfio-pci");              /* of no use to anybody: it is not in the way */
    taken(w, a);
    addPCI(b, NVME2, false);
    refused(w, &qemu, b, VIR_ERR_OPERATION_INVALID, "group 4 is not viable, device " NVME " of it is in use by driver QEMU, domain a");
}

static void testFunctions(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a"), b = guest("b");
    addPCI(a, VF1, true);
    addPCI(b, PF, true);
    taken(w, a);
    refused(w, &qemu, b, VIR_ERR_OPERATION_INVALID, "its virtual function " VF1 " is in use by driver QEMU, domain a");
    bound(w, PF, "igb");
}

/* All or nothing: the first is given back when the second is not to be had. */
static void testRollback(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a"), b = guest("b");
    addPCI(b, VF1, true);
    taken(w, b);
    addPCI(a, VF0, true);
    addPCI(a, VF1, true);
    refused(w, &qemu, a, VIR_ERR_OPERATION_INVALID, "PCI device " VF1 " is in use");
    bound(w, VF0, "igbvf");
    virHostdevsRelease(w->devices, &qemu, b->uuid, NULL);
    virHostdevsFree(w->devices);
    w->devices = virHostdevsNew(w->tree->host, w->folder, &cardOps, 200);
    g_atomic_int_set(&w->refuseVfio, 1);
    refused(w, &qemu, a, VIR_ERR_SYSTEM_ERROR, "Failed to bind PCI device '" VF0 "' to vfio-pci");
    bound(w, VF0, "igbvf");
    bound(w, VF1, "igbvf");
    g_assert_cmpuint(files(w), ==, 0);
    g_atomic_int_set(&w->refuseVfio, 0);
    taken(w, a);
}

static void testMissing(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a");
    addPCI(a, VF0, true);
    addPCI(a, "0000:09:00.0", true);
    refused(w, &qemu, a, VIR_ERR_SYSTEM_ERROR, "0000:09:00.0");
    bound(w, VF0, "igbvf");
}

/* What is plugged into a running guest, and out of it. */
static void testHotplug(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a"), more = guest("a");
    addPCI(a, VF0, true);
    taken(w, a);
    addPCI(more, VF0, true);
    addPCI(more, VF1, true);
    taken(w, more);
    bound(w, VF1, "vfio-pci");
    addNet(more, VF1, 0);
    refused(w, &qemu, more, VIR_ERR_OPERATION_INVALID, "PCI device " VF1 " is in use by driver QEMU, domain a");
    bound(w, VF1, "vfio-pci");
    virHostdevsRelease(w->devices, &qemu, a->uuid, a);
    bound(w, VF1, "igbvf");
    bound(w, VF0, "vfio-pci");
    virHostdevsRelease(w->devices, &qemu, a->uuid, NULL);
    bound(w, VF0, "igbvf");
}

/* ---- interfaces ---- */

static void testInterface(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a"), b = guest("b");
    const unsigned char before[6] = { 2, 0, 0, 0, 0, 9 };
    memcpy(card[0].mac, before, 6);
    card[0].vlan = 7;
    virDomainNetDef *net = addNet(a, VF0, 42);
    taken(w, a);
    bound(w, VF0, "vfio-pci");
    g_assert_cmpmem(card[0].mac, 6, net->mac.b, 6);
    g_assert_cmpuint(card[0].vlan, ==, 42);
    g_assert_true(card[0].trust);
    virHostdevsRelease(w->devices, &qemu, a->uuid, NULL);
    bound(w, VF0, "igbvf");
    g_assert_cmpmem(card[0].mac, 6, before, 6);
    g_assert_cmpuint(card[0].vlan, ==, 7);
    g_assert_false(card[0].trust);
    addNet(b, PF, 0);
    refused(w, &qemu, b, VIR_ERR_CONFIG_UNSUPPORTED, "SR-IOV Virtual Functions only");
    refuseSet = 0;
    refused(w, &qemu, a, VIR_ERR_SYSTEM_ERROR, "the card says no");
    bound(w, VF0, "igbvf");
    g_assert_cmpuint(files(w), ==, 0);
}

static void testTrunk(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a");
    addNet(a, VF0, 42)->vlan->trunk = VIR_TRISTATE_BOOL_YES;
    refused(w, &qemu, a, VIR_ERR_CONFIG_UNSUPPORTED, "vlan trunking");
}

/* ---- crashes ---- */

static void testCrash(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) dead = guest("dead"), alive = guest("alive"), other = guest("other");
    const unsigned char before[6] = { 2, 0, 0, 0, 0, 9 };
    memcpy(card[0].mac, before, 6);
    addNet(dead, VF0, 42);
    addPCI(alive, VF1, true);
    taken(w, dead);
    taken(w, alive);
    crash(w);
    virHostdevsReclaim(w->devices, &qemu, alive);
    virHostdevsRecover(w->devices, &lxc);                       /* whose it is not */
    bound(w, VF0, "vfio-pci");
    virHostdevsRecover(w->devices, &qemu);
    bound(w, VF0, "igbvf");
    g_assert_cmpmem(card[0].mac, 6, before, 6);
    g_assert_cmpuint(card[0].vlan, ==, 0);
    bound(w, VF1, "vfio-pci");
    addPCI(other, VF1, true);
    refused(w, &qemu, other, VIR_ERR_OPERATION_INVALID, "in use by driver QEMU, domain alive");
    virHostdevsRelease(w->devices, &qemu, alive->uuid, NULL);
    bound(w, VF1, "igbvf");
    g_assert_cmpuint(files(w), ==, 0);
}

/* Another process of the host has it: its file says so. */
static void testOtherProcess(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a"), b = guest("b");
    g_autoptr(virHostdevs) second = virHostdevsNew(w->tree->host, w->folder, &cardOps, LONG);
    g_autoptr(GError) error = NULL;
    static const virHostdevOwner embed = { "qemu:///embed?root=/x", "QEMU" };
    addPCI(a, VF0, true);
    addPCI(b, VF0, true);
    taken(w, a);
    g_assert_false(virHostdevsPrepare(second, &embed, b, 0, &error));
    said(&error, VIR_ERR_OPERATION_INVALID, "in use by driver QEMU, domain a");
    virHostdevsRecover(second, &embed);
    bound(w, VF0, "vfio-pci");
    g_assert_cmpuint(files(w), ==, 1);
}

/* Without its file nobody knows what it was: the kernel chooses. */
static void testNoFile(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a");
    addPCI(a, VF0, true);
    taken(w, a);
    g_autofree char *file = g_build_filename(w->folder, VF0 ".device", NULL);
    g_assert_cmpint(unlink(file), ==, 0);
    crash(w);
    virHostdevsReclaim(w->devices, &qemu, a);
    virHostdevsRelease(w->devices, &qemu, a->uuid, NULL);
    bound(w, VF0, "igbvf");
}

/* ---- USB, SCSI, mediated ---- */

static void plug(World *w, const char *name, unsigned int bus, unsigned int number, unsigned int vendor, unsigned int product)
{
    const struct { const char *file; const char *format; unsigned int value; } all[] = {
        { "busnum", "%u\n", bus }, { "devnum", "%u\n", number }, { "idVendor", "%04x\n", vendor }, { "idProduct", "%04x\n", product },
    };
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        g_autofree char *path = g_strdup_printf("bus/usb/devices/%s/%s", name, all[i].file);
        char text[16];
        snprintf(text, sizeof(text), i < 2 ? "%u\n" : "%04x\n", all[i].value);
        virHostTreeFile(w->tree, path, text);
    }
    g_autofree char *port = g_strdup_printf("bus/usb/devices/%s/devpath", name);
    virHostTreeFile(w->tree, port, strchr(name, '-') + 1);
}

static virDomainHostdevDef *addUSB(virDomainDef *def, unsigned int vendor, unsigned int product)
{
    virDomainHostdevDef *h = addHostdev(def, VIR_DOMAIN_HOSTDEV_TYPE_USB);
    h->hasVendor = vendor != 0;
    h->vendor = vendor;
    h->product = product;
    return h;
}

static void testUSB(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a"), b = guest("b"), c = guest("c"), d = guest("d");
    plug(w, "1-1", 1, 4, 0x046d, 0xc016);
    plug(w, "1-2", 1, 5, 0x1234, 0x0001);
    plug(w, "2-1.4", 2, 5, 0x1234, 0x0001);
    virDomainHostdevDef *mouse = addUSB(a, 0x046d, 0xc016);
    taken(w, a);
    g_assert_true(mouse->hasUsbAddress && mouse->usbBus == 1 && mouse->usbDevice == 4);
    virDomainHostdevDef *h = addUSB(b, 0, 0);
    h->hasUsbAddress = true;
    h->usbBus = 1;
    h->usbDevice = 4;
    refused(w, &qemu, b, VIR_ERR_OPERATION_INVALID, "USB device 001:004 is in use by driver QEMU, domain a");
    h = addUSB(c, 0x1234, 1);
    refused(w, &qemu, c, VIR_ERR_OPERATION_FAILED, "Multiple USB devices for 1234:1 were found, please use <address> to specify one");
    h->usbPort = g_strdup("1.4");
    taken(w, c);
    g_assert_true(h->usbBus == 2 && h->usbDevice == 5);
    h = addUSB(d, 0x9999, 0x1);
    refused(w, &qemu, d, VIR_ERR_INTERNAL_ERROR, "Did not find USB device 9999:1");
    h->startupPolicy = VIR_DOMAIN_STARTUP_POLICY_REQUISITE;
    refused(w, &qemu, d, VIR_ERR_INTERNAL_ERROR, "Did not find USB device 9999:1");
    h->startupPolicy = VIR_DOMAIN_STARTUP_POLICY_OPTIONAL;
    taken(w, d);
    g_assert_cmpint(h->missing, ==, VIR_TRISTATE_BOOL_YES);
}

static void testSCSI(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a"), b = guest("b");
    virDomainHostdevDef *x = addHostdev(a, VIR_DOMAIN_HOSTDEV_TYPE_SCSI), *y = addHostdev(b, VIR_DOMAIN_HOSTDEV_TYPE_SCSI);
    x->adapter = g_strdup("scsi_host3");
    y->adapter = g_strdup("scsi_host3");
    taken(w, a);
    refused(w, &qemu, b, VIR_ERR_OPERATION_INVALID, "SCSI device 3:0:0:0 is already in use by driver QEMU, domain a");
    virHostdevsRelease(w->devices, &qemu, a->uuid, NULL);
    x->shareable = y->shareable = true;
    taken(w, a);
    taken(w, b);
}

static void testMdev(void)
{
    g_autoptr(World) w = worldNew();
    g_autoptr(virDomainDef) a = guest("a"), b = guest("b");
    static const char uuid[] = "c7a5fdbd-edaf-9455-926a-d65c16db1809";
    virDomainHostdevDef *x = addHostdev(a, VIR_DOMAIN_HOSTDEV_TYPE_MDEV), *y = addHostdev(b, VIR_DOMAIN_HOSTDEV_TYPE_MDEV);
    x->model = y->model = VIR_DOMAIN_HOSTDEV_MODEL_VFIO_PCI;
    g_assert_true(virUUIDParse(uuid, x->mdevUuid) && virUUIDParse(uuid, y->mdevUuid));
    refused(w, &qemu, a, VIR_ERR_DEVICE_MISSING, "mediated device 'c7a5fdbd-edaf-9455-926a-d65c16db1809' not found");
    virHostTreeFile(w->tree, "bus/mdev/devices/c7a5fdbd-edaf-9455-926a-d65c16db1809/mdev_type/device_api", "vfio-ccw\n");
    refused(w, &qemu, a, VIR_ERR_CONFIG_UNSUPPORTED, "device only supports 'vfio-ccw'");
    virHostTreeFile(w->tree, "bus/mdev/devices/c7a5fdbd-edaf-9455-926a-d65c16db1809/mdev_type/device_api", "vfio-pci\n");
    taken(w, a);
    refused(w, &qemu, b, VIR_ERR_OPERATION_INVALID, "mediated device c7a5fdbd-edaf-9455-926a-d65c16db1809 is in use by driver QEMU, domain a");
}

int main(int argc, char **argv)
{
    static const struct { const char *path; void (*test)(void); } all[] = {
        { "/pci/managed", testManaged },       { "/pci/unmanaged", testUnmanaged },   { "/pci/variant", testVariant },
        { "/pci/group", testGroup },           { "/pci/functions", testFunctions },   { "/pci/rollback", testRollback },
        { "/pci/missing", testMissing },       { "/pci/hotplug", testHotplug },       { "/interface/settings", testInterface },
        { "/interface/trunk", testTrunk },     { "/crash/recover", testCrash },       { "/crash/other-process", testOtherProcess },
        { "/crash/no-file", testNoFile },      { "/usb", testUSB },                   { "/scsi", testSCSI },
        { "/mdev", testMdev },
    };
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(all); i++)
        g_test_add_func(all[i].path, all[i].test);
    return g_test_run();
}
