/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Migration as programs ask for it. Until a hypervisor can migrate, each form says that it is not supported. */
#define VIR_FROM VIR_FROM_DOMAIN
#include "src/api/check.h"
#include "base/error.h"

/* Checks what every form checks, then refuses: NULL and -1 for the caller. */
static void refuse(virDomainPtr domain, unsigned long flags, const char *func)
{
    GError *error = NULL;

    virEntryBegin(func);
    if (!virCheckHandle(domain, &virDomainClass, VIR_FROM, func, &error)) {
        virErrorDispatch(NULL, error);
        return;
    }
    if (virCheckWritable(domain->conn, VIR_FROM, func, &error) &&
        virCheckExclusive(flags, VIR_MIGRATE_NON_SHARED_DISK, "VIR_MIGRATE_NON_SHARED_DISK", VIR_MIGRATE_NON_SHARED_INC,
                          "VIR_MIGRATE_NON_SHARED_INC", VIR_FROM, &error) &&
        virCheckRequires(flags, VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES, "VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES",
                         VIR_MIGRATE_NON_SHARED_DISK | VIR_MIGRATE_NON_SHARED_INC,
                         "VIR_MIGRATE_NON_SHARED_DISK | VIR_MIGRATE_NON_SHARED_INC", VIR_FROM, &error))
        virNoSupport(VIR_FROM, func, &error);
    virErrorDispatch(domain->conn, error);
}

virDomainPtr virDomainMigrate(virDomainPtr domain, virConnectPtr dconn, unsigned long flags, const char *dname,
                              const char *uri, unsigned long bandwidth)
{
    refuse(domain, flags, __func__);
    return NULL;
}

virDomainPtr virDomainMigrate2(virDomainPtr domain, virConnectPtr dconn, const char *dxml, unsigned long flags,
                               const char *dname, const char *uri, unsigned long bandwidth)
{
    refuse(domain, flags, __func__);
    return NULL;
}

virDomainPtr virDomainMigrate3(virDomainPtr domain, virConnectPtr dconn, virTypedParameterPtr params, unsigned int nparams,
                               unsigned int flags)
{
    refuse(domain, flags, __func__);
    return NULL;
}

int virDomainMigrateToURI(virDomainPtr domain, const char *duri, unsigned long flags, const char *dname,
                          unsigned long bandwidth)
{
    refuse(domain, flags, __func__);
    return -1;
}

int virDomainMigrateToURI2(virDomainPtr domain, const char *dconnuri, const char *miguri, const char *dxml,
                           unsigned long flags, const char *dname, unsigned long bandwidth)
{
    refuse(domain, flags, __func__);
    return -1;
}

int virDomainMigrateToURI3(virDomainPtr domain, const char *dconnuri, virTypedParameterPtr params, unsigned int nparams,
                           unsigned int flags)
{
    refuse(domain, flags, __func__);
    return -1;
}
