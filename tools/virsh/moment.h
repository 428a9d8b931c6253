/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What commands about snapshots and about checkpoints have in common: a moment is either. */
#pragma once

#include "output.h"

/* A handle of either kind. */
typedef void Moment;

typedef struct {
    const char *word;                   /* "snapshot", also of the document's element and of the option that names one */
    Moment *(*find)(virDomainPtr dom, const char *name);
    Moment *(*current)(virDomainPtr dom);               /* NULL: there is no such thing */
    Moment *(*create)(virDomainPtr dom, const char *xml, unsigned int flags);
    Moment *(*parent)(Moment *moment);
    const char *(*name)(Moment *moment);
    char *(*xml)(Moment *moment, unsigned int flags);
    int (*list)(virDomainPtr dom, Moment ***list, unsigned int flags);
    int (*children)(Moment *moment, Moment ***list, unsigned int flags);
    int (*remove)(Moment *moment, unsigned int flags);
    void (*drop)(Moment *moment);
    unsigned int descendants, roots;    /* flags of lists */
    unsigned int secure;                /* of documents */
    unsigned int redefine;              /* of creation */
} MomentKind;

extern const MomentKind momentSnapshot, momentCheckpoint;

/* An option and the bit that it sets. */
typedef struct {
    const char *option;
    unsigned int flag;
} MomentFlag;
unsigned int momentFlags(Cmd *cmd, const MomentFlag *flags);    /* ended by a NULL option */

/* The one that --snapshotname or --current names, with a message when there is none. */
Moment *momentOf(Shell *sh, Cmd *cmd, const MomentKind *kind, virDomainPtr dom);
void momentDrop(const MomentKind *kind, Moment *moment);        /* keeps the error's message */

bool momentCreate(Shell *sh, Cmd *cmd, const MomentKind *kind, unsigned int flags);             /* from --xmlfile */
bool momentCreateFrom(Shell *sh, Cmd *cmd, const MomentKind *kind, const char *xml, const char *file, unsigned int flags);
bool momentDumpxml(Shell *sh, Cmd *cmd, const MomentKind *kind, unsigned int flags);
bool momentParent(Shell *sh, Cmd *cmd, const MomentKind *kind);
bool momentDelete(Shell *sh, Cmd *cmd, const MomentKind *kind, const MomentFlag *flags);
bool momentList(Shell *sh, Cmd *cmd, const MomentKind *kind, unsigned int flags);
/* The lines of `info` from the parent on, counted by the kind's flags. */
void momentFamily(const MomentKind *kind, Moment *moment, Facts *facts);
/* With flags of creation beside `redefine`, and of deletion. */
bool momentEdit(Shell *sh, Cmd *cmd, const MomentKind *kind, unsigned int create, unsigned int metadataOnly);

/* Elements of the documents that `create-as` writes. */
void momentOpen(GString *xml, Cmd *cmd, const MomentKind *kind);
void momentText(GString *xml, const char *format, const char *value);  /* `value` escaped; nothing for NULL */
/* "a,b=c,,d" → "a", "b=c,d". */
GStrv momentSplit(const char *spec);
/* Takes "KEY=" off a word of a specification. NULL: it is another one. */
const char *momentField(const char *word, const char *key);
