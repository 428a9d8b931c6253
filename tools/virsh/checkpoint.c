/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands about checkpoints, and about the backups that start from them. */
#include "moment.h"

/* ---- the kind ---- */

static Moment *find(virDomainPtr dom, const char *name)
{
    return virDomainCheckpointLookupByName(dom, name, 0);
}

static Moment *create(virDomainPtr dom, const char *xml, unsigned int flags)
{
    return virDomainCheckpointCreateXML(dom, xml, flags);
}

static Moment *parent(Moment *moment)
{
    return virDomainCheckpointGetParent(moment, 0);
}

static const char *name(Moment *moment)
{
    return virDomainCheckpointGetName(moment);
}

static char *xml(Moment *moment, unsigned int flags)
{
    return virDomainCheckpointGetXMLDesc(moment, flags);
}

static int list(virDomainPtr dom, Moment ***out, unsigned int flags)
{
    return virDomainListAllCheckpoints(dom, (virDomainCheckpointPtr **)out, flags);
}

static int children(Moment *moment, Moment ***out, unsigned int flags)
{
    return virDomainCheckpointListAllChildren(moment, (virDomainCheckpointPtr **)out, flags);
}

static int delete(Moment *moment, unsigned int flags)
{
    return virDomainCheckpointDelete(moment, flags);
}

static void drop(Moment *moment)
{
    virDomainCheckpointFree(moment);
}

const MomentKind momentCheckpoint = {
    .word = "checkpoint",
    .find = find,
    .create = create,
    .parent = parent,
    .name = name,
    .xml = xml,
    .list = list,
    .children = children,
    .remove = delete,
    .drop = drop,
    .descendants = VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS,
    .roots = VIR_DOMAIN_CHECKPOINT_LIST_ROOTS,
    .secure = VIR_DOMAIN_CHECKPOINT_XML_SECURE,
    .redefine = VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE,
};

/* ---- new ones ---- */

static bool cmdCreate(Shell *sh, Cmd *cmd)
{
    static const MomentFlag flags[] = { { "redefine", VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE },
                                        { "redefine-validate", VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE },
                                        { "quiesce", VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE }, { NULL, 0 } };
    return momentCreate(sh, cmd, &momentCheckpoint, momentFlags(cmd, flags));
}

static bool addDisk(Shell *sh, GString *out, const char *spec)
{
    g_auto(GStrv) words = momentSplit(spec);
    const char *checkpoint = NULL, *bitmap = NULL, *value;
    for (guint i = 1; words[0] && words[i]; i++) {
        if (!checkpoint && (value = momentField(words[i], "checkpoint")))
            checkpoint = value;
        else if (!bitmap && (value = momentField(words[i], "bitmap")))
            bitmap = value;
        else {
            shellError(sh, "unable to parse diskspec: %s", spec);
            return false;
        }
    }
    g_string_append(out, "    <disk");
    momentText(out, " name='%s'", words[0]);
    momentText(out, " checkpoint='%s'", checkpoint);
    momentText(out, " bitmap='%s'", bitmap);
    g_string_append(out, "/>\n");
    return true;
}

static bool cmdCreateAs(Shell *sh, Cmd *cmd)
{
    g_autoptr(GString) out = g_string_new(NULL);
    momentOpen(out, cmd, &momentCheckpoint);
    g_string_append(out, cmd->rest->len ? "  <disks>\n" : "");
    for (guint i = 0; i < cmd->rest->len; i++)
        if (!addDisk(sh, out, cmd->rest->pdata[i]))
            return false;
    g_string_append(out, cmd->rest->len ? "  </disks>\n</domaincheckpoint>\n" : "</domaincheckpoint>\n");
    if (cmdHas(cmd, "print-xml")) {
        printf("%s\n", out->str);
        return true;
    }
    return momentCreateFrom(sh, cmd, &momentCheckpoint, out->str, NULL, cmdHas(cmd, "quiesce") ? VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE : 0);
}

/* ---- what both kinds have ---- */

