/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands about secrets. */
#include "output.h"
#include <string.h>

SHELL_FREE(virSecret)

static virSecretPtr secretOf(Shell *sh, Cmd *cmd)
{
    const char *word = cmdString(cmd, "secret");
    virSecretPtr secret = virSecretLookupByUUIDString(sh->conn, word);
    if (!secret)
        shellError(sh, "failed to get secret '%s'", word);
    return secret;
}

static bool cmdSecretDefine(Shell *sh, Cmd *cmd)
{
    const char *file = cmdString(cmd, "file");
    char uuid[VIR_UUID_STRING_BUFLEN];
    g_autofree char *xml = readInput(sh, file);
    if (!xml)
        return false;
    g_autoptr(virSecret) secret = virSecretDefineXML(sh->conn, xml, cmdHas(cmd, "validate") ? VIR_SECRET_DEFINE_VALIDATE : 0);
    if (!secret || virSecretGetUUIDString(secret, uuid) < 0) {
        shellError(sh, "Failed to set attributes from %s", file);
        return false;
    }
    printExtra(sh, "Secret %s created\n", uuid);
    return true;
}

static bool cmdSecretDumpxml(Shell *sh, Cmd *cmd)
{
    g_autoptr(virSecret) secret = secretOf(sh, cmd);
    g_autofree char *xml = secret ? virSecretGetXMLDesc(secret, 0) : NULL;
    if (xml && cmdHas(cmd, "xpath"))
        return printXpath(sh, xml, cmdString(cmd, "xpath"), cmdHas(cmd, "wrap"));
    if (xml)
        printDocument(sh, "xml", xml);
    return xml != NULL;
}

static bool cmdSecretUndefine(Shell *sh, Cmd *cmd)
{
    g_autoptr(virSecret) secret = secretOf(sh, cmd);
    if (!secret)
        return false;
    if (virSecretUndefine(secret) < 0) {
        shellError(sh, "Failed to delete secret %s", cmdString(cmd, "secret"));
        return false;
    }
    printExtra(sh, "Secret %s deleted\n", cmdString(cmd, "secret"));
    return true;
}

/* ---- values ---- */

/* The value as bytes: of a file or of the command line, usually in base64. NULL with a message. */
static unsigned char *valueOf(Shell *sh, Cmd *cmd, gsize *size)
{
    const char *text = cmdString(cmd, "base64"), *file = cmdString(cmd, "file");
    g_autofree char *content = NULL;
    g_autoptr(GError) error = NULL;
    if (file && !g_file_get_contents(file, &content, size, &error)) {
        shellError(sh, "%s", error->message);
        return NULL;
    }
    if (file && cmdHas(cmd, "plain"))
        return (unsigned char *)g_steal_pointer(&content);
    if (text)
        fprintf(stderr, "error: Passing secret value as command-line argument is insecure!\n");
    if (!text && !file)
        shellError(sh, "%s", "Input secret value is missing");
    return text || file ? g_base64_decode(text ? text : content, size) : NULL;
}

static bool cmdSecretSetValue(Shell *sh, Cmd *cmd)
{
    gsize size = 0;
    if (!cmdExclusive(sh, cmd, "file", "base64"))
        return false;
    g_autoptr(virSecret) secret = secretOf(sh, cmd);
    g_autofree unsigned char *value = secret ? valueOf(sh, cmd, &size) : NULL;
    if (!value)
        return false;
    int result = virSecretSetValue(secret, size ? value : NULL, size, 0);
    explicit_bzero(value, size);
    if (result < 0)
        shellError(sh, "%s", "Failed to set secret value");
    else
        printExtra(sh, "%s", "Secret value set\n");
    return result == 0;
}

static bool cmdSecretGetValue(Shell *sh, Cmd *cmd)
{
    size_t size = 0;
    g_autoptr(virSecret) secret = secretOf(sh, cmd);
    unsigned char *value = secret ? virSecretGetValue(secret, &size, 0) : NULL;
    if (!value)
        return false;
    g_autofree char *text = g_base64_encode(value, size);
    if (cmdHas(cmd, "plain"))
        fwrite(value, 1, size, stdout);
    else
        printf("%s", text);
    explicit_bzero(value, size);
    explicit_bzero(text, strlen(text));
    g_free(value);
    return true;
}

