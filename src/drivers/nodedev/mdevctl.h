/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mediated devices through mdevctl, which keeps their definitions and makes them. Its errors are passed on. Threads that may block. */
#pragma once

#include "model/nodedev.h"

/* What mdevctl knows of one device. */
typedef struct {
    char *parent;               /* as mdevctl names it: "0000:00:02.0" */
    virNodeDeviceDef *def;      /* complete but for the parent's name */
    bool autostart;
} virMdevctlDevice;
void virMdevctlDeviceFree(virMdevctlDevice *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virMdevctlDevice, virMdevctlDeviceFree)

/* mdev_UUID_PARENT */
char *virMdevctlName(const unsigned char uuid[16], const char *parent);

bool virMdevctlExists(void);
/* For tests: how long it may take. */
void virMdevctlSetDeadline(int ms);
/* virMdevctlDevice of each definition. NULL: mdevctl failed, was late, or said something that it should not. */
GPtrArray *virMdevctlList(GError **error);
/* The same from its words. */
GPtrArray *virMdevctlParse(const char *json, GError **error);
/* What is handed to it on its standard input. */
char *virMdevctlJson(const virNodeCap *cap, bool autostart);

/* `cap` is the device's capability, `parent` its parent's address (NULL: its UUID is the only one of its kind). Without a UUID mdevctl
 * chooses one, in *uuid (may be given). */
bool virMdevctlDefine(const virNodeCap *cap, const char *parent, unsigned char uuid[16], GError **error);
bool virMdevctlCreate(const virNodeCap *cap, const char *parent, unsigned char uuid[16], GError **error);
bool virMdevctlStart(const virNodeCap *cap, const char *parent, GError **error);
bool virMdevctlStop(const virNodeCap *cap, GError **error);
bool virMdevctlUndefine(const virNodeCap *cap, const char *parent, GError **error);
bool virMdevctlAutostart(const virNodeCap *cap, const char *parent, bool on, GError **error);
bool virMdevctlModify(const virNodeCap *cap, const char *parent, bool live, bool config, bool autostart, GError **error);