static bool cmdInfo(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    Moment *moment = dom ? momentOf(sh, cmd, &momentCheckpoint, dom) : NULL;
    if (!moment)
        return false;
    Facts *facts = factsNew(sh, 15);
    factsString(facts, "name", "Name:", name(moment));
    factsString(facts, "domain", "Domain:", virDomainGetName(dom));
    momentFamily(&momentCheckpoint, moment, facts);
    factsEnd(facts);
    momentDrop(&momentCheckpoint, moment);
    return true;
}

static bool cmdDumpxml(Shell *sh, Cmd *cmd)
{
    static const MomentFlag flags[] = { { "security-info", VIR_DOMAIN_CHECKPOINT_XML_SECURE },
                                        { "no-domain", VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN },
                                        { "size", VIR_DOMAIN_CHECKPOINT_XML_SIZE },
                                        { NULL, 0 } };
    return momentDumpxml(sh, cmd, &momentCheckpoint, momentFlags(cmd, flags));
}

static bool cmdParent(Shell *sh, Cmd *cmd)
{
    return momentParent(sh, cmd, &momentCheckpoint);
}

static bool cmdEdit(Shell *sh, Cmd *cmd)
{
    return momentEdit(sh, cmd, &momentCheckpoint, 0, VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY);
}

static bool cmdDelete(Shell *sh, Cmd *cmd)
{
    static const MomentFlag flags[] = { { "children", VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN },
                                        { "children-only", VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY },
                                        { "metadata", VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY }, { NULL, 0 } };
    return momentDelete(sh, cmd, &momentCheckpoint, flags);
}

static bool cmdList(Shell *sh, Cmd *cmd)
{
    static const MomentFlag flags[] = { { "leaves", VIR_DOMAIN_CHECKPOINT_LIST_LEAVES },
                                        { "no-leaves", VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES },
                                        { "topological", VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL },
                                        { NULL, 0 } };
    return momentList(sh, cmd, &momentCheckpoint, momentFlags(cmd, flags));
}

/* ---- backups ---- */

static bool cmdBackupBegin(Shell *sh, Cmd *cmd)
{
    const char *backup = cmdString(cmd, "backupxml"), *checkpoint = cmdString(cmd, "checkpointxml");
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    g_autofree char *text = !dom ? NULL : backup ? readInput(sh, backup) : g_strdup("<domainbackup/>");
    g_autofree char *second = text && checkpoint ? readInput(sh, checkpoint) : NULL;
    if (!text || (checkpoint && !second) ||
        virDomainBackupBegin(dom, text, second, cmdHas(cmd, "reuse-external") ? VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL : 0) < 0)
        return false;
    printExtra(sh, "Backup started\n");
    return true;
}

static bool cmdBackupDumpxml(Shell *sh, Cmd *cmd)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    g_autofree char *text = dom ? virDomainBackupGetXMLDesc(dom, 0) : NULL;
    if (text && cmdHas(cmd, "xpath"))
        return printXpath(sh, text, cmdString(cmd, "xpath"), cmdHas(cmd, "wrap"));
    if (text)
        printDocument(sh, "xml", text);
    return text != NULL;
}

/* ---- the tables ---- */

#define FLAG(name, what) { name, OPT_BOOL, false, what, NULL }
#define DOMAIN OPT_DOMAIN("domain name, id or uuid", completeDomains)
#define NAMED(what) { "checkpointname", OPT_STRING, false, what, NULL }
#define XPATH \
    { "xpath", OPT_STRING, false, "xpath expression to filter the XML document", NULL }, \
        FLAG("wrap", "wrap xpath results in an common root element")

static const OptDef optsCreate[] = { DOMAIN,
                                     { "xmlfile", OPT_STRING, false, "domain checkpoint XML", NULL },
                                     FLAG("redefine", "redefine metadata for existing checkpoint"),
                                     FLAG("redefine-validate", "validate the redefined checkpoint"),
                                     FLAG("quiesce", "quiesce guest's file systems"),
                                     OPT_END };
static const OptDef optsCreateAs[] = { DOMAIN,
                                       { "name", OPT_DATA, false, "name of checkpoint", NULL },
                                       { "description", OPT_DATA, false, "description of checkpoint", NULL },
                                       FLAG("print-xml", "print XML document rather than create"),
                                       FLAG("quiesce", "quiesce guest's file systems"),
                                       { "diskspec", OPT_ARGV, false, "disk attributes: disk[,checkpoint=type][,bitmap=name]", NULL },
                                       OPT_END };
