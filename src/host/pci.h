/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCI devices of the host. What is read comes from sysfs at the time of the call; nothing is kept. A device may vanish between any
 * two calls: that is an error which names it.
 *
 *   pci.c          addresses, the record of a device          pci-iommu.c    IOMMU groups
 *   pci-config.c   configuration space and capabilities       pci-sriov.c    physical and virtual functions
 *   pci-bind.c     drivers                                    pci-vpd.c      vital product data
 *   pci-reset.c    reset
 */
#pragma once

#include "host/host.h"

typedef struct { unsigned int domain, bus, slot, function; } virHostPCIAddress;

/* "0000:03:00.1", digits of base 16, nothing before or behind. False for bad syntax and for numbers that no address has. */
bool virHostPCIAddressParse(const char *text, virHostPCIAddress *address);
char *virHostPCIAddressFormat(const virHostPCIAddress *address);
int virHostPCIAddressCompare(gconstpointer a, gconstpointer b);
guint virHostPCIAddressHash(gconstpointer address);
gboolean virHostPCIAddressEqual(gconstpointer a, gconstpointer b);

/* /sys/bus/pci/devices/ADDRESS/NAME; NAME NULL: the folder itself. It need not exist. */
char *virHostPCIPath(const virHost *host, const virHostPCIAddress *address, const char *name);
bool virHostPCIExists(const virHost *host, const virHostPCIAddress *address);
/* virHostPCIAddress of each device, in order of address. Empty for a host without PCI; NULL: sysfs cannot be read. */
GArray *virHostPCIList(const virHost *host, GError **error);

/* ---- a device as it is now ---- */

typedef enum {
    VIR_HOST_PCI_HEADER_UNKNOWN = -1,       /* its configuration space cannot be read, or it answers no more (all bits set) */
    VIR_HOST_PCI_HEADER_ENDPOINT, VIR_HOST_PCI_HEADER_BRIDGE, VIR_HOST_PCI_HEADER_CARDBUS,
} virHostPCIHeader;

/* Express: `generation` 1 … 6 of the link's speed, 0: not known. `there`: the device has a link at all. */
typedef struct { bool there; unsigned int port, generation, width; } virHostPCILink;
/* "2.5", "5", "8", "16", "32", "64" GT/s; NULL for 0 and for generations to come. */
const char *virHostPCILinkSpeed(unsigned int generation);

typedef struct {
    virHostPCIAddress address;
    char *path;                             /* its folder without links: SYS/devices/pci0000:00/0000:00:02.0 */
    unsigned int class, vendor, product;    /* class: 24 bits */
    unsigned int subsystemVendor, subsystem, revision;
    char *driver;                           /* NULL: none is bound */
    virHostPCIHeader header;
    bool multifunction, express;
    virHostPCILink capability, status;      /* express: what the link could be, and is (whose port is not known) */
    int numaNode;                           /* -1: none */
    int iommuGroup;                         /* -1: none */
} virHostPCIDevice;

/* An error when it is not there, or its identity (class, vendor, product) cannot be read. The rest is as unknown when unreadable. */
virHostPCIDevice *virHostPCIDeviceRead(const virHost *host, const virHostPCIAddress *address, GError **error);
virHostPCIDevice *virHostPCIDeviceCopy(const virHostPCIDevice *device);
void virHostPCIDeviceFree(virHostPCIDevice *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostPCIDevice, virHostPCIDeviceFree)

/* The driver's name in *driver, NULL without one. False: the device is not there, or the link cannot be read. */
bool virHostPCIDriver(const virHost *host, const virHostPCIAddress *address, char **driver, GError **error);

/* ---- configuration space ---- */

/* As much as we may read, `most` bytes: 64 for ordinary users, 256 or 4096 for root. NULL: unreadable, or less than a header. */
GBytes *virHostPCIConfigRead(const virHost *host, const virHostPCIAddress *address, gsize most, GError **error);
virHostPCIHeader virHostPCIConfigHeader(GBytes *config);
/* A little endian number of 1, 2 or 4 bytes; all bits set where `config` ends before. */
unsigned int virHostPCIConfigNumber(GBytes *config, unsigned int at, unsigned int bytes);
/* Where capability `id` (1 power management, 0x10 express …) stands: 0 there is none, -1 the bytes end before the list does. */
int virHostPCIConfigFind(GBytes *config, unsigned int id);
int virHostPCIConfigFindExtended(GBytes *config, unsigned int id);

