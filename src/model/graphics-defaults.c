/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Post-parse: graphics (ports, listen elements) and video (models, memory sizes). */
#define VIR_FROM VIR_FROM_DOMAIN
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "model/machine-defaults.h"
#include "model/passes.h"
#include "model/tables.h"

enum {
    SPICE_VNC_LISTENS =
        1 << VIR_DOMAIN_GRAPHICS_VNC | 1 << VIR_DOMAIN_GRAPHICS_SPICE | 1 << VIR_DOMAIN_GRAPHICS_RDP
};

/* listen='' and <listen> say the same thing; whichever is missing follows the other. */
static bool passListens(virDomainGraphicsDef *g, GError **error)
{
    virDomainGraphicsListen *first = g->listens.n ? g->listens.v[0] : NULL;
    if (first && first->address && !*first->address)
        g_clear_pointer(&first->address, g_free);
    if (g->listenAttr && *g->listenAttr && first && first->type == VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS &&
        first->address && strcmp(first->address, g->listenAttr) != 0) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED,
                    "graphics 'listen' attribute '%s' must match 'address' attribute of first listen element "
                    "(found '%s')",
                    g->listenAttr, first->address);
        return false;
    }
    if (g->socketAttr && first && first->type == VIR_DOMAIN_GRAPHICS_LISTEN_SOCKET && first->socket &&
        strcmp(first->socket, g->socketAttr) != 0) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED,
                    "graphics 'socket' attribute '%s' must match 'socket' attribute of first listen element "
                    "(found '%s')",
                    g->socketAttr, first->socket);
        return false;
    }
    bool noPorts = g->type == VIR_DOMAIN_GRAPHICS_SPICE && !g->port && !g->tlsPort &&
                   g->autoport != VIR_TRISTATE_BOOL_YES;
    if (!first) {
        first = g_new0(virDomainGraphicsListen, 1);
        first->type = g->socketAttr ? VIR_DOMAIN_GRAPHICS_LISTEN_SOCKET
                      : noPorts     ? VIR_DOMAIN_GRAPHICS_LISTEN_NONE
                                    : VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS;
        virListAppend(&g->listens, first);
    } else if (noPorts && first->type == VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS && !first->address &&
               !g->listenAttr) {
        first->type = VIR_DOMAIN_GRAPHICS_LISTEN_NONE;
    }
    if (first->type == VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS && !first->address && g->listenAttr &&
        *g->listenAttr)
        first->address = g_strdup(g->listenAttr);
    if (first->type == VIR_DOMAIN_GRAPHICS_LISTEN_SOCKET && !first->socket)
        first->socket = g_strdup(g->socketAttr);
    g_clear_pointer(&g->listenAttr, g_free);
    g_clear_pointer(&g->socketAttr, g_free);
    return true;
}

static void passPorts(virDomainGraphicsDef *g, unsigned int flags)
{
    bool inactive = flags & VIR_DOMAIN_DEF_INACTIVE;
    if (g->type == VIR_DOMAIN_GRAPHICS_VNC) {
        bool automatic = !g->hasPort || g->port == -1;
        if (automatic && g->autoport != VIR_TRISTATE_BOOL_NO)
            g->autoport = VIR_TRISTATE_BOOL_YES;
        if (automatic)
            g->port = 0;
        if (g->hasPort && g->port > 0 && g->autoport == VIR_TRISTATE_BOOL_YES && inactive)
            g->port = 0;
    } else if (g->type == VIR_DOMAIN_GRAPHICS_SPICE) {
        if (g->port == -1 && g->tlsPort == -1)
            g->autoport = VIR_TRISTATE_BOOL_YES;
        if (g->autoport == VIR_TRISTATE_BOOL_YES && inactive)
            g->port = g->tlsPort = 0;
    } else if (g->type == VIR_DOMAIN_GRAPHICS_RDP) {
        if (!g->port)
            g->autoport = VIR_TRISTATE_BOOL_YES;
        if (g->autoport == VIR_TRISTATE_BOOL_YES && inactive)
            g->port = 0;
    }
}

/* What is said of a password means nothing without one. */
static bool passPassword(virDomainGraphicsDef *g, GError **error)
{
    if (!g->passwd) {
        g_clear_pointer(&g->passwdValidTo, g_free);
        g->connected = VIR_DOMAIN_GRAPHICS_AUTH_NONE;
    }
    unsigned int y, mo, d, h, mi, s;
    int end = 0;
    if (g->passwdValidTo && (sscanf(g->passwdValidTo, "%4u-%2u-%2uT%2u:%2u:%2u%n", &y, &mo, &d, &h, &mi, &s, &end) != 6 ||
                             g->passwdValidTo[end])) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "cannot parse password validity time '%s', expect YYYY-MM-DDTHH:MM:SS",
                    g->passwdValidTo);
        return false;
    }
    return true;
}

static int compareChannels(const void *a, const void *b)
{
    const virDomainSpiceChannel *x = *(virDomainSpiceChannel *const *)a, *y = *(virDomainSpiceChannel *const *)b;
    return (int)x->name - (int)y->name;
}

/* One mode for each channel, the last that was given; "any" says nothing. */
static void passChannels(virDomainGraphicsDef *g)
{
    for (unsigned int i = 0; i < g->channels.n; i++)
        for (unsigned int j = i + 1; j < g->channels.n; j++)
            if (g->channels.v[i]->name == g->channels.v[j]->name)
                g->channels.v[i]->mode = g->channels.v[j]->mode;
    for (unsigned int i = g->channels.n; i-- > 0;) {
        bool twice = false;
        for (unsigned int j = 0; j < i; j++)
            twice |= g->channels.v[i]->name == g->channels.v[j]->name;
        if (twice || g->channels.v[i]->mode == VIR_DOMAIN_SPICE_CHANNEL_MODE_ANY)
            g_free(virListTake(&g->channels, i));
    }
    if (g->channels.n)
        qsort(g->channels.v, g->channels.n, sizeof(void *), compareChannels);
}

