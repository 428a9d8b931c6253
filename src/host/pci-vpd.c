/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Vital product data: resources, one behind the other, each a tag, a length and bytes: the product's name, read-only fields, fields
 * that may be written, the end. A device hands them out slowly, so no more is read than they say there is. See pci.h.
 */
#define VIR_FROM VIR_FROM_NONE
#include "host/pci.h"
#include "base/error.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { TAG_LARGE = 0x80, TAG_NAME = 0x82, TAG_READ_ONLY = 0x90, TAG_READ_WRITE = 0x91, TAG_END = 0x0f, MOST = 0x8000 };

typedef struct {
    int fd;
    const char *device, *path;
    unsigned int at;                            /* what was read so far … */
    unsigned char sum;                          /* … and the sum of it */
} virVpdReader;

static bool readBytes(virVpdReader *r, unsigned char *bytes, gsize n, GError **error)
{
    for (gsize done = 0; done < n;) {
        ssize_t got = r->at + n <= MOST ? pread(r->fd, bytes + done, n - done, r->at + done) : 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            virSetSystemError(error, errno, "Failed to read the VPD of PCI device %s from %s", r->device, r->path);
            return false;
        }
        if (got == 0) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "the VPD of PCI device %s is malformed: it ends before its end tag", r->device);
            return false;
        }
        done += got;
    }
    r->at += n;
    return true;
}

static void addUp(virVpdReader *r, const unsigned char *bytes, gsize n)
{
    while (n-- > 0)
        r->sum += *bytes++;
}

/* What the schema lets a value be: letters, and ASCII from the space to the underscore. */
static bool valueIsText(const unsigned char *bytes, gsize n)
{
    for (gsize i = 0; i < n; i++)
        if (!((bytes[i] >= ' ' && bytes[i] <= '_') || g_ascii_isalpha(bytes[i])))
            return false;
    return true;
}

static bool malformed(const virVpdReader *r, const char *what, GError **error)
{
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "the VPD of PCI device %s is malformed: %s", r->device, what);
    return false;
}

/* Fields of one section. `sumBefore`: of all bytes before it. */
static bool readFields(const virVpdReader *r, const unsigned char *bytes, gsize n, bool readOnly, unsigned char sumBefore, GArray *fields,
                       GError **error)
{
    unsigned char sum = sumBefore;
    gsize at = 0;
    while (at + 3 <= n) {
        const unsigned char *f = bytes + at;
        gsize len = f[2];
        if (!(g_ascii_isupper(f[0]) || g_ascii_isdigit(f[0])) || !(g_ascii_isupper(f[1]) || g_ascii_isdigit(f[1])))
            return malformed(r, "a field's keyword is not two capital letters or digits", error);
        if (at + 3 + len > n)
            return malformed(r, "a field is longer than its section", error);
        if (readOnly && f[0] == 'R' && f[1] == 'V') {
            for (gsize i = 0; i < at + 4 && len > 0; i++)
                sum += bytes[i];
            return len > 0 && sum == 0 ? true : malformed(r, "the checksum of the read-only section is wrong", error);
        }
        if (!readOnly && f[0] == 'R' && f[1] == 'W')
            return true;                        /* the room that is left */
        bool binary = f[0] == 'C' && f[1] == 'P';
        if (!binary && valueIsText(f + 3, len)) {
            virHostPCIVPDField field = { { f[0], f[1], 0 }, g_strndup((const char *)f + 3, len) };
            g_array_append_val(fields, field);
        }
        at += 3 + len;
    }
    if (readOnly)
        return malformed(r, "the read-only section has no checksum", error);
    return at == n ? true : malformed(r, "bytes are left behind the last field of a section", error);
}

static void fieldClear(gpointer field)
{
    g_free(((virHostPCIVPDField *)field)->value);
}

/* One resource. 1; 0: it was the end; -1: an error. */
static int readResource(virVpdReader *r, virHostPCIVPD *vpd, GError **error)
{
    unsigned char tag, size[2];
    if (!readBytes(r, &tag, 1, error))
        return -1;
    if (!(tag & TAG_LARGE)) {
        if (tag >> 3 != TAG_END)
            malformed(r, "it has a resource of an unknown kind", error);
        return tag >> 3 == TAG_END ? 0 : -1;
    }
    if (!readBytes(r, size, 2, error))
        return -1;
    addUp(r, &tag, 1);
    addUp(r, size, 2);
    GArray **fields = tag == TAG_READ_ONLY ? &vpd->readOnly : tag == TAG_READ_WRITE ? &vpd->readWrite : NULL;
    if ((tag != TAG_NAME && !fields) || (tag == TAG_NAME ? vpd->name != NULL : *fields != NULL)) {
        malformed(r, "it has a resource of an unknown kind, or one twice", error);
        return -1;
    }
    if (fields && !vpd->name) {
        malformed(r, "it does not begin with the product's name", error);
        return -1;
    }
    gsize len = size[0] | size[1] << 8;
    g_autofree unsigned char *bytes = g_malloc(len + 1);
    unsigned char sumBefore = r->sum;
    if (!readBytes(r, bytes, len, error))
        return -1;
    addUp(r, bytes, len);
    if (fields) {
        *fields = g_array_new(FALSE, TRUE, sizeof(virHostPCIVPDField));
        g_array_set_clear_func(*fields, fieldClear);
        return readFields(r, bytes, len, tag == TAG_READ_ONLY, sumBefore, *fields, error) ? 1 : -1;
    }
    if (!valueIsText(bytes, len)) {
        malformed(r, "the product's name is not text", error);
        return -1;
    }
    vpd->name = g_strndup((const char *)bytes, len);
    return 1;
}

virHostPCIVPD *virHostPCIVPDRead(const virHost *host, const virHostPCIAddress *address, GError **error)
{
    g_autofree char *path = virHostPCIPath(host, address, "vpd"), *device = virHostPCIAddressFormat(address);
    g_auto(virFd) fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int code = errno;
        if (code != ENOENT || !virHostPCIExists(host, address))
            virSetSystemError(error, code, "Failed to open the VPD of PCI device %s, %s", device, path);
        return NULL;
    }
    virVpdReader reader = { .fd = fd, .device = device, .path = path };
    g_autoptr(virHostPCIVPD) vpd = g_new0(virHostPCIVPD, 1);
    int more;
    while ((more = readResource(&reader, vpd, error)) > 0)
        ;
    if (more == 0 && !vpd->name) {
        malformed(&reader, "it does not begin with the product's name", error);
        more = -1;
    }
    return more < 0 ? NULL : g_steal_pointer(&vpd);
}

const char *virHostPCIVPDGet(const GArray *fields, const char *keyword)
{
    for (guint i = 0; fields && i < fields->len; i++) {
        const virHostPCIVPDField *field = &g_array_index(fields, virHostPCIVPDField, i);
        if (g_str_equal(field->keyword, keyword))
            return field->value;
    }
    return NULL;
}

void virHostPCIVPDFree(virHostPCIVPD *vpd)
{
    if (!vpd)
        return;
    g_free(vpd->name);
    g_clear_pointer(&vpd->readOnly, g_array_unref);
    g_clear_pointer(&vpd->readWrite, g_array_unref);
    g_free(vpd);
}
