/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a person in front of the guest needs: input devices, audio, remote displays, video cards, sound cards. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/command.h"
#include <string.h>

/* ---- input ---- */

static JsonNode *inputNode(const virDomainInputDef *in)
{
    static const char *const usb[] = { "usb-mouse", "usb-tablet", "usb-kbd" };
    static const char *const virtio[] = { "virtio-mouse", "virtio-tablet", "virtio-keyboard", "virtio-input-host" };
    if (in->bus == VIR_DOMAIN_INPUT_BUS_USB && in->type <= VIR_DOMAIN_INPUT_TYPE_KEYBOARD)
        return qmpArgs("s:driver", usb[in->type], "s:id", in->info.alias, NULL);
    if (in->bus != VIR_DOMAIN_INPUT_BUS_VIRTIO || in->type > VIR_DOMAIN_INPUT_TYPE_PASSTHROUGH)
        return NULL; /* PS/2 is on the board */
    g_autofree char *driver = qemuVirtioDriver(virtio[in->type], &in->info, in->model);
    JsonNode *node = qmpArgs("s:driver", driver, NULL);
    qemuAddVirtio(json_node_get_object(node), &in->virtio);
    qmpAdd(json_node_get_object(node), "s:id", in->info.alias, "s:evdev",
           in->type == VIR_DOMAIN_INPUT_TYPE_PASSTHROUGH ? in->evdev : NULL, NULL);
    return node;
}

bool qemuCommandInputs(qemuCommand *cmd, GError **error)
{
    for (unsigned int i = 0; i < cmd->def->inputs.n; i++) {
        const virDomainInputDef *in = cmd->def->inputs.v[i];
        if (in->type == VIR_DOMAIN_INPUT_TYPE_EVDEV) {
            const char *grab = virDomainInputGrabToggleToString(in->grabToggle);
            qemuArgJson(cmd, "-object",
                        qmpArgs("s:qom-type", "input-linux", "s:id", in->info.alias, "s:evdev", in->evdev, "t:repeat",
                                in->repeat, "B:grab_all", in->grab == VIR_DOMAIN_INPUT_GRAB_ALL, "s:grab-toggle", grab,
                                NULL));
            continue;
        }
        JsonNode *node = inputNode(in);
        if (node && !qemuDevice(cmd, node, &in->info, error))
            return false;
    }
    return true;
}

/* ---- audio backends ---- */

static JsonNode *audioSide(const virDomainAudioIO *io)
{
    if (!io)
        return NULL;
    const char *format = virDomainAudioFormatToString(io->format);
    JsonNode *node = qmpArgs(
        "t:mixing-engine", io->mixingEngine, "t:fixed-settings", io->fixedSettings, "P:voices", io->voices,
        "P:buffer-length", io->bufferLength, "P:frequency", io->frequency, "P:channels", io->channels, "s:format",
        format, "s:dev", io->dev, "P:buffer-count", io->bufferCount, "t:try-poll", io->tryPoll, "s:server-name",
        io->serverName, "s:client-name", io->clientName, "s:connect-ports", io->connectPorts, "t:exact-name",
        io->exactName, "s:name", io->name, "s:stream-name", io->streamName, "P:latency", io->latency, NULL);
    if (json_object_get_size(json_node_get_object(node)) == 0)
        g_clear_pointer(&node, json_node_unref);
    return node;
}

static void commandAudio(qemuCommand *cmd, const virDomainAudioDef *a)
{
    g_autofree char *id = g_strdup_printf("audio%u", a->id);
    const char *driver = a->type == VIR_DOMAIN_AUDIO_PULSEAUDIO ? "pa"
                         : a->type == VIR_DOMAIN_AUDIO_FILE     ? "wav"
                                                                : virDomainAudioTypeToString(a->type);
    JsonNode *node = qmpArgs("s:id", id, "s:driver", driver, "P:timer-period", a->timerPeriod, NULL);
    JsonObject *o = json_node_get_object(node);
    qmpAdd(o, "t:try-mmap", a->tryMMap, "t:exclusive", a->exclusive, NULL);
    if (a->hasDspPolicy)
        qmpAdd(o, "i:dsp-policy", a->dspPolicy, NULL);
    qmpAdd(o, "o:in", audioSide(a->input), "o:out", audioSide(a->output), "s:server", a->serverName, "s:path", a->path, NULL);
    qemuArgJson(cmd, "-audiodev", node);
}

