/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Start-up's other half: what the journal has kept comes back into zones, links and upstreams. */

#include "daemon/manager.h"

/* Fills manager->zones, manager->queries.forward and manager->links from manager->journal, and charges the
 * quotas. */
int manager_load(struct manager *manager);

/* Remembers LINK in manager->links. -ENOMEM. */
int manager_keep_link(struct manager *manager, const struct journal_link *link);
