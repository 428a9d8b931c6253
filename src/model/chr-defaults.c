/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Post-parse: character devices. Ports, target types, and the first console, which is the first serial port
 * seen from another side. */
#define VIR_FROM VIR_FROM_DOMAIN
#include <string.h>
#include "base/error.h"
#include "model/passes.h"
#include "model/tables.h"

/* Ports are numbered after the greatest that was given. */
static void numberPorts(virDomainChrDef **v, unsigned int n)
{
    int greatest = -1;
    for (unsigned int i = 0; i < n; i++)
        if (v[i]->hasPort)
            greatest = MAX(greatest, (int)v[i]->port);
    for (unsigned int i = 0; i < n; i++)
        if (!v[i]->hasPort)
            v[i]->port = ++greatest, v[i]->hasPort = true;
}

static bool sameSource(const virDomainChrSource *a, const virDomainChrSource *b)
{
    return a->type == b->type && virXmlEqual(&virDomainChrSourceXml, a, b);
}

static virDomainChrDef *copySource(const virDomainChrDef *from, virXmlType *type)
{
    virDomainChrDef *to = virXmlNew(type);
    to->source = from->source;
    virXmlCopyInto(&virDomainChrSourceXml, &to->source, &from->source);
    return to;
}

static void copyInfo(virDeviceInfo *to, const virDeviceInfo *from)
{
    *to = *from;
    virXmlCopyInto(&virDeviceInfoXml, to, from);
}

static bool isSerialConsole(const virDomainChrDef *console)
{
    return console->consoleTarget == VIR_DOMAIN_CHR_CONSOLE_TARGET_NONE ||
           console->consoleTarget == VIR_DOMAIN_CHR_CONSOLE_TARGET_SERIAL;
}

/* For hvm guests: serial port 0 and console 0 are one device. Whichever is missing is made from the other. */
static bool pairConsole(virDomainDef *def, GError **error)
{
    if (def->os.type != VIR_DOMAIN_OSTYPE_HVM)
        return true;
    for (unsigned int i = 1; i < def->consoles.n; i++) {
        if (!isSerialConsole(def->consoles.v[i]))
            continue;
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Only the first console can be a serial port");
        return false;
    }
    if (def->consoles.n && isSerialConsole(def->consoles.v[0])) {
        virDomainChrDef *console = def->consoles.v[0];
        if (!def->serials.n) {
            virDomainChrDef *serial = copySource(console, &virDomainSerialXml);
            serial->port = 0;
            serial->hasPort = true;
            copyInfo(&serial->info, &console->info);
            virListAppend(&def->serials, serial);
        } else if (!sameSource(&console->source, &def->serials.v[0]->source)) {
            virXmlClear(&virDomainChrSourceXml, &console->source);
            console->source = def->serials.v[0]->source;
            virXmlCopyInto(&virDomainChrSourceXml, &console->source, &def->serials.v[0]->source);
        }
        console->consoleTarget = VIR_DOMAIN_CHR_CONSOLE_TARGET_SERIAL;
        console->port = def->serials.v[0]->port;
    } else if (def->serials.n) {
        const virDomainChrDef *serial = def->serials.v[0];
        if (serial->serialTarget == VIR_DOMAIN_CHR_SERIAL_TARGET_NONE ||
            serial->serialTarget == VIR_DOMAIN_CHR_SERIAL_TARGET_ISA_SERIAL ||
            serial->serialTarget == VIR_DOMAIN_CHR_SERIAL_TARGET_SPAPR_VIO_SERIAL ||
            serial->serialTarget == VIR_DOMAIN_CHR_SERIAL_TARGET_SYSTEM_SERIAL ||
            serial->serialTarget == VIR_DOMAIN_CHR_SERIAL_TARGET_SCLP_SERIAL) {
            virDomainChrDef *console = copySource(serial, &virDomainConsoleXml);
            console->consoleTarget = VIR_DOMAIN_CHR_CONSOLE_TARGET_SERIAL;
            console->port = serial->port;
            console->hasPort = true;
            virListInsert(&def->consoles, 0, console);
        }
    }
    return true;
}

bool virDomainIsMirror(const virDomainDef *def, const char *kind, const void *device)
{
    return strcmp(kind, "console") == 0 && def->os.type == VIR_DOMAIN_OSTYPE_HVM && def->serials.n &&
           def->consoles.v[0] == device && isSerialConsole(device);
}

void virDomainMirrorConsole(virDomainDef *def)
{
    if (!def->consoles.n || !virDomainIsMirror(def, "console", def->consoles.v[0]))
        return;
    virDeviceInfo *info = &def->consoles.v[0]->info;
    virXmlClear(&virDeviceInfoXml, info);
    copyInfo(info, &def->serials.v[0]->info);
}

/* guestfwd names a socket address in the guest's network; spicevmc speaks through a virtio port. */
static bool checkTarget(const virDomainChrDef *chr, bool channel, GError **error)
{
    if (chr->source.type == VIR_DOMAIN_CHR_SPICEVMC && !(channel && chr->channelTarget == VIR_DOMAIN_CHR_CHANNEL_TARGET_VIRTIO)) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "spicevmc device type only supports virtio");
        return false;
    }
    if (!channel || chr->channelTarget != VIR_DOMAIN_CHR_CHANNEL_TARGET_GUESTFWD)
        return true;
    if (!chr->address) {
        virSetError(error, VIR_ERR_XML_ERROR, "guestfwd channel does not define a target address");
        return false;
    }
    if (!g_hostname_is_ip_address(chr->address)) {
        virErrorSet(error, VIR_FROM_NONE, VIR_ERR_SYSTEM_ERROR, "Cannot parse socket address '%s': Name or service not known", chr->address);
        return false;
    }
    if (!chr->hasPort) {
        virErrorSet(error, VIR_FROM_XML, VIR_ERR_XML_ERROR, "Missing required attribute '%s' in element '%s'", "port", "target");
        return false;
    }
    return true;
}

