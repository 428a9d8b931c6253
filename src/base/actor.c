/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The per-object queue: grants in order, one holder at a time, messages that slip in while the holder waits. The mutex guards the
 * bookkeeping only; it is never held while anything of the caller's runs.
 */
#define VIR_FROM VIR_FROM_DOM
#define VIR_LOG_NAME "actor"
#include "base/actor.h"
#include "base/error.h"
#include "base/log.h"
#include "base/loop.h"

enum { DEFAULT_WAIT_MS = 30 * 1000, REPORT_WAIT_US = G_USEC_PER_SEC };

typedef struct {
    guint64 serial;
    virActorClass class;
    const char *what;
    gpointer owner, data;
    void (*run)(gpointer);
    void (*cancel)(gpointer, GError *);
    virTimer *timer;
    gint64 since;
    const char *behind;         /* who held the turn when it came, and since when */
    gint64 behindSince;
    virActor *actor;
    bool granted, sync;         /* sync: a thread waits on the actor's condition */
    bool refused;               /* sync: will not be granted, because of the trouble */
    bool yielded;
    int abandoned;              /* atomic: its owner has left while it ran */
    GThread *thread;
} Request;

/* The grant that the thread is running, when it may be given up early. */
static _Thread_local Request *current;

typedef struct {
    void (*func)(gpointer);
    gpointer data;
    GDestroyNotify destroy;
} Post;

typedef enum { IDLE, HELD, PARKED } HoldState;

/* A long job while its gate is open. */
typedef struct {
    GThread *thread;
    const char *what;
    gint64 since;
    guint depth;
    int tolerated;
    bool closing;               /* it wants its turn back */
} Gate;

struct _virActor {
    gatomicrefcount refs;
    char *name;
    GMutex mutex;
    GCond cond;
    GQueue requests, posts;
    guint sleepers;             /* threads that wait on the condition */
    HoldState state;
    bool draining;              /* somebody runs the posts */
    GThread *holder, *drainer;
    const char *what;
    virActorClass class;
    gint64 since;
    guint depth;
    guint64 serials;
    Gate *gate;
    char *trouble;
    Request *running;           /* the one that has the turn; NULL: a thread of its own has it */
    GPtrArray *yielded;         /* requests that run on without the turn */
};

typedef struct {
    virActor *actor;
    guint64 serial;
} Deadline;

virActor *virActorNew(const char *name)
{
    virActor *a = g_new0(virActor, 1);
    g_atomic_ref_count_init(&a->refs);
    a->name = g_strdup(name);
    g_mutex_init(&a->mutex);
    g_cond_init(&a->cond);
    return a;
}

virActor *virActorRef(virActor *a)
{
    g_atomic_ref_count_inc(&a->refs);
    return a;
}

void virActorUnref(virActor *a)
{
    if (!a || !g_atomic_ref_count_dec(&a->refs))
        return;
    g_mutex_clear(&a->mutex);
    g_cond_clear(&a->cond);
    g_clear_pointer(&a->yielded, g_ptr_array_unref);
    g_free(a->trouble);
    g_free(a->name);
    g_free(a);
}

static const char *actorWhat(const virActor *a)
{
    return a->state != IDLE ? a->what : a->gate ? a->gate->what : NULL;
}

/* Locked. Waking is a system call even where nobody sleeps. */
static void actorWake(virActor *a)
{
    if (a->sleepers)
        g_cond_broadcast(&a->cond);
}

/* Locked. False: the time (0: none) is over. */
static bool actorSleep(virActor *a, gint64 until)
{
    bool woken = true;
    a->sleepers++;
    if (until)
        woken = g_cond_wait_until(&a->cond, &a->mutex, until);
    else
        g_cond_wait(&a->cond, &a->mutex);
    a->sleepers--;
    return woken;
}

