/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "xml/engine.h"
void virTestXmlFill(GRand *r, const virXmlType *type, void *obj, int depth);
