/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the public API asks of a guest's agent, a call for each member of the engine's table. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.agent"
#include "drivers/qemu/agent-guest.h"
#include "drivers/qemu/agent-info.h"
#include "base/log.h"
#include <limits.h>
#include <string.h>

static char *agentCommand(virDomainObj *obj, const char *command, int timeout, GError **error)
{
    g_auto(qemuAgentTurn) turn = { 0 };
    return qemuAgentBegin(&turn, obj, "virDomainQemuAgentCommand", error) ? qemuAgentAskRaw(&turn, command, timeout, error) : NULL;
}

/* One command whose answer says nothing more. */
static bool ask(virDomainObj *obj, const char *what, const char *command, JsonNode *args, GError **error)
{
    g_auto(qemuAgentTurn) turn = { 0 };
    if (qemuAgentBegin(&turn, obj, what, error))
        return qemuAgentAsk(&turn, command, args, NULL, NULL, error);
    g_clear_pointer(&args, json_node_unref);
    return false;
}

static JsonNode *askFor(virDomainObj *obj, const char *what, const char *command, JsonNode *args, GError **error)
{
    g_auto(qemuAgentTurn) turn = { 0 };
    JsonNode *reply = NULL;
    if (qemuAgentBegin(&turn, obj, what, error))
        qemuAgentAsk(&turn, command, args, &reply, NULL, error);
    else
        g_clear_pointer(&args, json_node_unref);
    return reply;
}

static bool takeNumber(JsonNode *reply, gint64 *value, GError **error)
{
    bool good = reply && JSON_NODE_HOLDS_VALUE(reply) && json_node_get_value_type(reply) == G_TYPE_INT64;
    if (good)
        *value = json_node_get_int(reply);
    else if (error && !*error)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "malformed return value");
    return good;
}

static JsonNode *strings(const char **words, unsigned int n)
{
    JsonArray *array = json_array_new();
    for (unsigned int i = 0; i < n; i++)
        json_array_add_string_element(array, words[i]);
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(node, array);
    return node;
}

/* ---- file systems ---- */

static int count(JsonNode *reply, GError **error)
{
    g_autoptr(JsonNode) own = reply;
    gint64 n;
    if (!takeNumber(own, &n, error))
        return -1;
    if (n >= 0 && n <= INT_MAX)
        return n;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "malformed return value");
    return -1;
}

static int fsFreeze(virDomainObj *obj, const char **mountpoints, unsigned int n, GError **error)
{
    GError *why = NULL;
    bool some = mountpoints && n > 0;
    int frozen = count(askFor(obj, "virDomainFSFreeze", some ? "guest-fsfreeze-freeze-list" : "guest-fsfreeze-freeze",
                              some ? qmpArgs("o:mountpoints", strings(mountpoints, n), NULL) : NULL, &why), &why);
    if (why)
        g_propagate_error(error, why);
    return frozen;
}

static int fsThaw(virDomainObj *obj, GError **error)
{
    GError *why = NULL;
    int thawed = count(askFor(obj, "virDomainFSThaw", "guest-fsfreeze-thaw", NULL, &why), &why);
    if (why)
        g_propagate_error(error, why);
    return thawed;
}

void qemuAgentThaw(virDomainObj *obj)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (fsThaw(obj, &why) < 0)
        virWarn("cannot thaw the file systems of guest '%s': %s", view->live ? view->live->name : "", why->message);
}

bool qemuAgentFreeze(virDomainObj *obj, GError **error)
{
    GError *why = NULL;
    bool frozen = fsFreeze(obj, NULL, 0, &why) >= 0;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (frozen && view->live)
        return true;
    if (frozen)         /* it ended while we waited */
        virSetError(&why, VIR_ERR_OPERATION_INVALID, "domain is not running");
    if (virErrorCode(why) == VIR_ERR_AGENT_COMMAND_TIMEOUT)     /* it may do it yet */
        qemuAgentThaw(obj);
    g_propagate_error(error, why);
    return false;
}

