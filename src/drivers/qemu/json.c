/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making arguments of QMP commands and reading replies, without trusting their shape. */
#include "drivers/qemu/monitor.h"
#include <stdarg.h>

static void argsAdd(JsonObject *o, const char *spec, va_list *args)
{
    const char *name = spec + 2;
    switch (spec[0]) {
    case 's': {
        const char *s = va_arg(*args, const char *);
        if (s)
            json_object_set_string_member(o, name, s);
        break;
    }
    case 'i':
        json_object_set_int_member(o, name, va_arg(*args, int));
        break;
    case 'I':
    case 'U': /* 64 bits; JSON here has no unsigned */
        json_object_set_int_member(o, name, va_arg(*args, gint64));
        break;
    case 'b':
        json_object_set_boolean_member(o, name, va_arg(*args, int));
        break;
    case 'o': {
        JsonNode *node = va_arg(*args, JsonNode *);
        if (node)
            json_object_set_member(o, name, node);
        break;
    }
    case 'u':
        json_object_set_int_member(o, name, va_arg(*args, unsigned int));
        break;
    case 'P': {
        unsigned int value = va_arg(*args, unsigned int);
        if (value > 0)
            json_object_set_int_member(o, name, value);
        break;
    }
    case 'B':
        if (va_arg(*args, int))
            json_object_set_boolean_member(o, name, TRUE);
        break;
    case 't': {
        int value = va_arg(*args, int);
        if (value != 0)
            json_object_set_boolean_member(o, name, value == 1);
        break;
    }
    case 'p': {
        int value = va_arg(*args, int);
        if (value != 0)
            json_object_set_string_member(o, name, value == 1 ? "on" : "off");
        break;
    }
    default:
        g_assert_not_reached();
    }
}

void qmpAdd(JsonObject *o, const char *first, ...)
{
    va_list args;
    va_start(args, first);
    for (const char *spec = first; spec; spec = va_arg(args, const char *))
        argsAdd(o, spec, &args);
    va_end(args);
}

JsonNode *qmpArgs(const char *first, ...)
{
    JsonObject *o = json_object_new();
    va_list args;
    va_start(args, first);
    for (const char *spec = first; spec; spec = va_arg(args, const char *))
        argsAdd(o, spec, &args);
    va_end(args);
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(node, o);
    return node;
}

static JsonNode *member(JsonObject *o, const char *name, JsonNodeType type)
{
    JsonNode *node = o ? json_object_get_member(o, name) : NULL;
    return node && json_node_get_node_type(node) == type ? node : NULL;
}

const char *qmpStr(JsonObject *o, const char *name)
{
    JsonNode *node = member(o, name, JSON_NODE_VALUE);
    return node && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;
}

gint64 qmpInt(JsonObject *o, const char *name, gint64 otherwise)
{
    JsonNode *node = member(o, name, JSON_NODE_VALUE);
    GType type = node ? json_node_get_value_type(node) : G_TYPE_NONE;
    return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? json_node_get_int(node) : otherwise;
}

bool qmpBool(JsonObject *o, const char *name)
{
    JsonNode *node = member(o, name, JSON_NODE_VALUE);
    return node && json_node_get_value_type(node) == G_TYPE_BOOLEAN && json_node_get_boolean(node);
}

JsonObject *qmpObj(JsonObject *o, const char *name)
{
    JsonNode *node = member(o, name, JSON_NODE_OBJECT);
    return node ? json_node_get_object(node) : NULL;
}

JsonArray *qmpArr(JsonObject *o, const char *name)
{
    JsonNode *node = member(o, name, JSON_NODE_ARRAY);
    return node ? json_node_get_array(node) : NULL;
}

bool qmpIsOneValue(const char *text, gsize len)
{
    enum { DEPTH_LIMIT = 128 };
    bool quoted = false;
    int depth = 0;
    gsize i = 0;
    while (i < len && g_ascii_isspace(text[i]))
        i++;
    if (i == len || (text[i] != '{' && text[i] != '['))
        return false;
    for (; i < len; i++) {
        if (quoted && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && (text[i] == '[' || text[i] == '{') && ++depth > DEPTH_LIMIT)
            return false;
        else if (!quoted && (text[i] == ']' || text[i] == '}') && --depth <= 0)
            break;
    }
    for (i++; i < len; i++)
        if (!g_ascii_isspace(text[i]))
            return false;
    return true;
}

JsonObject *qmpReplyObj(JsonNode *reply)
{
    return reply && JSON_NODE_HOLDS_OBJECT(reply) ? json_node_get_object(reply) : NULL;
}

JsonArray *qmpReplyArr(JsonNode *reply)
{
    return reply && JSON_NODE_HOLDS_ARRAY(reply) ? json_node_get_array(reply) : NULL;
}

JsonObject *qmpItem(JsonArray *array, guint i)
{
    JsonNode *node = array && i < json_array_get_length(array) ? json_array_get_element(array, i) : NULL;
    return qmpReplyObj(node);
}
