/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A helper that dies, hangs, is not there, refuses, or breaks the protocol. */

#include "tests/unit/helper-client-fixture.h"

#include <string.h>
#include <sys/socket.h>

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

static void test_reverted_with_the_helper(void **state)
{
        struct fixture *f = *state;

        bring_up(f);
        assert_int_equal(helper_client_revert_link(f->client, 7, on_result, &f->revert), 0);
        fake_helper_expect(&f->fake, PROTO_LINK_REVERT);
        fake_helper_die(&f->fake);
        expect_outcome(f, &f->revert, 0);
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

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(replays_after_death),
                TEST(death_under_way),
                TEST(nobody_listens),
                TEST(attach_refused),
                TEST(reverted_with_the_helper),
                TEST(malformed_reply_ends_the_channel),
                TEST(second_answer_ends_the_channel),
                TEST(hello_refused),
                TEST(hanging_helper),
                TEST(back_off_grows),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
