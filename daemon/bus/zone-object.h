/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Objects with interface org.share53.Resolver1.Zone, one for each zone (dbus/org.share53.Resolver1.Zone.xml).
 */

#include "daemon/bus/bus-api.h"

int zone_object_add(struct bus_api *api);

/* Object path of a zone, whether or not it is there; *RET is malloc'ed. */
int zone_object_path(const struct name *apex, char **ret);

/* Signals: InterfacesAdded, InterfacesRemoved, PropertiesChanged of serial and record count. */
int zone_object_added(struct bus_api *api, const struct name *apex);
int zone_object_removed(struct bus_api *api, const struct name *apex);
int zone_object_changed(struct bus_api *api, const struct name *apex);
