/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands about volumes of storage pools. */
#include "module.h"
#include "storage.h"
#include <stdlib.h>
#include <string.h>

static bool samePool(virStoragePoolPtr a, virStoragePoolPtr b)
{
    return g_strcmp0(virStoragePoolGetName(a), virStoragePoolGetName(b)) == 0;
}

/* NULL, without a message, when the volume that was found by key or path is in another pool. */
static virStorageVolPtr checkPool(Shell *sh, virStoragePoolPtr pool, virStorageVolPtr vol, const char *word)
{
    g_autoptr(virStoragePool) is = vol && pool ? virStoragePoolLookupByVolume(vol) : NULL;
    if (!is || samePool(is, pool))
        return vol;
    shellError(sh, "Requested volume '%s' is not in pool '%s'", word, virStoragePoolGetName(pool));
    virStorageVolShellFree(vol);
    return NULL;
}

/* By name in a pool (may be NULL), then by key, then by path. */
static virStorageVolPtr lookup(Shell *sh, virStoragePoolPtr pool, const char *word)
{
    virStorageVolPtr vol = pool ? virStorageVolLookupByName(pool, word) : NULL;
    if (!vol)
        vol = virStorageVolLookupByKey(sh->conn, word);
    if (!vol)
        vol = virStorageVolLookupByPath(sh->conn, word);
    if (vol)
        virResetLastError();
    return vol;
}

virStorageVolPtr volumeOf(Shell *sh, Cmd *cmd, const char *option, const char *poolOption)
{
    const char *word = cmdString(cmd, option);
    bool named = poolOption && cmdHas(cmd, poolOption);
    g_autoptr(virStoragePool) pool = named ? poolOf(sh, cmd, poolOption, POOL_BY_ANY) : NULL;
    if (named && !pool)
        return NULL;
    if (pool && virStoragePoolIsActive(pool) != 1) {
        shellError(sh, "pool '%s' is not active", cmdString(cmd, poolOption));
        return NULL;
    }
    virStorageVolPtr vol = lookup(sh, pool, word);
    if (vol)
        return checkPool(sh, pool, vol, word);
    if (named || !poolOption)
        shellError(sh, "failed to get vol '%s'", word);
    else
        shellError(sh, "failed to get vol '%s', specifying --%s might help", word, poolOption);
    return NULL;
}

static virStorageVolPtr volumeArg(Shell *sh, Cmd *cmd)
{
    return volumeOf(sh, cmd, "vol", "pool");
}

/* ---- facts ---- */

static const char *typeText(int type)
{
    static const char *const words[] = { "file", "block", "dir", "network", "netdir", "ploop" };
    return type >= 0 && type < (int)G_N_ELEMENTS(words) ? words[type] : "unknown";
}

static bool cmdVolInfo(Shell *sh, Cmd *cmd)
{
    bool physical = cmdHas(cmd, "physical"), bytes = cmdHas(cmd, "bytes");
    virStorageVolInfo info;
    g_autoptr(virStorageVol) vol = volumeArg(sh, cmd);
    int result = !vol ? -1 : physical ? virStorageVolGetInfoFlags(vol, &info, VIR_STORAGE_VOL_GET_PHYSICAL) : virStorageVolGetInfo(vol, &info);
    if (result < 0)
        return false;
    Facts *f = factsNew(sh, 15);
    factsString(f, "name", "Name:", virStorageVolGetName(vol));
    factsString(f, "type", "Type:", typeText(info.type));
    factsSize(f, "capacity", "Capacity:", info.capacity, bytes);
    factsSize(f, physical ? "physical" : "allocation", physical ? "Physical:" : "Allocation:", info.allocation, bytes);
    factsEnd(f);
    return true;
}

static bool cmdVolDumpxml(Shell *sh, Cmd *cmd)
{
    g_autoptr(virStorageVol) vol = volumeArg(sh, cmd);
    g_autofree char *xml = vol ? virStorageVolGetXMLDesc(vol, 0) : NULL;
    return printXmlOf(sh, cmd, xml);
}

static bool cmdVolPath(Shell *sh, Cmd *cmd)
{
    g_autoptr(virStorageVol) vol = volumeArg(sh, cmd);
    g_autofree char *path = vol ? virStorageVolGetPath(vol) : NULL;
    if (path)
        printText(sh, "path", path);
    return path != NULL;
}

static bool cmdVolKey(Shell *sh, Cmd *cmd)
{
    g_autoptr(virStorageVol) vol = volumeArg(sh, cmd);
    if (vol)
        printText(sh, "key", virStorageVolGetKey(vol));
    return vol != NULL;
}

