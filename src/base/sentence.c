/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The well-known sentences of error codes and the names of the parts of the system, out of the records. */
#include "base/error.h"

static const char *const sentences[][2] = {
#include "api/sentences.h"
};

static const char *const names[] = {
#include "api/parts.h"
};

const char *virErrorSentence(int code, bool with_detail)
{
    if (code <= 0 || (gsize)code >= G_N_ELEMENTS(sentences) || !sentences[code][0])
        return with_detail ? "%s" : "error";
    return sentences[code][with_detail];
}

const char *virErrorDomainName(int from)
{
    return from >= 0 && (gsize)from < G_N_ELEMENTS(names) && names[from] ? names[from] : "";
}
