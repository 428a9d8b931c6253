/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of character devices. */
#include "model/tables.h"

/* A socket whose place is chosen at start has no source. */
static bool hasPath(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virDomainChrSource *)obj)->path != NULL;
}

#define S virDomainChrSource
/* pty paths belong to the run */
static const virXmlRow ptyCase[] = { X_STR("source/@path", path, XF_LIVE), X_LIST("source/seclabel", seclabels, virDeviceSeclabel, 0), X_END };
static const virXmlRow pathCase[] = {
    X_STR("source/@path", path, 0),
    X_ONOFF("source/@append", append, 0),
    X_LIST("source/seclabel", seclabels, virDeviceSeclabel, 0),
    X_END
};
static const virXmlRow nmdmCase[] = { X_STR("source/@master", master, 0), X_STR("source/@slave", slave, 0), X_END };
static const virXmlRow udpCase[] = {
    X_STR("source[@mode='bind']/@host", bindHost, 0),
    X_STR("source[@mode='bind']/@service", bindService, 0),
    X_STR("source[@mode='connect']/@host", host, 0),
    X_STR("source[@mode='connect']/@service", service, 0),
    X_END
};
static const virXmlRow tcpCase[] = {
    X_ENUM("source/@mode", mode, virDomainChrMode, 0),
    X_STR("source/@host", host, 0),
    X_STR("source/@service", service, 0),
    X_YESNO("source/@tls", tls, 0),
    X_BOOL("source/@tlsFromConfig", tlsFromConfig, XF_STATUS),
    X_YESNO("source/reconnect/@enabled", reconnect, 0),
    X_UINT("source/reconnect/@timeout", reconnectTimeout, 0),
    X_ENUM("protocol/@type", protocol, virDomainChrProtocol, XF_ALWAYS, .bad = "Unknown protocol '%s'"),
    X_END
};
static const virXmlRow unixCase[] = {
    X_ENUM("source/@mode", mode, virDomainChrMode, 0, .when = hasPath),
    X_STR("source/@path", path, 0),
    X_YESNO("source/reconnect/@enabled", reconnect, 0),
    X_UINT("source/reconnect/@timeout", reconnectTimeout, 0),
    X_LIST("source/seclabel", seclabels, virDeviceSeclabel, 0),
    X_END
};
static const virXmlRow portCase[] = { X_STR("source/@channel", channel, 0), X_END };
static const virXmlRow vdagentCase[] = {
    X_YESNO("source/clipboard/@copypaste", clipboard, 0),
    X_ENUM("source/mouse/@mode", mouse, virDomainMouseMode, 0),
    X_END
};
#define CASE(name) static X_TYPE_AS(name##Xml, virDomainChrSource, NULL, name)
CASE(ptyCase);
CASE(pathCase);
CASE(nmdmCase);
CASE(udpCase);
CASE(tcpCase);
CASE(unixCase);
CASE(portCase);
CASE(vdagentCase);
#undef CASE
static const virXmlCase sourceCases[] = {
    { VIR_DOMAIN_CHR_PTY, &ptyCaseXml },   { VIR_DOMAIN_CHR_DEV, &pathCaseXml },        { VIR_DOMAIN_CHR_FILE, &pathCaseXml },
    { VIR_DOMAIN_CHR_PIPE, &pathCaseXml }, { VIR_DOMAIN_CHR_NMDM, &nmdmCaseXml },       { VIR_DOMAIN_CHR_UDP, &udpCaseXml },
    { VIR_DOMAIN_CHR_TCP, &tcpCaseXml },   { VIR_DOMAIN_CHR_UNIX, &unixCaseXml },       { VIR_DOMAIN_CHR_SPICEPORT, &portCaseXml },
    { VIR_DOMAIN_CHR_DBUS, &portCaseXml }, { VIR_DOMAIN_CHR_QEMU_VDAGENT, &vdagentCaseXml }, { 0 }
};
/* UDP has a source for each direction. */
static bool countSources(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    unsigned int n = 0, most = ((virDomainChrSource *)obj)->type == VIR_DOMAIN_CHR_UDP ? 2 : 1;
    for (xmlNode *child = virXmlChild(node, "source"); child; child = virXmlNext(child, "source"))
        n++;
    if (n <= most)
        return true;
    virXmlErrorAt(error, node, ctx->from, VIR_ERR_XML_ERROR, "only %s allowed for character device",
                  most == 1 ? "one source element is" : "two source elements are");
    return false;
}
static const virXmlHook sourceCount = { .parse = countSources, .rng = "" };