static bool cmdVolName(Shell *sh, Cmd *cmd)
{
    g_autoptr(virStorageVol) vol = volumeOf(sh, cmd, "vol", NULL);
    if (vol)
        printText(sh, "name", virStorageVolGetName(vol));
    return vol != NULL;
}

static bool cmdVolPool(Shell *sh, Cmd *cmd)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    bool asUuid = cmdHas(cmd, "uuid");
    g_autoptr(virStorageVol) vol = volumeOf(sh, cmd, "vol", NULL);
    g_autoptr(virStoragePool) pool = vol ? virStoragePoolLookupByVolume(vol) : NULL;
    if (vol && !pool)
        shellError(sh, "%s", "failed to get parent pool");
    if (!pool || (asUuid && virStoragePoolGetUUIDString(pool, uuid) < 0))
        return false;
    printText(sh, asUuid ? "uuid" : "name", asUuid ? uuid : virStoragePoolGetName(pool));
    return true;
}

static void listRow(Table *table, virStorageVolPtr vol, bool details)
{
    virStorageVolInfo info = { 0 };
    g_autofree char *path = virStorageVolGetPath(vol);
    const char *name = virStorageVolGetName(vol);
    bool known = details && virStorageVolGetInfo(vol, &info) == 0;
    g_autofree char *capacity = prettySize(info.capacity), *allocation = prettySize(info.allocation);
    if (details)
        tableRow(table, name, path ? path : "-", known ? typeText(info.type) : "unknown", known ? capacity : "-", known ? allocation : "-", NULL);
    else
        tableRow(table, name, path ? path : "-", NULL);
}

static int byName(const void *a, const void *b)
{
    return compareNames(virStorageVolGetName(*(virStorageVolPtr const *)a), virStorageVolGetName(*(virStorageVolPtr const *)b));
}

static bool cmdVolList(Shell *sh, Cmd *cmd)
{
    bool details = cmdHas(cmd, "details");
    virStorageVolPtr *list = NULL;
    g_autoptr(virStoragePool) pool = poolOf(sh, cmd, "pool", POOL_BY_ANY);
    int n = pool ? virStoragePoolListAllVolumes(pool, &list, 0) : -1;
    if (pool && n < 0)
        shellError(sh, "%s", "Failed to list volumes");
    if (n < 0)
        return false;
    qsort(list, n, sizeof(*list), byName);
    Table *table = details ? tableNew(sh, "Name", "Path", "Type", "Capacity", "Allocation", NULL) : tableNew(sh, "Name", "Path", NULL);
    for (int i = 0; i < n; i++) {
        listRow(table, list[i], details);
        virStorageVolShellFree(list[i]);
    }
    virResetLastError();
    tableEnd(table);
    g_free(list);
    return true;
}

/* ---- making ---- */

static unsigned int makeFlags(Cmd *cmd, bool copies)
{
    return (cmdHas(cmd, "prealloc-metadata") ? VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA : 0) |
           (copies && cmdHas(cmd, "reflink") ? VIR_STORAGE_VOL_CREATE_REFLINK : 0);
}

static unsigned int fileFlags(Cmd *cmd, bool copies)
{
    return makeFlags(cmd, copies) | (cmdHas(cmd, "validate") ? VIR_STORAGE_VOL_CREATE_VALIDATE : 0);
}

static bool cmdVolCreate(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "file");
    g_autoptr(virStoragePool) pool = poolOf(sh, cmd, "pool", POOL_BY_ANY);
    g_autofree char *xml = pool ? readInput(sh, file) : NULL;
    if (!xml)
        return false;
    g_autoptr(virStorageVol) vol = virStorageVolCreateXML(pool, xml, fileFlags(cmd, false));
    if (vol)
        printExtra(sh, "Vol %s created from %s\n", virStorageVolGetName(vol), file);
    else
        shellError(sh, "Failed to create vol from %s", file);
    return vol != NULL;
}

static bool cmdVolCreateFrom(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "file");
    g_autoptr(virStoragePool) pool = poolOf(sh, cmd, "pool", POOL_BY_ANY);
    g_autoptr(virStorageVol) from = pool ? volumeOf(sh, cmd, "vol", "inputpool") : NULL;
    g_autofree char *xml = from ? readInput(sh, file) : NULL;
    if (!xml)
        return false;
    g_autoptr(virStorageVol) vol = virStorageVolCreateXMLFrom(pool, xml, from, fileFlags(cmd, true));
    if (vol)
        printExtra(sh, "Vol %s created from input vol %s\n", virStorageVolGetName(vol), virStorageVolGetName(from));
    else
        shellError(sh, "Failed to create vol from %s", file);
    return vol != NULL;
}

