/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modules of the shell: beside its program while it is being built, else in their own folder, found from the program's place first. */
#include "module.h"
#include <dlfcn.h>

static char *pathOf(const char *name)
{
    g_autofree char *file = g_strdup_printf("virsh-%s.so", name), *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = self ? g_path_get_dirname(self) : NULL;
    static const char *const places[] = { "", VIRSH_MODULES_BESIDE };
    for (guint i = 0; folder && i < G_N_ELEMENTS(places); i++) {
        g_autofree char *path = g_build_filename(folder, places[i], file, NULL);
        if (g_file_test(path, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&path);
    }
    return g_build_filename(VIRSH_MODULES, file, NULL);
}

void *shellModule(Shell *sh, const char *name, const char *function)
{
    g_autofree char *path = pathOf(name);
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL), *found = module ? dlsym(module, function) : NULL;
    if (!found)
        shellError(sh, "cannot load %s: %s", path, dlerror());
    return found;
}