/* Number 0 means the first one; NULL: there is none. */
static char *audioId(const virDomainDef *def, unsigned int id)
{
    if (id == 0 && def->audios.n == 0)
        return NULL;
    return g_strdup_printf("audio%u", id ? id : def->audios.v[0]->id);
}

/* ---- remote displays ---- */

static void appendListen(GString *out, const virDomainGraphicsListen *l)
{
    bool six = l && l->address && strchr(l->address, ':');
    g_string_append_printf(out, six ? "[%s]" : "%s", l && l->address ? l->address : "");
}

static void commandVnc(qemuCommand *cmd, const virDomainGraphicsDef *g)
{
    const virDomainGraphicsListen *l = g->listens.n ? g->listens.v[0] : NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *audio = audioId(cmd->def, g->audioId);
    if (l && l->type == VIR_DOMAIN_GRAPHICS_LISTEN_SOCKET) {
        g_autofree char *path = qemuEscape(l->socket ? l->socket : "");
        g_string_printf(out, "vnc=unix:%s", path);
    } else if (l && l->type == VIR_DOMAIN_GRAPHICS_LISTEN_NONE) {
        g_string_assign(out, "none");
    } else {
        appendListen(out, l);
        g_string_append_printf(out, ":%d", g->port - 5900);
        if (g->websocket > 0)
            g_string_append_printf(out, ",websocket=%d", g->websocket);
    }
    if (g->sharePolicy != VIR_DOMAIN_VNC_SHARE_NONE)
        g_string_append_printf(out, ",share=%s", virDomainVncSharePolicyToString(g->sharePolicy));
    if (g->passwd)
        g_string_append(out, ",password=on");
    if (cmd->vncSasl)
        g_string_append(out, ",sasl=on");
    if (g->powerControl != VIR_TRISTATE_BOOL_ABSENT)
        g_string_append_printf(out, ",power-control=%s", g->powerControl == VIR_TRISTATE_BOOL_YES ? "on" : "off");
    if (audio)
        g_string_append_printf(out, ",audiodev=%s", audio);
    qemuArg(cmd, "-vnc", "%s", out->str);
    if (g->keymap)
        qemuArg(cmd, "-k", "%s", g->keymap);
}

static void appendWord(GString *out, const char *name, const char *value)
{
    if (value)
        g_string_append_printf(out, "%s=%s,", name, value);
}

/* Which of the protocol's channels are encrypted. */
static void spiceChannels(const virDomainGraphicsDef *g, GString *out)
{
    static const char *const words[] = { NULL, "tls", "plaintext" };
    int mode = g->defaultMode == VIR_DOMAIN_SPICE_CHANNEL_MODE_SECURE ? 1 : g->defaultMode == VIR_DOMAIN_SPICE_CHANNEL_MODE_INSECURE ? 2 : 0;
    if (mode)
        g_string_append_printf(out, "%s-channel=default,", words[mode]);
    for (unsigned int i = 0; i < g->channels.n; i++) {
        mode = g->channels.v[i]->mode == VIR_DOMAIN_SPICE_CHANNEL_MODE_SECURE ? 1 : g->channels.v[i]->mode == VIR_DOMAIN_SPICE_CHANNEL_MODE_INSECURE ? 2 : 0;
        if (mode)
            g_string_append_printf(out, "%s-channel=%s,", words[mode], virDomainSpiceChannelNameToString(g->channels.v[i]->name));
    }
}

