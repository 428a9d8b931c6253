/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Building an array of typed parameters. */
#include "base/paramlist.h"
#include <stdlib.h>
#include <string.h>

static virTypedParameterPtr listNext(virTypedParamList *list, int type, const char *name, va_list args)
{
    if (list->n == list->allocated) {
        list->allocated = list->allocated ? list->allocated * 2 : 16;
        list->params = g_renew(virTypedParameter, list->params, list->allocated);
    }
    virTypedParameterPtr p = &list->params[list->n++];
    memset(p, 0, sizeof(*p));
    p->type = type;
    g_vsnprintf(p->field, sizeof(p->field), name, args);
    return p;
}

#define ADDER(Suffix, Type, TYPE, member) \
    void virTypedParamList##Suffix(virTypedParamList *list, Type value, const char *name, ...) \
    { \
        va_list args; \
        va_start(args, name); \
        listNext(list, VIR_TYPED_PARAM_##TYPE, name, args)->value.member = value; \
        va_end(args); \
    }
ADDER(Int, int, INT, i)
ADDER(UInt, unsigned int, UINT, ui)
ADDER(LLong, long long, LLONG, l)
ADDER(ULLong, unsigned long long, ULLONG, ul)
ADDER(Double, double, DOUBLE, d)
ADDER(Boolean, int, BOOLEAN, b)

void virTypedParamListString(virTypedParamList *list, const char *value, const char *name, ...)
{
    if (!value)
        return;
    va_list args;
    va_start(args, name);
    listNext(list, VIR_TYPED_PARAM_STRING, name, args)->value.s = strdup(value);
    va_end(args);
}

void virTypedParamListClear(virTypedParamList *list)
{
    for (int i = 0; i < list->n; i++)
        if (list->params[i].type == VIR_TYPED_PARAM_STRING)
            free(list->params[i].value.s);
    g_free(list->params);
    *list = (virTypedParamList){ 0 };
}

virTypedParameterPtr virTypedParamListSteal(virTypedParamList *list, int *n)
{
    virTypedParameterPtr params = g_renew(virTypedParameter, list->params, list->n);    /* a thousand of these may be held at once */
    *n = list->n;
    *list = (virTypedParamList){ 0 };
    return params;
}
