/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ldns/ldns.h>

#include "common/wire.h"
#include "daemon/bus/bus-api.h"
#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-resolve.h"
#include "daemon/dns/query.h"
#include "daemon/dns/rdata.h"
#include "daemon/manager.h"

/* A name, type and class behind the header. */
#define QUERY_SIZE_MAX (PACKET_HEADER_SIZE + NAME_SIZE_MAX + 4)

/* The header's flags, without opcode and rcode. */
#define FLAGS_SHOWN \
        (PACKET_FLAG_AA | PACKET_FLAG_TC | PACKET_FLAG_RD | PACKET_FLAG_RA | PACKET_FLAG_AD | PACKET_FLAG_CD)

struct answer {
        uint8_t data[PACKET_SIZE_MAX];
        size_t size;
        struct query_result result;
};

DEFINE_CLEANUP(ldns_pkt *, ldns_pkt_free)
DEFINE_CLEANUP(ldns_buffer *, ldns_buffer_free)

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

static int ask(struct manager *manager, const struct name *name, uint16_t type, struct answer *answer)
{
        uint8_t query[QUERY_SIZE_MAX];
        struct wire w = wire_writer(query, sizeof(query));

        wire_write_u16(&w, 0); /* id: nobody else sees it */
        wire_write_u16(&w, PACKET_FLAG_RD);
        wire_write_u16(&w, 1);
        wire_write_u16(&w, 0);
        wire_write_u16(&w, 0);
        wire_write_u16(&w, 0);
        wire_write(&w, name->wire, name->size);
        wire_write_u16(&w, type);
        wire_write_u16(&w, PACKET_CLASS_IN);
        if (w.failed)
                return -EINVAL;

        struct query_stats kept = manager->queries.stats; /* they count clients */
        const struct query_request request = {.transport = QUERY_TCP, .data = query, .size = w.position};
        ssize_t n = query_answer(
                &manager->queries, &request, answer->data, sizeof(answer->data), &answer->result);
        manager->queries.stats = kept;
        if (n < PACKET_HEADER_SIZE)
                return -EBADMSG;
        answer->size = (size_t)n;
        return 0;
}

/* Types that are answered but cannot be stored, as the SOA: printed by ldns alone. */
static int print_other(const ldns_rr *rr, char **ret)
{
        _cleanup_(ldns_buffer_freep) ldns_buffer *text = ldns_buffer_new(512);

        if (!text)
                return -ENOMEM;
        for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
                if ((i > 0 && ldns_buffer_printf(text, " ") < 0) ||
                        ldns_rdf2buffer_str(text, ldns_rr_rdf(rr, i)) != LDNS_STATUS_OK)
                        return -EBADMSG;
        char *copy = ldns_buffer_export2str(text);
        if (!copy)
                return -ENOMEM;
        *ret = copy;
        return 0;
}

static int print_stored(const ldns_rr *rr, char **ret)
{
        _cleanup_(ldns_buffer_freep) ldns_buffer *wire = ldns_buffer_new(512);

        if (!wire)
                return -ENOMEM;
        for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
                if (ldns_rdf2buffer_wire(wire, ldns_rr_rdf(rr, i)) != LDNS_STATUS_OK)
                        return -ENOMEM;
        return rdata_to_text((uint16_t)ldns_rr_get_type(rr), ldns_buffer_begin(wire),
                (uint16_t)ldns_buffer_position(wire), ret);
}

static int append_rr(sd_bus_message *reply, const ldns_rr *rr)
{
        char name_text[NAME_TEXT_SIZE], type_text[RDATA_TYPE_TEXT_SIZE];
        const ldns_rdf *owner = ldns_rr_owner(rr);
        _cleanup_free_ char *rdata = NULL;
        uint16_t type = (uint16_t)ldns_rr_get_type(rr);
        struct name name;
        int r;

        r = name_from_wire(ldns_rdf_data(owner), ldns_rdf_size(owner), &name);
        if (r < 0)
                return r;
        r = rdata_type_stored(type) ? print_stored(rr, &rdata) : print_other(rr, &rdata);
        if (r < 0)
                return r;
        return sd_bus_message_append(reply, "(ssus)", name_to_text(&name, name_text),
                rdata_type_to_text(type, type_text), ldns_rr_ttl(rr), rdata);
}

static int append_answer(sd_bus_message *reply, const struct answer *answer)
{
        _cleanup_(ldns_pkt_freep) ldns_pkt *packet = NULL;
        int r;

        if (ldns_wire2pkt(&packet, answer->data, answer->size) != LDNS_STATUS_OK)
                return -EBADMSG;
        uint16_t flags = (uint16_t)(answer->data[2] << 8 | answer->data[3]);
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

static int append_source(sd_bus_message *reply, const struct answer *answer)
{
        char text[NAME_TEXT_SIZE], source[NAME_TEXT_SIZE + 8];

        if (answer->result.source == QUERY_SOURCE_ZONE) {
                snprintf(source, sizeof(source), "zone %s",
                        name_to_text_bare(zone_apex(answer->result.zone), text));
                return sd_bus_message_append(reply, "s", source);
        }
        return sd_bus_message_append(reply, "s", "none: outside of our zones");
}

int bus_resolve_method(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_free_ struct answer *answer = NULL;
        struct bus_api *api = userdata;
        struct name name;
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

        answer = calloc(1, sizeof(*answer));
        if (!answer)
                return -ENOMEM;
        r = ask(api->manager, &name, type, answer);
        if (r < 0)
                return r;
        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        r = append_answer(reply, answer);
        if (r < 0)
                return r;
        r = append_source(reply, answer);
        if (r < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}
