/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the processor itself says: CPUID, model specific registers, its clock. */
#pragma once

#include "host/host.h"

/* False when the leaf or the register does not exist here. `regs`: EAX, EBX, ECX, EDX. `opaque` is a virHost. */
bool virHostCpuRead(gpointer opaque, bool msr, guint32 index, guint32 sub, guint32 regs[4]);
/* Frequency of the time stamp counter as KVM tells it, and whether it can show guests another; false without KVM. */
bool virHostTsc(const virHost *host, unsigned long long *hz, bool *scaling);
