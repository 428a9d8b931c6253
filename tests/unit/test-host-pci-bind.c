/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drivers and reset of PCI devices, over a tree of files and a thread that plays the kernel. */
#include "hosttree.h"
#include "base/error.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NIC "0000:02:00.0"
#define DEVICE "bus/pci/devices/" NIC
enum { LONG = 10000, SHORT = 150 };

static void said(GError **error, int code, const char *words)
{
    g_assert_nonnull(*error);
    g_assert_cmpint(virErrorCode(*error), ==, code);
    if (!strstr((*error)->message, words))
        g_error("\"%s\" is not in \"%s\"", words, (*error)->message);
}

/* ---- the kernel: pipes in place of the files that it acts upon ---- */

static const char *const pipes[] = {
    "drivers/igb/unbind", "drivers/igb/bind", "drivers/vfio-pci/unbind", "drivers/vfio-pci/bind", "drivers_probe",
};
typedef struct {
    virHostTree *tree;
    virHostPCIAddress address;
    int fds[G_N_ELEMENTS(pipes)];
    int stop[2];
    GThread *thread;
    const char *natural;        /* the driver that it chooses itself */
    int refuse;                 /* acts on nothing that comes through this pipe */
    bool vanish;                /* the device goes when it is unbound */
    guint asked;                /* atomic */
} Kernel;

static void bindDevice(const Kernel *k, const char *driver)
{
    g_autofree char *path = virHostTreePath(k->tree, DEVICE "/driver_override"), *override = NULL;
    g_assert_true(g_file_get_contents(path, &override, NULL, NULL));
    g_strstrip(override);
    bool set = *override && !g_str_equal(override, "(null)");
    const char *want = set ? override : driver ? driver : k->natural;
    if (driver && !g_str_equal(want, driver))
        return;                 /* it does not match */
    if (want)
        virHostTreeDriver(k->tree, NIC, want);
}

static gpointer kernelThread(gpointer data)
{
    Kernel *k = data;
    struct pollfd polls[G_N_ELEMENTS(pipes) + 1];
    for (gsize i = 0; i < G_N_ELEMENTS(pipes); i++)
        polls[i] = (struct pollfd){ k->fds[i], POLLIN, 0 };
    polls[G_N_ELEMENTS(pipes)] = (struct pollfd){ k->stop[0], POLLIN, 0 };
    while (poll(polls, G_N_ELEMENTS(polls), -1) >= 0 && !polls[G_N_ELEMENTS(pipes)].revents)
        for (int i = 0; i < (int)G_N_ELEMENTS(pipes); i++) {
            char text[64] = "";
            if (!(polls[i].revents & POLLIN) || read(k->fds[i], text, sizeof(text) - 1) <= 0)
                continue;
            g_assert_cmpstr(text, ==, NIC);
            g_atomic_int_inc(&k->asked);
            if (i == k->refuse)
                continue;
            if (k->vanish)
                virHostTreeRemove(k->tree, "devices/pci0000:00/" NIC);
            else if (g_str_has_suffix(pipes[i], "/unbind"))
                virHostTreeRemove(k->tree, DEVICE "/driver");
            else
                bindDevice(k, i == 1 ? "igb" : i == 3 ? "vfio-pci" : NULL);
        }
    return NULL;
}

static Kernel *kernelNew(const char *driver)
{
    Kernel *k = g_new0(Kernel, 1);
    k->tree = virHostTreeNew();
    k->refuse = -1;
    k->natural = "igb";
    k->address = virHostTreeDevice(k->tree, "pci0000:00/" NIC);
    for (gsize i = 0; i < G_N_ELEMENTS(pipes); i++) {
        g_autofree char *path = virHostTreePath(k->tree, "bus/pci/%s", pipes[i]), *dir = g_path_get_dirname(path);
        g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
        g_assert_cmpint(mkfifo(path, 0644), ==, 0);
        k->fds[i] = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        g_assert_cmpint(k->fds[i], >=, 0);
    }
    if (driver)
        virHostTreeDriver(k->tree, NIC, driver);
    g_assert_cmpint(pipe(k->stop), ==, 0);
    k->thread = g_thread_new("kernel", kernelThread, k);
    return k;
}

