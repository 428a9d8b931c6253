/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module: nothing but what is linked with libxml2. */
#include "xml/library.h"

static void release(void *memory)
{
    xmlFree(memory);
}

extern const virXmlLibrary virXmlModule;
#define MEMBER(name) .name = name,
const virXmlLibrary virXmlModule = { .size = sizeof(virXmlLibrary), VIR_XML_LIBRARY(MEMBER) .release = release };
