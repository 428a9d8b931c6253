/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a hypervisor asks the agent in a guest. The calls are made for running guests on a thread that may block and without the domain's
 * actor: an agent that does not answer holds up nobody who does not want to hear of it. Flags are checked already. Members may be NULL.
 */
#pragma once

#include "engine/hypervisor.h"

struct _virGuestCalls {
    bool (*connected)(virDomainObj *obj);                                       /* would it listen now? never waits */
    bool (*power)(virDomainObj *obj, bool reboot, GError **error);              /* off, or off and on */
    char *(*command)(virDomainObj *obj, const char *command, int timeout, GError **error);
    bool (*setTimeout)(virDomainObj *obj, int timeout, GError **error);         /* also of a guest that does not run */
    int (*fsFreeze)(virDomainObj *obj, const char **mountpoints, unsigned int n, GError **error);
    int (*fsThaw)(virDomainObj *obj, GError **error);
    bool (*fsTrim)(virDomainObj *obj, unsigned long long minimum, GError **error);
    int (*fsInfo)(virDomainObj *obj, virDomainFSInfoPtr **info, GError **error);
    bool (*getTime)(virDomainObj *obj, long long *seconds, unsigned int *nseconds, GError **error);
    bool (*setTime)(virDomainObj *obj, long long seconds, unsigned int nseconds, bool sync, GError **error);
    bool (*setPassword)(virDomainObj *obj, const char *user, const char *password, bool encrypted, GError **error);
    bool (*vcpus)(virDomainObj *obj, virTypedParamList *list, GError **error);
    bool (*setVcpus)(virDomainObj *obj, const virBitmap *cpus, bool online, GError **error);
    int (*countVcpus)(virDomainObj *obj, bool maximum, GError **error);
    bool (*adjustVcpus)(virDomainObj *obj, unsigned int n, GError **error);     /* so many online */
    char *(*hostname)(virDomainObj *obj, GError **error);                       /* NULL without an error: it has none */
    int (*interfaces)(virDomainObj *obj, virDomainInterfacePtr **ifaces, GError **error);
    unsigned int infoTypes;                                                     /* virDomainGuestInfoTypes that it knows */
    bool (*info)(virDomainObj *obj, unsigned int types, bool all, virTypedParamList *list, GError **error);
    int (*sshKeys)(virDomainObj *obj, const char *user, char ***keys, GError **error);
    bool (*setSshKeys)(virDomainObj *obj, const char *user, const char **keys, unsigned int n, unsigned int flags, GError **error);
    bool (*suspend)(virDomainObj *obj, unsigned int target, GError **error);    /* virNodeSuspendTarget */
    bool (*wakeup)(virDomainObj *obj, GError **error);                          /* this one in the actor */
};

/* Power off or reboot as the flags say: 1 when the agent does it, 0 when it is the hypervisor's turn, -1 on failure. */
int virGuestPower(virDomainPtr domain, bool reboot, unsigned int flags, GError **error);

/* For the calls that are about a guest's CPUs with VIR_DOMAIN_VCPU_GUEST; -1 on failure. */
int virGuestCountVcpus(virDomainPtr domain, unsigned int flags, GError **error);
int virGuestAdjustVcpus(virDomainPtr domain, unsigned int n, unsigned int flags, GError **error);
