/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GErrors that carry the public error inside, and the thread's last error at the library's edge.
 */
#define VIR_FROM VIR_FROM_NONE
#include "base/error.h"
#include <string.h>

/* GLib's macro wants names of its own style; ours stand behind it. */
typedef virErrorDetail VirErrorPrivate;

static void vir_error_private_init(VirErrorPrivate *detail)
{
    *detail = (virErrorDetail){ .from = VIR_FROM_NONE, .level = VIR_ERR_ERROR };
}

static void vir_error_private_copy(const VirErrorPrivate *from, VirErrorPrivate *to)
{
    *to = *from;
    to->str1 = g_strdup(from->str1);
    to->str2 = g_strdup(from->str2);
    to->str3 = g_strdup(from->str3);
}

static void vir_error_private_clear(VirErrorPrivate *detail)
{
    g_clear_pointer(&detail->str1, g_free);
    g_clear_pointer(&detail->str2, g_free);
    g_clear_pointer(&detail->str3, g_free);
}

GQuark vir_error_quark(void);
G_DEFINE_EXTENDED_ERROR(VirError, vir_error)

GQuark virErrorQuark(void)
{
    return vir_error_quark();
}

const virErrorDetail *virErrorGetDetail(const GError *error)
{
    static const virErrorDetail foreign = { .from = VIR_FROM_NONE, .level = VIR_ERR_ERROR };
    return error && error->domain == VIR_ERROR ? vir_error_get_private(error) : &foreign;
}

int virErrorCode(const GError *error)
{
    return error && error->domain == VIR_ERROR ? error->code : VIR_ERR_INTERNAL_ERROR;
}

static GError *virErrorNew(int from, int code, const char *detail)
{
    const char *sentence = virErrorSentence(code, detail != NULL);
    g_autofree char *message = NULL;
    const char *at = detail ? strstr(sentence, "%s") : NULL;
    if (at)
        message = g_strdup_printf("%.*s%s%s", (int)(at - sentence), sentence, detail, at + 2);
    GError *error = g_error_new_literal(VIR_ERROR, code, message ? message : sentence);
    virErrorDetail *d = vir_error_get_private(error);
    d->from = from;
    d->str1 = g_strdup(sentence);
    d->str2 = g_strdup(detail);
    d->int1 = d->int2 = -1;
    return error;
}

void virErrorSet(GError **error, int from, int code, const char *format, ...)
{
    if (!error)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *detail = format ? g_strdup_vprintf(format, args) : NULL;
    va_end(args);
    g_propagate_error(error, virErrorNew(from, code, detail));
}

void virErrorSetSystem(GError **error, int from, int errnum, const char *format, ...)
{
    if (!error)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *detail = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *whole = g_strdup_printf("%s: %s", detail, g_strerror(errnum));
    GError *e = virErrorNew(from, VIR_ERR_SYSTEM_ERROR, whole);
    vir_error_get_private(e)->int1 = errnum;
    g_propagate_error(error, e);
}

void virErrorSetArg(GError **error, int from, const char *func, const char *arg, const char *format, ...)
{
    if (!error)
        return;
    va_list args;
    va_start(args, format);
    GError *e = g_error_new_valist(VIR_ERROR, VIR_ERR_INVALID_ARG, format, args);
    va_end(args);
    virErrorDetail *d = vir_error_get_private(e);
    d->from = from;
    d->str1 = g_strdup(func);
    d->str2 = g_strdup(arg);
    g_propagate_error(error, e);
}

bool virFlagsCheck(unsigned int flags, unsigned int allowed, int from, const char *func, GError **error)
{
    if ((flags & ~allowed) == 0)
        return true;
    virErrorSetArg(error, from, func, "flags", "unsupported flags (0x%x) in function %s", flags & ~allowed, func);
    return false;
}

bool virFlagsExclusive(unsigned int flags, unsigned int a, const char *aName, unsigned int b, const char *bName, int from,
                       const char *func, GError **error)
{
    if (!(flags & a) || !(flags & b))
        return true;
    virErrorSetArg(error, from, func, "ctl", "Flags '%s' and '%s' are mutually exclusive", aName, bName);
    return false;
}

void virErrorSetPublic(GError **error, const virError *public)
{
    if (!error)
        return;
    const char *message = public->message ? public->message : virErrorSentence(public->code, false);
    GError *e = g_error_new_literal(VIR_ERROR, public->code, message);
    virErrorDetail *d = vir_error_get_private(e);
    *d = (virErrorDetail){ .from = public->domain, .level = public->level, .int1 = public->int1, .int2 = public->int2,
                           .str1 = g_strdup(public->str1), .str2 = g_strdup(public->str2),
                           .str3 = g_strdup(public->str3) };
    g_propagate_error(error, e);
}

void virErrorWrap(GError **error, int from, int code, GError *cause, const char *format, ...)
{
    g_autoptr(GError) own = cause;
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    virErrorSet(error, from, code, "%s: %s", what, own ? own->message : "no reason given");
}

void virErrorFill(virErrorPtr public, const GError *error)
{
    const virErrorDetail *d = virErrorGetDetail(error);
    memset(public, 0, sizeof(*public));
    public->code = virErrorCode(error);
    public->domain = d->from;
    public->level = d->level;
    public->message = g_strdup(error->message);
    public->str1 = g_strdup(d->str1);
    public->str2 = g_strdup(d->str2);
    public->str3 = g_strdup(d->str3);
    public->int1 = d->int1;
    public->int2 = d->int2;
}
