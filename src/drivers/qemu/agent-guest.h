/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's agent: the connection follows the state of its channel; calls have a turn of their own, apart from the domain's actor. */
#pragma once

#include "drivers/qemu/agent.h"
#include "drivers/qemu/qemu.h"
#include "engine/guest-agent.h"

/* agent-vcpus.c */
bool qemuAgentVcpus(virDomainObj *obj, virTypedParamList *list, GError **error);
bool qemuAgentSetVcpus(virDomainObj *obj, const virBitmap *wanted, bool online, GError **error);
int qemuAgentCountVcpus(virDomainObj *obj, bool maximum, GError **error);
bool qemuAgentAdjustVcpus(virDomainObj *obj, unsigned int n, GError **error);

/* agent-calls.c */
extern const virGuestCalls qemuGuestCalls;
/* All file systems of the guest, for the while that a change of its disks takes. */
bool qemuAgentFreeze(virDomainObj *obj, GError **error);
void qemuAgentThaw(virDomainObj *obj);

/* What QEMU says of the guests' ends of channels becomes part of a definition that is not published yet. */
void qemuAgentTakeStates(virDomainDef *def, JsonArray *chardevs);
/* After a start, and after coming back to a guest: the world is told. Holder. */
void qemuAgentStarted(virDomainObj *obj, const virDomainDef *def);
void qemuAgentRefresh(virDomainObj *obj, JsonArray *chardevs);
/* Connect or disconnect, as the live definition says. Never waits. */
void qemuAgentFollow(virDomainObj *obj);
void qemuAgentDrop(qemuGuest *guest);
/* One of QEMU's events, by its name. */
void qemuAgentNotify(qemuGuest *guest, const char *event);
bool qemuAgentIsChannel(const virDomainChrDef *chr);
bool qemuAgentConnected(virDomainObj *obj);
bool qemuAgentReachable(virDomainObj *obj, GError **error);
bool qemuAgentSetTimeout(virDomainObj *obj, int timeout, GError **error);

/* The turn: what a call holds while it asks. */
typedef struct {
    virDomainObj *obj;
    virDomainView *view;                                /* live is not NULL */
    qemuGuest *guest;
    virAgent *agent;
} qemuAgentTurn;

/* `what` is a static string. An error when the guest does not run, has no channel, or nobody is there. */
bool qemuAgentBegin(qemuAgentTurn *turn, virDomainObj *obj, const char *what, GError **error);
void qemuAgentEnd(qemuAgentTurn *turn);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuAgentTurn, qemuAgentEnd)

/* Deadlines and rules follow from the command's name; `args` is taken, `reply` and `refused` may be NULL (agent.h). */
bool qemuAgentAsk(qemuAgentTurn *turn, const char *command, JsonNode *args, JsonNode **reply, const char **refused, GError **error);
/* Any command, with a timeout of virDomainQemuAgentCommandTimeoutValues or seconds; the answer as it came. */
char *qemuAgentAskRaw(qemuAgentTurn *turn, const char *text, int timeout, GError **error);
