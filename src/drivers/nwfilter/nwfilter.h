/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the filter driver share. */
#pragma once

#include "engine/object.h"
#include "model/nwfilter.h"

typedef struct _virNWFilterBindings virNWFilterBindings;

typedef struct {
    virObjectSet *filters;
    virNWFilterBindings *bindings;
} virNWFilterState;

/* Takes `dir`: bindings live there until the host goes down. */
virNWFilterBindings *virNWFilterBindingsNew(char *dir);
bool virNWFilterBindingsLoad(virNWFilterBindings *bindings, GError **error);
void virNWFilterBindingCalls(virNWFilterDriver *table);
/* Names of the filters that are on a port. */
GPtrArray *virNWFilterBindingFilters(virNWFilterState *state);
