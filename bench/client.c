/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The measuring client: public API only, so the same binary runs on our library and on the reference's. Prints "NAME VALUE" lines,
 * times in microseconds for each operation. `raw` measures the floor: a ping-pong of the same size over a plain unix socket.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

enum { CALLS = 20000, CONNECTS = 1000, DOMAINS = 1000, LISTS = 50, MESSAGE = 88 };

/* One processor for the client, another for its peer: where a scheduler puts them changes the figures more than anything we do. */
static void pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, virGetLastErrorMessage());
    exit(1);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *name, double *times, int n, double total)
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

static void defineAndList(virConnectPtr conn, const char *type)
{
    char xml[512];
    double start = now();
    for (int i = 0; i < DOMAINS; i++) {
        snprintf(xml, sizeof(xml), "<domain type='%s'><name>bench-%d</name><memory>65536</memory><os><type>hvm</type></os></domain>", type, i);
        virDomainPtr dom = virDomainDefineXML(conn, xml);
        if (!dom)
            die("define");
        virDomainFree(dom);
    }
    printf("define.mean %.2f\n", (now() - start) / DOMAINS);
    virDomainPtr *list;
    start = now();
    for (int i = 0; i < LISTS; i++) {
        int n = virConnectListAllDomains(conn, &list, 0);
        if (n < DOMAINS)
            die("list");
        for (int d = 0; d < n; d++)
            virDomainFree(list[d]);
        free(list);
    }
    printf("list.mean %.2f\n", (now() - start) / LISTS);
    int n = virConnectListAllDomains(conn, &list, 0);
    start = now();
    for (int d = 0; d < n; d++)
        free(virDomainGetXMLDesc(list[d], 0));
    printf("xml.mean %.2f\n", (now() - start) / n);
    start = now();
    int undefined = 0;
    for (int d = 0; d < n; d++) {
        if (strncmp(virDomainGetName(list[d]), "bench-", 6) == 0 && virDomainUndefine(list[d]) == 0)
            undefined++;
        virDomainFree(list[d]);
    }
    printf("undefine.mean %.2f\n", (now() - start) / undefined);
    free(list);
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

static void raw(void)
{
    static double times[CALLS];
    char buffer[MESSAGE] = "";
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 || fork() == 0) {
        close(fds[0]);
        pin(1);
        for (;;) {
            transfer(fds[1], buffer, 0);
            transfer(fds[1], buffer, 1);
        }
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
    report("raw", times, CALLS, last - start);
}

int main(int argc, char **argv)
{
    pin(0);
    if (argc > 1 && strcmp(argv[1], "raw") == 0) {
        raw();
        return 0;
    }
    if (argc < 3) {
        fprintf(stderr, "usage: %s raw | state URI | connect URI | define URI TYPE\n", argv[0]);
        return 2;
    }
    if (strcmp(argv[1], "connect") == 0) {
        connects(argv[2]);
        return 0;
    }
    virConnectPtr conn = virConnectOpen(argv[2]);
    if (!conn)
        die("open");
    if (strcmp(argv[1], "state") == 0)
        state(conn);
    else
        defineAndList(conn, argc > 3 ? argv[3] : "test");
    virConnectClose(conn);
    return 0;
}
