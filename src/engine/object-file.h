/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definitions on disk: DIR/NAME.xml written by rename, links to it in DIR/autostart. */
#pragma once

#include "base/error.h"

char *virDefinitionPath(const char *dir, const char *sub, const char *name);
/* `edit`: the virsh command that changes it, for the file's head. */
bool virDefinitionWrite(const char *dir, const char *name, const char *edit, const char *xml, GError **error);
bool virDefinitionRemove(const char *dir, const char *sub, const char *name, GError **error);
/* `sub` "autostart/" */
bool virDefinitionLink(const char *dir, const char *sub, const char *name, bool on, GError **error);
/* The entries of a folder, a set of names without ".xml"; a missing folder has none. */
GHashTable *virDefinitionNames(const char *dir);
/* Each NAME.xml in `dir`, in the order of the folder; a missing folder has none. */
void virDefinitionEach(const char *dir, void (*func)(const char *path, const char *name, gpointer data), gpointer data);
