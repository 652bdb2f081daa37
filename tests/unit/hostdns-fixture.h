/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* In a network namespace, on a bus of its own on which the test comes and goes as systemd-resolved. */

#include "tests/unit/test.h"

#include "daemon/host/hostdns-internal.h"
#include "tests/unit/fake-helper.h"

#define RESOLVED "org.freedesktop.resolve1"

struct outcome {
        size_t n;
        int r;
};

struct fixture {
        sd_event *event;
        pid_t bus_pid;
        char bus_address[256];
        sd_bus *bus;
        sd_bus *resolved; /* holds the name */
        struct fake_helper fake;
        struct helper_client *client;
        struct query_context queries;
        struct config config;
        struct ladder *ladder;
        struct hostdns *host;
        size_t n_changes;
        char nsswitch[96], resolv_conf[96];
        struct outcome set, revert;
};

/*
 * To be called first by main(): where there is no dbus-daemon or no namespace, says so as a TAP plan of
 * nothing, and returns false.
 */
bool hostdns_or_skip(void);

int setup(void **state);
int teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

sd_bus *connect_bus(struct fixture *f);
void resolved_appears(struct fixture *f);
void resolved_vanishes(struct fixture *f);

/* Replaces PATH as a whole. */
void write_file(const char *path, const char *text);

/* The ladder and hostdns, by f->config. */
void start(struct fixture *f);
void on_changed(void *userdata); /* of hostdns_new; USERDATA is the fixture */

/* Waits for the bus's answer and for MANAGER. */
void expect_manager(struct fixture *f, enum hostdns_manager manager);

void on_result(void *userdata, int r); /* USERDATA is the outcome that counts it */
/* Waits until O was reported: once, and with R. Clears it. */
void expect_outcome(struct fixture *f, struct outcome *o, int r);

struct journal_link make_link(const char *ifname, const char *domain);
int set_link(struct fixture *f, const char *ifname, const char *domain); /* reported in f->set */

/* The Nth request OP so far, and there is no further one. */
const struct fake_request *expect_request(struct fixture *f, enum proto_op op, size_t n);

/* TEXT is said of STEP. */
void expect_explained(struct fixture *f, const char *step, const char *text);
