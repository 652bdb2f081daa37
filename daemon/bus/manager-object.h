/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The object /org/share53/Resolver1: its vtable is what the XML in dbus/ describes. */

#include "daemon/bus/bus-api.h"

int manager_object_add(struct bus_api *api);
