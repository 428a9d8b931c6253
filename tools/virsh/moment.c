/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands about snapshots and checkpoints, as far as they are the same. */
#include "moment.h"
#include <stdlib.h>
#include <string.h>

/* ---- one of them ---- */

void momentDrop(const MomentKind *kind, Moment *moment)
{
    shellKeepError();
    if (moment)
        kind->drop(moment);
}

unsigned int momentFlags(Cmd *cmd, const MomentFlag *flags)
{
    unsigned int bits = 0;
    for (; flags->option; flags++)
        bits |= cmdHas(cmd, flags->option) ? flags->flag : 0;
    return bits;
}

Moment *momentOf(Shell *sh, Cmd *cmd, const MomentKind *kind, virDomainPtr dom)
{
    g_autofree char *option = g_strconcat(kind->word, "name", NULL);
    const char *name = cmdString(cmd, option);
    bool offered = cmdOffers(cmd, "current"), current = offered && cmdHas(cmd, "current");
    if (name && current && !cmdOffers(cmd, "rename"))   /* to edit one is to name it, and perhaps to make it the current one */
        shellError(sh, "--%s and --current are mutually exclusive", option);
    else if (!name && !current)
        shellError(sh, offered ? "--%s or --current is required" : "--%s is required", option);
    else
        return name ? kind->find(dom, name) : kind->current(dom);
    return NULL;
}

/* ---- new ones ---- */

bool momentCreateFrom(Shell *sh, Cmd *cmd, const MomentKind *kind, const char *xml, const char *file, unsigned int flags)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    Moment *moment = dom ? kind->create(dom, xml, flags) : NULL;
    if (moment && file)
        printExtra(sh, "Domain %s %s created from '%s'", kind->word, kind->name(moment), file);
    else if (moment)
        printExtra(sh, "Domain %s %s created", kind->word, kind->name(moment));
    momentDrop(kind, moment);
    return moment != NULL;
}

bool momentCreate(Shell *sh, Cmd *cmd, const MomentKind *kind, unsigned int flags)
{
    const char *file = cmdString(cmd, "xmlfile");
    g_autofree char *xml = file ? readInput(sh, file) : g_strdup_printf("<domain%s/>", kind->word);
    return xml && momentCreateFrom(sh, cmd, kind, xml, file, flags);
}

/* ---- documents ---- */

bool momentDumpxml(Shell *sh, Cmd *cmd, const MomentKind *kind, unsigned int flags)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    Moment *moment = dom ? momentOf(sh, cmd, kind, dom) : NULL;
    g_autofree char *xml = moment ? kind->xml(moment, flags) : NULL;
    momentDrop(kind, moment);
    if (xml && cmdHas(cmd, "xpath"))
        return printXpath(sh, xml, cmdString(cmd, "xpath"), cmdHas(cmd, "wrap"));
    if (xml)
        printDocument(sh, "xml", xml);
    return xml != NULL;
}

/* What became of it, told to the user. */
static bool replaced(Shell *sh, Cmd *cmd, const MomentKind *kind, virDomainPtr dom, const char *name, Moment *now,
                     unsigned int metadataOnly)
{
    const char *called = kind->name(now);
    bool clone = kind->current && cmdHas(cmd, "clone"), rename = kind->current && cmdHas(cmd, "rename");
    g_autofree char *title = g_strdup_printf("%c%s", g_ascii_toupper(kind->word[0]), kind->word + 1);
    if (g_str_equal(name, called)) {
        printExtra(sh, "%s %s edited.\n", title, name);
        return true;
    }
    if (clone) {
        printExtra(sh, "%s %s cloned to %s.\n", title, name, called);
        return true;
    }
    Moment *old = rename ? kind->find(dom, name) : NULL;
    bool ok = rename ? old && kind->remove(old, metadataOnly) >= 0 : false;
    bool undone = !rename && kind->remove(now, metadataOnly) >= 0;
    g_autofree char *why = shellTakeError();
    if (why && !ok && !undone)
        shellError(sh, "%s", why);
    if (undone)
        shellError(sh, kind->current ? "Must use --rename or --clone to change %s to %s" : "Cannot rename checkpoint %s to %s", name,
                   called);
    else if (!ok)
        shellError(sh, "Failed to clean up %s", rename ? name : called);
    if (ok)
        printExtra(sh, "%s %s renamed to %s.\n", title, name, called);
    momentDrop(kind, old);
    return ok;
}

