/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of the test driver, as the storage table names them. */
#pragma once

#include "drivers/test/test.h"
#include "model/storage.h"

int virTestPoolListAllVolumes(virStoragePoolPtr pool, virStorageVolPtr **vols, unsigned int flags, GError **error);
virStorageVolPtr virTestVolCreateXML(virStoragePoolPtr pool, const char *xml, unsigned int flags, GError **error);
virStorageVolPtr virTestVolCreateXMLFrom(virStoragePoolPtr pool, const char *xml, virStorageVolPtr clone, unsigned int flags, GError **error);
int virTestVolDelete(virStorageVolPtr vol, unsigned int flags, GError **error);
int virTestVolGetInfo(virStorageVolPtr vol, virStorageVolInfoPtr info, GError **error);
char *virTestVolGetXMLDesc(virStorageVolPtr vol, unsigned int flags, GError **error);