G_GNUC_PRINTF(2, 3) static void line(GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_markup_vprintf_escaped(format, args);
    va_end(args);
    g_string_append(out, text);
}

/* What the options of vol-create-as describe; NULL with a message. */
static char *volumeDocument(Shell *sh, Cmd *cmd, virStoragePoolPtr pool)
{
    const char *format = cmdString(cmd, "format"), *backing = cmdString(cmd, "backing-vol"), *backingFormat = cmdString(cmd, "backing-vol-format");
    const char *allocationText = cmdString(cmd, "allocation");
    unsigned long long capacity, allocation = 0;
    if (!parseSize(sh, cmdString(cmd, "capacity"), &capacity) || (allocationText && !parseSize(sh, allocationText, &allocation)))
        return NULL;
    g_autoptr(GString) out = g_string_new("<volume>\n");
    line(out, "  <name>%s</name>\n  <capacity>%llu</capacity>\n", cmdString(cmd, "name"), capacity);
    if (allocationText)
        line(out, "  <allocation>%llu</allocation>\n", allocation);
    if (format)
        line(out, "  <target>\n    <format type='%s'/>\n  </target>\n", format);
    if (backing) {
        g_autoptr(virStorageVol) vol = lookup(sh, pool, backing);
        g_autofree char *path = vol ? virStorageVolGetPath(vol) : NULL;
        if (!path) {
            shellError(sh, "failed to get vol '%s'", backing);
            return NULL;
        }
        line(out, "  <backingStore>\n    <path>%s</path>\n", path);
        if (backingFormat)
            line(out, "    <format type='%s'/>\n", backingFormat);
        g_string_append(out, "  </backingStore>\n");
    }
    g_string_append(out, "</volume>\n");
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static bool cmdVolCreateAs(Shell *sh, Cmd *cmd)
{
    const char *name = cmdString(cmd, "name");
    g_autoptr(virStoragePool) pool = poolOf(sh, cmd, "pool", POOL_BY_ANY);
    g_autofree char *xml = pool ? volumeDocument(sh, cmd, pool) : NULL;
    if (xml && cmdHas(cmd, "print-xml"))
        printDocument(sh, "xml", xml);
    if (!xml || cmdHas(cmd, "print-xml"))
        return xml != NULL;
    g_autoptr(virStorageVol) vol = virStorageVolCreateXML(pool, xml, makeFlags(cmd, false));
    if (vol)
        printExtra(sh, "Vol %s created\n", name);
    else
        shellError(sh, "Failed to create vol %s", name);
    return vol != NULL;
}

/* The same document with another name. */
static char *renamed(Shell *sh, const char *xml, const char *name)
{
    ShellXmlRename rename = shellModule(sh, "xml", "shellXmlRename");
    return rename ? rename(xml, name) : NULL;
}

static bool cmdVolClone(Shell *sh, Cmd *cmd)
{
    g_autoptr(virStorageVol) from = volumeArg(sh, cmd);
    g_autoptr(virStoragePool) pool = from ? virStoragePoolLookupByVolume(from) : NULL;
    if (from && !pool)
        shellError(sh, "%s", "failed to get parent pool");
    g_autofree char *old = pool ? virStorageVolGetXMLDesc(from, 0) : NULL, *xml = old ? renamed(sh, old, cmdString(cmd, "newname")) : NULL;
    if (xml && cmdHas(cmd, "print-xml"))
        printDocument(sh, "xml", xml);
    if (!xml || cmdHas(cmd, "print-xml"))
        return xml != NULL;
    const char *name = virStorageVolGetName(from);
    g_autoptr(virStorageVol) vol = virStorageVolCreateXMLFrom(pool, xml, from, makeFlags(cmd, true));
    if (vol)
        printExtra(sh, "Vol %s cloned from %s\n", virStorageVolGetName(vol), name);
    else
        shellError(sh, "Failed to clone vol from %s", name);
    return vol != NULL;
}

/* ---- changing ---- */

static bool cmdVolDelete(Shell *sh, Cmd *cmd)
{
    const char *word = cmdString(cmd, "vol");
    g_autoptr(virStorageVol) vol = volumeArg(sh, cmd);
    if (!vol)
        return false;
    if (virStorageVolDelete(vol, cmdHas(cmd, "delete-snapshots") ? VIR_STORAGE_VOL_DELETE_WITH_SNAPSHOTS : 0) < 0) {
        shellError(sh, "Failed to delete vol %s", word);
        return false;
    }
    printExtra(sh, "Vol %s deleted\n", word);
    return true;
}

static bool cmdVolWipe(Shell *sh, Cmd *cmd)
{
    static const char *const algorithms[] = { "zero", "nnsa", "dod", "bsi", "gutmann", "schneier", "pfitzner7", "pfitzner33", "random", "trim" };
    const char *word = cmdString(cmd, "vol"), *algorithm = cmdString(cmd, "algorithm");
    unsigned int i = 0;
    g_autoptr(virStorageVol) vol = volumeArg(sh, cmd);
    if (!vol)
        return false;
    while (algorithm && i < G_N_ELEMENTS(algorithms) && !g_str_equal(algorithms[i], algorithm))
        i++;
    if (i == G_N_ELEMENTS(algorithms)) {
        shellError(sh, "Unsupported algorithm '%s'", algorithm);
        return false;
    }
    if ((algorithm ? virStorageVolWipePattern(vol, i, 0) : virStorageVolWipe(vol, 0)) < 0) {
        shellError(sh, "Failed to wipe vol %s", word);
        return false;
    }
    printExtra(sh, "Vol %s wiped\n", word);
    return true;
}

static bool cmdVolResize(Shell *sh, Cmd *cmd)
{
    bool delta = cmdHas(cmd, "delta"), shrink = cmdHas(cmd, "shrink");
    unsigned int flags = (cmdHas(cmd, "allocate") ? VIR_STORAGE_VOL_RESIZE_ALLOCATE : 0) | (delta ? VIR_STORAGE_VOL_RESIZE_DELTA : 0) |
                         (shrink ? VIR_STORAGE_VOL_RESIZE_SHRINK : 0);
    const char *size = cmdString(cmd, "capacity");
    unsigned long long capacity;
    g_autoptr(virStorageVol) vol = volumeArg(sh, cmd);
    if (!vol)
        return false;
    if (*size == '-' && !shrink) {
        shellError(sh, "%s", "negative size requires --shrink");
        return false;
    }
    size += *size == '-';
    if (!parseSize(sh, size, &capacity))
        return false;
    const char *name = virStorageVolGetName(vol), *how = delta ? "by" : "to";
    if (virStorageVolResize(vol, capacity, flags) < 0) {
        shellError(sh, "Failed to change size of volume '%s' %s %s", name, how, size);
        return false;
    }
    printExtra(sh, "Size of volume '%s' successfully changed %s %s\n", name, how, size);
    return true;
}

/* ---- the group ---- */

#define POOL { "pool", OPT_STRING, false, "pool name or uuid", completePools }
#define VOL DATA("vol", "vol name, key or path")
#define FILE_OF DATA("file", "file containing an XML vol description")
#define PREALLOC FLAG("prealloc-metadata", "preallocate metadata (for qcow2 instead of full allocation)")
#define REFLINK FLAG("reflink", "use btrfs COW lightweight copy")
#define VALIDATE FLAG("validate", "validate the XML against the schema")
#define INT(name, help) { name, OPT_INT, false, help, NULL }

static const OptDef optsClone[] = { VOL, DATA("newname", "clone name"), POOL, PREALLOC, REFLINK,
                                    FLAG("print-xml", "print XML document rather than clone the volume"), OPT_END };
static const OptDef optsCreateAs[] = {
    { "pool", OPT_DATA, true, "pool name", completePools }, DATA("name", "name of the volume"), DATA("capacity", "size of the vol, as scaled integer (default bytes)"),
    STRING("allocation", "initial allocation size, as scaled integer (default bytes)"),
    STRING("format", "file format type raw,bochs,qcow,qcow2,qed,vmdk"),
    STRING("backing-vol", "the backing volume if taking a snapshot"),
    STRING("backing-vol-format", "format of backing volume if taking a snapshot"), PREALLOC,
    FLAG("print-xml", "print XML document, but don't define/create"), OPT_END
};
static const OptDef optsCreate[] = { { "pool", OPT_DATA, true, "pool name", completePools }, FILE_OF, PREALLOC, VALIDATE, OPT_END };
static const OptDef optsCreateFrom[] = { { "pool", OPT_DATA, true, "pool name or uuid", completePools }, FILE_OF, VOL,
                                         { "inputpool", OPT_STRING, false, "pool name or uuid of the input volume's pool", completePools }, PREALLOC, REFLINK, VALIDATE, OPT_END };
static const OptDef optsDelete[] = {
    VOL, POOL, FLAG("delete-snapshots", "delete snapshots associated with volume (must be supported by storage driver)"), OPT_END
};
static const OptDef optsDownload[] = { VOL, DATA("file", "file"), POOL, INT("offset", "volume offset to download from"),
                                       INT("length", "amount of data to download"), FLAG("sparse", "preserve sparseness of volume"), OPT_END };
static const OptDef optsUpload[] = { VOL, DATA("file", "file"), POOL, INT("offset", "volume offset to upload to"),
                                     INT("length", "amount of data to upload"), FLAG("sparse", "preserve sparseness of volume"), OPT_END };
static const OptDef optsDumpxml[] = { VOL, POOL, XPATH, OPT_END };
static const OptDef optsInfo[] = { VOL, POOL, FLAG("bytes", "sizes are represented in bytes rather than pretty units"),
                                   FLAG("physical", "return the physical size of the volume in allocation field"), OPT_END };
static const OptDef optsKey[] = { DATA("vol", "volume name or path"), POOL, OPT_END };
static const OptDef optsPath[] = { DATA("vol", "volume name or key"), POOL, OPT_END };
static const OptDef optsName[] = { DATA("vol", "volume key or path"), OPT_END };
static const OptDef optsPool[] = { DATA("vol", "volume key or path"), FLAG("uuid", "return the pool uuid rather than pool name"), OPT_END };
static const OptDef optsList[] = { { "pool", OPT_DATA, true, "pool name or uuid", completePools }, FLAG("details", "display extended details for volumes"), OPT_END };
static const OptDef optsResize[] = {
    VOL, DATA("capacity", "new capacity for the vol, as scaled integer (default bytes)"), POOL,
    FLAG("allocate", "allocate the new capacity, rather than leaving it sparse"),
    FLAG("delta", "use capacity as a delta to current size, rather than the new size"), FLAG("shrink", "allow the resize to shrink the volume"),
    OPT_END
};
static const OptDef optsWipe[] = { VOL, POOL, STRING("algorithm", "perform selected wiping algorithm"), OPT_END };

static const CmdDef commands[] = {
    { "vol-clone", "clone a volume.", "Clone an existing volume within the parent pool.", optsClone, cmdVolClone, 0 },
    { "vol-create-as", "create a volume from a set of args", "Create a vol.", optsCreateAs, cmdVolCreateAs, 0 },
    { "vol-create", "create a vol from an XML file", "Create a vol.", optsCreate, cmdVolCreate, 0 },
    { "vol-create-from", "create a vol, using another volume as input", "Create a vol from an existing volume.", optsCreateFrom, cmdVolCreateFrom, 0 },
    { "vol-delete", "delete a vol", "Delete a given vol.", optsDelete, cmdVolDelete, 0 },
    { "vol-download", "download volume contents to a file", "Download volume contents to a file", optsDownload, cmdVolDownload, 0 },
    { "vol-dumpxml", "vol information in XML", "Output the vol information as an XML dump to stdout.", optsDumpxml, cmdVolDumpxml, CMD_FACTS },
    { "vol-info", "storage vol information", "Returns basic information about the storage vol.", optsInfo, cmdVolInfo, CMD_FACTS },
    { "vol-key", "returns the volume key for a given volume name or path", NULL, optsKey, cmdVolKey, CMD_FACTS },
    { "vol-list", "list vols", "Returns list of vols by pool.", optsList, cmdVolList, CMD_FACTS },
    { "vol-name", "returns the volume name for a given volume key or path", NULL, optsName, cmdVolName, CMD_FACTS },
    { "vol-path", "returns the volume path for a given volume name or key", NULL, optsPath, cmdVolPath, CMD_FACTS },
    { "vol-pool", "returns the storage pool for a given volume key or path", NULL, optsPool, cmdVolPool, CMD_FACTS },
    { "vol-resize", "resize a vol",
      "Resizes a storage volume. This is safe only for storage volumes not in use by an active guest.\nSee blockresize for live resizing.",
      optsResize, cmdVolResize, 0 },
    { "vol-upload", "upload file contents to a volume", "Upload file contents to a volume", optsUpload, cmdVolUpload, 0 },
    { "vol-wipe", "wipe a vol", "Ensure data previously on a volume is not accessible to future reads", optsWipe, cmdVolWipe, 0 },
    { NULL, NULL, NULL, NULL, NULL, 0 }
};
const CmdGroup groupVolume = { "Storage Volume", "volume", commands };
