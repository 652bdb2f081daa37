/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include <string.h>
#include <sys/socket.h>

#include "daemon/host/helper-client-internal.h"
#include "tests/unit/fake-helper.h"

/* What was reported for one wanted thing. */
struct outcome {
        size_t n;
        int r;
};

static void on_result(void *userdata, int r)
{
        struct outcome *o = userdata;

        o->n++;
        o->r = r;
}

struct fixture {
        sd_event *event;
        struct fake_helper fake;
        struct helper_client *client;
        size_t n_states;
        enum helper_state states[64];
        struct outcome a, b, link, revert;
};

static void on_state(void *userdata)
{
        struct fixture *f = userdata;

        assert_true(f->n_states < ELEMENTSOF(f->states));
        f->states[f->n_states++] = helper_client_state(f->client);
}

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        assert_non_null(f);
        assert_true(sd_event_new(&f->event) >= 0);
        fake_helper_start(&f->fake, f->event);
        assert_int_equal(helper_client_new(f->event, f->fake.path, &f->client), 0);
        helper_client_on_state(f->client, on_state, f);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        helper_client_free(f->client);
        fake_helper_stop(&f->fake);
        sd_event_unref(f->event);
        free(f);
        return 0;
}

static struct endpoint endpoint(const char *text)
{
        struct endpoint e;

        assert_int_equal(endpoint_from_text(text, 53, &e), 0);
        return e;
}

static int add_share(struct fixture *f, const char *shared, const char *listener, struct outcome *o)
{
        struct endpoint s = endpoint(shared), l = endpoint(listener);

        return helper_client_add_share(f->client, &s, &l, on_result, o);
}

static void remove_share(struct fixture *f, const char *shared)
{
        struct endpoint s = endpoint(shared);

        helper_client_remove_share(f->client, &s);
}

static void set_link(struct fixture *f, int ifindex, struct outcome *o)
{
        struct proto_link link = {.ifindex = ifindex, .n_servers = 1, .default_route = PROTO_NO};

        link.servers[0] = (struct proto_endpoint){.family = AF_INET, .port = 53, .address = {127, 53, 0, 1}};
        assert_int_equal(helper_client_set_link(f->client, &link, on_result, o), 0);
}

static bool was_reported(void *userdata)
{
        return ((struct outcome *)userdata)->n > 0;
}

static void expect_outcome(struct fixture *f, struct outcome *o, int r)
{
        spin_until(f->event, was_reported, o);
        assert_int_equal(o->n, 1);
        assert_int_equal(o->r, r);
        *o = (struct outcome){};
}

static bool reached(void *userdata)
{
        struct fixture *f = userdata;

        return f->n_states > 0 && f->states[f->n_states - 1] == helper_client_state(f->client);
}

static void expect_state(struct fixture *f, enum helper_state state)
{
        while (f->n_states == 0 || f->states[f->n_states - 1] != state) {
                size_t n = f->n_states;
                spin_until(f->event, reached, f);
                if (f->states[f->n_states - 1] != state && n == f->n_states)
                        spin_for(f->event, 10000);
        }
        assert_int_equal(helper_client_state(f->client), state);
}

static void expect_share(struct fixture *f, enum proto_op op, uint8_t last_octet, int result)
{
        const struct fake_request *request = fake_helper_answer(&f->fake, op, result);

        assert_int_equal(request->body.share.shared.family, AF_INET);
        assert_int_equal(request->body.share.shared.port, 53);
        assert_int_equal(request->body.share.shared.address[3], last_octet);
        assert_int_equal(request->body.share.listener.address[3], 2);
}

/* Two shares and a link, all held. */
static void bring_up(struct fixture *f)
{
        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15353", &f->a), 0);
        assert_int_equal(add_share(f, "127.53.0.9", "127.53.0.2:15354", &f->b), 0);
        set_link(f, 7, &f->link);
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
        fake_helper_answer(&f->fake, PROTO_ATTACH, 0);
        expect_share(f, PROTO_SHARE_ADD, 1, 0);
        expect_share(f, PROTO_SHARE_ADD, 9, 0);
        assert_int_equal(fake_helper_answer(&f->fake, PROTO_LINK_SET, 0)->body.link.ifindex, 7);
        expect_outcome(f, &f->a, 0);
        expect_outcome(f, &f->b, 0);
        expect_outcome(f, &f->link, 0);
        expect_state(f, HELPER_ATTACHED);
}

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