/* ---- list ---- */

static const char *const usages[] = { "none", "volume", "ceph", "iscsi", "tls", "vtpm" };

static bool cmdSecretList(Shell *sh, Cmd *cmd)
{
    unsigned int flags = (cmdHas(cmd, "ephemeral") ? VIR_CONNECT_LIST_SECRETS_EPHEMERAL : 0) |
                         (cmdHas(cmd, "no-ephemeral") ? VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL : 0) |
                         (cmdHas(cmd, "private") ? VIR_CONNECT_LIST_SECRETS_PRIVATE : 0) |
                         (cmdHas(cmd, "no-private") ? VIR_CONNECT_LIST_SECRETS_NO_PRIVATE : 0);
    virSecretPtr *list = NULL;
    int n = virConnectListAllSecrets(sh->conn, &list, flags);
    if (n < 0) {
        shellError(sh, "%s", "Failed to count secrets");
        return false;
    }
    Table *table = tableNew(sh, "UUID", "Usage", NULL);
    for (int i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN];
        int type = virSecretGetUsageType(list[i]);
        const char *id = virSecretGetUsageID(list[i]);
        g_autofree char *usage = type > 0 && type < (int)G_N_ELEMENTS(usages) ? g_strdup_printf("%s %s", usages[type], id) : g_strdup("Unused");
        virSecretGetUUIDString(list[i], uuid);
        tableRow(table, uuid, usage, NULL);
        virSecretShellFree(list[i]);
    }
    tableEnd(table);
    g_free(list);
    return true;
}

/* ---- the group ---- */

#define SECRET { "secret", OPT_DATA, true, "secret UUID", NULL }
#define FLAG(name, help) { name, OPT_BOOL, false, help, NULL }
static const OptDef optsDefine[] = { { "file", OPT_DATA, true, "file containing secret attributes in XML", NULL },
                                     FLAG("validate", "validate the XML against the schema"), OPT_END };
static const OptDef optsDumpxml[] = { SECRET, { "xpath", OPT_STRING, false, "xpath expression to filter the XML document", NULL },
                                      FLAG("wrap", "wrap xpath results in an common root element"), OPT_END };
static const OptDef optsGet[] = { SECRET, FLAG("plain", "get value without converting to base64"), OPT_END };
static const OptDef optsSet[] = { SECRET, { "file", OPT_STRING, false, "read secret from file", NULL },
                                  FLAG("plain", "read the secret from file without converting from base64"),
                                  { "base64", OPT_DATA, false, "base64-encoded secret value", NULL }, OPT_END };
static const OptDef optsList[] = { FLAG("ephemeral", "list ephemeral secrets"), FLAG("no-ephemeral", "list non-ephemeral secrets"),
                                   FLAG("private", "list private secrets"), FLAG("no-private", "list non-private secrets"), OPT_END };
static const OptDef optsSecret[] = { SECRET, OPT_END };

static const CmdDef commands[] = {
    { "secret-define", "define or modify a secret from an XML file", "Define or modify a secret.", optsDefine, cmdSecretDefine, 0 },
    { "secret-dumpxml", "secret attributes in XML", "Output attributes of a secret as an XML dump to stdout.", optsDumpxml, cmdSecretDumpxml,
      CMD_FACTS },
    { "secret-get-value", "Output a secret value", "Output a secret value to stdout.", optsGet, cmdSecretGetValue, 0 },
    { "secret-list", "list secrets", "Returns a list of secrets", optsList, cmdSecretList, CMD_FACTS },
    { "secret-set-value", "set a secret value", "Set a secret value.", optsSet, cmdSecretSetValue, 0 },
    { "secret-undefine", "undefine a secret", "Undefine a secret.", optsSecret, cmdSecretUndefine, 0 },
    { NULL, NULL, NULL, NULL, NULL, 0 }
};
const CmdGroup groupSecret = { "Secret", "secret", commands };
