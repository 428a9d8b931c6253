/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands about snapshots. */
#include "moment.h"
#include <string.h>

/* ---- the kind ---- */

static Moment *find(virDomainPtr dom, const char *name)
{
    return virDomainSnapshotLookupByName(dom, name, 0);
}

static Moment *current(virDomainPtr dom)
{
    return virDomainSnapshotCurrent(dom, 0);
}

static Moment *create(virDomainPtr dom, const char *xml, unsigned int flags)
{
    return virDomainSnapshotCreateXML(dom, xml, flags);
}

static Moment *parent(Moment *moment)
{
    return virDomainSnapshotGetParent(moment, 0);
}

static const char *name(Moment *moment)
{
    return virDomainSnapshotGetName(moment);
}

static char *xml(Moment *moment, unsigned int flags)
{
    return virDomainSnapshotGetXMLDesc(moment, flags);
}

static int list(virDomainPtr dom, Moment ***out, unsigned int flags)
{
    return virDomainListAllSnapshots(dom, (virDomainSnapshotPtr **)out, flags);
}

static int children(Moment *moment, Moment ***out, unsigned int flags)
{
    return virDomainSnapshotListAllChildren(moment, (virDomainSnapshotPtr **)out, flags);
}

static int delete(Moment *moment, unsigned int flags)
{
    return virDomainSnapshotDelete(moment, flags);
}

static void drop(Moment *moment)
{
    virDomainSnapshotFree(moment);
}

const MomentKind momentSnapshot = {
    .word = "snapshot",
    .find = find,
    .current = current,
    .create = create,
    .parent = parent,
    .name = name,
    .xml = xml,
    .list = list,
    .children = children,
    .remove = delete,
    .drop = drop,
    .descendants = VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS,
    .roots = VIR_DOMAIN_SNAPSHOT_LIST_ROOTS,
    .secure = VIR_DOMAIN_SNAPSHOT_XML_SECURE,
    .redefine = VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
};

/* ---- new ones ---- */

static const MomentFlag createFlags[] = {
    { "no-metadata", VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA }, { "halt", VIR_DOMAIN_SNAPSHOT_CREATE_HALT },
    { "disk-only", VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY },     { "reuse-external", VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT },
    { "quiesce", VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE },         { "atomic", VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC },
    { "live", VIR_DOMAIN_SNAPSHOT_CREATE_LIVE },               { "validate", VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE },
    { NULL, 0 },
};

static bool cmdCreate(Shell *sh, Cmd *cmd)
{
    return momentCreate(sh, cmd, &momentSnapshot,
                        momentFlags(cmd, createFlags) | (cmdHas(cmd, "redefine") ? VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE : 0) |
                            (cmdHas(cmd, "current") ? VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT : 0));
}

/* "[file=]NAME[,snapshot=TYPE]" */
static bool addMemory(Shell *sh, GString *out, const char *spec)
{
    g_auto(GStrv) words = momentSplit(spec);
    const char *file = NULL, *snapshot = NULL;
    for (guint i = 0; words[i]; i++) {
        const char *value = momentField(words[i], "snapshot");
        if (!snapshot && value)
            snapshot = value;
        else if (!file && (value = momentField(words[i], "file")))
            file = value;
        else if (!file && i == 0)
            file = words[i];
        else {
            shellError(sh, "unable to parse memspec: %s", spec);
            return false;
        }
    }
    g_string_append(out, "  <memory");
    momentText(out, " snapshot='%s'", snapshot);
    momentText(out, " file='%s'", file);
    g_string_append(out, "/>\n");
    return true;
}

typedef struct {
    const char *snapshot, *driver, *stype, *file;
} Disk;

static bool readDisk(Shell *sh, const char *spec, char **words, Disk *disk)
{
    const struct {
        const char *key;
        const char **value;
    } fields[] = { { "snapshot", &disk->snapshot }, { "driver", &disk->driver }, { "stype", &disk->stype }, { "file", &disk->file } };
    bool good = true;
    for (guint i = 1; words[0] && words[i] && good; i++) {
        good = false;
        for (guint k = 0; k < G_N_ELEMENTS(fields) && !good; k++) {
            const char *value = momentField(words[i], fields[k].key);
            good = value && !*fields[k].value;
            if (good)
                *fields[k].value = value;
        }
    }
    if (good && disk->stype && !g_str_equal(disk->stype, "file") && !g_str_equal(disk->stype, "block")) {
        shellError(sh, "Unknown storage type: '%s'", disk->stype);
        good = false;
    }
    if (!good)
        shellError(sh, "unable to parse diskspec: %s", spec);
    return good;
}

