/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where what an upstream has said comes back to the query that waits for it: the query is answered again from
 * its beginning, for our zones may have changed meanwhile, and the answer goes to its owner.
 */

#include "daemon/dns/forward.h"

/* The forward_ready_t of a struct query_context, which is USERDATA: forward_new(…, query_forward_ready,
 * context, &context->forward). */
void query_forward_ready(void *userdata, const struct query_request *request, enum forward_verdict verdict,
        const struct forward_lookup *lookup);
