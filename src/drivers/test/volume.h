/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of the test driver, as the storage table names them. */
#pragma once

#include "drivers/test/test.h"
#include "model/storage.h"

int virTestPoolNumOfVolumes(virStoragePoolPtr pool, GError **error);
int virTestPoolListVolumes(virStoragePoolPtr pool, char **const names, int maxnames, GError **error);
int virTestPoolListAllVolumes(virStoragePoolPtr pool, virStorageVolPtr **vols, unsigned int flags, GError **error);
virStoragePoolPtr virTestPoolLookupByVolume(virStorageVolPtr vol, GError **error);
virStorageVolPtr virTestVolLookupByName(virStoragePoolPtr pool, const char *name, GError **error);
virStorageVolPtr virTestVolLookupByKey(virConnectPtr conn, const char *key, GError **error);
virStorageVolPtr virTestVolLookupByPath(virConnectPtr conn, const char *path, GError **error);
virStorageVolPtr virTestVolCreateXML(virStoragePoolPtr pool, const char *xml, unsigned int flags, GError **error);
int virTestVolDelete(virStorageVolPtr vol, unsigned int flags, GError **error);
int virTestVolGetInfo(virStorageVolPtr vol, virStorageVolInfoPtr info, GError **error);
char *virTestVolGetXMLDesc(virStorageVolPtr vol, unsigned int flags, GError **error);
char *virTestVolGetPath(virStorageVolPtr vol, GError **error);