static bool addDisk(Shell *sh, GString *out, const char *spec)
{
    g_auto(GStrv) words = momentSplit(spec);
    Disk disk = { NULL, NULL, NULL, NULL };
    if (!readDisk(sh, spec, words, &disk))
        return false;
    g_string_append(out, "    <disk");
    momentText(out, " name='%s'", words[0]);
    momentText(out, " snapshot='%s'", disk.snapshot);
    momentText(out, " type='%s'", disk.stype);
    if (!disk.driver && !disk.file) {
        g_string_append(out, "/>\n");
        return true;
    }
    g_string_append(out, ">\n");
    momentText(out, "      <driver type='%s'/>\n", disk.driver);
    momentText(out, g_strcmp0(disk.stype, "block") == 0 ? "      <source dev='%s'/>\n" : "      <source file='%s'/>\n", disk.file);
    g_string_append(out, "    </disk>\n");
    return true;
}

static bool cmdCreateAs(Shell *sh, Cmd *cmd)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const char *memory = cmdString(cmd, "memspec");
    momentOpen(out, cmd, &momentSnapshot);
    if (memory && !addMemory(sh, out, memory))
        return false;
    g_string_append(out, cmd->rest->len ? "  <disks>\n" : "");
    for (guint i = 0; i < cmd->rest->len; i++)
        if (!addDisk(sh, out, cmd->rest->pdata[i]))
            return false;
    g_string_append(out, cmd->rest->len ? "  </disks>\n</domainsnapshot>\n" : "</domainsnapshot>\n");
    if (cmdHas(cmd, "print-xml")) {
        printf("%s\n", out->str);
        return true;
    }
    return momentCreateFrom(sh, cmd, &momentSnapshot, out->str, NULL, momentFlags(cmd, createFlags));
}

/* ---- the current one ---- */

/* The document again, as that of the current one. */
static bool makeCurrent(Shell *sh, virDomainPtr dom, const char *which)
{
    Moment *moment = find(dom, which);
    g_autofree char *text = moment ? xml(moment, VIR_DOMAIN_SNAPSHOT_XML_SECURE) : NULL;
    Moment *again = text ? create(dom, text, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT) : NULL;
    if (again)
        printExtra(sh, "Snapshot %s set as current", which);
    momentDrop(&momentSnapshot, again);
    momentDrop(&momentSnapshot, moment);
    return again != NULL;
}

static bool cmdCurrent(Shell *sh, Cmd *cmd)
{
    const char *which = cmdString(cmd, "snapshotname");
    if (!cmdExclusive(sh, cmd, "name", "snapshotname"))
        return false;
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    if (!dom || which)
        return dom && makeCurrent(sh, dom, which);
    int has = virDomainHasCurrentSnapshot(dom, 0);
    if (has == 0)
        shellError(sh, "domain '%s' has no current snapshot", virDomainGetName(dom));
    Moment *moment = has > 0 ? current(dom) : NULL;
    g_autofree char *text =
        moment && !cmdHas(cmd, "name") ? xml(moment, cmdHas(cmd, "security-info") ? VIR_DOMAIN_SNAPSHOT_XML_SECURE : 0) : NULL;
    if (moment && cmdHas(cmd, "name"))
        printf("%s", name(moment));
    else if (text)
        printf("%s", text);
    bool ok = moment && (text || cmdHas(cmd, "name"));
    momentDrop(&momentSnapshot, moment);
    return ok;
}

static bool cmdRevert(Shell *sh, Cmd *cmd)
{
    static const MomentFlag flags[] = { { "running", VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING },
                                        { "paused", VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED },
                                        { "reset-nvram", VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM },
                                        { "force", VIR_DOMAIN_SNAPSHOT_REVERT_FORCE },
                                        { NULL, 0 } };
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    Moment *moment = dom ? momentOf(sh, cmd, &momentSnapshot, dom) : NULL;
    if (!moment)
        return false;
    bool ok = virDomainRevertToSnapshot(moment, momentFlags(cmd, flags)) >= 0;
    if (ok)
        printExtra(sh, "Domain snapshot %s reverted\n", name(moment));
    momentDrop(&momentSnapshot, moment);
    return ok;
}

/* ---- facts ---- */

/* What only its document tells: the state, and whether it is in files of its own. */
static bool factsOfDocument(Shell *sh, Moment *moment, Facts *facts)
{
    static const char *const columns[] = {
        "state", "memory/@snapshot[.='external'] | disks/disk/@snapshot[.='external'] | state[.='disk-snapshot']"
    };
    g_autofree char *text = xml(moment, 0);
    g_autoptr(GPtrArray) rows = text ? documentRows(sh, text, "/*", columns, G_N_ELEMENTS(columns)) : NULL;
    if (!rows || !rows->len)
        return false;
    char **found = (char **)((GPtrArray *)rows->pdata[0])->pdata;
    factsString(facts, "state", "State:", found[0] ? found[0] : "");
    factsString(facts, "location", "Location:", found[1] ? "external" : "internal");
    return true;
}

