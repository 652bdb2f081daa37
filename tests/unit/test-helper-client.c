/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is wanted of the helper, and how the client asks for it. */

#include "tests/unit/helper-client-fixture.h"

#include <sys/socket.h>

static void test_connects_only_for_something(void **state)
{
        struct fixture *f = *state;

        spin_for(f->event, 20000);
        assert_int_equal(accept4(f->fake.listen_fd, NULL, NULL, SOCK_CLOEXEC), -1);
        assert_int_equal(helper_client_state(f->client), HELPER_IDLE);
        bring_up(f);
        remove_share(f, "127.53.0.1");
        expect_share(f, PROTO_SHARE_DEL, 1, 0);
        assert_int_equal(helper_client_revert_link(f->client, 7, on_result, &f->revert), 0);
        assert_int_equal(fake_helper_answer(&f->fake, PROTO_LINK_REVERT, 0)->body.index.ifindex, 7);
        expect_outcome(f, &f->revert, 0);
        remove_share(f, "127.53.0.9");
        fake_helper_expect_end(&f->fake);
        expect_state(f, HELPER_IDLE);
        assert_int_equal(f->a.n + f->b.n + f->link.n, 0);
}

static void test_wanted_once(void **state)
{
        struct fixture *f = *state;

        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15353", &f->a), 0);
        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15354", &f->b), -EEXIST);
        assert_int_equal(helper_client_revert_link(f->client, 7, on_result, &f->revert), -ENOENT);
}

/* A link is sent when all shares have their results: here one is refused. */
static void test_links_wait_for_shares(void **state)
{
        struct fixture *f = *state;
        const struct fake_request *first, *second;

        set_link(f, 7, &f->link);
        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15353", &f->a), 0);
        assert_int_equal(add_share(f, "127.53.0.9", "127.53.0.2:15354", &f->b), 0);
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
        fake_helper_answer(&f->fake, PROTO_ATTACH, 0);
        first = fake_helper_expect(&f->fake, PROTO_SHARE_ADD);
        second = fake_helper_expect(&f->fake, PROTO_SHARE_ADD);
        fake_helper_reply(&f->fake, second, -EPERM);
        expect_outcome(f, &f->b, -EPERM);
        spin_for(f->event, 20000);
        assert_int_equal(recv(f->fake.fd, &(char){0}, 1, MSG_DONTWAIT), -1);
        fake_helper_reply(&f->fake, first, 0);
        fake_helper_answer(&f->fake, PROTO_LINK_SET, -ENODEV);
        expect_outcome(f, &f->a, 0);
        expect_outcome(f, &f->link, -ENODEV);
}

static void test_links_alone_need_no_program(void **state)
{
        struct fixture *f = *state;

        set_link(f, 7, &f->link);
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
        fake_helper_answer(&f->fake, PROTO_LINK_SET, 0);
        expect_outcome(f, &f->link, 0);
        expect_state(f, HELPER_CONNECTED);
}

/* A helper attaches once: the next share needs another one, and the links go along. */
static void test_detaches_and_attaches_anew(void **state)
{
        struct fixture *f = *state;

        bring_up(f);
        remove_share(f, "127.53.0.1");
        remove_share(f, "127.53.0.9");
        fake_helper_answer(&f->fake, PROTO_DETACH, 0);
        expect_state(f, HELPER_CONNECTED);
        set_link(f, 8, &f->revert);
        assert_int_equal(fake_helper_answer(&f->fake, PROTO_LINK_SET, 0)->body.link.ifindex, 8);
        expect_outcome(f, &f->revert, 0);
        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15353", &f->a), 0);
        fake_helper_expect_end(&f->fake);
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
        fake_helper_answer(&f->fake, PROTO_ATTACH, 0);
        expect_share(f, PROTO_SHARE_ADD, 1, 0);
        assert_int_equal(fake_helper_answer(&f->fake, PROTO_LINK_SET, 0)->body.link.ifindex, 7);
        assert_int_equal(fake_helper_answer(&f->fake, PROTO_LINK_SET, 0)->body.link.ifindex, 8);
        expect_outcome(f, &f->a, 0);
}