/* Has the device an express capability? -1: there is no such device, or its configuration space cannot be read. */
int virHostPCIIsExpress(const virHost *host, const virHostPCIAddress *address);
/* Function level reset, by express or advanced features; each virtual function has it. -1 as above. */
int virHostPCIHasFLR(const virHost *host, const virHostPCIAddress *address, GError **error);
/* Does going to D3hot and back reset it? -1 as above. */
int virHostPCIHasPMReset(const virHost *host, const virHostPCIAddress *address, GError **error);
/* The bridge above; 0: it is on a root bus; -1: an error. */
int virHostPCIParent(const virHost *host, const virHostPCIAddress *address, virHostPCIAddress *parent, GError **error);
/*
 * 1: on the way to the root is a switch's downstream port that lets devices reach one another past the IOMMU (access control
 * services missing, or not all switched on); *port (may be NULL) is the first one. 0: none. -1: an error.
 */
int virHostPCIIsBehindSwitchLackingACS(const virHost *host, const virHostPCIAddress *address, virHostPCIAddress *port, GError **error);

/* ---- IOMMU groups ---- */

/* What the iteration calls: less than 0, with an error, ends it. */
typedef int (*virPCIDeviceAddressActor)(const virHostPCIAddress *address, gpointer opaque, GError **error);
/*
 * Calls `actor` once for each PCI device in the group of `address`, itself among them, in the kernel's order; for none when there is
 * no group. 0, or -1 for an error or the actor's.
 */
int virPCIDeviceAddressIOMMUGroupIterate(const virHost *host, const virHostPCIAddress *address, virPCIDeviceAddressActor actor,
                                         gpointer opaque, GError **error);
/* One virHostPCIDevice for each member, a copy of `device` itself among them. Empty: it has no group. */
GPtrArray *virPCIDeviceGetIOMMUGroupList(const virHost *host, const virHostPCIDevice *device, GError **error);
/* The same as an array, to be freed with g_free. -1: an error. */
int virPCIDeviceAddressGetIOMMUGroupAddresses(const virHost *host, const virHostPCIAddress *address, virHostPCIAddress **addresses,
                                              size_t *n, GError **error);
/* The group's number; -2 without an error: the device has no iommu_group link; -1: an error. */
int virPCIDeviceAddressGetIOMMUGroupNum(const virHost *host, const virHostPCIAddress *address, GError **error);
/* "/dev/vfio/N", whether it exists or not. NULL: an error, also for a device without a group. */
char *virPCIDeviceGetIOMMUGroupDev(const virHost *host, const virHostPCIAddress *address, GError **error);
/*
 * virHostPCIDevice of each member of the group whose driver keeps the group from being given to a guest: anything but none, vfio,
 * pci-stub, and a bridge's pcieport. Empty: the group is viable.
 */
GPtrArray *virHostPCIGroupHolders(const virHost *host, const virHostPCIAddress *address, GError **error);

/* ---- SR-IOV ---- */

bool virHostPCIIsVirtualFunction(const virHost *host, const virHostPCIAddress *address);
/* 1 and the physical function; 0: `vf` is not a virtual function; -1: an error. */
int virHostPCIGetPhysicalFunction(const virHost *host, const virHostPCIAddress *vf, virHostPCIAddress *pf, GError **error);
/* virHostPCIAddress of each virtual function that exists now, by index. NULL: an error. */
GArray *virHostPCIGetVirtualFunctions(const virHost *host, const virHostPCIAddress *pf, GError **error);
/* Which of its physical function's virtual functions it is. -1: an error. */
int virHostPCIGetVirtualFunctionIndex(const virHost *host, const virHostPCIAddress *vf, GError **error);
/* sriov_totalvfs and sriov_numvfs; 0: the device has no SR-IOV (both 0); 1; -1: an error. */
int virHostPCIGetVirtualFunctionCounts(const virHost *host, const virHostPCIAddress *pf, unsigned int *maximum, unsigned int *current,
                                       GError **error);
