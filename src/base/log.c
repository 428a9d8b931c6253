/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Log filters and outputs in the reference's syntax. Filters map a name's prefix part to a level; outputs are sinks with a level.
 * Both are immutable once set: a writer replaces the whole list, readers take a reference.
 */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "log"
#include "base/log.h"
#include "base/error.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <syslog.h>

int virLogLowest = VIR_LOG_ERROR + 1;

typedef struct {
    virLogPriority prio;
    char *match;
} LogFilter;

typedef struct {
    virLogPriority prio;
    int fd;                     /* -1: the system's log */
    char *spelling;
} LogOutput;

static GMutex logMutex;
static GPtrArray *logFilters, *logOutputs;      /* replaced whole under the mutex */
static int logLevel = VIR_LOG_ERROR;

static void logFilterFree(gpointer data)
{
    LogFilter *f = data;
    g_free(f->match);
    g_free(f);
}

static void logOutputFree(gpointer data)
{
    LogOutput *o = data;
    if (o->fd > STDERR_FILENO)
        close(o->fd);
    g_free(o->spelling);
    g_free(o);
}

static void logUpdateLowest(void)
{
    int lowest = logLevel;
    for (guint i = 0; logFilters && i < logFilters->len; i++)
        lowest = MIN(lowest, (int)((LogFilter *)logFilters->pdata[i])->prio);
    __atomic_store_n(&virLogLowest, lowest, __ATOMIC_RELAXED);
}

static bool logParsePriority(const char *word, const char *whole, virLogPriority *prio, const char **rest, GError **error)
{
    if (word[0] < '1' || word[0] > '4' || word[1] != ':') {
        virSetError(error, VIR_ERR_INVALID_ARG, "malformed log setting '%s' in '%s': expected LEVEL:NAME with level 1 to 4",
                    word, whole);
        return false;
    }
    *prio = word[0] - '0';
    *rest = word + 2;
    return true;
}

bool virLogSetLevel(int level, GError **error)
{
    if (level < VIR_LOG_DEBUG || level > VIR_LOG_ERROR) {
        virSetError(error, VIR_ERR_INVALID_ARG, "log level %d is not one of 1 (debug) to 4 (error)", level);
        return false;
    }
    g_mutex_lock(&logMutex);
    logLevel = level;
    logUpdateLowest();
    g_mutex_unlock(&logMutex);
    return true;
}

bool virLogSetFilters(const char *text, GError **error)
{
    g_auto(GStrv) words = g_strsplit_set(text ? text : "", " \t\n", -1);
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(logFilterFree);
    for (char **w = words; *w; w++) {
        virLogPriority prio;
        const char *rest;
        if (!**w)
            continue;
        if (!logParsePriority(*w, text, &prio, &rest, error))
            return false;
        LogFilter *f = g_new0(LogFilter, 1);
        f->prio = prio;
        f->match = g_strdup(*rest == '+' ? rest + 1 : rest);
        g_ptr_array_add(list, f);
    }
    g_mutex_lock(&logMutex);
    GPtrArray *old = logFilters;
    logFilters = g_steal_pointer(&list);
    logUpdateLowest();
    g_mutex_unlock(&logMutex);
    g_clear_pointer(&old, g_ptr_array_unref);
    return true;
}

