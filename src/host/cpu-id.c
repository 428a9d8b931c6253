/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUID by the instruction, registers by the msr device or else by KVM, which knows those that tell features. */
#include "host/cpu-id.h"
#include "base/util.h"
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/kvm.h>
#if defined(__x86_64__) || defined(__i386__)
# include <cpuid.h>
#endif

static int openKvm(const virHost *host)
{
    g_autofree char *path = g_strconcat(host->dev, "/kvm", NULL);
    return open(path, O_RDWR | O_CLOEXEC);
}

#if defined(__x86_64__) || defined(__i386__)
static bool readMsr(const virHost *host, guint32 index, guint64 *value)
{
    g_autofree char *path = g_strconcat(host->dev, "/cpu/0/msr", NULL);
    g_auto(virFd) fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        return pread(fd, value, sizeof(*value), index) == sizeof(*value);
    g_auto(virFd) kvm = openKvm(host);
    union {
        struct kvm_msrs head;
        char room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
    } msrs = { .head = { .nmsrs = 1 } };
    msrs.head.entries[0].index = index;
    if (kvm < 0 || ioctl(kvm, KVM_GET_MSRS, &msrs) < 1)
        return false;
    *value = msrs.head.entries[0].data;
    return true;
}

bool virHostCpuRead(gpointer opaque, bool msr, guint32 index, guint32 sub, guint32 regs[4])
{
    guint64 value = 0;
    if (!msr)
        return __get_cpuid_count(index, sub, &regs[0], &regs[1], &regs[2], &regs[3]);
    if (!readMsr(opaque, index, &value))
        return false;
    regs[0] = value;
    regs[3] = value >> 32;
    regs[1] = regs[2] = 0;
    return true;
}
#else
bool virHostCpuRead(gpointer opaque, bool msr, guint32 index, guint32 sub, guint32 regs[4])
{
    return false;
}
#endif

bool virHostTsc(const virHost *host, unsigned long long *hz, bool *scaling)
{
    g_auto(virFd) kvm = openKvm(host);
    g_auto(virFd) vm = kvm >= 0 ? ioctl(kvm, KVM_CREATE_VM, 0) : -1;
    g_auto(virFd) vcpu = vm >= 0 ? ioctl(vm, KVM_CREATE_VCPU, 0) : -1;
    int khz = vcpu >= 0 ? ioctl(vcpu, KVM_GET_TSC_KHZ, 0) : -1;
    if (khz <= 0)
        return false;
    *hz = khz * 1000ULL;
    *scaling = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_TSC_CONTROL) > 0;
    return true;
}