static bool checkSource(const virDomainChrSource *s, GError **error)
{
    const char *missing = NULL;
    switch (s->type) {
    case VIR_DOMAIN_CHR_FILE:
    case VIR_DOMAIN_CHR_DEV:
    case VIR_DOMAIN_CHR_PIPE:
        missing = s->path ? NULL : "Missing source path attribute for char device";
        break;
    case VIR_DOMAIN_CHR_NMDM:
        missing = !s->master && !s->slave ? NULL : !s->master ? "Missing master path attribute for nmdm device"
                  : !s->slave ? "Missing slave path attribute for nmdm device"
                              : NULL;
        break;
    case VIR_DOMAIN_CHR_TCP:
        missing = !s->host      ? "Missing source host attribute for char device"
                  : !s->service ? "Missing source service attribute for char device"
                                : NULL;
        break;
    case VIR_DOMAIN_CHR_UDP:
        missing = !s->service ? "Missing source service attribute for char device" : NULL;
        break;
    case VIR_DOMAIN_CHR_DBUS:
    case VIR_DOMAIN_CHR_SPICEPORT:
        missing = !s->channel ? "Missing source channel attribute for char device" : NULL;
        break;
    default:
        break;
    }
    if (missing) {
        virSetError(error, s->type == VIR_DOMAIN_CHR_DBUS ? VIR_ERR_CONFIG_UNSUPPORTED : VIR_ERR_INTERNAL_ERROR, "%s", missing);
        return false;
    }
    if (s->reconnect == VIR_TRISTATE_BOOL_YES && !s->reconnectTimeout) {
        virErrorSet(error, VIR_FROM_XML, VIR_ERR_XML_ERROR, "Missing required attribute '%s' in element '%s'",
                    "timeout", "reconnect");
        return false;
    }
    if (s->reconnect && s->mode == VIR_DOMAIN_CHR_MODE_BIND) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "chardev reconnect is possible only for connect mode");
        return false;
    }
    return true;
}

bool virDomainPassChrSource(virDomainChrSource *s, bool needsPath, GError **error)
{
    if (!s->mode && (s->type == VIR_DOMAIN_CHR_TCP || (s->type == VIR_DOMAIN_CHR_UNIX && s->path)))
        s->mode = VIR_DOMAIN_CHR_MODE_CONNECT;
    if (needsPath && s->type == VIR_DOMAIN_CHR_UNIX && !s->path) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Missing source path attribute for char device");
        return false;
    }
    return checkSource(s, error);
}

/* From the one with index `i`. */
static bool passSources(virDomainChrDef **v, unsigned int i, unsigned int n, bool needsPath, GError **error)
{
    for (; i < n; i++)
        if (!virDomainPassChrSource(&v[i]->source, needsPath, error) || !checkTarget(v[i], !needsPath, error))
            return false;
    return true;
}

bool virDomainPassChr(virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    /* what the first console says of its source counts only where there is no serial port */
    unsigned int mirrored = def->consoles.n && virDomainIsMirror(def, "console", def->consoles.v[0]);
    if (!passSources(def->serials.v, 0, def->serials.n, true, error) ||
        !passSources(def->parallels.v, 0, def->parallels.n, true, error) ||
        !passSources(def->consoles.v, mirrored, def->consoles.n, true, error) ||
        !passSources(def->channels.v, 0, def->channels.n, false, error))
        return false;
    for (unsigned int i = 0; i < def->smartcards.n; i++)
        if (def->smartcards.v[i]->mode == VIR_DOMAIN_SMARTCARD_PASSTHROUGH &&
            !virDomainPassChrSource(&def->smartcards.v[i]->source, true, error))
            return false;
    for (unsigned int i = 0; i < def->redirdevs.n; i++)
        if (!virDomainPassChrSource(&def->redirdevs.v[i]->source, true, error))
            return false;
    for (unsigned int i = 0; i < def->rngs.n; i++)
        if (def->rngs.v[i]->backend == VIR_DOMAIN_RNG_BACKEND_EGD &&
            !virDomainPassChrSource(&def->rngs.v[i]->egd, true, error))
            return false;
    for (unsigned int i = 0; i < def->channels.n; i++) {
        virDomainChrDef *channel = def->channels.v[i];
        if (!channel->channelTarget) {
            virSetError(error, VIR_ERR_XML_ERROR, "target type must be specified for channel device");
            return false;
        }
    }
    numberPorts(def->serials.v, def->serials.n);
    numberPorts(def->parallels.v, def->parallels.n);
    for (unsigned int i = 0; i < def->consoles.n; i++)
        def->consoles.v[i]->port = i, def->consoles.v[i]->hasPort = true;
    if (!pairConsole(def, error))
        return false;
    for (unsigned int i = 0; i < def->consoles.n; i++) {
        virDomainChrDef *console = def->consoles.v[i];
        if (!console->consoleTarget)
            console->consoleTarget = def->virtType == VIR_DOMAIN_VIRT_LXC ? VIR_DOMAIN_CHR_CONSOLE_TARGET_LXC
                                     : virDomainConfHas(conf, VIR_DOMAIN_CONF_XEN) && def->os.type != VIR_DOMAIN_OSTYPE_HVM
                                         ? VIR_DOMAIN_CHR_CONSOLE_TARGET_XEN
                                         : VIR_DOMAIN_CHR_CONSOLE_TARGET_SERIAL;
        if (!console->tty && console->source.type == VIR_DOMAIN_CHR_PTY && console->source.path)
            console->tty = g_strdup(console->source.path);
    }
    return true;
}
