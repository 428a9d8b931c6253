/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the difference of two command lines to QMP: see plug-plan.h. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/plug-plan.h"
#include <string.h>

typedef struct {
    const char *option, *command, *undo;
    const char *idName;         /* the member of the option's value that names it */
    const char *undoName;       /* what `undo` calls it */
} Kind;

static const Kind kinds[] = {
    { "-object", "object-add", "object-del", "id", "id" },
    { "-chardev", "chardev-add", "chardev-remove", "id", "id" },
    { "-blockdev", "blockdev-add", "blockdev-del", "node-name", "node-name" },
    { "-netdev", "netdev_add", "netdev_del", "id", "id" },
    { "-device", "device_add", "device_del", "id", "id" },
    { "-watchdog-action", "set-action", NULL, NULL, NULL },
    { NULL, NULL, NULL, NULL, NULL }
};

static const Kind *kindOf(const char *word)
{
    for (const Kind *k = kinds; k->option; k++)
        if (strcmp(k->option, word) == 0)
            return k;
    return NULL;
}

static void stepFree(gpointer data)
{
    qemuPlugStep *step = data;
    g_free(step->id);
    json_node_unref(step->args);
    for (guint i = 0; step->fds && i < step->fds->len; i++)
        g_free(g_array_index(step->fds, qemuPlugFd, i).name);
    g_clear_pointer(&step->fds, g_array_unref);
    g_free(step);
}

void qemuPlugStepFd(qemuPlugStep *step, char *name, int fd)
{
    qemuPlugFd entry = { name, fd };
    if (!step->fds)
        step->fds = g_array_new(FALSE, FALSE, sizeof(qemuPlugFd));
    g_array_append_val(step->fds, entry);
}

bool qemuPlugIsDevice(const qemuPlugStep *step)
{
    return strcmp(step->command, "device_add") == 0;
}

/* ---- -chardev as QMP has it ---- */

/* "type,a=b,c=d,,e": commas in values are doubled. The type is under "". */
static GHashTable *parseOption(const char *text)
{
    GHashTable *words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GString) word = g_string_new(NULL);
    for (const char *c = text;; c++) {
        if (*c == ',' && c[1] == ',') {
            g_string_append_c(word, *c++);
        } else if (*c && *c != ',') {
            g_string_append_c(word, *c);
        } else {
            char *eq = strchr(word->str, '=');
            g_hash_table_insert(words, eq ? g_strndup(word->str, eq - word->str) : g_strdup(""), g_strdup(eq ? eq + 1 : word->str));
            g_string_truncate(word, 0);
            if (!*c)
                return words;
        }
    }
}

static JsonNode *inetAddress(GHashTable *w, const char *host, const char *port)
{
    const char *h = g_hash_table_lookup(w, host), *p = g_hash_table_lookup(w, port);
    return qmpArgs("s:type", "inet", "o:data", qmpArgs("s:host", h ? h : "", "s:port", p ? p : "0", NULL), NULL);
}

static JsonNode *socketAddress(GHashTable *w)
{
    const char *fd = g_hash_table_lookup(w, "fd"), *path = g_hash_table_lookup(w, "path");
    if (fd)
        return qmpArgs("s:type", "fd", "o:data", qmpArgs("s:str", fd, NULL), NULL);
    if (path)
        return qmpArgs("s:type", "unix", "o:data", qmpArgs("s:path", path, NULL), NULL);
    return inetAddress(w, "host", "port");
}

typedef enum { AS_TEXT, AS_SWITCH, AS_NUMBER, AS_SOCKET, AS_REMOTE, AS_LOCAL } As;

/* What the option says, how QMP calls it, and its shape there. Type NULL: any. */
static const struct { const char *type, *word, *name; As as; } members[] = {
    { "serial", "path", "device", AS_TEXT },     { "parallel", "path", "device", AS_TEXT }, { "pipe", "path", "device", AS_TEXT },
    { "file", "path", "out", AS_TEXT },          { "file", "append", "append", AS_SWITCH },
    { "udp", "host", "remote", AS_REMOTE },      { "udp", "localport", "local", AS_LOCAL },
    { "socket", "id", "addr", AS_SOCKET },       { "socket", "server", "server", AS_SWITCH }, { "socket", "wait", "wait", AS_SWITCH },
    { "socket", "telnet", "telnet", AS_SWITCH }, { "socket", "reconnect", "reconnect", AS_NUMBER },
    { "spicevmc", "name", "type", AS_TEXT },     { "spiceport", "name", "fqdn", AS_TEXT },  { "dbus", "name", "name", AS_TEXT },
    { "qemu-vdagent", "mouse", "mouse", AS_SWITCH }, { "qemu-vdagent", "clipboard", "clipboard", AS_SWITCH },
    { NULL, "logfile", "logfile", AS_TEXT },     { NULL, "logappend", "logappend", AS_SWITCH },
};

static void addMember(JsonObject *data, GHashTable *w, const char *name, As as, const char *value)
{
    switch (as) {
    case AS_TEXT:
        json_object_set_string_member(data, name, value);
        break;
    case AS_SWITCH:
        json_object_set_boolean_member(data, name, strcmp(value, "on") == 0);
        break;
    case AS_NUMBER:
        json_object_set_int_member(data, name, g_ascii_strtoll(value, NULL, 10));
        break;
    case AS_SOCKET:
        json_object_set_member(data, name, socketAddress(w));
        break;
    case AS_REMOTE:
        json_object_set_member(data, name, inetAddress(w, "host", "port"));
        break;
    case AS_LOCAL:
        json_object_set_member(data, name, inetAddress(w, "localaddr", "localport"));
        break;
    }
}

