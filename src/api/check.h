/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks that generated entries make. Each is false with the reference's sentence for `func`, of part `from`. */
#pragma once

#include "api/handle.h"

bool virCheckHandle(const void *handle, const virHandleClass *class, int from, const char *func, GError **error);
bool virCheckWritable(virConnectPtr conn, int from, const char *func, GError **error);
/* For a flag that needs more than reading: `words` is "with secure flag" or empty. */
bool virCheckWritableFlag(virConnectPtr conn, int from, const char *func, const char *words, GError **error);
bool virCheckNonNull(const void *value, const char *name, int from, const char *func, GError **error);
bool virCheckNonNegative(long long value, const char *name, int from, const char *func, GError **error);
bool virCheckLess(long long value, long long limit, const char *name, int from, const char *func, GError **error);
bool virCheckPositive(long long value, const char *name, int from, const char *func, GError **error);
bool virCheckNonZero(unsigned long long value, const char *name, int from, const char *func, GError **error);
bool virCheckExclusive(unsigned long flags, unsigned long a, const char *aName, unsigned long b, const char *bName,
                       int from, GError **error);
/* Flag `a` makes no sense without `b`. */
bool virCheckRequires(unsigned long flags, unsigned long a, const char *aName, unsigned long b, const char *bName,
                      int from, GError **error);
void virNoSupport(int from, const char *func, GError **error);

/* The edges of a public function. */
void virEntryBegin(const char *func);           /* forgets the thread's last error */
/* Publishes `error` (taken) if it is set. `failed` without an error is a bug of ours, and reported as one. */
void virEntryEnd(const void *handle, const virHandleClass *class, GError *error, bool failed);
bool virEntryHandle(const void *handle, const virHandleClass *class, int from, const char *func);
bool virEntryNonNull(const void *handle, const void *value, const char *name, int from, const char *func);
bool virEntryUUID(const void *handle, const char *text, unsigned char *uuid, int from, const char *func);
