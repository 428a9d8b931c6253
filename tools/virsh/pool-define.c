/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From options to the definition of a storage pool. */
#include "storage.h"
#include <stdarg.h>

/* An element with attributes, each a name and a value; those without a value are left out. */
G_GNUC_NULL_TERMINATED static void element(GString *out, int indent, const char *name, const char *end, ...)
{
    va_list args;
    g_string_append_printf(out, "%*s<%s", indent, "", name);
    va_start(args, end);
    for (const char *key = va_arg(args, const char *); key; key = va_arg(args, const char *)) {
        const char *value = va_arg(args, const char *);
        g_autofree char *quoted = value ? g_markup_escape_text(value, -1) : NULL;
        if (quoted)
            g_string_append_printf(out, " %s='%s'", key, quoted);
    }
    va_end(args);
    g_string_append(out, end);
}

static void text(GString *out, int indent, const char *name, const char *value)
{
    g_autofree char *quoted = g_markup_escape_text(value, -1);
    g_string_append_printf(out, "%*s<%s>%s</%s>\n", indent, "", name, quoted, name);
}

/* A wwnn makes no adapter without its wwpn. */
static void adapter(GString *out, Cmd *cmd)
{
    const char *name = cmdString(cmd, "adapter-name"), *wwnn = cmdString(cmd, "adapter-wwnn"), *wwpn = cmdString(cmd, "adapter-wwpn");
    if (name)
        element(out, 4, "adapter", "/>\n", "type", "scsi_host", "name", name, NULL);
    else if (wwnn && wwpn)
        element(out, 4, "adapter", "/>\n", "type", "fc_host", "parent", cmdString(cmd, "adapter-parent"),
                "parent_wwnn", cmdString(cmd, "adapter-parent-wwnn"), "parent_wwpn", cmdString(cmd, "adapter-parent-wwpn"),
                "parent_fabric_wwn", cmdString(cmd, "adapter-parent-fabric-wwn"), "wwnn", wwnn, "wwpn", wwpn, NULL);
}

static void auth(GString *out, Cmd *cmd)
{
    const char *usage = cmdString(cmd, "secret-usage"), *uuid = cmdString(cmd, "secret-uuid");
    if (!cmdHas(cmd, "auth-type") || !cmdHas(cmd, "auth-username") || (!usage && !uuid))
        return;
    element(out, 4, "auth", ">\n", "type", cmdString(cmd, "auth-type"), "username", cmdString(cmd, "auth-username"), NULL);
    element(out, 6, "secret", "/>\n", "usage", usage, "uuid", usage ? NULL : uuid, NULL);
    g_string_append(out, "    </auth>\n");
}

static void source(GString *out, Cmd *cmd)
{
    static const struct { const char *option, *element, *attribute; } simple[] = {
        { "source-host", "host", "name" }, { "source-path", "dir", "path" }, { "source-dev", "device", "path" },
    };
    static const struct { const char *option, *element, *attribute; } after[] = {
        { "source-format", "format", "type" }, { "source-protocol-ver", "protocol", "ver" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(simple); i++)
        if (cmdHas(cmd, simple[i].option))
            element(out, 4, simple[i].element, "/>\n", simple[i].attribute, cmdString(cmd, simple[i].option), NULL);
    if (cmdHas(cmd, "source-initiator")) {
        g_string_append(out, "    <initiator>\n");
        element(out, 6, "iqn", "/>\n", "name", cmdString(cmd, "source-initiator"), NULL);
        g_string_append(out, "    </initiator>\n");
    }
    adapter(out, cmd);
    auth(out, cmd);
    for (gsize i = 0; i < G_N_ELEMENTS(after); i++)
        if (cmdHas(cmd, after[i].option))
            element(out, 4, after[i].element, "/>\n", after[i].attribute, cmdString(cmd, after[i].option), NULL);
    if (cmdHas(cmd, "source-name"))
        text(out, 4, "name", cmdString(cmd, "source-name"));
}

char *poolDocument(Cmd *cmd)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GString) inner = g_string_new(NULL);
    element(out, 0, "pool", ">\n", "type", cmdString(cmd, "type"), NULL);
    text(out, 2, "name", cmdString(cmd, "name"));
    source(inner, cmd);
    if (inner->len)
        g_string_append_printf(out, "  <source>\n%s  </source>\n", inner->str);
    if (cmdHas(cmd, "target")) {
        g_string_append(out, "  <target>\n");
        text(out, 4, "path", cmdString(cmd, "target"));
        g_string_append(out, "  </target>\n");
    }
    g_string_append(out, "</pool>\n");
    return g_string_free(out, FALSE);
}
