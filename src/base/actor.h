/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An actor is an object (a domain, a pool, a network) that one thread of control at a time may change. There is no lock
 * to take: work is submitted to the actor's queue and *granted* in order. A request that waits is a list entry.
 *
 * - virActorSubmit(): asynchronous. When granted, `run` is called on a thread made for it (virWorkRun), and the grant ends when it
 *   returns. `cancel` is called instead (on the I/O thread or the submitter's) with the reason if the turn never comes.
 * - virActorEnter()/virActorLeave(): the same for a caller that has a thread of its own (local connections). Inside a granted
 *   run it nests: code of the engine always calls Enter/Leave and need not know who holds the grant.
 * - virActorPost(): a short, non-blocking message (QMP events, process exit). Runs at once when the actor is idle, otherwise when the
 *   running job parks (virActorPark) or ends. Always before the next queued job.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct _virActor virActor;

/* What may run beside what. A long job (migration, save, backup) opens the actor's gate to the classes that it tolerates. */
typedef enum {
    VIR_ACTOR_QUERY = 1 << 0,
    VIR_ACTOR_MODIFY = 1 << 1,
    VIR_ACTOR_ABORT = 1 << 2,   /* passes while the object is in trouble */
    VIR_ACTOR_SUSPEND = 1 << 3, /* stops or resumes a guest: most long jobs can live with it */
    VIR_ACTOR_AGENT = 1 << 4,
} virActorClass;

virActor *virActorNew(const char *name);
virActor *virActorRef(virActor *actor);
void virActorUnref(virActor *actor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virActor, virActorUnref)

/* `what` names the operation for error messages and logs ("virDomainSetVcpus"); it must be a static string. `wait_ms` is the
 * longest wait for the turn (-1: the default of 30 s). `owner` groups requests for virActorCancelOwner. */
void virActorSubmit(virActor *actor, virActorClass class, const char *what, int64_t wait_ms, gpointer owner,
                    void (*run)(gpointer data), void (*cancel)(gpointer data, GError *reason), gpointer data);
void virActorCancelOwner(virActor *actor, gpointer owner);
/* Has the owner of the request that this thread runs been cancelled meanwhile? Who waits without a deadline for its sake ends then. */
bool virActorAbandoned(void);

bool virActorEnter(virActor *actor, virActorClass class, const char *what, int64_t wait_ms, GError **error);
void virActorLeave(virActor *actor);
bool virActorIsHeld(virActor *actor);           /* by the calling thread */

void virActorPost(virActor *actor, void (*func)(gpointer), gpointer data, GDestroyNotify destroy);

/* Called by the holder around a wait (qmpCall): posted messages run meanwhile, on the posting thread. The caller's view of
 * the object may have changed when Unpark returns. */
void virActorPark(virActor *actor);
void virActorUnpark(virActor *actor);

/*
 * A long job: the holder gives its turn to requests of the classes in `tolerated` while it waits for something else than the actor
 * (a migration's progress), and takes it back before any other. Requests of other classes wait until the job's own grant ends.
 */
void virActorOpenGate(virActor *actor, int tolerated);
void virActorCloseGate(virActor *actor);

/* Inside a granted run of virActorSubmit with class QUERY or AGENT: let the next in the queue begin, while this one goes on waiting for what
 * will not change the object. False: anywhere else it does nothing. */
bool virActorYield(void);

/* What keeps the holder from going on ("QEMU has not answered 'stop' for 5000 ms"); NULL: nothing any more. While it stands, requests
 * do not wait: those in the queue and new ones end with the timeout's error and these words. ABORT requests wait on. */
void virActorSetTrouble(virActor *actor, const char *words);

typedef struct {
    bool running;               /* or waiting */
    int64_t age;                /* ms */
    const char *class, *what;   /* "query", "modify", …; all strings are static */
} virActorEntry;
/* What runs and then what waits, in order: an array of virActorEntry. */
GArray *virActorList(virActor *actor);

/* Who holds it, for messages and `virsh domjobinfo --queue`; NULL when idle. Age in milliseconds. */
char *virActorHolder(virActor *actor, int64_t *age_ms, guint *waiting);
