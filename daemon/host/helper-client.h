/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The daemon's end of the helper channel (common/proto.h). It holds the desired state, the helper none:
 * whenever the channel comes back, HELLO, ATTACH, every share and every link are replayed. It connects only
 * while something is desired, and closes the channel (so that the helper undoes and ends) when nothing is.
 * Lost or refused connections are tried again after 100 ms, doubling up to 2 s.
 */

#include <systemd/sd-event.h>

#include "common/endpoint.h"
#include "common/proto.h"

struct helper_client;

enum helper_state {
        HELPER_IDLE,        /* nothing is desired: not connected */
        HELPER_UNAVAILABLE, /* desired, and no channel: helper_client_error says why */
        HELPER_CONNECTED,   /* HELLO answered, no program wanted or attach under way */
        HELPER_ATTACHED,    /* the XDP program is on lo */
        HELPER_REFUSED,     /* connected, but ATTACH failed: helper_client_error */
};
const char *helper_state_to_text(enum helper_state state);

/* Result of one desired thing, each time it was tried: 0, or a negative errno. */
typedef void (*helper_result_t)(void *userdata, int r);

int helper_client_new(sd_event *event, const char *socket_path, struct helper_client **ret);
struct helper_client *helper_client_free(struct helper_client *client);
DEFINE_CLEANUP(struct helper_client *, helper_client_free)

/*
 * CHANGED is called after the state has changed; NULL takes out what was given with USERDATA. -ENOSPC: there
 * are HELPER_CLIENT_OBSERVERS_MAX.
 */
#define HELPER_CLIENT_OBSERVERS_MAX 4
int helper_client_on_state(struct helper_client *client, void (*changed)(void *userdata), void *userdata);
enum helper_state helper_client_state(const struct helper_client *client);
int helper_client_error(const struct helper_client *client); /* negative errno of the last failure, 0: none */

/*
 * Results are called out of the event loop, never from within a call of these functions, and they may call
 * them; but not helper_client_free. Nothing is reported any more of what was removed or replaced.
 *
 * Wants LISTENER shared as SHARED (port 53). RESULT is called for each attempt, also for the replays after a
 * loss; with the channel's or ATTACH's errno where it got no further. After a failed ATTACH the next is made
 * when the next share is added. -EEXIST: SHARED is wanted already; -ENOSPC: HELPER_CLIENT_SHARES_MAX are;
 * -ENOMEM.
 */
#define HELPER_CLIENT_SHARES_MAX 1024
int helper_client_add_share(struct helper_client *client, const struct endpoint *shared,
        const struct endpoint *listener, helper_result_t result, void *userdata);
void helper_client_remove_share(struct helper_client *client, const struct endpoint *shared);

/*
 * Wants resolved's settings of LINK->ifindex so; replaces what was wanted for that link. They are sent when
 * every share has its result, since the helper allows only servers that are shared or listened on. -ENOSPC:
 * HELPER_CLIENT_LINKS_MAX are wanted; -ENOMEM.
 */
#define HELPER_CLIENT_LINKS_MAX 256
int helper_client_set_link(
        struct helper_client *client, const struct proto_link *link, helper_result_t result, void *userdata);
/*
 * Forgets the link and has it reverted; RESULT may be NULL, and gets -ECANCELED where the link is set again
 * before that. -ENOENT: was not wanted. Without a channel the helper has reverted it already: 0.
 */
int helper_client_revert_link(
        struct helper_client *client, int ifindex, helper_result_t result, void *userdata);

/*
 * The counters of the XDP program; RESULT gets r < 0 and NULL where there is none. -EBUSY:
 * HELPER_CLIENT_COUNTERS_MAX calls are under way; -ENOMEM.
 */
#define HELPER_CLIENT_COUNTERS_MAX 64
typedef void (*helper_counters_t)(void *userdata, int r, const struct proto_counters *counters);
int helper_client_get_counters(struct helper_client *client, helper_counters_t result, void *userdata);
