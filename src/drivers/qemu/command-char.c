/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Character devices: host side (-chardev) and guest side of serial and parallel ports, channels and consoles; smartcards. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/command.h"
#include <string.h>

static const char *endsWith(const char *s)
{
    return s ? s : "";
}

/* `listenPath`: unix sockets are QEMU's to open, whatever the document says of the mode. */
bool qemuChardev(qemuCommand *cmd, const virDomainChrSource *s, const char *id, bool listenPath, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *path = s->path ? qemuEscape(s->path) : g_strdup("");
    bool server = s->mode == VIR_DOMAIN_CHR_MODE_BIND || s->mode == VIR_DOMAIN_CHR_MODE_SERVER;
    switch (s->type) {
    case VIR_DOMAIN_CHR_NULL:
    case VIR_DOMAIN_CHR_VC:
    case VIR_DOMAIN_CHR_PTY:
    case VIR_DOMAIN_CHR_STDIO:
        g_string_printf(out, "%s,id=%s", virDomainChrTypeToString(s->type), id);
        break;
    case VIR_DOMAIN_CHR_DEV:
        g_string_printf(out, "%s,id=%s,path=%s", strstr(id, "parallel") ? "parallel" : "serial", id, path);
        break;
    case VIR_DOMAIN_CHR_FILE:
    case VIR_DOMAIN_CHR_PIPE:
        g_string_printf(out, "%s,id=%s,path=%s", virDomainChrTypeToString(s->type), id, path);
        if (s->type == VIR_DOMAIN_CHR_FILE && s->append != VIR_TRISTATE_SWITCH_ABSENT)
            g_string_append_printf(out, ",append=%s", s->append == VIR_TRISTATE_SWITCH_ON ? "on" : "off");
        break;
    case VIR_DOMAIN_CHR_UDP:
        g_string_printf(out, "udp,id=%s,host=%s,port=%s,localaddr=%s,localport=%s", id, endsWith(s->host),
                        endsWith(s->service), endsWith(s->bindHost), s->bindService ? s->bindService : "0");
        break;
    case VIR_DOMAIN_CHR_TCP:
        g_string_printf(out, "socket,id=%s,host=%s,port=%s%s", id, endsWith(s->host), endsWith(s->service),
                        s->protocol == VIR_DOMAIN_CHR_PROTOCOL_TELNET ? ",telnet=on" : "");
        break;
    case VIR_DOMAIN_CHR_UNIX:
        if (cmd->sockets && g_hash_table_contains(cmd->sockets, id))
            g_string_printf(out, "socket,id=%s,fd=%d", id, GPOINTER_TO_INT(g_hash_table_lookup(cmd->sockets, id)) - 1);
        else
            g_string_printf(out, "socket,id=%s,path=%s", id, path);
        break;
    case VIR_DOMAIN_CHR_SPICEVMC:
        g_string_printf(out, "spicevmc,id=%s,name=%s", id,
                        strstr(id, "redir")       ? "usbredir"
                        : strstr(id, "smartcard") ? "smartcard"
                                                  : "vdagent");
        break;
    case VIR_DOMAIN_CHR_SPICEPORT:
        g_string_printf(out, "spiceport,id=%s,name=%s", id, endsWith(s->channel));
        break;
    case VIR_DOMAIN_CHR_QEMU_VDAGENT:
        g_string_printf(out, "qemu-vdagent,id=%s,name=vdagent", id);
        if (s->clipboard != VIR_TRISTATE_BOOL_ABSENT)
            g_string_append_printf(out, ",clipboard=%s", s->clipboard == VIR_TRISTATE_BOOL_YES ? "on" : "off");
        if (s->mouse != VIR_DOMAIN_MOUSE_MODE_NONE)
            g_string_append_printf(out, ",mouse=%s", s->mouse == VIR_DOMAIN_MOUSE_MODE_CLIENT ? "on" : "off");
        break;
    case VIR_DOMAIN_CHR_DBUS:
        g_string_printf(out, "dbus,id=%s,name=%s", id, endsWith(s->channel));
        break;
    default:
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "unsupported chardev '%s'", virDomainChrTypeToString(s->type));
        return false;
    }
    if (s->type == VIR_DOMAIN_CHR_TCP || s->type == VIR_DOMAIN_CHR_UNIX) {
        if (server || (listenPath && s->type == VIR_DOMAIN_CHR_UNIX))
            g_string_append(out, ",server=on,wait=off");
        else if (s->reconnect == VIR_TRISTATE_BOOL_YES)
            g_string_append_printf(out, ",reconnect=%u", s->reconnectTimeout);
        else if (s->reconnect == VIR_TRISTATE_BOOL_NO)
            g_string_append(out, ",reconnect=0");
    }
    if (s->logFile) {
        g_autofree char *log = qemuEscape(s->logFile);
        g_string_append_printf(out, ",logfile=%s,logappend=%s", log,
                               s->logAppend == VIR_TRISTATE_SWITCH_OFF ? "off" : "on");
    }
    qemuArg(cmd, "-chardev", "%s", out->str);
    return true;
}

