/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* devlink by generic netlink: see devlink.h. */
#include "host/devlink.h"
#include "host/netlink-request.h"
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <stdint.h>
#include <string.h>

const void *virDevlinkAttr(const void *message, gsize len, int type, gsize size)
{
    const struct nlmsghdr *head = message;
    gsize at = NLMSG_LENGTH(GENL_HDRLEN);
    if (len < at || head->nlmsg_len > len)
        return NULL;
    while (at + sizeof(struct rtattr) <= head->nlmsg_len) {
        const struct rtattr *attr = (const struct rtattr *)(const void *)((const char *)message + at);
        if (attr->rta_len < sizeof(*attr) || at + attr->rta_len > head->nlmsg_len)
            return NULL;
        if ((attr->rta_type & NLA_TYPE_MASK) == type)
            return RTA_PAYLOAD(attr) >= size ? RTA_DATA(attr) : NULL;
        at += RTA_ALIGN(attr->rta_len);
    }
    return NULL;
}

static void begin(virNetlinkRequest *request, int family, int command, int version)
{
    const struct genlmsghdr head = { .cmd = command, .version = version };
    virNetlinkInit(request, family, 0, &head, sizeof(head));
}

static void addText(virNetlinkRequest *request, int type, const char *text)
{
    virNetlinkAdd(request, type, text, strlen(text) + 1);
}

static bool askNumber(const virNetlinkRequest *request, int type, uint16_t *number)
{
    g_autoptr(GBytes) answer = NULL;
    gsize len = 0;
    if (virNetlinkAskOf(NETLINK_GENERIC, request, &answer) != 0)
        return false;
    const char *message = g_bytes_get_data(answer, &len);
    const void *value = virDevlinkAttr(message, len, type, sizeof(*number));
    if (value)
        memcpy(number, value, sizeof(*number));
    return value != NULL;
}

/* The number of the family; the kernel gives it when the first driver that knows devlink is loaded. */
static bool familyOf(uint16_t *family)
{
    virNetlinkRequest request;
    begin(&request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
    addText(&request, CTRL_ATTR_FAMILY_NAME, DEVLINK_GENL_NAME);
    return askNumber(&request, CTRL_ATTR_FAMILY_ID, family);
}

bool virDevlinkIsSwitchdev(const virHostPCIAddress *address)
{
    virNetlinkRequest request;
    uint16_t family, mode;
    if (!familyOf(&family))
        return false;
    g_autofree char *name = virHostPCIAddressFormat(address);
    begin(&request, family, DEVLINK_CMD_ESWITCH_GET, DEVLINK_GENL_VERSION);
    addText(&request, DEVLINK_ATTR_BUS_NAME, "pci");
    addText(&request, DEVLINK_ATTR_DEV_NAME, name);
    return askNumber(&request, DEVLINK_ATTR_ESWITCH_MODE, &mode) && mode == DEVLINK_ESWITCH_MODE_SWITCHDEV;
}
