/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/bus/bus-source.h"

#include "common/wire.h"
#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-upstream.h"
#include "daemon/dns/edns.h"
#include "daemon/dns/special.h"

#define TYPE_OPT 41
#define COUNTS 4 /* of the header: questions and the three sections */

/* Steps over a name, compressed or not. */
static void skip_name(struct wire *w)
{
        uint8_t length;

        while ((length = wire_read_u8(w)) > 0 && !w->failed) {
                if ((length & 0xc0) == 0xc0) {
                        (void)wire_read_u8(w);
                        return;
                }
                (void)wire_take(w, length);
        }
}

/* The text of the extended error among the OPTIONS of an OPT record, into BUF. */
static bool find_error_text(struct wire options, char buf[EDNS_ERROR_TEXT_SIZE])
{
        while (wire_left(&options) > 0 && !options.failed) {
                uint16_t code = wire_read_u16(&options), size = wire_read_u16(&options);
                const uint8_t *data = wire_take(&options, size);

                if (data && code == EDNS_OPTION_ERROR && size > 2) {
                        snprintf(buf, EDNS_ERROR_TEXT_SIZE, "%.*s", size - 2, (const char *)data + 2);
                        return true;
                }
        }
        return false;
}

/* That of the message. */
static bool find_error(const uint8_t *answer, size_t size, char buf[EDNS_ERROR_TEXT_SIZE])
{
        struct wire w = wire_reader(answer, size);
        uint16_t counts[COUNTS];

        wire_seek(&w, 4);
        for (int i = 0; i < COUNTS; i++)
                counts[i] = wire_read_u16(&w);
        for (uint16_t i = 0; i < counts[0] && !w.failed; i++) {
                skip_name(&w);
                (void)wire_take(&w, 4);
        }
        for (uint32_t n = (uint32_t)counts[1] + counts[2] + counts[3]; n > 0 && !w.failed; n--) {
                uint16_t type, rdata_size;
                const uint8_t *rdata;

                skip_name(&w);
                type = wire_read_u16(&w);
                (void)wire_take(&w, 6); /* class and TTL */
                rdata_size = wire_read_u16(&w);
                rdata = wire_take(&w, rdata_size);
                if (rdata && type == TYPE_OPT)
                        return find_error_text(wire_reader(rdata, rdata_size), buf);
        }
        return false;
}

static const char *zone_text(const char *words, const struct zone *zone, char buf[BUS_SOURCE_SIZE])
{
        char text[NAME_TEXT_SIZE];

        snprintf(buf, BUS_SOURCE_SIZE, "%s %s", words, name_to_text_bare(zone_apex(zone), text));
        return buf;
}

static const char *special_text(const struct name *name)
{
        struct special special;

        return special_match(name, &special) != SPECIAL_NONE ? special.reason : "special-use";
}

static const char *cache_text(const struct query_result *result, char buf[BUS_SOURCE_SIZE])
{
        const struct name *domain = &result->rule->domain;
        const char *stale = result->stale ? ", expired: the upstream does not answer" : "";
        char text[NAME_TEXT_SIZE];

        if (name_is_root(domain))
                snprintf(buf, BUS_SOURCE_SIZE, "cache, default upstream%s", stale);
        else
                snprintf(buf, BUS_SOURCE_SIZE, "cache, rule %s%s", name_to_text_bare(domain, text), stale);
        return buf;
}

static const char *upstream_text(const struct upstream_rule *rule, char buf[BUS_SOURCE_SIZE])
{
        char text[NAME_TEXT_SIZE], servers[BUS_UPSTREAM_TEXT_SIZE];

        if (rule->n_servers == 0)
                snprintf(buf, BUS_SOURCE_SIZE, "blocked by rule %s", name_to_text_bare(&rule->domain, text));
        else if (name_is_root(&rule->domain))
                snprintf(buf, BUS_SOURCE_SIZE, "default upstream %s",
                        bus_upstream_servers_text(rule, ", ", servers));
        else
                snprintf(buf, BUS_SOURCE_SIZE, "upstream %s by rule %s",
                        bus_upstream_servers_text(rule, ", ", servers),
                        name_to_text_bare(&rule->domain, text));
        return buf;
}

/* Nobody: the extended error says why, or else the rcode. */
static const char *none_text(const uint8_t *answer, size_t size, char buf[BUS_SOURCE_SIZE])
{
        char error[EDNS_ERROR_TEXT_SIZE], quoted[BUS_ERROR_QUOTE_SIZE];
        enum packet_rcode rcode = answer[3] & 0xf;

        if (find_error(answer, size, error))
                snprintf(buf, BUS_SOURCE_SIZE, "none: %s", bus_error_quote(error, quoted));
        else
                snprintf(buf, BUS_SOURCE_SIZE, "none: %s",
                        rcode == PACKET_REFUSED ? "outside of our zones, and no upstream to ask"
                                                : packet_rcode_to_text(rcode));
        return buf;
}

/* No answer of an upstream's, for a reason of ours. */
static bool has_failed(const uint8_t *answer, size_t size)
{
        char error[EDNS_ERROR_TEXT_SIZE];

        return (answer[3] & 0xf) == PACKET_SERVFAIL && find_error(answer, size, error);
}

const char *bus_source_text(const struct name *name, const uint8_t *answer, size_t size,
        const struct query_result *result, char buf[BUS_SOURCE_SIZE])
{
        switch (result->source) {
        case QUERY_SOURCE_ZONE:
                return zone_text("zone", result->zone, buf);
        case QUERY_SOURCE_AUTO_PTR:
                return zone_text("automatic PTR of zone", result->zone, buf);
        case QUERY_SOURCE_SPECIAL:
                return special_text(name);
        case QUERY_SOURCE_CACHE:
                return cache_text(result, buf);
        case QUERY_SOURCE_UPSTREAM:
                if (has_failed(answer, size))
                        break;
                return upstream_text(result->rule, buf);
        case QUERY_SOURCE_NONE:
                break;
        }
        return none_text(answer, size, buf);
}
