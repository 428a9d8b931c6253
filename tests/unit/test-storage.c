/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage without storage: command lines of qemu-img, headers of images, pools over recorded programs, programs that hang. */
#define VIR_FROM VIR_FROM_STORAGE
#include "drivers/storage/storage.h"
#include "base/util.h"
#include "host/image.h"
#include "host/mount.h"
#include "host/scsi.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* ---- a folder of ours ---- */

static char *folder;

static char *inFolder(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static void writeFile(const char *name, const void *data, gssize len)
{
    g_autofree char *path = inFolder(name), *dir = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    g_assert_true(g_file_set_contents(path, data, len, NULL));
}

/* ---- recorded programs ---- */

typedef struct {
    const char *begins, *output;        /* NULL begins: the end */
    int status;
} Answer;
typedef struct {
    const Answer *answers;
    GString *asked;
} Tools;

static bool answer(const char *const *argv, char **output, int *status, gpointer data)
{
    Tools *t = data;
    g_autofree char *line = g_strjoinv(" ", (char **)argv);
    g_string_append_printf(t->asked, "%s\n", line);
    for (const Answer *a = t->answers; a && a->begins; a++)
        if (g_str_has_prefix(line, a->begins)) {
            *output = g_strdup(a->output);
            *status = a->status;
            return true;
        }
    *output = g_strdup("");
    *status = 0;
    return true;
}

static void toolsBegin(Tools *t, const Answer *answers)
{
    *t = (Tools){ answers, g_string_new(NULL) };
    virToolSetHook(answer, t);
}

/* What was run since the last look. */
static char *toolsAsked(Tools *t)
{
    char *text = g_strdup(t->asked->str);
    g_string_truncate(t->asked, 0);
    return text;
}
#define RAN(t, text) \
    do { \
        g_autofree char *ran_ = toolsAsked(t); \
        g_assert_cmpstr(ran_, ==, text); \
    } while (0)

static void toolsEnd(Tools *t)
{
    virToolSetHook(NULL, NULL);
    g_string_free(t->asked, TRUE);
}

/* A turn in the lane of nobody. */
static virPoolTurn turnOf(const char *xml)
{
    g_autoptr(GError) error = NULL;
    virPoolTurn turn = { .def = virStoragePoolDefParse(xml, NULL, 0, &error), .cancel = g_cancellable_new(),
                         .volumes = g_ptr_array_new_with_free_func((GDestroyNotify)virStorageVolDefUnref) };
    g_assert_no_error(error);
    return turn;
}

static void turnEnd(virPoolTurn *turn)
{
    virStoragePoolDefUnref(turn->def);
    g_object_unref(turn->cancel);
    g_ptr_array_unref(turn->volumes);
}

static void refresh(virPoolTurn *turn, const virPoolBackend *backend)
{
    g_autoptr(GError) error = NULL;
    virStoragePoolDef *def = virStoragePoolDefCopy(turn->def);
    g_ptr_array_set_size(turn->volumes, 0);
    g_assert_true(backend->refresh(turn, def, turn->volumes, &error));
    g_assert_no_error(error);
    virStoragePoolDefUnref(turn->def);
    turn->def = def;
}

static char *names(virPoolTurn *turn)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < turn->volumes->len; i++) {
        const virStorageVolDef *v = turn->volumes->pdata[i];
        g_string_append_printf(out, "%s%s=%llu/%llu", i ? " " : "", v->name, v->capacity, v->allocation);
    }
    return g_string_free(out, FALSE);
}
#define HOLDS(turn, text) \
    do { \
        g_autofree char *names_ = names(turn); \
        g_assert_cmpstr(names_, ==, text); \
    } while (0)
#define FAILS(call, wanted) \
    do { \
        g_autoptr(GError) error_ = NULL; \
        GError **error = &error_; \
        g_assert_false(call); \
        g_assert_cmpint(virErrorCode(error_), ==, wanted); \
    } while (0)

/* ---- qemu-img ---- */

static virStorageVolDef *volume(const char *name, const char *inner)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = g_strdup_printf("<volume><name>%s</name><capacity unit='KiB'>2048</capacity>%s</volume>", name, inner);
    virStorageVolDef *vol = virStorageVolDefParseFor(VIR_STORAGE_POOL_DIR, xml, NULL, 0, &error);
    g_assert_no_error(error);
    g_free(vol->path);
    vol->path = g_strconcat("/p/", name, NULL);
    return vol;
}

