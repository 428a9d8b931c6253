/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The measuring client: public API only, so the same binary runs on our library and on the reference's. Prints "NAME VALUE" lines,
 * times in microseconds for each operation. `raw` measures the floor: a ping-pong of the same size over a plain unix socket.
 */
#include "bench.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

enum { CALLS = 20000, CONNECTS = 1000, LISTS = 50, MESSAGE = 88, STARTS = 10, SURVEYS = 50, TOGGLES = 100 };

/* One processor for the client, another for its peer: where a scheduler puts them changes the figures more than anything we do. */
static void pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

_Noreturn void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, virGetLastErrorMessage());
    exit(1);
}

static void silent(void *data, virErrorPtr error)
{
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void report(const char *name, double *times, int n, double total)
{
    qsort(times, n, sizeof(*times), compare);
    printf("%s.mean %.2f\n%s.p50 %.2f\n%s.p99 %.2f\n", name, total / n, name, times[n / 2], name, times[n * 99 / 100]);
}

static void state(virConnectPtr conn)
{
    static double times[CALLS];
    int s;
    virDomainPtr dom = virDomainLookupByName(conn, "test");
    if (!dom)
        die("lookup");
    for (int i = 0; i < 1000; i++)
        virDomainGetState(dom, &s, NULL, 0);
    double start = now(), last = start;
    for (int i = 0; i < CALLS; i++) {
        if (virDomainGetState(dom, &s, NULL, 0) < 0)
            die("state");
        double t = now();
        times[i] = t - last;
        last = t;
    }
    report("state", times, CALLS, last - start);
    virDomainFree(dom);
}

static void connects(const char *uri)
{
    static double times[CONNECTS];
    double start = now(), last = start;
    for (int i = 0; i < CONNECTS; i++) {
        virConnectPtr conn = virConnectOpen(uri);
        if (!conn)
            die("open");
        virConnectClose(conn);
        double t = now();
        times[i] = t - last;
        last = t;
    }
    report("connect", times, CONNECTS, last - start);
}

/* ---- many callers ---- */

typedef struct {
    const char *uri;
    virConnectPtr conn;         /* NULL: one of its own */
    int calls;
} Caller;

static volatile int stopped;

static void *call(void *data)
{
    Caller *c = data;
    virConnectPtr conn = c->conn ? c->conn : virConnectOpen(c->uri);
    virDomainPtr dom = conn ? virDomainLookupByName(conn, "test") : NULL;
    int s;
    if (!dom)
        die("lookup");
    while (!stopped) {
        if (virDomainGetState(dom, &s, NULL, 0) < 0)
            die("state");
        c->calls++;
    }
    virDomainFree(dom);
    if (!c->conn)
        virConnectClose(conn);
    return NULL;
}

/* `n` threads for two seconds, each with a connection of its own or all with one. */
static void crowd(const char *uri, int n, int shared)
{
    pthread_t threads[16];
    Caller callers[16];
    virConnectPtr conn = shared ? virConnectOpen(uri) : NULL;
    long total = 0;
    for (int i = 0; i < n; i++) {
        callers[i] = (Caller){ uri, conn, 0 };
        pthread_create(&threads[i], NULL, call, &callers[i]);
    }
    sleep(2);
    stopped = 1;
    for (int i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
        total += callers[i].calls;
    }
    printf("crowd%s.mean %.3f\n", shared ? "1" : "N", 2e6 / total);
    if (conn)
        virConnectClose(conn);
}

/* ---- definitions ---- */

static char *benchXml(char *xml, size_t size, const char *type, int i)
{
    snprintf(xml, size, "<domain type='%s'><name>bench-%d</name><memory>16384</memory><os><type>hvm</type></os><devices>"
             "<memballoon model='none'/></devices></domain>", type, i);
    return xml;
}

static void define(virConnectPtr conn, const char *type, int count)
{
    char xml[512];
    double start = now();
    for (int i = 0; i < count; i++) {
        virDomainPtr dom = virDomainDefineXML(conn, benchXml(xml, sizeof(xml), type, i));
        if (!dom)
            die("define");
        virDomainFree(dom);
    }
    printf("define.mean %.2f\n", (now() - start) / count);
}

void freeList(virDomainPtr *list, int n)
{
    for (int d = 0; d < n; d++)
        virDomainFree(list[d]);
    free(list);
}

static void listAndRead(virConnectPtr conn)
{
    virDomainPtr *list;
    virDomainStatsRecordPtr *stats;
    double start = now();
    for (int i = 0; i < LISTS; i++)
        freeList(list, virConnectListAllDomains(conn, &list, 0));
    printf("list.mean %.2f\n", (now() - start) / LISTS);
    int n = virConnectListAllDomains(conn, &list, 0);
    start = now();
    for (int d = 0; d < n; d++)
        free(virDomainGetXMLDesc(list[d], 0));
    printf("xml.mean %.2f\n", (now() - start) / n);
    freeList(list, n);
    start = now();
    for (int i = 0; i < 5; i++) {
        if (virConnectGetAllDomainStats(conn, 0, &stats, 0) < 0)
            die("stats");
        virDomainStatsRecordListFree(stats);
    }
    printf("stats.mean %.2f\n", (now() - start) / 5);
}

static void undefine(virConnectPtr conn)
{
    virDomainPtr *list;
    int undefined = 0, n = virConnectListAllDomains(conn, &list, 0);
    double start = now();
    for (int d = 0; d < n; d++)
        if (strncmp(virDomainGetName(list[d]), "bench-", 6) == 0 && virDomainUndefine(list[d]) == 0)
            undefined++;
    printf("undefine.mean %.2f\n", (now() - start) / undefined);
    freeList(list, n);
}

/* ---- running guests ---- */

virDomainPtr startOne(virConnectPtr conn, int i)
{
    char xml[512];
    virDomainPtr dom = virDomainCreateXML(conn, benchXml(xml, sizeof(xml), "qemu", i), VIR_DOMAIN_START_PAUSED);
    if (!dom)
        die("start");
    return dom;
}

static void starts(virConnectPtr conn)
{
    double created = 0, destroyed = 0;
    virDomainFree(startOne(conn, 0));   /* the capabilities are known now */
    virDomainPtr first = virDomainLookupByName(conn, "bench-0");
    virDomainDestroy(first);
    virDomainFree(first);
    for (int i = 0; i < STARTS; i++) {
        double start = now();
        virDomainPtr dom = startOne(conn, i);
        created += now() - start;
        start = now();
        if (virDomainDestroy(dom) < 0)
            die("destroy");
        destroyed += now() - start;
        virDomainFree(dom);
    }
    printf("start.mean %.0f\ndestroy.mean %.0f\n", created / STARTS, destroyed / STARTS);
}

static void survey(virConnectPtr conn, int guests)
{
    virDomainPtr dom[64];
    virDomainStatsRecordPtr *stats;
    for (int i = 0; i < guests; i++)
        dom[i] = startOne(conn, i);
    double start = now();
    for (int i = 0; i < SURVEYS; i++) {
        if (virConnectGetAllDomainStats(conn, 0, &stats, 0) < 0)
            die("stats");
        virDomainStatsRecordListFree(stats);
    }
    printf("survey.mean %.0f\n", (now() - start) / SURVEYS);
    for (int i = 0; i < guests; i++) {
        virDomainDestroy(dom[i]);
        virDomainFree(dom[i]);
    }
}

static int eventPipe[2];

static int onLifecycle(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *opaque)
{
    double at = now();
    if (event == VIR_DOMAIN_EVENT_SUSPENDED && write(eventPipe[1], &at, sizeof(at)) < 0)
        exit(1);
    return 0;
}

static void *events(void *unused)
{
    while (virEventRunDefaultImpl() == 0)
        continue;
    return NULL;
}

/* Suspended in one process, heard of in another: both read the same clock. */
static void suspends(const char *uri)
{
    static double times[TOGGLES];
    double total = 0;
    if (pipe(eventPipe) < 0)
        exit(1);
    pid_t listener = fork();
    if (listener == 0) {
        virEventRegisterDefaultImpl();
        virConnectPtr conn = virConnectOpen(uri);
        double ready = 0;
        if (!conn || virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                      VIR_DOMAIN_EVENT_CALLBACK(onLifecycle), NULL, NULL) < 0 ||
            write(eventPipe[1], &ready, sizeof(ready)) < 0)
            die("register");
        events(NULL);
    }
    double at;
    if (read(eventPipe[0], &at, sizeof(at)) < 0)
        exit(1);
    virConnectPtr conn = virConnectOpen(uri);
    virDomainPtr dom = startOne(conn, 0);
    virDomainResume(dom);
    for (int i = 0; i < TOGGLES; i++) {
        usleep(2000);
        double start = now();
        if (virDomainSuspend(dom) < 0)
            die("suspend");
        do                              /* that of the start in state paused may still be on its way */
            if (read(eventPipe[0], &at, sizeof(at)) < 0)
                die("event");
        while (at < start);
        times[i] = at - start;
        total += times[i];
        virDomainResume(dom);
    }
    report("event", times, TOGGLES, total);
    virDomainDestroy(dom);
    virDomainFree(dom);
    virConnectClose(conn);
    kill(listener, SIGKILL);
}