static void commandSpice(qemuCommand *cmd, const virDomainGraphicsDef *g)
{
    static const char *const streaming[] = { NULL, "filter", "all", "off" };
    const virDomainGraphicsListen *l = g->listens.n ? g->listens.v[0] : NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    if (l && l->type == VIR_DOMAIN_GRAPHICS_LISTEN_SOCKET) {
        g_autofree char *path = qemuEscape(l->socket ? l->socket : "");
        g_string_printf(out, "unix,addr=%s,", path);
    } else if (!l || l->type != VIR_DOMAIN_GRAPHICS_LISTEN_NONE) {
        if (g->port > 0)
            g_string_append_printf(out, "port=%d,", g->port);
        if (g->tlsPort > 0)
            g_string_append_printf(out, "tls-port=%d,", g->tlsPort);
        if (l && l->address)
            g_string_append_printf(out, "addr=%s,", l->address);
    } else {
        g_string_append(out, "port=0,");
    }
    if (g->mousemode != VIR_DOMAIN_MOUSE_MODE_NONE)
        g_string_append_printf(out, "agent-mouse=%s,", g->mousemode == VIR_DOMAIN_MOUSE_MODE_SERVER ? "off" : "on");
    if (!g->passwd)
        g_string_append(out, "disable-ticketing=on,");
    if (cmd->spiceTlsDir && g->tlsPort > 0)
        g_string_append_printf(out, "x509-dir=%s,", cmd->spiceTlsDir);
    spiceChannels(g, out);
    appendWord(out, "image-compression", virDomainSpiceImageCompressionToString(g->image));
    appendWord(out, "jpeg-wan-compression", virDomainSpiceJpegCompressionToString(g->jpeg));
    appendWord(out, "zlib-glz-wan-compression", virDomainSpiceZlibCompressionToString(g->zlib));
    appendWord(out, "playback-compression", virTristateSwitchToString(g->playback));
    appendWord(out, "streaming-video", streaming[g->streaming]);
    if (g->copypaste == VIR_TRISTATE_BOOL_NO)
        g_string_append(out, "disable-copy-paste=on,");
    if (g->filetransfer == VIR_TRISTATE_BOOL_NO)
        g_string_append(out, "disable-agent-file-xfer=on,");
    if (g->gl == VIR_TRISTATE_BOOL_YES) {
        g_autofree char *node = g->rendernode ? qemuEscape(g->rendernode) : NULL;
        g_string_append(out, "gl=on,");
        appendWord(out, "rendernode", node);
    }
    qemuArg(cmd, "-spice", "%sseamless-migration=on", out->str);
    if (g->keymap)
        qemuArg(cmd, "-k", "%s", g->keymap);
}

static void commandDbus(const qemuCommand *cmd, const virDomainGraphicsDef *g, const char *audio, GString *out)
{
    g_autofree char *own = g_strdup_printf("unix:path=%s/dbus/%s-dbus.sock", cmd->stateDir, strrchr(cmd->memoryDir, '/') + 1);
    g_autofree char *address = qemuEscape(g->dbusAddress ? g->dbusAddress : own), *node = g->rendernode ? qemuEscape(g->rendernode) : NULL;
    g_string_append(out, "dbus");
    if (g->p2p == VIR_TRISTATE_BOOL_YES)
        g_string_append(out, ",p2p=on");
    else
        g_string_append_printf(out, ",addr=%s", address);
    if (g->gl != VIR_TRISTATE_BOOL_ABSENT)
        g_string_append_printf(out, ",gl=%s", g->gl == VIR_TRISTATE_BOOL_YES ? "on" : "off");
    if (node)
        g_string_append_printf(out, ",rendernode=%s", node);
    if (audio)
        g_string_append_printf(out, ",audiodev=%s", audio);
}

