/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Typed parameters: the public functions that build, search and free arrays of them, and the checks that drivers share.
 * A name has at most 79 bytes. A string may have any length here; the wire carries 4 MiB of it.
 */
#define VIR_FROM VIR_FROM_NONE
#include "base/typedparam.h"
#include <errno.h>
#include <string.h>

static const char *const typeNames[] = {
    [VIR_TYPED_PARAM_INT] = "int",
    [VIR_TYPED_PARAM_UINT] = "unsigned int",
    [VIR_TYPED_PARAM_LLONG] = "long long",
    [VIR_TYPED_PARAM_ULLONG] = "unsigned long long",
    [VIR_TYPED_PARAM_DOUBLE] = "double",
    [VIR_TYPED_PARAM_BOOLEAN] = "boolean",
    [VIR_TYPED_PARAM_STRING] = "string",
};

const char *virTypedParamTypeName(int type)
{
    return type > 0 && (gsize)type < G_N_ELEMENTS(typeNames) ? typeNames[type] : "unknown";
}

static const virTypedParamRule *ruleFind(const virTypedParamRule *rules, const char *name)
{
    for (; rules->name; rules++)
        if (g_str_equal(rules->name, name))
            return rules;
    return NULL;
}

bool virTypedParamsCheck(const virTypedParameter *params, int nparams, const virTypedParamRule *rules, int from,
                         GError **error)
{
    for (int i = 0; i < nparams; i++) {
        const virTypedParamRule *rule = ruleFind(rules, params[i].field);
        if (!rule) {
            virErrorSet(error, from, VIR_ERR_INVALID_ARG, "parameter '%s' is not supported", params[i].field);
            return false;
        }
        if (rule->type != params[i].type) {
            virErrorSet(error, from, VIR_ERR_INVALID_ARG, "invalid type '%s' for parameter '%s', expected '%s'",
                        virTypedParamTypeName(params[i].type), params[i].field, virTypedParamTypeName(rule->type));
            return false;
        }
        for (int j = 0; j < i && !rule->multiple; j++) {
            if (g_str_equal(params[j].field, params[i].field)) {
                virErrorSet(error, from, VIR_ERR_INVALID_ARG, "parameter '%s' occurs multiple times", params[i].field);
                return false;
            }
        }
    }
    return true;
}

bool virTypedParamsSane(const virTypedParameter *params, int nparams, int from, const char *func, GError **error)
{
    for (int i = 0; i < nparams; i++) {
        const virTypedParameter *p = params + i;
        if (strnlen(p->field, sizeof(p->field)) == sizeof(p->field)) {
            virErrorSetArg(error, from, func, "params", "string parameter name '%.*s' too long",
                           VIR_TYPED_PARAM_FIELD_LENGTH, p->field);
            return false;
        }
        if (p->type == VIR_TYPED_PARAM_STRING && !p->value.s) {
            virErrorSetArg(error, from, func, "params", "NULL string parameter '%s'", p->field);
            return false;
        }
    }
    return true;
}

virTypedParameterPtr virTypedParamsCopy(const virTypedParameter *params, int nparams)
{
    virTypedParameterPtr copy = g_memdup2(params, sizeof(*params) * MAX(nparams, 0));

    for (int i = 0; i < nparams; i++)
        if (copy[i].type == VIR_TYPED_PARAM_STRING)
            copy[i].value.s = g_strdup(copy[i].value.s);
    return copy;
}

int virTypedParamsDropStrings(virTypedParameterPtr params, int nparams)
{
    int kept = 0;

    for (int i = 0; i < nparams; i++) {
        if (params[i].type == VIR_TYPED_PARAM_STRING)
            g_free(params[i].value.s);
        else
            params[kept++] = params[i];
    }
    memset(params + kept, 0, sizeof(*params) * (nparams - kept));
    return kept;
}

/* ---- the public functions ---- */

/* Publishes an error; always -1. */
static int G_GNUC_PRINTF(2, 3) publish(int code, const char *format, ...)
{
    GError *error = NULL;
    va_list ap;

    va_start(ap, format);
    g_autofree char *text = g_strdup_vprintf(format, ap);
    va_end(ap);
    virSetError(&error, code, "%s", text);
    virErrorDispatch(NULL, error);
    return -1;
}

