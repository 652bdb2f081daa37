/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A link stays set while systemd-resolved, the link, the shares or the bus change. */

#include "tests/unit/hostdns-fixture.h"

#include <net/if.h>

#include "tests/unit/namespace.h"

static void test_resolved_restarts(void **state)
{
        struct fixture *f = *state;

        resolved_appears(f);
        start(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, 0);
        resolved_vanishes(f);
        expect_manager(f, HOSTDNS_NONE);
        expect_explained(f, "link dns0", "waits for systemd-resolved");
        assert_int_equal(expect_request(f, PROTO_LINK_SET, 1)->body.link.n_servers, 1);
        assert_int_equal(fake_helper_count(&f->fake, PROTO_LINK_REVERT), 0);
        resolved_appears(f);
        expect_request(f, PROTO_LINK_SET, 2);
        expect_explained(f, "link dns0", "is pointed at us");
        assert_int_equal(f->set.n, 0);
}

/* The new one has the name before the old one's end is seen: it knows nothing of us nevertheless. */
static void test_resolved_is_replaced(void **state)
{
        struct fixture *f = *state;
        sd_bus *former;

        resolved_appears(f);
        start(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, 0);
        former = f->resolved;
        f->resolved = connect_bus(f);
        assert_int_equal(sd_bus_request_name(f->resolved, RESOLVED, SD_BUS_NAME_QUEUE), 0);
        sd_bus_flush_close_unref(former);
        expect_request(f, PROTO_LINK_SET, 2);
        assert_int_equal(hostdns_manager(f->host), HOSTDNS_RESOLVED);
}

static void test_link_returns_with_another_index(void **state)
{
        struct fixture *f = *state;
        unsigned int former = if_nametoindex("dns0");

        resolved_appears(f);
        start(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, 0);
        namespace_remove_link("dns0");
        assert_int_equal(expect_request(f, PROTO_LINK_REVERT, 1)->body.index.ifindex, former);
        expect_explained(f, "link dns0", "is not there");
        namespace_add_link("dns2", "dns3");        /* so that the index is another one */
        f->fake.results[PROTO_LINK_SET] = -ENODEV; /* resolved is late to see it */
        namespace_add_link("dns0", "dns1");
        assert_int_not_equal(if_nametoindex("dns0"), former);
        assert_int_equal(expect_request(f, PROTO_LINK_SET, 2)->body.link.ifindex, if_nametoindex("dns0"));
        f->fake.results[PROTO_LINK_SET] = 0;
        expect_request(f, PROTO_LINK_SET, 3);
        assert_int_equal(hostdns_link_at(f->host, 0)->ifindex, if_nametoindex("dns0"));
        expect_explained(f, "link dns0", "is pointed at us");
}

static bool helper_has(const struct fixture *f, int ifindex)
{
        bool has = false;

        for (size_t i = 0; i < f->fake.n_log; i++) {
                const struct fake_request *request = &f->fake.log[i];
                if (request->header.op == PROTO_LINK_SET && request->body.link.ifindex == ifindex)
                        has = true;
                if (request->header.op == PROTO_LINK_REVERT && request->body.index.ifindex == ifindex)
                        has = false;
        }
        return has;
}

static bool name_is_taken(void *userdata)
{
        const struct fixture *f = userdata;

        return f->host->links[0]->error == -ENODEV && f->host->links[1]->error == 0 &&
               f->host->links[1]->sent.ifindex == (int)if_nametoindex("dns1");
}

