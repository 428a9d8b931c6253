/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one tells a running guest: power, pause, NMI, keys, memory, monitor commands. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/qemu.h"
#include <libvirt/libvirt-qemu.h>

static bool command(virDomainObj *obj, const char *name, JsonNode *args, GError **error)
{
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
    if (qmp)
        return qmpCall(qmp, name, args, NULL, error) == VIR_QMP_OK;
    g_clear_pointer(&args, json_node_unref);
    return false;
}

/* By ACPI's power button; the engine has asked the guest's agent, where the flags want that. */
bool qemuShutdown(virDomainObj *obj, unsigned int flags, GError **error)
{
    qemuGuest *g = qemuGuestOf(obj);
    g->fakeReboot = false;
    return command(obj, "system_powerdown", NULL, error);
}

bool qemuReboot(virDomainObj *obj, unsigned int flags, GError **error)
{
    qemuGuest *g = qemuGuestOf(obj);
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    g->fakeReboot =
        view->live && view->live->onReboot != VIR_DOMAIN_ON_DESTROY && view->live->onReboot != VIR_DOMAIN_ON_PRESERVE;
    bool ok = command(obj, "system_powerdown", NULL, error);
    if (!ok)
        g->fakeReboot = false;
    return ok;
}

bool qemuReset(virDomainObj *obj, unsigned int flags, GError **error)
{
    if (flags) {
        virSetError(error, VIR_ERR_INVALID_ARG, "unsupported flags (0x%x) in function qemuDomainReset", flags);
        return false;
    }
    qemuGuestOf(obj)->fakeReboot = false;
    return command(obj, "system_reset", NULL, error);
}

bool qemuSuspend(virDomainObj *obj, GError **error)
{
    qemuGuest *g = qemuGuestOf(obj);
    g->pauseReason = VIR_DOMAIN_PAUSED_USER;
    bool ok = command(obj, "stop", NULL, error);
    if (!ok)
        g->pauseReason = 0;
    return ok;
}

bool qemuResume(virDomainObj *obj, GError **error)
{
    qemuGuest *g = qemuGuestOf(obj);
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (view->state == VIR_DOMAIN_PMSUSPENDED) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "domain is pmsuspended");
        return false;
    }
    g->resumeReason = VIR_DOMAIN_RUNNING_UNPAUSED;
    bool ok = command(obj, "cont", NULL, error);
    if (!ok)
        g->resumeReason = 0;
    return ok;
}

bool qemuInjectNmi(virDomainObj *obj, unsigned int flags, GError **error)
{
    return command(obj, "inject-nmi", NULL, error);
}

bool qemuSetMemory(virDomainObj *obj, unsigned long long kib, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    const virDomainMemballoonDef *b = view->live ? view->live->memballoon : NULL;
    if (!b || b->model == VIR_DOMAIN_MEMBALLOON_NONE) {
        virSetError(error, VIR_ERR_OPERATION_INVALID,
                    "Unable to change memory of active domain without the balloon device");
        return false;
    }
    return command(obj, "balloon", qmpArgs("U:value", (guint64)kib * 1024, NULL), error);
}

/* ---- keys ---- */

/* Linux key codes beyond the ones that equal the first set of scan codes, as QEMU's numbers. */
static const struct {
    unsigned short linuxCode, qnum;
} extendedKeys[] = {
    { 96, 0x9c },  { 97, 0x9d },  { 98, 0xb5 },  { 99, 0x54 },  { 100, 0xb8 }, { 102, 0xc7 }, { 103, 0xc8 },
    { 104, 0xc9 }, { 105, 0xcb }, { 106, 0xcd }, { 107, 0xcf }, { 108, 0xd0 }, { 109, 0xd1 }, { 110, 0xd2 },
    { 111, 0xd3 }, { 113, 0xa0 }, { 114, 0xae }, { 115, 0xb0 }, { 116, 0xde }, { 119, 0xc6 }, { 125, 0xdb },
    { 126, 0xdc }, { 127, 0xdd }, { 142, 0xdf }, { 143, 0xe3 },
};

static bool keyNumber(unsigned int codeset, unsigned int code, unsigned int *qnum)
{
    *qnum = code;
    if (codeset == VIR_KEYCODE_SET_XT || codeset == VIR_KEYCODE_SET_QNUM)
        return true;
    if (codeset != VIR_KEYCODE_SET_LINUX)
        return false;
    if (code < 89)
        return true;
    for (guint i = 0; i < G_N_ELEMENTS(extendedKeys); i++)
        if (extendedKeys[i].linuxCode == code) {
            *qnum = extendedKeys[i].qnum;
            return true;
        }
    return false;
}

bool qemuSendKey(virDomainObj *obj, unsigned int codeset, unsigned int holdtime, const unsigned int *codes, int ncodes,
                 unsigned int flags, GError **error)
{
    JsonArray *keys = json_array_new();
    for (int i = 0; i < ncodes; i++) {
        unsigned int qnum;
        if (!keyNumber(codeset, codes[i], &qnum)) {
            virSetError(error, VIR_ERR_INVALID_ARG,
                        "keycode %u of codeset %u is not known; use codeset linux, xt or qnum", codes[i], codeset);
            json_array_unref(keys);
            return false;
        }
        json_array_add_element(keys, qmpArgs("s:type", "number", "u:data", qnum, NULL));
    }
    JsonNode *array = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(array, keys);
    return command(obj, "send-key", qmpArgs("o:keys", array, "P:hold-time", holdtime, NULL), error);
}

/* ---- the monitor for everybody ---- */

char *qemuWaitsFor(virDomainObj *obj, int64_t *age_ms)
{
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, NULL);
    return qmp ? virQmpWaitsFor(qmp, age_ms) : NULL;
}

static char *humanCommand(virQmp *qmp, const char *line, GError **error)
{
    g_autoptr(JsonNode) reply = NULL;
    if (qmpCall(qmp, "human-monitor-command", qmpArgs("s:command-line", line, NULL), &reply, error) != VIR_QMP_OK)
        return NULL;
    bool text = reply && JSON_NODE_HOLDS_VALUE(reply) && json_node_get_value_type(reply) == G_TYPE_STRING;
    return g_strdup(text ? json_node_get_string(reply) : "");
}

static char *rawCommand(virQmp *qmp, const char *text, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(JsonNode) root = json_from_string(text, &why);
    JsonObject *o = qmpReplyObj(root);
    const char *name = qmpStr(o, "execute");
    if (!name) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "cannot parse json %s: %s", text,
                    why ? why->message : "it has no member 'execute'");
        return NULL;
    }
    virQmpRequest r = { .command = name,
                        .raw = true,
                        .args =
                            json_object_has_member(o, "arguments") ? json_object_dup_member(o, "arguments") : NULL };
    bool ok = qmpCallMany(qmp, &r, 1, error);
    char *out = ok && r.reply ? json_to_string(r.reply, FALSE) : NULL;
    virQmpRequestClear(&r);
    return out;
}

char *qemuMonitorCommand(virDomainObj *obj, const char *text, unsigned int flags, GError **error)
{
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
    if (!qmp)
        return NULL;
    return flags & VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP ? humanCommand(qmp, text, error) : rawCommand(qmp, text, error);
}