/* ---- a frozen guest: its process is stopped ---- */

static void *surveyOne(void *data)
{
    virDomainStatsRecordPtr *stats = NULL;
    virDomainPtr one[] = { data, NULL };
    double start = now();
    if (virDomainListGetStats(one, VIR_DOMAIN_STATS_BLOCK | VIR_DOMAIN_STATS_BALLOON, &stats, 0) >= 0)
        virDomainStatsRecordListFree(stats);
    double *took = malloc(sizeof(double));
    *took = now() - start;
    return took;
}

static void *destroyOne(void *data)
{
    double start = now(), *took = malloc(sizeof(double));
    virDomainDestroy(data);
    *took = now() - start;
    return took;
}

static pid_t guestPid(void)
{
    char line[64] = "";
    FILE *f = popen("pgrep -n -f [g]uest=bench-0,", "r");
    if (!f || !fgets(line, sizeof(line), f))
        die("pid of the guest");
    pclose(f);
    return atoi(line);
}

/* How long the thread's call took, or `most` when it is not over by then. */
static double tookOrMost(pthread_t thread, double most)
{
    double *took;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += most / 1e6;
    return pthread_timedjoin_np(thread, (void **)&took, &until) == 0 ? *took : most;
}

static void frozen(virConnectPtr conn, const char *uri)
{
    enum { PATIENCE = 31 * 1000000 };   /* the reference's callers wait until the guest is destroyed */
    virConnectPtr other = virConnectOpen(uri), third = virConnectOpen(uri);
    virDomainPtr dom = startOne(conn, 0), same = virDomainLookupByName(other, "bench-0"), *list;
    pthread_t first, second, end;
    double worst = 0, start, took;
    free(surveyOne(dom));
    kill(guestPid(), SIGSTOP);
    pthread_create(&first, NULL, surveyOne, dom);
    usleep(500000);
    pthread_create(&second, NULL, surveyOne, same);
    took = tookOrMost(second, PATIENCE);
    printf("frozen.second %.0f\n", took);
    printf("frozen.first %.0f\n", tookOrMost(first, took < PATIENCE ? PATIENCE : 1000000));
    pthread_create(&end, NULL, destroyOne, dom);
    for (int i = 0; i < 100; i++) {
        start = now();
        freeList(list, virConnectListAllDomains(third, &list, 0));
        worst = now() - start > worst ? now() - start : worst;
        usleep(1000);
    }
    printf("frozen.list %.0f\nfrozen.destroy %.0f\n", worst, tookOrMost(end, PATIENCE));
    fflush(stdout);
    _exit(0);                           /* whoever still waits */
}

