/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that the agent inside a guest answers. */
#define VIR_FROM VIR_FROM_DOMAIN
#define VIR_LOG_NAME "engine.guest"
#include "engine/guest-agent.h"
#include "engine/guest-address.h"
#include "engine/internal.h"
#include "base/log.h"
#include <string.h>

/* ---- the way in ---- */

/* Messages name the driver's function: "qemuDomainFSFreeze". */
static bool flagsKnown(virEngine *engine, unsigned int flags, unsigned int known, const char *what, GError **error)
{
    g_autofree char *driver = g_ascii_strdown(engine->hv->name, -1), *name = g_strconcat(driver, what + strlen("vir"), NULL);
    return virFlagsCheck(flags, known, engine->hv->from, name, error);
}

static bool offered(bool has, const char *what, GError **error)
{
    if (!has)
        virErrorSet(error, VIR_FROM, VIR_ERR_NO_SUPPORT, "%s", what);
    return has;
}

static bool active(virDomainPtr domain, virDomainObj **obj, int from, GError **error)
{
    g_autoptr(virDomainView) view = NULL;
    return virDomainRead(domain, obj, &view, error) && virDomainRequireActive(view, from, error);
}

#define CALLS(domain) (virEngineOf((domain)->conn)->hv->guest)
/* The driver has it and knows the flags. */
#define ENTER(member, what, known, failed) \
    const virGuestCalls *calls = CALLS(domain); \
    g_autoptr(virDomainObj) obj = NULL; \
    if (!offered(calls && calls->member, what, error) || !flagsKnown(virEngineOf(domain->conn), flags, known, what, error)) \
    return failed
/* The guest runs; `from` is who says that it does not. */
#define RUNNING(from, failed) \
    if (!active(domain, &obj, from, error)) \
    return failed
#define OF_DRIVER VIR_ENGINE_FROM(virEngineOf(domain->conn))

static bool timeoutGood(virDomainPtr domain, int timeout, GError **error)
{
    if (timeout < VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK)
        virErrorSet(error, OF_DRIVER, VIR_ERR_INVALID_ARG, "guest agent timeout '%d' is less than the minimum '%d'", timeout,
                    VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK);
    return timeout >= VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK;
}

static char *domainQemuAgentCommand(virDomainPtr domain, const char *command, int timeout, unsigned int flags, GError **error)
{
    ENTER(command, "virDomainQemuAgentCommand", 0, NULL);
    RUNNING(VIR_FROM, NULL);
    return timeoutGood(domain, timeout, error) ? calls->command(obj, command, timeout, error) : NULL;
}

static int domainAgentSetResponseTimeout(virDomainPtr domain, int timeout, unsigned int flags, GError **error)
{
    ENTER(setTimeout, "virDomainAgentSetResponseTimeout", 0, -1);
    if (!timeoutGood(domain, timeout, error) || !(obj = virDomainObjFind(domain, error)) ||
        !virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, "virDomainAgentSetResponseTimeout", -1, error))
        return -1;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    bool ok = calls->setTimeout(obj, timeout, error);
    if (ok && view->live)
        virPersistStatus(obj);
    virActorLeave(obj->head.actor);
    return ok ? 0 : -1;
}

/* ---- file systems ---- */

static int domainFSFreeze(virDomainPtr domain, const char **mountpoints, unsigned int nmountpoints, unsigned int flags, GError **error)
{
    ENTER(fsFreeze, "virDomainFSFreeze", 0, -1);
    RUNNING(VIR_FROM, -1);
    return calls->fsFreeze(obj, mountpoints, nmountpoints, error);
}

static int domainFSThaw(virDomainPtr domain, const char **mountpoints, unsigned int nmountpoints, unsigned int flags, GError **error)
{
    ENTER(fsThaw, "virDomainFSThaw", 0, -1);
    if (mountpoints || nmountpoints) {
        virErrorSet(error, OF_DRIVER, VIR_ERR_ARGUMENT_UNSUPPORTED, "specifying mountpoints is not supported");
        return -1;
    }
    RUNNING(VIR_FROM, -1);
    return calls->fsThaw(obj, error);
}