static bool fsTrim(virDomainObj *obj, unsigned long long minimum, GError **error)
{
    return ask(obj, "virDomainFSTrim", "guest-fstrim", qmpArgs("U:minimum", (gint64)MIN(minimum, LLONG_MAX), NULL), error);
}

/* ---- disks of the guest that are disks of ours ---- */

static bool isAtPci(const virDeviceInfo *info, const virAgentDisk *disk)
{
    const virPCIAddress *a = &info->addr.pci;
    return info->addr.type == VIR_DEVICE_ADDRESS_PCI && a->domain == disk->domain && a->bus == disk->pciBus && a->slot == disk->slot &&
           a->function == disk->function;
}

static bool isOnController(const virDomainDef *def, const virDomainDiskDef *ours, const virAgentDisk *disk)
{
    const virDriveAddress *drive = &ours->info.addr.drive;
    if (ours->info.addr.type != VIR_DEVICE_ADDRESS_DRIVE || drive->bus != disk->bus || drive->target != disk->target ||
        drive->unit != disk->unit)
        return false;
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        const virDomainControllerDef *c = def->controllers.v[i];
        if (c->idx == drive->controller && g_strcmp0(virDomainControllerTypeToString(c->type), virDomainDiskBusToString(ours->bus)) == 0)
            return isAtPci(&c->info, disk);
    }
    return false;
}

/* The target ("vda") of the disk that the guest sees there. */
static const char *diskTarget(const virDomainDef *def, const virAgentDisk *disk)
{
    for (unsigned int i = 0; disk && disk->hasPci && i < def->disks.n; i++)
        if (isAtPci(&def->disks.v[i]->info, disk) || isOnController(def, def->disks.v[i], disk))
            return def->disks.v[i]->dst;
    return NULL;
}

static virDomainFSInfoPtr fsInfoNew(const virDomainDef *def, const virAgentFs *fs)
{
    virDomainFSInfoPtr info = g_new0(virDomainFSInfo, 1);
    info->mountpoint = g_strdup(fs->mountpoint);
    info->name = g_strdup(fs->name);
    info->fstype = g_strdup(fs->type);
    info->devAlias = g_new0(char *, fs->disks->len + 1);
    for (guint i = 0; i < fs->disks->len; i++) {
        const char *target = diskTarget(def, fs->disks->pdata[i]);
        if (target)
            info->devAlias[info->ndevAlias++] = g_strdup(target);
    }
    return info;
}

static int fsInfo(virDomainObj *obj, virDomainFSInfoPtr **info, GError **error)
{
    g_auto(qemuAgentTurn) turn = { 0 };
    g_autoptr(JsonNode) reply = NULL;
    if (!qemuAgentBegin(&turn, obj, "virDomainGetFSInfo", error) || !qemuAgentAsk(&turn, "guest-get-fsinfo", NULL, &reply, NULL, error))
        return -1;
    g_autoptr(GPtrArray) list = virAgentReadFilesystems(reply, error);
    if (!list)
        return -1;
    *info = g_new0(virDomainFSInfoPtr, list->len + 1);
    for (guint i = 0; i < list->len; i++)
        (*info)[i] = fsInfoNew(turn.view->live, list->pdata[i]);
    return list->len;
}

/* ---- clock and users ---- */

static const gint64 nano = 1000000000;

static bool getTime(virDomainObj *obj, long long *seconds, unsigned int *nseconds, GError **error)
{
    GError *why = NULL;
    g_autoptr(JsonNode) reply = askFor(obj, "virDomainGetTime", "guest-get-time", NULL, &why);
    gint64 now;
    if (!takeNumber(reply, &now, &why)) {
        g_propagate_error(error, why);
        return false;
    }
    *seconds = now / nano - (now % nano < 0);
    *nseconds = now % nano + (now % nano < 0 ? nano : 0);
    return true;
}

