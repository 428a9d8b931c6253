/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Enums, lists and MAC addresses of types.h. */
#include "xml/types.h"
#include <string.h>

VIR_ENUM_TABLE(virTristateBool, VIR_TRISTATE_BOOL_VALUES)
VIR_ENUM_TABLE(virTristateSwitch, VIR_TRISTATE_SWITCH_VALUES)

const char *virXmlEnumToString(const virXmlEnum *e, int value)
{
    return value >= 0 && value < e->n ? e->words[value] : NULL;
}

int virXmlEnumFromString(const virXmlEnum *e, const char *word)
{
    for (int i = 0; i < e->n; i++)
        if (e->words[i] && strcmp(e->words[i], word) == 0)
            return i;
    return -1;
}

/* Room grows by powers of two, so the length alone tells the room. */
void virXmlListInsert(virXmlList *list, unsigned int at, void *item)
{
    if ((list->n & (list->n - 1)) == 0)
        list->v = g_renew(void *, list->v, list->n ? list->n * 2 : 1);
    memmove(list->v + at + 1, list->v + at, (list->n - at) * sizeof(void *));
    list->v[at] = item;
    list->n++;
}

void *virXmlListTake(virXmlList *list, unsigned int at)
{
    void *item = list->v[at];
    list->n--;
    memmove(list->v + at, list->v + at + 1, (list->n - at) * sizeof(void *));
    if (list->n == 0)
        g_clear_pointer(&list->v, g_free);
    else if ((list->n & (list->n - 1)) == 0)
        list->v = g_renew(void *, list->v, list->n);
    return item;
}

/* "52:54:00:12:34:56"; one or two digits each */
bool virMacParse(const char *text, virMac *mac)
{
    virMac m;
    for (int i = 0; i < 6; i++) {
        int v = g_ascii_xdigit_value(*text);
        if (v < 0)
            return false;
        text++;
        int low = g_ascii_xdigit_value(*text);
        if (low >= 0) {
            v = v << 4 | low;
            text++;
        }
        m.b[i] = v;
        if (*text != (i < 5 ? ':' : 0))
            return false;
        text++;
    }
    *mac = m;
    return true;
}

void virMacFormat(const virMac *mac, char text[18])
{
    for (int i = 0; i < 6; i++) {
        *text++ = "0123456789abcdef"[mac->b[i] >> 4];
        *text++ = "0123456789abcdef"[mac->b[i] & 15];
        *text++ = i < 5 ? ':' : 0;
    }
}