/* Locked. */
static GError *actorTimeout(virActor *a, const char *what)
{
    GError *error = NULL;
    const char *holder = actorWhat(a);
    virSetError(&error, VIR_ERR_OPERATION_TIMEOUT, "cannot acquire state change lock (held by monitor=%s) for %s of '%s'%s%s",
                holder ? holder : "nobody", what, a->name, a->trouble ? ": " : "", a->trouble ? a->trouble : "");
    return error;
}

/* Locked. */
static void actorNoteHolder(const virActor *a, Request *r)
{
    r->behind = actorWhat(a);
    r->behindSince = a->state != IDLE ? a->since : a->gate ? a->gate->since : 0;
}

static void actorReportWait(const Request *r)
{
    gint64 waited = g_get_monotonic_time() - r->since;
    if (waited > REPORT_WAIT_US)
        virWarn("%s waited %" G_GINT64_FORMAT " ms for its turn on '%s', first behind %s, which had it for %" G_GINT64_FORMAT " ms then", r->what,
                waited / 1000, r->actor->name, r->behind ? r->behind : "others", r->behind ? (r->since - r->behindSince) / 1000 : 0);
}

/* ---- granting ---- */

static void requestFree(Request *r)
{
    virTimerRemove(r->timer);
    virActorUnref(r->actor);
    g_free(r);
}

static void actorRelease(virActor *a, bool last);

/* A thread that gives up a turn goes on with the request that gets it: no other need be woken. */
static _Thread_local struct {
    bool taking;
    Request *next;
} chain;

static void runOne(Request *r)
{
    virActor *a = r->actor;
    g_mutex_lock(&a->mutex);
    a->holder = g_thread_self();
    a->running = r;
    g_mutex_unlock(&a->mutex);
    actorReportWait(r);
    current = r;
    r->run(r->data);
    current = NULL;
    if (!r->yielded) {
        actorRelease(a, true);
    } else {
        g_mutex_lock(&a->mutex);
        g_ptr_array_remove_fast(a->yielded, r);
        g_mutex_unlock(&a->mutex);
    }
    requestFree(r);
}

static void actorRunRequest(gpointer data)
{
    for (Request *r = data; r; r = g_steal_pointer(&chain.next))
        runOne(r);
}

/* Locked. What it returns is to be started when the lock is given back: the woken thread would run into it. */
static Request *actorGrant(virActor *a, Request *r)
{
    a->state = HELD;
    a->what = r->what;
    a->class = r->class;
    a->since = g_get_monotonic_time();
    a->depth = 1;
    a->holder = r->thread;
    r->granted = true;
    if (r->sync)
        actorWake(a);
    else if (chain.taking && !chain.next)
        chain.next = r;
    else
        return r;
    return NULL;
}

static void actorStart(Request *r)
{
    if (r)
        virWorkRun(actorRunRequest, r);
}

/* The first that may have the turn; beside a long job that is not the first of all. */
static Request *actorGrantNext(virActor *a)
{
    if (a->state != IDLE || a->draining || (a->gate && a->gate->closing))
        return NULL;
    for (GList *l = a->requests.head; l; l = l->next) {
        Request *r = l->data;
        if (a->gate && !(a->gate->tolerated & r->class))
            continue;
        g_queue_delete_link(&a->requests, l);
        return actorGrant(a, r);
    }
    return NULL;
}

/* Locked on entry and exit; unlocked around each message. */
static void actorDrain(virActor *a)
{
    Post *p;
    a->draining = true;
    a->drainer = g_thread_self();
    while ((p = g_queue_pop_head(&a->posts))) {
        g_mutex_unlock(&a->mutex);
        p->func(p->data);
        if (p->destroy)
            p->destroy(p->data);
        g_free(p);
        g_mutex_lock(&a->mutex);
    }
    a->draining = false;
    a->drainer = NULL;
    actorWake(a);
}

/* `last`: the calling thread has nothing else to do. */
static void actorRelease(virActor *a, bool last)
{
    g_mutex_lock(&a->mutex);
    a->state = IDLE;
    a->holder = NULL;
    a->running = NULL;
    a->what = NULL;
    a->depth = 0;
    actorDrain(a);              /* wakes a job that wants its turn back */
    chain.taking = last;
    Request *next = actorGrantNext(a);
    chain.taking = false;
    g_mutex_unlock(&a->mutex);
    actorStart(next);
}