static void kernelFree(Kernel *k)
{
    g_assert_cmpint(write(k->stop[1], "", 1), ==, 1);
    g_thread_join(k->thread);
    for (gsize i = 0; i < G_N_ELEMENTS(pipes); i++)
        close(k->fds[i]);
    close(k->stop[0]);
    close(k->stop[1]);
    virHostTreeFree(k->tree);
    g_free(k);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kernel, kernelFree)

static void expect(const Kernel *k, const char *driver, const char *override)
{
    g_autofree char *now = NULL, *path = virHostTreePath(k->tree, DEVICE "/driver_override"), *text = NULL;
    g_assert_true(virHostPCIDriver(k->tree->host, &k->address, &now, NULL));
    g_assert_cmpstr(now, ==, driver);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_strstrip(text);
    g_assert_cmpstr(g_str_equal(text, "(null)") ? "" : text, ==, override);
}

static bool take(const Kernel *k, virHostPCIBinding **before, int timeout, GError **error)
{
    return virHostPCIBind(k->tree->host, &k->address, "vfio-pci", timeout, before, error);
}

/* ---- drivers ---- */

static void testTakeAndRestore(void)
{
    static const char *const drivers[] = { "igb", NULL };
    for (gsize i = 0; i < G_N_ELEMENTS(drivers); i++) {
        g_autoptr(Kernel) k = kernelNew(drivers[i]);
        g_autoptr(virHostPCIBinding) before = NULL, again = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_true(take(k, &before, LONG, &error));
        expect(k, "vfio-pci", "vfio-pci");
        g_assert_cmpstr(before->driver, ==, drivers[i]);
        g_assert_null(before->driverOverride);
        guint asked = g_atomic_int_get(&k->asked);
        g_assert_true(take(k, &again, LONG, &error));           /* it is there already */
        g_assert_cmpuint(g_atomic_int_get(&k->asked), ==, asked);
        g_assert_cmpstr(again->driver, ==, "vfio-pci");
        g_assert_true(virHostPCIRestore(k->tree->host, before, LONG, &error));
        expect(k, drivers[i], "");
        asked = g_atomic_int_get(&k->asked);
        g_assert_true(virHostPCIRestore(k->tree->host, before, LONG, &error));
        g_assert_cmpuint(g_atomic_int_get(&k->asked), ==, asked);
        g_assert_no_error(error);
    }
}

static void testOverrideKept(void)
{
    g_autoptr(Kernel) k = kernelNew("igb");
    g_autoptr(virHostPCIBinding) before = NULL;
    g_autoptr(GError) error = NULL;
    virHostTreeFile(k->tree, DEVICE "/driver_override", "igb\n");
    g_assert_true(take(k, &before, LONG, &error));
    g_assert_cmpstr(before->driverOverride, ==, "igb");
    g_assert_true(virHostPCIRestore(k->tree->host, before, LONG, &error));
    expect(k, "igb", "igb");
}

/* Bound by hand, without an override: nothing is to be done, and nothing is. */
static void testThereAlready(void)
{
    g_autoptr(Kernel) k = kernelNew("vfio-pci");
    g_autoptr(GError) error = NULL;
    g_assert_true(take(k, NULL, LONG, &error));
    expect(k, "vfio-pci", "");
    g_assert_cmpuint(g_atomic_int_get(&k->asked), ==, 0);
}

