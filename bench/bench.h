/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the measuring programs share. */
#pragma once

#include <libvirt/libvirt.h>

double now(void);                       /* monotonic µs */
_Noreturn void die(const char *what);   /* with libvirt's last error */
/* Prints NAME.mean, .p50 and .p99; sorts `times`. */
void report(const char *name, double *times, int n, double total);
virDomainPtr startOne(virConnectPtr conn, int i);       /* guest bench-I, paused */
void freeList(virDomainPtr *list, int n);

/* someStopped.c: `guests` run, `frozen` of them are stopped by a signal; then everything is done to the others, and `callers` wait for one. */
void someStopped(virConnectPtr conn, const char *uri, int guests, int frozen, int callers, int daemon);
