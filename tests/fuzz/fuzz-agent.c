/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest writes into its agent's channel, any bytes: each call ends with an answer or an error within its deadline, and whatever an
 * answer is, the readers take or refuse it. The sequence "@ID" of the input becomes the number of the synchronisation that is awaited, so that
 * the bytes behind it get as far as the command. Seeds: seed-agent.py.
 */
#include "drivers/qemu/agent-info.h"
#include "base/loop.h"
#include "drivers/qemu/monitor.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    int fd;
    const uint8_t *data;
    size_t size;
} Guest;

/* The first request is a synchronisation: {"execute":…,"arguments":{"id":N}}. */
static gpointer guest(gpointer data)
{
    Guest *g = data;
    char request[512];
    gsize have = 0;
    while (have < sizeof(request) - 1 && !memchr(request, '\n', have)) {
        ssize_t n = read(g->fd, request + have, sizeof(request) - 1 - have);
        if (n <= 0)
            return NULL;
        have += n;
    }
    request[have] = 0;
    const char *id = strstr(request, "\"id\":");
    g_autoptr(GString) out = g_string_new(NULL);
    for (size_t i = 0; i < g->size; i++) {
        if (id && g->size - i >= 3 && memcmp(g->data + i, "@ID", 3) == 0) {
            g_string_append_len(out, id + 5, strspn(id + 5, "0123456789"));
            i += 2;
        } else {
            g_string_append_c(out, (char)g->data[i]);
        }
    }
    if (send(g->fd, out->str, out->len, MSG_NOSIGNAL) < 0)
        return NULL;
    shutdown(g->fd, SHUT_WR);
    return NULL;
}

static void readers(JsonNode *node)
{
    g_auto(virTypedParamList) list = { 0 };
    virDomainInterfacePtr *interfaces = NULL;
    g_autoptr(GPtrArray) fs = virAgentReadFilesystems(node, NULL);
    g_autoptr(GPtrArray) devices = virAgentReadDevices(node, NULL);
    g_autoptr(GArray) cpus = virAgentReadVcpus(node, NULL);
    g_auto(GStrv) keys = virAgentReadKeys(node, NULL);
    g_autofree char *name = virAgentReadHostname(node, NULL);
    virAgentReadUsers(node, &list, NULL);
    virAgentReadOs(node, &list, NULL);
    virAgentReadTimezone(node, &list, NULL);
    virAgentReadLoad(node, &list, NULL);
    virAgentReadInterfaceGroup(node, &list, NULL);
    int n = virAgentReadInterfaces(node, &interfaces, NULL);
    for (int i = 0; i < n; i++)
        virDomainInterfaceFree(interfaces[i]);
    g_free(interfaces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fds[2];
    if (size > 65536 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
        return 0;
    Guest g = { fds[1], data, size };
    GThread *thread = g_thread_new("guest", guest, &g);
    g_autoptr(virAgent) agent = virAgentNew(fds[0]);
    virAgentRequest request = { .command = "guest-info", .syncMs = 2000, .replyMs = 2000 };
    g_autoptr(JsonNode) reply = NULL;
    g_autoptr(GError) error = NULL;
    gint64 start = g_get_monotonic_time();
    bool ok = virAgentCall(agent, &request, &reply, NULL, &error);
    if (ok != (error == NULL) || ok != (reply != NULL) || g_get_monotonic_time() - start > 20 * G_USEC_PER_SEC)
        abort();
    if (ok)
        readers(reply);
    virAgentClose(agent);
    shutdown(fds[1], SHUT_RDWR);
    g_thread_join(thread);
    close(fds[1]);
    return 0;
}
