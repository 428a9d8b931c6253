/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The connection to the agent that runs in a guest. The channel has no beginning and no ids: each command is preceded by a
 * synchronisation, whose answer carries a fresh number, and what comes before that answer is an older call's and thrown away. One call
 * at a time; who calls has its turn already. The I/O thread only cuts lines, since a guest may send anything: the caller's thread
 * reads them.
 */
#pragma once

#include <json-glib/json-glib.h>
#include "base/error.h"

typedef struct _virAgent virAgent;

/* What QEMU says of the guest: the end of commands that have no answer. */
typedef enum {
    VIR_AGENT_EVENT_SHUTDOWN = 1 << 0,
    VIR_AGENT_EVENT_RESET = 1 << 1,
    VIR_AGENT_EVENT_SUSPEND = 1 << 2,
} virAgentEvent;

/* Takes `fd`, a connected stream socket. */
virAgent *virAgentNew(int fd);
virAgent *virAgentConnect(const char *path, GError **error);
virAgent *virAgentRef(virAgent *agent);
void virAgentUnref(virAgent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virAgent, virAgentUnref)
void virAgentClose(virAgent *agent);            /* a waiting call fails, or has succeeded when that is how it ends */
bool virAgentIsOpen(virAgent *agent);
void virAgentNotify(virAgent *agent, virAgentEvent event);      /* any thread; never waits */

/* `args` is an object or NULL and is taken. */
typedef struct {
    const char *command;
    JsonNode *args;
    int syncMs, replyMs;                        /* deadlines; -1: none */
    virAgentEvent silent;                       /* no answer means success, and so does one of these events or the agent's end */
    bool whole;                                 /* `reply` is the message, not its "return" */
} virAgentRequest;

/* `reply` may be NULL; it is the value of "return", never NULL after success unless the command is silent. `refused` (may be NULL) is set to
 * the class of an error that the agent answered: static, "" for one that we do not know. */
bool virAgentCall(virAgent *agent, virAgentRequest *request, JsonNode **reply, const char **refused, GError **error);