/* The same address anew, with another listener, while the former is being added. */
static void test_share_is_exchanged(void **state)
{
        struct fixture *f = *state;
        const struct fake_request *request;

        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15353", &f->a), 0);
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
        fake_helper_answer(&f->fake, PROTO_ATTACH, 0);
        request = fake_helper_expect(&f->fake, PROTO_SHARE_ADD);
        remove_share(f, "127.53.0.1");
        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15360", &f->b), 0);
        spin_for(f->event, 10000);
        fake_helper_reply(&f->fake, request, 0);
        request = fake_helper_answer(&f->fake, PROTO_SHARE_DEL, 0);
        assert_int_equal(request->body.share.listener.port, 15353);
        request = fake_helper_answer(&f->fake, PROTO_SHARE_ADD, 0);
        assert_int_equal(request->body.share.listener.port, 15360);
        expect_outcome(f, &f->b, 0);
        assert_int_equal(f->a.n, 0);
}

static void test_one_request_per_link(void **state)
{
        struct fixture *f = *state;
        const struct fake_request *request;

        set_link(f, 7, &f->a);
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
        request = fake_helper_expect(&f->fake, PROTO_LINK_SET);
        set_link(f, 7, &f->link); /* replaces it */
        spin_for(f->event, 10000);
        assert_int_equal(recv(f->fake.fd, &(char){0}, 1, MSG_DONTWAIT), -1);
        fake_helper_reply(&f->fake, request, 0);
        request = fake_helper_expect(&f->fake, PROTO_LINK_SET);
        assert_int_equal(helper_client_revert_link(f->client, 7, on_result, &f->revert), 0);
        assert_int_equal(helper_client_revert_link(f->client, 7, on_result, &f->revert), -ENOENT);
        fake_helper_reply(&f->fake, request, 0);
        request = fake_helper_expect(&f->fake, PROTO_LINK_REVERT);
        set_link(f, 7, &f->link); /* and wanted again */
        expect_outcome(f, &f->revert, -ECANCELED);
        fake_helper_reply(&f->fake, request, 0);
        fake_helper_answer(&f->fake, PROTO_LINK_SET, 0);
        expect_outcome(f, &f->link, 0);
        assert_int_equal(f->a.n, 0);
}

static void test_links_under_way_are_limited(void **state)
{
        struct fixture *f = *state;
        const struct fake_request *first = NULL;

        for (int i = 0; i < PROTO_LINKS_PENDING_MAX + 1; i++)
                set_link(f, 10 + i, &f->link);
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
        for (int i = 0; i < PROTO_LINKS_PENDING_MAX; i++) {
                const struct fake_request *request = fake_helper_expect(&f->fake, PROTO_LINK_SET);
                first = first ? first : request;
        }
        spin_for(f->event, 10000);
        assert_int_equal(recv(f->fake.fd, &(char){0}, 1, MSG_DONTWAIT), -1);
        fake_helper_reply(&f->fake, first, 0);
        assert_int_equal(fake_helper_expect(&f->fake, PROTO_LINK_SET)->body.link.ifindex,
                10 + PROTO_LINKS_PENDING_MAX);
}

static void test_revert_of_what_was_never_set(void **state)
{
        struct fixture *f = *state;

        set_link(f, 7, &f->link);
        assert_int_equal(helper_client_revert_link(f->client, 7, on_result, &f->revert), 0);
        assert_int_equal(f->revert.n, 0); /* never out of the call itself */
        expect_outcome(f, &f->revert, 0);
        assert_int_equal(f->link.n, 0);
}

