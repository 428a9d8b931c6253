/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rates of a port of a network as typed parameters: each is a row. */
#define VIR_FROM VIR_FROM_NETWORK
#include "engine/object-network.h"
#include "base/typedparam.h"
#include "model/tables.h"
#include <string.h>

typedef struct {
    const char *name;
    bool in;
    gsize at;                   /* in virNetBandwidthRate */
} Rate;

#define RATE(name, in, member) { name, in, G_STRUCT_OFFSET(virNetBandwidthRate, member) }
static const Rate rates[] = {
    RATE(VIR_NETWORK_PORT_BANDWIDTH_IN_AVERAGE, true, average), RATE(VIR_NETWORK_PORT_BANDWIDTH_IN_PEAK, true, peak),
    RATE(VIR_NETWORK_PORT_BANDWIDTH_IN_FLOOR, true, floor),     RATE(VIR_NETWORK_PORT_BANDWIDTH_IN_BURST, true, burst),
    RATE(VIR_NETWORK_PORT_BANDWIDTH_OUT_AVERAGE, false, average), RATE(VIR_NETWORK_PORT_BANDWIDTH_OUT_PEAK, false, peak),
    RATE(VIR_NETWORK_PORT_BANDWIDTH_OUT_BURST, false, burst),
};

static virNetBandwidthRate **sideOf(virNetBandwidth *b, const Rate *r)
{
    return r->in ? &b->in : &b->out;
}

int virObjectPortRates(const virNetworkPortDef *port, virTypedParameterPtr *params, int *nparams)
{
    virNetBandwidth b = port->bandwidth;
    int max = 0;
    *params = NULL;
    *nparams = 0;
    for (guint i = 0; i < G_N_ELEMENTS(rates); i++) {
        const virNetBandwidthRate *side = *sideOf(&b, &rates[i]);
        if (side)
            virTypedParamsAddUInt(params, nparams, &max, rates[i].name, G_STRUCT_MEMBER(unsigned long long, side, rates[i].at));
    }
    return 0;
}

static const Rate *rateOf(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(rates); i++)
        if (strcmp(rates[i].name, name) == 0)
            return &rates[i];
    return NULL;
}

/* A side without rates is no limit at all; neither is one whose average is set to 0, whatever else it has. */
static void dropEmpty(virNetBandwidthRate **side, const char *average, const virTypedParameter *params, int nparams)
{
    bool drop = *side && !(*side)->average && !(*side)->floor;
    for (int i = 0; i < nparams; i++)
        drop |= *side && strcmp(params[i].field, average) == 0 && params[i].value.ui == 0;
    if (drop)
        g_clear_pointer(side, g_free);
}

bool virObjectPortSetRates(virNetworkPortDef *port, virTypedParameterPtr params, int nparams, GError **error)
{
    virTypedParamRule rules[G_N_ELEMENTS(rates) + 1] = { 0 };
    for (guint i = 0; i < G_N_ELEMENTS(rates); i++)
        rules[i] = (virTypedParamRule){ rates[i].name, VIR_TYPED_PARAM_UINT, false };
    if (!virTypedParamsCheck(params, nparams, rules, VIR_FROM, error))
        return false;
    for (int i = 0; i < nparams; i++) {
        const Rate *r = rateOf(params[i].field);
        virNetBandwidthRate **side = sideOf(&port->bandwidth, r);
        if (!*side)
            *side = g_new0(virNetBandwidthRate, 1);
        G_STRUCT_MEMBER(unsigned long long, *side, r->at) = params[i].value.ui;
    }
    dropEmpty(&port->bandwidth.in, VIR_NETWORK_PORT_BANDWIDTH_IN_AVERAGE, params, nparams);
    dropEmpty(&port->bandwidth.out, VIR_NETWORK_PORT_BANDWIDTH_OUT_AVERAGE, params, nparams);
    return true;
}
