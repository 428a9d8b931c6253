/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mdevctl's command line and its JSON: see mdevctl.h. */
#define VIR_FROM VIR_FROM_NODEDEV
#define VIR_LOG_NAME "nodedev.mdevctl"
#include "drivers/nodedev/mdevctl.h"
#include "base/log.h"
#include "base/util.h"
#include "host/process.h"
#include "host/tool.h"
#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

/* Scripts of administrators run inside it, and drivers may take their time; its words are short. */
enum { DEADLINE_MS = 30 * 1000, MOST_WORDS = 4 << 20 };
static int deadline_ms = DEADLINE_MS;

void virMdevctlSetDeadline(int ms)
{
    deadline_ms = ms;
}

/* ---- running it ---- */

/* What it reads (text) or where it writes (NULL): in memory, and no more of it than fits. */
static int memory(const char *text, GError **error)
{
    int fd = memfd_create("mdevctl", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool ok = fd >= 0;
    if (ok && text)
        ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text) && lseek(fd, 0, SEEK_SET) == 0;
    else if (ok)
        ok = ftruncate(fd, MOST_WORDS) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) == 0;
    if (!ok) {
        virSetSystemError(error, errno, "cannot make a file in memory for mdevctl");
        virFdClear(&fd);
    }
    return fd;
}

/* Up to the first byte that was not written. */
static char *words(int fd)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char buffer[4096];
    off_t at = 0;
    for (ssize_t n; (n = pread(fd, buffer, sizeof(buffer), at)) > 0; at += n) {
        gsize len = strnlen(buffer, n);
        g_string_append_len(text, buffer, len);
        if (len < (gsize)n)
            break;
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool runTo(const char *const *argv, int in, int out, int err, const char *what, GError **error)
{
    virProcessSpec spec = { .argv = argv, .in = in, .out = out, .err = err, .session = true };
    g_autoptr(GError) cause = NULL;
    g_autoptr(virProcess) process = virProcessSpawn(&spec, &cause);
    if (!process) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unable to %s: %s", what, cause->message);
        return false;
    }
    if (!virProcessWait(process, deadline_ms)) {
        kill(-virProcessPid(process), SIGKILL);         /* with what it has started */
        virProcessSignal(process, SIGKILL);
        virSetError(error, VIR_ERR_OPERATION_TIMEOUT, "Unable to %s: mdevctl has not come to an end within %d seconds", what,
                    deadline_ms / 1000);
        return false;
    }
    int status = virProcessStatus(process);
    if (status == 0)
        return true;
    g_autofree char *said = words(err), *end = virProcessDescribeEnd(status);
    if (said && *g_strstrip(said))
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unable to %s: %s", what, said);
    else
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unable to %s: mdevctl %s", what, end);
    return false;
}

/* `what` for messages: "Unable to define mediated device: …". */
static bool run(const char *const *argv, const char *input, char **output, const char *what, GError **error)
{
    g_auto(virFd) in = -1, out = -1, err = -1;
    g_autofree char *path = virToolFind("mdevctl");
    if (!path) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unable to %s: mdevctl is not installed", what);
        return false;
    }
    if (input && (in = memory(input, error)) < 0)
        return false;
    if ((out = memory(NULL, error)) < 0 || (err = memory(NULL, error)) < 0)
        return false;
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    g_ptr_array_add(args, path);
    for (int i = 0; argv[i]; i++)
        g_ptr_array_add(args, (gpointer)argv[i]);
    g_ptr_array_add(args, NULL);
    if (!runTo((const char *const *)args->pdata, in, out, err, what, error))
        return false;
    if (output)
        *output = words(out);
    return true;
}

bool virMdevctlExists(void)
{
    g_autofree char *path = virToolFind("mdevctl");
    return path != NULL;
}

/* ---- its JSON ---- */

void virMdevctlDeviceFree(virMdevctlDevice *device)
{
    if (!device)
        return;
    g_free(device->parent);
    virNodeDeviceDefUnref(device->def);
    g_free(device);
}

char *virMdevctlName(const unsigned char uuid[16], const char *parent)
{
    char text[37];
    virUUIDFormat(uuid, text);
    char *name = g_strconcat("mdev_", text, "_", parent, NULL);
    for (char *c = name; *c; c++)
        if (!g_ascii_isalnum(*c))
            *c = '_';
    return name;
}

