/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What generated stubs do with the arrays of a reply. All of them take the memory they are given. */
#pragma once

#include "base/error.h"

/* Strings with a NULL behind the last. */
char **virRemoteTakeStrings(char **strings, unsigned int n);
/* One block of structs becomes an array of structs that are freed one by one, with a NULL behind the last. */
void *virRemoteTakeArray(void *block, unsigned int n, gsize size);
/* The server sent more than was asked for. */
void virRemoteTooMany(const char *func, const char *what, GError **error);
