/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command lines of qemu-img: one place that knows what a volume's definition means to it. */
#define VIR_FROM VIR_FROM_STORAGE
#include "drivers/storage/storage.h"
#include <string.h>

static char *base(const virStorageVolDef *vol)
{
    return g_strdup_printf("%s_encrypt0", vol->name);
}

/* A comma ends an option's value unless it is doubled. */
static char *escaped(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    return g_strjoinv(",,", parts);
}

static bool isLuks(const virStorageVolDef *vol)
{
    return vol->encryption && (vol->encryption->format == VIR_STORAGE_ENCRYPTION_LUKS || vol->encryption->format == VIR_STORAGE_ENCRYPTION_LUKS2);
}

/* What qemu-img calls the format: a raw volume that is encrypted is a format of its own. */
static const char *formatOf(const virStorageVolDef *vol)
{
    if (vol->type == VIR_STORAGE_VOL_KIND_BLOCK)
        return "raw";
    if (isLuks(vol) && (!vol->format || g_str_equal(vol->format, "raw")))
        return "luks";
    return !vol->format ? "raw" : g_str_equal(vol->format, "iso") ? "raw" : vol->format;
}

/* ---- options ---- */

G_GNUC_PRINTF(2, 3) static void option(GPtrArray *options, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(options, g_strdup_vprintf(format, args));
    va_end(args);
}

static void cipherOptions(GPtrArray *options, const virStorageEncryption *e, const char *prefix)
{
    if (!e->cipherName)
        return;
    g_autofree char *name = escaped(e->cipherName);
    option(options, "%scipher-alg=%s-%u", prefix, name, e->cipherSize);
    if (e->cipherMode)
        option(options, "%scipher-mode=%s", prefix, e->cipherMode);
    if (e->cipherHash)
        option(options, "%shash-alg=%s", prefix, e->cipherHash);
    if (e->ivgenName)
        option(options, "%sivgen-alg=%s", prefix, e->ivgenName);
    if (e->ivgenHash)
        option(options, "%sivgen-hash-alg=%s", prefix, e->ivgenHash);
}

/* In the order that scripts which compare command lines know. */
static char *optionsOf(const virImageTask *task)
{
    const virStorageVolDef *vol = task->vol;
    const char *format = formatOf(vol);
    g_autoptr(GPtrArray) options = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *key = base(vol);
    bool qcow2 = g_str_equal(format, "qcow2");
    if (vol->backingPath && vol->backingFormat)
        option(options, "backing_fmt=%s", vol->backingFormat);
    if (isLuks(vol) && qcow2) {
        option(options, "encrypt.format=luks");
        option(options, "encrypt.key-secret=%s", key);
        cipherOptions(options, vol->encryption, "encrypt.");
    } else if (isLuks(vol) && g_str_equal(format, "luks")) {
        option(options, "key-secret=%s", key);
        cipherOptions(options, vol->encryption, "");
    }
    if (task->preallocate)
        option(options, "preallocation=%s", vol->allocation >= vol->capacity ? "falloc" : "metadata");
    if (vol->nocow)
        option(options, "nocow=on");
    if (qcow2)
        option(options, "compat=%s", vol->compat ? vol->compat : "0.10");
    if (qcow2 && vol->clusterSize)
        option(options, "cluster_size=%llu", vol->clusterSize);
    if (qcow2 && vol->lazyRefcounts)
        option(options, "lazy_refcounts=on");
    if (qcow2 && vol->extendedL2)
        option(options, "extended_l2=on");
    g_ptr_array_add(options, NULL);
    return options->len > 1 ? g_strjoinv(",", (char **)options->pdata) : NULL;
}

/* ---- commands ---- */

static void add(GPtrArray *argv, const char *word)
{
    g_ptr_array_add(argv, g_strdup(word));
}

static void addSecret(GPtrArray *argv, const virStorageVolDef *vol, const char *file)
{
    g_autofree char *key = base(vol), *path = escaped(file);
    add(argv, "--object");
    g_ptr_array_add(argv, g_strdup_printf("secret,id=%s,file=%s", key, path));
}

static char *imageOptions(const virStorageVolDef *vol)
{
    g_autofree char *key = base(vol), *path = escaped(vol->path);
    const char *format = formatOf(vol), *prefix = g_str_equal(format, "luks") ? "" : "encrypt.";
    g_autofree char *secret = isLuks(vol) ? g_strdup_printf(",%skey-secret=%s", prefix, key) : g_strdup("");
    return g_strdup_printf("driver=%s,file.filename=%s%s", format, path, secret);
}

static GStrv finished(GPtrArray *argv)
{
    g_ptr_array_add(argv, NULL);
    return (GStrv)g_ptr_array_free(argv, FALSE);
}

