/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A client of the helper with its other end in the test's hands, and what the client reports. */

#include "tests/unit/test.h"

#include "daemon/host/helper-client-internal.h"
#include "tests/unit/fake-helper.h"

/* What was reported for one wanted thing. */
struct outcome {
        size_t n;
        int r;
};

struct fixture {
        sd_event *event;
        struct fake_helper fake;
        struct helper_client *client;
        size_t n_states;
        enum helper_state states[64];
        struct outcome a, b, link, revert;
};

int setup(void **state);
int teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

struct endpoint endpoint(const char *text);

/* USERDATA is the outcome that counts it. */
void on_result(void *userdata, int r);

int add_share(struct fixture *f, const char *shared, const char *listener, struct outcome *o);
void remove_share(struct fixture *f, const char *shared);
void set_link(struct fixture *f, int ifindex, struct outcome *o);

/* Waits until O was reported: once, and with R. Clears it. */
void expect_outcome(struct fixture *f, struct outcome *o, int r);
void expect_state(struct fixture *f, enum helper_state state);
/* Takes the next request, OP for the shared address that ends so, and answers it with RESULT. */
void expect_share(struct fixture *f, enum proto_op op, uint8_t last_octet, int result);

/* Two shares and a link, all held. */
void bring_up(struct fixture *f);
