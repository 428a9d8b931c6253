/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pci.ids: "8086  Maker", below it "\t1502  Product", below that subsystems. It is mapped and searched, not read as a whole. */
#include "host/hwnames.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static GMutex mutex;
static GMappedFile *file;
static GArray *vendors;             /* Vendor, by number */
static bool tried;

typedef struct { unsigned int id; const char *line; } Vendor;

static const char *const places[] = { "/usr/share/hwdata/pci.ids", "/usr/share/misc/pci.ids", NULL };

static int compareVendors(const void *a, const void *b)
{
    unsigned int x = ((const Vendor *)a)->id, y = ((const Vendor *)b)->id;
    return x < y ? -1 : x > y;
}

static const char *lineEnd(const char *line, const char *end)
{
    const char *stop = memchr(line, '\n', end - line);
    return stop ? stop : end;
}

/* The number that a line begins with; false for comments, classes and everything else. */
static bool idOf(const char *line, const char *stop, unsigned int *id)
{
    *id = 0;
    if (stop - line < 6 || line[4] != ' ' || line[5] != ' ')
        return false;
    for (int i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(line[i]);
        if (digit < 0)
            return false;
        *id = *id * 16 + digit;
    }
    return true;
}

static const char *fileEnd(void)
{
    return g_mapped_file_get_contents(file) + g_mapped_file_get_length(file);
}

static void indexVendors(void)
{
    const char *line = g_mapped_file_get_contents(file), *end = fileEnd();
    vendors = g_array_new(FALSE, FALSE, sizeof(Vendor));
    while (line && line < end) {
        const char *stop = lineEnd(line, end);
        Vendor vendor = { .line = line };
        if (idOf(line, stop, &vendor.id))
            g_array_append_val(vendors, vendor);
        else if (line[0] == 'C' && line[1] == ' ')
            break;                  /* classes of devices follow */
        line = stop + 1;
    }
    g_array_sort(vendors, compareVendors);
    madvise(g_mapped_file_get_contents(file), g_mapped_file_get_length(file), MADV_DONTNEED);   /* a few pages of it come back */
}

/* `mutex` is held. */
static bool load(const char *path)
{
    file = g_mapped_file_new(path, FALSE, NULL);
    if (file)
        indexVendors();
    return file != NULL;
}

static bool ready(void)
{
    for (int i = 0; !tried && places[i]; i++)
        if (load(places[i]))
            break;
    tried = true;
    return file != NULL;
}

void virHostPCINamesFrom(const char *path)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&mutex);
    g_clear_pointer(&file, g_mapped_file_unref);
    g_clear_pointer(&vendors, g_array_unref);
    tried = path != NULL;
    if (path)
        load(path);
}

static const Vendor *findVendor(unsigned int id)
{
    Vendor key = { .id = id };
    return ready() ? bsearch(&key, vendors->data, vendors->len, sizeof(Vendor), compareVendors) : NULL;
}

static char *nameAt(const char *text, const char *stop)
{
    g_autofree char *name = g_strndup(text, stop - text);
    return g_utf8_validate(name, -1, NULL) ? g_strdup(g_strstrip(name)) : g_utf8_make_valid(g_strstrip(name), -1);
}

char *virHostPCIVendorName(unsigned int id)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&mutex);
    const Vendor *vendor = findVendor(id);
    return vendor ? nameAt(vendor->line + 6, lineEnd(vendor->line, fileEnd())) : NULL;
}

char *virHostPCIProductName(unsigned int id, unsigned int product)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&mutex);
    const Vendor *vendor = findVendor(id);
    if (!vendor)
        return NULL;
    const char *end = fileEnd();
    for (const char *line = lineEnd(vendor->line, end) + 1; line < end; line = lineEnd(line, end) + 1) {
        unsigned int have;
        const char *stop = lineEnd(line, end);
        if (*line != '\t' && *line != '#')
            break;                  /* the next maker */
        if (*line == '\t' && idOf(line + 1, stop, &have) && have == product)
            return nameAt(line + 7, stop);
    }
    return NULL;
}
