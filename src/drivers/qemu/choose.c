/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which emulator, architecture, machine and accelerator a client asks about, and whether they fit each other. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/documents.h"
#include <string.h>
#include <sys/utsname.h>

static bool chooseType(const qemuCaps *caps, const char *word, bool *kvm, GError **error)
{
    int type = word ? virDomainVirtTypeFromString(word) : caps->kvm ? VIR_DOMAIN_VIRT_KVM : VIR_DOMAIN_VIRT_QEMU;
    *kvm = type == VIR_DOMAIN_VIRT_KVM;
    if (type <= 0)
        virSetError(error, VIR_ERR_INVALID_ARG, "unknown virttype: %s", word);
    else if (!*kvm && type != VIR_DOMAIN_VIRT_QEMU)
        virSetError(error, VIR_ERR_INVALID_ARG, "Emulator '%s' does not support virt type '%s'", caps->binary, word);
    else if (*kvm && !caps->kvm)
        virSetError(error, VIR_ERR_INVALID_ARG, "the accel 'kvm' is not supported by '%s' on this host", caps->binary);
    else
        return true;
    return false;
}

static bool chooseMachine(const qemuCaps *caps, const char *arch, const char *machine, qemuChoice *choice, GError **error)
{
    const char *own = g_str_equal(caps->arch, "i386") ? "i686" : g_str_equal(caps->arch, "arm") ? "armv7l" : caps->arch;
    const char *theirs = arch ? arch : own;
    choice->arch = virArchFromString(theirs);
    if (!g_str_equal(qemuArchWord(theirs), caps->arch) && !(g_str_equal(theirs, "i686") && g_str_equal(caps->arch, "x86_64"))) {
        virSetError(error, VIR_ERR_INVALID_ARG, "architecture from emulator '%s' doesn't match given architecture '%s'", own, theirs);
        return false;
    }
    choice->machine = g_strcmp0(machine, "none") == 0 ? NULL : qemuCapsMachine(caps, machine);
    if (!choice->machine && !machine && caps->machines->len > 0)
        choice->machine = caps->machines->pdata[0]; /* boards of which none is the default: the first */
    if (!choice->machine)
        virSetError(error, VIR_ERR_INVALID_ARG, "the machine '%s' is not supported by emulator '%s'", machine ? machine : "(default)",
                    caps->binary);
    return choice->machine != NULL;
}

qemuCaps *qemuChoose(qemuCapsCache *cache, const char *emulator, const char *arch, const char *machine, const char *type, qemuChoice *choice,
                     GError **error)
{
    struct utsname uts;
    if (arch && virArchFromString(arch) <= 0) {
        virSetError(error, VIR_ERR_INVALID_ARG, "unknown architecture: %s", arch);
        return NULL;
    }
    const char *wanted = arch ? arch : uname(&uts) == 0 ? uts.machine : "x86_64";
    g_autofree char *binary = emulator ? g_strdup(emulator) : qemuFindEmulator(wanted);
    if (!binary) {
        virSetError(error, VIR_ERR_INVALID_ARG, "unable to find any emulator to serve '%s' architecture", wanted);
        return NULL;
    }
    g_autoptr(qemuCaps) caps = qemuCapsGet(cache, binary, error);
    return caps && chooseMachine(caps, arch, machine, choice, error) && chooseType(caps, type, &choice->kvm, error) ? g_steal_pointer(&caps)
                                                                                                                  : NULL;
}