/* ---- what a client costs ---- */

/* A program's wall time and peak memory; the parent is small, whose own peak a child inherits. */
static int runProgram(char **argv)
{
    double start = now();
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(126);
        execv(argv[0], argv);
        _exit(127);
    }
    struct rusage usage;
    int status;
    if (wait4(pid, &status, 0, &usage) != pid || status)
        return 1;
    printf("wall %.0f\npeak %ld\n", now() - start, usage.ru_maxrss);
    return 0;
}

static void plainClient(virConnectPtr conn)
{
    virDomainPtr *list;
    char line[512], name[256], seen[64][256];
    int n = 0;
    long rss = 0;
    freeList(list, virConnectListAllDomains(conn, &list, 0));
    FILE *maps = fopen("/proc/self/maps", "r"), *status = fopen("/proc/self/status", "r");
    while (maps && fgets(line, sizeof(line), maps)) {
        int known = !strstr(line, ".so") || sscanf(line, "%*s %*s %*s %*s %*s %255s", name) != 1;
        for (int i = 0; i < n && !known; i++)
            known = strcmp(seen[i], name) == 0;
        if (!known && n < 64)
            strcpy(seen[n++], name);
    }
    while (status && fgets(line, sizeof(line), status))
        sscanf(line, "VmRSS: %ld", &rss);
    printf("client.maps %d\nclient.rss %ld\n", n, rss);
    fclose(maps);
    fclose(status);
}

