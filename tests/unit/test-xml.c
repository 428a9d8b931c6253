/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The document engine on a small table of its own: value types, layout, errors, hostile input. */
#include <string.h>
#include "xml/engine.h"

#define COLOUR_VALUES(E) E(COLOUR_NONE, NULL) E(COLOUR_RED, "red") E(COLOUR_BLUE, "blue")
VIR_ENUM(virTestColour, COLOUR_VALUES)
VIR_ENUM_TABLE(virTestColour, COLOUR_VALUES)

typedef struct { char *name; unsigned int count; bool hasCount; } virTestLeaf;
typedef struct {
    char *title, *secret, *pty;
    virTestColour colour;
    int level;
    unsigned int mode;
    unsigned long long size;
    virBitmap *set;
    bool flag;
    char *red, *blue;
    char *inHost, *outHost;
    VIR_LIST(virTestLeaf) leaves;
    virTestLeaf *one;
    char *raw;
    char **words;
} virTestDoc;

#define S virTestLeaf
static const virXmlRow leafRows[] = { X_STR("@name", name, XF_REQ), X_UINT("@count", count, XF_ABI, X_HAS(hasCount)), X_END };
static X_TYPE(virTestLeaf, "leaf", leafRows);
#undef S
#define S virTestDoc
static const virXmlRow redRows[] = { X_STR("paint/@red", red, 0), X_END };
static const virXmlRow blueRows[] = { X_STR("paint/@blue", blue, 0), X_END };
static X_TYPE_AS(redXml, virTestDoc, NULL, redRows);
static X_TYPE_AS(blueXml, virTestDoc, NULL, blueRows);
static const virXmlCase colourCases[] = { { COLOUR_RED, &redXml }, { COLOUR_BLUE, &blueXml }, { 0 } };
static const virXmlRow docRows[] = {
    X_ENUM("@colour", colour, virTestColour, XF_ABI),
    X_STR("title", title, 0),
    X_UNION(".", colour, virTestColour, colourCases, XF_ABI),
    X_INT("tune/@level", level, 0),
    X_UINT("tune/@mode", mode, XF_OCTAL, .digits = 4, .max = 0777),
    X_BITMAP("tune/@set", set, 0, .max = 64),
    X_STR("tune/@secret", secret, XF_SECURE),
    X_STR("tune/@pty", pty, XF_LIVE),
    X_KIB("tune/size", size, XF_ABI),
    X_FLAG("flag", flag, 0),
    X_STR("end[@mode='in']/@host", inHost, 0),
    X_STR("end[@mode='out']/@host", outHost, 0),
    X_LIST("group/leaf", leaves, virTestLeaf, XF_ABI),
    X_OBJ("one", one, virTestLeaf, 0),
    X_STRV("word", words, 0),
    X_RAW("raw", raw, 0),
    X_END
};
static X_TYPE(virTestDoc, "doc", docRows);
#undef S

static virTestDoc *parse(const char *text, unsigned int flags, GError **error)
{
    g_autoptr(virXmlDoc) doc = virXmlDocParse(text, NULL, "test", "doc", VIR_FROM_DOMAIN, error);
    virXmlContext ctx = { .flags = flags, .from = VIR_FROM_DOMAIN };
    return doc ? virXmlParse(&virTestDocXml, xmlDocGetRootElement(doc), &ctx, error) : NULL;
}

static char *format(const virTestDoc *doc, unsigned int flags)
{
    GString *out = g_string_new(NULL);
    virXmlFormat(&virTestDocXml, NULL, doc, flags, out, 0);
    return g_string_free(out, FALSE);
}

static const char full[] = "<doc colour='red'>\n"
                           "  <title>a &lt;b&gt; &amp; &apos;c&apos;</title>\n"
                           "  <paint red='r'/>\n"
                           "  <tune level='-3' mode='0640' set='0-2,5' secret='s3' pty='/p'>\n"
                           "    <size unit='KiB'>2048</size>\n"
                           "  </tune>\n"
                           "  <flag/>\n"
                           "  <end mode='in' host='i'/>\n"
                           "  <end mode='out' host='o'/>\n"
                           "  <group>\n"
                           "    <leaf name='x' count='0'/>\n"
                           "    <leaf name='y'/>\n"
                           "  </group>\n"
                           "  <one name='z'/>\n"
                           "  <word>u</word>\n"
                           "  <word>v</word>\n"
                           "  <raw>\n"
                           "    <a:b xmlns:a=\"urn:x\">t</a:b>\n"
                           "  </raw>\n"
                           "</doc>\n";

