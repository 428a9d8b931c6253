/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the module beside the library that this is part of, in a build folder where it was made, else where it is installed. */
#define VIR_FROM VIR_FROM_XML
#include "xml/library.h"
#include <dlfcn.h>
#include "base/error.h"

static char *modulePath(void)
{
    static const char *const built[] = { VIR_XML_MODULE, "../xml/" VIR_XML_MODULE, "../../src/xml/" VIR_XML_MODULE };
    Dl_info info;
    if (dladdr((void *)(gsize)virXmlLibraryLoad, &info) && info.dli_fname) {
        g_autofree char *own = g_path_get_dirname(info.dli_fname);
        for (guint i = 0; i < G_N_ELEMENTS(built); i++) {
            g_autofree char *path = g_build_filename(own, built[i], NULL);
            if (g_file_test(path, G_FILE_TEST_EXISTS))
                return g_steal_pointer(&path);
        }
    }
    return g_build_filename(VIR_PRIVATELIBDIR, VIR_XML_MODULE, NULL);
}

static const virXmlLibrary *library;

const virXmlLibrary *virXmlLibraryLoad(GError **error)
{
    static GMutex mutex;
    if (G_LIKELY(g_atomic_pointer_get(&library)))
        return library;
    g_mutex_lock(&mutex);
    if (!library) {
        g_autofree char *path = modulePath();
        void *handle = dlopen(path, RTLD_NOW | RTLD_NODELETE);
        const virXmlLibrary *found = handle ? dlsym(handle, "virXmlModule") : NULL;
        if (!found)
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "documents cannot be read: %s", dlerror());
        else if (found->size != sizeof(virXmlLibrary))
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "documents cannot be read: %s is of another version than this program; start it again", path);
        else {
            found->xmlInitParser();
            g_atomic_pointer_set(&library, found);
        }
    }
    g_mutex_unlock(&mutex);
    return library;
}

const virXmlLibrary *virXmlLib(void)
{
    const virXmlLibrary *found = virXmlLibraryLoad(NULL);
    if (G_UNLIKELY(!found))
        g_error("libxml2 cannot be loaded");
    return found;
}
