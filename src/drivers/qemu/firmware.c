/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Firmware: see firmware.h. A later folder's file hides those of the same name in earlier ones; an empty file hides only. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.firmware"
#include "drivers/qemu/firmware.h"
#include "drivers/qemu/monitor.h"
#include "base/log.h"
#include <string.h>

static const char *const systemFolders[] = { "/usr/share/qemu/firmware", "/etc/qemu/firmware", NULL };

static bool listHas(JsonArray *list, const char *word)
{
    for (guint i = 0; list && i < json_array_get_length(list); i++)
        if (g_strcmp0(json_array_get_string_element(list, i), word) == 0)
            return true;
    return false;
}

static bool targetFits(JsonArray *targets, const char *arch, const char *machine)
{
    for (guint i = 0; targets && i < json_array_get_length(targets); i++) {
        JsonObject *t = qmpItem(targets, i);
        JsonArray *machines = qmpArr(t, "machines");
        if (g_strcmp0(qmpStr(t, "architecture"), arch) != 0)
            continue;
        for (guint k = 0; machines && k < json_array_get_length(machines); k++)
            if (g_pattern_match_simple(json_array_get_string_element(machines, k), machine))
                return true;
    }
    return false;
}

static void addFolder(const char *folder, GHashTable *paths)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir)))
        if (g_str_has_suffix(name, ".json") && name[0] != '.')
            g_hash_table_insert(paths, g_strdup(name), g_build_filename(folder, name, NULL));
}

/* Parsed descriptors for this machine, in the order of their files' names. */
static GPtrArray *loadFor(const char *const *folders, const char *arch, const char *machine)
{
    GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)json_node_unref);
    g_autoptr(GHashTable) paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (const char *const *f = folders ? folders : systemFolders; *f; f++)
        addFolder(*f, paths);
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(paths), (GCompareFunc)strcmp);
    for (GList *n = names; n; n = n->next) {
        const char *path = g_hash_table_lookup(paths, n->data);
        g_autofree char *text = NULL;
        g_autoptr(GError) why = NULL;
        if (!g_file_get_contents(path, &text, NULL, &why) || !*text) {
            if (why)
                virWarn("firmware descriptor '%s' is left out: %s", path, why->message);
            continue;
        }
        g_autoptr(JsonNode) root = json_from_string(text, &why);
        JsonObject *o = qmpReplyObj(root);
        if (!o)
            virWarn("firmware descriptor '%s' is left out: %s", path, why ? why->message : "not an object");
        else if (targetFits(qmpArr(o, "targets"), arch, machine))
            g_ptr_array_add(found, g_steal_pointer(&root));
    }
    return found;
}

void qemuFirmwareList(const char *const *folders, const char *arch, const char *machine, qemuFirmwareOffer *offer)
{
    g_autoptr(GPtrArray) all = loadFor(folders, arch, machine);
    for (guint i = 0; i < all->len; i++) {
        JsonObject *o = qmpReplyObj(all->pdata[i]);
        offer->bios |= listHas(qmpArr(o, "interface-types"), "bios");
        offer->efi |= listHas(qmpArr(o, "interface-types"), "uefi");
        offer->secure |= listHas(qmpArr(o, "features"), "requires-smm");
    }
}

/* ---- the choice ---- */

static virTristateBool wanted(const virDomainDef *def, virDomainOsFirmwareFeature name)
{
    for (unsigned int i = 0; i < def->os.firmwareFeatures.n; i++)
        if (def->os.firmwareFeatures.v[i]->name == name)
            return def->os.firmwareFeatures.v[i]->enabled;
    return VIR_TRISTATE_BOOL_ABSENT;
}

static bool agree(virTristateBool want, bool has)
{
    return want == VIR_TRISTATE_BOOL_ABSENT || (want == VIR_TRISTATE_BOOL_YES) == has;
}

