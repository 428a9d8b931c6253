/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Traffic shaping through tc(8). Rates are in KiB/s, bursts in KiB; 0 means not given. A bridge whose interfaces are guaranteed a floor
 * has a tree: 1:1 is all of its traffic, 1:2 what nothing is guaranteed to, 1:N (N from 3) one interface.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct { unsigned long long average, peak, floor, burst; } virBandwidthRate;

enum { VIR_BANDWIDTH_FIRST_CLASS = 3 };

/*
 * `in` is what the guests receive, for a bridge: what it sends into their interfaces; NULL: not limited. `tree`: floors may follow.
 * What was set before is removed.
 */
bool virBandwidthSet(const char *dev, const virBandwidthRate *in, const virBandwidthRate *out, bool tree, GError **error);
void virBandwidthClear(const char *dev);
/* An interface of the bridge, by its address, gets `rate->floor`, in the tree of `net`. */
bool virBandwidthPlug(const char *bridge, const virBandwidthRate *net, const unsigned char mac[6], const virBandwidthRate *rate,
                      unsigned int id, GError **error);
bool virBandwidthUnplug(const char *bridge, unsigned int id, GError **error);
/* The class gets another floor; class 2: what is left of the bridge's rate. */
bool virBandwidthUpdate(const char *bridge, const virBandwidthRate *net, unsigned int id, unsigned long long floor, GError **error);

/* For tests: commands, without the tool's name, go to `func` instead of tc; NULL: to tc. */
typedef bool (*virBandwidthRunner)(const char *const *argv, gpointer data, GError **error);
void virBandwidthSetRunner(virBandwidthRunner func, gpointer data);
