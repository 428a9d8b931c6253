/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks of the xl dialect: "target,format,vdev,access" by position, each of which may be left out, then or instead "key=value". What
 * follows "target=" is the target to the end of the text. Old prefixes of a target ("phy:", "tap:qcow2:") are read, not written.
 */
#define VIR_FROM VIR_FROM_XEN
#include "native/xen-xl.h"
#include "base/error.h"
#include <string.h>

typedef struct {
    char *target, *format, *vdev, *access, *backend;
    bool cdrom, empty, prefixed;
} Disk;

static void diskClear(Disk *d)
{
    g_free(d->target);
    g_free(d->format);
    g_free(d->vdev);
    g_free(d->access);
    g_free(d->backend);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Disk, diskClear)

static bool setWord(char **place, const char *word)
{
    g_free(*place);
    *place = g_strdup(word);
    return true;
}

static bool setOption(Disk *d, const char *key, const char *value)
{
    static const char *const ignored[] = { "backend", "script", "colo-host", "colo-port", "colo-export", "active-disk", "hidden-disk", NULL };
    if (g_str_equal(key, "format"))
        return setWord(&d->format, value);
    if (g_str_equal(key, "vdev"))
        return setWord(&d->vdev, value);
    if (g_str_equal(key, "access"))
        return setWord(&d->access, value);
    if (g_str_equal(key, "backendtype"))
        return setWord(&d->backend, value);
    if (g_str_equal(key, "devtype")) {
        d->cdrom = g_str_equal(value, "cdrom");
        return d->cdrom || g_str_equal(value, "disk");
    }
    return g_strv_contains(ignored, key);
}

/* The old prefixes make the format known, so that it isn't the next word. */
static void setTarget(Disk *d, const char *text)
{
    static const char *const formats[] = { "raw:", "qcow:", "qcow2:", "vhd:", "aio:", "phy:", "file:", "tap:", "tap2:" };
    for (bool more = true; more;) {
        more = false;
        for (guint i = 0; i < G_N_ELEMENTS(formats) && !more; i++) {
            if (!g_str_has_prefix(text, formats[i]))
                continue;
            more = d->prefixed = true;
            g_autofree char *word = g_strndup(formats[i], strlen(formats[i]) - 1);
            setWord(&d->format, i < 4 ? word : "raw");
            text += strlen(formats[i]);
        }
    }
    const char *colon = strchr(text, ':');              /* "drbd:name": a script finds the device */
    if (!d->prefixed && colon && colon > text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789") == (size_t)(colon - text)) {
        d->prefixed = true;
        text = colon + 1;
    }
    setWord(&d->target, text);
}

static bool setPosition(Disk *d, int *at, const char *word)
{
    switch ((*at)++) {
    case 0:
        setTarget(d, word);
        *at += d->prefixed;
        return true;
    case 1:
        return setWord(&d->format, word);
    case 2:
        return setWord(&d->vdev, word);
    case 3:
        return setWord(&d->access, word);
    default:
        return false;
    }
}

static bool scan(Disk *d, const char *text)
{
    static const char *const flags[] = { "cdrom", "discard", "no-discard", "direct-io-safe", "colo", "no-colo", NULL };
    bool named = false;
    int at = 0;
    for (const char *p = text; *p;) {
        p += strspn(p, " \t");
        if (g_str_has_prefix(p, "target=")) {
            setWord(&d->target, p + strlen("target="));
            d->prefixed = false;
            return true;
        }
        size_t n = strcspn(p, ",");
        g_autofree char *word = g_strndup(p, n);
        g_strchomp(word);
        char *eq = strchr(word, '=');
        p += n + (p[n] == ',');
        bool key = eq && strspn(word, "abcdefghijklmnopqrstuvwxyz-") == (size_t)(eq - word);
        if (g_strv_contains(flags, word)) {
            d->cdrom |= g_str_equal(word, "cdrom");
            named = true;
        } else if (key) {
            *eq = 0;
            named = true;
            if (!setOption(d, word, eq + 1))
                return false;
        } else if (*word || !named) {
            if (named || !setPosition(d, &at, word))
                return false;
        }
    }
    return true;
}

/* Of several the last counts. */
static void replace(char **text, const char *with)
{
    g_free(*text);
    *text = g_strdup(with);
}

/* "pool/image:id=user:mon_host=a\:6789;b" with the backslashes doubled */
static void readRbd(virStorageSource *s, const char *text)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (; *text; text++)                               /* separators become newlines, escaped ones themselves */
        if (*text == '\\') {
            while (text[1] == '\\')
                text++;
            if (text[1])
                g_string_append_c(all, *++text);
        } else {
            g_string_append_c(all, *text == ':' ? '\n' : *text == ';' ? ' ' : *text);
        }
    g_strdelimit(all->str, ";", ' ');
    g_auto(GStrv) words = g_strsplit(all->str, "\n", -1);
    s->type = VIR_STORAGE_NETWORK;
    s->protocol = VIR_STORAGE_PROTOCOL_RBD;
    s->name = g_strdup(words[0] ? words[0] : "");
    for (char **word = words + 1; words[0] && *word; word++) {
        if (g_str_has_prefix(*word, "id=")) {
            if (!s->auth)
                s->auth = g_new0(virStorageAuth, 1);
            replace(&s->auth->username, *word + strlen("id="));
            replace(&s->auth->secret.type, "ceph");
        } else if (g_str_has_prefix(*word, "conf=")) {
            replace(&s->configFile, *word + strlen("conf="));
        } else if (g_str_has_prefix(*word, "mon_host=")) {
            g_auto(GStrv) hosts = g_strsplit(*word + strlen("mon_host="), " ", -1);
            for (char **h = hosts; *h; h++) {
                virStorageHost *host = g_new0(virStorageHost, 1);
                char *colon = strrchr(*h, ':');
                host->port = colon ? g_ascii_strtoull(colon + 1, NULL, 10) : 0;
                host->name = colon ? g_strndup(*h, colon - *h) : g_strdup(*h);
                virListAppend(&s->hosts, host);
            }
        }
    }
}

