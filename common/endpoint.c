/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "common/endpoint.h"

#include <arpa/inet.h>
#include <string.h>

static int port_from_text(const char *text, uint16_t *ret)
{
        unsigned int port = 0;

        if (*text == '\0')
                return -EINVAL;
        for (; *text; text++) {
                if (*text < '0' || *text > '9')
                        return -EINVAL;
                port = port * 10 + (unsigned int)(*text - '0');
                if (port > UINT16_MAX)
                        return -EINVAL;
        }
        if (port == 0)
                return -EINVAL;
        *ret = (uint16_t)port;
        return 0;
}

int endpoint_from_text(const char *text, uint16_t default_port, struct endpoint *ret)
{
        char address[INET6_ADDRSTRLEN];
        struct endpoint e = {.port = default_port};
        const char *start = text, *end = NULL, *port = NULL, *colon = strchr(text, ':');
        size_t length;
        int r;

        if (text[0] == '[') {
                start = text + 1;
                end = strchr(start, ']');
                if (!end || (end[1] != '\0' && end[1] != ':'))
                        return -EINVAL;
                port = end[1] == ':' ? end + 2 : NULL;
                e.family = AF_INET6;
        } else if (colon && !strchr(colon + 1, ':')) {
                end = colon;
                port = colon + 1;
                e.family = AF_INET;
        } else {
                end = text + strlen(text);
                e.family = colon ? AF_INET6 : AF_INET;
        }

        length = (size_t)(end - start);
        if (length >= sizeof(address))
                return -EINVAL;
        memcpy(address, start, length);
        address[length] = '\0';
        if (inet_pton(e.family, address, &e.addr) != 1)
                return -EINVAL;
        if (port) {
                r = port_from_text(port, &e.port);
                if (r < 0)
                        return r;
        }
        *ret = e;
        return 0;
}

const char *endpoint_to_text(const struct endpoint *e, char buf[ENDPOINT_TEXT_SIZE])
{
        char address[INET6_ADDRSTRLEN];

        if (!inet_ntop(e->family, &e->addr, address, sizeof(address)))
                snprintf(buf, ENDPOINT_TEXT_SIZE, "none");
        else if (e->port == 0)
                snprintf(buf, ENDPOINT_TEXT_SIZE, "%s", address);
        else
                snprintf(buf, ENDPOINT_TEXT_SIZE, e->family == AF_INET6 ? "[%s]:%u" : "%s:%u", address,
                        e->port);
        return buf;
}

size_t endpoint_address_size(const struct endpoint *e)
{
        switch (e->family) {
        case AF_INET:
                return sizeof(struct in_addr);
        case AF_INET6:
                return sizeof(struct in6_addr);
        default:
                return 0;
        }
}

bool endpoint_address_equal(const struct endpoint *a, const struct endpoint *b)
{
        return a->family == b->family && memcmp(&a->addr, &b->addr, endpoint_address_size(a)) == 0;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
        return a->port == b->port && endpoint_address_equal(a, b);
}

bool endpoint_is_any(const struct endpoint *e)
{
        static const struct endpoint zero;

        return memcmp(&e->addr, &zero.addr, endpoint_address_size(e)) == 0;
}

bool endpoint_is_loopback(const struct endpoint *e)
{
        return e->family == AF_INET ? e->addr.bytes[0] == 127
                                    : e->family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&e->addr.in6);
}

bool endpoint_is_link_local(const struct endpoint *e)
{
        return e->family == AF_INET ? e->addr.bytes[0] == 169 && e->addr.bytes[1] == 254
                                    : e->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&e->addr.in6);
}

socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ret)
{
        *ret = (struct sockaddr_storage){.ss_family = (sa_family_t)e->family};
        if (e->family == AF_INET) {
                struct sockaddr_in *in = (struct sockaddr_in *)ret;
                in->sin_port = htons(e->port);
                in->sin_addr = e->addr.in;
                return sizeof(*in);
        }
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
        in6->sin6_port = htons(e->port);
        in6->sin6_addr = e->addr.in6;
        if (endpoint_is_link_local(e))
                in6->sin6_scope_id = e->scope;
        return sizeof(*in6);
}

int endpoint_from_sockaddr(const struct sockaddr *sa, struct endpoint *ret)
{
        struct endpoint e = {.family = sa->sa_family};

        if (sa->sa_family == AF_INET) {
                const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
                e.port = ntohs(in->sin_port);
                e.addr.in = in->sin_addr;
        } else if (sa->sa_family == AF_INET6) {
                const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
                e.port = ntohs(in6->sin6_port);
                e.addr.in6 = in6->sin6_addr;
                e.scope = in6->sin6_scope_id;
        } else
                return -EAFNOSUPPORT;
        *ret = e;
        return 0;
}
