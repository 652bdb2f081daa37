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

/* One line of Explain: a step, what it found, what follows. */
typedef int (*hostdns_explain_t)(void *userdata, const char *step, const char *finding, const char *detail);

int hostdns_new(sd_bus *bus, struct ladder *ladder, struct helper_client *helper,
        void (*changed)(void *userdata), void *userdata, struct hostdns **ret);
struct hostdns *hostdns_free(struct hostdns *host);
DEFINE_CLEANUP(struct hostdns *, hostdns_free)

enum hostdns_manager hostdns_manager(const struct hostdns *host);

/*
 * Wants LINK so (replacing what was wanted for its ifindex). RESULT: -ENODEV no such link; -EHOSTUNREACH no
 * share has an address yet; -EOPNOTSUPP the host's manager is not resolved; the helper's errno (-EPERM:
 * helper.conf does not allow it). Not kept where it failed.
 */
int hostdns_set_link(
        struct hostdns *host, const struct journal_link *link, helper_result_t result, void *userdata);
int hostdns_revert_link(
        struct hostdns *host, int ifindex, helper_result_t result, void *userdata); /* -ENOENT */

/* Wants LINK as it was before a restart: kept whether or not it can be set now. */
int hostdns_restore_link(struct hostdns *host, const struct journal_link *link);

/* Call after the ladder has changed. */
void hostdns_update(struct hostdns *host);

int hostdns_explain(const struct hostdns *host, hostdns_explain_t line, void *userdata);

size_t hostdns_links(const struct hostdns *host);
const struct journal_link *hostdns_link_at(const struct hostdns *host, size_t i);
