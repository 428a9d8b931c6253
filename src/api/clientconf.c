/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See clientconf.h. */
#define VIR_FROM VIR_FROM_CONF
#define VIR_LOG_NAME "connect"
#include "src/api/clientconf.h"
#include "base/error.h"
#include "base/log.h"
#include <string.h>
#include <unistd.h>

virConf *virClientConfig(const char *filename, GError **error)
{
    const char *dir = geteuid() == 0 ? VIR_SYSCONFDIR : g_get_user_config_dir();
    g_autofree char *path = g_build_filename(dir, "libvirt", filename, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS) ? virConfLoad(path, error) : virConfParse("", 0, path, error);
}

char *virClientConfigString(const char *key)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(virConf) conf = virClientConfig("libvirt.conf", &error);
    char *value = NULL;
    if (!conf || !virConfGetString(conf, key, &value, &error))
        virWarn("%s", error->message);
    return value;
}

#define ALIAS_CHARS G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-"

char *virClientConfigAlias(virConf *conf, const char *name, GError **error)
{
    g_auto(GStrv) aliases = NULL;
    gsize len = strlen(name);
    if (strspn(name, ALIAS_CHARS) != len)
        return g_strdup(name);
    if (!virConfGetList(conf, "uri_aliases", &aliases, error))
        return NULL;
    for (char **a = aliases; a && *a; a++) {
        const char *eq = strchr(*a, '=');
        if (!eq || strspn(*a, ALIAS_CHARS) != (gsize)(eq - *a)) {
            virSetError(error, VIR_ERR_CONF_SYNTAX, "Malformed 'uri_aliases' config entry '%s', expected 'alias=uri://host/path', where the "
                        "alias consists of a-Z, 0-9, _ and -", *a);
            return NULL;
        }
        if ((gsize)(eq - *a) == len && strncmp(*a, name, len) == 0)
            return g_strdup(eq + 1);
    }
    return g_strdup(name);
}
