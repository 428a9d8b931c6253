/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Registries: order, conflicts, renames, and readers beside a writer. */
#include "base/util.h"
#include "engine/registry.h"
#include <string.h>

static int freed;

static void objFree(virObj *obj)
{
    g_atomic_int_inc(&freed);
    g_free(obj);
}

static virObj *objNew(int n, const char *name)
{
    unsigned char uuid[16] = { [0] = (n * 37) & 0xff, [15] = n & 0xff, [14] = n >> 8 };
    virObj *obj = g_new0(virObj, 1);
    virObjInit(obj, uuid, name, objFree);
    return obj;
}

static void addNew(virRegistry *r, int n, const char *name)
{
    virObj *obj = objNew(n, name);
    g_assert_null(virRegistryAdd(r, obj));
    virObjUnref(obj);
}

static void testConflicts(void)
{
    virRegistry *r = virRegistryNew();
    addNew(r, 1, "a");
    addNew(r, 2, "b");
    virObj *sameName = objNew(3, "a"), *sameUuid = objNew(2, "c");
    virObj *other = virRegistryAdd(r, sameName);
    g_assert_cmpstr(other->name, ==, "a");
    virObjUnref(other);
    other = virRegistryAdd(r, sameUuid);
    g_assert_cmpstr(other->name, ==, "b");
    g_assert_false(virRegistryRename(r, other, "a"));
    g_assert_true(virRegistryRename(r, other, "z"));
    g_assert_null(virRegistryFindName(r, "b"));
    virObj *again = virRegistryFindName(r, "z");
    g_assert_true(again == other);
    g_assert_true(virRegistryRemove(r, other));
    g_assert_false(virRegistryRemove(r, other));
    g_assert_null(virRegistryFind(r, other->uuid));
    virObjUnref(again);
    virObjUnref(other);
    virObjUnref(sameName);
    virObjUnref(sameUuid);
    virRegistryFree(r);
    g_assert_cmpint(freed, ==, 4);
}

static void testMany(void)
{
    virRegistry *r = virRegistryNew();
    g_autoptr(GPtrArray) objs = g_ptr_array_new_with_free_func(virObjUnref), rejected = NULL;
    rejected = g_ptr_array_new();
    for (int i = 0; i < 1000; i++) {
        g_autofree char *name = g_strdup_printf("d%d", i == 999 ? 5 : i);
        g_ptr_array_add(objs, objNew(i == 998 ? 7 : i, name));
    }
    virRegistryAddMany(r, objs, rejected);
    g_assert_cmpint(rejected->len, ==, 2);
    g_autoptr(virRegistrySnapshot) s = virRegistryGet(r);
    g_assert_cmpint(s->n, ==, 998);
    for (guint i = 1; i < s->n; i++) {
        g_assert_cmpint(memcmp(s->byUuid[i - 1]->uuid, s->byUuid[i]->uuid, 16), <, 0);
        g_assert_cmpint(strcmp(s->byName[i - 1].name, s->byName[i].name), <, 0);
    }
    virRegistryFree(r);
}

static gpointer reader(gpointer data)
{
    virRegistry *r = data;
    for (int i = 0; i < 20000; i++) {
        virObj *obj = virRegistryFindName(r, "fixed");
        g_assert_nonnull(obj);
        virObjUnref(obj);
    }
    return NULL;
}

static void testReaders(void)
{
    virRegistry *r = virRegistryNew();
    addNew(r, 1, "fixed");
    virObj *moving = objNew(2, "m0");
    g_assert_null(virRegistryAdd(r, moving));
    GThread *t = g_thread_new("reader", reader, r);
    for (int i = 1; i < 500; i++) {
        g_autofree char *name = g_strdup_printf("%c%d", i % 2 ? 'a' : 'z', i);
        g_assert_true(virRegistryRename(r, moving, name));
    }
    g_thread_join(t);
    virObjUnref(moving);
    virRegistryFree(r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/registry/conflicts", testConflicts);
    g_test_add_func("/registry/many", testMany);
    g_test_add_func("/registry/readers", testReaders);
    return g_test_run();
}