/* The name of a link that is set goes to another that is set too: its settings are not withdrawn. */
static void test_link_takes_anothers_name(void **state)
{
        struct fixture *f = *state;

        resolved_appears(f);
        start(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(set_link(f, "dns0", "zero.internal"), 0);
        expect_outcome(f, &f->set, 0);
        assert_int_equal(set_link(f, "dns1", "one.internal"), 0);
        expect_outcome(f, &f->set, 0);
        namespace_rename_link("dns1", "aside");
        namespace_rename_link("dns0", "dns1");
        spin_until(f->event, name_is_taken, f);
        expect_explained(f, "link dns0", "is not there");
        expect_explained(f, "link dns1", "is pointed at us");
        expect_request(f, PROTO_LINK_REVERT, 1);
        assert_true(helper_has(f, (int)if_nametoindex("dns1")));
        assert_false(helper_has(f, (int)if_nametoindex("aside")));
}

static void test_restored_link(void **state)
{
        struct fixture *f = *state;
        struct journal_link link = make_link("dns0", "corp.internal");

        start(f);
        link.ifindex = 9999; /* as it was before the reboot */
        assert_int_equal(hostdns_restore_link(f->host, &link), 0);
        assert_int_equal(hostdns_links(f->host), 1); /* kept in any case */
        expect_manager(f, HOSTDNS_NONE);
        assert_int_equal(hostdns_links(f->host), 1);
        resolved_appears(f);
        assert_int_equal(expect_request(f, PROTO_LINK_SET, 1)->body.link.ifindex, if_nametoindex("dns0"));
}

static void test_follows_the_shares(void **state)
{
        struct fixture *f = *state;
        const struct proto_link *link;

        f->config.n_addresses = 3;
        assert_int_equal(endpoint_from_text("10.99.0.1", 53, &f->config.addresses[0].endpoint), 0);
        assert_int_equal(endpoint_from_text("127.53.0.1", 53, &f->config.addresses[1].endpoint), 0);
        assert_int_equal(endpoint_from_text("::1", 53, &f->config.addresses[2].endpoint), 0);
        resolved_appears(f);
        start(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, 0);
        assert_int_equal(expect_request(f, PROTO_LINK_SET, 1)->body.link.n_servers, 2);
        namespace_add_address("10.99.0.1");
        link = &expect_request(f, PROTO_LINK_SET, 2)->body.link;
        assert_int_equal(link->n_servers, 3);
        assert_int_equal(link->servers[0].address[0], 127); /* loopback first */
        assert_int_equal(link->servers[1].family, AF_INET6);
        assert_int_equal(link->servers[2].address[0], 10);
        /* No share at all: no server rather than a dead one. */
        f->config.n_addresses = 1;
        namespace_remove_address();
        assert_int_equal(ladder_reload(f->ladder, &f->config), 0);
        expect_request(f, PROTO_LINK_REVERT, 1);
        expect_explained(f, "link dns0", "waits for a shared address");
        assert_int_equal(hostdns_links(f->host), 1);
        namespace_add_address("10.99.0.1");
        assert_int_equal(expect_request(f, PROTO_LINK_SET, 3)->body.link.n_servers, 1);
}

static void test_tells_the_port(void **state)
{
        struct fixture *f = *state;

        f->config.policy = CONFIG_POLICY_PORT;
        start(f);
        expect_manager(f, HOSTDNS_NONE);
        assert_int_equal(ladder_share_at(f->ladder, 0)->rung, LADDER_NONE);
        resolved_appears(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(ladder_share_at(f->ladder, 0)->rung, LADDER_PORT);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, 0);
        assert_int_equal(expect_request(f, PROTO_LINK_SET, 1)->body.link.servers[0].port, 15353);
}

/* The connection to the bus is exchanged: the link stays set, by one request at most. */
static void test_exchanged(void **state)
{
        struct fixture *f = *state;
        struct journal_link link;

        resolved_appears(f);
        start(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, 0);
        link = *hostdns_link_at(f->host, 0);
        assert_int_equal(set_link(f, "dns1", "other.internal"), 0);
        hostdns_free(f->host);
        expect_outcome(f, &f->set, -ECANCELED);
        assert_int_equal(hostdns_new(f->bus, f->ladder, f->client, on_changed, f, &f->host), 0);
        assert_int_equal(hostdns_restore_link(f->host, &link), 0);
        assert_int_equal(hostdns_set_files(f->host, f->nsswitch, f->resolv_conf), 0);
        expect_manager(f, HOSTDNS_RESOLVED);
        expect_request(f, PROTO_LINK_SET, 2);
        expect_explained(f, "link dns0", "is pointed at us");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(link_takes_anothers_name),
                TEST(resolved_restarts),
                TEST(resolved_is_replaced),
                TEST(link_returns_with_another_index),
                TEST(restored_link),
                TEST(follows_the_shares),
                TEST(tells_the_port),
                TEST(exchanged),
        };
        if (!hostdns_or_skip())
                return 0;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