static char *commandsOf(const virImageTask *task, GError **error)
{
    g_autoptr(GPtrArray) list = virImageCommands(task, error);
    GString *out = g_string_new(NULL);
    for (guint i = 0; list && i < list->len; i++) {
        g_autofree char *line = g_strjoinv(" ", list->pdata[i]);
        g_string_append_printf(out, "%s\n", line);
    }
    return g_string_free(out, !list);
}

#define LUKS "<encryption format='luks'><secret type='passphrase' uuid='0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f'/></encryption>"
#define FORMAT(type, more) "<target><format type='" type "'/>" more "</target>"

static void testImages(void)
{
    static const struct { const char *inner, *from; bool preallocate; const char *want; } cases[] = {
        { FORMAT("qcow2", ""), NULL, false, "qemu-img create -f qcow2 -o compat=0.10 /p/new 2048K\n" },
        { FORMAT("qcow2", "<compat>1.1</compat><clusterSize unit='KiB'>128</clusterSize><features><lazy_refcounts/></features>"), NULL, false,
          "qemu-img create -f qcow2 -o compat=1.1,cluster_size=131072,lazy_refcounts=on /p/new 2048K\n" },
        { FORMAT("qcow2", "") "<backingStore><path>/b,c</path><format type='qcow2'/></backingStore>", NULL, false,
          "qemu-img create -f qcow2 -b /b,c -o backing_fmt=qcow2,compat=0.10 /p/new 2048K\n" },
        { FORMAT("qcow2", "") "<allocation>0</allocation>", NULL, true, "qemu-img create -f qcow2 -o preallocation=metadata,compat=0.10 /p/new 2048K\n" },
        { FORMAT("vmdk", ""), NULL, false, "qemu-img create -f vmdk /p/new 2048K\n" },
        { FORMAT("raw", LUKS), NULL, false,
          "qemu-img create -f luks --object secret,id=new_encrypt0,file=/k -o key-secret=new_encrypt0 /p/new 2048K\n" },
        { FORMAT("qcow2", ""), FORMAT("raw", ""), false, "qemu-img convert -f raw -O qcow2 -o compat=0.10 /p/old /p/new\n" },
        { FORMAT("qcow2", LUKS), FORMAT("raw", LUKS), false,
          "qemu-img create -f qcow2 --object secret,id=new_encrypt0,file=/k -o encrypt.format=luks,encrypt.key-secret=new_encrypt0,compat=0.10 "
          "/p/new 2048K\n"
          "qemu-img convert --image-opts -n --target-image-opts --object secret,id=new_encrypt0,file=/k "
          "--object secret,id=old_encrypt0,file=/k,,2 driver=luks,file.filename=/p/old,key-secret=old_encrypt0 "
          "driver=qcow2,file.filename=/p/new,encrypt.key-secret=new_encrypt0\n" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(virStorageVolDef) vol = volume("new", cases[i].inner), from = cases[i].from ? volume("old", cases[i].from) : NULL;
        virImageTask task = { vol, from, cases[i].preallocate, "/k", "/k,2" };
        g_autofree char *got = commandsOf(&task, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(got, ==, cases[i].want);
    }
    g_autoptr(virStorageVolDef) vol = volume("new", FORMAT("raw", LUKS));
    g_auto(GStrv) resize = virImageResizeCommand(vol, 4096, true, false, "/k");
    g_autofree char *line = g_strjoinv(" ", resize);
    g_assert_cmpstr(line, ==, "qemu-img resize --shrink --object secret,id=new_encrypt0,file=/k --image-opts "
                              "driver=luks,file.filename=/p/new,key-secret=new_encrypt0 4096");
}

static void testImagesRefused(void)
{
    static const struct { const char *inner; bool preallocate; int code; } cases[] = {
        { FORMAT("vmdk", ""), true, VIR_ERR_CONFIG_UNSUPPORTED },
        { FORMAT("vmdk", "<compat>1.1</compat>"), false, VIR_ERR_CONFIG_UNSUPPORTED },
        { FORMAT("qcow2", "<compat>0.10</compat><features><lazy_refcounts/></features>"), false, VIR_ERR_CONFIG_UNSUPPORTED },
        { FORMAT("qcow2", "<encryption format='qcow'><secret type='passphrase' uuid='0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f'/></encryption>"), false,
          VIR_ERR_CONFIG_UNSUPPORTED },
        { FORMAT("qcow2", "<encryption format='luks'/>"), false, VIR_ERR_INVALID_ARG },
        { FORMAT("qcow2", "") "<backingStore><path>/b</path><format type='raw'/></backingStore>", true, VIR_ERR_CONFIG_UNSUPPORTED },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(virStorageVolDef) vol = volume("new", cases[i].inner);
        virImageTask task = { .vol = vol, .preallocate = cases[i].preallocate };
        FAILS(virImageCommands(&task, error), cases[i].code);
    }
}

/* ---- headers ---- */

static virImageHeader *headerOf(const void *data, gsize len, const char *format)
{
    writeFile("image", data, (gssize)len);
    g_autofree char *path = inFolder("image");
    g_auto(virFd) fd = open(path, O_RDONLY | O_CLOEXEC);
    virImageHeader *h = virImageHeaderRead(fd, format);
    g_assert_nonnull(h);
    return h;
}

static void testHeaders(void)
{
    unsigned char q[512] = "QFI\xfb\0\0\0\x03\0\0\0\0\0\0\0\xc0\0\0\0\x04\0\0\0\x10\0\0\0\0\x40\0\0\0";
    q[83 + 4] = 1;                                              /* lazy refcounts, of the compatible features */
    q[103] = 104;                                               /* the header's length, then the backing format */
    memcpy(q + 104, "\xe2\x79\x2a\xca\0\0\0\x05qcow2\0\0\0", 16);
    memcpy(q + 0xc0, "base", 4);
    g_autoptr(virImageHeader) qcow2 = headerOf(q, sizeof(q), NULL);
    g_assert_cmpstr(qcow2->format, ==, "qcow2");
    g_assert_cmpuint(qcow2->capacity, ==, 1u << 30);
    g_assert_cmpuint(qcow2->clusterSize, ==, 65536);
    g_assert_cmpstr(qcow2->backing, ==, "base");
    g_assert_cmpstr(qcow2->backingFormat, ==, "qcow2");
    g_assert_true(qcow2->versioned && qcow2->lazyRefcounts && !qcow2->extendedL2);
    g_autoptr(virImageHeader) known = headerOf(q, sizeof(q), "raw");    /* who knows that it is raw does not look for more */
    g_assert_cmpstr(known->format, ==, "raw");
    g_assert_null(known->backing);
    q[15] = 0xff;                                               /* a name beyond the end of the file is none */
    q[14] = 0xff;
    g_autoptr(virImageHeader) beyond = headerOf(q, sizeof(q), NULL);
    g_assert_null(beyond->backing);
    unsigned char l[592] = "LUKS\xba\xbe\0\1";
    l[106] = 0x10;                                              /* the data begins at sector 4096 */
    g_autoptr(virImageHeader) luks = headerOf(l, sizeof(l), NULL);
    g_assert_cmpstr(luks->encryption, ==, "luks");
    g_assert_cmpuint(luks->payload, ==, 4096 * 512);
    g_autoptr(virImageHeader) empty = headerOf("", 0, NULL);
    g_assert_cmpstr(empty->format, ==, "raw");
    for (gsize len = 0; len < sizeof(q); len++)                 /* cut anywhere, it is read without harm */
        virImageHeaderFree(headerOf(q, len, NULL));
}

/* ---- files as volumes ---- */

static void testFiles(void)
{
    writeFile("files/b.raw", "12345", 5);
    writeFile("files/with\x01" "control", "", 0);
    writeFile("files/sub/c", "", 0);
    g_autofree char *path = inFolder("files"), *link = inFolder("files/gone");
    g_assert_cmpint(symlink("/nonexistent", link), ==, 0);
    g_autofree char *xml = g_strdup_printf("<pool type='dir'><name>p</name><target><path>%s</path></target></pool>", path);
    virPoolTurn turn = turnOf(xml);
    refresh(&turn, &virPoolBackendDir);
    g_assert_cmpuint(turn.volumes->len, ==, 2);
    const virStorageVolDef *b = virPoolVolumeIn(turn.volumes, "b.raw"), *sub = virPoolVolumeIn(turn.volumes, "sub");
    g_assert_cmpuint(b->capacity, ==, 5);
    g_assert_cmpint(sub->type, ==, VIR_STORAGE_VOL_KIND_DIR);
    g_assert_cmpuint(turn.def->capacity, >, 0);
    g_autoptr(virStorageVolDef) made = volume("n", "<target><permissions><mode>0640</mode></permissions></target>");
    made->allocation = 4096;
    made->hasAllocation = true;
    g_autoptr(GError) error = NULL;
    g_assert_true(virPoolBackendDir.placeVolume(&turn, made, &error) && virPoolBackendDir.makeVolume(&turn, made, NULL, 0, &error));
    g_assert_cmpuint(made->capacity, ==, 2048 * 1024);
    g_assert_cmpuint(made->allocation, <=, 65536);
    g_assert_cmpuint(made->perms.mode, ==, 0640);
    FAILS(virPoolBackendDir.placeVolume(&turn, made, error), VIR_ERR_OPERATION_INVALID);
    g_assert_true(virPoolBackendDir.resizeVolume(&turn, made, 8192, VIR_STORAGE_VOL_RESIZE_SHRINK, &error));
    g_assert_true(virPoolBackendDir.lookVolume(&turn, made, &error));
    g_assert_cmpuint(made->capacity, ==, 8192);
    g_assert_true(virPoolBackendDir.removeVolume(&turn, made, 0, &error));
    FAILS(virPoolBackendDir.lookVolume(&turn, made, error), VIR_ERR_NO_STORAGE_VOL);
    turnEnd(&turn);
}

/* ---- volume groups ---- */

#define LVS "lvs --separator # --noheadings --units b --unbuffered --nosuffix --options " \
            "lv_name,origin,uuid,devices,segtype,stripes,seg_size,vg_extent_size,size,lv_attr,pool_lv vg\n"
#define VGS "vgs --separator : --noheadings --units b --unbuffered --nosuffix --options vg_size,vg_free vg\n"
#define GROUP "<pool type='logical'><name>g</name><source><name>vg</name><device path='/dev/fake1'/><device path='/dev/fake2'/></source></pool>"

static void testLogical(void)
{
    static const Answer answers[] = {
        { "lvs", "  root##U1#/dev/fake1(0)#linear#1#8388608#4194304#12582912#-wi-a-----#\n"
                 "  root##U1#/dev/fake2(3)#linear#1#4194304#4194304#12582912#-wi-a-----#\n"
                 "  snap#root#U2#/dev/fake1(9)#linear#1#4194304#4194304#4194304#swi-a-s---#\n"
                 "  two##U3#/dev/fake1(10),/dev/fake2(10)#striped#2#8388608#4194304#8388608#-wi-a-----#\n"
                 "  off##U4#/dev/fake1(20)#linear#1#4194304#4194304#4194304#-wi-------#\n"
                 "  pool##U5#pool_tdata(0)#thin-pool#1#4194304#4194304#4194304#twi-a-tz--#\n", 0 },
        { "vgs", "  100000000:25000000\n", 0 },
        { "pvs", "  /dev/fake1 vg\n  /dev/fake2 vg\n  /dev/fake3 other\n  /dev/lonely\n", 0 },
        { "pvcreate /dev/fake2", "", 5 },
        { NULL, NULL, 0 }
    };
    Tools tools;
    g_autoptr(GError) error = NULL;
    toolsBegin(&tools, answers);
    virPoolTurn turn = turnOf(GROUP);
    refresh(&turn, &virPoolBackendLogical);
    RAN(&tools, LVS VGS);
    HOLDS(&turn, "root=12582912/12582912 snap=4194304/4194304 two=8388608/8388608");
    g_assert_cmpuint(turn.def->capacity, ==, 100000000);
    g_assert_cmpuint(turn.def->allocation, ==, 75000000);
    const virStorageVolDef *root = virPoolVolumeIn(turn.volumes, "root"), *snap = virPoolVolumeIn(turn.volumes, "snap");
    const virStorageVolDef *two = virPoolVolumeIn(turn.volumes, "two");
    g_assert_cmpstr(root->key, ==, "U1");
    g_assert_cmpuint(root->devices.n, ==, 2);
    g_assert_cmpuint(root->devices.v[1]->extents.v[0]->start, ==, 3 * 4194304);
    g_assert_cmpstr(snap->backingPath, ==, "/dev/vg/root");
    g_assert_cmpuint(two->devices.v[0]->extents.v[0]->end - two->devices.v[0]->extents.v[0]->start, ==, 4194304);
    g_assert_true(virPoolBackendLogical.start(&turn, &error) && virPoolBackendLogical.stop(&turn, &error));
    RAN(&tools, "vgscan\npvs --noheadings -o pv_name,vg_name\nvgchange -aly vg\nvgchange -aln vg\n");
    /* The second device fails: the first is what it was. */
    FAILS(virPoolBackendLogical.build(&turn, VIR_STORAGE_POOL_BUILD_OVERWRITE, error), VIR_ERR_INTERNAL_ERROR);
    RAN(&tools, "wipefs -a /dev/fake1\npvcreate /dev/fake1\nwipefs -a /dev/fake2\npvcreate /dev/fake2\npvremove /dev/fake1\n");
    FAILS(virPoolBackendLogical.build(&turn, 0, error), VIR_ERR_STORAGE_PROBE_FAILED);
    RAN(&tools, "");
    g_autofree char *found = virPoolBackendLogical.findSources(NULL, &error);
    g_assert_cmpstr(found, ==, "<sources>\n  <source>\n    <device path='/dev/fake1'/>\n    <device path='/dev/fake2'/>\n    <name>vg</name>\n"
                               "    <format type='lvm2'/>\n  </source>\n  <source>\n    <device path='/dev/fake3'/>\n    <name>other</name>\n"
                               "    <format type='lvm2'/>\n  </source>\n</sources>\n");
    g_autofree char *ignored = toolsAsked(&tools);
    g_autoptr(virStorageVolDef) vol = volume("new", "<allocation>1024</allocation>");
    FAILS(virPoolBackendLogical.makeVolume(&turn, vol, NULL, 0, error), VIR_ERR_INTERNAL_ERROR);        /* it does not appear */
    RAN(&tools, "lvcreate --name new -L 1K --type snapshot --virtualsize 2048K vg\n" LVS "lvchange -aln /p/new\nlvremove -f /p/new\n");
    turnEnd(&turn);
    turn = turnOf("<pool type='logical'><name>g</name><source><name>vg</name><device path='/dev/elsewhere'/></source></pool>");
    FAILS(virPoolBackendLogical.start(&turn, error), VIR_ERR_CONFIG_UNSUPPORTED);
    turnEnd(&turn);
    toolsEnd(&tools);
}

/* ---- disks ---- */

static void testDisk(void)
{
    static const Answer answers[] = {
        { "parted -m", "BYT;\n/nonexistent/sdq:1073741824B:scsi:512:512:msdos:Q DISK:;\n1:17408B:1048575B:1031168B:free;\n"
                       "1:1048576B:105906175B:104857600B:ext4::boot;\n1:105906176B:1073741823B:967835648B:free;\n", 0 },
        { NULL, NULL, 0 }
    };
    Tools tools;
    toolsBegin(&tools, answers);
    virPoolTurn turn = turnOf("<pool type='disk'><name>d</name><source><device path='/nonexistent/sdq'/></source><target><path>/dev</path></target></pool>");
    refresh(&turn, &virPoolBackendDisk);
    HOLDS(&turn, "sdq1=104857600/104857600");
    g_assert_cmpuint(turn.def->capacity, ==, 1073741824);
    g_assert_cmpuint(turn.def->available, ==, 1031168 + 967835648);
    g_assert_cmpuint(turn.def->devices.v[0]->freeExtents.n, ==, 2);
    g_autofree char *ignored = toolsAsked(&tools);
    g_autoptr(virStorageVolDef) vol = volume("sdq2", "");
    /* Made at the next mebibyte of the smallest hole, then not found: taken away again if it has a number. */
    FAILS(virPoolBackendDisk.makeVolume(&turn, vol, NULL, 0, error), VIR_ERR_INVALID_ARG);
    g_autofree char *ran = toolsAsked(&tools);
    g_assert_nonnull(strstr(ran, "parted /nonexistent/sdq mkpart --script primary 105906176B 108003327B\n"));
    g_autoptr(virStorageVolDef) huge = volume("sdq3", "");
    huge->capacity = 1ull << 40;
    FAILS(virPoolBackendDisk.makeVolume(&turn, huge, NULL, 0, error), VIR_ERR_INTERNAL_ERROR);
    FAILS(virPoolBackendDisk.build(&turn, 0, error), VIR_ERR_INVALID_ARG);
    turnEnd(&turn);
    toolsEnd(&tools);
}

/* ---- mounts ---- */

static void testMounts(void)
{
    static const struct { const char *xml, *want; } cases[] = {
        { "<pool type='netfs'><name>n</name><source><host name='h.example'/><dir path='/x'/><format type='nfs'/><protocol ver='4.1'/></source>"
          "<target><path>/t</path></target></pool>", "mount -o nodev,nosuid,noexec,nfsvers=4.1 -t nfs h.example:/x /t\n" },
        { "<pool type='netfs'><name>n</name><source><host name='h'/><dir path='share'/><format type='cifs'/></source><target><path>/t</path></target></pool>",
          "mount -o nodev,nosuid,noexec,guest -t cifs //h/share /t\n" },
        { "<pool type='netfs'><name>n</name><source><host name='fe80::1'/><dir path='/x'/><format type='nfs'/></source><target><path>/t</path></target></pool>",
          "mount -o nodev,nosuid,noexec -t nfs [fe80::1]:/x /t\n" },
        { "<pool type='netfs' xmlns:fs='http://libvirt.org/schemas/storagepool/fs/1.0'><name>n</name><source><host name='h'/><dir path='/x'/>"
          "<format type='nfs'/></source><target><path>/t</path></target>"
          "<fs:mount_opts><fs:option name='sync'/><fs:option name='soft'/></fs:mount_opts></pool>",
          "mount -o nodev,nosuid,noexec,sync,soft -t nfs h:/x /t\n" },
        { "<pool type='fs'><name>n</name><source><device path='/dev/fake'/></source><target><path>/t</path></target></pool>",
          "mount -o nodev,nosuid,noexec /dev/fake /t\n" },
    };
    Tools tools;
    toolsBegin(&tools, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(virStoragePoolDef) parsed = NULL;
        g_autoptr(virXmlDoc) doc = virXmlDocParse(cases[i].xml, NULL, "x", "pool", VIR_FROM_STORAGE, &error);
        parsed = virStoragePoolDefParseNode(xmlDocGetRootElement(doc), VIR_STORAGE_POOL_NAMESPACES, &error);
        g_assert_no_error(error);
        virPoolTurn turn = turnOf("<pool type='dir'><name>d</name><target><path>/t</path></target></pool>");
        virStoragePoolDefUnref(turn.def);
        turn.def = virStoragePoolDefRef(parsed);
        const virPoolBackend *b = virPoolBackendOf(parsed->type);
        g_assert_true(!b->active(&turn) && b->start(&turn, &error));
        RAN(&tools, cases[i].want);
        turnEnd(&turn);
    }
    static const Answer exports[] = { { "showmount", "/srv/a 192.0.2.0/24\n/srv/b *\n\n", 0 }, { NULL, NULL, 0 } };
    tools.answers = exports;
    g_autoptr(virXmlDoc) doc = virXmlDocParse("<source><host name='h'/></source>", NULL, "x", "source", VIR_FROM_STORAGE, NULL);
    g_autoptr(virStoragePoolDef) spec = virStoragePoolSourceParse(xmlDocGetRootElement(doc), VIR_STORAGE_POOL_NETFS, NULL);
    g_autofree char *found = virPoolBackendNetfs.findSources(spec, NULL);
    RAN(&tools, "showmount --no-headers --exports h\n");
    g_assert_nonnull(strstr(found, "<dir path='/srv/a'/>"));
    g_assert_nonnull(strstr(found, "<dir path='/srv/b'/>"));
    toolsEnd(&tools);
    static const char table[] = "rootfs / rootfs rw 0 0\nh:/old /t nfs rw 0 0\nh:/x /t nfs rw 0 0\n/dev/q /with\\040blank ext4 rw 0 0\n";
    writeFile("root/proc/mounts", table, -1);
    g_autofree char *root = inFolder("root");
    g_autoptr(virHost) host = virHostNew(root);
    g_autofree char *last = virMountSource(host, "/t"), *blank = virMountSource(host, "/with blank"), *none = virMountSource(host, "/u");
    g_assert_cmpstr(last, ==, "h:/x");
    g_assert_cmpstr(blank, ==, "/dev/q");
    g_assert_null(none);
}

/* ---- iSCSI and SCSI ---- */

static void testIscsi(void)
{
    static const Answer answers[] = {
        { "iscsiadm --mode session", "tcp: [3] 192.0.2.1:3260,1 iqn.2004-04.example:storage (non-flash)\n", 0 },
        { "iscsiadm --mode discovery", "192.0.2.1:3260,1 iqn.a\n192.0.2.1:3260,1 iqn.b\n", 0 },
        { "iscsiadm --mode node --portal 192.0.2.1:3260,1 --targetname iqn.other --login", "", 24 },
        { NULL, NULL, 0 }
    };
    Tools tools;
    g_autoptr(GError) error = NULL;
    toolsBegin(&tools, answers);
    virPoolTurn turn = turnOf("<pool type='iscsi'><name>i</name><source><host name='192.0.2.1'/><device path='iqn.2004-04.example:storage'/></source>"
                              "<target><path>/dev/disk/by-path</path></target></pool>");
    g_assert_true(virPoolBackendIscsi.active(&turn));
    g_assert_true(virPoolBackendIscsi.stop(&turn, &error));
    RAN(&tools, "iscsiadm --mode session\niscsiadm --mode session\n"
                "iscsiadm --mode node --portal 192.0.2.1:3260,1 --targetname iqn.2004-04.example:storage --logout\n");
    g_autofree char *found = virPoolBackendIscsi.findSources(turn.def, &error);
    g_assert_nonnull(strstr(found, "iqn.b"));
    turnEnd(&turn);
    turn = turnOf("<pool type='iscsi'><name>i</name><source><host name='192.0.2.1'/><device path='iqn.other'/></source>"
                  "<target><path>/dev/disk/by-path</path></target></pool>");
    g_assert_false(virPoolBackendIscsi.active(&turn));
    FAILS(virPoolBackendIscsi.start(&turn, error), VIR_ERR_INTERNAL_ERROR);
    turnEnd(&turn);
    toolsEnd(&tools);
}

static void testScsi(void)
{
    static const char *const folders[] = { "scsi/sys/bus/scsi/devices/3:0:1:2/block/sdq", "scsi/sys/bus/scsi/devices/3:0:0:1/block/sdp",
                                           "scsi/sys/bus/scsi/devices/3:0:0:9", "scsi/sys/bus/scsi/devices/4:0:0:0/block/sdr",
                                           "scsi/sys/class/fc_host/host5", "scsi/sys/class/iscsi_session/session8/device/target6:0:0" };
    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = inFolder(folders[i]);
        g_assert_cmpint(g_mkdir_with_parents(path, 0755), ==, 0);
    }
    writeFile("scsi/sys/class/fc_host/host5/node_name", "0x20000000c9831b4b\n", -1);
    writeFile("scsi/sys/class/fc_host/host5/port_name", "0x10000000c9831b4b\n", -1);
    writeFile("scsi/sys/block/dm-1/dm/uuid", "mpath-3600\n", -1);
    writeFile("scsi/sys/block/dm-1/dm/name", "mpatha\n", -1);
    writeFile("scsi/sys/block/dm-0/dm/uuid", "LVM-x\n", -1);
    writeFile("scsi/sys/block/dm-0/dm/name", "vg-root\n", -1);
    g_autofree char *root = inFolder("scsi");
    g_autoptr(virHost) host = virHostNew(root);
    g_autoptr(GPtrArray) units = virScsiUnits(host, 3), paths = virMultipathNames(host, NULL);
    unsigned int n;
    g_assert_cmpuint(units->len, ==, 2);
    g_assert_cmpstr(((virScsiUnit *)units->pdata[0])->block, ==, "sdp");
    g_assert_cmpuint(((virScsiUnit *)units->pdata[1])->target, ==, 1);
    g_assert_true(virScsiHostByWwn(host, "20000000C9831B4B", "10000000c9831b4b", &n) && n == 5);
    g_assert_false(virScsiHostByWwn(host, "20000000c9831b4b", "10000000c9831b4c", &n));
    g_assert_true(virScsiHostOfSession(host, 8, &n) && n == 6);
    g_assert_true(virScsiHostNumber("scsi_host12", &n) && n == 12);
    g_assert_false(virScsiHostNumber("host12x", &n));
    g_assert_cmpuint(paths->len, ==, 1);
    g_assert_cmpstr(paths->pdata[0], ==, "mpatha");
}

/* ---- programs that hang ---- */

static gpointer cancelSoon(gpointer cancel)
{
    g_usleep(100 * 1000);
    g_cancellable_cancel(cancel);
    return NULL;
}

static void testHanging(void)
{
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    g_autofree char *text = NULL;
    int status = 0;
    gint64 start = g_get_monotonic_time();
    FAILS(virToolRun(VIR_ARGV("sleep", "600"), 200, NULL, NULL, NULL, error), VIR_ERR_OPERATION_TIMEOUT);
    g_autoptr(GThread) thread = g_thread_new("cancel", cancelSoon, cancel);
    FAILS(virToolRun(VIR_ARGV("sleep", "600"), 60000, cancel, NULL, NULL, error), VIR_ERR_OPERATION_ABORTED);
    g_thread_join(g_steal_pointer(&thread));
    /* What it leaves behind holds its output open, and nobody waits for that. */
    g_assert_true(virToolRun(VIR_ARGV("sh", "-c", "echo here; sleep 600 & exit 0"), 60000, NULL, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "here\n");
    g_assert_cmpint(g_get_monotonic_time() - start, <, 20 * G_USEC_PER_SEC);
    g_assert_true(virToolRun(VIR_ARGV("sh", "-c", "exit 3"), 60000, NULL, NULL, &status, NULL));
    g_assert_cmpint(status, ==, 3);
    FAILS(virToolRun(VIR_ARGV("sh", "-c", "echo why >&2; exit 3"), 60000, NULL, NULL, NULL, error), VIR_ERR_INTERNAL_ERROR);
    FAILS(virToolRun(VIR_ARGV("no-such-program-anywhere"), 60000, NULL, NULL, NULL, error), VIR_ERR_SYSTEM_ERROR);
}

/* ---- storage that hangs in the kernel ---- */

static gpointer parsePool(const char *text, void *node, GError **error)
{
    return virStoragePoolDefParse(text, NULL, 0, error);
}

static const virObjectKind kind = { VIR_POOL_KIND, .self = VIR_FROM_STORAGE, .running = "is active", .stillRunning = "is active", .parse = parsePool };

typedef struct {
    GMutex mutex;
    GCond cond;
    bool go, cleared;
    int ran;
} Gate;

static bool waitAtGate(virObject *obj, gpointer data, GError **error)
{
    Gate *g = data;
    g_mutex_lock(&g->mutex);
    while (!g->go)
        g_cond_wait(&g->cond, &g->mutex);
    g->ran++;
    bool first = g->ran == 1;
    g_mutex_unlock(&g->mutex);
    if (!first)
        virSetError(error, VIR_ERR_NO_STORAGE_VOL, "the second one fails");
    return first;
}

static void clearGate(gpointer data)
{
    Gate *g = data;
    g_mutex_lock(&g->mutex);
    g->cleared = true;
    g_cond_broadcast(&g->cond);
    g_mutex_unlock(&g->mutex);
}

static void testLane(void)
{
    g_autoptr(GError) error = NULL;
    static Gate gate;
    virObjectSet *set = virObjectSetNew(&kind);
    g_autoptr(virStoragePoolDef) def = virStoragePoolDefParse("<pool type='dir'><name>l</name><target><path>/t</path></target></pool>", NULL, 0, &error);
    g_autoptr(virObject) obj = virObjectPlace(set, virStoragePoolDefRef(def), VIR_OBJECT_DEFINE, &error);
    g_assert_no_error(error);
    gint64 begin = g_get_monotonic_time();
    g_assert_cmpint(virPoolWorkRun(obj, "first", 100, waitAtGate, &gate, clearGate, &error), ==, VIR_POOL_LATE);
    g_assert_no_error(error);
    g_assert_false(gate.cleared);
    /* Whoever wants the lane now is told so in time, and the work of before is not disturbed. */
    g_assert_cmpint(virPoolWorkRun(obj, "second", 100, waitAtGate, &gate, NULL, &error), !=, VIR_POOL_DONE);
    g_clear_error(&error);
    g_assert_cmpint(g_get_monotonic_time() - begin, <, 20 * G_USEC_PER_SEC);
    g_mutex_lock(&gate.mutex);
    gate.go = true;
    g_cond_broadcast(&gate.cond);
    while (!gate.cleared)
        g_cond_wait(&gate.cond, &gate.mutex);
    g_mutex_unlock(&gate.mutex);
    g_assert_cmpint(virPoolWorkRun(obj, "third", 60000, waitAtGate, &gate, NULL, &error), ==, VIR_POOL_FAILED);
    g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_NO_STORAGE_VOL);
    g_assert_cmpint(gate.ran, ==, 2);               /* the second never began */
    virObjUnref(g_steal_pointer(&obj));
    virObjectSetFree(set);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("test-storage-XXXXXX", NULL);
    g_test_add_func("/storage/images", testImages);
    g_test_add_func("/storage/images-refused", testImagesRefused);
    g_test_add_func("/storage/headers", testHeaders);
    g_test_add_func("/storage/files", testFiles);
    g_test_add_func("/storage/logical", testLogical);
    g_test_add_func("/storage/disk", testDisk);
    g_test_add_func("/storage/mounts", testMounts);
    g_test_add_func("/storage/iscsi", testIscsi);
    g_test_add_func("/storage/scsi", testScsi);
    g_test_add_func("/storage/hanging", testHanging);
    g_test_add_func("/storage/lane", testLane);
    int result = g_test_run();
    virToolRun(VIR_ARGV("rm", "-rf", folder), 60000, NULL, NULL, NULL, NULL);
    g_free(folder);
    return result;
}
