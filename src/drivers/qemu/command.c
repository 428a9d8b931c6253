/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMU's command line: the order of its parts, and the parts that are one option each. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/command.h"
#include "base/util.h"
#include <string.h>

/* ---- tools ---- */

void qemuArg(qemuCommand *cmd, const char *option, const char *format, ...)
{
    g_ptr_array_add(cmd->argv, g_strdup(option));
    if (!format)
        return;
    va_list args;
    va_start(args, format);
    g_ptr_array_add(cmd->argv, g_strdup_vprintf(format, args));
    va_end(args);
}

void qemuArgJson(qemuCommand *cmd, const char *option, JsonNode *value)
{
    g_ptr_array_add(cmd->argv, g_strdup(option));
    g_ptr_array_add(cmd->argv, json_to_string(value, FALSE));
    json_node_unref(value);
}

char *qemuEscape(const char *value)
{
    GString *out = g_string_new(NULL);
    for (; *value; value++) {
        g_string_append_c(out, *value);
        if (*value == ',')
            g_string_append_c(out, ',');
    }
    return g_string_free(out, FALSE);
}

bool qemuIsX86(const virDomainDef *def)
{
    return def->os.arch == VIR_ARCH_X86_64 || def->os.arch == VIR_ARCH_I686;
}

/* Words that a shell would split or expand are quoted; the result can be pasted. */
static void appendQuoted(GString *out, const char *word)
{
    if (*word && !strpbrk(word, " \t\n'\"`$&;|<>()[]{}*?#!\\~")) {
        g_string_append(out, word);
        return;
    }
    g_string_append_c(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            g_string_append(out, "'\\''");
        else
            g_string_append_c(out, *word);
    }
    g_string_append_c(out, '\'');
}

char *qemuCommandToString(const qemuCommand *cmd, bool lines)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < cmd->env->len && cmd->env->pdata[i]; i++) {
        const char *entry = cmd->env->pdata[i], *eq = strchr(entry, '=');
        g_string_append_len(out, entry, eq + 1 - entry);
        appendQuoted(out, eq + 1);
        g_string_append(out, lines ? " \\\n" : " ");
    }
    for (guint i = 0; i < cmd->argv->len && cmd->argv->pdata[i]; i++) {
        const char *word = cmd->argv->pdata[i];
        if (i > 0)
            g_string_append(out, lines && word[0] == '-' ? " \\\n" : " ");
        appendQuoted(out, word);
    }
    return g_string_free(out, FALSE);
}

void qemuCommandClear(qemuCommand *cmd)
{
    g_clear_pointer(&cmd->argv, g_ptr_array_unref);
    g_clear_pointer(&cmd->env, g_ptr_array_unref);
}

/* ---- environment, name, firmware, clock ---- */

