/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots: the document, and how the disks that it names meet those of the guest. */
#define VIR_FROM VIR_FROM_DOMAIN_SNAPSHOT
#include "model/snapshot.h"
#include <string.h>
#include <sys/stat.h>
#include "model/tables.h"

VIR_ENUM_TABLE(virSnapshotState, VIR_SNAPSHOT_STATE_VALUES)

static bool diskCheck(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    virSnapshotDisk *disk = obj;
    virStorageType type = disk->src.type;
    if (!disk->name)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "missing name from disk snapshot element");
    else if (type && type != VIR_STORAGE_FILE && type != VIR_STORAGE_BLOCK && type != VIR_STORAGE_NETWORK)
        virSetError(error, VIR_ERR_XML_ERROR, "unsupported disk snapshot type '%s'", virStorageTypeToString(type));
    else {
        if (!disk->snapshot && (disk->src.path || disk->src.name || disk->src.format))
            disk->snapshot = VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL;
        return true;
    }
    return false;
}

static bool fileType(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    virSnapshotDisk *disk = obj;
    if (!virXmlProp(node, "type"))
        disk->src.type = VIR_STORAGE_FILE;
    return true;
}

static bool isExternal(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virSnapshotDisk *)obj)->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL;
}

#define S virSnapshotDisk
#define CHECK(func) X_HOOK(".", (&(const virXmlHook){ .parse = func, .rng = "" }), XF_NOFORMAT)
static const virXmlRow diskRows[] = {
    X_STR("@name", name, 0),
    X_ENUM("@snapshot", snapshot, virDomainDiskSnapshot, 0),
    CHECK(fileType),
    X_ENUM("@type", src.type, virStorageType, 0, .when = isExternal),
    X_ENUM("driver/@type", src.format, virStorageFormat, 0, .bad = "unknown disk snapshot driver '%s'"),
    X_BYTES("driver/metadata_cache/max_size", src.metadataCacheMax, 0, X_HAS(src.hasMetadataCache)),
    X_INLINE("source", src, virStorageSource, 0),
    CHECK(diskCheck),
    X_END
};
static X_TYPE(virSnapshotDisk, "disk", diskRows);
#undef S

/* ---- what the schema asks beyond names and values ---- */

static bool hasWord(xmlNode *node, const char *const *words)
{
    g_autofree char *text = node ? virXmlText(node) : NULL;
    return !node || (text && g_strv_contains(words, text));
}

static const char *strictDisk(xmlNode *disk)
{
    const char *name = virXmlProp(disk, "name"), *mode = virXmlProp(disk, "snapshot");
    bool external = !mode || g_str_equal(mode, "external");
    if (!name || !g_regex_match_simple("^(((ioemu:)?(fd|hd|sd|vd|xvd|ubd)[a-zA-Z0-9_]+)|/.+)$", name, G_REGEX_DOLLAR_ENDONLY, 0))
        return "a disk's name is not one";
    return !external && (virXmlChild(disk, "source") || virXmlChild(disk, "driver") || virXmlProp(disk, "type"))
               ? "only an external snapshot has a file" : NULL;
}

static const char *strict(xmlNode *node)
{
    static const char *const states[] = { "running", "blocked", "paused", "shutdown", "shutoff", "crashed", "disk-snapshot", NULL };
    static const char *const flags[] = { "0", "1", NULL };
    xmlNode *memory = virXmlChild(node, "memory"), *parent = virXmlChild(node, "parent");
    const char *mode = memory ? virXmlProp(memory, "snapshot") : NULL, *file = memory ? virXmlProp(memory, "file") : NULL;
    if (!hasWord(virXmlChild(node, "state"), states) || !hasWord(virXmlChild(node, "active"), flags))
        return "state or active is not one";
    if (memory && (mode && !g_str_equal(mode, "external") ? file != NULL || g_str_equal(mode, "manual") : !file || file[0] != '/'))
        return "memory and its file do not go together";
    if (parent && !virXmlChild(parent, "name"))
        return "the parent has no name";
    const char *wrong = NULL;
    for (xmlNode *disk = virXmlChild(virXmlChild(node, "disks"), "disk"); disk && !wrong; disk = virXmlNext(disk, "disk"))
        wrong = strictDisk(disk);
    return wrong;
}