static int domainFSTrim(virDomainPtr domain, const char *mountPoint, unsigned long long minimum, unsigned int flags, GError **error)
{
    ENTER(fsTrim, "virDomainFSTrim", 0, -1);
    if (mountPoint) {
        virErrorSet(error, OF_DRIVER, VIR_ERR_ARGUMENT_UNSUPPORTED, "Specifying mount point is not supported for now");
        return -1;
    }
    RUNNING(OF_DRIVER, -1);
    return calls->fsTrim(obj, minimum, error) ? 0 : -1;
}

static int domainGetFSInfo(virDomainPtr domain, virDomainFSInfoPtr **info, unsigned int flags, GError **error)
{
    ENTER(fsInfo, "virDomainGetFSInfo", 0, -1);
    RUNNING(VIR_FROM, -1);
    return calls->fsInfo(obj, info, error);
}

/* ---- clock and users ---- */

static int domainGetTime(virDomainPtr domain, long long *seconds, unsigned int *nseconds, unsigned int flags, GError **error)
{
    ENTER(getTime, "virDomainGetTime", 0, -1);
    RUNNING(VIR_FROM, -1);
    return calls->getTime(obj, seconds, nseconds, error) ? 0 : -1;
}

static int domainSetTime(virDomainPtr domain, long long seconds, unsigned int nseconds, unsigned int flags, GError **error)
{
    ENTER(setTime, "virDomainSetTime", VIR_DOMAIN_TIME_SYNC, -1);
    RUNNING(VIR_FROM, -1);
    return calls->setTime(obj, seconds, nseconds, flags & VIR_DOMAIN_TIME_SYNC, error) ? 0 : -1;
}

static int domainSetUserPassword(virDomainPtr domain, const char *user, const char *password, unsigned int flags, GError **error)
{
    ENTER(setPassword, "virDomainSetUserPassword", VIR_DOMAIN_PASSWORD_ENCRYPTED, -1);
    RUNNING(VIR_FROM, -1);
    return calls->setPassword(obj, user, password, flags & VIR_DOMAIN_PASSWORD_ENCRYPTED, error) ? 0 : -1;
}

static int domainAuthorizedSSHKeysGet(virDomainPtr domain, const char *user, char ***keys, unsigned int flags, GError **error)
{
    ENTER(sshKeys, "virDomainAuthorizedSSHKeysGet", 0, -1);
    RUNNING(OF_DRIVER, -1);
    return calls->sshKeys(obj, user, keys, error);
}

static int domainAuthorizedSSHKeysSet(virDomainPtr domain, const char *user, const char **keys, unsigned int nkeys, unsigned int flags,
                                      GError **error)
{
    ENTER(setSshKeys, "virDomainAuthorizedSSHKeysSet",
          VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND | VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE, -1);
    if (flags && nkeys == 0) {
        virErrorSetArg(error, VIR_FROM, "virDomainAuthorizedSSHKeysSet", "keys", "keys in virDomainAuthorizedSSHKeysSet must not be NULL");
        return -1;
    }
    RUNNING(OF_DRIVER, -1);
    return calls->setSshKeys(obj, user, keys, nkeys, flags, error) ? 0 : -1;
}

/* ---- CPUs ---- */

static int domainGetGuestVcpus(virDomainPtr domain, virTypedParameterPtr *params, unsigned int *nparams, unsigned int flags, GError **error)
{
    ENTER(vcpus, "virDomainGetGuestVcpus", 0, -1);
    RUNNING(OF_DRIVER, -1);
    g_auto(virTypedParamList) list = { 0 };
    int n;
    if (!calls->vcpus(obj, &list, error))
        return -1;
    *params = virTypedParamListSteal(&list, &n);
    *nparams = n;
    return 0;
}

static int domainSetGuestVcpus(virDomainPtr domain, const char *cpumap, int state, unsigned int flags, GError **error)
{
    enum { MOST = 65536 };
    ENTER(setVcpus, "virDomainSetGuestVcpus", 0, -1);
    if (state != 0 && state != 1) {
        virErrorSetArg(error, OF_DRIVER, "virDomainSetGuestVcpus", "state", "unsupported state value");
        return -1;
    }
    g_autoptr(virBitmap) cpus = virBitmapParse(cpumap, MOST);
    if (!cpus || virBitmapCount(cpus) == 0) {
        virErrorSet(error, VIR_FROM_NONE, VIR_ERR_INVALID_ARG, "Failed to parse bitmap '%s'", cpumap);
        return -1;
    }
    RUNNING(OF_DRIVER, -1);
    return calls->setVcpus(obj, cpus, state, error) ? 0 : -1;
}

