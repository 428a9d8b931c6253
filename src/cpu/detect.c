/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an x86 processor says of itself, as a document. */
#include "cpu/map.h"
#include <string.h>

static const virCpuVendor *vendorOf(const virCpuReader *r)
{
    guint32 regs[4];
    char text[13] = "";
    if (!r->read(r->opaque, false, 0, 0, regs))
        return NULL;
    memcpy(text, &regs[1], 4);
    memcpy(text + 4, &regs[3], 4);
    memcpy(text + 8, &regs[2], 4);
    const virCpuMap *map = virCpuMapX86();
    for (guint i = 0; i < map->vendors->len; i++)
        if (g_str_equal(((virCpuVendor *)map->vendors->pdata[i])->cpuid, text))
            return map->vendors->pdata[i];
    return NULL;
}

static void readSignature(const virCpuReader *r, virCPUDef *like)
{
    guint32 regs[4];
    if (!r->read(r->opaque, false, 1, 0, regs))
        return;
    guint family = regs[0] >> 8 & 0xf, model = regs[0] >> 4 & 0xf;
    like->hasSignature = true;
    like->stepping = regs[0] & 0xf;
    like->modelNumber = model | (family == 6 || family == 15 ? (regs[0] >> 16 & 0xf) << 4 : 0);
    like->family = family + (family == 15 ? regs[0] >> 20 & 0xff : 0);
}

/* Haswells whose transactions are broken (erratum HSD136), whatever they claim. */
static bool brokenTsx(const virCPUDef *like)
{
    return g_strcmp0(like->vendor, "Intel") == 0 && like->family == 6 &&
           (like->modelNumber == 60 || like->modelNumber == 69 || like->modelNumber == 70 ||
            (like->modelNumber == 63 && like->stepping < 4));
}

/* Registers that tell features exist where CPUID says so. */
static bool hasMsr(const virCpuReader *r, guint32 index)
{
    static const struct {
        guint32 index;
        guint bit;      /* of EDX of leaf 7 */
    } known[] = { { 0x10a, 29 }, { 0xcf, 30 } };
    guint32 regs[4];
    for (guint i = 0; i < G_N_ELEMENTS(known); i++)
        if (known[i].index == index)
            return r->read(r->opaque, false, 7, 0, regs) && regs[3] >> known[i].bit & 1;
    return false;
}

virCPUDef *virCpuDetect(virArch arch, const virCpuReader *r)
{
    const virCpuMap *map = virCpuMapX86();
    virCPUDef like = { 0 };
    const virCpuVendor *vendor = vendorOf(r);
    like.vendor = vendor ? vendor->name : NULL;
    readSignature(r, &like);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < map->features->len; i++) {
        const virCpuFeature *f = map->features->pdata[i];
        guint32 regs[4];
        if (brokenTsx(&like) && (g_str_equal(f->name, "hle") || g_str_equal(f->name, "rtm")))
            continue;
        if (f->msr && !hasMsr(r, f->index))
            continue;
        if (r->read(r->opaque, f->msr, f->index, f->sub, regs) && regs[f->reg] >> f->bit & 1)
            g_ptr_array_add(names, f->name);
    }
    g_ptr_array_add(names, NULL);
    virCPUDef *cpu = virCpuFromFeatures(arch, (const char *const *)names->pdata, &like, true, NULL);
    if (!cpu)
        return NULL;
    cpu->arch = arch;
    cpu->hasSignature = like.hasSignature;
    cpu->family = like.family;
    cpu->modelNumber = like.modelNumber;
    cpu->stepping = like.stepping;
    return cpu;
}