JsonNode *qemuChardevArgs(const char *option, GError **error)
{
    g_autoptr(GHashTable) w = parseOption(option);
    const char *type = g_hash_table_lookup(w, ""), *id = g_hash_table_lookup(w, "id");
    JsonNode *data = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(data, json_object_new());
    if (!type || !id) {
        json_node_unref(data);
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "character device '%s' has no type or no id", option);
        return NULL;
    }
    for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
        const char *value = g_hash_table_lookup(w, members[i].word);
        if (!value && members[i].as == AS_SWITCH && strcmp(members[i].word, "server") == 0)
            value = "off";              /* the command's default is another than the option's */
        if (value && (!members[i].type || strcmp(members[i].type, type) == 0))
            addMember(json_node_get_object(data), w, members[i].name, members[i].as, value);
    }
    return qmpArgs("s:id", id, "o:backend", qmpArgs("s:type", type, "o:data", data, NULL), NULL);
}

/* ---- the difference ---- */

/* The option's own name, NULL for one without. */
static char *idOf(const Kind *kind, const char *value)
{
    if (!kind->idName)
        return NULL;
    if (*value == '{') {
        g_autoptr(JsonNode) node = json_from_string(value, NULL);
        return g_strdup(qmpStr(qmpReplyObj(node), kind->idName));
    }
    g_autoptr(GHashTable) words = parseOption(value);
    return g_strdup(g_hash_table_lookup(words, kind->idName));
}

/* By name where there is one: the same device may be written differently, with a secret encrypted anew. */
static char *keyOf(const Kind *kind, const char *value)
{
    g_autofree char *id = idOf(kind, value);
    return g_strdup_printf("%s %s", kind->option, id ? id : value);
}

static GHashTable *keysOf(const qemuCommand *cmd)
{
    GHashTable *keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 1; i < cmd->argv->len && cmd->argv->pdata[i]; i++) {
        const Kind *kind = kindOf(cmd->argv->pdata[i]);
        if (!kind) {            /* counted, for what only a start can do */
            guint n = GPOINTER_TO_UINT(g_hash_table_lookup(keys, cmd->argv->pdata[i]));
            if (((char *)cmd->argv->pdata[i])[0] == '-')
                g_hash_table_insert(keys, g_strdup(cmd->argv->pdata[i]), GUINT_TO_POINTER(n + 1));
            continue;
        }
        if (cmd->argv->pdata[i + 1])
            g_hash_table_insert(keys, keyOf(kind, cmd->argv->pdata[++i]), GUINT_TO_POINTER(1));
    }
    return keys;
}

static qemuPlugStep *stepOf(const Kind *kind, const char *value, GError **error)
{
    JsonNode *args = strcmp(kind->option, "-chardev") == 0           ? qemuChardevArgs(value, error)
                     : strcmp(kind->option, "-watchdog-action") == 0 ? qmpArgs("s:watchdog", value, NULL)
                                                                     : json_from_string(value, NULL);
    if (!args || !JSON_NODE_HOLDS_OBJECT(args)) {
        if (error && !*error)           /* legacy text, a document of another shape */
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "'%s %s' cannot be said to a running QEMU", kind->option, value);
        g_clear_pointer(&args, json_node_unref);
        return NULL;
    }
    qemuPlugStep *step = g_new0(qemuPlugStep, 1);
    *step = (qemuPlugStep){ .command = kind->command, .undo = kind->undo, .idName = kind->undoName, .id = idOf(kind, value), .args = args };
    return step;
}

static bool onlyAtStart(const char *option, GHashTable *with, GHashTable *without, GError **error)
{
    if (*option != '-' || GPOINTER_TO_UINT(g_hash_table_lookup(with, option)) <= GPOINTER_TO_UINT(g_hash_table_lookup(without, option)))
        return false;
    virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "this device needs QEMU's option %s, which a running guest cannot be given", option);
    return true;
}

GPtrArray *qemuPlugPlan(const qemuCommand *with, const qemuCommand *without, GError **error)
{
    g_autoptr(GHashTable) there = keysOf(without), wanted = keysOf(with);
    g_autoptr(GPtrArray) plan = g_ptr_array_new_with_free_func(stepFree);
    for (guint i = 1; i < with->argv->len && with->argv->pdata[i]; i++) {
        const char *word = with->argv->pdata[i], *value = with->argv->pdata[i + 1];
        const Kind *kind = kindOf(word);
        if (!kind && onlyAtStart(word, wanted, there, error))
            return NULL;
        if (!kind || !value)
            continue;
        i++;
        g_autofree char *key = keyOf(kind, value);
        if (g_hash_table_contains(there, key))
            continue;
        qemuPlugStep *step = stepOf(kind, value, error);
        if (!step)
            return NULL;
        g_ptr_array_add(plan, step);
    }
    return g_steal_pointer(&plan);
}

GPtrArray *qemuPlugDeviceIds(const qemuCommand *cmd)
{
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    const Kind *kind = kindOf("-device");
    for (guint i = 1; i + 1 < cmd->argv->len && cmd->argv->pdata[i]; i++) {
        char *id = g_str_equal(cmd->argv->pdata[i], kind->option) ? idOf(kind, cmd->argv->pdata[i + 1]) : NULL;
        if (id)
            g_ptr_array_add(ids, id);
    }
    return ids;
}
