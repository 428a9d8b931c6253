/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many guests, some of which do not answer: what the others' users feel, how many threads waiting costs, how long an end takes. */
#include "bench.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS = 200, ROUNDS = 400, RESTARTS = 60, CALLER_STACK = 64 * 1024 };

static pid_t pidOf(int i)
{
    char command[64], line[64] = "";
    snprintf(command, sizeof(command), "pgrep -f '[g]uest=bench-%d,'", i);
    FILE *f = popen(command, "r");
    if (!f || !fgets(line, sizeof(line), f))
        die("pid of a guest");
    pclose(f);
    return atoi(line);
}

static int threadsOf(int pid)
{
    char path[64], line[256];
    int n = -1;
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f))
        sscanf(line, "Threads: %d", &n);
    if (f)
        fclose(f);
    return n;
}

/* ---- what users of healthy guests do meanwhile ---- */

typedef int (*Doing)(virConnectPtr conn, virDomainPtr dom);

static int doList(virConnectPtr conn, virDomainPtr dom)
{
    virDomainPtr *list;
    int n = virConnectListAllDomains(conn, &list, 0);
    if (n >= 0)
        freeList(list, n);
    return n;
}

static int doInfo(virConnectPtr conn, virDomainPtr dom)
{
    virDomainInfo info;
    return virDomainGetInfo(dom, &info);
}

static int doXml(virConnectPtr conn, virDomainPtr dom)
{
    char *xml = virDomainGetXMLDesc(dom, 0);
    free(xml);
    return xml ? 0 : -1;
}

static int doStats(virConnectPtr conn, virDomainPtr dom)
{
    virDomainStatsRecordPtr *stats;
    int n = virConnectGetAllDomainStats(conn, 0, &stats, VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
    if (n >= 0)
        virDomainStatsRecordListFree(stats);
    return n;
}

static int doOne(virConnectPtr conn, virDomainPtr dom)
{
    virDomainStatsRecordPtr *stats;
    virDomainPtr doms[] = { dom, NULL };
    int n = virDomainListGetStats(doms, 0, &stats, 0);
    if (n >= 0)
        virDomainStatsRecordListFree(stats);
    return n;
}

static void measure(const char *name, Doing doing, virConnectPtr conn, virDomainPtr *guests, int n)
{
    static double times[ROUNDS];
    double total = 0;
    for (int i = 0; i < ROUNDS; i++) {
        double start = now();
        if (doing(conn, guests[i % n]) < 0)
            die(name);
        times[i] = now() - start;
        total += times[i];
    }
    report(name, times, ROUNDS, total);
}

static void restarts(virConnectPtr conn, virDomainPtr *guests, int from, int n)
{
    static double up[RESTARTS], down[RESTARTS];
    double ups = 0, downs = 0;
    for (int i = 0; i < RESTARTS; i++) {
        int at = from + i % (n - from);
        double start = now();
        if (virDomainDestroy(guests[at]) < 0)
            die("destroy");
        down[i] = now() - start;
        virDomainFree(guests[at]);
        start = now();
        guests[at] = startOne(conn, at);
        up[i] = now() - start;
        ups += up[i];
        downs += down[i];
    }
    report("stopped.start", up, RESTARTS, ups);
    report("stopped.end", down, RESTARTS, downs);
}

/* ---- callers that wait ---- */

typedef struct {
    virDomainPtr dom;
    double took;
} Caller;

static void *call(void *data)
{
    Caller *c = data;
    double start = now();
    virDomainSuspend(c->dom);           /* ends with the deadline's error */
    c->took = now() - start;
    return NULL;
}

static void wait1(const char *uri, int callers, int daemon)
{
    static virConnectPtr conns[CONNECTIONS];
    Caller *all = calloc(callers, sizeof(*all));
    pthread_t *ids = calloc(callers, sizeof(*ids));
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, CALLER_STACK);
    for (int i = 0; i < CONNECTIONS; i++)
        if (!(conns[i] = virConnectOpen(uri)))
            die("open");
    for (int i = 0; i < callers; i++)
        if (!(all[i].dom = virDomainLookupByName(conns[i % CONNECTIONS], "bench-0")))
            die("lookup");
    sleep(6);                           /* the threads that this took are idle, and end */
    int before = threadsOf(daemon), most = before;
    for (int i = 0; i < callers; i++)
        if (pthread_create(&ids[i], &attr, call, &all[i]) != 0)
            die("thread");
    for (int i = 0; i < 30; i++) {
        usleep(50000);
        int n = threadsOf(daemon);
        most = n > most ? n : most;
    }
    double worst = 0;
    for (int i = 0; i < callers; i++) {
        pthread_join(ids[i], NULL);
        worst = all[i].took > worst ? all[i].took : worst;
        virDomainFree(all[i].dom);
    }
    for (int i = 0; i < CONNECTIONS; i++)
        virConnectClose(conns[i]);
    printf("callers.threads %d\ncallers.worst %.0f\n", most - before, worst);
    free(all);
    free(ids);
}

static void *waitThread(void *data)
{
    wait1(((void **)data)[0], *(int *)((void **)data)[1], *(int *)((void **)data)[2]);
    return NULL;
}

void someStopped(virConnectPtr conn, const char *uri, int guests, int frozen, int callers, int daemon)
{
    virDomainPtr *all = calloc(guests, sizeof(*all));
    pthread_t waiting;
    void *args[] = { (void *)uri, &callers, &daemon };
    double worst = 0;
    for (int i = 0; i < guests; i++)
        all[i] = startOne(conn, i);
    measure("idle.info", doInfo, conn, all + frozen, guests - frozen);
    measure("idle.stats", doOne, conn, all + frozen, guests - frozen);
    for (int i = 0; i < frozen; i++)
        kill(pidOf(i), SIGSTOP);
    measure("stopped.list", doList, conn, all, guests);
    measure("stopped.info", doInfo, conn, all, guests);
    measure("stopped.xml", doXml, conn, all, guests);
    measure("stopped.nowait", doStats, conn, all, guests);
    restarts(conn, all, frozen, guests);
    pthread_create(&waiting, NULL, waitThread, args);
    sleep(7);                           /* they wait now */
    measure("waiting.info", doInfo, conn, all + frozen, guests - frozen);
    measure("waiting.stats", doOne, conn, all + frozen, guests - frozen);
    measure("waiting.nowait", doStats, conn, all, guests);
    pthread_join(waiting, NULL);
    for (int i = 0; i < frozen; i++) {
        double start = now();
        if (virDomainDestroy(all[i]) < 0)
            die("destroy of a stopped guest");
        worst = now() - start > worst ? now() - start : worst;
    }
    printf("stopped.destroy %.0f\n", worst);
    for (int i = 0; i < guests; i++) {
        if (i >= frozen)
            virDomainDestroy(all[i]);
        virDomainFree(all[i]);
    }
    free(all);
}
