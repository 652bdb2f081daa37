/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "common/server.h"

#include <string.h>

#define LABEL_MAX 63
#define HOST_NAME_MAX_OCTETS 253 /* RFC 1035 2.3.4, as text */

static bool is_label_character(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
}

bool server_tls_name_valid(const char *name)
{
        size_t label = 0, size = 0;

        for (; name[size]; size++) {
                if (name[size] == '.') {
                        if (label == 0)
                                return false;
                        label = 0;
                } else if (!is_label_character(name[size]) || ++label > LABEL_MAX)
                        return false;
                if (size == HOST_NAME_MAX_OCTETS)
                        return false;
        }
        return label > 0;
}

const char *server_objection(const struct endpoint *server)
{
        if (endpoint_is_any(server))
                return "it is no single address";
        if (endpoint_is_link_local(server))
                return "a link-local address is none without its link";
        if (server->family == AF_INET ? server->addr.bytes[0] == 0 || server->addr.bytes[0] >= 224
                                      : IN6_IS_ADDR_MULTICAST(&server->addr.in6))
                return "it is no unicast address";
        if (server->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&server->addr.in6))
                return "an IPv4 address is written as one";
        return NULL;
}

const char *server_from_text(const char *text, struct endpoint *ret, char tls_name[SERVER_TLS_NAME_SIZE])
{
        char address[ENDPOINT_TEXT_SIZE];
        const char *hash = strchr(text, '#'), *objection;
        size_t length = hash ? (size_t)(hash - text) : strlen(text);
        struct endpoint e;

        if (length >= sizeof(address))
                return "not an IP address with an optional :PORT";
        memcpy(address, text, length);
        address[length] = '\0';
        if (endpoint_from_text(address, hash ? SERVER_PORT_TLS : SERVER_PORT, &e) < 0)
                return "not an IP address with an optional :PORT (an IPv6 one in brackets with it)";
        if (hash && !server_tls_name_valid(hash + 1))
                return "behind \"#\" stands no host name";
        objection = server_objection(&e);
        if (objection)
                return objection;
        *ret = e;
        strcpy(tls_name, hash ? hash + 1 : "");
        return NULL;
}

const char *server_to_text(const struct endpoint *server, const char *tls_name, char buf[SERVER_TEXT_SIZE])
{
        struct endpoint e = *server;
        char address[ENDPOINT_TEXT_SIZE];

        if (e.port == (*tls_name ? SERVER_PORT_TLS : SERVER_PORT))
                e.port = 0;
        snprintf(buf, SERVER_TEXT_SIZE, "%s%s%s", endpoint_to_text(&e, address), *tls_name ? "#" : "",
                tls_name);
        return buf;
}
