/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line that a definition would become, for domxml-to-native. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/qemu.h"
#include "drivers/qemu/firmware.h"
#include "base/util.h"
#include "host/hugetlb.h"
#include <string.h>

/* The reference shows interfaces without their host side, which it would have to make first: only what names the card is left. */
static void stripNets(virDomainDef *def)
{
    for (unsigned int i = 0; i < def->nets.n; i++) {
        virDomainNetDef *net = def->nets.v[i];
        net->type = VIR_DOMAIN_NET_TYPE_ETHERNET;
        net->driverName = VIR_DOMAIN_NET_DRIVER_NONE;
        net->txmode = VIR_DOMAIN_NET_TX_NONE;
        net->ioeventfd = net->eventIdx = net->rss = net->rssHashReport = VIR_TRISTATE_SWITCH_ABSENT;
        net->queues = net->rxQueueSize = net->txQueueSize = net->mtu = 0;
        net->virtio = (virVirtioOptions){ 0 };
        net->host = net->guest = (virDomainNetOffload){ 0 };
        net->teaming = VIR_DOMAIN_NET_TEAMING_NONE;
        net->hasSndbuf = false;
        net->info.acpiIndex = net->info.bootIndex = 0;
        net->info.romEnabled = VIR_TRISTATE_BOOL_ABSENT;
        net->info.romEnabledBar = VIR_TRISTATE_SWITCH_ABSENT;
        g_clear_pointer(&net->info.romFile, g_free);
    }
}

char *qemuToNative(virEngine *engine, const char *format, virDomainDef *def, unsigned int flags, GError **error)
{
    qemuDriver *driver = qemuDriverOf(engine);
    const virEngineDirs *dirs = virEngineGetDirs(engine);
    if (!g_str_equal(format, "qemu-argv")) {
        virSetError(error, VIR_ERR_INVALID_ARG, "unsupported config type %s", format);
        return NULL;
    }
    g_autoptr(qemuCaps) caps = qemuCapsGet(driver->caps, def->emulator, error);
    if (!caps)
        return NULL;
    g_autofree char *part = g_strndup(def->name, 20);
    g_autofree char *domainDir = g_strdup_printf("%s/domain--1-%s", dirs->libDir, part);
    g_autofree char *channelDir = g_strdup_printf("%s/channel/target/domain--1-%s", dirs->libDir, part);
    g_autofree char *memoryDir = g_strdup_printf("%s/ram/-1-%s", dirs->libDir, part);
    g_autofree char *nvramDir = g_strdup_printf("%s/nvram", dirs->libDir);
    if (!qemuFirmwareChoose(def, NULL, nvramDir, error) || !qemuCheckHost(def, virHostLocal(), error))
        return NULL;
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (!qemuResolveVolume(def->disks.v[i], error))
            return NULL;
    stripNets(def);
    virDomainDefAssignAliases(def, &driver->conf);
    qemuAssignNodeNames(def);
    qemuFillSocketPaths(def, domainDir, channelDir);
    if (def->hasGenid && memcmp(def->genid, (unsigned char[16]){ 0 }, 16) == 0)
        virUUIDGenerate(def->genid);
    for (unsigned int i = 0; i < def->graphics.n; i++) {
        virDomainGraphicsDef *g = def->graphics.v[i];
        virDomainGraphicsListen *l = g->listens.n ? g->listens.v[0] : NULL;
        if (g->port <= 0 &&
            (g->type == VIR_DOMAIN_GRAPHICS_VNC || !l || l->type != VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS || g->hasPort ||
             g->autoport == VIR_TRISTATE_BOOL_YES))
            g->port = g->type == VIR_DOMAIN_GRAPHICS_VNC ? 5900 : 5901;
        bool tls = g->type == VIR_DOMAIN_GRAPHICS_SPICE && driver->settings.spiceTls && l && l->type == VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS;
        if (tls && (g->tlsPort < 0 || (!g->tlsPort && g->autoport == VIR_TRISTATE_BOOL_YES)))
            g->tlsPort = 5902;
        if (l && !qemuListenFill(l, error))
            return NULL;
        if (l && l->type == VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS && !l->address)
            l->address = g_strdup("127.0.0.1");
    }
    g_autoptr(GHashTable) huge = virHostHugetlbMounts(virHostLocal());
    g_autoptr(GBytes) key = qemuMasterKey(NULL, error);
    if (!key)
        return NULL;
    qemuCommand cmd = { .def = def,
                        .caps = caps,
                        .masterKey = key,
                        .secret = qemuSecretValue,
                        .stateDir = dirs->stateDir,
                        .hugeMounts = huge,
                        .defaultHugepage = virHostHugepageDefault(virHostLocal()),
                        .spiceTlsDir = driver->settings.spiceTls ? driver->settings.spiceTlsDir : NULL,
                        .domainDir = domainDir,
                        .channelDir = channelDir,
                        .memoryDir = memoryDir,
                        .monitorFd = -1,
                        .sandbox = driver->settings.seccomp != 0,
                        .timestamps = true };
    char *text = qemuCommandBuild(&cmd, error) ? qemuCommandToString(&cmd, false) : NULL;
    qemuCommandClear(&cmd);
    return text;
}
