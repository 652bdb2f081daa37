/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The methods of upstreams, cache and statistics. */

#include "tests/bus/test-ctl-fake-internal.h"

#include <string.h>
#include <sys/socket.h>

int fake_set_upstream(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        const char *domain, *tls_name;
        const void *address;
        uint64_t flags;
        uint16_t port;
        size_t size;
        int family, r = sd_bus_message_read(m, "s", &domain);

        if (r < 0)
                return r;
        note("SetUpstream %s", domain);
        r = sd_bus_message_enter_container(m, 'a', "(iayqs)");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'r', "iayqs")) > 0) {
                r = sd_bus_message_read(m, "i", &family);
                if (r >= 0)
                        r = sd_bus_message_read_array(m, 'y', &address, &size);
                if (r >= 0)
                        r = sd_bus_message_read(m, "qs", &port, &tls_name);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
                note(" [%d|%zu:%u|%u|%s]", family, size, ((const uint8_t *)address)[size - 1], port,
                        tls_name);
        }
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        r = sd_bus_message_read(m, "t", &flags);
        if (r < 0)
                return r;
        note(" %" PRIu64 "\n", flags);
        r = judge(m, domain, error);
        return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

int fake_remove_upstream(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        const char *domain;
        int r = sd_bus_message_read(m, "s", &domain);

        if (r < 0)
                return r;
        note("RemoveUpstream %s\n", domain);
        if (strcmp(domain, "none.test") == 0)
                return sd_bus_error_set(error, NAME ".Error.NoSuchUpstream", "None for \"none.test\"");
        r = judge(m, domain, error);
        return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

int fake_list_upstreams(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return sd_bus_reply_method_return(m, "a(sa(iayqs)tsus)", 3, ".", 2, AF_INET, 4, 192, 0, 2, 53, 53, "",
                AF_INET6, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53, 8853, "dns.example",
                UINT64_C(1), "host", 0u, "", "ads.test", 0, UINT64_C(18), "bus", 4294967290u, "", "corp.test",
                1, AF_INET, 4, 127, 53, 0, 1, 53, "", UINT64_C(1), "bus", 0u, "leads back to us");
}

int fake_flush_cache(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        const char *name;
        int r = sd_bus_message_read(m, "s", &name);

        if (r < 0)
                return r;
        note("FlushCache %s\n", name);
        r = judge(m, name, error);
        return r < 0 ? r
                     : sd_bus_reply_method_return(
                               m, "t", strcmp(name, ".") == 0 ? UINT64_C(2500) : UINT64_C(1));
}

int fake_get_statistics(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return sd_bus_reply_method_return(m, "a{sv}", 4, "QueriesReceived", "t", UINT64_C(12), "CacheAnswers",
                "t", UINT64_C(18446744073709551615), "Upstreams", "a{sa{st}}", 1, ".", 2, "ForwardQueries",
                UINT64_C(7), "CacheAnswers", UINT64_C(3), "New\x1b", "t", UINT64_C(1));
}
