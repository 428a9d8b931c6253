/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON, in a module of its own: most sessions need none of it. */
#include "module.h"
#include <json-glib/json-glib.h>

char *shellJsonWrite(GVariant *value)
{
    g_autoptr(JsonNode) node = json_gvariant_serialize(value);
    return json_to_string(node, TRUE);
}

char *shellJsonSpread(const char *text)
{
    g_autoptr(JsonNode) node = json_from_string(text, NULL);
    return node ? json_to_string(node, TRUE) : NULL;
}