static void testRoundTrip(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *shuffled = g_strdup(full);
    virTestDoc *doc = parse(shuffled, 0, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(doc->size, ==, 2048);
    g_assert_cmpuint(doc->mode, ==, 0640);
    g_assert_true(doc->leaves.v[0]->hasCount);
    g_assert_false(doc->leaves.v[1]->hasCount);
    g_autofree char *text = format(doc, VIR_XML_SECURE);
    g_assert_cmpstr(text, ==, full);
    virTestDoc *copy = virXmlCopy(&virTestDocXml, doc);
    g_assert_true(virXmlEqual(&virTestDocXml, doc, copy));
    virXmlFree(&virTestDocXml, doc);
    g_autofree char *again = format(copy, VIR_XML_SECURE);
    g_assert_cmpstr(again, ==, full);
    virXmlFree(&virTestDocXml, copy);
}

/* An attribute can't be written once its element has children: the check of tables finds such rows. */
static void testRowOrder(void)
{
    static const virXmlRow rows[] = {
#define S virTestDoc
        X_INT("tune/@level", level, 0), X_KIB("tune/size", size, 0), X_STR("tune/@secret", secret, 0), X_STR("tune/@secret", pty, 0), X_END
#undef S
    };
    static virXmlType wrong = { .name = "doc", .structName = "virTestDoc", .size = 8, .rows = rows };
    g_autoptr(GPtrArray) complaints = g_ptr_array_new_with_free_func(g_free);
    virXmlCheckTable(&virTestDocXml, complaints);
    g_assert_cmpuint(complaints->len, ==, 0);
    virXmlCheckTable(&wrong, complaints);
    const char *const expected[] = { "attribute after children", "member outside of the struct", "path stands twice" };
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        bool found = false;
        for (guint j = 0; j < complaints->len; j++)
            found |= strstr(complaints->pdata[j], expected[i]) != NULL;
        g_assert_true(found);
    }
}

static void testFlags(void)
{
    virTestDoc *doc = parse(full, 0, NULL);
    g_autofree char *open = format(doc, 0), *inactive = format(doc, VIR_XML_SECURE | VIR_XML_INACTIVE);
    g_assert_null(strstr(open, "s3"));
    g_assert_nonnull(strstr(open, "/p"));
    g_assert_nonnull(strstr(inactive, "s3"));
    g_assert_null(strstr(inactive, "/p"));
    virXmlFree(&virTestDocXml, doc);
    doc = parse(full, VIR_XML_INACTIVE, NULL);
    g_assert_null(doc->pty);
    virXmlFree(&virTestDocXml, doc);
}