static bool cmdInfo(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    Moment *moment = dom ? momentOf(sh, cmd, &momentSnapshot, dom) : NULL;
    if (!moment)
        return false;
    Facts *facts = factsNew(sh, 15);
    factsString(facts, "name", "Name:", name(moment));
    factsString(facts, "domain", "Domain:", virDomainGetName(dom));
    factsBool(facts, "current", "Current:", virDomainSnapshotIsCurrent(moment, 0) == 1, "yes", "no");
    bool ok = factsOfDocument(sh, moment, facts);
    if (ok) {
        momentFamily(&momentSnapshot, moment, facts);
        factsBool(facts, "metadata", "Metadata:", virDomainSnapshotHasMetadata(moment, 0) == 1, "yes", "no");
        factsEnd(facts);
    } else {
        factsDrop(facts);
    }
    momentDrop(&momentSnapshot, moment);
    return ok;
}

/* ---- what both kinds have ---- */

static bool cmdDumpxml(Shell *sh, Cmd *cmd)
{
    return momentDumpxml(sh, cmd, &momentSnapshot, cmdHas(cmd, "security-info") ? VIR_DOMAIN_SNAPSHOT_XML_SECURE : 0);
}

static bool cmdParent(Shell *sh, Cmd *cmd)
{
    return momentParent(sh, cmd, &momentSnapshot);
}

static bool cmdEdit(Shell *sh, Cmd *cmd)
{
    if (!cmdExclusive(sh, cmd, "rename", "clone"))
        return false;
    return momentEdit(sh, cmd, &momentSnapshot, cmdHas(cmd, "current") ? VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT : 0,
                      VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY);
}

static bool cmdDelete(Shell *sh, Cmd *cmd)
{
    static const MomentFlag flags[] = { { "children", VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN },
                                        { "children-only", VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY },
                                        { "metadata", VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY }, { NULL, 0 } };
    return momentDelete(sh, cmd, &momentSnapshot, flags);
}

static bool cmdList(Shell *sh, Cmd *cmd)
{
    static const MomentFlag flags[] = {
        { "leaves", VIR_DOMAIN_SNAPSHOT_LIST_LEAVES },       { "no-leaves", VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES },
        { "metadata", VIR_DOMAIN_SNAPSHOT_LIST_METADATA },   { "no-metadata", VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA },
        { "inactive", VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE },   { "active", VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE },
        { "disk-only", VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY }, { "internal", VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL },
        { "external", VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL },   { "topological", VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL },
        { NULL, 0 },
    };
    return momentList(sh, cmd, &momentSnapshot, momentFlags(cmd, flags));
}

/* ---- the table ---- */

#define FLAG(name, what) { name, OPT_BOOL, false, what, NULL }
#define DOMAIN OPT_DOMAIN("domain name, id or uuid", completeDomains)
#define NAMED(what) { "snapshotname", OPT_STRING, false, what, NULL }
#define CREATE_FLAGS \
    FLAG("no-metadata", "take snapshot but create no metadata"), FLAG("halt", "halt domain after snapshot is created"), \
        FLAG("disk-only", "capture disk state but not vm state"), FLAG("reuse-external", "reuse any existing external files"), \
        FLAG("quiesce", "quiesce guest's file systems"), FLAG("atomic", "require atomic operation"), FLAG("live", "take a live snapshot"), \
        FLAG("validate", "validate the XML against the schema")

static const OptDef optsCreate[] = { DOMAIN, { "xmlfile", OPT_STRING, false, "domain snapshot XML", NULL },
                                     FLAG("redefine", "redefine metadata for existing snapshot"),
                                     FLAG("current", "with redefine, set current snapshot"), CREATE_FLAGS, OPT_END };
static const OptDef optsCreateAs[] = { DOMAIN, { "name", OPT_DATA, false, "name of snapshot", NULL },
                                       { "description", OPT_DATA, false, "description of snapshot", NULL },
                                       FLAG("print-xml", "print XML document rather than create"), CREATE_FLAGS,
                                       { "memspec", OPT_STRING, false, "memory attributes: [file=]name[,snapshot=type]", NULL },
                                       { "diskspec", OPT_ARGV, false,
                                         "disk attributes: disk[,snapshot=type][,driver=type][,stype=type][,file=name]", NULL }, OPT_END };
static const OptDef optsCurrent[] = { DOMAIN, FLAG("name", "list the name, rather than the full xml"),
                                      FLAG("security-info", "include security sensitive information in XML dump"),
                                      NAMED("name of existing snapshot to make current"), OPT_END };
