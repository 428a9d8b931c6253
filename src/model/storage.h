/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools and volumes. */
#pragma once

#include "model/storage-vol.h"