int virGuestCountVcpus(virDomainPtr domain, unsigned int flags, GError **error)
{
    const unsigned int known = VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_VCPU_MAXIMUM | VIR_DOMAIN_VCPU_GUEST;
    bool live, config;
    ENTER(countVcpus, "virDomainGetVcpusFlags", known, -1);
    g_autoptr(virDomainView) view = NULL;
    if (!virDomainRead(domain, &obj, &view, error) || !virDomainResolveFlags(view, flags, &live, &config, error))
        return -1;
    if (!live) {
        virErrorSet(error, OF_DRIVER, VIR_ERR_INVALID_ARG, "vCPU count provided by the guest agent can only be requested for live domains");
        return -1;
    }
    return calls->countVcpus(obj, flags & VIR_DOMAIN_VCPU_MAXIMUM, error);
}

int virGuestAdjustVcpus(virDomainPtr domain, unsigned int n, unsigned int flags, GError **error)
{
    ENTER(adjustVcpus, "virDomainSetVcpusFlags", VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_VCPU_GUEST, -1);
    RUNNING(OF_DRIVER, -1);
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (view->live && n > view->live->vcpus) {
        virErrorSet(error, OF_DRIVER, VIR_ERR_INVALID_ARG,
                    "requested vcpu count is greater than the count of enabled vcpus in the domain: %u > %u", n, view->live->vcpus);
        return -1;
    }
    return calls->adjustVcpus(obj, n, error) ? 0 : -1;
}

/* ---- names and addresses ---- */

static char *domainGetHostname(virDomainPtr domain, unsigned int flags, GError **error)
{
    ENTER(hostname, "virDomainGetHostname", VIR_DOMAIN_GET_HOSTNAME_LEASE | VIR_DOMAIN_GET_HOSTNAME_AGENT, NULL);
    if (!virFlagsExclusive(flags, VIR_DOMAIN_GET_HOSTNAME_LEASE, "VIR_DOMAIN_GET_HOSTNAME_LEASE", VIR_DOMAIN_GET_HOSTNAME_AGENT,
                           "VIR_DOMAIN_GET_HOSTNAME_AGENT", OF_DRIVER, "virDomainGetHostname", error))
        return NULL;
    RUNNING(VIR_FROM, NULL);
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    g_autoptr(GError) why = NULL;
    char *name = flags & VIR_DOMAIN_GET_HOSTNAME_LEASE ? virGuestLeaseHostname(view->live, &why) : calls->hostname(obj, &why);
    if (why)
        g_propagate_error(error, g_steal_pointer(&why));
    else if (!name)
        virErrorSet(error, OF_DRIVER, VIR_ERR_NO_HOSTNAME, "no hostname found for domain %s", VIR_DOMAIN_OBJ_NAME(obj));
    return name;
}

static int domainInterfaceAddresses(virDomainPtr domain, virDomainInterfacePtr **ifaces, unsigned int source, unsigned int flags,
                                    GError **error)
{
    ENTER(interfaces, "virDomainInterfaceAddresses", 0, -1);
    RUNNING(VIR_FROM, -1);
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT)
        return calls->interfaces(obj, ifaces, error);
    if (source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE)
        return virGuestLeaseAddresses(view->live, ifaces, error);
    if (source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP)
        return virGuestArpAddresses(view->live, ifaces, error);
    virErrorSet(error, OF_DRIVER, VIR_ERR_ARGUMENT_UNSUPPORTED, "Unknown IP address data source %u", source);
    return -1;
}

static int domainGetGuestInfo(virDomainPtr domain, unsigned int types, virTypedParameterPtr *params, int *nparams, unsigned int flags,
                              GError **error)
{
    ENTER(info, "virDomainGetGuestInfo", 0, -1);
    if (types & ~calls->infoTypes) {
        virErrorSet(error, OF_DRIVER, VIR_ERR_INVALID_ARG, "unsupported guest information types '0x%x'", types & ~calls->infoTypes);
        return -1;
    }
    RUNNING(OF_DRIVER, -1);
    g_auto(virTypedParamList) list = { 0 };
    if (!calls->info(obj, types ? types : calls->infoTypes, types == 0, &list, error))
        return -1;
    *params = virTypedParamListSteal(&list, nparams);
    return 0;
}

