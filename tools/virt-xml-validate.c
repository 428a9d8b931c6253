/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * virt-xml-validate: a document against the schema of its kind. The schemas are made from the same tables that parse the documents; with
 * --schema the tool writes one out, which is how the files below share/libvirt/schemas are made.
 */
#define VIR_FROM VIR_FROM_XML
#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "model/schemas.h"
#include "xml/engine.h"

static const char usage[] = "syntax: virt-xml-validate XML-FILE [SCHEMA-NAME]\n"
                            "        virt-xml-validate OPTION\n"
                            "\n"
                            "Options:\n"
                            "  -h, --help          this text\n"
                            "  -V, --version       the version\n"
                            "  --list              names of the schemas\n"
                            "  --schema NAME       write a schema\n";

static const virSchema *byName(const char *name)
{
    for (const virSchema *s = virSchemas; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

static int list(void)
{
    for (const virSchema *s = virSchemas; s->name; s++)
        printf("%s\n", s->name);
    return 0;
}

static int unknown(const char *what, const char *name)
{
    fprintf(stderr, "error: %s '%s'; schemas are:\n", what, name);
    list();
    return 1;
}

static int writeSchema(const char *name)
{
    const virSchema *s = byName(name);
    if (!s)
        return unknown("there is no schema", name);
    g_autofree char *text = virXmlExportRng(s->type, NULL);
    return fputs(text, stdout) < 0 || fflush(stdout) != 0;
}

static int validate(const char *path, const char *name)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(strcmp(path, "-") == 0 ? "/dev/stdin" : path, &text, NULL, &error)) {
        fprintf(stderr, "error: %s\n", error->message);
        return 1;
    }
    g_autoptr(virXmlDoc) doc = virXmlDocParse(text, path, "document", NULL, VIR_FROM, &error);
    if (!doc) {
        fprintf(stderr, "error: %s\n", error->message);
        return 3;
    }
    xmlNode *root = virXmlRoot(doc);
    const virSchema *s = name ? byName(name) : virSchemaByRoot((const char *)root->name);
    if (!s)
        return unknown(name ? "there is no schema" : "no schema begins with the element", name ? name : (const char *)root->name);
    if (!virXmlValidate(s->type, root, &error)) {
        fprintf(stderr, "%s fails to validate: %s\n", path, error->message);
        return 4;
    }
    printf("%s validates\n", path);
    return 0;
}

int main(int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : "";
    if (strcmp(first, "-h") == 0 || strcmp(first, "--help") == 0)
        return fputs(usage, stdout) < 0;
    if (strcmp(first, "-V") == 0 || strcmp(first, "--version") == 0)
        return printf("virt-xml-validate (libvirt) %d.%d.%d\n", LIBVIR_VERSION_NUMBER / 1000000, LIBVIR_VERSION_NUMBER / 1000 % 1000, LIBVIR_VERSION_NUMBER % 1000) < 0;
    if (strcmp(first, "--list") == 0)
        return list();
    if (strcmp(first, "--schema") == 0 && argc == 3)
        return writeSchema(argv[2]);
    if (argc < 2 || argc > 3 || (first[0] == '-' && first[1])) {
        fputs(usage, stderr);
        return 1;
    }
    return validate(argv[1], argc > 2 ? argv[2] : NULL);
}
