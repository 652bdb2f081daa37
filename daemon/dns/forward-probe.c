/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* As dnsmasq's loop detection: what we ask a rule's servers must not come in here as a query. */

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/dns/forward-internal.h"
#include "daemon/dns/rdata.h"

#define PROBE_PREFIX "share53-loop-"
#define PROBE_LABEL_SIZE (sizeof(PROBE_PREFIX) - 1 + 16)

/* Below the rule's domain, to go the same way; the root's goes below the name that nobody has (RFC 6761 6.2).
 */
static int make_name(const struct rule *rule, struct name *ret)
{
        static const struct name nowhere = {.size = 9, .wire = "\7share53"};
        char text[PROBE_LABEL_SIZE + 1];
        uint64_t number;

        if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
                return -errno;
        (void)snprintf(text, sizeof(text), PROBE_PREFIX "%016" PRIx64, number);
        return name_from_text(text, name_is_root(&rule->rule.domain) ? &nowhere : &rule->rule.domain, ret);
}

static void on_probe_done(void *userdata, const struct upstream_result *result)
{
        struct rule *rule = userdata;

        rule->probe.query = NULL;
        if (!rule->probe.seen)
                rule->loops = false;
}

void probe_maybe(struct rule *rule)
{
        struct probe *probe = &rule->probe;
        uint64_t now = forward_now(rule->forward);
        const char *reason;

        if (!rule->upstream || probe->query ||
                (probe->sent_usec > 0 && now < probe->sent_usec + FORWARD_PROBE_USEC))
                return;
        probe->sent_usec = now;
        probe->seen = false;
        if (make_name(rule, &probe->name) < 0) {
                probe->name = (struct name){}; /* the domain leaves no room below it */
                return;
        }
        (void)upstream_ask(
                rule->upstream, &probe->name, RDATA_TXT, false, on_probe_done, rule, &probe->query, &reason);
}

void probe_cancel(struct rule *rule)
{
        if (rule->probe.query)
                upstream_query_cancel(rule->probe.query);
        rule->probe = (struct probe){};
}

static bool looks_like_probe(const struct name *name)
{
        return name->wire[0] == PROBE_LABEL_SIZE &&
               memcmp(name->wire + 1, PROBE_PREFIX, sizeof(PROBE_PREFIX) - 1) == 0;
}

static void fail_flights(struct rule *rule)
{
        struct edns_error error;

        rule_leads_back_error(rule, &error);
        for (struct flight *flight = rule->forward->flights, *next; flight; flight = next) {
                next = flight->next;
                if (flight->rule == rule)
                        flight_fail(flight, &error);
        }
}

bool forward_is_probe(struct forward *forward, const struct name *name)
{
        if (!looks_like_probe(name))
                return false;
        for (size_t i = 0; i < forward->n_rules; i++) {
                struct rule *rule = forward->rules[i];

                if (rule->probe.name.size == 0 || !name_equal(&rule->probe.name, name))
                        continue;
                rule->probe.seen = true;
                rule->loops = true;
                fail_flights(rule);
                return true;
        }
        return false;
}