static bool passGraphics(virDomainDef *def, unsigned int flags, GError **error)
{
    for (unsigned int i = 0; i < def->graphics.n; i++) {
        virDomainGraphicsDef *g = def->graphics.v[i];
        passPorts(g, flags);
        passChannels(g);
        if (!passPassword(g, error))
            return false;
        if (SPICE_VNC_LISTENS >> g->type & 1 && !passListens(g, error))
            return false;
    }
    return true;
}

/* --- video --- */

static unsigned int nextPowerOfTwo(unsigned int v)
{
    unsigned int p = 1;
    while (p < v && p < 1u << 31)
        p <<= 1;
    return p;
}

static unsigned int defaultVram(virDomainVideoType type, const virDomainParseConfig *conf)
{
    if (type == VIR_DOMAIN_VIDEO_CIRRUS && virDomainConfHas(conf, VIR_DOMAIN_CONF_XEN))
        return 8 * 1024;
    switch (type) {
    case VIR_DOMAIN_VIDEO_VGA:
    case VIR_DOMAIN_VIDEO_CIRRUS:
    case VIR_DOMAIN_VIDEO_VMVGA:
    case VIR_DOMAIN_VIDEO_BOCHS:
        return 16 * 1024;
    case VIR_DOMAIN_VIDEO_XEN:
        return 4 * 1024;
    case VIR_DOMAIN_VIDEO_VBOX:
    case VIR_DOMAIN_VIDEO_PARALLELS:
        return 8 * 1024;
    default:
        return 0;
    }
}

static virDomainVideoType defaultVideo(const virDomainDef *def, const virDomainParseConfig *conf)
{
    if (conf->defaultVideo)
        return conf->defaultVideo(conf, def);
    if (virDomainConfHas(conf, VIR_DOMAIN_CONF_QEMU) && virMachineOf(def)->video)
        return virMachineOf(def)->video;
    switch (def->virtType) {
    case VIR_DOMAIN_VIRT_XEN:
        return def->os.type == VIR_DOMAIN_OSTYPE_HVM ? VIR_DOMAIN_VIDEO_CIRRUS : VIR_DOMAIN_VIDEO_XEN;
    case VIR_DOMAIN_VIRT_VBOX:
        return VIR_DOMAIN_VIDEO_VBOX;
    case VIR_DOMAIN_VIRT_VMWARE:
        return VIR_DOMAIN_VIDEO_VMVGA;
    case VIR_DOMAIN_VIRT_BHYVE:
        return VIR_DOMAIN_VIDEO_GOP;
    default:
        return VIR_DOMAIN_VIDEO_CIRRUS;
    }
}

static void passVideoMemory(virDomainVideoDef *video, const virDomainParseConfig *conf)
{
    if (!video->vram)
        video->vram = defaultVram(video->type, conf);
    if (video->type != VIR_DOMAIN_VIDEO_QXL)
        return;
    bool qemu = virDomainConfHas(conf, VIR_DOMAIN_CONF_QEMU);
    if (!video->ram)
        video->ram = 64 * 1024;
    if (!video->vram)
        video->vram = 64 * 1024;
    if (!video->vgamem && qemu)
        video->vgamem = 16 * 1024;
    if (!qemu)
        return;
    video->vram = nextPowerOfTwo(MAX(video->vram, 1024));
    video->vgamem = nextPowerOfTwo(video->vgamem);
    video->ram = nextPowerOfTwo(MAX(video->ram, video->vgamem * 2));
    if (video->vram64)
        video->vram64 = nextPowerOfTwo(video->vram64);
}

static bool passVideo(virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    unsigned int primaries = 0;
    if (!def->videos.n && def->graphics.n)
        virListAppend(&def->videos, (virDomainVideoDef *)virXmlNew(&virDomainVideoDefXml));
    for (unsigned int i = 0; i < def->videos.n; i++)
        primaries += def->videos.v[i]->primary == VIR_TRISTATE_BOOL_YES;
    if (primaries > 1) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Only one primary video device is supported");
        return false;
    }
    for (unsigned int i = 0; i < def->videos.n; i++) {
        virDomainVideoDef *video = def->videos.v[i];
        if (i == 0 && !primaries && video->type != VIR_DOMAIN_VIDEO_NONE)
            video->primary = VIR_TRISTATE_BOOL_YES;
        if (video->primary == VIR_TRISTATE_BOOL_NO)
            video->primary = VIR_TRISTATE_BOOL_ABSENT;
        if (!video->type)
            video->type = defaultVideo(def, conf);
        if (!video->heads && video->type != VIR_DOMAIN_VIDEO_NONE)
            video->heads = 1;
        if (video->type == VIR_DOMAIN_VIDEO_NONE)
            video->heads = 0;
        passVideoMemory(video, conf);
        if (i > 0 && video->primary == VIR_TRISTATE_BOOL_YES) { /* the primary one comes first */
            virListTake(&def->videos, i);
            virListInsert(&def->videos, 0, video);
        }
    }
    return true;
}

bool virDomainPassGraphics(virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags,
                           GError **error)
{
    return passGraphics(def, flags, error) && passVideo(def, conf, error);
}