static const virXmlRow chrSourceRows[] = {
    X_HOOK(".", &sourceCount, XF_NOFORMAT),
    X_UNION(".", type, virDomainChrType, sourceCases, XF_ABI),
    X_STR("log/@file", logFile, 0),
    X_ONOFF("log/@append", logAppend, 0),
    X_END
};
X_TYPE(virDomainChrSource, NULL, chrSourceRows);
#undef S

static void initChr(virDomainChrDef *chr, virDomainChrDevice device)
{
    chr->device = device;
    chr->source.type = VIR_DOMAIN_CHR_PTY;
}
static void initSerial(void *obj) { initChr(obj, VIR_DOMAIN_CHR_DEVICE_SERIAL); }
static void initParallel(void *obj) { initChr(obj, VIR_DOMAIN_CHR_DEVICE_PARALLEL); }
static void initConsole(void *obj) { initChr(obj, VIR_DOMAIN_CHR_DEVICE_CONSOLE); }
static void initChannel(void *obj) { initChr(obj, VIR_DOMAIN_CHR_DEVICE_CHANNEL); }

#define S virDomainChrDef
#define TYPE_ROW \
    X_ENUM("@type", source.type, virDomainChrType, XF_ALWAYS | XF_WANTED, .bad = "unknown type presented to host for character device: %s")
#define UNKNOWN_TARGET .bad = "unknown target type '%s' specified for character device"
#define BAD_PORT .bad = "Invalid port number: %s", .code = VIR_ERR_XML_ERROR
static const virXmlRow serialRows[] = {
    TYPE_ROW,
    X_INLINE(".", source, virDomainChrSource, 0),
    X_ENUM("target/@type", serialTarget, virDomainChrSerialTarget, XF_ABI, UNKNOWN_TARGET),
    X_UINT("target/@port", port, XF_ABI, X_HAS(hasPort), BAD_PORT),
    X_ENUM("target/model/@name", serialModel, virDomainChrSerialModel, XF_ABI, .bad = "unknown target model '%s' specified for character device"),
    X_INLINE(".", info, virDeviceInfo, XF_ABI),
    X_END
};
X_TYPE_AS(virDomainSerialXml, virDomainChrDef, "serial", serialRows, .init = initSerial);

static const virXmlRow parallelRows[] = {
    TYPE_ROW,
    X_INLINE(".", source, virDomainChrSource, 0),
    X_UINT("target/@port", port, XF_ABI, X_HAS(hasPort), BAD_PORT),
    X_INLINE(".", info, virDeviceInfo, XF_ABI),
    X_END
};
X_TYPE_AS(virDomainParallelXml, virDomainChrDef, "parallel", parallelRows, .init = initParallel);

static const virXmlRow consoleRows[] = {
    TYPE_ROW,
    X_STR("@tty", tty, XF_LIVE),
    X_INLINE(".", source, virDomainChrSource, 0),
    X_ENUM("target/@type", consoleTarget, virDomainChrConsoleTarget, XF_ABI, UNKNOWN_TARGET),
    X_UINT("target/@port", port, XF_ABI, X_HAS(hasPort), BAD_PORT),
    X_INLINE(".", info, virDeviceInfo, XF_ABI),
    X_END
};
X_TYPE_AS(virDomainConsoleXml, virDomainChrDef, "console", consoleRows, .init = initConsole);

static const virXmlRow channelRows[] = {
    TYPE_ROW,
    X_INLINE(".", source, virDomainChrSource, 0),
    X_ENUM("target/@type", channelTarget, virDomainChrChannelTarget, XF_ABI, UNKNOWN_TARGET),
    X_STR("target/@address", address, XF_ABI),
    X_UINT("target/@port", port, XF_ABI, X_HAS(hasPort), BAD_PORT),
    X_STR("target/@name", name, XF_ABI),
    X_ENUM("target/@state", state, virDomainChrState, XF_LIVE),
    X_INLINE(".", info, virDeviceInfo, XF_ABI),
    X_END
};
X_TYPE_AS(virDomainChannelXml, virDomainChrDef, "channel", channelRows, .init = initChannel);
#undef S
