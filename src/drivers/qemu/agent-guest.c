/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between a guest and the connection to its agent: when there is one, whose turn it is, how long a command may take. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.agent"
#include "drivers/qemu/agent-guest.h"
#include "base/log.h"
#include <libvirt/libvirt-qemu.h>
#include <limits.h>
#include <string.h>

/* An agent that lives answers a synchronisation at once, but a guest may be long about what it is asked. */
enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    SYNC_MS = 5 * SECOND,
    USUAL_MS = MINUTE,
    POWER_MS = VIR_DOMAIN_QEMU_AGENT_COMMAND_SHUTDOWN * SECOND
};

/* Commands that write out all that is dirty, and those that say nothing when they work. */
static const struct {
    const char *command;
    int ms;                     /* where the guest's timeout was not set */
    unsigned int silent;        /* virAgentEvent */
} rules[] = {
    { "guest-fsfreeze-freeze", 5 * MINUTE, 0 },
    { "guest-fsfreeze-freeze-list", 5 * MINUTE, 0 },
    { "guest-fsfreeze-thaw", 5 * MINUTE, 0 },
    { "guest-fstrim", 60 * MINUTE, 0 },
    { "guest-shutdown", POWER_MS, VIR_AGENT_EVENT_SHUTDOWN | VIR_AGENT_EVENT_RESET },
    { "guest-suspend-ram", POWER_MS, VIR_AGENT_EVENT_SUSPEND | VIR_AGENT_EVENT_SHUTDOWN },
    { "guest-suspend-disk", POWER_MS, VIR_AGENT_EVENT_SUSPEND | VIR_AGENT_EVENT_SHUTDOWN },
    { "guest-suspend-hybrid", POWER_MS, VIR_AGENT_EVENT_SUSPEND | VIR_AGENT_EVENT_SHUTDOWN },
};

/* ---- the channel ---- */

bool qemuAgentIsChannel(const virDomainChrDef *chr)
{
    return chr->source.type == VIR_DOMAIN_CHR_UNIX && chr->source.path && g_strcmp0(chr->name, "org.qemu.guest_agent.0") == 0;
}

static const virDomainChrDef *agentChannel(const virDomainDef *def)
{
    for (unsigned int i = 0; i < def->channels.n; i++)
        if (qemuAgentIsChannel(def->channels.v[i]))
            return def->channels.v[i];
    return NULL;
}

void qemuAgentTakeStates(virDomainDef *def, JsonArray *chardevs)
{
    for (unsigned int i = 0; i < def->channels.n; i++) {
        virDomainChrDef *chr = def->channels.v[i];
        if (chr->channelTarget != VIR_DOMAIN_CHR_CHANNEL_TARGET_VIRTIO || !chr->info.alias)
            continue;
        g_autofree char *id = g_strconcat("char", chr->info.alias, NULL);
        chr->state = VIR_DOMAIN_CHR_STATE_DISCONNECTED;
        for (guint k = 0; chardevs && k < json_array_get_length(chardevs); k++) {
            JsonObject *o = qmpItem(chardevs, k);
            if (g_strcmp0(qmpStr(o, "label"), id) == 0 && qmpBool(o, "frontend-open"))
                chr->state = VIR_DOMAIN_CHR_STATE_CONNECTED;
        }
    }
}

static void emitState(virDomainObj *obj, const virDomainChrDef *chr, int reason)
{
    bool there = chr->state == VIR_DOMAIN_CHR_STATE_CONNECTED;
    virDomainEmit(obj, VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
                  there ? VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED
                        : VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED,
                  reason);
}

void qemuAgentStarted(virDomainObj *obj, const virDomainDef *def)
{
    const virDomainChrDef *chr = agentChannel(def);
    if (chr)
        emitState(obj, chr, VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_DOMAIN_STARTED);
}

