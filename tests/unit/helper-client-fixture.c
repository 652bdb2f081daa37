/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/helper-client-fixture.h"

#include <sys/socket.h>

void on_result(void *userdata, int r)
{
        struct outcome *o = userdata;

        o->n++;
        o->r = r;
}

static void on_state(void *userdata)
{
        struct fixture *f = userdata;

        assert_true(f->n_states < ELEMENTSOF(f->states));
        f->states[f->n_states++] = helper_client_state(f->client);
}

int setup(void **state)
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

int teardown(void **state)
{
        struct fixture *f = *state;

        helper_client_free(f->client);
        fake_helper_stop(&f->fake);
        sd_event_unref(f->event);
        free(f);
        return 0;
}

struct endpoint endpoint(const char *text)
{
        struct endpoint e;

        assert_int_equal(endpoint_from_text(text, 53, &e), 0);
        return e;
}

int add_share(struct fixture *f, const char *shared, const char *listener, struct outcome *o)
{
        struct endpoint s = endpoint(shared), l = endpoint(listener);

        return helper_client_add_share(f->client, &s, &l, on_result, o);
}

void remove_share(struct fixture *f, const char *shared)
{
        struct endpoint s = endpoint(shared);

        helper_client_remove_share(f->client, &s);
}

void set_link(struct fixture *f, int ifindex, struct outcome *o)
{
        struct proto_link link = {.ifindex = ifindex, .n_servers = 1, .default_route = PROTO_NO};

        link.servers[0] = (struct proto_endpoint){.family = AF_INET, .port = 53, .address = {127, 53, 0, 1}};
        assert_int_equal(helper_client_set_link(f->client, &link, on_result, o), 0);
}

static bool was_reported(void *userdata)
{
        return ((struct outcome *)userdata)->n > 0;
}

void expect_outcome(struct fixture *f, struct outcome *o, int r)
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

void expect_state(struct fixture *f, enum helper_state state)
{
        while (f->n_states == 0 || f->states[f->n_states - 1] != state) {
                size_t n = f->n_states;
                spin_until(f->event, reached, f);
                if (f->states[f->n_states - 1] != state && n == f->n_states)
                        spin_for(f->event, 10000);
        }
        assert_int_equal(helper_client_state(f->client), state);
}

void expect_share(struct fixture *f, enum proto_op op, uint8_t last_octet, int result)
{
        const struct fake_request *request = fake_helper_answer(&f->fake, op, result);

        assert_int_equal(request->body.share.shared.family, AF_INET);
        assert_int_equal(request->body.share.shared.port, 53);
        assert_int_equal(request->body.share.shared.address[3], last_octet);
        assert_int_equal(request->body.share.listener.address[3], 2);
}

void bring_up(struct fixture *f)
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
