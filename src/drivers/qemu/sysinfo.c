/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's <sysinfo>, from its SMBIOS: one row for each entry. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/qemu.h"
#include "host/smbios.h"
#include "model/sysinfo.h"
#include <string.h>

typedef struct {
    guint8 type;                /* of the structure */
    guint8 offset;              /* of the number of a string */
    const char *name;
} Row;

enum { BIOS, SYSTEM, BOARD, CHASSIS, PROCESSOR = 4, OEM = 11, MEMORY = 17 };

static const Row rows[] = {
    { BIOS, 4, "vendor" },      { BIOS, 5, "version" },       { BIOS, 8, "date" },
    { SYSTEM, 4, "manufacturer" }, { SYSTEM, 5, "product" },  { SYSTEM, 6, "version" },
    { SYSTEM, 7, "serial" },    { SYSTEM, 8, "uuid" },        { SYSTEM, 25, "sku" },
    { SYSTEM, 26, "family" },   { BOARD, 4, "manufacturer" }, { BOARD, 5, "product" },
    { BOARD, 6, "version" },    { BOARD, 7, "serial" },       { BOARD, 8, "asset" },
    { BOARD, 10, "location" },  { CHASSIS, 4, "manufacturer" }, { CHASSIS, 6, "version" },
    { CHASSIS, 7, "serial" },   { CHASSIS, 8, "asset" },      { CHASSIS, 21, "sku" },
    { PROCESSOR, 4, "socket_destination" }, { PROCESSOR, 7, "manufacturer" }, { PROCESSOR, 16, "version" },
    { PROCESSOR, 32, "serial_number" }, { PROCESSOR, 34, "part_number" },
    { MEMORY, 16, "locator" },  { MEMORY, 17, "bank_locator" }, { MEMORY, 23, "manufacturer" },
    { MEMORY, 24, "serial_number" }, { MEMORY, 26, "part_number" },
};

static char *systemUuid(const virHostSmbios *s)
{
    const guint8 *u = s->data + 8;
    if (s->length < 24)
        return NULL;
    return g_strdup_printf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[3], u[2], u[1], u[0], u[5], u[4], u[7],
                           u[6], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
}

/* Size of a memory device: MiB or KiB, 0 where the slot is empty. */
static void addMemorySize(virSysinfoBlock *block, const virHostSmbios *s)
{
    guint size = virHostSmbiosNumber(s, 12, 2);
    if (size == 0x7fff)
        size = virHostSmbiosNumber(s, 28, 4);
    g_autofree char *text = g_strdup_printf("%u %s", size & 0x8000 && size <= 0xffff ? size & 0x7fff : size,
                                            size & 0x8000 && size <= 0xffff ? "KB" : "MB");
    virSysinfoBlockAdd(block, "size", size ? text : NULL);
}

static virSysinfoBlock *blockFor(virSysinfoDef *def, guint8 type)
{
    virSysinfoBlock *block = g_new0(virSysinfoBlock, 1), **single[] = { &def->bios, &def->system, NULL, &def->chassis };
    if (type == BOARD)
        virListAppend(&def->baseBoards, block);
    else if (type == PROCESSOR)
        virListAppend(&def->processors, block);
    else if (type == MEMORY)
        virListAppend(&def->memoryDevices, block);
    else if (type == OEM && !def->oemStrings)
        def->oemStrings = block;
    else if (type <= CHASSIS && !*single[type])
        *single[type] = block;
    else
        g_clear_pointer(&block, g_free);
    return block;
}

static void addStructure(const virHostSmbios *s, gpointer data)
{
    virSysinfoBlock *block = blockFor(data, s->type);
    if (!block)
        return;
    if (s->type == MEMORY)
        addMemorySize(block, s);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].type != s->type)
            continue;
        g_autofree char *uuid = s->type == SYSTEM && rows[i].offset == 8 ? systemUuid(s) : NULL;
        virSysinfoBlockAdd(block, rows[i].name, uuid ? uuid : virHostSmbiosString(s, rows[i].offset));
    }
    if (s->type == BIOS && s->length > 21 && virHostSmbiosNumber(s, 20, 1) != 0xff) {
        g_autofree char *release = g_strdup_printf("%u.%u", s->data[20], s->data[21]);
        virSysinfoBlockAdd(block, "release", release);
    }
    const char *at = s->strings;
    for (guint n = s->type == OEM ? virHostSmbiosNumber(s, 4, 1) : 0; n > 0 && *at; n--, at += strlen(at) + 1)
        virSysinfoBlockAdd(block, NULL, at);
}

static char *getSysinfo(virConnectPtr conn, unsigned int flags, GError **error)
{
    g_autoptr(virSysinfoDef) def = g_new0(virSysinfoDef, 1);
    def->type = VIR_SYSINFO_SMBIOS;
    if (virHostSmbiosForeach(virHostLocal(), addStructure, def))
        return virSysinfoDefFormat(def);
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Host SMBIOS information is not available");
    return NULL;
}

void qemuSysinfoTable(virHypervisorDriver *table)
{
    table->connectGetSysinfo = getSysinfo;
}
