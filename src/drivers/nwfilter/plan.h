/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a filter with all that it refers to means for one port: its rules in the order in which they are tried, without variables. */
#pragma once

#include "model/nwfilter.h"

typedef struct {
    const virNWFilterDef *filter;       /* the one it stands in: its chain */
    const virNWFilterRule *rule;
    virNWFilterMatch *match;            /* resolved; NULL: about every packet */
    virXmlType *type;                   /* of the match */
    int priority;
} virNWFilterStep;

typedef struct {
    GPtrArray *steps;           /* virNWFilterStep: of the root chain, of others; by priority */
    GPtrArray *missing;         /* char: variables without a value, as they are written */
    GPtrArray *filters;         /* virNWFilterDef references that keep the rules alive */
} virNWFilterPlan;

/* A reference to the filter's definition, or NULL. */
typedef virNWFilterDef *(*virNWFilterFind)(const char *name, gpointer data);

/* Variables without a value are not an error here. */
virNWFilterPlan *virNWFilterPlanNew(const virNWFilterInclude *ref, virNWFilterFind find, gpointer data, GError **error);
void virNWFilterPlanFree(virNWFilterPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNWFilterPlan, virNWFilterPlanFree)
/* The priority of the step's chain; that of the root chain is 0. */
int virNWFilterChainPriority(const virNWFilterDef *filter);
