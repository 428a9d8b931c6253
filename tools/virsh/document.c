/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What commands look up in documents, by the module that can read them. */
#include "module.h"
#include <stdio.h>

bool printXpath(Shell *sh, const char *xml, const char *path, bool wrap)
{
    ShellXmlSelect select = shellModule(sh, "xml", "shellXmlSelect");
    g_autofree char *text = select ? select(xml, path, wrap) : NULL;
    if (text)
        printf("%s", text);
    else if (select)
        shellError(sh, "internal error: Incorrect xpath '%s'", path);
    return text != NULL;
}

GPtrArray *documentRows(Shell *sh, const char *xml, const char *path, const char *const *columns, guint n)
{
    ShellXmlRows rows = shellModule(sh, "xml", "shellXmlRows");
    GPtrArray *found = rows ? rows(xml, path, columns, n) : NULL;
    if (rows && !found)
        shellError(sh, "cannot read the document: %.60s", xml);
    return found;
}

char *documentFirst(Shell *sh, const char *xml, const char *path, int *n)
{
    ShellXmlFirst first = shellModule(sh, "xml", "shellXmlFirst");
    return first ? first(xml, path, n) : NULL;
}
