/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The documents that describe host and emulators to clients. */
#pragma once

#include "drivers/qemu/caps.h"
#include "host/host.h"
#include "model/domain-enums.h"

typedef struct {
    const virHost *host;
    qemuCapsCache *cache;
    bool privileged;
    uid_t uid;
    gid_t gid;
    unsigned char hostUuid[16];
} qemuDocumentContext;

/* What a question about an emulator is about. */
typedef struct {
    virArch arch;
    bool kvm;
    const qemuMachine *machine;         /* of the capabilities returned */
} qemuChoice;
/* The emulator asked for; anything NULL: this host's default. */
qemuCaps *qemuChoose(qemuCapsCache *cache, const char *emulator, const char *arch, const char *machine, const char *type, qemuChoice *choice,
                     GError **error);

char *qemuHostCapabilities(const qemuDocumentContext *ctx);
/* Anything NULL: this host's default. */
char *qemuDomainCapabilities(const qemuDocumentContext *ctx, const char *emulator, const char *arch, const char *machine, const char *virttype,
                             GError **error);
