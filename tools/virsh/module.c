/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modules of the shell: beside its program while it is being built, else in their own folder. */
#include "module.h"
#include <dlfcn.h>

static char *pathOf(const char *name)
{
    g_autofree char *file = g_strdup_printf("virsh-%s.so", name), *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = self ? g_path_get_dirname(self) : NULL, *built = folder ? g_build_filename(folder, file, NULL) : NULL;
    return built && g_file_test(built, G_FILE_TEST_EXISTS) ? g_steal_pointer(&built) : g_build_filename(VIRSH_MODULES, file, NULL);
}

void *shellModule(Shell *sh, const char *name, const char *function)
{
    g_autofree char *path = pathOf(name);
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL), *found = module ? dlsym(module, function) : NULL;
    if (!found)
        shellError(sh, "cannot load %s: %s", path, dlerror());
    return found;
}
