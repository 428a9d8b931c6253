/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Log messages. Where they go and from which level is decided by LIBVIRT_DEBUG, LIBVIRT_LOG_FILTERS and
 * LIBVIRT_LOG_OUTPUTS, or by the daemon's configuration. A file names itself: #define VIR_LOG_NAME "qemu.monitor"
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { VIR_LOG_DEBUG = 1, VIR_LOG_INFO, VIR_LOG_WARN, VIR_LOG_ERROR } virLogPriority;

extern int virLogLowest;        /* no filter lets anything below this pass: the cheap test before formatting */

#define virLogAt(prio, ...) \
    do { \
        if ((int)(prio) >= virLogLowest) \
            virLogWrite(VIR_LOG_NAME, prio, __func__, __LINE__, __VA_ARGS__); \
    } while (0)
#define virDebug(...) virLogAt(VIR_LOG_DEBUG, __VA_ARGS__)
#define virInfo(...) virLogAt(VIR_LOG_INFO, __VA_ARGS__)
#define virWarn(...) virLogAt(VIR_LOG_WARN, __VA_ARGS__)
#define virLogError(...) virLogAt(VIR_LOG_ERROR, __VA_ARGS__)

void virLogWrite(const char *name, virLogPriority prio, const char *func, int line, const char *format, ...)
    G_GNUC_PRINTF(5, 6);
/* "1:qemu 3:rpc" and "1:file:/x 3:stderr 2:syslog:libvirtd 1:journald". False and an error for bad syntax. */
bool virLogSetFilters(const char *filters, GError **error);
bool virLogSetOutputs(const char *outputs, GError **error);
bool virLogSetLevel(int level, GError **error);
char *virLogGetFilters(void);
char *virLogGetOutputs(void);
void virLogFromEnvironment(void);
