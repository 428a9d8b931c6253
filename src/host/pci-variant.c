/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drivers that do for one kind of device what vfio-pci does for all, and more (migration): the kernel's list of aliases names them. */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "host.pci"
#include "host/pci.h"
#include "base/log.h"
#include <string.h>

static const char prefix[] = "alias vfio_pci:";

/* How little a pattern says; the device's own driver says more than one for a vendor's. */
static unsigned int vagueness(const char *pattern)
{
    unsigned int n = 0;
    for (; *pattern; pattern++)
        n += *pattern == '*';
    return n;
}

/* "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci": the module of a line that is about the device. */
static const char *moduleOf(char *line, const char *device, unsigned int *vague)
{
    if (!g_str_has_prefix(line, prefix))
        return NULL;
    char *pattern = line + strlen(prefix), *module = strchr(pattern, ' ');
    if (!module)
        return NULL;
    *module++ = 0;
    *vague = vagueness(pattern);
    return g_str_equal(module, "vfio_pci") || !g_pattern_match_simple(pattern, device) ? NULL : module;
}

char *virHostPCIVariantModule(const virHost *host, const virHostPCIAddress *address)
{
    g_autofree char *path = virHostPCIPath(host, address, "modalias"), *device = virHostRead("%s", path);
    g_autofree char *aliases = virHostRead("%s/modules.alias", host->modules);
    unsigned int best = G_MAXUINT, vague;
    const char *found = NULL;
    if (!device || !aliases || !g_str_has_prefix(device, "pci:"))
        return NULL;
    for (char *line = aliases, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        const char *module = moduleOf(line, device + strlen("pci:"), &vague);
        if (module && vague < best) {
            best = vague;
            found = module;
        }
    }
    return g_strdup(found);
}

bool virHostPCIBindVfio(const virHost *host, const virHostPCIAddress *address, int timeout_ms, GError **error)
{
    g_autofree char *variant = virHostPCIVariantModule(host, address), *name = virHostPCIAddressFormat(address);
    g_autoptr(GError) why = NULL;
    if (variant && virHostPCIBind(host, address, variant, timeout_ms, NULL, &why))
        return true;
    if (variant)
        virWarn("PCI device %s goes to vfio-pci: %s", name, why->message);
    return virHostPCIBind(host, address, "vfio-pci", timeout_ms, NULL, error);
}
