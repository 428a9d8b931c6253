/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that hold one JSON array of objects: leases, addresses of guests. Other programs of the host read them too. */
#pragma once

#include <json-glib/json-glib.h>
#include <stdbool.h>

/* An empty array for a file that is missing or empty; NULL with `error` for one that cannot be read. */
JsonArray *virJsonFileRead(const char *path, GError **error);
bool virJsonFileWrite(const char *path, JsonArray *array, GError **error);
/* NULL unless it is there and a string. */
const char *virJsonString(JsonObject *object, const char *name);
