/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Character devices: their host side (virDomainChrSource) and serial, parallel, console, channel. */
#pragma once

#include "model/device-info.h"

typedef struct {
    virDomainChrType type;
    char *path;                         /* pty, dev, file, pipe, unix */
    virTristateSwitch append;           /* file */
    virDomainChrMode mode;              /* tcp, unix: BIND listens, CONNECT connects */
    char *host, *service;               /* tcp; udp: where to connect */
    char *bindHost, *bindService;       /* udp: where to listen */
    virDomainChrProtocol protocol;      /* tcp */
    virTristateBool tls;
    bool tlsFromConfig;                 /* status file: the host's configuration decided tls */
    virTristateBool reconnect;          /* tcp, unix */
    unsigned int reconnectTimeout;
    char *channel;                      /* spiceport, dbus */
    virDomainSpicevmcChannel spicevmc;
    char *master, *slave;               /* nmdm */
    virTristateBool clipboard;          /* qemu-vdagent */
    virDomainMouseMode mouse;
    VIR_LIST(virDeviceSeclabel) seclabels;
    char *logFile;
    virTristateSwitch logAppend;
} virDomainChrSource;

typedef enum {
    VIR_DOMAIN_CHR_DEVICE_PARALLEL,
    VIR_DOMAIN_CHR_DEVICE_SERIAL,
    VIR_DOMAIN_CHR_DEVICE_CONSOLE,
    VIR_DOMAIN_CHR_DEVICE_CHANNEL,
} virDomainChrDevice;

/* One struct for the four elements; which target members count depends on `device`. */
typedef struct {
    virDomainChrDevice device;          /* not in the document: which list it is in */
    virDomainChrSource source;
    char *tty;                          /* live <console tty=''>, a copy of source.path */
    virDomainChrSerialTarget serialTarget;
    virDomainChrSerialModel serialModel;
    virDomainChrConsoleTarget consoleTarget;
    virDomainChrChannelTarget channelTarget;
    unsigned int port;                  /* serial, parallel, console, guestfwd */
    bool hasPort;
    char *name;                         /* channel: virtio, xen */
    char *address;                      /* channel: guestfwd */
    virDomainChrState state;            /* channel, live: is the guest's end open? */
    virDeviceInfo info;
} virDomainChrDef;
