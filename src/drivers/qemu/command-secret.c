/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Secrets on the command line. QEMU shares a key with us in a file (masterKey0); what it must know is encrypted with it, since anybody may
 * read a command line.
 */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/command.h"
#include <dlfcn.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

enum { BLOCK = 16 };

/* GnuTLS is loaded with the first secret: few guests have one, and it is a quarter of the memory of an idle daemon. */
static struct {
    __typeof__(gnutls_cipher_init) *init;
    __typeof__(gnutls_cipher_encrypt) *encrypt;
    __typeof__(gnutls_cipher_deinit) *deinit;
    __typeof__(gnutls_rnd) *random;
    __typeof__(gnutls_strerror) *words;
} tls;

static bool loadTls(GError **error)
{
    static GMutex mutex;
    static const struct {
        const char *name;
        gsize offset;
    } symbols[] = {
        { "gnutls_cipher_init", G_STRUCT_OFFSET(__typeof__(tls), init) },
        { "gnutls_cipher_encrypt", G_STRUCT_OFFSET(__typeof__(tls), encrypt) },
        { "gnutls_cipher_deinit", G_STRUCT_OFFSET(__typeof__(tls), deinit) },
        { "gnutls_rnd", G_STRUCT_OFFSET(__typeof__(tls), random) },
        { "gnutls_strerror", G_STRUCT_OFFSET(__typeof__(tls), words) },
    };
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&mutex);
    static bool loaded;
    void *library = loaded ? NULL : dlopen("libgnutls.so.30", RTLD_NOW | RTLD_LOCAL);
    if (!loaded && !library) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "a secret for QEMU needs GnuTLS: %s", dlerror());
        return false;
    }
    for (guint i = 0; !loaded && i < G_N_ELEMENTS(symbols); i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (!symbol) {
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "a secret for QEMU needs GnuTLS: %s", dlerror());
            return false;
        }
        memcpy((char *)&tls + symbols[i].offset, &symbol, sizeof(symbol));
    }
    loaded = true;
    return true;
}

/* AES-256-CBC, the last block filled up as PKCS #7 does. */
static bool encrypt(GBytes *key, const unsigned char iv[BLOCK], const unsigned char *data, gsize size, GByteArray *out, GError **error)
{
    gnutls_cipher_hd_t cipher;
    gsize keySize;
    gconstpointer keyData = g_bytes_get_data(key, &keySize);
    gnutls_datum_t k = { (unsigned char *)keyData, keySize }, v = { (unsigned char *)iv, BLOCK };
    unsigned char fill = BLOCK - size % BLOCK;
    g_byte_array_append(out, data, size);
    for (unsigned char i = 0; i < fill; i++)
        g_byte_array_append(out, &fill, 1);
    int rc = tls.init(&cipher, GNUTLS_CIPHER_AES_256_CBC, &k, &v);
    if (rc >= 0) {
        rc = tls.encrypt(cipher, out->data, out->len);
        tls.deinit(cipher);
    }
    if (rc < 0)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "cannot encrypt a secret for QEMU: %s", tls.words(rc));
    return rc >= 0;
}

bool qemuSecretObject(qemuCommand *cmd, const char *id, const unsigned char *data, gsize size, GError **error)
{
    unsigned char iv[BLOCK];
    g_autoptr(GByteArray) cipher = g_byte_array_new();
    if (!loadTls(error))
        return false;
    if (tls.random(GNUTLS_RND_NONCE, iv, sizeof(iv)) < 0) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "no random bytes for a secret's initialization vector");
        return false;
    }
    if (!encrypt(cmd->masterKey, iv, data, size, cipher, error))
        return false;
    g_autofree char *text = g_base64_encode(cipher->data, cipher->len), *vector = g_base64_encode(iv, sizeof(iv));
    qemuArgJson(cmd, "-object", qmpArgs("s:qom-type", "secret", "s:id", id, "s:data", text, "s:keyid", "masterKey0", "s:iv", vector, "s:format", "base64", NULL));
    return true;
}

bool qemuSecretLookup(qemuCommand *cmd, const char *id, const virStorageSecret *secret, int usage, bool base64, GError **error)
{
    g_autoptr(GBytes) value = cmd->secret ? cmd->secret(secret, usage, error) : NULL;
    gsize size;
    if (!value) {
        if (!cmd->secret)
            virSetError(error, VIR_ERR_NO_SECRET, "secrets are not at hand here");
        return false;
    }
    const unsigned char *data = g_bytes_get_data(value, &size);
    g_autofree char *text = base64 ? g_base64_encode(data, size) : NULL;        /* ceph keys are handed over as ceph writes them */
    return qemuSecretObject(cmd, id, text ? (unsigned char *)text : data, text ? strlen(text) : size, error);
}