static void testReprobe(void)
{
    g_autoptr(Kernel) k = kernelNew("vfio-pci");
    g_autoptr(GError) error = NULL;
    virHostTreeFile(k->tree, DEVICE "/driver_override", "vfio-pci\n");
    g_assert_true(virHostPCIReprobe(k->tree->host, &k->address, LONG, &error));
    g_autofree char *now = NULL;
    for (int i = 0; i < 2000 && !now; i++, g_usleep(5000))      /* our kernel takes a moment, the true one does not */
        g_assert_true(virHostPCIDriver(k->tree->host, &k->address, &now, &error));
    expect(k, "igb", "");
    guint asked = g_atomic_int_get(&k->asked);
    g_assert_true(virHostPCIReprobe(k->tree->host, &k->address, LONG, &error));     /* the host has it already */
    g_assert_cmpuint(g_atomic_int_get(&k->asked), ==, asked);
    virHostTreeFile(k->tree, DEVICE "/driver_override", "vfio-pci\n");
    virHostTreeDriver(k->tree, NIC, "vfio-pci");
    virHostTreeLink(k->tree, "bus/pci/drivers_probe", "/dev/full");
    g_assert_false(virHostPCIReprobe(k->tree->host, &k->address, LONG, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "Failed to trigger a re-probe for PCI device '0000:02:00.0': No space left on device");
    expect(k, "vfio-pci", "vfio-pci");
}

static void testRefused(void)
{
    g_autoptr(Kernel) k = kernelNew("igb");
    g_autoptr(virHostPCIBinding) before = NULL;
    g_autoptr(GError) error = NULL;
    virHostTreeLink(k->tree, "bus/pci/drivers/vfio-pci/bind", "/dev/full");
    g_assert_false(take(k, &before, LONG, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "Failed to bind PCI device '0000:02:00.0' to vfio-pci: No space left on device");
    g_assert_null(strstr(error->message, "giving it back"));
    g_assert_null(before);
    expect(k, "igb", "");
}

static void testUnbindRefused(void)
{
    g_autoptr(Kernel) k = kernelNew("igb");
    g_autoptr(GError) error = NULL;
    virHostTreeLink(k->tree, "bus/pci/drivers/igb/unbind", "/dev/full");
    g_assert_false(take(k, NULL, LONG, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "Failed to unbind PCI device '0000:02:00.0' from igb: No space left on device");
    expect(k, "igb", "");
}

static void testBackRefused(void)
{
    g_autoptr(Kernel) k = kernelNew("igb");
    g_autoptr(GError) error = NULL;
    virHostTreeLink(k->tree, "bus/pci/drivers/vfio-pci/bind", "/dev/full");
    virHostTreeLink(k->tree, "bus/pci/drivers/igb/bind", "/dev/full");
    g_assert_false(take(k, NULL, LONG, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "giving it back failed too: Failed to bind PCI device '0000:02:00.0' to igb");
    expect(k, NULL, "");
}

static void testIgnored(void)
{
    g_autoptr(Kernel) k = kernelNew("igb");
    g_autoptr(GError) error = NULL;
    k->refuse = 3;                                              /* it takes the request, and nothing comes of it */
    gint64 start = g_get_monotonic_time();
    g_assert_false(take(k, NULL, SHORT, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "Failed to bind PCI device '0000:02:00.0' to vfio-pci: Connection timed out");
    g_assert_cmpint(g_get_monotonic_time() - start, >=, SHORT * 1000);
    expect(k, "igb", "");
}

static void testStuck(void)
{
    g_autoptr(Kernel) k = kernelNew("igb");
    g_autoptr(GError) error = NULL;
    g_autofree char *path = virHostTreePath(k->tree, "bus/pci/drivers/igb/unbind");
    unlink(path);
    g_assert_cmpint(mkfifo(path, 0644), ==, 0);                 /* opening it waits until there is a reader */
    gint64 start = g_get_monotonic_time();
    g_assert_false(take(k, NULL, SHORT, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR,
         "Failed to unbind PCI device '0000:02:00.0' from igb: Connection timed out; the kernel is still at it");
    g_assert_cmpint(g_get_monotonic_time() - start, <, LONG * 1000);
    g_auto(virFd) fd = open(path, O_RDONLY | O_CLOEXEC);        /* lets the writer go */
    char text[64] = "";
    g_assert_cmpint(read(fd, text, sizeof(text) - 1), ==, (int)strlen(NIC));
}

static void testVanished(void)
{
    g_autoptr(Kernel) k = kernelNew("igb");
    g_autoptr(GError) error = NULL;
    k->vanish = true;
    g_assert_false(take(k, NULL, LONG, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "0000:02:00.0");
    said(&error, VIR_ERR_SYSTEM_ERROR, "No such file or directory");
    g_clear_error(&error);
    g_assert_false(take(k, NULL, LONG, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "Device 0000:02:00.0 not found");
    g_clear_error(&error);
    g_assert_false(virHostPCIRestore(k->tree->host, &(virHostPCIBinding){ .address = k->address }, LONG, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "Device 0000:02:00.0 not found");
}

static void testDriverNames(void)
{
    static const char *const names[] = { "", "..", ".", "../../x", "vfio-pci/..", "-r", "vfio\n" };
    g_autoptr(Kernel) k = kernelNew("igb");
    g_autoptr(GError) error = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_false(virHostPCIBind(k->tree->host, &k->address, names[i], LONG, NULL, &error));
        said(&error, VIR_ERR_INVALID_ARG, "invalid name");
        g_clear_error(&error);
    }
    g_assert_false(virHostPCIBind(k->tree->host, &k->address, "no-such", LONG, NULL, &error));
    said(&error, VIR_ERR_INTERNAL_ERROR, "Failed to load PCI driver module no-such");
    expect(k, "igb", "");
    g_assert_cmpuint(g_atomic_int_get(&k->asked), ==, 0);
}

/* A file that takes nothing more. */
static const char aliases[] =
    "# Aliases extracted from modules themselves.\n"
    "alias pci:v00008086d00001521sv*sd*bc*sc*i* igb\n"
    "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
    "alias vfio_pci:v00008086d*sv*sd*bc*sc*i* makers_vfio_pci\n"
    "alias vfio_pci:v00008086d00001521sv*sd*bc*sc*i* cards_vfio_pci\n"
    "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci\n"
    "alias vfio_pci:v00008086d00001521\n";

static void chosen(Kernel *k, const char *modalias, const char *module)
{
    virHostTreeFile(k->tree, DEVICE "/modalias", modalias);
    g_autofree char *found = virHostPCIVariantModule(k->tree->host, &k->address);
    g_assert_cmpstr(found, ==, module);
}

static void testVariant(void)
{
    Kernel *k = kernelNew("igb");
    g_autoptr(GError) error = NULL;
    g_autofree char *now = NULL, *then = NULL;
    g_assert_null(virHostPCIVariantModule(k->tree->host, &k->address));         /* there are no lists */
    g_assert_cmpint(g_mkdir_with_parents(k->tree->host->modules, 0755), ==, 0);
    g_autofree char *list = g_build_filename(k->tree->host->modules, "modules.alias", NULL);
    g_assert_true(g_file_set_contents(list, aliases, -1, NULL));
    chosen(k, "pci:v00008086d00001521sv00008086sd00000001bc02sc00i00\n", "cards_vfio_pci");
    chosen(k, "pci:v00008086d00009999sv00008086sd00000001bc02sc00i00\n", "makers_vfio_pci");
    chosen(k, "pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00i00\n", NULL);
    chosen(k, "usb:v1D6Bp0002\n", NULL);

    /* Its driver cannot be had: vfio-pci does. */
    chosen(k, "pci:v000015B3d0000101Esv000015B3sd00000000bc02sc00i00\n", "mlx5_vfio_pci");
    g_assert_true(virHostPCIBindVfio(k->tree->host, &k->address, LONG, &error));
    g_assert_true(virHostPCIDriver(k->tree->host, &k->address, &now, &error));
    g_assert_cmpstr(now, ==, "vfio-pci");

    /* A module's driver may have another name; here that of one which the kernel of this test knows. */
    virHostTreeFile(k->tree, "module/mlx5_vfio_pci/drivers/pci:igb", "");
    g_assert_true(virHostPCIBindVfio(k->tree->host, &k->address, LONG, &error));
    g_assert_true(virHostPCIDriver(k->tree->host, &k->address, &then, &error));
    g_assert_cmpstr(then, ==, "igb");
    kernelFree(k);
}

static void testUnwritable(void)
{
    g_autoptr(Kernel) k = kernelNew("igb");
    g_autoptr(GError) error = NULL;
    struct rlimit old, none;
    getrlimit(RLIMIT_FSIZE, &old);
    none = old;
    none.rlim_cur = 0;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &none);
    bool taken = take(k, NULL, LONG, &error);
    setrlimit(RLIMIT_FSIZE, &old);
    g_assert_false(taken);
    said(&error, VIR_ERR_SYSTEM_ERROR,
         "Failed to add driver 'vfio-pci' to driver_override interface of PCI device '0000:02:00.0': File too large");
    expect(k, "igb", "");
    g_assert_cmpuint(g_atomic_int_get(&k->asked), ==, 0);
}

/* ---- reset ---- */

typedef struct { virHostTree *tree; virHostPCIAddress one, two; GArray *ours; } Bus;

/* A bridge with a card of two functions behind it. */
static Bus *busNew(void)
{
    Bus *b = g_new0(Bus, 1);
    b->tree = virHostTreeNew();
    virHostTreeDevice(b->tree, "pci0000:00/0000:00:01.0");
    virHostTreeConfig(b->tree, "0000:00:01.0", 0x0e, "\1", 1);
    virHostTreeConfig(b->tree, "0000:00:01.0", 0x3e, "\3\0", 2);
    virHostTreeDevice(b->tree, "pci0000:00/0000:00:02.0");
    b->one = virHostTreeDevice(b->tree, "pci0000:00/0000:00:01.0/0000:01:00.0");
    b->two = virHostTreeDevice(b->tree, "pci0000:00/0000:00:01.0/0000:01:00.1");
    b->ours = g_array_new(FALSE, FALSE, sizeof(virHostPCIAddress));
    g_array_append_val(b->ours, b->two);
    virHostTreeConfig(b->tree, "0000:01:00.0", 4, "\6\1\0\0", 4);
    virHostTreeConfig(b->tree, "0000:01:00.0", 0x10, "\0\0\0\xfe", 4);
    return b;
}

static void busFree(Bus *b)
{
    virHostTreeFree(b->tree);
    g_array_unref(b->ours);
    g_free(b);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bus, busFree)

static char *content(const Bus *b, const char *path)
{
    g_autofree char *full = virHostTreePath(b->tree, "bus/pci/devices/%s", path);
    char *text = NULL;
    return g_file_get_contents(full, &text, NULL, NULL) ? text : NULL;
}

static void testResetByKernel(void)
{
    g_autoptr(Bus) b = busNew();
    g_autoptr(GError) error = NULL;
    virHostTreeFile(b->tree, "bus/pci/devices/0000:01:00.0/reset", "");
    virHostTreeDriver(b->tree, "0000:01:00.0", "igb");
    g_assert_false(virHostPCIReset(b->tree->host, &b->one, NULL, LONG, &error));
    said(&error, VIR_ERR_OPERATION_INVALID, "PCI device 0000:01:00.0 is in use by the host's driver igb");
    g_clear_error(&error);
    g_autofree char *used = content(b, "0000:01:00.0/reset");
    g_assert_cmpstr(used, ==, "");
    virHostTreeDriver(b->tree, "0000:01:00.0", "vfio-pci");
    g_assert_true(virHostPCIReset(b->tree->host, &b->one, NULL, LONG, &error));
    g_autofree char *guests = content(b, "0000:01:00.0/reset");
    g_assert_cmpstr(guests, ==, "");
    virHostTreeRemove(b->tree, "bus/pci/devices/0000:01:00.0/driver");
    g_assert_true(virHostPCIReset(b->tree->host, &b->one, NULL, LONG, &error));
    g_autofree char *done = content(b, "0000:01:00.0/reset");
    g_assert_cmpstr(done, ==, "1");
}

static void testResetRefused(void)
{
    g_autoptr(Bus) b = busNew();
    g_autoptr(GError) error = NULL;
    virHostPCIAddress root = { .slot = 2 }, missing = { .slot = 3 };
    g_assert_false(virHostPCIReset(b->tree->host, &missing, NULL, LONG, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "Device 0000:00:03.0 not found");
    g_clear_error(&error);
    g_assert_false(virHostPCIReset(b->tree->host, &root, NULL, LONG, &error));
    said(&error, VIR_ERR_INTERNAL_ERROR, "Unable to reset PCI device 0000:00:02.0: no FLR, PM reset or bus reset available");
    g_clear_error(&error);
    virHostTreeLink(b->tree, "bus/pci/devices/0000:00:02.0/reset", "/dev/full");
    g_assert_false(virHostPCIReset(b->tree->host, &root, NULL, LONG, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "no FLR, PM reset or bus reset available): No space left on device");
    g_clear_error(&error);
    g_autofree char *path = virHostTreePath(b->tree, "bus/pci/devices/0000:01:00.0/reset");
    g_assert_cmpint(mkfifo(path, 0644), ==, 0);
    g_assert_false(virHostPCIReset(b->tree->host, &b->one, b->ours, SHORT, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "Unable to reset PCI device 0000:01:00.0: Connection timed out");
    g_auto(virFd) fd = open(path, O_RDONLY | O_CLOEXEC);        /* lets the writer go */
    char text[8] = "";
    g_assert_cmpint(read(fd, text, sizeof(text)), ==, 1);
}

static void testBusNotOurs(void)
{
    g_autoptr(Bus) b = busNew();
    g_autoptr(GError) error = NULL;
    g_assert_false(virHostPCIReset(b->tree->host, &b->one, NULL, LONG, &error));
    said(&error, VIR_ERR_INTERNAL_ERROR, "Active 0000:01:00.1 devices on bus with 0000:01:00.0, not doing bus reset");
    g_clear_error(&error);
    virHostTreeDriver(b->tree, "0000:01:00.1", "igb");
    g_assert_false(virHostPCIReset(b->tree->host, &b->one, b->ours, LONG, &error));
    said(&error, VIR_ERR_INTERNAL_ERROR, "Active 0000:01:00.1 devices");
    g_clear_error(&error);
    virHostTreeRemove(b->tree, "bus/pci/devices/0000:01:00.1/driver");
    char header[64] = "\x86\x80";
    virHostTreeBytes(b->tree, "bus/pci/devices/0000:01:00.1/config", header, sizeof(header));
    g_assert_false(virHostPCIReset(b->tree->host, &b->one, b->ours, LONG, &error));
    said(&error, VIR_ERR_INTERNAL_ERROR, "config space of PCI device 0000:01:00.1 cannot be saved");
    virHostTreeLink(b->tree, "bus/pci/devices/0000:01:00.1/physfn", "bus/pci/devices/0000:01:00.0");
    g_clear_error(&error);
    g_assert_false(virHostPCIReset(b->tree->host, &b->two, b->ours, LONG, &error));
    said(&error, VIR_ERR_INTERNAL_ERROR, "Unable to reset PCI device 0000:01:00.1: no FLR");
}

/* What the hardware does when the bridge's bit is set: the device forgets its registers, and answers no more if it is `dead`. */
typedef struct { const Bus *bus; bool dead; int seen; int stop; } Hardware;

static gpointer hardwareThread(gpointer data)
{
    Hardware *h = data;
    while (!g_atomic_int_get(&h->stop) && !h->seen) {
        g_autofree char *config = content(h->bus, "0000:00:01.0/config");
        if (config[0x3e] == 0x43) {
            virHostTreeConfig(h->bus->tree, "0000:01:00.0", 4, "\0\0", 2);
            virHostTreeConfig(h->bus->tree, "0000:01:00.0", 0x10, "\0\0\0\0", 4);
            if (h->dead)
                virHostTreeConfig(h->bus->tree, "0000:01:00.0", 0, "\xff\xff", 2);
            h->seen = 1;
        }
        g_usleep(1000);
    }
    return NULL;
}

static void testBusReset(gconstpointer dead)
{
    g_autoptr(Bus) b = busNew();
    g_autoptr(GError) error = NULL;
    g_autofree char *before = content(b, "0000:01:00.0/config"), *bridgeBefore = content(b, "0000:00:01.0/config");
    Hardware hardware = { .bus = b, .dead = dead != NULL };
    GThread *thread = g_thread_new("hardware", hardwareThread, &hardware);
    bool ok = virHostPCIReset(b->tree->host, &b->one, b->ours, SHORT, &error);
    g_atomic_int_set(&hardware.stop, 1);
    g_thread_join(thread);
    g_assert_true(hardware.seen);
    g_autofree char *after = content(b, "0000:01:00.0/config"), *bridgeAfter = content(b, "0000:00:01.0/config");
    g_assert_cmpmem(bridgeBefore, 4096, bridgeAfter, 4096);
    g_assert_cmpint(ok, ==, !dead);
    if (dead) {
        said(&error, VIR_ERR_SYSTEM_ERROR, "PCI device 0000:01:00.0 does not answer after a bus reset");
        return;
    }
    g_assert_no_error(error);
    g_assert_cmpmem(before, 4096, after, 4096);
}

static void testBusByKernel(void)
{
    g_autoptr(Bus) b = busNew();
    g_autoptr(GError) error = NULL;
    virHostTreeFile(b->tree, "bus/pci/devices/0000:00:01.0/reset_subordinate", "");
    g_assert_true(virHostPCIReset(b->tree->host, &b->one, b->ours, LONG, &error));
    g_autofree char *written = content(b, "0000:00:01.0/reset_subordinate");
    g_assert_cmpstr(written, ==, "1");
    virHostTreeLink(b->tree, "bus/pci/devices/0000:00:01.0/reset_subordinate", "/dev/full");
    g_assert_false(virHostPCIReset(b->tree->host, &b->one, b->ours, LONG, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "Unable to reset the bus of PCI device 0000:01:00.0: No space left on device");
}

static void good(bool ok, GError *const *error)
{
    if (!ok)
        g_error("%s", (*error)->message);
}

/*
 * A device of this machine that may be taken from its driver, in VIR_TEST_PCI ("0000:01:00.0"): it goes to vfio-pci and comes back, is
 * given to the kernel's choice, and is reset.
 */
static void testMachine(void)
{
    const virHost *host = virHostLocal();
    const char *name = g_getenv("VIR_TEST_PCI");
    virHostPCIAddress address;
    g_autoptr(GError) error = NULL;
    g_autoptr(virHostPCIBinding) before = NULL;
    g_autofree char *was = NULL, *taken = NULL, *back = NULL, *again = NULL, *node = NULL;
    if (!name || !virHostPCIAddressParse(name, &address)) {
        g_test_skip("VIR_TEST_PCI names no device");
        return;
    }
    gint64 start = g_get_monotonic_time();
    good(virHostPCIDriver(host, &address, &was, &error), &error);
    if (!virHostPCIBind(host, &address, "vfio-pci", LONG, &before, &error)) {
        /* a physical function whose driver leaves its virtual functions on: vfio refuses it at once */
        said(&error, VIR_ERR_SYSTEM_ERROR, "to vfio-pci: Device or resource busy");
        g_assert_null(strstr(error->message, "giving it back"));
        g_assert_cmpint(g_get_monotonic_time() - start, <, LONG * 1000);
        g_clear_error(&error);
        good(virHostPCIDriver(host, &address, &back, &error), &error);
        g_assert_cmpstr(back, ==, was);
        return;
    }
    good(virHostPCIDriver(host, &address, &taken, &error), &error);
    g_assert_cmpstr(taken, ==, "vfio-pci");
    node = virPCIDeviceGetIOMMUGroupDev(host, &address, &error);
    g_assert_true(node && access(node, F_OK) == 0);
    good(virHostPCIReset(host, &address, NULL, LONG, &error), &error);
    good(virHostPCIRestore(host, before, LONG, &error), &error);
    good(virHostPCIDriver(host, &address, &back, &error), &error);
    g_assert_cmpstr(back, ==, before->driver);
    good(virHostPCIBind(host, &address, "pci-stub", LONG, NULL, &error), &error);
    good(virHostPCIReset(host, &address, NULL, LONG, &error), &error);
    g_assert_false(virHostPCIBind(host, &address, "pcieport", LONG, NULL, &error));     /* a driver that refuses it */
    g_test_message("%s", error->message);
    said(&error, VIR_ERR_SYSTEM_ERROR, "Failed to bind PCI device");
    g_clear_error(&error);
    good(virHostPCIDriver(host, &address, &again, &error), &error);
    g_assert_cmpstr(again, ==, "pci-stub");
    g_clear_pointer(&again, g_free);
    good(virHostPCIReprobe(host, &address, LONG, &error), &error);
    good(virHostPCIDriver(host, &address, &again, &error), &error);
    if (before->driver)
        g_assert_cmpstr(again, ==, before->driver);
    g_assert_no_error(error);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pci/bind/restore", testTakeAndRestore);
    g_test_add_func("/pci/bind/override", testOverrideKept);
    g_test_add_func("/pci/bind/there", testThereAlready);
    g_test_add_func("/pci/bind/reprobe", testReprobe);
    g_test_add_func("/pci/bind/refused", testRefused);
    g_test_add_func("/pci/bind/unbind-refused", testUnbindRefused);
    g_test_add_func("/pci/bind/back-refused", testBackRefused);
    g_test_add_func("/pci/bind/ignored", testIgnored);
    g_test_add_func("/pci/bind/stuck", testStuck);
    g_test_add_func("/pci/bind/vanished", testVanished);
    g_test_add_func("/pci/bind/names", testDriverNames);
    g_test_add_func("/pci/bind/variant", testVariant);
    g_test_add_func("/pci/bind/unwritable", testUnwritable);
    g_test_add_func("/pci/reset/kernel", testResetByKernel);
    g_test_add_func("/pci/reset/refused", testResetRefused);
    g_test_add_func("/pci/reset/not-ours", testBusNotOurs);
    g_test_add_data_func("/pci/reset/bus", NULL, testBusReset);
    g_test_add_data_func("/pci/reset/dead", "dead", testBusReset);
    g_test_add_func("/pci/reset/bus-by-kernel", testBusByKernel);
    g_test_add_func("/pci/machine", testMachine);
    return g_test_run();
}
