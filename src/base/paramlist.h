/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Building an array of typed parameters, one line each: virTypedParamListUInt(list, n, "block.%d.rd.reqs", i). */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>

typedef struct {
    virTypedParameterPtr params;
    int n, allocated;
} virTypedParamList;

void virTypedParamListInt(virTypedParamList *list, int value, const char *name, ...) G_GNUC_PRINTF(3, 4);
void virTypedParamListUInt(virTypedParamList *list, unsigned int value, const char *name, ...) G_GNUC_PRINTF(3, 4);
void virTypedParamListLLong(virTypedParamList *list, long long value, const char *name, ...) G_GNUC_PRINTF(3, 4);
void virTypedParamListULLong(virTypedParamList *list, unsigned long long value, const char *name, ...) G_GNUC_PRINTF(3, 4);
void virTypedParamListDouble(virTypedParamList *list, double value, const char *name, ...) G_GNUC_PRINTF(3, 4);
void virTypedParamListBoolean(virTypedParamList *list, int value, const char *name, ...) G_GNUC_PRINTF(3, 4);
/* NULL adds nothing. */
void virTypedParamListString(virTypedParamList *list, const char *value, const char *name, ...) G_GNUC_PRINTF(3, 4);

void virTypedParamListClear(virTypedParamList *list);
/* Hands the array out (virTypedParamsFree) and leaves an empty list. */
virTypedParameterPtr virTypedParamListSteal(virTypedParamList *list, int *n);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virTypedParamList, virTypedParamListClear)