static JsonObject *objectOf(JsonNode *node)
{
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static const char *stringOf(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;
}

static bool garbage(GError **error, const char *why)
{
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "mdevctl's list of devices is not understood: %s", why);
    return false;
}

/* "attrs": [ { "name": "value" }, … ] */
static bool parseAttrs(JsonNode *node, virNodeCap *cap, GError **error)
{
    if (!node)
        return true;
    if (!JSON_NODE_HOLDS_ARRAY(node))
        return garbage(error, "attributes are no array");
    JsonArray *attrs = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(attrs); i++) {
        JsonObject *object = objectOf(json_array_get_element(attrs, i));
        g_autoptr(GList) names = object ? json_object_get_members(object) : NULL;
        const char *value = names ? stringOf(object, names->data) : NULL;
        if (!value)
            return garbage(error, "an attribute has no name or no text");
        virNodeMdevAttr *attr = g_new0(virNodeMdevAttr, 1);
        attr->name = g_strdup(names->data);
        attr->value = g_strdup(value);
        virListAppend(&cap->attrs, attr);
    }
    return true;
}

static virMdevctlDevice *parseDevice(const char *parent, const char *uuid, JsonObject *object, GError **error)
{
    g_autoptr(virMdevctlDevice) device = g_new0(virMdevctlDevice, 1);
    virNodeCap *cap = g_new0(virNodeCap, 1);
    cap->type = VIR_NODE_CAP_MDEV;
    device->def = virXmlNew(&virNodeDeviceDefXml);
    virListAppend(&device->def->caps, cap);
    const char *type = object ? stringOf(object, "mdev_type") : NULL, *start = object ? stringOf(object, "start") : NULL;
    if (!type || !virUUIDParse(uuid, cap->uuid)) {
        garbage(error, type ? "a device has no UUID" : "a device has no type");
        return NULL;
    }
    cap->mdevType = g_strdup(type);
    cap->parentAddr = g_strdup(parent);
    device->parent = g_strdup(parent);
    device->autostart = g_strcmp0(start, "auto") == 0;
    device->def->name = virMdevctlName(cap->uuid, parent);
    return parseAttrs(json_object_get_member(object, "attrs"), cap, error) ? g_steal_pointer(&device) : NULL;
}

/* { "0000:00:02.0": [ { "UUID": { … } }, … ], … } */
static bool parseParents(JsonObject *parents, GPtrArray *devices, GError **error)
{
    g_autoptr(GList) names = json_object_get_members(parents);
    for (GList *p = names; p; p = p->next) {
        JsonNode *node = json_object_get_member(parents, p->data);
        if (!JSON_NODE_HOLDS_ARRAY(node))
            return garbage(error, "a parent has no array of devices");
        JsonArray *list = json_node_get_array(node);
        for (guint i = 0; i < json_array_get_length(list); i++) {
            JsonObject *entry = objectOf(json_array_get_element(list, i));
            g_autoptr(GList) uuids = entry ? json_object_get_members(entry) : NULL;
            JsonObject *object = uuids ? objectOf(json_object_get_member(entry, uuids->data)) : NULL;
            virMdevctlDevice *device = uuids ? parseDevice(p->data, uuids->data, object, error) : NULL;
            if (!device)
                return uuids ? false : garbage(error, "a device is no object");
            g_ptr_array_add(devices, device);
        }
    }
    return true;
}

GPtrArray *virMdevctlParse(const char *json, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GPtrArray) devices = g_ptr_array_new_with_free_func((GDestroyNotify)virMdevctlDeviceFree);
    g_autoptr(GError) cause = NULL;
    if (!*json)
        return g_steal_pointer(&devices);
    if (!json_parser_load_from_data(parser, json, -1, &cause)) {
        garbage(error, cause->message);
        return NULL;
    }
    JsonNode *root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_ARRAY(root)) {
        garbage(error, "it is no array");
        return NULL;
    }
    JsonArray *list = json_node_get_array(root);
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *parents = objectOf(json_array_get_element(list, i));
        if (!parents || !parseParents(parents, devices, error)) {
            if (!parents)
                garbage(error, "parents are no object");
            return NULL;
        }
    }
    return g_steal_pointer(&devices);
}

GPtrArray *virMdevctlList(GError **error)
{
    static const char *const argv[] = { "list", "--dumpjson", "--defined", NULL };
    g_autofree char *output = NULL;
    if (!run(argv, NULL, &output, "query mediated devices", error))
        return NULL;
    return virMdevctlParse(g_strstrip(output), error);
}

