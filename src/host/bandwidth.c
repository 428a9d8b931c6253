/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Traffic shaping: the commands of tc, written as they are typed; words with blanks do not occur in them. */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "host.bandwidth"
#include "host/bandwidth.h"
#include "host/process.h"
#include "base/error.h"
#include "base/log.h"
#include <stdarg.h>

enum { DEADLINE_MS = 10000, FRAME = 1500 };

static virBandwidthRunner runner;
static gpointer runnerData;

void virBandwidthSetRunner(virBandwidthRunner func, gpointer data)
{
    runner = func;
    runnerData = data;
}

static bool tc(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool tc(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *words = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *found = g_find_program_in_path("tc");
    g_autofree char *line = g_strdup_printf("%s %s", found ? found : "/sbin/tc", words);
    g_auto(GStrv) argv = g_strsplit(line, " ", -1);
    virDebug("%s", line);
    g_autoptr(GError) cause = NULL;
    if (runner ? runner((const char *const *)argv + 1, runnerData, &cause)
               : virProcessRun((const char *const *)argv, DEADLINE_MS, NULL, &cause))
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "cannot shape traffic by 'tc %s': %s", words, cause->message);
    return false;
}

/* Deleting what may not be there. */
#define tcQuiet(...) ((void)tc(NULL, __VA_ARGS__))

/* How much one class may send before the next one's turn: in proportion to its rate, in frames. */
static unsigned long long quantum(unsigned long long average)
{
    return MAX(average * 1024 / 8 / FRAME, 1);
}

static unsigned long long ceiling(const virBandwidthRate *net)
{
    return net->peak ? net->peak : net->average;
}

static char *rateWords(const virBandwidthRate *rate, bool burst)
{
    GString *s = g_string_new(NULL);
    g_string_append_printf(s, "rate %llukbps", rate->average);
    if (rate->peak)
        g_string_append_printf(s, " ceil %llukbps", rate->peak);
    if (burst && rate->burst)
        g_string_append_printf(s, " burst %llukb", rate->burst);
    g_string_append_printf(s, " quantum %llu", quantum(rate->average));
    return g_string_free(s, FALSE);
}

static bool setIn(const char *dev, const virBandwidthRate *in, bool tree, GError **error)
{
    g_autofree char *whole = rateWords(in, false), *rate = rateWords(in, true);
    unsigned int leaf = tree ? 2 : 1;
    return tc(error, "qdisc add dev %s root handle 1: htb default %u", dev, leaf) &&
           (!tree || tc(error, "class add dev %s parent 1: classid 1:1 htb %s", dev, whole)) &&
           tc(error, "class add dev %s parent 1:%s classid 1:%u htb %s", dev, tree ? "1" : "", leaf, rate) &&
           tc(error, "qdisc add dev %s parent 1:%u handle 2: sfq perturb 10", dev, leaf) &&
           tc(error, "filter add dev %s parent 1:0 protocol all prio 1 handle 1 fw flowid 1", dev);
}

static bool setOut(const char *dev, const virBandwidthRate *out, GError **error)
{
    unsigned long long burst = out->burst ? out->burst : out->average;
    return tc(error, "qdisc add dev %s ingress", dev) &&
           tc(error, "filter add dev %s parent ffff: protocol all u32 match u32 0 0 police rate %llukbps burst %llukb mtu 64kb drop "
              "flowid :1", dev, out->average, burst);
}

bool virBandwidthSet(const char *dev, const virBandwidthRate *in, const virBandwidthRate *out, bool tree, GError **error)
{
    virBandwidthClear(dev);
    if ((!in || !in->average || setIn(dev, in, tree, error)) && (!out || !out->average || setOut(dev, out, error)))
        return true;
    virBandwidthClear(dev);
    return false;
}

void virBandwidthClear(const char *dev)
{
    tcQuiet("qdisc del dev %s root", dev);
    tcQuiet("qdisc del dev %s ingress", dev);
}

bool virBandwidthPlug(const char *bridge, const virBandwidthRate *net, const unsigned char mac[6], const virBandwidthRate *rate,
                      unsigned int id, GError **error)
{
    if (!tc(error, "class add dev %s parent 1:1 classid 1:%u htb rate %llukbps ceil %llukbps quantum %llu", bridge, id, rate->floor,
            ceiling(net), quantum(rate->average)))
        return false;
    /* the receiver's address stands in front of the packet: 14 bytes before it */
    if (tc(error, "qdisc add dev %s parent 1:%u handle %u: sfq perturb 10", bridge, id, id) &&
        tc(error, "filter add dev %s protocol ip prio 2 handle 800::8%02u u32 match u16 0x0800 0xffff at -2 "
           "match u32 0x%02x%02x%02x%02x 0xffffffff at -12 match u16 0x%02x%02x 0xffff at -14 flowid 1:%u", bridge, id, mac[2], mac[3],
           mac[4], mac[5], mac[0], mac[1], id))
        return true;
    tcQuiet("qdisc del dev %s handle %u:", bridge, id);
    tcQuiet("class del dev %s classid 1:%u", bridge, id);
    return false;
}

bool virBandwidthUnplug(const char *bridge, unsigned int id, GError **error)
{
    tcQuiet("qdisc del dev %s handle %u:", bridge, id);
    tcQuiet("filter del dev %s prio 2 handle 800::8%02u u32", bridge, id);
    return tc(error, "class del dev %s classid 1:%u", bridge, id);
}

bool virBandwidthUpdate(const char *bridge, const virBandwidthRate *net, unsigned int id, unsigned long long floor, GError **error)
{
    return tc(error, "class change dev %s classid 1:%u htb rate %llukbps ceil %llukbps quantum %llu", bridge, id, floor, ceiling(net),
              quantum(net->average));
}