/* ---- the floor ---- */

static void transfer(int fd, char *buffer, int out)
{
    for (int done = 0; done < MESSAGE;) {
        ssize_t n = out ? write(fd, buffer + done, MESSAGE - done) : read(fd, buffer + done, MESSAGE - done);
        if (n <= 0)
            exit(0);
        done += n;
    }
}

/* Answers each message; `asking` first which descriptor is ready, as who serves many must. */
static void answer(int fd, bool asking)
{
    char buffer[MESSAGE] = "";
    struct epoll_event event = { .events = EPOLLIN };
    int set = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
    for (;;) {
        if (asking)
            epoll_wait(set, &event, 1, -1);
        transfer(fd, buffer, 0);
        transfer(fd, buffer, 1);
    }
}

static void raw(const char *name, bool asking)
{
    static double times[CALLS];
    char buffer[MESSAGE] = "", cpu[32];
    struct rusage used;
    int fds[2];
    pid_t peer = -1;
    fflush(stdout);             /* the peer ends by exit() */
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 || (peer = fork()) <= 0) {
        close(fds[0]);
        pin(1);
        answer(fds[1], asking);
    }
    close(fds[1]);
    double start = now(), last = start;
    for (int i = 0; i < CALLS; i++) {
        transfer(fds[0], buffer, 1);
        transfer(fds[0], buffer, 0);
        double t = now();
        times[i] = t - last;
        last = t;
    }
    report(name, times, CALLS, last - start);
    close(fds[0]);
    wait4(peer, NULL, 0, &used);
    snprintf(cpu, sizeof(cpu), "%s.cpu", name);
    printf("%s %.2f\n", cpu, ((used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 + used.ru_utime.tv_usec + used.ru_stime.tv_usec) / CALLS);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "raw") == 0) {
        pin(0);
        raw("raw", false);
        raw("asking", true);
        return 0;
    }
    if (argc > 2 && strcmp(argv[1], "run") == 0)
        return runProgram(argv + 2);
    if (argc < 3) {
        fprintf(stderr, "usage: %s raw | run PROGRAM... | plain URI | state URI | crowd URI N [shared] | connect URI | define URI TYPE N | read URI | undefine URI |"
                " start URI | survey URI N | suspend URI | frozen URI | stopped URI GUESTS STOPPED CALLERS DAEMON-PID\n", argv[0]);
        return 2;
    }
    const char *mode = argv[1], *uri = argv[2];
    virSetErrorFunc(NULL, silent);
    int n = argc > 3 ? atoi(argv[3]) : 0;
    if (strcmp(mode, "connect") == 0) {
        pin(0);
        connects(uri);
        return 0;
    }
    if (strcmp(mode, "suspend") == 0) {
        suspends(uri);
        return 0;
    }
    if (strcmp(mode, "crowd") == 0) {
        crowd(uri, n, argc > 4);
        return 0;
    }
    virConnectPtr conn = virConnectOpen(uri);
    while (!conn && strcmp(mode, "first") == 0) {       /* of a daemon that is only starting */
        usleep(300);
        conn = virConnectOpen(uri);
    }
    if (!conn)
        die("open");
    if (strcmp(mode, "plain") == 0) {
        plainClient(conn);
    } else if (strcmp(mode, "state") == 0) {
        pin(0);
        state(conn);
    } else if (strcmp(mode, "define") == 0) {
        define(conn, argv[3], atoi(argv[4]));
    } else if (strcmp(mode, "read") == 0) {
        listAndRead(conn);
    } else if (strcmp(mode, "undefine") == 0) {
        undefine(conn);
    } else if (strcmp(mode, "start") == 0) {
        starts(conn);
    } else if (strcmp(mode, "survey") == 0) {
        survey(conn, n);
    } else if (strcmp(mode, "frozen") == 0) {
        frozen(conn, uri);
    } else if (strcmp(mode, "stopped") == 0 && argc > 6) {
        someStopped(conn, uri, n, atoi(argv[4]), atoi(argv[5]), atoi(argv[6]));
    } else if (strcmp(mode, "first") == 0) {
        virDomainPtr *list;
        freeList(list, virConnectListAllDomains(conn, &list, 0));
        printf("at %.0f\n", now());
    }
    virConnectClose(conn);
    return 0;
}
