/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What distinguishes the types of pools: one row for each. Inside src/model/ only. */
#pragma once

#include "model/storage-pool.h"

/* Parts of a source, in the order of VIR_STORAGE_PART_NAMES. */
enum {
    PART_HOST = 1 << 0, PART_DEVICE = 1 << 1, PART_DIR = 1 << 2, PART_ADAPTER = 1 << 3, PART_NAME = 1 << 4, PART_INITIATOR = 1 << 5,
    PART_AUTH = 1 << 6, PART_FORMAT = 1 << 7, PART_PROTOCOL = 1 << 8, PART_VENDOR = 1 << 9, PART_PRODUCT = 1 << 10,
};
#define VIR_STORAGE_PART_NAMES "host", "device", "dir", "adapter", "name", "initiator", "auth", "format", "protocol", "vendor", "product"

typedef enum { VIR_STORAGE_POOL_TARGET, VIR_STORAGE_POOL_ANY_TARGET, VIR_STORAGE_POOL_NO_TARGET } virStoragePoolTarget;

typedef struct {
    unsigned int keeps;         /* parts that mean something to the type; others are read past */
    unsigned int needs;         /* … without which there is no such pool */
    unsigned int allows, asks;  /* the same for documents that are to be validated: the schema is stricter */
    bool noSource;              /* … where the whole source may be left out */
    virStoragePoolTarget target;
    const char *path;           /* where the target is when it is not said, or always: %s is the source's name */
    bool ownPath;               /* … always */
    const char *const *formats; /* the first is the default */
    const char *const *volFormats;
    const char *volDefault;
} virStoragePoolType;
extern const virStoragePoolType virStoragePoolTypes[];

extern virXmlType virStoragePoolSourceXml;
bool virStorageAdapterCheck(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error);
const char *virStoragePoolStrict(xmlNode *node);