static bool commandGraphics(qemuCommand *cmd, const virDomainGraphicsDef *g, GError **error)
{
    g_autofree char *audio = g->audioId ? audioId(cmd->def, g->audioId) : NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    switch (g->type) {
    case VIR_DOMAIN_GRAPHICS_VNC:
        commandVnc(cmd, g);
        return true;
    case VIR_DOMAIN_GRAPHICS_SPICE:
        commandSpice(cmd, g);
        return true;
    case VIR_DOMAIN_GRAPHICS_EGL_HEADLESS:
        qemuArg(cmd, "-display", g->rendernode ? "egl-headless,rendernode=%s" : "egl-headless", g->rendernode);
        return true;
    case VIR_DOMAIN_GRAPHICS_SDL:
        if (g->fullscreen == VIR_TRISTATE_BOOL_YES)
            qemuArg(cmd, "-full-screen", NULL);
        qemuArg(cmd, "-display", "sdl%s",
                g->gl == VIR_TRISTATE_BOOL_YES  ? ",gl=on"
                : g->gl == VIR_TRISTATE_BOOL_NO ? ",gl=off"
                                                : "");
        return true;
    case VIR_DOMAIN_GRAPHICS_DBUS:
        commandDbus(cmd, g, audio, out);
        qemuArg(cmd, "-display", "%s", out->str);
        return true;
    default:
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "unsupported graphics type '%s'",
                    virDomainGraphicsTypeToString(g->type));
        return false;
    }
}

/* ---- video ---- */

static bool wantsGl(const virDomainDef *def, const virDomainVideoDef *v)
{
    return v->hasAccel && v->accel3d == VIR_TRISTATE_BOOL_YES;
}

static char *videoDriver(const virDomainDef *def, const virDomainVideoDef *v, bool primary)
{
    switch (v->type) {
    case VIR_DOMAIN_VIDEO_VGA:
        return g_strdup("VGA");
    case VIR_DOMAIN_VIDEO_CIRRUS:
        return g_strdup("cirrus-vga");
    case VIR_DOMAIN_VIDEO_VMVGA:
        return g_strdup("vmware-svga");
    case VIR_DOMAIN_VIDEO_QXL:
        return g_strdup(primary ? "qxl-vga" : "qxl");
    case VIR_DOMAIN_VIDEO_BOCHS:
        return g_strdup("bochs-display");
    case VIR_DOMAIN_VIDEO_RAMFB:
        return g_strdup("ramfb");
    case VIR_DOMAIN_VIDEO_VIRTIO:
        return primary && def->os.arch != VIR_ARCH_AARCH64 && def->os.arch != VIR_ARCH_ARMV7L ? g_strdup(wantsGl(def, v) ? "virtio-vga-gl" : "virtio-vga")
                       : qemuVirtioDriver(wantsGl(def, v) ? "virtio-gpu-gl" : "virtio-gpu", &v->info, 0);
    default:
        return NULL;
    }
}

static bool commandVideo(qemuCommand *cmd, const virDomainVideoDef *v, bool primary, GError **error)
{
    g_autofree char *driver = videoDriver(cmd->def, v, primary);
    if (v->type == VIR_DOMAIN_VIDEO_NONE)
        return true;
    if (!driver) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "unsupported video type '%s'",
                    virDomainVideoTypeToString(v->type));
        return false;
    }
    JsonNode *node = qmpArgs("s:driver", driver, NULL);
    JsonObject *o = json_node_get_object(node);
    qemuAddVirtio(o, &v->virtio);
    qmpAdd(o, "s:id", v->info.alias, NULL);
    if (v->type == VIR_DOMAIN_VIDEO_QXL || v->type == VIR_DOMAIN_VIDEO_VIRTIO)
        qmpAdd(o, "P:max_outputs", v->heads, NULL);
    if (v->type == VIR_DOMAIN_VIDEO_QXL)
        qmpAdd(o, "U:ram_size", (guint64)v->ram * 1024, "U:vram_size", (guint64)v->vram * 1024, "u:vram64_size_mb",
               v->vram64 / 1024, "u:vgamem_mb", v->vgamem / 1024, NULL);
    else if (v->vram > 0 && (v->type == VIR_DOMAIN_VIDEO_VGA || v->type == VIR_DOMAIN_VIDEO_VMVGA))
        qmpAdd(o, "u:vgamem_mb", v->vram / 1024, NULL);
    else if (v->vram > 0 && v->type == VIR_DOMAIN_VIDEO_BOCHS)
        qmpAdd(o, "U:vgamem", (guint64)v->vram * 1024, NULL);
    qmpAdd(o, "P:xres", v->resX, "P:yres", v->resY, "t:blob", v->blob, NULL);
    return qemuDevice(cmd, node, &v->info, error);
}

