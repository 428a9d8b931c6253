/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host as files: where /sys, /proc and /dev are. Every function that reads them takes this handle, so a test hands it a fixture
 * tree. virHostLocal() is the machine itself.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct {
    char *sys, *proc, *dev;
    char *modules;                              /* the running kernel's: /lib/modules/RELEASE */
} virHost;

const virHost *virHostLocal(void);
virHost *virHostNew(const char *root);          /* ROOT/sys, ROOT/proc, ROOT/dev, ROOT/lib/modules */
void virHostFree(virHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHost, virHostFree)

/* A small file without its last newline, NULL when it is missing or unreadable. */
char *virHostRead(const char *format, ...) G_GNUC_PRINTF(1, 2);
bool virHostReadULL(unsigned long long *value, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Settings of the kernel: the text is written as it is, at once. */
bool virHostWrite(const char *text, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Each number of a list as the kernel writes them: "0-3,8". False for bad syntax. */
bool virHostForeachNumber(const char *list, void (*func)(unsigned int n, gpointer data), gpointer data);

/* /dev/kvm can be opened by us. */
bool virHostHasKvm(const virHost *host);
/* The most processors that the kernel gives one KVM guest; -1 without KVM. */
int virHostKvmMaxVcpus(const virHost *host, GError **error);
/* The machine's UUID: what the daemon's configuration says (a UUID or "machine-id" in LIBVIRT_HOST_UUID), else SMBIOS's, else
 * /etc/machine-id; false when there is none. */
bool virHostUuid(const virHost *host, unsigned char uuid[16]);