char *virMdevctlJson(const virNodeCap *cap, bool autostart)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    json_builder_add_string_value(json_builder_set_member_name(b, "mdev_type"), cap->mdevType);
    json_builder_add_string_value(json_builder_set_member_name(b, "start"), autostart ? "auto" : "manual");
    if (cap->attrs.n)
        json_builder_begin_array(json_builder_set_member_name(b, "attrs"));
    for (unsigned int i = 0; i < cap->attrs.n; i++) {
        json_builder_begin_object(b);
        json_builder_add_string_value(json_builder_set_member_name(b, cap->attrs.v[i]->name), cap->attrs.v[i]->value);
        json_builder_end_object(b);
    }
    if (cap->attrs.n)
        json_builder_end_array(b);
    json_builder_end_object(b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    return json_to_string(root, FALSE);
}

/* ---- its commands ---- */

static bool isNull(const unsigned char *uuid)
{
    static const unsigned char none[16];
    return memcmp(uuid, none, 16) == 0;
}

static char *uuidArg(const unsigned char *uuid)
{
    char text[37];
    virUUIDFormat(uuid, text);
    return g_strconcat("--uuid=", text, NULL);
}

/* define and start of what has no definition: all about it is on its standard input. */
static bool make(const char *command, const virNodeCap *cap, const char *parent, unsigned char uuid[16], const char *what, GError **error)
{
    g_autofree char *parentArg = g_strconcat("--parent=", parent, NULL), *json = virMdevctlJson(cap, false), *output = NULL;
    g_autofree char *given = isNull(cap->uuid) ? NULL : uuidArg(cap->uuid);
    const char *argv[] = { command, parentArg, "--jsonfile=/dev/stdin", given, NULL };
    if (!run(argv, json, &output, what, error))
        return false;
    if (given) {
        memcpy(uuid, cap->uuid, 16);
        return true;
    }
    if (virUUIDParse(g_strstrip(output), uuid))
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unable to %s: mdevctl has not told its UUID but '%s'", what, output);
    return false;
}

bool virMdevctlDefine(const virNodeCap *cap, const char *parent, unsigned char uuid[16], GError **error)
{
    return make("define", cap, parent, uuid, "define mediated device", error);
}

bool virMdevctlCreate(const virNodeCap *cap, const char *parent, unsigned char uuid[16], GError **error)
{
    return make("start", cap, parent, uuid, "start mediated device", error);
}

static bool command(const char *name, const virNodeCap *cap, const char *parent, const char *what, GError **error)
{
    g_autofree char *uuid = uuidArg(cap->uuid), *parentArg = parent ? g_strconcat("--parent=", parent, NULL) : NULL;
    const char *argv[] = { name, uuid, parentArg, NULL };
    return run(argv, NULL, NULL, what, error);
}

bool virMdevctlStart(const virNodeCap *cap, const char *parent, GError **error)
{
    return command("start", cap, parent, "create mediated device", error);
}

bool virMdevctlStop(const virNodeCap *cap, GError **error)
{
    return command("stop", cap, NULL, "stop mediated device", error);
}

bool virMdevctlUndefine(const virNodeCap *cap, const char *parent, GError **error)
{
    return command("undefine", cap, parent, "undefine mediated device", error);
}

bool virMdevctlAutostart(const virNodeCap *cap, const char *parent, bool on, GError **error)
{
    char uuid[37];
    virUUIDFormat(cap->uuid, uuid);
    g_autofree char *parentArg = parent ? g_strconcat("--parent=", parent, NULL) : NULL;
    const char *argv[] = { "modify", "--uuid", uuid, on ? "--auto" : "--manual", parentArg, NULL };
    return run(argv, NULL, NULL, "set autostart of mediated device", error);
}

bool virMdevctlModify(const virNodeCap *cap, const char *parent, bool live, bool config, bool autostart, GError **error)
{
    g_autofree char *uuid = uuidArg(cap->uuid), *parentArg = g_strconcat("--parent=", parent, NULL), *json = virMdevctlJson(cap, autostart);
    const char *argv[] = { "modify", parentArg, "--jsonfile=/dev/stdin", uuid, live ? "--live" : config ? "--defined" : NULL,
                           live && config ? "--defined" : NULL, NULL };
    return run(argv, json, NULL, "modify mediated device", error);
}
