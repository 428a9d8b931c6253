/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual functions of network cards: see netdev-vf.h. */
#define VIR_FROM VIR_FROM_NONE
#include "host/netdev-vf.h"
#include "host/netlink-request.h"
#include "base/error.h"
#include <errno.h>
#include <string.h>
#include <net/if.h>
#include <linux/if_link.h>

#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

/* Attributes one behind the other; those that do not fit end the walk. */
typedef struct { const char *at, *end; } Attributes;

static bool next(Attributes *a, int *type, Attributes *value)
{
    struct rtattr head;
    if (a->end - a->at < (ptrdiff_t)sizeof(head))
        return false;
    memcpy(&head, a->at, sizeof(head));
    if (head.rta_len < sizeof(head) || head.rta_len > a->end - a->at)
        return false;
    *type = head.rta_type & NLA_TYPE_MASK;
    *value = (Attributes){ a->at + RTA_LENGTH(0), a->at + head.rta_len };
    a->at += MIN((ptrdiff_t)RTA_ALIGN(head.rta_len), a->end - a->at);
    return true;
}

static bool find(Attributes a, int wanted, Attributes *value)
{
    int type;
    while (next(&a, &type, value))
        if (type == wanted)
            return true;
    return false;
}

static bool copyOut(const Attributes *value, void *to, gsize size)
{
    if (value->end - value->at < (ptrdiff_t)size)
        return false;
    memcpy(to, value->at, size);
    return true;
}

/* One function's attributes; each begins with its number. */
static bool parseOne(Attributes a, unsigned int index, virNetDevVf *vf)
{
    Attributes value;
    int type;
    bool found = false;
    memset(vf, 0, sizeof(*vf));
    while (next(&a, &type, &value)) {
        struct ifla_vf_mac mac;
        struct ifla_vf_vlan vlan;
        struct ifla_vf_trust word;              /* of the same shape as ifla_vf_spoofchk */
        if (type == IFLA_VF_MAC && copyOut(&value, &mac, sizeof(mac)) && mac.vf == index) {
            memcpy(vf->mac, mac.mac, sizeof(vf->mac));
            vf->parts |= VIR_NETDEV_VF_MAC;
            found = true;
        } else if (type == IFLA_VF_VLAN && copyOut(&value, &vlan, sizeof(vlan)) && vlan.vf == index) {
            vf->vlan = vlan.vlan;
            vf->qos = vlan.qos;
            vf->parts |= VIR_NETDEV_VF_VLAN;
        } else if ((type == IFLA_VF_TRUST || type == IFLA_VF_SPOOFCHK) && copyOut(&value, &word, sizeof(word)) && word.vf == index &&
                   word.setting != G_MAXUINT32) {       /* all bits: its driver does not know */
            *(type == IFLA_VF_TRUST ? &vf->trust : &vf->spoofCheck) = word.setting != 0;
            vf->parts |= type == IFLA_VF_TRUST ? VIR_NETDEV_VF_TRUST : VIR_NETDEV_VF_SPOOF_CHECK;
        }
    }
    return found;
}

bool virNetDevVfParse(GBytes *message, unsigned int index, virNetDevVf *vf)
{
    gsize len;
    const char *bytes = g_bytes_get_data(message, &len);
    Attributes all = { bytes + NLMSG_LENGTH(sizeof(struct ifinfomsg)), bytes + len }, list, one;
    int type;
    if (len < NLMSG_LENGTH(sizeof(struct ifinfomsg)) || !find(all, IFLA_VFINFO_LIST, &list))
        return false;
    while (next(&list, &type, &one))
        if (type == IFLA_VF_INFO && parseOne(one, index, vf))
            return true;
    return false;
}

static bool linkInfo(const char *pf, struct ifinfomsg *info, GError **error)
{
    *info = (struct ifinfomsg){ .ifi_family = AF_UNSPEC, .ifi_index = if_nametoindex(pf) };
    if (info->ifi_index == 0)
        virSetSystemError(error, errno, "Unable to get interface index for %s", pf);
    return info->ifi_index != 0;
}

bool virNetDevVfGet(const char *pf, unsigned int index, virNetDevVf *vf, GError **error)
{
    const guint32 filter = RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS;
    g_autoptr(GBytes) answer = NULL;
    struct ifinfomsg info;
    virNetlinkRequest r;
    if (!linkInfo(pf, &info, error))
        return false;
    virNetlinkInit(&r, RTM_GETLINK, 0, &info, sizeof(info));
    virNetlinkAdd(&r, IFLA_EXT_MASK, &filter, sizeof(filter));
    int code = virNetlinkAsk(&r, &answer);
    if (code != 0)
        virSetSystemError(error, code, "Cannot get the virtual functions of network interface %s", pf);
    else if (virNetDevVfParse(answer, index, vf))
        return true;
    else
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "network interface %s has no virtual function %u", pf, index);
    return false;
}

static bool setPart(const char *pf, unsigned int index, const virNetDevVf *vf, virNetDevVfPart part, GError **error)
{
    struct ifla_vf_mac mac = { .vf = index };
    const struct ifla_vf_vlan vlan = { .vf = index, .vlan = vf->vlan, .qos = vf->qos };
    const struct ifla_vf_spoofchk spoof = { .vf = index, .setting = vf->spoofCheck };
    const struct ifla_vf_trust trust = { .vf = index, .setting = vf->trust };
    const struct { virNetDevVfPart part; int type; const void *data; gsize size; const char *name; } rows[] = {
        { VIR_NETDEV_VF_MAC, IFLA_VF_MAC, &mac, sizeof(mac), "MAC address" },
        { VIR_NETDEV_VF_VLAN, IFLA_VF_VLAN, &vlan, sizeof(vlan), "VLAN" },
        { VIR_NETDEV_VF_SPOOF_CHECK, IFLA_VF_SPOOFCHK, &spoof, sizeof(spoof), "spoof check" },
        { VIR_NETDEV_VF_TRUST, IFLA_VF_TRUST, &trust, sizeof(trust), "trust" },
    };
    struct ifinfomsg info;
    virNetlinkRequest r;
    memcpy(mac.mac, vf->mac, sizeof(vf->mac));
    if (!linkInfo(pf, &info, error))
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].part != part)
            continue;
        virNetlinkInit(&r, RTM_SETLINK, 0, &info, sizeof(info));
        struct rtattr *list = virNetlinkAdd(&r, IFLA_VFINFO_LIST, NULL, 0), *one = virNetlinkAdd(&r, IFLA_VF_INFO, NULL, 0);
        virNetlinkAdd(&r, rows[i].type, rows[i].data, rows[i].size);
        virNetlinkNestEnd(&r, one);
        virNetlinkNestEnd(&r, list);
        int code = virNetlinkSend(&r);
        if (code != 0)
            virSetSystemError(error, code, "Cannot set the %s of virtual function %u of network interface %s", rows[i].name, index, pf);
        return code == 0;
    }
    return true;
}

bool virNetDevVfSet(const char *pf, unsigned int index, const virNetDevVf *vf, GError **error)
{
    virNetDevVf before;
    if (!virNetDevVfGet(pf, index, &before, error))
        return false;
    for (unsigned int part = VIR_NETDEV_VF_MAC; part <= VIR_NETDEV_VF_TRUST; part <<= 1) {
        if (!(vf->parts & part) || setPart(pf, index, vf, part, error))
            continue;
        while ((part >>= 1) >= VIR_NETDEV_VF_MAC)
            if (vf->parts & before.parts & part)
                setPart(pf, index, &before, part, NULL);
        return false;
    }
    return true;
}
