/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Single files of sysfs, where the caller has to know why one could not be read or written: each function answers 0 or an errno.
 * Results are set on success only.
 */
#pragma once

#include <glib.h>

/* At most 64 KiB of text, without the last newline. */
int virAttrRead(const char *path, char **text);
/* "0x8086", "12", "-1" and a newline. EINVAL: it is no such number, or does not fit. */
int virAttrReadNumber(const char *path, long long *value);
/* Up to `size` bytes, in *n as many as there were. */
int virAttrReadBytes(const char *path, void *bytes, gsize size, gsize *n);
/* The last part of what a link says. EINVAL: it is no link. */
int virAttrReadLink(const char *path, char **name);
/* Names in a folder, in its own order, without "." and ".."; ended by NULL. */
int virAttrList(const char *path, char ***names);
/*
 * Write to a file that exists. The kernel may think long about it: ETIMEDOUT after `timeout_ms`, and it may still do it later. For
 * threads that may block.
 */
int virAttrWrite(const char *path, const char *text, int timeout_ms);