/* More than the socket and the channel take at once: all get there, in order, none twice. */
static void test_full_socket(void **state)
{
        struct fixture *f = *state;
        struct outcome *outcomes = calloc(HELPER_CLIENT_LINKS_MAX, sizeof(*outcomes));
        struct proto_link one_more = {.ifindex = 9999, .n_servers = 1};
        struct endpoint listener;
        char text[32];

        assert_non_null(outcomes);
        for (int i = 0; i < 200; i++) {
                snprintf(text, sizeof(text), "127.99.0.%d", i + 1);
                listener = endpoint("127.53.0.2:15353");
                listener.port = (uint16_t)(listener.port + i);
                struct endpoint shared = endpoint(text);
                assert_int_equal(
                        helper_client_add_share(f->client, &shared, &listener, on_result, &outcomes[i]), 0);
        }
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
        fake_helper_answer(&f->fake, PROTO_ATTACH, 0);
        spin_for(f->event, 10000);
        assert_int_equal(f->client->shares->progress, SHARE_ADDING);
        for (int i = 0; i < 200; i++)
                assert_int_equal(
                        fake_helper_answer(&f->fake, PROTO_SHARE_ADD, 0)->body.share.shared.address[3],
                        i + 1);
        for (int i = 0; i < 200; i++)
                expect_outcome(f, &outcomes[i], 0);
        for (int i = 0; i < HELPER_CLIENT_LINKS_MAX; i++)
                set_link(f, 100 + i, &f->link);
        assert_int_equal(helper_client_set_link(f->client, &one_more, on_result, &f->a), -ENOSPC);
        free(outcomes);
}

static void on_counters(void *userdata, int r, const struct proto_counters *counters)
{
        struct outcome *o = userdata;

        o->n++;
        o->r = r < 0 ? r : (int)counters->values[1];
        assert_int_equal(r < 0, !counters);
}

static void test_counters(void **state)
{
        struct fixture *f = *state;

        assert_int_equal(helper_client_get_counters(f->client, on_counters, &f->revert), 0);
        expect_outcome(f, &f->revert, -ENODATA);
        bring_up(f);
        assert_int_equal(helper_client_get_counters(f->client, on_counters, &f->revert), 0);
        fake_helper_answer(&f->fake, PROTO_COUNTERS, 0);
        expect_outcome(f, &f->revert, 22);
        assert_int_equal(helper_client_get_counters(f->client, on_counters, &f->revert), 0);
        fake_helper_expect(&f->fake, PROTO_COUNTERS);
        fake_helper_die(&f->fake);
        expect_outcome(f, &f->revert, -ECONNRESET);
}

/* What results are for: giving up, and wanting something else. */
struct fickle {
        struct fixture *f;
        struct outcome outcome;
};

static void on_fickle(void *userdata, int r)
{
        struct fickle *fickle = userdata;

        on_result(&fickle->outcome, r);
        remove_share(fickle->f, "127.53.0.1");
        assert_int_equal(add_share(fickle->f, "127.53.0.9", "127.53.0.2:15354", &fickle->f->b), 0);
}

static void test_results_may_change_what_is_wanted(void **state)
{
        struct fixture *f = *state;
        struct fickle fickle = {.f = f};
        struct endpoint shared = endpoint("127.53.0.1"), listener = endpoint("127.53.0.2:15353");

        assert_int_equal(helper_client_add_share(f->client, &shared, &listener, on_fickle, &fickle), 0);
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
        fake_helper_answer(&f->fake, PROTO_ATTACH, 0);
        expect_share(f, PROTO_SHARE_ADD, 1, -EPERM);
        expect_share(f, PROTO_SHARE_ADD, 9, 0);
        expect_outcome(f, &fickle.outcome, -EPERM);
        expect_outcome(f, &f->b, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(connects_only_for_something),
                TEST(wanted_once),
                TEST(links_wait_for_shares),
                TEST(links_alone_need_no_program),
                TEST(detaches_and_attaches_anew),
                TEST(share_is_exchanged),
                TEST(one_request_per_link),
                TEST(links_under_way_are_limited),
                TEST(revert_of_what_was_never_set),
                TEST(full_socket),
                TEST(counters),
                TEST(results_may_change_what_is_wanted),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
