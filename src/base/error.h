/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors inside the library are GErrors of one domain, VIR_ERROR. The code is the public virErrorNumber; the part
 * of the system that failed (virErrorDomain) and the optional details of the public virError travel with it.
 * Only the public entry points and the server's thunks turn a GError into a virError, once.
 *
 * A source file names its part before it includes this header:   #define VIR_FROM VIR_FROM_QEMU
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#define VIR_ERROR (virErrorQuark())
GQuark virErrorQuark(void);

/* The detail of a public virError that is not in GError itself. Strings belong to the error. */
typedef struct {
    int from;                   /* virErrorDomain */
    int level;                  /* virErrorLevel */
    char *str1, *str2, *str3;
    int int1, int2;
} virErrorDetail;

/* Set `error` to code `code` of domain VIR_FROM. The message is the code's well-known sentence followed by the
 * formatted detail, exactly as clients see it: virSetError(error, VIR_ERR_NO_DOMAIN, "no domain with matching
 * name '%s'", name) reads "Domain not found: no domain with matching name 'x'". */
#define virSetError(error, code, ...) virErrorSet(error, VIR_FROM, code, __VA_ARGS__)
void virErrorSet(GError **error, int from, int code, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* VIR_ERR_SYSTEM_ERROR with the words of `errnum` appended: "cannot open '/x': Permission denied". */
#define virSetSystemError(error, errnum, ...) virErrorSetSystem(error, VIR_FROM, errnum, __VA_ARGS__)
void virErrorSetSystem(GError **error, int from, int errnum, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* VIR_ERR_INVALID_ARG with a sentence of its own (no prefix); str1 and str2 name the function and the argument. */
void virErrorSetArg(GError **error, int from, const char *func, const char *arg, const char *format, ...)
    G_GNUC_PRINTF(5, 6);
/* False with the reference's sentence when `flags` has bits outside `allowed`. */
bool virFlagsCheck(unsigned int flags, unsigned int allowed, int from, const char *func, GError **error);
/* False when both bits `a` and `b` are set; their names go into the message. */
bool virFlagsExclusive(unsigned int flags, unsigned int a, const char *aName, unsigned int b, const char *bName, int from,
                       const char *func, GError **error);

/* A virError received over the wire or from elsewhere, kept word for word. */
void virErrorSetPublic(GError **error, const virError *public);

/* Rebuild an error of another domain (GLib's, GIO's) as ours; `format` says what failed. Takes `cause`. */
void virErrorWrap(GError **error, int from, int code, GError *cause, const char *format, ...) G_GNUC_PRINTF(5, 6);

/* Never NULL: foreign errors answer a constant detail (VIR_FROM_NONE, VIR_ERR_ERROR). */
const virErrorDetail *virErrorGetDetail(const GError *error);
int virErrorCode(const GError *error);      /* virErrorNumber; foreign errors are VIR_ERR_INTERNAL_ERROR */

/* The sentence of a code, alone (with_detail false) or as the format around a detail; "%s" stands for the detail. */
const char *virErrorSentence(int code, bool with_detail);

/* "QEMU Driver" for VIR_FROM_QEMU; "" for none. */
const char *virErrorDomainName(int from);

/* Edge: publish `error` (taken, never NULL) as the thread's last error and call the handlers, for `conn` if not NULL. */
void virErrorDispatch(virConnectPtr conn, GError *error);
/* Edge: fill a public error from a GError (strings are copied). */
void virErrorFill(virErrorPtr public, const GError *error);