static bool setTime(virDomainObj *obj, long long seconds, unsigned int nseconds, bool sync, GError **error)
{
    gint64 time = 0;
    if (!sync && (__builtin_mul_overflow(seconds, nano, &time) || __builtin_add_overflow(time, (gint64)nseconds, &time))) {
        virSetError(error, VIR_ERR_INVALID_ARG, "Time '%lld' is too big for guest agent", seconds);
        return false;
    }
    if (!ask(obj, "virDomainSetTime", "guest-set-time", sync ? NULL : qmpArgs("I:time", time, NULL), error))
        return false;
    /* Ticks that the guest has slept through must not be made up for on top of that. */
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    bool x86 = view->live && (view->live->os.arch == VIR_ARCH_X86_64 || view->live->os.arch == VIR_ARCH_I686);
    g_autoptr(virQmp) qmp = x86 ? qemuGuestQmp(obj, error) : NULL;
    return !x86 || (qmp && qmpCall(qmp, "rtc-reset-reinjection", NULL, NULL, error) == VIR_QMP_OK);
}

static bool setPassword(virDomainObj *obj, const char *user, const char *password, bool encrypted, GError **error)
{
    g_autofree char *base64 = g_base64_encode((const guchar *)password, strlen(password));
    bool ok = ask(obj, "virDomainSetUserPassword", "guest-set-user-password",
                  qmpArgs("b:crypted", encrypted, "s:username", user, "s:password", base64, NULL), error);
    explicit_bzero(base64, strlen(base64));
    return ok;
}

static int sshKeys(virDomainObj *obj, const char *user, char ***keys, GError **error)
{
    g_autoptr(JsonNode) reply =
        askFor(obj, "virDomainAuthorizedSSHKeysGet", "guest-ssh-get-authorized-keys", qmpArgs("s:username", user, NULL), error);
    *keys = reply ? virAgentReadKeys(reply, error) : NULL;
    return *keys ? (int)g_strv_length(*keys) : -1;
}

static bool setSshKeys(virDomainObj *obj, const char *user, const char **keys, unsigned int n, unsigned int flags, GError **error)
{
    bool remove = flags & VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE, append = flags & VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND;
    JsonNode *args = qmpArgs("s:username", user, "o:keys", strings(keys, n), NULL);
    if (!remove)
        qmpAdd(json_node_get_object(args), "b:reset", !append, NULL);
    return ask(obj, "virDomainAuthorizedSSHKeysSet", remove ? "guest-ssh-remove-authorized-keys" : "guest-ssh-add-authorized-keys", args,
               error);
}

/* ---- names ---- */

static char *hostname(virDomainObj *obj, GError **error)
{
    g_auto(qemuAgentTurn) turn = { 0 };
    g_autoptr(JsonNode) reply = NULL;
    const char *refused = NULL;
    GError *why = NULL;
    if (!qemuAgentBegin(&turn, obj, "virDomainGetHostname", error))
        return NULL;
    if (qemuAgentAsk(&turn, "guest-get-host-name", NULL, &reply, &refused, &why))
        return virAgentReadHostname(reply, error);
    if (!refused)
        g_propagate_error(error, g_steal_pointer(&why));
    g_clear_error(&why);
    return NULL;
}

static int interfaces(virDomainObj *obj, virDomainInterfacePtr **ifaces, GError **error)
{
    g_autoptr(JsonNode) reply = askFor(obj, "virDomainInterfaceAddresses", "guest-network-get-interfaces", NULL, error);
    return reply ? virAgentReadInterfaces(reply, ifaces, error) : -1;
}

/* ---- all that it knows ---- */

typedef bool (*ReadGroup)(const virDomainDef *def, JsonNode *reply, virTypedParamList *list, GError **error);

#define PLAIN(name, read) \
    static bool name(const virDomainDef *def, JsonNode *reply, virTypedParamList *list, GError **error) \
    { \
        return read(reply, list, error); \
    }