bool virActorYield(void)
{
    Request *r = current;
    if (!r || r->yielded || !(r->class & (VIR_ACTOR_QUERY | VIR_ACTOR_AGENT)))
        return false;
    virActor *a = r->actor;
    g_mutex_lock(&a->mutex);
    r->yielded = true;
    if (!a->yielded)
        a->yielded = g_ptr_array_new();
    g_ptr_array_add(a->yielded, r);
    g_mutex_unlock(&a->mutex);
    actorRelease(a, false);
    return true;
}

/* ---- asynchronous requests ---- */

static void deadlineFree(gpointer data)
{
    Deadline *d = data;
    virActorUnref(d->actor);
    g_free(d);
}

static Request *actorTakeSerial(virActor *a, guint64 serial)
{
    for (GList *l = a->requests.head; l; l = l->next) {
        Request *r = l->data;
        if (r->serial == serial) {
            g_queue_delete_link(&a->requests, l);
            return r;
        }
    }
    return NULL;
}

static void actorDeadline(virTimer *timer, gpointer data)
{
    Deadline *d = data;
    g_mutex_lock(&d->actor->mutex);
    Request *r = actorTakeSerial(d->actor, d->serial);
    GError *reason = r ? actorTimeout(d->actor, r->what) : NULL;
    g_mutex_unlock(&d->actor->mutex);
    if (!r)
        return;
    virWarn("%s", reason->message);
    r->cancel(r->data, reason);
    requestFree(r);
}

/* Locked. Nobody shall wait for this actor now, unless it is to be put out of its trouble. */
static bool actorRefuses(const virActor *a, virActorClass class)
{
    return a->trouble && a->state != IDLE && class != VIR_ACTOR_ABORT;
}

void virActorSubmit(virActor *a, virActorClass class, const char *what, int64_t wait_ms, gpointer owner,
                    void (*run)(gpointer), void (*cancel)(gpointer, GError *), gpointer data)
{
    Request *r = g_new0(Request, 1);
    *r = (Request){ .class = class, .what = what, .owner = owner, .run = run, .cancel = cancel, .data = data,
                    .actor = virActorRef(a), .since = g_get_monotonic_time() };
    Request *next = NULL;
    g_mutex_lock(&a->mutex);
    r->serial = ++a->serials;
    if (actorRefuses(a, class)) {
        GError *reason = actorTimeout(a, what);
        g_mutex_unlock(&a->mutex);
        cancel(data, reason);
        requestFree(r);
        return;
    }
    if (a->state == IDLE && !a->draining && a->requests.length == 0 && !a->gate) {
        next = actorGrant(a, r);
    } else {
        actorNoteHolder(a, r);
        Deadline *d = g_new(Deadline, 1);
        *d = (Deadline){ virActorRef(a), r->serial };
        g_queue_push_tail(&a->requests, r);
        r->timer = virTimerNew(virLoopGet(), wait_ms < 0 ? DEFAULT_WAIT_MS : wait_ms, actorDeadline, d, deadlineFree);
        next = actorGrantNext(a);       /* beside a long job */
    }
    g_mutex_unlock(&a->mutex);
    actorStart(next);
}

/* Takes the requests out of the queue that `chosen` names, and ends them with `reason` of each. */
static void actorCancelAll(GQueue *gone, GError *(*reason)(const Request *r))
{
    Request *r;
    while ((r = g_queue_pop_head(gone))) {
        r->cancel(r->data, reason(r));
        requestFree(r);
    }
}

static GError *inTrouble(const Request *r)
{
    g_mutex_lock(&r->actor->mutex);
    GError *error = actorTimeout(r->actor, r->what);
    g_mutex_unlock(&r->actor->mutex);
    return error;
}

static GError *clientLeft(const Request *r)
{
    GError *error = NULL;
    virSetError(&error, VIR_ERR_OPERATION_ABORTED, "the client of %s left", r->what);
    return error;
}