/*
 * The network interface of a device in *name. With `physPortID` the one whose phys_port_id that is; else number `index` in order of
 * dev_port, then of name. 1; 0: it has none (such); -1: an error.
 */
int virPCIGetNetName(const virHost *host, const virHostPCIAddress *address, unsigned int index, const char *physPortID, char **name,
                     GError **error);

/* ---- vital product data ---- */

typedef struct { char keyword[3], *value; } virHostPCIVPDField;
typedef struct {
    char *name;                             /* the maker's name of the product */
    GArray *readOnly, *readWrite;           /* of virHostPCIVPDField in the device's order; NULL: there is no such section */
} virHostPCIVPD;
/*
 * Fields whose value is text ("PN" part number, "SN" serial number, "EC" change level, "MN" maker, "YA" asset tag, "V0" …). NULL
 * without an error: the device has no such data. Data out of shape, or with a wrong checksum, are an error as a whole.
 */
virHostPCIVPD *virHostPCIVPDRead(const virHost *host, const virHostPCIAddress *address, GError **error);
/* `fields` may be NULL; NULL when it is not there. */
const char *virHostPCIVPDGet(const GArray *fields, const char *keyword);
void virHostPCIVPDFree(virHostPCIVPD *vpd);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostPCIVPD, virHostPCIVPDFree)

/* ---- drivers: threads that may block ---- */

/* What a device was bound to before it was taken. Strings are NULL for none; a status file may keep them. */
typedef struct {
    virHostPCIAddress address;
    char *driver;                           /* that was bound */
    char *driverOverride;                   /* that was set */
} virHostPCIBinding;
void virHostPCIBindingFree(virHostPCIBinding *binding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostPCIBinding, virHostPCIBindingFree)
/* As it is now. */
virHostPCIBinding *virHostPCIBindingRead(const virHost *host, const virHostPCIAddress *address, GError **error);

/* Is this vfio-pci or a variant driver of it? Asks the device too, when it is bound to it. */
bool virHostPCIDriverIsVfio(const virHost *host, const virHostPCIAddress *address, const char *driver);
/* The module of the variant driver that fits the device best; NULL: there is none, and vfio-pci does. */
char *virHostPCIVariantModule(const virHost *host, const virHostPCIAddress *address);
/* Bind it to that, or to vfio-pci where there is none or it refuses; by the function below. */
bool virHostPCIBindVfio(const virHost *host, const virHostPCIAddress *address, int timeout_ms, GError **error);
/*
 * Bind the device to `driver` ("vfio-pci", "pci-stub", a variant driver, or its module's name), whose module is loaded first if need be, by
 * driver_override. *before (may be NULL) is what to give to virHostPCIRestore. Each wait for the kernel ends after `timeout_ms`.
 * On failure the device has been given back to the driver it had; when that fails too, the message says so. A physical function loses
 * its virtual functions with its driver, or is refused while it has them, as that driver likes it: ask before you take one.
 */
bool virHostPCIBind(const virHost *host, const virHostPCIAddress *address, const char *driver, int timeout_ms,
                    virHostPCIBinding **before, GError **error);
/* Back to what it was. A device that is there already is left alone. */
bool virHostPCIRestore(const virHost *host, const virHostPCIBinding *before, int timeout_ms, GError **error);
/* The same when nobody knows what it was: no override, and the driver that the kernel chooses, if any. */
bool virHostPCIReprobe(const virHost *host, const virHostPCIAddress *address, int timeout_ms, GError **error);

/*
 * Reset a device that no host driver uses: by the kernel's `reset` (function level, power management, a bus of its own), else by
 * its bus, when every device behind the bridge is it or in `ours` (virHostPCIAddress; may be NULL) and has no host driver. One that
 * is bound to vfio is left alone: vfio resets it whenever a guest opens or leaves it.
 */
bool virHostPCIReset(const virHost *host, const virHostPCIAddress *address, const GArray *ours, int timeout_ms, GError **error);
