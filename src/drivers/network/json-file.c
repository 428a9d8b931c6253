/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON arrays as files, read whole and replaced whole. */
#define VIR_FROM VIR_FROM_NETWORK
#include "drivers/network/json-file.h"
#include "base/error.h"
#include "base/util.h"
#include <unistd.h>

enum { FILE_LIMIT = 16 << 20 };

JsonArray *virJsonFileRead(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) cause = NULL;
    gsize len = 0;
    if (access(path, F_OK) < 0)
        return json_array_new();
    if (!virFileRead(path, FILE_LIMIT, &text, &len, error))
        return NULL;
    if (*g_strstrip(text) == 0)
        return json_array_new();
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonNode *root = json_parser_load_from_data(parser, text, -1, &cause) ? json_parser_get_root(parser) : NULL;
    if (root && JSON_NODE_HOLDS_ARRAY(root))
        return json_array_ref(json_node_get_array(root));
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "invalid json in file: %s%s%s", path, cause ? ": " : ", it is no array",
                cause ? cause->message : "");
    return NULL;
}

bool virJsonFileWrite(const char *path, JsonArray *array, GError **error)
{
    g_autoptr(JsonNode) root = json_node_init_array(json_node_alloc(), array);
    g_autofree char *json = json_to_string(root, TRUE), *text = g_strconcat(json, "\n", NULL);
    return virFileWriteAtomic(path, text, -1, 0644, error);
}

const char *virJsonString(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;
}
