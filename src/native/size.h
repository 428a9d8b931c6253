/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes with a unit behind the number, as several formats have them: "512M", "1GiB", "-1" (all there is), plain bytes. */
#pragma once

#include "xml/engine.h"
#include <errno.h>
#include <stdlib.h>

static inline bool virNativeSize(const char *text, unsigned long long *bytes)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10), scale = *end ? virXmlUnit(end) : 1;
    return end != text && !errno && scale && !__builtin_mul_overflow(n, scale, bytes);
}
