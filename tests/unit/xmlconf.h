/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parse configurations of the tests: a "test" driver and a QEMU 7.2 with x86 guests. */
#pragma once
#include "model/domain-conf.h"
const virDomainParseConfig *virTestTestConfig(void);
const virDomainParseConfig *virTestQemuConfig(void);
