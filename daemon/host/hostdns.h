/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Pointing the host at us. Finds who manages the host's DNS and keeps links set as SetLink wants them:
 * servers are the ladder's shares, loopback first. Today systemd-resolved, through the helper; whatever else
 * is found is named, and left alone. Re-run when a bus name appears or vanishes, and when the shares change.
 */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "daemon/host/helper-client.h"
#include "daemon/host/ladder.h"
#include "daemon/store/journal.h"

enum hostdns_manager {
        HOSTDNS_UNKNOWN, /* not looked yet */
        HOSTDNS_NONE,    /* a plain resolv.conf, or none */
        HOSTDNS_RESOLVED,
        HOSTDNS_OTHER, /* NetworkManager, resolvconf: named in the trace, not driven yet */
};
const char *hostdns_manager_to_text(
        enum hostdns_manager manager); /* "unknown", "none", "systemd-resolved", "other" */

struct hostdns;

#define HOSTDNS_LINKS_MAX 256

/* One line of Explain: a step, what it found, what follows. */
typedef int (*hostdns_explain_t)(void *userdata, const char *step, const char *finding, const char *detail);

/* BUS must be attached to an event loop; all four must outlive it. */
int hostdns_new(sd_bus *bus, struct ladder *ladder, struct helper_client *helper,
        void (*changed)(void *userdata), void *userdata, struct hostdns **ret);
/* Has the links reverted, but for those that are set again before the event loop goes on. */
struct hostdns *hostdns_free(struct hostdns *host);
DEFINE_CLEANUP(struct hostdns *, hostdns_free)

enum hostdns_manager hostdns_manager(const struct hostdns *host);

/*
 * Wants LINK so (replacing what was wanted for its ifindex). RESULT, or the return value where it is known at
 * once and RESULT is not called: -ENODEV no such link; -EHOSTUNREACH no share has an address; -EOPNOTSUPP
 * resolved is not on the bus; -ENOTCONN the helper cannot be reached; -ECANCELED replaced or reverted
 * meanwhile; the helper's errno (-EPERM: helper.conf does not allow it). -ENOSPC: HOSTDNS_LINKS_MAX are
 * wanted. Where it failed, what was wanted before is wanted again.
 *
 * Where resolved is there but programs do not ask it, the link is set nevertheless: hostdns_explain says so.
 */
int hostdns_set_link(
        struct hostdns *host, const struct journal_link *link, helper_result_t result, void *userdata);
int hostdns_revert_link(
        struct hostdns *host, int ifindex, helper_result_t result, void *userdata); /* -ENOENT */

/* Wants LINK, known by its name, as it was before a restart: kept whether or not it can be set now. -ENOSPC,
 * -ENOMEM. */
int hostdns_restore_link(struct hostdns *host, const struct journal_link *link);

/* Call after the ladder has changed. */
void hostdns_update(struct hostdns *host);

/* Whether any link is wanted, be its result still to come: the host's settings may name us where they named
 * others before. */
bool hostdns_wants_links(const struct hostdns *host);

int hostdns_explain(const struct hostdns *host, hostdns_explain_t line, void *userdata);

/* Those that are kept, without the ones whose first result is still to come. */
size_t hostdns_links(const struct hostdns *host);
const struct journal_link *hostdns_link_at(const struct hostdns *host, size_t i);
