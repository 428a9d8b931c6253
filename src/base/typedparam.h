/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays of typed parameters: what drivers and the wire need beside the public virTypedParams* functions. */
#pragma once

#include "base/error.h"

const char *virTypedParamTypeName(int type);            /* "int", "ullong"…; "unknown" */
/* The allowed names and their types: {"bandwidth", VIR_TYPED_PARAM_ULLONG}, … ended by NULL. */
typedef struct {
    const char *name;
    int type;
    bool multiple;                                      /* may stand several times */
} virTypedParamRule;
bool virTypedParamsCheck(const virTypedParameter *params, int nparams, const virTypedParamRule *rules, int from,
                         GError **error);
/* Names, types and strings are in order: what an entry checks before it hands parameters to a driver. */
bool virTypedParamsSane(const virTypedParameter *params, int nparams, int from, const char *func, GError **error);
/* A deep copy in memory of its own (virTypedParamsFree). */
virTypedParameterPtr virTypedParamsCopy(const virTypedParameter *params, int nparams);
/* Only VIR_TYPED_PARAM_STRING_OKAY lets strings through: frees and removes the others' sight of them; returns the new count. */
int virTypedParamsDropStrings(virTypedParameterPtr params, int nparams);