static char *chardevId(const virDomainChrDef *chr)
{
    return g_strdup_printf("char%s", chr->info.alias);
}

/* A port of the board itself, which takes the next -serial. */
static bool onBoard(const virDomainDef *def, const virDomainChrDef *chr)
{
    if (!chr->serialModel && !chr->serialTarget && !qemuIsX86(def))
        return true;
    return chr->serialModel == VIR_DOMAIN_CHR_SERIAL_MODEL_PL011 || chr->serialModel == VIR_DOMAIN_CHR_SERIAL_MODEL_16550A ||
           chr->serialTarget == VIR_DOMAIN_CHR_SERIAL_TARGET_SYSTEM_SERIAL;
}

static bool commandSerial(qemuCommand *cmd, const virDomainChrDef *chr, GError **error)
{
    g_autofree char *id = chardevId(chr);
    const char *driver = virDomainChrSerialModelToString(chr->serialModel);
    if (!qemuChardev(cmd, &chr->source, id, false, error))
        return false;
    if (onBoard(cmd->def, chr)) {
        qemuArg(cmd, "-serial", "chardev:%s", id);
        return true;
    }
    if (!driver)
        driver = chr->serialTarget ? virDomainChrSerialTargetToString(chr->serialTarget) : "isa-serial";
    JsonNode *node = qmpArgs("s:driver", driver, "s:chardev", id, "s:id", chr->info.alias, NULL);
    if (g_str_equal(driver, "isa-serial"))
        qmpAdd(json_node_get_object(node), "u:index", chr->port, NULL);
    return qemuDevice(cmd, node, &chr->info, error);
}

static bool commandParallel(qemuCommand *cmd, const virDomainChrDef *chr, GError **error)
{
    g_autofree char *id = chardevId(chr);
    return qemuChardev(cmd, &chr->source, id, false, error) &&
           qemuDevice(cmd, qmpArgs("s:driver", "isa-parallel", "s:chardev", id, "s:id", chr->info.alias, NULL),
                      &chr->info, error);
}

static bool commandChannel(qemuCommand *cmd, const virDomainChrDef *chr, GError **error)
{
    g_autofree char *id = chardevId(chr);
    bool vdagent = chr->source.type == VIR_DOMAIN_CHR_SPICEVMC;
    if (!qemuChardev(cmd, &chr->source, id, false, error))
        return false;
    if (chr->channelTarget == VIR_DOMAIN_CHR_CHANNEL_TARGET_GUESTFWD) {
        g_autofree char *forward = g_strdup_printf("tcp:%s:%u-chardev:%s", endsWith(chr->address), chr->port, id);
        JsonArray *list = json_array_new();
        json_array_add_element(list, qmpArgs("s:str", forward, NULL));
        JsonNode *array = json_node_new(JSON_NODE_ARRAY);
        json_node_take_array(array, list);
        qemuArgJson(cmd, "-netdev", qmpArgs("s:type", "user", "o:guestfwd", array, "s:id", chr->info.alias, NULL));
        return true;
    }
    JsonNode *node = qmpArgs("s:driver", "virtserialport", NULL);
    JsonObject *o = json_node_get_object(node);
    qemuAddAddress(cmd, o, &chr->info, NULL);
    qmpAdd(o, "s:chardev", id, "s:id", chr->info.alias, "s:name",
           chr->name ? chr->name
           : vdagent ? "com.redhat.spice.0"
                     : NULL,
           NULL);
    qemuDevicePlain(cmd, node, &chr->info);
    return true;
}