PLAIN(usersGroup, virAgentReadUsers)
PLAIN(osGroup, virAgentReadOs)
PLAIN(timezoneGroup, virAgentReadTimezone)
PLAIN(loadGroup, virAgentReadLoad)
PLAIN(interfacesGroup, virAgentReadInterfaceGroup)

static bool hostnameGroup(const virDomainDef *def, JsonNode *reply, virTypedParamList *list, GError **error)
{
    g_autofree char *name = virAgentReadHostname(reply, error);
    virTypedParamListString(list, name, VIR_DOMAIN_GUEST_INFO_HOSTNAME_HOSTNAME);
    return name != NULL;
}

static bool filesystemsGroup(const virDomainDef *def, JsonNode *reply, virTypedParamList *list, GError **error)
{
    g_autoptr(GPtrArray) all = virAgentReadFilesystems(reply, error);
    if (!all)
        return false;
    if (all->len > 0)
        virTypedParamListUInt(list, all->len, VIR_DOMAIN_GUEST_INFO_FS_COUNT);
    for (guint i = 0; i < all->len; i++) {
        const virAgentFs *fs = all->pdata[i];
        virTypedParamListString(list, fs->name, "fs.%u.name", i);
        virTypedParamListString(list, fs->mountpoint, "fs.%u.mountpoint", i);
        virTypedParamListString(list, fs->type, "fs.%u.fstype", i);
        if (fs->hasTotal)
            virTypedParamListULLong(list, fs->total, "fs.%u.total-bytes", i);
        if (fs->hasUsed)
            virTypedParamListULLong(list, fs->used, "fs.%u.used-bytes", i);
        virTypedParamListUInt(list, fs->disks->len, "fs.%u.disk.count", i);
        for (guint k = 0; k < fs->disks->len; k++) {
            const virAgentDisk *disk = fs->disks->pdata[k];
            virTypedParamListString(list, diskTarget(def, disk), "fs.%u.disk.%u.alias", i, k);
            virTypedParamListString(list, disk->serial, "fs.%u.disk.%u.serial", i, k);
            virTypedParamListString(list, disk->device, "fs.%u.disk.%u.device", i, k);
        }
    }
    return true;
}

static bool disksGroup(const virDomainDef *def, JsonNode *reply, virTypedParamList *list, GError **error)
{
    g_autoptr(GPtrArray) all = virAgentReadDevices(reply, error);
    if (!all)
        return false;
    if (all->len > 0)
        virTypedParamListUInt(list, all->len, VIR_DOMAIN_GUEST_INFO_DISK_COUNT);
    for (guint i = 0; i < all->len; i++) {
        const virAgentDevice *device = all->pdata[i];
        guint n = device->dependencies ? g_strv_length(device->dependencies) : 0;
        virTypedParamListString(list, device->name, "disk.%u.name", i);
        virTypedParamListBoolean(list, device->partition, "disk.%u.partition", i);
        if (n > 0)
            virTypedParamListUInt(list, n, "disk.%u.dependency.count", i);
        for (guint k = 0; k < n; k++)
            virTypedParamListString(list, device->dependencies[k], "disk.%u.dependency.%u.name", i, k);
        if (device->disk) {
            virTypedParamListString(list, device->disk->serial, "disk.%u.serial", i);
            virTypedParamListString(list, diskTarget(def, device->disk), "disk.%u.alias", i);
            virTypedParamListString(list, device->disk->busType, "disk.%u.guest_bus", i);
        }
        virTypedParamListString(list, device->alias, "disk.%u.guest_alias", i);
    }
    return true;
}

