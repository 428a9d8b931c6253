/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Xen's configurations: `name = value` as Python has it. Two dialects: xl (today's tool) and xm (its forerunner). They share most of
 * their names; where the dialects differ, the Xen… functions of xen-xl.c and xen-xm.c stand side by side.
 */
#pragma once

#include "model/domain-conf.h"

typedef enum { VIR_XEN_XL, VIR_XEN_XM } virXenDialect;

/* What Xen's guests are and get when a document is silent. */
const virDomainParseConfig *virXenParseConfig(void);
/* Completed by the passes of `conf`. */
virDomainDef *virXenParse(const char *text, virXenDialect dialect, const virDomainParseConfig *conf, GError **error);
char *virXenFormat(const virDomainDef *def, virXenDialect dialect, GError **error);

/* --- the text --- */
typedef enum { VIR_XEN_NUMBER, VIR_XEN_STRING, VIR_XEN_LIST } virXenKind;
typedef struct _virXenValue {
    virXenKind kind;
    long long number;
    char *text;
    GPtrArray *items;                           /* of virXenValue */
} virXenValue;
typedef GHashTable virXenConfig;                /* name -> virXenValue */
virXenConfig *virXenConfigRead(const char *text, GError **error);

/* Values of a name: missing ones are `standard`, those of the wrong kind an error that says so. */
bool virXenString(virXenConfig *config, const char *name, const char **value, GError **error);     /* NULL: missing */
bool virXenNumber(virXenConfig *config, const char *name, long long standard, long long *value, GError **error);
bool virXenFlag(virXenConfig *config, const char *name, bool standard, bool *value, GError **error);
GPtrArray *virXenStrings(virXenConfig *config, const char *name);   /* of const char *: a list, or one string when `config` has that; never NULL */
const virXenValue *virXenGet(virXenConfig *config, const char *name);

/* "a=1,b" by its key: "1", ""; NULL: not there. */
GHashTable *virXenOptions(const char *text);

void virXenPutString(GString *out, const char *name, const char *value);       /* nothing for NULL */
void virXenPutNumber(GString *out, const char *name, long long value);
void virXenPutList(GString *out, const char *name, GPtrArray *items);          /* of char *; nothing when it is empty */

/* --- the parts of a configuration --- */
typedef struct {
    virXenConfig *config;
    virXenDialect dialect;
    virDomainDef *def;
    bool hvm;
    GError **error;
} virXenReader;

typedef struct {
    GString *out;
    virXenDialect dialect;
    const virDomainDef *def;
    bool hvm;
    GError **error;
} virXenWriter;

bool virXenBad(GError **error, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);

bool virXenReadCommon(virXenReader *r);         /* xen-parse.c */
bool virXenReadXl(virXenReader *r);             /* xen-xl.c */
bool virXenReadXm(virXenReader *r);             /* xen-xm.c */
bool virXenReadDevices(virXenReader *r);        /* xen-device.c: what both dialects spell alike */
bool virXenReadUsbInput(virXenReader *r);
bool virXenReadBoot(virXenReader *r);
bool virXenReadParavirtKernel(virXenReader *r);

bool virXenWriteCommon(virXenWriter *w);        /* xen-write.c */
bool virXenWriteXl(virXenWriter *w);
bool virXenWriteXm(virXenWriter *w);
void virXenWriteBoot(virXenWriter *w);
void virXenWriteUsbInput(virXenWriter *w);
bool virXenWriteDevices(virXenWriter *w);       /* vif … soundhw */

/* A serial line of the emulator: "pty", "tcp:host:port,server". */
bool virXenReadPort(const char *text, virDomainChrSource *source, GError **error);
char *virXenPort(const virDomainChrSource *source, GError **error);
