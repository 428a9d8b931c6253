/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dnsmasq's --dhcp-script: writes down leases where the daemon and name services find them, and tells dnsmasq when it starts which
 * there are. What is not an argument dnsmasq hands over in the environment.
 */
#define VIR_FROM VIR_FROM_NETWORK
#include "drivers/network/json-file.h"
#include "base/error.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#define STATE_DIR VIR_LOCALSTATEDIR "/lib/libvirt/dnsmasq"

static const char *given(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static const char *dashed(const char *text)
{
    return text ? text : "*";
}

/* ---- what dnsmasq asks when it starts ---- */

static void tell(JsonObject *o)
{
    const char *ip = virJsonString(o, "ip-address"), *iaid = virJsonString(o, "iaid"), *mac = virJsonString(o, "mac-address");
    const char *who = strchr(ip ? ip : "", ':') ? iaid : mac;
    gint64 expiry = json_object_get_int_member_with_default(o, "expiry-time", 0);
    if (ip && who)
        printf("%" G_GINT64_FORMAT " %s %s %s %s\n", expiry, who, ip, dashed(virJsonString(o, "hostname")),
               dashed(virJsonString(o, "client-id")));
}

/* First those of IPv4, then the server's own name, then those of IPv6. */
static void tellAll(JsonArray *leases)
{
    const char *duid = NULL;
    for (int six = 0; six < 2; six++) {
        for (guint i = 0; i < json_array_get_length(leases); i++) {
            JsonNode *node = json_array_get_element(leases, i);
            JsonObject *o = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
            const char *ip = o ? virJsonString(o, "ip-address") : NULL;
            if (!ip || (strchr(ip, ':') != NULL) != six)
                continue;
            if (six && !duid && (duid = virJsonString(o, "server-duid")))
                printf("duid %s\n", duid);
            tell(o);
        }
    }
}

/* ---- what it reports ---- */

static void drop(JsonArray *leases, const char *ip)
{
    for (guint i = json_array_get_length(leases); i-- > 0;) {
        JsonNode *node = json_array_get_element(leases, i);
        if (JSON_NODE_HOLDS_OBJECT(node) && g_strcmp0(virJsonString(json_node_get_object(node), "ip-address"), ip) == 0)
            json_array_remove_element(leases, i);
    }
}

static void setString(JsonObject *o, const char *name, const char *value)
{
    if (value)
        json_object_set_string_member(o, name, value);
}

/* `who`: the address of the hardware, for IPv6 the client's own name. */
static void keep(JsonArray *leases, const char *who, const char *ip, const char *hostname)
{
    bool six = strchr(ip, ':') != NULL;
    const char *expires = given("DNSMASQ_LEASE_EXPIRES");
    JsonObject *o = json_object_new();
    if (six)
        setString(o, "iaid", given("DNSMASQ_IAID"));
    setString(o, "ip-address", ip);
    setString(o, "mac-address", six ? given("DNSMASQ_MAC") : who);
    setString(o, "hostname", hostname ? hostname : given("DNSMASQ_SUPPLIED_HOSTNAME"));
    setString(o, "client-id", six ? who : given("DNSMASQ_CLIENT_ID"));
    if (six)
        setString(o, "server-duid", given("DNSMASQ_SERVER_DUID"));
    json_object_set_int_member(o, "expiry-time", expires ? g_ascii_strtoll(expires, NULL, 10) : 0);
    json_array_add_object_element(leases, o);
}

static bool run(const char *path, int argc, char **argv, GError **error)
{
    const char *action = argv[1];
    g_autoptr(JsonArray) leases = virJsonFileRead(path, error);
    if (!leases)
        return false;
    if (strcmp(action, "init") == 0) {
        tellAll(leases);
        return true;
    }
    drop(leases, argv[3]);
    if (strcmp(action, "del") != 0)
        keep(leases, argv[2], argv[3], argc > 4 && *argv[4] ? argv[4] : NULL);
    return virJsonFileWrite(path, leases, error);
}

static int usage(const char *program, FILE *out, int status)
{
    fprintf(out, "Usage: %s add|old|del|init MAC|CLIENTID IP [HOSTNAME]\nA script for dnsmasq --dhcp-script: see dnsmasq(8).\n", program);
    return status;
}

int main(int argc, char **argv)
{
    static const char *const actions[] = { "add", "old", "del", "init", NULL };
    g_autoptr(GError) error = NULL;
    if (argc > 1 && strcmp(argv[1], "--help") == 0)
        return usage(argv[0], stdout, EXIT_SUCCESS);
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("%s (libvirt) %s\n", argv[0], PACKAGE_VERSION);
        return EXIT_SUCCESS;
    }
    if (argc < 2)
        return usage(argv[0], stderr, EXIT_FAILURE);
    if (!g_strv_contains(actions, argv[1])) {
        fprintf(stderr, "Unsupported action: %s\n", argv[1]);
        return EXIT_FAILURE;
    }
    if (argc < 4 && strcmp(argv[1], "init") != 0)
        return usage(argv[0], stderr, EXIT_FAILURE);
    const char *bridge = given("VIR_BRIDGE_NAME") ? given("VIR_BRIDGE_NAME") : given("DNSMASQ_INTERFACE");
    const char *state = given("VIR_LEASES_DIR") ? given("VIR_LEASES_DIR") : STATE_DIR;
    if (!bridge || strchr(bridge, '/')) {
        fprintf(stderr, "%s: no bridge is named by VIR_BRIDGE_NAME\n", argv[0]);
        return EXIT_FAILURE;
    }
    /* a dnsmasq that ends and the next one may both be at it */
    g_auto(virFd) lock = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_autofree char *path = g_strdup_printf("%s/%s.status", state, bridge);
    if (lock < 0 || flock(lock, LOCK_EX) < 0) {
        fprintf(stderr, "%s: %s: %s\n", argv[0], state, g_strerror(errno));
        return EXIT_FAILURE;
    }
    if (run(path, argc, argv, &error))
        return EXIT_SUCCESS;
    fprintf(stderr, "%s: %s\n", argv[0], error->message);
    return EXIT_FAILURE;
}