/* ---- sound cards ---- */

static const struct {
    virDomainSoundModel model;
    const char *driver;
    bool hda;
} soundDrivers[] = {
    { VIR_DOMAIN_SOUND_MODEL_ES1370, "ES1370", false },      { VIR_DOMAIN_SOUND_MODEL_AC97, "AC97", false },
    { VIR_DOMAIN_SOUND_MODEL_SB16, "sb16", false },          { VIR_DOMAIN_SOUND_MODEL_USB, "usb-audio", false },
    { VIR_DOMAIN_SOUND_MODEL_ICH6, "intel-hda", true },      { VIR_DOMAIN_SOUND_MODEL_ICH7, "ich9-intel-hda", true },
    { VIR_DOMAIN_SOUND_MODEL_ICH9, "ich9-intel-hda", true },
};

static void commandCodec(qemuCommand *cmd, const virDomainSoundDef *s, int type, unsigned int cad)
{
    static const char *const codecs[] = { "hda-duplex", "hda-micro", "hda-output" };
    g_autofree char *id = g_strdup_printf("%s-codec%u", s->info.alias, cad),
                    *bus = g_strdup_printf("%s.0", s->info.alias), *audio = audioId(cmd->def, s->audioId);
    qemuArgJson(cmd, "-device",
                qmpArgs("s:driver", codecs[type], "s:id", id, "s:bus", bus, "u:cad", cad, "s:audiodev", audio, NULL));
}

static bool commandSound(qemuCommand *cmd, const virDomainSoundDef *s, GError **error)
{
    g_autofree char *audio = audioId(cmd->def, s->audioId);
    if (s->model == VIR_DOMAIN_SOUND_MODEL_PCSPK) {
        qemuArg(cmd, "-soundhw", "pcspk");
        return true;
    }
    for (guint i = 0; i < G_N_ELEMENTS(soundDrivers); i++) {
        if (soundDrivers[i].model != s->model)
            continue;
        bool hda = soundDrivers[i].hda;
        JsonNode *node =
            qmpArgs("s:driver", soundDrivers[i].driver, "s:id", s->info.alias, "s:audiodev", hda ? NULL : audio,
                    "t:multi", s->model == VIR_DOMAIN_SOUND_MODEL_USB ? s->multichannel : 0, NULL);
        if (!qemuDevice(cmd, node, &s->info, error))
            return false;
        for (unsigned int k = 0; hda && k < s->codecs.n; k++)
            commandCodec(cmd, s, s->codecs.v[k]->type, k);
        if (hda && s->codecs.n == 0)
            commandCodec(cmd, s, VIR_DOMAIN_SOUND_CODEC_DUPLEX, 0);
        return true;
    }
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "sound card model '%s' is not supported by qemu",
                virDomainSoundModelToString(s->model));
    return false;
}

bool qemuCommandScreens(qemuCommand *cmd, GError **error)
{
    const virDomainDef *def = cmd->def;
    for (unsigned int i = 0; i < def->audios.n; i++)
        commandAudio(cmd, def->audios.v[i]);
    for (unsigned int i = 0; i < def->graphics.n; i++)
        if (!commandGraphics(cmd, def->graphics.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->videos.n; i++)
        if (!commandVideo(cmd, def->videos.v[i], i == 0, error))
            return false;
    for (unsigned int i = 0; i < def->sounds.n; i++)
        if (!commandSound(cmd, def->sounds.v[i], error))
            return false;
    return true;
}
