/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What no grammar made from the rows of networks and ports says: presence and exclusion. */
#pragma once

#include "xml/engine.h"

/* NULL, or what is wrong with the element or one in it. */
const char *virNetworkStrict(xmlNode *node);
