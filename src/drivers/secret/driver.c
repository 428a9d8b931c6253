/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Secrets. A definition says what a secret is for; its value is kept beside it in UUID.base64, readable by nobody else, or in memory
 * only when it is ephemeral. The value of a private secret never leaves the daemon.
 */
#define VIR_FROM VIR_FROM_SECRET
#define VIR_LOG_NAME "secret"
#include "base/log.h"
#include "base/util.h"
#include "engine/object.h"
#include "model/secret.h"
#include "src/api/connect.h"
#include "src/api/driver.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    gsize size;
    unsigned char bytes[];
} Value;

static virObjectSet *secrets;
static bool privileged;

static gpointer parse(const char *text, void *node, GError **error)
{
    return text ? virSecretDefParse(text, NULL, 0, error) : virSecretDefParseNode(node, 0, error);
}

static gpointer handle(virConnectPtr conn, const char *name, const unsigned char *uuid, gconstpointer data)
{
    const virSecretDef *def = data;
    return virSecretNew(conn, uuid, def->usage, def->usageId ? def->usageId : "");
}

static bool isKept(gconstpointer def)
{
    return !((const virSecretDef *)def)->ephemeral;
}

static bool passes(gconstpointer data, unsigned int flags)
{
    const virSecretDef *def = data;
    unsigned int keeping = flags & (VIR_CONNECT_LIST_SECRETS_EPHEMERAL | VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL);
    unsigned int telling = flags & (VIR_CONNECT_LIST_SECRETS_PRIVATE | VIR_CONNECT_LIST_SECRETS_NO_PRIVATE);
    return (!keeping || (keeping & (def->ephemeral ? VIR_CONNECT_LIST_SECRETS_EPHEMERAL : VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL))) &&
           (!telling || (telling & (def->private ? VIR_CONNECT_LIST_SECRETS_PRIVATE : VIR_CONNECT_LIST_SECRETS_NO_PRIVATE)));
}

/* One secret for each use, and for each secret one use; what was private stays so. */
static bool accept(virRegistrySnapshot *all, gpointer data, GError **error)
{
    const virSecretDef *def = data;
    char text[37];
    for (guint i = 0; i < all->n; i++) {
        const virSecretDef *have = ((const virObject *)all->byUuid[i])->def;
        bool same = memcmp(have->uuid, def->uuid, 16) == 0;
        bool sameUse = have->usage == def->usage && g_strcmp0(have->usageId, def->usageId) == 0;
        virUUIDFormat(have->uuid, text);
        if (same ? !sameUse : sameUse && def->usage != VIR_SECRET_USAGE_NONE) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "a secret with UUID %s is already defined for use with %s", text,
                        have->usageId ? have->usageId : "nothing");
            return false;
        }
        if (same && have->private && !def->private) {
            virSetError(error, VIR_ERR_OPERATION_DENIED, "cannot change private flag on existing secret");
            return false;
        }
    }
    return true;
}

static const int events[VIR_OBJECT_EVENTS] = { VIR_SECRET_EVENT_DEFINED, VIR_SECRET_EVENT_UNDEFINED, -1, -1 };

static const virObjectKind kind = {
    .self = VIR_FROM_SECRET,
    .from = VIR_FROM_SECRET,
    .missing = VIR_ERR_NO_SECRET,
    .lookup = "secret",
    .define = "secret",
    .xml = &virSecretDefXml,
    .uuid = G_STRUCT_OFFSET(virSecretDef, uuid),
    .flags = 0xf,               /* VIR_CONNECT_LIST_SECRETS_*: all four */
    .listFunc = "secretConnectListAllSecrets",
    .xmlFunc = "secretGetXMLDesc",
    .edit = "secret-edit",
    .events = events,
    .parse = parse,
    .accept = accept,
    .isKept = isKept,
    .passes = passes,
    .handle = handle,
};

/* ---- values ---- */

static void valueFree(gpointer data)
{
    Value *value = data;
    if (value)
        explicit_bzero(value->bytes, value->size);
    g_free(value);
}

static Value *valueNew(const unsigned char *bytes, gsize size)
{
    Value *value = g_malloc0(sizeof(*value) + size);
    value->size = size;
    if (size)
        memcpy(value->bytes, bytes, size);
    return value;
}