static const OptDef optsDelete[] = { DOMAIN, NAMED("snapshot name"), FLAG("current", "delete current snapshot"),
                                     FLAG("children", "delete snapshot and all children"),
                                     FLAG("children-only", "delete children but not snapshot"),
                                     FLAG("metadata", "delete only libvirt metadata, leaving snapshot contents behind"), OPT_END };
static const OptDef optsDumpxml[] = { DOMAIN, { "snapshotname", OPT_DATA, true, "snapshot name", NULL },
                                      FLAG("security-info", "include security sensitive information in XML dump"),
                                      { "xpath", OPT_STRING, false, "xpath expression to filter the XML document", NULL },
                                      FLAG("wrap", "wrap xpath results in an common root element"), OPT_END };
static const OptDef optsEdit[] = { DOMAIN,
                                   NAMED("snapshot name"),
                                   FLAG("current", "also set edited snapshot as current"),
                                   FLAG("rename", "allow renaming an existing snapshot"),
                                   FLAG("clone", "allow cloning to new name"),
                                   OPT_END };
static const OptDef optsInfo[] = { DOMAIN, NAMED("snapshot name"), FLAG("current", "info on current snapshot"), OPT_END };
static const OptDef optsList[] = { DOMAIN,
                                   FLAG("parent", "add a column showing parent snapshot"),
                                   FLAG("roots", "list only snapshots without parents"),
                                   FLAG("leaves", "list only snapshots without children"),
                                   FLAG("no-leaves", "list only snapshots that are not leaves (with children)"),
                                   FLAG("metadata", "list only snapshots that have metadata that would prevent undefine"),
                                   FLAG("no-metadata", "list only snapshots that have no metadata managed by libvirt"),
                                   FLAG("inactive", "filter by snapshots taken while inactive"),
                                   FLAG("active", "filter by snapshots taken while active (full system snapshots)"),
                                   FLAG("disk-only", "filter by disk-only snapshots"),
                                   FLAG("internal", "filter by internal snapshots"),
                                   FLAG("external", "filter by external snapshots"),
                                   FLAG("tree", "list snapshots in a tree"),
                                   { "from", OPT_STRING, false, "limit list to children of given snapshot", NULL },
                                   FLAG("current", "limit list to children of current snapshot"),
                                   FLAG("descendants", "with --from, list all descendants"),
                                   FLAG("name", "list snapshot names only"),
                                   FLAG("topological", "sort list topologically rather than by name"),
                                   OPT_END };
static const OptDef optsParent[] = { DOMAIN, NAMED("find parent of snapshot name"), FLAG("current", "find parent of current snapshot"),
                                     OPT_END };
static const OptDef optsRevert[] = { DOMAIN,
                                     NAMED("snapshot name"),
                                     FLAG("current", "revert to current snapshot"),
                                     FLAG("running", "after reverting, change state to running"),
                                     FLAG("paused", "after reverting, change state to paused"),
                                     FLAG("force", "try harder on risky reverts"),
                                     FLAG("reset-nvram", "re-initialize NVRAM from its pristine template"),
                                     OPT_END };

static const CmdDef commands[] = {
    { "snapshot-create", "Create a snapshot from XML", "Create a snapshot (disk and RAM) from XML", optsCreate, cmdCreate, 0 },
    { "snapshot-create-as", "Create a snapshot from a set of args", "Create a snapshot (disk and RAM) from arguments", optsCreateAs,
      cmdCreateAs, 0 },
    { "snapshot-current", "Get or set the current snapshot", "Get or set the current snapshot", optsCurrent, cmdCurrent, 0 },
    { "snapshot-delete", "Delete a domain snapshot", "Snapshot Delete", optsDelete, cmdDelete, 0 },
    { "snapshot-dumpxml", "Dump XML for a domain snapshot", "Snapshot Dump XML", optsDumpxml, cmdDumpxml, 0 },
    { "snapshot-edit", "edit XML for a snapshot", "Edit the domain snapshot XML for a named snapshot", optsEdit, cmdEdit, 0 },
    { "snapshot-info", "snapshot information", "Returns basic information about a snapshot.", optsInfo, cmdInfo, CMD_FACTS },
    { "snapshot-list", "List snapshots for a domain", "Snapshot List", optsList, cmdList, CMD_FACTS },
    { "snapshot-parent", "Get the name of the parent of a snapshot", "Extract the snapshot's parent, if any", optsParent, cmdParent,
      CMD_FACTS },
    { "snapshot-revert", "Revert a domain to a snapshot", "Revert domain to snapshot", optsRevert, cmdRevert, 0 },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

const CmdGroup groupSnapshot = { "Snapshot", "snapshot", commands };