static bool editOne(Shell *sh, Cmd *cmd, const MomentKind *kind, virDomainPtr dom, Moment *moment, unsigned int create,
                    unsigned int metadataOnly)
{
    const char *name = kind->name(moment);
    g_autofree char *before = kind->xml(moment, kind->secure);
    g_autofree char *edited = before ? editText(sh, before) : NULL;
    if (!edited)
        return false;
    g_autofree char *option = g_strconcat(kind->word, "name", NULL);
    bool promoted = create && cmdHas(cmd, option);      /* one that is named and made the current one is written as it is, too */
    if (g_str_equal(before, edited) && !promoted) {
        printExtra(sh, "%c%s %s XML configuration not changed.\n", g_ascii_toupper(kind->word[0]), kind->word + 1, name);
        return true;
    }
    g_autofree char *again = kind->xml(moment, kind->secure);
    if (again && !g_str_equal(again, before))
        shellError(sh, "ERROR: the XML configuration was changed by another user");
    Moment *now = again && g_str_equal(again, before) ? kind->create(dom, edited, create | kind->redefine) : NULL;
    bool ok = now && replaced(sh, cmd, kind, dom, name, now, metadataOnly);
    momentDrop(kind, now);
    if (!ok)
        shellError(sh, "Failed to update %s", name);
    return ok;
}

bool momentEdit(Shell *sh, Cmd *cmd, const MomentKind *kind, unsigned int create, unsigned int metadataOnly)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    Moment *moment = dom ? momentOf(sh, cmd, kind, dom) : NULL;
    bool ok = moment && editOne(sh, cmd, kind, dom, moment, create, metadataOnly);
    momentDrop(kind, moment);
    return ok;
}

/* ---- relations ---- */

/* NULL without an error when there is none. */
static char *parentName(const MomentKind *kind, Moment *moment)
{
    Moment *parent = kind->parent(moment);
    char *name = parent ? g_strdup(kind->name(parent)) : NULL;
    if (parent)
        kind->drop(parent);
    return name;
}

bool momentParent(Shell *sh, Cmd *cmd, const MomentKind *kind)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    Moment *moment = dom ? momentOf(sh, cmd, kind, dom) : NULL;
    if (!moment)
        return false;
    g_autofree char *parent = parentName(kind, moment);
    if (!parent) {
        virResetLastError();
        shellError(sh, "%s '%s' has no parent", kind->word, kind->name(moment));
    } else if (sh->json) {
        printText(sh, "parent", parent);
    } else {
        printf("%s", parent);
    }
    momentDrop(kind, moment);
    return parent != NULL;
}

static void dropAll(const MomentKind *kind, Moment **list, int n)
{
    for (int i = 0; i < n; i++)
        kind->drop(list[i]);
    free(list);
}

static int countChildren(const MomentKind *kind, Moment *moment, unsigned int flags)
{
    Moment **list = NULL;
    int n = kind->children(moment, &list, flags);
    dropAll(kind, list, n);
    return MAX(n, 0);
}

void momentFamily(const MomentKind *kind, Moment *moment, Facts *facts)
{
    g_autofree char *parent = parentName(kind, moment);
    virResetLastError();
    factsString(facts, "parent", "Parent:", parent);
    factsNumber(facts, "children", "Children:", countChildren(kind, moment, 0), NULL);
    factsNumber(facts, "descendants", "Descendants:", countChildren(kind, moment, kind->descendants), NULL);
}

