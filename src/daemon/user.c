/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all clients of one user have under way: nobody gets all threads by opening many connections. */
#define VIR_LOG_NAME "daemon.user"
#include "daemon/server.h"

struct _virServerUser {
    guint refs;                 /* under the mutex */
    virServer *server;
    uid_t uid;
    gint running, waiting;      /* atomic: calls under way; clients of it may hold some */
};

static GMutex mutex;
static GPtrArray *users;        /* few: a list will do */

virServerUser *virServerUserOf(virServer *server, uid_t uid)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&mutex);
    if (!users)
        users = g_ptr_array_new();
    for (guint i = 0; i < users->len; i++) {
        virServerUser *u = users->pdata[i];
        if (u->server == server && u->uid == uid) {
            u->refs++;
            return u;
        }
    }
    virServerUser *u = g_new0(virServerUser, 1);
    *u = (virServerUser){ .refs = 1, .server = server, .uid = uid };
    g_ptr_array_add(users, u);
    return u;
}

void virServerUserUnref(virServerUser *u)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&mutex);
    if (!u || --u->refs)
        return;
    g_ptr_array_remove_fast(users, u);
    g_free(u);
}

bool virServerUserMayStart(virServerUser *u)
{
    guint most = u->server->limits.maxUserRequests;
    return most == 0 || g_atomic_int_get(&u->running) < (gint)most;
}

void virServerUserWaits(virServerUser *u)
{
    g_atomic_int_set(&u->waiting, TRUE);
}

/* On the I/O thread: those of its clients that hold calls may go on. Starting one may drop it. */
static void startWaiting(gpointer data)
{
    virServerClient *of = data;
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)virServerClientUnref);
    g_atomic_int_set(&of->user->waiting, FALSE);
    for (guint i = 0; i < of->server->clients->len; i++) {
        virServerClient *c = of->server->clients->pdata[i];
        if (c->user == of->user && c->held.length)
            g_ptr_array_add(all, virServerClientRef(c));
    }
    for (guint i = 0; i < all->len; i++) {
        virServerClient *c = all->pdata[i];
        virServerClientResume(c);       /* begins with what is held */
    }
    virServerClientUnref(of);
}

void virServerCallBegins(virServerClient *c)
{
    g_atomic_int_inc(&c->inFlight);
    g_atomic_int_inc(&c->user->running);
}

void virServerCallEnded(virServerClient *c)
{
    g_atomic_int_add(&c->inFlight, -1);
    int before = g_atomic_int_add(&c->user->running, -1);
    guint most = c->user->server->limits.maxUserRequests;
    if (most && before >= (gint)most && g_atomic_int_get(&c->user->waiting))
        virLoopInvoke(virLoopGet(), startWaiting, virServerClientRef(c));
}
