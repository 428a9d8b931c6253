/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the filter driver share. */
#pragma once

#include "engine/object.h"
#include "model/nwfilter.h"

typedef struct _virNWFilterBindings virNWFilterBindings;

typedef struct {
    virObjectSet *filters;      /* its `writing` is also that of the bindings: filters and rules change together */
    virNWFilterBindings *bindings;
} virNWFilterState;

/* Takes `dir`: bindings live there until the host goes down. */
virNWFilterBindings *virNWFilterBindingsNew(char *dir, virObjectSet *filters);
bool virNWFilterBindingsLoad(virNWFilterBindings *bindings, GError **error);
void virNWFilterBindingCalls(virNWFilterDriver *table);
/* Names of the filters that are on a port. */
GPtrArray *virNWFilterBindingFilters(virNWFilterBindings *bindings);
bool virNWFilterBindingsBusy(virNWFilterBindings *bindings);

/*
 * Holder of `writing`: the rules of each port whose filter is, or refers to, `name` are made anew, with `def` in its place. False:
 * all have their old ones.
 */
bool virNWFilterBindingsUpdate(virNWFilterBindings *bindings, const char *name, virNWFilterDef *def, GError **error);
/* Put all rules back, after somebody else may have thrown them away. */
void virNWFilterBindingsRestore(virNWFilterBindings *bindings);

/* driver.c: does the filter `from`, or what it refers to, refer to `to`? A filter that is missing refers to nothing. */
bool virNWFilterReaches(virRegistrySnapshot *all, const char *from, const char *to);
virNWFilterDef *virNWFilterNamed(virRegistrySnapshot *all, const char *name);