void virActorSetTrouble(virActor *a, const char *words)
{
    GQueue gone = G_QUEUE_INIT;
    g_mutex_lock(&a->mutex);
    g_free(a->trouble);
    a->trouble = g_strdup(words);
    for (GList *l = a->requests.head, *next; l; l = next) {
        Request *r = l->data;
        next = l->next;
        if (!actorRefuses(a, r->class))
            continue;
        if (r->sync) {
            r->refused = true;
        } else {
            g_queue_unlink(&a->requests, l);
            g_queue_push_tail_link(&gone, l);
        }
    }
    actorWake(a);
    g_mutex_unlock(&a->mutex);
    actorCancelAll(&gone, inTrouble);
}

void virActorCancelOwner(virActor *a, gpointer owner)
{
    GQueue gone = G_QUEUE_INIT;
    g_mutex_lock(&a->mutex);
    for (GList *l = a->requests.head, *next; l; l = next) {
        next = l->next;
        Request *r = l->data;
        if (!r->sync && r->owner == owner) {
            g_queue_unlink(&a->requests, l);
            g_queue_push_tail_link(&gone, l);
        }
    }
    if (a->running && a->running->owner == owner)
        g_atomic_int_set(&a->running->abandoned, true);
    for (guint i = 0; a->yielded && i < a->yielded->len; i++) {
        Request *r = a->yielded->pdata[i];
        if (r->owner == owner)
            g_atomic_int_set(&r->abandoned, true);
    }
    g_mutex_unlock(&a->mutex);
    actorCancelAll(&gone, clientLeft);
}

bool virActorAbandoned(void)
{
    return current && g_atomic_int_get(&current->abandoned);
}

/* ---- callers with a thread of their own ---- */

bool virActorIsHeld(virActor *a)
{
    GThread *self = g_thread_self();
    g_mutex_lock(&a->mutex);
    bool held = (a->state != IDLE && a->holder == self) || (a->draining && a->drainer == self);
    g_mutex_unlock(&a->mutex);
    return held;
}

bool virActorEnter(virActor *a, virActorClass class, const char *what, int64_t wait_ms, GError **error)
{
    if (virActorIsHeld(a)) {
        g_mutex_lock(&a->mutex);
        a->depth++;
        g_mutex_unlock(&a->mutex);
        return true;
    }
    Request *r = g_new0(Request, 1);
    *r = (Request){ .class = class, .what = what, .sync = true, .thread = g_thread_self(), .actor = virActorRef(a),
                    .since = g_get_monotonic_time() };
    gint64 until = r->since + (wait_ms < 0 ? DEFAULT_WAIT_MS : wait_ms) * 1000;
    g_mutex_lock(&a->mutex);
    r->serial = ++a->serials;
    r->refused = actorRefuses(a, class);
    actorNoteHolder(a, r);
    if (class == VIR_ACTOR_ABORT)
        g_queue_push_head(&a->requests, r);
    else
        g_queue_push_tail(&a->requests, r);
    actorStart(actorGrantNext(a));      /* ours, mostly, which starts nothing */
    while (!r->granted && !r->refused && actorSleep(a, until))
        continue;
    bool granted = r->granted;
    GError *reason = granted ? NULL : actorTimeout(a, what);
    if (!granted)
        g_queue_remove(&a->requests, r);
    g_mutex_unlock(&a->mutex);
    if (!granted)
        g_propagate_error(error, reason);
    else
        actorReportWait(r);
    requestFree(r);
    return granted;
}

void virActorLeave(virActor *a)
{
    g_mutex_lock(&a->mutex);
    bool last = --a->depth == 0 && !(a->draining && a->drainer == g_thread_self());
    g_mutex_unlock(&a->mutex);
    if (last)
        actorRelease(a, false);
}

/* ---- long jobs ---- */

