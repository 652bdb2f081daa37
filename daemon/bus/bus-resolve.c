/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/bus/bus-resolve.h"

#include <ldns/ldns.h>
#include <string.h>
#include <sys/queue.h>

#include "common/log.h"
#include "common/wire.h"
#include "daemon/bus/bus-api.h"
#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-source.h"
#include "daemon/dns/rdata.h"
#include "daemon/manager.h"

/* A name, type and class behind the header, then an OPT record, so that extended errors come. */
#define OPT_SIZE 11
#define QUERY_SIZE_MAX (PACKET_HEADER_SIZE + NAME_SIZE_MAX + 4 + OPT_SIZE)
#define TYPE_OPT 41

/* The header's flags, without opcode and rcode. */
#define FLAGS_SHOWN \
        (PACKET_FLAG_AA | PACKET_FLAG_TC | PACKET_FLAG_RD | PACKET_FLAG_RA | PACKET_FLAG_AD | PACKET_FLAG_CD)

/* A call that waits for an upstream. */
struct call {
        struct query_owner owner; /* first: its reply finds the call */
        TAILQ_ENTRY(call) list;
        struct bus_resolve *resolve;
        sd_bus_message *message;
        uid_t uid;
        struct name name;
};
TAILQ_HEAD(call_list, call);

struct bus_resolve {
        struct bus_api *api;
        struct call_list calls;
        uint8_t answer[PACKET_SIZE_MAX]; /* of the call at hand */
};

DEFINE_CLEANUP(ldns_pkt *, ldns_pkt_free)
DEFINE_CLEANUP(ldns_buffer *, ldns_buffer_free)

int bus_resolve_new(struct bus_api *api, struct bus_resolve **ret)
{
        struct bus_resolve *resolve = calloc(1, sizeof(*resolve));

        if (!resolve)
                return -ENOMEM;
        resolve->api = api;
        TAILQ_INIT(&resolve->calls);
        *ret = resolve;
        return 0;
}

static void call_end(struct call *call)
{
        query_owner_cancel(&call->owner);
        TAILQ_REMOVE(&call->resolve->calls, call, list);
        sd_bus_message_unref(call->message);
        free(call);
}

void bus_resolve_reset(struct bus_resolve *resolve)
{
        struct call *call;

        while ((call = TAILQ_FIRST(&resolve->calls)))
                call_end(call);
}

struct bus_resolve *bus_resolve_free(struct bus_resolve *resolve)
{
        bus_resolve_reset(resolve);
        free(resolve);
        return NULL;
}

void bus_resolve_caller_gone(void *userdata, const char *name)
{
        struct bus_resolve *resolve = userdata;
        struct call *call, *next;

        for (call = TAILQ_FIRST(&resolve->calls); call; call = next) {
                next = TAILQ_NEXT(call, list);
                if (strcmp(sd_bus_message_get_sender(call->message), name) == 0)
                        call_end(call);
        }
}

static int read_question(sd_bus_message *m, struct name *ret_name, uint16_t *ret_type, sd_bus_error *error)
{
        char quoted[BUS_ERROR_QUOTE_SIZE];
        const char *name, *type;
        uint64_t flags;
        int r;

        r = sd_bus_message_read(m, "sst", &name, &type, &flags);
        if (r < 0)
                return r;
        if (name_from_text(name, NULL, ret_name) < 0)
                return sd_bus_error_setf(error, BUS_ERROR_INVALID_NAME, "Name \"%s\": not a domain name",
                        bus_error_quote(name, quoted));
        if (rdata_type_from_text(type, ret_type) < 0)
                return sd_bus_error_setf(error, BUS_ERROR_NOT_SUPPORTED, "Type \"%s\": no such type",
                        bus_error_quote(type, quoted));
        if (flags != 0)
                return sd_bus_error_setf(
                        error, BUS_ERROR_INVALID_FLAGS, "Unknown flags 0x%llx", (unsigned long long)flags);
        return 0;
}

/* AD in a query asks whether the answer was validated (RFC 6840 5.7). Returns the query's octets. */
static size_t write_query(const struct name *name, uint16_t type, uint8_t query[QUERY_SIZE_MAX])
{
        struct wire w = wire_writer(query, QUERY_SIZE_MAX);

        wire_write_u16(&w, 0); /* id: nobody else sees it */
        wire_write_u16(&w, PACKET_FLAG_RD | PACKET_FLAG_AD);
        wire_write_u16(&w, 1);
        wire_write_u16(&w, 0);
        wire_write_u16(&w, 0);
        wire_write_u16(&w, 1);
        wire_write(&w, name->wire, name->size);
        wire_write_u16(&w, type);
        wire_write_u16(&w, PACKET_CLASS_IN);
        wire_write_u8(&w, 0);
        wire_write_u16(&w, TYPE_OPT);
        wire_write_u16(&w, UINT16_MAX);
        wire_write_u32(&w, 0);
        wire_write_u16(&w, 0);
        return w.position;
}