void virTypedParamsClear(virTypedParameterPtr params, int nparams)
{
    if (!params)
        return;
    for (int i = 0; i < nparams; i++)
        if (params[i].type == VIR_TYPED_PARAM_STRING)
            g_clear_pointer(&params[i].value.s, g_free);
}

void virTypedParamsFree(virTypedParameterPtr params, int nparams)
{
    virTypedParamsClear(params, nparams);
    g_free(params);
}

virTypedParameterPtr virTypedParamsGet(virTypedParameterPtr params, int nparams, const char *name)
{
    if (!params || !name)
        return NULL;
    for (int i = 0; i < nparams; i++)
        if (g_str_equal(params[i].field, name))
            return params + i;
    return NULL;
}

/* 1 and the parameter, 0 when there is none, -1 and an error when it is of another type. */
static int find(virTypedParameterPtr params, int nparams, const char *name, int type, virTypedParameterPtr *found)
{
    virResetLastError();
    *found = virTypedParamsGet(params, nparams, name);
    if (!*found)
        return 0;
    if ((*found)->type != type)
        return publish(VIR_ERR_INVALID_ARG, "Invalid type '%s' requested for parameter '%s', actual type is '%s'",
                       virTypedParamTypeName(type), name, virTypedParamTypeName((*found)->type));
    return 1;
}

#define GETTER(NAME, TYPE, CODE, MEMBER) \
    int virTypedParamsGet##NAME(virTypedParameterPtr params, int nparams, const char *name, TYPE *value) \
    { \
        virTypedParameterPtr p = NULL; \
        int r = find(params, nparams, name, CODE, &p); \
        if (r == 1 && value) \
            *value = p->value.MEMBER; \
        return r; \
    }

GETTER(Int, int, VIR_TYPED_PARAM_INT, i)
GETTER(UInt, unsigned int, VIR_TYPED_PARAM_UINT, ui)
GETTER(LLong, long long, VIR_TYPED_PARAM_LLONG, l)
GETTER(ULLong, unsigned long long, VIR_TYPED_PARAM_ULLONG, ul)
GETTER(Double, double, VIR_TYPED_PARAM_DOUBLE, d)
GETTER(String, const char *, VIR_TYPED_PARAM_STRING, s)

int virTypedParamsGetBoolean(virTypedParameterPtr params, int nparams, const char *name, int *value)
{
    virTypedParameterPtr p = NULL;
    int r = find(params, nparams, name, VIR_TYPED_PARAM_BOOLEAN, &p);

    if (r == 1 && value)
        *value = !!p->value.b;
    return r;
}

/* Room for one more, named; NULL with the error published when the name is no good. */
static virTypedParameterPtr grow(virTypedParameterPtr *params, int *nparams, int *maxparams, const char *name, int type,
                                 const char *func)
{
    virResetLastError();
    if (!params || !nparams || !maxparams || !name) {
        publish(VIR_ERR_INVALID_ARG, "params, nparams, maxparams and name in %s must not be NULL", func);
        return NULL;
    }
    if (strlen(name) >= VIR_TYPED_PARAM_FIELD_LENGTH) {
        publish(VIR_ERR_INTERNAL_ERROR, "Field name '%s' too long", name);
        return NULL;
    }
    if (*nparams >= *maxparams || !*params) {
        int max = MAX(*nparams + 1, *nparams * 2);
        *params = g_renew(virTypedParameter, *params, max);
        *maxparams = max;
    }
    virTypedParameterPtr p = *params + *nparams;
    memset(p, 0, sizeof(*p));
    g_strlcpy(p->field, name, sizeof(p->field));
    p->type = type;
    return p;
}

#define ADDER(NAME, TYPE, CODE, MEMBER) \
    int virTypedParamsAdd##NAME(virTypedParameterPtr *params, int *nparams, int *maxparams, const char *name, TYPE value) \
    { \
        virTypedParameterPtr p = grow(params, nparams, maxparams, name, CODE, __func__); \
        if (!p) \
            return -1; \
        p->value.MEMBER = value; \
        ++*nparams; \
        return 0; \
    }

ADDER(Int, int, VIR_TYPED_PARAM_INT, i)
ADDER(UInt, unsigned int, VIR_TYPED_PARAM_UINT, ui)
ADDER(LLong, long long, VIR_TYPED_PARAM_LLONG, l)
ADDER(ULLong, unsigned long long, VIR_TYPED_PARAM_ULLONG, ul)
ADDER(Double, double, VIR_TYPED_PARAM_DOUBLE, d)