static GStrv createCommand(const virImageTask *task)
{
    const virStorageVolDef *vol = task->vol;
    GPtrArray *argv = g_ptr_array_new();
    g_autofree char *options = optionsOf(task);
    add(argv, "qemu-img");
    add(argv, "create");
    add(argv, "-f");
    add(argv, formatOf(vol));
    if (vol->backingPath) {
        add(argv, "-b");
        add(argv, vol->backingPath);
    }
    if (isLuks(vol) && task->secret)
        addSecret(argv, vol, task->secret);
    if (options) {
        add(argv, "-o");
        add(argv, options);
    }
    add(argv, vol->path);
    if (vol->capacity || !vol->backingPath)
        g_ptr_array_add(argv, g_strdup_printf("%lluK", (vol->capacity + 1023) / 1024));
    return finished(argv);
}

static GStrv convertCommand(const virImageTask *task)
{
    const virStorageVolDef *vol = task->vol, *from = task->from;
    GPtrArray *argv = g_ptr_array_new();
    g_autofree char *options = vol->type == VIR_STORAGE_VOL_KIND_BLOCK ? NULL : optionsOf(task);
    const char *const head[] = { "qemu-img", "convert", "-f", formatOf(from), "-O", formatOf(vol) };
    for (gsize i = 0; i < G_N_ELEMENTS(head); i++)
        add(argv, head[i]);
    if (options) {
        add(argv, "-o");
        add(argv, options);
    }
    add(argv, from->path);
    add(argv, vol->path);
    return finished(argv);
}

/* Into an image that was made before, each side described by options: what is encrypted has keys. */
static GStrv convertEncrypted(const virImageTask *task)
{
    GPtrArray *argv = g_ptr_array_new();
    const char *const head[] = { "qemu-img", "convert", "--image-opts", "-n", "--target-image-opts" };
    for (gsize i = 0; i < G_N_ELEMENTS(head); i++)
        add(argv, head[i]);
    if (isLuks(task->vol) && task->secret)
        addSecret(argv, task->vol, task->secret);
    if (isLuks(task->from) && task->fromSecret)
        addSecret(argv, task->from, task->fromSecret);
    g_ptr_array_add(argv, imageOptions(task->from));
    g_ptr_array_add(argv, imageOptions(task->vol));
    return finished(argv);
}

GStrv virImageResizeCommand(const virStorageVolDef *vol, unsigned long long capacity, bool shrink, bool preallocate, const char *secret)
{
    GPtrArray *argv = g_ptr_array_new();
    add(argv, "qemu-img");
    add(argv, "resize");
    if (shrink)
        add(argv, "--shrink");
    if (preallocate)
        add(argv, "--preallocation=falloc");
    if (isLuks(vol) && secret) {
        addSecret(argv, vol, secret);
        add(argv, "--image-opts");
        g_ptr_array_add(argv, imageOptions(vol));
    } else {
        add(argv, vol->path);
    }
    g_ptr_array_add(argv, g_strdup_printf("%llu", capacity));
    return finished(argv);
}

/* ---- what is refused ---- */

static bool good(const virImageTask *task, GError **error)
{
    const virStorageVolDef *vol = task->vol;
    const char *format = formatOf(vol);
    const virStorageEncryption *e = vol->encryption;
    bool qcow2 = g_str_equal(format, "qcow2");
    if (vol->type != VIR_STORAGE_VOL_KIND_BLOCK && task->preallocate && !qcow2)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "metadata preallocation only available with qcow2");
    else if (vol->backingPath && task->preallocate)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "metadata preallocation conflicts with backing store");
    else if (vol->compat && !qcow2)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "compatibility option only available with qcow2");
    else if (vol->features && !qcow2)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "format features only available with qcow2");
    else if (vol->lazyRefcounts && g_strcmp0(vol->compat, "0.10") == 0)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "lazy_refcounts not supported with compat level %s", vol->compat);
    else if (vol->extendedL2 && g_strcmp0(vol->compat, "0.10") == 0)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "extended_l2 not supported with compat level %s", vol->compat);
    else if (e && e->secrets.n != 1)
        virSetError(error, VIR_ERR_INVALID_ARG, "A single <secret type='passphrase'...> element is expected in encryption description");
    else if (e && e->format == VIR_STORAGE_ENCRYPTION_QCOW)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "creation of qcow2 encrypted image is not supported");
    else if (e && !g_str_equal(format, "luks") && !qcow2)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "volume encryption unsupported with format %s", format);
    else
        return true;
    return false;
}

GPtrArray *virImageCommands(const virImageTask *task, GError **error)
{
    if (!good(task, error))
        return NULL;
    GPtrArray *commands = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    bool encrypted = task->from && (isLuks(task->vol) || isLuks(task->from));
    if (!task->from || encrypted)
        g_ptr_array_add(commands, createCommand(task));
    if (encrypted)
        g_ptr_array_add(commands, convertEncrypted(task));
    else if (task->from)
        g_ptr_array_add(commands, convertCommand(task));
    return commands;
}