static void test_replays_after_death(void **state)
{
        struct fixture *f = *state;

        bring_up(f);
        fake_helper_die(&f->fake);
        expect_state(f, HELPER_UNAVAILABLE);
        assert_int_equal(helper_client_error(f->client), -ECONNRESET);
        assert_int_equal(f->a.n + f->b.n + f->link.n, 0); /* nothing of theirs was under way */
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
        fake_helper_answer(&f->fake, PROTO_ATTACH, 0);
        expect_share(f, PROTO_SHARE_ADD, 1, 0);
        expect_share(f, PROTO_SHARE_ADD, 9, 0);
        fake_helper_answer(&f->fake, PROTO_LINK_SET, 0);
        expect_outcome(f, &f->a, 0);
        expect_outcome(f, &f->b, 0);
        expect_outcome(f, &f->link, 0);
        expect_state(f, HELPER_ATTACHED);
        assert_int_equal(helper_client_error(f->client), 0);
}

static void test_death_under_way(void **state)
{
        struct fixture *f = *state;

        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15353", &f->a), 0);
        set_link(f, 7, &f->link);
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
        fake_helper_answer(&f->fake, PROTO_ATTACH, 0);
        fake_helper_expect(&f->fake, PROTO_SHARE_ADD);
        fake_helper_die(&f->fake);
        expect_outcome(f, &f->a, -ECONNRESET);
        expect_outcome(f, &f->link, -ECONNRESET);
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
}

static void test_nobody_listens(void **state)
{
        struct fixture *f = *state;

        fake_helper_vanish(&f->fake);
        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15353", &f->a), 0);
        expect_outcome(f, &f->a, -ENOENT);
        assert_int_equal(helper_client_state(f->client), HELPER_UNAVAILABLE);
        assert_int_equal(helper_client_error(f->client), -ENOENT);
        expect_outcome(f, &f->a, -ENOENT); /* the second attempt */
        fake_helper_return(&f->fake);
        expect_outcome(f, &f->a, 0);
        expect_state(f, HELPER_ATTACHED);
}