int virTypedParamsAddBoolean(virTypedParameterPtr *params, int *nparams, int *maxparams, const char *name, int value)
{
    virTypedParameterPtr p = grow(params, nparams, maxparams, name, VIR_TYPED_PARAM_BOOLEAN, __func__);

    if (!p)
        return -1;
    p->value.b = value != 0;
    ++*nparams;
    return 0;
}

int virTypedParamsAddString(virTypedParameterPtr *params, int *nparams, int *maxparams, const char *name, const char *value)
{
    virTypedParameterPtr p = grow(params, nparams, maxparams, name, VIR_TYPED_PARAM_STRING, __func__);
    if (!p)
        return -1;
    p->value.s = g_strdup(value ? value : "");
    ++*nparams;
    return 0;
}

int virTypedParamsAddStringList(virTypedParameterPtr *params, int *nparams, int *maxparams, const char *name,
                                const char **values)
{
    for (; values && *values; values++)
        if (virTypedParamsAddString(params, nparams, maxparams, name, *values) < 0)
            return -1;
    return 0;
}

static bool parseBoolean(const char *text, char *value)
{
    *value = g_str_equal(text, "1") || g_ascii_strcasecmp(text, "true") == 0;
    return *value || g_str_equal(text, "0") || g_ascii_strcasecmp(text, "false") == 0;
}

/* All of `text` is a number; as strtol does it, space may precede it, and unsigned ones may be negative. */
static bool parseSigned(const char *text, gint64 min, gint64 max, gint64 *value)
{
    char *end = NULL;

    errno = 0;
    *value = g_ascii_strtoll(text, &end, 10);
    return end != text && !*end && !errno && *value >= min && *value <= max;
}

static bool parseUnsigned(const char *text, guint64 max, guint64 *value)
{
    char *end = NULL;

    errno = 0;
    *value = g_ascii_strtoull(text, &end, 10);
    return end != text && !*end && !errno && (*value <= max || -*value <= max);
}

/* True when all of `text` is a value of the parameter's type. */
static bool parseValue(virTypedParameterPtr p, const char *text)
{
    gint64 i = 0;
    guint64 u = 0;
    char *end = NULL;
    bool done = true;

    switch (p->type) {
    case VIR_TYPED_PARAM_INT:
        done = parseSigned(text, G_MININT, G_MAXINT, &i);
        p->value.i = i;
        break;
    case VIR_TYPED_PARAM_UINT:
        done = parseUnsigned(text, G_MAXUINT, &u);
        p->value.ui = u;
        break;
    case VIR_TYPED_PARAM_LLONG:
        done = parseSigned(text, G_MININT64, G_MAXINT64, &i);
        p->value.l = i;
        break;
    case VIR_TYPED_PARAM_ULLONG:
        done = parseUnsigned(text, G_MAXUINT64, &u);
        p->value.ul = u;
        break;
    case VIR_TYPED_PARAM_DOUBLE:
        p->value.d = g_ascii_strtod(text, &end);
        return *text && !*end;
    case VIR_TYPED_PARAM_BOOLEAN:
        return parseBoolean(text, &p->value.b);
    default:
        p->value.s = g_strdup(text);
    }
    return done;
}

int virTypedParamsAddFromString(virTypedParameterPtr *params, int *nparams, int *maxparams, const char *name, int type,
                                const char *value)
{
    virTypedParameterPtr p = grow(params, nparams, maxparams, name, type, __func__);

    if (!p)
        return -1;
    if (type <= 0 || type >= (int)G_N_ELEMENTS(typeNames))
        return publish(VIR_ERR_INTERNAL_ERROR, "unexpected type %d for field %s", type, name);
    if (!value)
        return publish(VIR_ERR_INVALID_ARG, "NULL value for field '%s'", name);
    if (!parseValue(p, value))
        return type == VIR_TYPED_PARAM_BOOLEAN ?
            publish(VIR_ERR_INVALID_ARG, "Invalid boolean value for field '%s': '%s'", name, value) :
            publish(VIR_ERR_INVALID_ARG, "Invalid value for field '%s': expected %s, not '%s'", name,
                    virTypedParamTypeName(type), value);
    ++*nparams;
    return 0;
}
