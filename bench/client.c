/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a program pays for calls: run once with our library and daemon and once with the reference's. Prints one line for each
 * figure: name, value, unit. Linked with the public API only, so either library will do.
 */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CALLS = 20000, OPENS = 300, GUESTS = 1000, LISTS = 20, REQUEST = 60, REPLY = 36 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, virGetLastErrorMessage());
    exit(1);
}

/* ---- the yardstick: bytes of the same size between two processes on a unix socket ---- */

static void full(int fd, char *buffer, size_t n)
{
    for (ssize_t got; n; n -= (size_t)got, buffer += got)
        if ((got = recv(fd, buffer, n, 0)) <= 0)
            exit(0);
}

static void pingpong(void)
{
    char buffer[REQUEST];
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
        exit(1);
    if (fork() == 0) {
        close(fds[0]);
        for (;;) {
            full(fds[1], buffer, REQUEST);
            if (send(fds[1], buffer, REPLY, 0) < 0)
                _exit(0);
        }
    }
    close(fds[1]);
    double start = now();
    for (int i = 0; i < CALLS; i++) {
        if (send(fds[0], buffer, REQUEST, 0) < 0)
            exit(1);
        full(fds[0], buffer, REPLY);
    }
    printf("pingpong %.3f us\n", (now() - start) / CALLS * 1e6);
    close(fds[0]);
}

/* ---- calls ---- */

static void state(virConnectPtr conn)
{
    virDomainPtr dom = virDomainLookupByName(conn, "test");
    int st, reason;
    if (!dom)
        die("lookup");
    for (int i = 0; i < 1000; i++)
        virDomainGetState(dom, &st, &reason, 0);
    double start = now();
    for (int i = 0; i < CALLS; i++)
        if (virDomainGetState(dom, &st, &reason, 0) < 0)
            die("state");
    double took = now() - start;
    printf("state_latency %.3f us\nstate_rate %.0f calls/s\n", took / CALLS * 1e6, CALLS / took);
    virDomainFree(dom);
}

static void *stateThread(void *data)
{
    virDomainPtr dom = virDomainLookupByName(data, "test");
    int st, reason;
    for (int i = 0; dom && i < CALLS / 4; i++)
        virDomainGetState(dom, &st, &reason, 0);
    virDomainFree(dom);
    return NULL;
}

static void stateThreads(virConnectPtr conn)
{
    pthread_t threads[4];
    double start = now();
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, stateThread, conn);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    printf("state_4threads %.0f calls/s\n", CALLS / (now() - start));
}

static void opens(const char *uri)
{
    double start = now();
    for (int i = 0; i < OPENS; i++) {
        virConnectPtr conn = virConnectOpen(uri);
        if (!conn)
            die("open");
        virConnectClose(conn);
    }
    printf("connect_close %.3f us\n", (now() - start) / OPENS * 1e6);
}

static void guests(virConnectPtr conn)
{
    char xml[512];
    double start = now();
    for (int i = 0; i < GUESTS; i++) {
        snprintf(xml, sizeof(xml), "<domain type='test'><name>bench%d</name><memory>65536</memory><vcpu>1</vcpu>"
                 "<os><type>hvm</type></os></domain>", i);
        virDomainPtr dom = virDomainDefineXML(conn, xml);
        if (!dom)
            die("define");
        virDomainFree(dom);
    }
    printf("define_1000 %.3f ms\n", (now() - start) * 1e3);
    start = now();
    for (int i = 0; i < LISTS; i++) {
        virDomainPtr *list;
        int n = virConnectListAllDomains(conn, &list, 0);
        if (n < GUESTS)
            die("list");
        while (n > 0)
            virDomainFree(list[--n]);
        free(list);
    }
    printf("list_1000 %.3f ms\n", (now() - start) / LISTS * 1e3);
}

int main(int argc, char **argv)
{
    const char *uri = argc > 1 ? argv[1] : "test+unix:///default";
    pingpong();
    virConnectPtr conn = virConnectOpen(uri);
    if (!conn)
        die("open");
    state(conn);
    stateThreads(conn);
    opens(uri);
    guests(conn);
    virConnectClose(conn);
    return 0;
}
