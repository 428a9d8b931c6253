/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of hardware by its numbers, from the list that distributions ship as pci.ids. */
#pragma once

#include <glib.h>

/* NULL: not known, or there is no such list. */
char *virHostPCIVendorName(unsigned int vendor);
char *virHostPCIProductName(unsigned int vendor, unsigned int product);

/* For tests: from now on this file is the list. NULL: the system's. */
void virHostPCINamesFrom(const char *path);
