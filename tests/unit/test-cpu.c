/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU models: the tables themselves, detection from made-up processors, comparison, baseline, expansion, refusals. */
#include "cpu/cpu.h"
#include "base/error.h"
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <string.h>

/* ---- tables ---- */

static void testModels(void)
{
    g_auto(GStrv) x86 = virCpuModelNames(VIR_ARCH_X86_64, NULL), ppc = virCpuModelNames(VIR_ARCH_PPC64LE, NULL);
    g_auto(GStrv) arm = virCpuModelNames(VIR_ARCH_AARCH64, NULL);
    g_assert_true(g_strv_contains((const char *const *)x86, "Haswell-noTSX-IBRS"));
    g_assert_cmpstr(x86[0], ==, "486");
    g_assert_true(g_strv_contains((const char *const *)ppc, "POWER9"));
    g_assert_nonnull(arm);
    g_assert_null(arm[0]);
    g_autoptr(GError) error = NULL;
    g_assert_null(virCpuModelNames(VIR_ARCH_MIPS, &error));
    g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_NO_SUPPORT);
    for (int i = 0; x86[i]; i++)        /* what a variant is made of is there */
        if (g_str_has_suffix(x86[i], "-IBRS"))
            g_assert_true(virCpuModelHas(VIR_ARCH_X86_64, x86[i], "spec-ctrl"));
    g_assert_false(virCpuModelHas(VIR_ARCH_X86_64, "Haswell-noTSX", "hle"));
    g_assert_true(virCpuModelHas(VIR_ARCH_X86_64, "Haswell", "hle"));
    g_assert_cmpstr(virCpuModelVendor(VIR_ARCH_X86_64, "EPYC-Rome"), ==, "AMD");
    g_assert_cmpstr(virCpuModelVendor(VIR_ARCH_X86_64, "Skylake-Server-noTSX-IBRS"), ==, "Intel");
    g_assert_null(virCpuModelVendor(VIR_ARCH_X86_64, "qemu64"));
    g_assert_cmpstr(virCpuModelVendor(VIR_ARCH_PPC64, "POWERPC_e5500"), ==, "Freescale");
    g_assert_false(virCpuFeatureMigratable(VIR_ARCH_X86_64, "invtsc"));
    g_assert_true(virCpuFeatureMigratable(VIR_ARCH_X86_64, "avx"));
    g_assert_false(virCpuFeatureKnown(VIR_ARCH_X86_64, "no-such-feature"));
}

/* ---- detection ---- */

typedef struct { guint32 index, sub, regs[4]; bool msr; } Answer;

static bool answer(gpointer opaque, bool msr, guint32 index, guint32 sub, guint32 regs[4])
{
    for (const Answer *a = opaque; a->index != G_MAXUINT32; a++)
        if (a->msr == msr && a->index == index && a->sub == sub) {
            memcpy(regs, a->regs, sizeof(a->regs));
            return true;
        }
    return false;
}

/* "GenuineIntel" as EBX, ECX, EDX of leaf 0 */
#define INTEL 0x756e6547, 0x6c65746e, 0x49656e69
#define END { .index = G_MAXUINT32 }

static void testDetect(void)
{
    /* family 6, model 58, stepping 9, with all of an IvyBridge and the hypervisor's bit */
    Answer ivy[] = { { 0, 0, { 13, INTEL } },
                     { 1, 0, { 0x306a9, 0, 0xffffffff, 0xffffffff } },
                     { 7, 0, { 0, 0x00000281, 0, 0 } },
                     { 0x80000001, 0, { 0, 0, 1, 0x28100800 } },
                     END };
    virCpuReader reader = { answer, ivy };
    g_autoptr(virCPUDef) cpu = virCpuDetect(VIR_ARCH_X86_64, &reader);
    g_assert_cmpstr(cpu->model, ==, "IvyBridge");
    g_assert_cmpstr(cpu->vendor, ==, "Intel");
    g_assert_cmpuint(cpu->family, ==, 6);
    g_assert_cmpuint(cpu->modelNumber, ==, 58);
    g_assert_cmpuint(cpu->stepping, ==, 9);
    g_assert_nonnull(virCPUDefFeature(cpu, "hypervisor"));
    g_assert_null(virCPUDefFeature(cpu, "aes"));        /* the model's */
    for (unsigned int i = 0; i < cpu->features.n; i++)  /* a host's model is one that it has all of */
        g_assert_cmpint(cpu->features.v[i]->policy, ==, VIR_CPU_FEATURE_REQUIRE);

    /* A Haswell's transactions don't work, whatever it says: noTSX. The same bits in a later stepping of the server's chip do. */
    Answer haswell[] = { { 0, 0, { 13, INTEL } },
                         { 1, 0, { 0x306c3, 0, 0xffffffff, 0xffffffff } },
                         { 7, 0, { 0, 0x00000fbb, 0, 0 } },
                         { 0x80000001, 0, { 0, 0, 1, 0x28100800 } },
                         END };
    virCpuReader second = { answer, haswell };
    g_autoptr(virCPUDef) broken = virCpuDetect(VIR_ARCH_X86_64, &second);
    g_assert_cmpstr(broken->model, ==, "Haswell-noTSX");
    haswell[1].regs[0] = 0x306f4;
    g_autoptr(virCPUDef) whole = virCpuDetect(VIR_ARCH_X86_64, &second);
    g_assert_cmpstr(whole->model, ==, "Haswell");
}