static LogOutput *logOutputParse(const char *word, const char *whole, GError **error)
{
    virLogPriority prio;
    const char *rest;
    if (!logParsePriority(word, whole, &prio, &rest, error))
        return NULL;
    int fd = -1;
    if (g_str_equal(rest, "stderr")) {
        fd = STDERR_FILENO;
    } else if (g_str_has_prefix(rest, "file:") && rest[5] == '/') {
        fd = open(rest + 5, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
        if (fd < 0) {
            virSetSystemError(error, errno, "cannot open log file '%s'", rest + 5);
            return NULL;
        }
    } else if (!g_str_has_prefix(rest, "syslog:") && !g_str_equal(rest, "journald")) {
        virSetError(error, VIR_ERR_INVALID_ARG,
                    "unknown log output '%s': expected stderr, file:/PATH, syslog:NAME or journald", rest);
        return NULL;
    }
    LogOutput *o = g_new0(LogOutput, 1);
    *o = (LogOutput){ .prio = prio, .fd = fd, .spelling = g_strdup(word) };
    return o;
}

bool virLogSetOutputs(const char *text, GError **error)
{
    g_auto(GStrv) words = g_strsplit_set(text ? text : "", " \t\n", -1);
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(logOutputFree);
    for (char **w = words; *w; w++) {
        if (!**w)
            continue;
        LogOutput *o = logOutputParse(*w, text, error);
        if (!o)
            return false;
        g_ptr_array_add(list, o);
    }
    g_mutex_lock(&logMutex);
    GPtrArray *old = logOutputs;
    logOutputs = g_steal_pointer(&list);
    g_mutex_unlock(&logMutex);
    g_clear_pointer(&old, g_ptr_array_unref);
    return true;
}

char *virLogGetFilters(void)
{
    GString *out = g_string_new(NULL);
    g_mutex_lock(&logMutex);
    for (guint i = 0; logFilters && i < logFilters->len; i++) {
        LogFilter *f = logFilters->pdata[i];
        g_string_append_printf(out, "%s%d:%s", i ? " " : "", f->prio, f->match);
    }
    g_mutex_unlock(&logMutex);
    return g_string_free(out, FALSE);
}

char *virLogGetOutputs(void)
{
    GString *out = g_string_new(NULL);
    g_mutex_lock(&logMutex);
    for (guint i = 0; logOutputs && i < logOutputs->len; i++)
        g_string_append_printf(out, "%s%s", i ? " " : "", ((LogOutput *)logOutputs->pdata[i])->spelling);
    g_mutex_unlock(&logMutex);
    return g_string_free(out, FALSE);
}

static int logPriorityFor(GPtrArray *filters, const char *name)
{
    for (guint i = 0; filters && i < filters->len; i++) {
        LogFilter *f = filters->pdata[i];
        if (g_pattern_match_simple(f->match, name) || strstr(name, f->match))
            return f->prio;
    }
    return logLevel;
}

static void logEmit(const LogOutput *o, virLogPriority prio, const char *line)
{
    static const int sys[] = { 0, LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR };
    if (o->fd < 0)
        syslog(sys[prio] | LOG_DAEMON, "%s", line);
    else if (write(o->fd, line, strlen(line)) < 0)
        return;                 /* nowhere left to say so */
}

void virLogWrite(const char *name, virLogPriority prio, const char *func, int line, const char *format, ...)
{
    static const char *const words[] = { "", "debug", "info", "warning", "error" };
    g_mutex_lock(&logMutex);
    g_autoptr(GPtrArray) filters = logFilters ? g_ptr_array_ref(logFilters) : NULL;
    g_autoptr(GPtrArray) outputs = logOutputs ? g_ptr_array_ref(logOutputs) : NULL;
    g_mutex_unlock(&logMutex);
    if ((int)prio < logPriorityFor(filters, name))
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *stamp = g_date_time_format(now, "%F %T");
    g_autofree char *whole =
        g_strdup_printf("%s.%03d+0000: %ld: %s : %s:%d : %s\n", stamp, g_date_time_get_microsecond(now) / 1000,
                        (long)syscall(SYS_gettid), words[prio], func, line, text);
    if (!outputs || outputs->len == 0) {
        logEmit(&(LogOutput){ .fd = STDERR_FILENO }, prio, whole);
        return;
    }
    for (guint i = 0; i < outputs->len; i++) {
        const LogOutput *o = outputs->pdata[i];
        if (prio >= o->prio)
            logEmit(o, prio, whole);
    }
}

static int logLevelFromWord(const char *word)
{
    static const char *const names[] = { "debug", "info", "warning", "error" };
    for (int i = 0; i < 4; i++)
        if (g_ascii_strcasecmp(word, names[i]) == 0 || (word[0] == '1' + i && !word[1]))
            return i + 1;
    return g_ascii_strcasecmp(word, "warn") == 0 ? VIR_LOG_WARN : 0;
}

void virLogFromEnvironment(void)
{
    g_autoptr(GError) error = NULL;
    const char *debug = g_getenv("LIBVIRT_DEBUG");
    const char *filters = g_getenv("LIBVIRT_LOG_FILTERS");
    const char *outputs = g_getenv("LIBVIRT_LOG_OUTPUTS");
    int level = debug ? logLevelFromWord(debug) : 0;
    virLogSetLevel(level ? level : VIR_LOG_ERROR, NULL);
    if ((filters && !virLogSetFilters(filters, &error)) || (outputs && !virLogSetOutputs(outputs, &error)))
        fprintf(stderr, "libvirt: ignored logging variable: %s\n", error->message);
}
