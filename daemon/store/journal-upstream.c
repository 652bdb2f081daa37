/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "common/server.h"
#include "common/wire.h"
#include "daemon/store/journal-internal.h"

#define FAMILY_4 4
#define FAMILY_6 6

size_t journal_encode_servers(const struct upstream_rule *rule, uint8_t buf[JOURNAL_SERVERS_SIZE])
{
        struct wire w = wire_writer(buf, JOURNAL_SERVERS_SIZE);

        for (size_t i = 0; i < rule->n_servers; i++) {
                const struct upstream_server *s = &rule->servers[i];
                size_t name_size = strnlen(s->tls_name, sizeof(s->tls_name) - 1);

                wire_write_u8(&w, s->endpoint.family == AF_INET6 ? FAMILY_6 : FAMILY_4);
                wire_write_u16(&w, s->endpoint.port);
                wire_write(&w, s->endpoint.addr.bytes, endpoint_address_size(&s->endpoint));
                wire_write_u8(&w, (uint8_t)name_size);
                wire_write(&w, s->tls_name, name_size);
        }
        return w.position;
}

static bool read_server(struct wire *w, struct upstream_server *ret)
{
        struct upstream_server s = {};
        const uint8_t *address, *name;
        uint8_t family, name_size;

        family = wire_read_u8(w);
        if (family != FAMILY_4 && family != FAMILY_6)
                return false;
        s.endpoint.family = family == FAMILY_6 ? AF_INET6 : AF_INET;
        s.endpoint.port = wire_read_u16(w);
        address = wire_take(w, endpoint_address_size(&s.endpoint));
        name_size = wire_read_u8(w);
        name = wire_take(w, name_size);
        if (w->failed || s.endpoint.port == 0)
                return false;
        memcpy(s.endpoint.addr.bytes, address, endpoint_address_size(&s.endpoint));
        memcpy(s.tls_name, name, name_size);
        if (server_objection(&s.endpoint) || (name_size > 0 && (memchr(s.tls_name, '\0', name_size) ||
                                                                       !server_tls_name_valid(s.tls_name))))
                return false;
        *ret = s;
        return true;
}

bool journal_decode_servers(const uint8_t *octets, size_t size, struct upstream_rule *rule)
{
        struct wire w = wire_reader(octets, size);

        for (rule->n_servers = 0; wire_left(&w) > 0; rule->n_servers++)
                if (rule->n_servers == UPSTREAM_SERVERS_MAX ||
                        !read_server(&w, &rule->servers[rule->n_servers]) ||
                        !*rule->servers[0].tls_name != !*rule->servers[rule->n_servers].tls_name)
                        return false;
        return true;
}
