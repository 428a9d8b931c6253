/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IP addresses as networks name them: text in, canonical text out, prefixes and ranges. */
#pragma once

#include "base/error.h"

typedef struct {
    int family;                 /* AF_INET, AF_INET6; 0: none */
    unsigned char b[16];
} virIp;

bool virIpParse(const char *text, virIp *ip);           /* numbers only, no names */
unsigned int virIpBits(const virIp *ip);
char *virIpText(const virIp *ip);
/* Writes `*text` as everyone writes it. False when it is no address; `ip` may be NULL. */
bool virIpCanonical(char **text, virIp *ip);
/* Number of leading ones of a netmask, -1 when they are not all in front. */
int virIpPrefix(const virIp *netmask);
bool virIpSameNet(const virIp *a, const virIp *b, unsigned int prefix);
bool virIpIsNetwork(const virIp *ip, unsigned int prefix);      /* no bit behind the prefix is set */
/* The reference's sentences, and its way of naming the domain of an error: none. `net` NULL: the range alone. */
bool virIpRangeCheck(const virIp *start, const virIp *end, const virIp *net, unsigned int prefix, GError **error);