static char *pathOf(const virObject *obj)
{
    return g_strdup_printf("%s/%s.base64", obj->set->dir, obj->head.name);
}

static void valueSet(virObject *obj, Value *value)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    valueFree(obj->value);
    obj->value = value;
    obj->valueFree = valueFree;
}

static bool valueKeep(const virObject *obj, const unsigned char *bytes, gsize size, GError **error)
{
    g_autofree char *path = pathOf(obj);
    char *text = g_base64_encode(bytes, size);
    bool ok = virFileWriteAtomic(path, text, -1, 0600, error);
    explicit_bzero(text, strlen(text));
    g_free(text);
    return ok;
}

static bool valueForget(const virObject *obj, GError **error)
{
    g_autofree char *path = pathOf(obj);
    if (unlink(path) == 0 || errno == ENOENT)
        return true;
    virSetSystemError(error, errno, "cannot remove '%s'", path);
    return false;
}

static void valueLoad(virObject *obj)
{
    g_autofree char *path = pathOf(obj), *text = NULL;
    g_autoptr(GError) error = NULL;
    gsize size = 0;
    if (access(path, F_OK) < 0)
        return;
    if (!virFileRead(path, 1 << 20, &text, NULL, &error)) {
        virLogError("the value of secret %s is lost: %s", obj->head.name, error->message);
        return;
    }
    unsigned char *bytes = g_base64_decode(text, &size);
    valueSet(obj, valueNew(bytes, size));
    explicit_bzero(bytes, size);
    g_free(bytes);
}

/* ---- calls ---- */

static virObject *find(virSecretPtr secret, GError **error)
{
    return virObjectFind(secrets, secret->uuid, error);
}

static int connectNumOfSecrets(virConnectPtr conn, GError **error)
{
    return virObjectCount(secrets, false);
}

static int connectListSecrets(virConnectPtr conn, char **uuids, int maxuuids, GError **error)
{
    return virObjectNames(secrets, false, uuids, maxuuids);
}

static int connectListAllSecrets(virConnectPtr conn, virSecretPtr **list, unsigned int flags, GError **error)
{
    return virObjectListAll(secrets, conn, (void ***)list, flags, error);
}

static virSecretPtr secretLookupByUUID(virConnectPtr conn, const unsigned char *uuid, GError **error)
{
    return virObjectLookup(secrets, conn, uuid, error);
}

static virSecretPtr secretLookupByUsage(virConnectPtr conn, int usageType, const char *usageID, GError **error)
{
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(secrets->objects);
    for (guint i = 0; i < all->n; i++) {
        virObject *obj = (virObject *)all->byUuid[i];
        g_autoptr(virSecretDef) def = virObjectDef(obj);
        if ((int)def->usage == usageType && def->usage != VIR_SECRET_USAGE_NONE && g_strcmp0(def->usageId, usageID) == 0)
            return virObjectHandle(obj, conn);
    }
    virSetError(error, VIR_ERR_NO_SECRET, "no secret with matching usage '%s'", usageID);
    return NULL;
}

static virSecretPtr secretDefineXML(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, VIR_SECRET_DEFINE_VALIDATE, VIR_FROM, "secretDefineXML", error))
        return NULL;
    g_autoptr(virSecret) secret = virObjectAddXml(secrets, conn, xml, VIR_OBJECT_DEFINE, flags & VIR_SECRET_DEFINE_VALIDATE, error);
    g_autoptr(virObject) obj = secret ? find(secret, error) : NULL;
    if (!obj)
        return NULL;
    g_autoptr(virSecretDef) def = virObjectDef(obj);
    const Value *value = obj->value;
    bool ok = def->ephemeral ? valueForget(obj, error) : !value || valueKeep(obj, value->bytes, value->size, error);
    return ok ? g_steal_pointer(&secret) : NULL;
}

static char *secretGetXMLDesc(virSecretPtr secret, unsigned int flags, GError **error)
{
    return virObjectXml(find(secret, error), flags, error);
}