static bool fits(const virDomainDef *def, JsonObject *o)
{
    JsonArray *features = qmpArr(o, "features");
    JsonObject *mapping = qmpObj(o, "mapping");
    bool secureBoot = listHas(features, "secure-boot"), enrolled = listHas(features, "enrolled-keys"), smm = listHas(features, "requires-smm");
    bool flash = g_strcmp0(qmpStr(mapping, "device"), "flash") == 0;
    if (!listHas(qmpArr(o, "interface-types"), def->os.firmware == VIR_DOMAIN_OS_FIRMWARE_EFI ? "uefi" : "bios"))
        return false;
    if (!agree(wanted(def, VIR_DOMAIN_OS_FIRMWARE_FEATURE_SECURE_BOOT), secureBoot) ||
        !agree(wanted(def, VIR_DOMAIN_OS_FIRMWARE_FEATURE_ENROLLED_KEYS), enrolled))
        return false;
    if (def->os.loaderSecure == VIR_TRISTATE_BOOL_YES ? !(smm && secureBoot) : def->os.loaderSecure == VIR_TRISTATE_BOOL_NO && smm)
        return false;
    if (smm && def->features.smmState == VIR_TRISTATE_SWITCH_OFF)
        return false;
    if ((def->suspendToMem == VIR_TRISTATE_BOOL_YES && !listHas(features, "acpi-s3")) ||
        (def->suspendToDisk == VIR_TRISTATE_BOOL_YES && !listHas(features, "acpi-s4")))
        return false;
    if (def->launchSecurity && def->launchSecurity->type == VIR_DOMAIN_LAUNCH_SECURITY_SEV &&
        !listHas(features, def->launchSecurity->policy & 4 ? "amd-sev-es" : "amd-sev"))
        return false;
    bool stateless = g_strcmp0(qmpStr(mapping, "mode"), "stateless") == 0;
    if (def->os.loaderStateless && flash && (def->os.loaderStateless == VIR_TRISTATE_BOOL_YES) != stateless)
        return false;
    return flash || g_strcmp0(qmpStr(mapping, "device"), "memory") == 0;
}

static void apply(virDomainDef *def, JsonObject *o)
{
    virDomainOSDef *os = &def->os;
    JsonObject *mapping = qmpObj(o, "mapping");
    JsonObject *code = qmpObj(mapping, "executable"), *vars = qmpObj(mapping, "nvram-template");
    bool flash = g_strcmp0(qmpStr(mapping, "device"), "flash") == 0;
    g_free(os->loader);
    os->loader = g_strdup(flash ? qmpStr(code, "filename") : qmpStr(mapping, "filename"));
    os->loaderType = flash ? VIR_DOMAIN_LOADER_TYPE_PFLASH : VIR_DOMAIN_LOADER_TYPE_ROM;
    if (flash)
        os->loaderReadonly = VIR_TRISTATE_BOOL_YES;
    if (flash && vars && !os->nvramTemplate)
        os->nvramTemplate = g_strdup(qmpStr(vars, "filename"));
    if (listHas(qmpArr(o, "features"), "requires-smm")) {
        def->features.smm = true;
        def->features.smmState = VIR_TRISTATE_SWITCH_ON;
        os->loaderSecure = VIR_TRISTATE_BOOL_YES;
    }
    virInfo("guest '%s' gets firmware '%s'", def->name, os->loader ? os->loader : "");
}

bool qemuFirmwareChoose(virDomainDef *def, const char *const *folders, const char *nvramDir, GError **error)
{
    virDomainOSDef *os = &def->os;
    if (os->firmware && !os->loader) {
        g_autoptr(GPtrArray) all = loadFor(folders, virArchToString(os->arch), os->machine);
        JsonObject *chosen = NULL;
        for (guint i = 0; i < all->len && !chosen; i++)
            if (fits(def, qmpReplyObj(all->pdata[i])))
                chosen = qmpReplyObj(all->pdata[i]);
        if (!chosen) {
            virSetError(error, VIR_ERR_OPERATION_FAILED, "Unable to find any firmware to satisfy '%s'", virDomainOsFirmwareToString(os->firmware));
            return false;
        }
        apply(def, chosen);
    }
    bool variables = os->loader && os->loaderType == VIR_DOMAIN_LOADER_TYPE_PFLASH && os->loaderReadonly == VIR_TRISTATE_BOOL_YES &&
                     os->loaderStateless != VIR_TRISTATE_BOOL_YES;
    if (variables && !os->nvram && os->nvramSource.type == VIR_STORAGE_NONE)
        os->nvram = g_strdup_printf("%s/%s_VARS.fd", nvramDir, def->name);
    return true;
}