static bool fill(virDomainDiskDef *disk, const Disk *d)
{
    static const char *const formats[] = { "raw", "qcow", "qcow2", "vhd", "qed", "empty", NULL };
    static const char *const accesses[] = { "r", "ro", "w", "rw", NULL };
    static const struct {
        const char *word, *driver;
    } backends[] = { { "phy", "phy" }, { "tap", "tap" }, { "qdisk", "qemu" }, { "", "qemu" } };
    const char *format = d->format && *d->format ? d->format : "raw", *access = d->access && *d->access ? d->access : "rw";
    guint b = 0;
    while (b < G_N_ELEMENTS(backends) && !g_str_equal(backends[b].word, d->backend ? d->backend : ""))
        b++;
    if (!g_strv_contains(formats, format) || !g_strv_contains(accesses, access) || b == G_N_ELEMENTS(backends) || !d->vdev || !*d->vdev)
        return false;
    char *colon = strchr(d->vdev, ':');
    bool cdrom = d->cdrom || (colon && g_str_equal(colon, ":cdrom"));
    disk->device = cdrom ? VIR_DOMAIN_DISK_DEVICE_CDROM : VIR_DOMAIN_DISK_DEVICE_DISK;
    disk->dst = colon ? g_strndup(d->vdev, colon - d->vdev) : g_strdup(d->vdev);
    disk->bus = g_str_has_prefix(disk->dst, "vd") ? VIR_DOMAIN_DISK_BUS_IDE : VIR_DOMAIN_DISK_BUS_UNSET;
    disk->driverName = g_strdup(backends[b].driver);
    disk->readonly = cdrom || access[0] == 'r' ? cdrom || !g_str_equal(access, "rw") : false;
    disk->src.format = g_str_equal(format, "empty") ? VIR_STORAGE_FORMAT_RAW : (virStorageFormat)virStorageFormatFromString(format);
    disk->src.type = b == 0 ? VIR_STORAGE_BLOCK : VIR_STORAGE_FILE;
    if (d->target && g_str_has_prefix(d->target, "rbd:") && !d->prefixed)
        readRbd(&disk->src, d->target + strlen("rbd:"));
    else
        disk->src.path = g_strdup(d->target);
    disk->hasSource = d->target != NULL;
    return true;
}

bool virXenReadXlDisks(virXenReader *r)
{
    g_autoptr(GPtrArray) all = virXenStrings(r->config, "disk");
    for (guint i = 0; i < all->len; i++) {
        g_auto(Disk) d = { 0 };
        virDomainDiskDef *disk = g_new0(virDomainDiskDef, 1);
        virListAppend(&r->def->disks, disk);
        if (scan(&d, all->pdata[i]) && fill(disk, &d))
            continue;
        virErrorSet(r->error, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, "cannot parse the disk '%s': expected TARGET,FORMAT,VDEV,ACCESS or KEY=VALUE,…",
                    (char *)all->pdata[i]);
        return false;
    }
    return true;
}

/* ---- the other way ---- */

static void addTarget(GString *out, const virStorageSource *s)
{
    if (s->type == VIR_STORAGE_NETWORK && s->protocol == VIR_STORAGE_PROTOCOL_RBD) {
        g_string_append_printf(out, ",target=rbd:%s:auth_supported=none", s->name);
        for (unsigned int i = 0; i < s->hosts.n; i++) {
            const virStorageHost *h = s->hosts.v[i];
            g_string_append_printf(out, "%s%s", i ? "\\\\;" : ":mon_host=", h->name);
            if (h->port)
                g_string_append_printf(out, "\\\\:%u", h->port);
        }
        if (s->configFile)
            g_string_append_printf(out, ":conf=%s", s->configFile);
    } else if (s->path) {
        g_string_append_printf(out, ",target=%s", s->path);
    }
}

void virXenWriteXlDisks(virXenWriter *w)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
    for (unsigned int i = 0; i < w->def->disks.n; i++) {
        const virDomainDiskDef *d = w->def->disks.v[i];
        if (d->device == VIR_DOMAIN_DISK_DEVICE_FLOPPY)
            continue;
        GString *out = g_string_new(NULL);
        g_string_append_printf(out, "format=%s,vdev=%s,access=%s", d->src.format ? virStorageFormatToString(d->src.format) : "raw", d->dst,
                               d->readonly ? "ro" : d->shareable ? "!" : "rw");
        if (d->driverName)
            g_string_append_printf(out, ",backendtype=%s", g_str_equal(d->driverName, "phy") ? "phy" : g_str_equal(d->driverName, "tap") ? "tap" : "qdisk");
        if (d->device == VIR_DOMAIN_DISK_DEVICE_CDROM)
            g_string_append(out, ",devtype=cdrom");
        addTarget(out, &d->src);
        g_ptr_array_add(all, g_string_free(out, FALSE));
    }
    virXenPutList(w->out, "disk", all);
}
