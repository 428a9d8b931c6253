/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's devices, measured: public API only, so the same binary runs on our library and on the reference's. Prints "NAME VALUE"
 * lines, times in microseconds.
 *
 *     bench-devices scan FOLDER       every file read and every link resolved, as a plain program would
 *     bench-devices first URI         when the whole list was there for the first time (monotonic clock), and how long it is
 *     bench-devices list URI          the list again, and the document of each
 */
#include "bench.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <libvirt/virterror.h>

enum { LISTS = 20, SCANS = 5, PATIENCE_US = 100 * 1000 * 1000 };

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

/* ---- the floor ---- */

static long files;

static void readOne(int dir, const char *name)
{
    char bytes[4096];
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    while (read(fd, bytes, sizeof(bytes)) == sizeof(bytes))
        continue;
    close(fd);
    files++;
}

static void scan(int parent, const char *name)
{
    char target[4096];
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (e->d_type == DT_DIR)
            scan(dirfd(dir), e->d_name);
        else if (e->d_type == DT_LNK)
            files += readlinkat(dirfd(dir), e->d_name, target, sizeof(target)) > 0;
        else
            readOne(dirfd(dir), e->d_name);
    }
    if (dir)
        closedir(dir);
}

static void scans(const char *folder)
{
    double best = PATIENCE_US;
    for (int i = 0; i < SCANS; i++) {
        double start = now();
        files = 0;
        scan(AT_FDCWD, folder);
        best = now() - start < best ? now() - start : best;
    }
    printf("scan %.0f\nfiles %ld\n", best, files);
}

/* ---- through the API ---- */

static int list(virConnectPtr conn, int documents)
{
    virNodeDevicePtr *devices;
    int n = virConnectListAllNodeDevices(conn, &devices, 0);
    if (n < 0)
        die("list");
    for (int i = 0; i < n; i++) {
        char *xml = documents ? virNodeDeviceGetXMLDesc(devices[i], 0) : NULL;
        if (documents && !xml)
            die(virNodeDeviceGetName(devices[i]));
        free(xml);
        virNodeDeviceFree(devices[i]);
    }
    free(devices);
    return n;
}

static void first(const char *uri)
{
    double end = now() + PATIENCE_US;
    virConnectPtr conn;
    while (!(conn = virConnectOpen(uri)) && now() < end)
        usleep(200);
    if (!conn)
        die("connect");
    int n = list(conn, 0);
    printf("at %.0f\ndevices %d\n", now(), n);
    virConnectClose(conn);
}

static void lists(const char *uri)
{
    virConnectPtr conn = virConnectOpen(uri);
    if (!conn)
        die("connect");
    list(conn, 0);
    double start = now();
    for (int i = 0; i < LISTS; i++)
        list(conn, 0);
    printf("list %.0f\n", (now() - start) / LISTS);
    start = now();
    list(conn, 1);
    printf("documents %.0f\n", now() - start);
    virConnectClose(conn);
}

int main(int argc, char **argv)
{
    virSetErrorFunc(NULL, silent);
    if (argc == 3 && strcmp(argv[1], "scan") == 0)
        scans(argv[2]);
    else if (argc == 3 && strcmp(argv[1], "first") == 0)
        first(argv[2]);
    else if (argc == 3 && strcmp(argv[1], "list") == 0)
        lists(argv[2]);
    else
        return 2;
    return 0;
}