/* What a document says of it is passed over; the files of the engine say it. */
static bool isFile(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virDomainSnapshotDef *)obj)->hasActive;
}

#define S virDomainSnapshotDef
static const virXmlRow snapshotRows[] = {
    X_STR("name", m.name, 0),
    X_STR("description", m.description, 0),
    X_STR("state", stateText, XF_NOFORMAT),
    X_ENUM("state", state, virSnapshotState, XF_NOPARSE),
    X_STR("parent/name", m.parent, 0),
    X_STR("creationTime", m.timeText, XF_NOFORMAT),
    X_LL("creationTime", m.creationTime, XF_NOPARSE),
    X_ENUM("memory/@snapshot", memory, virDomainDiskSnapshot, 0),
    X_STR("memory/@file", memoryFile, 0),
    X_LIST("disks/disk", disks, virSnapshotDisk, 0),
    X_OBJ("domain", m.dom, virDomainDef, XF_NOPARSE),
    X_OBJ("inactiveDomain", inactiveDom, virDomainDef, XF_NOPARSE),
    X_RAW("cookie", cookie, 0),
    X_UINT("active", active, XF_NOFORMAT, X_HAS(hasActive)),
    X_UINT("active", active, XF_STATUS | XF_NOPARSE | XF_ALWAYS, .when = isFile),
    X_END
};
X_TYPE(virDomainSnapshotDef, "domainsnapshot", snapshotRows, .init = virDocumentInit, .strict = strict);
#undef S

/* ---- what snapshots and checkpoints share ---- */

bool virMomentComplete(virMoment *m, const char *what, int from, unsigned int flags, GError **error)
{
    if (!(flags & VIR_MOMENT_REDEFINE)) {
        g_clear_pointer(&m->parent, g_free);
        m->creationTime = g_get_real_time() / G_USEC_PER_SEC;
        if (!m->name)
            m->name = g_strdup_printf("%lld", m->creationTime);
        return true;
    }
    if (!m->name) {
        virErrorSet(error, from, VIR_ERR_XML_ERROR, "a redefined %s must have a name", what);
        return false;
    }
    if (m->timeText && virXmlParseNumber(m->timeText, 10, true, &m->creationTime))
        return true;
    virErrorSet(error, from, VIR_ERR_INTERNAL_ERROR, "missing creationTime from existing %s", what);
    return false;
}

int virMomentDisk(const virMoment *m, const char *name, int from, GError **error)
{
    for (unsigned int i = 0; i < m->dom->disks.n; i++)
        if (g_strcmp0(m->dom->disks.v[i]->dst, name) == 0)
            return i;
    for (unsigned int i = 0; i < m->dom->disks.n; i++)
        if (g_strcmp0(m->dom->disks.v[i]->src.path, name) == 0)
            return i;
    virErrorSet(error, from, VIR_ERR_CONFIG_UNSUPPORTED, "no disk named '%s'", name);
    return -1;
}

/* ---- the post-parse pass ---- */

static bool memoryGood(virDomainSnapshotDef *def, unsigned int flags, bool offline, GError **error)
{
    if (def->memoryFile && !def->memory)
        def->memory = VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL;
    if (def->memoryFile && def->memory != VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL)
        virSetError(error, VIR_ERR_XML_ERROR, "memory filename '%s' requires external snapshot", def->memoryFile);
    else if (def->memory == VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL && !def->memoryFile)
        virSetError(error, VIR_ERR_XML_ERROR, "external memory snapshots require a filename");
    else if (def->memory > VIR_DOMAIN_DISK_SNAPSHOT_NO && offline)
        virSetError(error, VIR_ERR_XML_ERROR, "memory state cannot be saved with offline or disk-only snapshot");
    else if (def->memoryFile && !g_path_is_absolute(def->memoryFile))
        virSetError(error, VIR_ERR_XML_ERROR, "memory snapshot file path (%s) must be absolute", def->memoryFile);
    else {
        if (!def->memory && flags & VIR_MOMENT_REDEFINE)
            def->memory = offline ? VIR_DOMAIN_DISK_SNAPSHOT_NO : VIR_DOMAIN_DISK_SNAPSHOT_INTERNAL;
        return true;
    }
    return false;
}

