/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Queries that wait more than once, since our zones have changed meanwhile, and what a wait may take. */

#include "tests/unit/forward-fixture.h"

static_assert(FORWARD_TIMEOUT_USEC < 4900000, "a client that gives up after five seconds has an answer");

/* Only "first." is answered. */
static void script(struct fake_query *q)
{
        struct fake_answer a;

        if (is_probe(q) || q->name.wire[1] != 'f')
                return;
        fake_begin(&a, q, 0);
        fake_record(&a, 1, "first.example.org. 60 IN A 192.0.2.1");
        fake_send(q, &a);
}

static int setup(void **state)
{
        fixture_start();
        fake_start(&server, event, script);
        set_rule(".", &server);
        return 0;
}

static int teardown(void **state)
{
        query_owner_cancel(&owner);
        fixture_stop();
        return 0;
}

/* As a query whose CNAME leads elsewhere by now. */
static void ask_again(void *userdata, const struct query_request *request, enum forward_verdict verdict,
        const struct forward_lookup *arrived)
{
        struct name name = name_of("second.example.org");
        struct forward_lookup lookup = {.name = &name, .type = RDATA_A};

        assert_int_equal(verdict, FORWARD_READY);
        assert_int_equal(forward_get(forward, &lookup, request), FORWARD_WAIT);
        outcome.done = true;
}

static void test_the_time_is_of_all_rounds(void **state)
{
        struct wait_queue *queue = &forward->queues[QUEUE_DEADLINE];
        uint64_t began;
        assert_int_equal(begin_as("127.0.0.1", "first.example.org", "A", 0), FORWARD_WAIT);
        queue->first->began_usec -= 1000;
        queue->first->request.waiting_usec -= 1000;
        began = queue->first->began_usec;
        assert_int_equal(begin_as("127.0.0.2", "other.example.org", "A", 0), FORWARD_WAIT);
        forward->ready = ask_again;
        run_until_done();
        /* Before the one that came later. */
        assert_int_equal(forward->n_waits, 2);
        assert_int_equal(queue->first->began_usec, began);
        assert_string_equal((const char *)queue->first->flight->name.wire, "\6second\7example\3org");
        assert_ptr_equal(queue->first->queued[QUEUE_DEADLINE].next, queue->last);
        assert_ptr_equal(queue->last->queued[QUEUE_DEADLINE].previous, queue->first);
        assert_string_equal((const char *)queue->last->flight->name.wire, "\5other\7example\3org");
        query_owner_cancel(&owner);
        assert_null(queue->first);
        assert_null(queue->last);
}

static enum forward_verdict ask_in(size_t size)
{
        static const uint8_t data[FORWARD_REQUEST_MAX + 1];
        struct name name = name_of("other.example.org");
        struct forward_lookup lookup = {.name = &name, .type = RDATA_A};
        const struct query_request request = {.owner = &owner, .data = data, .size = size};

        return forward_get(forward, &lookup, &request);
}

static void test_too_long_to_wait(void **state)
{
        assert_int_equal(ask_in(FORWARD_REQUEST_MAX + 1), FORWARD_FAILED);
        assert_int_equal(owner.n_waits, 0);
        assert_int_equal(ask_in(FORWARD_REQUEST_MAX), FORWARD_WAIT);
        assert_int_equal(owner.n_waits, 1);
}

/* Every octet but capitals, which names of questions have no more. */
static void test_every_octet_in_a_name(void **state)
{
        for (int c = 0; c < 256; c++) {
                struct name name = {.size = 5, .wire = {3, (uint8_t)c, (uint8_t)c, '1'}};
                struct forward_lookup lookup = {.name = &name, .type = RDATA_A};
                const struct query_request request = {.owner = &owner, .data = &name.size, .size = 1};

                if (c >= 'A' && c <= 'Z')
                        continue;
                if (forward_get(forward, &lookup, &request) != FORWARD_WAIT)
                        fail_msg("octet %d: %s", c, lookup.error.text);
                query_owner_cancel(&owner);
        }
        assert_null(forward_rule_trouble(forward, 0));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_the_time_is_of_all_rounds, setup, teardown),
                cmocka_unit_test_setup_teardown(test_too_long_to_wait, setup, teardown),
                cmocka_unit_test_setup_teardown(test_every_octet_in_a_name, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
