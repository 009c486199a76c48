/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole plugin ABI: the one header that a plugin in C includes.
 */
#ifndef EXECLET_PLUGIN_H
#define EXECLET_PLUGIN_H

#include "abi/base.h"
#include "abi/call.h"
#include "abi/event.h"
#include "abi/host.h"
#include "abi/inspect.h"
#include "abi/plugin.h"
#include "abi/request.h"

#endif
