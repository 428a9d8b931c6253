/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BRIDGE.macs: the addresses of each guest on the bridge, one object for each. */
#define VIR_FROM VIR_FROM_NETWORK
#define VIR_LOG_NAME "network.macs"
#include "drivers/network/json-file.h"
#include "drivers/network/network.h"
#include "base/log.h"
#include "base/util.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static char *fileOf(const virNetworkDef *def)
{
    return g_strdup_printf("%s/%s.macs", virNetworkDirs.state, def->bridge);
}

/* The addresses of `guest`; *at is the place of its object, the length of the array when there is none. */
static JsonArray *macsOf(JsonArray *guests, const char *guest, guint *at)
{
    for (*at = 0; *at < json_array_get_length(guests); ++*at) {
        JsonNode *node = json_array_get_element(guests, *at);
        JsonObject *o = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
        JsonNode *macs = o ? json_object_get_member(o, "macs") : NULL;
        if (o && g_strcmp0(virJsonString(o, "domain"), guest) == 0 && macs && JSON_NODE_HOLDS_ARRAY(macs))
            return json_node_get_array(macs);
    }
    return NULL;
}

static int indexOf(JsonArray *macs, const char *mac)
{
    for (guint i = 0; i < json_array_get_length(macs); i++) {
        JsonNode *node = json_array_get_element(macs, i);
        if (json_node_get_value_type(node) == G_TYPE_STRING && strcmp(json_node_get_string(node), mac) == 0)
            return i;
    }
    return -1;
}

bool virNetworkMacAdd(const virNetworkDef *def, const char *guest, const virMac *mac, GError **error)
{
    g_autofree char *path = fileOf(def);
    g_autoptr(JsonArray) guests = virJsonFileRead(path, error);
    char text[18];
    guint at;
    if (!guests || !virFileMakePath(virNetworkDirs.state, 0755, error))
        return false;
    virMacFormat(mac, text);
    JsonArray *macs = macsOf(guests, guest, &at);
    if (!macs) {
        JsonObject *o = json_object_new();
        json_object_set_string_member(o, "domain", guest);
        json_object_set_array_member(o, "macs", macs = json_array_new());
        json_array_add_object_element(guests, o);
    }
    if (indexOf(macs, text) < 0)
        json_array_add_string_element(macs, text);
    return virJsonFileWrite(path, guests, error);
}

void virNetworkMacRemove(const virNetworkDef *def, const char *guest, const virMac *mac)
{
    g_autofree char *path = fileOf(def);
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonArray) guests = virJsonFileRead(path, &error);
    char text[18];
    guint at;
    virMacFormat(mac, text);
    JsonArray *macs = guests ? macsOf(guests, guest, &at) : NULL;
    int i = macs ? indexOf(macs, text) : -1;
    if (i >= 0)
        json_array_remove_element(macs, i);
    if (macs && json_array_get_length(macs) == 0)
        json_array_remove_element(guests, at);
    if (!guests || (i >= 0 && !virJsonFileWrite(path, guests, &error)))
        virWarn("%s", error->message);
}

void virNetworkMacClear(const virNetworkDef *def)
{
    g_autofree char *path = fileOf(def);
    if (unlink(path) < 0 && errno != ENOENT)
        virWarn("cannot remove '%s': %s", path, g_strerror(errno));
}