/* A register that tells features is read only where CPUID announces it. */
static void testMsr(void)
{
    Answer chip[] = { { 0, 0, { 13, INTEL } },
                      { 1, 0, { 0x306a9, 0, 0xffffffff, 0xffffffff } },
                      { 7, 0, { 0, 0, 0, 0 } },
                      { 0x10a, 0, { 1, 0, 0, 0 }, true },
                      END };
    virCpuReader reader = { answer, chip };
    g_autoptr(virCPUDef) silent = virCpuDetect(VIR_ARCH_X86_64, &reader);
    g_assert_null(virCPUDefFeature(silent, "rdctl-no"));
    chip[2].regs[3] = 1u << 29;
    g_autoptr(virCPUDef) telling = virCpuDetect(VIR_ARCH_X86_64, &reader);
    g_assert_nonnull(virCPUDefFeature(telling, "rdctl-no"));
    Answer nobody[] = { END };
    virCpuReader none = { answer, nobody };
    g_autoptr(virCPUDef) nothing = virCpuDetect(VIR_ARCH_X86_64, &none);
    g_assert_null(nothing);
}

/* ---- comparison ---- */

#define HOST(model, more) "<cpu><arch>x86_64</arch><model>" model "</model>" more "</cpu>"
#define GUEST(attributes, model, more) "<cpu " attributes "><model>" model "</model>" more "</cpu>"
#define F(policy, name) "<feature policy='" policy "' name='" name "'/>"

static void testCompare(void)
{
    static const struct {
        const char *xml;
        int result;
        const char *why;        /* with FAIL_INCOMPATIBLE, part of the message */
    } cases[] = {
        { HOST("SandyBridge", ""), VIR_CPU_COMPARE_IDENTICAL, NULL },
        { HOST("Nehalem", ""), VIR_CPU_COMPARE_SUPERSET, NULL },
        { HOST("Haswell", ""), VIR_CPU_COMPARE_INCOMPATIBLE, "does not provide required features: " },
        { HOST("Nehalem", "<vendor>AMD</vendor>"), VIR_CPU_COMPARE_INCOMPATIBLE, "vendor does not match required CPU vendor AMD" },
        { "<cpu><arch>aarch64</arch><model>x</model></cpu>", VIR_CPU_COMPARE_INCOMPATIBLE, "CPU arch aarch64 does not match host arch" },
        { GUEST("match='exact'", "Nehalem", F("forbid", "avx")), VIR_CPU_COMPARE_INCOMPATIBLE, "forbidden features: avx" },
        { GUEST("match='exact'", "Haswell", F("disable", "avx2")), VIR_CPU_COMPARE_INCOMPATIBLE, "fsgsbase" },
        { GUEST("match='exact'", "Nehalem", F("optional", "svm")), VIR_CPU_COMPARE_SUPERSET, NULL },
        { GUEST("match='exact'", "Nehalem", F("require", "svm")), VIR_CPU_COMPARE_INCOMPATIBLE, "required features: svm" },
        { GUEST("match='exact'", "Nehalem", F("force", "svm")), VIR_CPU_COMPARE_SUPERSET, NULL },
        { GUEST("match='strict'", "Nehalem", ""), VIR_CPU_COMPARE_INCOMPATIBLE, "does not strictly match guest CPU: Extra features: " },
        { "<cpu mode='host-passthrough'/>", VIR_CPU_COMPARE_SUPERSET, NULL },
    };
    g_autoptr(virCPUDef) host = virCPUDefParse(HOST("SandyBridge", "<vendor>Intel</vendor>"), VIR_CPU_DOCUMENT_HOST, false, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", cases[i].xml);
        g_assert_cmpint(virCpuCompareXml(host, 0, cases[i].xml, 0, &error), ==, cases[i].result);
        g_assert_no_error(error);
        int strict = virCpuCompareXml(host, 0, cases[i].xml, VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE, &error);
        g_assert_cmpint(strict, ==, cases[i].why ? VIR_CPU_COMPARE_ERROR : cases[i].result);
        if (cases[i].why) {
            g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_CPU_INCOMPATIBLE);
            g_assert_nonnull(strstr(error->message, cases[i].why));
        }
    }
}