bool momentDelete(Shell *sh, Cmd *cmd, const MomentKind *kind, const MomentFlag *flags)
{
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    Moment *moment = dom ? momentOf(sh, cmd, kind, dom) : NULL;
    if (!moment)
        return false;
    g_autofree char *name = g_strdup(kind->name(moment));
    bool ok = kind->remove(moment, momentFlags(cmd, flags)) >= 0;
    if (!ok)
        shellError(sh, "Failed to delete %s %s", kind->word, name);
    else
        printExtra(sh, "Domain %s %s %sdeleted\n", kind->word, name, cmdHas(cmd, "children-only") ? "children " : "");
    momentDrop(kind, moment);
    return ok;
}

/* ---- lists ---- */

static bool tableLine(Shell *sh, const MomentKind *kind, Moment *moment, Table *table, bool parents)
{
    static const char *const columns[] = { "creationTime", "state", "parent/name" };
    g_autofree char *xml = kind->xml(moment, 0);
    g_autoptr(GPtrArray) rows = xml ? documentRows(sh, xml, "/*", columns, G_N_ELEMENTS(columns)) : NULL;
    if (!rows || !rows->len)
        return false;
    char **found = (char **)((GPtrArray *)rows->pdata[0])->pdata;
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_local(found[0] ? g_ascii_strtoll(found[0], NULL, 10) : 0);
    g_autofree char *time = when ? g_date_time_format(when, "%Y-%m-%d %H:%M:%S %z") : g_strdup("");
    const char *cells[4] = { kind->name(moment), time };
    int n = 2;
    if (kind->current)
        cells[n++] = found[1] ? found[1] : "";
    if (parents)
        cells[n++] = found[2] ? found[2] : "";
    tableRowv(table, cells);
    return true;
}

static bool listTable(Shell *sh, const MomentKind *kind, Moment **list, int n, bool parents)
{
    const char *heads[] = { "Name", "Creation Time", NULL, NULL, NULL };
    int columns = 2;
    if (kind->current)
        heads[columns++] = "State";
    if (parents)
        heads[columns++] = "Parent";
    Table *table = tableNew(sh, heads[0], heads[1], heads[2], heads[3], NULL);
    bool ok = true;
    for (int i = 0; i < n && ok; i++)
        ok = tableLine(sh, kind, list[i], table, parents);
    tableEnd(table);
    return ok;
}

static int byName(gconstpointer a, gconstpointer b, gpointer kind)
{
    return strcmp(((const MomentKind *)kind)->name(*(Moment *const *)a), ((const MomentKind *)kind)->name(*(Moment *const *)b));
}

/* The children of one are listed as its children whether asked for them by flag or not. */
static int fetch(const MomentKind *kind, virDomainPtr dom, Moment *from, unsigned int flags, Moment ***list)
{
    return from ? kind->children(from, list, flags) : kind->list(dom, list, flags);
}

static bool listTree(const MomentKind *kind, Moment *from, Moment **list, int n)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free), parents = g_ptr_array_new_with_free_func(g_free);
    if (from) {
        g_ptr_array_add(names, g_strdup(kind->name(from)));
        g_ptr_array_add(parents, NULL);
    }
    for (int i = 0; i < n; i++) {
        g_ptr_array_add(names, g_strdup(kind->name(list[i])));
        g_ptr_array_add(parents, parentName(kind, list[i]));
        virResetLastError();
    }
    printTree((const char *const *)names->pdata, (const char *const *)parents->pdata, names->len);
    return true;
}