static int append_rr(sd_bus_message *reply, const ldns_rr *rr)
{
        _cleanup_(ldns_buffer_freep) ldns_buffer *wire = ldns_buffer_new(512);
        char name_text[NAME_TEXT_SIZE], type_text[RDATA_TYPE_TEXT_SIZE];
        const ldns_rdf *owner = ldns_rr_owner(rr);
        uint16_t type = (uint16_t)ldns_rr_get_type(rr);
        _cleanup_free_ char *rdata = NULL;
        struct name name;
        int r;

        if (!wire)
                return -ENOMEM;
        for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
                if (ldns_rdf2buffer_wire(wire, ldns_rr_rdf(rr, i)) != LDNS_STATUS_OK)
                        return -ENOMEM;
        r = name_from_wire(ldns_rdf_data(owner), ldns_rdf_size(owner), &name);
        if (r < 0)
                return r;
        r = rdata_to_text(type, ldns_buffer_begin(wire), (uint16_t)ldns_buffer_position(wire), &rdata);
        if (r < 0)
                return r;
        return sd_bus_message_append(reply, "(ssus)", name_to_text(&name, name_text),
                rdata_type_to_text(type, type_text), ldns_rr_ttl(rr), rdata);
}

static int append_answer(sd_bus_message *reply, const uint8_t *answer, size_t size)
{
        _cleanup_(ldns_pkt_freep) ldns_pkt *packet = NULL;
        int r;

        if (size < PACKET_HEADER_SIZE || ldns_wire2pkt(&packet, answer, size) != LDNS_STATUS_OK)
                return -EBADMSG;
        uint16_t flags = (uint16_t)(answer[2] << 8 | answer[3]);
        r = sd_bus_message_append(reply, "st", packet_rcode_to_text((enum packet_rcode)(flags & 0xf)),
                (uint64_t)(flags & FLAGS_SHOWN));
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "(ssus)");
        if (r < 0)
                return r;
        const ldns_rr_list *list = ldns_pkt_answer(packet);
        for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
                r = append_rr(reply, ldns_rr_list_rr(list, i));
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(reply);
}

static int reply_to(sd_bus_message *call, const struct name *name, const uint8_t *answer, size_t size,
        const struct query_result *result)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        char source[BUS_SOURCE_SIZE];
        int r;

        r = sd_bus_message_new_method_return(call, &reply);
        if (r < 0)
                return r;
        r = append_answer(reply, answer, size);
        if (r < 0)
                return r;
        r = sd_bus_message_append(reply, "s", bus_source_text(name, answer, size, result, source));
        if (r < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

/* The upstream's answer has come, or that there is none. */
static void on_answer(struct query_owner *owner, const struct endpoint *client, const uint8_t *answer,
        size_t size, const struct query_result *result)
{
        struct call *call = (struct call *)owner;
        int r = reply_to(call->message, &call->name, answer, size, result);

        if (r < 0 && r != -ENOTCONN)
                (void)sd_bus_reply_method_errno(call->message, r, NULL);
        call_end(call);
}

/* Whether one more call of UID may wait. */
static int check_limits(const struct bus_resolve *resolve, uid_t uid, sd_bus_error *error)
{
        size_t limit = resolve->api->manager->config.pending_calls_max, n = 0, n_own = 0;
        const struct call *call;

        if (bus_auth_crowded(resolve->api->auth))
                return sd_bus_error_setf(
                        error, BUS_ERROR_QUOTA_EXCEEDED, "Calls that wait hold too many file descriptors");
        TAILQ_FOREACH(call, &resolve->calls, list)
        {
                n++;
                n_own += call->uid == uid;
        }
        if (uid != 0 && (n_own >= limit || n >= limit * BUS_AUTH_TOTAL))
                return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                        "More than %zu calls of %s wait for upstreams (PendingCalls=)",
                        n_own >= limit ? limit : limit * BUS_AUTH_TOTAL, n_own >= limit ? "one user" : "all");
        return 0;
}

static int call_new(struct bus_resolve *resolve, sd_bus_message *message, uid_t uid, const struct name *name,
        struct call **ret)
{
        struct call *call = calloc(1, sizeof(*call));

        if (!call)
                return -ENOMEM;
        call->owner.reply = on_answer;
        call->resolve = resolve;
        call->message = sd_bus_message_ref(message);
        call->uid = uid;
        call->name = *name;
        TAILQ_INSERT_TAIL(&resolve->calls, call, list);
        *ret = call;
        return 0;
}

/* 1: answered; 0: CALL waits. */
static int ask(struct bus_resolve *resolve, struct call *call, uint16_t type)
{
        struct query_context *queries = &resolve->api->manager->queries;
        uint8_t query[QUERY_SIZE_MAX];
        const struct query_request request = {
                .transport = QUERY_TCP,
                .owner = &call->owner,
                .uncounted = true,
                .data = query,
                .size = write_query(&call->name, type, query),
        };
        struct query_result result = {};
        ssize_t n = query_answer(queries, &request, resolve->answer, sizeof(resolve->answer), &result);
        int r;

        if (n == -EINPROGRESS)
                return 0;
        if (n < 0)
                return (int)n;
        r = reply_to(call->message, &call->name, resolve->answer, (size_t)n, &result);
        return r < 0 ? r : 1;
}

int bus_resolve_method(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct bus_api *api = userdata;
        struct name name;
        struct call *call;
        uint16_t type;
        uid_t uid;
        int r;

        r = read_question(m, &name, &type, error);
        if (r < 0)
                return r;
        struct bus_auth_request request = {
                .action = BUS_AUTH_READ_STATUS,
                .handler = bus_resolve_method,
                .userdata = api,
        };
        r = bus_auth_check(api->auth, m, &request, &uid, error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = check_limits(api->resolves, uid, error);
        if (r < 0)
                return r;
        r = call_new(api->resolves, m, uid, &name, &call);
        if (r < 0)
                return r;
        r = ask(api->resolves, call, type);
        if (r == 0)
                return 1; /* it waits */
        call_end(call);
        return r < 0 ? r : 1;
}