static void testRefused(void)
{
    static const struct {
        const char *xml;
        int code;
    } cases[] = {
        { "", VIR_ERR_XML_DETAIL },
        { "<cpu", VIR_ERR_XML_DETAIL },
        { "<domain/>", VIR_ERR_XML_ERROR },
        { "<cpu><arch>pdp11</arch><model>x</model></cpu>", VIR_ERR_CONFIG_UNSUPPORTED },
        { "<cpu><arch>x86_64</arch></cpu>", VIR_ERR_XML_ERROR },
        { "<cpu mode='host-model'><arch>x86_64</arch><model>qemu64</model></cpu>", VIR_ERR_CONFIG_UNSUPPORTED },
        { "<cpu mode='mine'/>", VIR_ERR_CONFIG_UNSUPPORTED },
        { "<cpu match='nearly'><model>qemu64</model></cpu>", VIR_ERR_XML_ERROR },
        { "<cpu><feature name='avx' policy='require'/></cpu>", VIR_ERR_XML_ERROR },
        { GUEST("", "qemu64", F("require", "avx") F("disable", "avx")), VIR_ERR_XML_ERROR },
        { GUEST("", "qemu64", F("perhaps", "avx")), VIR_ERR_CONFIG_UNSUPPORTED },
        { GUEST("", "PDP-11", ""), VIR_ERR_INTERNAL_ERROR },
        { GUEST("", "qemu64", F("require", "no-such-feature")), VIR_ERR_INTERNAL_ERROR },
        { "<cpu><model vendor_id='short'>qemu64</model></cpu>", VIR_ERR_XML_ERROR },
    };
    g_autoptr(virCPUDef) host = virCPUDefParse(HOST("SandyBridge", ""), VIR_CPU_DOCUMENT_HOST, false, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", cases[i].xml);
        g_assert_cmpint(virCpuCompareXml(host, 0, cases[i].xml, 0, &error), ==, VIR_CPU_COMPARE_ERROR);
        g_assert_cmpint(virErrorCode(error), ==, cases[i].code);
    }
    g_autoptr(GError) error = NULL;     /* the schema knows no such element */
    g_assert_cmpint(virCpuCompareXml(host, 0, GUEST("", "qemu64", "<bogus/>"), VIR_CONNECT_COMPARE_CPU_VALIDATE_XML, &error), ==,
                    VIR_CPU_COMPARE_ERROR);
    g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_XML_INVALID_SCHEMA);
}

/* ---- baseline ---- */

static void checkBaseline(const char *const *xml, guint n, unsigned int flags, const char *want)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *got = virCpuBaselineXml(xml, n, VIR_CPU_DOCUMENT_HOST, 0, NULL, flags, &error);
    g_assert_no_error(error);
    g_assert_nonnull(got);
    if (!strstr(got, want))
        g_error("no %s in %s", want, got);
}

static void testBaseline(void)
{
    const char *same[] = { HOST("Nehalem", "") }, *older[] = { HOST("Haswell", ""), HOST("Nehalem", "") };
    checkBaseline(same, 1, 0, "<model fallback='forbid'>Nehalem</model>");
    checkBaseline(older, 2, 0, "<model fallback='allow'>Nehalem</model>");
    checkBaseline(same, 1, VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES, "<feature policy='require' name='sse4.2'/>");
    const char *tsc[] = { HOST("Nehalem", "<feature name='invtsc'/>") };
    checkBaseline(tsc, 1, 0, "name='invtsc'");
    g_autofree char *movable =
        virCpuBaselineXml(tsc, 1, VIR_CPU_DOCUMENT_HOST, 0, NULL, VIR_CONNECT_BASELINE_CPU_MIGRATABLE, NULL);
    g_assert_null(strstr(movable, "invtsc"));
    const char *lost[] = { HOST("Opteron_G3", "") };    /* monitor was once part of the model */
    checkBaseline(lost, 1, 0, "<feature policy='disable' name='monitor'/>");
    const char *vendors[] = { HOST("Haswell", "<vendor>Intel</vendor>"), HOST("Penryn", "<vendor>Intel</vendor>") };
    checkBaseline(vendors, 2, 0, "<vendor>Intel</vendor>");
    const char *power[] = { "<cpu><arch>ppc64</arch><model>POWER8</model></cpu>", "<cpu><arch>ppc64le</arch><model>POWER8</model></cpu>" };
    checkBaseline(power, 2, 0, "<model fallback='forbid'>POWER8</model>");
}