void virActorOpenGate(virActor *a, int tolerated)
{
    Request *next = NULL;
    g_mutex_lock(&a->mutex);
    if (a->state != IDLE && a->holder == g_thread_self() && !a->gate) {
        a->gate = g_new(Gate, 1);
        *a->gate = (Gate){ .thread = a->holder, .what = a->what, .since = a->since, .depth = a->depth, .tolerated = tolerated | VIR_ACTOR_ABORT };
        a->state = IDLE;
        a->holder = NULL;
        a->depth = 0;
        actorDrain(a);
        next = actorGrantNext(a);
    }
    g_mutex_unlock(&a->mutex);
    actorStart(next);
}

void virActorCloseGate(virActor *a)
{
    g_mutex_lock(&a->mutex);
    if (a->gate && a->gate->thread == g_thread_self()) {
        a->gate->closing = true;
        while (a->state != IDLE || a->draining)         /* whoever is inside has deadlines of its own */
            actorSleep(a, 0);
        a->state = HELD;
        a->holder = a->gate->thread;
        a->what = a->gate->what;
        a->since = a->gate->since;
        a->depth = a->gate->depth;
        g_clear_pointer(&a->gate, g_free);
    }
    g_mutex_unlock(&a->mutex);
}

/* ---- messages and waits ---- */

void virActorPost(virActor *a, void (*func)(gpointer), gpointer data, GDestroyNotify destroy)
{
    g_autoptr(virActor) keep = virActorRef(a);
    Post *p = g_new(Post, 1);
    *p = (Post){ func, data, destroy };
    Request *next = NULL;
    g_mutex_lock(&a->mutex);
    g_queue_push_tail(&a->posts, p);
    if (a->state != HELD && !a->draining) {
        actorDrain(a);
        next = actorGrantNext(a);
    }
    g_mutex_unlock(&a->mutex);
    actorStart(next);
}

void virActorPark(virActor *a)
{
    g_mutex_lock(&a->mutex);
    if (a->state == HELD && a->holder == g_thread_self()) {
        a->state = PARKED;
        if (!a->draining)
            actorDrain(a);
    }
    g_mutex_unlock(&a->mutex);
}

void virActorUnpark(virActor *a)
{
    g_mutex_lock(&a->mutex);
    while (a->draining && a->drainer != g_thread_self())
        actorSleep(a, 0);       /* a message is short by contract */
    if (a->state == PARKED && a->holder == g_thread_self())
        a->state = HELD;
    g_mutex_unlock(&a->mutex);
}

char *virActorHolder(virActor *a, int64_t *age_ms, guint *waiting)
{
    g_mutex_lock(&a->mutex);
    char *what = g_strdup(actorWhat(a));
    if (age_ms)
        *age_ms = what ? (g_get_monotonic_time() - (a->state != IDLE ? a->since : a->gate->since)) / 1000 : 0;
    if (waiting)
        *waiting = a->requests.length;
    g_mutex_unlock(&a->mutex);
    return what;
}

static const char *className(virActorClass class)
{
    return class == VIR_ACTOR_QUERY ? "query" : class == VIR_ACTOR_AGENT ? "agent" : class == VIR_ACTOR_ABORT ? "abort" :
           class == VIR_ACTOR_SUSPEND ? "suspend" : "modify";
}

static void note(GArray *list, bool running, gint64 since, const char *class, const char *what)
{
    virActorEntry e = { running, (g_get_monotonic_time() - since) / 1000, class, what };
    g_array_append_val(list, e);
}

GArray *virActorList(virActor *a)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(virActorEntry));
    g_mutex_lock(&a->mutex);
    if (a->gate)
        note(list, true, a->gate->since, "job", a->gate->what);
    for (guint i = 0; a->yielded && i < a->yielded->len; i++) {
        const Request *r = a->yielded->pdata[i];
        note(list, true, r->since, className(r->class), r->what);
    }
    if (a->state != IDLE)
        note(list, true, a->since, className(a->class), a->what);
    for (GList *l = a->requests.head; l; l = l->next) {
        const Request *r = l->data;
        note(list, false, r->since, className(r->class), r->what);
    }
    g_mutex_unlock(&a->mutex);
    return list;
}
