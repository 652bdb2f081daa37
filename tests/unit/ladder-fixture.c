/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/ladder-fixture.h"

#include <string.h>
#include <sys/socket.h>

#include "tests/unit/namespace.h"

int setup(void **state)
{
        struct fixture *f;

        assert_true(namespace_enter());
        f = calloc(1, sizeof(*f));
        assert_non_null(f);
        assert_true(sd_event_new(&f->event) >= 0);
        fake_helper_start(&f->fake, f->event);
        assert_int_equal(helper_client_new(f->event, f->fake.path, &f->client), 0);
        f->config = (struct config){.listen_port = 15353, .policy = CONFIG_POLICY_AUTO};
        *state = f;
        return 0;
}

void vacate(struct fixture *f)
{
        while (f->n_occupants > 0)
                close(f->occupants[--f->n_occupants]);
}

int teardown(void **state)
{
        struct fixture *f = *state;

        ladder_free(f->ladder);
        helper_client_free(f->client);
        fake_helper_stop(&f->fake);
        vacate(f);
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

void occupy(struct fixture *f, const char *text, int type)
{
        assert_true(f->n_occupants < OCCUPANTS_MAX);
        f->occupants[f->n_occupants++] = namespace_occupy(text, type);
}

void occupy_wildcard(struct fixture *f)
{
        occupy(f, "0.0.0.0:53", SOCK_DGRAM);
        occupy(f, "0.0.0.0:53", SOCK_STREAM);
}

void want(struct fixture *f, const char *text)
{
        struct config_address *a = &f->config.addresses[f->config.n_addresses++];

        a->automatic = strcmp(text, "auto") == 0;
        a->endpoint = endpoint(a->automatic ? "127.53.0.1" : text);
}

static void on_changed(void *userdata)
{
        struct fixture *f = userdata;

        f->n_changes++;
}

void prepare(struct fixture *f)
{
        if (f->config.n_addresses == 0)
                want(f, "auto");
        assert_int_equal(
                ladder_new(f->event, &f->config, f->client, &f->queries, on_changed, f, &f->ladder), 0);
}

void start(struct fixture *f)
{
        prepare(f);
        assert_int_equal(ladder_start(f->ladder), 0);
}

const struct ladder_share *share(const struct fixture *f)
{
        return ladder_share_at(f->ladder, 0);
}

struct standing {
        const struct ladder_share *share;
        enum ladder_rung rung;
};

static bool stands(void *userdata)
{
        const struct standing *s = userdata;

        return !s->share->pending && s->share->rung == s->rung;
}

void expect_rung_of(
        struct fixture *f, size_t i, enum ladder_rung rung, const char *address, const char *listener)
{
        struct standing s = {ladder_share_at(f->ladder, i), rung};
        char text[ENDPOINT_TEXT_SIZE];

        spin_until(f->event, stands, &s);
        assert_string_equal(endpoint_to_text(&s.share->address, text), address);
        assert_string_equal(endpoint_to_text(&s.share->listener, text), listener);
}

void expect_rung(struct fixture *f, enum ladder_rung rung, const char *address, const char *listener)
{
        expect_rung_of(f, 0, rung, address, listener);
}

void expect_step(const struct fixture *f, enum ladder_rung rung, int error, const char *words)
{
        const struct ladder_step *found = NULL;

        for (size_t i = 0; i < share(f)->n_steps; i++)
                if (share(f)->steps[i].rung == rung) {
                        assert_null(found);
                        found = &share(f)->steps[i];
                }
        assert_non_null(found);
        assert_int_equal(found->error, error);
        if (!strstr(found->detail, words))
                fail_msg("\"%s\" is not in \"%s\"", words, found->detail);
}

void expect_no_step(const struct fixture *f, enum ladder_rung rung)
{
        for (size_t i = 0; i < share(f)->n_steps; i++)
                assert_int_not_equal(share(f)->steps[i].rung, rung);
}

bool is_free(const char *text, int type)
{
        struct sockaddr_storage address;
        struct endpoint e = endpoint(text);
        socklen_t length = endpoint_to_sockaddr(&e, &address);
        _cleanup_close_ int fd = socket(e.family, type | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        return bind(fd, (struct sockaddr *)&address, length) == 0;
}

bool accepts_tcp(const char *text)
{
        struct sockaddr_storage address;
        struct endpoint e = endpoint(text);
        socklen_t length = endpoint_to_sockaddr(&e, &address);
        _cleanup_close_ int fd = socket(e.family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        return connect(fd, (struct sockaddr *)&address, length) == 0;
}