static void testBaselineRefused(void)
{
    static const struct {
        const char *xml[2];
        int code;
    } cases[] = {
        { { HOST("Haswell", "<vendor>Intel</vendor>"), HOST("Opteron_G3", "<vendor>AMD</vendor>") }, VIR_ERR_OPERATION_FAILED },
        { { HOST("Haswell", "<vendor>Intel</vendor>"), HOST("Opteron_G3", "") }, VIR_ERR_OPERATION_FAILED },
        { { HOST("Haswell", "<vendor>DEC</vendor>"), HOST("Haswell", "") }, VIR_ERR_OPERATION_FAILED },
        { { HOST("Haswell", ""), "<cpu><arch>ppc64</arch><model>POWER8</model></cpu>" }, VIR_ERR_OPERATION_FAILED },
        { { HOST("Haswell", ""), GUEST("match='exact'", "Haswell", "") }, VIR_ERR_XML_ERROR },
        { { "<cpu><arch>s390x</arch><model>z14</model></cpu>", "<cpu><arch>s390x</arch><model>z14</model></cpu>" }, VIR_ERR_NO_SUPPORT },
        { { "<cpu><arch>mips</arch><model>x</model></cpu>", "<cpu><arch>mips</arch><model>x</model></cpu>" }, VIR_ERR_NO_SUPPORT },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", cases[i].xml[1]);
        g_assert_null(virCpuBaselineXml(cases[i].xml, 2, VIR_CPU_DOCUMENT_HOST, 0, NULL, 0, &error));
        g_assert_cmpint(virErrorCode(error), ==, cases[i].code);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(virCpuBaselineXml(NULL, 0, VIR_CPU_DOCUMENT_HOST, 0, NULL, 0, &error));
    g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_INVALID_ARG);
}

/* What an emulator can't give is taken away from the model that it offers. */
static void testOffers(void)
{
    static const char *const blockers[] = { "x2apic", "aes", NULL };
    const virCpuOffer offers[] = { { "SandyBridge", blockers }, { "kvm64", NULL } };
    virCpuChoice choice = { .offers = offers, .noffers = 2 };
    const char *xml[] = { HOST("SandyBridge", "") };
    g_autofree char *got = virCpuBaselineXml(xml, 1, VIR_CPU_DOCUMENT_HOST, 0, &choice, 0, NULL);
    g_assert_nonnull(strstr(got, "<model fallback='forbid'>SandyBridge</model>"));
    g_assert_nonnull(strstr(got, "<feature policy='disable' name='aes'/>"));
    g_autoptr(virCPUDef) cpu = virCPUDefParse(GUEST("match='exact'", "cpu64-rhel6", ""), VIR_CPU_DOCUMENT_GUEST, false, NULL);
    g_assert_true(virCpuTranslate(cpu, VIR_ARCH_X86_64, &choice, NULL));
    g_assert_cmpstr(cpu->model, ==, "kvm64");
    g_assert_nonnull(virCPUDefFeature(cpu, "lahf_lm"));
    g_autoptr(virCPUDef) strict =
        virCPUDefParse("<cpu match='exact'><model fallback='forbid'>cpu64-rhel6</model></cpu>", VIR_CPU_DOCUMENT_GUEST, false, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_false(virCpuTranslate(strict, VIR_ARCH_X86_64, &choice, &error));
    g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_CONFIG_UNSUPPORTED);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu/models", testModels);
    g_test_add_func("/cpu/detect", testDetect);
    g_test_add_func("/cpu/msr", testMsr);
    g_test_add_func("/cpu/compare", testCompare);
    g_test_add_func("/cpu/refused", testRefused);
    g_test_add_func("/cpu/baseline", testBaseline);
    g_test_add_func("/cpu/baseline-refused", testBaselineRefused);
    g_test_add_func("/cpu/offers", testOffers);
    return g_test_run();
}