static bool complete(virDomainSnapshotDef *def, unsigned int flags, GError **error)
{
    bool offline = flags & VIR_MOMENT_OFFLINE;
    if (!virMomentComplete(&def->m, "snapshot", VIR_FROM, flags, error))
        return false;
    if (flags & VIR_MOMENT_REDEFINE) {
        int state = def->stateText ? virSnapshotStateFromString(def->stateText) : 0;
        if (!def->stateText)
            virSetError(error, VIR_ERR_XML_ERROR, "missing state from existing snapshot");
        else if (state <= 0)
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Invalid state '%s' in domain snapshot XML", def->stateText);
        if (state <= 0)
            return false;
        def->state = state;
        offline = state == VIR_SNAPSHOT_SHUTOFF || state == VIR_SNAPSHOT_DISK_SNAPSHOT;
    }
    if (!(flags & VIR_MOMENT_REDEFINE))
        g_clear_pointer(&def->cookie, g_free);
    return memoryGood(def, flags, offline, error);
}
VIR_DOCUMENT_DEFINE(virDomainSnapshotDef, "domain_snapshot", complete)

/* The guests inside. An old document has only the UUID of the first, which tells nothing. */
static bool takeDomains(virDomainSnapshotDef *def, xmlNode *root, const virDomainParseConfig *conf, GError **error)
{
    const unsigned int flags = VIR_DOMAIN_DEF_INACTIVE | VIR_DOMAIN_DEF_SKIP_VALIDATE;
    xmlNode *dom = virXmlChild(root, "domain"), *inactive = virXmlChild(root, "inactiveDomain");
    if (dom && virXmlProp(dom, "type") && !(def->m.dom = virDomainDefParseNode(dom, conf, flags, error)))
        return false;
    return !inactive || (def->inactiveDom = virDomainDefParseNode(inactive, conf, flags, error));
}

virDomainSnapshotDef *virDomainSnapshotDefParseWith(const char *xml, const virDomainParseConfig *conf, unsigned int flags, GError **error)
{
    g_autoptr(virXmlDoc) doc = virXmlDocParse(xml, NULL, "domain_snapshot", "domainsnapshot", VIR_FROM, error);
    xmlNode *root = doc ? virXmlRoot(doc) : NULL;
    xmlNode *dom = root ? virXmlChild(root, "domain") : NULL;
    if (dom && !virXmlProp(dom, "type")) {      /* an old document: its UUID tells nothing, and the schema of guests asks for more */
        virXmlRemove(dom);
    }
    g_autoptr(virDomainSnapshotDef) def = root ? virDomainSnapshotDefParseNode(root, flags, error) : NULL;
    if (!def || (flags & VIR_MOMENT_REDEFINE && !takeDomains(def, root, conf, error)))
        return NULL;
    return g_steal_pointer(&def);
}

char *virDomainSnapshotDefShow(const virDomainSnapshotDef *def, unsigned int flags, bool internal)
{
    return virDomainSnapshotDefFormat(def, VIR_DOMAIN_DEF_INACTIVE | (flags & VIR_DOMAIN_DEF_SECURE) |
                                               (internal ? VIR_DOMAIN_DEF_SECURE | VIR_XML_WITH_STATUS : 0));
}

/* ---- disks ---- */

/* The file beside the disk's own, named after the snapshot. */
static bool nameFile(const virDomainSnapshotDef *def, virSnapshotDisk *disk, const virDomainDiskDef *of, GError **error)
{
    struct stat st;
    if (of->src.type == VIR_STORAGE_NETWORK || (of->src.type && of->src.type != VIR_STORAGE_FILE && of->src.type != VIR_STORAGE_BLOCK))
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "cannot generate external snapshot name for disk '%s' on a '%s' device", disk->name,
                    virStorageTypeToString(of->src.type));
    else if (!of->src.path)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "cannot generate external snapshot name for disk '%s' without source", disk->name);
    else if (stat(of->src.path, &st) < 0 || !S_ISREG(st.st_mode))
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "source for disk '%s' is not a regular file; refusing to generate external snapshot name",
                    disk->name);
    else {
        const char *slash = strrchr(of->src.path, '/'), *dot = strrchr(of->src.path, '.');
        int stem = dot && (!slash || dot > slash) ? (int)(dot - of->src.path) : (int)strlen(of->src.path);
        disk->src.path = g_strdup_printf("%.*s.%s", stem, of->src.path, def->m.name);
        return true;
    }
    return false;
}

