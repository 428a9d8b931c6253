/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUs as the guest's operating system uses them. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/agent-guest.h"
#include "drivers/qemu/agent-info.h"

static GArray *askVcpus(qemuAgentTurn *turn, GError **error)
{
    g_autoptr(JsonNode) reply = NULL;
    return qemuAgentAsk(turn, "guest-get-vcpus", NULL, &reply, NULL, error) ? virAgentReadVcpus(reply, error) : NULL;
}

static JsonNode *vcpuList(const GArray *ids, guint from, bool online)
{
    JsonArray *array = json_array_new();
    for (guint i = from; i < ids->len; i++)
        json_array_add_element(array, qmpArgs("u:logical-id", g_array_index(ids, unsigned int, i), "b:online", online, NULL));
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(node, array);
    return node;
}

/* The agent says how many of them it has done; the rest is asked for again. */
static bool sayVcpus(qemuAgentTurn *turn, const GArray *ids, bool online, GError **error)
{
    for (guint done = 0; done < ids->len;) {
        g_autoptr(JsonNode) reply = NULL;
        if (!qemuAgentAsk(turn, "guest-set-vcpus", qmpArgs("o:vcpus", vcpuList(ids, done, online), NULL), &reply, NULL, error))
            return false;
        gint64 n = reply && JSON_NODE_HOLDS_VALUE(reply) && json_node_get_value_type(reply) == G_TYPE_INT64 ? json_node_get_int(reply) : 0;
        if (n <= 0 || n > ids->len - done) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "guest agent returned malformed or invalid return value");
            return false;
        }
        done += n;
    }
    return true;
}

bool qemuAgentVcpus(virDomainObj *obj, virTypedParamList *list, GError **error)
{
    g_auto(qemuAgentTurn) turn = { 0 };
    g_autoptr(GArray) cpus = qemuAgentBegin(&turn, obj, "virDomainGetGuestVcpus", error) ? askVcpus(&turn, error) : NULL;
    if (!cpus)
        return false;
    g_autoptr(virBitmap) known = virBitmapNew(0), online = virBitmapNew(0), offlinable = virBitmapNew(0);
    for (guint i = 0; i < cpus->len; i++) {
        const virAgentVcpu *cpu = &g_array_index(cpus, virAgentVcpu, i);
        virBitmapSet(known, cpu->id, true);
        if (cpu->online)
            virBitmapSet(online, cpu->id, true);
        if (cpu->canOffline)
            virBitmapSet(offlinable, cpu->id, true);
    }
    const struct {
        const char *name;
        const virBitmap *map;
    } maps[] = { { "vcpus", known }, { "online", online }, { "offlinable", offlinable } };
    for (guint i = 0; i < G_N_ELEMENTS(maps); i++) {
        g_autofree char *text = virBitmapFormat(maps[i].map);
        virTypedParamListString(list, text ? text : "", "%s", maps[i].name);
    }
    return true;
}

bool qemuAgentSetVcpus(virDomainObj *obj, const virBitmap *wanted, bool online, GError **error)
{
    g_auto(qemuAgentTurn) turn = { 0 };
    g_autoptr(GArray) cpus = qemuAgentBegin(&turn, obj, "virDomainSetGuestVcpus", error) ? askVcpus(&turn, error) : NULL;
    if (!cpus)
        return false;
    g_autoptr(virBitmap) missing = virBitmapCopy(wanted);
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(unsigned int));
    for (guint i = 0; i < cpus->len; i++) {
        virAgentVcpu *cpu = &g_array_index(cpus, virAgentVcpu, i);
        if (!virBitmapHas(missing, cpu->id))
            continue;
        virBitmapSet(missing, cpu->id, false);
        if (!online && !cpu->canOffline) {
            virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "vCPU '%u' is not offlinable", cpu->id);
            return false;
        }
        g_array_append_val(ids, cpu->id);
    }
    if (virBitmapCount(missing) > 0) {
        g_autofree char *text = virBitmapFormat(missing);
        virSetError(error, VIR_ERR_INVALID_ARG, "guest is missing vCPUs '%s'", text);
        return false;
    }
    return sayVcpus(&turn, ids, online, error);
}

static unsigned int countOnline(const GArray *cpus)
{
    unsigned int n = 0;
    for (guint i = 0; i < cpus->len; i++)
        n += g_array_index(cpus, virAgentVcpu, i).online;
    return n;
}

int qemuAgentCountVcpus(virDomainObj *obj, bool maximum, GError **error)
{
    g_auto(qemuAgentTurn) turn = { 0 };
    g_autoptr(GArray) cpus = qemuAgentBegin(&turn, obj, "virDomainGetVcpusFlags", error) ? askVcpus(&turn, error) : NULL;
    if (!cpus)
        return -1;
    return maximum ? (int)cpus->len : (int)countOnline(cpus);
}

bool qemuAgentAdjustVcpus(virDomainObj *obj, unsigned int n, GError **error)
{
    g_auto(qemuAgentTurn) turn = { 0 };
    g_autoptr(GArray) cpus = qemuAgentBegin(&turn, obj, "virDomainSetVcpusFlags", error) ? askVcpus(&turn, error) : NULL;
    if (!cpus)
        return false;
    if (n > cpus->len) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "guest agent reports less cpu than requested");
        return false;
    }
    unsigned int now = countOnline(cpus), left = now > n ? now - n : n - now;
    bool online = n > now;
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(unsigned int));
    for (guint i = 0; i < cpus->len && ids->len < left; i++) {
        virAgentVcpu *cpu = &g_array_index(cpus, virAgentVcpu, i);
        if (online ? !cpu->online : cpu->online && cpu->canOffline && cpu->id != 0)     /* the first one stays, whatever it says */
            g_array_append_val(ids, cpu->id);
    }
    if (ids->len < left) {
        virSetError(error, VIR_ERR_INVALID_ARG, "Cannot offline enough CPUs");
        return false;
    }
    return sayVcpus(&turn, ids, online, error);
}