static bool listed(Shell *sh, Cmd *cmd, const MomentKind *kind, virDomainPtr dom, Moment *from, unsigned int flags)
{
    Moment **list = NULL;
    bool topological = cmdHas(cmd, "topological"), ok = true;
    int n = fetch(kind, dom, from, flags, &list);
    if (n < 0)
        return false;
    if (!topological)
        g_qsort_with_data(list, n, sizeof(*list), byName, (gpointer)kind);
    if (cmdHas(cmd, "tree"))
        ok = listTree(kind, from, list, n);
    else if (cmdHas(cmd, "name"))
        for (int i = 0; i < n; i++)
            printf("%s\n", kind->name(list[i]));
    else
        ok = listTable(sh, kind, list, n, cmdHas(cmd, "parent"));
    dropAll(kind, list, n);
    return ok;
}

static bool listOptionsGood(Shell *sh, Cmd *cmd, const MomentKind *kind)
{
    bool current = kind->current && cmdHas(cmd, "current");
    if (!cmdExclusive(sh, cmd, "tree", "name") || !cmdExclusive(sh, cmd, "parent", "roots") || !cmdExclusive(sh, cmd, "parent", "tree") ||
        !cmdExclusive(sh, cmd, "roots", "tree") || !cmdExclusive(sh, cmd, "roots", "from") ||
        (kind->current && !cmdExclusive(sh, cmd, "roots", "current")))
        return false;
    if (cmdHas(cmd, "from") && current)
        shellError(sh, "--from and --current are mutually exclusive");
    else if (cmdHas(cmd, "descendants") && !cmdHas(cmd, "from") && !current)
        shellError(sh, kind->current ? "--descendants requires either --from or --current" : "--descendants requires --from");
    else if (cmdHas(cmd, "tree") && (cmdHas(cmd, "leaves") || cmdHas(cmd, "no-leaves")))
        shellError(sh, "--%s and --tree are mutually exclusive", cmdHas(cmd, "leaves") ? "leaves" : "no-leaves");
    else
        return true;
    return false;
}

bool momentList(Shell *sh, Cmd *cmd, const MomentKind *kind, unsigned int flags)
{
    const char *fromName = cmdString(cmd, "from");
    bool current = kind->current && cmdHas(cmd, "current");
    if (!listOptionsGood(sh, cmd, kind))
        return false;
    FREE_DOMAIN(dom) = cmdDomain(sh, cmd);
    Moment *from = !dom ? NULL : current ? kind->current(dom) : fromName ? kind->find(dom, fromName) : NULL;
    flags |= cmdHas(cmd, "roots") ? kind->roots : cmdHas(cmd, "descendants") ? kind->descendants : 0;
    bool ok = dom && (from || (!current && !fromName)) && listed(sh, cmd, kind, dom, from, flags);
    momentDrop(kind, from);
    return ok;
}

/* ---- create-as ---- */

void momentText(GString *xml, const char *format, const char *value)
{
    g_autofree char *escaped = value ? g_markup_escape_text(value, -1) : NULL;
    g_auto(GStrv) parts = g_strsplit(format, "%s", 2);
    if (escaped)
        g_string_append_printf(xml, "%s%s%s", parts[0], escaped, parts[1]);
}

void momentOpen(GString *xml, Cmd *cmd, const MomentKind *kind)
{
    g_string_append_printf(xml, "<domain%s>\n", kind->word);
    momentText(xml, "  <name>%s</name>\n", cmdString(cmd, "name"));
    momentText(xml, "  <description>%s</description>\n", cmdString(cmd, "description"));
}

GStrv momentSplit(const char *spec)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_autoptr(GString) word = g_string_new(NULL);
    for (const char *p = spec; *p; p++) {
        if (*p == ',' && p[1] != ',') {
            g_strv_builder_add(words, word->str);
            g_string_truncate(word, 0);
        } else {
            p += *p == ',';
            g_string_append_c(word, *p);
        }
    }
    g_strv_builder_add(words, word->str);
    return g_strv_builder_end(words);
}

const char *momentField(const char *word, const char *key)
{
    gsize n = strlen(key);
    return g_str_has_prefix(word, key) && word[n] == '=' ? word + n + 1 : NULL;
}