/* A console of the serial kind is the first serial port again: it has no device of its own. */
static bool commandConsole(qemuCommand *cmd, const virDomainChrDef *chr, GError **error)
{
    if (chr->consoleTarget != VIR_DOMAIN_CHR_CONSOLE_TARGET_VIRTIO)
        return true;
    g_autofree char *id = chardevId(chr);
    if (!qemuChardev(cmd, &chr->source, id, false, error))
        return false;
    JsonNode *node = qmpArgs("s:driver", "virtconsole", NULL);
    JsonObject *o = json_node_get_object(node);
    qemuAddAddress(cmd, o, &chr->info, NULL);
    qmpAdd(o, "s:chardev", id, "s:id", chr->info.alias, NULL);
    qemuDevicePlain(cmd, node, &chr->info);
    return true;
}

bool qemuCommandChars(qemuCommand *cmd, GError **error)
{
    const virDomainDef *def = cmd->def;
    for (unsigned int i = 0; i < def->serials.n; i++)
        if (!commandSerial(cmd, def->serials.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->parallels.n; i++)
        if (!commandParallel(cmd, def->parallels.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->channels.n; i++)
        if (!commandChannel(cmd, def->channels.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->consoles.n; i++)
        if (!commandConsole(cmd, def->consoles.v[i], error))
            return false;
    return true;
}

bool qemuCommandSmartcards(qemuCommand *cmd, GError **error)
{
    for (unsigned int i = 0; i < cmd->def->smartcards.n; i++) {
        const virDomainSmartcardDef *s = cmd->def->smartcards.v[i];
        JsonNode *node;
        static char *const none[3];
        char *const *cert = s->certificates && g_strv_length(s->certificates) >= 3 ? s->certificates : none;
        if (s->mode == VIR_DOMAIN_SMARTCARD_PASSTHROUGH) {
            g_autofree char *id = g_strdup_printf("char%s", s->info.alias);
            if (!qemuChardev(cmd, &s->source, id, false, error))
                return false;
            node = qmpArgs("s:driver", "ccid-card-passthru", "s:chardev", id, "s:id", s->info.alias, NULL);
        } else if (s->mode == VIR_DOMAIN_SMARTCARD_HOST) {
            node = qmpArgs("s:driver", "ccid-card-emulated", "s:backend", "nss-emulated", "s:id", s->info.alias, NULL);
        } else {
            node = qmpArgs("s:driver", "ccid-card-emulated", "s:backend", "certificates", "s:cert1", cert[0], "s:cert2",
                           cert[1], "s:cert3", cert[2], "s:db", s->database ? s->database : "/etc/pki/nssdb", "s:id",
                           s->info.alias, NULL);
        }
        if (!qemuDevice(cmd, node, &s->info, error))
            return false;
    }
    return true;
}

void qemuFillSocketPaths(virDomainDef *def, const char *domainDir, const char *channelDir)
{
    for (unsigned int i = 0; i < def->channels.n; i++) {
        virDomainChrDef *chr = def->channels.v[i];
        const virVirtioSerialAddress *a = &chr->info.addr.vioserial;
        if (chr->source.type != VIR_DOMAIN_CHR_UNIX || chr->source.path ||
            chr->channelTarget != VIR_DOMAIN_CHR_CHANNEL_TARGET_VIRTIO)
            continue;
        chr->source.path = chr->name ? g_strdup_printf("%s/%s", channelDir, chr->name)
                                     : g_strdup_printf("%s/vioser-%02d-%02d-%02d.sock", channelDir, (int)a->controller,
                                                       (int)a->bus, (int)a->port);
        chr->source.mode = VIR_DOMAIN_CHR_MODE_BIND;
    }
    for (unsigned int i = 0; i < def->graphics.n; i++) {
        virDomainGraphicsDef *g = def->graphics.v[i];
        virDomainGraphicsListen *l = g->listens.n > 0 ? g->listens.v[0] : NULL;
        if (l && l->type == VIR_DOMAIN_GRAPHICS_LISTEN_SOCKET && !l->socket) {
            l->socket = g_strdup_printf("%s/%s.sock", domainDir, virDomainGraphicsTypeToString(g->type));
            l->autoGenerated = true;
        }
    }
}
