/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder and those in it, watched for changes; it may come into being later. */
#pragma once

#include <stdbool.h>

typedef struct _virNodeFolder virNodeFolder;
virNodeFolder *virNodeFolderNew(const char *path);
int virNodeFolderFd(const virNodeFolder *folder);       /* readable when something happened; -1: it cannot be watched */
bool virNodeFolderRead(virNodeFolder *folder);          /* true: something has changed in it */
void virNodeFolderFree(virNodeFolder *folder);