/* ---- power and sleep ---- */

int virGuestPower(virDomainPtr domain, bool reboot, unsigned int flags, GError **error)
{
    enum { ACPI = VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN, AGENT = VIR_DOMAIN_SHUTDOWN_GUEST_AGENT };
    G_STATIC_ASSERT(ACPI == (int)VIR_DOMAIN_REBOOT_ACPI_POWER_BTN && AGENT == (int)VIR_DOMAIN_REBOOT_GUEST_AGENT);
    ENTER(power, reboot ? "virDomainReboot" : "virDomainShutdownFlags", ACPI | AGENT, -1);
    RUNNING(reboot && !(flags & AGENT) ? (int)VIR_FROM : OF_DRIVER, -1);
    if (flags ? !(flags & AGENT) : !calls->connected(obj))
        return 0;
    GError *why = NULL;
    if (calls->power(obj, reboot, &why))
        return 1;
    if (flags != AGENT) {
        virInfo("the agent of '%s' did not help: %s", VIR_DOMAIN_OBJ_NAME(obj), why->message);
        g_error_free(why);
        return 0;
    }
    g_propagate_error(error, why);
    return -1;
}

static int domainPMSuspendForDuration(virDomainPtr domain, unsigned int target, unsigned long long duration, unsigned int flags,
                                      GError **error)
{
    ENTER(suspend, "virDomainPMSuspendForDuration", 0, -1);
    if (duration > 0)
        virErrorSet(error, OF_DRIVER, VIR_ERR_ARGUMENT_UNSUPPORTED, "Duration not supported. Use 0 for now");
    else if (target > VIR_NODE_SUSPEND_TARGET_HYBRID)
        virErrorSet(error, OF_DRIVER, VIR_ERR_INVALID_ARG, "Unknown suspend target: %u", target);
    else if (active(domain, &obj, OF_DRIVER, error))
        return calls->suspend(obj, target, error) ? 0 : -1;
    return -1;
}

static int domainPMWakeup(virDomainPtr domain, unsigned int flags, GError **error)
{
    ENTER(wakeup, "virDomainPMWakeup", 0, -1);
    RUNNING(VIR_FROM, -1);
    if (!virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, "virDomainPMWakeup", -1, error))
        return -1;
    bool ok = calls->wakeup(obj, error);
    virActorLeave(obj->head.actor);
    return ok ? 0 : -1;
}

/* ---- the calls of this file ---- */

static void __attribute__((constructor)) guestCalls(void)
{
    virEngineDriver.domainQemuAgentCommand = domainQemuAgentCommand;
    virEngineDriver.domainAgentSetResponseTimeout = domainAgentSetResponseTimeout;
    virEngineDriver.domainFSFreeze = domainFSFreeze;
    virEngineDriver.domainFSThaw = domainFSThaw;
    virEngineDriver.domainFSTrim = domainFSTrim;
    virEngineDriver.domainGetFSInfo = domainGetFSInfo;
    virEngineDriver.domainGetTime = domainGetTime;
    virEngineDriver.domainSetTime = domainSetTime;
    virEngineDriver.domainSetUserPassword = domainSetUserPassword;
    virEngineDriver.domainAuthorizedSSHKeysGet = domainAuthorizedSSHKeysGet;
    virEngineDriver.domainAuthorizedSSHKeysSet = domainAuthorizedSSHKeysSet;
    virEngineDriver.domainGetGuestVcpus = domainGetGuestVcpus;
    virEngineDriver.domainSetGuestVcpus = domainSetGuestVcpus;
    virEngineDriver.domainGetHostname = domainGetHostname;
    virEngineDriver.domainInterfaceAddresses = domainInterfaceAddresses;
    virEngineDriver.domainGetGuestInfo = domainGetGuestInfo;
    virEngineDriver.domainPMSuspendForDuration = domainPMSuspendForDuration;
    virEngineDriver.domainPMWakeup = domainPMWakeup;
}
