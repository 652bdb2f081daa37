/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A ladder in a network namespace of its own, with real sockets in the way. */

#include "tests/unit/test.h"

#include "daemon/host/ladder-internal.h"
#include "tests/unit/fake-helper.h"

#define OCCUPANTS_MAX 8

struct fixture {
        sd_event *event;
        struct fake_helper fake;
        struct helper_client *client;
        struct query_context queries;
        struct config config;
        struct ladder *ladder;
        size_t n_changes;
        size_t n_occupants;
        int occupants[OCCUPANTS_MAX];
};

int setup(void **state);
int teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

struct endpoint endpoint(const char *text);

/* A socket in the way, until vacate or teardown. */
void occupy(struct fixture *f, const char *text, int type);
void occupy_wildcard(struct fixture *f);
void vacate(struct fixture *f);

/* One more address in f->config ("auto" too). */
void want(struct fixture *f, const char *text);
/* Makes the ladder by f->config; where nothing is wanted, "auto" is. start also starts it. */
void prepare(struct fixture *f);
void start(struct fixture *f);

const struct ladder_share *share(const struct fixture *f); /* the first */

/* Waits until the Ith share stands on RUNG. */
void expect_rung_of(
        struct fixture *f, size_t i, enum ladder_rung rung, const char *address, const char *listener);
void expect_rung(struct fixture *f, enum ladder_rung rung, const char *address, const char *listener);
/* The first share's trace says so of RUNG, and only once. */
void expect_step(const struct fixture *f, enum ladder_rung rung, int error, const char *words);
void expect_no_step(const struct fixture *f, enum ladder_rung rung);

/* Whether TEXT can be bound; whether it accepts a connection. */
bool is_free(const char *text, int type);
bool accepts_tcp(const char *text);