/* The daemon's library path is not passed on: QEMU has its own. */
static void commandEnvironment(qemuCommand *cmd)
{
    static const char *const passed[] = { "USER", "LOGNAME", "TMPDIR" };
    static const struct {
        const char *name, *folder;
    } xdg[] = {
        { "XDG_DATA_HOME", "/.local/share" },
        { "XDG_CACHE_HOME", "/.cache" },
        { "XDG_CONFIG_HOME", "/.config" },
    };
    const char *path = g_getenv("PATH");
    g_ptr_array_add(cmd->env, g_strdup("LC_ALL=C"));
    if (path)
        g_ptr_array_add(cmd->env, g_strconcat("PATH=", path, NULL));
    g_ptr_array_add(cmd->env, g_strconcat("HOME=", cmd->domainDir, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(passed); i++)
        if (g_getenv(passed[i]))
            g_ptr_array_add(cmd->env, g_strdup_printf("%s=%s", passed[i], g_getenv(passed[i])));
    for (guint i = 0; i < G_N_ELEMENTS(xdg); i++)
        g_ptr_array_add(cmd->env, g_strdup_printf("%s=%s%s", xdg[i].name, cmd->domainDir, xdg[i].folder));
    if (cmd->def->clock.offset == VIR_DOMAIN_CLOCK_TIMEZONE && cmd->def->clock.timezone)
        g_ptr_array_add(cmd->env, g_strdup_printf("TZ=%s", cmd->def->clock.timezone));
    for (unsigned int i = 0; i < cmd->def->audios.n; i++)
        if (cmd->def->audios.v[i]->sdlDriver != VIR_DOMAIN_AUDIO_SDL_DRIVER_NONE)
            g_ptr_array_add(cmd->env, g_strdup_printf("SDL_AUDIODRIVER=%s", virDomainAudioSdlDriverToString(
                                                                                cmd->def->audios.v[i]->sdlDriver)));
    for (unsigned int i = 0; i < cmd->def->graphics.n; i++) {
        const virDomainGraphicsDef *g = cmd->def->graphics.v[i];
        if (g->type == VIR_DOMAIN_GRAPHICS_SDL && g->xauth)
            g_ptr_array_add(cmd->env, g_strdup_printf("XAUTHORITY=%s", g->xauth));
        if (g->type == VIR_DOMAIN_GRAPHICS_SDL && g->display)
            g_ptr_array_add(cmd->env, g_strdup_printf("DISPLAY=%s", g->display));
    }
    for (unsigned int i = 0; cmd->def->qemuCommandline && i < cmd->def->qemuCommandline->env.n; i++) {
        const virDomainQemuEnv *env = cmd->def->qemuCommandline->env.v[i];
        g_ptr_array_add(cmd->env, g_strdup_printf("%s=%s", env->name, env->value ? env->value : ""));
    }
}

static void commandSysinfo(qemuCommand *cmd)
{
    static const struct {
        const char *name;
        int type;
    } blocks[] = { { "bios", 0 }, { "system", 1 }, { "baseBoard", 2 }, { "chassis", 3 } };
    const virDomainDef *def = cmd->def;
    for (unsigned int i = 0; i < def->sysinfo.n; i++) {
        const virSysinfoDef *s = def->sysinfo.v[i];
        for (unsigned int k = 0; k < s->fwcfg.n; k++) {
            const virSysinfoFwCfg *f = s->fwcfg.v[k];
            g_autofree char *value = qemuEscape(f->file ? f->file : f->value ? f->value : "");
            qemuArg(cmd, "-fw_cfg", "name=%s,%s=%s", f->name, f->file ? "file" : "string", value);
        }
        if (def->os.smbios != VIR_DOMAIN_SMBIOS_SYSINFO)
            continue;
        const virSysinfoBlock *found[] = { s->bios, s->system, s->baseBoards.n ? s->baseBoards.v[0] : NULL,
                                           s->chassis };
        for (guint b = 0; b < G_N_ELEMENTS(blocks); b++) {
            if (!found[b] || found[b]->entries.n == 0)
                continue;
            g_autoptr(GString) text = g_string_new(NULL);
            g_string_printf(text, "type=%d", blocks[b].type);
            for (unsigned int k = 0; k < found[b]->entries.n; k++) {
                g_autofree char *value = qemuEscape(found[b]->entries.v[k]->value);
                g_string_append_printf(text, ",%s=%s", found[b]->entries.v[k]->name, value);
            }
            qemuArg(cmd, "-smbios", "%s", text->str);
        }
    }
}

static const virDomainTimerDef *findTimer(const virDomainDef *def, virDomainTimerName name)
{
    for (unsigned int i = 0; i < def->clock.timers.n; i++)
        if (def->clock.timers.v[i]->name == name)
            return def->clock.timers.v[i];
    return NULL;
}

static void commandClock(qemuCommand *cmd)
{
    const virDomainClockDef *clock = &cmd->def->clock;
    g_autoptr(GString) base = g_string_new("base=");
    if (clock->offset == VIR_DOMAIN_CLOCK_LOCALTIME || clock->offset == VIR_DOMAIN_CLOCK_TIMEZONE) {
        g_string_append(base, "localtime");
    } else if (clock->offset == VIR_DOMAIN_CLOCK_VARIABLE || clock->offset == VIR_DOMAIN_CLOCK_ABSOLUTE) {
        bool local = clock->basis == VIR_DOMAIN_CLOCK_BASIS_LOCALTIME;
        gint64 when = clock->offset == VIR_DOMAIN_CLOCK_ABSOLUTE
                          ? (gint64)clock->start
                          : g_get_real_time() / G_USEC_PER_SEC + clock->adjustment;
        g_autoptr(GDateTime) time = local ? g_date_time_new_from_unix_local(when) : g_date_time_new_from_unix_utc(when);
        g_autofree char *text = time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%S") : NULL;
        g_string_append(base, text ? text : "utc");
    } else {
        g_string_append(base, "utc");
    }
    const virDomainTimerDef *rtc = findTimer(cmd->def, VIR_DOMAIN_TIMER_RTC);
    if (rtc && rtc->track == VIR_DOMAIN_TIMER_TRACK_GUEST)
        g_string_append(base, ",clock=vm");
    else if (rtc && rtc->track == VIR_DOMAIN_TIMER_TRACK_WALL)
        g_string_append(base, ",clock=host");
    else if (rtc && rtc->track == VIR_DOMAIN_TIMER_TRACK_REALTIME)
        g_string_append(base, ",clock=rt");
    if (rtc && rtc->tickpolicy == VIR_DOMAIN_TIMER_TICKPOLICY_CATCHUP)
        g_string_append(base, ",driftfix=slew");
    qemuArg(cmd, "-rtc", "%s", base->str);
    const virDomainTimerDef *pit = findTimer(cmd->def, VIR_DOMAIN_TIMER_PIT),
                            *hpet = findTimer(cmd->def, VIR_DOMAIN_TIMER_HPET);
    if (pit && (pit->tickpolicy == VIR_DOMAIN_TIMER_TICKPOLICY_DELAY ||
                pit->tickpolicy == VIR_DOMAIN_TIMER_TICKPOLICY_DISCARD))
        qemuArg(cmd, "-global", "kvm-pit.lost_tick_policy=%s", virDomainTimerTickpolicyToString(pit->tickpolicy));
    if (hpet && hpet->present == VIR_TRISTATE_BOOL_NO && qemuIsX86(cmd->def))
        qemuArg(cmd, "-no-hpet", NULL);
}

static void commandPower(qemuCommand *cmd)
{
    const virDomainDef *def = cmd->def;
    const char *device = virDomainDefIsQ35(def) ? "ICH9-LPC" : "PIIX4_PM";
    qemuArg(cmd, "-no-shutdown", NULL);
    if (!def->features.acpi && (qemuIsX86(def) || def->os.arch == VIR_ARCH_AARCH64))
        qemuArg(cmd, "-no-acpi", NULL);
    if (def->suspendToMem != VIR_TRISTATE_BOOL_ABSENT)
        qemuArg(cmd, "-global", "%s.disable_s3=%d", device, def->suspendToMem == VIR_TRISTATE_BOOL_NO);
    if (def->suspendToDisk != VIR_TRISTATE_BOOL_ABSENT)
        qemuArg(cmd, "-global", "%s.disable_s4=%d", device, def->suspendToDisk == VIR_TRISTATE_BOOL_NO);
}

static void commandBoot(qemuCommand *cmd)
{
    const virDomainOSDef *os = &cmd->def->os;
    g_autoptr(GString) boot = g_string_new(NULL);
    if (os->bootmenu != VIR_TRISTATE_BOOL_ABSENT)
        g_string_append_printf(boot, "menu=%s,", os->bootmenu == VIR_TRISTATE_BOOL_YES ? "on" : "off");
    if (os->bootmenu == VIR_TRISTATE_BOOL_YES && os->hasBootmenuTimeout)
        g_string_append_printf(boot, "splash-time=%u,", os->bootmenuTimeout);
    if (os->hasBiosRebootTimeout)
        g_string_append_printf(boot, "reboot-timeout=%d,", os->biosRebootTimeout);
    if (os->biosUseserial == VIR_TRISTATE_BOOL_YES)
        qemuArgJson(cmd, "-device", qmpArgs("s:driver", "sga", NULL));
    qemuArg(cmd, "-boot", "%sstrict=on", boot->str);
    if (os->kernel)
        qemuArg(cmd, "-kernel", "%s", os->kernel);
    if (os->initrd)
        qemuArg(cmd, "-initrd", "%s", os->initrd);
    if (os->cmdline)
        qemuArg(cmd, "-append", "%s", os->cmdline);
    if (os->dtb)
        qemuArg(cmd, "-dtb", "%s", os->dtb);
    if (os->slic) {
        g_autofree char *slic = qemuEscape(os->slic);
        qemuArg(cmd, "-acpitable", "sig=SLIC,file=%s", slic);
    }
}

static void commandMonitor(qemuCommand *cmd)
{
    if (cmd->monitorFd >= 0) {
        qemuArg(cmd, "-chardev", "socket,id=charmonitor,fd=%d,server=on,wait=off", cmd->monitorFd);
    } else {
        g_autofree char *dir = qemuEscape(cmd->domainDir);
        qemuArg(cmd, "-chardev", "socket,id=charmonitor,path=%s/monitor.sock,server=on,wait=off", dir);
    }
    qemuArg(cmd, "-mon", "chardev=charmonitor,id=monitor,mode=control");
}

static void commandIothreads(qemuCommand *cmd)
{
    const virDomainDef *def = cmd->def;
    for (unsigned int i = 0; i < def->iothreads.n; i++) {
        const virDomainIothreadDef *t = def->iothreads.v[i];
        g_autofree char *id = g_strdup_printf("iothread%u", t->id);
        JsonNode *node = qmpArgs("s:qom-type", "iothread", "s:id", id, NULL);
        JsonObject *o = json_node_get_object(node);
        if (t->hasPoolMin)
            qmpAdd(o, "i:thread-pool-min", t->poolMin, NULL);
        if (t->hasPoolMax)
            qmpAdd(o, "i:thread-pool-max", t->poolMax, NULL);
        qemuArgJson(cmd, "-object", node);
    }
    if (!def->hasIothreadPoolMin && !def->hasIothreadPoolMax)
        return;
    JsonNode *node = qmpArgs("s:qom-type", "main-loop", "s:id", "main-loop", NULL);
    JsonObject *o = json_node_get_object(node);
    if (def->hasIothreadPoolMin)
        qmpAdd(o, "i:thread-pool-min", def->iothreadPoolMin, NULL);
    if (def->hasIothreadPoolMax)
        qmpAdd(o, "i:thread-pool-max", def->iothreadPoolMax, NULL);
    qemuArgJson(cmd, "-object", node);
}

/* Does a screen of any kind exist? Otherwise QEMU would open a window. */
static bool hasDisplay(const virDomainDef *def)
{
    return def->graphics.n > 0;
}

/* ---- the whole ---- */

/* Before the PCI devices that it translates for. */
static bool commandIommu(qemuCommand *cmd, GError **error)
{
    const virDomainIommuDef *i = cmd->def->iommu;
    if (!i)
        return true;
    if (i->model == VIR_DOMAIN_IOMMU_MODEL_VIRTIO)
        return qemuDevice(cmd, qmpArgs("s:driver", "virtio-iommu", "s:id", i->info.alias, NULL), &i->info, error);
    JsonNode *node =
        qmpArgs("s:driver", "intel-iommu", "s:id", i->info.alias, "p:intremap", i->intremap, "t:caching-mode",
                i->cachingMode, "p:eim", i->eim, "t:device-iotlb", i->iotlb, "P:aw-bits", i->awBits, NULL);
    qemuDevicePlain(cmd, node, &i->info);
    return true;
}

static bool commandDevices(qemuCommand *cmd, GError **error)
{
    return commandIommu(cmd, error) && qemuCommandControllers(cmd, error) && qemuCommandMemoryDevices(cmd, error) &&
           qemuCommandDisks(cmd, error) && qemuCommandFilesystems(cmd, error) && qemuCommandNets(cmd, error) &&
           qemuCommandSmartcards(cmd, error) && qemuCommandChars(cmd, error) && qemuCommandInputs(cmd, error) &&
           qemuCommandScreens(cmd, error) && qemuCommandMisc(cmd, error);
}

static bool commandTail(qemuCommand *cmd, GError **error)
{
    const virDomainDef *def = cmd->def;
    for (unsigned int i = 0; def->qemuCommandline && i < def->qemuCommandline->args.n; i++)
        qemuArg(cmd, def->qemuCommandline->args.v[i]->value, NULL);
    if (cmd->incoming)
        qemuArg(cmd, "-incoming", "%s", cmd->incoming);
    if (cmd->sandbox)
        qemuArg(cmd, "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    qemuCommandPanics(cmd);
    if (!qemuCommandLate(cmd, error))
        return false;
    if (cmd->timestamps)
        qemuArg(cmd, "-msg", "timestamp=on");
    g_ptr_array_add(cmd->argv, NULL);
    g_ptr_array_add(cmd->env, NULL);
    return true;
}

/* What QEMU does with deprecated parts of QMP: <qemu:deprecation behavior=''/>. */
static void commandDeprecation(qemuCommand *cmd, const char *behavior)
{
    static const struct {
        const char *word, *output, *input;
    } rows[] = {
        { "omit", "hide", NULL },
        { "reject", "hide", "reject" },
        { "crash", "hide", "crash" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (g_str_equal(behavior, rows[i].word))
            qemuArgJson(cmd, "-compat",
                        qmpArgs("s:deprecated-output", rows[i].output, "s:deprecated-input", rows[i].input, NULL));
}

bool qemuCommandBuild(qemuCommand *cmd, GError **error)
{
    const virDomainDef *def = cmd->def;
    char uuid[37];
    cmd->argv = g_ptr_array_new_with_free_func(g_free);
    cmd->env = g_ptr_array_new_with_free_func(g_free);
    virUUIDFormat(def->uuid, uuid);
    g_autofree char *name = qemuEscape(def->name), *key = g_strconcat(cmd->domainDir, "/master-key.aes", NULL);
    commandEnvironment(cmd);
    qemuArg(cmd, def->emulator, NULL);
    qemuArg(cmd, "-name", "guest=%s,debug-threads=on", name);
    if (def->qemuDeprecation && def->qemuDeprecation->behavior)
        commandDeprecation(cmd, def->qemuDeprecation->behavior);
    qemuArg(cmd, "-S", NULL);
    qemuArgJson(cmd, "-object",
                qmpArgs("s:qom-type", "secret", "s:id", "masterKey0", "s:format", "raw", "s:file", key, NULL));
    if (!qemuCommandPflash(cmd, error))
        return false;
    if (!qemuCommandEnclaveBackends(cmd, error))
        return false;
    qemuCommandMachine(cmd);
    if (def->features.hasTseg && def->features.tseg)
        qemuArg(cmd, "-global", "mch.extended-tseg-mbytes=%llu", def->features.tseg >> 20);
    if (!qemuCommandCpu(cmd, error))
        return false;
    if (def->os.loaderSecure == VIR_TRISTATE_BOOL_YES && def->os.loaderType == VIR_DOMAIN_LOADER_TYPE_PFLASH)
        qemuArg(cmd, "-global", "driver=cfi.pflash01,property=secure,value=on");
    if (def->os.loader && def->os.loaderType != VIR_DOMAIN_LOADER_TYPE_PFLASH &&
        def->os.loaderType != VIR_DOMAIN_LOADER_TYPE_NONE)
        qemuArg(cmd, "-bios", "%s", def->os.loader);
    if (!qemuCommandMemory(cmd, error))
        return false;
    qemuArg(cmd, "-overcommit", "mem-lock=%s", def->mem.locked ? "on" : "off");
    qemuCommandSmp(cmd);
    commandIothreads(cmd);
    if (!qemuCommandNuma(cmd, error))
        return false;
    qemuArg(cmd, "-uuid", "%s", uuid);
    if (def->hasGenid) {
        char genid[37];
        virUUIDFormat(def->genid, genid);
        qemuArgJson(cmd, "-device", qmpArgs("s:driver", "vmgenid", "s:guid", genid, "s:id", "vmgenid0", NULL));
    }
    commandSysinfo(cmd);
    if (!hasDisplay(def))
        qemuArg(cmd, "-display", "none");
    qemuArg(cmd, "-no-user-config", NULL);
    qemuArg(cmd, "-nodefaults", NULL);
    commandMonitor(cmd);
    commandClock(cmd);
    commandPower(cmd);
    commandBoot(cmd);
    if (!commandDevices(cmd, error))
        return false;
    return commandTail(cmd, error);
}