static const struct {
    unsigned int type;
    const char *command;
    ReadGroup read;
} groups[] = {
    { VIR_DOMAIN_GUEST_INFO_USERS, "guest-get-users", usersGroup },
    { VIR_DOMAIN_GUEST_INFO_OS, "guest-get-osinfo", osGroup },
    { VIR_DOMAIN_GUEST_INFO_TIMEZONE, "guest-get-timezone", timezoneGroup },
    { VIR_DOMAIN_GUEST_INFO_HOSTNAME, "guest-get-host-name", hostnameGroup },
    { VIR_DOMAIN_GUEST_INFO_FILESYSTEM, "guest-get-fsinfo", filesystemsGroup },
    { VIR_DOMAIN_GUEST_INFO_DISKS, "guest-get-disks", disksGroup },
    { VIR_DOMAIN_GUEST_INFO_INTERFACES, "guest-network-get-interfaces", interfacesGroup },
    { VIR_DOMAIN_GUEST_INFO_LOAD, "guest-get-load", loadGroup },
};

/* With `all`, what the agent does not know is left out. */
static bool info(virDomainObj *obj, unsigned int types, bool all, virTypedParamList *list, GError **error)
{
    g_auto(qemuAgentTurn) turn = { 0 };
    if (!qemuAgentBegin(&turn, obj, "virDomainGetGuestInfo", error))
        return false;
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++) {
        g_autoptr(JsonNode) reply = NULL;
        g_autoptr(GError) why = NULL;
        const char *refused = NULL;
        if (!(types & groups[i].type))
            continue;
        if (!qemuAgentAsk(&turn, groups[i].command, NULL, &reply, &refused, &why)) {
            if (all && refused && *refused)
                continue;
            g_propagate_error(error, g_steal_pointer(&why));
            return false;
        }
        if (!groups[i].read(turn.view->live, reply, list, error))
            return false;
    }
    return true;
}

/* ---- sleep and power ---- */

static bool suspendGuest(virDomainObj *obj, unsigned int target, GError **error)
{
    static const char *const commands[] = { [VIR_NODE_SUSPEND_TARGET_MEM] = "guest-suspend-ram",
                                            [VIR_NODE_SUSPEND_TARGET_DISK] = "guest-suspend-disk",
                                            [VIR_NODE_SUSPEND_TARGET_HYBRID] = "guest-suspend-hybrid" };
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    bool disk = target == VIR_NODE_SUSPEND_TARGET_DISK;
    if (view->live && (disk ? view->live->suspendToDisk : view->live->suspendToMem) == VIR_TRISTATE_BOOL_NO) {
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED,
                    disk ? "S4 state is disabled for this domain" : "S3 state is disabled for this domain");
        return false;
    }
    return ask(obj, "virDomainPMSuspendForDuration", commands[target], NULL, error);
}

static bool wakeup(virDomainObj *obj, GError **error)
{
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
    return qmp && qmpCall(qmp, "system_wakeup", NULL, NULL, error) == VIR_QMP_OK;
}

static bool power(virDomainObj *obj, bool reboot, GError **error)
{
    return ask(obj, reboot ? "virDomainReboot" : "virDomainShutdownFlags", "guest-shutdown",
               qmpArgs("s:mode", reboot ? "reboot" : "powerdown", NULL), error);
}

const virGuestCalls qemuGuestCalls = {
    .connected = qemuAgentConnected,
    .power = power,
    .command = agentCommand,
    .setTimeout = qemuAgentSetTimeout,
    .fsFreeze = fsFreeze,
    .fsThaw = fsThaw,
    .fsTrim = fsTrim,
    .fsInfo = fsInfo,
    .getTime = getTime,
    .setTime = setTime,
    .setPassword = setPassword,
    .vcpus = qemuAgentVcpus,
    .setVcpus = qemuAgentSetVcpus,
    .countVcpus = qemuAgentCountVcpus,
    .adjustVcpus = qemuAgentAdjustVcpus,
    .hostname = hostname,
    .interfaces = interfaces,
    .infoTypes = (VIR_DOMAIN_GUEST_INFO_LOAD << 1) - 1,
    .info = info,
    .sshKeys = sshKeys,
    .setSshKeys = setSshKeys,
    .suspend = suspendGuest,
    .wakeup = wakeup,
};
