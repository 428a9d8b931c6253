/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks and their ports: what the schema asks beyond names and values. Each rule is a row; its element is found by name. */
#include "model/network-strict.h"
#include <string.h>

enum { MAX_ATTRS = 4 };

/* In `element` below `parent` (NULL: anywhere). Attributes end with NULL. */
typedef struct {
    const char *parent, *element;
    const char *all[MAX_ATTRS];         /* each must be there */
    const char *one[MAX_ATTRS];         /* one of them at most */
    const char *some[MAX_ATTRS];        /* one of them at least */
    const char *children[MAX_ATTRS];    /* each must be there */
    const char *wrong;
} Rule;

static const Rule rules[] = {
    { NULL, "ip", .one = { "netmask", "prefix" }, .wrong = "an address has both a netmask and a prefix" },
    { NULL, "route", { "address", "gateway" }, { "netmask", "prefix" }, .wrong = "a route lacks its address or gateway, or has both a netmask "
      "and a prefix" },
    { "dhcp", "host", { "ip" }, { "mac", "id" }, { "mac", "id", "name" }, .wrong = "a DHCP host has no address or nothing to know it by" },
    { NULL, "vlan", .children = { "tag" }, .wrong = "a VLAN has no tag" },
    { "networkport", "owner", .children = { "name", "uuid" }, .wrong = "the owner of a port has no name or no UUID" },
    { NULL, "networkport", .children = { "uuid", "owner", "mac" }, .wrong = "a port has no UUID, owner or MAC address" },
};

typedef struct { const char *type, *attrs[MAX_ATTRS], *children[MAX_ATTRS]; } Kind;

/* Ways to be plugged in, and profiles of virtual ports: what each asks for. */
static const Kind plugs[] = {
    { "network", { "type", "bridge" }, { 0 } }, { "bridge", { "type", "bridge" }, { 0 } }, { "direct", { "type", "dev", "mode" }, { 0 } },
    { "hostdev-pci", { "type" }, { "address" } },
};

static bool hasAll(xmlNode *node, const char *const *attrs)
{
    for (; *attrs; attrs++)
        if (!virXmlProp(node, *attrs))
            return false;
    return true;
}

static guint countOf(xmlNode *node, const char *const *attrs)
{
    guint n = 0;
    for (; *attrs; attrs++)
        n += virXmlProp(node, *attrs) != NULL;
    return n;
}

static bool hasChildren(xmlNode *node, const char *const *names)
{
    for (; *names; names++)
        if (!virXmlChild(node, *names))
            return false;
    return true;
}

static bool isElement(xmlNode *node, const char *name)
{
    return !node->ns && strcmp((const char *)node->name, name) == 0;
}

static bool keeps(const Rule *r, xmlNode *node)
{
    return !isElement(node, r->element) || (r->parent && (!node->parent || !isElement(node->parent, r->parent))) ||
           (hasAll(node, r->all) && countOf(node, r->one) <= 1 && (!r->some[0] || countOf(node, r->some)) && hasChildren(node, r->children));
}

static const char *plugWrong(xmlNode *node)
{
    const char *type = virXmlProp(node, "type");
    for (guint i = 0; type && i < G_N_ELEMENTS(plugs); i++)
        if (strcmp(plugs[i].type, type) == 0)
            return hasAll(node, plugs[i].attrs) && hasChildren(node, plugs[i].children) ? NULL : "a plug lacks what its type asks for";
    return "a plug is of no type";
}

static const char *vportWrong(xmlNode *node)
{
    xmlNode *parameters = virXmlChild(node, "parameters");
    return g_strcmp0(virXmlProp(node, "type"), "midonet") != 0 || (parameters && virXmlProp(parameters, "interfaceid"))
               ? NULL : "a virtual port of MidoNet has no interfaceid";
}

/* One kind of devices, and one physical function at most. */
static const char *forwardWrong(xmlNode *node)
{
    xmlNode *pf = virXmlChild(node, "pf");
    if (virXmlChild(node, "interface") && virXmlChild(node, "address"))
        return "devices of a network are listed both by name and by address";
    return pf && virXmlNext(pf, "pf") ? "a network has several physical functions" : NULL;
}

/* A name stands there, even though an empty one could be read. */
static const char *hostnameWrong(xmlNode *node)
{
    return node->children ? NULL : "the name of a host is empty";
}

static const char *vlanWrong(xmlNode *node)
{
    const char *trunk = virXmlProp(node, "trunk");
    return !trunk || strcmp(trunk, "yes") == 0 ? NULL : "a VLAN's trunk is not 'yes'";
}

static const struct {
    const char *element;
    const char *(*wrong)(xmlNode *node);
} others[] = {
    { "plug", plugWrong }, { "virtualport", vportWrong }, { "forward", forwardWrong }, { "hostname", hostnameWrong }, { "vlan", vlanWrong },
};

const char *virNetworkStrict(xmlNode *node)
{
    if (isElement(node, "metadata"))            /* anything goes */
        return NULL;
    for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
        if (!keeps(&rules[i], node))
            return rules[i].wrong;
    const char *wrong = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(others) && !wrong; i++)
        wrong = isElement(node, others[i].element) ? others[i].wrong(node) : NULL;
    for (xmlNode *child = node->children; child && !wrong; child = child->next)
        wrong = child->type == XML_ELEMENT_NODE ? virNetworkStrict(child) : NULL;
    return wrong;
}