static const OptDef optsDelete[] = { DOMAIN, NAMED("checkpoint name"), FLAG("children", "delete checkpoint and all children"),
                                     FLAG("children-only", "delete children but not checkpoint"),
                                     FLAG("metadata", "delete only libvirt metadata, leaving checkpoint contents behind"), OPT_END };
static const OptDef optsDumpxml[] = { DOMAIN,
                                      NAMED("checkpoint name"),
                                      FLAG("security-info", "include security sensitive information in XML dump"),
                                      FLAG("no-domain", "exclude <domain> from XML"),
                                      FLAG("size", "include backup size estimate in XML dump"),
                                      XPATH,
                                      OPT_END };
static const OptDef optsNamed[] = { DOMAIN, NAMED("checkpoint name"), OPT_END };
static const OptDef optsList[] = { DOMAIN,
                                   FLAG("parent", "add a column showing parent checkpoint"),
                                   FLAG("roots", "list only checkpoints without parents"),
                                   FLAG("leaves", "list only checkpoints without children"),
                                   FLAG("no-leaves", "list only checkpoints that are not leaves (with children)"),
                                   FLAG("tree", "list checkpoints in a tree"),
                                   { "from", OPT_STRING, false, "limit list to children of given checkpoint", NULL },
                                   FLAG("descendants", "with --from, list all descendants"),
                                   FLAG("name", "list checkpoint names only"),
                                   FLAG("topological", "sort list topologically rather than by name"),
                                   OPT_END };
static const OptDef optsParent[] = { DOMAIN, NAMED("find parent of checkpoint name"), OPT_END };
static const OptDef optsBegin[] = { DOMAIN, { "backupxml", OPT_STRING, false, "domain backup XML", NULL },
                                    { "checkpointxml", OPT_STRING, false, "domain checkpoint XML", NULL },
                                    FLAG("reuse-external", "reuse files provided by caller"), OPT_END };
static const OptDef optsBackupXml[] = { DOMAIN, XPATH, OPT_END };

static const CmdDef commands[] = {
    { "checkpoint-create", "Create a checkpoint from XML", "Create a checkpoint from XML for use in future incremental backups", optsCreate,
      cmdCreate, 0 },
    { "checkpoint-create-as", "Create a checkpoint from a set of args",
      "Create a checkpoint from arguments for use in future incremental backups", optsCreateAs, cmdCreateAs, 0 },
    { "checkpoint-delete", "Delete a domain checkpoint", "Checkpoint Delete", optsDelete, cmdDelete, 0 },
    { "checkpoint-dumpxml", "Dump XML for a domain checkpoint", "Checkpoint Dump XML", optsDumpxml, cmdDumpxml, 0 },
    { "checkpoint-edit", "edit XML for a checkpoint", "Edit the domain checkpoint XML for a named checkpoint", optsNamed, cmdEdit, 0 },
    { "checkpoint-info", "checkpoint information", "Returns basic information about a checkpoint.", optsNamed, cmdInfo, CMD_FACTS },
    { "checkpoint-list", "List checkpoints for a domain", "Checkpoint List", optsList, cmdList, CMD_FACTS },
    { "checkpoint-parent", "Get the name of the parent of a checkpoint", "Extract the checkpoint's parent, if any", optsParent, cmdParent,
      CMD_FACTS },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

static const CmdDef backups[] = {
    { "backup-begin", "Start a disk backup of a live domain",
      "Use XML to start a full or incremental disk backup of a live domain, optionally creating a checkpoint", optsBegin, cmdBackupBegin,
      0 },
    { "backup-dumpxml", "Dump XML for an ongoing domain block backup job", "Backup Dump XML", optsBackupXml, cmdBackupDumpxml, 0 },
    { NULL, NULL, NULL, NULL, NULL, 0 },
};

const CmdGroup groupCheckpoint = { "Checkpoint", "checkpoint", commands };
const CmdGroup groupBackup = { "Backup", "backup", backups };
