/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between a stream and the thread that reads or writes its file: packets, and the thread. */
#pragma once

#include "drivers/storage/storage.h"

enum { VIR_PACKET_DATA = 64 * 1024 };
/* END of an upload is answered by END once all is written, or by FAILED, which may also come earlier. */
typedef enum { VIR_PACKET_DATA_FOLLOWS = 1, VIR_PACKET_HOLE, VIR_PACKET_END, VIR_PACKET_FAILED } virPacketKind;

typedef struct {
    gsize len;                  /* 0: there is none */
    virPacketKind kind;
    long long hole;
    int code;                   /* errno of FAILED */
    const char *data;
    gsize dataLen;
    char bytes[1 + VIR_PACKET_DATA];
} virPacket;

/* 0; -2: there is no room and it may not wait; -1: errno */
int virPacketSend(int fd, virPacketKind kind, const void *data, gsize len, bool wait);
/* 1; 0: the other end has gone; -2: nothing there and it may not wait */
int virPacketReceive(int fd, virPacket *packet, bool wait);

typedef struct {
    bool upload, sparse;
    unsigned long long offset, length;          /* length 0: all */
    int file, socket;
    virObject *obj;
    char *name;
} virTransferJob;

void virTransferJobFree(virTransferJob *job);
/* The thread: takes the job. It goes on until the stream closes its end. */
void virTransferRun(gpointer job);