void qemuAgentRefresh(virDomainObj *obj, JsonArray *chardevs)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    g_autoptr(virDomainDef) live = view->live && chardevs ? virDomainDefCopy(view->live) : NULL;
    const virDomainChrDef *before = live ? agentChannel(view->live) : NULL, *after = live ? agentChannel(live) : NULL;
    if (live)
        qemuAgentTakeStates(live, chardevs);
    bool changed = after && before->state != after->state;
    if (changed)
        emitState(obj, after, VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL);
    if (live)
        virDomainSetLive(obj, g_steal_pointer(&live));
    qemuAgentFollow(obj);
}

/* A reference to the connection, made again when it broke; NULL with an error when nobody answers. */
static virAgent *connection(qemuGuest *g, const virDomainChrDef *chr, GError **error)
{
    g_mutex_lock(&g->mutex);
    virAgent *agent = g->agent && virAgentIsOpen(g->agent) ? virAgentRef(g->agent) : NULL;
    g_mutex_unlock(&g->mutex);
    if (agent)
        return agent;
    agent = virAgentConnect(chr->source.path, error);
    if (!agent)
        return NULL;
    g_mutex_lock(&g->mutex);
    virAgent *old = g->agent;
    g->agent = virAgentRef(agent);
    g_mutex_unlock(&g->mutex);
    virAgentClose(old);
    virAgentUnref(old);
    return agent;
}

void qemuAgentDrop(qemuGuest *g)
{
    g_mutex_lock(&g->mutex);
    virAgent *agent = g_steal_pointer(&g->agent);
    g_mutex_unlock(&g->mutex);
    virAgentClose(agent);
    virAgentUnref(agent);
}

void qemuAgentFollow(virDomainObj *obj)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    const virDomainChrDef *chr = view->live ? agentChannel(view->live) : NULL;
    if (!chr || chr->state != VIR_DOMAIN_CHR_STATE_CONNECTED) {
        qemuAgentDrop(qemuGuestOf(obj));
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(virAgent) agent = connection(qemuGuestOf(obj), chr, &error);
    if (!agent)
        virWarn("guest '%s': %s", view->live->name, error->message);
}

void qemuAgentNotify(qemuGuest *g, const char *name)
{
    static const struct {
        const char *name;
        virAgentEvent event;
    } events[] = {
        { "SHUTDOWN", VIR_AGENT_EVENT_SHUTDOWN },
        { "RESET", VIR_AGENT_EVENT_RESET },
        { "SUSPEND", VIR_AGENT_EVENT_SUSPEND },
        { "SUSPEND_DISK", VIR_AGENT_EVENT_SUSPEND },
    };
    g_mutex_lock(&g->mutex);
    g_autoptr(virAgent) agent = g->agent ? virAgentRef(g->agent) : NULL;
    g_mutex_unlock(&g->mutex);
    for (guint i = 0; agent && i < G_N_ELEMENTS(events); i++)
        if (g_str_equal(events[i].name, name))
            virAgentNotify(agent, events[i].event);
}

/* ---- turns ---- */

/* Is there somebody to ask? */
static const virDomainChrDef *reachable(const virDomainView *view, GError **error)
{
    const virDomainChrDef *chr = view->live ? agentChannel(view->live) : NULL;
    if (!view->live)
        virSetError(error, VIR_ERR_OPERATION_INVALID, "domain is not running");
    else if (!chr)
        virSetError(error, VIR_ERR_ARGUMENT_UNSUPPORTED, "QEMU guest agent is not configured");
    else if (view->state != VIR_DOMAIN_RUNNING)
        virSetError(error, VIR_ERR_OPERATION_INVALID, "domain is not running");
    else if (chr->state != VIR_DOMAIN_CHR_STATE_CONNECTED)
        virSetError(error, VIR_ERR_AGENT_UNRESPONSIVE, "QEMU guest agent is not connected");
    else
        return chr;
    return NULL;
}

bool qemuAgentReachable(virDomainObj *obj, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    return reachable(view, error) != NULL;
}

bool qemuAgentConnected(virDomainObj *obj)
{
    return qemuAgentReachable(obj, NULL);
}

