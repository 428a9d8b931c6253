/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <metadata> of any document: the element of one namespace. */
#pragma once

#include "base/error.h"

char *virMetadataGet(const char *metadata, const char *uri);    /* NULL: none */
bool virMetadataSet(char **metadata, const char *xml, const char *key, const char *uri, GError **error);   /* xml NULL: remove */