static int secretSetValue(virSecretPtr secret, const unsigned char *bytes, size_t size, unsigned int flags, GError **error)
{
    if (!bytes) {
        virErrorSetArg(error, VIR_FROM, "virSecretSetValue", "value", "value in %s must not be NULL", "virSecretSetValue");
        return -1;
    }
    g_autoptr(virObject) obj = virFlagsCheck(flags, 0, VIR_FROM, "secretSetValue", error) ? find(secret, error) : NULL;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&obj->set->writing);
    if (isKept(obj->def) && !valueKeep(obj, bytes, size, error))
        return -1;
    valueSet(obj, valueNew(bytes, size));
    virObjectEmit(obj, VIR_SECRET_EVENT_ID_VALUE_CHANGED, 0, 0);
    return 0;
}

static unsigned char *secretGetValue(virSecretPtr secret, size_t *size, unsigned int flags, GError **error)
{
    g_autoptr(virObject) obj = virFlagsCheck(flags, 0, VIR_FROM, "secretGetValue", error) ? find(secret, error) : NULL;
    if (!obj)
        return NULL;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    const Value *value = obj->value;
    if (((const virSecretDef *)obj->def)->private && !secret->conn->trusted) {
        virSetError(error, VIR_ERR_INVALID_SECRET, "secret is private");
        return NULL;
    }
    if (!value) {
        virSetError(error, VIR_ERR_NO_SECRET, "secret '%s' does not have a value", obj->head.name);
        return NULL;
    }
    *size = value->size;
    unsigned char *copy = g_malloc(MAX(value->size, 1));
    memcpy(copy, value->bytes, value->size);
    return copy;
}

static int secretUndefine(virSecretPtr secret, GError **error)
{
    g_autoptr(virObject) obj = find(secret, error);
    return obj && valueForget(obj, error) ? virObjectUndefine(virObjRef(obj), error) : -1;
}

static int connectSecretEventRegisterAny(virConnectPtr conn, virSecretPtr secret, int id, virConnectSecretEventGenericCallback cb,
                                         void *opaque, virFreeCallback freecb, GError **error)
{
    return virObjectRegister(secrets, conn, secret ? secret->uuid : NULL, id, (gpointer)cb, opaque, freecb, error);
}

static int connectSecretEventDeregisterAny(virConnectPtr conn, int id, GError **error)
{
    return virObjectDeregister(secrets, conn, id, error);
}

static const virSecretDriver table = {
    .connectNumOfSecrets = connectNumOfSecrets,
    .connectListSecrets = connectListSecrets,
    .connectListAllSecrets = connectListAllSecrets,
    .connectSecretEventRegisterAny = connectSecretEventRegisterAny,
    .connectSecretEventDeregisterAny = connectSecretEventDeregisterAny,
    .secretLookupByUUID = secretLookupByUUID,
    .secretLookupByUsage = secretLookupByUsage,
    .secretDefineXML = secretDefineXML,
    .secretGetXMLDesc = secretGetXMLDesc,
    .secretSetValue = secretSetValue,
    .secretGetValue = secretGetValue,
    .secretUndefine = secretUndefine,
};

/* ---- the module ---- */

static void attach(virConnectPtr conn)
{
    if (conn->secret || !secrets)
        return;
    conn->secret = &table;
    conn->secretPriv = secrets;
}

static void detach(virConnectPtr conn)
{
    if (conn->secretPriv == secrets)
        virEventBusRemoveConnection(secrets->events, conn);
}

static bool openAlone(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    if (!virObjectUriFits(conn, secrets, privileged, error))
        return false;
    conn->hypervisor = virObjectConnectDriver();
    attach(conn);
    return true;
}

static bool stateInit(bool isPrivileged, const char *root, GError **error)
{
    g_autofree char *dir = virObjectFolder(isPrivileged, root, false, "secrets");
    virObjectSet *set = virObjectSetNew(&kind);
    if (!virObjectSetLoad(set, dir, error)) {
        virObjectSetFree(set);
        return false;
    }
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    for (guint i = 0; i < all->n; i++)
        valueLoad((virObject *)all->byUuid[i]);
    privileged = isPrivileged;
    secrets = set;
    return true;
}

static const char *const schemes[] = { "secret", NULL };

const virConnectDriver virDriverModule = {
    .name = "secret",
    .schemes = schemes,
    .open = openAlone,
    .close = detach,
    .attach = attach,
    .detach = detach,
    .stateInit = stateInit,
};