bool qemuAgentBegin(qemuAgentTurn *turn, virDomainObj *obj, const char *what, GError **error)
{
    g_autoptr(virDomainView) before = virDomainObjView(obj);
    qemuGuest *g = qemuGuestOf(obj);
    *turn = (qemuAgentTurn){ 0 };
    if (!reachable(before, error))      /* no need to wait for that */
        return false;
    virActorPark(virDomainObjActor(obj));       /* a call inside another change: events go on */
    if (!virActorEnter(g->agentTurn, VIR_ACTOR_AGENT, what, -1, error)) {
        virActorUnpark(virDomainObjActor(obj));
        return false;
    }
    *turn = (qemuAgentTurn){ .obj = virDomainObjRef(obj), .guest = g, .view = virDomainObjView(obj) };
    const virDomainChrDef *chr = reachable(turn->view, error);
    g_autoptr(GError) why = NULL;
    if (chr && !(turn->agent = connection(g, chr, &why)))
        virSetError(error, VIR_ERR_AGENT_UNRESPONSIVE, "QEMU guest agent is not connected: %s", why->message);
    if (!turn->agent)
        qemuAgentEnd(turn);
    return turn->agent != NULL;
}

void qemuAgentEnd(qemuAgentTurn *turn)
{
    if (!turn->obj)
        return;
    virActorLeave(turn->guest->agentTurn);
    virActorUnpark(virDomainObjActor(turn->obj));
    virAgentUnref(turn->agent);
    virDomainViewUnref(turn->view);
    virDomainObjUnref(turn->obj);
    *turn = (qemuAgentTurn){ 0 };
}

/* ---- deadlines ---- */

bool qemuAgentSetTimeout(virDomainObj *obj, int timeout, GError **error)
{
    g_atomic_int_set(&qemuGuestReady(obj)->agentTimeout, timeout);
    return true;
}

static int milliseconds(int seconds, int unset)
{
    if (seconds == QEMU_AGENT_TIMEOUT_UNSET)
        return unset;
    if (seconds < 0)
        return seconds == VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK ? -1 : SYNC_MS;
    return MIN(seconds, INT_MAX / SECOND) * SECOND;
}

/* Only patience less than the usual shortens it. */
static int syncTime(int seconds)
{
    return seconds >= 0 ? MIN(milliseconds(seconds, 0), SYNC_MS) : SYNC_MS;
}

bool qemuAgentAsk(qemuAgentTurn *turn, const char *command, JsonNode *args, JsonNode **reply, const char **refused, GError **error)
{
    int seconds = g_atomic_int_get(&turn->guest->agentTimeout);
    virAgentRequest request = { .command = command, .args = args, .syncMs = syncTime(seconds), .replyMs = milliseconds(seconds, USUAL_MS) };
    for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
        if (g_str_equal(rules[i].command, command)) {
            request.silent = rules[i].silent;
            request.replyMs = rules[i].silent ? rules[i].ms : milliseconds(seconds, rules[i].ms);
        }
    return virAgentCall(turn->agent, &request, reply, refused, error);
}

char *qemuAgentAskRaw(qemuAgentTurn *turn, const char *text, int timeout, GError **error)
{
    int seconds = g_atomic_int_get(&turn->guest->agentTimeout);
    g_autoptr(GError) why = NULL;
    g_autoptr(JsonNode) root = json_from_string(text, &why), reply = NULL;
    JsonObject *o = qmpReplyObj(root);
    const char *name = qmpStr(o, "execute"), *class = NULL;
    if (!name) {
        virErrorSet(error, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, "cannot parse json %s: %s", text,
                    why ? why->message : "it has no member 'execute'");
        return NULL;
    }
    virAgentRequest request = { .command = name,
                                .syncMs = syncTime(seconds),
                                .replyMs = milliseconds(timeout, 0),
                                .args = json_object_has_member(o, "arguments") ? json_object_dup_member(o, "arguments") : NULL,
                                .whole = true };
    for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
        if (g_str_equal(rules[i].command, name))
            request.silent = rules[i].silent;
    if (!virAgentCall(turn->agent, &request, &reply, &class, error))
        return NULL;
    return reply ? json_to_string(reply, FALSE) : g_strdup("{}");
}