static virDomainDiskSnapshot implied(const virDomainDiskDef *of, virDomainDiskSnapshot mode)
{
    bool empty = !of->src.path && !of->src.name && of->src.type != VIR_STORAGE_NETWORK && of->src.type != VIR_STORAGE_NVME &&
                 of->src.type != VIR_STORAGE_VHOSTUSER && of->src.type != VIR_STORAGE_VOLUME;
    return empty || (!of->snapshot && of->readonly) ? VIR_DOMAIN_DISK_SNAPSHOT_NO : of->snapshot ? of->snapshot : mode;
}

static bool modeGood(virSnapshotDisk *disk, const virDomainDiskDef *of, virDomainDiskSnapshot mode, bool uniform, GError **error)
{
    if (!disk->snapshot)
        disk->snapshot = of->snapshot && (!uniform || of->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_NO) ? of->snapshot : mode;
    else if (uniform && disk->snapshot != mode && !(disk->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_NO && of->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_NO)) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "disk '%s' must use snapshot mode '%s'", of->dst, virDomainDiskSnapshotToString(mode));
        return false;
    }
    if (disk->src.path && disk->snapshot != VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "file '%s' for disk '%s' requires use of external snapshot mode", disk->src.path, of->dst);
        return false;
    }
    return true;
}

bool virDomainSnapshotAlign(virDomainSnapshotDef *def, virDomainDiskSnapshot mode, bool uniform, GError **error)
{
    if (!def->m.dom) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "missing domain in snapshot");
        return false;
    }
    unsigned int n = def->m.dom->disks.n;
    if (def->disks.n > n) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "too many disk snapshot requests for domain");
        return false;
    }
    g_autofree virSnapshotDisk **aligned = g_new0(virSnapshotDisk *, n + 1);
    for (unsigned int i = 0; i < def->disks.n; i++) {
        virSnapshotDisk *disk = def->disks.v[i];
        int at = virMomentDisk(&def->m, disk->name, VIR_FROM, error);
        if (at >= 0 && aligned[at])
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "disk '%s' specified twice", disk->name);
        if (at < 0 || aligned[at] || !modeGood(disk, def->m.dom->disks.v[at], mode, uniform, error))
            return false;
        g_free(disk->name);
        disk->name = g_strdup(def->m.dom->disks.v[at]->dst);
        aligned[at] = disk;
    }
    while (def->disks.n)
        virListTake(&def->disks, def->disks.n - 1);
    for (unsigned int i = 0; i < n; i++) {
        const virDomainDiskDef *of = def->m.dom->disks.v[i];
        if (!aligned[i]) {
            aligned[i] = g_new0(virSnapshotDisk, 1);
            aligned[i]->name = g_strdup(of->dst);
            aligned[i]->snapshot = implied(of, mode);
            aligned[i]->src.type = VIR_STORAGE_FILE;
        }
        virListAppend(&def->disks, aligned[i]);
    }
    for (unsigned int i = 0; i < n; i++)
        if (aligned[i]->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL && !aligned[i]->src.path && aligned[i]->src.type != VIR_STORAGE_NETWORK &&
            !nameFile(def, aligned[i], def->m.dom->disks.v[i], error))
            return false;
    return true;
}

void virSnapshotPutOnTop(virDomainDiskDef *disk, const virSnapshotDisk *top, unsigned int index)
{
    virStorageSource *old = g_new(virStorageSource, 1);
    *old = disk->src;
    memset(&disk->src, 0, sizeof(disk->src));
    disk->src.type = top->src.type;
    disk->src.path = g_strdup(top->src.path);
    for (unsigned int i = 0; i < top->src.seclabels.n; i++)
        virListAppend(&disk->src.seclabels, (virDeviceSeclabel *)virXmlCopy(&virDeviceSeclabelXml, top->src.seclabels.v[i]));
    disk->src.format = top->src.format;
    disk->src.index = index;
    disk->src.hasBacking = true;
    disk->src.backing = old;
}

char *virSaveCookieFormat(const virCPUDef *cpu)
{
    if (!cpu)
        return NULL;
    GString *out = g_string_new("<cookie>\n");
    virXmlFormat(&virCPUDefXml, "cpu", cpu, 0, out, 2);         /* raw parts are kept as they stand in their document */
    g_string_append(out, "    <slirpHelper/>\n  </cookie>");
    return g_string_free(out, FALSE);
}
