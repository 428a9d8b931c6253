/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xmlconf.h"
const virDomainParseConfig *virTestTestConfig(void) { static virDomainParseConfig c; return &c; }
const virDomainParseConfig *virTestQemuConfig(void) { static virDomainParseConfig c; return &c; }