static void testUnits(void)
{
    static const struct { const char *text; unsigned long long kib; } cases[] = {
        { "<size>7</size>", 7 }, { "<size unit='b'>1025</size>", 2 }, { "<size unit='KB'>1024</size>", 1000 },
        { "<size unit='MiB'>3</size>", 3072 }, { "<size unit='G'>1</size>", 1 << 20 }, { "<size unit='TB'>1</size>", 976562500 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("<doc><tune>%s</tune></doc>", cases[i].text);
        virTestDoc *doc = parse(text, 0, NULL);
        g_assert_cmpuint(doc->size, ==, cases[i].kib);
        virXmlFree(&virTestDocXml, doc);
    }
}

static void testErrors(void)
{
    static const struct { const char *text; int code; const char *says; } cases[] = {
        { "<doc colour='green'/>", VIR_ERR_XML_ERROR, "Invalid value for attribute 'colour' in element 'doc': 'green'. Expected one of: red, blue (at /doc, line 1)" },
        { "<doc>\n<tune level='x'/></doc>", VIR_ERR_XML_ERROR, "line 2" },
        { "<doc><tune level='99999999999'/></doc>", VIR_ERR_XML_ERROR, "integer value" },
        { "<doc><tune mode='-1'/></doc>", VIR_ERR_XML_ERROR, "non-negative integer value" },
        { "<doc><tune mode='1000'/></doc>", VIR_ERR_XML_ERROR, "at most 511" },
        { "<doc><tune set='0-99'/></doc>", VIR_ERR_INVALID_ARG, "'0-99'" },
        { "<doc><group><leaf/></group></doc>", VIR_ERR_XML_ERROR, "Missing required attribute 'name' in element 'leaf' (at /doc/group/leaf" },
        { "<doc><tune><size unit='foo'>1</size></tune></doc>", VIR_ERR_INVALID_ARG, "unknown suffix 'foo'" },
        { "<doc><tune><size unit='E'>99999</size></tune></doc>", VIR_ERR_OVERFLOW, "too large" },
        { "<other/>", VIR_ERR_XML_ERROR, "expecting root element of 'doc', not 'other'" },
        { "<doc>\n<foo>\n</doc>", VIR_ERR_XML_DETAIL, "(test):3: Opening and ending tag mismatch: foo line 2 and doc\n</doc>\n------^" },
        { "foo", VIR_ERR_XML_DETAIL, "(test):1: Start tag expected, '<' not found\nfoo\n^" },
        { "", VIR_ERR_XML_DETAIL, "(test):1: Document is empty" },
        { "<!DOCTYPE doc [<!ENTITY a 'b'>]><doc><title>&a;</title></doc>", VIR_ERR_XML_ERROR, "entities are not accepted" },
        { "<!DOCTYPE doc SYSTEM 'file:///etc/passwd'><doc/>", VIR_ERR_XML_ERROR, "entities are not accepted" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(parse(cases[i].text, 0, &error));
        g_assert_nonnull(error);
        g_assert_cmpint(virErrorCode(error), ==, cases[i].code);
        if (!strstr(error->message, cases[i].says))
            g_error("'%s' does not say '%s'", error->message, cases[i].says);
    }
}

static void testDiff(void)
{
    virTestDoc *a = parse(full, 0, NULL), *b = parse(full, 0, NULL);
    g_assert_null(virXmlDiff(&virTestDocXml, a, b, true));
    g_free(b->title);
    b->title = g_strdup("other");
    g_assert_null(virXmlDiff(&virTestDocXml, a, b, true));     /* not the guest's business */
    g_assert_false(virXmlEqual(&virTestDocXml, a, b));
    b->leaves.v[1]->count = 9;
    b->leaves.v[1]->hasCount = true;
    g_autoptr(virXmlDifference) diff = virXmlDiff(&virTestDocXml, a, b, true);
    g_assert_cmpstr(diff->path, ==, "group/leaf[2]/@count");
    g_assert_cmpstr(diff->a, ==, NULL);
    g_assert_cmpstr(diff->b, ==, "9");
    virXmlFree(&virTestDocXml, a);
    virXmlFree(&virTestDocXml, b);
}

static void testDepth(void)
{
    GString *s = g_string_new(NULL);
    for (int i = 0; i < 100000; i++)
        g_string_append(s, "<doc>");
    g_autofree char *text = g_string_free(s, FALSE);
    g_autoptr(GError) error = NULL;
    g_assert_null(parse(text, 0, &error));
    g_assert_nonnull(error);
}

static void testBitmap(void)
{
    static const char *const same[] = { "0", "0-3", "1,3,5", "0-63,65", "127" };
    for (size_t i = 0; i < G_N_ELEMENTS(same); i++) {
        g_autoptr(virBitmap) map = virBitmapParse(same[i], 0);
        g_autofree char *text = virBitmapFormat(map);
        g_assert_cmpstr(text, ==, same[i]);
    }
    g_autoptr(virBitmap) cut = virBitmapParse(" 0-7 ,^2, ^5", 8);
    g_autofree char *text = virBitmapFormat(cut);
    g_assert_cmpstr(text, ==, "0-1,3-4,6-7");
    g_assert_cmpuint(virBitmapCount(cut), ==, 6);
    g_assert_cmpint(virBitmapNext(cut, 4), ==, 6);
    g_assert_cmpint(virBitmapLast(cut), ==, 7);
    static const char *const bad[] = { "", "a", "3-1", "1,", ",1", "^1-2", "0-8", "99999999999999" };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_null(virBitmapParse(bad[i], 8));
}

static void testMac(void)
{
    virMac mac;
    char text[18];
    g_assert_true(virMacParse("52:54:0:AB:cd:1", &mac));
    virMacFormat(&mac, text);
    g_assert_cmpstr(text, ==, "52:54:00:ab:cd:01");
    g_assert_false(virMacParse("52:54:00:ab:cd", &mac));
    g_assert_false(virMacParse("52:54:00:ab:cd:01:02", &mac));
    g_assert_false(virMacParse("zz", &mac));
}

/* What GLib reads of a document that we made is what libxml2 reads of it. */
static void testPlain(void)
{
    static const char text[] = "<doc colour='red'>\n  <title>a &lt; b &amp; c</title><paint red='&quot;x&apos;'/>\n<flag/>"
                               "<tune level='-3' mode='0644' set='1-3'><size unit='MiB'>4</size></tune><end mode='out' host='o'/><end mode='in' host='i'/>"
                               "<group><leaf name='one'/><leaf name='two' count='2'></leaf></group><word>w</word><word>v</word></doc>";
    g_autoptr(virArena) arena = virArenaNew();
    virXmlContext ctx = { .from = VIR_FROM_DOMAIN };
    virTestDoc *read = parse(text, 0, NULL), *plain = virXmlParse(&virTestDocXml, virXmlPlainParse(text, arena), &ctx, NULL);
    g_assert_true(read && plain && virXmlEqual(&virTestDocXml, read, plain));
    g_assert_cmpstr(plain->title, ==, "a < b & c");
    g_assert_cmpstr(plain->red, ==, "\"x'");
    g_assert_cmpuint(plain->leaves.n, ==, 2);
    virXmlFree(&virTestDocXml, read);
    virXmlFree(&virTestDocXml, plain);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/xml/round-trip", testRoundTrip);
    g_test_add_func("/xml/plain", testPlain);
    g_test_add_func("/xml/row-order", testRowOrder);
    g_test_add_func("/xml/flags", testFlags);
    g_test_add_func("/xml/units", testUnits);
    g_test_add_func("/xml/errors", testErrors);
    g_test_add_func("/xml/diff", testDiff);
    g_test_add_func("/xml/depth", testDepth);
    g_test_add_func("/xml/bitmap", testBitmap);
    g_test_add_func("/xml/mac", testMac);
    return g_test_run();
}