static void test_attach_refused(void **state)
{
        struct fixture *f = *state;

        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15353", &f->a), 0);
        set_link(f, 7, &f->link);
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
        fake_helper_answer(&f->fake, PROTO_ATTACH, -EBUSY);
        fake_helper_answer(&f->fake, PROTO_LINK_SET, 0);
        expect_outcome(f, &f->a, -EBUSY);
        expect_outcome(f, &f->link, 0);
        expect_state(f, HELPER_REFUSED);
        assert_int_equal(helper_client_error(f->client), -EBUSY);
        /* The next share is the next attempt, for all. */
        assert_int_equal(add_share(f, "127.53.0.9", "127.53.0.2:15354", &f->b), 0);
        fake_helper_answer(&f->fake, PROTO_ATTACH, 0);
        expect_share(f, PROTO_SHARE_ADD, 1, 0);
        expect_share(f, PROTO_SHARE_ADD, 9, 0);
        expect_outcome(f, &f->a, 0);
        expect_outcome(f, &f->b, 0);
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

static void test_reverted_with_the_helper(void **state)
{
        struct fixture *f = *state;

        bring_up(f);
        assert_int_equal(helper_client_revert_link(f->client, 7, on_result, &f->revert), 0);
        fake_helper_expect(&f->fake, PROTO_LINK_REVERT);
        fake_helper_die(&f->fake);
        expect_outcome(f, &f->revert, 0);
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

static void garbage(struct fixture *f, const void *data, size_t size)
{
        assert_int_equal(send(f->fake.fd, data, size, 0), size);
        fake_helper_expect_end(&f->fake);
        assert_int_equal(helper_client_error(f->client), -EBADMSG);
        fake_helper_accept(&f->fake);
}

static void test_malformed_reply_ends_the_channel(void **state)
{
        struct fixture *f = *state;
        struct proto_reply good, bad;
        char long_reply[sizeof(good) + 1] = {0};

        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15353", &f->a), 0);
        for (size_t i = 0; i < 8; i++) {
                const struct fake_request *request;
                size_t size = sizeof(bad);

                /* A back-off of two seconds is too long for here. */
                f->client->back_off = 0;
                if (f->fake.fd < 0)
                        fake_helper_accept(&f->fake);
                request = fake_helper_expect(&f->fake, PROTO_HELLO);
                good = (struct proto_reply){.magic = PROTO_MAGIC,
                        .version = PROTO_VERSION,
                        .op = PROTO_HELLO,
                        .cookie = request->header.cookie};
                bad = good;
                switch (i) {
                case 0:
                        bad.magic ^= 1;
                        break;
                case 1:
                        bad.version++;
                        break;
                case 2:
                        bad.op = PROTO_ATTACH;
                        break;
                case 3:
                        bad.cookie++;
                        break;
                case 4:
                        bad.result = 1;
                        break;
                case 5:
                        bad.result = -5000;
                        break;
                case 6:
                        size--;
                        break;
                }
                if (i < 7)
                        garbage(f, &bad, size);
                else {
                        memcpy(long_reply, &good, sizeof(good));
                        garbage(f, long_reply, sizeof(long_reply));
                }
        }
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
        fake_helper_answer(&f->fake, PROTO_ATTACH, 0);
}

/* An answer that comes twice is one that nobody asked for. */
static void test_second_answer_ends_the_channel(void **state)
{
        struct fixture *f = *state;
        const struct fake_request *request;

        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15353", &f->a), 0);
        fake_helper_accept(&f->fake);
        request = fake_helper_answer(&f->fake, PROTO_HELLO, 0);
        fake_helper_expect(&f->fake, PROTO_ATTACH);
        fake_helper_reply(&f->fake, request, 0);
        fake_helper_expect_end(&f->fake);
        assert_int_equal(helper_client_error(f->client), -EBADMSG);
}

static void test_hello_refused(void **state)
{
        struct fixture *f = *state;

        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15353", &f->a), 0);
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, -EPROTO);
        expect_outcome(f, &f->a, -EPROTO);
        fake_helper_expect_end(&f->fake);
        assert_int_equal(helper_client_state(f->client), HELPER_UNAVAILABLE);
}

static void test_hanging_helper(void **state)
{
        struct fixture *f = *state;

        helper_client_set_timeout(f->client, 20000);
        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15353", &f->a), 0);
        fake_helper_accept(&f->fake);
        fake_helper_expect(&f->fake, PROTO_HELLO);
        expect_outcome(f, &f->a, -ETIMEDOUT);
        assert_int_equal(helper_client_error(f->client), -ETIMEDOUT);
        fake_helper_expect_end(&f->fake);
        helper_client_set_timeout(f->client, HELPER_CHANNEL_REQUEST_USEC);
        fake_helper_accept(&f->fake);
        fake_helper_answer(&f->fake, PROTO_HELLO, 0);
}

static void test_back_off_grows(void **state)
{
        struct fixture *f = *state;
        uint64_t last = 0;

        assert_int_equal(add_share(f, "127.53.0.1", "127.53.0.2:15353", &f->a), 0);
        for (size_t i = 0; i < 3; i++) {
                fake_helper_accept(&f->fake);
                fake_helper_die(&f->fake);
                expect_outcome(f, &f->a, -ECONNRESET);
                assert_true(f->client->back_off > last);
                last = f->client->back_off;
        }
        f->client->back_off = 2000000;
        fake_helper_accept(&f->fake);
        fake_helper_die(&f->fake);
        expect_outcome(f, &f->a, -ECONNRESET);
        assert_int_equal(f->client->back_off, 2000000);
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

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(connects_only_for_something),
                TEST(wanted_once),
                TEST(links_wait_for_shares),
                TEST(links_alone_need_no_program),
                TEST(replays_after_death),
                TEST(death_under_way),
                TEST(nobody_listens),
                TEST(attach_refused),
                TEST(detaches_and_attaches_anew),
                TEST(share_is_exchanged),
                TEST(one_request_per_link),
                TEST(links_under_way_are_limited),
                TEST(reverted_with_the_helper),
                TEST(revert_of_what_was_never_set),
                TEST(malformed_reply_ends_the_channel),
                TEST(second_answer_ends_the_channel),
                TEST(hello_refused),
                TEST(hanging_helper),
                TEST(back_off_grows),
                TEST(full_socket),
                TEST(counters),
                TEST(results_may_change_what_is_wanted),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
